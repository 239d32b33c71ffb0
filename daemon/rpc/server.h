/*
 * rpc/server.h: a gRPC server on the event loop. It knows no method by name.
 *
 * Purpose: accept connections (TLS with ALPN "h2" or "http/1.1"; cleartext on loopback and unix
 * sockets only, where the first bytes tell HTTP/2 from HTTP/1.1), speak gRPC and Connect on them
 * within the limits of struct rpc_options, and tell a struct rpc_handler what each call brings.
 * What a handler answers goes through rpc/call.h.
 *
 * Calling sequence:
 *
 *     struct rpc_options options;
 *     rpc_options_init(&options);
 *     options.tls_cert_file = …;
 *     rpc_server_new(loop, &options, &handler, arg, &server, &err);
 *     rpc_server_listen(server, "127.0.0.1:8443", &err);      // as often as there are addresses
 *     loop_run(loop);
 *     rpc_server_drain(server, 10 * 1000000, on_drained, arg); // from a signal's callback
 *     rpc_server_free(server);                                 // in or after on_drained
 *
 * Life of a call: find → on_open → (on_message)* → on_half_close → on_closed.
 *   - on_closed comes exactly once for every call that saw on_open, and is its last callback. It
 *     comes after call_finish() when the answer has been handed to the connection, and at once when
 *     the call ends for another reason: cancelled by the client, past its deadline, connection
 * lost, a limit, shutdown. call_status() says which.
 *   - Methods whose request is not a stream get exactly one on_message, then on_half_close: a
 * client that sends none or two is answered UNIMPLEMENTED by this layer. Two messages can arrive
 *     before the second is seen to be wrong, so start work in on_half_close, not in on_message.
 *   - After call_finish() neither on_message, on_half_close nor on_writable come.
 *   - No callback runs inside a function of rpc/call.h or rpc/server.h, except on_closed inside
 *     rpc_server_free(). A callback may call any function of rpc/call.h, on any call.
 *   - A call that no handler sees (unknown method, wrong content type, header list too large) is
 *     answered here and counted in struct rpc_stats.
 *
 * Ownership: everything passed to a callback is borrowed. A struct call lives until on_closed
 * returns, longer with call_ref().
 *
 * Errors: functions that can fail return 0 or a negative enum err_code and fill @err.
 *
 * Threads: none; everything happens on the thread of the loop.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macro.h"
#include "base/str.h"

struct call;
struct loop;
struct rpc_server;

/* One method. Borrowed from find() for the life of the server. */
struct rpc_method {
    const char *path; /* "/package.Service/Method" */
    const ProtobufCMessageDescriptor *input, *output;
    bool client_streaming, server_streaming;
    const void *data; /* the handler's own */
};

/* What a GET is answered. Filled with 200, plain text and an empty body. */
struct rpc_page {
    const char *status; /* "200", "503" … */
    const char *content_type;
    struct str *body;
};

/* What a server does with calls. find is required; every other member may be NULL. */
struct rpc_handler {
    /* Find the method of a path (not NUL-terminated). NULL: UNIMPLEMENTED. */
    const struct rpc_method *(*find)(void *arg, const char *path, size_t len);
    /* A GET or HEAD for @path (not NUL-terminated, without query): fill @page and return true, or
     * return false if there is no such page. Of @call only metadata and peer may be asked. */
    bool (*get)(
        void *arg, const struct call *call, const char *path, size_t len, struct rpc_page *page);
    /* The same for what get() does not know and no turn of the loop can answer: the method that
     * answers it, or NULL. It becomes a call with one empty message, which is answered through
     * call_send_page(). Its address is all that such a caller shows: whoever may not have it is
     * told that there is nothing (404), in the same words as everybody. */
    const struct rpc_method *(*find_page)(void *arg, const char *path, size_t len);
    /* The request's headers are in, no message yet: the place to look at call_metadata(). */
    void (*on_open)(struct call *call, void *arg);
    /* One whole message, decompressed, within message_bytes_max; @data is borrowed. Not yet parsed:
     * wire/message.h guards and unpacks it, into call_arena() for instance. */
    void (*on_message)(struct call *call, void *arg, const uint8_t *data, size_t len);
    /* The client will send no more. */
    void (*on_half_close)(struct call *call, void *arg);
    /* Room again, after call_is_writable() had said no. */
    void (*on_writable)(struct call *call, void *arg);
    /* The server stops: finish soon what would not end by itself (a watch). The rest may go on
     * until the limit of rpc_server_drain(). */
    void (*on_drain)(struct call *call, void *arg);
    /* The call is over for whatever reason; drop what belongs to it. Last callback. */
    void (*on_closed)(struct call *call, void *arg);
};

