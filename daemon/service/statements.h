/* The statements of the engine itself: functions of the schema that every call may need. */
#pragma once

#include "db/pool.h"

#include <stddef.h>

extern const struct db_statement statement_enter; /* names the caller: canvass.enter() */
extern const struct db_statement statement_replay; /* the kept answer of a request_id */
extern const struct db_statement statement_check_only; /* ends a validate_only batch */
extern const struct db_statement statement_audit_note; /* ends a batch that is audited */
extern const struct db_statement statement_audit_refused; /* of a call that was refused */

#define STATEMENT_ENTER_PARAMS 5
#define STATEMENT_AUDIT_NOTE_PARAMS 2
#define STATEMENT_AUDIT_REFUSED_PARAMS 3

/* All of them, for the check at start. */
extern const struct db_statement *const statements[];
extern const size_t n_statements;

/* How a block is wrapped so that its one row is kept: the SQL before it, and behind it with the
 * number of the last parameter, which is the request_id. */
#define STATEMENT_KEEP_FORMAT                                                                      \
    "SELECT canvass.keep($%zu, (SELECT pg_catalog.to_jsonb(a) FROM (\n%s\n) AS a))"

#define STATEMENT_UUID_OID 2950
