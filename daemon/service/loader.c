#include "service/loader.h"
#include "base/uuid.h"
#include "db/batch.h"
#include "match/catalogue.h"
#include "service/catalogue_rows.h"
#include "service/pgbin.h"

#include <string.h>

#define OID_TID 27
#define OID_UUID 2950

/* 1 MiB of the table, some 3,000 openings: a few milliseconds of the loop. */
#define RANGE_BLOCKS 128
#define PAGE_ROWS 4096

#define TEXT_OF_TOKEN(token) #token
#define TEXT_OF(macro) TEXT_OF_TOKEN(macro)

enum { RANGES_AT_A_TIME = 3 };

static const uint32_t range_oids[] = { OID_TID, OID_TID };
static const uint32_t page_oids[] = { OID_UUID };

/* The first column is the key; rows that share the last one come along. */
#define PAGE_OF(what, columns, view, key)                                                          \
    {                                                                                              \
        .name = what,                                                                              \
        .sql = "SELECT " columns " FROM canvass." view " WHERE " key " > $1 ORDER BY " key         \
               " FETCH FIRST " TEXT_OF(PAGE_ROWS) " ROWS WITH TIES",                               \
        .n_params = ARRAY_SIZE(page_oids), .param_oids = page_oids,                                \
    }

static const struct db_statement blocks_statement = {
    .name = "catalogue_blocks",
    .sql = "SELECT canvass.catalogue_blocks()",
};
static const struct db_statement employers_statement
    = PAGE_OF("catalogue_employers", CATALOGUE_EMPLOYER_COLUMNS, "catalogue_employer", "id");
static const struct db_statement places_statement
    = PAGE_OF("catalogue_places", CATALOGUE_PLACE_COLUMNS, "catalogue_place", "id");
static const struct db_statement jobs_statement = {
    .name = "catalogue_jobs",
    .sql = "SELECT " CATALOGUE_JOB_COLUMNS " FROM canvass.catalogue_job WHERE at >= $1 AND at < $2",
    .n_params = ARRAY_SIZE(range_oids),
    .param_oids = range_oids,
};
static const struct db_statement relations_statement = PAGE_OF(
    "catalogue_relations", CATALOGUE_RELATION_COLUMNS, "catalogue_relation", "employer_id");

const struct db_statement *const loader_statements[] = {
    &blocks_statement,
    &employers_statement,
    &places_statement,
    &jobs_statement,
    &relations_statement,
};
const size_t loader_n_statements = ARRAY_SIZE(loader_statements);

/* A range or page that was asked for, or room for one. */
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
    uint32_t n_blocks; /* of openings, when the load began */
    uint32_t next_block; /* not asked for yet */
    size_t table; /* that is read now */
    struct uuid after; /* the last key of its last page */
    bool was_last_page;
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
        size_t n_ranges = loader->n_blocks / RANGE_BLOCKS + 1;
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

typedef int take_fn(struct loader *loader, const struct db_result *rows, struct err *err);

static const struct table {
    const struct db_statement *statement;
    take_fn *take;
    bool has_ranges; /* else pages */
} tables[] = {
    { &employers_statement, take_employers, false },
    { &places_statement, take_places, false },
    { &jobs_statement, take_jobs, true },
    { &relations_statement, take_relations, false },
};

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

    return ask(loader, &jobs_statement, values, on_range, range, err);
}

/* Ask for as many ranges as may be under way. */
static int ask_ranges(struct loader *loader, struct err *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(loader->ranges); i++)
        if (!loader->ranges[i].ticket && loader->next_block < loader->n_blocks)
            r = ask_range(loader, &loader->ranges[i], err);
    return r;
}

static int ask_page(struct loader *loader, struct err *err)
{
    const struct db_value after
        = { .data = loader->after.bytes, .len = sizeof(loader->after.bytes), .is_binary = true };

    if (loader->was_last_page)
        return 0;
    return ask(loader, tables[loader->table].statement, &after, on_range, &loader->ranges[0], err);
}

static bool is_asking(const struct loader *loader)
{
    for (size_t i = 0; i < ARRAY_SIZE(loader->ranges); i++)
        if (loader->ranges[i].ticket)
            return true;
    return false;
}

/* Ask for what comes next of the table; when it has no more, of the next one. */
static void go_on(struct loader *loader)
{
    struct err err = { 0 };
    int r = 0;

    while (r == 0 && loader->table < ARRAY_SIZE(tables)) {
        r = tables[loader->table].has_ranges ? ask_ranges(loader, &err) : ask_page(loader, &err);
        if (is_asking(loader))
            break;
        loader->table++;
        loader->after = (struct uuid) { { 0 } };
        loader->was_last_page = false;
    }
    if (r < 0)
        end(loader, &err);
    else if (!is_asking(loader))
        end(loader, NULL);
}

static void keep_last_key(struct loader *loader, const struct db_result *rows)
{
    size_t n = db_result_n_rows(rows), len;
    const void *key = n > 0 ? db_result_value(rows, n - 1, 0, &len) : NULL;

    loader->was_last_page = n < PAGE_ROWS;
    if (key && len == sizeof(loader->after.bytes))
        memcpy(loader->after.bytes, key, len);
}

static void on_range(const struct db_reply *reply, void *arg)
{
    struct range *range = arg;
    struct loader *loader = range->loader;
    const struct table *table = &tables[loader->table];
    const struct db_result *rows = db_reply_result(reply, 0);
    struct err err = { 0 };

    range->ticket = NULL;
    if (reply->err) {
        end(loader, reply->err);
    } else if (table->take(loader, rows, &err) < 0) {
        end(loader, &err);
    } else {
        if (!table->has_ranges)
            keep_last_key(loader, rows);
        go_on(loader);
    }
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
    const void *blocks = db_result_value(db_reply_result(reply, 0), 0, 0, &len);
    if (blocks && len == sizeof(uint32_t))
        loader->n_blocks = pgbin_get32(blocks);
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
