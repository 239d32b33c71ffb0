#include "match/match_internal.h"

#include <string.h>

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
    uint32_t door, audience, pattern, soc;
};

int match_catalogue_new(struct match_catalogue **ret_catalogue, struct err *err)
{
    struct match_catalogue *c = calloc(1, sizeof(*c));
    if (!c)
        return err_oom(err);
    match_dict_init(&c->ids, sizeof(struct uuid), false);
    match_dict_init(&c->employers, sizeof(struct uuid), true);
    match_dict_init(&c->sites, sizeof(struct uuid), true);
    match_dict_init(&c->audiences, sizeof(struct uuid), true);
    match_dict_init(&c->doors, sizeof(struct match_door_key), true);
    match_dict_init(&c->patterns, sizeof(struct match_pattern_key), true);
    match_dict_init(&c->socs, sizeof(uint32_t), true);
    match_dict_init(&c->industries, sizeof(struct match_industry_key), true);
    *ret_catalogue = c;
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
    match_dict_release(&catalogue->doors);
    match_dict_release(&catalogue->patterns);
    match_dict_release(&catalogue->socs);
    match_dict_release(&catalogue->industries);
    match_relations_release(catalogue);
    match_columns_release(catalogue);
    free(catalogue);
}

/* ---- numbers ---- */

/* Count one more reference of @key; where it is that of @old, no search is needed. */
static bool take(
    struct match_dict *dict, const void *key, const uint32_t *old, uint32_t *ret_number)
{
    if (!old || memcmp(match_dict_key(dict, *old), key, dict->key_bytes) != 0)
        return match_dict_take(dict, key, ret_number);
    match_dict_retake(dict, *old);
    *ret_number = *old;
    return true;
}

static void drop_employer(struct match_catalogue *c, uint32_t employer)
{
    if (match_dict_drop(&c->employers, employer))
        match_relations_forget(c, employer);
}

static void drop_door(struct match_catalogue *c, uint32_t number)
{
    struct match_door_key door;
    memcpy(&door, match_dict_key(&c->doors, number), sizeof(door));
    if (!match_dict_drop(&c->doors, number))
        return;
    drop_employer(c, door.employer);
    (void)match_dict_drop(&c->sites, door.site);
    (void)match_dict_drop(&c->industries, door.industry);
}

/* Whether @number is the door of @o, so that nothing need be looked up. */
static bool is_door_of(
    const struct match_catalogue *c, uint32_t number, const struct match_opening *o)
{
    const struct match_door_key *door = match_dict_key(&c->doors, number);
    const struct match_industry_key *industry = match_dict_key(&c->industries, door->industry);
    return door->has_site == o->has_site
        && (!o->has_site
            || (door->easting == o->easting_metres && door->northing == o->northing_metres))
        && industry->sic == o->sic && industry->section == (unsigned char)o->sic_section
        && memcmp(match_dict_key(&c->employers, door->employer), &o->employer_id,
               sizeof(o->employer_id))
        == 0
        && memcmp(match_dict_key(&c->sites, door->site), &o->site_id, sizeof(o->site_id)) == 0;
}

static bool take_new_door(
    struct match_catalogue *c, const struct match_opening *o, uint32_t *ret_number)
{
    const struct match_industry_key industry
        = { .sic = o->sic, .section = (unsigned char)o->sic_section };
    struct match_door_key door = {
        .easting = o->has_site ? o->easting_metres : 0,
        .northing = o->has_site ? o->northing_metres : 0,
        .has_site = o->has_site,
    };
    uint32_t industry_number;
    if (!match_dict_take(&c->employers, &o->employer_id, &door.employer))
        return false;
    if (!match_dict_take(&c->sites, &o->site_id, &door.site)) {
        drop_employer(c, door.employer);
        return false;
    }
    if (!match_dict_take(&c->industries, &industry, &industry_number)) {
        (void)match_dict_drop(&c->sites, door.site);
        drop_employer(c, door.employer);
        return false;
    }
    door.industry = (uint16_t)industry_number;
    bool ok = industry_number <= UINT16_MAX && match_dict_take(&c->doors, &door, ret_number);
    bool is_known = ok && c->doors.refs[*ret_number] > 1;
    if (!ok || is_known) { /* the door that is there has taken its own */
        (void)match_dict_drop(&c->industries, industry_number);
        (void)match_dict_drop(&c->sites, door.site);
        drop_employer(c, door.employer);
    }
    if (ok && !is_known)
        match_door_write(c, *ret_number);
    return ok;
}

