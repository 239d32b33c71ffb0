#include "client/parse.h"

#include "base/clock.h"
#include "client/exit_code.h"
#include "client/quantity.h"
#include "client/remote.h"
#include "wire/enums.h"
#include "wire/field.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct global_option global_options[] = {
    { "all", NULL, "show all rows of a list, all reasons of a match" },
    { "dry-run", NULL, "check everything, keep nothing" },
    { "help", NULL, "explain the command" },
    { "ids", NULL, "show ids in tables" },
    { "json", NULL, "answer in JSON, for programs" },
    { "limit", "N", "show at most N rows of a list (50)" },
    { "no-color", NULL, "no colour, as if NO_COLOR were set" },
    { "no-input", NULL, "never ask; fail instead" },
    { "patience", "SECONDS", "how long to try a server that does not answer (30)" },
    { "profile", "NAME", "use another login (default)" },
    { "version", NULL, "print the version" },
};
const size_t n_global_options = ARRAY_SIZE(global_options);

int usage_error(struct app *app, struct err *err, const char *field, const char *fmt, ...)
{
    char text[sizeof err->msg];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    app->exit_code = EXIT_CODE_USAGE;
    return err_set_field(err, ERR_INVALID, field, "%s", text);
}

static const struct global_option *find_global(const char *word, size_t len)
{
    for (size_t i = 0; i < n_global_options; i++) {
        if (strlen(global_options[i].name) == len && !memcmp(global_options[i].name, word, len))
            return &global_options[i];
    }
    return NULL;
}

static int take_number(struct app *app, const char *name, const char *value, int64_t max,
    int64_t *ret_number, struct err *err)
{
    struct err bad = { 0 };
    if (quantity_parse_int(value, 1, max, ret_number, &bad) < 0)
        return usage_error(app, err, name, "%s", bad.msg);
    return 0;
}

static int apply_global(struct app *app, struct command_line *line, const char *name,
    const char *value, struct err *err)
{
    int rc = 0;
    int64_t seconds;
    if (str_eq(name, "all")) {
        app->all_rows = true;
    } else if (str_eq(name, "dry-run")) {
        app->dry_run = true;
    } else if (str_eq(name, "help")) {
        line->wants_help = true;
    } else if (str_eq(name, "ids")) {
        app->show_ids = true;
    } else if (str_eq(name, "json")) {
        app->json = true;
    } else if (str_eq(name, "limit")) {
        rc = take_number(app, "--limit", value, 1000000, &app->max_rows, err);
    } else if (str_eq(name, "no-color")) {
        line->wants_no_color = true;
    } else if (str_eq(name, "no-input")) {
        app->no_input = true;
    } else if (str_eq(name, "patience")) {
        rc = take_number(app, "--patience", value, 86400, &seconds, err);
        if (rc == 0)
            app->patience_usec = seconds * USEC_PER_SEC;
    } else if (str_eq(name, "profile")) {
        line->profile = value;
    } else if (str_eq(name, "version")) {
        line->wants_version = true;
    }
    return rc;
}

/* 1 if argv[*at] is a global option, which is taken; 0 if it is something else. */
static int take_global(struct app *app, struct command_line *line, int argc, char *const *argv,
    int *at, struct err *err)
{
    const char *word = argv[*at];
    if (str_eq(word, "-h"))
        word = "--help";
    if (!str_starts_with(word, "--") || !word[2])
        return 0;
    size_t len = strcspn(word + 2, "=");
    const struct global_option *option = find_global(word + 2, len);
    if (!option)
        return 0;
    const char *value = word[2 + len] ? word + 3 + len : NULL;
    if (value && !option->value)
        return usage_error(app, err, NULL, "--%s takes no value", option->name);
    if (option->value && !value) {
        if (*at + 1 >= argc)
            return usage_error(app, err, NULL, "--%s needs %s", option->name, option->value);
        value = argv[++*at];
    }
    int rc = apply_global(app, line, option->name, value, err);
    return rc < 0 ? rc : 1;
}

static int find_verb(struct app *app, struct command_line *line, int argc, char *const *argv,
    int at, struct err *err)
{
    char two[64];
    const struct noun *noun = line->found_noun;
    const char *first = at < argc && argv[at][0] != '-' ? argv[at] : NULL;
    const char *second = first && at + 1 < argc ? argv[at + 1] : "";
    (void)snprintf(two, sizeof two, "%s %s", first ? first : "", second);
    line->first = at;
    if (first && (line->verb = verb_find(noun, two)))
        line->first = at + 2;
    else if (first && (line->verb = verb_find(noun, first)))
        line->first = at + 1;
    else
        line->verb = verb_find(noun, NULL);
    if (line->verb || !first)
        return 0;
    return usage_error(app, err, NULL,
        "canvass %s has no \"%s\"; \"canvass help %s\" lists what it has", noun->name, first,
        noun->name);
}

