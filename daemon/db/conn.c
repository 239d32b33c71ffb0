#include "db/db_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "db/sqlstate.h"

#include <string.h>

#define CONNECTING_MAX 2
#define CONNECTING_PAUSE_USEC 10000

static void on_timer(void *arg);
static void on_stall(void *arg);
static void on_poll(evutil_socket_t fd, short what, void *arg);

void conn_init(struct db_conn *conn, struct db_pool *pool)
{
    conn->pool = pool;
    conn->state = CONN_DOWN;
    list_init(&conn->batches);
    loop_timer_init(&conn->timer, pool->loop, on_timer, conn);
    loop_timer_init(&conn->stall, pool->loop, on_stall, conn);
    event_assign(&conn->read_event, loop_base(pool->loop), -1, 0, on_poll, conn);
    event_assign(&conn->write_event, loop_base(pool->loop), -1, 0, on_poll, conn);
}

/* Full jitter: daemons that lost the same server come back at different times. */
static int64_t backoff_usec(const struct db_conn *conn)
{
    const struct db_options *options = &conn->pool->options;
    if (conn->failures == 0)
        return 0;
    int64_t bound = options->backoff_min_usec << MIN(conn->failures - 1, 20u);
    bound = MIN(bound, options->backoff_max_usec);
    return 1000 + arc4random_uniform((uint32_t)MAX(bound, 1));
}

void conn_start(struct db_conn *conn)
{
    loop_timer_start(&conn->timer, backoff_usec(conn));
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct db_conn *conn = arg;
    if (conn_flush(conn) < 0)
        conn_lost(conn, PQerrorMessage(conn->pg));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    conn_receive(arg);
}

static void conn_is_ready(struct db_conn *conn)
{
    struct db_pool *pool = conn->pool;
    bool was_up = pool->n_ready > 0;
    loop_timer_stop(&conn->timer);
    pool->n_connecting--;
    if (PQsetnonblocking(conn->pg, 1) != 0 || !PQenterPipelineMode(conn->pg)) {
        pool->n_connecting++;
        conn_lost(conn, PQerrorMessage(conn->pg));
        return;
    }
    PQsetNoticeReceiver(conn->pg, conn_on_notice, conn);
    struct event_base *base = loop_base(pool->loop);
    int fd = PQsocket(conn->pg);
    event_assign(&conn->read_event, base, fd, EV_READ | EV_PERSIST, on_readable, conn);
    event_assign(&conn->write_event, base, fd, EV_WRITE, on_writable, conn);
    event_add(&conn->read_event, NULL);
    conn->state = CONN_READY;
    conn->failures = 0;
    pool->n_ready++;
    pool->stats.connects++;
    log_debug("database: connection %zu is ready", (size_t)(conn - pool->conns));
    pool_changed(pool, was_up);
}

