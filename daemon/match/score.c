/* What the rows that fail nothing are worth: exactly, row by row; and, for a block of rows at once,
 * a bound that no row of it exceeds and most come near, so that few need be scored. This file is
 * compiled once for each instruction set (daemon/CMakeLists.txt); bounds may differ, scores do not.
 */
#include "match/lanes.h"

#include <math.h>

#ifndef MATCH_SCORER
#define MATCH_SCORER match_scorer_portable
#endif

enum { FULL_POINTS = 100 };

static void raise_socs(const struct match_catalogue *c, uint16_t low, uint16_t high, uint8_t points,
    uint8_t *soc_points)
{
    for (uint32_t at = 0; at < c->socs.size; at += LANES) {
        const uint16_t *codes = c->soc_code + at;
        uint8_t *of = soc_points + at;
        for (unsigned i = 0; i < LANES; i++) {
            uint8_t more = (uint16_t)(codes[i] - low) <= (uint16_t)(high - low) ? points : 0;
            of[i] = MAX(of[i], more);
        }
    }
}

/* ---- exactly ---- */

static unsigned setting_points(const struct match_tables *t, unsigned settings)
{
    return t->met_points[t->settings_low[settings % MATCH_NIBBLE]
        + t->settings_high[settings / MATCH_NIBBLE]];
}

static int32_t within_points(int32_t points)
{
    return MAX(0, MIN(points, FULL_POINTS));
}

/* As match_hours_points(); none where hours are not known. */
static unsigned hours_points_of(const struct match_scan *s, uint32_t row)
{
    const int32_t wanted = s->q->client->hours_wanted_tenths;
    const int32_t least = s->c->hours_least[row], most = s->c->hours_most[row];
    if (most == MATCH_MOST_UNKNOWN)
        return 0;
    return (unsigned)within_points(FULL_POINTS - MAX(0, MAX(least - wanted, wanted - most)));
}

/* What a row's own columns are worth, without its pay. Six wishes: it fits 16 bits. */
static uint32_t part_of(const struct match_scan *s, uint32_t row)
{
    const struct match_tables *t = s->t;
    const struct match_catalogue *c = s->c;
    const uint16_t *weights = t->part_weights;
    const unsigned standing = c->standing[row];
    uint32_t part = t->soc_points[c->soc[row]] * weights[MATCH_WISH_OCCUPATION]
        + t->trial_points[c->terms[row] >> TERMS_TRIAL_SHIFT] * weights[MATCH_WISH_TRIAL]
        + t->permanence_points[standing >> STANDING_PERMANENCE_SHIFT]
            * weights[MATCH_WISH_PERMANENCE]
        + t->accreditation_points[standing & STANDING_ACCREDITATIONS]
            * weights[MATCH_WISH_ACCREDITATION];
    if (t->has_settings)
        part += setting_points(t, c->settings[row]) * weights[MATCH_WISH_SETTING];
    if (weights[MATCH_WISH_HOURS])
        part += hours_points_of(s, row) * weights[MATCH_WISH_HOURS];
    return part;
}

/* What is read of the rows beside, so that the arithmetic on it is of vectors. */
struct facts {
    int32_t pay[MATCH_CHUNK_ROWS]; /* 0: not known */
    int32_t east[MATCH_CHUNK_ROWS], north[MATCH_CHUNK_ROWS]; /* of home */
    int32_t has_site[MATCH_CHUNK_ROWS]; /* 0 or 1 */
};

static void read_facts(const struct match_scan *s, const uint32_t *rows, const uint16_t *parts,
    unsigned n, struct facts *facts, int32_t *scores)
{
    const struct match_catalogue *c = s->c;
    const struct match_tables *t = s->t;
    const int32_t home_east = s->q->client->easting_metres;
    const int32_t home_north = s->q->client->northing_metres;
    const int32_t industry_weight = s->q->weights[MATCH_WISH_INDUSTRY];
    for (unsigned i = 0; i < n; i++) {
        uint32_t row = rows[i];
        const struct match_door_key *door = match_door(c, row);
        facts->pay[i] = c->pay_least[row];
        if (!facts->pay[i] && c->pay_best[row] != MATCH_MOST_UNKNOWN)
            facts->pay[i] = c->pay_best[row];
        facts->east[i] = door->easting - home_east;
        facts->north[i] = door->northing - home_north;
        facts->has_site[i] = door->has_site;
        scores[i] = parts[i] + t->relation_scores[match_relation(t->relations, door->employer)];
        if (t->industry_points)
            scores[i] += t->industry_points[door->industry] * industry_weight;
    }
}

