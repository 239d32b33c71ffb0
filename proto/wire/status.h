/* gRPC status codes, and the details that an error carries in grpc-status-details-bin.
 *
 * The details are a google.rpc.Status whose Any values hold a BadRequest (which field, what about
 * it) and a RetryInfo (when to try again). wire_details_pack() is for the server,
 * wire_details_unpack() for the client; base64 is metadata.h's.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum grpc_status {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_ABORTED = 10,
    GRPC_OUT_OF_RANGE = 11,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_DATA_LOSS = 15,
    GRPC_UNAUTHENTICATED = 16,
};

/* Return "NOT_FOUND" and the like; "UNKNOWN" for a number that is no status. Never NULL. */
const char *grpc_status_name(int status) _pure_;

/* Turn a return value (0 or enum err_code) into a status; what is neither becomes GRPC_UNKNOWN. */
enum grpc_status grpc_status_from_err(int code) _pure_;

/* Turn a status into a return value: 0 for GRPC_OK, else minus the number. */
int grpc_status_to_err(enum grpc_status status) _pure_;

/* Read the digits of a grpc-status header. ERR_INVALID if they are no number from 0 to 999; a
 * number above 16 gives GRPC_UNKNOWN. */
int grpc_status_parse(const char *text, size_t n, enum grpc_status *ret_status) _must_check_;

/* One fault in a request. */
struct wire_violation {
    const char *field; /* path in snake_case, or "" */
    const char *description;
};

/* What wire_details_unpack() found; all borrowed from the arena. */
struct wire_details {
    enum grpc_status code;
    const char *message; /* never NULL */
    const struct wire_violation *violations;
    size_t n_violations;
    int64_t retry_usec; /* 0: nothing was said */
};

/* Write the bytes of a google.rpc.Status into @arena: with a BadRequest if @n_violations is not 0,
 * with a RetryInfo if @retry_usec is above 0. 0 or ERR_EXHAUSTED. */
int wire_details_pack(struct arena *arena, enum grpc_status code, const char *message,
    const struct wire_violation *violations, size_t n_violations, int64_t retry_usec,
    uint8_t **ret_data, size_t *ret_len) _must_check_;

/* Read them. Details of other types are skipped. ERR_INVALID, ERR_EXHAUSTED. */
int wire_details_unpack(struct arena *arena, const uint8_t *data, size_t len,
    struct wire_details *ret_details, struct err *err) _must_check_;
