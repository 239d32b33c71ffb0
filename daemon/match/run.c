#include "match/match_internal.h"

enum { MINOR_GROUPS = 1000 };

/* One match_run(): what it reads, and what it has found so far. */
struct run {
    const struct match_catalogue *catalogue;
    const struct match_options *options;
    struct match_query query;
    struct match_tables tables;
    struct match_timeline timeline;
    uint32_t asked_limits; /* about which somebody can be asked */
    struct match_rank fits, near_misses, not_yet;
    struct match_tally tally;
    struct match_candidate *chosen;
    struct match_opening *shown; /* the openings of @chosen */
    uint32_t *shown_of_employer; /* how many, by the employer's number */
    uint32_t shown_of_group[MINOR_GROUPS];
    struct arena *arena;
    struct str text;
};

static void run_release(struct run *run)
{
    match_tables_release(&run->tables);
    match_timeline_release(&run->timeline);
    match_rank_release(&run->fits);
    match_rank_release(&run->near_misses);
    match_rank_release(&run->not_yet);
    free(run->chosen);
    free(run->shown);
    free(run->shown_of_employer);
    str_release(&run->text);
}

static uint32_t asked_limits(void)
{
    uint32_t limits = 0;
    for (size_t i = 0; i < MATCH_N_LIMITS; i++)
        if (match_criterion_of_limit((enum match_limit)i)->ask)
            limits |= LIMIT_BIT(i);
    return limits;
}

static int run_init(struct run *run, const struct match_catalogue *catalogue,
    const struct match_client *client, const struct match_options *options, struct arena *arena,
    struct err *err)
{
    int r = match_options_check(options, err);
    if (r == 0)
        r = match_client_check(client, err);
    if (r < 0)
        return r;
    run->catalogue = catalogue;
    run->options = options;
    run->arena = arena;
    run->asked_limits = asked_limits();
    const struct match_rank empty
        = { .ids = catalogue->ids.keys, .id_stride = sizeof(struct uuid) };
    run->fits = run->near_misses = run->not_yet = empty;
    match_query_init(&run->query, client, options, options->on);
    return 0;
}

/* ---- reading the columns ---- */

static bool add_row(struct run *run, struct match_rank *rank, uint32_t row, int32_t day)
{
    return match_rank_add(rank,
        &(struct match_candidate) { .day = day,
            .score = match_tables_score(&run->tables, run->catalogue, &run->query, row),
            .row = row });
}

/* Call @add for each row whose bit is set. */
static bool add_rows(struct run *run, struct match_rank *rank, uint32_t first, uint64_t rows)
{
    for (; rows; rows &= rows - 1)
        if (!add_row(run, rank, first + (uint32_t)__builtin_ctzll(rows), 0))
            return false;
    return true;
}

static bool add_not_yet(struct run *run, uint32_t first, uint64_t rows)
{
    for (; rows; rows &= rows - 1) {
        uint32_t row = first + (uint32_t)__builtin_ctzll(rows);
        struct match_opening o;
        if (run->timeline.n_queries == 1
            && run->catalogue->opens_on[row] <= match_day(run->query.on))
            continue; /* nothing changes with time */
        match_catalogue_read(run->catalogue, run->tables.relations, row, &o);
        int32_t day = match_possible_on(&run->timeline, &o);
        if (day && !add_row(run, &run->not_yet, row, day))
            return false;
    }
    return true;
}

/* The rows that fail one of @limits. */
static uint64_t failing(const struct match_block *block, uint32_t limits)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < MATCH_N_LIMITS; i++)
        if (limits & LIMIT_BIT(i))
            rows |= block->fails[i];
    return rows;
}

/* Keep the rows that an answer may show. */
static bool sort_block(struct run *run, uint32_t first, const struct match_block *block)
{
    const struct match_options *options = run->options;
    bool ok = true;
    if (options->n_results)
        ok = add_rows(run, &run->fits, first, block->visible & ~block->any);
    if (ok && options->n_near_misses)
        ok = add_rows(
            run, &run->near_misses, first, failing(block, run->asked_limits) & ~block->several);
    if (ok && options->n_not_yet)
        ok = add_not_yet(run, first, block->any & ~failing(block, ~match_timed_limits()));
    return ok;
}

