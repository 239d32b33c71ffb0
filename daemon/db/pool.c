#include "db/db_internal.h"

#include "base/clock.h"
#include "base/str.h"

#include <string.h>

#define CONNECTIONS_MAX 64
#define PIPELINE_MAX 4096
#define SLOW_USEC (50 * USEC_PER_MSEC) /* owes an answer for so long: others go elsewhere */

void db_options_init(struct db_options *options)
{
    *options = (struct db_options) {
        .connections = 2,
        .connect_timeout_usec = 5 * USEC_PER_SEC,
        .backoff_min_usec = 50 * USEC_PER_MSEC,
        .backoff_max_usec = 2 * USEC_PER_SEC,
        .statement_timeout_usec = 30 * USEC_PER_SEC,
        .wait_usec = 5 * USEC_PER_SEC,
        .queue_limit = 1024,
        .pipeline_limit = 64,
    };
}

static int check_options(const struct db_options *options, struct err *err)
{
    if (!options->conninfo)
        return err_set(err, ERR_INVALID, "the database's connection string is missing");
    if (options->connections < 1 || options->connections > CONNECTIONS_MAX)
        return err_set(err, ERR_INVALID, "connections: 1 to %d", CONNECTIONS_MAX);
    if (options->pipeline_limit < 1 || options->pipeline_limit > PIPELINE_MAX)
        return err_set(err, ERR_INVALID, "pipeline_limit: 1 to %d", PIPELINE_MAX);
    if (options->backoff_min_usec < 0 || options->backoff_max_usec < options->backoff_min_usec)
        return err_set(err, ERR_INVALID, "backoff: from 0 to at least its minimum");
    return 0;
}

static struct db_batch *pop(struct list *list)
{
    struct db_batch *batch = list_first(list, struct db_batch, link);

    if (batch)
        list_remove(&batch->link);
    return batch;
}

/* Answer what has ended early. What the callbacks add is for the next round. */
static void answer_done(struct db_pool *pool)
{
    struct list now;
    struct db_batch *batch;

    list_init(&now);
    while ((batch = pop(&pool->done)))
        list_add_tail(&now, &batch->link);
    while ((batch = pop(&now)))
        batch_answer(batch);
}

static bool has_room(const struct db_conn *conn, int64_t now_usec)
{
    if (conn->state != CONN_READY || conn->is_cancelling
        || conn->n_batches >= conn->pool->options.pipeline_limit)
        return false;
    return conn->n_batches == 0 || now_usec - conn->progress_usec < SLOW_USEC;
}

/* The least busy connection; but reads go where a group is open, which spares a sync. */
static struct db_conn *choose(
    struct db_pool *pool, const struct db_batch *batch, struct db_conn *last, int64_t now_usec)
{
    struct db_conn *best = NULL;

    if (last && batch->kind == DB_READ && last->group_size > 0 && last->group_size < GROUP_MAX
        && has_room(last, now_usec))
        return last;
    for (size_t i = 0; i < pool->n_conns; i++) {
        struct db_conn *conn = &pool->conns[i];
        if (has_room(conn, now_usec) && (!best || conn->n_batches < best->n_batches))
            best = conn;
    }
    return best;
}

static void send_batch(struct db_conn *conn, struct db_batch *batch)
{
    pool_unqueue(conn->pool, batch);
    int r = db_conn_send(conn, batch);
    if (r == ERR_EXHAUSTED)
        batch_fail_later(batch, r, "out of memory");
    else if (r < 0)
        db_conn_lost(conn, PQerrorMessage(conn->pg));
}

static void send_queued(struct db_pool *pool)
{
    struct db_conn *conn = NULL;
    int64_t now_usec = clock_monotonic_usec();

    for (;;) {
        struct list *list = list_is_empty(&pool->again) ? &pool->queue : &pool->again;
        struct db_batch *batch = list_first(list, struct db_batch, link);
        if (!batch)
            return;
        conn = choose(pool, batch, conn, now_usec);
        if (!conn)
            return;
        send_batch(conn, batch);
    }
}

/* Once a turn: answer what has ended, send what the turn brought, one sync for its reads. */
static void on_flush(void *arg)
{
    struct db_pool *pool = arg;

    answer_done(pool);
    send_queued(pool);
    for (size_t i = 0; i < pool->n_conns; i++) {
        struct db_conn *conn = &pool->conns[i];
        if (!conn->is_dirty)
            continue;
        if (db_conn_close_group(conn) < 0)
            db_conn_lost(conn, PQerrorMessage(conn->pg));
        else
            db_conn_flush(conn);
    }
}

static void enqueue(struct db_pool *pool, struct db_batch *batch, struct list *list)
{
    batch->state = BATCH_QUEUED;
    list_add_tail(list, &batch->link);
    pool->n_queued++;
    loop_later_schedule(&pool->flush);
}

static void refuse(struct db_pool *pool, struct db_batch *batch)
{
    pool->stats.refused++;
    batch_fail_later(batch, ERR_EXHAUSTED, "too many requests wait for the database");
}

void pool_submit(struct db_pool *pool, struct db_batch *batch)
{
    pool->stats.batches++;
    if (pool->is_closing)
        batch_fail_later(batch, ERR_UNAVAILABLE, "the server is stopping");
    else if (pool->is_waiting_over)
        batch_fail_later(batch, ERR_UNAVAILABLE, "the database is away; try again later");
    else if (pool->n_queued >= pool->options.queue_limit)
        refuse(pool, batch);
    else
        enqueue(pool, batch, &pool->queue);
}

