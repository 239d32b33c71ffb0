/* One connection: its descriptor's events, what it writes, its clocks, its end. */
#include "rpc/rpc_internal.h"

static void on_read_event(evutil_socket_t fd, short what, void *arg);
static void on_write_event(evutil_socket_t fd, short what, void *arg);

void conn_hold(struct conn *conn)
{
    conn->holds++;
}

static void free_conn(struct conn *conn)
{
    struct rpc_server *server = conn->server;

    list_remove(&conn->siblings);
    list_remove(&conn->touched);
    list_remove(&conn->hungry);
    server->stats.connections_now--;
    (void)event_del(&conn->read_event);
    (void)event_del(&conn->write_event);
    /* nghttp2_session_del() tells nobody that streams ended, so the calls are told here. Each must
     * see a call without connection: a handler may touch others of its calls meanwhile. */
    struct http1 *http1 = conn->http1;
    nghttp2_session_del(conn->session);
    conn->session = NULL;
    conn->http1 = NULL;
    conn->holds = 1;
    struct call *call;
    list_for_each(call, &conn->calls, siblings) call->conn = NULL;
    while ((call = list_first(&conn->calls, struct call, siblings)))
        call_lost(call);
    http1_free(http1);
    transport_close(&conn->transport);
    free(conn->unread);
    free(conn->unsent);
    free(conn);
    server_look_if_drained(server);
}

void conn_release(struct conn *conn)
{
    if (--conn->holds == 0 && conn->state == CONN_BROKEN)
        free_conn(conn);
}

static void flush_later(struct conn *conn)
{
    if (list_is_empty(&conn->touched)) {
        list_add_tail(&conn->server->touched, &conn->touched);
        loop_later_schedule(&conn->server->flush);
    }
}

void conn_break(struct conn *conn)
{
    if (conn->state == CONN_BROKEN)
        return;
    conn->state = CONN_BROKEN;
    (void)event_del(&conn->read_event);
    (void)event_del(&conn->write_event);
    if (conn->holds == 0)
        flush_later(conn); /* which frees it: a handler's call of call.h must not */
}

void conn_touch(struct conn *conn)
{
    if (conn->state == CONN_BROKEN || conn->holds > 0)
        return; /* whoever holds it pumps it at the end */
    flush_later(conn);
}

void server_on_flush(void *arg)
{
    struct rpc_server *server = arg;
    struct conn *conn;

    while ((conn = list_first(&server->touched, struct conn, touched))) {
        list_remove(&conn->touched);
        conn_hold(conn);
        conn_pump(conn);
        conn_release(conn);
    }
}

/* Go on in the next turn, so that one busy connection does not keep the others waiting. */
void conn_be_hungry(struct conn *conn)
{
    if (list_is_empty(&conn->hungry)) {
        list_add_tail(&conn->server->hungry, &conn->hungry);
        if (!loop_timer_is_running(&conn->server->feed))
            loop_timer_start(&conn->server->feed, 0);
    }
}

/* ---- writing ---- */

void conn_wait_to_write(struct conn *conn, ssize_t why)
{
    if (why == TRANSPORT_WANT_READ) {
        conn->write_wants_read = true;
        return;
    }
    conn->write_wants_read = false;
    if (event_add(&conn->write_event, NULL) < 0)
        conn_break(conn);
}

/* Write @len bytes as far as the socket takes them; returns how many it took. */
static size_t write_some(struct conn *conn, const uint8_t *data, size_t len)
{
    bool is_held = transport_is_tls(&conn->transport) && len > TLS_RECORD_BYTES;
    size_t done = 0;
    if (is_held)
        transport_hold(&conn->transport, true);
    while (done < len) {
        ssize_t n = transport_write(&conn->transport, data + done, len - done);
        if (n == TRANSPORT_WANT_READ || n == TRANSPORT_WANT_WRITE) {
            conn_wait_to_write(conn, n);
            break;
        }
        if (n < 0) {
            conn_break(conn);
            break;
        }
        done += (size_t)n;
    }
    if (is_held)
        transport_hold(&conn->transport, false);
    conn->server->stats.bytes_out += done;
    return done;
}

