#include "service/resource.h"
#include "base/str.h"
#include "rpc/call.h"
#include "service/methods.h"
#include "wire/calendar.h"

#include <sodium.h>
#include <string.h>

#define ETAG_BYTES 16
#define ETAG_CHARS (2 * ETAG_BYTES + sizeof("W/\"\""))

static int write_calendar(const ProtobufCMessage *message, struct str *out, struct err *err)
{
    return calendar_print((const Canvass__V1__ListEventsResponse *)message, out, err);
}

static const struct resource {
    const char *prefix, *suffix; /* around the secret */
    const char *method;
    const char *content_type;
    int (*write)(const ProtobufCMessage *message, struct str *out, struct err *err);
} resources[] = {
    { "/calendar/", ".ics", "/canvass.v1.CalendarService/ListEvents",
        "text/calendar; charset=utf-8", write_calendar },
};

/* Whatever stands behind the prefix: that it is no address is told as for one that was revoked. */
static const struct resource *find(const char *path, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
        size_t n = strlen(resources[i].prefix);
        if (len >= n && memcmp(path, resources[i].prefix, n) == 0)
            return &resources[i];
    }
    return NULL;
}

const struct rpc_method *resource_method(
    const struct methods *methods, const char *path, size_t len)
{
    const struct resource *resource = find(path, len);
    const struct method *method
        = resource ? methods_find(methods, resource->method, strlen(resource->method)) : NULL;

    return method ? &method->rpc : NULL;
}

int resource_hash(const char *path, uint8_t ret_hash[AUTH_HASH_BYTES], struct err *err)
{
    const struct resource *resource = find(path, strlen(path));
    const char *secret = resource ? path + strlen(resource->prefix) : "";
    size_t len = strlen(secret), end = resource ? strlen(resource->suffix) : 0;

    if (len < end || strcmp(secret + len - end, resource ? resource->suffix : "") != 0)
        len = end = 0;
    return auth_hash_address(secret, len - end, ret_hash, err);
}

/* Weak: the same text may go out compressed or not. */
static void make_etag(const struct str *text, char ret_etag[ETAG_CHARS])
{
    uint8_t hash[ETAG_BYTES];
    char hex[2 * ETAG_BYTES + 1];

    crypto_generichash(hash, sizeof(hash), (const uint8_t *)str_text(text), text->len, NULL, 0);
    sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
    snprintf(ret_etag, ETAG_CHARS, "W/\"%s\"", hex);
}

/* Compared weakly (RFC 9110, 13.1.2): with or without W/. */
static bool has_etag(const char *if_none_match, const char *etag)
{
    return if_none_match
        && (str_eq(if_none_match, "*") || strstr(if_none_match, etag + strlen("W/")));
}

int resource_send(struct call *call, const ProtobufCMessage *message, struct err *err)
{
    const char *path = call_page_path(call);
    const struct resource *resource = find(path, strlen(path));
    _cleanup_(str_release) struct str text = { 0 };
    char etag[ETAG_CHARS];
    int r = resource->write(message, &text, err);

    if (r < 0)
        return r;
    make_etag(&text, etag);
    bool is_known = has_etag(call_metadata(call, "if-none-match"), etag);
    if (is_known)
        str_reset(&text);
    if (call_add_header(call, "etag", etag) < 0
        || call_add_header(call, "cache-control", "private, no-cache") < 0
        || call_send_page(call, is_known ? "304" : "200", resource->content_type, &text) < 0)
        return err_oom(err);
    return 0;
}