/* Options. Strings are copied by rpc_server_new(); 0 switches a limit off where that is noted. */
struct rpc_options {
    const char *tls_cert_file; /* PEM chain; NULL: cleartext, then only loopback and unix sockets */
    const char *tls_key_file; /* PEM */
    const char *tls_client_ca_file; /* PEM: who may vouch for clients; NULL: none is asked */
    const char
        *cors_origins; /* "https://a.example, https://b.example": pages that may call; NULL */
    size_t message_bytes_max; /* one message in, after decompression; above: RESOURCE_EXHAUSTED */
    size_t call_bytes_max; /* cap of call_arena() */
    size_t connection_bytes_max; /* request bytes waiting in one connection, all its calls */
    size_t header_bytes_max; /* one header list as HTTP/2 counts it; above: 431 */
    unsigned header_count_max; /* and its fields, likewise */
    size_t window_bytes; /* flow-control window of one stream */
    size_t connection_window_bytes; /* and of one connection */
    unsigned streams_max; /* calls at once on one connection */
    unsigned connections_max; /* above: closed at accept */
    int64_t unary_usec_max; /* deadline cap of calls without streams; 0: none */
    int64_t stream_usec_max; /* deadline cap of the others; 0: none */
    int64_t handshake_usec; /* accept to first SETTINGS, and begin to end of a header list */
    int64_t idle_usec; /* no call for so long: GOAWAY; an answer not taken: reset; 0: never */
    int64_t write_usec; /* peer takes no byte of a waiting answer for so long: closed */
    int64_t keepalive_usec; /* calls open, nothing received for so long: PING; 0: never */
    int64_t keepalive_timeout_usec; /* and its answer must come within so long */
    unsigned reset_burst, reset_per_second; /* RST_STREAMs from a client; above: GOAWAY */
    unsigned continuations_max; /* CONTINUATION frames of one header list; above: GOAWAY */
    unsigned settings_max; /* entries of one SETTINGS frame; above: GOAWAY */
    unsigned control_burst, control_per_second; /* frames that carry nothing, see session.c */
};

/* The limits, as they are counted each time one takes effect. LIMITS.md says what happens then. */
enum rpc_limit {
    RPC_LIMIT_CONNECTIONS, /* connections_max */
    RPC_LIMIT_STREAMS, /* streams_max */
    RPC_LIMIT_MESSAGE, /* message_bytes_max */
    RPC_LIMIT_CALL_MEMORY, /* call_bytes_max */
    RPC_LIMIT_CONNECTION_MEMORY, /* connection_bytes_max */
    RPC_LIMIT_HEADER_BYTES, /* header_bytes_max */
    RPC_LIMIT_HEADER_COUNT, /* header_count_max */
    RPC_LIMIT_FIRST_BYTE, /* handshake_usec */
    RPC_LIMIT_IDLE, /* idle_usec, of a connection */
    RPC_LIMIT_DEADLINE, /* unary_usec_max, stream_usec_max */
    RPC_LIMIT_SLOW_READER, /* write_usec; idle_usec, of an answer that is not taken */
    RPC_LIMIT_KEEPALIVE, /* keepalive_timeout_usec */
    RPC_LIMIT_RESETS, /* reset_burst: by the client, and by us for its faults */
    RPC_LIMIT_CONTINUATIONS, /* continuations_max */
    RPC_LIMIT_SETTINGS, /* settings_max; SETTINGS frames, control_burst */
    RPC_LIMIT_PINGS, /* PING frames, control_burst */
    RPC_LIMIT_EMPTY_FRAMES, /* other frames that carry nothing, control_burst */
    RPC_N_LIMITS,
};

