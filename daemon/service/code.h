/* The few methods that are code: their SQL stands in parts (blocks named Method#part), all of them
 * run in one batch, and a function makes the answer from the results.
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

/* Make the answer in @arena. @results are as code_method.parts is ordered; borrowed. */
typedef int code_answer_fn(const struct code_result *results, const ProtobufCMessage *request,
    struct arena *arena, ProtobufCMessage **ret_message, struct err *err);

struct code_method {
    const char *name; /* "canvass.v1.MatchService/MatchClient" */
    const struct code_part *parts;
    size_t n_parts;
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
