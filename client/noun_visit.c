/* visit: the canvassing log */
#include "client/nouns.h"

#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"
#include "client/text.h"

#include <string.h>

#define VISIT_FIELDS(asked)                                                                        \
    { "met", "visit.met", ARG_FIELD, asked, NULL, "who you met", "contact" },                      \
        { "contact", "visit.contact_id", ARG_CONTACT, 0, NULL, "who you met, if known by name",    \
            NULL },                                                                                \
        { "hires", "visit.met_hires", ARG_FIELD, 0, NULL, "that person decides on hiring", NULL }, \
        { "stance", "visit.stance", ARG_FIELD, asked, NULL, "how they took it", NULL },            \
        { "learned", "visit.learned", ARG_FIELD, asked, NULL,                                      \
            "what you learned; the manager may read it, so name no client", NULL },                \
        { "client", "visit.client_id", ARG_CLIENT, asked, NULL,                                    \
            "the client in mind, blank for none in particular", "generic" },                       \
        { "generic", "visit.generic", ARG_FIELD, 0, NULL, "for no client in particular", NULL },   \
        { "role", "visit.role_soc", ARG_OCCUPATION, asked, NULL,                                   \
            "the role in mind: a SOC code or words", "generic" },                                  \
        { "outcome", "visit.outcome", ARG_FIELD, 0, NULL, "what came of it", NULL },               \
        { "next", "visit.next_touch_at", ARG_AHEAD, asked, NULL, "when to be in touch again",      \
            NULL },                                                                                \
        { "next-step", "visit.next_step", ARG_FIELD, 0, NULL, "what to do then", NULL },           \
        { "at", "visit.at", ARG_BACK, 0, NULL, "when it was (now)", NULL },                        \
        { "mode", "visit.mode", ARG_FIELD, 0, NULL, "how (in person)", NULL },                     \
        { "cup", "visit.cup", ARG_FIELD, 0, "N",                                                   \
            "1 introduction, 2 learning the business, 3 matching", NULL },                         \
        { "site", "visit.site_id", ARG_SITE, 0, NULL, "at which of their sites", NULL },           \
        { "purpose", "visit.purpose", ARG_FIELD, 0, NULL, "what it was for", NULL },               \
    {                                                                                              \
        "thanked", "visit.thanked", ARG_FIELD, 0, NULL, "the thank-you is sent", NULL              \
    }

