/* match, target, today, occupation, industry, postcode, import, export, completion, help */
#include "client/nouns.h"

static const struct arg match_args[] = {
    { "CLIENT", "client_id", ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED, "CLIENT",
        "the client's reference", NULL },
    { "count", "count", ARG_FIELD, 0, "N", "how many openings, 1 to 100 (10)", NULL },
    { "per-employer", "per_employer", ARG_FIELD, 0, "N", "at most so many of one employer (2)",
        NULL },
    { "per-occupation", "per_occupation", ARG_FIELD, 0, "N",
        "at most so many of one occupation group (5)", NULL },
    { "trial", "trial_only", ARG_FIELD, 0, NULL, "only where a trial is offered first", NULL },
    { "paused-too", "paused_too", ARG_FIELD, 0, NULL, "though the client is paused", NULL },
    { "on", "on", ARG_AHEAD, 0, NULL, "as of this day (today)", NULL },
    { "why", NULL, ARG_LOCAL, 0, "N", "only number N, with everything about it", NULL },
    { "near-misses", NULL, ARG_SWITCH, 0, NULL, "only those that one yes would open", NULL },
    { "not-yet", NULL, ARG_SWITCH, 0, NULL, "only those that become possible on a date", NULL },
};
static const struct column match_columns[] = {
    { "TITLE", "title", FORMAT_TEXT, 0 },
};
static const struct view match_view = { .rows = "openings", VIEW_COLUMNS(match_columns) };
static const struct verb match_verbs[] = { {
    .noun = "match",
    .method = "canvass.v1.MatchService/MatchClient",
    .summary = "find the openings that fit a client, with the reasons",
    .example = "canvass match LB-014\ncanvass match LB-014 --count 3 --trial --all\n"
               "canvass match LB-014 --why 2",
    .notes = "The other way round, canvass opening match finds the clients for an opening; canvass "
             "opening why says everything about an opening and a client.",
    VERB_ARGS(match_args),
    .view = &match_view,
    .run = match_run,
} };
static const struct arg target_args[] = {
    { "CLIENT", "client_id", ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED, "CLIENT",
        "the client's reference", NULL },
    { "count", "count", ARG_FIELD, 0, "N", "how many employers, 1 to 100 (10)", NULL },
    { "on", "on", ARG_AHEAD, 0, NULL, "as of this day (today)", NULL },
};
static const struct column target_columns[] = {
    { "EMPLOYER", "employer", FORMAT_TEXT, 0 },
};
static const struct view target_view = { .rows = "targets", VIEW_COLUMNS(target_columns) };
static const struct verb target_verbs[] = { {
    .noun = "target",
    .method = "canvass.v1.MatchService/SuggestTargets",
    .summary = "find whom to canvass next with a client in mind",
    .example = "canvass target LB-014\ncanvass target LB-014 --count 5 --on monday",
    .notes = "Employers without a live opening. Whom somebody of the network saw lately is left in "
             "peace, unless a touch is due.",
    VERB_ARGS(target_args),
    .view = &target_view,
    .show = target_show,
} };
const struct noun target_noun
    = { "target", "whom to canvass next with a client in mind", NOUN_VERBS(target_verbs) };

const struct noun match_noun
    = { "match", "find the openings that fit a client", NOUN_VERBS(match_verbs) };

static const struct arg today_args[] = {
    { "on", "on", ARG_AHEAD, 0, NULL, "another day", NULL },
    { "closing-days", "closing_days", ARG_FIELD, 0, "N", "how many days ahead counts as soon (7)",
        NULL },
    { "from", "from_postcode", ARG_FIELD, 0, "POSTCODE", "where your day begins", NULL },
};
static const struct column today_columns[] = {
    { "WHAT", "kind", FORMAT_ENUM, 0 },
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "POSTCODE", "postcode", FORMAT_TEXT, 0 },
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "TO DO", "sentence", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "subject_id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view today_view
    = { .rows = "items", VIEW_COLUMNS(today_columns), .empty = "nothing asks for you today" };
