/* What people see: cells, records, tables, and that data cannot drive the terminal. */
#include "client/output.h"
#include "client/text.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check_cell(const char *json, enum format format, const char *expected)
{
    _cleanup_(str_release) struct str out = { 0 };
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    output_cell(value, format, &out);
    json_decref(value);
    assert_string_equal(str_text(&out), expected);
}

static void test_cell__speaks_plainly(void **state)
{
    (void)state;
    check_cell("\"2026-11-24T10:00:00Z\"", FORMAT_MOMENT, "Tue 24 Nov 2026 10:00");
    check_cell("\"2026-07-01T09:30:00.123Z\"", FORMAT_MOMENT, "Wed 1 Jul 2026 10:30");
    check_cell("\"2026-06-30T23:00:00Z\"", FORMAT_MOMENT, "Wed 1 Jul 2026");
    check_cell("\"2026-11-24\"", FORMAT_DATE, "Tue 24 Nov 2026");
    check_cell("\"in_person\"", FORMAT_ENUM, "in person");
    check_cell("[\"lone_working\",\"nights\"]", FORMAT_ENUMS, "lone working, nights");
    check_cell("[\"fhrs:592\"]", FORMAT_LIST, "fhrs:592");
    check_cell("1271", FORMAT_PENCE, "£12.71");
    check_cell("0", FORMAT_PENCE, "");
    check_cell("375", FORMAT_TENTHS, "37.5");
    check_cell("0", FORMAT_METRES, "0 m");
    check_cell("true", FORMAT_YES, "yes");
    check_cell("false", FORMAT_YES, "");
    check_cell("0", FORMAT_NUMBER, "");
    check_cell("[{\"soc\":\"8214\",\"title\":\"Drivers\",\"weight\":5}]", FORMAT_WISHES,
        "8214 Drivers (5 of 5)");
    check_cell("[{\"span\":{\"weekday\":\"monday\",\"start_minute\":540,\"end_minute\":600},"
               "\"kind\":\"pickup\",\"movable\":true}]",
        FORMAT_WINDOWS, "1: Mon 09:00-10:00 pickup, can be moved");
}

static void test_cell__survives_what_is_no_date(void **state)
{
    (void)state;
    check_cell("\"2026-13-40T10:00:00Z\"", FORMAT_MOMENT, "");
    check_cell("\"2026-11\"", FORMAT_MOMENT, "");
    check_cell("\"\"", FORMAT_DATE, "");
    check_cell("7", FORMAT_DATE, "");
    check_cell("null", FORMAT_TEXT, "");
}

static void test_text__cannot_drive_the_terminal(void **state)
{
    (void)state;
    _cleanup_(str_release) struct str out = { 0 };
    text_clean("a\033[2Jb\x7f\xc2\x9b"
               "c\nd\r",
        " / ", &out);
    assert_string_equal(str_text(&out), "a?[2Jb??c / d");
}

static void test_text__wraps_at_words(void **state)
{
    (void)state;
    _cleanup_(str_release) struct str out = { 0 };
    text_wrap("one two three\nfour", 4, 12, &out);
    assert_string_equal(str_text(&out), "one two\n    three\n    four");
    assert_int_equal(text_width("café", strlen("café")), 4);
}

static void test_text__finds_words(void **state)
{
    (void)state;
    assert_true(text_has_words("Amira Shah amira@example.org", "shah amira"));
    assert_false(text_has_words("Amira Shah", "shah bob"));
    assert_true(text_has_words("x", ""));
    assert_int_equal(text_count_words("Jo Lee, clerk", "tool hire, jo clerk"), 2);
    assert_int_equal(text_count_words("x", " ,"), 0);
}

static char *print_rows(int width, bool is_terminal, const char *json)
{
    static const struct column columns[] = { { "NAME", "name", FORMAT_TEXT, COLUMN_SHRINK },
        { "ID", "id", FORMAT_TEXT, COLUMN_ID } };
    static const struct view view = { .rows = "rows", .columns = columns, .n_columns = 2 };
    struct app app = { .is_out_terminal = is_terminal, .width = width };
    char *text = NULL;
    size_t len = 0;
    app.out = open_memstream(&text, &len);
    json_t *rows = json_loads(json, 0, NULL);
    assert_int_equal(output_rows(&app, &view, rows, NULL), 0);
    json_decref(rows);
    (void)fclose(app.out);
    return text;
}

static void test_table__fits_the_terminal(void **state)
{
    (void)state;
    static const char *const rows
        = "[{\"name\":\"A name that is much longer than the terminal is wide\",\"id\":\"0190\"}]";
    _cleanup_(freep) char *narrow = print_rows(30, true, rows);
    for (const char *line = strtok_r(narrow, "\n", &(char *) { 0 }); line; line = NULL)
        assert_true(text_width(line, strlen(line)) <= 30);
    assert_null(strstr(narrow, "0190"));
    _cleanup_(freep) char *piped = print_rows(30, false, rows);
    assert_non_null(strstr(piped, "terminal is wide"));
    assert_non_null(strstr(piped, "0190"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cell__speaks_plainly),
        cmocka_unit_test(test_cell__survives_what_is_no_date),
        cmocka_unit_test(test_text__cannot_drive_the_terminal),
        cmocka_unit_test(test_text__wraps_at_words),
        cmocka_unit_test(test_text__finds_words),
        cmocka_unit_test(test_table__fits_the_terminal),
    };
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
