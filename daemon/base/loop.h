/* The event loop: one libevent base, timers, "later in this turn", signals.
 *
 *     loop_new(&loop, &err);
 *     loop_timer_init(&call->deadline, loop, on_deadline, call);
 *     loop_timer_start(&call->deadline, 250 * USEC_PER_MSEC);
 *     loop_run(loop);                        until loop_break()
 *     loop_timer_stop(&call->deadline);      before its memory goes
 *     loop_free(loop);
 *
 * Timers, laters and signals live inside their owner's struct, and cannot fail to start, except
 * signals: a timer that finds no memory runs at once. Times count from the beginning of the turn.
 * Each must be stopped before its memory is freed; a zeroed one may be stopped. The callback may
 * stop, restart or free its own object. The loop must outlive them all.
 */
#pragma once

#include "base/err.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

typedef void loop_fn(void *arg);

/* Make a loop. ERR_EXHAUSTED. */
int loop_new(struct loop **ret_loop, struct err *err) _must_check_;

/* Free it; NULL is accepted. */
void loop_free(struct loop *loop);
define_cleanup(struct loop *, loop_free);

/* Return the libevent base, for bufferevents, listeners and descriptors. */
struct event_base *loop_base(struct loop *loop);

/* Run until loop_break(), or until no event is left. 0, or ERR_INTERNAL if the backend failed. */
int loop_run(struct loop *loop, struct err *err) _must_check_;

/* Run one turn; wait for an event if @wait. For tests. */
int loop_turn(struct loop *loop, bool wait, struct err *err) _must_check_;

/* Let loop_run() return when the callback that is running has ended. */
void loop_break(struct loop *loop);

/* Start again in a child of fork(). ERR_INTERNAL. */
int loop_after_fork(struct loop *loop, struct err *err) _must_check_;

/* A timer: runs @fn once, some microseconds after its start. */
struct loop_timer {
    struct event event;
    loop_fn *fn;
    void *arg;
};

void loop_timer_init(struct loop_timer *timer, struct loop *loop, loop_fn *fn, void *arg);

/* Run the callback in @usec microseconds (0 or less: in the next turn); moves a running timer. */
void loop_timer_start(struct loop_timer *timer, int64_t usec);

void loop_timer_stop(struct loop_timer *timer);

bool loop_timer_is_running(const struct loop_timer *timer);

/* Work for later in this turn: runs @fn once, after the callbacks of events that are already
 * active. Scheduling it again before it ran changes nothing. */
struct loop_later {
    struct event event;
    loop_fn *fn;
    void *arg;
    bool is_scheduled;
};

void loop_later_init(struct loop_later *later, struct loop *loop, loop_fn *fn, void *arg);

void loop_later_schedule(struct loop_later *later);

/* Take it back. */
void loop_later_cancel(struct loop_later *later);

/* A signal: runs @fn in the loop, each time the signal arrives, until it is stopped. */
struct loop_signal {
    struct event event;
    loop_fn *fn;
    void *arg;
};

/* Start to watch signal @number. ERR_INTERNAL. */
int loop_signal_start(struct loop_signal *watch, struct loop *loop, int number, loop_fn *fn,
    void *arg, struct err *err) _must_check_;

void loop_signal_stop(struct loop_signal *watch);
