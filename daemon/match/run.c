#include "match/search.h"

enum { MINOR_GROUPS = 1000, UNITS_A_GROUP = 10 };

struct employer_count {
    uint32_t employer, n; /* none: an empty place */
};

/* One match_run(): what it reads, and what is shown of it. */
struct run {
    struct match_search search;
    const struct match_options *options;
    struct match_candidate *chosen;
    struct match_opening *shown; /* the openings of @chosen */
    struct employer_count *shown_of_employer; /* a table, open addressing */
    uint32_t n_employer_counts;
    uint32_t unknown_employer; /* its number */
    uint32_t shown_of_group[MINOR_GROUPS];
    bool is_group_filled; /* by the last opening that was taken */
    struct arena *arena;
    struct str text;
};

static void run_release(struct run *run)
{
    match_search_release(&run->search);
    free(run->chosen);
    free(run->shown);
    free(run->shown_of_employer);
    str_release(&run->text);
}

static int run_init(struct run *run, const struct match_catalogue *catalogue,
    const struct match_client *client, const struct match_options *options, struct arena *arena,
    struct err *err)
{
    run->options = options;
    run->arena = arena;
    return match_search_init(&run->search, catalogue, client, options, err);
}

/* ---- one opening ---- */

static int fill_result(
    struct run *run, const struct match_opening *o, struct match_result *result, struct err *err)
{
    return match_result_fill(result, &run->search.query, o, run->arena, &run->text, err);
}

static void read_candidate(const struct run *run, const struct match_candidate *candidate,
    struct match_opening *ret_opening)
{
    match_catalogue_read(
        run->search.catalogue, run->search.tables.relations, candidate->row, ret_opening);
}

/* ---- breadth ---- */

/* How many of the employer are shown; NULL: one that is not known, and not capped. */
static uint32_t *shown_of_employer(struct run *run, uint32_t row)
{
    enum { GOLDEN = 0x9E3779B1 };
    uint32_t employer = match_door(run->search.catalogue, row)->employer;
    if (employer == run->unknown_employer)
        return NULL;
    uint32_t place
        = (uint32_t)((uint64_t)(employer * (uint32_t)GOLDEN) * run->n_employer_counts >> 32);
    while (run->shown_of_employer[place].n && run->shown_of_employer[place].employer != employer)
        place = place + 1 == run->n_employer_counts ? 0 : place + 1;
    run->shown_of_employer[place].employer = employer;
    return &run->shown_of_employer[place].n;
}

static uint32_t *shown_of_group(struct run *run, uint32_t row)
{
    uint16_t code = run->search.catalogue->soc_code[run->search.catalogue->soc[row]];
    return code == MATCH_SOC_UNKNOWN ? NULL : &run->shown_of_group[code / UNITS_A_GROUP];
}

static bool is_full(const uint32_t *shown, uint32_t most)
{
    return shown && most && *shown >= most;
}

/* The best may all be of one group; once it is full, the rest of it need not be scored. */
static bool is_open(const void *arg, uint32_t row)
{
    const struct run *run = arg;
    const struct match_catalogue *c = run->search.catalogue;
    uint16_t code = c->soc_code[c->soc[row]];
    return code == MATCH_SOC_UNKNOWN
        || run->shown_of_group[code / UNITS_A_GROUP] < run->options->max_per_group;
}

/* Whether the caps still allow an opening; if they do, it counts. */
static bool take_breadth(struct run *run, uint32_t row)
{
    uint32_t *of_employer = shown_of_employer(run, row), *of_group = shown_of_group(run, row);
    if (is_full(of_employer, run->options->max_per_employer)
        || is_full(of_group, run->options->max_per_group))
        return false;
    if (of_employer)
        ++*of_employer;
    if (of_group && ++*of_group == run->options->max_per_group)
        run->is_group_filled = true;
    return true;
}

