// link: canvass_service
/* What stands for a secret in an address is one only if it has its exact form, and then the hash is
 * of nothing else. */
#include "service/resource.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "/calendar/"
#define SECRET_CHARS 47
#define SUFFIX ".ics"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_form(const char *path)
{
    static const char alphabet[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    return strlen(path) == strlen(PREFIX) + SECRET_CHARS + strlen(SUFFIX)
        && strncmp(path, PREFIX "cvf_", strlen(PREFIX "cvf_")) == 0
        && strspn(path + strlen(PREFIX), alphabet) == SECRET_CHARS
        && strcmp(path + strlen(PREFIX) + SECRET_CHARS, SUFFIX) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t hash[AUTH_HASH_BYTES], expected[AUTH_HASH_BYTES];
    struct err err = { 0 };
    char *path = malloc(size + 1);

    if (!path)
        return 0;
    memcpy(path, data, size);
    path[size] = '\0';
    bool is_one = resource_hash(path, hash, &err) == 0;
    if (is_one != has_form(path))
        abort();
    if (is_one) {
        crypto_hash_sha256(expected, (const unsigned char *)path + strlen(PREFIX), SECRET_CHARS);
        if (memcmp(hash, expected, sizeof(hash)) != 0)
            abort();
    }
    free(path);
    return 0;
}
