/* Binding: fields of messages to parameters of SQL, and columns of SQL to fields of messages.
 *
 * Both are compiled once at start from a block, the message's descriptor and the types that the
 * server reports; a pair that does not fit is an error with file, line and field. After that a call
 * walks precompiled steps and allocates in its arena alone.
 *
 * Parameters. `:employer.name` walks singular fields; where one on the way is unset, the parameter
 * is NULL. The forms (binary unless said otherwise):
 *
 *     field                      parameter
 *     string                     text and its like; uuid (parsed; the error names the field)
 *     bool                       bool
 *     integers                   int2, int4, int8 (a value out of range is an error)
 *     float, double              float4, float8
 *     enum                       an enum type with all its short names, or text
 *     Timestamp                  timestamptz
 *     canvass.v1.Date            date (a day that does not exist is an error)
 *     bytes                      bytea
 *     FieldMask                  text[] of its paths
 *     list of the above          an array of the above; empty: an empty array
 *     message, list of messages  jsonb or json, through wire/json.h in JSON_SQL
 *     `:request`                 the whole request, the same way
 *
 * NULL is sent for what is unset and has presence (messages, optionals, oneofs), for an unspecified
 * enum, and for an empty string or empty bytes. Plain numbers and booleans are sent as they are.
 * `:page_size` is clamped to 1..1000 and one more is asked for (the engine drops that row); a
 * method that streams its answer has `:page_size` and `:page_token` even if its message has not,
 * and
 * `:until`, the token up to which a watch reads.
 *
 * Columns are named by paths of the response. A column of a type that fits the field as above fills
 * it; jsonb fills messages and lists. A path that enters a list (`employers.name`) makes one
 * element a row; a scalar column named as a list of scalars, and a jsonb object named as a list of
 * messages, append one element a row. "." is the whole response as one jsonb. The column
 * "next_page_token" of a paged block is taken by the engine. NULL leaves its field unset, and a
 * submessage all of whose columns are NULL stays unset; infinite dates and times are unset.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "service/block.h"
#include "service/sql_types.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIND_STEPS_MAX 6
#define BIND_PAGE_DEFAULT 50
#define BIND_PAGE_STREAM 500
#define BIND_PAGE_MAX 1000

struct db_result;
struct db_value;
struct uuid;

enum bind_source {
    BIND_FIELD,
    BIND_REQUEST, /* the whole message */
    BIND_PAGE_SIZE,
    BIND_PAGE_TOKEN, /* of the engine's own paging */
    BIND_UNTIL, /* of a watch */
    BIND_FOUND, /* ids that the method's code found (code.h) */
};

struct bind_param {
    const char *path;
    enum bind_source source;
    const ProtobufCFieldDescriptor *steps[BIND_STEPS_MAX];
    size_t n_steps;
    const struct sql_type *type;
    const char *const *labels; /* short names of an enum, as desc->values is ordered; or NULL */
};

struct bind_params {
    const struct bind_param *params;
    size_t n_params;
    bool has_pages;
    bool has_found;
    const ProtobufCFieldDescriptor *page_size_field; /* of the request, or NULL */
    int32_t page_size_default;
};

/* What a message's parameters are taken from. */
struct bind_input {
    const ProtobufCMessage *request;
    int32_t page_size; /* of this run, see bind_page_size() */
    const char *page_token; /* of the engine's own paging; NULL at the first page */
    const char *until; /* of a watch; NULL: as far as there is anything */
    const struct uuid *found;
    size_t n_found;
};

/* Compile the parameters of @block, whose types the server reports as @oids. Everything comes from
 * @arena. ERR_INVALID with file, line and path. */
int bind_params_init(struct bind_params *params, const struct block *block,
    const ProtobufCMessageDescriptor *input, bool streams_pages, const uint32_t *oids,
    const struct sql_types *types, struct arena *arena, struct err *err) _must_check_;

/* Return how many rows a page of this request has: what it asks for within 1..1000, or the default.
 * ERR_INVALID (below 0) naming page_size. */
int bind_page_size(const struct bind_params *params, const ProtobufCMessage *request,
    int32_t *ret_page_size, struct err *err) _must_check_;

/* Fill @ret_values, one a parameter. What they point to is in the message or in @arena.
 * ERR_INVALID with the field's path, ERR_EXHAUSTED. */
int bind_params_values(const struct bind_params *params, const struct bind_input *input,
    struct arena *arena, struct db_value *ret_values, struct err *err) _must_check_;

/* A message on the way to the fields: the response itself is node 0. */
struct bind_node {
    size_t parent;
    const ProtobufCFieldDescriptor *field; /* in the parent; NULL for node 0 */
    bool is_row; /* an element of a list, one a row */
};

struct bind_column {
    const char *name;
    size_t node; /* the message that holds the field */
    const ProtobufCFieldDescriptor *field; /* NULL: the whole response, or the page token */
    const struct sql_type *type;
    bool is_page_token, is_whole;
    const int *enum_values; /* of an enum type: value of each label */
};

struct bind_columns {
    const char *where; /* "employer.sql:12", for errors */
    const ProtobufCMessageDescriptor *output;
    const struct bind_node *nodes;
    size_t n_nodes;
    const struct bind_column *columns;
    size_t n_columns;
    bool is_list; /* every column goes into a list: no row is an answer too */
    int token_column; /* below 0: none */
    const ProtobufCFieldDescriptor *token_field; /* of the response, or NULL */
};

/* A column as the server describes it. */
struct bind_described {
    const char *name;
    uint32_t oid;
};

/* Compile the columns of @block. @streams: each row is a message of its own. */
int bind_columns_init(struct bind_columns *columns, const struct block *block,
    const ProtobufCMessageDescriptor *output, bool streams, const struct bind_described *described,
    size_t n_described, const struct sql_types *types, struct arena *arena,
    struct err *err) _must_check_;

/* Make a response from @n_rows rows, starting with @first. ERR_INTERNAL if a value does not fit,
 * ERR_EXHAUSTED. */
int bind_columns_message(const struct bind_columns *columns, const struct db_result *result,
    size_t first, size_t n_rows, struct arena *arena, ProtobufCMessage **ret_message,
    struct err *err) _must_check_;

/* Make a response from a kept answer: a JSON object with the columns as keys. */
int bind_columns_kept(const struct bind_columns *columns, const char *json, size_t len,
    struct arena *arena, ProtobufCMessage **ret_message, struct err *err) _must_check_;
