#include "db_cluster.h"

#include "db/describe.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SUPPORT_PG
#error "SUPPORT_PG names tests/support/pg"
#endif

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "cluster: %s\n", what);
    exit(1);
}

static void run(const char *verb, const char *folder)
{
    char command[512];
    snprintf(command, sizeof(command), "%s %s %s >/dev/null", SUPPORT_PG, verb, folder);
    must(system(command) == 0, command);
}

void cluster_sql(const struct cluster *cluster, const char *sql)
{
    struct err err = { 0 };
    _cleanup_(db_describer_closep) struct db_describer *describer = NULL;
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    must(db_describer_open(cluster->conninfo, 5000000, &describer, &err) == 0, err.msg);
    must(db_query_simple(describer, sql, &rows, &err) == 0, err.msg);
}

static void remove_cluster(const struct cluster *cluster)
{
    char command[512];

    run("stop", cluster->folder);
    snprintf(command, sizeof(command), "rm -rf %s", cluster->folder);
    must(system(command) == 0, command);
}

/* A child outlives the program, however it ends, and removes the cluster then: the pipe's other end
 * closes with the program. */
static void leave_a_guard(struct cluster *cluster)
{
    int ends[2];
    char nothing;

    must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    cluster->guard = fork();
    must(cluster->guard >= 0, "fork");
    cluster->guard_fd = ends[1];
    if (cluster->guard > 0) {
        close(ends[0]);
        return;
    }
    setsid();
    close(ends[1]);
    while (read(ends[0], &nothing, 1) < 0)
        ;
    remove_cluster(cluster);
    _exit(0);
}

void cluster_start(struct cluster *cluster)
{
    snprintf(cluster->folder, sizeof(cluster->folder), "/var/tmp/canvass-db-%ld", (long)getpid());
    leave_a_guard(cluster);
    run("start", cluster->folder);
    snprintf(cluster->conninfo, sizeof(cluster->conninfo), "host=%s user=postgres dbname=postgres",
        cluster->folder);
    cluster_sql(cluster, "CREATE TABLE note (id int PRIMARY KEY, owner text, text text)");
    cluster_sql(cluster, "CREATE TABLE kid (id int REFERENCES note DEFERRABLE INITIALLY DEFERRED)");
    cluster_sql(cluster,
        "CREATE FUNCTION enter(who text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " IF who = 'nobody' THEN RAISE EXCEPTION 'no such caller' USING ERRCODE = 'CV016'; END IF;"
        " PERFORM set_config('test.who', who, true); END $$");
    cluster_sql(cluster,
        "CREATE FUNCTION raise_own() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'A visit cannot be in the future.'"
        " USING ERRCODE = 'CV009', COLUMN = 'visit.date'; END $$");
    cluster_sql(cluster,
        "CREATE FUNCTION raise_state(state text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'as told' USING ERRCODE = state; END $$");
    cluster_sql(cluster,
        "CREATE FUNCTION warn() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE WARNING 'of its own'; END $$");
}

void cluster_stop(struct cluster *cluster)
{
    int status;

    close(cluster->guard_fd);
    must(waitpid(cluster->guard, &status, 0) == cluster->guard && status == 0, "guard");
}

void cluster_do(const struct cluster *cluster, const char *verb)
{
    run(verb, cluster->folder);
}
