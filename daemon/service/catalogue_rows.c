#include "service/catalogue_rows.h"
#include "base/log.h"
#include "base/uuid.h"
#include "db/result.h"
#include "match/catalogue.h"
#include "service/code.h"
#include "service/match_internal.h"

/* As CATALOGUE_OPENING_COLUMNS has them. */
enum {
    OPENING_ID,
    OPENING_EMPLOYER_ID,
    OPENING_SITE_ID,
    OPENING_AUDIENCE,
    OPENING_HIDDEN,
    OPENING_PLACES,
    OPENING_STARTS_ON,
    OPENING_CLOSES_ON,
    OPENING_SOC,
    OPENING_SIC,
    OPENING_EASTING,
    OPENING_NORTHING,
    OPENING_HOURS_MIN,
    OPENING_HOURS_MAX,
    OPENING_PAY,
    OPENING_SHIFT_BITS,
    OPENING_DRIVING,
    OPENING_CHECK_LEVEL,
    OPENING_FEATURES,
    OPENING_PERMANENT,
    OPENING_EXPECTED_WEEKS,
    OPENING_TRIAL,
    OPENING_LIVING_WAGE,
    OPENING_DISABILITY_CONFIDENT,
    OPENING_N_COLUMNS,
};

/* As CATALOGUE_RELATION_COLUMNS has them. */
enum {
    RELATION_EMPLOYER_ID,
    RELATION_BOROUGH_ID, /* for the next page */
    RELATION_AUDIENCE,
    RELATION_STANCE,
    RELATION_LEVEL,
};

/* The statements name the columns in the order above. */
static struct code_result in_order(const struct db_result *rows)
{
    static const int map[OPENING_N_COLUMNS]
        = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 };

    return (struct code_result) { .result = rows, .map = map };
}

static uint32_t read_digits(const struct code_result *rows, size_t row, size_t column)
{
    size_t len;
    const char *data = code_bytes(rows, row, column, &len);
    uint32_t value = 0;

    for (size_t i = 0; data && i < len && i < MATCH_SIC_DIGITS; i++)
        value = value * 10 + (uint32_t)(data[i] - '0');
    return value;
}

