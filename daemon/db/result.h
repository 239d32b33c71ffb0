/* Rows that the database answered.
 *
 * A result is borrowed from the reply (db/batch.h) or the description (db/describe.h) that gave it,
 * and dies with it; so do the values. Rows and columns count from 0; asking for one that does not
 * exist is a bug, and is answered with NULL or 0. Values are in binary format in replies, as text
 * from db_query_simple().
 */
#pragma once

#include "base/macro.h"

#include <stddef.h>
#include <stdint.h>

struct db_result;

size_t db_result_n_rows(const struct db_result *result);

size_t db_result_n_columns(const struct db_result *result);

/* Return the value's first byte, and its length in *@ret_len; NULL and 0 for SQL's NULL. A NUL
 * that the length does not count follows the last byte. */
const void *db_result_value(
    const struct db_result *result, size_t row, size_t column, size_t *ret_len);

/* Return the column's name. */
const char *db_result_column_name(const struct db_result *result, size_t column);

/* Return the OID of the column's type. */
uint32_t db_result_column_oid(const struct db_result *result, size_t column);

/* Return how many rows the statement returned, inserted, updated or deleted. */
uint64_t db_result_n_affected(const struct db_result *result);
