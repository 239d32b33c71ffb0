/* From libpq's results to the end of batches.
 *
 * For each operation but a sync, libpq gives a result and then NULL, for a sync the result alone.
 * After an error the server skips all up to the sync, and libpq says "aborted" for each. The error
 * of a commit comes, in the place of the sync, before the sync. A batch ends with its last
 * operation: a read's last statement, a write's sync. */
#include "db/db_internal.h"

#include "base/clock.h"
#include "base/str.h"

#define NULLS_MAX 4 /* without a result in between: we are out of step */

static void batch_ended(struct db_conn *conn, struct db_batch *batch)
{
    struct db_pool *pool = conn->pool;
    bool was_sent_before = batch->fate == FATE_STALE ? batch->was_stale : batch->was_aborted;

    list_remove(&batch->link);
    conn->n_batches--;
    batch->state = BATCH_DONE;
    if (!batch->fn) {
        batch_recycle(batch);
        return;
    }
    if (batch->fate == FATE_FAILED) {
        batch_set_sql_error(batch);
    } else if (batch->fate != FATE_OPEN && !was_sent_before) {
        batch->was_stale |= batch->fate == FATE_STALE;
        batch->was_aborted |= batch->fate == FATE_ABORTED;
        batch->is_alone |= batch->was_aborted;
        pool_send_again(pool, batch);
        return;
    } else if (batch->fate != FATE_OPEN) {
        err_set(&batch->err, ERR_INTERNAL, "aborted without an error of its own");
    } else if (batch->in_doubt) {
        batch_set_unknown(
            batch, ERR_UNAVAILABLE, "the database did not confirm that every copy has the change");
    }
    batch_answer(batch);
}

/* Take the head of the ring away. */
static void pop(struct db_conn *conn)
{
    struct db_batch *batch = db_conn_op(conn, conn->head++)->batch;

    if (batch && --batch->ops_left == 0)
        batch_ended(conn, batch);
}

/* The plan that @op was to make is not there. */
static void forget_plan(struct db_conn *conn, const struct op *op)
{
    struct plan *plan = &conn->plans[op->slot];

    if (plan->generation == op->generation)
        plan->is_usable = false;
}

/* Whatever made one plan go stale, or lost it, has probably done so to others, and a batch is sent
 * again only once: so all are made again. */
static void forget_plans(struct db_conn *conn, const struct op *op)
{
    const struct plan *plan = &conn->plans[op->slot];

    if (plan->generation != op->generation || !plan->is_usable)
        return;
    for (size_t i = 0; i < conn->n_plans; i++)
        conn->plans[i].is_usable = false;
}

static bool is_about_plan(const struct op *op, const char *sqlstate)
{
    return (op->kind == OP_QUERY || op->kind == OP_PREAMBLE || op->kind == OP_LIMIT)
        && (str_eq(sqlstate, SQLSTATE_NO_PLAN) || str_eq(sqlstate, SQLSTATE_STALE_PLAN));
}

/* Say whether a cancel that was meant for another hit the head of the ring. */
static bool was_hit(const struct db_conn *conn, const struct db_batch *batch, const char *sqlstate)
{
    return batch->fn && str_eq(sqlstate, SQLSTATE_CANCELLED)
        && (int)(conn->cancel_end - conn->head) > 0;
}

/* Take an SQL error over. It is the batch's own: what its error does to neighbours comes to them as
 * "aborted". */
static void on_sql_error(
    struct db_conn *conn, const struct op *op, PGresult *error, const char *sqlstate)
{
    struct db_batch *batch = op->batch;
    bool is_stale = is_about_plan(op, sqlstate);

