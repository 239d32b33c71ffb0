/* The limits over columns, 64 rows at a time: a bit a row that fails. The loops have no branches
 * that depend on a row and a length that the compiler knows, so that it makes vectors of them. This
 * file is compiled once for each instruction set (daemon/CMakeLists.txt); all give the same. */
#include "match/match_internal.h"

#if defined(__AVX512BW__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#ifndef MATCH_JUDGE
#define MATCH_JUDGE match_judge_portable
#endif

/* One byte a row, 0 or 1, to one bit a row. */
static uint64_t pack(const uint8_t fails[MATCH_BLOCK_ROWS])
{
#if defined(__AVX512BW__)
    __m512i bytes = _mm512_loadu_si512(fails);
    return _mm512_test_epi8_mask(bytes, bytes);
#elif defined(__AVX2__)
    uint64_t bits = 0;
    for (unsigned i = 0; i < 2; i++) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(fails + 32 * i));
        uint32_t half = (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(bytes, 7));
        bits |= (uint64_t)half << (32 * i);
    }
    return bits;
#else
    uint64_t bits = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, fails + 8 * i, sizeof(eight));
        /* gathers the lowest bits of eight bytes into the highest byte */
        bits |= (eight * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
    }
    return bits;
#endif
}

/* The rows for which @condition, about row i, holds. */
#define ROWS(out, condition)                                                                       \
    do {                                                                                           \
        uint8_t fails_[MATCH_BLOCK_ROWS];                                                          \
        for (unsigned i = 0; i < MATCH_BLOCK_ROWS; i++)                                            \
            fails_[i] = (uint8_t)(condition);                                                      \
        (out) = pack(fails_);                                                                      \
    } while (0)

/* The same for what must be looked up in a table, which no vector does faster: from register to
 * register, since a vector that is read back from single bytes waits for them. */
#define LOOKED_UP(out, condition)                                                                  \
    do {                                                                                           \
        uint64_t bits_ = 0;                                                                        \
        _Pragma("GCC unroll 16") for (unsigned i = 0; i < MATCH_BLOCK_ROWS; i++) bits_             \
            |= (uint64_t)(condition) << i;                                                         \
        (out) = bits_;                                                                             \
    } while (0)

struct block {
    const struct match_catalogue *c;
    const struct match_query *q;
    const struct match_tables *t;
    uint32_t first;
};

static uint64_t visible(const struct block *b)
{
    const uint8_t *flags = b->c->flags + b->first;
    const uint16_t *audience = b->c->audience + b->first;
    const uint16_t asker = b->t->audience, network = b->t->audience_network;
    uint64_t hidden;
    ROWS(hidden, (flags[i] & ROW_IS_HOLE) | ((audience[i] != asker) & (audience[i] != network)));
    if (b->t->some_trial_hides) {
        const uint8_t *terms = b->c->terms + b->first;
        uint64_t without;
        LOOKED_UP(without, b->t->trial_hides[terms[i] >> TERMS_TRIAL_SHIFT]);
        hidden |= without;
    }
    return ~hidden;
}

static uint64_t fail_live(const struct block *b)
{
    const uint8_t *flags = b->c->flags + b->first;
    const uint16_t *opens_on = b->c->opens_on + b->first, *closes_on = b->c->closes_on + b->first;
    const uint16_t on = match_day(b->q->on);
    uint64_t fails;
    ROWS(fails, ((flags[i] & ROW_IS_SHUT) != 0) | (opens_on[i] > on) | (closes_on[i] < on));
    return fails;
}

