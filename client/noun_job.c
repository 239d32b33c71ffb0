/* job: the jobs that clients started, from the first day to the last */
#include "client/nouns.h"

#include "client/output.h"
#include "client/remote.h"
#include "client/text.h"

#define CLIENT_ARG(path)                                                                           \
    {                                                                                              \
        "CLIENT", path, ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED | ARG_NO_MASK, "CLIENT",         \
            "the client's reference", "job"                                                        \
    }
#define JOB_ARG(path)                                                                              \
    {                                                                                              \
        "job", path, ARG_FIELD, ARG_NO_MASK, "ID", "which job, where the client has several", NULL \
    }
#define ETAG_ARG(path)                                                                             \
    {                                                                                              \
        "etag", path, ARG_FIELD, ARG_NO_MASK, "ETAG", "only if nobody changed it since", NULL      \
    }
#define PAY_DAY_ARGS                                                                               \
    { "pay-rhythm", "job.pay_rhythm", ARG_FIELD, 0, NULL, "how often it is paid", NULL },          \
        { "first-pay", "job.first_pay_on", ARG_EITHER, 0, NULL, "the first pay day", NULL },       \
    {                                                                                              \
        "competitive", "job.competitive", ARG_FIELD, 0, NULL,                                      \
            "open to anyone, at the minimum wage or more (yes)", NULL                              \
    }

static const struct arg start_args[] = {
    CLIENT_ARG("job.client_id"),
    { "EMPLOYER", "job.employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_ASK | ARG_WORDS, "EMPLOYER",
        "the employer: words of its name, or its id; blank if a trial or opening says", "trial" },
    { "trial", "job.trial_id", ARG_FIELD, 0, "ID", "the trial that led to it, with an offer",
        NULL },
    { "opening", "job.opening_id", ARG_OPENING, 0, NULL,
        "the opening that it came from; one of its places goes", NULL },
    { "starts", "job.starts_on", ARG_EITHER, ARG_REQUIRED, NULL, "the first day of work", NULL },
    { "title", "job.title", ARG_FIELD, ARG_ASK, NULL, "what the employer calls the job", "trial" },
    { "role", "job.soc", ARG_OCCUPATION, ARG_ASK, NULL,
        "occupation: a SOC code of four digits, or words", "trial" },
    { "hours", "job.hours_tenths", ARG_TENTHS, ARG_ASK, NULL, "hours a week", "trial" },
    { "pay", "job.pay_pence_hour", ARG_PENCE, ARG_ASK, NULL, "pounds an hour before tax", NULL },
    { "permanent", "job.permanent", ARG_FIELD, 0, NULL, "no end is planned", NULL },
    { "site", "job.site_id", ARG_SITE, 0, NULL, "at which of their sites", NULL },
    PAY_DAY_ARGS,
    { "id", "job.id", ARG_FIELD, 0, "UUID", "an id of your choice", NULL },
};
static const struct arg edit_args[] = {
    CLIENT_ARG("job.client_id"),
    JOB_ARG("job.id"),
    { "starts", "job.starts_on", ARG_EITHER, 0, NULL, "the first day of work", NULL },
    { "title", "job.title", ARG_FIELD, 0, NULL, "what the employer calls the job", NULL },
    { "role", "job.soc", ARG_OCCUPATION, 0, NULL, "occupation: a SOC code, or words", NULL },
    { "site", "job.site_id", ARG_FIELD, 0, "ID", "at which of their sites", NULL },
    PAY_DAY_ARGS,
    ETAG_ARG("job.etag"),
};
static const struct arg change_args[] = {
    CLIENT_ARG("client_id"),
    { "from", "from_on", ARG_EITHER, ARG_REQUIRED, NULL, "the day from which it holds", NULL },
    { "hours", "hours_tenths", ARG_TENTHS, ARG_ASK, NULL, "hours a week, blank for as before",
        NULL },
    { "pay", "pay_pence_hour", ARG_PENCE, ARG_ASK, NULL,
        "pounds an hour before tax, blank for as before", NULL },
    { "permanent", "permanent", ARG_FIELD, 0, NULL, "no end is planned", NULL },
    JOB_ARG("job_id"),
    ETAG_ARG("etag"),
};
static const struct arg end_args[] = {
    CLIENT_ARG("client_id"),
    { "on", "ends_on", ARG_BACK, ARG_REQUIRED, NULL, "the last day of work", NULL },
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "why", NULL },
    JOB_ARG("job_id"),
    ETAG_ARG("etag"),
};
static const struct arg lost_args[] = {
    CLIENT_ARG("client_id"),
    { "on", "on", ARG_BACK, ARG_REQUIRED, NULL, "the day of the shift", NULL },
    { "hours", "hours_tenths", ARG_TENTHS, ARG_REQUIRED, NULL, "how many hours it had", NULL },
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "why it was not worked", NULL },
    JOB_ARG("job_id"),
    ETAG_ARG("etag"),
};
static const struct arg found_args[] = {
    CLIENT_ARG("client_id"),
    { "on", "on", ARG_BACK, ARG_REQUIRED, NULL, "the day of the shift", NULL },
    JOB_ARG("job_id"),
    ETAG_ARG("etag"),
};
static const struct arg show_args[] = { CLIENT_ARG("client_id"), JOB_ARG("job_id") };
static const struct arg list_args[] = {
    { "CLIENT", "client_id", ARG_CLIENT, ARG_POSITIONAL, "CLIENT", "of this client alone", NULL },
    { "employer", "employer_id", ARG_EMPLOYER, 0, NULL, "at this employer", NULL },
    { "mine", "mine", ARG_FIELD, 0, NULL, "of your own caseload alone", NULL },
    { "ended", "ended", ARG_FIELD, 0, NULL, "ended ones too", NULL },
};

