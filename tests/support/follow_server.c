/* A follower of a database's openings, for tests: it says on standard output what its catalogue
 * has.
 *
 *     follow_server CONNINFO
 *
 * Each line of standard input is answered:
 *     sync              "in step" once everything that was committed by now is in, or the error
 *     ask               "in step" if a caller's batch that asks is told so, "behind", or the error
 *     ASKER OPENING     what the asker may see of the opening, its fields in a line, or "none"
 *     loads             how often everything was loaded
 *     turn              the loop goes on for a millisecond, and it is "on"
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/uuid.h"
#include "db/batch.h"
#include "db/pool.h"
#include "match/match.h"
#include "service/follower.h"

#include <stdio.h>
#include <string.h>

struct state {
    struct loop *loop;
    struct db_pool *pool;
    struct follower *follower;
    struct follower_wait wait;
    int64_t asked_usec;
};

static void on_in_step(const struct err *err, void *arg)
{
    struct state *state = arg;

    puts(err ? err->msg : "in step");
    loop_break(state->loop);
}

static void answer_sync(struct state *state)
{
    struct err err = { 0 };

    follower_wait(state->follower, &state->wait, on_in_step, state);
    if (loop_run(state->loop, &err) < 0)
        puts(err.msg);
}

static void on_asked(const struct db_reply *reply, void *arg)
{
    struct state *state = arg;

    if (reply->err)
        puts(reply->err->msg);
    else
        puts(follower_hear(state->follower, db_reply_result(reply, 0), state->asked_usec)
                ? "in step"
                : "behind");
    loop_break(state->loop);
}

static void answer_ask(struct state *state)
{
    _cleanup_(db_batch_freep) struct db_batch *batch = db_batch_new(state->pool, DB_READ);
    struct err err = { 0 };

    state->asked_usec = clock_monotonic_usec();
    if (!follower_is_whole(state->follower)) {
        puts("behind");
    } else if (!batch || follower_ask(state->follower, batch, &err) < 0) {
        puts("out of memory");
    } else {
        db_batch_submit(&batch, on_asked, state, NULL);
        if (loop_run(state->loop, &err) < 0)
            puts(err.msg);
    }
}

static void answer_opening(const struct state *state, const char *line)
{
    struct match_opening o;
    struct match_options options = { .on = 0 };
    struct uuid id;

    if (strlen(line) < 73 || uuid_parse(line, 36, &options.audience_id) < 0
        || uuid_parse(line + 37, 36, &id) < 0)
        puts("what?");
    else if (!match_catalogue_get(follower_catalogue(state->follower), &options, &id, &o))
        puts("none");
    else
        printf("%d %d %d %u %u %d %d %u %d %u\n", o.is_hidden, o.places_left, (int)o.closes_on,
            o.pay_min_pence, o.sic, (int)o.easting_metres, (int)o.northing_metres, o.exposures,
            (int)o.stance, o.relationship_level);
}

static void on_turned(void *arg)
{
    const struct state *state = arg;

    loop_break(state->loop);
}

static void answer_turn(struct state *state)
{
    struct loop_timer timer;
    struct err err = { 0 };

    loop_timer_init(&timer, state->loop, on_turned, state);
    loop_timer_start(&timer, USEC_PER_MSEC);
    puts(loop_run(state->loop, &err) < 0 ? err.msg : "on");
    loop_timer_stop(&timer);
}

static void answer_line(struct state *state, const char *line)
{
    struct follower_stats stats;

    if (strncmp(line, "sync", 4) == 0) {
        answer_sync(state);
    } else if (strncmp(line, "ask", 3) == 0) {
        answer_ask(state);
    } else if (strncmp(line, "loads", 5) == 0) {
        follower_stats(state->follower, &stats);
        printf("%u\n", (unsigned)stats.loads);
    } else if (strncmp(line, "turn", 4) == 0) {
        answer_turn(state);
    } else {
        answer_opening(state, line);
    }
    (void)fflush(stdout);
}

/* Between two lines the loop stands still, so a sync also shows that a follower catches up; that it
 * does so by itself, only turns show. */
static void answer_lines(struct state *state)
{
    char line[256];

    while (fgets(line, sizeof(line), stdin))
        answer_line(state, line);
}

int main(int argc, char **argv)
{
    struct state state = { .loop = NULL };
    struct db_options options;
    struct err err = { 0 };

    if (argc != 2)
        return 2;
    db_options_init(&options);
    options.conninfo = argv[1];
    list_init(&state.wait.link);
    int r = loop_new(&state.loop, &err);
    if (r == 0)
        r = db_pool_new(state.loop, &options, &state.pool, &err);
    if (r == 0)
        r = follower_new(state.loop, state.pool, &state.follower, &err);
    if (r == 0)
        answer_lines(&state);
    else
        (void)fprintf(stderr, "follow_server: %s\n", err.msg);
    follower_free(state.follower);
    db_pool_free(state.pool);
    loop_free(state.loop);
    return r < 0;
}
