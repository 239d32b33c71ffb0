#include "service/match_client.h"
#include "service/match_internal.h"
#include "wire/enums.h"

static const struct code_column client_columns[CLIENT_N_COLUMNS] = {
    [CLIENT_MESSAGE] = { "client", SQL_JSONB },
    [CLIENT_EASTING] = { "easting", SQL_INT4 },
    [CLIENT_NORTHING] = { "northing", SQL_INT4 },
};

static const struct code_column minimum_wage_columns[MINIMUM_WAGE_N_COLUMNS] = {
    [MINIMUM_WAGE_PENCE] = { "pence", SQL_INT4 },
    [MINIMUM_WAGE_SENTENCE] = { "sentence", SQL_TEXT },
    [MINIMUM_WAGE_DAY] = { "day", SQL_DATE },
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
    [MATCH_PART_CLIENT] = { "client", client_columns, ARRAY_SIZE(client_columns) },
    [MATCH_PART_MINIMUM_WAGE]
    = { "minimum_wage", minimum_wage_columns, ARRAY_SIZE(minimum_wage_columns) },
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

static int answer(const struct code_result *results, const ProtobufCMessage *request,
    struct arena *arena, ProtobufCMessage **ret_message, struct err *err)
{
    struct match_call call = {
        .results = results,
        .request = (const Canvass__V1__MatchClientRequest *)request,
        .arena = arena,
    };
    struct match_answer *found = NULL;
    int r = match_call_read_client(&call, err);

    if (r == 0)
        r = match_call_read_options(&call, err);
    if (r == 0)
        r = match_call_read_openings(&call, err);
    if (r == 0)
        r = match_run(call.catalogue, &call.client, &call.options, arena, &found, err);
    if (r == 0)
        r = match_call_respond(&call, found, ret_message, err);
    match_catalogue_free(call.catalogue);
    return r;
}

const struct code_method match_client_method = {
    .name = "canvass.v1.MatchService/MatchClient",
    .parts = parts,
    .n_parts = ARRAY_SIZE(parts),
    .answer = answer,
};
