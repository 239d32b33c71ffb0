/* What a calendar program reads is parsed back by libical's own parser, which knows nothing of how
 * it was made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"
#include "wire/calendar.h"

#include <libical/ical.h>
#include <string.h>

#define EVENTS_MAX 8

struct diary {
    Canvass__V1__ListEventsResponse response;
    Canvass__V1__CalendarEvent events[EVENTS_MAX], *list[EVENTS_MAX];
    Google__Protobuf__Timestamp at[EVENTS_MAX], ends_at[EVENTS_MAX], modified_at[EVENTS_MAX];
    Canvass__V1__Date first_on[EVENTS_MAX], last_on[EVENTS_MAX];
    struct str text;
    icalcomponent *parsed;
};

static int setup(void **state)
{
    struct diary *d = calloc(1, sizeof(*d));

    assert_non_null(d);
    canvass__v1__list_events_response__init(&d->response);
    d->response.events = d->list;
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct diary *d = *state;

    if (d->parsed)
        icalcomponent_free(d->parsed);
    str_release(&d->text);
    free(d);
    return 0;
}

static Canvass__V1__CalendarEvent *add(struct diary *d, const char *title, int64_t modified)
{
    size_t i = d->response.n_events++;
    Canvass__V1__CalendarEvent *event = d->list[i] = &d->events[i];

    canvass__v1__calendar_event__init(event);
    google__protobuf__timestamp__init(&d->modified_at[i]);
    d->modified_at[i].seconds = modified;
    event->modified_at = &d->modified_at[i];
    event->uid = (char *)(uintptr_t) "0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e47";
    event->title = (char *)(uintptr_t)title;
    return event;
}

static Canvass__V1__CalendarEvent *add_visit(struct diary *d, const char *title, int64_t at)
{
    Canvass__V1__CalendarEvent *event = add(d, title, 1767225600 + 60);
    size_t i = d->response.n_events - 1;

    google__protobuf__timestamp__init(&d->at[i]);
    google__protobuf__timestamp__init(&d->ends_at[i]);
    d->at[i].seconds = at;
    d->ends_at[i].seconds = at + 3600;
    event->at = &d->at[i];
    event->ends_at = &d->ends_at[i];
    return event;
}

static Canvass__V1__CalendarEvent *add_days(
    struct diary *d, const struct civil_date *first, const struct civil_date *last)
{
    Canvass__V1__CalendarEvent *event = add(d, "Appointment: Larkrise", 1767225600 + 60);
    size_t i = d->response.n_events - 1;

    canvass__v1__date__init(&d->first_on[i]);
    canvass__v1__date__init(&d->last_on[i]);
    d->first_on[i].year = first->year;
    d->first_on[i].month = first->month;
    d->first_on[i].day = first->day;
    d->last_on[i].year = last->year;
    d->last_on[i].month = last->month;
    d->last_on[i].day = last->day;
    event->first_on = &d->first_on[i];
    event->last_on = &d->last_on[i];
    return event;
}

static void print(struct diary *d)
{
    struct err err = { 0 };

    str_reset(&d->text);
    if (d->parsed)
        icalcomponent_free(d->parsed);
    assert_int_equal(calendar_print(&d->response, &d->text, &err), 0);
    d->parsed = icalparser_parse_string(str_text(&d->text));
    assert_non_null(d->parsed);
    if (icalcomponent_count_errors(d->parsed) != 0)
        fail_msg("%s", icalcomponent_as_ical_string(d->parsed));
    assert_int_equal(icalcomponent_count_components(d->parsed, ICAL_VEVENT_COMPONENT),
        (int)d->response.n_events);
    assert_true(icalrestriction_check(d->parsed));
}

static icalcomponent *nth(struct diary *d, size_t i)
{
    icalcomponent *event = icalcomponent_get_first_component(d->parsed, ICAL_VEVENT_COMPONENT);

    while (i-- > 0)
        event = icalcomponent_get_next_component(d->parsed, ICAL_VEVENT_COMPONENT);
    return event;
}

static void check_time(struct icaltimetype t, const char *text)
{
    assert_string_equal(icaltime_as_ical_string(t), text);
}

static void test_calendar__of_nothing_is_a_calendar(void **state)
{
    struct diary *d = *state;

    print(d);
    assert_string_equal(str_text(&d->text),
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//canvass//diary//EN\r\n"
        "X-WR-CALNAME:Diary\r\nEND:VCALENDAR\r\n");
}

static void test_calendar__has_times_in_utc(void **state)
{
    struct diary *d = *state;

    add_visit(
        d, "Visit: Larkrise", 1806138000); /* 2027-03-27 09:00 UTC, the day before clocks go on */
    print(d);
    icalcomponent *event = nth(d, 0);
    check_time(icalcomponent_get_dtstart(event), "20270327T090000Z");
    check_time(icalcomponent_get_dtend(event), "20270327T100000Z");
    check_time(icalcomponent_get_dtstamp(event), "20260101T000100Z");
    assert_int_equal(icalcomponent_get_sequence(event), 60);
    assert_int_equal(icalcomponent_get_status(event), ICAL_STATUS_CONFIRMED);
    assert_string_equal(icalcomponent_get_summary(event), "Visit: Larkrise");
    assert_null(icalcomponent_get_location(event));
    assert_string_equal(icalcomponent_get_uid(event), "0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e47");
}

