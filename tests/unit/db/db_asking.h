/* What the tests of batches share: a cluster, a loop, a pool, some statements, and answers kept.
 *
 *     struct answer answer;
 *     ask(&answer, DB_READ, "amira", &whoami, "1");
 *     wait_for(&answer, 1);
 *     assert_string_equal(answer.text, "amira/1");
 *
 * Everything fails the running test by itself when it cannot do what it says.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/loop.h"
#include "db_cluster.h"

#include <stdio.h>
#include <string.h>

extern struct cluster cluster;
extern struct loop *loop;
extern struct db_pool *pool;

/* What a batch was answered, copied out of the reply. */
struct answer {
    int calls;
    int code; /* 0: OK */
    int failed_index;
    bool is_unknown;
    char sqlstate[6];
    char field[128];
    char constraint[64];
    char text[64]; /* first value of the last result, "NULL" if there is none */
    size_t n_results, n_rows; /* rows of the last result */
    struct db_ticket *ticket;
};

/* $1 names the caller; "nobody" is refused with CV016. */
extern const struct db_statement enter;
/* The caller's name and $1: "amira/1". */
extern const struct db_statement whoami;
/* A row with the id $1 for the caller, and text $2. */
extern const struct db_statement insert;
/* A row whose deferred constraint fails at the commit. */
extern const struct db_statement orphan;
/* How many rows insert made. */
extern const struct db_statement count;
/* 1 divided by $1. */
extern const struct db_statement divide;
/* Sleep for $1 seconds. */
extern const struct db_statement nap;
/* DEALLOCATE ALL: the server forgets every prepared statement. */
extern const struct db_statement forget;

struct db_value text(const char *data);

void on_answer(const struct db_reply *reply, void *arg);

/* A batch whose preamble names @who; NULL: without preamble. */
struct db_batch *batch_as(enum db_batch_kind kind, const char *who);

/* Add @statement; its first parameter is @value, its second "text". */
void add(struct db_batch *batch, const struct db_statement *statement, const char *value);

void submit(struct db_batch *batch, struct answer *answer);

/* Submit a batch of one statement. */
void ask(struct answer *answer, enum db_batch_kind kind, const char *who,
    const struct db_statement *statement, const char *value);

/* Run one turn of the loop, which waits for an event. */
void turn(void);

/* Run the loop until each of the @n answers is there. */
void wait_for(const struct answer *answers, size_t n);

void wait_until_up(void);

/* Run the loop for a while. */
void pass_msec(int msec);

/* Run the loop until the queue is empty and all is on its way. */
void let_it_be_sent(void);

struct db_stats stats(void);

/* Options that suit the tests. */
struct db_options test_options(void);

void open_pool(const struct db_options *options);

/* End the pool's sessions at the server. */
void end_backends(void);

/* The process of a backend of the pool, the only one if there is one connection. */
int backend_pid(void);

/* For cmocka: a loop, and a pool with one connection that stands; and their end. */
int set_up(void **state);
int tear_down(void **state);

#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
