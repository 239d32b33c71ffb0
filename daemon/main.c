/* canvassd: options, start in order, stop in reverse. */
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/str.h"
#include "db/pool.h"
#include "main/herald.h"
#include "main/listeners.h"
#include "main/options.h"
#include "main/supervisor.h"
#include "rpc/server.h"
#include "service/check.h"
#include "service/engine.h"
#include "service/errors.h"
#include "service/follower.h"
#include "service/health.h"
#include "service/method_file.h"
#include "service/methods.h"
#include "service/metrics.h"
#include "service/native.h"
#include "service/rate.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PUBLISH_USEC USEC_PER_SEC /* between two updates of the metrics that others show */
#define STOP_SPARE_USEC (5 * USEC_PER_SEC) /* beyond `drain`, for a worker to end */

/* ---- the daemon ---- */

struct daemon {
    struct options options;
    struct arguments arguments; /* for the reload */
    struct listeners listeners;
    struct metrics *metrics; /* shared by all workers */
    struct loop_timer publish;
    struct rate *calls, *failed_logins; /* shared too */
    struct supervised role; /* a worker's, if there are several */
    struct herald herald;
    struct loop *loop;
    struct methods methods;
    struct error_book book;
    struct db_pool *pool;
    struct follower *follower;
    struct engine *engine;
    struct health health;
    struct natives natives;
    struct rpc_server *server;
    struct loop_signal on_term, on_int, on_hup;
    bool is_stopping;
};

static void on_fault(const struct err *fault, void *arg)
{
    log_error("%s", fault->msg);
}

static int check(struct daemon *daemon, struct err *err)
{
    struct check_options options = {
        .conninfo = daemon->options.database,
        .connect_timeout_usec = daemon->options.database_connect_timeout,
        .schema_change = method_schema_change,
    };

    return check_run(&options, &daemon->methods, &daemon->book, on_fault, NULL, err);
}

static int read_methods(struct daemon *daemon, struct err *err)
{
    int r = methods_init(&daemon->methods, method_files, err);

    return r < 0 ? r : methods_require_all(&daemon->methods, err);
}

static void free_methods(struct daemon *daemon)
{
    methods_release(&daemon->methods);
    error_book_release(&daemon->book);
}

static int start_loop(struct daemon *daemon, struct err *err)
{
    herald_init(&daemon->herald, daemon->role.is_worker ? daemon->role.fd : -1);
    return loop_new(&daemon->loop, err);
}

static void stop_loop(struct daemon *daemon)
{
    loop_free(daemon->loop);
}

static void on_database(bool is_up, const struct err *err, void *arg)
{
    struct daemon *daemon = arg;

    health_set_database(&daemon->health, is_up);
    if (is_up)
        log_info("the database is there");
    else
        log_warning("the database is away: %s", err ? err->msg : "no reason given");
}

static int start_pool(struct daemon *daemon, struct err *err)
{
    const struct options *from = &daemon->options;
    struct db_options options;
    char session[128]; /* WhoAmI tells the version */

    snprintf(session, sizeof(session), "-c canvass.server_version=%s -c lock_timeout=%lld",
        CANVASS_VERSION, (long long)(from->database_lock_timeout / USEC_PER_MSEC));
    db_options_init(&options);
    options.conninfo = from->database;
    options.session_options = session;
    options.connections = (int)from->database_connections;
    options.connect_timeout_usec = from->database_connect_timeout;
    options.statement_timeout_usec = from->database_statement_timeout;
    options.wait_usec = from->database_wait;
    options.queue_limit = (size_t)from->database_queue;
    options.on_state = on_database;
    options.arg = daemon;
    health_init(&daemon->health);
    return db_pool_new(daemon->loop, &options, &daemon->pool, err);
}

static void stop_pool(struct daemon *daemon)
{
    db_pool_free(daemon->pool);
}

static int start_follower(struct daemon *daemon, struct err *err)
{
    return follower_new(daemon->loop, daemon->pool, &daemon->follower, err);
}

static void stop_follower(struct daemon *daemon)
{
    follower_free(daemon->follower);
}

