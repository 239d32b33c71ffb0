#include "service/follower.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/str.h"
#include "db/batch.h"
#include "match/catalogue.h"
#include "service/catalogue_rows.h"
#include "service/loader.h"

#include <inttypes.h>

#define OID_TEXT 25

#define AFTER_ERROR_USEC (250 * USEC_PER_MSEC)
#define SQLSTATE_BEHIND "CV009" /* of catalogue_check() */
#define TIDY_USEC (60 * USEC_PER_SEC)

static const uint32_t text_oid[] = { OID_TEXT };
static const uint32_t two_text_oids[] = { OID_TEXT, OID_TEXT };

/* Columns in the order of their names here, and of catalogue_rows.h. */
static const struct db_statement look_statement = {
    .name = "catalogue_look",
    .sql = "SELECT snapshot, epoch, changed FROM canvass.catalogue_look($1)",
    .n_params = 1,
    .param_oids = text_oid,
};
static const struct db_statement in_step_statement = {
    .name = "catalogue_is_in_step",
    .sql = "SELECT canvass.catalogue_is_in_step($1, $2)",
    .n_params = ARRAY_SIZE(two_text_oids),
    .param_oids = two_text_oids,
};
static const struct db_statement openings_since_statement = {
    .name = "catalogue_openings_since",
    .sql = "SELECT " CATALOGUE_OPENING_COLUMNS " FROM canvass.catalogue_openings_since($1)",
    .n_params = 1,
    .param_oids = text_oid,
};
static const struct db_statement relations_since_statement = {
    .name = "catalogue_relations_since",
    .sql = "SELECT " CATALOGUE_RELATION_COLUMNS " FROM canvass.catalogue_relations_since($1)",
    .n_params = 1,
    .param_oids = text_oid,
};
static const struct db_statement tidy_statement = {
    .name = "catalogue_tidy",
    .sql = "SELECT canvass.catalogue_tidy()",
};
/* Beside it, once a minute: the audit's new rows get their places. */
static const struct db_statement seal_statement = {
    .name = "audit_seal_rows",
    .sql = "SELECT canvass.audit_seal_rows()",
};

const struct db_statement *const follower_statements[] = {
    &look_statement,
    &in_step_statement,
    &openings_since_statement,
    &relations_since_statement,
    &tidy_statement,
    &seal_statement,
};
const size_t follower_n_statements = ARRAY_SIZE(follower_statements);

struct follower {
    struct loop *loop;
    struct db_pool *pool;
    struct match_catalogue *catalogue;
    struct str seen, epoch; /* of the last look that the catalogue reflects; seen is empty while
                             * there is none: nothing is loaded yet, or is being loaded again */
    struct str next_seen, next_epoch; /* of the look under way */
    struct loader *loader; /* while everything is loaded */
    struct db_ticket *ticket, *tidy_ticket;
    struct loop_timer timer;
    struct list served, waiting; /* by the look under way; by the one to come */
    int64_t look_usec, looked_usec, tidied_usec;
    uint64_t looks, loads, changes;
};

static void look(struct follower *f);

/* ---- asking ---- */

static struct db_value text_of(const struct str *text)
{
    return (struct db_value) { .data = text->len ? text->data : NULL, .len = (int)text->len };
}

struct question {
    const struct db_statement *statement;
    struct db_value values[1];
};

static void fail(struct follower *f, const struct err *err);

/* Ask @n questions in one transaction. */
static void ask(
    struct follower *f, const struct question *questions, size_t n, db_answer_fn *on_answer)
{
    struct db_batch *batch = db_batch_new(f->pool, DB_READ);
    struct err err = { 0 };
    int r = batch ? 0 : err_oom(&err);

    for (size_t i = 0; r == 0 && i < n; i++)
        r = db_batch_add(batch, questions[i].statement, questions[i].values,
            questions[i].statement->n_params, &err);
    if (r < 0) {
        db_batch_free(batch);
        fail(f, &err);
        return;
    }
    db_batch_submit(&batch, on_answer, f, &f->ticket);
}

/* ---- the end of a look ---- */

static void tell(struct list *list, const struct err *err)
{
    while (!list_is_empty(list)) {
        struct follower_wait *wait = list_entry(list->next, struct follower_wait, link);
        list_remove(&wait->link);
        wait->fn(err, wait->arg);
    }
}

static void stop_loading(struct follower *f)
{
    loader_free(f->loader);
    f->loader = NULL;
}

/* Nothing is in step any more: the next look loads everything. */
static void fail(struct follower *f, const struct err *err)
{
    if (f->seen.len > 0)
        log_warning("the openings are loaded again: %s", err->msg);
    str_reset(&f->seen);
    tell(&f->served, err);
    tell(&f->waiting, err);
    loop_timer_start(&f->timer, AFTER_ERROR_USEC);
}

