/* A server in this process, a client of raw HTTP/2 (nghttp2) on the other end of a socket pair, and
 * a handler that writes down what it is told. Everything runs in one thread: rig_turn() moves both.
 */
#pragma once

#include "base/clock.h"
#include "base/loop.h"
#include "base/str.h"
#include "rpc/call.h"
#include "rpc/rpc_internal.h"
#include "rpc/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define RIG_STREAMS 64

/* What the client saw of one stream. */
struct seen {
    char status[8], http[8], message[256];
    struct str data;
    bool is_closed;
    uint32_t reset_code;
    const char *body;
    size_t body_len, body_off;
    bool is_body_open; /* no END_STREAM after the body yet */
};

struct rig {
    struct loop *loop;
    struct rpc_server *server;
    struct rpc_options options;
    struct rpc_handler handler;
    nghttp2_session *client;
    int fd;
    bool is_lost; /* the server closed the connection */
    struct seen seen[RIG_STREAMS];
    /* the handler's diary */
    unsigned opened, messages, half_closed, writable, drained, closed;
    size_t bytes;
    enum grpc_status last_status;
    struct call *last;
    /* what the handler does, by name of a behaviour; see on_x below */
    void (*do_open)(struct rig *rig, struct call *call);
    void (*do_message)(struct rig *rig, struct call *call, const uint8_t *data, size_t len);
    void (*do_half_close)(struct rig *rig, struct call *call);
    void (*do_writable)(struct rig *rig, struct call *call);
    void (*do_closed)(struct rig *rig, struct call *call);
    bool is_drained;
    const char *verb; /* of the client's requests; NULL: POST */
};

static const struct rpc_method rig_methods[] = {
    { "/t.T/Unary", NULL, NULL, false, false, NULL },
    { "/t.T/In", NULL, NULL, true, false, NULL },
    { "/t.T/Out", NULL, NULL, false, true, NULL },
    { "/t.T/Both", NULL, NULL, true, true, NULL },
};

static const struct rpc_method *rig_find(void *arg, const char *path, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(rig_methods); i++) {
        if (strlen(rig_methods[i].path) == len && memcmp(rig_methods[i].path, path, len) == 0)
            return &rig_methods[i];
    }
    return NULL;
}

static bool rig_get(
    void *arg, const struct call *call, const char *path, size_t len, struct rpc_page *page)
{
    if (len != strlen("/page") || memcmp(path, "/page", len) != 0)
        return false;
    str_addz(page->body, call_peer_is_local(call) ? "a page for one who is here\n" : "a page\n");
    return true;
}

static const struct rpc_method *rig_find_page(void *arg, const char *path, size_t len)
{
    return len > strlen("/secret/") && memcmp(path, "/secret/", strlen("/secret/")) == 0
        ? &rig_methods[0]
        : NULL;
}

static void rig_on_open(struct call *call, void *arg)
{
    struct rig *rig = arg;
    rig->opened++;
    rig->last = call;
    if (rig->do_open)
        rig->do_open(rig, call);
}

static void rig_on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    struct rig *rig = arg;
    assert_true(call_is_open(call));
    rig->messages++;
    rig->bytes += len;
    if (rig->do_message)
        rig->do_message(rig, call, data, len);
}

static void rig_on_half_close(struct call *call, void *arg)
{
    struct rig *rig = arg;
    assert_true(call_is_open(call));
    rig->half_closed++;
    if (rig->do_half_close)
        rig->do_half_close(rig, call);
}

static void rig_on_writable(struct call *call, void *arg)
{
    struct rig *rig = arg;
    assert_true(call_is_open(call));
    rig->writable++;
    if (rig->do_writable)
        rig->do_writable(rig, call);
}

static void rig_on_drain(struct call *call, void *arg)
{
    ((struct rig *)arg)->drained++;
}

static void rig_on_closed(struct call *call, void *arg)
{
    struct rig *rig = arg;
    assert_false(call_is_open(call));
    rig->closed++;
    rig->last_status = call_status(call);
    if (rig->do_closed)
        rig->do_closed(rig, call);
}

/* ---- the client ---- */

static ssize_t rig_send(
    nghttp2_session *session, const uint8_t *data, size_t len, int flags, void *arg)
{
    struct rig *rig = arg;
    ssize_t n = send(rig->fd, data, len, MSG_NOSIGNAL);
    return n > 0 ? n : NGHTTP2_ERR_WOULDBLOCK;
}

static int rig_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
    struct rig *rig = arg;
    struct seen *seen = &rig->seen[frame->hd.stream_id / 2 % RIG_STREAMS];
    const struct {
        const char *name;
        char *slot;
        size_t size;
    } wanted[] = {
        { ":status", seen->http, sizeof(seen->http) },
        { "grpc-status", seen->status, sizeof(seen->status) },
        { "grpc-message", seen->message, sizeof(seen->message) },
    };
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (strcmp(wanted[i].name, (const char *)name) == 0)
            (void)snprintf(wanted[i].slot, wanted[i].size, "%s", (const char *)value);
    }
    return 0;
}

static int rig_on_data(
    nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *arg)
{
    struct rig *rig = arg;
    str_add(&rig->seen[id / 2 % RIG_STREAMS].data, data, len);
    return 0;
}

