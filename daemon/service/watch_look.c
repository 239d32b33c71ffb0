#include "base/clock.h"
#include "base/log.h"
#include "service/pgbin.h"
#include "service/watch_internal.h"

#include "canvass/v1/watch.pb-c.h"

#include <string.h>

#define OID_BYTEA 17
#define OID_TEXT 25
#define OID_BYTEA_ARRAY 1001

#define PAUSE_USEC (25 * USEC_PER_MSEC)
#define AFTER_ERROR_USEC (250 * USEC_PER_MSEC)
#define CHECK_USEC (5 * USEC_PER_SEC) /* at least so often the logins are looked at */
#define TOKEN_USEC (30 * USEC_PER_SEC) /* and a newer token is sent */
#define SQLSTATE_LOAD_AGAIN "CV009"

enum look_column {
    LOOK_TOKEN,
    LOOK_CHANGED,
    LOOK_EVERYONE,
    LOOK_BOROUGHS,
    LOOK_TEAMS,
    LOOK_PEOPLE
};
enum caller_column { CALLER_PLACE, CALLER_PERSON, CALLER_TEAM, CALLER_BOROUGH, CALLER_ROLES };

static const uint32_t text_oid[] = { OID_TEXT };
static const uint32_t hashes_oid[] = { OID_BYTEA_ARRAY };
static const struct db_statement look_statement = {
    .name = "watch_look",
    .sql = "SELECT token, changed, everyone, boroughs, teams, people FROM canvass.watch_look($1)",
    .n_params = 1,
    .param_oids = text_oid,
};
static const struct db_statement callers_statement = {
    .name = "watch_callers",
    .sql = "SELECT place, actor, team, borough, roles FROM canvass.watch_callers($1)",
    .n_params = 1,
    .param_oids = hashes_oid,
};
const struct db_statement *const watch_statements[] = { &look_statement, &callers_statement };
const size_t watch_n_statements = ARRAY_SIZE(watch_statements);

/* ---- whom a look concerns ---- */

/* Whether an array in binary holds this. */
static bool array_has(const struct str *array, const void *item, size_t len)
{
    enum { HEADER = 20, COUNT_AT = 12 };
    const char *end = array->data + array->len;

    if (array->len < HEADER)
        return false;
    uint32_t n = pgbin_get32(array->data + COUNT_AT);
    for (const char *p = array->data + HEADER; n > 0 && p + 4 <= end; n--) {
        size_t item_len = pgbin_get32(p);
        p += 4;
        if (item_len > (size_t)(end - p))
            return false;
        if (item_len == len && memcmp(p, item, len) == 0)
            return true;
        p += item_len;
    }
    return false;
}

static unsigned concerns_of(const struct watches *watches, const struct watcher *w)
{
    unsigned concerns = watches->is_everyone ? WATCH_EVERYONE : 0;

    if (array_has(&watches->boroughs, w->borough, strlen(w->borough)))
        concerns |= WATCH_BOROUGH;
    if (array_has(&watches->teams, w->team.bytes, sizeof(w->team.bytes)))
        concerns |= WATCH_TEAM;
    if (array_has(&watches->people, w->person.bytes, sizeof(w->person.bytes)))
        concerns |= WATCH_PERSON;
    return concerns;
}

static void stand_at_last_look(struct watcher *w)
{
    struct op *op = watch_op(w);

    w->stands = w->watches->number;
    str_reset(&op->page_token);
    str_addz(&op->page_token, str_text(&w->watches->token));
}

/* Say to @w what the look under way found. */
static void apply_to(struct watches *watches, struct watcher *w)
{
    unsigned concerns = watches->is_changed && w->place ? concerns_of(watches, w) : 0;

    switch (w->state) {
    case WATCHER_BEGINS:
        break;
    case WATCHER_JOINS:
        if (w->place && w->joined < watches->n_begun)
            watch_enqueue(w, WATCH_OWN);
        break;
    case WATCHER_RESTS:
        if (!concerns)
            break;
        stand_at_last_look(w);
        watch_enqueue(w, concerns);
        break;
    case WATCHER_WAITS:
    case WATCHER_READS:
    case WATCHER_IS_SLOW:
        w->concerns |= concerns;
        break;
    }
}

