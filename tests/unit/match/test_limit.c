/* The limits and what is asked, one rule of the field a test. Each starts from a pair that fits
 * and changes one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/err.h"
#include "match/match.h"

struct pair {
    struct arena arena;
    struct match_opening opening;
    struct match_client client;
    struct match_options options;
    struct match_window windows[2];
    struct match_result *result;
    struct match_answer *answer;
};

static int32_t date(int year, int month, int day)
{
    return (int32_t)civil_to_days(&(struct civil_date) { year, month, day });
}

static void add_shift(struct match_week *week, unsigned days, unsigned from, unsigned to)
{
    for (uint8_t day = 0; day < 7; day++) {
        struct match_span span = { day, (uint16_t)from, (uint16_t)to };
        if (days >> day & 1)
            assert_int_equal(match_week_set(week, &span, MATCH_ROUND_OUT, NULL), 0);
    }
}

enum { MON = 1, TUE = 2, THU = 8, SAT = 32, WEEKDAYS = 31 };

static int set_up(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    assert_non_null(pair);
    match_opening_init(&pair->opening);
    match_client_init(&pair->client);
    match_options_init(&pair->options);
    pair->options.on = date(2026, 11, 23);
    pair->opening.id.bytes[0] = 1;
    pair->opening.places_left = 2;
    pair->opening.starts_on = date(2026, 12, 7);
    pair->opening.soc = 8214;
    pair->opening.sic = 77320;
    pair->opening.sic_section = 'N';
    pair->opening.has_site = true;
    pair->opening.easting_metres = 530000;
    pair->opening.northing_metres = 176000;
    pair->opening.hours_min_tenths = pair->opening.hours_max_tenths = 200;
    pair->opening.pay_min_pence = 1300;
    pair->opening.shift_kind = MATCH_SHIFT_FIXED;
    add_shift(&pair->opening.shifts, MON | TUE | THU, 8 * 60, 16 * 60);
    pair->opening.driving = MATCH_DRIVING_NONE;
    pair->opening.check = MATCH_CHECK_NONE;
    pair->opening.exposures_known = (1u << MATCH_N_EXPOSURES) - 1;
    pair->client.has_home = true;
    pair->client.easting_metres = 531200;
    pair->client.northing_metres = 176000;
    pair->client.distance_max_metres = 5000;
    pair->client.hours_min_tenths = 160;
    pair->client.hours_max_tenths = 300;
    pair->client.legal_pay_min_pence = 1271;
    pair->client.legal_pay_sentence = "the minimum wage at 21 and over from 1 Apr 2026";
    pair->client.has_availability = true;
    add_shift(&pair->client.availability, WEEKDAYS, 7 * 60, 19 * 60);
    pair->client.windows = pair->windows;
    pair->client.may_drive = MATCH_DRIVING_NONE;
    pair->client.check_clear = MATCH_CHECK_BASIC;
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;
    arena_release(&pair->arena);
    free(pair);
    return 0;
}

/* Match the pair; in the answer the opening is in the one list that it belongs to. */
static void run(struct pair *pair)
{
    struct match_catalogue *catalogue = NULL;
    struct err err = { 0 };
    assert_int_equal(match_catalogue_new(&catalogue, &err), 0);
    assert_int_equal(match_catalogue_add(catalogue, &pair->opening, &err), 0);
    assert_int_equal(
        match_run(catalogue, &pair->client, &pair->options, &pair->arena, &pair->answer, &err), 0);
    assert_int_equal(match_explain(catalogue, &pair->opening.id, &pair->client, &pair->options,
                         &pair->arena, &pair->result, &err),
        0);
    match_catalogue_free(catalogue);
}

static void check_limit(
    struct pair *pair, enum match_limit limit, enum match_verdict verdict, const char *sentence)
{
    run(pair);
    assert_string_equal(pair->result->limits[limit].sentence, sentence);
    assert_int_equal(pair->result->limits[limit].verdict, verdict);
    assert_int_equal(pair->result->failed_limits, verdict == MATCH_FAIL ? 1u << limit : 0);
    assert_int_equal(pair->answer->n_results, verdict != MATCH_FAIL);
    assert_int_equal(pair->answer->counts[limit].sole, verdict == MATCH_FAIL);
}

static void check_ask(const struct pair *pair, enum match_mover mover, const char *sentence)
{
    const char *found = NULL;
    for (size_t i = 0; i < pair->result->n_asks; i++)
        if (pair->result->asks[i].mover == mover)
            found = pair->result->asks[i].sentence;
    if (sentence) {
        assert_non_null(found);
        assert_string_equal(found, sentence);
        assert_int_equal(pair->answer->n_near_misses, 1);
    } else {
        assert_null(found);
    }
}

