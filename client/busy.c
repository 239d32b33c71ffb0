/* client busy: windows are added to, or taken out of, those that are there. */
#include "base/str.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/quantity.h"
#include "client/remote.h"
#include "client/resolve.h"
#include "client/spans.h"
#include "client/when.h"

#include <stdio.h>

static int read_day(
    struct app *app, const struct parsed *parsed, const char *name, json_t *window, struct err *err)
{
    const char *text = parsed_text(parsed, name);
    struct when when;
    struct err why = { 0 };
    char day[16];
    if (!text)
        return 0;
    if (when_parse_date(text, WHEN_AHEAD, app->now_usec, &when, &why) < 0)
        return usage_error(app, err, str_eq(name, "from") ? "--from" : "--until", "%s", why.msg);
    (void)snprintf(day, sizeof day, "%04d-%02d-%02d", (int)when.date.year, (int)when.date.month,
        (int)when.date.day);
    return json_object_set_new(window, name, json_string(day)) == 0 ? 0 : err_oom(err);
}

/* Each span of the week becomes a window of its own. */
static int add_windows(
    struct app *app, const struct parsed *parsed, json_t *windows, struct err *err)
{
    const char *kind = parsed_text(parsed, "kind");
    json_t *spans = NULL, *span;
    struct err why = { 0 };
    size_t i;
    if (spans_parse(parsed_text(parsed, "WEEK"), &spans, &why) < 0)
        return usage_error(app, err, "WEEK", "%s", why.msg);
    int rc = 0;
    json_array_foreach(spans, i, span)
    {
        json_t *window = json_pack("{s:O, s:s, s:b, s:b}", "span", span, "kind",
            kind ? kind : "appointment", "movable", parsed_text(parsed, "movable") != NULL,
            "near_work", parsed_text(parsed, "near-work") != NULL);
        if (rc == 0)
            rc = read_day(app, parsed, "from", window, err);
        if (rc == 0)
            rc = read_day(app, parsed, "until", window, err);
        if (json_array_append_new(windows, window) < 0)
            rc = err_oom(err);
    }
    json_decref(spans);
    return rc;
}

static int change(struct app *app, const struct parsed *parsed, json_t *windows, struct err *err)
{
    const char *remove = parsed_text(parsed, "remove");
    int64_t number;
    struct err why = { 0 };
    if (parsed_text(parsed, "clear"))
        (void)json_array_clear(windows);
    if (remove) {
        if (quantity_parse_int(remove, 1, INT32_MAX, &number, &why) < 0
            || json_array_remove(windows, (size_t)number - 1) < 0)
            return usage_error(app, err, "--remove",
                "there are %zu windows; name one by its number", json_array_size(windows));
    }
    return parsed_text(parsed, "WEEK") ? add_windows(app, parsed, windows, err) : 0;
}

static int read_client(struct app *app, const char *ref, json_t **ret_request, struct err *err)
{
    struct answer answer = { 0 };
    const char *id;
    int rc = resolve_name(app, ARG_CLIENT, ref, NULL, &id, err);
    if (rc < 0)
        return rc;
    json_t *request = json_pack("{s:s}", "client_id", id);
    rc = request ? remote_call(app, "canvass.v1.ClientService/GetClient", request, &answer, err)
                 : err_oom(err);
    json_decref(request);
    if (rc < 0)
        return rc;
    json_t *windows = json_get_path(answer.value, "client.unavailable");
    *ret_request = json_pack("{s:s, s:s, s:o}", "client_id", id, "etag",
        json_text_at(answer.value, "client.etag"), "unavailable",
        windows ? json_deep_copy(windows) : json_array());
    answer_release(&answer);
    return *ret_request ? 0 : err_oom(err);
}

int client_busy_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    const char *ref = parsed_text(parsed, "CLIENT");
    struct answer answer = { 0 };
    json_t *request = NULL;
    if (!ref
        || (!parsed_text(parsed, "WEEK") && !parsed_text(parsed, "remove")
            && !parsed_text(parsed, "clear")))
        return usage_error(app, err, NULL,
            "say whose and when, like: canvass client busy LB-014 \"mon 09:30-10:30\"");
    int rc = read_client(app, ref, &request, err);
    if (rc == 0)
        rc = change(app, parsed, json_object_get(request, "unavailable"), err);
    if (rc == 0)
        rc = remote_call(app, parsed->verb->method, request, &answer, err);
    json_decref(request);
    if (rc == 0) {
        output_done(app, parsed->verb);
        rc = output_answer(app, parsed->verb->view, &answer, err);
    }
    answer_release(&answer);
    return rc;
}