/* Of an opening that says no latest start, it is the slack after its start, or after today. */
static uint64_t fail_start(const struct block *b)
{
    const uint16_t *starts_on = b->c->starts_on + b->first;
    const uint16_t *latest_on = b->c->latest_start_on + b->first;
    const uint16_t on = match_day(b->q->on), can_start_on = match_day(match_can_start_on(b->q));
    const uint16_t wanted_by
        = b->q->client->latest_start_on ? match_day(b->q->client->latest_start_on) : MATCH_DAY_LAST;
    const uint16_t slack = b->q->options->start_slack_days;
    const uint16_t least = can_start_on > slack ? (uint16_t)(can_start_on - slack) : 0;
    uint64_t fails;
    ROWS(fails,
        ((latest_on[i] != 0) & (latest_on[i] < can_start_on))
            | ((latest_on[i] == 0) & (starts_on[i] != 0) & (starts_on[i] < least) & (on < least))
            | ((starts_on[i] != 0) & ((starts_on[i] > wanted_by) | (on > wanted_by))));
    return fails;
}

static uint64_t fail_hours(const struct block *b)
{
    const uint16_t *least = b->c->hours_min_tenths + b->first;
    const uint16_t *most = b->c->hours_max_tenths + b->first;
    const uint16_t wanted_min = b->q->client->hours_min_tenths;
    const uint16_t wanted_max
        = b->q->client->hours_max_tenths ? b->q->client->hours_max_tenths : UINT16_MAX;
    uint64_t fails;
    ROWS(fails,
        (least[i] > wanted_max)
            | ((MAX(least[i], most[i]) < wanted_min) & ((least[i] | most[i]) != 0)));
    return fails;
}

static uint64_t fail_pay(const struct block *b)
{
    const uint16_t *least = b->c->pay_min_pence + b->first;
    const uint16_t *most = b->c->pay_max_pence + b->first;
    const uint16_t floor = (uint16_t)MIN(b->q->pay_floor_pence, (uint32_t)UINT16_MAX);
    uint64_t fails;
    ROWS(fails, (MAX(least[i], most[i]) < floor) & ((least[i] | most[i]) != 0));
    return fails;
}

/* Grid references of one country: the square of a distance fits a double exactly. */
static uint64_t fail_distance(const struct block *b)
{
    const int32_t *easting = b->c->easting_metres + b->first;
    const int32_t *northing = b->c->northing_metres + b->first;
    const uint8_t *flags = b->c->flags + b->first;
    const double east = b->q->client->easting_metres, north = b->q->client->northing_metres;
    const bool is_limited = b->q->client->has_home && b->q->distance_max_squared != INT64_MAX;
    const double most = (double)b->q->distance_max_squared;
    uint64_t fails = 0;
    if (is_limited)
        ROWS(fails,
            ((flags[i] & ROW_HAS_SITE) != 0)
                & ((easting[i] - east) * (easting[i] - east)
                        + (northing[i] - north) * (northing[i] - north)
                    > most));
    if (!b->t->site_minutes)
        return fails;
    const uint32_t *site = b->c->site + b->first;
    uint64_t checked, is_long;
    LOOKED_UP(checked, b->t->site_minutes[site[i]] != TABLE_JOURNEY_NONE);
    LOOKED_UP(is_long, b->t->site_minutes[site[i]] > b->q->client->journey_max_minutes);
    return (fails & ~checked) | (checked & is_long);
}

static uint64_t fail_occupation(const struct block *b)
{
    const uint16_t *soc = b->c->soc + b->first;
    const uint8_t *table = b->t->soc_fails;
    uint64_t fails = 0;
    if (b->t->some_soc_fails)
        LOOKED_UP(fails, table[soc[i]]);
    return fails;
}

static uint64_t fail_industry(const struct block *b)
{
    const uint16_t *industry = b->c->industry + b->first;
    const uint8_t *table = b->t->industry_fails;
    uint64_t fails = 0;
    if (b->t->some_industry_fails)
        LOOKED_UP(fails, table[industry[i]]);
    return fails;
}

static uint64_t fail_driving(const struct block *b)
{
    const uint8_t *terms = b->c->terms + b->first;
    const uint8_t most = b->q->driving == MATCH_DRIVING_UNKNOWN ? (uint8_t)MATCH_DRIVING_G2
                                                                : (uint8_t)b->q->driving;
    uint64_t fails;
    ROWS(fails, (terms[i] & TERMS_DRIVING) > most);
    return fails;
}

