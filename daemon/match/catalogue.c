#include "match/match_internal.h"

/* Every column: its member, and how many bytes a row takes. They grow together. */
#define COLUMN(member)                                                                             \
    {                                                                                              \
        offsetof(struct match_catalogue, member),                                                  \
            sizeof(*((struct match_catalogue *)NULL)->member)                                      \
    }

static const struct {
    size_t offset, row_bytes;
} columns[] = {
    COLUMN(openings),
    COLUMN(numbers),
    COLUMN(is_hole),
    COLUMN(is_shut),
    COLUMN(opens_on),
    COLUMN(closes_on),
    COLUMN(starts_on),
    COLUMN(latest_start_on),
    COLUMN(hours_min_tenths),
    COLUMN(hours_max_tenths),
    COLUMN(pay_pence),
    COLUMN(has_site),
    COLUMN(easting_metres),
    COLUMN(northing_metres),
    COLUMN(driving),
    COLUMN(check),
    COLUMN(exposures),
    COLUMN(site),
    COLUMN(audience),
    COLUMN(pattern),
    COLUMN(hours_needed_tenths),
    COLUMN(soc),
    COLUMN(industry),
    COLUMN(hours_most_tenths),
    COLUMN(pay_least_pence),
    COLUMN(trial),
    COLUMN(permanence),
    COLUMN(settings),
    COLUMN(accreditations),
};

_Static_assert(MATCH_N_EXPOSURES <= 16, "the column of exposures has a bit for each");

static void **column_of(struct match_catalogue *catalogue, size_t i)
{
    return (void **)(void *)((char *)catalogue + columns[i].offset);
}

int match_catalogue_new(struct match_catalogue **ret_catalogue, struct err *err)
{
    struct match_catalogue *catalogue = calloc(1, sizeof(*catalogue));
    if (!catalogue)
        return err_oom(err);
    match_dict_init(&catalogue->ids, sizeof(struct uuid));
    match_dict_init(&catalogue->employers, sizeof(struct uuid));
    match_dict_init(&catalogue->sites, sizeof(struct uuid));
    match_dict_init(&catalogue->audiences, sizeof(struct uuid));
    match_dict_init(&catalogue->patterns, sizeof(struct match_pattern_key));
    match_dict_init(&catalogue->socs, sizeof(uint16_t));
    match_dict_init(&catalogue->industries, sizeof(struct match_industry_key));
    *ret_catalogue = catalogue;
    return 0;
}

void match_catalogue_free(struct match_catalogue *catalogue)
{
    if (!catalogue)
        return;
    match_dict_release(&catalogue->ids);
    match_dict_release(&catalogue->employers);
    match_dict_release(&catalogue->sites);
    match_dict_release(&catalogue->audiences);
    match_dict_release(&catalogue->patterns);
    match_dict_release(&catalogue->socs);
    match_dict_release(&catalogue->industries);
    match_relations_release(catalogue);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        free(*column_of(catalogue, i));
    free(catalogue);
}

/* Make room for one more row than the ids have ever had. */
static bool reserve_row(struct match_catalogue *catalogue)
{
    if (catalogue->ids.size < catalogue->capacity)
        return true;
    if (catalogue->capacity > UINT32_MAX / 4)
        return false;
    uint32_t capacity = catalogue->capacity + catalogue->capacity / 2 + MATCH_BLOCK_ROWS;
    capacity -= capacity % MATCH_BLOCK_ROWS; /* whole blocks are read */
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        void **column = column_of(catalogue, i);
        void *grown = realloc(*column, capacity * columns[i].row_bytes);
        if (!grown)
            return false;
        *column = grown;
        memset((char *)grown + catalogue->capacity * columns[i].row_bytes, 0,
            (capacity - catalogue->capacity) * columns[i].row_bytes);
    }
    memset(catalogue->is_hole + catalogue->capacity, 1, capacity - catalogue->capacity);
    catalogue->capacity = capacity;
    return true;
}

