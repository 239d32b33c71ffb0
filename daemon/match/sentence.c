/* What is said of a limit, and the pieces that all sentences are made of (words.h). */
#include "match/words.h"

#include "base/civil.h"

enum { PENCE = 100, TENTHS = 10 };

static const char *const month_names[]
    = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static const char *const driving_names[] = {
    [MATCH_DRIVING_UNKNOWN] = "not known",
    [MATCH_DRIVING_NONE] = "none",
    [MATCH_DRIVING_G1] = "cars and small vans (group 1)",
    [MATCH_DRIVING_G2] = "lorries and buses (group 2)",
};

static const char *const check_names[] = {
    [MATCH_CHECK_UNKNOWN] = "not known",
    [MATCH_CHECK_NONE] = "none",
    [MATCH_CHECK_BASIC] = "basic",
    [MATCH_CHECK_STANDARD] = "standard",
    [MATCH_CHECK_ENHANCED] = "enhanced",
};

static const char *const window_names[] = {
    [MATCH_WINDOW_PICK_UP] = "pick-up",
    [MATCH_WINDOW_APPOINTMENT] = "appointment",
    [MATCH_WINDOW_CARING] = "caring",
    [MATCH_WINDOW_OTHER] = "another commitment",
};

static const char *const exposure_names[] = {
    [MATCH_EXPOSURE_NIGHTS] = "nights",
    [MATCH_EXPOSURE_LIFTING] = "heavy lifting",
    [MATCH_EXPOSURE_DRUG_TESTING] = "drug tests",
    [MATCH_EXPOSURE_ALCOHOL] = "alcohol on site",
    [MATCH_EXPOSURE_GAMBLING] = "gambling on site",
    [MATCH_EXPOSURE_CASH] = "cash handling",
    [MATCH_EXPOSURE_LONE_WORKING] = "lone working",
    [MATCH_EXPOSURE_HEIGHTS] = "heights",
    [MATCH_EXPOSURE_MACHINERY] = "machinery",
    [MATCH_EXPOSURE_PUBLIC] = "dealing with the public",
    [MATCH_EXPOSURE_OUTDOORS] = "work outdoors",
    [MATCH_EXPOSURE_NOISE] = "noise",
};

_Static_assert(ARRAY_SIZE(window_names) == MATCH_N_WINDOW_KINDS, "a name for every window");
_Static_assert(ARRAY_SIZE(exposure_names) == MATCH_N_EXPOSURES, "a name for every exposure");

/* ---- pieces ---- */

void match_say_date(int32_t date, struct str *out)
{
    struct civil_date civil = civil_from_days(date);
    str_addf(out, "%d %s %d", civil.day, month_names[civil.month - 1], civil.year);
}

static void say_tenths(uint32_t tenths, struct str *out)
{
    str_addf(out, "%u", tenths / TENTHS);
    if (tenths % TENTHS)
        str_addf(out, ".%u", tenths % TENTHS);
}

void match_say_hours_tenths(uint32_t tenths, struct str *out)
{
    say_tenths(tenths, out);
    str_addz(out, tenths == TENTHS ? " hour a week" : " hours a week");
}

void match_say_hours_range(uint32_t least, uint32_t most, struct str *out)
{
    if (least == 0 && most) {
        str_addz(out, "up to ");
    } else if (most == 0) {
        str_addz(out, "at least ");
        most = least;
    } else if (least != most) {
        say_tenths(least, out);
        str_addz(out, " to ");
    }
    match_say_hours_tenths(most, out);
}

void match_say_pence(uint32_t pence, struct str *out)
{
    str_addf(out, "£%u.%02u an hour", pence / PENCE, pence % PENCE);
}

static void say_pay_range(const struct match_opening *o, struct str *out)
{
    uint32_t best = match_best_pay_pence(o);
    if (o->pay_min_pence == 0)
        str_addz(out, "up to ");
    else if (o->pay_min_pence < best)
        str_addf(out, "£%u.%02u to ", o->pay_min_pence / PENCE, o->pay_min_pence % PENCE);
    match_say_pence(best, out);
}

