/* What the matcher knows of an opening and of a client. Integers only: money in pence, distances
 * in metres of the British National Grid, hours in tenths, time in half-hours of the week, dates
 * as days since 1970-01-01 (base/civil.h; 0: none).
 *
 * Calling sequence: match_opening_init() or match_client_init(), then fill in what is known.
 * What init leaves means "not known", and what is not known never fails a limit: it becomes a
 * question to ask. Nothing here names a person, a medicine, a condition or an offence, and no
 * limit follows from any of them.
 *
 * Ownership: both structs are plain values. A client's arrays and strings are borrowed for the
 * call that they are given to; an opening has none, a catalogue copies it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/uuid.h"
#include "match/week.h"

struct err;

enum match_shift_kind {
    MATCH_SHIFT_UNKNOWN,
    MATCH_SHIFT_FIXED, /* these half-hours, all of them */
    MATCH_SHIFT_FLEXIBLE, /* hours_min of these half-hours; of any, when none is set */
};

/* Driving entitlement: group 1 is cars and small vans, group 2 lorries and buses. In order. */
enum match_driving {
    MATCH_DRIVING_UNKNOWN,
    MATCH_DRIVING_NONE,
    MATCH_DRIVING_G1,
    MATCH_DRIVING_G2,
};

/* Criminal record checks, in order. For a client: the highest that would come back clear. */
enum match_check {
    MATCH_CHECK_UNKNOWN,
    MATCH_CHECK_NONE,
    MATCH_CHECK_BASIC,
    MATCH_CHECK_STANDARD,
    MATCH_CHECK_ENHANCED,
};

enum match_trial {
    MATCH_TRIAL_UNKNOWN,
    MATCH_TRIAL_NONE,
    MATCH_TRIAL_JOBCENTRE_PLUS,
    MATCH_TRIAL_PRIVATE_UNPAID,
    MATCH_TRIAL_PAID,
    MATCH_TRIAL_TASTER,
    MATCH_N_TRIALS,
};

enum match_permanence {
    MATCH_PERMANENCE_UNKNOWN,
    MATCH_PERMANENCE_PERMANENT,
    MATCH_PERMANENCE_FIXED_TERM,
    MATCH_PERMANENCE_TEMPORARY,
    MATCH_PERMANENCE_CASUAL,
};

enum match_stance {
    MATCH_STANCE_UNKNOWN,
    MATCH_STANCE_WARM,
    MATCH_STANCE_AMBIVALENT,
    MATCH_STANCE_COLD,
    MATCH_STANCE_DECLINED,
    MATCH_N_STANCES,
};

/* What the employer is known to move in a rota. */
enum match_flexibility {
    MATCH_FLEXIBILITY_UNKNOWN,
    MATCH_FLEXIBILITY_NONE,
    MATCH_FLEXIBILITY_SOME,
};

/* What a job exposes one to. A bit each (1u << MATCH_EXPOSURE_X) in opening and client. */
enum match_exposure {
    MATCH_EXPOSURE_NIGHTS,
    MATCH_EXPOSURE_LIFTING,
    MATCH_EXPOSURE_DRUG_TESTING,
    MATCH_EXPOSURE_ALCOHOL,
    MATCH_EXPOSURE_GAMBLING,
    MATCH_EXPOSURE_CASH,
    MATCH_EXPOSURE_LONE_WORKING,
    MATCH_EXPOSURE_HEIGHTS,
    MATCH_EXPOSURE_MACHINERY,
    MATCH_EXPOSURE_PUBLIC,
    MATCH_EXPOSURE_OUTDOORS,
    MATCH_EXPOSURE_NOISE,
    MATCH_N_EXPOSURES,
};

/* Where and among whom one works. A bit each, as above. */
enum match_setting {
    MATCH_SETTING_INDOORS,
    MATCH_SETTING_OUTDOORS,
    MATCH_SETTING_QUIET,
    MATCH_SETTING_BUSY,
    MATCH_SETTING_TEAM,
    MATCH_SETTING_ALONE,
    MATCH_SETTING_SEATED,
    MATCH_SETTING_ACTIVE,
    MATCH_N_SETTINGS,
};

