/* import: a file, its columns, the stream, and what came of it. */
#include "client/import.h"

#include "client/exit_code.h"
#include "client/import_kinds.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* "list.csv" has its problems in "list-problems.csv"; standard input in "import-problems.csv". */
static char *problems_path(struct app *app, const char *path)
{
    if (str_eq(path, "-"))
        return arena_strdup(&app->arena, "import-problems.csv");
    size_t len = strlen(path);
    if (len > 4 && strcasecmp(path + len - 4, ".csv") == 0)
        len -= 4;
    return arena_printf(&app->arena, "%.*s-problems.csv", (int)len, path);
}

static void say_tally(struct app *app, const struct import_map *map,
    const struct import_problems *problems, const struct import_tally *tally)
{
    if (tally->created + tally->updated + tally->unchanged > 0)
        app_note(app, "%" PRId64 " new, %" PRId64 " changed, %" PRId64 " known already%s",
            tally->created, tally->updated, tally->unchanged,
            app->dry_run ? " (checked; nothing was kept)" : "");
    if (tally->loaded > 0 && map->kind)
        app_note(app, "%" PRId64 " %s loaded%s", tally->loaded, map->kind->what,
            app->dry_run ? " (checked; nothing was kept)" : "");
    if (tally->warned > 0)
        app_note(app, "%" PRId64 " row%s imported with a remark", tally->warned,
            tally->warned == 1 ? " was" : "s were");
    if (tally->refused > 0)
        app_note(app, "%" PRId64 " row%s refused; mend %s in %s and import that file",
            tally->refused, tally->refused == 1 ? " was" : "s were",
            tally->refused == 1 ? "it" : "them", problems->path);
}

static int say_json(struct app *app, const struct import_problems *problems,
    const struct import_tally *tally, struct err *err)
{
    json_t *value = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:s?}", "created", tally->created,
        "updated", tally->updated, "unchanged", tally->unchanged, "loaded", tally->loaded,
        "rejected", tally->refused, "warnings", tally->warned, "problems",
        tally->refused ? problems->path : NULL);
    int rc = value ? output_json(app, value, err) : err_oom(err);
    json_decref(value);
    return rc;
}

static int report(struct app *app, const struct import_map *map, struct csv_in *in,
    const struct import_problems *problems, const struct import_tally *tally, bool is_stopped,
    struct err *err)
{
    if (csv_in_n_converted(in))
        app_note(app, "%" PRId64 " cells were not UTF-8; they were taken for Windows-1252",
            csv_in_n_converted(in));
    say_tally(app, map, problems, tally);
    if (is_stopped) {
        app_note(app,
            "stopped after %" PRId64 " rows, which are all done; run the same command "
            "again to go on (nothing is doubled)",
            tally->rows);
        app->exit_code = EXIT_CODE_INTERRUPTED;
    } else if (tally->refused) {
        app->exit_code = EXIT_CODE_ROWS_REFUSED;
    }
    return app->json ? say_json(app, problems, tally, err) : 0;
}

static int import(
    struct app *app, const struct parsed *parsed, const struct import_kind *kind, struct err *err)
{
    const char *path = parsed_text(parsed, "FILE"), *named = parsed_text(parsed, "problems");
    _cleanup_(csv_in_freep) struct csv_in *in = NULL;
    _cleanup_(import_map_release) struct import_map map = { 0 };
    struct import_tally tally = { 0 };
    struct err late = { 0 };
    bool is_stopped = false;
    if (!path)
        return usage_error(app, err, NULL, "FILE is missing: %s", parsed->verb->args[0].help);
    struct import_problems problems
        = { .path = named ? named : problems_path(app, path), .map = &map };
    int rc = problems.path ? csv_in_open(path, &in, err) : err_oom(err);
    if (rc == 0)
        rc = import_map_read(app, kind, in, parsed_text(parsed, "map"), &map, err);
    if (rc < 0)
        return rc;
    import_map_print(app, &map);
    rc = import_stream(
        app, &map, in, parsed_text(parsed, "source"), &problems, &tally, &is_stopped, err);
    int closed = import_problems_close(&problems, &late);
    if (rc < 0) {
        say_tally(app, &map, &problems, &tally);
        app_note(
            app, "%" PRId64 " rows were read; running the same command again is safe", tally.rows);
        return rc;
    }
    if (closed < 0)
        return err_set(err, (enum err_code)closed, "%s", late.msg);
    return report(app, &map, in, &problems, &tally, is_stopped, err);
}

int import_employers_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    return import(app, parsed, &import_employers_kind, err);
}

int import_postcodes_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    return import(app, parsed, &import_postcodes_kind, err);
}

int import_occupations_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    return import(app, parsed, &import_occupations_kind, err);
}

int import_industries_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    return import(app, parsed, &import_industries_kind, err);
}
