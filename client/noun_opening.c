/* opening: jobs that can be filled, and hidden leads */
#include "client/nouns.h"

#define OPENING_FIELDS                                                                             \
    { "site", "opening.site_id", ARG_SITE, 0, NULL, "at which of their sites", NULL },             \
        { "hidden", "opening.hidden", ARG_FIELD, 0, NULL,                                          \
            "a lead: they would take somebody, nothing is advertised", NULL },                     \
        { "hours", "opening.hours", ARG_TENTHS_RANGE, 0, NULL, "hours a week: 37.5, or 16-30",     \
            NULL },                                                                                \
        { "pay", "opening.pay_pence_hour", ARG_PENCE, 0, NULL, "pounds an hour before tax",        \
            NULL },                                                                                \
        { "shifts", "opening.shifts", ARG_SPANS, 0, NULL,                                          \
            "weekly pattern: \"mon-fri 09:00-17:00, sat 10-14\"", NULL },                          \
        { "driving", "opening.driving", ARG_FIELD, 0, NULL, "licence that it needs", NULL },       \
        { "check", "opening.check", ARG_FIELD, 0, NULL, "criminal record check that it asks for",  \
            NULL },                                                                                \
        { "features", "opening.features", ARG_FIELD, 0, NULL,                                      \
            "what somebody may want to know first", NULL },                                        \
        { "permanent", "opening.permanent", ARG_FIELD, 0, NULL, "no end is planned", NULL },       \
        { "weeks", "opening.expected_weeks", ARG_FIELD, 0, "N", "weeks that it should last",       \
            NULL },                                                                                \
        { "starts", "opening.starts_on", ARG_AHEAD, 0, NULL, "first day", NULL },                  \
        { "closes", "opening.closes_on", ARG_AHEAD, 0, NULL, "last day to put somebody forward",   \
            NULL },                                                                                \
        { "places", "opening.places", ARG_FIELD, 0, "N", "places left", NULL },                    \
        { "trial", "opening.trial", ARG_FIELD, 0, NULL, "trial that they offer first", NULL },     \
        { "trial-days", "opening.trial_days", ARG_FIELD, 0, "N", "days of it", NULL },             \
        { "notes", "opening.notes", ARG_FIELD, 0, NULL, "what the job is like; name no client",    \
            NULL },                                                                                \
        { "network", "opening.network", ARG_FIELD, 0, NULL, "seen by every borough", NULL },       \
    {                                                                                              \
        "boroughs", "opening.borough_ids", ARG_BOROUGH, 0, "BOROUGH,...",                          \
            "seen by these boroughs, too", NULL                                                    \
    }

static const struct arg add_args[] = {
    { "EMPLOYER", "opening.employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "EMPLOYER", "the employer: words of its name, or its id", NULL },
    { "title", "opening.title", ARG_FIELD, ARG_REQUIRED, NULL, "what the employer calls the job",
        NULL },
    { "role", "opening.soc", ARG_OCCUPATION, ARG_REQUIRED, NULL,
        "occupation: a SOC code of four digits, or words", NULL },
    OPENING_FIELDS,
    { "id", "opening.id", ARG_FIELD, 0, "UUID", "an id of your choice", NULL },
};
static const struct arg show_args[] = {
    { "OPENING", "opening_id", ARG_OPENING, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "OPENING",
        "the opening: its id, or the employer's name", NULL },
};
static const struct arg edit_args[] = {
    { "OPENING", "opening.id", ARG_OPENING, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS | ARG_NO_MASK,
        "OPENING", "the opening: its id, or the employer's name", NULL },
    { "title", "opening.title", ARG_FIELD, 0, NULL, "what the employer calls the job", NULL },
    { "role", "opening.soc", ARG_OCCUPATION, 0, NULL, "occupation: a SOC code, or words", NULL },
    OPENING_FIELDS,
    { "etag", "opening.etag", ARG_FIELD, ARG_NO_MASK, "ETAG", "only if nobody changed it since",
        NULL },
};
static const struct arg close_args[] = {
    { "OPENING", "opening_id", ARG_OPENING, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "OPENING",
        "the opening: its id, or the employer's name", NULL },
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "why: filled, withdrawn, or other words",
        NULL },
};
static const struct arg list_args[] = {
    { "EMPLOYER", "employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_WORDS, "EMPLOYER",
        "at this employer alone", NULL },
    { "role", "soc", ARG_OCCUPATION, 0, NULL, "of this occupation, at any level", NULL },
    { "closed", "closed", ARG_FIELD, 0, NULL, "closed ones too", NULL },
    { "own", "own", ARG_FIELD, 0, NULL, "of your borough alone", NULL },
};

static const struct arg match_args[] = {
    { "OPENING", "opening_id", ARG_OPENING, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "OPENING",
        "the opening: its id, or the employer's name", NULL },
    { "count", "count", ARG_FIELD, 0, "N", "how many clients, 1 to 100 (10)", NULL },
    { "team", "team", ARG_FIELD, 0, NULL, "the whole team's clients, not your own alone", NULL },
    { "paused-too", "paused_too", ARG_FIELD, 0, NULL, "paused clients too", NULL },
    { "on", "on", ARG_AHEAD, 0, NULL, "as of this day (today)", NULL },
};
static const struct arg why_args[] = {
    { "CLIENT", "client_id", ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED, "CLIENT",
        "the client's reference", NULL },
    { "OPENING", "opening_id", ARG_OPENING, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "OPENING",
        "the opening: its id, or the employer's name", NULL },
    { "on", "on", ARG_AHEAD, 0, NULL, "as of this day (today)", NULL },
};

