/* The answer as a whole: order, breadth, counts, notes, odd input, and memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "unit/match/draw.h"

struct fixture {
    struct arena arena;
    struct match_catalogue *catalogue;
    struct match_client client;
    struct match_options options;
    struct match_answer *answer;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    assert_int_equal(match_catalogue_new(&f->catalogue, NULL), 0);
    match_client_init(&f->client);
    match_options_init(&f->options);
    f->options.on = DRAW_TODAY;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    match_catalogue_free(f->catalogue);
    arena_release(&f->arena);
    free(f);
    return 0;
}

/* Add an opening that fits everybody: only pay makes its score. */
static void add(
    struct fixture *f, uint8_t id, uint8_t employer, uint16_t soc, uint32_t pay, char section)
{
    struct match_opening o;
    match_opening_init(&o);
    o.id.bytes[15] = id;
    o.employer_id.bytes[0] = employer;
    o.soc = soc;
    o.pay_min_pence = pay;
    o.sic_section = section;
    assert_int_equal(match_catalogue_add(f->catalogue, &o, NULL), 0);
}

static void run(struct fixture *f)
{
    struct err err = { 0 };
    int r = match_run(f->catalogue, &f->client, &f->options, &f->arena, &f->answer, &err);
    if (r < 0)
        fail_msg("%s: %s", err.field, err.msg);
}

