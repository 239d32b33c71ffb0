/* The table of commands against the messages: every path of every row exists and has the kind that
 * the row takes it for, so that a mistake in the table is found here and not in the street. */
#include "base/str.h"
#include "client/exit_code.h"
#include "client/nouns.h"
#include "client/parse.h"
#include "client/remote.h"
#include "wire/field.h"
#include "wire/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef void verb_check_fn(const struct verb *verb);

static void for_each_verb(verb_check_fn *check)
{
    for (size_t i = 0; i < n_nouns; i++) {
        for (size_t j = 0; j < nouns[i]->n_verbs; j++)
            check(&nouns[i]->verbs[j]);
    }
}

static const ProtobufCFieldDescriptor *find(
    const ProtobufCMessageDescriptor *desc, const char *path, const struct verb *verb)
{
    const ProtobufCFieldDescriptor *steps[8];
    int n = field_find_path(desc, path, ARRAY_SIZE(steps), steps, NULL);
    if (n <= 0)
        fail_msg("%s %s: %s has no %s", verb->noun, verb->name ? verb->name : "", desc->name, path);
    return steps[n - 1];
}

static void check_type(const struct verb *verb, const struct arg *arg)
{
    const ProtobufCFieldDescriptor *field = arg_field(verb, arg);
    const ProtobufCMessageDescriptor *message = field_message_descriptor(field);
    switch (arg->kind) {
    case ARG_BACK:
    case ARG_AHEAD:
    case ARG_EITHER:
        assert_non_null(message);
        assert_true(str_eq(message->name, "canvass.v1.Date")
            || str_eq(message->name, "google.protobuf.Timestamp"));
        break;
    case ARG_PENCE:
    case ARG_TENTHS:
    case ARG_METRES:
        assert_int_equal(field->type, PROTOBUF_C_TYPE_INT32);
        break;
    case ARG_SPANS:
        assert_string_equal(message->name, "canvass.v1.WeekSpan");
        break;
    case ARG_WISHES:
        assert_string_equal(message->name, "canvass.v1.OccupationWish");
        break;
    case ARG_FIELD:
        assert_null(message);
        break;
    default:
        assert_int_equal(field->type, PROTOBUF_C_TYPE_STRING);
    }
}

static void check_args(const struct verb *verb)
{
    assert_true(verb->n_args <= PARSED_MAX_ARGS);
    for (size_t i = 0; i < verb->n_args; i++) {
        const struct arg *arg = &verb->args[i];
        assert_non_null(arg->help);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(arg->name, verb->args[j].name);
        for (size_t j = 0; j < n_global_options; j++)
            assert_string_not_equal(arg->name, global_options[j].name);
        if (!arg->path)
            continue;
        const struct schema_method *method = remote_method(verb->method);
        assert_non_null(method);
        if (arg->kind == ARG_TENTHS_RANGE) {
            char path[96];
            (void)snprintf(path, sizeof path, "%s_min_tenths", arg->path);
            (void)find(method->input, path, verb);
            (void)snprintf(path, sizeof path, "%s_max_tenths", arg->path);
            (void)find(method->input, path, verb);
        } else {
            (void)find(method->input, arg->path, verb);
            check_type(verb, arg);
        }
    }
}

static void test_verbs__options_name_fields_of_the_request(void **state)
{
    (void)state;
    for_each_verb(check_args);
}

static void check_view(const struct verb *verb)
{
    const struct view *view = verb->view;
    if (!view)
        return;
    const ProtobufCMessageDescriptor *desc = remote_method(verb->method)->output;
    const char *root = view->rows ? view->rows : view->record;
    if (*root) {
        const ProtobufCFieldDescriptor *field = find(desc, root, verb);
        assert_int_equal(field_is_repeated(field), view->rows != NULL);
        desc = field_message_descriptor(field);
    }
    for (size_t i = 0; i < view->n_columns; i++) {
        const struct column *column = &view->columns[i];
        /* "visit due" puts the employer's name, which comes beside the rows, into them */
        if (verb->show && str_eq(column->path, "employer"))
            continue;
        const ProtobufCFieldDescriptor *field = find(desc, column->path, verb);
        assert_int_equal(field_is_repeated(field),
            column->format == FORMAT_LIST || column->format == FORMAT_ENUMS
                || column->format == FORMAT_SPANS || column->format == FORMAT_WISHES
                || column->format == FORMAT_WINDOWS);
        assert_int_equal(field_enum_descriptor(field) != NULL,
            column->format == FORMAT_ENUM || column->format == FORMAT_ENUMS);
    }
}

