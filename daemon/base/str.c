#include "base/str.h"

#include <stdarg.h>

#define STR_FIRST_CAP 64

void str_init(struct str *s)
{
    *s = (struct str) { 0 };
}

void str_release(struct str *s)
{
    if (!s)
        return;
    free(s->data);
    str_init(s);
}

void str_reset(struct str *s)
{
    s->len = 0;
    s->failed = false;
    str_terminate(s);
}

void str_terminate(struct str *s)
{
    if (s->data)
        s->data[s->len] = '\0';
}

static bool str_grow(struct str *s, size_t needed)
{
    size_t cap = MAX(s->cap, (size_t)STR_FIRST_CAP);
    while (cap < needed)
        cap = cap <= SIZE_MAX / 2 ? cap * 2 : needed;
    char *data = realloc(s->data, cap);
    if (!data)
        return false;
    s->data = data;
    s->cap = cap;
    return true;
}

char *str_reserve(struct str *s, size_t n)
{
    if (s->failed)
        return NULL;
    size_t needed; /* with the NUL */
    if (__builtin_add_overflow(s->len, n, &needed) || needed == SIZE_MAX
        || (++needed > s->cap && !str_grow(s, needed))) {
        s->failed = true;
        return NULL;
    }
    return s->data + s->len;
}

void str_add(struct str *s, const void *data, size_t n)
{
    char *room = str_reserve(s, n);
    if (!room)
        return;
    if (n)
        memcpy(room, data, n);
    s->len += n;
    str_terminate(s);
}

void str_addc(struct str *s, char c)
{
    str_add(s, &c, 1);
}

void str_addz(struct str *s, const char *text)
{
    str_add(s, text, strlen(text));
}

void str_addf(struct str *s, const char *fmt, ...)
{
    va_list args, again;
    /* most often it fits at once */
    size_t room = s->cap - s->len;
    if (s->failed)
        return;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(s->data ? s->data + s->len : NULL, room, fmt, args);
    if (n >= 0 && (size_t)n >= room && str_reserve(s, (size_t)n))
        n = vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    s->failed |= n < 0;
    if (s->failed)
        str_terminate(s);
    else
        s->len += (size_t)n;
}

char *str_steal(struct str *s)
{
    /* so that an empty buffer has its NUL too */
    str_add(s, NULL, 0);
    if (s->failed) {
        str_release(s);
        return NULL;
    }
    char *data = s->data;
    str_init(s);
    return data;
}

const char *str_text(const struct str *s)
{
    return s->data ? s->data : "";
}

bool str_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends_with(const char *text, const char *suffix)
{
    size_t text_len = strlen(text), suffix_len = strlen(suffix);
    return text_len >= suffix_len && memcmp(text + text_len - suffix_len, suffix, suffix_len) == 0;
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static size_t utf8_ascii_len(const unsigned char *data, size_t n)
{
    size_t i = 0;
    uint64_t word;
    for (; n - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, data + i, sizeof(word));
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < n && data[i] < 0x80)
        i++;
    return i;
}

/* Return the length of the character of two to four bytes at @c, 0 if there is none. The second
 * byte's range excludes overlong forms, surrogates and what lies above U+10FFFF. */
static size_t utf8_char_len(const unsigned char *c, size_t n)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t len;
    if (c[0] >= 0xc2 && c[0] <= 0xdf)
        len = 2;
    else if (c[0] >= 0xe0 && c[0] <= 0xef)
        len = 3;
    else if (c[0] >= 0xf0 && c[0] <= 0xf4)
        len = 4;
    else
        return 0;
    if (c[0] == 0xe0)
        low = 0xa0;
    else if (c[0] == 0xed)
        high = 0x9f;
    else if (c[0] == 0xf0)
        low = 0x90;
    else if (c[0] == 0xf4)
        high = 0x8f;
    if (len > n || c[1] < low || c[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

bool utf8_valid(const void *data, size_t n)
{
    const unsigned char *c = data;
    for (;;) {
        size_t ascii = utf8_ascii_len(c, n);
        c += ascii;
        n -= ascii;
        if (n == 0)
            return true;
        size_t len = utf8_char_len(c, n);
        if (len == 0)
            return false;
        c += len;
        n -= len;
    }
}

void utf8_trim(char *text)
{
    size_t len = strlen(text), begin = len;
    /* back to where the last character begins */
    while (begin > 0 && len - begin < 4 && ((unsigned char)text[begin - 1] & 0xc0) == 0x80)
        begin--;
    if (begin > 0 && (unsigned char)text[begin - 1] >= 0xc0
        && !utf8_valid(text + begin - 1, len - begin + 1))
        text[begin - 1] = '\0';
}
