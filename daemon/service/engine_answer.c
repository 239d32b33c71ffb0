#include "base/clock.h"
#include "base/log.h"
#include "service/engine_internal.h"
#include "service/errors.h"
#include "service/pgbin.h"
#include "service/resource.h"
#include "wire/field.h"

#include <sodium.h>

#define TRIES_MAX 3
#define RETRY_MIN_USEC (5 * USEC_PER_MSEC)
#define RETRY_SPREAD_USEC (45 * USEC_PER_MSEC)

#define SQLSTATE_KEPT "CV100" /* canvass.enter(): done before, the answer is kept */
#define SQLSTATE_CHECKED "CV101" /* canvass.check_only(): all well, nothing kept */

static int not_found(const struct op *op, struct err *err)
{
    const struct bind_columns *columns = &op->method->parts[0].columns;
    const char *path = columns->columns[0].is_whole ? "row" : columns->columns[0].name;
    char thing[64];

    snprintf(thing, sizeof(thing), "%.*s", (int)strcspn(path, "."), path);
    for (char *p = thing; *p; p++)
        if (*p == '_')
            *p = ' ';
    return err_set(err, ERR_NOT_FOUND, "There is no such %s, or it is not yours to see.", thing);
}

/* Copy the page token of a row; "" if there is none. */
static int read_token(
    const struct bind_columns *columns, const struct db_result *result, size_t row, struct str *out)
{
    size_t len;
    const char *token = columns->token_column < 0
        ? NULL
        : db_result_value(result, row, (size_t)columns->token_column, &len);

    str_reset(out);
    str_add(out, token ? token : "", token ? len : 0);
    return out->failed ? ERR_EXHAUSTED : 0;
}

/* Put the token of the page to come into the response. */
static int set_token(struct op *op, const struct bind_columns *columns,
    const struct db_result *result, size_t row, ProtobufCMessage *message)
{
    if (!columns->token_field)
        return 0;
    if (read_token(columns, result, row, &op->page_token) < 0)
        return ERR_EXHAUSTED;
    char *copy = arena_strdup(op->arena, str_text(&op->page_token));
    if (!copy)
        return ERR_EXHAUSTED;
    field_set(message, columns->token_field, &copy);
    return 0;
}

static void op_refuse(struct op *op, const struct err *err)
{
    op_note_refusal(op, err);
    op_fail(op, err);
}

/* Rows to the one response of a call. */
static int answer_rows(
    struct op *op, const struct db_result *result, ProtobufCMessage **ret_message, struct err *err)
{
    const struct method_part *part = &op->method->parts[0];
    size_t n = db_result_n_rows(result);
    bool has_more = part->params.has_pages && n > (size_t)op->page_size;

    if (has_more)
        n = (size_t)op->page_size;
    if (!part->columns.is_list && n == 0)
        return not_found(op, err);
    if (!part->columns.is_list && n > 1)
        return err_set(err, ERR_INTERNAL, "%s answers more than one row", part->columns.where);
    int r = bind_columns_message(&part->columns, result, 0, n, op->arena, ret_message, err);
    if (r == 0 && has_more && set_token(op, &part->columns, result, n - 1, *ret_message) < 0)
        r = err_oom(err);
    return r;
}

/* A kept answer, at the first time and at a repeat. */
static int answer_kept(
    struct op *op, const struct db_result *result, ProtobufCMessage **ret_message, struct err *err)
{
    size_t len;
    const char *json = db_result_n_rows(result) == 1 ? db_result_value(result, 0, 0, &len) : NULL;

    if (!json)
        return not_found(op, err);
    if (len < 1 || json[0] != PGBIN_JSONB_VERSION)
        return err_set(err, ERR_INTERNAL, "unknown version of jsonb");
    return bind_columns_kept(
        &op->method->parts[0].columns, json + 1, len - 1, op->arena, ret_message, err);
}

static void answer_one(struct op *op, const struct db_reply *reply)
{
    const struct db_result *result = db_reply_result(reply, 0);
    bool is_kept = op->state == OP_REPLAYING || (op->has_request_id && !op->method->once);
    ProtobufCMessage *message = NULL;
    struct err err = { 0 };
    int r;

    if (is_kept)
        r = answer_kept(op, result, &message, &err);
    else
        r = answer_rows(op, result, &message, &err);
    if (r < 0) {
        error_translate_plain(&err, op->method->name, call_id(op->call), &err);
        op_refuse(op, &err);
        return;
    }
    if (!call_page_path(op->call)) {
        call_send(op->call, message);
    } else if (resource_send(op->call, message, &err) < 0) {
        op_fail(op, &err);
        return;
    }
    op_next_message(op);
}

