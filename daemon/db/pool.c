#include "db/db_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* Most operations that one batch puts in a ring: each statement prepared and run, preamble and
 * setting likewise, a sync before and one behind. */
#define BATCH_OPS_MAX (2 * (BATCH_STATEMENTS_MAX + 2) + 2)

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
    _cleanup_(freep) char *fault = NULL;
    PQconninfoOption *parsed = PQconninfoParse(options->conninfo, &fault);
    if (!parsed)
        return err_set(err, ERR_INVALID, "the database's connection string: %s",
            fault ? fault : "out of memory");
    PQconninfoFree(parsed);
    if (options->connections < 1 || options->connections > 64)
        return err_set(err, ERR_INVALID, "connections: 1 to 64");
    if (options->pipeline_limit < 1 || options->pipeline_limit > 4096)
        return err_set(err, ERR_INVALID, "pipeline_limit: 1 to 4096");
    return 0;
}

static void answer_done(struct db_pool *pool)
{
    struct list done;
    list_init(&done);
    while (!list_is_empty(&pool->done)) {
        struct db_batch *batch = list_first(&pool->done, struct db_batch, link);
        list_remove(&batch->link);
        list_add_tail(&done, &batch->link);
    }
    while (!list_is_empty(&done)) {
        struct db_batch *batch = list_first(&done, struct db_batch, link);
        list_remove(&batch->link);
        batch_answer(batch);
        batch_recycle(batch);
    }
}

static struct db_conn *least_busy(struct db_pool *pool)
{
    struct db_conn *best = NULL;
    for (size_t i = 0; i < pool->n_conns; i++) {
        struct db_conn *conn = &pool->conns[i];
        if (conn_has_room(conn) && (!best || conn->n_batches < best->n_batches))
            best = conn;
    }
    return best;
}

static void send_queued(struct db_pool *pool)
{
    struct db_conn *conn;
    while (!list_is_empty(&pool->queue) && (conn = least_busy(pool))) {
        struct db_batch *batch = list_first(&pool->queue, struct db_batch, link);
        list_remove(&batch->link);
        pool->n_queued--;
        if (conn_send(conn, batch) < 0)
            conn_lost(conn, PQerrorMessage(conn->pg));
    }
}

/* Once a turn: answer what failed early, send what the turn brought, one sync for its reads. */
static void on_flush(void *arg)
{
    struct db_pool *pool = arg;
    answer_done(pool);
    send_queued(pool);
    for (size_t i = 0; i < pool->n_conns; i++) {
        struct db_conn *conn = &pool->conns[i];
        if (conn->state == CONN_READY && conn->must_flush
            && (conn_sync_group(conn) < 0 || conn_flush(conn) < 0))
            conn_lost(conn, PQerrorMessage(conn->pg));
    }
}

static void on_wait_over(void *arg)
{
    struct db_pool *pool = arg;
    pool->is_waiting_over = true;
    while (!list_is_empty(&pool->queue)) {
        struct db_batch *batch = list_first(&pool->queue, struct db_batch, link);
        list_remove(&batch->link);
        pool->n_queued--;
        batch_done(batch, ERR_UNAVAILABLE, "the database is away; try again later");
    }
}

void pool_enqueue(struct db_pool *pool, struct db_batch *batch, bool first)
{
    batch->state = BATCH_QUEUED;
    if (first)
        list_add_head(&pool->queue, &batch->link);
    else
        list_add_tail(&pool->queue, &batch->link);
    pool->n_queued++;
    loop_later_schedule(&pool->flush);
}

void pool_changed(struct db_pool *pool, bool was_up)
{
    bool is_up = pool->n_ready > 0;
    if (is_up) {
        loop_timer_stop(&pool->wait_timer);
        pool->is_waiting_over = false;
        loop_later_schedule(&pool->flush);
    } else if (was_up) {
        loop_timer_start(&pool->wait_timer, pool->options.wait_usec);
    }
    if (is_up != was_up && pool->options.on_state && !pool->is_closing)
        pool->options.on_state(is_up, is_up ? NULL : &pool->down_err, pool->options.arg);
}

static int pool_fill(struct db_pool *pool, const struct db_options *options, struct err *err)
{
    pool->options = *options;
    if (pool->options.stall_usec == 0 && options->statement_timeout_usec > 0)
        pool->options.stall_usec = options->statement_timeout_usec + 5 * USEC_PER_SEC;
    pool->conninfo = strdup(options->conninfo);
    if (asprintf(&pool->settings,
            "-c statement_timeout=%lld -c idle_in_transaction_session_timeout=10000"
            " -c client_min_messages=warning %s",
            (long long)(options->statement_timeout_usec / USEC_PER_MSEC),
            options->session_options ? options->session_options : "")
        < 0)
        pool->settings = NULL;
    pool->conns = calloc((size_t)options->connections, sizeof *pool->conns);
    if (!pool->conninfo || !pool->settings || !pool->conns)
        return err_oom(err);
    pool->ring_size = 64;
    while (pool->ring_size < (options->pipeline_limit + 1) * BATCH_OPS_MAX)
        pool->ring_size *= 2;
    for (; pool->n_conns < (size_t)options->connections; pool->n_conns++) {
        struct db_conn *conn = &pool->conns[pool->n_conns];
        conn_init(conn, pool);
        conn->ring = calloc(pool->ring_size, sizeof *conn->ring);
        if (!conn->ring)
            return err_oom(err);
    }
    return 0;
}

int db_pool_new(
    struct loop *loop, const struct db_options *options, struct db_pool **ret_pool, struct err *err)
{
    int r = check_options(options, err);
    if (r < 0)
        return r;
    _cleanup_(db_pool_freep) struct db_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return err_oom(err);
    pool->loop = loop;
    list_init(&pool->queue);
    list_init(&pool->done);
    list_init(&pool->spare);
    loop_later_init(&pool->flush, loop, on_flush, pool);
    loop_timer_init(&pool->wait_timer, loop, on_wait_over, pool);
    r = pool_fill(pool, options, err);
    if (r < 0)
        return r;
    loop_timer_start(&pool->wait_timer, options->wait_usec);
    for (size_t i = 0; i < pool->n_conns; i++)
        conn_start(&pool->conns[i]);
    *ret_pool = pool;
    pool = NULL;
    return 0;
}

void db_pool_free(struct db_pool *pool)
{
    if (!pool)
        return;
    pool->is_closing = true;
    for (size_t i = 0; i < pool->n_conns; i++)
        conn_lost(&pool->conns[i], "the pool closes");
    on_wait_over(pool);
    while (!list_is_empty(&pool->done))
        answer_done(pool);
    loop_later_cancel(&pool->flush);
    loop_timer_stop(&pool->wait_timer);
    for (size_t i = 0; i < pool->n_conns; i++)
        conn_close_for_good(&pool->conns[i]);
    struct db_batch *batch;
    list_for_each_safe(batch, &pool->spare, link)
    {
        list_remove(&batch->link);
        batch_recycle(batch);
    }
    free(pool->conns);
    free(pool->conninfo);
    free(pool->settings);
    free(pool);
}

bool db_pool_is_up(const struct db_pool *pool)
{
    return pool->n_ready > 0;
}

void db_pool_stats(const struct db_pool *pool, struct db_stats *ret_stats)
{
    *ret_stats = pool->stats;
    ret_stats->connections_up = (int)pool->n_ready;
    ret_stats->waiting = pool->n_queued;
    for (size_t i = 0; i < pool->n_conns; i++)
        ret_stats->in_flight += pool->conns[i].n_batches;
}
