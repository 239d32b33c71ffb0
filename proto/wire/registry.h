/* The tables that the build generates from the .proto files (proto/build/descgen.c writes
 * registry.c). Only schema.c reads them: use wire/schema.h.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* The FileDescriptorSet of all files. */
extern const uint8_t registry_set[];
extern const size_t registry_set_len;

/* All services, in order of files. */
extern const ProtobufCServiceDescriptor *const registry_services[];
extern const size_t registry_n_services;

/* All messages, sorted by full name as strcmp() sorts. */
extern const ProtobufCMessageDescriptor *const registry_messages[];
extern const size_t registry_n_messages;
