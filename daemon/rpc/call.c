#include "rpc/call.h"

#include "rpc/rpc_internal.h"
#include "wire/compress.h"
#include "wire/message.h"
#include "wire/metadata.h"

/* Peers refuse trailers that are too large (8 KiB is a common limit): a message is cut, details
 * that do not fit are left out. */
#define STATUS_MESSAGE_BYTES 1024
#define STATUS_DETAILS_BYTES 4096
/* Beyond the cap of the arena, so that a call whose handler used it up can still say so. */
#define STATUS_RESERVE_BYTES ((size_t)32 * 1024)

/* ---- life ---- */

static struct call *take_from_pool(struct rpc_server *server)
{
    struct call *call = list_first(&server->pool, struct call, siblings);
    if (call) {
        list_remove(&call->siblings);
        server->n_pool--;
        struct arena arena = call->arena;
        memset(call, 0, sizeof(*call));
        call->arena = arena;
        call->arena.cap_bytes = server->options.call_bytes_max;
        return call;
    }
    call = calloc(1, sizeof(*call));
    if (call)
        arena_init(&call->arena, server->options.call_bytes_max);
    return call;
}

struct call *call_new(struct conn *conn, int32_t stream_id)
{
    struct rpc_server *server = conn->server;
    struct call *call = take_from_pool(server);
    if (!call)
        return NULL;
    call->server = server;
    call->conn = conn;
    call->refs = 1;
    call->stream_id = stream_id;
    call->id = server->next_call_id++;
    call->peer = conn->peer;
    call->chunks_tail = &call->chunks;
    frame_parser_init(&call->parser, server->options.message_bytes_max);
    header_list_init(&call->metadata);
    header_list_init(&call->headers);
    header_list_init(&call->trailers);
    list_init(&call->wakeful);
    list_add_tail(&conn->calls, &call->siblings);
    conn->n_calls++;
    conn->turn_calls++;
    server->stats.calls_now++;
    server->n_calls_alive++;
    return call;
}

struct call *call_ref(struct call *call)
{
    call->refs++;
    return call;
}

struct call *call_unref(struct call *call)
{
    if (!call || --call->refs > 0)
        return NULL;
    struct rpc_server *server = call->server;
    server->n_calls_alive--;
    if (!server->is_freed && server->n_pool < CALL_POOL_MAX) {
        arena_reset(&call->arena);
        list_add_tail(&server->pool, &call->siblings);
        server->n_pool++;
        return NULL;
    }
    arena_release(&call->arena);
    free(call);
    server_forget(server);
    return NULL;
}

static void tell_closed(struct call *call)
{
    struct rpc_server *server = call->server;

    if (!call->is_handled || call->is_told)
        return;
    call->is_told = true;
    if (call->status == GRPC_CANCELLED)
        server->stats.cancelled_calls++;
    if (call->status == GRPC_DEADLINE_EXCEEDED)
        server->stats.expired_calls++;
    if (call->arena.was_full)
        server_hit(server, RPC_LIMIT_CALL_MEMORY);
    if (server->handler->on_closed)
        server->handler->on_closed(call, server->arg);
}

void call_lost(struct call *call)
{
    struct conn *conn = call->conn;

    request_release(call);
    response_release(call);
    loop_timer_stop(&call->deadline);
    list_remove(&call->siblings);
    list_remove(&call->wakeful);
    if (conn && --conn->n_calls == 0)
        conn->idle_since_usec = conn->received_usec;
    call->conn = NULL;
    call->server->stats.calls_now--;
    if (call->is_open) {
        call->is_open = false;
        call->status = GRPC_CANCELLED;
    }
    tell_closed(call);
    (void)call_unref(call);
}

/* ---- questions ---- */

const struct rpc_method *call_method(const struct call *call)
{
    return call->method;
}

struct arena *call_arena(struct call *call)
{
    return &call->arena;
}

void *call_user(const struct call *call)
{
    return call->user;
}

void call_set_user(struct call *call, void *user)
{
    call->user = user;
}

const char *call_metadata(const struct call *call, const char *name)
{
    for (const struct header *h = call->metadata.first; h; h = h->next) {
        if (str_eq(h->name, name))
            return h->value;
    }
    return NULL;
}

bool call_metadata_at(
    const struct call *call, size_t i, const char **ret_name, const char **ret_value)
{
    const struct header *h = call->metadata.first;
    while (h && i-- > 0)
        h = h->next;
    if (!h)
        return false;
    *ret_name = h->name;
    *ret_value = h->value;
    return true;
}

bool call_message_was_compressed(const struct call *call)
{
    return call->was_compressed;
}

int64_t call_deadline_usec(const struct call *call)
{
    return call->deadline_usec;
}

int64_t call_opened_usec(const struct call *call)
{
    return call->opened_usec;
}

uint64_t call_id(const struct call *call)
{
    return call->id;
}

const char *call_peer(const struct call *call)
{
    return call->peer.text;
}

const char *call_peer_network(const struct call *call)
{
    return call->peer.network;
}

