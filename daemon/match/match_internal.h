/* What the files of the layer share; nobody outside includes it.
 *
 * The road of a run: match_query_init() reads the client once for one day; the limits mark rows
 * of the columns (tables.c, judge.c); rows that may appear are judged again one by one
 * through the table of criteria (criteria.c: limit.c and wish.c judge, sentence.c and ask.c
 * speak). The two ways of judging a limit must agree; the property tests hold them to it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "match/dict.h"
#include "match/match.h"

#define LIMIT_BIT(limit) (1u << (limit))
#define MOVER_BIT(mover) (1u << (mover))

/* A client on one day, with all that does not depend on the opening worked out. */
struct match_query {
    const struct match_client *client;
    const struct match_options *options;
    int32_t on;
    uint32_t pay_floor_pence;
    bool is_pay_floor_legal;
    int64_t distance_max_squared; /* INT64_MAX: no limit */
    enum match_driving driving; /* on that day */
    enum match_check check; /* on that day */
    bool has_windows; /* one at least holds on that day */
    struct match_week free; /* availability less what is blocked */
    struct match_week blocked[MATCH_WINDOWS_MAX]; /* a window and its travel; empty: not that day */
    uint8_t weights[MATCH_N_WISHES];
};

void match_query_init(struct match_query *query, const struct match_client *client,
    const struct match_options *options, int32_t on);

/* What a criterion found; why is one of the enum below, for the sentence. */
struct match_finding {
    enum match_verdict verdict;
    uint8_t why;
    uint8_t points;
};

enum match_why {
    WHY_FITS,
    WHY_NO_LIMIT, /* the client sets none */
    WHY_NOT_KNOWN, /* of the opening */
    WHY_CLIENT_NOT_KNOWN, /* of the client */
    WHY_NOT_NEEDED,
    WHY_NO_WISH,
    WHY_HIDDEN,
    WHY_CLOSED,
    WHY_CLOSING_PASSED,
    WHY_NOT_OPEN_YET,
    WHY_NO_PLACES,
    WHY_TOO_SOON, /* or too few, too near */
    WHY_TOO_LATE,
    WHY_TOO_FEW,
    WHY_TOO_MANY,
    WHY_PARTLY, /* part of a range is enough */
    WHY_JOURNEY_FITS,
    WHY_JOURNEY_TOO_LONG,
    WHY_JOURNEY_NOT_CHECKED,
    WHY_TOO_FAR,
    WHY_EXCLUDED,
    WHY_NOT_WISHED,
    WHY_CLASH,
    WHY_NO_ROOM, /* flexible hours do not fit into the free times */
};

enum match_criterion_kind { CRITERION_LIMIT, CRITERION_WISH };

typedef void match_evaluate_fn(
    const struct match_query *q, const struct match_opening *o, struct match_finding *ret_finding);

/* Append the sentence to @out. */
typedef void match_say_fn(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out);

/* Append what to ask of @mover to @out; nothing when there is nothing to ask. */
typedef void match_ask_fn(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out);

struct match_criterion {
    struct match_criterion_info info;
    enum match_criterion_kind kind;
    int same_fact; /* wishes: the limit that asks about the same unknown fact, or -1 */
    match_evaluate_fn *evaluate;
    match_say_fn *say;
    match_ask_fn *ask; /* limits; NULL: nobody is asked */
};

const struct match_criterion *match_criterion_of_limit(enum match_limit limit);
const struct match_criterion *match_criterion_of_wish(enum match_wish wish);

/* Judge @o row by row: the limits that fail, and the sum of the wishes. */
uint32_t match_failed_limits(const struct match_query *q, const struct match_opening *o);
int32_t match_score(const struct match_query *q, const struct match_opening *o);
int32_t match_score_of(
    const struct match_query *q, const struct match_opening *o, enum match_wish wish);

/* limit.c and wish.c; what sentences need again */
match_evaluate_fn match_limit_live, match_limit_start, match_limit_hours, match_limit_pay,
    match_limit_distance, match_limit_occupation, match_limit_industry, match_limit_driving,
    match_limit_check, match_limit_must_not, match_limit_shift;
match_evaluate_fn match_wish_occupation, match_wish_industry, match_wish_hours, match_wish_pay,
    match_wish_nearness, match_wish_trial, match_wish_warmth, match_wish_track_record,
    match_wish_setting, match_wish_accreditation, match_wish_permanence;
