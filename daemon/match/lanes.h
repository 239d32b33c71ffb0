/* Sixty-four rows of a column at a time: each function answers a bit a row, the first row's lowest.
 * Loops whose length the compiler knows, so that it makes vectors of them; and intrinsics for
 * AVX-512 with VBMI, whose masks are such bits. Only judge.c and score.c include it. */
#pragma once

#include "match/match_internal.h"

#include <string.h>

#if defined(__AVX512VBMI__) || defined(__AVX2__)
#include <immintrin.h>
#endif

enum { LANES = MATCH_BLOCK_ROWS };

static inline bool set_has(const struct match_set *set, uint32_t number)
{
    return set->words[number / 64] >> (number % 64) & 1;
}

/* The rows whose number @expression, of row i, is in the set: from register to register, since a
 * vector that is read back from single bytes waits for them. */
#define ROWS_LOOKED_UP(out, set, expression)                                                       \
    do {                                                                                           \
        (out) = 0;                                                                                 \
        _Pragma("GCC unroll 16") for (unsigned i = 0; i < LANES; i++)(out)                         \
            |= (uint64_t)set_has(set, expression) << i;                                            \
    } while (0)

#if defined(__AVX512VBMI__)

/* The bits of one comparison, for both halves of 64 values of 16 bits. */
#define ROWS_OF_16(column, x, compare)                                                             \
    ((uint64_t)compare(_mm512_loadu_si512(column), _mm512_set1_epi16((short)(x)))                  \
        | (uint64_t)compare(                                                                       \
              _mm512_loadu_si512((column) + LANES / 2), _mm512_set1_epi16((short)(x)))             \
            << (LANES / 2))

static inline uint64_t rows_above(const uint16_t *column, uint16_t x)
{
    return ROWS_OF_16(column, x, _mm512_cmpgt_epu16_mask);
}

static inline uint64_t rows_below(const uint16_t *column, uint16_t x)
{
    return ROWS_OF_16(column, x, _mm512_cmplt_epu16_mask);
}

static inline uint64_t rows_with(const uint16_t *column, uint16_t bits)
{
    return ROWS_OF_16(column, bits, _mm512_test_epi16_mask);
}

static inline uint64_t rows_flagged(const uint8_t *column, uint8_t bits)
{
    return _mm512_test_epi8_mask(_mm512_loadu_si512(column), _mm512_set1_epi8((char)bits));
}

/* Whose part @field is above @x. */
static inline uint64_t rows_field_above(const uint8_t *column, uint8_t field, uint8_t x)
{
    __m512i values = _mm512_and_si512(_mm512_loadu_si512(column), _mm512_set1_epi8((char)field));
    return _mm512_cmpgt_epu8_mask(values, _mm512_set1_epi8((char)x));
}

/* Every second byte of two vectors: the lower halves of 64 numbers of 16 bits. */
static inline __m512i lower_bytes(__m512i low, __m512i high)
{
    static const uint8_t even[LANES] = { 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30,
        32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76,
        78, 80, 82, 84, 86, 88, 90, 92, 94, 96, 98, 100, 102, 104, 106, 108, 110, 112, 114, 116,
        118, 120, 122, 124, 126 };
    return _mm512_permutex2var_epi8(low, _mm512_loadu_si512(even), high);
}

static inline uint64_t rows_not_zero(const uint64_t values[LANES])
{
    uint64_t rows = 0;
    for (unsigned i = 0; i < LANES; i += 8) {
        __m512i eight = _mm512_loadu_si512(values + i);
        rows |= (uint64_t)_mm512_test_epi64_mask(eight, eight) << i;
    }
    return rows;
}

static inline uint64_t rows_beyond(const double values[LANES], double most)
{
    uint64_t rows = 0;
    for (unsigned i = 0; i < LANES; i += 8)
        rows |= (uint64_t)_mm512_cmp_pd_mask(
                    _mm512_loadu_pd(values + i), _mm512_set1_pd(most), _CMP_GT_OQ)
            << i;
    return rows;
}

enum { PAGE_BYTES = 128, PAGE = 8 * PAGE_BYTES, PAGES_MOST = 16 };

/* Which of 64 numbers below @n are in the set at @bytes, in pages of what two registers hold. */
static inline uint64_t numbers_in(__m512i low, __m512i high, const uint8_t *bytes, uint32_t n)
{
    const __m512i bit_of = _mm512_set1_epi64((long long)UINT64_C(0x8040201008040201));
    __m512i byte = lower_bytes(_mm512_srli_epi16(low, 3), _mm512_srli_epi16(high, 3));
    __m512i bit = _mm512_shuffle_epi8(
        bit_of, _mm512_and_si512(lower_bytes(low, high), _mm512_set1_epi8(7)));
    __m512i found = _mm512_permutex2var_epi8(
        _mm512_loadu_si512(bytes), byte, _mm512_loadu_si512(bytes + LANES));
    if (n > PAGE) {
        __m512i page = lower_bytes(_mm512_srli_epi16(low, 10), _mm512_srli_epi16(high, 10));
        for (uint32_t i = 1; i * PAGE < n; i++) {
            const uint8_t *at = bytes + (size_t)i * PAGE_BYTES;
            __m512i there = _mm512_permutex2var_epi8(
                _mm512_loadu_si512(at), byte, _mm512_loadu_si512(at + LANES));
            found = _mm512_mask_mov_epi8(
                found, _mm512_cmpeq_epi8_mask(page, _mm512_set1_epi8((char)i)), there);
        }
    }
    return _mm512_test_epi8_mask(found, bit);
}

