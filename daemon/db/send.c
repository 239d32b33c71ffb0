/* From a batch to libpq's messages, and to the operations that mirror them. */
#include "db/db_internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define RING_FIRST 256

static const struct db_statement limit_statement = {
    .name = "limit",
    .sql = "SELECT set_config('statement_timeout', $1, true)",
    .n_params = 1,
};

static const char setup_sql[] = "SELECT set_config('statement_timeout', $1, false),"
                                " set_config('client_min_messages', 'warning', false)";

/* Make room for @n more operations. */
static int ring_reserve(struct db_conn *conn, unsigned n)
{
    unsigned used = conn->tail - conn->head, size = conn->ring_size ? conn->ring_size : RING_FIRST;

    while (size < used + n)
        size *= 2;
    if (size == conn->ring_size)
        return 0;
    struct op *ring = malloc(size * sizeof(*ring));
    if (!ring)
        return ERR_EXHAUSTED;
    for (unsigned i = 0; i < used; i++)
        ring[i] = *db_conn_op(conn, conn->head + i);
    free(conn->ring);
    conn->ring = ring;
    conn->ring_size = size;
    conn->head = 0;
    conn->tail = used;
    return 0;
}

/* Let the connection have a plan for each statement that the pool knows. */
static int plans_reserve(struct db_conn *conn)
{
    size_t n = conn->pool->n_statements;

    if (n <= conn->n_plans)
        return 0;
    n = MAX(n, 2 * conn->n_plans);
    struct plan *plans = realloc(conn->plans, n * sizeof(*plans));
    if (!plans)
        return ERR_EXHAUSTED;
    memset(plans + conn->n_plans, 0, (n - conn->n_plans) * sizeof(*plans));
    conn->plans = plans;
    conn->n_plans = n;
    return 0;
}

static struct op *push(struct db_conn *conn, enum op_kind kind, struct db_batch *batch, int index)
{
    if (conn->head == conn->tail)
        conn->progress_usec = clock_monotonic_usec();
    struct op *op = db_conn_op(conn, conn->tail++);
    *op = (struct op) { .kind = kind, .batch = batch, .index = index };
    if (batch)
        batch->ops_left++;
    conn->is_dirty = true;
    return op;
}

static int send_sync(struct db_conn *conn, struct db_batch *batch)
{
    conn->group_size = 0;
    conn->named_by = NULL;
    if (!PQpipelineSync(conn->pg))
        return ERR_UNAVAILABLE;
    push(conn, OP_SYNC, batch, DB_FAILED_COMMIT);
    return 0;
}

int db_conn_close_group(struct db_conn *conn)
{
    if (conn->group_size == 0)
        return 0;
    conn->pool->stats.syncs++;
    return send_sync(conn, NULL);
}

/* The plan counts as usable from here on: what follows in the pipeline relies on it. If it fails,
 * receive.c takes that back. */
static int send_prepare(
    struct db_conn *conn, struct db_batch *batch, const struct db_call *call, int index)
{
    const struct db_statement *statement = call->statement;
    struct plan *plan = &conn->plans[call->slot];

    plan->is_usable = true;
    plan->generation++;
    snprintf(plan->name, sizeof(plan->name), "s%u.%u", call->slot, plan->generation);
    if (!PQsendPrepare(conn->pg, plan->name, statement->sql,
            statement->param_oids ? (int)statement->n_params : 0, statement->param_oids))
        return ERR_UNAVAILABLE;
    struct op *op = push(conn, OP_PREPARE, batch, index);
    op->slot = call->slot;
    op->generation = plan->generation;
    conn->pool->stats.prepares++;
    return 0;
}

static int send_call(struct db_conn *conn, struct db_batch *batch, const struct db_call *call,
    enum op_kind kind, int index)
{
    struct plan *plan = &conn->plans[call->slot];

    if (!plan->is_usable && send_prepare(conn, batch, call, index) < 0)
        return ERR_UNAVAILABLE;
    if (!PQsendQueryPrepared(
            conn->pg, plan->name, call->n_values, call->values, call->lengths, call->formats, 1))
        return ERR_UNAVAILABLE;
    struct op *op = push(conn, kind, batch, index);
    op->slot = call->slot;
    op->generation = plan->generation;
    return 0;
}

/* The server is to give up a little before the caller does, so that the outcome is known. */
static int64_t limit_msec(const struct db_pool *pool, const struct db_batch *batch)
{
    int64_t left = (batch->deadline_usec - clock_monotonic_usec()) / USEC_PER_MSEC;
    int64_t cap = pool->options.statement_timeout_usec / USEC_PER_MSEC;

    left -= MIN(left / 8, INT64_C(50));
    if (cap > 0)
        left = MIN(left, cap);
    return MAX(left, INT64_C(1));
}

