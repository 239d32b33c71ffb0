/* What every call passes through: it is counted and logged here, and goes to its service.
 *
 * The services that need no SQL and no token, beside the engine: grpc.health.v1 and
 * grpc.reflection. What is no method of theirs is the engine's.
 *
 * Calling sequence: natives_init() once engine and health are there; rpc_server_new() with
 * native_handler and the struct natives; nothing to release.
 *
 * A service of this kind is a struct rpc_handler without find(), and a row for each method in
 * native.c. Its callbacks get the struct natives as their argument.
 */
#pragma once

#include "base/err.h"
#include "rpc/server.h"

#include <stdbool.h>

#define NATIVES_MAX 4

struct db_pool;
struct follower;
struct engine;
struct health;
struct metrics;

struct natives {
    struct engine *engine; /* for every other method */
    struct health *health;
    struct metrics *metrics; /* NULL: nothing is counted */
    struct rpc_server *server; /* whose numbers are published with them, once it is there */
    struct db_pool *pool; /* likewise */
    struct follower *follower; /* likewise */
    bool logs_access; /* a line for each call */
    bool publishes_metrics; /* to every address, not only to this machine's own */
    struct native {
        struct rpc_method method;
        const struct rpc_handler *handler;
    } list[NATIVES_MAX];
    size_t n;
};

/* Fill @natives; reflection is left out unless @has_reflection. ERR_INTERNAL: the schema lacks a
 * method of the table. */
int natives_init(struct natives *natives, struct engine *engine, struct health *health,
    bool has_reflection, struct err *err) _must_check_;

/* Publish the numbers of server and pool, now. */
void natives_update_metrics(const struct natives *natives);

/* What to give rpc_server_new(), with the struct natives as its argument. */
extern const struct rpc_handler native_handler;
