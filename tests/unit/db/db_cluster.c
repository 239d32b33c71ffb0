#include "db_cluster.h"

#include "db/describe.h"

#include <stdio.h>
#include <string.h>
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
    snprintf(command, sizeof command, "%s %s %s >/dev/null", SUPPORT_PG, verb, folder);
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

void cluster_start(struct cluster *cluster)
{
    snprintf(cluster->folder, sizeof cluster->folder, "/var/tmp/canvass-db-%ld", (long)getpid());
    run("start", cluster->folder);
    snprintf(cluster->conninfo, sizeof cluster->conninfo, "host=%s user=postgres dbname=postgres",
        cluster->folder);
    cluster_sql(cluster, "CREATE TABLE note (id int PRIMARY KEY, owner text, text text)");
    cluster_sql(cluster, "CREATE TABLE kid (id int REFERENCES note DEFERRABLE INITIALLY DEFERRED)");
    cluster_sql(cluster,
        "CREATE FUNCTION enter(who text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " IF who = 'nobody' THEN RAISE EXCEPTION 'no such caller' USING ERRCODE = 'CV016'; END IF;"
        " PERFORM set_config('test.who', who, true); END $$");
}

void cluster_stop(struct cluster *cluster)
{
    char command[512];
    run("stop", cluster->folder);
    snprintf(command, sizeof command, "rm -rf %s", cluster->folder);
    must(system(command) == 0, command);
}

void cluster_do(const struct cluster *cluster, const char *verb)
{
    run(verb, cluster->folder);
}
