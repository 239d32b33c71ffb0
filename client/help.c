#include "client/help.h"

#include "base/str.h"
#include "client/nouns.h"
#include "client/parse.h"
#include "client/text.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 30

static void print_item(struct app *app, const char *left, const char *right)
{
    _cleanup_(str_release) struct str wrapped = { 0 };
    text_wrap(right, HELP_COLUMN, app->is_out_terminal ? app->width : 80, &wrapped);
    int len = text_width(left, strlen(left));
    if (len > HELP_COLUMN - 4)
        (void)fprintf(app->out, "  %s\n%*s%s\n", left, HELP_COLUMN, "", str_text(&wrapped));
    else
        (void)fprintf(app->out, "  %s%*s%s\n", left, HELP_COLUMN - 2 - len, "", str_text(&wrapped));
}

static void usage_of(const struct verb *verb, struct str *out)
{
    bool has_options = false;
    str_addf(
        out, "canvass %s%s%s", verb->noun, verb->name ? " " : "", verb->name ? verb->name : "");
    for (size_t i = 0; i < verb->n_args; i++) {
        const struct arg *arg = &verb->args[i];
        bool is_needed = (arg->flags & ARG_REQUIRED) != 0;
        if (arg->flags & ARG_POSITIONAL)
            str_addf(out, is_needed ? " %s" : " [%s]", arg->name);
        else if (is_needed)
            str_addf(out, " --%s ...", arg->name);
        else
            has_options = true;
    }
    str_addz(out, has_options ? " [options]" : "");
}

void help_print_overview(struct app *app)
{
    (void)fprintf(app->out,
        "canvass: visits, openings and matches for employment specialists\n\n"
        "usage: canvass COMMAND [...]   canvass help COMMAND\n\n");
    for (size_t i = 0; i < n_nouns; i++) {
        _cleanup_(str_release) struct str left = { 0 };
        const struct noun *noun = nouns[i];
        if (noun->verbs[0].is_hidden)
            continue;
        str_addz(&left, noun->name);
        print_item(app, str_text(&left), noun->summary);
    }
    (void)fprintf(app->out, "\noptions of every command:\n");
    for (size_t i = 0; i < n_global_options; i++) {
        _cleanup_(str_release) struct str left = { 0 };
        const struct global_option *option = &global_options[i];
        str_addf(&left, "--%s%s%s", option->name, option->value ? " " : "",
            option->value ? option->value : "");
        print_item(app, str_text(&left), option->help);
    }
    (void)fprintf(app->out, "\nBegin with: canvass login HOST:PORT\n");
}

static void print_options(struct app *app, const struct verb *verb)
{
    bool is_first = true;
    for (size_t i = 0; i < verb->n_args; i++) {
        _cleanup_(str_release) struct str left = { 0 };
        const struct arg *arg = &verb->args[i];
        if (is_first)
            (void)fputc('\n', app->out);
        is_first = false;
        str_addf(&left, "%s%s", arg->flags & ARG_POSITIONAL ? "" : "--", arg->name);
        if (!(arg->flags & ARG_POSITIONAL) && !arg_is_flag(verb, arg)) {
            str_addc(&left, ' ');
            arg_value_name(verb, arg, &left);
        }
        print_item(app, str_text(&left), arg->help);
    }
}

void help_print_verb(struct app *app, const struct verb *verb)
{
    _cleanup_(str_release) struct str usage = { 0 };
    usage_of(verb, &usage);
    (void)fprintf(app->out, "%s: %s\n\nusage: %s\n", str_text(&usage) + strlen("canvass "),
        verb->summary, str_text(&usage));
    print_options(app, verb);
    if (verb->notes) {
        _cleanup_(str_release) struct str notes = { 0 };
        text_wrap(verb->notes, 0, app->is_out_terminal ? app->width : 80, &notes);
        (void)fprintf(app->out, "\n%s\n", str_text(&notes));
    }
    const char *line = verb->example;
    (void)fprintf(app->out, "\nexample:\n");
    while (*line) {
        size_t len = strcspn(line, "\n");
        (void)fprintf(app->out, "  %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

void help_print_noun(struct app *app, const struct noun *noun)
{
    if (noun->n_verbs == 1) {
        help_print_verb(app, &noun->verbs[0]);
        return;
    }
    (void)fprintf(app->out, "canvass %s: %s\n\n", noun->name, noun->summary);
    for (size_t i = 0; i < noun->n_verbs; i++) {
        _cleanup_(str_release) struct str left = { 0 };
        const char *name = noun->verbs[i].name;
        str_addf(&left, "%s%s%s", noun->name, name ? " " : "", name ? name : "");
        print_item(app, str_text(&left), noun->verbs[i].summary);
    }
    (void)fprintf(app->out, "\ncanvass %s %s --help explains one, with an example.\n", noun->name,
        noun->verbs[noun->n_verbs - 1].name);
}

int help_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    const char *words = parsed_text(parsed, "COMMAND");
    bool is_scdoc = parsed_text(parsed, "scdoc") != NULL;
    char name[64];
    if (!words) {
        if (is_scdoc)
            help_print_scdoc(app, NULL);
        else
            help_print_overview(app);
        return 0;
    }
    size_t len = strcspn(words, " ");
    (void)snprintf(name, sizeof name, "%.*s", (int)len, words);
    const struct noun *noun = noun_find(name);
    const struct verb *verb = noun && words[len] ? verb_find(noun, words + len + 1) : NULL;
    if (!noun || (words[len] && !verb))
        return usage_error(
            app, err, NULL, "there is no command \"%s\"; \"canvass help\" lists them", words);
    if (is_scdoc)
        help_print_scdoc(app, noun);
    else if (verb)
        help_print_verb(app, verb);
    else
        help_print_noun(app, noun);
    return 0;
}
