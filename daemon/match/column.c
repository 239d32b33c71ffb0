/* The limits over columns: each loop marks the rows of a block that fail one limit. The loops
 * have no branches that depend on a row, so that the compiler makes vectors of them. */
#include "match/match_internal.h"

#define MARK(limit, condition)                                                                     \
    for (uint32_t i = 0; i < n; i++)                                                               \
    fail[i] = (uint16_t)(fail[i] | (unsigned)(condition) << (limit))

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
    for (uint32_t i = 0; i < catalogue->socs.size; i++) {
        const uint16_t *soc = match_dict_key(&catalogue->socs, i);
        struct match_opening opening = { .soc = soc ? *soc : 0 };
        struct match_finding finding;
        match_limit_occupation(q, &opening, &finding);
        tables->soc_fails[i] = finding.verdict == MATCH_FAIL;
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
    }
}

/* How many hours of a pattern fit: all or none of a fixed one. */
static uint16_t room_of(const struct match_query *q, const struct match_pattern_key *pattern)
{
    if (pattern->kind == MATCH_SHIFT_UNKNOWN || (!q->client->has_availability && !q->has_windows))
        return UINT16_MAX;
    if (pattern->kind == MATCH_SHIFT_FLEXIBLE)
        return (uint16_t)match_room_tenths(&q->free, &pattern->shifts);
    struct match_week clash = pattern->shifts;
    match_week_take(&clash, &q->free);
    return match_week_is_empty(&clash) ? UINT16_MAX : 0;
}

static void judge_patterns(struct match_tables *tables, const struct match_catalogue *catalogue,
    const struct match_query *q)
{
    for (uint32_t i = 0; i < catalogue->patterns.size; i++) {
        struct match_pattern_key key = { .kind = MATCH_SHIFT_UNKNOWN };
        if (match_dict_key(&catalogue->patterns, i))
            memcpy(&key, match_dict_key(&catalogue->patterns, i), sizeof(key));
        tables->pattern_room_tenths[i] = room_of(q, &key);
        tables->pattern_is_night[i]
            = key.kind == MATCH_SHIFT_FIXED && match_week_meets(&key.shifts, &q->options->night);
    }
}

int match_tables_init(struct match_tables *tables, const struct match_catalogue *catalogue,
    const struct match_query *q, struct err *err)
{
    static const struct uuid network = { { 0 } };
    *tables = (struct match_tables) {
        .soc_fails = malloc(catalogue->socs.size + 1u),
        .industry_fails = malloc(catalogue->industries.size + 1u),
        .pattern_room_tenths = malloc((catalogue->patterns.size + 1u) * sizeof(uint16_t)),
        .pattern_is_night = malloc(catalogue->patterns.size + 1u),
        .audience = match_dict_find(&catalogue->audiences, &q->options->audience_id),
        .audience_network = match_dict_find(&catalogue->audiences, &network),
    };
    bool needs_sites = q->client->journey_max_minutes && q->client->n_journeys;
    if (needs_sites)
        tables->site_minutes = site_minutes(catalogue, q->client);
    if (!tables->soc_fails || !tables->industry_fails || !tables->pattern_room_tenths
        || !tables->pattern_is_night || (needs_sites && !tables->site_minutes)) {
        match_tables_release(tables);
        return err_oom(err);
    }
    judge_socs(tables, catalogue, q);
    judge_industries(tables, catalogue, q);
    judge_patterns(tables, catalogue, q);
    return 0;
}

void match_tables_release(struct match_tables *tables)
{
    free(tables->soc_fails);
    free(tables->industry_fails);
    free(tables->pattern_room_tenths);
    free(tables->pattern_is_night);
    free(tables->site_minutes);
    *tables = (struct match_tables) { .audience = MATCH_DICT_NONE };
}

void match_filter_hole(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)q;
    const uint8_t *is_hole = catalogue->is_hole + first;
    const uint32_t *audience = catalogue->audience + first;
    const uint32_t asker = tables->audience;
    const uint32_t network = tables->audience_network;
    MARK(MATCH_HOLE_BIT, is_hole[i] | ((audience[i] != asker) & (audience[i] != network)));
}

void match_filter_live(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)tables;
    const uint8_t *is_shut = catalogue->is_shut + first;
    const int32_t *opens_on = catalogue->opens_on + first;
    const int32_t *closes_on = catalogue->closes_on + first;
    const int32_t on = q->on;
    MARK(MATCH_LIMIT_LIVE, is_shut[i] | (opens_on[i] > on) | (closes_on[i] < on));
}

