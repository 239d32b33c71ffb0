/* grpc.reflection.v1 and v1alpha: what this server offers, for clients without .proto files.
 *
 * Answers come from the descriptors that the build embeds, byte for byte as protoc wrote them
 * (wire/schema.h). The two versions have the same messages on the wire, so one handler serves both
 * with those of v1. A file comes with all files it needs that this stream did not send yet.
 */
#pragma once

#include "rpc/server.h"

/* A row of native.c. */
extern const struct rpc_handler reflection_handler;
