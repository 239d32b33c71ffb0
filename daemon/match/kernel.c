/* The inner loops: limits over columns, a bit a row that fails; the counts of such bits; scores of
 * the rows that are left. This file is compiled once for each instruction set
 * (daemon/CMakeLists.txt) and gives the same whichever is chosen. */
#include "match/lanes.h"

#include <math.h>

#ifndef MATCH_KERNEL
#define MATCH_KERNEL match_kernel_portable
#endif

enum { BLOCKS = MATCH_CHUNK_BLOCKS };

/* out = @rows of each block, about the column from @at on, where some row is wanted. */
#define EACH_BLOCK(rows)                                                                           \
    for (unsigned b = 0; b < BLOCKS; b++) {                                                        \
        const uint32_t at = first + b * LANES;                                                     \
        out->blocks[b] = wanted->blocks[b] ? (rows)&wanted->blocks[b] : 0;                         \
    }

/* Fill @out with the rows of @wanted, of the chunk from @first on, that fail. */
typedef void fail_fn(const struct match_scan *s, uint32_t first, const struct match_rows *wanted,
    struct match_rows *out);

/* ---- the limits ---- */

static void fail_live(const struct match_scan *s, uint32_t first, const struct match_rows *wanted,
    struct match_rows *out)
{
    const struct match_catalogue *c = s->c;
    const uint16_t on = match_day(s->q->on);
    EACH_BLOCK(rows_flagged(c->flags + at, ROW_IS_SHUT) | rows_below(c->closes_on + at, on));
    for (unsigned b = 0; c->opens_on && b < BLOCKS; b++)
        out->blocks[b] |= rows_above(c->opens_on + first + b * LANES, on) & wanted->blocks[b];
}

/* Of an opening that says no latest start, it is the slack after its start, or after today. */
static void fail_start(const struct match_scan *s, uint32_t first, const struct match_rows *wanted,
    struct match_rows *out)
{
    const struct match_catalogue *c = s->c;
    const uint16_t on = match_day(s->q->on), can_start_on = match_day(match_can_start_on(s->q));
    const uint16_t by
        = s->q->client->latest_start_on ? match_day(s->q->client->latest_start_on) : MATCH_DAY_LAST;
    const uint16_t slack = s->q->options->start_slack_days;
    const uint16_t least
        = can_start_on > slack && on < can_start_on - slack ? (uint16_t)(can_start_on - slack) : 0;
    for (unsigned b = 0; b < BLOCKS; b++) {
        const uint16_t *starts_on = c->starts_on + first + b * LANES;
        const uint64_t said = rows_above(starts_on, 0);
        uint64_t soon = rows_below(starts_on, least) & said, fails = 0;
        if (c->latest_start_on) {
            const uint16_t *latest_on = c->latest_start_on + first + b * LANES;
            fails = rows_below(latest_on, can_start_on);
            soon &= ~rows_below(latest_on, MATCH_DAY_LAST);
        }
        fails |= soon | (on > by ? said : rows_above(starts_on, by));
        out->blocks[b] = fails & wanted->blocks[b];
    }
}

static void fail_hours(const struct match_scan *s, uint32_t first, const struct match_rows *wanted,
    struct match_rows *out)
{
    const struct match_client *client = s->q->client;
    const uint16_t least = client->hours_min_tenths;
    const uint16_t most = client->hours_max_tenths ? client->hours_max_tenths : UINT16_MAX;
    EACH_BLOCK(rows_above(s->c->hours_least + at, most) | rows_below(s->c->hours_most + at, least));
}

static void fail_pay(const struct match_scan *s, uint32_t first, const struct match_rows *wanted,
    struct match_rows *out)
{
    const uint16_t floor = (uint16_t)MIN(s->q->pay_floor_pence, (uint32_t)MATCH_MOST_UNKNOWN);
    EACH_BLOCK(rows_below(s->c->pay_best + at, floor));
}

enum share { NONE, SOME, ALL };

/* How many of the numbers from @first to @last are in the set: a few words, if they are close. */
static enum share share_of(const struct match_set *set, uint32_t first, uint32_t last)
{
    enum { FAR_APART_WORDS = 32 };
    uint32_t from = first / 64, to = last / 64;
    uint64_t some = 0, all = UINT64_MAX;
    if (first > last)
        return NONE;
    if (to - from > FAR_APART_WORDS)
        return SOME;
    for (uint32_t i = from; i <= to; i++) {
        uint64_t mask = UINT64_MAX;
        if (i == from)
            mask &= UINT64_MAX << (first % 64);
        if (i == to)
            mask &= UINT64_MAX >> (63 - last % 64);
        some |= set->words[i] & mask;
        all &= set->words[i] | ~mask;
    }
    return !some ? NONE : all == UINT64_MAX ? ALL : SOME;
}

