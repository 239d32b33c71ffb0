/* The encodings of gRPC's header values: grpc-message, -bin values, grpc-timeout.
 *
 * Functions that write append to a struct str, whose failure is sticky: look at .failed at the end.
 */
#pragma once

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

#define METADATA_TIMEOUT_BYTES 10 /* eight digits, a unit, a NUL */

/* Append @text with every byte outside 0x20 to 0x7E, and '%', as %XX. */
void metadata_percent_encode(const char *text, size_t n, struct str *out);

/* Append the decoded text. Never fails: what is no valid escape is kept as it stands. */
void metadata_percent_decode(const char *text, size_t n, struct str *out);

/* Append the base64 of @n bytes; the '=' at the end only if @is_padded (-bin values have none). */
void metadata_base64_encode(const void *data, size_t n, bool is_padded, struct str *out);

/* Append the bytes that @text encodes: with or without padding, in the standard or the URL-safe
 * alphabet. 0, or ERR_INVALID and then @out is as it was. */
int metadata_base64_decode(const char *text, size_t n, struct str *out) _must_check_;

/* Read a grpc-timeout: one to eight digits and one of H M S m u n. Nanoseconds are rounded up.
 * 0 or ERR_INVALID. */
int metadata_timeout_parse(const char *text, size_t n, int64_t *ret_usec) _must_check_;

/* Write @usec in the finest unit that eight digits can hold, rounded up; below 0 is written "0u".
 */
void metadata_timeout_format(int64_t usec, char out[METADATA_TIMEOUT_BYTES]);
