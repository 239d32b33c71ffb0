#include "service/native.h"
#include "base/clock.h"
#include "db/pool.h"
#include "rpc/call.h"
#include "service/access.h"
#include "service/engine.h"
#include "service/follower.h"
#include "service/health.h"
#include "service/methods.h"
#include "service/metrics.h"
#include "service/pages.h"
#include "service/reflection.h"
#include "wire/schema.h"

#include <string.h>

/* One row a method. */
static const struct row {
    const char *path;
    const struct rpc_handler *handler;
    bool is_reflection;
} rows[] = {
    { "/grpc.health.v1.Health/Check", &health_check_handler, false },
    { "/grpc.health.v1.Health/Watch", &health_watch_handler, false },
    { "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", &reflection_handler, true },
    { "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &reflection_handler, true },
};

_Static_assert(ARRAY_SIZE(rows) <= NATIVES_MAX, "struct natives has room for every row");

int natives_init(struct natives *natives, struct engine *engine, struct health *health,
    bool has_reflection, struct err *err)
{
    *natives = (struct natives) { .engine = engine, .health = health };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct schema_method *schema = schema_find_method(rows[i].path, strlen(rows[i].path));
        if (!schema)
            return err_set(err, ERR_INTERNAL, "the schema lacks %s", rows[i].path);
        if (rows[i].is_reflection && !has_reflection)
            continue;
        natives->list[natives->n++] = (struct native) {
            .method = { .data = schema,
                .path = schema->path,
                .input = schema->input,
                .output = schema->output,
                .client_streaming = schema->client_streaming,
                .server_streaming = schema->server_streaming },
            .handler = rows[i].handler,
        };
    }
    return 0;
}

/* ---- to whom a callback goes ---- */

struct target {
    const struct rpc_handler *handler;
    void *arg;
};

static struct target target_of(const struct call *call, struct natives *natives)
{
    for (size_t i = 0; i < natives->n; i++)
        if (call_method(call) == &natives->list[i].method)
            return (struct target) { natives->list[i].handler, natives };
    return (struct target) { &engine_handler, natives->engine };
}

static const struct rpc_method *find(void *arg, const char *path, size_t len)
{
    const struct natives *natives = arg;

    for (size_t i = 0; i < natives->n; i++) {
        const struct rpc_method *method = &natives->list[i].method;
        if (strlen(method->path) == len && memcmp(method->path, path, len) == 0)
            return method;
    }
    return engine_handler.find(natives->engine, path, len);
}

static const struct rpc_method *find_page(void *arg, const char *path, size_t len)
{
    const struct natives *natives = arg;

    return engine_handler.find_page(natives->engine, path, len);
}

static void on_open(struct call *call, void *arg)
{
    struct target to = target_of(call, arg);

    access_open(call);

    if (to.handler->on_open)
        to.handler->on_open(call, to.arg);
}

static void on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    struct target to = target_of(call, arg);

    if (to.handler->on_message)
        to.handler->on_message(call, to.arg, data, len);
}

static void on_half_close(struct call *call, void *arg)
{
    struct target to = target_of(call, arg);

    if (to.handler->on_half_close)
        to.handler->on_half_close(call, to.arg);
}

static void on_writable(struct call *call, void *arg)
{
    struct target to = target_of(call, arg);

    if (to.handler->on_writable)
        to.handler->on_writable(call, to.arg);
}

static void on_drain(struct call *call, void *arg)
{
    struct target to = target_of(call, arg);

    if (to.handler->on_drain)
        to.handler->on_drain(call, to.arg);
}

static const struct schema_method *schema_of(const struct call *call, const struct target *to)
{
    const void *data = call_method(call)->data;

    return to->handler == &engine_handler ? ((const struct method *)data)->schema : data;
}

static void on_closed(struct call *call, void *arg)
{
    const struct natives *natives = arg;
    struct target to = target_of(call, arg);
    const struct schema_method *schema = schema_of(call, &to);
    int64_t usec = clock_monotonic_usec() - call_opened_usec(call);

    if (natives->metrics)
        metrics_call(natives->metrics, schema, call_status(call), usec);
    if (natives->logs_access)
        access_log(call, schema, usec);
    if (to.handler->on_closed)
        to.handler->on_closed(call, to.arg);
}

void natives_update_metrics(const struct natives *natives)
{
    struct db_stats db;
    struct follower_stats catalogue;

    if (natives->pool)
        db_pool_stats(natives->pool, &db);
    if (natives->follower)
        follower_stats(natives->follower, &catalogue);
    if (natives->metrics && natives->server)
        metrics_update(natives->metrics, rpc_server_stats(natives->server),
            natives->pool ? &db : NULL, natives->follower ? &catalogue : NULL);
}

const struct rpc_handler native_handler = {
    .find = find,
    .get = pages_get,
    .find_page = find_page,
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = on_half_close,
    .on_writable = on_writable,
    .on_drain = on_drain,
    .on_closed = on_closed,
};
