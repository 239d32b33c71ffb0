/* Openings and clients of a real shape, for benchmarks and tests: places and names of kitchens and
 * shops from the food hygiene register, occupations with their numbers, pay and hours from ASHE.
 * The same seed gives the same ones on every machine.
 *
 *     shape_load(folder, &shape, &err);         the folder of the public lists
 *     shape_opening(shape, i, &opening);        0, 1, 2 …; each is drawn anew, nothing is kept
 *     shape_client(shape, i, &shaped);
 *     shape_free(shape);
 *
 * The lists are CSV: employers/fhrs_london_2020.csv, geo/london_postcodes.csv and
 * wages/ashe2024_soc4_pay_hours.csv, unpacked.
 */
#pragma once

#include "base/err.h"
#include "match/model.h"

enum {
    SHAPE_TODAY = 20780, /* 2026-11-23 */
    SHAPE_WISHES = 4,
    SHAPE_WINDOWS = 2,
};

struct shape;

/* A client with room for what it points to. */
struct shaped_client {
    struct match_client client;
    struct match_code_wish occupations[SHAPE_WISHES];
    struct match_code excluded_industries[1];
    struct match_window windows[SHAPE_WINDOWS];
};

/* ERR_NOT_FOUND, ERR_INVALID, ERR_EXHAUSTED. */
int shape_load(const char *folder, struct shape **ret_shape, struct err *err) _must_check_;
void shape_free(struct shape *shape);

void shape_opening(const struct shape *shape, uint32_t i, struct match_opening *ret_opening);
void shape_client(const struct shape *shape, uint32_t i, struct shaped_client *ret_client);
