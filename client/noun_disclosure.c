/* disclosure: what an employer may know of a client, and the card to read before going there */
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/text.h"

#include <stdio.h>

#define CLIENT_ARG(path)                                                                           \
    {                                                                                              \
        "CLIENT", path, ARG_CLIENT, ARG_POSITIONAL | ARG_REQUIRED, "CLIENT",                       \
            "the client's reference", NULL                                                         \
    }
#define EMPLOYER_ARG(path, flags)                                                                  \
    {                                                                                              \
        "EMPLOYER", path, ARG_EMPLOYER, ARG_POSITIONAL | (flags), "EMPLOYER",                      \
            "the employer: words of its name, or its id", NULL                                     \
    }

static const struct arg set_args[] = {
    CLIENT_ARG("disclosure.client_id"),
    EMPLOYER_ARG("disclosure.employer_id", ARG_REQUIRED),
    { "LEVEL", "disclosure.level", ARG_FIELD, ARG_POSITIONAL | ARG_REQUIRED, NULL,
        "nothing; may-call: you may ring, without a word of health; partial or full: the wording",
        NULL },
    { "wording", "disclosure.wording", ARG_FIELD, ARG_ASK, NULL,
        "what may be said, in the words that the client agreed to", NULL },
    { "agreed", "disclosure.agreed_on", ARG_BACK, 0, NULL, "the day of the agreement (today)",
        NULL },
};
static const struct arg pair_args[] = {
    CLIENT_ARG("client_id"),
    EMPLOYER_ARG("employer_id", ARG_REQUIRED | ARG_WORDS),
};
static const struct arg list_args[] = {
    CLIENT_ARG("client_id"),
    EMPLOYER_ARG("employer_id", ARG_WORDS),
    { "ended", "ended", ARG_FIELD, 0, NULL, "those that ended, too", NULL },
};

static const struct column card_record[] = {
    { "Client", "client_ref", FORMAT_TEXT, 0 },
    { "Employer", "employer", FORMAT_TEXT, 0 },
    { "May know", "level", FORMAT_ENUM, 0 },
    { "May call", "may_call", FORMAT_YES, 0 },
    { "  who", "who", FORMAT_TEXT, 0 },
    { "  as", "service", FORMAT_TEXT, 0 },
    { "Agreed", "agreed_on", FORMAT_DATE, 0 },
};
static const struct view card_view = { .record = "card", VIEW_COLUMNS(card_record) };
static const struct column disclosure_columns[] = {
    { "EMPLOYER", "employer", FORMAT_TEXT, COLUMN_SHRINK },
    { "MAY KNOW", "level", FORMAT_ENUM, 0 },
    { "WORDING", "wording", FORMAT_TEXT, COLUMN_SHRINK },
    { "AGREED", "agreed_on", FORMAT_DATE, 0 },
    { "BY", "recorded_by", FORMAT_TEXT, COLUMN_SHRINK },
    { "ENDED", "ended_at", FORMAT_DATE, 0 },
    { "WITHDRAWN", "withdrawn", FORMAT_YES, 0 },
    { "ID", "id", FORMAT_TEXT, COLUMN_ID },
};
static const struct view disclosures_view = { .rows = "disclosures",
    VIEW_COLUMNS(disclosure_columns),
    .empty = "nothing was agreed: nobody calls an employer about this client" };

static void print_sentences(struct app *app, const char *title, const json_t *sentences)
{
    size_t i;
    json_t *sentence;
    (void)fprintf(app->out, "%s%s%s\n", app_bold(app), title, app_plain(app));
    json_array_foreach(sentences, i, sentence)
    {
        _cleanup_(str_release) struct str clean = { 0 };
        _cleanup_(str_release) struct str wrapped = { 0 };
        text_clean(json_string_value(sentence), " ", &clean);
        text_wrap(str_text(&clean), 2, app->is_out_terminal ? app->width : 0, &wrapped);
        (void)fprintf(app->out, "* %s\n", str_text(&wrapped));
    }
}

int card_print(struct app *app, const json_t *card, struct err *err)
{
    if (!card)
        return 0;
    (void)fputc('\n', app->out);
    int rc = output_record(app, &card_view, card, err);
    print_sentences(app, "Say", json_get_path(card, "say"));
    print_sentences(app, "Don't say", json_get_path(card, "dont_say"));
    return rc;
}

/* The card, with what to think of again. */
static int card_show(struct app *app, const struct answer *answer, struct err *err)
{
    int rc = card_print(app, json_get_path(answer->value, "card"), err);
    door_warnings_print(app, json_get_path(answer->value, "warnings"));
    return rc == 0 ? output_flush(app, err) : rc;
}

#define DISCLOSURE_METHOD(name) "canvass.v1.DisclosureService/" name

static const struct verb disclosure_verbs[] = {
    { .noun = "disclosure",
        .name = "set",
        .method = DISCLOSURE_METHOD("SetDisclosure"),
        .summary = "write down what a client agreed that an employer may know",
        .example = "canvass disclosure set LB-014 \"tool hire\" may-call --wording \"I help with "
                   "the first weeks\"\n"
                   "canvass disclosure set LB-014 \"tool hire\" nothing",
        .notes = "It ends the agreement before. Without one, nobody calls this employer about the "
                 "client, and letters name no service.",
        VERB_ARGS(set_args),
        .view = &card_view,
        .done = "Written down.",
        .show = card_show },
    { .noun = "disclosure",
        .name = "card",
        .method = DISCLOSURE_METHOD("GetCard"),
        .summary = "show what to say to an employer about a client, and what not to",
        .example = "canvass disclosure card LB-014 tool hire stockwell",
        VERB_ARGS(pair_args),
        .view = &card_view,
        .show = card_show },
    { .noun = "disclosure",
        .name = "withdraw",
        .method = DISCLOSURE_METHOD("WithdrawDisclosure"),
        .summary = "take an agreement back: the employer may know nothing more",
        .example = "canvass disclosure withdraw LB-014 tool hire stockwell",
        VERB_ARGS(pair_args),
        .view = &card_view,
        .done = "Withdrawn.",
        .show = card_show },
    { .noun = "disclosure",
        .name = "list",
        .method = DISCLOSURE_METHOD("ListDisclosures"),
        .summary = "list what a client agreed, employer by employer",
        .example = "canvass disclosure list LB-014 --ended",
        VERB_ARGS(list_args),
        .view = &disclosures_view },
};
const struct noun disclosure_noun
    = { "disclosure", "what employers may know", NOUN_VERBS(disclosure_verbs) };
