/* One reading of the columns: what fits, what nearly does and what will, as candidates in order,
 * and how many rows each limit removed. */
#include "match/search.h"

/* ---- candidates ---- */

static struct match_scan scan_with(const struct match_search *search,
    const struct match_query *query, const struct match_tables *tables)
{
    return (struct match_scan) { .c = search->catalogue, .q = query, .t = tables };
}

/* Let the rows of the chunk from @first on be candidates for a later @day. */
static bool add_later(
    struct match_search *search, int32_t day, uint32_t first, const struct match_rows *chunk)
{
    const struct match_scan scan = scan_with(search, &search->query, &search->tables);
    _uninitialized_ uint32_t rows[MATCH_CHUNK_ROWS];
    _uninitialized_ int32_t scores[MATCH_CHUNK_ROWS];
    unsigned n = 0;
    for (unsigned b = 0; b < MATCH_CHUNK_BLOCKS; b++)
        for (uint64_t left = chunk->blocks[b]; left; left &= left - 1)
            rows[n++] = first + b * MATCH_BLOCK_ROWS + (uint32_t)__builtin_ctzll(left);
    if (n > 0)
        search->kernel.scorer->score(&scan, rows, n, scores);
    return match_rank_add(&search->not_yet, day, rows, scores, n);
}

/* The rows of @rows whose opening opens on a later day: on that day something may be possible,
 * which is not among the days of the timeline. */
static bool add_opening_later(struct match_search *search, uint32_t first, struct match_rows *rows)
{
    const struct match_catalogue *c = search->catalogue;
    for (unsigned i = 0; c->opens_on && i < MATCH_CHUNK_ROWS; i++) {
        struct match_rows one = { { 0 } };
        uint64_t bit = UINT64_C(1) << (i % MATCH_BLOCK_ROWS);
        unsigned block = i / MATCH_BLOCK_ROWS;
        if (!(rows->blocks[block] & bit) || c->opens_on[first + i] <= match_day(search->query.on))
            continue;
        struct match_opening o;
        match_catalogue_read(c, search->tables.relations, first + i, &o);
        int32_t day = match_possible_on(&search->timeline, &o);
        one.blocks[block] = bit;
        rows->blocks[block] &= ~bit;
        if (day && !add_later(search, day, first, &one))
            return false;
    }
    return true;
}

static bool add_not_yet(struct match_search *search, uint32_t first, struct match_rows *rows)
{
    bool ok = add_opening_later(search, first, rows);
    for (size_t i = 1; ok && i < search->timeline.n_queries; i++) {
        const struct match_query *query = &search->timeline.queries[i];
        const struct match_scan scan = scan_with(search, query, &search->later[i - 1]);
        struct match_rows fit = *rows;
        search->kernel.judge->sift(&scan, first, &fit);
        ok = add_later(search, query->on, first, &fit);
        for (unsigned b = 0; b < MATCH_CHUNK_BLOCKS; b++)
            rows->blocks[b] &= ~fit.blocks[b];
    }
    return ok;
}

/* The rows that fail one of @limits. */
static uint64_t failing(const struct match_search *search, const struct match_chunk *chunk,
    unsigned block, uint32_t limits)
{
    uint64_t rows = 0;
    for (uint32_t left = limits & search->tables.active; left; left &= left - 1)
        rows |= chunk->fails[__builtin_ctz(left)].blocks[block];
    return rows;
}

/* Keep the rows that an answer may show. */
static bool sort_chunk(struct match_search *search, uint32_t first, const struct match_chunk *chunk)
{
    const struct match_options *options = search->options;
    struct match_rows fit, near_misses, not_yet;
    bool ok = true;
    for (unsigned b = 0; b < MATCH_CHUNK_BLOCKS; b++) {
        uint64_t any = chunk->any.blocks[b];
        fit.blocks[b] = chunk->visible.blocks[b] & ~any;
        if (options->n_near_misses)
            near_misses.blocks[b]
                = failing(search, chunk, b, search->asked_limits) & ~chunk->several.blocks[b];
        if (options->n_not_yet)
            not_yet.blocks[b] = any & ~failing(search, chunk, b, ~match_timed_limits());
    }
    if (options->n_results)
        ok = match_pool_add(&search->fits, first, &fit);
    if (ok && options->n_near_misses)
        ok = match_pool_add(&search->near_misses, first, &near_misses);
    if (ok && options->n_not_yet)
        ok = add_not_yet(search, first, &not_yet);
    return ok;
}