/* PostgreSQL's set_bit() counts from the lowest bit of the first byte, as the matcher does. */
static void read_shifts(const struct code_result *rows, size_t row, struct match_opening *opening)
{
    size_t len;
    const uint8_t *bytes = (const uint8_t *)code_bytes(rows, row, OPENING_SHIFT_BITS, &len);

    if (!bytes || len != MATCH_WEEK_BYTES)
        return;
    opening->shift_kind = MATCH_SHIFT_FIXED;
    for (size_t slot = 0; slot < MATCH_WEEK_SLOTS; slot++)
        if (bytes[slot / 8] >> (slot % 8) & 1)
            opening->shifts.bits[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static uint32_t read_accreditations(const struct code_result *rows, size_t row)
{
    uint32_t bits = 0;

    if (code_bool(rows, row, OPENING_LIVING_WAGE))
        bits |= 1u << MATCH_ACCREDITATION_LIVING_WAGE;
    switch (match_read_enum(
        rows, row, OPENING_DISABILITY_CONFIDENT, &canvass__v1__disability_confident__descriptor)) {
    case CANVASS__V1__DISABILITY_CONFIDENT__DISABILITY_CONFIDENT_COMMITTED:
        return bits | 1u << MATCH_ACCREDITATION_DISABILITY_COMMITTED;
    case CANVASS__V1__DISABILITY_CONFIDENT__DISABILITY_CONFIDENT_EMPLOYER:
        return bits | 1u << MATCH_ACCREDITATION_DISABILITY_EMPLOYER;
    case CANVASS__V1__DISABILITY_CONFIDENT__DISABILITY_CONFIDENT_LEADER:
        return bits | 1u << MATCH_ACCREDITATION_DISABILITY_LEADER;
    default:
        return bits;
    }
}

static void read_job(const struct code_result *rows, size_t row, struct match_opening *opening)
{
    opening->soc = (uint16_t)read_digits(rows, row, OPENING_SOC);
    opening->sic = read_digits(rows, row, OPENING_SIC);
    opening->hours_min_tenths = (uint16_t)code_int(rows, row, OPENING_HOURS_MIN);
    opening->hours_max_tenths = (uint16_t)code_int(rows, row, OPENING_HOURS_MAX);
    opening->pay_min_pence = (uint32_t)code_int(rows, row, OPENING_PAY);
    read_shifts(rows, row, opening);
    opening->driving = (enum match_driving)match_read_enum(
        rows, row, OPENING_DRIVING, &canvass__v1__driving__descriptor);
    opening->check = (enum match_check)match_read_enum(
        rows, row, OPENING_CHECK_LEVEL, &canvass__v1__check_level__descriptor);
    opening->exposures = match_exposures_of((uint32_t)code_int(rows, row, OPENING_FEATURES));
    opening->trial = (enum match_trial)match_read_enum(
        rows, row, OPENING_TRIAL, &canvass__v1__trial_kind__descriptor);
    if (code_bool(rows, row, OPENING_PERMANENT))
        opening->permanence = MATCH_PERMANENCE_PERMANENT;
    else if (code_int(rows, row, OPENING_EXPECTED_WEEKS) > 0)
        opening->permanence = MATCH_PERMANENCE_FIXED_TERM;
}

static void read_opening(const struct code_result *rows, size_t row, struct match_opening *opening)
{
    match_opening_init(opening);
    match_read_uuid(rows, row, OPENING_ID, &opening->id);
    match_read_uuid(rows, row, OPENING_EMPLOYER_ID, &opening->employer_id);
    match_read_uuid(rows, row, OPENING_SITE_ID, &opening->site_id);
    match_read_uuid(rows, row, OPENING_AUDIENCE, &opening->audience_id);
    opening->is_hidden = code_bool(rows, row, OPENING_HIDDEN);
    opening->places_left = (int16_t)code_int(rows, row, OPENING_PLACES);
    opening->starts_on = code_date(rows, row, OPENING_STARTS_ON);
    opening->closes_on = code_date(rows, row, OPENING_CLOSES_ON);
    opening->has_site = !code_is_null(rows, row, OPENING_EASTING);
    opening->easting_metres = (int32_t)code_int(rows, row, OPENING_EASTING);
    opening->northing_metres = (int32_t)code_int(rows, row, OPENING_NORTHING);
    opening->accreditations = read_accreditations(rows, row);
    read_job(rows, row, opening);
}

/* An opening that the matcher refuses, which the database should not have had, is left out: the
 * others must not wait for it. */
static int put_opening(
    struct match_catalogue *catalogue, const struct match_opening *opening, struct err *err)
{
    char id[UUID_TEXT_BYTES];
    int r = match_catalogue_put(catalogue, opening, err);

    if (r != ERR_INVALID)
        return r;
    uuid_format(&opening->id, id);
    log_error("opening %s cannot be matched: its %s is out of range", id, err->field);
    (void)match_catalogue_remove(catalogue, &opening->id);
    return 0;
}

int catalogue_put_openings(
    struct match_catalogue *catalogue, const struct db_result *result, struct err *err)
{
    const struct code_result rows = in_order(result);
    struct match_opening opening;
    int r = 0;

    for (size_t row = 0; r == 0 && row < code_n_rows(&rows); row++) {
        read_opening(&rows, row, &opening);
        if (code_is_null(&rows, row, OPENING_EMPLOYER_ID))
            (void)match_catalogue_remove(catalogue, &opening.id);
        else
            r = put_opening(catalogue, &opening, err);
    }
    return r;
}

int catalogue_put_relations(
    struct match_catalogue *catalogue, const struct db_result *result, struct err *err)
{
    const struct code_result rows = in_order(result);
    int r = 0;

    for (size_t row = 0; r == 0 && row < code_n_rows(&rows); row++) {
        struct uuid employer = { { 0 } }, asker = { { 0 } };
        match_read_uuid(&rows, row, RELATION_EMPLOYER_ID, &employer);
        match_read_uuid(&rows, row, RELATION_AUDIENCE, &asker);
        r = match_catalogue_relate(catalogue, &asker, &employer,
            (enum match_stance)match_read_enum(
                &rows, row, RELATION_STANCE, &canvass__v1__stance__descriptor),
            (unsigned)code_int(&rows, row, RELATION_LEVEL), err);
    }
    return r == ERR_INVALID ? err_set(err, ERR_INTERNAL, "a relationship is not known") : r;
}