/* Near openings stand together: most blocks have either none or all of their doors in a set. */
static void fail_doors(const struct match_scan *s, const struct match_set *doors, uint32_t first,
    const struct match_rows *wanted, struct match_rows *out)
{
    const struct match_catalogue *c = s->c;
    for (unsigned b = 0; b < BLOCKS; b++) {
        uint32_t block = first / LANES + b;
        uint32_t first_door = c->door_first[block], last_door = c->door_last[block];
        enum share share = wanted->blocks[b] ? share_of(doors, first_door, last_door) : NONE;
        uint64_t fails = share == ALL ? UINT64_MAX : 0;
        if (share == SOME)
            fails = rows_in_range(c->door + first + b * LANES, doors, first_door, last_door);
        out->blocks[b] = fails & wanted->blocks[b];
    }
}

static void fail_distance(const struct match_scan *s, uint32_t first,
    const struct match_rows *wanted, struct match_rows *out)
{
    fail_doors(s, &s->t->far, first, wanted, out);
}

static void fail_occupation(const struct match_scan *s, uint32_t first,
    const struct match_rows *wanted, struct match_rows *out)
{
    EACH_BLOCK(rows_in(s->c->soc + at, &s->t->socs));
}

static void fail_industry(const struct match_scan *s, uint32_t first,
    const struct match_rows *wanted, struct match_rows *out)
{
    fail_doors(s, &s->t->excluded, first, wanted, out);
}

static void fail_driving(const struct match_scan *s, uint32_t first,
    const struct match_rows *wanted, struct match_rows *out)
{
    EACH_BLOCK(rows_field_above(s->c->terms + at, TERMS_DRIVING, (uint8_t)s->q->driving));
}

static void fail_check(const struct match_scan *s, uint32_t first, const struct match_rows *wanted,
    struct match_rows *out)
{
    const uint8_t clear = (uint8_t)((unsigned)s->q->check << TERMS_CHECK_SHIFT);
    EACH_BLOCK(rows_field_above(s->c->terms + at, TERMS_CHECK, clear));
}

/* A pattern's number has more than 16 bits only where there are so many patterns. */
static uint64_t patterns_in(
    const struct match_catalogue *c, uint32_t at, const struct match_set *patterns)
{
    uint64_t rows;
    if (patterns->n <= UINT16_MAX + 1u)
        return rows_in(c->pattern_low + at, patterns);
    ROWS_LOOKED_UP(rows, patterns, match_pattern(c, at + i));
    return rows;
}

static void fail_must_not(const struct match_scan *s, uint32_t first,
    const struct match_rows *wanted, struct match_rows *out)
{
    const uint16_t must_not = (uint16_t)s->q->client->must_not;
    EACH_BLOCK(rows_with(s->c->exposures + at, must_not));
    for (unsigned b = 0; s->t->nights.words && b < BLOCKS; b++)
        if (wanted->blocks[b])
            out->blocks[b]
                |= patterns_in(s->c, first + b * LANES, &s->t->nights) & wanted->blocks[b];
}

static uint64_t flexible_without_room(const struct match_scan *s, uint32_t at, uint64_t wanted)
{
    const struct match_catalogue *c = s->c;
    uint64_t fails = 0;
    for (uint64_t rows = rows_flagged(c->flags + at, ROW_IS_FLEXIBLE) & wanted; rows;
         rows &= rows - 1) {
        uint32_t row = at + (uint32_t)__builtin_ctzll(rows);
        if (s->t->pattern_room_tenths[match_pattern(c, row)] < MAX(c->hours_least[row], 1))
            fails |= rows & -rows;
    }
    return fails;
}

static void fail_shift(const struct match_scan *s, uint32_t first, const struct match_rows *wanted,
    struct match_rows *out)
{
    EACH_BLOCK(patterns_in(s->c, at, &s->t->patterns));
    for (unsigned b = 0; s->t->pattern_room_tenths && b < BLOCKS; b++)
        out->blocks[b] |= flexible_without_room(s, first + b * LANES, wanted->blocks[b]);
}

