/* gRPC's framing of messages in a stream: a flag byte, four bytes of length, the message.
 *
 * Writing: frame_put_header(). Reading, with DATA of any size:
 *
 *     struct frame_parser parser;
 *     frame_parser_init(&parser, max_bytes);
 *     for each piece of DATA (data, len):
 *         while ((r = frame_parser_feed(&parser, &data, &len, &frame, err)) > 0)
 *             handle(frame.data, frame.len);        valid until the next feed
 *         if (r < 0) finish the call with err
 *     at the end: if (!frame_parser_is_idle(&parser)) the stream ended inside a message
 *     frame_parser_release(&parser);
 *
 * The length is looked at before anything is stored. A message that lies whole in one piece is not
 * copied.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 5

struct frame {
    const uint8_t *data; /* borrowed from the piece that was fed, or from the parser */
    size_t len;
    bool is_compressed;
};

struct frame_parser {
    uint8_t header[FRAME_HEADER_BYTES];
    size_t header_len;
    uint8_t *body; /* a message that came in pieces */
    size_t body_len, body_cap, need;
    size_t max_bytes;
};

/* Write the header of a message of @len bytes. */
void frame_put_header(uint8_t out[FRAME_HEADER_BYTES], bool is_compressed, uint32_t len);

/* Make a parser that refuses messages above @max_bytes. */
void frame_parser_init(struct frame_parser *parser, size_t max_bytes);

/* Free its buffer. NULL and zeroed are accepted. */
void frame_parser_release(struct frame_parser *parser);

/* Consume from *@data (*@len bytes) and move both on. 1: a whole message is in *@ret_frame, call
 * again. 0: everything was consumed, feed more. Below 0: ERR_EXHAUSTED (message too large, or no
 * memory), ERR_INTERNAL (unknown flag); the parser must not be fed again. */
int frame_parser_feed(struct frame_parser *parser, const uint8_t **data, size_t *len,
    struct frame *ret_frame, struct err *err) _must_check_;

/* Say whether the parser stands between two messages. */
bool frame_parser_is_idle(const struct frame_parser *parser) _pure_;
