/* A scripted database for the engine's tests: it takes what daemon/db would take, answers what the
 * test says, and keeps db/batch.h's promises (no callback inside submit, exactly one).
 *
 * Linked instead of the real batches: these objects define the same functions.
 *
 *     fake_db_reset();
 *     ... the engine submits ...
 *     struct db_batch *batch = fake_db_take();        the oldest without an answer
 *     assert_int_equal(batch->kind, DB_WRITE);
 *     fake_db_answer(batch, FAKE_ROWS(2, 1, TEXT("a"), NIL));
 */
#pragma once

#include "db/batch.h"

#include <stdbool.h>

#define FAKE_STATEMENTS_MAX 10
#define FAKE_VALUES_MAX 40

struct fake_cell {
    const void *data; /* NULL: SQL NULL */
    size_t len;
};

#define TEXT(text) ((struct fake_cell) { (text), sizeof(text) - 1 })
#define NIL ((struct fake_cell) { NULL, 0 })

struct db_result {
    size_t n_columns, n_rows;
    const struct fake_cell *cells; /* row by row */
};

#define FAKE_ROWS(columns, rows, ...)                                                              \
    (&(const struct db_result) { (columns), (rows), (const struct fake_cell[]) { __VA_ARGS__ } })
#define FAKE_NO_ROWS(columns) (&(const struct db_result) { (columns), 0, NULL })

struct fake_statement {
    const struct db_statement *statement;
    struct fake_cell values[FAKE_VALUES_MAX]; /* copies */
    size_t n_values;
};

struct db_batch {
    enum db_batch_kind kind;
    struct fake_statement preamble;
    struct fake_statement statements[FAKE_STATEMENTS_MAX];
    size_t n_statements;
    int64_t deadline_usec;
    db_answer_fn *fn;
    void *arg;
    bool is_submitted, is_cancelled, is_taken, is_answered;
    struct db_ticket **ticket;
};

/* Free everything; fails the test if a batch was submitted and never looked at. */
void fake_db_reset(void);

/* Batches submitted and neither taken nor cancelled. */
size_t fake_db_n_waiting(void);

/* The oldest of them; fails the test if there is none. */
struct db_batch *fake_db_take(void);

/* Answer it with one result. */
void fake_db_answer(struct db_batch *batch, const struct db_result *result);

/* Answer it with an SQL error, behind @n results that arrived before it. */
void fake_db_fail(struct db_batch *batch, const struct db_sql_error *sql,
    const struct db_result *const *results, size_t n);

/* Answer it with an error that is not the server's. */
void fake_db_lose(struct db_batch *batch, enum err_code code, const char *sentence);
