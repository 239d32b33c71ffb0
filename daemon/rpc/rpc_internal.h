/* What the files of this layer share; nobody else includes it (its unit tests do).
 *
 *   listen.c    sockets that accept, EMFILE            transport.[ch], tls.c   bytes in and out
 *   session_memory.c  where a session allocates
 *   server.c    options, life, sweep, reload           conn.c                  one connection: I/O
 *   drain.c     the two-step stop                      session.c               nghttp2's callbacks
 *   receive.c   what is read in one turn
 *   request_headers.c   what a request's headers say   request.c               … and its messages
 *   response.c  headers, DATA, trailers                connect.c               Connect's bodies
 *   call.c      the functions of call.h               http1.c                 the same over
 * HTTP/1.1 cors.c      pages of other origins
 *
 * The rule that keeps memory valid: code that may call a handler or end a connection does so
 * between conn_hold() and conn_release(). A connection that broke is only marked; conn_release()
 * frees it when nobody holds it. A call is counted: one reference is its stream's, more by
 * call_ref().
 *
 * The rule that keeps writes together: whatever makes output calls conn_touch(); the output leaves
 * once, at the end of the turn, from server_flush(), or at the end of the read that caused it.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/str.h"
#include "rpc/call.h"
#include "rpc/server.h"
#include "rpc/transport.h"
#include "wire/frame.h"

#include <nghttp2/nghttp2.h>

#define SERVER_IN_BYTES ((size_t)64 * 1024)
#define SERVER_OUT_BYTES ((size_t)64 * 1024) /* filled no further than this … */
#define SERVER_OUT_SLACK_BYTES ((size_t)17 * 1024) /* … and one more frame fits behind it */
#define DATA_FRAME_BYTES ((size_t)16 * 1024)
#define CONN_TURN_BYTES ((size_t)256 * 1024) /* read or written by one connection in one turn */
#define CONN_TURN_CALLS 64 /* begun by one connection in one turn, a slice's more at most */
#define CONN_SLICE_BYTES ((size_t)4 * 1024)
#define CALL_HEADERS_MAX 32 /* added by a handler to one header list */
#define CALL_POOL_MAX 256

/* ---- server ---- */

enum server_state {
    SERVER_OPEN,
    SERVER_NOTICED, /* draining: peers have the notice, new calls are still taken */
    SERVER_LEAVING, /* GOAWAY is out, calls in progress go on */
    SERVER_ENDING, /* calls were ended with UNAVAILABLE, last bytes leave */
    SERVER_DRAINED,
};

/* Who is at the other end. */
struct peer {
    char text[64]; /* "127.0.0.1:5000", "[::1]:5000" or "unix" */
    char network[48]; /* "127.0.0.1", of IPv6 the /64: "2001:db8:1:2::", or "unix" */
    bool is_local; /* loopback or a unix socket */
    bool has_certificate;
    uint8_t certificate[CERTIFICATE_HASH_BYTES];
};

struct rpc_server {
    struct loop *loop;
    struct rpc_options options; /* its strings are owned */
    const struct rpc_handler *handler;
    void *arg;
    enum server_state state;
    struct ssl_ctx_st *tls;
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *h2_options;

    struct list listeners;
    struct loop_timer accept_again;
    int reserve_fd; /* given up for a moment when descriptors run out */

    struct list conns;
    struct list touched; /* conn.touched: have output to send in this turn */
    struct loop_later flush;
    struct list hungry; /* conn.hungry: had more to do than one turn allows */
    struct loop_timer feed;
    struct loop_timer sweep;
    int64_t sweep_usec;

    struct loop_timer drain_timer;
    struct loop_later drain_done;
    int64_t drain_end_usec;
    rpc_drained_fn *on_drained;
    void *drained_arg;

    struct list pool; /* calls to use again */
    unsigned n_pool, n_calls_alive;
    bool is_freed; /* waits for the last call_unref() */
    uint64_t next_call_id;
    struct rpc_stats stats;

    struct err scratch_err; /* of a parser, read at once: too large to clear for each message */
    size_t out_len;
    uint8_t in[SERVER_IN_BYTES];
    uint8_t out[SERVER_OUT_BYTES + SERVER_OUT_SLACK_BYTES];
};

