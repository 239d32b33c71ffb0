/* The inner loops: limits over columns, a bit a row that fails; the counts of such bits; scores of
 * the rows that are left. This file is compiled once for each instruction set
 * (daemon/CMakeLists.txt) and gives the same whichever is chosen. */
#include "match/lanes.h"

#ifndef MATCH_JUDGE
#define MATCH_JUDGE match_judge_portable
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

/* How many of the numbers from @first to @last, that are close, are in the set. */
static enum share share_of(const struct match_set *set, uint32_t first, uint32_t last)
{
    if (first > last)
        return NONE;
    if (last - first >= 64)
        return SOME;
    const uint64_t *words = set->words + first / 64;
    uint64_t low = words[0] >> first % 64, high = first % 64 ? words[1] << (64 - first % 64) : 0;
    uint64_t all = UINT64_MAX >> (63 - (last - first)), some = (low | high) & all;
    return !some ? NONE : some == all ? ALL : SOME;
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

/* Keep of @rows those that are there and for the asker's eyes. */
static void see(const struct match_scan *s, uint32_t first, struct match_rows *rows)
{
    const struct match_catalogue *c = s->c;
    for (unsigned b = 0; b < BLOCKS; b++) {
        const uint32_t at = first + b * LANES;
        uint64_t seen = rows->blocks[b];
        if (seen)
            seen &= ~rows_flagged(c->flags + at, ROW_IS_HOLE);
        if (seen)
            seen &= rows_in(c->audience + at, &s->t->audiences);
        if (s->t->some_trial_hides)
            for (uint64_t left = seen; left; left &= left - 1)
                if (s->t->trial_hides[c->terms[at + (uint32_t)__builtin_ctzll(left)]
                        >> TERMS_TRIAL_SHIFT])
                    seen &= ~(left & -left);
        rows->blocks[b] = seen;
    }
}

static struct match_rows all_rows(void)
{
    struct match_rows rows;
    memset(&rows, 0xFF, sizeof(rows));
    return rows;
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
    ret_chunk->visible = all_rows();
    see(s, first, &ret_chunk->visible);
    for (uint32_t left = s->t->active; left; left &= left - 1) {
        unsigned limit = (unsigned)__builtin_ctz(left);
        fails[limit](s, first, &ret_chunk->visible, &ret_chunk->fails[limit]);
    }
    count(ret_chunk, s->t->active, tally);
}

/* Keep of @rows those that do not fail @limit; false: none is left. */
static bool sift_by(
    const struct match_scan *s, enum match_limit limit, uint32_t first, struct match_rows *rows)
{
    _uninitialized_ struct match_rows out;
    uint64_t left = 0;
    if (!(s->t->active & LIMIT_BIT(limit)))
        return true;
    fails[limit](s, first, rows, &out);
    for (unsigned b = 0; b < BLOCKS; b++)
        left |= rows->blocks[b] &= ~out.blocks[b];
    return left != 0;
}

/* Those that remove most for the bytes that they read come first; of blocks that are out already,
 * nothing more is read. */
static void sift(const struct match_scan *s, uint32_t first, struct match_rows *rows)
{
    static const uint8_t order[]
        = { MATCH_LIMIT_DISTANCE, MATCH_LIMIT_OCCUPATION, MATCH_LIMIT_SHIFT, MATCH_LIMIT_HOURS,
              MATCH_LIMIT_PAY, MATCH_LIMIT_CHECK, MATCH_LIMIT_MUST_NOT, MATCH_LIMIT_DRIVING,
              MATCH_LIMIT_LIVE, MATCH_LIMIT_INDUSTRY, MATCH_LIMIT_START };
    _Static_assert(ARRAY_SIZE(order) == MATCH_N_LIMITS, "each limit once");
    for (unsigned i = 0; i < ARRAY_SIZE(order) && sift_by(s, order[i], first, rows); i++)
        ;
}

/* Near openings stand together: of most chunks, the distance leaves nothing to see. */
static void find(const struct match_scan *s, uint32_t first, struct match_rows *ret_rows)
{
    *ret_rows = all_rows();
    sift(s, first, ret_rows);
    see(s, first, ret_rows);
}

/* ---- what a query works out once ---- */

/* Blocks of doors, of the 64 from @first on, that lie wholly beyond the limit of home, and those
 * that do not lie wholly within it. */
static void share_boxes(const struct match_catalogue *c, const struct match_query *q,
    uint32_t first, uint64_t *ret_beyond, uint64_t *ret_not_within)
{
    const double most = (double)q->distance_max_squared;
    const double home_east = q->client->easting_metres, home_north = q->client->northing_metres;
    _uninitialized_ double near[LANES];
    _uninitialized_ double far[LANES];
    const int32_t *west = c->west + first, *east = c->east + first;
    const int32_t *south = c->south + first, *north = c->north + first;
    for (unsigned i = 0; i < LANES; i++) {
        const double left = west[i] - home_east, right = east[i] - home_east;
        const double down = south[i] - home_north, up = north[i] - home_north;
        const double x = MAX(MAX(left, -right), 0.0), y = MAX(MAX(down, -up), 0.0);
        const double far_x = MAX(-left, right), far_y = MAX(-down, up);
        near[i] = x * x + y * y;
        far[i] = far_x * far_x + far_y * far_y;
    }
    *ret_beyond = rows_beyond(near, most);
    *ret_not_within = rows_beyond(far, most);
}

/* Grid references of one country: the square of a distance fits a double exactly. */
static uint64_t far_in_block(
    const struct match_catalogue *c, const struct match_query *q, uint32_t block)
{
    const double most = (double)q->distance_max_squared;
    const double home_east = q->client->easting_metres, home_north = q->client->northing_metres;
    const int32_t *easting = c->easting + (size_t)block * LANES;
    const int32_t *northing = c->northing + (size_t)block * LANES;
    _uninitialized_ double squared[LANES];
    for (unsigned i = 0; i < LANES; i++)
        squared[i] = (easting[i] - home_east) * (easting[i] - home_east)
            + (northing[i] - home_north) * (northing[i] - home_north);
    return rows_beyond(squared, most);
}

static void find_far(
    const struct match_catalogue *c, const struct match_query *q, struct match_set *far)
{
    uint64_t beyond = 0, not_within = 0;
    for (uint32_t block = 0; block * LANES < far->n; block++) {
        const uint64_t bit = UINT64_C(1) << (block % LANES);
        if (block % LANES == 0)
            share_boxes(c, q, block, &beyond, &not_within);
        uint64_t doors = 0;
        if (beyond & bit)
            doors = UINT64_MAX;
        else if (not_within & bit)
            doors = far_in_block(c, q, block);
        far->words[block] = doors & c->has_site[block];
    }
}

static void find_meeting(
    const struct match_catalogue *c, const struct match_week *week, struct match_set *patterns)
{
    const uint64_t a = week->bits[0], b = week->bits[1], d = week->bits[2];
    const uint64_t e = week->bits[3], f = week->bits[4], g = week->bits[5];
    for (uint32_t at = 0; at < patterns->n; at += LANES) {
        const uint64_t *words[MATCH_WEEK_WORDS];
        _uninitialized_ uint64_t met[LANES];
        for (unsigned i = 0; i < MATCH_WEEK_WORDS; i++)
            words[i] = c->week[i] + at;
        for (unsigned i = 0; i < LANES; i++)
            met[i] = (words[0][i] & a) | (words[1][i] & b) | (words[2][i] & d) | (words[3][i] & e)
                | (words[4][i] & f) | (words[5][i] & g);
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

const struct match_judge MATCH_JUDGE = {
    .judge = judge,
    .find = find,
    .sift = sift,
    .find_far = find_far,
    .find_meeting = find_meeting,
    .find_doors = find_doors,
    .collect = collect,
};
