/* What the files of db share. A batch moves from the pool's queue to a connection and back at most;
 * a connection holds the operations under way in the order in which the server answers them. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/str.h"
#include "db/batch.h"
#include "db/pool.h"

#include <libpq-fe.h>

#define DB_PARAMS_MAX 64
#define BATCH_STATEMENTS_MAX 8
#define BATCH_TRIES_MAX 3

struct db_call {
    const struct db_statement *statement;
    struct db_value *values;
};

enum batch_state {
    BATCH_NEW, /* the caller's */
    BATCH_QUEUED, /* in pool->queue */
    BATCH_RUNNING, /* its operations are in a connection's ring, and it is in conn->batches */
    BATCH_DONE, /* in pool->done: to be answered from the loop */
};

struct db_batch {
    struct list link;
    struct db_pool *pool;
    enum db_batch_kind kind;
    enum batch_state state;
    struct arena arena;
    struct db_call preamble;
    struct str preamble_bytes; /* to compare with the one before */
    struct db_call calls[BATCH_STATEMENTS_MAX];
    PGresult *results[BATCH_STATEMENTS_MAX];
    size_t n_calls;
    int64_t deadline_usec;
    struct loop_timer timer;
    db_answer_fn *fn; /* NULL: answered or cancelled; what is left to come is dropped */
    void *arg;
    size_t ops_left; /* operations in the ring that name this batch */
    unsigned tries;
    bool alone; /* share no sync */
    bool aborted; /* a neighbour's error took it along */
    bool in_doubt; /* a warning came with its commit */
    bool is_unknown; /* it may have been committed or not */
    PGresult *error; /* the server's, of its own statements */
    int failed_index;
    struct err err; /* code 0: none */
};

enum op_kind { OP_SETTING, OP_PREPARE, OP_PREAMBLE, OP_QUERY, OP_SYNC };

struct op {
    enum op_kind kind;
    bool is_answered; /* a result came, the end of results not yet */
    bool is_last; /* of its batch */
    bool is_for_preamble; /* of OP_PREPARE */
    uint16_t index; /* of the statement in its batch */
    struct db_batch *batch; /* NULL: a sync of reads */
    struct prepared *prepared; /* of OP_PREPARE */
};

/* A statement as one connection knows it. */
struct prepared {
    const struct db_statement *statement;
    bool is_prepared;
    unsigned generation; /* a stale plan gets a new name */
    char name[56];
};

#define PREPARED_SLOTS 512 /* a power of 2, at least twice the number of statements */

enum conn_state {
    CONN_DOWN, /* waits for its timer */
    CONN_CONNECTING, /* PQconnectPoll goes on as the socket gets ready */
    CONN_READY,
};

struct db_conn {
    struct db_pool *pool;
    enum conn_state state;
    PGconn *pg;
    struct event read_event, write_event;
    struct loop_timer timer; /* the next try, or the end of this one */
    unsigned failures; /* in a row */
    struct loop_timer stall; /* runs while an answer is owed */
    struct op *ring; /* of pool->ring_size, a power of 2 */
    unsigned head, tail;
    struct list batches; /* running here */
    size_t n_batches;
    bool group_open; /* reads were sent, their sync was not */
    bool preamble_known; /* preamble holds what was sent last in the open group */
    struct str preamble;
    bool must_flush, is_leaving;
    struct prepared slots[PREPARED_SLOTS];
};

struct db_pool {
    struct loop *loop;
    struct db_options options;
    char *conninfo, *settings;
    struct err down_err; /* why the last connection was lost */
    struct db_conn *conns;
    size_t n_conns;
    unsigned ring_size;
    unsigned n_connecting, n_ready;
    struct list queue, done, spare;
    size_t n_queued, n_spare;
    struct loop_later flush;
    struct loop_timer wait_timer; /* runs while no connection is ready */
    bool is_waiting_over, is_closing;
    struct db_stats stats;
};

/* batch.c */
void batch_forget_answers(struct db_batch *batch);
/* Put @batch, which is in no list, to those that are answered from the loop; @code 0: OK. */
void batch_done(struct db_batch *batch, enum err_code code, const char *sentence);
/* Call back, if anybody still waits. */
void batch_answer(struct db_batch *batch);
void batch_recycle(struct db_batch *batch);

/* pool.c */
void pool_enqueue(struct db_pool *pool, struct db_batch *batch, bool first);
void pool_changed(struct db_pool *pool, bool was_up);

/* conn.c */
void conn_init(struct db_conn *conn, struct db_pool *pool);
void conn_start(struct db_conn *conn);
/* Close it; give back or answer what was running, and connect again unless the pool closes. */
void conn_lost(struct db_conn *conn, const char *why);
void conn_close_for_good(struct db_conn *conn);
/* Start, move or stop the timer of a server that owes an answer. */
void conn_watch(struct db_conn *conn);

/* sqlstate.c */
/* Say whether a transaction that failed so is worth running again as it was. */
bool sqlstate_is_transient(const char *sqlstate) _pure_;
/* Say whether it tells that a prepared statement is gone or stale. */
bool sqlstate_is_stale_plan(const char *sqlstate) _pure_;
/* Say whether the server is going away, or must not be written to. */
bool sqlstate_is_goodbye(const char *sqlstate) _pure_;

/* send.c */
/* Hand @batch to libpq. ERR_UNAVAILABLE: the connection is broken; the batch was not taken. */
int conn_send(struct db_conn *conn, struct db_batch *batch) _must_check_;
int conn_sync_group(struct db_conn *conn) _must_check_;
int conn_flush(struct db_conn *conn) _must_check_;
bool conn_has_room(const struct db_conn *conn);

/* receive.c */
void conn_receive(struct db_conn *conn);
/* A notice while the commit of a write is awaited. */
void conn_on_notice(void *arg, const PGresult *result);