static const struct verb today_verbs[] = { {
    .noun = "today",
    .method = "canvass.v1.TodayService/GetToday",
    .summary = "show what asks for you today, in the order in which to do it",
    .example = "canvass today\ncanvass today --on tomorrow --from \"SW9 8HE\"",
    .notes = "Urgency first; of each kind what has a time, then the rest on foot: the nearest door "
             "next, in a straight line, from where you begin or from the first visit with a time.",
    VERB_ARGS(today_args),
    .view = &today_view,
} };
const struct noun today_noun = { "today", "what asks for you today", NOUN_VERBS(today_verbs) };

static const struct arg words_args[] = {
    { "WORDS", "query", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "WORDS",
        "a code, or words of a title", NULL },
};
static const struct column code_columns[] = {
    { "CODE", "code", FORMAT_TEXT, 0 },
    { "TITLE", "title", FORMAT_TEXT, COLUMN_SHRINK },
};
static const struct view occupations_view = { .rows = "occupations",
    VIEW_COLUMNS(code_columns),
    .empty
    = "no occupation fits; an administrator loads the list with canvass import occupations" };
static const struct view industries_view = { .rows = "industries",
    VIEW_COLUMNS(code_columns),
    .empty = "no industry fits; an administrator loads the list with canvass import industries" };
static const struct verb occupation_verbs[] = { {
    .noun = "occupation",
    .name = "find",
    .method = "canvass.v1.ReferenceService/SearchOccupations",
    .summary = "find SOC 2020 codes",
    .example = "canvass occupation find van driver",
    VERB_ARGS(words_args),
    .view = &occupations_view,
} };
const struct noun occupation_noun
    = { "occupation", "SOC 2020 codes", NOUN_VERBS(occupation_verbs) };
static const struct verb industry_verbs[] = { {
    .noun = "industry",
    .name = "find",
    .method = "canvass.v1.ReferenceService/SearchIndustries",
    .summary = "find SIC 2007 codes",
    .example = "canvass industry find restaurants",
    VERB_ARGS(words_args),
    .view = &industries_view,
} };
const struct noun industry_noun = { "industry", "SIC 2007 codes", NOUN_VERBS(industry_verbs) };

static const struct arg postcode_args[] = {
    { "POSTCODE", "postcode", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "POSTCODE",
        "the postcode", NULL },
};
static const struct column postcode_columns[] = {
    { "Postcode", "postcode", FORMAT_TEXT, 0 },
    { "Borough", "borough", FORMAT_TEXT, 0 },
    { "Easting", "point.easting", FORMAT_NUMBER, 0 },
    { "Northing", "point.northing", FORMAT_NUMBER, 0 },
    { "No longer used", "terminated", FORMAT_YES, 0 },
};
static const struct view postcode_view = { .record = "postcode", VIEW_COLUMNS(postcode_columns) };
static const struct verb postcode_verbs[] = { {
    .noun = "postcode",
    .name = "show",
    .method = "canvass.v1.ReferenceService/GetPostcode",
    .summary = "show where a postcode is",
    .example = "canvass postcode show SW9 8HE",
    VERB_ARGS(postcode_args),
    .view = &postcode_view,
} };
const struct noun postcode_noun = { "postcode", "where postcodes are", NOUN_VERBS(postcode_verbs) };

#define FILE_ARG                                                                                   \
    {                                                                                              \
        "FILE", NULL, ARG_FILE, ARG_POSITIONAL | ARG_REQUIRED, "FILE",                             \
            "the CSV file; - is standard input", NULL                                              \
    }

static const struct arg import_employers_args[] = {
    FILE_ARG,
    { "source", NULL, ARG_LOCAL, 0, "NAME",
        "short name of the list, \"fhrs\": with a row's id it names the row for ever", NULL },
    { "map", NULL, ARG_LOCAL, 0, "FIELD=HEADING,...", "where a heading is not understood by itself",
        NULL },
    { "problems", NULL, ARG_FILE, 0, "FILE", "where refused rows go (FILE-problems.csv)", NULL },
};
static const struct arg import_list_args[] = {
    FILE_ARG,
    { "map", NULL, ARG_LOCAL, 0, "FIELD=HEADING,...", "where a heading is not understood by itself",
        NULL },
    { "problems", NULL, ARG_FILE, 0, "FILE", "where refused rows go (FILE-problems.csv)", NULL },
};
static const char again_notes[]
    = "It may be stopped and run again: rows that are known are not doubled. Refused rows are "
      "written, as they were, into a file with three more columns that say the line, the field "
      "and the reason; mend them there and import that file.";
