/* What is said of a wish. */
#include "match/words.h"

static const char *const trial_names[] = {
    [MATCH_TRIAL_UNKNOWN] = "Work trial not known: ask",
    [MATCH_TRIAL_NONE] = "No work trial",
    [MATCH_TRIAL_JOBCENTRE_PLUS] = "Jobcentre Plus work trial offered",
    [MATCH_TRIAL_PRIVATE_UNPAID] = "Unpaid work trial offered",
    [MATCH_TRIAL_PAID] = "Paid work trial offered",
    [MATCH_TRIAL_TASTER] = "Work taster offered",
};

static const char *const permanence_names[] = {
    [MATCH_PERMANENCE_UNKNOWN] = "Permanent or not is not known: ask",
    [MATCH_PERMANENCE_PERMANENT] = "Permanent",
    [MATCH_PERMANENCE_FIXED_TERM] = "Fixed term",
    [MATCH_PERMANENCE_TEMPORARY] = "Temporary",
    [MATCH_PERMANENCE_CASUAL] = "Casual",
};

static const char *const stance_names[] = {
    [MATCH_STANCE_UNKNOWN] = "No contact with the employer recorded",
    [MATCH_STANCE_WARM] = "The employer is warm",
    [MATCH_STANCE_AMBIVALENT] = "The employer is ambivalent: a trial may help",
    [MATCH_STANCE_COLD] = "The employer is cold",
    [MATCH_STANCE_DECLINED] = "The employer declined before",
};

static const char *const setting_names[] = {
    [MATCH_SETTING_INDOORS] = "indoors",
    [MATCH_SETTING_OUTDOORS] = "outdoors",
    [MATCH_SETTING_QUIET] = "quiet",
    [MATCH_SETTING_BUSY] = "busy",
    [MATCH_SETTING_TEAM] = "in a team",
    [MATCH_SETTING_ALONE] = "by oneself",
    [MATCH_SETTING_SEATED] = "seated",
    [MATCH_SETTING_ACTIVE] = "active",
};

static const char *const accreditation_names[] = {
    [MATCH_ACCREDITATION_LIVING_WAGE] = "Living Wage",
    [MATCH_ACCREDITATION_DISABILITY_COMMITTED] = "Disability Confident Committed",
    [MATCH_ACCREDITATION_DISABILITY_EMPLOYER] = "Disability Confident Employer",
    [MATCH_ACCREDITATION_DISABILITY_LEADER] = "Disability Confident Leader",
};

_Static_assert(ARRAY_SIZE(trial_names) == MATCH_N_TRIALS, "a name for every trial");
_Static_assert(ARRAY_SIZE(stance_names) == MATCH_N_STANCES, "a name for every stance");
_Static_assert(ARRAY_SIZE(setting_names) == MATCH_N_SETTINGS, "a name for every setting");
_Static_assert(ARRAY_SIZE(accreditation_names) == MATCH_N_ACCREDITATIONS, "and accreditation");

void match_say_wish_occupation(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NO_WISH)
        return str_addz(out, "No occupation is wished for");
    if (finding->why == WHY_NOT_KNOWN)
        return str_addz(out, "Occupation not known: ask");
    str_addf(out, "Occupation %u", o->soc);
    const struct match_code_wish *wish = match_best_occupation(q->client, o->soc);
    if (!wish)
        return str_addz(out, " is not among the wishes");
    str_addf(out, " is wished for (%u of 5)", wish->weight);
    if (wish->label)
        str_addf(out, ": %s", wish->label);
}

void match_say_wish_industry(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NO_WISH)
        return str_addz(out, "No industry is wished for");
    if (finding->why == WHY_NOT_KNOWN)
        return str_addz(out, "Industry not known: ask");
    const struct match_code_wish *wish = match_best_industry(q->client, o);
    if (!wish)
        return str_addz(out, "Industry is not among the wishes");
    str_addf(out, "Industry is wished for (%u of 5)", wish->weight);
    if (wish->label)
        str_addf(out, ": %s", wish->label);
}

void match_say_wish_hours(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    size_t from = out->len;
    if (finding->why == WHY_NO_WISH)
        return str_addz(out, "No number of hours is wished for");
    if (finding->why == WHY_NOT_KNOWN)
        return str_addz(out, "Hours not known: ask");
    match_say_hours_range(o->hours_min_tenths, match_most_hours_tenths(o), out);
    str_addz(out, "; wished for: ");
    match_say_hours_tenths(q->client->hours_wanted_tenths, out);
    match_capitalise(out, from);
}

void match_say_wish_pay(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NOT_KNOWN)
        return str_addz(out, "Pay not known: ask");
    uint32_t pay = o->pay_min_pence ? o->pay_min_pence : o->pay_max_pence;
    match_say_pence(pay, out);
    if (q->pay_floor_pence && pay > q->pay_floor_pence) {
        str_addz(out, ", more than enough by ");
        match_say_pence(pay - q->pay_floor_pence, out);
    }
}

void match_say_wish_nearness(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_CLIENT_NOT_KNOWN)
        return str_addz(out, "The client's area is not known: ask");
    if (finding->why == WHY_NOT_KNOWN)
        return str_addz(out, "Place of work not known: ask");
    match_say_straight_line(q, o, out);
}

void match_say_wish_trial(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    (void)q;
    (void)finding;
    str_addz(out, trial_names[o->trial]);
}

void match_say_wish_warmth(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    (void)q;
    (void)finding;
    str_addz(out, stance_names[o->stance]);
}

void match_say_wish_track_record(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    (void)q;
    (void)finding;
    if (o->relationship_level == 0)
        return str_addz(out, "No relationship with the employer recorded");
    str_addf(out, "Relationship with the employer at level %u of 5", o->relationship_level);
}

static void say_met(
    const uint8_t *weights, const char *const *names, size_t n, uint32_t present, struct str *out)
{
    uint32_t met = 0;
    for (size_t i = 0; i < n; i++)
        if (weights[i] && present >> i & 1)
            met |= 1u << i;
    size_t n_met = (size_t)__builtin_popcount(met);
    size_t from = out->len;
    for (size_t i = 0, said = 0; i < n; i++) {
        if (!(met >> i & 1))
            continue;
        match_say_separator(said++, n_met, " and ", out);
        str_addz(out, names[i]);
    }
    str_addz(out, ", as wished");
    match_capitalise(out, from);
}

void match_say_wish_setting(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NO_WISH)
        return str_addz(out, "No setting is wished for");
    if (finding->why == WHY_NOT_WISHED)
        return str_addz(out, "None of the settings wished for is recorded");
    say_met(q->client->setting_weights, setting_names, MATCH_N_SETTINGS, o->settings, out);
}

void match_say_wish_accreditation(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NO_WISH)
        return str_addz(out, "No accreditation is wished for");
    if (finding->why == WHY_NOT_WISHED)
        return str_addz(out, "None of the accreditations wished for is recorded");
    say_met(q->client->accreditation_weights, accreditation_names, MATCH_N_ACCREDITATIONS,
        o->accreditations, out);
}

void match_say_wish_permanence(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    (void)q;
    (void)finding;
    str_addz(out, permanence_names[o->permanence]);
}
