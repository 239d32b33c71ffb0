/* From a client's row to what the matcher knows of a client. */
#include "base/civil.h"
#include "service/match_internal.h"
#include "service/pgbin.h"
#include "wire/json.h"

#define SECTOR_WEIGHT 3 /* of 1 to 5: sectors are named without a weight */
#define HALF_HOUR_MINUTES 30
#define DAY_MINUTES 1440

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

static int read_wishes(struct arena *arena, const Canvass__V1__Wishes *wishes,
    struct match_client *client, struct err *err)
{
    struct match_code_wish *occupations
        = arena_calloc(arena, wishes->n_occupations, sizeof(*occupations));
    struct match_code_wish *industries
        = arena_calloc(arena, wishes->n_sectors, sizeof(*industries));

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
    client->pay_hoped_pence = (uint32_t)wishes->pay_pence_hour;
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
static void silence_wishes(const Canvass__V1__Wishes *wishes, struct match_client *client)
{
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

static int read_codes(struct arena *arena, char **texts, size_t n,
    const struct match_code **ret_codes, size_t *ret_n, struct err *err)
{
    struct match_code *codes = arena_calloc(arena, n, sizeof(*codes));

    if (!codes)
        return err_oom(err);
    for (size_t i = 0; i < n; i++)
        if (match_read_code(texts[i], &codes[*ret_n]))
            (*ret_n)++;
    *ret_codes = codes;
    return 0;
}

static int read_constraints(struct arena *arena, const Canvass__V1__Constraints *from,
    struct match_client *client, struct err *err)
{
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
    int r = read_codes(arena, from->excluded_soc, from->n_excluded_soc,
        &client->excluded_occupations, &client->n_excluded_occupations, err);
    return r < 0 ? r
                 : read_codes(arena, from->excluded_sic, from->n_excluded_sic,
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
static int read_windows(struct arena *arena, const Canvass__V1__Client *message,
    struct match_client *client, struct err *err)
{
    struct match_window *windows = arena_calloc(arena, message->n_unavailable, sizeof(*windows));

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
    client->windows = windows;
    client->n_windows = message->n_unavailable;
    return 0;
}

static int parse_message(const struct code_result *rows, size_t row, struct arena *arena,
    const Canvass__V1__Client **ret_message, struct err *err)
{
    ProtobufCMessage *message;
    size_t len;
    const char *json = code_bytes(rows, row, CLIENT_MESSAGE, &len);

    if (!json || len < 1 || json[0] != PGBIN_JSONB_VERSION)
        return err_set(err, ERR_INTERNAL, "unknown version of jsonb");
    int r = json_parse(
        &canvass__v1__client__descriptor, arena, json + 1, len - 1, JSON_SQL, &message, err);
    if (r < 0)
        return r == ERR_EXHAUSTED ? r : err_set(err, ERR_INTERNAL, "the client's JSON is unknown");
    *ret_message = (const Canvass__V1__Client *)message;
    return 0;
}

/* What stands in columns of their own. */
static int read_columns(const struct code_result *rows, size_t row, struct arena *arena,
    struct match_client *client, struct err *err)
{
    client->has_home = !code_is_null(rows, row, CLIENT_EASTING);
    client->easting_metres = (int32_t)code_int(rows, row, CLIENT_EASTING);
    client->northing_metres = (int32_t)code_int(rows, row, CLIENT_NORTHING);
    client->legal_pay_min_pence = (uint32_t)code_int(rows, row, CLIENT_LEGAL_PAY);
    client->legal_pay_sentence = code_text(rows, row, CLIENT_LEGAL_PAY_SENTENCE, arena);
    return client->legal_pay_sentence ? 0 : err_oom(err);
}

static int read_client(
    struct match_call *call, size_t row, struct match_subject *subject, struct err *err)
{
    const struct code_result *rows = &call->results[MATCH_PART_CLIENTS];
    struct match_client *client = &subject->client;
    int r = parse_message(rows, row, call->arena, &subject->message, err);

    if (r < 0)
        return r;
    const Canvass__V1__Client *message = subject->message;
    match_client_init(client);
    if (uuid_parse(message->id, strlen(message->id), &client->id) < 0)
        return err_set(err, ERR_INTERNAL, "the client's id is no UUID");
    client->is_paused = message->status == CANVASS__V1__CLIENT_STATUS__CLIENT_STATUS_PAUSED;
    client->ask_again_on = date_of(message->paused_until);
    r = read_columns(rows, row, call->arena, client, err);
    if (r == 0 && message->wishes)
        r = read_wishes(call->arena, message->wishes, client, err);
    silence_wishes(message->wishes, client);
    if (r == 0 && message->constraints)
        r = read_constraints(call->arena, message->constraints, client, err);
    return r < 0 ? r : read_windows(call->arena, message, client, err);
}

int match_call_read_clients(struct match_call *call, struct err *err)
{
    size_t n = code_n_rows(&call->results[MATCH_PART_CLIENTS]);

    call->subjects = arena_calloc(call->arena, n, sizeof(*call->subjects));
    if (!call->subjects)
        return err_oom(err);
    for (size_t row = 0; row < n; row++) {
        int r = read_client(call, row, &call->subjects[row], err);
        if (r < 0)
            return r;
    }
    call->n_subjects = n;
    return 0;
}
