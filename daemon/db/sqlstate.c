#include "db/sqlstate.h"

#include <stdbool.h>
#include <string.h>

/* A whole SQLSTATE, or the beginning of many: the longest row that fits wins. */
static const struct {
    const char *prefix;
    enum err_code code;
} table[] = {
    { "08", ERR_UNAVAILABLE }, /* connection */
    { "22", ERR_INVALID }, /* data: too long, not a number, out of range */
    { "23001", ERR_PRECONDITION }, /* RESTRICT */
    { "23502", ERR_INVALID }, /* NOT NULL */
    { "23503", ERR_PRECONDITION }, /* foreign key */
    { "23505", ERR_EXISTS }, /* unique */
    { "23514", ERR_INVALID }, /* check */
    { "23P01", ERR_EXISTS }, /* exclusion */
    { "25006", ERR_UNAVAILABLE }, /* read-only: a standby, or a primary that was demoted */
    { "40", ERR_ABORTED }, /* serialization failure, deadlock */
    { "42501", ERR_DENIED }, /* privilege, row-level security */
    { "53", ERR_EXHAUSTED }, /* resources of the server */
    { "53100", ERR_UNAVAILABLE }, /* disk full */
    { "53300", ERR_UNAVAILABLE }, /* too many connections */
    { "54", ERR_INVALID }, /* too large, too deep for the server */
    { "55P03", ERR_ABORTED }, /* lock not available */
    { "57014", ERR_TIMEOUT }, /* statement_timeout */
    { "57P", ERR_UNAVAILABLE }, /* shutdown, crash, starting */
    { "58", ERR_UNAVAILABLE }, /* the server's disk or files */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Errors of the schema's own: the last two digits are the gRPC status. */
static enum err_code own_code(const char *sqlstate)
{
    if (!is_digit(sqlstate[3]) || !is_digit(sqlstate[4]))
        return ERR_INTERNAL;
    int status = (sqlstate[3] - '0') * 10 + (sqlstate[4] - '0');
    return status >= -ERR_CANCELLED && status <= -ERR_UNAUTHENTICATED ? (enum err_code)(-status)
                                                                      : ERR_INTERNAL;
}

enum err_code sqlstate_to_err(const char *sqlstate)
{
    enum err_code code = ERR_INTERNAL;
    size_t longest = 0;

    if (strlen(sqlstate) != 5)
        return ERR_INTERNAL;
    if (strncmp(sqlstate, "CV0", 3) == 0)
        return own_code(sqlstate);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        size_t len = strlen(table[i].prefix);
        if (len > longest && strncmp(sqlstate, table[i].prefix, len) == 0) {
            longest = len;
            code = table[i].code;
        }
    }
    return code;
}
