#include "unit/service/fake_db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define BATCHES_MAX 64

struct reply {
    struct db_reply public;
    const struct db_result *const *results;
    const struct db_sql_error *sql;
};

static struct db_batch *batches[BATCHES_MAX];
static size_t n_batches;

static void release_statement(struct fake_statement *statement)
{
    for (size_t i = 0; i < statement->n_values; i++)
        free((void *)statement->values[i].data);
}

static void release(struct db_batch *batch)
{
    release_statement(&batch->preamble);
    for (size_t i = 0; i < batch->n_statements; i++)
        release_statement(&batch->statements[i]);
    free(batch);
}

void fake_db_reset(void)
{
    assert_int_equal(fake_db_n_waiting(), 0);
    for (size_t i = 0; i < n_batches; i++)
        release(batches[i]);
    n_batches = 0;
}

static bool is_waiting(const struct db_batch *batch)
{
    return batch->is_submitted && !batch->is_cancelled && !batch->is_taken;
}

size_t fake_db_n_waiting(void)
{
    size_t n = 0;

    for (size_t i = 0; i < n_batches; i++)
        n += is_waiting(batches[i]);
    return n;
}

struct db_batch *fake_db_take(void)
{
    for (size_t i = 0; i < n_batches; i++)
        if (is_waiting(batches[i])) {
            batches[i]->is_taken = true;
            return batches[i];
        }
    fail_msg("no batch was submitted");
    return NULL;
}

static void answer(struct db_batch *batch, const struct reply *reply)
{
    assert_true(batch->is_submitted && !batch->is_answered && !batch->is_cancelled);
    batch->is_answered = true;
    batch->fn(&reply->public, batch->arg);
}

void fake_db_answer(struct db_batch *batch, const struct db_result *result)
{
    struct reply reply = { .public.n_results = 1, .results = &result };

    answer(batch, &reply);
}

void fake_db_fail(struct db_batch *batch, const struct db_sql_error *sql,
    const struct db_result *const *results, size_t n)
{
    struct err err = { .code = ERR_INTERNAL };
    struct reply reply
        = { .public.err = &err, .public.n_results = n, .results = results, .sql = sql };

    answer(batch, &reply);
}

void fake_db_lose(struct db_batch *batch, enum err_code code, const char *sentence)
{
    struct err err = { 0 };
    struct reply reply = { .public.err = &err };

    err_set(&err, code, "%s", sentence);
    answer(batch, &reply);
}

/* ---- db/batch.h and db/result.h ---- */

struct db_batch *db_batch_new(struct db_pool *pool, enum db_batch_kind kind)
{
    struct db_batch *batch = calloc(1, sizeof(*batch));

    assert_non_null(batch);
    batch->kind = kind;
    return batch;
}

void db_batch_free(struct db_batch *batch)
{
    if (batch)
        release(batch);
}

static int set(struct fake_statement *out, const struct db_statement *statement,
    const struct db_value *values, size_t n)
{
    assert_int_equal(n, statement->n_params);
    assert_true(n <= FAKE_VALUES_MAX);
    out->statement = statement;
    out->n_values = n;
    for (size_t i = 0; i < n; i++) {
        assert_true(values[i].is_binary);
        char *copy = values[i].data ? calloc(1, (size_t)values[i].len + 1) : NULL;
        if (copy)
            memcpy(copy, values[i].data, (size_t)values[i].len);
        out->values[i] = (struct fake_cell) { copy, (size_t)values[i].len };
    }
    return 0;
}

int db_batch_preamble(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err)
{
    assert_null(batch->preamble.statement);
    assert_int_equal(batch->n_statements, 0);
    return set(&batch->preamble, statement, values, n_values);
}

int db_batch_add(struct db_batch *batch, const struct db_statement *statement,
    const struct db_value *values, size_t n_values, struct err *err)
{
    assert_true(batch->n_statements < FAKE_STATEMENTS_MAX);
    return set(&batch->statements[batch->n_statements++], statement, values, n_values);
}

void db_batch_deadline(struct db_batch *batch, int64_t monotonic_usec)
{
    batch->deadline_usec = monotonic_usec;
}

void db_batch_submit(
    struct db_batch **batch, db_answer_fn *fn, void *arg, struct db_ticket **ret_ticket)
{
    struct db_batch *taken = *batch;

    *batch = NULL;
    assert_true(n_batches < BATCHES_MAX);
    batches[n_batches++] = taken;
    taken->fn = fn;
    taken->arg = arg;
    taken->is_submitted = true;
    if (ret_ticket)
        *ret_ticket = (struct db_ticket *)taken;
}

void db_ticket_cancel(struct db_ticket **ticket)
{
    struct db_batch *batch = (struct db_batch *)*ticket;

    *ticket = NULL;
    if (batch)
        batch->is_cancelled = true;
}

const struct db_result *db_reply_result(const struct db_reply *reply, size_t i)
{
    const struct reply *full = (const struct reply *)reply;

    return i < reply->n_results ? full->results[i] : NULL;
}

int db_reply_failed_index(const struct db_reply *reply)
{
    return reply->err ? (int)reply->n_results : DB_FAILED_NOWHERE;
}

const struct db_sql_error *db_reply_sql(const struct db_reply *reply)
{
    return ((const struct reply *)reply)->sql;
}

bool db_reply_is_unknown(const struct db_reply *reply)
{
    return false;
}

size_t db_result_n_rows(const struct db_result *result)
{
    return result->n_rows;
}

size_t db_result_n_columns(const struct db_result *result)
{
    return result->n_columns;
}

const void *db_result_value(
    const struct db_result *result, size_t row, size_t column, size_t *ret_len)
{
    assert_true(row < result->n_rows && column < result->n_columns);
    const struct fake_cell *cell = &result->cells[row * result->n_columns + column];

    *ret_len = cell->len;
    return cell->data;
}