/* "connections", "header_bytes", …: for metrics and logs. */
const char *rpc_limit_name(enum rpc_limit limit) _pure_;

/* Counters since the server was made. */
struct rpc_stats {
    uint64_t connections_now, calls_now;
    uint64_t accepted, refused_connections, accept_pauses, failed_handshakes, timed_out_connections;
    uint64_t calls, unhandled_calls, cancelled_calls, expired_calls;
    uint64_t protocol_errors, floods;
    uint64_t limits[RPC_N_LIMITS]; /* how often each took effect */
    uint64_t bytes_in, bytes_out; /* as the application sees them: without TLS */
};

typedef void rpc_drained_fn(void *arg);

/* Fill @options with the defaults. */
void rpc_options_init(struct rpc_options *options);

/*
 * Make a server; it listens nowhere yet. @handler and @arg are borrowed for its life, @options only
 * for this call. ERR_INVALID: certificate or key cannot be used, or one is given without the other;
 * ERR_EXHAUSTED: no memory or no descriptor.
 */
int rpc_server_new(struct loop *loop, const struct rpc_options *options,
    const struct rpc_handler *handler, void *arg, struct rpc_server **ret_server,
    struct err *err) _must_check_;

/*
 * Listen on "127.0.0.1:8443", "[::1]:8443", "localhost:8443" or the path of a unix socket
 * ("/run/x.sock" or "unix:x.sock"; always cleartext; a socket file nobody listens on is replaced).
 * Port 0 takes a free one, see rpc_server_port(). ERR_INVALID: not an address; ERR_PRECONDITION:
 * not loopback and no certificate; ERR_EXISTS: address in use; ERR_UNAVAILABLE: other errors of
 * bind().
 */
int rpc_server_listen(struct rpc_server *server, const char *address, struct err *err) _must_check_;

/* Open a socket that listens on such an address, for rpc_server_listen_fd() in one process or in
 * several; the file of a unix socket is the caller's to remove. Errors as above, but for the
 * certificate. */
int rpc_listen(const char *address, int *ret_fd, struct err *err) _must_check_;

/* Listen on a descriptor that listens already (rpc_listen(), socket activation) and take it over on
 * success. Several processes may listen on the same one. ERR_INVALID, ERR_PRECONDITION. */
int rpc_server_listen_fd(struct rpc_server *server, int fd, struct err *err) _must_check_;

/*
 * Serve one connected stream socket, cleartext, as if it had been accepted; for tests and for
 * inherited connections. Takes @fd over, also on failure. ERR_EXHAUSTED.
 */
int rpc_server_adopt(struct rpc_server *server, int fd, struct err *err) _must_check_;

/* TCP port of the address listened on last; 0 if there is none. */
int rpc_server_port(const struct rpc_server *server);

/* Read certificate and key again, for connections to come; on failure the old ones stay in use. */
int rpc_server_reload_tls(struct rpc_server *server, struct err *err) _must_check_;

/* Counters; valid for the life of the server. */
const struct rpc_stats *rpc_server_stats(const struct rpc_server *server);

/*
 * Stop in two steps: no new connections and a notice to each peer, 200 ms later GOAWAY with the
 * last call taken; calls go on. Shortly before @limit_usec has passed calls still open are finished
 * with UNAVAILABLE. on_drained(arg) runs once, never inside this function, when no connection is
 * left, at @limit_usec at the latest; it may free the server. A second call only shortens the
 * limit.
 */
void rpc_server_drain(
    struct rpc_server *server, int64_t limit_usec, rpc_drained_fn *on_drained, void *arg);

/*
 * Close everything at once; open calls get on_closed. Calls that are ref'd stay valid and closed.
 * Not from a handler's callback; on_drained is allowed. NULL is allowed.
 */
void rpc_server_free(struct rpc_server *server);
define_cleanup(struct rpc_server *, rpc_server_free);
