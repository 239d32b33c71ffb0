#include "db/db_internal.h"

#include "db/sqlstate.h"

#include <string.h>

static const char *sqlstate_of(const PGresult *error)
{
    const char *state = PQresultErrorField(error, PG_DIAG_SQLSTATE);
    return state ? state : "XX000";
}

static void batch_leaves(struct db_conn *conn, struct db_batch *batch)
{
    list_remove(&batch->link);
    conn->n_batches--;
    if (!list_is_empty(&conn->pool->queue))
        loop_later_schedule(&conn->pool->flush);
}

/* Nothing was committed and another try may end otherwise. */
static bool is_worth_a_try(const struct db_batch *batch)
{
    if (batch->tries + 1 >= BATCH_TRIES_MAX)
        return false;
    if (!batch->error)
        return batch->aborted;
    const char *state = sqlstate_of(batch->error);
    return sqlstate_is_transient(state) || sqlstate_is_stale_plan(state)
        || (batch->kind == DB_READ && sqlstate_is_goodbye(state));
}

static void batch_again(struct db_conn *conn, struct db_batch *batch)
{
    batch_forget_answers(batch);
    batch->err.code = 0;
    batch->tries++;
    batch->alone = true;
    conn->pool->stats.resent++;
    pool_enqueue(conn->pool, batch, true);
}

static void batch_ends(struct db_conn *conn, struct db_batch *batch)
{
    batch_leaves(conn, batch);
    if (!batch->fn) {
        batch_recycle(batch);
        return;
    }
    if (is_worth_a_try(batch)) {
        batch_again(conn, batch);
        return;
    }
    if (!batch->err.code && batch->aborted)
        err_set(&batch->err, ERR_ABORTED, "another request's error got in the way; try again");
    else if (!batch->err.code && batch->in_doubt) {
        batch->is_unknown = true;
        err_set(&batch->err, ERR_UNAVAILABLE,
            "the database does not say whether every copy has it: repeat it with the same "
            "request_id");
    }
    batch_answer(batch);
    batch_recycle(batch);
}

/* The head of the ring is done with. */
static void pop(struct db_conn *conn)
{
    struct op op = conn->ring[conn->head++ & (conn->pool->ring_size - 1)];
    if (!op.batch)
        return;
    op.batch->ops_left--;
    if (op.kind == OP_SYNC || (op.is_last && op.batch->kind == DB_READ))
        batch_ends(conn, op.batch);
}

/* A prepare that failed is not there; a stale plan is prepared under a new name. */
static void forget_prepared(struct op *op)
{
    if (!op->prepared)
        return;
    op->prepared->is_prepared = false;
    op->prepared->generation++;
}

/* A statement that cannot be prepared counts as the statement that failed. */
static int failed_index(const struct op *op)
{
    if (op->kind == OP_SYNC)
        return DB_FAILED_COMMIT;
    if (op->kind == OP_PREAMBLE || op->kind == OP_SETTING || op->is_for_preamble)
        return DB_FAILED_PREAMBLE;
    return op->index;
}

static void on_error(struct db_conn *conn, struct op *op, PGresult *error)
{
    const char *state = sqlstate_of(error);
    if (op->kind == OP_PREPARE || sqlstate_is_stale_plan(state))
        forget_prepared(op);
    if (sqlstate_is_goodbye(state))
        conn->is_leaving = true;
    struct db_batch *batch = op->batch;
    if (!batch || !batch->fn || batch->error) {
        PQclear(error);
        return;
    }
    batch->error = error;
    batch->failed_index = failed_index(op);
    const char *message = PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);
    err_set(&batch->err, sqlstate_to_err(state), "%s", message ? message : "");
}

static void on_aborted(struct op *op)
{
    if (op->kind == OP_PREPARE)
        forget_prepared(op);
    if (op->batch)
        op->batch->aborted = true;
}

static void on_result(struct db_conn *conn, struct op *op, PGresult *result)
{
    op->is_answered = true;
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        if (op->kind == OP_QUERY && op->batch->fn && !op->batch->results[op->index])
            op->batch->results[op->index] = result;
        else
            PQclear(result);
        break;
    case PGRES_PIPELINE_ABORTED:
        on_aborted(op);
        PQclear(result);
        break;
    default:
        on_error(conn, op, result);
    }
}

/* Take one result, or the end of one; false: nothing is there to take. */
static bool take(struct db_conn *conn)
{
    struct op *op = &conn->ring[conn->head & (conn->pool->ring_size - 1)];
    PGresult *result = PQgetResult(conn->pg);
    if (!result) {
        /* The end of a statement's results; never that of a sync, which is a result itself. */
        if (op->kind != OP_SYNC && op->is_answered) {
            pop(conn);
            return true;
        }
        if (PQisBusy(conn->pg) || !(result = PQgetResult(conn->pg)))
            return false;
    }
    bool is_sync = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    if (op->kind != OP_SYNC) {
        if (is_sync) /* we and the server disagree on what was sent */
            conn->is_leaving = true;
        on_result(conn, op, result);
        return !is_sync;
    }
    if (is_sync)
        pop(conn);
    else if (op->batch && PQresultStatus(result) == PGRES_FATAL_ERROR) {
        on_error(conn, op, result); /* a deferred constraint, at the commit */
        return true;
    }
    PQclear(result);
    return true;
}

void conn_receive(struct db_conn *conn)
{
    if (!PQconsumeInput(conn->pg))
        conn->is_leaving = true;
    while (conn->head != conn->tail && !PQisBusy(conn->pg))
        if (!take(conn))
            break;
    if (conn->is_leaving || PQstatus(conn->pg) == CONNECTION_BAD)
        conn_lost(conn, PQerrorMessage(conn->pg));
    else if (conn_flush(conn) < 0)
        conn_lost(conn, PQerrorMessage(conn->pg));
    else
        conn_watch(conn);
}

void conn_on_notice(void *arg, const PGresult *result)
{
    struct db_conn *conn = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (conn->head == conn->tail || !severity || strcmp(severity, "WARNING") != 0)
        return;
    struct op *op = &conn->ring[conn->head & (conn->pool->ring_size - 1)];
    if (op->batch && op->batch->kind == DB_WRITE
        && (op->kind == OP_SYNC || (op->is_last && op->is_answered)))
        op->batch->in_doubt = true;
}