static bool take_door(struct match_catalogue *c, const struct match_opening *o,
    const struct numbers *old, uint32_t *ret_number)
{
    if (!old || !is_door_of(c, old->door, o))
        return take_new_door(c, o, ret_number);
    match_dict_retake(&c->doors, old->door);
    *ret_number = old->door;
    return true;
}

static bool take_pattern(struct match_catalogue *c, const struct match_opening *o,
    const struct numbers *old, uint32_t *ret_number)
{
    const struct match_pattern_key key = { .shifts = o->shifts, .kind = match_shift_kind_of(o) };
    if (!take(&c->patterns, &key, old ? &old->pattern : NULL, ret_number))
        return false;
    for (size_t i = 0; i < MATCH_WEEK_WORDS; i++)
        c->week[i][*ret_number] = key.kind == MATCH_SHIFT_FIXED ? key.shifts.bits[i] : 0;
    return true;
}

static bool take_soc(struct match_catalogue *c, const struct match_opening *o,
    const struct numbers *old, uint32_t *ret_number)
{
    const uint32_t key = o->soc;
    if (!take(&c->socs, &key, old ? &old->soc : NULL, ret_number))
        return false;
    c->soc_code[*ret_number] = o->soc ? o->soc : MATCH_SOC_UNKNOWN;
    return true;
}

static void drop_numbers(struct match_catalogue *c, const struct numbers *numbers)
{
    drop_door(c, numbers->door);
    (void)match_dict_drop(&c->audiences, numbers->audience);
    (void)match_dict_drop(&c->patterns, numbers->pattern);
    (void)match_dict_drop(&c->socs, numbers->soc);
}

/* Take a number for all that @o has; none without memory. @old is what its row has; NULL: nothing.
 */
static bool take_numbers(struct match_catalogue *c, const struct match_opening *o,
    const struct numbers *old, struct numbers *ret_numbers)
{
    if (!take_door(c, o, old, &ret_numbers->door))
        return false;
    if (!take_pattern(c, o, old, &ret_numbers->pattern))
        goto without_pattern;
    if (!take_soc(c, o, old, &ret_numbers->soc))
        goto without_soc;
    if (!take(&c->audiences, &o->audience_id, old ? &old->audience : NULL, &ret_numbers->audience))
        goto without_audience;
    if (ret_numbers->audience <= UINT16_MAX)
        return true;
    (void)match_dict_drop(&c->audiences, ret_numbers->audience);
without_audience:
    (void)match_dict_drop(&c->socs, ret_numbers->soc);
without_soc:
    (void)match_dict_drop(&c->patterns, ret_numbers->pattern);
without_pattern:
    drop_door(c, ret_numbers->door);
    return false;
}

static struct numbers numbers_of(const struct match_catalogue *c, uint32_t row)
{
    return (struct numbers) { .door = c->door[row],
        .audience = c->audience[row],
        .pattern = match_pattern(c, row),
        .soc = c->soc[row] };
}

/* ---- rows ---- */

static uint8_t flags_of(const struct match_opening *o)
{
    bool is_shut = o->is_closed || (!o->is_hidden && o->places_left == 0);
    return (uint8_t)((is_shut ? ROW_IS_SHUT : 0) | (o->is_closed ? ROW_IS_CLOSED : 0)
        | (o->is_hidden ? ROW_IS_HIDDEN : 0)
        | (match_shift_kind_of(o) == MATCH_SHIFT_FLEXIBLE ? ROW_IS_FLEXIBLE : 0)
        | (unsigned)o->flexibility << ROW_FLEXIBILITY_SHIFT);
}

static uint16_t known_or_most(uint32_t most, uint32_t least)
{
    return (uint16_t)(most ? most : least ? least : MATCH_MOST_UNKNOWN);
}

