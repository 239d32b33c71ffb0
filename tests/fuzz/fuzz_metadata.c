// link: canvass_wire
/* Everything that reads a header's value or a short text: what is accepted must come back the same
 * when it is written and read again. The first byte picks the format. */
#include "wire/metadata.h"

#include "base/uuid.h"
#include "wire/compress.h"
#include "wire/status.h"
#include "wire/timetext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_percent(const char *text, size_t n)
{
    _cleanup_(str_release) struct str encoded = { 0 };
    _cleanup_(str_release) struct str plain = { 0 };
    metadata_percent_decode(text, n, &plain);
    require(plain.len <= n);
    str_reset(&plain);
    metadata_percent_encode(text, n, &encoded);
    metadata_percent_decode(str_text(&encoded), encoded.len, &plain);
    require(plain.len == n && (n == 0 || memcmp(plain.data, text, n) == 0));
}

static void check_base64(const char *text, size_t n)
{
    _cleanup_(str_release) struct str plain = { 0 };
    _cleanup_(str_release) struct str encoded = { 0 };
    _cleanup_(str_release) struct str again = { 0 };
    if (metadata_base64_decode(text, n, &plain) < 0)
        return;
    metadata_base64_encode(str_text(&plain), plain.len, n % 2, &encoded);
    require(metadata_base64_decode(str_text(&encoded), encoded.len, &again) == 0);
    require(again.len == plain.len && memcmp(str_text(&again), str_text(&plain), plain.len) == 0);
}

static void check_timeout(const char *text, size_t n)
{
    int64_t usec, again;
    char out[METADATA_TIMEOUT_BYTES];
    if (metadata_timeout_parse(text, n, &usec) < 0)
        return;
    metadata_timeout_format(usec, out);
    require(metadata_timeout_parse(out, strlen(out), &again) == 0 && again >= usec);
}

static void check_gunzip(const char *data, size_t n)
{
    _cleanup_(str_release) struct str plain = { 0 };
    struct err err;
    if (compress_gunzip(data, n, 100000, &plain, &err) == 0)
        require(plain.len <= 100000);
    else
        require(plain.len == 0);
}

static void check_time(const char *text, size_t n)
{
    int64_t seconds, again_seconds;
    int32_t nanos, again_nanos;
    struct civil_date date;
    char out[TIMETEXT_BYTES];
    if (timestamp_parse(text, n, &seconds, &nanos) == 0) {
        require(timestamp_format(seconds, nanos, out) == 0);
        require(timestamp_parse(out, strlen(out), &again_seconds, &again_nanos) == 0);
        require(seconds == again_seconds && nanos == again_nanos);
    }
    if (duration_parse(text, n, &seconds, &nanos) == 0) {
        require(duration_format(seconds, nanos, out) == 0);
        require(duration_parse(out, strlen(out), &again_seconds, &again_nanos) == 0);
        require(seconds == again_seconds && nanos == again_nanos);
    }
    if (date_parse(text, n, &date) == 0) {
        require(date_format(&date, out) == 0);
        require(n == strlen(out) && memcmp(out, text, n) == 0);
    }
}

static void check_uuid(const char *text, size_t n)
{
    struct uuid uuid, again;
    char out[UUID_TEXT_BYTES];
    if (uuid_parse(text, n, &uuid) < 0)
        return;
    uuid_format(&uuid, out);
    require(uuid_parse(out, strlen(out), &again) == 0 && uuid_compare(&uuid, &again) == 0);
}

static void check_details(const char *data, size_t n)
{
    struct arena arena;
    struct wire_details details;
    struct err err;
    enum grpc_status status;
    arena_init(&arena, 4 << 20);
    if (wire_details_unpack(&arena, (const uint8_t *)data, n, &details, &err) == 0)
        require(details.message && details.retry_usec >= 0);
    if (grpc_status_parse(data, n, &status) == 0)
        require(status >= 0 && status <= GRPC_UNAUTHENTICATED);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(const char *text, size_t n) = {
        check_percent,
        check_base64,
        check_timeout,
        check_gunzip,
        check_time,
        check_uuid,
        check_details,
    };
    if (size > 0)
        checks[data[0] % ARRAY_SIZE(checks)]((const char *)data + 1, size - 1);
    return 0;
}