/* Free the struct itself, once it was rpc_server_free()d and no call is left. */
void server_forget(struct rpc_server *server);

/* Count a limit that takes effect. */
static inline void server_hit(struct rpc_server *server, enum rpc_limit limit)
{
    server->stats.limits[limit]++;
}

/* listen.c */
void server_close_listeners(struct rpc_server *server);
void server_pause_accept(struct rpc_server *server);
void server_on_accept_again(void *arg);

/* drain.c */
void server_on_drain_timer(void *arg);
void server_on_drain_done(void *arg);
void server_look_if_drained(struct rpc_server *server);

/* ---- connection ---- */

enum conn_state {
    CONN_HANDSHAKE, /* TLS is being agreed; no session yet */
    CONN_PREFACE, /* session made, first SETTINGS of the client awaited */
    CONN_OPEN,
    CONN_BROKEN, /* freed by the last conn_release() */
};

struct conn {
    struct list siblings, touched, hungry;
    struct rpc_server *server;
    struct transport transport;
    struct event read_event, write_event;
    bool read_wants_write, write_wants_read; /* TLS may need the other direction */
    enum conn_state state;
    unsigned holds;
    nghttp2_session *session; /* of HTTP/2; NULL before it is known what the client speaks */
    struct http1 *http1; /* or this */
    size_t n_sniffed; /* bytes of HTTP/2's start so far, when neither is known */
    void *frame_pages; /* the session's largest buffer, see session_memory.c; NULL: none */
    size_t frame_pages_size;
    struct list calls; /* call.siblings: streams that exist in the session */
    unsigned n_calls;
    struct list wakeful; /* call.wakeful: have something to tell their handler */
    uint8_t *unread; /* what was received beyond this connection's part of a turn */
    size_t unread_len, unread_off;
    unsigned turn_calls; /* begun in this turn */
    uint8_t *unsent; /* what the socket did not take */
    size_t unsent_len, unsent_off;
    size_t in_bytes; /* request bytes that wait in all calls */
    unsigned control_credit, reset_credit; /* see session.c */
    int64_t opened_usec, received_usec, wrote_usec, idle_since_usec;
    int64_t headers_since_usec; /* a header list is under way; 0: none */
    int64_t ping_sent_usec; /* 0: no PING of ours is out */
    struct peer peer;
};

/* Make a connection of @transport (taken over, also on failure) and start it. */
int conn_new(struct rpc_server *server, const struct transport *transport, bool is_tls,
    const struct peer *peer, struct err *err) _must_check_;
void conn_hold(struct conn *conn);
void conn_release(struct conn *conn);
/* Mark it broken: no more I/O, freed when released, or in this turn's flush if nobody holds it. */
void conn_break(struct conn *conn);
/* There is something to send: this turn. */
void conn_touch(struct conn *conn);
/* Send what the session wants to send, and let calls tell their handlers. Caller holds. */
void conn_pump(struct conn *conn);
/* Read what has come, up to this connection's part of a turn. Caller holds. */
void conn_receive(struct conn *conn);
/* Go on in the next turn, so that one busy connection does not keep the others waiting. */
void conn_be_hungry(struct conn *conn);
/* Wait for what a write was told. */
void conn_wait_to_write(struct conn *conn, ssize_t why);
/* Look at every clock of the connection. */
void conn_sweep(struct conn *conn, int64_t now_usec);
void server_on_flush(void *arg);
void server_on_feed(void *arg);

/* Something is spoken on it. */
static inline bool conn_is_spoken(const struct conn *conn)
{
    return conn->session || conn->http1;
}

