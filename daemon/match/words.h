/* The pieces that sentences are made of: dates, money, distances, hours, lists.
 *
 * Every word that the matcher says stands in sentence.c (limits), sentence_wish.c (wishes),
 * sentence_ask.c (asks) and note.c (notes). UK spelling; times as 09:00, pay as £12.71 an hour,
 * distances as 1.2 km in a straight line. An ask to the employer never speaks of treatment, of
 * what a window is for, or of the client's health, licence or record: it speaks of the job alone.
 */
#pragma once

#include "match/match_internal.h"

enum { MATCH_CLAUSES_MAX = 3 }; /* more become "and 2 more" */

const char *match_window_name(enum match_window_kind kind);
void match_say_hours_range(uint32_t least, uint32_t most, struct str *out);
void match_say_pence(uint32_t pence, struct str *out);

/* "£12.71 an hour, the minimum wage at 21 and over" */
void match_say_pay_floor(const struct match_query *q, struct str *out);

/* Rounded up, so that what is over a limit never reads as the limit. */
void match_say_metres(int64_t metres, struct str *out);
void match_say_straight_line(
    const struct match_query *q, const struct match_opening *o, struct str *out);

/* Begin item @i of a list of @n items: nothing, ", " or @last. */
void match_say_separator(size_t i, size_t n, const char *last, struct str *out);
void match_say_days_and_stretch(unsigned days, struct match_stretch stretch, struct str *out);

/* Make the letter at @from a capital; what begins with a number or a "£" stays. */
void match_capitalise(struct str *out, size_t from);
