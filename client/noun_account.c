/* login, logout, whoami, token, specialist, team, borough */
#include "client/nouns.h"

static const struct arg login_args[] = {
    { "SERVER", NULL, ARG_LOCAL, ARG_POSITIONAL, "HOST:PORT", "where the server is", NULL },
    { "ca", NULL, ARG_FILE, 0, "FILE", "certificate of the authority that signed the server's",
        NULL },
};

static const struct verb login_verbs[] = { {
    .noun = "login",
    .summary = "log in with a token, and remember it",
    .example = "canvass login canvass.example.org:7443 --ca authority.pem",
    .notes = "The token is asked for and not shown, or read from standard input. It is kept in "
             "~/.config/canvass/ for you alone. Scripts can set CANVASS_SERVER, CANVASS_TOKEN and "
             "CANVASS_CA instead. Without SERVER the one of the last login is used again.",
    VERB_ARGS(login_args),
    .run = login_run,
} };
const struct noun login_noun
    = { "login", "log in with a token, and remember it", NOUN_VERBS(login_verbs) };

static const struct verb logout_verbs[] = { {
    .noun = "logout",
    .summary = "forget the token on this machine",
    .example = "canvass logout",
    .notes = "The token stays valid elsewhere until it expires; canvass token revoke ends it.",
    .run = logout_run,
} };
const struct noun logout_noun
    = { "logout", "forget the token on this machine", NOUN_VERBS(logout_verbs) };

static const struct column whoami_columns[] = {
    { "Name", "specialist.name", FORMAT_TEXT, 0 },
    { "Email", "specialist.email", FORMAT_TEXT, 0 },
    { "Team", "specialist.team", FORMAT_TEXT, 0 },
    { "Borough", "specialist.borough", FORMAT_TEXT, 0 },
    { "Roles", "specialist.roles", FORMAT_ENUMS, 0 },
    { "Id", "specialist.id", FORMAT_TEXT, 0 },
    { "Server", "server_version", FORMAT_TEXT, 0 },
    { "Schema", "schema_version", FORMAT_TEXT, 0 },
};
static const struct view whoami_view = { .record = "", VIEW_COLUMNS(whoami_columns) };

static const struct verb whoami_verbs[] = { {
    .noun = "whoami",
    .method = "canvass.v1.AccountService/WhoAmI",
    .summary = "show who you are to the server",
    .example = "canvass whoami",
    .view = &whoami_view,
} };
const struct noun whoami_noun
    = { "whoami", "show who you are to the server", NOUN_VERBS(whoami_verbs) };

static const struct column token_columns[] = {
    { "LABEL", "label", FORMAT_TEXT, COLUMN_SHRINK },
    { "CREATED", "created_at", FORMAT_MOMENT, 0 },
    { "EXPIRES", "expires_at", FORMAT_MOMENT, 0 },
    { "REVOKED", "revoked_at", FORMAT_MOMENT, 0 },
    { "LAST USED", "last_used", FORMAT_DATE, 0 },
    { "CERTIFICATE", "certificate_sha256", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "id", FORMAT_TEXT, 0 },
};
static const struct view tokens_view
    = { .rows = "tokens", VIEW_COLUMNS(token_columns), .empty = "no tokens" };
