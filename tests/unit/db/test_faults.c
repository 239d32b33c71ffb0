/* What goes wrong at the server, and what batches say then. */
#include "db_asking.h"

#include <signal.h>
#include <unistd.h>

static const struct db_statement die
    = { .name = "die", .sql = "SELECT pg_terminate_backend(pg_backend_pid())" };

/* Give the pool's server another setting; NULL: its default. */
static void set_server(const char *name, const char *value)
{
    char sql[128];

    snprintf(sql, sizeof(sql), value ? "ALTER SYSTEM SET %s = '%s'" : "ALTER SYSTEM RESET %s", name,
        value);
    cluster_sql(&cluster, sql);
    cluster_sql(&cluster, "SELECT pg_reload_conf()");
    pass_msec(100);
}

static void test_read__that_kills_its_connection_is_not_sent_for_ever(void **state)
{
    struct answer killer, others[4];
    struct db_stats before = stats();

    ask(&others[0], DB_READ, "amira", &whoami, "1");
    ask(&killer, DB_READ, "amira", &die, NULL);
    for (int i = 1; i < 4; i++)
        ask(&others[i], DB_READ, "tom", &whoami, "1");
    wait_for(&killer, 1);
    assert_int_equal(killer.code, ERR_UNAVAILABLE);
    assert_false(killer.is_unknown);
    assert_int_equal(stats().losses - before.losses, 3);
    wait_for(others, 4); /* whatever they were answered */
    ask(&others[0], DB_READ, "tom", &whoami, "1");
    wait_for(others, 1);
    assert_string_equal(others[0].text, "tom/1");
}

static void test_write__whose_connection_dies_is_unknown(void **state)
{
    struct answer answers[3];

    ask(&answers[0], DB_WRITE, "amira", &die, NULL);
    ask(&answers[1], DB_WRITE, "amira", &insert, "1");
    ask(&answers[2], DB_READ, "amira", &whoami, "1");
    wait_for(answers, 3);
    assert_int_equal(answers[0].code, ERR_UNAVAILABLE);
    assert_true(answers[0].is_unknown);
    assert_int_equal(answers[1].code, ERR_UNAVAILABLE);
    assert_true(answers[1].is_unknown);
    assert_string_equal(answers[2].text, "amira/1");
}

/* No SQLSTATE comes then: libpq makes the error up. */
static void test_backend__killed_without_a_word(void **state)
{
    struct answer answers[3];
    int pid = backend_pid();

    ask(&answers[0], DB_READ, "amira", &nap, "0.3");
    ask(&answers[1], DB_READ, "amira", &whoami, "1");
    ask(&answers[2], DB_WRITE, "amira", &insert, "1");
    let_it_be_sent();
    assert_int_equal(kill(pid, SIGKILL), 0);
    wait_for(answers, 3);
    assert_int_equal(answers[0].code, 0);
    assert_string_equal(answers[1].text, "amira/1");
    assert_int_equal(answers[2].code, ERR_UNAVAILABLE);
    assert_true(answers[2].is_unknown);
}

/* The server's goodbye lies in the socket when the next batches are sent. */
static void test_backend__that_ended_unnoticed(void **state)
{
    struct answer answers[10];

    for (int round = 0; round < 10; round++) {
        end_backends();
        for (int i = 0; i < 10; i++)
            ask(&answers[i], i % 3 == 2 ? DB_WRITE : DB_READ, "amira", &whoami, "1");
        wait_for(answers, 10);
        for (int i = 0; i < 10; i++) {
            if (i % 3 == 2 && answers[i].code != 0)
                assert_true(answers[i].is_unknown);
            else
                assert_string_equal(answers[i].text, "amira/1");
        }
    }
}

/* A statement of the write had failed before the connection was lost: nothing was committed. */
static void test_write__that_failed_before_the_loss_is_known(void **state)
{
    struct answer answers[2];

    ask(&answers[0], DB_WRITE, "amira", &divide, "0");
    ask(&answers[1], DB_WRITE, "amira", &die, NULL);
    wait_for(answers, 2);
    assert_string_equal(answers[0].sqlstate, "22012");
    assert_false(answers[0].is_unknown);
    assert_true(answers[1].is_unknown);
}

