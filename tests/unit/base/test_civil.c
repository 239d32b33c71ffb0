#include "base/civil.h"

#include "unit/cmocka.h"

static bool is_valid(int32_t year, int32_t month, int32_t day)
{
    struct civil_date date = { year, month, day };
    return civil_is_valid(&date);
}

static void test_civil__knows_which_days_exist(void **state)
{
    assert_true(is_valid(2026, 2, 28));
    assert_false(is_valid(2026, 2, 29));
    assert_true(is_valid(2024, 2, 29));
    assert_false(is_valid(1900, 2, 29));
    assert_true(is_valid(2000, 2, 29));
    assert_false(is_valid(2026, 2, 31));
    assert_false(is_valid(2026, 4, 31));
    assert_true(is_valid(1, 1, 1));
    assert_true(is_valid(9999, 12, 31));
    assert_false(is_valid(0, 1, 1));
    assert_false(is_valid(10000, 1, 1));
    assert_false(is_valid(2026, 0, 1));
    assert_false(is_valid(2026, 13, 1));
    assert_false(is_valid(2026, 1, 0));
    assert_false(is_valid(INT32_MIN, INT32_MIN, INT32_MIN));
    assert_false(is_valid(INT32_MAX, INT32_MAX, INT32_MAX));
}

static void test_civil__counts_every_day_once(void **state)
{
    int64_t days = civil_to_days(&(struct civil_date) { 1, 1, 1 });
    assert_int_equal(days, -719162);
    for (int32_t year = 1; year <= 9999; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            for (int32_t day = 1; day <= civil_days_in_month(year, month); day++, days++) {
                struct civil_date date = { year, month, day }, back = civil_from_days(days);
                if (civil_to_days(&date) != days || back.year != year || back.month != month
                    || back.day != day)
                    fail_msg("%d-%d-%d", year, month, day);
            }
        }
    }
    assert_int_equal(days - 1, 2932896);
}

static void test_civil__begins_in_1970(void **state)
{
    struct civil_date date = civil_from_days(0);
    assert_int_equal(date.year, 1970);
    assert_int_equal(date.month, 1);
    assert_int_equal(date.day, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_civil__knows_which_days_exist),
        cmocka_unit_test(test_civil__counts_every_day_once),
        cmocka_unit_test(test_civil__begins_in_1970),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
