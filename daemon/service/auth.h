/* Who calls, as far as that can be said without the database: a token's form and its hash, or the
 * hash of the certificate that was shown in the TLS handshake.
 *
 * A caller sends `authorization: Bearer cvt_<43 characters>`: 32 random bytes in URL-safe base64.
 * Only the SHA-256 of the whole token goes to the database, where canvass.enter() looks it up. The
 * SHA-256 of a certificate is looked up in the same place. Neither can pass for the other: no text
 * of a token's form is a certificate.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define AUTH_HASH_BYTES 32
#define AUTH_TOKEN_CHARS 47

/* Hash the token of an authorization header; without one (NULL) take the hash of @certificate, if
 * that is not NULL either. ERR_UNAUTHENTICATED with what to do, without any part of the token. */
int auth_hash(const char *authorization, const uint8_t *certificate,
    uint8_t ret_hash[AUTH_HASH_BYTES], struct err *err) _must_check_;

/* Hash the secret of an address (resource.h), which is cvf_<43 characters> and cannot pass for a
 * token of the other form. ERR_UNAUTHENTICATED if it is none. */
int auth_hash_address(const char *secret, size_t len, uint8_t ret_hash[AUTH_HASH_BYTES],
    struct err *err) _must_check_;
