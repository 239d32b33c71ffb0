/* Rows of migrations/deploy/catalogue.sql into a catalogue. */
#pragma once

#include "base/err.h"
#include "base/macro.h"

struct db_result;
struct match_catalogue;

/* In the order in which catalogue_rows.c reads them. */
#define CATALOGUE_OPENING_COLUMNS                                                                  \
    "id, employer_id, site_id, audience, hidden, places, starts_on, closes_on, soc, sic, "         \
    "easting, "                                                                                    \
    "northing, hours_min_tenths, hours_max_tenths, pay_pence_hour, shift_bits, driving, "          \
    "check_level, features, permanent, expected_weeks, trial, living_wage, disability_confident"
#define CATALOGUE_RELATION_COLUMNS "employer_id, borough_id, audience, stance, level"

/* Put each row's opening into @catalogue, or take it out where the row has an id alone. One that
 * the matcher refuses is logged and left out. ERR_EXHAUSTED. */
int catalogue_put_openings(
    struct match_catalogue *catalogue, const struct db_result *rows, struct err *err) _must_check_;

/* Likewise how boroughs stand with employers. */
int catalogue_put_relations(
    struct match_catalogue *catalogue, const struct db_result *rows, struct err *err) _must_check_;