static void test_verbs__columns_name_fields_of_the_answer(void **state)
{
    (void)state;
    for_each_verb(check_view);
}

static void check_text(const struct verb *verb)
{
    assert_non_null(verb->summary);
    assert_non_null(verb->example);
    assert_true(verb->run || verb->method);
    if (!verb->is_hidden && !strstr(verb->example, "| canvass") && !strstr(verb->example, "<("))
        assert_true(str_starts_with(verb->example, "canvass "));
    if (verb->mask)
        assert_non_null(find(remote_method(verb->method)->input, "update_mask", verb));
    if (verb->reads)
        assert_non_null(find(remote_method(verb->reads)->output, verb->part, verb));
}

static void test_verbs__each_has_a_summary_and_an_example(void **state)
{
    (void)state;
    for_each_verb(check_text);
}

/* Split as a shell would, quotes and all. */
static int split(char *line, char **argv, int max)
{
    int n = 0;
    char *out = line;
    while (*line && n < max) {
        bool is_quoted = false;
        line += strspn(line, " ");
        argv[n++] = out;
        for (; *line && (is_quoted || *line != ' '); line++) {
            if (*line == '"')
                is_quoted = !is_quoted;
            else
                *out++ = *line;
        }
        line += *line != '\0';
        *out++ = '\0';
    }
    return n;
}

static void check_example_line(const struct verb *verb, const char *line, size_t len)
{
    char copy[512], *argv[64];
    struct app app = { 0 };
    struct command_line command;
    struct parsed parsed;
    struct err err = { 0 };
    (void)snprintf(copy, sizeof copy, "%.*s", (int)len, line);
    if (strstr(copy, "| ") || strstr(copy, "<("))
        return;
    char *redirect = strstr(copy, " > ");
    if (redirect)
        *redirect = '\0';
    int argc = split(copy, argv, ARRAY_SIZE(argv));
    arena_init(&app.arena, 0);
    if (parse_command(&app, argc, argv, &command, &err) < 0 || command.verb != verb
        || parse_args(&app, argc, argv, &command, &parsed, &err) < 0)
        fail_msg("%.*s: %s", (int)len, line, err.msg);
    for (size_t i = 0; i < verb->n_args; i++) {
        if (verb->args[i].flags & ARG_REQUIRED && !parsed.text[i])
            fail_msg("%.*s lacks %s", (int)len, line, verb->args[i].name);
    }
    arena_release(&app.arena);
}

static void check_example(const struct verb *verb)
{
    const char *line = verb->example;
    while (*line && !verb->is_hidden) {
        size_t len = strcspn(line, "\n");
        check_example_line(verb, line, len);
        line += len + (line[len] == '\n');
    }
}

static void test_verbs__examples_can_be_typed(void **state)
{
    (void)state;
    for_each_verb(check_example);
}

static void check_parse_fails(const char *line, const char *hint)
{
    char copy[256], *argv[32];
    struct app app = { 0 };
    struct command_line command;
    struct parsed parsed;
    struct err err = { 0 };
    (void)snprintf(copy, sizeof copy, "%s", line);
    int argc = split(copy, argv, ARRAY_SIZE(argv));
    arena_init(&app.arena, 0);
    int rc = parse_command(&app, argc, argv, &command, &err);
    if (rc == 0)
        rc = parse_args(&app, argc, argv, &command, &parsed, &err);
    arena_release(&app.arena);
    assert_int_equal(rc, ERR_INVALID);
    assert_int_equal(app.exit_code, EXIT_CODE_USAGE);
    if (!strstr(err.msg, hint))
        fail_msg("%s: no \"%s\" in: %s", line, hint, err.msg);
}