const uint8_t *call_peer_certificate(const struct call *call)
{
    return call->peer.has_certificate ? call->peer.certificate : NULL;
}

bool call_peer_is_local(const struct call *call)
{
    return call->peer.is_local;
}

bool call_is_open(const struct call *call)
{
    return call->is_open;
}

enum grpc_status call_status(const struct call *call)
{
    return call->status;
}

/* ---- sending ---- */

/* Whether output can still be made: a connection that broke is only waiting to be freed. */
static bool can_send(const struct call *call)
{
    return call->is_open && call->conn && conn_is_spoken(call->conn)
        && call->conn->state != CONN_BROKEN;
}

static int out_of_memory(struct call *call)
{
    call->fault = GRPC_RESOURCE_EXHAUSTED;
    return ERR_EXHAUSTED;
}

static int add_header(
    struct call *call, struct header_list *list, const char *name, const char *value)
{
    if (list->n >= CALL_HEADERS_MAX)
        return ERR_PRECONDITION;
    if (header_list_add(list, &call->arena, name, strlen(name), value, strlen(value)) < 0)
        return out_of_memory(call);
    return 0;
}

int call_add_header(struct call *call, const char *name, const char *value)
{
    if (!can_send(call))
        return ERR_CANCELLED;
    return call->sent_headers ? ERR_PRECONDITION : add_header(call, &call->headers, name, value);
}

int call_add_trailer(struct call *call, const char *name, const char *value)
{
    return can_send(call) ? add_header(call, &call->trailers, name, value) : ERR_CANCELLED;
}

void call_set_compress(struct call *call, bool on)
{
    call->compresses = on;
}

int call_send_headers(struct call *call)
{
    if (!can_send(call))
        return ERR_CANCELLED;
    if (call_is_connect(call))
        return 0; /* they say how it ended */
    if (response_begin(call) < 0)
        return out_of_memory(call);
    conn_touch(call->conn);
    return 0;
}

static struct chunk *chunk_new(size_t message_len)
{
    size_t len = FRAME_HEADER_BYTES + message_len;
    struct chunk *chunk = message_len > UINT32_MAX ? NULL : malloc(sizeof(*chunk) + len);
    if (!chunk)
        return NULL;
    *chunk = (struct chunk) { .len = len };
    frame_put_header(chunk->data, false, (uint32_t)message_len);
    return chunk;
}

/* Replace @chunk by its compressed form; small messages are better left alone. */
static struct chunk *chunk_compress(struct chunk *chunk)
{
    _cleanup_(str_release) struct str gzip = { 0 };
    const uint8_t *plain = chunk->data + FRAME_HEADER_BYTES;

    if (compress_gzip(plain, chunk->len - FRAME_HEADER_BYTES, &gzip, NULL) < 0)
        return chunk; /* uncompressed messages are always allowed */
    struct chunk *small = chunk_new(gzip.len);
    if (!small)
        return chunk;
    frame_put_header(small->data, true, (uint32_t)gzip.len);
    memcpy(small->data + FRAME_HEADER_BYTES, gzip.data, gzip.len);
    free(chunk);
    return small;
}

static int send_chunk(struct call *call, struct chunk *chunk)
{
    if (call->compresses && (call->announced_gzip || (call->accepts_gzip && !call->sent_headers)))
        chunk = chunk_compress(chunk);
    if (response_queue(call, chunk) < 0)
        return out_of_memory(call);
    conn_touch(call->conn);
    return 0;
}

/* An answer that has no JSON form is a fault of ours, not a lack of memory. */
static int connect_result(struct call *call, int r)
{
    if (r == ERR_EXHAUSTED)
        return out_of_memory(call);
    if (r < 0)
        call->fault = GRPC_INTERNAL;
    return r;
}

int call_send(struct call *call, const ProtobufCMessage *message)
{
    if (!can_send(call))
        return ERR_CANCELLED;
    if (call_is_connect(call))
        return connect_result(call, connect_send(call, message));
    struct chunk *chunk = chunk_new(message_pack_size(message));
    if (!chunk)
        return out_of_memory(call);
    (void)message_pack_into(message, chunk->data + FRAME_HEADER_BYTES);
    return send_chunk(call, chunk);
}

int call_send_bytes(struct call *call, const void *data, size_t len)
{
    if (!can_send(call))
        return ERR_CANCELLED;
    if (call_is_connect(call))
        return connect_result(call, connect_send_bytes(call, data, len));
    struct chunk *chunk = chunk_new(len);
    if (!chunk)
        return out_of_memory(call);
    if (len > 0)
        memcpy(chunk->data + FRAME_HEADER_BYTES, data, len);
    return send_chunk(call, chunk);
}

const char *call_page_path(const struct call *call)
{
    return call->page_path;
}

int call_send_page(
    struct call *call, const char *status, const char *content_type, const struct str *body)
{
    if (!can_send(call))
        return ERR_CANCELLED;
    call->n_sent++;
    call->page_status = status;
    call->page_type = content_type;
    str_add(&call->answer, str_text(body), body->len);
    return call->answer.failed ? out_of_memory(call) : 0;
}

