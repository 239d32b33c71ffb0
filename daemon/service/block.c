#include "service/block.h"
#include "base/str.h"
#include "service/block_sql.h"

#include <string.h>

#define HEADER_PREFIX "-- "

static const char *const role_names[BLOCK_N_ROLES] = {
    [BLOCK_ROLE_SPECIALIST] = "specialist",
    [BLOCK_ROLE_LEAD] = "lead",
    [BLOCK_ROLE_ADMINISTRATOR] = "administrator",
    [BLOCK_ROLE_AUDITOR] = "auditor",
};

struct header {
    const char *method, *part;
    unsigned roles;
    bool writes, once, audits, watches;
};

struct word {
    const char *text;
    size_t len;
};

struct source {
    const char *file;
    int line;
    const char *next; /* behind the current line */
};

const char *block_role_name(enum block_role role)
{
    return role_names[role];
}

static bool word_is(const struct word *word, const char *text)
{
    return word->len == strlen(text) && memcmp(word->text, text, word->len) == 0;
}

/* Take the next word of the line; false at its end. */
static bool next_word(const char **text, const char *end, struct word *ret_word)
{
    const char *p = *text;

    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    ret_word->text = p;
    while (p < end && *p != ' ' && *p != '\t' && *p != '\r')
        p++;
    ret_word->len = (size_t)(p - ret_word->text);
    *text = p;
    return ret_word->len > 0;
}

static bool is_identifier(const char *text, const char *end)
{
    for (const char *p = text; p < end; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_'
                || (p > text && *p >= '0' && *p <= '9')))
            return false;
    return text < end;
}

/* Say whether the word is package.Service/Method, with or without #part. */
static bool word_is_method(const struct word *word)
{
    const char *end = word->text + word->len;
    const char *hash = memchr(word->text, '#', word->len);
    const char *method_end = hash ? hash : end;
    const char *slash = memchr(word->text, '/', (size_t)(method_end - word->text));

    if (!slash || !is_identifier(slash + 1, method_end) || (hash && !is_identifier(hash + 1, end)))
        return false;
    const char *name = word->text;
    size_t n_dots = 0;
    for (const char *p = name; p <= slash; p++) {
        if (p < slash && *p != '.')
            continue;
        if (!is_identifier(name, p))
            return false;
        n_dots += *p == '.';
        name = p + 1;
    }
    return n_dots > 0;
}

/* Apply one word behind "roles:". */
static int header_add_word(
    struct header *header, const struct word *word, const struct source *source, struct err *err)
{
    for (unsigned role = 0; role < BLOCK_N_ROLES; role++)
        if (word_is(word, role_names[role])) {
            header->roles |= 1u << role;
            return 0;
        }
    if (word_is(word, "anyone")) {
        header->roles |= (1u << BLOCK_N_ROLES) - 1;
    } else if (word_is(word, "writes")) {
        header->writes = true;
    } else if (word_is(word, "once")) {
        header->writes = header->once = true;
    } else if (word_is(word, "audits")) {
        header->audits = true;
    } else if (word_is(word, "watches")) {
        header->watches = true;
    } else {
        return err_set(err, ERR_INVALID,
            "%s:%d: \"%.*s\" is neither a role (specialist, lead, administrator, auditor, anyone) "
            "nor \"writes\", \"once\", \"audits\" or \"watches\"",
            source->file, source->line, (int)word->len, word->text);
    }
    return 0;
}

static int header_set_name(
    struct header *header, const struct word *word, struct arena *arena, struct err *err)
{
    const char *hash = memchr(word->text, '#', word->len);
    size_t method_len = hash ? (size_t)(hash - word->text) : word->len;

    header->method = arena_strndup(arena, word->text, method_len);
    header->part = hash ? arena_strndup(arena, hash + 1, word->len - method_len - 1) : "";
    return header->method && header->part ? 0 : err_oom(err);
}

/* Read a line as a header. 1: it is one; 0: it is something else. */
static int header_parse(const char *line, const char *end, const struct source *source,
    struct arena *arena, struct header *ret_header, struct err *err)
{
    struct word word;
    const char *text = line + strlen(HEADER_PREFIX);
    int r;

