/* The stop in two steps: say that the end is near, wait for calls under way to arrive, say which
 * was the last taken, let those end, and end what would not. */
#include "rpc/rpc_internal.h"

#define NOTICE_USEC (200 * USEC_PER_MSEC)
#define ENDING_USEC (500 * USEC_PER_MSEC)

void server_look_if_drained(struct rpc_server *server)
{
    if (server->state == SERVER_OPEN || server->state == SERVER_DRAINED
        || !list_is_empty(&server->conns))
        return;
    server->state = SERVER_DRAINED;
    loop_timer_stop(&server->drain_timer);
    loop_later_schedule(&server->drain_done);
}

void server_on_drain_done(void *arg)
{
    struct rpc_server *server = arg;
    if (server->on_drained)
        server->on_drained(server->drained_arg); /* may free the server */
}

static void notice(struct conn *conn)
{
    struct rpc_server *server = conn->server;
    struct call *call;

    if (!conn_is_spoken(conn)) {
        conn_break(conn); /* its client has not sent a call, and will look elsewhere */
        return;
    }
    if (conn->http1)
        http1_drain(conn);
    else if (nghttp2_submit_shutdown_notice(conn->session) != 0)
        conn_break(conn);
    list_for_each_safe(call, &conn->calls, siblings)
    {
        if (call->is_handled && call->is_open && server->handler->on_drain)
            server->handler->on_drain(call, server->arg);
    }
}

static void leave(struct conn *conn)
{
    if (!conn->session)
        return;
    int32_t last = nghttp2_session_get_last_proc_stream_id(conn->session);
    if (nghttp2_submit_goaway(conn->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0)
        != 0)
        conn_break(conn);
}

static void end_calls(struct conn *conn)
{
    struct call *call;
    list_for_each_safe(call, &conn->calls, siblings)
        call_end(call, GRPC_UNAVAILABLE, "the server is stopping");
}

static void for_each_conn(struct rpc_server *server, void (*step)(struct conn *conn))
{
    struct conn *conn;
    list_for_each_safe(conn, &server->conns, siblings)
    {
        conn_hold(conn);
        step(conn);
        conn_pump(conn);
        conn_release(conn);
    }
}

static void wait_until(struct rpc_server *server, int64_t at_usec)
{
    loop_timer_start(&server->drain_timer, at_usec - clock_monotonic_usec());
}

/* When calls are ended: early enough for the status to reach the clients. */
static int64_t ending_usec(const struct rpc_server *server)
{
    return server->drain_end_usec - ENDING_USEC;
}

void server_on_drain_timer(void *arg)
{
    struct rpc_server *server = arg;
    int64_t now = clock_monotonic_usec();

    switch (server->state) {
    case SERVER_NOTICED:
        server->state = SERVER_LEAVING;
        wait_until(server, MAX(ending_usec(server), now));
        for_each_conn(server, leave);
        break;
    case SERVER_LEAVING:
        server->state = SERVER_ENDING;
        wait_until(server, server->drain_end_usec);
        for_each_conn(server, end_calls);
        break;
    case SERVER_ENDING:
        for_each_conn(server, conn_break);
        break;
    default:
        break;
    }
}

void rpc_server_drain(
    struct rpc_server *server, int64_t limit_usec, rpc_drained_fn *on_drained, void *arg)
{
    int64_t now = clock_monotonic_usec();
    int64_t end_usec = now + MAX(limit_usec, INT64_C(0));

    if (server->state != SERVER_OPEN) {
        if (server->state == SERVER_DRAINED || end_usec >= server->drain_end_usec)
            return;
        server->drain_end_usec = end_usec;
        if (server->state == SERVER_LEAVING)
            wait_until(server, MAX(ending_usec(server), now));
        if (server->state == SERVER_ENDING)
            wait_until(server, end_usec);
        return;
    }
    server->state = SERVER_NOTICED;
    server->drain_end_usec = end_usec;
    server->on_drained = on_drained;
    server->drained_arg = arg;
    server_close_listeners(server);
    loop_timer_start(&server->drain_timer, MIN(NOTICE_USEC, limit_usec / 4));
    for_each_conn(server, notice);
    server_look_if_drained(server);
}