void match_say_pay_floor(const struct match_query *q, struct str *out)
{
    match_say_pence(q->pay_floor_pence, out);
    if (q->is_pay_floor_legal && q->client->legal_pay_sentence)
        str_addf(out, ", %s", q->client->legal_pay_sentence);
}

/* Rounded up, so that what is over a limit never reads as the limit. */
void match_say_metres(int64_t metres, struct str *out)
{
    if (metres < 1000)
        str_addf(out, "%d m", (int)metres);
    else
        str_addf(out, "%d.%d km", (int)((metres + 99) / 1000), (int)((metres + 99) / 100 % 10));
}

void match_say_straight_line(
    const struct match_query *q, const struct match_opening *o, struct str *out)
{
    match_say_metres(match_distance_metres(q, o), out);
    str_addz(out, " in a straight line");
}

/* Begin the next item of a list of @n items, of which @i are written. */
void match_say_separator(size_t i, size_t n, const char *last, struct str *out)
{
    if (i > 0)
        str_addz(out, i + 1 == n ? last : ", ");
}

static void say_exposures(uint32_t bits, struct str *out)
{
    size_t n = (size_t)__builtin_popcount(bits);
    for (size_t i = 0, said = 0; i < MATCH_N_EXPOSURES; i++) {
        if (!(bits >> i & 1))
            continue;
        match_say_separator(said++, n, " and ", out);
        str_addz(out, exposure_names[i]);
    }
}

/* A sentence begins with a capital; what begins with a number or "£" stays. */
void match_capitalise(struct str *out, size_t from)
{
    if (!out->failed && from < out->len && out->data[from] >= 'a' && out->data[from] <= 'z')
        out->data[from] = (char)(out->data[from] - 'a' + 'A');
}

const char *match_window_name(enum match_window_kind kind)
{
    return window_names[kind];
}

/* ---- limits ---- */

void match_say_live(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    (void)q;
    switch ((enum match_why)finding->why) {
    case WHY_CLOSED:
        return str_addz(out, "Closed");
    case WHY_CLOSING_PASSED:
        str_addz(out, "Closed on ");
        return match_say_date(o->closes_on, out);
    case WHY_NO_PLACES:
        return str_addz(out, "No places left");
    case WHY_NOT_OPEN_YET:
        str_addz(out, "Opens on ");
        return match_say_date(o->opens_on, out);
    case WHY_HIDDEN:
        return str_addz(out, "A lead without a vacancy yet: ask");
    case WHY_NOT_KNOWN:
        return str_addz(out, "Open, places left not known: ask");
    default:
        str_addf(out, "Open, %d place%s left", o->places_left, o->places_left == 1 ? "" : "s");
        if (o->closes_on) {
            str_addz(out, ", closes on ");
            match_say_date(o->closes_on, out);
        }
    }
}

static void say_opening_start(const struct match_opening *o, struct str *out)
{
    str_addz(out, o->starts_on ? "Starts on " : "Starts by ");
    match_say_date(o->starts_on ? o->starts_on : o->latest_start_on, out);
    if (o->starts_on && o->latest_start_on > o->starts_on) {
        str_addz(out, ", or by ");
        match_say_date(o->latest_start_on, out);
    }
}

void match_say_start(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NOT_KNOWN)
        return str_addz(out, "Start date not known: ask");
    if (finding->why == WHY_NO_LIMIT)
        return str_addz(out, "Start date not known, any will do");
    say_opening_start(o, out);
    if (finding->why == WHY_TOO_SOON) {
        str_addz(out, "; the client can start on ");
        match_say_date(match_can_start_on(q), out);
    } else if (finding->why == WHY_TOO_LATE) {
        str_addz(out, "; the client wants to start by ");
        match_say_date(q->client->latest_start_on, out);
    }
}

void match_say_hours(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    const struct match_client *client = q->client;
    size_t from = out->len;
    if (match_most_hours_tenths(o) == 0)
        return str_addz(out,
            finding->why == WHY_NO_LIMIT ? "Hours not known, any will do" : "Hours not known: ask");
    match_say_hours_range(o->hours_min_tenths, match_most_hours_tenths(o), out);
    match_capitalise(out, from);
    if (finding->why == WHY_NO_LIMIT)
        return;
    str_addz(out, finding->verdict == MATCH_FAIL ? ", not the wanted " : ", as wanted: ");
    match_say_hours_range(client->hours_min_tenths, client->hours_max_tenths, out);
}