/* As match_pay_points(): a quotient below 101 of such numbers is never rounded up to a whole one.
 */
static void score_pay(
    const struct match_scan *s, const struct facts *facts, unsigned n, int32_t *scores)
{
    const int32_t weight = s->q->weights[MATCH_WISH_PAY];
    const int32_t enough = (int32_t)MIN(s->q->pay_floor_pence, (uint32_t)MATCH_PAY_MAX_PENCE + 1);
    const double full = (double)match_pay_full(s->q);
    for (unsigned i = 0; weight && i < n; i++) {
        int32_t above = MAX(facts->pay[i] - enough, 0);
        double points = above * (double)FULL_POINTS / full;
        scores[i] += weight * (points < FULL_POINTS ? (int32_t)points : FULL_POINTS);
    }
}

/* As match_nearness_points() of match_metres(): the root is corrected to the whole metre above. */
static void score_nearness(
    const struct match_scan *s, const struct facts *facts, unsigned n, int32_t *scores)
{
    const int32_t weight = s->q->client->has_home ? s->q->weights[MATCH_WISH_NEARNESS] : 0;
    const double far = (double)match_far_metres(s->q);
    for (unsigned i = 0; weight && i < n; i++) {
        const double east = facts->east[i], north = facts->north[i];
        const double squared = east * east + north * north;
        double metres = (int32_t)sqrt(squared);
        metres += metres * metres < squared ? 1 : 0;
        double lost = metres * FULL_POINTS / far;
        int32_t points = lost < FULL_POINTS ? FULL_POINTS - (int32_t)lost : 0;
        scores[i] += weight * facts->has_site[i] * points;
    }
}

static void finish(const struct match_scan *s, const uint32_t *rows, const uint16_t *parts,
    unsigned n, int32_t *ret_scores)
{
    _uninitialized_ struct facts facts;
    read_facts(s, rows, parts, n, &facts, ret_scores);
    score_pay(s, &facts, n, ret_scores);
    score_nearness(s, &facts, n, ret_scores);
}

static void score(const struct match_scan *s, const uint32_t *rows, unsigned n, int32_t *ret_scores)
{
    _uninitialized_ uint16_t parts[MATCH_CHUNK_ROWS];
    for (unsigned i = 0; i < n; i++)
        parts[i] = (uint16_t)part_of(s, rows[i]);
    finish(s, rows, parts, n, ret_scores);
}

/* ---- bounds ---- */

/* The most points that nearness can give in each block of doors; a few too many do no harm. */
static void find_nearest(
    const struct match_catalogue *c, const struct match_query *q, uint32_t n, uint8_t *ret_points)
{
    const float home_east = (float)q->client->easting_metres;
    const float home_north = (float)q->client->northing_metres;
    const float points_a_metre = 0.999F * FULL_POINTS / (float)match_far_metres(q);
    const float slack = 8 * points_a_metre; /* floats are exact to a metre or so */
    const int32_t *west = c->west, *east = c->east, *south = c->south, *north = c->north;
    for (uint32_t i = 0; i < n; i++) {
        const float left = (float)west[i] - home_east, right = (float)east[i] - home_east;
        const float down = (float)south[i] - home_north, up = (float)north[i] - home_north;
        const float x = MAX(MAX(left, -right), 0.0F), y = MAX(MAX(down, -up), 0.0F);
        const float lost = sqrtf(x * x + y * y) * points_a_metre - slack;
        ret_points[i] = (uint8_t)(FULL_POINTS - (int32_t)MAX(MIN(lost, (float)FULL_POINTS), 0.0F));
    }
}

/* What no row of the block exceeds, whatever its own columns say: nearness, employer, industry. */
static uint32_t bound_rest(const struct match_scan *s, uint32_t first)
{
    enum { FEW_BLOCKS = 8 };
    const struct match_tables *t = s->t;
    uint32_t from = s->c->door_first[first / LANES] / LANES;
    uint32_t to = s->c->door_last[first / LANES] / LANES;
    uint32_t points = to - from > FEW_BLOCKS ? FULL_POINTS : 0;
    if (!t->bound_nearness)
        return t->bound_rest;
    for (uint32_t i = from; i <= to && points < FULL_POINTS; i++)
        points = MAX(points, t->nearest_points[i]);
    return t->bound_rest + points * t->bound_nearness;
}