static inline uint64_t rows_in(const uint16_t *numbers, const struct match_set *set)
{
    uint64_t rows;
    if (set->n <= PAGES_MOST * PAGE)
        return numbers_in(_mm512_loadu_si512(numbers), _mm512_loadu_si512(numbers + LANES / 2),
            (const uint8_t *)set->words, set->n);
    ROWS_LOOKED_UP(rows, set, numbers[i]);
    return rows;
}

/* The same for numbers of 32 bits from @first to @last. */
static inline uint64_t rows_in_range(
    const uint32_t *numbers, const struct match_set *set, uint32_t first, uint32_t last)
{
    uint64_t rows;
    uint32_t base = first / 8 * 8;
    if (last - base < PAGE) {
        __m512i from = _mm512_set1_epi32((int)base), parts[2];
        for (unsigned i = 0; i < 2; i++) {
            const uint32_t *half = numbers + i * LANES / 2;
            __m256i low = _mm512_cvtepi32_epi16(_mm512_sub_epi32(_mm512_loadu_si512(half), from));
            __m256i high
                = _mm512_cvtepi32_epi16(_mm512_sub_epi32(_mm512_loadu_si512(half + 16), from));
            parts[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
        }
        return numbers_in(parts[0], parts[1], (const uint8_t *)set->words + base / 8, PAGE);
    }
    ROWS_LOOKED_UP(rows, set, numbers[i]);
    return rows;
}

/* The bytes of 64 numbers below @n in a table that may be read a little beyond, by pages of what
 * two registers hold. */
enum { BYTE_PAGE = 128, BYTE_PAGES_MOST = 16 };

static inline __m512i bytes_of(const uint16_t *numbers, const uint8_t *table, uint32_t n)
{
    __m512i low = _mm512_loadu_si512(numbers), high = _mm512_loadu_si512(numbers + LANES / 2);
    __m512i index = lower_bytes(low, high);
    __m512i page = lower_bytes(_mm512_srli_epi16(low, 7), _mm512_srli_epi16(high, 7));
    __m512i found = _mm512_permutex2var_epi8(
        _mm512_loadu_si512(table), index, _mm512_loadu_si512(table + LANES));
    for (uint32_t i = 1; i * BYTE_PAGE < n; i++) {
        const uint8_t *at = table + (size_t)i * BYTE_PAGE;
        __m512i there = _mm512_permutex2var_epi8(
            _mm512_loadu_si512(at), index, _mm512_loadu_si512(at + LANES));
        found = _mm512_mask_mov_epi8(
            found, _mm512_cmpeq_epi8_mask(page, _mm512_set1_epi8((char)i)), there);
    }
    return found;
}

#else

/* One byte a row, 0 or 1, to one bit a row. */
static inline uint64_t pack(const uint8_t bytes[LANES])
{
    uint64_t bits = 0;
#if defined(__AVX2__)
    for (unsigned i = 0; i < 2; i++) {
        __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32 * i));
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(half, 7));
        bits |= (uint64_t)mask << (32 * i);
    }
#else
    for (unsigned i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, sizeof(eight));
        /* gathers the lowest bits of eight bytes into the highest byte */
        bits |= (eight * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
    }
#endif
    return bits;
}

/* A function of a column whose rows satisfy @condition, about row i. */
#define DEFINE_ROWS(declaration, condition)                                                        \
    static inline uint64_t declaration                                                             \
    {                                                                                              \
        uint8_t rows[LANES];                                                                       \
        for (unsigned i = 0; i < LANES; i++)                                                       \
            rows[i] = (uint8_t)(condition);                                                        \
        return pack(rows);                                                                         \
    }                                                                                              \
    struct canvass_swallow_semicolon

DEFINE_ROWS(rows_above(const uint16_t *column, uint16_t x), column[i] > x);
DEFINE_ROWS(rows_below(const uint16_t *column, uint16_t x), column[i] < x);
DEFINE_ROWS(rows_with(const uint16_t *column, uint16_t bits), (column[i] & bits) != 0);
DEFINE_ROWS(rows_flagged(const uint8_t *column, uint8_t bits), (column[i] & bits) != 0);
DEFINE_ROWS(rows_field_above(const uint8_t *column, uint8_t field, uint8_t x),
    (uint8_t)(column[i] & field) > x);

DEFINE_ROWS(rows_not_zero(const uint64_t values[LANES]), values[i] != 0);
DEFINE_ROWS(rows_beyond(const double values[LANES], double most), values[i] > most);

static inline uint64_t rows_in(const uint16_t *numbers, const struct match_set *set)
{
    uint64_t rows;
    ROWS_LOOKED_UP(rows, set, numbers[i]);
    return rows;
}

static inline uint64_t rows_in_range(
    const uint32_t *numbers, const struct match_set *set, uint32_t first, uint32_t last)
{
    uint64_t rows;
    (void)first;
    (void)last;
    ROWS_LOOKED_UP(rows, set, numbers[i]);
    return rows;
}

#endif
