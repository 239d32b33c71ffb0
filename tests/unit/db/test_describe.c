/* Questions at start, which wait for their answers. */
#include "db_asking.h"

#include "db/describe.h"

static struct db_describer *describer;

static int open_describer(void **state)
{
    struct err err = { 0 };

    return db_describer_open(cluster.conninfo, 5 * USEC_PER_SEC, &describer, &err);
}

static int close_describer(void **state)
{
    db_describer_close(describer);
    return 0;
}

static void test_describe__tells_parameters_and_columns(void **state)
{
    _cleanup_(db_shape_release) struct db_shape shape = { 0 };
    struct err err = { 0 };
    int position = -1;

    assert_int_equal(db_describe(describer,
                         "SELECT id AS \"note.id\", text FROM note WHERE id = $1 AND owner = $2",
                         NULL, 0, &shape, &position, &err),
        0);
    assert_int_equal(position, 0);
    assert_int_equal(shape.n_params, 2);
    assert_int_equal(shape.param_oids[0], 23);
    assert_int_equal(shape.param_oids[1], 25);
    assert_int_equal(shape.n_columns, 2);
    assert_string_equal(shape.columns[0].name, "note.id");
    assert_int_equal(shape.columns[0].oid, 23);
    assert_string_equal(shape.columns[1].name, "text");
}

static void test_describe__takes_types(void **state)
{
    _cleanup_(db_shape_release) struct db_shape shape = { 0 };
    struct err err = { 0 };
    const uint32_t oids[] = { 20, 0 };

    assert_int_equal(db_describe(describer, "SELECT $1, $2::date", oids, 2, &shape, NULL, &err), 0);
    assert_int_equal(shape.param_oids[0], 20);
    assert_int_equal(shape.param_oids[1], 1082);
}

static void test_describe__says_where_the_fault_is(void **state)
{
    struct db_shape shape = { 0 };
    struct err err = { 0 };
    int position = 0;

    assert_int_equal(
        db_describe(describer, "SELECT nothing FROM note", NULL, 0, &shape, &position, &err),
        ERR_INTERNAL);
    assert_int_equal(position, 8);
    assert_non_null(strstr(err.msg, "nothing"));
    assert_int_equal(shape.n_columns, 0);
}

static void test_describe__of_a_statement_without_rows_has_no_columns(void **state)
{
    _cleanup_(db_shape_release) struct db_shape shape = { 0 };
    struct err err = { 0 };

    assert_int_equal(db_describe(describer, "DELETE FROM note", NULL, 0, &shape, NULL, &err), 0);
    assert_int_equal(shape.n_params + shape.n_columns, 0);
}

static void test_query__gives_rows_as_text(void **state)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct err err = { 0 };
    size_t len;

    assert_int_equal(
        db_query_simple(describer, "SELECT i, NULL FROM generate_series(10, 12) i", &rows, &err),
        0);
    const struct db_result *result = db_rows_result(rows);
    assert_int_equal(db_result_n_rows(result), 3);
    assert_string_equal(db_result_value(result, 2, 0, &len), "12");
    assert_int_equal(len, 2);
    assert_null(db_result_value(result, 2, 1, &len));
}

static void test_query__that_fails_leaves_the_session_well(void **state)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct err err = { 0 };

    assert_int_equal(db_query_simple(describer, "SELECT 1/0", &rows, &err), ERR_INVALID);
    assert_string_equal(err.msg, "division by zero");
    assert_null(rows);
    assert_int_equal(db_query_simple(describer, "SELECT 1", &rows, &err), 0);
}

static void test_open__says_why_it_cannot(void **state)
{
    struct db_describer *none = NULL;
    struct err err = { 0 };

    assert_int_equal(
        db_describer_open("host=/nonexistent", USEC_PER_SEC, &none, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.msg, "/nonexistent"));
    assert_null(none);
}

#define DESCRIBER_TEST(f) cmocka_unit_test_setup_teardown(f, open_describer, close_describer)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        DESCRIBER_TEST(test_describe__tells_parameters_and_columns),
        DESCRIBER_TEST(test_describe__takes_types),
        DESCRIBER_TEST(test_describe__says_where_the_fault_is),
        DESCRIBER_TEST(test_describe__of_a_statement_without_rows_has_no_columns),
        DESCRIBER_TEST(test_query__gives_rows_as_text),
        DESCRIBER_TEST(test_query__that_fails_leaves_the_session_well),
        DESCRIBER_TEST(test_open__says_why_it_cannot),
    };

    cluster_start(&cluster);
    int failed = cmocka_run_group_tests_name("db_describe", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