int parse_command(
    struct app *app, int argc, char *const *argv, struct command_line *ret_line, struct err *err)
{
    struct command_line line = { .first = argc };
    int at = 1, rc = 1;
    while (at < argc && (rc = take_global(app, &line, argc, argv, &at, err)) > 0)
        at++;
    if (rc < 0)
        return rc;
    if (at < argc) {
        line.noun = argv[at];
        line.found_noun = noun_find(line.noun);
        if (!line.found_noun)
            return usage_error(app, err, NULL,
                "there is no command \"%s\"; \"canvass help\" lists them", line.noun);
        rc = find_verb(app, &line, argc, argv, at + 1, err);
        if (rc < 0)
            return rc;
    }
    for (int i = line.first; i < argc; i++) { /* --help further on counts too */
        if (str_eq(argv[i], "--"))
            break;
        line.wants_help |= str_eq(argv[i], "--help") || str_eq(argv[i], "-h");
    }
    *ret_line = line;
    return 0;
}

const ProtobufCFieldDescriptor *arg_field(const struct verb *verb, const struct arg *arg)
{
    const ProtobufCFieldDescriptor *steps[8];
    const struct schema_method *method = verb->method ? remote_method(verb->method) : NULL;
    if (!method || !arg->path || arg->kind == ARG_TENTHS_RANGE)
        return NULL;
    int n = field_find_path(method->input, arg->path, ARRAY_SIZE(steps), steps, NULL);
    return n > 0 ? steps[n - 1] : NULL;
}

bool arg_is_flag(const struct verb *verb, const struct arg *arg)
{
    if (arg->kind == ARG_SWITCH)
        return true;
    const ProtobufCFieldDescriptor *field = arg->kind == ARG_FIELD ? arg_field(verb, arg) : NULL;
    return field && field->type == PROTOBUF_C_TYPE_BOOL;
}

static void enum_values(const ProtobufCEnumDescriptor *desc, struct str *out)
{
    char name[ENUM_NAME_BYTES];
    bool is_first = true;
    for (unsigned i = 0; i < desc->n_values; i++) {
        if (enum_short_name(desc, desc->values[i].value, name) < 0)
            continue;
        str_addf(out, "%s%s", is_first ? "" : "|", name);
        is_first = false;
    }
}

void arg_value_name(const struct verb *verb, const struct arg *arg, struct str *out)
{
    static const char *const names[] = { [ARG_BACK] = "WHEN",
        [ARG_AHEAD] = "WHEN",
        [ARG_EITHER] = "WHEN",
        [ARG_PENCE] = "POUNDS",
        [ARG_TENTHS] = "HOURS",
        [ARG_TENTHS_RANGE] = "HOURS",
        [ARG_METRES] = "DISTANCE",
        [ARG_SPANS] = "WEEK",
        [ARG_WISHES] = "ROLE[:WEIGHT],...",
        [ARG_EMPLOYER] = "EMPLOYER",
        [ARG_SITE] = "SITE",
        [ARG_CONTACT] = "CONTACT",
        [ARG_KNOWN_CONTACT] = "CONTACT",
        [ARG_LESSON] = "LESSON",
        [ARG_SHARE] = "SHARE",
        [ARG_REQUEST] = "REQUEST",
        [ARG_CLIENT] = "CLIENT",
        [ARG_OCCUPATION] = "ROLE",
        [ARG_OPENING] = "OPENING",
        [ARG_VISIT] = "VISIT",
        [ARG_SPECIALIST] = "PERSON",
        [ARG_TEAM] = "TEAM",
        [ARG_BOROUGH] = "BOROUGH",
        [ARG_FILE] = "FILE",
        [ARG_CONTENT] = "FILE" };
    const ProtobufCFieldDescriptor *field = arg_field(verb, arg);
    if (arg->value)
        str_addz(out, arg->value);
    else if (arg->kind < ARRAY_SIZE(names) && names[arg->kind])
        str_addz(out, names[arg->kind]);
    else if (field && field_enum_descriptor(field))
        enum_values(field_enum_descriptor(field), out);
    else
        str_addz(out, field && field->type == PROTOBUF_C_TYPE_INT32 ? "N" : "TEXT");
}

const char *parsed_text(const struct parsed *parsed, const char *name)
{
    for (size_t i = 0; i < parsed->verb->n_args; i++) {
        if (str_eq(parsed->verb->args[i].name, name))
            return parsed->text[i];
    }
    return NULL;
}