bool match_distance_squared(
    const struct match_query *q, const struct match_opening *o, int64_t *ret_squared);
int32_t match_distance_metres(const struct match_query *q, const struct match_opening *o);
int64_t match_squared_from_home(const struct match_query *q, int32_t easting, int32_t northing);
int32_t match_metres(int64_t squared);
uint8_t match_hours_points(const struct match_query *q, uint32_t least, uint32_t most);
uint8_t match_pay_points(const struct match_query *q, uint32_t pay_pence);
uint8_t match_nearness_points(const struct match_query *q, int64_t metres);
int64_t match_pay_full(const struct match_query *q); /* pence above the floor for all points */
int64_t match_far_metres(const struct match_query *q); /* where no point is left */
uint8_t match_share_points(unsigned met, unsigned all); /* all is above 0 */
uint32_t match_least_pay_pence(const struct match_opening *o);
const struct match_journey *match_find_journey(
    const struct match_client *client, const struct match_opening *o);
uint32_t match_exposures(
    const struct match_query *q, const struct match_opening *o, uint32_t *ret_known);
enum match_shift_kind match_shift_kind_of(const struct match_opening *o);
uint32_t match_room_tenths(const struct match_week *free, const struct match_week *within);
int32_t match_can_start_on(const struct match_query *q);
int32_t match_latest_start_on(const struct match_query *q, const struct match_opening *o);
uint32_t match_most_hours_tenths(const struct match_opening *o);
uint32_t match_best_pay_pence(const struct match_opening *o);
const struct match_code_wish *match_best_occupation(
    const struct match_client *client, uint16_t soc);
const struct match_code_wish *match_best_industry(
    const struct match_client *client, const struct match_opening *o);
bool match_only_these_occupations(const struct match_client *client);

/* sentence.c */
match_say_fn match_say_live, match_say_start, match_say_hours, match_say_pay, match_say_distance,
    match_say_occupation, match_say_industry, match_say_driving, match_say_check,
    match_say_must_not, match_say_shift;
match_say_fn match_say_wish_occupation, match_say_wish_industry, match_say_wish_hours,
    match_say_wish_pay, match_say_wish_nearness, match_say_wish_trial, match_say_wish_warmth,
    match_say_wish_track_record, match_say_wish_setting, match_say_wish_accreditation,
    match_say_wish_permanence;
match_ask_fn match_ask_start, match_ask_hours, match_ask_pay, match_ask_distance,
    match_ask_occupation, match_ask_driving, match_ask_check, match_ask_must_not, match_ask_shift;
void match_say_possible(const struct match_query *q, const struct match_opening *o,
    uint32_t failed_limits, int32_t possible_on, struct str *out);
void match_say_date(int32_t date, struct str *out);
void match_say_hours_tenths(uint32_t tenths, struct str *out);

/* shift.c: why a fixed pattern does not fit. Equal clashes on several days are one. */
enum { MATCH_CLASHES_MAX = 32 };

struct match_clash {
    int window; /* of the client; -1: outside the availability */
    struct match_stretch shift; /* on the first of its days; outside: only the part outside */
    struct match_stretch blocked; /* the window's own stretch, on the first of its days */
    int shift_start; /* in slots from the midnight that begins the window's day */
    unsigned shift_days;
    unsigned window_days;
    bool is_travel_only; /* the window itself is clear of the shift */
};

size_t match_find_clashes(const struct match_query *q, const struct match_opening *o,
    struct match_clash ret_clashes[MATCH_CLASHES_MAX]);
void match_window_margins(const struct match_client *client, const struct match_window *window,
    unsigned *ret_before, unsigned *ret_after);

/* How an employer would have to change shifts; equal changes on several days are one. */
enum match_edit_kind { EDIT_START, EDIT_FINISH, EDIT_BOTH, EDIT_GAP, EDIT_WHOLE };

struct match_edit {
    enum match_edit_kind kind;
    struct match_stretch shift;
    struct match_stretch wanted; /* EDIT_GAP: what must be off */
    unsigned days;
};

size_t match_find_edits(const struct match_query *q, const struct match_opening *o,
    struct match_edit ret_edits[MATCH_CLASHES_MAX]);

/* catalogue.c: rows are the numbers of ids. All columns have the same length, whole chunks of rows;
 * a free row is a hole. What is not known is stored as what never fails. */