static void test_calendar__has_days_that_end_behind_the_last(void **state)
{
    static const struct {
        struct civil_date first, last;
        const char *start, *end;
    } rows[] = {
        { { 2027, 1, 11 }, { 2027, 1, 15 }, "20270111", "20270116" },
        { { 2026, 12, 31 }, { 2026, 12, 31 }, "20261231", "20270101" },
        { { 2028, 2, 28 }, { 2028, 2, 28 }, "20280228", "20280229" },
        { { 2027, 3, 28 }, { 2027, 3, 28 }, "20270328", "20270329" }, /* 23 hours */
        { { 2026, 10, 25 }, { 2026, 10, 25 }, "20261025", "20261026" }, /* 25 hours */
    };
    struct diary *d = *state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        add_days(d, &rows[i].first, &rows[i].last);
    print(d);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        check_time(icalcomponent_get_dtstart(nth(d, i)), rows[i].start);
        check_time(icalcomponent_get_dtend(nth(d, i)), rows[i].end);
    }
    assert_non_null(strstr(str_text(&d->text), "DTSTART;VALUE=DATE:20270111\r\n"));
}

static void test_calendar__says_what_was_cancelled(void **state)
{
    struct diary *d = *state;

    add_visit(d, "Visit: Larkrise", 1806138000)->cancelled = true;
    print(d);
    assert_int_equal(icalcomponent_get_status(nth(d, 0)), ICAL_STATUS_CANCELLED);
}

static void test_calendar__sequence_stays_a_number(void **state)
{
    static const struct {
        int64_t modified;
        int sequence;
    } rows[] = { { 0, 0 }, { 1767225600, 0 }, { 1767225601, 1 },
        { INT64_C(1767225600) + INT32_MAX, INT32_MAX }, { INT64_C(9999999999), INT32_MAX } };
    struct diary *d = *state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        add_visit(d, "Visit", 1806138000)->modified_at->seconds = rows[i].modified;
    print(d);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(icalcomponent_get_sequence(nth(d, i)), rows[i].sequence);
}

/* No line of more than 75 bytes, none cut within a letter. */
static void check_lines(const struct str *text)
{
    const char *line = str_text(text);

    for (const char *end; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
        assert_true(end - line <= 75);
        assert_true((*line & 0xc0) != 0x80);
        assert_true(line[0] != ' ' || (line[1] & 0xc0) != 0x80);
    }
    assert_string_equal(line, "");
}

static void test_calendar__words_come_back_as_they_were(void **state)
{
    static const char *const titles[] = {
        "Visit: Brot, Butter; \"Kaffee\" \\ Tee",
        "Visit: one\nBEGIN:VEVENT\nSUMMARY:two",
        "Visit: "
        "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6"
        "\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4"
        "\xc3\xb6"
        "\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4"
        "\xc3\xb6",
        "Visit: "
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xx",
        "Visit: \xf0\x9f\xa5\x96 \xe2\x82\xac",
    };
    struct diary *d = *state;

    for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
        add_visit(d, titles[i], 1806138000)->location = (char *)(uintptr_t)titles[i];
    print(d);
    for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
        const char *summary = icalcomponent_get_summary(nth(d, i));
        const char *location = icalcomponent_get_location(nth(d, i));
        assert_string_equal(summary ? summary : "", titles[i]);
        assert_string_equal(location ? location : "", titles[i]);
    }
    check_lines(&d->text);
}

static void test_calendar__is_the_same_twice(void **state)
{
    struct diary *d = *state;
    _cleanup_(str_release) struct str again = { 0 };
    struct err err = { 0 };

    add_visit(d, "Visit: Larkrise", 1806138000);
    print(d);
    str_addz(&again, "before");
    assert_int_equal(calendar_print(&d->response, &again, &err), 0);
    assert_string_equal(str_text(&again) + strlen("before"), str_text(&d->text));
}

int main(void)
{
#define each(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        each(test_calendar__of_nothing_is_a_calendar),
        each(test_calendar__has_times_in_utc),
        each(test_calendar__has_days_that_end_behind_the_last),
        each(test_calendar__says_what_was_cancelled),
        each(test_calendar__sequence_stays_a_number),
        each(test_calendar__words_come_back_as_they_were),
        each(test_calendar__is_the_same_twice),
    };
#undef each
    return cmocka_run_group_tests(tests, NULL, NULL);
}
