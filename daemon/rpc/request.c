/* A request: whether its headers will do, and its messages. */
#include "rpc/rpc_internal.h"

#include "wire/compress.h"

/* ---- opening ---- */

/* Answer a call that no handler saw. */
static void refuse(
    struct call *call, const char *http_status, enum grpc_status status, const char *message)
{
    call->server->stats.unhandled_calls++;
    if (call->conn->http1 && !call_is_connect(call))
        call->protocol = PROTOCOL_CONNECT_JSON; /* what people can read */
    call->is_open = false;
    call->status = status;
    call_keep_message(call, message);
    response_finish(call, http_status);
}

static void on_deadline(void *arg)
{
    struct call *call = arg;
    struct conn *conn = call->conn;

    if (!conn)
        return;
    conn_hold(conn);
    call_pass_deadline(call);
    conn_pump(conn);
    conn_release(conn);
}

/* The client's deadline has a timer of its own; the server's cap is the sweep's business. */
static void set_deadline(struct call *call)
{
    const struct rpc_options *o = &call->server->options;
    bool is_stream = call->method->client_streaming || call->method->server_streaming;
    int64_t cap_usec = is_stream ? o->stream_usec_max : o->unary_usec_max;
    int64_t timeout_usec = call->request.timeout_usec;

    call->is_capped = cap_usec > 0;
    if (cap_usec > 0)
        call->deadline_usec = call->opened_usec + cap_usec;
    if (!call->request.has_timeout || (cap_usec > 0 && timeout_usec >= cap_usec))
        return;
    if (timeout_usec > INT64_MAX - call->opened_usec)
        return;
    call->is_capped = false;
    call->deadline_usec = call->opened_usec + timeout_usec;
    loop_timer_init(&call->deadline, call->server->loop, on_deadline, call);
    loop_timer_start(&call->deadline, timeout_usec);
}

/* The same for a Connect call. */
static bool refuse_connect(struct call *call)
{
    call->encoding = call->request.http_encoding;
    if (call->encoding == ENCODING_UNKNOWN)
        refuse(call, NULL, GRPC_UNIMPLEMENTED, "content-encoding is not supported, only gzip is");
    else if (call->request.is_malformed)
        refuse(call, NULL, GRPC_INVALID_ARGUMENT, "connect-timeout-ms cannot be read");
    else if (call->request.has_strange_version)
        refuse(call, NULL, GRPC_INVALID_ARGUMENT, "connect-protocol-version must be 1");
    else
        return false;
    return true;
}

static void refuse_verb(struct call *call)
{
    if (header_list_add(&call->headers, &call->arena, "allow", strlen("allow"), "POST", 4) < 0)
        refuse(call, "503", GRPC_RESOURCE_EXHAUSTED, "out of memory");
    else
        refuse(call, "405", GRPC_INTERNAL, "the request's method must be POST");
}

/* Who speaks neither protocol is answered in the one that people can read. */
static void refuse_stranger(struct call *call)
{
    call->protocol = PROTOCOL_CONNECT_JSON;
    if (call->request.is_post)
        refuse(call, "415", GRPC_INTERNAL,
            "content-type must be application/grpc, application/json or application/proto");
    else
        refuse_verb(call);
}

/* What is wrong with the headers; false if they will do. */
static bool refuse_headers(struct call *call)
{
    const struct request_line *r = &call->request;

    if (r->is_too_large)
        refuse(call, "431", GRPC_RESOURCE_EXHAUSTED, "the request's headers are too large");
    else if (r->fault)
        refuse(call, r->fault_status, GRPC_INVALID_ARGUMENT, r->fault);
    else if (call->protocol == PROTOCOL_NONE)
        refuse_stranger(call);
    else if (!r->is_post)
        refuse_verb(call);
    else if (call_is_connect(call))
        return refuse_connect(call);
    else if (call->conn->http1)
        refuse(call, "505", GRPC_UNIMPLEMENTED,
            "gRPC needs HTTP/2; over HTTP/1.1 send application/json or application/proto");
    else if (!r->has_te)
        refuse(call, "400", GRPC_INTERNAL, "the header te: trailers is missing");
    else if (call->encoding == ENCODING_UNKNOWN)
        refuse(call, "200", GRPC_UNIMPLEMENTED, "grpc-encoding is not supported, only gzip is");
    else if (r->is_malformed)
        refuse(call, "200", GRPC_INTERNAL, "grpc-timeout cannot be read");
    else
        return false;
    return true;
}

/* Answer with the body in call.answer. */
static void answer_page(struct call *call, const char *http_status)
{
    call->protocol = PROTOCOL_CONNECT_JSON;
    response_finish(call, http_status);
}

static bool is_for_page(const struct request_line *r)
{
    return (r->is_get || r->is_head) && r->path && !r->is_too_large && !r->fault;
}

