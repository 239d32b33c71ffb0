/* Values on their way to the server and back. */
#include "db_asking.h"

#include <endian.h>

static void test_values__null_empty_and_nul_bytes(void **state)
{
    struct err err = { 0 };
    struct answer answer;
    struct db_batch *batch = batch_as(DB_READ, "amira");
    struct db_value null = { 0 };
    assert_int_equal(db_batch_add(batch, &whoami, &null, 1, &err), 0);
    submit(batch, &answer);
    wait_for(&answer, 1);
    assert_string_equal(answer.text, "NULL");
    ask(&answer, DB_READ, "amira", &whoami, "");
    wait_for(&answer, 1);
    assert_string_equal(answer.text, "amira/");
    batch = batch_as(DB_READ, "amira");
    struct db_value nul = { .data = "a\0b", .len = 3 };
    assert_int_equal(db_batch_add(batch, &whoami, &nul, 1, &err), ERR_INVALID);
    db_batch_free(batch);
}

#define BIG_BYTES (5 << 20)

static const struct db_statement echo
    = { .name = "echo", .sql = "SELECT $1::bytea, $2::int, $3::text", .n_params = 3 };

static void on_big(const struct db_reply *reply, void *arg)
{
    bool *is_done = arg;
    size_t len;

    assert_null(reply->err);
    const struct db_result *result = db_reply_result(reply, 0);
    assert_null(db_reply_result(reply, 1));
    const char *bytes = db_result_value(result, 0, 0, &len);
    assert_int_equal(len, BIG_BYTES);
    for (size_t i = 0; i < len; i++)
        assert_int_equal((unsigned char)bytes[i], i % 251);
    const void *number = db_result_value(result, 0, 1, &len);
    uint32_t value;
    assert_int_equal(len, sizeof(value));
    memcpy(&value, number, sizeof(value));
    assert_int_equal(be32toh(value), 0x01020304);
    assert_null(db_result_value(result, 0, 2, &len));
    assert_int_equal(len, 0);
    assert_int_equal(db_result_n_columns(result), 3);
    assert_int_equal(db_result_column_oid(result, 0), 17);
    assert_string_equal(db_result_column_name(result, 1), "int4");
    assert_null(db_result_value(result, 1, 0, &len));
    assert_null(db_result_value(result, 0, 3, &len));
    *is_done = true;
}

static void test_values__are_binary_both_ways_and_may_be_large(void **state)
{
    struct err err = { 0 };
    unsigned char *bytes = malloc(BIG_BYTES);
    uint32_t number = htobe32(0x01020304);
    struct db_value values[] = {
        { .data = bytes, .len = BIG_BYTES, .is_binary = true },
        { .data = &number, .len = sizeof(number), .is_binary = true },
        { .is_binary = true },
    };
    bool is_done = false;

    assert_non_null(bytes);
    for (size_t i = 0; i < BIG_BYTES; i++)
        bytes[i] = (unsigned char)(i % 251);
    struct db_batch *batch = batch_as(DB_WRITE, "amira");
    assert_int_equal(db_batch_add(batch, &echo, values, ARRAY_SIZE(values), &err), 0);
    free(bytes); /* they were copied */
    db_batch_submit(&batch, on_big, &is_done, NULL);
    while (!is_done)
        turn();
}

static void test_rows__may_be_many(void **state)
{
    static const struct db_statement rows
        = { .name = "rows", .sql = "SELECT repeat('x', 100) FROM generate_series(1, 100000)" };
    struct answer answers[2];

    ask(&answers[0], DB_READ, "amira", &rows, NULL);
    ask(&answers[1], DB_READ, "tom", &whoami, "1");
    wait_for(answers, 2);
    assert_int_equal(answers[0].n_rows, 100000);
    assert_string_equal(answers[1].text, "tom/1");
}

static void on_affected(const struct db_reply *reply, void *arg)
{
    uint64_t *n = arg;

    *n = db_result_n_affected(db_reply_result(reply, 0));
}

static void test_result__says_how_many_rows_changed(void **state)
{
    static const struct db_statement fill = { .name = "fill",
        .sql = "INSERT INTO note SELECT i, 'amira', '' FROM generate_series(1, 7) i" };
    struct db_batch *batch = batch_as(DB_WRITE, "amira");
    uint64_t n = 0;

    add(batch, &fill, NULL);
    db_batch_submit(&batch, on_affected, &n, NULL);
    while (n == 0)
        turn();
    assert_int_equal(n, 7);
}

static void test_values__must_be_as_many_as_parameters(void **state)
{
    struct err err = { 0 };
    struct db_value value = text("1");
    struct db_batch *batch = batch_as(DB_READ, "amira");

    assert_int_equal(db_batch_add(batch, &echo, &value, 1, &err), ERR_INTERNAL);
    db_batch_free(batch);
}

static void test_batch__takes_many_statements_and_values(void **state)
{
    static const struct db_statement wide = { .name = "wide",
        .sql = "SELECT concat($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text,"
               " $8::text, $9::text, $10::text, $11::text, $12::text, $13::text, $14::text,"
               " $15::text, $16::text, $17::text, $18::text, $19::text, $70::text)",
        .n_params = 70 };
    struct err err = { 0 };
    struct db_value values[70];
    struct answer answer;

    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        values[i] = text(i < 10 || i == 69 ? "y" : NULL);
    struct db_batch *batch = batch_as(DB_READ, "amira");
    for (int i = 0; i < 50; i++)
        assert_int_equal(db_batch_add(batch, &wide, values, ARRAY_SIZE(values), &err), 0);
    submit(batch, &answer);
    wait_for(&answer, 1);
    assert_int_equal(answer.code, ERR_INTERNAL); /* no type for $20 */
    assert_string_equal(answer.sqlstate, "42P18");
    uint32_t oids[70];
    for (size_t i = 0; i < ARRAY_SIZE(oids); i++)
        oids[i] = 25;
    struct db_statement typed = wide;
    typed.param_oids = oids;
    batch = batch_as(DB_READ, "amira");
    for (int i = 0; i < 50; i++)
        assert_int_equal(db_batch_add(batch, &typed, values, ARRAY_SIZE(values), &err), 0);
    submit(batch, &answer);
    wait_for(&answer, 1);
    assert_int_equal(answer.code, 0);
    assert_int_equal(answer.n_results, 50);
    assert_string_equal(answer.text, "yyyyyyyyyyy");
    let_it_be_sent();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        POOL_TEST(test_values__null_empty_and_nul_bytes),
        POOL_TEST(test_values__are_binary_both_ways_and_may_be_large),
        POOL_TEST(test_rows__may_be_many),
        POOL_TEST(test_result__says_how_many_rows_changed),
        POOL_TEST(test_values__must_be_as_many_as_parameters),
        POOL_TEST(test_batch__takes_many_statements_and_values),
    };

    cluster_start(&cluster);
    int failed = cmocka_run_group_tests_name("db_values", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
