#include "main/herald.h"
#include "base/clock.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define BEATS_PER_LIMIT 4

void herald_init(struct herald *herald, int fd)
{
    *herald = (struct herald) { .fd = fd };
}

static void tell_systemd(enum herald_word word)
{
    switch (word) {
    case HERALD_READY:
        (void)sd_notifyf(0, "READY=1\nMAINPID=%ld", (long)getpid());
        break;
    case HERALD_RELOADING:
        (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_usec());
        break;
    case HERALD_RELOADED:
        (void)sd_notify(0, "READY=1");
        break;
    case HERALD_STOPPING:
        (void)sd_notify(0, "STOPPING=1");
        break;
    case HERALD_ALIVE:
        (void)sd_notify(0, "WATCHDOG=1");
        break;
    }
}

void herald_say(const struct herald *herald, enum herald_word word)
{
    char byte = (char)word;

    if (herald->fd < 0)
        tell_systemd(word);
    else if (write(herald->fd, &byte, 1) < 0)
        return; /* the parent is stuck or gone: nobody to tell */
}

static void on_beat(void *arg)
{
    struct herald *herald = arg;

    herald_say(herald, HERALD_ALIVE);
    loop_timer_start(&herald->timer, herald->interval_usec);
}

int64_t herald_systemd_limit_usec(void)
{
    uint64_t usec = 0;

    return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)usec : 0;
}

void herald_beat(struct herald *herald, struct loop *loop, int64_t limit_usec)
{
    if (herald->fd < 0)
        limit_usec = herald_systemd_limit_usec();
    if (limit_usec == 0)
        return;
    herald->interval_usec = limit_usec / BEATS_PER_LIMIT;
    loop_timer_init(&herald->timer, loop, on_beat, herald);
    on_beat(herald);
}

void herald_release(struct herald *herald)
{
    loop_timer_stop(&herald->timer);
    if (herald->fd >= 0)
        (void)close(herald->fd);
    herald->fd = -1;
}
