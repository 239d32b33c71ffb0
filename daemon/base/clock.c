#include "base/clock.h"

#include "base/macro.h"

#include <stdbool.h>

static int64_t clock_fake_usec = -1;

static int64_t clock_read_usec(clockid_t which)
{
    struct timespec now = { 0 };
    clock_gettime(which, &now); /* cannot fail for the two clocks used here */
    return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

int64_t clock_now_usec(void)
{
    return clock_fake_usec >= 0 ? clock_fake_usec : clock_read_usec(CLOCK_REALTIME);
}

int64_t clock_monotonic_usec(void)
{
    /* 0 means "no deadline" all over, so it is never a moment */
    int64_t usec = clock_fake_usec >= 0 ? clock_fake_usec : clock_read_usec(CLOCK_MONOTONIC);
    return usec > 0 ? usec : 1;
}

void clock_set_fake(int64_t usec)
{
    clock_fake_usec = usec;
}
