/* Every allocation of db fails once, from the making of a pool to its end: each batch that was
 * submitted is answered once, and what comes afterwards finds a pool that works. */
#include "db_asking.h"

#include "unit/nomemory.h"

#define BATCHES 4

static const struct {
    enum db_batch_kind kind;
    const struct db_statement *statement;
    const char *value;
} asked[BATCHES] = {
    { DB_READ, &whoami, "1" },
    { DB_WRITE, &insert, "1" },
    { DB_READ, &divide, "0" },
    { DB_READ, &count, NULL },
};

/* Submit what can be made; the rest was told at once. */
static bool try_to_ask(size_t i, struct answer *answer)
{
    struct db_value who = text("amira"), values[2] = { text(asked[i].value), text("text") };
    struct db_batch *batch = db_batch_new(pool, asked[i].kind);

    if (!batch)
        return false;
    int r = db_batch_preamble(batch, &enter, &who, 1, NULL);
    if (r == 0)
        r = db_batch_add(batch, asked[i].statement, values, asked[i].statement->n_params, NULL);
    if (r < 0) {
        assert_int_equal(r, ERR_EXHAUSTED);
        db_batch_free(batch);
        return false;
    }
    submit(batch, answer);
    return true;
}

static void check_answer(size_t i, const struct answer *answer)
{
    int right = asked[i].statement == &divide ? ERR_INVALID : 0;

    if (has_failed)
        assert_true(answer->code == right || answer->code == ERR_EXHAUSTED
            || answer->code == ERR_UNAVAILABLE || answer->code == ERR_INTERNAL);
    else if (right == 0)
        assert_int_equal(answer->code, 0);
    else
        assert_string_equal(answer->sqlstate, "22012");
}

static void scenario(void)
{
    struct answer answers[BATCHES];
    struct db_options options = test_options();
    struct answer after;

    int r = db_pool_new(loop, &options, &pool, NULL);
    if (r < 0) {
        assert_int_equal(r, ERR_EXHAUSTED);
        return;
    }
    for (size_t i = 0; i < BATCHES; i++) {
        if (!try_to_ask(i, &answers[i]))
            continue;
        wait_for(&answers[i], 1);
        check_answer(i, &answers[i]);
    }
    calls_left = -1;
    wait_until_up();
    ask(&after, DB_READ, "amira", &whoami, "9");
    wait_for(&after, 1);
    assert_string_equal(after.text, "amira/9");
    db_pool_free(pool);
    pool = NULL;
}

static void test_pool__survives_each_allocation_failing(void **state)
{
    struct err err = { 0 };
    long n = 0;

    do {
        cluster_sql(&cluster, "DELETE FROM kid");
        cluster_sql(&cluster, "DELETE FROM note");
        assert_int_equal(loop_new(&loop, &err), 0);
        has_failed = false;
        calls_left = n++;
        scenario();
        calls_left = -1;
        loop_free(loop);
        loop = NULL;
    } while (has_failed);
    assert_in_range(n, 5, 1000);
    print_message("%ld allocations failed in turn\n", n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool__survives_each_allocation_failing),
    };
    cluster_start(&cluster);
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    cluster_stop(&cluster);
    return r;
}
