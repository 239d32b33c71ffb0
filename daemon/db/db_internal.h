/* What the files of db share.
 *
 * A batch is the caller's until it is submitted; then it is in exactly one list: the pool's queue,
 * a connection's batches, or the pool's list of those to be answered. A connection mirrors, in its
 * ring of operations, what the server still has to answer, in order; a batch that was sent lives at
 * least until the last of its operations is popped, whoever waits for it.
 *
 * on_flush() in pool.c ends each turn: it alone sends, and it leaves no group of reads without its
 * sync. So no callback runs while a group is open.
 */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "base/loop.h"
#include "db/batch.h"
#include "db/pool.h"

#include <libpq-fe.h>

#define GROUP_MAX 64 /* reads that share a sync: what one of them waits for, all wait for */

#define SQLSTATE_CANCELLED "57014"
#define SQLSTATE_READ_ONLY "25006"
#define SQLSTATE_NO_PLAN "26000"
#define SQLSTATE_STALE_PLAN "0A000"

/* A statement and its values, as libpq takes them. */
struct db_call {
    const struct db_statement *statement; /* NULL: none */
    unsigned slot; /* pool->statements[slot] == statement */
    int n_values;
    const char **values;
    int *lengths, *formats;
    PGresult *result; /* NULL: did not arrive */
};

enum batch_state {
    BATCH_NEW, /* the caller's */
    BATCH_QUEUED, /* in pool->queue or pool->again */
    BATCH_SENT, /* in conn->batches */
    BATCH_DONE, /* in pool->done: answered at the end of the turn */
};

/* What is known of a batch that was sent, while its results come in. */
enum batch_fate {
    FATE_OPEN, /* nothing against it so far */
    FATE_FAILED, /* its own SQL error, in batch->error */
    FATE_STALE, /* a plan of its was lost: sent again */
    FATE_ABORTED, /* a neighbour's error or cancel took it along: sent again, alone */
};

struct db_batch {
    struct list link;
    struct db_pool *pool;
    enum db_batch_kind kind;
    enum batch_state state;
    enum batch_fate fate;
    struct arena arena; /* calls and values */
    struct db_call preamble;
    struct db_call *calls;
    size_t n_calls, calls_cap;
    int64_t deadline_usec;
    struct loop_timer timer;
    db_answer_fn *fn; /* NULL: answered or cancelled; what is still to come is dropped */
    void *arg;
    unsigned ops_left; /* operations in a ring that name this batch */
    unsigned losses; /* connections that were lost under it */
    bool was_stale, was_aborted; /* sent again for that reason: once is enough */
    bool is_alone; /* shares no sync */
    bool may_commit; /* a write's sync was sent */
    bool in_doubt; /* a warning came with its commit */
    bool is_unknown; /* err leaves open whether it was committed */
    bool err_is_sql; /* err was made from error */
    PGresult *error;
    int failed_index;
    struct err err; /* code 0: none; the rest is meaningless then */
};

enum op_kind {
    OP_SETUP, /* the session's settings, once a connection */
    OP_LIMIT, /* a write's statement_timeout */
    OP_PREPARE,
    OP_PREAMBLE,
    OP_QUERY,
    OP_SYNC,
};

struct op {
    enum op_kind kind;
    bool is_answered; /* its result came, the NULL that ends it has not */
    int index; /* what db_reply_failed_index() says if it fails */
    unsigned slot, generation; /* the plan that it makes or uses */
    struct db_batch *batch; /* NULL: the connection's, or a sync of reads */
};

/* A statement as one connection knows it. Each prepare gets a name of its own, because a stale plan
 * keeps its name for as long as the session lives. */
struct plan {
    bool is_usable; /* prepared, or its prepare is on the way */
    unsigned generation;
    char name[24];
};

enum conn_state {
    CONN_WAITING, /* timer: the next attempt */
    CONN_CONNECTING, /* timer: the end of the attempt */
    CONN_READY, /* timer: the server owes an answer and is silent */
    CONN_LEAVING, /* gets no more work, is closed when it owes nothing; timer as before */
};

struct db_conn {
    struct db_pool *pool;
    enum conn_state state;
    PGconn *pg;
    struct event event; /* on pg's socket, for event_what; 0: not added */
    short event_what;
    const char *why_leaving;
    struct loop_timer timer;
    unsigned failures; /* attempts and short lives in a row: the back-off */
    unsigned first_host; /* where in conninfo's list of hosts the next attempt begins */
    int64_t ready_usec, progress_usec; /* when it came to stand; when it last answered */
    struct op *ring;
    unsigned ring_size, head, tail; /* a power of two; counters that wrap */
    struct plan *plans; /* by slot */
    size_t n_plans;
    struct list batches;
    size_t n_batches;
    size_t group_size; /* reads sent whose sync was not; 0: no group is open */
    const struct db_batch *named_by; /* whose preamble holds in the open group; NULL: nobody's */
    bool is_dirty; /* to be flushed at the end of the turn */
    bool is_cancelling; /* gets no more work until cancel.c has its answer … */
    unsigned cancel_end; /* … which may hit any operation before this one */
};

