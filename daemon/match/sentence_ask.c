/* What is asked of whom when one limit stands in the way, and what the passing of time brings.
 * The rule for the employer's asks is in words.h; a test reads all of them. */
#include "match/words.h"

/* How an employer is asked to do without; NULL: no employer is asked. A question about drug tests
 * or drink could say why it is asked. */
static const char *const exposure_asks[] = {
    [MATCH_EXPOSURE_NIGHTS] = "without nights",
    [MATCH_EXPOSURE_LIFTING] = "without heavy lifting",
    [MATCH_EXPOSURE_DRUG_TESTING] = NULL,
    [MATCH_EXPOSURE_ALCOHOL] = NULL,
    [MATCH_EXPOSURE_GAMBLING] = NULL,
    [MATCH_EXPOSURE_CASH] = "without handling cash",
    [MATCH_EXPOSURE_LONE_WORKING] = "without working alone",
    [MATCH_EXPOSURE_HEIGHTS] = "without working at heights",
    [MATCH_EXPOSURE_MACHINERY] = "without machinery",
    [MATCH_EXPOSURE_PUBLIC] = "away from the public",
    [MATCH_EXPOSURE_OUTDOORS] = "indoors",
    [MATCH_EXPOSURE_NOISE] = "away from the noise",
};

_Static_assert(ARRAY_SIZE(exposure_asks) == MATCH_N_EXPOSURES, "an ask for every exposure");

static void begin_ask(enum match_mover mover, struct str *out)
{
    str_addf(out, "Ask %s: ", match_mover_name(mover));
}

void match_ask_start(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    bool is_too_soon = finding->why == WHY_TOO_SOON;
    int32_t job = is_too_soon ? match_latest_start_on(q, o) : o->starts_on;
    int32_t client = is_too_soon ? match_can_start_on(q) : q->client->latest_start_on;
    begin_ask(mover, out);
    if (mover == MATCH_MOVER_CLIENT)
        str_addz(
            out, is_too_soon ? "is a start possible by " : "would it be soon enough to start on ");
    else
        str_addz(out, is_too_soon ? "can the start wait until " : "can the start be by ");
    match_say_date(mover == MATCH_MOVER_CLIENT ? job : client, out);
    str_addz(out, "?");
}

void match_ask_hours(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    bool is_too_many = finding->why == WHY_TOO_MANY;
    uint32_t job = is_too_many ? o->hours_min_tenths : match_most_hours_tenths(o);
    uint32_t client = is_too_many ? q->client->hours_max_tenths : q->client->hours_min_tenths;
    begin_ask(mover, out);
    str_addz(out, "would ");
    match_say_hours_tenths(mover == MATCH_MOVER_CLIENT ? job : client, out);
    str_addz(out, mover == MATCH_MOVER_CLIENT ? " be all right?" : " be possible?");
}

/* Nobody may agree to less than the legal minimum. */
void match_ask_pay(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    (void)finding;
    uint32_t best = match_best_pay_pence(o);
    if (mover == MATCH_MOVER_CLIENT) {
        if (q->client->legal_pay_min_pence == 0 || best < q->client->legal_pay_min_pence)
            return;
        begin_ask(mover, out);
        str_addz(out, "would ");
        match_say_pence(best, out);
        return str_addz(out, " be enough?");
    }
    begin_ask(mover, out);
    str_addz(out, "can the pay be at least ");
    match_say_pence(q->pay_floor_pence, out);
    str_addz(out, "?");
}

void match_ask_distance(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    begin_ask(mover, out);
    if (finding->why == WHY_JOURNEY_TOO_LONG) {
        const struct match_journey *journey = match_find_journey(q->client, o);
        return str_addf(out, "would a journey of %u minutes be all right, %u over the limit?",
            journey->minutes, journey->minutes - q->client->journey_max_minutes);
    }
    str_addz(out, "would ");
    match_say_straight_line(q, o, out);
    str_addz(out, " be all right, ");
    match_say_metres(match_distance_metres(q, o) - (int64_t)q->client->distance_max_metres, out);
    str_addz(out, " over the limit?");
}

/* What a client has ruled out is not asked about again. */
void match_ask_occupation(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    (void)q;
    if (finding->why != WHY_NOT_WISHED)
        return;
    begin_ask(mover, out);
    str_addf(out, "would occupation %u do, though it is not among the wishes?", o->soc);
}

void match_ask_driving(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    (void)finding;
    begin_ask(mover, out);
    if (o->driving == MATCH_DRIVING_G2 && q->driving == MATCH_DRIVING_G1)
        str_addz(out, "can the job be done with a car or small van?");
    else
        str_addz(out, "can the job be done without driving?");
}

