/* The access log: a line for each call that ended, and the ids that connect it with other logs.
 *
 *     access_open(call);              sends the caller x-request-id and traceparent
 *     access_log(call, method, usec); at the end
 *
 * A line says which call, how it ended, how long it took, and the trace it belongs to. It never
 * says who called or what about; the address is there only when a caller was turned away.
 *
 * Traces: a `traceparent` of W3C Trace Context, level 1, is taken over, and goes back with our own
 * span in it, which is the call's id. Without one, or with one that cannot be read, none is made
 * up: the request id is enough to find the line.
 */
#pragma once

#include "wire/schema.h"

#include <stdint.h>

struct call;

void access_open(struct call *call);
void access_log(const struct call *call, const struct schema_method *method, int64_t usec);

/* Say whether @text is a traceparent: version, trace, parent, flags, in lower-case hexadecimal, and
 * neither id all zeros (w3.org/TR/trace-context, 3.2). NULL is none. */
bool access_is_traceparent(const char *text) _pure_;
