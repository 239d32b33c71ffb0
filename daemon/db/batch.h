/* A batch: some statements that are sent together and answered once.
 *
 *     struct db_batch *batch = db_batch_new(pool, DB_READ);
 *     db_batch_preamble(batch, &enter, values, n, &err);     names the caller
 *     db_batch_add(batch, method->statement, values, n, &err);
 *     db_batch_deadline(batch, call_deadline);
 *     db_batch_submit(&batch, on_answer, call, &call->ticket);   batch is now NULL
 *
 * Submit never calls back: on_answer runs later from the loop, exactly once, whatever happens, and
 * the reply dies when it returns.
 *
 * DB_WRITE: the batch is one transaction, with a sync of its own. OK means committed.
 * DB_READ: the reads that one turn of the loop brings share a sync, and so a transaction. A preamble
 * that is byte for byte the one before it in that transaction is not sent again; any other caller's
 * batch sends its own before its statements. If a neighbour's error aborts a read, it is sent again
 * alone. A statement in a DB_READ batch must change nothing but settings local to its transaction.
 *
 * Connection lost: a read is sent again on another connection. A write that was sent may have been
 * committed: ERR_UNAVAILABLE, and the caller repeats it under the same request_id. Stale plans
 * (26000, 0A000), deadlocks and serialization failures (40P01, 40001) are tried again, twice at
 * most, because nothing was committed.
 */
#pragma once

#include "base/err.h"
#include "db/pool.h"

enum db_batch_kind { DB_READ, DB_WRITE };

struct db_batch;
struct db_ticket;
struct db_reply;
struct db_result;

typedef void db_answer_fn(const struct db_reply *reply, void *arg);

/* Make a batch; NULL without memory. */
struct db_batch *db_batch_new(struct db_pool *pool, enum db_batch_kind kind) _must_check_;

/* Free a batch that was not submitted. NULL is accepted. */
void db_batch_free(struct db_batch *batch);
define_cleanup(struct db_batch *, db_batch_free);

/* Set the statement that goes before the others; its rows are not kept. Values are copied.
 * ERR_EXHAUSTED. */
int db_batch_preamble(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err) _must_check_;

/* Add a statement; values are copied. ERR_EXHAUSTED. */
int db_batch_add(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err) _must_check_;

/* Answer ERR_TIMEOUT at @monotonic_usec if there is no answer by then; 0: no deadline. The server
 * ends a write's statements then too. */
void db_batch_deadline(struct db_batch *batch, int64_t monotonic_usec);

/* Send @batch and take it over; *batch becomes NULL. @fn runs once, never before this returns.
 * @ret_ticket (may be NULL) serves to cancel, and is invalid once @fn has been called. */
void db_batch_submit(
    struct db_batch **batch, db_answer_fn *fn, void *arg, struct db_ticket **ret_ticket);

/* Let nobody be answered, and set *ticket to NULL. What was not sent is dropped; what was sent runs
 * to its end unseen. A *ticket of NULL is accepted. */
void db_ticket_cancel(struct db_ticket **ticket);

/* Return what went wrong, or NULL. */
const struct err *db_reply_err(const struct db_reply *reply);

/* Number of statements with a result, without the preamble. If a statement failed, those before it
 * still have theirs. */
size_t db_reply_n_results(const struct db_reply *reply);

/* Return the rows of statement @index, or NULL if it has none (it failed or was not run). */
const struct db_result *db_reply_result(const struct db_reply *reply, size_t index);

/* What the server said of a failure. Strings are borrowed and never NULL. */
struct db_sql_error {
    char sqlstate[6];
    const char *message, *detail, *schema, *table, *column, *constraint;
};

/* Return the server's error, or NULL if there was none or it was not the server's. */
const struct db_sql_error *db_reply_sql(const struct db_reply *reply);

/* Return which statement failed, from 0; -1: the preamble, or none. */
int db_reply_failed_index(const struct db_reply *reply);

size_t db_result_n_rows(const struct db_result *result);
size_t db_result_n_columns(const struct db_result *result);

/* Return the value in binary and its length, or NULL for SQL's NULL. */
const void *db_result_value(
    const struct db_result *result, size_t row, size_t column, int *ret_len);

const char *db_result_name(const struct db_result *result, size_t column);
uint32_t db_result_oid(const struct db_result *result, size_t column);
