/* Dates as people say them. "Now" is Tuesday 24 November 2026, 11:30 unless a row says otherwise.
 */
#include "base/clock.h"
#include "client/london.h"
#include "client/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t moment(int year, int month, int day, int minute)
{
    struct civil_date date = { year, month, day };
    int64_t usec = 0;
    assert_int_equal(london_to_usec(&date, minute, &usec, NULL), 0);
    return usec;
}

static int64_t tuesday(void)
{
    return moment(2026, 11, 24, 11 * 60 + 30);
}

static void check_at(int64_t now, const char *text, enum when_direction way, const char *expected)
{
    struct when when = { 0 };
    struct err err = { 0 };
    char got[LONDON_TEXT_BYTES] = "";
    int rc = when_parse(text, way, now, &when, &err);
    if (rc < 0 && expected)
        fail_msg("\"%s\": %s", text, err.msg);
    if (rc == 0)
        london_format(when.usec, got);
    if (!expected && rc == 0)
        fail_msg("\"%s\" should be refused, gave %s", text, got);
    if (!expected) {
        assert_int_equal(rc, ERR_INVALID);
        assert_true(strlen(err.msg) > 10);
    } else if (strcmp(got, expected) != 0) {
        fail_msg("\"%s\": expected %s, got %s", text, expected, got);
    }
}

struct sample {
    const char *text, *expected;
};

static void check_all(const struct sample *samples, size_t n, enum when_direction way)
{
    for (size_t i = 0; i < n; i++)
        check_at(tuesday(), samples[i].text, way, samples[i].expected);
}

static void test_when__looks_back_for_what_took_place(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        { "now", "Tue 24 Nov 2026 11:30" },
        { "today", "Tue 24 Nov 2026 11:30" },
        { "today 9:15", "Tue 24 Nov 2026 09:15" },
        { "today at 9.15am", "Tue 24 Nov 2026 09:15" },
        { "yesterday 3pm", "Mon 23 Nov 2026 15:00" },
        { "yesterday, 3 pm", "Mon 23 Nov 2026 15:00" },
        { "3pm yesterday", "Mon 23 Nov 2026 15:00" },
        { "yesterday", "Mon 23 Nov 2026" },
        { "YESTERDAY NOON", "Mon 23 Nov 2026 12:00" },
        { "10:00", "Tue 24 Nov 2026 10:00" },
        { "14:30", "Mon 23 Nov 2026 14:30" },
        { "mon", "Mon 23 Nov 2026" },
        { "tue", "Tue 24 Nov 2026 11:30" },
        { "tue 10:00", "Tue 24 Nov 2026 10:00" },
        { "tue 12:00", "Tue 17 Nov 2026 12:00" },
        { "wednesday 10am", "Wed 18 Nov 2026 10:00" },
        { "last tue", "Tue 17 Nov 2026" },
        { "last fri 16:00", "Fri 20 Nov 2026 16:00" },
        { "3/11", "Tue 3 Nov 2026" },
        { "03/11/26 14:05", "Tue 3 Nov 2026 14:05" },
        { "3/11/2026", "Tue 3 Nov 2026" },
        { "3.11.26", "Tue 3 Nov 2026" },
        { "3-11-2026", "Tue 3 Nov 2026" },
        { "2026-11-03", "Tue 3 Nov 2026" },
        { "25/12", "Thu 25 Dec 2025" },
        { "24/11 10:00", "Tue 24 Nov 2026 10:00" },
        { "24/11 12:00", "Mon 24 Nov 2025 12:00" },
        { "3 nov", "Tue 3 Nov 2026" },
        { "3rd of November", "Tue 3 Nov 2026" },
        { "nov 3", "Tue 3 Nov 2026" },
        { "9 sept 2025 8am", "Tue 9 Sep 2025 08:00" },
        { "the 3rd", "Tue 3 Nov 2026" },
        { "the 30th", "Fri 30 Oct 2026" },
        { "3 days ago", "Sat 21 Nov 2026" },
        { "a week ago", "Tue 17 Nov 2026" },
        { "2 weeks ago 10:00", "Tue 10 Nov 2026 10:00" },
        { "an hour ago", "Tue 24 Nov 2026 10:30" },
        { "20 min ago", "Tue 24 Nov 2026 11:10" },
        { "last month", "Sat 24 Oct 2026" },
        { "12am yesterday", "Mon 23 Nov 2026" },
        { "29/2", "Thu 29 Feb 2024" },
    };
    check_all(samples, ARRAY_SIZE(samples), WHEN_BACK);
}

