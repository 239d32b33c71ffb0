#include "wire/timetext.h"

#include "base/err.h"

#include <inttypes.h>

#define SECONDS_PER_DAY 86400
#define SECONDS_FIRST INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define SECONDS_LAST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_MAX_SECONDS INT64_C(315576000000)
#define NANOS_PER_SECOND 1000000000

/* What is left to read. A failed step leaves it anywhere: the caller gives up. */
struct timetext {
    const char *at, *end;
};

static bool timetext_digits(struct timetext *text, int n, int32_t *ret_value)
{
    int32_t value = 0;
    if (text->end - text->at < n)
        return false;
    for (int i = 0; i < n; i++) {
        char c = *text->at++;
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *ret_value = value;
    return true;
}

static bool timetext_char(struct timetext *text, char c)
{
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

static bool timetext_date(struct timetext *text, struct civil_date *ret_date)
{
    return timetext_digits(text, 4, &ret_date->year) && timetext_char(text, '-')
        && timetext_digits(text, 2, &ret_date->month) && timetext_char(text, '-')
        && timetext_digits(text, 2, &ret_date->day) && civil_is_valid(ret_date);
}

/* Read ".250", one to nine digits, if there is a point. */
static bool timetext_fraction(struct timetext *text, int32_t *ret_nanos)
{
    int32_t nanos = 0, scale = NANOS_PER_SECOND;
    if (timetext_char(text, '.')) {
        while (text->at < text->end && *text->at >= '0' && *text->at <= '9') {
            scale /= 10;
            nanos += (*text->at++ - '0') * scale;
            if (scale == 0)
                return false;
        }
        if (scale == NANOS_PER_SECOND)
            return false;
    }
    *ret_nanos = nanos;
    return true;
}

static bool timetext_clock(struct timetext *text, int32_t *ret_seconds)
{
    int32_t hour, minute, second;
    if (!timetext_digits(text, 2, &hour) || !timetext_char(text, ':')
        || !timetext_digits(text, 2, &minute) || !timetext_char(text, ':')
        || !timetext_digits(text, 2, &second))
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
}

static bool timetext_offset(struct timetext *text, int32_t *ret_seconds)
{
    int32_t hour, minute = 0;
    if (timetext_char(text, 'Z')) {
        *ret_seconds = 0;
        return true;
    }
    bool is_behind = timetext_char(text, '-');
    if ((!is_behind && !timetext_char(text, '+')) || !timetext_digits(text, 2, &hour))
        return false;
    if (timetext_char(text, ':') && !timetext_digits(text, 2, &minute))
        return false;
    *ret_seconds = (is_behind ? -1 : 1) * (hour * 3600 + minute * 60);
    return hour < 24 && minute < 60;
}

int timestamp_parse(const char *data, size_t n, int64_t *ret_seconds, int32_t *ret_nanos)
{
    struct timetext text = { data, data + n };
    struct civil_date date;
    int32_t clock, nanos, offset;
    if (!timetext_date(&text, &date) || !timetext_char(&text, 'T') || !timetext_clock(&text, &clock)
        || !timetext_fraction(&text, &nanos) || !timetext_offset(&text, &offset)
        || text.at != text.end)
        return ERR_INVALID;
    int64_t seconds = civil_to_days(&date) * SECONDS_PER_DAY + clock - offset;
    if (seconds < SECONDS_FIRST || seconds > SECONDS_LAST)
        return ERR_INVALID;
    *ret_seconds = seconds;
    *ret_nanos = nanos;
    return 0;
}

/* Write the decimals that @nanos needs: none, 3, 6 or 9. */
static void timetext_format_fraction(int32_t nanos, char out[16])
{
    if (nanos == 0)
        out[0] = '\0';
    else if (nanos % 1000000 == 0)
        snprintf(out, 16, ".%03d", (int)(nanos / 1000000));
    else if (nanos % 1000 == 0)
        snprintf(out, 16, ".%06d", (int)(nanos / 1000));
    else
        snprintf(out, 16, ".%09d", (int)nanos);
}

int timestamp_format(int64_t seconds, int32_t nanos, char out[TIMETEXT_BYTES])
{
    char fraction[16];
    if (seconds < SECONDS_FIRST || seconds > SECONDS_LAST || nanos < 0 || nanos >= NANOS_PER_SECOND)
        return ERR_INVALID;
    int64_t days = (seconds - SECONDS_FIRST) / SECONDS_PER_DAY + SECONDS_FIRST / SECONDS_PER_DAY;
    int clock = (int)(seconds - days * SECONDS_PER_DAY);
    struct civil_date date = civil_from_days(days);
    timetext_format_fraction(nanos, fraction);
    snprintf(out, TIMETEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", date.year, date.month,
        date.day, clock / 3600, clock / 60 % 60, clock % 60, fraction);
    return 0;
}

int duration_format(int64_t seconds, int32_t nanos, char out[TIMETEXT_BYTES])
{
    char fraction[16];
    if (seconds < -DURATION_MAX_SECONDS || seconds > DURATION_MAX_SECONDS
        || nanos <= -NANOS_PER_SECOND || nanos >= NANOS_PER_SECOND || (seconds > 0 && nanos < 0)
        || (seconds < 0 && nanos > 0))
        return ERR_INVALID;
    timetext_format_fraction(nanos < 0 ? -nanos : nanos, fraction);
    snprintf(out, TIMETEXT_BYTES, "%s%" PRId64 "%ss", seconds < 0 || nanos < 0 ? "-" : "",
        seconds < 0 ? -seconds : seconds, fraction);
    return 0;
}

int duration_parse(const char *data, size_t n, int64_t *ret_seconds, int32_t *ret_nanos)
{
    struct timetext text = { data, data + n };
    bool is_negative = timetext_char(&text, '-');
    const char *first = text.at;
    int64_t seconds = 0;
    int32_t nanos;
    while (text.at < text.end && *text.at >= '0' && *text.at <= '9') {
        seconds = seconds * 10 + (*text.at++ - '0');
        if (seconds > DURATION_MAX_SECONDS)
            return ERR_INVALID;
    }
    if (text.at == first || !timetext_fraction(&text, &nanos) || !timetext_char(&text, 's')
        || text.at != text.end)
        return ERR_INVALID;
    *ret_seconds = is_negative ? -seconds : seconds;
    *ret_nanos = is_negative ? -nanos : nanos;
    return 0;
}

int date_format(const struct civil_date *date, char out[TIMETEXT_BYTES])
{
    if (!civil_is_valid(date))
        return ERR_INVALID;
    snprintf(out, TIMETEXT_BYTES, "%04d-%02d-%02d", date->year, date->month, date->day);
    return 0;
}

int date_parse(const char *data, size_t n, struct civil_date *ret_date)
{
    struct timetext text = { data, data + n };
    struct civil_date date;
    if (!timetext_date(&text, &date) || text.at != text.end)
        return ERR_INVALID;
    *ret_date = date;
    return 0;
}
