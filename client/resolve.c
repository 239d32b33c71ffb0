#include "client/resolve.h"

#include "base/str.h"
#include "base/uuid.h"
#include "client/exit_code.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/text.h"

#include <string.h>

#define MAX_CHOICES 12
#define CLEAR_SCORE 0.5 /* a best hit must fit at least so well ... */
#define CLEAR_LEAD 0.15 /* ... and better than the second by so much */

struct label_part {
    const char *path;
    enum format format;
};

/* How one kind of thing is looked up. */
struct resolver {
    enum arg_kind kind;
    const char *what;
    const char *method;
    const char *query; /* the request's field for the words; NULL: rows are filtered here */
    const char *rows, *id;
    struct label_part label[4];
    bool needs_employer;
    const char *how; /* to see what there is */
};

static const struct resolver resolvers[] = {
    { ARG_EMPLOYER, "employer", "canvass.v1.EmployerService/SearchEmployers", "query", "employers",
        "id", { { "name", FORMAT_TEXT }, { "address", FORMAT_TEXT }, { "postcode", FORMAT_TEXT } },
        false, "canvass employer find" },
    { ARG_SITE, "site", "canvass.v1.EmployerService/ListSites", NULL, "sites", "id",
        { { "name", FORMAT_TEXT }, { "address", FORMAT_LIST }, { "postcode", FORMAT_TEXT } }, true,
        "canvass employer site list" },
    { ARG_CONTACT, "contact", "canvass.v1.EmployerService/ListContacts", NULL, "contacts", "id",
        { { "name", FORMAT_TEXT }, { "job", FORMAT_TEXT } }, true,
        "canvass employer contact list" },
    { ARG_KNOWN_CONTACT, "contact", "canvass.v1.EmployerService/ListContacts", NULL, "others", "id",
        { { "job", FORMAT_TEXT }, { "borough", FORMAT_TEXT }, { "lead", FORMAT_TEXT } }, true,
        "canvass employer contact list" },
    { ARG_LESSON, "lesson", "canvass.v1.LessonService/ListLessons", "query", "lessons", "id",
        { { "text", FORMAT_TEXT }, { "by", FORMAT_TEXT } }, false, "canvass lesson list --ids" },
    { ARG_SHARE, "share", "canvass.v1.ShareService/ListShares", NULL, "shares", "id",
        { { "contact", FORMAT_TEXT }, { "job", FORMAT_TEXT }, { "to_borough", FORMAT_TEXT },
            { "to_specialist", FORMAT_TEXT } },
        true, "canvass share list --ids" },
    { ARG_REQUEST, "request", "canvass.v1.ShareService/ListRequests", NULL, "requests", "id",
        { { "employer", FORMAT_TEXT }, { "job", FORMAT_TEXT }, { "asked_by", FORMAT_TEXT },
            { "borough", FORMAT_TEXT } },
        true, "canvass request list --ids" },
    { ARG_OCCUPATION, "occupation", "canvass.v1.ReferenceService/SearchOccupations", "query",
        "occupations", "code", { { "code", FORMAT_TEXT }, { "title", FORMAT_TEXT } }, false,
        "canvass occupation find" },
    { ARG_OPENING, "opening", "canvass.v1.OpeningService/ListOpenings", NULL, "openings", "id",
        { { "title", FORMAT_TEXT }, { "employer", FORMAT_TEXT }, { "postcode", FORMAT_TEXT } },
        true, "canvass opening list --ids" },
    { ARG_TRIAL, "trial", "canvass.v1.TrialService/ListTrials", NULL, "trials", "id",
        { { "client_ref", FORMAT_TEXT }, { "employer", FORMAT_TEXT }, { "title", FORMAT_TEXT },
            { "starts_on", FORMAT_DATE } },
        false, "canvass trial list --ended --ids" },
    { ARG_VISIT, "visit", "canvass.v1.VisitService/ListVisits", NULL, "visits", "id",
        { { "at", FORMAT_MOMENT }, { "employer", FORMAT_TEXT }, { "met", FORMAT_TEXT },
            { "specialist", FORMAT_TEXT } },
        true, "canvass visit list --ids" },
    { ARG_SPECIALIST, "person", "canvass.v1.AccountService/ListSpecialists", NULL, "specialists",
        "id", { { "name", FORMAT_TEXT }, { "email", FORMAT_TEXT }, { "team", FORMAT_TEXT } }, false,
        "canvass specialist list" },
    { ARG_TEAM, "team", "canvass.v1.AccountService/ListTeams", NULL, "teams", "id",
        { { "name", FORMAT_TEXT }, { "borough", FORMAT_TEXT } }, false, "canvass team list" },
    { ARG_BOROUGH, "borough", "canvass.v1.AccountService/ListBoroughs", NULL, "boroughs", "id",
        { { "name", FORMAT_TEXT } }, false, "canvass borough list" },
    { ARG_CLIENT, "client", "canvass.v1.ClientService/ListClients", "ref_prefix", "clients", "id",
        { { "ref", FORMAT_TEXT }, { "initials", FORMAT_TEXT } }, false, "canvass client list" },
};

