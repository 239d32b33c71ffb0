/* Printing answers: tables that fit the terminal, records, JSON. */
#pragma once

#include "base/str.h"
#include "client/app.h"
#include "client/verb.h"

/* Print an answer as its view says, or as JSON with --json. ERR_EXHAUSTED, ERR_UNKNOWN if the
 * output cannot be written. */
int output_answer(struct app *app, const struct view *view, const struct answer *answer,
    struct err *err) _must_check_;

/* Say that a write was done, or only checked. */
void output_done(const struct app *app, const struct verb *verb);

/* Print rows (an array) as a table; the view's empty sentence on stderr if there are none. */
int output_rows(
    struct app *app, const struct view *view, const json_t *rows, struct err *err) _must_check_;

/* Print rows below a title; nothing where there are none. */
int output_part(struct app *app, const char *title, const struct view *view, const json_t *rows,
    struct err *err) _must_check_;

/* Print a record: a heading and a value on each line; what is unset has no line. */
int output_record(
    struct app *app, const struct view *view, const json_t *record, struct err *err) _must_check_;

/* Print a JSON value: indented on a terminal, else on one line. */
int output_json(struct app *app, const json_t *value, struct err *err) _must_check_;

/* Write out what was printed. ERR_UNKNOWN if the output cannot be written. When nobody reads it any
 * more ("canvass … | head") the program ends as SIGPIPE ends others, without a word; the signal is
 * ignored until then, because a connection that breaks would raise it as well. */
int output_flush(struct app *app, struct err *err) _must_check_;

/* Append the text of a value in a column's format. */
void output_cell(const json_t *value, enum format format, struct str *out);
