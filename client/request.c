/* From the texts of the options to the request, as JSON with the messages' snake_case names. */
#include "base/clock.h"
#include "base/str.h"
#include "client/app.h"
#include "client/exit_code.h"
#include "client/london.h"
#include "client/parse.h"
#include "client/quantity.h"
#include "client/remote.h"
#include "client/resolve.h"
#include "client/spans.h"
#include "client/when.h"
#include "wire/enums.h"
#include "wire/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONTENT_BYTES_MAX ((size_t)1 << 20)

/* One option on its way into the request. */
struct binding {
    struct app *app;
    const struct parsed *parsed;
    const struct arg *arg;
    const ProtobufCFieldDescriptor *field; /* NULL where the option fills several */
    json_t *request;
    json_t *mask; /* of an edit: the paths changed */
};

typedef int bind_fn(const struct binding *b, const char *text, json_t **ret_value, struct err *err);

static int mistake(const struct binding *b, struct err *err, const struct err *why)
{
    return usage_error(b->app, err, b->arg->path, "%s", why->msg);
}

static int bind_moment(const struct binding *b, enum when_direction direction, const char *text,
    json_t **ret_value, struct err *err)
{
    struct when when;
    struct err why = { 0 };
    char out[48];
    const ProtobufCMessageDescriptor *type = b->field ? field_message_descriptor(b->field) : NULL;
    bool is_date = type && str_eq(type->name, "canvass.v1.Date");
    int rc = is_date ? when_parse_date(text, direction, b->app->now_usec, &when, &why)
                     : when_parse(text, direction, b->app->now_usec, &when, &why);
    if (rc < 0)
        return mistake(b, err, &why);
    struct civil_date day = is_date ? when.date : civil_from_days(when.usec / USEC_PER_DAY);
    int64_t second = when.usec / USEC_PER_SEC % 86400;
    (void)snprintf(out, sizeof out, "%04d-%02d-%02d", (int)day.year, (int)day.month, (int)day.day);
    if (!is_date)
        (void)snprintf(out + 10, sizeof out - 10, "T%02d:%02d:%02dZ", (int)(second / 3600),
            (int)(second / 60 % 60), (int)(second % 60));
    *ret_value = json_string(out);
    return 0;
}

static int bind_back(const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    return bind_moment(b, WHEN_BACK, text, ret_value, err);
}

static int bind_ahead(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    return bind_moment(b, WHEN_AHEAD, text, ret_value, err);
}

static int bind_either(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    return bind_moment(b, WHEN_EITHER, text, ret_value, err);
}

static int bind_quantity(const struct binding *b, const char *text,
    int (*parse)(const char *, int *, struct err *), json_t **ret_value, struct err *err)
{
    int value;
    struct err why = { 0 };
    if (parse(text, &value, &why) < 0)
        return mistake(b, err, &why);
    *ret_value = json_integer(value);
    return 0;
}

static int bind_pence(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    return bind_quantity(b, text, quantity_parse_pence, ret_value, err);
}

static int bind_tenths(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    return bind_quantity(b, text, quantity_parse_tenths, ret_value, err);
}

static int bind_metres(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    return bind_quantity(b, text, quantity_parse_metres, ret_value, err);
}

static int bind_spans(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    struct err why = { 0 };
    int rc = spans_parse(text, ret_value, &why);
    return rc < 0 ? mistake(b, err, &why) : 0;
}

