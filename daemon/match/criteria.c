/* The one table of criteria; README.md says the same in prose. */
#include "match/match_internal.h"

#define EMPLOYER MOVER_BIT(MATCH_MOVER_EMPLOYER)
#define CLIENT MOVER_BIT(MATCH_MOVER_CLIENT)
#define CLINICAL MOVER_BIT(MATCH_MOVER_CLINICAL_TEAM)
#define TIME MOVER_BIT(MATCH_MOVER_TIME)
#define NOBODY 0

#define LIMIT(name, title, movers, unit, source, asks)                                             \
    {                                                                                              \
        { #name, title, movers, unit, source }, CRITERION_LIMIT, -1, match_limit_##name,           \
            match_say_##name, asks                                                                 \
    }
#define WISH(name, title, unit, source, same_fact)                                                 \
    {                                                                                              \
        { #name, title, NOBODY, unit, source }, CRITERION_WISH, same_fact, match_wish_##name,      \
            match_say_wish_##name, NULL                                                            \
    }

/* clang-format off */
static const struct match_criterion criteria[] = {
    LIMIT(live,       "Open, with places left", TIME,            "date, places", "3 hidden market", NULL),
    LIMIT(start,      "Start date",  EMPLOYER | CLIENT | TIME,   "date",         "3 breadth, pause; 7 feature 6", match_ask_start),
    LIMIT(hours,      "Hours",       EMPLOYER | CLIENT,          "hours a week", "3 benefits", match_ask_hours),
    LIMIT(pay,        "Pay",         EMPLOYER | CLIENT,          "pence an hour", "6 NMW", match_ask_pay),
    LIMIT(distance,   "Distance",    CLIENT,                     "metres, straight line", "3 travel", match_ask_distance),
    LIMIT(occupation, "Occupation",  CLIENT,                     "SOC 2020",     "3 breadth; 6 SOC 2020", match_ask_occupation),
    LIMIT(industry,   "Industry",    NOBODY,                     "SIC 2007",     "3 exposures; 6 SIC 2007", NULL),
    LIMIT(driving,    "Driving",     EMPLOYER | TIME,            "licence group", "3 driving", match_ask_driving),
    LIMIT(check,      "Criminal record check", EMPLOYER | TIME,  "level of check", "3 convictions", match_ask_check),
    LIMIT(must_not,   "Ruled out",   EMPLOYER,                   "exposures",    "3 exposures", match_ask_must_not),
    LIMIT(shift,      "Shifts",      CLINICAL | EMPLOYER | CLIENT | TIME, "half-hours of the week", "3 treatment time, travel", match_ask_shift),

    WISH(occupation,    "Occupation wished for", "SOC 2020, weight 1 to 5", "3 breadth", MATCH_LIMIT_OCCUPATION),
    WISH(industry,      "Industry wished for",   "SIC 2007, weight 1 to 5", "3 breadth", MATCH_LIMIT_INDUSTRY),
    WISH(hours,         "Hours wished for",      "hours a week",  "3 benefits", MATCH_LIMIT_HOURS),
    WISH(pay,           "Pay above the least",   "pence an hour", "6 NMW, Living Wage", MATCH_LIMIT_PAY),
    WISH(nearness,      "Nearness",              "metres, straight line", "3 travel", MATCH_LIMIT_DISTANCE),
    WISH(trial,         "Work trial",            "kind of trial", "2 work trials", -1),
    WISH(warmth,        "Warmth of the employer", "stance",       "1 log fields", -1),
    WISH(track_record,  "Relationship",          "level 1 to 5",  "1 relationship depth", -1),
    WISH(setting,       "Setting",               "settings, weight 1 to 5", "1 fidelity item 16", -1),
    WISH(accreditation, "Accreditation",         "accreditations, weight 1 to 5", "6 Disability Confident, Living Wage", -1),
    WISH(permanence,    "Permanence",            "kind of contract", "1 fidelity item 21", -1),
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(criteria) == MATCH_N_LIMITS + MATCH_N_WISHES, "a row a criterion");

const struct match_criterion *match_criterion_of_limit(enum match_limit limit)
{
    return &criteria[limit];
}

const struct match_criterion *match_criterion_of_wish(enum match_wish wish)
{
    return &criteria[MATCH_N_LIMITS + wish];
}

const struct match_criterion_info *match_limit_info(enum match_limit limit)
{
    return limit < MATCH_N_LIMITS ? &match_criterion_of_limit(limit)->info : NULL;
}

const struct match_criterion_info *match_wish_info(enum match_wish wish)
{
    return wish < MATCH_N_WISHES ? &match_criterion_of_wish(wish)->info : NULL;
}

const char *match_mover_name(enum match_mover mover)
{
    static const char *const names[] = {
        [MATCH_MOVER_CLINICAL_TEAM] = "the clinical team",
        [MATCH_MOVER_EMPLOYER] = "the employer",
        [MATCH_MOVER_CLIENT] = "the client",
        [MATCH_MOVER_TIME] = "time",
    };
    _Static_assert(ARRAY_SIZE(names) == MATCH_N_MOVERS, "a name a mover");
    return mover < MATCH_N_MOVERS ? names[mover] : "nobody";
}

uint32_t match_timed_limits(void)
{
    uint32_t limits = 0;
    for (size_t i = 0; i < MATCH_N_LIMITS; i++)
        if (criteria[i].info.movers & TIME)
            limits |= LIMIT_BIT(i);
    return limits;
}

uint32_t match_failed_limits(const struct match_query *q, const struct match_opening *o)
{
    uint32_t failed = 0;
    for (size_t i = 0; i < MATCH_N_LIMITS; i++) {
        struct match_finding finding;
        criteria[i].evaluate(q, o, &finding);
        if (finding.verdict == MATCH_FAIL)
            failed |= LIMIT_BIT(i);
    }
    return failed;
}

int32_t match_score_of(
    const struct match_query *q, const struct match_opening *o, enum match_wish wish)
{
    struct match_finding finding;
    if (q->weights[wish] == 0)
        return 0;
    criteria[MATCH_N_LIMITS + wish].evaluate(q, o, &finding);
    return finding.points * q->weights[wish];
}

int32_t match_score(const struct match_query *q, const struct match_opening *o)
{
    int32_t score = 0;
    for (int i = 0; i < MATCH_N_WISHES; i++)
        score += match_score_of(q, o, (enum match_wish)i);
    return score;
}
