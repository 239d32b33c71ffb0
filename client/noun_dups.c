/* dups: employers that may be one, and adding one where another is like it */
#include "base/str.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"

#include <math.h>
#include <string.h>

#define EMPLOYER_METHOD(name) "canvass.v1.EmployerService/" name
#define MAX_TWINS 10

static const struct arg list_args[] = {
    { "borough", "borough_id", ARG_BOROUGH, 0, NULL, "only with a site in this borough", NULL },
    { "min-score", "min_score", ARG_FIELD, 0, "SCORE", "0 to 1: how likely they are one, at least",
        NULL },
};
static const struct arg find_args[] = {
    { "NAME", "employer.name", ARG_FIELD, ARG_POSITIONAL | ARG_WORDS, "NAME",
        "the name, as far as you have it", NULL },
    { "postcode", "site.postcode", ARG_FIELD, 0, NULL, "the postcode or its beginning", NULL },
    { "address", "site.address", ARG_FIELD, 0, "LINES",
        "address without the postcode, lines separated by commas", NULL },
    { "phone", "employer.phone", ARG_FIELD, 0, NULL, "telephone", NULL },
    { "email", "email", ARG_FIELD, 0, NULL, "somebody's address there", NULL },
    { "website", "employer.website", ARG_FIELD, 0, "URL", "https://...", NULL },
    { "company-number", "employer.company_number", ARG_FIELD, 0, "NUMBER", "Companies House number",
        NULL },
};
static const struct arg dismiss_args[] = {
    { "EMPLOYER", "employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED, "EMPLOYER",
        "one of them: words of its name in quotes, or its id", NULL },
    { "OTHER", "other_employer_id", ARG_EMPLOYER, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS,
        "OTHER", "the other one", NULL },
};