static void write_row(struct match_catalogue *c, uint32_t row, const struct numbers *numbers,
    const struct match_opening *o)
{
    c->flags[row] = flags_of(o);
    c->terms[row] = (uint8_t)((unsigned)o->driving | (unsigned)o->check << TERMS_CHECK_SHIFT
        | (unsigned)o->trial << TERMS_TRIAL_SHIFT);
    c->standing[row]
        = (uint8_t)(o->accreditations | (unsigned)o->permanence << STANDING_PERMANENCE_SHIFT);
    c->places_left[row] = o->places_left;
    c->closes_on[row] = o->closes_on ? match_day(o->closes_on) : MATCH_DAY_LAST;
    c->starts_on[row] = match_day(o->starts_on);
    c->hours_least[row] = o->hours_min_tenths;
    c->hours_most[row] = known_or_most(o->hours_max_tenths, o->hours_min_tenths);
    c->pay_least[row] = (uint16_t)o->pay_min_pence;
    c->pay_best[row] = known_or_most(o->pay_max_pence, o->pay_min_pence);
    c->exposures[row] = (uint16_t)o->exposures;
    c->soc[row] = (uint16_t)numbers->soc;
    c->audience[row] = (uint16_t)numbers->audience;
    c->pattern_low[row] = (uint16_t)numbers->pattern;
    c->pattern_high[row] = (uint8_t)(numbers->pattern >> 16);
    c->door[row] = numbers->door;
    match_door_meet(c, row);
    if (c->settings)
        c->settings[row] = (uint8_t)o->settings;
    if (c->opens_on)
        c->opens_on[row] = match_day(o->opens_on);
    if (c->latest_start_on)
        c->latest_start_on[row]
            = o->latest_start_on ? match_day(o->latest_start_on) : MATCH_DAY_LAST;
    if (c->exposures_known)
        c->exposures_known[row] = (uint16_t)o->exposures_known;
}

static void empty_row(struct match_catalogue *c, uint32_t row)
{
    const struct numbers numbers = numbers_of(c, row);
    c->n_flexible -= (c->flags[row] & ROW_IS_FLEXIBLE) != 0;
    drop_numbers(c, &numbers);
}

static bool add_row(struct match_catalogue *c, const struct uuid *id, uint32_t *ret_row)
{
    return match_columns_grow_rows(c) && match_dict_add(&c->ids, id, ret_row);
}

static int write_opening(struct match_catalogue *c, const struct match_opening *o, struct err *err)
{
    struct numbers numbers, old;
    uint32_t row = match_dict_find(&c->ids, &o->id);
    bool is_new = row == MATCH_DICT_NONE;
    if (!is_new)
        old = numbers_of(c, row);
    /* room for new numbers before there are any: a number without its column must not be */
    if (!match_columns_make(c, o) || !match_columns_grow_numbers(c)
        || !take_numbers(c, o, is_new ? NULL : &old, &numbers))
        return err_oom(err);
    if (!is_new) {
        empty_row(c, row);
    } else if (!add_row(c, &o->id, &row)) {
        drop_numbers(c, &numbers);
        return err_oom(err);
    }
    write_row(c, row, &numbers, o);
    c->n_flexible += (c->flags[row] & ROW_IS_FLEXIBLE) != 0;
    return 0;
}

int match_catalogue_reserve(struct match_catalogue *catalogue, size_t n, struct err *err)
{
    uint32_t n_rows = (uint32_t)MIN(n, (size_t)MATCH_DICT_MOST);
    return match_columns_reserve_rows(catalogue, n_rows)
            && match_dict_reserve(&catalogue->ids, n_rows)
        ? 0
        : err_oom(err);
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
    return write_opening(catalogue, opening, err);
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
    empty_row(catalogue, row);
    catalogue->flags[row] = ROW_IS_HOLE;
    (void)match_dict_drop(&catalogue->ids, row);
    return true;
}

static void read_uuid(const struct match_dict *dict, uint32_t number, struct uuid *ret_uuid)
{
    memcpy(ret_uuid, match_dict_key(dict, number), sizeof(*ret_uuid));
}

static void read_door(
    const struct match_catalogue *c, uint32_t row, struct match_opening *ret_opening)
{
    const struct match_door_key *door = match_door(c, row);
    const struct match_industry_key *industry = match_dict_key(&c->industries, door->industry);
    struct match_opening *o = ret_opening;
    read_uuid(&c->employers, door->employer, &o->employer_id);
    read_uuid(&c->sites, door->site, &o->site_id);
    o->has_site = door->has_site;
    o->easting_metres = door->easting;
    o->northing_metres = door->northing;
    o->sic = industry->sic;
    o->sic_section = (char)industry->section;
}

