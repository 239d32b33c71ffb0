/* The two halves of watches: watch.c lets watchers read, watch_look.c finds out who has something
 * to read. */
#pragma once

#include "base/loop.h"
#include "service/engine_internal.h"
#include "service/watch.h"

/* Whom a difference concerns. */
#define WATCH_EVERYONE (1u << 0)
#define WATCH_BOROUGH (1u << 1)
#define WATCH_TEAM (1u << 2)
#define WATCH_PERSON (1u << 3)
#define WATCH_OWN (1u << 4) /* a difference that is this watcher's alone */

struct watches {
    struct loop *loop;
    struct db_pool *pool;
    size_t most;
    struct list all, queue;
    struct str token; /* of the last look; empty: there was none since anybody watches */
    uint64_t number; /* of that token */
    uint64_t n_begun; /* looks */
    struct str next_token; /* of the look under way, and whom it concerns: arrays in binary */
    bool is_changed, is_everyone;
    struct str boroughs, teams, people;
    struct watcher **asked; /* by their places; NULL where one has gone */
    size_t n_asked, n_reading;
    int64_t checked_usec;
    struct db_ticket *ticket;
    struct loop_timer timer;
};

static inline struct op *watch_op(struct watcher *watcher)
{
    return container_of(watcher, struct op, watcher);
}

/* Let @w wait for its turn to read what @concerns it. */
void watch_enqueue(struct watcher *w, unsigned concerns);

/* Let those who wait read, a few at a time. */
void watch_pump(struct watches *watches);

/* Look, and again after each pause. A loop_fn of struct watches. */
void watch_look(void *arg);
