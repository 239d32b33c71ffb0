#include "service/health.h"
#include "base/str.h"
#include "rpc/call.h"
#include "service/native.h"
#include "wire/message.h"
#include "wire/schema.h"

#include "grpc/health/v1/health.pb-c.h"

typedef Grpc__Health__V1__HealthCheckRequest check_request;
typedef Grpc__Health__V1__HealthCheckResponse check_response;
typedef Grpc__Health__V1__HealthCheckResponse__ServingStatus serving_status;

#define STATUS(name) GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__##name

/* What a call of either method asks about. */
struct watch {
    struct list siblings; /* in health.watches, once it was answered for the first time */
    struct call *call;
    const char *service; /* NULL: no message came yet */
    serving_status told; /* what the peer heard last */
};

/* ---- what is served ---- */

static bool is_known(const char *service)
{
    bool is_found = !*service;

    for (size_t i = 0; !is_found && i < schema_n_services(); i++)
        is_found = str_eq(schema_service(i)->name, service);
    return is_found;
}

static serving_status status_of(const struct health *health, const char *service)
{

    if (!is_known(service))
        return STATUS(SERVICE_UNKNOWN);
    bool is_serving
        = str_starts_with(service, "grpc.") ? !health->is_stopping : health_is_serving(health);
    return is_serving ? STATUS(SERVING) : STATUS(NOT_SERVING);
}

static void tell(struct watch *watch, serving_status status)
{
    check_response response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;

    response.status = status;
    watch->told = status;
    (void)call_send(watch->call, &response.base);
}

static void tell_change(const struct health *health, struct watch *watch)
{
    serving_status status = status_of(health, watch->service);

    if (status != watch->told && call_is_writable(watch->call))
        tell(watch, status);
}

static void tell_changes(const struct health *health)
{
    struct watch *watch;

    list_for_each(watch, &health->watches, siblings) tell_change(health, watch);
}

void health_init(struct health *health)
{
    *health = (struct health) { 0 };
    list_init(&health->watches);
}

void health_set_database(struct health *health, bool is_up)
{
    health->is_database_up = is_up;
    tell_changes(health);
}

void health_stop(struct health *health)
{
    health->is_stopping = true;
    tell_changes(health);
}

/* ---- calls ---- */

static struct health *health_of(void *arg)
{
    const struct natives *natives = arg;

    return natives->health;
}

static void on_open(struct call *call, void *arg)
{
    struct watch *watch = arena_zalloc(call_arena(call), sizeof(*watch));
    struct err err = { 0 };

    if (!watch) {
        err_oom(&err);
        call_finish_err(call, &err);
        return;
    }
    watch->call = call;
    list_init(&watch->siblings);
    call_set_user(call, watch);
}

static void on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    struct watch *watch = call_user(call);
    ProtobufCMessage *message = NULL;
    struct err err = { 0 };

    if (message_unpack(call_method(call)->input, call_arena(call), data, len, NULL, &message, &err)
        < 0)
        call_finish_err(call, &err);
    else
        watch->service = ((const check_request *)message)->service;
}

static void check_on_half_close(struct call *call, void *arg)
{
    struct watch *watch = call_user(call);
    serving_status status = status_of(health_of(arg), watch->service);
    struct err err = { 0 };

    if (status == STATUS(SERVICE_UNKNOWN)) {
        err_set_field(&err, ERR_NOT_FOUND, "service", "There is no such service here.");
        call_finish_err(call, &err);
        return;
    }
    tell(watch, status);
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void end_watch(struct call *call)
{
    call_finish(call, GRPC_UNAVAILABLE, "the server is stopping", NULL, 0);
}

static void watch_on_half_close(struct call *call, void *arg)
{
    struct health *health = health_of(arg);
    struct watch *watch = call_user(call);

    tell(watch, status_of(health, watch->service));
    list_add_tail(&health->watches, &watch->siblings);
    if (health->is_stopping)
        end_watch(call);
}

static void watch_on_writable(struct call *call, void *arg)
{
    struct watch *watch = call_user(call);

    if (!list_is_empty(&watch->siblings))
        tell_change(health_of(arg), watch);
}

static void watch_on_drain(struct call *call, void *arg)
{
    struct watch *watch = call_user(call);

    if (watch->service)
        tell_change(health_of(arg), watch);
    end_watch(call);
}

static void watch_on_closed(struct call *call, void *arg)
{
    struct watch *watch = call_user(call);

    if (watch)
        list_remove(&watch->siblings);
}

const struct rpc_handler health_check_handler = {
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = check_on_half_close,
};

const struct rpc_handler health_watch_handler = {
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = watch_on_half_close,
    .on_writable = watch_on_writable,
    .on_drain = watch_on_drain,
    .on_closed = watch_on_closed,
};
