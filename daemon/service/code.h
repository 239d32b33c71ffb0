/* The few methods that are code: their SQL stands in parts (blocks named Method#part). The first
 * ones run in one batch; then the code looks into the worker's catalogue of openings (follower.h);
 * what it found is the parameter :found, an array of ids, of the later parts, which are another
 * batch under the same caller's rights; then it makes the answer. Code without find() has no second
 * batch and no use for the catalogue: it makes its answer of what its parts say.
 *
 * A part's parameters are bound to the request like those of any block. Its columns are named in a
 * table here and checked at start; the function reads them by their place in that table.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "service/sql_types.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODE_PARTS_MAX 8

struct db_result;
struct match_catalogue;
struct signer;
struct uuid;

struct code_column {
    const char *name;
    enum sql_kind kind; /* SQL_TEXT also takes an enum's label */
};

struct code_part {
    const char *name;
    const struct code_column *columns;
    size_t n_columns;
};

/* What a part answered. */
struct code_result {
    const struct db_result *result;
    const int *map; /* place in code_part.columns → column of the result */
};

/* One call as its code sees it. All that code keeps from one step to the next is in @arena. */
struct code_call {
    const ProtobufCMessage *request;
    struct arena *arena;
    const struct match_catalogue *catalogue; /* in step since the call came; for find() */
    int64_t catalogue_age_usec;
    const struct signer *signer;
    void *state; /* of the code: read() sets it */
    const struct uuid *found; /* of find(): the parameter :found of the later parts */
    size_t n_found;
};

/* Its three steps. @results are as code_method.parts is ordered, borrowed for the step.
 * read: what the first parts answered, into call->state.
 * find: in the catalogue; sets call->found where there is something to ask about.
 * answer: make the message of what was found and what the later parts say of it; without
 * call->found they are not run, and have no rows. */
typedef int code_read_fn(
    struct code_call *call, const struct code_result *results, struct err *err);
typedef int code_find_fn(struct code_call *call, struct err *err);
typedef int code_answer_fn(struct code_call *call, const struct code_result *results,
    ProtobufCMessage **ret_message, struct err *err);

struct code_method {
    const char *name; /* "canvass.v1.MatchService/MatchClient" */
    const struct code_part *parts;
    size_t n_parts;
    size_t n_first; /* of them */
    code_read_fn *read; /* NULL with find */
    code_find_fn *find; /* NULL: nothing to find; n_first is n_parts */
    code_answer_fn *answer;
};

/* Find the code of a method by its full name; NULL for methods that are data. */
const struct code_method *code_find(const char *name);

/* Readers of a value by its place in the part's table. NULL in SQL: 0, false, NULL. */
size_t code_n_rows(const struct code_result *result);
bool code_is_null(const struct code_result *result, size_t row, size_t column);
bool code_bool(const struct code_result *result, size_t row, size_t column);
int64_t code_int(const struct code_result *result, size_t row, size_t column);
/* Days since 1970-01-01; 0 for NULL and infinity. */
int32_t code_date(const struct code_result *result, size_t row, size_t column);
/* The bytes, not NUL-terminated; a jsonb without its version byte. */
const char *code_bytes(
    const struct code_result *result, size_t row, size_t column, size_t *ret_len);
/* A string in @arena; "" for NULL; NULL without memory. */
const char *code_text(
    const struct code_result *result, size_t row, size_t column, struct arena *arena);
