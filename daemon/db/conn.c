/* One connection: it waits, connects, stands, and is lost; then it waits again.
 *
 * Attempts have full jitter, so that daemons which lost the same server do not come back in step,
 * and at most two of a pool are under way. A life shorter than the longest pause counts as a failed
 * attempt: a server that throws us out after the login is not hammered. */
#include "db/db_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <sodium.h>
#include <string.h>

#define CONNECTING_MAX 2
#define CONNECTING_PAUSE_USEC (10 * USEC_PER_MSEC)
#define LOSSES_MAX 3 /* a read that was under way each time may be what kills the server */

static void on_timer(void *arg);
static void on_socket(evutil_socket_t fd, short what, void *arg);

void db_conn_init(struct db_conn *conn, struct db_pool *pool)
{
    conn->pool = pool;
    list_init(&conn->batches);
    loop_timer_init(&conn->timer, pool->loop, on_timer, conn);
}

void db_conn_release(struct db_conn *conn)
{
    loop_timer_stop(&conn->timer);
    free(conn->ring);
    free(conn->plans);
}

bool db_conn_is_up(const struct db_conn *conn)
{
    return conn->state == CONN_READY || conn->state == CONN_LEAVING;
}

static void set_state(struct db_conn *conn, enum conn_state state)
{
    static const char *const names[] = { "waiting", "connecting", "ready", "leaving" };

    log_debug("database connection %d: %s", (int)(conn - conn->pool->conns), names[state]);
    conn->pool->n_connecting += state == CONN_CONNECTING;
    conn->pool->n_connecting -= conn->state == CONN_CONNECTING;
    conn->state = state;
}

void db_conn_leave(struct db_conn *conn, const char *why)
{
    if (conn->state != CONN_READY)
        return;
    conn->why_leaving = why;
    set_state(conn, CONN_LEAVING);
}

/* Watch the socket for @what; 0: not at all. */
static void watch(struct db_conn *conn, short what)
{
    if (conn->event_what == what)
        return;
    if (conn->event_what)
        event_del(&conn->event);
    conn->event_what = what;
    if (!what)
        return;
    event_assign(&conn->event, loop_base(conn->pool->loop), PQsocket(conn->pg),
        (short)(what | EV_PERSIST), on_socket, conn);
    event_add(&conn->event, NULL);
}

/* Wait for the next attempt. */
void db_conn_begin(struct db_conn *conn)
{
    const struct db_options *options = &conn->pool->options;
    int64_t bound = 0;

    if (conn->failures > 0)
        bound = MIN(
            options->backoff_min_usec << MIN(conn->failures - 1, 20u), options->backoff_max_usec);
    bound = MIN(bound, (int64_t)UINT32_MAX);
    loop_timer_start(&conn->timer, bound > 0 ? (int64_t)randombytes_uniform((uint32_t)bound) : 0);
}

static void db_conn_connect(struct db_conn *conn)
{
    struct db_pool *pool = conn->pool;

    if (pool->n_connecting >= CONNECTING_MAX) {
        loop_timer_start(&conn->timer, CONNECTING_PAUSE_USEC);
        return;
    }
    set_state(conn, CONN_CONNECTING);
    loop_timer_start(&conn->timer, pool->options.connect_timeout_usec);
    conn->pg = conninfo_connect(pool->conninfo, conn->first_host);
    if (!conn->pg || PQstatus(conn->pg) == CONNECTION_BAD) {
        db_conn_lost(conn, conn->pg ? PQerrorMessage(conn->pg) : "out of memory");
        return;
    }
    PQsetNoticeReceiver(conn->pg, db_conn_on_notice, conn);
    watch(conn, EV_WRITE);
}

static void db_conn_is_ready(struct db_conn *conn)
{
    set_state(conn, CONN_READY);
    loop_timer_stop(&conn->timer);
    conn->ready_usec = clock_monotonic_usec();
    if (PQsetnonblocking(conn->pg, 1) != 0 || !PQenterPipelineMode(conn->pg)
        || db_conn_send_setup(conn) < 0) {
        db_conn_lost(conn, PQerrorMessage(conn->pg));
        return;
    }
    conn->pool->stats.connects++;
    db_conn_flush(conn);
    pool_on_conn(conn->pool, NULL);
}

static void on_poll(struct db_conn *conn)
{
    PostgresPollingStatusType next = PQconnectPoll(conn->pg);

    watch(conn, 0); /* the socket may be another one now */
    if (next == PGRES_POLLING_READING)
        watch(conn, EV_READ);
    else if (next == PGRES_POLLING_WRITING)
        watch(conn, EV_WRITE);
    else if (next == PGRES_POLLING_OK)
        db_conn_is_ready(conn);
    else
        db_conn_lost(conn, PQerrorMessage(conn->pg));
}

