/* Refused rows, in a file that can be mended and imported: the rows as they were, and three columns
 * more. A file that has these columns already (it was mended) keeps one set of them. */
#include "client/csv_out.h"
#include "client/import.h"

#include <errno.h>
#include <string.h>

static int open_file(struct import_problems *problems, struct err *err)
{
    _cleanup_(str_release) struct str line = { 0 };
    const struct import_map *map = problems->map;
    problems->file = fopen(problems->path, "we");
    if (!problems->file)
        return err_set(err, ERR_DENIED,
            "cannot write the refused rows to %s: %s; name another file "
            "with --problems",
            problems->path, strerror(errno));
    if (map->is_headless)
        return 0;
    for (size_t i = 0; i < map->n_kept; i++) {
        csv_out_cell(&line, map->headings[i]);
        str_addc(&line, ',');
    }
    str_addz(&line, "problem line,problem field,problem reason\n");
    if (line.failed)
        return err_oom(err);
    (void)fputs(str_text(&line), problems->file);
    return 0;
}

int import_problems_add(struct import_problems *problems, const char *cells, int64_t line,
    const char *field, const char *reason, struct err *err)
{
    _cleanup_(str_release) struct str text = { 0 };
    int rc = problems->file ? 0 : open_file(problems, err);
    if (rc < 0)
        return rc;
    str_addf(&text, "%s,%lld,", cells, (long long)line);
    csv_out_cell(&text, field);
    str_addc(&text, ',');
    csv_out_cell(&text, reason);
    str_addc(&text, '\n');
    if (text.failed)
        return err_oom(err);
    if (fputs(text.data, problems->file) == EOF)
        return err_set(
            err, ERR_UNAVAILABLE, "cannot write %s: %s", problems->path, strerror(errno));
    problems->n_rows++;
    return 0;
}

int import_problems_close(struct import_problems *problems, struct err *err)
{
    FILE *file = problems->file;
    problems->file = NULL;
    if (file && fclose(file) != 0)
        return err_set(
            err, ERR_UNAVAILABLE, "cannot write %s: %s", problems->path, strerror(errno));
    return 0;
}
