#include "db_asking.h"

#include "db/describe.h"

struct cluster cluster;
struct loop *loop;
struct db_pool *pool;

const struct db_statement enter
    = { .name = "enter", .sql = "SELECT enter($1::text)", .n_params = 1 };
const struct db_statement whoami = { .name = "whoami",
    .sql = "SELECT coalesce(current_setting('test.who', true), '') || '/' || $1::text",
    .n_params = 1 };
const struct db_statement insert = { .name = "insert",
    .sql = "INSERT INTO note VALUES ($1::text::int, current_setting('test.who'), $2)"
           " RETURNING owner",
    .n_params = 2 };
const struct db_statement orphan
    = { .name = "orphan", .sql = "INSERT INTO kid VALUES (-1) RETURNING 'orphan'::text" };
const struct db_statement count = { .name = "count", .sql = "SELECT count(*)::text FROM note" };
const struct db_statement divide
    = { .name = "divide", .sql = "SELECT (1/$1::text::int)::text", .n_params = 1 };
const struct db_statement nap
    = { .name = "nap", .sql = "SELECT pg_sleep($1::text::float)::text", .n_params = 1 };
const struct db_statement forget = { .name = "forget", .sql = "DEALLOCATE ALL" };

struct db_value text(const char *data)
{
    return (struct db_value) { .data = data, .len = data ? (int)strlen(data) : 0 };
}

static void keep_sql(struct answer *answer, const struct db_sql_error *sql)
{
    if (!sql)
        return;
    memcpy(answer->sqlstate, sql->sqlstate, sizeof(answer->sqlstate));
    snprintf(answer->constraint, sizeof(answer->constraint), "%s",
        sql->constraint ? sql->constraint : "");
}

void on_answer(const struct db_reply *reply, void *arg)
{
    struct answer *answer = arg;

    answer->calls++;
    answer->ticket = NULL;
    answer->code = reply->err ? (int)reply->err->code : 0;
    snprintf(answer->field, sizeof(answer->field), "%s", reply->err ? reply->err->field : "");
    answer->failed_index = db_reply_failed_index(reply);
    answer->is_unknown = db_reply_is_unknown(reply);
    answer->n_results = reply->n_results;
    keep_sql(answer, db_reply_sql(reply));
    if (reply->n_results == 0)
        return;
    const struct db_result *result = db_reply_result(reply, reply->n_results - 1);
    size_t len;
    answer->n_rows = db_result_n_rows(result);
    const char *value = answer->n_rows > 0 ? db_result_value(result, 0, 0, &len) : NULL;
    snprintf(answer->text, sizeof(answer->text), "%s", value ? value : "NULL");
}

struct db_batch *batch_as(enum db_batch_kind kind, const char *who)
{
    struct err err = { 0 };
    struct db_batch *batch = db_batch_new(pool, kind);
    struct db_value value = text(who);

    assert_non_null(batch);
    if (who)
        assert_int_equal(db_batch_preamble(batch, &enter, &value, 1, &err), 0);
    return batch;
}

void add(struct db_batch *batch, const struct db_statement *statement, const char *value)
{
    struct err err = { 0 };
    struct db_value values[2] = { text(value), text("text") };

    assert_int_equal(db_batch_add(batch, statement, values, statement->n_params, &err), 0);
}

void submit(struct db_batch *batch, struct answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    db_batch_submit(&batch, on_answer, answer, &answer->ticket);
    assert_null(batch);
    assert_int_equal(answer->calls, 0);
}

void ask(struct answer *answer, enum db_batch_kind kind, const char *who,
    const struct db_statement *statement, const char *value)
{
    struct db_batch *batch = batch_as(kind, who);

    add(batch, statement, value);
    submit(batch, answer);
}

void turn(void)
{
    struct err err = { 0 };

    assert_int_equal(loop_turn(loop, true, &err), 0);
}

void wait_for(const struct answer *answers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        while (answers[i].calls == 0)
            turn();
        assert_int_equal(answers[i].calls, 1);
    }
}

void wait_until_up(void)
{
    while (!db_pool_is_up(pool))
        turn();
}

static void on_time_passed(void *arg)
{
    bool *has_passed = arg;

    *has_passed = true;
}

void pass_msec(int msec)
{
    struct loop_timer timer;
    bool has_passed = false;

    loop_timer_init(&timer, loop, on_time_passed, &has_passed);
    loop_timer_start(&timer, msec * USEC_PER_MSEC);
    while (!has_passed)
        turn();
}

void let_it_be_sent(void)
{
    struct err err = { 0 };

    do
        assert_int_equal(loop_turn(loop, false, &err), 0);
    while (stats().waiting > 0);
    pass_msec(20);
}

struct db_stats stats(void)
{
    struct db_stats now;

    db_pool_stats(pool, &now);
    return now;
}

struct db_options test_options(void)
{
    struct db_options options;

    db_options_init(&options);
    options.conninfo = cluster.conninfo;
    options.connections = 1;
    options.queue_limit = 300;
    options.backoff_max_usec = 100 * USEC_PER_MSEC;
    return options;
}

void open_pool(const struct db_options *options)
{
    struct err err = { 0 };

    assert_int_equal(db_pool_new(loop, options, &pool, &err), 0);
    wait_until_up();
}

void end_backends(void)
{
    cluster_sql(&cluster,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND application_name = 'canvassd'");
}

int backend_pid(void)
{
    static const struct db_statement pid
        = { .name = "pid", .sql = "SELECT pg_backend_pid()::text" };
    struct answer answer;

    ask(&answer, DB_READ, "amira", &pid, NULL);
    wait_for(&answer, 1);
    return (int)strtol(answer.text, NULL, 10);
}

int set_up(void **state)
{
    struct err err = { 0 };
    struct db_options options = test_options();

    (void)state;
    if (loop_new(&loop, &err) < 0)
        return -1;
    open_pool(&options);
    cluster_sql(&cluster, "TRUNCATE note, kid");
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    db_pool_free(pool);
    loop_free(loop);
    return 0;
}
