/* The rules of asynchronous SQL (db/batch.h), on a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/loop.h"
#include "db_cluster.h"

#include <stdio.h>
#include <string.h>

static struct cluster cluster;
static struct loop *loop;
static struct db_pool *pool;

#define ANSWERS_MAX 512

/* What a batch was answered, copied out of the reply. */
struct answer {
    int calls;
    int code; /* 0: OK */
    int failed_index;
    bool is_unknown;
    char sqlstate[6];
    char text[64]; /* first value of the last result */
    size_t n_results;
    struct db_ticket *ticket;
};

static void on_answer(const struct db_reply *reply, void *arg)
{
    struct answer *answer = arg;
    answer->calls++;
    answer->ticket = NULL;
    answer->code = reply->err ? (int)reply->err->code : 0;
    answer->failed_index = db_reply_failed_index(reply);
    answer->is_unknown = db_reply_is_unknown(reply);
    answer->n_results = reply->n_results;
    if (db_reply_sql(reply))
        memcpy(answer->sqlstate, db_reply_sql(reply)->sqlstate, sizeof answer->sqlstate);
    if (reply->n_results == 0)
        return;
    const struct db_result *result = db_reply_result(reply, reply->n_results - 1);
    size_t len;
    const char *value = db_result_n_rows(result) ? db_result_value(result, 0, 0, &len) : NULL;
    snprintf(answer->text, sizeof answer->text, "%s", value ? value : "NULL");
}

static const struct db_statement enter
    = { .name = "enter", .sql = "SELECT enter($1::text)", .n_params = 1 };
static const struct db_statement whoami = { .name = "whoami",
    .sql = "SELECT current_setting('test.who', true) || '/' || $1::text",
    .n_params = 1 };
static const struct db_statement insert = { .name = "insert",
    .sql = "INSERT INTO note VALUES ($1::text::int, current_setting('test.who'), $2)"
           " RETURNING owner",
    .n_params = 2 };
static const struct db_statement orphan
    = { .name = "orphan", .sql = "INSERT INTO kid VALUES (-1) RETURNING 'orphan'::text" };
static const struct db_statement count
    = { .name = "count", .sql = "SELECT count(*)::text FROM note" };
static const struct db_statement fail = { .name = "fail", .sql = "SELECT 1/($1::text::int)::text",
    .n_params = 1 };
static const struct db_statement divide
    = { .name = "divide", .sql = "SELECT (1/$1::text::int)::text", .n_params = 1 };
static const struct db_statement nap
    = { .name = "nap", .sql = "SELECT pg_sleep($1::text::float)::text", .n_params = 1 };
static const struct db_statement star = { .name = "star", .sql = "SELECT * FROM wide" };

static struct db_value text(const char *data)
{
    return (struct db_value) { .data = data, .len = data ? (int)strlen(data) : 0 };
}

static struct db_batch *batch_as(enum db_batch_kind kind, const char *who)
{
    struct err err = { 0 };
    struct db_batch *batch = db_batch_new(pool, kind);
    assert_non_null(batch);
    struct db_value value = text(who);
    assert_int_equal(db_batch_preamble(batch, &enter, &value, 1, &err), 0);
    return batch;
}

static void add(struct db_batch *batch, const struct db_statement *statement, const char *value)
{
    struct err err = { 0 };
    struct db_value values[2] = { text(value), text("text") };
    assert_int_equal(db_batch_add(batch, statement, values, statement->n_params, &err), 0);
}

static void submit(struct db_batch *batch, struct answer *answer)
{
    memset(answer, 0, sizeof *answer);
    db_batch_submit(&batch, on_answer, answer, &answer->ticket);
    assert_null(batch);
    assert_int_equal(answer->calls, 0);
}

static void ask(struct answer *answer, enum db_batch_kind kind, const char *who,
    const struct db_statement *statement, const char *value)
{
    struct db_batch *batch = batch_as(kind, who);
    add(batch, statement, value);
    submit(batch, answer);
}

static void turn(void)
{
    struct err err = { 0 };
    assert_int_equal(loop_turn(loop, true, &err), 0);
}

static void wait_for(const struct answer *answers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        while (answers[i].calls == 0)
            turn();
}

static void wait_until_up(void)
{
    while (!db_pool_is_up(pool))
        turn();
}

static void open_pool(int connections)
{
    struct err err = { 0 };
    struct db_options options;
    db_options_init(&options);
    options.conninfo = cluster.conninfo;
    options.connections = connections;
    options.queue_limit = 300;
    options.backoff_max_usec = 100000;
    assert_int_equal(db_pool_new(loop, &options, &pool, &err), 0);
    wait_until_up();
}

