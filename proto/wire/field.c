#include "wire/field.h"

#include "base/macro.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdint.h>

static const void *field_member(
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (const char *)message + field->offset;
}

static void *field_member_mutable(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->offset;
}

static bool field_is_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

/* The case of a oneof, or the has_ flag of proto2's optional scalars. */
static uint32_t field_quantifier(
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    uint32_t value;
    memcpy(&value, (const char *)message + field->quantifier_offset, sizeof(value));
    return value;
}

static void field_set_quantifier(
    ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, uint32_t value)
{
    memcpy((char *)message + field->quantifier_offset, &value, sizeof(value));
}

bool field_is_repeated(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED;
}

bool field_has_presence(const ProtobufCFieldDescriptor *field)
{
    return !field_is_repeated(field)
        && (field_is_oneof(field) || field->type == PROTOBUF_C_TYPE_MESSAGE
            || field->label == PROTOBUF_C_LABEL_OPTIONAL);
}

size_t field_value_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(ProtobufCMessage *);
    default:
        return 4;
    }
}

static bool field_plain_is_set(
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    static const char zeros[8];
    const void *member = field_member(message, field);
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)member;
        return text && *text;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)member)->len > 0;
    return memcmp(member, zeros, field_value_size(field)) != 0;
}

bool field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field_is_repeated(field))
        return field_count(message, field) > 0;
    if (field_is_oneof(field) && field_quantifier(message, field) != field->id)
        return false;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(ProtobufCMessage *const *)field_member(message, field) != NULL;
    if (field_is_oneof(field))
        return true;
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL) {
        if (field->type == PROTOBUF_C_TYPE_STRING)
            return *(char *const *)field_member(message, field) != NULL;
        return field_quantifier(message, field) != 0;
    }
    return field_plain_is_set(message, field);
}

size_t field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (!field_is_repeated(field))
        return field_is_set(message, field);
    size_t n;
    memcpy(&n, (const char *)message + field->quantifier_offset, sizeof(n));
    return n;
}

const void *field_data(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const void *member = field_member(message, field);
    if (!field_is_repeated(field))
        return member;
    return field_count(message, field) ? *(void *const *)member : NULL;
}

const void *field_element(
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t index)
{
    return (const char *)field_data(message, field) + index * field_value_size(field);
}

const ProtobufCMessage *field_message(
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (!field_is_set(message, field))
        return NULL;
    return *(ProtobufCMessage *const *)field_member(message, field);
}

void field_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const void *value)
{
    memcpy(field_member_mutable(message, field), value, field_value_size(field));
    if (field_is_oneof(field))
        field_set_quantifier(message, field, field->id);
    else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset)
        field_set_quantifier(message, field, 1);
}

void field_set_list(
    ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, void *elements, size_t n)
{
    memcpy(field_member_mutable(message, field), &elements, sizeof(elements));
    memcpy((char *)message + field->quantifier_offset, &n, sizeof(n));
}

void field_clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field_is_repeated(field)) {
        field_set_list(message, field, NULL, 0);
        return;
    }
    if (field_is_oneof(field)) {
        /* the members share their memory: it is not ours to clear while another one is set */
        if (field_quantifier(message, field) != field->id)
            return;
        field_set_quantifier(message, field, 0);
    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset) {
        field_set_quantifier(message, field, 0);
    }
    void *member = field_member_mutable(message, field);
    memset(member, 0, field_value_size(field));
    /* protobuf-c's own "unset": proto3 strings are never NULL */
    if (field->type == PROTOBUF_C_TYPE_STRING && field->label == PROTOBUF_C_LABEL_NONE
        && !field_is_oneof(field))
        *(const char **)member = protobuf_c_empty_string;
}

const ProtobufCMessageDescriptor *field_message_descriptor(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

const ProtobufCEnumDescriptor *field_enum_descriptor(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_ENUM ? field->descriptor : NULL;
}

static int field_path_unknown(
    const char *path, const char *end, const ProtobufCMessageDescriptor *desc, struct err *err)
{
    char known[sizeof(err->field)];
    snprintf(known, sizeof(known), "%.*s", (int)(end - path), path);
    if (!desc)
        return err_set_field(err, ERR_NOT_FOUND, known, "%s: what lies above is no message", known);
    return err_set_field(err, ERR_NOT_FOUND, known, "%s: %s has no such field", known, desc->name);
}

int field_find_path(const ProtobufCMessageDescriptor *desc, const char *path, size_t max_steps,
    const ProtobufCFieldDescriptor **ret_steps, struct err *err)
{
    const char *name = path;
    for (size_t n = 0; n < max_steps; n++) {
        const char *end = strchrnul(name, '.');
        char part[128];
        snprintf(part, sizeof(part), "%.*s", (int)(end - name), name);
        const ProtobufCFieldDescriptor *field
            = desc ? protobuf_c_message_descriptor_get_field_by_name(desc, part) : NULL;
        if (!field)
            return field_path_unknown(path, end, desc, err);
        ret_steps[n] = field;
        if (*end == '\0')
            return (int)n + 1;
        desc = field_message_descriptor(field);
        name = end + 1;
    }
    return err_set_field(err, ERR_NOT_FOUND, path, "%s: more than %zu steps", path, max_steps);
}

/* Append the path, outermost first; return its whole length, also beyond @size. */
static size_t field_path_add(const struct field_path *path, char *out, size_t size)
{
    if (!path)
        return 0;
    size_t len = field_path_add(path->parent, out, size);
    size_t room = len < size ? size - len : 0;
    const char *dot = len ? "." : "";
    int n = path->index < 0
        ? snprintf(out + MIN(len, size), room, "%s%s", dot, path->name)
        : snprintf(out + MIN(len, size), room, "%s%s[%ld]", dot, path->name, path->index);
    return len + (size_t)MAX(n, 0);
}

void field_path_format(const struct field_path *path, char *out, size_t size)
{
    out[0] = '\0';
    size_t len = field_path_add(path, out, size);
    if (len < size || size < 4)
        return;
    out[size - 4] = '\0';
    utf8_trim(out);
    memcpy(out + strlen(out), "...", 4);
}

int field_path_err(
    struct err *err, enum err_code code, const struct field_path *path, const char *fmt, ...)
{
    char field[sizeof(err->field)], text[sizeof(err->msg)];
    if (!err)
        return code;
    field_path_format(path, field, sizeof(field));
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return err_set_field(err, code, field, "%s", text);
}
