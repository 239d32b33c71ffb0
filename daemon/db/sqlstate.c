#include "db/db_internal.h"

#include "db/sqlstate.h"

#include <string.h>

enum trait { NOTHING = 0, TRANSIENT = 1, STALE_PLAN = 2, GOODBYE = 4 };

/* Whole states before their classes: the first row whose text begins the state decides. */
static const struct {
    const char *prefix;
    enum err_code code;
    enum trait trait;
} table[] = {
    { "08", ERR_UNAVAILABLE, GOODBYE }, /* connection exceptions */
    { "0A000", ERR_INTERNAL, STALE_PLAN }, /* "cached plan must not change result type" */
    { "22", ERR_INVALID, NOTHING }, /* data exceptions */
    { "23502", ERR_INVALID, NOTHING }, /* not null */
    { "23503", ERR_PRECONDITION, NOTHING }, /* foreign key */
    { "23505", ERR_EXISTS, NOTHING }, /* unique */
    { "23514", ERR_INVALID, NOTHING }, /* check */
    { "23P01", ERR_EXISTS, NOTHING }, /* exclusion */
    { "25006", ERR_UNAVAILABLE, GOODBYE }, /* read-only: a standby, or a demoted primary */
    { "26000", ERR_INTERNAL, STALE_PLAN }, /* no such prepared statement */
    { "40001", ERR_ABORTED, TRANSIENT }, /* serialization failure */
    { "40P01", ERR_ABORTED, TRANSIENT }, /* deadlock */
    { "42501", ERR_DENIED, NOTHING }, /* insufficient privilege, row-level security */
    { "53300", ERR_UNAVAILABLE, NOTHING }, /* too many connections */
    { "53", ERR_UNAVAILABLE, NOTHING }, /* disk full, out of memory: the server's, not the call's */
    { "54", ERR_INVALID, NOTHING }, /* program limit exceeded: too large, too deep */
    { "55P03", ERR_ABORTED, NOTHING }, /* lock not available */
    { "57014", ERR_TIMEOUT, NOTHING }, /* statement_timeout */
    { "57P", ERR_UNAVAILABLE, GOODBYE }, /* shutdown, crash, cannot connect now, idle session */
    { "58", ERR_UNAVAILABLE, NOTHING }, /* system error */
};

enum err_code sqlstate_to_err(const char *sqlstate)
{
    if (strncmp(sqlstate, "CV0", 3) == 0 && strlen(sqlstate) == 5) {
        int status = (sqlstate[3] - '0') * 10 + (sqlstate[4] - '0');
        return status >= 1 && status <= 16 ? (enum err_code) - status : ERR_INTERNAL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].code;
    return ERR_INTERNAL;
}

_pure_ static bool has_trait(const char *sqlstate, enum trait trait)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].trait == trait;
    return false;
}

bool sqlstate_is_transient(const char *sqlstate)
{
    return has_trait(sqlstate, TRANSIENT);
}

bool sqlstate_is_stale_plan(const char *sqlstate)
{
    return has_trait(sqlstate, STALE_PLAN);
}

bool sqlstate_is_goodbye(const char *sqlstate)
{
    return has_trait(sqlstate, GOODBYE);
}
