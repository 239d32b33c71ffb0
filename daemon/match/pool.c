#include "match/match_internal.h"

#include <string.h>

enum { ROWS = MATCH_BLOCK_ROWS, FIRST_BOUNDS = 64, BOUNDS_GROW = 4 };

static bool reserve(struct match_pool *pool)
{
    if (pool->n_blocks + MATCH_CHUNK_BLOCKS <= pool->capacity)
        return true;
    enum { FIRST_BLOCKS = 256 };
    size_t capacity = MAX(pool->capacity * 2, (size_t)FIRST_BLOCKS);
    uint32_t *first = realloc(pool->first, capacity * sizeof(*first));
    if (!first)
        return false;
    pool->first = first;
    uint16_t *bounds = realloc(pool->bounds, capacity * ROWS * sizeof(*bounds));
    if (!bounds)
        return false;
    pool->bounds = bounds;
    pool->capacity = capacity;
    return true;
}

bool match_pool_add(struct match_pool *pool, uint32_t first, const struct match_rows *rows)
{
    if (!reserve(pool))
        return false;
    for (unsigned b = 0; b < MATCH_CHUNK_BLOCKS; b++) {
        if (!rows->blocks[b])
            continue;
        uint32_t at = first + b * ROWS;
        pool->scorer->bound(&pool->scan, at, rows->blocks[b], pool->bounds + pool->n_blocks * ROWS);
        pool->first[pool->n_blocks++] = at;
        pool->n += (unsigned)__builtin_popcountll(rows->blocks[b]);
    }
    return true;
}

/* Score the rows that may still be taken, and rank them. */
static bool rank_rows(struct match_pool *pool, uint32_t *rows, size_t n)
{
    const struct match_catalogue *c = pool->scan.c;
    _uninitialized_ int32_t scores[MATCH_CHUNK_ROWS];
    size_t n_wanted = 0;
    for (size_t i = 0; i < n; i++) {
        rows[n_wanted] = rows[i];
        n_wanted += !pool->is_wanted || pool->is_wanted(pool->arg, rows[i]);
        __builtin_prefetch(match_door(c, rows[i]));
    }
    pool->scorer->score(&pool->scan, rows, (unsigned)n_wanted, scores);
    return match_rank_add(&pool->rank, pool->rank.first_day, rows, scores, n_wanted);
}

/* Score all whose bound is @from or more, and that were not scored before. */
static bool score_from(struct match_pool *pool, uint32_t from)
{
    const uint16_t most = (uint16_t)(pool->scored_from - 1);
    _uninitialized_ uint32_t rows[2 * MATCH_CHUNK_ROWS];
    size_t n = 0;
    for (size_t i = 0; i < pool->n_blocks; i += MATCH_CHUNK_BLOCKS) {
        size_t n_blocks = MIN(pool->n_blocks - i, (size_t)MATCH_CHUNK_BLOCKS);
        n += pool->scorer->pick(
            pool->bounds + i * ROWS, pool->first + i, n_blocks, (uint16_t)from, most, rows + n);
        if (n < MATCH_CHUNK_ROWS)
            continue;
        if (!rank_rows(pool, rows, MATCH_CHUNK_ROWS))
            return false;
        n -= MATCH_CHUNK_ROWS;
        memcpy(rows, rows + MATCH_CHUNK_ROWS, n * sizeof(*rows));
    }
    pool->scored_from = from;
    return n == 0 || rank_rows(pool, rows, n);
}

/* A bound below those scored that @n candidates reach, and few more; the lowest, if fewer do. */
static uint32_t bound_reached_by(const struct match_pool *pool, size_t n)
{
    uint32_t low = 1, high = MIN(pool->scored_from - 1, pool->scan.t->bound_most);
    while (low < high && n < pool->n) {
        uint32_t middle = low + (high - low + 1) / 2;
        size_t reached
            = pool->scorer->count_from(pool->bounds, pool->n_blocks, (uint16_t)middle);
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

/* Score those with the highest bounds, then all that may be among as many as are wanted. */
static bool score_first(struct match_pool *pool)
{
    pool->n_next = MAX((size_t)FIRST_BOUNDS, pool->n_wanted);
    pool->scored_from = UINT16_MAX + 1u;
    bool are_few = pool->n <= 2 * pool->n_next;
    if (!score_from(pool, are_few ? 1 : bound_reached_by(pool, pool->n_next)))
        return false;
    int32_t score = match_rank_score_of(&pool->rank, pool->n_wanted);
    uint32_t from = bound_of(pool, score);
    if (from < pool->scored_from && !score_from(pool, from))
        return false;
    match_rank_begin_with(&pool->rank, score);
    return true;
}

/* When many cannot be taken, ever more are scored. */
static bool score_more(struct match_pool *pool)
{
    if (pool->n_next == 0)
        return score_first(pool);
    pool->n_next *= BOUNDS_GROW;
    uint32_t from = bound_reached_by(pool, pool->n_next);
    if (pool->rank.n > 0)
        from = MIN(from, bound_of(pool, match_rank_best(&pool->rank)));
    return score_from(pool, from);
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
    match_rank_keep(&pool->rank, pool->is_wanted, pool->arg);
    if (pool->rank.n > n_wanted)
        match_rank_begin_with(&pool->rank, match_rank_score_of(&pool->rank, n_wanted));
}

void match_pool_release(struct match_pool *pool)
{
    free(pool->first);
    free(pool->bounds);
    match_rank_release(&pool->rank);
    *pool = (struct match_pool) { .first = NULL };
}
