/* A real PostgreSQL for the unit tests of db, started once a program by tests/support/pg. */
#pragma once

#include "db/batch.h"
#include "db/pool.h"

struct cluster {
    char folder[64];
    char conninfo[160];
    int guard, guard_fd; /* the process that removes it when this one ends */
};

/* Start it, with the table and functions that the tests use; ends the program if it cannot. */
void cluster_start(struct cluster *cluster);
void cluster_stop(struct cluster *cluster);

/* Run tests/support/pg VERB on it ("kill", "restart"). */
void cluster_do(const struct cluster *cluster, const char *verb);

/* Run @sql as the superuser, on a connection of its own. */
void cluster_sql(const struct cluster *cluster, const char *sql);
