/* A server for tests of the rpc layer: a few methods on raw bytes, no database.
 *
 *     echo_server [cert=FILE key=FILE] [cors=ORIGINS] [listen=127.0.0.1:0] [drain_ms=…]
 *                 [<limit>=<number>]…
 *
 * It prints "port N" when it listens, drains on SIGTERM and exits 0. The methods:
 *
 *   - /test.Echo/Unary: the message back; metadata x-status, x-message, x-field: fails so instead
 *   - /test.Echo/Collect: client stream: "<messages> <bytes>"
 *   - /test.Echo/Expand: server stream: the request is "<count> <bytes>"
 *   - /test.Echo/Chat: every message back; metadata x-pause: reads the next 1 ms later
 *   - /test.Echo/Sleep: never answers
 *   - /test.Echo/Watch: server stream: one message, then nothing; metadata x-polite: ends on drain
 *   - /test.Echo/Stats: "<name> <number>" lines
 *
 * And GET /page.
 */
#include "base/clock.h"
#include "base/str.h"
#include "rpc/call.h"
#include "test_server.h"

#include <stdio.h>

struct echo {
    struct test_server server;
    unsigned open, closed;
};

struct echo_call {
    struct call *call;
    struct loop_timer timer;
    uint64_t messages, bytes;
    uint64_t expand_left, expand_bytes;
    uint8_t *message;
    size_t len;
};

enum echo_kind { UNARY, COLLECT, EXPAND, CHAT, SLEEP, WATCH, STATS };

static const enum echo_kind kinds[] = { UNARY, COLLECT, EXPAND, CHAT, SLEEP, WATCH, STATS };
static const struct rpc_method methods[] = {
    { "/test.Echo/Unary", NULL, NULL, false, false, &kinds[UNARY] },
    { "/test.Echo/Collect", NULL, NULL, true, false, &kinds[COLLECT] },
    { "/test.Echo/Expand", NULL, NULL, false, true, &kinds[EXPAND] },
    { "/test.Echo/Chat", NULL, NULL, true, true, &kinds[CHAT] },
    { "/test.Echo/Sleep", NULL, NULL, false, false, &kinds[SLEEP] },
    { "/test.Echo/Watch", NULL, NULL, false, true, &kinds[WATCH] },
    { "/test.Echo/Stats", NULL, NULL, false, false, &kinds[STATS] },
};

static enum echo_kind kind_of(const struct call *call)
{
    return *(const enum echo_kind *)call_method(call)->data;
}

static const struct rpc_method *find(void *arg, const char *path, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (strlen(methods[i].path) == len && memcmp(methods[i].path, path, len) == 0)
            return &methods[i];
    }
    return NULL;
}

static bool get(
    void *arg, const struct call *call, const char *path, size_t len, struct rpc_page *page)
{
    if (len != strlen("/page") || memcmp(path, "/page", len) != 0)
        return false;
    str_addz(page->body, call_peer_is_local(call) ? "a page for one who is here\n" : "a page\n");
    return true;
}

static void on_pause_over(void *arg)
{
    struct echo_call *e = arg;
    call_resume_reading(e->call);
}

/* What starts with x-echo goes back, in headers; x-trail in trailers. */
static void echo_metadata(struct call *call)
{
    const char *name, *value;
    for (size_t i = 0; call_metadata_at(call, i, &name, &value); i++) {
        if (str_starts_with(name, "x-echo"))
            (void)call_add_header(call, name, value);
        if (str_starts_with(name, "x-trail"))
            (void)call_add_trailer(call, name, value);
    }
}

static void on_open(struct call *call, void *arg)
{
    struct echo *echo = arg;
    struct echo_call *e = arena_zalloc(call_arena(call), sizeof(*e));
    if (!e) {
        call_finish(call, GRPC_RESOURCE_EXHAUSTED, "out of memory", NULL, 0);
        return;
    }
    e->call = call;
    loop_timer_init(&e->timer, echo->server.loop, on_pause_over, e);
    call_set_user(call, e);
    echo->open++;
    call_set_compress(call, call_metadata(call, "x-gzip") != NULL);
    echo_metadata(call);
}

/* "limit_<name> <count>" lines. */
static const char *limits_text(struct call *call, const struct rpc_stats *s)
{
    const char *text = "";

    for (int i = 0; i < RPC_N_LIMITS && text; i++)
        text = arena_printf(call_arena(call), "%slimit_%s %llu\n", text,
            rpc_limit_name((enum rpc_limit)i), (unsigned long long)s->limits[i]);
    return text ? text : "";
}

