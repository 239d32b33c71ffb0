/* What a query works out once for each number of a dictionary and each value of a small field, so
 * that a row needs only to look it up. */
#include "match/match_internal.h"

#include <string.h>

enum { LINE_BYTES = 64, POINTS_A_WEIGHT = 20, FULL_POINTS = 100 };

/* ---- memory: one piece for all of them ---- */

/* Pieces are cut from @memory; while there is none, only counted. */
struct carver {
    char *memory;
    size_t used;
};

static void *carve(struct carver *carver, size_t bytes)
{
    void *piece = carver->memory ? carver->memory + carver->used : NULL;
    carver->used += (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    return piece;
}

static size_t set_bytes(uint32_t n)
{
    return ((size_t)n + 63) / 64 * sizeof(uint64_t) + MATCH_SET_SLACK_BYTES;
}

static struct match_set carve_set(struct carver *carver, uint32_t n)
{
    return (struct match_set) { carve(carver, set_bytes(n)), n };
}

static bool has_journeys(const struct match_query *q)
{
    return q->client->journey_max_minutes && q->client->n_journeys;
}

static bool has_industry_wish(const struct match_query *q)
{
    return q->client->n_industries && q->weights[MATCH_WISH_INDUSTRY];
}

/* What begins empty comes first; returns how many bytes that is. */
static size_t carve_all(struct match_tables *tables, struct carver *carver,
    const struct match_catalogue *c, const struct match_query *q)
{
    const uint32_t n_patterns = c->patterns.size, n_doors = c->doors.size;
    const size_t soc_bytes = c->socs.size + MATCH_SET_SLACK_BYTES;
    tables->audiences = carve_set(carver, c->audiences.size);
    tables->excluded_industries = carve_set(carver, c->industries.size);
    tables->soc_points = carve(carver, soc_bytes);
    tables->socs_out = carve(carver, soc_bytes);
    size_t empty_bytes = carver->used;
    tables->socs = carve_set(carver, c->socs.size);
    tables->patterns = carve_set(carver, n_patterns);
    tables->nights = carve_set(carver, n_patterns);
    tables->far = carve_set(carver, n_doors);
    tables->excluded = carve_set(carver, n_doors);
    tables->nearest_points = carve(carver, n_doors / 64 + 1);
    if (c->n_flexible)
        tables->pattern_room_tenths = carve(carver, n_patterns * sizeof(uint16_t));
    if (has_industry_wish(q))
        tables->industry_points = carve(carver, c->industries.size);
    if (has_journeys(q))
        tables->site_minutes = carve(carver, c->sites.size * sizeof(int32_t));
    return empty_bytes;
}

static bool make_room(
    struct match_tables *tables, const struct match_catalogue *c, const struct match_query *q)
{
    struct carver carver = { NULL, 0 };
    *tables = (struct match_tables) { .memory = NULL };
    (void)carve_all(tables, &carver, c, q);
    carver = (struct carver) { aligned_alloc(LINE_BYTES, carver.used), 0 };
    if (!carver.memory)
        return false;
    *tables = (struct match_tables) { .memory = carver.memory };
    memset(carver.memory, 0, carve_all(tables, &carver, c, q));
    return true;
}

static void add_to_set(struct match_set *set, uint32_t number)
{
    if (number < set->n)
        set->words[number / 64] |= UINT64_C(1) << (number % 64);
}

static bool set_is_empty(const struct match_set *set)
{
    uint64_t some = 0;
    for (uint32_t i = 0; i * 64 < set->n; i++)
        some |= set->words[i];
    return some == 0;
}

static void activate(struct match_tables *tables, enum match_limit limit, bool is_active)
{
    tables->active |= is_active ? LIMIT_BIT(limit) : 0;
}

/* ---- occupations and industries ---- */

static void raise_group(const struct match_kernel *kernel, const struct match_catalogue *c,
    const struct match_code *code, uint8_t points, uint8_t *soc_points)
{
    static const uint16_t units[MATCH_SOC_DIGITS + 1] = { 0, 1000, 100, 10, 1 };
    uint16_t unit = units[code->digits], low = (uint16_t)(code->code * unit);
    kernel->scorer->raise_socs(c, low, (uint16_t)(low + unit - 1), points, soc_points);
}

/* The set begins as those that are ruled out; where only wished ones count, the others follow. */
static void judge_socs(struct match_tables *tables, const struct match_kernel *kernel,
    const struct match_catalogue *c, const struct match_query *q)
{
    const struct match_client *client = q->client;
    for (size_t i = 0; i < client->n_occupations; i++)
        raise_group(kernel, c, &client->occupations[i].code,
            (uint8_t)(client->occupations[i].weight * POINTS_A_WEIGHT), tables->soc_points);
    for (size_t i = 0; i < client->n_excluded_occupations; i++)
        raise_group(kernel, c, &client->excluded_occupations[i], 1, tables->socs_out);
    if (!client->n_excluded_occupations && !match_only_these_occupations(client))
        return;
    if (match_only_these_occupations(client))
        for (uint32_t i = 0; i < c->socs.size; i++)
            tables->socs_out[i]
                |= tables->soc_points[i] == 0 && c->soc_code[i] != MATCH_SOC_UNKNOWN;
    kernel->judge->collect(tables->socs_out, &tables->socs);
    activate(tables, MATCH_LIMIT_OCCUPATION, !set_is_empty(&tables->socs));
}

static uint8_t points_of(
    const struct match_query *q, const struct match_opening *opening, enum match_wish wish)
{
    struct match_finding finding;
    match_criterion_of_wish(wish)->evaluate(q, opening, &finding);
    return finding.points;
}

static struct match_opening of_industry(const struct match_catalogue *c, uint32_t number)
{
    const struct match_industry_key *key = match_dict_key(&c->industries, number);
    return (struct match_opening) { .sic = key->sic, .sic_section = (char)key->section };
}

static void judge_industries(struct match_tables *tables, const struct match_kernel *kernel,
    const struct match_catalogue *c, const struct match_query *q)
{
    struct match_set *industries = &tables->excluded_industries;
    for (uint32_t i = 0; i < c->industries.size; i++) {
        const struct match_opening opening = of_industry(c, i);
        struct match_finding finding;
        match_limit_industry(q, &opening, &finding);
        if (finding.verdict == MATCH_FAIL)
            add_to_set(industries, i);
    }
    if (set_is_empty(industries))
        return;
    kernel->judge->find_doors(c, industries, &tables->excluded);
    activate(tables, MATCH_LIMIT_INDUSTRY, true);
}

static void score_industries(
    struct match_tables *tables, const struct match_catalogue *c, const struct match_query *q)
{
    for (uint32_t i = 0; i < c->industries.size; i++) {
        const struct match_opening opening = of_industry(c, i);
        tables->industry_points[i] = points_of(q, &opening, MATCH_WISH_INDUSTRY);
    }
}

/* ---- distance ---- */

/* Where staff have checked the journey, it alone counts: of two to one site the first. */
static void judge_journeys(
    struct match_tables *tables, const struct match_catalogue *c, const struct match_query *q)
{
    int32_t *minutes = tables->site_minutes;
    const struct match_client *client = q->client;
    for (uint32_t i = 0; i < c->sites.size; i++)
        minutes[i] = TABLE_JOURNEY_NONE;
    for (size_t i = client->n_journeys; i-- > 0;) {
        const struct match_journey *journey = &client->journeys[i];
        uint32_t site = match_dict_find(&c->sites, &journey->site_id);
        if (site != MATCH_DICT_NONE && !uuid_is_nil(&journey->site_id))
            minutes[site] = journey->minutes;
    }
    for (uint32_t i = 0; i < c->doors.size; i++) {
        const struct match_door_key *door = match_dict_key(&c->doors, i);
        uint64_t bit = UINT64_C(1) << (i % 64);
        if (!c->doors.refs[i] || minutes[door->site] == TABLE_JOURNEY_NONE)
            continue;
        tables->far.words[i / 64] &= ~bit;
        if (minutes[door->site] > client->journey_max_minutes)
            tables->far.words[i / 64] |= bit;
    }
}

static void judge_distance(struct match_tables *tables, const struct match_kernel *kernel,
    const struct match_catalogue *c, const struct match_query *q)
{
    bool is_limited = q->client->has_home && q->distance_max_squared != INT64_MAX;
    if (is_limited)
        kernel->judge->find_far(c, q, &tables->far);
    else if (tables->site_minutes)
        memset(tables->far.words, 0, set_bytes(tables->far.n));
    if (tables->site_minutes)
        judge_journeys(tables, c, q);
    activate(tables, MATCH_LIMIT_DISTANCE, is_limited || tables->site_minutes);
}

/* ---- shifts ---- */

static void judge_patterns(struct match_tables *tables, const struct match_kernel *kernel,
    const struct match_catalogue *c, const struct match_query *q)
{
    struct match_week busy;
    if (q->client->must_not >> MATCH_EXPOSURE_NIGHTS & 1)
        kernel->judge->find_meeting(c, &q->options->night, &tables->nights);
    else
        tables->nights.words = NULL;
    activate(tables, MATCH_LIMIT_MUST_NOT, q->client->must_not != 0);
    if (!q->client->has_availability && !q->has_windows) {
        tables->pattern_room_tenths = NULL;
        return;
    }
    match_week_fill(&busy);
    match_week_take(&busy, &q->free);
    kernel->judge->find_meeting(c, &busy, &tables->patterns);
    for (uint32_t i = 0; tables->pattern_room_tenths && i < c->patterns.size; i++) {
        const struct match_pattern_key *key = match_dict_key(&c->patterns, i);
        if (c->patterns.refs[i] && key->kind == MATCH_SHIFT_FLEXIBLE)
            tables->pattern_room_tenths[i] = (uint16_t)match_room_tenths(&q->free, &key->shifts);
    }
    activate(
        tables, MATCH_LIMIT_SHIFT, tables->pattern_room_tenths || !set_is_empty(&tables->patterns));
}

/* ---- small fields ---- */

/* Whether the start of some opening can be too early or too late. */
static bool start_may_fail(const struct match_catalogue *c, const struct match_query *q)
{
    return c->latest_start_on || q->client->latest_start_on
        || match_can_start_on(q) > q->on + q->options->start_slack_days;
}

static void judge_fields(
    struct match_tables *tables, const struct match_catalogue *c, const struct match_query *q)
{
    const struct match_client *client = q->client;
    activate(tables, MATCH_LIMIT_LIVE, true);
    activate(tables, MATCH_LIMIT_START, start_may_fail(c, q));
    activate(tables, MATCH_LIMIT_HOURS, client->hours_min_tenths || client->hours_max_tenths);
    activate(tables, MATCH_LIMIT_PAY, q->pay_floor_pence > 0);
    activate(tables, MATCH_LIMIT_DRIVING,
        q->driving != MATCH_DRIVING_UNKNOWN && q->driving != MATCH_DRIVING_G2);
    activate(tables, MATCH_LIMIT_CHECK,
        q->check != MATCH_CHECK_UNKNOWN && q->check != MATCH_CHECK_ENHANCED);
}

bool match_is_considered(const struct match_options *options, const struct match_opening *o)
{
    switch (o->trial) {
    case MATCH_TRIAL_JOBCENTRE_PLUS:
    case MATCH_TRIAL_PRIVATE_UNPAID:
    case MATCH_TRIAL_PAID:
        return true;
    default:
        return !options->only_with_trial;
    }
}

static void judge_trials(struct match_tables *tables, const struct match_query *q)
{
    for (size_t i = 0; i < MATCH_N_TRIALS; i++) {
        const struct match_opening opening = { .trial = (enum match_trial)i };
        tables->trial_hides[i] = !match_is_considered(q->options, &opening);
        tables->some_trial_hides = tables->some_trial_hides || tables->trial_hides[i];
    }
}

/* The points of settings go by the weights of those that an opening has. */
static void score_settings(
    struct match_tables *tables, const struct match_catalogue *c, const struct match_query *q)
{
    enum { HALF = MATCH_N_SETTINGS / 2 };
    const uint8_t *weights = q->client->setting_weights;
    unsigned all = 0;
    for (unsigned i = 0; i < MATCH_N_SETTINGS; i++)
        all += weights[i];
    tables->has_settings = all && q->weights[MATCH_WISH_SETTING] && c->settings;
    if (!tables->has_settings)
        return;
    for (unsigned set = 1; set < MATCH_NIBBLE; set++) {
        unsigned lowest = (unsigned)__builtin_ctz(set), rest = set & (set - 1);
        tables->settings_low[set] = (uint8_t)(tables->settings_low[rest] + weights[lowest]);
        tables->settings_high[set]
            = (uint8_t)(tables->settings_high[rest] + weights[HALF + lowest]);
    }
    for (unsigned met = 0; met <= all; met++)
        tables->met_points[met] = match_share_points(met, all);
}

static void score_accreditations(struct match_tables *tables, const struct match_query *q)
{
    const uint8_t *weights = q->client->accreditation_weights;
    unsigned met[1 << MATCH_N_ACCREDITATIONS] = { 0 }, all = 0;
    for (unsigned i = 0; i < MATCH_N_ACCREDITATIONS; i++)
        all += weights[i];
    for (unsigned set = 1; all && set < ARRAY_SIZE(met); set++) {
        met[set] = met[set & (set - 1)] + weights[__builtin_ctz(set)];
        tables->accreditation_points[set] = match_share_points(met[set], all);
    }
    tables->has_accreditations = all && q->weights[MATCH_WISH_ACCREDITATION];
}

static void score_fields(struct match_tables *tables, const struct match_query *q)
{
    const struct match_options *options = q->options;
    memcpy(tables->trial_points, options->trial_points, sizeof(options->trial_points));
    for (unsigned i = 0; i < MATCH_PERMANENCES; i++) {
        const struct match_opening opening = { .permanence = (enum match_permanence)i };
        tables->permanence_points[i] = points_of(q, &opening, MATCH_WISH_PERMANENCE);
    }
    for (unsigned level = 0; level < MATCH_LEVELS; level++)
        for (unsigned stance = 0; stance < MATCH_N_STANCES; stance++)
            tables->relation_scores[level * MATCH_RELATION_STANCES + stance]
                = q->weights[MATCH_WISH_WARMTH] * options->stance_points[stance]
                + q->weights[MATCH_WISH_TRACK_RECORD] * (int32_t)(level * POINTS_A_WEIGHT);
}

/* ---- bounds ---- */

static uint32_t most_of_relations(const struct match_tables *tables)
{
    int32_t most = 0;
    for (size_t i = 0; tables->relations->n && i < ARRAY_SIZE(tables->relation_scores); i++)
        most = MAX(most, tables->relation_scores[i]);
    return (uint32_t)MAX(most, tables->relation_scores[0]);
}

static uint32_t scaled_weight(
    const struct match_tables *tables, const struct match_query *q, enum match_wish wish)
{
    return (q->weights[wish] + (1u << tables->bound_shift) - 1) >> tables->bound_shift;
}

/* The weights of what a row's own columns say; returns the most that this comes to. */
static uint32_t prepare_parts(struct match_tables *tables, const struct match_query *q)
{
    const struct {
        enum match_wish wish;
        bool counts;
    } wishes[] = {
        { MATCH_WISH_OCCUPATION, q->client->n_occupations },
        { MATCH_WISH_HOURS, q->client->hours_wanted_tenths },
        { MATCH_WISH_TRIAL, true },
        { MATCH_WISH_SETTING, tables->has_settings },
        { MATCH_WISH_ACCREDITATION, tables->has_accreditations },
        { MATCH_WISH_PERMANENCE, true },
    };
    uint32_t most = 0;
    for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
        if (wishes[i].counts) {
            tables->part_weights[wishes[i].wish] = q->weights[wishes[i].wish];
            most += q->weights[wishes[i].wish] * (uint32_t)FULL_POINTS;
        }
    return most;
}

/* The sum of all bounds fits 16 bits: else all is halved, and rounded up. */
static void prepare_bounds(struct match_tables *tables, const struct match_kernel *kernel,
    const struct match_catalogue *c, const struct match_query *q)
{
    enum { BOUND_MOST = 65000, ROUNDINGS = 3 };
    uint32_t weights = 0, full = (uint32_t)MIN(match_pay_full(q), (int64_t)UINT16_MAX);
    for (size_t i = 0; i < MATCH_N_WISHES; i++)
        weights += q->weights[i];
    tables->bound_shift = weights * FULL_POINTS > BOUND_MOST;
    tables->bound_pay = (uint16_t)scaled_weight(tables, q, MATCH_WISH_PAY);
    if (q->client->has_home)
        tables->bound_nearness = (uint16_t)scaled_weight(tables, q, MATCH_WISH_NEARNESS);
    tables->bound_rest = ROUNDINGS + (most_of_relations(tables) >> tables->bound_shift);
    if (tables->industry_points)
        tables->bound_rest += scaled_weight(tables, q, MATCH_WISH_INDUSTRY) * FULL_POINTS;
    if (tables->bound_nearness)
        kernel->scorer->find_nearest(c, q, (c->doors.size + 63) / 64, tables->nearest_points);
    tables->bound_most = tables->bound_rest + (prepare_parts(tables, q) >> tables->bound_shift)
        + (uint32_t)(tables->bound_pay + tables->bound_nearness) * FULL_POINTS;
    tables->pay_enough = (uint16_t)MIN(q->pay_floor_pence, (uint32_t)UINT16_MAX);
    tables->pay_factor = full > FULL_POINTS ? (uint16_t)((FULL_POINTS * 65536u + full - 1) / full)
                                            : (uint16_t)UINT16_MAX;
}

/* The asker's own audience, those named beside it, and the network. */
static void find_audiences(
    struct match_tables *tables, const struct match_catalogue *c, const struct match_options *o)
{
    static const struct uuid network = { { 0 } };
    add_to_set(&tables->audiences, match_dict_find(&c->audiences, &network));
    add_to_set(&tables->audiences, match_dict_find(&c->audiences, &o->audience_id));
    for (size_t i = 0; i < o->n_more_audiences; i++)
        add_to_set(&tables->audiences, match_dict_find(&c->audiences, &o->more_audience_ids[i]));
}

/* ---- life ---- */

int match_tables_init(struct match_tables *tables, const struct match_kernel *kernel,
    const struct match_catalogue *c, const struct match_query *q, struct err *err)
{
    if (!make_room(tables, c, q))
        return err_oom(err);
    tables->relations = match_relations_of(c, &q->options->audience_id);
    find_audiences(tables, c, q->options);
    judge_fields(tables, c, q);
    judge_trials(tables, q);
    judge_socs(tables, kernel, c, q);
    judge_distance(tables, kernel, c, q);
    judge_patterns(tables, kernel, c, q);
    if (q->client->n_excluded_industries)
        judge_industries(tables, kernel, c, q);
    if (tables->industry_points)
        score_industries(tables, c, q);
    score_settings(tables, c, q);
    score_accreditations(tables, q);
    score_fields(tables, q);
    prepare_bounds(tables, kernel, c, q);
    return 0;
}

void match_tables_release(struct match_tables *tables)
{
    free(tables->memory);
    *tables = (struct match_tables) { .memory = NULL };
}
