/* CSV as people save it, and CSV that spreadsheets cannot be tricked with. */
#include "client/csv_in.h"
#include "client/csv_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int open_text(const char *text, size_t n, struct csv_in **ret_in, struct err *err)
{
    char path[] = "/tmp/canvass-csv-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    (void)close(fd);
    int rc = csv_in_open(path, ret_in, err);
    (void)unlink(path);
    return rc;
}

/* Rows as "line:cell|cell" with a newline each; an error as "!message". */
static void check_reads(const char *text, size_t n, const char *expected)
{
    _cleanup_(csv_in_freep) struct csv_in *in = NULL;
    _cleanup_(str_release) struct str got = { 0 };
    const struct csv_row *row;
    struct err err = { 0 };
    int rc = open_text(text, n, &in, &err);
    while (rc == 0 && (rc = csv_in_next(in, &row, &err)) > 0) {
        str_addf(&got, "%lld:", (long long)row->line);
        for (size_t i = 0; i < row->n; i++)
            str_addf(&got, "%s%s", i ? "|" : "", row->cells[i]);
        str_addc(&got, '\n');
        rc = 0;
    }
    if (rc < 0)
        str_addf(&got, "!%.50s", err.msg);
    assert_string_equal(str_text(&got), expected);
}

#define CHECK(text, expected) check_reads(text, sizeof(text) - 1, expected)

static void test_csv_in__reads_what_spreadsheets_write(void **state)
{
    (void)state;
    CHECK("a,b\n1, 2 \n", "1:a|b\n2:1|2\n");
    CHECK("\xef\xbb\xbf"
          "a;b\r\n1;2\r\n",
        "1:a|b\n2:1|2\n");
    CHECK("a\tb\n1\t\"x\ty\"", "1:a|b\n2:1|x\ty\n");
    CHECK("a,b\r1,2\r3,4\r", "1:a|b\n2:1|2\n3:3|4\n");
    CHECK("a,\"b \"\"c\"\"\"\n", "1:a|b \"c\"\n");
    CHECK("a,5\" pipe\n", "1:a|5\" pipe\n");
    CHECK("a\n\n\n,,\nb\n", "1:a\n5:b\n");
}

static void test_csv_in__counts_the_lines_of_cells(void **state)
{
    (void)state;
    CHECK("a,b\n\"x\ny\nz\",1\nlast,2\n", "1:a|b\n2:x\ny\nz|1\n5:last|2\n");
    CHECK("a,b\r\n\"x\r\ny\",1\r\nlast,2\r\n", "1:a|b\n2:x\r\ny|1\n4:last|2\n");
}

static void test_csv_in__converts_windows_1252(void **state)
{
    (void)state;
    CHECK("name\nCaf\xe9 \x80\nCaf\xc3\xa9\n", "1:name\n2:Café €\n3:Café\n");
    _cleanup_(csv_in_freep) struct csv_in *in = NULL;
    const struct csv_row *row;
    assert_int_equal(open_text("Caf\xe9,x\n\x81\n", 10, &in, NULL), 0);
    assert_int_equal(csv_in_next(in, &row, NULL), 1);
    assert_int_equal(csv_in_n_converted(in), 1);
    assert_int_equal(csv_in_next(in, &row, NULL), 1);
    assert_string_equal(row->cells[0], "\xef\xbf\xbd");
}

static void test_csv_in__names_the_line_of_an_unclosed_quote(void **state)
{
    (void)state;
    CHECK("a,b\n1,2\n\"x,3\n4,5\n6,7\n",
        "1:a|b\n2:1|2\n!line 3: a quote (\") opens a cell there and is neve");
    CHECK(
        "a,b\n\"x\ny\",\"z\n4,5\n", "1:a|b\n!line 3: a quote (\") opens a cell there and is neve");
    _cleanup_(str_release) struct str text = { 0 };
    str_addz(&text, "a\n\"begin\n");
    for (int i = 0; i < 5000; i++) /* found long before the end */
        str_addz(&text, "x\n");
    str_addz(&text, "\"\n");
    check_reads(text.data, text.len, "1:a\n!line 2: a quote (\") opens a cell there and is neve");
}

static void test_csv_in__says_what_is_no_csv(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct csv_in *in = NULL;
    assert_int_equal(open_text("\x1f\x8b\x08", 3, &in, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "zcat"));
    assert_int_equal(open_text("PK\x03\x04", 4, &in, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "spreadsheet"));
    assert_int_equal(open_text("\xff\xfe"
                               "a",
                         3, &in, &err),
        ERR_INVALID);
    assert_non_null(strstr(err.msg, "UTF-16"));
    assert_int_equal(open_text("", 0, &in, &err), ERR_INVALID);
    assert_int_equal(csv_in_open("/nonexistent/x.csv", &in, &err), ERR_NOT_FOUND);
}

static void test_csv_in__reads_long_files_in_pieces(void **state)
{
    (void)state;
    _cleanup_(str_release) struct str text = { 0 };
    _cleanup_(csv_in_freep) struct csv_in *in = NULL;
    const struct csv_row *row;
    for (int i = 1; i <= 20000; i++)
        str_addf(&text, "%d,\"row, %d\"\r\n", i, i);
    assert_int_equal(open_text(text.data, text.len, &in, NULL), 0);
    for (int i = 1; i <= 20000; i++) {
        assert_int_equal(csv_in_next(in, &row, NULL), 1);
        assert_int_equal(row->line, i);
        assert_int_equal(strtol(row->cells[0], NULL, 10), i);
    }
    assert_int_equal(csv_in_next(in, &row, NULL), 0);
    csv_in_push_back(in);
    assert_int_equal(csv_in_next(in, &row, NULL), 1);
}

static void check_cell(const char *text, const char *expected)
{
    _cleanup_(str_release) struct str out = { 0 };
    csv_out_safe_cell(&out, text);
    assert_string_equal(str_text(&out), expected);
}

static void test_csv_out__defuses_formulas(void **state)
{
    (void)state;
    check_cell("=1+1", "'=1+1");
    check_cell("@SUM(A1)", "'@SUM(A1)");
    check_cell("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0");
    check_cell("+44 20 7946 0123", "+44 20 7946 0123");
    check_cell("-5", "-5");
    check_cell("plain", "plain");
    check_cell("a,\"b\"", "\"a,\"\"b\"\"\"");
    check_cell("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_in__reads_what_spreadsheets_write),
        cmocka_unit_test(test_csv_in__counts_the_lines_of_cells),
        cmocka_unit_test(test_csv_in__converts_windows_1252),
        cmocka_unit_test(test_csv_in__names_the_line_of_an_unclosed_quote),
        cmocka_unit_test(test_csv_in__says_what_is_no_csv),
        cmocka_unit_test(test_csv_in__reads_long_files_in_pieces),
        cmocka_unit_test(test_csv_out__defuses_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