static void test_when__looks_ahead_for_what_is_to_come(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        { "today", "Tue 24 Nov 2026" },
        { "today 14:30", "Tue 24 Nov 2026 14:30" },
        { "tomorrow", "Wed 25 Nov 2026" },
        { "tomorrow noon", "Wed 25 Nov 2026 12:00" },
        { "10:00", "Wed 25 Nov 2026 10:00" },
        { "14:30", "Tue 24 Nov 2026 14:30" },
        { "tue", "Tue 1 Dec 2026" },
        { "tue 10:00", "Tue 1 Dec 2026 10:00" },
        { "tue 14:00", "Tue 24 Nov 2026 14:00" },
        { "thu 9am", "Thu 26 Nov 2026 09:00" },
        { "mon", "Mon 30 Nov 2026" },
        { "next mon", "Mon 30 Nov 2026" },
        { "next thu", "Thu 3 Dec 2026" },
        { "this thu", "Thu 26 Nov 2026" },
        { "thu week", "Thu 3 Dec 2026" },
        { "3/11", "Wed 3 Nov 2027" },
        { "3/12", "Thu 3 Dec 2026" },
        { "24/11", "Tue 24 Nov 2026" },
        { "24/11 9:00", "Wed 24 Nov 2027 09:00" },
        { "3 dec at 10.30am", "Thu 3 Dec 2026 10:30" },
        { "the 3rd", "Thu 3 Dec 2026" },
        { "the 31st", "Thu 31 Dec 2026" },
        { "in 2 weeks", "Tue 8 Dec 2026" },
        { "in 2 weeks 10:00", "Tue 8 Dec 2026 10:00" },
        { "10:00 in 2 weeks", "Tue 8 Dec 2026 10:00" },
        { "in a fortnight", "Tue 8 Dec 2026" },
        { "in 3 days", "Fri 27 Nov 2026" },
        { "in 1 month", "Thu 24 Dec 2026" },
        { "in 2 hours", "Tue 24 Nov 2026 13:30" },
        { "next week", "Tue 1 Dec 2026" },
        { "29/2", "Tue 29 Feb 2028" },
    };
    check_all(samples, ARRAY_SIZE(samples), WHEN_AHEAD);
}

static void test_when__refuses_the_wrong_way(void **state)
{
    (void)state;
    static const struct sample back[] = { { "tomorrow", NULL }, { "today 14:30", NULL },
        { "3/12/26", NULL }, { "in 2 weeks", NULL }, { "next tue", NULL }, { "this fri", NULL } };
    static const struct sample ahead[] = { { "yesterday", NULL }, { "today 9:00", NULL },
        { "3/11/26", NULL }, { "3 days ago", NULL }, { "last tue", NULL }, { "this mon", NULL } };
    check_all(back, ARRAY_SIZE(back), WHEN_BACK);
    check_all(ahead, ARRAY_SIZE(ahead), WHEN_AHEAD);
}

static void test_when__searches_either_way(void **state)
{
    (void)state;
    static const struct sample samples[]
        = { { "tomorrow", "Wed 25 Nov 2026" }, { "mon", "Mon 23 Nov 2026" },
              { "3/12", "Wed 3 Dec 2025" }, { "3/12/26", "Thu 3 Dec 2026" } };
    check_all(samples, ARRAY_SIZE(samples), WHEN_EITHER);
}

static void test_when__refuses_what_it_does_not_understand(void **state)
{
    (void)state;
    static const struct sample samples[] = { { "", NULL }, { " , ", NULL }, { "soon", NULL },
        { "31/2", NULL }, { "30 feb", NULL }, { "32/1", NULL }, { "11/24", NULL }, { "0/1", NULL },
        { "3.11", NULL }, { "3", NULL }, { "10", NULL }, { "25:00", NULL }, { "24:00", NULL },
        { "10:60", NULL }, { "10:5", NULL }, { "13pm", NULL }, { "0am", NULL }, { "3pm 4pm", NULL },
        { "tue wed", NULL }, { "today tomorrow", NULL }, { "3/11/6", NULL }, { "3/11/026", NULL },
        { "3/11-26", NULL }, { "0000-01-01", NULL }, { "in weeks", NULL }, { "in 2", NULL },
        { "in 2 hours 10:00", NULL }, { "now 10:00", NULL }, { "10:00 now", NULL }, { "tu", NULL },
        { "mondayy", NULL }, { "2 weeks", NULL }, { "in 1000 days", NULL },
        { "a a a a a a a a a a a a a a", NULL } };
    check_all(samples, ARRAY_SIZE(samples), WHEN_BACK);
    check_all(samples, ARRAY_SIZE(samples), WHEN_AHEAD);
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    check_at(tuesday(), longer, WHEN_BACK, NULL);
}

