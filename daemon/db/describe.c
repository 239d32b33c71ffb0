#include "db/describe.h"

#include "base/clock.h"
#include "db/sqlstate.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

struct db_describer {
    PGconn *pg;
};

struct db_rows {
    PGresult *result;
};

static void clear_result(PGresult **result)
{
    PQclear(*result);
}

/* Connect with libpq's own waiting. */
static PGconn *connect_and_wait(const char *conninfo, int64_t timeout_usec)
{
    char seconds[24];
    const char *keywords[]
        = { "connect_timeout", "fallback_application_name", "client_encoding", "dbname", NULL };
    const char *values[] = { seconds, "canvassd", "UTF8", conninfo, NULL };

    snprintf(seconds, sizeof(seconds), "%lld",
        (long long)((timeout_usec + USEC_PER_SEC - 1) / USEC_PER_SEC));
    return PQconnectdbParams(keywords, values, 1);
}

int db_describer_open(const char *conninfo, int64_t timeout_usec,
    struct db_describer **ret_describer, struct err *err)
{
    struct db_describer *describer = calloc(1, sizeof(*describer));
    int r = 0;

    if (!describer)
        return err_oom(err);
    describer->pg = connect_and_wait(conninfo, timeout_usec);
    if (!describer->pg)
        r = err_oom(err);
    else if (PQstatus(describer->pg) != CONNECTION_OK)
        r = err_set(err, ERR_UNAVAILABLE, "%s", PQerrorMessage(describer->pg));
    if (r < 0)
        db_describer_close(describer);
    else
        *ret_describer = describer;
    return r;
}

void db_describer_close(struct db_describer *describer)
{
    if (!describer)
        return;
    PQfinish(describer->pg);
    free(describer);
}

static int server_err(const struct db_describer *describer, const PGresult *result, struct err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || PQstatus(describer->pg) != CONNECTION_OK)
        return err_set(err, ERR_UNAVAILABLE, "%s", PQerrorMessage(describer->pg));
    return err_set(err, sqlstate_to_err(state), "%s", message ? message : state);
}

static int fill_shape(const PGresult *described, struct db_shape *shape, struct err *err)
{
    size_t n_params = (size_t)PQnparams(described), n_columns = (size_t)PQnfields(described);
    shape->param_oids = calloc(n_params + 1, sizeof(*shape->param_oids));
    shape->columns = calloc(n_columns + 1, sizeof(*shape->columns));
    if (!shape->param_oids || !shape->columns)
        return err_oom(err);
    shape->n_params = n_params;
    for (size_t i = 0; i < n_params; i++)
        shape->param_oids[i] = PQparamtype(described, (int)i);
    for (; shape->n_columns < n_columns; shape->n_columns++) {
        struct db_column *column = &shape->columns[shape->n_columns];
        column->oid = PQftype(described, (int)shape->n_columns);
        column->name = strdup(PQfname(described, (int)shape->n_columns));
        if (!column->name)
            return err_oom(err);
    }
    return 0;
}

int db_describe(struct db_describer *describer, const char *sql, const uint32_t *param_oids,
    size_t n_params, struct db_shape *ret_shape, int *ret_position, struct err *err)
{
    if (ret_position)
        *ret_position = 0;
    _cleanup_(clear_result) PGresult *prepared
        = PQprepare(describer->pg, "", sql, param_oids ? (int)n_params : 0, param_oids);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        const char *position = PQresultErrorField(prepared, PG_DIAG_STATEMENT_POSITION);
        if (position && ret_position)
            *ret_position = (int)strtol(position, NULL, 10);
        return server_err(describer, prepared, err);
    }
    _cleanup_(clear_result) PGresult *described = PQdescribePrepared(describer->pg, "");
    if (PQresultStatus(described) != PGRES_COMMAND_OK)
        return server_err(describer, described, err);
    struct db_shape shape = { 0 };
    int r = fill_shape(described, &shape, err);
    if (r < 0)
        db_shape_release(&shape);
    else
        *ret_shape = shape;
    return r;
}

void db_shape_release(struct db_shape *shape)
{
    for (size_t i = 0; i < shape->n_columns; i++)
        free(shape->columns[i].name);
    free(shape->columns);
    free(shape->param_oids);
    memset(shape, 0, sizeof(*shape));
}

int db_query_simple(
    struct db_describer *describer, const char *sql, struct db_rows **ret_rows, struct err *err)
{
    _cleanup_(clear_result) PGresult *result
        = PQexecParams(describer->pg, sql, 0, NULL, NULL, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        return server_err(describer, result, err);
    struct db_rows *rows = calloc(1, sizeof(*rows));
    if (!rows)
        return err_oom(err);
    rows->result = result;
    result = NULL;
    *ret_rows = rows;
    return 0;
}

const struct db_result *db_rows_result(const struct db_rows *rows)
{
    return (const struct db_result *)rows->result;
}

void db_rows_free(struct db_rows *rows)
{
    if (!rows)
        return;
    PQclear(rows->result);
    free(rows);
}
