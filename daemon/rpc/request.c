/* A request: what its headers say, and its messages. */
#include "rpc/rpc_internal.h"

#include "wire/compress.h"
#include "wire/metadata.h"

void header_list_init(struct header_list *list)
{
    *list = (struct header_list) { .tail = &list->first };
}

int header_list_add(struct header_list *list, struct arena *arena, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
    struct header *header = arena_alloc(arena, sizeof(*header));
    char *name_copy = arena_strndup(arena, name, name_len);
    char *value_copy = arena_strndup(arena, value, value_len);
    if (!header || !name_copy || !value_copy)
        return ERR_EXHAUSTED;
    *header = (struct header) { NULL, name_copy, value_copy, name_len, value_len };
    *list->tail = header;
    list->tail = &header->next;
    list->n++;
    return 0;
}

/* ---- headers ---- */

static bool is_text(const char *value, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(value, text, len) == 0;
}

/* "application/grpc" and its +proto form, with or without parameters. */
static bool is_grpc_content_type(const char *value, size_t len)
{
    static const char base[] = "application/grpc", proto[] = "+proto";
    size_t n = sizeof(base) - 1;

    if (len < n || strncasecmp(value, base, n) != 0)
        return false;
    if (len >= n + sizeof(proto) - 1 && strncasecmp(value + n, proto, sizeof(proto) - 1) == 0)
        n += sizeof(proto) - 1;
    return len == n || value[n] == ';' || value[n] == ' ';
}

/* Whether a comma-separated list has "gzip" in it. */
static bool has_gzip(const char *value, size_t len)
{
    const char *end = value + len;
    while (value < end) {
        while (value < end && (*value == ' ' || *value == ','))
            value++;
        const char *start = value;
        while (value < end && *value != ',' && *value != ' ' && *value != ';')
            value++;
        if (is_text(start, (size_t)(value - start), "gzip"))
            return true;
        while (value < end && *value != ',')
            value++;
    }
    return false;
}

static int take_path(struct call *call, const char *value, size_t len)
{
    call->request.path = arena_strndup(&call->arena, value, len);
    call->request.path_len = len;
    return call->request.path ? 0 : ERR_EXHAUSTED;
}

static int take_method(struct call *call, const char *value, size_t len)
{
    call->request.is_post = is_text(value, len, "POST");
    return 0;
}

static int take_te(struct call *call, const char *value, size_t len)
{
    call->request.has_te = is_text(value, len, "trailers");
    return 0;
}

/* A media type, with or without parameters. */
static bool is_media_type(const char *value, size_t len, const char *type)
{
    size_t n = strlen(type);
    return len >= n && strncasecmp(value, type, n) == 0
        && (len == n || value[n] == ';' || value[n] == ' ');
}

static int take_content_type(struct call *call, const char *value, size_t len)
{
    call->protocol = is_grpc_content_type(value, len)    ? PROTOCOL_GRPC
        : is_media_type(value, len, "application/json")  ? PROTOCOL_CONNECT_JSON
        : is_media_type(value, len, "application/proto") ? PROTOCOL_CONNECT_PROTO
                                                         : PROTOCOL_NONE;
    return 0;
}

static enum call_encoding encoding_of(const char *value, size_t len)
{
    return is_text(value, len, "gzip")    ? ENCODING_GZIP
        : is_text(value, len, "identity") ? ENCODING_IDENTITY
                                          : ENCODING_UNKNOWN;
}

static int take_encoding(struct call *call, const char *value, size_t len)
{
    call->encoding = encoding_of(value, len);
    return 0;
}

static int take_http_encoding(struct call *call, const char *value, size_t len)
{
    call->request.http_encoding = encoding_of(value, len);
    return 0;
}

static int take_http_accept_encoding(struct call *call, const char *value, size_t len)
{
    call->request.accepts_http_gzip = call->request.accepts_http_gzip || has_gzip(value, len);
    return 0;
}

/* Connect's timeout: one to ten digits of milliseconds. */
static int take_connect_timeout(struct call *call, const char *value, size_t len)
{
    int64_t msec = 0;

    call->request.has_timeout = true;
    if (len < 1 || len > 10)
        call->request.is_malformed = true;
    for (size_t i = 0; i < len && !call->request.is_malformed; i++) {
        if (value[i] < '0' || value[i] > '9')
            call->request.is_malformed = true;
        msec = msec * 10 + (value[i] - '0');
    }
    call->request.timeout_usec = msec * USEC_PER_MSEC;
    return 0;
}

