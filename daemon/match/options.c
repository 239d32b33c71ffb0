#include "match/match_internal.h"

static const struct match_options default_options = {
    .n_results = 10,
    .n_near_misses = 5,
    .n_not_yet = 5,
    .max_per_employer = 2,
    .max_per_group = 5,
    .default_weights = {
        [MATCH_WISH_OCCUPATION] = 10,
        [MATCH_WISH_INDUSTRY] = 3,
        [MATCH_WISH_HOURS] = 4,
        [MATCH_WISH_PAY] = 3,
        [MATCH_WISH_NEARNESS] = 4,
        [MATCH_WISH_TRIAL] = 2,
        [MATCH_WISH_WARMTH] = 3,
        [MATCH_WISH_TRACK_RECORD] = 1,
        [MATCH_WISH_SETTING] = 3,
        [MATCH_WISH_ACCREDITATION] = 1,
        [MATCH_WISH_PERMANENCE] = 3,
    },
    .trial_points = {
        [MATCH_TRIAL_JOBCENTRE_PLUS] = 100,
        [MATCH_TRIAL_PRIVATE_UNPAID] = 100,
        [MATCH_TRIAL_PAID] = 100,
        [MATCH_TRIAL_TASTER] = 50,
    },
    .stance_points = {
        [MATCH_STANCE_WARM] = 100,
        [MATCH_STANCE_AMBIVALENT] = 60,
        [MATCH_STANCE_COLD] = 20,
    },
    .near_metres = 10000,
    .pay_full_pence = 500,
    .start_slack_days = 28,
    .employer_shift_half_hours = 8,
    .horizon_days = 365,
    .sector_share_percent = 50,
};

/* Nights are 23:00 to 06:00, as the Working Time Regulations have it where nothing is agreed. */
void match_options_init(struct match_options *options)
{
    enum { NIGHT_START = 46, NIGHT_SLOTS = 14, DAYS = 7 };
    *options = default_options;
    for (unsigned day = 0; day < DAYS; day++)
        match_week_add_stretch(&options->night,
            (struct match_stretch) {
                .start = (uint16_t)(day * MATCH_DAY_SLOTS + NIGHT_START), .length = NIGHT_SLOTS });
}

static bool all_within(const uint8_t *values, size_t n, unsigned most)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] > most)
            return false;
    return true;
}

int match_options_check(const struct match_options *options, struct err *err)
{
    enum { DATE_MIN = 1, DATE_MAX = 2932896, POINTS_MAX = 100 }; /* to 31 Dec 9999 */
    if (options->on < DATE_MIN || options->on > DATE_MAX)
        return err_set_field(err, ERR_INVALID, "on", "Give the day that the answer is for.");
    if (options->near_metres == 0)
        return err_set_field(err, ERR_INVALID, "near_metres", "It must be above 0.");
    if (options->pay_full_pence == 0)
        return err_set_field(err, ERR_INVALID, "pay_full_pence", "It must be above 0.");
    if (!all_within(options->default_weights, MATCH_N_WISHES, MATCH_WEIGHT_MAX))
        return err_set_field(err, ERR_INVALID, "default_weights", "A weight is 0 to 100.");
    if (!all_within(options->trial_points, MATCH_N_TRIALS, POINTS_MAX))
        return err_set_field(err, ERR_INVALID, "trial_points", "Points are 0 to 100.");
    if (!all_within(options->stance_points, MATCH_N_STANCES, POINTS_MAX))
        return err_set_field(err, ERR_INVALID, "stance_points", "Points are 0 to 100.");
    if (options->night.bits[MATCH_WEEK_WORDS - 1] >> (MATCH_WEEK_SLOTS % 64))
        return err_set_field(err, ERR_INVALID, "night", "The nights are not a week.");
    return 0;
}