static void send_stats(struct echo *echo, struct call *call)
{
    const struct rpc_stats *s = rpc_server_stats(echo->server.rpc);
    char *text = arena_printf(call_arena(call),
        "open %u\nclosed %u\nconnections %llu\naccepted %llu\nrefused %llu\npauses %llu\n"
        "timed_out %llu\ncancelled %llu\nexpired %llu\nfloods %llu\n%s",
        echo->open, echo->closed, (unsigned long long)s->connections_now,
        (unsigned long long)s->accepted, (unsigned long long)s->refused_connections,
        (unsigned long long)s->accept_pauses, (unsigned long long)s->timed_out_connections,
        (unsigned long long)s->cancelled_calls, (unsigned long long)s->expired_calls,
        (unsigned long long)s->floods, limits_text(call, s));
    if (text)
        (void)call_send_bytes(call, text, strlen(text));
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void answer_unary(struct call *call, const struct echo_call *e)
{
    const char *status = call_metadata(call, "x-status");
    if (!status) {
        (void)call_send_bytes(call, e->message, e->len);
        call_finish(call, GRPC_OK, NULL, NULL, 0);
        return;
    }
    struct err err = { 0 };
    const char *field = call_metadata(call, "x-field");
    const char *message = call_metadata(call, "x-message");
    err_set_field(&err, (enum err_code) - strtol(status, NULL, 10), field ? field : "", "%s",
        message ? message : "caf\xc3\xa9 100%");
    call_finish_err(call, &err);
}

static void expand(struct call *call, struct echo_call *e)
{
    static const uint8_t zeros[1 << 20];
    while (e->expand_left > 0 && call_is_open(call) && call_is_writable(call)) {
        e->expand_left--;
        (void)call_send_bytes(call, zeros, MIN(e->expand_bytes, (uint64_t)sizeof(zeros)));
    }
    if (e->expand_left == 0)
        call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    struct echo_call *e = call_user(call);

    e->messages++;
    e->bytes += len;
    if (kind_of(call) == CHAT) {
        (void)call_send_bytes(call, data, len);
        if (call_metadata(call, "x-pause")) {
            call_pause_reading(call);
            loop_timer_start(&e->timer, USEC_PER_MSEC);
        } else if (!call_is_writable(call)) {
            call_pause_reading(call);
        }
    } else if (kind_of(call) == UNARY || kind_of(call) == EXPAND) {
        e->message = (uint8_t *)arena_strndup(call_arena(call), (const char *)data, len);
        e->len = len;
        if (!e->message)
            call_finish(call, GRPC_RESOURCE_EXHAUSTED, "out of memory", NULL, 0);
    }
}

static void on_half_close(struct call *call, void *arg)
{
    struct echo_call *e = call_user(call);
    char text[64];

    switch (kind_of(call)) {
    case UNARY:
        answer_unary(call, e);
        break;
    case COLLECT:
        (void)snprintf(text, sizeof(text), "%llu %llu", (unsigned long long)e->messages,
            (unsigned long long)e->bytes);
        (void)call_send_bytes(call, text, strlen(text));
        call_finish(call, GRPC_OK, NULL, NULL, 0);
        break;
    case EXPAND: {
        char *rest = (char *)e->message;
        e->expand_left = rest ? strtoull(rest, &rest, 10) : 0;
        e->expand_bytes = rest ? strtoull(rest, NULL, 10) : 0;
        expand(call, e);
        break;
    }
    case CHAT:
        call_finish(call, GRPC_OK, NULL, NULL, 0);
        break;
    case WATCH:
        (void)call_send_bytes(call, "seen", 4);
        break;
    case STATS:
        send_stats(arg, call);
        break;
    case SLEEP:
        break;
    }
}

static void on_writable(struct call *call, void *arg)
{
    if (kind_of(call) == EXPAND)
        expand(call, call_user(call));
    else
        call_resume_reading(call);
}

static void on_drain(struct call *call, void *arg)
{
    if (kind_of(call) == WATCH && call_metadata(call, "x-polite"))
        call_finish(call, GRPC_UNAVAILABLE, "going away", NULL, 0);
}

static void on_closed(struct call *call, void *arg)
{
    struct echo *echo = arg;
    struct echo_call *e = call_user(call);
    if (!e)
        return;
    loop_timer_stop(&e->timer);
    echo->open--;
    echo->closed++;
}

static const struct rpc_handler handler = {
    .find = find,
    .get = get,
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = on_half_close,
    .on_writable = on_writable,
    .on_drain = on_drain,
    .on_closed = on_closed,
};

/* ---- options ---- */

enum option_type { TYPE_SIZE, TYPE_UNSIGNED, TYPE_MSEC };

static const struct {
    const char *name;
    enum option_type type;
    size_t offset;
} limits[] = {
    { "message_bytes_max", TYPE_SIZE, offsetof(struct rpc_options, message_bytes_max) },
    { "connection_bytes_max", TYPE_SIZE, offsetof(struct rpc_options, connection_bytes_max) },
    { "header_bytes_max", TYPE_SIZE, offsetof(struct rpc_options, header_bytes_max) },
    { "header_count_max", TYPE_UNSIGNED, offsetof(struct rpc_options, header_count_max) },
    { "continuations_max", TYPE_UNSIGNED, offsetof(struct rpc_options, continuations_max) },
    { "settings_max", TYPE_UNSIGNED, offsetof(struct rpc_options, settings_max) },
    { "call_bytes_max", TYPE_SIZE, offsetof(struct rpc_options, call_bytes_max) },
    { "window_bytes", TYPE_SIZE, offsetof(struct rpc_options, window_bytes) },
    { "streams_max", TYPE_UNSIGNED, offsetof(struct rpc_options, streams_max) },
    { "connections_max", TYPE_UNSIGNED, offsetof(struct rpc_options, connections_max) },
    { "control_burst", TYPE_UNSIGNED, offsetof(struct rpc_options, control_burst) },
    { "control_per_second", TYPE_UNSIGNED, offsetof(struct rpc_options, control_per_second) },
    { "reset_burst", TYPE_UNSIGNED, offsetof(struct rpc_options, reset_burst) },
    { "reset_per_second", TYPE_UNSIGNED, offsetof(struct rpc_options, reset_per_second) },
    { "unary_ms", TYPE_MSEC, offsetof(struct rpc_options, unary_usec_max) },
    { "stream_ms", TYPE_MSEC, offsetof(struct rpc_options, stream_usec_max) },
    { "handshake_ms", TYPE_MSEC, offsetof(struct rpc_options, handshake_usec) },
    { "idle_ms", TYPE_MSEC, offsetof(struct rpc_options, idle_usec) },
    { "write_ms", TYPE_MSEC, offsetof(struct rpc_options, write_usec) },
    { "keepalive_ms", TYPE_MSEC, offsetof(struct rpc_options, keepalive_usec) },
    { "keepalive_timeout_ms", TYPE_MSEC, offsetof(struct rpc_options, keepalive_timeout_usec) },
};

static bool set_limit(struct rpc_options *options, const char *name, size_t len, long long value)
{
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        if (strlen(limits[i].name) != len || memcmp(limits[i].name, name, len) != 0)
            continue;
        void *slot = (char *)options + limits[i].offset;
        if (limits[i].type == TYPE_SIZE)
            *(size_t *)slot = (size_t)value;
        else if (limits[i].type == TYPE_UNSIGNED)
            *(unsigned *)slot = (unsigned)value;
        else
            *(int64_t *)slot = value * USEC_PER_MSEC;
        return true;
    }
    return false;
}

