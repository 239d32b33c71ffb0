/* A batch: the statements of one request, sent together, answered once.
 *
 *     struct db_batch *batch = db_batch_new(pool, DB_WRITE);
 *     if (!batch)
 *         return err_oom(err);
 *     r = db_batch_preamble(batch, &enter_statement, caller, ARRAY_SIZE(caller), err);
 *     r = r < 0 ? r : db_batch_add(batch, &insert_statement, values, ARRAY_SIZE(values), err);
 *     if (r < 0) { db_batch_free(batch); return r; }
 *     db_batch_deadline(batch, call_deadline_usec(call));
 *     db_batch_submit(&batch, on_answer, call, &call->ticket);          batch is NULL now
 *
 *     static void on_answer(const struct db_reply *reply, void *arg)
 *     {
 *         struct call *call = arg;
 *         call->ticket = NULL;                   it is spent
 *         if (reply->err) ... else ... db_reply_result(reply, 0) ...
 *     }
 *
 * The callback runs exactly once, whatever happens: rows, SQL error, deadline, lost connection, the
 * end of the pool. It never runs inside db_batch_submit(). The reply and all it leads to die when
 * the callback returns. It may submit, cancel and free batches, but not the pool.
 *
 * A batch is one implicit transaction; no statement of it may begin or end one.
 *
 * DB_WRITE has a sync of its own: all of it is committed, or nothing. The answer is OK only when
 * the server has said that the commit is done. When the connection is lost, or the deadline passes,
 * after it was sent, nobody knows the outcome: ERR_UNAVAILABLE or ERR_TIMEOUT,
 * db_reply_is_unknown() is true, and the caller repeats the request with the same request_id.
 *
 * DB_READ shares its sync, and so its transaction, with others of the same turn: it must not write
 * (a neighbour's error would undo it) and must not change what a preamble sets. If a neighbour's
 * error aborts it, it is sent again alone, once; if the connection is lost, again on the next one,
 * three times at most.
 *
 * The preamble is the statement that names the caller for the rest of the transaction. It precedes
 * the batch's statements and has no result in the reply. A batch never runs under the name of
 * another: it runs behind its own preamble, or behind one of the same statement and the same bytes
 * with nothing but such batches in between, in the same transaction; a batch without preamble never
 * shares a transaction with one that has one.
 *
 * Both kinds are sent again, once, if a prepared statement was lost (26000) or its plan is stale
 * (0A000): a batch with an error has left nothing behind.
 *
 * Ownership: values are copied, statements are borrowed until the pool's end. Errors that callbacks
 * see in reply->err, besides those of db/sqlstate.h:
 *     ERR_EXHAUSTED    too many batches wait, or no memory; nothing was sent
 *     ERR_TIMEOUT      the deadline passed
 *     ERR_UNAVAILABLE  no connection for wait_usec; connection lost; the pool ends
 */
#pragma once

#include "base/err.h"
#include "base/macro.h"
#include "db/pool.h"
#include "db/result.h"

struct db_batch;
struct db_ticket;

enum db_batch_kind {
    DB_READ,
    DB_WRITE,
};

/* What db_reply_failed_index() answers when it was not one of the statements. */
enum {
    DB_FAILED_NOWHERE = -1, /* all went well, or it never came to SQL */
    DB_FAILED_PREAMBLE = -2,
    DB_FAILED_COMMIT = -3, /* behind the last statement: a deferred constraint */
};

/* What the server said about an error; text that it did not give is NULL, save message. */
struct db_sql_error {
    char sqlstate[6];
    const char *message; /* its primary message: may quote the caller's input */
    const char *detail; /* may quote rows: not for logs */
    const char *schema, *table, *column, *constraint;
};

struct db_reply {
    const struct err *err; /* NULL: OK */
    size_t n_results; /* results that arrived, in the order of db_batch_add() */
};

typedef void db_answer_fn(const struct db_reply *reply, void *arg);

/* Make an empty batch; NULL without memory. */
struct db_batch *db_batch_new(struct db_pool *pool, enum db_batch_kind kind) _must_check_;

/* Free a batch that was not submitted; NULL is accepted. */
void db_batch_free(struct db_batch *batch);
define_cleanup(struct db_batch *, db_batch_free);

/* Set the statement that names the caller, at most once, before db_batch_add().
 * ERR_EXHAUSTED; ERR_INVALID if a text value holds a NUL byte. */
int db_batch_preamble(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err) _must_check_;

/* Add a statement. @n_values is its number of parameters. Errors as db_batch_preamble(). */
int db_batch_add(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err) _must_check_;

/* Let the batch be answered by @monotonic_usec (clock_monotonic_usec(); 0: whenever it comes).
 * Statements of a DB_WRITE that are still running shortly before then are ended by the server. */
void db_batch_deadline(struct db_batch *batch, int64_t monotonic_usec);

/* Submit *@batch, which must have a statement or a preamble, and set it to NULL. @fn runs once,
 * later. *@ret_ticket (may be NULL) serves to cancel, until @fn is called. */
void db_batch_submit(
    struct db_batch **batch, db_answer_fn *fn, void *arg, struct db_ticket **ret_ticket);

/* Give up the answer: the callback will not run, and *@ticket becomes NULL. What was not sent is
 * dropped. A statement that still runs soon afterwards is ended by a cancel; what it answers is
 * thrown away, and a write may be committed. A ticket that is NULL is accepted. */
void db_ticket_cancel(struct db_ticket **ticket);

/* Return the result of statement @i of the batch; NULL if it did not arrive. With an error, the
 * results from before the failing statement are there. */
const struct db_result *db_reply_result(const struct db_reply *reply, size_t i);

/* Return which statement failed, or one of DB_FAILED_*. */
int db_reply_failed_index(const struct db_reply *reply);

/* Return what the server said about the error; NULL if it was not the server's. */
const struct db_sql_error *db_reply_sql(const struct db_reply *reply);

/* Say whether a write may or may not have been committed. */
bool db_reply_is_unknown(const struct db_reply *reply);
