#include "base/clock.h"
#include "service/engine_internal.h"
#include "service/rate.h"

#include <string.h>

static uint64_t caller_key(const struct op *op)
{
    return rate_key(op->engine->options.calls, op->token_hash, sizeof(op->token_hash));
}

static uint64_t address_key(const struct op *op)
{
    const char *network = call_peer_network(op->call);

    return rate_key(op->engine->options.failed_logins, network, strlen(network));
}

static bool turn_away(struct op *op, struct rate *rate, int64_t wait_usec, const char *why)
{
    struct err err = { 0 };

    err_set(&err, ERR_EXHAUSTED, "%s; try again in %.1f seconds.", why,
        (double)wait_usec / USEC_PER_SEC);
    rate_count_refusal(rate);
    op_fail_for_now(op, &err, wait_usec);
    return false;
}

/* A caller whom the database knew lately is only counted; anybody else may be guessing. */
bool op_admit(struct op *op)
{
    struct rate *calls = op->engine->options.calls;
    struct rate *failed_logins = op->engine->options.failed_logins;
    int64_t wait_usec = 0;

    if (op->is_admitted || !calls)
        return true;
    op->is_admitted = true;
    if (rate_knows(calls, caller_key(op)))
        return rate_take(calls, caller_key(op), &wait_usec)
            || turn_away(op, calls, wait_usec, "You have made too many calls in a short time");
    return rate_has(failed_logins, address_key(op), &wait_usec)
        || turn_away(op, failed_logins, wait_usec,
            "Too many calls without a valid token came from your address");
}

void op_note_login(struct op *op, bool is_known)
{
    struct rate *calls = op->engine->options.calls;
    int64_t wait_usec;

    if (!calls)
        return;
    if (!is_known)
        (void)rate_take(op->engine->options.failed_logins, address_key(op), &wait_usec);
    else if (!rate_knows(calls, caller_key(op)))
        (void)rate_take(calls, caller_key(op), &wait_usec);
}
