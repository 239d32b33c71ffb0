#include "wire/status.h"

#include "base/clock.h"
#include "base/str.h"
#include "wire/message.h"

#include <google/rpc/error_details.pb-c.h>
#include <google/rpc/status.pb-c.h>

#define DETAILS_PREFIX "type.googleapis.com/"

/* Add @detail, packed, to @status, which has room for it. */
static int details_add(
    struct arena *arena, Google__Rpc__Status *status, const ProtobufCMessage *detail)
{
    Google__Protobuf__Any *any
        = (Google__Protobuf__Any *)message_new(&google__protobuf__any__descriptor, arena);
    if (!any)
        return ERR_EXHAUSTED;
    any->type_url = arena_printf(arena, DETAILS_PREFIX "%s", detail->descriptor->name);
    if (!any->type_url)
        return ERR_EXHAUSTED;
    status->details[status->n_details++] = any;
    return message_pack(detail, arena, &any->value.data, &any->value.len);
}

static int details_add_violations(struct arena *arena, Google__Rpc__Status *status,
    const struct wire_violation *violations, size_t n)
{
    Google__Rpc__BadRequest request = GOOGLE__RPC__BAD_REQUEST__INIT;
    request.field_violations = arena_calloc(arena, n, sizeof(*request.field_violations));
    if (!request.field_violations)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < n; i++) {
        Google__Rpc__BadRequest__FieldViolation *violation = arena_alloc(arena, sizeof(*violation));
        if (!violation)
            return ERR_EXHAUSTED;
        google__rpc__bad_request__field_violation__init(violation);
        violation->field = (char *)violations[i].field;
        violation->description = (char *)violations[i].description;
        request.field_violations[request.n_field_violations++] = violation;
    }
    return details_add(arena, status, &request.base);
}

static int details_add_retry(struct arena *arena, Google__Rpc__Status *status, int64_t retry_usec)
{
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    Google__Rpc__RetryInfo info = GOOGLE__RPC__RETRY_INFO__INIT;
    delay.seconds = retry_usec / USEC_PER_SEC;
    delay.nanos = (int32_t)(retry_usec % USEC_PER_SEC * 1000);
    info.retry_delay = &delay;
    return details_add(arena, status, &info.base);
}

int wire_details_pack(struct arena *arena, enum grpc_status code, const char *message,
    const struct wire_violation *violations, size_t n_violations, int64_t retry_usec,
    uint8_t **ret_data, size_t *ret_len)
{
    Google__Protobuf__Any *room[2];
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    status.code = code;
    status.message = (char *)message;
    status.details = room;
    int r = 0;
    if (n_violations > 0)
        r = details_add_violations(arena, &status, violations, n_violations);
    if (r == 0 && retry_usec > 0)
        r = details_add_retry(arena, &status, retry_usec);
    if (r < 0)
        return r;
    return message_pack(&status.base, arena, ret_data, ret_len);
}

static int details_read_violations(struct arena *arena, const ProtobufCMessage *detail,
    struct wire_details *details, struct err *err)
{
    const Google__Rpc__BadRequest *request = (const Google__Rpc__BadRequest *)detail;
    struct wire_violation *violations
        = arena_calloc(arena, request->n_field_violations, sizeof(*violations));
    if (!violations)
        return err_oom(err);
    for (size_t i = 0; i < request->n_field_violations; i++) {
        violations[i].field = request->field_violations[i]->field;
        violations[i].description = request->field_violations[i]->description;
    }
    details->violations = violations;
    details->n_violations = request->n_field_violations;
    return 0;
}

static int details_read_retry(struct arena *arena, const ProtobufCMessage *detail,
    struct wire_details *details, struct err *err)
{
    const Google__Protobuf__Duration *delay = ((const Google__Rpc__RetryInfo *)detail)->retry_delay;
    (void)arena;
    (void)err;
    /* whoever says more than a day, or less than nothing, is not believed */
    if (delay && delay->seconds >= 0 && delay->seconds < USEC_PER_DAY / USEC_PER_SEC
        && delay->nanos >= 0)
        details->retry_usec = delay->seconds * USEC_PER_SEC + delay->nanos / 1000;
    return 0;
}

static const struct {
    const ProtobufCMessageDescriptor *desc;
    int (*read)(struct arena *arena, const ProtobufCMessage *detail, struct wire_details *details,
        struct err *err);
} details_known[] = {
    { &google__rpc__bad_request__descriptor, details_read_violations },
    { &google__rpc__retry_info__descriptor, details_read_retry },
};

static int details_read(struct arena *arena, const Google__Protobuf__Any *any,
    struct wire_details *details, struct err *err)
{
    const char *slash = strrchr(any->type_url, '/');
    for (size_t i = 0; slash && i < ARRAY_SIZE(details_known); i++) {
        ProtobufCMessage *detail;
        if (!str_eq(slash + 1, details_known[i].desc->name))
            continue;
        int r = message_unpack(
            details_known[i].desc, arena, any->value.data, any->value.len, NULL, &detail, err);
        return r < 0 ? r : details_known[i].read(arena, detail, details, err);
    }
    return 0;
}

int wire_details_unpack(struct arena *arena, const uint8_t *data, size_t len,
    struct wire_details *ret_details, struct err *err)
{
    ProtobufCMessage *message;
    int r = message_unpack(&google__rpc__status__descriptor, arena, data, len, NULL, &message, err);
    if (r < 0)
        return r;
    const Google__Rpc__Status *status = (const Google__Rpc__Status *)message;
    struct wire_details details = { .message = status->message };
    details.code = status->code >= 0 && status->code <= GRPC_UNAUTHENTICATED
        ? (enum grpc_status)status->code
        : GRPC_UNKNOWN;
    for (size_t i = 0; i < status->n_details && r == 0; i++)
        r = details_read(arena, status->details[i], &details, err);
    if (r < 0)
        return r;
    *ret_details = details;
    return 0;
}
