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
    COLUMN(flags),
    COLUMN(terms),
    COLUMN(standing),
    COLUMN(settings),
    COLUMN(places_left),
    COLUMN(opens_on),
    COLUMN(closes_on),
    COLUMN(starts_on),
    COLUMN(latest_start_on),
    COLUMN(hours_min_tenths),
    COLUMN(hours_max_tenths),
    COLUMN(pay_min_pence),
    COLUMN(pay_max_pence),
    COLUMN(exposures),
    COLUMN(exposures_known),
    COLUMN(easting_metres),
    COLUMN(northing_metres),
    COLUMN(employer),
    COLUMN(site),
    COLUMN(pattern),
    COLUMN(soc),
    COLUMN(industry),
    COLUMN(audience),
};

_Static_assert(MATCH_N_EXPOSURES <= 16, "the column of exposures has a bit for each");
_Static_assert(MATCH_N_SETTINGS <= 8, "the column of settings has a bit for each");
_Static_assert(
    (int)MATCH_N_ACCREDITATIONS <= (int)STANDING_PERMANENCE_SHIFT, "so has that of standing");
_Static_assert((int)MATCH_DRIVING_G2 <= (int)TERMS_DRIVING, "driving fits its bits");
_Static_assert(
    (int)MATCH_CHECK_ENHANCED <= (int)TERMS_CHECK >> TERMS_CHECK_SHIFT, "a check fits its bits");
_Static_assert((int)MATCH_N_TRIALS <= 8, "a trial fits its bits");

/* The numbers of one row in the dictionaries. */
struct numbers {
    uint32_t employer, site, audience, pattern, soc, industry;
};

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
    uint32_t capacity = catalogue->capacity + catalogue->capacity / 8 + MATCH_BLOCK_ROWS;
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
    memset(catalogue->flags + catalogue->capacity, ROW_IS_HOLE, capacity - catalogue->capacity);
    catalogue->capacity = capacity;
    return true;
}

/* Drop the first @n of what take_numbers() took. */
static void drop_numbers(struct match_catalogue *catalogue, const struct numbers *row, size_t n)
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
    struct match_catalogue *catalogue, const struct match_opening *o, struct numbers *ret_row)
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

static uint8_t flags_of(const struct match_opening *o)
{
    bool is_shut = o->is_closed || (!o->is_hidden && o->places_left == 0);
    return (uint8_t)((is_shut ? ROW_IS_SHUT : 0) | (o->is_closed ? ROW_IS_CLOSED : 0)
        | (o->is_hidden ? ROW_IS_HIDDEN : 0) | (o->has_site ? ROW_HAS_SITE : 0)
        | (unsigned)o->flexibility << ROW_FLEXIBILITY_SHIFT);
}

static void write_row(struct match_catalogue *c, uint32_t row, const struct numbers *numbers,
    const struct match_opening *o)
{
    c->flags[row] = flags_of(o);
    c->terms[row] = (uint8_t)((unsigned)o->driving | (unsigned)o->check << TERMS_CHECK_SHIFT
        | (unsigned)o->trial << TERMS_TRIAL_SHIFT);
    c->standing[row]
        = (uint8_t)(o->accreditations | (unsigned)o->permanence << STANDING_PERMANENCE_SHIFT);
    c->settings[row] = (uint8_t)o->settings;
    c->places_left[row] = o->places_left;
    c->opens_on[row] = match_day(o->opens_on);
    c->closes_on[row] = o->closes_on ? match_day(o->closes_on) : MATCH_DAY_LAST;
    c->starts_on[row] = match_day(o->starts_on);
    c->latest_start_on[row] = match_day(o->latest_start_on);
    c->hours_min_tenths[row] = o->hours_min_tenths;
    c->hours_max_tenths[row] = o->hours_max_tenths;
    c->pay_min_pence[row] = (uint16_t)o->pay_min_pence;
    c->pay_max_pence[row] = (uint16_t)o->pay_max_pence;
    c->exposures[row] = (uint16_t)o->exposures;
    c->exposures_known[row] = (uint16_t)o->exposures_known;
    c->easting_metres[row] = o->has_site ? o->easting_metres : 0;
    c->northing_metres[row] = o->has_site ? o->northing_metres : 0;
    c->employer[row] = numbers->employer;
    c->site[row] = numbers->site;
    c->pattern[row] = numbers->pattern;
    c->soc[row] = (uint16_t)numbers->soc;
    c->industry[row] = (uint16_t)numbers->industry;
    c->audience[row] = (uint16_t)numbers->audience;
}