static int read_columns(struct run *run, struct err *err)
{
    match_judge_fn *judge = match_judge_for(run->options->instructions);
    struct match_block block;
    int r = match_tables_init(&run->tables, run->catalogue, &run->query, err);
    if (r == 0 && run->options->n_not_yet)
        r = match_timeline_init(&run->timeline, &run->query, err);
    if (r < 0)
        return r;
    for (uint32_t first = 0; first < run->catalogue->ids.size; first += MATCH_BLOCK_ROWS) {
        judge(run->catalogue, &run->query, &run->tables, first, &block, &run->tally);
        if (!sort_block(run, first, &block))
            return err_oom(err);
    }
    match_rank_sort(&run->fits);
    match_rank_sort(&run->near_misses);
    match_rank_sort(&run->not_yet);
    return 0;
}

/* ---- what is shown ---- */

static int fill_result(
    struct run *run, const struct match_opening *o, struct match_result *result, struct err *err)
{
    return match_result_fill(result, &run->query, o, run->arena, &run->text, err);
}

static void read_candidate(const struct run *run, const struct match_candidate *candidate,
    struct match_opening *ret_opening)
{
    match_catalogue_read(run->catalogue, run->tables.relations, candidate->row, ret_opening);
}

/* Whether the caps still allow an opening; if they do, it counts. */
static bool take_breadth(struct run *run, uint32_t row)
{
    const struct match_options *options = run->options;
    const struct match_catalogue *c = run->catalogue;
    const uint16_t *soc = match_dict_key(&c->socs, c->soc[row]);
    uint32_t *of_employer = uuid_is_nil(match_dict_key(&c->employers, c->employer[row]))
        ? NULL
        : &run->shown_of_employer[c->employer[row]];
    uint32_t *of_group = *soc ? &run->shown_of_group[*soc / 10] : NULL;
    if (options->max_per_employer && of_employer && *of_employer >= options->max_per_employer)
        return false;
    if (options->max_per_group && of_group && *of_group >= options->max_per_group)
        return false;
    if (of_employer)
        ++*of_employer;
    if (of_group)
        ++*of_group;
    return true;
}

/* Greedy and exact: in order of rank, whoever the caps still allow. */
static size_t choose_broadly(struct run *run, size_t n_most)
{
    struct match_candidate candidate;
    size_t n = 0;
    while (n < n_most && match_rank_pop(&run->fits, &candidate))
        if (take_breadth(run, candidate.row))
            run->chosen[n++] = candidate;
    return n;
}

/* Choose the results: run->chosen, *@ret_n of them. */
static int choose(struct run *run, size_t *ret_n, struct err *err)
{
    size_t n_most = MIN(run->fits.n, (size_t)run->options->n_results);
    run->chosen = calloc(n_most + 1, sizeof(*run->chosen));
    run->shown = calloc(n_most + 1, sizeof(*run->shown));
    run->shown_of_employer
        = calloc(run->catalogue->employers.size + 1u, sizeof(*run->shown_of_employer));
    if (!run->chosen || !run->shown || !run->shown_of_employer)
        return err_oom(err);
    *ret_n = choose_broadly(run, n_most);
    return 0;
}

