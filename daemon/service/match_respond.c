/* From the matcher's answer to the response. */
#include "base/civil.h"
#include "service/match_internal.h"
#include "wire/message.h"

#define NEW(call, type, desc) ((type *)message_new(&(desc), (call)->arena))
#define POINTS_MAX 100 /* of a wish, before its weight */

static int32_t compare_id(const struct match_call *call, size_t row, const struct uuid *id)
{
    const struct code_result *rows = &call->results[MATCH_PART_OPENINGS];
    size_t len;

    return memcmp(code_bytes(rows, row, OPENING_ID, &len), id->bytes, sizeof(id->bytes));
}

/* Find the row of an opening that the matcher answered. */
static size_t find_row(const struct match_call *call, const struct uuid *id)
{
    size_t low = 0, high = call->n_rows;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (compare_id(call, call->rows[middle], id) > 0)
            high = middle;
        else
            low = middle;
    }
    return call->rows[low];
}

static char *text(const struct match_call *call, size_t row, size_t column)
{
    return (char *)code_text(&call->results[MATCH_PART_OPENINGS], row, column, call->arena);
}

static char *uuid_text(const struct match_call *call, const struct uuid *id)
{
    char *out = arena_alloc(call->arena, UUID_TEXT_BYTES);

    if (out)
        uuid_format(id, out);
    return out;
}

static Canvass__V1__Verdict verdict_of(enum match_verdict verdict)
{
    switch (verdict) {
    case MATCH_PASS:
        return CANVASS__V1__VERDICT__VERDICT_FITS;
    case MATCH_FAIL:
        return CANVASS__V1__VERDICT__VERDICT_FAILS;
    case MATCH_ASK:
        break;
    }
    return CANVASS__V1__VERDICT__VERDICT_ASK;
}

static Canvass__V1__Date *date_message(const struct match_call *call, int32_t date)
{
    Canvass__V1__Date *out = NEW(call, Canvass__V1__Date, canvass__v1__date__descriptor);
    struct civil_date civil = civil_from_days(date);

    if (!out)
        return NULL;
    out->year = civil.year;
    out->month = civil.month;
    out->day = civil.day;
    return out;
}

/* ---- reasons and asks ---- */

static int add_reason(const struct match_call *call, Canvass__V1__MatchedOpening *out,
    const char *criterion, const struct match_reason *reason, bool is_limit)
{
    Canvass__V1__Reason *made;

    if (!reason->sentence || !*reason->sentence || (!is_limit && reason->weight == 0))
        return 0;
    made = NEW(call, Canvass__V1__Reason, canvass__v1__reason__descriptor);
    if (!made)
        return ERR_EXHAUSTED;
    made->criterion = (char *)criterion;
    made->limit = is_limit;
    made->verdict = verdict_of(reason->verdict);
    made->sentence = (char *)reason->sentence;
    if (!is_limit) {
        made->points = reason->score;
        made->max_points = reason->weight * POINTS_MAX;
        out->max_score += made->max_points;
    }
    out->reasons[out->n_reasons++] = made;
    return 0;
}

static int add_reasons(const struct match_call *call, Canvass__V1__MatchedOpening *out,
    const struct match_result *result)
{
    struct match_reason later = { .verdict = MATCH_ASK, .sentence = result->possible_sentence };
    int r = 0;

    out->reasons
        = arena_calloc(call->arena, MATCH_N_LIMITS + MATCH_N_WISHES + 1, sizeof(*out->reasons));
    if (!out->reasons)
        return ERR_EXHAUSTED;
    r = add_reason(call, out, "possible_on", &later, true);
    for (int i = 0; r == 0 && i < MATCH_N_LIMITS; i++)
        r = add_reason(
            call, out, match_limit_info((enum match_limit)i)->name, &result->limits[i], true);
    for (int i = 0; r == 0 && i < MATCH_N_WISHES; i++)
        r = add_reason(
            call, out, match_wish_info((enum match_wish)i)->name, &result->wishes[i], false);
    return r;
}

static Canvass__V1__AskOf ask_of(enum match_mover mover)
{
    switch (mover) {
    case MATCH_MOVER_CLINICAL_TEAM:
        return CANVASS__V1__ASK_OF__ASK_OF_CLINICAL_TEAM;
    case MATCH_MOVER_EMPLOYER:
        return CANVASS__V1__ASK_OF__ASK_OF_EMPLOYER;
    case MATCH_MOVER_CLIENT:
        return CANVASS__V1__ASK_OF__ASK_OF_CLIENT;
    default:
        return CANVASS__V1__ASK_OF__ASK_OF_UNSPECIFIED;
    }
}

static int add_asks(const struct match_call *call, Canvass__V1__MatchedOpening *out,
    const struct match_result *result)
{
    out->asks = arena_calloc(call->arena, result->n_asks, sizeof(*out->asks));
    if (!out->asks)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < result->n_asks; i++) {
        Canvass__V1__Ask *ask = NEW(call, Canvass__V1__Ask, canvass__v1__ask__descriptor);
        if (!ask)
            return ERR_EXHAUSTED;
        ask->of = ask_of(result->asks[i].mover);
        ask->sentence = (char *)result->asks[i].sentence;
        out->asks[out->n_asks++] = ask;
    }
    return 0;
}

/* ---- openings ---- */

