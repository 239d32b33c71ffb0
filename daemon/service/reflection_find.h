/* Looking things up in the descriptors of files, for reflection.c. Names are full names without a
 * leading dot; nothing is allocated. */
#pragma once

#include "wire/schema.h"

#include <google/protobuf/descriptor.pb-c.h>
#include <stdbool.h>
#include <stddef.h>

#define REFLECTION_NOWHERE ((size_t)-1)

/* Index of the file (schema_file()) with this name, or REFLECTION_NOWHERE. */
size_t reflection_find_file(const char *name);

/* Index of the file that declares a message, field, oneof, enum, enum value, extension, service or
 * method. */
size_t reflection_find_symbol(const char *symbol);

/* Call @visit with each extension of @type, and the index of its file. */
typedef void reflection_visit_fn(size_t file, int number, void *arg);
void reflection_each_extension(const char *type, reflection_visit_fn *visit, void *arg);