static const struct resolver *find_resolver(enum arg_kind kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(resolvers); i++) {
        if (resolvers[i].kind == kind)
            return &resolvers[i];
    }
    return NULL;
}

bool resolve_knows(enum arg_kind kind)
{
    return find_resolver(kind) != NULL;
}

static const char *label_of(struct app *app, const struct resolver *resolver, const json_t *row)
{
    _cleanup_(str_release) struct str text = { 0 };
    _cleanup_(str_release) struct str clean = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(resolver->label) && resolver->label[i].path; i++) {
        _cleanup_(str_release) struct str part = { 0 };
        output_cell(json_get_path(row, resolver->label[i].path), resolver->label[i].format, &part);
        if (part.len)
            str_addf(&text, "%s%s", text.len ? ", " : "", part.data);
    }
    text_clean(str_text(&text), " ", &clean);
    return arena_strdup(&app->arena, str_text(&clean));
}

/* Keep the rows whose label has all words of @text. */
static json_t *filter_rows(
    struct app *app, const struct resolver *resolver, json_t *rows, const char *text)
{
    size_t i;
    json_t *row, *kept = json_array();
    json_array_foreach(rows, i, row)
    {
        const char *label = label_of(app, resolver, row);
        if (label && text_has_words(label, text))
            (void)json_array_append(kept, row);
    }
    return kept;
}

static int fetch_rows(struct app *app, const struct resolver *resolver, const char *text,
    const char *employer_id, size_t max, json_t **ret_rows, struct err *err)
{
    struct answer answer = { 0 };
    const struct schema_method *method = remote_method(resolver->method);
    json_t *request = json_object();
    int rc = request ? 0 : err_oom(err);
    if (rc == 0 && resolver->query)
        rc = json_set_path(request, resolver->query, json_string(text));
    if (rc == 0 && resolver->needs_employer)
        rc = json_set_path(request, "employer_id", json_string(employer_id));
    if (rc == 0 && protobuf_c_message_descriptor_get_field_by_name(method->input, "page_size"))
        rc = json_set_path(
            request, "page_size", json_integer((json_int_t)(resolver->query ? max : 1000)));
    if (rc == 0)
        rc = remote_call(app, resolver->method, request, &answer, err);
    json_decref(request);
    if (rc < 0)
        return rc;
    json_t *rows = json_get_path(answer.value, resolver->rows);
    *ret_rows = resolver->query ? json_incref(rows) : filter_rows(app, resolver, rows, text);
    answer_release(&answer);
    return *ret_rows ? 0 : err_oom(err);
}

static int take_row(struct app *app, const struct resolver *resolver, const json_t *row,
    const char **ret_id, struct err *err)
{
    const char *label = label_of(app, resolver, row);
    *ret_id = arena_strdup(&app->arena, json_text_at(row, resolver->id));
    if (!*ret_id || !label)
        return err_oom(err);
    (void)fprintf(app->errout, "%s%s: %s%s\n", app_dim(app), resolver->what, label, app_plain(app));
    return 0;
}

