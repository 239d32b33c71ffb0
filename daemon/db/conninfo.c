/* What libpq is given to connect with: conninfo, and another host first each time.
 *
 * libpq tries the hosts of a list in order, but an attempt that hangs at one of them eats the time
 * of all. So the next attempt begins behind it. */
#include "db/db_internal.h"

#include "base/str.h"

#include <string.h>

#define OPTIONS_MAX 128

static bool is_list_of_hosts(const char *keyword)
{
    return str_eq(keyword, "host") || str_eq(keyword, "hostaddr") || str_eq(keyword, "port");
}

/* Find the @n-th element of a list with commas, counted modulo the list's length. */
static const char *find_element(const char *list, unsigned n)
{
    unsigned n_elements = 1;
    for (const char *p = list; *p; p++)
        n_elements += *p == ',';
    for (n %= n_elements; n > 0; n--)
        list = strchr(list, ',') + 1;
    return list;
}

/* "a,b,c" from its second element: "b,c,a". NULL without memory. */
static char *rotate(const char *list, unsigned first)
{
    const char *begin = find_element(list, first);
    struct str rotated = { 0 };

    str_addz(&rotated, begin);
    if (begin > list) {
        str_addc(&rotated, ',');
        str_add(&rotated, list, (size_t)(begin - list) - 1);
    }
    return str_steal(&rotated);
}

/* @options is libpq's memory, freed with free(). */
static int add_session_options(PQconninfoOption *options, const char *session_options)
{
    struct str joined = { 0 };

    while (options->keyword && !str_eq(options->keyword, "options"))
        options++;
    if (!options->keyword || !session_options)
        return 0;
    str_addz(&joined, session_options);
    if (options->val)
        str_addf(&joined, " %s", options->val);
    char *val = str_steal(&joined);
    if (!val)
        return ERR_EXHAUSTED;
    free(options->val);
    options->val = val;
    return 0;
}

int conninfo_parse(const char *conninfo, const char *session_options,
    PQconninfoOption **ret_options, struct err *err)
{
    char *fault = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &fault);

    if (!options && fault) {
        err_set(err, ERR_INVALID, "the database's connection string: %.*s",
            (int)strcspn(fault, "\n"), fault);
        PQfreemem(fault);
        return ERR_INVALID;
    }
    if (!options || add_session_options(options, session_options) < 0) {
        PQconninfoFree(options);
        return err_oom(err);
    }
    *ret_options = options;
    return 0;
}

PGconn *conninfo_connect(const PQconninfoOption *options, unsigned first_host)
{
    const char *keywords[OPTIONS_MAX], *values[OPTIONS_MAX];
    char *rotated[3] = { NULL };
    size_t n = 0, n_rotated = 0;
    PGconn *pg = NULL;

    for (; options->keyword && n < OPTIONS_MAX - 3; options++) {
        const char *value = options->val;
        if (!value)
            continue;
        if (is_list_of_hosts(options->keyword)) {
            value = rotated[n_rotated++] = rotate(value, first_host);
            if (!value)
                goto out;
        }
        keywords[n] = options->keyword;
        values[n++] = value;
    }
    keywords[n] = "client_encoding";
    values[n++] = "UTF8";
    keywords[n] = "fallback_application_name";
    values[n++] = "canvassd";
    keywords[n] = NULL;
    values[n] = NULL;
    pg = PQconnectStartParams(keywords, values, 0);
out:
    for (size_t i = 0; i < n_rotated; i++)
        free(rotated[i]);
    return pg;
}
