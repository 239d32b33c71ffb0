/* report: what the log amounts to, as a table, CSV, JSON, or a page with plots */
#include "base/civil.h"
#include "client/csv_out.h"
#include "client/html.h"
#include "client/london.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"
#include "client/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_METHOD(name) "canvass.v1.ReportService/" name
#define MAX_REPORT_COLUMNS 40
#define PAGE_ROWS 1000
#define DEFAULT_ROWS 50

static const struct arg report_args[] = {
    { "NAME", "name", ARG_FIELD, ARG_POSITIONAL, "NAME", "which report; left out: list them",
        NULL },
    { "from", "from", ARG_BACK, 0, NULL, "first day (of the last whole quarter)", NULL },
    { "to", "until", ARG_EITHER, 0, NULL,
        "last day (today; of the last whole quarter if --from is left out, too)", NULL },
    { "who", "specialist_id", ARG_SPECIALIST, 0, "WHO", "of one specialist of your team", NULL },
    { "scope", "scope", ARG_FIELD, 0, NULL, "whose: own, team (a lead's), borough (an auditor's)",
        NULL },
    { "rows", NULL, ARG_LOCAL, 0, "N", "what is behind line N of the table; all: behind all",
        NULL },
    { "figure", NULL, ARG_LOCAL, 0, "N", "with --rows: only what is behind column N", NULL },
    { "csv", NULL, ARG_FILE, 0, "FILE", "export as CSV; - is standard output", NULL },
    { "html", NULL, ARG_FILE, 0, "FILE",
        "export as a page with plots; all reports if NAME is left out", NULL },
};

static const struct column fact_columns[] = {
    { "WHAT", "kind", FORMAT_TEXT, 0 },
    { "DAY", "day", FORMAT_DATE, 0 },
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view facts_view
    = { .rows = "facts", VIEW_COLUMNS(fact_columns), .empty = "nothing is behind this" };

/* ---- when ---- */

static int set_day(json_t *request, const char *path, int32_t year, int32_t month, int32_t day)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
    return json_set_path(request, path, json_string(text));
}

/* Unsaid: the last quarter that is over. */
static int set_quarter(const struct app *app, json_t *request)
{
    struct civil_date today = london_from_usec(app->now_usec).date;
    int32_t first = (today.month - 1) / 3 * 3 - 2;
    int32_t year = first < 1 ? today.year - 1 : today.year;
    first = first < 1 ? first + 12 : first;
    if (json_get_path(request, "from"))
        return 0;
    int rc = set_day(request, "from", year, first, 1);
    if (rc == 0 && !json_get_path(request, "until"))
        rc = set_day(request, "until", year, first + 2, civil_days_in_month(year, first + 2));
    return rc;
}

static int build(
    struct app *app, const struct parsed *parsed, json_t **ret_request, struct err *err)
{
    int rc = request_build(app, parsed, ret_request, err);
    if (rc == 0 && set_quarter(app, *ret_request) < 0)
        rc = err_oom(err);
    return rc;
}

/* ---- the list ---- */

static int list_reports(struct app *app, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = json_object(), *report;
    size_t i;
    int rc = remote_call(app, REPORT_METHOD("ListReports"), request, &answer, err);
    json_decref(request);
    if (rc == 0 && app->json)
        rc = output_json(app, answer.proto, err);
    json_array_foreach(
        rc < 0 || app->json ? NULL : json_get_path(answer.value, "reports"), i, report)
    {
        _cleanup_(str_release) struct str text = { 0 };
        text_wrap(
            json_text_at(report, "definition"), 4, app->is_out_terminal ? app->width : 0, &text);
        (void)fprintf(app->out, "%s%s%s  %s\n    %s\n", app_bold(app), json_text_at(report, "name"),
            app_plain(app), json_text_at(report, "title"), str_text(&text));
    }
    answer_release(&answer);
    return rc < 0 ? rc : output_flush(app, err);
}

