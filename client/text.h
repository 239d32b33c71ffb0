/* Text for terminals: without control characters, measured and wrapped in columns. */
#pragma once

#include "base/str.h"

#include <stddef.h>

/* Append @text with control characters (C0 but newline, DEL, C1) as '?', so that no data can drive
 * a terminal; newlines become @newline. */
void text_clean(const char *text, const char *newline, struct str *out);

/* Return how many columns @n bytes of UTF-8 take. */
int text_width(const char *text, size_t n);

/* Append @text wrapped at words to @width columns; lines after the first are indented by @indent
 * spaces, which count. Newlines of the text are kept. */
void text_wrap(const char *text, int indent, int width, struct str *out);

/* Return how many of the words of @words occur in @text, without regard to ASCII case. */
size_t text_count_words(const char *text, const char *words);

/* Say whether every word of @words occurs in @text, without regard to ASCII case. */
bool text_has_words(const char *text, const char *words);
