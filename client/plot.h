/* Plots of report tables, drawn by gnuplot as SVG to stand in a page. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* Append an SVG of @table (a ReportTable, snake_case names), without scripts or references outside;
 * its ids begin with @name. Nothing is appended if the table is not one to draw. ERR_NOT_FOUND if
 * there is no gnuplot; ERR_UNKNOWN if it fails; ERR_EXHAUSTED. */
int plot_table(
    const json_t *table, const char *name, struct str *out, struct err *err) _must_check_;
