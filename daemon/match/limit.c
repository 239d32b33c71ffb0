#include "match/match_internal.h"

#include <math.h>

static void found(struct match_finding *finding, enum match_verdict verdict, enum match_why why)
{
    *finding = (struct match_finding) { .verdict = verdict, .why = (uint8_t)why };
}

void match_limit_live(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    if (o->is_closed)
        return found(ret_finding, MATCH_FAIL, WHY_CLOSED);
    if (o->closes_on && o->closes_on < q->on)
        return found(ret_finding, MATCH_FAIL, WHY_CLOSING_PASSED);
    if (!o->is_hidden && o->places_left == 0)
        return found(ret_finding, MATCH_FAIL, WHY_NO_PLACES);
    if (o->opens_on > q->on)
        return found(ret_finding, MATCH_FAIL, WHY_NOT_OPEN_YET);
    if (o->is_hidden)
        return found(ret_finding, MATCH_ASK, WHY_HIDDEN);
    if (o->places_left == MATCH_PLACES_UNKNOWN)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    found(ret_finding, MATCH_PASS, WHY_FITS);
}

int32_t match_can_start_on(const struct match_query *q)
{
    return MAX(q->client->earliest_start_on, q->on);
}

/* The last day on which the job can begin; INT32_MAX: not known. */
int32_t match_latest_start_on(const struct match_query *q, const struct match_opening *o)
{
    if (o->latest_start_on)
        return o->latest_start_on;
    if (!o->starts_on)
        return INT32_MAX;
    return MAX(o->starts_on, q->on) + q->options->start_slack_days;
}

void match_limit_start(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    const struct match_client *client = q->client;
    if (match_can_start_on(q) > match_latest_start_on(q, o))
        return found(ret_finding, MATCH_FAIL, WHY_TOO_SOON);
    if (client->latest_start_on && o->starts_on
        && MAX(o->starts_on, q->on) > client->latest_start_on)
        return found(ret_finding, MATCH_FAIL, WHY_TOO_LATE);
    if (o->starts_on || o->latest_start_on)
        return found(ret_finding, MATCH_PASS, WHY_FITS);
    if (client->earliest_start_on > q->on || client->latest_start_on)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    found(ret_finding, MATCH_PASS, WHY_NO_LIMIT);
}

uint32_t match_most_hours_tenths(const struct match_opening *o)
{
    return o->hours_max_tenths ? o->hours_max_tenths : o->hours_min_tenths;
}

void match_limit_hours(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    const struct match_client *client = q->client;
    uint32_t most = match_most_hours_tenths(o);
    if (!client->hours_min_tenths && !client->hours_max_tenths)
        return found(ret_finding, MATCH_PASS, WHY_NO_LIMIT);
    if (most == 0)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    if (client->hours_max_tenths && o->hours_min_tenths > client->hours_max_tenths)
        return found(ret_finding, MATCH_FAIL, WHY_TOO_MANY);
    if (most < client->hours_min_tenths)
        return found(ret_finding, MATCH_FAIL, WHY_TOO_FEW);
    found(ret_finding, MATCH_PASS, WHY_FITS);
}

uint32_t match_best_pay_pence(const struct match_opening *o)
{
    return o->pay_max_pence ? o->pay_max_pence : o->pay_min_pence;
}

void match_limit_pay(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    uint32_t best = match_best_pay_pence(o);
    if (q->pay_floor_pence == 0)
        return found(ret_finding, MATCH_PASS, WHY_NO_LIMIT);
    if (best == 0)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    if (best < q->pay_floor_pence)
        return found(ret_finding, MATCH_FAIL, WHY_TOO_FEW);
    if (o->pay_min_pence < q->pay_floor_pence)
        return found(ret_finding, MATCH_ASK, WHY_PARTLY);
    found(ret_finding, MATCH_PASS, WHY_FITS);
}

int64_t match_squared_from_home(const struct match_query *q, int32_t easting, int32_t northing)
{
    int64_t east = (int64_t)easting - q->client->easting_metres;
    int64_t north = (int64_t)northing - q->client->northing_metres;
    return east * east + north * north;
}

bool match_distance_squared(
    const struct match_query *q, const struct match_opening *o, int64_t *ret_squared)
{
    if (!q->client->has_home || !o->has_site)
        return false;
    *ret_squared = match_squared_from_home(q, o->easting_metres, o->northing_metres);
    return true;
}

