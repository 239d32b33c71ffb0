// link: canvass_rpc
/* Bytes into a connection of a server. The first byte says how they are cut and whether the preface
 * is put in front of them; so the fuzzer needs not find that first. */
#include "base/loop.h"
#include "rpc/call.h"
#include "rpc/server.h"

#include <sys/socket.h>
#include <unistd.h>

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
/* HEADERS of POST /t.T/Both with content-type and te, literal without indexing */
static const char request[] = "\0\0\x44\1\4\0\0\0\1\x83\x86\x01\1x\x04\x09/t.T/Both\x0f\x10\x10"
                              "application/grpc\0\2te\x08trailers\0\x0dgrpc-encoding\4gzip";

static const struct rpc_method methods[] = {
    { "/t.T/Both", NULL, NULL, true, true, NULL },
    { "/t.T/Unary", NULL, NULL, false, false, NULL },
};
static int open_calls;

static const struct rpc_method *find(void *arg, const char *path, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (strlen(methods[i].path) == len && memcmp(methods[i].path, path, len) == 0)
            return &methods[i];
    }
    return NULL;
}

static void on_open(struct call *call, void *arg)
{
    open_calls++;
    call_set_compress(call, call_metadata(call, "z") != NULL);
}

static void on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    (void)call_send_bytes(call, data, len);
    if (len % 3 == 1)
        call_pause_reading(call);
    if (len % 3 == 2)
        call_resume_reading(call);
}

static void on_half_close(struct call *call, void *arg)
{
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void on_closed(struct call *call, void *arg)
{
    open_calls--;
}

static const struct rpc_handler handler = {
    .find = find,
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = on_half_close,
    .on_closed = on_closed,
};

static void drain(int fd)
{
    char out[65536];
    while (recv(fd, out, sizeof(out), MSG_DONTWAIT) > 0)
        ;
}

static void feed(struct loop *loop, int fd, const void *data, size_t len, size_t piece)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = send(fd, at, MIN(len, piece), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += n;
        len -= (size_t)n;
        if (loop_turn(loop, false, NULL) < 0)
            return;
        drain(fd);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct loop *loop;
    static struct rpc_server *server;
    struct rpc_options options;
    int pair[2];

    if (len < 1)
        return 0;
    rpc_options_init(&options);
    options.message_bytes_max = 65536;
    if (!loop && loop_new(&loop, NULL) < 0)
        return 0;
    if (!server && rpc_server_new(loop, &options, &handler, NULL, &server, NULL) < 0)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        abort();
    if (rpc_server_adopt(server, pair[0], NULL) == 0) {
        if (data[0] & 1)
            feed(loop, pair[1], preface, sizeof(preface) - 1, sizeof(preface));
        if (data[0] & 2)
            feed(loop, pair[1], request, sizeof(request) - 1, sizeof(request));
        feed(loop, pair[1], data + 1, len - 1, data[0] & 4 ? (data[0] >> 3) + 1u : 65536);
        (void)loop_turn(loop, false, NULL);
    }
    (void)close(pair[1]);
    for (int i = 0; i < 4 && rpc_server_stats(server)->connections_now > 0; i++)
        (void)loop_turn(loop, false, NULL);
    if (open_calls != 0 || rpc_server_stats(server)->connections_now != 0)
        abort(); /* a closed connection must leave nothing */
    return 0;
}
