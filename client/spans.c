#include "client/spans.h"

#include "client/london.h"
#include "client/when.h"

#include <stdio.h>
#include <string.h>

#define DAY_MINUTES 1440

static const char *const weekdays[]
    = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };

/* The days that the next times are for. A name after times begins a new set. */
struct reading {
    json_t *spans;
    unsigned days; /* bit 0 is Monday */
    bool is_used; /* times were said for these days */
    struct err *err;
};

static int refuse(struct reading *r, const char *word)
{
    return err_set(r->err, ERR_INVALID,
        "\"%.40s\" is no part of a week: write it like \"mon-fri 09:00-17:00, sat 10:00-14:00\"",
        word);
}

static int parse_days(const char *word, unsigned *ret_days)
{
    if (str_eq(word, "daily") || str_eq(word, "everyday")) {
        *ret_days = 0x7f;
        return 0;
    }
    if (str_eq(word, "weekdays") || str_eq(word, "weekends")) {
        *ret_days = word[4] == 'd' ? 0x1f : 0x60;
        return 0;
    }
    char first[16];
    const char *dash = strchr(word, '-');
    if ((dash ? (size_t)(dash - word) : strlen(word)) >= sizeof first)
        return ERR_INVALID;
    (void)snprintf(first, sizeof first, "%.*s", dash ? (int)(dash - word) : 15, word);
    int from = when_find_weekday(first), to = dash ? when_find_weekday(dash + 1) : from;
    if (!from || !to)
        return ERR_INVALID;
    *ret_days = 0;
    for (int day = from;; day = day % 7 + 1) { /* "fri-mon" goes over the week's end */
        *ret_days |= 1u << (day - 1);
        if (day == to)
            return 0;
    }
}

static int add_span(struct reading *r, int day, int start, int end)
{
    json_t *span = json_pack(
        "{s:s, s:i, s:i}", "weekday", weekdays[day], "start_minute", start, "end_minute", end);
    return span && json_array_append_new(r->spans, span) == 0 ? 0 : err_oom(r->err);
}

static int check_times(struct reading *r, const char *word, int start, int end)
{
    if (start % 30 || end % 30)
        return err_set(r->err, ERR_INVALID,
            "\"%s\": times of a week are whole or half hours, like 09:00 or 17:30", word);
    if (start == end && end < DAY_MINUTES)
        return err_set(r->err, ERR_INVALID, "\"%s\" begins and ends at the same time", word);
    if (end > start && end <= start + DAY_MINUTES)
        return 0;
    if (end > start)
        return err_set(r->err, ERR_INVALID, "\"%s\" is longer than a day", word);
    return err_set(r->err, ERR_INVALID,
        "\"%s\" ends before it starts; if it goes on into the next day, write "
        "%02d:%02d-%02d:%02d+1",
        word, start / 60, start % 60, end / 60, end % 60);
}

/* 09:00-17:00, 9-17, 9am-5pm, 22:00-06:00+1 */
static int read_times(struct reading *r, const char *word)
{
    char start_text[16], end_text[16];
    int start, end;
    const char *dash = strchr(word, '-');
    if (!dash || dash - word >= (long)sizeof start_text || strlen(dash + 1) >= sizeof end_text)
        return refuse(r, word);
    (void)snprintf(start_text, sizeof start_text, "%.*s", (int)(dash - word), word);
    (void)snprintf(end_text, sizeof end_text, "%s", dash + 1);
    bool is_next_day = str_ends_with(end_text, "+1");
    if (is_next_day)
        end_text[strlen(end_text) - 2] = '\0';
    if (when_parse_clock(start_text, true, &start) < 0 || when_parse_clock(end_text, true, &end) < 0
        || start == DAY_MINUTES)
        return refuse(r, word);
    if (!r->days)
        return err_set(
            r->err, ERR_INVALID, "\"%s\": say the days first, like \"mon-fri %s\"", word, word);
    end += is_next_day ? DAY_MINUTES : 0;
    int rc = check_times(r, word, start, end);
    for (int day = 0; rc == 0 && day < 7; day++) {
        if (r->days & (1u << day))
            rc = add_span(r, day, start, end);
    }
    r->is_used = true;
    return rc;
}