static const struct column pair_columns[] = {
    { "LIKELY", "score", FORMAT_TEXT, COLUMN_RIGHT },
    { "ONE", "one.name", FORMAT_TEXT, COLUMN_SHRINK },
    { "AT", "one.postcode", FORMAT_TEXT, 0 },
    { "OTHER", "other.name", FORMAT_TEXT, COLUMN_SHRINK },
    { "AT", "other.postcode", FORMAT_TEXT, 0 },
    { "WHY", "reasons", FORMAT_LIST, COLUMN_SHRINK },
    { "ID", "one.id", FORMAT_TEXT, COLUMN_ID },
    { "OTHER ID", "other.id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view pairs_view
    = { .rows = "pairs", VIEW_COLUMNS(pair_columns), .empty = "no two employers look like one" };
static const struct column twin_columns[] = {
    { "LIKELY", "score", FORMAT_TEXT, COLUMN_RIGHT },
    { "NAME", "name", FORMAT_TEXT, COLUMN_SHRINK },
    { "ADDRESS", "address", FORMAT_TEXT, COLUMN_SHRINK },
    { "POSTCODE", "postcode", FORMAT_TEXT, 0 },
    { "WHY", "reasons", FORMAT_LIST, COLUMN_SHRINK },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view twins_view
    = { .rows = "employers", VIEW_COLUMNS(twin_columns), .empty = "nothing like it is there" };
static const struct column dismissed_columns[] = {
    { "Said by", "decided.by", FORMAT_TEXT, 0 },
    { "  at", "decided.at", FORMAT_MOMENT, 0 },
};
static const struct view dismissed_view = { .record = "", VIEW_COLUMNS(dismissed_columns) };

/* Scores as people say them: "97 %". */
static int say_scores(
    struct app *app, const struct view *view, const struct answer *answer, struct err *err)
{
    size_t i;
    json_t *row, *rows = json_get_path(answer->value, view->rows);
    json_array_foreach(rows, i, row)
    {
        _cleanup_(str_release) struct str text = { 0 };
        str_addf(&text, "%.0f %%", floor(100 * json_number_value(json_object_get(row, "score"))));
        if (json_object_set_new(row, "score", json_string(str_text(&text))) < 0)
            return err_oom(err);
    }
    return output_answer(app, view, answer, err);
}

static int pairs_show(struct app *app, const struct answer *answer, struct err *err)
{
    return say_scores(app, &pairs_view, answer, err);
}

static int twins_show(struct app *app, const struct answer *answer, struct err *err)
{
    return say_scores(app, &twins_view, answer, err);
}

static const char *line_of(struct app *app, const json_t *twin)
{
    _cleanup_(str_release) struct str line = { 0 };
    _cleanup_(str_release) struct str why = { 0 };
    output_cell(json_get_path(twin, "reasons"), FORMAT_LIST, &why);
    str_addz(&line, json_text_at(twin, "name"));
    if (*json_text_at(twin, "address"))
        str_addf(&line, ", %s", json_text_at(twin, "address"));
    if (*json_text_at(twin, "postcode"))
        str_addf(&line, ", %s", json_text_at(twin, "postcode"));
    str_addf(&line, " (%.0f %%: %s)",
        floor(100 * json_number_value(json_object_get(twin, "score"))), str_text(&why));
    return arena_strdup(&app->arena, str_text(&line));
}

/* Show what is there and ask. *@ret_id is "" if it is none of them. */
static int ask_which(struct app *app, const json_t *twins, const char **ret_id, struct err *err)
{
    const char *lines[MAX_TWINS + 1];
    size_t n = MIN(json_array_size(twins), (size_t)MAX_TWINS), chosen = 0;
    for (size_t i = 0; i < n; i++) {
        lines[i] = line_of(app, json_array_get(twins, i));
        if (!lines[i])
            return err_oom(err);
    }
    lines[n] = "none of these: add it";
    int rc = app_choose(app, "Is it one of these?", lines, n + 1, &chosen, err);
    if (rc == 0)
        *ret_id = chosen == n ? "" : json_text_at(json_array_get(twins, chosen), "id");
    return rc;
}

static int find_twins(
    struct app *app, const json_t *request, struct answer *ret_answer, struct err *err)
{
    json_t *question = json_object();
    json_t *employer = json_object_get(request, "employer"),
           *site = json_object_get(request, "site");
    int rc = question && (!employer || json_object_set(question, "employer", employer) == 0)
            && (!site || json_object_set(question, "site", site) == 0)
        ? remote_call(app, EMPLOYER_METHOD("FindSimilar"), question, ret_answer, err)
        : err_oom(err);
    json_decref(question);
    return rc;
}

/* It was there: show that one instead of adding another. */
static int show_there(struct app *app, const char *id, struct err *err)
{
    static const struct column columns[] = {
        { "Name", "name", FORMAT_TEXT, 0 },
        { "Phone", "phone", FORMAT_TEXT, 0 },
        { "Id", "id", FORMAT_TEXT, 0 },
    };
    static const struct view view = { .record = "employer", VIEW_COLUMNS(columns) };
    struct answer answer = { 0 };
    json_t *request = json_pack("{s:s}", "employer_id", id);
    int rc = request ? remote_call(app, EMPLOYER_METHOD("GetEmployer"), request, &answer, err)
                     : err_oom(err);
    json_decref(request);
    if (rc == 0) {
        app_note(app, "nothing was added; this is the one that is there");
        rc = output_answer(app, &view, &answer, err);
    }
    answer_release(&answer);
    return rc;
}

static int send_anyway(struct app *app, const struct verb *verb, json_t *request, struct err *err)
{
    struct answer answer = { 0 };
    (void)json_object_del(request, "request_id");
    int rc = json_object_set_new(request, "even_if_similar", json_true()) < 0 ? err_oom(err) : 0;
    if (rc == 0)
        rc = remote_call(app, verb->method, request, &answer, err);
    if (rc == 0) {
        output_done(app, verb);
        rc = output_answer(app, verb->view, &answer, err);
    }
    answer_release(&answer);
    return rc;
}

/* The server found a twin and a person is there to ask. */
static int ask_and_send(struct app *app, const struct verb *verb, json_t *request, struct err *err)
{
    struct answer twins = { 0 };
    const char *id = "";
    int rc = find_twins(app, request, &twins, err);
    const json_t *rows = json_get_path(twins.value, "employers");
    if (rc == 0 && json_array_size(rows))
        rc = ask_which(app, rows, &id, err);
    if (rc == 0)
        rc = *id ? show_there(app, id, err) : send_anyway(app, verb, request, err);
    answer_release(&twins);
    return rc;
}

int employer_add_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    const struct verb *verb = parsed->verb;
    struct answer answer = { 0 };
    struct err refused = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);
    if (rc == 0) {
        rc = remote_call(app, verb->method, request, &answer, &refused);
        if (rc == ERR_EXISTS && app->can_ask && str_eq(refused.field, "even_if_similar")) {
            rc = ask_and_send(app, verb, request, err);
        } else if (rc == 0) {
            output_done(app, verb);
            rc = output_answer(app, verb->view, &answer, err);
        } else if (err) {
            *err = refused;
        }
    }
    json_decref(request);
    answer_release(&answer);
    return rc;
}

static const struct verb dups_verbs[] = {
    { .noun = "dups",
        .name = NULL,
        .method = EMPLOYER_METHOD("ListDuplicates"),
        .summary = "list pairs of employers that are likely one, the likeliest first",
        .example = "canvass dups --borough lambeth --limit 20",
        .notes = "The whole registry is looked at, which takes seconds. The first of a pair was "
                 "there first: canvass merge keeps it. A chain's many sites are not listed.",
        VERB_ARGS(list_args),
        .view = &pairs_view,
        .show = pairs_show },
    { .noun = "dups",
        .name = "find",
        .method = EMPLOYER_METHOD("FindSimilar"),
        .summary = "see what is there that a name, a place or a number may be",
        .example = "canvass dups find stockwell tool hire --postcode \"SW9 0AA\"",
        VERB_ARGS(find_args),
        .view = &twins_view,
        .show = twins_show },
    { .noun = "dups",
        .name = "dismiss",
        .method = EMPLOYER_METHOD("DismissDuplicate"),
        .summary = "say that two employers are two; the pair is not listed again",
        .example = "canvass dups dismiss \"wagamama camden\" \"wagamama brixton\"",
        VERB_ARGS(dismiss_args),
        .view = &dismissed_view,
        .done = "Kept apart." },
};
const struct noun dups_noun = { "dups", "employers that may be one", NOUN_VERBS(dups_verbs) };
