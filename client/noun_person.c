/* person: what somebody may ask for. Erasing shows what goes and asks for the reference. */
#include "base/str.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"

#include <stdio.h>

#define RIGHTS_METHOD(name) "canvass.v1.RightsService/" name
#define PERSON_ARGS                                                                                \
    { "REF", "ref", ARG_FIELD, ARG_POSITIONAL, "REF", "the client's reference", NULL },            \
    {                                                                                              \
        "contact", "contact_id", ARG_FIELD, 0, "ID",                                               \
            "instead of a client a person to talk to, by the id that employer contact list --ids " \
            "shows",                                                                               \
            NULL                                                                                   \
    }

static const struct arg person_args[] = { PERSON_ARGS };
static const struct arg erase_args[] = {
    PERSON_ARGS,
    { "yes", NULL, ARG_SWITCH, 0, NULL, "do not ask for the reference", NULL },
};
static const struct arg hold_args[] = {
    PERSON_ARGS,
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "why the record must stay", NULL },
};

static const struct column erased_columns[] = {
    { "Goes", "goes", FORMAT_LIST, 0 },
    { "Stays", "stays", FORMAT_LIST, 0 },
};
static const struct view erased_view = { .record = "", VIEW_COLUMNS(erased_columns) };
static const struct column hold_columns[] = {
    { "Reason", "reason", FORMAT_TEXT, 0 },
    { "Held since", "placed_at", FORMAT_MOMENT, 0 },
    { "  by", "placed_by", FORMAT_TEXT, 0 },
    { "Released", "released_at", FORMAT_MOMENT, 0 },
    { "  by", "released_by", FORMAT_TEXT, 0 },
};
static const struct view hold_view = { .record = "hold", VIEW_COLUMNS(hold_columns) };
static const struct column purge_columns[] = {
    { "CLASS", "class", FORMAT_TEXT, 0 },
    { "GOES", "goes", FORMAT_NUMBER, COLUMN_RIGHT },
    { "HELD", "held", FORMAT_NUMBER, COLUMN_RIGHT },
    { "BEFORE", "before", FORMAT_DATE, 0 },
    { "RULE", "rule", FORMAT_TEXT, 0 },
    { "SOURCE", "source", FORMAT_TEXT, COLUMN_SHRINK },
};
static const struct view purge_view = {
    .rows = "lines", VIEW_COLUMNS(purge_columns), .empty = "no rule lets anything of yours go"
};

static int document_show(struct app *app, const struct answer *answer, struct err *err)
{
    (void)fputs(json_text_at(answer->value, "document"), app->out);
    return output_flush(app, err);
}

/* Show what would go. */
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

static int confirm(struct app *app, const struct verb *verb, const json_t *request, struct err *err)
{
    const char *ref = json_text_at(request, "ref"), *typed = "";
    const char *name = *ref ? ref : json_text_at(request, "contact_id");
    if (!app->can_ask)
        return usage_error(app, err, "--yes",
            "erasing is asked about on a terminal; where there is none, say --yes, or --dry-run "
            "to see what would go");
    int rc = preview(app, verb, request, err);
    char *prompt = rc == 0
        ? arena_printf(&app->arena, "This cannot be undone. Type %s to erase: ", name)
        : NULL;
    if (rc == 0)
        rc = prompt ? app_ask(app, prompt, &typed, err) : err_oom(err);
    if (rc == 0 && !str_eq(typed, name))
        rc = err_set(err, ERR_CANCELLED, "that is not the same; nothing was erased");
    return rc;
}

static int erase_run(struct app *app, const struct parsed *parsed, struct err *err)
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

static const struct verb person_verbs[] = {
    { .noun = "person",
        .name = "export",
        .method = RIGHTS_METHOD("ExportPerson"),
        .summary = "write all that is kept of somebody, as a document",
        .example = "canvass person export LB-014 > LB-014.txt\n"
                   "canvass person export LB-014 --json",
        VERB_ARGS(person_args),
        .show = document_show },
    { .noun = "person",
        .name = "erase",
        .method = RIGHTS_METHOD("ErasePerson"),
        .summary = "take somebody out; visits stay, as for a client",
        .example = "canvass person erase LB-014 --dry-run\ncanvass person erase LB-014",
        .notes = "A lead's to do. It cannot be undone.",
        VERB_ARGS(erase_args),
        .view = &erased_view,
        .done = "Erased.",
        .run = erase_run },
    { .noun = "person",
        .name = "hold",
        .method = RIGHTS_METHOD("HoldPerson"),
        .summary = "keep a record from being erased or purged",
        .example = "canvass person hold LB-014 --reason \"a claim, until it is settled\"",
        VERB_ARGS(hold_args),
        .view = &hold_view,
        .done = "Held." },
    { .noun = "person",
        .name = "release",
        .method = RIGHTS_METHOD("ReleasePerson"),
        .summary = "end a hold",
        .example = "canvass person release LB-014",
        VERB_ARGS(person_args),
        .view = &hold_view,
        .done = "Released." },
    { .noun = "person",
        .name = "purge",
        .method = RIGHTS_METHOD("Purge"),
        .summary = "let go what has been kept long enough, by the rules of today",
        .example = "canvass person purge --dry-run",
        .notes = "Rehearse it with --dry-run. A lead lets go the own team's clients and the own "
                 "borough's contacts, an administrator kept answers.",
        .view = &purge_view,
        .done = "Gone." },
};
const struct noun person_noun = { "person", "what somebody may ask for: all of it, or that it goes",
    NOUN_VERBS(person_verbs) };
