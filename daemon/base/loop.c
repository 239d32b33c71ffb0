#include "base/loop.h"

#include "base/clock.h"

struct loop {
    struct event_base *base;
};

int loop_new(struct loop **ret_loop, struct err *err)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return err_oom(err);
    loop->base = event_base_new();
    if (!loop->base) {
        free(loop);
        return err_set(err, ERR_EXHAUSTED, "cannot make an event loop");
    }
    *ret_loop = loop;
    return 0;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->base)
        event_base_free(loop->base);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

static int loop_run_flags(struct loop *loop, int flags, struct err *err)
{
    if (event_base_loop(loop->base, flags) < 0)
        return err_set(err, ERR_INTERNAL, "the event loop failed");
    return 0;
}

int loop_run(struct loop *loop, struct err *err)
{
    return loop_run_flags(loop, 0, err);
}

int loop_turn(struct loop *loop, bool wait, struct err *err)
{
    return loop_run_flags(loop, wait ? EVLOOP_ONCE : EVLOOP_NONBLOCK, err);
}

void loop_break(struct loop *loop)
{
    event_base_loopbreak(loop->base);
}

int loop_after_fork(struct loop *loop, struct err *err)
{
    if (event_reinit(loop->base) < 0)
        return err_set(err, ERR_INTERNAL, "the event loop cannot go on after fork()");
    return 0;
}

static void loop_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;
    (void)fd;
    (void)what;
    timer->fn(timer->arg);
}

void loop_timer_init(struct loop_timer *timer, struct loop *loop, loop_fn *fn, void *arg)
{
    *timer = (struct loop_timer) { .fn = fn, .arg = arg };
    event_assign(&timer->event, loop->base, -1, 0, loop_on_timer, timer);
}

void loop_timer_start(struct loop_timer *timer, int64_t usec)
{
    usec = MAX(usec, INT64_C(0));
    struct timeval after = { .tv_sec = usec / USEC_PER_SEC, .tv_usec = usec % USEC_PER_SEC };
    /* short of memory it is better to be early than never */
    if (event_add(&timer->event, &after) < 0)
        event_active(&timer->event, EV_TIMEOUT, 1);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (timer->fn)
        event_del(&timer->event);
}

bool loop_timer_is_running(const struct loop_timer *timer)
{
    return timer->fn && event_pending(&timer->event, EV_TIMEOUT, NULL);
}

static void loop_on_later(evutil_socket_t fd, short what, void *arg)
{
    struct loop_later *later = arg;
    (void)fd;
    (void)what;
    later->is_scheduled = false;
    later->fn(later->arg);
}

void loop_later_init(struct loop_later *later, struct loop *loop, loop_fn *fn, void *arg)
{
    *later = (struct loop_later) { .fn = fn, .arg = arg };
    event_assign(&later->event, loop->base, -1, 0, loop_on_later, later);
}

void loop_later_schedule(struct loop_later *later)
{
    if (later->is_scheduled)
        return;
    later->is_scheduled = true;
    event_active(&later->event, EV_TIMEOUT, 1);
}

void loop_later_cancel(struct loop_later *later)
{
    if (!later->fn)
        return;
    event_del(&later->event);
    later->is_scheduled = false;
}

static void loop_on_signal(evutil_socket_t fd, short what, void *arg)
{
    struct loop_signal *watch = arg;
    (void)fd;
    (void)what;
    watch->fn(watch->arg);
}

int loop_signal_start(struct loop_signal *watch, struct loop *loop, int number, loop_fn *fn,
    void *arg, struct err *err)
{
    *watch = (struct loop_signal) { .fn = fn, .arg = arg };
    event_assign(&watch->event, loop->base, number, EV_SIGNAL | EV_PERSIST, loop_on_signal, watch);
    if (event_add(&watch->event, NULL) < 0) {
        watch->fn = NULL;
        return err_set(err, ERR_INTERNAL, "cannot watch signal %d", number);
    }
    return 0;
}

void loop_signal_stop(struct loop_signal *watch)
{
    if (!watch->fn)
        return;
    event_del(&watch->event);
    watch->fn = NULL;
}