/* ---- a table ---- */

static json_t *row_of_texts(const json_t *row)
{
    size_t i;
    json_t *cell, *texts = json_object();
    json_array_foreach(json_get_path(row, "cells"), i, cell)
    {
        char key[24];
        (void)snprintf(key, sizeof key, "c%zu", i);
        (void)json_object_set_new(texts, key, json_string(json_text_at(cell, "text")));
    }
    return texts;
}

/* The columns are the report's, so the view is made as it comes. */
static int print_table(struct app *app, const json_t *table, struct err *err)
{
    struct column columns[MAX_REPORT_COLUMNS];
    char paths[MAX_REPORT_COLUMNS][24];
    struct view view = { .columns = columns, .empty = "nothing of this period counts" };
    size_t i;
    json_t *column, *row, *rows = json_array();
    json_array_foreach(json_get_path(table, "columns"), i, column)
    {
        bool is_text = json_is_true(json_get_path(column, "is_text"));
        if (i == MAX_REPORT_COLUMNS)
            break;
        (void)snprintf(paths[i], sizeof paths[i], "c%zu", i);
        columns[i] = (struct column) { json_text_at(column, "heading"), paths[i], FORMAT_TEXT,
            is_text ? COLUMN_SHRINK : COLUMN_RIGHT };
        view.n_columns++;
    }
    json_array_foreach(json_get_path(table, "rows"), i, row)
    {
        (void)json_array_append_new(rows, row_of_texts(row));
    }
    int rc = output_rows(app, &view, rows, err);
    json_decref(rows);
    return rc;
}

static void print_below(struct app *app, const char *text)
{
    _cleanup_(str_release) struct str wrapped = { 0 };
    if (!*text)
        return;
    text_wrap(text, 0, app->is_out_terminal ? app->width : 0, &wrapped);
    (void)fprintf(app->out, "\n%s%s%s\n", app_dim(app), str_text(&wrapped), app_plain(app));
}

static int show_table(struct app *app, const json_t *table, struct err *err)
{
    (void)fprintf(app->out, "%s%s%s: %s\n\n", app_bold(app), json_text_at(table, "report.title"),
        app_plain(app), json_text_at(table, "scope"));
    int rc = print_table(app, table, err);
    if (rc == 0) {
        print_below(app, json_text_at(table, "note"));
        print_below(app, json_text_at(table, "report.definition"));
        rc = output_flush(app, err);
    }
    return rc;
}

/* ---- what is behind it ---- */

/* The key of what stands at number @text of a list that people count from 1; "all" is no key. */
static int key_at(struct app *app, const json_t *list, const char *option, const char *text,
    const char **ret_key, struct err *err)
{
    char *end = NULL;
    long n = strtol(text, &end, 10);
    *ret_key = "";
    if (str_eq(text, "all"))
        return 0;
    if (end == text || *end || n < 1 || (size_t)n > json_array_size(list))
        return usage_error(
            app, err, option, "give a number from 1 to %zu, or all", json_array_size(list));
    *ret_key = json_text_at(json_array_get(list, (size_t)n - 1), "key");
    return 0;
}

static int add_keys(struct app *app, const struct parsed *parsed, const json_t *table,
    json_t *request, struct err *err)
{
    const char *key, *column = "", *figure = parsed_text(parsed, "figure");
    int rc
        = key_at(app, json_get_path(table, "rows"), "rows", parsed_text(parsed, "rows"), &key, err);
    if (rc == 0 && figure)
        rc = key_at(app, json_get_path(table, "columns"), "figure", figure, &column, err);
    if (rc < 0)
        return rc;
    rc = json_set_path(request, "key", json_string(key));
    if (rc == 0)
        rc = json_set_path(request, "column", json_string(column));
    return rc < 0 ? err_oom(err) : 0;
}

