/* trial: work trials and tasters, from the proposal to what they led to */
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/text.h"

#include <stdio.h>
#include <string.h>

#define TRIAL_ARG(path)                                                                            \
    {                                                                                              \
        "TRIAL", path, ARG_TRIAL, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS | ARG_NO_MASK,         \
            "TRIAL", "the trial: the client's reference, words of the employer's name, or its id", \
            NULL                                                                                   \
    }
#define ETAG_ARG(path)                                                                             \
    {                                                                                              \
        "etag", path, ARG_FIELD, ARG_NO_MASK, "ETAG", "only if nobody changed it since", NULL      \
    }
#define TRIAL_FIELDS                                                                               \
    { "kind", "trial.kind", ARG_FIELD, 0, NULL, "which kind of trial", NULL },                     \
        { "from", "trial.starts_on", ARG_EITHER, 0, NULL, "first day", NULL },                     \
        { "until", "trial.ends_on", ARG_EITHER, 0, NULL, "last day", NULL },                       \
        { "days", "trial.days", ARG_FIELD, 0, "N", "days of work", NULL },                         \
        { "site", "trial.site_id", ARG_SITE, 0, NULL, "at which site, if not the opening's",       \
            NULL },                                                                                \
        { "hours", "trial.hours_tenths", ARG_TENTHS, 0, NULL, "hours a week of the job", NULL },   \
        { "weeks", "trial.expected_weeks", ARG_FIELD, 0, "N", "weeks that the job lasts", NULL },  \
        { "pay", "trial.pay_pence_hour", ARG_PENCE, 0, NULL, "paid: pounds an hour", NULL },       \
        { "watch", "trial.watch_tenths", ARG_TENTHS, 0, NULL, "a taster: hours of watching",       \
            NULL },                                                                                \
        { "tasks", "trial.tasks", ARG_FIELD, 0, NULL, "what the client will do; in the letter",    \
            NULL },                                                                                \
        { "observer", "trial.observer", ARG_FIELD, 0, NULL, "who watches how it goes", NULL },     \
        { "adjustments", "trial.adjustments", ARG_FIELD, 0, NULL,                                  \
            "what is made easier; in the letter only where a part may be known", NULL },           \
        { "jcp-ref", "trial.jcp_ref", ARG_FIELD, 0, NULL, "Jobcentre Plus's reference", NULL },    \
        { "jcp-agreed", "trial.jcp_agreed_on", ARG_BACK, 0, NULL,                                  \
            "the day on which Jobcentre Plus agreed", NULL },                                      \
        { "interviewed", "trial.interviewed", ARG_FIELD, 0, NULL, "there was an interview",        \
            NULL },                                                                                \
        { "volunteer", "trial.volunteer", ARG_FIELD, 0, NULL, "the client volunteers", NULL },     \
        { "sole-candidate", "trial.sole_candidate", ARG_FIELD, 0, NULL,                            \
            "no other candidate is considered", NULL },                                            \
        { "override", "trial.override_reason", ARG_FIELD, 0, NULL,                                 \
            "why Jobcentre Plus agreed to more days; for a lead", NULL },                          \
        { "unpaid-reason", "trial.unpaid_reason", ARG_FIELD, 0, NULL,                              \
            "why more than a day is not paid", NULL },                                             \
        { "recruiting", "trial.is_recruiting", ARG_FIELD, 0, NULL, "they recruit for the job",     \
            NULL },                                                                                \
        { "longer", "trial.is_longer", ARG_FIELD, 0, NULL, "it is longer than testing needs",      \
            NULL },                                                                                \
        { "observed", "trial.is_observed", ARG_FIELD, 0, NULL, "somebody watches", NULL },         \
        { "matching", "trial.is_matching", ARG_FIELD, 0, NULL, "the tasks are the job's", NULL },  \
        { "valuable", "trial.is_valuable", ARG_FIELD, 0, NULL, "it has value beyond the test",     \
            NULL },                                                                                \
        { "saving", "trial.is_saving", ARG_FIELD, 0, NULL, "it saves the employer labour", NULL }, \
        { "travel", "trial.travel_paid", ARG_FIELD, 0, NULL, "travel is paid", NULL },             \
        { "meals", "trial.meals_pence_day", ARG_PENCE, 0, NULL, "pounds a day towards meals",      \
            NULL },                                                                                \
        { "insured", "trial.insured", ARG_FIELD, 0, NULL,                                          \
            "health and safety and insurance are confirmed", NULL },                               \
    {                                                                                              \
        "benefits-told", "trial.benefits_told", ARG_FIELD, 0, NULL,                                \
            "the client was told what it means for benefits", NULL                                 \
    }

