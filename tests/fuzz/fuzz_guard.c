// link: canvass_testing
/* What the guard lets through must unpack in the memory it measured, pack again, and print as JSON
 * without a fault. The first byte picks the type. */
#include "wire/json.h"
#include "wire/message.h"

#include <google/protobuf/struct.pb-c.h>
#include <testing.pb-c.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void print(const ProtobufCMessage *message, enum json_style style)
{
    _cleanup_(str_release) struct str text = { 0 };
    struct err err;
    int r = json_print(message, style, &text, &err);
    require(r == 0 || (r == ERR_INVALID && text.len == 0));
}

static void check(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err;
    ProtobufCMessage *message, *again;
    uint8_t *packed;
    size_t measured, packed_len;
    int r = guard_measure(desc, data, size, NULL, &measured, &err);
    if (r < 0) {
        require(r == ERR_INVALID || r == ERR_EXHAUSTED);
        return;
    }
    arena_init(&arena, measured);
    require(message_unpack(desc, &arena, data, size, NULL, &message, &err) == 0);
    arena.cap_bytes = 0;
    require(message_pack(message, &arena, &packed, &packed_len) == 0);
    require(message_unpack(desc, &arena, packed, packed_len, NULL, &again, &err) == 0);
    require(message_pack_size(again) == packed_len);
    print(message, JSON_PROTO3);
    print(message, JSON_SQL);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &canvass__testing__everything__descriptor,
        &canvass__testing__wide__descriptor,
        &google__protobuf__value__descriptor,
    };
    if (size > 0)
        check(types[data[0] % ARRAY_SIZE(types)], data + 1, size - 1);
    return 0;
}
