/* Reading the messages that have a JSON form of their own. */
#include "wire/json_internal.h"

#include "base/str.h"
#include "wire/message.h"
#include "wire/schema.h"
#include "wire/timetext.h"

#include <canvass/v1/types.pb-c.h>
#include <google/protobuf/any.pb-c.h>
#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/field_mask.pb-c.h>
#include <google/protobuf/struct.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>

static int json_read_timestamp(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    Google__Protobuf__Timestamp *time = (Google__Protobuf__Timestamp *)message;
    if (!json_is_string(value)
        || timestamp_parse(
               json_string_value(value), json_string_length(value), &time->seconds, &time->nanos)
            < 0)
        return field_path_err(
            parser->err, ERR_INVALID, path, "expected a time such as 2026-02-28T09:30:00Z");
    return 0;
}

static int json_read_duration(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    Google__Protobuf__Duration *duration = (Google__Protobuf__Duration *)message;
    if (!json_is_string(value)
        || duration_parse(json_string_value(value), json_string_length(value), &duration->seconds,
               &duration->nanos)
            < 0)
        return field_path_err(
            parser->err, ERR_INVALID, path, "expected a duration in seconds such as 1.5s");
    return 0;
}

static int json_read_date(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    Canvass__V1__Date *date = (Canvass__V1__Date *)message;
    struct civil_date civil;
    if (!json_is_string(value)
        || date_parse(json_string_value(value), json_string_length(value), &civil) < 0)
        return field_path_err(
            parser->err, ERR_INVALID, path, "expected a day that exists, such as 2026-02-28");
    date->year = civil.year;
    date->month = civil.month;
    date->day = civil.day;
    return 0;
}

static size_t json_count_paths(const char *text)
{
    size_t n = *text ? 1 : 0;
    for (; *text; text++)
        n += *text == ',';
    return n;
}

static int json_read_mask(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    Google__Protobuf__FieldMask *mask = (Google__Protobuf__FieldMask *)message;
    const char *text = json_is_string(value) ? json_string_value(value) : NULL;
    if (!text)
        return field_path_err(parser->err, ERR_INVALID, path,
            "expected text with the names of fields, separated by commas");
    size_t n = json_count_paths(text);
    char **paths = arena_calloc(parser->arena, n, sizeof(*paths));
    if (!paths)
        return err_oom(parser->err);
    for (size_t i = 0; i < n; i++) {
        char snake[JSON_NAME_BYTES];
        size_t len = strcspn(text, ",");
        if (len == 0 || json_snake_from_camel(text, len, snake) < 0)
            return field_path_err(
                parser->err, ERR_INVALID, path, "expected names of fields in lowerCamelCase");
        paths[i] = arena_strdup(parser->arena, snake);
        if (!paths[i])
            return err_oom(parser->err);
        text += len + 1;
    }
    mask->paths = paths;
    mask->n_paths = n;
    return 0;
}

static int json_read_entry(struct json_parser *parser, const char *key, const json_t *value,
    const struct field_path *path, Google__Protobuf__Struct__FieldsEntry **ret_entry)
{
    struct field_path inner = { .parent = path, .name = key, .index = -1 };
    ProtobufCMessage *content;
    Google__Protobuf__Struct__FieldsEntry *entry
        = (Google__Protobuf__Struct__FieldsEntry *)message_new(
            &google__protobuf__struct__fields_entry__descriptor, parser->arena);
    if (!entry)
        return err_oom(parser->err);
    entry->key = arena_strdup(parser->arena, key);
    if (!entry->key)
        return err_oom(parser->err);
    int r
        = json_read_message(parser, value, &google__protobuf__value__descriptor, &inner, &content);
    if (r < 0)
        return r;
    entry->value = (Google__Protobuf__Value *)content;
    *ret_entry = entry;
    return 0;
}

static int json_read_struct(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    Google__Protobuf__Struct *object = (Google__Protobuf__Struct *)message;
    if (!json_is_object(value))
        return field_path_err(parser->err, ERR_INVALID, path, "expected an object");
    object->fields = arena_calloc(parser->arena, json_object_size(value), sizeof(*object->fields));
    if (!object->fields)
        return err_oom(parser->err);
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member)
    {
        int r = json_read_entry(parser, key, member, path, &object->fields[object->n_fields]);
        if (r < 0)
            return r;
        object->n_fields++;
    }
    return 0;
}

static int json_read_list_value(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    Google__Protobuf__ListValue *list = (Google__Protobuf__ListValue *)message;
    struct field_path inner = { .parent = path, .name = "values", .index = -1 };
    size_t n = json_array_size(value);
    if (!json_is_array(value))
        return field_path_err(parser->err, ERR_INVALID, path, "expected a list");
    list->values = arena_calloc(parser->arena, n, sizeof(*list->values));
    if (!list->values)
        return err_oom(parser->err);
    for (size_t i = 0; i < n; i++) {
        ProtobufCMessage *element;
        inner.index = (long)i;
        int r = json_read_message(parser, json_array_get(value, i),
            &google__protobuf__value__descriptor, &inner, &element);
        if (r < 0)
            return r;
        list->values[list->n_values++] = (Google__Protobuf__Value *)element;
    }
    return 0;
}

