/* Methods without a database for tests: blocks, types and shapes as a server would describe them.
 */
#pragma once

#include "service/methods.h"

/* Types that a PostgreSQL has, with their real numbers. */
enum {
    BOOL_OID = 16,
    BYTEA_OID = 17,
    INT8_OID = 20,
    INT2_OID = 21,
    INT4_OID = 23,
    TEXT_OID = 25,
    FLOAT8_OID = 701,
    TEXT_ARRAY_OID = 1009,
    INT4_ARRAY_OID = 1007,
    DATE_OID = 1082,
    TIMESTAMPTZ_OID = 1184,
    UUID_OID = 2950,
    UUID_ARRAY_OID = 2951,
    JSONB_OID = 3802,
    ROLE_OID = 20001, /* enum: specialist, lead, administrator, auditor */
    ROLE_ARRAY_OID = 20002,
    NAME_DOMAIN_OID = 20003, /* over text */
    STRANGE_OID = 20004, /* enum with a value that no message has */
    INTERVAL_OID = 1186,
};

/* Fill @types with the types above. */
void tables_types(struct sql_types *types);

/* A column of a described statement. */
struct tables_column {
    const char *name;
    uint32_t oid;
};

/* Bind the one statement of @method of @methods, as if the server had described it so. */
int tables_bind(struct methods *methods, const char *method, const uint32_t *param_oids,
    size_t n_params, const struct tables_column *columns, size_t n_columns,
    struct err *err) _must_check_;
