#include "base/str.h"
#include "base/uuid.h"
#include "db/pool.h"
#include "service/bind.h"
#include "service/bind_internal.h"
#include "service/pgbin.h"
#include "wire/field.h"
#include "wire/json.h"

#include "google/protobuf/field_mask.pb-c.h"

#define ARRAY_HEADER_BYTES 20

/* ---- compiling ---- */

static int fail(const struct block *block, size_t i, const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s:%d: parameter :%s %s", block->file, block->params[i].line,
        block->params[i].path, what);
}

static int misfit(const struct block *block, size_t i, const ProtobufCFieldDescriptor *field,
    const struct sql_type *type, struct err *err)
{
    return err_set(err, ERR_INVALID,
        "%s:%d: parameter :%s is %s%s, which cannot be sent as %s (cast it in the statement)",
        block->file, block->params[i].line, block->params[i].path,
        field_is_repeated(field) ? "a list; each is " : "", codec_field_name(field), type->name);
}

static bool is_json(const struct sql_type *type)
{
    return type->kind == SQL_JSONB || type->kind == SQL_JSON;
}

/* Say whether the whole field, list or not, can be sent as @type. */
static bool field_fits(const ProtobufCFieldDescriptor *field, const struct sql_type *type)
{
    bool is_plain_message
        = field->type == PROTOBUF_C_TYPE_MESSAGE && codec_message_of(field) == CODEC_MESSAGE;

    if (!field_is_repeated(field))
        return codec_can_send(field, type);
    if (is_json(type))
        return true;
    return type->kind == SQL_ARRAY && type->element && !is_plain_message
        && codec_can_send(field, type->element);
}

static int find_steps(const struct block *block, size_t i, struct bind_param *param,
    const ProtobufCMessageDescriptor *input, struct err *err)
{
    int n = field_find_path(input, param->path, BIND_STEPS_MAX, param->steps, NULL);

    if (n < 0)
        return err_set(err, ERR_INVALID, "%s:%d: parameter :%s is no field of %s", block->file,
            block->params[i].line, param->path, input->name);
    for (int step = 0; step + 1 < n; step++)
        if (field_is_repeated(param->steps[step]))
            return fail(block, i, "goes through a list; take the list itself, as jsonb", err);
    param->n_steps = (size_t)n;
    return 0;
}

/* Take care of the names that mean something to the engine. True: @param is done. */
static bool init_special(struct bind_params *params, struct bind_param *param,
    const ProtobufCMessageDescriptor *input, bool streams_pages)
{
    const ProtobufCFieldDescriptor *field
        = protobuf_c_message_descriptor_get_field_by_name(input, param->path);

    if (!field && str_eq(param->path, "request")) {
        param->source = BIND_REQUEST;
    } else if (str_eq(param->path, "page_size") && (field || streams_pages)) {
        param->source = BIND_PAGE_SIZE;
        params->has_pages = true;
        params->page_size_field = field;
        params->page_size_default = streams_pages ? BIND_PAGE_STREAM : BIND_PAGE_DEFAULT;
    } else if (streams_pages && str_eq(param->path, "page_token")) {
        param->source = BIND_PAGE_TOKEN;
    } else if (streams_pages && !field && str_eq(param->path, "until")) {
        param->source = BIND_UNTIL;
    } else if (!field && str_eq(param->path, "found")) {
        param->source = BIND_FOUND;
        params->has_found = true;
    } else {
        return false;
    }
    return true;
}

static int check_special(
    const struct block *block, size_t i, const struct bind_param *param, struct err *err)
{
    if (param->source == BIND_REQUEST && !is_json(param->type))
        return fail(block, i, "is the whole request and needs the type jsonb", err);
    if (param->source == BIND_PAGE_SIZE && param->type->kind != SQL_INT4
        && param->type->kind != SQL_INT8)
        return fail(block, i, "needs the type int4 or int8", err);
    if ((param->source == BIND_PAGE_TOKEN || param->source == BIND_UNTIL)
        && param->type->kind != SQL_TEXT)
        return fail(block, i, "needs the type text", err);
    if (param->source == BIND_FOUND
        && (param->type->kind != SQL_ARRAY || !param->type->element
            || param->type->element->kind != SQL_UUID))
        return fail(block, i, "needs the type uuid[]", err);
    return 0;
}

