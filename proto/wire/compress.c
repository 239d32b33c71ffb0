#include "wire/compress.h"

#include "base/macro.h"

#include <limits.h>
#include <stdint.h>
#include <zlib.h>

#define COMPRESS_WINDOW_GZIP (15 + 16) /* 32 KiB window, gzip header: zlib's way to ask */
#define COMPRESS_STEP 16384

static int compress_cut(struct str *out, size_t before, int code)
{
    out->len = before;
    str_terminate(out);
    return code;
}

static int compress_one_piece(z_stream *z, const void *data, size_t n, struct err *err)
{
    if (n > UINT_MAX)
        return err_set(err, ERR_EXHAUSTED, "a message of %zu bytes is too large", n);
    z->next_in = (Bytef *)(uintptr_t)data;
    z->avail_in = (uInt)n;
    return 0;
}

int compress_gzip(const void *data, size_t n, struct str *out, struct err *err)
{
    z_stream z = { 0 };
    int r = compress_one_piece(&z, data, n, err);
    if (r < 0)
        return r;
    if (deflateInit2(
            &z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, COMPRESS_WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY)
        != Z_OK)
        return err_oom(err);
    size_t bound = deflateBound(&z, (uLong)n);
    char *room = bound <= UINT_MAX ? str_reserve(out, bound) : NULL;
    if (!room) {
        deflateEnd(&z);
        return err_oom(err);
    }
    z.next_out = (Bytef *)room;
    z.avail_out = (uInt)bound;
    int z_code = deflate(&z, Z_FINISH);
    if (z_code == Z_STREAM_END) {
        out->len += z.total_out;
        str_terminate(out);
    }
    deflateEnd(&z);
    return z_code == Z_STREAM_END ? 0 : err_set(err, ERR_INTERNAL, "gzip failed (%d)", z_code);
}

/* Inflate until the end of the stream, a fault, or more than @max_bytes. */
static int compress_inflate(z_stream *z, size_t max_bytes, struct str *out, struct err *err)
{
    for (;;) {
        /* one byte above the limit, to see that it is passed */
        size_t step = MIN((size_t)COMPRESS_STEP, max_bytes - z->total_out + 1);
        char *room = str_reserve(out, step);
        if (!room)
            return err_oom(err);
        z->next_out = (Bytef *)room;
        z->avail_out = (uInt)step;
        int z_code = inflate(z, Z_NO_FLUSH);
        out->len += step - z->avail_out;
        if (z->total_out > max_bytes)
            return err_set(
                err, ERR_EXHAUSTED, "the message inflates to more than %zu bytes", max_bytes);
        if (z_code == Z_STREAM_END)
            return 0;
        if (z_code == Z_MEM_ERROR)
            return err_oom(err);
        if (z_code != Z_OK)
            return err_set(err, ERR_INTERNAL,
                z_code == Z_BUF_ERROR ? "the gzip data ends early" : "the data is no gzip");
    }
}

int compress_gunzip(const void *data, size_t n, size_t max_bytes, struct str *out, struct err *err)
{
    size_t before = out->len;
    z_stream z = { 0 };
    int r = compress_one_piece(&z, data, n, err);
    if (r < 0)
        return r;
    if (inflateInit2(&z, COMPRESS_WINDOW_GZIP) != Z_OK)
        return err_oom(err);
    r = compress_inflate(&z, MIN(max_bytes, SIZE_MAX / 4), out, err);
    if (r == 0 && z.avail_in > 0)
        r = err_set(err, ERR_INTERNAL, "there is data behind the end of the gzip");
    inflateEnd(&z);
    if (r < 0)
        return compress_cut(out, before, r);
    str_terminate(out);
    return 0;
}
