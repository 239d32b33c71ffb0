/* canvassd: options, start in order, stop in reverse. */
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/str.h"
#include "db/pool.h"
#include "rpc/server.h"
#include "service/check.h"
#include "service/engine.h"
#include "service/errors.h"
#include "service/health.h"
#include "service/method_file.h"
#include "service/methods.h"
#include "service/native.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* ---- options ---- */

struct options {
    char *listen, *tls_certificate, *tls_key;
    char *database;
    int64_t database_connections, database_queue;
    int64_t database_connect_timeout, database_lock_timeout, database_statement_timeout;
    int64_t database_wait;
    int64_t max_message, max_call_memory, max_headers, max_streams, max_connections;
    int64_t deadline_unary, deadline_stream, timeout_handshake, timeout_idle, timeout_write;
    int64_t drain;
    bool reflection;
    char *log_level, *log_target, *pid_file;
};

#define OPTION(option, kind, value, lowest, highest, text)                                         \
    {                                                                                              \
        .name = #option, .type = CONFIG_##kind, .offset = offsetof(struct options, option),        \
        .default_value = value, .min = lowest, .max = highest, .help = text                        \
    }

/* clang-format off */
static const struct config_option option_table[] = {
    { .name = "database", .env = "CANVASS_DATABASE", .type = CONFIG_STRING, .is_secret = true,
      .offset = offsetof(struct options, database),
      .default_value = "host=/run/postgresql dbname=canvass user=canvass_app",
      .help = "PostgreSQL, in libpq's words; give hostaddr or a socket's folder" },
    OPTION(database_connect_timeout, DURATION, "5s", USEC_PER_MSEC, USEC_PER_HOUR, "for one attempt to connect"),
    OPTION(database_connections, INT, "2", 1, 64, "connections to PostgreSQL"),
    OPTION(database_lock_timeout, DURATION, "5s", USEC_PER_MSEC, USEC_PER_HOUR, "a write waits so long for rows that another one changes"),
    OPTION(database_queue, INT, "1024", 1, 1000000, "calls that may wait for the database; more are refused"),
    OPTION(database_statement_timeout, DURATION, "30s", 0, USEC_PER_HOUR, "the server ends a longer statement"),
    OPTION(database_wait, DURATION, "5s", 0, USEC_PER_HOUR, "how long a call waits for a database that is away"),
    OPTION(deadline_stream, DURATION, "1h", 0, 7 * USEC_PER_DAY, "longest stream; 0: no limit"),
    OPTION(deadline_unary, DURATION, "1min", 0, USEC_PER_DAY, "longest call without streams; 0: no limit"),
    OPTION(drain, DURATION, "10s", 0, USEC_PER_HOUR, "how long calls may go on at a stop"),
    OPTION(listen, STRING, "127.0.0.1:7443", 0, 0, "addresses and ports, or paths of unix sockets, separated by commas"),
    OPTION(log_level, STRING, "info", 0, 0, "error, warning, info or debug"),
    OPTION(log_target, STRING, "stderr", 0, 0, "stderr or journal"),
    OPTION(max_call_memory, SIZE, "64MiB", 1 << 20, INT64_C(4) << 30, "memory that one call may take"),
    OPTION(max_connections, INT, "10000", 1, 1000000, "connections; more are closed at once"),
    OPTION(max_headers, SIZE, "16KiB", 4096, 1 << 20, "headers of one call"),
    OPTION(max_message, SIZE, "4MiB", 1024, 1 << 30, "one message, after decompression"),
    OPTION(max_streams, INT, "100", 1, 100000, "calls at once on one connection"),
    OPTION(pid_file, STRING, NULL, 0, 0, "file for the process's number once it serves; empty: none"),
    OPTION(reflection, BOOL, "yes", 0, 0, "tell clients without .proto files what is offered"),
    OPTION(timeout_handshake, DURATION, "10s", USEC_PER_MSEC, USEC_PER_HOUR, "for TLS and the first frames"),
    OPTION(timeout_idle, DURATION, "10min", 0, USEC_PER_DAY, "a connection without calls is closed; 0: never"),
    OPTION(timeout_write, DURATION, "30s", USEC_PER_SEC, USEC_PER_DAY, "a peer that takes no byte of its answer is dropped"),
    OPTION(tls_certificate, STRING, NULL, 0, 0, "PEM file with the chain; empty: no TLS, on loopback and unix sockets only"),
    OPTION(tls_key, STRING, NULL, 0, 0, "PEM file"),
};
/* clang-format on */

