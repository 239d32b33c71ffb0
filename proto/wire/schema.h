/* What the .proto files say beyond protobuf-c's own descriptors: methods with their comments and
 * streaming flags, JSON names, which fields are optional, and the files' descriptors themselves.
 *
 * The build embeds the whole descriptor set (proto/build/descgen.c). It is unpacked once, at the
 * first schema_get(), and lives until the program ends; everything returned here is borrowed from
 * it. Call schema_get() once at start and look at the answer: NULL means out of memory (or a
 * corrupt build), and then the other functions find nothing.
 */
#pragma once

#include "base/macro.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schema;

struct schema_method {
    const char *path; /* "/canvass.v1.EmployerService/GetEmployer", as :path on the wire */
    const char *full_name; /* the same without the first slash */
    const char *comment; /* the .proto's comment before the rpc, one line per line; "" if none */
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMessageDescriptor *input, *output;
    bool client_streaming, server_streaming;
};

/* One .proto file, for reflection. */
struct schema_file {
    const char *name; /* "canvass/v1/employer.proto" */
    const uint8_t *data; /* its FileDescriptorProto, as protoc wrote it, with comments */
    size_t len;
    const struct Google__Protobuf__FileDescriptorProto *proto; /* the same, unpacked */
};

/* Load the schema at the first call; NULL if that failed. */
const struct schema *schema_get(void);

/* All methods, sorted by path. */
size_t schema_n_methods(void);
const struct schema_method *schema_method(size_t index);

/* Find a method by its path on the wire (with the slash) or by its full name; NULL if none. */
const struct schema_method *schema_find_method(const char *path, size_t len);

/* Find a message type by its full name, "canvass.v1.Employer"; NULL if none. */
const ProtobufCMessageDescriptor *schema_find_message(const char *full_name);

/* All services. */
size_t schema_n_services(void);
const ProtobufCServiceDescriptor *schema_service(size_t index);

/* All files, each behind those it imports. */
size_t schema_n_files(void);
const struct schema_file *schema_file(size_t index);

/* Return the name that proto3's JSON gives @field; NULL if the field is not of the schema. */
const char *schema_json_name(const ProtobufCFieldDescriptor *field);

/* Say whether @field is declared `optional`. */
bool schema_field_is_optional(const ProtobufCFieldDescriptor *field);

/* Return the comment that stands before what has this full name: a message ("canvass.v1.Employer"),
 * a field ("canvass.v1.Employer.name"), an enum, its value ("canvass.v1.Role.ROLE_LEAD"), a service
 * or its method ("canvass.v1.EmployerService.GetEmployer"); "" if none. */
const char *schema_comment(const char *full_name);

/* Return the serialised FileDescriptorSet, with `optional` flags and comments. */
void schema_descriptor_set(const uint8_t **ret_data, size_t *ret_len);
