/* A request's headers: those of HTTP, gRPC, Connect and CORS are read, all others kept as metadata.
 */
#include "rpc/rpc_internal.h"

#include "wire/http1.h"
#include "wire/metadata.h"

#define FIELD_OVERHEAD_BYTES 32 /* as HTTP/2 counts (RFC 9113, 6.5.2) */

void header_list_init(struct header_list *list)
{
    *list = (struct header_list) { .tail = &list->first };
}

int header_list_add(struct header_list *list, struct arena *arena, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
    struct header *header = arena_alloc(arena, sizeof(*header));
    char *name_copy = arena_strndup(arena, name, name_len);
    char *value_copy = arena_strndup(arena, value, value_len);
    if (!header || !name_copy || !value_copy)
        return ERR_EXHAUSTED;
    *header = (struct header) { NULL, name_copy, value_copy, name_len, value_len };
    *list->tail = header;
    list->tail = &header->next;
    list->n++;
    return 0;
}

/* ---- headers ---- */

static bool is_text(const char *value, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(value, text, len) == 0;
}

/* "application/grpc" and its +proto form, with or without parameters. */
static bool is_grpc_content_type(const char *value, size_t len)
{
    static const char base[] = "application/grpc", proto[] = "+proto";
    size_t n = sizeof(base) - 1;

    if (len < n || strncasecmp(value, base, n) != 0)
        return false;
    if (len >= n + sizeof(proto) - 1 && strncasecmp(value + n, proto, sizeof(proto) - 1) == 0)
        n += sizeof(proto) - 1;
    return len == n || value[n] == ';' || value[n] == ' ';
}

static int take_path(struct call *call, const char *value, size_t len)
{
    call->request.path = arena_strndup(&call->arena, value, len);
    call->request.path_len = len;
    return call->request.path ? 0 : ERR_EXHAUSTED;
}

static int take_method(struct call *call, const char *value, size_t len)
{
    call->request.is_post = is_text(value, len, "POST");
    call->request.is_get = is_text(value, len, "GET");
    call->request.is_head = is_text(value, len, "HEAD");
    call->request.is_options = is_text(value, len, "OPTIONS");
    return 0;
}

static int take_te(struct call *call, const char *value, size_t len)
{
    call->request.has_te = is_text(value, len, "trailers");
    return 0;
}

/* A media type, with or without parameters. */
static bool is_media_type(const char *value, size_t len, const char *type)
{
    size_t n = strlen(type);
    return len >= n && strncasecmp(value, type, n) == 0
        && (len == n || value[n] == ';' || value[n] == ' ');
}

static int take_content_type(struct call *call, const char *value, size_t len)
{
    call->protocol = is_grpc_content_type(value, len)    ? PROTOCOL_GRPC
        : is_media_type(value, len, "application/json")  ? PROTOCOL_CONNECT_JSON
        : is_media_type(value, len, "application/proto") ? PROTOCOL_CONNECT_PROTO
                                                         : PROTOCOL_NONE;
    return 0;
}

static enum call_encoding encoding_of(const char *value, size_t len)
{
    return is_text(value, len, "gzip")    ? ENCODING_GZIP
        : is_text(value, len, "identity") ? ENCODING_IDENTITY
                                          : ENCODING_UNKNOWN;
}

static int take_encoding(struct call *call, const char *value, size_t len)
{
    call->encoding = encoding_of(value, len);
    return 0;
}

static int take_http_encoding(struct call *call, const char *value, size_t len)
{
    call->request.http_encoding = encoding_of(value, len);
    return 0;
}

static int take_http_accept_encoding(struct call *call, const char *value, size_t len)
{
    call->request.accepts_http_gzip
        = call->request.accepts_http_gzip || http_list_has(value, len, "gzip");
    return 0;
}

/* Connect's timeout: one to ten digits of milliseconds. */
static int take_connect_timeout(struct call *call, const char *value, size_t len)
{
    int64_t msec = 0;

    call->request.has_timeout = true;
    if (len < 1 || len > 10)
        call->request.is_malformed = true;
    for (size_t i = 0; i < len && !call->request.is_malformed; i++) {
        if (value[i] < '0' || value[i] > '9')
            call->request.is_malformed = true;
        msec = msec * 10 + (value[i] - '0');
    }
    call->request.timeout_usec = msec * USEC_PER_MSEC;
    return 0;
}

static int take_connect_version(struct call *call, const char *value, size_t len)
{
    call->request.has_strange_version = !is_text(value, len, "1");
    return 0;
}

static int take_accept_encoding(struct call *call, const char *value, size_t len)
{
    call->accepts_gzip = call->accepts_gzip || http_list_has(value, len, "gzip");
    return 0;
}

static int take_timeout(struct call *call, const char *value, size_t len)
{
    call->request.has_timeout = true;
    if (metadata_timeout_parse(value, len, &call->request.timeout_usec) < 0)
        call->request.is_malformed = true;
    return 0;
}

/* Only one that may call is kept; without it the browser refuses its page our answer. */
static int take_origin(struct call *call, const char *value, size_t len)
{
    if (!cors_allows(call->server, value, len))
        return 0;
    call->request.origin = arena_strndup(&call->arena, value, len);
    return call->request.origin ? 0 : ERR_EXHAUSTED;
}

static int take_preflight(struct call *call, const char *value, size_t len)
{
    call->request.is_preflight = true;
    return 0;
}

static int take_nothing(struct call *call, const char *value, size_t len)
{
    return 0;
}

/* The headers of HTTP and gRPC themselves; all others are metadata. By length, then by name. */
static const struct {
    const char *name;
    size_t len;
    int (*take)(struct call *call, const char *value, size_t len);
} known_headers[] = {
    { "te", 2, take_te },
    { ":path", 5, take_path },
    { "origin", 6, take_origin },
    { ":method", 7, take_method },
    { ":scheme", 7, take_nothing },
    { ":authority", 10, take_nothing },
    { "content-type", 12, take_content_type },
    { "grpc-timeout", 12, take_timeout },
    { "grpc-encoding", 13, take_encoding },
    { "content-length", 14, take_nothing },
    { "accept-encoding", 15, take_http_accept_encoding },
    { "content-encoding", 16, take_http_encoding },
    { "connect-timeout-ms", 18, take_connect_timeout },
    { "grpc-accept-encoding", 20, take_accept_encoding },
    { "connect-protocol-version", 24, take_connect_version },
    { "access-control-request-method", 29, take_preflight },
};

bool request_header_fits(struct call *call, size_t field_bytes)
{
    const struct rpc_options *o = &call->server->options;
    struct request_line *r = &call->request;
    size_t before = r->header_bytes;

    r->header_bytes += field_bytes + FIELD_OVERHEAD_BYTES;
    r->header_count++;
    if (before <= o->header_bytes_max && r->header_bytes > o->header_bytes_max)
        server_hit(call->server, RPC_LIMIT_HEADER_BYTES);
    if (r->header_count == (size_t)o->header_count_max + 1)
        server_hit(call->server, RPC_LIMIT_HEADER_COUNT);
    return r->header_bytes <= o->header_bytes_max && r->header_count <= o->header_count_max;
}

int request_header(
    struct call *call, const char *name, size_t name_len, const char *value, size_t value_len)
{
    for (size_t i = 0; i < ARRAY_SIZE(known_headers) && known_headers[i].len <= name_len; i++) {
        if (known_headers[i].len == name_len && memcmp(known_headers[i].name, name, name_len) == 0)
            return known_headers[i].take(call, value, value_len);
    }
    return header_list_add(&call->metadata, &call->arena, name, name_len, value, value_len);
}
