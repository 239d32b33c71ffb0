/* What the matcher is compared with: openings as a table, and for each client the questions in SQL
 * with the matcher's own answer beside them.
 *
 *     match_export FOLDER OPENINGS CLIENTS OUT
 *
 * writes OUT/openings.csv, whose columns match_sql.py names, and OUT/clients.tsv, a client a line:
 * the limits as an expression, a mask in which bit i is enum match_limit i; the score as an
 * expression; the nanoseconds that match_find() took, with all counts and for the results alone;
 * n_openings; alone, funnel and sole of each limit; id and score of each hit. In the expressions
 * {G} and {L} stand for the greatest and the least of two numbers, {D} for the division of whole
 * numbers.
 *
 * The expressions are of clients and openings as shape.c draws them, which leave some facts
 * unknown.
 */
#include "base/arena.h"
#include "base/str.h"
#include "bench/match/shape.h"
#include "match/match_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static int64_t now_nsec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* ---- openings ---- */

static void write_opening(
    FILE *out, const struct match_opening *o, const struct match_options *options)
{
    char id[UUID_TEXT_BYTES], employer[UUID_TEXT_BYTES];
    bool is_fixed = match_shift_kind_of(o) == MATCH_SHIFT_FIXED;

    uuid_format(&o->id, id);
    uuid_format(&o->employer_id, employer);
    fprintf(out, "%s,%s,%d,%d,%d,%d,%u,%u,%u,%u,%d,%d,%u,%u,%d,%d,%u,%d,%d,%d,%d,%u,%u", id,
        employer, o->is_hidden, o->places_left, o->closes_on, o->starts_on, o->hours_min_tenths,
        match_most_hours_tenths(o), match_best_pay_pence(o), match_least_pay_pence(o),
        o->easting_metres, o->northing_metres, o->soc, o->sic, (int)o->driving, (int)o->check,
        o->exposures, is_fixed, is_fixed && match_week_meets(&o->shifts, &options->night),
        (int)o->trial, (int)o->stance, o->relationship_level, o->settings);
    fprintf(out, ",%d", o->permanence == MATCH_PERMANENCE_PERMANENT);
    for (size_t i = 0; i < MATCH_WEEK_WORDS; i++)
        fprintf(out, ",%" PRId64, (int64_t)o->shifts.bits[i]);
    fputc('\n', out);
}

/* ---- the limits of a client ---- */

static const uint32_t powers[] = { 1, 10, 100, 1000 };

static void add_soc_range(const struct match_code *code, struct str *out)
{
    uint32_t span = powers[MATCH_SOC_DIGITS - code->digits];

    str_addf(out, "soc BETWEEN %u AND %u", code->code * span, code->code * span + span - 1);
}

static void add_limit(struct str *out, enum match_limit limit, const char *condition)
{
    str_addf(
        out, "%sCASE WHEN %s THEN %u ELSE 0 END", limit ? " + " : "", condition, LIMIT_BIT(limit));
}

static void say_limit(const struct match_query *q, enum match_limit limit, struct str *out)
{
    const struct match_client *c = q->client;

    str_reset(out);
    switch (limit) {
    case MATCH_LIMIT_LIVE:
        str_addf(out, "(hidden = 0 AND places = 0) OR (closes_on <> 0 AND closes_on < %d)", q->on);
        break;
    case MATCH_LIMIT_START:
        str_addf(out, "starts_on <> 0 AND {G}(starts_on, %d) < %d", q->on,
            match_can_start_on(q) - q->options->start_slack_days);
        break;
    case MATCH_LIMIT_HOURS:
        str_addf(out, "hours_min > %d OR hours_max < %d",
            c->hours_max_tenths ? c->hours_max_tenths : INT16_MAX, c->hours_min_tenths);
        break;
    case MATCH_LIMIT_PAY:
        str_addf(out, "pay_best <> 0 AND pay_best < %u", q->pay_floor_pence);
        break;
    case MATCH_LIMIT_DISTANCE:
        str_addf(out,
            "(easting - %d) * (easting - %d) + (northing - %d) * (northing - %d) > %" PRId64,
            c->easting_metres, c->easting_metres, c->northing_metres, c->northing_metres,
            MIN(q->distance_max_squared, INT64_MAX / 2));
        break;
    case MATCH_LIMIT_OCCUPATION:
        str_addz(out, c->only_these_occupations ? "NOT (" : "1 = 0");
        for (size_t i = 0; c->only_these_occupations && i < c->n_occupations; i++) {
            str_addz(out, i ? " OR " : "");
            add_soc_range(&c->occupations[i].code, out);
        }
        str_addz(out, c->only_these_occupations ? ")" : "");
        break;
    case MATCH_LIMIT_INDUSTRY:
        str_addf(out, "sic = %u", c->n_excluded_industries ? c->excluded_industries[0].code : 1);
        break;
    case MATCH_LIMIT_DRIVING:
        str_addf(out, "driving > %d", (int)q->driving);
        break;
    case MATCH_LIMIT_CHECK:
        str_addf(out, "check_level > %d", (int)q->check);
        break;
    case MATCH_LIMIT_MUST_NOT:
        str_addf(out, "(exposures & %u) <> 0 OR night > %d", c->must_not,
            c->must_not >> MATCH_EXPOSURE_NIGHTS & 1 ? 0 : 1);
        break;
    default:
        str_addz(out, "fixed = 1 AND (");
        for (size_t i = 0; i < MATCH_WEEK_WORDS; i++)
            str_addf(out, "%s(s%zu & %" PRId64 ")", i ? " | " : "", i, (int64_t)~q->free.bits[i]);
        str_addz(out, ") <> 0");
    }
}

