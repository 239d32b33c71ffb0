/* How a match reads: the openings, or the clients, with their reasons, then who could be asked,
 * then what was left out and why. */
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

/* The line that an opening, or a client for an opening, begins with. */
static void add_heading(const json_t *matched, struct str *line)
{
    static const char *const of_opening[] = { "title", "employer", "postcode" };
    static const char *const of_client[] = { "ref", "initials", "specialist" };
    static const char *const of_target[] = { "employer", "postcode", "borough" };
    const char *const *names = json_object_get(matched, "ref") ? of_client
        : json_object_get(matched, "title")                    ? of_opening
                                                               : of_target;
    _cleanup_(str_release) struct str away = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(of_client); i++) {
        const char *text = json_text_at(matched, names[i]);
        str_addf(line, "%s%s", line->len && *text ? ", " : "", text);
    }
    output_cell(json_object_get(matched, "distance_metres"), FORMAT_METRES, &away);
    str_addf(line, "%s%s", away.len ? ", " : "", str_text(&away));
    str_addf(
        line, ", %lld points", (long long)json_integer_value(json_object_get(matched, "score")));
    str_addz(line, json_is_true(json_object_get(matched, "hidden")) ? ", lead" : "");
    if (json_object_get(matched, "trial")) {
        str_addz(line, ", trial: ");
        output_cell(json_object_get(matched, "trial"), FORMAT_ENUM, line);
    }
    if (json_object_get(matched, "possible_on")) {
        str_addz(line, ", from ");
        output_cell(json_object_get(matched, "possible_on"), FORMAT_DATE, line);
    }
}

static void print_matched(struct app *app, size_t number, const json_t *matched, bool is_near_miss)
{
    _cleanup_(str_release) struct str line = { 0 };
    char mark[24] = "";
    if (number)
        (void)snprintf(mark, sizeof mark, "%zu. ", number);
    add_heading(matched, &line);
    (void)fprintf(app->out, "%s", app_bold(app));
    print_line(app, mark, number ? 4 : 0, str_text(&line));
    (void)fprintf(app->out, "%s", app_plain(app));
    if (app->show_ids)
        print_line(app, "", 6,
            json_text_at(matched, json_object_get(matched, "ref") ? "client_id" : "opening_id"));
    print_reasons(app, matched, is_near_miss);
}

static void print_group(
    struct app *app, const struct answer *answer, const char *path, const char *title)
{
    size_t i;
    json_t *matched, *list = json_get_path(answer->value, path);
    if (json_array_size(list) == 0)
        return;
    if (*title)
        (void)fprintf(app->out, "\n%s%s%s\n", app_bold(app), title, app_plain(app));
    json_array_foreach(list, i, matched) print_matched(app, i + 1, matched, *title != '\0');
}

static void print_notes(struct app *app, const struct answer *answer)
{
    size_t i;
    json_t *note;
    json_array_foreach(json_get_path(answer->value, "notes"), i, note)
    {
        print_line(app, "", 0, json_string_value(note) ? json_string_value(note) : "");
    }
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

static int print_answer(struct app *app, const struct answer *answer, const char *what,
    const char *path, struct err *err)
{
    int rc = 0;
    json_t *failed = failed_limits(answer);
    long long considered = json_integer_value(json_get_path(answer->value, "considered"));
    (void)fprintf(app->out, "%lld %s%s looked at, %lld fit all limits\n", considered, what,
        considered == 1 ? "" : "s",
        (long long)json_integer_value(json_get_path(answer->value, "fitting")));
    print_group(app, answer, path, "");
    print_group(app, answer, "near_misses", "One yes away");
    print_group(app, answer, "later", "Possible later");
    if (json_array_size(failed) > 0) {
        (void)fprintf(app->out, "\n%sWhat the limits left out%s\n", app_bold(app), app_plain(app));
        rc = output_rows(app, &funnel_view, failed, err);
    }
    json_decref(failed);
    print_notes(app, answer);
    if (rc == 0 && str_eq(path, "openings"))
        rc = lessons_beside(app, json_get_path(answer->value, path), err);
    return rc == 0 ? output_flush(app, err) : rc;
}

int match_opening_show(struct app *app, const struct answer *answer, struct err *err)
{
    return print_answer(app, answer, "client", "clients", err);
}

int match_explain_show(struct app *app, const struct answer *answer, struct err *err)
{
    app->all_rows = true; /* every criterion */
    (void)fprintf(app->out, "%s\n",
        json_is_true(json_get_path(answer->value, "fits")) ? "It fits." : "It does not fit.");
    print_matched(app, 0, json_get_path(answer->value, "opening"), false);
    print_notes(app, answer);
    int rc = lessons_beside(app, json_get_path(answer->value, "opening"), err);
    return rc == 0 ? output_flush(app, err) : rc;
}

int target_show(struct app *app, const struct answer *answer, struct err *err)
{
    size_t i;
    json_t *target, *list = json_get_path(answer->value, "targets");
    if (json_array_size(list) == 0)
        (void)fprintf(app->out, "nobody to canvass is in reach\n");
    json_array_foreach(list, i, target)
    {
        print_matched(app, i + 1, target, false);
        print_line(app, "> ", 6, json_text_at(target, "purpose"));
        if (*json_text_at(target, "suggestion"))
            print_line(app, "> ", 6, json_text_at(target, "suggestion"));
    }
    print_notes(app, answer);
    return output_flush(app, err);
}

/* Only opening number @text, with everything about it. */
static int print_one(
    struct app *app, const struct answer *answer, const char *text, struct err *err)
{
    const json_t *list = json_get_path(answer->value, "openings");
    size_t n = json_array_size(list);
    int64_t number;
    if (n == 0)
        return err_set(
            err, ERR_NOT_FOUND, "no opening fits; --near-misses shows what is in the way");
    int rc = quantity_parse_int(text, 1, (int64_t)n, &number, err);
    if (rc < 0)
        return rc;
    app->all_rows = true;
    const json_t *one = json_array_get(list, (size_t)number - 1);
    print_matched(app, (size_t)number, one, false);
    rc = lessons_beside(app, one, err);
    return rc == 0 ? output_flush(app, err) : rc;
}

static int show_parts(
    struct app *app, const struct parsed *parsed, const struct answer *answer, struct err *err)
{
    bool near = parsed_text(parsed, "near-misses") != NULL;
    bool later = parsed_text(parsed, "not-yet") != NULL;
    if (parsed_text(parsed, "why"))
        return print_one(app, answer, parsed_text(parsed, "why"), err);
    if (!near && !later)
        return print_answer(app, answer, "opening", "openings", err);
    if (near)
        print_group(app, answer, "near_misses", "One yes away");
    if (later)
        print_group(app, answer, "later", "Possible later");
    return output_flush(app, err);
}

int match_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);
    if (rc == 0)
        rc = remote_call(app, parsed->verb->method, request, &answer, err);
    json_decref(request);
    if (rc == 0)
        rc = app->json ? output_json(app, answer.proto, err)
                       : show_parts(app, parsed, &answer, err);
    answer_release(&answer);
    return rc;
}
