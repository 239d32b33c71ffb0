/* Faults below a call: reads and writes split anywhere, and every allocation failing in turn. */
#include "rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* ---- a transport that moves a byte at a time and is often not ready ---- */

static const struct transport_ops *plain;
static struct transport_ops splitting;
static unsigned beat;

static ssize_t read_one(struct transport *transport, void *data, size_t size)
{
    return ++beat % 3 == 0 ? TRANSPORT_WANT_READ : plain->read(transport, data, 1);
}

static ssize_t write_one(struct transport *transport, const void *data, size_t len)
{
    return ++beat % 5 == 0 ? TRANSPORT_WANT_WRITE : plain->write(transport, data, MIN(len, 3u));
}

static void echo_message(struct rig *rig, struct call *call, const uint8_t *data, size_t len)
{
    (void)call_send_bytes(call, data, len);
}

static void finish_ok(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void test_transport__any_split_gives_the_same(void **state)
{
    struct rig *rig = rig_new();
    static char body[5 + 3000];

    rig->do_message = echo_message;
    rig->do_half_close = finish_ok;
    assert_int_equal(rig_start(rig), 0);
    struct conn *conn = list_first(&rig->server->conns, struct conn, siblings);
    plain = conn->transport.ops;
    splitting = *plain;
    splitting.read = read_one;
    splitting.write = write_one;
    conn->transport.ops = &splitting;
    frame_put_header((uint8_t *)body, false, 3000);
    for (size_t i = 5; i < sizeof(body); i++)
        body[i] = (char)i;
    for (int i = 0; i < 3; i++) {
        int32_t id = rig_request(rig, "/t.T/Unary", body, sizeof(body), false);
        const struct seen *seen = rig_wait(rig, id, 10000);
        assert_string_equal(seen->status, "0");
        assert_int_equal(seen->data.len, sizeof(body));
        assert_memory_equal(seen->data.data, body, sizeof(body));
    }
    assert_int_equal(rig->closed, 3);
    rig_free(rig);
}

/* ---- writes that are held back ---- */

static void tcp_pair(int pair[2])
{
    struct sockaddr_in address
        = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(pair[0], (const struct sockaddr *)&address, len), 0);
    pair[1] = accept(listener, NULL, NULL);
    assert_true(pair[1] >= 0);
    assert_int_equal(setsockopt(pair[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
    (void)close(listener);
}

/* The kernel lets go by itself after 200 ms, which a busy machine may sleep through. */
static void test_transport__what_is_held_comes_together(void **state)
{
    struct transport transport;
    bool was_held = false;
    char got[16];
    int pair[2];

    tcp_pair(pair);
    transport_plain_init(&transport, pair[1]);
    for (int i = 0; i < 20; i++) {
        transport_hold(&transport, true);
        assert_int_equal(transport_write(&transport, "two ", 4), 4);
        assert_int_equal(transport_write(&transport, "records", 7), 7);
        was_held |= recv(pair[0], got, sizeof(got), MSG_DONTWAIT | MSG_PEEK) < 0;
        transport_hold(&transport, false);
        assert_int_equal(recv(pair[0], got, 11, MSG_WAITALL), 11);
        assert_memory_equal(got, "two records", 11);
    }
    assert_true(was_held);
    transport_close(&transport);
    (void)close(pair[0]);
}

/* ---- allocation failure ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
#pragma weak __interceptor_malloc
extern void *__interceptor_malloc(size_t size);
#pragma weak __interceptor_calloc
extern void *__interceptor_calloc(size_t n, size_t size);
#pragma weak __interceptor_realloc
extern void *__interceptor_realloc(void *old, size_t size);

static long until_failure = -1; /* allocations that still succeed; below 0: all */

static bool fails(void)
{
    if (until_failure < 0)
        return false;
    if (until_failure > 0) {
        until_failure--;
        return false;
    }
    errno = ENOMEM;
    until_failure = -2; /* once */
    return true;
}

/* These stand before the C library's and the sanitizer's, in every library of this program. */
void *malloc(size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    return __interceptor_realloc ? __interceptor_realloc(old, size) : __libc_realloc(old, size);
}

static void fill_out(struct rig *rig, struct call *call)
{
    static const uint8_t block[9000];
    for (int i = 0; i < 12; i++)
        (void)call_send_bytes(call, block, sizeof(block));
    struct err err = { .code = ERR_INVALID, .field = "a.b", .msg = "is wrong" };
    (void)call_add_trailer(call, "x-more", "1");
    call_finish_err(call, &err);
}

static void answer(struct rig *rig, struct call *call)
{
    if (call_method(call)->server_streaming)
        fill_out(rig, call);
    else
        finish_ok(rig, call);
}

/* One scenario: a unary call with a message in two pieces, a paused one, a stream out. Returns
 * whether the connection lived to its end. */
static bool http2_scenario(struct rig *rig)
{
    static const char hello[] = "\0\0\0\0\5hello";
    size_t len = sizeof(hello) - 1;

    int32_t ids[] = {
        rig_request(rig, "/t.T/Unary", hello, len, false),
        rig_request(rig, "/t.T/Out", hello, len, false),
        rig_request(rig, "/t.T/None", hello, len, false),
        rig_request(rig, "/t.T/In", hello, 7, true),
    };
    rig_turns(rig, 20);
    if (ids[3] > 0 && !rig->is_lost) {
        rig_seen(rig, ids[3])->body_len = len;
        rig_seen(rig, ids[3])->is_body_open = false;
        (void)nghttp2_session_resume_data(rig->client, ids[3]);
    }
    rig_turns(rig, 20);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        if (ids[i] < 0 || !rig_seen(rig, ids[i])->is_closed)
            return false;
    }
    return !rig->is_lost;
}

/* A healthy call on a new connection must always work afterwards. */
static void check_healthy(struct rig *rig)
{
    int pair[2];
    nghttp2_session_del(rig->client);
    rig->client = NULL;
    (void)close(rig->fd);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    rig->fd = pair[1];
    rig->is_lost = false;
    assert_int_equal(rpc_server_adopt(rig->server, pair[0], NULL), 0);
    assert_int_equal(rig_client(rig), 0);
    int32_t id = rig_request(rig, "/t.T/Unary", "\0\0\0\0\1x", 6, false);
    assert_string_equal(rig_wait(rig, id, 2000)->status, "0");
}

static void check_each_failing(bool (*scenario)(struct rig *rig))
{
    long n = 0, ended_well = 0;

    for (;; n++) {
        struct rig *rig = rig_new();
        rig->do_message = echo_message;
        rig->do_half_close = answer;
        rig->options.cors_origins = "https://a.example";
        until_failure = n;
        bool started = rig_start(rig) == 0;
        if (started && scenario(rig))
            ended_well++;
        bool is_over = until_failure >= 0; /* not that many allocations in the scenario */
        until_failure = -1;
        if (started)
            check_healthy(rig);
        rpc_server_free(rig->server);
        rig->server = NULL;
        assert_int_equal(rig->opened, rig->closed);
        rig_free(rig);
        if (is_over)
            break;
    }
    assert_in_range(n, 50, 5000);
    assert_true(ended_well > 0);
    print_message(
        "%ld allocations failed in turn, %ld times every call was answered\n", n, ended_well);
}

static void test_server__survives_each_allocation_failing(void **state)
{
    check_each_failing(http2_scenario);
}

/* Calls and pages over HTTP/1.1, well-formed and not, on one connection after another. */
static const char *const http1_requests[] = {
    "GET /page HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n\r\n"
    "POST /t.T/Unary HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\n"
    "Accept-Encoding: gzip\r\nX-Any: thing\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n0\r\n\r\n",
    "POST /t.T/Unary HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}",
    "POST /t.T/None HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\n"
    "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    "OPTIONS /t.T/Unary HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n"
    "Access-Control-Request-Method: POST\r\n\r\nGET\r\n\r\n",
};

static bool is_answered(struct rig *rig, int fd)
{
    char out[4096];
    bool is_any = false;

    for (int i = 0; i < 12; i++) {
        if (loop_turn(rig->loop, false, NULL) < 0)
            return false;
        is_any = recv(fd, out, sizeof(out), MSG_DONTWAIT) > 0 || is_any;
    }
    return is_any;
}

static bool http1_scenario(struct rig *rig)
{
    bool is_all = true;

    for (size_t i = 0; i < ARRAY_SIZE(http1_requests); i++) {
        size_t len = strlen(http1_requests[i]);
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
            return false;
        bool is_sent = rpc_server_adopt(rig->server, pair[0], NULL) == 0
            && send(pair[1], http1_requests[i], len, MSG_NOSIGNAL) == (ssize_t)len;
        is_all = is_sent && is_answered(rig, pair[1]) && is_all;
        (void)close(pair[1]);
        rig_turns(rig, 2);
    }
    return is_all;
}

static void test_http1__survives_each_allocation_failing(void **state)
{
    check_each_failing(http1_scenario);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transport__any_split_gives_the_same),
        cmocka_unit_test(test_transport__what_is_held_comes_together),
        cmocka_unit_test(test_server__survives_each_allocation_failing),
        cmocka_unit_test(test_http1__survives_each_allocation_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