static void read_numbers(
    const struct match_catalogue *c, uint32_t row, struct match_opening *ret_opening)
{
    const struct match_pattern_key *pattern = match_dict_key(&c->patterns, match_pattern(c, row));
    struct match_opening *o = ret_opening;
    read_uuid(&c->ids, row, &o->id);
    read_uuid(&c->audiences, c->audience[row], &o->audience_id);
    o->shift_kind = (enum match_shift_kind)pattern->kind;
    o->shifts = pattern->shifts;
    o->soc = c->soc_code[c->soc[row]] == MATCH_SOC_UNKNOWN ? 0 : c->soc_code[c->soc[row]];
    read_door(c, row, o);
}

/* The most is not repeated where it is the least. */
static uint16_t read_most(uint16_t most, uint16_t least)
{
    return most == MATCH_MOST_UNKNOWN || most == least ? 0 : most;
}

void match_catalogue_read(const struct match_catalogue *c, const struct match_relations *relations,
    uint32_t row, struct match_opening *ret_opening)
{
    unsigned relation = match_relation(relations, match_door(c, row)->employer);
    unsigned flags = c->flags[row], terms = c->terms[row], standing = c->standing[row];
    *ret_opening = (struct match_opening) {
        .is_closed = flags & ROW_IS_CLOSED,
        .is_hidden = flags & ROW_IS_HIDDEN,
        .flexibility = (enum match_flexibility)(flags >> ROW_FLEXIBILITY_SHIFT),
        .places_left = c->places_left[row],
        .opens_on = c->opens_on ? match_date(c->opens_on[row]) : 0,
        .closes_on = match_date(c->closes_on[row]),
        .starts_on = match_date(c->starts_on[row]),
        .latest_start_on = c->latest_start_on ? match_date(c->latest_start_on[row]) : 0,
        .hours_min_tenths = c->hours_least[row],
        .hours_max_tenths = read_most(c->hours_most[row], c->hours_least[row]),
        .pay_min_pence = c->pay_least[row],
        .pay_max_pence = read_most(c->pay_best[row], c->pay_least[row]),
        .driving = (enum match_driving)(terms & TERMS_DRIVING),
        .check = (enum match_check)((terms & TERMS_CHECK) >> TERMS_CHECK_SHIFT),
        .trial = (enum match_trial)(terms >> TERMS_TRIAL_SHIFT),
        .exposures = c->exposures[row],
        .exposures_known = c->exposures_known ? c->exposures_known[row] : 0,
        .settings = c->settings ? c->settings[row] : 0,
        .accreditations = standing & STANDING_ACCREDITATIONS,
        .permanence = (enum match_permanence)(standing >> STANDING_PERMANENCE_SHIFT),
        .stance = (enum match_stance)(relation % MATCH_RELATION_STANCES),
        .relationship_level = (uint8_t)(relation / MATCH_RELATION_STANCES),
    };
    read_numbers(c, row, ret_opening);
}

static bool belongs_to(const struct match_options *options, const struct uuid *audience_id)
{
    if (uuid_is_nil(audience_id) || uuid_compare(audience_id, &options->audience_id) == 0)
        return true;
    for (size_t i = 0; i < options->n_more_audiences; i++)
        if (uuid_compare(audience_id, &options->more_audience_ids[i]) == 0)
            return true;
    return false;
}

bool match_catalogue_get(const struct match_catalogue *catalogue,
    const struct match_options *options, const struct uuid *id, struct match_opening *ret_opening)
{
    uint32_t row = match_dict_find(&catalogue->ids, id);
    if (row == MATCH_DICT_NONE)
        return false;
    match_catalogue_read(
        catalogue, match_relations_of(catalogue, &options->audience_id), row, ret_opening);
    return belongs_to(options, &ret_opening->audience_id);
}

size_t match_catalogue_count(const struct match_catalogue *catalogue)
{
    return catalogue->ids.n_used;
}

size_t match_catalogue_size_bytes(const struct match_catalogue *catalogue)
{
    const struct match_catalogue *c = catalogue;
    return sizeof(*c) + match_dict_size_bytes(&c->ids) + match_dict_size_bytes(&c->employers)
        + match_dict_size_bytes(&c->sites) + match_dict_size_bytes(&c->audiences)
        + match_dict_size_bytes(&c->doors) + match_dict_size_bytes(&c->patterns)
        + match_dict_size_bytes(&c->socs) + match_dict_size_bytes(&c->industries)
        + match_relations_size_bytes(c) + match_columns_size_bytes(c);
}