static void wait_for_commit_to_hang(void)
{
    static const struct db_statement hanging = { .name = "hanging",
        .sql = "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'SyncRep'" };
    struct answer answer = { 0 };

    while (strcmp(answer.text, "1") != 0) {
        ask(&answer, DB_READ, "tom", &hanging, NULL);
        wait_for(&answer, 1);
    }
}

/* Two connections, and a standby that does not exist. */
static void open_without_standby(void)
{
    struct db_options options = test_options();

    db_pool_free(pool);
    options.connections = 2;
    open_pool(&options);
    while (stats().connections_up < 2)
        turn();
    set_server("synchronous_standby_names", "nobody");
}

static void test_commit__with_a_warning_is_unknown(void **state)
{
    struct answer write;

    open_without_standby();
    struct db_stats before = stats();
    ask(&write, DB_WRITE, "amira", &insert, "1");
    wait_for_commit_to_hang();
    cluster_sql(&cluster,
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
        " WHERE wait_event = 'SyncRep'");
    wait_for(&write, 1);
    pass_msec(50);
    struct db_stats after = stats();
    set_server("synchronous_standby_names", NULL);
    assert_int_equal(write.code, ERR_UNAVAILABLE);
    assert_true(write.is_unknown);
    assert_int_equal(after.losses - before.losses, 1); /* and its connection was given up */
}

static void test_commit__that_hangs_is_unknown_at_the_deadline(void **state)
{
    struct answer write, read;

    open_without_standby();
    struct db_batch *batch = batch_as(DB_WRITE, "amira");
    add(batch, &insert, "1");
    db_batch_deadline(batch, clock_monotonic_usec() + 300 * USEC_PER_MSEC);
    submit(batch, &write);
    wait_for(&write, 1);
    ask(&read, DB_READ, "amira", &whoami, "1");
    wait_for(&read, 1); /* on the other connection */
    set_server("synchronous_standby_names", NULL);
    assert_int_equal(write.code, ERR_TIMEOUT);
    assert_true(write.is_unknown);
    assert_string_equal(read.text, "amira/1");
}

static void test_commit__with_a_warning_of_the_schemas_own_is_fine(void **state)
{
    static const struct db_statement warn = { .name = "warn", .sql = "SELECT warn()" };
    struct answer write;
    struct db_stats before = stats();

    ask(&write, DB_WRITE, "amira", &warn, NULL);
    wait_for(&write, 1);
    assert_int_equal(write.code, 0);
    assert_int_equal(stats().losses - before.losses, 0);
}

static void test_connection__to_a_read_only_server_is_given_up(void **state)
{
    struct answer answers[3];
    int first = backend_pid();

    set_server("default_transaction_read_only", "on");
    ask(&answers[0], DB_WRITE, "amira", &insert, "1");
    ask(&answers[1], DB_WRITE, "amira", &insert, "2");
    ask(&answers[2], DB_READ, "amira", &whoami, "1");
    wait_for(answers, 3);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(answers[i].code, ERR_UNAVAILABLE);
        assert_string_equal(answers[i].sqlstate, "25006");
        assert_false(answers[i].is_unknown); /* it was drained, not cut off */
    }
    assert_string_equal(answers[2].text, "amira/1");
    cluster_sql(&cluster, "SET default_transaction_read_only = off");
    set_server("default_transaction_read_only", NULL);
    assert_int_not_equal(backend_pid(), first);
    ask(&answers[0], DB_WRITE, "amira", &insert, "3");
    wait_for(answers, 1);
    assert_int_equal(answers[0].code, 0);
}

/* A host that stopped, or a network that swallows all. */
static void test_server__that_is_silent_is_left(void **state)
{
    struct db_options options = test_options();
    struct answer answers[12];

    db_pool_free(pool);
    options.stall_usec = 200 * USEC_PER_MSEC;
    open_pool(&options);
    int pid = backend_pid();
    assert_int_equal(kill(pid, SIGSTOP), 0);
    ask(&answers[0], DB_WRITE, "amira", &insert, "1");
    ask(&answers[1], DB_READ, "amira", &whoami, "1");
    for (int i = 2; i < 12; i++) { /* what comes in meanwhile does not put it off */
        ask(&answers[i], DB_READ, "tom", &whoami, "1");
        pass_msec(30);
    }
    wait_for(answers, 12);
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_true(answers[0].is_unknown);
    assert_string_equal(answers[1].text, "amira/1");
    assert_string_equal(answers[11].text, "tom/1");
    assert_int_equal(stats().losses, 1);
}

