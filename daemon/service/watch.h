/* Watches: streams that are told what changes (migrations/deploy/watch.sql).
 *
 * One look a worker, every 25 ms while anybody watches, asks what was committed since the last one
 * and whom it may concern: everybody, boroughs, teams, people. Nobody else is asked for. Those whom
 * it concerns read the difference through the engine, as any call does: under their own login and
 * row-level security, page by page. Those who stand at the same look and differ in nothing that the
 * difference depends on (of the borough where it concerns boroughs, of the team where teams, in
 * roles) are read for once; a person that it concerns by name, and who came with a token, reads for
 * themselves. Before anything is read the logins of all watchers are looked at, and a revoked one
 * ends its watches.
 *
 * Nothing is buffered for a watcher that is slow: it stays where it stands, and reads a larger
 * difference when its peer has room. At most a few read at a time; the others wait their turn.
 *
 * Calling sequence: watches_new(); for each call of a method that watches watcher_open(),
 * watcher_answered() after each page, watcher_writable(), watcher_close(), which may come again.
 */
#pragma once

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_pool;
struct db_statement;
struct loop;
struct op;
struct watches;

enum watcher_state {
    WATCHER_BEGINS, /* its first answer is under way */
    WATCHER_JOINS, /* reads on after the next look that begins */
    WATCHER_RESTS, /* was told all that the last look showed */
    WATCHER_WAITS, /* for its turn to read */
    WATCHER_READS, /* or another one reads for it */
    WATCHER_IS_SLOW, /* would read if its peer had room */
};

struct watcher {
    struct watches *watches; /* NULL: not open */
    struct list siblings; /* in watches.all */
    struct list link; /* in watches.queue, or among a reader's members */
    struct list members; /* for whom this one reads */
    enum watcher_state state;
    bool leads; /* its batch is one of those under way */
    unsigned concerns, reads; /* WATCH_*: what there is to read; what is being read */
    uint64_t stands; /* number of the token at which it stands; 0: at one of its own */
    uint64_t joined; /* looks that had begun by then */
    struct str until; /* token of the look up to which it reads */
    uint64_t until_number;
    int64_t told_usec;
    size_t place; /* in the question who the watchers are; 0: it was not in it */
    bool is_known;
    struct uuid person, team;
    char borough[16], roles[64];
};

extern const struct db_statement *const watch_statements[];
extern const size_t watch_n_statements;

/* @most watches of one login at a time; 0: any number. ERR_EXHAUSTED. */
int watches_new(struct loop *loop, struct db_pool *pool, size_t most, struct watches **ret_watches,
    struct err *err) _must_check_;
/* No watcher may be open. NULL is accepted. */
void watches_free(struct watches *watches);

/* Begin to watch. ERR_EXHAUSTED: this login has too many watches. */
int watcher_open(struct watches *watches, struct op *op, struct err *err) _must_check_;

/* A page was sent, and the operation's page_token says where its reader stands now. */
void watcher_answered(struct watcher *watcher, bool has_more);

void watcher_writable(struct watcher *watcher);

/* Stop watching, in whatever state. */
void watcher_close(struct watcher *watcher);
