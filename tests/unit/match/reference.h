/* The naive matcher: reads every opening by hand, sorts everything, tries every day. It shares
 * nothing with the matcher but the structs: other arithmetic, no columns, no bitmaps of words.
 * Slow on purpose; the oracle of the property tests. */
#pragma once

#include "match/match.h"

enum { REFERENCE_ROWS_MAX = 1600 };

struct reference_row {
    const struct match_opening *opening;
    enum match_verdict limits[MATCH_N_LIMITS];
    int points[MATCH_N_WISHES];
    int score;
    int n_failed;
    int only_failed; /* the limit, if n_failed is 1 */
    bool can_ask;
    int32_t possible_on;
};

struct reference_answer {
    uint32_t n_openings, n_fit;
    struct match_count counts[MATCH_N_LIMITS];
    const struct reference_row *results[REFERENCE_ROWS_MAX];
    size_t n_results;
    const struct reference_row *near_misses[REFERENCE_ROWS_MAX];
    size_t n_near_misses;
    const struct reference_row *not_yet[REFERENCE_ROWS_MAX];
    size_t n_not_yet;
    struct reference_row rows[REFERENCE_ROWS_MAX];
};

void reference_match(const struct match_opening *openings, size_t n,
    const struct match_client *client, const struct match_options *options,
    struct reference_answer *ret_answer);

/* Judge one opening on one day. */
void reference_judge(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options, int32_t on, struct reference_row *ret_row);
