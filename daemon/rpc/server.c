#include "rpc/server.h"

#include "rpc/rpc_internal.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define SWEEP_USEC_MAX USEC_PER_SEC
#define SWEEP_USEC_MIN (10 * USEC_PER_MSEC)

void rpc_options_init(struct rpc_options *options)
{
    *options = (struct rpc_options) {
        .message_bytes_max = (size_t)4 << 20,
        .call_bytes_max = (size_t)64 << 20,
        .connection_bytes_max = (size_t)32 << 20,
        .header_bytes_max = (size_t)16 << 10,
        .header_count_max = 128,
        .window_bytes = (size_t)1 << 20,
        .connection_window_bytes = (size_t)4 << 20,
        .streams_max = 100,
        .connections_max = 10000,
        .unary_usec_max = USEC_PER_MINUTE,
        .stream_usec_max = 0,
        .handshake_usec = 10 * USEC_PER_SEC,
        .idle_usec = 30 * USEC_PER_MINUTE,
        .write_usec = 30 * USEC_PER_SEC,
        .keepalive_usec = 2 * USEC_PER_MINUTE,
        .keepalive_timeout_usec = 20 * USEC_PER_SEC,
        .reset_burst = 4000,
        .reset_per_second = 400,
        .continuations_max = 8,
        .settings_max = 32,
        .control_burst = 2000,
        .control_per_second = 200,
    };
}

/* The options that are strings, which the server copies. */
static const size_t option_strings[] = {
    offsetof(struct rpc_options, tls_cert_file),
    offsetof(struct rpc_options, tls_key_file),
    offsetof(struct rpc_options, tls_client_ca_file),
    offsetof(struct rpc_options, cors_origins),
};

static char **option_string(struct rpc_options *options, size_t i)
{
    return (char **)(void *)((char *)options + option_strings[i]);
}

static int copy_strings(struct rpc_options *options, struct err *err)
{
    bool is_whole = true;

    for (size_t i = 0; i < ARRAY_SIZE(option_strings); i++) {
        char **slot = option_string(options, i);
        char *copy = *slot ? strdup(*slot) : NULL;
        is_whole = is_whole && !*slot == !copy;
        *slot = copy;
    }
    return is_whole ? 0 : err_oom(err);
}

static void free_strings(struct rpc_options *options)
{
    for (size_t i = 0; i < ARRAY_SIZE(option_strings); i++)
        free(*option_string(options, i));
}

static int copy_options(
    struct rpc_server *server, const struct rpc_options *options, struct err *err)
{
    server->options = *options;
    int r = copy_strings(&server->options, err);
    if (r < 0)
        return r;
    if (!options->tls_cert_file != !options->tls_key_file)
        return err_set(err, ERR_INVALID,
            "a certificate needs a private key, and a key its "
            "certificate");
    if (options->tls_client_ca_file && !options->tls_cert_file)
        return err_set(
            err, ERR_INVALID, "clients can show certificates only to a server that has one");
    if (options->window_bytes < 65535 || options->window_bytes > INT32_MAX
        || options->connection_window_bytes < 65535 || options->connection_window_bytes > INT32_MAX)
        return err_set(err, ERR_INVALID, "a window is from 65535 bytes to 2 GiB");
    return 0;
}

/* Often enough for the shortest limit, at most once a second. */
static int64_t sweep_interval(const struct rpc_options *o)
{
    const int64_t limits[] = { o->handshake_usec, o->idle_usec, o->write_usec, o->keepalive_usec,
        o->keepalive_timeout_usec, o->unary_usec_max, o->stream_usec_max };
    int64_t usec = SWEEP_USEC_MAX;

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        if (limits[i] > 0)
            usec = MIN(usec, limits[i] / 4);
    }
    return MAX(usec, SWEEP_USEC_MIN);
}

static void on_sweep(void *arg)
{
    struct rpc_server *server = arg;
    int64_t now = clock_monotonic_usec();
    struct conn *conn;

    list_for_each_safe(conn, &server->conns, siblings) conn_sweep(conn, now);
    loop_timer_start(&server->sweep, server->sweep_usec);
}

static void init_server(struct rpc_server *server, struct loop *loop)
{
    server->loop = loop;
    server->reserve_fd = -1;
    server->next_call_id = (uint64_t)clock_now_usec() << 12;
    list_init(&server->listeners);
    list_init(&server->conns);
    list_init(&server->touched);
    list_init(&server->hungry);
    list_init(&server->pool);
    loop_later_init(&server->flush, loop, server_on_flush, server);
    loop_later_init(&server->drain_done, loop, server_on_drain_done, server);
    loop_timer_init(&server->feed, loop, server_on_feed, server);
    loop_timer_init(&server->sweep, loop, on_sweep, server);
    loop_timer_init(&server->drain_timer, loop, server_on_drain_timer, server);
    loop_timer_init(&server->accept_again, loop, server_on_accept_again, server);
}