/* Without its query. */
static size_t page_path_len(const struct request_line *r)
{
    const char *query = memchr(r->path, '?', r->path_len);

    return query ? (size_t)(query - r->path) : r->path_len;
}

/* Whether a GET or HEAD was for a page of the handler's. */
static bool serve_page(struct call *call)
{
    const struct rpc_handler *handler = call->server->handler;
    const struct request_line *r = &call->request;
    struct rpc_page page = { .status = "200", .content_type = "text/plain; charset=utf-8" };

    if (!is_for_page(r) || !handler->get)
        return false;
    page.body = &call->answer;
    if (!handler->get(call->server->arg, call, r->path, page_path_len(r), &page))
        return false;
    call->page_type = page.content_type;
    answer_page(call, page.status);
    return true;
}

/* Whether a GET or HEAD is for what a method answers. */
static bool find_page(struct call *call)
{
    const struct rpc_handler *handler = call->server->handler;
    struct request_line *r = &call->request;

    if (!is_for_page(r) || !handler->find_page)
        return false;
    size_t len = page_path_len(r);
    call->method = handler->find_page(call->server->arg, r->path, len);
    if (!call->method)
        return false;
    call->protocol = PROTOCOL_PAGE;
    call->page_path = arena_strndup(&call->arena, r->path, len);
    return call->page_path != NULL;
}

static bool answer_preflight(struct call *call)
{
    const struct request_line *r = &call->request;

    if (!r->is_options || !r->is_preflight || !r->origin || r->is_too_large || r->fault)
        return false;
    call->page_type = "text/plain";
    if (cors_preflight(call) < 0)
        refuse(call, "503", GRPC_RESOURCE_EXHAUSTED, "out of memory");
    else
        answer_page(call, "204");
    return true;
}

/* Whether a call's method is there, and can be called so. */
static bool find_method(struct call *call)
{
    struct rpc_server *server = call->server;

    call->method = call->request.path
        ? server->handler->find(server->arg, call->request.path, call->request.path_len)
        : NULL;
    if (!call->method) {
        const char *message = arena_printf(
            &call->arena, "unknown method %.200s", call->request.path ? call->request.path : "");
        refuse(call, "200", GRPC_UNIMPLEMENTED, message ? message : "unknown method");
        return false;
    }
    if (call_is_connect(call)
        && (call->method->client_streaming || call->method->server_streaming)) {
        refuse(call, "415", GRPC_UNIMPLEMENTED, "this method is a stream: call it with gRPC");
        return false;
    }
    return true;
}

void request_begin(struct call *call)
{
    struct rpc_server *server = call->server;

    server->stats.calls++;
    if (serve_page(call) || answer_preflight(call))
        return;
    if (!find_page(call) && (refuse_headers(call) || !find_method(call)))
        return;
    call->opened_usec = clock_monotonic_usec();
    call->is_open = true;
    call->is_handled = true;
    set_deadline(call);
    if (server->handler->on_open)
        server->handler->on_open(call, server->arg);
    if (server->state >= SERVER_NOTICED && call->is_open && server->handler->on_drain)
        server->handler->on_drain(call, server->arg);
}

/* ---- messages ---- */

/* Count what the call holds back against its connection. */
static void account(struct call *call)
{
    size_t now = call->parser.body_cap + call->backlog.cap;
    struct conn *conn = call->conn;

    if (!conn)
        return;
    conn->in_bytes = conn->in_bytes - call->counted_bytes + now;
    call->counted_bytes = now;
    if (!call->is_open || conn->in_bytes <= conn->server->options.connection_bytes_max)
        return;
    server_hit(call->server, RPC_LIMIT_CONNECTION_MEMORY);
    call_end(
        call, GRPC_RESOURCE_EXHAUSTED, "too many bytes of requests are waiting in this connection");
}

void request_release(struct call *call)
{
    if (call->conn)
        call->conn->in_bytes -= call->counted_bytes;
    call->counted_bytes = 0;
    frame_parser_release(&call->parser);
    str_release(&call->backlog);
}

static void consume(struct call *call, size_t len)
{
    struct conn *conn = call->conn;
    if (conn && conn->session && len > 0
        && nghttp2_session_consume_stream(conn->session, call->stream_id, len) != 0)
        conn_break(conn);
}

static void deliver(struct call *call, const uint8_t *data, size_t len)
{
    const struct rpc_handler *handler = call->server->handler;

    call->n_received++;
    if (!call->method->client_streaming && call->n_received > 1) {
        call_end(call, GRPC_UNIMPLEMENTED, "this method takes one message, not several");
        return;
    }
    if (handler->on_message)
        handler->on_message(call, call->server->arg, data, len);
}

