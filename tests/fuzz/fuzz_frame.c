// link: canvass_wire
/* A stream must give the same messages whether it comes whole or in pieces. The first byte says how
 * large the pieces are. */
#include "wire/frame.h"

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feed the stream in pieces of @piece bytes, and write down what came out. */
static void record(const uint8_t *data, size_t size, size_t piece, struct str *out)
{
    struct frame_parser parser;
    struct frame frame;
    struct err err;
    int r = 0;
    frame_parser_init(&parser, 10000);
    for (size_t at = 0; at < size && r >= 0; at += piece) {
        size_t left = MIN(piece, size - at);
        /* a copy of its own size: what reads beyond it is seen */
        uint8_t *copy = malloc(left);
        memcpy(copy, data + at, left);
        const uint8_t *next = copy;
        while ((r = frame_parser_feed(&parser, &next, &left, &frame, &err)) > 0) {
            str_addf(out, "%zu %d:", frame.len, frame.is_compressed);
            if (frame.len)
                str_add(out, frame.data, frame.len);
        }
        free(copy);
    }
    str_addf(out, "%d %d", r, r == 0 && frame_parser_is_idle(&parser));
    frame_parser_release(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(str_release) struct str whole = { 0 };
    _cleanup_(str_release) struct str pieces = { 0 };
    if (size < 2)
        return 0;
    record(data + 1, size - 1, size - 1, &whole);
    record(data + 1, size - 1, data[0] % 16 + 1, &pieces);
    if (whole.len != pieces.len || memcmp(whole.data, pieces.data, whole.len) != 0)
        abort();
    return 0;
}
