#include "wire/http1.h"

#include "base/str.h"

#include <string.h>
#include <strings.h>

#define ASIDE_BYTES_MAX 8192 /* extensions of chunks and trailers mean nothing here */
#define SIZE_DIGITS_MAX 15

/* ---- characters ---- */

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && is_token_char(text[n]))
        n++;
    return len > 0 && n == len;
}

/* What a value may hold: visible characters, blanks, and bytes of other alphabets. */
static bool is_value(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return false;
    return true;
}

static bool is_target(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return len > 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cut blanks off both ends. */
static void trim(const char **text, size_t *len)
{
    while (*len > 0 && is_blank(**text)) {
        ++*text;
        --*len;
    }
    while (*len > 0 && is_blank((*text)[*len - 1]))
        --*len;
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

bool http_list_has(const char *value, size_t len, const char *token)
{
    const char *end = value + len;

    while (value < end) {
        const char *comma = memchr(value, ',', (size_t)(end - value));
        const char *stop = comma ? comma : end;
        const char *semicolon = memchr(value, ';', (size_t)(stop - value));
        size_t n = (size_t)((semicolon ? semicolon : stop) - value);
        trim(&value, &n);
        if (is_word(value, n, token))
            return true;
        value = stop + 1;
    }
    return false;
}

const char *http1_reason(const char *status)
{
    static const char *const reasons[][2] = {
        { "200", "OK" },
        { "204", "No Content" },
        { "304", "Not Modified" },
        { "400", "Bad Request" },
        { "401", "Unauthorized" },
        { "403", "Forbidden" },
        { "404", "Not Found" },
        { "405", "Method Not Allowed" },
        { "408", "Request Timeout" },
        { "409", "Conflict" },
        { "412", "Precondition Failed" },
        { "413", "Content Too Large" },
        { "415", "Unsupported Media Type" },
        { "429", "Too Many Requests" },
        { "431", "Request Header Fields Too Large" },
        { "499", "Client Closed Request" },
        { "500", "Internal Server Error" },
        { "501", "Not Implemented" },
        { "503", "Service Unavailable" },
        { "504", "Gateway Timeout" },
        { "505", "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (str_eq(reasons[i][0], status))
            return reasons[i][1];
    return "";
}

/* ---- the head ---- */

size_t http1_head_end(const char *text, size_t len, size_t seen)
{
    static const char end[] = "\r\n\r\n";
    size_t from = seen > 3 ? seen - 3 : 0;
    const char *found = len > from ? memmem(text + from, len - from, end, 4) : NULL;

    return found ? (size_t)(found - text) + 4 : 0;
}

bool http1_head_is_possible(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_value(text + i, 1) && text[i] != '\r' && text[i] != '\n')
            return false;
    return true;
}

static int bad(struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "%s", what);
}

/* A version is kept as whether a connection lasts, which is what it says. */
static int parse_line(const char *text, size_t len, struct http1_head *head, struct err *err)
{
    const char *blank = memchr(text, ' ', len);
    const char *last = memrchr(text, ' ', len);

    if (!blank || blank == last || !is_token(text, (size_t)(blank - text)))
        return bad(err, "the request line is not METHOD TARGET VERSION");
    head->method = text;
    head->method_len = (size_t)(blank - text);
    head->target = blank + 1;
    head->target_len = (size_t)(last - head->target);
    if (!is_target(head->target, head->target_len))
        return bad(err, "the request line is not METHOD TARGET VERSION");
    const char *version = last + 1;
    size_t n = len - (size_t)(version - text);
    if (n != 8 || memcmp(version, "HTTP/1.", 7) != 0 || (version[7] != '0' && version[7] != '1'))
        return err_set(err, ERR_UNIMPLEMENTED, "only HTTP/1.1 and HTTP/2 are spoken here");
    head->keeps_alive = version[7] == '1';
    return 0;
}

struct seen {
    bool is_1_1, has_length, has_host, closes, keeps;
    unsigned n_encodings;
};

static int take_length(const char *value, size_t len, struct http1_head *head, struct err *err)
{
    if (len < 1 || len > SIZE_DIGITS_MAX)
        return bad(err, "Content-Length is not a number of bytes");
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return bad(err, "Content-Length is not a number of bytes");
        head->length = head->length * 10 + (uint64_t)(value[i] - '0');
    }
    return 0;
}

/* The fields that say where the request ends and whether another follows. */
static int look_at(const char *name, size_t name_len, const char *value, size_t len,
    struct seen *seen, struct http1_head *head, struct err *err)
{
    if (is_word(name, name_len, "content-length")) {
        if (seen->has_length)
            return bad(err, "Content-Length stands there twice");
        seen->has_length = true;
        return take_length(value, len, head, err);
    }
    if (is_word(name, name_len, "transfer-encoding")) {
        head->is_chunked = is_word(value, len, "chunked") && seen->n_encodings++ == 0;
        if (!head->is_chunked || !seen->is_1_1)
            return bad(err, "the only Transfer-Encoding is chunked");
    } else if (is_word(name, name_len, "host")) {
        if (seen->has_host)
            return bad(err, "Host stands there twice");
        seen->has_host = true;
        head->host = value;
        head->host_len = len;
    } else if (is_word(name, name_len, "connection")) {
        seen->closes = seen->closes || http_list_has(value, len, "close");
        seen->keeps = seen->keeps || http_list_has(value, len, "keep-alive");
    } else if (is_word(name, name_len, "expect")) {
        head->awaits_continue = seen->is_1_1 && is_word(value, len, "100-continue");
    }
    return 0;
}

static int parse_field(const char *text, size_t len, struct seen *seen, http1_field_fn *on_field,
    void *arg, struct http1_head *head, struct err *err)
{
    const char *colon = memchr(text, ':', len);
    size_t name_len = colon ? (size_t)(colon - text) : 0;

    if (!is_token(text, name_len))
        return bad(err, "a header field is not NAME: VALUE");
    const char *value = colon + 1;
    size_t value_len = len - name_len - 1;
    trim(&value, &value_len);
    if (!is_value(value, value_len))
        return bad(err, "a header field holds control characters");
    int r = look_at(text, name_len, value, value_len, seen, head, err);
    return r < 0 ? r : on_field(arg, text, name_len, value, value_len);
}

static int check_whole(const struct seen *seen, struct http1_head *head, struct err *err)
{
    if (seen->is_1_1 && !seen->has_host)
        return bad(err, "Host is missing");
    if (head->is_chunked && seen->has_length)
        return bad(err, "there is a Content-Length beside the chunks");
    head->keeps_alive = !seen->closes && (seen->is_1_1 || seen->keeps);
    head->asks_to_keep = head->keeps_alive && !seen->is_1_1;
    return 0;
}

int http1_head_parse(const char *text, size_t len, http1_field_fn *on_field, void *arg,
    struct http1_head *ret_head, struct err *err)
{
    const char *end = text + len - 2; /* before the empty line */
    struct seen seen = { 0 };
    bool is_first = true;
    int r = 0;

    *ret_head = (struct http1_head) { 0 };
    while (r == 0 && text < end) {
        const char *stop = memmem(text, (size_t)(end - text), "\r\n", 2);
        size_t n = (size_t)(stop - text);
        r = is_first ? parse_line(text, n, ret_head, err)
                     : parse_field(text, n, &seen, on_field, arg, ret_head, err);
        if (is_first)
            seen.is_1_1 = ret_head->keeps_alive;
        is_first = false;
        text = stop + 2;
    }
    return r < 0 ? r : check_whole(&seen, ret_head, err);
}

/* ---- the body ---- */

void http1_body_init(struct http1_body *body, const struct http1_head *head)
{
    *body = (struct http1_body) { .is_chunked = head->is_chunked, .left = head->length };
    body->state = head->is_chunked ? HTTP1_SIZE : head->length > 0 ? HTTP1_DATA : HTTP1_DONE;
}

static int step_size(struct http1_body *body, char c)
{
    int digit = hex_value(c);

    if (digit >= 0) {
        body->left = body->left * 16 + (uint64_t)digit;
        return ++body->n_digits <= SIZE_DIGITS_MAX ? 0 : ERR_INVALID;
    }
    if (body->n_digits == 0 || (c != '\r' && c != ';'))
        return ERR_INVALID;
    body->state = c == '\r' ? HTTP1_SIZE_LF : HTTP1_EXTENSION;
    return 0;
}

/* Text up to the end of its line that is passed over. */
static int step_aside(struct http1_body *body, char c, enum http1_body_state at_end)
{
    if (c == '\n' || ++body->n_aside > ASIDE_BYTES_MAX)
        return ERR_INVALID;
    if (c == '\r')
        body->state = at_end;
    return 0;
}

static int step_to(struct http1_body *body, char c, char expected, enum http1_body_state next)
{
    body->state = next;
    return c == expected ? 0 : ERR_INVALID;
}

/* One byte that is not of the body itself. */
static int step(struct http1_body *body, char c)
{
    switch (body->state) {
    case HTTP1_SIZE:
        return step_size(body, c);
    case HTTP1_EXTENSION:
        return step_aside(body, c, HTTP1_SIZE_LF);
    case HTTP1_SIZE_LF:
        body->n_digits = 0;
        return step_to(body, c, '\n', body->left > 0 ? HTTP1_DATA : HTTP1_TRAILER);
    case HTTP1_DATA_CR:
        return step_to(body, c, '\r', HTTP1_DATA_LF);
    case HTTP1_DATA_LF:
        return step_to(body, c, '\n', HTTP1_SIZE);
    case HTTP1_TRAILER:
        body->state = c == '\r' ? HTTP1_LAST_LF : HTTP1_TRAILER_LINE;
        return c == '\n' ? ERR_INVALID : 0;
    case HTTP1_TRAILER_LINE:
        return step_aside(body, c, HTTP1_TRAILER_LF);
    case HTTP1_TRAILER_LF:
        return step_to(body, c, '\n', HTTP1_TRAILER);
    case HTTP1_LAST_LF:
        return step_to(body, c, '\n', HTTP1_DONE);
    case HTTP1_DATA:
    case HTTP1_DONE:
        break;
    }
    return ERR_INTERNAL;
}

int http1_body_feed(struct http1_body *body, const uint8_t **data, size_t *len,
    const uint8_t **ret_piece, size_t *ret_len, struct err *err)
{
    while (*len > 0 && body->state != HTTP1_DONE) {
        size_t n = 1;
        bool is_piece = body->state == HTTP1_DATA;
        if (is_piece) {
            n = body->left < *len ? (size_t)body->left : *len;
            *ret_piece = *data;
            *ret_len = n;
            body->left -= n;
            if (body->left == 0)
                body->state = body->is_chunked ? HTTP1_DATA_CR : HTTP1_DONE;
        } else if (step(body, (char)**data) < 0) {
            return bad(err, "the body is not made of chunks");
        }
        *data += n;
        *len -= n;
        if (is_piece)
            return 1;
    }
    return 0;
}
