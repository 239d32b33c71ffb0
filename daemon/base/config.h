/* Options as a table: one row drives defaults, file, environment, command line and printing.
 *
 *     struct options { char *listen; int64_t timeout_usec; bool check; };
 *     static const struct config_option table[] = {
 *         { .name = "listen", .type = CONFIG_STRING, .offset = offsetof(struct options, listen),
 *           .default_value = "127.0.0.1:7443", .help = "address and port" }, ... };
 *
 *     config_init_defaults(table, n, &options, &err);     first, on a zeroed object
 *     config_load_file(table, n, &options, path, &err);   then, each overriding the one before
 *     config_load_env(table, n, &options, &err);
 *     config_set(table, n, &options, "listen", "[::1]:0", &err);
 *     config_release(table, n, &options);                 frees the strings
 *
 * In a file (INI), key `min` in section [pool] sets the option named "pool.min"; keys before any
 * section have no prefix. An unknown option is an error, and so is one given twice in a file.
 * Errors are ERR_INVALID and name file, line, option, and what is accepted.
 *
 * What a row's type stores at its offset, and the text that it accepts:
 *   CONFIG_STRING    char *, owned by the object, never NULL
 *   CONFIG_INT       int64_t: -5, 42
 *   CONFIG_BOOL      bool: yes, no, true, false, on, off, 1, 0
 *   CONFIG_DURATION  int64_t, microseconds: 0, 500us, 250ms, 5s, 2min, 1h, 7d
 *   CONFIG_SIZE      int64_t, bytes: 512, 512B, 4KiB, 1MiB, 2GiB
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum config_type {
    CONFIG_STRING,
    CONFIG_INT,
    CONFIG_BOOL,
    CONFIG_DURATION,
    CONFIG_SIZE,
};

struct config_option {
    const char *name;
    const char *env; /* environment variable, or NULL */
    enum config_type type;
    bool is_secret; /* config_print() does not show its value */
    size_t offset;
    const char *default_value; /* as text; NULL: "" for strings, 0, no */
    int64_t min, max; /* for numbers, in microseconds or bytes; both 0: any value from 0 upwards */
    const char *help;
};

/* Set every option of @object to its default. */
int config_init_defaults(
    const struct config_option *table, size_t n, void *object, struct err *err) _must_check_;

/* Read the INI file @path. ERR_NOT_FOUND if it does not exist, ERR_DENIED if it cannot be read. */
int config_load_file(const struct config_option *table, size_t n, void *object, const char *path,
    struct err *err) _must_check_;

/* Take what the environment says for the rows that name a variable. */
int config_load_env(
    const struct config_option *table, size_t n, void *object, struct err *err) _must_check_;

/* Set one option from text. */
int config_set(const struct config_option *table, size_t n, void *object, const char *name,
    const char *value, struct err *err) _must_check_;

/* Print all options in the form of a file that would set them, each with its help as a comment. */
void config_print(const struct config_option *table, size_t n, const void *object, FILE *out);

/* Free the strings of @object and set them to NULL. */
void config_release(const struct config_option *table, size_t n, void *object);

/* Parse "250ms", "5s", "2min" into microseconds; 0 or ERR_INVALID. */
int config_parse_duration(const char *text, int64_t *ret_usec) _must_check_;

/* Parse "4KiB", "1MiB", "512" into bytes; 0 or ERR_INVALID. */
int config_parse_size(const char *text, int64_t *ret_bytes) _must_check_;
