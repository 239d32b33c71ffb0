/* PostgreSQL's binary forms: big-endian numbers, and dates counted from 2000-01-01. */
#pragma once

#include "base/clock.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define PGBIN_EPOCH_DAYS 10957 /* from 1970-01-01 to 2000-01-01 */
#define PGBIN_EPOCH_USEC (PGBIN_EPOCH_DAYS * USEC_PER_DAY)
#define PGBIN_JSONB_VERSION 1 /* first byte of a jsonb */
#define PGBIN_INFINITY_USEC INT64_MAX /* and INT64_MIN for -infinity */
#define PGBIN_INFINITY_DAYS INT32_MAX

static inline void pgbin_put16(void *out, uint16_t value)
{
    value = htobe16(value);
    memcpy(out, &value, sizeof(value));
}

static inline void pgbin_put32(void *out, uint32_t value)
{
    value = htobe32(value);
    memcpy(out, &value, sizeof(value));
}

static inline void pgbin_put64(void *out, uint64_t value)
{
    value = htobe64(value);
    memcpy(out, &value, sizeof(value));
}

static inline uint16_t pgbin_get16(const void *data)
{
    uint16_t value;

    memcpy(&value, data, sizeof(value));
    return be16toh(value);
}

static inline uint32_t pgbin_get32(const void *data)
{
    uint32_t value;

    memcpy(&value, data, sizeof(value));
    return be32toh(value);
}

static inline uint64_t pgbin_get64(const void *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof(value));
    return be64toh(value);
}