static int set_up(void **state)
{
    struct err err = { 0 };
    if (loop_new(&loop, &err) < 0)
        return -1;
    open_pool(1);
    cluster_sql(&cluster, "TRUNCATE note, kid");
    return 0;
}

static int tear_down(void **state)
{
    db_pool_free(pool);
    loop_free(loop);
    return 0;
}

static struct db_stats stats(void)
{
    struct db_stats now;
    db_pool_stats(pool, &now);
    return now;
}

static void test_batch__answers_once_and_never_inside_submit(void **state)
{
    struct answer answer;
    ask(&answer, DB_READ, "amira", &whoami, "1");
    wait_for(&answer, 1);
    for (int i = 0; i < 3; i++) {
        struct err err = { 0 };
        assert_int_equal(loop_turn(loop, false, &err), 0);
    }
    assert_int_equal(answer.calls, 1);
    assert_int_equal(answer.code, 0);
    assert_string_equal(answer.text, "amira/1");
}

static void test_reads__of_one_turn_share_a_sync_and_their_preamble(void **state)
{
    struct answer warm, answers[40];
    ask(&warm, DB_READ, "amira", &whoami, "0");
    wait_for(&warm, 1);
    struct db_stats before = stats();
    for (int i = 0; i < 40; i++)
        ask(&answers[i], DB_READ, "amira", &whoami, "x");
    wait_for(answers, 40);
    assert_int_equal(stats().syncs - before.syncs, 1);
    assert_int_equal(stats().preambles - before.preambles, 1);
    assert_int_equal(stats().preambles_shared - before.preambles_shared, 39);
}

/* Sharing a sync between callers must never let one run under the name of another, whatever fails
 * or is cancelled around it. */
static void test_reads__of_many_callers_never_cross(void **state)
{
    static const char *const people[] = { "amira", "tom", "grace", "nobody" };
    struct answer answers[240];
    char want[240][64];
    unsigned seed = 7;
    for (int i = 0; i < 240; i++) {
        seed = seed * 1103515245 + 12345;
        const char *who = people[seed >> 16 & 3];
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        bool divides = (seed >> 20 & 7) == 0;
        snprintf(want[i], sizeof want[i], "%s/%d", who, i);
        ask(&answers[i], DB_READ, who, divides ? &divide : &whoami, divides ? "0" : value);
        if (strcmp(who, "nobody") == 0)
            snprintf(want[i], sizeof want[i], "CV016");
        else if (divides)
            snprintf(want[i], sizeof want[i], "22012");
        if ((seed >> 24 & 7) == 0) {
            db_ticket_cancel(&answers[i].ticket);
            answers[i].calls = -1;
        }
    }
    for (int i = 0; i < 240; i++) {
        while (answers[i].calls == 0)
            turn();
        if (answers[i].calls > 0)
            assert_string_equal(answers[i].code ? answers[i].sqlstate : answers[i].text, want[i]);
    }
}

static void test_name__is_gone_after_the_transaction(void **state)
{
    struct answer named, nameless;
    ask(&named, DB_READ, "amira", &whoami, "1");
    struct err err = { 0 };
    struct db_batch *batch = db_batch_new(pool, DB_READ);
    struct db_value value = text("2");
    assert_int_equal(db_batch_add(batch, &whoami, &value, 1, &err), 0);
    submit(batch, &nameless);
    wait_for(&named, 1);
    wait_for(&nameless, 1);
    assert_string_equal(named.text, "amira/1");
    assert_true(strcmp(nameless.text, "/2") == 0 || strcmp(nameless.text, "NULL") == 0);
}

static void test_write__is_one_transaction(void **state)
{
    struct answer both, reading;
    struct db_batch *batch = batch_as(DB_WRITE, "amira");
    add(batch, &insert, "1");
    add(batch, &insert, "1"); /* the same key again */
    submit(batch, &both);
    ask(&reading, DB_READ, "amira", &count, NULL);
    wait_for(&both, 1);
    wait_for(&reading, 1);
    assert_int_equal(both.code, ERR_EXISTS);
    assert_string_equal(both.sqlstate, "23505");
    assert_int_equal(both.failed_index, 1);
    assert_int_equal(both.n_results, 1);
    assert_string_equal(both.text, "amira");
    assert_string_equal(reading.text, "0");
}

static void test_write__is_ok_only_when_committed(void **state)
{
    struct answer answer;
    ask(&answer, DB_WRITE, "amira", &orphan, NULL);
    wait_for(&answer, 1);
    assert_int_equal(answer.code, ERR_PRECONDITION);
    assert_int_equal(answer.failed_index, DB_FAILED_COMMIT);
    assert_string_equal(answer.sqlstate, "23503");
}