/* So that a token never gets too old. */
static void send_tokens(struct watches *watches)
{
    int64_t now = clock_monotonic_usec();
    struct watcher *w;

    list_for_each(w, &watches->all, siblings)
    {
        Canvass__V1__WatchResponse message = CANVASS__V1__WATCH_RESPONSE__INIT;
        struct call *call = watch_op(w)->call;
        if (w->state != WATCHER_RESTS || now - w->told_usec < TOKEN_USEC || !call_is_writable(call))
            continue;
        w->told_usec = now;
        message.token = watches->token.data;
        call_send(call, &message.base);
    }
}

static void apply(struct watches *watches)
{
    struct str old = watches->token;
    struct watcher *w;

    list_for_each(w, &watches->all, siblings) apply_to(watches, w);
    watches->token = watches->next_token;
    watches->next_token = old;
    watches->number++;
    send_tokens(watches);
    loop_timer_start(&watches->timer, PAUSE_USEC);
    watch_pump(watches);
}

/* ---- looking ---- */

static void end_all(struct watches *watches, const struct err *err)
{
    struct watcher *w;

    str_reset(&watches->token);
    while ((w = list_first(&watches->all, struct watcher, siblings)))
        op_fail(watch_op(w), err);
}

/* The database is away: those who read hear of it; the next look goes on where the last one was. */
static bool is_failed(struct watches *watches, const struct db_reply *reply)
{
    const struct db_sql_error *sql = db_reply_sql(reply);
    struct err err = { 0 };

    watches->ticket = NULL;
    if (!reply->err)
        return false;
    if (sql && str_eq(sql->sqlstate, SQLSTATE_LOAD_AGAIN)) {
        err_set(&err, ERR_PRECONDITION, "%s", sql->message);
        end_all(watches, &err);
    } else {
        log_warning("watches: %s", reply->err->msg);
        loop_timer_start(&watches->timer, AFTER_ERROR_USEC);
    }
    return true;
}

static void ask(struct watches *watches, const struct db_statement *statement,
    const struct db_value *value, db_answer_fn *on_answer)
{
    struct db_batch *batch = db_batch_new(watches->pool, DB_READ);
    struct err err = { 0 };
    int r = batch ? db_batch_add(batch, statement, value, 1, &err) : err_oom(&err);

    if (r < 0) {
        log_warning("watches: %s", err.msg);
        db_batch_free(batch);
        loop_timer_start(&watches->timer, AFTER_ERROR_USEC);
        return;
    }
    db_batch_submit(&batch, on_answer, watches, &watches->ticket);
}

static void copy_text(
    const struct db_result *result, size_t row, enum caller_column column, char *out, size_t size)
{
    size_t len;
    const char *text = db_result_value(result, row, column, &len);

    len = text ? MIN(len, size - 1) : 0;
    if (len)
        memcpy(out, text, len);
    out[len] = '\0';
}

static void copy_uuid(
    const struct db_result *result, size_t row, enum caller_column column, struct uuid *out)
{
    size_t len;
    const void *bytes = db_result_value(result, row, column, &len);

    if (bytes && len == sizeof(out->bytes))
        memcpy(out->bytes, bytes, len);
}

static void learn(struct watches *watches, const struct db_result *result, size_t row)
{
    size_t len;
    const void *data = db_result_value(result, row, CALLER_PLACE, &len);
    size_t place = data && len == 4 ? pgbin_get32(data) : 0;
    struct watcher *w = place && place <= watches->n_asked ? watches->asked[place - 1] : NULL;

    if (!w)
        return;
    w->is_known = true;
    copy_uuid(result, row, CALLER_PERSON, &w->person);
    copy_uuid(result, row, CALLER_TEAM, &w->team);
    copy_text(result, row, CALLER_BOROUGH, w->borough, sizeof(w->borough));
    copy_text(result, row, CALLER_ROLES, w->roles, sizeof(w->roles));
}

