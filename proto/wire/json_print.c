#include "wire/json_internal.h"

#include "base/err.h"
#include "wire/enums.h"
#include "wire/field.h"
#include "wire/message.h"
#include "wire/metadata.h"
#include "wire/schema.h"
#include "wire/timetext.h"

#include <canvass/v1/types.pb-c.h>
#include <google/protobuf/any.pb-c.h>
#include <google/protobuf/duration.pb-c.h>
#include <google/protobuf/field_mask.pb-c.h>
#include <google/protobuf/struct.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <inttypes.h>
#include <math.h>

#define JSON_ANY_CAP_BYTES ((size_t)16 << 20)

struct json_printer {
    enum json_style style;
    struct str *out;
    struct err *err;
    int depth;
};

static int json_print_message(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path);
static int json_print_value(struct json_printer *printer, const Google__Protobuf__Value *value,
    const struct field_path *path);

static void json_print_escaped(struct str *out, unsigned char c)
{
    static const struct {
        char plain, escape;
    } shorts[] = {
        { '"', '"' },
        { '\\', '\\' },
        { '\n', 'n' },
        { '\r', 'r' },
        { '\t', 't' },
        { '\b', 'b' },
        { '\f', 'f' },
    };
    for (size_t i = 0; i < ARRAY_SIZE(shorts); i++) {
        if (shorts[i].plain == (char)c) {
            const char escape[2] = { '\\', shorts[i].escape };
            str_add(out, escape, 2);
            return;
        }
    }
    str_addf(out, "\\u%04x", c);
}

static int json_print_text(
    struct json_printer *printer, const char *text, const struct field_path *path)
{
    struct str *out = printer->out;
    text = text ? text : "";
    size_t len = strlen(text), plain = 0; /* what is not copied yet begins there */
    if (!utf8_valid(text, len))
        return field_path_err(printer->err, ERR_INVALID, path, "the text is not UTF-8");
    str_addc(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        str_add(out, text + plain, i - plain);
        json_print_escaped(out, c);
        plain = i + 1;
    }
    str_add(out, text + plain, len - plain);
    str_addc(out, '"');
    return 0;
}

static int json_print_bytes(struct json_printer *printer, const ProtobufCBinaryData *bytes)
{
    str_addc(printer->out, '"');
    if (printer->style == JSON_PROTO3) {
        metadata_base64_encode(bytes->data, bytes->len, true, printer->out);
    } else {
        str_addz(printer->out, "\\\\x");
        for (size_t i = 0; i < bytes->len; i++)
            str_addf(printer->out, "%02x", bytes->data[i]);
    }
    str_addc(printer->out, '"');
    return 0;
}

/* Print with 15 digits (a float: 6), or as many more as it takes to read back the same number. */
static int json_print_real(struct json_printer *printer, double number, bool is_float)
{
    char text[40];
    int last = is_float ? 9 : 17;
    if (isnan(number) || isinf(number)) {
        const char *infinity = number < 0 ? "\"-Infinity\"" : "\"Infinity\"";
        str_addz(printer->out, isnan(number) ? "\"NaN\"" : infinity);
        return 0;
    }
    for (int digits = is_float ? 6 : 15; digits <= last; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        double back = is_float ? (double)strtof(text, NULL) : strtod(text, NULL);
        if (back == number)
            break;
    }
    /* the client may run in a locale that writes a comma */
    size_t comma = strspn(text, "+-0123456789.eE");
    if (text[comma])
        text[comma] = '.';
    str_addz(printer->out, text);
    if (str_eq(text, "-0"))
        str_addz(printer->out, ".0"); /* a reader takes -0 for an integer, and loses the sign */
    return 0;
}

static int json_print_signed(struct json_printer *printer, int64_t number)
{
    const char *quote = printer->style == JSON_PROTO3 ? "\"" : "";
    str_addf(printer->out, "%s%" PRId64 "%s", quote, number, quote);
    return 0;
}

static int json_print_unsigned(
    struct json_printer *printer, uint64_t number, const struct field_path *path)
{
    if (printer->style == JSON_SQL && number > INT64_MAX)
        return field_path_err(
            printer->err, ERR_INVALID, path, "expected a number of at most %" PRId64, INT64_MAX);
    const char *quote = printer->style == JSON_PROTO3 ? "\"" : "";
    str_addf(printer->out, "%s%" PRIu64 "%s", quote, number, quote);
    return 0;
}