static void test_write__error_leaves_neighbours_alone(void **state)
{
    struct answer answers[3];
    ask(&answers[0], DB_WRITE, "amira", &insert, "1");
    ask(&answers[1], DB_WRITE, "amira", &insert, "1");
    ask(&answers[2], DB_WRITE, "amira", &insert, "2");
    wait_for(answers, 3);
    assert_int_equal(answers[0].code, 0);
    assert_int_equal(answers[1].code, ERR_EXISTS);
    assert_int_equal(answers[2].code, 0);
}

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

static void test_deadline__answers_in_time_and_the_rest_drains(void **state)
{
    struct answer slow, after;
    struct db_batch *batch = batch_as(DB_READ, "amira");
    add(batch, &nap, "0.3");
    db_batch_deadline(batch, clock_monotonic_usec() + 30 * USEC_PER_MSEC);
    submit(batch, &slow);
    ask(&after, DB_READ, "amira", &whoami, "1");
    wait_for(&slow, 1);
    assert_int_equal(slow.code, ERR_TIMEOUT);
    assert_false(slow.is_unknown);
    wait_for(&after, 1);
    assert_string_equal(after.text, "amira/1");
}

static void test_deadline__of_a_write_ends_its_statement_on_the_server(void **state)
{
    struct answer slow, after;
    struct db_batch *batch = batch_as(DB_WRITE, "amira");
    add(batch, &nap, "30");
    db_batch_deadline(batch, clock_monotonic_usec() + 100 * USEC_PER_MSEC);
    submit(batch, &slow);
    wait_for(&slow, 1);
    assert_int_equal(slow.code, ERR_TIMEOUT);
    ask(&after, DB_READ, "amira", &whoami, "1");
    wait_for(&after, 1); /* far earlier than 30 s, or the test times out */
    assert_string_equal(after.text, "amira/1");
}

static void test_cancel__means_no_answer(void **state)
{
    struct answer cancelled, after;
    ask(&cancelled, DB_READ, "amira", &whoami, "1");
    db_ticket_cancel(&cancelled.ticket);
    assert_null(cancelled.ticket);
    db_ticket_cancel(&cancelled.ticket);
    ask(&after, DB_READ, "tom", &whoami, "2");
    wait_for(&after, 1);
    assert_int_equal(cancelled.calls, 0);
    assert_string_equal(after.text, "tom/2");
}

static void test_queue__is_bounded(void **state)
{
    struct answer answers[ANSWERS_MAX];
    size_t refused = 0;
    for (size_t i = 0; i < ANSWERS_MAX; i++)
        ask(&answers[i], DB_READ, "amira", &whoami, "1");
    wait_for(answers, ANSWERS_MAX);
    for (size_t i = 0; i < ANSWERS_MAX; i++)
        refused += answers[i].code == ERR_EXHAUSTED;
    assert_int_equal(refused, ANSWERS_MAX - 300);
}

static void end_backends(void)
{
    cluster_sql(&cluster,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND application_name = 'canvassd'");
}

static void let_it_be_sent(void)
{
    struct err err = { 0 };
    for (int i = 0; i < 5; i++)
        assert_int_equal(loop_turn(loop, false, &err), 0);
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
    open_pool(1);
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

#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    cluster_start(&cluster);
    const struct CMUnitTest tests[] = {
        POOL_TEST(test_batch__answers_once_and_never_inside_submit),
        POOL_TEST(test_reads__of_one_turn_share_a_sync_and_their_preamble),
        POOL_TEST(test_reads__of_many_callers_never_cross),
        POOL_TEST(test_name__is_gone_after_the_transaction),
        POOL_TEST(test_write__is_one_transaction),
        POOL_TEST(test_write__is_ok_only_when_committed),
        POOL_TEST(test_write__error_leaves_neighbours_alone),
        POOL_TEST(test_statement__that_cannot_be_prepared_is_an_error_each_time),
        POOL_TEST(test_statement__is_prepared_again_when_its_plan_is_stale),
        POOL_TEST(test_deadline__answers_in_time_and_the_rest_drains),
        POOL_TEST(test_deadline__of_a_write_ends_its_statement_on_the_server),
        POOL_TEST(test_cancel__means_no_answer),
        POOL_TEST(test_queue__is_bounded),
        POOL_TEST(test_lost_connection__reads_are_sent_again_writes_are_unknown),
        POOL_TEST(test_pool__comes_back_after_a_crash_of_the_server),
        POOL_TEST(test_pool_free__answers_what_is_pending),
        POOL_TEST(test_pool__that_is_down_too_long_says_so),
        POOL_TEST(test_values__null_empty_and_nul_bytes),
        POOL_TEST(test_options__that_make_no_sense_are_refused),
    };
    int failed = cmocka_run_group_tests_name("db_pool", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