static void keep_unsent(struct conn *conn, const uint8_t *data, size_t len)
{
    conn->unsent = malloc(len);
    if (!conn->unsent) {
        conn_break(conn);
        return;
    }
    memcpy(conn->unsent, data, len);
    conn->unsent_len = len;
    conn->unsent_off = 0;
    conn->wrote_usec = clock_monotonic_usec();
    /* Who does not take answers shall not ask more: no queue of ours grows meanwhile. */
    (void)event_del(&conn->read_event);
    if (conn->write_wants_read && event_add(&conn->read_event, NULL) < 0)
        conn_break(conn);
}

static size_t write_out(struct conn *conn)
{
    struct rpc_server *server = conn->server;
    size_t len = server->out_len;

    server->out_len = 0;
    size_t done = write_some(conn, server->out, len);
    if (done < len && conn->state != CONN_BROKEN)
        keep_unsent(conn, server->out + done, len - done);
    return len;
}

static void write_unsent(struct conn *conn)
{
    size_t left = conn->unsent_len - conn->unsent_off;
    size_t done = write_some(conn, conn->unsent + conn->unsent_off, left);
    if (conn->state == CONN_BROKEN)
        return;
    if (done > 0)
        conn->wrote_usec = clock_monotonic_usec();
    conn->unsent_off += done;
    if (done < left)
        return;
    free(conn->unsent);
    conn->unsent = NULL;
    conn->write_wants_read = false;
    if (event_add(&conn->read_event, NULL) < 0)
        conn_break(conn);
}

/* Let calls go on that have room again or were resumed. */
static bool wake_calls(struct conn *conn)
{
    bool any = false;
    struct list now;
    struct call *call;

    list_init(&now);
    while ((call = list_first(&conn->wakeful, struct call, wakeful))) {
        list_remove(&call->wakeful);
        list_add_tail(&now, &call->wakeful);
    }
    while ((call = list_first(&now, struct call, wakeful))) {
        list_remove(&call->wakeful);
        call_wake(call);
        any = true;
    }
    return any;
}

/* Have what is spoken put bytes into server.out. */
static int fill(struct conn *conn)
{
    return conn->http1 ? http1_send(conn) : nghttp2_session_send(conn->session);
}

/* Nothing will be read or written any more. */
static bool is_over(const struct conn *conn)
{
    if (conn->unsent || !conn_is_spoken(conn))
        return false;
    return conn->http1
        ? http1_is_over(conn)
        : !nghttp2_session_want_read(conn->session) && !nghttp2_session_want_write(conn->session);
}

void conn_pump(struct conn *conn)
{
    size_t budget = CONN_TURN_BYTES;

    while (conn_is_spoken(conn) && conn->state != CONN_BROKEN && !conn->unsent) {
        bool woke = wake_calls(conn);
        if (fill(conn) != 0) {
            conn->server->out_len = 0;
            conn_break(conn);
            return;
        }
        size_t len = write_out(conn);
        if (len == 0 && !woke && list_is_empty(&conn->wakeful))
            break;
        if (len >= budget) {
            conn_be_hungry(conn);
            break;
        }
        budget -= len;
    }
    if (conn->http1 && !conn->unsent && conn->state != CONN_BROKEN)
        http1_end_write(conn);
    if (is_over(conn))
        conn_break(conn);
}

/* Say GOAWAY; the connection ends when that is out. HTTP/1.1 has no word for it. */
static void terminate(struct conn *conn)
{
    if (conn->session && nghttp2_session_terminate_session(conn->session, NGHTTP2_NO_ERROR) == 0)
        conn_pump(conn);
    else
        conn_break(conn);
}

/* ---- events ---- */