static void check_not_yet(const struct pair *pair, int32_t day, const char *sentence)
{
    assert_int_equal(pair->answer->n_not_yet, day != 0);
    assert_int_equal(pair->result->possible_on, day);
    if (day)
        assert_string_equal(pair->answer->not_yet[0].possible_sentence, sentence);
}

static void set_window(struct pair *pair, size_t i, enum match_window_kind kind,
    enum match_window_place place, bool can_move)
{
    pair->windows[i].kind = kind;
    pair->windows[i].place = place;
    pair->windows[i].clinical_team_can_move = can_move;
    pair->client.n_windows = i + 1;
}

/* ---- live ---- */

static void test_live__open_opening_with_places_fits(void **state)
{
    check_limit(*state, MATCH_LIMIT_LIVE, MATCH_PASS, "Open, 2 places left");
}

static void test_live__closing_day_itself_is_open_and_the_day_after_is_not(void **state)
{
    struct pair *pair = *state;
    pair->opening.closes_on = pair->options.on;
    check_limit(pair, MATCH_LIMIT_LIVE, MATCH_PASS, "Open, 2 places left, closes on 23 Nov 2026");
    pair->opening.closes_on--;
    check_limit(pair, MATCH_LIMIT_LIVE, MATCH_FAIL, "Closed on 22 Nov 2026");
    check_not_yet(pair, 0, NULL);
    assert_int_equal(pair->answer->n_near_misses, 0);
}

static void test_live__no_places_left_fails(void **state)
{
    struct pair *pair = *state;
    pair->opening.places_left = 0;
    check_limit(pair, MATCH_LIMIT_LIVE, MATCH_FAIL, "No places left");
}

static void test_live__unknown_places_pass_and_are_a_question(void **state)
{
    struct pair *pair = *state;
    pair->opening.places_left = MATCH_PLACES_UNKNOWN;
    check_limit(pair, MATCH_LIMIT_LIVE, MATCH_ASK, "Open, places left not known: ask");
}

static void test_hidden_market__lead_without_a_vacancy_is_first_class(void **state)
{
    struct pair *pair = *state;
    pair->opening.is_hidden = true;
    pair->opening.places_left = 0;
    check_limit(pair, MATCH_LIMIT_LIVE, MATCH_ASK, "A lead without a vacancy yet: ask");
}

static void test_live__opening_day_is_not_yet(void **state)
{
    struct pair *pair = *state;
    pair->opening.opens_on = date(2026, 12, 1);
    check_limit(pair, MATCH_LIMIT_LIVE, MATCH_FAIL, "Opens on 1 Dec 2026");
    check_not_yet(pair, date(2026, 12, 1), "Possible from 1 Dec 2026: it opens on 1 Dec 2026");
}

/* ---- start ---- */

static void test_start__later_than_the_employer_waits_fails_and_asks(void **state)
{
    struct pair *pair = *state;
    pair->client.earliest_start_on = date(2027, 1, 4);
    check_limit(pair, MATCH_LIMIT_START, MATCH_PASS, "Starts on 7 Dec 2026");
    pair->client.earliest_start_on++;
    check_limit(pair, MATCH_LIMIT_START, MATCH_FAIL,
        "Starts on 7 Dec 2026; the client can start on 5 Jan 2027");
    check_ask(pair, MATCH_MOVER_EMPLOYER, "Ask the employer: can the start wait until 5 Jan 2027?");
    check_ask(pair, MATCH_MOVER_CLIENT, "Ask the client: is a start possible by 4 Jan 2027?");
    check_not_yet(
        pair, date(2026, 12, 8), "Possible from 8 Dec 2026: the client's start is near enough");
}

static void test_start__later_than_the_client_waits_fails(void **state)
{
    struct pair *pair = *state;
    pair->client.latest_start_on = date(2026, 12, 6);
    check_limit(pair, MATCH_LIMIT_START, MATCH_FAIL,
        "Starts on 7 Dec 2026; the client wants to start by 6 Dec 2026");
    check_ask(pair, MATCH_MOVER_EMPLOYER, "Ask the employer: can the start be by 6 Dec 2026?");
    check_not_yet(pair, 0, NULL);
}

