#include "db/db_internal.h"

#include "base/clock.h"
#include "db/sqlstate.h"

#include <string.h>

#define SPARE_MAX 512
#define KEEP_ARENA_BYTES 65536

struct reply {
    struct db_reply public;
    const struct db_batch *batch;
    struct db_sql_error sql;
    bool has_sql;
};

static void on_deadline(void *arg);

struct db_batch *db_batch_new(struct db_pool *pool, enum db_batch_kind kind)
{
    struct db_batch *batch = list_first(&pool->spare, struct db_batch, link);
    if (batch) {
        list_remove(&batch->link);
        pool->n_spare--;
    } else {
        batch = calloc(1, sizeof *batch);
        if (!batch)
            return NULL;
        batch->pool = pool;
        list_init(&batch->link);
        arena_init(&batch->arena, 0);
        loop_timer_init(&batch->timer, pool->loop, on_deadline, batch);
    }
    batch->kind = kind;
    batch->state = BATCH_NEW;
    batch->failed_index = DB_FAILED_NOWHERE;
    return batch;
}

void batch_forget_answers(struct db_batch *batch)
{
    for (size_t i = 0; i < batch->n_calls; i++) {
        PQclear(batch->results[i]);
        batch->results[i] = NULL;
    }
    PQclear(batch->error);
    batch->error = NULL;
    batch->failed_index = DB_FAILED_NOWHERE;
    batch->aborted = batch->in_doubt = batch->is_unknown = false;
}

static void batch_destroy(struct db_batch *batch)
{
    arena_release(&batch->arena);
    str_release(&batch->preamble_bytes);
    free(batch);
}

/* Batches come and go with every request: the memory of some is kept. */
void batch_recycle(struct db_batch *batch)
{
    struct db_pool *pool = batch->pool;
    batch_forget_answers(batch);
    loop_timer_stop(&batch->timer);
    if (pool->is_closing || pool->n_spare >= SPARE_MAX
        || batch->arena.used_bytes > KEEP_ARENA_BYTES) {
        batch_destroy(batch);
        return;
    }
    arena_reset(&batch->arena);
    str_reset(&batch->preamble_bytes);
    batch->preamble.statement = NULL;
    batch->n_calls = 0;
    batch->deadline_usec = 0;
    batch->fn = NULL;
    batch->tries = 0;
    batch->alone = false;
    batch->err.code = 0;
    list_add_head(&pool->spare, &batch->link);
    pool->n_spare++;
}

void db_batch_free(struct db_batch *batch)
{
    if (batch)
        batch_recycle(batch);
}

/* Text gets the NUL that libpq looks for. */
static int copy_call(struct db_batch *batch, struct db_call *call,
    const struct db_statement *statement, const struct db_value *values, size_t n_values,
    struct err *err)
{
    call->statement = statement;
    call->values = NULL;
    if (n_values > DB_PARAMS_MAX || n_values != statement->n_params)
        return err_set(err, ERR_INTERNAL, "%s: %zu values for %zu parameters", statement->name,
            n_values, statement->n_params);
    if (n_values == 0)
        return 0;
    call->values = arena_alloc(&batch->arena, n_values * sizeof *call->values);
    if (!call->values)
        return err_oom(err);
    for (size_t i = 0; i < n_values; i++) {
        call->values[i] = values[i];
        if (!values[i].data)
            continue;
        if (!values[i].is_binary && memchr(values[i].data, 0, (size_t)values[i].len))
            return err_set(err, ERR_INVALID, "text must not hold a NUL byte");
        char *copy = arena_alloc(&batch->arena, (size_t)values[i].len + 1);
        if (!copy)
            return err_oom(err);
        memcpy(copy, values[i].data, (size_t)values[i].len);
        copy[values[i].len] = '\0';
        call->values[i].data = copy;
    }
    return 0;
}

int db_batch_preamble(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err)
{
    int r = copy_call(batch, &batch->preamble, statement, values, n_values, err);
    if (r < 0)
        return r;
    struct str *bytes = &batch->preamble_bytes;
    str_reset(bytes);
    str_add(bytes, &statement, sizeof statement);
    for (size_t i = 0; i < n_values; i++) {
        int len = values[i].data ? values[i].len : -1;
        str_add(bytes, &len, sizeof len);
        if (len > 0)
            str_add(bytes, values[i].data, (size_t)len);
    }
    return bytes->failed ? err_oom(err) : 0;
}

int db_batch_add(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err)
{
    if (batch->n_calls == BATCH_STATEMENTS_MAX)
        return err_set(
            err, ERR_INTERNAL, "a batch has at most %d statements", BATCH_STATEMENTS_MAX);
    int r = copy_call(batch, &batch->calls[batch->n_calls], statement, values, n_values, err);
    if (r == 0)
        batch->n_calls++;
    return r;
}

void db_batch_deadline(struct db_batch *batch, int64_t monotonic_usec)
{
    batch->deadline_usec = monotonic_usec;
}

