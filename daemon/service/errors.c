#include "service/errors.h"
#include "base/log.h"
#include "base/str.h"
#include "db/batch.h"
#include "db/sqlstate.h"

#include <inttypes.h>
#include <string.h>

const char ERROR_BOOK_QUERY[]
    = "SELECT coalesce(c.relname, '')::text, k.conname::text, d.description"
      " FROM pg_catalog.pg_constraint k"
      " JOIN pg_catalog.pg_description d ON d.objoid = k.oid"
      "   AND d.classoid = 'pg_catalog.pg_constraint'::regclass"
      " LEFT JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
      " WHERE k.connamespace = 'canvass'::regnamespace"
      " UNION ALL "
      "SELECT t.relname::text, i.relname::text, d.description"
      " FROM pg_catalog.pg_index x"
      " JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid"
      " JOIN pg_catalog.pg_class t ON t.oid = x.indrelid"
      " JOIN pg_catalog.pg_description d ON d.objoid = i.oid AND d.objsubid = 0"
      "   AND d.classoid = 'pg_catalog.pg_class'::regclass"
      " WHERE x.indisunique AND i.relnamespace = 'canvass'::regnamespace";

/* General sentences, by minus the code. */
static const char *const general[] = {
    [-ERR_INVALID] = "A value of the request cannot be stored; nothing was changed.",
    [-ERR_TIMEOUT] = "This took longer than the deadline of the request; nothing was changed.",
    [-ERR_EXISTS] = "There is one already; nothing was changed.",
    [-ERR_DENIED] = "Your role or team may not do this.",
    [-ERR_EXHAUSTED] = "The database has reached a limit; try again later.",
    [-ERR_PRECONDITION] = "This refers to something that is not there, or is still referred to.",
    [-ERR_ABORTED] = "Somebody else changed the same at the same moment; send it again.",
    [-ERR_UNAVAILABLE] = "The database cannot be reached at the moment; try again.",
    [-ERR_UNAUTHENTICATED] = "Log in again.",
};

int error_book_add(struct error_book *book, const char *const columns[3], struct err *err)
{
    const char *colon = strstr(columns[2], ": ");

    if (!colon || strpbrk(columns[2], " \n") < colon || !colon[2])
        return err_set(err, ERR_INVALID, "the comment of constraint %s is not \"field: Sentence.\"",
            columns[1]);
    if (book->n_sentences == book->cap_sentences) {
        size_t cap = book->cap_sentences ? book->cap_sentences * 2 : 128;
        struct error_sentence *grown = realloc(book->sentences, cap * sizeof(*grown));
        if (!grown)
            return err_oom(err);
        book->sentences = grown;
        book->cap_sentences = cap;
    }
    struct error_sentence made = {
        .table = arena_strdup(&book->arena, columns[0]),
        .constraint = arena_strdup(&book->arena, columns[1]),
        .field = arena_strndup(&book->arena, columns[2], (size_t)(colon - columns[2])),
        .sentence = arena_strdup(&book->arena, colon + 2),
    };
    if (!made.table || !made.constraint || !made.field || !made.sentence)
        return err_oom(err);
    book->sentences[book->n_sentences++] = made;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct error_sentence *left = a, *right = b;
    int order = strcmp(left->constraint, right->constraint);

    return order ? order : strcmp(left->table, right->table);
}

void error_book_finish(struct error_book *book)
{
    if (book->n_sentences)
        qsort(book->sentences, book->n_sentences, sizeof(*book->sentences), compare);
}

const struct error_sentence *error_book_find(
    const struct error_book *book, const char *table, const char *constraint)
{
    for (size_t i = 0; i < book->n_sentences; i++) {
        const struct error_sentence *sentence = &book->sentences[i];
        if (str_eq(sentence->constraint, constraint) && (!*table || str_eq(sentence->table, table)))
            return sentence;
    }
    return NULL;
}

void error_book_release(struct error_book *book)
{
    if (!book)
        return;
    free(book->sentences);
    arena_release(&book->arena);
    *book = (struct error_book) { 0 };
}

static const char *text(const char *maybe)
{
    return maybe ? maybe : "";
}

static void set_internal(const char *method, uint64_t call_id, const char *what, struct err *ret)
{
    log_error("call %016" PRIx64 " %s: %s", call_id, method, what);
    err_set(ret, ERR_INTERNAL, "Internal error; its reference is %016" PRIx64 ".", call_id);
}

static void set_general(
    const struct db_sql_error *sql, int code, const char *method, uint64_t call_id, struct err *ret)
{
    const char *sentence = -code < (int)ARRAY_SIZE(general) && code < 0 ? general[-code] : NULL;
    char what[80];

    if (!sentence) {
        snprintf(what, sizeof(what), "SQLSTATE %.5s", sql->sqlstate);
        set_internal(method, call_id, what, ret);
        return;
    }
    log_info("call %016" PRIx64 " %s: SQLSTATE %.5s, constraint \"%.64s\"", call_id, method,
        sql->sqlstate, text(sql->constraint));
    if (str_eq(sql->sqlstate, "23502"))
        err_set_field(ret, code, text(sql->column), "This must be given.");
    else
        err_set(ret, code, "%s", sentence);
}

void error_translate(const struct error_book *book, const struct db_sql_error *sql,
    const char *method, uint64_t call_id, struct err *ret_err)
{
    int code = sqlstate_to_err(sql->sqlstate);
    const struct error_sentence *known = NULL;

    if (str_starts_with(sql->sqlstate, "CV0")) {
        err_set_field(ret_err, code, text(sql->column), "%s", text(sql->message));
        return;
    }
    if (sql->constraint && *sql->constraint)
        known = error_book_find(book, text(sql->table), sql->constraint);
    if (known)
        err_set_field(ret_err, code, known->field, "%s", known->sentence);
    else
        set_general(sql, code, method, call_id, ret_err);
}

void error_translate_plain(
    const struct err *from, const char *method, uint64_t call_id, struct err *ret_err)
{
    struct err copy = *from; /* @ret_err may be the same */

    if (copy.code == ERR_INTERNAL || copy.code == ERR_UNKNOWN)
        set_internal(method, call_id, copy.msg, ret_err);
    else
        *ret_err = copy;
}