    *ret_header = (struct header) { 0 };
    if (end - line < (ptrdiff_t)strlen(HEADER_PREFIX) || !str_starts_with(line, HEADER_PREFIX)
        || !next_word(&text, end, &word) || !word_is_method(&word))
        return 0;
    r = header_set_name(ret_header, &word, arena, err);
    if (r < 0)
        return r;
    if (!next_word(&text, end, &word) || !word_is(&word, "roles:"))
        return err_set(err, ERR_INVALID, "%s:%d: \"roles:\" must follow the method's name",
            source->file, source->line);
    while (next_word(&text, end, &word)) {
        r = header_add_word(ret_header, &word, source, err);
        if (r < 0)
            return r;
    }
    if (ret_header->roles == 0)
        return err_set(
            err, ERR_INVALID, "%s:%d: no role may call this method", source->file, source->line);
    return 1;
}

static struct block *add_block(struct block_list *list)
{
    if (list->n_blocks == list->cap_blocks) {
        size_t cap = list->cap_blocks ? list->cap_blocks * 2 : 64;
        struct block *grown = realloc(list->blocks, cap * sizeof(*grown));
        if (!grown)
            return NULL;
        list->blocks = grown;
        list->cap_blocks = cap;
    }
    return &list->blocks[list->n_blocks++];
}

/* Store the block whose header was read and whose statement is @text. */
static int store(struct block_list *list, const struct header *header, const struct source *source,
    const char *text, size_t n, struct err *err)
{
    struct block_sql sql;
    const struct block *twin
        = block_list_find(list, header->method, strlen(header->method), header->part);

    if (twin)
        return err_set(err, ERR_INVALID, "%s:%d: %s has a block already, at %s:%d", source->file,
            source->line, header->method, twin->file, twin->line);
    int r = block_sql_parse(&list->arena, source->file, source->line + 1, text, n, &sql, err);
    if (r == 0) {
        struct block *block = add_block(list);
        struct block made = { .file = source->file,
            .line = source->line,
            .method = header->method,
            .part = header->part,
            .roles = header->roles,
            .writes = header->writes,
            .once = header->once,
            .audits = header->audits,
            .watches = header->watches,
            .n_params = sql.n_params };
        made.sql = arena_strndup(&list->arena, sql.sql.data, sql.sql.len);
        made.params = arena_memdup(&list->arena, sql.params, sql.n_params * sizeof(sql.params[0]));
        if (block)
            *block = made;
        if (!block || !made.sql || !made.params)
            r = err_oom(err);
    }
    str_release(&sql.sql);
    return r;
}

/* Refuse SQL that stands before the first header: it would be lost. */
static int check_preface(
    const char *line, const char *end, const struct source *source, struct err *err)
{
    while (line < end && (*line == ' ' || *line == '\t' || *line == '\r'))
        line++;
    if (line == end || (end - line >= 2 && line[0] == '-' && line[1] == '-'))
        return 0;
    return err_set(err, ERR_INVALID, "%s:%d: no header above this line says which method it is",
        source->file, source->line);
}

int block_list_parse(struct block_list *list, const char *file, const char *text, struct err *err)
{
    struct source at = { .line = 1 }, start = { 0 };
    struct header header = { 0 }, found;
    const char *body = text;
    const char *line = text;

    at.file = arena_strdup(&list->arena, file);
    if (!at.file)
        return err_oom(err);
    for (; *line; at.line++) {
        const char *newline = strchr(line, '\n');
        const char *end = newline ? newline : line + strlen(line);
        at.next = newline ? newline + 1 : end;
        int r = header_parse(line, end, &at, &list->arena, &found, err);
        if (r == 0 && !header.method)
            r = check_preface(line, end, &at, err);
        if (r < 0)
            return r;
        if (r == 1) {
            if (header.method) {
                r = store(list, &header, &start, body, (size_t)(line - body), err);
                if (r < 0)
                    return r;
            }
            header = found;
            start = at;
            body = at.next;
        }
        line = at.next;
    }
    return header.method ? store(list, &header, &start, body, (size_t)(line - body), err) : 0;
}

const struct block *block_list_find(
    const struct block_list *list, const char *method, size_t method_len, const char *part)
{
    for (size_t i = 0; i < list->n_blocks; i++) {
        const struct block *block = &list->blocks[i];
        if (strlen(block->method) == method_len && memcmp(block->method, method, method_len) == 0
            && str_eq(block->part, part))
            return block;
    }
    return NULL;
}

void block_list_release(struct block_list *list)
{
    if (!list)
        return;
    free(list->blocks);
    arena_release(&list->arena);
    *list = (struct block_list) { 0 };
}
