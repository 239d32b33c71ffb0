/* What every command of one run shares: who and where, how to print, the connection.
 *
 * main.c makes it, cli.c fills it from the command line and the environment, the verbs use it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "client/channel.h"
#include "client/profile.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct app {
    FILE *in, *out, *errout;
    struct profile profile;
    const char *profile_name;
    struct channel *channel; /* made at the first call */
    struct arena arena; /* lives as long as the run */
    int64_t now_usec;
    int64_t patience_usec; /* how long to try a server that does not answer */
    bool json, no_input, dry_run, show_ids, all_rows;
    int64_t max_rows; /* of a list; 0: 50 */
    bool is_out_terminal, is_err_terminal, can_ask, has_color;
    int width; /* of the terminal */
    int exit_code; /* chosen by a command that succeeded in part; 0: none */
};

/* Print a sentence on stderr, with the program's name before it. */
void app_note(const struct app *app, const char *fmt, ...) _printf_(2, 3);

/* Return what starts and what ends bold or dim text, "" without colour. */
const char *app_bold(const struct app *app) _pure_;
const char *app_dim(const struct app *app) _pure_;
const char *app_plain(const struct app *app) _pure_;

/* Ask one line on the terminal, with line editing. Blank answers are returned as "". The text lives
 * in the app's arena. ERR_CANCELLED at the end of input or Ctrl-C. */
int app_ask(
    struct app *app, const char *prompt, const char **ret_text, struct err *err) _must_check_;

/* Ask for something that must not be seen. */
int app_ask_secret(
    struct app *app, const char *prompt, const char **ret_text, struct err *err) _must_check_;

/* Let the user choose one of @n lines by its number. ERR_CANCELLED as above. */
int app_choose(struct app *app, const char *title, const char *const *lines, size_t n,
    size_t *ret_index, struct err *err) _must_check_;
