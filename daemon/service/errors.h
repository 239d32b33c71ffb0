/* From an SQL error to what the caller reads.
 *
 * Sentences live in the schema: the comment of a constraint or unique index is "field: Sentence.",
 * and functions raise CV0nn (nn a gRPC status) with a sentence and the field as COLUMN. db's table
 * turns any SQLSTATE into a code. What has no sentence gets a general one by its code; text of the
 * server, which may quote data, never leaves the daemon and is not logged.
 *
 * Calling sequence: ERROR_BOOK_QUERY at start, error_book_add() for each row, error_book_finish();
 * then error_translate() for each error; error_book_release().
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct db_sql_error;

struct error_sentence {
    const char *table; /* "" for a domain */
    const char *constraint;
    const char *field;
    const char *sentence;
};

struct error_book {
    struct arena arena;
    struct error_sentence *sentences; /* sorted by constraint, then table */
    size_t n_sentences, cap_sentences;
};

/* Answers rows of table, constraint, comment. */
extern const char ERROR_BOOK_QUERY[];

/* Add a row. ERR_INVALID if the comment is not "field: Sentence."; ERR_EXHAUSTED. */
int error_book_add(
    struct error_book *book, const char *const columns[3], struct err *err) _must_check_;

void error_book_finish(struct error_book *book);

/* Find what to say of a violated constraint; NULL if nothing. @table "" finds any. */
const struct error_sentence *error_book_find(
    const struct error_book *book, const char *table, const char *constraint);

/* Free all. NULL and zeroed are accepted. */
void error_book_release(struct error_book *book);

/* Fill @ret_err with what the caller may read of @sql, which happened in @method, and log what the
 * maintainers need. Faults of ours are ERR_INTERNAL with @call_id to look for in the log. */
void error_translate(const struct error_book *book, const struct db_sql_error *sql,
    const char *method, uint64_t call_id, struct err *ret_err);

/* The same for an error without SQLSTATE: its sentence stands, unless it is a fault of ours. */
void error_translate_plain(
    const struct err *from, const char *method, uint64_t call_id, struct err *ret_err);