void batch_done(struct db_batch *batch, enum err_code code, const char *sentence)
{
    struct db_pool *pool = batch->pool;
    batch->state = BATCH_DONE;
    batch->err.code = 0;
    if (code)
        err_set(&batch->err, code, "%s", sentence);
    list_add_tail(&pool->done, &batch->link);
    loop_later_schedule(&pool->flush);
}

static void submit_err(struct db_pool *pool, struct db_batch *batch)
{
    if (pool->is_closing)
        batch_done(batch, ERR_UNAVAILABLE, "the server is stopping");
    else if (pool->is_waiting_over)
        batch_done(batch, ERR_UNAVAILABLE, "the database is away; try again later");
    else if (pool->n_queued >= pool->options.queue_limit)
        batch_done(batch, ERR_EXHAUSTED, "too many requests wait for the database");
    else
        pool_enqueue(pool, batch, false);
}

void db_batch_submit(
    struct db_batch **batch_pointer, db_answer_fn *fn, void *arg, struct db_ticket **ret_ticket)
{
    struct db_batch *batch = *batch_pointer;
    *batch_pointer = NULL;
    batch->fn = fn;
    batch->arg = arg;
    if (ret_ticket)
        *ret_ticket = (struct db_ticket *)batch;
    batch->pool->stats.batches++;
    if (batch->deadline_usec)
        loop_timer_start(&batch->timer, batch->deadline_usec - clock_monotonic_usec());
    submit_err(batch->pool, batch);
}

/* Stop waiting: what is not sent goes away, what is sent drains. */
static void batch_detach(struct db_batch *batch)
{
    batch->fn = NULL;
    loop_timer_stop(&batch->timer);
    if (batch->state == BATCH_RUNNING)
        return;
    if (batch->state == BATCH_QUEUED)
        batch->pool->n_queued--;
    list_remove(&batch->link);
    batch_recycle(batch);
}

void db_ticket_cancel(struct db_ticket **ticket)
{
    struct db_batch *batch = (struct db_batch *)*ticket;
    *ticket = NULL;
    if (batch)
        batch_detach(batch);
}

static void fill_sql(struct reply *reply, const PGresult *error)
{
    static const int fields[] = { PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_MESSAGE_DETAIL,
        PG_DIAG_SCHEMA_NAME, PG_DIAG_TABLE_NAME, PG_DIAG_COLUMN_NAME, PG_DIAG_CONSTRAINT_NAME };
    struct db_sql_error *sql = &reply->sql;
    const char **texts[] = { &sql->message, &sql->detail, &sql->schema, &sql->table, &sql->column,
        &sql->constraint };
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        *texts[i] = PQresultErrorField(error, fields[i]);
    if (!sql->message)
        sql->message = "";
    const char *state = PQresultErrorField(error, PG_DIAG_SQLSTATE);
    memcpy(sql->sqlstate, state && strlen(state) == 5 ? state : "XX000", 6);
    reply->has_sql = true;
}

/* The batch stays what it is while the callback runs: it may look at results and cancel others. */
void batch_answer(struct db_batch *batch)
{
    db_answer_fn *fn = batch->fn;
    batch->fn = NULL;
    loop_timer_stop(&batch->timer);
    if (!fn)
        return;
    struct reply reply = { .batch = batch };
    if (batch->error && batch->err.code)
        fill_sql(&reply, batch->error);
    reply.public.err = batch->err.code ? &batch->err : NULL;
    while (reply.public.n_results < batch->n_calls && batch->results[reply.public.n_results])
        reply.public.n_results++;
    fn(&reply.public, batch->arg);
}

static void on_deadline(void *arg)
{
    struct db_batch *batch = arg;
    bool may_have_happened = batch->kind == DB_WRITE && batch->state == BATCH_RUNNING;
    err_set(&batch->err, ERR_TIMEOUT,
        may_have_happened ? "out of time; whether it was done is not known: repeat it with the "
                            "same request_id"
                          : "out of time");
    batch->is_unknown = may_have_happened;
    PQclear(batch->error);
    batch->error = NULL;
    if (batch->state == BATCH_RUNNING) {
        batch_answer(batch); /* its results drain */
        return;
    }
    if (batch->state == BATCH_QUEUED)
        batch->pool->n_queued--;
    list_remove(&batch->link);
    batch_answer(batch);
    batch_recycle(batch);
}

static const struct reply *reply_of(const struct db_reply *reply)
{
    return container_of(reply, const struct reply, public);
}

const struct db_result *db_reply_result(const struct db_reply *reply, size_t i)
{
    return i < reply->n_results ? (const struct db_result *)reply_of(reply)->batch->results[i]
                                : NULL;
}

const struct db_sql_error *db_reply_sql(const struct db_reply *reply)
{
    return reply_of(reply)->has_sql ? &reply_of(reply)->sql : NULL;
}

int db_reply_failed_index(const struct db_reply *reply)
{
    return reply_of(reply)->batch->failed_index;
}

bool db_reply_is_unknown(const struct db_reply *reply)
{
    return reply_of(reply)->batch->is_unknown;
}
