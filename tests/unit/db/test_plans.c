/* Prepared statements: made on first use, lost, gone stale, impossible. */
#include "db_asking.h"

static const struct db_statement fail
    = { .name = "fail", .sql = "SELECT 1/($1::text::int)::text", .n_params = 1 };
static const struct db_statement star = { .name = "star", .sql = "SELECT * FROM wide" };

static void test_statement__that_cannot_be_prepared_is_an_error_each_time(void **state)
{
    struct answer answers[2];
    for (int i = 0; i < 2; i++) {
        ask(&answers[i], DB_READ, "amira", &fail, "1");
        wait_for(&answers[i], 1);
        assert_string_equal(answers[i].sqlstate, "42883");
        assert_int_equal(answers[i].failed_index, 0);
    }
    struct answer good;
    ask(&good, DB_READ, "amira", &whoami, "1");
    wait_for(&good, 1);
    assert_int_equal(good.code, 0);
}

static void test_statement__is_prepared_again_when_its_plan_is_stale(void **state)
{
    cluster_sql(&cluster, "CREATE TABLE wide AS SELECT 'a'::text AS a");
    struct answer first, second;
    ask(&first, DB_READ, "amira", &star, NULL);
    wait_for(&first, 1);
    cluster_sql(&cluster, "ALTER TABLE wide ALTER a TYPE varchar");
    cluster_sql(&cluster, "ALTER TABLE wide ADD b int");
    ask(&second, DB_READ, "amira", &star, NULL);
    wait_for(&second, 1);
    cluster_sql(&cluster, "DROP TABLE wide");
    assert_int_equal(first.code, 0);
    assert_int_equal(second.code, 0);
    assert_string_equal(second.text, "a");
}

static void test_statement__is_prepared_once_a_connection(void **state)
{
    struct answer answers[20];
    struct db_stats before = stats();

    for (int i = 0; i < 20; i++) {
        ask(&answers[i], DB_READ, "amira", &whoami, "1");
        if (i % 7 == 0)
            wait_for(answers, (size_t)i + 1);
    }
    wait_for(answers, 20);
    assert_int_equal(stats().prepares - before.prepares, 2); /* and enter's */
}

static void test_statement__that_cannot_be_prepared_spares_its_neighbours(void **state)
{
    struct answer answers[4];

    ask(&answers[0], DB_READ, "tom", &whoami, "1");
    ask(&answers[1], DB_READ, "amira", &fail, "1");
    ask(&answers[2], DB_READ, "tom", &divide, "1"); /* its prepare is skipped at first */
    ask(&answers[3], DB_WRITE, "tom", &insert, "1");
    wait_for(answers, 4);
    assert_string_equal(answers[0].text, "tom/1");
    assert_string_equal(answers[1].sqlstate, "42883");
    assert_string_equal(answers[2].text, "1");
    assert_int_equal(answers[3].code, 0);
}

/* The first caller of all is refused, and the prepares behind its error are skipped. */
static void test_statement__whose_prepare_was_skipped_is_prepared_again(void **state)
{
    struct answer answers[3];

    ask(&answers[0], DB_WRITE, "nobody", &insert, "1");
    ask(&answers[1], DB_WRITE, "amira", &insert, "2");
    ask(&answers[2], DB_READ, "amira", &count, NULL);
    wait_for(answers, 3);
    assert_int_equal(answers[0].code, ERR_UNAUTHENTICATED);
    assert_int_equal(answers[1].code, 0);
    assert_int_equal(answers[2].code, 0);
    ask(&answers[2], DB_READ, "amira", &count, NULL);
    wait_for(&answers[2], 1);
    assert_string_equal(answers[2].text, "1");
}

/* Who is turned away leaves a plan behind: nobody who comes after must make it again. */
static void test_statement__of_a_refused_caller_stays_prepared(void **state)
{
    struct answer refused, good;
    struct db_stats before = stats();

    ask(&refused, DB_WRITE, "nobody", &insert, "1");
    wait_for(&refused, 1);
    ask(&good, DB_WRITE, "amira", &insert, "2");
    wait_for(&good, 1);
    assert_int_equal(refused.code, ERR_UNAUTHENTICATED);
    assert_int_equal(good.code, 0);
    assert_int_equal(stats().prepares - before.prepares, 2); /* and enter's */
}

static void test_statements__that_the_server_forgot_are_prepared_again(void **state)
{
    struct answer answers[6];

    ask(&answers[0], DB_READ, "amira", &whoami, "1");
    ask(&answers[1], DB_WRITE, "amira", &insert, "1");
    wait_for(answers, 2);
    ask(&answers[0], DB_WRITE, NULL, &forget, NULL);
    for (int i = 1; i < 6; i++)
        ask(&answers[i], i % 2 ? DB_READ : DB_WRITE, "tom", i % 2 ? &whoami : &insert, "2");
    wait_for(answers, 6);
    assert_string_equal(answers[1].text, "tom/2");
    assert_int_equal(answers[2].code, 0);
    assert_string_equal(answers[3].text, "tom/2");
    assert_int_equal(answers[4].code, ERR_EXISTS); /* the write was carried out once */
    assert_string_equal(answers[5].text, "tom/2");
}

static void test_statement__that_is_lost_each_time_is_an_error(void **state)
{
    static const struct db_statement lost
        = { .name = "lost", .sql = "SELECT raise_state('26000')" };
    struct answer answer;
    struct db_stats before = stats();

    ask(&answer, DB_WRITE, "amira", &lost, NULL);
    wait_for(&answer, 1);
    assert_int_equal(answer.code, ERR_INTERNAL);
    assert_string_equal(answer.sqlstate, "26000");
    assert_int_equal(stats().resent - before.resent, 1);
}

#define MANY 700

static void test_pool__knows_any_number_of_statements(void **state)
{
    static char sql[MANY][24];
    static struct db_statement statements[MANY];
    static struct answer answers[MANY];

    for (int i = 0; i < MANY; i++) {
        snprintf(sql[i], sizeof(sql[i]), "SELECT '%d'::text", i);
        statements[i] = (struct db_statement) { .name = "many", .sql = sql[i] };
        ask(&answers[i], DB_READ, "amira", &statements[i], NULL);
        if (i % 200 == 199)
            wait_for(answers, (size_t)i + 1);
    }
    wait_for(answers, MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(strtol(answers[i].text, NULL, 10), i);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        POOL_TEST(test_statement__that_cannot_be_prepared_is_an_error_each_time),
        POOL_TEST(test_statement__is_prepared_again_when_its_plan_is_stale),
        POOL_TEST(test_statement__is_prepared_once_a_connection),
        POOL_TEST(test_statement__that_cannot_be_prepared_spares_its_neighbours),
        POOL_TEST(test_statement__whose_prepare_was_skipped_is_prepared_again),
        POOL_TEST(test_statement__of_a_refused_caller_stays_prepared),
        POOL_TEST(test_statements__that_the_server_forgot_are_prepared_again),
        POOL_TEST(test_statement__that_is_lost_each_time_is_an_error),
        POOL_TEST(test_pool__knows_any_number_of_statements),
    };

    cluster_start(&cluster);
    int failed = cmocka_run_group_tests_name("db_plans", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