static int fetch_facts(struct app *app, json_t *request, json_t *facts, struct err *err)
{
    size_t wanted = app->all_rows ? SIZE_MAX : app->max_rows ? (size_t)app->max_rows : DEFAULT_ROWS;
    const char *token = "";
    do {
        struct answer answer = { 0 };
        size_t left = MIN(wanted - json_array_size(facts), (size_t)PAGE_ROWS);
        if (json_set_path(request, "page_size", json_integer((json_int_t)left)) < 0
            || json_set_path(request, "page_token", json_string(token)) < 0)
            return err_oom(err);
        int rc = remote_call(app, REPORT_METHOD("GetReportRows"), request, &answer, err);
        const json_t *page = json_get_path(answer.value, "facts");
        if (rc == 0 && json_is_array(page))
            (void)json_array_extend(facts, (json_t *)(uintptr_t)page);
        token = arena_strdup(&app->arena, json_text_at(answer.value, "next_page_token"));
        answer_release(&answer);
        if (rc < 0)
            return rc;
        if (!token)
            return err_oom(err);
    } while (*token && json_array_size(facts) < wanted);
    if (*token && !app->json)
        app_note(app, "there is more: --limit N shows more rows, --all shows all");
    return 0;
}

static int show_facts(struct app *app, const struct parsed *parsed, const json_t *table,
    json_t *request, struct err *err)
{
    json_t *facts = json_array();
    int rc = add_keys(app, parsed, table, request, err);
    if (rc == 0)
        rc = fetch_facts(app, request, facts, err);
    if (rc == 0)
        rc = app->json ? output_json(app, facts, err) : output_rows(app, &facts_view, facts, err);
    json_decref(facts);
    return rc;
}

/* ---- exports ---- */

static int write_file(struct app *app, const char *path, const struct str *text, struct err *err)
{
    if (text->failed)
        return err_oom(err);
    if (str_eq(path, "-")) {
        (void)fwrite(str_text(text), 1, text->len, app->out);
        return output_flush(app, err);
    }
    FILE *file = fopen(path, "we");
    bool is_written = file && fwrite(str_text(text), 1, text->len, file) == text->len;
    if (!file || fclose(file) != 0 || !is_written)
        return err_set(err, ERR_UNKNOWN, "cannot write %s: %s", path, strerror(errno));
    app_note(app, "wrote %s", path);
    return 0;
}

static int call_export(
    struct app *app, json_t *request, const char *name, json_t *tables, struct err *err)
{
    struct answer answer = { 0 };
    if (json_set_path(request, "name", json_string(name)) < 0)
        return err_oom(err);
    int rc = remote_call(app, REPORT_METHOD("ExportReport"), request, &answer, err);
    json_t *table = json_get_path(answer.value, "table");
    if (rc == 0 && json_array_append(tables, table) < 0)
        rc = err_oom(err);
    answer_release(&answer);
    return rc;
}

static void add_csv(const json_t *table, struct str *out)
{
    size_t i, j;
    json_t *row, *item;
    json_array_foreach(json_get_path(table, "columns"), i, item)
    {
        str_addz(out, i ? "," : "");
        csv_out_cell(out, json_text_at(item, "heading"));
    }
    str_addc(out, '\n');
    json_array_foreach(json_get_path(table, "rows"), i, row)
    {
        json_array_foreach(json_get_path(row, "cells"), j, item)
        {
            str_addz(out, j ? "," : "");
            csv_out_safe_cell(out, json_text_at(item, "text"));
        }
        str_addc(out, '\n');
    }
}

static int export_csv(
    struct app *app, json_t *request, const char *name, const char *path, struct err *err)
{
    _cleanup_(str_release) struct str text = { 0 };
    json_t *tables = json_array();
    int rc = call_export(app, request, name, tables, err);
    const json_t *table = json_array_get(tables, 0);
    if (rc == 0) {
        add_csv(table, &text);
        rc = write_file(app, path, &text, err);
    }
    if (rc == 0 && *json_text_at(table, "note"))
        app_note(app, "%s", json_text_at(table, "note"));
    json_decref(tables);
    return rc;
}

