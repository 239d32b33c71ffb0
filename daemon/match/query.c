#include "match/match_internal.h"

void match_window_margins(const struct match_client *client, const struct match_window *window,
    unsigned *ret_before, unsigned *ret_after)
{
    bool is_near_work = window->place == MATCH_PLACE_NEAR_WORK;
    *ret_before = is_near_work ? 0 : client->travel_before_half_hours;
    *ret_after = is_near_work ? 0 : client->travel_after_half_hours;
}

static bool window_holds(const struct match_window *window, int32_t on)
{
    return (window->from_on == 0 || window->from_on <= on)
        && (window->until_on == 0 || window->until_on >= on);
}

static void block_windows(struct match_query *q)
{
    const struct match_client *client = q->client;
    if (client->has_availability)
        q->free = client->availability;
    else
        match_week_fill(&q->free);
    for (size_t i = 0; i < client->n_windows; i++) {
        const struct match_window *window = &client->windows[i];
        q->blocked[i] = (struct match_week) { { 0 } };
        if (!window_holds(window, q->on))
            continue;
        unsigned before;
        unsigned after;
        match_window_margins(client, window, &before, &after);
        q->has_windows = true;
        q->blocked[i] = window->week;
        /* travel before the shift follows the window, travel after the shift precedes it */
        match_week_widen(&q->blocked[i], after, before);
        match_week_take(&q->free, &q->blocked[i]);
    }
}

void match_query_init(struct match_query *query, const struct match_client *client,
    const struct match_options *options, int32_t on)
{
    query->client = client;
    query->options = options;
    query->on = on;
    query->pay_floor_pence = MAX(client->pay_min_pence, client->legal_pay_min_pence);
    query->is_pay_floor_legal
        = client->legal_pay_min_pence > 0 && client->legal_pay_min_pence >= client->pay_min_pence;
    query->distance_max_squared = client->distance_max_metres
        ? (int64_t)client->distance_max_metres * client->distance_max_metres
        : INT64_MAX;
    query->driving = client->may_drive;
    if (client->driving_review_on && on >= client->driving_review_on)
        query->driving = client->may_drive_after;
    query->check = client->check_clear;
    if (client->check_changes_on && on >= client->check_changes_on)
        query->check = client->check_clear_after;
    query->has_windows = false;
    block_windows(query);
    for (size_t i = 0; i < MATCH_N_WISHES; i++)
        query->weights[i] = client->weights[i] == MATCH_WEIGHT_DEFAULT
            ? options->default_weights[i]
            : (uint8_t)client->weights[i];
}
