/* What the files of the binder share: the codec of single values. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "service/sql_types.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The message types that are values in SQL. */
enum codec_message {
    CODEC_MESSAGE, /* any other: jsonb */
    CODEC_TIMESTAMP,
    CODEC_DATE,
    CODEC_FIELD_MASK,
};

/* What the types of protobuf come down to. */
enum codec_class {
    CODEC_INTEGER,
    CODEC_FLOAT,
    CODEC_BOOL,
    CODEC_ENUM,
    CODEC_STRING,
    CODEC_BYTES,
    CODEC_SUBMESSAGE,
};

enum codec_class codec_class_of(const ProtobufCFieldDescriptor *field);

/* Say whether the field's integers have 64 bits. */
bool codec_is_64_bit(const ProtobufCFieldDescriptor *field);

enum codec_message codec_message_of(const ProtobufCFieldDescriptor *field);

/* Say whether one value of @field (an element, for a list) can be sent as @type. */
bool codec_can_send(const ProtobufCFieldDescriptor *field, const struct sql_type *type);

/* Say whether one value of @type can be read into @field (an element, for a list). */
bool codec_can_read(const ProtobufCFieldDescriptor *field, const struct sql_type *type);

/* Write what a value of @field is for people: "a string", "an integer", "a message". */
const char *codec_field_name(const ProtobufCFieldDescriptor *field);

/* One value on its way to the server. */
struct codec_value {
    const void *data; /* NULL: SQL NULL; else the caller's buffer, the message or the arena */
    int len;
};

/* Encode the value at @data, which lies as protobuf-c has it. ERR_INVALID without a field (the
 * caller knows the path), ERR_EXHAUSTED. Lists and messages as JSON are the caller's. */
int codec_encode(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const char *const *labels, const void *data, uint8_t buffer[16], struct codec_value *ret,
    struct err *err) _must_check_;

/* Decode a value of @type into @out, field_value_size() bytes. 1: done; 0: it counts as unset
 * (infinity); ERR_INTERNAL; ERR_EXHAUSTED. */
int codec_decode(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    const int *enum_values, const uint8_t *data, size_t len, struct arena *arena, void *out,
    struct err *err) _must_check_;

/* Append the labels of @field's enum in the order of desc->values; NULL for the unspecified.
 * ERR_EXHAUSTED. */
int codec_enum_labels(const ProtobufCFieldDescriptor *field, struct arena *arena,
    const char *const **ret_labels, struct err *err) _must_check_;

/* Return the proto value of each label of the enum @type. ERR_INVALID names a label without one.
 */
int codec_enum_values(const ProtobufCFieldDescriptor *field, const struct sql_type *type,
    struct arena *arena, const int **ret_values, struct err *err) _must_check_;
