#include "unit/match/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 336 };

static bool bit(const struct match_week *week, int slot)
{
    slot = ((slot % SLOTS) + SLOTS) % SLOTS;
    return (week->bits[slot / 64] >> (slot % 64)) & 1;
}

static int count(const bool slots[SLOTS])
{
    int n = 0;
    for (int i = 0; i < SLOTS; i++)
        n += slots[i];
    return n;
}

static bool holds(const struct match_window *w, int32_t on)
{
    if (w->from_on != 0 && on < w->from_on)
        return false;
    return w->until_on == 0 || on <= w->until_on;
}

/* Is the client kept from work in this half-hour by this window? In it, on the way from it to
 * work, or on the way from work to it. */
static bool blocks(const struct match_client *c, const struct match_window *w, int slot)
{
    int to = w->place == MATCH_PLACE_NEAR_WORK ? 0 : c->travel_before_half_hours;
    int back = w->place == MATCH_PLACE_NEAR_WORK ? 0 : c->travel_after_half_hours;
    for (int i = -to; i <= back; i++)
        if (bit(&w->week, slot + i))
            return true;
    return false;
}

static void find_free(
    const struct match_client *c, int32_t on, bool without_clinical, bool ret_free[SLOTS])
{
    for (int slot = 0; slot < SLOTS; slot++) {
        ret_free[slot] = !c->has_availability || bit(&c->availability, slot);
        for (size_t i = 0; i < c->n_windows; i++) {
            const struct match_window *w = &c->windows[i];
            if (holds(w, on) && !(without_clinical && w->clinical_team_can_move)
                && blocks(c, w, slot))
                ret_free[slot] = false;
        }
    }
}

static bool soc_in(const struct match_code *code, unsigned soc)
{
    char unit[16];
    char prefix[16];
    if (soc == 0)
        return false;
    snprintf(unit, sizeof(unit), "%04u", soc);
    snprintf(prefix, sizeof(prefix), "%u", code->code);
    return strncmp(unit, prefix, code->digits) == 0 && strlen(prefix) == code->digits;
}

static bool sic_in(const struct match_code *code, unsigned sic, char section)
{
    char class[16];
    char prefix[16];
    if (code->section)
        return code->section == section;
    if (sic == 0)
        return false;
    snprintf(class, sizeof(class), "%05u", sic);
    snprintf(prefix, sizeof(prefix), "%0*u", code->digits, code->code);
    return strncmp(class, prefix, code->digits) == 0;
}

