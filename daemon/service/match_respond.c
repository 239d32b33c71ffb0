/* From the matcher's answer to the response. */
#include "base/civil.h"
#include "base/clock.h"
#include "service/match_internal.h"
#include "wire/message.h"

#define NEW(call, type, desc) ((type *)message_new(&(desc), (call)->arena))
#define POINTS_MAX 100 /* of a wish, before its weight */

/* The row that speaks of an opening, or as many as there are rows: the caller may not see it, or it
 * was closed while the answer was made. */
static size_t find_row(const struct match_call *call, const struct uuid *id)
{
    size_t n = code_n_rows(call->shown);

    for (size_t row = 0; row < n; row++) {
        struct uuid shown = { { 0 } };
        match_read_uuid(call->shown, row, SHOWN_ID, &shown);
        if (uuid_compare(&shown, id) == 0)
            return row;
    }
    return n;
}

static char *text(const struct match_call *call, size_t row, size_t column)
{
    return (char *)code_text(call->shown, row, column, call->arena);
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

struct reasons {
    Canvass__V1__Reason **list;
    size_t n;
    int32_t max_score;
};

static int add_reason(const struct match_call *call, struct reasons *out, const char *criterion,
    const struct match_reason *reason, bool is_limit)
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
    out->list[out->n++] = made;
    return 0;
}

static int list_reasons(
    const struct match_call *call, const struct match_result *result, struct reasons *ret_reasons)
{
    struct match_reason later = { .verdict = MATCH_ASK, .sentence = result->possible_sentence };
    int r = 0;

    *ret_reasons = (struct reasons) { .list
        = arena_calloc(call->arena, MATCH_N_LIMITS + MATCH_N_WISHES + 1, sizeof(void *)) };
    if (!ret_reasons->list)
        return ERR_EXHAUSTED;
    r = add_reason(call, ret_reasons, "possible_on", &later, true);
    for (int i = 0; r == 0 && i < MATCH_N_LIMITS; i++)
        r = add_reason(call, ret_reasons, match_limit_info((enum match_limit)i)->name,
            &result->limits[i], true);
    for (int i = 0; r == 0 && i < MATCH_N_WISHES; i++)
        r = add_reason(call, ret_reasons, match_wish_info((enum match_wish)i)->name,
            &result->wishes[i], false);
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

static int list_asks(const struct match_call *call, const struct match_result *result,
    Canvass__V1__Ask ***ret_asks, size_t *ret_n)
{
    Canvass__V1__Ask **asks = arena_calloc(call->arena, result->n_asks, sizeof(*asks));

    if (!asks)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < result->n_asks; i++) {
        asks[i] = NEW(call, Canvass__V1__Ask, canvass__v1__ask__descriptor);
        if (!asks[i])
            return ERR_EXHAUSTED;
        asks[i]->of = ask_of(result->asks[i].mover);
        asks[i]->sentence = (char *)result->asks[i].sentence;
    }
    *ret_asks = asks;
    *ret_n = result->n_asks;
    return 0;
}

/* What MatchedOpening and MatchedClient both have. */
struct judged {
    struct reasons reasons;
    Canvass__V1__Ask **asks;
    size_t n_asks;
    Canvass__V1__Date *possible_on; /* NULL: not by a date */
};

static int judge(
    const struct match_call *call, const struct match_result *result, struct judged *ret_judged)
{
    *ret_judged = (struct judged) { .n_asks = 0 };
    if (result->possible_on) {
        ret_judged->possible_on = date_message(call, result->possible_on);
        if (!ret_judged->possible_on)
            return ERR_EXHAUSTED;
    }
    int r = list_reasons(call, result, &ret_judged->reasons);
    return r < 0 ? r : list_asks(call, result, &ret_judged->asks, &ret_judged->n_asks);
}

/* ---- openings ---- */

static int describe_opening(
    const struct match_call *call, Canvass__V1__MatchedOpening *out, size_t row)
{
    out->employer = text(call, row, SHOWN_EMPLOYER);
    out->title = text(call, row, SHOWN_TITLE);
    out->soc = text(call, row, SHOWN_SOC);
    out->postcode = text(call, row, SHOWN_POSTCODE);
    out->borough = text(call, row, SHOWN_BOROUGH);
    out->hidden = code_bool(call->shown, row, SHOWN_HIDDEN);
    out->trial = (Canvass__V1__TrialKind)match_read_enum(
        call->shown, row, SHOWN_TRIAL, &canvass__v1__trial_kind__descriptor);
    return out->employer && out->title && out->soc && out->postcode && out->borough ? 0
                                                                                    : ERR_EXHAUSTED;
}

