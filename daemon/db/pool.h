/* A pool of PostgreSQL connections, each in pipeline mode on the event loop.
 *
 *     struct db_options options = DB_OPTIONS_INIT;
 *     options.conninfo = "host=/run/postgresql dbname=canvass user=canvass_app";
 *     db_pool_new(loop, &options, &pool, &err);
 *     ... db/batch.h ...
 *     db_pool_free(pool);            answers what is pending with ERR_UNAVAILABLE
 *
 * The pool connects by itself, again and again with a back-off, and never blocks: but libpq looks
 * up host names before it returns, so name a socket folder or give hostaddr. What is submitted
 * while PostgreSQL is away waits for it, for wait_usec at most.
 */
#pragma once

#include "base/err.h"
#include "base/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_pool;

/* The pool can take work (again), or has lost its last connection. */
typedef void db_state_fn(bool is_up, void *arg);

struct db_options {
    const char *conninfo; /* libpq's keywords or URI; copied */
    unsigned connections; /* 1 to 64; two serve two cores best */
    unsigned pipeline; /* batches under way on one connection, 1 to 4096 */
    size_t queue_limit; /* batches that wait; above it ERR_EXHAUSTED */
    int64_t connect_timeout_usec; /* for one try */
    int64_t backoff_min_usec, backoff_max_usec; /* between tries: random up to a doubling bound */
    int64_t statement_timeout_usec; /* the server ends any statement after this; 0: never */
    int64_t wait_usec; /* how long a batch waits for a connection, besides its own deadline */
    db_state_fn *on_state; /* may be NULL */
    void *state_arg;
};

#define DB_OPTIONS_INIT                                                                            \
    (struct db_options)                                                                            \
    {                                                                                              \
        .connections = 2, .pipeline = 256, .queue_limit = 4096,                                    \
        .connect_timeout_usec = 5000000, .backoff_min_usec = 50000, .backoff_max_usec = 2000000,   \
        .statement_timeout_usec = 30000000, .wait_usec = 5000000                                   \
    }

/* A statement, prepared on each connection when it is first used there. The pool borrows it, and
 * what it points to, for its own life; the pointer is its identity. */
struct db_statement {
    const char *name; /* a letter or more, unique in the pool, at most 40 bytes */
    const char *sql;
    size_t n_params; /* at most DB_PARAMS_MAX */
    const uint32_t *param_oids; /* NULL: the server infers them */
};

#define DB_PARAMS_MAX 64

/* A parameter's value. */
struct db_value {
    const void *data; /* NULL is SQL's NULL */
    int len; /* in bytes; text without a NUL */
    bool is_binary;
};

/* Make a pool and begin to connect. ERR_INVALID if an option is out of range, ERR_EXHAUSTED. */
int db_pool_new(struct loop *loop, const struct db_options *options, struct db_pool **ret_pool,
    struct err *err) _must_check_;

/* Answer what is pending with ERR_UNAVAILABLE, close all connections, free. NULL is accepted. Not
 * from within a callback of the pool. */
void db_pool_free(struct db_pool *pool);
define_cleanup(struct db_pool *, db_pool_free);

/* Say whether at least one connection is ready. */
bool db_pool_is_up(const struct db_pool *pool);

/* For logs and metrics. */
struct db_pool_counts {
    unsigned connections; /* ready */
    size_t queued; /* wait for room on a connection */
    size_t running; /* sent, not answered */
    uint64_t connects, losses, batches, syncs, preambles_elided, retries;
};
void db_pool_counts(const struct db_pool *pool, struct db_pool_counts *ret_counts);
