#include "match/match_internal.h"

enum { FULL_POINTS = 100, POINTS_A_WEIGHT = 20 };

static void grant(struct match_finding *finding, enum match_why why, int64_t points)
{
    *finding = (struct match_finding) {
        .verdict = why == WHY_NOT_KNOWN || why == WHY_CLIENT_NOT_KNOWN ? MATCH_ASK : MATCH_PASS,
        .why = (uint8_t)why,
        .points = (uint8_t)MAX(0, MIN(points, FULL_POINTS)),
    };
}

void match_wish_occupation(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    if (q->client->n_occupations == 0)
        return grant(ret_finding, WHY_NO_WISH, 0);
    if (o->soc == 0)
        return grant(ret_finding, WHY_NOT_KNOWN, 0);
    const struct match_code_wish *wish = match_best_occupation(q->client, o->soc);
    grant(ret_finding, wish ? WHY_FITS : WHY_NOT_WISHED, wish ? wish->weight * POINTS_A_WEIGHT : 0);
}

void match_wish_industry(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    if (q->client->n_industries == 0)
        return grant(ret_finding, WHY_NO_WISH, 0);
    const struct match_code_wish *wish = match_best_industry(q->client, o);
    if (!wish && o->sic == 0 && o->sic_section == 0)
        return grant(ret_finding, WHY_NOT_KNOWN, 0);
    grant(ret_finding, wish ? WHY_FITS : WHY_NOT_WISHED, wish ? wish->weight * POINTS_A_WEIGHT : 0);
}

static uint8_t within_points(int64_t points)
{
    return (uint8_t)MAX(0, MIN(points, FULL_POINTS));
}

/* A point lost for each tenth of an hour between what is wanted and what is offered. */
uint8_t match_hours_points(const struct match_query *q, uint32_t least, uint32_t most)
{
    int32_t wanted = q->client->hours_wanted_tenths;
    return within_points(
        FULL_POINTS - MAX(0, MAX((int32_t)least - wanted, wanted - (int32_t)most)));
}

void match_wish_hours(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    uint32_t most = match_most_hours_tenths(o);
    if (q->client->hours_wanted_tenths == 0)
        return grant(ret_finding, WHY_NO_WISH, 0);
    if (most == 0)
        return grant(ret_finding, WHY_NOT_KNOWN, 0);
    grant(ret_finding, WHY_FITS, match_hours_points(q, o->hours_min_tenths, most));
}

int64_t match_pay_full(const struct match_query *q)
{
    int64_t hoped = (int64_t)q->client->pay_hoped_pence - (int64_t)q->pay_floor_pence;
    return hoped > 0 ? hoped : (int64_t)q->options->pay_full_pence;
}

uint8_t match_pay_points(const struct match_query *q, uint32_t pay_pence)
{
    int64_t above = (int64_t)pay_pence - (int64_t)q->pay_floor_pence;
    return within_points(above * FULL_POINTS / match_pay_full(q));
}

uint32_t match_least_pay_pence(const struct match_opening *o)
{
    return o->pay_min_pence ? o->pay_min_pence : o->pay_max_pence;
}

void match_wish_pay(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    uint32_t pay = match_least_pay_pence(o);
    if (pay == 0)
        return grant(ret_finding, WHY_NOT_KNOWN, 0);
    grant(ret_finding, WHY_FITS, match_pay_points(q, pay));
}

int64_t match_far_metres(const struct match_query *q)
{
    return q->client->distance_max_metres ? q->client->distance_max_metres
                                          : q->options->near_metres;
}

uint8_t match_nearness_points(const struct match_query *q, int64_t metres)
{
    return within_points(FULL_POINTS - metres * FULL_POINTS / match_far_metres(q));
}

void match_wish_nearness(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    int64_t metres = match_distance_metres(q, o);
    if (metres < 0)
        return grant(ret_finding, q->client->has_home ? WHY_NOT_KNOWN : WHY_CLIENT_NOT_KNOWN, 0);
    grant(ret_finding, WHY_FITS, match_nearness_points(q, metres));
}

void match_wish_trial(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    grant(ret_finding, o->trial == MATCH_TRIAL_UNKNOWN ? WHY_NOT_KNOWN : WHY_FITS,
        q->options->trial_points[o->trial]);
}

void match_wish_warmth(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    grant(ret_finding, WHY_FITS, q->options->stance_points[o->stance]);
}

void match_wish_track_record(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    (void)q;
    grant(ret_finding, WHY_FITS, o->relationship_level * POINTS_A_WEIGHT);
}

uint8_t match_share_points(unsigned met, unsigned all)
{
    return (uint8_t)(met * FULL_POINTS / all);
}

/* The share of the weights whose bit is present. */
static void grant_share(
    const uint8_t *weights, size_t n, uint32_t present, struct match_finding *ret_finding)
{
    unsigned all = 0;
    unsigned met = 0;
    for (size_t i = 0; i < n; i++) {
        all += weights[i];
        met += present >> i & 1 ? weights[i] : 0;
    }
    if (all == 0)
        return grant(ret_finding, WHY_NO_WISH, 0);
    grant(ret_finding, met ? WHY_FITS : WHY_NOT_WISHED, match_share_points(met, all));
}

void match_wish_setting(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    grant_share(q->client->setting_weights, MATCH_N_SETTINGS, o->settings, ret_finding);
}

void match_wish_accreditation(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    grant_share(
        q->client->accreditation_weights, MATCH_N_ACCREDITATIONS, o->accreditations, ret_finding);
}

void match_wish_permanence(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding)
{
    (void)q;
    if (o->permanence == MATCH_PERMANENCE_UNKNOWN)
        return grant(ret_finding, WHY_NOT_KNOWN, 0);
    grant(ret_finding, WHY_FITS, o->permanence == MATCH_PERMANENCE_PERMANENT ? FULL_POINTS : 0);
}
