/* Weekly patterns as people write them: "mon-fri 09:00-17:00, sat 10-14", "daily 22:00-06:00+1".
 *
 *     json_t *spans = NULL;
 *     if (spans_parse("weekdays 9:00-17:00", &spans, &err) < 0) ...
 *     ... an array of {"weekday": "monday", "start_minute": 540, "end_minute": 1020}
 *     spans_format(spans, &text);         "Mon-Fri 09:00-17:00"
 *
 * The array has the form of repeated canvass.v1.WeekSpan in JSON_SQL. A night shift ends on the
 * next day, and says so: 22:00-06:00+1. Times are half-hours. Pure.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Parse @text; the caller owns *@ret_spans. ERR_INVALID with a sentence, ERR_EXHAUSTED. */
int spans_parse(const char *text, json_t **ret_spans, struct err *err) _must_check_;

/* Append @spans in the form that spans_parse() reads: days with equal times together. */
void spans_format(const json_t *spans, struct str *out);
