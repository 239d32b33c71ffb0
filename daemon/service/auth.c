#include "service/auth.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define SCHEME "bearer "
#define PREFIX "cvt_"

static bool is_token(const char *token)
{
    static const char alphabet[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    return strlen(token) == AUTH_TOKEN_CHARS && strncmp(token, PREFIX, strlen(PREFIX)) == 0
        && strspn(token + strlen(PREFIX), alphabet) == AUTH_TOKEN_CHARS - strlen(PREFIX);
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
    if (!is_token(token))
        return err_set(err, ERR_UNAUTHENTICATED,
            "This is not a token of this service: they are \"cvt_\" and 43 characters. Log in "
            "again.");
    crypto_hash_sha256(ret_hash, (const unsigned char *)token, AUTH_TOKEN_CHARS);
    return 0;
}
