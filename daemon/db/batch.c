#include "db/db_internal.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>

#define SPARE_MAX 512
#define KEEP_ARENA_BYTES 65536
#define CALLS_FIRST 4

static void on_deadline(void *arg);

static struct db_batch *batch_make(struct db_pool *pool)
{
    struct db_batch *batch = calloc(1, sizeof(*batch));

    if (!batch)
        return NULL;
    batch->pool = pool;
    list_init(&batch->link);
    arena_init(&batch->arena, 0);
    loop_timer_init(&batch->timer, pool->loop, on_deadline, batch);
    return batch;
}

struct db_batch *db_batch_new(struct db_pool *pool, enum db_batch_kind kind)
{
    struct db_batch *batch = list_first(&pool->spare, struct db_batch, link);

    if (batch) {
        list_remove(&batch->link);
        pool->n_spare--;
    } else {
        batch = batch_make(pool);
        if (!batch)
            return NULL;
    }
    batch->kind = kind;
    batch->state = BATCH_NEW;
    batch->preamble.statement = NULL;
    batch->calls = NULL;
    batch->n_calls = batch->calls_cap = 0;
    batch->deadline_usec = 0;
    batch->fn = NULL;
    batch->losses = 0;
    batch->was_stale = batch->was_aborted = batch->is_alone = false;
    batch->err.code = 0;
    batch_forget_answers(batch);
    return batch;
}

void batch_forget_answers(struct db_batch *batch)
{
    for (size_t i = 0; i < batch->n_calls; i++) {
        PQclear(batch->calls[i].result);
        batch->calls[i].result = NULL;
    }
    PQclear(batch->error);
    batch->error = NULL;
    batch->failed_index = DB_FAILED_NOWHERE;
    batch->fate = FATE_OPEN;
    batch->ops_left = 0;
    batch->may_commit = batch->in_doubt = false;
    batch->is_unknown = batch->err_is_sql = false;
}

/* Batches come and go with every request: the memory of some is kept. */
void batch_recycle(struct db_batch *batch)
{
    struct db_pool *pool = batch->pool;

    batch_forget_answers(batch);
    loop_timer_stop(&batch->timer);
    if (pool->is_closing || pool->n_spare >= SPARE_MAX
        || arena_used_bytes(&batch->arena) > KEEP_ARENA_BYTES) {
        arena_release(&batch->arena);
        free(batch);
        return;
    }
    arena_reset(&batch->arena);
    batch->n_calls = 0;
    list_add_head(&pool->spare, &batch->link);
    pool->n_spare++;
}

void db_batch_free(struct db_batch *batch)
{
    if (batch)
        batch_recycle(batch);
}

/* Text gets the NUL that libpq looks for. */
static int copy_value(struct db_batch *batch, struct db_call *call, size_t i,
    const struct db_value *value, struct err *err)
{
    call->lengths[i] = value->data ? value->len : 0;
    call->formats[i] = value->is_binary;
    if (!value->data)
        return 0;
    if (!value->is_binary && memchr(value->data, 0, (size_t)value->len))
        return err_set(err, ERR_INVALID, "a text value holds a NUL byte");
    char *copy = arena_strndup(&batch->arena, value->data, (size_t)value->len);
    if (!copy)
        return err_oom(err);
    call->values[i] = copy;
    return 0;
}

