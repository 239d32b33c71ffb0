/* How often somebody may do something: so many at once, and so many a second for long. All workers
 * count in memory that they share.
 *
 *     rate_new("calls", burst, per_second, &rate, &err);        before any worker is forked
 *     if (!rate_take(rate, key, &wait_usec)) refuse, and say when to come back
 *     rate_free(rate);
 *
 * Each key has a moment at which it would have used up nothing (the generic cell rate algorithm of
 * ATM): one number, changed by compare and swap, so nobody waits for anybody. There is room for
 * some thousands of keys; beyond, a new one takes the place of the one that has been quiet longest,
 * which loses nothing but the memory of what it used.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct rate;

/* @burst 0: there is no limit, but keys are known. @name is borrowed and is what metrics call it.
 * ERR_EXHAUSTED. */
int rate_new(const char *name, int64_t burst, int64_t per_second, struct rate **ret_rate,
    struct err *err) _must_check_;
/* NULL is accepted. */
void rate_free(struct rate *rate);

/* Turn bytes into a key. Whoever chooses the bytes cannot choose the key. */
uint64_t rate_key(const struct rate *rate, const void *data, size_t len);

/* Say whether @key has been seen, and not forgotten. */
bool rate_knows(const struct rate *rate, uint64_t key);

/* Use one of @key's; false if there is none left, then one is there in *@ret_wait_usec. */
bool rate_take(struct rate *rate, uint64_t key, int64_t *ret_wait_usec);

/* Say whether @key has one left, without using it. */
bool rate_has(struct rate *rate, uint64_t key, int64_t *ret_wait_usec);

/* Count a refusal, for metrics. */
void rate_count_refusal(struct rate *rate);
uint64_t rate_refusals(const struct rate *rate);
const char *rate_name(const struct rate *rate);