static fail_fn *const fails[MATCH_N_LIMITS] = {
    [MATCH_LIMIT_LIVE] = fail_live,
    [MATCH_LIMIT_START] = fail_start,
    [MATCH_LIMIT_HOURS] = fail_hours,
    [MATCH_LIMIT_PAY] = fail_pay,
    [MATCH_LIMIT_DISTANCE] = fail_distance,
    [MATCH_LIMIT_OCCUPATION] = fail_occupation,
    [MATCH_LIMIT_INDUSTRY] = fail_industry,
    [MATCH_LIMIT_DRIVING] = fail_driving,
    [MATCH_LIMIT_CHECK] = fail_check,
    [MATCH_LIMIT_MUST_NOT] = fail_must_not,
    [MATCH_LIMIT_SHIFT] = fail_shift,
};

/* ---- all limits of a chunk ---- */

static void see(const struct match_scan *s, uint32_t first, struct match_rows *ret_rows)
{
    const struct match_catalogue *c = s->c;
    for (unsigned b = 0; b < BLOCKS; b++) {
        const uint32_t at = first + b * LANES;
        uint64_t rows = ~rows_flagged(c->flags + at, ROW_IS_HOLE);
        if (rows)
            rows &= rows_in(c->audience + at, &s->t->audiences);
        if (s->t->some_trial_hides)
            for (uint64_t left = rows; left; left &= left - 1)
                if (s->t->trial_hides[c->terms[at + (uint32_t)__builtin_ctzll(left)]
                        >> TERMS_TRIAL_SHIFT])
                    rows &= ~(left & -left);
        ret_rows->blocks[b] = rows;
    }
}

static void add_rows(struct match_rows *sums, const struct match_rows *rows)
{
    for (unsigned b = 0; b < BLOCKS; b++)
        sums->blocks[b] += (uint64_t)__builtin_popcountll(rows->blocks[b]);
}

static void count(struct match_chunk *chunk, uint32_t active, struct match_tally *tally)
{
    struct match_rows any = { { 0 } }, several = { { 0 } }, some;
    for (uint32_t left = active; left; left &= left - 1) {
        unsigned limit = (unsigned)__builtin_ctz(left);
        const struct match_rows *rows = &chunk->fails[limit];
        for (unsigned b = 0; b < BLOCKS; b++) {
            some.blocks[b] = rows->blocks[b] & ~any.blocks[b];
            several.blocks[b] |= rows->blocks[b] & any.blocks[b];
            any.blocks[b] |= rows->blocks[b];
        }
        add_rows(&tally->alone[limit], rows);
        add_rows(&tally->funnel[limit], &some);
    }
    for (uint32_t left = active; left; left &= left - 1) {
        unsigned limit = (unsigned)__builtin_ctz(left);
        for (unsigned b = 0; b < BLOCKS; b++)
            some.blocks[b] = chunk->fails[limit].blocks[b] & ~several.blocks[b];
        add_rows(&tally->sole[limit], &some);
    }
    for (unsigned b = 0; b < BLOCKS; b++)
        some.blocks[b] = chunk->visible.blocks[b] & ~any.blocks[b];
    add_rows(&tally->fit, &some);
    add_rows(&tally->openings, &chunk->visible);
    chunk->any = any;
    chunk->several = several;
}

static void judge(const struct match_scan *s, uint32_t first, struct match_chunk *ret_chunk,
    struct match_tally *tally)
{
    see(s, first, &ret_chunk->visible);
    for (uint32_t left = s->t->active; left; left &= left - 1) {
        unsigned limit = (unsigned)__builtin_ctz(left);
        fails[limit](s, first, &ret_chunk->visible, &ret_chunk->fails[limit]);
    }
    count(ret_chunk, s->t->active, tally);
}

/* Those that tell most for least work come first; what is out already is not read again. */
static void sift(const struct match_scan *s, uint32_t first, struct match_rows *rows)
{
    static const uint8_t order[MATCH_N_LIMITS]
        = { MATCH_LIMIT_DISTANCE, MATCH_LIMIT_OCCUPATION, MATCH_LIMIT_LIVE, MATCH_LIMIT_PAY,
              MATCH_LIMIT_DRIVING, MATCH_LIMIT_CHECK, MATCH_LIMIT_HOURS, MATCH_LIMIT_MUST_NOT,
              MATCH_LIMIT_SHIFT, MATCH_LIMIT_INDUSTRY, MATCH_LIMIT_START };
    struct match_rows out;
    for (unsigned i = 0; i < MATCH_N_LIMITS; i++) {
        uint64_t left = 0;
        if (!(s->t->active & LIMIT_BIT(order[i])))
            continue;
        fails[order[i]](s, first, rows, &out);
        for (unsigned b = 0; b < BLOCKS; b++)
            left |= rows->blocks[b] &= ~out.blocks[b];
        if (!left)
            break;
    }
}

/* ---- what a query works out once ---- */

