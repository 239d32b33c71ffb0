/* The pool: a few connections to PostgreSQL, each in pipeline mode, that never block the loop.
 *
 *     struct db_options options;
 *     db_options_init(&options);
 *     options.conninfo = "hostaddr=10.0.0.5 dbname=canvass user=canvass_app";
 *     options.on_state = on_database;                      up, down and why
 *     db_pool_new(loop, &options, &pool, &err);            starts to connect, does not wait
 *     ... db/batch.h ...
 *     db_pool_free(pool);                                  answers what is left, then frees
 *
 * What arrives in one turn of the loop is sent in one go at its end. Connections that break are
 * made again after a pause with full jitter (anything between nothing and a limit that doubles up
 * to backoff_max_usec), at most two at a time, until db_pool_free(). A connection is also given up
 * - when the server says that it is read-only (25006): we were left behind by a failover;
 * - when a commit was answered with success and a warning: it may not be on the standby;
 * - when it owes an answer and was silent for stall_usec.
 * If conninfo names several hosts, each attempt begins with another one.
 *
 * Names in conninfo: libpq asks the resolver synchronously, which stops the loop for as long as it
 * takes. Give hostaddr (beside host, where TLS must check a name), or a socket's folder as host.
 *
 * Ownership: the pool borrows the loop and every struct db_statement (until db_pool_free()), copies
 * conninfo. Errors: functions here fail with ERR_INVALID (conninfo or options make no sense) and
 * ERR_EXHAUSTED (memory); that the database cannot be reached is a state, not an error.
 */
#pragma once

#include "base/err.h"
#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_pool;
struct loop;

/* A statement of the program, known by its address: prepared on each connection when it is first
 * used there, within the same round trip, and again when the server has lost it or when its plan
 * went stale (26000, 0A000). Lives, unchanged, as long as the pool. */
struct db_statement {
    const char *name; /* for logs */
    const char *sql;
    size_t n_params;
    const uint32_t *param_oids; /* n_params types; NULL or 0: the server infers */
};

/* A parameter, in text or in PostgreSQL's binary format of its type. */
struct db_value {
    const void *data; /* NULL: SQL's NULL */
    int len; /* bytes; text needs no NUL behind it and must have none within */
    bool is_binary;
};

/* Called when the first connection stands and when the last one is lost; also when a down pool
 * has a new reason for it. @err says why it is down, and is NULL when it is up. */
typedef void db_state_fn(bool is_up, const struct err *err, void *arg);

struct db_options {
    const char *conninfo; /* libpq's words or a URI; no default */
    const char *session_options; /* further "-c name=value" of each session; NULL: none. Copied */
    int connections; /* 2; more were slower where daemon and database share two cores */
    int64_t connect_timeout_usec; /* 5 s, for one attempt */
    int64_t backoff_min_usec; /* 50 ms: bound of the first pause */
    int64_t backoff_max_usec; /* 2 s */
    int64_t statement_timeout_usec; /* 30 s: the server ends a longer statement; 0: never */
    int64_t stall_usec; /* 0: statement_timeout_usec + 5 s, or never without the one */
    int64_t wait_usec; /* 5 s: a batch waits so long for a pool that is down */
    size_t queue_limit; /* 1024 batches that wait to be sent; more: ERR_EXHAUSTED */
    size_t pipeline_limit; /* 64 batches sent and not ended, a connection */
    db_state_fn *on_state; /* may be NULL; never called inside db_pool_new() */
    void *arg;
};

/* What the pool did so far, and where it stands. */
struct db_stats {
    uint64_t batches; /* submitted */
    uint64_t statements; /* sent, without preambles */
    uint64_t preambles; /* sent */
    uint64_t preambles_shared; /* not sent: the batch before in the same sync named the caller */
    uint64_t prepares;
    uint64_t syncs;
    uint64_t resent; /* batches sent again: a neighbour's error, a lost plan, a lost connection */
    uint64_t cancels; /* running statements that were asked to end: nobody waited any more */
    uint64_t connects; /* connections that came to stand */
    uint64_t refused; /* batches above queue_limit */
    uint64_t losses; /* connections that stood and were lost or given up */
    size_t waiting; /* batches not sent */
    size_t in_flight; /* batches sent and not ended, cancelled ones included */
    int connections_up;
};

/* Fill @options with the defaults above. */
void db_options_init(struct db_options *options);

/* Make a pool and begin to connect. ERR_INVALID, ERR_EXHAUSTED. */
int db_pool_new(struct loop *loop, const struct db_options *options, struct db_pool **ret_pool,
    struct err *err) _must_check_;

/* Answer every batch that has no answer yet with ERR_UNAVAILABLE, close the connections, and free
 * the pool; NULL is accepted. Not from within a callback of the pool. What callbacks submit
 * meanwhile is answered likewise, so they must not try again for ever. */
void db_pool_free(struct db_pool *pool);
define_cleanup(struct db_pool *, db_pool_free);

/* Say whether at least one connection stands. */
bool db_pool_is_up(const struct db_pool *pool) _pure_;

void db_pool_stats(const struct db_pool *pool, struct db_stats *ret_stats);
