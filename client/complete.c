/* What could come next on the command line: "canvass __complete WORD...", the last word being the
 * one under the cursor. A candidate a line; an explanation may follow behind a tab. Names come from
 * the daemon, quickly or not at all, and are kept nowhere. */
#include "base/clock.h"
#include "base/str.h"
#include "client/completion.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"
#include "client/resolve.h"
#include "client/text.h"
#include "wire/enums.h"
#include "wire/field.h"

#include <stdio.h>
#include <string.h>

#define MAX_WORDS 64
#define PATIENCE_USEC (2 * USEC_PER_SEC)
#define MAX_CANDIDATES 20

struct completion {
    struct app *app;
    const char *words[MAX_WORDS];
    size_t n; /* the last is the one to complete */
    const char *current;
};

static void offer(const struct completion *c, const char *word, const char *about)
{
    if (str_starts_with(word, c->current))
        (void)fprintf(c->app->out, "%s%s%s\n", word, about ? "\t" : "", about ? about : "");
}

static void offer_nouns(const struct completion *c)
{
    for (size_t i = 0; i < n_nouns; i++) {
        if (!nouns[i]->verbs[0].is_hidden)
            offer(c, nouns[i]->name, nouns[i]->summary);
    }
}

/* The verbs of a noun, word by word: "site" before "site add". */
static void offer_verbs(const struct completion *c, const struct noun *noun, const char *before)
{
    size_t len = strlen(before);
    const char *last = "";
    for (size_t i = 0; i < noun->n_verbs; i++) {
        const char *name = noun->verbs[i].name;
        char word[32];
        if (!name || strncmp(name, before, len) != 0)
            continue;
        name += len;
        (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(name, " "), name);
        if (!str_eq(last, word))
            offer(c, word, name[strlen(word)] ? NULL : noun->verbs[i].summary);
        last = name;
    }
}

static void offer_options(const struct completion *c, const struct verb *verb)
{
    char name[48];
    for (size_t i = 0; i < verb->n_args; i++) {
        const struct arg *arg = &verb->args[i];
        if (arg->flags & ARG_POSITIONAL)
            continue;
        (void)snprintf(name, sizeof name, "--%s", arg->name);
        offer(c, name, arg->help);
    }
    for (size_t i = 0; i < n_global_options; i++) {
        (void)snprintf(name, sizeof name, "--%s", global_options[i].name);
        offer(c, name, global_options[i].help);
    }
}

static void offer_enum(const struct completion *c, const ProtobufCEnumDescriptor *desc)
{
    char name[ENUM_NAME_BYTES];
    for (unsigned i = 0; i < desc->n_values; i++) {
        if (enum_short_name(desc, desc->values[i].value, name) == 0)
            offer(c, name, NULL);
    }
}

static void offer_rows(const struct completion *c, enum arg_kind kind)
{
    size_t i;
    json_t *row, *rows = resolve_candidates(c->app, kind, c->current, MAX_CANDIDATES);
    json_array_foreach(rows, i, row)
    {
        _cleanup_(str_release) struct str clean = { 0 };
        const char *name = json_text_at(row, "name");
        const char *word = kind == ARG_OCCUPATION || kind == ARG_EMPLOYER || !*name
            ? json_text_at(row, "id")
            : name;
        text_clean(json_text_at(row, "label"), " ", &clean);
        /* an employer's name may not be unique, so its id is what is put on the line */
        (void)fprintf(c->app->out, "%s\t%s\n", word, str_text(&clean));
    }
    json_decref(rows);
}

static void offer_value(const struct completion *c, const struct verb *verb, const struct arg *arg)
{
    const ProtobufCFieldDescriptor *field = arg_field(verb, arg);
    if (arg->kind == ARG_FILE || arg->kind == ARG_CONTENT)
        (void)fprintf(c->app->out, ":FILE\n"); /* the shell knows files better */
    else if (field && field_enum_descriptor(field))
        offer_enum(c, field_enum_descriptor(field));
    else if (resolve_knows(arg->kind) && (*c->current || arg->kind != ARG_EMPLOYER))
        offer_rows(c, arg->kind);
}

static const struct arg *option_of(const struct verb *verb, const char *word)
{
    for (size_t i = 0; str_starts_with(word, "--") && i < verb->n_args; i++) {
        if (!(verb->args[i].flags & ARG_POSITIONAL) && str_eq(verb->args[i].name, word + 2))
            return &verb->args[i];
    }
    return NULL;
}

/* The positional that the word under the cursor would be. */
static const struct arg *positional_of(
    const struct completion *c, const struct verb *verb, size_t first)
{
    size_t taken = 0;
    for (size_t i = first; i + 1 < c->n; i++) {
        const struct arg *option = option_of(verb, c->words[i]);
        if (option && !arg_is_flag(verb, option))
            i++;
        else if (!str_starts_with(c->words[i], "--"))
            taken++;
    }
    for (size_t i = 0; i < verb->n_args; i++) {
        if (!(verb->args[i].flags & ARG_POSITIONAL))
            continue;
        if (taken == 0 || verb->args[i].flags & ARG_WORDS)
            return &verb->args[i];
        taken--;
    }
    return NULL;
}

static void complete_args(const struct completion *c, const struct verb *verb, size_t first)
{
    const struct arg *option = c->n > first + 1 ? option_of(verb, c->words[c->n - 2]) : NULL;
    const struct arg *positional = positional_of(c, verb, first);
    if (option && !arg_is_flag(verb, option))
        offer_value(c, verb, option);
    else if (str_starts_with(c->current, "-"))
        offer_options(c, verb);
    else if (positional)
        offer_value(c, verb, positional);
}

static void complete(const struct completion *c)
{
    char two[64];
    if (c->n <= 1) {
        offer_nouns(c);
        return;
    }
    const struct noun *noun = noun_find(c->words[0]);
    if (!noun)
        return;
    /* a noun may be a command itself and have others: "dups", "dups dismiss" */
    bool is_command = noun->n_verbs == 1 || *c->words[1] == '-';
    const struct verb *verb = is_command ? verb_find(noun, NULL) : NULL;
    if (verb) {
        complete_args(c, verb, 1);
    } else if (c->n == 2) {
        offer_verbs(c, noun, "");
    } else if ((verb = verb_find(noun, c->words[1]))) {
        complete_args(c, verb, 2);
    } else if (c->n == 3) {
        (void)snprintf(two, sizeof two, "%s ", c->words[1]);
        offer_verbs(c, noun, two);
    } else {
        (void)snprintf(two, sizeof two, "%s %s", c->words[1], c->words[2]);
        if ((verb = verb_find(noun, two)))
            complete_args(c, verb, 3);
    }
}

int complete_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    /* The words were joined by an unlikely byte (see completion/canvass.bash) to survive parsing.
     */
    const char *line = parsed_text(parsed, "WORDS");
    struct completion c = { .app = app };
    char *copy = arena_strdup(&app->arena, line ? line : "");
    if (!copy)
        return err_oom(err);
    for (char *word = copy; word && c.n < MAX_WORDS;) {
        char *end = strchr(word, '\037');
        if (end)
            *end++ = '\0';
        c.words[c.n++] = word;
        word = end;
    }
    c.current = c.words[c.n - 1];
    app->can_ask = false;
    app->patience_usec = PATIENCE_USEC;
    complete(&c);
    return 0;
}

int completion_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    (void)parsed;
    (void)fputs(completion_script, app->out);
    return output_flush(app, err);
}