static int start_engine(struct daemon *daemon, struct err *err)
{
    struct engine_options options = {
        .loop = daemon->loop,
        .pool = daemon->pool,
        .methods = &daemon->methods,
        .errors = &daemon->book,
        .follower = daemon->follower,
        .message_memory_bytes = (size_t)daemon->options.max_call_memory,
        .max_watches = (size_t)daemon->options.max_watches,
        .signer = { daemon->options.tls_certificate, daemon->options.tls_key },
        .calls = daemon->calls,
        .failed_logins = daemon->failed_logins,
    };

    int r = engine_new(&options, &daemon->engine, err);
    if (r == 0)
        r = natives_init(
            &daemon->natives, daemon->engine, &daemon->health, daemon->options.reflection, err);
    daemon->natives.metrics = daemon->metrics;
    daemon->natives.pool = daemon->pool;
    daemon->natives.follower = daemon->follower;
    daemon->natives.logs_access = daemon->options.log_calls;
    daemon->natives.publishes_metrics = daemon->options.metrics_public;
    return r;
}

static void stop_engine(struct daemon *daemon)
{
    engine_free(daemon->engine);
}

/* Another worker that is asked for metrics tells ours of the last time. */
static void on_publish(void *arg)
{
    struct daemon *daemon = arg;

    natives_update_metrics(&daemon->natives);
    loop_timer_start(&daemon->publish, PUBLISH_USEC);
}

static void start_publishing(struct daemon *daemon)
{
    metrics_attach(daemon->metrics, daemon->role.index);
    loop_timer_init(&daemon->publish, daemon->loop, on_publish, daemon);
    on_publish(daemon);
}

static int start_server(struct daemon *daemon, struct err *err)
{
    const struct options *from = &daemon->options;
    struct rpc_options options;

    rpc_options_init(&options);
    options.tls_cert_file = *from->tls_certificate ? from->tls_certificate : NULL;
    options.tls_key_file = *from->tls_key ? from->tls_key : NULL;
    options.tls_client_ca_file = *from->tls_client_ca ? from->tls_client_ca : NULL;
    options.cors_origins = *from->cors_origins ? from->cors_origins : NULL;
    options.message_bytes_max = (size_t)from->max_message;
    options.call_bytes_max = (size_t)from->max_call_memory;
    options.connection_bytes_max = (size_t)from->max_connection_memory;
    options.header_bytes_max = (size_t)from->max_headers;
    options.header_count_max = (unsigned)from->max_header_count;
    options.continuations_max = (unsigned)from->max_continuations;
    options.settings_max = (unsigned)from->max_settings;
    options.reset_burst = (unsigned)from->max_resets;
    options.reset_per_second = (unsigned)from->max_resets_per_second;
    options.control_burst = (unsigned)from->max_empty_frames;
    options.control_per_second = (unsigned)from->max_empty_frames_per_second;
    options.keepalive_usec = from->timeout_keepalive;
    options.keepalive_timeout_usec = from->timeout_keepalive_answer;
    options.streams_max = (unsigned)from->max_streams;
    options.connections_max = (unsigned)from->max_connections;
    options.unary_usec_max = from->deadline_unary;
    options.stream_usec_max = from->deadline_stream;
    options.handshake_usec = from->timeout_handshake;
    options.idle_usec = from->timeout_idle;
    options.write_usec = from->timeout_write;
    int r = rpc_server_new(
        daemon->loop, &options, &native_handler, &daemon->natives, &daemon->server, err);
    if (r < 0)
        return r;
    daemon->natives.server = daemon->server;
    start_publishing(daemon);
    return listeners_serve(&daemon->listeners, daemon->server, err);
}

static void stop_server(struct daemon *daemon)
{
    loop_timer_stop(&daemon->publish);
    natives_update_metrics(&daemon->natives);
    daemon->natives.server = NULL;
    rpc_server_free(daemon->server);
    daemon->server = NULL;
}

/* ---- signals ---- */

static void on_drained(void *arg)
{
    struct daemon *daemon = arg;

    loop_break(daemon->loop);
}

static void on_stop(void *arg)
{
    struct daemon *daemon = arg;

    log_info(daemon->is_stopping ? "stopping at once" : "stopping: calls may end first");
    herald_say(&daemon->herald, HERALD_STOPPING);
    health_stop(&daemon->health);
    rpc_server_drain(
        daemon->server, daemon->is_stopping ? 0 : daemon->options.drain, on_drained, daemon);
    daemon->is_stopping = true;
}

/* What can change in a running daemon: the log and the certificate. A mistake keeps the old ones.
 * The parent of workers has no certificate, but its next worker begins with its log. */
