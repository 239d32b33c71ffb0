/* The worker's catalogue of open openings, and how it is kept in step with the database.
 *
 *     follower_new(loop, pool, &follower, &err);           begins to load
 *     follower_wait(follower, &wait, on_in_step, op);      the answer is to reflect every write so
 * far
 *     ... on_in_step(NULL, op): match_find(follower_catalogue(follower), ...)
 *     follower_free(follower);                             before the pool
 *
 * The follower keeps the snapshot of its last look at the database, and asks every FOLLOWER_PAUSE
 * what was committed since and that snapshot did not show (migrations/deploy/catalogue.sql says why
 * nothing less will do). Who waits is told after a look that began after it asked: its answer
 * reflects all that was committed before it called, by whatever daemon. One look serves all who
 * wait. Everything is loaded anew (service/loader.h) at the start, on a new day, after a failover
 * and after any error.
 *
 * Errors, to those who wait: those of db/batch.h; nothing is then in step, and it tries again.
 */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"
#include "base/macro.h"
#include "db/pool.h"

#include <stdbool.h>
#include <stdint.h>

#define FOLLOWER_PAUSE_USEC (25 * USEC_PER_MSEC)

struct db_batch;
struct db_result;
struct follower;
struct loop;
struct match_catalogue;

/* @err is NULL when the catalogue is in step. Called from the loop, never inside follower_wait().
 */
typedef void follower_fn(const struct err *err, void *arg);

struct follower_wait {
    struct list link; /* list_init() it before the first use */
    follower_fn *fn;
    void *arg;
};

/* Of the worker's catalogue, for metrics. */
struct follower_stats {
    uint64_t openings;
    uint64_t bytes;
    uint64_t age_msec; /* since the last look that ended well began; UINT64_MAX: none did */
    uint64_t looks, loads, changes; /* loads: of everything; changes: rows applied since */
};

/* Make a follower; @loop and @pool are borrowed. ERR_EXHAUSTED. */
int follower_new(struct loop *loop, struct db_pool *pool, struct follower **ret_follower,
    struct err *err) _must_check_;

/* Free it; nobody may wait. NULL is accepted. */
void follower_free(struct follower *follower);

/* Tell @wait when the catalogue is in step. */
void follower_wait(
    struct follower *follower, struct follower_wait *wait, follower_fn *fn, void *arg);

/* A shorter way, where nothing was changed since the last look, as is mostly so: the question goes
 * with a caller's own statements.
 *
 *     if (follower_is_whole(f))
 *         follower_ask(f, batch, &err);                the batch's last statement, sent at once
 *     ... if (!follower_hear(f, db_reply_result(reply, last), asked_usec)) follower_wait(f, ...)
 *
 * follower_hear() is true when the catalogue, as it is by then, reflects all that was committed
 * before the question was sent at asked_usec (clock_monotonic_usec()). */
bool follower_is_whole(const struct follower *follower);
int follower_ask(
    const struct follower *follower, struct db_batch *batch, struct err *err) _must_check_;
bool follower_hear(struct follower *follower, const struct db_result *answer, int64_t asked_usec);

/* Wait no more. Harmless for one that does not wait. */
void follower_cancel(struct follower_wait *wait);

/* The catalogue as it is; borrowed until the loop goes on. */
const struct match_catalogue *follower_catalogue(const struct follower *follower);

void follower_stats(const struct follower *follower, struct follower_stats *ret_stats);

/* Its statements, for the check at start. */
extern const struct db_statement *const follower_statements[];
extern const size_t follower_n_statements;
