#include "wire/json_internal.h"

#include "base/str.h"
#include "wire/message.h"
#include "wire/schema.h"

/* A value that is no list lies here while it is read. */
union json_slot {
    uint64_t number;
    ProtobufCBinaryData bytes;
    ProtobufCMessage *message;
};

static const ProtobufCFieldDescriptor *json_find_field(
    const ProtobufCMessageDescriptor *desc, enum json_style style, const char *key)
{
    char snake[JSON_NAME_BYTES], room[JSON_NAME_BYTES];
    const ProtobufCFieldDescriptor *field
        = protobuf_c_message_descriptor_get_field_by_name(desc, key);
    if (field || style == JSON_SQL)
        return field;
    if (json_snake_from_camel(key, strlen(key), snake) == 0)
        field = protobuf_c_message_descriptor_get_field_by_name(desc, snake);
    if (field && str_eq(json_field_name(field, style, room), key))
        return field;
    for (unsigned i = 0; i < desc->n_fields; i++) {
        if (str_eq(json_field_name(&desc->fields[i], style, room), key))
            return &desc->fields[i];
    }
    return NULL;
}

/* Say whether null is a value of the field, not its absence. */
static bool json_null_is_value(enum json_style style, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *desc = field_message_descriptor(field);
    return style == JSON_PROTO3
        && (json_is_null_type(field) || (desc && json_kind_of(desc, style) == JSON_KIND_VALUE));
}

int json_read_message(struct json_parser *parser, const json_t *value,
    const ProtobufCMessageDescriptor *desc, const struct field_path *path,
    ProtobufCMessage **ret_message)
{
    enum json_kind kind = json_kind_of(desc, parser->style);
    ProtobufCMessage *message = message_new(desc, parser->arena);
    if (!message)
        return err_oom(parser->err);
    if (parser->depth == JSON_MAX_DEPTH)
        return field_path_err(
            parser->err, ERR_INVALID, path, "objects are nested more than %d deep", JSON_MAX_DEPTH);
    parser->depth++;
    int r = kind == JSON_KIND_PLAIN ? json_read_members(parser, value, NULL, message, path)
                                    : json_read_kind(parser, value, kind, message, path);
    parser->depth--;
    if (r == 0)
        *ret_message = message;
    return r;
}

static int json_read_one(struct json_parser *parser, const json_t *value,
    const ProtobufCFieldDescriptor *field, const struct field_path *path, void *ret_data)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return json_read_message(parser, value, field->descriptor, path, ret_data);
    return json_read_scalar(parser, value, field, path, ret_data);
}

static int json_read_list(struct json_parser *parser, const json_t *value,
    const ProtobufCFieldDescriptor *field, ProtobufCMessage *message, struct field_path *path)
{
    if (!json_is_array(value))
        return field_path_err(parser->err, ERR_INVALID, path, "expected a list");
    size_t n = json_array_size(value), size = field_value_size(field);
    char *elements = arena_calloc(parser->arena, n, size);
    if (!elements)
        return err_oom(parser->err);
    for (size_t i = 0; i < n; i++) {
        const json_t *element = json_array_get(value, i);
        path->index = (long)i;
        if (json_is_null(element) && !json_null_is_value(parser->style, field)
            && !(field->type == PROTOBUF_C_TYPE_MESSAGE
                && json_kind_of(field->descriptor, parser->style) == JSON_KIND_VALUE))
            return field_path_err(
                parser->err, ERR_INVALID, path, "expected a value, null is none in a list");
        int r = json_read_one(parser, element, field, path, elements + i * size);
        if (r < 0)
            return r;
    }
    path->index = -1;
    field_set_list(message, field, n ? elements : NULL, n);
    return 0;
}

int json_read_field(struct json_parser *parser, const json_t *value,
    const ProtobufCFieldDescriptor *field, ProtobufCMessage *message, struct field_path *path)
{
    union json_slot slot = { 0 };
    if (field_is_repeated(field))
        return json_read_list(parser, value, field, message, path);
    int r = json_read_one(parser, value, field, path, &slot);
    if (r == 0)
        field_set(message, field, &slot);
    return r;
}