/* http1.c */
/* Start HTTP/2 or HTTP/1.1 by the first bytes of a client; with too few of them, neither. */
int conn_choose(struct conn *conn, const uint8_t *data, size_t len) _must_check_;
/* Give on what conn_choose() has held back; below 0 an error of nghttp2. */
ssize_t conn_sniffed(struct conn *conn);
/* Read bytes; caller holds and pumps. */
void http1_receive(struct conn *conn, const uint8_t *data, size_t len);
/* Keep the head of an answer, whose body is in call.chunks unless the request was HEAD. */
int http1_answer(struct call *call, const nghttp2_nv *nv, size_t n, size_t body_len) _must_check_;
/* Move bytes to server.out. */
int http1_send(struct conn *conn) _must_check_;
/* All was written: if it was the last, tell the client. */
void http1_end_write(struct conn *conn);
/* Nothing will be read or written any more. */
bool http1_is_over(const struct conn *conn) _pure_;
/* Close after the answer under way, or at once. */
void http1_drain(struct conn *conn);
void http1_free(struct http1 *http1);

/* session.c */
int session_callbacks_new(nghttp2_session_callbacks **ret_callbacks) _must_check_;
int session_options_new(const struct rpc_options *options, nghttp2_option **ret) _must_check_;
int session_start(struct conn *conn) _must_check_;
/* session_memory.c: where the session of @conn allocates. */
nghttp2_mem session_memory(struct conn *conn);
/* nghttp2 gave up with @error: count it and say so to the peer if a limit of its was the reason. */
void session_note_flood(struct conn *conn, ssize_t error);

/* ---- call ---- */

struct header {
    struct header *next;
    const char *name, *value;
    size_t name_len, value_len;
};

struct header_list {
    struct header *first, **tail;
    size_t n;
};

/* One piece of output, framed already. */
struct chunk {
    struct chunk *next;
    size_t len, off;
    uint8_t data[];
};

enum call_encoding {
    ENCODING_IDENTITY,
    ENCODING_GZIP,
    ENCODING_UNKNOWN,
};

/* How a call is spoken, by its content type. */
enum call_protocol {
    PROTOCOL_NONE, /* none of these */
    PROTOCOL_GRPC,
    PROTOCOL_CONNECT_PROTO,
    PROTOCOL_CONNECT_JSON,
    PROTOCOL_PAGE, /* a GET that a method answers; goes Connect's way */
};

/* What the headers said; only needed until the call is open. */
struct request_line {
    const char *path;
    size_t path_len, header_bytes, header_count;
    int64_t timeout_usec; /* -1: none */
    enum call_encoding http_encoding;
    bool accepts_http_gzip;
    const char *origin, *fault, *fault_status; /* or NULL; see cors.c, http1.c */
    bool is_post, is_get, is_head, is_options, has_te, is_preflight, is_too_large, is_malformed,
        has_timeout, has_strange_version;
};

struct call {
    struct list siblings, wakeful;
    struct rpc_server *server;
    struct conn *conn; /* NULL once the stream is gone */
    unsigned refs;
    int32_t stream_id;
    enum call_protocol protocol;
    const struct rpc_method *method;
    void *user;
    struct arena arena;
    uint64_t id;
    int64_t opened_usec, deadline_usec;
    bool is_capped; /* deadline_usec is the server's, not the client's */
    struct loop_timer deadline;
    struct request_line request;
    struct header_list metadata, headers, trailers;
    struct peer peer;

    /* in */
    struct frame_parser parser;
    struct str backlog; /* DATA that arrived while paused … */
    size_t backlog_off; /* … delivered and consumed up to here */
    size_t counted_bytes; /* its part of conn.in_bytes */
    size_t late_bytes; /* that came when it was over */
    enum call_encoding encoding;
    unsigned n_received;
    bool was_compressed; /* the message that is being delivered */
    bool is_paused, is_half_closed, was_told_half_close;

    /* out */
    struct chunk *chunks, **chunks_tail;
    size_t queued_bytes, committed_bytes; /* committed: promised to a DATA frame under way */
    size_t swept_bytes; /* queued_bytes at the last sweep … */
    int64_t stalled_usec; /* … and since when that has not changed, of a finished call */
    unsigned n_sent;
    bool accepts_gzip, compresses, announced_gzip, sent_headers, sent_trailers, wants_writable;

