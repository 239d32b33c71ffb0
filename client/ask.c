/* Asking on the terminal. Prompts go to stderr, so that stdout stays for answers. */
#include "client/app.h"

#include "base/str.h"

#include <errno.h>
#include <histedit.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

void app_note(const struct app *app, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)fprintf(app->errout, "canvass: ");
    (void)vfprintf(app->errout, fmt, args);
    (void)fputc('\n', app->errout);
    va_end(args);
}

const char *app_bold(const struct app *app)
{
    return app->has_color ? "\033[1m" : "";
}

const char *app_dim(const struct app *app)
{
    return app->has_color ? "\033[2m" : "";
}

const char *app_plain(const struct app *app)
{
    return app->has_color ? "\033[0m" : "";
}

static char *give_prompt(EditLine *edit)
{
    void *prompt = NULL;
    (void)el_get(edit, EL_CLIENTDATA, &prompt);
    return prompt;
}

static int keep_line(
    struct app *app, const char *line, size_t n, const char **ret_text, struct err *err)
{
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' '))
        n--;
    while (n > 0 && *line == ' ') {
        line++;
        n--;
    }
    if (!utf8_valid(line, n))
        return err_set(err, ERR_INVALID, "that is not UTF-8 text");
    char *copy = arena_strndup(&app->arena, line, n);
    if (!copy)
        return err_oom(err);
    *ret_text = copy;
    return 0;
}

int app_ask(struct app *app, const char *prompt, const char **ret_text, struct err *err)
{
    char *shown = arena_strdup(&app->arena, prompt);
    EditLine *edit = shown ? el_init("canvass", app->in, app->errout, app->errout) : NULL;
    int n = 0;
    if (!edit)
        return err_oom(err);
    (void)el_set(edit, EL_CLIENTDATA, shown);
    (void)el_set(edit, EL_PROMPT, give_prompt);
    (void)el_set(edit, EL_EDITOR, "emacs");
    (void)el_set(edit, EL_SIGNAL, 1);
    const char *line = el_gets(edit, &n);
    int rc = line && n > 0 ? keep_line(app, line, (size_t)n, ret_text, err)
                           : err_set(err, ERR_CANCELLED, "stopped; nothing was sent");
    el_end(edit);
    if (!line || n <= 0)
        (void)fputc('\n', app->errout);
    return rc;
}

int app_ask_secret(struct app *app, const char *prompt, const char **ret_text, struct err *err)
{
    struct termios before, hidden;
    char line[512];
    bool is_terminal = tcgetattr(fileno(app->in), &before) == 0;
    if (is_terminal) {
        hidden = before;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(fileno(app->in), TCSAFLUSH, &hidden);
        (void)fprintf(app->errout, "%s", prompt);
    }
    const char *got = fgets(line, sizeof line, app->in);
    if (is_terminal) {
        (void)tcsetattr(fileno(app->in), TCSAFLUSH, &before);
        (void)fputc('\n', app->errout);
    }
    if (!got)
        return err_set(err, ERR_CANCELLED, "stopped; nothing was sent");
    int rc = keep_line(app, line, strlen(line), ret_text, err);
    explicit_bzero(line, sizeof line);
    return rc;
}

int app_choose(struct app *app, const char *title, const char *const *lines, size_t n,
    size_t *ret_index, struct err *err)
{
    (void)fprintf(app->errout, "%s\n", title);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(app->errout, "%3zu  %s\n", i + 1, lines[i]);
    for (;;) {
        const char *text = "";
        char *end = NULL;
        int rc = app_ask(app, "Which number? ", &text, err);
        if (rc < 0)
            return rc;
        unsigned long number = strtoul(text, &end, 10);
        if (*text && !*end && number >= 1 && number <= n) {
            *ret_index = number - 1;
            return 0;
        }
        (void)fprintf(app->errout, "A number from 1 to %zu; Ctrl-C stops.\n", n);
    }
}