#define N_OPTIONS ARRAY_SIZE(option_table)

enum action {
    ACTION_SERVE,
    ACTION_CHECK,
    ACTION_PRINT_METHODS,
    ACTION_PRINT_CONFIG,
    ACTION_EXIT,
};

static const char usage[]
    = "canvassd: the canvassing daemon (gRPC on TLS, PostgreSQL behind it)\n"
      "\n"
      "  canvassd [--config FILE] [--set NAME=VALUE]...\n"
      "\n"
      "  -c, --config FILE     read options from FILE (NAME = VALUE a line); again: further files\n"
      "  -s, --set NAME=VALUE  set one option; wins over files\n"
      "      --check           check that database and methods fit this build, and end\n"
      "      --print-config    print all options with their values, as a file\n"
      "      --print-methods   print method, roles, read or write, and where its SQL stands\n"
      "  -h, --help            print this\n"
      "      --version         print the version\n"
      "\n"
      "SIGTERM and SIGINT let calls end and stop; SIGHUP reads options and certificate again.\n";

/* ---- the daemon ---- */

struct daemon {
    struct options options;
    const char *const *arguments; /* "f<file>" and "s<name=value>" in order, for the reload */
    size_t n_arguments;
    struct loop *loop;
    struct methods methods;
    struct error_book book;
    struct db_pool *pool;
    struct engine *engine;
    struct health health;
    struct natives natives;
    struct rpc_server *server;
    struct loop_signal on_term, on_int, on_hup;
    bool is_stopping;
};

static int apply_argument(struct options *options, const char *argument, struct err *err)
{
    if (argument[0] == 'f')
        return config_load_file(option_table, N_OPTIONS, options, argument + 1, err);
    const char *equals = strchr(argument, '=');
    if (!equals)
        return err_set(err, ERR_INVALID, "--set %s: write NAME=VALUE", argument + 1);
    _cleanup_(freep) char *name = strndup(argument + 1, (size_t)(equals - argument - 1));
    if (!name)
        return err_oom(err);
    return config_set(option_table, N_OPTIONS, options, name, equals + 1, err);
}

/* Defaults, environment, then files and --set in the order given, files first. */
static int load_options(const struct daemon *daemon, struct options *ret_options, struct err *err)
{
    int r = config_init_defaults(option_table, N_OPTIONS, ret_options, err);

    if (r == 0)
        r = config_load_env(option_table, N_OPTIONS, ret_options, err);
    for (int pass = 0; r == 0 && pass < 2; pass++)
        for (size_t i = 0; r == 0 && i < daemon->n_arguments; i++)
            if (daemon->arguments[i][0] == "fs"[pass])
                r = apply_argument(ret_options, daemon->arguments[i], err);
    return r;
}

static int open_log(const struct options *options, struct err *err)
{
    enum log_level level;
    bool is_journal = str_eq(options->log_target, "journal");

    if (log_level_parse(options->log_level, &level) < 0)
        return err_set(err, ERR_INVALID, "log_level: use error, warning, info or debug");
    if (!is_journal && !str_eq(options->log_target, "stderr"))
        return err_set(err, ERR_INVALID, "log_target: use stderr or journal");
    log_open(level, is_journal ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR);
    return 0;
}

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

static int start_engine(struct daemon *daemon, struct err *err)
{
    struct engine_options options = {
        .loop = daemon->loop,
        .pool = daemon->pool,
        .methods = &daemon->methods,
        .errors = &daemon->book,
        .message_memory_bytes = (size_t)daemon->options.max_call_memory,
    };

    int r = engine_new(&options, &daemon->engine, err);
    return r < 0 ? r
                 : natives_init(&daemon->natives, daemon->engine, &daemon->health,
                     daemon->options.reflection, err);
}

static void stop_engine(struct daemon *daemon)
{
    engine_free(daemon->engine);
}

