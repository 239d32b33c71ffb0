#include "bench/match/shape.h"

#include "base/str.h"
#include "client/csv_in.h"

#include <stdio.h>
#include <string.h>

#define PATTERNS 2000
#define CHAINS_KEPT 24 /* characters of a name that tell one employer from another */

struct place {
    uint32_t employer, site, sic;
    int32_t easting, northing;
};

struct job {
    uint16_t soc;
    uint32_t jobs; /* thousands, of this and those before: to draw by */
    uint32_t pay_pence[5]; /* at 10, 25, 50, 75 and 90 in 100 */
    uint16_t hours_tenths[5];
};

struct postcode {
    char text[9];
    int32_t easting, northing;
};

struct shape {
    struct postcode *postcodes; /* by text */
    struct place *places;
    struct job *jobs;
    size_t n_postcodes, n_places, n_jobs;
    struct match_week patterns[PATTERNS];
};

/* ---- chance ---- */

struct chance {
    uint64_t state;
};

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static struct chance chance_of(uint64_t kind, uint64_t i)
{
    return (struct chance) { mix(mix(kind) + i) };
}

static uint32_t below(struct chance *chance, uint32_t n)
{
    return (uint32_t)((mix(chance->state += UINT64_C(0x9e3779b97f4a7c15)) >> 32) * n >> 32);
}

static bool percent(struct chance *chance, uint32_t n)
{
    return below(chance, 100) < n;
}

static void number_uuid(struct uuid *out, uint64_t kind, uint64_t i)
{
    uint64_t words[2] = { mix(kind * 2 + 1) ^ mix(i), i };

    for (size_t b = 0; b < sizeof(out->bytes); b++)
        out->bytes[b] = (uint8_t)(words[b / 8] >> (8 * (b % 8)));
}

/* ---- lists ---- */

typedef int take_fn(struct shape *shape, const struct csv_row *row);

static int read_list(struct shape *shape, const char *folder, const char *name, size_t n_cells,
    take_fn *take, struct err *err)
{
    _cleanup_(csv_in_freep) struct csv_in *in = NULL;
    _cleanup_(str_release) struct str path = { 0 };
    const struct csv_row *row;

    str_addf(&path, "%s/%s", folder, name);
    int r = csv_in_open(str_text(&path), &in, err);
    if (r == 0)
        r = csv_in_next(in, &row, err); /* the names of the columns */
    while (r >= 0 && (r = csv_in_next(in, &row, err)) > 0)
        if (row->n >= n_cells && (r = take(shape, row)) < 0)
            return err_oom(err);
    return r;
}

static void *grow(void *list, size_t n, size_t size)
{
    return n & (n - 1) ? list : reallocarray(list, n ? 2 * n : 1, size);
}

static int take_postcode(struct shape *shape, const struct csv_row *row)
{
    struct postcode *grown
        = (struct postcode *)grow(shape->postcodes, shape->n_postcodes, sizeof(*grown));

    if (!grown)
        return ERR_EXHAUSTED;
    shape->postcodes = grown;
    struct postcode *p = &grown[shape->n_postcodes++];
    snprintf(p->text, sizeof(p->text), "%.8s", row->cells[0]);
    p->easting = (int32_t)strtol(row->cells[3], NULL, 10);
    p->northing = (int32_t)strtol(row->cells[4], NULL, 10);
    return 0;
}

static int compare_postcodes(const void *a, const void *b)
{
    return strcmp(((const struct postcode *)a)->text, ((const struct postcode *)b)->text);
}

static uint32_t sic_of(const char *kind)
{
    static const struct {
        const char *word;
        uint32_t sic;
    } kinds[] = {
        { "Restaurant", 56101 },
        { "Takeaway", 56103 },
        { "Pub", 56302 },
        { "supermarkets", 47110 },
        { "Retailers", 47290 },
        { "Caring", 87300 },
        { "School", 85200 },
        { "Hotel", 55100 },
        { "Manufacturers", 10890 },
        { "Distributors", 52290 },
        { "catering", 56290 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strstr(kind, kinds[i].word))
            return kinds[i].sic;
    return 0;
}

/* A chain's kitchens have one name, so one number. */
static uint32_t number_of_name(const char *name)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < CHAINS_KEPT && name[i]; i++)
        hash = mix(hash + (uint8_t)name[i]);
    return (uint32_t)(hash >> 32);
}