enum { MATCH_BLOCK_ROWS = 64, MATCH_CHUNK_BLOCKS = 8, MATCH_CHUNK_ROWS = 512 };

struct match_industry_key {
    uint32_t sic;
    uint32_t section;
};

struct match_pattern_key {
    struct match_week shifts;
    uint64_t kind; /* enum match_shift_kind, never FIXED without shifts */
};

/* Where one works, and for whom; most openings of a site share it. */
struct match_door_key {
    uint32_t employer, site; /* numbers in the dictionaries */
    int32_t easting, northing;
    uint16_t industry; /* likewise */
    uint16_t has_site;
};

/* A date as a column has it: days from 2000-01-01, which is 1, to 2179; others count as the nearest
 * of these. 0 stays 0, none; but of closes_on and latest_start_on, none is MATCH_DAY_LAST. */
enum { MATCH_DAY_ZERO = 10956, MATCH_DAY_LAST = UINT16_MAX };

static inline uint16_t match_day(int32_t date)
{
    return (uint16_t)(date == 0 ? 0 : MAX(1, MIN(date - MATCH_DAY_ZERO, MATCH_DAY_LAST)));
}

static inline int32_t match_date(uint16_t day)
{
    return day == 0 || day == MATCH_DAY_LAST ? 0 : day + MATCH_DAY_ZERO;
}

/* How one asker stands with the employers, by their numbers. */
enum { MATCH_RELATION_STANCES = 8, MATCH_LEVELS = 6 }; /* levels 0, not known, to 5 */

struct match_relations {
    struct uuid asker_id;
    uint8_t *of_employer; /* level times MATCH_RELATION_STANCES, and stance */
    uint32_t n; /* employers behind it are nothing to the asker */
};

/* A row of @flags: what is true of it. */
enum {
    ROW_IS_HOLE = 1, /* no opening */
    ROW_IS_SHUT = 2, /* closed, or no places left */
    ROW_IS_CLOSED = 4,
    ROW_IS_HIDDEN = 8,
    ROW_IS_FLEXIBLE = 16, /* its shift */
    ROW_FLEXIBILITY_SHIFT = 5, /* two bits: the employer's */
};

/* A row of @terms: driving in two bits, check in three, trial in three. */
enum {
    TERMS_DRIVING = 0x03,
    TERMS_CHECK = 0x1C,
    TERMS_CHECK_SHIFT = 2,
    TERMS_TRIAL_SHIFT = 5,
};

/* A row of @standing: accreditations in four bits, permanence above. */
enum { STANDING_ACCREDITATIONS = 0x0F, STANDING_PERMANENCE_SHIFT = 4 };

/* Of hours_most and pay_best. */
enum { MATCH_MOST_UNKNOWN = UINT16_MAX };

struct match_catalogue {
    struct match_dict ids, employers, sites, audiences, doors, patterns, socs, industries;

    /* of each opening; NULL where no opening has ever said it: settings, opens_on,
     * latest_start_on, exposures_known */
    uint32_t row_capacity;
    uint8_t *flags, *terms, *standing, *settings;
    int16_t *places_left;
    uint16_t *opens_on, *closes_on, *starts_on, *latest_start_on; /* match_day(), or never */
    uint16_t *hours_least, *hours_most; /* tenths */
    uint16_t *pay_least, *pay_best; /* pence */
    uint16_t *exposures, *exposures_known;
    uint16_t *soc, *audience, *pattern_low; /* numbers in the dictionaries */
    uint8_t *pattern_high;
    uint32_t *door;

    /* of each block of rows: no row in it has a door outside this range */
    uint32_t *door_first, *door_last;

    /* of each door */
    uint32_t door_capacity;
    int32_t *easting, *northing;
    uint16_t *industry;
    uint64_t *has_site; /* a bit each */
    /* of each block of doors: none lies outside */
    int32_t *west, *east, *south, *north;

    uint32_t pattern_capacity, soc_capacity;
    uint64_t *week[MATCH_WEEK_WORDS]; /* of each fixed pattern, a word of its half-hours */
    uint16_t *soc_code; /* of each number; MATCH_SOC_UNKNOWN */
    uint32_t n_flexible; /* openings */

    struct match_relations *relations;
    size_t n_relations;
};

enum { MATCH_SOC_UNKNOWN = UINT16_MAX };

static inline uint32_t match_pattern(const struct match_catalogue *c, uint32_t row)
{
    return (uint32_t)c->pattern_high[row] << 16 | c->pattern_low[row];
}

