/* Running a command by its row. */
#include "base/str.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_ROWS 50
#define MAX_PAGE 1000

/* Put the lists of a further page behind those of the first. */
static int extend_lists(json_t *first, const json_t *page)
{
    const char *key;
    json_t *value, *list;
    json_object_foreach((json_t *)(uintptr_t)page, key, value)
    {
        if (!json_is_array(value))
            continue;
        list = json_object_get(first, key);
        if (!list && json_object_set(first, key, value) < 0)
            return ERR_EXHAUSTED;
        if (list && json_array_extend(list, value) < 0)
            return ERR_EXHAUSTED;
    }
    return 0;
}

/* What is left to fetch is what the last page says. */
static int keep_token(json_t *first, const json_t *page)
{
    json_t *token = json_object_get(page, "nextPageToken");
    if (token)
        return json_object_set(first, "nextPageToken", token);
    (void)json_object_del(first, "nextPageToken");
    return 0;
}

static size_t count_rows(const struct verb *verb, const struct answer *answer)
{
    return json_array_size(json_get_path(answer->value, verb->view->rows));
}

/* Fetch the pages after the first, up to what was asked for. */
static int fetch_more(struct app *app, const struct verb *verb, json_t *request, size_t wanted,
    struct answer *answer, struct err *err)
{
    const char *token = json_text_at(answer->value, "next_page_token");
    while (*token && count_rows(verb, answer) < wanted) {
        struct answer page = { 0 };
        size_t left = wanted - count_rows(verb, answer);
        int rc = json_set_path(request, "page_token", json_string(token));
        if (rc == 0)
            rc = json_set_path(
                request, "page_size", json_integer((json_int_t)MIN(left, (size_t)MAX_PAGE)));
        if (rc < 0)
            return err_oom(err);
        rc = remote_call(app, verb->method, request, &page, err);
        if (rc < 0)
            return rc;
        rc = extend_lists(answer->value, page.value) < 0
                || extend_lists(answer->proto, page.proto) < 0
                || keep_token(answer->proto, page.proto) < 0
            ? err_oom(err)
            : 0;
        token = arena_strdup(&app->arena, json_text_at(page.value, "next_page_token"));
        answer_release(&page);
        if (rc < 0 || !token)
            return rc < 0 ? rc : err_oom(err);
    }
    if (*token && !app->json)
        app_note(app, "there is more: --limit N shows more rows, --all shows all");
    return 0;
}

static bool has_pages(const struct verb *verb)
{
    const struct schema_method *method = remote_method(verb->method);
    return verb->view && verb->view->rows && method
        && protobuf_c_message_descriptor_get_field_by_name(method->input, "page_size");
}

static int call(struct app *app, const struct verb *verb, json_t *request,
    struct answer *ret_answer, struct err *err)
{
    bool is_paged = has_pages(verb);
    size_t wanted = app->all_rows ? SIZE_MAX : app->max_rows ? (size_t)app->max_rows : DEFAULT_ROWS;
    if (is_paged
        && json_set_path(
               request, "page_size", json_integer((json_int_t)MIN(wanted, (size_t)MAX_PAGE)))
            < 0)
        return err_oom(err);
    int rc = remote_call(app, verb->method, request, ret_answer, err);
    if (rc == 0 && is_paged)
        rc = fetch_more(app, verb, request, wanted, ret_answer, err);
    return rc;
}

static int show(
    struct app *app, const struct verb *verb, const struct answer *answer, struct err *err)
{
    output_done(app, verb);
    if (verb->show && !app->json)
        return verb->show(app, answer, err);
    return output_answer(app, verb->view, answer, err);
}

int verb_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);
    if (rc == 0)
        rc = call(app, parsed->verb, request, &answer, err);
    json_decref(request);
    if (rc == 0)
        rc = show(app, parsed->verb, &answer, err);
    answer_release(&answer);
    return rc;
}