static int copy_call(struct db_batch *batch, struct db_call *call,
    const struct db_statement *statement, const struct db_value *values, size_t n, struct err *err)
{
    *call = (struct db_call) { .statement = statement, .n_values = (int)n };
    if (n != statement->n_params)
        return err_set(err, ERR_INTERNAL, "%s: %zu values for %zu parameters", statement->name, n,
            statement->n_params);
    if (statements_slot(batch->pool, statement, &call->slot, err) < 0)
        return ERR_EXHAUSTED;
    if (n == 0)
        return 0;
    call->values = arena_calloc(&batch->arena, n, sizeof(*call->values));
    call->lengths = arena_calloc(&batch->arena, 2 * n, sizeof(*call->lengths));
    if (!call->values || !call->lengths)
        return err_oom(err);
    call->formats = call->lengths + n;
    for (size_t i = 0; i < n; i++) {
        int r = copy_value(batch, call, i, &values[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

int db_batch_preamble(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err)
{
    return copy_call(batch, &batch->preamble, statement, values, n_values, err);
}

static int reserve_call(struct db_batch *batch, struct err *err)
{
    if (batch->n_calls < batch->calls_cap)
        return 0;
    size_t cap = batch->calls_cap ? 2 * batch->calls_cap : CALLS_FIRST;
    struct db_call *calls = arena_calloc(&batch->arena, cap, sizeof(*calls));
    if (!calls)
        return err_oom(err);
    if (batch->n_calls > 0)
        memcpy(calls, batch->calls, batch->n_calls * sizeof(*calls));
    batch->calls = calls;
    batch->calls_cap = cap;
    return 0;
}

int db_batch_add(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err)
{
    int r = reserve_call(batch, err);
    if (r == 0)
        r = copy_call(batch, &batch->calls[batch->n_calls], statement, values, n_values, err);
    if (r == 0)
        batch->n_calls++;
    return r;
}

/* Say whether the server would see no difference. */
bool call_is_equal(const struct db_call *a, const struct db_call *b)
{
    if (a->statement != b->statement || a->n_values != b->n_values)
        return false;
    for (int i = 0; i < a->n_values; i++) {
        if (a->formats[i] != b->formats[i] || a->lengths[i] != b->lengths[i]
            || !a->values[i] != !b->values[i])
            return false;
        if (a->values[i] && memcmp(a->values[i], b->values[i], (size_t)a->lengths[i]) != 0)
            return false;
    }
    return true;
}

void db_batch_deadline(struct db_batch *batch, int64_t monotonic_usec)
{
    batch->deadline_usec = monotonic_usec;
}

void db_batch_submit(
    struct db_batch **batch_pointer, db_answer_fn *fn, void *arg, struct db_ticket **ret_ticket)
{
    struct db_batch *batch = *batch_pointer;

    assert(batch->n_calls > 0 || batch->preamble.statement);
    *batch_pointer = NULL;
    batch->fn = fn;
    batch->arg = arg;
    if (ret_ticket)
        *ret_ticket = (struct db_ticket *)batch;
    int64_t left_usec = batch->deadline_usec ? batch->deadline_usec - clock_monotonic_usec() : 1;
    if (left_usec <= 0) {
        batch_fail_later(batch, ERR_TIMEOUT, "the deadline passed");
        return;
    }
    if (batch->deadline_usec)
        loop_timer_start(&batch->timer, left_usec);
    pool_submit(batch->pool, batch);
}

/* Take @batch out of whatever list it waits in; false if it was sent, so that it must drain. */
static bool batch_withdraw(struct db_batch *batch)
{
    if (batch->state == BATCH_SENT) {
        cancel_soon(batch->pool);
        return false;
    }
    if (batch->state == BATCH_QUEUED)
        pool_unqueue(batch->pool, batch);
    else
        list_remove(&batch->link);
    return true;
}

void db_ticket_cancel(struct db_ticket **ticket)
{
    struct db_batch *batch = (struct db_batch *)*ticket;

    *ticket = NULL;
    if (!batch)
        return;
    batch->fn = NULL;
    loop_timer_stop(&batch->timer);
    if (batch_withdraw(batch))
        batch_recycle(batch);
}

static void on_deadline(void *arg)
{
    struct db_batch *batch = arg;

    if (batch->state == BATCH_SENT && batch->fate == FATE_FAILED)
        batch_set_sql_error(batch); /* only its sync is still to come */
    else if (batch->state == BATCH_SENT && batch->fate == FATE_OPEN && batch->may_commit)
        batch_set_unknown(batch, ERR_TIMEOUT, "the deadline passed");
    else
        err_set(&batch->err, ERR_TIMEOUT, "the deadline passed");
    batch_withdraw(batch);
    batch_answer(batch);
}
