/* How fast the matcher is: openings and clients of a real shape, all clients matched in turn, five
 * times. A client's time is the middle one, so that what else the machine does is not counted.
 *
 *     match_engine FOLDER OPENINGS [CLIENTS]
 *
 * prints p50 and p99 of finding the best 20 with all counts, without and with words, and without
 * what not every machine has; of the best alone; the memory an opening takes; how long the
 * catalogue takes to fill, and one change. */
#include "base/arena.h"
#include "base/clock.h"
#include "bench/match/shape.h"
#include "match/match.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BEST 20
#define CHANGES 200000
#define ROUNDS 5

struct bench {
    struct shape *shape;
    struct match_catalogue *catalogue;
    struct match_options options;
    uint32_t n_openings, n_clients;
    int64_t *nsec; /* of each client, ROUNDS */
};

static int64_t now_nsec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? -1 : left > right;
}

static void print_times(struct bench *bench, const char *what)
{
    for (uint32_t i = 0; i < bench->n_clients; i++) {
        qsort(bench->nsec + (size_t)i * ROUNDS, ROUNDS, sizeof(*bench->nsec), compare);
        bench->nsec[i] = bench->nsec[(size_t)i * ROUNDS + ROUNDS / 2];
    }
    qsort(bench->nsec, bench->n_clients, sizeof(*bench->nsec), compare);
    printf("%-28s p50 %9.1f us  p99 %9.1f us\n", what,
        (double)bench->nsec[bench->n_clients / 2] / 1000,
        (double)bench->nsec[bench->n_clients * 99 / 100] / 1000);
}

static int find(const struct bench *bench, const struct match_client *client, struct arena *arena,
    uint64_t *sum, struct err *err)
{
    struct match_found *found = NULL;
    int r = match_find(bench->catalogue, client, &bench->options, arena, &found, err);

    *sum += r == 0 ? found->n_fit + found->n_hits : 0;
    return r;
}

static int run(const struct bench *bench, const struct match_client *client, struct arena *arena,
    uint64_t *sum, struct err *err)
{
    struct match_answer *answer = NULL;
    int r = match_run(bench->catalogue, client, &bench->options, arena, &answer, err);

    *sum += r == 0 ? answer->n_fit + answer->n_results : 0;
    return r;
}

typedef int work_fn(const struct bench *bench, const struct match_client *client,
    struct arena *arena, uint64_t *sum, struct err *err);

static int measure(struct bench *bench, const char *what, work_fn *work, struct err *err)
{
    struct shaped_client shaped;
    struct arena arena;
    uint64_t sum = 0;
    int r = 0;

    arena_init(&arena, 0);
    for (int round = 0; round < ROUNDS; round++)
        for (uint32_t i = 0; r == 0 && i < bench->n_clients; i++) {
            shape_client(bench->shape, i, &shaped);
            int64_t begin = now_nsec();
            r = work(bench, &shaped.client, &arena, &sum, err);
            bench->nsec[(size_t)i * ROUNDS + (size_t)round] = now_nsec() - begin;
            arena_reset(&arena);
        }
    arena_release(&arena);
    if (r == 0)
        print_times(bench, what);
    return r;
}

static int fill(struct bench *bench, struct err *err)
{
    struct match_opening opening;
    int64_t nsec = 0;
    int r = match_catalogue_new(&bench->catalogue, err);

    for (uint32_t i = 0; r == 0 && i < bench->n_openings; i++) {
        shape_opening(bench->shape, i, &opening);
        int64_t begin = now_nsec();
        r = match_catalogue_put(bench->catalogue, &opening, err);
        if (r == 0)
            r = match_catalogue_relate(bench->catalogue, &bench->options.audience_id,
                &opening.employer_id, opening.stance, opening.relationship_level, err);
        nsec += now_nsec() - begin;
    }
    int64_t begin = now_nsec();
    if (r == 0)
        r = match_catalogue_arrange(bench->catalogue, err);
    nsec += now_nsec() - begin;
    if (r == 0)
        printf("%u openings, %.1f bytes each, filled in %.0f ms\n", bench->n_openings,
            (double)match_catalogue_size_bytes(bench->catalogue) / bench->n_openings,
            (double)nsec / 1e6);
    return r;
}

static int change(struct bench *bench, struct err *err)
{
    struct match_opening opening;
    int64_t nsec = 0;
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < CHANGES; i++) {
        shape_opening(bench->shape, (uint32_t)(i * UINT64_C(7919) % bench->n_openings), &opening);
        opening.places_left = (int16_t)(i % 3);
        int64_t begin = now_nsec();
        r = match_catalogue_put(bench->catalogue, &opening, err);
        nsec += now_nsec() - begin;
    }
    if (r == 0)
        printf("%-28s %.2f us\n", "one change", (double)nsec / CHANGES / 1000);
    return r;
}

static int benchmark(struct bench *bench, const char *folder, struct err *err)
{
    int r = shape_load(folder, &bench->shape, err);

    match_options_init(&bench->options);
    bench->options.on = SHAPE_TODAY;
    bench->options.n_results = BEST;
    bench->options.n_near_misses = bench->options.n_not_yet = 0;
    bench->nsec = calloc((size_t)bench->n_clients * ROUNDS + 1, sizeof(*bench->nsec));
    if (!bench->nsec)
        return err_oom(err);
    if (r == 0)
        r = fill(bench, err);
    if (r == 0)
        r = measure(bench, "best 20 and all counts", find, err);
    if (r == 0)
        r = measure(bench, "the same in words", run, err);
    bench->options.results_only = true;
    if (r == 0)
        r = measure(bench, "best 20 alone", find, err);
    bench->options.results_only = false;
    bench->options.instructions = MATCH_INSTRUCTIONS_PORTABLE;
    if (r == 0)
        r = measure(bench, "best 20, portable", find, err);
    return r == 0 ? change(bench, err) : r;
}

int main(int argc, char **argv)
{
    struct bench bench = { .n_clients = 1000 };
    struct err err = { 0 };

    if (argc < 3) {
        (void)fprintf(stderr, "usage: match_engine FOLDER OPENINGS [CLIENTS]\n");
        return 2;
    }
    bench.n_openings = (uint32_t)strtoul(argv[2], NULL, 10);
    if (argc > 3)
        bench.n_clients = (uint32_t)strtoul(argv[3], NULL, 10);
    int r = benchmark(&bench, argv[1], &err);
    if (r < 0)
        (void)fprintf(stderr, "match_engine: %s\n", err.msg);
    match_catalogue_free(bench.catalogue);
    shape_free(bench.shape);
    free(bench.nsec);
    return r < 0;
}
