/* An answer: headers, messages in DATA frames, the status in trailers. */
#include "rpc/rpc_internal.h"

/* Headers of ours beside those of the handler, at most. */
#define OWN_HEADERS 8

/* In the call's arena and of the right size: large arrays on the stack are zeroed at each entry. */
struct header_block {
    nghttp2_nv *nv;
    size_t n;
};

static int block_init(struct header_block *block, struct call *call)
{
    size_t n = OWN_HEADERS + call->headers.n + call->trailers.n;
    block->n = 0;
    block->nv = arena_alloc(&call->arena, n * sizeof(*block->nv));
    return block->nv ? 0 : ERR_EXHAUSTED;
}

static const char *const status_digits[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
    "11", "12", "13", "14", "15", "16" };

/* nghttp2 copies what NO_COPY does not name; names and literals live long enough. */
static void put(struct header_block *block, const char *name, size_t name_len, const char *value,
    size_t value_len, uint8_t flags)
{
    block->nv[block->n++] = (nghttp2_nv) { .name = (uint8_t *)(uintptr_t)name,
        .namelen = name_len,
        .value = (uint8_t *)(uintptr_t)value,
        .valuelen = value_len,
        .flags = flags };
}

static void put_fixed(struct header_block *block, const char *name, const char *value)
{
    put(block, name, strlen(name), value, strlen(value),
        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
}

static void put_list(struct header_block *block, const struct header_list *list)
{
    for (const struct header *h = list->first; h; h = h->next)
        put(block, h->name, h->name_len, h->value, h->value_len, NGHTTP2_NV_FLAG_NONE);
}

static void put_initial(struct header_block *block, struct call *call, const char *http_status)
{
    put_fixed(block, ":status", http_status);
    put_fixed(block, "content-type", "application/grpc+proto");
    call->announced_gzip = call->compresses && call->accepts_gzip;
    if (call->announced_gzip)
        put_fixed(block, "grpc-encoding", "gzip");
    put_fixed(block, "grpc-accept-encoding", "identity,gzip");
    put_list(block, &call->headers);
}

static void put_status(struct header_block *block, struct call *call)
{
    put_fixed(block, "grpc-status", status_digits[call->status]);
    if (call->status_message)
        put(block, "grpc-message", strlen("grpc-message"), call->status_message,
            strlen(call->status_message), NGHTTP2_NV_FLAG_NO_COPY_NAME);
    if (call->status_details)
        put(block, "grpc-status-details-bin", strlen("grpc-status-details-bin"),
            call->status_details, strlen(call->status_details), NGHTTP2_NV_FLAG_NO_COPY_NAME);
    put_list(block, &call->trailers);
}

static int submit_trailers(struct call *call)
{
    struct header_block block;

    call->sent_trailers = true;
    if (block_init(&block, call) < 0)
        return ERR_EXHAUSTED;
    put_status(&block, call);
    return nghttp2_submit_trailer(call->conn->session, call->stream_id, block.nv, block.n);
}

/* nghttp2 asks what the next DATA frame of a stream holds; the bytes go out in
 * response_send_data(). */
static ssize_t on_read(nghttp2_session *session, int32_t stream_id, uint8_t *buffer, size_t len,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct call *call = source->ptr;

    if (call->queued_bytes == 0 && (call->is_open || call->sent_trailers))
        return NGHTTP2_ERR_DEFERRED;
    size_t n = MIN(MIN(call->queued_bytes, len), DATA_FRAME_BYTES);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (n == call->queued_bytes && call_is_connect(call)) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (n == call->queued_bytes && !call->is_open) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (!call->sent_trailers && submit_trailers(call) != 0)
            return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    call->committed_bytes = n;
    return (ssize_t)n;
}

static void drop_first(struct call *call)
{
    struct chunk *chunk = call->chunks;
    call->chunks = chunk->next;
    if (!call->chunks)
        call->chunks_tail = &call->chunks;
    free(chunk);
}

static void take(struct call *call, uint8_t *out, size_t len)
{
    call->queued_bytes -= len;
    while (len > 0) {
        struct chunk *chunk = call->chunks;
        size_t n = MIN(len, chunk->len - chunk->off);
        memcpy(out, chunk->data + chunk->off, n);
        chunk->off += n;
        out += n;
        len -= n;
        if (chunk->off == chunk->len)
            drop_first(call);
    }
}

int response_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
    size_t len, nghttp2_data_source *source, void *arg)
{
    struct rpc_server *server = ((struct conn *)arg)->server;
    struct call *call = source->ptr;

    if (server->out_len >= SERVER_OUT_BYTES)
        return NGHTTP2_ERR_WOULDBLOCK;
    uint8_t *out = server->out + server->out_len;
    memcpy(out, head, 9);
    take(call, out + 9, len);
    server->out_len += 9 + len;
    call->committed_bytes = 0;
    if (call->wants_writable && call->queued_bytes < CALL_QUEUE_LOW_BYTES)
        call_need_wake(call);
    return 0;
}

/* Memory for what the session must say is gone: nothing sensible can follow on this connection. */
static void give_up(struct call *call)
{
    conn_break(call->conn);
}

