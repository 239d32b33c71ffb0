#include "client/london.h"

#include "base/clock.h"

#include <stdio.h>

/* The day number of the last Sunday of @month, which has 31 days. */
static int64_t last_sunday(int32_t year, int32_t month)
{
    struct civil_date end = { year, month, 31 };
    return civil_to_days(&end) - london_weekday(&end) % 7;
}

static bool is_summer(int64_t minutes)
{
    int64_t days = minutes / 1440 - (minutes % 1440 < 0);
    int32_t year = civil_from_days(days).year;
    return minutes >= last_sunday(year, 3) * 1440 + 60
        && minutes < last_sunday(year, 10) * 1440 + 60;
}

struct london_time london_from_usec(int64_t usec)
{
    int64_t seconds = usec / USEC_PER_SEC - (usec % USEC_PER_SEC < 0);
    int64_t minutes = seconds / 60 - (seconds % 60 < 0);
    int64_t local = minutes + (is_summer(minutes) ? 60 : 0);
    int64_t days = local / 1440 - (local % 1440 < 0);
    return (struct london_time) { .date = civil_from_days(days),
        .minute = (int)(local - days * 1440),
        .second = (int)(seconds - minutes * 60) };
}

int london_to_usec(const struct civil_date *date, int minute, int64_t *ret_usec, struct err *err)
{
    int64_t winter = civil_to_days(date) * 1440 + minute;
    int64_t summer = winter - 60;
    if (is_summer(summer)) {
        *ret_usec = summer * USEC_PER_MINUTE;
        return 0;
    }
    if (!is_summer(winter)) {
        *ret_usec = winter * USEC_PER_MINUTE;
        return 0;
    }
    return err_set(err, ERR_INVALID,
        "%02d:%02d does not exist on that day: the clocks go forward from 01:00 to 02:00",
        minute / 60, minute % 60);
}

int london_weekday(const struct civil_date *date)
{
    int64_t since_monday = (civil_to_days(date) + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

const char *london_weekday_name(int weekday)
{
    static const char *const names[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    return names[(weekday - 1) % 7];
}

const char *london_month_name(int month)
{
    static const char *const names[]
        = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    return names[(month - 1) % 12];
}

void london_format_date(const struct civil_date *date, char out[LONDON_TEXT_BYTES])
{
    (void)snprintf(out, LONDON_TEXT_BYTES, "%s %d %s %d", london_weekday_name(london_weekday(date)),
        (int)date->day, london_month_name(date->month), (int)date->year);
}

void london_format(int64_t usec, char out[LONDON_TEXT_BYTES])
{
    struct london_time t = london_from_usec(usec);
    char day[LONDON_TEXT_BYTES];
    london_format_date(&t.date, day);
    if (t.minute == 0 && t.second == 0)
        (void)snprintf(out, LONDON_TEXT_BYTES, "%s", day);
    else
        (void)snprintf(
            out, LONDON_TEXT_BYTES, "%.24s %02d:%02d", day, t.minute / 60, t.minute % 60);
}
