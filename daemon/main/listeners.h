/* The sockets that the daemon listens on: inherited from systemd (LISTEN_FDS), or opened as the
 * option `listen` says.
 *
 * They are opened once, before any worker is forked, and the workers share them. (With SO_REUSEPORT
 * each worker would have a queue of its own, and who waits in the queue of a worker that dies is
 * lost; inherited and unix sockets could not be shared that way either.)
 *
 *     listeners_open(&listeners, "127.0.0.1:7443", &err);
 *     ... fork() ...
 *     listeners_serve(&listeners, server, &err);     the server owns the descriptors from here on
 *     listeners_close(&listeners);                   in a parent that serves nothing itself
 *     listeners_release(&listeners);                 also takes files of unix sockets away
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define LISTENERS_MAX 16

struct rpc_server;

struct listeners {
    struct listener_socket {
        int fd;
        char *name; /* "127.0.0.1:7443", for the log; or a path */
        bool is_ours; /* a file of a unix socket that we made */
    } list[LISTENERS_MAX];
    size_t n;
};

/* @listen: addresses separated by commas or blanks. */
int listeners_open(struct listeners *listeners, const char *listen, struct err *err) _must_check_;

/* Give the descriptors to a server. */
int listeners_serve(
    struct listeners *listeners, struct rpc_server *server, struct err *err) _must_check_;

/* Say in the log where we serve. */
void listeners_log(const struct listeners *listeners);

/* Close what no server owns. */
void listeners_close(struct listeners *listeners);

void listeners_release(struct listeners *listeners);