/* Drop the first @n of what take_numbers() took. */
static void drop_numbers(struct match_catalogue *catalogue, const struct match_row *row, size_t n)
{
    struct {
        struct match_dict *dict;
        uint32_t number;
    } all[] = {
        { &catalogue->employers, row->employer },
        { &catalogue->sites, row->site },
        { &catalogue->audiences, row->audience },
        { &catalogue->patterns, row->pattern },
        { &catalogue->socs, row->soc },
        { &catalogue->industries, row->industry },
    };
    for (size_t i = 0; i < n && i < ARRAY_SIZE(all); i++)
        match_dict_drop(all[i].dict, all[i].number);
    if (n > 0 && !match_dict_key(&catalogue->employers, row->employer))
        match_relations_forget(catalogue, row->employer);
}

enum { ALL_NUMBERS = 6 };

static bool take_numbers(
    struct match_catalogue *catalogue, const struct match_opening *o, struct match_row *ret_row)
{
    const struct match_pattern_key pattern
        = { .shifts = o->shifts, .kind = match_shift_kind_of(o) };
    const struct match_industry_key industry
        = { .sic = o->sic, .section = (unsigned char)o->sic_section };
    struct {
        struct match_dict *dict;
        const void *key;
        uint32_t *number;
    } all[] = {
        { &catalogue->employers, &o->employer_id, &ret_row->employer },
        { &catalogue->sites, &o->site_id, &ret_row->site },
        { &catalogue->audiences, &o->audience_id, &ret_row->audience },
        { &catalogue->patterns, &pattern, &ret_row->pattern },
        { &catalogue->socs, &o->soc, &ret_row->soc },
        { &catalogue->industries, &industry, &ret_row->industry },
    };
    _Static_assert(ARRAY_SIZE(all) == ALL_NUMBERS, "drop_numbers() has the same");
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (match_dict_take(all[i].dict, all[i].key, all[i].number))
            continue;
        drop_numbers(catalogue, ret_row, i);
        return false;
    }
    return true;
}

/* What is not known is written as what never fails, so that no loop asks. */
static void write_row(struct match_catalogue *c, uint32_t row, const struct match_opening *o)
{
    uint32_t most = match_most_hours_tenths(o);
    uint32_t best = match_best_pay_pence(o);
    c->openings[row] = *o;
    c->is_hole[row] = 0;
    c->is_shut[row] = o->is_closed || (!o->is_hidden && o->places_left == 0);
    c->opens_on[row] = match_day(o->opens_on);
    c->closes_on[row] = o->closes_on ? match_day(o->closes_on) : MATCH_DAY_LAST;
    c->starts_on[row] = match_day(o->starts_on);
    c->latest_start_on[row] = match_day(o->latest_start_on);
    c->hours_min_tenths[row] = o->hours_min_tenths;
    c->hours_max_tenths[row] = most ? (uint16_t)most : UINT16_MAX;
    c->pay_pence[row] = (uint16_t)(best ? MIN(best, (uint32_t)MATCH_PAY_MOST) : MATCH_PAY_MOST);
    c->has_site[row] = o->has_site;
    c->easting_metres[row] = o->has_site ? o->easting_metres : 0;
    c->northing_metres[row] = o->has_site ? o->northing_metres : 0;
    c->driving[row] = (uint8_t)(o->driving == MATCH_DRIVING_NONE ? 0 : o->driving);
    c->check[row] = (uint8_t)(o->check == MATCH_CHECK_NONE ? 0 : o->check);
    c->exposures[row] = (uint16_t)o->exposures;
    c->site[row] = c->numbers[row].site;
    c->audience[row] = (uint16_t)c->numbers[row].audience;
    c->pattern[row] = c->numbers[row].pattern;
    c->hours_needed_tenths[row] = MAX(o->hours_min_tenths, (uint16_t)1);
    c->soc[row] = (uint16_t)c->numbers[row].soc;
    c->industry[row] = (uint16_t)c->numbers[row].industry;
    c->hours_most_tenths[row] = (uint16_t)most;
    c->pay_least_pence[row] = match_least_pay_pence(o);
    c->trial[row] = (uint8_t)o->trial;
    c->permanence[row] = (uint8_t)o->permanence;
    c->settings[row] = (uint8_t)o->settings;
    c->accreditations[row] = (uint8_t)o->accreditations;
}

