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

/* The kinds of values that protobuf's types come down to. */
enum value_class {
    VALUE_INTEGER,
    VALUE_FLOAT,
    VALUE_BOOL,
    VALUE_ENUM,
    VALUE_STRING,
    VALUE_BYTES,
    VALUE_MESSAGE,
};

static const enum value_class classes[] = {
    [PROTOBUF_C_TYPE_INT32] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_SINT32] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_SFIXED32] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_INT64] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_SINT64] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_SFIXED64] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_UINT32] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_FIXED32] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_UINT64] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_FIXED64] = VALUE_INTEGER,
    [PROTOBUF_C_TYPE_FLOAT] = VALUE_FLOAT,
    [PROTOBUF_C_TYPE_DOUBLE] = VALUE_FLOAT,
    [PROTOBUF_C_TYPE_BOOL] = VALUE_BOOL,
    [PROTOBUF_C_TYPE_ENUM] = VALUE_ENUM,
    [PROTOBUF_C_TYPE_STRING] = VALUE_STRING,
    [PROTOBUF_C_TYPE_BYTES] = VALUE_BYTES,
    [PROTOBUF_C_TYPE_MESSAGE] = VALUE_MESSAGE,
};

static const char *const class_names[] = {
    [VALUE_INTEGER] = "an integer",
    [VALUE_FLOAT] = "a floating-point number",
    [VALUE_BOOL] = "a boolean",
    [VALUE_ENUM] = "an enum",
    [VALUE_STRING] = "a string",
    [VALUE_BYTES] = "bytes",
    [VALUE_MESSAGE] = "a message",
};

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
    switch (classes[field->type] == VALUE_MESSAGE ? codec_message_of(field) : CODEC_MESSAGE) {
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

static bool is_64_bit(const ProtobufCFieldDescriptor *field)
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
    case VALUE_INTEGER:
        return type->kind == SQL_INT2 || type->kind == SQL_INT4 || type->kind == SQL_INT8;
    case VALUE_FLOAT:
        return type->kind == SQL_FLOAT4 || type->kind == SQL_FLOAT8;
    case VALUE_BOOL:
        return type->kind == SQL_BOOL;
    case VALUE_ENUM:
        return type->kind == SQL_ENUM || type->kind == SQL_TEXT;
    case VALUE_STRING:
        return type->kind == SQL_TEXT || type->kind == SQL_UUID;
    case VALUE_BYTES:
        return type->kind == SQL_BYTEA;
    case VALUE_MESSAGE:
        break;
    }
    return message_fits(field, type);
}

