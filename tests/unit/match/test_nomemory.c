/* Every allocation of a catalogue's life and of a match fails once: ERR_EXHAUSTED, no crash, no
 * leak; and what was refused leaves the catalogue as it was. */
#include "base/arena.h"
#include "base/err.h"
#include "unit/cmocka.h"
#include "unit/match/draw.h"
#include "unit/match/reference.h"
#include "unit/nomemory.h"

enum { N = 60 };

static struct match_opening openings[N];
static struct drawn_client drawn;
static struct match_options options;

static int fill(struct match_catalogue *catalogue, struct err *err)
{
    struct match_opening other;
    int r = match_catalogue_reserve(catalogue, N / 3, err);
    for (uint32_t i = 0; r == 0 && i < N; i++) {
        other = openings[(i * 7) % N];
        other.id = openings[i].id;
        r = match_catalogue_put(catalogue, &other, err);
        if (r == 0)
            r = match_catalogue_relate(catalogue, &options.audience_id, &openings[i].employer_id,
                openings[i].stance, openings[i].relationship_level, err);
        if (r == 0 && i == N / 2)
            r = match_catalogue_arrange(catalogue, err);
    }
    if (r == 0)
        r = match_catalogue_reserve(catalogue, 20 * N, err);
    for (uint32_t i = 0; r == 0 && i < N; i++)
        r = match_catalogue_put(catalogue, &openings[i], err);
    return r;
}

static int fill_and_match(void)
{
    struct match_catalogue *catalogue = NULL;
    struct match_answer *answer = NULL;
    struct err err = { 0 };
    _cleanup_(arena_release) struct arena arena;
    arena_init(&arena, 0);
    int r = match_catalogue_new(&catalogue, &err);
    if (r == 0)
        r = fill(catalogue, &err);
    if (r == 0)
        r = match_run(catalogue, &drawn.client, &options, &arena, &answer, &err);
    match_catalogue_free(catalogue);
    return r;
}

static void draw_all(uint64_t seed)
{
    struct draw draw = { .state = seed };
    draw_client(&draw, &drawn);
    draw_options(&draw, &options);
    drawn.client.is_paused = false;
    options.n_results = options.n_near_misses = options.n_not_yet = 10;
    for (uint32_t i = 0; i < N; i++) {
        draw_opening(&draw, i, &openings[i]);
        draw_relation(&options.audience_id, &openings[i]);
    }
}

static void test_nomemory__fill_and_match(void **state)
{
    (void)state;
    draw_all(11);
    long n = 0;
    do {
        has_failed = false;
        calls_left = n++;
        int r = fill_and_match();
        calls_left = -1;
        assert_int_equal(r, has_failed ? ERR_EXHAUSTED : 0);
    } while (has_failed);
    assert_true(n > 50);
}

static void check_answer(const struct match_catalogue *catalogue, uint32_t n)
{
    static struct reference_answer reference;
    struct match_answer *answer = NULL;
    struct err err = { 0 };
    _cleanup_(arena_release) struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(match_run(catalogue, &drawn.client, &options, &arena, &answer, &err), 0);
    reference_match(openings, n, &drawn.client, &options, &reference);
    assert_int_equal(answer->n_openings, reference.n_openings);
    assert_memory_equal(answer->counts, reference.counts, sizeof(answer->counts));
    assert_int_equal(answer->n_results, reference.n_results);
    for (size_t i = 0; i < answer->n_results; i++)
        assert_memory_equal(&answer->results[i].opening_id, &reference.results[i]->opening->id,
            sizeof(struct uuid));
}

/* Try again until it works: what failed before has changed nothing. */
static void insist(int (*change)(struct match_catalogue *, uint32_t, struct err *),
    struct match_catalogue *catalogue, uint32_t i)
{
    struct err err = { 0 };
    long n = 0;
    int r;
    do {
        has_failed = false;
        calls_left = n++;
        r = change(catalogue, i, &err);
        calls_left = -1;
        assert_int_equal(r, has_failed ? ERR_EXHAUSTED : 0);
        if (r < 0)
            check_answer(catalogue, i);
    } while (r < 0);
}

static int put(struct match_catalogue *catalogue, uint32_t i, struct err *err)
{
    return match_catalogue_put(catalogue, &openings[i], err);
}

static int arrange(struct match_catalogue *catalogue, uint32_t i, struct err *err)
{
    (void)i;
    return match_catalogue_arrange(catalogue, err);
}

static void test_nomemory__what_fails_changes_nothing(void **state)
{
    (void)state;
    struct match_catalogue *catalogue = NULL;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        draw_all(seed);
        for (uint32_t i = 0; i < N; i++)
            openings[i].stance = openings[i].relationship_level = 0;
        assert_int_equal(match_catalogue_new(&catalogue, NULL), 0);
        for (uint32_t i = 0; i < N; i++) {
            insist(put, catalogue, i);
            if (i % 20 == 19)
                insist(arrange, catalogue, i + 1);
            check_answer(catalogue, i + 1);
        }
        match_catalogue_free(catalogue);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nomemory__fill_and_match),
        cmocka_unit_test(test_nomemory__what_fails_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