static int read_word(struct reading *r, const char *word)
{
    unsigned days;
    if (parse_days(word, &days) < 0)
        return read_times(r, word);
    r->days = r->is_used ? days : r->days | days;
    r->is_used = false;
    return 0;
}

int spans_parse(const char *text, json_t **ret_spans, struct err *err)
{
    char copy[512], *save = NULL;
    if (strlen(text) >= sizeof copy)
        return err_set(
            err, ERR_INVALID, "that week is too long: at most %zu characters", sizeof copy - 1);
    for (size_t i = 0; i <= strlen(text); i++)
        copy[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    struct reading r = { .spans = json_array(), .err = err };
    int rc = r.spans ? 0 : err_oom(err);
    for (char *word = strtok_r(copy, " ,;\t", &save); word && rc == 0;
         word = strtok_r(NULL, " ,;\t", &save))
        rc = read_word(&r, word);
    if (rc == 0 && !r.is_used)
        rc = r.days ? err_set(err, ERR_INVALID, "\"%.60s\" has days without times", text)
                    : refuse(&r, text);
    if (rc < 0) {
        json_decref(r.spans);
        return rc;
    }
    *ret_spans = r.spans;
    return 0;
}

static int weekday_index(const json_t *span)
{
    const char *name = json_string_value(json_object_get(span, "weekday"));
    for (int i = 0; name && i < 7; i++) {
        if (strcmp(name, weekdays[i]) == 0)
            return i;
    }
    return -1;
}

/* The days that have a span with these times, as bits. */
static unsigned days_with(const json_t *spans, int start, int end)
{
    size_t i;
    json_t *span;
    unsigned days = 0;
    json_array_foreach(spans, i, span)
    {
        int day = weekday_index(span);
        if (day >= 0 && json_integer_value(json_object_get(span, "start_minute")) == start
            && json_integer_value(json_object_get(span, "end_minute")) == end)
            days |= 1u << day;
    }
    return days;
}

static void format_days(unsigned days, struct str *out)
{
    bool is_first = true;
    for (int day = 0; day < 7; day++) {
        if (!(days & (1u << day)))
            continue;
        int last = day;
        while (last < 6 && days & (1u << (last + 1)))
            last++;
        str_addz(out, is_first ? "" : ",");
        str_addz(out, london_weekday_name(day + 1));
        if (last > day)
            str_addf(out, "%s%s", last > day + 1 ? "-" : ",", london_weekday_name(last + 1));
        day = last;
        is_first = false;
    }
}

static void format_times(int start, int end, struct str *out)
{
    bool is_next_day = end > DAY_MINUTES;
    int shown = is_next_day ? end - DAY_MINUTES : end;
    str_addf(out, " %02d:%02d-%02d:%02d%s", start / 60, start % 60, shown / 60, shown % 60,
        is_next_day ? "+1" : "");
}

void spans_format(const json_t *spans, struct str *out)
{
    size_t i, j;
    json_t *span, *other;
    bool is_first = true;
    json_array_foreach(spans, i, span)
    {
        int start = (int)json_integer_value(json_object_get(span, "start_minute"));
        int end = (int)json_integer_value(json_object_get(span, "end_minute"));
        bool is_done = false; /* an earlier span with these times wrote all their days */
        json_array_foreach(spans, j, other)
        {
            if (j >= i)
                break;
            is_done |= json_integer_value(json_object_get(other, "start_minute")) == start
                && json_integer_value(json_object_get(other, "end_minute")) == end;
        }
        if (is_done)
            continue;
        str_addz(out, is_first ? "" : ", ");
        format_days(days_with(spans, start, end), out);
        format_times(start, end, out);
        is_first = false;
    }
}