static void test_start__unknown_date_is_a_question(void **state)
{
    struct pair *pair = *state;
    pair->opening.starts_on = 0;
    check_limit(pair, MATCH_LIMIT_START, MATCH_PASS, "Start date not known, any will do");
    pair->client.earliest_start_on = date(2027, 1, 1);
    check_limit(pair, MATCH_LIMIT_START, MATCH_ASK, "Start date not known: ask");
}

/* ---- hours, pay ---- */

static void test_hours__range_must_meet_the_wanted_range(void **state)
{
    struct pair *pair = *state;
    check_limit(
        pair, MATCH_LIMIT_HOURS, MATCH_PASS, "20 hours a week, as wanted: 16 to 30 hours a week");
    pair->opening.hours_min_tenths = pair->opening.hours_max_tenths = 375;
    check_limit(pair, MATCH_LIMIT_HOURS, MATCH_FAIL,
        "37.5 hours a week, not the wanted 16 to 30 hours a week");
    check_ask(pair, MATCH_MOVER_EMPLOYER, "Ask the employer: would 30 hours a week be possible?");
    check_ask(pair, MATCH_MOVER_CLIENT, "Ask the client: would 37.5 hours a week be all right?");
    pair->opening.hours_min_tenths = pair->opening.hours_max_tenths = 0;
    check_limit(pair, MATCH_LIMIT_HOURS, MATCH_ASK, "Hours not known: ask");
}

static void test_minimum_wage__is_never_gone_below_even_if_the_client_would(void **state)
{
    struct pair *pair = *state;
    pair->client.pay_min_pence = 1000;
    pair->opening.pay_min_pence = 1271;
    check_limit(pair, MATCH_LIMIT_PAY, MATCH_PASS,
        "£12.71 an hour, at least £12.71 an hour, the minimum wage at 21 and over from 1 Apr 2026");
    pair->opening.pay_min_pence = 1270;
    check_limit(pair, MATCH_LIMIT_PAY, MATCH_FAIL,
        "£12.70 an hour, below £12.71 an hour, the minimum wage at 21 and over from 1 Apr 2026");
    check_ask(
        pair, MATCH_MOVER_EMPLOYER, "Ask the employer: can the pay be at least £12.71 an hour?");
    check_ask(pair, MATCH_MOVER_CLIENT, NULL);
}

static void test_pay__client_may_take_less_than_wished_above_the_minimum_wage(void **state)
{
    struct pair *pair = *state;
    pair->client.pay_min_pence = 1400;
    check_limit(pair, MATCH_LIMIT_PAY, MATCH_FAIL, "£13.00 an hour, below £14.00 an hour");
    check_ask(pair, MATCH_MOVER_CLIENT, "Ask the client: would £13.00 an hour be enough?");
    pair->opening.pay_max_pence = 1500;
    check_limit(pair, MATCH_LIMIT_PAY, MATCH_ASK,
        "£13.00 to £15.00 an hour: ask for at least £14.00 an hour");
    pair->opening.pay_min_pence = pair->opening.pay_max_pence = 0;
    check_limit(pair, MATCH_LIMIT_PAY, MATCH_ASK, "Pay not known: ask");
}

/* ---- travel ---- */

static void test_travel__distance_is_a_straight_line_and_says_so(void **state)
{
    struct pair *pair = *state;
    check_limit(pair, MATCH_LIMIT_DISTANCE, MATCH_PASS, "1.2 km in a straight line, within 5.0 km");
    pair->opening.easting_metres = 531200 + 3000;
    pair->opening.northing_metres = 176000 + 4000;
    check_limit(pair, MATCH_LIMIT_DISTANCE, MATCH_PASS, "5.0 km in a straight line, within 5.0 km");
    pair->opening.northing_metres++;
    check_limit(pair, MATCH_LIMIT_DISTANCE, MATCH_FAIL,
        "5.1 km in a straight line, over the limit of 5.0 km");
    assert_int_equal(pair->result->distance_metres, 5001);
    check_ask(pair, MATCH_MOVER_CLIENT,
        "Ask the client: would 5.1 km in a straight line be all right, 1 m over the limit?");
}