static void on_results(struct db_conn *conn)
{
    struct db_pool *pool = conn->pool;
    bool is_alive = PQconsumeInput(conn->pg);
    const char *why = db_conn_take_results(conn);

    if (!is_alive || why)
        db_conn_lost(conn, why ? why : PQerrorMessage(conn->pg));
    else if (conn->state == CONN_LEAVING && conn->head == conn->tail)
        db_conn_lost(conn, conn->why_leaving);
    else
        db_conn_flush(conn);
    if (pool->n_queued > 0)
        loop_later_schedule(&pool->flush);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct db_conn *conn = arg;
    (void)fd;

    if (conn->state == CONN_CONNECTING)
        on_poll(conn);
    else if (what & EV_READ)
        on_results(conn);
    else
        db_conn_flush(conn);
}

void db_conn_flush(struct db_conn *conn)
{
    int r = PQflush(conn->pg);

    conn->is_dirty = false;
    if (r < 0) {
        db_conn_lost(conn, PQerrorMessage(conn->pg));
        return;
    }
    watch(conn, r > 0 ? EV_READ | EV_WRITE : EV_READ);
    if (conn->head != conn->tail && conn->pool->options.stall_usec > 0
        && !loop_timer_is_running(&conn->timer))
        loop_timer_start(&conn->timer, conn->pool->options.stall_usec);
}

/* The server may keep all results of a group until its sync, so a group may be silent for as long
 * as all its statements together. */
static int64_t stall_usec(const struct db_conn *conn)
{
    unsigned n = 1;

    while (n < conn->tail - conn->head && db_conn_op(conn, conn->head + n - 1)->kind != OP_SYNC)
        n++;
    return n * conn->pool->options.stall_usec;
}

static void on_stall_timer(struct db_conn *conn)
{
    if (conn->head == conn->tail)
        return;
    int64_t left_usec = stall_usec(conn) - (clock_monotonic_usec() - conn->progress_usec);
    if (left_usec <= 0)
        db_conn_lost(conn, "the server owes an answer and is silent");
    else
        loop_timer_start(&conn->timer, left_usec);
}

static void on_timer(void *arg)
{
    struct db_conn *conn = arg;

    if (conn->state == CONN_WAITING)
        db_conn_connect(conn);
    else if (conn->state == CONN_CONNECTING)
        db_conn_lost(conn, "no answer in time");
    else
        on_stall_timer(conn);
}

/* Decide what becomes of a batch whose connection is gone. */
static void settle(struct db_pool *pool, struct db_batch *batch)
{
    if (!batch->fn) {
        batch->state = BATCH_DONE;
        batch_recycle(batch);
    } else if (batch->fate == FATE_FAILED) {
        batch_set_sql_error(batch);
        batch_answer_later(batch);
    } else if (batch->may_commit && batch->fate == FATE_OPEN) {
        batch_set_unknown(batch, ERR_UNAVAILABLE, "the connection to the database was lost");
        batch_answer_later(batch);
    } else if (++batch->losses >= LOSSES_MAX) {
        batch_forget_answers(batch);
        batch_fail_later(batch, ERR_UNAVAILABLE, "the connection to the database was lost");
    } else {
        pool_send_again(pool, batch);
    }
}

static void db_conn_close(struct db_conn *conn)
{
    watch(conn, 0);
    loop_timer_stop(&conn->timer);
    PQfinish(conn->pg);
    conn->pg = NULL;
    conn->head = conn->tail = 0;
    conn->group_size = 0;
    conn->named_by = NULL;
    conn->is_dirty = conn->is_cancelling = false;
    conn->cancel_end = 0;
    if (conn->n_plans > 0)
        memset(conn->plans, 0, conn->n_plans * sizeof(*conn->plans));
}

void db_conn_lost(struct db_conn *conn, const char *why)
{
    struct db_pool *pool = conn->pool;
    bool stood = db_conn_is_up(conn);
    struct err err = { 0 };
    struct db_batch *batch;

    err_set(&err, ERR_UNAVAILABLE, "%.*s", (int)strcspn(why, "\n"), why);
    log_debug("database connection %d: %s", (int)(conn - pool->conns), err.msg);
    pool->stats.losses += stood;
    if (stood && clock_monotonic_usec() - conn->ready_usec > pool->options.backoff_max_usec)
        conn->failures = 0;
    conn->failures++;
    conn->first_host++;
    db_conn_close(conn);
    set_state(conn, CONN_WAITING);
    while ((batch = list_first(&conn->batches, struct db_batch, link))) {
        list_remove(&batch->link);
        conn->n_batches--;
        settle(pool, batch);
    }
    if (pool->is_closing)
        return;
    db_conn_begin(conn);
    pool_on_conn(pool, &err);
}