/* Whether the first row is the one that is meant: it fits well, and much better than the next. */
static bool is_clear(const json_t *rows)
{
    json_t *first = json_object_get(json_array_get(rows, 0), "score");
    json_t *second = json_object_get(json_array_get(rows, 1), "score");
    return json_array_size(rows) == 1
        || (json_is_number(first) && json_is_number(second)
            && json_number_value(first) >= CLEAR_SCORE
            && json_number_value(first) - json_number_value(second) >= CLEAR_LEAD);
}

static int refuse_several(struct app *app, const struct resolver *resolver, const char *text,
    const json_t *rows, struct err *err)
{
    size_t n = MIN(json_array_size(rows), (size_t)MAX_CHOICES);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(rows, i);
        const char *label = label_of(app, resolver, row);
        (void)fprintf(
            app->errout, "  %s  %s\n", json_text_at(row, resolver->id), label ? label : "");
    }
    app->exit_code = EXIT_CODE_AMBIGUOUS;
    return err_set(
        err, ERR_INVALID, "\"%.80s\" could be any of these; give more words, or an id", text);
}

static int choose_row(struct app *app, const struct resolver *resolver, const char *text,
    const json_t *rows, const char **ret_id, struct err *err)
{
    const char *lines[MAX_CHOICES];
    size_t n = MIN(json_array_size(rows), (size_t)MAX_CHOICES), chosen = 0;
    if (n == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no %s \"%.80s\"; see: %s", resolver->what,
            text, resolver->how);
    if (is_clear(rows))
        return take_row(app, resolver, json_array_get(rows, 0), ret_id, err);
    if (!app->can_ask)
        return refuse_several(app, resolver, text, rows, err);
    for (size_t i = 0; i < n; i++) {
        lines[i] = label_of(app, resolver, json_array_get(rows, i));
        if (!lines[i])
            return err_oom(err);
    }
    char *title = arena_printf(&app->arena, "Which %s is \"%s\"?", resolver->what, text);
    int rc = title ? app_choose(app, title, lines, n, &chosen, err) : err_oom(err);
    return rc < 0 ? rc : take_row(app, resolver, json_array_get(rows, chosen), ret_id, err);
}

/* A client is known by its reference; nothing else would find one. */
static int resolve_client(struct app *app, const char *ref, const char **ret_id, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = json_pack("{s:s}", "ref", ref);
    int rc = request ? remote_call(app, "canvass.v1.ClientService/GetClient", request, &answer, err)
                     : err_oom(err);
    json_decref(request);
    if (rc < 0 && err && str_eq(err->field, "ref"))
        err->field[0] = '\0'; /* it is the word that was typed; the caller says which */
    if (rc < 0)
        return rc;
    *ret_id = arena_strdup(&app->arena, json_text_at(answer.value, "client.id"));
    answer_release(&answer);
    return *ret_id ? 0 : err_oom(err);
}

static int resolve_me(struct app *app, const char **ret_id, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = json_object();
    int rc = request ? remote_call(app, "canvass.v1.AccountService/WhoAmI", request, &answer, err)
                     : err_oom(err);
    json_decref(request);
    if (rc < 0)
        return rc;
    *ret_id = arena_strdup(&app->arena, json_text_at(answer.value, "specialist.id"));
    answer_release(&answer);
    return *ret_id ? 0 : err_oom(err);
}

static bool is_id(enum arg_kind kind, const char *text)
{
    struct uuid id;
    size_t len = strlen(text);
    if (kind == ARG_OCCUPATION)
        return len >= 1 && len <= 4 && strspn(text, "0123456789") == len;
    if (kind == ARG_BOROUGH)
        return len == 9 && str_starts_with(text, "E09");
    return uuid_parse(text, len, &id) == 0;
}

/* Keep the rows whose label has most of the words of @text: "tool hire jo" is Jo of the people
 * there, and "tool hire" all of them. */
static json_t *best_rows(
    struct app *app, const struct resolver *resolver, const json_t *rows, const char *text)
{
    size_t i, most = 0;
    json_t *row, *kept = json_array();
    json_array_foreach(rows, i, row)
    {
        const char *label = label_of(app, resolver, row);
        size_t n = label ? text_count_words(label, text) : 0;
        if (n > most)
            (void)json_array_clear(kept);
        most = MAX(most, n);
        if (n == most)
            (void)json_array_append(kept, row);
    }
    return kept;
}

