/* The commands as data. One row is one command: what it is called, the method it stands for, its
 * options with the request's fields that they fill, and the columns that its answer is shown in.
 *
 * An ordinary command is a row and nothing else: verb_run() (run.c) builds the request from the
 * options through the message's descriptor, calls the method, and prints. A row with .run goes its
 * own way. Paths are those of the messages in proto/, in snake_case; a unit test checks every path
 * of every row against the descriptors.
 */
#pragma once

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct app;
struct parsed;
struct verb;

/* What an option's text means. Most follows from the field: text, number, yes or no, enum, list. */
enum arg_kind {
    ARG_FIELD, /* by the field's type; lists are separated by commas */
    ARG_BACK, /* a Date or Timestamp that lies behind */
    ARG_AHEAD, /* one that is to come */
    ARG_EITHER,
    ARG_PENCE, /* "12.71" */
    ARG_TENTHS, /* hours, "37.5" */
    ARG_TENTHS_RANGE, /* "16-30": path is the prefix of _min_tenths and _max_tenths */
    ARG_METRES, /* "5km" */
    ARG_SPANS, /* "mon-fri 09:00-17:00" */
    ARG_WISHES, /* "8214:5,9263": OccupationWish */
    ARG_EMPLOYER, /* these name rows of the server: an id, or words that find one */
    ARG_SITE,
    ARG_CONTACT,
    ARG_KNOWN_CONTACT, /* of another borough */
    ARG_LESSON,
    ARG_SHARE,
    ARG_REQUEST,
    ARG_CLIENT,
    ARG_OCCUPATION,
    ARG_OPENING,
    ARG_TRIAL, /* one that is not over */
    ARG_VISIT,
    ARG_SPECIALIST,
    ARG_TEAM,
    ARG_BOROUGH,
    ARG_LOCAL, /* for the command itself; takes a value */
    ARG_SWITCH, /* for the command itself; takes none */
    ARG_FILE, /* for the command itself; the shell completes it as a file */
    ARG_CONTENT, /* names a file whose text is the field's value */
};

enum arg_flag {
    ARG_POSITIONAL = 1 << 0, /* no option: its place says what it is */
    ARG_REQUIRED = 1 << 1, /* without it the command fails; asked for on a terminal */
    ARG_ASK = 1 << 2, /* asked for on a terminal, and may be left blank */
    ARG_WORDS = 1 << 3, /* a positional that takes all words that are left */
    ARG_NO_MASK = 1 << 4, /* of an edit: names the row, is no change */
};

struct arg {
    const char *name; /* "met" for --met; a positional's name in capitals */
    const char *path; /* of the request's field; NULL: none */
    enum arg_kind kind;
    unsigned flags;
    const char *value; /* what stands for the value in the help; NULL: from the type */
    const char *help;
    const char *unless; /* is neither required nor asked for if this other option is given */
};

enum format {
    FORMAT_TEXT,
    FORMAT_MOMENT, /* "Tue 24 Nov 2026 10:00" */
    FORMAT_DATE,
    FORMAT_ENUM, /* "in person" */
    FORMAT_PENCE,
    FORMAT_TENTHS,
    FORMAT_METRES,
    FORMAT_SPANS,
    FORMAT_LIST, /* of texts or numbers */
    FORMAT_ENUMS, /* of enum values */
    FORMAT_YES, /* "yes", or nothing */
    FORMAT_NUMBER, /* nothing if 0 */
    FORMAT_WISHES,
    FORMAT_WINDOWS, /* of Unavailable */
};

enum column_flag {
    COLUMN_ID = 1 << 0, /* only with --ids, on a wide terminal, or not on one */
    COLUMN_RIGHT = 1 << 1,
    COLUMN_SHRINK = 1 << 2, /* gives way when the terminal is narrow */
};

struct column {
    const char *heading;
    const char *path; /* from the row, or from the record */
    enum format format;
    unsigned flags;
};

/* How an answer is shown: as a table of @rows, or as a record of the message at @record. */
struct view {
    const char *rows, *record;
    const struct column *columns;
    size_t n_columns;
    const char *empty; /* said on stderr instead of an empty table */
};

/* An answer: as it came, for --json, and as a value with snake_case names. */
struct answer {
    json_t *proto; /* proto3 JSON */
    json_t *value; /* JSON_SQL; see wire/json.h */
};

void answer_release(struct answer *answer);

typedef int verb_run_fn(struct app *app, const struct parsed *parsed, struct err *err);
typedef int verb_show_fn(struct app *app, const struct answer *answer, struct err *err);

struct verb {
    const char *noun, *name; /* name NULL: the noun is the command ("today") */
    const char *method; /* full name; NULL: none, or several */
    const char *summary; /* one line, no full stop */
    const char *example; /* one command line, or several separated by newlines */
    const struct arg *args;
    size_t n_args;
    const struct view *view;
    const char *done; /* said before the view of a write that was kept */
    const char *mask; /* of an edit: the message whose fields are changed ("employer") */
    const char *reads; /* of a change to a part: the method that reads the whole ... */
    const char *part; /* ... and where the part lies in both ("client.wishes", "wishes") */
    const char *part_to;
    const char *notes; /* further paragraphs of the help */
    verb_run_fn *run;
    verb_show_fn *show;
    bool is_hidden;
};

struct noun {
    const char *name, *summary;
    const struct verb *verbs;
    size_t n_verbs;
};

/* All nouns, in the order of the help. */
extern const struct noun *const nouns[];
extern const size_t n_nouns;

const struct noun *noun_find(const char *name) _pure_;

/* Find the verb; "client limit" is noun "client", name "limit"; "employer site add" has the name
 * "site add". NULL if there is none. */
const struct verb *verb_find(const struct noun *noun, const char *name) _pure_;

/* The values that a command line gives. */
#define PARSED_MAX_ARGS 40

struct parsed {
    const struct verb *verb;
    const char *text[PARSED_MAX_ARGS]; /* by the place in verb->args; NULL: not given */
    bool is_negated[PARSED_MAX_ARGS]; /* --no-x */
};

/* Return the text of the option @name, NULL if it was not given. */
const char *parsed_text(const struct parsed *parsed, const char *name) _pure_;

/* Build the request of an ordinary command: the caller owns *@ret_request. */
int request_build(struct app *app, const struct parsed *parsed, json_t **ret_request,
    struct err *err) _must_check_;

/* Run a command by its row alone. */
int verb_run(struct app *app, const struct parsed *parsed, struct err *err) _must_check_;

/* Name the option that fills the request's field @path: "--learned", "EMPLOYER"; NULL if none. */
const char *verb_option_of(const struct verb *verb, const char *path, char *out, size_t size);