static void become_open(struct conn *conn)
{
    if (transport_is_h2(&conn->transport) && session_start(conn) < 0) {
        conn_break(conn);
        return;
    }
    conn->peer.has_certificate = transport_certificate(&conn->transport, conn->peer.certificate);
    conn->state = CONN_PREFACE;
    if (event_add(&conn->read_event, NULL) < 0)
        conn_break(conn);
    conn_pump(conn);
}

static void handshake(struct conn *conn)
{
    int r = transport_handshake(&conn->transport);
    if (r == 0) {
        become_open(conn);
    } else if (r == TRANSPORT_WANT_WRITE) {
        if (event_add(&conn->write_event, NULL) < 0)
            conn_break(conn);
    } else if (r != TRANSPORT_WANT_READ) {
        conn->server->stats.failed_handshakes++;
        conn_break(conn);
    }
}

static void on_read_event(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    conn_hold(conn);
    if (conn->state == CONN_HANDSHAKE) {
        handshake(conn);
        if (conn->state == CONN_PREFACE && transport_has_more(&conn->transport))
            conn_receive(conn);
    } else {
        if (conn->write_wants_read && conn->unsent)
            write_unsent(conn);
        conn_receive(conn);
    }
    conn_release(conn);
}

static void on_write_event(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    conn_hold(conn);
    if (conn->state == CONN_HANDSHAKE) {
        handshake(conn);
    } else {
        if (conn->unsent)
            write_unsent(conn);
        conn_pump(conn);
        if (conn->read_wants_write || conn->unread || transport_has_more(&conn->transport))
            conn_receive(conn);
    }
    conn_release(conn);
}

void server_on_feed(void *arg)
{
    struct rpc_server *server = arg;
    struct list now;
    struct conn *conn;

    list_init(&now);
    while ((conn = list_first(&server->hungry, struct conn, hungry))) {
        list_remove(&conn->hungry);
        list_add_tail(&now, &conn->hungry);
    }
    while ((conn = list_first(&now, struct conn, hungry))) {
        list_remove(&conn->hungry);
        conn_hold(conn);
        conn_pump(conn);
        if (conn->state != CONN_BROKEN && !conn->unsent
            && (conn->unread || transport_has_more(&conn->transport)))
            conn_receive(conn);
        conn_release(conn);
    }
}

/* ---- life ---- */

int conn_new(struct rpc_server *server, const struct transport *transport, bool is_tls,
    const struct peer *peer, struct err *err)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    if (!conn) {
        struct transport t = *transport;
        transport_close(&t);
        return err_oom(err);
    }
    conn->server = server;
    conn->transport = *transport;
    conn->state = CONN_HANDSHAKE;
    conn->control_credit = server->options.control_burst;
    conn->reset_credit = server->options.reset_burst;
    conn->opened_usec = conn->received_usec = conn->idle_since_usec = clock_monotonic_usec();
    conn->peer = *peer;
    list_init(&conn->calls);
    list_init(&conn->wakeful);
    list_init(&conn->touched);
    list_init(&conn->hungry);
    list_add_tail(&server->conns, &conn->siblings);
    server->stats.connections_now++;
    struct event_base *base = loop_base(server->loop);
    (void)event_assign(
        &conn->read_event, base, transport->fd, EV_READ | EV_PERSIST, on_read_event, conn);
    (void)event_assign(&conn->write_event, base, transport->fd, EV_WRITE, on_write_event, conn);

    conn_hold(conn);
    if (!is_tls)
        become_open(conn);
    else if (event_add(&conn->read_event, NULL) < 0)
        conn_break(conn);
    bool is_broken = conn->state == CONN_BROKEN;
    conn_release(conn);
    return is_broken ? err_set(err, ERR_EXHAUSTED, "cannot start a connection") : 0;
}

/* ---- clocks ---- */

static bool is_past(int64_t since_usec, int64_t limit_usec, int64_t now_usec)
{
    return limit_usec > 0 && now_usec - since_usec > limit_usec;
}