bool call_is_writable(struct call *call)
{
    if (!call->is_open || call->queued_bytes < CALL_QUEUE_HIGH_BYTES)
        return true;
    call->wants_writable = true;
    return false;
}

/* ---- receiving ---- */

void call_pause_reading(struct call *call)
{
    call->is_paused = true;
}

void call_resume_reading(struct call *call)
{
    if (!call->is_paused)
        return;
    call->is_paused = false;
    if (can_send(call)) {
        call_need_wake(call);
        conn_touch(call->conn);
    }
}

void call_need_wake(struct call *call)
{
    if (call->conn && list_is_empty(&call->wakeful))
        list_add_tail(&call->conn->wakeful, &call->wakeful);
}

void call_wake(struct call *call)
{
    const struct rpc_handler *handler = call->server->handler;

    request_resume(call);
    if (call->wants_writable && call->is_open && call->queued_bytes < CALL_QUEUE_LOW_BYTES) {
        call->wants_writable = false;
        if (handler->on_writable)
            handler->on_writable(call, call->server->arg);
    }
}

/* ---- ending ---- */

void call_keep_message(struct call *call, const char *message)
{
    _cleanup_(str_release) struct str text = { 0 };
    char cut[STATUS_MESSAGE_BYTES + 1];

    if (!message || message[0] == '\0')
        return;
    snprintf(cut, sizeof(cut), "%s", message);
    utf8_trim(cut);
    if (call_is_connect(call) && utf8_valid(cut, strlen(cut))) {
        call->status_text = arena_strndup(&call->arena, cut, strlen(cut));
        return;
    }
    metadata_percent_encode(cut, strlen(cut), &text);
    if (text.failed)
        return;
    const char *encoded = arena_strndup(&call->arena, str_text(&text), text.len);
    if (call_is_connect(call))
        call->status_text = encoded; /* JSON has no place for bytes that are no text */
    else
        call->status_message = encoded;
}

static void keep_details(struct call *call, const void *details, size_t len)
{
    _cleanup_(str_release) struct str text = { 0 };

    if (!details || len == 0)
        return;
    if (call_is_connect(call)) { /* they are in the body, which may be long */
        call->status_detail_bytes = arena_memdup(&call->arena, details, len);
        call->status_detail_len = call->status_detail_bytes ? len : 0;
        return;
    }
    if (len > STATUS_DETAILS_BYTES)
        return;
    metadata_base64_encode(details, len, false, &text);
    if (!text.failed)
        call->status_details = arena_strndup(&call->arena, str_text(&text), text.len);
}

static void close_with(struct call *call, enum grpc_status status, const char *message)
{
    call->is_open = false;
    call->status = status;
    if (call->arena.cap_bytes)
        call->arena.cap_bytes += STATUS_RESERVE_BYTES;
    call_keep_message(call, message);
}

void call_end(struct call *call, enum grpc_status status, const char *message)
{
    if (!call->is_open)
        return;
    bool is_alive = can_send(call);
    close_with(call, status, message);
    call->is_forced = true;
    if (is_alive)
        response_finish(call, "200");
    tell_closed(call);
}

void call_expire(struct call *call)
{
    if (call->is_open && call->is_capped)
        server_hit(call->server, RPC_LIMIT_DEADLINE);
    if (call->is_open)
        call_end(call, GRPC_DEADLINE_EXCEEDED, "deadline exceeded");
    else if (call->conn)
        response_abandon(call);
}

void call_pass_deadline(struct call *call)
{
    if (call->is_open || call->is_overdue)
        call_expire(call);
    else
        call->is_overdue = true;
}

void call_finish(struct call *call, enum grpc_status status, const char *message,
    const void *details, size_t details_len)
{
    if (!can_send(call))
        return;
    if (status < GRPC_OK || status > GRPC_UNAUTHENTICATED)
        status = GRPC_UNKNOWN;
    if (call->fault != GRPC_OK) {
        status = call->fault;
        message = status == GRPC_INTERNAL ? "the answer has no JSON form" : "out of memory";
        call->is_forced = true;
    } else if (status == GRPC_OK && !call->method->server_streaming && call->n_sent != 1) {
        status = GRPC_INTERNAL;
        message = "the method did not make exactly one answer";
    }
    close_with(call, status, message);
    if (status != GRPC_OK)
        keep_details(call, details, details_len);
    response_finish(call, "200");
}

void call_finish_err(struct call *call, const struct err *err)
{
    uint8_t *details = NULL;
    size_t len = 0;
    enum grpc_status status = grpc_status_from_err(err->code);

    if (!call_is_open(call))
        return;
    if (err->field[0]) {
        const struct wire_violation violation = { err->field, err->msg };
        if (wire_details_pack(&call->arena, status, err->msg, &violation, 1, 0, &details, &len) < 0)
            details = NULL;
    }
    call_finish(call, status, err->msg, details, len);
}
