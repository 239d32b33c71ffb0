#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"
#include "match/week.h"

static struct match_week week_of(uint8_t weekday, unsigned from, unsigned to)
{
    struct match_week week = { { 0 } };
    struct match_span span = { weekday, (uint16_t)(from * 60), (uint16_t)(to * 60) };
    assert_int_equal(match_week_set(&week, &span, MATCH_ROUND_OUT, NULL), 0);
    return week;
}

static void check_print(const struct match_week *week, const char *expected)
{
    _cleanup_(str_release) struct str text = { 0 };
    match_week_print(week, &text);
    assert_string_equal(str_text(&text), expected);
}

static void check_refused(uint8_t weekday, uint16_t from, uint16_t to, const char *field)
{
    struct match_week week = { { 0 } };
    struct err err = { 0 };
    struct match_span span = { weekday, from, to };
    assert_int_equal(match_week_set(&week, &span, MATCH_ROUND_OUT, &err), ERR_INVALID);
    assert_string_equal(err.field, field);
    assert_true(match_week_is_empty(&week));
}

static void test_week__begins_on_monday_midnight(void **state)
{
    (void)state;
    struct match_week week = week_of(0, 0, 1);
    assert_int_equal(week.bits[0], 3);
    week = week_of(6, 23, 24);
    assert_true(match_week_has(&week, 334) && match_week_has(&week, 335));
    assert_int_equal(match_week_count(&week), 2);
}

static void test_week__span_past_midnight_goes_on_the_next_day(void **state)
{
    (void)state;
    struct match_week week = week_of(1, 22, 6);
    assert_int_equal(match_week_count(&week), 16);
    check_print(&week, "Tue 22:00–06:00");
}

static void test_week__sunday_night_wraps_to_monday(void **state)
{
    (void)state;
    struct match_week week = week_of(6, 22, 6);
    assert_true(match_week_has(&week, 0));
    assert_true(match_week_has(&week, 11));
    assert_false(match_week_has(&week, 12));
    check_print(&week, "Sun 22:00–06:00");
}

static void test_week__rounds_shifts_out_and_availability_in(void **state)
{
    (void)state;
    const struct match_span span = { 0, 9 * 60 + 10, 10 * 60 + 50 };
    struct match_week out = { { 0 } };
    struct match_week in = { { 0 } };
    assert_int_equal(match_week_set(&out, &span, MATCH_ROUND_OUT, NULL), 0);
    assert_int_equal(match_week_set(&in, &span, MATCH_ROUND_IN, NULL), 0);
    check_print(&out, "Mon 09:00–11:00");
    check_print(&in, "Mon 09:30–10:30");
}

static void test_week__refuses_a_span_that_cannot_be(void **state)
{
    (void)state;
    check_refused(7, 0, 60, "weekday");
    check_refused(0, 1440, 60, "start");
    check_refused(0, 0, 1441, "end");
    check_refused(0, 540, 540, "end");
}

static void test_week__prints_as_people_write_a_rota(void **state)
{
    (void)state;
    struct match_week week = { { 0 } };
    check_print(&week, "none");
    for (uint8_t day = 0; day < 5; day++) {
        struct match_week one = week_of(day, 9, 17);
        match_week_add(&week, &one);
    }
    check_print(&week, "Mon–Fri 09:00–17:00");
    struct match_week saturday = week_of(5, 10, 14);
    match_week_add(&week, &saturday);
    check_print(&week, "Mon–Fri 09:00–17:00; Sat 10:00–14:00");
    week = week_of(1, 9, 12);
    struct match_week thursday = week_of(3, 9, 12);
    match_week_add(&week, &thursday);
    check_print(&week, "Tue and Thu 09:00–12:00");
    week = week_of(0, 0, 24);
    check_print(&week, "Mon 00:00–24:00");
    struct match_week tuesday = week_of(1, 0, 9);
    match_week_add(&week, &tuesday);
    check_print(&week, "Mon 00:00–Tue 09:00");
    match_week_fill(&week);
    check_print(&week, "all week, day and night");
}

static void test_week__widen_wraps_both_ways(void **state)
{
    (void)state;
    struct match_week week = week_of(0, 0, 1);
    match_week_widen(&week, 2, 1);
    check_print(&week, "Sun 23:00–01:30");
    match_week_widen(&week, 400, 0);
    assert_int_equal(match_week_count(&week), MATCH_WEEK_SLOTS);
}

static void test_week__packs_as_postgresql_bit_strings(void **state)
{
    (void)state;
    struct match_week week = week_of(0, 0, 1);
    struct match_week last = week_of(6, 23, 24);
    match_week_add(&week, &last);
    uint8_t bytes[MATCH_WEEK_BYTES];
    match_week_pack(&week, bytes);
    assert_int_equal(bytes[0], 0xc0);
    assert_int_equal(bytes[41], 0x03);
    struct match_week again;
    match_week_unpack(&again, bytes);
    assert_memory_equal(&week, &again, sizeof(week));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_week__begins_on_monday_midnight),
        cmocka_unit_test(test_week__span_past_midnight_goes_on_the_next_day),
        cmocka_unit_test(test_week__sunday_night_wraps_to_monday),
        cmocka_unit_test(test_week__rounds_shifts_out_and_availability_in),
        cmocka_unit_test(test_week__refuses_a_span_that_cannot_be),
        cmocka_unit_test(test_week__prints_as_people_write_a_rota),
        cmocka_unit_test(test_week__widen_wraps_both_ways),
        cmocka_unit_test(test_week__packs_as_postgresql_bit_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
