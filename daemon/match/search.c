/* One reading of the columns: what fits, what nearly does and what will, as candidates in order,
 * and how many rows each limit removed. */
#include "match/search.h"

/* ---- candidates ---- */

static struct match_scan scan_with(const struct match_search *search,
    const struct match_query *query, const struct match_tables *tables)
{
    return (struct match_scan) { .c = search->catalogue, .q = query, .t = tables };
}

/* Score the rows that wait, and let them be candidates. */
static bool flush(struct match_search *search, struct match_pile *pile)
{
    const struct match_scan scan = scan_with(search, &search->query, &search->tables);
    _uninitialized_ int32_t scores[MATCH_CHUNK_ROWS];
    for (unsigned i = 0; i < pile->n; i += MATCH_CHUNK_ROWS) {
        unsigned n = MIN(pile->n - i, (unsigned)MATCH_CHUNK_ROWS);
        search->kernel->score(&scan, pile->rows + i, n, scores);
        if (!match_rank_add(&pile->rank, pile->day, pile->rows + i, scores, n))
            return false;
    }
    pile->n = 0;
    return true;
}

/* What a score reads of a row is seldom in the cache. */
static void fetch(const struct match_catalogue *c, uint32_t row)
{
    __builtin_prefetch(&c->worth[row]);
    __builtin_prefetch(&c->door[row]);
    __builtin_prefetch(&c->soc[row]);
    __builtin_prefetch(&c->hours_least[row]);
    __builtin_prefetch(&c->hours_most[row]);
}

/* Let the rows of the chunk from @first on be candidates for @day. */
static bool add_rows(struct match_search *search, struct match_pile *pile, int32_t day,
    uint32_t first, const struct match_rows *chunk)
{
    if ((pile->day != day || pile->n + MATCH_CHUNK_ROWS > MATCH_PILE_ROWS) && !flush(search, pile))
        return false;
    pile->day = day;
    for (unsigned b = 0; b < MATCH_CHUNK_BLOCKS; b++)
        for (uint64_t left = chunk->blocks[b]; left; left &= left - 1) {
            uint32_t row = first + b * MATCH_BLOCK_ROWS + (uint32_t)__builtin_ctzll(left);
            fetch(search->catalogue, row);
            pile->rows[pile->n++] = row;
        }
    return true;
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
        if (day && !add_rows(search, &search->not_yet, day, first, &one))
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
        search->kernel->sift(&scan, first, &fit);
        ok = add_rows(search, &search->not_yet, query->on, first, &fit);
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
        ok = add_rows(search, &search->fits, search->query.on, first, &fit);
    if (ok && options->n_near_misses)
        ok = add_rows(search, &search->near_misses, search->query.on, first, &near_misses);
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
        r = match_tables_init(&search->later[i - 1], search->kernel, search->catalogue,
            &search->timeline.queries[i], err);
    return r;
}

static bool read_chunk(struct match_search *search, const struct match_scan *scan, uint32_t first)
{
    struct match_chunk chunk;
    if (!search->options->results_only) {
        search->kernel->judge(scan, first, &chunk, &search->tally);
        return sort_chunk(search, first, &chunk);
    }
    search->kernel->see(scan, first, &chunk.visible);
    search->kernel->sift(scan, first, &chunk.visible);
    return add_rows(search, &search->fits, search->query.on, first, &chunk.visible);
}

int match_search_read(struct match_search *search, struct err *err)
{
    const struct match_options *options = search->options;
    const struct match_scan scan = scan_with(search, &search->query, &search->tables);
    int r = match_tables_init(
        &search->tables, search->kernel, search->catalogue, &search->query, err);
    if (r == 0 && options->n_not_yet && !options->results_only)
        r = init_later(search, err);
    for (uint32_t first = 0; r == 0 && first < search->catalogue->ids.size;
         first += MATCH_CHUNK_ROWS)
        if (!read_chunk(search, &scan, first))
            r = err_oom(err);
    if (r == 0
        && (!flush(search, &search->fits) || !flush(search, &search->near_misses)
            || !flush(search, &search->not_yet)))
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
    search->fits.rank = search->near_misses.rank = search->not_yet.rank = empty;
    match_query_init(&search->query, client, options, options->on);
    return 0;
}

void match_search_release(struct match_search *search)
{
    match_tables_release(&search->tables);
    for (size_t i = 0; search->later && i + 1 < search->timeline.n_queries; i++)
        match_tables_release(&search->later[i]);
    free(search->later);
    match_timeline_release(&search->timeline);
    match_rank_release(&search->fits.rank);
    match_rank_release(&search->near_misses.rank);
    match_rank_release(&search->not_yet.rank);
}