bool codec_can_read(const ProtobufCFieldDescriptor *field, const struct sql_type *type)
{
    switch (classes[field->type]) {
    case VALUE_INTEGER:
        return type->kind == SQL_INT2 || type->kind == SQL_INT4
            || (type->kind == SQL_INT8 && is_64_bit(field));
    case VALUE_FLOAT:
        return type->kind == SQL_FLOAT4
            || (type->kind == SQL_FLOAT8 && field->type == PROTOBUF_C_TYPE_DOUBLE);
    case VALUE_STRING:
        return type->kind == SQL_TEXT || type->kind == SQL_UUID || type->kind == SQL_ENUM;
    case VALUE_MESSAGE:
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
    case VALUE_INTEGER:
        return encode_integer(field, type, data, buffer, ret, err);
    case VALUE_FLOAT:
        return encode_float(field, type, data, buffer, ret);
    case VALUE_BOOL:
        buffer[0] = *(const protobuf_c_boolean *)data != 0;
        ret->data = buffer;
        ret->len = 1;
        return 0;
    case VALUE_ENUM:
        return encode_enum(field, labels, data, ret, err);
    case VALUE_STRING:
        return encode_string(type, *(const char *const *)data, buffer, ret, err);
    case VALUE_BYTES:
        ret->data = bytes->len ? bytes->data : NULL;
        ret->len = (int)bytes->len;
        return 0;
    case VALUE_MESSAGE:
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

/* ---- from the server ---- */

static int decode_integer(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const uint8_t *data, void *out)
{
    int64_t value;

    if (type->kind == SQL_INT8)
        value = (int64_t)pgbin_get64(data);
    else if (type->kind == SQL_INT4)
        value = (int32_t)pgbin_get32(data);
    else
        value = (int16_t)pgbin_get16(data);
    if (is_64_bit(field)) {
        memcpy(out, &value, sizeof(value));
    } else {
        int32_t narrow = (int32_t)value;
        memcpy(out, &narrow, sizeof(narrow));
    }
    return 1;
}

static int decode_float(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const uint8_t *data, void *out)
{
    float narrow = 0;
    double value;

    if (type->kind == SQL_FLOAT8) {
        uint64_t bits = pgbin_get64(data);
        memcpy(&value, &bits, sizeof(value));
    } else {
        uint32_t bits = pgbin_get32(data);
        memcpy(&narrow, &bits, sizeof(narrow));
        value = (double)narrow;
    }
    if (field->type == PROTOBUF_C_TYPE_DOUBLE)
        memcpy(out, &value, sizeof(value));
    else
        memcpy(out, &narrow, sizeof(narrow));
    return 1;
}

static int decode_enum(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const int *enum_values, const uint8_t *data, size_t len, void *out, struct err *err)
{
    int value = 0;

    for (size_t i = 0; enum_values && i < type->n_labels; i++)
        if (strlen(type->labels[i]) == len && memcmp(type->labels[i], data, len) == 0) {
            memcpy(out, &enum_values[i], sizeof(value));
            return 1;
        }
    if (enum_find_short_name(field_enum_descriptor(field), (const char *)data, len, &value) < 0)
        return err_set(err, ERR_INTERNAL, "the answer has a value that is none of %s",
            field_enum_descriptor(field)->short_name);
    memcpy(out, &value, sizeof(value));
    return 1;
}

static int decode_string(const struct sql_type *type, const uint8_t *data, size_t len,
    struct arena *arena, void *out, struct err *err)
{
    char *text;

    if (type->kind == SQL_UUID) {
        struct uuid uuid;
        text = arena_alloc(arena, UUID_TEXT_BYTES);
        if (text) {
            memcpy(uuid.bytes, data, sizeof(uuid.bytes));
            uuid_format(&uuid, text);
        }
    } else {
        text = arena_strndup(arena, (const char *)data, len);
    }
    if (!text)
        return err_oom(err);
    memcpy(out, &text, sizeof(text));
    return 1;
}

static int decode_timestamp(const uint8_t *data, struct arena *arena, void *out, struct err *err)
{
    int64_t usec = (int64_t)pgbin_get64(data);

    if (usec == PGBIN_INFINITY_USEC || usec == INT64_MIN)
        return 0;
    Google__Protobuf__Timestamp *at = (Google__Protobuf__Timestamp *)message_new(
        &google__protobuf__timestamp__descriptor, arena);
    if (!at)
        return err_oom(err);
    usec += PGBIN_EPOCH_USEC;
    at->seconds = usec / USEC_PER_SEC;
    int64_t rest = usec % USEC_PER_SEC;
    if (rest < 0) {
        at->seconds--;
        rest += USEC_PER_SEC;
    }
    at->nanos = (int32_t)(rest * NANOS_PER_USEC);
    memcpy(out, &at, sizeof(at));
    return 1;
}

static int decode_date(const uint8_t *data, struct arena *arena, void *out, struct err *err)
{
    int32_t days = (int32_t)pgbin_get32(data);

    if (days == PGBIN_INFINITY_DAYS || days == INT32_MIN)
        return 0;
    Canvass__V1__Date *date
        = (Canvass__V1__Date *)message_new(&canvass__v1__date__descriptor, arena);
    if (!date)
        return err_oom(err);
    struct civil_date civil = civil_from_days((int64_t)days + PGBIN_EPOCH_DAYS);
    date->year = civil.year;
    date->month = civil.month;
    date->day = civil.day;
    memcpy(out, &date, sizeof(date));
    return 1;
}

static int decode_bytes(
    const uint8_t *data, size_t len, struct arena *arena, void *out, struct err *err)
{
    ProtobufCBinaryData bytes = { len, arena_memdup(arena, data, len) };

    if (!bytes.data)
        return err_oom(err);
    memcpy(out, &bytes, sizeof(bytes));
    return 1;
}

/* Bytes of the binary form; 0: any. */
static const size_t sizes[] = {
    [SQL_UUID] = 16,
    [SQL_BOOL] = 1,
    [SQL_INT2] = 2,
    [SQL_INT4] = 4,
    [SQL_INT8] = 8,
    [SQL_FLOAT4] = 4,
    [SQL_FLOAT8] = 8,
    [SQL_TIMESTAMPTZ] = 8,
    [SQL_DATE] = 4,
    [SQL_ARRAY] = 0,
};

int codec_decode(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const int *enum_values, const uint8_t *data, size_t len, struct arena *arena, void *out,
    struct err *err)
{
    protobuf_c_boolean flag;

    if (sizes[type->kind] && sizes[type->kind] != len)
        return err_set(err, ERR_INTERNAL, "the answer has a %s of %zu bytes", type->name, len);
    switch (classes[field->type]) {
    case VALUE_INTEGER:
        return decode_integer(field, type, data, out);
    case VALUE_FLOAT:
        return decode_float(field, type, data, out);
    case VALUE_BOOL:
        flag = data[0] != 0;
        memcpy(out, &flag, sizeof(flag));
        return 1;
    case VALUE_ENUM:
        return decode_enum(field, type, enum_values, data, len, out, err);
    case VALUE_STRING:
        return decode_string(type, data, len, arena, out, err);
    case VALUE_BYTES:
        return decode_bytes(data, len, arena, out, err);
    case VALUE_MESSAGE:
        break;
    }
    if (codec_message_of(field) == CODEC_TIMESTAMP)
        return decode_timestamp(data, arena, out, err);
    return decode_date(data, arena, out, err);
}
