/* The reverse: the clients of a caseload for one opening, read one by one. */
#include "match/match_internal.h"

struct reverse {
    const struct match_opening *opening;
    const struct match_client *clients;
    const struct match_options *options;
    struct match_query query; /* of the client in hand */
    struct match_rank fits, near_misses, not_yet;
    struct arena *arena;
    struct str text;
};

static void reverse_release(struct reverse *reverse)
{
    match_rank_release(&reverse->fits);
    match_rank_release(&reverse->near_misses);
    match_rank_release(&reverse->not_yet);
    str_release(&reverse->text);
}

static int add_client(
    struct reverse *reverse, struct match_rank *rank, size_t i, int32_t day, struct err *err)
{
    const uint32_t row = (uint32_t)i;
    const int32_t score = match_score(&reverse->query, reverse->opening);
    return match_rank_add(rank, day, &row, &score, 1) ? 0 : err_oom(err);
}

static int find_day(const struct reverse *reverse, int32_t *ret_day, struct err *err)
{
    _cleanup_(match_timeline_release) struct match_timeline timeline = { .queries = NULL };
    int r = match_timeline_init(&timeline, &reverse->query, err);
    if (r == 0)
        *ret_day = match_possible_on(&timeline, reverse->opening);
    return r;
}

static int read_client(
    struct reverse *reverse, size_t i, struct match_answer *answer, struct err *err)
{
    const struct match_client *client = &reverse->clients[i];
    const struct match_options *options = reverse->options;
    int r = match_client_check(client, err);
    if (r < 0 || (client->is_paused && !options->even_if_paused))
        return r;
    match_query_init(&reverse->query, client, options, options->on);
    uint32_t failed = match_failed_limits(&reverse->query, reverse->opening);
    match_count_mask(answer, failed, 1);
    if (failed == 0)
        return add_client(reverse, &reverse->fits, i, options->on, err);
    if (options->n_near_misses && (failed & (failed - 1)) == 0)
        r = add_client(reverse, &reverse->near_misses, i, options->on, err);
    if (r == 0 && options->n_not_yet && (failed & ~match_timed_limits()) == 0) {
        int32_t day = 0;
        r = find_day(reverse, &day, err);
        if (r == 0 && day)
            r = add_client(reverse, &reverse->not_yet, i, day, err);
    }
    return r;
}

/* Fill up to @n_most results from @rank into a new array. */
static int show(struct reverse *reverse, struct match_rank *rank, size_t n_most, bool with_asks,
    struct match_result **ret_results, size_t *ret_n, struct err *err)
{
    n_most = MIN(n_most, rank->n);
    struct match_result *results = arena_calloc(reverse->arena, n_most, sizeof(*results));
    if (!results)
        return err_oom(err);
    struct match_candidate candidate;
    size_t n = 0;
    while (n < n_most && match_rank_pop(rank, &candidate)) {
        struct match_query *q = &reverse->query;
        const struct match_opening *o = reverse->opening;
        match_query_init(
            q, &reverse->clients[candidate.row], reverse->options, reverse->options->on);
        int r = match_result_fill(&results[n], q, o, reverse->arena, &reverse->text, err);
        if (r == 0 && with_asks)
            r = match_result_add_asks(&results[n], q, o, reverse->arena, &reverse->text, err);
        if (r == 0 && candidate.day > reverse->options->on)
            r = match_result_add_day(
                &results[n], q, o, candidate.day, reverse->arena, &reverse->text, err);
        if (r < 0)
            return r;
        n += !with_asks || results[n].n_asks > 0;
    }
    *ret_results = results;
    *ret_n = n;
    return 0;
}

int match_clients(const struct match_opening *opening, const struct match_client *clients,
    size_t n_clients, const struct match_options *options, struct arena *arena,
    struct match_answer **ret_answer, struct err *err)
{
    int r = match_options_check(options, err);
    if (r == 0)
        r = match_opening_check(opening, err);
    if (r == 0 && n_clients >> MATCH_RANK_ROW_BITS)
        r = err_set(err, ERR_INVALID, "There are too many clients.");
    if (r < 0)
        return r;
    _cleanup_(reverse_release) struct reverse reverse
        = { .opening = opening, .clients = clients, .options = options, .arena = arena };
    const struct match_rank empty = { .first_day = options->on,
        .ids = n_clients ? &clients[0].id : NULL,
        .id_stride = sizeof(*clients) };
    reverse.fits = reverse.near_misses = reverse.not_yet = empty;
    struct match_answer *answer = arena_zalloc(arena, sizeof(*answer));
    if (!answer)
        return err_oom(err);
    for (size_t i = 0; i < n_clients && r == 0; i++)
        r = read_client(&reverse, i, answer, err);
    if (r == 0)
        r = show(&reverse, &reverse.fits, options->n_results, false, &answer->results,
            &answer->n_results, err);
    if (r == 0)
        r = show(&reverse, &reverse.near_misses, options->n_near_misses, true, &answer->near_misses,
            &answer->n_near_misses, err);
    if (r == 0)
        r = show(&reverse, &reverse.not_yet, options->n_not_yet, false, &answer->not_yet,
            &answer->n_not_yet, err);
    if (r == 0)
        *ret_answer = answer;
    return r;
}