static void on_callers(const struct db_reply *reply, void *arg)
{
    struct watches *watches = arg;
    struct err err = { 0 };

    if (is_failed(watches, reply))
        return;
    const struct db_result *result = db_reply_result(reply, 0);
    for (size_t i = 0; i < watches->n_asked; i++)
        if (watches->asked[i])
            watches->asked[i]->is_known = false;
    for (size_t row = 0; row < db_result_n_rows(result); row++)
        learn(watches, result, row);
    err_set(&err, ERR_UNAUTHENTICATED,
        "This login is not valid any more: it has expired or was revoked. Log in again.");
    for (size_t i = 0; i < watches->n_asked; i++)
        if (watches->asked[i] && !watches->asked[i]->is_known)
            op_fail(watch_op(watches->asked[i]), &err);
    watches->checked_usec = clock_monotonic_usec();
    if (!list_is_empty(&watches->all))
        apply(watches);
}

static void add32(struct str *out, uint32_t value)
{
    char bytes[4];

    pgbin_put32(bytes, value);
    str_add(out, bytes, sizeof(bytes));
}

/* Ask whose logins those of all watchers are. */
static void ask_callers(struct watches *watches)
{
    _cleanup_(str_release) struct str hashes = { 0 };
    struct watcher *w;
    size_t n = 0;

    list_for_each(w, &watches->all, siblings) n++;
    struct watcher **grown = reallocarray(watches->asked, n, sizeof(*grown));
    if (grown)
        watches->asked = grown;
    add32(&hashes, 1);
    add32(&hashes, 0);
    add32(&hashes, OID_BYTEA);
    add32(&hashes, (uint32_t)n);
    add32(&hashes, 1);
    watches->n_asked = 0;
    list_for_each(w, &watches->all, siblings)
    {
        add32(&hashes, AUTH_HASH_BYTES);
        str_add(&hashes, watch_op(w)->token_hash, AUTH_HASH_BYTES);
        if (grown)
            watches->asked[watches->n_asked++] = w;
        w->place = grown ? watches->n_asked : 0;
    }
    struct db_value value = { .data = hashes.data, .len = (int)hashes.len, .is_binary = true };
    if (!grown || hashes.failed)
        loop_timer_start(&watches->timer, AFTER_ERROR_USEC);
    else
        ask(watches, &callers_statement, &value, on_callers);
}

static bool read_bool(const struct db_result *result, enum look_column column)
{
    size_t len;
    const char *value = db_result_value(result, 0, column, &len);

    return value && len == 1 && *value;
}

static void keep(const struct db_result *result, enum look_column column, struct str *out)
{
    size_t len;
    const char *value = db_result_value(result, 0, column, &len);

    str_reset(out);
    if (value)
        str_add(out, value, len);
}

static bool anybody_joins(const struct watches *watches)
{
    struct watcher *w;

    list_for_each(w, &watches->all, siblings) if (w->state == WATCHER_JOINS) return true;
    return false;
}

static void on_look(const struct db_reply *reply, void *arg)
{
    struct watches *watches = arg;

    if (is_failed(watches, reply))
        return;
    const struct db_result *result = db_reply_result(reply, 0);
    keep(result, LOOK_TOKEN, &watches->next_token);
    keep(result, LOOK_BOROUGHS, &watches->boroughs);
    keep(result, LOOK_TEAMS, &watches->teams);
    keep(result, LOOK_PEOPLE, &watches->people);
    watches->is_changed = read_bool(result, LOOK_CHANGED);
    watches->is_everyone = read_bool(result, LOOK_EVERYONE);
    if (watches->is_changed || anybody_joins(watches)
        || clock_monotonic_usec() - watches->checked_usec > CHECK_USEC)
        ask_callers(watches);
    else
        apply(watches);
}

void watch_look(void *arg)
{
    struct watches *watches = arg;
    struct db_value token = { .data = watches->token.len ? watches->token.data : NULL,
        .len = (int)watches->token.len,
        .is_binary = true };

    watches->n_begun++;
    ask(watches, &look_statement, &token, on_look);
}
