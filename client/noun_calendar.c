/* calendar: the diary, and addresses at which a phone reads it */
#include "client/london.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"
#include "wire/calendar.h"
#include "wire/json.h"

#include <errno.h>
#include <string.h>

#define CALENDAR_METHOD(name) "canvass.v1.CalendarService/" name
#define LIST_DAYS 14 /* the coming two weeks */

static verb_run_fn calendar_list_run, calendar_export_run;
static verb_show_fn feed_show;

static const struct arg events_args[] = {
    { "from", "from", ARG_EITHER, 0, NULL, "the first day (today)", NULL },
    { "until", "until", ARG_EITHER, 0, NULL, "the last day", NULL },
};
static const struct column event_columns[] = {
    { "AT", "at", FORMAT_MOMENT, 0 },
    { "DAY", "first_on", FORMAT_DATE, 0 },
    { "LAST DAY", "last_on", FORMAT_DATE, 0 },
    { "WHAT", "title", FORMAT_TEXT, COLUMN_SHRINK },
    { "WHERE", "location", FORMAT_TEXT, COLUMN_SHRINK },
    { "WHY", "kind", FORMAT_ENUM, 0 },
    { "CANCELLED", "cancelled", FORMAT_YES, 0 },
};
static const struct view events_view
    = { .rows = "events", VIEW_COLUMNS(event_columns), .empty = "nothing is in the calendar" };

static const struct arg address_args[] = {
    { "LABEL", "label", ARG_FIELD, ARG_POSITIONAL | ARG_WORDS, "LABEL", "which phone it is for",
        NULL },
    { "days", "days", ARG_FIELD, 0, NULL, "days until it expires, 1 to 400 (400)", NULL },
};
static const struct column feed_columns[] = {
    { "LABEL", "label", FORMAT_TEXT, COLUMN_SHRINK },
    { "CREATED", "created_at", FORMAT_MOMENT, 0 },
    { "EXPIRES", "expires_at", FORMAT_MOMENT, 0 },
    { "REVOKED", "revoked_at", FORMAT_MOMENT, 0 },
    { "ID", "id", FORMAT_TEXT, 0 },
};
static const struct view feeds_view = { .rows = "feeds",
    VIEW_COLUMNS(feed_columns),
    .empty = "no addresses; canvass calendar address makes one" };
static const struct column made_columns[] = {
    { "For", "feed.label", FORMAT_TEXT, 0 },
    { "Expires", "feed.expires_at", FORMAT_MOMENT, 0 },
    { "Id", "feed.id", FORMAT_TEXT, 0 },
};
static const struct view made_view = { .record = "", VIEW_COLUMNS(made_columns) };
static const struct column revoked_columns[] = {
    { "For", "label", FORMAT_TEXT, 0 },
    { "Revoked", "revoked_at", FORMAT_MOMENT, 0 },
};
static const struct view revoked_view = { .record = "feed", VIEW_COLUMNS(revoked_columns) };
static const struct arg revoke_args[] = {
    { "ID", "feed_id", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED, "ID",
        "the address's id, which calendar list shows", NULL },
};
static const struct arg export_args[] = {
    { "FILE", NULL, ARG_FILE, ARG_POSITIONAL | ARG_REQUIRED, "FILE.ics",
        "where to write it; it must not be there yet", NULL },
    { "from", "from", ARG_EITHER, 0, NULL, "the first day (60 days ago)", NULL },
    { "until", "until", ARG_EITHER, 0, NULL, "the last day (460 days later)", NULL },
};

/* The server knows its own name least; whoever logged in knows it. */
static int feed_show(struct app *app, const struct answer *answer, struct err *err)
{
    (void)fprintf(app->out, "%shttps://%s%s%s\n\n", app_bold(app), app->profile.server,
        json_text_at(answer->value, "path"), app_plain(app));
    int rc = output_record(app, &made_view, answer->value, err);
    if (rc < 0)
        return rc;
    (void)fprintf(app->out,
        "\niPhone   Settings, Apps, Calendar, Calendar Accounts, Add Account, Other,\n"
        "         Add Subscribed Calendar\n"
        "Android  calendar.google.com on a computer: Other calendars, +, From URL\n"
        "Outlook  Add calendar, Subscribe from web\n\n"
        "A phone asks again by itself, and drops what was cancelled. Names of clients are not in "
        "it.\n");
    return output_flush(app, err);
}

