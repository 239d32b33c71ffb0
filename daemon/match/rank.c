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
        if (child >= rank->n)
            break;
        if (child + 1 < rank->n && comes_before(rank, &rank->items[child + 1], &rank->items[child]))
            child++;
        if (!comes_before(rank, &rank->items[child], &item))
            break;
        rank->items[i] = rank->items[child];
        i = child;
    }
    rank->items[i] = item;
}

void match_rank_sort(struct match_rank *rank)
{
    for (size_t i = rank->n / 2; i-- > 0;)
        sift_down(rank, i);
}

bool match_rank_pop(struct match_rank *rank, struct match_candidate *ret_candidate)
{
    if (rank->n == 0)
        return false;
    *ret_candidate = rank->items[0];
    rank->items[0] = rank->items[--rank->n];
    if (rank->n > 0)
        sift_down(rank, 0);
    return true;
}

void match_rank_release(struct match_rank *rank)
{
    free(rank->items);
    *rank = (struct match_rank) { .items = NULL };
}
