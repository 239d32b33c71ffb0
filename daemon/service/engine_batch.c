#include "service/engine_internal.h"
#include "service/statements.h"

static struct db_value binary(const void *data, size_t len)
{
    return (struct db_value) { .data = data, .len = (int)len, .is_binary = true };
}

/* Name the caller; with a request_id, take its row. */
static int add_preamble(
    const struct op *op, struct db_batch *batch, bool takes_request_id, struct err *err)
{
    const struct method *method = op->method;
    struct db_value values[STATEMENT_ENTER_PARAMS] = {
        binary(op->token_hash, sizeof(op->token_hash)),
        binary(method->roles_array, (size_t)method->roles_array_len),
        binary(method->name, strlen(method->name)),
        { .is_binary = true },
        { .is_binary = true },
    };

    if (takes_request_id) {
        values[3] = binary(op->request_id.bytes, sizeof(op->request_id.bytes));
        values[4] = binary(op->body_hash, sizeof(op->body_hash));
    }
    return db_batch_preamble(batch, &statement_enter, values, ARRAY_SIZE(values), err);
}

/* Add a part of the method with its values; for a kept answer the request_id comes last. */
static int add_part(struct op *op, struct db_batch *batch, const struct method_part *part,
    bool is_kept, struct err *err)
{
    struct db_value values[BLOCK_PARAMS_MAX + 1];
    struct bind_input input = { .request = op->request,
        .page_size = op->page_size,
        .page_token = op->has_page_token ? str_text(&op->page_token) : NULL,
        .until = op->watcher.until.len ? str_text(&op->watcher.until) : NULL,
        .found = op->code.found,
        .n_found = op->code.n_found };
    size_t n = part->params.n_params;
    struct arena *arena = op->method->is_streamed ? &op->stream_arena : op->arena;
    int r = bind_params_values(&part->params, &input, arena, values, err);

    if (r < 0)
        return r;
    if (!is_kept)
        return db_batch_add(batch, &part->statement, values, n, err);
    values[n] = binary(op->request_id.bytes, sizeof(op->request_id.bytes));
    return db_batch_add(batch, &op->method->kept, values, n + 1, err);
}

/* One row a call: of an answer in pages the first one. What is only checked leaves nothing. */
static bool notes(const struct op *op)
{
    return op->method->audits && !op->validate_only && !op->has_page_token && !op->is_found;
}

/* Note the call, when its other statements have said whose rows they showed. */
static int add_note(const struct op *op, struct db_batch *batch, struct err *err)
{
    struct db_value values[STATEMENT_AUDIT_NOTE_PARAMS] = {
        binary(op->method->name, strlen(op->method->name)),
        { .is_binary = true },
    };

    if (op->has_request_id)
        values[1] = binary(op->request_id.bytes, sizeof(op->request_id.bytes));
    return db_batch_add(batch, &statement_audit_note, values, ARRAY_SIZE(values), err);
}

static int fill_run(struct op *op, struct db_batch *batch, struct err *err)
{
    const struct method *method = op->method;
    bool is_kept = op->has_request_id && !method->once;
    size_t first, end;
    int r = add_preamble(op, batch, op->has_request_id, err);

    op_parts(op, &first, &end);
    for (size_t i = first; r == 0 && i < end; i++)
        r = add_part(op, batch, &method->parts[i], is_kept, err);
    if (r == 0 && method->code)
        r = op_code_ask(op, batch, err);
    if (r == 0 && notes(op))
        r = add_note(op, batch, err);
    if (r == 0 && op->validate_only)
        r = db_batch_add(batch, &statement_check_only, NULL, 0, err);
    return r;
}

/* The kept answer. It is a write as well: see canvass.replay(). */
static int fill_replay(const struct op *op, struct db_batch *batch, struct err *err)
{
    struct db_value id = binary(op->request_id.bytes, sizeof(op->request_id.bytes));
    int r = add_preamble(op, batch, false, err);

    return r < 0 ? r : db_batch_add(batch, &statement_replay, &id, 1, err);
}

void op_submit(struct op *op)
{
    const struct method *method = op->method;
    bool replays = op->state == OP_REPLAYING;
    struct db_batch *batch
        = db_batch_new(op->engine->options.pool, method->writes || notes(op) ? DB_WRITE : DB_READ);
    struct err err = { 0 };
    int r;

    if (method->is_streamed)
        arena_reset(&op->stream_arena);
    if (!batch)
        r = err_oom(&err);
    else
        r = replays ? fill_replay(op, batch, &err) : fill_run(op, batch, &err);
    if (r < 0) {
        db_batch_free(batch);
        op_fail(op, &err);
        return;
    }
    if (!replays)
        op_set_state(op, OP_RUNNING);
    if (method->code)
        op_code_follow(op);
    db_batch_deadline(batch, call_deadline_usec(op->call));
    db_batch_submit(&batch, op_on_reply, op, &op->ticket);
}

void op_start(struct op *op)
{
    struct err err = { 0 };

    op->has_page_token = false;
    if (!op_admit(op))
        return;
    if (op->method->watches && watcher_open(op->engine->watches, op, &err) < 0)
        op_fail_for_now(op, &err, 0);
    else
        op_submit(op);
}
