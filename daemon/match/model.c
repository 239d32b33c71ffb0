#include "match/match_internal.h"

#include "base/err.h"

enum { HOURS_MAX_TENTHS = 1680, DISTANCE_MAX_METRES = 100000000, DATE_MAX = 2932896 };

void match_opening_init(struct match_opening *opening)
{
    *opening = (struct match_opening) { .places_left = MATCH_PLACES_UNKNOWN };
}

void match_client_init(struct match_client *client)
{
    *client = (struct match_client) { .is_paused = false };
    for (size_t i = 0; i < MATCH_N_WISHES; i++)
        client->weights[i] = MATCH_WEIGHT_DEFAULT;
}

static uint32_t power_of_ten(unsigned exponent)
{
    uint32_t power = 1;
    for (unsigned i = 0; i < exponent; i++)
        power *= 10;
    return power;
}

/* Without dividing: this is asked for every occupation and every wish of a client. */
static bool is_within(uint32_t number, uint32_t group, unsigned digits_less)
{
    uint32_t width = power_of_ten(digits_less);
    return number - group * width < width;
}

bool match_code_has_soc(const struct match_code *code, uint16_t soc)
{
    return soc != 0 && code->digits > 0
        && is_within(soc, code->code, MATCH_SOC_DIGITS - code->digits);
}

bool match_code_has_sic(const struct match_code *code, uint32_t sic, char section)
{
    if (code->section)
        return section == code->section;
    return sic != 0 && is_within(sic, code->code, MATCH_SIC_DIGITS - code->digits);
}

static bool coordinate_is_sane(int32_t metres)
{
    return metres >= -MATCH_COORDINATE_MAX_METRES && metres <= MATCH_COORDINATE_MAX_METRES;
}

static bool section_is_sane(char section)
{
    return section == 0 || (section >= 'A' && section <= 'U');
}

static bool week_is_sane(const struct match_week *week)
{
    return week->bits[MATCH_WEEK_WORDS - 1] >> (MATCH_WEEK_SLOTS % 64) == 0;
}

/* Up to the end of year 9999, so that adding days cannot overflow. */
static bool date_is_sane(int32_t date)
{
    return date >= -DATE_MAX && date <= DATE_MAX;
}

/* Whether a column can hold the date of an opening. */
static bool day_is_kept(int32_t date)
{
    return date == 0 || (date > MATCH_DAY_ZERO && date - MATCH_DAY_ZERO < MATCH_DAY_LAST - 366);
}

static int refuse(struct err *err, const char *field, const char *sentence)
{
    return err_set_field(err, ERR_INVALID, field, "%s", sentence);
}

