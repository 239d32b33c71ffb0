/* What the files of the match glue share. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "match/match.h"
#include "service/code.h"

#include "canvass/v1/client.pb-c.h"
#include "canvass/v1/match.pb-c.h"

/* Parts of each method, in the order of their table. */
enum {
    MATCH_PART_DAY,
    MATCH_PART_CLIENTS,
    MATCH_PART_WEIGHTS,
    MATCH_PART_OPENINGS,
    MATCH_N_PARTS,
};

/* Columns of #openings, in the order of their table. */
enum {
    OPENING_ID,
    OPENING_EMPLOYER_ID,
    OPENING_EMPLOYER,
    OPENING_TITLE,
    OPENING_BOROUGH,
    OPENING_SOC,
    OPENING_SIC,
    OPENING_SITE_ID,
    OPENING_POSTCODE,
    OPENING_EASTING,
    OPENING_NORTHING,
    OPENING_HIDDEN,
    OPENING_PLACES,
    OPENING_STARTS_ON,
    OPENING_CLOSES_ON,
    OPENING_HOURS_MIN,
    OPENING_HOURS_MAX,
    OPENING_PAY,
    OPENING_SHIFT_BITS,
    OPENING_DRIVING,
    OPENING_CHECK_LEVEL,
    OPENING_FEATURES,
    OPENING_PERMANENT,
    OPENING_EXPECTED_WEEKS,
    OPENING_TRIAL,
    OPENING_STANCE,
    OPENING_LEVEL,
    OPENING_LIVING_WAGE,
    OPENING_DISABILITY_CONFIDENT,
    OPENING_N_COLUMNS,
};

/* Columns of #clients. */
enum {
    CLIENT_MESSAGE,
    CLIENT_EASTING,
    CLIENT_NORTHING,
    CLIENT_LEGAL_PAY, /* pence an hour of the age band on the day; 0 where that is not known */
    CLIENT_LEGAL_PAY_SENTENCE,
    CLIENT_N_COLUMNS,
};

/* What a request asks for; 0: the default. */
struct match_wanted {
    int32_t count, per_employer, per_occupation;
    bool trial_only, paused_too;
};

struct match_subject {
    const Canvass__V1__Client *message; /* the client as stored */
    struct match_client client; /* the same as the matcher knows it */
};

/* Everything one call works with; all in the call's arena, save the catalogue. */
struct match_call {
    const struct code_result *results;
    struct match_wanted wanted;
    struct arena *arena;
    struct match_subject *subjects; /* as #clients has them */
    size_t n_subjects;
    struct match_options options;
    struct match_catalogue *catalogue;
    size_t *rows; /* of #openings, in order of opening id */
    size_t n_rows;
};

/* Fill call->subjects. ERR_EXHAUSTED, ERR_INTERNAL. */
int match_call_read_clients(struct match_call *call, struct err *err) _must_check_;

/* Fill call->options from the defaults in the database and what is wanted. ERR_INVALID. */
int match_call_read_options(struct match_call *call, struct err *err) _must_check_;

/* Read one row of #openings. */
void match_call_read_opening(
    const struct match_call *call, size_t row, struct match_opening *ret_opening);

/* Make call->catalogue and call->rows; the caller frees the catalogue, also after a failure. */
int match_call_read_openings(struct match_call *call, struct err *err) _must_check_;

/* Make the responses. ERR_EXHAUSTED. */
int match_respond_client(const struct match_call *call, const struct match_answer *answer,
    ProtobufCMessage **ret_message, struct err *err) _must_check_;
int match_respond_opening(const struct match_call *call, const struct match_answer *answer,
    ProtobufCMessage **ret_message, struct err *err) _must_check_;
/* @answer brings the notes. */
int match_respond_explain(const struct match_call *call, const struct match_result *result,
    const struct match_answer *answer, ProtobufCMessage **ret_message,
    struct err *err) _must_check_;

/* Read an enum's label in row @row into the number of its proto value; 0 for NULL. */
int match_read_enum(const struct code_result *result, size_t row, size_t column,
    const ProtobufCEnumDescriptor *desc);

/* Features of a job by their numbers in enum JobFeature, as the matcher's exposures. */
uint32_t match_exposures_of(uint32_t feature_bits);

/* Read "82", digits alone, into a group of SOC or SIC; false if it is neither. */
bool match_read_code(const char *text, struct match_code *ret_code);
