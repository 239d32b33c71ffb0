/* The transport with TLS: OpenSSL directly on the descriptor.
 *
 * Without a bufferevent in between: one recv() can bring many records (read ahead), an answer is
 * written in the turn that made it, and an idle connection holds no buffers (RELEASE_BUFFERS).
 */
#include "rpc/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AHEAD_BYTES 32768

/* What TLS 1.2 may use; the suites of TLS 1.3 are all of this kind. */
#define TLS12_CIPHERS                                                                              \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

/* The first that the client knows too is taken. */
static const unsigned char alpn_known[]
    = { 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1' };

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *offered, unsigned offered_len, void *arg)
{
    unsigned char *chosen = NULL;
    int found = SSL_select_next_proto(
        &chosen, out_len, alpn_known, sizeof(alpn_known), offered, offered_len);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int context_error(const char *what, const char *file, struct err *err)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    err_set(err, ERR_INVALID, "%s %s: %s", what, file, reason ? reason : "cannot be used");
    ERR_clear_error();
    return ERR_INVALID;
}

static void set_policy(SSL_CTX *tls)
{
    SSL_CTX_set_options(tls,
        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE
            | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(tls,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
            | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 1);
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_default_read_buffer_len(tls, READ_AHEAD_BYTES);
    SSL_CTX_set_alpn_select_cb(tls, select_alpn, NULL);
}

/* A client may show a certificate, and need not: it may have a token. */
static int trust_clients(SSL_CTX *tls, const char *file, struct err *err)
{
    static const unsigned char name[] = "canvass";

    if (SSL_CTX_load_verify_file(tls, file) != 1)
        return context_error("certificates of who may vouch for clients,", file, err);
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file);
    if (!names)
        return context_error("certificates of who may vouch for clients,", file, err);
    SSL_CTX_set_client_CA_list(tls, names);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_session_id_context(tls, name, sizeof(name) - 1);
    return 0;
}

int transport_tls_context(
    const struct tls_files *files, struct ssl_ctx_st **ret_tls, struct err *err)
{
    int r = 0;
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1
        || SSL_CTX_set_cipher_list(tls, TLS12_CIPHERS) != 1)
        r = err_oom(err);
    if (r == 0 && SSL_CTX_use_certificate_chain_file(tls, files->certificate) != 1)
        r = context_error("certificate", files->certificate, err);
    if (r == 0 && SSL_CTX_use_PrivateKey_file(tls, files->key, SSL_FILETYPE_PEM) != 1)
        r = context_error("private key", files->key, err);
    if (r == 0 && SSL_CTX_check_private_key(tls) != 1)
        r = context_error("private key", files->key, err);
    if (r == 0 && files->client_ca)
        r = trust_clients(tls, files->client_ca, err);
    if (r < 0) {
        SSL_CTX_free(tls);
        ERR_clear_error();
        return r;
    }
    set_policy(tls);
    *ret_tls = tls;
    return 0;
}

bool transport_certificate(
    const struct transport *transport, uint8_t ret_hash[CERTIFICATE_HASH_BYTES])
{
    unsigned len = 0;
    X509 *certificate = transport->ssl ? SSL_get0_peer_certificate(transport->ssl) : NULL;

    return certificate && SSL_get_verify_result(transport->ssl) == X509_V_OK
        && X509_digest(certificate, EVP_sha256(), ret_hash, &len) == 1
        && len == CERTIFICATE_HASH_BYTES;
}

void transport_tls_context_free(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}

static int wait_for(SSL *ssl, int result)
{
    switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TRANSPORT_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TRANSPORT_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TRANSPORT_ENDED;
    default:
        ERR_clear_error();
        return TRANSPORT_FAILED;
    }
}

/* A client that offers no ALPN at all never reaches select_alpn(): it speaks HTTP/1.1. */
static bool speaks_h2(const SSL *ssl)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(ssl, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

static int tls_handshake(struct transport *transport)
{
    ERR_clear_error();
    int r = SSL_do_handshake(transport->ssl);
    if (r != 1)
        return wait_for(transport->ssl, r);
    transport->is_h2 = speaks_h2(transport->ssl);
    return 0;
}

static ssize_t tls_read(struct transport *transport, void *data, size_t size)
{
    size_t n = 0;
    ERR_clear_error();
    int r = SSL_read_ex(transport->ssl, data, size, &n);
    return r == 1 ? (ssize_t)n : wait_for(transport->ssl, r);
}

static ssize_t tls_write(struct transport *transport, const void *data, size_t len)
{
    size_t n = 0;
    ERR_clear_error();
    int r = SSL_write_ex(transport->ssl, data, len, &n);
    return r == 1 ? (ssize_t)n : wait_for(transport->ssl, r);
}

static bool tls_has_more(struct transport *transport)
{
    return SSL_has_pending(transport->ssl) == 1;
}

static void tls_end_write(struct transport *transport)
{
    ERR_clear_error();
    (void)SSL_shutdown(transport->ssl);
    ERR_clear_error();
    (void)shutdown(transport->fd, SHUT_WR);
}

static void tls_close(struct transport *transport)
{
    if (transport->ssl) {
        ERR_clear_error();
        if (SSL_is_init_finished(transport->ssl))
            (void)SSL_shutdown(transport->ssl); /* says goodbye; nobody waits for the answer */
        SSL_free(transport->ssl);
        ERR_clear_error();
    }
    if (transport->fd >= 0)
        (void)close(transport->fd);
    *transport = (struct transport) { .ops = transport->ops, .fd = -1 };
}

static const struct transport_ops tls_ops = {
    .handshake = tls_handshake,
    .read = tls_read,
    .write = tls_write,
    .has_more = tls_has_more,
    .end_write = tls_end_write,
    .close = tls_close,
};

int transport_tls_init(struct transport *transport, int fd, struct ssl_ctx_st *tls, struct err *err)
{
    SSL *ssl = SSL_new(tls);
    if (!ssl || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        ERR_clear_error();
        return err_oom(err);
    }
    SSL_set_accept_state(ssl);
    *transport = (struct transport) { .ops = &tls_ops, .fd = fd, .ssl = ssl };
    return 0;
}
