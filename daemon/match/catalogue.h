/* The openings, held in columns so that a client is matched at the speed of memory.
 *
 * Calling sequence: match_catalogue_new(), match_catalogue_put() for each opening, then any number
 * of match_run() (match.h) between further put and remove. An opening is known by its id; the
 * order in which openings arrive never changes an answer. One writer; readers only between writes.
 *
 * Errors: ERR_EXHAUSTED without memory, ERR_INVALID for an opening that match_opening_check()
 * refuses; the catalogue is then as it was.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "base/uuid.h"

struct err;
struct match_catalogue;
struct match_opening;

int match_catalogue_new(struct match_catalogue **ret_catalogue, struct err *err) _must_check_;
void match_catalogue_free(struct match_catalogue *catalogue);

/* Copy an opening in. add: ERR_EXISTS when its id is there; update: ERR_NOT_FOUND when it is not;
 * put: either. */
int match_catalogue_add(struct match_catalogue *catalogue, const struct match_opening *opening,
    struct err *err) _must_check_;
int match_catalogue_update(struct match_catalogue *catalogue, const struct match_opening *opening,
    struct err *err) _must_check_;
int match_catalogue_put(struct match_catalogue *catalogue, const struct match_opening *opening,
    struct err *err) _must_check_;

/* Take an opening out. False when it was not there. */
bool match_catalogue_remove(struct match_catalogue *catalogue, const struct uuid *id);

/* The opening of that id, borrowed until the next change; NULL when it is not there. */
const struct match_opening *match_catalogue_find(
    const struct match_catalogue *catalogue, const struct uuid *id);

size_t match_catalogue_count(const struct match_catalogue *catalogue);

/* Memory held, in bytes. */
size_t match_catalogue_size_bytes(const struct match_catalogue *catalogue);
