/* The engine: carries out calls as the table of methods says.
 *
 * Calling sequence: engine_new() with a compiled table and a pool; rpc_server_new() with
 * engine_handler() and the engine; engine_free() after the server and before the pool.
 *
 * A call: the token's form is looked at when it opens (nothing malformed reaches SQL); its message
 * is unpacked with the guard; then one batch: canvass.enter() names the caller, the method's
 * statement, one sync. So a call is one transaction. What differs by method:
 *
 *     read               rows become the response; no row for what is no list: NOT_FOUND
 *     writes             request_id is required; canvass.keep() stores the answer beside the write;
 *                        a repeat (CV100) is answered by canvass.replay() in a batch of its own
 *     once               as writes, but not kept: a repeat is ALREADY_EXISTS
 *     validate_only      the statement, then canvass.check_only(), whose CV101 undoes everything
 *     streamed answer    page by page; the next page waits until the peer has room
 *     watches            a streamed answer that does not end: when it has come to the last page,
 * the next one is what is committed from then on (watch.h) streamed request   a batch for each
 * message, answered in order; the next message is read when the last was answered; each has its own
 * request_id code               two batches, and a look into the catalogue between them (code.h)
 *
 * The body hash of a write is the SHA-256 of the received message's bytes: who repeats a request
 * sends the same bytes. Serialization failures and deadlocks are tried again twice, with jitter,
 * before the caller sees ABORTED. A call that ends early takes its batch back (db decides whether
 * it still can). What passes by itself (a database that is away or full, too many calls) carries a
 * RetryInfo. Other
 * errors: errors.h.
 */
#pragma once

#include "base/err.h"
#include "rpc/server.h"
#include "service/signer.h"

struct db_pool;
struct engine;
struct error_book;
struct follower;
struct loop;
struct methods;
struct rate;

struct engine_options {
    struct loop *loop;
    struct db_pool *pool;
    const struct methods *methods;
    const struct error_book *errors;
    struct follower *follower; /* for methods that are code; NULL if there are none */
    size_t
        message_memory_bytes; /* what one message of a stream and its answer may take; 0: 64 MiB */
    size_t max_watches; /* of one login; 0: any number */
    struct signer signer; /* what code signs with */
    struct rate *calls; /* of each caller; NULL: any number */
    struct rate *failed_logins; /* of each address; NULL likewise, and only with the other */
};

/* Make an engine; everything in @options is borrowed for its life. ERR_EXHAUSTED. */
int engine_new(
    const struct engine_options *options, struct engine **ret_engine, struct err *err) _must_check_;

/* Free it; no call may be open. NULL is accepted. */
void engine_free(struct engine *engine);

/* What to give rpc_server_new(), with the engine as its argument. */
extern const struct rpc_handler engine_handler;