int match_opening_check(const struct match_opening *opening, struct err *err)
{
    const struct match_opening *o = opening;
    if (o->places_left < MATCH_PLACES_UNKNOWN)
        return refuse(err, "places_left", "Places left cannot be negative.");
    if (!day_is_kept(o->opens_on) || !day_is_kept(o->closes_on) || !day_is_kept(o->starts_on)
        || !day_is_kept(o->latest_start_on))
        return refuse(err, "starts_on", "A date is not of the years 2000 to 2178.");
    if (o->soc != 0 && (o->soc < 1000 || o->soc > 9999))
        return refuse(err, "soc", "A SOC 2020 unit group has four digits.");
    if (o->sic > 99999)
        return refuse(err, "sic", "A SIC 2007 code has five digits.");
    if (!section_is_sane(o->sic_section))
        return refuse(err, "sic_section", "A SIC 2007 section is a letter from A to U.");
    if (o->has_site && !coordinate_is_sane(o->easting_metres))
        return refuse(err, "easting", "The easting is not on the map.");
    if (o->has_site && !coordinate_is_sane(o->northing_metres))
        return refuse(err, "northing", "The northing is not on the map.");
    if (o->hours_min_tenths > HOURS_MAX_TENTHS || o->hours_max_tenths > HOURS_MAX_TENTHS)
        return refuse(err, "hours_max", "A week has 168 hours.");
    if (o->hours_max_tenths != 0 && o->hours_max_tenths < o->hours_min_tenths)
        return refuse(err, "hours_max", "The most hours are fewer than the least.");
    if (o->pay_max_pence != 0 && o->pay_max_pence < o->pay_min_pence)
        return refuse(err, "pay_max", "The highest pay is less than the lowest.");
    if (o->pay_min_pence > MATCH_PAY_MAX_PENCE || o->pay_max_pence > MATCH_PAY_MAX_PENCE)
        return refuse(err, "pay_max", "The pay is too high to be true.");
    if (o->shift_kind > MATCH_SHIFT_FLEXIBLE || !week_is_sane(&o->shifts))
        return refuse(err, "shifts", "The shift pattern is not a week.");
    if (o->flexibility > MATCH_FLEXIBILITY_SOME)
        return refuse(err, "flexibility", "There is no such flexibility.");
    if (o->driving > MATCH_DRIVING_G2)
        return refuse(err, "driving", "There is no such driving class.");
    if (o->check > MATCH_CHECK_ENHANCED)
        return refuse(err, "check", "There is no such level of check.");
    if ((o->exposures | o->exposures_known) >> MATCH_N_EXPOSURES)
        return refuse(err, "exposures", "There is no such exposure.");
    if (o->settings >> MATCH_N_SETTINGS)
        return refuse(err, "settings", "There is no such setting.");
    if (o->accreditations >> MATCH_N_ACCREDITATIONS)
        return refuse(err, "accreditations", "There is no such accreditation.");
    if (o->trial >= MATCH_N_TRIALS)
        return refuse(err, "trial", "There is no such kind of trial.");
    if (o->permanence > MATCH_PERMANENCE_CASUAL)
        return refuse(err, "permanence", "There is no such permanence.");
    if (o->stance >= MATCH_N_STANCES)
        return refuse(err, "stance", "There is no such stance.");
    if (o->relationship_level > 5)
        return refuse(err, "relationship_level", "A relationship's level is 1 to 5.");
    return 0;
}

static bool soc_code_is_sane(const struct match_code *code)
{
    return code->section == 0 && code->digits >= 1 && code->digits <= MATCH_SOC_DIGITS
        && code->code >= power_of_ten(code->digits - 1u) && code->code < power_of_ten(code->digits);
}

static bool sic_code_is_sane(const struct match_code *code)
{
    if (code->section)
        return section_is_sane(code->section) && code->digits == 0 && code->code == 0;
    return code->digits >= 2 && code->digits <= MATCH_SIC_DIGITS && code->code > 0
        && code->code < power_of_ten(code->digits);
}

static int check_wishes(const struct match_code_wish *wishes, size_t n, const char *field,
    bool (*is_sane)(const struct match_code *), struct err *err)
{
    if (n > MATCH_CODES_MAX)
        return refuse(err, field, "There are too many of them.");
    for (size_t i = 0; i < n; i++) {
        if (!is_sane(&wishes[i].code))
            return refuse(err, field, "The code and its number of digits do not fit.");
        if (wishes[i].weight < 1 || wishes[i].weight > 5)
            return refuse(err, field, "A weight is 1 to 5.");
    }
    return 0;
}

static int check_codes(const struct match_code *codes, size_t n, const char *field,
    bool (*is_sane)(const struct match_code *), struct err *err)
{
    if (n > MATCH_CODES_MAX)
        return refuse(err, field, "There are too many of them.");
    for (size_t i = 0; i < n; i++)
        if (!is_sane(&codes[i]))
            return refuse(err, field, "The code and its number of digits do not fit.");
    return 0;
}

