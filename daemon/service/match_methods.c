#include "service/match_methods.h"
#include "service/match_internal.h"
#include "wire/enums.h"

/* The day of the answer, of the request or today in London; and who asks. */
static const struct code_column day_columns[] = {
    [DAY_DAY] = { "day", SQL_DATE },
    [DAY_AUDIENCES] = { "audiences", SQL_BYTEA },
};

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

static const struct code_column shown_columns[SHOWN_N_COLUMNS] = {
    [SHOWN_ID] = { "opening_id", SQL_UUID },
    [SHOWN_EMPLOYER] = { "employer", SQL_TEXT },
    [SHOWN_TITLE] = { "title", SQL_TEXT },
    [SHOWN_BOROUGH] = { "borough", SQL_TEXT },
    [SHOWN_SOC] = { "soc", SQL_TEXT },
    [SHOWN_POSTCODE] = { "postcode", SQL_TEXT },
    [SHOWN_HIDDEN] = { "hidden", SQL_BOOL },
    [SHOWN_TRIAL] = { "trial", SQL_TEXT },
};

static const struct code_part parts[MATCH_N_PARTS] = {
    [MATCH_PART_DAY] = { "day", day_columns, ARRAY_SIZE(day_columns) },
    [MATCH_PART_CLIENTS] = { "clients", client_columns, ARRAY_SIZE(client_columns) },
    [MATCH_PART_WEIGHTS] = { "weights", weight_columns, ARRAY_SIZE(weight_columns) },
    [MATCH_PART_SHOWN] = { "shown", shown_columns, ARRAY_SIZE(shown_columns) },
};

void match_read_uuid(
    const struct code_result *result, size_t row, size_t column, struct uuid *ret_uuid)
{
    size_t len;
    const char *data = code_bytes(result, row, column, &len);

    if (data && len == sizeof(ret_uuid->bytes))
        memcpy(ret_uuid->bytes, data, sizeof(ret_uuid->bytes));
}

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

/* ---- reading ---- */

static int read_call(struct code_call *code, const struct code_result *results,
    const struct match_wanted *wanted, struct err *err)
{
    struct match_call *call = arena_zalloc(code->arena, sizeof(*call));

    if (!call)
        return err_oom(err);
    call->results = results;
    call->wanted = *wanted;
    call->arena = code->arena;
    code->state = call;
    int r = match_call_read_clients(call, err);
    return r == 0 ? match_call_read_options(call, err) : r;
}

static int read_client(struct code_call *code, const struct code_result *results, struct err *err)
{
    const Canvass__V1__MatchClientRequest *request
        = (const Canvass__V1__MatchClientRequest *)code->request;
    const struct match_wanted wanted = { .count = request->count,
        .per_employer = request->per_employer,
        .per_occupation = request->per_occupation,
        .trial_only = request->trial_only,
        .paused_too = request->paused_too };

    return read_call(code, results, &wanted, err);
}

static int read_opening(struct code_call *code, const struct code_result *results, struct err *err)
{
    const Canvass__V1__MatchOpeningRequest *request
        = (const Canvass__V1__MatchOpeningRequest *)code->request;
    const struct match_wanted wanted
        = { .count = request->count, .paused_too = request->paused_too };

    return read_call(code, results, &wanted, err);
}

static int read_explain(struct code_call *code, const struct code_result *results, struct err *err)
{
    const struct match_wanted wanted = { .count = 0 };

    return read_call(code, results, &wanted, err);
}

/* ---- finding ---- */

static void add_ids(
    struct uuid *ids, size_t *n, const struct match_result *results, size_t n_results)
{
    for (size_t i = 0; i < n_results; i++)
        ids[(*n)++] = results[i].opening_id;
}