/* What an employer is accredited for on the day; the caller leaves out what has expired. */
enum match_accreditation {
    MATCH_ACCREDITATION_LIVING_WAGE,
    MATCH_ACCREDITATION_DISABILITY_COMMITTED,
    MATCH_ACCREDITATION_DISABILITY_EMPLOYER,
    MATCH_ACCREDITATION_DISABILITY_LEADER,
    MATCH_N_ACCREDITATIONS,
};

/* The wishes, in the order that an answer lists them. Scores and weights are indexed by it. */
enum match_wish {
    MATCH_WISH_OCCUPATION,
    MATCH_WISH_INDUSTRY,
    MATCH_WISH_HOURS,
    MATCH_WISH_PAY,
    MATCH_WISH_NEARNESS,
    MATCH_WISH_TRIAL,
    MATCH_WISH_WARMTH,
    MATCH_WISH_TRACK_RECORD,
    MATCH_WISH_SETTING,
    MATCH_WISH_ACCREDITATION,
    MATCH_WISH_PERMANENCE,
    MATCH_N_WISHES,
};

enum {
    MATCH_PLACES_UNKNOWN = -1,
    MATCH_WEIGHT_DEFAULT = -1, /* this wish weighs what the options say */
    MATCH_WEIGHT_MAX = 100,
    MATCH_PAY_MAX_PENCE = 60000, /* an hour, of an opening */
    MATCH_COORDINATE_MAX_METRES = 10000000,
    MATCH_SOC_DIGITS = 4,
    MATCH_SIC_DIGITS = 5,
    MATCH_TRAVEL_MAX_HALF_HOURS = 48,
    MATCH_WINDOWS_MAX = 64,
    MATCH_CODES_MAX = 1000, /* wishes or exclusions of one kind */
};

struct match_opening {
    struct uuid id;
    struct uuid employer_id; /* nil: not known, and not capped */
    struct uuid site_id; /* nil: not known; journeys are looked up by it */
    struct uuid audience_id; /* nil: the whole network; otherwise only those who ask as it */

    bool is_closed;
    bool is_hidden; /* a lead without a vacancy: places do not count */
    int16_t places_left; /* MATCH_PLACES_UNKNOWN: not known */
    /* days of the years 2000 to 2178 */
    int32_t opens_on; /* 0: already open */
    int32_t closes_on; /* the last day; 0: no closing date */
    int32_t starts_on; /* 0: not known */
    int32_t latest_start_on; /* 0: starts_on and the options' slack */

    uint16_t soc; /* SOC 2020 unit group, 1111 to 9999; 0: not known */
    uint32_t sic; /* SIC 2007, five digits as a number (01110 is 1110); 0: not known */
    char sic_section; /* 'A' to 'U'; 0: not known */

    bool has_site; /* the next two are known */
    int32_t easting_metres;
    int32_t northing_metres;

    uint16_t hours_min_tenths; /* a week; 0: not known */
    uint16_t hours_max_tenths; /* 0: as hours_min_tenths */
    uint32_t pay_min_pence; /* an hour; 0: not known */
    uint32_t pay_max_pence; /* 0: as pay_min_pence */

    enum match_shift_kind shift_kind;
    struct match_week shifts;
    enum match_flexibility flexibility;

    enum match_driving driving; /* the class the job needs */
    enum match_check check; /* the level the job asks for */
    uint32_t exposures; /* present */
    uint32_t exposures_known; /* asked about: a bit set here and not above is absent */
    uint32_t settings;
    uint32_t accreditations;

    enum match_trial trial; /* offered */
    enum match_permanence permanence;
    /* between the asker and the employer */
    enum match_stance stance;
    uint8_t relationship_level; /* 1 to 5; 0: not known */
};

/* A group of SOC 2020 by its first digits, or of SIC 2007 by its first digits or its section. */
struct match_code {
    uint32_t code; /* of @digits digits; with a section, 0 */
    uint8_t digits; /* SOC: 1 major, 2 sub-major, 3 minor, 4 unit; SIC: 2 to 5 */
    char section; /* SIC only: 'A' to 'U', then @digits is 0 */
};