static int json_print_enum(struct json_printer *printer, const ProtobufCFieldDescriptor *field,
    int value, const struct field_path *path)
{
    const ProtobufCEnumDescriptor *desc = field_enum_descriptor(field);
    char name[ENUM_NAME_BYTES];
    if (json_is_null_type(field)) {
        str_addz(printer->out, "null");
    } else if (printer->style == JSON_SQL) {
        if (enum_is_unspecified(desc, value))
            return field_path_err(printer->err, ERR_INVALID, path, "a value is needed");
        if (enum_short_name(desc, value, name) < 0)
            return field_path_err(
                printer->err, ERR_INVALID, path, "%d is no value of this choice", value);
        str_addf(printer->out, "\"%s\"", name);
    } else {
        const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(desc, value);
        if (known)
            str_addf(printer->out, "\"%s\"", known->name);
        else
            str_addf(printer->out, "%d", value);
    }
    return 0;
}

/* Print one value; @data is where it lies. */
static int json_print_one(struct json_printer *printer, const ProtobufCFieldDescriptor *field,
    const void *data, const struct field_path *path)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        str_addf(printer->out, "%" PRId32, *(const int32_t *)data);
        return 0;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        str_addf(printer->out, "%" PRIu32, *(const uint32_t *)data);
        return 0;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return json_print_signed(printer, *(const int64_t *)data);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return json_print_unsigned(printer, *(const uint64_t *)data, path);
    case PROTOBUF_C_TYPE_FLOAT:
        return json_print_real(printer, (double)*(const float *)data, true);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_print_real(printer, *(const double *)data, false);
    case PROTOBUF_C_TYPE_BOOL:
        str_addz(printer->out, *(const protobuf_c_boolean *)data ? "true" : "false");
        return 0;
    case PROTOBUF_C_TYPE_ENUM:
        return json_print_enum(printer, field, *(const int *)data, path);
    case PROTOBUF_C_TYPE_STRING:
        return json_print_text(printer, *(char *const *)data, path);
    case PROTOBUF_C_TYPE_BYTES:
        return json_print_bytes(printer, data);
    case PROTOBUF_C_TYPE_MESSAGE:
        return json_print_message(printer, *(ProtobufCMessage *const *)data, path);
    }
    return field_path_err(printer->err, ERR_INTERNAL, path, "the field's type is unknown");
}

/* Print a field's value, or list of values. */
static int json_print_content(struct json_printer *printer, const ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, struct field_path *path)
{
    if (!field_is_repeated(field))
        return json_print_one(printer, field, field_data(message, field), path);
    size_t n = field_count(message, field);
    str_addc(printer->out, '[');
    for (size_t i = 0; i < n; i++) {
        path->index = (long)i;
        if (i > 0)
            str_addc(printer->out, ',');
        int r = json_print_one(printer, field, field_element(message, field, i), path);
        if (r < 0)
            return r;
    }
    str_addc(printer->out, ']');
    return 0;
}

static bool json_is_printed(
    enum json_style style, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    bool is_set = field_is_set(message, field);
    if (style == JSON_PROTO3)
        return is_set;
    if (field_is_repeated(field))
        return true;
    if (field_has_presence(field) && !is_set)
        return false;
    switch (field->type) {
    case PROTOBUF_C_TYPE_ENUM:
        return !enum_is_unspecified(
            field_enum_descriptor(field), *(const int *)field_data(message, field));
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
        return is_set;
    default:
        return true;
    }
}

/* Print the fields of a plain message; @is_first: nothing stands in the object yet. */
static int json_print_fields(struct json_printer *printer, const ProtobufCMessage *message,
    bool is_first, const struct field_path *parent)
{
    char room[JSON_NAME_BYTES];
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!json_is_printed(printer->style, message, field))
            continue;
        struct field_path path = { .parent = parent, .name = field->name, .index = -1 };
        str_addf(printer->out, "%s\"%s\":", is_first ? "" : ",",
            json_field_name(field, printer->style, room));
        int r = json_print_content(printer, message, field, &path);
        if (r < 0)
            return r;
        is_first = false;
    }
    return 0;
}

static int json_print_plain(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    str_addc(printer->out, '{');
    int r = json_print_fields(printer, message, true, path);
    str_addc(printer->out, '}');
    return r;
}

static int json_print_timestamp(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
    char text[TIMETEXT_BYTES];
    if (timestamp_format(time->seconds, time->nanos, text) < 0)
        return field_path_err(
            printer->err, ERR_INVALID, path, "expected a time in the years 1 to 9999");
    str_addf(printer->out, "\"%s\"", text);
    return 0;
}

