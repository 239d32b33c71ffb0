/* The table of methods: what the .proto files offer, joined with the SQL that carries it out.
 *
 * Calling sequence: methods_init() parses the packed SQL and joins it with the schema (no database
 * needed; enough for --print-methods); methods_compile() in check.h asks a database for types and
 * binds parameters and columns; then methods_find() for each call; methods_release().
 *
 * Errors: ERR_INVALID with file, line and method; ERR_EXHAUSTED.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "db/pool.h"
#include "rpc/server.h"
#include "service/bind.h"
#include "service/block.h"
#include "service/code.h"
#include "service/method_file.h"
#include "service/sql_types.h"
#include "wire/schema.h"

#include <stdbool.h>
#include <stdio.h>

/* One statement of a method. */
struct method_part {
    const struct block *block;
    struct db_statement statement;
    struct bind_params params;
    struct bind_columns columns; /* of data */
    const int *code_map; /* of code */
};

struct method {
    struct rpc_method rpc; /* rpc.data is this struct */
    const struct schema_method *schema;
    const char *name; /* "canvass.v1.EmployerService/GetEmployer" */
    const struct code_method *code; /* NULL: data */
    struct method_part *parts; /* data has exactly one */
    size_t n_parts;
    unsigned roles;
    bool writes, once;
    bool audits; /* is noted in audit: all that write, and reads that say so */
    bool watches; /* it is_streamed, and does not end */
    bool is_streamed; /* the answer is, by pages */
    bool is_batched; /* each request message is a batch of its own */
    struct db_statement kept; /* writes, not once: the statement that also keeps its answer */
    const ProtobufCFieldDescriptor *request_id, *validate_only; /* of the request, or NULL */
    const void *roles_array; /* roles as text[] in binary */
    int roles_array_len;
};

struct methods {
    struct arena arena;
    struct block_list blocks;
    struct method *methods; /* sorted by name */
    size_t n_methods;
    struct sql_types types; /* filled by methods_compile() */
};

/* Join @files with the schema. Every block must have a method. */
int methods_init(
    struct methods *methods, const struct method_file *files, struct err *err) _must_check_;

/* See that every method of the schema has its SQL. */
int methods_require_all(const struct methods *methods, struct err *err) _must_check_;

/* Find by the path on the wire, "/canvass.v1.EmployerService/GetEmployer". */
const struct method *methods_find(const struct methods *methods, const char *path, size_t len);

/* Print method, roles, read or write, file and line, one a line. */
void methods_print(const struct methods *methods, FILE *out);

/* Free all. NULL and zeroed are accepted. */
void methods_release(struct methods *methods);
