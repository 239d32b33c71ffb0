#include "client/csv_in.h"

#include "base/str.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)64 << 10)
#define MAX_ROW_BYTES ((size_t)256 << 10)
#define MAX_ROW_LINES 200
#define MAX_CELLS 512

/* States of libcsv's parser, which its header does not name. */
#define ROW_NOT_BEGUN 0
#define FIELD_BEGUN 2

struct csv_in {
    int fd;
    bool is_parser_ready, is_at_end, is_finished, is_row_whole, is_pushed_back, ends_in_cr;
    char separator;
    struct csv_parser parser;
    iconv_t convert;
    uint8_t chunk[CHUNK_BYTES];
    size_t at, len; /* what is not parsed yet of the chunk */
    int64_t line, row_line, quote_line; /* being read; where the row and its open quote began */
    int64_t read_bytes, size_bytes, n_converted;
    struct str text; /* the row's cells, each ended by NUL */
    size_t starts[MAX_CELLS];
    size_t n;
    const char *cells[MAX_CELLS];
    bool is_failed, has_field_ended;
    struct csv_row row;
};

/* A cell that is no UTF-8 was most likely saved by a spreadsheet on Windows. */
static void add_converted(struct csv_in *in, const char *cell, size_t n)
{
    char out[8];
    for (size_t i = 0; i < n; i++) {
        char byte = cell[i], *from = &byte, *to = out;
        size_t from_left = 1, to_left = sizeof out;
        (void)iconv(in->convert, NULL, NULL, NULL, NULL);
        if (iconv(in->convert, &from, &from_left, &to, &to_left) == (size_t)-1)
            str_addz(&in->text, "\xef\xbf\xbd"); /* five bytes have no meaning there */
        else
            str_add(&in->text, out, sizeof out - to_left);
    }
    in->n_converted++;
}

static void on_cell(void *data, size_t n, void *arg)
{
    struct csv_in *in = arg;
    const char *cell = data;
    in->has_field_ended = true;
    if (in->n == MAX_CELLS) {
        in->is_failed = true;
        return;
    }
    while (n > 0 && (*cell == ' ' || *cell == '\t')) {
        cell++;
        n--;
    }
    while (n > 0 && (cell[n - 1] == ' ' || cell[n - 1] == '\t'))
        n--;
    size_t start = in->text.len;
    in->starts[in->n++] = start;
    if (utf8_valid(cell, n))
        str_add(&in->text, cell, n);
    else
        add_converted(in, cell, n);
    for (size_t i = start; i < in->text.len; i++) {
        if (!in->text.data[i])
            in->text.data[i] = ' ';
    }
    str_add(&in->text, "", 1);
}

static void on_row(int end, void *arg)
{
    struct csv_in *in = arg;
    (void)end;
    in->is_row_whole = true;
}

static int fill(struct csv_in *in, struct err *err)
{
    ssize_t n;
    do
        n = read(in->fd, in->chunk, sizeof in->chunk);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_set(err, ERR_UNAVAILABLE, "cannot read the file: %s", strerror(errno));
    in->at = 0;
    in->len = (size_t)n;
    in->read_bytes += n;
    in->is_at_end = n == 0;
    return 0;
}

static bool begins_with(const struct csv_in *in, const char *bytes, size_t n)
{
    return in->len >= n && memcmp(in->chunk, bytes, n) == 0;
}

static int check_kind(struct csv_in *in, const char *path, struct err *err)
{
    if (begins_with(in, "\xef\xbb\xbf", 3))
        in->at = 3;
    if (begins_with(in, "\x1f\x8b", 2))
        return err_set(
            err, ERR_INVALID, "%s is compressed: zcat %s | canvass import ... -", path, path);
    if (begins_with(in, "PK\x03\x04", 4) || begins_with(in, "\xd0\xcf\x11\xe0", 4))
        return err_set(err, ERR_INVALID, "%s is a spreadsheet: save it as CSV first", path);
    if (begins_with(in, "\xff\xfe", 2) || begins_with(in, "\xfe\xff", 2))
        return err_set(err, ERR_INVALID, "%s is UTF-16: save it as CSV UTF-8 first", path);
    if (in->len == 0)
        return err_set(err, ERR_INVALID, "%s is empty", path);
    return 0;
}

/* The separator is the one that the first line has most of, outside of quotes. */
static char find_separator(const struct csv_in *in)
{
    static const char candidates[] = ",;\t";
    size_t counts[3] = { 0 }, best = 0;
    bool is_quoted = false;
    for (size_t i = in->at; i < in->len && (is_quoted || in->chunk[i] != '\n'); i++) {
        is_quoted ^= in->chunk[i] == '"';
        for (size_t k = 0; k < 3 && !is_quoted; k++)
            counts[k] += in->chunk[i] == (uint8_t)candidates[k];
    }
    for (size_t k = 1; k < 3; k++)
        best = counts[k] > counts[best] ? k : best;
    return candidates[best];
}

static int is_no_space(unsigned char c)
{
    (void)c;
    return 0; /* we trim ourselves; libcsv would eat tabs that separate */
}

