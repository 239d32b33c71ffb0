/* From rows to what the matcher knows: the client, the options, the openings. */
#include "base/civil.h"
#include "base/str.h"
#include "service/match_internal.h"
#include "service/pgbin.h"
#include "wire/json.h"

#define SECTOR_WEIGHT 3 /* of 1 to 5: sectors are named without a weight */
#define HALF_HOUR_MINUTES 30
#define DAY_MINUTES 1440

/* ---- the client ---- */

static int32_t date_of(const Canvass__V1__Date *date)
{
    struct civil_date civil;

    if (!date)
        return 0;
    civil = (struct civil_date) { date->year, date->month, date->day };
    return civil_is_valid(&civil) ? (int32_t)civil_to_days(&civil) : 0;
}

/* A span may pass midnight, and then ends on the next day. */
static int add_span(struct match_week *week, const Canvass__V1__WeekSpan *span,
    enum match_rounding rounding, struct err *err)
{
    unsigned weekday = (unsigned)span->weekday - 1;
    int32_t end = MIN(span->end_minute, DAY_MINUTES);
    struct match_span today = { (uint8_t)weekday, (uint16_t)span->start_minute, (uint16_t)end };
    struct match_span next
        = { (uint8_t)((weekday + 1) % 7), 0, (uint16_t)(span->end_minute - DAY_MINUTES) };
    int r = match_week_set(week, &today, rounding, err);

    return r == 0 && span->end_minute > DAY_MINUTES ? match_week_set(week, &next, rounding, err)
                                                    : r;
}

static int read_wishes(struct match_call *call, const Canvass__V1__Wishes *wishes, struct err *err)
{
    struct match_client *client = &call->client;
    struct match_code_wish *occupations
        = arena_calloc(call->arena, wishes->n_occupations, sizeof(*occupations));
    struct match_code_wish *industries
        = arena_calloc(call->arena, wishes->n_sectors, sizeof(*industries));

    if (!occupations || !industries)
        return err_oom(err);
    for (size_t i = 0; i < wishes->n_occupations; i++) {
        const Canvass__V1__OccupationWish *wish = wishes->occupations[i];
        struct match_code_wish *at = &occupations[client->n_occupations];
        if (match_read_code(wish->soc, &at->code)) {
            at->weight = (uint8_t)wish->weight;
            at->label = *wish->title ? wish->title : NULL;
            client->n_occupations++;
        }
    }
    for (size_t i = 0; i < wishes->n_sectors; i++)
        if (match_read_code(wishes->sectors[i], &industries[client->n_industries].code))
            industries[client->n_industries++].weight = SECTOR_WEIGHT;
    client->occupations = occupations;
    client->industries = industries;
    client->hours_wanted_tenths = (uint16_t)wishes->hours_tenths;
    if (wishes->_weight_nearness_case)
        client->weights[MATCH_WISH_NEARNESS] = (int8_t)wishes->weight_nearness;
    if (wishes->_weight_pay_case)
        client->weights[MATCH_WISH_PAY] = (int8_t)wishes->weight_pay;
    if (wishes->_weight_hours_case)
        client->weights[MATCH_WISH_HOURS] = (int8_t)wishes->weight_hours;
    return 0;
}

/* What was not wished for weighs nothing, so that the most points are points that can be had. The
 * messages know no wishes about settings and accreditations yet. */
static void silence_wishes(struct match_call *call)
{
    const Canvass__V1__Wishes *wishes = call->message->wishes;
    struct match_client *client = &call->client;

    client->weights[MATCH_WISH_SETTING] = 0;
    client->weights[MATCH_WISH_ACCREDITATION] = 0;
    if (client->n_occupations == 0)
        client->weights[MATCH_WISH_OCCUPATION] = 0;
    if (client->n_industries == 0)
        client->weights[MATCH_WISH_INDUSTRY] = 0;
    if (client->hours_wanted_tenths == 0)
        client->weights[MATCH_WISH_HOURS] = 0;
    if (!wishes || !wishes->trial_first)
        client->weights[MATCH_WISH_TRIAL] = 0;
}

static int read_codes(struct match_call *call, char **texts, size_t n,
    const struct match_code **ret_codes, size_t *ret_n, struct err *err)
{
    struct match_code *codes = arena_calloc(call->arena, n, sizeof(*codes));

    if (!codes)
        return err_oom(err);
    for (size_t i = 0; i < n; i++)
        if (match_read_code(texts[i], &codes[*ret_n]))
            (*ret_n)++;
    *ret_codes = codes;
    return 0;
}

