/* Random openings and clients: the same answer as the naive reference, whatever order the openings
 * came in and however often they were changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "unit/match/draw.h"
#include "unit/match/reference.h"

enum { ROUNDS = 300, CLIENTS_A_ROUND = 4, SOME_ROWS = 400, OTHERS = 100000 };

static void assert_ok(int r, const struct err *err)
{
    if (r < 0)
        fail_msg("%s: %s", err->field, err->msg);
}

static void put(struct match_catalogue *catalogue, const struct match_opening *opening)
{
    struct err err = { 0 };
    assert_ok(match_catalogue_put(catalogue, opening, &err), &err);
}

/* As the openings' own, whoever asks. */
static void relate(struct match_catalogue *catalogue, const struct uuid *asker,
    struct match_opening *openings, uint32_t n)
{
    struct err err = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        struct match_opening *o = &openings[i];
        draw_relation(asker, o);
        assert_ok(match_catalogue_relate(
                      catalogue, asker, &o->employer_id, o->stance, o->relationship_level, &err),
            &err);
    }
}

/* Openings arrive in another order, some first in another shape, some only to leave again. */
static struct match_catalogue *fill(
    struct draw *draw, const struct match_opening *openings, uint32_t n)
{
    struct match_catalogue *catalogue = NULL;
    struct err err = { 0 };
    struct match_opening other;
    assert_ok(match_catalogue_new(&catalogue, &err), &err);
    uint32_t first = n ? draw_below(draw, n) : 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct match_opening *opening = &openings[(first + i * 7) % n];
        if (n % 7 == 0)
            opening = &openings[i];
        if (draw_below(draw, 4) == 0) {
            draw_opening(draw, OTHERS + i, &other);
            put(catalogue, &other);
            struct match_opening shape = other;
            shape.id = opening->id;
            put(catalogue, &shape);
            assert_true(match_catalogue_remove(catalogue, &other.id));
            assert_false(match_catalogue_remove(catalogue, &other.id));
        }
        put(catalogue, opening);
    }
    assert_int_equal(match_catalogue_count(catalogue), n);
    if (draw_below(draw, 2))
        assert_ok(match_catalogue_arrange(catalogue, &err), &err);
    for (uint32_t i = 0; i < n && draw_below(draw, 2); i++)
        put(catalogue, &openings[draw_below(draw, n)]);
    return catalogue;
}

static void check_same(const struct match_result *results, size_t n,
    const struct reference_row *const *rows, size_t n_rows)
{
    assert_int_equal(n, n_rows);
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(&results[i].opening_id, &rows[i]->opening->id, sizeof(struct uuid));
        assert_int_equal(results[i].score, rows[i]->score);
        for (int j = 0; j < MATCH_N_LIMITS; j++) {
            assert_int_equal(results[i].limits[j].verdict, rows[i]->limits[j]);
            assert_true(results[i].limits[j].sentence[0] != 0);
        }
        for (int j = 0; j < MATCH_N_WISHES; j++) {
            assert_int_equal(results[i].wishes[j].points, rows[i]->points[j]);
            assert_true(results[i].wishes[j].sentence[0] != 0);
        }
    }
}

static void check_answer(
    const struct match_answer *answer, const struct reference_answer *reference)
{
    assert_int_equal(answer->n_openings, reference->n_openings);
    assert_int_equal(answer->n_fit, reference->n_fit);
    assert_memory_equal(answer->counts, reference->counts, sizeof(answer->counts));
    check_same(answer->results, answer->n_results, reference->results, reference->n_results);
    check_same(answer->near_misses, answer->n_near_misses, reference->near_misses,
        reference->n_near_misses);
    check_same(answer->not_yet, answer->n_not_yet, reference->not_yet, reference->n_not_yet);
    for (size_t i = 0; i < answer->n_not_yet; i++)
        assert_int_equal(answer->not_yet[i].possible_on, reference->not_yet[i]->possible_on);
    for (size_t i = 0; i < answer->n_near_misses; i++)
        assert_true(answer->near_misses[i].n_asks > 0);
}

static void check_hits(const struct match_found *found, const struct match_answer *answer)
{
    assert_int_equal(found->n_hits, answer->n_results);
    for (size_t i = 0; i < found->n_hits; i++) {
        assert_memory_equal(
            &found->hits[i].opening_id, &answer->results[i].opening_id, sizeof(struct uuid));
        assert_int_equal(found->hits[i].score, answer->results[i].score);
    }
}

/* Finding alone gives what the whole answer has. */
static void check_found(const struct match_found *found, const struct match_answer *answer)
{
    assert_int_equal(found->n_openings, answer->n_openings);
    assert_int_equal(found->n_fit, answer->n_fit);
    assert_memory_equal(found->counts, answer->counts, sizeof(found->counts));
    check_hits(found, answer);
}

/* What an employer is asked must not tell of treatment, health or record. */
static void check_employer_asks(const struct match_answer *answer)
{
    static const char *const words[]
        = { "pick-up", "pharmacy", "appointment", "clinic", "treatment", "medic", "caring",
              "licence", "record", "client", "drug", "alcohol", "health", "review", "near work" };
    for (size_t i = 0; i < answer->n_near_misses; i++)
        for (size_t j = 0; j < answer->near_misses[i].n_asks; j++) {
            const struct match_ask *ask = &answer->near_misses[i].asks[j];
            for (size_t w = 0; ask->mover == MATCH_MOVER_EMPLOYER && w < ARRAY_SIZE(words); w++)
                if (strstr(ask->sentence, words[w]))
                    fail_msg("an employer reads: %s", ask->sentence);
        }
}