static void test_travel__journey_checked_by_staff_counts_instead_of_the_line(void **state)
{
    struct pair *pair = *state;
    pair->opening.site_id.bytes[0] = 7;
    pair->client.journey_max_minutes = 40;
    check_limit(
        pair, MATCH_LIMIT_DISTANCE, MATCH_ASK, "1.2 km in a straight line, journey to check");
    const struct match_journey journeys[]
        = { { { { 8 } }, 90, 0 }, { { { 7 } }, 45, date(2026, 10, 1) } };
    pair->client.journeys = journeys;
    pair->client.n_journeys = 2;
    check_limit(pair, MATCH_LIMIT_DISTANCE, MATCH_FAIL,
        "Journey of 45 minutes, checked on 1 Oct 2026, over the limit of 40");
    check_ask(pair, MATCH_MOVER_CLIENT,
        "Ask the client: would a journey of 45 minutes be all right, 5 over the limit?");
    pair->client.journey_max_minutes = 45;
    pair->client.distance_max_metres = 100;
    check_limit(pair, MATCH_LIMIT_DISTANCE, MATCH_PASS,
        "Journey of 45 minutes, checked on 1 Oct 2026; the limit is 45");
}

static void test_travel__unknown_place_is_a_question(void **state)
{
    struct pair *pair = *state;
    pair->opening.has_site = false;
    check_limit(pair, MATCH_LIMIT_DISTANCE, MATCH_ASK, "Place of work not known: ask");
    pair->opening.has_site = true;
    pair->client.has_home = false;
    check_limit(pair, MATCH_LIMIT_DISTANCE, MATCH_ASK, "The client's area is not known: ask");
}

/* ---- occupation, industry, must-nots ---- */

static void test_exclusions__are_the_clients_and_nobody_is_asked_to_move_them(void **state)
{
    struct pair *pair = *state;
    const struct match_code soc = { .code = 82, .digits = 2 };
    pair->client.excluded_occupations = &soc;
    pair->client.n_excluded_occupations = 1;
    check_limit(
        pair, MATCH_LIMIT_OCCUPATION, MATCH_FAIL, "Occupation 8214 is ruled out by the client");
    assert_int_equal(pair->answer->n_near_misses, 0);
    pair->opening.soc = 0;
    check_limit(pair, MATCH_LIMIT_OCCUPATION, MATCH_ASK, "Occupation not known: ask");
}

static void test_exclusions__industry_by_section_or_class(void **state)
{
    struct pair *pair = *state;
    struct match_code sic = { .section = 'N' };
    pair->client.excluded_industries = &sic;
    pair->client.n_excluded_industries = 1;
    check_limit(
        pair, MATCH_LIMIT_INDUSTRY, MATCH_FAIL, "Industry 77320 is ruled out by the client");
    assert_int_equal(pair->answer->n_near_misses, 0);
    sic = (struct match_code) { .code = 773, .digits = 3 };
    check_limit(
        pair, MATCH_LIMIT_INDUSTRY, MATCH_FAIL, "Industry 77320 is ruled out by the client");
    sic.code = 774;
    check_limit(pair, MATCH_LIMIT_INDUSTRY, MATCH_PASS, "Industry 77320 is not ruled out");
    pair->opening.sic = 0;
    check_limit(
        pair, MATCH_LIMIT_INDUSTRY, MATCH_ASK, "Industry section N not known well enough: ask");
}

static void test_occupation__only_wished_ones_is_a_limit_that_the_client_can_move(void **state)
{
    struct pair *pair = *state;
    const struct match_code_wish wish
        = { .code = { .code = 92, .digits = 2 }, .weight = 4, .label = "Elementary services" };
    pair->client.occupations = &wish;
    pair->client.n_occupations = 1;
    check_limit(pair, MATCH_LIMIT_OCCUPATION, MATCH_PASS, "Occupation 8214 is not ruled out");
    pair->client.only_these_occupations = true;
    check_limit(pair, MATCH_LIMIT_OCCUPATION, MATCH_FAIL,
        "Occupation 8214 is not among the client's wishes");
    check_ask(pair, MATCH_MOVER_CLIENT,
        "Ask the client: would occupation 8214 do, though it is not among the wishes?");
}

static void test_exposures__rule_out_only_what_the_client_set(void **state)
{
    struct pair *pair = *state;
    pair->opening.exposures = 1u << MATCH_EXPOSURE_ALCOHOL | 1u << MATCH_EXPOSURE_DRUG_TESTING
        | 1u << MATCH_EXPOSURE_CASH;
    check_limit(pair, MATCH_LIMIT_MUST_NOT, MATCH_PASS, "Nothing is ruled out");
    pair->client.must_not = 1u << MATCH_EXPOSURE_CASH;
    check_limit(pair, MATCH_LIMIT_MUST_NOT, MATCH_FAIL, "Cash handling, ruled out by the client");
    check_ask(
        pair, MATCH_MOVER_EMPLOYER, "Ask the employer: can the job be done without handling cash?");
}

