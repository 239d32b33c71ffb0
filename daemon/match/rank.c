#include "match/match_internal.h"

const struct uuid *match_rank_id(const struct match_rank *rank, uint32_t row)
{
    return (const struct uuid *)(const void *)((const char *)rank->ids + row * rank->id_stride);
}

/* Whether @a comes before @b: by day, then score, highest first, then id. */
static bool comes_before(
    const struct match_rank *rank, const struct match_candidate *a, const struct match_candidate *b)
{
    if (a->day != b->day)
        return a->day < b->day;
    if (a->score != b->score)
        return a->score > b->score;
    return uuid_compare(match_rank_id(rank, a->row), match_rank_id(rank, b->row)) < 0;
}

bool match_rank_add(struct match_rank *rank, const struct match_candidate *candidate)
{
    if (rank->n == rank->capacity) {
        size_t capacity = rank->capacity ? rank->capacity * 2 : 64;
        struct match_candidate *items = realloc(rank->items, capacity * sizeof(*items));
        if (!items)
            return false;
        rank->items = items;
        rank->capacity = capacity;
    }
    rank->items[rank->n++] = *candidate;
    return true;
}

static void sift_down(struct match_rank *rank, size_t i)
{
    struct match_candidate item = rank->items[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= rank->n_heap)
            break;
        if (child + 1 < rank->n_heap
            && comes_before(rank, &rank->items[child + 1], &rank->items[child]))
            child++;
        if (!comes_before(rank, &rank->items[child], &item))
            break;
        rank->items[i] = rank->items[child];
        i = child;
    }
    rank->items[i] = item;
}

/* Higher comes first; equal ones are told apart by their ids alone. */
static int64_t key_of(const struct match_candidate *candidate)
{
    return -(int64_t)candidate->day * (INT64_C(1) << 32) + candidate->score;
}

enum { FIRST_HEAP = 64, HEAP_GROWS = 4, CLASSES = 1024 };

/* The lowest key such that @n_wanted candidates at least, and seldom many more, reach it. */
static int64_t find_cut(const struct match_rank *rank, size_t n_wanted)
{
    uint32_t counts[CLASSES] = { 0 };
    int64_t low = key_of(&rank->items[0]), high = low;
    unsigned shift = 0, class = CLASSES;
    for (size_t i = 1; i < rank->n; i++) {
        int64_t key = key_of(&rank->items[i]);
        low = MIN(low, key);
        high = MAX(high, key);
    }
    while ((uint64_t)(high - low) >> shift >= CLASSES)
        shift++;
    for (size_t i = 0; i < rank->n; i++)
        counts[(uint64_t)(key_of(&rank->items[i]) - low) >> shift]++;
    for (size_t n = 0; n < n_wanted;)
        n += counts[--class];
    return low + (int64_t)((uint64_t) class << shift);
}

/* Make a heap of the best candidates; most are never asked for. */
static void make_heap(struct match_rank *rank)
{
    size_t n = 0;
    if (rank->n > 2 * rank->n_wanted) {
        int64_t cut = find_cut(rank, rank->n_wanted);
        for (size_t i = 0; i < rank->n; i++) {
            if (key_of(&rank->items[i]) < cut)
                continue;
            struct match_candidate item = rank->items[i];
            rank->items[i] = rank->items[n];
            rank->items[n++] = item;
        }
    }
    rank->n_heap = n ? n : rank->n;
    rank->n_wanted *= HEAP_GROWS;
    for (size_t i = rank->n_heap / 2; i-- > 0;)
        sift_down(rank, i);
}

void match_rank_sort(struct match_rank *rank)
{
    rank->n_wanted = FIRST_HEAP;
    make_heap(rank);
}

bool match_rank_pop(struct match_rank *rank, struct match_candidate *ret_candidate)
{
    if (rank->n == 0)
        return false;
    if (rank->n_heap == 0)
        make_heap(rank);
    *ret_candidate = rank->items[0];
    rank->items[0] = rank->items[--rank->n_heap];
    rank->items[rank->n_heap] = rank->items[--rank->n];
    if (rank->n_heap > 0)
        sift_down(rank, 0);
    return true;
}

void match_rank_release(struct match_rank *rank)
{
    free(rank->items);
    *rank = (struct match_rank) { .items = NULL };
}