static const struct arg add_args[] = {
    { "EMPLOYER", "visit.employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "EMPLOYER", "the employer: words of its name, or its id", NULL },
    VISIT_FIELDS(ARG_ASK),
    { "id", "visit.id", ARG_FIELD, 0, "UUID", "an id of your choice", NULL },
};
static const struct arg correct_args[] = {
    { "VISIT", "visit.replaces_id", ARG_VISIT, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "VISIT",
        "the visit to put right: its id, or the employer's name", NULL },
    VISIT_FIELDS(0),
};
static const struct arg show_args[] = {
    { "VISIT", "visit_id", ARG_VISIT, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "VISIT",
        "the visit: its id, or the employer's name", NULL },
};
static const struct arg list_args[] = {
    { "EMPLOYER", "employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_WORDS, "EMPLOYER",
        "at this employer alone", NULL },
    { "client", "client_id", ARG_CLIENT, 0, NULL, "for this client", NULL },
    { "by", "specialist_id", ARG_SPECIALIST, 0, NULL, "of this person: a name, or me", NULL },
    { "since", "since", ARG_EITHER, 0, NULL, "not before", NULL },
    { "before", "before", ARG_EITHER, 0, NULL, "before", NULL },
};
static const struct arg plan_args[] = {
    { "EMPLOYER", "plan.employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "EMPLOYER", "the employer: words of its name, or its id", NULL },
    { "at", "plan.at", ARG_AHEAD, ARG_REQUIRED, NULL, "when you will go", NULL },
    { "site", "plan.site_id", ARG_SITE, 0, NULL, "to which of their sites", NULL },
    { "purpose", "plan.purpose", ARG_FIELD, 0, NULL, "what it is for", NULL },
    { "client", "plan.client_id", ARG_CLIENT, 0, NULL, "the client in mind", NULL },
    { "role", "plan.role_soc", ARG_OCCUPATION, 0, NULL, "the role in mind", NULL },
};
static const struct arg cancel_args[] = {
    { "PLAN", "plan_id", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED, "PLAN",
        "the plan's id, which visit plan and today --ids show", NULL },
};
static const struct arg due_args[] = {
    { "borough", "borough", ARG_FIELD, 0, NULL, "of the whole borough, not yours alone", NULL },
    { "before", "before", ARG_AHEAD, 0, NULL, "due before (the end of today)", NULL },
};

static const struct column visit_record[] = {
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "Site", "site", FORMAT_TEXT, 0 },
    { "When", "at", FORMAT_MOMENT, 0 },
    { "How", "mode", FORMAT_ENUM, 0 },
    { "By", "specialist", FORMAT_TEXT, 0 },
    { "Met", "met", FORMAT_TEXT, 0 },
    { "Hires", "met_hires", FORMAT_YES, 0 },
    { "Cup", "cup", FORMAT_NUMBER, 0 },
    { "Client", "client_ref", FORMAT_TEXT, 0 },
    { "Generic", "generic", FORMAT_YES, 0 },
    { "Role", "role_soc", FORMAT_TEXT, 0 },
    { "", "role_title", FORMAT_TEXT, 0 },
    { "Purpose", "purpose", FORMAT_TEXT, 0 },
    { "Stance", "stance", FORMAT_ENUM, 0 },
    { "Learned", "learned", FORMAT_TEXT, 0 },
    { "Outcome", "outcome", FORMAT_ENUM, 0 },
    { "Next touch", "next_touch_at", FORMAT_MOMENT, 0 },
    { "Next step", "next_step", FORMAT_TEXT, 0 },
    { "Thanked", "thanked", FORMAT_YES, 0 },
    { "Puts right", "replaces_id", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view visit_view = { .record = "visit", VIEW_COLUMNS(visit_record) };
static const struct column visit_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "BY", "specialist", FORMAT_TEXT, COLUMN_SHRINK },
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "STANCE", "stance", FORMAT_ENUM, 0 },
    { "OUTCOME", "outcome", FORMAT_ENUM, 0 },
    { "LEARNED", "learned", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view visits_view
    = { .rows = "visits", VIEW_COLUMNS(visit_columns), .empty = "no visits" };
static const struct column plan_record[] = {
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "When", "at", FORMAT_MOMENT, 0 },
    { "Purpose", "purpose", FORMAT_TEXT, 0 },
    { "Client", "client_ref", FORMAT_TEXT, 0 },
    { "Role", "role_title", FORMAT_TEXT, 0 },
    { "By", "specialist", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view plan_view = { .record = "plan", VIEW_COLUMNS(plan_record) };
static const struct column due_columns[] = {
    { "DUE", "next_touch_at", FORMAT_MOMENT, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "NEXT STEP", "next_step", FORMAT_TEXT, COLUMN_SHRINK },
    { "LEAD", "lead", FORMAT_TEXT, COLUMN_SHRINK },
    { "STANCE", "stance", FORMAT_ENUM, 0 },
    { "ID", "employer_id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view due_view
    = { .rows = "relationships", VIEW_COLUMNS(due_columns), .empty = "nothing is due" };

int visit_recorded_show(struct app *app, const struct answer *answer, struct err *err)
{
    bool is_plan = json_get_path(answer->value, "plan") != NULL;
    const struct view *view = is_plan ? &plan_view : &visit_view;
    const char *suggestion = json_text_at(answer->value, "suggestion");
    int rc = output_record(app, view, json_get_path(answer->value, view->record), err);
    if (rc == 0)
        rc = door_print(app, answer, err);
    if (rc == 0 && *suggestion) {
        _cleanup_(str_release) struct str clean = { 0 };
        text_clean(suggestion, " ", &clean);
        (void)fprintf(
            app->out, "\n%sSuggestion%s  %s\n", app_bold(app), app_plain(app), str_text(&clean));
    }
    return rc;
}

/* The names of the employers come beside the rows; put each into its row. */
static int due_show(struct app *app, const struct answer *answer, struct err *err)
{
    json_t *rows = json_get_path(answer->value, "relationships"), *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        json_t *name = json_array_get(json_get_path(answer->value, "employers"), i);
        if (name && json_object_set(row, "employer", name) < 0)
            return err_oom(err);
    }
    int rc = output_rows(app, &due_view, rows, err);
    if (rc == 0)
        door_warnings_print(app, json_get_path(answer->value, "warnings"));
    return rc;
}

static int record(struct app *app, const struct verb *verb, json_t *request, struct err *err)
{
    struct answer answer = { 0 };
    int rc = remote_call(app, verb->method, request, &answer, err);
    if (rc < 0)
        return rc;
    output_done(app, verb);
    rc = app->json ? output_json(app, answer.proto, err) : visit_recorded_show(app, &answer, err);
    answer_release(&answer);
    return rc;
}

int visit_add_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);
    /* "blank for none in particular" was the question */
    if (rc == 0 && app->can_ask && !*json_text_at(request, "visit.client_id")
        && json_set_path(request, "visit.generic", json_true()) < 0)
        rc = err_oom(err);
    if (rc == 0)
        rc = record(app, parsed->verb, request, err);
    json_decref(request);
    return rc;
}

/* What the server fills in, or what a correction does not repeat. */
static void drop_derived(json_t *visit)
{
    static const char *const derived[] = { "id", "employer", "client_ref", "role_title",
        "specialist_id", "specialist", "borough", "recorded_at", "replaces_id", "site" };
    for (size_t i = 0; i < ARRAY_SIZE(derived); i++)
        (void)json_object_del(visit, derived[i]);
}

/* A correction says the whole visit anew: the old one, with what the options change. */
int visit_correct_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    struct answer before = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);
    if (rc < 0)
        return rc;
    json_t *by_id = json_pack("{s:s}", "visit_id", json_text_at(request, "visit.replaces_id"));
    rc = by_id ? remote_call(app, "canvass.v1.VisitService/GetVisit", by_id, &before, err)
               : err_oom(err);
    json_decref(by_id);
    if (rc == 0) {
        json_t *visit = json_deep_copy(json_get_path(before.value, "visit"));
        json_t *named = json_get_path(request, "visit");
        drop_derived(visit);
        if (json_is_true(json_object_get(named, "generic")))
            (void)json_object_del(visit, "client_id");
        if (json_object_get(named, "client_id"))
            (void)json_object_set_new(visit, "generic", json_false());
        if (json_object_get(named, "contact_id"))
            (void)json_object_del(visit, "met");
        if (json_object_update(visit, named) < 0
            || json_object_set_new(request, "visit", visit) < 0)
            rc = err_oom(err);
    }
    answer_release(&before);
    if (rc == 0)
        rc = record(app, parsed->verb, request, err);
    json_decref(request);
    return rc;
}