static int json_print_duration(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const Google__Protobuf__Duration *duration = (const Google__Protobuf__Duration *)message;
    char text[TIMETEXT_BYTES];
    if (duration_format(duration->seconds, duration->nanos, text) < 0)
        return field_path_err(printer->err, ERR_INVALID, path,
            "expected a duration of at most 10,000 years, with seconds and nanos of one sign");
    str_addf(printer->out, "\"%s\"", text);
    return 0;
}

static int json_print_date(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const Canvass__V1__Date *date = (const Canvass__V1__Date *)message;
    struct civil_date civil = { date->year, date->month, date->day };
    char text[TIMETEXT_BYTES];
    if (date_format(&civil, text) < 0)
        return field_path_err(printer->err, ERR_INVALID, path,
            "there is no day %d of month %d in year %d", date->day, date->month, date->year);
    str_addf(printer->out, "\"%s\"", text);
    return 0;
}

static int json_print_mask(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const Google__Protobuf__FieldMask *mask = (const Google__Protobuf__FieldMask *)message;
    _cleanup_(str_release) struct str joined = { 0 };
    char camel[JSON_NAME_BYTES];
    for (size_t i = 0; i < mask->n_paths; i++) {
        const char *snake = mask->paths[i];
        if (strchr(snake, ',') || json_camel_from_snake(snake, strlen(snake), camel) < 0)
            return field_path_err(
                printer->err, ERR_INVALID, path, "expected paths of fields in snake_case");
        str_addz(&joined, i > 0 ? "," : "");
        str_addz(&joined, camel);
    }
    printer->out->failed |= joined.failed;
    return json_print_text(printer, str_text(&joined), path);
}

static int json_print_struct(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const Google__Protobuf__Struct *object = (const Google__Protobuf__Struct *)message;
    str_addc(printer->out, '{');
    for (size_t i = 0; i < object->n_fields; i++) {
        const Google__Protobuf__Struct__FieldsEntry *entry = object->fields[i];
        struct field_path inner = { .parent = path, .name = entry->key, .index = -1 };
        if (i > 0)
            str_addc(printer->out, ',');
        int r = json_print_text(printer, entry->key, path);
        str_addc(printer->out, ':');
        if (r == 0)
            r = json_print_value(printer, entry->value, &inner);
        if (r < 0)
            return r;
    }
    str_addc(printer->out, '}');
    return 0;
}

static int json_print_list_value(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const Google__Protobuf__ListValue *list = (const Google__Protobuf__ListValue *)message;
    struct field_path inner = { .parent = path, .name = "values", .index = -1 };
    str_addc(printer->out, '[');
    for (size_t i = 0; i < list->n_values; i++) {
        inner.index = (long)i;
        if (i > 0)
            str_addc(printer->out, ',');
        int r = json_print_value(printer, list->values[i], &inner);
        if (r < 0)
            return r;
    }
    str_addc(printer->out, ']');
    return 0;
}

static int json_print_value(struct json_printer *printer, const Google__Protobuf__Value *value,
    const struct field_path *path)
{
    switch (value ? value->kind_case : GOOGLE__PROTOBUF__VALUE__KIND__NOT_SET) {
    case GOOGLE__PROTOBUF__VALUE__KIND_NULL_VALUE:
        str_addz(printer->out, "null");
        return 0;
    case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
        str_addz(printer->out, value->bool_value ? "true" : "false");
        return 0;
    case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
        return json_print_text(printer, value->string_value, path);
    case GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE:
        return json_print_message(printer, &value->struct_value->base, path);
    case GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE:
        return json_print_message(printer, &value->list_value->base, path);
    case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
        if (isfinite(value->number_value))
            return json_print_real(printer, value->number_value, false);
        return field_path_err(printer->err, ERR_INVALID, path, "expected a finite number");
    default:
        return field_path_err(printer->err, ERR_INVALID, path, "the value is not set");
    }
}

static int json_print_any_content(struct json_printer *printer, const ProtobufCMessage *content,
    const char *type_url, const struct field_path *path)
{
    str_addz(printer->out, "{\"@type\":");
    int r = json_print_text(printer, type_url, path);
    if (r < 0)
        return r;
    if (json_kind_of(content->descriptor, printer->style) == JSON_KIND_PLAIN) {
        r = json_print_fields(printer, content, false, path);
    } else {
        str_addz(printer->out, ",\"value\":");
        r = json_print_message(printer, content, path);
    }
    str_addc(printer->out, '}');
    return r;
}