static uint32_t bound_pay(const struct match_tables *t, uint16_t best)
{
    uint32_t above = best > t->pay_enough ? best - t->pay_enough : 0;
    return MIN(above * (uint32_t)t->pay_factor >> 16, (uint32_t)FULL_POINTS) * t->bound_pay;
}

/* Row by row, for any number of occupations. */
static uint16_t bound_rows(const struct match_scan *s, uint32_t first, uint64_t wanted,
    uint16_t ret_bounds[LANES], uint16_t ret_parts[LANES])
{
    const struct match_tables *t = s->t;
    const uint32_t rest = bound_rest(s, first);
    uint16_t highest = 0;
    memset(ret_bounds, 0, LANES * sizeof(*ret_bounds));
    for (; wanted; wanted &= wanted - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(wanted), part = part_of(s, first + i);
        ret_parts[i] = (uint16_t)part;
        ret_bounds[i]
            = (uint16_t)(rest + (part >> t->bound_shift) + bound_pay(t, s->c->pay_best[first + i]));
        highest = MAX(highest, ret_bounds[i]);
    }
    return highest;
}

#if defined(__AVX512VBMI__)

/* Sums of 64 rows, 16 bits each, in two halves. */
struct sums {
    __m512i halves[2];
};

static inline void add_products(struct sums *sums, __m512i low, __m512i high, uint16_t weight)
{
    const __m512i factor = _mm512_set1_epi16((short)weight);
    sums->halves[0] = _mm512_add_epi16(sums->halves[0], _mm512_mullo_epi16(low, factor));
    sums->halves[1] = _mm512_add_epi16(sums->halves[1], _mm512_mullo_epi16(high, factor));
}

/* Points of a byte each, in the order of the rows. */
static inline void add_points(struct sums *sums, __m512i points, uint16_t weight)
{
    add_products(sums, _mm512_cvtepu8_epi16(_mm512_castsi512_si256(points)),
        _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(points, 1)), weight);
}

/* The bytes of a table of sixteen, by the lowest four bits of each index. */
static inline __m512i of_sixteen(const uint8_t table[MATCH_NIBBLE], __m512i indices)
{
    __m512i bytes = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)table));
    return _mm512_shuffle_epi8(bytes, _mm512_and_si512(indices, _mm512_set1_epi8(0x0F)));
}

static inline __m512i shifted(__m512i bytes, unsigned n)
{
    return _mm512_and_si512(_mm512_srli_epi16(bytes, n), _mm512_set1_epi8((char)(UINT8_MAX >> n)));
}

static inline void add_setting(
    struct sums *sums, const struct match_scan *s, uint32_t first, uint16_t weight)
{
    const struct match_tables *t = s->t;
    if (!t->has_settings)
        return;
    __m512i settings = _mm512_loadu_si512(s->c->settings + first);
    __m512i met = _mm512_add_epi8(
        of_sixteen(t->settings_low, settings), of_sixteen(t->settings_high, shifted(settings, 4)));
    add_points(sums, _mm512_permutexvar_epi8(met, _mm512_loadu_si512(t->met_points)), weight);
}

static inline __m512i hours_points(
    const struct match_scan *s, const uint16_t *least, const uint16_t *most)
{
    const __m512i wanted = _mm512_set1_epi16((short)s->q->client->hours_wanted_tenths);
    __m512i last = _mm512_loadu_si512(most);
    __m512i off = _mm512_max_epu16(
        _mm512_subs_epu16(_mm512_loadu_si512(least), wanted), _mm512_subs_epu16(wanted, last));
    __mmask32 known = _mm512_cmpneq_epu16_mask(last, _mm512_set1_epi16((short)MATCH_MOST_UNKNOWN));
    return _mm512_maskz_subs_epu16(known, _mm512_set1_epi16(FULL_POINTS), off);
}

static inline __m512i pay_points(const struct match_tables *t, const uint16_t *best)
{
    __m512i above
        = _mm512_subs_epu16(_mm512_loadu_si512(best), _mm512_set1_epi16((short)t->pay_enough));
    return _mm512_min_epu16(_mm512_mulhi_epu16(above, _mm512_set1_epi16((short)t->pay_factor)),
        _mm512_set1_epi16(FULL_POINTS));
}

