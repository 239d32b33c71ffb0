/* Reading single values that are no messages. */
#include "wire/json_internal.h"

#include "base/str.h"
#include "wire/enums.h"
#include "wire/metadata.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>

static int json_number_err(
    struct json_parser *parser, const struct field_path *path, int64_t min, uint64_t max)
{
    return field_path_err(parser->err, ERR_INVALID, path,
        "expected a whole number from %" PRId64 " to %" PRIu64, min, max);
}

/* Read digits with an optional sign, nothing else. A number is its sign and its magnitude, so that
 * all of int64 and uint64 fit. */
static bool json_digits(const char *text, size_t len, bool *ret_is_negative, uint64_t *ret_value)
{
    bool is_negative = text[0] == '-';
    const char *digits = text + is_negative;
    if (digits[0] < '0' || digits[0] > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(digits, &end, 10);
    if (errno || end != text + len)
        return false;
    *ret_is_negative = is_negative;
    *ret_value = value;
    return true;
}

static bool json_whole(const struct json_parser *parser, const json_t *value, bool *ret_is_negative,
    uint64_t *ret_value)
{
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        *ret_is_negative = number < 0;
        *ret_value = number < 0 ? -(uint64_t)number : (uint64_t)number;
        return true;
    }
    if (json_is_real(value)) {
        double number = json_real_value(value);
        if (number != trunc(number) || fabs(number) >= 0x1p64)
            return false;
        *ret_is_negative = number < 0;
        *ret_value = (uint64_t)fabs(number);
        return true;
    }
    return parser->style == JSON_PROTO3 && json_is_string(value)
        && json_digits(
            json_string_value(value), json_string_length(value), ret_is_negative, ret_value);
}

static int json_read_signed(struct json_parser *parser, const json_t *value,
    const struct field_path *path, int64_t min, int64_t max, int64_t *ret_number)
{
    bool is_negative;
    uint64_t magnitude;
    if (!json_whole(parser, value, &is_negative, &magnitude)
        || magnitude > (is_negative ? -(uint64_t)min : (uint64_t)max))
        return json_number_err(parser, path, min, (uint64_t)max);
    *ret_number = (int64_t)(is_negative ? -magnitude : magnitude);
    return 0;
}

static int json_read_unsigned(struct json_parser *parser, const json_t *value,
    const struct field_path *path, uint64_t max, uint64_t *ret_number)
{
    bool is_negative;
    uint64_t magnitude;
    if (!json_whole(parser, value, &is_negative, &magnitude) || magnitude > max
        || (is_negative && magnitude > 0))
        return json_number_err(parser, path, 0, max);
    *ret_number = magnitude;
    return 0;
}

/* Read the texts that stand for numbers: NaN and the infinities, and in proto3 any number. */
static bool json_real_from_text(enum json_style style, const char *text, double *ret_number)
{
    if (str_eq(text, "NaN"))
        *ret_number = NAN;
    else if (str_eq(text, "Infinity"))
        *ret_number = INFINITY;
    else if (str_eq(text, "-Infinity"))
        *ret_number = -INFINITY;
    else if (style == JSON_PROTO3 && text[0] && text[strspn(text, "+-0123456789.eE")] == '\0') {
        /* jansson knows how to read a number in any locale */
        json_t *number = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
        bool is_number = json_is_number(number);
        if (is_number)
            *ret_number = json_number_value(number);
        json_decref(number);
        return is_number;
    } else
        return false;
    return true;
}

static int json_read_real(struct json_parser *parser, const json_t *value,
    const struct field_path *path, double max, double *ret_number)
{
    double number = 0;
    if (json_is_number(value))
        number = json_number_value(value);
    else if (!json_is_string(value)
        || !json_real_from_text(parser->style, json_string_value(value), &number))
        return field_path_err(parser->err, ERR_INVALID, path, "expected a number");
    if (isfinite(number) && fabs(number) > max)
        return field_path_err(
            parser->err, ERR_INVALID, path, "expected a number of at most %g", max);
    *ret_number = number;
    return 0;
}

static int json_read_bool(struct json_parser *parser, const json_t *value,
    const struct field_path *path, protobuf_c_boolean *ret_value)
{
    if (!json_is_boolean(value))
        return field_path_err(parser->err, ERR_INVALID, path, "expected true or false");
    *ret_value = json_is_true(value);
    return 0;
}

/* List what the enum accepts, as far as there is room. */
static int json_enum_err(
    struct json_parser *parser, const ProtobufCEnumDescriptor *desc, const struct field_path *path)
{
    char names[320] = "";
    size_t len = 0;
    for (unsigned i = 0; i < desc->n_values && len < sizeof(names); i++) {
        char short_name[ENUM_NAME_BYTES];
        const char *name = desc->values[i].name;
        if (parser->style == JSON_SQL) {
            if (enum_short_name(desc, desc->values[i].value, short_name) < 0)
                continue;
            name = short_name;
        }
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "", name);
    }
    return field_path_err(parser->err, ERR_INVALID, path, "expected one of %s%s", names,
        len >= sizeof(names) ? "..." : "");
}

