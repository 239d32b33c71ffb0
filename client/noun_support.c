/* support: what is given to clients and employers in and around a job, and what is due */
#include "client/nouns.h"

#include "client/output.h"
#include "client/remote.h"

static const struct arg add_args[] = {
    { "CLIENT", "support.client_id", ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED, "CLIENT",
        "the client's reference", NULL },
    { "to", "support.given_to", ARG_FIELD, ARG_REQUIRED, NULL, "whom you supported", NULL },
    { "mode", "support.mode", ARG_FIELD, ARG_ASK, NULL, "how (in person)", NULL },
    { "about", "support.about", ARG_FIELD, ARG_ASK, NULL,
        "what it was about; the client may ask to read it", NULL },
    { "at", "support.at", ARG_BACK, 0, NULL, "when it was (now)", NULL },
    { "job", "support.job_id", ARG_FIELD, 0, "ID", "in which job, where the client has several",
        NULL },
    { "trial", "support.trial_id", ARG_FIELD, 0, "ID", "in which trial", NULL },
    { "id", "support.id", ARG_FIELD, 0, "UUID", "an id of your choice", NULL },
};
static const struct arg list_args[] = {
    { "CLIENT", "client_id", ARG_CLIENT, ARG_POSITIONAL, "CLIENT", "of this client alone", NULL },
    { "job", "job_id", ARG_FIELD, 0, "ID", "in this job", NULL },
    { "to", "given_to", ARG_FIELD, 0, NULL, "to clients or employers alone", NULL },
    { "since", "since", ARG_EITHER, 0, NULL, "not before", NULL },
    { "before", "before", ARG_EITHER, 0, NULL, "before", NULL },
};
static const struct arg due_args[] = {
    { "team", "team", ARG_FIELD, 0, NULL, "of the whole team, not your own caseload alone", NULL },
    { "ahead", "ahead_days", ARG_FIELD, 0, "DAYS", "due within so many days too, 0 to 60", NULL },
};

static const struct column support_record[] = {
    { "Client", "client_ref", FORMAT_TEXT, 0 },
    { "Given to", "given_to", FORMAT_ENUM, 0 },
    { "Job", "title", FORMAT_TEXT, 0 },
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "When", "at", FORMAT_MOMENT, 0 },
    { "How", "mode", FORMAT_ENUM, 0 },
    { "About", "about", FORMAT_TEXT, 0 },
    { "By", "specialist", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view added_view = { .record = "support", VIEW_COLUMNS(support_record) };
static const struct column next_record[] = {
    { "Next by", "due_on", FORMAT_DATE, 0 },
    { "  why", "sentence", FORMAT_TEXT, 0 },
};
static const struct view next_view = { .record = "next", VIEW_COLUMNS(next_record) };
static const struct column support_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "TO", "given_to", FORMAT_ENUM, 0 },
    { "HOW", "mode", FORMAT_ENUM, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "BY", "specialist", FORMAT_TEXT, COLUMN_SHRINK },
    { "ABOUT", "about", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view support_view
    = { .rows = "support", VIEW_COLUMNS(support_columns), .empty = "no support" };
static const struct column due_columns[] = {
    { "BY", "due_on", FORMAT_DATE, 0 },
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "TO", "given_to", FORMAT_ENUM, 0 },
    { "WHY", "sentence", FORMAT_TEXT, COLUMN_SHRINK },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "SPECIALIST", "specialist", FORMAT_TEXT, COLUMN_SHRINK },
    { "JOB ID", "job_id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view due_view
    = { .rows = "due", VIEW_COLUMNS(due_columns), .empty = "no support is due" };

static int added_show(struct app *app, const struct answer *answer, struct err *err)
{
    int rc = output_record(app, &added_view, json_get_path(answer->value, "support"), err);
    if (rc == 0)
        rc = output_record(app, &next_view, json_get_path(answer->value, "next"), err);
    door_warnings_print(app, json_get_path(answer->value, "warnings"));
    return rc == 0 ? output_flush(app, err) : rc;
}

#define SUPPORT_METHOD(name) "canvass.v1.SupportService/" name

static const struct verb support_verbs[] = {
    { .noun = "support",
        .name = "add",
        .method = SUPPORT_METHOD("AddSupport"),
        .summary = "record support that you gave",
        .example
        = "canvass support add LB-014 --to client --mode phone --about \"the first week\"\n"
          "canvass support add LB-014 --to employer --about \"the rota\"",
        .notes = "An employer is spoken to about a client only where the client agreed that you "
                 "may call.",
        VERB_ARGS(add_args),
        .view = &added_view,
        .done = "Recorded.",
        .show = added_show },
    { .noun = "support",
        .name = "list",
        .method = SUPPORT_METHOD("ListSupport"),
        .summary = "list support that was given, newest first",
        .example = "canvass support list LB-014",
        VERB_ARGS(list_args),
        .view = &support_view },
    { .noun = "support",
        .name = "due",
        .method = SUPPORT_METHOD("ListSupportDue"),
        .summary = "list the support that is due, soonest first, and why",
        .example = "canvass support due\ncanvass support due --team --ahead 7",
        VERB_ARGS(due_args),
        .view = &due_view },
};
const struct noun support_noun
    = { "support", "support in and around a job", NOUN_VERBS(support_verbs) };
