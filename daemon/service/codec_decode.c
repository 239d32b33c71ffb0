/* Values on their way from the server to a field. */
#include "base/civil.h"
#include "base/uuid.h"
#include "service/bind_internal.h"
#include "service/pgbin.h"
#include "wire/enums.h"
#include "wire/field.h"
#include "wire/message.h"

#include "canvass/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

#define NANOS_PER_USEC 1000

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
    if (codec_is_64_bit(field)) {
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
    switch (codec_class_of(field)) {
    case CODEC_INTEGER:
        return decode_integer(field, type, data, out);
    case CODEC_FLOAT:
        return decode_float(field, type, data, out);
    case CODEC_BOOL:
        flag = data[0] != 0;
        memcpy(out, &flag, sizeof(flag));
        return 1;
    case CODEC_ENUM:
        return decode_enum(field, type, enum_values, data, len, out, err);
    case CODEC_STRING:
        return decode_string(type, data, len, arena, out, err);
    case CODEC_BYTES:
        return decode_bytes(data, len, arena, out, err);
    case CODEC_SUBMESSAGE:
        break;
    }
    if (codec_message_of(field) == CODEC_TIMESTAMP)
        return decode_timestamp(data, arena, out, err);
    return decode_date(data, arena, out, err);
}
