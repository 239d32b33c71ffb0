#include "unit/service/fake_call.h"
#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

void fake_call_open(struct call *call, const struct rpc_handler *handler, void *arg,
    const char *path, const char *authorization)
{
    *call = (struct call) { .handler = handler, .arg = arg, .authorization = authorization };
    call->method = handler->find(arg, path, strlen(path));
    assert_non_null(call->method);
    handler->on_open(call, arg);
}

void fake_call_get(struct call *call, const struct rpc_handler *handler, void *arg,
    const char *path, const char *if_none_match)
{
    *call = (struct call) {
        .handler = handler, .arg = arg, .page_path = path, .if_none_match = if_none_match
    };
    call->method = handler->find_page(arg, path, strlen(path));
    assert_non_null(call->method);
    handler->on_open(call, arg);
    if (!call->is_finished)
        handler->on_message(call, arg, (const uint8_t *)"", 0);
    fake_call_half_close(call);
}

void fake_call_message(struct call *call, const ProtobufCMessage *message)
{
    struct arena arena;
    uint8_t *data;
    size_t len;

    assert_false(call->is_paused);
    if (call->is_finished)
        return;
    arena_init(&arena, 0);
    assert_int_equal(message_pack(message, &arena, &data, &len), 0);
    call->handler->on_message(call, call->arg, data, len);
    arena_release(&arena);
}

void fake_call_half_close(struct call *call)
{
    if (!call->is_finished)
        call->handler->on_half_close(call, call->arg);
}

void fake_call_writable(struct call *call)
{
    call->is_unwritable = false;
    if (!call->is_finished)
        call->handler->on_writable(call, call->arg);
}

void fake_call_close(struct call *call)
{
    if (!call->is_finished)
        call->status = GRPC_CANCELLED;
    call->handler->on_closed(call, call->arg);
    arena_release(&call->arena);
    arena_release(&call->sent_arena);
    str_release(&call->page);
}

/* ---- rpc/call.h ---- */

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
    if (strcmp(name, "if-none-match") == 0)
        return call->if_none_match;
    assert_string_equal(name, "authorization");
    return call->authorization;
}

const char *call_page_path(const struct call *call)
{
    return call->page_path;
}

int call_add_header(struct call *call, const char *name, const char *value)
{
    struct fake_header *header = &call->headers[call->n_headers++];

    assert_true(call->n_headers <= FAKE_HEADERS_MAX);
    snprintf(header->name, sizeof(header->name), "%s", name);
    snprintf(header->value, sizeof(header->value), "%s", value);
    return 0;
}

int call_send_page(
    struct call *call, const char *status, const char *content_type, const struct str *body)
{
    assert_null(call->page_status);
    call->page_status = status;
    call->page_type = content_type;
    str_add(&call->page, str_text(body), body->len);
    call->n_sent++;
    return call->page.failed ? ERR_EXHAUSTED : 0;
}

const uint8_t *call_peer_certificate(const struct call *call)
{
    return call->certificate;
}

const char *call_peer_network(const struct call *call)
{
    return call->network ? call->network : "unix";
}

int64_t call_deadline_usec(const struct call *call)
{
    return call->deadline_usec;
}

uint64_t call_id(const struct call *call)
{
    return 0x1234;
}

bool call_is_open(const struct call *call)
{
    return !call->is_finished;
}

enum grpc_status call_status(const struct call *call)
{
    return call->status;
}

int call_send(struct call *call, const ProtobufCMessage *message)
{
    uint8_t *data;
    size_t len;

    assert_false(call->is_finished);
    assert_true(call->n_sent < FAKE_SENT_MAX);
    assert_int_equal(message_pack(message, &call->sent_arena, &data, &len), 0);
    assert_int_equal(message_unpack(message->descriptor, &call->sent_arena, data, len, NULL,
                         &call->sent[call->n_sent++], NULL),
        0);
    return 0;
}

bool call_is_writable(struct call *call)
{
    return !call->is_unwritable;
}

void call_pause_reading(struct call *call)
{
    call->is_paused = true;
}

void call_resume_reading(struct call *call)
{
    call->is_paused = false;
}

void call_finish(struct call *call, enum grpc_status status, const char *message,
    const void *details, size_t details_len)
{
    assert_false(call->is_finished);
    call->is_finished = true;
    call->status = status;
    if (message && !call->err.msg[0])
        snprintf(call->err.msg, sizeof(call->err.msg), "%s", message);
    if (details_len > 0)
        assert_int_equal(
            wire_details_unpack(&call->sent_arena, details, details_len, &call->details, NULL), 0);
}

void call_finish_err(struct call *call, const struct err *err)
{
    call->err = *err;
    call_finish(call, grpc_status_from_err(err->code), err->msg, NULL, 0);
}