static void reload(struct daemon *daemon)
{
    struct options fresh = { 0 };
    struct err err = { 0 };

    int r = options_load(&daemon->arguments, &fresh, &err);
    if (r == 0)
        r = options_open_log(&fresh, &err);
    if (r == 0 && daemon->server && *daemon->options.tls_certificate)
        r = rpc_server_reload_tls(daemon->server, &err);
    if (r < 0)
        log_error("reload: %s; what was in use stays", err.msg);
    else
        log_info("reloaded log level and certificate; other options wait for a restart");
    options_release(&fresh);
}

static void on_reload(void *arg)
{
    struct daemon *daemon = arg;

    herald_say(&daemon->herald, HERALD_RELOADING);
    reload(daemon);
    herald_say(&daemon->herald, HERALD_RELOADED);
}

static void ignore_signal(int number)
{
    static const struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigaction(number, &ignore, NULL);
}

static int start_signals(struct daemon *daemon, struct err *err)
{
    int r;

    ignore_signal(SIGPIPE);
    r = loop_signal_start(&daemon->on_term, daemon->loop, SIGTERM, on_stop, daemon, err);
    if (r == 0)
        r = loop_signal_start(&daemon->on_int, daemon->loop, SIGINT, on_stop, daemon, err);
    if (r == 0)
        r = loop_signal_start(&daemon->on_hup, daemon->loop, SIGHUP, on_reload, daemon, err);
    supervised_unblock();
    return r;
}

static void stop_signals(struct daemon *daemon)
{
    loop_signal_stop(&daemon->on_hup);
    loop_signal_stop(&daemon->on_int);
    loop_signal_stop(&daemon->on_term);
    /* one more on the way out must not turn a good end into a death by signal */
    ignore_signal(SIGHUP);
    ignore_signal(SIGINT);
    ignore_signal(SIGTERM);
}

/* ---- start in order, stop in reverse ---- */

static int open_listeners(struct daemon *daemon, struct err *err)
{
    return listeners_open(&daemon->listeners, daemon->options.listen, err);
}

/* A worker leaves the files of unix sockets to its parent. */
static void close_listeners(struct daemon *daemon)
{
    if (daemon->role.is_worker)
        listeners_close(&daemon->listeners);
    else
        listeners_release(&daemon->listeners);
}

static int write_pid_file(const struct daemon *daemon, struct err *err)
{
    const char *path = daemon->options.pid_file;

    if (!*path)
        return 0;
    FILE *file = fopen(path, "we");
    if (!file || fprintf(file, "%ld\n", (long)getpid()) < 0 || fclose(file) != 0)
        return err_set(err, ERR_INVALID, "pid_file: cannot write %s: %s", path, strerror(errno));
    return 0;
}

static int announce(struct daemon *daemon, struct err *err)
{
    herald_say(&daemon->herald, HERALD_READY);
    herald_beat(&daemon->herald, daemon->loop, daemon->options.watchdog);
    if (daemon->role.is_worker)
        return 0;
    listeners_log(&daemon->listeners);
    return write_pid_file(daemon, err);
}

static void remove_pid_file(const struct daemon *daemon)
{
    if (*daemon->options.pid_file && !daemon->role.is_worker)
        (void)unlink(daemon->options.pid_file);
}

static void retract(struct daemon *daemon)
{
    herald_release(&daemon->herald);
    remove_pid_file(daemon);
}

static void free_shared(struct daemon *daemon)
{
    metrics_free(daemon->metrics);
    rate_free(daemon->calls);
    rate_free(daemon->failed_logins);
}

/* What all workers count together. */
static int make_shared(struct daemon *daemon, struct err *err)
{
    const struct options *o = &daemon->options;
    int r = rate_new("calls", o->max_calls, o->max_calls_per_second, &daemon->calls, err);

    if (r == 0)
        r = rate_new("failed_logins", o->max_failed_logins, o->max_failed_logins_per_second,
            &daemon->failed_logins, err);
    if (r == 0)
        r = metrics_new((unsigned)o->workers, &daemon->metrics, err);
    if (r < 0)
        return r;
    metrics_add_rate(daemon->metrics, daemon->calls);
    metrics_add_rate(daemon->metrics, daemon->failed_logins);
    return 0;
}

/* ---- several workers ---- */

static void on_workers_ready(void *arg)
{
    struct daemon *daemon = arg;
    struct err err = { 0 };

    listeners_log(&daemon->listeners);
    if (write_pid_file(daemon, &err) < 0)
        log_error("%s", err.msg);
}

