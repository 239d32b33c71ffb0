/* share, request: people to talk to, between boroughs */
#include "client/nouns.h"
#include "client/output.h"

#define EMPLOYER_ARG(flags)                                                                        \
    {                                                                                              \
        "EMPLOYER", "employer_id", ARG_EMPLOYER, ARG_POSITIONAL | (flags), "EMPLOYER",             \
            "the employer: words of its name, or its id", NULL                                     \
    }
#define SHARE_ARG                                                                                  \
    {                                                                                              \
        "SHARE", "share_id", ARG_SHARE, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "SHARE",        \
            "the share: its id, or the employer's name", NULL                                      \
    }
#define REQUEST_ARG                                                                                \
    {                                                                                              \
        "REQUEST", "contact_request_id", ARG_REQUEST, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,   \
            "REQUEST", "the request: its id, or the employer's name", NULL                         \
    }
#define UNTIL_ARG                                                                                  \
    {                                                                                              \
        "until", "expires_on", ARG_AHEAD, 0, NULL, "the last day (90 days)", NULL                  \
    }
#define CONDITION_ARG                                                                              \
    {                                                                                              \
        "condition", "condition", ARG_FIELD, 0, NULL, "what you ask in return: \"ring me first\"", \
            NULL                                                                                   \
    }

static const struct arg give_args[] = {
    EMPLOYER_ARG(ARG_REQUIRED),
    { "CONTACT", "contact_id", ARG_CONTACT, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "CONTACT",
        "the person: words of the name or job, or the id", NULL },
    { "to", "to_borough_id", ARG_BOROUGH, 0, NULL, "with everybody of this borough", NULL },
    { "to-person", "to_email", ARG_FIELD, 0, "ADDRESS",
        "with one colleague of another borough, by work address", NULL },
    UNTIL_ARG,
    CONDITION_ARG,
};
static const struct arg open_args[] = {
    EMPLOYER_ARG(ARG_REQUIRED),
    { "CONTACT", "contact_id", ARG_KNOWN_CONTACT, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "CONTACT", "the person: words of the job or borough, or the id", NULL },
};
static const struct arg list_args[] = {
    EMPLOYER_ARG(ARG_WORDS),
    { "given", "given", ARG_FIELD, 0, NULL, "only what your borough gave", NULL },
    { "received", "received", ARG_FIELD, 0, NULL, "only what you received", NULL },
    { "ended", "ended", ARG_FIELD, 0, NULL, "what your borough withdrew or let end, too", NULL },
};
static const struct arg withdraw_args[] = { SHARE_ARG };
static const struct arg uses_args[] = { EMPLOYER_ARG(ARG_WORDS) };

static const struct column share_record[] = {
    { "Contact", "contact", FORMAT_TEXT, 0 },
    { "Job", "job", FORMAT_TEXT, 0 },
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "From", "borough", FORMAT_TEXT, 0 },
    { "  by", "given_by", FORMAT_TEXT, 0 },
    { "To", "to_borough", FORMAT_TEXT, 0 },
    { "  only", "to_specialist", FORMAT_TEXT, 0 },
    { "Until", "expires_on", FORMAT_DATE, 0 },
    { "Condition", "condition", FORMAT_TEXT, 0 },
    { "Withdrawn", "withdrawn_at", FORMAT_MOMENT, 0 },
    { "  by", "withdrawn_by", FORMAT_TEXT, 0 },
    { "Uses", "uses", FORMAT_NUMBER, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view share_view = { .record = "share", VIEW_COLUMNS(share_record) };
static const struct column share_columns[] = {
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "CONTACT", "contact", FORMAT_TEXT, COLUMN_SHRINK },
    { "JOB", "job", FORMAT_TEXT, COLUMN_SHRINK },
    { "FROM", "borough", FORMAT_TEXT, 0 },
    { "TO", "to_borough", FORMAT_TEXT, 0 },
    { "ONLY", "to_specialist", FORMAT_TEXT, COLUMN_SHRINK },
    { "UNTIL", "expires_on", FORMAT_DATE, 0 },
    { "CONDITION", "condition", FORMAT_TEXT, COLUMN_SHRINK },
    { "USES", "uses", FORMAT_NUMBER, COLUMN_RIGHT },
    { "WITHDRAWN", "withdrawn_at", FORMAT_MOMENT, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view shares_view
    = { .rows = "shares", VIEW_COLUMNS(share_columns), .empty = "nothing is shared" };
static const struct column opened_record[] = {
    { "Name", "contact.name", FORMAT_TEXT, 0 },
    { "Job", "contact.job", FORMAT_TEXT, 0 },
    { "Hires", "contact.hires", FORMAT_YES, 0 },
    { "Phone", "contact.phone", FORMAT_TEXT, 0 },
    { "Email", "contact.email", FORMAT_TEXT, 0 },
    { "Checked", "contact.checked_on", FORMAT_DATE, 0 },
    { "Kept by", "borough", FORMAT_TEXT, 0 },
    { "Shared by", "share.given_by", FORMAT_TEXT, 0 },
    { "Until", "share.expires_on", FORMAT_DATE, 0 },
    { "Condition", "share.condition", FORMAT_TEXT, 0 },
};
static const struct view opened_view = { .record = "", VIEW_COLUMNS(opened_record) };
int opened_show(struct app *app, const struct answer *answer, struct err *err)
{
    int rc = output_record(app, &opened_view, answer->value, err);
    if (rc == 0)
        rc = door_print(app, answer, err);
    return rc == 0 ? output_flush(app, err) : rc;
}

static const struct column use_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "WHO", "by", FORMAT_TEXT, COLUMN_SHRINK },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "CONTACT", "contact", FORMAT_TEXT, COLUMN_SHRINK },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "SHARE", "share_id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view uses_view
    = { .rows = "uses", VIEW_COLUMNS(use_columns), .empty = "nobody opened one yet" };