static int read_constraints(
    struct match_call *call, const Canvass__V1__Constraints *from, struct err *err)
{
    struct match_client *client = &call->client;
    uint32_t must_not = 0;

    client->hours_min_tenths = (uint16_t)from->hours_min_tenths;
    client->hours_max_tenths = (uint16_t)from->hours_max_tenths;
    client->pay_min_pence = (uint32_t)from->pay_min_pence_hour;
    client->distance_max_metres = (uint32_t)from->distance_max_metres;
    client->travel_before_half_hours = (uint8_t)(from->travel_minutes / HALF_HOUR_MINUTES);
    client->travel_after_half_hours = client->travel_before_half_hours;
    client->may_drive = (enum match_driving)from->may_drive;
    client->driving_review_on = date_of(from->driving_review_on);
    client->may_drive_after = (enum match_driving)from->may_drive_after;
    client->check_clear = (enum match_check)from->check_clear;
    client->check_changes_on = date_of(from->check_changes_on);
    client->check_clear_after = (enum match_check)from->check_clear_after;
    client->earliest_start_on = date_of(from->can_start_on);
    for (size_t i = 0; i < from->n_must_not; i++)
        must_not |= 1u << from->must_not[i];
    client->must_not = match_exposures_of(must_not);
    client->has_availability = from->n_available > 0;
    for (size_t i = 0; i < from->n_available; i++)
        if (add_span(&client->availability, from->available[i], MATCH_ROUND_IN, err) < 0)
            return ERR_INTERNAL;
    int r = read_codes(call, from->excluded_soc, from->n_excluded_soc,
        &client->excluded_occupations, &client->n_excluded_occupations, err);
    return r < 0 ? r
                 : read_codes(call, from->excluded_sic, from->n_excluded_sic,
                     &client->excluded_industries, &client->n_excluded_industries, err);
}

static enum match_window_kind window_kind(Canvass__V1__UnavailableKind kind)
{
    switch (kind) {
    case CANVASS__V1__UNAVAILABLE_KIND__UNAVAILABLE_KIND_PICKUP:
        return MATCH_WINDOW_PICK_UP;
    case CANVASS__V1__UNAVAILABLE_KIND__UNAVAILABLE_KIND_APPOINTMENT:
        return MATCH_WINDOW_APPOINTMENT;
    case CANVASS__V1__UNAVAILABLE_KIND__UNAVAILABLE_KIND_CARING:
        return MATCH_WINDOW_CARING;
    default:
        return MATCH_WINDOW_OTHER;
    }
}

/* What could take place near work is something that the clinical team can arrange. */
static int read_windows(struct match_call *call, struct err *err)
{
    const Canvass__V1__Client *message = call->message;
    struct match_window *windows
        = arena_calloc(call->arena, message->n_unavailable, sizeof(*windows));

    if (!windows)
        return err_oom(err);
    for (size_t i = 0; i < message->n_unavailable; i++) {
        const Canvass__V1__Unavailable *from = message->unavailable[i];
        windows[i].kind = window_kind(from->kind);
        windows[i].place = from->near_work ? MATCH_PLACE_NEAR_HOME : MATCH_PLACE_ELSEWHERE;
        windows[i].clinical_team_can_move = from->movable || from->near_work;
        windows[i].from_on = date_of(from->from);
        windows[i].until_on = date_of(from->until);
        if (from->span && add_span(&windows[i].week, from->span, MATCH_ROUND_OUT, err) < 0)
            return ERR_INTERNAL;
    }
    call->client.windows = windows;
    call->client.n_windows = message->n_unavailable;
    return 0;
}

static int read_minimum_wage(struct match_call *call, struct err *err)
{
    const struct code_result *wage = &call->results[MATCH_PART_MINIMUM_WAGE];

    if (code_n_rows(wage) == 0)
        return 0;
    call->client.legal_pay_min_pence = (uint32_t)code_int(wage, 0, MINIMUM_WAGE_PENCE);
    call->client.legal_pay_sentence = code_text(wage, 0, MINIMUM_WAGE_SENTENCE, call->arena);
    return call->client.legal_pay_sentence ? 0 : err_oom(err);
}

static int parse_client(struct match_call *call, struct err *err)
{
    const struct code_result *rows = &call->results[MATCH_PART_CLIENT];
    ProtobufCMessage *message;
    size_t len;
    const char *json = code_n_rows(rows) ? code_bytes(rows, 0, CLIENT_MESSAGE, &len) : NULL;

    if (!json)
        return err_set_field(err, ERR_NOT_FOUND, "client_id", "Your team has no such client.");
    if (len < 1 || json[0] != PGBIN_JSONB_VERSION)
        return err_set(err, ERR_INTERNAL, "unknown version of jsonb");
    int r = json_parse(
        &canvass__v1__client__descriptor, call->arena, json + 1, len - 1, JSON_SQL, &message, err);
    if (r < 0)
        return r == ERR_EXHAUSTED ? r : err_set(err, ERR_INTERNAL, "the client's JSON is unknown");
    call->message = (const Canvass__V1__Client *)message;
    return 0;
}