static void on_workers_reload(void *arg)
{
    reload(arg);
}

/* The address is to be free for a successor as soon as the workers have let go of it. */
static void on_workers_stop(void *arg)
{
    struct daemon *daemon = arg;

    log_info("stopping: the workers' calls may end first");
    listeners_close(&daemon->listeners);
}

/* In the parent of several workers this lasts as long as they do. */
static int start_workers(struct daemon *daemon, struct err *err)
{
    struct supervisor_options options = {
        .n_workers = (unsigned)daemon->options.workers,
        .silence_usec = daemon->options.watchdog,
        .stop_usec = daemon->options.drain + STOP_SPARE_USEC,
        .on_ready = on_workers_ready,
        .on_reload = on_workers_reload,
        .on_stop = on_workers_stop,
        .arg = daemon,
    };

    if (options.n_workers == 1)
        return 0;
    int r = supervise(&options, &daemon->role, err);
    remove_pid_file(daemon);
    return r;
}

/* A parent whose workers have ended has nothing else to do. */
static bool is_parent(const struct daemon *daemon)
{
    return daemon->options.workers > 1 && !daemon->role.is_worker;
}

static const struct part {
    const char *name;
    int (*start)(struct daemon *daemon, struct err *err);
    void (*stop)(struct daemon *daemon);
} parts[] = {
    { "methods", read_methods, free_methods },
    { "check", check, NULL },
    { "listen", open_listeners, close_listeners },
    { "shared memory", make_shared, free_shared },
    { "workers", start_workers, NULL },
    { "loop", start_loop, stop_loop },
    { "signals", start_signals, stop_signals },
    { "database", start_pool, stop_pool },
    { "catalogue", start_follower, stop_follower },
    { "engine", start_engine, stop_engine },
    { "server", start_server, stop_server },
    { "announcement", announce, retract },
};

#define N_CHECKED 2 /* parts of --check */
#define N_SUPERVISED 5 /* parts of a parent */

/* Start the first @n_parts parts, run the loop if these are all, and stop what was started. */
static int run(struct daemon *daemon, size_t n_parts)
{
    struct err err = { 0 };
    size_t n_started = 0;
    int r = 0;

    while (r == 0 && n_started < n_parts) {
        r = parts[n_started++].start(daemon, &err);
        if (n_started == N_SUPERVISED && is_parent(daemon))
            n_parts = N_SUPERVISED;
    }
    if (r == 0 && n_parts == ARRAY_SIZE(parts))
        r = loop_run(daemon->loop, &err);
    if (r < 0)
        log_error("%s: %s", parts[n_started - 1].name, err.msg);
    while (n_started-- > 0)
        if (parts[n_started].stop)
            parts[n_started].stop(daemon);
    if (r == 0 && n_parts > N_CHECKED)
        log_info("stopped");
    return r;
}

static int print_methods(struct daemon *daemon)
{
    struct err err = { 0 };
    int r = read_methods(daemon, &err);

    if (r < 0)
        log_error("%s", err.msg);
    else
        methods_print(&daemon->methods, stdout);
    free_methods(daemon);
    return r;
}

static int act(struct daemon *daemon)
{
    int r;

    switch (daemon->arguments.action) {
    case ACTION_PRINT_METHODS:
        return print_methods(daemon);
    case ACTION_PRINT_CONFIG:
        options_print(&daemon->options, stdout);
        return 0;
    case ACTION_CHECK:
        r = run(daemon, N_CHECKED);
        if (r == 0)
            printf("The database and this build fit.\n");
        return r;
    case ACTION_SERVE:
        return run(daemon, ARRAY_SIZE(parts));
    case ACTION_EXIT:
        break;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct daemon daemon = { 0 };
    struct err err = { 0 };
    int r = arguments_parse(argc, argv, &daemon.arguments);

    if (r == 0 && daemon.arguments.action != ACTION_EXIT) {
        r = sodium_init() < 0 ? err_set(&err, ERR_INTERNAL, "no random numbers")
                              : options_load(&daemon.arguments, &daemon.options, &err);
        if (r == 0)
            r = options_open_log(&daemon.options, &err);
        if (r < 0)
            log_error("%s", err.msg);
        else
            r = act(&daemon);
        options_release(&daemon.options);
    }
    arguments_release(&daemon.arguments);
    return r < 0;
}