/* Prepare the enum's labels, and see that the server's type has each. */
static int init_enum(const struct block *block, size_t i, struct bind_param *param,
    const ProtobufCFieldDescriptor *field, struct arena *arena, struct err *err)
{
    const struct sql_type *type
        = param->type->kind == SQL_ARRAY ? param->type->element : param->type;
    const ProtobufCEnumDescriptor *desc = field_enum_descriptor(field);
    int r = codec_enum_labels(field, arena, &param->labels, err);

    for (unsigned value = 0; r == 0 && type->kind == SQL_ENUM && value < desc->n_values; value++) {
        const char *label = param->labels[value];
        bool is_known = !label;
        for (size_t k = 0; k < type->n_labels && !is_known; k++)
            is_known = str_eq(type->labels[k], label);
        if (!is_known)
            return err_set(err, ERR_INVALID, "%s:%d: parameter :%s: type %s has no value \"%s\"",
                block->file, block->params[i].line, param->path, type->name, label);
    }
    return r;
}

static int init_param(struct bind_params *params, const struct block *block, size_t i,
    struct bind_param *param, const ProtobufCMessageDescriptor *input, bool streams_pages,
    struct arena *arena, struct err *err)
{
    param->path = block->params[i].path;
    if (init_special(params, param, input, streams_pages))
        return check_special(block, i, param, err);
    int r = find_steps(block, i, param, input, err);
    if (r < 0)
        return r;
    const ProtobufCFieldDescriptor *field = param->steps[param->n_steps - 1];
    if (!field_fits(field, param->type))
        return misfit(block, i, field, param->type, err);
    return field->type == PROTOBUF_C_TYPE_ENUM && !is_json(param->type)
        ? init_enum(block, i, param, field, arena, err)
        : 0;
}

