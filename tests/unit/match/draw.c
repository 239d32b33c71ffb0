#include "unit/match/draw.h"

#include <string.h>

static uint64_t next(struct draw *draw)
{
    uint64_t z = draw->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t draw_below(struct draw *draw, uint32_t n)
{
    return (uint32_t)((next(draw) >> 32) * n >> 32);
}

static bool one_in(struct draw *draw, uint32_t n)
{
    return draw_below(draw, n) == 0;
}

/* nil, or one of @n_kinds - 1 */
void draw_uuid(struct draw *draw, uint32_t n_kinds, struct uuid *ret_uuid)
{
    memset(ret_uuid, 0, sizeof(*ret_uuid));
    ret_uuid->bytes[15] = (uint8_t)draw_below(draw, n_kinds);
}

/* Shifts of a few days at a few times; some pass midnight, some pass Sunday. */
static void draw_week(struct draw *draw, struct match_week *week, unsigned days_in_seven)
{
    unsigned start = 12 + draw_below(draw, 34);
    unsigned length = 1 + draw_below(draw, 20);
    for (unsigned day = 0; day < 7; day++) {
        if (draw_below(draw, 7) >= days_in_seven)
            continue;
        if (one_in(draw, 5))
            start = 12 + draw_below(draw, 34);
        match_week_add_stretch(week,
            (struct match_stretch) {
                .start = (uint16_t)(day * 48 + start), .length = (uint16_t)length });
    }
}

static int32_t draw_date(struct draw *draw)
{
    return one_in(draw, 2) ? 0 : DRAW_TODAY - 10 + (int32_t)draw_below(draw, 60);
}

static uint16_t draw_soc(struct draw *draw)
{
    static const uint16_t socs[] = { 0, 1111, 5433, 5434, 8214, 8211, 9263, 9264, 9111, 9211 };
    return socs[draw_below(draw, ARRAY_SIZE(socs))];
}

static const struct {
    uint32_t sic;
    char section;
} industries[] = { { 0, 0 }, { 1110, 'A' }, { 1120, 'A' }, { 41201, 'F' }, { 56302, 'I' },
    { 77320, 0 }, { 0, 'N' } };

void draw_opening(struct draw *draw, uint32_t number, struct match_opening *o)
{
    match_opening_init(o);
    for (int i = 0; i < 8; i++)
        o->id.bytes[i] = (uint8_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> (8 * i));
    draw_uuid(draw, 12, &o->employer_id);
    draw_uuid(draw, 6, &o->site_id);
    if (one_in(draw, 4))
        draw_uuid(draw, 3, &o->audience_id);
    o->is_closed = one_in(draw, 25);
    o->is_hidden = one_in(draw, 8);
    o->places_left = (int16_t)(draw_below(draw, 8) - 1);
    o->opens_on = one_in(draw, 3) ? draw_date(draw) : 0;
    o->closes_on = one_in(draw, 3) ? draw_date(draw) : 0;
    o->starts_on = draw_date(draw);
    o->latest_start_on = one_in(draw, 4) ? draw_date(draw) : 0;
    o->soc = draw_soc(draw);
    uint32_t industry = draw_below(draw, ARRAY_SIZE(industries));
    o->sic = industries[industry].sic;
    o->sic_section = industries[industry].section;
    o->has_site = !one_in(draw, 6);
    o->easting_metres = 530000 + 300 * (int32_t)draw_below(draw, 20);
    o->northing_metres = 180000 + 400 * (int32_t)draw_below(draw, 20);
    o->hours_min_tenths = (uint16_t)(40 * draw_below(draw, 8));
    o->hours_max_tenths
        = one_in(draw, 2) ? 0 : (uint16_t)(o->hours_min_tenths + 40 * draw_below(draw, 4));
    o->pay_min_pence = one_in(draw, 5) ? 0 : 1221 + 25 * draw_below(draw, 12);
    o->pay_max_pence = one_in(draw, 2) ? 0 : o->pay_min_pence + 25 * draw_below(draw, 6);
    o->shift_kind = (enum match_shift_kind)draw_below(draw, 3);
    if (!one_in(draw, 6))
        draw_week(draw, &o->shifts, 4);
    o->flexibility = (enum match_flexibility)draw_below(draw, 3);
    o->driving = one_in(draw, 2) ? MATCH_DRIVING_NONE : (enum match_driving)draw_below(draw, 4);
    o->check = one_in(draw, 2) ? MATCH_CHECK_NONE : (enum match_check)draw_below(draw, 5);
    o->exposures
        = draw_below(draw, 1u << MATCH_N_EXPOSURES) & draw_below(draw, 1u << MATCH_N_EXPOSURES);
    o->exposures_known = draw_below(draw, 1u << MATCH_N_EXPOSURES);
    o->settings = draw_below(draw, 1u << MATCH_N_SETTINGS);
    o->accreditations = draw_below(draw, 1u << MATCH_N_ACCREDITATIONS);
    o->trial = (enum match_trial)draw_below(draw, MATCH_N_TRIALS);
    o->permanence = (enum match_permanence)draw_below(draw, 5);
}

/* The same at every call for the same two. */
void draw_relation(const struct uuid *asker, struct match_opening *o)
{
    struct draw draw = { .state = 1 };
    for (size_t i = 0; i < sizeof(asker->bytes); i++)
        draw.state = draw.state * 31 + asker->bytes[i] * 7u + o->employer_id.bytes[i];
    bool is_known = !uuid_is_nil(&o->employer_id) && !one_in(&draw, 3);
    o->stance = is_known ? (enum match_stance)draw_below(&draw, MATCH_N_STANCES) : 0;
    o->relationship_level = (uint8_t)(is_known ? draw_below(&draw, 6) : 0);
}

static void draw_soc_code(struct draw *draw, struct match_code *code)
{
    static const uint32_t powers[] = { 1000, 100, 10, 1 };
    uint16_t soc = draw_soc(draw);
    code->digits = (uint8_t)(1 + draw_below(draw, 4));
    code->code = (soc ? soc : 9211) / powers[code->digits - 1];
    code->section = 0;
}

static void draw_sic_code(struct draw *draw, struct match_code *code)
{
    static const uint32_t powers[] = { 10000, 1000, 100, 10, 1 };
    uint32_t industry = draw_below(draw, ARRAY_SIZE(industries));
    *code = (struct match_code) { .section = industries[industry].section };
    if (industries[industry].sic && (code->section == 0 || one_in(draw, 2))) {
        code->section = 0;
        code->digits = (uint8_t)(2 + draw_below(draw, 4));
        code->code = industries[industry].sic / powers[code->digits - 1];
    }
    if (code->section == 0 && code->digits == 0)
        code->section = 'U';
}

static void draw_codes(struct draw *draw, struct drawn_client *drawn)
{
    struct match_client *c = &drawn->client;
    c->occupations = drawn->occupations;
    c->n_occupations = draw_below(draw, DRAW_CODES + 1);
    c->industries = drawn->industries;
    c->n_industries = draw_below(draw, DRAW_CODES + 1);
    c->excluded_occupations = drawn->excluded_occupations;
    c->n_excluded_occupations = one_in(draw, 2) ? 0 : draw_below(draw, 3);
    c->excluded_industries = drawn->excluded_industries;
    c->n_excluded_industries = one_in(draw, 2) ? 0 : draw_below(draw, 3);
    c->only_these_occupations = one_in(draw, 4);
    for (size_t i = 0; i < DRAW_CODES; i++) {
        draw_soc_code(draw, &drawn->occupations[i].code);
        drawn->occupations[i].weight = (uint8_t)(1 + draw_below(draw, 5));
        drawn->occupations[i].label = one_in(draw, 2) ? "a group" : NULL;
        draw_sic_code(draw, &drawn->industries[i].code);
        drawn->industries[i].weight = (uint8_t)(1 + draw_below(draw, 5));
        drawn->industries[i].label = NULL;
        draw_soc_code(draw, &drawn->excluded_occupations[i]);
        draw_sic_code(draw, &drawn->excluded_industries[i]);
    }
}

static void draw_times(struct draw *draw, struct drawn_client *drawn)
{
    struct match_client *c = &drawn->client;
    c->has_availability = !one_in(draw, 4);
    if (one_in(draw, 3))
        match_week_fill(&c->availability);
    for (int i = 0; i < 3; i++)
        draw_week(draw, &c->availability, 6);
    c->windows = drawn->windows;
    c->n_windows = draw_below(draw, DRAW_WINDOWS + 1);
    for (size_t i = 0; i < DRAW_WINDOWS; i++) {
        struct match_window *window = &drawn->windows[i];
        window->kind = (enum match_window_kind)draw_below(draw, MATCH_N_WINDOW_KINDS);
        window->place = (enum match_window_place)draw_below(draw, 3);
        window->clinical_team_can_move
            = window->kind <= MATCH_WINDOW_APPOINTMENT && !one_in(draw, 4);
        window->from_on = one_in(draw, 3) ? draw_date(draw) : 0;
        window->until_on = one_in(draw, 3) ? draw_date(draw) : 0;
        unsigned day = draw_below(draw, 7);
        match_week_add_stretch(&window->week,
            (struct match_stretch) { .start = (uint16_t)(day * 48 + draw_below(draw, 48)),
                .length = (uint16_t)(1 + draw_below(draw, 3)) });
        if (one_in(draw, 2))
            draw_week(draw, &window->week, 1);
    }
    c->travel_before_half_hours = (uint8_t)draw_below(draw, 4);
    c->travel_after_half_hours = (uint8_t)draw_below(draw, 4);
}

void draw_client(struct draw *draw, struct drawn_client *drawn)
{
    memset(drawn, 0, sizeof(*drawn));
    struct match_client *c = &drawn->client;
    match_client_init(c);
    draw_codes(draw, drawn);
    draw_times(draw, drawn);
    c->is_paused = one_in(draw, 40);
    c->hours_min_tenths = one_in(draw, 2) ? 0 : (uint16_t)(40 * draw_below(draw, 5));
    c->hours_max_tenths = one_in(draw, 2) ? 0 : (uint16_t)(40 * draw_below(draw, 9));
    c->hours_wanted_tenths = (uint16_t)(40 * draw_below(draw, 8));
    c->pay_min_pence = one_in(draw, 2) ? 0 : 1221 + 25 * draw_below(draw, 12);
    c->pay_hoped_pence = one_in(draw, 2) ? 0 : 1221 + 50 * draw_below(draw, 12);
    c->legal_pay_min_pence = one_in(draw, 3) ? 0 : 1271;
    c->has_home = !one_in(draw, 6);
    c->easting_metres = 533000;
    c->northing_metres = 184000;
    c->distance_max_metres = one_in(draw, 4) ? 0 : 500 * draw_below(draw, 12);
    if (one_in(draw, 4))
        c->distance_max_metres = 2000 * draw_below(draw, 20);
    c->journey_max_minutes = one_in(draw, 2) ? 0 : (uint16_t)(30 + 5 * draw_below(draw, 5));
    c->journeys = drawn->journeys;
    c->n_journeys = draw_below(draw, DRAW_JOURNEYS + 1);
    for (size_t i = 0; i < DRAW_JOURNEYS; i++) {
        draw_uuid(draw, 6, &drawn->journeys[i].site_id);
        drawn->journeys[i].minutes = (uint16_t)(25 + 5 * draw_below(draw, 8));
    }
    c->may_drive = (enum match_driving)draw_below(draw, 4);
    c->driving_review_on = draw_date(draw);
    c->may_drive_after = (enum match_driving)draw_below(draw, 4);
    c->check_clear = (enum match_check)draw_below(draw, 5);
    c->check_changes_on = draw_date(draw);
    c->check_clear_after = (enum match_check)draw_below(draw, 5);
    c->earliest_start_on = draw_date(draw);
    c->latest_start_on = one_in(draw, 3) ? draw_date(draw) : 0;
    c->must_not = one_in(draw, 2) ? 0 : 1u << draw_below(draw, MATCH_N_EXPOSURES);
    for (size_t i = 0; i < MATCH_N_SETTINGS; i++)
        c->setting_weights[i] = (uint8_t)(one_in(draw, 3) ? draw_below(draw, 6) : 0);
    for (size_t i = 0; i < MATCH_N_ACCREDITATIONS; i++)
        c->accreditation_weights[i] = (uint8_t)(one_in(draw, 3) ? draw_below(draw, 6) : 0);
    for (size_t i = 0; i < MATCH_N_WISHES; i++)
        c->weights[i] = (int8_t)(one_in(draw, 2) ? MATCH_WEIGHT_DEFAULT : (int)draw_below(draw, 4));
}

void draw_options(struct draw *draw, struct match_options *options)
{
    static const uint32_t most[] = { 0, 1, 5, 10, 1000000 };
    match_options_init(options);
    options->on = DRAW_TODAY;
    options->horizon_days = 60;
    options->start_slack_days = (uint16_t)draw_below(draw, 15);
    options->n_results = most[draw_below(draw, ARRAY_SIZE(most))];
    options->n_near_misses = most[draw_below(draw, ARRAY_SIZE(most))];
    options->n_not_yet = most[draw_below(draw, ARRAY_SIZE(most))];
    options->max_per_employer = (uint16_t)draw_below(draw, 4);
    options->max_per_group = (uint16_t)draw_below(draw, 6);
    draw_uuid(draw, 3, &options->audience_id);
    static struct uuid more[4];
    for (size_t i = 0; i < ARRAY_SIZE(more); i++)
        draw_uuid(draw, 200, &more[i]);
    options->more_audience_ids = more;
    options->n_more_audiences = draw_below(draw, ARRAY_SIZE(more) + 1);
    options->only_with_trial = one_in(draw, 8);
    options->instructions = (enum match_instructions)draw_below(draw, 4);
}