static int export_all(struct app *app, json_t *request, json_t *tables, struct err *err)
{
    struct answer answer = { 0 };
    json_t *empty = json_object(), *report;
    size_t i;
    int rc = remote_call(app, REPORT_METHOD("ListReports"), empty, &answer, err);
    json_decref(empty);
    json_array_foreach(rc < 0 ? NULL : json_get_path(answer.value, "reports"), i, report)
    {
        if (rc == 0)
            rc = call_export(app, request, json_text_at(report, "name"), tables, err);
    }
    answer_release(&answer);
    return rc;
}

static int export_html(
    struct app *app, json_t *request, const char *name, const char *path, struct err *err)
{
    _cleanup_(str_release) struct str page = { 0 };
    json_t *tables = json_array();
    bool has_plots = true;
    int rc = name ? call_export(app, request, name, tables, err)
                  : export_all(app, request, tables, err);
    if (rc == 0)
        rc = html_page(tables, &page, &has_plots, err);
    if (rc == 0 && !has_plots)
        app_note(app, "there is no gnuplot, so the page has no plots (Debian: gnuplot-nox)");
    if (rc == 0)
        rc = write_file(app, path, &page, err);
    json_decref(tables);
    return rc;
}

static int export(struct app *app, const struct parsed *parsed, json_t *request, struct err *err)
{
    const char *csv = parsed_text(parsed, "csv"), *html = parsed_text(parsed, "html");
    const char *name = parsed_text(parsed, "NAME");
    if (parsed_text(parsed, "who"))
        return usage_error(app, err, "specialist_id", "an export is of the whole team");
    if (csv && html)
        return usage_error(app, err, NULL, "give --csv or --html, not both");
    if (csv && !name)
        return usage_error(app, err, "name", "say which report; canvass report lists them");
    return csv ? export_csv(app, request, name, csv, err)
               : export_html(app, request, name, html, err);
}

static int show(struct app *app, const struct parsed *parsed, json_t *request, struct err *err)
{
    struct answer answer = { 0 };
    int rc = remote_call(app, parsed->verb->method, request, &answer, err);
    const json_t *table = json_get_path(answer.value, "table");
    if (rc == 0 && parsed_text(parsed, "rows"))
        rc = show_facts(app, parsed, table, request, err);
    else if (rc == 0)
        rc = app->json ? output_json(app, answer.proto, err) : show_table(app, table, err);
    answer_release(&answer);
    return rc;
}

int report_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    json_t *request = NULL;
    bool is_export = parsed_text(parsed, "csv") || parsed_text(parsed, "html");
    if (!is_export && !parsed_text(parsed, "NAME"))
        return list_reports(app, err);
    int rc = build(app, parsed, &request, err);
    if (rc == 0)
        rc = is_export ? export(app, parsed, request, err) : show(app, parsed, request, err);
    json_decref(request);
    return rc;
}

static const struct verb report_verbs[] = { {
    .noun = "report",
    .method = REPORT_METHOD("GetReport"),
    .summary = "show what the log amounts to: contacts, fidelity, outcomes and more",
    .example = "canvass report\n"
               "canvass report contacts --from 7/7 --to 3/8\n"
               "canvass report contacts --from 7/7 --to 3/8 --rows 1\n"
               "canvass report outcomes --csv outcomes.csv\n"
               "canvass report --html reports.html",
    .notes
    = "A specialist reads their own figures, a lead the team's, an auditor the borough's. An "
      "auditor's, and all that --csv and --html write, are of a whole quarter, with small "
      "numbers of clients hidden, and are noted in the audit. The page stands by itself and "
      "can be printed; its plots are drawn by gnuplot if that is installed.",
    VERB_ARGS(report_args),
    .run = report_run,
} };
const struct noun report_noun = { "report",
    "what the log amounts to: contacts, fidelity, outcomes and more", NOUN_VERBS(report_verbs) };
