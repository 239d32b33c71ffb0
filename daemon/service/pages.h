/* What a GET finds, for whoever watches over the daemon: /healthz, /readyz, /metrics.
 *
 *   /healthz  200 as long as the process serves at all: restart it if not
 *   /readyz   200 while calls can be served, 503 with the reason while the database is away or the
 *             daemon stops: send nothing here meanwhile
 *   /metrics  counters for Prometheus (service/metrics.h), to this machine only unless the option
 *             metrics_public says otherwise
 *
 * A page is a row of the table in pages.c. None tells about clients, employers or callers.
 */
#pragma once

#include "rpc/server.h"

/* For rpc_handler.get; @arg is the struct natives. */
bool pages_get(
    void *arg, const struct call *call, const char *path, size_t len, struct rpc_page *page);
