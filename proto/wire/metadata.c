#include "wire/metadata.h"

#include "base/clock.h"
#include "base/err.h"

static const char metadata_hex[] = "0123456789ABCDEF";
static const char metadata_alphabet[]
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void metadata_percent_encode(const char *text, size_t n, struct str *out)
{
    size_t plain = 0; /* what was not copied yet begins here */
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c <= 0x7e && c != '%')
            continue;
        str_add(out, text + plain, i - plain);
        const char escape[3] = { '%', metadata_hex[c >> 4], metadata_hex[c & 0x0f] };
        str_add(out, escape, sizeof(escape));
        plain = i + 1;
    }
    if (n > plain)
        str_add(out, text + plain, n - plain);
}

void metadata_percent_decode(const char *text, size_t n, struct str *out)
{
    for (size_t i = 0; i < n; i++) {
        int high = text[i] == '%' && n - i > 2 ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            str_addc(out, (char)(high << 4 | low));
            i += 2;
        } else {
            str_addc(out, text[i]);
        }
    }
}

void metadata_base64_encode(const void *data, size_t n, bool is_padded, struct str *out)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < n; i += 3) {
        size_t have = MIN(n - i, (size_t)3);
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= have > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= have > 2 ? bytes[i + 2] : 0;
        char four[4];
        for (size_t j = 0; j < 4; j++)
            four[j] = j <= have ? metadata_alphabet[group >> (18 - 6 * j) & 0x3f] : '=';
        str_add(out, four, is_padded ? 4 : have + 1);
    }
}

static int metadata_base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return -1;
}

/* Turn the two to four characters of a group into one to three bytes. */
static int metadata_base64_group(const char *text, size_t n, struct str *out)
{
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < n ? metadata_base64_value(text[i]) : 0;
        if (value < 0)
            return ERR_INVALID;
        group = group << 6 | (uint32_t)value;
    }
    /* bits that no byte takes must be zero: one text for each value */
    if (n == 1 || (n == 2 && group & 0xffff) || (n == 3 && group & 0xff))
        return ERR_INVALID;
    const char bytes[3] = { (char)(group >> 16), (char)(group >> 8), (char)group };
    str_add(out, bytes, n - 1);
    return 0;
}

static size_t metadata_base64_unpadded_len(const char *text, size_t n)
{
    if (n % 4 == 0) {
        for (int i = 0; i < 2 && n > 0 && text[n - 1] == '='; i++)
            n--;
    }
    return n;
}

int metadata_base64_decode(const char *text, size_t n, struct str *out)
{
    size_t before = out->len;
    n = metadata_base64_unpadded_len(text, n);
    for (size_t i = 0; i < n; i += 4) {
        if (metadata_base64_group(text + i, MIN(n - i, (size_t)4), out) < 0) {
            out->len = before;
            str_terminate(out);
            return ERR_INVALID;
        }
    }
    return 0;
}

/* The units of grpc-timeout, finest first. */
static const struct {
    char letter;
    int64_t usec; /* 0: nanoseconds */
} metadata_units[] = {
    { 'n', 0 },
    { 'u', 1 },
    { 'm', USEC_PER_MSEC },
    { 'S', USEC_PER_SEC },
    { 'M', USEC_PER_MINUTE },
    { 'H', USEC_PER_HOUR },
};

int metadata_timeout_parse(const char *text, size_t n, int64_t *ret_usec)
{
    if (n < 2 || n > 9)
        return ERR_INVALID;
    int64_t number = 0;
    for (size_t i = 0; i < n - 1; i++) {
        if (text[i] < '0' || text[i] > '9')
            return ERR_INVALID;
        number = number * 10 + (text[i] - '0');
    }
    for (size_t i = 0; i < ARRAY_SIZE(metadata_units); i++) {
        if (metadata_units[i].letter == text[n - 1]) {
            int64_t usec = metadata_units[i].usec;
            *ret_usec = usec ? number * usec : (number + 999) / 1000;
            return 0;
        }
    }
    return ERR_INVALID;
}

void metadata_timeout_format(int64_t usec, char out[METADATA_TIMEOUT_BYTES])
{
    usec = MAX(usec, INT64_C(0));
    for (size_t i = 1; i < ARRAY_SIZE(metadata_units); i++) {
        int64_t unit = metadata_units[i].usec;
        int64_t number = usec / unit + (usec % unit != 0);
        if (number <= 99999999) {
            snprintf(out, METADATA_TIMEOUT_BYTES, "%u%c", (unsigned)number % 100000000,
                metadata_units[i].letter);
            return;
        }
    }
    snprintf(out, METADATA_TIMEOUT_BYTES, "99999999H");
}