static void test_exposures__no_employer_is_asked_about_drug_tests_or_alcohol(void **state)
{
    struct pair *pair = *state;
    pair->client.must_not = pair->opening.exposures
        = 1u << MATCH_EXPOSURE_DRUG_TESTING | 1u << MATCH_EXPOSURE_CASH;
    check_limit(pair, MATCH_LIMIT_MUST_NOT, MATCH_FAIL,
        "Drug tests and cash handling, ruled out by the client");
    assert_int_equal(pair->answer->n_near_misses, 0);
    pair->client.must_not = pair->opening.exposures = 1u << MATCH_EXPOSURE_ALCOHOL;
    check_limit(pair, MATCH_LIMIT_MUST_NOT, MATCH_FAIL, "Alcohol on site, ruled out by the client");
    assert_int_equal(pair->answer->n_near_misses, 0);
}

static void test_exposures__not_asked_about_is_a_question(void **state)
{
    struct pair *pair = *state;
    pair->client.must_not = 1u << MATCH_EXPOSURE_LIFTING | 1u << MATCH_EXPOSURE_NIGHTS;
    check_limit(pair, MATCH_LIMIT_MUST_NOT, MATCH_PASS, "No nights or heavy lifting");
    pair->opening.exposures_known = 0;
    check_limit(pair, MATCH_LIMIT_MUST_NOT, MATCH_ASK, "Heavy lifting not known: ask");
}

static void test_exposures__nights_are_read_off_a_fixed_pattern(void **state)
{
    struct pair *pair = *state;
    pair->client.must_not = 1u << MATCH_EXPOSURE_NIGHTS;
    match_week_fill(&pair->client.availability);
    add_shift(&pair->opening.shifts, SAT, 22 * 60, 2 * 60);
    check_limit(pair, MATCH_LIMIT_MUST_NOT, MATCH_FAIL, "Nights, ruled out by the client");
}

/* ---- driving ---- */

static void test_driving__class_before_review_date_fails_and_not_yet_names_the_date(void **state)
{
    struct pair *pair = *state;
    pair->opening.driving = MATCH_DRIVING_G1;
    pair->client.driving_review_on = date(2027, 3, 1);
    pair->client.may_drive_after = MATCH_DRIVING_G1;
    check_limit(pair, MATCH_LIMIT_DRIVING, MATCH_FAIL,
        "Drives cars and small vans (group 1); the client may drive: none, review on 1 Mar 2027");
    check_not_yet(pair, date(2027, 3, 1),
        "Possible from 1 Mar 2027: the driving review on 1 Mar 2027 is expected to allow it");
    check_ask(pair, MATCH_MOVER_EMPLOYER, "Ask the employer: can the job be done without driving?");
    pair->opening.closes_on = date(2027, 2, 28);
    run(pair);
    check_not_yet(pair, 0, NULL);
}

static void test_driving__the_review_day_itself_counts_as_after(void **state)
{
    struct pair *pair = *state;
    pair->opening.driving = MATCH_DRIVING_G1;
    pair->client.driving_review_on = pair->options.on;
    pair->client.may_drive_after = MATCH_DRIVING_G1;
    check_limit(pair, MATCH_LIMIT_DRIVING, MATCH_PASS, "Drives cars and small vans (group 1)");
}

static void test_driving__group_2_needs_more_than_group_1(void **state)
{
    struct pair *pair = *state;
    pair->opening.driving = MATCH_DRIVING_G2;
    pair->client.may_drive = MATCH_DRIVING_G1;
    check_limit(pair, MATCH_LIMIT_DRIVING, MATCH_FAIL,
        "Drives lorries and buses (group 2); the client may drive: cars and small vans (group 1)");
    check_ask(pair, MATCH_MOVER_EMPLOYER,
        "Ask the employer: can the job be done with a car or small van?");
    pair->client.may_drive = MATCH_DRIVING_G2;
    check_limit(pair, MATCH_LIMIT_DRIVING, MATCH_PASS, "Drives lorries and buses (group 2)");
}

static void test_driving__unknown_is_a_question(void **state)
{
    struct pair *pair = *state;
    pair->opening.driving = MATCH_DRIVING_UNKNOWN;
    check_limit(pair, MATCH_LIMIT_DRIVING, MATCH_ASK, "Driving not known: ask");
    pair->opening.driving = MATCH_DRIVING_G1;
    pair->client.may_drive = MATCH_DRIVING_UNKNOWN;
    check_limit(pair, MATCH_LIMIT_DRIVING, MATCH_ASK,
        "Drives cars and small vans (group 1); what the client may drive is not known: ask");
}