/* To the caller, and to those for whom it reads. */
static void send_row(struct op *op, const ProtobufCMessage *message)
{
    struct watcher *each;

    call_send(op->call, message);
    if (!op->watcher.watches)
        return;
    list_for_each(each, &op->watcher.members, link)
        call_send(container_of(each, struct op, watcher)->call, message);
}

/* Send the rows of a page, each a message of its own. */
static int send_page(struct op *op, const struct db_result *result, size_t n_rows, struct err *err)
{
    const struct bind_columns *columns = &op->method->parts[0].columns;

    for (size_t row = 0; row < n_rows; row++) {
        ProtobufCMessage *message;
        arena_reset(&op->stream_arena);
        int r = bind_columns_message(columns, result, row, 1, &op->stream_arena, &message, err);
        if (r < 0)
            return r;
        send_row(op, message);
    }
    return 0;
}

static void answer_page(struct op *op, const struct db_reply *reply)
{
    const struct method_part *part = &op->method->parts[0];
    const struct db_result *result = db_reply_result(reply, 0);
    size_t n = db_result_n_rows(result);
    bool has_more = part->params.has_pages && n > (size_t)op->page_size;
    struct err err = { 0 };

    if (has_more)
        n = (size_t)op->page_size;
    int r = send_page(op, result, n, &err);
    if (r == 0 && (has_more || op->method->watches))
        r = read_token(&part->columns, result, n - 1, &op->page_token) < 0 ? err_oom(&err) : 0;
    if (r < 0) {
        error_translate_plain(&err, op->method->name, call_id(op->call), &err);
        op_fail(op, &err);
    } else if (op->method->watches) {
        op_set_state(op, OP_PAUSED);
        watcher_answered(&op->watcher, has_more);
    } else if (!has_more) {
        op_succeed(op);
    } else {
        op->has_page_token = true;
        if (call_is_writable(op->call))
            op_submit(op);
        else
            op_set_state(op, OP_PAUSED);
    }
}

/* Say whether the batch lost to another one and left nothing behind. */
static bool may_try_again(const struct op *op, const struct db_sql_error *sql)
{
    return op->tries < TRIES_MAX && str_starts_with(sql->sqlstate, "40");
}

static void try_again(struct op *op)
{
    op_set_state(op, OP_PAUSED);
    loop_timer_start(&op->retry, RETRY_MIN_USEC + (int64_t)randombytes_uniform(RETRY_SPREAD_USEC));
}

static void on_failure(struct op *op, const struct db_reply *reply)
{
    const struct db_sql_error *sql = db_reply_sql(reply);
    struct err err = { 0 };

    op->tries++;
    if (!sql) {
        error_translate_plain(reply->err, op->method->name, call_id(op->call), &err);
    } else if (op->has_request_id && op->state == OP_RUNNING
        && str_eq(sql->sqlstate, SQLSTATE_KEPT)) {
        op_set_state(op, OP_REPLAYING);
        op_submit(op);
        return;
    } else if (op->validate_only && str_eq(sql->sqlstate, SQLSTATE_CHECKED)) {
        answer_one(op, reply);
        return;
    } else if (may_try_again(op, sql)) {
        try_again(op);
        return;
    } else {
        error_translate(op->engine->options.errors, sql, op->method->name, call_id(op->call), &err);
        op_note_login(op, err.code != ERR_UNAUTHENTICATED);
    }
    if (err.code == ERR_UNAVAILABLE || err.code == ERR_EXHAUSTED)
        op_fail_for_now(op, &err, 0);
    else
        op_refuse(op, &err);
}

void op_on_reply(const struct db_reply *reply, void *arg)
{
    struct op *op = arg;

    op->ticket = NULL;
    if (op->state == OP_DONE)
        return;
    if (reply->err) {
        on_failure(op, reply);
        return;
    }
    op->tries = 0;
    op_note_login(op, true);
    if (op->method->code)
        op_code_go_on(op, reply);
    else if (op->method->is_streamed)
        answer_page(op, reply);
    else
        answer_one(op, reply);
}