/* @text without its first @n words, or its last ones; NULL: none would be left. */
static const char *fewer_words(struct app *app, const char *text, size_t n, bool is_first)
{
    const char *from = text, *to = text + strlen(text);
    for (; n > 0; n--) {
        const char *space = is_first ? strchr(from, ' ') : memrchr(from, ' ', (size_t)(to - from));
        if (!space)
            return NULL;
        if (is_first)
            from = space + 1;
        else
            to = space;
    }
    return arena_strndup(&app->arena, from, (size_t)(to - from));
}

/* The employer among words of which some are of something there: "van driver tool hire", as an
 * opening reads, and "tool hire van driver". */
static int resolve_employer_within(
    struct app *app, const char *text, const char **ret_id, struct err *err)
{
    enum { MOST = 4 };
    struct err other = { 0 };
    int rc = resolve_name(app, ARG_EMPLOYER, text, NULL, ret_id, err);
    for (size_t i = 0; rc == ERR_NOT_FOUND && i < 2 * (size_t)MOST; i++) {
        const char *fewer = fewer_words(app, text, i % MOST + 1, i < MOST);
        int r = fewer ? resolve_name(app, ARG_EMPLOYER, fewer, NULL, ret_id, &other) : rc;
        if (r < 0 && r != ERR_NOT_FOUND)
            *err = other;
        rc = r;
    }
    return rc;
}

/* "opening show tool hire": the words are the employer's, and all of its rows count, unless some of
 * the words tell them apart: "tool hire van driver". */
static int fetch_of_named_employer(struct app *app, const struct resolver *resolver,
    const char *text, json_t **ret_rows, struct err *err)
{
    const char *employer_id = NULL;
    json_t *rows = NULL;
    int rc = resolve_employer_within(app, text, &employer_id, err);
    if (rc == 0)
        rc = fetch_rows(app, resolver, "", employer_id, MAX_CHOICES, &rows, err);
    if (rc < 0)
        return rc;
    *ret_rows = best_rows(app, resolver, rows, text);
    json_decref(rows);
    return *ret_rows ? 0 : err_oom(err);
}

int resolve_name(struct app *app, enum arg_kind kind, const char *text, const char *employer_id,
    const char **ret_id, struct err *err)
{
    const struct resolver *resolver = find_resolver(kind);
    json_t *rows = NULL;
    if (is_id(kind, text)) {
        *ret_id = text;
        return 0;
    }
    if (kind == ARG_CLIENT)
        return resolve_client(app, text, ret_id, err);
    if (kind == ARG_SPECIALIST && str_eq(text, "me"))
        return resolve_me(app, ret_id, err);
    int rc = resolver->needs_employer && (!employer_id || !*employer_id)
        ? fetch_of_named_employer(app, resolver, text, &rows, err)
        : fetch_rows(app, resolver, text, employer_id, MAX_CHOICES, &rows, err);
    if (rc == 0)
        rc = choose_row(app, resolver, text, rows, ret_id, err);
    json_decref(rows);
    return rc;
}

json_t *resolve_candidates(struct app *app, enum arg_kind kind, const char *text, size_t max)
{
    const struct resolver *resolver = find_resolver(kind);
    json_t *rows = NULL, *row, *out = json_array();
    size_t i;
    if (!resolver || resolver->needs_employer
        || fetch_rows(app, resolver, text, NULL, max, &rows, NULL) < 0) {
        json_decref(out);
        return NULL;
    }
    json_array_foreach(rows, i, row)
    {
        const char *label = label_of(app, resolver, row);
        if (label && i < max)
            (void)json_array_append_new(out,
                json_pack("{s:s, s:s, s:s}", "id", json_text_at(row, resolver->id), "label", label,
                    "name", json_text_at(row, kind == ARG_CLIENT ? "ref" : "name")));
    }
    json_decref(rows);
    return out;
}
