/* Connect's unary calls: the body is the message, as JSON or as protobuf, and HTTP's status says
 * how it went. A handler sees the same call as with gRPC.
 *
 * The answer is kept until the call ends, because the status comes first.
 */
#include "rpc/rpc_internal.h"

#include "wire/compress.h"
#include "wire/connect.h"
#include "wire/http1.h"
#include "wire/json.h"
#include "wire/message.h"

#define JSON_VALUES_MAX 50000 /* parsed they take some 100 bytes each, whoever sent them */
#define GZIP_MIN_BYTES 1024 /* below, gzip's own bytes are most of what it saves */

void connect_data(struct call *call, const uint8_t *data, size_t len)
{
    if (!call->is_open)
        return;
    if (call->backlog.len + len > call->server->options.message_bytes_max) {
        server_hit(call->server, RPC_LIMIT_MESSAGE);
        call_end(call, GRPC_RESOURCE_EXHAUSTED, "the message is too large");
        return;
    }
    str_add(&call->backlog, data, len);
    if (call->backlog.failed)
        call_end(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
}

static int inflate_body(struct call *call, struct str *out, struct err *err)
{
    const struct str *body = &call->backlog;

    if (call->encoding != ENCODING_GZIP) {
        str_add(out, str_text(body), body->len);
        return out->failed ? err_oom(err) : 0;
    }
    int r = compress_gunzip(
        str_text(body), body->len, call->server->options.message_bytes_max, out, err);
    return r == ERR_INTERNAL ? err_set(err, ERR_INVALID, "the body is not what gzip makes") : r;
}

/* No fewer than the values in it: what opens or divides, wherever it stands. */
static size_t count_values(const struct str *json)
{
    size_t n = 0;

    for (size_t i = 0; i < json->len; i++)
        n += json->data[i] == ',' || json->data[i] == '[' || json->data[i] == '{';
    return n;
}

static int json_to_bytes(
    struct call *call, const struct str *json, struct str *out, struct err *err)
{
    const ProtobufCMessageDescriptor *desc = call->method->input;
    _cleanup_(arena_release) struct arena arena;
    ProtobufCMessage *message;
    uint8_t *data = NULL;
    size_t len = 0;

    arena_init(&arena, call->server->options.call_bytes_max);
    if (!desc)
        return err_set(err, ERR_UNIMPLEMENTED, "this method has no JSON form");
    if (count_values(json) > JSON_VALUES_MAX) {
        server_hit(call->server, RPC_LIMIT_MESSAGE);
        return err_set(err, ERR_EXHAUSTED, "the JSON has too many values");
    }
    int r = json_parse(desc, &arena, str_text(json), json->len, JSON_PROTO3, &message, err);
    if (r == 0)
        r = message_pack(message, &arena, &data, &len) < 0 ? err_oom(err) : 0;
    if (r < 0)
        return r;
    str_add(out, data, len);
    return out->failed ? err_oom(err) : 0;
}

int connect_take_body(struct call *call, struct str *ret_message)
{
    _cleanup_(str_release) struct str plain = { 0 };
    struct err err = { 0 };
    int r = call->protocol == PROTOCOL_PAGE ? 0 : inflate_body(call, &plain, &err); /* asks all */

    if (r == 0 && call->protocol == PROTOCOL_CONNECT_JSON)
        r = json_to_bytes(call, &plain, ret_message, &err);
    else if (r == 0)
        str_add(ret_message, str_text(&plain), plain.len);
    str_release(&call->backlog);
    if (r == 0 && ret_message->failed)
        r = err_oom(&err);
    if (r < 0)
        call_finish_err(call, &err);
    return r;
}

int connect_send(struct call *call, const ProtobufCMessage *message)
{
    struct err err = { 0 };

    call->n_sent++;
    if (call->protocol == PROTOCOL_PAGE)
        return ERR_INTERNAL; /* it has call_send_page() */
    if (call->protocol == PROTOCOL_CONNECT_JSON)
        return json_print(message, JSON_PROTO3, &call->answer, &err);
    size_t len = message_pack_size(message);
    char *room = str_reserve(&call->answer, len);
    if (!room)
        return ERR_EXHAUSTED;
    (void)message_pack_into(message, (uint8_t *)room);
    call->answer.len += len;
    str_terminate(&call->answer);
    return 0;
}

int connect_send_bytes(struct call *call, const void *data, size_t len)
{
    _cleanup_(arena_release) struct arena arena;
    ProtobufCMessage *message;
    struct err err = { 0 };

    arena_init(&arena, 0);
    if (call->protocol == PROTOCOL_CONNECT_PROTO) {
        call->n_sent++;
        str_add(&call->answer, data, len);
        return call->answer.failed ? ERR_EXHAUSTED : 0;
    }
    int r = call->method->output
        ? message_unpack(call->method->output, &arena, data, len, NULL, &message, &err)
        : ERR_UNIMPLEMENTED;
    return r < 0 ? r : connect_send(call, message);
}

/* To whoever has nothing but an address, what is not theirs is not there. */
static bool hides_page(const struct call *call)
{
    return call->protocol == PROTOCOL_PAGE
        && (call->status == GRPC_UNAUTHENTICATED || call->status == GRPC_PERMISSION_DENIED);
}

const char *connect_status_of(const struct call *call)
{
    if (call->status == GRPC_OK && call->page_status)
        return call->page_status;
    return connect_http_status(hides_page(call) ? GRPC_NOT_FOUND : call->status);
}

/* The error in the place of the answer; of a page, in HTTP's words alone. */
static int put_error(struct call *call)
{
    str_reset(&call->answer);
    if (call->protocol == PROTOCOL_PAGE) {
        str_addf(&call->answer, "%s\n", http1_reason(connect_status_of(call)));
        return call->answer.failed ? ERR_EXHAUSTED : 0;
    }
    return connect_print_error(call->status, call->status_text, call->status_detail_bytes,
        call->status_detail_len, &call->answer);
}

const char *connect_content_type(const struct call *call)
{
    if (call->page_type && call->status == GRPC_OK)
        return call->page_type;
    if (call->protocol == PROTOCOL_PAGE)
        return "text/plain; charset=utf-8";
    bool is_json = call->status != GRPC_OK || call->protocol == PROTOCOL_CONNECT_JSON;
    return is_json ? "application/json" : "application/proto";
}

struct chunk *connect_body(struct call *call, bool *ret_is_gzip)
{
    _cleanup_(str_release) struct str gzip = { 0 };
    const struct str *body = &call->answer;

    *ret_is_gzip = false;
    if (call->status != GRPC_OK && put_error(call) < 0)
        return NULL;
    if (call->request.accepts_http_gzip && body->len >= GZIP_MIN_BYTES
        && compress_gzip(str_text(body), body->len, &gzip, NULL) == 0) {
        *ret_is_gzip = true;
        body = &gzip;
    }
    struct chunk *chunk = malloc(sizeof(*chunk) + body->len);
    if (!chunk)
        return NULL;
    *chunk = (struct chunk) { .len = body->len };
    memcpy(chunk->data, str_text(body), body->len);
    str_release(&call->answer);
    return chunk;
}
