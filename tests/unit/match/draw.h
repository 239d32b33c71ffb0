/* Random openings and clients from a seed: few different values, so that ties, limits that are
 * met exactly and empty fields are common. */
#pragma once

#include "match/match.h"

struct draw {
    uint64_t state;
};

enum { DRAW_CODES = 4, DRAW_WINDOWS = 3, DRAW_JOURNEYS = 3 };

/* A client with the arrays it borrows. */
struct drawn_client {
    struct match_client client;
    struct match_code_wish occupations[DRAW_CODES], industries[DRAW_CODES];
    struct match_code excluded_occupations[DRAW_CODES], excluded_industries[DRAW_CODES];
    struct match_window windows[DRAW_WINDOWS];
    struct match_journey journeys[DRAW_JOURNEYS];
};

#define DRAW_TODAY 20000

uint32_t draw_below(struct draw *draw, uint32_t n);
void draw_uuid(struct draw *draw, uint32_t n_kinds, struct uuid *ret_uuid);
void draw_opening(struct draw *draw, uint32_t number, struct match_opening *ret_opening);
/* How an asker stands with the opening's employer. */
void draw_relation(const struct uuid *asker, struct match_opening *opening);
void draw_client(struct draw *draw, struct drawn_client *ret_client);
void draw_options(struct draw *draw, struct match_options *ret_options);