static int send_limit(struct db_conn *conn, struct db_batch *batch, unsigned slot)
{
    char text[24];
    const char *value = text;
    int length = snprintf(text, sizeof(text), "%lld", (long long)limit_msec(conn->pool, batch));
    int format = 0;
    struct db_call call = { .statement = &limit_statement,
        .slot = slot,
        .n_values = 1,
        .values = &value,
        .lengths = &length,
        .formats = &format };

    return send_call(conn, batch, &call, OP_LIMIT, DB_FAILED_PREAMBLE);
}

/* Whoever speaks in this transaction names itself first, unless the one before was the same. */
static int send_preamble(struct db_conn *conn, struct db_batch *batch)
{
    if (!batch->preamble.statement)
        return 0;
    if (batch->n_calls > 0 && conn->named_by
        && call_is_equal(&conn->named_by->preamble, &batch->preamble)) {
        conn->pool->stats.preambles_shared++;
        return 0;
    }
    conn->pool->stats.preambles++;
    conn->named_by = batch;
    return send_call(conn, batch, &batch->preamble, OP_PREAMBLE, DB_FAILED_PREAMBLE);
}

/* Before the preamble: a caller who is turned away there must not take plans along that others
 * behind in the pipeline rely on. */
static int send_prepares(struct db_conn *conn, struct db_batch *batch)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < batch->n_calls; i++)
        if (!conn->plans[batch->calls[i].slot].is_usable)
            r = send_prepare(conn, batch, &batch->calls[i], (int)i);
    return r;
}

static int send_calls(struct db_conn *conn, struct db_batch *batch)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < batch->n_calls; i++)
        r = send_call(conn, batch, &batch->calls[i], OP_QUERY, (int)i);
    conn->pool->stats.statements += batch->n_calls;
    return r;
}

/* Say whether @batch may follow what the open group holds. Nobody without a preamble comes behind
 * somebody with one, under whose name it would run. */
static bool fits_group(const struct db_conn *conn, const struct db_batch *batch)
{
    return batch->kind == DB_READ && !batch->is_alone && conn->group_size < GROUP_MAX
        && !batch->preamble.statement == !conn->named_by;
}

static int end_batch(struct db_conn *conn, struct db_batch *batch)
{
    if (batch->kind == DB_WRITE) {
        batch->may_commit = true;
        conn->pool->stats.syncs++;
        return send_sync(conn, batch);
    }
    conn->group_size++;
    return batch->is_alone ? db_conn_close_group(conn) : 0;
}

static int send_whole(struct db_conn *conn, struct db_batch *batch, unsigned limit_slot)
{
    int r = 0;

    if (conn->group_size > 0 && !fits_group(conn, batch))
        r = db_conn_close_group(conn);
    if (r == 0 && batch->kind == DB_WRITE && batch->deadline_usec)
        r = send_limit(conn, batch, limit_slot);
    if (r == 0)
        r = send_prepares(conn, batch);
    if (r == 0)
        r = send_preamble(conn, batch);
    if (r == 0)
        r = send_calls(conn, batch);
    return r == 0 ? end_batch(conn, batch) : r;
}

int db_conn_send(struct db_conn *conn, struct db_batch *batch)
{
    unsigned limit_slot = 0;

    /* each call may need a prepare; a sync comes before and behind */
    if (ring_reserve(conn, 2 * ((unsigned)batch->n_calls + 2) + 2) < 0
        || statements_slot(conn->pool, &limit_statement, &limit_slot, NULL) < 0
        || plans_reserve(conn) < 0)
        return ERR_EXHAUSTED;
    batch->state = BATCH_SENT;
    list_add_tail(&conn->batches, &batch->link);
    conn->n_batches++;
    return send_whole(conn, batch, limit_slot);
}

int db_conn_send_setup(struct db_conn *conn)
{
    char text[24];
    const char *value = text;

    snprintf(text, sizeof(text), "%lld",
        (long long)(conn->pool->options.statement_timeout_usec / USEC_PER_MSEC));
    if (ring_reserve(conn, 2) < 0
        || !PQsendQueryParams(conn->pg, setup_sql, 1, NULL, &value, NULL, NULL, 1))
        return ERR_UNAVAILABLE;
    push(conn, OP_SETUP, NULL, DB_FAILED_NOWHERE);
    return send_sync(conn, NULL);
}
