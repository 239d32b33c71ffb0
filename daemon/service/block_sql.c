#include "service/block_sql.h"

#include <string.h>
#include <strings.h>

struct lexer {
    struct arena *arena;
    const char *file;
    int line;
    const char *text, *end; /* what is left */
    struct block_sql *out;
    size_t sql_len; /* of out->sql up to the last byte that is neither space nor comment */
    bool is_closed; /* the semicolon was seen */
    bool has_verb; /* the first word was seen */
};

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name_char(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9');
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static int fail(const struct lexer *lexer, int line, struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "%s:%d: %s", lexer->file, line, what);
}

/* Move @n bytes over as they are. */
static void take(struct lexer *lexer, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lexer->text[i] == '\n')
            lexer->line++;
    str_add(&lexer->out->sql, lexer->text, n);
    lexer->text += n;
}

/* The same, for what is part of the statement. */
static int take_code(struct lexer *lexer, size_t n, struct err *err)
{
    if (lexer->is_closed)
        return fail(lexer, lexer->line, err, "a block is one statement: this is behind its ';'");
    take(lexer, n);
    lexer->sql_len = lexer->out->sql.len;
    return 0;
}

/* Return the length of the quoted text that begins here, 0 if it does not end. */
static size_t quoted_len(const struct lexer *lexer, char quote, bool has_escapes)
{
    for (const char *p = lexer->text + 1; p < lexer->end; p++) {
        bool is_doubled = *p == quote && p + 1 < lexer->end && p[1] == quote;
        if (is_doubled || (has_escapes && *p == '\\'))
            p++;
        else if (*p == quote)
            return (size_t)(p + 1 - lexer->text);
    }
    return 0;
}

static int take_quoted(struct lexer *lexer, struct err *err)
{
    char quote = *lexer->text;
    const struct str *sql = &lexer->out->sql;
    bool has_escapes = quote == '\'' && sql->len > 0
        && (sql->data[sql->len - 1] == 'E' || sql->data[sql->len - 1] == 'e')
        && (sql->len == 1 || !is_name_char(sql->data[sql->len - 2]));
    size_t n = quoted_len(lexer, quote, has_escapes);

    if (n == 0)
        return fail(lexer, lexer->line, err, "this quote is never closed");
    return take_code(lexer, n, err);
}

/* Return the length of "$tag$" if one begins here, else 0. */
static size_t dollar_tag_len(const struct lexer *lexer)
{
    const char *p = lexer->text + 1;

    if (p < lexer->end && is_name_start(*p))
        while (p < lexer->end && is_name_char(*p))
            p++;
    return p < lexer->end && *p == '$' ? (size_t)(p + 1 - lexer->text) : 0;
}

static int take_dollar(struct lexer *lexer, struct err *err)
{
    size_t tag = dollar_tag_len(lexer);

    if (tag == 0)
        return fail(lexer, lexer->line, err, "parameters are written :path, not $n");
    const char *body = lexer->text + tag;
    const char *close = memmem(body, (size_t)(lexer->end - body), lexer->text, tag);
    if (!close)
        return fail(lexer, lexer->line, err, "this dollar quote is never closed");
    return take_code(lexer, (size_t)(close - lexer->text) + tag, err);
}

/* Only what a pipeline answers with rows: COPY would end it, and utility statements (SET, LISTEN,
 * BEGIN) change the session or the transaction that all callers share. */
static int check_verb(const struct lexer *lexer, size_t n, struct err *err)
{
    static const char *const verbs[]
        = { "select", "with", "insert", "update", "delete", "merge", "values", "table" };

    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        if (strlen(verbs[i]) == n && strncasecmp(verbs[i], lexer->text, n) == 0)
            return 0;
    return err_set(err, ERR_INVALID,
        "%s:%d: a block is a query (SELECT, WITH, INSERT, UPDATE, DELETE, MERGE, VALUES or TABLE), "
        "not %.*s",
        lexer->file, lexer->line, (int)MIN(n, (size_t)40), lexer->text);
}

/* A name, or a number: a$b is one name, and no quote begins in it. */
static int take_name(struct lexer *lexer, struct err *err)
{
    const char *p = lexer->text;

    while (p < lexer->end && (is_name_char(*p) || *p == '$'))
        p++;
    size_t n = (size_t)(p - lexer->text);
    if (!lexer->has_verb && check_verb(lexer, n, err) < 0)
        return ERR_INVALID;
    lexer->has_verb = true;
    return take_code(lexer, n, err);
}

