/* The methods' SQL as the build packs it into the program (daemon/methods/pack.cmake). */
#pragma once

struct method_file {
    const char *name; /* "employer.sql" */
    const char *text;
};

/* All files of daemon/methods in order of name; the last one's name is NULL. */
extern const struct method_file method_files[];

/* The name of the newest schema change that the build knows: the last line of
 * migrations/sqitch.plan; "" if there is none. */
extern const char method_schema_change[];
