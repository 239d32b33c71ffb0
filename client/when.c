#include "client/when.h"

#include "base/clock.h"
#include "base/str.h"
#include "client/london.h"
#include "client/when_words.h"

#include <stdio.h>
#include <string.h>

#define MAX_WORDS 12

enum day_kind {
    DAY_NONE,
    DAY_EXACT,
    DAY_OF_WEEK, /* tue */
    DAY_OF_YEAR, /* 3/11 */
    DAY_OF_MONTH, /* the 3rd */
};

enum which { WHICH_ANY, WHICH_LAST, WHICH_THIS, WHICH_NEXT };

/* What was read so far. A weekday or a day without a year waits here until the time is known too:
 * "tue 10:00" said on a Tuesday at nine is today for what is to come. */
struct reading {
    char text[96];
    const char *words[MAX_WORDS + 1]; /* ends with "" */
    size_t n, next;
    enum when_direction direction;
    int64_t now_usec, today; /* today as a day number */
    int now_minute;
    enum day_kind kind;
    struct civil_date date;
    int weekday;
    enum which which;
    int extra_days;
    bool has_time, is_now;
    int minute;
};

static const char *const accepted
    = "say it like \"today 14:30\", \"yesterday 3pm\", \"tue\", \"next tue\", \"3/11\", "
      "\"3 nov 2026\", \"in 2 weeks\", \"3 days ago\" or \"10:00\"";

static int split(struct reading *r, const char *text)
{
    size_t len = strlen(text);
    if (len >= sizeof r->text)
        return ERR_INVALID;
    for (size_t i = 0; i <= len; i++) {
        char c = text[i];
        r->text[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        if (c == ' ' || c == ',' || c == '\t')
            r->text[i] = '\0';
    }
    for (size_t i = 0; i < len; i++) {
        if (!r->text[i] || (i > 0 && r->text[i - 1]))
            continue;
        const char *word = r->text + i;
        if (str_eq(word, "at") || str_eq(word, "on") || str_eq(word, "the") || str_eq(word, "of"))
            continue;
        if (r->n == MAX_WORDS)
            return ERR_INVALID;
        r->words[r->n++] = word;
    }
    for (size_t i = r->n; i <= MAX_WORDS; i++)
        r->words[i] = "";
    return 0;
}

/* A time of day, perhaps in two words: "3 pm". */
static bool read_clock(struct reading *r)
{
    const char *word = r->words[r->next], *after = r->words[r->next + 1];
    char joined[24];
    int minute;
    bool is_two = str_eq(after, "am") || str_eq(after, "pm");
    (void)snprintf(joined, sizeof joined, "%.10s%s", word, is_two ? after : "");
    if (strlen(word) > 10 || r->has_time || when_parse_clock(joined, false, &minute) < 0
        || minute == 1440)
        return false;
    r->has_time = true;
    r->minute = minute;
    r->next += is_two ? 2 : 1;
    return true;
}

static bool take_day(struct reading *r, enum day_kind kind, size_t n_words)
{
    r->kind = kind;
    r->next += n_words;
    return true;
}

static bool take_days_from_today(struct reading *r, int64_t days, size_t n_words)
{
    r->date = civil_from_days(r->today + days);
    return take_day(r, DAY_EXACT, n_words);
}

static bool read_named(struct reading *r)
{
    const char *word = r->words[r->next];
    if (str_eq(word, "today"))
        return take_days_from_today(r, 0, 1);
    if (str_eq(word, "yesterday"))
        return take_days_from_today(r, -1, 1);
    if (str_eq(word, "tomorrow"))
        return take_days_from_today(r, 1, 1);
    if (!str_eq(word, "now") || r->has_time)
        return false;
    r->has_time = r->is_now = true;
    r->minute = r->now_minute;
    return take_days_from_today(r, 0, 1);
}

static bool read_weekday(struct reading *r)
{
    static const struct {
        const char *word;
        enum which which;
    } prefixes[] = { { "last", WHICH_LAST }, { "this", WHICH_THIS }, { "next", WHICH_NEXT } };
    size_t used = 0;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        if (str_eq(r->words[r->next], prefixes[i].word)) {
            r->which = prefixes[i].which;
            used = 1;
        }
    }
    r->weekday = when_find_weekday(r->words[r->next + used]);
    if (!r->weekday)
        return false;
    used++;
    if (str_eq(r->words[r->next + used], "week")) {
        r->extra_days = 7;
        used++;
    }
    return take_day(r, DAY_OF_WEEK, used);
}

static int full_year(int year, int n_digits)
{
    return n_digits == 2 ? 2000 + year : year;
}