static inline const struct match_door_key *match_door(const struct match_catalogue *c, uint32_t row)
{
    return match_dict_key(&c->doors, c->door[row]);
}

/* The opening in @row as it was put; what the asker is to its employer comes from @relations. */
void match_catalogue_read(const struct match_catalogue *catalogue,
    const struct match_relations *relations, uint32_t row, struct match_opening *ret_opening);

/* columns.c: arrays that grow together. False without memory; all are then as they were. */
/* Make room for one row, or one number of each dictionary, more. */
bool match_columns_grow_rows(struct match_catalogue *catalogue) _must_check_;
bool match_columns_reserve_rows(struct match_catalogue *catalogue, uint32_t n) _must_check_;
bool match_columns_grow_numbers(struct match_catalogue *catalogue) _must_check_;
/* Make the columns that @opening needs and none had. */
bool match_columns_make(
    struct match_catalogue *catalogue, const struct match_opening *opening) _must_check_;
bool match_columns_reorder(struct match_catalogue *catalogue, const uint32_t *order) _must_check_;
void match_columns_release(struct match_catalogue *catalogue);
size_t match_columns_size_bytes(const struct match_catalogue *catalogue);

/* door.c */
void match_door_write(struct match_catalogue *catalogue, uint32_t number);
void match_door_meet(struct match_catalogue *catalogue, uint32_t row);

/* relation.c */
const struct match_relations *match_relations_of(
    const struct match_catalogue *catalogue, const struct uuid *asker);
void match_relations_forget(struct match_catalogue *catalogue, uint32_t employer);
size_t match_relations_size_bytes(const struct match_catalogue *catalogue);
void match_relations_release(struct match_catalogue *catalogue);

static inline unsigned match_relation(const struct match_relations *relations, uint32_t employer)
{
    return employer < relations->n ? relations->of_employer[employer] : 0;
}

/* tables.c: what a query works out once a number of each dictionary. A set has a bit for each
 * number, and MATCH_SET_SLACK_BYTES more that may be read. */
enum {
    TABLE_JOURNEY_NONE = -1,
    MATCH_PERMANENCES = MATCH_PERMANENCE_CASUAL + 1,
    MATCH_SET_SLACK_BYTES = 128,
    MATCH_NIBBLE = 16,
};

struct match_set {
    uint64_t *words;
    uint32_t n; /* numbers */
};

struct match_tables {
    void *memory; /* of all that is pointed to */
    uint32_t active; /* the limits that some opening may fail */
    struct match_set audiences; /* that the asker belongs to */
    struct match_set socs, patterns, nights, far, excluded; /* that fail; the last two are doors */
    struct match_set excluded_industries;
    uint8_t *socs_out; /* what @socs is made of */
    int32_t *site_minutes; /* by checked journeys; NULL: none counts */
    uint16_t *pattern_room_tenths; /* of flexible ones; NULL: there is none */
    bool some_trial_hides;
    uint8_t trial_hides[MATCH_N_TRIALS];

    uint16_t part_weights[MATCH_N_WISHES]; /* of the row's own wishes; 0 where it gives nothing */
    /* points, 0 to 100 */
    uint8_t *soc_points;
    uint8_t *industry_points; /* NULL: none */
    uint8_t trial_points[MATCH_NIBBLE], permanence_points[MATCH_NIBBLE],
        accreditation_points[MATCH_NIBBLE];
    bool has_settings, has_accreditations;
    uint8_t settings_low[MATCH_NIBBLE], settings_high[MATCH_NIBBLE]; /* the weights that are met */
    uint8_t met_points[64]; /* by these */
    const struct match_relations *relations;
    int32_t relation_scores[MATCH_LEVELS * MATCH_RELATION_STANCES];

    /* For bounds, which are scores in units of 1 << bound_shift, rounded up. */
    unsigned bound_shift;
    uint16_t bound_pay, bound_nearness; /* weights */
    uint32_t bound_rest; /* the most of what is looked up by door, and 1 for each rounding */
    uint32_t bound_most; /* of all bounds */
    uint8_t *nearest_points; /* the most of each block of doors */
    uint16_t pay_enough,
        pay_factor; /* points are pay above enough times factor, divided by 65536 */
};

struct match_kernel;

int match_tables_init(struct match_tables *tables, const struct match_kernel *kernel,
    const struct match_catalogue *catalogue, const struct match_query *q,
    struct err *err) _must_check_;
