#include "client/csv_out.h"

#include <string.h>

void csv_out_cell(struct str *out, const char *text)
{
    if (!text[strcspn(text, "\",;\r\n\t")] && *text != ' ') {
        str_addz(out, text);
        return;
    }
    str_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            str_addc(out, '"');
        str_addc(out, *text);
    }
    str_addc(out, '"');
}

static bool is_formula(const char *text)
{
    if (!*text || !strchr("=+-@\t\r", *text))
        return false;
    return !strchr("+-", *text) || text[1 + strspn(text + 1, "0123456789 .()")] || !text[1];
}

void csv_out_safe_cell(struct str *out, const char *text)
{
    if (!is_formula(text)) {
        csv_out_cell(out, text);
        return;
    }
    struct str quoted = { 0 };
    str_addc(&quoted, '\'');
    str_addz(&quoted, text);
    if (quoted.failed)
        out->failed = true;
    else
        csv_out_cell(out, quoted.data);
    str_release(&quoted);
}
