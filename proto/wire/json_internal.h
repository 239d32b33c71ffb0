/* What the reading and the printing half of json.h share: kinds of messages, names of fields. */
#pragma once

#include "base/macro.h"
#include "wire/field.h"
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
const char *json_field_name(
    const ProtobufCFieldDescriptor *field, enum json_style style, char room[JSON_NAME_BYTES]);

/* Say whether the field's type is google.protobuf.NullValue, whose only value is null. */
bool json_is_null_type(const ProtobufCFieldDescriptor *field);

/* Turn "weight_pay" into "weightPay", or back; 0, ERR_INVALID if the way back would not lead to the
 * same text or there is no room. */
int json_camel_from_snake(const char *snake, size_t n, char out[JSON_NAME_BYTES]) _must_check_;
int json_snake_from_camel(const char *camel, size_t n, char out[JSON_NAME_BYTES]) _must_check_;

/* One reading of JSON into messages. */
struct json_parser {
    enum json_style style;
    struct arena *arena;
    struct err *err;
    int depth;
};

/* Read one value, no list and no message, into the field_value_size() bytes at @ret_data. */
int json_read_scalar(struct json_parser *parser, const json_t *value,
    const ProtobufCFieldDescriptor *field, const struct field_path *path,
    void *ret_data) _must_check_;

/* Read a message that is not plain, of @kind, into the initialised @message. */
int json_read_kind(struct json_parser *parser, const json_t *value, enum json_kind kind,
    ProtobufCMessage *message, const struct field_path *path) _must_check_;

/* Read @value into a new message of type @desc. */
int json_read_message(struct json_parser *parser, const json_t *value,
    const ProtobufCMessageDescriptor *desc, const struct field_path *path,
    ProtobufCMessage **ret_message) _must_check_;

/* Read the members of an object into @message, but for the key @skip (NULL: none). */
int json_read_members(struct json_parser *parser, const json_t *object, const char *skip,
    ProtobufCMessage *message, const struct field_path *path) _must_check_;

/* Read @value, a list or a single value but not null, into @field of @message. */
int json_read_field(struct json_parser *parser, const json_t *value,
    const ProtobufCFieldDescriptor *field, ProtobufCMessage *message,
    struct field_path *path) _must_check_;
