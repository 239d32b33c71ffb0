/* What a query works out once for each number of a dictionary and each value of a small field, so
 * that a row needs only to look it up. */
#include "match/match_internal.h"

static int32_t *site_minutes(
    const struct match_catalogue *catalogue, const struct match_client *client)
{
    uint32_t n = catalogue->sites.size;
    int32_t *minutes = malloc(((size_t)n + 1) * sizeof(*minutes));
    if (!minutes)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        minutes[i] = TABLE_JOURNEY_NONE;
    /* backwards: of two journeys to one site the first counts, as for match_find_journey() */
    for (size_t i = client->n_journeys; i-- > 0;) {
        uint32_t number = match_dict_find(&catalogue->sites, &client->journeys[i].site_id);
        if (number != MATCH_DICT_NONE && !uuid_is_nil(&client->journeys[i].site_id))
            minutes[number] = client->journeys[i].minutes;
    }
    return minutes;
}

static void judge_socs(struct match_tables *tables, const struct match_catalogue *catalogue,
    const struct match_query *q)
{
    bool has_limit = q->client->n_excluded_occupations || match_only_these_occupations(q->client);
    bool has_wish = q->client->n_occupations && q->weights[MATCH_WISH_OCCUPATION];
    memset(tables->soc_fails, 0, catalogue->socs.size);
    memset(tables->soc_scores, 0, catalogue->socs.size * sizeof(*tables->soc_scores));
    for (uint32_t i = 0; (has_limit || has_wish) && i < catalogue->socs.size; i++) {
        const uint16_t *soc = match_dict_key(&catalogue->socs, i);
        struct match_opening opening = { .soc = soc ? *soc : 0 };
        struct match_finding finding;
        match_limit_occupation(q, &opening, &finding);
        tables->soc_fails[i] = finding.verdict == MATCH_FAIL;
        tables->some_soc_fails = tables->some_soc_fails || tables->soc_fails[i];
        tables->soc_scores[i] = match_score_of(q, &opening, MATCH_WISH_OCCUPATION);
    }
}

static void judge_industries(struct match_tables *tables, const struct match_catalogue *catalogue,
    const struct match_query *q)
{
    for (uint32_t i = 0; i < catalogue->industries.size; i++) {
        struct match_industry_key key = { 0 };
        if (match_dict_key(&catalogue->industries, i))
            memcpy(&key, match_dict_key(&catalogue->industries, i), sizeof(key));
        struct match_opening opening = { .sic = key.sic, .sic_section = (char)key.section };
        struct match_finding finding;
        match_limit_industry(q, &opening, &finding);
        tables->industry_fails[i] = finding.verdict == MATCH_FAIL;
        tables->some_industry_fails = tables->some_industry_fails || tables->industry_fails[i];
        tables->industry_scores[i] = match_score_of(q, &opening, MATCH_WISH_INDUSTRY);
    }
}

/* How many hours of a pattern fit: all or none of a fixed one. */
static uint16_t room_of(const struct match_query *q, const struct match_pattern_key *pattern)
{
    if (pattern->kind == MATCH_SHIFT_UNKNOWN || (!q->client->has_availability && !q->has_windows))
        return UINT16_MAX;
    if (pattern->kind == MATCH_SHIFT_FLEXIBLE)
        return (uint16_t)match_room_tenths(&q->free, &pattern->shifts);
    uint64_t clash = 0;
    for (size_t i = 0; i < MATCH_WEEK_WORDS; i++)
        clash |= pattern->shifts.bits[i] & ~q->free.bits[i];
    return clash ? 0 : UINT16_MAX;
}

static void judge_patterns(struct match_tables *tables, const struct match_catalogue *catalogue,
    const struct match_query *q)
{
    static const struct match_pattern_key unknown = { .kind = MATCH_SHIFT_UNKNOWN };
    bool asks_nights = q->client->must_not >> MATCH_EXPOSURE_NIGHTS & 1;
    for (uint32_t i = 0; i < catalogue->patterns.size; i++) {
        const struct match_pattern_key *key = match_dict_key(&catalogue->patterns, i);
        key = key ? key : &unknown;
        tables->pattern_room_tenths[i] = room_of(q, key);
        if (asks_nights)
            tables->pattern_is_night[i] = key->kind == MATCH_SHIFT_FIXED
                && match_week_meets(&key->shifts, &q->options->night);
    }
}

/* What a small field is worth, for each value that it can have. */
#define SCORE_EACH(scores, member, type, wish)                                                     \
    for (size_t i = 0; i < ARRAY_SIZE(scores); i++) {                                              \
        struct match_opening opening_;                                                             \
        opening_.member = (type)i;                                                                 \
        (scores)[i] = match_score_of(q, &opening_, wish);                                          \
    }

/* The same for sets: what a set has is what it has without its lowest member, and that one. */
static void score_shares(int32_t *scores, const uint8_t *weights, unsigned n, int32_t weight)
{
    uint16_t met[1 << MATCH_N_SETTINGS] = { 0 };
    unsigned all = 0;
    for (unsigned i = 0; i < n; i++)
        all += weights[i];
    for (unsigned set = 1; all && set < 1u << n; set++) {
        met[set] = (uint16_t)(met[set & (set - 1)] + weights[__builtin_ctz(set)]);
        scores[set] = weight * match_share_points(met[set], all);
    }
}

