/* What the files of the match glue share. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "match/match.h"
#include "service/code.h"

#include "canvass/v1/client.pb-c.h"
#include "canvass/v1/match.pb-c.h"

/* Parts of the method, in the order of its table. */
enum {
    MATCH_PART_CLIENT,
    MATCH_PART_MINIMUM_WAGE,
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

/* Columns of #client. */
enum {
    CLIENT_MESSAGE,
    CLIENT_EASTING,
    CLIENT_NORTHING,
    CLIENT_N_COLUMNS,
};

/* Columns of #minimum_wage. */
enum {
    MINIMUM_WAGE_PENCE,
    MINIMUM_WAGE_SENTENCE,
    MINIMUM_WAGE_DAY, /* the day of the answer: of the request, or today in London */
    MINIMUM_WAGE_N_COLUMNS,
};

/* Everything one call works with; all in the call's arena, save the catalogue. */
struct match_call {
    const struct code_result *results;
    const Canvass__V1__MatchClientRequest *request;
    struct arena *arena;
    const Canvass__V1__Client *message; /* the client as stored */
    struct match_client client; /* the same as the matcher knows it */
    struct match_options options;
    uint32_t count; /* openings to list */
    struct match_catalogue *catalogue;
    size_t *rows; /* of #openings, in order of opening id */
    size_t n_rows;
};

/* Fill call->message and call->client. ERR_NOT_FOUND, ERR_EXHAUSTED, ERR_INTERNAL. */
int match_call_read_client(struct match_call *call, struct err *err) _must_check_;

/* Fill call->options from the defaults in the database, the client's weights, and the request. */
int match_call_read_options(struct match_call *call, struct err *err) _must_check_;

/* Make call->catalogue and call->rows; the caller frees the catalogue, also after a failure. */
int match_call_read_openings(struct match_call *call, struct err *err) _must_check_;

/* Make the response. */
int match_call_respond(const struct match_call *call, const struct match_answer *answer,
    ProtobufCMessage **ret_message, struct err *err) _must_check_;

/* Read an enum's label in row @row into the number of its proto value; 0 for NULL. */
int match_read_enum(const struct code_result *result, size_t row, size_t column,
    const ProtobufCEnumDescriptor *desc);

/* Features of a job by their numbers in enum JobFeature, as the matcher's exposures. */
uint32_t match_exposures_of(uint32_t feature_bits);

/* Read "82", digits alone, into a group of SOC or SIC; false if it is neither. */
bool match_read_code(const char *text, struct match_code *ret_code);
