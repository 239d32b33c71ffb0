#include "db/result.h"

#include <libpq-fe.h>

/* A result is libpq's, seen through our own name. */
static const PGresult *rows_of(const struct db_result *result)
{
    return (const PGresult *)result;
}

size_t db_result_n_rows(const struct db_result *result)
{
    return (size_t)PQntuples(rows_of(result));
}

size_t db_result_n_columns(const struct db_result *result)
{
    return (size_t)PQnfields(rows_of(result));
}

const void *db_result_value(
    const struct db_result *result, size_t row, size_t column, size_t *ret_len)
{
    *ret_len = 0;
    if (row >= db_result_n_rows(result) || column >= db_result_n_columns(result)
        || PQgetisnull(rows_of(result), (int)row, (int)column))
        return NULL;
    *ret_len = (size_t)PQgetlength(rows_of(result), (int)row, (int)column);
    return PQgetvalue(rows_of(result), (int)row, (int)column);
}

const char *db_result_column_name(const struct db_result *result, size_t column)
{
    return PQfname(rows_of(result), (int)column);
}

uint32_t db_result_column_oid(const struct db_result *result, size_t column)
{
    return PQftype(rows_of(result), (int)column);
}

uint64_t db_result_n_affected(const struct db_result *result)
{
    const char *text = PQcmdTuples((PGresult *)result);
    return *text ? strtoull(text, NULL, 10) : 0;
}
