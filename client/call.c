/* call: any method that takes one message and answers one, with JSON as it is. For scripts, and for
 * what no command stands for. */
#include "base/str.h"
#include "client/nouns.h"
#include "client/output.h"
#include "client/parse.h"
#include "client/remote.h"
#include "wire/json.h"

#include <ctype.h>
#include <string.h>

static const struct arg call_args[] = {
    { "METHOD", NULL, ARG_LOCAL, ARG_POSITIONAL | ARG_REQUIRED, "METHOD",
        "like AccountService/WhoAmI; - reads lines of METHOD and JSON from standard input", NULL },
    { "JSON", NULL, ARG_LOCAL, ARG_POSITIONAL | ARG_WORDS, "JSON", "the request; left out: {}",
        NULL },
};
static const struct verb call_verbs[] = { {
    .noun = "call",
    .summary = "call a method with JSON, and print its answer as JSON",
    .example = "canvass call AccountService/WhoAmI\n"
               "canvass call EmployerService/SearchEmployers '{\"query\": \"SW9\"}'\n"
               "canvass call - < calls.txt",
    .notes = "Fields are named as in the .proto files. A write without a requestId gets one; give "
             "one of your own to make it safe to repeat. From standard input the first call that "
             "fails ends the run, and says which line it was.",
    VERB_ARGS(call_args),
    .run = call_run,
} };
const struct noun call_noun
    = { "call", "any method of the server, with JSON", NOUN_VERBS(call_verbs) };

static const struct schema_method *find_method(const char *name, size_t len)
{
    _cleanup_(str_release) struct str full = { 0 };
    if (!memchr(name, '.', len))
        str_addz(&full, "canvass.v1.");
    str_add(&full, name, len);
    return full.failed ? NULL : schema_find_method(full.data, full.len);
}

/* The request as remote_call() takes it, after a look at it as a message. */
static int read_request(struct app *app, const struct schema_method *method, const char *json,
    json_t **ret_request, struct err *err)
{
    ProtobufCMessage *message;
    struct arena arena;
    arena_init(&arena, 0);
    (void)app;
    int rc = json_parse(method->input, &arena, json, strlen(json), JSON_PROTO3, &message, err);
    if (rc == 0)
        rc = json_from_message(message, JSON_SQL, ret_request, err);
    arena_release(&arena);
    return rc;
}

static int call_one(
    struct app *app, const char *name, size_t name_len, const char *json, struct err *err)
{
    const struct schema_method *method = find_method(name, name_len);
    if (!method)
        return usage_error(app, err, NULL, "there is no method %.*s", (int)name_len, name);
    if (method->client_streaming || method->server_streaming)
        return usage_error(app, err, NULL, "%s is a stream; call takes methods with one answer",
            method->full_name);
    json_t *request = NULL;
    struct answer answer = { 0 };
    int rc = read_request(app, method, *json ? json : "{}", &request, err);
    if (rc == 0)
        rc = remote_call(app, method->full_name, request, &answer, err);
    json_decref(request);
    if (rc == 0) {
        (void)json_dumpf(answer.proto, app->out, JSON_COMPACT);
        (void)fputc('\n', app->out);
        rc = output_flush(app, err);
    }
    answer_release(&answer);
    return rc;
}

static int call_lines(struct app *app, struct err *err)
{
    _cleanup_(freep) char *line = NULL;
    size_t size = 0;
    int number = 0, rc = 0;
    while (rc == 0 && getline(&line, &size, app->in) >= 0) {
        number++;
        line[strcspn(line, "\r\n")] = '\0';
        size_t name_len = strcspn(line, " \t");
        if (name_len == 0 || line[0] == '#')
            continue;
        const char *json = line + name_len;
        while (isspace((unsigned char)*json))
            json++;
        rc = call_one(app, line, name_len, json, err);
    }
    if (rc < 0)
        app_note(app, "line %d of standard input:", number);
    return rc;
}

int call_run(struct app *app, const struct parsed *parsed, struct err *err)
{
    const char *name = parsed_text(parsed, "METHOD"), *json = parsed_text(parsed, "JSON");
    if (str_eq(name, "-"))
        return call_lines(app, err);
    return call_one(app, name, strlen(name), json ? json : "", err);
}
