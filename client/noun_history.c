/* history, undo, merge: what happened, taking it back, two employers that are one */
#include "client/nouns.h"

#define HISTORY_METHOD "canvass.v1.HistoryService/ListHistory"

static const struct arg employer_args[] = {
    { "EMPLOYER", "employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "EMPLOYER", "the employer: words of its name, or its id", NULL },
};
static const struct arg client_args[] = {
    { "CLIENT", "client_id", ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED, "CLIENT",
        "the client's reference", NULL },
};
static const struct arg opening_args[] = {
    { "OPENING", "opening_id", ARG_OPENING, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "OPENING",
        "the opening: words of its title and employer, or its id", NULL },
};
static const struct arg visit_args[] = {
    { "VISIT", "visit_id", ARG_VISIT, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "VISIT",
        "the visit: its id, or the employer's name", NULL },
};
static const struct arg site_args[] = {
    { "SITE", "site_id", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED, "SITE",
        "the site's id, which employer site list --ids shows", NULL },
};
static const struct arg contact_args[] = {
    { "CONTACT", "contact_id", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED, "CONTACT",
        "the person's id, which employer contact list --ids shows", NULL },
};

static const struct column entry_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "WHAT", "sentence", FORMAT_TEXT, COLUMN_SHRINK },
    { "REQUEST", "request_id", FORMAT_TEXT, COLUMN_ID },
};
const struct view history_view
    = { .rows = "entries", VIEW_COLUMNS(entry_columns), .empty = "nothing was changed yet" };

static const struct verb history_verbs[] = {
    { .noun = "history",
        .name = "employer",
        .method = HISTORY_METHOD,
        .summary = "show what became of an employer and all that hangs on it, newest first",
        .example = "canvass history employer tool hire stockwell",
        .notes = "Each reader sees what the rows themselves would show them. --ids shows the "
                 "requests, which canvass undo takes back.",
        VERB_ARGS(employer_args),
        .view = &history_view },
    { .noun = "history",
        .name = "client",
        .method = HISTORY_METHOD,
        .summary = "show what was changed of a client of your team",
        .example = "canvass history client LB-014",
        VERB_ARGS(client_args),
        .view = &history_view },
    { .noun = "history",
        .name = "opening",
        .method = HISTORY_METHOD,
        .summary = "show what was changed of an opening",
        .example = "canvass history opening yard hand stockwell",
        VERB_ARGS(opening_args),
        .view = &history_view },
    { .noun = "history",
        .name = "visit",
        .method = HISTORY_METHOD,
        .summary = "show who recorded a visit",
        .example = "canvass history visit tool hire stockwell",
        VERB_ARGS(visit_args),
        .view = &history_view },
    { .noun = "history",
        .name = "site",
        .method = HISTORY_METHOD,
        .summary = "show what was changed of a site",
        .example = "canvass history site 019abc12-0000-7000-8000-000000000001",
        VERB_ARGS(site_args),
        .view = &history_view },
    { .noun = "history",
        .name = "contact",
        .method = HISTORY_METHOD,
        .summary = "show what was changed of a person's details",
        .example = "canvass history contact 019abc12-0000-7000-8000-000000000001",
        VERB_ARGS(contact_args),
        .view = &history_view },
};
const struct noun history_noun
    = { "history", "what happened, in sentences", NOUN_VERBS(history_verbs) };

static const struct arg undo_args[] = {
    { "request", "undo_id", ARG_FIELD, 0, "ID",
        "this request, or import, instead of your last one: canvass history --ids shows it", NULL },
};
static const struct column undone_columns[] = {
    { "Was", "sentence", FORMAT_TEXT, 0 },
    { "Rows", "rows", FORMAT_NUMBER, 0 },
    { "Request", "undone_id", FORMAT_TEXT, 0 },
};
static const struct view undone_view = { .record = "", VIEW_COLUMNS(undone_columns) };
static const struct verb undo_verbs[] = { {
    .noun = "undo",
    .method = "canvass.v1.HistoryService/Undo",
    .summary = "take back what you did last: a change, an import or a merge as a whole",
    .example = "canvass undo --dry-run\ncanvass undo\n"
               "canvass undo --request 019abc12-0000-7000-8000-000000000001",
    .notes = "If something that was done since depends on it, that is said and nothing is taken "
             "back. Undo again does it again. A lead takes back what the team did.",
    VERB_ARGS(undo_args),
    .view = &undone_view,
    .done = "Taken back.",
} };
const struct noun undo_noun = { "undo", "take back what you did last", NOUN_VERBS(undo_verbs) };

static const struct arg merge_args[] = {
    { "KEEP", "keep_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED, "KEEP",
        "the employer that stays: words of its name, or its id", NULL },
    { "OTHER", "merge_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED, "OTHER",
        "the one that is the same, and goes", NULL },
    { "yes", NULL, ARG_SWITCH, 0, NULL, "do not ask for the name", NULL },
};
static const struct column merged_columns[] = {
    { "Kept", "employer.name", FORMAT_TEXT, 0 },
    { "Sites moved", "moved.sites", FORMAT_NUMBER, 0 },
    { "  of them joined", "moved.sites_joined", FORMAT_NUMBER, 0 },
    { "Contacts", "moved.contacts", FORMAT_NUMBER, 0 },
    { "Relationships", "moved.relationships", FORMAT_NUMBER, 0 },
    { "Visits", "moved.visits", FORMAT_NUMBER, 0 },
    { "Openings", "moved.openings", FORMAT_NUMBER, 0 },
    { "Plans", "moved.plans", FORMAT_NUMBER, 0 },
    { "Rows of lists", "moved.refs", FORMAT_NUMBER, 0 },
    { "Id", "employer.id", FORMAT_TEXT, 0 },
};
static const struct view merged_view = { .record = "", VIEW_COLUMNS(merged_columns) };
static const struct verb merge_verbs[] = { {
    .noun = "merge",
    .method = "canvass.v1.EmployerService/MergeEmployers",
    .summary = "make two employers of the registry that are one into one",
    .example = "canvass merge \"stockwell tool hire\" \"stockwell tools\" --dry-run\n"
               "canvass merge \"stockwell tool hire\" \"stockwell tools\"",
    .notes = "Every site, contact, relationship, visit, plan and opening of the other one, of "
             "every borough, comes along; what moves unseen is not counted. canvass undo takes a "
             "merge back.",
    VERB_ARGS(merge_args),
    .view = &merged_view,
    .done = "Merged.",
    .run = merge_run,
} };
const struct noun merge_noun
    = { "merge", "make two employers that are one into one", NOUN_VERBS(merge_verbs) };
