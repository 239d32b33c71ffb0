/* Blocks: the SQL of methods, as it stands in daemon/methods/ *.sql.
 *
 *     -- canvass.v1.EmployerService/GetEmployer  roles: specialist lead
 *     SELECT e.id AS "employer.id" ... FROM employer e WHERE e.id = :employer_id;
 *
 * A block is a header and one query (not COPY, SET or the like), which ends at the next header or
 * at the end of the file; one semicolon may close it. A header is a comment in the first column
 * whose first word is a full method name (package.Service/Method), with an optional part (#client)
 * for a method of several statements, and behind `roles:` words in any order:
 *
 *     specialist lead administrator auditor   who may call; anyone: every valid caller
 *     writes                                  changes rows: takes a request_id, its answer is kept
 *     once                                    writes, but its answer is not kept (a secret)
 *     audits                                  shows rows of clients, or exports: is noted in audit,
 *                                             as are all that write
 *     watches                                 does not end: its pages are what changes (watch.h)
 *
 * In the statement `:employer.name` is the request's field of that path and becomes $1, $2, ...;
 * the same path twice is the same number. Strings, quoted names, dollar quotes, comments and casts
 * (::text) are left alone; write a slice with numbers or with a space before the name ([1 : n]).
 *
 * Calling sequence: zero a struct block_list, block_list_parse() for each file, look blocks up,
 * block_list_release(). Errors: ERR_INVALID with "file:line: ...", ERR_EXHAUSTED.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCK_PARAMS_MAX 32

enum block_role {
    BLOCK_ROLE_SPECIALIST,
    BLOCK_ROLE_LEAD,
    BLOCK_ROLE_ADMINISTRATOR,
    BLOCK_ROLE_AUDITOR,
    BLOCK_N_ROLES,
};

struct block_param {
    const char *path; /* "employer.name", "request" */
    int line; /* where it first stands */
};

struct block {
    const char *file;
    int line; /* of the header */
    const char *method; /* "canvass.v1.EmployerService/GetEmployer" */
    const char *part; /* "client", or "" */
    unsigned roles; /* 1u << enum block_role */
    bool writes, once; /* once implies writes */
    bool audits;
    bool watches;
    const char *sql; /* with $n for parameters, without the last semicolon */
    const struct block_param *params; /* params[0] is $1 */
    size_t n_params;
};

struct block_list {
    struct arena arena;
    struct block *blocks;
    size_t n_blocks, cap_blocks;
};

/* Return "specialist" and the like. */
const char *block_role_name(enum block_role role) _pure_;

/* Add the blocks of a file. Its name and text need not outlive the call. */
int block_list_parse(
    struct block_list *list, const char *file, const char *text, struct err *err) _must_check_;

/* Find the block of @method and @part ("" for none); NULL if there is none. */
const struct block *block_list_find(
    const struct block_list *list, const char *method, size_t method_len, const char *part);

/* Free all. NULL and zeroed are accepted. */
void block_list_release(struct block_list *list);
