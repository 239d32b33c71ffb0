#include "service/match_methods.h"
#include "service/match_internal.h"
#include "wire/enums.h"

/* The day of the answer: of the request, or today in London. */
static const struct code_column day_columns[] = { { "day", SQL_DATE } };

static const struct code_column client_columns[CLIENT_N_COLUMNS] = {
    [CLIENT_MESSAGE] = { "client", SQL_JSONB },
    [CLIENT_EASTING] = { "easting", SQL_INT4 },
    [CLIENT_NORTHING] = { "northing", SQL_INT4 },
    [CLIENT_LEGAL_PAY] = { "legal_pay", SQL_INT4 },
    [CLIENT_LEGAL_PAY_SENTENCE] = { "legal_pay_sentence", SQL_TEXT },
};

static const struct code_column weight_columns[] = {
    { "name", SQL_TEXT },
    { "value", SQL_INT4 },
};

static const struct code_column opening_columns[OPENING_N_COLUMNS] = {
    [OPENING_ID] = { "opening_id", SQL_UUID },
    [OPENING_EMPLOYER_ID] = { "employer_id", SQL_UUID },
    [OPENING_EMPLOYER] = { "employer", SQL_TEXT },
    [OPENING_TITLE] = { "title", SQL_TEXT },
    [OPENING_BOROUGH] = { "borough", SQL_TEXT },
    [OPENING_SOC] = { "soc", SQL_TEXT },
    [OPENING_SIC] = { "sic", SQL_TEXT },
    [OPENING_SITE_ID] = { "site_id", SQL_UUID },
    [OPENING_POSTCODE] = { "postcode", SQL_TEXT },
    [OPENING_EASTING] = { "easting", SQL_INT4 },
    [OPENING_NORTHING] = { "northing", SQL_INT4 },
    [OPENING_HIDDEN] = { "hidden", SQL_BOOL },
    [OPENING_PLACES] = { "places", SQL_INT4 },
    [OPENING_STARTS_ON] = { "starts_on", SQL_DATE },
    [OPENING_CLOSES_ON] = { "closes_on", SQL_DATE },
    [OPENING_HOURS_MIN] = { "hours_min_tenths", SQL_INT4 },
    [OPENING_HOURS_MAX] = { "hours_max_tenths", SQL_INT4 },
    [OPENING_PAY] = { "pay_pence_hour", SQL_INT4 },
    [OPENING_SHIFT_BITS] = { "shift_bits", SQL_BYTEA },
    [OPENING_DRIVING] = { "driving", SQL_TEXT },
    [OPENING_CHECK_LEVEL] = { "check_level", SQL_TEXT },
    [OPENING_FEATURES] = { "features", SQL_INT4 },
    [OPENING_PERMANENT] = { "permanent", SQL_BOOL },
    [OPENING_EXPECTED_WEEKS] = { "expected_weeks", SQL_INT4 },
    [OPENING_TRIAL] = { "trial", SQL_TEXT },
    [OPENING_STANCE] = { "stance", SQL_TEXT },
    [OPENING_LEVEL] = { "level", SQL_INT4 },
    [OPENING_LIVING_WAGE] = { "living_wage", SQL_BOOL },
    [OPENING_DISABILITY_CONFIDENT] = { "disability_confident", SQL_TEXT },
};

static const struct code_part parts[MATCH_N_PARTS] = {
    [MATCH_PART_DAY] = { "day", day_columns, ARRAY_SIZE(day_columns) },
    [MATCH_PART_CLIENTS] = { "clients", client_columns, ARRAY_SIZE(client_columns) },
    [MATCH_PART_WEIGHTS] = { "weights", weight_columns, ARRAY_SIZE(weight_columns) },
    [MATCH_PART_OPENINGS] = { "openings", opening_columns, ARRAY_SIZE(opening_columns) },
};

int match_read_enum(const struct code_result *result, size_t row, size_t column,
    const ProtobufCEnumDescriptor *desc)
{
    size_t len;
    const char *label = code_bytes(result, row, column, &len);
    int value;

    return label && enum_find_short_name(desc, label, len, &value) == 0 ? value : 0;
}

uint32_t match_exposures_of(uint32_t feature_bits)
{
    static const struct {
        Canvass__V1__JobFeature feature;
        enum match_exposure exposure;
    } pairs[] = {
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_NIGHTS, MATCH_EXPOSURE_NIGHTS },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_HEAVY_LIFTING, MATCH_EXPOSURE_LIFTING },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_DRUG_TESTING, MATCH_EXPOSURE_DRUG_TESTING },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_ALCOHOL_ON_SITE, MATCH_EXPOSURE_ALCOHOL },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_CASH_HANDLING, MATCH_EXPOSURE_CASH },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_LONE_WORKING, MATCH_EXPOSURE_LONE_WORKING },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_HEIGHTS, MATCH_EXPOSURE_HEIGHTS },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_CUSTOMER_FACING, MATCH_EXPOSURE_PUBLIC },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_OUTDOORS, MATCH_EXPOSURE_OUTDOORS },
        { CANVASS__V1__JOB_FEATURE__JOB_FEATURE_NOISE, MATCH_EXPOSURE_NOISE },
    };
    uint32_t exposures = 0;

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        if (feature_bits >> pairs[i].feature & 1)
            exposures |= 1u << pairs[i].exposure;
    return exposures;
}