/* A group's results may all come with its sync. */
static void test_server__that_is_busy_is_not_left(void **state)
{
    struct db_options options = test_options();
    struct answer answers[5];

    db_pool_free(pool);
    options.stall_usec = 200 * USEC_PER_MSEC;
    open_pool(&options);
    for (int i = 0; i < 5; i++)
        ask(&answers[i], DB_READ, "amira", &nap, "0.15");
    wait_for(answers, 5);
    pass_msec(300); /* owes nothing */
    assert_int_equal(stats().losses, 0);
}

static void test_statement__is_ended_at_the_pools_limit(void **state)
{
    struct db_options options = test_options();
    struct answer answers[2];

    db_pool_free(pool);
    options.statement_timeout_usec = 100 * USEC_PER_MSEC;
    open_pool(&options);
    ask(&answers[0], DB_READ, "amira", &nap, "10");
    ask(&answers[1], DB_READ, "amira", &whoami, "1");
    wait_for(answers, 2);
    assert_int_equal(answers[0].code, ERR_TIMEOUT);
    assert_string_equal(answers[0].sqlstate, "57014");
    assert_string_equal(answers[1].text, "amira/1");
}

static void test_locks__are_answered_aborted(void **state)
{
    static const struct db_statement busy
        = { .name = "busy", .sql = "SELECT raise_state('55P03')" };
    static const struct db_statement deadlock
        = { .name = "deadlock", .sql = "SELECT raise_state('40P01')" };
    struct answer answers[2];
    struct db_stats before = stats();

    ask(&answers[0], DB_WRITE, "amira", &busy, NULL);
    ask(&answers[1], DB_WRITE, "amira", &deadlock, NULL);
    wait_for(answers, 2);
    assert_int_equal(answers[0].code, ERR_ABORTED);
    assert_int_equal(answers[1].code, ERR_ABORTED);
    assert_int_equal(stats().resent, before.resent); /* that is the caller's choice */
}

/* COPY cannot be in a pipeline: the connection is out of step and is given up. */
static void test_copy__breaks_nothing_but_itself(void **state)
{
    static const struct db_statement copy = { .name = "copy", .sql = "COPY note TO STDOUT" };
    struct answer answers[2];

    ask(&answers[0], DB_READ, "amira", &copy, NULL);
    wait_for(answers, 1);
    assert_int_not_equal(answers[0].code, 0);
    ask(&answers[1], DB_READ, "amira", &whoami, "1");
    wait_for(&answers[1], 1);
    assert_string_equal(answers[1].text, "amira/1");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        POOL_TEST(test_read__that_kills_its_connection_is_not_sent_for_ever),
        POOL_TEST(test_write__whose_connection_dies_is_unknown),
        POOL_TEST(test_backend__killed_without_a_word),
        POOL_TEST(test_backend__that_ended_unnoticed),
        POOL_TEST(test_write__that_failed_before_the_loss_is_known),
        POOL_TEST(test_commit__with_a_warning_is_unknown),
        POOL_TEST(test_commit__that_hangs_is_unknown_at_the_deadline),
        POOL_TEST(test_commit__with_a_warning_of_the_schemas_own_is_fine),
        POOL_TEST(test_connection__to_a_read_only_server_is_given_up),
        POOL_TEST(test_server__that_is_silent_is_left),
        POOL_TEST(test_server__that_is_busy_is_not_left),
        POOL_TEST(test_statement__is_ended_at_the_pools_limit),
        POOL_TEST(test_locks__are_answered_aborted),
        POOL_TEST(test_copy__breaks_nothing_but_itself),
    };

    cluster_start(&cluster);
    int failed = cmocka_run_group_tests_name("db_faults", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
