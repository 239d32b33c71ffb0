#include "client/plot.h"

#include "client/html.h"
#include "client/remote.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROW_HEIGHT 20
#define BAR_HEIGHT 14
#define MAX_SERIES 4

/* The columns that are drawn, and where the words of a line are. */
struct drawing {
    const json_t *table;
    size_t label; /* of the cells */
    size_t series[MAX_SERIES];
    size_t n_series;
};

static void find_series(struct drawing *d)
{
    size_t i, j;
    json_t *column, *key;
    json_array_foreach(json_get_path(d->table, "plot_of"), i, key)
    {
        json_array_foreach(json_get_path(d->table, "columns"), j, column)
        {
            if (json_is_true(json_get_path(column, "is_text")))
                d->label = j;
            else if (str_eq(json_text_at(column, "key"), json_string_value(key))
                && d->n_series < MAX_SERIES)
                d->series[d->n_series++] = j;
        }
    }
}

static const json_t *cell_at(const json_t *row, size_t column)
{
    return json_array_get(json_get_path(row, "cells"), column);
}

/* Text of a person, for gnuplot: it ends no string and is no command. */
static void add_quoted(struct str *out, const char *text)
{
    str_addc(out, '"');
    for (; *text; text++)
        str_addc(out, strchr("\"\\`'", *text) ? ' ' : (unsigned char)*text < ' ' ? ' ' : *text);
    str_addc(out, '"');
}

/* What is hidden has no length. */
static double number_of(const json_t *cell)
{
    return json_number_value(json_get_path(cell, "number"));
}

static bool is_total(const json_t *row)
{
    return json_is_true(json_get_path(row, "total"));
}

/* The words of a line, as one quoted text. */
static void add_label(const struct drawing *d, const json_t *row, struct str *out)
{
    _cleanup_(str_release) struct str words = { 0 };
    for (size_t i = 0; i <= d->label; i++) {
        str_addz(&words, i ? " \xe2\x80\x93 " : "");
        str_addz(&words, json_text_at(cell_at(row, i), "text"));
    }
    add_quoted(out, str_text(&words));
}

/* A line of the table: its words, and of each column the length and the text of the bar. */
static size_t add_bars_data(const struct drawing *d, struct str *out)
{
    size_t i, n = 0;
    json_t *row;
    json_array_foreach(json_get_path(d->table, "rows"), i, row)
    {
        if (is_total(row))
            continue;
        add_label(d, row, out);
        for (size_t j = 0; j < d->n_series; j++) {
            const json_t *cell = cell_at(row, d->series[j]);
            str_addf(out, " %.4f ", number_of(cell));
            add_quoted(out, json_text_at(cell, "text"));
        }
        str_addc(out, '\n');
        n++;
    }
    return n;
}

/* A line over time: lines of the same week together, in order. */
static size_t add_lines_data(const struct drawing *d, struct str *out)
{
    size_t i;
    json_t *row, *value, *sums = json_object();
    const char *week;
    json_array_foreach(json_get_path(d->table, "rows"), i, row)
    {
        if (is_total(row))
            continue;
        week = json_text_at(cell_at(row, d->label), "text");
        (void)json_object_set_new(sums, week,
            json_real(json_number_value(json_object_get(sums, week))
                + number_of(cell_at(row, d->series[0]))));
    }
    /* Days sort as text; gnuplot sorts what it smooths. */
    json_object_foreach(sums, week, value)
    {
        add_quoted(out, week);
        str_addf(out, " %.4f\n", json_number_value(value));
    }
    size_t n = json_object_size(sums);
    json_decref(sums);
    return n;
}

static const char *heading_of(const struct drawing *d, size_t i)
{
    return json_text_at(
        json_array_get(json_get_path(d->table, "columns"), d->series[i]), "heading");
}

static void add_bars(const struct drawing *d, struct str *out)
{
    static const char *const colors[MAX_SERIES] = { "#1f4e79", "#e8a33d", "#7a7a7a", "#3c8d5a" };
    double width = 0.72 / (double)d->n_series;
    str_addz(out,
        "set xrange [0:*]\nset offsets graph 0, graph 0.12, 0, 0\nset tics nomirror\n"
        "set ytics scale 0\nset grid xtics lc rgb '#d9d9d9'\n"
        "set border 2 lc rgb '#555555'\nset style fill solid 1 noborder\nplot ");
    for (size_t i = 0; i < d->n_series; i++) {
        double at = width * ((double)i - ((double)d->n_series - 1) / 2);
        size_t column = 2 + 2 * i;
        str_addf(out,
            "%s$data using (0.5*$%zu):($0%+.3f):(0.5*$%zu):(%.3f)%s with boxxyerror"
            " lc rgb '%s' title ",
            i ? ", " : "", column, at, column, width / 2 * 0.92, i ? "" : ":ytic(1)", colors[i]);
        add_quoted(out, d->n_series > 1 ? heading_of(d, i) : "");
        str_addf(out, ", $data using %zu:($0%+.3f):%zu with labels left offset 0.4,0 notitle",
            column, at, column + 1);
    }
    str_addc(out, '\n');
}

static void add_lines(const struct drawing *d, struct str *out)
{
    str_addz(out,
        "set xdata time\nset timefmt '\"%Y-%m-%d\"'\nset format x '%d %b'\n"
        "set yrange [0:*]\nset grid ytics lc rgb '#d9d9d9'\nset tics nomirror\n"
        "set border 3 lc rgb '#555555'\nset autoscale xfix\nset rmargin 5\n"
        "set key above\nplot $data using 1:2 smooth unique with linespoints lw 2 pt 7"
        " ps 0.5 lc rgb '#1f4e79' title ");
    add_quoted(out, heading_of(d, 0));
    str_addc(out, '\n');
}