/* The day @days from today, for a field that was not given. */
static int set_day(const struct app *app, json_t *request, const char *field, int days)
{
    struct london_time now = london_from_usec(app->now_usec);
    struct civil_date date = civil_from_days(civil_to_days(&now.date) + days);

    if (json_object_get(request, field))
        return 0;
    return json_set_path(
        request, field, json_sprintf("%04d-%02d-%02d", date.year, date.month, date.day));
}

static int calendar_list_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    struct answer answer = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);

    if (rc == 0 && !parsed_text(parsed, "from")
        && (set_day(app, request, "from", 0) < 0
            || set_day(app, request, "until", LIST_DAYS - 1) < 0))
        rc = err_oom(err);
    if (rc == 0)
        rc = remote_call(app, parsed->verb->method, request, &answer, err);
    json_decref(request);
    if (rc == 0)
        rc = output_answer(app, parsed->verb->view, &answer, err);
    answer_release(&answer);
    return rc;
}

/* The answer in the form that a phone would get it. */
static int write_text(
    struct app *app, const struct answer *answer, struct str *out, struct err *err)
{
    ProtobufCMessage *message = NULL;
    int rc = json_to_message(answer->value, &canvass__v1__list_events_response__descriptor,
        &app->arena, JSON_SQL, &message, err);

    return rc < 0 ? rc : calendar_print((const Canvass__V1__ListEventsResponse *)message, out, err);
}

static int write_file(const char *path, const struct str *text, struct err *err)
{
    FILE *file = fopen(path, "wxe");

    if (!file)
        return err_set(err, errno == EEXIST ? ERR_EXISTS : ERR_INVALID, "cannot write %s: %s", path,
            errno == EEXIST ? "it is there already; give another name" : strerror(errno));
    size_t n = fwrite(str_text(text), 1, text->len, file);
    if (fclose(file) != 0 || n != text->len)
        return err_set(err, ERR_INVALID, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

static int calendar_export_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    _cleanup_(str_release) struct str text = { 0 };
    struct answer answer = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);

    if (rc == 0)
        rc = remote_call(app, parsed->verb->method, request, &answer, err);
    json_decref(request);
    if (rc == 0)
        rc = write_text(app, &answer, &text, err);
    if (rc == 0)
        rc = write_file(parsed_text(parsed, "FILE"), &text, err);
    if (rc == 0)
        app_note(app, "%zu events", json_array_size(json_get_path(answer.value, "events")));
    answer_release(&answer);
    return rc;
}

static const struct verb calendar_verbs[] = {
    { .noun = "calendar",
        .method = CALENDAR_METHOD("ListEvents"),
        .summary = "show your visits, trials and what is due in the coming two weeks",
        .example = "canvass calendar\ncanvass calendar --from \"next mon\" --until \"next fri\"",
        VERB_ARGS(events_args),
        .view = &events_view,
        .run = calendar_list_run },
    { .noun = "calendar",
        .name = "address",
        .method = CALENDAR_METHOD("CreateFeed"),
        .summary = "make a secret address at which your phone reads your calendar",
        .example = "canvass calendar address work phone",
        .notes
        = "It is shown once, and whoever has it reads the calendar: employers, addresses and "
          "times, never a client or a reason. A phone that is lost: canvass calendar revoke.",
        VERB_ARGS(address_args),
        .view = &made_view,
        .done = "Keep it like a password; it is not shown again.",
        .show = feed_show },
    { .noun = "calendar",
        .name = "list",
        .method = CALENDAR_METHOD("ListFeeds"),
        .summary = "list the addresses of your calendar",
        .example = "canvass calendar list",
        .view = &feeds_view },
    { .noun = "calendar",
        .name = "revoke",
        .method = CALENDAR_METHOD("RevokeFeed"),
        .summary = "end an address at once",
        .example = "canvass calendar revoke 019abc12-0000-7000-8000-000000000001",
        VERB_ARGS(revoke_args),
        .view = &revoked_view,
        .done = "Revoked: whoever reads it finds nothing." },
    { .noun = "calendar",
        .name = "export",
        .method = CALENDAR_METHOD("ListEvents"),
        .summary = "write your calendar into a file that every calendar program reads",
        .example = "canvass calendar export diary.ics",
        VERB_ARGS(export_args),
        .run = calendar_export_run },
};
const struct noun calendar_noun
    = { "calendar", "your diary, on the screen and on your phone", NOUN_VERBS(calendar_verbs) };
