#include "base/err.h"

#include "base/str.h"

#include <stdarg.h>

_printf_(4, 0) static void err_fill(
    struct err *err, enum err_code code, const char *field, const char *fmt, va_list args)
{
    /* the arguments may come from err itself ("while reading: %s", err->msg) */
    struct err filled = { .code = code };
    snprintf(filled.field, sizeof(filled.field), "%s", field ? field : "");
    vsnprintf(filled.msg, sizeof(filled.msg), fmt, args);
    /* both travel as protobuf strings, which must be UTF-8 */
    utf8_trim(filled.field);
    utf8_trim(filled.msg);
    *err = filled;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        err_fill(err, code, NULL, fmt, args);
        va_end(args);
    }
    return code;
}

int err_set_field(struct err *err, enum err_code code, const char *field, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        err_fill(err, code, field, fmt, args);
        va_end(args);
    }
    return code;
}

int err_oom(struct err *err)
{
    return err_set(err, ERR_EXHAUSTED, "out of memory");
}

const char *err_name(int code)
{
    static const char *const names[] = {
        "ok",
        "cancelled",
        "unknown",
        "invalid",
        "timeout",
        "not found",
        "exists",
        "denied",
        "exhausted",
        "precondition",
        "aborted",
        "range",
        "unimplemented",
        "internal",
        "unavailable",
        "data loss",
        "unauthenticated",
    };
    if (code > 0 || code <= -(int)ARRAY_SIZE(names))
        return "unknown";
    return names[-code];
}
