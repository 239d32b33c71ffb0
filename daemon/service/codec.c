/* What a field and a type have in common, and values on their way to the server. */
#include "base/civil.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/bind_internal.h"
#include "service/pgbin.h"
#include "wire/enums.h"
#include "wire/field.h"
#include "wire/message.h"

#include "canvass/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

#define NANOS_PER_USEC 1000

static const enum codec_class classes[] = {
    [PROTOBUF_C_TYPE_INT32] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_SINT32] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_SFIXED32] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_INT64] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_SINT64] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_SFIXED64] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_UINT32] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_FIXED32] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_UINT64] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_FIXED64] = CODEC_INTEGER,
    [PROTOBUF_C_TYPE_FLOAT] = CODEC_FLOAT,
    [PROTOBUF_C_TYPE_DOUBLE] = CODEC_FLOAT,
    [PROTOBUF_C_TYPE_BOOL] = CODEC_BOOL,
    [PROTOBUF_C_TYPE_ENUM] = CODEC_ENUM,
    [PROTOBUF_C_TYPE_STRING] = CODEC_STRING,
    [PROTOBUF_C_TYPE_BYTES] = CODEC_BYTES,
    [PROTOBUF_C_TYPE_MESSAGE] = CODEC_SUBMESSAGE,
};

static const char *const class_names[] = {
    [CODEC_INTEGER] = "an integer",
    [CODEC_FLOAT] = "a floating-point number",
    [CODEC_BOOL] = "a boolean",
    [CODEC_ENUM] = "an enum",
    [CODEC_STRING] = "a string",
    [CODEC_BYTES] = "bytes",
    [CODEC_SUBMESSAGE] = "a message",
};

enum codec_class codec_class_of(const ProtobufCFieldDescriptor *field)
{
    return classes[field->type];
}

enum codec_message codec_message_of(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *desc = field_message_descriptor(field);

    if (desc == &google__protobuf__timestamp__descriptor)
        return CODEC_TIMESTAMP;
    if (desc == &canvass__v1__date__descriptor)
        return CODEC_DATE;
    return desc && str_eq(desc->name, "google.protobuf.FieldMask") ? CODEC_FIELD_MASK
                                                                   : CODEC_MESSAGE;
}

const char *codec_field_name(const ProtobufCFieldDescriptor *field)
{
    switch (classes[field->type] == CODEC_SUBMESSAGE ? codec_message_of(field) : CODEC_MESSAGE) {
    case CODEC_TIMESTAMP:
        return "a Timestamp";
    case CODEC_DATE:
        return "a Date";
    case CODEC_FIELD_MASK:
        return "a FieldMask";
    case CODEC_MESSAGE:
        break;
    }
    return class_names[classes[field->type]];
}

bool codec_is_64_bit(const ProtobufCFieldDescriptor *field)
{
    return field_value_size(field) == sizeof(int64_t);
}

static bool message_fits(const ProtobufCFieldDescriptor *field, const struct sql_type *type)
{
    switch (codec_message_of(field)) {
    case CODEC_TIMESTAMP:
        return type->kind == SQL_TIMESTAMPTZ;
    case CODEC_DATE:
        return type->kind == SQL_DATE;
    case CODEC_FIELD_MASK:
        return type->kind == SQL_ARRAY && type->element && type->element->kind == SQL_TEXT;
    case CODEC_MESSAGE:
        break;
    }
    return type->kind == SQL_JSONB || type->kind == SQL_JSON;
}

bool codec_can_send(const ProtobufCFieldDescriptor *field, const struct sql_type *type)
{
    switch (classes[field->type]) {
    case CODEC_INTEGER:
        return type->kind == SQL_INT2 || type->kind == SQL_INT4 || type->kind == SQL_INT8;
    case CODEC_FLOAT:
        return type->kind == SQL_FLOAT4 || type->kind == SQL_FLOAT8;
    case CODEC_BOOL:
        return type->kind == SQL_BOOL;
    case CODEC_ENUM:
        return type->kind == SQL_ENUM || type->kind == SQL_TEXT;
    case CODEC_STRING:
        return type->kind == SQL_TEXT || type->kind == SQL_UUID;
    case CODEC_BYTES:
        return type->kind == SQL_BYTEA;
    case CODEC_SUBMESSAGE:
        break;
    }
    return message_fits(field, type);
}