/* Greedy and exact: in order of rank, whoever the caps still allow. */
static int choose_broadly(struct run *run, size_t n_most, size_t *ret_n, struct err *err)
{
    struct match_candidate candidate;
    size_t n = 0;
    int r = 1;
    while (n < n_most && (r = match_pool_pop(&run->search.fits, &candidate, err)) > 0) {
        if (!take_breadth(run, candidate.row))
            continue;
        run->chosen[n++] = candidate;
        if (!run->is_group_filled)
            continue;
        run->search.fits.is_wanted = is_open;
        run->search.fits.arg = run;
        run->is_group_filled = false;
        match_pool_prune(&run->search.fits, n_most - n);
    }
    *ret_n = n;
    return MIN(r, 0);
}

/* Choose the results: run->chosen, *@ret_n of them. */
static int choose(struct run *run, size_t *ret_n, struct err *err)
{
    size_t n_most = MIN(run->search.fits.n, (size_t)run->options->n_results);
    static const struct uuid unknown = { { 0 } };
    run->unknown_employer = match_dict_find(&run->search.catalogue->employers, &unknown);
    run->n_employer_counts = (uint32_t)(2 * n_most + 1);
    run->chosen = calloc(n_most + 1, sizeof(*run->chosen));
    run->shown_of_employer = calloc(run->n_employer_counts, sizeof(*run->shown_of_employer));
    if (!run->chosen || !run->shown_of_employer)
        return err_oom(err);
    return choose_broadly(run, n_most, ret_n, err);
}

/* ---- what is shown ---- */

static int show_results(struct run *run, struct match_answer *answer, struct err *err)
{
    size_t n = 0;
    int r = choose(run, &n, err);
    if (r < 0)
        return r;
    answer->results = arena_calloc(run->arena, n, sizeof(*answer->results));
    run->shown = calloc(n + 1, sizeof(*run->shown));
    if (!answer->results || !run->shown)
        return err_oom(err);
    for (size_t i = 0; i < n; i++) {
        read_candidate(run, &run->chosen[i], &run->shown[i]);
        r = fill_result(run, &run->shown[i], &answer->results[i], err);
        if (r < 0)
            return r;
        answer->n_results++;
    }
    return 0;
}

/* A near miss is shown only if there is something to ask of somebody. */
static int show_near_misses(struct run *run, struct match_answer *answer, struct err *err)
{
    size_t n_most = MIN(run->search.near_misses.n, (size_t)run->options->n_near_misses);
    answer->near_misses = arena_calloc(run->arena, n_most, sizeof(*answer->near_misses));
    if (!answer->near_misses)
        return err_oom(err);
    struct match_candidate candidate;
    int r = 0;
    while (answer->n_near_misses < n_most
        && (r = match_pool_pop(&run->search.near_misses, &candidate, err)) > 0) {
        struct match_result *result = &answer->near_misses[answer->n_near_misses];
        struct match_result asks = { .n_asks = 0 };
        struct match_opening o;
        read_candidate(run, &candidate, &o);
        r = match_result_add_asks(&asks, &run->search.query, &o, run->arena, &run->text, err);
        if (r == 0 && asks.n_asks == 0)
            continue;
        if (r == 0)
            r = fill_result(run, &o, result, err);
        if (r < 0)
            return r;
        result->asks = asks.asks;
        result->n_asks = asks.n_asks;
        answer->n_near_misses++;
    }
    return MIN(r, 0);
}

static int show_not_yet(struct run *run, struct match_answer *answer, struct err *err)
{
    size_t n_most = MIN(run->search.not_yet.n, (size_t)run->options->n_not_yet);
    answer->not_yet = arena_calloc(run->arena, n_most, sizeof(*answer->not_yet));
    if (!answer->not_yet)
        return err_oom(err);
    struct match_candidate candidate;
    while (answer->n_not_yet < n_most && match_rank_pop(&run->search.not_yet, &candidate)) {
        struct match_result *result = &answer->not_yet[answer->n_not_yet];
        struct match_opening o;
        read_candidate(run, &candidate, &o);
        int r = fill_result(run, &o, result, err);
        if (r == 0)
            r = match_result_add_day(
                result, &run->search.query, &o, candidate.day, run->arena, &run->text, err);
        if (r < 0)
            return r;
        answer->n_not_yet++;
    }
    return 0;
}

