/* The parent of the workers: starts them, starts another one for each that ends, replaces those
 * that are stuck, hands on reloads and the stop.
 *
 *     struct supervised role;
 *     r = supervise(&options, &role, &err);
 *     if (role.is_worker)
 *         ... serve; say so on role.fd (main/herald.h); end the process ...
 *
 * It returns once in the parent, when all workers have ended, and once in each worker, whose stack
 * is then that of the caller. The parent does nothing but wait (no loop, no database, no TLS), so
 * that there is little in it that could break; everything opened and allocated before supervise()
 * is there in each worker.
 *
 * A worker that ended is replaced at once; one that had lived for less than a second only after a
 * pause, which doubles from 100 ms to 10 s. A worker that ends by itself, with an error, before any
 * was ready means that none can serve: the parent then gives up. A worker that does not beat for
 * silence_usec is killed. SIGHUP goes to all workers, and the reload is over when each has said so.
 * SIGTERM and SIGINT go to all at once: they drain together, and what is left after stop_usec is
 * killed; a second one is handed on too. If the parent dies, its workers get SIGTERM.
 *
 * Signals SIGTERM, SIGINT and SIGHUP are blocked in a worker until supervised_unblock().
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct supervisor_options {
    unsigned n_workers;
    int64_t silence_usec; /* 0: never too long */
    int64_t stop_usec;
    void (*on_ready)(void *arg); /* every worker of the first ones serves; may be NULL, as all */
    void (*on_reload)(void *arg);
    void (*on_stop)(void *arg);
    void *arg;
};

struct supervised {
    bool is_worker;
    unsigned index; /* 0 to n_workers - 1; a replacement has that of its predecessor */
    int fd; /* to the parent */
};

/* 0 in workers, and in the parent after a stop; ERR_EXHAUSTED; ERR_UNAVAILABLE: no worker could
 * begin. */
int supervise(const struct supervisor_options *options, struct supervised *ret_role,
    struct err *err) _must_check_;

/* In a worker, once signals are handled. */
void supervised_unblock(void);
