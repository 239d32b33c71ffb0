/* The check at start: does the database fit this build?
 *
 * check_run() connects once, sees that the schema's newest known change is deployed, reads the
 * server's types and the sentences of constraints, lets the server describe every statement, and
 * compiles parameters and columns (bind.h). After it, the table of methods is ready for the engine.
 * `canvassd --check` does only this.
 */
#pragma once

#include "base/err.h"
#include "service/errors.h"
#include "service/methods.h"

#include <stdint.h>

struct db_shape;

struct check_options {
    const char *conninfo;
    int64_t connect_timeout_usec;
    const char *schema_change; /* name of the newest change that the build knows; "": none */
};

/* Called for every fault that was found: file, line, field. */
typedef void check_fault_fn(const struct err *fault, void *arg);

/* Check, and compile @methods, and fill @book. All faults are told to @on_fault before ERR_INVALID
 * is returned with their number. ERR_UNAVAILABLE without a connection; ERR_PRECONDITION if the
 * schema is not there or too old. */
int check_run(const struct check_options *options, struct methods *methods, struct error_book *book,
    check_fault_fn *on_fault, void *arg, struct err *err) _must_check_;

/* The steps of check_run() that need no database. Bind statement @i of @method, as the server
 * described it; wrap its statement so that the answer is kept. */
int check_bind_part(struct methods *methods, struct method *method, size_t i,
    const struct db_shape *shape, struct err *err) _must_check_;
int check_wrap_kept(struct methods *methods, struct method *method, struct err *err) _must_check_;
