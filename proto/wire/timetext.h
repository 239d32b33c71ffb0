/* Times as text: RFC 3339 timestamps, durations "1.5s", dates "YYYY-MM-DD".
 *
 * Nothing here allocates. Functions that read return 0 or ERR_INVALID, and then leave *ret_* as it
 * was; functions that write return 0 or ERR_INVALID if there is no such time.
 */
#pragma once

#include "base/civil.h"
#include "base/macro.h"

#include <stddef.h>
#include <stdint.h>

#define TIMETEXT_BYTES 80

/* Write seconds since 1970 and nanoseconds as "2026-02-28T09:30:00.250Z", with 0, 3, 6 or 9
 * decimals. Years 1 to 9999. */
int timestamp_format(int64_t seconds, int32_t nanos, char out[TIMETEXT_BYTES]) _must_check_;

/* Read such a text, with Z or an offset ("+01:00", or "+01" as PostgreSQL may write). */
int timestamp_parse(
    const char *text, size_t n, int64_t *ret_seconds, int32_t *ret_nanos) _must_check_;

/* Write "1.500s"; both numbers have the same sign, the seconds are at most 315,576,000,000. */
int duration_format(int64_t seconds, int32_t nanos, char out[TIMETEXT_BYTES]) _must_check_;

/* Read such a text, with up to nine decimals. */
int duration_parse(
    const char *text, size_t n, int64_t *ret_seconds, int32_t *ret_nanos) _must_check_;

/* Write "YYYY-MM-DD". */
int date_format(const struct civil_date *date, char out[TIMETEXT_BYTES]) _must_check_;

/* Read it; the day must exist. */
int date_parse(const char *text, size_t n, struct civil_date *ret_date) _must_check_;