/* Whether all of a box is within the limit of home, or none of it. */
static enum share share_near(
    const struct match_catalogue *c, const struct match_query *q, uint32_t block)
{
    const double most = (double)q->distance_max_squared;
    const double home_east = q->client->easting_metres, home_north = q->client->northing_metres;
    const double west = c->west[block] - home_east, east = c->east[block] - home_east;
    const double south = c->south[block] - home_north, north = c->north[block] - home_north;
    const double near_x = MAX(MAX(west, -east), 0), near_y = MAX(MAX(south, -north), 0);
    const double far_x = MAX(-west, east), far_y = MAX(-south, north);
    if (near_x * near_x + near_y * near_y > most)
        return NONE;
    return far_x * far_x + far_y * far_y <= most ? ALL : SOME;
}

/* Grid references of one country: the square of a distance fits a double exactly. */
static uint64_t far_in_block(
    const struct match_catalogue *c, const struct match_query *q, uint32_t block)
{
    const double most = (double)q->distance_max_squared;
    const double home_east = q->client->easting_metres, home_north = q->client->northing_metres;
    const int32_t *easting = c->easting + (size_t)block * LANES;
    const int32_t *northing = c->northing + (size_t)block * LANES;
    double squared[LANES];
    for (unsigned i = 0; i < LANES; i++)
        squared[i] = (easting[i] - home_east) * (easting[i] - home_east)
            + (northing[i] - home_north) * (northing[i] - home_north);
    return rows_beyond(squared, most);
}

static void find_far(
    const struct match_catalogue *c, const struct match_query *q, struct match_set *far)
{
    for (uint32_t block = 0; block * LANES < far->n; block++) {
        enum share near = c->has_site[block] ? share_near(c, q, block) : ALL;
        uint64_t rows = near == ALL ? 0 : near == NONE ? UINT64_MAX : far_in_block(c, q, block);
        far->words[block] = rows & c->has_site[block];
    }
}

static void find_meeting(
    const struct match_catalogue *c, const struct match_week *week, struct match_set *patterns)
{
    for (uint32_t at = 0; at < patterns->n; at += LANES) {
        uint64_t met[LANES];
        for (unsigned i = 0; i < LANES; i++)
            met[i] = (c->week[0][at + i] & week->bits[0]) | (c->week[1][at + i] & week->bits[1])
                | (c->week[2][at + i] & week->bits[2]) | (c->week[3][at + i] & week->bits[3])
                | (c->week[4][at + i] & week->bits[4]) | (c->week[5][at + i] & week->bits[5]);
        patterns->words[at / LANES] = rows_not_zero(met);
    }
}

static void find_doors(
    const struct match_catalogue *c, const struct match_set *industries, struct match_set *doors)
{
    for (uint32_t at = 0; at < doors->n; at += LANES)
        doors->words[at / LANES] = rows_in(c->industry + at, industries);
}

static void collect(const uint8_t *bytes, struct match_set *set)
{
    for (uint32_t at = 0; at < set->n; at += LANES)
        set->words[at / LANES] = rows_flagged(bytes + at, UINT8_MAX);
}

static void raise_socs(const struct match_catalogue *c, uint16_t low, uint16_t high, uint8_t points,
    uint8_t *soc_points)
{
    for (uint32_t at = 0; at < c->socs.size; at += LANES)
        for (unsigned i = 0; i < LANES; i++) {
            uint8_t more
                = (uint16_t)(c->soc_code[at + i] - low) <= (uint16_t)(high - low) ? points : 0;
            soc_points[at + i] = MAX(soc_points[at + i], more);
        }
}

/* ---- scores ---- */

/* What is read of the rows, so that the arithmetic on it is of vectors. */
struct facts {
    int32_t looked_up[MATCH_CHUNK_ROWS];
    int32_t least[MATCH_CHUNK_ROWS], most[MATCH_CHUNK_ROWS]; /* hours; most below 0: not known */
    int32_t pay[MATCH_CHUNK_ROWS]; /* 0: not known */
    int32_t east[MATCH_CHUNK_ROWS], north[MATCH_CHUNK_ROWS]; /* of home */
    int32_t has_site[MATCH_CHUNK_ROWS]; /* 0 or 1 */
};

