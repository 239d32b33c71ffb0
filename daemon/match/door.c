/* Where doors are: the coordinates in columns, a box round each block of them, and an order in
 * which near ones stand together. Order and boxes change how much is read, never an answer. */
#include "match/match_internal.h"

/* Write what the columns have of a door that is new in the dictionary. */
void match_door_write(struct match_catalogue *c, uint32_t number)
{
    const struct match_door_key *door = match_dict_key(&c->doors, number);
    uint32_t block = number / MATCH_BLOCK_ROWS;
    uint64_t bit = UINT64_C(1) << (number % MATCH_BLOCK_ROWS);
    c->easting[number] = door->easting;
    c->northing[number] = door->northing;
    c->industry[number] = door->industry;
    if (!door->has_site) {
        c->has_site[block] &= ~bit;
        return;
    }
    c->has_site[block] |= bit;
    c->west[block] = MIN(c->west[block], door->easting);
    c->east[block] = MAX(c->east[block], door->easting);
    c->south[block] = MIN(c->south[block], door->northing);
    c->north[block] = MAX(c->north[block], door->northing);
}

/* Let the range of the row's block hold its door. */
void match_door_meet(struct match_catalogue *c, uint32_t row)
{
    uint32_t block = row / MATCH_BLOCK_ROWS;
    c->door_first[block] = MIN(c->door_first[block], c->door[row]);
    c->door_last[block] = MAX(c->door_last[block], c->door[row]);
}

/* ---- the order ---- */

struct place_on_curve {
    uint64_t at;
    uint32_t number;
};

/* How far along Hilbert's curve through a square of 2^24 metres. */
static uint64_t along_curve(const struct match_door_key *door)
{
    enum { SQUARE_BITS = 24 };
    uint32_t x = (uint32_t)door->easting + (1u << (SQUARE_BITS - 1));
    uint32_t y = (uint32_t)door->northing + (1u << (SQUARE_BITS - 1));
    uint64_t along = 0;
    for (int bit = SQUARE_BITS - 1; bit >= 0; bit--) {
        uint32_t in_east = x >> bit & 1, in_north = y >> bit & 1;
        along = along << 2 | ((3 * in_east) ^ in_north);
        if (in_north)
            continue;
        if (in_east) {
            x = ~x;
            y = ~y;
        }
        uint32_t kept = x;
        x = y;
        y = kept;
    }
    return along;
}

static int compare_places(const void *a, const void *b)
{
    const struct place_on_curve *left = a, *right = b;
    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* Numbers of doors in use, near ones together. */
static bool order_doors(const struct match_catalogue *c, uint32_t *ret_order)
{
    _cleanup_(freep) struct place_on_curve *places = calloc(c->doors.n_used + 1u, sizeof(*places));
    uint32_t n = 0;
    if (!places)
        return false;
    for (uint32_t i = 0; i < c->doors.size; i++)
        if (c->doors.refs[i])
            places[n++] = (struct place_on_curve) { along_curve(match_dict_key(&c->doors, i)), i };
    qsort(places, n, sizeof(*places), compare_places);
    for (uint32_t i = 0; i < n; i++)
        ret_order[i] = places[i].number;
    return true;
}

/* Rows in the order of their doors: count each door's, then give each its place. */
static void order_rows(
    const struct match_catalogue *c, const uint32_t *doors, uint32_t *next_row, uint32_t *ret_order)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->doors.n_used; i++) {
        next_row[doors[i]] = n;
        n += c->doors.refs[doors[i]];
    }
    for (uint32_t row = 0; row < c->ids.size; row++)
        if (!(c->flags[row] & ROW_IS_HOLE))
            ret_order[next_row[c->door[row]]++] = row;
}

/* New numbers for doors, then for rows. */
static void renumber(struct match_catalogue *c, const uint32_t *doors, uint32_t *new_number)
{
    for (uint32_t i = 0; i < c->doors.n_used; i++)
        new_number[doors[i]] = i;
    for (uint32_t i = 0; i < c->door_capacity / MATCH_BLOCK_ROWS; i++) {
        c->west[i] = c->south[i] = INT32_MAX;
        c->east[i] = c->north[i] = INT32_MIN;
    }
    for (uint32_t i = 0; i < c->row_capacity / MATCH_BLOCK_ROWS; i++) {
        c->door_first[i] = UINT32_MAX;
        c->door_last[i] = 0;
    }
    for (uint32_t row = 0; row < c->ids.n_used; row++) {
        c->door[row] = new_number[c->door[row]];
        match_door_meet(c, row);
    }
}

int match_catalogue_arrange(struct match_catalogue *c, struct err *err)
{
    uint32_t n_doors = MAX(c->doors.size, c->doors.n_used) + 1u;
    _cleanup_(freep) uint32_t *doors = calloc(n_doors, sizeof(*doors));
    _cleanup_(freep) uint32_t *numbers = calloc(n_doors, sizeof(*numbers));
    _cleanup_(freep) uint32_t *rows = calloc(c->ids.n_used + 1u, sizeof(*rows));
    if (c->ids.n_used == 0)
        return 0;
    if (!doors || !numbers || !rows || !order_doors(c, doors))
        return err_oom(err);
    order_rows(c, doors, numbers, rows);
    /* each step leaves the catalogue whole: rows first, whose numbers the ids and columns share */
    struct match_dict ids = c->ids;
    if (!match_dict_copy_in_order(&c->ids, rows, &ids))
        return err_oom(err);
    if (!match_columns_reorder(c, rows)) {
        match_dict_release(&ids);
        return err_oom(err);
    }
    match_dict_release(&c->ids);
    c->ids = ids;
    for (uint32_t row = 0; row < c->ids.n_used; row++)
        match_door_meet(c, row);
    struct match_dict fresh;
    if (!match_dict_copy_in_order(&c->doors, doors, &fresh))
        return err_oom(err);
    renumber(c, doors, numbers);
    match_dict_release(&c->doors);
    c->doors = fresh;
    for (uint32_t i = 0; i < c->doors.n_used; i++)
        match_door_write(c, i);
    return 0;
}
