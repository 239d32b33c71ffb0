/* gRPC over libcurl: one connection to one server, calls one after the other.
 *
 *     struct channel_options options = { .server = "host:7443", .token = token };
 *     channel_new(&options, &channel, &err);
 *     channel_open(channel, "/canvass.v1.AccountService/WhoAmI", 15 * USEC_PER_SEC, &call, &err);
 *     channel_send(call, bytes, len, &err);      as often as the method takes messages
 *     while ((r = channel_receive(call, -1, &data, &len, &err)) == CHANNEL_MESSAGE)
 *         ...                                    data is borrowed until the next receive
 *     r is CHANNEL_END, or below 0 with the call's status as code, its sentence, and its field
 *     channel_call_free(call);
 *     channel_free(channel);
 *
 * All messages of a call are queued before its first answer is asked for, and end with that. While
 * an upload is open and pauses, libcurl does not notice that the server has ended the call (seen
 * with 7.88.1; curl issues 11157, 11769), so a long stream is cut into calls of a few messages
 * each.
 *
 * The server is "host:port" (TLS), "unix:/path" or "http://127.0.0.1:port" (cleartext, this machine
 * only: a token never goes unencrypted over a network). What breaks below gRPC is ERR_UNAVAILABLE;
 * a certificate that is not trusted is ERR_UNAUTHENTICATED, so that nobody tries it again.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct channel;
struct channel_call;

struct channel_options {
    const char *server;
    const char *ca_file; /* NULL or "": the system's */
    const char *certificate_file, *key_file; /* NULL or "": none is shown */
    const char *token; /* NULL or "": none is sent */
};

enum channel_event {
    CHANNEL_END = 0,
    CHANNEL_MESSAGE = 1,
    CHANNEL_NOTHING = 2, /* not within the time given */
};

/* Say what is wrong with a server's name; 0, or ERR_INVALID with a sentence. */
int channel_check_server(const char *server, struct err *err) _must_check_;

/* Make a channel; it connects at the first call. ERR_INVALID, ERR_EXHAUSTED. */
int channel_new(const struct channel_options *options, struct channel **ret_channel,
    struct err *err) _must_check_;
void channel_free(struct channel *channel);
define_cleanup(struct channel *, channel_free);

/* Begin a call of the method at @path. It must end within @timeout_usec; 0: no limit. */
int channel_open(struct channel *channel, const char *path, int64_t timeout_usec,
    struct channel_call **ret_call, struct err *err) _must_check_;

/* Queue a message of @len bytes, which are copied; only before the first channel_receive().
 * ERR_EXHAUSTED. */
int channel_send(
    struct channel_call *call, const void *data, size_t len, struct err *err) _must_check_;

/* Send what is queued, and wait for the next message at most @wait_msec milliseconds; below 0:
 * without limit. */
int channel_receive(struct channel_call *call, int wait_msec, const uint8_t **ret_data,
    size_t *ret_len, struct err *err) _must_check_;

/* Return how long the server asked to wait before another try; 0: it did not say. */
int64_t channel_call_retry_usec(const struct channel_call *call) _pure_;

/* End the call, whatever its state. NULL is accepted. */
void channel_call_free(struct channel_call *call);
define_cleanup(struct channel_call *, channel_call_free);