/* The server says what is wrong with the text; here only what no field could hold is refused. */
static int bind_content(
    const struct binding *b, const char *path, json_t **ret_value, struct err *err)
{
    _cleanup_(str_release) struct str text = { 0 };
    struct err why = { 0 };
    char piece[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    if (!file) {
        err_set(&why, ERR_INVALID, "cannot read %s: %s", path, strerror(errno));
        return mistake(b, err, &why);
    }
    while (text.len <= CONTENT_BYTES_MAX && (n = fread(piece, 1, sizeof piece, file)) > 0)
        str_add(&text, piece, n);
    (void)fclose(file);
    if (text.len > CONTENT_BYTES_MAX || !utf8_valid(str_text(&text), text.len)) {
        err_set(&why, ERR_INVALID, "%s is too large or no text", path);
        return mistake(b, err, &why);
    }
    *ret_value = json_stringn(str_text(&text), text.len);
    return 0;
}

/* Sites, contacts and the like are looked for at the employer that the request names. */
static const char *employer_of(const struct binding *b)
{
    char path[96] = "employer_id";
    const char *dot = b->arg->path ? strrchr(b->arg->path, '.') : NULL;
    if (dot)
        (void)snprintf(
            path, sizeof path, "%.*s.employer_id", (int)(dot - b->arg->path), b->arg->path);
    return json_text_at(b->request, path);
}

static int bind_name(const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    const char *id;
    int rc = resolve_name(b->app, b->arg->kind, text, employer_of(b), &id, err);
    if (rc == 0)
        *ret_value = json_string(id);
    return rc;
}

/* "in person", "In-Person" and "in_person" are the same. */
static int bind_enum(const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    char name[ENUM_NAME_BYTES];
    int number;
    size_t len = strlen(text);
    const ProtobufCEnumDescriptor *desc = field_enum_descriptor(b->field);
    for (size_t i = 0; i <= len && len < sizeof name; i++) {
        char c = text[i];
        name[i] = (char)(c == ' ' || c == '-' ? '_' : c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    if (len < sizeof name && enum_find_short_name(desc, name, len, &number) == 0) {
        *ret_value = json_string(name);
        return 0;
    }
    _cleanup_(str_release) struct str values = { 0 };
    for (unsigned i = 0; i < desc->n_values; i++) {
        if (enum_short_name(desc, desc->values[i].value, name) == 0)
            str_addf(&values, "%s%s", values.len ? ", " : "", name);
    }
    return usage_error(
        b->app, err, b->arg->path, "\"%.40s\" is none of: %s", text, str_text(&values));
}

static int bind_scalar(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    struct err why = { 0 };
    int64_t number;
    if (b->field->type == PROTOBUF_C_TYPE_ENUM)
        return bind_enum(b, text, ret_value, err);
    if (b->field->type != PROTOBUF_C_TYPE_INT32) {
        *ret_value = json_string(text);
        return 0;
    }
    if (quantity_parse_int(text, INT32_MIN, INT32_MAX, &number, &why) < 0)
        return mistake(b, err, &why);
    *ret_value = json_integer(number);
    return 0;
}

/* Call @bind for each piece of @text between commas, and gather the values. */
static int bind_list(
    const struct binding *b, const char *text, bind_fn *bind, json_t **ret_value, struct err *err)
{
    json_t *list = json_array();
    while (*text) {
        json_t *value = NULL;
        size_t len = strcspn(text, ",");
        const char *from = text + strspn(text, " "), *to = text + len;
        while (to > from && to[-1] == ' ')
            to--;
        char *piece = arena_strndup(&b->app->arena, from, from < to ? (size_t)(to - from) : 0);
        int rc = piece ? 0 : err_oom(err);
        if (piece && *piece)
            rc = bind(b, piece, &value, err);
        if (rc == 0 && value && json_array_append_new(list, value) < 0)
            rc = err_oom(err);
        if (rc < 0) {
            json_decref(list);
            return rc;
        }
        text += len + (text[len] == ',');
    }
    *ret_value = list;
    return 0;
}

static int bind_field(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    return field_is_repeated(b->field) ? bind_list(b, text, bind_scalar, ret_value, err)
                                       : bind_scalar(b, text, ret_value, err);
}

/* "8214:5", "driver:3", "8214": an occupation and how much it is wished for, 3 unless it is said */
static int bind_wish(const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    struct err why = { 0 };
    const char *colon = strrchr(text, ':'), *soc = "";
    int64_t weight = 3;
    if (colon && quantity_parse_int(colon + 1, 0, 5, &weight, &why) < 0)
        return usage_error(b->app, err, b->arg->path,
            "\"%.60s\": write ROLE:WEIGHT with a weight from 1 to 5; 0 takes the wish back", text);
    char *name = arena_strndup(&b->app->arena, text, colon ? (size_t)(colon - text) : strlen(text));
    int rc = name ? resolve_name(b->app, ARG_OCCUPATION, name, NULL, &soc, err) : err_oom(err);
    if (rc == 0)
        *ret_value = json_pack("{s:s, s:I}", "soc", soc, "weight", (json_int_t)weight);
    return rc;
}

/* Named wishes replace those with the same code and leave the others; weight 0 takes one away. */
static int bind_wishes(
    const struct binding *b, const char *text, json_t **ret_value, struct err *err)
{
    json_t *named = NULL, *wish, *other, *merged = json_array();
    size_t i, j;
    int rc = bind_list(b, text, bind_wish, &named, err);
    json_array_foreach(json_get_path(b->request, b->arg->path), i, wish)
    {
        bool is_named = false;
        json_array_foreach(named, j, other) is_named
            |= str_eq(json_text_at(other, "soc"), json_text_at(wish, "soc"));
        if (!is_named)
            (void)json_array_append(merged, wish);
    }
    json_array_foreach(named, i, wish)
    {
        if (json_integer_value(json_object_get(wish, "weight")))
            (void)json_array_append(merged, wish);
    }
    json_decref(named);
    if (rc < 0) {
        json_decref(merged);
        return rc;
    }
    *ret_value = merged;
    return 0;
}

/* A change that the field's path makes is named relative to the message: "phone". */
static int note_change(const struct binding *b, const char *path, struct err *err)
{
    const char *message = b->parsed->verb->mask;
    size_t len = message ? strlen(message) : 0;
    if (!message || b->arg->flags & ARG_NO_MASK || strncmp(path, message, len) != 0
        || path[len] != '.' || str_eq(path + len, ".etag"))
        return 0;
    return json_array_append_new(b->mask, json_string(path + len + 1)) == 0 ? 0 : err_oom(err);
}

static int put(const struct binding *b, const char *path, json_t *value, struct err *err)
{
    if (value && json_set_path(b->request, path, value) < 0)
        return err_oom(err);
    return note_change(b, path, err);
}

static int apply_range(const struct binding *b, const char *text, struct err *err)
{
    char path[96];
    int min, max;
    struct err why = { 0 };
    if (quantity_parse_tenths_range(text, &min, &max, &why) < 0)
        return mistake(b, err, &why);
    (void)snprintf(path, sizeof path, "%s_min_tenths", b->arg->path);
    int rc = put(b, path, json_integer(min), err);
    (void)snprintf(path, sizeof path, "%s_max_tenths", b->arg->path);
    return rc < 0 ? rc : put(b, path, json_integer(max), err);
}

/* An edit's "" or "none" unsets the field. */
static int clear_field(const struct binding *b, struct err *err)
{
    char parent[96] = "";
    const char *dot = strrchr(b->arg->path, '.');
    if (dot)
        (void)snprintf(parent, sizeof parent, "%.*s", (int)(dot - b->arg->path), b->arg->path);
    json_t *object = json_get_path(b->request, parent);
    if (object)
        (void)json_object_del(object, dot ? dot + 1 : b->arg->path);
    return put(b, b->arg->path, NULL, err);
}

static int apply_text(const struct binding *b, const char *text, struct err *err)
{
    static bind_fn *const table[] = { [ARG_FIELD] = bind_field,
        [ARG_BACK] = bind_back,
        [ARG_AHEAD] = bind_ahead,
        [ARG_EITHER] = bind_either,
        [ARG_PENCE] = bind_pence,
        [ARG_TENTHS] = bind_tenths,
        [ARG_METRES] = bind_metres,
        [ARG_SPANS] = bind_spans,
        [ARG_WISHES] = bind_wishes,
        [ARG_CONTENT] = bind_content };
    const struct arg *arg = b->arg;
    json_t *value = NULL;
    if (arg->kind == ARG_TENTHS_RANGE)
        return apply_range(b, text, err);
    bool is_name = resolve_knows(arg->kind);
    int rc = is_name && field_is_repeated(b->field)
        ? bind_list(b, text, bind_name, &value, err)
        : (is_name ? bind_name : table[arg->kind])(b, text, &value, err);
    if (rc == 0)
        rc = value ? put(b, arg->path, value, err) : err_oom(err);
    if (rc < 0 && err && !*err->field)
        (void)snprintf(err->field, sizeof err->field, "%s", arg->path);
    return rc;
}

static int apply(const struct binding *b, const char *text, bool is_negated, struct err *err)
{
    const struct verb *verb = b->parsed->verb;
    bool is_change = (verb->mask || verb->reads) && !(b->arg->flags & ARG_NO_MASK);
    if (!b->arg->path || b->arg->kind == ARG_LOCAL || b->arg->kind == ARG_SWITCH
        || b->arg->kind == ARG_FILE)
        return 0;
    if (arg_is_flag(verb, b->arg))
        return put(b, b->arg->path, json_boolean(!is_negated), err);
    if (is_change && b->arg->kind != ARG_TENTHS_RANGE && (!*text || str_eq(text, "none"))
        && !(b->field && field_enum_descriptor(b->field) && *text))
        return clear_field(b, err);
    if (!*text && !(b->arg->flags & ARG_REQUIRED))
        return 0;
    return apply_text(b, text, err);
}

static struct binding binding_of(
    struct app *app, const struct parsed *parsed, size_t i, json_t *request, json_t *mask)
{
    const struct arg *arg = &parsed->verb->args[i];
    return (struct binding) { .app = app,
        .parsed = parsed,
        .arg = arg,
        .field = arg_field(parsed->verb, arg),
        .request = request,
        .mask = mask };
}

/* Ask until the answer can be used; a blank one will do where nothing is required. */
static int ask(const struct binding *b, struct err *err)
{
    const struct arg *arg = b->arg;
    _cleanup_(str_release) struct str prompt = { 0 };
    str_addc(&prompt,
        (char)(arg->help[0] >= 'a' && arg->help[0] <= 'z' ? arg->help[0] - 32 : arg->help[0]));
    str_addz(&prompt, arg->help + 1);
    if (b->field && field_enum_descriptor(b->field)) {
        str_addz(&prompt, " (");
        arg_value_name(b->parsed->verb, arg, &prompt);
        str_addc(&prompt, ')');
    }
    str_addz(&prompt, ": ");
    for (;;) {
        const char *text;
        struct err why = { 0 };
        int rc = app_ask(b->app, str_text(&prompt), &text, err);
        if (rc < 0 || (!*text && !(arg->flags & ARG_REQUIRED)))
            return rc;
        if (!*text)
            continue;
        rc = apply(b, text, false, &why);
        if (rc == 0)
            return 0;
        if (rc != ERR_INVALID && rc != ERR_NOT_FOUND) {
            if (err)
                *err = why;
            return rc;
        }
        b->app->exit_code = EXIT_CODE_OK;
        (void)fprintf(b->app->errout, "%s\n", why.msg);
    }
}

static int fill_missing(
    struct app *app, const struct parsed *parsed, json_t *request, json_t *mask, struct err *err)
{
    for (size_t i = 0; i < parsed->verb->n_args; i++) {
        const struct arg *arg = &parsed->verb->args[i];
        struct binding b = binding_of(app, parsed, i, request, mask);
        if (parsed->text[i] || !(arg->flags & (ARG_REQUIRED | ARG_ASK))
            || (arg->unless && parsed_text(parsed, arg->unless)))
            continue;
        int rc = 0;
        if (app->can_ask && arg->path)
            rc = ask(&b, err);
        else if (arg->flags & ARG_REQUIRED)
            rc = usage_error(app, err, NULL, "%s%s is missing: %s",
                arg->flags & ARG_POSITIONAL ? "" : "--", arg->name, arg->help);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Of a change to a part: read the whole, so that what is not named stays. */
static int read_part(struct app *app, const struct verb *verb, json_t *request, struct err *err)
{
    struct answer answer = { 0 };
    char etag[64];
    json_t *ask_for = json_pack("{s:s}", "client_id", json_text_at(request, "client_id"));
    int rc = ask_for ? remote_call(app, verb->reads, ask_for, &answer, err) : err_oom(err);
    json_decref(ask_for);
    if (rc < 0)
        return rc;
    (void)snprintf(etag, sizeof etag, "%.*s.etag", (int)strcspn(verb->part, "."), verb->part);
    json_t *part = json_get_path(answer.value, verb->part);
    if (part)
        rc = json_set_path(request, verb->part_to, json_deep_copy(part));
    if (rc == 0)
        rc = json_set_path(request, "etag", json_string(json_text_at(answer.value, etag)));
    answer_release(&answer);
    return rc < 0 ? err_oom(err) : 0;
}

static int apply_all(
    struct app *app, const struct parsed *parsed, json_t *request, json_t *mask, struct err *err)
{
    const struct verb *verb = parsed->verb;
    bool is_read = !verb->reads;
    for (size_t i = 0; i < verb->n_args; i++) {
        struct binding b = binding_of(app, parsed, i, request, mask);
        if (!is_read && i > 0) { /* the first option names the row */
            int rc = read_part(app, verb, request, err);
            if (rc < 0)
                return rc;
            is_read = true;
        }
        if (!parsed->text[i])
            continue;
        int rc = apply(&b, parsed->text[i], parsed->is_negated[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int request_build(
    struct app *app, const struct parsed *parsed, json_t **ret_request, struct err *err)
{
    json_t *request = json_object(), *mask = json_array();
    const struct verb *verb = parsed->verb;
    int rc = 0;
    if (verb->reads && !parsed->text[0])
        rc = usage_error(
            app, err, NULL, "%s is missing: %s", verb->args[0].name, verb->args[0].help);
    if (rc == 0)
        rc = apply_all(app, parsed, request, mask, err);
    if (rc == 0)
        rc = fill_missing(app, parsed, request, mask, err);
    if (rc == 0 && verb->mask && json_array_size(mask) == 0)
        rc = usage_error(app, err, NULL, "nothing to change: name what should be different");
    if (rc == 0 && verb->mask && json_set_path(request, "update_mask", json_incref(mask)) < 0)
        rc = err_oom(err);
    json_decref(mask);
    if (rc < 0) {
        json_decref(request);
        return rc;
    }
    *ret_request = request;
    return 0;
}
