#include "base/clock.h"
#include "base/log.h"
#include "rpc/call.h"
#include "service/engine_internal.h"
#include "service/resource.h"
#include "wire/field.h"
#include "wire/message.h"
#include "wire/status.h"

#include <inttypes.h>
#include <sodium.h>

#define STREAM_MEMORY_BYTES ((size_t)64 << 20)
#define RETRY_AFTER_USEC USEC_PER_SEC /* what a RetryInfo asks for */

static const char *const state_names[] = {
    [OP_READING] = "reading",
    [OP_RUNNING] = "running",
    [OP_REPLAYING] = "replaying",
    [OP_PAUSED] = "paused",
    [OP_DONE] = "done",
};

void op_set_state(struct op *op, enum op_state state)
{
    log_debug("call %016" PRIx64 " %s: %s -> %s", call_id(op->call), op->method->name,
        state_names[op->state], state_names[state]);
    op->state = state;
}

void op_fail(struct op *op, const struct err *err)
{
    if (op->state == OP_DONE)
        return;
    op_set_state(op, OP_DONE);
    watcher_close(&op->watcher);
    call_finish_err(op->call, err);
}

void op_fail_for_now(struct op *op, const struct err *err, int64_t retry_usec)
{
    struct wire_violation violation = { .field = err->field, .description = err->msg };
    enum grpc_status status = grpc_status_from_err(err->code);
    uint8_t *details = NULL;
    size_t len = 0;

    if (op->state == OP_DONE)
        return;
    op_set_state(op, OP_DONE);
    watcher_close(&op->watcher);
    if (wire_details_pack(call_arena(op->call), status, err->msg, &violation, *err->field != '\0',
            retry_usec > 0 ? retry_usec : RETRY_AFTER_USEC, &details, &len)
        < 0)
        len = 0; /* without memory the sentence alone must do */
    call_finish(op->call, status, err->msg, len ? details : NULL, len);
}

void op_succeed(struct op *op)
{
    if (op->state == OP_DONE)
        return;
    op_set_state(op, OP_DONE);
    call_finish(op->call, GRPC_OK, NULL, NULL, 0);
}

void op_next_message(struct op *op)
{
    if (!op->method->is_batched || op->is_half_closed) {
        op_succeed(op);
        return;
    }
    op_set_state(op, OP_READING);
    call_resume_reading(op->call);
}

/* ---- the message ---- */

/* Take request_id from a message that writes. */
static int read_request_id(struct op *op, struct err *err)
{
    const ProtobufCFieldDescriptor *field = op->method->request_id;
    const char *text = *(const char *const *)field_data(op->request, field);

    op->has_request_id = false;
    if (op->validate_only)
        return 0;
    if (!text || !*text)
        return err_set_field(err, ERR_INVALID, field->name,
            "Give a UUID of your own making, a new one for each intended write, so that a repeat "
            "after a lost connection does not write twice.");
    if (uuid_parse(text, strlen(text), &op->request_id) < 0)
        return err_set_field(err, ERR_INVALID, field->name,
            "Give a UUID, such as 0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e47.");
    op->has_request_id = true;
    return 0;
}

static int read_message(struct op *op, const uint8_t *data, size_t len, struct err *err)
{
    const struct method *method = op->method;
    int r = message_unpack(method->rpc.input, op->arena, data, len, NULL, &op->request, err);

    if (r < 0)
        return r;
    op->tries = 0;
    op->validate_only = method->validate_only
        && *(const protobuf_c_boolean *)field_data(op->request, method->validate_only);
    if (op->validate_only && !method->writes)
        op->validate_only = false;
    if (method->writes) {
        crypto_hash_sha256(op->body_hash, data, len);
        r = read_request_id(op, err);
    }
    if (r == 0 && method->parts[0].params.has_pages)
        r = bind_page_size(&method->parts[0].params, op->request, &op->page_size, err);
    return r;
}

/* ---- the call's life ---- */

static const struct rpc_method *find_method(void *arg, const char *path, size_t len)
{
    const struct engine *engine = arg;
    const struct method *method = methods_find(engine->options.methods, path, len);

    return method ? &method->rpc : NULL;
}