static int32_t look_up(const struct match_scan *s, uint32_t row, const struct match_door_key *door)
{
    const struct match_tables *t = s->t;
    const struct match_catalogue *c = s->c;
    const struct match_worth worth = c->worth[row];
    int32_t score = t->soc_points[c->soc[row]] * s->q->weights[MATCH_WISH_OCCUPATION]
        + t->trial_scores[c->terms[row] >> TERMS_TRIAL_SHIFT]
        + t->permanence_scores[worth.standing >> STANDING_PERMANENCE_SHIFT]
        + t->accreditation_scores[worth.standing & STANDING_ACCREDITATIONS]
        + t->relation_scores[match_relation(t->relations, door->employer)];
    if (t->industry_scores)
        score += t->industry_scores[door->industry];
    if (t->has_settings)
        score += t->met_scores[t->settings_low[worth.settings % MATCH_NIBBLE]
            + t->settings_high[worth.settings / MATCH_NIBBLE]];
    return score;
}

static void read_facts(
    const struct match_scan *s, const uint32_t *rows, unsigned n, struct facts *facts)
{
    const struct match_catalogue *c = s->c;
    const int32_t home_east = s->q->client->easting_metres;
    const int32_t home_north = s->q->client->northing_metres;
    for (unsigned i = 0; i < n; i++) {
        uint32_t row = rows[i];
        const struct match_door_key *door = match_door(c, row);
        facts->looked_up[i] = look_up(s, row, door);
        facts->least[i] = c->hours_least[row];
        facts->most[i] = c->hours_most[row] == MATCH_MOST_UNKNOWN ? -1 : c->hours_most[row];
        facts->pay[i] = c->worth[row].pay_least;
        if (!facts->pay[i] && c->pay_best[row] != MATCH_MOST_UNKNOWN)
            facts->pay[i] = c->pay_best[row];
        facts->east[i] = door->easting - home_east;
        facts->north[i] = door->northing - home_north;
        facts->has_site[i] = door->has_site;
    }
}

static int32_t within_points(int32_t points)
{
    return MAX(0, MIN(points, 100));
}

/* As match_hours_points(). */
static void score_hours(
    const struct match_scan *s, const struct facts *facts, unsigned n, int32_t *scores)
{
    const int32_t wanted = s->q->client->hours_wanted_tenths;
    const int32_t weight = wanted ? s->q->weights[MATCH_WISH_HOURS] : 0;
    for (unsigned i = 0; weight && i < n; i++) {
        int32_t off = MAX(0, MAX(facts->least[i] - wanted, wanted - facts->most[i]));
        scores[i] += facts->most[i] <= 0 ? 0 : weight * within_points(100 - off);
    }
}

/* As match_pay_points(): a quotient below 101 of such numbers is never rounded up to a whole one.
 */
static void score_pay(
    const struct match_scan *s, const struct facts *facts, unsigned n, int32_t *scores)
{
    const int32_t weight = s->q->weights[MATCH_WISH_PAY];
    const int32_t enough = (int32_t)MIN(s->q->pay_floor_pence, (uint32_t)MATCH_PAY_MAX_PENCE + 1);
    const double full = match_pay_full(s->q);
    for (unsigned i = 0; weight && i < n; i++) {
        int32_t above = MAX(facts->pay[i] - enough, 0);
        double points = above * 100.0 / full;
        scores[i] += weight * (points < 100 ? (int32_t)points : 100);
    }
}

/* As match_nearness_points() of match_metres(): the root is corrected to the whole metre above. */
static void score_nearness(
    const struct match_scan *s, const struct facts *facts, unsigned n, int32_t *scores)
{
    const int32_t weight = s->q->client->has_home ? s->q->weights[MATCH_WISH_NEARNESS] : 0;
    const double far = match_far_metres(s->q);
    for (unsigned i = 0; weight && i < n; i++) {
        const double east = facts->east[i], north = facts->north[i];
        const double squared = east * east + north * north;
        double metres = (int32_t)sqrt(squared);
        metres += metres * metres < squared ? 1 : 0;
        double lost = metres * 100.0 / far;
        int32_t points = lost < 100 ? 100 - (int32_t)lost : 0;
        scores[i] += weight * facts->has_site[i] * points;
    }
}

static void score(const struct match_scan *s, const uint32_t *rows, unsigned n, int32_t *ret_scores)
{
    _uninitialized_ struct facts facts;
    read_facts(s, rows, n, &facts);
    memcpy(ret_scores, facts.looked_up, n * sizeof(*ret_scores));
    score_hours(s, &facts, n, ret_scores);
    score_pay(s, &facts, n, ret_scores);
    score_nearness(s, &facts, n, ret_scores);
}

const struct match_kernel MATCH_KERNEL = {
    .see = see,
    .judge = judge,
    .sift = sift,
    .score = score,
    .find_far = find_far,
    .find_meeting = find_meeting,
    .find_doors = find_doors,
    .collect = collect,
    .raise_socs = raise_socs,
};
