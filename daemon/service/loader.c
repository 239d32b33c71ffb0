#include "service/loader.h"
#include "db/batch.h"
#include "match/catalogue.h"
#include "service/catalogue_rows.h"
#include "service/pgbin.h"

#include <string.h>

#define OID_TID 27

#define RANGE_BLOCKS                                                                               \
    128 /* 1 MiB of a table, some 3,000 openings: a few milliseconds of the loop                   \
         */

enum { RANGES_AT_A_TIME = 3 };

static const uint32_t range_oids[] = { OID_TID, OID_TID };

#define RANGE_OF(what, columns, view)                                                              \
    {                                                                                              \
        .name = what,                                                                              \
        .sql = "SELECT " columns " FROM canvass." view " WHERE at >= $1 AND at < $2",              \
        .n_params = ARRAY_SIZE(range_oids), .param_oids = range_oids,                              \
    }

static const struct db_statement blocks_statement = {
    .name = "catalogue_blocks",
    .sql = "SELECT b[1], b[2], b[3], b[4] FROM canvass.catalogue_blocks() AS b",
};
static const struct db_statement employers_statement
    = RANGE_OF("catalogue_employers", CATALOGUE_EMPLOYER_COLUMNS, "catalogue_employer");
static const struct db_statement places_statement
    = RANGE_OF("catalogue_places", CATALOGUE_PLACE_COLUMNS, "catalogue_place");
static const struct db_statement jobs_statement
    = RANGE_OF("catalogue_jobs", CATALOGUE_JOB_COLUMNS, "catalogue_job");
static const struct db_statement relations_statement
    = RANGE_OF("catalogue_relations", CATALOGUE_RELATION_COLUMNS, "catalogue_relation");

const struct db_statement *const loader_statements[] = {
    &blocks_statement,
    &employers_statement,
    &places_statement,
    &jobs_statement,
    &relations_statement,
};
const size_t loader_n_statements = ARRAY_SIZE(loader_statements);

typedef int take_fn(struct loader *loader, const struct db_result *rows, struct err *err);

static int take_employers(struct loader *loader, const struct db_result *rows, struct err *err);
static int take_places(struct loader *loader, const struct db_result *rows, struct err *err);
static int take_jobs(struct loader *loader, const struct db_result *rows, struct err *err);
static int take_relations(struct loader *loader, const struct db_result *rows, struct err *err);

/* In the order of catalogue_blocks(). */
static const struct table {
    const struct db_statement *statement;
    take_fn *take;
} tables[] = {
    { &employers_statement, take_employers },
    { &places_statement, take_places },
    { &jobs_statement, take_jobs },
    { &relations_statement, take_relations },
};

/* A range that was asked for, or room for one. */
struct range {
    struct loader *loader;
    struct db_ticket *ticket;
};

struct loader {
    struct db_pool *pool;
    struct match_catalogue *catalogue;
    loader_fn *fn;
    void *arg;
    struct catalogue_facts *facts;
    struct range ranges[RANGES_AT_A_TIME];
    uint32_t blocks[ARRAY_SIZE(tables)]; /* of each table, when the load began */
    size_t table; /* that is read now */
    uint32_t next_block; /* of it, not asked for yet */
};

/* ---- taking ---- */

static int take_employers(struct loader *loader, const struct db_result *rows, struct err *err)
{
    return catalogue_add_employers(loader->facts, rows, err);
}

static int take_places(struct loader *loader, const struct db_result *rows, struct err *err)
{
    return catalogue_add_places(loader->facts, rows, err);
}

/* Of the first range of the table it can be told how many there will be, by and large. */
static int take_jobs(struct loader *loader, const struct db_result *rows, struct err *err)
{
    if (match_catalogue_count(loader->catalogue) == 0) {
        size_t n_ranges = loader->blocks[loader->table] / RANGE_BLOCKS + 1;
        int r = match_catalogue_reserve(loader->catalogue, n_ranges * db_result_n_rows(rows), err);
        if (r < 0)
            return r;
    }
    return catalogue_put_jobs(loader->catalogue, loader->facts, rows, err);
}

static int take_relations(struct loader *loader, const struct db_result *rows, struct err *err)
{
    return catalogue_put_relations(loader->catalogue, rows, err);
}

/* ---- asking ---- */

static void stop(struct loader *loader)
{
    for (size_t i = 0; i < ARRAY_SIZE(loader->ranges); i++)
        db_ticket_cancel(&loader->ranges[i].ticket);
}