/* ---- convictions: only the level that is clear, and when it changes ---- */

static void test_convictions__check_above_what_is_clear_fails_until_it_changes(void **state)
{
    struct pair *pair = *state;
    pair->opening.check = MATCH_CHECK_BASIC;
    pair->client.check_clear = MATCH_CHECK_NONE;
    pair->client.check_changes_on = date(2027, 6, 15);
    pair->client.check_clear_after = MATCH_CHECK_BASIC;
    check_limit(pair, MATCH_LIMIT_CHECK, MATCH_FAIL,
        "Needs a basic check; the highest that is clear: none until 15 Jun 2027");
    check_not_yet(pair, date(2027, 6, 15),
        "Possible from 15 Jun 2027: the check is expected to be clear from 15 Jun 2027");
    assert_int_equal(pair->answer->n_near_misses, 0);
    pair->options.on = date(2027, 6, 15);
    run(pair);
    assert_int_equal(pair->result->limits[MATCH_LIMIT_CHECK].verdict, MATCH_PASS);
}

static void test_convictions__above_basic_the_employer_is_asked_what_the_law_asks(void **state)
{
    struct pair *pair = *state;
    pair->opening.check = MATCH_CHECK_ENHANCED;
    check_limit(pair, MATCH_LIMIT_CHECK, MATCH_FAIL,
        "Needs an enhanced check; the highest that is clear: basic");
    check_ask(pair, MATCH_MOVER_EMPLOYER,
        "Ask the employer: which level of check does the law ask for in this job?");
}

static void test_convictions__unsure_clients_have_a_check_organised(void **state)
{
    struct pair *pair = *state;
    pair->opening.check = MATCH_CHECK_STANDARD;
    pair->client.check_clear = MATCH_CHECK_UNKNOWN;
    check_limit(pair, MATCH_LIMIT_CHECK, MATCH_ASK,
        "Needs a standard check; what would be clear is not known: organise a check");
}

/* ---- treatment time ---- */

static void test_treatment_time__clash_with_pick_up_is_an_ask_to_the_clinical_team(void **state)
{
    struct pair *pair = *state;
    set_window(pair, 0, MATCH_WINDOW_PICK_UP, MATCH_PLACE_NEAR_HOME, true);
    add_shift(&pair->windows[0].week, MON, 9 * 60, 9 * 60 + 30);
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_FAIL,
        "Mon 08:00–16:00 clashes with pick-up Mon 09:00–09:30");
    check_ask(pair, MATCH_MOVER_CLINICAL_TEAM,
        "Ask the clinical team: can the Mon 09:00 pick-up move before 08:00 or after 16:00?");
    check_ask(pair, MATCH_MOVER_EMPLOYER, "Ask the employer: have 09:00–09:30 off on Mon?");
}

static void test_treatment_time__equal_clashes_are_one_ask(void **state)
{
    struct pair *pair = *state;
    set_window(pair, 0, MATCH_WINDOW_PICK_UP, MATCH_PLACE_NEAR_HOME, true);
    pair->client.travel_before_half_hours = 1;
    pair->client.travel_after_half_hours = 1;
    add_shift(&pair->windows[0].week, TUE | THU, 9 * 60, 9 * 60 + 30);
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_FAIL,
        "Tue and Thu 08:00–16:00 clashes with pick-up Tue and Thu 09:00–09:30");
    check_ask(pair, MATCH_MOVER_CLINICAL_TEAM,
        "Ask the clinical team: can the Tue and Thu 09:00 pick-up move before 07:30 or after 16:30 "
        "(near work: before 08:00 or after 16:00)?");
}

static void test_treatment_time__pharmacy_near_work_needs_no_travel(void **state)
{
    struct pair *pair = *state;
    set_window(pair, 0, MATCH_WINDOW_PICK_UP, MATCH_PLACE_NEAR_HOME, true);
    pair->client.travel_before_half_hours = 2;
    add_shift(&pair->windows[0].week, MON, 7 * 60, 7 * 60 + 30);
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_FAIL,
        "Mon 08:00–16:00 clashes with pick-up Mon 07:00–07:30 and its travel");
    check_ask(pair, MATCH_MOVER_CLINICAL_TEAM,
        "Ask the clinical team: can the Mon 07:00 pick-up move before 07:00, after 16:00 or near "
        "work?");
    check_ask(
        pair, MATCH_MOVER_EMPLOYER, "Ask the employer: start at 08:30 instead of 08:00 on Mon?");
    pair->windows[0].place = MATCH_PLACE_NEAR_WORK;
    check_limit(
        pair, MATCH_LIMIT_SHIFT, MATCH_PASS, "Mon, Tue and Thu 08:00–16:00, inside the free times");
}

