/* What a process says of itself to whoever started it: a worker to its parent through a pipe, the
 * one process or the parent to systemd (and to nobody, if systemd did not start it).
 *
 *     struct herald herald;
 *     herald_init(&herald, pipe_fd);             -1: systemd
 *     herald_say(&herald, HERALD_READY);
 *     herald_beat(&herald, loop, 30 * USEC_PER_SEC);   says HERALD_ALIVE from now on, in time
 *     herald_release(&herald);
 *
 * Beats come from the event loop and from nothing else: they stop when the loop is stuck, not when
 * the database is away. A pipe that is full or closed is not waited for.
 */
#pragma once

#include "base/loop.h"

#include <stdint.h>

enum herald_word {
    HERALD_READY = 'r',
    HERALD_RELOADING = 'l',
    HERALD_RELOADED = 'd',
    HERALD_STOPPING = 's',
    HERALD_ALIVE = 'a',
};

struct herald {
    int fd;
    int64_t interval_usec;
    struct loop_timer timer;
};

void herald_init(struct herald *herald, int fd);

void herald_say(const struct herald *herald, enum herald_word word);

/* Beat often enough for a listener that gives up after @limit_usec; 0: it never does. With systemd
 * its own limit counts, if it set one. */
void herald_beat(struct herald *herald, struct loop *loop, int64_t limit_usec);

/* What systemd allows between two beats; 0: it does not watch. */
int64_t herald_systemd_limit_usec(void);

void herald_release(struct herald *herald);