/* Any employer may ask for a basic check, few for more by law. */
void match_ask_check(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    (void)q;
    (void)finding;
    if (o->check <= MATCH_CHECK_BASIC)
        return;
    begin_ask(mover, out);
    str_addz(out, "which level of check does the law ask for in this job?");
}

void match_ask_must_not(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    (void)finding;
    uint32_t known;
    uint32_t bits = match_exposures(q, o, &known) & q->client->must_not;
    for (size_t i = 0; i < MATCH_N_EXPOSURES; i++)
        if (bits >> i & 1 && !exposure_asks[i])
            return;
    size_t n = (size_t)__builtin_popcount(bits);
    begin_ask(mover, out);
    str_addz(out, "can the job be done ");
    for (size_t i = 0, said = 0; i < MATCH_N_EXPOSURES; i++) {
        if (!(bits >> i & 1))
            continue;
        match_say_separator(said++, n, " and ", out);
        str_addz(out, exposure_asks[i]);
    }
    str_addz(out, "?");
}

/* ---- shifts: the clinical team ---- */

/* "before 08:00, after 17:30 or near work" */
static void say_move(const struct match_query *q, const struct match_clash *clash, struct str *out)
{
    const struct match_window *window = &q->client->windows[clash->window];
    unsigned before;
    unsigned after;
    match_window_margins(q->client, window, &before, &after);
    int start = clash->shift_start;
    int end = start + clash->shift.length;
    bool can_be_nearer = window->kind == MATCH_WINDOW_PICK_UP && (before || after);
    str_addz(out, " move before ");
    match_week_print_time(start - (int)before, out);
    str_addz(out, can_be_nearer && clash->is_travel_only ? ", after " : " or after ");
    match_week_print_time(end + (int)after, out);
    if (!can_be_nearer)
        return;
    if (clash->is_travel_only)
        return str_addz(out, " or near work");
    str_addz(out, " (near work: before ");
    match_week_print_time(start, out);
    str_addz(out, " or after ");
    match_week_print_time(end, out);
    str_addz(out, ")");
}

static void ask_clinical_team_for_clashes(
    const struct match_query *q, const struct match_opening *o, struct str *out)
{
    struct match_clash clashes[MATCH_CLASHES_MAX];
    size_t n = match_find_clashes(q, o, clashes);
    for (size_t i = 0; i < n; i++)
        if (clashes[i].window < 0 || !q->client->windows[clashes[i].window].clinical_team_can_move)
            return;
    begin_ask(MATCH_MOVER_CLINICAL_TEAM, out);
    str_addz(out, "can ");
    for (size_t i = 0; i < n && i < MATCH_CLAUSES_MAX; i++) {
        str_addz(out, i ? ", and the " : "the ");
        match_week_print_days(clashes[i].window_days, out);
        str_addz(out, " ");
        match_week_print_time(clashes[i].blocked.start % MATCH_DAY_SLOTS, out);
        str_addf(out, " %s", match_window_name(q->client->windows[clashes[i].window].kind));
        say_move(q, &clashes[i], out);
    }
    if (n > MATCH_CLAUSES_MAX)
        str_addf(out, ", and %u more", (unsigned)(n - MATCH_CLAUSES_MAX));
    str_addz(out, "?");
}

/* The free times were the windows that the clinical team can move not there. */
static struct match_week free_without_clinical(const struct match_query *q)
{
    struct match_week free;
    if (q->client->has_availability)
        free = q->client->availability;
    else
        match_week_fill(&free);
    for (size_t i = 0; i < q->client->n_windows; i++)
        if (!q->client->windows[i].clinical_team_can_move)
            match_week_take(&free, &q->blocked[i]);
    return free;
}

static void ask_clinical_team_for_room(
    const struct match_query *q, const struct match_opening *o, struct str *out)
{
    struct match_week free = free_without_clinical(q);
    uint32_t needed = MAX(o->hours_min_tenths, 1u);
    if (match_room_tenths(&free, &o->shifts) < needed)
        return;
    begin_ask(MATCH_MOVER_CLINICAL_TEAM, out);
    str_addz(out, "can pick-ups and appointments move, to leave room for ");
    match_say_hours_tenths(needed, out);
    str_addz(out, "?");
}

/* ---- shifts: the employer and the client ---- */

