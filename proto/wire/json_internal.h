/* What the reading and the printing half of json.h share: kinds of messages, names of fields. */
#pragma once

#include "base/macro.h"
#include "wire/json.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_NAME_BYTES 128

/* Messages with a JSON form of their own. */
enum json_kind {
    JSON_KIND_PLAIN,
    JSON_KIND_ANY,
    JSON_KIND_DATE, /* in JSON_SQL only */
    JSON_KIND_DURATION,
    JSON_KIND_FIELD_MASK,
    JSON_KIND_LIST_VALUE,
    JSON_KIND_STRUCT,
    JSON_KIND_TIMESTAMP,
    JSON_KIND_VALUE,
    JSON_KIND_WRAPPER,
};

enum json_kind json_kind_of(const ProtobufCMessageDescriptor *desc, enum json_style style);

/* Return the name of @field in JSON; @room holds it where it has to be made. */
const char *json_field_name(const ProtobufCFieldDescriptor *field, enum json_style style,
    char room[JSON_NAME_BYTES]);

/* Say whether the field's type is google.protobuf.NullValue, whose only value is null. */
bool json_is_null_type(const ProtobufCFieldDescriptor *field);

/* Turn "weight_pay" into "weightPay", or back; 0, ERR_INVALID if the way back would not lead to the
 * same text or there is no room. */
int json_camel_from_snake(const char *snake, size_t n, char out[JSON_NAME_BYTES]) _must_check_;
int json_snake_from_camel(const char *camel, size_t n, char out[JSON_NAME_BYTES]) _must_check_;
