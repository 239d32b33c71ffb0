/* From what people call things to their ids: "tool hire stockwell", "LB-014", "driver", "amira".
 *
 * An id, or a code where there is one, is taken as it is. Words are looked up: one clear best match
 * is taken and echoed on stderr; several are offered on a terminal, and elsewhere are an error that
 * lists them with their ids (EXIT_CODE_AMBIGUOUS).
 */
#pragma once

#include "client/app.h"
#include "client/verb.h"

/* Find the id of what @text names. @employer_id restricts sites, contacts, openings and visits; ""
 * or NULL: nothing does. The text lives in the app's arena. */
int resolve_name(struct app *app, enum arg_kind kind, const char *text, const char *employer_id,
    const char **ret_id, struct err *err) _must_check_;

/* Say whether @kind is one that resolve_name() knows. */
bool resolve_knows(enum arg_kind kind) _pure_;

/* Return up to @max rows that begin or contain @text, for completion: an array of
 * {"id", "label"}, which the caller owns; NULL if there is none. */
json_t *resolve_candidates(struct app *app, enum arg_kind kind, const char *text, size_t max);