static const struct column issued_columns[] = {
    { "Token", "secret", FORMAT_TEXT, 0 },
    { "For", "token.label", FORMAT_TEXT, 0 },
    { "Expires", "token.expires_at", FORMAT_MOMENT, 0 },
    { "Id", "token.id", FORMAT_TEXT, 0 },
};
static const struct view issued_view = { .record = "", VIEW_COLUMNS(issued_columns) };
static const struct column registered_columns[] = {
    { "For", "label", FORMAT_TEXT, 0 },
    { "SHA-256", "certificate_sha256", FORMAT_TEXT, 0 },
    { "Expires", "expires_at", FORMAT_MOMENT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view registered_view = { .record = "token", VIEW_COLUMNS(registered_columns) };
static const struct column revoked_columns[] = {
    { "For", "label", FORMAT_TEXT, 0 },
    { "Revoked", "revoked_at", FORMAT_MOMENT, 0 },
};
static const struct view revoked_view = { .record = "token", VIEW_COLUMNS(revoked_columns) };

static const struct arg token_issue_args[] = {
    { "LABEL", "label", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "LABEL",
        "what the token is for", NULL },
    { "for", "specialist_id", ARG_SPECIALIST, 0, NULL, "another person's token (administrators)",
        NULL },
    { "days", "days", ARG_FIELD, 0, NULL, "days until it expires, 1 to 400 (90)", NULL },
};
static const struct arg token_register_args[] = {
    { "LABEL", "label", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "LABEL",
        "which program on which machine", NULL },
    { "certificate", "certificate", ARG_CONTENT, ARG_REQUIRED, NULL,
        "its certificate (PEM), without the private key", NULL },
    { "for", "specialist_id", ARG_SPECIALIST, ARG_REQUIRED, NULL, "whom it calls as", NULL },
    { "days", "days", ARG_FIELD, 0, NULL, "days until it is refused, 1 to 400 (90)", NULL },
};
static const struct arg token_list_args[] = {
    { "for", "specialist_id", ARG_SPECIALIST, 0, NULL, "another person's tokens (administrators)",
        NULL },
};
static const struct arg token_revoke_args[] = {
    { "ID", "token_id", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED, "ID", "the token's id", NULL },
};

static const struct verb token_verbs[] = {
    { .noun = "token",
        .name = "issue",
        .method = "canvass.v1.AccountService/IssueToken",
        .summary = "make a new token; it is shown once",
        .example = "canvass token issue \"work phone\" --days 90",
        VERB_ARGS(token_issue_args),
        .view = &issued_view,
        .done = "Keep it like a password; it is not shown again." },
    { .noun = "token",
        .name = "register",
        .method = "canvass.v1.AccountService/RegisterCertificate",
        .summary = "let a program call with its TLS certificate (administrators)",
        .notes = "The server must trust who signed it. A program that is canvass itself is told by "
                 "CANVASS_CERTIFICATE and CANVASS_KEY, which name its PEM files.",
        .example = "canvass token register \"nightly report\" --certificate report.pem --for Lea",
        VERB_ARGS(token_register_args),
        .view = &registered_view,
        .done = "Registered; canvass token revoke ends it." },
    { .noun = "token",
        .name = "list",
        .method = "canvass.v1.AccountService/ListTokens",
        .summary = "list your tokens",
        .example = "canvass token list",
        VERB_ARGS(token_list_args),
        .view = &tokens_view },
    { .noun = "token",
        .name = "revoke",
        .method = "canvass.v1.AccountService/RevokeToken",
        .summary = "end a token at once",
        .example = "canvass token revoke 019abc12-0000-7000-8000-000000000001",
        VERB_ARGS(token_revoke_args),
        .view = &revoked_view,
        .done = "Revoked." },
};
const struct noun token_noun
    = { "token", "tokens and certificates to call with", NOUN_VERBS(token_verbs) };

static const struct column specialist_columns[] = {
    { "NAME", "name", FORMAT_TEXT, COLUMN_SHRINK },
    { "EMAIL", "email", FORMAT_TEXT, COLUMN_SHRINK },
    { "TEAM", "team", FORMAT_TEXT, 0 },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "ROLES", "roles", FORMAT_ENUMS, 0 },
    { "ACTIVE", "active", FORMAT_YES, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view specialists_view
    = { .rows = "specialists", VIEW_COLUMNS(specialist_columns), .empty = "nobody" };
static const struct column specialist_record[] = {
    { "Name", "name", FORMAT_TEXT, 0 },
    { "Email", "email", FORMAT_TEXT, 0 },
    { "Team", "team", FORMAT_TEXT, 0 },
    { "Borough", "borough", FORMAT_TEXT, 0 },
    { "Roles", "roles", FORMAT_ENUMS, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view specialist_view
    = { .record = "specialist", VIEW_COLUMNS(specialist_record) };

static const struct arg specialist_add_args[] = {
    { "NAME", "specialist.name", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "NAME",
        "the person's name", NULL },
    { "email", "specialist.email", ARG_FIELD, ARG_REQUIRED, "ADDRESS", "work address", NULL },
    { "team", "specialist.team_id", ARG_TEAM, ARG_REQUIRED, NULL, "team", NULL },
    { "roles", "specialist.roles", ARG_FIELD, ARG_REQUIRED, NULL, "what the person may do", NULL },
};
static const struct arg specialist_list_args[] = {
    { "team", "team_id", ARG_TEAM, 0, NULL, "of this team alone", NULL },
};

static const struct arg hours_set_args[] = {
    { "WHO", "hours.specialist_id", ARG_SPECIALIST, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "WHO", "somebody of your team", NULL },
    { "hours", "hours.hours_tenths", ARG_TENTHS, ARG_REQUIRED, NULL, "contracted hours a week",
        NULL },
    { "from", "hours.from_on", ARG_EITHER, 0, NULL, "the first day on which they hold (today)",
        NULL },
};
static const struct column hours_columns[] = {
    { "WHO", "specialist", FORMAT_TEXT, COLUMN_SHRINK },
    { "FROM", "from_on", FORMAT_DATE, 0 },
    { "HOURS", "hours_tenths", FORMAT_TENTHS, COLUMN_RIGHT },
    { "SET BY", "set_by", FORMAT_TEXT, COLUMN_SHRINK },
    { "SET", "set_at", FORMAT_MOMENT, 0 },
};
static const struct view hours_view = { .rows = "hours",
    VIEW_COLUMNS(hours_columns),
    .empty = "no hours were set; reports take full time" };
static const struct view hours_set_view = { .record = "hours", VIEW_COLUMNS(hours_columns) };

static const struct verb specialist_verbs[] = {
    { .noun = "specialist",
        .name = "add",
        .method = "canvass.v1.AccountService/CreateSpecialist",
        .summary = "add a person (administrators)",
        .example = "canvass specialist add \"Amira Shah\" --email amira@example.org "
                   "--team \"Team A\" --roles specialist",
        VERB_ARGS(specialist_add_args),
        .view = &specialist_view,
        .done = "Added. A token to log in with: canvass token issue LABEL --for NAME" },
    { .noun = "specialist",
        .name = "list",
        .method = "canvass.v1.AccountService/ListSpecialists",
        .summary = "list the people that you may see",
        .example = "canvass specialist list",
        VERB_ARGS(specialist_list_args),
        .view = &specialists_view },
    { .noun = "specialist",
        .name = "hours set",
        .method = "canvass.v1.ReportService/SetContractedHours",
        .summary = "set somebody's contracted hours, which reports count caseload and time by",
        .example = "canvass specialist hours set amira --hours 30 --from 1/9",
        .notes = "A lead's to do. Where none are set, reports take full time.",
        VERB_ARGS(hours_set_args),
        .view = &hours_set_view,
        .done = "Set." },
    { .noun = "specialist",
        .name = "hours list",
        .method = "canvass.v1.ReportService/ListContractedHours",
        .summary = "list contracted hours, the latest first",
        .example = "canvass specialist hours list",
        .view = &hours_view },
};
const struct noun specialist_noun
    = { "specialist", "people who use canvass", NOUN_VERBS(specialist_verbs) };

static const struct column team_columns[] = {
    { "TEAM", "name", FORMAT_TEXT, COLUMN_SHRINK },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view teams_view
    = { .rows = "teams", VIEW_COLUMNS(team_columns), .empty = "no teams" };
static const struct column team_record[] = {
    { "Team", "name", FORMAT_TEXT, 0 },
    { "Borough", "borough", FORMAT_TEXT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view team_view = { .record = "team", VIEW_COLUMNS(team_record) };

static const struct arg team_add_args[] = {
    { "NAME", "team.name", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "NAME",
        "the team's name; it can stand on letters, so keep it neutral", NULL },
    { "borough", "team.borough_id", ARG_BOROUGH, ARG_REQUIRED, NULL, "borough", NULL },
};
static const struct arg team_list_args[] = {
    { "borough", "borough_id", ARG_BOROUGH, 0, NULL, "of this borough alone", NULL },
};

static const struct verb team_verbs[] = {
    { .noun = "team",
        .name = "add",
        .method = "canvass.v1.AccountService/CreateTeam",
        .summary = "add a team (administrators)",
        .example = "canvass team add \"Team A\" --borough lambeth",
        VERB_ARGS(team_add_args),
        .view = &team_view,
        .done = "Added." },
    { .noun = "team",
        .name = "list",
        .method = "canvass.v1.AccountService/ListTeams",
        .summary = "list the teams",
        .example = "canvass team list --borough lambeth",
        VERB_ARGS(team_list_args),
        .view = &teams_view },
};
const struct noun team_noun = { "team", "teams of specialists", NOUN_VERBS(team_verbs) };

static const struct column borough_columns[] = {
    { "BOROUGH", "name", FORMAT_TEXT, 0 },
    { "CODE", "id", FORMAT_TEXT, 0 },
};
static const struct view boroughs_view = { .rows = "boroughs", VIEW_COLUMNS(borough_columns) };

static const struct verb borough_verbs[] = {
    { .noun = "borough",
        .name = "list",
        .method = "canvass.v1.AccountService/ListBoroughs",
        .summary = "list the boroughs of London",
        .example = "canvass borough list",
        .view = &boroughs_view },
};
const struct noun borough_noun = { "borough", "the boroughs of London", NOUN_VERBS(borough_verbs) };
