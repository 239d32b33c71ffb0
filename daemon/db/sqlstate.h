/* What a SQLSTATE means to a caller: the only table from SQLSTATE to enum err_code.
 *
 * Errors that the schema raises itself are 'CV0nn', where nn is the gRPC status code (01 to 16).
 * Of the others a row for the whole code wins over a row for its class (the first two characters);
 * what has no row is a fault of ours: ERR_INTERNAL.
 */
#pragma once

#include "base/err.h"

/* Return the code for @sqlstate: five characters, NUL behind. Anything else: ERR_INTERNAL. */
enum err_code sqlstate_to_err(const char *sqlstate) _pure_;
