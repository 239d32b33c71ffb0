/* One call in the engine's hands. engine_code.c takes the steps of a method that is code. engine.c
 * follows the call's life, engine_admit.c
 * turns away who calls too often, engine_batch.c asks the database, engine_answer.c makes of its
 * replies what the caller gets, engine_refused.c notes what was refused. */
#pragma once

#include "base/arena.h"
#include "base/loop.h"
#include "base/str.h"
#include "base/uuid.h"
#include "db/batch.h"
#include "rpc/call.h"
#include "service/auth.h"
#include "service/code.h"
#include "service/engine.h"
#include "service/follower.h"
#include "service/methods.h"
#include "service/watch.h"

struct engine {
    struct engine_options options;
    struct watches *watches;
};

enum op_state {
    OP_READING, /* waiting for the caller's message */
    OP_RUNNING, /* a batch is under way */
    OP_REPLAYING, /* the request was done before: its kept answer is under way */
    OP_PAUSED, /* between two tries, or until the peer has room for the next page */
    OP_DONE, /* finished; only on_closed is to come */
};

struct op {
    struct engine *engine;
    struct call *call;
    const struct method *method;
    enum op_state state;
    uint8_t token_hash[AUTH_HASH_BYTES];

    /* the message at work */
    struct arena *arena; /* of the call, or stream_arena */
    ProtobufCMessage *request;
    uint8_t body_hash[AUTH_HASH_BYTES];
    struct uuid request_id;
    bool has_request_id, validate_only;
    unsigned tries;

    /* pages */
    int32_t page_size;
    struct str page_token; /* of the page to come, in a streamed answer */
    bool has_page_token;

    /* streams */
    struct arena stream_arena; /* emptied for each message, row or page */
    bool is_half_closed;
    bool is_admitted; /* op_admit() let it pass */

    /* code */
    struct code_call code;
    struct follower_wait in_step; /* until the catalogue reflects what was written by now */
    int64_t asked_usec; /* when the first batch asked whether it does already; 0: it did not ask */
    bool is_read, is_in_step, is_found;

    struct watcher watcher; /* of a method that watches */

    struct db_ticket *ticket;
    struct loop_timer retry;
};

/* Change the state, and log it at debug. */
void op_set_state(struct op *op, enum op_state state);

/* Start the message at work. */
void op_start(struct op *op);

/* Ask for the next page, or the same again. */
void op_submit(struct op *op);

/* End the call with an error. */
void op_fail(struct op *op, const struct err *err);

/* The same for an error that passes by itself: with a RetryInfo of so long; 0: a usual time. */
void op_fail_for_now(struct op *op, const struct err *err, int64_t retry_usec);

/* See that the caller has not called, nor its address failed to log in, too often; else end the
 * call and return false. */
bool op_admit(struct op *op);

/* Note that the call was refused, if @why says so: DENIED, or NOT_FOUND of a client of others. */
void op_note_refusal(const struct op *op, const struct err *why);

/* The database knew the caller, or did not. */
void op_note_login(struct op *op, bool is_known);

/* End the call well. */
void op_succeed(struct op *op);

/* The message at work was answered: read the next one or end. */
void op_next_message(struct op *op);

/* Which parts a batch of the method at work asks now: all, or some of code's. */
void op_parts(const struct op *op, size_t *ret_first, size_t *ret_end);

/* Of code, as the last statement of its first batch: ask whether the catalogue is in step. */
int op_code_ask(struct op *op, struct db_batch *batch, struct err *err) _must_check_;

/* Of code that could not ask: see that the catalogue will be in step. */
void op_code_follow(struct op *op);

/* Take code's next step, with the results of its batch. */
void op_code_go_on(struct op *op, const struct db_reply *reply);

/* Answer what op_submit() asked. Called by db. */
void op_on_reply(const struct db_reply *reply, void *arg);
