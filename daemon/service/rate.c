#include "service/rate.h"
#include "base/clock.h"

#include <sodium.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define N_SETS 1024
#define WAYS 8 /* places that a key may have */

struct place {
    _Atomic uint64_t key; /* 0: free */
    _Atomic int64_t due_usec; /* when all would be there again; in the past if they are */
};

struct rate {
    const char *name;
    int64_t interval_usec, burst_usec; /* what one takes, and what may be taken ahead */
    unsigned char secret[crypto_shorthash_KEYBYTES];
    _Atomic uint64_t refusals;
    struct place places[N_SETS][WAYS];
};

int rate_new(
    const char *name, int64_t burst, int64_t per_second, struct rate **ret_rate, struct err *err)
{
    struct rate *rate
        = mmap(NULL, sizeof(*rate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (rate == MAP_FAILED)
        return err_oom(err);
    rate->name = name;
    rate->interval_usec = USEC_PER_SEC / per_second;
    rate->burst_usec = burst * rate->interval_usec;
    randombytes_buf(rate->secret, sizeof(rate->secret));
    *ret_rate = rate;
    return 0;
}

void rate_free(struct rate *rate)
{
    if (rate)
        (void)munmap(rate, sizeof(*rate));
}

uint64_t rate_key(const struct rate *rate, const void *data, size_t len)
{
    unsigned char hash[crypto_shorthash_BYTES];
    uint64_t key = 0;

    crypto_shorthash(hash, data, len, rate->secret);
    memcpy(&key, hash, sizeof(key));
    return key ? key : 1;
}

static struct place *find(const struct rate *rate, uint64_t key)
{
    struct place *set = (struct place *)rate->places[key % N_SETS];

    for (size_t i = 0; i < WAYS; i++)
        if (atomic_load(&set[i].key) == key)
            return &set[i];
    return NULL;
}

bool rate_knows(const struct rate *rate, uint64_t key)
{
    return find(rate, key) != NULL;
}

/* Take the place that is free or has been quiet longest. Two that do so at once may both get it,
 * and one then counts for the other a little: a limit, not an account. */
static struct place *settle(struct rate *rate, uint64_t key)
{
    struct place *set = rate->places[key % N_SETS];
    struct place *oldest = &set[0];

    for (size_t i = 1; i < WAYS; i++)
        if (atomic_load(&set[i].due_usec) < atomic_load(&oldest->due_usec))
            oldest = &set[i];
    atomic_store(&oldest->due_usec, 0);
    atomic_store(&oldest->key, key);
    return oldest;
}

/* When @place would be as empty as it is now after one more; how long until that is allowed. */
static int64_t excess(const struct rate *rate, int64_t due_usec, int64_t now_usec)
{
    return rate->burst_usec == 0
        ? 0
        : MAX(due_usec, now_usec) + rate->interval_usec - now_usec - rate->burst_usec;
}

bool rate_take(struct rate *rate, uint64_t key, int64_t *ret_wait_usec)
{
    int64_t now = clock_monotonic_usec();
    struct place *place = find(rate, key);
    if (!place)
        place = settle(rate, key);
    int64_t due = atomic_load(&place->due_usec);
    do {
        *ret_wait_usec = excess(rate, due, now);
        if (*ret_wait_usec > 0)
            return false;
    } while (
        !atomic_compare_exchange_weak(&place->due_usec, &due, MAX(due, now) + rate->interval_usec));
    return true;
}

bool rate_has(struct rate *rate, uint64_t key, int64_t *ret_wait_usec)
{
    const struct place *place = find(rate, key);

    if (!place)
        return true;
    *ret_wait_usec = excess(rate, atomic_load(&place->due_usec), clock_monotonic_usec());
    return *ret_wait_usec <= 0;
}

void rate_count_refusal(struct rate *rate)
{
    atomic_fetch_add(&rate->refusals, 1);
}

uint64_t rate_refusals(const struct rate *rate)
{
    return atomic_load(&rate->refusals);
}

const char *rate_name(const struct rate *rate)
{
    return rate->name;
}
