/* What the network knows of a door: who leads, who was there, who plans to go, what to mind, what
 * others learnt. */
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/text.h"

#include <stdio.h>
#include <string.h>

static const struct column other_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "WHO", "by", FORMAT_TEXT, COLUMN_SHRINK },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "HOW", "mode", FORMAT_ENUM, 0 },
    { "STANCE", "stance", FORMAT_ENUM, 0 },
    { "FOR A CLIENT", "for_client", FORMAT_YES, 0 },
    { "SPOKE TO", "spoke_to", FORMAT_TEXT, COLUMN_SHRINK },
};
static const struct view others_view
    = { .rows = "others", VIEW_COLUMNS(other_columns), .empty = "nobody was there lately" };
static const struct column planned_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "WHO", "by", FORMAT_TEXT, COLUMN_SHRINK },
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
};
static const struct view planned_view = { .rows = "planned", VIEW_COLUMNS(planned_columns) };
static const struct column lead_columns[] = {
    { "BOROUGH", "borough", FORMAT_TEXT, 0 },
    { "LEAD", "lead", FORMAT_TEXT, COLUMN_SHRINK },
};
static const struct view leads_view = { .rows = "leads", VIEW_COLUMNS(lead_columns) };

void door_warnings_print(struct app *app, const json_t *warnings)
{
    const char *before = "\n";
    size_t i;
    json_t *warning;
    json_array_foreach(warnings, i, warning)
    {
        _cleanup_(str_release) struct str clean = { 0 };
        _cleanup_(str_release) struct str wrapped = { 0 };
        if (!*json_string_value(warning))
            continue;
        text_clean(json_string_value(warning), " ", &clean);
        text_wrap(str_text(&clean), 2, app->is_out_terminal ? app->width : 0, &wrapped);
        (void)fprintf(
            app->out, "%s%s! %s%s\n", before, app_bold(app), str_text(&wrapped), app_plain(app));
        before = "";
    }
}

int door_print(struct app *app, const struct answer *answer, struct err *err)
{
    const json_t *door = json_get_path(answer->value, "door");
    door_warnings_print(app, json_get_path(answer->value, "warnings"));
    door_warnings_print(app, json_get_path(door, "warnings"));
    int rc = output_part(
        app, "There lately", &others_view, json_get_path(answer->value, "others"), err);
    if (rc == 0)
        rc = output_part(app, "Planned", &planned_view, json_get_path(door, "planned"), err);
    if (rc == 0)
        rc = output_part(app, "Who leads", &leads_view, json_get_path(door, "leads"), err);
    if (rc == 0)
        rc = card_print(app, json_get_path(answer->value, "card"), err);
    if (rc == 0)
        lessons_print(app, json_get_path(door, "lessons"));
    return rc;
}

int door_show(struct app *app, const struct answer *answer, struct err *err)
{
    if (json_array_size(json_get_path(answer->value, "others")) == 0
        && json_array_size(json_get_path(answer->value, "door.planned")) == 0)
        app_note(app, "nobody was there lately, and nobody plans to go");
    int rc = door_print(app, answer, err);
    return rc == 0 ? output_flush(app, err) : rc;
}