static void on_tidied(const struct db_reply *reply, void *arg)
{
    struct follower *f = arg;

    f->tidy_ticket = NULL;
    if (reply->err)
        log_debug("changes were not tidied, nor the audit sealed: %s", reply->err->msg);
}

static void tidy(struct follower *f)
{
    struct db_batch *batch = db_batch_new(f->pool, DB_WRITE);
    struct err err = { 0 };

    f->tidied_usec = f->looked_usec;
    if (batch && db_batch_add(batch, &tidy_statement, NULL, 0, &err) == 0
        && db_batch_add(batch, &seal_statement, NULL, 0, &err) == 0)
        db_batch_submit(&batch, on_tidied, f, &f->tidy_ticket);
    db_batch_free(batch);
}

static void move(struct str *to, struct str *from)
{
    struct str empty = *to;

    *to = *from;
    *from = empty;
}

static void succeed(struct follower *f)
{
    move(&f->seen, &f->next_seen);
    move(&f->epoch, &f->next_epoch);
    f->looked_usec = f->look_usec;
    tell(&f->served, NULL);
    if (!f->tidy_ticket && f->looked_usec - f->tidied_usec > TIDY_USEC)
        tidy(f);
    if (list_is_empty(&f->waiting))
        loop_timer_start(&f->timer, FOLLOWER_PAUSE_USEC);
    else
        look(f);
}

/* ---- rows ---- */

/* Whether the server has deleted changes that the follower has not read. */
static bool is_too_far_behind(const struct follower *f, const struct db_reply *reply)
{
    const struct db_sql_error *sql = db_reply_sql(reply);

    return f->seen.len > 0 && sql && str_eq(sql->sqlstate, SQLSTATE_BEHIND);
}

static bool is_failed(struct follower *f, const struct db_reply *reply)
{
    f->ticket = NULL;
    if (!reply->err)
        return false;
    if (is_too_far_behind(f, reply)) {
        log_info("%s", reply->err->msg);
        str_reset(&f->seen);
        look(f);
    } else {
        fail(f, reply->err);
    }
    return true;
}

static bool apply(
    struct follower *f, const struct db_result *openings, const struct db_result *relations)
{
    struct err err = { 0 };
    int r = catalogue_put_openings(f->catalogue, openings, &err);

    if (r == 0)
        r = catalogue_put_relations(f->catalogue, relations, &err);
    if (r < 0)
        fail(f, &err);
    return r == 0;
}

static bool arrange(struct follower *f)
{
    struct err err = { 0 };
    int r = match_catalogue_arrange(f->catalogue, &err);

    if (r < 0)
        fail(f, &err);
    return r == 0;
}

static void on_changes(const struct db_reply *reply, void *arg)
{
    struct follower *f = arg;

    if (is_failed(f, reply))
        return;
    const struct db_result *openings = db_reply_result(reply, 0);
    const struct db_result *relations = db_reply_result(reply, 1);
    if (!apply(f, openings, relations))
        return;
    f->changes += db_result_n_rows(openings) + db_result_n_rows(relations);
    succeed(f);
}

static void read_changes(struct follower *f)
{
    const struct question questions[] = {
        { &openings_since_statement, { text_of(&f->seen) } },
        { &relations_since_statement, { text_of(&f->seen) } },
    };

    ask(f, questions, ARRAY_SIZE(questions), on_changes);
}

/* ---- loading everything ---- */

/* Those who wait go on waiting for a look of their own: it also says whether the tables that were
 * read are still the same. */
static void on_loaded(const struct err *err, void *arg)
{
    struct follower *f = arg;

    stop_loading(f);
    if (err) {
        fail(f, err);
        return;
    }
    if (!arrange(f))
        return;
    f->loads++;
    log_info("%zu openings loaded", match_catalogue_count(f->catalogue));
    move(&f->seen, &f->next_seen);
    move(&f->epoch, &f->next_epoch);
    look(f);
}

/* What changes meanwhile comes with the next look, which goes by the snapshot of this one. */
static void load(struct follower *f)
{
    struct match_catalogue *fresh = NULL;
    struct err err = { 0 };

    if (match_catalogue_new(&fresh, &err) < 0) {
        fail(f, &err);
        return;
    }
    str_reset(&f->seen);
    match_catalogue_free(f->catalogue);
    f->catalogue = fresh;
    if (loader_start(f->pool, fresh, on_loaded, f, &f->loader, &err) < 0)
        fail(f, &err);
}

