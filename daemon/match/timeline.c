/* "Not yet": on which day does the passing of time alone lift all that stands in the way?
 *
 * A limit's verdict changes only on few days: the client's (review, check, windows, the start that
 * comes near enough), which are the same for all openings, and the day on which an opening opens.
 * So only those days are tried; a test tries every day and finds the same. */
#include "match/match_internal.h"

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The client's days after @today within the horizon, ascending, each once. */
static size_t collect_days(
    const struct match_query *today, int32_t ret_days[3 + 2 * MATCH_WINDOWS_MAX])
{
    const struct match_client *client = today->client;
    int32_t days[3 + 2 * MATCH_WINDOWS_MAX];
    size_t n = 0;
    days[n++] = client->driving_review_on;
    days[n++] = client->check_changes_on;
    days[n++] = client->earliest_start_on - today->options->start_slack_days;
    for (size_t i = 0; i < client->n_windows; i++) {
        days[n++] = client->windows[i].from_on;
        days[n++] = client->windows[i].until_on ? client->windows[i].until_on + 1 : 0;
    }
    qsort(days, n, sizeof(*days), compare_days);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (days[i] > today->on && days[i] <= today->on + today->options->horizon_days
            && (kept == 0 || days[i] != ret_days[kept - 1]))
            ret_days[kept++] = days[i];
    return kept;
}

int match_timeline_init(
    struct match_timeline *timeline, const struct match_query *today, struct err *err)
{
    int32_t days[3 + 2 * MATCH_WINDOWS_MAX];
    size_t n = collect_days(today, days);
    timeline->queries = malloc((n + 1) * sizeof(*timeline->queries));
    if (!timeline->queries)
        return err_oom(err);
    timeline->n_queries = n + 1;
    timeline->queries[0] = *today;
    for (size_t i = 0; i < n; i++)
        match_query_init(&timeline->queries[i + 1], today->client, today->options, days[i]);
    return 0;
}

void match_timeline_release(struct match_timeline *timeline)
{
    free(timeline->queries);
    *timeline = (struct match_timeline) { .queries = NULL };
}

/* @query holds from its own day on; ask it of a later one. */
static bool fits_on(struct match_query *query, const struct match_opening *o, int32_t day)
{
    int32_t kept = query->on;
    query->on = day;
    bool fits = match_failed_limits(query, o) == 0;
    query->on = kept;
    return fits;
}

int32_t match_possible_on(struct match_timeline *timeline, const struct match_opening *o)
{
    struct match_query *queries = timeline->queries;
    int32_t horizon = queries[0].on + queries[0].options->horizon_days;
    for (size_t i = 0; i < timeline->n_queries; i++) {
        if (i > 0 && fits_on(&queries[i], o, queries[i].on))
            return queries[i].on;
        int32_t past = i + 1 < timeline->n_queries ? queries[i + 1].on - 1 : horizon;
        if (o->opens_on > queries[i].on && o->opens_on <= past
            && fits_on(&queries[i], o, o->opens_on))
            return o->opens_on;
    }
    return 0;
}
