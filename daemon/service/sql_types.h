/* The server's types, as far as messages can be bound to them.
 *
 * Read once at start (SQL_TYPES_QUERY, one sql_types_add() a row, sql_types_finish()), borrowed by
 * every plan. Domains count as their base type, arrays know their element.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sql_kind {
    SQL_OTHER, /* no binary form that we read or write */
    SQL_TEXT, /* text, varchar, char(n), name, citext: the bytes themselves */
    SQL_UUID,
    SQL_BOOL,
    SQL_INT2,
    SQL_INT4,
    SQL_INT8,
    SQL_FLOAT4,
    SQL_FLOAT8,
    SQL_TIMESTAMPTZ,
    SQL_DATE,
    SQL_BYTEA,
    SQL_JSON,
    SQL_JSONB,
    SQL_ENUM,
    SQL_ARRAY,
};

struct sql_type {
    uint32_t oid;
    const char *name; /* as PostgreSQL prints it in its catalogue: "int4", "visit_mode" */
    enum sql_kind kind;
    uint32_t base_oid; /* of a domain, else 0 */
    uint32_t element_oid; /* of an array, else 0 */
    const struct sql_type *element; /* of an array: its type with domains resolved */
    const char *const *labels; /* of an enum, in order */
    size_t n_labels;
};

struct sql_types {
    struct arena arena;
    struct sql_type *types; /* sorted by oid */
    size_t n_types, cap_types;
};

/* Answers rows of oid, name, typtype, base oid, element oid, labels joined by commas. */
extern const char SQL_TYPES_QUERY[];

/* Add a row of the query's answer, as text; @labels may be NULL. Rows come in order of oid. */
int sql_types_add(
    struct sql_types *types, const char *const columns[6], struct err *err) _must_check_;

/* Connect arrays and domains, after the last row. */
void sql_types_finish(struct sql_types *types);

/* Find a type; a domain gives its base type. NULL if unknown. */
const struct sql_type *sql_types_find(const struct sql_types *types, uint32_t oid);

/* Free all. NULL and zeroed are accepted. */
void sql_types_release(struct sql_types *types);
