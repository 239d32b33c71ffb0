#include "db/describe.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

struct db_session {
    PGconn *pg;
};

int db_session_open(const char *conninfo, int64_t timeout_usec, struct db_session **ret_session,
    struct err *err)
{
    _cleanup_(db_session_closep) struct db_session *session = calloc(1, sizeof *session);
    if (!session)
        return err_oom(err);
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)((timeout_usec + 999999) / 1000000));
    const char *keywords[]
        = { "connect_timeout", "fallback_application_name", "client_encoding", "dbname", NULL };
    const char *values[] = { seconds, "canvassd", "UTF8", conninfo, NULL };
    session->pg = PQconnectdbParams(keywords, values, 1);
    if (!session->pg)
        return err_oom(err);
    if (PQstatus(session->pg) != CONNECTION_OK)
        return err_set(err, ERR_UNAVAILABLE, "%s", PQerrorMessage(session->pg));
    *ret_session = session;
    session = NULL;
    return 0;
}

void db_session_close(struct db_session *session)
{
    if (!session)
        return;
    PQfinish(session->pg);
    free(session);
}

static int result_err(
    const struct db_session *session, const PGresult *result, enum err_code code, struct err *err)
{
    if (PQstatus(session->pg) != CONNECTION_OK)
        code = ERR_UNAVAILABLE;
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return err_set(err, code, "%s", message ? message : PQerrorMessage(session->pg));
}

static int copy_description(
    const PGresult *result, struct db_description *description, struct err *err)
{
    size_t n_params = (size_t)PQnparams(result), n_columns = (size_t)PQnfields(result);
    description->param_oids = calloc(n_params + 1, sizeof(uint32_t));
    description->column_oids = calloc(n_columns + 1, sizeof(uint32_t));
    description->column_names = calloc(n_columns + 1, sizeof(char *));
    if (!description->param_oids || !description->column_oids || !description->column_names)
        return err_oom(err);
    description->n_params = n_params;
    for (size_t i = 0; i < n_params; i++)
        description->param_oids[i] = PQparamtype(result, (int)i);
    for (size_t i = 0; i < n_columns; i++) {
        description->column_oids[i] = PQftype(result, (int)i);
        description->column_names[i] = strdup(PQfname(result, (int)i));
        if (!description->column_names[i])
            return err_oom(err);
        description->n_columns++;
    }
    return 0;
}

static void clear_result(PGresult **result)
{
    PQclear(*result);
}

int db_session_describe(struct db_session *session, const char *sql,
    struct db_description *ret_description, struct err *err)
{
    memset(ret_description, 0, sizeof *ret_description);
    _cleanup_(clear_result) PGresult *prepared = PQprepare(session->pg, "", sql, 0, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        const char *position = PQresultErrorField(prepared, PG_DIAG_STATEMENT_POSITION);
        if (position)
            ret_description->error_position = (int)strtol(position, NULL, 10);
        return result_err(session, prepared, ERR_INVALID, err);
    }
    _cleanup_(clear_result) PGresult *described = PQdescribePrepared(session->pg, "");
    if (PQresultStatus(described) != PGRES_COMMAND_OK)
        return result_err(session, described, ERR_INTERNAL, err);
    return copy_description(described, ret_description, err);
}

void db_description_release(struct db_description *description)
{
    for (size_t i = 0; i < description->n_columns; i++)
        free(description->column_names[i]);
    free(description->column_names);
    free(description->column_oids);
    free(description->param_oids);
    memset(description, 0, sizeof *description);
}

int db_session_query(struct db_session *session, const char *sql, struct db_result **ret_result,
    struct err *err)
{
    PGresult *result = PQexec(session->pg, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        int r = result_err(session, result, ERR_INTERNAL, err);
        PQclear(result);
        return r;
    }
    *ret_result = (struct db_result *)result;
    return 0;
}

void db_result_free(struct db_result *result)
{
    PQclear((PGresult *)result);
}
