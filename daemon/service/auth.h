/* Who calls, as far as that can be said without the database: the token's form and its hash.
 *
 * A caller sends `authorization: Bearer cvt_<43 characters>`: 32 random bytes in URL-safe base64.
 * Only the SHA-256 of the whole token goes to the database, where canvass.enter() looks it up.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

#define AUTH_HASH_BYTES 32
#define AUTH_TOKEN_CHARS 47

/* Hash the token of an authorization header; NULL is no header. ERR_UNAUTHENTICATED with what to
 * do, without any part of the token. */
int auth_token_hash(
    const char *authorization, uint8_t ret_hash[AUTH_HASH_BYTES], struct err *err) _must_check_;