    if (op->kind == OP_PREPARE)
        forget_plan(conn, op);
    else if (is_stale)
        forget_plans(conn, op);
    if (str_eq(sqlstate, SQLSTATE_READ_ONLY))
        db_conn_leave(conn, "the server is read-only");
    if (!batch || batch->fate != FATE_OPEN) {
        PQclear(error);
    } else if (is_stale && !batch->was_stale) {
        batch->fate = FATE_STALE;
        PQclear(error);
    } else if (was_hit(conn, batch, sqlstate)) {
        batch->fate = FATE_ABORTED;
        batch->was_aborted = false;
        PQclear(error);
    } else {
        batch->fate = FATE_FAILED;
        batch->failed_index = op->index;
        batch->error = error;
    }
}

/* An error that ends the session, or that libpq made up because the session has ended. */
static bool is_fatal(const PGresult *error)
{
    const char *severity = PQresultErrorField(error, PG_DIAG_SEVERITY_NONLOCALIZED);

    return !PQresultErrorField(error, PG_DIAG_SQLSTATE)
        || (severity && (str_eq(severity, "FATAL") || str_eq(severity, "PANIC")));
}

static const char *on_error(struct db_conn *conn, const struct op *op, PGresult *error)
{
    if (is_fatal(error)) {
        PQclear(error);
        return PQerrorMessage(conn->pg);
    }
    if (op->kind == OP_SETUP) {
        PQclear(error);
        return "the server refuses the session's settings";
    }
    on_sql_error(conn, op, error, PQresultErrorField(error, PG_DIAG_SQLSTATE));
    return NULL;
}

static void on_rows(const struct op *op, PGresult *result)
{
    struct db_call *call = op->kind == OP_QUERY ? &op->batch->calls[op->index] : NULL;

    if (call && !call->result && op->batch->fn)
        call->result = result;
    else
        PQclear(result);
}

static const char *on_result(struct db_conn *conn, PGresult *result)
{
    struct op *op = db_conn_op(conn, conn->head);
    ExecStatusType status = PQresultStatus(result);

    op->is_answered = true;
    if (status == PGRES_FATAL_ERROR)
        return on_error(conn, op, result);
    if ((status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY)
        && op->kind != OP_SYNC) {
        on_rows(op, result);
        return NULL;
    }
    PQclear(result);
    if (status == PGRES_PIPELINE_SYNC && op->kind == OP_SYNC) {
        pop(conn);
        return NULL;
    }
    if (status != PGRES_PIPELINE_ABORTED || op->kind == OP_SYNC)
        return "the server's answers are out of step"; /* COPY too: it cannot be in a pipeline */
    if (op->kind == OP_PREPARE)
        forget_plan(conn, op);
    if (op->batch && op->batch->fate == FATE_OPEN)
        op->batch->fate = FATE_ABORTED;
    return NULL;
}

/* Say whether NULL is the end of @op. A NULL before its result is not: so libpq answers when a
 * server has said goodbye before it was asked. */
static bool is_at_end(const struct op *op)
{
    return op->is_answered && op->kind != OP_SYNC;
}

const char *db_conn_take_results(struct db_conn *conn)
{
    unsigned nulls = 0;

    while (conn->head != conn->tail && !PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);
        if (result) {
            const char *why = on_result(conn, result);
            if (why)
                return why;
            nulls = 0;
        } else if (is_at_end(db_conn_op(conn, conn->head))) {
            pop(conn);
        } else if (++nulls > NULLS_MAX) {
            break;
        }
    }
    conn->progress_usec = clock_monotonic_usec();
    return NULL;
}

/* A commit that waits for a standby and is cancelled "succeeds" with a warning. The warning comes
 * with the commit's answer, when the last statement's result may not have been taken yet. Warnings
 * that the schema itself raises are not about that. */
void db_conn_on_notice(void *arg, const PGresult *notice)
{
    struct db_conn *conn = arg;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);

    if (conn->head == conn->tail || !severity || !str_eq(severity, "WARNING")
        || (function && str_eq(function, "exec_stmt_raise")))
        return;
    const struct op *op = db_conn_op(conn, conn->head);
    if (!op->batch || op->batch->kind != DB_WRITE || op->batch->ops_left > 2)
        return;
    op->batch->in_doubt = true;
    db_conn_leave(conn, "a commit came with a warning");
}
