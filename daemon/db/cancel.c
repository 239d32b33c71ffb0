/* Statements that nobody waits for any more are ended, so that a caller who leaves slow calls
 * behind does not hold the connections of all.
 *
 * A connection of its own, made for the moment, asks with pg_cancel_backend(): libpq's PQcancel()
 * blocks, and a role may cancel its own sessions. The signal hits whatever the session runs when it
 * arrives. So it is sent only for a session whose present group of operations, up to the next sync,
 * holds a batch without a waiter; nothing more is sent there until the asking is over; and whoever
 * else was hit meanwhile is sent again (receive.c). Where no such connection is to be had, or where
 * process ids mean nothing (PgBouncer), statement_timeout is left, as without all this. */
#include "db/db_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <string.h>

#define FIRST_LOOK_USEC (20 * USEC_PER_MSEC) /* most statements have ended by then */
#define NEXT_LOOK_USEC (200 * USEC_PER_MSEC)

static const char ask_sql[] = "SELECT pg_cancel_backend(pid) FROM unnest($1::int[]) AS pid";

static void on_event(evutil_socket_t fd, short what, void *arg);

/* Say whether the operations that the server may be running name a batch without a waiter. */
static bool runs_unwanted(const struct db_conn *conn)
{
    for (unsigned i = conn->head; i != conn->tail; i++) {
        const struct op *op = db_conn_op(conn, i);
        if (op->batch && !op->batch->fn)
            return true;
        if (op->kind == OP_SYNC)
            return false;
    }
    return false;
}

static bool holds_unwanted(const struct db_conn *conn)
{
    const struct db_batch *batch;

    list_for_each(batch, &conn->batches, link) if (!batch->fn) return true;
    return false;
}

static void look_in(struct db_pool *pool, int64_t usec)
{
    if (!pool->is_closing)
        loop_timer_start(&pool->canceller.timer, usec);
}

void cancel_soon(struct db_pool *pool)
{
    if (!pool->canceller.pg && !loop_timer_is_running(&pool->canceller.timer))
        look_in(pool, FIRST_LOOK_USEC);
}

static void finish(struct db_pool *pool)
{
    struct canceller *canceller = &pool->canceller;

    loop_timer_stop(&canceller->timer);
    if (canceller->is_watching)
        event_del(&canceller->event);
    canceller->is_watching = false;
    PQfinish(canceller->pg);
    canceller->pg = NULL;
    for (size_t i = 0; i < pool->n_conns; i++)
        pool->conns[i].is_cancelling = false;
    look_in(pool, NEXT_LOOK_USEC);
    loop_later_schedule(&pool->flush);
}

static void give_up(struct db_pool *pool)
{
    log_debug("database: cannot ask to end a statement: %.*s",
        (int)strcspn(PQerrorMessage(pool->canceller.pg), "\n"), PQerrorMessage(pool->canceller.pg));
    finish(pool);
}

static void wait_for(struct db_pool *pool, short what)
{
    struct canceller *canceller = &pool->canceller;

    event_assign(
        &canceller->event, loop_base(pool->loop), PQsocket(canceller->pg), what, on_event, pool);
    event_add(&canceller->event, NULL);
    canceller->is_watching = true;
}

static bool is_same_server(const PGconn *a, const PGconn *b)
{
    return str_eq(PQhost(a), PQhost(b)) && str_eq(PQport(a), PQport(b));
}

/* List the sessions to be asked, as an array, and send them nothing from here on. */
static unsigned choose_victims(struct db_pool *pool, struct str *pids)
{
    unsigned n = 0;

    for (size_t i = 0; i < pool->n_conns; i++) {
        struct db_conn *conn = &pool->conns[i];
        if (!db_conn_is_up(conn) || !runs_unwanted(conn)
            || !is_same_server(conn->pg, pool->canceller.pg))
            continue;
        str_addf(pids, "%c%d", n == 0 ? '{' : ',', PQbackendPID(conn->pg));
        conn->is_cancelling = true;
        conn->cancel_end = conn->tail;
        n++;
    }
    str_addc(pids, '}');
    return n;
}

static void ask(struct db_pool *pool)
{
    PGconn *pg = pool->canceller.pg;
    _cleanup_(str_release) struct str pids = { 0 };
    unsigned n = choose_victims(pool, &pids);

    if (n == 0 || pids.failed) {
        finish(pool);
        return;
    }
    const char *value = str_text(&pids);
    if (PQsetnonblocking(pg, 1) != 0
        || !PQsendQueryParams(pg, ask_sql, 1, NULL, &value, NULL, NULL, 0) || PQflush(pg) < 0) {
        give_up(pool);
        return;
    }
    pool->canceller.is_asking = true;
    pool->stats.cancels += n;
    wait_for(pool, EV_READ | EV_WRITE);
}

static void on_connecting(struct db_pool *pool)
{
    switch (PQconnectPoll(pool->canceller.pg)) {
    case PGRES_POLLING_READING:
        wait_for(pool, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        wait_for(pool, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        ask(pool);
        break;
    default:
        give_up(pool);
    }
}

/* Once the answer is there, the signals have been sent. */
static void on_asking(struct db_pool *pool)
{
    PGconn *pg = pool->canceller.pg;
    int left = PQflush(pg);

    if (left < 0 || !PQconsumeInput(pg)) {
        give_up(pool);
        return;
    }
    while (!PQisBusy(pg)) {
        PGresult *result = PQgetResult(pg);
        if (!result) {
            finish(pool);
            return;
        }
        PQclear(result);
    }
    wait_for(pool, left > 0 ? EV_READ | EV_WRITE : EV_READ);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct db_pool *pool = arg;
    (void)fd;
    (void)what;

    pool->canceller.is_watching = false;
    if (pool->canceller.is_asking)
        on_asking(pool);
    else
        on_connecting(pool);
}

/* "This process is gone": so much the better. */
static void on_notice(void *arg, const PGresult *notice)
{
    (void)arg;
    (void)notice;
}

static void begin(struct db_pool *pool, const struct db_conn *conn)
{
    struct canceller *canceller = &pool->canceller;

    canceller->is_asking = false;
    canceller->pg = conninfo_connect(pool->conninfo, conn->first_host);
    if (!canceller->pg || PQstatus(canceller->pg) == CONNECTION_BAD) {
        give_up(pool);
        return;
    }
    PQsetNoticeReceiver(canceller->pg, on_notice, NULL);
    loop_timer_start(&canceller->timer, pool->options.connect_timeout_usec);
    wait_for(pool, EV_WRITE);
}

static void look(struct db_pool *pool)
{
    bool is_any = false;

    for (size_t i = 0; i < pool->n_conns; i++) {
        const struct db_conn *conn = &pool->conns[i];
        if (!db_conn_is_up(conn))
            continue;
        if (runs_unwanted(conn)) {
            begin(pool, conn);
            return;
        }
        is_any |= holds_unwanted(conn);
    }
    if (is_any)
        look_in(pool, FIRST_LOOK_USEC);
}

static void on_timer(void *arg)
{
    struct db_pool *pool = arg;

    if (pool->canceller.pg)
        give_up(pool); /* no answer in time */
    else
        look(pool);
}

void cancel_init(struct db_pool *pool)
{
    loop_timer_init(&pool->canceller.timer, pool->loop, on_timer, pool);
}

void cancel_release(struct db_pool *pool)
{
    finish(pool);
}
