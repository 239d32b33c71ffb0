#include "service/signer.h"
#include "base/macro.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

define_cleanup(BIO *, BIO_free_all);
define_cleanup(EVP_PKEY *, EVP_PKEY_free);
define_cleanup(EVP_MD_CTX *, EVP_MD_CTX_free);
define_cleanup(X509 *, X509_free);

static int cannot(struct err *err)
{
    ERR_clear_error();
    return err_set(err, ERR_INTERNAL, "the daemon's certificate cannot sign");
}

static EVP_PKEY *read_key(const char *file)
{
    _cleanup_(BIO_free_allp) BIO *in = BIO_new_file(file, "r");

    return in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
}

/* The certificate as PEM of its own, whatever else is in its file. */
static const char *read_certificate(const char *file, struct arena *arena)
{
    _cleanup_(BIO_free_allp) BIO *in = BIO_new_file(file, "r");
    _cleanup_(X509_freep) X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    _cleanup_(BIO_free_allp) BIO *out = BIO_new(BIO_s_mem());
    char *text;

    if (!certificate || !out || PEM_write_bio_X509(out, certificate) != 1)
        return NULL;
    long len = BIO_get_mem_data(out, &text);
    return arena_strndup(arena, text, (size_t)len);
}

/* Ed25519 and the like bring their own digest. */
static const EVP_MD *digest_of(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "EC") ? EVP_sha256() : NULL;
}

int signer_sign(const struct signer *signer, const char *text, struct arena *arena,
    struct signature *ret_signature, struct err *err)
{
    if (!signer->certificate_file || !*signer->certificate_file)
        return err_set(err, ERR_PRECONDITION, "This daemon has no certificate to sign with.");

    _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = read_key(signer->key_file);
    _cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const unsigned char *data = (const unsigned char *)text;
    size_t len = strlen(text);

    ret_signature->certificate = read_certificate(signer->certificate_file, arena);
    if (!key || !ctx || !ret_signature->certificate
        || EVP_DigestSignInit(ctx, NULL, digest_of(key), NULL, key) != 1
        || EVP_DigestSign(ctx, NULL, &ret_signature->len, data, len) != 1)
        return cannot(err);
    ret_signature->bytes = arena_alloc(arena, ret_signature->len);
    if (!ret_signature->bytes
        || EVP_DigestSign(ctx, ret_signature->bytes, &ret_signature->len, data, len) != 1)
        return cannot(err);
    return 0;
}
