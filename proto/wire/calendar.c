#include "wire/calendar.h"

#include <libical/ical.h>
#include <stdlib.h>

/* 2026-01-01, before any event was changed: sequences count from it. */
#define EPOCH_SEC 1767225600

/* Take @property over; a missing one is memory that was not there. */
static int add(icalcomponent *to, icalproperty *property)
{
    if (!property)
        return ERR_EXHAUSTED;
    icalcomponent_add_property(to, property);
    return 0;
}

static int add_named(icalcomponent *to, const char *name, const char *value)
{
    icalproperty *property = icalproperty_new_x(value);

    if (property)
        icalproperty_set_x_name(property, name);
    return add(to, property);
}

static icaltimetype moment(const Google__Protobuf__Timestamp *at)
{
    return icaltime_from_timet_with_zone(
        (time_t)(at ? at->seconds : 0), 0, icaltimezone_get_utc_timezone());
}

static icaltimetype day(const Canvass__V1__Date *date, int days_later)
{
    icaltimetype t = icaltime_null_date();

    t.year = date->year;
    t.month = date->month;
    t.day = date->day;
    icaltime_adjust(&t, days_later, 0, 0, 0);
    return t;
}

/* Later changes count more, within what the number may be. */
static int sequence(const Canvass__V1__CalendarEvent *event)
{
    int64_t n = event->modified_at ? event->modified_at->seconds - EPOCH_SEC : 0;

    return (int)MIN(MAX(n, INT64_C(0)), (int64_t)INT32_MAX);
}

/* The end is where it no longer lasts: of days, the one behind the last. */
static int add_times(icalcomponent *to, const Canvass__V1__CalendarEvent *event)
{
    bool is_days = event->first_on != NULL;
    const Canvass__V1__Date *last = event->last_on ? event->last_on : event->first_on;
    int r
        = add(to, icalproperty_new_dtstart(is_days ? day(event->first_on, 0) : moment(event->at)));

    if (r == 0)
        r = add(to, icalproperty_new_dtend(is_days ? day(last, 1) : moment(event->ends_at)));
    /* A day's reminder keeps nobody from the hours of the day. */
    return r < 0
        ? r
        : add(to, icalproperty_new_transp(is_days ? ICAL_TRANSP_TRANSPARENT : ICAL_TRANSP_OPAQUE));
}

static int add_words(icalcomponent *to, const Canvass__V1__CalendarEvent *event)
{
    int r = add(to, icalproperty_new_summary(event->title));

    if (r == 0 && *event->location)
        r = add(to, icalproperty_new_location(event->location));
    if (r == 0)
        r = add(to,
            icalproperty_new_status(
                event->cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    return r < 0 ? r : add(to, icalproperty_new_class(ICAL_CLASS_PRIVATE));
}

static int add_event(icalcomponent *calendar, const Canvass__V1__CalendarEvent *event)
{
    icalcomponent *to = icalcomponent_new(ICAL_VEVENT_COMPONENT);

    if (!to)
        return ERR_EXHAUSTED;
    icalcomponent_add_component(calendar, to);
    int r = add(to, icalproperty_new_uid(event->uid));
    if (r == 0)
        r = add(to, icalproperty_new_dtstamp(moment(event->modified_at)));
    if (r == 0)
        r = add(to, icalproperty_new_lastmodified(moment(event->modified_at)));
    if (r == 0)
        r = add(to, icalproperty_new_sequence(sequence(event)));
    if (r == 0)
        r = add_times(to, event);
    return r < 0 ? r : add_words(to, event);
}

static int fill(icalcomponent *calendar, const Canvass__V1__ListEventsResponse *response)
{
    int r = add(calendar, icalproperty_new_version("2.0"));

    if (r == 0)
        r = add(calendar, icalproperty_new_prodid("-//canvass//diary//EN"));
    if (r == 0)
        r = add_named(calendar, "X-WR-CALNAME", "Diary");
    for (size_t i = 0; r == 0 && i < response->n_events; i++)
        r = add_event(calendar, response->events[i]);
    return r;
}

int calendar_print(
    const Canvass__V1__ListEventsResponse *response, struct str *out, struct err *err)
{
    icalcomponent *calendar;
    char *text = NULL;

    icalerror_set_errors_are_fatal(0);
    calendar = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
    if (calendar && fill(calendar, response) == 0)
        text = icalcomponent_as_ical_string_r(calendar);
    if (calendar)
        icalcomponent_free(calendar);
    if (!text)
        return err_oom(err);
    str_addz(out, text);
    icalmemory_free_buffer(text);
    return out->failed ? err_oom(err) : 0;
}
