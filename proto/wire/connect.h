/* The Connect protocol's words for what gRPC says in numbers: names of codes, HTTP statuses, and
 * the JSON of an error (connectrpc.com/docs/protocol).
 */
#pragma once

#include "base/str.h"
#include "wire/status.h"

#include <stddef.h>

/* Return "not_found" and the like; "unknown" for a number that is no status. Never NULL. */
const char *connect_code_name(enum grpc_status status) _pure_;

/* Return the status line's number for an error: "404". Never NULL. */
const char *connect_http_status(enum grpc_status status) _pure_;

/* Append {"code": …, "message": …, "details": […]}. @message may be NULL. @details are the bytes of
 * a google.rpc.Status, as in grpc-status-details-bin; none if @len is 0, and left out if they
 * cannot be read. ERR_EXHAUSTED. */
int connect_print_error(enum grpc_status status, const char *message, const void *details,
    size_t len, struct str *out) _must_check_;
