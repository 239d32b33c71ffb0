/* Where the server is and what to show it: kept per profile in ~/.config/canvass/NAME.conf, 0600.
 *
 * The environment goes before the file: CANVASS_SERVER, CANVASS_TOKEN, CANVASS_CA,
 * CANVASS_CERTIFICATE, CANVASS_KEY. A file that others may read is refused, since it holds a token.
 */
#pragma once

#include "base/err.h"

struct profile {
    char *server; /* "" if there is none */
    char *token;
    char *ca;
    char *certificate, *key;
};

/* Load the profile @name; a missing file gives empty strings. ERR_INVALID, ERR_DENIED. */
int profile_load(const char *name, struct profile *ret_profile, struct err *err) _must_check_;

/* Write the file anew, at once or not at all. */
int profile_save(const char *name, const struct profile *profile, struct err *err) _must_check_;

/* Remove the file. ERR_NOT_FOUND. */
int profile_remove(const char *name, struct err *err) _must_check_;

/* Free the strings. */
void profile_release(struct profile *profile);
