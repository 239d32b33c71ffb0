/* Values as people read them. */
#include "client/output.h"

#include "base/clock.h"
#include "client/london.h"
#include "client/quantity.h"
#include "client/remote.h"
#include "client/spans.h"

#include <inttypes.h>
#include <string.h>

typedef void format_fn(const json_t *value, struct str *out);

static void format_text(const json_t *value, struct str *out)
{
    if (json_is_string(value))
        str_addz(out, json_string_value(value));
    else if (json_is_integer(value))
        str_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        str_addf(out, "%.2f", json_real_value(value));
    else if (json_is_true(value))
        str_addz(out, "yes");
}

/* "2026-11-24T10:00:00.5Z", as wire's JSON prints a Timestamp */
static bool read_moment(const char *text, int64_t *ret_usec)
{
    int32_t n[6] = { 0 };
    static const int digits[] = { 4, 2, 2, 2, 2, 2 };
    for (int part = 0; part < 6; part++) {
        for (int i = 0; i < digits[part]; i++, text++) {
            if (*text < '0' || *text > '9')
                return false;
            n[part] = n[part] * 10 + (*text - '0');
        }
        if (part < 5 && !*text++)
            return false;
    }
    struct civil_date date = { n[0], n[1], n[2] };
    if (!civil_is_valid(&date))
        return false;
    *ret_usec = (((civil_to_days(&date) * 24 + n[3]) * 60 + n[4]) * 60 + n[5]) * USEC_PER_SEC;
    return true;
}

static void format_moment(const json_t *value, struct str *out)
{
    char text[LONDON_TEXT_BYTES];
    int64_t usec;
    if (!json_is_string(value) || !read_moment(json_string_value(value), &usec))
        return;
    london_format(usec, text);
    str_addz(out, text);
}

static void format_date(const json_t *value, struct str *out)
{
    char text[LONDON_TEXT_BYTES];
    char whole[40] = "";
    int64_t usec;
    if (!json_is_string(value))
        return;
    (void)snprintf(whole, sizeof whole, "%.10sT00:00:00Z", json_string_value(value));
    if (!read_moment(whole, &usec))
        return;
    struct civil_date date = civil_from_days(usec / USEC_PER_DAY - (usec % USEC_PER_DAY < 0));
    london_format_date(&date, text);
    str_addz(out, text);
}

static void format_enum(const json_t *value, struct str *out)
{
    const char *name = json_string_value(value);
    for (; name && *name; name++)
        str_addc(out, *name == '_' ? ' ' : *name);
}

static void format_list(const json_t *value, struct str *out)
{
    size_t i;
    json_t *element;
    json_array_foreach(value, i, element)
    {
        str_addz(out, i ? ", " : "");
        format_text(element, out);
    }
}

static void format_enums(const json_t *value, struct str *out)
{
    size_t from = out->len;
    format_list(value, out);
    for (; from < out->len; from++) {
        if (out->data[from] == '_')
            out->data[from] = ' ';
    }
}

static void format_yes(const json_t *value, struct str *out)
{
    str_addz(out, json_is_true(value) ? "yes" : "");
}

static void format_number(const json_t *value, struct str *out)
{
    if (json_integer_value(value))
        format_text(value, out);
}

static void with_quantity(
    const json_t *value, void (*format)(int64_t, char *), bool is_zero_shown, struct str *out)
{
    char text[QUANTITY_TEXT_BYTES];
    if (!json_is_integer(value) || (!json_integer_value(value) && !is_zero_shown))
        return;
    format(json_integer_value(value), text);
    str_addz(out, text);
}

static void format_pence(const json_t *value, struct str *out)
{
    with_quantity(value, quantity_format_pence, false, out);
}

static void format_tenths(const json_t *value, struct str *out)
{
    with_quantity(value, quantity_format_tenths, false, out);
}

static void format_metres(const json_t *value, struct str *out)
{
    with_quantity(value, quantity_format_metres, true, out);
}

static void format_wishes(const json_t *value, struct str *out)
{
    size_t i;
    json_t *wish;
    json_array_foreach(value, i, wish)
    {
        str_addf(
            out, "%s%s %s", i ? "; " : "", json_text_at(wish, "soc"), json_text_at(wish, "title"));
        str_addf(out, " (%" JSON_INTEGER_FORMAT " of 5)",
            json_integer_value(json_object_get(wish, "weight")));
    }
}

static void format_windows(const json_t *value, struct str *out)
{
    size_t i;
    json_t *window;
    json_array_foreach(value, i, window)
    {
        json_t *span = json_pack("[O?]", json_object_get(window, "span"));
        str_addf(out, "%s%zu: ", i ? "; " : "", i + 1);
        spans_format(span, out);
        json_decref(span);
        str_addc(out, ' ');
        format_enum(json_object_get(window, "kind"), out);
        str_addz(out, json_is_true(json_object_get(window, "movable")) ? ", can be moved" : "");
        str_addz(out, json_is_true(json_object_get(window, "near_work")) ? ", near work" : "");
        if (json_object_get(window, "from")) {
            str_addz(out, ", from ");
            format_date(json_object_get(window, "from"), out);
        }
        if (json_object_get(window, "until")) {
            str_addz(out, ", until ");
            format_date(json_object_get(window, "until"), out);
        }
    }
}

void output_cell(const json_t *value, enum format format, struct str *out)
{
    static format_fn *const table[] = { [FORMAT_TEXT] = format_text,
        [FORMAT_MOMENT] = format_moment,
        [FORMAT_DATE] = format_date,
        [FORMAT_ENUM] = format_enum,
        [FORMAT_PENCE] = format_pence,
        [FORMAT_TENTHS] = format_tenths,
        [FORMAT_METRES] = format_metres,
        [FORMAT_SPANS] = spans_format,
        [FORMAT_LIST] = format_list,
        [FORMAT_ENUMS] = format_enums,
        [FORMAT_YES] = format_yes,
        [FORMAT_NUMBER] = format_number,
        [FORMAT_WISHES] = format_wishes,
        [FORMAT_WINDOWS] = format_windows };
    if (value && !json_is_null(value))
        table[format](value, out);
}
