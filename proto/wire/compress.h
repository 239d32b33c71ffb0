/* gzip, the one compression that canvass speaks (grpc-encoding: gzip).
 *
 * Output is appended to a struct str used as a byte buffer; on failure it is as it was.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* Append the gzip of @n bytes. ERR_EXHAUSTED without memory. */
int compress_gzip(const void *data, size_t n, struct str *out, struct err *err) _must_check_;

/* Append what @n bytes of gzip inflate to. ERR_EXHAUSTED as soon as that is more than @max_bytes,
 * or without memory; ERR_INTERNAL if the bytes are no gzip, end early or go on behind its end. */
int compress_gunzip(
    const void *data, size_t n, size_t max_bytes, struct str *out, struct err *err) _must_check_;