static int start(struct csv_in *in, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode))
        in->size_bytes = st.st_size;
    int rc = fill(in, err);
    if (rc == 0)
        rc = check_kind(in, path, err);
    if (rc < 0)
        return rc;
    in->separator = find_separator(in);
    in->line = 1;
    in->convert = iconv_open("UTF-8", "WINDOWS-1252");
    if (in->convert == (iconv_t)-1 || csv_init(&in->parser, CSV_APPEND_NULL) != 0)
        return err_oom(err);
    in->is_parser_ready = true;
    csv_set_delim(&in->parser, (unsigned char)in->separator);
    csv_set_space_func(&in->parser, is_no_space);
    return 0;
}

int csv_in_open(const char *path, struct csv_in **ret_in, struct err *err)
{
    _cleanup_(csv_in_freep) struct csv_in *in = calloc(1, sizeof *in);
    if (!in)
        return err_oom(err);
    in->convert = (iconv_t)-1;
    bool is_stdin = str_eq(path, "-");
    in->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "cannot open %s: %s",
            path, strerror(errno));
    int rc = start(in, is_stdin ? "standard input" : path, err);
    if (rc < 0)
        return rc;
    *ret_in = in;
    in = NULL;
    return 0;
}

void csv_in_free(struct csv_in *in)
{
    if (!in)
        return;
    if (in->fd > STDIN_FILENO)
        (void)close(in->fd);
    if (in->is_parser_ready)
        csv_free(&in->parser);
    if (in->convert != (iconv_t)-1)
        (void)iconv_close(in->convert);
    str_release(&in->text);
    free(in);
}

/* Between lines, a row that has begun means that a quote is open. */
static bool is_inside(const struct csv_in *in)
{
    return in->parser.pstate != ROW_NOT_BEGUN;
}

static int fail_open_quote(const struct csv_in *in, struct err *err)
{
    return err_set(err, ERR_INVALID,
        "line %" PRId64
        ": a quote (\") opens a cell there and is never closed; close it, or double "
        "the quotes that belong to the text",
        in->quote_line);
}

/* Parse up to and including the next end of a line, so that at most one row is completed. */
static int parse_line(struct csv_in *in, struct err *err)
{
    const uint8_t *from = in->chunk + in->at;
    size_t left = in->len - in->at, n = 0;
    while (n < left && from[n] != '\n' && from[n] != '\r')
        n++;
    n += n < left;
    if (in->ends_in_cr && !(n == 1 && from[0] == '\n'))
        in->line++; /* a CR alone ended the line before */
    if (!is_inside(in))
        in->row_line = in->quote_line = in->line;
    in->has_field_ended = false;
    if (csv_parse(&in->parser, from, n, on_cell, on_row, in) != n)
        return err_oom(err);
    if (in->has_field_ended && is_inside(in))
        in->quote_line = in->line;
    in->at += n;
    in->ends_in_cr = from[n - 1] == '\r';
    in->line += from[n - 1] == '\n';
    if (is_inside(in)
        && (in->line - in->row_line > MAX_ROW_LINES || in->text.len > MAX_ROW_BYTES
            || in->parser.entry_pos > MAX_ROW_BYTES))
        return fail_open_quote(in, err);
    return 0;
}

static int finish(struct csv_in *in, struct err *err)
{
    if (in->is_finished)
        return 0;
    in->is_finished = true;
    if (in->parser.quoted
        && in->parser.pstate == FIELD_BEGUN) /* libcsv tells in strict mode only */
        return fail_open_quote(in, err);
    return csv_fini(&in->parser, on_cell, on_row, in) == 0 ? 0 : err_oom(err);
}

static int take_row(struct csv_in *in, const struct csv_row **ret_row, struct err *err)
{
    if (in->text.failed)
        return err_oom(err);
    if (in->is_failed)
        return err_set(
            err, ERR_INVALID, "line %" PRId64 " has more than %d cells", in->row_line, MAX_CELLS);
    for (size_t i = 0; i < in->n; i++)
        in->cells[i] = in->text.data + in->starts[i];
    in->row = (struct csv_row) { .line = in->row_line, .n = in->n, .cells = in->cells };
    *ret_row = &in->row;
    return 1;
}

static bool is_blank(const struct csv_in *in)
{
    return in->text.len == in->n; /* nothing but the NULs */
}

int csv_in_next(struct csv_in *in, const struct csv_row **ret_row, struct err *err)
{
    if (in->is_pushed_back) {
        in->is_pushed_back = false;
        *ret_row = &in->row;
        return 1;
    }
    for (;;) {
        str_reset(&in->text);
        in->n = 0;
        in->is_row_whole = false;
        while (!in->is_row_whole && !in->is_finished) {
            int rc = in->at == in->len && !in->is_at_end ? fill(in, err) : 0;
            if (rc == 0)
                rc = in->is_at_end ? finish(in, err) : parse_line(in, err);
            if (rc < 0)
                return rc;
        }
        if (!in->is_row_whole)
            return 0;
        if (!is_blank(in))
            return take_row(in, ret_row, err);
    }
}

void csv_in_push_back(struct csv_in *in)
{
    in->is_pushed_back = true;
}

void csv_in_progress(const struct csv_in *in, int64_t *ret_read_bytes, int64_t *ret_size_bytes)
{
    *ret_read_bytes = in->read_bytes - (int64_t)(in->len - in->at);
    *ret_size_bytes = in->size_bytes;
}

int64_t csv_in_n_converted(const struct csv_in *in)
{
    return in->n_converted;
}

char csv_in_separator(const struct csv_in *in)
{
    return in->separator;
}