static const struct verb import_verbs[] = {
    { .noun = "import",
        .name = "employers",
        .summary = "import a list of employers from a CSV file",
        .example = "canvass import employers fhrs.csv --source fhrs\n"
                   "zcat list.csv.gz | canvass import employers - --source list --dry-run\n"
                   "canvass import employers list.csv --map name=Firm,postcode=PC",
        .notes = again_notes,
        VERB_ARGS(import_employers_args),
        .run = import_employers_run },
    { .noun = "import",
        .name = "industries",
        .summary = "load Companies House's SIC codes (administrators)",
        .example = "canvass import industries SIC07_CH_condensed_list_en.csv",
        .notes = again_notes,
        VERB_ARGS(import_list_args),
        .run = import_industries_run },
    { .noun = "import",
        .name = "occupations",
        .summary = "load ONS SOC 2020 groups, or job titles (administrators)",
        .example = "canvass import occupations soc2020.csv",
        .notes = again_notes,
        VERB_ARGS(import_list_args),
        .run = import_occupations_run },
    { .noun = "import",
        .name = "postcodes",
        .summary = "load OS Code-Point Open (administrators)",
        .example = "cat Data/CSV/e.csv Data/CSV/n.csv | canvass import postcodes -",
        .notes = again_notes,
        VERB_ARGS(import_list_args),
        .run = import_postcodes_run },
};
const struct noun import_noun
    = { "import", "lists of employers, and reference lists", NOUN_VERBS(import_verbs) };

static const struct arg export_args[] = {
    { "borough", "borough_id", ARG_BOROUGH, 0, NULL, "with a site in this borough", NULL },
    { "sic", "sic", ARG_FIELD, 0, "CODE", "of this industry: a SIC code or its beginning", NULL },
};
static const struct verb export_verbs[] = { {
    .noun = "export",
    .name = "employers",
    .method = "canvass.v1.EmployerService/ExportEmployers",
    .summary = "write employers and their sites as CSV, or with --json one a line",
    .example = "canvass export employers --borough lambeth > lambeth.csv",
    .notes = "A cell that a spreadsheet would take for a formula has a ' before it.",
    VERB_ARGS(export_args),
    .view = &employers_export_view,
    .run = export_run,
} };
const struct noun export_noun = { "export", "employers as CSV", NOUN_VERBS(export_verbs) };

static const struct verb completion_verbs[] = { {
    .noun = "completion",
    .summary = "print the completion script for bash",
    .example = "source <(canvass completion)",
    .run = completion_run,
} };
const struct noun completion_noun
    = { "completion", "completion for bash", NOUN_VERBS(completion_verbs) };

static const struct arg complete_args[] = {
    { "WORDS", NULL, ARG_LOCAL, ARG_POSITIONAL | ARG_WORDS, "WORDS", "words so far", NULL },
};
static const struct verb complete_verbs[] = { {
    .noun = "__complete",
    .summary = "list what could come next",
    .example = "canvass __complete visit ''",
    VERB_ARGS(complete_args),
    .run = complete_run,
    .is_hidden = true,
} };
const struct noun complete_noun = { "__complete", NULL, NOUN_VERBS(complete_verbs) };

static const struct arg help_args[] = {
    { "COMMAND", NULL, ARG_LOCAL, ARG_POSITIONAL | ARG_WORDS, "COMMAND", "the command", NULL },
    { "scdoc", NULL, ARG_SWITCH, 0, NULL, "print the source of a man page", NULL },
};
static const struct verb help_verbs[] = { {
    .noun = "help",
    .summary = "explain a command",
    .example = "canvass help visit add",
    VERB_ARGS(help_args),
    .run = help_run,
} };
const struct noun help_noun = { "help", "explain a command", NOUN_VERBS(help_verbs) };
