#include "service/watch.h"
#include "base/clock.h"
#include "service/watch_internal.h"

#include <string.h>

#define READS_MAX 16

/* ---- reading ---- */

void watch_enqueue(struct watcher *w, unsigned concerns)
{
    w->state = WATCHER_WAITS;
    w->concerns |= concerns;
    list_remove(&w->link);
    list_add_tail(&w->watches->queue, &w->link);
}

/* Whether one may read for the other: what row-level security looks at is the same. */
static bool reads_alike(const struct watcher *a, const struct watcher *b)
{
    return a->stands != 0 && a->stands == b->stands && a->concerns == b->concerns
        && !(a->concerns & (WATCH_OWN | WATCH_PERSON)) && str_eq(a->roles, b->roles)
        && (!(a->concerns & WATCH_BOROUGH) || str_eq(a->borough, b->borough))
        && (!(a->concerns & WATCH_TEAM) || memcmp(&a->team, &b->team, sizeof(a->team)) == 0);
}

static void begin_to_read(struct watcher *w)
{
    w->state = WATCHER_READS;
    w->reads = w->concerns;
    w->concerns = 0;
    w->until_number = w->watches->number;
    str_reset(&w->until);
    str_addz(&w->until, str_text(&w->watches->token));
}

static void gather(struct watcher *reader)
{
    struct watcher *each;

    list_for_each_safe(each, &reader->watches->queue, link)
    {
        if (!reads_alike(reader, each) || !call_is_writable(watch_op(each)->call))
            continue;
        list_remove(&each->link);
        list_add_tail(&reader->members, &each->link);
    }
    list_for_each(each, &reader->members, link) begin_to_read(each);
    begin_to_read(reader);
}

/* Let those who wait read, a few at a time. */
void watch_pump(struct watches *watches)
{
    struct watcher *w;

    while (
        watches->n_reading < READS_MAX && (w = list_first(&watches->queue, struct watcher, link))) {
        list_remove(&w->link);
        if (!call_is_writable(watch_op(w)->call)) {
            w->state = WATCHER_IS_SLOW;
            continue;
        }
        gather(w);
        w->leads = true;
        watches->n_reading++;
        op_submit(watch_op(w));
    }
}

/* @w was told what the reader read: where it stands, and what there is to do next. */
static void settle(struct watcher *w, const char *token, bool has_more)
{
    struct op *op = watch_op(w);

    list_remove(&w->link);
    w->reads = 0;
    w->told_usec = clock_monotonic_usec();
    if (token != str_text(&op->page_token)) {
        str_reset(&op->page_token);
        str_addz(&op->page_token, token);
    }
    op->has_page_token = true;
    if (has_more || !str_eq(token, str_text(&w->until)))
        w->stands = 0;
    else
        w->stands = w->until_number;
    if (has_more) {
        watch_enqueue(w, WATCH_OWN);
    } else if (w->stands == 0) {
        w->state = WATCHER_JOINS;
        w->joined = w->watches->n_begun;
    } else if (w->concerns) {
        watch_enqueue(w, 0);
    } else {
        w->state = WATCHER_RESTS;
    }
}

void watcher_answered(struct watcher *watcher, bool has_more)
{
    struct watches *watches = watcher->watches;
    const char *token = str_text(&watch_op(watcher)->page_token);
    struct watcher *each;

    if (watcher->leads)
        watches->n_reading--;
    watcher->leads = false;
    list_for_each_safe(each, &watcher->members, link) settle(each, token, has_more);
    settle(watcher, token, has_more);
    watch_pump(watches);
}

/* ---- for the engine ---- */

int watches_new(struct loop *loop, struct db_pool *pool, size_t most, struct watches **ret_watches,
    struct err *err)
{
    struct watches *watches = calloc(1, sizeof(*watches));

    if (!watches)
        return err_oom(err);
    watches->loop = loop;
    watches->pool = pool;
    watches->most = most;
    list_init(&watches->all);
    list_init(&watches->queue);
    loop_timer_init(&watches->timer, loop, watch_look, watches);
    *ret_watches = watches;
    return 0;
}

void watches_free(struct watches *watches)
{
    if (!watches)
        return;
    db_ticket_cancel(&watches->ticket);
    loop_timer_stop(&watches->timer);
    str_release(&watches->token);
    str_release(&watches->next_token);
    str_release(&watches->boroughs);
    str_release(&watches->teams);
    str_release(&watches->people);
    free(watches->asked);
    free(watches);
}

int watcher_open(struct watches *watches, struct op *op, struct err *err)
{
    struct watcher *w = &op->watcher, *each;
    size_t n = 0;

    list_for_each(each, &watches->all, siblings) n
        += memcmp(watch_op(each)->token_hash, op->token_hash, sizeof(op->token_hash)) == 0;
    if (watches->most && n >= watches->most)
        return err_set(err, ERR_EXHAUSTED,
            "You have %zu watches open, the most for one login; end one of them first.", n);
    w->watches = watches;
    w->state = WATCHER_BEGINS;
    list_init(&w->link);
    list_init(&w->members);
    if (list_is_empty(&watches->all)) {
        watches->checked_usec = 0;
        loop_timer_start(&watches->timer, 0);
    }
    list_add_tail(&watches->all, &w->siblings);
    return 0;
}

void watcher_writable(struct watcher *watcher)
{
    if (!watcher->watches || watcher->state != WATCHER_IS_SLOW)
        return;
    watch_enqueue(watcher, 0);
    watch_pump(watcher->watches);
}

/* Those for whom it read wait for their turn again; the next look lets them read. */
void watcher_close(struct watcher *watcher)
{
    struct watches *watches = watcher->watches;
    struct watcher *each;

    if (!watches)
        return;
    watcher->watches = NULL;
    if (watcher->leads)
        watches->n_reading--;
    list_for_each_safe(each, &watcher->members, link)
    {
        watch_enqueue(each, each->reads);
        each->reads = 0;
    }
    if (watcher->place && watcher->place <= watches->n_asked
        && watches->asked[watcher->place - 1] == watcher)
        watches->asked[watcher->place - 1] = NULL;
    list_remove(&watcher->siblings);
    list_remove(&watcher->link);
    str_release(&watcher->until);
    if (!list_is_empty(&watches->all))
        return;
    db_ticket_cancel(&watches->ticket);
    loop_timer_stop(&watches->timer);
    str_reset(&watches->token);
}