int match_call_read_client(struct match_call *call, struct err *err)
{
    const struct code_result *rows = &call->results[MATCH_PART_CLIENT];
    struct match_client *client = &call->client;
    int r = parse_client(call, err);

    if (r < 0)
        return r;
    match_client_init(client);
    if (uuid_parse(call->message->id, strlen(call->message->id), &client->id) < 0)
        return err_set(err, ERR_INTERNAL, "the client's id is no UUID");
    client->is_paused = call->message->status == CANVASS__V1__CLIENT_STATUS__CLIENT_STATUS_PAUSED;
    client->ask_again_on = date_of(call->message->paused_until);
    client->has_home = !code_is_null(rows, 0, CLIENT_EASTING);
    client->easting_metres = (int32_t)code_int(rows, 0, CLIENT_EASTING);
    client->northing_metres = (int32_t)code_int(rows, 0, CLIENT_NORTHING);
    if (call->message->wishes)
        r = read_wishes(call, call->message->wishes, err);
    silence_wishes(call);
    if (r == 0 && call->message->constraints)
        r = read_constraints(call, call->message->constraints, err);
    if (r == 0)
        r = read_windows(call, err);
    return r < 0 ? r : read_minimum_wage(call, err);
}

/* ---- options ---- */

/* Put one row of match_default where it belongs; names that this build does not know are skipped.
 */
static void set_default(struct match_call *call, const char *name, uint32_t value)
{
    struct match_options *options = &call->options;
    const struct {
        const char *name;
        uint8_t *byte;
        uint16_t *word;
        uint32_t *number;
    } places[] = {
        { "count", NULL, NULL, &call->count },
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

/* All points of pay are for what the client hopes for, where that is above what must be paid. */
static void set_pay_hoped_for(struct match_call *call)
{
    const Canvass__V1__Wishes *wishes = call->message->wishes;
    uint32_t hoped = wishes ? (uint32_t)wishes->pay_pence_hour : 0;
    uint32_t least = MAX(call->client.pay_min_pence, call->client.legal_pay_min_pence);

    if (hoped > least)
        call->options.pay_full_pence = hoped - least;
}

int match_call_read_options(struct match_call *call, struct err *err)
{
    const struct code_result *rows = &call->results[MATCH_PART_WEIGHTS];
    const Canvass__V1__MatchClientRequest *request = call->request;
    const struct code_result *day = &call->results[MATCH_PART_MINIMUM_WAGE];
    uint32_t per_employer, per_occupation;

    match_options_init(&call->options);
    call->count = call->options.n_results;
    for (size_t row = 0; row < code_n_rows(rows); row++) {
        const char *name = code_text(rows, row, 0, call->arena);
        if (!name)
            return err_oom(err);
        set_default(call, name, (uint32_t)code_int(rows, row, 1));
    }
    per_employer = call->options.max_per_employer;
    per_occupation = call->options.max_per_group;
    int r = take_count(request->count, 100, "count", &call->count, err);
    if (r == 0)
        r = take_count(request->per_employer, 1000, "per_employer", &per_employer, err);
    if (r == 0)
        r = take_count(request->per_occupation, 1000, "per_occupation", &per_occupation, err);
    call->options.max_per_employer = (uint16_t)per_employer;
    call->options.max_per_group = (uint16_t)per_occupation;
    call->options.n_results = call->count;
    call->options.on
        = code_n_rows(day) ? code_date(day, 0, MINIMUM_WAGE_DAY) : date_of(request->on);
    call->options.even_if_paused = request->paused_too;
    set_pay_hoped_for(call);
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

static void read_opening(const struct code_result *rows, size_t row, struct match_opening *opening)
{
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
        read_opening(rows, row, &opening);
        if (call->request->trial_only && !offers_trial(&opening))
            continue;
        r = match_catalogue_put(call->catalogue, &opening, err);
        if (r == ERR_INVALID)
            return err_set(err, ERR_INTERNAL, "an opening cannot be matched");
        if (r < 0)
            return r;
        call->rows[call->n_rows++] = row;
    }
    qsort_r(call->rows, call->n_rows, sizeof(*call->rows), compare_rows, (void *)rows);
    return 0;
}