void match_tables_release(struct match_tables *tables);

/* judge.c and score.c: the inner loops, compiled for several instruction sets. */
struct match_scan {
    const struct match_catalogue *c;
    const struct match_query *q;
    const struct match_tables *t;
};

/* A bit a row of each block. */
struct match_rows {
    uint64_t blocks[MATCH_CHUNK_BLOCKS];
};

/* What the rows of a chunk fail; rows that are free or not for the asker's eyes fail nothing, and
 * @fails of a limit that is not active says nothing. */
struct match_chunk {
    struct match_rows visible, any, several; /* any: fails one limit at least; several: more */
    struct match_rows fails[MATCH_N_LIMITS];
};

/* How many rows of all chunks, in eight sums. */
struct match_tally {
    struct match_rows openings, fit;
    struct match_rows alone[MATCH_N_LIMITS], funnel[MATCH_N_LIMITS], sole[MATCH_N_LIMITS];
};

struct match_judge {
    /* What they fail, and count it. */
    void (*judge)(const struct match_scan *scan, uint32_t first, struct match_chunk *ret_chunk,
        struct match_tally *tally);
    /* The rows that are for the asker's eyes and fail nothing. */
    void (*find)(const struct match_scan *scan, uint32_t first, struct match_rows *ret_rows);
    /* Keep of @rows, which are for the asker's eyes, those that fail nothing. */
    void (*sift)(const struct match_scan *scan, uint32_t first, struct match_rows *rows);
    /* The doors farther from home than @q allows. */
    void (*find_far)(
        const struct match_catalogue *c, const struct match_query *q, struct match_set *far);
    /* The fixed patterns that have a half-hour of @week. */
    void (*find_meeting)(
        const struct match_catalogue *c, const struct match_week *week, struct match_set *patterns);
    /* The doors whose industry is in @industries. */
    void (*find_doors)(const struct match_catalogue *c, const struct match_set *industries,
        struct match_set *doors);
    /* The numbers whose byte is not 0. */
    void (*collect)(const uint8_t *bytes, struct match_set *set);
};

struct match_scorer {
    /* Give the occupations from @low to @high @points, if that is more. */
    void (*raise_socs)(const struct match_catalogue *c, uint16_t low, uint16_t high, uint8_t points,
        uint8_t *soc_points);
    /* Score @n rows, at most a chunk: points times weights. */
    void (*score)(
        const struct match_scan *scan, const uint32_t *rows, unsigned n, int32_t *ret_scores);
    /* Of @n blocks of doors, the most points that nearness can give. */
    void (*find_nearest)(const struct match_catalogue *c, const struct match_query *q, uint32_t n,
        uint8_t *ret_points);
    /* Bounds of the @wanted rows of the block from @first on, 0 for the others; and the part of a
     * score that is the row's own, which finish() takes. Returns the highest bound. */
    uint16_t (*bound)(const struct match_scan *scan, uint32_t first, uint64_t wanted,
        uint16_t ret_bounds[MATCH_BLOCK_ROWS], uint16_t ret_parts[MATCH_BLOCK_ROWS]);
    void (*finish)(const struct match_scan *scan, const uint32_t *rows, const uint16_t *parts,
        unsigned n, int32_t *ret_scores);
    /* How many of the bounds in @n_blocks blocks are @least or more. */
    size_t (*count_from)(const uint16_t *bounds, size_t n_blocks, uint16_t least);
    /* Those of a block's bounds that are @least or more, but not above @most, as a bit each. */
    uint64_t (*between)(const uint16_t bounds[MATCH_BLOCK_ROWS], uint16_t least, uint16_t most);
};

extern const struct match_judge match_judge_portable, match_judge_avx2, match_judge_avx512;
extern const struct match_scorer match_scorer_portable, match_scorer_avx2, match_scorer_avx512;

/* The fastest that this machine has, or the one that the options name. */
struct match_kernel {
    const struct match_judge *judge;
    const struct match_scorer *scorer;
};

struct match_kernel match_kernel_for(enum match_instructions instructions);

/* timeline.c: the days on which a client's limits change, each with its query. */
struct match_timeline {
    struct match_query *queries; /* the first is the day asked for */
    size_t n_queries;
};

int match_timeline_init(
    struct match_timeline *timeline, const struct match_query *today, struct err *err) _must_check_;
