#include "wire/metadata.h"

#include "base/err.h"
#include "unit/cmocka.h"

static void check_percent(const char *plain, const char *encoded)
{
    _cleanup_(str_release) struct str out = { 0 };
    _cleanup_(str_release) struct str back = { 0 };
    metadata_percent_encode(plain, strlen(plain), &out);
    assert_string_equal(str_text(&out), encoded);
    metadata_percent_decode(encoded, strlen(encoded), &back);
    assert_string_equal(str_text(&back), plain);
}

static void test_metadata__escapes_what_a_header_cannot_hold(void **state)
{
    check_percent("", "");
    check_percent("no such employer", "no such employer");
    check_percent("100%", "100%25");
    check_percent("caf\xc3\xa9\r\n", "caf%C3%A9%0D%0A");
    check_percent("\x7f~ ", "%7F~ ");
}

static void test_metadata__keeps_what_is_no_escape(void **state)
{
    static const char *const texts[] = { "%", "%4", "%zz", "a%g1", "%-1" };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        _cleanup_(str_release) struct str out = { 0 };
        metadata_percent_decode(texts[i], strlen(texts[i]), &out);
        assert_string_equal(str_text(&out), texts[i]);
    }
    _cleanup_(str_release) struct str lower = { 0 };
    metadata_percent_decode("%c3%a9%", 7, &lower);
    assert_string_equal(str_text(&lower), "\xc3\xa9%");
}

static void check_base64(const char *plain, const char *padded)
{
    _cleanup_(str_release) struct str with = { 0 };
    _cleanup_(str_release) struct str without = { 0 };
    _cleanup_(str_release) struct str back = { 0 };
    metadata_base64_encode(plain, strlen(plain), true, &with);
    assert_string_equal(str_text(&with), padded);
    metadata_base64_encode(plain, strlen(plain), false, &without);
    assert_int_equal(without.len, strcspn(padded, "="));
    assert_memory_equal(str_text(&without), padded, without.len);
    assert_int_equal(metadata_base64_decode(str_text(&with), with.len, &back), 0);
    assert_int_equal(metadata_base64_decode(str_text(&without), without.len, &back), 0);
    assert_int_equal(back.len, 2 * strlen(plain));
    assert_memory_equal(str_text(&back), plain, strlen(plain));
    assert_memory_equal(str_text(&back) + strlen(plain), plain, strlen(plain));
}

static void test_metadata__base64_with_and_without_padding(void **state)
{
    check_base64("", "");
    check_base64("f", "Zg==");
    check_base64("fo", "Zm8=");
    check_base64("foo", "Zm9v");
    check_base64("foob", "Zm9vYg==");
    check_base64("\xfb\xff\xfe", "+//+");
}

static void test_metadata__base64_reads_both_alphabets(void **state)
{
    _cleanup_(str_release) struct str out = { 0 };
    assert_int_equal(metadata_base64_decode("-__-", 4, &out), 0);
    assert_memory_equal(out.data, "\xfb\xff\xfe", 3);
}

static void test_metadata__base64_refuses_other_texts(void **state)
{
    static const char *const bad[] = { "Z", "Zm9vY", "Zg=", "Zm8==", "Z===", "====", "=", "Zm 9",
        "Zm9v\n", "Zh==", "Zm9=", "Zm9v====", "Z\xc3\xa9v" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        _cleanup_(str_release) struct str out = { 0 };
        str_addz(&out, "kept");
        if (metadata_base64_decode(bad[i], strlen(bad[i]), &out) != ERR_INVALID)
            fail_msg("accepted \"%s\"", bad[i]);
        assert_string_equal(out.data, "kept");
    }
}

static void check_timeout(const char *text, int64_t expected)
{
    int64_t usec = -1;
    assert_int_equal(
        metadata_timeout_parse(text, strlen(text), &usec), expected < 0 ? ERR_INVALID : 0);
    assert_int_equal(usec, expected);
}

static void test_metadata__reads_timeouts(void **state)
{
    check_timeout("1H", INT64_C(3600000000));
    check_timeout("2M", 120000000);
    check_timeout("3S", 3000000);
    check_timeout("250m", 250000);
    check_timeout("7u", 7);
    check_timeout("1n", 1);
    check_timeout("1000n", 1);
    check_timeout("1001n", 2);
    check_timeout("0S", 0);
    check_timeout("99999999H", INT64_C(359999996400000000));
    check_timeout("", -1);
    check_timeout("S", -1);
    check_timeout("5", -1);
    check_timeout("123456789S", -1);
    check_timeout("-1S", -1);
    check_timeout("1.5S", -1);
    check_timeout("1s", -1);
}

static void test_metadata__writes_timeouts_never_too_short(void **state)
{
    static const int64_t usec[] = { 0, 1, 99999999, 100000000, 100000001, INT64_C(99999999999),
        INT64_C(100000000000), INT64_C(359999996400000000) };
    for (size_t i = 0; i < ARRAY_SIZE(usec); i++) {
        char text[METADATA_TIMEOUT_BYTES];
        int64_t back;
        metadata_timeout_format(usec[i], text);
        assert_int_equal(metadata_timeout_parse(text, strlen(text), &back), 0);
        assert_true(back >= usec[i]);
        assert_true(back - usec[i] <= usec[i] / 99999);
    }
    char text[METADATA_TIMEOUT_BYTES];
    metadata_timeout_format(INT64_MAX, text);
    assert_string_equal(text, "99999999H");
    metadata_timeout_format(-5, text);
    assert_string_equal(text, "0u");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata__escapes_what_a_header_cannot_hold),
        cmocka_unit_test(test_metadata__keeps_what_is_no_escape),
        cmocka_unit_test(test_metadata__base64_with_and_without_padding),
        cmocka_unit_test(test_metadata__base64_reads_both_alphabets),
        cmocka_unit_test(test_metadata__base64_refuses_other_texts),
        cmocka_unit_test(test_metadata__reads_timeouts),
        cmocka_unit_test(test_metadata__writes_timeouts_never_too_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