static int check_times(const struct match_client *client, struct err *err)
{
    if (!week_is_sane(&client->availability))
        return refuse(err, "availability", "The availability is not a week.");
    if (client->travel_before_half_hours > MATCH_TRAVEL_MAX_HALF_HOURS)
        return refuse(err, "travel_before", "Travel of more than a day cannot be.");
    if (client->travel_after_half_hours > MATCH_TRAVEL_MAX_HALF_HOURS)
        return refuse(err, "travel_after", "Travel of more than a day cannot be.");
    if (client->n_windows > MATCH_WINDOWS_MAX)
        return refuse(err, "windows", "There are too many unavailable windows.");
    for (size_t i = 0; i < client->n_windows; i++) {
        const struct match_window *window = &client->windows[i];
        if (window->kind >= MATCH_N_WINDOW_KINDS || window->place > MATCH_PLACE_NEAR_WORK
            || !week_is_sane(&window->week))
            return refuse(err, "windows", "A window's kind, place or week does not exist.");
    }
    return 0;
}

static int check_dates(const struct match_client *client, struct err *err)
{
    const int32_t dates[] = { client->ask_again_on, client->driving_review_on,
        client->check_changes_on, client->earliest_start_on, client->latest_start_on };
    for (size_t i = 0; i < ARRAY_SIZE(dates); i++)
        if (!date_is_sane(dates[i]))
            return refuse(err, "earliest_start_on", "A date is not of this calendar.");
    for (size_t i = 0; i < client->n_windows; i++)
        if (!date_is_sane(client->windows[i].from_on) || !date_is_sane(client->windows[i].until_on))
            return refuse(err, "windows", "A date is not of this calendar.");
    return 0;
}

static int check_weights(const struct match_client *client, struct err *err)
{
    for (size_t i = 0; i < MATCH_N_WISHES; i++)
        if (client->weights[i] < MATCH_WEIGHT_DEFAULT || client->weights[i] > MATCH_WEIGHT_MAX)
            return refuse(err, "weights", "A weight is 0 to 100.");
    for (size_t i = 0; i < MATCH_N_SETTINGS; i++)
        if (client->setting_weights[i] > 5)
            return refuse(err, "setting_weights", "A weight is 0 to 5.");
    for (size_t i = 0; i < MATCH_N_ACCREDITATIONS; i++)
        if (client->accreditation_weights[i] > 5)
            return refuse(err, "accreditation_weights", "A weight is 0 to 5.");
    return 0;
}

int match_client_check(const struct match_client *client, struct err *err)
{
    const struct match_client *c = client;
    int r = check_wishes(c->occupations, c->n_occupations, "occupations", soc_code_is_sane, err);
    if (r == 0)
        r = check_codes(c->excluded_occupations, c->n_excluded_occupations, "excluded_occupations",
            soc_code_is_sane, err);
    if (r == 0)
        r = check_wishes(c->industries, c->n_industries, "industries", sic_code_is_sane, err);
    if (r == 0)
        r = check_codes(c->excluded_industries, c->n_excluded_industries, "excluded_industries",
            sic_code_is_sane, err);
    if (r == 0)
        r = check_times(c, err);
    if (r == 0)
        r = check_dates(c, err);
    if (r == 0)
        r = check_weights(c, err);
    if (r < 0)
        return r;
    if (c->has_home && !coordinate_is_sane(c->easting_metres))
        return refuse(err, "easting", "The easting is not on the map.");
    if (c->has_home && !coordinate_is_sane(c->northing_metres))
        return refuse(err, "northing", "The northing is not on the map.");
    if (c->distance_max_metres > DISTANCE_MAX_METRES)
        return refuse(err, "distance_max", "The distance is more than the way round the world.");
    if (c->pay_min_pence > INT32_MAX || c->legal_pay_min_pence > INT32_MAX)
        return refuse(err, "pay_min", "The pay is too high to be true.");
    if (c->may_drive > MATCH_DRIVING_G2 || c->may_drive_after > MATCH_DRIVING_G2)
        return refuse(err, "may_drive", "There is no such driving class.");
    if (c->check_clear > MATCH_CHECK_ENHANCED || c->check_clear_after > MATCH_CHECK_ENHANCED)
        return refuse(err, "check_clear", "There is no such level of check.");
    if (c->must_not >> MATCH_N_EXPOSURES)
        return refuse(err, "must_not", "There is no such exposure.");
    return 0;
}
