/* Fill in what an answer says of one opening. */
#include "match/match_internal.h"

/* Move the text into the arena. */
int match_keep_text(
    struct arena *arena, struct str *text, const char **ret_sentence, struct err *err)
{
    char *sentence = text->failed ? NULL : arena_strndup(arena, str_text(text), text->len);
    str_reset(text);
    if (!sentence)
        return err_oom(err);
    *ret_sentence = sentence;
    return 0;
}

static int fill_reason(struct match_reason *reason, const struct match_criterion *criterion,
    const struct match_query *q, const struct match_opening *o, struct arena *arena,
    struct str *text, struct err *err)
{
    struct match_finding finding;
    criterion->evaluate(q, o, &finding);
    criterion->say(q, o, &finding, text);
    reason->verdict = finding.verdict;
    reason->points = finding.points;
    return match_keep_text(arena, text, &reason->sentence, err);
}

static int fill_wish(struct match_result *result, enum match_wish wish, const struct match_query *q,
    const struct match_opening *o, struct arena *arena, struct str *text, struct err *err)
{
    const struct match_criterion *criterion = match_criterion_of_wish(wish);
    struct match_reason *reason = &result->wishes[wish];
    int r = fill_reason(reason, criterion, q, o, arena, text, err);
    if (r < 0)
        return r;
    reason->weight = q->weights[wish];
    reason->score = reason->points * reason->weight;
    result->score += reason->score;
    if (reason->weight == 0)
        reason->verdict = MATCH_PASS; /* what does not matter is no question */
    /* a fact that a limit asks about already is one question, not two */
    bool is_asked
        = criterion->same_fact >= 0 && result->limits[criterion->same_fact].verdict == MATCH_ASK;
    result->n_questions += reason->verdict == MATCH_ASK && !is_asked;
    return 0;
}

int match_result_fill(struct match_result *result, const struct match_query *q,
    const struct match_opening *o, struct arena *arena, struct str *text, struct err *err)
{
    *result = (struct match_result) {
        .opening_id = o->id,
        .employer_id = o->employer_id,
        .client_id = q->client->id,
        .distance_metres = match_distance_metres(q, o),
    };
    for (size_t i = 0; i < MATCH_N_LIMITS; i++) {
        struct match_reason *reason = &result->limits[i];
        int r = fill_reason(
            reason, match_criterion_of_limit((enum match_limit)i), q, o, arena, text, err);
        if (r < 0)
            return r;
        result->n_questions += reason->verdict == MATCH_ASK;
        result->failed_limits |= reason->verdict == MATCH_FAIL ? LIMIT_BIT(i) : 0;
    }
    for (size_t i = 0; i < MATCH_N_WISHES; i++) {
        int r = fill_wish(result, (enum match_wish)i, q, o, arena, text, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* What to ask of each mover of one limit that fails. */
static int ask_movers(const struct match_criterion *criterion, const struct match_query *q,
    const struct match_opening *o, struct match_ask *asks, size_t *n_asks, struct arena *arena,
    struct str *text, struct err *err)
{
    struct match_finding finding;
    criterion->evaluate(q, o, &finding);
    if (finding.verdict != MATCH_FAIL)
        return 0;
    for (size_t mover = 0; mover < MATCH_MOVER_TIME; mover++) {
        if (!(criterion->info.movers & MOVER_BIT(mover)))
            continue;
        criterion->ask(q, o, &finding, (enum match_mover)mover, text);
        if (text->len == 0 && !text->failed)
            continue; /* nothing to ask of this one */
        asks[*n_asks].mover = (enum match_mover)mover;
        int r = match_keep_text(arena, text, &asks[*n_asks].sentence, err);
        if (r < 0)
            return r;
        ++*n_asks;
    }
    return 0;
}

int match_result_add_asks(struct match_result *result, const struct match_query *q,
    const struct match_opening *o, struct arena *arena, struct str *text, struct err *err)
{
    struct match_ask asks[MATCH_N_LIMITS * MATCH_N_MOVERS];
    size_t n = 0;
    for (size_t i = 0; i < MATCH_N_LIMITS; i++) {
        const struct match_criterion *criterion = match_criterion_of_limit((enum match_limit)i);
        if (!criterion->ask)
            continue;
        int r = ask_movers(criterion, q, o, asks, &n, arena, text, err);
        if (r < 0)
            return r;
    }
    if (n == 0)
        return 0;
    result->asks = arena_memdup(arena, asks, n * sizeof(*asks));
    if (!result->asks)
        return err_oom(err);
    result->n_asks = n;
    return 0;
}

int match_result_add_day(struct match_result *result, const struct match_query *q,
    const struct match_opening *o, int32_t possible_on, struct arena *arena, struct str *text,
    struct err *err)
{
    result->possible_on = possible_on;
    match_say_possible(q, o, result->failed_limits, possible_on, text);
    return match_keep_text(arena, text, &result->possible_sentence, err);
}

void match_count_mask(struct match_answer *answer, uint32_t failed, uint32_t n)
{
    answer->n_openings += n;
    if (failed == 0) {
        answer->n_fit += n;
        return;
    }
    for (size_t i = 0; i < MATCH_N_LIMITS; i++)
        if (failed & LIMIT_BIT(i))
            answer->counts[i].alone += n;
    uint32_t first = (uint32_t)__builtin_ctz(failed);
    answer->counts[first].funnel += n;
    if (failed == LIMIT_BIT(first))
        answer->counts[first].sole += n;
}
