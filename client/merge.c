/* merge: shows what would move and asks for the name of the employer that goes. */
#include "base/str.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"

/* Show what would come along. */
static int preview(struct app *app, const struct verb *verb, const json_t *request, struct err *err)
{
    struct answer answer = { 0 };
    json_t *copy = json_deep_copy(request);
    if (!copy)
        return err_oom(err);
    app->dry_run = true;
    int rc = remote_call(app, verb->method, copy, &answer, err);
    app->dry_run = false;
    json_decref(copy);
    if (rc == 0)
        rc = output_record(app, verb->view, answer.value, err);
    answer_release(&answer);
    return rc;
}

static int name_of(struct app *app, const char *id, const char **ret_name, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = json_pack("{s:s}", "employer_id", id);
    int rc = request
        ? remote_call(app, "canvass.v1.EmployerService/GetEmployer", request, &answer, err)
        : err_oom(err);
    json_decref(request);
    if (rc == 0) {
        *ret_name = arena_strdup(&app->arena, json_text_at(answer.value, "employer.name"));
        rc = *ret_name ? 0 : err_oom(err);
    }
    answer_release(&answer);
    return rc;
}

static int confirm(struct app *app, const struct verb *verb, const json_t *request, struct err *err)
{
    const char *name = "", *typed = "";
    if (!app->can_ask)
        return usage_error(app, err, "--yes",
            "merging is asked about on a terminal; where there is none, say --yes, or --dry-run "
            "to see what would move");
    int rc = preview(app, verb, request, err);
    if (rc == 0)
        rc = name_of(app, json_text_at(request, "merge_id"), &name, err);
    char *prompt
        = rc == 0 ? arena_printf(&app->arena, "Type the name of what goes, %s: ", name) : NULL;
    if (rc == 0)
        rc = prompt ? app_ask(app, prompt, &typed, err) : err_oom(err);
    if (rc == 0 && !str_eq(typed, name))
        rc = err_set(err, ERR_CANCELLED, "that is not its name; nothing was merged");
    return rc;
}

int merge_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);
    if (rc == 0 && !app->dry_run && !parsed_text(parsed, "yes"))
        rc = confirm(app, parsed->verb, request, err);
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
