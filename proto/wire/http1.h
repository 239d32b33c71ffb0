/* HTTP/1.1's framing of requests (RFC 9112): the head, and the body by length or in chunks.
 *
 *     while (http1_head_end(text, len) == 0) read more, up to a limit
 *     http1_head_parse(text, end, on_field, arg, &head, err)
 *     http1_body_init(&body, &head);
 *     for each piece of what follows (data, len):
 *         while ((r = http1_body_feed(&body, &data, &len, &piece, &n, err)) > 0) use piece, n
 *         if (http1_body_is_done(&body)) what is left in data belongs to the next request
 *         if (r < 0) answer 400 and close
 *
 * Strict where two readers could see different requests: bare CR or LF, a folded line, a blank
 * before a colon, two lengths, a length beside chunks, a second Host are all refused.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http1_head {
    const char *method, *target; /* borrowed from the text, not NUL-terminated */
    size_t method_len, target_len;
    const char *host;
    size_t host_len;
    bool keeps_alive; /* the client would send another request on this connection … */
    bool asks_to_keep; /* … and, being HTTP/1.0, wants to hear that it may */
    bool is_chunked, awaits_continue;
    uint64_t length; /* of the body, if it is not chunked */
};

/* Gets each field as it stands, blanks around the value cut off; below 0 ends the parsing. */
typedef int http1_field_fn(
    void *arg, const char *name, size_t name_len, const char *value, size_t value_len);

/* Return the length of the head at the start of @text with the empty line that ends it; 0 if that
 * has not come yet. Look again from the start of the last three bytes to save time: @seen is what
 * was looked at before. */
size_t http1_head_end(const char *text, size_t len, size_t seen) _pure_;

/* Say whether @text can be part of a head: false for bytes that no head has. */
bool http1_head_is_possible(const char *text, size_t len) _pure_;

/* Parse a whole head. ERR_INVALID: @err says what is wrong in a sentence without the client's own
 * bytes. ERR_UNIMPLEMENTED: neither HTTP/1.1 nor 1.0. Otherwise 0 or what @on_field gave. */
int http1_head_parse(const char *text, size_t len, http1_field_fn *on_field, void *arg,
    struct http1_head *ret_head, struct err *err) _must_check_;

/* Say whether a field that is a list, as "gzip, deflate;q=0.5", has @token in it, in any case. */
bool http_list_has(const char *value, size_t len, const char *token) _pure_;

/* Return "Not Found" for "404" and the like; "" for a number that canvass does not use. */
const char *http1_reason(const char *status) _pure_;

enum http1_body_state {
    HTTP1_DONE,
    HTTP1_DATA, /* of a length, or inside a chunk */
    HTTP1_SIZE,
    HTTP1_EXTENSION,
    HTTP1_SIZE_LF,
    HTTP1_DATA_CR,
    HTTP1_DATA_LF,
    HTTP1_TRAILER,
    HTTP1_TRAILER_LINE,
    HTTP1_TRAILER_LF,
    HTTP1_LAST_LF,
};

struct http1_body {
    enum http1_body_state state;
    bool is_chunked;
    uint64_t left; /* of the length, or of the chunk */
    unsigned n_digits;
    size_t n_aside; /* bytes of extensions and trailers so far */
};

void http1_body_init(struct http1_body *body, const struct http1_head *head);

/* Consume from *@data (*@len bytes) and move both on. 1: a piece of the body is in *@ret_piece,
 * borrowed from the data; call again. 0: the data is used up, or the body is done. ERR_INVALID: not
 * chunks. */
int http1_body_feed(struct http1_body *body, const uint8_t **data, size_t *len,
    const uint8_t **ret_piece, size_t *ret_len, struct err *err) _must_check_;

static inline bool http1_body_is_done(const struct http1_body *body)
{
    return body->state == HTTP1_DONE;
}