static int rig_on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
    struct rig *rig = arg;
    rig->seen[id / 2 % RIG_STREAMS].is_closed = true;
    rig->seen[id / 2 % RIG_STREAMS].reset_code = code;
    return 0;
}

static ssize_t rig_read_body(nghttp2_session *session, int32_t id, uint8_t *out, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct seen *seen = source->ptr;
    size_t n = MIN(len, seen->body_len - seen->body_off);
    if (n == 0 && seen->is_body_open)
        return NGHTTP2_ERR_DEFERRED;
    if (n > 0)
        memcpy(out, seen->body + seen->body_off, n);
    seen->body_off += n;
    if (seen->body_off == seen->body_len && !seen->is_body_open)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static inline int32_t rig_request(
    struct rig *rig, const char *path, const void *body, size_t len, bool is_open)
{
#define H(n, v)                                                                                    \
    {                                                                                              \
        (uint8_t *)(n), (uint8_t *)(v), strlen(n), strlen(v), 0                                    \
    }
    const nghttp2_nv nv[] = { H(":method", rig->verb ? rig->verb : "POST"), H(":scheme", "http"),
        H(":path", path), H(":authority", "x"), H("te", "trailers"),
        H("content-type", "application/grpc"), H("x-one", "1") };
#undef H
    int32_t id = nghttp2_session_get_next_stream_id(rig->client);
    struct seen *seen = &rig->seen[id / 2 % RIG_STREAMS];
    str_release(&seen->data);
    *seen = (struct seen) { .body = body, .body_len = len, .is_body_open = is_open };
    const nghttp2_data_provider provider = { .source.ptr = seen, .read_callback = rig_read_body };
    if (nghttp2_submit_request(rig->client, NULL, nv, ARRAY_SIZE(nv), &provider, NULL) < 0)
        return -1;
    return id;
}

static inline struct seen *rig_seen(struct rig *rig, int32_t id)
{
    return &rig->seen[id / 2 % RIG_STREAMS];
}

/* Let both ends do what they can now. */
static inline void rig_turn(struct rig *rig)
{
    uint8_t data[16384];

    if (rig->client && !rig->is_lost)
        (void)nghttp2_session_send(rig->client);
    if (loop_turn(rig->loop, false, NULL) < 0)
        rig->is_lost = true;
    for (int i = 0; rig->client && !rig->is_lost && i < 8; i++) {
        ssize_t n = recv(rig->fd, data, sizeof(data), 0);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            rig->is_lost = true;
        if (n <= 0)
            break;
        if (nghttp2_session_mem_recv(rig->client, data, (size_t)n) != n)
            rig->is_lost = true;
    }
}

static inline void rig_turns(struct rig *rig, int n)
{
    for (int i = 0; i < n; i++)
        rig_turn(rig);
}

/* Turn until a stream is closed, for at most @msec. */
static inline struct seen *rig_wait(struct rig *rig, int32_t id, int msec)
{
    int64_t end = clock_monotonic_usec() + msec * USEC_PER_MSEC;
    while (!rig_seen(rig, id)->is_closed && !rig->is_lost && clock_monotonic_usec() < end)
        rig_turn(rig);
    return rig_seen(rig, id);
}

static inline int rig_client(struct rig *rig)
{
    nghttp2_session_callbacks *c = NULL;
    const nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 } };

    if (nghttp2_session_callbacks_new(&c) != 0)
        return -1;
    nghttp2_session_callbacks_set_send_callback(c, rig_send);
    nghttp2_session_callbacks_set_on_header_callback(c, rig_on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, rig_on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, rig_on_stream_close);
    int r = nghttp2_session_client_new(&rig->client, c, rig);
    nghttp2_session_callbacks_del(c);
    if (r == 0)
        r = nghttp2_submit_settings(rig->client, NGHTTP2_FLAG_NONE, settings, 1);
    return r;
}

/* 0, or below 0 without memory. */
static inline int rig_start(struct rig *rig)
{
    int pair[2];

    rig->handler = (struct rpc_handler) {
        .find = rig_find,
        .get = rig_get,
        .find_page = rig_find_page,
        .on_open = rig_on_open,
        .on_message = rig_on_message,
        .on_half_close = rig_on_half_close,
        .on_writable = rig_on_writable,
        .on_drain = rig_on_drain,
        .on_closed = rig_on_closed,
    };
    rig->fd = -1;
    if (loop_new(&rig->loop, NULL) < 0
        || rpc_server_new(rig->loop, &rig->options, &rig->handler, rig, &rig->server, NULL) < 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    rig->fd = pair[1];
    if (rpc_server_adopt(rig->server, pair[0], NULL) < 0)
        return -1;
    return rig_client(rig);
}

static inline struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    rpc_options_init(&rig->options);
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    nghttp2_session_del(rig->client);
    if (rig->fd >= 0)
        (void)close(rig->fd);
    rpc_server_free(rig->server);
    loop_free(rig->loop);
    for (size_t i = 0; i < RIG_STREAMS; i++)
        str_release(&rig->seen[i].data);
    free(rig);
}
