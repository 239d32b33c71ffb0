#include "wire/frame.h"

#include "base/macro.h"

#define FRAME_FIRST_BODY 4096

void frame_put_header(uint8_t out[FRAME_HEADER_BYTES], bool is_compressed, uint32_t len)
{
    out[0] = is_compressed;
    for (int i = 0; i < 4; i++)
        out[1 + i] = (uint8_t)(len >> (24 - 8 * i));
}

void frame_parser_init(struct frame_parser *parser, size_t max_bytes)
{
    *parser = (struct frame_parser) { .max_bytes = max_bytes };
}

void frame_parser_release(struct frame_parser *parser)
{
    if (!parser)
        return;
    free(parser->body);
    frame_parser_init(parser, parser->max_bytes);
}

static size_t frame_take(uint8_t *to, size_t wanted, const uint8_t **data, size_t *len)
{
    size_t n = MIN(wanted, *len);
    if (n)
        memcpy(to, *data, n);
    *data += n;
    *len -= n;
    return n;
}

static int frame_check_header(struct frame_parser *parser, struct err *err)
{
    const uint8_t *h = parser->header;
    if (h[0] > 1)
        return err_set(err, ERR_INTERNAL, "the message has an unknown flag (%u)", h[0]);
    parser->need = (size_t)h[1] << 24 | (size_t)h[2] << 16 | (size_t)h[3] << 8 | h[4];
    parser->body_len = 0;
    if (parser->need > parser->max_bytes)
        return err_set(err, ERR_EXHAUSTED, "the message has %zu bytes, at most %zu are accepted",
            parser->need, parser->max_bytes);
    return 0;
}

/* Grow with what arrives, not with what the header promises. */
static int frame_make_room(struct frame_parser *parser, size_t more, struct err *err)
{
    size_t needed = MIN(parser->body_len + more, parser->need);
    if (needed <= parser->body_cap)
        return 0;
    size_t cap = MAX(parser->body_cap * 2, (size_t)FRAME_FIRST_BODY);
    cap = MAX(MIN(cap, parser->need), needed);
    uint8_t *body = realloc(parser->body, cap);
    if (!body)
        return err_oom(err);
    parser->body = body;
    parser->body_cap = cap;
    return 0;
}

static int frame_finish(struct frame_parser *parser, const uint8_t *data, struct frame *ret_frame)
{
    *ret_frame = (struct frame) {
        .data = data,
        .len = parser->need,
        .is_compressed = parser->header[0] == 1,
    };
    parser->header_len = 0;
    parser->body_len = 0;
    return 1;
}

int frame_parser_feed(struct frame_parser *parser, const uint8_t **data, size_t *len,
    struct frame *ret_frame, struct err *err)
{
    int r;
    if (parser->header_len < FRAME_HEADER_BYTES) {
        parser->header_len += frame_take(parser->header + parser->header_len,
            FRAME_HEADER_BYTES - parser->header_len, data, len);
        if (parser->header_len < FRAME_HEADER_BYTES)
            return 0;
        r = frame_check_header(parser, err);
        if (r < 0)
            return r;
    }
    if (parser->body_len == 0 && *len >= parser->need) {
        const uint8_t *whole = *data;
        *data += parser->need;
        *len -= parser->need;
        return frame_finish(parser, whole, ret_frame);
    }
    if (*len == 0)
        return 0;
    r = frame_make_room(parser, *len, err);
    if (r < 0)
        return r;
    parser->body_len
        += frame_take(parser->body + parser->body_len, parser->need - parser->body_len, data, len);
    if (parser->body_len < parser->need)
        return 0;
    return frame_finish(parser, parser->body, ret_frame);
}

bool frame_parser_is_idle(const struct frame_parser *parser)
{
    return parser->header_len == 0;
}