static void check_order(struct fixture *f, const uint8_t *ids, size_t n)
{
    run(f);
    assert_int_equal(f->answer->n_results, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(f->answer->results[i].opening_id.bytes[15], ids[i]);
}

static void check_note(struct fixture *f, const char *note)
{
    run(f);
    for (size_t i = 0; i < f->answer->n_notes; i++)
        if (strcmp(f->answer->notes[i], note) == 0)
            return;
    fail_msg("nobody said: %s", note);
}

static void test_run__orders_by_score_and_then_by_id(void **state)
{
    struct fixture *f = *state;
    add(f, 3, 1, 9111, 100, 0);
    add(f, 1, 2, 9211, 100, 0);
    add(f, 2, 3, 8214, 400, 0);
    check_order(f, (const uint8_t[]) { 2, 1, 3 }, 3);
}

static void test_breadth__caps_employers_and_minor_groups_but_not_the_unknown(void **state)
{
    struct fixture *f = *state;
    f->options.max_per_employer = 1;
    f->options.max_per_group = 2;
    add(f, 1, 1, 8214, 500, 0);
    add(f, 2, 1, 9111, 490, 0); /* the employer again */
    add(f, 3, 2, 8211, 480, 0);
    add(f, 4, 3, 8213, 470, 0); /* the third of group 821 */
    add(f, 5, 0, 0, 460, 0);
    add(f, 6, 0, 0, 450, 0);
    add(f, 7, 0, 0, 440, 0);
    check_order(f, (const uint8_t[]) { 1, 3, 5, 6, 7 }, 5);
    assert_int_equal(f->answer->n_fit, 7);
    f->options.max_per_employer = f->options.max_per_group = 0;
    check_order(f, (const uint8_t[]) { 1, 2, 3, 4, 5, 6, 7 }, 7);
}

static void test_breadth__says_when_one_sector_has_most(void **state)
{
    struct fixture *f = *state;
    for (uint8_t i = 1; i <= 5; i++)
        add(f, i, i, 0, 100, i <= 3 ? 'F' : 'I');
    check_note(f, "3 of 5 suggestions are in one sector (SIC 2007 section F): look wider");
    f->options.sector_share_percent = 60;
    run(f);
    assert_int_equal(f->answer->n_notes, 1); /* of no wishes */
}

static void test_run__asked_for_none_counts_all_the_same(void **state)
{
    struct fixture *f = *state;
    add(f, 1, 1, 8214, 500, 0);
    f->options.n_results = f->options.n_near_misses = f->options.n_not_yet = 0;
    run(f);
    assert_int_equal(f->answer->n_results, 0);
    assert_int_equal(f->answer->n_fit, 1);
    f->options.n_results = 1000000;
    run(f);
    assert_int_equal(f->answer->n_results, 1);
}

static void test_run__empty_catalogue_is_an_answer(void **state)
{
    struct fixture *f = *state;
    run(f);
    assert_int_equal(f->answer->n_openings, 0);
    assert_int_equal(f->answer->n_results, 0);
}

static void test_run__openings_of_another_audience_are_not_even_counted(void **state)
{
    struct fixture *f = *state;
    struct match_opening o;
    match_opening_init(&o);
    o.id.bytes[15] = 1;
    o.audience_id.bytes[0] = 5;
    assert_int_equal(match_catalogue_add(f->catalogue, &o, NULL), 0);
    run(f);
    assert_int_equal(f->answer->n_openings, 0);
    struct match_result *result = NULL;
    assert_int_equal(
        match_explain(f->catalogue, &o.id, &f->client, &f->options, &f->arena, &result, NULL),
        ERR_NOT_FOUND);
    f->options.audience_id.bytes[0] = 5;
    run(f);
    assert_int_equal(f->answer->n_openings, 1);
}

static void test_pause__gives_none_unless_asked(void **state)
{
    struct fixture *f = *state;
    add(f, 1, 1, 8214, 500, 0);
    f->client.is_paused = true;
    f->client.ask_again_on = DRAW_TODAY;
    check_note(f, "The client is paused: nothing is suggested; ask again on 4 Oct 2024");
    assert_int_equal(f->answer->n_results, 0);
    assert_int_equal(f->answer->n_openings, 0);
    f->options.even_if_paused = true;
    check_note(f, "The client is paused: this was asked for all the same; ask again on 4 Oct 2024");
    assert_int_equal(f->answer->n_results, 1);
}

static void test_notes__name_the_two_that_contradict(void **state)
{
    struct fixture *f = *state;
    f->client.hours_min_tenths = 300;
    f->client.hours_max_tenths = 160;
    check_note(f,
        "Two things contradict each other: at least 30 hours a week, and at most 16 hours a week");
    f->client.has_availability = true;
    match_week_add_stretch(&f->client.availability, (struct match_stretch) { 20, 10 });
    check_note(f,
        "Two things contradict each other: at least 30 hours a week, and free times for 5 hours a "
        "week");
    f->client.earliest_start_on = DRAW_TODAY + 10;
    f->client.latest_start_on = DRAW_TODAY + 9;
    check_note(f,
        "Two things contradict each other: the client can start on 14 Oct 2024, and wants to start "
        "by 13 Oct 2024");
    const struct match_code_wish wish = { .code = { .code = 821, .digits = 3 }, .weight = 5 };
    const struct match_code excluded = { .code = 82, .digits = 2 };
    f->client.occupations = &wish;
    f->client.n_occupations = 1;
    f->client.excluded_occupations = &excluded;
    f->client.n_excluded_occupations = 1;
    check_note(f, "Two things contradict each other: occupation 821 is wished for, and ruled out");
}

static void test_notes__no_wishes_are_said(void **state)
{
    check_note(
        *state, "No wishes are recorded: the order follows pay, nearness, trial and employer");
}

static void test_wishes__best_weight_of_any_level_counts(void **state)
{
    struct fixture *f = *state;
    const struct match_code_wish wishes[] = {
        { .code = { .code = 8, .digits = 1 }, .weight = 2 },
        { .code = { .code = 8214, .digits = 4 }, .weight = 5, .label = "Delivery drivers" },
        { .code = { .code = 821, .digits = 3 }, .weight = 3 },
    };
    f->client.occupations = wishes;
    f->client.n_occupations = 3;
    add(f, 1, 1, 8214, 500, 0);
    add(f, 2, 2, 8211, 500, 0);
    add(f, 3, 3, 8111, 500, 0);
    add(f, 4, 4, 9111, 500, 0);
    check_order(f, (const uint8_t[]) { 1, 2, 3, 4 }, 4);
    const struct match_reason *reason = &f->answer->results[0].wishes[MATCH_WISH_OCCUPATION];
    assert_string_equal(
        reason->sentence, "Occupation 8214 is wished for (5 of 5): Delivery drivers");
    assert_int_equal(reason->points, 100);
    assert_int_equal(reason->score, 1000);
    assert_int_equal(f->answer->results[1].wishes[MATCH_WISH_OCCUPATION].points, 60);
}

static void test_wishes__clients_weight_replaces_the_default(void **state)
{
    struct fixture *f = *state;
    add(f, 1, 1, 8214, 500, 0);
    f->client.weights[MATCH_WISH_PAY] = 7;
    run(f);
    assert_int_equal(f->answer->results[0].wishes[MATCH_WISH_PAY].score, 700);
    f->client.weights[MATCH_WISH_PAY] = 0;
    run(f);
    assert_int_equal(f->answer->results[0].score, 0);
}

static void check_client_refused(struct fixture *f, const char *field)
{
    struct err err = { 0 };
    assert_int_equal(
        match_run(f->catalogue, &f->client, &f->options, &f->arena, &f->answer, &err), ERR_INVALID);
    assert_string_equal(err.field, field);
}

static void test_run__refuses_what_cannot_be(void **state)
{
    struct fixture *f = *state;
    const struct match_code_wish wish = { .code = { .code = 82, .digits = 3 }, .weight = 5 };
    f->client.occupations = &wish;
    f->client.n_occupations = 1;
    check_client_refused(f, "occupations");
    match_client_init(&f->client);
    f->client.weights[0] = 101;
    check_client_refused(f, "weights");
    match_client_init(&f->client);
    f->client.n_windows = MATCH_WINDOWS_MAX + 1;
    check_client_refused(f, "windows");
    match_client_init(&f->client);
    f->options.on = 0;
    check_client_refused(f, "on");
}

static void check_soc(const struct fixture *f, const struct uuid *id, uint16_t soc)
{
    struct match_opening o;
    assert_true(match_catalogue_get(f->catalogue, &f->options, id, &o));
    assert_int_equal(o.soc, soc);
}

static void test_catalogue__knows_openings_by_id(void **state)
{
    struct fixture *f = *state;
    struct match_opening o;
    struct err err = { 0 };
    match_opening_init(&o);
    o.id.bytes[15] = 9;
    assert_int_equal(match_catalogue_update(f->catalogue, &o, &err), ERR_NOT_FOUND);
    assert_int_equal(match_catalogue_add(f->catalogue, &o, &err), 0);
    assert_int_equal(match_catalogue_add(f->catalogue, &o, &err), ERR_EXISTS);
    o.soc = 12345;
    assert_int_equal(match_catalogue_update(f->catalogue, &o, &err), ERR_INVALID);
    assert_string_equal(err.field, "soc");
    check_soc(f, &o.id, 0);
    o.soc = 9111;
    assert_int_equal(match_catalogue_put(f->catalogue, &o, &err), 0);
    check_soc(f, &o.id, 9111);
    assert_true(match_catalogue_remove(f->catalogue, &o.id));
    assert_false(match_catalogue_get(f->catalogue, &f->options, &o.id, &o));
    assert_int_equal(match_catalogue_count(f->catalogue), 0);
}

static unsigned level_of(const struct fixture *f, uint8_t asker, uint8_t id)
{
    struct match_opening o;
    struct uuid opening_id = { { [15] = id } };
    struct match_options options = { .audience_id = { { [0] = asker } } };
    assert_true(match_catalogue_get(f->catalogue, &options, &opening_id, &o));
    assert_int_equal(o.stance, o.relationship_level ? MATCH_STANCE_WARM : MATCH_STANCE_UNKNOWN);
    return o.relationship_level;
}

static void relate(struct fixture *f, uint8_t asker, uint8_t employer, unsigned level)
{
    struct uuid asker_id = { { [0] = asker } }, employer_id = { { [0] = employer } };
    assert_int_equal(match_catalogue_relate(f->catalogue, &asker_id, &employer_id,
                         level ? MATCH_STANCE_WARM : MATCH_STANCE_UNKNOWN, level, NULL),
        0);
}

static void test_catalogue__relationship_is_the_askers_and_goes_with_the_employer(void **state)
{
    struct fixture *f = *state;
    add(f, 1, 7, 8214, 1300, 0);
    add(f, 2, 8, 8214, 1300, 0);
    relate(f, 0, 7, 5);
    relate(f, 4, 7, 2);
    relate(f, 4, 9, 3); /* has nothing here */
    assert_int_equal(level_of(f, 0, 1), 5);
    assert_int_equal(level_of(f, 4, 1), 2);
    assert_int_equal(level_of(f, 4, 2), 0);
    relate(f, 0, 7, 0);
    assert_int_equal(level_of(f, 0, 1), 0);
    const struct uuid id = { { [15] = 1 } };
    assert_true(match_catalogue_remove(f->catalogue, &id));
    add(f, 3, 9, 8214, 1300, 0); /* takes the number of employer 7 */
    assert_int_equal(level_of(f, 4, 3), 0);
}

/* So many that the best are chosen in several heaps, with many equal scores, and under caps. */
static void check_order_of_many(struct fixture *f, uint16_t max_per_employer, size_t n_expected)
{
    f->options.max_per_group = 0;
    f->options.max_per_employer = max_per_employer;
    f->options.n_results = UINT16_MAX;
    run(f);
    assert_int_equal(f->answer->n_results, n_expected);
    for (size_t i = 1; i < f->answer->n_results; i++) {
        const struct match_result *before = &f->answer->results[i - 1], *after = before + 1;
        assert_true(before->score > after->score
            || (before->score == after->score
                && uuid_compare(&before->opening_id, &after->opening_id) < 0));
    }
}

static void test_run__orders_very_many(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 3000, EMPLOYERS = 7 };
    for (uint32_t i = 0; i < MANY; i++) {
        struct match_opening o;
        match_opening_init(&o);
        uint32_t mixed = i * 2654435761u;
        memcpy(o.id.bytes, &mixed, sizeof(mixed));
        o.employer_id.bytes[0] = (uint8_t)(1 + mixed % EMPLOYERS);
        o.pay_min_pence = 1271 + mixed / EMPLOYERS % 90;
        assert_int_equal(match_catalogue_add(f->catalogue, &o, NULL), 0);
    }
    check_order_of_many(f, 0, MANY);
    check_order_of_many(f, 2, 2 * EMPLOYERS);
}

