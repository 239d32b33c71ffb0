/* Time in London: from a calendar day and a minute to a moment, and back.
 *
 * The rule is the one of the Summer Time Order 2002 (the clocks change at 01:00 UTC on the last
 * Sundays of March and October), in arithmetic: the answer then needs neither tzdata nor TZ, which
 * a small machine or a container may lack. Moments before 1996 follow the same rule.
 */
#pragma once

#include "base/civil.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define LONDON_TEXT_BYTES 40

struct london_time {
    struct civil_date date;
    int minute; /* after midnight, 0 to 1439, as the clock on the wall shows */
    int second;
};

/* Return the wall clock in London at @usec (microseconds since 1970-01-01T00:00:00Z). */
struct london_time london_from_usec(int64_t usec);

/* Return the moment of @minute (0 to 1439) on @date, which must be valid. Of an hour that comes
 * twice the first is meant; ERR_INVALID for one that the change to summer time leaves out. */
int london_to_usec(
    const struct civil_date *date, int minute, int64_t *ret_usec, struct err *err) _must_check_;

/* Return the day of the week: 1 is Monday, 7 is Sunday. */
int london_weekday(const struct civil_date *date) _pure_;

/* Return "Mon" to "Sun", and "Jan" to "Dec". */
const char *london_weekday_name(int weekday) _pure_;
const char *london_month_name(int month) _pure_;

/* Write "Tue 24 Nov 2026". */
void london_format_date(const struct civil_date *date, char out[LONDON_TEXT_BYTES]);

/* Write "Tue 24 Nov 2026 10:00"; exactly midnight stands for the whole day and has no time. */
void london_format(int64_t usec, char out[LONDON_TEXT_BYTES]);
