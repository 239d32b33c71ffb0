#include "wire/status.h"

const char *grpc_status_name(int status)
{
    static const char *const names[] = {
        [GRPC_OK] = "OK",
        [GRPC_CANCELLED] = "CANCELLED",
        [GRPC_UNKNOWN] = "UNKNOWN",
        [GRPC_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [GRPC_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [GRPC_NOT_FOUND] = "NOT_FOUND",
        [GRPC_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [GRPC_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [GRPC_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [GRPC_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [GRPC_ABORTED] = "ABORTED",
        [GRPC_OUT_OF_RANGE] = "OUT_OF_RANGE",
        [GRPC_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [GRPC_INTERNAL] = "INTERNAL",
        [GRPC_UNAVAILABLE] = "UNAVAILABLE",
        [GRPC_DATA_LOSS] = "DATA_LOSS",
        [GRPC_UNAUTHENTICATED] = "UNAUTHENTICATED",
    };
    return status >= 0 && status < (int)ARRAY_SIZE(names) ? names[status] : "UNKNOWN";
}

enum grpc_status grpc_status_from_err(int code)
{
    return code <= 0 && code >= ERR_UNAUTHENTICATED ? (enum grpc_status) - code : GRPC_UNKNOWN;
}

int grpc_status_to_err(enum grpc_status status)
{
    return -(int)status;
}

int grpc_status_parse(const char *text, size_t n, enum grpc_status *ret_status)
{
    int number = 0;
    if (n < 1 || n > 3)
        return ERR_INVALID;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return ERR_INVALID;
        number = number * 10 + (text[i] - '0');
    }
    *ret_status = number <= GRPC_UNAUTHENTICATED ? (enum grpc_status)number : GRPC_UNKNOWN;
    return 0;
}
