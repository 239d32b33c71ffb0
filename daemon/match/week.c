#include "match/week.h"

#include "base/err.h"
#include "base/str.h"

enum { DAYS = 7, DAY_MINUTES = 1440, SLOT_MINUTES = 30, LAST_WORD_BITS = MATCH_WEEK_SLOTS % 64 };

static const char *const day_names[DAYS] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static void set_slot(struct match_week *week, unsigned slot)
{
    slot %= MATCH_WEEK_SLOTS;
    week->bits[slot / 64] |= UINT64_C(1) << (slot % 64);
}

int match_week_set(struct match_week *week, const struct match_span *span,
    enum match_rounding rounding, struct err *err)
{
    if (span->weekday >= DAYS)
        return err_set_field(err, ERR_INVALID, "weekday", "There is no such day of the week.");
    if (span->start_minute >= DAY_MINUTES)
        return err_set_field(err, ERR_INVALID, "start", "Start between 00:00 and 23:59.");
    if (span->end_minute > DAY_MINUTES)
        return err_set_field(err, ERR_INVALID, "end", "End between 00:00 and 24:00.");
    if (span->start_minute == span->end_minute)
        return err_set_field(err, ERR_INVALID, "end", "The end is the start: give a later one.");
    unsigned start = span->start_minute;
    unsigned end = span->end_minute;
    if (end < start)
        end += DAY_MINUTES;
    unsigned first = start / SLOT_MINUTES;
    unsigned past = (end + SLOT_MINUTES - 1) / SLOT_MINUTES;
    if (rounding == MATCH_ROUND_IN) {
        first = (start + SLOT_MINUTES - 1) / SLOT_MINUTES;
        past = end / SLOT_MINUTES;
    }
    for (unsigned slot = first; slot < past; slot++)
        set_slot(week, span->weekday * MATCH_DAY_SLOTS + slot);
    return 0;
}

void match_week_fill(struct match_week *week)
{
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
        week->bits[i] = UINT64_MAX;
    week->bits[MATCH_WEEK_WORDS - 1] = (UINT64_C(1) << LAST_WORD_BITS) - 1;
}

void match_week_unpack(struct match_week *week, const uint8_t bytes[MATCH_WEEK_BYTES])
{
    *week = (struct match_week) { { 0 } };
    for (unsigned slot = 0; slot < MATCH_WEEK_SLOTS; slot++)
        if (bytes[slot / 8] & (0x80u >> (slot % 8)))
            set_slot(week, slot);
}

void match_week_pack(const struct match_week *week, uint8_t bytes[MATCH_WEEK_BYTES])
{
    memset(bytes, 0, MATCH_WEEK_BYTES);
    for (unsigned slot = 0; slot < MATCH_WEEK_SLOTS; slot++)
        if (match_week_has(week, slot))
            bytes[slot / 8] |= (uint8_t)(0x80u >> (slot % 8));
}

bool match_week_has(const struct match_week *week, unsigned slot)
{
    slot %= MATCH_WEEK_SLOTS;
    return week->bits[slot / 64] >> (slot % 64) & 1;
}

bool match_week_is_empty(const struct match_week *week)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
        any |= week->bits[i];
    return any == 0;
}

bool match_week_meets(const struct match_week *a, const struct match_week *b)
{
    uint64_t both = 0;
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
        both |= a->bits[i] & b->bits[i];
    return both != 0;
}

unsigned match_week_count(const struct match_week *week)
{
    unsigned n = 0;
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
        n += (unsigned)__builtin_popcountll(week->bits[i]);
    return n;
}

void match_week_add(struct match_week *week, const struct match_week *other)
{
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
        week->bits[i] |= other->bits[i];
}

void match_week_keep(struct match_week *week, const struct match_week *other)
{
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
        week->bits[i] &= other->bits[i];
}

void match_week_take(struct match_week *week, const struct match_week *other)
{
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
        week->bits[i] &= ~other->bits[i];
}

void match_week_add_stretch(struct match_week *week, struct match_stretch stretch)
{
    for (unsigned i = 0; i < stretch.length && i < MATCH_WEEK_SLOTS; i++)
        set_slot(week, stretch.start + i);
}

/* Turn the ring by one slot towards the future. */
static struct match_week turn_forward(const struct match_week *week)
{
    struct match_week turned;
    uint64_t carry = week->bits[MATCH_WEEK_WORDS - 1] >> (LAST_WORD_BITS - 1) & 1;
    for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++) {
        turned.bits[i] = week->bits[i] << 1 | carry;
        carry = week->bits[i] >> 63;
    }
    turned.bits[MATCH_WEEK_WORDS - 1] &= (UINT64_C(1) << LAST_WORD_BITS) - 1;
    return turned;
}