bool codec_can_read(const ProtobufCFieldDescriptor *field, const struct sql_type *type)
{
    switch (classes[field->type]) {
    case CODEC_INTEGER:
        return type->kind == SQL_INT2 || type->kind == SQL_INT4
            || (type->kind == SQL_INT8 && codec_is_64_bit(field));
    case CODEC_FLOAT:
        return type->kind == SQL_FLOAT4
            || (type->kind == SQL_FLOAT8 && field->type == PROTOBUF_C_TYPE_DOUBLE);
    case CODEC_STRING:
        return type->kind == SQL_TEXT || type->kind == SQL_UUID || type->kind == SQL_ENUM;
    case CODEC_SUBMESSAGE:
        return message_fits(field, type) && type->kind != SQL_ARRAY;
    default:
        return codec_can_send(field, type);
    }
}

/* ---- to the server ---- */

/* Read an integer; false if it is above INT64_MAX. */
static bool read_integer(
    const ProtobufCFieldDescriptor *field, const void *data, int64_t *ret_value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *ret_value = *(const uint32_t *)data;
        return true;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        *ret_value = (int64_t) * (const uint64_t *)data;
        return *ret_value >= 0;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        *ret_value = *(const int64_t *)data;
        return true;
    default:
        *ret_value = *(const int32_t *)data;
        return true;
    }
}

static int encode_integer(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const void *data, uint8_t *buffer, struct codec_value *ret, struct err *err)
{
    int64_t value, max = INT64_MAX;

    if (type->kind != SQL_INT8)
        max = type->kind == SQL_INT2 ? INT16_MAX : INT32_MAX;
    if (!read_integer(field, data, &value) || value > max || value < -max - 1)
        return err_set(err, ERR_INVALID, "Give a number from %lld to %lld.", (long long)-max - 1,
            (long long)max);
    if (type->kind == SQL_INT8)
        pgbin_put64(buffer, (uint64_t)value);
    else if (type->kind == SQL_INT4)
        pgbin_put32(buffer, (uint32_t)value);
    else
        pgbin_put16(buffer, (uint16_t)value);
    ret->data = buffer;
    ret->len = type->kind == SQL_INT8 ? 8 : type->kind == SQL_INT4 ? 4 : 2;
    return 0;
}

static int encode_float(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const void *data, uint8_t *buffer, struct codec_value *ret)
{
    double value = field->type == PROTOBUF_C_TYPE_FLOAT ? (double)*(const float *)data
                                                        : *(const double *)data;

    ret->data = buffer;
    if (type->kind == SQL_FLOAT8) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        pgbin_put64(buffer, bits);
        ret->len = 8;
    } else {
        float narrow = (float)value;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof(bits));
        pgbin_put32(buffer, bits);
        ret->len = 4;
    }
    return 0;
}

static int encode_enum(const ProtobufCFieldDescriptor *field, const char *const *labels,
    const void *data, struct codec_value *ret, struct err *err)
{
    const ProtobufCEnumDescriptor *desc = field_enum_descriptor(field);
    int number = *(const int *)data;
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(desc, number);

    if (!value)
        return err_set(err, ERR_INVALID, "%d is no value of %s.", number, desc->short_name);
    ret->data = labels[value - desc->values];
    ret->len = ret->data ? (int)strlen(ret->data) : 0;
    return 0;
}

static int encode_string(const struct sql_type *type, const char *text, uint8_t *buffer,
    struct codec_value *ret, struct err *err)
{
    struct uuid uuid;

    if (!text || !*text)
        return 0;
    size_t len = strlen(text);
    if (type->kind == SQL_TEXT) {
        ret->data = text;
        ret->len = (int)len;
        return 0;
    }
    if (uuid_parse(text, len, &uuid) < 0)
        return err_set(
            err, ERR_INVALID, "Give a UUID, such as 0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e47.");
    memcpy(buffer, uuid.bytes, sizeof(uuid.bytes));
    ret->data = buffer;
    ret->len = (int)sizeof(uuid.bytes);
    return 0;
}