void match_say_pay(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    size_t from = out->len;
    if (match_best_pay_pence(o) == 0)
        return str_addz(out,
            finding->why == WHY_NO_LIMIT ? "Pay not known, no limit set" : "Pay not known: ask");
    say_pay_range(o, out);
    match_capitalise(out, from);
    if (finding->why == WHY_NO_LIMIT)
        return;
    if (finding->verdict == MATCH_FAIL)
        str_addz(out, ", below ");
    else
        str_addz(out, finding->why == WHY_PARTLY ? ": ask for at least " : ", at least ");
    match_say_pay_floor(q, out);
}

static void say_journey(
    const struct match_query *q, const struct match_opening *o, bool fits, struct str *out)
{
    const struct match_journey *journey = match_find_journey(q->client, o);
    str_addf(out, "Journey of %u minutes", journey->minutes);
    if (journey->checked_on) {
        str_addz(out, ", checked on ");
        match_say_date(journey->checked_on, out);
    }
    str_addf(
        out, fits ? "; the limit is %u" : ", over the limit of %u", q->client->journey_max_minutes);
}

void match_say_distance(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_JOURNEY_FITS || finding->why == WHY_JOURNEY_TOO_LONG)
        return say_journey(q, o, finding->why == WHY_JOURNEY_FITS, out);
    if (finding->why == WHY_CLIENT_NOT_KNOWN)
        return str_addz(out, "The client's area is not known: ask");
    if (match_distance_metres(q, o) < 0)
        return str_addz(out,
            finding->verdict == MATCH_ASK ? "Place of work not known: ask"
                                          : "Distance not known, no limit set");
    match_say_straight_line(q, o, out);
    if (finding->why == WHY_JOURNEY_NOT_CHECKED)
        str_addz(out, ", journey to check");
    else if (finding->why == WHY_TOO_FAR || finding->why == WHY_FITS) {
        str_addz(out, finding->why == WHY_FITS ? ", within " : ", over the limit of ");
        match_say_metres(q->client->distance_max_metres, out);
    }
}

void match_say_occupation(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    (void)q;
    if (o->soc == 0)
        return str_addz(out,
            finding->verdict == MATCH_ASK ? "Occupation not known: ask"
                                          : "Occupation not known, none ruled out");
    str_addf(out, "Occupation %u", o->soc);
    str_addz(out,
        finding->why == WHY_EXCLUDED         ? " is ruled out by the client"
            : finding->why == WHY_NOT_WISHED ? " is not among the client's wishes"
                                             : " is not ruled out");
}

static void say_industry(const struct match_opening *o, struct str *out)
{
    str_addz(out, "Industry");
    if (o->sic)
        str_addf(out, " %05u", o->sic);
    else if (o->sic_section)
        str_addf(out, " section %c", o->sic_section);
}

void match_say_industry(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    (void)q;
    say_industry(o, out);
    if (finding->verdict == MATCH_ASK || (o->sic == 0 && o->sic_section == 0))
        return str_addz(out,
            finding->verdict == MATCH_ASK ? " not known well enough: ask"
                                          : " not known, none ruled out");
    str_addz(
        out, finding->why == WHY_EXCLUDED ? " is ruled out by the client" : " is not ruled out");
}

void match_say_driving(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NOT_NEEDED)
        return str_addz(out, "No driving");
    if (o->driving == MATCH_DRIVING_UNKNOWN)
        return str_addz(out,
            finding->verdict == MATCH_ASK ? "Driving not known: ask"
                                          : "Driving not known, any class fits");
    str_addf(out, "Drives %s", driving_names[o->driving]);
    if (finding->why == WHY_CLIENT_NOT_KNOWN)
        return str_addz(out, "; what the client may drive is not known: ask");
    if (finding->verdict != MATCH_FAIL)
        return;
    str_addf(out, "; the client may drive: %s", driving_names[q->driving]);
    if (q->client->driving_review_on > q->on) {
        str_addz(out, ", review on ");
        match_say_date(q->client->driving_review_on, out);
    }
}

/* "a basic check", "an enhanced check" */
static const char *article(enum match_check check)
{
    return check == MATCH_CHECK_ENHANCED ? "an" : "a";
}