/* The members of Value, by what jansson read. */
static const char *json_value_member(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "struct_value";
    case JSON_ARRAY:
        return "list_value";
    case JSON_STRING:
        return "string_value";
    case JSON_INTEGER:
    case JSON_REAL:
        return "number_value";
    case JSON_TRUE:
    case JSON_FALSE:
        return "bool_value";
    default:
        return "null_value";
    }
}

static int json_read_value(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    struct field_path same = { .name = "value", .index = -1 };
    if (path)
        same = *path; /* the members of Value are no step of the path */
    if (json_is_null(value)) {
        Google__Protobuf__Value *null = (Google__Protobuf__Value *)message;
        null->kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE;
        null->null_value = GOOGLE__PROTOBUF__NULL_VALUE__NULL_VALUE;
        return 0;
    }
    return json_read_field(parser, value,
        protobuf_c_message_descriptor_get_field_by_name(
            message->descriptor, json_value_member(value)),
        message, &same);
}

static int json_read_any_content(struct json_parser *parser, const json_t *value,
    const ProtobufCMessageDescriptor *desc, const struct field_path *path,
    ProtobufCMessage **ret_content)
{
    if (json_kind_of(desc, parser->style) != JSON_KIND_PLAIN) {
        const json_t *content = json_object_get(value, "value");
        if (!content || json_object_size(value) != 2)
            return field_path_err(parser->err, ERR_INVALID, path,
                "expected an object with @type and value, nothing else");
        return json_read_message(parser, content, desc, path, ret_content);
    }
    *ret_content = message_new(desc, parser->arena);
    if (!*ret_content)
        return err_oom(parser->err);
    return json_read_members(parser, value, "@type", *ret_content, path);
}

static int json_read_any(struct json_parser *parser, const json_t *value, ProtobufCMessage *message,
    const struct field_path *path)
{
    Google__Protobuf__Any *any = (Google__Protobuf__Any *)message;
    if (json_is_object(value) && json_object_size(value) == 0)
        return 0;
    const char *url = json_string_value(json_object_get(value, "@type"));
    const char *slash = url ? strrchr(url, '/') : NULL;
    const ProtobufCMessageDescriptor *desc = slash ? schema_find_message(slash + 1) : NULL;
    if (!desc)
        return field_path_err(parser->err, ERR_INVALID, path,
            "expected an object whose @type ends in the name of a known type");
    ProtobufCMessage *content = NULL;
    int r = json_read_any_content(parser, value, desc, path, &content);
    if (r < 0)
        return r;
    any->type_url = arena_strdup(parser->arena, url);
    if (!any->type_url
        || message_pack(content, parser->arena, &any->value.data, &any->value.len) < 0)
        return err_oom(parser->err);
    return 0;
}

static int json_read_wrapper(struct json_parser *parser, const json_t *value,
    ProtobufCMessage *message, const struct field_path *path)
{
    const ProtobufCFieldDescriptor *field = message->descriptor->fields;
    char room[sizeof(ProtobufCBinaryData)] __attribute__((aligned(16))) = { 0 };
    int r = json_read_scalar(parser, value, field, path, room);
    if (r == 0)
        field_set(message, field, room);
    return r;
}

int json_read_kind(struct json_parser *parser, const json_t *value, enum json_kind kind,
    ProtobufCMessage *message, const struct field_path *path)
{
    struct field_path paths = { .parent = path, .name = "paths", .index = -1 };
    switch (kind) {
    case JSON_KIND_ANY:
        return json_read_any(parser, value, message, path);
    case JSON_KIND_DATE:
        return json_read_date(parser, value, message, path);
    case JSON_KIND_DURATION:
        return json_read_duration(parser, value, message, path);
    case JSON_KIND_FIELD_MASK:
        return parser->style == JSON_SQL
            ? json_read_field(parser, value, message->descriptor->fields, message, &paths)
            : json_read_mask(parser, value, message, path);
    case JSON_KIND_LIST_VALUE:
        return json_read_list_value(parser, value, message, path);
    case JSON_KIND_STRUCT:
        return json_read_struct(parser, value, message, path);
    case JSON_KIND_TIMESTAMP:
        return json_read_timestamp(parser, value, message, path);
    case JSON_KIND_VALUE:
        return json_read_value(parser, value, message, path);
    case JSON_KIND_WRAPPER:
        return json_read_wrapper(parser, value, message, path);
    default:
        return field_path_err(parser->err, ERR_INTERNAL, path, "the message has no special form");
    }
}
