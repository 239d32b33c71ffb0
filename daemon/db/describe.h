/* Questions to the database at start, synchronously: before the loop runs, and for --check.
 *
 *     db_describer_open(conninfo, 5 * USEC_PER_SEC, &describer, &err);
 *     _cleanup_(db_shape_release) struct db_shape shape = { 0 };
 *     db_describe(describer, sql, NULL, 0, &shape, &position, &err);
 *     db_query_simple(describer, "SELECT ...", &rows, &err);
 *     db_rows_free(rows);
 *     db_describer_close(describer);
 *
 * Never from a callback: each call blocks. Errors: ERR_UNAVAILABLE (no connection, or lost),
 * ERR_EXHAUSTED (memory), or what db/sqlstate.h makes of the server's error, with its message.
 */
#pragma once

#include "base/err.h"
#include "base/macro.h"
#include "db/result.h"

#include <stddef.h>
#include <stdint.h>

struct db_describer;
struct db_rows;

struct db_column {
    char *name;
    uint32_t oid; /* of its type */
};

/* The types that go into a statement and come out of it. */
struct db_shape {
    size_t n_params;
    uint32_t *param_oids;
    size_t n_columns;
    struct db_column *columns;
};

/* Connect; give up after @timeout_usec (0: libpq's own limit), rounded up to seconds. */
int db_describer_open(const char *conninfo, int64_t timeout_usec,
    struct db_describer **ret_describer, struct err *err) _must_check_;

/* Close; NULL is accepted. */
void db_describer_close(struct db_describer *describer);
define_cleanup(struct db_describer *, db_describer_close);

/* Let the server parse @sql with the @n_params types given (NULL or 0: the server infers), and fill
 * *@ret_shape, which the caller releases. If the server refuses, *@ret_position (may be NULL) is
 * the character of @sql where the error is, counted from 1, or 0 if it does not say. */
int db_describe(struct db_describer *describer, const char *sql, const uint32_t *param_oids,
    size_t n_params, struct db_shape *ret_shape, int *ret_position, struct err *err) _must_check_;

/* Free what @shape points to and empty it. */
void db_shape_release(struct db_shape *shape);

/* Run one statement; values arrive as text. */
int db_query_simple(struct db_describer *describer, const char *sql, struct db_rows **ret_rows,
    struct err *err) _must_check_;

/* The rows, borrowed. */
const struct db_result *db_rows_result(const struct db_rows *rows);

/* Free; NULL is accepted. */
void db_rows_free(struct db_rows *rows);
define_cleanup(struct db_rows *, db_rows_free);