static void check_client(struct draw *draw, struct match_catalogue *catalogue,
    struct match_opening *openings, uint32_t n)
{
    static struct reference_answer reference;
    struct drawn_client drawn;
    struct match_options options;
    struct match_answer *answer = NULL;
    struct match_found *found = NULL;
    struct err err = { 0 };
    _cleanup_(arena_release) struct arena arena;
    arena_init(&arena, 0);
    draw_client(draw, &drawn);
    draw_options(draw, &options);
    relate(catalogue, &options.audience_id, openings, n);
    assert_ok(match_run(catalogue, &drawn.client, &options, &arena, &answer, &err), &err);
    reference_match(openings, n, &drawn.client, &options, &reference);
    check_answer(answer, &reference);
    check_employer_asks(answer);
    assert_ok(match_find(catalogue, &drawn.client, &options, &arena, &found, &err), &err);
    check_found(found, answer);
    options.results_only = true;
    assert_ok(match_find(catalogue, &drawn.client, &options, &arena, &found, &err), &err);
    check_hits(found, answer);
}

static void test_run__answers_as_the_naive_reference(void **state)
{
    (void)state;
    static struct match_opening openings[REFERENCE_ROWS_MAX];
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct draw draw = { .state = seed };
        uint32_t n = draw_below(&draw, seed % 10 ? 60 : SOME_ROWS);
        for (uint32_t i = 0; i < n; i++)
            draw_opening(&draw, i, &openings[i]);
        struct match_catalogue *catalogue = fill(&draw, openings, n);
        for (int i = 0; i < CLIENTS_A_ROUND; i++)
            check_client(&draw, catalogue, openings, n);
        match_catalogue_free(catalogue);
    }
}

/* So many openings that they have several blocks and chunks, hundreds of patterns and occupations,
 * and doors all over the place: the few of the other test are all in one. */
static void spread(struct draw *draw, struct match_opening *o)
{
    o->easting_metres = 500000 + (int32_t)draw_below(draw, 60000);
    o->northing_metres = 160000 + (int32_t)draw_below(draw, 50000);
    draw_uuid(draw, 200, &o->employer_id);
    draw_uuid(draw, 250, &o->site_id);
    if (draw_below(draw, 2))
        o->soc = (uint16_t)(1000 + draw_below(draw, 9000));
    if (draw_below(draw, 3) == 0)
        o->audience_id = (struct uuid) {
            { [14] = (uint8_t)draw_below(draw, 9), [15] = (uint8_t)draw_below(draw, 200) }
        };
}

static void test_run__answers_as_the_naive_reference_of_many(void **state)
{
    (void)state;
    enum { MANY_ROUNDS = 2, MANY_CLIENTS = 12 };
    static struct match_opening openings[REFERENCE_ROWS_MAX];
    for (uint64_t seed = 1; seed <= MANY_ROUNDS; seed++) {
        struct draw draw = { .state = seed * 7919 };
        for (uint32_t i = 0; i < REFERENCE_ROWS_MAX; i++) {
            draw_opening(&draw, i, &openings[i]);
            spread(&draw, &openings[i]);
        }
        struct match_catalogue *catalogue = fill(&draw, openings, REFERENCE_ROWS_MAX);
        for (int i = 0; i < MANY_CLIENTS; i++)
            check_client(&draw, catalogue, openings, REFERENCE_ROWS_MAX);
        match_catalogue_free(catalogue);
    }
}

static void test_clients__answers_as_one_run_for_each_client(void **state)
{
    (void)state;
    enum { CASELOAD = 25 };
    static struct drawn_client drawn[CASELOAD];
    struct match_client clients[CASELOAD];
    for (uint64_t seed = 1; seed <= ROUNDS / 4; seed++) {
        struct draw draw = { .state = seed * 977 };
        struct match_opening opening;
        struct match_options options;
        struct match_answer *answer = NULL;
        struct err err = { 0 };
        _cleanup_(arena_release) struct arena arena;
        arena_init(&arena, 0);
        draw_opening(&draw, 1, &opening);
        match_options_init(&options);
        options.on = DRAW_TODAY;
        options.n_results = CASELOAD;
        uint32_t n_fit = 0;
        for (size_t i = 0; i < CASELOAD; i++) {
            struct reference_row row;
            draw_client(&draw, &drawn[i]);
            clients[i] = drawn[i].client;
            clients[i].id.bytes[15] = (uint8_t)(CASELOAD - i);
            reference_judge(&opening, &clients[i], &options, DRAW_TODAY, &row);
            n_fit += row.n_failed == 0 && !clients[i].is_paused;
        }
        assert_ok(
            match_clients(&opening, clients, CASELOAD, &options, &arena, &answer, &err), &err);
        assert_int_equal(answer->n_fit, n_fit);
        assert_int_equal(answer->n_results, n_fit);
        for (size_t i = 0; i < answer->n_results; i++) {
            const struct match_result *result = &answer->results[i];
            struct reference_row row;
            reference_judge(&opening, &clients[CASELOAD - result->client_id.bytes[15]], &options,
                DRAW_TODAY, &row);
            assert_int_equal(result->score, row.score);
            assert_int_equal(row.n_failed, 0);
            if (i > 0) {
                assert_true(result[-1].score >= result->score);
                assert_true(result[-1].score > result->score
                    || uuid_compare(&result[-1].client_id, &result->client_id) < 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run__answers_as_the_naive_reference),
        cmocka_unit_test(test_run__answers_as_the_naive_reference_of_many),
        cmocka_unit_test(test_clients__answers_as_one_run_for_each_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