static bool take_argument(
    struct echo *echo, struct rpc_options *options, const char **address, const char *arg)
{
    const char *value = strchr(arg, '=');
    if (!value)
        return false;
    value++;
    if (str_starts_with(arg, "cert="))
        options->tls_cert_file = value;
    else if (str_starts_with(arg, "key="))
        options->tls_key_file = value;
    else if (str_starts_with(arg, "cors="))
        options->cors_origins = value;
    else if (str_starts_with(arg, "listen="))
        *address = value;
    else if (str_starts_with(arg, "drain_ms="))
        echo->server.drain_usec = strtoll(value, NULL, 10) * USEC_PER_MSEC;
    else
        return set_limit(options, arg, (size_t)(value - 1 - arg), strtoll(value, NULL, 10));
    return true;
}

int main(int argc, char **argv)
{
    struct echo echo = { .server.drain_usec = 5 * USEC_PER_SEC };
    struct rpc_options options;
    const char *address = "127.0.0.1:0";

    rpc_options_init(&options);
    for (int i = 1; i < argc; i++) {
        if (!take_argument(&echo, &options, &address, argv[i])) {
            (void)fprintf(stderr, "echo_server: cannot use \"%s\"\n", argv[i]);
            return 2;
        }
    }
    int r = test_server_run(&echo.server, "echo_server", &options, &handler, &echo, address);
    return r < 0 || echo.open > 0 ? 1 : 0;
}
