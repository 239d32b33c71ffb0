/* Report tables as one page that stands by itself: no script, nothing from elsewhere, and all that
 * people wrote escaped. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>

/* Append text so that it is nothing but text, between tags or in a quoted attribute. */
void html_add(struct str *out, const char *text);

/* Append a page of tables (an array of ReportTable, snake_case names), each with its definition
 * and, where there is gnuplot, its plot. *@ret_has_plots is false if there is none. ERR_EXHAUSTED,
 * and ERR_UNKNOWN if gnuplot fails. */
int html_page(
    const json_t *tables, struct str *out, bool *ret_has_plots, struct err *err) _must_check_;