static uint64_t fail_check(const struct block *b)
{
    const uint8_t *terms = b->c->terms + b->first;
    const unsigned clear = b->q->check == MATCH_CHECK_UNKNOWN ? MATCH_CHECK_ENHANCED : b->q->check;
    const uint8_t most = (uint8_t)(clear << TERMS_CHECK_SHIFT);
    uint64_t fails;
    ROWS(fails, (terms[i] & TERMS_CHECK) > most);
    return fails;
}

static uint64_t fail_must_not(const struct block *b)
{
    const uint16_t *exposures = b->c->exposures + b->first;
    const uint32_t *pattern = b->c->pattern + b->first;
    const uint16_t must_not = (uint16_t)b->q->client->must_not;
    const uint8_t *is_night = b->t->pattern_is_night;
    uint64_t fails = 0, nights = 0;
    if (must_not)
        ROWS(fails, (exposures[i] & must_not) != 0);
    if (must_not >> MATCH_EXPOSURE_NIGHTS & 1)
        LOOKED_UP(nights, is_night[pattern[i]]);
    return fails | nights;
}

static uint64_t fail_shift(const struct block *b)
{
    const uint32_t *pattern = b->c->pattern + b->first;
    const uint16_t *needed = b->c->hours_min_tenths + b->first;
    const uint16_t *room = b->t->pattern_room_tenths;
    uint64_t fails;
    LOOKED_UP(fails, MAX(needed[i], 1) > room[pattern[i]]);
    return fails;
}

static uint32_t count(uint64_t rows)
{
    return (uint32_t)__builtin_popcountll(rows);
}

/* Fill in the sums of a block, and count it. */
static void count_block(struct match_block *block, struct match_tally *tally)
{
    uint64_t any = 0, several = 0;
    for (unsigned i = 0; i < MATCH_N_LIMITS; i++) {
        uint64_t fails = block->fails[i];
        tally->counts[i].alone += count(fails);
        tally->counts[i].funnel += count(fails & ~any);
        several |= any & fails;
        any |= fails;
    }
    for (unsigned i = 0; i < MATCH_N_LIMITS; i++)
        tally->counts[i].sole += count(block->fails[i] & ~several);
    tally->n_openings += count(block->visible);
    tally->n_fit += count(block->visible & ~any);
    block->any = any;
    block->several = several;
}

void MATCH_JUDGE(const struct match_catalogue *catalogue, const struct match_query *q,
    const struct match_tables *tables, uint32_t first, struct match_block *ret_block,
    struct match_tally *tally)
{
    const struct block b = { catalogue, q, tables, first };
    uint64_t *fails = ret_block->fails;
    ret_block->visible = visible(&b);
    fails[MATCH_LIMIT_LIVE] = fail_live(&b);
    fails[MATCH_LIMIT_START] = fail_start(&b);
    fails[MATCH_LIMIT_HOURS] = fail_hours(&b);
    fails[MATCH_LIMIT_PAY] = fail_pay(&b);
    fails[MATCH_LIMIT_DISTANCE] = fail_distance(&b);
    fails[MATCH_LIMIT_OCCUPATION] = fail_occupation(&b);
    fails[MATCH_LIMIT_INDUSTRY] = fail_industry(&b);
    fails[MATCH_LIMIT_DRIVING] = fail_driving(&b);
    fails[MATCH_LIMIT_CHECK] = fail_check(&b);
    fails[MATCH_LIMIT_MUST_NOT] = fail_must_not(&b);
    fails[MATCH_LIMIT_SHIFT] = fail_shift(&b);
    for (unsigned i = 0; i < MATCH_N_LIMITS; i++)
        fails[i] &= ret_block->visible;
    count_block(ret_block, tally);
}