static void end(struct loader *loader, const struct err *err)
{
    stop(loader);
    loader->fn(err, loader->arg);
}

static int ask(struct loader *loader, const struct db_statement *statement,
    const struct db_value *values, db_answer_fn *fn, struct range *range, struct err *err)
{
    _cleanup_(db_batch_freep) struct db_batch *batch = db_batch_new(loader->pool, DB_READ);

    if (!batch)
        return err_oom(err);
    int r = db_batch_add(batch, statement, values, statement->n_params, err);
    if (r == 0)
        db_batch_submit(&batch, fn, range, &range->ticket);
    return r;
}

/* The first row of a block that there might be, as PostgreSQL's tid. */
struct tid {
    unsigned char bytes[6]; /* block, and place in it */
};

static struct tid tid_of(uint32_t block)
{
    struct tid tid = { { 0 } };

    pgbin_put32(tid.bytes, block);
    return tid;
}

static struct db_value tid_value(const struct tid *tid)
{
    return (struct db_value) { .data = tid->bytes, .len = sizeof(tid->bytes), .is_binary = true };
}

static void on_range(const struct db_reply *reply, void *arg);

static int ask_range(struct loader *loader, struct range *range, struct err *err)
{
    const struct tid from = tid_of(loader->next_block);
    loader->next_block += MIN((uint32_t)RANGE_BLOCKS, UINT32_MAX - loader->next_block);
    const struct tid to = tid_of(loader->next_block);
    const struct db_value values[] = { tid_value(&from), tid_value(&to) };

    return ask(loader, tables[loader->table].statement, values, on_range, range, err);
}

/* Ask for as many ranges as may be under way. *@ret_is_done: the table has no more, and none is. */
static int ask_ranges(struct loader *loader, bool *ret_is_done, struct err *err)
{
    *ret_is_done = true;
    for (size_t i = 0; i < ARRAY_SIZE(loader->ranges); i++) {
        struct range *range = &loader->ranges[i];
        if (!range->ticket && loader->next_block < loader->blocks[loader->table]) {
            int r = ask_range(loader, range, err);
            if (r < 0)
                return r;
        }
        if (range->ticket)
            *ret_is_done = false;
    }
    return 0;
}

static void go_on(struct loader *loader)
{
    struct err err = { 0 };
    bool is_done;
    int r;

    while ((r = ask_ranges(loader, &is_done, &err)) == 0 && is_done
        && ++loader->table < ARRAY_SIZE(tables))
        loader->next_block = 0;
    if (r < 0)
        end(loader, &err);
    else if (is_done)
        end(loader, NULL);
}

static void on_range(const struct db_reply *reply, void *arg)
{
    struct range *range = arg;
    struct loader *loader = range->loader;
    struct err err = { 0 };

    range->ticket = NULL;
    if (reply->err)
        end(loader, reply->err);
    else if (tables[loader->table].take(loader, db_reply_result(reply, 0), &err) < 0)
        end(loader, &err);
    else
        go_on(loader);
}

static void on_blocks(const struct db_reply *reply, void *arg)
{
    struct range *range = arg;
    struct loader *loader = range->loader;
    size_t len;

    range->ticket = NULL;
    if (reply->err) {
        end(loader, reply->err);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        const void *blocks = db_result_value(db_reply_result(reply, 0), 0, i, &len);
        if (blocks && len == sizeof(uint32_t))
            loader->blocks[i] = pgbin_get32(blocks);
    }
    go_on(loader);
}

/* ---- for the follower ---- */

int loader_start(struct db_pool *pool, struct match_catalogue *catalogue, loader_fn *fn, void *arg,
    struct loader **ret_loader, struct err *err)
{
    struct loader *loader = calloc(1, sizeof(*loader));

    if (!loader)
        return err_oom(err);
    *loader = (struct loader) { .pool = pool, .catalogue = catalogue, .fn = fn, .arg = arg };
    for (size_t i = 0; i < ARRAY_SIZE(loader->ranges); i++)
        loader->ranges[i].loader = loader;
    int r = catalogue_facts_new(&loader->facts, err);
    if (r == 0)
        r = ask(loader, &blocks_statement, NULL, on_blocks, &loader->ranges[0], err);
    if (r < 0) {
        loader_free(loader);
        return r;
    }
    *ret_loader = loader;
    return 0;
}

void loader_free(struct loader *loader)
{
    if (!loader)
        return;
    stop(loader);
    catalogue_facts_free(loader->facts);
    free(loader);
}
