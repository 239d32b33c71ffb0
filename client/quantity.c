#include "client/quantity.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Read "12.5" as a whole number of 10^-@decimals; return what follows, or NULL. At most six digits
 * before the point, so that nothing overflows. */
static const char *read_decimal(const char *text, int decimals, int *ret_value)
{
    int64_t value = 0;
    int n = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (++n > 6)
            return NULL;
        value = value * 10 + (*text - '0');
    }
    if (n == 0)
        return NULL;
    if (*text == '.' && text[1] >= '0' && text[1] <= '9') {
        for (text++; *text >= '0' && *text <= '9'; text++) {
            if (decimals-- == 0)
                return NULL;
            value = value * 10 + (*text - '0');
        }
    }
    for (; decimals > 0; decimals--)
        value *= 10;
    *ret_value = (int)value;
    return value <= INT32_MAX ? text : NULL;
}

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " ");
}

int quantity_parse_pence(const char *text, int *ret_pence, struct err *err)
{
    const char *start = skip_spaces(text);
    if (str_starts_with(start, "£"))
        start += strlen("£");
    const char *rest = read_decimal(start, 2, ret_pence);
    if (rest && (!*skip_spaces(rest) || str_eq(rest, "/h")))
        return 0;
    return err_set(
        err, ERR_INVALID, "\"%.40s\" is no amount: write pounds and pence like 12.71", text);
}

static const char *read_tenths(const char *text, int *ret_tenths)
{
    const char *rest = read_decimal(skip_spaces(text), 1, ret_tenths);
    return rest && *rest == 'h' ? rest + 1 : rest;
}

int quantity_parse_tenths(const char *text, int *ret_tenths, struct err *err)
{
    const char *rest = read_tenths(text, ret_tenths);
    if (rest && !*skip_spaces(rest))
        return 0;
    return err_set(
        err, ERR_INVALID, "\"%.40s\" is no number of hours: write it like 16 or 37.5", text);
}

int quantity_parse_tenths_range(const char *text, int *ret_min, int *ret_max, struct err *err)
{
    const char *rest = read_tenths(text, ret_min);
    if (rest && !*skip_spaces(rest)) {
        *ret_max = *ret_min;
        return 0;
    }
    if (rest && *skip_spaces(rest) == '-')
        rest = read_tenths(skip_spaces(rest) + 1, ret_max);
    else
        rest = NULL;
    if (!rest || *skip_spaces(rest))
        return err_set(
            err, ERR_INVALID, "\"%.40s\" are no hours a week: write them like 37.5 or 16-30", text);
    if (*ret_max < *ret_min)
        return err_set(err, ERR_INVALID, "\"%.40s\": the fewer hours come first", text);
    return 0;
}

int quantity_parse_metres(const char *text, int *ret_metres, struct err *err)
{
    static const struct {
        const char *unit;
        int num, den; /* metres are value / 1000 * num / den */
    } units[] = { { "m", 1, 1000 }, { "km", 1, 1 }, { "mile", 1609, 1000 }, { "miles", 1609, 1000 },
        { "mi", 1609, 1000 } };
    int thousandths = 0;
    const char *rest = read_decimal(skip_spaces(text), 3, &thousandths);
    for (size_t i = 0; rest && i < ARRAY_SIZE(units); i++) {
        if (!str_eq(skip_spaces(rest), units[i].unit))
            continue;
        *ret_metres = (int)((int64_t)thousandths * units[i].num / units[i].den);
        return 0;
    }
    return err_set(
        err, ERR_INVALID, "\"%.40s\" is no distance: write it like 800m, 5km or 3 miles", text);
}

int quantity_parse_int(
    const char *text, int64_t min, int64_t max, int64_t *ret_value, struct err *err)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    if (!*text || *end || strspn(text, " \t\n\v\f\r") || strlen(text) > 18)
        return err_set(err, ERR_INVALID, "\"%.40s\" is no whole number", text);
    if (value < min || value > max)
        return err_set(
            err, ERR_INVALID, "%lld is not from %" PRId64 " to %" PRId64, value, min, max);
    *ret_value = value;
    return 0;
}

void quantity_format_pence(int64_t pence, char out[QUANTITY_TEXT_BYTES])
{
    (void)snprintf(out, QUANTITY_TEXT_BYTES, "£%" PRId64 ".%02d", pence / 100,
        (int)(pence % 100 < 0 ? -(pence % 100) : pence % 100));
}

void quantity_format_tenths(int64_t tenths, char out[QUANTITY_TEXT_BYTES])
{
    if (tenths % 10)
        (void)snprintf(out, QUANTITY_TEXT_BYTES, "%" PRId64 ".%d", tenths / 10, (int)(tenths % 10));
    else
        (void)snprintf(out, QUANTITY_TEXT_BYTES, "%" PRId64, tenths / 10);
}

void quantity_format_metres(int64_t metres, char out[QUANTITY_TEXT_BYTES])
{
    if (metres < 1000)
        (void)snprintf(out, QUANTITY_TEXT_BYTES, "%" PRId64 " m", metres);
    else
        /* Rounded up, as the daemon's sentences are: no distance is said shorter than it is. */
        (void)snprintf(out, QUANTITY_TEXT_BYTES, "%" PRId64 ".%d km", (metres + 99) / 1000,
            (int)((metres + 99) / 100 % 10));
}