static void *matched_opening(const struct match_call *call, const struct match_result *result)
{
    Canvass__V1__MatchedOpening *out
        = NEW(call, Canvass__V1__MatchedOpening, canvass__v1__matched_opening__descriptor);
    struct judged judged;

    if (!out || describe_opening(call, out, find_row(call, &result->opening_id)) < 0
        || judge(call, result, &judged) < 0)
        return NULL;
    out->opening_id = uuid_text(call, &result->opening_id);
    out->employer_id = uuid_text(call, &result->employer_id);
    if (result->distance_metres >= 0) {
        out->_distance_metres_case = CANVASS__V1__MATCHED_OPENING___DISTANCE_METRES_DISTANCE_METRES;
        out->distance_metres = result->distance_metres;
    }
    out->score = result->score;
    out->max_score = judged.reasons.max_score;
    out->reasons = judged.reasons.list;
    out->n_reasons = judged.reasons.n;
    out->asks = judged.asks;
    out->n_asks = judged.n_asks;
    out->possible_on = judged.possible_on;
    return out->opening_id && out->employer_id ? out : NULL;
}

/* ---- clients ---- */

static const Canvass__V1__Client *find_client(const struct match_call *call, const struct uuid *id)
{
    size_t i = 0;

    while (uuid_compare(&call->subjects[i].client.id, id) != 0)
        i++;
    return call->subjects[i].message;
}

static void *matched_client(const struct match_call *call, const struct match_result *result)
{
    Canvass__V1__MatchedClient *out
        = NEW(call, Canvass__V1__MatchedClient, canvass__v1__matched_client__descriptor);
    const Canvass__V1__Client *client = find_client(call, &result->client_id);
    struct judged judged;

    if (!out || judge(call, result, &judged) < 0)
        return NULL;
    out->client_id = client->id;
    out->ref = client->ref;
    out->initials = client->initials;
    out->specialist = client->specialist;
    if (result->distance_metres >= 0) {
        out->_distance_metres_case = CANVASS__V1__MATCHED_CLIENT___DISTANCE_METRES_DISTANCE_METRES;
        out->distance_metres = result->distance_metres;
    }
    out->score = result->score;
    out->max_score = judged.reasons.max_score;
    out->reasons = judged.reasons.list;
    out->n_reasons = judged.reasons.n;
    out->asks = judged.asks;
    out->n_asks = judged.n_asks;
    out->possible_on = judged.possible_on;
    return out;
}

typedef void *make_matched_fn(const struct match_call *call, const struct match_result *result);

/* Put a message for each of @n results into a new list. */
static int list_matched(const struct match_call *call, make_matched_fn *make,
    const struct match_result *results, size_t n, void *ret_list, size_t *ret_n)
{
    void **list = arena_calloc(call->arena, n, sizeof(*list));

    if (!list)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < n; i++) {
        list[i] = make(call, &results[i]);
        if (!list[i])
            return ERR_EXHAUSTED;
    }
    memcpy(ret_list, &list, sizeof(list));
    *ret_n = n;
    return 0;
}

/* ---- counts and notes ---- */

static char *count_sentence(const struct match_call *call, const char *title, const char *what,
    const struct match_count *count)
{
    if (count->alone == 0)
        return arena_printf(call->arena, "%s: no %s fails it.", title, what);
    return arena_printf(call->arena, "%s: %u %s%s it, %u of them nothing else.", title,
        count->alone, what, count->alone == 1 ? " fails" : "s fail", count->sole);
}

static int list_counts(const struct match_call *call, const struct match_answer *answer,
    const char *what, Canvass__V1__LimitCount ***ret_funnel, size_t *ret_n)
{
    Canvass__V1__LimitCount **funnel = arena_calloc(call->arena, MATCH_N_LIMITS, sizeof(*funnel));

    if (!funnel)
        return ERR_EXHAUSTED;
    for (int i = 0; i < MATCH_N_LIMITS; i++) {
        const struct match_criterion_info *info = match_limit_info((enum match_limit)i);
        const struct match_count *count = &answer->counts[i];
        Canvass__V1__LimitCount *made
            = NEW(call, Canvass__V1__LimitCount, canvass__v1__limit_count__descriptor);
        if (!made)
            return ERR_EXHAUSTED;
        made->criterion = (char *)info->name;
        made->sentence = count_sentence(call, info->title, what, count);
        made->alone = (int32_t)count->alone;
        made->first = (int32_t)count->funnel;
        made->only = (int32_t)count->sole;
        if (!made->sentence)
            return ERR_EXHAUSTED;
        funnel[i] = made;
    }
    *ret_funnel = funnel;
    *ret_n = MATCH_N_LIMITS;
    return 0;
}

