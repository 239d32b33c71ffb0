/* The steps of a method that is code (code.h): its first batch, which also asks whether the
 * catalogue is in step; if it is not, a look at the database; then it finds; what it found is its
 * second batch. Code that finds nothing answers from its first batch. */
#include "base/clock.h"
#include "service/engine_internal.h"
#include "service/errors.h"

void op_parts(const struct op *op, size_t *ret_first, size_t *ret_end)
{
    const struct method *method = op->method;

    *ret_first = op->is_found ? method->code->n_first : 0;
    *ret_end = method->code && !op->is_found ? method->code->n_first : method->n_parts;
}

static void fail_step(struct op *op, const struct err *inner)
{
    struct err err = { 0 };

    error_translate_plain(inner, op->method->name, call_id(op->call), &err);
    if (err.code == ERR_UNAVAILABLE)
        op_fail_for_now(op, &err, 0);
    else
        op_fail(op, &err);
}

/* @first: the part whose result is the first of @reply. */
static void answer(struct op *op, const struct db_reply *reply, size_t first)
{
    const struct method *method = op->method;
    struct code_result results[CODE_PARTS_MAX] = { { NULL, NULL } };
    ProtobufCMessage *message = NULL;
    struct err err = { 0 };

    for (size_t i = first; reply && i < method->n_parts; i++)
        results[i - first] = (struct code_result) {
            .result = db_reply_result(reply, i - first),
            .map = method->parts[i].code_map,
        };
    if (method->code->answer(&op->code, results, &message, &err) < 0) {
        fail_step(op, &err);
        return;
    }
    call_send(op->call, message);
    op_next_message(op);
}

static void find(struct op *op)
{
    const struct follower *follower = op->engine->options.follower;
    struct follower_stats stats;
    struct err err = { 0 };

    if (!op->is_read || !op->is_in_step || op->state == OP_DONE)
        return;
    follower_stats(follower, &stats);
    op->code.catalogue = follower_catalogue(follower);
    op->code.catalogue_age_usec = (int64_t)stats.age_msec * USEC_PER_MSEC;
    if (op->method->code->find(&op->code, &err) < 0) {
        fail_step(op, &err);
        return;
    }
    op->code.catalogue = NULL;
    op->is_found = true;
    if (op->code.n_found > 0 && op->method->n_parts > op->method->code->n_first)
        op_submit(op);
    else
        answer(op, NULL, op->method->code->n_first);
}

static void on_in_step(const struct err *err, void *arg)
{
    struct op *op = arg;

    if (err) {
        fail_step(op, err);
        return;
    }
    op->is_in_step = true;
    find(op);
}

int op_code_ask(struct op *op, struct db_batch *batch, struct err *err)
{
    const struct follower *follower = op->engine->options.follower;

    op->asked_usec = 0;
    if (!op->method->code->find || op->is_found || op->is_in_step || !follower_is_whole(follower))
        return 0;
    op->asked_usec = clock_monotonic_usec();
    return follower_ask(follower, batch, err);
}

void op_code_follow(struct op *op)
{
    if (op->method->code->find && !op->is_found && !op->is_in_step && op->asked_usec == 0
        && list_is_empty(&op->in_step.link))
        follower_wait(op->engine->options.follower, &op->in_step, on_in_step, op);
}

/* Take the answer that came with the first batch. */
static void hear(struct op *op, const struct db_result *answer)
{
    if (op->asked_usec == 0)
        return;
    op->is_in_step = follower_hear(op->engine->options.follower, answer, op->asked_usec);
    op->asked_usec = 0;
    op_code_follow(op);
}

static void read_first(struct op *op, const struct db_reply *reply)
{
    const struct method *method = op->method;
    struct code_result results[CODE_PARTS_MAX];
    struct err err = { 0 };

    for (size_t i = 0; i < method->code->n_first; i++)
        results[i] = (struct code_result) {
            .result = db_reply_result(reply, i),
            .map = method->parts[i].code_map,
        };
    if (method->code->read(&op->code, results, &err) < 0) {
        fail_step(op, &err);
        return;
    }
    op->is_read = true;
    hear(op, db_reply_result(reply, method->code->n_first));
    find(op);
}

void op_code_go_on(struct op *op, const struct db_reply *reply)
{
    const struct code_method *code = op->method->code;

    op->code.request = op->request;
    op->code.arena = op->arena;
    op->code.signer = &op->engine->options.signer;
    if (!code->find)
        answer(op, reply, 0);
    else if (op->is_found)
        answer(op, reply, code->n_first);
    else
        read_first(op, reply);
}
