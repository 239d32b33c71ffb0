/* Exit codes that scripts can rely on. They stand in canvass(1), which this table must agree with.
 */
#pragma once

#include "base/macro.h"

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAULT = 1, /* a fault in a program, or what has no code of its own */
    EXIT_CODE_USAGE = 2, /* the command line is wrong; nothing was asked of the server */
    EXIT_CODE_INVALID = 3, /* a value was refused */
    EXIT_CODE_NOT_FOUND = 4,
    EXIT_CODE_EXISTS = 5,
    EXIT_CODE_DENIED = 6,
    EXIT_CODE_PRECONDITION = 7, /* the state forbids it */
    EXIT_CODE_ABORTED = 8, /* somebody else changed it first */
    EXIT_CODE_LOGIN = 9, /* no valid token, or a server that is not trusted */
    EXIT_CODE_UNAVAILABLE = 10, /* no server, or no answer in time */
    EXIT_CODE_EXHAUSTED = 11, /* a limit was reached */
    EXIT_CODE_AMBIGUOUS = 12, /* several things have that name */
    EXIT_CODE_ROWS_REFUSED = 13, /* an import went through, but some rows were refused */
    EXIT_CODE_INTERRUPTED = 130,
};

/* Return the exit code of a return value: 0 or an enum err_code. */
int exit_code_from_err(int code) _pure_;

/* Return what the user can do about an error of this code, a sentence; "" if that is obvious. */
const char *exit_code_advice(int code) _pure_;