static void wait_for(struct db_conn *conn, short what)
{
    event_assign(
        &conn->read_event, loop_base(conn->pool->loop), PQsocket(conn->pg), what, on_poll, conn);
    event_add(&conn->read_event, NULL);
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct db_conn *conn = arg;
    switch (PQconnectPoll(conn->pg)) {
    case PGRES_POLLING_READING:
        wait_for(conn, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        wait_for(conn, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        conn_is_ready(conn);
        break;
    default:
        conn_lost(conn, PQerrorMessage(conn->pg));
    }
}

static void conn_connect(struct db_conn *conn)
{
    struct db_pool *pool = conn->pool;
    /* The caller's own options come later in the list and so win. */
    const char *keywords[]
        = { "options", "fallback_application_name", "client_encoding", "dbname", NULL };
    const char *values[] = { pool->settings, "canvassd", "UTF8", pool->conninfo, NULL };
    conn->state = CONN_CONNECTING;
    pool->n_connecting++;
    loop_timer_start(&conn->timer, pool->options.connect_timeout_usec);
    conn->pg = PQconnectStartParams(keywords, values, 1);
    if (!conn->pg || PQstatus(conn->pg) == CONNECTION_BAD)
        conn_lost(conn, conn->pg ? PQerrorMessage(conn->pg) : "out of memory");
    else
        wait_for(conn, EV_WRITE);
}

static void on_timer(void *arg)
{
    struct db_conn *conn = arg;
    if (conn->state == CONN_CONNECTING)
        conn_lost(conn, "no answer in time");
    else if (conn->pool->n_connecting >= CONNECTING_MAX)
        loop_timer_start(&conn->timer, CONNECTING_PAUSE_USEC);
    else
        conn_connect(conn);
}

static void on_stall(void *arg)
{
    conn_lost(arg, "the server owes an answer and is silent");
}

void conn_watch(struct db_conn *conn)
{
    int64_t stall_usec = conn->pool->options.stall_usec;
    if (conn->head == conn->tail || stall_usec <= 0)
        loop_timer_stop(&conn->stall);
    else
        loop_timer_start(&conn->stall, stall_usec);
}

/* A write whose own statement had failed was certainly undone; any other may have happened. */
static void settle_write(struct db_batch *batch)
{
    if (batch->err.code && batch->error
        && !sqlstate_is_goodbye(PQresultErrorField(batch->error, PG_DIAG_SQLSTATE))) {
        batch->state = BATCH_DONE;
        list_add_tail(&batch->pool->done, &batch->link);
        loop_later_schedule(&batch->pool->flush);
        return;
    }
    batch->is_unknown = true;
    batch_done(batch, ERR_UNAVAILABLE,
        "the connection to the database broke; whether it was done is not known: repeat it with "
        "the same request_id");
}

static void settle(struct db_conn *conn, struct db_batch *batch)
{
    list_remove(&batch->link);
    batch->ops_left = 0;
    if (!batch->fn) {
        batch_recycle(batch);
    } else if (batch->kind == DB_WRITE) {
        settle_write(batch);
    } else if (++batch->tries < BATCH_TRIES_MAX && !conn->pool->is_closing
        && !conn->pool->is_waiting_over) {
        batch_forget_answers(batch);
        batch->err.code = 0;
        conn->pool->stats.resent++;
        pool_enqueue(conn->pool, batch, true);
    } else {
        batch_forget_answers(batch);
        batch_done(batch, ERR_UNAVAILABLE, "the connection to the database broke; try again");
    }
}

static void conn_close(struct db_conn *conn)
{
    event_del(&conn->read_event);
    event_del(&conn->write_event);
    loop_timer_stop(&conn->timer);
    loop_timer_stop(&conn->stall);
    PQfinish(conn->pg);
    conn->pg = NULL;
    conn->head = conn->tail = 0;
    conn->group_open = conn->preamble_known = conn->must_flush = conn->is_leaving = false;
    memset(conn->slots, 0, sizeof conn->slots);
}

void conn_lost(struct db_conn *conn, const char *why)
{
    struct db_pool *pool = conn->pool;
    bool was_up = pool->n_ready > 0;
    if (conn->state == CONN_READY) {
        pool->n_ready--;
        pool->stats.losses++;
    } else if (conn->state == CONN_CONNECTING) {
        pool->n_connecting--;
    }
    log_debug("database: connection %zu: %s", (size_t)(conn - pool->conns), why);
    err_set(&pool->down_err, ERR_UNAVAILABLE, "%s", why);
    conn->state = CONN_DOWN;
    conn->failures++;
    conn_close(conn);
    pool_changed(pool, was_up);
    /* From the newest, each to the front: the queue keeps their order. */
    struct db_batch *batch;
    while ((batch = list_last(&conn->batches, struct db_batch, link))) {
        conn->n_batches--;
        settle(conn, batch);
    }
    if (!pool->is_closing)
        conn_start(conn);
}

void conn_close_for_good(struct db_conn *conn)
{
    loop_timer_stop(&conn->timer);
    str_release(&conn->preamble);
    free(conn->ring);
}