/* Refuse a second member of the same oneof. */
static int json_check_choice(struct json_parser *parser, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, const struct field_path *path)
{
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return 0;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *other = &message->descriptor->fields[i];
        if ((other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            && other->quantifier_offset == field->quantifier_offset && field_is_set(message, other))
            return field_path_err(parser->err, ERR_INVALID, path,
                "only one of %s and %s can be given", other->name, field->name);
    }
    return 0;
}

static int json_read_member(struct json_parser *parser, const char *key, const json_t *value,
    ProtobufCMessage *message, uint8_t *seen, const struct field_path *parent)
{
    const ProtobufCFieldDescriptor *field
        = json_find_field(message->descriptor, parser->style, key);
    struct field_path path = { .parent = parent, .name = field ? field->name : key, .index = -1 };
    if (!field)
        return field_path_err(parser->err, ERR_INVALID, &path, "there is no field of this name");
    size_t index = (size_t)(field - message->descriptor->fields);
    if (seen[index / 8] & 1 << index % 8)
        return field_path_err(parser->err, ERR_INVALID, &path, "the field is given twice");
    seen[index / 8] |= (uint8_t)(1 << index % 8);
    if (json_is_null(value)
        && (field_is_repeated(field) || !json_null_is_value(parser->style, field)))
        return 0;
    int r = json_check_choice(parser, message, field, &path);
    return r < 0 ? r : json_read_field(parser, value, field, message, &path);
}

int json_read_members(struct json_parser *parser, const json_t *object, const char *skip,
    ProtobufCMessage *message, const struct field_path *path)
{
    if (!json_is_object(object))
        return field_path_err(parser->err, ERR_INVALID, path, "expected an object");
    uint8_t *seen = arena_zalloc(parser->arena, message->descriptor->n_fields / 8 + 1);
    if (!seen)
        return err_oom(parser->err);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (skip && str_eq(key, skip))
            continue;
        int r = json_read_member(parser, key, value, message, seen, path);
        if (r < 0)
            return r;
    }
    return 0;
}

int json_to_message(const json_t *value, const ProtobufCMessageDescriptor *desc,
    struct arena *arena, enum json_style style, ProtobufCMessage **ret_message, struct err *err)
{
    struct json_parser parser = { .style = style, .arena = arena, .err = err };
    return json_read_message(&parser, value, desc, NULL, ret_message);
}

int json_to_field(const json_t *value, ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, struct arena *arena, enum json_style style,
    struct err *err)
{
    struct json_parser parser = { .style = style, .arena = arena, .err = err };
    struct field_path path = { .name = field->name, .index = -1 };
    if (json_is_null(value) && (field_is_repeated(field) || !json_null_is_value(style, field))) {
        field_clear(message, field);
        return 0;
    }
    return json_read_field(&parser, value, field, message, &path);
}

static int json_load(const char *text, size_t len, json_t **ret_value, struct err *err)
{
    json_error_t why;
    json_t *value = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
    if (!value && json_error_code(&why) == json_error_out_of_memory)
        return err_oom(err);
    if (!value) {
        /* what follows is a piece of the text, cut at any byte */
        const char *piece = strstr(why.text, " near ");
        int n = (int)(piece ? piece - why.text : (ptrdiff_t)strlen(why.text));
        return err_set(err, ERR_INVALID, "this is no JSON: line %d, column %d: %.*s", why.line,
            why.column, n, why.text);
    }
    *ret_value = value;
    return 0;
}

int json_parse(const ProtobufCMessageDescriptor *desc, struct arena *arena, const char *text,
    size_t len, enum json_style style, ProtobufCMessage **ret_message, struct err *err)
{
    json_t *value = NULL;
    int r = json_load(text, len, &value, err);
    if (r < 0)
        return r;
    r = json_to_message(value, desc, arena, style, ret_message, err);
    json_decref(value);
    return r;
}

int json_parse_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    struct arena *arena, const char *text, size_t len, enum json_style style, struct err *err)
{
    json_t *value = NULL;
    int r = json_load(text, len, &value, err);
    if (r < 0)
        return r;
    r = json_to_field(value, message, field, arena, style, err);
    json_decref(value);
    return r;
}
