#include "match/match_internal.h"

enum { ROW_BITS = MATCH_RANK_ROW_BITS, SCORE_BITS = 24, DAY_LAST = UINT16_MAX };

const struct uuid *match_rank_id(const struct match_rank *rank, uint32_t row)
{
    return (const struct uuid *)(const void *)((const char *)rank->ids + row * rank->id_stride);
}

static uint32_t row_of(uint64_t key)
{
    return (uint32_t)(key & ((1u << ROW_BITS) - 1));
}

static int32_t score_of(uint64_t key)
{
    return (int32_t)(key >> ROW_BITS & ((1u << SCORE_BITS) - 1));
}

/* Whether @a comes before @b: by day, then score, highest first, then id. */
static bool comes_before(const struct match_rank *rank, uint64_t a, uint64_t b)
{
    if (a >> ROW_BITS != b >> ROW_BITS)
        return a > b;
    return uuid_compare(match_rank_id(rank, row_of(a)), match_rank_id(rank, row_of(b))) < 0;
}

static bool reserve(struct match_rank *rank, size_t n)
{
    enum { FIRST = 256 };
    if (rank->n + n <= rank->capacity)
        return true;
    size_t capacity = MAX(rank->capacity * 2, rank->n + n + FIRST);
    uint64_t *keys = realloc(rank->keys, capacity * sizeof(*keys));
    if (!keys)
        return false;
    rank->keys = keys;
    rank->capacity = capacity;
    return true;
}

static void sift_down(struct match_rank *rank, size_t i)
{
    uint64_t key = rank->keys[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= rank->n_heap)
            break;
        if (child + 1 < rank->n_heap
            && comes_before(rank, rank->keys[child + 1], rank->keys[child]))
            child++;
        if (!comes_before(rank, rank->keys[child], key))
            break;
        rank->keys[i] = rank->keys[child];
        i = child;
    }
    rank->keys[i] = key;
}

bool match_rank_add(
    struct match_rank *rank, int32_t day, const uint32_t *rows, const int32_t *scores, size_t n)
{
    if (!reserve(rank, n))
        return false;
    uint64_t sooner = (uint64_t)(DAY_LAST - (day - rank->first_day)) << SCORE_BITS;
    uint64_t *keys = rank->keys + rank->n;
    for (size_t i = 0; i < n; i++)
        keys[i] = (sooner | (uint32_t)scores[i]) << ROW_BITS | rows[i];
    rank->n += n;
    rank->n_heap = n ? 0 : rank->n_heap;
    return true;
}

static void make_heap(struct match_rank *rank, size_t n)
{
    rank->n_heap = n;
    for (size_t i = n / 2; i-- > 0;)
        sift_down(rank, i);
}

int32_t match_rank_best(struct match_rank *rank)
{
    if (rank->n_heap == 0)
        make_heap(rank, rank->n);
    return rank->n > 0 ? score_of(rank->keys[0]) : -1;
}

void match_rank_begin_with(struct match_rank *rank, int32_t score)
{
    size_t n = 0;
    for (size_t i = 0; i < rank->n; i++) {
        uint64_t key = rank->keys[i];
        if (score_of(key) < score)
            continue;
        rank->keys[i] = rank->keys[n];
        rank->keys[n++] = key;
    }
    make_heap(rank, n);
}

void match_rank_keep(
    struct match_rank *rank, bool (*is_wanted)(const void *arg, uint32_t row), const void *arg)
{
    size_t n = 0;
    for (size_t i = 0; i < rank->n; i++)
        if (is_wanted(arg, row_of(rank->keys[i])))
            rank->keys[n++] = rank->keys[i];
    rank->n = n;
    rank->n_heap = 0;
}

/* A score is found by halving; few steps, each over all. */
int32_t match_rank_score_of(const struct match_rank *rank, size_t k)
{
    int32_t low = 0, high = 0;
    k = MIN(k, rank->n);
    for (size_t i = 0; i < rank->n; i++)
        high = MAX(high, score_of(rank->keys[i]));
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        size_t n = 0;
        for (size_t i = 0; i < rank->n; i++)
            n += score_of(rank->keys[i]) >= middle;
        if (n >= k)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

bool match_rank_pop(struct match_rank *rank, struct match_candidate *ret_candidate)
{
    if (match_rank_best(rank) < 0)
        return false;
    uint64_t key = rank->keys[0];
    *ret_candidate = (struct match_candidate) {
        .day = DAY_LAST - (int32_t)(key >> (ROW_BITS + SCORE_BITS)) + rank->first_day,
        .score = score_of(key),
        .row = row_of(key),
    };
    rank->keys[0] = rank->keys[--rank->n_heap];
    rank->keys[rank->n_heap] = rank->keys[--rank->n];
    if (rank->n_heap > 0)
        sift_down(rank, 0);
    return true;
}

void match_rank_release(struct match_rank *rank)
{
    free(rank->keys);
    *rank = (struct match_rank) { .keys = NULL };
}
