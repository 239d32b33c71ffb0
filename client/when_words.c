#include "client/when_words.h"

#include "base/str.h"
#include "client/when.h"

#include <string.h>

const char *when_digits(const char *text, int max_digits, int *ret_value)
{
    int value = 0, n = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (++n > max_digits)
            return NULL;
        value = value * 10 + (*text - '0');
    }
    *ret_value = value;
    return n ? text : NULL;
}

static int add_half(int hour, const char *half, int *ret_hour)
{
    if (hour < 1 || hour > 12)
        return ERR_INVALID;
    if (str_eq(half, "am"))
        *ret_hour = hour % 12;
    else if (str_eq(half, "pm"))
        *ret_hour = hour % 12 + 12;
    else
        return ERR_INVALID;
    return 0;
}

int when_parse_clock(const char *text, bool bare_hours, int *ret_minute)
{
    int hour = 0, minute = 0;
    if (str_eq(text, "noon") || str_eq(text, "midday")) {
        *ret_minute = 720;
        return 0;
    }
    const char *rest = when_digits(text, 2, &hour);
    if (!rest)
        return ERR_INVALID;
    bool has_colon = *rest == ':';
    bool has_minutes = has_colon || *rest == '.';
    if (has_minutes) {
        const char *start = rest + 1;
        rest = when_digits(start, 2, &minute);
        if (!rest || rest - start != 2 || minute > 59)
            return ERR_INVALID;
    }
    if (*rest) {
        if (add_half(hour, rest, &hour) < 0)
            return ERR_INVALID;
    } else if (!has_colon && !bare_hours) {
        return ERR_INVALID; /* "3.11" could be a day; "3" could be anything */
    }
    if (hour > 24 || (hour == 24 && minute > 0))
        return ERR_INVALID;
    *ret_minute = hour * 60 + minute;
    return 0;
}

/* Whether @word is @full or its beginning of at least three letters. */
static bool abbreviates(const char *word, const char *full)
{
    size_t len = strlen(word);
    return len >= 3 && len <= strlen(full) && memcmp(word, full, len) == 0;
}

int when_find_weekday(const char *word)
{
    static const char *const names[]
        = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (abbreviates(word, names[i]))
            return (int)i + 1;
    }
    return str_eq(word, "weds") ? 3 : 0;
}

int when_find_month(const char *word)
{
    static const char *const names[] = { "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (abbreviates(word, names[i]))
            return (int)i + 1;
    }
    return str_eq(word, "sept") ? 9 : 0;
}

bool when_day_number(const char *word, int *ret_day, bool *ret_has_ending)
{
    const char *rest = when_digits(word, 2, ret_day);
    if (!rest)
        return false;
    *ret_has_ending
        = str_eq(rest, "st") || str_eq(rest, "nd") || str_eq(rest, "rd") || str_eq(rest, "th");
    return !*rest || *ret_has_ending;
}

bool when_amount(const char *word, int *ret_amount)
{
    if (str_eq(word, "a") || str_eq(word, "an") || str_eq(word, "one")) {
        *ret_amount = 1;
        return true;
    }
    const char *rest = when_digits(word, 3, ret_amount);
    return rest && !*rest;
}
