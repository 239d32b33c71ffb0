/* What is to be said of an answer as a whole: a pause, wishes that contradict each other, nothing
 * wished for, one sector too often. */
#include "match/words.h"

#define CONTRADICTION "Two things contradict each other: "

static void note_pause(const struct match_query *q, struct str *out)
{
    const struct match_client *client = q->client;
    if (!client->is_paused)
        return;
    str_addz(out,
        q->options->even_if_paused ? "The client is paused: this was asked for all the same"
                                   : "The client is paused: nothing is suggested");
    if (!client->ask_again_on)
        return;
    str_addz(out, "; ask again on ");
    match_say_date(client->ask_again_on, out);
}

static void note_hours(const struct match_query *q, struct str *out)
{
    const struct match_client *client = q->client;
    if (!client->hours_max_tenths || client->hours_min_tenths <= client->hours_max_tenths)
        return;
    str_addz(out, CONTRADICTION "at least ");
    match_say_hours_tenths(client->hours_min_tenths, out);
    str_addz(out, ", and at most ");
    match_say_hours_tenths(client->hours_max_tenths, out);
}

static void note_start(const struct match_query *q, struct str *out)
{
    const struct match_client *client = q->client;
    if (!client->latest_start_on || match_can_start_on(q) <= client->latest_start_on)
        return;
    str_addz(out, CONTRADICTION "the client can start on ");
    match_say_date(match_can_start_on(q), out);
    str_addz(out, ", and wants to start by ");
    match_say_date(client->latest_start_on, out);
}

static void note_free_times(const struct match_query *q, struct str *out)
{
    const struct match_week any = { { 0 } };
    uint32_t room = match_room_tenths(&q->free, &any);
    uint32_t needed = q->client->hours_min_tenths;
    if (room == 0)
        return str_addz(out,
            CONTRADICTION
            "the free times, and the unavailable times with their travel, which leave "
            "nothing of the week");
    if (room >= needed)
        return;
    str_addz(out, CONTRADICTION "at least ");
    match_say_hours_tenths(needed, out);
    str_addz(out, ", and free times for ");
    match_say_hours_tenths(room, out);
}

/* Whether every unit group of @code lies in an excluded group. */
static bool is_ruled_out(const struct match_client *client, const struct match_code *code)
{
    uint32_t unit = code->code;
    for (unsigned digits = code->digits; digits < MATCH_SOC_DIGITS; digits++)
        unit *= 10;
    for (size_t i = 0; i < client->n_excluded_occupations; i++)
        if (client->excluded_occupations[i].digits <= code->digits
            && match_code_has_soc(&client->excluded_occupations[i], (uint16_t)unit))
            return true;
    return false;
}

static void note_occupations(const struct match_query *q, struct str *out)
{
    const struct match_client *client = q->client;
    if (client->only_these_occupations && client->n_occupations == 0)
        return str_addz(
            out, "Only wished-for occupations are to count, but none is recorded: all count");
    for (size_t i = 0; i < client->n_occupations; i++)
        if (is_ruled_out(client, &client->occupations[i].code))
            return str_addf(out, CONTRADICTION "occupation %u is wished for, and ruled out",
                client->occupations[i].code.code);
}

static void note_no_wishes(const struct match_query *q, struct str *out)
{
    const struct match_client *client = q->client;
    unsigned wishes = client->n_occupations || client->n_industries || client->hours_wanted_tenths;
    for (size_t i = 0; i < MATCH_N_SETTINGS; i++)
        wishes |= client->setting_weights[i];
    for (size_t i = 0; i < MATCH_N_ACCREDITATIONS; i++)
        wishes |= client->accreditation_weights[i];
    if (!wishes)
        str_addz(
            out, "No wishes are recorded: the order follows pay, nearness, trial and employer");
}

/* Breadth: the lead is told when one sector has most of what is suggested. */
static void note_sector(
    const struct match_query *q, const struct match_opening *shown, size_t n_shown, struct str *out)
{
    enum { TOO_FEW_TO_TELL = 4, SECTIONS = 'U' - 'A' + 1 };
    size_t counts[SECTIONS] = { 0 };
    if (n_shown < TOO_FEW_TO_TELL || q->options->sector_share_percent == 0)
        return;
    for (size_t i = 0; i < n_shown; i++)
        if (shown[i].sic_section)
            counts[shown[i].sic_section - 'A']++;
    for (size_t i = 0; i < SECTIONS; i++)
        if (counts[i] * 100 > n_shown * q->options->sector_share_percent)
            return str_addf(out,
                "%zu of %zu suggestions are in one sector (SIC 2007 section %c): look wider",
                counts[i], n_shown, (char)('A' + i));
}

int match_add_notes(struct match_answer *answer, const struct match_query *q,
    const struct match_opening *shown, size_t n_shown, struct arena *arena, struct str *text,
    struct err *err)
{
    static void (*const of_client[])(const struct match_query *, struct str *)
        = { note_pause, note_hours, note_start, note_free_times, note_occupations, note_no_wishes };
    enum { N_NOTES = ARRAY_SIZE(of_client) + 1 };
    answer->notes = arena_calloc(arena, N_NOTES, sizeof(*answer->notes));
    if (!answer->notes)
        return err_oom(err);
    for (size_t i = 0; i < N_NOTES; i++) {
        if (i < ARRAY_SIZE(of_client))
            of_client[i](q, text);
        else
            note_sector(q, shown, n_shown, text);
        if (text->len == 0 && !text->failed)
            continue;
        int r = match_keep_text(arena, text, &answer->notes[answer->n_notes], err);
        if (r < 0)
            return r;
        answer->n_notes++;
    }
    return 0;
}
