/* Calls with requests and answers as JSON values, and with patience: what a phone's connection
 * loses is sent again, under the same request_id, so that nothing is done twice.
 */
#pragma once

#include "client/app.h"
#include "client/verb.h"
#include "wire/schema.h"

/* Call @method with @request (JSON_SQL, borrowed; a request_id is added where the message has one,
 * and validate_only with --dry-run). UNAVAILABLE is tried again until the app's patience ends, with
 * one line on stderr. The caller releases *@ret_answer. */
int remote_call(struct app *app, const char *method, json_t *request, struct answer *ret_answer,
    struct err *err) _must_check_;

/* Begin a call of a method that streams its answer; read it with channel_receive(). */
int remote_open_stream(struct app *app, const struct schema_method *method, json_t *request,
    struct channel_call **ret_call, struct err *err) _must_check_;

/* Make the app's channel if there is none. ERR_UNAUTHENTICATED if nobody is logged in. */
int remote_connect(struct app *app, struct err *err) _must_check_;

/* Back-off between tries: call remote_wait() after each failure. */
struct remote_patience {
    int64_t end_usec; /* monotonic */
    int64_t pause_usec;
    bool is_noted;
};

void remote_patience_init(struct remote_patience *patience, int64_t total_usec);

/* Sleep before the next try, at least @hint_usec; false if there is no time left for one, or if the
 * error is none that passes by itself. Says once on stderr what it waits for. */
bool remote_wait(struct app *app, struct remote_patience *patience, int code, int64_t hint_usec,
    const char *why) _must_check_;

/* Return the descriptor of a method; it exists, since a test checks every row. */
const struct schema_method *remote_method(const char *full_name);

/* Set what lies at a dotted path of a JSON object, making objects on the way; steals @value. */
int json_set_path(json_t *root, const char *path, json_t *value) _must_check_;

/* Return what lies at a dotted path, NULL if nothing does; "" is @root. */
json_t *json_get_path(const json_t *root, const char *path);

/* Return the text at a path, "" if there is none. */
const char *json_text_at(const json_t *root, const char *path);