static const struct arg propose_args[] = {
    { "CLIENT", "trial.client_id", ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED, "CLIENT",
        "the client's reference", NULL },
    { "OPENING", "trial.opening_id", ARG_OPENING, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "OPENING", "the opening: its id, or the employer's name", NULL },
    TRIAL_FIELDS,
    { "id", "trial.id", ARG_FIELD, 0, "UUID", "an id of your choice", NULL },
};
static const struct arg edit_args[] = {
    TRIAL_ARG("trial.id"),
    TRIAL_FIELDS,
    { "employer-feedback", "trial.employer_feedback", ARG_FIELD, 0, NULL, "what the employer said",
        NULL },
    { "client-feedback", "trial.client_feedback", ARG_FIELD, 0, NULL, "what the client said",
        NULL },
    ETAG_ARG("trial.etag"),
};
static const struct arg trial_args[] = { TRIAL_ARG("trial_id") };
static const struct arg agree_args[] = {
    TRIAL_ARG("trial_id"),
    { "on", "on", ARG_BACK, 0, NULL, "the day on which they agreed (today)", NULL },
    ETAG_ARG("etag"),
};
static const struct arg begin_args[] = {
    TRIAL_ARG("trial_id"),
    { "on", "on", ARG_BACK, 0, NULL, "the first day, if it was another than agreed", NULL },
    ETAG_ARG("etag"),
};
static const struct arg end_args[] = {
    TRIAL_ARG("trial_id"),
    { "outcome", "outcome", ARG_FIELD, ARG_ASK, NULL, "what it led to; a taster needs none", NULL },
    { "reason", "reason", ARG_FIELD, ARG_ASK, NULL, "why", NULL },
    { "employer-feedback", "employer_feedback", ARG_FIELD, ARG_ASK, NULL, "what the employer said",
        NULL },
    { "client-feedback", "client_feedback", ARG_FIELD, ARG_ASK, NULL, "what the client said",
        NULL },
    { "on", "on", ARG_BACK, 0, NULL, "the last day (as agreed, or today)", NULL },
    { "days-worked", "days_worked", ARG_FIELD, 0, "N", "days that were worked (as agreed)", NULL },
    { "benefits-told", "benefits_told", ARG_FIELD, 0, NULL,
        "the client was told what it means for benefits", NULL },
    ETAG_ARG("etag"),
};
static const struct arg cancel_args[] = {
    TRIAL_ARG("trial_id"),
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "why it does not take place", NULL },
    ETAG_ARG("etag"),
};
static const struct arg extend_args[] = {
    TRIAL_ARG("trial_id"),
    { "until", "until", ARG_AHEAD, 0, NULL, "the new last day", NULL },
    { "days", "days", ARG_FIELD, 0, "N", "or so many days of work more", NULL },
    { "reason", "reason", ARG_FIELD, 0, NULL, "why", NULL },
    { "days-worked", "days_worked", ARG_FIELD, 0, "N", "days that were worked so far", NULL },
    { "override", "override_reason", ARG_FIELD, 0, NULL,
        "why Jobcentre Plus agreed to more days; for a lead", NULL },
    { "pay", "pay_pence_hour", ARG_PENCE, 0, NULL, "pounds an hour, if it changes", NULL },
    ETAG_ARG("etag"),
};
static const struct arg list_args[] = {
    { "CLIENT", "client_id", ARG_CLIENT, ARG_POSITIONAL, "CLIENT", "of this client alone", NULL },
    { "employer", "employer_id", ARG_EMPLOYER, 0, NULL, "at this employer alone", NULL },
    { "opening", "opening_id", ARG_OPENING, 0, NULL, "at this opening alone", NULL },
    { "status", "status", ARG_FIELD, 0, NULL, "in this state alone", NULL },
    { "mine", "mine", ARG_FIELD, 0, NULL, "of your own caseload alone", NULL },
    { "ended", "ended", ARG_FIELD, 0, NULL, "those that are over, too", NULL },
};

