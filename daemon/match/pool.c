#include "match/match_internal.h"

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

/* Score @n rows and rank them. */
static bool rank_rows(struct match_pool *pool, const uint32_t *rows, unsigned n)
{
    _uninitialized_ int32_t scores[MATCH_CHUNK_ROWS];
    pool->scorer->score(&pool->scan, rows, n, scores);
    return match_rank_add(&pool->rank, pool->rank.first_day, rows, scores, n);
}

/* Score all whose bound is @from or more, and that were not scored before. */
static bool score_from(struct match_pool *pool, uint32_t from)
{
    _uninitialized_ uint32_t rows[MATCH_CHUNK_ROWS];
    unsigned n = 0;
    for (size_t i = 0; i < pool->n_blocks; i++) {
        const uint16_t *bounds = pool->bounds + i * ROWS;
        uint64_t left = pool->scorer->rows_from(bounds, (uint16_t)from);
        if (left && pool->scored_from <= UINT16_MAX)
            left &= ~pool->scorer->rows_from(bounds, (uint16_t)pool->scored_from);
        for (; left; left &= left - 1) {
            uint32_t row = pool->first[i] + (uint32_t)__builtin_ctzll(left);
            if (!pool->is_wanted || pool->is_wanted(pool->arg, row))
                rows[n++] = row;
        }
        if (n > MATCH_CHUNK_ROWS - ROWS) {
            if (!rank_rows(pool, rows, n))
                return false;
            n = 0;
        }
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
            = pool->scorer->count_from(pool->bounds, pool->n_blocks * ROWS, (uint16_t)middle);
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

/* At first those with the highest bounds, then all that may be among as many as are wanted; later,
 * when many cannot be taken, ever more. */
static bool score_more(struct match_pool *pool)
{
    if (pool->n_next == 0) {
        pool->n_next = MAX((size_t)FIRST_BOUNDS, pool->n_wanted);
        pool->scored_from = UINT16_MAX + 1u;
        if (!score_from(pool, bound_reached_by(pool, pool->n_next)))
            return false;
        uint32_t from = bound_of(pool, match_rank_score_of(&pool->rank, pool->n_wanted));
        return from >= pool->scored_from || score_from(pool, from);
    }
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

void match_pool_release(struct match_pool *pool)
{
    free(pool->first);
    free(pool->bounds);
    match_rank_release(&pool->rank);
    *pool = (struct match_pool) { .first = NULL };
}
