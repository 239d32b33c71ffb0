/* review: a lead's weekly page */
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"

#define REVIEW_METHOD(name) "canvass.v1.ReviewService/" name

static const struct arg week_args[] = {
    { "week", "week", ARG_BACK, 0, NULL, "any day of the week; this week if left out", NULL },
};
static const struct arg show_args[] = {
    { "WHO", "specialist_id", ARG_SPECIALIST, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "WHO",
        "the specialist, or \"me\"", NULL },
    { "week", "week", ARG_BACK, 0, NULL, "any day of the week; this week if left out", NULL },
};
static const struct arg note_args[] = {
    { "WHO", "specialist_id", ARG_SPECIALIST, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "WHO",
        "the specialist", NULL },
    { "week", "week", ARG_BACK, 0, NULL, "any day of the week; last week if left out", NULL },
    { "note", "note", ARG_FIELD, ARG_ASK, NULL, "what you said about it; name no client", NULL },
};
static const struct arg list_args[] = {
    { "WHO", "specialist_id", ARG_SPECIALIST, ARG_POSITIONAL | ARG_WORDS, "WHO",
        "the specialist; you if left out", NULL },
};

static const struct column line_columns[] = {
    { "WHO", "specialist", FORMAT_TEXT, COLUMN_SHRINK },
    { "CLIENTS", "clients", FORMAT_NUMBER, COLUMN_RIGHT },
    { "SEEKING", "job_seekers", FORMAT_NUMBER, COLUMN_RIGHT },
    { "FACE TO FACE", "face_to_face", FORMAT_NUMBER, COLUMN_RIGHT },
    { "FOR CLIENTS", "client_specific", FORMAT_NUMBER, COLUMN_RIGHT },
    { "TARGET", "target", FORMAT_NUMBER, COLUMN_RIGHT },
    { "LOW", "low", FORMAT_YES, 0 },
    { "OVERDUE", "overdue", FORMAT_NUMBER, COLUMN_RIGHT },
    { "OLDEST", "overdue_since", FORMAT_DATE, 0 },
    { "UNRECORDED", "unrecorded", FORMAT_NUMBER, COLUMN_RIGHT },
    { "REVIEWED", "review.reviewed_at", FORMAT_DATE, 0 },
    { "BY", "review.reviewed_by", FORMAT_TEXT, COLUMN_SHRINK },
    { "ID", "specialist_id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view lines_view
    = { .rows = "lines", VIEW_COLUMNS(line_columns), .empty = "your team has no specialist" };
static const struct column visit_columns[] = {
    { "WHEN", "at", FORMAT_MOMENT, 0 },
    { "HOW", "mode", FORMAT_ENUM, 0 },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "CLIENT", "client_ref", FORMAT_TEXT, 0 },
    { "ROLE", "role_title", FORMAT_TEXT, COLUMN_SHRINK },
    { "CUP", "cup", FORMAT_NUMBER, COLUMN_RIGHT },
    { "STANCE", "stance", FORMAT_ENUM, 0 },
    { "OUTCOME", "outcome", FORMAT_ENUM, 0 },
    { "NEXT", "next_touch_at", FORMAT_DATE, 0 },
};
static const struct view visits_view
    = { .rows = "visits", VIEW_COLUMNS(visit_columns), .empty = "nothing was recorded this week" };
static const struct column review_columns[] = {
    { "Who", "specialist", FORMAT_TEXT, 0 },
    { "Week of", "week_on", FORMAT_DATE, 0 },
    { "Reviewed", "reviewed_at", FORMAT_MOMENT, 0 },
    { "  by", "reviewed_by", FORMAT_TEXT, 0 },
    { "Note", "note", FORMAT_TEXT, 0 },
};
static const struct view review_view = { .record = "review", VIEW_COLUMNS(review_columns) };
static const struct column list_columns[] = {
    { "WEEK OF", "week_on", FORMAT_DATE, 0 },
    { "REVIEWED", "reviewed_at", FORMAT_DATE, 0 },
    { "BY", "reviewed_by", FORMAT_TEXT, 0 },
    { "NOTE", "note", FORMAT_TEXT, COLUMN_SHRINK },
};
static const struct view list_view
    = { .rows = "reviews", VIEW_COLUMNS(list_columns), .empty = "no week was reviewed yet" };

/* One specialist: the line, what was said, and the log. */
static int show_week(struct app *app, const struct answer *answer, struct err *err)
{
    const json_t *line = json_array_get(json_get_path(answer->value, "lines"), 0);
    const json_t *review = json_get_path(line, "review");
    int rc = output_rows(app, &lines_view, json_get_path(answer->value, "lines"), err);
    if (rc == 0 && review)
        rc = output_record(app, &review_view, review, err);
    return rc < 0 ? rc
                  : output_rows(app, &visits_view, json_get_path(answer->value, "visits"), err);
}

static const struct verb review_verbs[] = {
    { .noun = "review",
        .name = "week",
        .method = REVIEW_METHOD("GetWeek"),
        .summary
        = "show a week of your team: contacts, targets, what is overdue, what was reviewed",
        .example = "canvass review week\ncanvass review week --week \"last mon\"",
        .notes = "A lead sees the team, the fewest contacts for their target first; a specialist "
                 "sees their own line. Only what was face to face with a client in mind counts.",
        VERB_ARGS(week_args),
        .view = &lines_view },
    { .noun = "review",
        .name = "show",
        .method = REVIEW_METHOD("GetWeek"),
        .summary = "show a specialist's week with their log",
        .example = "canvass review show amira\ncanvass review show me --week \"last mon\"",
        VERB_ARGS(show_args),
        .show = show_week },
    { .noun = "review",
        .name = "note",
        .method = REVIEW_METHOD("ReviewWeek"),
        .summary = "note that you looked at a specialist's week, with what you said about it",
        .example = "canvass review note amira --note \"Second cups earlier in the week\"",
        .notes = "A lead's to do. The specialist reads the note, and nobody else. Again: the new "
                 "note takes the place of the old.",
        VERB_ARGS(note_args),
        .view = &review_view,
        .done = "Reviewed." },
    { .noun = "review",
        .name = "list",
        .method = REVIEW_METHOD("ListReviews"),
        .summary = "list the reviews of somebody's weeks",
        .example = "canvass review list\ncanvass review list amira",
        VERB_ARGS(list_args),
        .view = &list_view },
};
const struct noun review_noun = { "review", "a lead's weekly page", NOUN_VERBS(review_verbs) };
