#include "client/channel_internal.h"

#include "base/clock.h"
#include "wire/metadata.h"

#include <stdio.h>
#include <string.h>

#define MAX_MESSAGE_BYTES ((size_t)32 << 20)
#define CONNECT_TIMEOUT_MSEC 10000L

static bool is_loopback(const char *host)
{
    return str_starts_with(host, "127.") || str_starts_with(host, "localhost:")
        || str_eq(host, "localhost") || str_starts_with(host, "[::1]");
}

int channel_check_server(const char *server, struct err *err)
{
    if (str_starts_with(server, "unix:/"))
        return 0;
    bool is_http = str_starts_with(server, "http://");
    const char *host = is_http ? server + strlen("http://") : server;
    if (is_http && !is_loopback(host))
        return err_set(err, ERR_INVALID,
            "%s is not on this machine: without TLS the token could be read on the way", server);
    size_t plain
        = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]%");
    const char *colon = strrchr(host, ':');
    if (!*host || host[plain] || !colon || !colon[1]
        || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return err_set(err, ERR_INVALID, "\"%.100s\" is no server: write it as HOST:PORT", server);
    return 0;
}

static char *format_url(const char *server)
{
    struct str url = { 0 };
    if (str_starts_with(server, "unix:"))
        str_addz(&url, "http://localhost");
    else if (str_starts_with(server, "http://"))
        str_addz(&url, server);
    else
        str_addf(&url, "https://%s", server);
    return str_steal(&url);
}

/* NULL stands for an empty one too. */
static int copy_option(const char *text, char **slot)
{
    *slot = text && *text ? strdup(text) : NULL;
    return text && *text && !*slot ? ERR_EXHAUSTED : 0;
}

static int fill_channel(
    struct channel *channel, const struct channel_options *options, struct err *err)
{
    const char *server = options->server;
    bool is_unix = str_starts_with(server, "unix:");
    struct str line = { 0 };
    channel->is_cleartext = is_unix || str_starts_with(server, "http://");
    channel->url = format_url(server);
    if (is_unix && !(channel->unix_path = strdup(server + strlen("unix:"))))
        return err_oom(err);
    if (copy_option(options->ca_file, &channel->ca_file) < 0
        || copy_option(options->certificate_file, &channel->certificate_file) < 0
        || copy_option(options->key_file, &channel->key_file) < 0)
        return err_oom(err);
    if (options->token && *options->token) {
        str_addf(&line, "authorization: Bearer %s", options->token);
        if (!(channel->authorization = str_steal(&line)))
            return err_oom(err);
    }
    channel->multi = curl_multi_init();
    return channel->url && channel->multi ? 0 : err_oom(err);
}

int channel_new(
    const struct channel_options *options, struct channel **ret_channel, struct err *err)
{
    int rc = channel_check_server(options->server, err);
    if (rc < 0)
        return rc;
    _cleanup_(channel_freep) struct channel *channel = calloc(1, sizeof *channel);
    if (!channel)
        return err_oom(err);
    rc = fill_channel(channel, options, err);
    if (rc < 0)
        return rc;
    *ret_channel = channel;
    channel = NULL;
    return 0;
}

void channel_free(struct channel *channel)
{
    if (!channel)
        return;
    if (channel->multi)
        (void)curl_multi_cleanup(channel->multi);
    free(channel->url);
    free(channel->unix_path);
    free(channel->ca_file);
    free(channel->certificate_file);
    free(channel->key_file);
    free(channel->authorization);
    free(channel);
}

/* curl asks for bytes to send; none are left at the end. */
static size_t on_read(char *out, size_t size, size_t n, void *arg)
{
    struct channel_call *call = arg;
    size_t take = MIN(call->out.len - call->out_sent, size * n);
    if (take)
        memcpy(out, call->out.data + call->out_sent, take);
    call->out_sent += take;
    return take;
}

static int queue_message(struct channel_call *call, const struct frame *frame)
{
    if (frame->is_compressed)
        return err_set(&call->receive_err, ERR_INTERNAL,
            "the server compressed an answer though nobody asked for it");
    struct channel_message *message = malloc(sizeof *message + frame->len);
    if (!message)
        return err_oom(&call->receive_err);
    message->next = NULL;
    message->len = frame->len;
    memcpy(message->data, frame->data, frame->len);
    *call->last = message;
    call->last = &message->next;
    return 0;
}

static size_t on_write(char *data, size_t size, size_t n, void *arg)
{
    struct channel_call *call = arg;
    const uint8_t *bytes = (const uint8_t *)data;
    size_t len = size * n;
    struct frame frame;
    if (call->http_status != 200 || !call->is_grpc)
        return len; /* a proxy's page; the status says enough */
    int rc;
    while ((rc = frame_parser_feed(&call->parser, &bytes, &len, &frame, &call->receive_err)) > 0) {
        rc = queue_message(call, &frame);
        if (rc < 0)
            break;
    }
    return rc < 0 ? 0 : size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
    channel_take_header(arg, data, size * n);
    return size * n;
}

static int make_headers(struct channel_call *call)
{
    char timeout[METADATA_TIMEOUT_BYTES], line[40];
    const char *lines[] = { "content-type: application/grpc+proto", "te: trailers",
        "expect:", "accept:", call->channel->authorization, line };
    metadata_timeout_format(call->timeout_usec, timeout);
    (void)snprintf(line, sizeof line, "grpc-timeout: %s", timeout);
    for (size_t i = 0; i < ARRAY_SIZE(lines) - (call->timeout_usec ? 0 : 1); i++) {
        struct curl_slist *longer
            = lines[i] ? curl_slist_append(call->headers, lines[i]) : call->headers;
        if (!longer)
            return ERR_EXHAUSTED;
        call->headers = longer;
    }
    return 0;
}

