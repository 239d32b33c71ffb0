/* Rows of migrations/deploy/catalogue.sql into a catalogue.
 *
 * What an opening's employer and its place bring to it comes in the same row, where a few openings
 * changed; where all are loaded it is read before them:
 *
 *     catalogue_facts_new(&facts, &err);
 *     catalogue_add_employers(facts, rows, &err);          all employers
 *     catalogue_add_places(facts, rows, &err);             all places
 *     catalogue_put_jobs(catalogue, facts, rows, &err);    then the openings
 *     catalogue_facts_free(facts);
 *
 * Errors: ERR_EXHAUSTED. An opening that the matcher refuses is logged and left out.
 */
#pragma once

#include "base/err.h"
#include "base/macro.h"

struct catalogue_facts;
struct db_result;
struct match_catalogue;

/* In the order in which catalogue_rows.c reads them. */
#define CATALOGUE_JOB_COLUMNS                                                                      \
    "id, employer_id, site_id, audience, hidden, places, starts_on, closes_on, soc, "              \
    "hours_min_tenths, hours_max_tenths, pay_pence_hour, shift_bits, driving, check_level, "       \
    "features, permanent, expected_weeks, trial"
#define CATALOGUE_OPENING_COLUMNS                                                                  \
    CATALOGUE_JOB_COLUMNS ", sic, living_wage, disability_confident, easting, northing"
#define CATALOGUE_EMPLOYER_COLUMNS "id, sic, living_wage, disability_confident"
#define CATALOGUE_PLACE_COLUMNS "id, easting, northing"
#define CATALOGUE_RELATION_COLUMNS "employer_id, audience, stance, level"

/* Put each row's opening into @catalogue, or take it out where the row has an id alone. */
int catalogue_put_openings(
    struct match_catalogue *catalogue, const struct db_result *rows, struct err *err) _must_check_;

/* Put how boroughs stand with employers. */
int catalogue_put_relations(
    struct match_catalogue *catalogue, const struct db_result *rows, struct err *err) _must_check_;

int catalogue_facts_new(struct catalogue_facts **ret_facts, struct err *err) _must_check_;
void catalogue_facts_free(struct catalogue_facts *facts); /* NULL is accepted */

int catalogue_add_employers(
    struct catalogue_facts *facts, const struct db_result *rows, struct err *err) _must_check_;
int catalogue_add_places(
    struct catalogue_facts *facts, const struct db_result *rows, struct err *err) _must_check_;

/* Put each row's opening into @catalogue; those of employers that are not among @facts are left
 * out. */
int catalogue_put_jobs(struct match_catalogue *catalogue, const struct catalogue_facts *facts,
    const struct db_result *rows, struct err *err) _must_check_;