void match_timeline_release(struct match_timeline *timeline);

/* The first day after the first query's on which @o fails nothing; 0: none before the horizon. */
int32_t match_possible_on(struct match_timeline *timeline, const struct match_opening *o);

/* The limits that the passing of time alone can lift. */
uint32_t match_timed_limits(void);

/* answer.c */
int match_result_fill(struct match_result *result, const struct match_query *q,
    const struct match_opening *o, struct arena *arena, struct str *text,
    struct err *err) _must_check_;
int match_result_add_asks(struct match_result *result, const struct match_query *q,
    const struct match_opening *o, struct arena *arena, struct str *text,
    struct err *err) _must_check_;
int match_result_add_day(struct match_result *result, const struct match_query *q,
    const struct match_opening *o, int32_t possible_on, struct arena *arena, struct str *text,
    struct err *err) _must_check_;
int match_keep_text(
    struct arena *arena, struct str *text, const char **ret_sentence, struct err *err) _must_check_;

/* Whether an answer speaks of @o at all; visibility is another matter. */
bool match_is_considered(const struct match_options *options, const struct match_opening *o);

/* Count @n openings that fail exactly the limits @failed. */
void match_count_mask(struct match_answer *answer, uint32_t failed, uint32_t n);

/* note.c */
int match_add_notes(struct match_answer *answer, const struct match_query *q,
    const struct match_opening *shown, size_t n_shown, struct arena *arena, struct str *text,
    struct err *err) _must_check_;

/* rank.c: candidates by day, score and id, taken one by one; ids are looked up only where all else
 * is equal. */
struct match_candidate {
    int32_t day; /* before the score */
    int32_t score;
    uint32_t row;
};

enum { MATCH_RANK_ROW_BITS = 24 };

struct match_rank {
    uint64_t *keys; /* day, score, row; the highest is the best */
    size_t n, capacity;
    size_t n_heap; /* at the front, none of those behind is better; 0: in no order */
    int32_t first_day; /* none is before it */
    const void *ids; /* of row 0 … */
    size_t id_stride; /* … and so many bytes to that of the next */
};

/* Add @n candidates of one @day: first_day, or at most 65535 days later. */
bool match_rank_add(struct match_rank *rank, int32_t day, const uint32_t *rows,
    const int32_t *scores, size_t n) _must_check_;
/* The score of the best; -1: there is none. */
int32_t match_rank_best(struct match_rank *rank);
/* The highest score that @k candidates reach, or that of the last. */
int32_t match_rank_score_of(const struct match_rank *rank, size_t k);
/* Say that those with @score or more, of one day, are likely all that will be taken. */
void match_rank_begin_with(struct match_rank *rank, int32_t score);
/* Forget the rows that are not wanted. */
void match_rank_keep(
    struct match_rank *rank, bool (*is_wanted)(const void *arg, uint32_t row), const void *arg);
bool match_rank_pop(struct match_rank *rank, struct match_candidate *ret_candidate);
const struct uuid *match_rank_id(const struct match_rank *rank, uint32_t row);
void match_rank_release(struct match_rank *rank);

/* pool.c: the same for very many candidates of one day, of which few are asked for. Each has a
 * bound when it is added; only those whose bound says that they may be next are scored. */
struct match_pool {
    struct match_scan scan;
    const struct match_scorer *scorer;
    uint32_t *first; /* row of each block with candidates */
    uint16_t *highest; /* bound of each */
    uint16_t *bounds, *parts; /* of its rows; bound 0: no candidate */
    size_t n_blocks;
    size_t n; /* candidates */
    size_t n_wanted; /* are to be asked for */
    size_t n_next; /* bounds to reach next */
    uint32_t scored_from; /* candidates with this bound or more are in @rank */
    struct match_rank rank;
    /* Whether a row may still be taken; NULL: each may. */
    bool (*is_wanted)(const void *arg, uint32_t row);
    const void *arg;
};

bool match_pool_add(
    struct match_pool *pool, uint32_t first, const struct match_rows *rows) _must_check_;
/* The next one; 0: there is none. ERR_EXHAUSTED. */
int match_pool_pop(
    struct match_pool *pool, struct match_candidate *ret_candidate, struct err *err) _must_check_;
/* Some rows are wanted no longer; @n_wanted of the others are still to be asked for. */
void match_pool_prune(struct match_pool *pool, size_t n_wanted);
void match_pool_release(struct match_pool *pool);
