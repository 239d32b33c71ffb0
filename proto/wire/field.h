/* Fields of messages by their descriptors: where they lie, whether they are set, how to set them.
 *
 * What is generic (JSON, binding to SQL, printing) uses these instead of protobuf-c's offsets. A
 * member of a oneof, and a proto3 optional field (which the build turns into a oneof of one), has
 * presence; a plain proto3 scalar has not: it is "set" when it is not zero or empty.
 */
#pragma once

#include "base/err.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

/* Say whether the field is a list. */
bool field_is_repeated(const ProtobufCFieldDescriptor *field) _pure_;

/* Say whether the field knows "unset" from "zero": messages, members of oneofs, optionals. */
bool field_has_presence(const ProtobufCFieldDescriptor *field) _pure_;

/* Say whether the field is set: present if it has presence, not empty if it is a list, and else not
 * zero, false or "". */
bool field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Return where the value lies: the member itself for a singular field (a char *, a
 * ProtobufCBinaryData, a ProtobufCMessage *, an int32_t ...), the array's first element for a list
 * (NULL if it is empty). */
const void *field_data(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Return the number of elements: of a list, or 0 or 1 by field_is_set(). */
size_t field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Return where element @index of a list lies, or the member itself for a singular field. */
const void *field_element(
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t index);

/* Return the submessage, NULL if unset; @field is a singular message field. */
const ProtobufCMessage *field_message(
    const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Return the size of one value of @field's type as it lies in memory. */
size_t field_value_size(const ProtobufCFieldDescriptor *field) _pure_;

/* Copy a value of field_value_size() bytes into a singular field and mark it present; another
 * member of its oneof is forgotten. Pointers in the value are stored, not copied. */
void field_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const void *value);

/* Make @elements, an array of @n values that the message borrows, the content of a list. */
void field_set_list(
    ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, void *elements, size_t n);

/* Unset the field. */
void field_clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Find the field that a path of snake_case names enters from @desc: "employer.site.postcode". At
 * most @max_steps names; @ret_steps gets the fields on the way, the last being the field itself.
 * Returns the number of steps, or ERR_NOT_FOUND with err->field = the path up to the unknown name.
 * Lists may be on the way: the caller decides what that means. */
int field_find_path(const ProtobufCMessageDescriptor *desc, const char *path, size_t max_steps,
    const ProtobufCFieldDescriptor **ret_steps, struct err *err) _must_check_;

/* Return the descriptor of @field's message type; NULL if it is no message. */
const ProtobufCMessageDescriptor *field_message_descriptor(
    const ProtobufCFieldDescriptor *field) _pure_;

/* Return the descriptor of @field's enum type; NULL if it is no enum. */
const ProtobufCEnumDescriptor *field_enum_descriptor(const ProtobufCFieldDescriptor *field) _pure_;

/* A path as the recursion of a walk knows it, innermost first; lives on the stack. */
struct field_path {
    const struct field_path *parent; /* NULL at the outermost message */
    const char *name;
    long index; /* of a list's element; below 0: none */
};

/* Write "employer.sites[2].postcode"; cut short with "..." at the end if it is too long. NULL is
 * "". */
void field_path_format(const struct field_path *path, char *out, size_t size);

/* Fill @err with @code, the path as its field, and a formatted sentence; return @code. */
int field_path_err(struct err *err, enum err_code code, const struct field_path *path,
    const char *fmt, ...) _printf_(4, 5);
