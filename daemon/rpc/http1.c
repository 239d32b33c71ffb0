/* HTTP/1.1 on a connection: one Connect call or page after another, for callers that have nothing
 * newer (plain curl, a load balancer's check, a metrics collector).
 *
 * A request becomes the same struct call that HTTP/2 makes, so limits, deadlines, metrics and
 * handlers are those of every call. What is here is only framing: bytes in become headers and DATA,
 * a finished call becomes bytes out. A call's answer leaves whole, and the next request is read
 * once it has left. One that is answered before its body is in ends the connection: what the client
 * still sends is dropped for a while, so that it can read the answer.
 */
#include "rpc/rpc_internal.h"

#include "wire/http1.h"

#define NAME_MAX_BYTES 64

struct http1 {
    struct str in; /* a head under way, or what came behind a request */
    size_t seen; /* of `in`, without the end of a head */
    struct http1_head head; /* its pointers are not valid beyond read_head() */
    struct http1_body body;
    struct call *call; /* NULL: a head is awaited */
    struct str out; /* an answer, or what asks for a body */
    size_t out_off;
    bool is_answered; /* call's answer is in `out`, but for the end of its head and its body */
    bool is_sealed; /* and these too */
    bool closes; /* once `out` has left */
    bool is_lost; /* nothing says where another request would begin */
    bool is_deaf; /* the last answer has left, and the client may still be sending */
    bool has_ended; /* and the client was told that nothing more comes */
    size_t dropped_bytes; /* since then */
};

/* ---- what a connection speaks ---- */

static const char h2_start[] = { 'P', 'R', 'I' }; /* no method of HTTP/1.1 begins so */

static int start_http1(struct conn *conn)
{
    conn->http1 = calloc(1, sizeof(*conn->http1));
    return conn->http1 ? 0 : ERR_EXHAUSTED;
}

int conn_choose(struct conn *conn, const uint8_t *data, size_t len)
{
    size_t n = MIN(len, sizeof(h2_start) - conn->n_sniffed);

    if (transport_is_tls(&conn->transport) || memcmp(data, h2_start + conn->n_sniffed, n) != 0)
        return start_http1(conn);
    if (conn->n_sniffed + n == sizeof(h2_start))
        return session_start(conn);
    conn->n_sniffed += n;
    return 0;
}

ssize_t conn_sniffed(struct conn *conn)
{
    size_t n = conn->n_sniffed;

    conn->n_sniffed = 0;
    if (n == 0)
        return 0;
    if (conn->session)
        return nghttp2_session_mem_recv(conn->session, (const uint8_t *)h2_start, n);
    http1_receive(conn, (const uint8_t *)h2_start, n);
    return 0;
}

void http1_free(struct http1 *http1)
{
    if (!http1)
        return;
    str_release(&http1->in);
    str_release(&http1->out);
    free(http1);
}

/* ---- requests ---- */