int32_t match_distance_metres(const struct match_query *q, const struct match_opening *o)
{
    int64_t squared;
    return match_distance_squared(q, o, &squared) ? match_metres(squared) : -1;
}

/* Rounded up to whole metres, exactly: the double only makes the first guess. */
int32_t match_metres(int64_t squared)
{
    int64_t root = (int64_t)sqrt((double)squared);
    while (root * root < squared)
        root++;
    while (root > 0 && (root - 1) * (root - 1) >= squared)
        root--;
    return (int32_t)root;
}

const struct match_journey *match_find_journey(
    const struct match_client *client, const struct match_opening *o)
{
    if (uuid_is_nil(&o->site_id))
        return NULL;
    for (size_t i = 0; i < client->n_journeys; i++)
        if (uuid_compare(&client->journeys[i].site_id, &o->site_id) == 0)
            return &client->journeys[i];
    return NULL;
}

void match_limit_distance(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    const struct match_client *client = q->client;
    if (client->journey_max_minutes) {
        const struct match_journey *journey = match_find_journey(client, o);
        if (journey && journey->minutes > client->journey_max_minutes)
            return found(ret_finding, MATCH_FAIL, WHY_JOURNEY_TOO_LONG);
        if (journey)
            return found(ret_finding, MATCH_PASS, WHY_JOURNEY_FITS);
    }
    int64_t squared = 0;
    bool is_known = match_distance_squared(q, o, &squared);
    if (is_known && squared > q->distance_max_squared)
        return found(ret_finding, MATCH_FAIL, WHY_TOO_FAR);
    if (client->distance_max_metres && !is_known)
        return found(
            ret_finding, MATCH_ASK, client->has_home ? WHY_NOT_KNOWN : WHY_CLIENT_NOT_KNOWN);
    if (client->journey_max_minutes)
        return found(ret_finding, MATCH_ASK, WHY_JOURNEY_NOT_CHECKED);
    found(ret_finding, MATCH_PASS, client->distance_max_metres ? WHY_FITS : WHY_NO_LIMIT);
}

const struct match_code_wish *match_best_occupation(const struct match_client *client, uint16_t soc)
{
    const struct match_code_wish *best = NULL;
    for (size_t i = 0; i < client->n_occupations; i++) {
        const struct match_code_wish *wish = &client->occupations[i];
        if (match_code_has_soc(&wish->code, soc) && (!best || wish->weight > best->weight))
            best = wish;
    }
    return best;
}

/* Without a wish "only these" would shut out everything: then it limits nothing. */
bool match_only_these_occupations(const struct match_client *client)
{
    return client->only_these_occupations && client->n_occupations > 0;
}

void match_limit_occupation(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    const struct match_client *client = q->client;
    bool only_these = match_only_these_occupations(client);
    if (!only_these && client->n_excluded_occupations == 0)
        return found(ret_finding, MATCH_PASS, WHY_NO_LIMIT);
    if (o->soc == 0)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    for (size_t i = 0; i < client->n_excluded_occupations; i++)
        if (match_code_has_soc(&client->excluded_occupations[i], o->soc))
            return found(ret_finding, MATCH_FAIL, WHY_EXCLUDED);
    if (only_these && !match_best_occupation(client, o->soc))
        return found(ret_finding, MATCH_FAIL, WHY_NOT_WISHED);
    found(ret_finding, MATCH_PASS, WHY_FITS);
}

const struct match_code_wish *match_best_industry(
    const struct match_client *client, const struct match_opening *o)
{
    const struct match_code_wish *best = NULL;
    for (size_t i = 0; i < client->n_industries; i++) {
        const struct match_code_wish *wish = &client->industries[i];
        if (match_code_has_sic(&wish->code, o->sic, o->sic_section)
            && (!best || wish->weight > best->weight))
            best = wish;
    }
    return best;
}

void match_limit_industry(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    const struct match_client *client = q->client;
    bool is_known = true;
    if (client->n_excluded_industries == 0)
        return found(ret_finding, MATCH_PASS, WHY_NO_LIMIT);
    for (size_t i = 0; i < client->n_excluded_industries; i++) {
        const struct match_code *code = &client->excluded_industries[i];
        if (match_code_has_sic(code, o->sic, o->sic_section))
            return found(ret_finding, MATCH_FAIL, WHY_EXCLUDED);
        if (code->section ? o->sic_section == 0 : o->sic == 0)
            is_known = false;
    }
    found(ret_finding, is_known ? MATCH_PASS : MATCH_ASK, is_known ? WHY_FITS : WHY_NOT_KNOWN);
}

