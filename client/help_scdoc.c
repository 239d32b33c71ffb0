/* Man pages, in scdoc's language, from the same tables as the help. What no table knows (exit
 * codes, files, the environment) stands in man/canvass.1.in, behind the generated part. */
#include "client/help.h"

#include "base/str.h"
#include "client/parse.h"

#include <stdio.h>
#include <string.h>

/* Write @text with what scdoc would take for markup escaped. */
static void put(struct app *app, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_#", *text))
            (void)fputc('\\', app->out);
        (void)fputc(*text, app->out);
    }
}

static void put_option(struct app *app, const struct verb *verb, const struct arg *arg)
{
    _cleanup_(str_release) struct str value = { 0 };
    bool is_positional = (arg->flags & ARG_POSITIONAL) != 0;
    (void)fprintf(app->out, "*%s", is_positional ? "" : "--");
    put(app, arg->name);
    (void)fputc('*', app->out);
    if (!is_positional && !arg_is_flag(verb, arg)) {
        arg_value_name(verb, arg, &value);
        (void)fputc(' ', app->out);
        put(app, str_text(&value));
    }
    (void)fprintf(app->out, "\n\t");
    put(app, arg->help);
    (void)fprintf(app->out, "\n\n");
}

static void put_example(struct app *app, const struct verb *verb)
{
    (void)fprintf(app->out, "```\n");
    (void)fprintf(app->out, "%s\n```\n\n", verb->example);
}

static void put_verb(struct app *app, const struct verb *verb)
{
    (void)fprintf(app->out, "## canvass %s%s%s\n\n", verb->noun, verb->name ? " " : "",
        verb->name ? verb->name : "");
    put(app, verb->summary);
    (void)fprintf(app->out, "\n\n");
    for (size_t i = 0; i < verb->n_args; i++)
        put_option(app, verb, &verb->args[i]);
    if (verb->notes) {
        put(app, verb->notes);
        (void)fprintf(app->out, "\n\n");
    }
    put_example(app, verb);
}

static void put_main(struct app *app)
{
    (void)fprintf(app->out,
        "canvass(1)\n\n# NAME\n\ncanvass - visits, openings and matches for employment "
        "specialists\n\n# SYNOPSIS\n\n*canvass* COMMAND [...]\n\n# COMMANDS\n\n");
    for (size_t i = 0; i < n_nouns; i++) {
        if (nouns[i]->verbs[0].is_hidden)
            continue;
        (void)fprintf(app->out, "*%s*\n\t", nouns[i]->name);
        put(app, nouns[i]->summary);
        (void)fprintf(app->out, ": *canvass-%s*(1)\n\n", nouns[i]->name);
    }
    (void)fprintf(app->out, "# OPTIONS OF EVERY COMMAND\n\n");
    for (size_t i = 0; i < n_global_options; i++) {
        const struct global_option *option = &global_options[i];
        (void)fprintf(app->out, "*--%s*%s%s\n\t", option->name, option->value ? " " : "",
            option->value ? option->value : "");
        put(app, option->help);
        (void)fprintf(app->out, "\n\n");
    }
}

void help_print_scdoc(struct app *app, const struct noun *noun)
{
    if (!noun) {
        put_main(app);
        return;
    }
    (void)fprintf(app->out, "canvass-%s(1)\n\n# NAME\n\ncanvass-%s - ", noun->name, noun->name);
    put(app, noun->summary);
    (void)fprintf(app->out, "\n\n# COMMANDS\n\n");
    for (size_t i = 0; i < noun->n_verbs; i++)
        put_verb(app, &noun->verbs[i]);
    (void)fprintf(app->out, "# SEE ALSO\n\n*canvass*(1)\n");
}
