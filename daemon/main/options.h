/* What the daemon is told: the command line, files, the environment, and the options they set.
 *
 *     struct arguments arguments;
 *     arguments_parse(argc, argv, &arguments);
 *     options_load(&arguments, &options, &err);      again at a reload, into another struct
 *     ...
 *     options_release(&options);
 *     arguments_release(&arguments);
 *
 * Errors name the option, its file and line, and what is accepted.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct options {
    char *listen, *cors_origins, *tls_certificate, *tls_client_ca, *tls_key;
    char *database;
    int64_t database_connections, database_queue;
    int64_t database_connect_timeout, database_lock_timeout, database_statement_timeout;
    int64_t database_wait;
    int64_t max_message, max_call_memory, max_connection_memory, max_headers, max_header_count;
    int64_t max_streams, max_connections, max_continuations, max_settings;
    int64_t max_resets, max_resets_per_second, max_empty_frames, max_empty_frames_per_second;
    int64_t deadline_unary, deadline_stream, timeout_handshake, timeout_idle, timeout_write;
    int64_t timeout_keepalive, timeout_keepalive_answer;
    int64_t max_calls, max_calls_per_second, max_failed_logins, max_failed_logins_per_second;
    int64_t max_watches;
    int64_t drain, watchdog, workers;
    bool log_calls, metrics_public, reflection;
    char *log_level, *log_target, *pid_file;
};

enum action {
    ACTION_SERVE,
    ACTION_CHECK,
    ACTION_PRINT_METHODS,
    ACTION_PRINT_CONFIG,
    ACTION_EXIT,
};

struct arguments {
    char **list; /* "f<file>" and "s<name=value>" in order */
    size_t n;
    enum action action;
};

/* Read the command line; what was not understood is said on stderr. ERR_INVALID, ERR_EXHAUSTED. */
int arguments_parse(int argc, char **argv, struct arguments *ret_arguments) _must_check_;

void arguments_release(struct arguments *arguments);

/* Defaults, environment, then files and --set in the order given, files first. */
int options_load(
    const struct arguments *arguments, struct options *ret_options, struct err *err) _must_check_;

void options_release(struct options *options);

/* Print all with their help, as a file that options_load() reads. */
void options_print(const struct options *options, FILE *out);

/* Open the log as the options say. */
int options_open_log(const struct options *options, struct err *err) _must_check_;
