#include "wire/enums.h"

#include "base/err.h"
#include "base/str.h"

#include <ctype.h>

static bool enum_word_begins(const char *name, size_t i)
{
    if (i == 0 || !isupper((unsigned char)name[i]))
        return false;
    return !isupper((unsigned char)name[i - 1]) || islower((unsigned char)name[i + 1]);
}

size_t enum_prefix(const ProtobufCEnumDescriptor *desc, char out[ENUM_NAME_BYTES])
{
    const char *name = desc->short_name;
    size_t n = 0;
    for (size_t i = 0; name[i]; i++) {
        /* room for this letter, the underscores around it, and the NUL */
        if (n + 4 > ENUM_NAME_BYTES) {
            out[0] = '\0';
            return 0;
        }
        if (enum_word_begins(name, i))
            out[n++] = '_';
        out[n++] = (char)toupper((unsigned char)name[i]);
    }
    out[n++] = '_';
    out[n] = '\0';
    return n;
}

bool enum_is_unspecified(const ProtobufCEnumDescriptor *desc, int value)
{
    if (value != 0)
        return false;
    const ProtobufCEnumValue *zero = protobuf_c_enum_descriptor_get_value(desc, 0);
    return zero && str_ends_with(zero->name, "_UNSPECIFIED");
}

int enum_short_name(const ProtobufCEnumDescriptor *desc, int value, char out[ENUM_NAME_BYTES])
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(desc, value);
    char prefix[ENUM_NAME_BYTES];
    size_t prefix_len = enum_prefix(desc, prefix);
    if (!found || enum_is_unspecified(desc, value))
        return ERR_INVALID;
    const char *name = found->name;
    if (str_starts_with(name, prefix))
        name += prefix_len;
    size_t len = strlen(name);
    if (len >= ENUM_NAME_BYTES)
        return ERR_INVALID;
    for (size_t i = 0; i <= len; i++)
        out[i] = (char)tolower((unsigned char)name[i]);
    return 0;
}

static bool is_in_lower_case(const char *name, const char *lower, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!name[i] || lower[i] != (char)tolower((unsigned char)name[i]))
            return false;
    return name[n] == '\0';
}

int enum_find_short_name(
    const ProtobufCEnumDescriptor *desc, const char *text, size_t n, int *ret_value)
{
    char prefix[ENUM_NAME_BYTES];
    size_t prefix_len = enum_prefix(desc, prefix);

    for (unsigned i = 0; i < desc->n_values; i++) {
        const char *name = desc->values[i].name;
        if (str_starts_with(name, prefix))
            name += prefix_len;
        if (!is_in_lower_case(name, text, n) || enum_is_unspecified(desc, desc->values[i].value))
            continue;
        *ret_value = desc->values[i].value;
        return 0;
    }
    return ERR_INVALID;
}