bool match_read_code(const char *text, struct match_code *ret_code)
{
    uint32_t code = 0;
    size_t n = strlen(text);

    if (n == 0 || n > MATCH_SIC_DIGITS)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        code = code * 10 + (uint32_t)(text[i] - '0');
    }
    *ret_code = (struct match_code) { .code = code, .digits = (uint8_t)n };
    return true;
}

/* ---- the methods ---- */

/* Everything that the rows say; the caller frees call->catalogue, also after a failure. */
static int read_rows(struct match_call *call, struct err *err)
{
    int r = match_call_read_clients(call, err);

    if (r == 0)
        r = match_call_read_options(call, err);
    return r == 0 ? match_call_read_openings(call, err) : r;
}

static int answer_client(const struct code_result *results, const ProtobufCMessage *message,
    struct arena *arena, ProtobufCMessage **ret_message, struct err *err)
{
    const Canvass__V1__MatchClientRequest *request
        = (const Canvass__V1__MatchClientRequest *)message;
    struct match_call call = {
        .results = results,
        .arena = arena,
        .wanted = { .count = request->count,
            .per_employer = request->per_employer,
            .per_occupation = request->per_occupation,
            .trial_only = request->trial_only,
            .paused_too = request->paused_too },
    };
    struct match_answer *found = NULL;
    int r = read_rows(&call, err);

    if (r == 0)
        r = match_run(call.catalogue, &call.subjects[0].client, &call.options, arena, &found, err);
    if (r == 0)
        r = match_respond_client(&call, found, ret_message, err);
    match_catalogue_free(call.catalogue);
    return r;
}

/* The one opening of a request. The SQL has refused what is not there; it may have gone since. */
static int read_one_opening(
    const struct match_call *call, struct match_opening *ret_opening, struct err *err)
{
    if (code_n_rows(&call->results[MATCH_PART_OPENINGS]) == 0)
        return err_set_field(err, ERR_NOT_FOUND, "opening_id", "There is no such opening.");
    match_call_read_opening(call, 0, ret_opening);
    return 0;
}

static int answer_explain(const struct code_result *results, const ProtobufCMessage *message,
    struct arena *arena, ProtobufCMessage **ret_message, struct err *err)
{
    struct match_call call = { .results = results, .arena = arena };
    struct match_answer *notes = NULL;
    struct match_result *result = NULL;
    struct match_opening opening;
    int r = read_rows(&call, err);

    if (r == 0)
        r = read_one_opening(&call, &opening, err);
    if (r == 0) {
        const struct match_client *client = &call.subjects[0].client;
        r = match_explain(call.catalogue, &opening.id, client, &call.options, arena, &result, err);
        if (r == 0)
            r = match_run(call.catalogue, client, &call.options, arena, &notes, err);
    }
    if (r == 0)
        r = match_respond_explain(&call, result, notes, ret_message, err);
    match_catalogue_free(call.catalogue);
    return r;
}

static int list_clients(
    const struct match_call *call, struct match_client **ret_clients, struct err *err)
{
    struct match_client *clients = arena_calloc(call->arena, call->n_subjects, sizeof(*clients));

    if (!clients)
        return err_oom(err);
    for (size_t i = 0; i < call->n_subjects; i++)
        clients[i] = call->subjects[i].client;
    *ret_clients = clients;
    return 0;
}

static int answer_opening(const struct code_result *results, const ProtobufCMessage *message,
    struct arena *arena, ProtobufCMessage **ret_message, struct err *err)
{
    const Canvass__V1__MatchOpeningRequest *request
        = (const Canvass__V1__MatchOpeningRequest *)message;
    struct match_call call = {
        .results = results,
        .arena = arena,
        .wanted = { .count = request->count, .paused_too = request->paused_too },
    };
    struct match_answer *found = NULL;
    struct match_client *clients = NULL;
    struct match_opening opening;
    int r = match_call_read_clients(&call, err);

    if (r == 0)
        r = match_call_read_options(&call, err);
    if (r == 0)
        r = read_one_opening(&call, &opening, err);
    if (r == 0)
        r = list_clients(&call, &clients, err);
    if (r == 0)
        r = match_clients(&opening, clients, call.n_subjects, &call.options, arena, &found, err);
    return r == 0 ? match_respond_opening(&call, found, ret_message, err) : r;
}

#define METHOD(method, function)                                                                   \
    {                                                                                              \
        .name = "canvass.v1.MatchService/" method, .parts = parts, .n_parts = ARRAY_SIZE(parts),   \
        .answer = (function)                                                                       \
    }

const struct code_method match_client_method = METHOD("MatchClient", answer_client);
const struct code_method match_opening_method = METHOD("MatchOpening", answer_opening);
const struct code_method match_explain_method = METHOD("ExplainMatch", answer_explain);
