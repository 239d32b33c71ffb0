/*
 * rpc/call.h: one remote call, from its request headers to its status.
 *
 * Purpose: what a handler (rpc/server.h) may ask of a call and do with it.
 *
 * Calling sequence (unary): on_open looks at call_metadata(); on_message unpacks into call_arena();
 * on_half_close starts the work; its continuation does call_send() and call_finish(), in whatever
 * turn of the loop. A stream sends while call_is_writable() and goes on in on_writable.
 *
 * Every function is safe on a call that is over: it then does nothing, and what returns an int
 * returns ERR_CANCELLED. Nothing here calls a handler back before it returns, and nothing is
 * written to the network before the end of this turn of the loop: work done for many calls in one
 * turn goes out together.
 *
 * Ownership: the call belongs to its connection until on_closed returned; call_ref() keeps the
 * memory (the arena, call_user(), metadata, peer) beyond that. Strings given are copied.
 *
 * Errors: ERR_CANCELLED (over), ERR_EXHAUSTED (no memory); call_send() and call_send_bytes() also
 * any of wire/json.h, for a message without a JSON form. After these the call ends with
 * RESOURCE_EXHAUSTED or INTERNAL whatever call_finish() is given later, so results need not be
 * checked.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macro.h"
#include "base/str.h"
#include "wire/status.h"

struct call;
struct rpc_method;

/* Bytes queued in a call above which call_is_writable() says no, and below which on_writable comes.
 */
#define CALL_QUEUE_HIGH_BYTES ((size_t)64 * 1024)
#define CALL_QUEUE_LOW_BYTES ((size_t)32 * 1024)

/* What find() answered. */
const struct rpc_method *call_method(const struct call *call);

/* What a GET asks for (rpc_handler.find_page), without its query; NULL: it is no GET. It may hold a
 * secret: not for logs. */
const char *call_page_path(const struct call *call);

/* Memory that lives as long as the call, capped by rpc_options.call_bytes_max. */
struct arena *call_arena(struct call *call);

/* The handler's own pointer, NULL at first; the layer never looks at it. */
void *call_user(const struct call *call);
void call_set_user(struct call *call, void *user);

/* First value of a request header, by its lower-case name; NULL if there is none. Headers of HTTP
 * and gRPC themselves (":path", "te", "content-type", "grpc-timeout"…) are not kept. */
const char *call_metadata(const struct call *call, const char *name);

/* Header number @i in the order received; false when there are no more. */
bool call_metadata_at(
    const struct call *call, size_t i, const char **ret_name, const char **ret_value);

/* Inside on_message: the message came compressed. */
bool call_message_was_compressed(const struct call *call);

/* When the call will be finished with DEADLINE_EXCEEDED (clock_monotonic_usec(); 0: never): the
 * client's grpc-timeout, or the server's cap if that is sooner. */
int64_t call_deadline_usec(const struct call *call);

/* When the request's headers were complete (clock_monotonic_usec()). */
int64_t call_opened_usec(const struct call *call);

/* A number for logs, unique in the life of the process and most likely beyond. */
uint64_t call_id(const struct call *call);

/* Address of the client, "127.0.0.1:5000", "[::1]:5000" or "unix"; never NULL. */
const char *call_peer(const struct call *call);

/* The part of it that one subscriber has: the address of IPv4, the /64 of IPv6, or "unix". */
const char *call_peer_network(const struct call *call);

/* The SHA-256 (32 bytes) of the certificate that the client showed and that one of
 * rpc_options.tls_client_ca_file vouches for; NULL if there is none. */
const uint8_t *call_peer_certificate(const struct call *call);

/* Whether the client is on this machine; through a proxy that is here, all are. */
bool call_peer_is_local(const struct call *call);

/* Not finished, cancelled, expired or lost yet. */
bool call_is_open(const struct call *call);

/* How the call ended: what call_finish() was given, CANCELLED when the client went away,
 * DEADLINE_EXCEEDED… Meaningless while call_is_open(). */
enum grpc_status call_status(const struct call *call);

/* Add a header before the first message, or a trailer before the end. Names in lower case; values
 * of names ending in "-bin" are base64 already. Later ones are ignored with ERR_PRECONDITION. */
int call_add_header(struct call *call, const char *name, const char *value);
int call_add_trailer(struct call *call, const char *name, const char *value);

/* Compress messages from here on, or no longer. Only if the client accepts gzip, and if it was on
 * when the headers were sent. */
void call_set_compress(struct call *call, bool on);

/* Send the headers now instead of with the first message. */
int call_send_headers(struct call *call);

/* Queue one message. It is packed before this returns. It is queued also while call_is_writable()
 * says no: that is for producers of many messages to heed. */
int call_send(struct call *call, const ProtobufCMessage *message);
int call_send_bytes(struct call *call, const void *data, size_t len);

/* Make the one answer of a GET: @status is "200" or "304", @content_type lives as long as the call.
 * call_finish() sends it, or instead of it a page that says the status in words. */
int call_send_page(
    struct call *call, const char *status, const char *content_type, const struct str *body);

/* Less than CALL_QUEUE_HIGH_BYTES are queued. After false on_writable comes once. */
bool call_is_writable(struct call *call);

/* Stop delivering messages; up to a stream window of them wait here, then the client waits too. */
void call_pause_reading(struct call *call);
/* Deliver again, from the next turn of the loop on. */
void call_resume_reading(struct call *call);

/*
 * End the call. @message (may be NULL) is for people; @details (may be NULL) are the bytes of a
 * google.rpc.Status for grpc-status-details-bin. Messages queued before are sent before the status.
 * Only the first call_finish() counts. A method with one answer that finishes OK without having
 * sent exactly one message is answered INTERNAL.
 */
void call_finish(struct call *call, enum grpc_status status, const char *message,
    const void *details, size_t details_len);

/* The same from an error: status from err->code, message, and a google.rpc.BadRequest for
 * err->field when that is set. */
void call_finish_err(struct call *call, const struct err *err);

struct call *call_ref(struct call *call);
/* NULL is allowed. Returns NULL. */
struct call *call_unref(struct call *call);