static int encode_timestamp(
    const ProtobufCMessage *message, uint8_t *buffer, struct codec_value *ret, struct err *err)
{
    const Google__Protobuf__Timestamp *at = (const Google__Protobuf__Timestamp *)message;
    static const int64_t first = INT64_C(-62135596800), last = INT64_C(253402300799);

    if (at->seconds < first || at->seconds > last || at->nanos < 0 || at->nanos > 999999999)
        return err_set(err, ERR_INVALID, "Give a time between the years 1 and 9999.");
    pgbin_put64(buffer,
        (uint64_t)(at->seconds * USEC_PER_SEC + at->nanos / NANOS_PER_USEC - PGBIN_EPOCH_USEC));
    ret->data = buffer;
    ret->len = 8;
    return 0;
}

static int encode_date(
    const ProtobufCMessage *message, uint8_t *buffer, struct codec_value *ret, struct err *err)
{
    const Canvass__V1__Date *date = (const Canvass__V1__Date *)message;
    struct civil_date civil = { date->year, date->month, date->day };

    if (!civil_is_valid(&civil))
        return err_set(err, ERR_INVALID, "There is no day %04d-%02d-%02d.", date->year, date->month,
            date->day);
    pgbin_put32(buffer, (uint32_t)(civil_to_days(&civil) - PGBIN_EPOCH_DAYS));
    ret->data = buffer;
    ret->len = 4;
    return 0;
}

int codec_encode(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const char *const *labels, const void *data, uint8_t buffer[16], struct codec_value *ret,
    struct err *err)
{
    const ProtobufCBinaryData *bytes = data;
    const ProtobufCMessage *message;

    *ret = (struct codec_value) { 0 };
    switch (classes[field->type]) {
    case CODEC_INTEGER:
        return encode_integer(field, type, data, buffer, ret, err);
    case CODEC_FLOAT:
        return encode_float(field, type, data, buffer, ret);
    case CODEC_BOOL:
        buffer[0] = *(const protobuf_c_boolean *)data != 0;
        ret->data = buffer;
        ret->len = 1;
        return 0;
    case CODEC_ENUM:
        return encode_enum(field, labels, data, ret, err);
    case CODEC_STRING:
        return encode_string(type, *(const char *const *)data, buffer, ret, err);
    case CODEC_BYTES:
        ret->data = bytes->len ? bytes->data : NULL;
        ret->len = (int)bytes->len;
        return 0;
    case CODEC_SUBMESSAGE:
        break;
    }
    message = *(const ProtobufCMessage *const *)data;
    if (!message)
        return 0;
    if (codec_message_of(field) == CODEC_TIMESTAMP)
        return encode_timestamp(message, buffer, ret, err);
    return encode_date(message, buffer, ret, err);
}

int codec_enum_labels(const ProtobufCFieldDescriptor *field, struct arena *arena,
    const char *const **ret_labels, struct err *err)
{
    const ProtobufCEnumDescriptor *desc = field_enum_descriptor(field);
    const char **labels = arena_calloc(arena, desc->n_values, sizeof(*labels));
    char name[ENUM_NAME_BYTES];

    if (!labels)
        return err_oom(err);
    for (unsigned i = 0; i < desc->n_values; i++) {
        int value = desc->values[i].value;
        if (enum_is_unspecified(desc, value) || enum_short_name(desc, value, name) < 0)
            continue;
        labels[i] = arena_strdup(arena, name);
        if (!labels[i])
            return err_oom(err);
    }
    *ret_labels = labels;
    return 0;
}

int codec_enum_values(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    struct arena *arena, const int **ret_values, struct err *err)
{
    const ProtobufCEnumDescriptor *desc = field_enum_descriptor(field);
    int *values = arena_calloc(arena, type->n_labels, sizeof(*values));

    if (!values)
        return err_oom(err);
    for (size_t i = 0; i < type->n_labels; i++)
        if (enum_find_short_name(desc, type->labels[i], strlen(type->labels[i]), &values[i]) < 0)
            return err_set(err, ERR_INVALID, "the type's value \"%s\" is none of %s",
                type->labels[i], desc->short_name);
    *ret_values = values;
    return 0;
}
