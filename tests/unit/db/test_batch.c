/* What a batch promises (db/batch.h), on a real PostgreSQL. */
#include "db_asking.h"

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

static void test_write__does_not_share_the_sync_of_reads(void **state)
{
    struct answer answers[3];
    struct db_stats before = stats();

    ask(&answers[0], DB_READ, "amira", &whoami, "1");
    ask(&answers[1], DB_WRITE, "amira", &insert, "1");
    ask(&answers[2], DB_READ, "amira", &divide, "0");
    wait_for(answers, 3);
    assert_int_equal(stats().syncs - before.syncs, 3);
    assert_int_equal(stats().preambles - before.preambles, 3);
    assert_int_equal(answers[0].code, 0);
    assert_int_equal(answers[1].code, 0);
    assert_string_equal(answers[2].sqlstate, "22012");
}

static void test_write__shows_what_came_before_its_error(void **state)
{
    struct answer answer;
    struct db_batch *batch = batch_as(DB_WRITE, "amira");

    add(batch, &insert, "1");
    add(batch, &count, NULL);
    add(batch, &divide, "0");
    add(batch, &count, NULL);
    submit(batch, &answer);
    wait_for(&answer, 1);
    assert_string_equal(answer.sqlstate, "22012");
    assert_int_equal(answer.code, ERR_INVALID);
    assert_int_equal(answer.failed_index, 2);
    assert_int_equal(answer.n_results, 2);
    assert_string_equal(answer.text, "1");
    ask(&answer, DB_READ, "amira", &count, NULL);
    wait_for(&answer, 1);
    assert_string_equal(answer.text, "0");
}

static void test_read__aborted_by_a_neighbour_is_sent_again_alone(void **state)
{
    struct answer answers[5];
    struct db_stats before = stats();

    for (int i = 0; i < 5; i++)
        ask(&answers[i], DB_READ, "amira", i == 1 ? &divide : &whoami, i == 1 ? "0" : "x");
    wait_for(answers, 5);
    for (int i = 0; i < 5; i++) {
        if (i == 1)
            assert_string_equal(answers[i].sqlstate, "22012");
        else
            assert_string_equal(answers[i].text, "amira/x");
    }
    assert_int_equal(stats().resent - before.resent, 3);
    assert_int_equal(stats().syncs - before.syncs, 4);
}

static void test_preamble__that_fails_is_the_answer(void **state)
{
    struct answer answers[3];

    ask(&answers[0], DB_READ, "nobody", &whoami, "1");
    ask(&answers[1], DB_READ, "nobody", &whoami, "2");
    ask(&answers[2], DB_WRITE, "nobody", &insert, "3");
    wait_for(answers, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(answers[i].code, ERR_UNAUTHENTICATED);
        assert_int_equal(answers[i].failed_index, DB_FAILED_PREAMBLE);
        assert_int_equal(answers[i].n_results, 0);
    }
}