static const struct column trial_record[] = {
    { "Client", "client_ref", FORMAT_TEXT, 0 },
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "Postcode", "postcode", FORMAT_TEXT, 0 },
    { "Job", "title", FORMAT_TEXT, 0 },
    { "", "soc_title", FORMAT_TEXT, 0 },
    { "Kind", "kind", FORMAT_ENUM, 0 },
    { "Status", "status", FORMAT_ENUM, 0 },
    { "From", "starts_on", FORMAT_DATE, 0 },
    { "Until", "ends_on", FORMAT_DATE, 0 },
    { "Days", "days", FORMAT_NUMBER, 0 },
    { "  worked", "days_worked", FORMAT_NUMBER, 0 },
    { "Kept until", "kept_until", FORMAT_DATE, 0 },
    { "Place", "place", FORMAT_NUMBER, 0 },
    { "Hours a week", "hours_tenths", FORMAT_TENTHS, 0 },
    { "Weeks", "expected_weeks", FORMAT_NUMBER, 0 },
    { "Pay an hour", "pay_pence_hour", FORMAT_PENCE, 0 },
    { "Watches for", "watch_tenths", FORMAT_TENTHS, 0 },
    { "Tasks", "tasks", FORMAT_TEXT, 0 },
    { "Observer", "observer", FORMAT_TEXT, 0 },
    { "Adjustments", "adjustments", FORMAT_TEXT, 0 },
    { "Jobcentre ref", "jcp_ref", FORMAT_TEXT, 0 },
    { "  agreed", "jcp_agreed_on", FORMAT_DATE, 0 },
    { "Interviewed", "interviewed", FORMAT_YES, 0 },
    { "Volunteer", "volunteer", FORMAT_YES, 0 },
    { "Sole candidate", "sole_candidate", FORMAT_YES, 0 },
    { "Longer because", "override_reason", FORMAT_TEXT, 0 },
    { "Unpaid because", "unpaid_reason", FORMAT_TEXT, 0 },
    { "Travel paid", "travel_paid", FORMAT_YES, 0 },
    { "Meals a day", "meals_pence_day", FORMAT_PENCE, 0 },
    { "Insured", "insured", FORMAT_YES, 0 },
    { "Benefits told", "benefits_told", FORMAT_YES, 0 },
    { "Outcome", "outcome", FORMAT_ENUM, 0 },
    { "  because", "outcome_reason", FORMAT_TEXT, 0 },
    { "Employer said", "employer_feedback", FORMAT_TEXT, 0 },
    { "Client said", "client_feedback", FORMAT_TEXT, 0 },
    { "Extends", "extends_id", FORMAT_TEXT, 0 },
    { "Specialist", "specialist", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
    { "Etag", "etag", FORMAT_TEXT, 0 },
};
static const struct view trial_view = { .record = "trial", VIEW_COLUMNS(trial_record) };
static const struct column trial_columns[] = {
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "JOB", "title", FORMAT_TEXT, COLUMN_SHRINK },
    { "KIND", "kind", FORMAT_ENUM, 0 },
    { "STATUS", "status", FORMAT_ENUM, 0 },
    { "FROM", "starts_on", FORMAT_DATE, 0 },
    { "UNTIL", "ends_on", FORMAT_DATE, 0 },
    { "KEPT", "kept_until", FORMAT_DATE, 0 },
    { "OUTCOME", "outcome", FORMAT_ENUM, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view trials_view
    = { .rows = "trials", VIEW_COLUMNS(trial_columns), .empty = "no trials" };
static const struct column letter_columns[] = { { "", "text", FORMAT_TEXT, 0 } };
static const struct view letter_view = { .record = "", VIEW_COLUMNS(letter_columns) };

static void print_missing(struct app *app, const json_t *missing)
{
    size_t i;
    json_t *sentence;
    if (json_array_size(missing))
        (void)fprintf(app->out, "\n%sBefore it is agreed%s\n", app_bold(app), app_plain(app));
    json_array_foreach(missing, i, sentence)
    {
        _cleanup_(str_release) struct str clean = { 0 };
        _cleanup_(str_release) struct str wrapped = { 0 };
        text_clean(json_string_value(sentence), " ", &clean);
        text_wrap(str_text(&clean), 2, app->is_out_terminal ? app->width : 0, &wrapped);
        (void)fprintf(app->out, "* %s\n", str_text(&wrapped));
    }
}

static void print_letter(struct app *app, const char *text)
{
    _cleanup_(str_release) struct str clean = { 0 };
    _cleanup_(str_release) struct str wrapped = { 0 };
    text_clean(text, "\n", &clean);
    text_wrap(str_text(&clean), 0, app->is_out_terminal ? app->width : 0, &wrapped);
    (void)fprintf(app->out, "%s\n", str_text(&wrapped));
}

/* The trial, what it lacks, the draft for the employer, the card, what to think of. */
static int trial_show(struct app *app, const struct answer *answer, struct err *err)
{
    const char *letter = json_text_at(answer->value, "letter");
    const char *advice = json_text_at(answer->value, "advice");
    int rc = output_record(app, &trial_view, json_get_path(answer->value, "trial"), err);
    print_missing(app, json_get_path(answer->value, "trial.missing"));
    if (*letter) {
        (void)fprintf(app->out, "\n%sFor the employer%s\n", app_bold(app), app_plain(app));
        print_letter(app, letter);
    }
    if (rc == 0)
        rc = card_print(app, json_get_path(answer->value, "card"), err);
    if (*advice) {
        (void)fprintf(app->out, "\n%sSuggestion%s\n", app_bold(app), app_plain(app));
        print_letter(app, advice);
    }
    door_warnings_print(app, json_get_path(answer->value, "warnings"));
    return rc == 0 ? output_flush(app, err) : rc;
}

/* The letter alone goes to where it is printed; what to think of, beside it. */
static int letter_show(struct app *app, const struct answer *answer, struct err *err)
{
    size_t i;
    json_t *warning;
    print_letter(app, json_text_at(answer->value, "text"));
    json_array_foreach(json_get_path(answer->value, "warnings"), i, warning)
    {
        _cleanup_(str_release) struct str clean = { 0 };
        text_clean(json_string_value(warning), " ", &clean);
        app_note(app, "%s", str_text(&clean));
    }
    return output_flush(app, err);
}

#define TRIAL_METHOD(name) "canvass.v1.TrialService/" name

static const struct verb trial_verbs[] = {
    { .noun = "trial",
        .name = "propose",
        .method = TRIAL_METHOD("ProposeTrial"),
        .summary = "draft a trial of a client at an opening",
        .example = "canvass trial propose LB-014 tool hire stockwell\n"
                   "canvass trial propose LB-014 tool hire stockwell --kind paid --days 3 "
                   "--from \"next mon\" --observer \"the yard lead\"",
        .notes = "What you leave out is filled in from the opening and the rules of the kind. The "
                 "answer says what is still missing, what the letter to the employer reads, and "
                 "what may be said.",
        VERB_ARGS(propose_args),
        .view = &trial_view,
        .done = "Proposed.",
        .show = trial_show },
    { .noun = "trial",
        .name = "show",
        .method = TRIAL_METHOD("GetTrial"),
        .summary = "show a trial",
        .example = "canvass trial show LB-014",
        .notes = "One that is over is named by its id, which \"canvass trial list --ended --ids\" "
                 "shows.",
        VERB_ARGS(trial_args),
        .view = &trial_view,
        .show = trial_show },
    { .noun = "trial",
        .name = "list",
        .method = TRIAL_METHOD("ListTrials"),
        .summary = "list the trials of your team, the latest first",
        .example = "canvass trial list --mine\ncanvass trial list LB-014 --ended",
        VERB_ARGS(list_args),
        .view = &trials_view },
    { .noun = "trial",
        .name = "edit",
        .method = TRIAL_METHOD("UpdateTrial"),
        .summary = "change a trial, or fill in its record",
        .example = "canvass trial edit LB-014 --jcp-ref WT-4711 --jcp-agreed yesterday "
                   "--interviewed --volunteer --sole-candidate",
        .notes = "Only what is named changes; an empty value clears a field.",
        VERB_ARGS(edit_args),
        .mask = "trial",
        .view = &trial_view,
        .done = "Changed.",
        .show = trial_show },
    { .noun = "trial",
        .name = "agree",
        .method = TRIAL_METHOD("AgreeTrial"),
        .summary = "note that the employer agreed: the trial takes a place",
        .example = "canvass trial agree LB-014",
        VERB_ARGS(agree_args),
        .view = &trial_view,
        .done = "Agreed.",
        .show = trial_show },
    { .noun = "trial",
        .name = "begin",
        .method = TRIAL_METHOD("BeginTrial"),
        .summary = "note that the client came",
        .example = "canvass trial begin LB-014",
        VERB_ARGS(begin_args),
        .view = &trial_view,
        .done = "Begun.",
        .show = trial_show },
    { .noun = "trial",
        .name = "end",
        .method = TRIAL_METHOD("EndTrial"),
        .summary = "note that a trial is over, and what it led to",
        .example = "canvass trial end LB-014 --outcome offer --client-feedback \"would stay\"",
        VERB_ARGS(end_args),
        .view = &trial_view,
        .done = "Ended.",
        .show = trial_show },
    { .noun = "trial",
        .name = "cancel",
        .method = TRIAL_METHOD("CancelTrial"),
        .summary = "cancel a trial that has not begun: its place is free again",
        .example = "canvass trial cancel LB-014 --reason \"they found somebody\"",
        VERB_ARGS(cancel_args),
        .view = &trial_view,
        .done = "Cancelled.",
        .show = trial_show },
    { .noun = "trial",
        .name = "extend",
        .method = TRIAL_METHOD("ExtendTrial"),
        .summary = "end a running trial and go on with another",
        .example = "canvass trial extend LB-014 --until fri --reason \"a second shift to see\"",
        .notes = "The days of both count together against the limit of the kind.",
        VERB_ARGS(extend_args),
        .view = &trial_view,
        .done = "Extended.",
        .show = trial_show },
    { .noun = "trial",
        .name = "letter",
        .method = TRIAL_METHOD("GetLetter"),
        .summary = "print the proposal as a letter to the employer",
        .example = "canvass trial letter LB-014 > proposal.txt",
        .notes = "It keeps to what the client agreed that the employer may know.",
        VERB_ARGS(trial_args),
        .view = &letter_view,
        .show = letter_show },
};
const struct noun trial_noun = { "trial", "work trials and tasters", NOUN_VERBS(trial_verbs) };