static int list_notes(const struct match_call *call, const struct match_answer *answer,
    char ***ret_notes, size_t *ret_n)
{
    char **notes = arena_calloc(call->arena, answer->n_notes + 1, sizeof(*notes));
    size_t n = 0;
    bool has_home = false;

    if (!notes)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < answer->n_notes; i++)
        notes[n++] = (char *)answer->notes[i];
    for (size_t i = 0; i < call->n_subjects; i++)
        has_home |= call->subjects[i].client.has_home;
    if (has_home)
        notes[n++] = (char *)"Distances are straight lines, not journeys.";
    *ret_notes = notes;
    *ret_n = n;
    return 0;
}

/* ---- responses ---- */

/* Drop what is not shown. */
static void keep_shown(const struct match_call *call, struct match_result *results, size_t *n)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++)
        if (find_row(call, &results[i].opening_id) < code_n_rows(call->shown))
            results[kept++] = results[i];
    *n = kept;
}

int match_respond_client(struct match_call *call, ProtobufCMessage **ret_message, struct err *err)
{
    struct match_answer *answer = call->answer;
    Canvass__V1__MatchClientResponse *out = NEW(
        call, Canvass__V1__MatchClientResponse, canvass__v1__match_client_response__descriptor);

    if (!out)
        return err_oom(err);
    keep_shown(call, answer->results, &answer->n_results);
    keep_shown(call, answer->near_misses, &answer->n_near_misses);
    keep_shown(call, answer->not_yet, &answer->n_not_yet);
    out->catalogue_age_ms = (int32_t)(call->age_usec / USEC_PER_MSEC);
    out->considered = (int32_t)answer->n_openings;
    out->fitting = (int32_t)answer->n_fit;
    if (list_matched(call, matched_opening, answer->results, answer->n_results, &out->openings,
            &out->n_openings)
            < 0
        || list_matched(call, matched_opening, answer->near_misses, answer->n_near_misses,
               &out->near_misses, &out->n_near_misses)
            < 0
        || list_matched(call, matched_opening, answer->not_yet, answer->n_not_yet, &out->later,
               &out->n_later)
            < 0
        || list_counts(call, answer, "opening", &out->funnel, &out->n_funnel) < 0
        || list_notes(call, answer, &out->notes, &out->n_notes) < 0)
        return err_oom(err);
    *ret_message = &out->base;
    return 0;
}

int match_respond_opening(
    const struct match_call *call, ProtobufCMessage **ret_message, struct err *err)
{
    const struct match_answer *answer = call->answer;
    Canvass__V1__MatchOpeningResponse *out = NEW(
        call, Canvass__V1__MatchOpeningResponse, canvass__v1__match_opening_response__descriptor);

    if (!out)
        return err_oom(err);
    out->considered = (int32_t)answer->n_openings;
    out->fitting = (int32_t)answer->n_fit;
    if (list_matched(call, matched_client, answer->results, answer->n_results, &out->clients,
            &out->n_clients)
            < 0
        || list_matched(call, matched_client, answer->near_misses, answer->n_near_misses,
               &out->near_misses, &out->n_near_misses)
            < 0
        || list_matched(
               call, matched_client, answer->not_yet, answer->n_not_yet, &out->later, &out->n_later)
            < 0
        || list_counts(call, answer, "client", &out->funnel, &out->n_funnel) < 0
        || list_notes(call, answer, &out->notes, &out->n_notes) < 0)
        return err_oom(err);
    *ret_message = &out->base;
    return 0;
}

int match_respond_explain(
    const struct match_call *call, ProtobufCMessage **ret_message, struct err *err)
{
    Canvass__V1__ExplainMatchResponse *out = NEW(
        call, Canvass__V1__ExplainMatchResponse, canvass__v1__explain_match_response__descriptor);

    if (!out)
        return err_oom(err);
    out->fits = call->result->failed_limits == 0;
    out->opening = matched_opening(call, call->result);
    if (!out->opening || list_notes(call, call->answer, &out->notes, &out->n_notes) < 0)
        return err_oom(err);
    *ret_message = &out->base;
    return 0;
}