static int describe_opening(
    const struct match_call *call, Canvass__V1__MatchedOpening *out, size_t row)
{
    const struct code_result *rows = &call->results[MATCH_PART_OPENINGS];

    out->employer = text(call, row, OPENING_EMPLOYER);
    out->title = text(call, row, OPENING_TITLE);
    out->soc = text(call, row, OPENING_SOC);
    out->postcode = text(call, row, OPENING_POSTCODE);
    out->borough = text(call, row, OPENING_BOROUGH);
    out->hidden = code_bool(rows, row, OPENING_HIDDEN);
    out->trial = (Canvass__V1__TrialKind)match_read_enum(
        rows, row, OPENING_TRIAL, &canvass__v1__trial_kind__descriptor);
    return out->employer && out->title && out->soc && out->postcode && out->borough ? 0
                                                                                    : ERR_EXHAUSTED;
}

static Canvass__V1__MatchedOpening *matched(
    const struct match_call *call, const struct match_result *result)
{
    Canvass__V1__MatchedOpening *out
        = NEW(call, Canvass__V1__MatchedOpening, canvass__v1__matched_opening__descriptor);

    if (!out || describe_opening(call, out, find_row(call, &result->opening_id)) < 0)
        return NULL;
    out->opening_id = uuid_text(call, &result->opening_id);
    out->employer_id = uuid_text(call, &result->employer_id);
    out->score = result->score;
    if (result->distance_metres >= 0) {
        out->_distance_metres_case = CANVASS__V1__MATCHED_OPENING___DISTANCE_METRES_DISTANCE_METRES;
        out->distance_metres = result->distance_metres;
    }
    if (result->possible_on)
        out->possible_on = date_message(call, result->possible_on);
    if (!out->opening_id || !out->employer_id || (result->possible_on && !out->possible_on)
        || add_reasons(call, out, result) < 0 || add_asks(call, out, result) < 0)
        return NULL;
    return out;
}

static int add_results(const struct match_call *call, const struct match_result *results, size_t n,
    Canvass__V1__MatchedOpening ***ret_openings, size_t *ret_n)
{
    Canvass__V1__MatchedOpening **openings = arena_calloc(call->arena, n, sizeof(*openings));

    if (!openings)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < n; i++) {
        openings[i] = matched(call, &results[i]);
        if (!openings[i])
            return ERR_EXHAUSTED;
    }
    *ret_openings = openings;
    *ret_n = n;
    return 0;
}

/* ---- counts ---- */

static char *count_sentence(
    const struct match_call *call, const char *title, const struct match_count *count)
{
    if (count->alone == 0)
        return arena_printf(call->arena, "%s: no opening fails it.", title);
    return arena_printf(call->arena, "%s: %u %s it, %u of them nothing else.", title, count->alone,
        count->alone == 1 ? "opening fails" : "openings fail", count->sole);
}

static int add_funnel(const struct match_call *call, Canvass__V1__MatchClientResponse *out,
    const struct match_answer *answer)
{
    out->funnel = arena_calloc(call->arena, MATCH_N_LIMITS, sizeof(*out->funnel));
    if (!out->funnel)
        return ERR_EXHAUSTED;
    for (int i = 0; i < MATCH_N_LIMITS; i++) {
        const struct match_criterion_info *info = match_limit_info((enum match_limit)i);
        const struct match_count *count = &answer->counts[i];
        Canvass__V1__LimitCount *made
            = NEW(call, Canvass__V1__LimitCount, canvass__v1__limit_count__descriptor);
        if (!made)
            return ERR_EXHAUSTED;
        made->criterion = (char *)info->name;
        made->sentence = count_sentence(call, info->title, count);
        made->alone = (int32_t)count->alone;
        made->first = (int32_t)count->funnel;
        made->only = (int32_t)count->sole;
        if (!made->sentence)
            return ERR_EXHAUSTED;
        out->funnel[out->n_funnel++] = made;
    }
    return 0;
}

static int add_notes(const struct match_call *call, Canvass__V1__MatchClientResponse *out,
    const struct match_answer *answer)
{
    static const char straight[] = "Distances are straight lines, not journeys.";

    out->notes = arena_calloc(call->arena, answer->n_notes + 1, sizeof(*out->notes));
    if (!out->notes)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < answer->n_notes; i++)
        out->notes[out->n_notes++] = (char *)answer->notes[i];
    if (call->client.has_home)
        out->notes[out->n_notes++] = (char *)straight;
    return 0;
}

int match_call_respond(const struct match_call *call, const struct match_answer *answer,
    ProtobufCMessage **ret_message, struct err *err)
{
    Canvass__V1__MatchClientResponse *out = NEW(
        call, Canvass__V1__MatchClientResponse, canvass__v1__match_client_response__descriptor);

    if (!out)
        return err_oom(err);
    out->considered = (int32_t)answer->n_openings;
    out->fitting = (int32_t)answer->n_fit;
    if (add_results(call, answer->results, answer->n_results, &out->openings, &out->n_openings) < 0
        || add_results(call, answer->near_misses, answer->n_near_misses, &out->near_misses,
               &out->n_near_misses)
            < 0
        || add_results(call, answer->not_yet, answer->n_not_yet, &out->later, &out->n_later) < 0
        || add_funnel(call, out, answer) < 0 || add_notes(call, out, answer) < 0)
        return err_oom(err);
    *ret_message = &out->base;
    return 0;
}
