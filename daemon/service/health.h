/* grpc.health.v1: whether a service can be used now, for load balancers and for people.
 *
 *     health_init(&health);                          nothing is served yet
 *     health_set_database(&health, true);            from the pool's state callback
 *     health_stop(&health);                          before rpc_server_drain()
 *
 * Services of canvass, and the server as a whole (the empty name), need the database; health and
 * reflection do not. Once the server stops nothing is served any more: a Watch says NOT_SERVING
 * once and ends with UNAVAILABLE, so that it does not hold up the stop. A peer that reads slowly
 * gets the newest state when there is room, not every one between.
 *
 * Nothing to release: watches live in their calls, and the server ends those.
 */
#pragma once

#include "base/list.h"
#include "rpc/server.h"

#include <stdbool.h>

struct health {
    bool is_database_up, is_stopping;
    struct list watches;
};

void health_init(struct health *health);

/* Say whether the database can be used; watches are told of a change. */
void health_set_database(struct health *health, bool is_up);

/* Serve nothing from here on. */
void health_stop(struct health *health);

/* Say whether the services of canvass can be used. */
static inline bool health_is_serving(const struct health *health)
{
    return health->is_database_up && !health->is_stopping;
}

/* Rows of native.c. */
extern const struct rpc_handler health_check_handler, health_watch_handler;
