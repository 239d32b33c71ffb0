// link: canvass_client
/* Dates, weeks and quantities that a person may type: any bytes, in every direction. */
#include "client/quantity.h"
#include "client/spans.h"
#include "client/when.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_spans(const char *text)
{
    json_t *spans = NULL, *again = NULL;
    struct err err = { 0 };
    if (spans_parse(text, &spans, &err) < 0)
        return;
    struct str out = { 0 };
    spans_format(spans, &out);
    if (out.len < 500 && spans_parse(str_text(&out), &again, &err) < 0)
        abort(); /* what is printed can be typed */
    json_decref(again);
    json_decref(spans);
    str_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    int64_t now = INT64_C(1795520000000000) + (int64_t)data[0] * INT64_C(131072000000);
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    struct when when;
    struct err err;
    int a, b;
    for (int way = WHEN_BACK; way <= WHEN_EITHER; way++) {
        if (when_parse(text, (enum when_direction)way, now, &when, &err) == 0
            && !civil_is_valid(&when.date))
            abort();
        (void)!when_parse_date(text, (enum when_direction)way, now, &when, &err);
    }
    try_spans(text);
    (void)!quantity_parse_pence(text, &a, &err);
    (void)!quantity_parse_tenths_range(text, &a, &b, &err);
    (void)!quantity_parse_metres(text, &a, &err);
    free(text);
    return 0;
}
