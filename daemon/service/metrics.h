/* What the daemon counts, for Prometheus: all workers' together, whichever answers.
 *
 *     metrics_new(n_workers, &metrics, &err);        once, before any worker is forked
 *     metrics_attach(metrics, index);                in a worker: this process writes part @index
 *     metrics_call(metrics, schema, status, usec);   at the end of each call
 *     metrics_update(metrics, &rpc, &db, &catalogue);   now and then, and before printing
 *     metrics_print(metrics, &text);                 all workers' sums
 *     metrics_free(metrics);
 *
 * Each worker writes a part of its own in memory that all share; nobody waits for anybody. What a
 * worker had counted when it died stays counted. Names of calls are those of other gRPC servers
 * (grpc_server_handled_total, grpc_server_handling_seconds), so that their dashboards fit; the rest
 * begins with canvass_. Nothing here tells about clients, employers or callers.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "wire/schema.h"
#include "wire/status.h"

#include <stdint.h>

#define METRICS_RATES_MAX 4

struct db_stats;
struct follower_stats;
struct metrics;
struct rate;
struct rpc_stats;

/* ERR_EXHAUSTED. */
int metrics_new(unsigned n_workers, struct metrics **ret_metrics, struct err *err) _must_check_;

/* Print how often @rate refused, as one of the limits. Borrowed, like its name; METRICS_RATES_MAX
 * of them. */
void metrics_add_rate(struct metrics *metrics, const struct rate *rate);

/* NULL is accepted. */
void metrics_free(struct metrics *metrics);

/* @index: 0 to n_workers - 1. A successor begins with what its predecessor had counted. */
void metrics_attach(struct metrics *metrics, unsigned index);

void metrics_call(struct metrics *metrics, const struct schema_method *method,
    enum grpc_status status, int64_t usec);

/* Publish this process's numbers. @db and @catalogue may be NULL. */
void metrics_update(struct metrics *metrics, const struct rpc_stats *rpc, const struct db_stats *db,
    const struct follower_stats *catalogue);

/* Append all in Prometheus' text format 0.0.4. ERR_EXHAUSTED. */
int metrics_print(const struct metrics *metrics, struct str *out) _must_check_;