/* 3/11, 3/11/26, 3-11-2026, 3.11.26, 2026-11-03 */
static bool read_numeric(struct reading *r)
{
    const char *word = r->words[r->next];
    int a, b, c = 0;
    const char *rest = when_digits(word, 4, &a);
    if (!rest || !strchr("/-.", *rest) || !*rest)
        return false;
    bool is_iso = rest - word == 4;
    char separator = *rest;
    if (!(rest = when_digits(rest + 1, 2, &b)))
        return false;
    if (!*rest) {
        if (separator != '/' || is_iso)
            return false;
        r->date = (struct civil_date) { 0, b, a };
        return take_day(r, DAY_OF_YEAR, 1);
    }
    const char *third = rest + 1;
    if (*rest != separator || !(rest = when_digits(third, 4, &c)) || *rest || rest - third == 3
        || rest - third == 1)
        return false;
    if (is_iso)
        r->date = (struct civil_date) { a, b, c };
    else
        r->date = (struct civil_date) { full_year(c, (int)(rest - third)), b, a };
    return take_day(r, DAY_EXACT, 1);
}

/* A year may follow: "2026". A time ("10:00") is none. */
static bool take_day_month(struct reading *r, int day, int month, size_t n_words)
{
    int year;
    const char *word = r->words[r->next + n_words];
    const char *rest = when_digits(word, 4, &year);
    bool has_year = rest && !*rest && rest - word == 4;
    r->date = (struct civil_date) { has_year ? year : 0, month, day };
    return take_day(r, has_year ? DAY_EXACT : DAY_OF_YEAR, n_words + (has_year ? 1 : 0));
}

static bool read_day_month(struct reading *r)
{
    const char *word = r->words[r->next], *after = r->words[r->next + 1];
    int day;
    bool has_ending;
    if (when_find_month(word) && when_day_number(after, &day, &has_ending))
        return take_day_month(r, day, when_find_month(word), 2);
    if (!when_day_number(word, &day, &has_ending))
        return false;
    if (when_find_month(after))
        return take_day_month(r, day, when_find_month(after), 2);
    if (!has_ending)
        return false;
    r->date = (struct civil_date) { 0, 0, day };
    return take_day(r, DAY_OF_MONTH, 1);
}

static struct civil_date add_months(struct civil_date date, int months)
{
    int64_t total = (int64_t)date.year * 12 + date.month - 1 + months;
    date.year = (int32_t)(total / 12);
    date.month = (int32_t)(total % 12) + 1;
    int last = civil_days_in_month(date.year, date.month);
    date.day = MIN(date.day, last);
    return date;
}

static bool take_minutes_from_now(struct reading *r, int64_t minutes, size_t n_words)
{
    if (r->has_time)
        return false;
    struct london_time t = london_from_usec(r->now_usec + minutes * USEC_PER_MINUTE);
    r->date = t.date;
    r->minute = t.minute;
    r->has_time = true;
    return take_day(r, DAY_EXACT, n_words);
}

/* "2 weeks" from or before now; @sign says which. */
static bool take_amount(struct reading *r, int amount, const char *unit, int sign, size_t n_words)
{
    static const struct {
        const char *word;
        char kind;
        int factor;
    } units[] = { { "min", 'm', 1 }, { "mins", 'm', 1 }, { "minute", 'm', 1 },
        { "minutes", 'm', 1 }, { "hour", 'm', 60 }, { "hours", 'm', 60 }, { "day", 'd', 1 },
        { "days", 'd', 1 }, { "week", 'd', 7 }, { "weeks", 'd', 7 }, { "fortnight", 'd', 14 },
        { "fortnights", 'd', 14 }, { "month", 'M', 1 }, { "months", 'M', 1 }, { "year", 'M', 12 },
        { "years", 'M', 12 } };
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (!str_eq(unit, units[i].word))
            continue;
        int value = sign * amount * units[i].factor;
        if (units[i].kind == 'm')
            return take_minutes_from_now(r, value, n_words);
        if (units[i].kind == 'd')
            return take_days_from_today(r, value, n_words);
        r->date = add_months(civil_from_days(r->today), value);
        return take_day(r, DAY_EXACT, n_words);
    }
    return false;
}

/* in 2 weeks; 2 weeks ago; next week; last month */
static bool read_relative(struct reading *r)
{
    const char *const *words = r->words + r->next;
    int amount;
    if (str_eq(words[0], "in") && when_amount(words[1], &amount))
        return take_amount(r, amount, words[2], 1, 3);
    if (str_eq(words[0], "next") || str_eq(words[0], "last"))
        return take_amount(r, 1, words[1], str_eq(words[0], "next") ? 1 : -1, 2);
    if (when_amount(words[0], &amount) && str_eq(words[2], "ago"))
        return take_amount(r, amount, words[1], -1, 3);
    return false;
}

static int read_all(struct reading *r)
{
    while (r->next < r->n) {
        bool is_read = false;
        if (r->kind == DAY_NONE) /* first: "in 2 hours" must not be read as a time */
            is_read = read_relative(r) || read_named(r) || read_weekday(r) || read_numeric(r)
                || read_day_month(r);
        if (!is_read && !read_clock(r))
            return ERR_INVALID;
    }
    return r->kind != DAY_NONE || r->has_time ? 0 : ERR_INVALID;
}

/* Whether the time that was said, on the day @days, has come by now. A day without a time has come
 * when it has begun. */
static bool has_come(const struct reading *r, int64_t days)
{
    if (days != r->today || !r->has_time)
        return days <= r->today;
    return r->minute <= r->now_minute;
}

