/* Errors: one number, one sentence, and the request field that it speaks of.
 *
 * A fallible function returns 0 or a negative enum err_code and fills the caller's struct err,
 * which stays untouched on success, so calls can be chained. The code is minus the gRPC status
 * code: the same number is a return value, a row of the SQLSTATE table and a status on the wire.
 *
 *     struct err err = { 0 };
 *     if (thing_open(&thing, path, &err) < 0)
 *         log_error("cannot start: %s", err.msg);
 *
 * Every function below accepts a NULL err, and then only returns the code.
 */
#pragma once

#include "base/macro.h"

enum err_code {
    ERR_CANCELLED = -1,
    ERR_UNKNOWN = -2,
    ERR_INVALID = -3, /* the input is wrong, whatever the state */
    ERR_TIMEOUT = -4,
    ERR_NOT_FOUND = -5,
    ERR_EXISTS = -6,
    ERR_DENIED = -7,
    ERR_EXHAUSTED = -8, /* a limit was reached; also: out of memory */
    ERR_PRECONDITION = -9, /* the state forbids it */
    ERR_ABORTED = -10, /* somebody else was first: read again and repeat */
    ERR_RANGE = -11,
    ERR_UNIMPLEMENTED = -12,
    ERR_INTERNAL = -13, /* a fault of ours, or of the peer's protocol code */
    ERR_UNAVAILABLE = -14, /* try again later; also: the database is gone */
    ERR_DATA_LOSS = -15,
    ERR_UNAUTHENTICATED = -16,
};

struct err {
    enum err_code code;
    char field[128]; /* path of the request field, "employer.sites[2].postcode", or "" */
    char msg[512]; /* a sentence for people */
};

/* Fill @err with @code and a formatted sentence, clear its field, and return @code. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) _printf_(3, 4);

/* Like err_set(), and name the field of the request by its path; NULL is "". */
int err_set_field(struct err *err, enum err_code code, const char *field, const char *fmt, ...)
    _printf_(4, 5);

/* Fill @err with ERR_EXHAUSTED, "out of memory", and return that code. */
int err_oom(struct err *err);

/* Return a short lower-case name of @code for logs ("not found"); "ok" for 0. Never NULL. */
const char *err_name(int code) _pure_;
