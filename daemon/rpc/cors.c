/* What browsers ask before a page of another origin may call (fetch.spec.whatwg.org, CORS).
 *
 * Callers prove themselves by a header, never by a cookie: nothing a browser adds by itself lets a
 * strange page in. So an allowed origin may send any header and read any.
 */
#include "rpc/rpc_internal.h"

#include "wire/http1.h"

bool cors_allows(const struct rpc_server *server, const char *origin, size_t len)
{
    const char *allowed = server->options.cors_origins;
    char text[256];

    if (!allowed || len == 0 || len >= sizeof(text))
        return false;
    memcpy(text, origin, len);
    text[len] = '\0';
    return strchr(text, ',') == NULL && http_list_has(allowed, strlen(allowed), text);
}

int cors_preflight(struct call *call)
{
    static const char *const fields[][2] = {
        { "access-control-allow-methods", "GET, HEAD, POST" },
        { "access-control-allow-headers", "*, authorization" },
        { "access-control-max-age", "7200" },
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fields); i++)
        r = header_list_add(&call->headers, &call->arena, fields[i][0], strlen(fields[i][0]),
            fields[i][1], strlen(fields[i][1]));
    return r;
}