/* A frame or its compression is wrong, or the message is too large. */
static void end_unreadable(struct call *call, int code, const char *message)
{
    if (code == ERR_EXHAUSTED)
        server_hit(call->server, RPC_LIMIT_MESSAGE);
    call_end(call, grpc_status_from_err(code), message);
}

static void deliver_frame(struct call *call, const struct frame *frame)
{
    call->was_compressed = frame->is_compressed;
    if (!frame->is_compressed) {
        deliver(call, frame->data, frame->len);
        return;
    }
    if (call->encoding != ENCODING_GZIP) {
        call_end(
            call, GRPC_INTERNAL, "a message is compressed, but grpc-encoding does not say how");
        return;
    }
    struct err err = { 0 };
    _cleanup_(str_release) struct str plain = { 0 };
    if (compress_gunzip(
            frame->data, frame->len, call->server->options.message_bytes_max, &plain, &err)
        < 0) {
        end_unreadable(call, err.code, err.msg);
        return;
    }
    deliver(call, (const uint8_t *)str_text(&plain), plain.len);
}

/* Deliver the messages in @data until it is used up, the call is paused, or it is over. Returns how
 * much was used. */
static size_t feed(struct call *call, const uint8_t *data, size_t len)
{
    struct err *err = &call->server->scratch_err;
    size_t left = len;

    while (call->is_open && !call->is_paused) {
        struct frame frame;
        int r = frame_parser_feed(&call->parser, &data, &left, &frame, err);
        if (r < 0)
            end_unreadable(call, r, err->msg);
        else if (r > 0)
            deliver_frame(call, &frame);
        if (r <= 0)
            break;
    }
    return len - left;
}

static void look_at_half_close(struct call *call)
{
    const struct rpc_handler *handler = call->server->handler;

    if (!call->is_half_closed || call->was_told_half_close || !call->is_open || call->is_paused
        || call->backlog.len > 0)
        return;
    call->was_told_half_close = true;
    if (!frame_parser_is_idle(&call->parser)) {
        call_end(call, GRPC_INTERNAL, "the request ends inside a message");
        return;
    }
    if (!call->method->client_streaming && call->n_received == 0) {
        call_end(call, GRPC_UNIMPLEMENTED, "this method takes one message, and none came");
        return;
    }
    if (handler->on_half_close)
        handler->on_half_close(call, call->server->arg);
}

/* Keep what cannot be delivered yet. What was delivered makes room once it is the larger half, so
 * that a call which is paused after each message does not copy the rest each time. */
static void keep(struct call *call, const uint8_t *data, size_t len)
{
    struct str *backlog = &call->backlog;

    if (call->backlog_off > backlog->len / 2) {
        backlog->len -= call->backlog_off;
        memmove(backlog->data, backlog->data + call->backlog_off, backlog->len);
        call->backlog_off = 0;
    }
    str_add(backlog, data, len);
    if (backlog->failed)
        call_end(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
}

/* A call that is over takes what is under way, so that the client can finish sending and read the
 * answer; but not for ever. */
static void drop(struct call *call, size_t len)
{
    call->late_bytes += len;
    if (call->late_bytes > call->server->options.message_bytes_max)
        response_abandon(call);
    consume(call, len);
}

void request_data(struct call *call, const uint8_t *data, size_t len)
{
    size_t used = 0;

    if (!call->is_open) {
        drop(call, len);
        return;
    }
    if (call_is_connect(call)) {
        connect_data(call, data, len);
        if (call->is_open)
            account(call);
        consume(call, len);
        return;
    }
    if (!call->is_paused && call->backlog.len == 0)
        used = feed(call, data, len);
    if (call->is_open && used < len)
        keep(call, data + used, len - used);
    if (call->is_open)
        account(call);
    consume(call, call->is_open ? used : len);
}

/* The body is whole: it is the message. */
static void take_body(struct call *call)
{
    _cleanup_(str_release) struct str message = { 0 };

    if (connect_take_body(call, &message) == 0) {
        account(call);
        deliver(call, (const uint8_t *)str_text(&message), message.len);
    }
}

void request_half_close(struct call *call)
{
    call->is_half_closed = true;
    if (call_is_connect(call) && call->is_open)
        take_body(call);
    look_at_half_close(call);
}

void request_resume(struct call *call)
{
    struct str *backlog = &call->backlog;

    if (call->is_open && !call->is_paused && backlog->len > 0 && !call_is_connect(call)) {
        size_t used = feed(call, (const uint8_t *)backlog->data + call->backlog_off,
            backlog->len - call->backlog_off);
        call->backlog_off += used;
        consume(call, used);
        if (call->backlog_off == backlog->len) {
            str_release(backlog);
            call->backlog_off = 0;
        }
        account(call);
    }
    look_at_half_close(call);
}
