#include "base/str.h"

#include "unit/cmocka.h"

static void test_str__grows_and_ends_with_nul(void **state)
{
    _cleanup_(str_release) struct str s = { 0 };
    for (int i = 0; i < 1000; i++)
        str_addf(&s, "%d,", i);
    str_addc(&s, 'x');
    str_addz(&s, "yz");
    str_add(&s, "abc", 2);
    assert_false(s.failed);
    assert_int_equal(strlen(s.data), s.len);
    assert_true(str_starts_with(s.data, "0,1,2,"));
    assert_true(str_ends_with(s.data, "999,xyzab"));
}

/* Texts of every length around the buffer's, so that the last byte and the NUL find room. */
static void test_str__formats_at_every_fill(void **state)
{
    for (int first = 0; first < 140; first++) {
        _cleanup_(str_release) struct str s = { 0 };
        str_addf(&s, "%*s", first, "");
        str_addf(&s, "%d", 1234);
        str_addf(&s, "%s", "");
        assert_int_equal(s.len, first + 4);
        assert_int_equal(strlen(s.data), s.len);
        assert_true(str_ends_with(s.data, "1234"));
    }
}

static void test_str__holds_bytes_with_nul(void **state)
{
    _cleanup_(str_release) struct str s = { 0 };
    str_add(&s, "a\0b", 3);
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.data, "a\0b", 4);
}

static void test_str__gives_away_its_text(void **state)
{
    struct str s = { 0 };
    str_addz(&s, "mine");
    _cleanup_(freep) char *text = str_steal(&s);
    assert_string_equal(text, "mine");
    assert_null(s.data);
    _cleanup_(freep) char *empty = str_steal(&s);
    assert_string_equal(empty, "");
}

static void test_str__keeps_a_failure(void **state)
{
    struct str s = { 0 };
    str_addz(&s, "before");
    assert_null(str_reserve(&s, SIZE_MAX));
    assert_null(str_reserve(&s, SIZE_MAX - s.len));
    assert_true(s.failed);
    str_addz(&s, "after");
    str_addf(&s, "%d", 1);
    assert_int_equal(s.len, strlen("before"));
    assert_string_equal(str_text(&s), "before");
    assert_null(str_steal(&s));
    assert_false(s.failed);
}

static void test_str__reset_keeps_memory_and_clears_failure(void **state)
{
    _cleanup_(str_release) struct str s = { 0 };
    str_addz(&s, "text");
    s.failed = true;
    size_t cap = s.cap;
    str_reset(&s);
    assert_int_equal(s.cap, cap);
    assert_string_equal(str_text(&s), "");
    str_addz(&s, "new");
    assert_string_equal(str_text(&s), "new");
}

static void test_str__compares(void **state)
{
    assert_true(str_eq(NULL, NULL));
    assert_false(str_eq(NULL, ""));
    assert_false(str_eq("a", "b"));
    assert_false(str_starts_with("ab", "abc"));
    assert_false(str_ends_with("bc", "abc"));
    assert_true(str_ends_with("abc", ""));
}

static void test_hex__knows_its_digits_only(void **state)
{
    static const char digits[] = "0123456789abcdef", capitals[] = "0123456789ABCDEF";
    for (int c = -128; c < 128; c++) {
        const char *found = memchr(digits, c, 16), *capital = memchr(capitals, c, 16);
        int expected = found ? (int)(found - digits) : capital ? (int)(capital - capitals) : -1;
        assert_int_equal(hex_value((char)c), expected);
    }
}

static void test_utf8__accepts_all_characters(void **state)
{
    static const char *const good[] = { "", "plain, and longer than a word of the machine",
        "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xc3\xa9 12345678\xe2\x82\xac" };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(utf8_valid(good[i], strlen(good[i])));
    assert_true(utf8_valid("a\0b", 3));
    assert_true(utf8_valid(NULL, 0));
}

static void test_utf8__refuses_what_is_no_character(void **state)
{
    static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(",
        "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xe2\x82(", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xff", "\xf0\x9f\x98" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
}

static void check_trim(const char *text, const char *expected)
{
    char copy[32];
    snprintf(copy, sizeof(copy), "%s", text);
    utf8_trim(copy);
    assert_string_equal(copy, expected);
}

static void test_utf8__trims_half_characters_only(void **state)
{
    check_trim("", "");
    check_trim("abc", "abc");
    check_trim("caf\xc3\xa9", "caf\xc3\xa9");
    check_trim("caf\xc3", "caf");
    check_trim("a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80");
    check_trim("a\xf0\x9f\x98", "a");
    check_trim("a\xf0\x9f", "a");
    check_trim("a\xf0", "a");
    check_trim("\xe2\x82", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str__grows_and_ends_with_nul),
        cmocka_unit_test(test_str__formats_at_every_fill),
        cmocka_unit_test(test_str__holds_bytes_with_nul),
        cmocka_unit_test(test_str__gives_away_its_text),
        cmocka_unit_test(test_str__keeps_a_failure),
        cmocka_unit_test(test_str__reset_keeps_memory_and_clears_failure),
        cmocka_unit_test(test_str__compares),
        cmocka_unit_test(test_hex__knows_its_digits_only),
        cmocka_unit_test(test_utf8__accepts_all_characters),
        cmocka_unit_test(test_utf8__refuses_what_is_no_character),
        cmocka_unit_test(test_utf8__trims_half_characters_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