static void score_relations(struct match_tables *tables, const struct match_query *q)
{
    for (unsigned level = 0; level < MATCH_LEVELS; level++)
        for (unsigned stance = 0; stance < MATCH_N_STANCES; stance++) {
            const struct match_opening opening
                = { .stance = (enum match_stance)stance, .relationship_level = (uint8_t)level };
            tables->relation_scores[level * MATCH_RELATION_STANCES + stance]
                = match_score_of(q, &opening, MATCH_WISH_WARMTH)
                + match_score_of(q, &opening, MATCH_WISH_TRACK_RECORD);
        }
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

static void score_fields(struct match_tables *tables, const struct match_query *q)
{
    SCORE_EACH(tables->trial_scores, trial, enum match_trial, MATCH_WISH_TRIAL);
    score_relations(tables, q);
    SCORE_EACH(tables->permanence_scores, permanence, enum match_permanence, MATCH_WISH_PERMANENCE);
    score_shares(tables->setting_scores, q->client->setting_weights, MATCH_N_SETTINGS,
        q->weights[MATCH_WISH_SETTING]);
    score_shares(tables->accreditation_scores, q->client->accreditation_weights,
        MATCH_N_ACCREDITATIONS, q->weights[MATCH_WISH_ACCREDITATION]);
}

int32_t match_tables_score(const struct match_tables *tables,
    const struct match_catalogue *catalogue, const struct match_query *q, uint32_t row)
{
    const struct match_catalogue *c = catalogue;
    int32_t score = tables->soc_scores[c->soc[row]] + tables->industry_scores[c->industry[row]]
        + tables->trial_scores[c->terms[row] >> TERMS_TRIAL_SHIFT]
        + tables->permanence_scores[c->standing[row] >> STANDING_PERMANENCE_SHIFT]
        + tables->relation_scores[match_relation(tables->relations, c->employer[row])]
        + tables->setting_scores[c->settings[row]]
        + tables->accreditation_scores[c->standing[row] & STANDING_ACCREDITATIONS];
    const uint16_t least = c->hours_min_tenths[row], most = MAX(least, c->hours_max_tenths[row]);
    const uint16_t pay = c->pay_min_pence[row] ? c->pay_min_pence[row] : c->pay_max_pence[row];
    if (q->weights[MATCH_WISH_HOURS] && q->client->hours_wanted_tenths && most)
        score += q->weights[MATCH_WISH_HOURS] * match_hours_points(q, least, most);
    if (q->weights[MATCH_WISH_PAY] && pay)
        score += q->weights[MATCH_WISH_PAY] * match_pay_points(q, pay);
    if (q->weights[MATCH_WISH_NEARNESS] && q->client->has_home && c->flags[row] & ROW_HAS_SITE) {
        int64_t squared
            = match_squared_from_home(q, c->easting_metres[row], c->northing_metres[row]);
        score += q->weights[MATCH_WISH_NEARNESS] * match_nearness_points(q, match_metres(squared));
    }
    return score;
}

static uint16_t audience_number(
    const struct match_catalogue *catalogue, const struct uuid *audience_id)
{
    return (uint16_t)MIN(match_dict_find(&catalogue->audiences, audience_id), (uint32_t)UINT16_MAX);
}

int match_tables_init(struct match_tables *tables, const struct match_catalogue *catalogue,
    const struct match_query *q, struct err *err)
{
    static const struct uuid network = { { 0 } };
    *tables = (struct match_tables) {
        .soc_fails = malloc(catalogue->socs.size + 1u),
        .industry_fails = malloc(catalogue->industries.size + 1u),
        .soc_scores = malloc((catalogue->socs.size + 1u) * sizeof(int32_t)),
        .industry_scores = malloc((catalogue->industries.size + 1u) * sizeof(int32_t)),
        .pattern_room_tenths = malloc((catalogue->patterns.size + 1u) * sizeof(uint16_t)),
        .pattern_is_night = malloc(catalogue->patterns.size + 1u),
        .relations = match_relations_of(catalogue, &q->options->audience_id),
        .audience = audience_number(catalogue, &q->options->audience_id),
        .audience_network = audience_number(catalogue, &network),
    };
    bool needs_sites = q->client->journey_max_minutes && q->client->n_journeys;
    if (needs_sites)
        tables->site_minutes = site_minutes(catalogue, q->client);
    if (!tables->soc_fails || !tables->industry_fails || !tables->soc_scores
        || !tables->industry_scores || !tables->pattern_room_tenths || !tables->pattern_is_night
        || (needs_sites && !tables->site_minutes)) {
        match_tables_release(tables);
        return err_oom(err);
    }
    judge_socs(tables, catalogue, q);
    judge_industries(tables, catalogue, q);
    judge_patterns(tables, catalogue, q);
    judge_trials(tables, q);
    score_fields(tables, q);
    return 0;
}

void match_tables_release(struct match_tables *tables)
{
    free(tables->soc_fails);
    free(tables->industry_fails);
    free(tables->soc_scores);
    free(tables->industry_scores);
    free(tables->pattern_room_tenths);
    free(tables->pattern_is_night);
    free(tables->site_minutes);
    *tables = (struct match_tables) { .audience = UINT16_MAX };
}