#define VISIT_METHOD(name) "canvass.v1.VisitService/" name

static const struct verb visit_verbs[] = {
    { .noun = "visit",
        .name = "add",
        .method = VISIT_METHOD("RecordVisit"),
        .summary = "record a visit",
        .example = "canvass visit add \"tool hire stockwell\" --met \"the manager\" "
                   "--stance ambivalent --learned \"short of drivers mornings\" --client LB-014 "
                   "--role 8214 --next \"tue 10:00\"",
        .notes
        = "What is missing is asked for on a terminal. The next touch that you name replaces "
          "the one before; the answer says who else was there lately.",
        VERB_ARGS(add_args),
        .view = &visit_view,
        .done = "Recorded.",
        .run = visit_add_run },
    { .noun = "visit",
        .name = "correct",
        .method = VISIT_METHOD("CorrectVisit"),
        .summary = "put a recorded visit right",
        .example = "canvass visit correct tool hire stockwell --stance warm",
        .notes = "The new version stands in every list; the old one stays in the log. Name what "
                 "should be different; the rest is taken over.",
        VERB_ARGS(correct_args),
        .view = &visit_view,
        .done = "Put right.",
        .run = visit_correct_run },
    { .noun = "visit",
        .name = "show",
        .method = VISIT_METHOD("GetVisit"),
        .summary = "show a visit",
        .example = "canvass visit show tool hire stockwell",
        VERB_ARGS(show_args),
        .view = &visit_view },
    { .noun = "visit",
        .name = "list",
        .method = VISIT_METHOD("ListVisits"),
        .summary = "list visits of your borough, newest first",
        .example = "canvass visit list --by me --since \"last mon\"",
        VERB_ARGS(list_args),
        .view = &visits_view },
    { .noun = "visit",
        .name = "plan",
        .method = VISIT_METHOD("PlanVisit"),
        .summary = "put a visit in the diary",
        .example = "canvass visit plan tool hire stockwell --at \"next tue 10:00\" --client LB-014",
        .notes = "The answer says who was there lately, who leads, and who else plans to be there "
                 "that day. An employer that asked not to be contacted is planned for by nobody.",
        VERB_ARGS(plan_args),
        .view = &plan_view,
        .done = "Planned.",
        .show = visit_recorded_show },
    { .noun = "visit",
        .name = "cancel",
        .method = VISIT_METHOD("CancelPlan"),
        .summary = "take a planned visit out of the diary",
        .example = "canvass visit cancel 019abc12-0000-7000-8000-000000000001",
        VERB_ARGS(cancel_args),
        .view = &plan_view,
        .done = "Cancelled." },
    { .noun = "visit",
        .name = "due",
        .method = VISIT_METHOD("ListDue"),
        .summary = "list the employers to be in touch with again, soonest first",
        .example = "canvass visit due\ncanvass visit due --borough --before \"next mon\"",
        VERB_ARGS(due_args),
        .view = &due_view,
        .show = due_show },
};
const struct noun visit_noun = { "visit", "the canvassing log", NOUN_VERBS(visit_verbs) };