/* The connection that asks for statements to be ended, see cancel.c. */
struct canceller {
    PGconn *pg; /* NULL: none is needed now */
    struct event event;
    struct loop_timer timer; /* the next look; while pg is there, the end of the attempt */
    bool is_watching, is_asking;
};

struct db_pool {
    struct loop *loop;
    struct db_options options;
    PQconninfoOption *conninfo;
    struct db_conn *conns;
    size_t n_conns;
    unsigned n_connecting, n_up;
    struct list queue, again, done, spare; /* again: what was sent before, goes first */
    size_t n_queued, n_spare;
    const struct db_statement **statements; /* by slot */
    size_t n_statements;
    unsigned *index; /* hash of statements' addresses -> slot + 1 */
    size_t index_size;
    struct loop_later flush;
    struct canceller canceller;
    struct loop_timer wait_timer; /* runs while the pool is down */
    bool is_waiting_over, is_closing;
    struct err told; /* what on_state() was told last; code 0: that it is up */
    struct db_stats stats;
};

/* batch.c */
void batch_recycle(struct db_batch *batch);
/* Forget what came in, before it is sent again. */
void batch_forget_answers(struct db_batch *batch);
bool call_is_equal(const struct db_call *a, const struct db_call *b) _pure_;

/* reply.c: the ways in which a batch ends. It must be in no list. */
/* Call back, if somebody waits, and recycle. An error is in batch->err. */
void batch_answer(struct db_batch *batch);
/* The same at the end of the turn. */
void batch_answer_later(struct db_batch *batch);
/* The same with an error: @code and @sentence. */
void batch_fail_later(struct db_batch *batch, enum err_code code, const char *sentence);
/* A write that may have been committed: @why is half a sentence. */
void batch_set_unknown(struct db_batch *batch, enum err_code code, const char *why);
/* Fill batch->err from batch->error. */
void batch_set_sql_error(struct db_batch *batch);

/* pool.c */
/* Take a new batch into the queue, or refuse it. */
void pool_submit(struct db_pool *pool, struct db_batch *batch);
void pool_send_again(struct db_pool *pool, struct db_batch *batch);
/* Take @batch, which is queued, out of the queue. */
void pool_unqueue(struct db_pool *pool, struct db_batch *batch);
/* A connection came to stand (@err NULL), or was lost or not to be had. */
void pool_on_conn(struct db_pool *pool, const struct err *err);

/* cancel.c */
void cancel_init(struct db_pool *pool);
void cancel_release(struct db_pool *pool);
/* A batch that was sent has lost its waiter: see soon whether its statement still runs. */
void cancel_soon(struct db_pool *pool);

/* statements.c */
/* Find or give the slot of @statement. ERR_EXHAUSTED. */
int statements_slot(struct db_pool *pool, const struct db_statement *statement, unsigned *ret_slot,
    struct err *err) _must_check_;
void statements_release(struct db_pool *pool);

/* conninfo.c */
/* Parse @conninfo, and put @session_options (may be NULL) before its own "options". ERR_INVALID,
 * ERR_EXHAUSTED. */
int conninfo_parse(const char *conninfo, const char *session_options,
    PQconninfoOption **ret_options, struct err *err) _must_check_;
/* Begin an attempt; NULL without memory. */
PGconn *conninfo_connect(const PQconninfoOption *options, unsigned first_host);

/* conn.c */
void db_conn_init(struct db_conn *conn, struct db_pool *pool);
void db_conn_release(struct db_conn *conn);
void db_conn_begin(struct db_conn *conn);
bool db_conn_is_up(const struct db_conn *conn) _pure_;
/* Close it, send again or answer what was under way, and connect again unless the pool closes.
 * @why is for logs. */
void db_conn_lost(struct db_conn *conn, const char *why);
/* Give it no more work, and close it when it owes nothing. @why, a literal, is for logs. */
void db_conn_leave(struct db_conn *conn, const char *why);
/* Push out what libpq holds, and watch the socket and the clock accordingly. */
void db_conn_flush(struct db_conn *conn);

/* send.c */
/* Hand @batch to libpq and list it in conn->batches. ERR_EXHAUSTED: it was not taken.
 * ERR_UNAVAILABLE: the connection must be given up. */
int db_conn_send(struct db_conn *conn, struct db_batch *batch) _must_check_;
/* Say goodbye to the open group, if any, with a sync. ERR_UNAVAILABLE as above. */
int db_conn_close_group(struct db_conn *conn) _must_check_;
/* Send the session's settings. ERR_UNAVAILABLE as above. */
int db_conn_send_setup(struct db_conn *conn) _must_check_;

static inline struct op *db_conn_op(const struct db_conn *conn, unsigned position)
{
    return &conn->ring[position & (conn->ring_size - 1)];
}

/* receive.c */
/* Take all results that are there; NULL, or why the connection must be given up. */
const char *db_conn_take_results(struct db_conn *conn) _must_check_;
void db_conn_on_notice(void *arg, const PGresult *notice);