void pool_send_again(struct db_pool *pool, struct db_batch *batch)
{
    batch_forget_answers(batch);
    pool->stats.resent++;
    if (pool->is_closing || pool->is_waiting_over)
        batch_fail_later(batch, ERR_UNAVAILABLE, "the database is away; try again later");
    else
        enqueue(pool, batch, &pool->again);
}

void pool_unqueue(struct db_pool *pool, struct db_batch *batch)
{
    list_remove(&batch->link);
    pool->n_queued--;
}

static void fail_queued(struct db_pool *pool, const char *sentence)
{
    struct db_batch *batch;

    while ((batch = list_first(&pool->again, struct db_batch, link))
        || (batch = list_first(&pool->queue, struct db_batch, link))) {
        pool_unqueue(pool, batch);
        batch_fail_later(batch, ERR_UNAVAILABLE, sentence);
    }
}

static void on_wait_over(void *arg)
{
    struct db_pool *pool = arg;

    pool->is_waiting_over = true;
    fail_queued(pool, "the database is away; try again later");
}

/* Tell the owner about a change, and about each new reason why the pool is down. */
static void tell(struct db_pool *pool, const struct err *err)
{
    if (pool->told.code == (err ? err->code : 0) && (!err || str_eq(pool->told.msg, err->msg)))
        return;
    if (err)
        pool->told = *err;
    else
        pool->told.code = 0;
    if (pool->options.on_state)
        pool->options.on_state(!err, err, pool->options.arg);
}

void pool_on_conn(struct db_pool *pool, const struct err *err)
{
    unsigned n_up = 0;

    for (size_t i = 0; i < pool->n_conns; i++)
        n_up += db_conn_is_up(&pool->conns[i]);
    if (n_up > 0) {
        loop_timer_stop(&pool->wait_timer);
        pool->is_waiting_over = false;
    } else if (pool->n_up > 0) {
        loop_timer_start(&pool->wait_timer, pool->options.wait_usec);
    }
    pool->n_up = n_up;
    loop_later_schedule(&pool->flush);
    if (n_up > 0)
        tell(pool, NULL);
    else if (err)
        tell(pool, err);
}

static struct db_pool *pool_make(struct loop *loop, const struct db_options *options)
{
    struct db_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return NULL;
    pool->loop = loop;
    pool->options = *options;
    pool->options.conninfo = pool->options.session_options = NULL; /* the caller's */
    if (options->stall_usec == 0 && options->statement_timeout_usec > 0)
        pool->options.stall_usec = options->statement_timeout_usec + 5 * USEC_PER_SEC;
    pool->told.code = ERR_UNAVAILABLE; /* down, for no reason yet */
    list_init(&pool->queue);
    list_init(&pool->again);
    list_init(&pool->done);
    list_init(&pool->spare);
    loop_later_init(&pool->flush, loop, on_flush, pool);
    cancel_init(pool);
    loop_timer_init(&pool->wait_timer, loop, on_wait_over, pool);
    return pool;
}

int db_pool_new(
    struct loop *loop, const struct db_options *options, struct db_pool **ret_pool, struct err *err)
{
    int r = check_options(options, err);
    if (r < 0)
        return r;
    _cleanup_(db_pool_freep) struct db_pool *pool = pool_make(loop, options);
    if (!pool)
        return err_oom(err);
    r = conninfo_parse(options->conninfo, options->session_options, &pool->conninfo, err);
    if (r < 0)
        return r;
    pool->conns = calloc((size_t)options->connections, sizeof(*pool->conns));
    if (!pool->conns)
        return err_oom(err);
    pool->n_conns = (size_t)options->connections;
    for (size_t i = 0; i < pool->n_conns; i++) {
        db_conn_init(&pool->conns[i], pool);
        db_conn_begin(&pool->conns[i]);
    }
    loop_timer_start(&pool->wait_timer, options->wait_usec);
    *ret_pool = pool;
    pool = NULL;
    return 0;
}

static void free_spare(struct db_pool *pool)
{
    struct db_batch *batch;

    while ((batch = pop(&pool->spare)))
        batch_recycle(batch);
}

void db_pool_free(struct db_pool *pool)
{
    if (!pool)
        return;
    pool->is_closing = true;
    pool->options.on_state = NULL;
    cancel_release(pool);
    for (size_t i = 0; i < pool->n_conns; i++)
        db_conn_lost(&pool->conns[i], "the pool ends");
    fail_queued(pool, "the server is stopping");
    while (!list_is_empty(&pool->done))
        answer_done(pool);
    for (size_t i = 0; i < pool->n_conns; i++)
        db_conn_release(&pool->conns[i]);
    loop_later_cancel(&pool->flush);
    loop_timer_stop(&pool->wait_timer);
    free_spare(pool);
    statements_release(pool);
    free(pool->conns);
    PQconninfoFree(pool->conninfo);
    free(pool);
}

bool db_pool_is_up(const struct db_pool *pool)
{
    return pool->n_up > 0;
}

void db_pool_stats(const struct db_pool *pool, struct db_stats *ret_stats)
{
    *ret_stats = pool->stats;
    ret_stats->waiting = pool->n_queued;
    for (size_t i = 0; i < pool->n_conns; i++) {
        ret_stats->in_flight += pool->conns[i].n_batches;
        ret_stats->connections_up += db_conn_is_up(&pool->conns[i]);
    }
}