/* Listen on one address, and say where: the port may have been chosen by the system. */
static int listen_one(struct daemon *daemon, const char *text, size_t len, struct err *err)
{
    char address[512];

    if (len >= sizeof(address))
        return err_set(err, ERR_INVALID, "listen: an address is too long");
    memcpy(address, text, len);
    address[len] = '\0';
    int r = rpc_server_listen(daemon->server, address, err);
    if (r < 0)
        return r;
    const char *colon = strrchr(address, ':');
    if (colon && !strchr(address, '/'))
        log_info(
            "serving on %.*s:%d", (int)(colon - address), address, rpc_server_port(daemon->server));
    else
        log_info("serving on %s", address);
    return 0;
}

static int listen_all(struct daemon *daemon, struct err *err)
{
    for (const char *rest = daemon->options.listen; *rest;) {
        rest += strspn(rest, ", ");
        size_t len = strcspn(rest, ", ");
        int r = len ? listen_one(daemon, rest, len, err) : 0;
        if (r < 0)
            return r;
        rest += len;
    }
    return 0;
}

static int start_server(struct daemon *daemon, struct err *err)
{
    const struct options *from = &daemon->options;
    struct rpc_options options;

    rpc_options_init(&options);
    options.tls_cert_file = *from->tls_certificate ? from->tls_certificate : NULL;
    options.tls_key_file = *from->tls_key ? from->tls_key : NULL;
    options.message_bytes_max = (size_t)from->max_message;
    options.call_bytes_max = (size_t)from->max_call_memory;
    options.header_bytes_max = (size_t)from->max_headers;
    options.streams_max = (unsigned)from->max_streams;
    options.connections_max = (unsigned)from->max_connections;
    options.unary_usec_max = from->deadline_unary;
    options.stream_usec_max = from->deadline_stream;
    options.handshake_usec = from->timeout_handshake;
    options.idle_usec = from->timeout_idle;
    options.write_usec = from->timeout_write;
    int r = rpc_server_new(
        daemon->loop, &options, &native_handler, &daemon->natives, &daemon->server, err);
    return r < 0 ? r : listen_all(daemon, err);
}

static void stop_server(struct daemon *daemon)
{
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
    sd_notify(0, "STOPPING=1");
    health_stop(&daemon->health);
    rpc_server_drain(
        daemon->server, daemon->is_stopping ? 0 : daemon->options.drain, on_drained, daemon);
    daemon->is_stopping = true;
}

/* What can change in a running daemon: the log and the certificate. A mistake keeps the old ones.
 */
