#include "db/db_internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define RING_RESERVE 32

static const struct db_statement timeout_statement = {
    .name = "timeout",
    .sql = "SELECT set_config('statement_timeout', $1::text, true)",
    .n_params = 1,
};

bool conn_has_room(const struct db_conn *conn)
{
    return conn->state == CONN_READY && !conn->is_leaving
        && conn->n_batches < conn->pool->options.pipeline_limit
        && conn->pool->ring_size - (conn->tail - conn->head) > RING_RESERVE;
}

static struct op *push(struct db_conn *conn, enum op_kind kind, struct db_batch *batch)
{
    struct op *op = &conn->ring[conn->tail++ & (conn->pool->ring_size - 1)];
    *op = (struct op) { .kind = kind, .batch = batch };
    if (batch)
        batch->ops_left++;
    conn->must_flush = true;
    return op;
}

/* The slot of @statement on this connection; NULL if there are too many statements. */
static struct prepared *find_slot(struct db_conn *conn, const struct db_statement *statement)
{
    size_t start = ((uintptr_t)statement >> 4) * 0x9E3779B97F4A7C15u >> 40;
    for (size_t i = 0; i < PREPARED_SLOTS; i++) {
        struct prepared *slot = &conn->slots[(start + i) & (PREPARED_SLOTS - 1)];
        if (slot->statement == statement)
            return slot;
        if (!slot->statement) {
            slot->statement = statement;
            return slot;
        }
    }
    return NULL;
}

static int prepare(struct db_conn *conn, struct db_batch *batch, const struct db_call *call,
    struct prepared **ret_slot)
{
    const struct db_statement *statement = call->statement;
    struct prepared *slot = find_slot(conn, statement);
    if (!slot)
        return ERR_UNAVAILABLE;
    *ret_slot = slot;
    if (slot->is_prepared)
        return 0;
    snprintf(
        slot->name, sizeof slot->name, "s%zu_%u", (size_t)(slot - conn->slots), slot->generation);
    int n_oids = statement->param_oids ? (int)statement->n_params : 0;
    if (!PQsendPrepare(conn->pg, slot->name, statement->sql, n_oids, statement->param_oids))
        return ERR_UNAVAILABLE;
    /* Taken for done; receive.c takes it back if it fails. */
    slot->is_prepared = true;
    struct op *op = push(conn, OP_PREPARE, batch);
    op->prepared = slot;
    op->index = (uint16_t)(call - batch->calls);
    op->is_for_preamble = call < batch->calls || call >= batch->calls + batch->n_calls;
    conn->pool->stats.prepares++;
    return 0;
}

static int send_call(struct db_conn *conn, struct db_batch *batch, const struct db_call *call,
    enum op_kind kind, struct op **ret_op)
{
    struct prepared *slot;
    int r = prepare(conn, batch, call, &slot);
    if (r < 0)
        return r;
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
    int n = (int)call->statement->n_params;
    for (int i = 0; i < n; i++) {
        values[i] = call->values[i].data;
        lengths[i] = call->values[i].len;
        formats[i] = call->values[i].is_binary;
    }
    if (!PQsendQueryPrepared(conn->pg, slot->name, n, values, lengths, formats, 1))
        return ERR_UNAVAILABLE;
    *ret_op = push(conn, kind, batch);
    (*ret_op)->prepared = slot;
    return 0;
}

int conn_sync_group(struct db_conn *conn)
{
    if (!conn->group_open)
        return 0;
    conn->group_open = conn->preamble_known = false;
    if (!PQpipelineSync(conn->pg))
        return ERR_UNAVAILABLE;
    push(conn, OP_SYNC, NULL);
    conn->pool->stats.syncs++;
    return 0;
}

/* A write gets as long on the server as its caller waits. */
static int send_timeout(struct db_conn *conn, struct db_batch *batch)
{
    if (batch->kind == DB_READ || !batch->deadline_usec)
        return 0;
    int64_t left_msec = (batch->deadline_usec - clock_monotonic_usec()) / USEC_PER_MSEC;
    int64_t cap_msec = conn->pool->options.statement_timeout_usec / USEC_PER_MSEC;
    if (cap_msec > 0)
        left_msec = MIN(left_msec, cap_msec);
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)MAX(left_msec, 1));
    struct db_value value = { .data = text, .len = len };
    struct db_call call = { .statement = &timeout_statement, .values = &value };
    struct op *op;
    return send_call(conn, batch, &call, OP_SETTING, &op);
}

/* Whoever speaks in this transaction names itself, unless the one before was the same. */
static int send_preamble(struct db_conn *conn, struct db_batch *batch)
{
    const struct str *bytes = &batch->preamble_bytes;
    if (!batch->preamble.statement)
        return 0;
    if (conn->group_open && conn->preamble_known && conn->preamble.len == bytes->len
        && memcmp(conn->preamble.data, bytes->data, bytes->len) == 0) {
        conn->pool->stats.preambles_shared++;
        return 0;
    }
    struct op *op;
    int r = send_call(conn, batch, &batch->preamble, OP_PREAMBLE, &op);
    if (r < 0)
        return r;
    conn->pool->stats.preambles++;
    str_reset(&conn->preamble);
    str_add(&conn->preamble, bytes->data, bytes->len);
    conn->preamble_known = batch->kind == DB_READ && !conn->preamble.failed;
    return 0;
}

static int send_calls(struct db_conn *conn, struct db_batch *batch)
{
    for (size_t i = 0; i < batch->n_calls; i++) {
        struct op *op;
        int r = send_call(conn, batch, &batch->calls[i], OP_QUERY, &op);
        if (r < 0)
            return r;
        op->index = (uint16_t)i;
        op->is_last = i + 1 == batch->n_calls;
        conn->pool->stats.statements++;
    }
    return 0;
}

static int send_sync(struct db_conn *conn, struct db_batch *batch)
{
    if (batch->kind == DB_READ) {
        conn->group_open = true;
        return batch->alone || !batch->preamble.statement ? conn_sync_group(conn) : 0;
    }
    if (!PQpipelineSync(conn->pg))
        return ERR_UNAVAILABLE;
    push(conn, OP_SYNC, batch);
    conn->pool->stats.syncs++;
    return 0;
}

int conn_send(struct db_conn *conn, struct db_batch *batch)
{
    batch->state = BATCH_RUNNING;
    list_add_tail(&conn->batches, &batch->link);
    conn->n_batches++;
    int r = 0;
    bool is_nameless = !batch->preamble.statement;
    if (batch->kind == DB_WRITE || batch->alone || is_nameless)
        r = conn_sync_group(conn);
    if (r == 0)
        r = send_timeout(conn, batch);
    if (r == 0)
        r = send_preamble(conn, batch);
    if (r == 0)
        r = send_calls(conn, batch);
    return r == 0 ? send_sync(conn, batch) : r;
}

int conn_flush(struct db_conn *conn)
{
    int r = PQflush(conn->pg);
    if (r < 0)
        return ERR_UNAVAILABLE;
    conn->must_flush = false;
    if (r > 0)
        event_add(&conn->write_event, NULL);
    conn_watch(conn);
    return 0;
}