static void say_edit(const struct match_edit *edit, struct str *out)
{
    int start = edit->shift.start % MATCH_DAY_SLOTS;
    int wanted
        = start + (edit->wanted.start - edit->shift.start + MATCH_WEEK_SLOTS) % MATCH_WEEK_SLOTS;
    switch (edit->kind) {
    case EDIT_START:
        str_addz(out, "start at ");
        match_week_print_time(wanted, out);
        str_addz(out, " instead of ");
        match_week_print_time(start, out);
        break;
    case EDIT_FINISH:
        str_addz(out, "finish at ");
        match_week_print_time(wanted + edit->wanted.length, out);
        str_addz(out, " instead of ");
        match_week_print_time(start + edit->shift.length, out);
        break;
    case EDIT_BOTH:
        str_addz(out, "work ");
        match_week_print_stretch(edit->wanted, out);
        str_addz(out, " instead of ");
        match_week_print_stretch(edit->shift, out);
        break;
    case EDIT_GAP:
        str_addz(out, "have ");
        match_week_print_stretch(edit->wanted, out);
        str_addz(out, " off");
        break;
    case EDIT_WHOLE:
        str_addz(out, "work other times than ");
        match_week_print_stretch(edit->shift, out);
        break;
    }
    str_addz(out, " on ");
    match_week_print_days(edit->days, out);
}

static void ask_employer_for_edits(
    const struct match_query *q, const struct match_opening *o, struct str *out)
{
    struct match_week clash = o->shifts;
    match_week_take(&clash, &q->free);
    if (o->flexibility == MATCH_FLEXIBILITY_NONE
        || match_week_count(&clash) > q->options->employer_shift_half_hours)
        return;
    struct match_edit edits[MATCH_CLASHES_MAX];
    size_t n = match_find_edits(q, o, edits);
    begin_ask(MATCH_MOVER_EMPLOYER, out);
    for (size_t i = 0; i < n && i < MATCH_CLAUSES_MAX; i++) {
        str_addz(out, i ? "; " : "");
        say_edit(&edits[i], out);
    }
    if (n > MATCH_CLAUSES_MAX)
        str_addf(out, "; and %u more", (unsigned)(n - MATCH_CLAUSES_MAX));
    str_addz(out, "?");
}

static void ask_employer_for_fewer_hours(
    const struct match_query *q, const struct match_opening *o, struct str *out)
{
    uint32_t room = match_room_tenths(&q->free, &o->shifts);
    if (room == 0 || o->hours_min_tenths == 0)
        return;
    begin_ask(MATCH_MOVER_EMPLOYER, out);
    str_addz(out, "would ");
    match_say_hours_tenths(room, out);
    str_addz(out, " be possible?");
}

static void ask_client_for_times(
    const struct match_query *q, const struct match_opening *o, struct str *out)
{
    struct match_week clash = o->shifts;
    match_week_take(&clash, &q->free);
    if (match_week_meets(&clash, &q->client->availability)
        || match_week_count(&clash) > q->options->employer_shift_half_hours)
        return;
    for (size_t i = 0; i < q->client->n_windows; i++)
        if (match_week_meets(&clash, &q->blocked[i]))
            return;
    begin_ask(MATCH_MOVER_CLIENT, out);
    str_addz(out, "could these be free: ");
    match_week_print(&clash, out);
    str_addz(out, "?");
}

void match_ask_shift(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, enum match_mover mover, struct str *out)
{
    bool is_clash = finding->why == WHY_CLASH;
    if (mover == MATCH_MOVER_CLINICAL_TEAM && is_clash)
        ask_clinical_team_for_clashes(q, o, out);
    else if (mover == MATCH_MOVER_CLINICAL_TEAM)
        ask_clinical_team_for_room(q, o, out);
    else if (mover == MATCH_MOVER_EMPLOYER && is_clash)
        ask_employer_for_edits(q, o, out);
    else if (mover == MATCH_MOVER_EMPLOYER)
        ask_employer_for_fewer_hours(q, o, out);
    else if (mover == MATCH_MOVER_CLIENT && is_clash)
        ask_client_for_times(q, o, out);
}

/* ---- time ---- */

static void say_change(const struct match_query *q, const struct match_opening *o,
    enum match_limit limit, struct str *out)
{
    switch (limit) {
    case MATCH_LIMIT_LIVE:
        str_addz(out, "it opens on ");
        return match_say_date(o->opens_on, out);
    case MATCH_LIMIT_START:
        return str_addz(out, "the client's start is near enough");
    case MATCH_LIMIT_DRIVING:
        str_addz(out, "the driving review on ");
        match_say_date(q->client->driving_review_on, out);
        return str_addz(out, " is expected to allow it");
    case MATCH_LIMIT_CHECK:
        str_addz(out, "the check is expected to be clear from ");
        return match_say_date(q->client->check_changes_on, out);
    default:
        return str_addz(out, "the unavailable times are different");
    }
}

void match_say_possible(const struct match_query *q, const struct match_opening *o,
    uint32_t failed_limits, int32_t possible_on, struct str *out)
{
    str_addz(out, "Possible from ");
    match_say_date(possible_on, out);
    const char *separator = ": ";
    for (size_t limit = 0; limit < MATCH_N_LIMITS; limit++) {
        if (!(failed_limits & LIMIT_BIT(limit)))
            continue;
        str_addz(out, separator);
        say_change(q, o, (enum match_limit)limit, out);
        separator = "; ";
    }
}
