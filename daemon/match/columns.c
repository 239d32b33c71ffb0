/* The arrays of the catalogue, each with an element for every row, number or block of them. Those
 * of one kind grow together, and what is new holds what is said of nothing. */
#include "match/match_internal.h"

#include <string.h>

enum column_kind {
    OF_ROWS,
    OF_ROW_BLOCKS,
    OF_DOORS,
    OF_DOOR_BLOCKS,
    OF_PATTERNS,
    OF_SOCS,
};

#define COLUMN(member, kind, empty, made_late)                                                     \
    {                                                                                              \
        offsetof(struct match_catalogue, member),                                                  \
            sizeof(*((struct match_catalogue *)NULL)->member), kind, empty, made_late              \
    }

/* @empty is the byte that fills it. Some are made only when an opening first has something to say.
 */
static const struct column {
    size_t offset, bytes;
    enum column_kind kind;
    uint8_t empty;
    bool is_made_late;
} columns[] = {
    COLUMN(flags, OF_ROWS, ROW_IS_HOLE, false),
    COLUMN(terms, OF_ROWS, 0, false),
    COLUMN(standing, OF_ROWS, 0, false),
    COLUMN(settings, OF_ROWS, 0, true),
    COLUMN(places_left, OF_ROWS, 0, false),
    COLUMN(opens_on, OF_ROWS, 0, true),
    COLUMN(closes_on, OF_ROWS, 0, false),
    COLUMN(starts_on, OF_ROWS, 0, false),
    COLUMN(latest_start_on, OF_ROWS, 0xFF, true),
    COLUMN(hours_least, OF_ROWS, 0, false),
    COLUMN(hours_most, OF_ROWS, 0, false),
    COLUMN(pay_least, OF_ROWS, 0, false),
    COLUMN(pay_best, OF_ROWS, 0, false),
    COLUMN(exposures, OF_ROWS, 0, false),
    COLUMN(exposures_known, OF_ROWS, 0, true),
    COLUMN(soc, OF_ROWS, 0, false),
    COLUMN(audience, OF_ROWS, 0, false),
    COLUMN(pattern_low, OF_ROWS, 0, false),
    COLUMN(pattern_high, OF_ROWS, 0, false),
    COLUMN(door, OF_ROWS, 0, false),
    COLUMN(door_first, OF_ROW_BLOCKS, 0xFF, false),
    COLUMN(door_last, OF_ROW_BLOCKS, 0, false),
    COLUMN(easting, OF_DOORS, 0, false),
    COLUMN(northing, OF_DOORS, 0, false),
    COLUMN(industry, OF_DOORS, 0, false),
    COLUMN(has_site, OF_DOOR_BLOCKS, 0, false),
    COLUMN(west, OF_DOOR_BLOCKS, 0x7F, false),
    COLUMN(east, OF_DOOR_BLOCKS, 0x80, false),
    COLUMN(south, OF_DOOR_BLOCKS, 0x7F, false),
    COLUMN(north, OF_DOOR_BLOCKS, 0x80, false),
    COLUMN(week[0], OF_PATTERNS, 0, false),
    COLUMN(week[1], OF_PATTERNS, 0, false),
    COLUMN(week[2], OF_PATTERNS, 0, false),
    COLUMN(week[3], OF_PATTERNS, 0, false),
    COLUMN(week[4], OF_PATTERNS, 0, false),
    COLUMN(week[5], OF_PATTERNS, 0, false),
    COLUMN(soc_code, OF_SOCS, 0xFF, false),
};

_Static_assert(MATCH_WEEK_WORDS == 6, "each word of the week has its column");

static void **column_of(struct match_catalogue *c, const struct column *column)
{
    return (void **)(void *)((char *)c + column->offset);
}

static size_t n_elements(const struct match_catalogue *c, enum column_kind kind)
{
    switch (kind) {
    case OF_ROWS:
        return c->row_capacity;
    case OF_ROW_BLOCKS:
        return c->row_capacity / MATCH_BLOCK_ROWS;
    case OF_DOORS:
        return c->door_capacity;
    case OF_DOOR_BLOCKS: /* blocks are read in blocks, too */
        return c->door_capacity / MATCH_BLOCK_ROWS + MATCH_BLOCK_ROWS;
    case OF_PATTERNS:
        return c->pattern_capacity;
    case OF_SOCS:
        return c->soc_capacity;
    }
    return 0;
}

/* What a vector reads in one piece is whole. */
static uint32_t in_chunks(uint32_t n)
{
    return (n + MATCH_CHUNK_ROWS - 1) / MATCH_CHUNK_ROWS * MATCH_CHUNK_ROWS;
}

