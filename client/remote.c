#include "client/remote.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "wire/json.h"
#include "wire/message.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define CALL_TIMEOUT_USEC (20 * USEC_PER_SEC)
#define FIRST_PAUSE_USEC (250 * USEC_PER_MSEC)
#define LONGEST_PAUSE_USEC (4 * USEC_PER_SEC)

void answer_release(struct answer *answer)
{
    json_decref(answer->proto);
    json_decref(answer->value);
    *answer = (struct answer) { 0 };
}

const struct schema_method *remote_method(const char *full_name)
{
    return schema_find_method(full_name, strlen(full_name));
}

int json_set_path(json_t *root, const char *path, json_t *value)
{
    char name[64];
    if (!value)
        return ERR_EXHAUSTED;
    for (;;) {
        const char *dot = strchr(path, '.');
        if (!dot)
            return json_object_set_new(root, path, value) == 0 ? 0 : ERR_EXHAUSTED;
        (void)snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        json_t *inner = json_object_get(root, name);
        if (!inner) {
            inner = json_object();
            if (json_object_set_new(root, name, inner) < 0) {
                json_decref(value);
                return ERR_EXHAUSTED;
            }
        }
        root = inner;
        path = dot + 1;
    }
}

json_t *json_get_path(const json_t *root, const char *path)
{
    json_t *value = (json_t *)(uintptr_t)root; /* jansson's getters are not const-correct */
    char name[64];
    while (value && path && *path) {
        size_t len = strcspn(path, ".");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, path);
        value = json_object_get(value, name);
        path += len + (path[len] == '.');
    }
    return value;
}

const char *json_text_at(const json_t *root, const char *path)
{
    const char *text = json_string_value(json_get_path(root, path));
    return text ? text : "";
}

int remote_connect(struct app *app, struct err *err)
{
    if (app->channel)
        return 0;
    if (!*app->profile.server)
        return err_set(err, ERR_UNAUTHENTICATED, "you are not logged in");
    struct channel_options options = {
        .server = app->profile.server,
        .ca_file = app->profile.ca,
        .certificate_file = app->profile.certificate,
        .key_file = app->profile.key,
        .token = app->profile.token,
    };
    return channel_new(&options, &app->channel, err);
}

void remote_patience_init(struct remote_patience *patience, int64_t total_usec)
{
    *patience = (struct remote_patience) { .end_usec = clock_monotonic_usec() + total_usec,
        .pause_usec = FIRST_PAUSE_USEC };
}

bool remote_wait(
    struct app *app, struct remote_patience *patience, int code, int64_t hint_usec, const char *why)
{
    int64_t left = patience->end_usec - clock_monotonic_usec();
    /* from half the pause to all of it, so that not everybody comes back at once */
    int64_t pause = patience->pause_usec / 2
        + (int64_t)randombytes_uniform((uint32_t)(patience->pause_usec / 2) + 1);
    pause = MAX(pause, hint_usec);
    if (code != ERR_UNAVAILABLE || pause >= left)
        return false;
    if (!patience->is_noted)
        app_note(app, "no answer from %s (%s); trying for %" PRId64 " more seconds, Ctrl-C stops",
            app->profile.server, why, left / USEC_PER_SEC);
    patience->is_noted = true;
    patience->pause_usec = MIN(patience->pause_usec * 2, LONGEST_PAUSE_USEC);
    struct timespec time
        = { .tv_sec = pause / USEC_PER_SEC, .tv_nsec = pause % USEC_PER_SEC * 1000 };
    (void)nanosleep(&time, NULL);
    return true;
}

/* One try. *@ret_data is borrowed from @ret_call, which the caller frees. */
static int try_once(struct app *app, const struct schema_method *method, const uint8_t *data,
    size_t len, struct channel_call **ret_call, const uint8_t **ret_data, size_t *ret_len,
    struct err *err)
{
    int rc = channel_open(app->channel, method->path,
        MIN(CALL_TIMEOUT_USEC, MAX(app->patience_usec, USEC_PER_SEC)), ret_call, err);
    if (rc == 0)
        rc = channel_send(*ret_call, data, len, err);
    if (rc < 0)
        return rc;
    rc = channel_receive(*ret_call, -1, ret_data, ret_len, err);
    if (rc == CHANNEL_END)
        return err_set(err, ERR_INTERNAL, "the server answered without a message");
    return rc < 0 ? rc : 0;
}

