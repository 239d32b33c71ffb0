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

static void print_reasons(struct app *app, const json_t *opening)
{
    size_t i;
    json_t *reason, *ask;
    json_array_foreach(json_object_get(opening, "reasons"), i, reason)
    {
        _cleanup_(str_release) struct str line = { 0 };
        long long most = json_integer_value(json_object_get(reason, "max_points"));
        str_addz(&line, json_text_at(reason, "sentence"));
        if (most)
            str_addf(&line, " (%lld of %lld)",
                (long long)json_integer_value(json_object_get(reason, "points")), most);
        print_line(app, mark_of(reason), 6, str_text(&line));
    }
    json_array_foreach(json_object_get(opening, "asks"), i, ask)
    {
        _cleanup_(str_release) struct str line = { 0 };
        str_addz(&line, "Ask the ");
        output_cell(json_object_get(ask, "of"), FORMAT_ENUM, &line);
        str_addf(&line, ": %s", json_text_at(ask, "sentence"));
        print_line(app, "> ", 6, str_text(&line));
    }
}

static void print_opening(struct app *app, size_t number, const json_t *opening)
{
    _cleanup_(str_release) struct str line = { 0 };
    _cleanup_(str_release) struct str away = { 0 };
    char mark[24];
    (void)snprintf(mark, sizeof mark, "%zu. ", number);
    output_cell(json_object_get(opening, "distance_metres"), FORMAT_METRES, &away);
    str_addf(&line, "%s, %s, %s", json_text_at(opening, "title"), json_text_at(opening, "employer"),
        json_text_at(opening, "postcode"));
    str_addf(&line, "%s%s", away.len ? ", " : "", str_text(&away));
    str_addf(&line, "  %lld of %lld",
        (long long)json_integer_value(json_object_get(opening, "score")),
        (long long)json_integer_value(json_object_get(opening, "max_score")));
    str_addz(&line, json_is_true(json_object_get(opening, "hidden")) ? "  lead" : "");
    if (json_object_get(opening, "trial")) {
        str_addz(&line, "  trial: ");
        output_cell(json_object_get(opening, "trial"), FORMAT_ENUM, &line);
    }
    if (json_object_get(opening, "possible_on")) {
        str_addz(&line, "  from ");
        output_cell(json_object_get(opening, "possible_on"), FORMAT_DATE, &line);
    }
    (void)fprintf(app->out, "%s", app_bold(app));
    print_line(app, mark, 4, str_text(&line));
    (void)fprintf(app->out, "%s", app_plain(app));
    if (app->show_ids)
        print_line(app, "", 6, json_text_at(opening, "opening_id"));
    print_reasons(app, opening);
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
    json_array_foreach(list, i, opening) print_opening(app, i + 1, opening);
}

int match_show(struct app *app, const struct answer *answer, struct err *err)
{
    size_t i;
    json_t *note, *funnel = json_get_path(answer->value, "funnel");
    (void)fprintf(app->out, "%lld openings looked at, %lld fit all limits\n",
        (long long)json_integer_value(json_get_path(answer->value, "considered")),
        (long long)json_integer_value(json_get_path(answer->value, "fitting")));
    print_group(app, answer, "openings", "");
    print_group(app, answer, "near_misses", "One yes away");
    print_group(app, answer, "later", "Possible later");
    if (json_array_size(funnel) > 0) {
        (void)fprintf(app->out, "\n%sWhat the limits left out%s\n", app_bold(app), app_plain(app));
        int rc = output_rows(app, &funnel_view, funnel, err);
        if (rc < 0)
            return rc;
    }
    json_array_foreach(json_get_path(answer->value, "notes"), i, note)
        print_line(app, "", 0, json_string_value(note) ? json_string_value(note) : "");
    return 0;
}
