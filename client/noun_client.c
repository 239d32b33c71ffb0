/* client: the people that the own team supports, by reference alone */
#include "client/nouns.h"

#include "client/output.h"
#include "client/parse.h"
#include "client/quantity.h"
#include "client/remote.h"

#include <string.h>

#define CLIENT_ARG(path)                                                                           \
    {                                                                                              \
        "CLIENT", path, ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED | ARG_NO_MASK, "CLIENT",         \
            "the client's reference", NULL                                                         \
    }
#define CLIENT_FIELDS                                                                              \
    { "initials", "client.initials", ARG_FIELD, 0, NULL, "at most 4 letters", NULL },              \
        { "specialist", "client.specialist_id", ARG_SPECIALIST, 0, NULL,                           \
            "who supports the client: a name, or me", NULL },                                      \
        { "age-band", "client.age_band", ARG_FIELD, 0, NULL,                                       \
            "which minimum wage applies; no birth date is kept", NULL },                           \
    {                                                                                              \
        "home", "client.home_postcode", ARG_FIELD, 0, "POSTCODE",                                  \
            "where journeys begin; its sector (\"SW9 8\") is enough", NULL                         \
    }

static const struct arg add_args[] = {
    { "REF", "client.ref", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED, "REF",
        "the clinical system's reference; never a name", NULL },
    CLIENT_FIELDS,
    { "since", "client.entered_on", ARG_BACK, 0, NULL, "when support began (today)", NULL },
    { "id", "client.id", ARG_FIELD, 0, "UUID", "an id of your choice", NULL },
};
static const struct arg show_args[] = { CLIENT_ARG("client_id") };
static const struct arg edit_args[] = {
    CLIENT_ARG("client.id"),
    CLIENT_FIELDS,
    { "etag", "client.etag", ARG_FIELD, ARG_NO_MASK, "ETAG", "only if nobody changed it since",
        NULL },
};
static const struct arg list_args[] = {
    { "PREFIX", "ref_prefix", ARG_FIELD, ARG_POSITIONAL, "PREFIX", "references that begin so",
        NULL },
    { "mine", "mine", ARG_FIELD, 0, NULL, "your own caseload alone", NULL },
    { "discharged", "discharged", ARG_FIELD, 0, NULL, "discharged ones too", NULL },
};
static const struct arg wish_args[] = {
    CLIENT_ARG("client_id"),
    { "role", "wishes.occupations", ARG_WISHES, 0, NULL,
        "occupations and how much, 1 to 5; 0 takes one back", NULL },
    { "sectors", "wishes.sectors", ARG_FIELD, 0, "SIC,...", "industries that the client likes",
        NULL },
    { "hours", "wishes.hours_tenths", ARG_TENTHS, 0, NULL, "hours a week", NULL },
    { "pay", "wishes.pay_pence_hour", ARG_PENCE, 0, NULL, "pounds an hour", NULL },
    { "trial-first", "wishes.trial_first", ARG_FIELD, 0, NULL, "a trial first would help", NULL },
    { "weight-nearness", "wishes.weight_nearness", ARG_FIELD, 0, "N", "how much it counts, 0 to 5",
        NULL },
    { "weight-pay", "wishes.weight_pay", ARG_FIELD, 0, "N", "how much it counts, 0 to 5", NULL },
    { "weight-hours", "wishes.weight_hours", ARG_FIELD, 0, "N", "how much it counts, 0 to 5",
        NULL },
};
static const struct arg limit_args[] = {
    CLIENT_ARG("client_id"),
    { "hours", "constraints.hours", ARG_TENTHS_RANGE, 0, NULL, "hours a week: 16-30", NULL },
    { "pay-min", "constraints.pay_min_pence_hour", ARG_PENCE, 0, NULL, "pounds an hour at least",
        NULL },
    { "distance", "constraints.distance_max_metres", ARG_METRES, 0, NULL,
        "no further from home, in a straight line", NULL },
    { "available", "constraints.available", ARG_SPANS, 0, NULL,
        "when the client can work: \"mon-fri 09:30-15:00\"", NULL },
    { "travel", "constraints.travel_minutes", ARG_FIELD, 0, "MINUTES",
        "needed before and after a shift, in half hours", NULL },
    { "driving", "constraints.may_drive", ARG_FIELD, 0, NULL, "licence", NULL },
    { "driving-review", "constraints.driving_review_on", ARG_AHEAD, 0, NULL, "day of its review",
        NULL },
    { "driving-after", "constraints.may_drive_after", ARG_FIELD, 0, NULL, "expected after it",
        NULL },
    { "check", "constraints.check_clear", ARG_FIELD, 0, NULL, "highest check that is clear", NULL },
    { "check-changes", "constraints.check_changes_on", ARG_AHEAD, 0, NULL,
        "day on which it changes", NULL },
    { "check-after", "constraints.check_clear_after", ARG_FIELD, 0, NULL, "to which level", NULL },
    { "start", "constraints.can_start_on", ARG_AHEAD, 0, NULL, "first day of work", NULL },
    { "must-not", "constraints.must_not", ARG_FIELD, 0, NULL, "what the job must not have", NULL },
    { "not-sic", "constraints.excluded_sic", ARG_FIELD, 0, "SIC,...", "industries ruled out",
        NULL },
    { "not-role", "constraints.excluded_soc", ARG_FIELD, 0, "SOC,...", "occupations ruled out",
        NULL },
};
static const struct arg busy_args[] = {
    CLIENT_ARG("client_id"),
    { "WEEK", NULL, ARG_LOCAL, ARG_POSITIONAL | ARG_WORDS, "WEEK", "when: \"mon,thu 09:30-10:30\"",
        NULL },
    { "kind", NULL, ARG_LOCAL, 0, "pickup|appointment|caring|other", "what it is (appointment)",
        NULL },
    { "movable", NULL, ARG_SWITCH, 0, NULL, "the clinical team could move it", NULL },
    { "near-work", NULL, ARG_SWITCH, 0, NULL, "could take place near work", NULL },
    { "from", NULL, ARG_LOCAL, 0, "WHEN", "first day", NULL },
    { "until", NULL, ARG_LOCAL, 0, "WHEN", "last day", NULL },
    { "remove", NULL, ARG_LOCAL, 0, "N", "take out the window with this number", NULL },
    { "clear", NULL, ARG_SWITCH, 0, NULL, "take out all windows", NULL },
};
static const struct arg pause_args[] = {
    CLIENT_ARG("client_id"),
    { "until", "until", ARG_AHEAD, ARG_REQUIRED, NULL, "when to ask again", NULL },
};
static const struct arg discharge_args[] = {
    CLIENT_ARG("client_id"),
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "why", NULL },
};