static int json_print_any(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const Google__Protobuf__Any *any = (const Google__Protobuf__Any *)message;
    if (any->type_url[0] == '\0' && any->value.len == 0) {
        str_addz(printer->out, "{}");
        return 0;
    }
    const char *slash = strrchr(any->type_url, '/');
    const ProtobufCMessageDescriptor *desc = slash ? schema_find_message(slash + 1) : NULL;
    if (!desc)
        return field_path_err(
            printer->err, ERR_INVALID, path, "expected a type_url that ends in a known type");
    struct arena arena;
    arena_init(&arena, JSON_ANY_CAP_BYTES);
    ProtobufCMessage *content;
    struct err why;
    int r = message_unpack(desc, &arena, any->value.data, any->value.len, NULL, &content, &why);
    if (r < 0)
        r = field_path_err(printer->err, r, path, "%.400s", why.msg);
    else
        r = json_print_any_content(printer, content, any->type_url, path);
    arena_release(&arena);
    return r;
}

static int json_print_kind(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    const ProtobufCFieldDescriptor *first = message->descriptor->fields;
    struct field_path same = { .parent = path, .name = "paths", .index = -1 };
    switch (json_kind_of(message->descriptor, printer->style)) {
    case JSON_KIND_ANY:
        return json_print_any(printer, message, path);
    case JSON_KIND_DATE:
        return json_print_date(printer, message, path);
    case JSON_KIND_DURATION:
        return json_print_duration(printer, message, path);
    case JSON_KIND_FIELD_MASK:
        return printer->style == JSON_SQL ? json_print_content(printer, message, first, &same)
                                          : json_print_mask(printer, message, path);
    case JSON_KIND_LIST_VALUE:
        return json_print_list_value(printer, message, path);
    case JSON_KIND_STRUCT:
        return json_print_struct(printer, message, path);
    case JSON_KIND_TIMESTAMP:
        return json_print_timestamp(printer, message, path);
    case JSON_KIND_VALUE:
        return json_print_value(printer, (const Google__Protobuf__Value *)message, path);
    case JSON_KIND_WRAPPER:
        return json_print_one(printer, first, field_data(message, first), path);
    default:
        return json_print_plain(printer, message, path);
    }
}

static int json_print_message(
    struct json_printer *printer, const ProtobufCMessage *message, const struct field_path *path)
{
    if (printer->depth == JSON_MAX_DEPTH)
        return field_path_err(printer->err, ERR_INVALID, path,
            "messages are nested more than %d deep", JSON_MAX_DEPTH);
    printer->depth++;
    int r = json_print_kind(printer, message, path);
    printer->depth--;
    return r;
}

static int json_print_finish(struct json_printer *printer, size_t before, int r)
{
    if (r == 0 && printer->out->failed)
        r = err_oom(printer->err);
    if (r < 0) {
        printer->out->len = before;
        str_terminate(printer->out);
    }
    return r;
}

int json_print(
    const ProtobufCMessage *message, enum json_style style, struct str *out, struct err *err)
{
    struct json_printer printer = { .style = style, .out = out, .err = err };
    size_t before = out->len;
    int r = json_print_message(&printer, message, NULL);
    return json_print_finish(&printer, before, r);
}

int json_print_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    enum json_style style, struct str *out, struct err *err)
{
    struct json_printer printer = { .style = style, .out = out, .err = err };
    struct field_path path = { .name = field->name, .index = -1 };
    size_t before = out->len;
    int r = 0;
    bool is_unspecified = style == JSON_SQL && !field_is_repeated(field)
        && field->type == PROTOBUF_C_TYPE_ENUM
        && enum_is_unspecified(
            field_enum_descriptor(field), *(const int *)field_data(message, field));
    if (is_unspecified || (field_has_presence(field) && !field_is_set(message, field)))
        str_addz(out, "null");
    else
        r = json_print_content(&printer, message, field, &path);
    return json_print_finish(&printer, before, r);
}

int json_from_message(
    const ProtobufCMessage *message, enum json_style style, json_t **ret_value, struct err *err)
{
    _cleanup_(str_release) struct str text = { 0 };
    int r = json_print(message, style, &text, err);
    if (r < 0)
        return r;
    json_error_t why;
    json_t *value = json_loadb(text.data, text.len, JSON_DECODE_ANY, &why);
    if (!value)
        return err_oom(err); /* it is our own text: nothing else can be wrong */
    *ret_value = value;
    return 0;
}
