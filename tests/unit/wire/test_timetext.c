#include "wire/timetext.h"

#include "base/err.h"
#include "unit/cmocka.h"

static void check_timestamp(const char *text, int64_t seconds, int32_t nanos)
{
    int64_t s;
    int32_t n;
    char out[TIMETEXT_BYTES];
    assert_int_equal(timestamp_parse(text, strlen(text), &s, &n), 0);
    assert_int_equal(s, seconds);
    assert_int_equal(n, nanos);
    assert_int_equal(timestamp_format(s, n, out), 0);
    assert_string_equal(out, text);
}

static void test_timestamp__round_trips(void **state)
{
    check_timestamp("1970-01-01T00:00:00Z", 0, 0);
    check_timestamp("2026-02-28T09:30:00.250Z", 1772271000, 250000000);
    check_timestamp("2026-02-28T09:30:00.000001Z", 1772271000, 1000);
    check_timestamp("2026-02-28T09:30:00.000000001Z", 1772271000, 1);
    check_timestamp("1969-12-31T23:59:59.999Z", -1, 999000000);
    check_timestamp("0001-01-01T00:00:00Z", INT64_C(-62135596800), 0);
    check_timestamp("9999-12-31T23:59:59.999999999Z", INT64_C(253402300799), 999999999);
}

static void test_timestamp__reads_offsets(void **state)
{
    static const char *const same[] = { "2026-02-28T10:30:00+01:00", "2026-02-28T10:30:00+01",
        "2026-02-28T00:00:00.0-09:30", "2026-02-28T09:30:00+00:00" };
    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        int64_t s;
        int32_t n;
        assert_int_equal(timestamp_parse(same[i], strlen(same[i]), &s, &n), 0);
        assert_int_equal(s, 1772271000);
    }
}

static void test_timestamp__refuses_other_texts(void **state)
{
    static const char *const bad[]
        = { "", "2026-02-28", "2026-02-29T00:00:00Z", "2026-02-28T24:00:00Z",
              "2026-02-28T09:60:00Z", "2026-02-28T09:30:60Z", "2026-02-28T09:30:00",
              "2026-02-28 09:30:00Z", "2026-02-28T09:30:00.Z", "2026-02-28T09:30:00.1234567890Z",
              "2026-02-28T09:30:00Zx", "2026-02-28T09:30:00+24:00", "2026-02-28T09:30:00+01:60",
              "2026-02-28T09:30:00+1", "infinity", "0001-01-01T00:00:00+01:00",
              "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z", "12026-02-28T09:30:00Z" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        int64_t s = 7;
        int32_t n = 7;
        if (timestamp_parse(bad[i], strlen(bad[i]), &s, &n) != ERR_INVALID)
            fail_msg("accepted %s", bad[i]);
        assert_int_equal(s, 7);
        assert_int_equal(n, 7);
    }
    char out[TIMETEXT_BYTES];
    assert_int_equal(timestamp_format(INT64_C(253402300800), 0, out), ERR_INVALID);
    assert_int_equal(timestamp_format(INT64_C(-62135596801), 0, out), ERR_INVALID);
    assert_int_equal(timestamp_format(INT64_MIN, 0, out), ERR_INVALID);
    assert_int_equal(timestamp_format(0, -1, out), ERR_INVALID);
    assert_int_equal(timestamp_format(0, 1000000000, out), ERR_INVALID);
}

static void check_duration(const char *text, int64_t seconds, int32_t nanos)
{
    int64_t s;
    int32_t n;
    char out[TIMETEXT_BYTES];
    assert_int_equal(duration_parse(text, strlen(text), &s, &n), 0);
    assert_int_equal(s, seconds);
    assert_int_equal(n, nanos);
    assert_int_equal(duration_format(s, n, out), 0);
    assert_string_equal(out, text);
}

static void test_duration__round_trips(void **state)
{
    check_duration("0s", 0, 0);
    check_duration("1.500s", 1, 500000000);
    check_duration("-1.500s", -1, -500000000);
    check_duration("-0.000000001s", 0, -1);
    check_duration("315576000000s", INT64_C(315576000000), 0);
}

static void test_duration__refuses_others(void **state)
{
    static const char *const bad[] = { "", "s", "1", "1.s", "+1s", "1.5", "--1s", "1e3s",
        "315576000001s", "99999999999999999999s", "1.0000000000s", " 1s" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        int64_t s;
        int32_t n;
        if (duration_parse(bad[i], strlen(bad[i]), &s, &n) != ERR_INVALID)
            fail_msg("accepted %s", bad[i]);
    }
    char out[TIMETEXT_BYTES];
    assert_int_equal(duration_format(1, -1, out), ERR_INVALID);
    assert_int_equal(duration_format(-1, 1, out), ERR_INVALID);
    assert_int_equal(duration_format(0, 1000000000, out), ERR_INVALID);
    assert_int_equal(duration_format(0, INT32_MIN, out), ERR_INVALID);
    assert_int_equal(duration_format(INT64_MIN, 0, out), ERR_INVALID);
}

static void test_date__must_exist(void **state)
{
    struct civil_date date = { 1, 1, 1 };
    char out[TIMETEXT_BYTES];
    assert_int_equal(date_parse("2024-02-29", 10, &date), 0);
    assert_int_equal(date_format(&date, out), 0);
    assert_string_equal(out, "2024-02-29");
    assert_int_equal(date_parse("2026-02-31", 10, &date), ERR_INVALID);
    assert_int_equal(date_parse("2026-2-1", 8, &date), ERR_INVALID);
    assert_int_equal(date_parse("2026-02-01x", 11, &date), ERR_INVALID);
    assert_int_equal(date.year, 2024);
    assert_int_equal(date_format(&(struct civil_date) { 2026, 2, 31 }, out), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamp__round_trips),
        cmocka_unit_test(test_timestamp__reads_offsets),
        cmocka_unit_test(test_timestamp__refuses_other_texts),
        cmocka_unit_test(test_duration__round_trips),
        cmocka_unit_test(test_duration__refuses_others),
        cmocka_unit_test(test_date__must_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
