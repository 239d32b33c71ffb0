/* Calls without a network for the engine's tests: they keep what the engine sends and does.
 *
 * Linked instead of rpc's calls: this object defines the same functions.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "rpc/call.h"
#include "rpc/server.h"
#include "wire/status.h"

#include <stdbool.h>

#define FAKE_SENT_MAX 2048
#define FAKE_HEADERS_MAX 4

struct call {
    const struct rpc_method *method;
    const struct rpc_handler *handler;
    void *arg; /* of the handler */
    struct arena arena;
    void *user;
    const char *authorization, *if_none_match;
    const char *page_path, *page_status, *page_type; /* of a GET */
    struct str page;
    struct fake_header {
        char name[32], value[64];
    } headers[FAKE_HEADERS_MAX];
    size_t n_headers;
    const uint8_t *certificate;
    const char *network; /* NULL: "unix" */
    int64_t deadline_usec;
    bool is_finished, is_paused, is_unwritable;
    enum grpc_status status;
    struct err err; /* of call_finish_err(), or the sentence of call_finish() */
    struct wire_details details; /* of call_finish() */
    ProtobufCMessage *sent[FAKE_SENT_MAX];
    size_t n_sent;
    struct arena sent_arena;
};

/* Open a call of @path; the handler's find() must know it. */
void fake_call_open(struct call *call, const struct rpc_handler *handler, void *arg,
    const char *path, const char *authorization);

/* The same of a GET, whose message is empty; it runs until it waits for the database. */
void fake_call_get(struct call *call, const struct rpc_handler *handler, void *arg,
    const char *path, const char *if_none_match);

/* Pack and deliver a message. */
void fake_call_message(struct call *call, const ProtobufCMessage *message);

void fake_call_half_close(struct call *call);

/* Room again. */
void fake_call_writable(struct call *call);

/* End it, as the network would, and free what it held. */
void fake_call_close(struct call *call);