const char *verb_option_of(const struct verb *verb, const char *path, char *out, size_t size)
{
    for (size_t i = 0; i < verb->n_args; i++) {
        const struct arg *arg = &verb->args[i];
        bool is_range
            = arg->path && arg->kind == ARG_TENTHS_RANGE && str_starts_with(path, arg->path);
        if (!arg->path || (!is_range && !str_eq(arg->path, path)))
            continue;
        (void)snprintf(out, size, "%s%s", arg->flags & ARG_POSITIONAL ? "" : "--", arg->name);
        return out;
    }
    return NULL;
}

static int find_option(const struct verb *verb, const char *name, size_t len)
{
    for (size_t i = 0; i < verb->n_args; i++) {
        const struct arg *arg = &verb->args[i];
        if (!(arg->flags & ARG_POSITIONAL) && strlen(arg->name) == len
            && memcmp(arg->name, name, len) == 0)
            return (int)i;
    }
    return -1;
}

/* Keep a value; a list that is given twice goes on, anything else must not be. */
static int keep_value(struct app *app, struct parsed *parsed, int i, const char *value,
    const char *joint, struct err *err)
{
    const struct arg *arg = &parsed->verb->args[i];
    if (!utf8_valid(value, strlen(value)))
        return usage_error(app, err, arg->name, "that is not UTF-8 text");
    if (parsed->text[i] && !joint)
        return usage_error(app, err, NULL, "--%s is given twice", arg->name);
    parsed->text[i] = parsed->text[i]
        ? arena_printf(&app->arena, "%s%s%s", parsed->text[i], joint, value)
        : value;
    return parsed->text[i] ? 0 : err_oom(err);
}

static const char *joint_of(const struct verb *verb, const struct arg *arg)
{
    const ProtobufCFieldDescriptor *field = arg_field(verb, arg);
    return field && field_is_repeated(field) ? "," : NULL;
}

static int unknown_option(
    struct app *app, const struct verb *verb, const char *word, struct err *err)
{
    const char *best = NULL;
    for (size_t i = 0; i < verb->n_args && !best; i++) {
        const struct arg *arg = &verb->args[i];
        if (!(arg->flags & ARG_POSITIONAL) && strncmp(arg->name, word + 2, 3) == 0)
            best = arg->name;
    }
    return usage_error(app, err, NULL, "there is no option %s%s%s; add --help to see the options",
        word, best ? "; perhaps --" : "", best ? best : "");
}

static int take_option(
    struct app *app, int argc, char *const *argv, int *at, struct parsed *parsed, struct err *err)
{
    const struct verb *verb = parsed->verb;
    const char *word = argv[*at], *name = word + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    int i = find_option(verb, name, len);
    if (i < 0 && str_starts_with(name, "no-")) {
        i = find_option(verb, name + 3, len - 3);
        if (i < 0 || value || !arg_is_flag(verb, &verb->args[i]))
            return unknown_option(app, verb, word, err);
        parsed->is_negated[i] = true;
        return keep_value(app, parsed, i, "", NULL, err);
    }
    if (i < 0)
        return unknown_option(app, verb, word, err);
    bool is_flag = arg_is_flag(verb, &verb->args[i]);
    if (is_flag && value)
        return usage_error(app, err, NULL, "--%s takes no value", verb->args[i].name);
    if (!is_flag && !value) {
        if (*at + 1 >= argc)
            return usage_error(app, err, NULL, "--%s needs a value", verb->args[i].name);
        value = argv[++*at];
    }
    return keep_value(app, parsed, i, is_flag ? "" : value, joint_of(verb, &verb->args[i]), err);
}

static int take_word(struct app *app, const char *word, struct parsed *parsed, struct err *err)
{
    for (size_t i = 0; i < parsed->verb->n_args; i++) {
        const struct arg *arg = &parsed->verb->args[i];
        bool takes_more = (arg->flags & ARG_WORDS) != 0;
        if (arg->flags & ARG_POSITIONAL && (!parsed->text[i] || takes_more))
            return keep_value(app, parsed, (int)i, word, takes_more ? " " : NULL, err);
    }
    return usage_error(app, err, NULL,
        "\"%s\" is one word too many; put quotes around words that belong together", word);
}

int parse_args(struct app *app, int argc, char *const *argv, struct command_line *line,
    struct parsed *ret_parsed, struct err *err)
{
    bool only_words = false;
    *ret_parsed = (struct parsed) { .verb = line->verb };
    for (int at = line->first; at < argc; at++) {
        const char *word = argv[at];
        if (!only_words && str_eq(word, "--")) {
            only_words = true;
            continue;
        }
        int rc = only_words ? 0 : take_global(app, line, argc, argv, &at, err);
        if (rc == 0 && !only_words && str_starts_with(word, "--"))
            rc = take_option(app, argc, argv, &at, ret_parsed, err);
        else if (rc == 0 && !only_words && word[0] == '-' && word[1])
            rc = usage_error(
                app, err, NULL, "there is no option %s; options have long names", word);
        else if (rc == 0)
            rc = take_word(app, word, ret_parsed, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
