/* Questions that are asked before the loop runs: at start, and by --check. They block.
 *
 *     db_session_open(conninfo, timeout_usec, &session, &err);
 *     db_session_describe(session, sql, &description, &err);      types, without running it
 *     db_session_query(session, "SELECT ...", &result, &err);     rows as text
 *     db_session_close(session);
 */
#pragma once

#include "base/err.h"
#include "db/batch.h"

struct db_session;

/* Connect, within @timeout_usec. ERR_UNAVAILABLE with libpq's words. */
int db_session_open(const char *conninfo, int64_t timeout_usec, struct db_session **ret_session,
    struct err *err) _must_check_;

/* NULL is accepted. */
void db_session_close(struct db_session *session);
define_cleanup(struct db_session *, db_session_close);

struct db_description {
    size_t n_params;
    uint32_t *param_oids;
    size_t n_columns;
    char **column_names;
    uint32_t *column_oids;
    int error_position; /* where the server found fault, in characters from 1; 0: not said */
};

/* Fill @ret_description with what the server says of @sql; release it afterwards, after an error
 * too (error_position is set then). ERR_INVALID with the server's message, ERR_UNAVAILABLE,
 * ERR_EXHAUSTED. */
int db_session_describe(struct db_session *session, const char *sql,
    struct db_description *ret_description, struct err *err) _must_check_;

void db_description_release(struct db_description *description);

/* Run @sql and return its rows, values as text that ends with NUL. Free with db_result_free().
 * ERR_UNAVAILABLE, ERR_INTERNAL with the server's message. */
int db_session_query(struct db_session *session, const char *sql, struct db_result **ret_result,
    struct err *err) _must_check_;

/* NULL is accepted. */
void db_result_free(struct db_result *result);
define_cleanup(struct db_result *, db_result_free);