int match_run(const struct match_catalogue *catalogue, const struct match_client *client,
    const struct match_options *options, struct arena *arena, struct match_answer **ret_answer,
    struct err *err)
{
    _cleanup_(run_release) struct run run = { .options = NULL };
    int r = run_init(&run, catalogue, client, options, arena, err);
    if (r < 0)
        return r;
    struct match_answer *answer = arena_zalloc(arena, sizeof(*answer));
    if (!answer)
        return err_oom(err);
    if (!client->is_paused || options->even_if_paused) {
        r = match_search_read(&run.search, err);
        if (r < 0)
            return r;
        match_search_count(&run.search, &answer->n_openings, &answer->n_fit, answer->counts);
        r = show_results(&run, answer, err);
        if (r == 0)
            r = show_near_misses(&run, answer, err);
        if (r == 0)
            r = show_not_yet(&run, answer, err);
    }
    if (r == 0)
        r = match_add_notes(
            answer, &run.search.query, run.shown, answer->n_results, arena, &run.text, err);
    if (r == 0)
        *ret_answer = answer;
    return r;
}

static int keep_hits(struct run *run, struct match_found *found, struct err *err)
{
    size_t n = 0;
    int r = choose(run, &n, err);
    if (r < 0)
        return r;
    found->hits = arena_calloc(run->arena, n, sizeof(*found->hits));
    if (!found->hits)
        return err_oom(err);
    for (size_t i = 0; i < n; i++)
        found->hits[i]
            = (struct match_hit) { *match_rank_id(&run->search.fits.rank, run->chosen[i].row),
                  run->chosen[i].score };
    found->n_hits = n;
    return 0;
}

int match_find(const struct match_catalogue *catalogue, const struct match_client *client,
    const struct match_options *options, struct arena *arena, struct match_found **ret_found,
    struct err *err)
{
    _cleanup_(run_release) struct run run = { .options = NULL };
    int r = run_init(&run, catalogue, client, options, arena, err);
    if (r < 0)
        return r;
    struct match_found *found = arena_zalloc(arena, sizeof(*found));
    if (!found)
        return err_oom(err);
    if (!client->is_paused || options->even_if_paused) {
        r = match_search_read(&run.search, err);
        if (r < 0)
            return r;
        r = keep_hits(&run, found, err);
    }
    match_search_count(&run.search, &found->n_openings, &found->n_fit, found->counts);
    if (r == 0)
        *ret_found = found;
    return r;
}

int match_explain(const struct match_catalogue *catalogue, const struct uuid *opening_id,
    const struct match_client *client, const struct match_options *options, struct arena *arena,
    struct match_result **ret_result, struct err *err)
{
    _cleanup_(run_release) struct run run = { .options = NULL };
    int r = run_init(&run, catalogue, client, options, arena, err);
    if (r < 0)
        return r;
    struct match_opening opening;
    const struct match_opening *o = &opening;
    if (!match_catalogue_get(catalogue, options, opening_id, &opening)
        || !match_is_considered(options, o))
        return err_set(err, ERR_NOT_FOUND, "There is no such opening.");
    struct match_result *result = arena_zalloc(arena, sizeof(*result));
    if (!result)
        return err_oom(err);
    r = match_result_fill(result, &run.search.query, o, arena, &run.text, err);
    if (r == 0)
        r = match_result_add_asks(result, &run.search.query, o, arena, &run.text, err);
    if (r == 0)
        r = match_timeline_init(&run.search.timeline, &run.search.query, err);
    if (r < 0)
        return r;
    int32_t day = result->failed_limits ? match_possible_on(&run.search.timeline, o) : 0;
    if (day)
        r = match_result_add_day(result, &run.search.query, o, day, arena, &run.text, err);
    if (r == 0)
        *ret_result = result;
    return r;
}
