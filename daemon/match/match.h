/* Match a client with the openings of a catalogue: ranked, explained, counted.
 *
 * Calling sequence: match_options_init(), set options.on and what else differs, then match_run()
 * with a client (model.h) and a catalogue (catalogue.h). match_explain() says everything about
 * one pair; match_clients() is the reverse, clients for one opening.
 *
 * Exact: the same answer as reading every opening by hand, ordered by score, highest first, and
 * by id where scores are equal. It depends on nothing but its arguments: no clock, no locale, no
 * order of insertion.
 *
 * Ownership: an answer and all it points to live in the caller's arena. Sentences are UTF-8, for
 * the specialist. They may speak of pick-ups and appointments; an ask to the employer never does.
 *
 * Errors: ERR_INVALID for a client or options out of range (err->field names it), ERR_EXHAUSTED
 * without memory, ERR_NOT_FOUND from match_explain().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/uuid.h"
#include "match/catalogue.h"
#include "match/model.h"

struct arena;
struct err;

/* The hard limits, in the order of the funnel. */
enum match_limit {
    MATCH_LIMIT_LIVE,
    MATCH_LIMIT_START,
    MATCH_LIMIT_HOURS,
    MATCH_LIMIT_PAY,
    MATCH_LIMIT_DISTANCE,
    MATCH_LIMIT_OCCUPATION,
    MATCH_LIMIT_INDUSTRY,
    MATCH_LIMIT_DRIVING,
    MATCH_LIMIT_CHECK,
    MATCH_LIMIT_MUST_NOT,
    MATCH_LIMIT_SHIFT,
    MATCH_N_LIMITS,
};

/* Who can move a limit. A bit each (1u << MATCH_MOVER_X); none set: nobody. */
enum match_mover {
    MATCH_MOVER_CLINICAL_TEAM,
    MATCH_MOVER_EMPLOYER,
    MATCH_MOVER_CLIENT,
    MATCH_MOVER_TIME,
    MATCH_N_MOVERS,
};

/* What the matcher may use of the machine; the answer is the same. */
enum match_instructions {
    MATCH_INSTRUCTIONS_BEST, /* of what is there */
    MATCH_INSTRUCTIONS_PORTABLE,
    MATCH_INSTRUCTIONS_AVX2, /* portable where it is not there, and so on */
    MATCH_INSTRUCTIONS_AVX512,
};

struct match_options {
    int32_t on; /* the day the answer is for; must be set */
    struct uuid audience_id; /* who asks: sees the network's openings and this audience's */
    const struct uuid *more_audience_ids; /* audiences that the asker belongs to beside it */
    size_t n_more_audiences;
    uint32_t n_results; /* k; 0: counts only */
    uint32_t n_near_misses;
    uint32_t n_not_yet;
    uint16_t max_per_employer; /* 0: no cap */
    uint16_t max_per_group; /* a SOC minor group; 0: no cap */
    bool even_if_paused;
    bool results_only; /* count nothing, and look for no near misses: every count is 0 */
    bool only_with_trial; /* openings without a trial, a taster aside, are not considered */

    uint8_t default_weights[MATCH_N_WISHES]; /* 0 to 100 */
    uint8_t trial_points[MATCH_N_TRIALS]; /* 0 to 100 */
    uint8_t stance_points[MATCH_N_STANCES]; /* 0 to 100 */
    uint32_t near_metres; /* nearness reaches 0 here, where the client has no limit */
    uint32_t pay_full_pence; /* so far above the least that is enough, pay has all its points */
    uint16_t start_slack_days; /* an employer waits so long after starts_on */
    uint16_t employer_shift_half_hours; /* an employer is not asked to move more a week */
    uint16_t horizon_days; /* "not yet" looks so far ahead */
    uint8_t sector_share_percent; /* a note when one sector has more of the results; 0: never */
    struct match_week night; /* the half-hours that count as nights */
    enum match_instructions instructions;
};

enum match_verdict {
    MATCH_PASS,
    MATCH_FAIL, /* limits only */
    MATCH_ASK, /* not known: does not fail, is a question to ask */
};

