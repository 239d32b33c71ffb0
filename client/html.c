#include "client/html.h"

#include "client/plot.h"
#include "client/remote.h"

#include <stdio.h>
#include <string.h>

/* Readable on paper: dark on white, a report is not torn from its table, long tables repeat their
 * headings. */
static const char style[]
    = "body{font:16px/1.5 'Liberation Sans',Arial,sans-serif;color:#1a1a1a;background:#fff;"
      "max-width:62rem;margin:2rem auto;padding:0 1rem}\n"
      "h1{font-size:1.7rem;margin:0 0 .3rem}\n"
      "h2{font-size:1.25rem;margin:2.5rem 0 .3rem;border-top:2px solid #1f4e79;padding-top:.8rem}\n"
      "p{margin:.3rem 0 .8rem;max-width:48rem}\n.note{color:#444}\n"
      "nav ul{columns:2;padding-left:1.2rem}\na{color:#1f4e79}\n"
      "figure{margin:1rem 0;break-inside:avoid}\nsvg{width:100%;height:auto;max-width:760px}\n"
      ".wide{overflow-x:auto}\n"
      "table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}\n"
      "caption{text-align:left;font-weight:bold;padding:.3rem 0}\n"
      "th,td{padding:.25rem .7rem;border-bottom:1px solid #ccc;text-align:right;"
      "vertical-align:bottom}\n"
      "th[scope=row],td.text,th.text{text-align:left;font-weight:normal}\n"
      "td.text{white-space:nowrap}\n"
      "thead th,thead th.text{border-bottom:2px solid #1a1a1a;font-weight:bold}\n"
      "thead{display:table-header-group}\n"
      "tr.total td,tr.total th{font-weight:bold;border-top:2px solid #1a1a1a}\n"
      "@media print{body{font-size:10.5pt;margin:0;max-width:none}nav{display:none}"
      ".wide{overflow:visible}h2,caption{break-after:avoid}tr{break-inside:avoid}}\n";

void html_add(struct str *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            str_addz(out, "&amp;");
            break;
        case '<':
            str_addz(out, "&lt;");
            break;
        case '>':
            str_addz(out, "&gt;");
            break;
        case '"':
            str_addz(out, "&quot;");
            break;
        case '\'':
            str_addz(out, "&#39;");
            break;
        default:
            str_addc(out, *text);
        }
    }
}

static void add_element(struct str *out, const char *start, const char *text, const char *end)
{
    if (!*text)
        return;
    str_addz(out, start);
    html_add(out, text);
    str_addz(out, end);
}

static void add_headings(struct str *out, const json_t *table)
{
    size_t i;
    json_t *column;
    str_addz(out, "<thead><tr>");
    json_array_foreach(json_get_path(table, "columns"), i, column)
    {
        bool is_text = json_is_true(json_get_path(column, "is_text"));
        str_addz(out, is_text ? "<th scope=\"col\" class=\"text\">" : "<th scope=\"col\">");
        html_add(out, json_text_at(column, "heading"));
        str_addz(out, "</th>");
    }
    str_addz(out, "</tr></thead>\n<tbody>\n");
}

static void add_cell(struct str *out, const json_t *column, const char *text, bool is_first)
{
    bool is_text = json_is_true(json_get_path(column, "is_text"));
    str_addz(out, is_first ? "<th scope=\"row\">" : is_text ? "<td class=\"text\">" : "<td>");
    html_add(out, text);
    str_addz(out, is_first ? "</th>" : "</td>");
}

static void add_rows(struct str *out, const json_t *table)
{
    size_t i, j;
    json_t *row, *cell;
    const json_t *columns = json_get_path(table, "columns");
    json_array_foreach(json_get_path(table, "rows"), i, row)
    {
        bool is_total = json_is_true(json_get_path(row, "total"));
        str_addz(out, is_total ? "<tr class=\"total\">" : "<tr>");
        json_array_foreach(json_get_path(row, "cells"), j, cell)
        {
            add_cell(out, json_array_get(columns, j), json_text_at(cell, "text"), j == 0);
        }
        str_addz(out, "</tr>\n");
    }
}

static void add_table(struct str *out, const json_t *table)
{
    if (json_array_size(json_get_path(table, "rows")) == 0)
        return;
    str_addz(out, "<div class=\"wide\"><table>\n");
    add_element(out, "<caption>", json_text_at(table, "scope"), "</caption>\n");
    add_headings(out, table);
    add_rows(out, table);
    str_addz(out, "</tbody></table></div>\n");
}

static int add_section(struct str *out, const json_t *table, bool *has_plots, struct err *err)
{
    _cleanup_(str_release) struct str plot = { 0 };
    struct err why = { 0 };
    const char *name = json_text_at(table, "report.name");
    str_addz(out, "<section aria-labelledby=\"h-");
    html_add(out, name);
    str_addz(out, "\">\n<h2 id=\"h-");
    html_add(out, name);
    add_element(out, "\">", json_text_at(table, "report.title"), "</h2>\n");
    add_element(out, "<p>", json_text_at(table, "report.definition"), "</p>\n");
    add_element(out, "<p class=\"note\">", json_text_at(table, "note"), "</p>\n");
    int rc = *has_plots ? plot_table(table, name, &plot, &why) : 0;
    if (rc == ERR_NOT_FOUND)
        *has_plots = false;
    else if (rc < 0)
        return err_set(err, (enum err_code)rc, "%s", why.msg);
    if (plot.len)
        str_addf(out, "<figure>\n%s</figure>\n", str_text(&plot));
    add_table(out, table);
    str_addz(out, "</section>\n");
    return 0;
}

static void add_contents(struct str *out, const json_t *tables)
{
    size_t i;
    json_t *table;
    if (json_array_size(tables) < 2)
        return;
    str_addz(out, "<nav aria-label=\"Reports\"><ul>\n");
    json_array_foreach(tables, i, table)
    {
        str_addz(out, "<li><a href=\"#h-");
        html_add(out, json_text_at(table, "report.name"));
        add_element(out, "\">", json_text_at(table, "report.title"), "</a></li>\n");
    }
    str_addz(out, "</ul></nav>\n");
}

int html_page(const json_t *tables, struct str *out, bool *ret_has_plots, struct err *err)
{
    size_t i;
    json_t *table;
    const json_t *first = json_array_get(tables, 0);
    *ret_has_plots = true;
    str_addz(out,
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">\n");
    add_element(out, "<title>Reports: ", json_text_at(first, "scope"), "</title>\n");
    str_addf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
    add_element(out, "<h1>Reports</h1>\n<p>", json_text_at(first, "scope"), "</p>\n");
    add_contents(out, tables);
    json_array_foreach(tables, i, table)
    {
        int rc = add_section(out, table, ret_has_plots, err);
        if (rc < 0)
            return rc;
    }
    str_addz(out, "</main>\n</body>\n</html>\n");
    return out->failed ? err_oom(err) : 0;
}
