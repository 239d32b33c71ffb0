#include "wire/frame.h"

#include "unit/cmocka.h"

static void put(uint8_t *out, size_t *at, bool is_compressed, const char *text)
{
    size_t len = strlen(text);
    frame_put_header(out + *at, is_compressed, (uint32_t)len);
    memcpy(out + *at + FRAME_HEADER_BYTES, text, len);
    *at += FRAME_HEADER_BYTES + len;
}

static void test_frame__header_is_flag_and_big_endian_length(void **state)
{
    uint8_t header[FRAME_HEADER_BYTES];
    frame_put_header(header, true, 0x01020304);
    assert_memory_equal(header, "\1\1\2\3\4", 5);
    frame_put_header(header, false, 5);
    assert_memory_equal(header, "\0\0\0\0\5", 5);
}

static void test_frame_parser__finds_messages_across_all_splits(void **state)
{
    static const char *const texts[] = { "first", "", "third, a little longer" };
    uint8_t stream[100];
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        put(stream, &len, i == 2, texts[i]);
    for (size_t piece = 1; piece <= len; piece++) {
        struct frame_parser parser;
        struct frame frame;
        struct err err;
        size_t n = 0;
        frame_parser_init(&parser, 100);
        for (size_t at = 0; at < len; at += piece) {
            /* a copy of the piece's own size, so that reading beyond it is seen */
            size_t left = MIN(piece, len - at);
            uint8_t *copy = malloc(left);
            memcpy(copy, stream + at, left);
            const uint8_t *data = copy;
            int r;
            while ((r = frame_parser_feed(&parser, &data, &left, &frame, &err)) > 0) {
                assert_int_equal(frame.len, strlen(texts[n]));
                assert_memory_equal(frame.data, texts[n], frame.len);
                assert_int_equal(frame.is_compressed, n == 2);
                n++;
            }
            assert_int_equal(r, 0);
            assert_int_equal(left, 0);
            free(copy);
        }
        assert_int_equal(n, ARRAY_SIZE(texts));
        assert_true(frame_parser_is_idle(&parser));
        frame_parser_release(&parser);
    }
}

static void test_frame_parser__does_not_copy_a_whole_message(void **state)
{
    uint8_t stream[20];
    size_t len = 0;
    put(stream, &len, false, "whole");
    struct frame_parser parser;
    struct frame frame;
    const uint8_t *data = stream;
    frame_parser_init(&parser, 100);
    assert_int_equal(frame_parser_feed(&parser, &data, &len, &frame, NULL), 1);
    assert_ptr_equal(frame.data, stream + FRAME_HEADER_BYTES);
    assert_null(parser.body);
    frame_parser_release(&parser);
}

/* Four gigabytes promised must not be four gigabytes allocated. */
static void test_frame_parser__refuses_a_large_message_by_its_header(void **state)
{
    static const uint8_t header[] = { 0, 0xff, 0xff, 0xff, 0xff };
    struct frame_parser parser;
    struct frame frame;
    struct err err;
    const uint8_t *data = header;
    size_t len = sizeof(header);
    frame_parser_init(&parser, 1000);
    assert_int_equal(frame_parser_feed(&parser, &data, &len, &frame, &err), ERR_EXHAUSTED);
    frame_parser_release(&parser);
}

static void test_frame_parser__takes_the_largest_and_no_more(void **state)
{
    uint8_t stream[20];
    struct frame frame;
    for (size_t max = 4; max <= 5; max++) {
        struct frame_parser parser;
        size_t len = 0;
        put(stream, &len, false, "12345");
        const uint8_t *data = stream;
        frame_parser_init(&parser, max);
        assert_int_equal(
            frame_parser_feed(&parser, &data, &len, &frame, NULL), max == 5 ? 1 : ERR_EXHAUSTED);
        frame_parser_release(&parser);
    }
}

static void test_frame_parser__grows_with_what_arrives(void **state)
{
    struct frame_parser parser;
    struct frame frame;
    uint8_t header[FRAME_HEADER_BYTES];
    frame_parser_init(&parser, 100 << 20);
    frame_put_header(header, false, 100 << 20);
    const uint8_t *data = header;
    size_t len = sizeof(header);
    assert_int_equal(frame_parser_feed(&parser, &data, &len, &frame, NULL), 0);
    data = (const uint8_t *)"x";
    len = 1;
    assert_int_equal(frame_parser_feed(&parser, &data, &len, &frame, NULL), 0);
    assert_true(parser.body_cap <= 4096);
    assert_false(frame_parser_is_idle(&parser));
    frame_parser_release(&parser);
}

static void test_frame_parser__refuses_unknown_flags(void **state)
{
    static const uint8_t header[] = { 2, 0, 0, 0, 0 };
    struct frame_parser parser;
    struct frame frame;
    struct err err;
    const uint8_t *data = header;
    size_t len = sizeof(header);
    frame_parser_init(&parser, 1000);
    assert_int_equal(frame_parser_feed(&parser, &data, &len, &frame, &err), ERR_INTERNAL);
    frame_parser_release(&parser);
    frame_parser_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame__header_is_flag_and_big_endian_length),
        cmocka_unit_test(test_frame_parser__finds_messages_across_all_splits),
        cmocka_unit_test(test_frame_parser__does_not_copy_a_whole_message),
        cmocka_unit_test(test_frame_parser__refuses_a_large_message_by_its_header),
        cmocka_unit_test(test_frame_parser__takes_the_largest_and_no_more),
        cmocka_unit_test(test_frame_parser__grows_with_what_arrives),
        cmocka_unit_test(test_frame_parser__refuses_unknown_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
