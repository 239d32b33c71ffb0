#include "unit/service/tables.h"
#include "db/describe.h"
#include "service/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

void tables_types(struct sql_types *types)
{
    static const char *const rows[][6] = {
        { "16", "bool", "b", "0", "0", NULL },
        { "17", "bytea", "b", "0", "0", NULL },
        { "20", "int8", "b", "0", "0", NULL },
        { "21", "int2", "b", "0", "0", NULL },
        { "23", "int4", "b", "0", "0", NULL },
        { "25", "text", "b", "0", "0", NULL },
        { "701", "float8", "b", "0", "0", NULL },
        { "1007", "_int4", "b", "0", "23", NULL },
        { "1009", "_text", "b", "0", "25", NULL },
        { "1082", "date", "b", "0", "0", NULL },
        { "1184", "timestamptz", "b", "0", "0", NULL },
        { "1186", "interval", "b", "0", "0", NULL },
        { "2950", "uuid", "b", "0", "0", NULL },
        { "2951", "_uuid", "b", "0", "2950", NULL },
        { "3802", "jsonb", "b", "0", "0", NULL },
        { "20001", "role", "e", "0", "0", "specialist,lead,administrator,auditor" },
        { "20002", "_role", "b", "0", "20001", NULL },
        { "20003", "name_text", "d", "25", "0", NULL },
        { "20004", "strange", "e", "0", "0", "specialist,king" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(sql_types_add(types, rows[i], NULL), 0);
    sql_types_finish(types);
}

static struct method *find(struct methods *methods, const char *name)
{
    for (size_t i = 0; i < methods->n_methods; i++)
        if (strcmp(methods->methods[i].name, name) == 0)
            return &methods->methods[i];
    fail_msg("%s is not in the table", name);
    return NULL;
}

int tables_bind(struct methods *methods, const char *method, const uint32_t *param_oids,
    size_t n_params, const struct tables_column *columns, size_t n_columns, struct err *err)
{
    struct method *found = find(methods, method);
    uint32_t oids[BLOCK_PARAMS_MAX] = { 0 };
    struct db_column described[32];
    struct db_shape shape = {
        .n_params = n_params, .param_oids = oids, .n_columns = n_columns, .columns = described
    };

    for (size_t i = 0; i < n_params; i++)
        oids[i] = param_oids[i];
    for (size_t i = 0; i < n_columns; i++)
        described[i] = (struct db_column) { (char *)columns[i].name, columns[i].oid };
    int r = check_bind_part(methods, found, 0, &shape, err);
    if (r == 0 && found->writes && !found->once)
        r = check_wrap_kept(methods, found, err);
    return r;
}