static int64_t metres_up(int64_t squared)
{
    int64_t low = 0;
    int64_t high = 40000000;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (middle * middle >= squared)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool find_squared(
    const struct match_opening *o, const struct match_client *c, int64_t *ret_squared)
{
    int64_t x = (int64_t)o->easting_metres - c->easting_metres;
    int64_t y = (int64_t)o->northing_metres - c->northing_metres;
    *ret_squared = x * x + y * y;
    return o->has_site && c->has_home;
}

static enum match_verdict live(const struct match_opening *o, int32_t on)
{
    bool full = !o->is_hidden && o->places_left == 0;
    bool over = o->closes_on != 0 && on > o->closes_on;
    if (o->is_closed || full || over || on < o->opens_on)
        return MATCH_FAIL;
    return o->is_hidden || o->places_left < 0 ? MATCH_ASK : MATCH_PASS;
}

static enum match_verdict start(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options, int32_t on)
{
    int32_t can = c->earliest_start_on > on ? c->earliest_start_on : on;
    int32_t begins = o->starts_on > on ? o->starts_on : on;
    if (o->latest_start_on != 0 && can > o->latest_start_on)
        return MATCH_FAIL;
    if (o->latest_start_on == 0 && o->starts_on != 0 && can - begins > options->start_slack_days)
        return MATCH_FAIL;
    if (o->starts_on != 0 && c->latest_start_on != 0 && begins > c->latest_start_on)
        return MATCH_FAIL;
    if (o->starts_on == 0 && o->latest_start_on == 0
        && (c->earliest_start_on > on || c->latest_start_on != 0))
        return MATCH_ASK;
    return MATCH_PASS;
}

static enum match_verdict hours(const struct match_opening *o, const struct match_client *c)
{
    int most = o->hours_max_tenths ? o->hours_max_tenths : o->hours_min_tenths;
    if (c->hours_min_tenths == 0 && c->hours_max_tenths == 0)
        return MATCH_PASS;
    if (most == 0)
        return MATCH_ASK;
    if (most < c->hours_min_tenths)
        return MATCH_FAIL;
    return c->hours_max_tenths && o->hours_min_tenths > c->hours_max_tenths ? MATCH_FAIL
                                                                            : MATCH_PASS;
}

static enum match_verdict pay(const struct match_opening *o, const struct match_client *c)
{
    uint32_t best = o->pay_max_pence ? o->pay_max_pence : o->pay_min_pence;
    bool best_is_enough = best >= c->pay_min_pence && best >= c->legal_pay_min_pence;
    bool least_is_enough
        = o->pay_min_pence >= c->pay_min_pence && o->pay_min_pence >= c->legal_pay_min_pence;
    if (c->pay_min_pence == 0 && c->legal_pay_min_pence == 0)
        return MATCH_PASS;
    if (best == 0)
        return MATCH_ASK;
    if (!best_is_enough)
        return MATCH_FAIL;
    return least_is_enough ? MATCH_PASS : MATCH_ASK;
}

static enum match_verdict distance(const struct match_opening *o, const struct match_client *c)
{
    static const struct uuid nil = { { 0 } };
    int64_t squared;
    bool is_known = find_squared(o, c, &squared);
    if (c->journey_max_minutes && memcmp(&o->site_id, &nil, sizeof(nil)) != 0)
        for (size_t i = 0; i < c->n_journeys; i++)
            if (memcmp(&c->journeys[i].site_id, &o->site_id, sizeof(nil)) == 0)
                return c->journeys[i].minutes > c->journey_max_minutes ? MATCH_FAIL : MATCH_PASS;
    if (c->distance_max_metres && is_known && metres_up(squared) > c->distance_max_metres)
        return MATCH_FAIL;
    if (c->distance_max_metres && !is_known)
        return MATCH_ASK;
    return c->journey_max_minutes ? MATCH_ASK : MATCH_PASS;
}

static enum match_verdict occupation(const struct match_opening *o, const struct match_client *c)
{
    bool only = c->only_these_occupations && c->n_occupations > 0;
    bool wished = false;
    if (!only && c->n_excluded_occupations == 0)
        return MATCH_PASS;
    if (o->soc == 0)
        return MATCH_ASK;
    for (size_t i = 0; i < c->n_excluded_occupations; i++)
        if (soc_in(&c->excluded_occupations[i], o->soc))
            return MATCH_FAIL;
    for (size_t i = 0; i < c->n_occupations; i++)
        wished |= soc_in(&c->occupations[i].code, o->soc);
    return only && !wished ? MATCH_FAIL : MATCH_PASS;
}

static enum match_verdict industry(const struct match_opening *o, const struct match_client *c)
{
    enum match_verdict verdict = MATCH_PASS;
    for (size_t i = 0; i < c->n_excluded_industries; i++) {
        const struct match_code *code = &c->excluded_industries[i];
        if (sic_in(code, o->sic, o->sic_section))
            return MATCH_FAIL;
        if ((code->section && !o->sic_section) || (!code->section && !o->sic))
            verdict = MATCH_ASK;
    }
    return verdict;
}

static enum match_verdict driving(
    const struct match_opening *o, const struct match_client *c, int32_t on)
{
    enum match_driving held = c->may_drive;
    if (c->driving_review_on != 0 && c->driving_review_on <= on)
        held = c->may_drive_after;
    if (o->driving == MATCH_DRIVING_NONE || held == MATCH_DRIVING_G2)
        return MATCH_PASS;
    if (o->driving == MATCH_DRIVING_UNKNOWN || held == MATCH_DRIVING_UNKNOWN)
        return MATCH_ASK;
    return held == MATCH_DRIVING_G1 && o->driving == MATCH_DRIVING_G1 ? MATCH_PASS : MATCH_FAIL;
}

static enum match_verdict check(
    const struct match_opening *o, const struct match_client *c, int32_t on)
{
    enum match_check clear = c->check_clear;
    if (c->check_changes_on != 0 && c->check_changes_on <= on)
        clear = c->check_clear_after;
    if (o->check == MATCH_CHECK_NONE || clear == MATCH_CHECK_ENHANCED)
        return MATCH_PASS;
    if (o->check == MATCH_CHECK_UNKNOWN || clear == MATCH_CHECK_UNKNOWN)
        return MATCH_ASK;
    return (int)clear >= (int)o->check ? MATCH_PASS : MATCH_FAIL;
}

static bool is_fixed(const struct match_opening *o)
{
    bool any = false;
    for (int i = 0; i < SLOTS; i++)
        any |= bit(&o->shifts, i);
    return o->shift_kind == MATCH_SHIFT_FIXED && any;
}

/* 0 absent, 1 present, 2 not known */
static int exposure(const struct match_opening *o, const struct match_options *options, int number)
{
    if (o->exposures >> number & 1)
        return 1;
    if (number == MATCH_EXPOSURE_NIGHTS && is_fixed(o)) {
        for (int i = 0; i < SLOTS; i++)
            if (bit(&o->shifts, i) && bit(&options->night, i))
                return 1;
        return 0;
    }
    return o->exposures_known >> number & 1 ? 0 : 2;
}

static enum match_verdict must_not(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options)
{
    enum match_verdict verdict = MATCH_PASS;
    for (int i = 0; i < MATCH_N_EXPOSURES; i++) {
        if (!(c->must_not >> i & 1))
            continue;
        if (exposure(o, options, i) == 1)
            return MATCH_FAIL;
        if (exposure(o, options, i) == 2)
            verdict = MATCH_ASK;
    }
    return verdict;
}

static int room(const struct match_opening *o, const bool free[SLOTS])
{
    bool any = false;
    bool both[SLOTS];
    for (int i = 0; i < SLOTS; i++) {
        any |= bit(&o->shifts, i);
        both[i] = free[i] && bit(&o->shifts, i);
    }
    return count(any ? both : free) * 5;
}

static enum match_verdict shift(
    const struct match_opening *o, const struct match_client *c, int32_t on)
{
    bool free[SLOTS];
    bool restricted = c->has_availability;
    find_free(c, on, false, free);
    for (size_t i = 0; i < c->n_windows; i++)
        restricted |= holds(&c->windows[i], on);
    if (!restricted || (!is_fixed(o) && o->shift_kind != MATCH_SHIFT_FLEXIBLE))
        return MATCH_ASK;
    if (is_fixed(o)) {
        for (int i = 0; i < SLOTS; i++)
            if (bit(&o->shifts, i) && !free[i])
                return MATCH_FAIL;
    } else if (room(o, free) == 0 || room(o, free) < o->hours_min_tenths) {
        return MATCH_FAIL;
    }
    return c->has_availability ? MATCH_PASS : MATCH_ASK;
}

static int clamp(int64_t points)
{
    return points < 0 ? 0 : points > 100 ? 100 : (int)points;
}

static int share(const uint8_t *weights, int n, uint32_t present)
{
    int all = 0;
    int met = 0;
    for (int i = 0; i < n; i++) {
        all += weights[i];
        if (present & (1u << i))
            met += weights[i];
    }
    return all ? met * 100 / all : 0;
}

static void judge_wishes(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options, int points[MATCH_N_WISHES])
{
    int best = 0;
    for (size_t i = 0; i < c->n_occupations; i++)
        if (soc_in(&c->occupations[i].code, o->soc) && c->occupations[i].weight > best)
            best = c->occupations[i].weight;
    points[MATCH_WISH_OCCUPATION] = best * 20;
    best = 0;
    for (size_t i = 0; i < c->n_industries; i++)
        if (sic_in(&c->industries[i].code, o->sic, o->sic_section)
            && c->industries[i].weight > best)
            best = c->industries[i].weight;
    points[MATCH_WISH_INDUSTRY] = best * 20;

    int least = o->hours_min_tenths;
    int most = o->hours_max_tenths ? o->hours_max_tenths : least;
    int wanted = c->hours_wanted_tenths;
    int gap = wanted < least ? least - wanted : wanted > most ? wanted - most : 0;
    points[MATCH_WISH_HOURS] = wanted && most ? clamp(100 - gap) : 0;

    int64_t money = o->pay_min_pence ? o->pay_min_pence : o->pay_max_pence;
    int64_t floor
        = c->pay_min_pence > c->legal_pay_min_pence ? c->pay_min_pence : c->legal_pay_min_pence;
    int64_t full
        = c->pay_hoped_pence > floor ? c->pay_hoped_pence - floor : options->pay_full_pence;
    points[MATCH_WISH_PAY] = money > floor ? clamp((money - floor) * 100 / full) : 0;

    int64_t squared;
    int64_t far = c->distance_max_metres ? c->distance_max_metres : options->near_metres;
    points[MATCH_WISH_NEARNESS] = 0;
    if (find_squared(o, c, &squared))
        points[MATCH_WISH_NEARNESS] = clamp(100 - metres_up(squared) * 100 / far);

    points[MATCH_WISH_TRIAL] = options->trial_points[o->trial];
    points[MATCH_WISH_WARMTH] = options->stance_points[o->stance];
    points[MATCH_WISH_TRACK_RECORD] = o->relationship_level * 20;
    points[MATCH_WISH_SETTING] = share(c->setting_weights, MATCH_N_SETTINGS, o->settings);
    points[MATCH_WISH_ACCREDITATION]
        = share(c->accreditation_weights, MATCH_N_ACCREDITATIONS, o->accreditations);
    points[MATCH_WISH_PERMANENCE] = o->permanence == MATCH_PERMANENCE_PERMANENT ? 100 : 0;
}

/* Whether the one failure of a row leaves anything to be asked of anybody. */
static bool can_ask_for_shift(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options, int32_t on)
{
    bool free[SLOTS];
    bool unmoved[SLOTS];
    int clash = 0;
    bool only_clinical = true;
    bool only_outside = true;
    find_free(c, on, false, free);
    find_free(c, on, true, unmoved);
    if (!is_fixed(o))
        return room(o, unmoved) >= (o->hours_min_tenths ? o->hours_min_tenths : 1)
            || (room(o, free) > 0 && o->hours_min_tenths > 0);
    for (int i = 0; i < SLOTS; i++) {
        if (!bit(&o->shifts, i) || free[i])
            continue;
        clash++;
        only_clinical &= unmoved[i];
        only_outside &= c->has_availability && !bit(&c->availability, i);
        for (size_t w = 0; w < c->n_windows; w++)
            if (holds(&c->windows[w], on) && blocks(c, &c->windows[w], i))
                only_outside = false;
    }
    bool is_little = clash <= options->employer_shift_half_hours;
    return only_clinical || (is_little && o->flexibility != MATCH_FLEXIBILITY_NONE)
        || (is_little && only_outside);
}

static bool can_ask(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options, int32_t on, int limit)
{
    const uint32_t never = 1u << MATCH_EXPOSURE_DRUG_TESTING | 1u << MATCH_EXPOSURE_ALCOHOL
        | 1u << MATCH_EXPOSURE_GAMBLING;
    switch (limit) {
    case MATCH_LIMIT_START:
    case MATCH_LIMIT_HOURS:
    case MATCH_LIMIT_PAY:
    case MATCH_LIMIT_DISTANCE:
    case MATCH_LIMIT_DRIVING:
        return true;
    case MATCH_LIMIT_OCCUPATION:
        for (size_t i = 0; i < c->n_excluded_occupations; i++)
            if (soc_in(&c->excluded_occupations[i], o->soc))
                return false;
        return true;
    case MATCH_LIMIT_CHECK:
        return o->check > MATCH_CHECK_BASIC;
    case MATCH_LIMIT_MUST_NOT:
        return (o->exposures & c->must_not & never) == 0;
    case MATCH_LIMIT_SHIFT:
        return can_ask_for_shift(o, c, options, on);
    default:
        return false;
    }
}

void reference_judge(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options, int32_t on, struct reference_row *ret_row)
{
    *ret_row = (struct reference_row) { .opening = o };
    enum match_verdict *limits = ret_row->limits;
    limits[MATCH_LIMIT_LIVE] = live(o, on);
    limits[MATCH_LIMIT_START] = start(o, c, options, on);
    limits[MATCH_LIMIT_HOURS] = hours(o, c);
    limits[MATCH_LIMIT_PAY] = pay(o, c);
    limits[MATCH_LIMIT_DISTANCE] = distance(o, c);
    limits[MATCH_LIMIT_OCCUPATION] = occupation(o, c);
    limits[MATCH_LIMIT_INDUSTRY] = industry(o, c);
    limits[MATCH_LIMIT_DRIVING] = driving(o, c, on);
    limits[MATCH_LIMIT_CHECK] = check(o, c, on);
    limits[MATCH_LIMIT_MUST_NOT] = must_not(o, c, options);
    limits[MATCH_LIMIT_SHIFT] = shift(o, c, on);
    for (int i = 0; i < MATCH_N_LIMITS; i++)
        if (limits[i] == MATCH_FAIL) {
            ret_row->n_failed++;
            ret_row->only_failed = i;
        }
    judge_wishes(o, c, options, ret_row->points);
    for (int i = 0; i < MATCH_N_WISHES; i++)
        ret_row->score += ret_row->points[i]
            * (c->weights[i] < 0 ? options->default_weights[i] : c->weights[i]);
}

static bool fits(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options, int32_t on)
{
    return live(o, on) != MATCH_FAIL && hours(o, c) != MATCH_FAIL && pay(o, c) != MATCH_FAIL
        && distance(o, c) != MATCH_FAIL && occupation(o, c) != MATCH_FAIL
        && industry(o, c) != MATCH_FAIL && must_not(o, c, options) != MATCH_FAIL
        && start(o, c, options, on) != MATCH_FAIL && driving(o, c, on) != MATCH_FAIL
        && check(o, c, on) != MATCH_FAIL && shift(o, c, on) != MATCH_FAIL;
}

static int32_t try_every_day(const struct match_opening *o, const struct match_client *c,
    const struct match_options *options)
{
    for (int32_t day = options->on + 1; day <= options->on + options->horizon_days; day++)
        if (fits(o, c, options, day))
            return day;
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct reference_row *x = *(const struct reference_row *const *)a;
    const struct reference_row *y = *(const struct reference_row *const *)b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return memcmp(&x->opening->id, &y->opening->id, sizeof(struct uuid));
}

static int compare_days(const void *a, const void *b)
{
    const struct reference_row *x = *(const struct reference_row *const *)a;
    const struct reference_row *y = *(const struct reference_row *const *)b;
    if (x->possible_on != y->possible_on)
        return x->possible_on < y->possible_on ? -1 : 1;
    return compare_rows(a, b);
}

static bool caps_allow(const struct reference_answer *answer, const struct match_options *options,
    const struct match_opening *o)
{
    static const struct uuid nil = { { 0 } };
    int same_employer = 0;
    int same_group = 0;
    for (size_t i = 0; i < answer->n_results; i++) {
        const struct match_opening *shown = answer->results[i]->opening;
        same_employer += memcmp(&shown->employer_id, &o->employer_id, sizeof(nil)) == 0
            && memcmp(&o->employer_id, &nil, sizeof(nil)) != 0;
        same_group += o->soc != 0 && shown->soc / 10 == o->soc / 10;
    }
    return !(options->max_per_employer && same_employer >= options->max_per_employer)
        && !(options->max_per_group && same_group >= options->max_per_group);
}

static void count_row(struct reference_answer *answer, const struct reference_row *row)
{
    bool is_first = true;
    answer->n_openings++;
    answer->n_fit += row->n_failed == 0;
    for (int i = 0; i < MATCH_N_LIMITS; i++) {
        if (row->limits[i] != MATCH_FAIL)
            continue;
        answer->counts[i].alone++;
        answer->counts[i].funnel += is_first;
        answer->counts[i].sole += row->n_failed == 1;
        is_first = false;
    }
}

void reference_match(const struct match_opening *openings, size_t n,
    const struct match_client *client, const struct match_options *options,
    struct reference_answer *ret_answer)
{
    static const struct uuid nil = { { 0 } };
    const struct reference_row *fits[REFERENCE_ROWS_MAX];
    size_t n_fits = 0;
    struct reference_answer *answer = ret_answer;
    memset(answer, 0, sizeof(*answer));
    if (client->is_paused && !options->even_if_paused)
        return;
    for (size_t i = 0; i < n; i++) {
        const struct match_opening *o = &openings[i];
        struct reference_row *row = &answer->rows[i];
        bool is_seen = memcmp(&o->audience_id, &nil, sizeof(nil)) == 0
            || memcmp(&o->audience_id, &options->audience_id, sizeof(nil)) == 0;
        for (size_t k = 0; k < options->n_more_audiences; k++)
            is_seen = is_seen
                || memcmp(&o->audience_id, &options->more_audience_ids[k], sizeof(nil)) == 0;
        if (!is_seen)
            continue;
        if (options->only_with_trial && (o->trial < 2 || o->trial > 4)) /* none, and tasters */
            continue;
        reference_judge(o, client, options, options->on, row);
        count_row(answer, row);
        if (row->n_failed == 0) {
            fits[n_fits++] = row;
            continue;
        }
        if (row->n_failed == 1)
            row->can_ask = can_ask(o, client, options, options->on, row->only_failed);
        if (row->can_ask)
            answer->near_misses[answer->n_near_misses++] = row;
        row->possible_on = try_every_day(o, client, options);
        if (row->possible_on)
            answer->not_yet[answer->n_not_yet++] = row;
    }
    qsort(fits, n_fits, sizeof(*fits), compare_rows);
    qsort(answer->near_misses, answer->n_near_misses, sizeof(*fits), compare_rows);
    qsort(answer->not_yet, answer->n_not_yet, sizeof(*fits), compare_days);
    for (size_t i = 0; i < n_fits && answer->n_results < options->n_results; i++)
        if (caps_allow(answer, options, fits[i]->opening))
            answer->results[answer->n_results++] = fits[i];
    answer->n_near_misses = MIN(answer->n_near_misses, (size_t)options->n_near_misses);
    answer->n_not_yet = MIN(answer->n_not_yet, (size_t)options->n_not_yet);
}
