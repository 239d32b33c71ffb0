#include "client/exit_code.h"

#include "base/err.h"

static const struct {
    int code;
    enum exit_code exit_code;
    const char *advice;
} table[] = {
    { ERR_CANCELLED, EXIT_CODE_INTERRUPTED, "" },
    { ERR_UNKNOWN, EXIT_CODE_FAULT, "" },
    { ERR_INVALID, EXIT_CODE_INVALID, "" },
    { ERR_TIMEOUT, EXIT_CODE_UNAVAILABLE,
        "It is not known whether it was done. Look before you do it again." },
    { ERR_NOT_FOUND, EXIT_CODE_NOT_FOUND, "" },
    { ERR_EXISTS, EXIT_CODE_EXISTS, "" },
    { ERR_DENIED, EXIT_CODE_DENIED, "\"canvass whoami\" shows your team and roles." },
    { ERR_EXHAUSTED, EXIT_CODE_EXHAUSTED, "" },
    { ERR_PRECONDITION, EXIT_CODE_PRECONDITION, "" },
    { ERR_ABORTED, EXIT_CODE_ABORTED, "Look at it again, then repeat your change." },
    { ERR_RANGE, EXIT_CODE_INVALID, "" },
    { ERR_UNIMPLEMENTED, EXIT_CODE_FAULT,
        "The server does not know this command: it is older than this program." },
    { ERR_INTERNAL, EXIT_CODE_FAULT, "This is a fault in the program, not in what you typed." },
    { ERR_UNAVAILABLE, EXIT_CODE_UNAVAILABLE,
        "Nothing is half done. Try again when the connection is back." },
    { ERR_DATA_LOSS, EXIT_CODE_FAULT, "" },
    { ERR_UNAUTHENTICATED, EXIT_CODE_LOGIN, "Log in with: canvass login HOST:PORT" },
};

int exit_code_from_err(int code)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (table[i].code == code)
            return table[i].exit_code;
    }
    return code == 0 ? EXIT_CODE_OK : EXIT_CODE_FAULT;
}

const char *exit_code_advice(int code)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (table[i].code == code)
            return table[i].advice;
    }
    return "";
}
