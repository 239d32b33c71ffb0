#include "service/catalogue_rows.h"
#include "base/log.h"
#include "base/uuid.h"
#include "db/result.h"
#include "match/catalogue.h"
#include "match/dict.h"
#include "service/code.h"
#include "service/match_internal.h"

/* As CATALOGUE_OPENING_COLUMNS has them, and CATALOGUE_JOB_COLUMNS the first. */
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
    OPENING_EMPLOYER, /* as CATALOGUE_EMPLOYER_COLUMNS behind the id, from here on */
    OPENING_PLACE = OPENING_EMPLOYER + 3, /* and CATALOGUE_PLACE_COLUMNS */
    OPENING_N_COLUMNS = OPENING_PLACE + 2,
};

/* As CATALOGUE_EMPLOYER_COLUMNS has them behind the id. */
enum {
    EMPLOYER_SIC,
    EMPLOYER_LIVING_WAGE,
    EMPLOYER_DISABILITY_CONFIDENT,
};

/* Likewise CATALOGUE_PLACE_COLUMNS. */
enum {
    PLACE_EASTING,
    PLACE_NORTHING,
};

enum { FACTS_ID, FACTS_FIRST }; /* of employers and places */

/* As CATALOGUE_RELATION_COLUMNS has them. */
enum {
    RELATION_EMPLOYER_ID,
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

/* ---- values ---- */

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
    for (size_t i = 0; i < MATCH_WEEK_BYTES; i++)
        opening->shifts.bits[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
}

static uint32_t read_accreditations(const struct code_result *rows, size_t row, size_t first)
{
    uint32_t bits = 0;

    if (code_bool(rows, row, first + EMPLOYER_LIVING_WAGE))
        bits |= 1u << MATCH_ACCREDITATION_LIVING_WAGE;
    switch (match_read_enum(rows, row, first + EMPLOYER_DISABILITY_CONFIDENT,
        &canvass__v1__disability_confident__descriptor)) {
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

/* ---- employers and places ---- */

struct employer_facts {
    uint32_t sic, accreditations;
};

struct place_facts {
    int32_t easting, northing;
};

static struct employer_facts read_employer(const struct code_result *rows, size_t row, size_t first)
{
    return (struct employer_facts) {
        .sic = read_digits(rows, row, first + EMPLOYER_SIC),
        .accreditations = read_accreditations(rows, row, first),
    };
}

static struct place_facts read_place(const struct code_result *rows, size_t row, size_t first)
{
    return (struct place_facts) {
        .easting = (int32_t)code_int(rows, row, first + PLACE_EASTING),
        .northing = (int32_t)code_int(rows, row, first + PLACE_NORTHING),
    };
}

/* Facts of one kind by the number that an id has in the dictionary. */
struct fact_table {
    struct match_dict ids;
    char *facts;
    size_t fact_bytes, capacity;
};

struct catalogue_facts {
    struct fact_table employers, places;
};

static void table_init(struct fact_table *table, size_t fact_bytes)
{
    *table = (struct fact_table) { .fact_bytes = fact_bytes };
    match_dict_init(&table->ids, sizeof(struct uuid), false);
}

static void table_release(struct fact_table *table)
{
    match_dict_release(&table->ids);
    free(table->facts);
}

static bool table_add(struct fact_table *table, const struct uuid *id, const void *fact)
{
    uint32_t number;

    if (!match_dict_take(&table->ids, id, &number))
        return false;
    if (number >= table->capacity) {
        size_t capacity = number + number / 2 + 64;
        char *grown = realloc(table->facts, capacity * table->fact_bytes);
        if (!grown)
            return false;
        table->facts = grown;
        table->capacity = capacity;
    }
    memcpy(table->facts + number * table->fact_bytes, fact, table->fact_bytes);
    return true;
}

static bool table_find(const struct fact_table *table, const struct uuid *id, void *ret_fact)
{
    uint32_t number = match_dict_find(&table->ids, id);

    if (number == MATCH_DICT_NONE)
        return false;
    memcpy(ret_fact, table->facts + number * table->fact_bytes, table->fact_bytes);
    return true;
}

int catalogue_facts_new(struct catalogue_facts **ret_facts, struct err *err)
{
    struct catalogue_facts *facts = calloc(1, sizeof(*facts));

    if (!facts)
        return err_oom(err);
    table_init(&facts->employers, sizeof(struct employer_facts));
    table_init(&facts->places, sizeof(struct place_facts));
    *ret_facts = facts;
    return 0;
}

void catalogue_facts_free(struct catalogue_facts *facts)
{
    if (!facts)
        return;
    table_release(&facts->employers);
    table_release(&facts->places);
    free(facts);
}

int catalogue_add_employers(
    struct catalogue_facts *facts, const struct db_result *result, struct err *err)
{
    const struct code_result rows = in_order(result);

    for (size_t row = 0; row < code_n_rows(&rows); row++) {
        const struct employer_facts employer = read_employer(&rows, row, FACTS_FIRST);
        struct uuid id = { { 0 } };
        match_read_uuid(&rows, row, FACTS_ID, &id);
        if (!table_add(&facts->employers, &id, &employer))
            return err_oom(err);
    }
    return 0;
}

int catalogue_add_places(
    struct catalogue_facts *facts, const struct db_result *result, struct err *err)
{
    const struct code_result rows = in_order(result);

    for (size_t row = 0; row < code_n_rows(&rows); row++) {
        const struct place_facts place = read_place(&rows, row, FACTS_FIRST);
        struct uuid id = { { 0 } };
        match_read_uuid(&rows, row, FACTS_ID, &id);
        if (!table_add(&facts->places, &id, &place))
            return err_oom(err);
    }
    return 0;
}

/* ---- openings ---- */

static void set_employer(struct match_opening *opening, const struct employer_facts *employer)
{
    opening->sic = employer->sic;
    opening->accreditations = employer->accreditations;
}

static void set_place(struct match_opening *opening, const struct place_facts *place)
{
    opening->has_site = true;
    opening->easting_metres = place->easting;
    opening->northing_metres = place->northing;
}

static void read_terms(const struct code_result *rows, size_t row, struct match_opening *opening)
{
    opening->soc = (uint16_t)read_digits(rows, row, OPENING_SOC);
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

static void read_job(const struct code_result *rows, size_t row, struct match_opening *opening)
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
    read_terms(rows, row, opening);
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
        read_job(&rows, row, &opening);
        if (code_is_null(&rows, row, OPENING_EMPLOYER_ID)) {
            (void)match_catalogue_remove(catalogue, &opening.id);
            continue;
        }
        const struct employer_facts employer = read_employer(&rows, row, OPENING_EMPLOYER);
        const struct place_facts place = read_place(&rows, row, OPENING_PLACE);
        set_employer(&opening, &employer);
        if (!code_is_null(&rows, row, OPENING_PLACE + PLACE_EASTING))
            set_place(&opening, &place);
        r = put_opening(catalogue, &opening, err);
    }
    return r;
}

int catalogue_put_jobs(struct match_catalogue *catalogue, const struct catalogue_facts *facts,
    const struct db_result *result, struct err *err)
{
    const struct code_result rows = in_order(result);
    struct match_opening opening;
    struct employer_facts employer;
    struct place_facts place;
    int r = 0;

    for (size_t row = 0; r == 0 && row < code_n_rows(&rows); row++) {
        read_job(&rows, row, &opening);
        if (!table_find(&facts->employers, &opening.employer_id, &employer))
            continue;
        set_employer(&opening, &employer);
        if (table_find(&facts->places, &opening.site_id, &place))
            set_place(&opening, &place);
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
