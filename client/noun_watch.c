/* watch: a line for each change, as it comes. */
#include "base/clock.h"
#include "client/london.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/remote.h"
#include "wire/json.h"
#include "wire/message.h"

#include "canvass/v1/watch.pb-c.h"

#include <string.h>

#define SILENCE_MSEC 90000 /* three tokens did not come: the connection is gone */

static verb_run_fn watch_run;

static const struct arg watch_args[] = {
    { "since", "token", ARG_FIELD, 0, "TOKEN",
        "from where another watch stopped: the last token that --json printed", NULL },
};
static const struct verb watch_verbs[] = { {
    .noun = "watch",
    .method = "canvass.v1.WatchService/Watch",
    .summary = "show what changes, as it changes, until you stop it",
    .example = "canvass watch\n"
               "canvass watch --json",
    .notes = "You are told what you may see: employers and openings of the network, your "
             "borough's contacts and plans, your team's clients, what is shared with you or asked "
             "of you, and plans that clash with yours. If the connection is lost, it goes on where "
             "it stopped; nothing is left out or told twice.",
    VERB_ARGS(watch_args),
    .run = watch_run,
} };
const struct noun watch_noun = { "watch", "what changes, as it changes", NOUN_VERBS(watch_verbs) };

/* "10:32", with the day if it is not today. */
static void add_time(const Google__Protobuf__Timestamp *at, struct str *line)
{
    if (!at)
        return;
    struct london_time now = london_from_usec(clock_now_usec());
    struct london_time then = london_from_usec(at->seconds * USEC_PER_SEC);
    if (civil_to_days(&now.date) != civil_to_days(&then.date)) {
        char day[LONDON_TEXT_BYTES];
        london_format_date(&then.date, day);
        str_addf(line, "%s ", day);
    }
    str_addf(line, "%02d:%02d  ", then.minute / 60, then.minute % 60);
}

static int print(struct app *app, const Canvass__V1__WatchResponse *message, struct err *err)
{
    _cleanup_(str_release) struct str line = { 0 };
    int rc = 0;
    if (!message->change)
        return 0;
    if (app->json) {
        rc = json_print(&message->base, JSON_PROTO3, &line, err);
    } else {
        add_time(message->change->at, &line);
        str_addz(&line, message->change->sentence);
    }
    str_addc(&line, '\n');
    if (rc == 0 && line.failed)
        rc = err_oom(err);
    if (rc == 0)
        (void)fwrite(line.data, 1, line.len, app->out);
    return rc < 0 ? rc : output_flush(app, err);
}

/* Print a message, and keep its token in the request for the next try. */
static int take(struct app *app, const struct schema_method *method, json_t *request,
    const uint8_t *data, size_t len, struct err *err)
{
    _cleanup_(arena_release) struct arena arena;
    ProtobufCMessage *message = NULL;
    arena_init(&arena, 0);
    int rc = message_unpack(method->output, &arena, data, len, NULL, &message, err);
    if (rc < 0)
        return rc;
    const Canvass__V1__WatchResponse *response = (const Canvass__V1__WatchResponse *)message;
    rc = print(app, response, err);
    if (rc == 0 && json_object_set_new(request, "token", json_string(response->token)) < 0)
        rc = err_oom(err);
    return rc;
}

/* Until it ends or breaks; 0: it was as long as the server lets a stream be. What comes renews the
 * patience. */
static int stream(struct app *app, const struct schema_method *method, json_t *request,
    struct remote_patience *patience, struct err *err)
{
    _cleanup_(channel_call_freep) struct channel_call *call = NULL;
    const uint8_t *data;
    size_t len;
    int rc = remote_open_stream(app, method, request, &call, err);
    if (rc < 0)
        return rc;
    while ((rc = channel_receive(call, SILENCE_MSEC, &data, &len, err)) == CHANNEL_MESSAGE) {
        remote_patience_init(patience, app->patience_usec);
        rc = take(app, method, request, data, len, err);
        if (rc < 0)
            return rc;
    }
    if (rc == CHANNEL_END || rc == CHANNEL_NOTHING)
        return err_set(err, ERR_UNAVAILABLE, "the server was silent");
    return rc == ERR_TIMEOUT ? 0 : rc;
}

static int watch_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    const struct schema_method *method = remote_method(parsed->verb->method);
    struct remote_patience patience;
    struct err why = { 0 };
    json_t *request = NULL;
    int rc = request_build(app, parsed, &request, err);
    if (rc < 0)
        return rc;
    remote_patience_init(&patience, app->patience_usec);
    do {
        why = (struct err) { 0 };
        rc = stream(app, method, request, &patience, &why);
    } while (rc == 0 || remote_wait(app, &patience, rc, 0, why.msg));
    json_decref(request);
    return err_set_field(err, (enum err_code)rc, why.field, "%s", why.msg);
}