static int take_place(struct shape *shape, const struct csv_row *row)
{
    struct postcode key = { .text = "" };
    snprintf(key.text, sizeof(key.text), "%.8s", row->cells[8]);
    const struct postcode *at
        = bsearch(&key, shape->postcodes, shape->n_postcodes, sizeof(key), compare_postcodes);
    struct place *grown = (struct place *)grow(shape->places, shape->n_places, sizeof(*grown));

    if (!grown)
        return ERR_EXHAUSTED;
    shape->places = grown;
    if (at)
        grown[shape->n_places++] = (struct place) {
            .employer = number_of_name(row->cells[2]),
            .site = (uint32_t)shape->n_places,
            .sic = sic_of(row->cells[3]),
            .easting = at->easting,
            .northing = at->northing,
        };
    return 0;
}

/* Percentiles that are not published are those of their neighbours. */
static void fill_gaps(double values[5], double without)
{
    double known = values[2] > 0 ? values[2] : without;

    for (int i = 2; i >= 0; i--)
        known = values[i] = values[i] > 0 ? values[i] : known;
    known = values[2];
    for (int i = 2; i < 5; i++)
        known = values[i] = values[i] > 0 ? values[i] : known;
}

static int take_job(struct shape *shape, const struct csv_row *row)
{
    struct job *grown = (struct job *)grow(shape->jobs, shape->n_jobs, sizeof(*grown));
    double pay[5], hours[5];

    if (!grown)
        return ERR_EXHAUSTED;
    shape->jobs = grown;
    struct job *job = &grown[shape->n_jobs];
    for (int i = 0; i < 5; i++) {
        pay[i] = strtod(row->cells[3 + i], NULL);
        hours[i] = strtod(row->cells[9 + i], NULL);
    }
    fill_gaps(pay, 15);
    fill_gaps(hours, 37.5);
    for (int i = 0; i < 5; i++) {
        job->pay_pence[i] = (uint32_t)(pay[i] * 100 + 0.5);
        if (i > 0) /* a gap that was filled may lie below */
            job->pay_pence[i] = MAX(job->pay_pence[i], job->pay_pence[i - 1]);
        job->hours_tenths[i] = (uint16_t)(hours[i] * 10 + 0.5);
    }
    job->soc = (uint16_t)strtol(row->cells[0], NULL, 10);
    job->jobs = (shape->n_jobs ? job[-1].jobs : 0) + (uint32_t)strtol(row->cells[2], NULL, 10) + 1;
    shape->n_jobs++;
    return 0;
}

/* ---- weeks ---- */

static void add_days(struct match_week *week, unsigned days, unsigned start, unsigned length)
{
    for (unsigned day = 0; day < 7; day++)
        if (days >> day & 1)
            match_week_add_stretch(week,
                (struct match_stretch) { .start = (uint16_t)(day * MATCH_DAY_SLOTS + start),
                    .length = (uint16_t)length });
}

static void draw_pattern(struct chance *chance, struct match_week *week)
{
    static const uint8_t days[] = { 31, 31, 31, 96, 127, 21, 10, 7, 28, 124, 3, 64 };

    *week = (struct match_week) { { 0 } };
    add_days(week, days[below(chance, ARRAY_SIZE(days))],
        percent(chance, 40) ? 18 : 10 + below(chance, 32), 6 + below(chance, 13));
}

/* ---- life ---- */

int shape_load(const char *folder, struct shape **ret_shape, struct err *err)
{
    struct shape *shape = calloc(1, sizeof(*shape));

    if (!shape)
        return err_oom(err);
    int r = read_list(shape, folder, "geo/london_postcodes.csv", 5, take_postcode, err);
    if (r == 0 && shape->n_postcodes > 0)
        qsort(shape->postcodes, shape->n_postcodes, sizeof(*shape->postcodes), compare_postcodes);
    if (r == 0)
        r = read_list(shape, folder, "employers/fhrs_london_2020.csv", 9, take_place, err);
    if (r == 0)
        r = read_list(shape, folder, "wages/ashe2024_soc4_pay_hours.csv", 14, take_job, err);
    if (r == 0 && (shape->n_places == 0 || shape->n_jobs == 0))
        r = err_set(err, ERR_INVALID, "%s has lists without rows", folder);
    for (uint32_t i = 0; i < PATTERNS; i++) {
        struct chance chance = chance_of(1, i);
        draw_pattern(&chance, &shape->patterns[i]);
    }
    if (r < 0) {
        shape_free(shape);
        return r;
    }
    *ret_shape = shape;
    return 0;
}

