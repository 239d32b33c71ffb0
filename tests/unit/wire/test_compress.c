#include "wire/compress.h"

#include "unit/cmocka.h"

static void check_round_trip(const char *data, size_t n)
{
    _cleanup_(str_release) struct str packed = { 0 };
    _cleanup_(str_release) struct str plain = { 0 };
    struct err err = { 0 };
    assert_int_equal(compress_gzip(data, n, &packed, &err), 0);
    assert_int_equal(compress_gunzip(packed.data, packed.len, n, &plain, &err), 0);
    assert_int_equal(plain.len, n);
    assert_memory_equal(str_text(&plain), data, n);
}

static void test_compress__gives_back_what_it_took(void **state)
{
    char *large = calloc(1, 1 << 20);
    for (size_t i = 0; i < 1 << 20; i++)
        large[i] = (char)(i * i >> 7);
    check_round_trip("", 0);
    check_round_trip("a", 1);
    check_round_trip(large, 1 << 20);
    free(large);
}

static void test_compress__stops_a_bomb_at_the_limit(void **state)
{
    _cleanup_(str_release) struct str packed = { 0 };
    _cleanup_(str_release) struct str plain = { 0 };
    struct err err = { 0 };
    char *zeros = calloc(1, 32 << 20);
    assert_int_equal(compress_gzip(zeros, 32 << 20, &packed, &err), 0);
    free(zeros);
    assert_true(packed.len < 40000);
    str_addz(&plain, "kept");
    assert_int_equal(
        compress_gunzip(packed.data, packed.len, 1 << 20, &plain, &err), ERR_EXHAUSTED);
    assert_string_equal(plain.data, "kept");
    assert_true(plain.cap <= 4 << 20);
}

static void test_compress__refuses_one_byte_above_the_limit(void **state)
{
    _cleanup_(str_release) struct str packed = { 0 };
    _cleanup_(str_release) struct str plain = { 0 };
    struct err err = { 0 };
    assert_int_equal(compress_gzip("12345", 5, &packed, &err), 0);
    assert_int_equal(compress_gunzip(packed.data, packed.len, 4, &plain, &err), ERR_EXHAUSTED);
    assert_int_equal(compress_gunzip(packed.data, packed.len, 5, &plain, &err), 0);
}

static void test_compress__refuses_broken_data(void **state)
{
    _cleanup_(str_release) struct str packed = { 0 };
    struct err err = { 0 };
    assert_int_equal(compress_gzip("some text", 9, &packed, &err), 0);
    size_t len = packed.len;
    for (size_t n = 0; n < len; n++) {
        _cleanup_(str_release) struct str plain = { 0 };
        assert_int_equal(compress_gunzip(packed.data, n, 100, &plain, &err), ERR_INTERNAL);
        assert_int_equal(plain.len, 0);
    }
    _cleanup_(str_release) struct str plain = { 0 };
    str_addc(&packed, 'x');
    assert_int_equal(compress_gunzip(packed.data, len + 1, 100, &plain, &err), ERR_INTERNAL);
    packed.data[len - 5] ^= 1; /* the checksum */
    assert_int_equal(compress_gunzip(packed.data, len, 100, &plain, &err), ERR_INTERNAL);
    assert_int_equal(compress_gunzip("plain", 5, 100, &plain, &err), ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compress__gives_back_what_it_took),
        cmocka_unit_test(test_compress__stops_a_bomb_at_the_limit),
        cmocka_unit_test(test_compress__refuses_one_byte_above_the_limit),
        cmocka_unit_test(test_compress__refuses_broken_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
