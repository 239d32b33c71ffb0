#include "main/options.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/str.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

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
    OPTION(cors_origins, STRING, NULL, 0, 0, "web pages that may call, as https://a.example, separated by commas"),
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
    OPTION(log_calls, BOOL, "yes", 0, 0, "a line for each call, at info: its id, method, end and duration"),
    OPTION(log_level, STRING, "info", 0, 0, "error, warning, info or debug"),
    OPTION(log_target, STRING, "stderr", 0, 0, "stderr or journal"),
    OPTION(max_call_memory, SIZE, "64MiB", 1 << 20, INT64_C(4) << 30, "memory that one call may take"),
    OPTION(max_calls, INT, "2000", 0, 1000000, "calls of one caller in one burst; 0: no limit"),
    OPTION(max_calls_per_second, INT, "200", 1, 1000000, "and for long"),
    OPTION(max_connection_memory, SIZE, "32MiB", 1 << 20, INT64_C(4) << 30, "requests that wait in one connection, all its calls"),
    OPTION(max_connections, INT, "10000", 1, 1000000, "connections; more are closed at once"),
    OPTION(max_continuations, INT, "8", 0, 1000, "CONTINUATION frames of one call's headers"),
    OPTION(max_empty_frames, INT, "2000", 0, 1000000, "frames that carry nothing (PING, SETTINGS, ...) in one burst; 0: no limit"),
    OPTION(max_empty_frames_per_second, INT, "200", 0, 1000000, "and for long, besides those that honest calls need"),
    OPTION(max_failed_logins, INT, "30", 0, 1000000, "calls with a token that is not valid, from one address in one burst; 0: no limit"),
    OPTION(max_failed_logins_per_second, INT, "1", 1, 1000000, "and for long; who was let in before is not held up"),
    OPTION(max_header_count, INT, "128", 16, 10000, "fields in the headers of one call"),
    OPTION(max_headers, SIZE, "16KiB", 4096, 1 << 20, "headers of one call"),
    OPTION(max_message, SIZE, "4MiB", 1024, 1 << 30, "one message, after decompression"),
    OPTION(max_resets, INT, "4000", 0, 1000000, "calls that a client may cancel in one burst; 0: no limit"),
    OPTION(max_resets_per_second, INT, "400", 0, 1000000, "and for long"),
    OPTION(max_settings, INT, "32", 8, 1000, "entries of one SETTINGS frame"),
    OPTION(max_streams, INT, "100", 1, 100000, "calls at once on one connection"),
    OPTION(max_watches, INT, "32", 0, 1000000, "watches of one login at a time; 0: no limit"),
    OPTION(metrics_public, BOOL, "no", 0, 0, "GET /metrics for every address, not only for this machine's own"),
    OPTION(pid_file, STRING, NULL, 0, 0, "file for the process's number once it serves; empty: none"),
    OPTION(reflection, BOOL, "yes", 0, 0, "tell clients without .proto files what is offered"),
    OPTION(timeout_handshake, DURATION, "10s", USEC_PER_MSEC, USEC_PER_HOUR, "for TLS and the first frames"),
    OPTION(timeout_idle, DURATION, "10min", 0, USEC_PER_DAY, "a connection without calls is closed; 0: never"),
    OPTION(timeout_keepalive, DURATION, "2min", 0, USEC_PER_DAY, "silent for so long with calls open, a client gets a PING; 0: never"),
    OPTION(timeout_keepalive_answer, DURATION, "20s", USEC_PER_MSEC, USEC_PER_HOUR, "and is dropped if it does not answer it"),
    OPTION(timeout_write, DURATION, "30s", USEC_PER_SEC, USEC_PER_DAY, "a peer that takes no byte of its answer is dropped"),
    OPTION(tls_certificate, STRING, NULL, 0, 0, "PEM file with the chain; empty: no TLS, on loopback and unix sockets only"),
    OPTION(tls_client_ca, STRING, NULL, 0, 0, "PEM file: who may vouch for clients that show a certificate; empty: none is asked"),
    OPTION(tls_key, STRING, NULL, 0, 0, "PEM file"),
    OPTION(watchdog, DURATION, "30s", 0, USEC_PER_HOUR, "a worker whose loop is silent for so long is killed and replaced; 0: never"),
    OPTION(workers, INT, "1", 1, 256, "processes that share the addresses; limits and connections are those of each"),
};
/* clang-format on */

#define N_OPTIONS ARRAY_SIZE(option_table)

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

/* Keep "f<file>" or "s<name=value>" for options_load(). */
static int keep_argument(struct arguments *arguments, char kind, const char *value)
{
    char **grown = reallocarray(arguments->list, arguments->n + 1, sizeof(*grown));
    struct str text = { 0 };

    if (!grown)
        return ERR_EXHAUSTED;
    arguments->list = grown;
    str_addc(&text, kind);
    str_addz(&text, value);
    grown[arguments->n] = str_steal(&text);
    if (!grown[arguments->n])
        return ERR_EXHAUSTED;
    arguments->n++;
    return 0;
}

int arguments_parse(int argc, char **argv, struct arguments *ret_arguments)
{
    int option, r = 0;

    *ret_arguments = (struct arguments) { .action = ACTION_SERVE };
    while (r == 0 && (option = getopt_long(argc, argv, "c:hs:", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            r = keep_argument(ret_arguments, 'f', optarg);
            break;
        case 's':
            r = keep_argument(ret_arguments, 's', optarg);
            break;
        case OPT_CHECK:
            ret_arguments->action = ACTION_CHECK;
            break;
        case OPT_PRINT_CONFIG:
            ret_arguments->action = ACTION_PRINT_CONFIG;
            break;
        case OPT_PRINT_METHODS:
            ret_arguments->action = ACTION_PRINT_METHODS;
            break;
        case OPT_VERSION:
            puts("canvassd " CANVASS_VERSION);
            ret_arguments->action = ACTION_EXIT;
            return 0;
        case 'h':
            fputs(usage, stdout);
            ret_arguments->action = ACTION_EXIT;
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

void arguments_release(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->n; i++)
        free(arguments->list[i]);
    free(arguments->list);
}

/* ---- options ---- */

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

int options_load(const struct arguments *arguments, struct options *ret_options, struct err *err)
{
    int r = config_init_defaults(option_table, N_OPTIONS, ret_options, err);

    if (r == 0)
        r = config_load_env(option_table, N_OPTIONS, ret_options, err);
    for (int pass = 0; r == 0 && pass < 2; pass++)
        for (size_t i = 0; r == 0 && i < arguments->n; i++)
            if (arguments->list[i][0] == "fs"[pass])
                r = apply_argument(ret_options, arguments->list[i], err);
    return r;
}

void options_release(struct options *options)
{
    config_release(option_table, N_OPTIONS, options);
}

void options_print(const struct options *options, FILE *out)
{
    config_print(option_table, N_OPTIONS, options, out);
}

int options_open_log(const struct options *options, struct err *err)
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
