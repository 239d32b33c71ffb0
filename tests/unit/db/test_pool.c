/* The pool's life: connections come, go and come back, and the owner is told. */
#include "db_asking.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWERS 512

static void test_queue__is_bounded(void **state)
{
    struct answer answers[ANSWERS];
    size_t refused = 0;
    for (size_t i = 0; i < ANSWERS; i++)
        ask(&answers[i], DB_READ, "amira", &whoami, "1");
    wait_for(answers, ANSWERS);
    for (size_t i = 0; i < ANSWERS; i++)
        refused += answers[i].code == ERR_EXHAUSTED;
    assert_int_equal(refused, ANSWERS - 300);
}

static void test_lost_connection__reads_are_sent_again_writes_are_unknown(void **state)
{
    struct answer read, write;
    ask(&read, DB_READ, "amira", &nap, "0.5");
    ask(&write, DB_WRITE, "amira", &insert, "1");
    let_it_be_sent();
    end_backends();
    wait_for(&write, 1);
    wait_for(&read, 1);
    assert_int_equal(write.code, ERR_UNAVAILABLE);
    assert_true(write.is_unknown);
    assert_int_equal(read.code, 0);
    struct answer after;
    ask(&after, DB_READ, "amira", &count, NULL);
    wait_for(&after, 1);
    assert_string_equal(after.text, "0");
}

static void test_pool__comes_back_after_a_crash_of_the_server(void **state)
{
    struct answer during, after;
    cluster_do(&cluster, "kill");
    while (db_pool_is_up(pool))
        turn();
    ask(&during, DB_READ, "amira", &whoami, "1");
    cluster_do(&cluster, "restart");
    wait_for(&during, 1);
    assert_string_equal(during.text, "amira/1");
    ask(&after, DB_WRITE, "amira", &insert, "5");
    wait_for(&after, 1);
    assert_int_equal(after.code, 0);
}

static void test_pool_free__answers_what_is_pending(void **state)
{
    struct answer answers[3];
    struct err err = { 0 };
    ask(&answers[0], DB_READ, "amira", &nap, "5");
    ask(&answers[1], DB_WRITE, "amira", &insert, "9");
    let_it_be_sent();
    ask(&answers[2], DB_READ, "amira", &whoami, "1");
    db_pool_free(pool);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(answers[i].calls, 1);
        assert_int_equal(answers[i].code, ERR_UNAVAILABLE);
    }
    assert_int_equal(loop_turn(loop, false, &err), 0);
    assert_true(answers[1].is_unknown);
    struct db_options options = test_options();
    open_pool(&options);
}

static void test_pool__that_is_down_too_long_says_so(void **state)
{
    struct err err = { 0 };
    struct db_options options;
    db_options_init(&options);
    options.conninfo = "host=/nonexistent dbname=none";
    options.wait_usec = 50 * USEC_PER_MSEC;
    struct db_pool *up = pool, *down = NULL;
    assert_int_equal(db_pool_new(loop, &options, &down, &err), 0);
    pool = down;
    struct answer first, second;
    ask(&first, DB_READ, "amira", &whoami, "1");
    wait_for(&first, 1);
    ask(&second, DB_WRITE, "amira", &insert, "1");
    wait_for(&second, 1);
    db_pool_free(down);
    pool = up;
    assert_int_equal(first.code, ERR_UNAVAILABLE);
    assert_int_equal(second.code, ERR_UNAVAILABLE);
    assert_false(second.is_unknown);
}

static void test_options__that_make_no_sense_are_refused(void **state)
{
    struct err err = { 0 };
    struct db_options options;
    struct db_pool *none = NULL;
    db_options_init(&options);
    assert_int_equal(db_pool_new(loop, &options, &none, &err), ERR_INVALID);
    options.conninfo = "no such=thing";
    assert_int_equal(db_pool_new(loop, &options, &none, &err), ERR_INVALID);
    options.conninfo = "dbname=x";
    options.connections = 0;
    assert_int_equal(db_pool_new(loop, &options, &none, &err), ERR_INVALID);
    assert_null(none);
}

struct told {
    int ups, downs;
    char why[512];
};

static void on_state(bool is_up, const struct err *err, void *arg)
{
    struct told *told = arg;

    assert_int_equal(is_up, !err);
    told->ups += is_up;
    told->downs += !is_up;
    if (err)
        snprintf(told->why, sizeof(told->why), "%s", err->msg);
}

static void test_owner__is_told_when_the_pool_comes_and_goes(void **state)
{
    struct db_options options = test_options();
    struct told told = { 0 };

    db_pool_free(pool);
    options.connections = 2;
    options.on_state = on_state;
    options.arg = &told;
    open_pool(&options);
    assert_int_equal(told.ups, 1);
    pass_msec(50);
    assert_int_equal(told.ups, 1);
    cluster_do(&cluster, "kill");
    while (told.downs == 0)
        turn();
    assert_false(db_pool_is_up(pool));
    cluster_do(&cluster, "restart");
    while (told.ups < 2)
        turn();
    assert_true(db_pool_is_up(pool));
    assert_true(strlen(told.why) > 0);
}

static void test_owner__is_told_each_reason_once(void **state)
{
    struct db_options options = test_options();
    struct told told = { 0 };

    db_pool_free(pool);
    options.conninfo = "host=/nonexistent";
    options.backoff_min_usec = 1000;
    options.backoff_max_usec = 2000;
    options.on_state = on_state;
    options.arg = &told;
    struct err err = { 0 };
    assert_int_equal(db_pool_new(loop, &options, &pool, &err), 0);
    assert_int_equal(told.downs, 0);
    pass_msec(100);
    assert_int_equal(told.ups, 0);
    assert_int_equal(told.downs, 1);
    assert_non_null(strstr(told.why, "/nonexistent"));
}