static void test_parse__says_what_is_wrong_with_the_line(void **state)
{
    (void)state;
    check_parse_fails("canvass vist add", "\"vist\"");
    check_parse_fails("canvass visit ad", "\"ad\"");
    check_parse_fails("canvass visit add x --learnt y", "perhaps --learned");
    check_parse_fails("canvass visit add x --zzz", "--help");
    check_parse_fails("canvass visit add x --met", "--met needs a value");
    check_parse_fails("canvass visit add x --met a --met b", "twice");
    check_parse_fails("canvass visit add x --thanked=yes", "no value");
    check_parse_fails("canvass visit add x --no-met", "--no-met");
    check_parse_fails("canvass visit add -x", "long names");
    check_parse_fails("canvass token revoke a b", "one word too many");
    check_parse_fails("canvass today --limit x", "whole number");
    check_parse_fails("canvass --limit", "--limit needs");
    check_parse_fails("canvass visit add \xff", "UTF-8");
}

static void test_parse__takes_words_flags_and_lists(void **state)
{
    (void)state;
    char line[] = "canvass --json opening add tool hire --title=x --features nights --features "
                  "noise --no-hidden --role 8214 -- --odd";
    char *argv[32];
    struct app app = { 0 };
    struct command_line command;
    struct parsed parsed;
    int argc = split(line, argv, ARRAY_SIZE(argv));
    arena_init(&app.arena, 0);
    assert_int_equal(parse_command(&app, argc, argv, &command, NULL), 0);
    assert_int_equal(parse_args(&app, argc, argv, &command, &parsed, NULL), 0);
    assert_true(app.json);
    assert_string_equal(parsed_text(&parsed, "EMPLOYER"), "tool hire --odd");
    assert_string_equal(parsed_text(&parsed, "features"), "nights,noise");
    for (size_t i = 0; i < parsed.verb->n_args; i++) {
        if (str_eq(parsed.verb->args[i].name, "hidden"))
            assert_true(parsed.is_negated[i]);
    }
    arena_release(&app.arena);
}

static void test_exit_code__is_stable(void **state)
{
    (void)state;
    static const int codes[][2] = { { 0, 0 }, { ERR_INVALID, 3 }, { ERR_NOT_FOUND, 4 },
        { ERR_EXISTS, 5 }, { ERR_DENIED, 6 }, { ERR_PRECONDITION, 7 }, { ERR_ABORTED, 8 },
        { ERR_UNAUTHENTICATED, 9 }, { ERR_UNAVAILABLE, 10 }, { ERR_TIMEOUT, 10 },
        { ERR_EXHAUSTED, 11 }, { ERR_INTERNAL, 1 }, { ERR_CANCELLED, 130 } };
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        assert_int_equal(exit_code_from_err(codes[i][0]), codes[i][1]);
}

static void test_json_path__sets_and_gets(void **state)
{
    (void)state;
    json_t *root = json_object();
    assert_int_equal(json_set_path(root, "visit.site.name", json_string("x")), 0);
    assert_int_equal(json_set_path(root, "visit.cup", json_integer(2)), 0);
    assert_string_equal(json_text_at(root, "visit.site.name"), "x");
    assert_string_equal(json_text_at(root, "visit.nothing.name"), "");
    assert_ptr_equal(json_get_path(root, ""), root);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs__options_name_fields_of_the_request),
        cmocka_unit_test(test_verbs__columns_name_fields_of_the_answer),
        cmocka_unit_test(test_verbs__each_has_a_summary_and_an_example),
        cmocka_unit_test(test_verbs__examples_can_be_typed),
        cmocka_unit_test(test_parse__says_what_is_wrong_with_the_line),
        cmocka_unit_test(test_parse__takes_words_flags_and_lists),
        cmocka_unit_test(test_exit_code__is_stable),
        cmocka_unit_test(test_json_path__sets_and_gets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
