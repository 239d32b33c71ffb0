/* The tables of commands, a file each. verbs.c puts them in order. */
#pragma once

#include "base/macro.h"
#include "client/verb.h"

#define VERB_ARGS(table) .args = (table), .n_args = ARRAY_SIZE(table)
#define VIEW_COLUMNS(table) .columns = (table), .n_columns = ARRAY_SIZE(table)
#define NOUN_VERBS(table) .verbs = (table), .n_verbs = ARRAY_SIZE(table)

extern const struct noun audit_noun, borough_noun, calendar_noun, call_noun, client_noun,
    complete_noun, completion_noun, disclosure_noun, dups_noun, employer_noun, export_noun,
    help_noun, history_noun, import_noun, industry_noun, job_noun, lesson_noun, login_noun,
    logout_noun, match_noun, merge_noun, occupation_noun, opening_noun, person_noun, postcode_noun,
    report_noun, request_noun, review_noun, share_noun, specialist_noun, support_noun, target_noun,
    team_noun, today_noun, token_noun, trial_noun, undo_noun, visit_noun, watch_noun, whoami_noun;

/* Views that tables of several files show. */
extern const struct view history_view, employers_export_view, audit_export_view;

/* Runners that a table in another file names. */
verb_run_fn call_run, login_run, logout_run, help_run, completion_run, complete_run, report_run,
    import_employers_run, import_postcodes_run, import_occupations_run, import_industries_run,
    export_run, client_busy_run, match_run, merge_run, visit_correct_run, visit_add_run,
    employer_add_run, audit_export_run;

/* Write the rows of a method that streams them, as CSV or JSON lines; how many there were. */
int export_rows(struct app *app, const struct parsed *parsed, int64_t *ret_n_rows,
    struct err *err) _must_check_;

verb_show_fn contacts_show, door_show, lesson_show, match_explain_show, match_opening_show,
    opened_show, target_show, visit_recorded_show;

/* Print what an answer says of a door: warnings, who was there, who plans to go, who leads. */
int door_print(struct app *app, const struct answer *answer, struct err *err) _must_check_;
void door_warnings_print(struct app *app, const json_t *warnings);

/* Print what may be said of a client to an employer; nothing for NULL. */
int card_print(struct app *app, const json_t *card, struct err *err) _must_check_;

/* Print lessons, a line each; nothing where there are none. */
void lessons_print(struct app *app, const json_t *lessons);

/* Ask for the lessons about the employers and occupations of @openings (a list, or one), and print
 * them. */
int lessons_beside(struct app *app, const json_t *openings, struct err *err) _must_check_;