static void test_run__counts_only_openings_with_a_trial_where_asked(void **state)
{
    struct fixture *f = *state;
    for (int trial = 0; trial < MATCH_N_TRIALS; trial++) {
        struct match_opening o;
        match_opening_init(&o);
        o.id.bytes[15] = (uint8_t)(trial + 1);
        o.trial = (enum match_trial)trial;
        assert_int_equal(match_catalogue_add(f->catalogue, &o, NULL), 0);
    }
    f->options.only_with_trial = true;
    run(f);
    assert_int_equal(f->answer->n_openings, 3);
    assert_int_equal(f->answer->n_fit, 3);
}

/* At every cap of the arena: an answer, or ERR_EXHAUSTED and no answer. */
static void test_run__little_memory_is_an_error_and_no_half_answer(void **state)
{
    struct fixture *f = *state;
    struct draw draw = { .state = 5 };
    struct match_opening o;
    struct drawn_client drawn;
    for (uint32_t i = 0; i < 40; i++) {
        draw_opening(&draw, i, &o);
        assert_int_equal(match_catalogue_put(f->catalogue, &o, NULL), 0);
    }
    draw_client(&draw, &drawn);
    match_client_init(&drawn.client); /* fits all that is open: the answer is long */
    unsigned failures = 0;
    for (size_t cap = 16;; cap += 160) {
        struct match_answer *answer = NULL;
        struct arena arena;
        arena_init(&arena, cap);
        int r = match_run(f->catalogue, &drawn.client, &f->options, &arena, &answer, NULL);
        arena_release(&arena);
        if (r == 0)
            break;
        assert_int_equal(r, ERR_EXHAUSTED);
        assert_null(answer);
        failures++;
    }
    assert_true(failures > 10);
}

