/* lesson: the shared learning log, and what of it stands beside other answers */
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/text.h"

#include <stdio.h>
#include <string.h>

#define BESIDE_MOST 5 /* lessons beside a match */

#define LESSON_ARG(flags)                                                                          \
    {                                                                                              \
        "LESSON", "lesson_id", ARG_LESSON, ARG_POSITIONAL | ARG_REQUIRED | (flags), "LESSON",      \
            "the lesson: words of it, or its id", NULL                                             \
    }

static const struct arg add_args[] = {
    { "TEXT", "lesson.text", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "TEXT",
        "one thing that you would tell a colleague, at most 400 characters; name no client", NULL },
    { "employer", "lesson.employer_id", ARG_EMPLOYER, 0, NULL, "about this employer", NULL },
    { "role", "lesson.soc", ARG_OCCUPATION, 0, NULL, "about this occupation, at any level", NULL },
    { "borough", "lesson.about_borough_id", ARG_BOROUGH, 0, NULL, "about this borough", NULL },
};
static const struct arg edit_args[] = {
    LESSON_ARG(0),
    { "TEXT", "text", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "TEXT",
        "how it should read", NULL },
    { "etag", "etag", ARG_FIELD, 0, "ETAG", "only if nobody changed it since", NULL },
};
static const struct arg withdraw_args[] = { LESSON_ARG(ARG_WORDS) };
static const struct arg useful_args[] = {
    LESSON_ARG(ARG_WORDS),
    { "take-back", "not_useful", ARG_FIELD, 0, NULL, "it was not, after all", NULL },
};
#define ABOUT_ARGS                                                                                 \
    { "employer", "employer_ids", ARG_EMPLOYER, 0, "EMPLOYER,...", "about these employers",        \
        NULL },                                                                                    \
        { "role", "socs", ARG_OCCUPATION, 0, "ROLE,...",                                           \
            "about these occupations, and what they "                                              \
            "belong to",                                                                           \
            NULL },                                                                                \
    {                                                                                              \
        "borough", "borough_ids", ARG_BOROUGH, 0, "BOROUGH,...", "about these boroughs", NULL      \
    }
static const struct arg find_args[] = {
    { "WORDS", "query", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED | ARG_WORDS, "WORDS",
        "words, in whatever form", NULL },
    ABOUT_ARGS,
};
static const struct arg list_args[] = {
    ABOUT_ARGS,
    { "mine", "mine", ARG_FIELD, 0, NULL, "yours alone, withdrawn ones too", NULL },
};