static int start_server(
    struct rpc_server *server, const struct rpc_options *options, struct err *err)
{
    int r = copy_options(server, options, err);
    if (r < 0)
        return r;
    if (session_callbacks_new(&server->callbacks) < 0
        || session_options_new(&server->options, &server->h2_options) < 0)
        return err_oom(err);
    server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (server->reserve_fd < 0)
        return err_set(err, ERR_EXHAUSTED, "cannot open /dev/null: %m");
    if (options->tls_cert_file) {
        r = rpc_server_reload_tls(server, err);
        if (r < 0)
            return r;
    }
    server->sweep_usec = sweep_interval(&server->options);
    loop_timer_start(&server->sweep, server->sweep_usec);
    return 0;
}

int rpc_server_new(struct loop *loop, const struct rpc_options *options,
    const struct rpc_handler *handler, void *arg, struct rpc_server **ret_server, struct err *err)
{
    struct rpc_server *server = calloc(1, sizeof(*server));
    if (!server)
        return err_oom(err);
    init_server(server, loop);
    server->handler = handler;
    server->arg = arg;
    int r = start_server(server, options, err);
    if (r < 0) {
        rpc_server_free(server);
        return r;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    *ret_server = server;
    return 0;
}

int rpc_server_reload_tls(struct rpc_server *server, struct err *err)
{
    struct ssl_ctx_st *tls = NULL;

    if (!server->options.tls_cert_file)
        return err_set(err, ERR_PRECONDITION, "the server has no certificate to read again");
    const struct tls_files files = {
        .certificate = server->options.tls_cert_file,
        .key = server->options.tls_key_file,
        .client_ca = server->options.tls_client_ca_file,
    };
    int r = transport_tls_context(&files, &tls, err);
    if (r < 0)
        return r;
    transport_tls_context_free(server->tls); /* connections keep theirs */
    server->tls = tls;
    return 0;
}

const char *rpc_limit_name(enum rpc_limit limit)
{
    static const char *const names[] = {
        [RPC_LIMIT_CONNECTIONS] = "connections",
        [RPC_LIMIT_STREAMS] = "streams",
        [RPC_LIMIT_MESSAGE] = "message",
        [RPC_LIMIT_CALL_MEMORY] = "call_memory",
        [RPC_LIMIT_CONNECTION_MEMORY] = "connection_memory",
        [RPC_LIMIT_HEADER_BYTES] = "header_bytes",
        [RPC_LIMIT_HEADER_COUNT] = "header_count",
        [RPC_LIMIT_FIRST_BYTE] = "first_byte",
        [RPC_LIMIT_IDLE] = "idle",
        [RPC_LIMIT_DEADLINE] = "deadline",
        [RPC_LIMIT_SLOW_READER] = "slow_reader",
        [RPC_LIMIT_KEEPALIVE] = "keepalive",
        [RPC_LIMIT_RESETS] = "resets",
        [RPC_LIMIT_CONTINUATIONS] = "continuations",
        [RPC_LIMIT_SETTINGS] = "settings",
        [RPC_LIMIT_PINGS] = "pings",
        [RPC_LIMIT_EMPTY_FRAMES] = "empty_frames",
    };

    return names[limit];
}

const struct rpc_stats *rpc_server_stats(const struct rpc_server *server)
{
    return &server->stats;
}

static void stop_timers(struct rpc_server *server)
{
    loop_later_cancel(&server->flush);
    loop_later_cancel(&server->drain_done);
    loop_timer_stop(&server->feed);
    loop_timer_stop(&server->sweep);
    loop_timer_stop(&server->drain_timer);
    loop_timer_stop(&server->accept_again);
}

static void free_pool(struct rpc_server *server)
{
    struct call *call;
    list_for_each_safe(call, &server->pool, siblings)
    {
        arena_release(&call->arena);
        free(call);
    }
    list_init(&server->pool);
    server->n_pool = 0;
}

void server_forget(struct rpc_server *server)
{
    if (server->is_freed && server->n_calls_alive == 0)
        free(server);
}

void rpc_server_free(struct rpc_server *server)
{
    struct conn *conn;

    if (!server)
        return;
    server_close_listeners(server);
    server->state = SERVER_DRAINED;
    while ((conn = list_first(&server->conns, struct conn, siblings))) {
        conn_hold(conn);
        conn_break(conn);
        conn_release(conn);
    }
    stop_timers(server);
    free_pool(server);
    transport_tls_context_free(server->tls);
    nghttp2_session_callbacks_del(server->callbacks);
    nghttp2_option_del(server->h2_options);
    if (server->reserve_fd >= 0)
        (void)close(server->reserve_fd);
    free_strings(&server->options);
    server->is_freed = true;
    server_forget(server);
}