static void say_mask(const struct match_query *q, struct str *out)
{
    _cleanup_(str_release) struct str condition = { 0 };

    for (int limit = 0; limit < MATCH_N_LIMITS; limit++) {
        say_limit(q, (enum match_limit)limit, &condition);
        add_limit(out, (enum match_limit)limit, str_text(&condition));
    }
}

/* ---- the wishes of a client ---- */

static void say_occupation(const struct match_query *q, struct str *out)
{
    for (int weight = 5; weight > 0; weight--)
        for (size_t i = 0; i < q->client->n_occupations; i++) {
            if (q->client->occupations[i].weight != weight)
                continue;
            str_addz(out, " WHEN ");
            add_soc_range(&q->client->occupations[i].code, out);
            str_addf(out, " THEN %d", weight * 20 * q->weights[MATCH_WISH_OCCUPATION]);
        }
}

static void say_settings(const struct match_query *q, struct str *out)
{
    unsigned all = 0;

    str_addz(out, " + (0");
    for (unsigned i = 0; i < MATCH_N_SETTINGS; i++) {
        all += q->client->setting_weights[i];
        str_addf(out, " + CASE WHEN (settings & %u) <> 0 THEN %u ELSE 0 END", 1u << i,
            q->client->setting_weights[i]);
    }
    str_addf(out, ") * 100 {D} %u * %u", all ? all : 1, all ? q->weights[MATCH_WISH_SETTING] : 0);
}

static void say_score(const struct match_query *q, struct str *out)
{
    const struct match_client *c = q->client;
    const struct match_options *o = q->options;

    str_addz(out, "CASE WHEN soc = 0 THEN 0");
    say_occupation(q, out);
    str_addz(out, " ELSE 0 END");
    if (c->hours_wanted_tenths)
        str_addf(out, " + %u * {G}(0, 100 - {G}(0, {G}(hours_min - %u, %u - hours_max)))",
            q->weights[MATCH_WISH_HOURS], c->hours_wanted_tenths, c->hours_wanted_tenths);
    str_addf(out, " + %u * {L}(100, {G}(0, (pay_least - %u) * 100 {D} %u))",
        q->weights[MATCH_WISH_PAY], q->pay_floor_pence, o->pay_full_pence);
    str_addf(out,
        " + %u * {G}(0, 100 - CAST(ceil(sqrt(CAST((easting - %d) * (easting - %d)"
        " + (northing - %d) * (northing - %d) AS double precision))) AS bigint) * 100 {D} %u)",
        q->weights[MATCH_WISH_NEARNESS], c->easting_metres, c->easting_metres, c->northing_metres,
        c->northing_metres, c->distance_max_metres ? c->distance_max_metres : o->near_metres);
    str_addz(out, " + CASE trial");
    for (int i = 0; i < MATCH_N_TRIALS; i++)
        str_addf(out, " WHEN %d THEN %d", i, o->trial_points[i] * q->weights[MATCH_WISH_TRIAL]);
    str_addz(out, " END + CASE stance");
    for (int i = 0; i < MATCH_N_STANCES; i++)
        str_addf(out, " WHEN %d THEN %d", i, o->stance_points[i] * q->weights[MATCH_WISH_WARMTH]);
    str_addf(out, " END + relation_level * %d", 20 * q->weights[MATCH_WISH_TRACK_RECORD]);
    say_settings(q, out);
    str_addf(out, " + permanent * %d", 100 * q->weights[MATCH_WISH_PERMANENCE]);
}

/* ---- a client ---- */

