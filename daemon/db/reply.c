#include "db/db_internal.h"

#include "db/sqlstate.h"

#include <string.h>

struct reply {
    struct db_reply public;
    const struct db_batch *batch;
    struct db_sql_error sql; /* if batch->err_is_sql */
};

void batch_set_unknown(struct db_batch *batch, enum err_code code, const char *why)
{
    batch->is_unknown = true;
    err_set(&batch->err, code,
        "%s; whether the request was carried out is unknown: repeat it with the same request_id",
        why);
}

void batch_set_sql_error(struct db_batch *batch)
{
    const char *sqlstate = PQresultErrorField(batch->error, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(batch->error, PG_DIAG_MESSAGE_PRIMARY);
    const char *column = PQresultErrorField(batch->error, PG_DIAG_COLUMN_NAME);
    bool is_ours = strncmp(sqlstate, "CV", 2) == 0;

    err_set_field(&batch->err, sqlstate_to_err(sqlstate), is_ours ? column : NULL, "%s",
        message ? message : "");
    batch->err_is_sql = true;
}

static void fill_sql(struct db_sql_error *sql, const PGresult *error)
{
    const char *sqlstate = PQresultErrorField(error, PG_DIAG_SQLSTATE);

    snprintf(sql->sqlstate, sizeof(sql->sqlstate), "%s", sqlstate);
    sql->message = PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);
    sql->detail = PQresultErrorField(error, PG_DIAG_MESSAGE_DETAIL);
    sql->schema = PQresultErrorField(error, PG_DIAG_SCHEMA_NAME);
    sql->table = PQresultErrorField(error, PG_DIAG_TABLE_NAME);
    sql->column = PQresultErrorField(error, PG_DIAG_COLUMN_NAME);
    sql->constraint = PQresultErrorField(error, PG_DIAG_CONSTRAINT_NAME);
    if (!sql->message)
        sql->message = "";
}

/* Results are shown when all went well, or up to the batch's own SQL error. */
static void fill_reply(struct reply *reply, const struct db_batch *batch)
{
    reply->batch = batch;
    if (batch->err.code)
        reply->public.err = &batch->err;
    if (batch->err_is_sql)
        fill_sql(&reply->sql, batch->error);
    else if (batch->err.code)
        return;
    while (reply->public.n_results < batch->n_calls && batch->calls[reply->public.n_results].result)
        reply->public.n_results++;
}

/* A batch that was sent stays where it is while the callback runs, and until it has drained. */
void batch_answer(struct db_batch *batch)
{
    db_answer_fn *fn = batch->fn;

    batch->fn = NULL;
    loop_timer_stop(&batch->timer);
    if (fn) {
        struct reply reply = { 0 };
        fill_reply(&reply, batch);
        fn(&reply.public, batch->arg);
    }
    if (batch->state != BATCH_SENT)
        batch_recycle(batch);
}

void batch_answer_later(struct db_batch *batch)
{
    batch->state = BATCH_DONE;
    loop_timer_stop(&batch->timer);
    list_add_tail(&batch->pool->done, &batch->link);
    loop_later_schedule(&batch->pool->flush);
}

void batch_fail_later(struct db_batch *batch, enum err_code code, const char *sentence)
{
    err_set(&batch->err, code, "%s", sentence);
    batch_answer_later(batch);
}

static const struct reply *reply_of(const struct db_reply *reply)
{
    return container_of(reply, const struct reply, public);
}

const struct db_result *db_reply_result(const struct db_reply *reply, size_t i)
{
    if (i >= reply->n_results)
        return NULL;
    return (const struct db_result *)reply_of(reply)->batch->calls[i].result;
}

const struct db_sql_error *db_reply_sql(const struct db_reply *reply)
{
    return reply_of(reply)->batch->err_is_sql ? &reply_of(reply)->sql : NULL;
}

int db_reply_failed_index(const struct db_reply *reply)
{
    return reply_of(reply)->batch->err_is_sql ? reply_of(reply)->batch->failed_index
                                              : DB_FAILED_NOWHERE;
}

bool db_reply_is_unknown(const struct db_reply *reply)
{
    return reply_of(reply)->batch->is_unknown;
}