#define SHARE_METHOD(name) "canvass.v1.ShareService/" name

static const struct verb share_verbs[] = {
    { .noun = "share",
        .name = "give",
        .method = SHARE_METHOD("ShareContact"),
        .summary = "share a person's details with another borough, or one colleague there",
        .example = "canvass share give \"tool hire\" manager --to southwark --until fri "
                   "--condition \"ring me first\"\n"
                   "canvass share give \"tool hire\" jo --to-person sam@trust.example",
        .notes = "For who leads with the employer, and leads of the borough. Each use is listed by "
                 "canvass share uses. Sharing again with the same replaces what stood.",
        VERB_ARGS(give_args),
        .view = &share_view,
        .done = "Shared." },
    { .noun = "share",
        .name = "open",
        .method = SHARE_METHOD("OpenContact"),
        .summary = "show the details of a person that another borough shares with you",
        .example = "canvass share open \"tool hire\" manager lambeth",
        .notes = "Who shared it sees that you opened it, and when. With --dry-run you see the "
                 "condition and no details, and nobody is told.",
        VERB_ARGS(open_args),
        .view = &opened_view,
        .show = opened_show },
    { .noun = "share",
        .name = "list",
        .method = SHARE_METHOD("ListShares"),
        .summary = "list what your borough shares, and what is shared with you",
        .example = "canvass share list\ncanvass share list tool hire --given --ended",
        VERB_ARGS(list_args),
        .view = &shares_view },
    { .noun = "share",
        .name = "withdraw",
        .method = SHARE_METHOD("WithdrawShare"),
        .summary = "take a share back, at once",
        .example = "canvass share withdraw tool hire stockwell",
        VERB_ARGS(withdraw_args),
        .view = &share_view,
        .done = "Withdrawn." },
    { .noun = "share",
        .name = "uses",
        .method = SHARE_METHOD("ListUses"),
        .summary = "list who opened your borough's contacts, and what you opened",
        .example = "canvass share uses tool hire stockwell",
        VERB_ARGS(uses_args),
        .view = &uses_view },
};
const struct noun share_noun
    = { "share", "people to talk to, shared between boroughs", NOUN_VERBS(share_verbs) };

static const struct arg make_args[] = {
    EMPLOYER_ARG(ARG_REQUIRED),
    { "CONTACT", "contact_id", ARG_KNOWN_CONTACT, ARG_POSITIONAL | ARG_WORDS, "CONTACT",
        "the person: words of the job or borough; left out: whoever is right", NULL },
    { "borough", "owner_borough_id", ARG_BOROUGH, 0, NULL,
        "which borough to ask, where several know somebody", NULL },
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "what you need it for; name no client",
        NULL },
};
static const struct arg requests_args[] = {
    EMPLOYER_ARG(ARG_WORDS),
    { "to-me", "to_me", ARG_FIELD, 0, NULL, "only those that you may answer", NULL },
    { "by-me", "by_me", ARG_FIELD, 0, NULL, "only those that you made", NULL },
    { "answered", "answered", ARG_FIELD, 0, NULL, "answered ones too", NULL },
};
static const struct arg grant_args[] = {
    REQUEST_ARG,
    { "contact", "contact_id", ARG_CONTACT, 0, "CONTACT",
        "whom, where the request names nobody: words of the employer and the name, or the id",
        NULL },
    { "only-asker", "only_asker", ARG_FIELD, 0, NULL, "with who asked, not the whole borough",
        NULL },
    UNTIL_ARG,
    CONDITION_ARG,
};
static const struct arg decline_args[] = {
    REQUEST_ARG,
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "why; who asked reads it", NULL },
};

