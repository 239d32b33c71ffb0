/* Why a fixed pattern does not fit: clashes to be told, and changes to be asked for. */
#include "match/match_internal.h"

static struct match_week week_of(struct match_stretch stretch)
{
    struct match_week week = { { 0 } };
    match_week_add_stretch(&week, stretch);
    return week;
}

static unsigned day_of(struct match_stretch stretch)
{
    return stretch.start / MATCH_DAY_SLOTS;
}

static bool same_time(struct match_stretch a, struct match_stretch b)
{
    return a.length == b.length && a.start % MATCH_DAY_SLOTS == b.start % MATCH_DAY_SLOTS;
}

static bool same_clash(const struct match_clash *a, const struct match_clash *b)
{
    return a->window == b->window && same_time(a->shift, b->shift)
        && (a->window < 0
            || (same_time(a->blocked, b->blocked) && a->shift_start == b->shift_start
                && a->is_travel_only == b->is_travel_only));
}

/* Add a clash, or the days of it to one that is the same on other days. */
static size_t add_clash(
    struct match_clash clashes[MATCH_CLASHES_MAX], size_t n, const struct match_clash *clash)
{
    for (size_t i = 0; i < n; i++) {
        if (!same_clash(&clashes[i], clash))
            continue;
        clashes[i].shift_days |= clash->shift_days;
        clashes[i].window_days |= clash->window_days;
        return n;
    }
    if (n < MATCH_CLASHES_MAX)
        clashes[n++] = *clash;
    return n;
}

static size_t add_outside(const struct match_query *q, const struct match_week *shift,
    struct match_clash clashes[MATCH_CLASHES_MAX], size_t n)
{
    if (!q->client->has_availability)
        return n;
    struct match_week outside = *shift;
    match_week_take(&outside, &q->client->availability);
    struct match_stretch parts[MATCH_WEEK_STRETCHES_MAX];
    size_t n_parts = match_week_stretches(&outside, parts);
    for (size_t i = 0; i < n_parts; i++)
        n = add_clash(clashes, n,
            &(struct match_clash) {
                .window = -1, .shift = parts[i], .shift_days = 1u << day_of(parts[i]) });
    return n;
}

/* Where the shift begins, counted from the midnight that begins the window's day: the nearest of
 * the starts that the ring of the week offers. */
static int shift_start_seen_from(struct match_stretch shift, struct match_stretch window)
{
    int distance = (int)shift.start - (int)window.start;
    if (distance >= MATCH_WEEK_SLOTS / 2)
        distance -= MATCH_WEEK_SLOTS;
    if (distance < -MATCH_WEEK_SLOTS / 2)
        distance += MATCH_WEEK_SLOTS;
    return window.start % MATCH_DAY_SLOTS + distance;
}

static size_t add_window(const struct match_query *q, int number, struct match_stretch shift,
    struct match_clash clashes[MATCH_CLASHES_MAX], size_t n)
{
    const struct match_window *window = &q->client->windows[number];
    const struct match_week work = week_of(shift);
    unsigned before;
    unsigned after;
    match_window_margins(q->client, window, &before, &after);
    struct match_stretch parts[MATCH_WEEK_STRETCHES_MAX];
    size_t n_parts = match_week_stretches(&window->week, parts);
    for (size_t i = 0; i < n_parts; i++) {
        struct match_week narrow = week_of(parts[i]);
        struct match_week wide = narrow;
        match_week_widen(&wide, after, before);
        if (!match_week_meets(&wide, &work))
            continue;
        n = add_clash(clashes, n,
            &(struct match_clash) {
                .window = number,
                .shift = shift,
                .blocked = parts[i],
                .shift_start = shift_start_seen_from(shift, parts[i]),
                .shift_days = 1u << day_of(shift),
                .window_days = 1u << day_of(parts[i]),
                .is_travel_only = !match_week_meets(&narrow, &work),
            });
    }
    return n;
}

size_t match_find_clashes(const struct match_query *q, const struct match_opening *o,
    struct match_clash ret_clashes[MATCH_CLASHES_MAX])
{
    struct match_stretch shifts[MATCH_WEEK_STRETCHES_MAX];
    size_t n_shifts = match_week_stretches(&o->shifts, shifts);
    size_t n = 0;
    for (size_t i = 0; i < n_shifts; i++) {
        struct match_week shift = week_of(shifts[i]);
        n = add_outside(q, &shift, ret_clashes, n);
        for (size_t w = 0; w < q->client->n_windows; w++)
            if (match_week_meets(&shift, &q->blocked[w]))
                n = add_window(q, (int)w, shifts[i], ret_clashes, n);
    }
    return n;
}

static size_t add_edit(
    struct match_edit edits[MATCH_CLASHES_MAX], size_t n, const struct match_edit *edit)
{
    for (size_t i = 0; i < n; i++) {
        if (edits[i].kind != edit->kind || !same_time(edits[i].shift, edit->shift)
            || !same_time(edits[i].wanted, edit->wanted))
            continue;
        edits[i].days |= edit->days;
        return n;
    }
    if (n < MATCH_CLASHES_MAX)
        edits[n++] = *edit;
    return n;
}

static struct match_stretch shorten(struct match_stretch shift, unsigned first, unsigned last)
{
    return (struct match_stretch) {
        .start = (uint16_t)((shift.start + first) % MATCH_WEEK_SLOTS),
        .length = (uint16_t)(shift.length - first - last),
    };
}

/* Cut what is not free from both ends; what is not free in between must be off. */
static size_t edit_shift(const struct match_query *q, struct match_stretch shift,
    struct match_edit edits[MATCH_CLASHES_MAX], size_t n)
{
    unsigned first = 0;
    unsigned last = 0;
    while (first < shift.length && !match_week_has(&q->free, shift.start + first))
        first++;
    struct match_edit edit = { .shift = shift, .days = 1u << day_of(shift) };
    if (first == shift.length) {
        edit.kind = EDIT_WHOLE;
        return add_edit(edits, n, &edit);
    }
    while (!match_week_has(&q->free, shift.start + shift.length - 1u - last))
        last++;
    edit.wanted = shorten(shift, first, last);
    if (first || last) {
        edit.kind = first && last ? EDIT_BOTH : first ? EDIT_START : EDIT_FINISH;
        n = add_edit(edits, n, &edit);
    }
    struct match_week gaps = week_of(edit.wanted);
    match_week_take(&gaps, &q->free);
    struct match_stretch parts[MATCH_WEEK_STRETCHES_MAX];
    size_t n_parts = match_week_stretches(&gaps, parts);
    edit.kind = EDIT_GAP;
    for (size_t i = 0; i < n_parts; i++) {
        edit.shift = edit.wanted = parts[i];
        edit.days = 1u << day_of(parts[i]);
        n = add_edit(edits, n, &edit);
    }
    return n;
}

size_t match_find_edits(const struct match_query *q, const struct match_opening *o,
    struct match_edit ret_edits[MATCH_CLASHES_MAX])
{
    struct match_stretch shifts[MATCH_WEEK_STRETCHES_MAX];
    size_t n_shifts = match_week_stretches(&o->shifts, shifts);
    size_t n = 0;
    for (size_t i = 0; i < n_shifts; i++)
        n = edit_shift(q, shifts[i], ret_edits, n);
    return n;
}