static const struct rpc_method *find_page(void *arg, const char *path, size_t len)
{
    const struct engine *engine = arg;

    return resource_method(engine->options.methods, path, len);
}

/* Who calls: a GET says so in its address. */
static int hash_caller(struct op *op, struct err *err)
{
    const char *path = call_page_path(op->call);

    return path ? resource_hash(path, op->token_hash, err)
                : auth_hash(call_metadata(op->call, "authorization"),
                    call_peer_certificate(op->call), op->token_hash, err);
}

static void on_retry(void *arg)
{
    struct op *op = arg;

    op_submit(op);
}

static void on_open(struct call *call, void *arg)
{
    struct engine *engine = arg;
    struct op *op = arena_zalloc(call_arena(call), sizeof(*op));
    struct err err = { 0 };

    if (!op) {
        err_oom(&err);
        call_finish_err(call, &err);
        return;
    }
    op->engine = engine;
    op->call = call;
    op->method = call_method(call)->data;
    arena_init(&op->stream_arena, engine->options.message_memory_bytes);
    op->arena = op->method->is_batched ? &op->stream_arena : call_arena(call);
    loop_timer_init(&op->retry, engine->options.loop, on_retry, op);
    list_init(&op->in_step.link);
    call_set_user(call, op);
    if (hash_caller(op, &err) < 0)
        op_fail(op, &err);
}

static void on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    struct op *op = call_user(call);
    struct err err = { 0 };
    (void)arg;

    if (!op || op->state == OP_DONE)
        return;
    if (op->method->is_batched) {
        arena_reset(&op->stream_arena);
        call_pause_reading(call);
    }
    if (read_message(op, data, len, &err) < 0)
        op_fail(op, &err);
    else if (op->method->is_batched)
        op_start(op);
}

static void on_half_close(struct call *call, void *arg)
{
    struct op *op = call_user(call);
    (void)arg;

    if (!op || op->state == OP_DONE)
        return;
    op->is_half_closed = true;
    if (!op->method->is_batched)
        op_start(op);
    else if (op->state == OP_READING)
        op_succeed(op);
}

/* Room again: the next page of a streamed answer may be asked for. */
static void on_writable(struct call *call, void *arg)
{
    struct op *op = call_user(call);
    (void)arg;

    if (op && op->method->watches)
        watcher_writable(&op->watcher);
    else if (op && op->state == OP_PAUSED && !loop_timer_is_running(&op->retry))
        op_submit(op);
}

/* A watch would not end by itself. */
static void on_drain(struct call *call, void *arg)
{
    struct op *op = call_user(call);
    struct err err = { 0 };
    (void)arg;

    if (!op || !op->method->watches)
        return;
    err_set(&err, ERR_UNAVAILABLE, "the server is stopping");
    op_fail(op, &err);
}

static void on_closed(struct call *call, void *arg)
{
    struct op *op = call_user(call);
    (void)arg;

    if (!op)
        return;
    log_debug("call %016" PRIx64 " %s: closed, %s", call_id(call), op->method->name,
        grpc_status_name(call_status(call)));
    if (op->ticket)
        db_ticket_cancel(&op->ticket);
    follower_cancel(&op->in_step);
    watcher_close(&op->watcher);
    loop_timer_stop(&op->retry);
    str_release(&op->page_token);
    arena_release(&op->stream_arena);
    call_set_user(call, NULL);
}

const struct rpc_handler engine_handler = {
    .find = find_method,
    .find_page = find_page,
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = on_half_close,
    .on_writable = on_writable,
    .on_drain = on_drain,
    .on_closed = on_closed,
};

int engine_new(const struct engine_options *options, struct engine **ret_engine, struct err *err)
{
    struct engine *engine = calloc(1, sizeof(*engine));

    if (!engine)
        return err_oom(err);
    engine->options = *options;
    if (engine->options.message_memory_bytes == 0)
        engine->options.message_memory_bytes = STREAM_MEMORY_BYTES;
    int r = watches_new(options->loop, options->pool, options->max_watches, &engine->watches, err);
    if (r < 0) {
        free(engine);
        return r;
    }
    *ret_engine = engine;
    return 0;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    watches_free(engine->watches);
    free(engine);
}