static void write_found(
    FILE *out, const struct match_found *found, int64_t nsec, int64_t results_nsec)
{
    char id[UUID_TEXT_BYTES];

    fprintf(out, "\t%" PRId64 "\t%" PRId64 "\t%u", nsec, results_nsec, found->n_openings);
    for (int i = 0; i < MATCH_N_LIMITS; i++)
        fprintf(out, "\t%u %u %u", found->counts[i].alone, found->counts[i].funnel,
            found->counts[i].sole);
    for (size_t i = 0; i < found->n_hits; i++) {
        uuid_format(&found->hits[i].opening_id, id);
        fprintf(out, "\t%s %d", id, found->hits[i].score);
    }
    fputc('\n', out);
}

/* The best of three: caches as of a second question. */
static int find(const struct match_catalogue *catalogue, const struct match_client *client,
    const struct match_options *options, struct arena *arena, struct match_found **ret_found,
    int64_t *ret_nsec, struct err *err)
{
    int r = 0;

    *ret_nsec = INT64_MAX;
    for (int i = 0; r == 0 && i < 3; i++) {
        int64_t begin = now_nsec();
        r = match_find(catalogue, client, options, arena, ret_found, err);
        *ret_nsec = MIN(*ret_nsec, now_nsec() - begin);
    }
    return r;
}

static int write_client(FILE *out, const struct match_catalogue *catalogue,
    const struct match_client *client, const struct match_options *options, struct err *err)
{
    _cleanup_(str_release) struct str text = { 0 };
    _cleanup_(arena_release) struct arena arena;
    struct match_options results_only = *options;
    struct match_found *found = NULL, *results = NULL;
    struct match_query q;
    int64_t nsec, results_nsec;

    results_only.results_only = true;
    arena_init(&arena, 0);
    int r = find(catalogue, client, options, &arena, &found, &nsec, err);
    if (r == 0)
        r = find(catalogue, client, &results_only, &arena, &results, &results_nsec, err);
    if (r < 0)
        return r;
    match_query_init(&q, client, options, options->on);
    say_mask(&q, &text);
    str_addz(&text, "\t");
    say_score(&q, &text);
    fputs(str_text(&text), out);
    write_found(out, found, nsec, results_nsec);
    return 0;
}

static FILE *create(const char *folder, const char *name)
{
    _cleanup_(str_release) struct str path = { 0 };

    str_addf(&path, "%s/%s", folder, name);
    return fopen(str_text(&path), "we");
}

struct export
{
    struct shape *shape;
    struct match_catalogue *catalogue;
    struct match_options options;
    FILE *openings, *clients;
};

static int write_all(struct export *e, uint32_t n_openings, uint32_t n_clients, struct err *err)
{
    struct match_opening opening;
    struct shaped_client shaped;
    int r = match_catalogue_new(&e->catalogue, err);

    for (uint32_t i = 0; r == 0 && i < n_openings; i++) {
        shape_opening(e->shape, i, &opening);
        r = match_catalogue_put(e->catalogue, &opening, err);
        if (r == 0)
            r = match_catalogue_relate(e->catalogue, &e->options.audience_id, &opening.employer_id,
                opening.stance, opening.relationship_level, err);
        write_opening(e->openings, &opening, &e->options);
    }
    if (r == 0)
        r = match_catalogue_arrange(e->catalogue, err);
    for (uint32_t i = 0; r == 0 && i < n_clients; i++) {
        shape_client(e->shape, i, &shaped);
        r = write_client(e->clients, e->catalogue, &shaped.client, &e->options, err);
    }
    return r;
}

int main(int argc, char **argv)
{
    struct export e = { .shape = NULL };
    struct err err = { 0 };

    if (argc != 5) {
        (void)fprintf(stderr, "usage: match_export FOLDER OPENINGS CLIENTS OUT\n");
        return 2;
    }
    match_options_init(&e.options);
    e.options.on = SHAPE_TODAY;
    e.options.n_results = 20;
    e.options.n_near_misses = e.options.n_not_yet = 0;
    e.openings = create(argv[4], "openings.csv");
    e.clients = create(argv[4], "clients.tsv");
    int r = e.openings && e.clients ? shape_load(argv[1], &e.shape, &err)
                                    : err_set(&err, ERR_INVALID, "cannot write into %s", argv[4]);
    if (r == 0)
        r = write_all(
            &e, (uint32_t)strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10), &err);
    if (r < 0)
        (void)fprintf(stderr, "match_export: %s\n", err.msg);
    if (e.openings && fclose(e.openings) != 0)
        r = -1;
    if (e.clients && fclose(e.clients) != 0)
        r = -1;
    match_catalogue_free(e.catalogue);
    shape_free(e.shape);
    return r < 0;
}
