/* Memory that a process shares with the children it forks afterwards: counters of the workers.
 *
 *     struct tally *tally = shared_alloc(sizeof(*tally) * n_workers);   before fork()
 *     ... each worker writes its own part, anyone reads all of them ...
 *     shared_free(tally, sizeof(*tally) * n_workers);                   in each process, or never
 *
 * It begins as zeroes, and stays in place for the life of the process. There is no lock: give each
 * writer fields of its own, of a word each and written with __atomic_store_n(), and a reader that
 * adds them up sees whole numbers.
 */
#pragma once

#include "base/macro.h"

#include <stddef.h>

/* Return @bytes of zeroes, or NULL without memory. */
void *shared_alloc(size_t bytes) _must_check_;

/* Give them back, in this process. NULL is accepted. */
void shared_free(void *memory, size_t bytes);
