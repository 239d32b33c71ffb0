#include "client/cli.h"

#include "base/clock.h"
#include "base/str.h"
#include "client/app.h"
#include "client/exit_code.h"
#include "client/help.h"
#include "client/parse.h"
#include "client/text.h"
#include "wire/schema.h"

#include <curl/curl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_PATIENCE_USEC (30 * USEC_PER_SEC)

/* Names have accents, so the terminal is taken to be UTF-8 even where the locale says nothing. */
static void choose_locale(void)
{
    if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static int terminal_width(FILE *out)
{
    struct winsize size = { 0 };
    const char *columns = getenv("COLUMNS");
    long given = columns ? strtol(columns, NULL, 10) : 0;
    if (given >= 20 && given <= 1000)
        return (int)given;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

static void app_init(struct app *app)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    *app = (struct app) { .in = stdin,
        .out = stdout,
        .errout = stderr,
        .now_usec = clock_now_usec(),
        .patience_usec = DEFAULT_PATIENCE_USEC,
        .is_out_terminal = isatty(STDOUT_FILENO) == 1,
        .is_err_terminal = isatty(STDERR_FILENO) == 1 };
    arena_init(&app->arena, 0);
    app->width = terminal_width(stdout);
    app->has_color
        = app->is_out_terminal && (!no_color || !*no_color) && term && !str_eq(term, "dumb");
}

static void app_release(struct app *app)
{
    channel_free(app->channel);
    profile_release(&app->profile);
    arena_release(&app->arena);
}

/* An error for people: the option that it speaks of, the sentence, what to do. */
static int print_error(struct app *app, const struct verb *verb, int code, const struct err *err)
{
    char option[80];
    _cleanup_(str_release) struct str clean = { 0 };
    const char *advice = app->exit_code ? "" : exit_code_advice(code);
    const char *field
        = verb && *err->field ? verb_option_of(verb, err->field, option, sizeof option) : NULL;
    text_clean(err->msg, "\n  ", &clean);
    if (!field && *err->field)
        field = err->field;
    app_note(app, "%s%s%s", field ? field : "", field ? ": " : "", str_text(&clean));
    if (*advice)
        (void)fprintf(app->errout, "%s\n", advice);
    if (verb && app->exit_code == EXIT_CODE_USAGE)
        (void)fprintf(
            app->errout, "For example: %.*s\n", (int)strcspn(verb->example, "\n"), verb->example);
    return app->exit_code ? app->exit_code : exit_code_from_err(code);
}

static int run_verb(
    struct app *app, int argc, char *const *argv, struct command_line *line, struct err *err)
{
    struct parsed parsed;
    int rc = parse_args(app, argc, argv, line, &parsed, err);
    if (rc < 0)
        return rc;
    app->can_ask = !app->no_input && isatty(STDIN_FILENO) == 1 && app->is_err_terminal;
    if (line->wants_no_color)
        app->has_color = false;
    const char *profile = getenv("CANVASS_PROFILE");
    app->profile_name = line->profile ? line->profile : profile && *profile ? profile : "default";
    rc = profile_load(app->profile_name, &app->profile, err);
    if (rc < 0)
        return rc;
    return line->verb->run ? line->verb->run(app, &parsed, err) : verb_run(app, &parsed, err);
}

static int run(struct app *app, int argc, char *const *argv)
{
    struct command_line line = { 0 };
    struct err err = { 0 };
    int rc = parse_command(app, argc, argv, &line, &err);
    if (rc < 0)
        return print_error(app, NULL, rc, &err);
    if (line.wants_version) {
        (void)fprintf(app->out, "canvass %s\n", CANVASS_VERSION);
        return EXIT_CODE_OK;
    }
    if (!line.verb || line.wants_help) {
        if (line.verb)
            help_print_verb(app, line.verb);
        else if (line.found_noun)
            help_print_noun(app, line.found_noun);
        else
            help_print_overview(app);
        return line.wants_help || !line.found_noun ? EXIT_CODE_OK : EXIT_CODE_USAGE;
    }
    rc = run_verb(app, argc, argv, &line, &err);
    return rc < 0 ? print_error(app, line.verb, rc, &err) : app->exit_code;
}

int cli_main(int argc, char *const *argv)
{
    struct app app;
    choose_locale();
    (void)signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !schema_get()) {
        (void)fputs("canvass: cannot start: out of memory\n", stderr);
        return EXIT_CODE_FAULT;
    }
    app_init(&app);
    int code = run(&app, argc, argv);
    app_release(&app);
    curl_global_cleanup();
    return code;
}
