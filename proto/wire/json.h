/* JSON from and to any message, through protobuf-c's descriptors.
 *
 * Two styles:
 *
 * JSON_PROTO3 follows proto3's JSON mapping: lowerCamelCase names (both spellings are read), enum
 * names, 64-bit integers as strings, bytes as base64, RFC 3339 Timestamps, Durations as "1.5s",
 * FieldMasks as one string, Struct, Value, wrappers and Any in their own forms. Plain fields that
 * are zero or empty are not printed.
 *
 * JSON_SQL is what methods exchange with PostgreSQL as jsonb: snake_case names, enum values by
 * their short names (enums.h) and left out when unspecified, canvass.v1.Date as "YYYY-MM-DD",
 * Timestamps as RFC 3339, FieldMasks as an array of snake_case paths, 64-bit integers as numbers,
 * bytes as
 * "\\x0a1b". Printed: what has presence and is set; plain numbers, booleans and lists always; plain
 * strings and bytes unless empty. Read: also what to_jsonb() writes, such as null for unset and
 * timestamps with an offset.
 *
 * Both: null means unset. Refused with the path in err->field (snake_case,
 * "employer.sites[2].name") and a sentence that says what was expected: unknown fields, a field or
 * a oneof given twice, numbers out of range or with a fraction, text that is no such date, more
 * than 64 levels. Text that is no JSON is ERR_INVALID with line and column; numbers above 2^63-1
 * must be strings.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#define JSON_MAX_DEPTH 64

enum json_style {
    JSON_PROTO3,
    JSON_SQL,
};

/* Append @message as compact JSON text. ERR_INVALID if a value has no such form (an enum value
 * without a name in JSON_SQL, a Date or Timestamp that does not exist), ERR_EXHAUSTED; then what
 * was appended is cut off again. */
int json_print(const ProtobufCMessage *message, enum json_style style, struct str *out,
    struct err *err) _must_check_;

/* Append one field's value alone: an object, array, string, number or boolean; "null" if it has
 * presence and is unset. */
int json_print_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    enum json_style style, struct str *out, struct err *err) _must_check_;

/* Read @len bytes of JSON text into a new message of type @desc in @arena. */
int json_parse(const ProtobufCMessageDescriptor *desc, struct arena *arena, const char *text,
    size_t len, enum json_style style, ProtobufCMessage **ret_message,
    struct err *err) _must_check_;

/* Read @len bytes of JSON text, any value, into @field of @message, which forgets what it held;
 * null unsets it. Strings, lists and submessages come from @arena. */
int json_parse_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
    struct arena *arena, const char *text, size_t len, enum json_style style,
    struct err *err) _must_check_;

/* The same with a value that jansson has read. It is borrowed. */
int json_to_message(const json_t *value, const ProtobufCMessageDescriptor *desc,
    struct arena *arena, enum json_style style, ProtobufCMessage **ret_message,
    struct err *err) _must_check_;
int json_to_field(const json_t *value, ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, struct arena *arena, enum json_style style,
    struct err *err) _must_check_;

/* Make a json_t of @message, which the caller owns (json_decref). */
int json_from_message(const ProtobufCMessage *message, enum json_style style, json_t **ret_value,
    struct err *err) _must_check_;
