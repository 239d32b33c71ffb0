/* The time: the only place that asks the system for it, so that tests can set it.
 *
 * Deadlines and intervals use the monotonic clock, what is stored or shown uses the wall clock.
 */
#pragma once

#include <stdint.h>

#define USEC_PER_MSEC INT64_C(1000)
#define USEC_PER_SEC INT64_C(1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

/* Return the wall clock: microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_usec(void);

/* Return microseconds since some fixed moment; never goes back, and is never 0. */
int64_t clock_monotonic_usec(void);

/* For tests: let both clocks stand at @usec until the next call; a negative value ends the fake. */
void clock_set_fake(int64_t usec);