#define set(option, value) rc |= (int)curl_easy_setopt(call->easy, option, value)

static int set_options(struct channel_call *call, const char *path)
{
    _cleanup_(str_release) struct str url = { 0 };
    const struct channel *channel = call->channel;
    int rc = 0;
    str_addf(&url, "%s%s", channel->url, path);
    set(CURLOPT_URL, str_text(&url));
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION,
        channel->is_cleartext ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                              : (long)CURL_HTTP_VERSION_2TLS);
    if (channel->unix_path)
        set(CURLOPT_UNIX_SOCKET_PATH, channel->unix_path);
    if (channel->ca_file)
        set(CURLOPT_CAINFO, channel->ca_file);
    if (channel->certificate_file)
        set(CURLOPT_SSLCERT, channel->certificate_file);
    if (channel->key_file)
        set(CURLOPT_SSLKEY, channel->key_file);
    if (call->timeout_usec) /* a second longer than the server takes: its own answer is better */
        set(CURLOPT_TIMEOUT_MS, (long)(call->timeout_usec / USEC_PER_MSEC) + 1000L);
    set(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MSEC);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_HTTPHEADER, call->headers);
    set(CURLOPT_USERAGENT, "canvass/" CANVASS_VERSION);
    set(CURLOPT_ERRORBUFFER, call->curl_message);
    set(CURLOPT_READFUNCTION, on_read);
    set(CURLOPT_READDATA, (void *)call);
    set(CURLOPT_WRITEFUNCTION, on_write);
    set(CURLOPT_WRITEDATA, (void *)call);
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, (void *)call);
    set(CURLOPT_PRIVATE, (void *)call);
    return url.failed || rc ? ERR_EXHAUSTED : 0;
}

int channel_open(struct channel *channel, const char *path, int64_t timeout_usec,
    struct channel_call **ret_call, struct err *err)
{
    _cleanup_(channel_call_freep) struct channel_call *call = calloc(1, sizeof *call);
    if (!call)
        return err_oom(err);
    call->channel = channel;
    call->timeout_usec = timeout_usec;
    call->last = &call->first;
    frame_parser_init(&call->parser, MAX_MESSAGE_BYTES);
    call->easy = curl_easy_init();
    if (!call->easy || make_headers(call) < 0 || set_options(call, path) < 0
        || curl_multi_add_handle(channel->multi, call->easy) != CURLM_OK)
        return err_oom(err);
    *ret_call = call;
    call = NULL;
    return 0;
}

int channel_send(struct channel_call *call, const void *data, size_t len, struct err *err)
{
    uint8_t header[FRAME_HEADER_BYTES];
    frame_put_header(header, false, (uint32_t)len);
    str_add(&call->out, header, sizeof header);
    str_add(&call->out, data, len);
    return call->out.failed ? err_oom(err) : 0;
}

/* Let curl work once, and note which transfers ended. */
static int perform(struct channel *channel, struct err *err)
{
    int running, left;
    CURLMsg *message;
    if (curl_multi_perform(channel->multi, &running) != CURLM_OK)
        return err_set(err, ERR_INTERNAL, "the transport failed");
    while ((message = curl_multi_info_read(channel->multi, &left))) {
        struct channel_call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        call->is_done = true;
        call->result = message->data.result;
    }
    return 0;
}

static bool take_message(struct channel_call *call, const uint8_t **ret_data, size_t *ret_len)
{
    free(call->current);
    call->current = call->first;
    if (!call->first)
        return false;
    call->first = call->first->next;
    if (!call->first)
        call->last = &call->first;
    *ret_data = call->current->data;
    *ret_len = call->current->len;
    return true;
}

int channel_receive(struct channel_call *call, int wait_msec, const uint8_t **ret_data,
    size_t *ret_len, struct err *err)
{
    int64_t end = clock_monotonic_usec() + wait_msec * USEC_PER_MSEC;
    for (;;) {
        if (take_message(call, ret_data, ret_len))
            return CHANNEL_MESSAGE;
        /* Trailers end the call even if curl still has something to upload that nobody wants. */
        if (call->is_done || call->has_status || call->receive_err.code)
            return channel_finish(call, err);
        int rc = perform(call->channel, err);
        if (rc < 0)
            return rc;
        if (call->first || call->is_done || call->has_status)
            continue;
        int64_t left_msec = (end - clock_monotonic_usec()) / USEC_PER_MSEC;
        if (wait_msec >= 0 && left_msec <= 0)
            return CHANNEL_NOTHING;
        (void)curl_multi_poll(
            call->channel->multi, NULL, 0, wait_msec < 0 ? 1000 : (int)MIN(left_msec, 1000), NULL);
    }
}

int64_t channel_call_retry_usec(const struct channel_call *call)
{
    return call->retry_usec;
}

void channel_call_free(struct channel_call *call)
{
    if (!call)
        return;
    if (call->easy) {
        (void)curl_multi_remove_handle(call->channel->multi, call->easy);
        curl_easy_cleanup(call->easy);
    }
    curl_slist_free_all(call->headers);
    while (call->first) {
        struct channel_message *next = call->first->next;
        free(call->first);
        call->first = next;
    }
    free(call->current);
    frame_parser_release(&call->parser);
    str_release(&call->out);
    str_release(&call->message);
    str_release(&call->details);
    free(call);
}
