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
#include "match/model.h"

struct err;
struct match_catalogue;
struct match_options;

int match_catalogue_new(struct match_catalogue **ret_catalogue, struct err *err) _must_check_;
void match_catalogue_free(struct match_catalogue *catalogue);

/* Copy an opening in, save its stance and level, which are an asker's. add: ERR_EXISTS when its id
 * is there; update: ERR_NOT_FOUND when it is not; put: either. */
int match_catalogue_add(struct match_catalogue *catalogue, const struct match_opening *opening,
    struct err *err) _must_check_;
int match_catalogue_update(struct match_catalogue *catalogue, const struct match_opening *opening,
    struct err *err) _must_check_;
int match_catalogue_put(struct match_catalogue *catalogue, const struct match_opening *opening,
    struct err *err) _must_check_;

/* Take an opening out. False when it was not there. */
bool match_catalogue_remove(struct match_catalogue *catalogue, const struct uuid *id);

/* Say how an asker (match_options.audience_id) stands with an employer: MATCH_STANCE_UNKNOWN and 0
 * to forget it. It lasts as long as the employer has openings here; of others nothing is kept. */
int match_catalogue_relate(struct match_catalogue *catalogue, const struct uuid *asker_id,
    const struct uuid *employer_id, enum match_stance stance, unsigned level,
    struct err *err) _must_check_;

/* Make room for @n openings before they are put in, which is faster than to grow in steps. More may
 * come, and fewer; match_catalogue_arrange() gives back what was too much. */
int match_catalogue_reserve(
    struct match_catalogue *catalogue, size_t n, struct err *err) _must_check_;

/* Put near openings together, after many were put in: a match reads less, and memory is given back.
 * An answer does not change. */
int match_catalogue_arrange(struct match_catalogue *catalogue, struct err *err) _must_check_;

/* The opening of that id as the asker of the options knows it; false when the asker may not see it,
 * or there is none. */
bool match_catalogue_get(const struct match_catalogue *catalogue,
    const struct match_options *options, const struct uuid *id, struct match_opening *ret_opening);

size_t match_catalogue_count(const struct match_catalogue *catalogue);

/* Memory held, in bytes. */
size_t match_catalogue_size_bytes(const struct match_catalogue *catalogue);
