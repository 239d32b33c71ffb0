/* The week in half-hours of Europe/London local time, as a bitmap of 336 bits.
 *
 * Bit 0 is Monday 00:00 to 00:30, bit 335 Sunday 23:30 to 24:00; the week is a ring, so what
 * passes Sunday midnight goes on at bit 0. A pattern is local time as people read it off a rota:
 * clock changes do not move it, and nothing here knows of them.
 *
 * Calling sequence: zero a struct match_week (or match_week_fill), match_week_set() once per span,
 * then combine. Plain values; nothing is allocated except by match_week_print()'s buffer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

struct err;
struct str;

enum {
    MATCH_DAY_SLOTS = 48,
    MATCH_WEEK_SLOTS = 336,
    MATCH_WEEK_WORDS = 6,
    MATCH_WEEK_BYTES = 42, /* of PostgreSQL's bit(336), without its length */
    MATCH_WEEK_STRETCHES_MAX = MATCH_WEEK_SLOTS / 2,
};

struct match_week {
    uint64_t bits[MATCH_WEEK_WORDS];
};

/* From start to end on one weekday. An end that is not after the start is on the next day, so
 * 22:00 to 06:00 passes midnight; 24:00 is 1440 or 0. */
struct match_span {
    uint8_t weekday; /* 0 Monday to 6 Sunday */
    uint16_t start_minute; /* 0 to 1439 */
    uint16_t end_minute; /* 0 to 1440, not the start */
};

/* What becomes of a span that does not begin or end on a half-hour. */
enum match_rounding {
    MATCH_ROUND_OUT, /* shifts and unavailable windows: touch the half-hour, take it all */
    MATCH_ROUND_IN, /* availability: only half-hours that are wholly inside */
};

/* A whole number of neighbouring half-hours; start + length may pass the end of the week. */
struct match_stretch {
    uint16_t start;
    uint16_t length;
};

/* Add @span to @week. ERR_INVALID for a weekday or minute out of range, or a span of no length;
 * @week is then unchanged. */
int match_week_set(struct match_week *week, const struct match_span *span,
    enum match_rounding rounding, struct err *err) _must_check_;

/* Set every half-hour of the week. */
void match_week_fill(struct match_week *week);

/* Read and write the 42 bytes of PostgreSQL's bit(336), most significant bit first. */
void match_week_unpack(struct match_week *week, const uint8_t bytes[MATCH_WEEK_BYTES]);
void match_week_pack(const struct match_week *week, uint8_t bytes[MATCH_WEEK_BYTES]);

bool match_week_has(const struct match_week *week, unsigned slot);
bool match_week_is_empty(const struct match_week *week);
bool match_week_meets(const struct match_week *a, const struct match_week *b);
unsigned match_week_count(const struct match_week *week);

/* @week |= @other; @week &= @other; @week &= ~@other. */
void match_week_add(struct match_week *week, const struct match_week *other);
void match_week_keep(struct match_week *week, const struct match_week *other);
void match_week_take(struct match_week *week, const struct match_week *other);

/* Set the slots of @stretch. */
void match_week_add_stretch(struct match_week *week, struct match_stretch stretch);

/* Widen every stretch of @week by @before slots towards the past and @after towards the future. */
void match_week_widen(struct match_week *week, unsigned before, unsigned after);

/* The stretches of @week, ordered by start; the one that passes Sunday midnight comes last.
 * Returns how many. */
size_t match_week_stretches(
    const struct match_week *week, struct match_stretch ret_stretches[MATCH_WEEK_STRETCHES_MAX]);

/* Append "Mon–Fri 09:00–17:00; Sat 10:00–14:00" to @out, or "none". */
void match_week_print(const struct match_week *week, struct str *out);

/* Append the days of @days (bit 0 Monday) as "Mon–Fri" or "Tue and Thu". */
void match_week_print_days(unsigned days, struct str *out);

/* Append a time of day, "09:00", of a slot counted from the midnight that begins its day; outside
 * 0 to 48 " the day before" or " the day after" follows. */
void match_week_print_time(int slot, struct str *out);

/* Append "09:00–17:00" of @stretch, or "09:00–Tue 17:00" when it lasts over a day. */
void match_week_print_stretch(struct match_stretch stretch, struct str *out);