/* Of two ordered scales that both begin unknown, none: driving classes, levels of check. */
static void compare_levels(
    unsigned needed, unsigned held, unsigned top, struct match_finding *ret_finding)
{
    enum { LEVEL_UNKNOWN, LEVEL_NONE };
    if (needed == LEVEL_NONE)
        return found(ret_finding, MATCH_PASS, WHY_NOT_NEEDED);
    if (held == top)
        return found(ret_finding, MATCH_PASS, WHY_FITS);
    if (needed == LEVEL_UNKNOWN)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    if (held == LEVEL_UNKNOWN)
        return found(ret_finding, MATCH_ASK, WHY_CLIENT_NOT_KNOWN);
    if (held < needed)
        return found(ret_finding, MATCH_FAIL, WHY_TOO_FEW);
    found(ret_finding, MATCH_PASS, WHY_FITS);
}

void match_limit_driving(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    compare_levels(o->driving, q->driving, MATCH_DRIVING_G2, ret_finding);
}

void match_limit_check(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    compare_levels(o->check, q->check, MATCH_CHECK_ENHANCED, ret_finding);
}

/* The exposures present. Nights are known from a fixed pattern, whether recorded or not. */
uint32_t match_exposures(
    const struct match_query *q, const struct match_opening *o, uint32_t *ret_known)
{
    uint32_t present = o->exposures;
    uint32_t known = o->exposures | o->exposures_known;
    if (match_shift_kind_of(o) == MATCH_SHIFT_FIXED) {
        known |= 1u << MATCH_EXPOSURE_NIGHTS;
        if (match_week_meets(&o->shifts, &q->options->night))
            present |= 1u << MATCH_EXPOSURE_NIGHTS;
    }
    *ret_known = known;
    return present;
}

void match_limit_must_not(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    uint32_t known;
    uint32_t present = match_exposures(q, o, &known);
    if (q->client->must_not == 0)
        return found(ret_finding, MATCH_PASS, WHY_NO_LIMIT);
    if (present & q->client->must_not)
        return found(ret_finding, MATCH_FAIL, WHY_EXCLUDED);
    if (q->client->must_not & ~known)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    found(ret_finding, MATCH_PASS, WHY_FITS);
}

/* A fixed pattern in which no half-hour is set says nothing. */
enum match_shift_kind match_shift_kind_of(const struct match_opening *o)
{
    if (o->shift_kind == MATCH_SHIFT_FIXED && match_week_is_empty(&o->shifts))
        return MATCH_SHIFT_UNKNOWN;
    return o->shift_kind;
}

uint32_t match_room_tenths(const struct match_week *free, const struct match_week *within)
{
    enum { SLOT_TENTHS = 5 };
    struct match_week room = *free;
    if (!match_week_is_empty(within))
        match_week_keep(&room, within);
    return match_week_count(&room) * SLOT_TENTHS;
}

void match_limit_shift(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    enum match_shift_kind kind = match_shift_kind_of(o);
    if (!q->client->has_availability && !q->has_windows)
        return found(ret_finding, MATCH_ASK, WHY_CLIENT_NOT_KNOWN);
    if (kind == MATCH_SHIFT_UNKNOWN)
        return found(ret_finding, MATCH_ASK, WHY_NOT_KNOWN);
    if (kind == MATCH_SHIFT_FIXED) {
        struct match_week clash = o->shifts;
        match_week_take(&clash, &q->free);
        if (!match_week_is_empty(&clash))
            return found(ret_finding, MATCH_FAIL, WHY_CLASH);
    } else if (match_room_tenths(&q->free, &o->shifts) < MAX(o->hours_min_tenths, 1u)) {
        return found(ret_finding, MATCH_FAIL, WHY_NO_ROOM);
    }
    if (!q->client->has_availability)
        return found(ret_finding, MATCH_ASK, WHY_CLIENT_NOT_KNOWN);
    found(ret_finding, MATCH_PASS, WHY_FITS);
}
