/* Writing CSV: a comma between cells, quotes where they are needed, LF at the end. */
#pragma once

#include "base/str.h"

/* Append a cell; the caller puts the commas. */
void csv_out_cell(struct str *out, const char *text);

/* Append a cell for a spreadsheet: one that it would run as a formula (it begins with = + - @, a
 * tab or a CR) gets a ' in front. Numbers and telephone numbers ("-5", "+44 20") are left as they
 * are. */
void csv_out_safe_cell(struct str *out, const char *text);