static const struct column lesson_record[] = {
    { "Lesson", "text", FORMAT_TEXT, 0 },
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "Occupation", "soc", FORMAT_TEXT, 0 },
    { "", "soc_title", FORMAT_TEXT, 0 },
    { "Borough", "about_borough", FORMAT_TEXT, 0 },
    { "By", "by", FORMAT_TEXT, 0 },
    { "  of", "borough", FORMAT_TEXT, 0 },
    { "Useful to", "useful", FORMAT_NUMBER, 0 },
    { "  to you", "useful_to_me", FORMAT_YES, 0 },
    { "Withdrawn", "withdrawn_at", FORMAT_MOMENT, 0 },
    { "Id", "id", FORMAT_TEXT, 0 },
};
static const struct view lesson_view = { .record = "lesson", VIEW_COLUMNS(lesson_record) };
static const struct column lesson_columns[] = {
    { "USEFUL", "useful", FORMAT_NUMBER, COLUMN_RIGHT },
    { "LESSON", "text", FORMAT_TEXT, COLUMN_SHRINK },
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "ROLE", "soc_title", FORMAT_TEXT, COLUMN_SHRINK },
    { "ABOUT", "about_borough", FORMAT_TEXT, 0 },
    { "BY", "by", FORMAT_TEXT, COLUMN_SHRINK },
    { "OF", "borough", FORMAT_TEXT, 0 },
    { "WITHDRAWN", "withdrawn_at", FORMAT_DATE, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view lessons_view
    = { .rows = "lessons", VIEW_COLUMNS(lesson_columns), .empty = "no lessons" };

/* A lesson with what to think of again. */
int lesson_show(struct app *app, const struct answer *answer, struct err *err)
{
    int rc = output_record(app, &lesson_view, json_get_path(answer->value, "lesson"), err);
    door_warnings_print(app, json_get_path(answer->value, "warnings"));
    return rc == 0 ? output_flush(app, err) : rc;
}

static void print_lesson(struct app *app, const json_t *lesson)
{
    _cleanup_(str_release) struct str line = { 0 };
    _cleanup_(str_release) struct str clean = { 0 };
    _cleanup_(str_release) struct str wrapped = { 0 };
    long long useful = json_integer_value(json_object_get(lesson, "useful"));
    str_addf(&line, "%s (%s%s%s; %s, %s", json_text_at(lesson, "text"),
        json_text_at(lesson, "employer"), json_text_at(lesson, "soc_title"),
        json_text_at(lesson, "about_borough"), json_text_at(lesson, "by"),
        json_text_at(lesson, "borough"));
    if (useful)
        str_addf(&line, "; useful to %lld", useful);
    str_addc(&line, ')');
    text_clean(str_text(&line), " ", &clean);
    text_wrap(str_text(&clean), 2, app->is_out_terminal ? app->width : 0, &wrapped);
    (void)fprintf(app->out, "* %s\n", str_text(&wrapped));
}

void lessons_print(struct app *app, const json_t *lessons)
{
    size_t i;
    json_t *lesson;
    if (json_array_size(lessons) == 0)
        return;
    (void)fprintf(app->out, "\n%sLessons%s\n", app_bold(app), app_plain(app));
    json_array_foreach(lessons, i, lesson) print_lesson(app, lesson);
}

/* Add what @opening is about to the lists of a ListLessonsRequest. */
static int name_subjects(json_t *employers, json_t *socs, const json_t *opening)
{
    const char *soc = json_text_at(opening, "soc");
    if (json_array_append_new(employers, json_string(json_text_at(opening, "employer_id"))) < 0)
        return ERR_EXHAUSTED;
    return *soc ? json_array_append_new(socs, json_string(soc)) : 0;
}

/* A list of openings, or one. */
static int name_openings(json_t *employers, json_t *socs, const json_t *openings)
{
    size_t i;
    json_t *opening;
    if (json_is_object(openings))
        return name_subjects(employers, socs, openings);
    json_array_foreach(openings, i, opening)
    {
        if (name_subjects(employers, socs, opening) < 0)
            return ERR_EXHAUSTED;
    }
    return 0;
}

int lessons_beside(struct app *app, const json_t *openings, struct err *err)
{
    struct answer answer = { 0 };
    json_t *employers = json_array(), *socs = json_array();
    int rc = name_openings(employers, socs, openings);
    if (rc < 0 || json_array_size(employers) == 0) {
        json_decref(employers);
        json_decref(socs);
        return rc < 0 ? err_oom(err) : 0;
    }
    json_t *request = json_pack(
        "{s:o, s:o, s:i}", "employer_ids", employers, "socs", socs, "page_size", BESIDE_MOST);
    rc = request ? remote_call(app, "canvass.v1.LessonService/ListLessons", request, &answer, err)
                 : err_oom(err);
    json_decref(request);
    if (rc < 0)
        return rc;
    lessons_print(app, json_get_path(answer.value, "lessons"));
    answer_release(&answer);
    return 0;
}

#define LESSON_METHOD(name) "canvass.v1.LessonService/" name

static const struct verb lesson_verbs[] = {
    { .noun = "lesson",
        .name = "add",
        .method = LESSON_METHOD("AddLesson"),
        .summary = "write down what a colleague should know",
        .example
        = "canvass lesson add \"Ask for the yard lead before nine\" --employer \"tool hire\"\n"
          "canvass lesson add \"Van work starts with a paid trial day\" --role 8214",
        .notes = "Every borough reads it, before a visit and beside a match. It is about one "
                 "employer, one occupation or one borough, and never about a client.",
        VERB_ARGS(add_args),
        .view = &lesson_view,
        .done = "Added.",
        .show = lesson_show },
    { .noun = "lesson",
        .name = "list",
        .method = LESSON_METHOD("ListLessons"),
        .summary = "list lessons, the most useful first",
        .example = "canvass lesson list --employer \"tool hire\" --role driver\n"
                   "canvass lesson list --mine",
        VERB_ARGS(list_args),
        .view = &lessons_view },
    { .noun = "lesson",
        .name = "find",
        .method = LESSON_METHOD("ListLessons"),
        .summary = "find lessons by their words",
        .example = "canvass lesson find paid trial",
        VERB_ARGS(find_args),
        .view = &lessons_view },
    { .noun = "lesson",
        .name = "useful",
        .method = LESSON_METHOD("MarkLesson"),
        .summary = "say that a colleague's lesson was useful",
        .example = "canvass lesson useful yard lead before nine",
        VERB_ARGS(useful_args),
        .view = &lesson_view,
        .done = "Noted." },
    { .noun = "lesson",
        .name = "edit",
        .method = LESSON_METHOD("UpdateLesson"),
        .summary = "change the text of your lesson",
        .example = "canvass lesson edit \"yard lead\" \"Ask for the yard lead before eight\"",
        VERB_ARGS(edit_args),
        .view = &lesson_view,
        .done = "Changed.",
        .show = lesson_show },
    { .noun = "lesson",
        .name = "withdraw",
        .method = LESSON_METHOD("WithdrawLesson"),
        .summary = "take your lesson back",
        .example = "canvass lesson withdraw yard lead before eight",
        VERB_ARGS(withdraw_args),
        .view = &lesson_view,
        .done = "Withdrawn." },
};
const struct noun lesson_noun
    = { "lesson", "what colleagues learnt, for every borough", NOUN_VERBS(lesson_verbs) };
