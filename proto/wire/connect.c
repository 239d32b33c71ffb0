#include "wire/connect.h"

#include "wire/message.h"
#include "wire/metadata.h"

#include "google/rpc/status.pb-c.h"

#include <jansson.h>
#include <string.h>

/* By the number of the status. */
static const struct {
    const char *name, *http_status;
} codes[] = {
    [GRPC_OK] = { "ok", "200" },
    [GRPC_CANCELLED] = { "canceled", "499" },
    [GRPC_UNKNOWN] = { "unknown", "500" },
    [GRPC_INVALID_ARGUMENT] = { "invalid_argument", "400" },
    [GRPC_DEADLINE_EXCEEDED] = { "deadline_exceeded", "504" },
    [GRPC_NOT_FOUND] = { "not_found", "404" },
    [GRPC_ALREADY_EXISTS] = { "already_exists", "409" },
    [GRPC_PERMISSION_DENIED] = { "permission_denied", "403" },
    [GRPC_RESOURCE_EXHAUSTED] = { "resource_exhausted", "429" },
    [GRPC_FAILED_PRECONDITION] = { "failed_precondition", "400" },
    [GRPC_ABORTED] = { "aborted", "409" },
    [GRPC_OUT_OF_RANGE] = { "out_of_range", "400" },
    [GRPC_UNIMPLEMENTED] = { "unimplemented", "501" },
    [GRPC_INTERNAL] = { "internal", "500" },
    [GRPC_UNAVAILABLE] = { "unavailable", "503" },
    [GRPC_DATA_LOSS] = { "data_loss", "500" },
    [GRPC_UNAUTHENTICATED] = { "unauthenticated", "401" },
};

static size_t known(enum grpc_status status)
{
    return (size_t)status < ARRAY_SIZE(codes) ? (size_t)status : GRPC_UNKNOWN;
}

const char *connect_code_name(enum grpc_status status)
{
    return codes[known(status)].name;
}

const char *connect_http_status(enum grpc_status status)
{
    return codes[known(status)].http_status;
}

/* One detail: {"type": "google.rpc.BadRequest", "value": base64}. */
static json_t *print_detail(const Google__Protobuf__Any *any)
{
    _cleanup_(str_release) struct str value = { 0 };
    const char *slash = strrchr(any->type_url, '/');

    metadata_base64_encode(any->value.data, any->value.len, false, &value);
    return value.failed ? NULL
                        : json_pack("{s:s, s:s}", "type", slash ? slash + 1 : any->type_url,
                            "value", str_text(&value));
}

/* A new array; empty where the bytes are no google.rpc.Status. */
static json_t *print_details(const void *data, size_t len)
{
    _cleanup_(arena_release) struct arena arena;
    ProtobufCMessage *message;
    json_t *details = json_array();

    arena_init(&arena, 0);
    if (message_unpack(&google__rpc__status__descriptor, &arena, data, len, NULL, &message, NULL)
        < 0)
        return details;
    const Google__Rpc__Status *status = (const Google__Rpc__Status *)message;
    for (size_t i = 0; i < status->n_details; i++) {
        if (json_array_append_new(details, print_detail(status->details[i])) < 0) {
            json_decref(details);
            return NULL;
        }
    }
    return details;
}

static int append(const char *data, size_t len, void *arg)
{
    struct str *out = arg;
    str_add(out, data, len);
    return out->failed ? -1 : 0;
}

int connect_print_error(
    enum grpc_status status, const char *message, const void *details, size_t len, struct str *out)
{
    json_t *error = json_pack("{s:s}", "code", connect_code_name(status));
    int r = error ? 0 : -1;

    if (r == 0 && message && utf8_valid(message, strlen(message)))
        r = json_object_set_new(error, "message", json_string(message));
    if (r == 0 && len > 0)
        r = json_object_set_new(error, "details", print_details(details, len));
    if (r == 0)
        r = json_dump_callback(error, append, out, JSON_COMPACT);
    json_decref(error);
    return r == 0 ? 0 : ERR_EXHAUSTED;
}
