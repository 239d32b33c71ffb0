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
    MATCH_N_FIRST_PARTS,
    MATCH_PART_SHOWN = MATCH_N_FIRST_PARTS, /* not of MatchOpening */
    MATCH_N_PARTS,
};

/* Columns of #day. */
enum {
    DAY_DAY,
    DAY_AUDIENCES, /* 16 bytes each, the own borough's first */
};

/* Columns of #shown, in the order of their table. */
enum {
    SHOWN_ID,
    SHOWN_EMPLOYER,
    SHOWN_TITLE,
    SHOWN_BOROUGH,
    SHOWN_SOC,
    SHOWN_POSTCODE,
    SHOWN_HIDDEN,
    SHOWN_TRIAL,
    SHOWN_N_COLUMNS,
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

/* Everything one call works with; all in the call's arena. */
struct match_call {
    const struct code_result *results; /* of the first parts, while they are read */
    struct match_wanted wanted;
    struct arena *arena;
    struct match_subject *subjects; /* as #clients has them */
    size_t n_subjects;
    struct match_options options;
    int64_t age_usec; /* of the catalogue */
    struct match_answer *answer;
    struct match_result *result; /* ExplainMatch: about the one opening; @answer brings the notes */
    const struct code_result *shown;
};

/* Fill call->subjects. ERR_EXHAUSTED, ERR_INTERNAL. */
int match_call_read_clients(struct match_call *call, struct err *err) _must_check_;

/* Fill call->options from the defaults in the database and what is wanted. ERR_INVALID. */
int match_call_read_options(struct match_call *call, struct err *err) _must_check_;

/* Make the responses of what call->answer has. ERR_EXHAUSTED; ERR_NOT_FOUND from explain. */
int match_respond_client(
    struct match_call *call, ProtobufCMessage **ret_message, struct err *err) _must_check_;
int match_respond_opening(
    const struct match_call *call, ProtobufCMessage **ret_message, struct err *err) _must_check_;
int match_respond_explain(
    const struct match_call *call, ProtobufCMessage **ret_message, struct err *err) _must_check_;

/* Read a UUID; nothing for NULL. */
void match_read_uuid(
    const struct code_result *result, size_t row, size_t column, struct uuid *ret_uuid);

/* Read an enum's label in row @row into the number of its proto value; 0 for NULL. */
int match_read_enum(const struct code_result *result, size_t row, size_t column,
    const ProtobufCEnumDescriptor *desc);

/* Features of a job by their numbers in enum JobFeature, as the matcher's exposures. */
uint32_t match_exposures_of(uint32_t feature_bits);

/* Read "82", digits alone, into a group of SOC or SIC; false if it is neither. */
bool match_read_code(const char *text, struct match_code *ret_code);
