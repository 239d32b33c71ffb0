/* employer, with its sites, contacts and the borough's relationship */
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"

#define EMPLOYER_ARG(path)                                                                         \
    {                                                                                              \
        "EMPLOYER", path, ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS | ARG_NO_MASK,   \
            "EMPLOYER", "the employer: words of its name, or its id", NULL                         \
    }
/* The same, where other words follow and a name of several words needs quotes. */
#define EMPLOYER_ARG_ONE(path)                                                                     \
    {                                                                                              \
        "EMPLOYER", path, ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED | ARG_NO_MASK, "EMPLOYER",   \
            "the employer: words of its name, or its id", NULL                                     \
    }
#define EMPLOYER_FIELDS                                                                            \
    { "trading-as", "employer.trading_as", ARG_FIELD, 0, NULL, "name over the door", NULL },       \
        { "company-number", "employer.company_number", ARG_FIELD, 0, "NUMBER",                     \
            "Companies House number", NULL },                                                      \
        { "sic", "employer.sic", ARG_FIELD, 0, "CODE", "SIC 2007, five digits", NULL },            \
        { "website", "employer.website", ARG_FIELD, 0, "URL", "https://...", NULL },               \
        { "phone", "employer.phone", ARG_FIELD, 0, NULL, "telephone", NULL },                      \
        { "staff", "employer.staff", ARG_FIELD, 0, "N", "roughly how many work there", NULL },     \
        { "disability-confident", "employer.disability_confident", ARG_FIELD, 0, NULL,             \
            "level of the scheme", NULL },                                                         \
        { "disability-confident-until", "employer.disability_confident_until", ARG_AHEAD, 0, NULL, \
            "last day of it", NULL },                                                              \
        { "living-wage", "employer.living_wage", ARG_FIELD, 0, NULL,                               \
            "accredited by the Living Wage Foundation", NULL },                                    \
        { "living-wage-until", "employer.living_wage_until", ARG_AHEAD, 0, NULL, "last day of it", \
            NULL },                                                                                \
    {                                                                                              \
        "about", "employer.about", ARG_FIELD, 0, NULL,                                             \
            "what they need and like, in words that the manager could read", NULL                  \
    }

static const struct arg add_args[] = {
    { "NAME", "employer.name", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "NAME",
        "the employer's name", NULL },
    { "address", "site.address", ARG_FIELD, ARG_ASK, "LINES",
        "address without the postcode, lines separated by commas", NULL },
    { "postcode", "site.postcode", ARG_FIELD, ARG_ASK, "POSTCODE", "postcode", NULL },
    { "postcode-unlisted", "postcode_unlisted", ARG_FIELD, 0, NULL,
        "accept a postcode that is not in the list (a new building)", NULL },
    { "even-if-similar", "even_if_similar", ARG_FIELD, 0, NULL,
        "you have looked: it is none of those that are there", NULL },
    { "id", "employer.id", ARG_FIELD, 0, "UUID", "an id of your choice", NULL },
    EMPLOYER_FIELDS,
};
static const struct arg show_args[] = { EMPLOYER_ARG("employer_id") };
static const struct arg edit_args[] = {
    EMPLOYER_ARG("employer.id"),
    { "name", "employer.name", ARG_FIELD, 0, NULL, "the employer's name", NULL },
    { "etag", "employer.etag", ARG_FIELD, ARG_NO_MASK, "ETAG", "only if nobody changed it since",
        NULL },
    EMPLOYER_FIELDS,
};
static const struct arg find_args[] = {
    { "WORDS", "query", ARG_FIELD, ARG_POSITIONAL | ARG_WORDS, "WORDS",
        "words of a name, a postcode or its beginning, a borough", NULL },
    { "borough", "borough_id", ARG_BOROUGH, 0, NULL, "with a site in this borough", NULL },
    { "sic", "sic", ARG_FIELD, 0, "CODE", "of this industry: a SIC code or its beginning", NULL },
    { "near", "near_postcode", ARG_FIELD, 0, "POSTCODE", "nearest to this postcode first", NULL },
    { "within", "within_metres", ARG_METRES, 0, NULL, "no further from there than this", NULL },
};

