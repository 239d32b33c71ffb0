/* What was refused is noted too. It has rolled back whatever it wrote, so the note is a batch of
 * its own, sent after the answer: the caller waits no longer for a client of another team than for
 * one that does not exist. Callers are admitted before (engine_admit.c), which bounds the notes. */
#include "base/log.h"
#include "service/engine_internal.h"
#include "service/pgbin.h"
#include "service/statements.h"
#include "wire/field.h"

#include <string.h>

#define TEXT_OID 25

/* roles: anyone, as text[] in binary. Whom a method is not for may still be named. */
static const uint8_t anyone[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, TEXT_OID, 0, 0, 0, 1, 0, 0, 0, 1,
    0, 0, 0, 6, 'a', 'n', 'y', 'o', 'n', 'e' };

static struct db_value binary(const void *data, size_t len)
{
    return (struct db_value) { .data = data, .len = (int)len, .is_binary = true };
}

/* Read the id that the request's field at @path holds; false if it holds none. */
static bool read_id(const ProtobufCMessage *message, const char *path, struct uuid *ret_id)
{
    const ProtobufCFieldDescriptor *steps[BIND_STEPS_MAX];
    int n = message ? field_find_path(message->descriptor, path, ARRAY_SIZE(steps), steps, NULL)
                    : ERR_NOT_FOUND;

    for (int i = 0; i < n; i++) {
        if (field_is_repeated(steps[i]) || !field_is_set(message, steps[i]))
            return false;
        if (i < n - 1)
            message = field_message(message, steps[i]);
    }
    if (n < 1 || steps[n - 1]->type != PROTOBUF_C_TYPE_STRING)
        return false;
    const char *text = *(const char *const *)field_data(message, steps[n - 1]);
    return uuid_parse(text, strlen(text), ret_id) == 0;
}

static void on_noted(const struct db_reply *reply, void *arg)
{
    const struct method *method = arg;

    if (reply->err)
        log_warning("%s was refused, which could not be noted: %s", method->name,
            err_name((int)reply->err->code));
}

static int fill(const struct op *op, const struct err *why, const struct uuid *id,
    struct db_batch *batch, struct err *err)
{
    const char *name = op->method->name;
    uint8_t status[4];
    struct db_value caller[STATEMENT_ENTER_PARAMS] = {
        binary(op->token_hash, sizeof(op->token_hash)),
        binary(anyone, sizeof(anyone)),
        binary(name, strlen(name)),
        { .is_binary = true },
        { .is_binary = true },
    };
    struct db_value values[STATEMENT_AUDIT_REFUSED_PARAMS] = {
        binary(name, strlen(name)),
        binary(status, sizeof(status)),
        { .is_binary = true },
    };
    int r = db_batch_preamble(batch, &statement_enter, caller, ARRAY_SIZE(caller), err);

    pgbin_put32(status, (uint32_t) - (int)why->code);
    if (id)
        values[2] = binary(id->bytes, sizeof(id->bytes));
    return r < 0 ? r
                 : db_batch_add(batch, &statement_audit_refused, values, ARRAY_SIZE(values), err);
}

void op_note_refusal(const struct op *op, const struct err *why)
{
    struct uuid id;
    bool has_id = read_id(op->request, why->field, &id);
    struct db_batch *batch;
    struct err err = { 0 };

    if (why->code != ERR_DENIED && !(why->code == ERR_NOT_FOUND && has_id))
        return;
    batch = db_batch_new(op->engine->options.pool, DB_WRITE);
    if (batch && fill(op, why, has_id ? &id : NULL, batch, &err) == 0)
        db_batch_submit(&batch, on_noted, (void *)(uintptr_t)op->method, NULL);
    else
        log_warning("%s was refused, which could not be noted: no memory", op->method->name);
    db_batch_free(batch);
}