/* A server that takes connections and says nothing. */
static int listen_mutely(int *ret_port)
{
    struct sockaddr_in address
        = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void test_pool__makes_two_attempts_at_a_time(void **state)
{
    struct db_options options = test_options();
    struct err err = { 0 };
    char conninfo[100];
    int port, fd = listen_mutely(&port), fds[64];
    size_t n = 0;

    db_pool_free(pool);
    snprintf(conninfo, sizeof(conninfo), "hostaddr=127.0.0.1 port=%d sslmode=disable", port);
    options.conninfo = conninfo;
    options.connections = 16;
    assert_int_equal(db_pool_new(loop, &options, &pool, &err), 0);
    pass_msec(200);
    while (n < ARRAY_SIZE(fds) && (fds[n] = accept(fd, NULL, NULL)) >= 0)
        n++;
    assert_int_equal(n, 2);
    while (n > 0)
        close(fds[--n]);
    close(fd);
}

static void test_pool__goes_to_the_next_host_if_one_is_mute(void **state)
{
    struct db_options options = test_options();
    char conninfo[256];
    int port, fd = listen_mutely(&port);

    db_pool_free(pool);
    snprintf(conninfo, sizeof(conninfo),
        "host=127.0.0.1,%s port=%d,5432 user=postgres dbname=postgres sslmode=disable",
        cluster.folder, port);
    options.conninfo = conninfo;
    options.connect_timeout_usec = 100 * USEC_PER_MSEC;
    int64_t begin_usec = clock_monotonic_usec();
    open_pool(&options);
    assert_true(clock_monotonic_usec() - begin_usec >= 100 * USEC_PER_MSEC);
    assert_true(backend_pid() > 0);
    close(fd);
}

static void test_batch__waits_for_a_pool_that_comes_back_in_time(void **state)
{
    struct answer answers[3];
    struct err err = { 0 };

    cluster_do(&cluster, "stop");
    while (db_pool_is_up(pool))
        turn();
    ask(&answers[0], DB_READ, "amira", &whoami, "1");
    ask(&answers[1], DB_WRITE, "amira", &insert, "1");
    struct db_batch *batch = batch_as(DB_WRITE, "amira");
    add(batch, &insert, "2");
    db_batch_deadline(batch, clock_monotonic_usec() + 50 * USEC_PER_MSEC);
    submit(batch, &answers[2]);
    wait_for(&answers[2], 1);
    assert_int_equal(answers[2].code, ERR_TIMEOUT);
    assert_false(answers[2].is_unknown);
    assert_int_equal(loop_turn(loop, false, &err), 0);
    assert_int_equal(answers[0].calls + answers[1].calls, 0);
    cluster_do(&cluster, "restart");
    wait_for(answers, 2);
    assert_string_equal(answers[0].text, "amira/1");
    assert_int_equal(answers[1].code, 0);
}

static void test_slow_statement__holds_up_nobody_on_other_connections(void **state)
{
    struct db_options options = test_options();
    struct answer slow, quick[100];

    db_pool_free(pool);
    options.connections = 2;
    open_pool(&options);
    while (stats().connections_up < 2)
        turn();
    ask(&slow, DB_READ, "amira", &nap, "1.5");
    pass_msec(100);
    for (int i = 0; i < 100; i++) {
        ask(&quick[i], i % 3 ? DB_READ : DB_WRITE, "tom", &whoami, "1");
        if (i % 10 == 0)
            wait_for(quick, (size_t)i + 1);
    }
    wait_for(quick, 100);
    assert_int_equal(slow.calls, 0);
    wait_for(&slow, 1);
}

static void resubmit(const struct db_reply *reply, void *arg)
{
    int *n = arg;
    struct db_batch *batch = batch_as(DB_READ, "amira");

    assert_non_null(reply->err);
    add(batch, &whoami, "1");
    if (++*n < 3)
        db_batch_submit(&batch, resubmit, n, NULL);
    else
        db_batch_free(batch);
}

static void test_pool_free__answers_what_its_callbacks_submit(void **state)
{
    struct db_options options = test_options();
    struct db_batch *batch = batch_as(DB_READ, "amira");
    int n = 0;

    add(batch, &nap, "5");
    db_batch_submit(&batch, resubmit, &n, NULL);
    db_pool_free(pool);
    assert_int_equal(n, 3);
    open_pool(&options);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        POOL_TEST(test_queue__is_bounded),
        POOL_TEST(test_lost_connection__reads_are_sent_again_writes_are_unknown),
        POOL_TEST(test_pool__comes_back_after_a_crash_of_the_server),
        POOL_TEST(test_pool_free__answers_what_is_pending),
        POOL_TEST(test_pool__that_is_down_too_long_says_so),
        POOL_TEST(test_options__that_make_no_sense_are_refused),
        POOL_TEST(test_owner__is_told_when_the_pool_comes_and_goes),
        POOL_TEST(test_owner__is_told_each_reason_once),
        POOL_TEST(test_pool__makes_two_attempts_at_a_time),
        POOL_TEST(test_pool__goes_to_the_next_host_if_one_is_mute),
        POOL_TEST(test_batch__waits_for_a_pool_that_comes_back_in_time),
        POOL_TEST(test_slow_statement__holds_up_nobody_on_other_connections),
        POOL_TEST(test_pool_free__answers_what_its_callbacks_submit),
    };

    cluster_start(&cluster);
    int failed = cmocka_run_group_tests_name("db_pool", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
