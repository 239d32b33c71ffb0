/* From rows to what the matcher knows: the options and the openings. */
#include "base/str.h"
#include "service/match_internal.h"

/* ---- options ---- */

/* Put one row of match_default where it belongs; names that this build does not know are skipped.
 */
static void set_default(struct match_options *options, const char *name, uint32_t value)
{
    const struct {
        const char *name;
        uint8_t *byte;
        uint16_t *word;
        uint32_t *number;
    } places[] = {
        { "count", NULL, NULL, &options->n_results },
        { "near_misses", NULL, NULL, &options->n_near_misses },
        { "later", NULL, NULL, &options->n_not_yet },
        { "per_employer", NULL, &options->max_per_employer, NULL },
        { "per_occupation", NULL, &options->max_per_group, NULL },
        { "trial_jobcentre_plus", &options->trial_points[MATCH_TRIAL_JOBCENTRE_PLUS], NULL, NULL },
        { "trial_private_unpaid", &options->trial_points[MATCH_TRIAL_PRIVATE_UNPAID], NULL, NULL },
        { "trial_paid", &options->trial_points[MATCH_TRIAL_PAID], NULL, NULL },
        { "trial_taster", &options->trial_points[MATCH_TRIAL_TASTER], NULL, NULL },
        { "stance_warm", &options->stance_points[MATCH_STANCE_WARM], NULL, NULL },
        { "stance_ambivalent", &options->stance_points[MATCH_STANCE_AMBIVALENT], NULL, NULL },
        { "stance_cold", &options->stance_points[MATCH_STANCE_COLD], NULL, NULL },
        { "near_metres", NULL, NULL, &options->near_metres },
        { "pay_full_pence", NULL, NULL, &options->pay_full_pence },
        { "start_slack_days", NULL, &options->start_slack_days, NULL },
        { "horizon_days", NULL, &options->horizon_days, NULL },
    };

    if (str_starts_with(name, "weight_")) {
        for (int wish = 0; wish < MATCH_N_WISHES; wish++)
            if (str_eq(match_wish_info((enum match_wish)wish)->name, name + strlen("weight_")))
                options->default_weights[wish] = (uint8_t)value;
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        if (!str_eq(places[i].name, name))
            continue;
        if (places[i].byte)
            *places[i].byte = (uint8_t)value;
        else if (places[i].word)
            *places[i].word = (uint16_t)value;
        else
            *places[i].number = value;
    }
}

/* Take a number of the request where one is given; @max bounds it. */
static int take_count(
    int32_t asked, int32_t max, const char *field, uint32_t *number, struct err *err)
{
    if (asked < 0 || asked > max)
        return err_set_field(err, ERR_INVALID, field, "Give a number from 1 to %d, or 0.", max);
    if (asked > 0)
        *number = (uint32_t)asked;
    return 0;
}

int match_call_read_options(struct match_call *call, struct err *err)
{
    const struct code_result *rows = &call->results[MATCH_PART_WEIGHTS];
    const struct match_wanted *wanted = &call->wanted;
    struct match_options *options = &call->options;
    uint32_t per_employer, per_occupation;

    match_options_init(options);
    for (size_t row = 0; row < code_n_rows(rows); row++) {
        const char *name = code_text(rows, row, 0, call->arena);
        if (!name)
            return err_oom(err);
        set_default(options, name, (uint32_t)code_int(rows, row, 1));
    }
    per_employer = options->max_per_employer;
    per_occupation = options->max_per_group;
    int r = take_count(wanted->count, 100, "count", &options->n_results, err);
    if (r == 0)
        r = take_count(wanted->per_employer, 1000, "per_employer", &per_employer, err);
    if (r == 0)
        r = take_count(wanted->per_occupation, 1000, "per_occupation", &per_occupation, err);
    options->max_per_employer = (uint16_t)per_employer;
    options->max_per_group = (uint16_t)per_occupation;
    options->on = code_date(&call->results[MATCH_PART_DAY], 0, 0);
    options->even_if_paused = wanted->paused_too;
    return r;
}

/* ---- openings ---- */

static void read_uuid(const struct code_result *rows, size_t row, size_t column, struct uuid *out)
{
    size_t len;
    const char *data = code_bytes(rows, row, column, &len);

    if (data && len == sizeof(out->bytes))
        memcpy(out->bytes, data, sizeof(out->bytes));
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

void match_call_read_opening(
    const struct match_call *call, size_t row, struct match_opening *opening)
{
    const struct code_result *rows = &call->results[MATCH_PART_OPENINGS];

    match_opening_init(opening);
    read_uuid(rows, row, OPENING_ID, &opening->id);
    read_uuid(rows, row, OPENING_EMPLOYER_ID, &opening->employer_id);
    read_uuid(rows, row, OPENING_SITE_ID, &opening->site_id);
    opening->is_hidden = code_bool(rows, row, OPENING_HIDDEN);
    opening->places_left = (int16_t)code_int(rows, row, OPENING_PLACES);
    opening->starts_on = code_date(rows, row, OPENING_STARTS_ON);
    opening->closes_on = code_date(rows, row, OPENING_CLOSES_ON);
    opening->has_site = !code_is_null(rows, row, OPENING_EASTING);
    opening->easting_metres = (int32_t)code_int(rows, row, OPENING_EASTING);
    opening->northing_metres = (int32_t)code_int(rows, row, OPENING_NORTHING);
    opening->accreditations = read_accreditations(rows, row);
    opening->stance = (enum match_stance)match_read_enum(
        rows, row, OPENING_STANCE, &canvass__v1__stance__descriptor);
    opening->relationship_level = (uint8_t)code_int(rows, row, OPENING_LEVEL);
    read_job(rows, row, opening);
}

static bool offers_trial(const struct match_opening *opening)
{
    return opening->trial == MATCH_TRIAL_JOBCENTRE_PLUS
        || opening->trial == MATCH_TRIAL_PRIVATE_UNPAID || opening->trial == MATCH_TRIAL_PAID;
}

static int compare_rows(const void *a, const void *b, void *arg)
{
    const struct code_result *rows = arg;
    struct uuid left = { { 0 } }, right = { { 0 } };

    read_uuid(rows, *(const size_t *)a, OPENING_ID, &left);
    read_uuid(rows, *(const size_t *)b, OPENING_ID, &right);
    return uuid_compare(&left, &right);
}

int match_call_read_openings(struct match_call *call, struct err *err)
{
    const struct code_result *rows = &call->results[MATCH_PART_OPENINGS];
    struct match_opening opening;
    int r = match_catalogue_new(&call->catalogue, err);

    if (r < 0)
        return r;
    call->rows = arena_calloc(call->arena, code_n_rows(rows), sizeof(*call->rows));
    if (!call->rows)
        return err_oom(err);
    for (size_t row = 0; row < code_n_rows(rows); row++) {
        match_call_read_opening(call, row, &opening);
        if (call->wanted.trial_only && !offers_trial(&opening))
            continue;
        r = match_catalogue_put(call->catalogue, &opening, err);
        if (r == 0)
            r = match_catalogue_relate(call->catalogue, &call->options.audience_id,
                &opening.employer_id, opening.stance, opening.relationship_level, err);
        if (r == ERR_INVALID)
            return err_set(err, ERR_INTERNAL, "an opening cannot be matched");
        if (r < 0)
            return r;
        call->rows[call->n_rows++] = row;
    }
    qsort_r(call->rows, call->n_rows, sizeof(*call->rows), compare_rows, (void *)rows);
    return 0;
}