/* ---- reading ---- */

static int init_later(struct match_search *search, struct err *err)
{
    int r = match_timeline_init(&search->timeline, &search->query, err);
    if (r < 0)
        return r;
    search->later = calloc(search->timeline.n_queries, sizeof(*search->later));
    if (!search->later)
        return err_oom(err);
    for (size_t i = 1; r == 0 && i < search->timeline.n_queries; i++)
        r = match_tables_init(&search->later[i - 1], &search->kernel, search->catalogue,
            &search->timeline.queries[i], err);
    return r;
}

static bool read_chunk(struct match_search *search, const struct match_scan *scan, uint32_t first)
{
    _uninitialized_ struct match_chunk chunk;
    if (!search->options->results_only) {
        search->kernel.judge->judge(scan, first, &chunk, &search->tally);
        return sort_chunk(search, first, &chunk);
    }
    search->kernel.judge->find(scan, first, &chunk.visible);
    return match_pool_add(&search->fits, first, &chunk.visible);
}

int match_search_read(struct match_search *search, struct err *err)
{
    const struct match_options *options = search->options;
    const struct match_scan scan = scan_with(search, &search->query, &search->tables);
    int r = match_tables_init(
        &search->tables, &search->kernel, search->catalogue, &search->query, err);
    if (r == 0 && options->n_not_yet && !options->results_only)
        r = init_later(search, err);
    for (uint32_t first = 0; r == 0 && first < search->catalogue->ids.size;
         first += MATCH_CHUNK_ROWS)
        if (!read_chunk(search, &scan, first))
            r = err_oom(err);
    return r;
}

static uint32_t sum(const struct match_rows *rows)
{
    uint64_t n = 0;
    for (unsigned b = 0; b < MATCH_CHUNK_BLOCKS; b++)
        n += rows->blocks[b];
    return (uint32_t)n;
}

void match_search_count(const struct match_search *search, uint32_t *ret_n_openings,
    uint32_t *ret_n_fit, struct match_count counts[MATCH_N_LIMITS])
{
    *ret_n_openings = sum(&search->tally.openings);
    *ret_n_fit = sum(&search->tally.fit);
    for (size_t i = 0; i < MATCH_N_LIMITS; i++)
        counts[i] = (struct match_count) { .alone = sum(&search->tally.alone[i]),
            .funnel = sum(&search->tally.funnel[i]),
            .sole = sum(&search->tally.sole[i]) };
}

/* ---- life ---- */

static uint32_t asked_limits(void)
{
    uint32_t limits = 0;
    for (size_t i = 0; i < MATCH_N_LIMITS; i++)
        if (match_criterion_of_limit((enum match_limit)i)->ask)
            limits |= LIMIT_BIT(i);
    return limits;
}

int match_search_init(struct match_search *search, const struct match_catalogue *catalogue,
    const struct match_client *client, const struct match_options *options, struct err *err)
{
    int r = match_options_check(options, err);
    if (r == 0)
        r = match_client_check(client, err);
    if (r < 0)
        return r;
    search->catalogue = catalogue;
    search->options = options;
    search->kernel = match_kernel_for(options->instructions);
    search->asked_limits = asked_limits();
    const struct match_rank empty = {
        .first_day = options->on, .ids = catalogue->ids.keys, .id_stride = sizeof(struct uuid)
    };
    match_query_init(&search->query, client, options, options->on);
    const struct match_pool pool = { .scan = scan_with(search, &search->query, &search->tables),
        .scorer = search->kernel.scorer,
        .rank = empty };
    search->fits = search->near_misses = pool;
    search->fits.n_wanted = options->n_results;
    search->near_misses.n_wanted = options->n_near_misses;
    search->not_yet = empty;
    return 0;
}

void match_search_release(struct match_search *search)
{
    match_tables_release(&search->tables);
    for (size_t i = 0; search->later && i + 1 < search->timeline.n_queries; i++)
        match_tables_release(&search->later[i]);
    free(search->later);
    match_timeline_release(&search->timeline);
    match_pool_release(&search->fits);
    match_pool_release(&search->near_misses);
    match_rank_release(&search->not_yet);
}
