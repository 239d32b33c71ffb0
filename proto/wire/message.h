/* Messages in arenas: unpack with the guard in front, pack, make.
 *
 * A message that came from here lives as long as its arena and is never given to
 * protobuf_c_message_free_unpacked().
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "wire/guard.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* Return an allocator that takes from @arena and never gives back. It borrows the arena. */
ProtobufCAllocator message_allocator(struct arena *arena);

/* Check @len bytes with the guard (@limits NULL: the defaults) and unpack them into @arena. The
 * bytes are copied and need not outlive the call. Errors are guard_check()'s, and ERR_EXHAUSTED if
 * the arena is at its cap. */
int message_unpack(const ProtobufCMessageDescriptor *desc, struct arena *arena, const uint8_t *data,
    size_t len, const struct guard_limits *limits, ProtobufCMessage **ret_message,
    struct err *err) _must_check_;

/* Return an empty message of type @desc, or NULL without memory. */
ProtobufCMessage *message_new(
    const ProtobufCMessageDescriptor *desc, struct arena *arena) _must_check_;

/* Return the bytes that @message packs into. */
size_t message_pack_size(const ProtobufCMessage *message);

/* Pack @message into @out, which has room for message_pack_size(); return the bytes written. */
size_t message_pack_into(const ProtobufCMessage *message, uint8_t *out);

/* Pack @message into @arena. 0 or ERR_EXHAUSTED. */
int message_pack(const ProtobufCMessage *message, struct arena *arena, uint8_t **ret_data,
    size_t *ret_len) _must_check_;
