/* UUIDs: made as version 7 (RFC 9562), read and written as text.
 *
 * Those of one process are strictly ascending, even within a microsecond, so that they sort by time
 * of making in an index.
 */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UUID_TEXT_BYTES 37 /* with the NUL */

struct uuid {
    uint8_t bytes[16]; /* as PostgreSQL sends and takes them in binary */
};

/* Make a version 7 UUID from the wall clock and random bits. */
void uuid_v7(struct uuid *ret_uuid);

/* Read the 36 characters 8-4-4-4-12 in hex digits of either case, any version; 0 or ERR_INVALID,
 * and then *@ret_uuid is untouched. */
int uuid_parse(const char *text, size_t n, struct uuid *ret_uuid) _must_check_;

/* Write @uuid in lower case, with a NUL. */
void uuid_format(const struct uuid *uuid, char out[UUID_TEXT_BYTES]);

/* Say whether all bits are zero. */
bool uuid_is_nil(const struct uuid *uuid) _pure_;

/* Compare as memcmp does. */
int uuid_compare(const struct uuid *a, const struct uuid *b) _pure_;
