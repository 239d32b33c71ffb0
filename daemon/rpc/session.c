/* What nghttp2 tells about a session, turned into calls.
 *
 * Floods. nghttp2 limits CONTINUATION frames and unanswered acks itself (session_options_new()).
 * RST_STREAMs, and those that a client's faults make us send, take one each from conn.reset_credit,
 * which only time fills (reset_per_second, up to reset_burst). Frames that carry nothing and cost
 * us work take one from conn.control_credit: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA.
 * That grows with time likewise (control_per_second, control_burst), and with honest work, for a
 * busy client must send WINDOW_UPDATEs: some for each call and each DATA frame of ours. Without
 * credit the connection ends with ENHANCE_YOUR_CALM.
 */
#include "rpc/rpc_internal.h"

#define CREDIT_PER_CALL 8
#define CREDIT_PER_DATA 2
#define CREDIT_EARNED_MAX 1000000
/* A header list above the limit is answered 431; one that is so many times above it is an attack.
 */
#define HEADER_BOMB_FACTOR 8
#define SETTINGS_ENTRY_BYTES 6

static struct call *stream_call(nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

static int end_flood(struct conn *conn, enum rpc_limit limit)
{
    conn->server->stats.floods++;
    server_hit(conn->server, limit);
    (void)nghttp2_session_terminate_session(conn->session, NGHTTP2_ENHANCE_YOUR_CALM);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int spend(struct conn *conn, unsigned *credit, unsigned burst, enum rpc_limit limit)
{
    if (burst == 0)
        return 0;
    if (*credit == 0)
        return end_flood(conn, limit);
    --*credit;
    return 0;
}

static int spend_control(struct conn *conn, enum rpc_limit limit)
{
    return spend(conn, &conn->control_credit, conn->server->options.control_burst, limit);
}

static int spend_reset(struct conn *conn)
{
    return spend(conn, &conn->reset_credit, conn->server->options.reset_burst, RPC_LIMIT_RESETS);
}

void session_note_flood(struct conn *conn, ssize_t error)
{
    if (error == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS)
        (void)end_flood(conn, RPC_LIMIT_CONTINUATIONS);
    else if (error == NGHTTP2_ERR_FLOODED)
        (void)end_flood(conn, RPC_LIMIT_PINGS);
}

static void earn(struct conn *conn, unsigned credit)
{
    if (conn->control_credit < CREDIT_EARNED_MAX)
        conn->control_credit += credit;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct conn *conn = arg;

    conn->headers_since_usec = clock_monotonic_usec();
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct call *call = call_new(conn, frame->hd.stream_id);
    if (!call)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    earn(conn, CREDIT_PER_CALL);
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call) == 0
        ? 0
        : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
    struct conn *conn = arg;
    struct call *call = stream_call(session, frame->hd.stream_id);

    if (!call)
        return 0;
    if (!request_header_fits(call, name_len + value_len)) {
        call->request.is_too_large = true;
        if (call->request.header_bytes
            > HEADER_BOMB_FACTOR * conn->server->options.header_bytes_max)
            return end_flood(conn, RPC_LIMIT_HEADER_BYTES);
        return 0;
    }
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0; /* trailers of a request mean nothing in gRPC */
    if (request_header(call, (const char *)name, name_len, (const char *)value, value_len) < 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
    const uint8_t *data, size_t len, void *arg)
{
    struct call *call = stream_call(session, stream_id);
    struct conn *conn = arg;

    /* The connection's window is only for fairness; what a call holds back is its own stream's. */
    if (nghttp2_session_consume_connection(session, len) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (call && call->conn)
        request_data(call, data, len);
    else if (nghttp2_session_consume_stream(session, stream_id, len) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return conn->state == CONN_BROKEN ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* Take what a frame costs that carries nothing. */
static int pay(struct conn *conn, const nghttp2_frame *frame)
{
    bool is_ack = frame->hd.flags & NGHTTP2_FLAG_ACK;
    bool is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

    switch (frame->hd.type) {
    case NGHTTP2_PING:
        return is_ack ? 0 : spend_control(conn, RPC_LIMIT_PINGS);
    case NGHTTP2_SETTINGS:
        return is_ack ? 0 : spend_control(conn, RPC_LIMIT_SETTINGS);
    case NGHTTP2_RST_STREAM:
        return spend_reset(conn);
    case NGHTTP2_DATA:
        return frame->hd.length > 0 || is_end ? 0 : spend_control(conn, RPC_LIMIT_EMPTY_FRAMES);
    case NGHTTP2_PRIORITY:
    case NGHTTP2_WINDOW_UPDATE:
        return spend_control(conn, RPC_LIMIT_EMPTY_FRAMES);
    default:
        return 0;
    }
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
    struct conn *conn = arg;

    if (hd->type == NGHTTP2_SETTINGS
        && hd->length / SETTINGS_ENTRY_BYTES > conn->server->options.settings_max)
        return end_flood(conn, RPC_LIMIT_SETTINGS);
    return 0;
}

/* Above the limit of streams: refused, or, once the client has acknowledged the limit, an error of
 * the connection. */
static int on_invalid_frame(
    nghttp2_session *session, const nghttp2_frame *frame, int error, void *arg)
{
    struct conn *conn = arg;

    if (frame->hd.type == NGHTTP2_HEADERS && conn->n_calls >= conn->server->options.streams_max
        && (error == NGHTTP2_ERR_REFUSED_STREAM || error == NGHTTP2_ERR_PROTO))
        server_hit(conn->server, RPC_LIMIT_STREAMS);
    return 0;
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct conn *conn = arg;
    bool is_headers = frame->hd.type == NGHTTP2_HEADERS;

    if (pay(conn, frame) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (frame->hd.type == NGHTTP2_SETTINGS && conn->state == CONN_PREFACE)
        conn->state = CONN_OPEN;
    if (!is_headers && frame->hd.type != NGHTTP2_DATA)
        return 0;
    if (is_headers)
        conn->headers_since_usec = 0;
    struct call *call = stream_call(session, frame->hd.stream_id);
    if (!call || !call->conn)
        return 0;
    if (is_headers && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        request_begin(call);
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        request_half_close(call);
    return conn->state == CONN_BROKEN ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct conn *conn = arg;

    if (frame->hd.type == NGHTTP2_DATA) {
        earn(conn, CREDIT_PER_DATA);
        return 0;
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR) {
        (void)spend_reset(conn); /* a failure here would keep the GOAWAY in */
        return 0;
    }
    if (frame->hd.type != NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    /* The answer is out before the request was complete: the client need not send the rest. */
    struct call *call = stream_call(session, frame->hd.stream_id);
    if (call && !call->is_half_closed
        && nghttp2_submit_rst_stream(
               session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR)
            != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    return 0;
}

static int on_stream_close(
    nghttp2_session *session, int32_t stream_id, uint32_t error_code, void *arg)
{
    struct call *call = stream_call(session, stream_id);
    if (call) {
        (void)nghttp2_session_set_stream_user_data(session, stream_id, NULL);
        call_lost(call);
    }
    return 0;
}

static ssize_t on_send(
    nghttp2_session *session, const uint8_t *data, size_t len, int flags, void *arg)
{
    struct rpc_server *server = ((struct conn *)arg)->server;

    if (server->out_len >= SERVER_OUT_BYTES)
        return NGHTTP2_ERR_WOULDBLOCK;
    size_t n = MIN(len, sizeof(server->out) - server->out_len);
    memcpy(server->out + server->out_len, data, n);
    server->out_len += n;
    return (ssize_t)n;
}

int session_callbacks_new(nghttp2_session_callbacks **ret_callbacks)
{
    nghttp2_session_callbacks *c = NULL;
    if (nghttp2_session_callbacks_new(&c) != 0)
        return ERR_EXHAUSTED;
    nghttp2_session_callbacks_set_send_callback(c, on_send);
    nghttp2_session_callbacks_set_send_data_callback(c, response_send_data);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, on_begin_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame_recv);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_stream_close);
    *ret_callbacks = c;
    return 0;
}

int session_options_new(const struct rpc_options *options, nghttp2_option **ret)
{
    nghttp2_option *o = NULL;
    if (nghttp2_option_new(&o) != 0)
        return ERR_EXHAUSTED;
    nghttp2_option_set_no_auto_window_update(o, 1);
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_option_set_max_outbound_ack(o, 1000);
    nghttp2_option_set_max_continuations(o, options->continuations_max);
    /* its own limits of these two stay out of the way of ours */
    nghttp2_option_set_max_settings(o, DATA_FRAME_BYTES / SETTINGS_ENTRY_BYTES + 1);
    nghttp2_option_set_stream_reset_rate_limit(o, UINT32_MAX, UINT32_MAX);
    *ret = o;
    return 0;
}

/* Not SETTINGS_NO_RFC7540_PRIORITIES: with it nghttp2 1.52 frees an item twice when memory runs out
 * while a response is submitted (session_attach_stream_item() does not detach it again). */
int session_start(struct conn *conn)
{
    const struct rpc_server *server = conn->server;
    const struct rpc_options *o = &server->options;
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, o->streams_max },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)o->window_bytes },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)o->header_bytes_max },
    };

    nghttp2_mem memory = session_memory(conn);

    if (nghttp2_session_server_new3(
            &conn->session, server->callbacks, conn, server->h2_options, &memory)
            != 0
        || nghttp2_submit_settings(conn->session, NGHTTP2_FLAG_NONE, settings, ARRAY_SIZE(settings))
            != 0
        || nghttp2_session_set_local_window_size(
               conn->session, NGHTTP2_FLAG_NONE, 0, (int32_t)o->connection_window_bytes)
            != 0)
        return ERR_EXHAUSTED;
    return 0;
}