static void choose_weekday(struct reading *r)
{
    struct civil_date today_date = civil_from_days(r->today);
    int today = london_weekday(&today_date);
    int64_t days = r->today + (r->weekday - today); /* of this week, which begins on Monday */
    bool is_back = r->direction != WHEN_AHEAD;
    if (r->which == WHICH_NEXT)
        days += 7;
    else if (r->which == WHICH_LAST)
        days -= days < r->today ? 0 : 7;
    else if (r->which == WHICH_ANY && is_back)
        days -= has_come(r, days) ? 0 : 7;
    else if (r->which == WHICH_ANY)
        days += has_come(r, days) ? 7 : 0;
    r->date = civil_from_days(days + r->extra_days);
}

/* 3/11: this year's, unless it lies the wrong way. 29/2 goes to the next year that has it. */
static int choose_year(struct reading *r)
{
    int step = r->direction == WHEN_AHEAD ? 1 : -1;
    struct civil_date date = r->date;
    date.year = civil_from_days(r->today).year;
    for (int i = 0; i < 9; i++, date.year += step) {
        if (!civil_is_valid(&date))
            continue;
        int64_t days = civil_to_days(&date);
        bool fits = step > 0
            ? days > r->today || (days == r->today && (!r->has_time || !has_come(r, days)))
            : has_come(r, days);
        if (fits) {
            r->date = date;
            return 0;
        }
    }
    return ERR_INVALID;
}

static int choose_month(struct reading *r)
{
    int step = r->direction == WHEN_AHEAD ? 1 : -1;
    struct civil_date first = civil_from_days(r->today);
    first.day = 1;
    for (int i = 0; i < 4; i++) {
        struct civil_date date = add_months(first, step * i);
        date.day = r->date.day;
        if (!civil_is_valid(&date))
            continue;
        int64_t days = civil_to_days(&date);
        if (step > 0 ? days >= r->today : has_come(r, days)) {
            r->date = date;
            return 0;
        }
    }
    return ERR_INVALID;
}

static int choose_day(struct reading *r)
{
    if (r->kind == DAY_OF_WEEK)
        choose_weekday(r);
    else if (r->kind == DAY_OF_YEAR)
        return choose_year(r);
    else if (r->kind == DAY_OF_MONTH)
        return choose_month(r);
    else if (r->kind == DAY_NONE && r->direction == WHEN_AHEAD)
        r->date = civil_from_days(r->today + (has_come(r, r->today) ? 1 : 0));
    else if (r->kind == DAY_NONE)
        r->date = civil_from_days(r->today - (has_come(r, r->today) ? 0 : 1));
    return 0;
}

static int check_direction(const struct reading *r, const struct when *when, struct err *err)
{
    int64_t days = civil_to_days(&when->date);
    char text[LONDON_TEXT_BYTES];
    london_format(when->usec, text);
    if (r->direction == WHEN_BACK && !has_come(r, days))
        return err_set(err, ERR_INVALID, "%s has not come yet: say when it took place", text);
    if (r->direction == WHEN_AHEAD
        && (days < r->today || (days == r->today && r->has_time && r->minute < r->now_minute)))
        return err_set(err, ERR_INVALID, "%s is over: say a time to come", text);
    return 0;
}

static int finish(struct reading *r, struct when *ret_when, struct err *err)
{
    if (choose_day(r) < 0 || !civil_is_valid(&r->date))
        return err_set(err, ERR_INVALID, "there is no such day; days are said as day/month/year");
    struct when when = { .date = r->date, .has_time = r->has_time, .minute = r->minute };
    bool is_now = r->is_now
        || (r->direction == WHEN_BACK && !r->has_time && civil_to_days(&r->date) == r->today);
    int rc
        = is_now ? 0 : london_to_usec(&when.date, when.has_time ? when.minute : 0, &when.usec, err);
    if (is_now)
        when.usec = r->now_usec;
    if (rc == 0)
        rc = check_direction(r, &when, err);
    if (rc < 0)
        return rc;
    *ret_when = when;
    return 0;
}

int when_parse(const char *text, enum when_direction direction, int64_t now_usec,
    struct when *ret_when, struct err *err)
{
    struct london_time now = london_from_usec(now_usec);
    struct reading r = { .direction = direction,
        .now_usec = now_usec,
        .today = civil_to_days(&now.date),
        .now_minute = now.minute };
    if (split(&r, text) < 0 || read_all(&r) < 0)
        return err_set(err, ERR_INVALID, "\"%.60s\" is no time: %s", text, accepted);
    return finish(&r, ret_when, err);
}

int when_parse_date(const char *text, enum when_direction direction, int64_t now_usec,
    struct when *ret_when, struct err *err)
{
    struct when when = { 0 };
    int rc = when_parse(text, direction, now_usec, &when, err);
    if (rc < 0)
        return rc;
    if (when.has_time)
        return err_set(err, ERR_INVALID, "\"%.60s\": only a day is wanted here, no time", text);
    *ret_when = when;
    return 0;
}
