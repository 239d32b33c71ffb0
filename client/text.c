#include "client/text.h"

#include <string.h>
#include <strings.h>
#include <wchar.h>

void text_clean(const char *text, const char *newline, struct str *out)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '\n')
            str_addz(out, newline);
        else if (*p == '\r')
            continue;
        else if (*p < 0x20 || *p == 0x7f)
            str_addc(out, '?');
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
            str_addc(out, '?');
            p++;
        } else {
            str_addc(out, (char)*p);
        }
    }
}

int text_width(const char *text, size_t n)
{
    mbstate_t state = { 0 };
    int width = 0;
    while (n > 0) {
        wchar_t c;
        size_t used = mbrtowc(&c, text, n, &state);
        if (used == (size_t)-1 || used == (size_t)-2 || used == 0) {
            memset(&state, 0, sizeof state);
            used = 1;
            width++;
        } else {
            int columns = wcwidth(c);
            width += columns > 0 ? columns : 0;
        }
        text += used;
        n -= used;
    }
    return width;
}

void text_wrap(const char *text, int indent, int width, struct str *out)
{
    int column = indent;
    bool is_first = true; /* of its line */
    while (*text) {
        size_t len = strcspn(text, " \n");
        int columns = text_width(text, len);
        if (len > 0 && !is_first && width > 0 && column + 1 + columns > width) {
            str_addf(out, "\n%*s", indent, "");
            column = indent;
            is_first = true;
        }
        if (len > 0 && !is_first) {
            str_addc(out, ' ');
            column++;
        }
        str_add(out, text, len);
        column += columns;
        is_first = is_first && len == 0;
        text += len;
        if (*text == '\n') {
            str_addf(out, "\n%*s", indent, "");
            column = indent;
            is_first = true;
        }
        text += *text != '\0';
    }
}

static bool has_word(const char *text, const char *word, size_t len)
{
    for (; *text; text++) {
        if (strncasecmp(text, word, len) == 0)
            return true;
    }
    return false;
}

size_t text_count_words(const char *text, const char *words)
{
    size_t n = 0;
    while (*words) {
        size_t len = strcspn(words, " ,");
        n += len > 0 && has_word(text, words, len);
        words += len;
        words += strspn(words, " ,");
    }
    return n;
}

bool text_has_words(const char *text, const char *words)
{
    return text_count_words(text, words) == text_count_words(words, words);
}
