/* The log: lines to stderr, or to the journal with their priority.
 *
 * Only `service` and `main` log above debug. A line carries ids, never names, free text or data.
 * Control characters are written as '?', so that nothing can forge a line.
 *
 *     log_open(LOG_LEVEL_INFO, LOG_TARGET_STDERR);
 *     log_info("listening on port %d", port);
 *
 * Before log_open() the log goes to stderr from LOG_LEVEL_INFO upwards. Logging never fails
 * visibly and keeps errno.
 */
#pragma once

#include "base/macro.h"

#include <stdbool.h>

enum log_level {
    LOG_LEVEL_ERROR = 3, /* the numbers are syslog's priorities */
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7,
};

enum log_target {
    LOG_TARGET_STDERR,
    LOG_TARGET_JOURNAL,
};

/* Choose the lowest level that is written, and where it goes. May be called again. */
void log_open(enum log_level level, enum log_target target);

/* Choose the lowest level that is written. */
void log_set_level(enum log_level level);

/* Say whether a line of @level would be written: saves work before an expensive line. */
bool log_is_enabled(enum log_level level);

/* Turn "error", "warning", "info" or "debug" into a level; 0, or ERR_INVALID. */
int log_level_parse(const char *name, enum log_level *ret_level) _must_check_;

/* Write one line; use the macros below. */
void log_write(enum log_level level, const char *file, int line, const char *fmt, ...)
    _printf_(4, 5);

#define log_at(level, ...)                                                                         \
    do {                                                                                           \
        if (log_is_enabled(level))                                                                 \
            log_write((level), __FILE__, __LINE__, __VA_ARGS__);                                   \
    } while (0)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