static void take_line_comment(struct lexer *lexer)
{
    const char *newline = memchr(lexer->text, '\n', (size_t)(lexer->end - lexer->text));

    take(lexer, (size_t)((newline ? newline : lexer->end) - lexer->text));
}

static int take_block_comment(struct lexer *lexer, struct err *err)
{
    int depth = 0;

    for (const char *p = lexer->text; p + 1 < lexer->end; p++) {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p++;
        } else if (p[0] == '*' && p[1] == '/') {
            p++;
            if (--depth == 0) {
                take(lexer, (size_t)(p + 1 - lexer->text));
                return 0;
            }
        }
    }
    return fail(lexer, lexer->line, err, "this comment is never closed");
}

/* Return the number of the parameter with this path, from 1; 0 if there are too many. */
static size_t param_number(struct lexer *lexer, const char *path)
{
    struct block_sql *out = lexer->out;

    for (size_t i = 0; i < out->n_params; i++)
        if (str_eq(out->params[i].path, path))
            return i + 1;
    if (out->n_params == BLOCK_PARAMS_MAX)
        return 0;
    out->params[out->n_params] = (struct block_param) { path, lexer->line };
    return ++out->n_params;
}

static int take_param(struct lexer *lexer, struct err *err)
{
    const char *start = lexer->text + 1, *p = start;

    while (p < lexer->end
        && (is_name_char(*p) || (*p == '.' && p + 1 < lexer->end && is_name_start(p[1]))))
        p++;
    const char *path = arena_strndup(lexer->arena, start, (size_t)(p - start));
    if (!path)
        return err_oom(err);
    if (lexer->is_closed)
        return fail(lexer, lexer->line, err, "a block is one statement: this is behind its ';'");
    size_t number = param_number(lexer, path);
    if (number == 0)
        return fail(lexer, lexer->line, err, "too many parameters in one statement");
    str_addf(&lexer->out->sql, "$%zu", number);
    lexer->sql_len = lexer->out->sql.len;
    lexer->text = p;
    return 0;
}

static int take_colon(struct lexer *lexer, struct err *err)
{
    size_t left = (size_t)(lexer->end - lexer->text);

    if (left >= 2 && (lexer->text[1] == ':' || lexer->text[1] == '='))
        return take_code(lexer, 2, err);
    if (left >= 2 && is_name_start(lexer->text[1]))
        return take_param(lexer, err);
    return take_code(lexer, 1, err);
}

static int take_next(struct lexer *lexer, struct err *err)
{
    const char *p = lexer->text;
    bool has_two = lexer->end - p >= 2;

    if (is_space(*p)) {
        take(lexer, 1);
        return 0;
    }
    if (has_two && p[0] == '-' && p[1] == '-') {
        take_line_comment(lexer);
        return 0;
    }
    if (has_two && p[0] == '/' && p[1] == '*')
        return take_block_comment(lexer, err);
    if (*p == '\'' || *p == '"')
        return take_quoted(lexer, err);
    if (*p == '$')
        return take_dollar(lexer, err);
    if (*p == ':')
        return take_colon(lexer, err);
    if (is_name_char(*p))
        return take_name(lexer, err);
    if (*p == ';' && !lexer->is_closed && lexer->sql_len > 0) {
        lexer->is_closed = true;
        lexer->text++;
        return 0;
    }
    return take_code(lexer, 1, err);
}

int block_sql_parse(struct arena *arena, const char *file, int line, const char *text, size_t n,
    struct block_sql *ret, struct err *err)
{
    struct lexer lexer
        = { .arena = arena, .file = file, .line = line, .text = text, .end = text + n, .out = ret };

    *ret = (struct block_sql) { 0 };
    while (lexer.text < lexer.end) {
        int r = take_next(&lexer, err);
        if (r < 0)
            return r;
    }
    if (ret->sql.failed)
        return err_oom(err);
    if (lexer.sql_len == 0)
        return fail(&lexer, line, err, "this block has no statement");
    ret->sql.len = lexer.sql_len;
    str_terminate(&ret->sql);
    return 0;
}
