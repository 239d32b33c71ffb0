// link: canvass_wire
/* A request of HTTP/1.1 must be read the same whether its body comes whole or in pieces. The first
 * byte says how large the pieces are. */
#include "wire/http1.h"

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_field(
    void *arg, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct str *out = arg;

    str_add(out, name, name_len);
    str_addc(out, ':');
    str_add(out, value, value_len);
    return 0;
}

static void record_body(
    const struct http1_head *head, const uint8_t *data, size_t size, size_t piece, struct str *out)
{
    struct http1_body body;
    size_t used = 0;
    int r = 0;

    http1_body_init(&body, head);
    for (size_t at = 0; at < size && r >= 0; at += piece) {
        size_t left = MIN(piece, size - at), before = left, n = 0;
        /* a copy of its own size: what reads beyond it is seen */
        uint8_t *copy = malloc(left);
        memcpy(copy, data + at, left);
        const uint8_t *next = copy, *found = NULL;
        while ((r = http1_body_feed(&body, &next, &left, &found, &n, NULL)) > 0)
            str_add(out, found, n);
        used += before - left;
        free(copy);
    }
    str_addf(out, "|%d %d %zu", r, http1_body_is_done(&body), r < 0 ? 0 : used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(str_release) struct str whole = { 0 };
    _cleanup_(str_release) struct str pieces = { 0 };
    _cleanup_(str_release) struct str fields = { 0 };
    struct http1_head head;
    struct err err;

    if (size < 2)
        return 0;
    size_t piece = data[0] % 16 + 1;
    data++;
    size--;
    (void)http1_head_is_possible((const char *)data, size);
    size_t end = http1_head_end((const char *)data, size, 0);
    if (end == 0)
        return 0;
    char *text = malloc(end);
    memcpy(text, data, end);
    if (http1_head_parse(text, end, on_field, &fields, &head, &err) == 0 && size > end) {
        record_body(&head, data + end, size - end, size - end, &whole);
        record_body(&head, data + end, size - end, piece, &pieces);
        if (whole.len != pieces.len || memcmp(whole.data, pieces.data, whole.len) != 0)
            abort();
    }
    free(text);
    return 0;
}
