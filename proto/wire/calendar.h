/* A diary as the text that calendar programs read (iCalendar, RFC 5545), made by libical.
 *
 * Times are UTC, so no zone is described and no clock change is ours to get right; days are days
 * wherever they are read. Each event says when it was last changed, by which a program knows the
 * newer of two, and nothing says when the text was made: it stays the same while nothing changes.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include "canvass/v1/calendar.pb-c.h"

/* Append the text to @out. ERR_EXHAUSTED, which leaves @out with what was there before. */
int calendar_print(
    const Canvass__V1__ListEventsResponse *response, struct str *out, struct err *err) _must_check_;