/* One criterion about one opening. */
struct match_reason {
    enum match_verdict verdict;
    uint8_t points; /* wishes: 0 to 100 */
    uint8_t weight; /* wishes */
    int32_t score; /* wishes: points times weight */
    const char *sentence;
};

struct match_ask {
    enum match_mover mover;
    const char *sentence;
};

struct match_result {
    struct uuid opening_id;
    struct uuid employer_id;
    struct uuid client_id;
    int32_t score;
    int32_t distance_metres; /* straight line, rounded up; -1: not known */
    uint32_t failed_limits; /* 1u << MATCH_LIMIT_X */
    uint32_t n_questions; /* reasons whose verdict is MATCH_ASK */
    int32_t possible_on; /* not yet: the day; otherwise 0 */
    const char *possible_sentence; /* not yet: what changes then; otherwise NULL */
    struct match_ask *asks; /* near misses */
    size_t n_asks;
    struct match_reason limits[MATCH_N_LIMITS];
    struct match_reason wishes[MATCH_N_WISHES];
};

/* How many openings a limit removed. */
struct match_count {
    uint32_t alone; /* fail it, whatever else they fail */
    uint32_t funnel; /* fail it and none before it */
    uint32_t sole; /* fail it and nothing else */
};

struct match_answer {
    uint32_t n_openings; /* that the asker may see */
    uint32_t n_fit; /* that pass every limit, before breadth */
    struct match_count counts[MATCH_N_LIMITS];
    struct match_result *results;
    size_t n_results;
    struct match_result *near_misses; /* fail one limit, and someone can move it */
    size_t n_near_misses;
    struct match_result *not_yet; /* by day, then score, then id */
    size_t n_not_yet;
    const char **notes; /* paused, contradictions, no wishes, breadth */
    size_t n_notes;
};

/* The same before anything is said: which openings, and the counts. */
struct match_hit {
    struct uuid opening_id;
    int32_t score;
};

struct match_found {
    uint32_t n_openings, n_fit;
    struct match_count counts[MATCH_N_LIMITS];
    struct match_hit *hits; /* as match_answer.results */
    size_t n_hits;
};

/* What is to be said of a criterion wherever one is listed: help, reports, documentation. */
struct match_criterion_info {
    const char *name; /* "driving" */
    const char *title; /* "Driving" */
    uint32_t movers; /* limits: 1u << MATCH_MOVER_X */
    const char *unit;
    const char *source; /* where DOMAIN.md has it from */
};

const struct match_criterion_info *match_limit_info(enum match_limit limit);
const struct match_criterion_info *match_wish_info(enum match_wish wish);
const char *match_mover_name(enum match_mover mover); /* "the clinical team" */

/* Fill @options with the defaults that README.md lists; @on stays 0 and must be set. */
void match_options_init(struct match_options *options);
int match_options_check(const struct match_options *options, struct err *err) _must_check_;

int match_run(const struct match_catalogue *catalogue, const struct match_client *client,
    const struct match_options *options, struct arena *arena, struct match_answer **ret_answer,
    struct err *err) _must_check_;

/* Only find: the openings of match_run()'s results with their scores, and its counts. */
int match_find(const struct match_catalogue *catalogue, const struct match_client *client,
    const struct match_options *options, struct arena *arena, struct match_found **ret_found,
    struct err *err) _must_check_;

/* All criteria, asks and the day from which it is possible, for one opening. ERR_NOT_FOUND when
 * the catalogue has no such opening or the asker may not see it. */
int match_explain(const struct match_catalogue *catalogue, const struct uuid *opening_id,
    const struct match_client *client, const struct match_options *options, struct arena *arena,
    struct match_result **ret_result, struct err *err) _must_check_;

/* The clients of a caseload for one opening, which need not be in a catalogue: fitting clients by
 * score, then id (n_results of them), and near misses likewise. Paused clients are left out
 * unless asked for; the answer's counts are of clients. */
int match_clients(const struct match_opening *opening, const struct match_client *clients,
    size_t n_clients, const struct match_options *options, struct arena *arena,
    struct match_answer **ret_answer, struct err *err) _must_check_;
