#include "service/metrics.h"
#include "base/clock.h"
#include "db/pool.h"
#include "rpc/server.h"
#include "service/follower.h"
#include "service/rate.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define N_CODES (GRPC_UNAUTHENTICATED + 1)

typedef _Atomic uint64_t cell; /* written by one process, read by all */

/* Upper bounds of the classes of duration; what is longer is in one class more. */
static const int64_t bounds_usec[] = { 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    500000, 1000000, 2500000, 5000000, 10000000, 30000000 };

#define N_CLASSES (ARRAY_SIZE(bounds_usec) + 1)

struct method_cells {
    cell codes[N_CODES];
    cell classes[N_CLASSES];
    cell usec;
};

/* ---- numbers that others keep ---- */

enum source { FROM_RPC, FROM_DB, FROM_CATALOGUE };

struct number {
    const char *name, *help;
    enum source source;
    size_t offset, size;
    bool is_gauge; /* goes up and down, and ends with its process */
};

#define NUMBER(from, type, member, is, metric, text)                                               \
    {                                                                                              \
        .name = metric, .help = text, .source = from, .offset = offsetof(type, member),            \
        .size = sizeof(((type *)NULL)->member), .is_gauge = is                                     \
    }
#define RPC(member, is_gauge, name, help)                                                          \
    NUMBER(FROM_RPC, struct rpc_stats, member, is_gauge, name, help)
#define DB(member, is_gauge, name, help)                                                           \
    NUMBER(FROM_DB, struct db_stats, member, is_gauge, name, help)

#define CATALOGUE(member, is_gauge, name, help)                                                    \
    NUMBER(FROM_CATALOGUE, struct follower_stats, member, is_gauge, name, help)

/* clang-format off */
static const struct number numbers[] = {
    RPC(connections_now, true, "canvass_connections", "Connections that are open."),
    RPC(calls_now, true, "canvass_calls", "Calls that are open."),
    RPC(accepted, false, "canvass_connections_total", "Connections accepted."),
    RPC(refused_connections, false, "canvass_connections_refused_total", "Connections closed at accept."),
    RPC(accept_pauses, false, "canvass_accept_pauses_total", "Times that no descriptor or memory was left to accept with."),
    RPC(failed_handshakes, false, "canvass_tls_failures_total", "Handshakes of TLS that failed."),
    RPC(protocol_errors, false, "canvass_protocol_errors_total", "Connections that broke the rules of HTTP."),
    RPC(floods, false, "canvass_floods_total", "Connections ended for a flood of frames."),
    RPC(calls, false, "canvass_calls_total", "Calls begun, pages and refused ones included."),
    RPC(unhandled_calls, false, "canvass_calls_refused_total", "Calls refused before a method saw them."),
    RPC(cancelled_calls, false, "canvass_calls_cancelled_total", "Calls that their caller gave up."),
    RPC(expired_calls, false, "canvass_calls_expired_total", "Calls that passed their deadline."),
    RPC(bytes_in, false, "canvass_received_bytes_total", "Bytes received, without TLS."),
    RPC(bytes_out, false, "canvass_sent_bytes_total", "Bytes sent, without TLS."),
    DB(connections_up, true, "canvass_database_connections", "Connections to PostgreSQL that stand."),
    DB(waiting, true, "canvass_database_waiting", "Batches that wait to be sent to PostgreSQL."),
    DB(in_flight, true, "canvass_database_in_flight", "Batches sent to PostgreSQL and not ended."),
    DB(batches, false, "canvass_database_batches_total", "Batches of statements asked for."),
    DB(statements, false, "canvass_database_statements_total", "Statements sent."),
    DB(syncs, false, "canvass_database_syncs_total", "Round trips."),
    DB(resent, false, "canvass_database_resent_total", "Batches sent again."),
    DB(cancels, false, "canvass_database_cancels_total", "Statements ended because nobody waited any more."),
    DB(losses, false, "canvass_database_losses_total", "Connections to PostgreSQL that were lost."),
    CATALOGUE(openings, true, "canvass_catalogue_openings", "Open openings that the workers hold, each worker its own."),
    CATALOGUE(bytes, true, "canvass_catalogue_bytes", "Memory of the workers' catalogues."),
    CATALOGUE(looks, false, "canvass_catalogue_looks_total", "Times that a worker asked what changed."),
    CATALOGUE(loads, false, "canvass_catalogue_loads_total", "Times that a worker loaded all openings."),
    CATALOGUE(changes, false, "canvass_catalogue_changes_total", "Changed openings and relationships that workers took over."),
    DB(refused, false, "canvass_database_refused_total", "Batches refused because too many waited."),
};
/* clang-format on */

