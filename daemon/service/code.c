#include "service/code.h"
#include "base/str.h"
#include "db/result.h"
#include "service/audit_methods.h"
#include "service/match_methods.h"
#include "service/pgbin.h"

static const struct code_method *const methods[] = {
    &match_client_method,
    &match_opening_method,
    &match_explain_method,
    &sign_head_method,
};

const struct code_method *code_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
        if (str_eq(methods[i]->name, name))
            return methods[i];
    return NULL;
}

size_t code_n_rows(const struct code_result *result)
{
    return result->result ? db_result_n_rows(result->result) : 0;
}

const char *code_bytes(const struct code_result *result, size_t row, size_t column, size_t *ret_len)
{
    return db_result_value(result->result, row, (size_t)result->map[column], ret_len);
}

bool code_is_null(const struct code_result *result, size_t row, size_t column)
{
    size_t len;

    return !code_bytes(result, row, column, &len);
}

bool code_bool(const struct code_result *result, size_t row, size_t column)
{
    size_t len;
    const char *data = code_bytes(result, row, column, &len);

    return data && len == 1 && *data;
}

int64_t code_int(const struct code_result *result, size_t row, size_t column)
{
    size_t len;
    const char *data = code_bytes(result, row, column, &len);

    if (!data)
        return 0;
    switch (len) {
    case 2:
        return (int16_t)pgbin_get16(data);
    case 4:
        return (int32_t)pgbin_get32(data);
    case 8:
        return (int64_t)pgbin_get64(data);
    default:
        return 0;
    }
}

int32_t code_date(const struct code_result *result, size_t row, size_t column)
{
    size_t len;
    const char *data = code_bytes(result, row, column, &len);
    int32_t days = data && len == 4 ? (int32_t)pgbin_get32(data) : PGBIN_INFINITY_DAYS;

    return days == PGBIN_INFINITY_DAYS || days == INT32_MIN ? 0 : days + PGBIN_EPOCH_DAYS;
}

const char *code_text(
    const struct code_result *result, size_t row, size_t column, struct arena *arena)
{
    size_t len;
    const char *data = code_bytes(result, row, column, &len);

    return arena_strndup(arena, data ? data : "", len);
}
