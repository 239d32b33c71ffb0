#include "service/auth.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define SCHEME "bearer "
#define PREFIX_CHARS 4

/* @text begins with @prefix and goes on with random characters. */
static bool is_secret(const char *text, size_t len, const char *prefix)
{
    static const char alphabet[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    return len == AUTH_TOKEN_CHARS && strncmp(text, prefix, PREFIX_CHARS) == 0
        && strspn(text + PREFIX_CHARS, alphabet) >= AUTH_TOKEN_CHARS - PREFIX_CHARS;
}

int auth_hash(const char *authorization, const uint8_t *certificate,
    uint8_t ret_hash[AUTH_HASH_BYTES], struct err *err)
{
    if (!authorization && certificate) {
        memcpy(ret_hash, certificate, AUTH_HASH_BYTES);
        return 0;
    }
    if (!authorization || !*authorization)
        return err_set(err, ERR_UNAUTHENTICATED,
            "Say who is calling: send \"authorization: Bearer cvt_...\" with a token of yours.");
    if (strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
        return err_set(
            err, ERR_UNAUTHENTICATED, "The authorization header must be \"Bearer\" and a token.");
    const char *token = authorization + strlen(SCHEME);
    while (*token == ' ')
        token++;
    if (!is_secret(token, strlen(token), "cvt_"))
        return err_set(err, ERR_UNAUTHENTICATED,
            "This is not a token of this service: they are \"cvt_\" and 43 characters. Log in "
            "again.");
    crypto_hash_sha256(ret_hash, (const unsigned char *)token, AUTH_TOKEN_CHARS);
    return 0;
}

int auth_hash_address(
    const char *secret, size_t len, uint8_t ret_hash[AUTH_HASH_BYTES], struct err *err)
{
    if (!is_secret(secret, len, "cvf_"))
        return err_set(err, ERR_UNAUTHENTICATED, "This is not an address of this service.");
    crypto_hash_sha256(ret_hash, (const unsigned char *)secret, AUTH_TOKEN_CHARS);
    return 0;
}
