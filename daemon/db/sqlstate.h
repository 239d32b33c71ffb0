/* SQLSTATE to error code: one table.
 *
 * CV0nn are the errors that our own functions raise, nn being a gRPC status (migrations/, fail()).
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/* Return the code for a five-character @sqlstate; ERR_INTERNAL for what the table does not know. */
enum err_code db_sqlstate_code(const char *sqlstate) _pure_;

/* Say whether a transaction that failed so is worth running again as it was. */
bool db_sqlstate_is_transient(const char *sqlstate) _pure_;

/* Say whether it tells that a prepared statement is gone or stale. */
bool db_sqlstate_is_stale_plan(const char *sqlstate) _pure_;

/* Say whether the server is going away, or must not be written to. */
bool db_sqlstate_is_goodbye(const char *sqlstate) _pure_;
