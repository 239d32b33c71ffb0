/* From rows and a request to the options of a match. */
#include "base/str.h"
#include "service/match_internal.h"

#include <string.h>

/* Put one row of match_default where it belongs; names that this build does not know are skipped.
 */
static void set_default(struct match_options *options, const char *name, uint32_t value)
{
    const struct {
        const char *name;
        uint8_t *byte;
        uint16_t *word;
        uint32_t *number;
    } places[] = {
        { "count", NULL, NULL, &options->n_results },
        { "near_misses", NULL, NULL, &options->n_near_misses },
        { "later", NULL, NULL, &options->n_not_yet },
        { "per_employer", NULL, &options->max_per_employer, NULL },
        { "per_occupation", NULL, &options->max_per_group, NULL },
        { "trial_jobcentre_plus", &options->trial_points[MATCH_TRIAL_JOBCENTRE_PLUS], NULL, NULL },
        { "trial_private_unpaid", &options->trial_points[MATCH_TRIAL_PRIVATE_UNPAID], NULL, NULL },
        { "trial_paid", &options->trial_points[MATCH_TRIAL_PAID], NULL, NULL },
        { "trial_taster", &options->trial_points[MATCH_TRIAL_TASTER], NULL, NULL },
        { "stance_warm", &options->stance_points[MATCH_STANCE_WARM], NULL, NULL },
        { "stance_ambivalent", &options->stance_points[MATCH_STANCE_AMBIVALENT], NULL, NULL },
        { "stance_cold", &options->stance_points[MATCH_STANCE_COLD], NULL, NULL },
        { "near_metres", NULL, NULL, &options->near_metres },
        { "pay_full_pence", NULL, NULL, &options->pay_full_pence },
        { "start_slack_days", NULL, &options->start_slack_days, NULL },
        { "horizon_days", NULL, &options->horizon_days, NULL },
    };

    if (str_starts_with(name, "weight_")) {
        for (int wish = 0; wish < MATCH_N_WISHES; wish++)
            if (str_eq(match_wish_info((enum match_wish)wish)->name, name + strlen("weight_")))
                options->default_weights[wish] = (uint8_t)value;
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        if (!str_eq(places[i].name, name))
            continue;
        if (places[i].byte)
            *places[i].byte = (uint8_t)value;
        else if (places[i].word)
            *places[i].word = (uint16_t)value;
        else
            *places[i].number = value;
    }
}

/* Take a number of the request where one is given; @max bounds it. */
static int take_count(
    int32_t asked, int32_t max, const char *field, uint32_t *number, struct err *err)
{
    if (asked < 0 || asked > max)
        return err_set_field(err, ERR_INVALID, field, "Give a number from 1 to %d, or 0.", max);
    if (asked > 0)
        *number = (uint32_t)asked;
    return 0;
}

static int read_audiences(struct match_call *call, struct err *err)
{
    size_t len;
    const char *bytes = code_bytes(&call->results[MATCH_PART_DAY], 0, DAY_AUDIENCES, &len);
    size_t n = bytes ? len / sizeof(struct uuid) : 0;
    struct uuid *ids = arena_calloc(call->arena, n + 1, sizeof(*ids));

    if (!ids)
        return err_oom(err);
    if (n > 0)
        memcpy(ids, bytes, n * sizeof(*ids));
    call->options.audience_id = ids[0];
    call->options.more_audience_ids = ids + 1;
    call->options.n_more_audiences = n > 0 ? n - 1 : 0;
    return 0;
}

int match_call_read_options(struct match_call *call, struct err *err)
{
    const struct code_result *rows = &call->results[MATCH_PART_WEIGHTS];
    const struct match_wanted *wanted = &call->wanted;
    struct match_options *options = &call->options;
    uint32_t per_employer, per_occupation;

    match_options_init(options);
    for (size_t row = 0; row < code_n_rows(rows); row++) {
        const char *name = code_text(rows, row, 0, call->arena);
        if (!name)
            return err_oom(err);
        set_default(options, name, (uint32_t)code_int(rows, row, 1));
    }
    per_employer = options->max_per_employer;
    per_occupation = options->max_per_group;
    int r = take_count(wanted->count, 100, "count", &options->n_results, err);
    if (r == 0)
        r = take_count(wanted->per_employer, 1000, "per_employer", &per_employer, err);
    if (r == 0)
        r = take_count(wanted->per_occupation, 1000, "per_occupation", &per_occupation, err);
    options->max_per_employer = (uint16_t)per_employer;
    options->max_per_group = (uint16_t)per_occupation;
    options->on = code_date(&call->results[MATCH_PART_DAY], 0, DAY_DAY);
    if (r == 0)
        r = read_audiences(call, err);
    options->even_if_paused = wanted->paused_too;
    options->only_with_trial = wanted->trial_only;
    return r;
}