int bind_params_init(struct bind_params *params, const struct block *block,
    const ProtobufCMessageDescriptor *input, bool streams_pages, const uint32_t *oids,
    const struct sql_types *types, struct arena *arena, struct err *err)
{
    struct bind_param *made = arena_calloc(arena, block->n_params, sizeof(*made));

    *params = (struct bind_params) { .params = made, .n_params = block->n_params };
    if (!made)
        return err_oom(err);
    for (size_t i = 0; i < block->n_params; i++) {
        made[i].type = sql_types_find(types, oids[i]);
        if (!made[i].type)
            return fail(block, i, "has a type that the daemon does not know", err);
        int r = init_param(params, block, i, &made[i], input, streams_pages, arena, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- in a call ---- */

int bind_page_size(const struct bind_params *params, const ProtobufCMessage *request,
    int32_t *ret_page_size, struct err *err)
{
    int32_t asked = 0;

    if (params->page_size_field)
        memcpy(&asked, field_data(request, params->page_size_field), sizeof(asked));
    if (asked < 0)
        return err_set_field(
            err, ERR_INVALID, "page_size", "Give a number from 0 to %d.", BIND_PAGE_MAX);
    *ret_page_size = asked == 0 ? params->page_size_default : MIN(asked, BIND_PAGE_MAX);
    return 0;
}

/* Put the parameter's path in front of what the error says already: "[2]" or "site.postcode". */
static void name_field(struct err *err, const char *path)
{
    char inner[sizeof(err->field)];

    memcpy(inner, err->field, sizeof(inner));
    snprintf(err->field, sizeof(err->field), "%s%s%.*s", path,
        inner[0] && inner[0] != '[' && path[0] ? "." : "",
        (int)(sizeof(err->field) - 1 - MIN(strlen(path) + 1, sizeof(err->field) - 1)), inner);
}

/* Send JSON text; jsonb has a version byte in front. */
static int json_value(const struct bind_param *param, const struct str *json, struct arena *arena,
    struct db_value *ret_value, struct err *err)
{
    size_t skip = param->type->kind == SQL_JSONB;
    char *data = arena_alloc(arena, json->len + skip);

    if (!data || json->failed)
        return err_oom(err);
    if (skip)
        data[0] = PGBIN_JSONB_VERSION;
    memcpy(data + skip, json->data, json->len);
    *ret_value
        = (struct db_value) { .data = data, .len = (int)(json->len + skip), .is_binary = true };
    return 0;
}

static int request_value(const struct bind_param *param, const ProtobufCMessage *request,
    struct arena *arena, struct db_value *ret_value, struct err *err)
{
    _cleanup_(str_release) struct str json = { 0 };
    int r = json_print(request, JSON_SQL, &json, err);

    return r < 0 ? r : json_value(param, &json, arena, ret_value, err);
}

static int message_value(const struct bind_param *param, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, struct arena *arena, struct db_value *ret_value,
    struct err *err)
{
    _cleanup_(str_release) struct str json = { 0 };
    int r;

    if (!field_is_repeated(field) && !field_is_set(message, field))
        return 0;
    r = json_print_field(message, field, JSON_SQL, &json, err);
    return r < 0 ? r : json_value(param, &json, arena, ret_value, err);
}

/* Encode element @i of a list behind what @out holds. */
static int add_element(const struct bind_param *param, const ProtobufCFieldDescriptor *field,
    const void *data, struct str *out, struct err *err)
{
    const struct sql_type *type = param->type->element;
    struct codec_value value;
    uint8_t buffer[16], len[4];
    int r = codec_encode(field, type, param->labels, data, buffer, &value, err);

    if (r < 0)
        return r;
    if (!value.data && type->kind != SQL_TEXT && type->kind != SQL_BYTEA)
        return err_set(err, ERR_INVALID, "An element of this list may not be empty.");
    pgbin_put32(len, (uint32_t)value.len);
    str_add(out, len, sizeof(len));
    str_add(out, value.data ? value.data : "", (size_t)value.len);
    return 0;
}

static void add_array_header(const struct sql_type *type, size_t n, struct str *out)
{
    uint8_t header[ARRAY_HEADER_BYTES];

    pgbin_put32(header, n > 0); /* dimensions */
    pgbin_put32(header + 4, 0); /* no NULLs */
    pgbin_put32(header + 8, type->element_oid);
    pgbin_put32(header + 12, (uint32_t)n);
    pgbin_put32(header + 16, 1); /* first index */
    str_add(out, header, n > 0 ? sizeof(header) : 12);
}

static int list_value(const struct bind_param *param, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, struct arena *arena, struct db_value *ret_value,
    struct err *err)
{
    _cleanup_(str_release) struct str out = { 0 };
    size_t n = field_count(message, field);

    add_array_header(param->type, n, &out);
    for (size_t i = 0; i < n; i++) {
        int r = add_element(param, field, field_element(message, field, i), &out, err);
        if (r < 0) {
            snprintf(err->field, sizeof(err->field), "[%zu]", i);
            return r;
        }
    }
    const void *data = out.failed ? NULL : arena_memdup(arena, out.data, out.len);
    if (!data)
        return err_oom(err);
    *ret_value = (struct db_value) { .data = data, .len = (int)out.len, .is_binary = true };
    return 0;
}

static int mask_value(const struct bind_param *param, const ProtobufCMessage *message,
    struct arena *arena, struct db_value *ret_value, struct err *err)
{
    const ProtobufCFieldDescriptor *paths = google__protobuf__field_mask__descriptor.fields;

    return message ? list_value(param, message, paths, arena, ret_value, err) : 0;
}

static int single_value(const struct bind_param *param, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, struct arena *arena, struct db_value *ret_value,
    struct err *err)
{
    uint8_t buffer[16];
    struct codec_value value;

    if (field_has_presence(field) && !field_is_set(message, field))
        return 0;
    int r = codec_encode(
        field, param->type, param->labels, field_data(message, field), buffer, &value, err);
    if (r < 0)
        return r;
    if (value.data == buffer) {
        value.data = arena_memdup(arena, buffer, (size_t)value.len);
        if (!value.data)
            return err_oom(err);
    }
    *ret_value = (struct db_value) { .data = value.data, .len = value.len, .is_binary = true };
    return 0;
}

static int field_value(const struct bind_param *param, const ProtobufCMessage *message,
    struct arena *arena, struct db_value *ret_value, struct err *err)
{
    for (size_t i = 0; i + 1 < param->n_steps; i++) {
        message = field_message(message, param->steps[i]);
        if (!message)
            return 0;
    }
    const ProtobufCFieldDescriptor *field = param->steps[param->n_steps - 1];
    if (is_json(param->type))
        return message_value(param, message, field, arena, ret_value, err);
    if (field_is_repeated(field))
        return list_value(param, message, field, arena, ret_value, err);
    if (param->type->kind == SQL_ARRAY)
        return mask_value(param, field_message(message, field), arena, ret_value, err);
    return single_value(param, message, field, arena, ret_value, err);
}

/* Ask for one row more than the page has, to see whether there is another page. */
static int page_size_value(const struct bind_param *param, int32_t page_size, struct arena *arena,
    struct db_value *ret_value, struct err *err)
{
    bool is_wide = param->type->kind == SQL_INT8;
    uint8_t *data = arena_alloc(arena, 8);

    if (!data)
        return err_oom(err);
    if (is_wide)
        pgbin_put64(data, (uint64_t)page_size + 1);
    else
        pgbin_put32(data, (uint32_t)page_size + 1);
    *ret_value = (struct db_value) { .data = data, .len = is_wide ? 8 : 4, .is_binary = true };
    return 0;
}

static int found_value(const struct bind_param *param, const struct uuid *found, size_t n,
    struct arena *arena, struct db_value *ret_value, struct err *err)
{
    _cleanup_(str_release) struct str out = { 0 };
    uint8_t len[4];

    pgbin_put32(len, sizeof(found->bytes));
    add_array_header(param->type, n, &out);
    for (size_t i = 0; i < n; i++) {
        str_add(&out, len, sizeof(len));
        str_add(&out, found[i].bytes, sizeof(found[i].bytes));
    }
    const void *data = out.failed ? NULL : arena_memdup(arena, out.data, out.len);
    if (!data)
        return err_oom(err);
    *ret_value = (struct db_value) { .data = data, .len = (int)out.len, .is_binary = true };
    return 0;
}

static struct db_value text_value(const char *text)
{
    return (
        struct db_value) { .data = text, .len = text ? (int)strlen(text) : 0, .is_binary = true };
}

static int param_value(const struct bind_param *param, const struct bind_input *input,
    struct arena *arena, struct db_value *ret_value, struct err *err)
{
    switch (param->source) {
    case BIND_REQUEST:
        return request_value(param, input->request, arena, ret_value, err);
    case BIND_PAGE_SIZE:
        return page_size_value(param, input->page_size, arena, ret_value, err);
    case BIND_PAGE_TOKEN:
        *ret_value = text_value(input->page_token);
        return 0;
    case BIND_UNTIL:
        *ret_value = text_value(input->until);
        return 0;
    case BIND_FOUND:
        return found_value(param, input->found, input->n_found, arena, ret_value, err);
    case BIND_FIELD:
        break;
    }
    return field_value(param, input->request, arena, ret_value, err);
}

int bind_params_values(const struct bind_params *params, const struct bind_input *input,
    struct arena *arena, struct db_value *ret_values, struct err *err)
{
    struct err inner = { 0 };

    for (size_t i = 0; i < params->n_params; i++) {
        const struct bind_param *param = &params->params[i];
        ret_values[i] = (struct db_value) { .is_binary = true };
        int r = param_value(param, input, arena, &ret_values[i], &inner);
        if (r < 0) {
            if (r == ERR_INVALID)
                name_field(&inner, param->source == BIND_FIELD ? param->path : "");
            if (err)
                *err = inner;
            return r;
        }
    }
    return 0;
}