/* @n elements as they are where nothing was said, at the start of a line of the cache. */
static void *make_array(const struct column *column, size_t n)
{
    enum { LINE_BYTES = 64 };
    size_t bytes = (n * column->bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    void *array = aligned_alloc(LINE_BYTES, bytes);
    if (array)
        memset(array, column->empty, bytes);
    return array;
}

static bool grow_column(
    struct match_catalogue *c, const struct column *column, size_t old_n, size_t n)
{
    void **array = column_of(c, column);
    void *grown = make_array(column, n);
    if (!grown)
        return false;
    if (*array)
        memcpy(grown, *array, old_n * column->bytes);
    free(*array);
    *array = grown;
    return true;
}

/* Let @capacity become @wanted, and with it the columns of two kinds. */
static bool grow_to(struct match_catalogue *c, uint32_t *capacity, uint32_t wanted,
    enum column_kind first, enum column_kind second)
{
    uint32_t old = *capacity;
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const struct column *column = &columns[i];
        if ((column->kind != first && column->kind != second)
            || (column->is_made_late && !*column_of(c, column)))
            continue;
        size_t old_n = n_elements(c, column->kind);
        *capacity = wanted;
        size_t new_n = n_elements(c, column->kind);
        *capacity = old;
        if (!grow_column(c, column, old_n, new_n))
            return false;
    }
    *capacity = wanted;
    return true;
}

/* Let @capacity become @n at least, and a little more. */
static bool grow(struct match_catalogue *c, uint32_t *capacity, uint32_t n, enum column_kind first,
    enum column_kind second)
{
    return n <= *capacity || grow_to(c, capacity, in_chunks(n + n / 8), first, second);
}

bool match_columns_reserve_rows(struct match_catalogue *c, uint32_t n)
{
    return n <= c->row_capacity
        || grow_to(c, &c->row_capacity, in_chunks(n), OF_ROWS, OF_ROW_BLOCKS);
}

bool match_columns_grow_rows(struct match_catalogue *c)
{
    return grow(c, &c->row_capacity, c->ids.size + 1, OF_ROWS, OF_ROW_BLOCKS);
}

bool match_columns_grow_numbers(struct match_catalogue *c)
{
    return grow(c, &c->door_capacity, c->doors.size + 1, OF_DOORS, OF_DOOR_BLOCKS)
        && grow(c, &c->pattern_capacity, c->patterns.size + 1, OF_PATTERNS, OF_PATTERNS)
        && grow(c, &c->soc_capacity, c->socs.size + 1, OF_SOCS, OF_SOCS);
}

static bool make(struct match_catalogue *c, const void *array)
{
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        if ((const void *)column_of(c, &columns[i]) == array)
            return grow_column(c, &columns[i], 0, n_elements(c, columns[i].kind));
    return false;
}

bool match_columns_make(struct match_catalogue *c, const struct match_opening *o)
{
    return (c->settings || !o->settings || make(c, &c->settings))
        && (c->opens_on || !o->opens_on || make(c, &c->opens_on))
        && (c->latest_start_on || !o->latest_start_on || make(c, &c->latest_start_on))
        && (c->exposures_known || !o->exposures_known || make(c, &c->exposures_known));
}

static void copy_rows(char *to, const char *from, size_t bytes, const uint32_t *order, uint32_t n)
{
    switch (bytes) {
    case 1:
        for (uint32_t i = 0; i < n; i++)
            to[i] = from[order[i]];
        break;
    case 2:
        for (uint32_t i = 0; i < n; i++)
            ((uint16_t *)(void *)to)[i] = ((const uint16_t *)(const void *)from)[order[i]];
        break;
    default:
        for (uint32_t i = 0; i < n; i++)
            memcpy(to + i * bytes, from + order[i] * bytes, bytes);
        break;
    }
}

/* Rows come to stand as in @order, without holes. Nothing changes without memory for all. */
bool match_columns_reorder(struct match_catalogue *c, const uint32_t *order)
{
    void *fresh[ARRAY_SIZE(columns)] = { NULL };
    uint32_t n = c->ids.n_used, capacity = in_chunks(n + 1);
    bool ok = true;
    for (size_t i = 0; ok && i < ARRAY_SIZE(columns); i++) {
        const struct column *column = &columns[i];
        if (column->kind > OF_ROW_BLOCKS || !*column_of(c, column))
            continue;
        size_t n_new = column->kind == OF_ROWS ? capacity : capacity / MATCH_BLOCK_ROWS;
        fresh[i] = make_array(column, n_new);
        ok = fresh[i] != NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        void **array = column_of(c, &columns[i]);
        if (ok && fresh[i]) {
            void *old = *array;
            if (columns[i].kind == OF_ROWS)
                copy_rows(fresh[i], old, columns[i].bytes, order, n);
            *array = fresh[i];
            fresh[i] = old;
        }
        free(fresh[i]);
    }
    if (ok)
        c->row_capacity = capacity;
    return ok;
}

void match_columns_release(struct match_catalogue *c)
{
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        free(*column_of(c, &columns[i]));
}

size_t match_columns_size_bytes(const struct match_catalogue *catalogue)
{
    size_t bytes = 0;
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const char *at = (const char *)catalogue + columns[i].offset;
        if (*(void *const *)(const void *)at)
            bytes += n_elements(catalogue, columns[i].kind) * columns[i].bytes;
    }
    return bytes;
}
