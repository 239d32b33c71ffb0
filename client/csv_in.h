/* CSV as people save it: any of comma, semicolon and tab; UTF-8 with or without BOM; cells that are
 * not UTF-8 are taken for Windows-1252 and converted.
 *
 *     csv_in_open("list.csv", &in, &err);              "-" is standard input
 *     while ((r = csv_in_next(in, &row, &err)) > 0)
 *         row->cells[0 .. row->n]                      valid until the next call
 *     csv_in_free(in);
 *
 * Memory does not grow with the file. A quote that is never closed would swallow the rest: it is an
 * error that names the line where it began. What is no CSV at all (a spreadsheet, gzip, UTF-16) is
 * named for what it is. libcsv does the parsing.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv_in;

struct csv_row {
    int64_t line; /* of the file, where the row begins; the first is 1 */
    size_t n;
    const char *const *cells; /* UTF-8, without white space at the ends */
};

/* Open @path. ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID (no CSV), ERR_EXHAUSTED. */
int csv_in_open(const char *path, struct csv_in **ret_in, struct err *err) _must_check_;
void csv_in_free(struct csv_in *in);
define_cleanup(struct csv_in *, csv_in_free);

/* Read the next row that is not blank: 1, 0 at the end, or below 0. */
int csv_in_next(struct csv_in *in, const struct csv_row **ret_row, struct err *err) _must_check_;

/* Give the last row once more at the next csv_in_next(). */
void csv_in_push_back(struct csv_in *in);

/* How much was read, and the file's size; 0 where that is not known. */
void csv_in_progress(const struct csv_in *in, int64_t *ret_read_bytes, int64_t *ret_size_bytes);

/* The number of cells that were converted from Windows-1252. */
int64_t csv_in_n_converted(const struct csv_in *in) _pure_;

/* The separator that was found: ',', ';' or a tab. */
char csv_in_separator(const struct csv_in *in) _pure_;
