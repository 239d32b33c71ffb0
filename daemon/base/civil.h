/* The proleptic Gregorian calendar, without time zones and without libc's tm.
 *
 * Days are counted from 1970-01-01, which is day 0. Nothing here allocates or fails, except that a
 * date may be invalid: ask civil_is_valid() before civil_to_days().
 */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stdint.h>

struct civil_date {
    int32_t year; /* 1 to 9999 */
    int32_t month; /* 1 to 12 */
    int32_t day; /* 1 to 31 */
};

/* Say whether @date exists: 31 February does not, nor does any day before year 1 or after 9999. */
bool civil_is_valid(const struct civil_date *date) _pure_;

/* Return the number of days from 1970-01-01 to @date, which must be valid. */
int64_t civil_to_days(const struct civil_date *date) _pure_;

/* Return the date that lies @days after 1970-01-01. */
struct civil_date civil_from_days(int64_t days);

/* Return the number of days that @month (1 to 12) of @year has. */
int civil_days_in_month(int32_t year, int32_t month) _pure_;
