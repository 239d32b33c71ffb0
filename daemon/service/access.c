#include "service/access.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "rpc/call.h"

#include <inttypes.h>
#include <string.h>

/* "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" */
#define TRACE_AT 3
#define TRACE_CHARS 32
#define SPAN_AT (TRACE_AT + TRACE_CHARS + 1)
#define SPAN_CHARS 16
#define FLAGS_AT (SPAN_AT + SPAN_CHARS + 1)
#define TRACEPARENT_CHARS (FLAGS_AT + 2)

static bool is_hex(const char *text, size_t n)
{
    return strspn(text, "0123456789abcdef") >= n;
}

static bool is_id(const char *text, size_t n)
{
    return is_hex(text, n) && strspn(text, "0") < n;
}

/* Versions to come may be longer, behind one more dash; ff is none. */
bool access_is_traceparent(const char *text)
{
    size_t len = text ? strlen(text) : 0;

    if (len < TRACEPARENT_CHARS || text[TRACE_AT - 1] != '-' || text[SPAN_AT - 1] != '-'
        || text[FLAGS_AT - 1] != '-')
        return false;
    if (!is_hex(text, 2) || str_starts_with(text, "ff") || !is_id(text + TRACE_AT, TRACE_CHARS)
        || !is_id(text + SPAN_AT, SPAN_CHARS) || !is_hex(text + FLAGS_AT, 2))
        return false;
    return len == TRACEPARENT_CHARS
        || (!str_starts_with(text, "00") && text[TRACEPARENT_CHARS] == '-');
}

void access_open(struct call *call)
{
    const char *parent = call_metadata(call, "traceparent");
    char id[SPAN_CHARS + 1], trace[TRACEPARENT_CHARS + 1];

    snprintf(id, sizeof(id), "%016" PRIx64, call_id(call));
    (void)call_add_header(call, "x-request-id", id);
    if (!access_is_traceparent(parent))
        return;
    snprintf(trace, sizeof(trace), "00-%.*s-%s-%.2s", TRACE_CHARS, parent + TRACE_AT, id,
        parent + FLAGS_AT);
    (void)call_add_header(call, "traceparent", trace);
}

/* Callers that are turned away: whose address one may have to do something about. */
static bool is_turned_away(enum grpc_status status)
{
    return status == GRPC_UNAUTHENTICATED || status == GRPC_PERMISSION_DENIED
        || status == GRPC_RESOURCE_EXHAUSTED;
}

void access_log(const struct call *call, const struct schema_method *method, int64_t usec)
{
    const char *parent = call_metadata(call, "traceparent");
    bool has_trace = access_is_traceparent(parent);
    bool has_peer = is_turned_away(call_status(call));

    log_info("call %016" PRIx64 " %s %s %.1f ms%s%.*s%s%s", call_id(call), method->full_name,
        grpc_status_name(call_status(call)), (double)usec / USEC_PER_MSEC,
        has_trace ? " trace " : "", has_trace ? TRACE_CHARS : 0, has_trace ? parent + TRACE_AT : "",
        has_peer ? " from " : "", has_peer ? call_peer(call) : "");
}