static void on_reload(void *arg)
{
    struct daemon *daemon = arg;
    struct options fresh = { 0 };
    struct err err = { 0 };

    int r = load_options(daemon, &fresh, &err);
    if (r == 0)
        r = open_log(&fresh, &err);
    if (r == 0 && *daemon->options.tls_certificate)
        r = rpc_server_reload_tls(daemon->server, &err);
    if (r < 0)
        log_error("reload: %s; what was in use stays", err.msg);
    else
        log_info("reloaded log level and certificate; other options wait for a restart");
    config_release(option_table, N_OPTIONS, &fresh);
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

static int announce(struct daemon *daemon, struct err *err)
{
    const char *path = daemon->options.pid_file;

    sd_notifyf(0, "READY=1\nMAINPID=%ld", (long)getpid());
    if (!*path)
        return 0;
    FILE *file = fopen(path, "we");
    if (!file || fprintf(file, "%ld\n", (long)getpid()) < 0 || fclose(file) != 0)
        return err_set(err, ERR_INVALID, "pid_file: cannot write %s: %s", path, strerror(errno));
    return 0;
}

static void retract(struct daemon *daemon)
{
    if (*daemon->options.pid_file)
        unlink(daemon->options.pid_file);
}

static const struct part {
    const char *name;
    int (*start)(struct daemon *daemon, struct err *err);
    void (*stop)(struct daemon *daemon);
} parts[] = {
    { "methods", read_methods, free_methods },
    { "check", check, NULL },
    { "loop", start_loop, stop_loop },
    { "signals", start_signals, stop_signals },
    { "database", start_pool, stop_pool },
    { "engine", start_engine, stop_engine },
    { "server", start_server, stop_server },
    { "announcement", announce, retract },
};

/* Start the first @n_parts parts, run the loop if these are all, and stop what was started. */
static int run(struct daemon *daemon, size_t n_parts)
{
    struct err err = { 0 };
    size_t n_started = 0;
    int r = 0;

    while (r == 0 && n_started < n_parts)
        r = parts[n_started++].start(daemon, &err);
    if (r == 0 && n_parts == ARRAY_SIZE(parts))
        r = loop_run(daemon->loop, &err);
    if (r < 0)
        log_error("%s: %s", parts[n_started - 1].name, err.msg);
    while (n_started-- > 0)
        if (parts[n_started].stop)
            parts[n_started].stop(daemon);
    if (r == 0 && n_parts == ARRAY_SIZE(parts))
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

static int act(struct daemon *daemon, enum action action)
{
    int r;

    switch (action) {
    case ACTION_PRINT_METHODS:
        return print_methods(daemon);
    case ACTION_PRINT_CONFIG:
        config_print(option_table, N_OPTIONS, &daemon->options, stdout);
        return 0;
    case ACTION_CHECK:
        r = run(daemon, 2);
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

/* ---- the command line ---- */

enum {
    OPT_CHECK = 256,
    OPT_PRINT_CONFIG,
    OPT_PRINT_METHODS,
    OPT_VERSION,
};

static const struct option long_options[] = {
    { "check", no_argument, NULL, OPT_CHECK },
    { "config", required_argument, NULL, 'c' },
    { "help", no_argument, NULL, 'h' },
    { "print-config", no_argument, NULL, OPT_PRINT_CONFIG },
    { "print-methods", no_argument, NULL, OPT_PRINT_METHODS },
    { "set", required_argument, NULL, 's' },
    { "version", no_argument, NULL, OPT_VERSION },
    { 0 },
};

/* Keep "f<file>" or "s<name=value>" for load_options(). */
static int keep_argument(char ***arguments, size_t *n, char kind, const char *value)
{
    char **grown = reallocarray(*arguments, *n + 1, sizeof(*grown));
    struct str text = { 0 };

    if (!grown)
        return ERR_EXHAUSTED;
    *arguments = grown;
    str_addc(&text, kind);
    str_addz(&text, value);
    grown[*n] = str_steal(&text);
    if (!grown[*n])
        return ERR_EXHAUSTED;
    (*n)++;
    return 0;
}

static int parse_arguments(
    int argc, char **argv, char ***arguments, size_t *n, enum action *ret_action)
{
    int option, r = 0;

    *ret_action = ACTION_SERVE;
    while (r == 0 && (option = getopt_long(argc, argv, "c:hs:", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            r = keep_argument(arguments, n, 'f', optarg);
            break;
        case 's':
            r = keep_argument(arguments, n, 's', optarg);
            break;
        case OPT_CHECK:
            *ret_action = ACTION_CHECK;
            break;
        case OPT_PRINT_CONFIG:
            *ret_action = ACTION_PRINT_CONFIG;
            break;
        case OPT_PRINT_METHODS:
            *ret_action = ACTION_PRINT_METHODS;
            break;
        case OPT_VERSION:
            puts("canvassd " CANVASS_VERSION);
            *ret_action = ACTION_EXIT;
            return 0;
        case 'h':
            fputs(usage, stdout);
            *ret_action = ACTION_EXIT;
            return 0;
        default:
            return ERR_INVALID;
        }
    }
    if (r == 0 && optind < argc) {
        fprintf(stderr, "canvassd: %s: not understood; see --help\n", argv[optind]);
        r = ERR_INVALID;
    }
    return r;
}

int main(int argc, char **argv)
{
    struct daemon daemon = { 0 };
    enum action action;
    char **arguments = NULL;
    struct err err = { 0 };
    int r = parse_arguments(argc, argv, &arguments, &daemon.n_arguments, &action);

    daemon.arguments = (const char *const *)arguments;
    if (r == 0 && action != ACTION_EXIT) {
        r = sodium_init() < 0 ? err_set(&err, ERR_INTERNAL, "no random numbers")
                              : load_options(&daemon, &daemon.options, &err);
        if (r == 0)
            r = open_log(&daemon.options, &err);
        if (r < 0)
            log_error("%s", err.msg);
        else
            r = act(&daemon, action);
        config_release(option_table, N_OPTIONS, &daemon.options);
    }
    for (size_t i = 0; arguments && i < daemon.n_arguments; i++)
        free(arguments[i]);
    free(arguments);
    return r < 0;
}
