/* From the words of a command line to a verb and the texts of its options. */
#pragma once

#include "base/str.h"
#include "client/app.h"
#include "client/verb.h"

#include <protobuf-c/protobuf-c.h>

/* Options that every command knows. */
struct global_option {
    const char *name;
    const char *value; /* what stands for its value in the help; NULL: it takes none */
    const char *help;
};

extern const struct global_option global_options[];
extern const size_t n_global_options;

/* What a command line says before any command runs. */
struct command_line {
    const char *noun, *profile;
    int first; /* where in argv the words after the verb's name begin */
    bool wants_help, wants_version, wants_no_color;
    const struct noun *found_noun;
    const struct verb *verb; /* NULL: only help can be given */
};

/* Find noun and verb, and take global options wherever they stand. ERR_INVALID; then the exit code
 * is EXIT_CODE_USAGE. */
int parse_command(struct app *app, int argc, char *const *argv, struct command_line *ret_line,
    struct err *err) _must_check_;

/* Read the verb's own options and words; global options among them go to @line and @app. */
int parse_args(struct app *app, int argc, char *const *argv, struct command_line *line,
    struct parsed *ret_parsed, struct err *err) _must_check_;

/* Fail as a mistake on the command line: ERR_INVALID, and EXIT_CODE_USAGE. @field may be NULL. */
int usage_error(struct app *app, struct err *err, const char *field, const char *fmt, ...)
    _printf_(4, 5);

/* Return the request's field that the option fills; NULL if it fills none, or several. */
const ProtobufCFieldDescriptor *arg_field(const struct verb *verb, const struct arg *arg);

/* Say whether the option takes no value. */
bool arg_is_flag(const struct verb *verb, const struct arg *arg);

/* Write what stands for the value in the help, "warm|cold" for an enum. */
void arg_value_name(const struct verb *verb, const struct arg *arg, struct str *out);