static const struct column client_record[] = {
    { "Ref", "ref", FORMAT_TEXT, 0 },
    { "Initials", "initials", FORMAT_TEXT, 0 },
    { "Specialist", "specialist", FORMAT_TEXT, 0 },
    { "Status", "status", FORMAT_ENUM, 0 },
    { "Ask again", "paused_until", FORMAT_DATE, 0 },
    { "Since", "entered_on", FORMAT_DATE, 0 },
    { "Age band", "age_band", FORMAT_ENUM, 0 },
    { "Home", "home_postcode", FORMAT_TEXT, 0 },
    { "Would like", "wishes.occupations", FORMAT_WISHES, 0 },
    { "  industries", "wishes.sectors", FORMAT_LIST, 0 },
    { "  hours", "wishes.hours_tenths", FORMAT_TENTHS, 0 },
    { "  pay an hour", "wishes.pay_pence_hour", FORMAT_PENCE, 0 },
    { "  trial first", "wishes.trial_first", FORMAT_YES, 0 },
    { "Hours from", "constraints.hours_min_tenths", FORMAT_TENTHS, 0 },
    { "Hours to", "constraints.hours_max_tenths", FORMAT_TENTHS, 0 },
    { "Pay at least", "constraints.pay_min_pence_hour", FORMAT_PENCE, 0 },
    { "Distance (m)", "constraints.distance_max_metres", FORMAT_NUMBER, 0 },
    { "Available", "constraints.available", FORMAT_SPANS, 0 },
    { "Travel (min)", "constraints.travel_minutes", FORMAT_NUMBER, 0 },
    { "May drive", "constraints.may_drive", FORMAT_ENUM, 0 },
    { "  review", "constraints.driving_review_on", FORMAT_DATE, 0 },
    { "  after it", "constraints.may_drive_after", FORMAT_ENUM, 0 },
    { "Check clear", "constraints.check_clear", FORMAT_ENUM, 0 },
    { "  changes", "constraints.check_changes_on", FORMAT_DATE, 0 },
    { "  to", "constraints.check_clear_after", FORMAT_ENUM, 0 },
    { "Can start", "constraints.can_start_on", FORMAT_DATE, 0 },
    { "Must not", "constraints.must_not", FORMAT_ENUMS, 0 },
    { "Not SIC", "constraints.excluded_sic", FORMAT_LIST, 0 },
    { "Not SOC", "constraints.excluded_soc", FORMAT_LIST, 0 },
    { "Busy", "unavailable", FORMAT_WINDOWS, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
    { "Etag", "etag", FORMAT_TEXT, 0 },
};
static const struct view client_view = { .record = "client", VIEW_COLUMNS(client_record) };
static const struct column client_columns[] = {
    { "REF", "ref", FORMAT_TEXT, 0 },
    { "INITIALS", "initials", FORMAT_TEXT, 0 },
    { "SPECIALIST", "specialist", FORMAT_TEXT, COLUMN_SHRINK },
    { "STATUS", "status", FORMAT_ENUM, 0 },
    { "ASK AGAIN", "paused_until", FORMAT_DATE, 0 },
    { "HOME", "home_postcode", FORMAT_TEXT, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view clients_view
    = { .rows = "clients", VIEW_COLUMNS(client_columns), .empty = "no clients" };

#define CLIENT_METHOD(name) "canvass.v1.ClientService/" name

static const struct verb client_verbs[] = {
    { .noun = "client",
        .name = "add",
        .method = CLIENT_METHOD("CreateClient"),
        .summary = "add a client, by reference alone",
        .example = "canvass client add LB-014 --home \"SW9 8\" --age-band 21_and_over",
        VERB_ARGS(add_args),
        .view = &client_view,
        .done = "Added." },
    { .noun = "client",
        .name = "show",
        .method = CLIENT_METHOD("GetClient"),
        .summary = "show a client of your team",
        .example = "canvass client show LB-014",
        VERB_ARGS(show_args),
        .view = &client_view },
    { .noun = "client",
        .name = "edit",
        .method = CLIENT_METHOD("UpdateClient"),
        .summary = "change what is known of a client",
        .example = "canvass client edit LB-014 --specialist me --home \"SW2 1\"",
        .notes = "Only what is named changes; an empty value clears a field.",
        VERB_ARGS(edit_args),
        .mask = "client",
        .view = &client_view,
        .done = "Changed." },
    { .noun = "client",
        .name = "list",
        .method = CLIENT_METHOD("ListClients"),
        .summary = "list the clients of your team",
        .example = "canvass client list --mine",
        VERB_ARGS(list_args),
        .view = &clients_view },
    { .noun = "client",
        .name = "wish",
        .method = CLIENT_METHOD("SetWishes"),
        .summary = "say what a client would like",
        .example = "canvass client wish LB-014 --role 8214:5,9263:3 --hours 20 --trial-first",
        .notes = "Only what is named changes; an empty value takes a wish back.",
        VERB_ARGS(wish_args),
        .reads = CLIENT_METHOD("GetClient"),
        .part = "client.wishes",
        .part_to = "wishes",
        .view = &client_view,
        .done = "Changed." },
    { .noun = "client",
        .name = "limit",
        .method = CLIENT_METHOD("SetConstraints"),
        .summary = "say what must hold for a client",
        .example = "canvass client limit LB-014 --hours 16-30 --distance 5km "
                   "--available \"mon-fri 09:30-15:00\" --must-not nights,alcohol_on_site",
        .notes = "Only what is named changes; an empty value removes a limit.",
        VERB_ARGS(limit_args),
        .reads = CLIENT_METHOD("GetClient"),
        .part = "client.constraints",
        .part_to = "constraints",
        .view = &client_view,
        .done = "Changed." },
    { .noun = "client",
        .name = "busy",
        .method = CLIENT_METHOD("SetUnavailable"),
        .summary = "say when a client cannot work",
        .example = "canvass client busy LB-014 \"mon,thu 09:30-10:30\" --kind pickup --movable\n"
                   "canvass client busy LB-014 --remove 2",
        .notes = "Windows are added to those that are there. What is collected is not stored.",
        VERB_ARGS(busy_args),
        .view = &client_view,
        .done = "Changed.",
        .run = client_busy_run },
    { .noun = "client",
        .name = "pause",
        .method = CLIENT_METHOD("PauseClient"),
        .summary = "stop outreach until a day, then ask again",
        .example = "canvass client pause LB-014 --until \"in 6 weeks\"",
        VERB_ARGS(pause_args),
        .view = &client_view,
        .done = "Paused." },
    { .noun = "client",
        .name = "resume",
        .method = CLIENT_METHOD("ResumeClient"),
        .summary = "end a pause",
        .example = "canvass client resume LB-014",
        VERB_ARGS(show_args),
        .view = &client_view,
        .done = "Resumed." },
    { .noun = "client",
        .name = "discharge",
        .method = CLIENT_METHOD("DischargeClient"),
        .summary = "end the support of a client",
        .example = "canvass client discharge LB-014 --reason in_work",
        VERB_ARGS(discharge_args),
        .view = &client_view,
        .done = "Discharged." },
};
const struct noun client_noun = { "client", "the clients of your team", NOUN_VERBS(client_verbs) };