static struct match_week turn_back(const struct match_week *week)
{
    struct match_week turned;
    for (unsigned i = 0; i + 1 < MATCH_WEEK_WORDS; i++)
        turned.bits[i] = week->bits[i] >> 1 | week->bits[i + 1] << 63;
    turned.bits[MATCH_WEEK_WORDS - 1]
        = week->bits[MATCH_WEEK_WORDS - 1] >> 1 | (week->bits[0] & 1) << (LAST_WORD_BITS - 1);
    return turned;
}

void match_week_widen(struct match_week *week, unsigned before, unsigned after)
{
    struct match_week past = *week;
    struct match_week future = *week;
    for (unsigned i = 0; i < MIN(before, (unsigned)MATCH_WEEK_SLOTS); i++) {
        past = turn_back(&past);
        match_week_add(week, &past);
    }
    for (unsigned i = 0; i < MIN(after, (unsigned)MATCH_WEEK_SLOTS); i++) {
        future = turn_forward(&future);
        match_week_add(week, &future);
    }
}

size_t match_week_stretches(
    const struct match_week *week, struct match_stretch ret_stretches[MATCH_WEEK_STRETCHES_MAX])
{
    if (match_week_count(week) == MATCH_WEEK_SLOTS) {
        ret_stretches[0] = (struct match_stretch) { 0, MATCH_WEEK_SLOTS };
        return 1;
    }
    size_t n = 0;
    for (unsigned slot = 0; slot < MATCH_WEEK_SLOTS; slot++) {
        if (!match_week_has(week, slot) || match_week_has(week, slot + MATCH_WEEK_SLOTS - 1))
            continue;
        unsigned length = 1;
        while (match_week_has(week, slot + length))
            length++;
        ret_stretches[n++]
            = (struct match_stretch) { .start = (uint16_t)slot, .length = (uint16_t)length };
    }
    return n;
}

void match_week_print_days(unsigned days, struct str *out)
{
    /* pieces first, so that the last but one is followed by "and" */
    unsigned starts[DAYS];
    unsigned ends[DAYS];
    unsigned n = 0;
    for (unsigned day = 0; day < DAYS; day++) {
        if (!(days >> day & 1))
            continue;
        unsigned last = day;
        while (last + 1 < DAYS && days >> (last + 1) & 1)
            last++;
        if (last < day + 2)
            last = day;
        starts[n] = day;
        ends[n++] = last;
        day = last;
    }
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            str_addz(out, i + 1 < n ? ", " : " and ");
        str_addz(out, day_names[starts[i]]);
        if (ends[i] != starts[i])
            str_addf(out, "–%s", day_names[ends[i]]);
    }
}

static void print_clock(unsigned slot, struct str *out)
{
    str_addf(out, "%02u:%02u", slot / 2, slot % 2 * SLOT_MINUTES);
}

void match_week_print_time(int slot, struct str *out)
{
    if (slot < 0) {
        print_clock((unsigned)(slot + MATCH_WEEK_SLOTS) % MATCH_DAY_SLOTS, out);
        str_addz(out, " the day before");
    } else if (slot > MATCH_DAY_SLOTS) {
        print_clock((unsigned)slot % MATCH_DAY_SLOTS, out);
        str_addz(out, " the day after");
    } else {
        print_clock((unsigned)slot, out);
    }
}

void match_week_print_stretch(struct match_stretch stretch, struct str *out)
{
    unsigned start = stretch.start % MATCH_DAY_SLOTS;
    unsigned end = start + stretch.length;
    print_clock(start, out);
    str_addz(out, "–");
    if (stretch.length > MATCH_DAY_SLOTS) {
        unsigned past = (stretch.start + stretch.length) % MATCH_WEEK_SLOTS;
        str_addf(out, "%s ", day_names[past / MATCH_DAY_SLOTS]);
        end = past;
    }
    print_clock(end > MATCH_DAY_SLOTS ? end % MATCH_DAY_SLOTS : end, out);
}

void match_week_print(const struct match_week *week, struct str *out)
{
    struct match_stretch all[MATCH_WEEK_STRETCHES_MAX];
    size_t n = match_week_stretches(week, all);
    if (n == 0)
        str_addz(out, "none");
    if (n == 1 && all[0].length == MATCH_WEEK_SLOTS) {
        str_addz(out, "all week, day and night");
        return;
    }
    bool is_first = true;
    for (size_t i = 0; i < n; i++) {
        if (all[i].length == 0)
            continue;
        unsigned days = 0;
        for (size_t j = i; j < n; j++) {
            if (all[j].length != all[i].length
                || all[j].start % MATCH_DAY_SLOTS != all[i].start % MATCH_DAY_SLOTS)
                continue;
            if (j > i && all[i].length > MATCH_DAY_SLOTS)
                continue; /* its end names a day, so it stands alone */
            days |= 1u << (all[j].start / MATCH_DAY_SLOTS);
            if (j > i)
                all[j].length = 0;
        }
        str_addz(out, is_first ? "" : "; ");
        is_first = false;
        match_week_print_days(days, out);
        str_addz(out, " ");
        match_week_print_stretch(all[i], out);
    }
}
