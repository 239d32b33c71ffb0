#include "test_server.h"

#include <signal.h>
#include <stdio.h>

static void on_drained(void *arg)
{
    struct test_server *server = arg;
    loop_break(server->loop);
}

static void on_stop(void *arg)
{
    struct test_server *server = arg;
    rpc_server_drain(server->rpc, server->drain_usec, on_drained, server);
}

static int serve(struct test_server *server, const char *address, struct err *err)
{
    struct loop_signal stop = { 0 };
    int r = rpc_server_listen(server->rpc, address, err);
    if (r == 0)
        r = loop_signal_start(&stop, server->loop, SIGTERM, on_stop, server, err);
    if (r == 0) {
        printf("port %d\n", rpc_server_port(server->rpc));
        (void)fflush(stdout);
        r = loop_run(server->loop, err);
    }
    loop_signal_stop(&stop);
    return r;
}

int test_server_run(struct test_server *server, const char *program,
    const struct rpc_options *options, const struct rpc_handler *handler, void *arg,
    const char *address)
{
    struct err err = { 0 };
    int r = loop_new(&server->loop, &err);
    if (r == 0)
        r = rpc_server_new(server->loop, options, handler, arg, &server->rpc, &err);
    if (r == 0)
        r = serve(server, address, &err);
    if (r < 0)
        (void)fprintf(stderr, "%s: %s\n", program, err.msg);
    rpc_server_free(server->rpc);
    loop_free(server->loop);
    return r;
}