static void test_when__says_what_is_accepted(void **state)
{
    (void)state;
    struct when when;
    struct err err = { 0 };
    assert_int_equal(when_parse("soonish", WHEN_AHEAD, tuesday(), &when, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "\"soonish\""));
    assert_non_null(strstr(err.msg, "\"next tue\""));
}

static void test_when__follows_the_clocks_of_london(void **state)
{
    (void)state;
    /* the clocks go back on 25 October 2026 and forward on 28 March 2027, both Sundays */
    int64_t saturday = moment(2026, 10, 24, 600);
    struct when when = { 0 };
    assert_int_equal(when_parse("tomorrow 10:00", WHEN_AHEAD, saturday, &when, NULL), 0);
    assert_int_equal(when.usec - saturday, 25 * USEC_PER_HOUR);
    check_at(moment(2027, 3, 27, 600), "tomorrow 01:30", WHEN_AHEAD, NULL);
    check_at(moment(2027, 3, 27, 600), "tomorrow 02:30", WHEN_AHEAD, "Sun 28 Mar 2027 02:30");
    /* the first of the two 01:30 */
    assert_int_equal(moment(2026, 10, 25, 90), moment(2026, 10, 25, 0) + 90 * USEC_PER_MINUTE);
    assert_int_equal(moment(2026, 10, 25, 150), moment(2026, 10, 25, 90) + 2 * USEC_PER_HOUR);
}

static void test_when__knows_the_day_in_london_not_in_utc(void **state)
{
    (void)state;
    /* 23:30 UTC on 30 June is 00:30 on 1 July in London */
    check_at(moment(2026, 7, 1, 30), "today", WHEN_AHEAD, "Wed 1 Jul 2026");
    check_at(moment(2026, 7, 1, 30), "yesterday", WHEN_BACK, "Tue 30 Jun 2026");
}

static void test_when__takes_a_day_alone(void **state)
{
    (void)state;
    struct when when = { 0 };
    struct err err = { 0 };
    assert_int_equal(when_parse_date("3 dec", WHEN_AHEAD, tuesday(), &when, &err), 0);
    assert_int_equal(when.date.day, 3);
    assert_int_equal(
        when_parse_date("3 dec 10:00", WHEN_AHEAD, tuesday(), &when, &err), ERR_INVALID);
}

static void test_london__goes_there_and_back(void **state)
{
    (void)state;
    for (int64_t hour = 0; hour < 3 * 366 * 24; hour += 7) {
        int64_t usec = 1767225600 * USEC_PER_SEC + hour * USEC_PER_HOUR, back = 0;
        struct london_time t = london_from_usec(usec);
        assert_int_equal(london_to_usec(&t.date, t.minute, &back, NULL), 0);
        assert_true(back == usec || back == usec - USEC_PER_HOUR); /* the hour that comes twice */
    }
    struct london_time before = london_from_usec(-1);
    assert_int_equal(before.date.year, 1969);
    assert_int_equal(before.minute, 1439);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_when__looks_back_for_what_took_place),
        cmocka_unit_test(test_when__looks_ahead_for_what_is_to_come),
        cmocka_unit_test(test_when__refuses_the_wrong_way),
        cmocka_unit_test(test_when__searches_either_way),
        cmocka_unit_test(test_when__refuses_what_it_does_not_understand),
        cmocka_unit_test(test_when__says_what_is_accepted),
        cmocka_unit_test(test_when__follows_the_clocks_of_london),
        cmocka_unit_test(test_when__knows_the_day_in_london_not_in_utc),
        cmocka_unit_test(test_when__takes_a_day_alone),
        cmocka_unit_test(test_london__goes_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
