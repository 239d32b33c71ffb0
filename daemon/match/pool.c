#include "match/match_internal.h"

#include <string.h>

enum { ROWS = MATCH_BLOCK_ROWS, FIRST_BOUNDS = 64 };

/* Room for all rows that there are; what is not used is not touched. */
static bool reserve(struct match_pool *pool)
{
    const size_t n = (size_t)pool->scan.c->row_capacity / ROWS + ROWS;
    if (pool->first)
        return true;
    pool->first = malloc(n * sizeof(*pool->first));
    pool->highest = malloc(n * sizeof(*pool->highest));
    pool->bounds = malloc(n * ROWS * sizeof(*pool->bounds));
    pool->parts = malloc(n * ROWS * sizeof(*pool->parts));
    return pool->first && pool->highest && pool->bounds && pool->parts;
}

bool match_pool_add(struct match_pool *pool, uint32_t first, const struct match_rows *rows)
{
    if (!reserve(pool))
        return false;
    for (unsigned b = 0; b < MATCH_CHUNK_BLOCKS; b++) {
        if (!rows->blocks[b])
            continue;
        uint32_t at = first + b * ROWS;
        size_t place = pool->n_blocks * ROWS;
        pool->highest[pool->n_blocks] = pool->scorer->bound(
            &pool->scan, at, rows->blocks[b], pool->bounds + place, pool->parts + place);
        pool->first[pool->n_blocks++] = at;
        pool->n += (unsigned)__builtin_popcountll(rows->blocks[b]);
    }
    return true;
}

/* Score the rows at @places that may still be taken, and rank them. */
static bool rank_places(struct match_pool *pool, const uint32_t *places, size_t n)
{
    _uninitialized_ uint32_t rows[MATCH_CHUNK_ROWS];
    _uninitialized_ uint16_t parts[MATCH_CHUNK_ROWS];
    _uninitialized_ int32_t scores[MATCH_CHUNK_ROWS];
    unsigned n_wanted = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t row = pool->first[places[i] / ROWS] + places[i] % ROWS;
        rows[n_wanted] = row;
        parts[n_wanted] = pool->parts[places[i]];
        n_wanted += !pool->is_wanted || pool->is_wanted(pool->arg, row);
        __builtin_prefetch(match_door(pool->scan.c, row));
    }
    pool->scorer->finish(&pool->scan, rows, parts, n_wanted, scores);
    return match_rank_add(&pool->rank, pool->rank.first_day, rows, scores, n_wanted);
}

/* Score all whose bound is @from or more, and that were not scored before. */
static bool score_from(struct match_pool *pool, uint32_t from)
{
    const uint16_t least = (uint16_t)from, most = (uint16_t)(pool->scored_from - 1);
    _uninitialized_ uint32_t places[MATCH_CHUNK_ROWS];
    size_t n = 0;
    for (size_t i = 0; i < pool->n_blocks; i += ROWS)
        for (uint64_t blocks = pool->scorer->between(pool->highest + i, least, UINT16_MAX); blocks;
             blocks &= blocks - 1) {
            uint32_t at = (uint32_t)(i + (unsigned)__builtin_ctzll(blocks)) * ROWS;
            for (uint64_t left = pool->scorer->between(pool->bounds + at, least, most); left;
                 left &= left - 1)
                places[n++] = at + (uint32_t)__builtin_ctzll(left);
            if (n <= MATCH_CHUNK_ROWS - ROWS)
                continue;
            if (!rank_places(pool, places, n))
                return false;
            n = 0;
        }
    pool->scored_from = from;
    return n == 0 || rank_places(pool, places, n);
}

/* A bound below those scored that @n candidates reach, and few more; the lowest, if fewer do. Of
 * many blocks, the highest of each tell enough. */
static uint32_t bound_reached_by(const struct match_pool *pool, size_t n)
{
    enum { MANY = 16 };
    const bool are_many = pool->n_blocks > MANY * n;
    const uint16_t *bounds = are_many ? pool->highest : pool->bounds;
    const size_t n_blocks = are_many ? (pool->n_blocks + ROWS - 1) / ROWS : pool->n_blocks;
    uint32_t low = 1, high = MIN(pool->scored_from - 1, pool->scan.t->bound_most);
    while (low < high && n < pool->n) {
        uint32_t middle = low + (high - low + 1) / 2;
        size_t reached = pool->scorer->count_from(bounds, n_blocks, (uint16_t)middle);
        if (reached >= n && reached <= n + n / 2)
            return middle;
        if (reached >= n)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static uint32_t bound_of(const struct match_pool *pool, int32_t score)
{
    return MAX((uint32_t)score >> pool->scan.t->bound_shift, 1u);
}

/* Score those with the highest bounds, then all that may be among as many as are wanted. When many
 * of these cannot be taken, ever more are. */
static bool score_more(struct match_pool *pool)
{
    if (pool->n_next == 0) {
        memset(pool->highest + pool->n_blocks, 0, ROWS * sizeof(*pool->highest));
        pool->n_next = MAX((size_t)FIRST_BOUNDS, pool->n_wanted);
        pool->scored_from = UINT16_MAX + 1u;
    }
    if (!score_from(pool, bound_reached_by(pool, pool->n_next)))
        return false;
    pool->n_next *= 2;
    if (pool->rank.n < pool->n_wanted)
        return true;
    int32_t score = match_rank_score_of(&pool->rank, pool->n_wanted);
    uint32_t from = bound_of(pool, score);
    if (from < pool->scored_from && !score_from(pool, from))
        return false;
    match_rank_begin_with(&pool->rank, score);
    return true;
}

int match_pool_pop(struct match_pool *pool, struct match_candidate *ret_candidate, struct err *err)
{
    while (pool->n > 0) {
        bool is_scored = pool->n_next > 0 && pool->scored_from <= 1;
        if (pool->rank.n > 0
            && (is_scored || bound_of(pool, match_rank_best(&pool->rank)) >= pool->scored_from))
            return match_rank_pop(&pool->rank, ret_candidate);
        if (is_scored)
            break;
        if (!score_more(pool))
            return err_oom(err);
    }
    return 0;
}

void match_pool_prune(struct match_pool *pool, size_t n_wanted)
{
    pool->n_wanted = MAX(n_wanted, (size_t)1);
    match_rank_keep(&pool->rank, pool->is_wanted, pool->arg);
    if (pool->rank.n > n_wanted)
        match_rank_begin_with(&pool->rank, match_rank_score_of(&pool->rank, n_wanted));
}

void match_pool_release(struct match_pool *pool)
{
    free(pool->first);
    free(pool->highest);
    free(pool->bounds);
    free(pool->parts);
    match_rank_release(&pool->rank);
    *pool = (struct match_pool) { .first = NULL };
}
