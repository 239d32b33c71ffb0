/* The life of a server that a test starts: listen, say where, serve until SIGTERM, drain, end. */
#pragma once

#include "base/loop.h"
#include "rpc/server.h"

struct test_server {
    struct loop *loop; /* made by test_server_run(), as is rpc */
    struct rpc_server *rpc;
    int64_t drain_usec;
};

/* Print "port N" and serve at @address until SIGTERM; @handler and @arg as in rpc_server_new().
 * What went wrong is on stderr, after @program. 0 or a negative enum err_code.
 */
int test_server_run(struct test_server *server, const char *program,
    const struct rpc_options *options, const struct rpc_handler *handler, void *arg,
    const char *address) _must_check_;
