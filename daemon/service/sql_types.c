#include "service/sql_types.h"
#include "base/str.h"

#include <string.h>

const char SQL_TYPES_QUERY[]
    = "SELECT t.oid::text, t.typname::text, t.typtype::text, t.typbasetype::oid::text,"
      " CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END::oid::text,"
      " (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e"
      "   WHERE e.enumtypid = t.oid)"
      " FROM pg_catalog.pg_type t WHERE t.typtype IN ('b', 'e', 'd') ORDER BY t.oid";

static const struct {
    const char *name;
    enum sql_kind kind;
} kinds[] = {
    { "bool", SQL_BOOL },
    { "bpchar", SQL_TEXT },
    { "bytea", SQL_BYTEA },
    { "citext", SQL_TEXT },
    { "date", SQL_DATE },
    { "float4", SQL_FLOAT4 },
    { "float8", SQL_FLOAT8 },
    { "int2", SQL_INT2 },
    { "int4", SQL_INT4 },
    { "int8", SQL_INT8 },
    { "json", SQL_JSON },
    { "jsonb", SQL_JSONB },
    { "name", SQL_TEXT },
    { "text", SQL_TEXT },
    { "timestamptz", SQL_TIMESTAMPTZ },
    { "uuid", SQL_UUID },
    { "varchar", SQL_TEXT },
};

static enum sql_kind kind_of(const char *name, char typtype, uint32_t element_oid)
{
    if (typtype == 'e')
        return SQL_ENUM;
    if (element_oid)
        return SQL_ARRAY;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (str_eq(kinds[i].name, name))
            return kinds[i].kind;
    return SQL_OTHER;
}

static int parse_oid(const char *text, uint32_t *ret_oid)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (end == text || *end || value > UINT32_MAX)
        return ERR_INTERNAL;
    *ret_oid = (uint32_t)value;
    return 0;
}

static int split_labels(
    struct sql_types *types, struct sql_type *type, const char *joined, struct err *err)
{
    size_t n = 1;

    for (const char *p = joined; *p; p++)
        n += *p == ',';
    const char **labels = arena_calloc(&types->arena, n, sizeof(*labels));
    if (!labels)
        return err_oom(err);
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(joined, ",");
        labels[i] = arena_strndup(&types->arena, joined, len);
        if (!labels[i])
            return err_oom(err);
        joined += len + 1;
    }
    type->labels = labels;
    type->n_labels = n;
    return 0;
}

int sql_types_add(struct sql_types *types, const char *const columns[6], struct err *err)
{
    struct sql_type type = { .name = arena_strdup(&types->arena, columns[1]) };

    if (!type.name)
        return err_oom(err);
    if (parse_oid(columns[0], &type.oid) < 0 || parse_oid(columns[3], &type.base_oid) < 0
        || parse_oid(columns[4], &type.element_oid) < 0)
        return err_set(err, ERR_INTERNAL, "the server's list of types is not as expected");
    type.kind = kind_of(type.name, columns[2][0], type.element_oid);
    if (columns[5] && split_labels(types, &type, columns[5], err) < 0)
        return ERR_EXHAUSTED;
    if (types->n_types == types->cap_types) {
        size_t cap = types->cap_types ? types->cap_types * 2 : 512;
        struct sql_type *grown = realloc(types->types, cap * sizeof(*grown));
        if (!grown)
            return err_oom(err);
        types->types = grown;
        types->cap_types = cap;
    }
    types->types[types->n_types++] = type;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct sql_type *left = a, *right = b;

    return left->oid < right->oid ? -1 : left->oid > right->oid;
}

static const struct sql_type *find_exact(const struct sql_types *types, uint32_t oid)
{
    struct sql_type key = { .oid = oid };

    return types->n_types ? bsearch(&key, types->types, types->n_types, sizeof(key), compare)
                          : NULL;
}

const struct sql_type *sql_types_find(const struct sql_types *types, uint32_t oid)
{
    const struct sql_type *type = find_exact(types, oid);

    for (int depth = 0; type && type->base_oid && depth < 16; depth++)
        type = find_exact(types, type->base_oid);
    return type;
}

void sql_types_finish(struct sql_types *types)
{
    if (types->n_types)
        qsort(types->types, types->n_types, sizeof(*types->types), compare);
    for (size_t i = 0; i < types->n_types; i++)
        if (types->types[i].element_oid)
            types->types[i].element = sql_types_find(types, types->types[i].element_oid);
}

void sql_types_release(struct sql_types *types)
{
    if (!types)
        return;
    free(types->types);
    arena_release(&types->arena);
    *types = (struct sql_types) { 0 };
}