static int json_read_enum(struct json_parser *parser, const json_t *value,
    const ProtobufCFieldDescriptor *field, const struct field_path *path, int *ret_value)
{
    const ProtobufCEnumDescriptor *desc = field_enum_descriptor(field);
    int64_t number = 0;
    if (parser->style == JSON_PROTO3 && json_is_null(value) && json_is_null_type(field)) {
        *ret_value = 0;
        return 0;
    }
    if (parser->style == JSON_PROTO3 && json_is_number(value)) {
        /* enums are open: a newer peer may know more values */
        int r = json_read_signed(parser, value, path, INT32_MIN, INT32_MAX, &number);
        *ret_value = r < 0 ? 0 : (int)number;
        return r;
    }
    if (!json_is_string(value))
        return json_enum_err(parser, desc, path);
    const char *text = json_string_value(value);
    if (parser->style == JSON_SQL)
        return enum_find_short_name(desc, text, json_string_length(value), ret_value) < 0
            ? json_enum_err(parser, desc, path)
            : 0;
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value_by_name(desc, text);
    if (!known)
        return json_enum_err(parser, desc, path);
    *ret_value = known->value;
    return 0;
}

static int json_read_string(
    struct json_parser *parser, const json_t *value, const struct field_path *path, char **ret_text)
{
    if (!json_is_string(value))
        return field_path_err(parser->err, ERR_INVALID, path, "expected text");
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    /* jansson refuses both in what it reads; a json_t may come from elsewhere */
    if (memchr(text, 0, len) || !utf8_valid(text, len))
        return field_path_err(
            parser->err, ERR_INVALID, path, "expected text without NUL, in UTF-8");
    *ret_text = arena_strndup(parser->arena, text, len);
    return *ret_text ? 0 : err_oom(parser->err);
}

static int json_hex_decode(const char *text, size_t n, struct str *out)
{
    if (n % 2 != 0)
        return ERR_INVALID;
    for (size_t i = 0; i < n; i += 2) {
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return ERR_INVALID;
        str_addc(out, (char)(high << 4 | low));
    }
    return 0;
}

static int json_read_bytes(struct json_parser *parser, const json_t *value,
    const struct field_path *path, ProtobufCBinaryData *ret_bytes)
{
    _cleanup_(str_release) struct str bytes = { 0 };
    const char *text = json_is_string(value) ? json_string_value(value) : NULL;
    size_t len = json_string_length(value);
    if (parser->style == JSON_PROTO3) {
        if (!text || metadata_base64_decode(text, len, &bytes) < 0)
            return field_path_err(parser->err, ERR_INVALID, path, "expected base64");
    } else if (!text || !str_starts_with(text, "\\x")
        || json_hex_decode(text + 2, len - 2, &bytes) < 0) {
        return field_path_err(
            parser->err, ERR_INVALID, path, "expected \\x and hexadecimal digits");
    }
    ret_bytes->len = bytes.len;
    ret_bytes->data = arena_memdup(parser->arena, bytes.data, bytes.len);
    return bytes.failed || !ret_bytes->data ? err_oom(parser->err) : 0;
}

/* Store @number as the field's 32 or 64 bits. */
static void json_store(const ProtobufCFieldDescriptor *field, uint64_t number, void *ret_data)
{
    if (field_value_size(field) == sizeof(uint32_t))
        *(uint32_t *)ret_data = (uint32_t)number;
    else
        *(uint64_t *)ret_data = number;
}

static int json_read_float(struct json_parser *parser, const json_t *value,
    const struct field_path *path, float *ret_number)
{
    double number = 0;
    /* what rounds to the largest float is one still */
    int r = json_read_real(parser, value, path, (double)FLT_MAX * (1 + 0x1p-25), &number);
    if (r == 0)
        *ret_number = isfinite(number) && fabs(number) > (double)FLT_MAX
            ? copysignf(FLT_MAX, (float)number)
            : (float)number;
    return r;
}

int json_read_scalar(struct json_parser *parser, const json_t *value,
    const ProtobufCFieldDescriptor *field, const struct field_path *path, void *ret_data)
{
    int r;
    int64_t number = 0;
    uint64_t magnitude = 0;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        r = json_read_signed(parser, value, path, INT32_MIN, INT32_MAX, &number);
        json_store(field, (uint64_t)number, ret_data);
        return r;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        r = json_read_signed(parser, value, path, INT64_MIN, INT64_MAX, &number);
        json_store(field, (uint64_t)number, ret_data);
        return r;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        r = json_read_unsigned(parser, value, path, UINT32_MAX, &magnitude);
        json_store(field, magnitude, ret_data);
        return r;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        r = json_read_unsigned(parser, value, path, UINT64_MAX, &magnitude);
        json_store(field, magnitude, ret_data);
        return r;
    case PROTOBUF_C_TYPE_FLOAT:
        return json_read_float(parser, value, path, ret_data);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_read_real(parser, value, path, DBL_MAX, ret_data);
    case PROTOBUF_C_TYPE_BOOL:
        return json_read_bool(parser, value, path, ret_data);
    case PROTOBUF_C_TYPE_ENUM:
        return json_read_enum(parser, value, field, path, ret_data);
    case PROTOBUF_C_TYPE_STRING:
        return json_read_string(parser, value, path, ret_data);
    case PROTOBUF_C_TYPE_BYTES:
        return json_read_bytes(parser, value, path, ret_data);
    default:
        return field_path_err(parser->err, ERR_INTERNAL, path, "the field's type is unknown");
    }
}