static void test_batch__of_a_preamble_alone_is_answered(void **state)
{
    struct answer answers[4];

    for (int i = 0; i < 4; i++)
        submit(batch_as(i < 3 ? DB_READ : DB_WRITE, "amira"), &answers[i]);
    wait_for(answers, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(answers[i].code, 0);
}

static void test_sql_error__names_constraint_and_field(void **state)
{
    static const struct db_statement raise = { .name = "raise", .sql = "SELECT raise_own()" };
    struct answer answer;

    ask(&answer, DB_WRITE, "amira", &insert, "1");
    wait_for(&answer, 1);
    ask(&answer, DB_WRITE, "amira", &insert, "1");
    wait_for(&answer, 1);
    assert_string_equal(answer.constraint, "note_pkey");
    assert_string_equal(answer.field, "");
    ask(&answer, DB_WRITE, "amira", &raise, NULL);
    wait_for(&answer, 1);
    assert_int_equal(answer.code, ERR_PRECONDITION);
    assert_string_equal(answer.field, "visit.date");
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

static void test_deadline__of_a_write_that_was_ended_is_known(void **state)
{
    struct answer slow;
    struct db_batch *batch = batch_as(DB_WRITE, "amira");

    add(batch, &insert, "1");
    add(batch, &nap, "30");
    db_batch_deadline(batch, clock_monotonic_usec() + 600 * USEC_PER_MSEC);
    submit(batch, &slow);
    wait_for(&slow, 1);
    assert_int_equal(slow.code, ERR_TIMEOUT);
    assert_string_equal(slow.sqlstate, "57014");
    assert_false(slow.is_unknown);
}

static void test_deadline__does_not_outlive_its_write(void **state)
{
    struct answer answers[2];
    struct db_batch *batch = batch_as(DB_WRITE, "amira");

    add(batch, &insert, "1");
    db_batch_deadline(batch, clock_monotonic_usec() + 100 * USEC_PER_MSEC);
    submit(batch, &answers[0]);
    ask(&answers[1], DB_WRITE, "amira", &nap, "0.3");
    wait_for(answers, 2);
    assert_int_equal(answers[0].code, 0);
    assert_int_equal(answers[1].code, 0);
}

static void test_deadline__that_has_passed_already_sends_nothing(void **state)
{
    struct answer answers[2];

    for (int i = 0; i < 2; i++) {
        struct db_batch *batch = batch_as(i ? DB_WRITE : DB_READ, "amira");
        add(batch, i ? &insert : &whoami, "1");
        db_batch_deadline(batch, clock_monotonic_usec() - 1);
        submit(batch, &answers[i]);
    }
    wait_for(answers, 2);
    assert_int_equal(answers[0].code, ERR_TIMEOUT);
    assert_int_equal(answers[1].code, ERR_TIMEOUT);
    assert_false(answers[1].is_unknown);
    ask(&answers[0], DB_READ, "amira", &count, NULL);
    wait_for(answers, 1);
    assert_string_equal(answers[0].text, "0");
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

static void test_cancel__of_a_write_not_sent_drops_it(void **state)
{
    struct answer sent, dropped, after;

    ask(&sent, DB_WRITE, "amira", &insert, "1");
    let_it_be_sent();
    ask(&dropped, DB_WRITE, "amira", &insert, "2");
    db_ticket_cancel(&dropped.ticket);
    wait_for(&sent, 1);
    ask(&after, DB_READ, "amira", &count, NULL);
    wait_for(&after, 1);
    assert_string_equal(after.text, "1");
    assert_int_equal(dropped.calls, 0);
}

static void test_cancel__of_what_was_sent_drains(void **state)
{
    struct answer cancelled[3], after;

    ask(&cancelled[0], DB_READ, "amira", &nap, "0.1");
    ask(&cancelled[1], DB_WRITE, "amira", &insert, "1");
    ask(&cancelled[2], DB_WRITE, "amira", &insert, "1");
    let_it_be_sent();
    assert_int_equal(stats().in_flight, 3);
    for (int i = 0; i < 3; i++)
        db_ticket_cancel(&cancelled[i].ticket);
    ask(&after, DB_READ, "tom", &count, NULL);
    wait_for(&after, 1);
    assert_string_equal(after.text, "1");
    assert_int_equal(stats().in_flight, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(cancelled[i].calls, 0);
}

struct chain {
    struct answer answers[3];
    struct answer victim;
};

static void on_chain(const struct db_reply *reply, void *arg)
{
    struct chain *chain = arg;

    on_answer(reply, &chain->answers[0]);
    db_ticket_cancel(&chain->victim.ticket);
    ask(&chain->answers[1], DB_WRITE, "amira", &insert, "1");
    ask(&chain->answers[2], DB_READ, "amira", &whoami, "2");
}

static void test_callback__may_submit_and_cancel(void **state)
{
    struct chain chain = { 0 };
    struct db_batch *batch = batch_as(DB_READ, "amira");

    add(batch, &whoami, "1");
    db_batch_submit(&batch, on_chain, &chain, NULL);
    ask(&chain.victim, DB_READ, "amira", &whoami, "victim");
    wait_for(chain.answers, 1);
    wait_for(chain.answers, 3);
    assert_int_equal(chain.victim.calls, 0);
    assert_int_equal(chain.answers[1].code, 0);
    assert_string_equal(chain.answers[2].text, "amira/2");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        POOL_TEST(test_batch__answers_once_and_never_inside_submit),
        POOL_TEST(test_reads__of_one_turn_share_a_sync_and_their_preamble),
        POOL_TEST(test_write__is_one_transaction),
        POOL_TEST(test_write__is_ok_only_when_committed),
        POOL_TEST(test_write__error_leaves_neighbours_alone),
        POOL_TEST(test_write__does_not_share_the_sync_of_reads),
        POOL_TEST(test_write__shows_what_came_before_its_error),
        POOL_TEST(test_read__aborted_by_a_neighbour_is_sent_again_alone),
        POOL_TEST(test_preamble__that_fails_is_the_answer),
        POOL_TEST(test_batch__of_a_preamble_alone_is_answered),
        POOL_TEST(test_sql_error__names_constraint_and_field),
        POOL_TEST(test_deadline__answers_in_time_and_the_rest_drains),
        POOL_TEST(test_deadline__of_a_write_ends_its_statement_on_the_server),
        POOL_TEST(test_deadline__of_a_write_that_was_ended_is_known),
        POOL_TEST(test_deadline__does_not_outlive_its_write),
        POOL_TEST(test_deadline__that_has_passed_already_sends_nothing),
        POOL_TEST(test_cancel__means_no_answer),
        POOL_TEST(test_cancel__of_a_write_not_sent_drops_it),
        POOL_TEST(test_cancel__of_what_was_sent_drains),
        POOL_TEST(test_callback__may_submit_and_cancel),
    };

    cluster_start(&cluster);
    int failed = cmocka_run_group_tests_name("db_batch", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
