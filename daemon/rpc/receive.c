/* What a connection reads, and how much of it in one turn: a peer that begins calls faster than it
 * is served waits behind the others, however much it has sent. */
#include "rpc/rpc_internal.h"

static void session_is_wrong(struct conn *conn, ssize_t error)
{
    conn->server->stats.protocol_errors++;
    session_note_flood(conn, error);
    if (error != NGHTTP2_ERR_BAD_CLIENT_MAGIC)
        conn_pump(conn); /* a GOAWAY that says why may be waiting */
    conn_break(conn);
}

/* Give bytes to what is spoken, which the first of them say; below 0 an error of nghttp2. */
static ssize_t take_in(struct conn *conn, const uint8_t *data, size_t len)
{
    if (!conn_is_spoken(conn)) {
        if (conn_choose(conn, data, len) < 0)
            return NGHTTP2_ERR_NOMEM;
        if (!conn_is_spoken(conn))
            return (ssize_t)len;
        ssize_t r = conn_sniffed(conn);
        if (r < 0)
            return r;
    }
    if (conn->session)
        return nghttp2_session_mem_recv(conn->session, data, len);
    http1_receive(conn, data, len);
    return (ssize_t)len;
}

/* Give on bytes in slices, which grow while they begin no calls, until all are taken or the
 * connection has begun its part of this turn's calls. Returns how many were taken. */
static size_t take_slices(struct conn *conn, const uint8_t *data, size_t len)
{
    size_t done = 0, slice = CONN_SLICE_BYTES;

    while (done < len && conn->turn_calls < CONN_TURN_CALLS && conn->state != CONN_BROKEN) {
        unsigned before = conn->turn_calls;
        size_t n = MIN(len - done, slice);
        ssize_t taken = take_in(conn, data + done, n);
        if (taken != (ssize_t)n) {
            session_is_wrong(conn, taken);
            break;
        }
        done += n;
        if (conn->turn_calls == before)
            slice *= 4;
    }
    return done;
}

static void keep_unread(struct conn *conn, const uint8_t *data, size_t len)
{
    conn->unread = malloc(len);
    if (!conn->unread) {
        conn_break(conn);
        return;
    }
    memcpy(conn->unread, data, len);
    conn->unread_len = len;
    conn->unread_off = 0;
}

/* Go on with what was kept; true if none is left. */
static bool take_unread(struct conn *conn)
{
    if (!conn->unread)
        return true;
    conn->unread_off
        += take_slices(conn, conn->unread + conn->unread_off, conn->unread_len - conn->unread_off);
    if (conn->unread_off < conn->unread_len)
        return false;
    free(conn->unread);
    conn->unread = NULL;
    return true;
}

/* One read; true if there is more to be had at once. */
static bool read_once(struct conn *conn, size_t *total)
{
    struct rpc_server *server = conn->server;
    ssize_t n = transport_read(&conn->transport, server->in, sizeof(server->in));

    if (n == TRANSPORT_WANT_WRITE) {
        conn->read_wants_write = true;
        conn_wait_to_write(conn, n);
    }
    if (n == TRANSPORT_ENDED || n == TRANSPORT_FAILED)
        conn_break(conn);
    if (n < 0)
        return false;
    server->stats.bytes_in += (uint64_t)n;
    *total += (size_t)n;
    size_t done = take_slices(conn, server->in, (size_t)n);
    if (done < (size_t)n && conn->state != CONN_BROKEN)
        keep_unread(conn, server->in + done, (size_t)n - done);
    return !conn->unread && transport_has_more(&conn->transport);
}

void conn_receive(struct conn *conn)
{
    size_t total = 0;

    conn->read_wants_write = false;
    conn->turn_calls = 0;
    bool has_unread = conn->unread;
    bool has_more = take_unread(conn);
    while (has_more && conn->state != CONN_BROKEN && !conn->unsent && total < CONN_TURN_BYTES)
        has_more = read_once(conn, &total);
    if (conn->state != CONN_BROKEN && (conn->unread || has_more))
        conn_be_hungry(conn);
    if (total > 0)
        conn->received_usec = clock_monotonic_usec();
    if (total > 0 || has_unread)
        conn_pump(conn);
}