    /* end */
    bool is_open, is_handled /* on_open was called */, is_told /* and on_closed */;
    bool is_forced /* ended by this layer: what is queued no longer matters */;
    bool is_abandoned;
    bool is_overdue; /* was over when its deadline passed, and still has an answer to send */
    enum grpc_status fault; /* why what it was to send cannot be sent; GRPC_OK: nothing is wrong */
    enum grpc_status status;
    struct str answer; /* of a Connect call or page, until it ends */
    const char *page_path; /* that a GET asks for; NULL: none whose answer is a method's */
    const char *page_type; /* content type of a page; NULL: it is a call */
    const char *page_status; /* HTTP's, of a method's answer to a GET; NULL: the status says it */
    const char *status_text; /* of a Connect call: as it is, in the arena, or NULL */
    const void *status_detail_bytes;
    size_t status_detail_len;
    const char *status_message; /* percent-encoded, in the arena, or NULL */
    const char *status_details; /* base64, in the arena, or NULL */
};

/* A new call for a stream, with one reference; NULL without memory. */
struct call *call_new(struct conn *conn, int32_t stream_id);
/* Copy into the call's arena and append. 0 or ERR_EXHAUSTED. */
int header_list_add(struct header_list *list, struct arena *arena, const char *name,
    size_t name_len, const char *value, size_t value_len) _must_check_;
void header_list_init(struct header_list *list);
/* End an open call for a reason of this layer's: status now, on_closed at once. */
void call_end(struct call *call, enum grpc_status status, const char *message);
/* Keep a sentence for people about how it ended, as the protocol sends it. */
void call_keep_message(struct call *call, const char *message);
/* The deadline has passed: end the call, or reset a finished one whose answer nobody takes. */
void call_expire(struct call *call);

/* The same at its deadline. A call that ended in this very moment, say by a statement with the same
 * deadline, has until the next sweep to send its answer. */
void call_pass_deadline(struct call *call);
/* The stream is gone: detach, tell the handler, drop the stream's reference. */
void call_lost(struct call *call);
/* Have call_wake() called from conn_pump(). */
void call_need_wake(struct call *call);
void call_wake(struct call *call);

/* request_headers.c */
/* Count one field more; false above the limits, each of which is counted once a call. */
bool request_header_fits(struct call *call, size_t field_bytes);
int request_header(struct call *call, const char *name, size_t name_len, const char *value,
    size_t value_len) _must_check_;

/* request.c */
void request_begin(struct call *call);
void request_data(struct call *call, const uint8_t *data, size_t len);
void request_half_close(struct call *call);
/* Deliver what waited while the call was paused. */
void request_resume(struct call *call);
/* Give back what the request holds and leave conn.in_bytes. */
void request_release(struct call *call);

/* cors.c */
/* Say whether a page of @origin may call. */
bool cors_allows(const struct rpc_server *server, const char *origin, size_t len) _pure_;
/* Answer what a browser asks before it calls. */
int cors_preflight(struct call *call) _must_check_;

/* connect.c */
/* Keep a piece of the request's body. */
void connect_data(struct call *call, const uint8_t *data, size_t len);
/* The whole body as a packed message; ends the call if it is none. */
int connect_take_body(struct call *call, struct str *ret_message) _must_check_;
int connect_send(struct call *call, const ProtobufCMessage *message) _must_check_;
int connect_send_bytes(struct call *call, const void *data, size_t len) _must_check_;
const char *connect_content_type(const struct call *call);
/* The answer of a call that is over, in HTTP's number. */
const char *connect_status_of(const struct call *call);
/* The body of the answer of a call that is over, to be queued; NULL without memory. */
struct chunk *connect_body(struct call *call, bool *ret_is_gzip);

static inline bool call_is_connect(const struct call *call)
{
    return call->protocol >= PROTOCOL_CONNECT_PROTO;
}

/* response.c */
int response_begin(struct call *call) _must_check_;
int response_queue(struct call *call, struct chunk *chunk) _must_check_;
/* Submit the status; call->status… are set. @http_status is "200" unless HTTP itself is at fault;
 * NULL or "200" where Connect chooses it by the status.
 */
void response_finish(struct call *call, const char *http_status);
/* Reset the stream of a finished call: its status will not be seen. */
void response_abandon(struct call *call);
void response_release(struct call *call);
int response_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
    size_t len, nghttp2_data_source *source, void *user_data);