static void test_criteria__each_says_where_it_comes_from(void **state)
{
    (void)state;
    for (int i = 0; i < MATCH_N_LIMITS; i++) {
        const struct match_criterion_info *info = match_limit_info((enum match_limit)i);
        assert_true(info->name[0] && info->title[0] && info->unit[0] && info->source[0]);
    }
    for (int i = 0; i < MATCH_N_WISHES; i++) {
        const struct match_criterion_info *info = match_wish_info((enum match_wish)i);
        assert_true(info->name[0] && info->title[0] && info->unit[0] && info->source[0]);
    }
    assert_string_equal(match_limit_info(MATCH_LIMIT_DRIVING)->name, "driving");
    assert_string_equal(match_limit_info(MATCH_LIMIT_SHIFT)->name, "shift");
    assert_string_equal(match_wish_info(MATCH_WISH_TRACK_RECORD)->name, "track_record");
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_run__orders_by_score_and_then_by_id),
        FIXTURE_TEST(test_breadth__caps_employers_and_minor_groups_but_not_the_unknown),
        FIXTURE_TEST(test_breadth__says_when_one_sector_has_most),
        FIXTURE_TEST(test_run__asked_for_none_counts_all_the_same),
        FIXTURE_TEST(test_run__empty_catalogue_is_an_answer),
        FIXTURE_TEST(test_run__openings_of_another_audience_are_not_even_counted),
        FIXTURE_TEST(test_pause__gives_none_unless_asked),
        FIXTURE_TEST(test_notes__name_the_two_that_contradict),
        FIXTURE_TEST(test_notes__no_wishes_are_said),
        FIXTURE_TEST(test_wishes__best_weight_of_any_level_counts),
        FIXTURE_TEST(test_wishes__clients_weight_replaces_the_default),
        FIXTURE_TEST(test_run__refuses_what_cannot_be),
        FIXTURE_TEST(test_catalogue__knows_openings_by_id),
        FIXTURE_TEST(test_catalogue__relationship_is_the_askers_and_goes_with_the_employer),
        FIXTURE_TEST(test_run__orders_very_many),
        FIXTURE_TEST(test_run__counts_only_openings_with_a_trial_where_asked),
        FIXTURE_TEST(test_run__little_memory_is_an_error_and_no_half_answer),
        cmocka_unit_test(test_criteria__each_says_where_it_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