static const struct column employer_columns[] = {
    { "DON'T CONTACT", "blocked_on", FORMAT_DATE, 0 },
    { "Name", "name", FORMAT_TEXT, 0 },
    { "Trading as", "trading_as", FORMAT_TEXT, 0 },
    { "Industry", "sector", FORMAT_TEXT, 0 },
    { "SIC", "sic", FORMAT_TEXT, 0 },
    { "Company number", "company_number", FORMAT_TEXT, 0 },
    { "Phone", "phone", FORMAT_TEXT, 0 },
    { "Website", "website", FORMAT_TEXT, 0 },
    { "Staff", "staff", FORMAT_NUMBER, 0 },
    { "Disability Confident", "disability_confident", FORMAT_ENUM, 0 },
    { "  until", "disability_confident_until", FORMAT_DATE, 0 },
    { "Living Wage", "living_wage", FORMAT_YES, 0 },
    { "  until", "living_wage_until", FORMAT_DATE, 0 },
    { "About", "about", FORMAT_TEXT, 0 },
    { "In lists", "refs", FORMAT_LIST, 0 },
    { "Was merged", "merged.name", FORMAT_TEXT, 0 },
    { "  when", "merged.at", FORMAT_MOMENT, 0 },
    { "  by", "merged.by", FORMAT_TEXT, 0 },
    { "Changed", "updated.at", FORMAT_MOMENT, 0 },
    { "  by", "updated.by", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
    { "Etag", "etag", FORMAT_TEXT, 0 },
};
static const struct view employer_view = { .record = "employer", VIEW_COLUMNS(employer_columns) };
static const struct column added_columns[] = {
    { "Name", "employer.name", FORMAT_TEXT, 0 },
    { "Address", "site.address", FORMAT_LIST, 0 },
    { "Postcode", "site.postcode", FORMAT_TEXT, 0 },
    { "Borough", "site.borough", FORMAT_TEXT, 0 },
    { "Id", "employer.id", FORMAT_TEXT, 0 },
};
static const struct view added_view = { .record = "", VIEW_COLUMNS(added_columns) };
static const struct column hit_columns[] = {
    { "NAME", "name", FORMAT_TEXT, COLUMN_SHRINK },
    { "ADDRESS", "address", FORMAT_TEXT, COLUMN_SHRINK },
    { "POSTCODE", "postcode", FORMAT_TEXT, 0 },
    { "BOROUGH", "borough", FORMAT_TEXT, COLUMN_SHRINK },
    { "AWAY", "distance_metres", FORMAT_METRES, COLUMN_RIGHT },
    { "LAST VISIT", "last_visit_at", FORMAT_MOMENT, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view hits_view = { .rows = "employers",
    VIEW_COLUMNS(hit_columns),
    .empty = "no employer fits; try fewer words, or the postcode" };

static const struct arg timeline_args[] = { EMPLOYER_ARG("employer_id") };
static const struct column timeline_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "WHAT", "sentence", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "subject_id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view timeline_view
    = { .rows = "entries", VIEW_COLUMNS(timeline_columns), .empty = "nothing happened there yet" };

static const struct arg site_add_args[] = {
    EMPLOYER_ARG("site.employer_id"),
    { "name", "site.name", ARG_FIELD, 0, NULL, "what tells it apart: \"Brixton branch\"", NULL },
    { "address", "site.address", ARG_FIELD, ARG_ASK, "LINES",
        "address without the postcode, lines separated by commas", NULL },
    { "postcode", "site.postcode", ARG_FIELD, ARG_REQUIRED, "POSTCODE", "postcode", NULL },
    { "phone", "site.phone", ARG_FIELD, 0, NULL, "telephone", NULL },
    { "postcode-unlisted", "postcode_unlisted", ARG_FIELD, 0, NULL,
        "accept a postcode that is not in the list (a new building)", NULL },
    { "even-if-similar", "even_if_similar", ARG_FIELD, 0, NULL,
        "you have looked: it is none of those that are there", NULL },
};
static const struct arg site_edit_args[] = {
    EMPLOYER_ARG_ONE("site.employer_id"),
    { "SITE", "site.id", ARG_SITE, ARG_POSITIONAL | ARG_REQUIRED | ARG_NO_MASK, "SITE",
        "the site: words of its name or address, or its id", NULL },
    { "name", "site.name", ARG_FIELD, 0, NULL, "what tells it apart", NULL },
    { "address", "site.address", ARG_FIELD, 0, "LINES", "address without the postcode", NULL },
    { "postcode", "site.postcode", ARG_FIELD, 0, "POSTCODE", "postcode", NULL },
    { "phone", "site.phone", ARG_FIELD, 0, NULL, "telephone", NULL },
    { "closed", "site.closed", ARG_FIELD, 0, NULL, "it is not there any more", NULL },
    { "etag", "site.etag", ARG_FIELD, ARG_NO_MASK, "ETAG", "only if nobody changed it since",
        NULL },
    { "postcode-unlisted", "postcode_unlisted", ARG_FIELD, 0, NULL,
        "accept a postcode that is not in the list", NULL },
};
static const struct column site_columns[] = {
    { "NAME", "name", FORMAT_TEXT, COLUMN_SHRINK },
    { "ADDRESS", "address", FORMAT_LIST, COLUMN_SHRINK },
    { "POSTCODE", "postcode", FORMAT_TEXT, 0 },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "PHONE", "phone", FORMAT_TEXT, 0 },
    { "CLOSED", "closed", FORMAT_YES, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view sites_view
    = { .rows = "sites", VIEW_COLUMNS(site_columns), .empty = "no site is known" };
static const struct column site_record[] = {
    { "Name", "name", FORMAT_TEXT, 0 },
    { "Address", "address", FORMAT_LIST, 0 },
    { "Postcode", "postcode", FORMAT_TEXT, 0 },
    { "Borough", "borough", FORMAT_TEXT, 0 },
    { "Phone", "phone", FORMAT_TEXT, 0 },
    { "Closed", "closed", FORMAT_YES, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view site_view = { .record = "site", VIEW_COLUMNS(site_record) };

#define CONTACT_FIELDS                                                                             \
    { "job", "contact.job", ARG_FIELD, 0, NULL, "what they do there: \"store manager\"", NULL },   \
        { "hires", "contact.hires", ARG_FIELD, 0, NULL, "decides on hiring", NULL },               \
        { "phone", "contact.phone", ARG_FIELD, 0, NULL, "telephone", NULL },                       \
        { "email", "contact.email", ARG_FIELD, 0, "ADDRESS", "email", NULL },                      \
        { "source", "contact.source", ARG_FIELD, 0, NULL,                                          \
            "where the details came from: \"met at the shop\"", NULL },                            \
        { "basis", "contact.basis", ARG_FIELD, 0, NULL, "why the details may be kept", NULL },     \
        { "told", "contact.told_on", ARG_BACK, 0, NULL,                                            \
            "day on which the person was told that they are kept", NULL },                         \
        { "objected", "contact.objected_on", ARG_BACK, 0, NULL,                                    \
            "the person objected: nobody may contact them", NULL },                                \
    {                                                                                              \
        "checked", "contact.checked_on", ARG_BACK, 0, NULL,                                        \
            "day on which the details were last checked", NULL                                     \
    }

static const struct arg contact_add_args[] = {
    EMPLOYER_ARG_ONE("contact.employer_id"),
    { "NAME", "contact.name", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "NAME",
        "the person's name", NULL },
    { "site", "contact.site_id", ARG_SITE, 0, NULL, "where the person works", NULL },
    CONTACT_FIELDS,
};
static const struct arg contact_list_args[] = { EMPLOYER_ARG("employer_id") };
static const struct arg contact_edit_args[] = {
    EMPLOYER_ARG_ONE("contact.employer_id"),
    { "CONTACT", "contact.id", ARG_CONTACT, ARG_POSITIONAL | ARG_REQUIRED | ARG_NO_MASK, "CONTACT",
        "the person: words of the name or job, or the id", NULL },
    { "name", "contact.name", ARG_FIELD, 0, NULL, "the person's name", NULL },
    { "site", "contact.site_id", ARG_SITE, 0, NULL, "where the person works", NULL },
    { "etag", "contact.etag", ARG_FIELD, ARG_NO_MASK, "ETAG", "only if nobody changed it since",
        NULL },
    CONTACT_FIELDS,
};
static const struct column contact_columns[] = {
    { "NAME", "name", FORMAT_TEXT, COLUMN_SHRINK },
    { "JOB", "job", FORMAT_TEXT, COLUMN_SHRINK },
    { "HIRES", "hires", FORMAT_YES, 0 },
    { "PHONE", "phone", FORMAT_TEXT, 0 },
    { "EMAIL", "email", FORMAT_TEXT, COLUMN_SHRINK },
    { "CHECKED", "checked_on", FORMAT_DATE, 0 },
    { "OBJECTED", "objected_on", FORMAT_DATE, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view contacts_view = { .rows = "contacts",
    VIEW_COLUMNS(contact_columns),
    .empty = "your borough knows nobody there yet" };
static const struct column known_columns[] = {
    { "JOB", "job", FORMAT_TEXT, COLUMN_SHRINK },
    { "HIRES", "hires", FORMAT_YES, 0 },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "LEAD", "lead", FORMAT_TEXT, COLUMN_SHRINK },
    { "SHARED UNTIL", "shared_until", FORMAT_DATE, 0 },
    { "CONDITION", "condition", FORMAT_TEXT, COLUMN_SHRINK },
    { "OBJECTED", "objected_on", FORMAT_DATE, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view known_view = { .rows = "others", VIEW_COLUMNS(known_columns) };

int contacts_show(struct app *app, const struct answer *answer, struct err *err)
{
    const json_t *others = json_get_path(answer->value, "others");
    int rc = output_rows(app, &contacts_view, json_get_path(answer->value, "contacts"), err);
    if (rc < 0 || json_array_size(others) == 0)
        return rc;
    (void)fprintf(app->out, "\n%sKnown to others%s\n", app_bold(app), app_plain(app));
    return output_rows(app, &known_view, others, err);
}

static const struct column contact_record[] = {
    { "Name", "name", FORMAT_TEXT, 0 },
    { "Job", "job", FORMAT_TEXT, 0 },
    { "Hires", "hires", FORMAT_YES, 0 },
    { "Phone", "phone", FORMAT_TEXT, 0 },
    { "Email", "email", FORMAT_TEXT, 0 },
    { "Source", "source", FORMAT_TEXT, 0 },
    { "Basis", "basis", FORMAT_ENUM, 0 },
    { "Told", "told_on", FORMAT_DATE, 0 },
    { "Objected", "objected_on", FORMAT_DATE, 0 },
    { "Checked", "checked_on", FORMAT_DATE, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view contact_view = { .record = "contact", VIEW_COLUMNS(contact_record) };

static const struct arg door_args[] = {
    EMPLOYER_ARG("employer_id"),
    { "at", "at", ARG_AHEAD, 0, NULL, "when you would go (now)", NULL },
    { "site", "site_id", ARG_SITE, 0, NULL, "at which of their sites (any)", NULL },
    { "role", "role_soc", ARG_OCCUPATION, 0, NULL, "the role in mind, for what others learnt of it",
        NULL },
    { "client", "client_id", ARG_CLIENT, 0, NULL, "the client in mind, for what may be said",
        NULL },
};
static const struct column door_columns[] = {
    { "Not welcome", "block.reason", FORMAT_TEXT, 0 },
    { "Days of peace", "cool_off_days", FORMAT_NUMBER, 0 },
};
static const struct view door_view = { .record = "door", VIEW_COLUMNS(door_columns) };

static const struct arg block_args[] = {
    EMPLOYER_ARG("employer_id"),
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "what they said; they may read it", NULL },
    { "said", "said_on", ARG_BACK, 0, NULL, "the day on which they said it (today)", NULL },
};
static const struct arg unblock_args[] = {
    EMPLOYER_ARG("employer_id"),
    { "reason", "reason", ARG_FIELD, ARG_REQUIRED, NULL, "what changed", NULL },
};
static const struct column block_record[] = {
    { "They said", "reason", FORMAT_TEXT, 0 },
    { "On", "said_on", FORMAT_DATE, 0 },
    { "Noted by", "by", FORMAT_TEXT, 0 },
    { "  of", "borough", FORMAT_TEXT, 0 },
    { "Lifted", "lifted_at", FORMAT_MOMENT, 0 },
    { "  by", "lifted_by", FORMAT_TEXT, 0 },
    { "  because", "lifted_reason", FORMAT_TEXT, 0 },
};
static const struct view block_view = { .record = "block", VIEW_COLUMNS(block_record) };

static const struct arg cool_off_args[] = {
    EMPLOYER_ARG("employer_id"),
    { "days", "days", ARG_FIELD, ARG_REQUIRED, "N", "days after a visit, 0 to 366; 0: no warning",
        NULL },
    { "from", "from_on", ARG_EITHER, 0, NULL, "the first day on which this holds (today)", NULL },
    { "until", "until_on", ARG_AHEAD, 0, NULL, "the last day (no end)", NULL },
    { "reason", "reason", ARG_FIELD, 0, NULL, "why; whoever is warned reads it", NULL },
};
static const struct column cool_off_record[] = {
    { "Days", "days", FORMAT_NUMBER, 0 },
    { "From", "from_on", FORMAT_DATE, 0 },
    { "Until", "until_on", FORMAT_DATE, 0 },
    { "Reason", "reason", FORMAT_TEXT, 0 },
};
static const struct view cool_off_view = { .record = "cool_off", VIEW_COLUMNS(cool_off_record) };

static const struct arg relation_args[] = { EMPLOYER_ARG("employer_id") };
static const struct arg relation_edit_args[] = {
    EMPLOYER_ARG("relationship.employer_id"),
    { "stage", "relationship.stage", ARG_FIELD, 0, NULL, "how deep it is", NULL },
    { "lead", "relationship.lead_id", ARG_SPECIALIST, 0, NULL, "who leads it: a name, or me",
        NULL },
    { "next", "relationship.next_touch_at", ARG_AHEAD, 0, NULL, "when to be in touch again", NULL },
    { "next-step", "relationship.next_step", ARG_FIELD, 0, NULL, "what to do then", NULL },
    { "etag", "relationship.etag", ARG_FIELD, ARG_NO_MASK, "ETAG",
        "only if nobody changed it since", NULL },
};
static const struct column relation_columns[] = {
    { "Borough", "borough", FORMAT_TEXT, 0 },
    { "Stage", "stage", FORMAT_ENUM, 0 },
    { "Lead", "lead", FORMAT_TEXT, 0 },
    { "Stance", "stance", FORMAT_ENUM, 0 },
    { "Last visit", "last_visit_at", FORMAT_MOMENT, 0 },
    { "Next touch", "next_touch_at", FORMAT_MOMENT, 0 },
    { "Next step", "next_step", FORMAT_TEXT, 0 },
    { "Etag", "etag", FORMAT_TEXT, 0 },
};
static const struct view relation_view
    = { .record = "relationship", VIEW_COLUMNS(relation_columns) };

#define EMPLOYER_METHOD(name) "canvass.v1.EmployerService/" name

static const struct verb employer_verbs[] = {
    { .noun = "employer",
        .name = "add",
        .method = EMPLOYER_METHOD("CreateEmployer"),
        .summary = "add an employer, with its first site",
        .example = "canvass employer add \"Stockwell Tool Hire\" --address \"12 Clapham Road\" "
                   "--postcode \"SW9 0AA\"",
        .notes = "Where one is there already that is likely the same, you are shown it and asked. "
                 "A script is told, with exit code 5, and says --even-if-similar if it is another.",
        VERB_ARGS(add_args),
        .view = &added_view,
        .done = "Added.",
        .run = employer_add_run },
    { .noun = "employer",
        .name = "show",
        .method = EMPLOYER_METHOD("GetEmployer"),
        .summary = "show an employer",
        .example = "canvass employer show tool hire stockwell",
        VERB_ARGS(show_args),
        .view = &employer_view },
    { .noun = "employer",
        .name = "edit",
        .method = EMPLOYER_METHOD("UpdateEmployer"),
        .summary = "change what is known of an employer",
        .example = "canvass employer edit tool hire --phone \"020 7946 0123\"",
        .notes = "Only what is named changes; an empty value clears a field.",
        VERB_ARGS(edit_args),
        .mask = "employer",
        .view = &employer_view,
        .done = "Changed." },
    { .noun = "employer",
        .name = "find",
        .method = EMPLOYER_METHOD("SearchEmployers"),
        .summary = "find employers, misspelt or not, by name, postcode, nearness or industry",
        .example = "canvass employer find wagamama camden\n"
                   "canvass employer find --near \"SW9 8HE\" --within 1km --sic 56",
        VERB_ARGS(find_args),
        .view = &hits_view },
    { .noun = "employer",
        .name = "timeline",
        .method = EMPLOYER_METHOD("ListTimeline"),
        .summary = "show what happened at an employer, newest first",
        .example = "canvass employer timeline tool hire stockwell",
        VERB_ARGS(timeline_args),
        .view = &timeline_view },
    { .noun = "employer",
        .name = "history",
        .method = "canvass.v1.HistoryService/ListHistory",
        .summary = "show who changed what, newest first: the same as history employer",
        .example = "canvass employer history tool hire stockwell",
        VERB_ARGS(timeline_args),
        .view = &history_view },
    { .noun = "employer",
        .name = "site add",
        .method = EMPLOYER_METHOD("AddSite"),
        .summary = "add a site",
        .example = "canvass employer site add tool hire --name \"Brixton branch\" "
                   "--address \"3 Acre Lane\" --postcode \"SW2 5SP\"",
        VERB_ARGS(site_add_args),
        .view = &site_view,
        .done = "Added." },
    { .noun = "employer",
        .name = "site list",
        .method = EMPLOYER_METHOD("ListSites"),
        .summary = "list an employer's sites",
        .example = "canvass employer site list tool hire",
        VERB_ARGS(show_args),
        .view = &sites_view },
    { .noun = "employer",
        .name = "site edit",
        .method = EMPLOYER_METHOD("UpdateSite"),
        .summary = "change a site",
        .example = "canvass employer site edit \"tool hire\" brixton --closed",
        VERB_ARGS(site_edit_args),
        .mask = "site",
        .view = &site_view,
        .done = "Changed." },
    { .noun = "employer",
        .name = "contact add",
        .method = EMPLOYER_METHOD("AddContact"),
        .summary = "add a person to talk to; your borough alone sees the details",
        .example = "canvass employer contact add \"tool hire\" \"Jo Lee\" --job \"store manager\" "
                   "--hires --source \"met at the shop\"",
        VERB_ARGS(contact_add_args),
        .view = &contact_view,
        .done = "Added." },
    { .noun = "employer",
        .name = "contact list",
        .method = EMPLOYER_METHOD("ListContacts"),
        .summary = "list the people that your borough knows there, and that others know somebody",
        .example = "canvass employer contact list tool hire",
        .notes = "Of other boroughs' contacts you see the job and whom to ask. canvass share open "
                 "shows one that is shared with you; canvass request make asks for one.",
        VERB_ARGS(contact_list_args),
        .view = &contacts_view,
        .show = contacts_show },
    { .noun = "employer",
        .name = "contact edit",
        .method = EMPLOYER_METHOD("UpdateContact"),
        .summary = "change a person's details",
        .example = "canvass employer contact edit \"tool hire\" jo --checked today",
        VERB_ARGS(contact_edit_args),
        .mask = "contact",
        .view = &contact_view,
        .done = "Changed." },
    { .noun = "employer",
        .name = "door",
        .method = "canvass.v1.VisitService/CheckDoor",
        .summary = "say who was there lately, who leads, who plans to go, and what to mind",
        .example = "canvass employer door tool hire stockwell --at \"next tue\"",
        VERB_ARGS(door_args),
        .view = &door_view,
        .show = door_show },
    { .noun = "employer",
        .name = "block",
        .method = EMPLOYER_METHOD("BlockEmployer"),
        .summary = "note that an employer asked not to be contacted, by any borough",
        .example = "canvass employer block tool hire --reason \"tired of calls\" --said yesterday",
        .notes = "From then on no visit is planned there and no contact opened, shared or asked "
                 "for, in any borough.",
        VERB_ARGS(block_args),
        .view = &block_view,
        .done = "Noted for every borough." },
    { .noun = "employer",
        .name = "unblock",
        .method = EMPLOYER_METHOD("UnblockEmployer"),
        .summary = "note that the employer may be contacted again",
        .example = "canvass employer unblock tool hire --reason \"they rang and asked us back\"",
        .notes = "For the borough that noted it: who leads with the employer there, and leads.",
        VERB_ARGS(unblock_args),
        .view = &block_view,
        .done = "Lifted." },
    { .noun = "employer",
        .name = "cooloff",
        .method = EMPLOYER_METHOD("SetCoolOff"),
        .summary = "say how long an employer is left in peace after a visit",
        .example = "canvass employer cooloff tool hire --days 30 --until \"1 feb\" "
                   "--reason stocktaking",
        .notes = "Who plans a visit sooner is warned, not stopped.",
        VERB_ARGS(cool_off_args),
        .view = &cool_off_view,
        .done = "Set." },
    { .noun = "employer",
        .name = "relation show",
        .method = EMPLOYER_METHOD("GetRelationship"),
        .summary = "show how your borough stands with an employer",
        .example = "canvass employer relation show tool hire",
        VERB_ARGS(relation_args),
        .view = &relation_view },
    { .noun = "employer",
        .name = "relation edit",
        .method = EMPLOYER_METHOD("UpdateRelationship"),
        .summary = "set stage, lead and next touch",
        .example = "canvass employer relation edit tool hire --stage regular --lead me "
                   "--next \"in 2 weeks\"",
        VERB_ARGS(relation_edit_args),
        .mask = "relationship",
        .view = &relation_view,
        .done = "Changed." },
};
const struct noun employer_noun
    = { "employer", "employers, their sites and people", NOUN_VERBS(employer_verbs) };
