/* A transport moves the bytes of one connection: a non-blocking descriptor, with TLS or without.
 *
 *     transport_plain_init(&t, fd);  or  transport_tls_init(&t, fd, tls, err)
 *     while ((r = transport_handshake(&t)) != 0) wait for what r says
 *     n = transport_read(&t, data, size);          > 0, or enum transport_wait
 *     n = transport_write(&t, data, len);
 *     transport_close(&t);
 *
 * A small table of functions, so that a connection does not know what carries it and a test can
 * split, delay or fail any read and write. Nothing here waits or knows of events.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ssl_ctx_st;
struct ssl_st;
struct transport;

/* What to wait for, or why there is nothing to wait for. */
enum transport_wait {
    TRANSPORT_WANT_READ = -1,
    TRANSPORT_WANT_WRITE = -2,
    TRANSPORT_ENDED = -3, /* the peer closed its side */
    TRANSPORT_FAILED = -4,
};

struct transport_ops {
    /* 0 when data may flow, else enum transport_wait. */
    int (*handshake)(struct transport *transport);
    /* Bytes moved (above 0), else enum transport_wait. */
    ssize_t (*read)(struct transport *transport, void *data, size_t size);
    ssize_t (*write)(struct transport *transport, const void *data, size_t len);
    /* Bytes have been taken from the descriptor that read() has not returned yet: the descriptor
     * alone will not say that there is more. */
    bool (*has_more)(struct transport *transport);
    /* Say that nothing more comes, and go on reading. */
    void (*end_write)(struct transport *transport);
    void (*close)(struct transport *transport);
};

/* PEM files; the last may be NULL: then no client is asked for a certificate. */
struct tls_files {
    const char *certificate, *key, *client_ca;
};

#define CERTIFICATE_HASH_BYTES 32
#define TLS_RECORD_BYTES 16384 /* more takes several records, each with a write of its own */

struct transport {
    const struct transport_ops *ops;
    int fd;
    struct ssl_st *ssl; /* NULL: cleartext */
    bool is_h2; /* agreed in the handshake */
};

/* Take @fd, which is non-blocking already. */
void transport_plain_init(struct transport *transport, int fd);

/* The same with TLS as server; @fd stays the caller's on failure. ERR_EXHAUSTED. */
int transport_tls_init(
    struct transport *transport, int fd, struct ssl_ctx_st *tls, struct err *err) _must_check_;

/* Hold back what does not fill a segment while more is being written, or let it go. Several records
 * then reach the peer together, and wake it once. Sockets that are not TCP do not mind. */
void transport_hold(struct transport *transport, bool holds);

/* Make what connections with TLS share: TLS 1.2 or newer, ciphers with forward secrecy and
 * authenticated encryption, ALPN "h2" and "http/1.1". ERR_INVALID: the files cannot be read or do
 * not match. */
int transport_tls_context(
    const struct tls_files *files, struct ssl_ctx_st **ret_tls, struct err *err) _must_check_;
/* The SHA-256 of the client's certificate, which one of client_ca vouches for; false if it showed
 * none. */
bool transport_certificate(
    const struct transport *transport, uint8_t ret_hash[CERTIFICATE_HASH_BYTES]);
void transport_tls_context_free(struct ssl_ctx_st *tls);

static inline bool transport_is_tls(const struct transport *transport)
{
    return transport->ssl != NULL;
}

/* After the handshake: HTTP/2 was agreed. In cleartext nothing is, and the first bytes tell. */
static inline bool transport_is_h2(const struct transport *transport)
{
    return transport->is_h2;
}

static inline int transport_handshake(struct transport *transport)
{
    return transport->ops->handshake(transport);
}

static inline ssize_t transport_read(struct transport *transport, void *data, size_t size)
{
    return transport->ops->read(transport, data, size);
}

static inline ssize_t transport_write(struct transport *transport, const void *data, size_t len)
{
    return transport->ops->write(transport, data, len);
}

static inline bool transport_has_more(struct transport *transport)
{
    return transport->ops->has_more(transport);
}

static inline void transport_end_write(struct transport *transport)
{
    transport->ops->end_write(transport);
}

static inline void transport_close(struct transport *transport)
{
    transport->ops->close(transport);
}
