#include "wire/message.h"

#include "unit/cmocka.h"

#include <testing.pb-c.h>

typedef Canvass__Testing__Everything everything;

static int setup(void **state)
{
    struct arena *arena = malloc(sizeof(*arena));
    arena_init(arena, 0);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

/* A message with something of everything, from @arena. */
static everything *make(struct arena *arena)
{
    everything *all = (everything *)message_new(&canvass__testing__everything__descriptor, arena);
    all->scalars
        = (Canvass__Testing__Scalars *)message_new(&canvass__testing__scalars__descriptor, arena);
    all->scalars->an_int32 = -5;
    all->scalars->a_string = arena_strdup(arena, "caf\xc3\xa9");
    all->scalars->some_bytes.data = arena_memdup(arena, "a\0b", 3);
    all->scalars->some_bytes.len = 3;
    all->lists
        = (Canvass__Testing__Lists *)message_new(&canvass__testing__lists__descriptor, arena);
    all->lists->n_int32s = 100;
    all->lists->int32s = arena_calloc(arena, 100, sizeof(int32_t));
    all->lists->n_bools = 3;
    all->lists->bools = arena_calloc(arena, 3, sizeof(protobuf_c_boolean));
    all->lists->n_strings = 50;
    all->lists->strings = arena_calloc(arena, 50, sizeof(char *));
    for (size_t i = 0; i < 50; i++)
        all->lists->strings[i] = arena_printf(arena, "text %zu", i);
    all->n_inners = 40;
    all->inners = arena_calloc(arena, 40, sizeof(*all->inners));
    for (size_t i = 0; i < 40; i++) {
        all->inners[i] = (everything *)message_new(all->base.descriptor, arena);
        all->inners[i]->renamed = arena_strdup(arena, "inner");
    }
    return all;
}

static void test_message__comes_back_the_same(void **state)
{
    struct arena *arena = *state;
    everything *all = make(arena);
    uint8_t *data, *again;
    size_t len, again_len;
    ProtobufCMessage *back;
    struct err err = { 0 };
    assert_int_equal(message_pack(&all->base, arena, &data, &len), 0);
    assert_int_equal(len, message_pack_size(&all->base));
    assert_int_equal(message_unpack(all->base.descriptor, arena, data, len, NULL, &back, &err), 0);
    assert_string_equal(((everything *)back)->scalars->a_string, "caf\xc3\xa9");
    assert_int_equal(((everything *)back)->n_inners, 40);
    assert_int_equal(message_pack(back, arena, &again, &again_len), 0);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, data, len);
}

/* What the guard says suffices must suffice, or a message could pass it and fail behind it. */
static void test_message__unpacks_in_the_memory_that_the_guard_measured(void **state)
{
    struct arena *arena = *state;
    everything *all = make(arena);
    uint8_t *data;
    size_t len, measured;
    ProtobufCMessage *back;
    struct err err = { 0 };
    assert_int_equal(message_pack(&all->base, arena, &data, &len), 0);
    assert_int_equal(guard_measure(all->base.descriptor, data, len, NULL, &measured, &err), 0);
    struct arena exact;
    arena_init(&exact, measured);
    assert_int_equal(message_unpack(all->base.descriptor, &exact, data, len, NULL, &back, &err), 0);
    assert_true(arena_used_bytes(&exact) <= measured);
    assert_true(arena_used_bytes(&exact) > measured / 2);
    arena_release(&exact);
}

/* A packed bool may take several bytes, and protobuf-c makes room for one in each. */
static void test_message__room_for_packed_bools_is_measured(void **state)
{
    static const uint8_t bools[] = { 0x3a, 20, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x01, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 };
    const ProtobufCMessageDescriptor *desc = &canvass__testing__lists__descriptor;
    struct arena exact;
    size_t measured;
    ProtobufCMessage *back;
    struct err err = { 0 };
    assert_int_equal(guard_measure(desc, bools, sizeof(bools), NULL, &measured, &err), 0);
    arena_init(&exact, measured);
    assert_int_equal(message_unpack(desc, &exact, bools, sizeof(bools), NULL, &back, &err), 0);
    assert_int_equal(((Canvass__Testing__Lists *)back)->n_bools, 2);
    arena_release(&exact);
}

static void test_message__fails_cleanly_at_every_cap(void **state)
{
    struct arena *arena = *state;
    everything *all = make(arena);
    uint8_t *data;
    size_t len, n_refused = 0;
    assert_int_equal(message_pack(&all->base, arena, &data, &len), 0);
    for (size_t cap = 16; cap < 40000; cap += 160) {
        struct arena small;
        ProtobufCMessage *back = NULL;
        struct err err = { 0 };
        arena_init(&small, cap);
        int r = message_unpack(all->base.descriptor, &small, data, len, NULL, &back, &err);
        assert_true(r == 0 || r == ERR_EXHAUSTED);
        assert_true((back != NULL) == (r == 0));
        n_refused += r < 0;
        arena_release(&small);
    }
    assert_true(n_refused > 10);
}

static void test_message__is_refused_by_the_guard_first(void **state)
{
    ProtobufCMessage *back = NULL;
    struct err err = { 0 };
    static const uint8_t bad[] = { 0x0a, 2, 0x72, 9 };
    assert_int_equal(message_unpack(&canvass__testing__everything__descriptor, *state, bad,
                         sizeof(bad), NULL, &back, &err),
        ERR_INVALID);
    assert_string_equal(err.field, "scalars.a_string");
    assert_null(back);
}

static void test_message__keeps_unknown_fields(void **state)
{
    static const uint8_t unknown[] = { 0xa0, 6, 1, 0xaa, 6, 2, 'h', 'i' };
    ProtobufCMessage *back;
    uint8_t *data;
    size_t len;
    struct err err = { 0 };
    assert_int_equal(message_unpack(&canvass__testing__everything__descriptor, *state, unknown,
                         sizeof(unknown), NULL, &back, &err),
        0);
    assert_int_equal(message_pack(back, *state, &data, &len), 0);
    assert_int_equal(len, sizeof(unknown));
    assert_memory_equal(data, unknown, len);
}

/* The same bytes that an `optional` field has without the build's way around protoc-c. */
static void test_message__optional_zero_is_on_the_wire(void **state)
{
    Canvass__Testing__Optionals *optionals = (Canvass__Testing__Optionals *)message_new(
        &canvass__testing__optionals__descriptor, *state);
    uint8_t *data;
    size_t len;
    assert_int_equal(message_pack_size(&optionals->base), 0);
    optionals->_count_case = CANVASS__TESTING__OPTIONALS___COUNT_COUNT;
    assert_int_equal(message_pack(&optionals->base, *state, &data, &len), 0);
    assert_int_equal(len, 2);
    assert_memory_equal(data, "\x08\x00", 2);
}

#define arena_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(test_message__comes_back_the_same),
        arena_test(test_message__unpacks_in_the_memory_that_the_guard_measured),
        cmocka_unit_test(test_message__room_for_packed_bools_is_measured),
        arena_test(test_message__fails_cleanly_at_every_cap),
        arena_test(test_message__is_refused_by_the_guard_first),
        arena_test(test_message__keeps_unknown_fields),
        arena_test(test_message__optional_zero_is_on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
