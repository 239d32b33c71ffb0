/* Reads all openings from the database into a catalogue, for the follower.
 *
 *     loader_start(pool, catalogue, on_loaded, f, &loader, &err);
 *     ... on_loaded(NULL, f): the catalogue has them all, in no order
 *     loader_free(loader);                                 at any time; nothing is said any more
 *
 * Four tables, one behind the other: employers and places, whose facts are kept until the end;
 * then openings; then how boroughs stand with employers. Openings are by far the most: they are
 * read by ranges of the table's blocks, several at a time, so that the server reads while the loop
 * takes in what it has read. Ranges need no order, and are known before the rows are. But an update
 * moves a row to another block, maybe into a range that was read already: whoever starts a load
 * knows a snapshot from before it, and reads every opening that was changed since
 * (service/follower.h). Of the others only some changes are told, so they are read in pages by
 * their keys, which stay.
 *
 * Errors: those of db/batch.h, and ERR_EXHAUSTED; what is in the catalogue then is not all.
 */
#pragma once

#include "base/err.h"
#include "base/macro.h"

#include <stddef.h>

struct db_pool;
struct db_statement;
struct loader;
struct match_catalogue;

/* Called once, from the loop; may free the loader. */
typedef void loader_fn(const struct err *err, void *arg);

/* Begin to load into @catalogue, which is borrowed, as @pool is, until loader_free().
 * ERR_EXHAUSTED. */
int loader_start(struct db_pool *pool, struct match_catalogue *catalogue, loader_fn *fn, void *arg,
    struct loader **ret_loader, struct err *err) _must_check_;

/* Stop, and free it; NULL is accepted. */
void loader_free(struct loader *loader);

/* Its statements, for the check at start. */
extern const struct db_statement *const loader_statements[];
extern const size_t loader_n_statements;
