#include "wire/message.h"

static void *message_arena_alloc(void *arena, size_t n)
{
    return arena_alloc(arena, n);
}

static void message_arena_free(void *arena, void *piece)
{
    (void)arena;
    (void)piece;
}

ProtobufCAllocator message_allocator(struct arena *arena)
{
    return (ProtobufCAllocator) {
        .alloc = message_arena_alloc,
        .free = message_arena_free,
        .allocator_data = arena,
    };
}

int message_unpack(const ProtobufCMessageDescriptor *desc, struct arena *arena, const uint8_t *data,
    size_t len, const struct guard_limits *limits, ProtobufCMessage **ret_message, struct err *err)
{
    size_t memory_bytes;
    int r = guard_measure(desc, data, len, limits, &memory_bytes, err);
    if (r < 0)
        return r;
    ProtobufCAllocator allocator = message_allocator(arena);
    ProtobufCMessage *message = protobuf_c_message_unpack(desc, &allocator, len, data);
    if (message) {
        *ret_message = message;
        return 0;
    }
    size_t left = arena->cap_bytes ? arena->cap_bytes - arena_used_bytes(arena) : SIZE_MAX;
    if (memory_bytes > left)
        return err_set(err, ERR_EXHAUSTED, "the message takes too much memory");
    /* the guard lets nothing through that protobuf-c refuses, so memory is what remains */
    return err_oom(err);
}

ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *desc, struct arena *arena)
{
    ProtobufCMessage *message = arena_alloc(arena, desc->sizeof_message);
    if (message)
        protobuf_c_message_init(desc, message);
    return message;
}

size_t message_pack_size(const ProtobufCMessage *message)
{
    return protobuf_c_message_get_packed_size(message);
}

size_t message_pack_into(const ProtobufCMessage *message, uint8_t *out)
{
    return protobuf_c_message_pack(message, out);
}

int message_pack(
    const ProtobufCMessage *message, struct arena *arena, uint8_t **ret_data, size_t *ret_len)
{
    uint8_t *data = arena_alloc(arena, message_pack_size(message));
    if (!data)
        return ERR_EXHAUSTED;
    *ret_len = message_pack_into(message, data);
    *ret_data = data;
    return 0;
}
