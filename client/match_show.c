/* How a match reads: the openings with their reasons, then who could be asked, then what was left
 * out and why. */
#include "client/nouns.h"
#include "client/output.h"
#include "client/quantity.h"
#include "client/remote.h"
#include "client/text.h"

#include <stdio.h>
#include <string.h>

static const struct column funnel_columns[] = {
    { "LIMIT", "sentence", FORMAT_TEXT, COLUMN_SHRINK },
    { "FAIL IT", "alone", FORMAT_TEXT, COLUMN_RIGHT },
    { "FIRST", "first", FORMAT_TEXT, COLUMN_RIGHT },
    { "ONLY IT", "only", FORMAT_TEXT, COLUMN_RIGHT },
};
static const struct view funnel_view
    = { .rows = "funnel", VIEW_COLUMNS(funnel_columns), .empty = "no limit left anything out" };

/* Print a line of data, wrapped under @indent spaces, behind @mark. */
static void print_line(struct app *app, const char *mark, int indent, const char *text)
{
    _cleanup_(str_release) struct str clean = { 0 };
    _cleanup_(str_release) struct str wrapped = { 0 };
    text_clean(text, " ", &clean);
    text_wrap(str_text(&clean), indent, app->is_out_terminal ? app->width : 0, &wrapped);
    (void)fprintf(app->out, "%*s%s%s\n", indent - text_width(mark, strlen(mark)), "", mark,
        str_text(&wrapped));
}

static const char *mark_of(const json_t *reason)
{
    const char *verdict = json_text_at(reason, "verdict");
    return str_eq(verdict, "fits") ? "+ " : str_eq(verdict, "ask") ? "? " : "- ";
}

/* What says something about this pair: not a wish that nobody has, not a limit that rules out
 * nothing; of a near miss only what is in the way. --all shows every criterion. */
static bool is_telling(const struct app *app, const json_t *reason, bool is_near_miss)
{
    static const char *const silent[] = { "live", "start", "occupation", "industry" };
    bool fits = str_eq(json_text_at(reason, "verdict"), "fits");
    if (app->all_rows || !fits)
        return true;
    if (is_near_miss)
        return false;
    if (!json_is_true(json_object_get(reason, "limit")))
        return json_integer_value(json_object_get(reason, "points")) > 0;
    for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
        if (str_eq(json_text_at(reason, "criterion"), silent[i]))
            return false;
    return true;
}

static void print_reasons(struct app *app, const json_t *opening, bool is_near_miss)
{
    size_t i;
    json_t *reason, *ask;
    json_array_foreach(json_object_get(opening, "reasons"), i, reason)
    {
        _cleanup_(str_release) struct str line = { 0 };
        long long points = json_integer_value(json_object_get(reason, "points"));
        long long most = json_integer_value(json_object_get(reason, "max_points"));
        if (most && !points && str_eq(json_text_at(reason, "verdict"), "fits"))
            continue; /* nothing was wished for: no reason either way */
        if (!is_telling(app, reason, is_near_miss))
            continue;
        str_addz(&line, json_text_at(reason, "sentence"));
        if (most)
            str_addf(&line, " (%lld of %lld)", points, most);
        print_line(app, mark_of(reason), 6, str_text(&line));
    }
    json_array_foreach(json_object_get(opening, "asks"), i, ask)
    {
        print_line(app, "> ", 6, json_text_at(ask, "sentence"));
    }
}

static void print_opening(struct app *app, size_t number, const json_t *opening, bool is_near_miss)
{
    _cleanup_(str_release) struct str line = { 0 };
    _cleanup_(str_release) struct str away = { 0 };
    char mark[24];
    (void)snprintf(mark, sizeof mark, "%zu. ", number);
    output_cell(json_object_get(opening, "distance_metres"), FORMAT_METRES, &away);
    str_addf(&line, "%s, %s, %s", json_text_at(opening, "title"), json_text_at(opening, "employer"),
        json_text_at(opening, "postcode"));
    str_addf(&line, "%s%s", away.len ? ", " : "", str_text(&away));
    str_addf(
        &line, ", %lld points", (long long)json_integer_value(json_object_get(opening, "score")));
    str_addz(&line, json_is_true(json_object_get(opening, "hidden")) ? ", lead" : "");
    if (json_object_get(opening, "trial")) {
        str_addz(&line, ", trial: ");
        output_cell(json_object_get(opening, "trial"), FORMAT_ENUM, &line);
    }
    if (json_object_get(opening, "possible_on")) {
        str_addz(&line, ", from ");
        output_cell(json_object_get(opening, "possible_on"), FORMAT_DATE, &line);
    }
    (void)fprintf(app->out, "%s", app_bold(app));
    print_line(app, mark, 4, str_text(&line));
    (void)fprintf(app->out, "%s", app_plain(app));
    if (app->show_ids)
        print_line(app, "", 6, json_text_at(opening, "opening_id"));
    print_reasons(app, opening, is_near_miss);
}

static void print_group(
    struct app *app, const struct answer *answer, const char *path, const char *title)
{
    size_t i;
    json_t *opening, *list = json_get_path(answer->value, path);
    if (json_array_size(list) == 0)
        return;
    if (*title)
        (void)fprintf(app->out, "\n%s%s%s\n", app_bold(app), title, app_plain(app));
    json_array_foreach(list, i, opening) print_opening(app, i + 1, opening, *title != '\0');
}

/* The limits that left something out; a new array. */
static json_t *failed_limits(const struct answer *answer)
{
    size_t i;
    json_t *limit, *failed = json_array();
    json_array_foreach(json_get_path(answer->value, "funnel"), i, limit)
    {
        if (json_integer_value(json_object_get(limit, "alone")) > 0)
            (void)json_array_append(failed, limit);
    }
    return failed;
}

int match_show(struct app *app, const struct answer *answer, struct err *err)
{
    size_t i;
    int rc = 0;
    json_t *note, *funnel = failed_limits(answer);
    long long considered = json_integer_value(json_get_path(answer->value, "considered"));
    (void)fprintf(app->out, "%lld opening%s looked at, %lld fit all limits\n", considered,
        considered == 1 ? "" : "s",
        (long long)json_integer_value(json_get_path(answer->value, "fitting")));
    print_group(app, answer, "openings", "");
    print_group(app, answer, "near_misses", "One yes away");
    print_group(app, answer, "later", "Possible later");
    if (json_array_size(funnel) > 0) {
        (void)fprintf(app->out, "\n%sWhat the limits left out%s\n", app_bold(app), app_plain(app));
        rc = output_rows(app, &funnel_view, funnel, err);
    }
    json_decref(funnel);
    json_array_foreach(json_get_path(answer->value, "notes"), i, note)
    {
        print_line(app, "", 0, json_string_value(note) ? json_string_value(note) : "");
    }
    return rc;
}