/* Fields of the connection itself, which no call sees. */
static bool is_hop_by_hop(const char *name, size_t len)
{
    static const char *const names[] = { "connection", "expect", "host", "keep-alive",
        "proxy-connection", "te", "transfer-encoding", "upgrade" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (len == strlen(names[i]) && memcmp(name, names[i], len) == 0)
            return true;
    return false;
}

static int on_field(
    void *arg, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct call *call = arg;
    char lower[NAME_MAX_BYTES];

    if (!request_header_fits(call, name_len + value_len) || name_len > sizeof(lower)) {
        call->request.is_too_large = true;
        return 0;
    }
    for (size_t i = 0; i < name_len; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + ('a' - 'A')) : name[i];
    if (is_hop_by_hop(lower, name_len))
        return 0;
    return request_header(call, lower, name_len, value, value_len);
}

/* A proxy names the whole address; what follows the host is ours. */
static void cut_origin(const char **target, size_t *len)
{
    const char *host = memmem(*target, *len, "://", 3);
    const char *end = *target + *len;

    if (**target == '/' || !host)
        return;
    const char *path = memchr(host + 3, '/', (size_t)(end - host - 3));
    *target = path ? path : "/";
    *len = path ? (size_t)(end - path) : 1;
}

static int take_line(struct call *call, const struct http1_head *head)
{
    const char *target = head->target;
    size_t len = head->target_len;

    cut_origin(&target, &len);
    int r = request_header(call, ":method", strlen(":method"), head->method, head->method_len);
    return r < 0 ? r : request_header(call, ":path", strlen(":path"), target, len);
}

static void expect_body(struct conn *conn)
{
    struct http1 *http1 = conn->http1;

    if (http1_body_is_done(&http1->body))
        request_half_close(http1->call);
    else if (http1->head.awaits_continue && http1->call->is_open)
        str_addz(&http1->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* Make a call of the head, which is whole in @text; or of one that will not be, to refuse it. */
static void begin(struct conn *conn, const char *text, size_t len, bool is_too_large)
{
    struct http1 *http1 = conn->http1;
    struct call *call = call_new(conn, 0);
    struct err err = { 0 };
    int r = 0;

    if (!call) {
        conn_break(conn);
        return;
    }
    http1->call = call;
    http1->head = (struct http1_head) { 0 };
    conn->state = CONN_OPEN;
    conn->headers_since_usec = 0;
    if (is_too_large) {
        server_hit(conn->server, RPC_LIMIT_HEADER_BYTES);
        call->request.is_too_large = true;
    } else {
        r = http1_head_parse(text, len, on_field, call, &http1->head, &err);
        if (r == 0)
            r = take_line(call, &http1->head);
    }
    if (r == ERR_EXHAUSTED) {
        conn_break(conn);
        return;
    }
    http1_body_init(&http1->body, &http1->head);
    http1->is_lost = r < 0 || is_too_large;
    http1->closes = http1->closes || !http1->head.keeps_alive;
    if (r < 0) {
        conn->server->stats.protocol_errors++;
        call->request.fault_status = r == ERR_UNIMPLEMENTED ? "505" : "400";
        call->request.fault = arena_strndup(&call->arena, err.msg, strlen(err.msg));
    }
    request_begin(call);
    if (conn->state != CONN_BROKEN)
        expect_body(conn);
}

/* Consume what belongs to the body of the request that is read. */
static void read_body(struct conn *conn, const uint8_t **data, size_t *len)
{
    struct http1 *http1 = conn->http1;
    const uint8_t *piece = NULL;
    struct err err = { 0 };
    size_t n = 0;
    int r;

    while ((r = http1_body_feed(&http1->body, data, len, &piece, &n, &err)) > 0
        && conn->state != CONN_BROKEN)
        request_data(http1->call, piece, n);
    if (conn->state == CONN_BROKEN)
        return;
    if (r < 0) {
        conn->server->stats.protocol_errors++;
        http1->is_lost = true;
        http1->body.state = HTTP1_DONE;
        *len = 0;
        call_end(http1->call, GRPC_INVALID_ARGUMENT, err.msg);
    } else if (http1_body_is_done(&http1->body)) {
        request_half_close(http1->call);
    }
}

static bool is_reading_body(const struct http1 *http1)
{
    return http1->call && !http1_body_is_done(&http1->body);
}

/* Go on with what is kept in `in`, until it is used up or a call is under way. */
static void read_kept(struct conn *conn)
{
    struct http1 *http1 = conn->http1;

    while (!http1->call && !http1->closes && !http1->is_deaf && http1->in.len > 0
        && conn->state != CONN_BROKEN) {
        size_t limit = conn->server->options.header_bytes_max;
        size_t end = http1_head_end(str_text(&http1->in), http1->in.len, http1->seen);
        size_t seen = http1->seen;
        if (!http1_head_is_possible(
                str_text(&http1->in) + seen, (end > 0 ? end : http1->in.len) - seen)) {
            conn->server->stats.protocol_errors++;
            conn_break(conn); /* not even HTTP: no answer would be understood */
            return;
        }
        if (end == 0 && http1->in.len <= limit) {
            http1->seen = http1->in.len;
            if (!conn->headers_since_usec)
                conn->headers_since_usec = clock_monotonic_usec();
            return;
        }
        /* The call is begun with the kept bytes out of the way: its handler may end it at once. */
        _cleanup_(str_release) struct str kept = http1->in;
        str_init(&http1->in);
        http1->seen = 0;
        begin(conn, str_text(&kept), end, end == 0 || end > limit);
        const uint8_t *rest = (const uint8_t *)str_text(&kept) + end;
        size_t len = kept.len - end;
        if (conn->state != CONN_BROKEN && is_reading_body(http1))
            read_body(conn, &rest, &len);
        str_add(&http1->in, rest, len);
    }
}

void http1_receive(struct conn *conn, const uint8_t *data, size_t len)
{
    struct http1 *http1 = conn->http1;

    if (http1->is_deaf) {
        http1->dropped_bytes += len;
        if (http1->dropped_bytes > conn->server->options.message_bytes_max)
            conn_break(conn);
        return;
    }
    if (is_reading_body(http1))
        read_body(conn, &data, &len);
    if (len == 0 || conn->state == CONN_BROKEN)
        return;
    str_add(&http1->in, data, len);
    if (http1->in.failed
        || (http1->call
            && http1->in.len > SERVER_IN_BYTES + conn->server->options.header_bytes_max))
        conn_break(conn); /* whoever sends so much without waiting for answers does not want them */
    else
        read_kept(conn);
}

/* ---- answers ---- */

static void put_field(struct str *out, const nghttp2_nv *nv)
{
    str_add(out, nv->name, nv->namelen);
    str_addz(out, ": ");
    str_add(out, nv->value, nv->valuelen);
    str_addz(out, "\r\n");
}

int http1_answer(struct call *call, const nghttp2_nv *nv, size_t n, size_t body_len)
{
    struct http1 *http1 = call->conn->http1;
    char status[4];

    snprintf(status, sizeof(status), "%.3s", (const char *)nv[0].value); /* ":status" is first */
    str_addf(&http1->out, "HTTP/1.1 %s %s\r\n", status, http1_reason(status));
    for (size_t i = 1; i < n; i++)
        put_field(&http1->out, &nv[i]);
    if (!str_eq(status, "204") && !str_eq(status, "304"))
        str_addf(&http1->out, "content-length: %zu\r\n", body_len);
    http1->is_answered = true;
    return http1->out.failed ? ERR_EXHAUSTED : 0;
}

/* The end of the head says whether the connection lasts, which is known once all that came was
 * read; the body follows. */
static void seal(struct conn *conn)
{
    struct http1 *http1 = conn->http1;

    http1->is_sealed = true;
    http1->is_lost = http1->is_lost || is_reading_body(http1);
    if (conn->server->state != SERVER_OPEN || http1->is_lost)
        http1->closes = true;
    if (http1->closes)
        str_addz(&http1->out, "connection: close\r\n");
    else if (http1->head.asks_to_keep)
        str_addz(&http1->out, "connection: keep-alive\r\n");
    str_addz(&http1->out, "\r\n");
    for (const struct chunk *c = http1->call->chunks; c; c = c->next)
        str_add(&http1->out, c->data, c->len);
    response_release(http1->call);
}

/* The answer has left this layer: on to the next request, or to the end. */
static void finish(struct conn *conn)
{
    struct http1 *http1 = conn->http1;
    struct call *call = http1->call;

    str_release(&http1->out);
    http1->out_off = 0;
    if (!http1->is_sealed)
        return; /* it only asked for the body */
    http1->is_deaf = http1->is_lost;
    if (http1->is_deaf)
        conn->headers_since_usec = clock_monotonic_usec(); /* which bounds how long */
    http1->call = NULL;
    http1->is_answered = http1->is_sealed = false;
    call_lost(call);
    read_kept(conn);
}

int http1_send(struct conn *conn)
{
    struct rpc_server *server = conn->server;
    struct http1 *http1 = conn->http1;

    if (http1->is_answered && !http1->is_sealed)
        seal(conn);
    if (http1->out.failed)
        return ERR_EXHAUSTED;
    size_t n = MIN(http1->out.len - http1->out_off, SERVER_OUT_BYTES - server->out_len);
    if (n == 0)
        return 0;
    memcpy(server->out + server->out_len, http1->out.data + http1->out_off, n);
    server->out_len += n;
    http1->out_off += n;
    if (http1->out_off == http1->out.len)
        finish(conn);
    return 0;
}

void http1_end_write(struct conn *conn)
{
    struct http1 *http1 = conn->http1;

    if (!http1->is_deaf || http1->has_ended)
        return;
    http1->has_ended = true;
    transport_end_write(&conn->transport);
}

bool http1_is_over(const struct conn *conn)
{
    const struct http1 *http1 = conn->http1;

    return http1->closes && !http1->call && !http1->is_deaf && http1->out.len == 0;
}

void http1_drain(struct conn *conn)
{
    conn->http1->closes = true;
}
