/* Every allocation of base and wire fails once: no crash, no leak, ERR_EXHAUSTED.
 */
#include "base/config.h"
#include "base/loop.h"
#include "unit/cmocka.h"
#include "unit/nomemory.h"
#include "wire/calendar.h"
#include "wire/compress.h"
#include "wire/frame.h"
#include "wire/json.h"
#include "wire/message.h"
#include "wire/status.h"

#include <testing.pb-c.h>

/* Run @scenario once for each of its allocations, with that one failing. */
static void check_scenario(int (*scenario)(void))
{
    long n = 0;
    do {
        has_failed = false;
        calls_left = n++;
        int r = scenario();
        calls_left = -1;
        assert_int_equal(r, has_failed ? ERR_EXHAUSTED : 0);
    } while (has_failed);
    assert_true(n > 1);
}

static int read_and_print_json(void)
{
    static const char text[]
        = "{\"lists\":{\"strings\":[\"a\",\"b\"],\"bytesList\":[\"AA==\"]},\"known\":{"
          "\"at\":\"2026-02-28T09:30:00Z\",\"mask\":\"aB,c\",\"object\":{\"a\":[1,{}]},"
          "\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"2s\"}}}";
    _cleanup_(str_release) struct str out = { 0 };
    _cleanup_(arena_release) struct arena arena;
    struct err err;
    ProtobufCMessage *message;
    json_t *value;
    arena_init(&arena, 0);
    int r = json_parse(&canvass__testing__everything__descriptor, &arena, text, sizeof(text) - 1,
        JSON_PROTO3, &message, &err);
    if (r == 0)
        r = json_print(message, JSON_PROTO3, &out, &err);
    if (r == 0 && (r = json_from_message(message, JSON_PROTO3, &value, &err)) == 0)
        json_decref(value);
    return r;
}

static void test_nomemory__json(void **state)
{
    /* the schema loads once and stays */
    assert_int_equal(read_and_print_json(), 0);
    check_scenario(read_and_print_json);
}

static int parse_frames(void)
{
    static const uint8_t stream[6000] = { 0, 0, 0, 0x17, 0 };
    struct frame_parser parser;
    struct frame frame;
    struct err err;
    int r = 0;
    frame_parser_init(&parser, sizeof(stream));
    for (size_t at = 0; at < sizeof(stream) && r >= 0; at += 100) {
        const uint8_t *data = stream + at;
        size_t len = 100;
        while ((r = frame_parser_feed(&parser, &data, &len, &frame, &err)) > 0)
            ;
    }
    frame_parser_release(&parser);
    return r;
}

static void test_nomemory__frames(void **state)
{
    check_scenario(parse_frames);
}

static int squeeze(void)
{
    static const char text[50000];
    _cleanup_(str_release) struct str packed = { 0 };
    _cleanup_(str_release) struct str plain = { 0 };
    struct err err;
    int r = compress_gzip(text, sizeof(text), &packed, &err);
    return r < 0 ? r : compress_gunzip(packed.data, packed.len, sizeof(text), &plain, &err);
}

static void test_nomemory__gzip(void **state)
{
    check_scenario(squeeze);
}

static int carry_details(void)
{
    static const struct wire_violation violation = { "a.b", "Wrong." };
    struct wire_details details;
    struct err err;
    _cleanup_(arena_release) struct arena arena;
    uint8_t *data;
    size_t len;
    arena_init(&arena, 0);
    int r = wire_details_pack(&arena, GRPC_ABORTED, "m", &violation, 1, 5, &data, &len);
    return r < 0 ? r : wire_details_unpack(&arena, data, len, &details, &err);
}

static void test_nomemory__details(void **state)
{
    check_scenario(carry_details);
}

static int hold_options(void)
{
    struct options {
        char *a, *b;
    } options = { 0 };
    static const struct config_option table[] = {
        { .name = "a", .type = CONFIG_STRING, .offset = offsetof(struct options, a) },
        { .name = "b", .type = CONFIG_STRING, .offset = offsetof(struct options, b) },
    };
    struct err err;
    int r = config_init_defaults(table, 2, &options, &err);
    if (r == 0)
        r = config_set(table, 2, &options, "b", "other", &err);
    if (r == 0)
        r = config_load_file(table, 2, &options, "/dev/null", &err);
    config_release(table, 2, &options);
    return r;
}

static void test_nomemory__options(void **state)
{
    check_scenario(hold_options);
}

static int make_loop(void)
{
    _cleanup_(loop_freep) struct loop *loop = NULL;
    struct err err;
    return loop_new(&loop, &err);
}

static void test_nomemory__loop(void **state)
{
    check_scenario(make_loop);
}

/* What libical needs itself may be in a shared library, where nothing fails: then what is left is
 * the text that grows. */
static int print_calendar(void)
{
    Canvass__V1__ListEventsResponse response = CANVASS__V1__LIST_EVENTS_RESPONSE__INIT;
    Canvass__V1__CalendarEvent event = CANVASS__V1__CALENDAR_EVENT__INIT, *events[] = { &event };
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    _cleanup_(str_release) struct str out = { 0 };
    struct err err;

    response.events = events;
    response.n_events = 1;
    event.uid = event.title = event.location = (char *)(uintptr_t) "Larkrise";
    event.at = event.ends_at = event.modified_at = &at;
    return calendar_print(&response, &out, &err);
}

static void test_nomemory__calendar(void **state)
{
    assert_int_equal(print_calendar(), 0); /* what libical makes once stays */
    check_scenario(print_calendar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nomemory__calendar),
        cmocka_unit_test(test_nomemory__json),
        cmocka_unit_test(test_nomemory__frames),
        cmocka_unit_test(test_nomemory__gzip),
        cmocka_unit_test(test_nomemory__details),
        cmocka_unit_test(test_nomemory__options),
        cmocka_unit_test(test_nomemory__loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
