#include "match/match_internal.h"

enum {
    ROW_BITS = MATCH_RANK_ROW_BITS,
    SCORE_BITS = 24,
    DAY_LAST = UINT16_MAX,
    FIRST_HEAP = 64,
    HEAP_GROWS = 4,
    CLASSES = 1024,
};

const struct uuid *match_rank_id(const struct match_rank *rank, uint32_t row)
{
    return (const struct uuid *)(const void *)((const char *)rank->ids + row * rank->id_stride);
}

static uint32_t row_of(uint64_t key)
{
    return (uint32_t)(key & ((1u << ROW_BITS) - 1));
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
    if (rank->n + n <= rank->capacity)
        return true;
    size_t capacity = MAX(rank->capacity * 2, rank->n + n + FIRST_HEAP);
    uint64_t *keys = realloc(rank->keys, capacity * sizeof(*keys));
    if (!keys)
        return false;
    rank->keys = keys;
    rank->capacity = capacity;
    return true;
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

/* The lowest key such that @n_wanted candidates at least, and seldom many more, reach it. */
static uint64_t find_cut(const struct match_rank *rank, size_t n_wanted)
{
    uint32_t counts[CLASSES] = { 0 };
    uint64_t low = UINT64_MAX, high = 0;
    unsigned shift = ROW_BITS, class = CLASSES;
    for (size_t i = 0; i < rank->n; i++) {
        low = MIN(low, rank->keys[i]);
        high = MAX(high, rank->keys[i]);
    }
    low = low >> ROW_BITS << ROW_BITS;
    while ((high - low) >> shift >= CLASSES)
        shift++;
    for (size_t i = 0; i < rank->n; i++)
        counts[(rank->keys[i] - low) >> shift]++;
    for (size_t n = 0; n < n_wanted;)
        n += counts[--class];
    return low + ((uint64_t) class << shift);
}

/* Make a heap of the best candidates; most are never asked for. */
static void make_heap(struct match_rank *rank)
{
    size_t n = 0;
    bool is_first = rank->n_wanted == 0;
    if (rank->keep && !is_first)
        rank->n = rank->keep(rank->arg, rank->keys, rank->n);
    rank->n_wanted = is_first ? FIRST_HEAP : rank->n_wanted * HEAP_GROWS;
    if (rank->n > 2 * rank->n_wanted) {
        uint64_t cut = find_cut(rank, rank->n_wanted);
        for (size_t i = 0; i < rank->n; i++) {
            uint64_t key = rank->keys[i];
            if (key < cut)
                continue;
            rank->keys[i] = rank->keys[n];
            rank->keys[n++] = key;
        }
    }
    rank->n_heap = n ? n : rank->n;
    for (size_t i = rank->n_heap / 2; i-- > 0;)
        sift_down(rank, i);
}

bool match_rank_pop(struct match_rank *rank, struct match_candidate *ret_candidate)
{
    if (rank->n > 0 && rank->n_heap == 0)
        make_heap(rank);
    if (rank->n == 0)
        return false;
    uint64_t key = rank->keys[0];
    *ret_candidate = (struct match_candidate) {
        .day = DAY_LAST - (int32_t)(key >> (ROW_BITS + SCORE_BITS)) + rank->first_day,
        .score = (int32_t)(key >> ROW_BITS & ((1u << SCORE_BITS) - 1)),
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
