/* The guard: looks at a message's bytes before protobuf-c does.
 *
 * protobuf-c recurses without limit, allocates freely, takes any bytes for strings and merges
 * repeated singular submessages wrongly. guard_check() walks the bytes once, allocates nothing, and
 * refuses what protobuf-c would get wrong. message_unpack() (message.h) calls it; few others need
 * to.
 */
#pragma once

#include "base/err.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

struct guard_limits {
    size_t max_depth; /* messages within messages; the outermost is 1 */
    size_t max_elements; /* submessages, strings and byte fields in all; and unknown fields */
    size_t max_memory_bytes; /* what unpacking would take from the arena */
};

/* 64 deep, 200,000 elements, 64 MiB. */
extern const struct guard_limits guard_default_limits;

/* Check @len bytes of a message of type @desc. @limits NULL: the defaults.
 *
 * ERR_INVALID, with err->field naming the path ("employer.sites[2].postcode"), if the bytes are
 * truncated, a varint is longer than ten bytes, a field number is 0 or too large, the wire type
 * does not fit the field, a group is used, a string is not UTF-8 or holds a NUL, or a singular
 * submessage comes twice. ERR_EXHAUSTED if a limit is reached. */
int guard_check(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len,
    const struct guard_limits *limits, struct err *err) _must_check_;

/* The same, and tell the memory that unpacking takes at most, in bytes of an arena. */
int guard_measure(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len,
    const struct guard_limits *limits, size_t *ret_memory_bytes, struct err *err) _must_check_;
