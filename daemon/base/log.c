#include "base/log.h"

#include "base/civil.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static enum log_level log_lowest = LOG_LEVEL_INFO;
static enum log_target log_where = LOG_TARGET_STDERR;

static const struct {
    const char *name;
    enum log_level level;
} log_levels[] = {
    { "debug", LOG_LEVEL_DEBUG },
    { "error", LOG_LEVEL_ERROR },
    { "info", LOG_LEVEL_INFO },
    { "warning", LOG_LEVEL_WARNING },
};

void log_open(enum log_level level, enum log_target target)
{
    log_lowest = level;
    log_where = target;
}

void log_set_level(enum log_level level)
{
    log_lowest = level;
}

bool log_is_enabled(enum log_level level)
{
    return level <= log_lowest;
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_SIZE(log_levels); i++) {
        if (str_eq(name, log_levels[i].name)) {
            *ret_level = log_levels[i].level;
            return 0;
        }
    }
    return ERR_INVALID;
}

static const char *log_level_name(enum log_level level)
{
    for (size_t i = 0; i < ARRAY_SIZE(log_levels); i++) {
        if (log_levels[i].level == level)
            return log_levels[i].name;
    }
    return "?";
}

static void log_disarm(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
}

static void log_to_stderr(enum log_level level, const char *text)
{
    int64_t now_usec = clock_now_usec();
    int64_t day = now_usec / USEC_PER_DAY, rest = now_usec % USEC_PER_DAY;
    struct civil_date date = civil_from_days(day);
    char line[1200];
    int n = snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s [%d] %s\n",
        date.year, date.month, date.day, (int)(rest / USEC_PER_HOUR),
        (int)(rest / USEC_PER_MINUTE % 60), (int)(rest / USEC_PER_SEC % 60),
        (int)(rest / USEC_PER_MSEC % 1000), log_level_name(level), (int)getpid(), text);
    size_t len = MIN((size_t)MAX(n, 0), sizeof(line) - 1);
    /* one write, so that lines of several workers do not mix; nobody to tell if it fails */
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

void log_write(enum log_level level, const char *file, int line, const char *fmt, ...)
{
    int saved_errno = errno;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    log_disarm(text);
    if (log_where == LOG_TARGET_JOURNAL) {
        int r = sd_journal_send("PRIORITY=%i", (int)level, "CODE_FILE=%s", file, "CODE_LINE=%i",
            line, "MESSAGE=%s", text, NULL);
        if (r < 0)
            log_to_stderr(level, text);
    } else {
        log_to_stderr(level, text);
    }
    errno = saved_errno;
}