/* ---- looking ---- */

static bool read_text(const struct db_result *result, size_t column, struct str *out)
{
    size_t len = 0;
    const char *text
        = db_result_n_rows(result) == 1 ? db_result_value(result, 0, column, &len) : NULL;

    str_reset(out);
    str_add(out, text ? text : "", len);
    return text && !out->failed;
}

static void on_look(const struct db_reply *reply, void *arg)
{
    struct follower *f = arg;
    struct err err = { 0 };

    if (is_failed(f, reply))
        return;
    const struct db_result *result = db_reply_result(reply, 0);
    if (!read_text(result, 0, &f->next_seen) || !read_text(result, 1, &f->next_epoch)) {
        err_oom(&err);
        fail(f, &err);
        return;
    }
    size_t len;
    const char *changed = db_result_value(result, 0, 2, &len);
    f->looks++;
    if (f->seen.len == 0 || !str_eq(str_text(&f->epoch), str_text(&f->next_epoch)))
        load(f);
    else if (changed && *changed)
        read_changes(f);
    else
        succeed(f);
}

/* Those who wait by now are served by this look. */
static void look(struct follower *f)
{
    const struct question question = { &look_statement, { text_of(&f->seen) } };

    while (!list_is_empty(&f->waiting)) {
        struct list *link = f->waiting.next;
        list_remove(link);
        list_add_tail(&f->served, link);
    }
    loop_timer_stop(&f->timer);
    f->look_usec = clock_monotonic_usec();
    ask(f, &question, 1, on_look);
}

static void on_timer(void *arg)
{
    look(arg);
}

/* ---- for others ---- */

int follower_new(
    struct loop *loop, struct db_pool *pool, struct follower **ret_follower, struct err *err)
{
    struct follower *f = calloc(1, sizeof(*f));

    if (!f)
        return err_oom(err);
    int r = match_catalogue_new(&f->catalogue, err);
    if (r < 0) {
        free(f);
        return r;
    }
    f->loop = loop;
    f->pool = pool;
    f->tidied_usec = clock_monotonic_usec();
    list_init(&f->served);
    list_init(&f->waiting);
    loop_timer_init(&f->timer, loop, on_timer, f);
    loop_timer_start(&f->timer, 0);
    *ret_follower = f;
    return 0;
}

void follower_free(struct follower *f)
{
    if (!f)
        return;
    stop_loading(f);
    db_ticket_cancel(&f->ticket);
    db_ticket_cancel(&f->tidy_ticket);
    loop_timer_stop(&f->timer);
    match_catalogue_free(f->catalogue);
    str_release(&f->seen);
    str_release(&f->epoch);
    str_release(&f->next_seen);
    str_release(&f->next_epoch);
    free(f);
}

void follower_wait(struct follower *f, struct follower_wait *wait, follower_fn *fn, void *arg)
{
    wait->fn = fn;
    wait->arg = arg;
    list_remove(&wait->link);
    list_add_tail(&f->waiting, &wait->link);
    if (!f->ticket && !f->loader) /* in the next turn, with all who come in this one */
        loop_timer_start(&f->timer, 0);
}

bool follower_is_whole(const struct follower *f)
{
    return f->seen.len > 0;
}

int follower_ask(const struct follower *f, struct db_batch *batch, struct err *err)
{
    const struct db_value values[] = { text_of(&f->seen), text_of(&f->epoch) };

    return db_batch_add(batch, &in_step_statement, values, ARRAY_SIZE(values), err);
}

/* What the follower has seen since it was asked is only more. */
bool follower_hear(struct follower *f, const struct db_result *answer, int64_t asked_usec)
{
    size_t len;
    const char *value = db_result_value(answer, 0, 0, &len);

    if (!follower_is_whole(f) || !value || len != 1 || !*value)
        return false;
    f->looked_usec = MAX(f->looked_usec, asked_usec);
    return true;
}

void follower_cancel(struct follower_wait *wait)
{
    list_remove(&wait->link);
}

const struct match_catalogue *follower_catalogue(const struct follower *f)
{
    return f->catalogue;
}

void follower_stats(const struct follower *f, struct follower_stats *ret_stats)
{
    int64_t age = clock_monotonic_usec() - f->looked_usec;

    *ret_stats = (struct follower_stats) {
        .openings = match_catalogue_count(f->catalogue),
        .bytes = match_catalogue_size_bytes(f->catalogue),
        .age_msec = f->looked_usec ? (uint64_t)(age / USEC_PER_MSEC) : UINT64_MAX,
        .looks = f->looks,
        .loads = f->loads,
        .changes = f->changes,
    };
}
