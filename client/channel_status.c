#include "client/channel_internal.h"

#include "base/clock.h"
#include "wire/metadata.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Return the value if the line is this header, without the white space around it. */
static const char *value_of(const char *line, size_t n, const char *name, size_t *ret_len)
{
    size_t len = strlen(name);
    if (n <= len || line[len] != ':' || strncasecmp(line, name, len) != 0)
        return NULL;
    const char *value = line + len + 1, *end = line + n;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    *ret_len = (size_t)(end - value);
    return value;
}

void channel_take_header(struct channel_call *call, const char *line, size_t n)
{
    size_t len;
    const char *value;
    if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        const char *space = memchr(line, ' ', n);
        call->http_status = space ? (int)strtol(space, NULL, 10) : 0;
        return;
    }
    if ((value = value_of(line, n, "grpc-status", &len))) {
        call->has_status = grpc_status_parse(value, len, &call->status) == 0;
    } else if ((value = value_of(line, n, "grpc-message", &len))) {
        str_reset(&call->message);
        metadata_percent_decode(value, len, &call->message);
    } else if ((value = value_of(line, n, "grpc-status-details-bin", &len))) {
        str_reset(&call->details);
        (void)!metadata_base64_decode(value, len, &call->details); /* its loss loses the field */
    } else if ((value = value_of(line, n, "content-type", &len))) {
        call->is_grpc = len >= 16 && strncasecmp(value, "application/grpc", 16) == 0;
    }
}

/* Add the field, and what is said of further fields, from the details. */
static void add_details(struct channel_call *call, struct err *err)
{
    _cleanup_(arena_release) struct arena arena;
    struct wire_details details = { 0 };
    arena_init(&arena, 1 << 20);
    if (!call->details.len
        || wire_details_unpack(
               &arena, (const uint8_t *)call->details.data, call->details.len, &details, NULL)
            < 0)
        return;
    call->retry_usec = details.retry_usec;
    if (!err || !details.n_violations)
        return;
    const struct wire_violation *first = &details.violations[0];
    (void)err_set_field(err, err->code, first->field, "%s",
        *first->description ? first->description : str_text(&call->message));
    for (size_t i = 1; i < details.n_violations; i++) {
        size_t used = strlen(err->msg);
        (void)snprintf(err->msg + used, sizeof err->msg - used, "\n%s: %s",
            details.violations[i].field, details.violations[i].description);
    }
}

static int fail_by_status(struct channel_call *call, struct err *err)
{
    const char *message = str_text(&call->message);
    int rc = err_set(err, (enum err_code)grpc_status_to_err(call->status), "%s",
        *message ? message : grpc_status_name(call->status));
    add_details(call, err);
    return rc;
}

/* The end of a call whose answer was no gRPC: a proxy's page, or no daemon at all. */
static int fail_by_http(const struct channel_call *call, struct err *err)
{
    bool is_later
        = call->http_status == 429 || (call->http_status >= 502 && call->http_status <= 504);
    if (call->http_status == 0)
        return err_set(err, ERR_UNAVAILABLE, "the server closed the connection without an answer");
    return err_set(err, is_later ? ERR_UNAVAILABLE : ERR_UNKNOWN,
        "what answers at %s is no canvass server (HTTP status %d)", call->channel->url,
        call->http_status);
}

static int fail_by_curl(struct channel_call *call, struct err *err)
{
    const char *why = *call->curl_message ? call->curl_message : curl_easy_strerror(call->result);
    curl_off_t connected = 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_APPCONNECT_TIME_T, &connected);
    switch (call->result) {
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, connected || call->http_status ? ERR_TIMEOUT : ERR_UNAVAILABLE,
            "no answer within %" PRId64 " seconds", call->timeout_usec / USEC_PER_SEC);
    case CURLE_PEER_FAILED_VERIFICATION:
        return err_set(err, ERR_UNAUTHENTICATED,
            "the certificate of %s is not trusted (%s); name the authority that signed it with "
            "canvass login --ca FILE",
            call->channel->url, why);
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(err, ERR_UNAUTHENTICATED, "cannot read the authority's certificate in %s",
            call->channel->ca_file ? call->channel->ca_file : "the system's store");
    case CURLE_OUT_OF_MEMORY:
        return err_oom(err);
    default:
        return err_set(err, ERR_UNAVAILABLE, "%s", why);
    }
}

int channel_finish(struct channel_call *call, struct err *err)
{
    if (call->receive_err.code) {
        if (err)
            *err = call->receive_err;
        return call->receive_err.code;
    }
    if (call->has_status && call->status != GRPC_OK)
        return fail_by_status(call, err);
    if (!call->has_status && call->result != CURLE_OK)
        return fail_by_curl(call, err);
    if (!call->has_status)
        return fail_by_http(call, err);
    if (!frame_parser_is_idle(&call->parser))
        return err_set(err, ERR_UNAVAILABLE, "the answer ended in the middle");
    return CHANNEL_END;
}
