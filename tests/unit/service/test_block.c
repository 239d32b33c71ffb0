#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "service/block.h"

#include <string.h>

#define HEAD "-- canvass.v1.EmployerService/GetEmployer  roles: specialist lead\n"

static void check_sql(const char *body, const char *expected)
{
    struct block_list list = { 0 };
    struct err err = { 0 };
    _cleanup_(str_release) struct str text = { 0 };

    str_addf(&text, HEAD "%s", body);
    int r = block_list_parse(&list, "t.sql", text.data, &err);
    if (r < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(list.n_blocks, 1);
    assert_string_equal(list.blocks[0].sql, expected);
    block_list_release(&list);
}

static void check_fault(const char *text, const char *expected)
{
    struct block_list list = { 0 };
    struct err err = { 0 };

    assert_int_equal(block_list_parse(&list, "t.sql", text, &err), ERR_INVALID);
    if (!strstr(err.msg, expected))
        fail_msg("\"%s\" is not in \"%s\"", expected, err.msg);
    block_list_release(&list);
}

static void test_block__header_names_method_roles_and_kind(void **state)
{
    struct block_list list = { 0 };
    struct err err = { 0 };
    (void)state;

    assert_int_equal(block_list_parse(&list, "a.sql",
                         "-- What employers are.\n\n" HEAD "SELECT 1;\n\n"
                         "-- canvass.v1.X/Write roles: administrator writes\nSELECT 2\n"
                         "-- canvass.v1.X/Secret#part roles: anyone once\r\nSELECT 3\n",
                         &err),
        0);
    assert_int_equal(list.n_blocks, 3);
    const struct block *get
        = block_list_find(&list, "canvass.v1.EmployerService/GetEmployer", 38, "");
    assert_non_null(get);
    assert_int_equal(get->line, 3);
    assert_string_equal(get->file, "a.sql");
    assert_int_equal(get->roles, 1u << BLOCK_ROLE_SPECIALIST | 1u << BLOCK_ROLE_LEAD);
    assert_false(get->writes);
    assert_true(list.blocks[1].writes);
    assert_false(list.blocks[1].once);
    assert_true(list.blocks[2].writes);
    assert_true(list.blocks[2].once);
    assert_string_equal(list.blocks[2].part, "part");
    assert_int_equal(list.blocks[2].roles, 15);
    assert_null(block_list_find(&list, "canvass.v1.X/Secret", 19, ""));
    block_list_release(&list);
}

static void test_block__paths_become_numbers(void **state)
{
    (void)state;
    check_sql("SELECT :a, :b.c_d", "SELECT $1, $2");
    check_sql("SELECT :a, :b, :a;", "SELECT $1, $2, $1");
    check_sql("SELECT f(:a::text)", "SELECT f($1::text)");
    check_sql("SELECT :a.", "SELECT $1.");
}

static void test_block__casts_slices_and_names_are_left_alone(void **state)
{
    (void)state;
    check_sql("SELECT x::text[], a[1:2], f(n := 1)", "SELECT x::text[], a[1:2], f(n := 1)");
    check_sql("SELECT a$b FROM c", "SELECT a$b FROM c");
}

static void test_block__quotes_and_comments_hide_paths(void **state)
{
    (void)state;
    check_sql("SELECT ':a', 'it''s :b', \"e.:f\"", "SELECT ':a', 'it''s :b', \"e.:f\"");
    check_sql("SELECT E'\\':a', :b", "SELECT E'\\':a', $1");
    check_sql("SELECT 'C:\\', :b", "SELECT 'C:\\', $1");
    check_sql("SELECT $$:a$$, $x$ $$ :b $x$, :c", "SELECT $$:a$$, $x$ $$ :b $x$, $1");
    check_sql(
        "SELECT /* :a /* :b */ ; */ 1 -- :c ;\n, :d", "SELECT /* :a /* :b */ ; */ 1 -- :c ;\n, $1");
}

static void test_block__what_follows_the_statement_is_dropped(void **state)
{
    (void)state;
    check_sql("SELECT 1;\n\n-- about the next one\n", "SELECT 1");
    check_sql("SELECT 1 \n/* end */ \n", "SELECT 1");
}

static void test_block__any_query_will_do(void **state)
{
    (void)state;
    check_sql("(( select 1 ))", "(( select 1 ))");
    check_sql("/* a */ With x AS (SELECT 1) TABLE x", "/* a */ With x AS (SELECT 1) TABLE x");
    check_sql("VALUES (1)", "VALUES (1)");
    check_sql("DELETE FROM x", "DELETE FROM x");
}

static void test_block__remembers_where_a_parameter_stands(void **state)
{
    struct block_list list = { 0 };
    (void)state;

    assert_int_equal(block_list_parse(&list, "t.sql", HEAD "SELECT\n '\n',\n :a.b", NULL), 0);
    assert_int_equal(list.blocks[0].n_params, 1);
    assert_string_equal(list.blocks[0].params[0].path, "a.b");
    assert_int_equal(list.blocks[0].params[0].line, 5);
    block_list_release(&list);
}

static void test_block__faults_name_file_and_line(void **state)
{
    (void)state;
    check_fault("SELECT 1\n", "t.sql:1: no header");
    check_fault("-- canvass.v1.X/Y\nSELECT 1", "t.sql:1: \"roles:\" must follow");
    check_fault("-- canvass.v1.X/Y roles:\nSELECT 1", "t.sql:1: no role");
    check_fault("-- canvass.v1.X/Y roles: king\nSELECT 1", "t.sql:1: \"king\" is neither");
    check_fault(HEAD "\n-- nothing\n", "has no statement");
    check_fault(HEAD "SELECT 1;\nSELECT 2;", "t.sql:3: a block is one statement");
    check_fault(HEAD "SELECT 1; :a", "a block is one statement");
    check_fault(HEAD "-- rows\nCOPY employer TO STDOUT", "t.sql:3: a block is a query (SELECT, ");
    check_fault(HEAD "(SET ROLE postgres)", "not SET");
    check_fault(HEAD "SELECT 'open", "t.sql:2: this quote is never closed");
    check_fault(HEAD "SELECT\n$a$ open", "t.sql:3: this dollar quote");
    check_fault(HEAD "SELECT 1 /* open", "t.sql:2: this comment");
    check_fault(HEAD "SELECT $1", "t.sql:2: parameters are written :path");
    check_fault(HEAD "SELECT 1\n" HEAD "SELECT 2",
        "t.sql:3: canvass.v1.EmployerService/GetEmployer "
        "has a block already, at t.sql:1");
}

static void test_block__refuses_too_many_parameters(void **state)
{
    _cleanup_(str_release) struct str text = { 0 };
    (void)state;

    str_addz(&text, HEAD "SELECT 1");
    for (int i = 0; i <= BLOCK_PARAMS_MAX; i++)
        str_addf(&text, ", :p%d", i);
    check_fault(text.data, "too many parameters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block__header_names_method_roles_and_kind),
        cmocka_unit_test(test_block__paths_become_numbers),
        cmocka_unit_test(test_block__casts_slices_and_names_are_left_alone),
        cmocka_unit_test(test_block__quotes_and_comments_hide_paths),
        cmocka_unit_test(test_block__what_follows_the_statement_is_dropped),
        cmocka_unit_test(test_block__any_query_will_do),
        cmocka_unit_test(test_block__remembers_where_a_parameter_stands),
        cmocka_unit_test(test_block__faults_name_file_and_line),
        cmocka_unit_test(test_block__refuses_too_many_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
