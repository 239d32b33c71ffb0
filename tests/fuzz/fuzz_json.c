// link: canvass_testing
/* What is read from JSON and printed must read back and print the same. The first byte picks the
 * style and the type. */
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

static void check(const ProtobufCMessageDescriptor *desc, enum json_style style, const char *text,
    size_t len, struct arena *arena)
{
    _cleanup_(str_release) struct str first = { 0 };
    _cleanup_(str_release) struct str second = { 0 };
    struct err err;
    ProtobufCMessage *message;
    int r = json_parse(desc, arena, text, len, style, &message, &err);
    if (r < 0) {
        require(r == ERR_INVALID || r == ERR_EXHAUSTED);
        require(utf8_valid(err.field, strlen(err.field)) && utf8_valid(err.msg, strlen(err.msg)));
        return;
    }
    /* an Any may hold what the guard refuses to unpack again: a Struct is three levels on the wire
     * for each in JSON */
    if (json_print(message, style, &first, &err) < 0) {
        require(memmem(text, len, "@type", 5) || memmem(text, len, "\\u", 2));
        return;
    }
    require(json_parse(desc, arena, first.data, first.len, style, &message, &err) == 0);
    require(json_print(message, style, &second, &err) == 0);
    require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &canvass__testing__everything__descriptor,
        &canvass__testing__known__descriptor,
        &canvass__testing__scalars__descriptor,
        &google__protobuf__value__descriptor,
    };
    struct arena arena;
    if (size == 0)
        return 0;
    arena_init(&arena, 64 << 20);
    check(types[data[0] / 2 % ARRAY_SIZE(types)], data[0] % 2 ? JSON_SQL : JSON_PROTO3,
        (const char *)data + 1, size - 1, &arena);
    arena_release(&arena);
    return 0;
}
