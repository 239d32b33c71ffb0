/* The lexer that turns a block's statement with :paths into SQL with $numbers. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "service/block.h"

#include <stddef.h>

struct block_sql {
    struct str sql;
    struct block_param params[BLOCK_PARAMS_MAX];
    size_t n_params;
};

/* Translate @n bytes of @text, which begins at @line of @file. The paths come from @arena. Comments
 * and space at the end and one closing semicolon are dropped. ERR_INVALID with file and line: an
 * unclosed quote or comment, a second statement, none at all, too many parameters; ERR_EXHAUSTED.
 * The caller releases ret->sql, also after a failure. */
int block_sql_parse(struct arena *arena, const char *file, int line, const char *text, size_t n,
    struct block_sql *ret, struct err *err) _must_check_;