static void test_treatment_time__travel_after_the_shift_counts_too(void **state)
{
    struct pair *pair = *state;
    set_window(pair, 0, MATCH_WINDOW_APPOINTMENT, MATCH_PLACE_ELSEWHERE, true);
    pair->client.travel_after_half_hours = 1;
    add_shift(&pair->windows[0].week, THU, 16 * 60 + 30, 17 * 60);
    run(pair);
    assert_int_equal(pair->result->failed_limits, 0);
    pair->client.travel_after_half_hours = 2;
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_FAIL,
        "Thu 08:00–16:00 clashes with appointment Thu 16:30–17:00 and its travel");
    check_ask(
        pair, MATCH_MOVER_EMPLOYER, "Ask the employer: finish at 15:30 instead of 16:00 on Thu?");
}

static void test_treatment_time__window_that_ends_is_not_yet(void **state)
{
    struct pair *pair = *state;
    set_window(pair, 0, MATCH_WINDOW_APPOINTMENT, MATCH_PLACE_ELSEWHERE, true);
    add_shift(&pair->windows[0].week, MON, 9 * 60, 10 * 60);
    pair->windows[0].until_on = date(2026, 12, 14);
    run(pair);
    check_not_yet(
        pair, date(2026, 12, 15), "Possible from 15 Dec 2026: the unavailable times are different");
}

static void test_caring__is_asked_of_the_employer_alone(void **state)
{
    struct pair *pair = *state;
    set_window(pair, 0, MATCH_WINDOW_CARING, MATCH_PLACE_NEAR_HOME, false);
    add_shift(&pair->windows[0].week, MON, 8 * 60, 9 * 60);
    check_limit(
        pair, MATCH_LIMIT_SHIFT, MATCH_FAIL, "Mon 08:00–16:00 clashes with caring Mon 08:00–09:00");
    check_ask(pair, MATCH_MOVER_CLINICAL_TEAM, NULL);
    check_ask(
        pair, MATCH_MOVER_EMPLOYER, "Ask the employer: start at 09:00 instead of 08:00 on Mon?");
    pair->opening.flexibility = MATCH_FLEXIBILITY_NONE;
    run(pair);
    check_ask(pair, MATCH_MOVER_EMPLOYER, NULL);
    assert_int_equal(pair->answer->n_near_misses, 0);
}

static void test_availability__outside_is_asked_of_employer_and_client(void **state)
{
    struct pair *pair = *state;
    add_shift(&pair->opening.shifts, SAT, 9 * 60, 12 * 60);
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_FAIL, "Sat 09:00–12:00 is outside the free times");
    check_ask(
        pair, MATCH_MOVER_EMPLOYER, "Ask the employer: work other times than 09:00–12:00 on Sat?");
    check_ask(pair, MATCH_MOVER_CLIENT, "Ask the client: could these be free: Sat 09:00–12:00?");
}

static void test_availability__too_much_to_move_is_no_near_miss(void **state)
{
    struct pair *pair = *state;
    add_shift(&pair->opening.shifts, SAT, 9 * 60, 13 * 60 + 30);
    run(pair);
    assert_int_equal(pair->answer->counts[MATCH_LIMIT_SHIFT].sole, 1);
    assert_int_equal(pair->answer->n_near_misses, 0);
}

static void test_shift__over_sunday_midnight_meets_monday_windows(void **state)
{
    struct pair *pair = *state;
    match_week_fill(&pair->client.availability);
    set_window(pair, 0, MATCH_WINDOW_PICK_UP, MATCH_PLACE_NEAR_HOME, true);
    add_shift(&pair->windows[0].week, MON, 9 * 60, 9 * 60 + 30);
    pair->opening.shifts = (struct match_week) { { 0 } };
    add_shift(&pair->opening.shifts, 64, 22 * 60, 9 * 60);
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_PASS, "Sun 22:00–09:00, inside the free times");
    pair->opening.shifts = (struct match_week) { { 0 } };
    add_shift(&pair->opening.shifts, 64, 22 * 60, 9 * 60 + 30);
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_FAIL,
        "Sun 22:00–09:30 clashes with pick-up Mon 09:00–09:30");
    check_ask(pair, MATCH_MOVER_CLINICAL_TEAM,
        "Ask the clinical team: can the Mon 09:00 pick-up move before 22:00 the day before or "
        "after 09:30?");
}