static const struct column job_record[] = {
    { "Client", "client_ref", FORMAT_TEXT, 0 },
    { "Job", "title", FORMAT_TEXT, 0 },
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "Site", "site", FORMAT_TEXT, 0 },
    { "Occupation", "soc", FORMAT_TEXT, 0 },
    { "", "soc_title", FORMAT_TEXT, 0 },
    { "Starts", "starts_on", FORMAT_DATE, 0 },
    { "Ended", "ends_on", FORMAT_DATE, 0 },
    { "  because", "end_reason", FORMAT_ENUM, 0 },
    { "Weeks", "weeks", FORMAT_NUMBER, 0 },
    { "Hours a week", "hours_tenths", FORMAT_TENTHS, 0 },
    { "Pay an hour", "pay_pence_hour", FORMAT_PENCE, 0 },
    { "  too low", "low_pay", FORMAT_TEXT, 0 },
    { "Permanent", "permanent", FORMAT_YES, 0 },
    { "Competitive", "competitive", FORMAT_YES, 0 },
    { "Paid", "pay_rhythm", FORMAT_ENUM, 0 },
    { "First pay day", "first_pay_on", FORMAT_DATE, 0 },
    { "Next pay day", "next_pay_on", FORMAT_DATE, 0 },
    { "Specialist", "specialist", FORMAT_TEXT, 0 },
    { "Trial", "trial_id", FORMAT_TEXT, 0 },
    { "Opening", "opening_id", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
    { "Etag", "etag", FORMAT_TEXT, 0 },
};
static const struct view job_view = { .record = "job", VIEW_COLUMNS(job_record) };
static const struct column job_columns[] = {
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "JOB", "title", FORMAT_TEXT, COLUMN_SHRINK },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "STARTS", "starts_on", FORMAT_DATE, 0 },
    { "WEEKS", "weeks", FORMAT_NUMBER, COLUMN_RIGHT },
    { "HOURS", "hours_tenths", FORMAT_TENTHS, COLUMN_RIGHT },
    { "PAY", "pay_pence_hour", FORMAT_PENCE, COLUMN_RIGHT },
    { "NEXT PAY DAY", "next_pay_on", FORMAT_DATE, 0 },
    { "ENDED", "ends_on", FORMAT_DATE, 0 },
    { "BECAUSE", "end_reason", FORMAT_ENUM, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view jobs_view
    = { .rows = "jobs", VIEW_COLUMNS(job_columns), .empty = "no jobs" };
static const struct column terms_columns[] = {
    { "FROM", "from_on", FORMAT_DATE, 0 },
    { "HOURS", "hours_tenths", FORMAT_TENTHS, COLUMN_RIGHT },
    { "PAY", "pay_pence_hour", FORMAT_PENCE, COLUMN_RIGHT },
    { "PERMANENT", "permanent", FORMAT_YES, 0 },
};
static const struct view terms_view = { .rows = "terms", VIEW_COLUMNS(terms_columns) };
static const struct column lost_columns[] = {
    { "DAY", "on", FORMAT_DATE, 0 },
    { "HOURS", "hours_tenths", FORMAT_TENTHS, COLUMN_RIGHT },
    { "REASON", "reason", FORMAT_ENUM, 0 },
    { "NOTED BY", "by", FORMAT_TEXT, COLUMN_SHRINK },
};
static const struct view lost_view = { .rows = "lost_shifts", VIEW_COLUMNS(lost_columns) };
static const struct column next_columns[] = {
    { "BY", "due_on", FORMAT_DATE, 0 },
    { "TO", "given_to", FORMAT_ENUM, 0 },
    { "WHY", "sentence", FORMAT_TEXT, COLUMN_SHRINK },
};
static const struct view next_view = { .rows = "support_due", VIEW_COLUMNS(next_columns) };

static void follow_up_print(struct app *app, const json_t *sentences)
{
    size_t i;
    json_t *sentence;
    json_array_foreach(sentences, i, sentence)
    {
        _cleanup_(str_release) struct str clean = { 0 };
        text_clean(json_string_value(sentence), " ", &clean);
        (void)fprintf(app->out, "%s> %s\n", i == 0 ? "\n" : "", str_text(&clean));
    }
}

static int job_show(struct app *app, const struct answer *answer, struct err *err)
{
    const json_t *job = json_get_path(answer->value, "job");
    int rc = output_record(app, &job_view, job, err);
    if (rc == 0)
        rc = output_part(app, "Terms", &terms_view, json_get_path(job, "terms"), err);
    if (rc == 0)
        rc = output_part(app, "Lost shifts", &lost_view, json_get_path(job, "lost_shifts"), err);
    if (rc == 0)
        rc = output_part(app, "Support", &next_view, json_get_path(job, "support_due"), err);
    follow_up_print(app, json_get_path(answer->value, "follow_up"));
    return rc == 0 ? output_flush(app, err) : rc;
}

#define JOB_METHOD(name) "canvass.v1.JobService/" name

static const struct verb job_verbs[] = {
    { .noun = "job",
        .name = "start",
        .method = JOB_METHOD("StartJob"),
        .summary = "record that a client starts a job",
        .example
        = "canvass job start LB-014 tool hire stockwell --starts mon --title \"Van driver\" "
          "--role 8214 --hours 20 --pay 13.50 --permanent\n"
          "canvass job start LB-014 --trial 019abc12-0000-7000-8000-000000000001 "
          "--starts mon --pay 13.50",
        .notes = "After a trial or from an opening, what those say is taken over; name what is "
                 "different. Of an opening one place goes, and with the last one it is closed as "
                 "filled. The pay is held to the minimum wage of the first day.",
        VERB_ARGS(start_args),
        .view = &job_view,
        .done = "Recorded.",
        .show = job_show },
    { .noun = "job",
        .name = "show",
        .method = JOB_METHOD("GetJob"),
        .summary = "show the job that a client holds, or held last",
        .example = "canvass job show LB-014",
        VERB_ARGS(show_args),
        .view = &job_view,
        .show = job_show },
    { .noun = "job",
        .name = "list",
        .method = JOB_METHOD("ListJobs"),
        .summary = "list jobs of your team's clients, those that started last first",
        .example = "canvass job list --mine\ncanvass job list LB-014 --ended",
        VERB_ARGS(list_args),
        .view = &jobs_view },
    { .noun = "job",
        .name = "change",
        .method = JOB_METHOD("ChangeTerms"),
        .summary = "note other hours or pay from a day on",
        .example = "canvass job change LB-014 --from \"1 dec\" --hours 24",
        .notes = "What is not named stays as it was. The pay is held to the minimum wage of that "
                 "day.",
        VERB_ARGS(change_args),
        .view = &job_view,
        .done = "Changed.",
        .show = job_show },
    { .noun = "job",
        .name = "edit",
        .method = JOB_METHOD("UpdateJob"),
        .summary = "put right what is recorded of a job",
        .example = "canvass job edit LB-014 --pay-rhythm monthly --first-pay \"28 nov\"",
        .notes
        = "Only what is named changes; an empty value clears a field. Other hours or pay are "
          "a change from a day on: canvass job change.",
        VERB_ARGS(edit_args),
        .mask = "job",
        .view = &job_view,
        .done = "Changed.",
        .show = job_show },
    { .noun = "job",
        .name = "lost",
        .method = JOB_METHOD("AddLostShift"),
        .summary = "note a shift that was not worked",
        .example = "canvass job lost LB-014 --on yesterday --hours 8 --reason unwell",
        VERB_ARGS(lost_args),
        .view = &job_view,
        .done = "Noted.",
        .show = job_show },
    { .noun = "job",
        .name = "lost remove",
        .method = JOB_METHOD("RemoveLostShift"),
        .summary = "take back that a shift was lost",
        .example = "canvass job lost remove LB-014 --on yesterday",
        VERB_ARGS(found_args),
        .view = &job_view,
        .done = "Taken back.",
        .show = job_show },
    { .noun = "job",
        .name = "end",
        .method = JOB_METHOD("EndJob"),
        .summary = "record the last day of a job",
        .example = "canvass job end LB-014 --on \"last fri\" --reason contract_ended",
        .notes = "The answer says what follows. The client's wishes stay as they are, for the "
                 "search that begins again.",
        VERB_ARGS(end_args),
        .view = &job_view,
        .done = "Ended.",
        .show = job_show },
};
const struct noun job_noun = { "job", "the jobs of your team's clients", NOUN_VERBS(job_verbs) };