static int write_script(const struct drawing *d, struct str *out, struct err *err)
{
    _cleanup_(str_release) struct str data = { 0 };
    bool is_bars = str_eq(json_text_at(d->table, "plot"), "bars");
    size_t n = is_bars ? add_bars_data(d, &data) : add_lines_data(d, &data);
    size_t height = is_bars ? 90 + n * (ROW_HEIGHT + BAR_HEIGHT * d->n_series) : 320;
    str_addf(out,
        "set terminal svg size 760,%zu dynamic font 'sans-serif,14'"
        " background rgb 'white'\n"
        "set encoding utf8\nset termoption noenhanced\n$data << END\n%sEND\n",
        height, str_text(&data));
    if (is_bars)
        str_addf(out, "set yrange [%zu.1-0.5:-0.6]\nset key above\n", n);
    if (n == 0 || d->n_series == 0)
        str_reset(out);
    else if (is_bars)
        add_bars(d, out);
    else
        add_lines(d, out);
    return out->failed || data.failed ? err_oom(err) : 0;
}

/* ---- running it ---- */

static int spawn_gnuplot(const int in[2], const int out[2], pid_t *ret_pid, struct err *err)
{
    /* Without the files of whoever runs it. */
    static char name[] = "gnuplot", defaults[] = "-d", standard[] = "-";
    char *argv[] = { name, defaults, standard, NULL };
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return err_oom(err);
    int rc = posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclose(&actions, in[1]);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclose(&actions, out[0]);
    if (rc == 0)
        rc = posix_spawnp(ret_pid, name, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (rc == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "there is no gnuplot");
    return rc == 0 ? 0 : err_set(err, ERR_UNKNOWN, "cannot start gnuplot: %s", strerror(rc));
}

/* The script is read whole before gnuplot writes more than a pipe holds: it draws at its last line.
 */
static void talk(int to, int from, const struct str *script, struct str *out)
{
    char buffer[4096];
    ssize_t n;
    for (size_t at = 0; at < script->len; at += (size_t)n) {
        n = write(to, script->data + at, script->len - at);
        if (n < 0)
            break;
    }
    (void)close(to);
    while ((n = read(from, buffer, sizeof buffer)) > 0)
        str_add(out, buffer, (size_t)n);
    (void)close(from);
}

static int run_gnuplot(const struct str *script, struct str *out, struct err *err)
{
    int in[2], from[2], status = 0;
    pid_t pid = 0;
    if (pipe(in) < 0)
        return err_set(err, ERR_EXHAUSTED, "cannot make a pipe: %s", strerror(errno));
    if (pipe(from) < 0) {
        (void)close(in[0]);
        (void)close(in[1]);
        return err_set(err, ERR_EXHAUSTED, "cannot make a pipe: %s", strerror(errno));
    }
    int rc = spawn_gnuplot(in, from, &pid, err);
    (void)close(in[0]);
    (void)close(from[1]);
    if (rc < 0) {
        (void)close(in[1]);
        (void)close(from[0]);
        return rc;
    }
    talk(in[1], from[0], script, out);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !strstr(str_text(out), "</svg>"))
        return err_set(err, ERR_UNKNOWN, "gnuplot drew nothing");
    return out->failed ? err_oom(err) : 0;
}

/* ---- into the page ---- */

/* Ids of several plots in one page differ, and so do what refers to them. */
static void add_named(struct str *out, const char *svg, const char *end, const char *name)
{
    static const char *const before[] = { "id='", "id=\"", "href='#", "url(#" };
    while (svg < end) {
        size_t used = 0;
        for (size_t i = 0; i < ARRAY_SIZE(before) && !used; i++) {
            if (str_starts_with(svg, before[i])) {
                used = strlen(before[i]);
                str_add(out, svg, used);
                str_addf(out, "%s-", name);
            }
        }
        if (!used)
            str_addc(out, *svg);
        svg += used ? used : 1;
    }
}

static void add_spoken(struct str *out, const json_t *table, const char *name)
{
    str_addf(out, "<title id=\"%s-title\">", name);
    html_add(out, json_text_at(table, "report.title"));
    str_addf(out, "</title>\n<desc id=\"%s-desc\">", name);
    html_add(out, json_text_at(table, "scope"));
    str_addz(out, ". The table below has the figures.</desc>\n");
}

static int add_svg(const json_t *table, const struct str *drawn, const char *name, struct str *out,
    struct err *err)
{
    const char *svg = strstr(str_text(drawn), "<svg");
    const char *title = svg ? strstr(svg, "<title>") : NULL;
    const char *rest = title ? strstr(title, "</desc>") : NULL;
    const char *end = rest ? strstr(rest, "</svg>") : NULL;
    if (!end)
        return err_set(err, ERR_UNKNOWN, "gnuplot drew something else than was expected");
    str_addf(out, "<svg role=\"img\" aria-labelledby=\"%s-title %s-desc\"", name, name);
    str_add(out, svg + 4, (size_t)(title - svg - 4));
    add_spoken(out, table, name);
    add_named(out, rest + strlen("</desc>"), end, name);
    str_addz(out, "</svg>\n");
    return out->failed ? err_oom(err) : 0;
}

int plot_table(const json_t *table, const char *name, struct str *out, struct err *err)
{
    _cleanup_(str_release) struct str script = { 0 };
    _cleanup_(str_release) struct str drawn = { 0 };
    struct drawing d = { .table = table };
    if (!*json_text_at(table, "plot"))
        return 0;
    find_series(&d);
    int rc = write_script(&d, &script, err);
    if (rc < 0 || script.len == 0)
        return rc;
    rc = run_gnuplot(&script, &drawn, err);
    return rc < 0 ? rc : add_svg(table, &drawn, name, out, err);
}