static const struct column opening_record[] = {
    { "Title", "title", FORMAT_TEXT, 0 },
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "Postcode", "postcode", FORMAT_TEXT, 0 },
    { "Occupation", "soc", FORMAT_TEXT, 0 },
    { "", "soc_title", FORMAT_TEXT, 0 },
    { "Hidden lead", "hidden", FORMAT_YES, 0 },
    { "Hours from", "hours_min_tenths", FORMAT_TENTHS, 0 },
    { "Hours to", "hours_max_tenths", FORMAT_TENTHS, 0 },
    { "Pay an hour", "pay_pence_hour", FORMAT_PENCE, 0 },
    { "Shifts", "shifts", FORMAT_SPANS, 0 },
    { "Driving", "driving", FORMAT_ENUM, 0 },
    { "Check", "check", FORMAT_ENUM, 0 },
    { "Features", "features", FORMAT_ENUMS, 0 },
    { "Permanent", "permanent", FORMAT_YES, 0 },
    { "Weeks", "expected_weeks", FORMAT_NUMBER, 0 },
    { "Starts", "starts_on", FORMAT_DATE, 0 },
    { "Closes", "closes_on", FORMAT_DATE, 0 },
    { "Places", "places", FORMAT_NUMBER, 0 },
    { "  on trial", "places_taken", FORMAT_NUMBER, 0 },
    { "Trial", "trial", FORMAT_ENUM, 0 },
    { "Trial days", "trial_days", FORMAT_NUMBER, 0 },
    { "Notes", "notes", FORMAT_TEXT, 0 },
    { "Borough", "borough", FORMAT_TEXT, 0 },
    { "Network", "network", FORMAT_YES, 0 },
    { "Seen by", "boroughs", FORMAT_LIST, 0 },
    { "Closed", "closed_at", FORMAT_MOMENT, 0 },
    { "  because", "closed_reason", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
    { "Etag", "etag", FORMAT_TEXT, 0 },
};
static const struct view opening_view = { .record = "opening", VIEW_COLUMNS(opening_record) };
static const struct column opening_columns[] = {
    { "TITLE", "title", FORMAT_TEXT, COLUMN_SHRINK },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "POSTCODE", "postcode", FORMAT_TEXT, 0 },
    { "HOURS", "hours_max_tenths", FORMAT_TENTHS, COLUMN_RIGHT },
    { "PAY", "pay_pence_hour", FORMAT_PENCE, COLUMN_RIGHT },
    { "TRIAL", "trial", FORMAT_ENUM, 0 },
    { "LEAD", "hidden", FORMAT_YES, 0 },
    { "CLOSES", "closes_on", FORMAT_DATE, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view openings_view
    = { .rows = "openings", VIEW_COLUMNS(opening_columns), .empty = "no openings" };

static const struct column match_columns[] = { { "CLIENT", "ref", FORMAT_TEXT, 0 } };
static const struct view match_view = { .rows = "clients", VIEW_COLUMNS(match_columns) };
static const struct column why_columns[] = { { "Title", "title", FORMAT_TEXT, 0 } };
static const struct view why_view = { .record = "opening", VIEW_COLUMNS(why_columns) };

#define OPENING_METHOD(name) "canvass.v1.OpeningService/" name

static const struct verb opening_verbs[] = {
    { .noun = "opening",
        .name = "add",
        .method = OPENING_METHOD("CreateOpening"),
        .summary = "add an opening, or a lead without a vacancy",
        .example = "canvass opening add tool hire stockwell --title \"Van driver\" --role 8214 "
                   "--hours 16-30 --pay 13.50 --shifts \"mon-fri 07:00-11:00\" --trial paid",
        .notes = "A night shift says that it ends on the next day: \"fri 22:00-06:00+1\".",
        VERB_ARGS(add_args),
        .view = &opening_view,
        .done = "Added." },
    { .noun = "opening",
        .name = "show",
        .method = OPENING_METHOD("GetOpening"),
        .summary = "show an opening",
        .example = "canvass opening show tool hire stockwell",
        VERB_ARGS(show_args),
        .view = &opening_view },
    { .noun = "opening",
        .name = "edit",
        .method = OPENING_METHOD("UpdateOpening"),
        .summary = "change an opening",
        .example = "canvass opening edit tool hire stockwell --pay 13.80 --no-hidden",
        .notes = "Only what is named changes; an empty value clears a field.",
        VERB_ARGS(edit_args),
        .mask = "opening",
        .view = &opening_view,
        .done = "Changed." },
    { .noun = "opening",
        .name = "close",
        .method = OPENING_METHOD("CloseOpening"),
        .summary = "close an opening: it is matched no more",
        .example = "canvass opening close tool hire stockwell --reason filled",
        VERB_ARGS(close_args),
        .view = &opening_view,
        .done = "Closed." },
    { .noun = "opening",
        .name = "list",
        .method = OPENING_METHOD("ListOpenings"),
        .summary = "list openings, those that close soonest first",
        .example = "canvass opening list --role driver --own",
        VERB_ARGS(list_args),
        .view = &openings_view },
    { .noun = "opening",
        .name = "match",
        .method = "canvass.v1.MatchService/MatchOpening",
        .summary = "find the clients of your caseload for an opening, with the reasons",
        .example = "canvass opening match tool hire stockwell\n"
                   "canvass opening match tool hire stockwell --team",
        VERB_ARGS(match_args),
        .view = &match_view,
        .show = match_opening_show },
    { .noun = "opening",
        .name = "why",
        .method = "canvass.v1.MatchService/ExplainMatch",
        .summary = "say everything about a client and an opening, whether it fits or not",
        .example = "canvass opening why LB-014 tool hire stockwell",
        VERB_ARGS(why_args),
        .view = &why_view,
        .show = match_explain_show },
};
const struct noun opening_noun = { "opening", "jobs and leads", NOUN_VERBS(opening_verbs) };