static int show_results(struct run *run, struct match_answer *answer, struct err *err)
{
    size_t n = 0;
    int r = choose(run, &n, err);
    if (r < 0)
        return r;
    answer->results = arena_calloc(run->arena, n, sizeof(*answer->results));
    if (!answer->results)
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
    size_t n_most = MIN(run->near_misses.n, (size_t)run->options->n_near_misses);
    answer->near_misses = arena_calloc(run->arena, n_most, sizeof(*answer->near_misses));
    if (!answer->near_misses)
        return err_oom(err);
    struct match_candidate candidate;
    while (answer->n_near_misses < n_most && match_rank_pop(&run->near_misses, &candidate)) {
        struct match_result *result = &answer->near_misses[answer->n_near_misses];
        struct match_result asks = { .n_asks = 0 };
        struct match_opening o;
        read_candidate(run, &candidate, &o);
        int r = match_result_add_asks(&asks, &run->query, &o, run->arena, &run->text, err);
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
    return 0;
}

static int show_not_yet(struct run *run, struct match_answer *answer, struct err *err)
{
    size_t n_most = MIN(run->not_yet.n, (size_t)run->options->n_not_yet);
    answer->not_yet = arena_calloc(run->arena, n_most, sizeof(*answer->not_yet));
    if (!answer->not_yet)
        return err_oom(err);
    struct match_candidate candidate;
    while (answer->n_not_yet < n_most && match_rank_pop(&run->not_yet, &candidate)) {
        struct match_result *result = &answer->not_yet[answer->n_not_yet];
        struct match_opening o;
        read_candidate(run, &candidate, &o);
        int r = fill_result(run, &o, result, err);
        if (r == 0)
            r = match_result_add_day(
                result, &run->query, &o, candidate.day, run->arena, &run->text, err);
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
    _cleanup_(run_release) struct run run = { .catalogue = NULL };
    int r = run_init(&run, catalogue, client, options, arena, err);
    if (r < 0)
        return r;
    struct match_answer *answer = arena_zalloc(arena, sizeof(*answer));
    if (!answer)
        return err_oom(err);
    if (!client->is_paused || options->even_if_paused) {
        r = read_columns(&run, err);
        if (r < 0)
            return r;
        answer->n_openings = run.tally.n_openings;
        answer->n_fit = run.tally.n_fit;
        memcpy(answer->counts, run.tally.counts, sizeof(answer->counts));
        r = show_results(&run, answer, err);
        if (r == 0)
            r = show_near_misses(&run, answer, err);
        if (r == 0)
            r = show_not_yet(&run, answer, err);
    }
    if (r == 0)
        r = match_add_notes(
            answer, &run.query, run.shown, answer->n_results, arena, &run.text, err);
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
        found->hits[i] = (struct match_hit) { *match_rank_id(&run->fits, run->chosen[i].row),
            run->chosen[i].score };
    found->n_hits = n;
    return 0;
}

int match_find(const struct match_catalogue *catalogue, const struct match_client *client,
    const struct match_options *options, struct arena *arena, struct match_found **ret_found,
    struct err *err)
{
    _cleanup_(run_release) struct run run = { .catalogue = NULL };
    int r = run_init(&run, catalogue, client, options, arena, err);
    if (r < 0)
        return r;
    struct match_found *found = arena_zalloc(arena, sizeof(*found));
    if (!found)
        return err_oom(err);
    if (!client->is_paused || options->even_if_paused) {
        r = read_columns(&run, err);
        if (r < 0)
            return r;
        r = keep_hits(&run, found, err);
    }
    found->n_openings = run.tally.n_openings;
    found->n_fit = run.tally.n_fit;
    memcpy(found->counts, run.tally.counts, sizeof(found->counts));
    if (r == 0)
        *ret_found = found;
    return r;
}

int match_explain(const struct match_catalogue *catalogue, const struct uuid *opening_id,
    const struct match_client *client, const struct match_options *options, struct arena *arena,
    struct match_result **ret_result, struct err *err)
{
    _cleanup_(run_release) struct run run = { .catalogue = NULL };
    int r = run_init(&run, catalogue, client, options, arena, err);
    if (r < 0)
        return r;
    struct match_opening opening;
    const struct match_opening *o = &opening;
    if (!match_catalogue_get(catalogue, &options->audience_id, opening_id, &opening)
        || !match_is_considered(options, o))
        return err_set(err, ERR_NOT_FOUND, "There is no such opening.");
    struct match_result *result = arena_zalloc(arena, sizeof(*result));
    if (!result)
        return err_oom(err);
    r = match_result_fill(result, &run.query, o, arena, &run.text, err);
    if (r == 0)
        r = match_result_add_asks(result, &run.query, o, arena, &run.text, err);
    if (r == 0)
        r = match_timeline_init(&run.timeline, &run.query, err);
    if (r < 0)
        return r;
    int32_t day = result->failed_limits ? match_possible_on(&run.timeline, o) : 0;
    if (day)
        r = match_result_add_day(result, &run.query, o, day, arena, &run.text, err);
    if (r == 0)
        *ret_result = result;
    return r;
}