void match_say_check(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NOT_NEEDED)
        return str_addz(out, "No criminal record check");
    if (o->check == MATCH_CHECK_UNKNOWN)
        return str_addz(out,
            finding->verdict == MATCH_ASK ? "Criminal record check not known: ask"
                                          : "Criminal record check not known, any would be clear");
    str_addf(out, "Needs %s %s check", article(o->check), check_names[o->check]);
    if (finding->why == WHY_CLIENT_NOT_KNOWN)
        return str_addz(out, "; what would be clear is not known: organise a check");
    if (finding->verdict != MATCH_FAIL)
        return str_addz(out, ", which is clear");
    str_addf(out, "; the highest that is clear: %s", check_names[q->check]);
    if (q->client->check_changes_on > q->on) {
        str_addz(out, " until ");
        match_say_date(q->client->check_changes_on, out);
    }
}

void match_say_must_not(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    uint32_t known;
    uint32_t present = match_exposures(q, o, &known);
    size_t from = out->len;
    if (finding->why == WHY_NO_LIMIT)
        return str_addz(out, "Nothing is ruled out");
    if (finding->verdict == MATCH_FAIL) {
        say_exposures(present & q->client->must_not, out);
        str_addz(out, ", ruled out by the client");
    } else if (finding->verdict == MATCH_ASK) {
        say_exposures(q->client->must_not & ~known, out);
        str_addz(out, " not known: ask");
    } else {
        str_addz(out, "no ");
        uint32_t bits = q->client->must_not;
        size_t n = (size_t)__builtin_popcount(bits);
        for (size_t i = 0, said = 0; i < MATCH_N_EXPOSURES; i++)
            if (bits >> i & 1) {
                match_say_separator(said++, n, " or ", out);
                str_addz(out, exposure_names[i]);
            }
    }
    match_capitalise(out, from);
}

void match_say_days_and_stretch(unsigned days, struct match_stretch stretch, struct str *out)
{
    match_week_print_days(days, out);
    str_addz(out, " ");
    match_week_print_stretch(stretch, out);
}

static void say_clash(const struct match_query *q, const struct match_clash *clash, struct str *out)
{
    match_say_days_and_stretch(clash->shift_days, clash->shift, out);
    if (clash->window < 0)
        return str_addz(out, " is outside the free times");
    str_addf(out, " clashes with %s ", match_window_name(q->client->windows[clash->window].kind));
    match_say_days_and_stretch(clash->window_days, clash->blocked, out);
    if (clash->is_travel_only)
        str_addz(out, " and its travel");
}

static void say_room(const struct match_query *q, const struct match_opening *o, struct str *out)
{
    match_say_hours_tenths(match_room_tenths(&q->free, &o->shifts), out);
}

void match_say_shift(const struct match_query *q, const struct match_opening *o,
    const struct match_finding *finding, struct str *out)
{
    if (finding->why == WHY_NOT_KNOWN)
        return str_addz(out, "Shifts not known: ask");
    if (finding->why == WHY_NO_ROOM) {
        str_addz(out, "Flexible, but the free times have room for only ");
        say_room(q, o, out);
        return;
    }
    if (finding->why == WHY_CLASH) {
        struct match_clash clashes[MATCH_CLASHES_MAX];
        size_t n = match_find_clashes(q, o, clashes);
        for (size_t i = 0; i < n && i < MATCH_CLAUSES_MAX; i++) {
            str_addz(out, i ? "; " : "");
            say_clash(q, &clashes[i], out);
        }
        if (n > MATCH_CLAUSES_MAX)
            str_addf(out, "; and %u more", (unsigned)(n - MATCH_CLAUSES_MAX));
        return;
    }
    if (match_shift_kind_of(o) == MATCH_SHIFT_FIXED) {
        match_week_print(&o->shifts, out);
    } else {
        str_addz(out,
            match_shift_kind_of(o) == MATCH_SHIFT_UNKNOWN ? "Shifts not known" : "Flexible shifts");
    }
    str_addz(out,
        finding->why == WHY_CLIENT_NOT_KNOWN ? "; the client's free times are not known: ask"
                                             : ", inside the free times");
}
