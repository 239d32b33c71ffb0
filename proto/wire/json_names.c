#include "wire/json_internal.h"

#include "base/err.h"
#include "base/str.h"
#include "wire/schema.h"

static const struct {
    const char *name; /* within google.protobuf */
    enum json_kind kind;
} json_kinds[] = {
    { "Any", JSON_KIND_ANY },
    { "BoolValue", JSON_KIND_WRAPPER },
    { "BytesValue", JSON_KIND_WRAPPER },
    { "DoubleValue", JSON_KIND_WRAPPER },
    { "Duration", JSON_KIND_DURATION },
    { "FieldMask", JSON_KIND_FIELD_MASK },
    { "FloatValue", JSON_KIND_WRAPPER },
    { "Int32Value", JSON_KIND_WRAPPER },
    { "Int64Value", JSON_KIND_WRAPPER },
    { "ListValue", JSON_KIND_LIST_VALUE },
    { "StringValue", JSON_KIND_WRAPPER },
    { "Struct", JSON_KIND_STRUCT },
    { "Timestamp", JSON_KIND_TIMESTAMP },
    { "UInt32Value", JSON_KIND_WRAPPER },
    { "UInt64Value", JSON_KIND_WRAPPER },
    { "Value", JSON_KIND_VALUE },
};

enum json_kind json_kind_of(const ProtobufCMessageDescriptor *desc, enum json_style style)
{
    if (style == JSON_SQL && str_eq(desc->name, "canvass.v1.Date"))
        return JSON_KIND_DATE;
    if (!str_eq(desc->package_name, "google.protobuf"))
        return JSON_KIND_PLAIN;
    for (size_t i = 0; i < ARRAY_SIZE(json_kinds); i++) {
        if (str_eq(desc->short_name, json_kinds[i].name))
            return json_kinds[i].kind;
    }
    return JSON_KIND_PLAIN;
}

static bool json_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool json_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

int json_camel_from_snake(const char *snake, size_t n, char out[JSON_NAME_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = snake[i];
        if (json_is_upper(c) || len + 1 >= JSON_NAME_BYTES)
            return ERR_INVALID;
        if (c == '_') {
            if (++i == n || !json_is_lower(snake[i]))
                return ERR_INVALID;
            c = (char)(snake[i] - 'a' + 'A');
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return 0;
}

int json_snake_from_camel(const char *camel, size_t n, char out[JSON_NAME_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char c = camel[i];
        if (c == '_' || len + 2 >= JSON_NAME_BYTES)
            return ERR_INVALID;
        if (json_is_upper(c)) {
            out[len++] = '_';
            c = (char)(c - 'A' + 'a');
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return 0;
}

/* protoc's rule for a field without a json_name: an underscore goes, and what follows is a capital.
 */
static const char *json_default_name(const char *name, char room[JSON_NAME_BYTES])
{
    size_t len = 0;
    bool is_capital = false;
    for (const char *c = name; *c && len + 1 < JSON_NAME_BYTES; c++) {
        if (*c == '_') {
            is_capital = true;
            continue;
        }
        room[len++] = is_capital && json_is_lower(*c) ? (char)(*c - 'a' + 'A') : *c;
        is_capital = false;
    }
    room[len] = '\0';
    return room;
}

const char *json_field_name(
    const ProtobufCFieldDescriptor *field, enum json_style style, char room[JSON_NAME_BYTES])
{
    if (style == JSON_SQL)
        return field->name;
    const char *declared = schema_json_name(field);
    return declared ? declared : json_default_name(field->name, room);
}

bool json_is_null_type(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_ENUM
        && str_eq(((const ProtobufCEnumDescriptor *)field->descriptor)->name,
            "google.protobuf.NullValue");
}