struct match_code_wish {
    struct match_code code;
    uint8_t weight; /* 1 to 5 */
    const char *label; /* the group's title for sentences, or NULL */
};

enum match_window_kind {
    MATCH_WINDOW_PICK_UP,
    MATCH_WINDOW_APPOINTMENT,
    MATCH_WINDOW_CARING,
    MATCH_WINDOW_OTHER,
    MATCH_N_WINDOW_KINDS,
};

enum match_window_place {
    MATCH_PLACE_ELSEWHERE,
    MATCH_PLACE_NEAR_HOME,
    MATCH_PLACE_NEAR_WORK, /* no travel between it and the shift */
};

/* When the client cannot work. What it is for is a kind and no more. */
struct match_window {
    struct match_week week;
    enum match_window_kind kind;
    enum match_window_place place;
    bool clinical_team_can_move;
    int32_t from_on; /* the first day it holds; 0: already */
    int32_t until_on; /* the last day it holds; 0: no end */
};

/* A journey that staff have checked, from the client's area to a site. */
struct match_journey {
    struct uuid site_id;
    uint16_t minutes;
    int32_t checked_on;
};

struct match_client {
    struct uuid id;
    bool is_paused;
    int32_t ask_again_on; /* of a pause; 0: not set */

    const struct match_code_wish *occupations;
    size_t n_occupations;
    bool only_these_occupations; /* the occupation wishes are a limit too */
    const struct match_code *excluded_occupations;
    size_t n_excluded_occupations;
    const struct match_code_wish *industries;
    size_t n_industries;
    const struct match_code *excluded_industries;
    size_t n_excluded_industries;

    uint16_t hours_min_tenths; /* 0: none */
    uint16_t hours_max_tenths; /* 0: none */
    uint16_t hours_wanted_tenths; /* 0: no wish */
    uint32_t pay_min_pence; /* the client's own; 0: none */
    uint32_t pay_hoped_pence; /* all the points of pay from here on; 0: by the options */
    uint32_t legal_pay_min_pence; /* of the client's age band on the day; 0: not known */
    const char *legal_pay_sentence; /* "the minimum wage at 21 and over from 1 Apr 2026" */

    bool has_home; /* the next two are known */
    int32_t easting_metres;
    int32_t northing_metres;
    uint32_t distance_max_metres; /* straight line; 0: none */
    uint16_t journey_max_minutes; /* where staff have checked the journey; 0: none */
    const struct match_journey *journeys;
    size_t n_journeys;

    bool has_availability; /* the next is known */
    struct match_week availability;
    const struct match_window *windows;
    size_t n_windows;
    uint8_t travel_before_half_hours; /* from a window to the shift */
    uint8_t travel_after_half_hours; /* from the shift to a window */

    enum match_driving may_drive;
    int32_t driving_review_on; /* 0: none */
    enum match_driving may_drive_after; /* expected from the review on */
    enum match_check check_clear;
    int32_t check_changes_on; /* 0: never */
    enum match_check check_clear_after;

    int32_t earliest_start_on; /* 0: at once */
    int32_t latest_start_on; /* 0: any */
    uint32_t must_not; /* exposures */

    uint8_t setting_weights[MATCH_N_SETTINGS]; /* 0 no wish, 1 to 5 */
    uint8_t accreditation_weights[MATCH_N_ACCREDITATIONS]; /* likewise */
    int8_t weights[MATCH_N_WISHES]; /* 0 to 100, or MATCH_WEIGHT_DEFAULT */
};

/* Make an opening, or a client, of whom nothing is known. */
void match_opening_init(struct match_opening *opening);
void match_client_init(struct match_client *client);

/* Refuse values outside what the fields say: ERR_INVALID, err->field names the field. */
int match_opening_check(const struct match_opening *opening, struct err *err) _must_check_;
int match_client_check(const struct match_client *client, struct err *err) _must_check_;

/* Whether @soc, a unit group, lies in the group @code; whether an industry does. Neither does
 * when it is not known. */
bool match_code_has_soc(const struct match_code *code, uint16_t soc);
bool match_code_has_sic(const struct match_code *code, uint32_t sic, char section);