static struct numbers numbers_of(const struct match_catalogue *c, uint32_t row)
{
    return (struct numbers) { .employer = c->employer[row],
        .site = c->site[row],
        .audience = c->audience[row],
        .pattern = c->pattern[row],
        .soc = c->soc[row],
        .industry = c->industry[row] };
}

static int write_opening(
    struct match_catalogue *catalogue, const struct match_opening *o, bool is_new, struct err *err)
{
    struct numbers numbers;
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
    if (!is_new) {
        const struct numbers old = numbers_of(catalogue, row);
        drop_numbers(catalogue, &old, ALL_NUMBERS);
    }
    write_row(catalogue, row, &numbers, o);
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
    const struct numbers numbers = numbers_of(catalogue, row);
    drop_numbers(catalogue, &numbers, ALL_NUMBERS);
    catalogue->flags[row] = ROW_IS_HOLE;
    match_dict_drop(&catalogue->ids, row);
    return true;
}

static void read_uuid(const struct match_dict *dict, uint32_t number, struct uuid *ret_uuid)
{
    memcpy(ret_uuid, match_dict_key(dict, number), sizeof(*ret_uuid));
}

static void read_numbers(
    const struct match_catalogue *c, uint32_t row, struct match_opening *ret_opening)
{
    struct match_pattern_key pattern;
    struct match_industry_key industry;
    struct match_opening *o = ret_opening;
    read_uuid(&c->ids, row, &o->id);
    read_uuid(&c->employers, c->employer[row], &o->employer_id);
    read_uuid(&c->sites, c->site[row], &o->site_id);
    read_uuid(&c->audiences, c->audience[row], &o->audience_id);
    memcpy(&pattern, match_dict_key(&c->patterns, c->pattern[row]), sizeof(pattern));
    o->shift_kind = (enum match_shift_kind)pattern.kind;
    o->shifts = pattern.shifts;
    memcpy(&o->soc, match_dict_key(&c->socs, c->soc[row]), sizeof(o->soc));
    memcpy(&industry, match_dict_key(&c->industries, c->industry[row]), sizeof(industry));
    o->sic = industry.sic;
    o->sic_section = (char)industry.section;
}

void match_catalogue_read(const struct match_catalogue *c, const struct match_relations *relations,
    uint32_t row, struct match_opening *ret_opening)
{
    unsigned relation = match_relation(relations, c->employer[row]);
    unsigned flags = c->flags[row], terms = c->terms[row], standing = c->standing[row];
    *ret_opening = (struct match_opening) {
        .is_closed = flags & ROW_IS_CLOSED,
        .is_hidden = flags & ROW_IS_HIDDEN,
        .has_site = flags & ROW_HAS_SITE,
        .flexibility = (enum match_flexibility)(flags >> ROW_FLEXIBILITY_SHIFT),
        .places_left = c->places_left[row],
        .opens_on = match_date(c->opens_on[row]),
        .closes_on = c->closes_on[row] == MATCH_DAY_LAST ? 0 : match_date(c->closes_on[row]),
        .starts_on = match_date(c->starts_on[row]),
        .latest_start_on = match_date(c->latest_start_on[row]),
        .easting_metres = c->easting_metres[row],
        .northing_metres = c->northing_metres[row],
        .hours_min_tenths = c->hours_min_tenths[row],
        .hours_max_tenths = c->hours_max_tenths[row],
        .pay_min_pence = c->pay_min_pence[row],
        .pay_max_pence = c->pay_max_pence[row],
        .driving = (enum match_driving)(terms & TERMS_DRIVING),
        .check = (enum match_check)((terms & TERMS_CHECK) >> TERMS_CHECK_SHIFT),
        .trial = (enum match_trial)(terms >> TERMS_TRIAL_SHIFT),
        .exposures = c->exposures[row],
        .exposures_known = c->exposures_known[row],
        .settings = c->settings[row],
        .accreditations = standing & STANDING_ACCREDITATIONS,
        .permanence = (enum match_permanence)(standing >> STANDING_PERMANENCE_SHIFT),
        .stance = (enum match_stance)(relation % MATCH_RELATION_STANCES),
        .relationship_level = (uint8_t)(relation / MATCH_RELATION_STANCES),
    };
    read_numbers(c, row, ret_opening);
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