void match_filter_start(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)tables;
    const int32_t *starts_on = catalogue->starts_on + first;
    const int32_t *latest_on = catalogue->latest_start_on + first;
    const int32_t on = q->on;
    const int32_t can_start_on = match_can_start_on(q);
    const int32_t wanted_by = q->client->latest_start_on ? q->client->latest_start_on : INT32_MAX;
    const int32_t slack = q->options->start_slack_days;
    for (uint32_t i = 0; i < n; i++) {
        int32_t starts = MAX(starts_on[i], on);
        int32_t latest = starts_on[i] == INT32_MIN ? INT32_MAX : starts + slack;
        latest = latest_on[i] ? latest_on[i] : latest;
        int too_late = (starts > wanted_by) & (starts_on[i] != INT32_MIN);
        fail[i] = (uint16_t)(fail[i] | ((can_start_on > latest) | too_late) << MATCH_LIMIT_START);
    }
}

void match_filter_hours(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)tables;
    const uint16_t *least = catalogue->hours_min_tenths + first;
    const uint16_t *most = catalogue->hours_max_tenths + first;
    const uint16_t wanted_min = q->client->hours_min_tenths;
    const uint16_t wanted_max
        = q->client->hours_max_tenths ? q->client->hours_max_tenths : UINT16_MAX;
    MARK(MATCH_LIMIT_HOURS, (least[i] > wanted_max) | (most[i] < wanted_min));
}

void match_filter_pay(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)tables;
    const int32_t *pay = catalogue->pay_pence + first;
    const int32_t floor = (int32_t)q->pay_floor_pence;
    MARK(MATCH_LIMIT_PAY, pay[i] < floor);
}

void match_filter_distance(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    const uint8_t *has_site = catalogue->has_site + first;
    const int32_t *easting = catalogue->easting_metres + first;
    const int32_t *northing = catalogue->northing_metres + first;
    const int32_t home_easting = q->client->easting_metres;
    const int32_t home_northing = q->client->northing_metres;
    const int64_t most = q->client->has_home ? q->distance_max_squared : INT64_MAX;
    if (most != INT64_MAX)
        for (uint32_t i = 0; i < n; i++) {
            int64_t east = easting[i] - home_easting;
            int64_t north = northing[i] - home_northing;
            unsigned is_far = (east * east + north * north > most) & has_site[i];
            fail[i] = (uint16_t)(fail[i] | is_far << MATCH_LIMIT_DISTANCE);
        }
    if (!tables->site_minutes)
        return;
    const uint32_t *site = catalogue->site + first;
    const int32_t minutes_max = q->client->journey_max_minutes;
    for (uint32_t i = 0; i < n; i++) {
        int32_t minutes = tables->site_minutes[site[i]];
        if (minutes == TABLE_JOURNEY_NONE)
            continue;
        unsigned is_long = minutes > minutes_max;
        unsigned others = fail[i] & ~LIMIT_BIT(MATCH_LIMIT_DISTANCE);
        fail[i] = (uint16_t)(others | is_long << MATCH_LIMIT_DISTANCE);
    }
}

void match_filter_occupation(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)q;
    const uint16_t *soc = catalogue->soc + first;
    const uint8_t *fails = tables->soc_fails;
    MARK(MATCH_LIMIT_OCCUPATION, fails[soc[i]]);
}

void match_filter_industry(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)q;
    const uint16_t *industry = catalogue->industry + first;
    const uint8_t *fails = tables->industry_fails;
    MARK(MATCH_LIMIT_INDUSTRY, fails[industry[i]]);
}

void match_filter_driving(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)tables;
    const uint8_t *driving = catalogue->driving + first;
    const uint8_t most
        = q->driving == MATCH_DRIVING_UNKNOWN ? (uint8_t)MATCH_DRIVING_G2 : (uint8_t)q->driving;
    MARK(MATCH_LIMIT_DRIVING, driving[i] > most);
}

void match_filter_check(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)tables;
    const uint8_t *check = catalogue->check + first;
    const uint8_t most
        = q->check == MATCH_CHECK_UNKNOWN ? (uint8_t)MATCH_CHECK_ENHANCED : (uint8_t)q->check;
    MARK(MATCH_LIMIT_CHECK, check[i] > most);
}

void match_filter_must_not(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    const uint16_t *exposures = catalogue->exposures + first;
    const uint32_t *pattern = catalogue->pattern + first;
    const uint16_t must_not = (uint16_t)q->client->must_not;
    const uint8_t *is_night = tables->pattern_is_night;
    MARK(MATCH_LIMIT_MUST_NOT, (exposures[i] & must_not) != 0);
    if (must_not >> MATCH_EXPOSURE_NIGHTS & 1)
        MARK(MATCH_LIMIT_MUST_NOT, is_night[pattern[i]]);
}

void match_filter_shift(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, uint32_t n, uint16_t *fail)
{
    (void)q;
    const uint32_t *pattern = catalogue->pattern + first;
    const uint16_t *needed = catalogue->hours_needed_tenths + first;
    const uint16_t *room = tables->pattern_room_tenths;
    MARK(MATCH_LIMIT_SHIFT, needed[i] > room[pattern[i]]);
}