void shape_free(struct shape *shape)
{
    if (!shape)
        return;
    free(shape->postcodes);
    free(shape->places);
    free(shape->jobs);
    free(shape);
}

/* ---- drawing ---- */

static const struct job *draw_job(const struct shape *shape, struct chance *chance)
{
    uint32_t wanted = below(chance, shape->jobs[shape->n_jobs - 1].jobs);
    size_t low = 0, high = shape->n_jobs - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (shape->jobs[middle].jobs <= wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return &shape->jobs[low];
}

static void draw_work(const struct job *job, struct chance *chance, struct match_opening *o)
{
    uint32_t part = below(chance, 4), fine = below(chance, 100);
    uint32_t low = job->pay_pence[part], high = job->pay_pence[part + 1];
    uint32_t hours = job->hours_tenths[below(chance, 5)];

    o->soc = job->soc;
    o->pay_min_pence = MAX(1271u, low + (high - low) * fine / 100);
    o->pay_max_pence = percent(chance, 25) ? o->pay_min_pence + below(chance, 300) : 0;
    o->hours_min_tenths = (uint16_t)(percent(chance, 40) ? hours / 2 : hours);
    o->hours_max_tenths = (uint16_t)hours;
    o->driving = percent(chance, 12) ? MATCH_DRIVING_G1
        : percent(chance, 2)         ? MATCH_DRIVING_G2
                                     : MATCH_DRIVING_NONE;
    o->check = percent(chance, 18) ? MATCH_CHECK_ENHANCED
        : percent(chance, 15)      ? MATCH_CHECK_BASIC
                                   : MATCH_CHECK_NONE;
    o->exposures = below(chance, 1u << MATCH_N_EXPOSURES) & below(chance, 1u << MATCH_N_EXPOSURES)
        & below(chance, 1u << MATCH_N_EXPOSURES);
    o->exposures_known = (1u << MATCH_N_EXPOSURES) - 1;
    o->settings = below(chance, 1u << MATCH_N_SETTINGS) & below(chance, 1u << MATCH_N_SETTINGS);
}

void shape_opening(const struct shape *shape, uint32_t i, struct match_opening *o)
{
    struct chance chance = chance_of(2, i);
    const struct place *place = &shape->places[below(&chance, (uint32_t)shape->n_places)];

    match_opening_init(o);
    number_uuid(&o->id, 3, i);
    number_uuid(&o->employer_id, 4, place->employer);
    number_uuid(&o->site_id, 5, place->site);
    o->has_site = true;
    o->easting_metres = place->easting;
    o->northing_metres = place->northing;
    o->sic = place->sic;
    o->places_left = (int16_t)(percent(&chance, 6) ? 0 : 1 + (int)below(&chance, 3));
    o->is_hidden = percent(&chance, 10);
    o->starts_on = percent(&chance, 50) ? SHAPE_TODAY - 20 + (int32_t)below(&chance, 50) : 0;
    o->closes_on = percent(&chance, 40) ? SHAPE_TODAY - 5 + (int32_t)below(&chance, 60) : 0;
    draw_work(draw_job(shape, &chance), &chance, o);
    o->shift_kind = percent(&chance, 85) ? MATCH_SHIFT_FIXED : MATCH_SHIFT_UNKNOWN;
    if (o->shift_kind == MATCH_SHIFT_FIXED && percent(&chance, 5))
        draw_pattern(&chance, &o->shifts);
    else if (o->shift_kind == MATCH_SHIFT_FIXED) {
        uint32_t pattern = below(&chance, PATTERNS);
        o->shifts = shape->patterns[(uint64_t)pattern * pattern / PATTERNS];
    }
    o->trial = (enum match_trial)below(&chance, MATCH_N_TRIALS);
    o->permanence = percent(&chance, 60) ? MATCH_PERMANENCE_PERMANENT : MATCH_PERMANENCE_UNKNOWN;
    o->accreditations = percent(&chance, 20) ? 1u << below(&chance, MATCH_N_ACCREDITATIONS) : 0;
    struct chance bond = chance_of(4, place->employer); /* one with an employer, not each opening */
    if (percent(&bond, 50))
        o->stance = (enum match_stance)(1 + below(&bond, 3));
    if (percent(&bond, 50))
        o->relationship_level = (uint8_t)(1 + below(&bond, 5));
}

static void draw_wishes(const struct shape *shape, struct chance *chance, struct shaped_client *s)
{
    static const uint32_t powers[] = { 100, 10, 1 };

    s->client.occupations = s->occupations;
    s->client.n_occupations = 1 + below(chance, SHAPE_WISHES);
    for (size_t i = 0; i < s->client.n_occupations; i++) {
        uint32_t level = below(chance, 3);
        s->occupations[i].code
            = (struct match_code) { .code = draw_job(shape, chance)->soc / powers[level],
                  .digits = (uint8_t)(2 + level) };
        s->occupations[i].weight = (uint8_t)(1 + below(chance, 5));
    }
    s->client.only_these_occupations = percent(chance, 35);
    s->client.excluded_industries = s->excluded_industries;
    s->client.n_excluded_industries = percent(chance, 20);
    s->excluded_industries[0] = (struct match_code) { .code = 56302, .digits = 5 };
}

static void draw_times(struct chance *chance, struct shaped_client *s)
{
    struct match_client *c = &s->client;
    unsigned days = percent(chance, 60) ? 31 : 127;

    c->has_availability = true;
    add_days(&c->availability, days, 12 + below(chance, 8), 20 + below(chance, 12));
    c->windows = s->windows;
    c->n_windows = below(chance, SHAPE_WINDOWS + 1);
    for (size_t i = 0; i < c->n_windows; i++) {
        s->windows[i].kind = i ? MATCH_WINDOW_APPOINTMENT : MATCH_WINDOW_PICK_UP;
        s->windows[i].place = MATCH_PLACE_NEAR_HOME;
        s->windows[i].clinical_team_can_move = percent(chance, 50);
        add_days(&s->windows[i].week, i ? 1u << below(chance, 5) : 31, 18 + below(chance, 10), 1);
    }
    c->travel_before_half_hours = 1;
    c->travel_after_half_hours = 1;
}

void shape_client(const struct shape *shape, uint32_t i, struct shaped_client *s)
{
    struct chance chance = chance_of(6, i);
    const struct postcode *home = &shape->postcodes[below(&chance, (uint32_t)shape->n_postcodes)];

    memset(s, 0, sizeof(*s));
    struct match_client *c = &s->client;
    match_client_init(c);
    number_uuid(&c->id, 7, i);
    draw_wishes(shape, &chance, s);
    draw_times(&chance, s);
    c->hours_min_tenths = (uint16_t)(percent(&chance, 30) ? 160 : 0);
    c->hours_max_tenths = (uint16_t)(percent(&chance, 40) ? 200 + 20 * below(&chance, 11) : 0);
    c->hours_wanted_tenths = (uint16_t)(percent(&chance, 60) ? 160 + 10 * below(&chance, 22) : 0);
    c->pay_min_pence = percent(&chance, 40) ? 1271 + 20 * below(&chance, 20) : 0;
    c->legal_pay_min_pence = 1271;
    c->legal_pay_sentence = "the minimum wage at 21 and over from 1 Apr 2026";
    c->has_home = true;
    c->easting_metres = home->easting;
    c->northing_metres = home->northing;
    c->distance_max_metres = percent(&chance, 85) ? 3000 + 500 * below(&chance, 25) : 0;
    c->may_drive = percent(&chance, 30) ? MATCH_DRIVING_G1 : MATCH_DRIVING_NONE;
    c->check_clear
        = percent(&chance, 60) ? MATCH_CHECK_ENHANCED : (enum match_check)(1 + below(&chance, 2));
    c->earliest_start_on = SHAPE_TODAY + (int32_t)below(&chance, 20);
    c->must_not = percent(&chance, 50) ? 1u << below(&chance, MATCH_N_EXPOSURES) : 0;
    for (size_t k = 0; k < MATCH_N_SETTINGS; k++)
        c->setting_weights[k] = (uint8_t)(percent(&chance, 30) ? 1 + below(&chance, 5) : 0);
}
