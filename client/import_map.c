/* Which column is what. */
#include "client/import.h"
#include "client/parse.h"

#include <stdio.h>
#include <string.h>

/* A heading without case, spaces and punctuation: "Post Code" is "postcode". */
static void normalise(const char *heading, char out[64])
{
    size_t n = 0;
    for (; *heading && n < 63; heading++) {
        char c = *heading;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = c;
    }
    out[n] = '\0';
}

static bool is_alias(const char *aliases, const char *name)
{
    size_t len = strlen(name);
    while (*aliases) {
        size_t n = strcspn(aliases, "|");
        if (n == len && memcmp(aliases, name, n) == 0)
            return true;
        aliases += n + (aliases[n] == '|');
    }
    return false;
}

static bool is_taken(const struct import_map *map, int field)
{
    for (size_t i = 0; i < map->n_columns; i++) {
        if (map->field_of[i] == field)
            return true;
    }
    return false;
}

static void map_by_headings(struct import_map *map)
{
    char name[64];
    for (size_t i = 0; i < map->n_columns; i++) {
        normalise(map->headings[i], name);
        for (size_t f = 0; f < map->kind->n_fields && map->field_of[i] < 0; f++) {
            const struct import_field *field = &map->kind->fields[f];
            if (is_alias(field->aliases, name) && (field->is_many || !is_taken(map, (int)f)))
                map->field_of[i] = (int)f;
        }
    }
}

static int find_field(const struct import_kind *kind, const char *name, size_t len)
{
    for (size_t f = 0; f < kind->n_fields; f++) {
        if (strlen(kind->fields[f].name) == len && memcmp(kind->fields[f].name, name, len) == 0)
            return (int)f;
    }
    return -1;
}

static int find_column(const struct import_map *map, const char *heading, size_t len)
{
    char wanted[64], given[64], whole[128];
    (void)snprintf(whole, sizeof whole, "%.*s", (int)MIN(len, (size_t)100), heading);
    normalise(whole, wanted);
    for (size_t i = 0; i < map->n_columns; i++) {
        normalise(map->headings[i], given);
        if (strcmp(wanted, given) == 0)
            return (int)i;
    }
    return -1;
}

/* "name=Firm,postcode=PC" */
static int map_by_wishes(
    struct app *app, struct import_map *map, const char *wishes, struct err *err)
{
    while (wishes && *wishes) {
        size_t len = strcspn(wishes, ","), name_len = strcspn(wishes, "=");
        if (name_len >= len)
            return usage_error(
                app, err, "--map", "write FIELD=HEADING, several with commas between");
        int field = find_field(map->kind, wishes, name_len);
        if (field < 0)
            return usage_error(app, err, "--map", "there is no field \"%.*s\" in %s", (int)name_len,
                wishes, map->kind->what);
        int column = find_column(map, wishes + name_len + 1, len - name_len - 1);
        if (column < 0)
            return usage_error(app, err, "--map", "the file has no column \"%.*s\"",
                (int)(len - name_len - 1), wishes + name_len + 1);
        for (size_t i = 0; i < map->n_columns && !map->kind->fields[field].is_many; i++)
            map->field_of[i] = map->field_of[i] == field ? -1 : map->field_of[i];
        map->field_of[column] = field;
        wishes += len + (wishes[len] == ',');
    }
    return 0;
}

static int check_required(struct app *app, const struct import_map *map, struct err *err)
{
    for (size_t f = 0; f < map->kind->n_fields; f++) {
        const struct import_field *field = &map->kind->fields[f];
        if (field->is_required && !is_taken(map, (int)f))
            return usage_error(app, err, NULL,
                "no column looks like the %s; say which with --map %s=HEADING", field->name,
                field->name);
    }
    return 0;
}

static int keep_headings(struct import_map *map, const struct csv_row *row, struct err *err)
{
    map->headings = calloc(map->n_columns + 1, sizeof *map->headings);
    for (size_t i = 0; map->headings && i < map->n_columns; i++) {
        if (!(map->headings[i] = strdup(row->cells[i])))
            return err_oom(err);
    }
    return map->headings ? 0 : err_oom(err);
}

int import_map_read(struct app *app, const struct import_kind *kind, struct csv_in *in,
    const char *wishes, struct import_map *ret_map, struct err *err)
{
    const struct csv_row *row;
    int rc = csv_in_next(in, &row, err);
    if (rc <= 0)
        return rc < 0 ? rc : usage_error(app, err, NULL, "the file has no rows");
    *ret_map = (struct import_map) { .kind = kind, .n_columns = row->n, .n_kept = row->n };
    for (size_t i = 0; i < ARRAY_SIZE(ret_map->field_of); i++)
        ret_map->field_of[i] = -1;
    if (kind->is_headless && kind->is_headless(row)) {
        ret_map->is_headless = true;
        for (size_t i = 0; i < row->n && i < kind->n_headless_columns; i++)
            ret_map->field_of[i] = kind->headless_columns[i];
        csv_in_push_back(in);
        return 0;
    }
    rc = keep_headings(ret_map, row, err);
    if (rc == 0) {
        int added = find_column(ret_map, "problem line", strlen("problem line"));
        ret_map->n_kept = added < 0 ? ret_map->n_columns : (size_t)added;
        map_by_headings(ret_map);
        rc = map_by_wishes(app, ret_map, wishes, err);
    }
    return rc == 0 ? check_required(app, ret_map, err) : rc;
}

void import_map_release(struct import_map *map)
{
    for (size_t i = 0; map->headings && i < map->n_columns; i++)
        free(map->headings[i]);
    free(map->headings);
    map->headings = NULL;
}

void import_map_print(struct app *app, const struct import_map *map)
{
    _cleanup_(str_release) struct str used = { 0 };
    _cleanup_(str_release) struct str left = { 0 };
    if (map->is_headless) {
        app_note(app, "no headings; taken for %s by place", map->kind->what);
        return;
    }
    for (size_t f = 0; f < map->kind->n_fields; f++) {
        bool is_first = true;
        for (size_t i = 0; i < map->n_columns; i++) {
            if (map->field_of[i] != (int)f)
                continue;
            if (is_first)
                str_addf(&used, "%s%s from ", used.len ? "; " : "", map->kind->fields[f].name);
            str_addf(&used, "%s%.60s", is_first ? "" : ", ", map->headings[i]);
            is_first = false;
        }
    }
    for (size_t i = 0; i < map->n_columns; i++) {
        if (map->field_of[i] < 0)
            str_addf(&left, "%s%.60s", left.len ? ", " : "", map->headings[i]);
    }
    app_note(app, "%s", str_text(&used));
    if (left.len)
        app_note(app, "not used: %s", left.data);
}

int import_map_apply(const struct import_map *map, const struct csv_row *row, struct arena *arena,
    struct import_row *ret_row, struct err *err)
{
    ret_row->line = row->line;
    for (size_t f = 0; f < map->kind->n_fields; f++)
        ret_row->text[f] = "";
    if (row->n > map->n_columns)
        return err_set(err, ERR_INVALID, "the row has %zu cells, the headings are %zu", row->n,
            map->n_columns);
    for (size_t i = 0; i < row->n; i++) {
        int field = map->field_of[i];
        if (field < 0 || !*row->cells[i])
            continue;
        const char *before = ret_row->text[field];
        ret_row->text[field] = *before ? arena_printf(arena, "%s\n%s", before, row->cells[i])
                                       : arena_strdup(arena, row->cells[i]);
        if (!ret_row->text[field])
            return err_oom(err);
    }
    return 0;
}
