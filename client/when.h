/* Dates and times as people say them, in UK order.
 *
 *     struct when when;
 *     if (when_parse("tue 10:00", WHEN_AHEAD, clock_now_usec(), &when, &err) < 0)
 *         ...                              err.msg says what is accepted
 *     london_format(when.usec, text);      echo it: "Tue 24 Nov 2026 10:00"
 *
 * Understood: today, yesterday, tomorrow, now; tue, tuesday, last/this/next tue, tue week; 3/11,
 * 3/11/26, 3-11-2026, 3.11.26, 2026-11-03; 3 nov, 3rd november 2026, nov 3, the 3rd; in 2 weeks, in
 * an hour, 3 days ago; next week, next month; and a time before or behind: 14:30, 3pm, 2.30pm,
 * noon.
 *
 * Pure: the time now is given. Words are read without regard to case; "at", "on", "the" and commas
 * are passed over.
 */
#pragma once

#include "base/civil.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Which way a day without a year, or a weekday, is meant. */
enum when_direction {
    WHEN_BACK, /* what took place: the latest that is not in the future */
    WHEN_AHEAD, /* what is to come: the earliest that is not in the past */
    WHEN_EITHER, /* a limit of a search: like WHEN_BACK, but the future is allowed */
};

struct when {
    struct civil_date date;
    bool has_time;
    int minute; /* after midnight, in London */
    /* The moment. Without a time: midnight, which stands for the whole day; but "today" of what
     * took place is now. */
    int64_t usec;
};

/* Parse @text as said at @now_usec. ERR_INVALID with a sentence: not understood, a day or time that
 * does not exist, or one that lies the wrong way. */
int when_parse(const char *text, enum when_direction direction, int64_t now_usec,
    struct when *ret_when, struct err *err) _must_check_;

/* The same for a day alone; a time of day is refused. */
int when_parse_date(const char *text, enum when_direction direction, int64_t now_usec,
    struct when *ret_when, struct err *err) _must_check_;

/* Parse a time of day alone, "14:30", "3pm", "noon", into minutes after midnight; "24:00" is 1440.
 * Plain hours ("9") only if @bare_hours. 0 or ERR_INVALID without a sentence. */
int when_parse_clock(const char *text, bool bare_hours, int *ret_minute) _must_check_;

/* Find a weekday by its first three letters or more; 1 is Monday; 0: none. */
int when_find_weekday(const char *word) _pure_;
