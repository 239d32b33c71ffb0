/* Signing a text with the key of the daemon's certificate, so that whoever trusts the certificate
 * can tell later that the daemon said it. Both files are read for each signature: it is seldom
 * asked for, and a renewed certificate counts at once. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct signer {
    const char *certificate_file, *key_file; /* PEM; empty: there are none */
};

struct signature {
    uint8_t *bytes;
    size_t len;
    const char *certificate; /* the first of the file, PEM */
};

/* Sign @text: with SHA-256, or as the key's own kind has it (Ed25519). What *@ret_signature points
 * to lives in @arena. ERR_PRECONDITION: there is no certificate; ERR_INTERNAL: it cannot sign. */
int signer_sign(const struct signer *signer, const char *text, struct arena *arena,
    struct signature *ret_signature, struct err *err) _must_check_;