/* The limit on time that this connection is over; RPC_N_LIMITS if none. */
static enum rpc_limit overdue_limit(const struct conn *conn, int64_t now)
{
    const struct rpc_options *o = &conn->server->options;

    if (conn->state != CONN_OPEN && is_past(conn->opened_usec, o->handshake_usec, now))
        return RPC_LIMIT_FIRST_BYTE;
    if (conn->headers_since_usec && is_past(conn->headers_since_usec, o->handshake_usec, now))
        return RPC_LIMIT_FIRST_BYTE;
    if (conn->unsent && is_past(conn->wrote_usec, o->write_usec, now))
        return RPC_LIMIT_SLOW_READER;
    if (conn->ping_sent_usec && conn->received_usec < conn->ping_sent_usec
        && is_past(conn->ping_sent_usec, o->keepalive_timeout_usec, now))
        return RPC_LIMIT_KEEPALIVE;
    return RPC_N_LIMITS;
}

static void keep_alive(struct conn *conn, int64_t now)
{
    if (conn->ping_sent_usec && conn->received_usec >= conn->ping_sent_usec)
        conn->ping_sent_usec = 0;
    if (!conn->session || conn->ping_sent_usec
        || !is_past(conn->received_usec, conn->server->options.keepalive_usec, now))
        return;
    if (nghttp2_submit_ping(conn->session, NGHTTP2_FLAG_NONE, NULL) != 0)
        conn_break(conn);
    conn->ping_sent_usec = now;
    conn_pump(conn);
}

/* Finished, but the client's window lets nothing of the answer out. */
static bool is_stalled(struct call *call, int64_t now)
{
    if (call->is_open || call->queued_bytes != call->swept_bytes || call->stalled_usec == 0) {
        call->swept_bytes = call->queued_bytes;
        call->stalled_usec = now;
    }
    return is_past(call->stalled_usec, call->server->options.idle_usec, now);
}

/* The caps of the server need no timer a call: they may be late by a sweep. */
static void end_overdue_calls(struct conn *conn, int64_t now)
{
    struct call *call;
    list_for_each_safe(call, &conn->calls, siblings)
    {
        if (call->deadline_usec && now >= call->deadline_usec) {
            call_pass_deadline(call);
        } else if (is_stalled(call, now)) {
            server_hit(call->server, RPC_LIMIT_SLOW_READER);
            call_expire(call);
        }
    }
    conn_pump(conn);
}

/* A bucket never shrinks here: honest work may have filled it beyond @burst. */
static void refill(unsigned *credit, unsigned burst, unsigned per_second, int64_t usec)
{
    uint64_t more = (uint64_t)per_second * (uint64_t)usec / USEC_PER_SEC;

    if (*credit < burst)
        *credit = (unsigned)MIN((uint64_t)*credit + MAX(more, 1u), (uint64_t)burst);
}

void conn_sweep(struct conn *conn, int64_t now)
{
    struct rpc_server *server = conn->server;
    const struct rpc_options *o = &server->options;
    enum rpc_limit overdue = overdue_limit(conn, now);

    refill(&conn->control_credit, o->control_burst, o->control_per_second, server->sweep_usec);
    refill(&conn->reset_credit, o->reset_burst, o->reset_per_second, server->sweep_usec);
    conn_hold(conn);
    if (overdue != RPC_N_LIMITS) {
        server->stats.timed_out_connections++;
        server_hit(server, overdue);
        conn_break(conn);
    } else if (conn->state == CONN_OPEN && conn->n_calls > 0) {
        end_overdue_calls(conn, now);
        if (conn->state == CONN_OPEN)
            keep_alive(conn, now);
    } else if (conn->state == CONN_OPEN && is_past(conn->idle_since_usec, o->idle_usec, now)) {
        server_hit(server, RPC_LIMIT_IDLE);
        terminate(conn);
    }
    conn_release(conn);
}