/* The answer is whole only with its status: a message may be followed by an error. */
static int unpack_answer(const struct schema_method *method, struct channel_call *call,
    const uint8_t *data, size_t len, struct answer *ret_answer, struct err *err)
{
    _cleanup_(arena_release) struct arena arena;
    ProtobufCMessage *message = NULL;
    const uint8_t *more;
    size_t more_len;
    arena_init(&arena, 0);
    int rc = message_unpack(method->output, &arena, data, len, NULL, &message, err);
    if (rc == 0)
        rc = channel_receive(call, -1, &more, &more_len, err);
    if (rc == CHANNEL_MESSAGE)
        rc = err_set(err, ERR_INTERNAL, "the server answered with two messages");
    struct answer answer = { 0 };
    if (rc == 0)
        rc = json_from_message(message, JSON_SQL, &answer.value, err);
    if (rc == 0)
        rc = json_from_message(message, JSON_PROTO3, &answer.proto, err);
    if (rc < 0) {
        answer_release(&answer);
        return rc;
    }
    *ret_answer = answer;
    return 0;
}

/* A deadline that passed leaves the outcome open; a request_id makes another try safe. */
static int retry_code(int rc, bool is_repeatable)
{
    return rc == ERR_TIMEOUT && is_repeatable ? ERR_UNAVAILABLE : rc;
}

static int call_bytes(struct app *app, const struct schema_method *method, const uint8_t *data,
    size_t len, struct answer *ret_answer, struct err *err)
{
    struct remote_patience patience;
    remote_patience_init(&patience, app->patience_usec);
    for (;;) {
        _cleanup_(channel_call_freep) struct channel_call *call = NULL;
        struct err attempt = { 0 };
        const uint8_t *reply;
        size_t reply_len;
        int rc = try_once(app, method, data, len, &call, &reply, &reply_len, &attempt);
        if (rc == 0)
            rc = unpack_answer(method, call, reply, reply_len, ret_answer, &attempt);
        if (rc == 0)
            return 0;
        if (!remote_wait(app, &patience, retry_code(rc, true),
                call ? channel_call_retry_usec(call) : 0, attempt.msg)) {
            if (err)
                *err = attempt;
            return rc;
        }
    }
}

static bool has_field(const struct schema_method *method, const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(method->input, name) != NULL;
}

static int complete_request(
    struct app *app, const struct schema_method *method, json_t *request, struct err *err)
{
    if (has_field(method, "request_id") && !json_object_get(request, "request_id")) {
        struct uuid id;
        char text[UUID_TEXT_BYTES];
        uuid_v7(&id);
        uuid_format(&id, text);
        if (json_object_set_new(request, "request_id", json_string(text)) < 0)
            return err_oom(err);
    }
    if (app->dry_run && has_field(method, "validate_only")
        && json_object_set_new(request, "validate_only", json_true()) < 0)
        return err_oom(err);
    return 0;
}

int remote_call(struct app *app, const char *method_name, json_t *request,
    struct answer *ret_answer, struct err *err)
{
    const struct schema_method *method = remote_method(method_name);
    ProtobufCMessage *message = NULL;
    uint8_t *data = NULL;
    size_t len = 0;
    if (!method)
        return err_set(err, ERR_INTERNAL, "unknown method %s", method_name);
    int rc = remote_connect(app, err);
    if (rc == 0)
        rc = complete_request(app, method, request, err);
    if (rc == 0)
        rc = json_to_message(request, method->input, &app->arena, JSON_SQL, &message, err);
    if (rc == 0)
        rc = message_pack(message, &app->arena, &data, &len) < 0 ? err_oom(err) : 0;
    if (rc < 0)
        return rc;
    return call_bytes(app, method, data, len, ret_answer, err);
}

int remote_open_stream(struct app *app, const struct schema_method *method, json_t *request,
    struct channel_call **ret_call, struct err *err)
{
    ProtobufCMessage *message = NULL;
    struct arena arena;
    uint8_t *data;
    size_t len;
    arena_init(&arena, 0);
    int rc = remote_connect(app, err);
    if (rc == 0)
        rc = json_to_message(request, method->input, &arena, JSON_SQL, &message, err);
    if (rc == 0 && message_pack(message, &arena, &data, &len) < 0)
        rc = err_oom(err);
    if (rc == 0)
        rc = channel_open(app->channel, method->path, 0, ret_call, err);
    if (rc == 0)
        rc = channel_send(*ret_call, data, len, err);
    arena_release(&arena);
    return rc;
}
