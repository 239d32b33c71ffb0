#include "base/uuid.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

#include <sodium.h>

/* The last moment used, in 1/4096 ms: the next UUID lies at least one behind it. */
static uint64_t uuid_last_tick;

void uuid_v7(struct uuid *ret_uuid)
{
    uint64_t usec = (uint64_t)clock_now_usec();
    uint64_t tick = (usec / 1000) << 12 | (usec % 1000) * 4096 / 1000;
    if (tick <= uuid_last_tick)
        tick = uuid_last_tick + 1;
    uuid_last_tick = tick;

    struct uuid uuid;
    randombytes_buf(&uuid, sizeof(uuid));
    uint64_t msec = tick >> 12;
    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(msec >> (40 - 8 * i));
    uuid.bytes[6] = (uint8_t)(0x70 | (tick >> 8 & 0x0f));
    uuid.bytes[7] = (uint8_t)tick;
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3f));
    *ret_uuid = uuid;
}

static bool uuid_has_dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int uuid_parse(const char *text, size_t n, struct uuid *ret_uuid)
{
    if (n != UUID_TEXT_BYTES - 1)
        return ERR_INVALID;
    struct uuid uuid;
    const char *c = text;
    for (size_t i = 0; i < sizeof(uuid.bytes); i++) {
        if (uuid_has_dash_before(i) && *c++ != '-')
            return ERR_INVALID;
        int high = hex_value(c[0]), low = hex_value(c[1]);
        if (high < 0 || low < 0)
            return ERR_INVALID;
        uuid.bytes[i] = (uint8_t)(high << 4 | low);
        c += 2;
    }
    *ret_uuid = uuid;
    return 0;
}

void uuid_format(const struct uuid *uuid, char out[UUID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    char *c = out;
    for (size_t i = 0; i < sizeof(uuid->bytes); i++) {
        if (uuid_has_dash_before(i))
            *c++ = '-';
        *c++ = digits[uuid->bytes[i] >> 4];
        *c++ = digits[uuid->bytes[i] & 0x0f];
    }
    *c = '\0';
}

bool uuid_is_nil(const struct uuid *uuid)
{
    static const struct uuid nil;
    return uuid_compare(uuid, &nil) == 0;
}

int uuid_compare(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}
