/* Enum values as SQL and people name them: in lower case, without the type's prefix.
 *
 * VISIT_MODE_IN_PERSON of enum VisitMode is "in_person"; VISIT_MODE_UNSPECIFIED (value 0) is unset,
 * and has no such name. A value whose name lacks the prefix is just put in lower case.
 */
#pragma once

#include "base/macro.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENUM_NAME_BYTES 96

/* Write the prefix of the type's values, "VISIT_MODE_"; return its length. "" if it does not fit.
 */
size_t enum_prefix(const ProtobufCEnumDescriptor *desc, char out[ENUM_NAME_BYTES]);

/* Say whether @value is the type's "unspecified": 0, with a name that ends so. */
bool enum_is_unspecified(const ProtobufCEnumDescriptor *desc, int value);

/* Write the short name of @value. 0; ERR_INVALID if the type has no such value or it is the
 * unspecified one. */
int enum_short_name(
    const ProtobufCEnumDescriptor *desc, int value, char out[ENUM_NAME_BYTES]) _must_check_;

/* Find the value that @n bytes of a short name mean. 0; ERR_INVALID if none, or the unspecified. */
int enum_find_short_name(
    const ProtobufCEnumDescriptor *desc, const char *text, size_t n, int *ret_value) _must_check_;
