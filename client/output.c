#include "client/output.h"

#include "client/remote.h"
#include "client/text.h"

#include <assert.h>
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <signal.h>
#include <string.h>

/* From this width on a table has room for ids, which are 36 columns wide. */
#define WIDE_COLUMNS 160
#define MAX_COLUMNS 40

static bool has_value(const struct column *column, const json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        _cleanup_(str_release) struct str text = { 0 };
        output_cell(json_get_path(row, column->path), column->format, &text);
        if (text.len)
            return true;
    }
    return false;
}

/* On a terminal there is no room for ids, or for columns without any value. */
static bool is_shown(const struct app *app, const struct column *column, const json_t *rows)
{
    if (!app->is_out_terminal)
        return true;
    if (column->flags & COLUMN_ID && !app->show_ids && app->width < WIDE_COLUMNS)
        return false;
    return has_value(column, rows);
}

static int add_columns(const struct view *view, const bool *shown, struct libscols_table *table)
{
    for (size_t i = 0; i < view->n_columns; i++) {
        const struct column *column = &view->columns[i];
        int flags = (column->flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0)
            | (column->flags & COLUMN_SHRINK ? SCOLS_FL_TRUNC : 0);
        if (shown[i] && !scols_table_new_column(table, column->heading, 0.1, flags))
            return ERR_EXHAUSTED;
    }
    return 0;
}

static int add_row(
    const struct view *view, const bool *shown, const json_t *row, struct libscols_table *table)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    size_t at = 0;
    if (!line)
        return ERR_EXHAUSTED;
    for (size_t i = 0; i < view->n_columns; i++) {
        _cleanup_(str_release) struct str text = { 0 };
        _cleanup_(str_release) struct str clean = { 0 };
        const struct column *column = &view->columns[i];
        if (!shown[i])
            continue;
        output_cell(json_get_path(row, column->path), column->format, &text);
        text_clean(str_text(&text), " ", &clean);
        if (text.failed || clean.failed || scols_line_set_data(line, at++, str_text(&clean)) != 0)
            return ERR_EXHAUSTED;
    }
    return 0;
}

int output_flush(struct app *app, struct err *err)
{
    if (!ferror(app->out) && fflush(app->out) == 0)
        return 0;
    if (errno == EPIPE) {
        (void)signal(SIGPIPE, SIG_DFL);
        (void)raise(SIGPIPE);
    }
    return err_set(err, ERR_UNKNOWN, "cannot write the output: %s", strerror(errno));
}

static int print_table(struct app *app, struct libscols_table *table, struct err *err)
{
    (void)scols_table_set_stream(table, app->out);
    if (app->is_out_terminal) {
        (void)scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
        (void)scols_table_set_termwidth(table, (size_t)app->width);
    } else {
        (void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    }
    if (scols_print_table(table) < 0)
        return err_oom(err);
    return output_flush(app, err);
}

int output_rows(struct app *app, const struct view *view, const json_t *rows, struct err *err)
{
    size_t i;
    json_t *row;
    if (json_array_size(rows) == 0) {
        app_note(app, "%s", view->empty ? view->empty : "nothing found");
        return 0;
    }
    bool shown[MAX_COLUMNS];
    assert(view->n_columns <= MAX_COLUMNS);
    struct libscols_table *table = scols_new_table();
    if (!table)
        return err_oom(err);
    for (i = 0; i < view->n_columns; i++)
        shown[i] = is_shown(app, &view->columns[i], rows);
    int rc = add_columns(view, shown, table);
    json_array_foreach(rows, i, row)
    {
        if (rc == 0)
            rc = add_row(view, shown, row, table);
    }
    rc = rc < 0 ? err_oom(err) : print_table(app, table, err);
    scols_unref_table(table);
    return rc;
}

int output_part(struct app *app, const char *title, const struct view *view, const json_t *rows,
    struct err *err)
{
    if (json_array_size(rows) == 0)
        return 0;
    (void)fprintf(app->out, "\n%s%s%s\n", app_bold(app), title, app_plain(app));
    return output_rows(app, view, rows, err);
}

int output_record(struct app *app, const struct view *view, const json_t *record, struct err *err)
{
    int indent = 0;
    for (size_t i = 0; i < view->n_columns; i++)
        indent
            = MAX(indent, text_width(view->columns[i].heading, strlen(view->columns[i].heading)));
    indent += 2;
    for (size_t i = 0; i < view->n_columns; i++) {
        _cleanup_(str_release) struct str text = { 0 };
        _cleanup_(str_release) struct str clean = { 0 };
        _cleanup_(str_release) struct str wrapped = { 0 };
        const struct column *column = &view->columns[i];
        output_cell(json_get_path(record, column->path), column->format, &text);
        text_clean(str_text(&text), "\n", &clean);
        text_wrap(str_text(&clean), indent, app->is_out_terminal ? app->width : 0, &wrapped);
        if (wrapped.failed)
            return err_oom(err);
        if (wrapped.len)
            (void)fprintf(app->out, "%s%s%s%*s%s\n", app_dim(app), column->heading, app_plain(app),
                indent - text_width(column->heading, strlen(column->heading)), "",
                str_text(&wrapped));
    }
    return output_flush(app, err);
}

void output_done(const struct app *app, const struct verb *verb)
{
    if (verb->done && app->dry_run)
        (void)fprintf(app->errout, "Checked; nothing was kept.\n");
    else if (verb->done && !app->json)
        (void)fprintf(app->errout, "%s\n", verb->done);
}

int output_json(struct app *app, const json_t *value, struct err *err)
{
    size_t flags = app->is_out_terminal ? JSON_INDENT(2) : JSON_COMPACT;
    (void)json_dumpf(value, app->out, flags | JSON_ENCODE_ANY); /* the stream remembers failures */
    (void)fputc('\n', app->out);
    return output_flush(app, err);
}

int output_answer(
    struct app *app, const struct view *view, const struct answer *answer, struct err *err)
{
    if (app->json)
        return output_json(app, answer->proto, err);
    if (!view)
        return 0;
    if (view->rows)
        return output_rows(app, view, json_get_path(answer->value, view->rows), err);
    return output_record(app, view, json_get_path(answer->value, view->record), err);
}