#define N_NUMBERS ARRAY_SIZE(numbers)

struct worker_cells {
    cell numbers[N_NUMBERS], limits[RPC_N_LIMITS];
    /* what predecessors had counted */
    cell numbers_before[N_NUMBERS], limits_before[RPC_N_LIMITS];
    cell starts, started_usec; /* of the process, since 1970 */
    cell catalogue_age_msec; /* UINT64_MAX: not loaded */
    struct method_cells methods[];
};

struct metrics {
    size_t n_workers, n_methods, worker_bytes, bytes;
    struct worker_cells *own; /* NULL in a parent, and before metrics_attach() */
    char *workers; /* shared */
    const struct rate *rates[METRICS_RATES_MAX];
    size_t n_rates;
};

static uint64_t get(const cell *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

static void set(cell *c, uint64_t value)
{
    atomic_store_explicit(c, value, memory_order_relaxed);
}

static void add(cell *c, uint64_t n)
{
    set(c, get(c) + n);
}

static struct worker_cells *worker_at(const struct metrics *metrics, size_t i)
{
    return (struct worker_cells *)(void *)(metrics->workers + i * metrics->worker_bytes);
}

/* ---- life ---- */

int metrics_new(unsigned n_workers, struct metrics **ret_metrics, struct err *err)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (!metrics)
        return err_oom(err);
    metrics->n_workers = n_workers;
    metrics->n_methods = schema_n_methods();
    metrics->worker_bytes
        = sizeof(struct worker_cells) + metrics->n_methods * sizeof(struct method_cells);
    metrics->bytes = n_workers * metrics->worker_bytes;
    metrics->workers
        = mmap(NULL, metrics->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (metrics->workers == MAP_FAILED) {
        free(metrics);
        return err_oom(err);
    }
    *ret_metrics = metrics;
    return 0;
}

void metrics_add_rate(struct metrics *metrics, const struct rate *rate)
{
    if (metrics->n_rates < METRICS_RATES_MAX)
        metrics->rates[metrics->n_rates++] = rate;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    (void)munmap(metrics->workers, metrics->bytes);
    free(metrics);
}

static void carry(cell *before, cell *now)
{
    add(before, get(now));
    set(now, 0);
}

void metrics_attach(struct metrics *metrics, unsigned index)
{
    struct worker_cells *own = worker_at(metrics, index);

    for (size_t i = 0; i < N_NUMBERS; i++)
        if (!numbers[i].is_gauge)
            carry(&own->numbers_before[i], &own->numbers[i]);
    for (size_t i = 0; i < RPC_N_LIMITS; i++)
        carry(&own->limits_before[i], &own->limits[i]);
    add(&own->starts, 1);
    set(&own->started_usec, (uint64_t)clock_now_usec());
    metrics->own = own;
}

/* ---- counting ---- */

void metrics_call(struct metrics *metrics, const struct schema_method *method,
    enum grpc_status status, int64_t usec)
{
    struct method_cells *cells = &metrics->own->methods[method - schema_method(0)];
    size_t k = 0;

    while (k < ARRAY_SIZE(bounds_usec) && usec > bounds_usec[k])
        k++;
    add(&cells->codes[status], 1);
    add(&cells->classes[k], 1);
    add(&cells->usec, (uint64_t)MAX(usec, INT64_C(0)));
}

static uint64_t read_number(const struct number *number, const void *from)
{
    const char *at = (const char *)from + number->offset;
    uint64_t wide;
    int narrow;

    if (number->size == sizeof(narrow)) {
        memcpy(&narrow, at, sizeof(narrow));
        return narrow > 0 ? (uint64_t)narrow : 0;
    }
    memcpy(&wide, at, sizeof(wide));
    return wide;
}

void metrics_update(struct metrics *metrics, const struct rpc_stats *rpc, const struct db_stats *db,
    const struct follower_stats *catalogue)
{
    const void *sources[] = { [FROM_RPC] = rpc, [FROM_DB] = db, [FROM_CATALOGUE] = catalogue };

    for (size_t i = 0; i < N_NUMBERS; i++)
        if (sources[numbers[i].source])
            set(&metrics->own->numbers[i], read_number(&numbers[i], sources[numbers[i].source]));
    for (size_t i = 0; i < RPC_N_LIMITS; i++)
        set(&metrics->own->limits[i], rpc->limits[i]);
    if (catalogue)
        set(&metrics->own->catalogue_age_msec, catalogue->age_msec);
}

/* ---- printing ---- */

/* The sum over all workers of a cell, given as that of the first worker. */
static uint64_t sum(const struct metrics *metrics, const cell *first)
{
    size_t offset = (size_t)((const char *)first - metrics->workers);
    uint64_t total = 0;

    for (size_t i = 0; i < metrics->n_workers; i++)
        total += get((const cell *)(const void *)((const char *)worker_at(metrics, i) + offset));
    return total;
}

static void print_head(struct str *out, const char *name, const char *type, const char *help)
{
    str_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_numbers(const struct metrics *metrics, struct str *out)
{
    const struct worker_cells *first = worker_at(metrics, 0);

    for (size_t i = 0; i < N_NUMBERS; i++) {
        const struct number *n = &numbers[i];
        uint64_t total = sum(metrics, &first->numbers[i]) + sum(metrics, &first->numbers_before[i]);
        print_head(out, n->name, n->is_gauge ? "gauge" : "counter", n->help);
        str_addf(out, "%s %" PRIu64 "\n", n->name, total);
    }
}

static void print_limits(const struct metrics *metrics, struct str *out)
{
    static const char name[] = "canvass_limits_total";
    const struct worker_cells *first = worker_at(metrics, 0);

    print_head(out, name, "counter", "How often each limit took effect.");
    for (size_t i = 0; i < RPC_N_LIMITS; i++)
        str_addf(out, "%s{limit=\"%s\"} %" PRIu64 "\n", name, rpc_limit_name((enum rpc_limit)i),
            sum(metrics, &first->limits[i]) + sum(metrics, &first->limits_before[i]));
    for (size_t i = 0; i < metrics->n_rates; i++)
        str_addf(out, "%s{limit=\"%s\"} %" PRIu64 "\n", name, rate_name(metrics->rates[i]),
            rate_refusals(metrics->rates[i]));
}

static void print_workers(const struct metrics *metrics, struct str *out)
{
    const struct worker_cells *first = worker_at(metrics, 0);

    print_head(out, "canvass_worker_starts_total", "counter",
        "Starts of worker processes; beyond their number, workers that died.");
    str_addf(out, "canvass_worker_starts_total %" PRIu64 "\n", sum(metrics, &first->starts));
    print_head(out, "canvass_worker_start_time_seconds", "gauge",
        "When each worker's process began, since 1970.");
    for (size_t i = 0; i < metrics->n_workers; i++)
        str_addf(out, "canvass_worker_start_time_seconds{worker=\"%zu\"} %.3f\n", i,
            (double)get(&worker_at(metrics, i)->started_usec) / USEC_PER_SEC);
    print_head(out, "canvass_catalogue_age_seconds", "gauge",
        "How long ago each worker's openings were in step with the database; +Inf: never.");
    for (size_t i = 0; i < metrics->n_workers; i++) {
        uint64_t age = get(&worker_at(metrics, i)->catalogue_age_msec);
        str_addf(out, "canvass_catalogue_age_seconds{worker=\"%zu\"} ", i);
        str_addf(out, age == UINT64_MAX ? "+Inf\n" : "%.3f\n", (double)age / 1000);
    }
    print_head(out, "canvass_build_info", "gauge", "The version, always 1.");
    str_addf(out, "canvass_build_info{version=\"%s\"} 1\n", CANVASS_VERSION);
}

static const char *type_name(const struct schema_method *m)
{
    return m->client_streaming ? (m->server_streaming ? "bidi_stream" : "client_stream")
                               : (m->server_streaming ? "server_stream" : "unary");
}

/* The labels that all metrics of a method begin with. */
static void print_method_labels(
    struct str *out, const char *name, const struct schema_method *method)
{
    const char *slash = strchr(method->full_name, '/');

    str_addf(out, "%s{grpc_service=\"%.*s\",grpc_method=\"%s\",grpc_type=\"%s\"", name,
        (int)(slash - method->full_name), method->full_name, slash + 1, type_name(method));
}

static void print_codes(const struct metrics *metrics, size_t i, struct str *out)
{
    const struct method_cells *first = &worker_at(metrics, 0)->methods[i];

    for (int code = 0; code < N_CODES; code++) {
        uint64_t n = sum(metrics, &first->codes[code]);
        if (n == 0 && code != GRPC_OK)
            continue;
        print_method_labels(out, "grpc_server_handled_total", schema_method(i));
        str_addf(out, ",grpc_code=\"%s\"} %" PRIu64 "\n", grpc_status_name(code), n);
    }
}

/* Only of a method that was called: most are not, and each has many lines. */
static void print_durations(const struct metrics *metrics, size_t i, struct str *out)
{
    const struct method_cells *first = &worker_at(metrics, 0)->methods[i];
    const struct schema_method *method = schema_method(i);
    uint64_t below[N_CLASSES], n = 0;

    for (size_t k = 0; k < N_CLASSES; k++)
        below[k] = n += sum(metrics, &first->classes[k]);
    if (n == 0)
        return;
    for (size_t k = 0; k < ARRAY_SIZE(bounds_usec); k++) {
        print_method_labels(out, "grpc_server_handling_seconds_bucket", method);
        str_addf(out, ",le=\"%g\"} %" PRIu64 "\n", (double)bounds_usec[k] / USEC_PER_SEC, below[k]);
    }
    print_method_labels(out, "grpc_server_handling_seconds_bucket", method);
    str_addf(out, ",le=\"+Inf\"} %" PRIu64 "\n", n);
    print_method_labels(out, "grpc_server_handling_seconds_sum", method);
    str_addf(out, "} %.6f\n", (double)sum(metrics, &first->usec) / USEC_PER_SEC);
    print_method_labels(out, "grpc_server_handling_seconds_count", method);
    str_addf(out, "} %" PRIu64 "\n", n);
}

int metrics_print(const struct metrics *metrics, struct str *out)
{
    print_numbers(metrics, out);
    print_limits(metrics, out);
    print_workers(metrics, out);
    print_head(out, "grpc_server_handled_total", "counter", "Calls ended, by method and code.");
    for (size_t i = 0; i < metrics->n_methods; i++)
        print_codes(metrics, i, out);
    print_head(out, "grpc_server_handling_seconds", "histogram",
        "From a call's headers to its end, of methods that were called.");
    for (size_t i = 0; i < metrics->n_methods; i++)
        print_durations(metrics, i, out);
    return out->failed ? ERR_EXHAUSTED : 0;
}
