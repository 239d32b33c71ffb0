/* Weekly patterns, and the small quantities of the command line. */
#include "client/quantity.h"
#include "client/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check_reads_as(const char *text, const char *expected)
{
    _cleanup_(str_release) struct str out = { 0 };
    struct err err = { 0 };
    json_t *spans = NULL;
    if (spans_parse(text, &spans, &err) < 0)
        fail_msg("\"%s\": %s", text, err.msg);
    spans_format(spans, &out);
    assert_string_equal(str_text(&out), expected);
    json_t *again = NULL; /* what is printed can be typed */
    assert_int_equal(spans_parse(str_text(&out), &again, &err), 0);
    assert_int_equal(json_array_size(again), json_array_size(spans));
    json_decref(spans);
    json_decref(again);
}

static void check_refuses(const char *text, const char *hint)
{
    struct err err = { 0 };
    json_t *spans = NULL;
    int rc = spans_parse(text, &spans, &err);
    if (rc != ERR_INVALID)
        fail_msg("\"%s\" was accepted", text);
    if (!strstr(err.msg, hint))
        fail_msg("\"%s\": no \"%s\" in: %s", text, hint, err.msg);
}

static void test_spans__reads_weeks(void **state)
{
    (void)state;
    check_reads_as("mon-fri 09:00-17:00, sat 10-14", "Mon-Fri 09:00-17:00, Sat 10:00-14:00");
    check_reads_as("Monday 9am-5pm", "Mon 09:00-17:00");
    check_reads_as("mon,wed,fri 9:30-12", "Mon,Wed,Fri 09:30-12:00");
    check_reads_as("mon tue 9-12 13-17", "Mon,Tue 09:00-12:00, Mon,Tue 13:00-17:00");
    check_reads_as("weekdays 22:00-06:00+1", "Mon-Fri 22:00-06:00+1");
    check_reads_as("weekends noon-24:00", "Sat,Sun 12:00-24:00");
    check_reads_as("daily 0-24", "Mon-Sun 00:00-24:00");
    check_reads_as("fri-mon 18-22", "Mon,Fri-Sun 18:00-22:00");
}

static void test_spans__night_shift_ends_on_the_next_day(void **state)
{
    (void)state;
    json_t *spans = NULL;
    assert_int_equal(spans_parse("tue 22:00-06:00+1", &spans, NULL), 0);
    json_t *span = json_array_get(spans, 0);
    assert_string_equal(json_string_value(json_object_get(span, "weekday")), "tuesday");
    assert_int_equal(json_integer_value(json_object_get(span, "start_minute")), 1320);
    assert_int_equal(json_integer_value(json_object_get(span, "end_minute")), 1800);
    json_decref(spans);
}

static void test_spans__refuses_an_end_before_the_start(void **state)
{
    (void)state;
    check_refuses("mon 22:00-06:00", "22:00-06:00+1");
    check_refuses("mon 9-5", "09:00-05:00+1");
    check_refuses("mon 9-9", "same time");
    check_refuses("mon 9-10+1", "longer than a day");
}

static void test_spans__refuses_what_is_no_week(void **state)
{
    (void)state;
    check_refuses("", "mon-fri");
    check_refuses("mon-fri", "without times");
    check_refuses("mon 9-17 sat", "without times");
    check_refuses("9-17", "days first");
    check_refuses("mon 9:15-17", "half hours");
    check_refuses("mon 25-26", "no part");
    check_refuses("mon 24-25", "no part");
    check_refuses("mo 9-17", "no part");
    check_refuses("mon 9", "no part");
    char longer[1000];
    memset(longer, 'm', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    check_refuses(longer, "too long");
}

static void test_quantity__reads_pounds_hours_and_distances(void **state)
{
    (void)state;
    int value = 0, max = 0;
    assert_int_equal(quantity_parse_pence("£12.71", &value, NULL), 0);
    assert_int_equal(value, 1271);
    assert_int_equal(quantity_parse_pence("13", &value, NULL), 0);
    assert_int_equal(value, 1300);
    assert_int_equal(quantity_parse_tenths("37.5", &value, NULL), 0);
    assert_int_equal(value, 375);
    assert_int_equal(quantity_parse_tenths_range("16-30h", &value, &max, NULL), 0);
    assert_int_equal(value, 160);
    assert_int_equal(max, 300);
    assert_int_equal(quantity_parse_metres("5km", &value, NULL), 0);
    assert_int_equal(value, 5000);
    assert_int_equal(quantity_parse_metres("2.5 km", &value, NULL), 0);
    assert_int_equal(value, 2500);
    assert_int_equal(quantity_parse_metres("800 m", &value, NULL), 0);
    assert_int_equal(value, 800);
    assert_int_equal(quantity_parse_metres("3 miles", &value, NULL), 0);
    assert_int_equal(value, 4827);
}

static void test_quantity__refuses_the_rest(void **state)
{
    (void)state;
    int value = 0, max = 0;
    int64_t number = 0;
    struct err err = { 0 };
    static const char *const bad[] = { "", "x", "1.234", "-1", "1,5", "12345678", "1.", "." };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(quantity_parse_pence(bad[i], &value, &err), ERR_INVALID);
        assert_int_equal(quantity_parse_tenths(bad[i], &value, &err), ERR_INVALID);
        assert_int_equal(quantity_parse_metres(bad[i], &value, &err), ERR_INVALID);
    }
    assert_int_equal(quantity_parse_metres("5", &value, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "5km"));
    assert_int_equal(quantity_parse_tenths_range("30-16", &value, &max, &err), ERR_INVALID);
    assert_int_equal(quantity_parse_int("12x", 0, 99, &number, &err), ERR_INVALID);
    assert_int_equal(quantity_parse_int(" 12", 0, 99, &number, &err), ERR_INVALID);
    assert_int_equal(quantity_parse_int("100", 0, 99, &number, &err), ERR_INVALID);
    assert_int_equal(quantity_parse_int("", 0, 99, &number, &err), ERR_INVALID);
    assert_int_equal(quantity_parse_int("99", 0, 99, &number, &err), 0);
}

static void test_quantity__prints_for_people(void **state)
{
    (void)state;
    char out[QUANTITY_TEXT_BYTES];
    quantity_format_pence(1271, out);
    assert_string_equal(out, "£12.71");
    quantity_format_tenths(375, out);
    assert_string_equal(out, "37.5");
    quantity_format_tenths(300, out);
    assert_string_equal(out, "30");
    quantity_format_metres(850, out);
    assert_string_equal(out, "850 m");
    quantity_format_metres(2430, out);
    assert_string_equal(out, "2.5 km");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans__reads_weeks),
        cmocka_unit_test(test_spans__night_shift_ends_on_the_next_day),
        cmocka_unit_test(test_spans__refuses_an_end_before_the_start),
        cmocka_unit_test(test_spans__refuses_what_is_no_week),
        cmocka_unit_test(test_quantity__reads_pounds_hours_and_distances),
        cmocka_unit_test(test_quantity__refuses_the_rest),
        cmocka_unit_test(test_quantity__prints_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