static int take_accept_encoding(struct call *call, const char *value, size_t len)
{
    call->accepts_gzip = call->accepts_gzip || has_gzip(value, len);
    return 0;
}

static int take_timeout(struct call *call, const char *value, size_t len)
{
    call->request.has_timeout = true;
    if (metadata_timeout_parse(value, len, &call->request.timeout_usec) < 0)
        call->request.is_malformed = true;
    return 0;
}

static int take_nothing(struct call *call, const char *value, size_t len)
{
    return 0;
}

/* The headers of HTTP and gRPC themselves; all others are metadata. By length, then by name. */
static const struct {
    const char *name;
    size_t len;
    int (*take)(struct call *call, const char *value, size_t len);
} known_headers[] = {
    { "te", 2, take_te },
    { ":path", 5, take_path },
    { ":method", 7, take_method },
    { ":scheme", 7, take_nothing },
    { ":authority", 10, take_nothing },
    { "content-type", 12, take_content_type },
    { "grpc-timeout", 12, take_timeout },
    { "grpc-encoding", 13, take_encoding },
    { "content-length", 14, take_nothing },
    { "accept-encoding", 15, take_http_accept_encoding },
    { "content-encoding", 16, take_http_encoding },
    { "connect-timeout-ms", 18, take_connect_timeout },
    { "grpc-accept-encoding", 20, take_accept_encoding },
};

int request_header(
    struct call *call, const char *name, size_t name_len, const char *value, size_t value_len)
{
    for (size_t i = 0; i < ARRAY_SIZE(known_headers) && known_headers[i].len <= name_len; i++) {
        if (known_headers[i].len == name_len && memcmp(known_headers[i].name, name, name_len) == 0)
            return known_headers[i].take(call, value, value_len);
    }
    return header_list_add(&call->metadata, &call->arena, name, name_len, value, value_len);
}

/* ---- opening ---- */

/* Answer a call that no handler saw. */
static void refuse(
    struct call *call, const char *http_status, enum grpc_status status, const char *message)
{
    call->server->stats.unhandled_calls++;
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
    call_expire(call);
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
    else
        return false;
    return true;
}

/* Who speaks neither protocol is answered in the one that people can read. */
static void refuse_stranger(struct call *call)
{
    call->protocol = PROTOCOL_CONNECT_JSON;
    if (call->request.is_post)
        refuse(call, "415", GRPC_INTERNAL,
            "content-type must be application/grpc, application/json or application/proto");
    else
        refuse(call, "405", GRPC_INTERNAL, "the request's method must be POST");
}

/* What is wrong with the headers; false if they will do. */
static bool refuse_headers(struct call *call)
{
    const struct request_line *r = &call->request;

    if (r->is_too_large)
        refuse(call, "431", GRPC_RESOURCE_EXHAUSTED, "the request's headers are too large");
    else if (call->protocol == PROTOCOL_NONE)
        refuse_stranger(call);
    else if (!r->is_post)
        refuse(call, "405", GRPC_INTERNAL, "the request's method must be POST");
    else if (call_is_connect(call))
        return refuse_connect(call);
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

void request_begin(struct call *call)
{
    struct rpc_server *server = call->server;

    server->stats.calls++;
    if (refuse_headers(call))
        return;
    call->method = call->request.path
        ? server->handler->find(server->arg, call->request.path, call->request.path_len)
        : NULL;
    if (!call->method) {
        const char *message = arena_printf(
            &call->arena, "unknown method %.200s", call->request.path ? call->request.path : "");
        refuse(call, "200", GRPC_UNIMPLEMENTED, message ? message : "unknown method");
        return;
    }
    if (call_is_connect(call)
        && (call->method->client_streaming || call->method->server_streaming)) {
        refuse(call, "415", GRPC_UNIMPLEMENTED, "this method is a stream: call it with gRPC");
        return;
    }
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

void request_data(struct call *call, const uint8_t *data, size_t len)
{
    size_t used = 0;

    if (call_is_connect(call)) {
        connect_data(call, data, len);
        if (call->is_open)
            account(call);
        consume(call, len);
        return;
    }
    if (call->is_open && !call->is_paused && call->backlog.len == 0)
        used = feed(call, data, len);
    if (call->is_open && used < len)
        keep(call, data + used, len - used);
    if (call->is_open)
        account(call);
    /* A call that is over takes everything, so that the client can finish sending. */
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