static int write_opening(
    struct match_catalogue *catalogue, const struct match_opening *o, bool is_new, struct err *err)
{
    struct match_row numbers;
    uint32_t row = match_dict_find(&catalogue->ids, &o->id);
    if (!take_numbers(catalogue, o, &numbers))
        return err_oom(err);
    if (numbers.soc > UINT16_MAX || numbers.industry > UINT16_MAX
        || numbers.audience >= UINT16_MAX) {
        drop_numbers(catalogue, &numbers, ALL_NUMBERS);
        return err_set(err, ERR_EXHAUSTED, "There are too many kinds of industry or audience.");
    }
    if (is_new && (!reserve_row(catalogue) || !match_dict_take(&catalogue->ids, &o->id, &row))) {
        drop_numbers(catalogue, &numbers, ALL_NUMBERS);
        return err_oom(err);
    }
    if (!is_new)
        drop_numbers(catalogue, &catalogue->numbers[row], ALL_NUMBERS);
    catalogue->numbers[row] = numbers;
    write_row(catalogue, row, o);
    return 0;
}

static bool has(const struct match_catalogue *catalogue, const struct uuid *id)
{
    return match_dict_find(&catalogue->ids, id) != MATCH_DICT_NONE;
}

int match_catalogue_put(
    struct match_catalogue *catalogue, const struct match_opening *opening, struct err *err)
{
    int r = match_opening_check(opening, err);
    if (r < 0)
        return r;
    return write_opening(catalogue, opening, !has(catalogue, &opening->id), err);
}

int match_catalogue_add(
    struct match_catalogue *catalogue, const struct match_opening *opening, struct err *err)
{
    if (has(catalogue, &opening->id))
        return err_set(err, ERR_EXISTS, "The opening is in the catalogue already.");
    return match_catalogue_put(catalogue, opening, err);
}

int match_catalogue_update(
    struct match_catalogue *catalogue, const struct match_opening *opening, struct err *err)
{
    if (!has(catalogue, &opening->id))
        return err_set(err, ERR_NOT_FOUND, "The opening is not in the catalogue.");
    return match_catalogue_put(catalogue, opening, err);
}

bool match_catalogue_remove(struct match_catalogue *catalogue, const struct uuid *id)
{
    uint32_t row = match_dict_find(&catalogue->ids, id);
    if (row == MATCH_DICT_NONE)
        return false;
    drop_numbers(catalogue, &catalogue->numbers[row], ALL_NUMBERS);
    catalogue->is_hole[row] = 1;
    match_dict_drop(&catalogue->ids, row);
    return true;
}

void match_catalogue_read(const struct match_catalogue *catalogue,
    const struct match_relations *relations, uint32_t row, struct match_opening *ret_opening)
{
    unsigned relation = match_relation(relations, catalogue->numbers[row].employer);
    *ret_opening = catalogue->openings[row];
    ret_opening->stance = (enum match_stance)(relation % MATCH_RELATION_STANCES);
    ret_opening->relationship_level = (uint8_t)(relation / MATCH_RELATION_STANCES);
}

bool match_catalogue_get(const struct match_catalogue *catalogue, const struct uuid *asker_id,
    const struct uuid *id, struct match_opening *ret_opening)
{
    static const struct uuid network = { { 0 } };
    uint32_t row = match_dict_find(&catalogue->ids, id);
    if (row == MATCH_DICT_NONE)
        return false;
    match_catalogue_read(catalogue, match_relations_of(catalogue, asker_id), row, ret_opening);
    return uuid_compare(&ret_opening->audience_id, &network) == 0
        || uuid_compare(&ret_opening->audience_id, asker_id) == 0;
}

size_t match_catalogue_count(const struct match_catalogue *catalogue)
{
    return catalogue->ids.n_used;
}

size_t match_catalogue_size_bytes(const struct match_catalogue *catalogue)
{
    const struct match_catalogue *c = catalogue;
    size_t bytes = sizeof(*c) + match_dict_size_bytes(&c->ids)
        + match_dict_size_bytes(&c->employers) + match_dict_size_bytes(&c->sites)
        + match_dict_size_bytes(&c->audiences) + match_dict_size_bytes(&c->patterns)
        + match_dict_size_bytes(&c->socs) + match_dict_size_bytes(&c->industries)
        + match_relations_size_bytes(c);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        bytes += c->capacity * columns[i].row_bytes;
    return bytes;
}
