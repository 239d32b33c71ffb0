/* What is read by plain GET at a secret address, by programs that know no more than HTTP: the
 * answer of a method in another form. A row of the table in resource.c is all that one takes.
 *
 *   /calendar/cvf_<43 characters>.ics   CalendarService/ListEvents as text/calendar (RFC 5545)
 *
 * The secret is the token of a call like any other (engine.h): it is looked up by its hash, counted
 * and limited as tokens are, and may call that one method alone (token.method). A form has an ETag;
 * who shows it again while nothing has changed is answered 304. Nothing is kept by anybody between.
 */
#pragma once

#include "base/err.h"
#include "rpc/server.h"
#include "service/auth.h"

struct call;
struct methods;

/* Find the method behind a path (not NUL-terminated); NULL if there is none. */
const struct rpc_method *resource_method(
    const struct methods *methods, const char *path, size_t len);

/* Hash the secret in the path of a call of such a method. ERR_UNAUTHENTICATED: it holds none. */
int resource_hash(
    const char *path, uint8_t ret_hash[AUTH_HASH_BYTES], struct err *err) _must_check_;

/* Answer @call, a GET, with @message in its form. ERR_EXHAUSTED. */
int resource_send(struct call *call, const ProtobufCMessage *message, struct err *err) _must_check_;
