/* A follower of a database's openings, for tests: it says on standard output what its catalogue
 * has.
 *
 *     follow_server CONNINFO
 *
 * Each line of standard input is answered:
 *     sync              "in step" once everything that was committed by now is in, or the error
 *     ASKER OPENING     what the asker may see of the opening, its fields in a line, or "none"
 *     loads             how often everything was loaded
 */
#include "base/err.h"
#include "base/loop.h"
#include "base/uuid.h"
#include "db/pool.h"
#include "match/match.h"
#include "service/follower.h"

#include <stdio.h>
#include <string.h>

struct state {
    struct loop *loop;
    struct follower *follower;
    struct follower_wait wait;
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

static void answer_opening(const struct state *state, const char *line)
{
    struct match_opening o;
    struct match_options options = { .on = 0 };
    struct uuid id;

    if (strlen(line) < 73 || uuid_parse(line, 36, &options.audience_id) < 0 || uuid_parse(line + 37, 36, &id) < 0)
        puts("what?");
    else if (!match_catalogue_get(follower_catalogue(state->follower), &options, &id, &o))
        puts("none");
    else
        printf("%d %d %d %u %u %d %d %u %d %u\n", o.is_hidden, o.places_left, (int)o.closes_on,
            o.pay_min_pence, o.sic, (int)o.easting_metres, (int)o.northing_metres, o.exposures,
            (int)o.stance, o.relationship_level);
}

static void answer_line(struct state *state, const char *line)
{
    struct follower_stats stats;

    if (strncmp(line, "sync", 4) == 0) {
        answer_sync(state);
    } else if (strncmp(line, "loads", 5) == 0) {
        follower_stats(state->follower, &stats);
        printf("%u\n", (unsigned)stats.loads);
    } else {
        answer_opening(state, line);
    }
    (void)fflush(stdout);
}

/* Between two lines the loop stands still, so a sync also shows that a follower catches up. */
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
    struct db_pool *pool = NULL;
    struct err err = { 0 };

    if (argc != 2)
        return 2;
    db_options_init(&options);
    options.conninfo = argv[1];
    list_init(&state.wait.link);
    int r = loop_new(&state.loop, &err);
    if (r == 0)
        r = db_pool_new(state.loop, &options, &pool, &err);
    if (r == 0)
        r = follower_new(state.loop, pool, &state.follower, &err);
    if (r == 0)
        answer_lines(&state);
    else
        (void)fprintf(stderr, "follow_server: %s\n", err.msg);
    follower_free(state.follower);
    db_pool_free(pool);
    loop_free(state.loop);
    return r < 0;
}