int response_begin(struct call *call)
{
    struct header_block block;
    const nghttp2_data_provider provider = { .source.ptr = call, .read_callback = on_read };

    if (call->sent_headers)
        return 0;
    if (block_init(&block, call) < 0)
        return ERR_EXHAUSTED;
    call->sent_headers = true;
    put_initial(&block, call, "200");
    if (nghttp2_submit_response(call->conn->session, call->stream_id, block.nv, block.n, &provider)
        != 0)
        return ERR_EXHAUSTED;
    return 0;
}

/* Have nghttp2 ask again. That a stream is not waiting is no error of ours; no memory is. */
static void resume(struct call *call)
{
    int r = nghttp2_session_resume_data(call->conn->session, call->stream_id);
    if (nghttp2_is_fatal(r))
        give_up(call);
}

int response_queue(struct call *call, struct chunk *chunk)
{
    *call->chunks_tail = chunk;
    call->chunks_tail = &chunk->next;
    call->queued_bytes += chunk->len;
    call->n_sent++;
    if (!call->sent_headers)
        return response_begin(call);
    resume(call);
    return 0;
}

/* Drop what no DATA frame under way has promised. */
static void drop_queue(struct call *call)
{
    if (call->committed_bytes > 0)
        return;
    while (call->chunks)
        drop_first(call);
    call->queued_bytes = 0;
}

/* An answer without messages: the status goes into the headers. */
static int submit_status_only(struct call *call, const char *http_status)
{
    struct header_block block;

    if (block_init(&block, call) < 0)
        return ERR_EXHAUSTED;
    call->sent_headers = call->sent_trailers = true;
    put_initial(&block, call, http_status);
    put_status(&block, call);
    return nghttp2_submit_response(call->conn->session, call->stream_id, block.nv, block.n, NULL);
}

/* Whether an answer may be read by a page depends on the page's origin, which caches must know. */
static void put_cors(struct header_block *block, struct call *call)
{
    const char *origin = call->request.origin;

    if (!call->server->options.cors_origins)
        return;
    put_fixed(block, "vary", "origin");
    if (!origin)
        return;
    put(block, "access-control-allow-origin", strlen("access-control-allow-origin"), origin,
        strlen(origin), NGHTTP2_NV_FLAG_NO_COPY_NAME);
    put_fixed(block, "access-control-expose-headers", "*");
}

/* A Connect call's answer, or a page: status, headers and body at once; trailers are headers too.
 */
static int submit_connect(struct call *call, const char *http_status)
{
    const nghttp2_data_provider provider = { .source.ptr = call, .read_callback = on_read };
    struct header_block block;
    bool is_gzip = false;
    struct chunk *chunk = connect_body(call, &is_gzip);

    if (!chunk)
        return ERR_EXHAUSTED;
    size_t body_len = chunk->len;
    if (call->request.is_head || body_len == 0) {
        free(chunk);
    } else {
        *call->chunks_tail = chunk;
        call->chunks_tail = &chunk->next;
        call->queued_bytes = chunk->len;
    }
    call->sent_headers = call->sent_trailers = true;
    if (block_init(&block, call) < 0)
        return ERR_EXHAUSTED;
    put_fixed(&block, ":status",
        http_status && strcmp(http_status, "200") != 0 ? http_status : connect_status_of(call));
    put_fixed(&block, "content-type", connect_content_type(call));
    if (is_gzip)
        put_fixed(&block, "content-encoding", "gzip");
    put_fixed(&block, "accept-encoding", "gzip");
    put_cors(&block, call);
    put_list(&block, &call->headers);
    for (const struct header *h = call->trailers.first; h; h = h->next) {
        const char *name = arena_printf(&call->arena, "trailer-%s", h->name);
        if (!name)
            return ERR_EXHAUSTED;
        put(&block, name, strlen(name), h->value, h->value_len, NGHTTP2_NV_FLAG_NONE);
    }
    if (call->conn->http1)
        return http1_answer(call, block.nv, block.n, body_len);
    return nghttp2_submit_response(call->conn->session, call->stream_id, block.nv, block.n,
        body_len == 0 || call->request.is_head ? NULL : &provider);
}

void response_finish(struct call *call, const char *http_status)
{
    int r = 0;

    if (call_is_connect(call)) {
        r = submit_connect(call, http_status);
    } else if (!call->sent_headers) {
        r = submit_status_only(call, http_status);
    } else if (call->is_forced) {
        /* HEADERS overtake DATA that waits for the client's window. */
        drop_queue(call);
        if (!call->sent_trailers)
            r = submit_trailers(call);
    } else {
        resume(call);
    }
    if (r != 0)
        give_up(call);
    else
        conn_touch(call->conn);
}

void response_abandon(struct call *call)
{
    if (call->is_abandoned)
        return;
    call->is_abandoned = true;
    if (call->conn->http1) {
        conn_break(call->conn);
        return;
    }
    if (nghttp2_submit_rst_stream(
            call->conn->session, NGHTTP2_FLAG_NONE, call->stream_id, NGHTTP2_CANCEL)
        != 0)
        give_up(call);
    else
        conn_touch(call->conn);
}

void response_release(struct call *call)
{
    while (call->chunks)
        drop_first(call);
    call->queued_bytes = call->committed_bytes = 0;
    str_release(&call->answer);
}
