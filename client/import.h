/* Lists into the server: rows of a CSV file become messages, batches of messages go over one
 * stream, each answered before many more are read. */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "client/app.h"
#include "client/csv_in.h"

#include <protobuf-c/protobuf-c.h>

#define IMPORT_MAX_FIELDS 24

/* What a column of a file may be. */
struct import_field {
    const char *name; /* "postcode", as --map names it */
    const char *aliases; /* headings without case and punctuation, "|" between them */
    bool is_required;
    bool is_many; /* several columns may feed it, in their order */
};

/* A row as its fields' texts. */
struct import_row {
    int64_t line;
    const char
        *text[IMPORT_MAX_FIELDS]; /* "" where there is none; several columns are joined by LF */
};

/* One kind of list. */
struct import_kind {
    const char *what; /* "employers" */
    const char *method;
    const struct import_field *fields;
    size_t n_fields;
    size_t batch_rows;
    /* Make a message of a row. ERR_INVALID refuses the row: err->field and err->msg say why. */
    int (*make)(const struct import_row *row, struct arena *arena, ProtobufCMessage **ret_message,
        struct err *err);
    /* Whether the first row is data and not headings; then columns go to fields by place. */
    bool (*is_headless)(const struct csv_row *row);
    const int *headless_columns; /* field of each column; -1: none */
    size_t n_headless_columns;
};

/* How the columns of one file go to the fields. */
struct import_map {
    const struct import_kind *kind;
    int field_of[512]; /* by column; -1: none */
    size_t n_columns;
    size_t n_kept; /* columns before those that a file of problems adds */
    bool is_headless;
    char **headings; /* of the file, owned; for the file of problems */
};

/* Read the headings, or see that there are none, and lay them over the kind's fields. @wishes is
 * --map's text or NULL. ERR_INVALID. */
int import_map_read(struct app *app, const struct import_kind *kind, struct csv_in *in,
    const char *wishes, struct import_map *ret_map, struct err *err) _must_check_;
void import_map_release(struct import_map *map);

/* Tell on stderr what was taken for what. */
void import_map_print(struct app *app, const struct import_map *map);

/* Bring a row's cells to their fields; texts live in @arena. ERR_INVALID, ERR_EXHAUSTED. */
int import_map_apply(const struct import_map *map, const struct csv_row *row, struct arena *arena,
    struct import_row *ret_row, struct err *err) _must_check_;

/* The file that refused rows go to; it is made with the first of them. */
struct import_problems {
    const char *path;
    FILE *file;
    const struct import_map *map;
    int64_t n_rows;
};

/* Write one refused row: its cells as CSV text, and why. */
int import_problems_add(struct import_problems *problems, const char *cells, int64_t line,
    const char *field, const char *reason, struct err *err) _must_check_;

/* Close the file; the last chance to hear that it could not be written. */
int import_problems_close(struct import_problems *problems, struct err *err) _must_check_;

/* What an import did. */
struct import_tally {
    int64_t created, updated, unchanged, loaded, refused, warned, rows;
};

/* Send all rows. Returns when everything sent was answered: at the end of the file, or after Ctrl-C
 * (*@ret_is_stopped). A connection that breaks is made again, and what was not answered is sent
 * again under its request_id. */
int import_stream(struct app *app, const struct import_map *map, struct csv_in *in,
    const char *source, struct import_problems *problems, struct import_tally *ret_tally,
    bool *ret_is_stopped, struct err *err) _must_check_;