static int find_client(struct code_call *code, struct err *err)
{
    struct match_call *call = code->state;
    int r = match_run(code->catalogue, &call->subjects[0].client, &call->options, call->arena,
        &call->answer, err);

    if (r < 0)
        return r;
    const struct match_answer *answer = call->answer;
    struct uuid *ids = arena_calloc(
        call->arena, answer->n_results + answer->n_near_misses + answer->n_not_yet, sizeof(*ids));
    if (!ids)
        return err_oom(err);
    add_ids(ids, &code->n_found, answer->results, answer->n_results);
    add_ids(ids, &code->n_found, answer->near_misses, answer->n_near_misses);
    add_ids(ids, &code->n_found, answer->not_yet, answer->n_not_yet);
    code->found = ids;
    call->age_usec = code->catalogue_age_usec;
    return 0;
}

/* The SQL has refused what is no UUID or not there; it may have gone since. */
static int no_opening(struct err *err)
{
    return err_set_field(err, ERR_NOT_FOUND, "opening_id", "There is no such opening.");
}

static int find_explain(struct code_call *code, struct err *err)
{
    struct match_call *call = code->state;
    const char *text = ((const Canvass__V1__ExplainMatchRequest *)code->request)->opening_id;
    const struct match_client *client = &call->subjects[0].client;
    struct uuid *id = arena_zalloc(call->arena, sizeof(*id));

    if (!id)
        return err_oom(err);
    if (uuid_parse(text, strlen(text), id) < 0)
        return no_opening(err);
    int r = match_explain(
        code->catalogue, id, client, &call->options, call->arena, &call->result, err);
    if (r == ERR_NOT_FOUND)
        return no_opening(err);
    if (r == 0)
        r = match_run(code->catalogue, client, &call->options, call->arena, &call->answer, err);
    code->found = id;
    code->n_found = 1;
    return r;
}

static int find_clients(struct code_call *code, struct err *err)
{
    struct match_call *call = code->state;
    const char *text = ((const Canvass__V1__MatchOpeningRequest *)code->request)->opening_id;
    struct match_client *clients = arena_calloc(call->arena, call->n_subjects, sizeof(*clients));
    struct match_opening opening;
    struct uuid id;

    if (!clients)
        return err_oom(err);
    if (uuid_parse(text, strlen(text), &id) < 0
        || !match_catalogue_get(code->catalogue, &call->options, &id, &opening))
        return no_opening(err);
    for (size_t i = 0; i < call->n_subjects; i++)
        clients[i] = call->subjects[i].client;
    return match_clients(
        &opening, clients, call->n_subjects, &call->options, call->arena, &call->answer, err);
}

/* ---- answering ---- */

static int answer_client(struct code_call *code, const struct code_result *results,
    ProtobufCMessage **ret_message, struct err *err)
{
    struct match_call *call = code->state;

    call->shown = results;
    return match_respond_client(call, ret_message, err);
}

static int answer_explain(struct code_call *code, const struct code_result *results,
    ProtobufCMessage **ret_message, struct err *err)
{
    struct match_call *call = code->state;

    call->shown = results;
    if (code_n_rows(results) == 0)
        return no_opening(err);
    return match_respond_explain(call, ret_message, err);
}

static int answer_opening(struct code_call *code, const struct code_result *results,
    ProtobufCMessage **ret_message, struct err *err)
{
    return match_respond_opening(code->state, ret_message, err);
}

const struct code_method match_client_method = {
    .name = "canvass.v1.MatchService/MatchClient",
    .parts = parts,
    .n_parts = MATCH_N_PARTS,
    .n_first = MATCH_N_FIRST_PARTS,
    .read = read_client,
    .find = find_client,
    .answer = answer_client,
};

const struct code_method match_opening_method = {
    .name = "canvass.v1.MatchService/MatchOpening",
    .parts = parts,
    .n_parts = MATCH_N_FIRST_PARTS,
    .n_first = MATCH_N_FIRST_PARTS,
    .read = read_opening,
    .find = find_clients,
    .answer = answer_opening,
};

const struct code_method match_explain_method = {
    .name = "canvass.v1.MatchService/ExplainMatch",
    .parts = parts,
    .n_parts = MATCH_N_PARTS,
    .n_first = MATCH_N_FIRST_PARTS,
    .read = read_explain,
    .find = find_explain,
    .answer = answer_explain,
};