static const struct column request_record[] = {
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "Contact", "contact", FORMAT_TEXT, 0 },
    { "Job", "job", FORMAT_TEXT, 0 },
    { "Asked", "owner_borough", FORMAT_TEXT, 0 },
    { "  lead", "lead", FORMAT_TEXT, 0 },
    { "By", "asked_by", FORMAT_TEXT, 0 },
    { "  of", "borough", FORMAT_TEXT, 0 },
    { "When", "asked_at", FORMAT_MOMENT, 0 },
    { "Reason", "reason", FORMAT_TEXT, 0 },
    { "Status", "status", FORMAT_ENUM, 0 },
    { "Answer", "answer", FORMAT_TEXT, 0 },
    { "  by", "answered_by", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view request_view = { .record = "request", VIEW_COLUMNS(request_record) };
static const struct column request_columns[] = {
    { "WHEN", "asked_at", FORMAT_MOMENT, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "JOB", "job", FORMAT_TEXT, COLUMN_SHRINK },
    { "ASKED", "owner_borough", FORMAT_TEXT, 0 },
    { "LEAD", "lead", FORMAT_TEXT, COLUMN_SHRINK },
    { "BY", "asked_by", FORMAT_TEXT, COLUMN_SHRINK },
    { "OF", "borough", FORMAT_TEXT, 0 },
    { "REASON", "reason", FORMAT_TEXT, COLUMN_SHRINK },
    { "STATUS", "status", FORMAT_ENUM, 0 },
    { "ANSWER", "answer", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view requests_view
    = { .rows = "requests", VIEW_COLUMNS(request_columns), .empty = "no requests" };
static const struct column granted_record[] = {
    { "Asked by", "request.asked_by", FORMAT_TEXT, 0 },
    { "Contact", "share.contact", FORMAT_TEXT, 0 },
    { "Employer", "share.employer", FORMAT_TEXT, 0 },
    { "To", "share.to_borough", FORMAT_TEXT, 0 },
    { "  only", "share.to_specialist", FORMAT_TEXT, 0 },
    { "Until", "share.expires_on", FORMAT_DATE, 0 },
    { "Condition", "share.condition", FORMAT_TEXT, 0 },
    { "Share", "share.id", FORMAT_TEXT, 0 },
};
static const struct view granted_view = { .record = "", VIEW_COLUMNS(granted_record) };

static const struct verb request_verbs[] = {
    { .noun = "request",
        .name = "make",
        .method = SHARE_METHOD("RequestContact"),
        .summary = "ask another borough for a person to talk to",
        .example
        = "canvass request make \"tool hire\" manager --reason \"two people want yard work\"",
        .notes = "It goes to who leads with this employer there, and to the leads of that borough.",
        VERB_ARGS(make_args),
        .view = &request_view,
        .done = "Asked." },
    { .noun = "request",
        .name = "list",
        .method = SHARE_METHOD("ListRequests"),
        .summary = "list requests to your borough and by you that wait for an answer",
        .example = "canvass request list --to-me\ncanvass request list --by-me --answered",
        VERB_ARGS(requests_args),
        .view = &requests_view },
    { .noun = "request",
        .name = "grant",
        .method = SHARE_METHOD("GrantRequest"),
        .summary = "share what was asked for",
        .example = "canvass request grant tool hire --until \"in 2 weeks\" "
                   "--condition \"ring me first\"",
        VERB_ARGS(grant_args),
        .view = &granted_view,
        .done = "Granted." },
    { .noun = "request",
        .name = "decline",
        .method = SHARE_METHOD("DeclineRequest"),
        .summary = "say no, and why",
        .example = "canvass request decline tool hire --reason \"on leave until May\"",
        VERB_ARGS(decline_args),
        .view = &request_view,
        .done = "Declined." },
};
const struct noun request_noun
    = { "request", "asking other boroughs for people to talk to", NOUN_VERBS(request_verbs) };
