/* One reading of the columns for one client: candidates in order, and counts.
 *
 * Calling sequence: a zeroed struct match_search, match_search_init(), match_search_read(); then
 * the three ranks give their best, one by one, and match_search_count() the counts;
 * match_search_release(). The catalogue must not change in between.
 *
 * Errors: ERR_INVALID for a client or options out of range, ERR_EXHAUSTED without memory.
 */
#pragma once

#include "match/match_internal.h"

struct match_search {
    const struct match_catalogue *catalogue;
    const struct match_options *options;
    struct match_kernel kernel;
    struct match_query query;
    struct match_tables tables;
    struct match_timeline timeline;
    struct match_tables *later; /* of each query of the timeline but the first */
    uint32_t asked_limits; /* about which somebody can be asked */
    struct match_tally tally;
    struct match_pool fits, near_misses;
    struct match_rank not_yet;
};

int match_search_init(struct match_search *search, const struct match_catalogue *catalogue,
    const struct match_client *client, const struct match_options *options,
    struct err *err) _must_check_;
int match_search_read(struct match_search *search, struct err *err) _must_check_;
void match_search_count(const struct match_search *search, uint32_t *ret_n_openings,
    uint32_t *ret_n_fit, struct match_count counts[MATCH_N_LIMITS]);
void match_search_release(struct match_search *search);
