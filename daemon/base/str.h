/* A growing buffer of bytes, and small questions about strings.
 *
 *     _cleanup_(str_release) struct str text = { 0 };
 *     str_addz(&text, "hello ");
 *     str_addf(&text, "%d", 42);
 *     if (text.failed)
 *         return err_oom(err);
 *
 * A zeroed struct str is empty and ready. Failure is sticky: once memory was short, further
 * additions do nothing and .failed stays set, so one question at the end is enough. data is always
 * followed by a NUL that len does not count, or is NULL while nothing was added.
 */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    char *data;
    size_t len, cap;
    bool failed;
};

/* Make @s empty, without freeing what it held. */
void str_init(struct str *s);

/* Free the buffer and make @s empty. NULL is accepted. */
void str_release(struct str *s);

/* Empty @s, keep its memory, clear the failure. */
void str_reset(struct str *s);

/* Append @n bytes. */
void str_add(struct str *s, const void *data, size_t n);

/* Append one byte. */
void str_addc(struct str *s, char c);

/* Append a string. */
void str_addz(struct str *s, const char *text);

/* Append what printf would print. */
void str_addf(struct str *s, const char *fmt, ...) _printf_(2, 3);

/* Make room for @n more bytes and return where they go, or NULL. Then add to s->len what you wrote,
 * and call str_terminate(). */
char *str_reserve(struct str *s, size_t n) _must_check_;

/* Write the NUL behind the last byte, after writing into str_reserve()'s room. */
void str_terminate(struct str *s);

/* Return the string, which the caller frees, and leave @s empty; NULL if anything failed. An empty
 * buffer gives "". */
char *str_steal(struct str *s) _must_check_;

/* Return the text, "" while nothing was added. */
const char *str_text(const struct str *s) _pure_;

/* Say whether two strings are equal; NULL equals only NULL. */
bool str_eq(const char *a, const char *b) _pure_;
bool str_starts_with(const char *text, const char *prefix) _pure_;
bool str_ends_with(const char *text, const char *suffix) _pure_;

/* Return the value of a hexadecimal digit of either case, -1 if it is none. */
int hex_value(char c) _pure_;

/* Say whether @n bytes are UTF-8: no overlong form, surrogate, or value above U+10FFFF. A NUL byte
 * is a character like any other. */
bool utf8_valid(const void *data, size_t n) _pure_;

/* Cut a character off the end of @text that snprintf() left incomplete. */
void utf8_trim(char *text);
