/* Callers share connections and transactions, and never see each other's rows. */
#include "db_asking.h"

#define BATCHES 250 /* fewer than the pool's queue takes */
#define ROUNDS 8

/* What one caller may see: its own name and its own notes. */
static const struct db_statement mine = { .name = "mine",
    .sql = "SELECT coalesce(string_agg(DISTINCT owner, ','), 'none') || '/' || $1::text"
           " FROM note WHERE owner = current_setting('test.who', true)",
    .n_params = 1 };

struct play {
    unsigned seed;
    struct answer answers[BATCHES];
    char want[BATCHES][32]; /* "": anything but rows */
};

static unsigned pick(struct play *play, unsigned n)
{
    play->seed = play->seed * 1103515245 + 12345;
    return (play->seed >> 16) % n;
}

/* Submit batch @i: mostly reads of anybody, now and then one that fails, is refused, writes, loses
 * all plans, has no name, or is cancelled at once. */
static void play_one(struct play *play, int i)
{
    static const char *const people[] = { "amira", "tom", "grace", "nobody", NULL };
    const char *who = people[pick(play, ARRAY_SIZE(people))];
    struct answer *answer = &play->answers[i];
    char value[16];
    unsigned what = pick(play, 40);

    snprintf(value, sizeof(value), "%d", i);
    play->want[i][0] = '\0';
    if (what < 3) {
        ask(answer, DB_READ, who, &divide, "0");
    } else if (what == 3) {
        ask(answer, DB_READ, who, &forget, NULL);
    } else {
        const struct db_statement *statement = what < 20 ? &mine : &whoami;
        const char *name = who ? who : statement == &mine ? "none" : "";
        ask(answer, what % 8 == 7 ? DB_WRITE : DB_READ, who, statement, value);
        if (!who || strcmp(who, "nobody") != 0)
            snprintf(play->want[i], sizeof(play->want[i]), "%s/%d", name, i);
    }
    if (pick(play, 8) == 0) {
        db_ticket_cancel(&answer->ticket);
        answer->calls = -1;
    }
}

static void check_one(const struct play *play, int i)
{
    const struct answer *answer = &play->answers[i];

    if (answer->calls < 0)
        return;
    assert_int_equal(answer->calls, 1);
    /* a lost connection may leave a write unknown, and plans may be lost twice */
    if (answer->code != 0)
        assert_true(answer->n_results == 0
            && (!play->want[i][0] || answer->is_unknown || strcmp(answer->sqlstate, "26000") == 0));
    else if (play->want[i][0])
        assert_string_equal(answer->text, play->want[i]);
}

static void play_round(struct play *play, bool breaks)
{
    for (int i = 0; i < BATCHES; i++) {
        play_one(play, i);
        if (pick(play, 30) == 0) {
            struct err err = { 0 };
            assert_int_equal(loop_turn(loop, false, &err), 0);
        }
        if (breaks && i == BATCHES / 2)
            end_backends();
    }
    for (int i = 0; i < BATCHES; i++)
        while (play->answers[i].calls == 0)
            turn();
    for (int i = 0; i < BATCHES; i++)
        check_one(play, i);
}

static void play_rounds(int connections, bool breaks)
{
    static struct play play;
    struct db_options options = test_options();

    db_pool_free(pool);
    options.connections = connections;
    open_pool(&options);
    cluster_sql(&cluster,
        "INSERT INTO note SELECT i, (ARRAY['amira','tom','grace'])[1 + i % 3], ''"
        " FROM generate_series(1, 30) i");
    play.seed = 7;
    for (int i = 0; i < ROUNDS; i++)
        play_round(&play, breaks);
    assert_true(stats().preambles_shared > 0);
    assert_true(stats().resent > 0);
}

static void test_callers__never_see_each_others_rows(void **state)
{
    play_rounds(1, false);
}

static void test_callers__never_see_each_others_rows_on_many_connections(void **state)
{
    play_rounds(3, false);
}

static void test_callers__never_see_each_others_rows_when_connections_break(void **state)
{
    play_rounds(2, true);
}

static void test_preamble__is_gone_after_the_transaction(void **state)
{
    struct answer answers[4];

    ask(&answers[0], DB_READ, "amira", &whoami, "1");
    ask(&answers[1], DB_READ, NULL, &whoami, "2");
    ask(&answers[2], DB_READ, "amira", &whoami, "3");
    ask(&answers[3], DB_READ, NULL, &whoami, "4");
    wait_for(answers, 4);
    assert_string_equal(answers[0].text, "amira/1");
    assert_string_equal(answers[1].text, "/2");
    assert_string_equal(answers[2].text, "amira/3");
    assert_string_equal(answers[3].text, "/4");
}