/* As part_of(), of all 64 rows. */
static inline void add_parts(struct sums *sums, const struct match_scan *s, uint32_t first)
{
    enum { HALF = LANES / 2 };
    const struct match_catalogue *c = s->c;
    const struct match_tables *t = s->t;
    const uint16_t *weights = t->part_weights;
    const __m512i standing = _mm512_loadu_si512(c->standing + first);
    const __m512i terms = _mm512_loadu_si512(c->terms + first);
    if (weights[MATCH_WISH_OCCUPATION])
        add_points(sums, bytes_of(c->soc + first, t->soc_points, c->socs.size),
            weights[MATCH_WISH_OCCUPATION]);
    add_points(sums, of_sixteen(t->trial_points, shifted(terms, TERMS_TRIAL_SHIFT)),
        weights[MATCH_WISH_TRIAL]);
    add_points(sums, of_sixteen(t->permanence_points, shifted(standing, STANDING_PERMANENCE_SHIFT)),
        weights[MATCH_WISH_PERMANENCE]);
    if (weights[MATCH_WISH_ACCREDITATION])
        add_points(
            sums, of_sixteen(t->accreditation_points, standing), weights[MATCH_WISH_ACCREDITATION]);
    add_setting(sums, s, first, weights[MATCH_WISH_SETTING]);
    if (weights[MATCH_WISH_HOURS])
        add_products(sums, hours_points(s, c->hours_least + first, c->hours_most + first),
            hours_points(s, c->hours_least + first + HALF, c->hours_most + first + HALF),
            weights[MATCH_WISH_HOURS]);
}

static inline uint16_t highest_of(__m512i values)
{
    __m256i half
        = _mm256_max_epu16(_mm512_castsi512_si256(values), _mm512_extracti64x4_epi64(values, 1));
    __m128i quarter
        = _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    __m128i lowest = _mm_minpos_epu16(_mm_xor_si128(quarter, _mm_set1_epi16(-1)));
    return (uint16_t)~_mm_extract_epi16(lowest, 0);
}

static uint16_t bound(const struct match_scan *s, uint32_t first, uint64_t wanted,
    uint16_t ret_bounds[LANES], uint16_t ret_parts[LANES])
{
    enum { HALVES = 2, HALF = LANES / HALVES };
    const struct match_tables *t = s->t;
    const __m512i rest = _mm512_set1_epi16((short)bound_rest(s, first));
    const __m512i pay_weight = _mm512_set1_epi16((short)t->bound_pay);
    struct sums parts = { { _mm512_setzero_si512(), _mm512_setzero_si512() } };
    __m512i most = _mm512_setzero_si512();
    if (s->c->socs.size > BYTE_PAGES_MOST * BYTE_PAGE)
        return bound_rows(s, first, wanted, ret_bounds, ret_parts);
    add_parts(&parts, s, first);
    for (unsigned i = 0; i < HALVES; i++) {
        __m512i pay = pay_points(t, s->c->pay_best + first + i * HALF);
        __m512i bounds = _mm512_add_epi16(_mm512_srli_epi16(parts.halves[i], t->bound_shift),
            _mm512_mullo_epi16(pay, pay_weight));
        bounds = _mm512_maskz_add_epi16((__mmask32)(wanted >> (i * HALF)), bounds, rest);
        _mm512_storeu_si512(ret_parts + i * HALF, parts.halves[i]);
        _mm512_storeu_si512(ret_bounds + i * HALF, bounds);
        most = _mm512_max_epu16(most, bounds);
    }
    return highest_of(most);
}

#else

static uint16_t bound(const struct match_scan *s, uint32_t first, uint64_t wanted,
    uint16_t ret_bounds[LANES], uint16_t ret_parts[LANES])
{
    return bound_rows(s, first, wanted, ret_bounds, ret_parts);
}

#endif

static size_t count_from(const uint16_t *bounds, size_t n_blocks, uint16_t least)
{
    size_t count = 0;
    for (size_t i = 0; i < n_blocks; i++)
        count += (unsigned)__builtin_popcountll(~rows_below(bounds + i * LANES, least));
    return count;
}

static uint64_t between(const uint16_t bounds[LANES], uint16_t least, uint16_t most)
{
    return ~(rows_below(bounds, least) | rows_above(bounds, most));
}

const struct match_scorer MATCH_SCORER = {
    .raise_socs = raise_socs,
    .score = score,
    .finish = finish,
    .find_nearest = find_nearest,
    .bound = bound,
    .count_from = count_from,
    .between = between,
};