static void test_shift__unknown_or_empty_pattern_is_a_question(void **state)
{
    struct pair *pair = *state;
    pair->opening.shifts = (struct match_week) { { 0 } };
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_ASK, "Shifts not known: ask");
    pair->opening.shift_kind = MATCH_SHIFT_UNKNOWN;
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_ASK, "Shifts not known: ask");
    pair->client.has_availability = false;
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_ASK,
        "Shifts not known; the client's free times are not known: ask");
}

static void test_shift__flexible_hours_need_room(void **state)
{
    struct pair *pair = *state;
    pair->opening.shift_kind = MATCH_SHIFT_FLEXIBLE;
    pair->opening.shifts = (struct match_week) { { 0 } };
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_PASS, "Flexible shifts, inside the free times");
    add_shift(&pair->opening.shifts, SAT | MON, 7 * 60, 19 * 60);
    check_limit(pair, MATCH_LIMIT_SHIFT, MATCH_FAIL,
        "Flexible, but the free times have room for only 12 hours a week");
    check_ask(pair, MATCH_MOVER_EMPLOYER, "Ask the employer: would 12 hours a week be possible?");
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_live__open_opening_with_places_fits),
        PAIR_TEST(test_live__closing_day_itself_is_open_and_the_day_after_is_not),
        PAIR_TEST(test_live__no_places_left_fails),
        PAIR_TEST(test_live__unknown_places_pass_and_are_a_question),
        PAIR_TEST(test_hidden_market__lead_without_a_vacancy_is_first_class),
        PAIR_TEST(test_live__opening_day_is_not_yet),
        PAIR_TEST(test_start__later_than_the_employer_waits_fails_and_asks),
        PAIR_TEST(test_start__later_than_the_client_waits_fails),
        PAIR_TEST(test_start__unknown_date_is_a_question),
        PAIR_TEST(test_hours__range_must_meet_the_wanted_range),
        PAIR_TEST(test_minimum_wage__is_never_gone_below_even_if_the_client_would),
        PAIR_TEST(test_pay__client_may_take_less_than_wished_above_the_minimum_wage),
        PAIR_TEST(test_travel__distance_is_a_straight_line_and_says_so),
        PAIR_TEST(test_travel__journey_checked_by_staff_counts_instead_of_the_line),
        PAIR_TEST(test_travel__unknown_place_is_a_question),
        PAIR_TEST(test_exclusions__are_the_clients_and_nobody_is_asked_to_move_them),
        PAIR_TEST(test_exclusions__industry_by_section_or_class),
        PAIR_TEST(test_occupation__only_wished_ones_is_a_limit_that_the_client_can_move),
        PAIR_TEST(test_exposures__rule_out_only_what_the_client_set),
        PAIR_TEST(test_exposures__no_employer_is_asked_about_drug_tests_or_alcohol),
        PAIR_TEST(test_exposures__not_asked_about_is_a_question),
        PAIR_TEST(test_exposures__nights_are_read_off_a_fixed_pattern),
        PAIR_TEST(test_driving__class_before_review_date_fails_and_not_yet_names_the_date),
        PAIR_TEST(test_driving__the_review_day_itself_counts_as_after),
        PAIR_TEST(test_driving__group_2_needs_more_than_group_1),
        PAIR_TEST(test_driving__unknown_is_a_question),
        PAIR_TEST(test_convictions__check_above_what_is_clear_fails_until_it_changes),
        PAIR_TEST(test_convictions__above_basic_the_employer_is_asked_what_the_law_asks),
        PAIR_TEST(test_convictions__unsure_clients_have_a_check_organised),
        PAIR_TEST(test_treatment_time__clash_with_pick_up_is_an_ask_to_the_clinical_team),
        PAIR_TEST(test_treatment_time__equal_clashes_are_one_ask),
        PAIR_TEST(test_treatment_time__pharmacy_near_work_needs_no_travel),
        PAIR_TEST(test_treatment_time__travel_after_the_shift_counts_too),
        PAIR_TEST(test_treatment_time__window_that_ends_is_not_yet),
        PAIR_TEST(test_caring__is_asked_of_the_employer_alone),
        PAIR_TEST(test_availability__outside_is_asked_of_employer_and_client),
        PAIR_TEST(test_availability__too_much_to_move_is_no_near_miss),
        PAIR_TEST(test_shift__over_sunday_midnight_meets_monday_windows),
        PAIR_TEST(test_shift__unknown_or_empty_pattern_is_a_question),
        PAIR_TEST(test_shift__flexible_hours_need_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