static void test_preamble__of_a_write_does_not_reach_the_next(void **state)
{
    struct answer answers[2];

    ask(&answers[0], DB_WRITE, "amira", &insert, "1");
    ask(&answers[1], DB_READ, NULL, &whoami, "1");
    wait_for(answers, 2);
    assert_int_equal(answers[0].code, 0);
    assert_string_equal(answers[1].text, "/1");
}

/* The caller that was refused must not leave its successor under an older name. */
static void test_preamble__that_fails_leaves_nobody_under_another_name(void **state)
{
    struct answer answers[4];

    ask(&answers[0], DB_READ, "amira", &whoami, "1");
    ask(&answers[1], DB_READ, "nobody", &whoami, "2");
    ask(&answers[2], DB_READ, "tom", &whoami, "3");
    ask(&answers[3], DB_READ, "amira", &whoami, "4");
    wait_for(answers, 4);
    assert_string_equal(answers[0].text, "amira/1");
    assert_int_equal(answers[1].code, ERR_UNAUTHENTICATED);
    assert_int_equal(answers[1].n_results, 0);
    assert_string_equal(answers[2].text, "tom/3");
    assert_string_equal(answers[3].text, "amira/4");
}

static void ask_as_value(struct answer *answer, const struct db_value *who)
{
    struct err err = { 0 };
    struct db_batch *batch = db_batch_new(pool, DB_READ);

    assert_int_equal(db_batch_preamble(batch, &enter, who, 1, &err), 0);
    add(batch, &whoami, "1");
    submit(batch, answer);
}

/* Shared is what is the same to the last bit: one byte, its length, NULL, its format. */
static void test_preamble__is_shared_only_if_it_is_the_same(void **state)
{
    const struct db_value callers[] = {
        { .data = "tom", .len = 3 },
        { .data = "tom", .len = 2 },
        { .data = "tom", .len = 0 },
        { .data = NULL, .len = 0 },
        { .data = "tol", .len = 3 },
        { .data = "tol", .len = 3, .is_binary = true },
        { .data = "tol", .len = 3, .is_binary = true },
    };
    static const char *const want[] = { "tom/1", "to/1", "/1", "/1", "tol/1", "tol/1", "tol/1" };
    struct answer answers[ARRAY_SIZE(callers)];
    struct db_stats before = stats();

    for (size_t i = 0; i < ARRAY_SIZE(callers); i++)
        ask_as_value(&answers[i], &callers[i]);
    wait_for(answers, ARRAY_SIZE(callers));
    for (size_t i = 0; i < ARRAY_SIZE(callers); i++)
        assert_string_equal(answers[i].text, want[i]);
    assert_int_equal(stats().preambles_shared - before.preambles_shared, 1);
}

static void test_preamble__of_another_statement_is_not_shared(void **state)
{
    static const struct db_statement enter_too
        = { .name = "enter_too", .sql = "SELECT enter('x' || $1::text)", .n_params = 1 };
    struct err err = { 0 };
    struct db_value tom = text("tom");
    struct answer answers[2];

    ask(&answers[0], DB_READ, "tom", &whoami, "1");
    struct db_batch *batch = db_batch_new(pool, DB_READ);
    assert_int_equal(db_batch_preamble(batch, &enter_too, &tom, 1, &err), 0);
    add(batch, &whoami, "2");
    submit(batch, &answers[1]);
    wait_for(answers, 2);
    assert_string_equal(answers[0].text, "tom/1");
    assert_string_equal(answers[1].text, "xtom/2");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        POOL_TEST(test_callers__never_see_each_others_rows),
        POOL_TEST(test_callers__never_see_each_others_rows_on_many_connections),
        POOL_TEST(test_callers__never_see_each_others_rows_when_connections_break),
        POOL_TEST(test_preamble__is_gone_after_the_transaction),
        POOL_TEST(test_preamble__of_a_write_does_not_reach_the_next),
        POOL_TEST(test_preamble__that_fails_leaves_nobody_under_another_name),
        POOL_TEST(test_preamble__is_shared_only_if_it_is_the_same),
        POOL_TEST(test_preamble__of_another_statement_is_not_shared),
    };

    cluster_start(&cluster);
    int failed = cmocka_run_group_tests_name("db_identity", tests, NULL, NULL);
    cluster_stop(&cluster);
    return failed;
}
