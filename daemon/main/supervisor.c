#include "main/supervisor.h"
#include "base/clock.h"
#include "base/log.h"
#include "main/herald.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_MIN_USEC (100 * USEC_PER_MSEC)
#define PAUSE_MAX_USEC (10 * USEC_PER_SEC)
#define SHORT_LIFE_USEC USEC_PER_SEC
#define NEVER INT64_MAX

struct worker {
    pid_t pid; /* 0: not running */
    int fd; /* what it says; -1 */
    bool is_ready, owes_reload;
    int64_t started_usec, heard_usec;
    int64_t start_at_usec; /* of a worker that is not running */
    int64_t pause_usec; /* of the next one that ends soon */
};

struct supervisor {
    const struct supervisor_options *options;
    struct herald herald;
    struct worker *workers;
    struct pollfd *polled; /* signals, then a pipe for each worker */
    int signal_fd;
    int64_t now_usec, beat_usec, beat_at_usec, kill_at_usec;
    bool is_ready, is_reloading, is_stopping, gave_up;
};

static void fill_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGCHLD);
}

void supervised_unblock(void)
{
    sigset_t set;

    fill_signals(&set);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- starting ---- */

/* In the child: drop what is the parent's. */
static void become_worker(struct supervisor *supervisor, unsigned index, int fd, pid_t parent,
    struct supervised *ret_role)
{
    (void)close(supervisor->signal_fd);
    for (unsigned i = 0; i < supervisor->options->n_workers; i++)
        if (supervisor->workers[i].fd >= 0)
            (void)close(supervisor->workers[i].fd);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        (void)raise(SIGTERM); /* it died meanwhile; delivered at supervised_unblock() */
    *ret_role = (struct supervised) { .is_worker = true, .index = index, .fd = fd };
}

static void plan_start(struct supervisor *supervisor, struct worker *worker)
{
    bool was_short = supervisor->now_usec - worker->started_usec < SHORT_LIFE_USEC;

    worker->pause_usec
        = was_short ? MIN(MAX(2 * worker->pause_usec, PAUSE_MIN_USEC), PAUSE_MAX_USEC) : INT64_C(0);
    worker->start_at_usec = supervisor->now_usec + worker->pause_usec;
}

/* Start worker @index; say in @ret_role if this is it. What fails is tried again later. */
static void start(struct supervisor *supervisor, unsigned index, struct supervised *ret_role)
{
    struct worker *worker = &supervisor->workers[index];
    pid_t parent = getpid();
    int ends[2] = { -1, -1 };

    worker->started_usec = worker->heard_usec = supervisor->now_usec;
    pid_t pid = pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? -1 : fork();
    if (pid == 0) {
        (void)close(ends[0]);
        become_worker(supervisor, index, ends[1], parent, ret_role);
        return;
    }
    if (ends[1] >= 0)
        (void)close(ends[1]);
    if (pid < 0) {
        log_error("cannot start worker %u: %s", index, strerror(errno));
        if (ends[0] >= 0)
            (void)close(ends[0]);
        plan_start(supervisor, worker);
        return;
    }
    worker->pid = pid;
    worker->fd = ends[0];
    worker->is_ready = worker->owes_reload = false;
    log_info("worker %u is process %ld", index, (long)pid);
}

static void start_due(struct supervisor *supervisor, struct supervised *ret_role)
{
    for (unsigned i = 0; i < supervisor->options->n_workers && !supervisor->is_stopping; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pid == 0 && worker->start_at_usec <= supervisor->now_usec)
            start(supervisor, i, ret_role);
        if (ret_role->is_worker)
            return;
    }
}

/* ---- what workers say ---- */

static void look_if_ready(struct supervisor *supervisor)
{
    if (supervisor->is_ready || supervisor->is_stopping)
        return;
    for (unsigned i = 0; i < supervisor->options->n_workers; i++)
        if (!supervisor->workers[i].is_ready)
            return;
    supervisor->is_ready = true;
    if (supervisor->options->on_ready)
        supervisor->options->on_ready(supervisor->options->arg);
    herald_say(&supervisor->herald, HERALD_READY);
}

static void look_if_reloaded(struct supervisor *supervisor)
{
    if (!supervisor->is_reloading)
        return;
    for (unsigned i = 0; i < supervisor->options->n_workers; i++)
        if (supervisor->workers[i].owes_reload)
            return;
    supervisor->is_reloading = false;
    herald_say(&supervisor->herald, HERALD_RELOADED);
}

static void hear(struct supervisor *supervisor, struct worker *worker)
{
    char words[64];
    ssize_t n;

    while ((n = read(worker->fd, words, sizeof(words))) > 0) {
        worker->heard_usec = supervisor->now_usec;
        worker->is_ready |= memchr(words, HERALD_READY, (size_t)n) != NULL;
        worker->owes_reload &= memchr(words, HERALD_RELOADED, (size_t)n) == NULL;
    }
    if (n == 0) { /* it is about to end: no need to hear that again and again */
        (void)close(worker->fd);
        worker->fd = -1;
    }
    look_if_ready(supervisor);
    look_if_reloaded(supervisor);
}

/* ---- signals ---- */

static void signal_all(struct supervisor *supervisor, int number)
{
    for (unsigned i = 0; i < supervisor->options->n_workers; i++)
        if (supervisor->workers[i].pid > 0)
            (void)kill(supervisor->workers[i].pid, number);
}

static void stop(struct supervisor *supervisor, int number)
{
    if (!supervisor->is_stopping) {
        herald_say(&supervisor->herald, HERALD_STOPPING);
        supervisor->is_stopping = true;
        supervisor->kill_at_usec = supervisor->now_usec + supervisor->options->stop_usec;
        if (supervisor->options->on_stop)
            supervisor->options->on_stop(supervisor->options->arg);
    }
    signal_all(supervisor, number);
}

static void reload(struct supervisor *supervisor)
{
    herald_say(&supervisor->herald, HERALD_RELOADING);
    supervisor->is_reloading = true;
    if (supervisor->options->on_reload)
        supervisor->options->on_reload(supervisor->options->arg);
    for (unsigned i = 0; i < supervisor->options->n_workers; i++)
        supervisor->workers[i].owes_reload = supervisor->workers[i].pid > 0;
    signal_all(supervisor, SIGHUP);
    look_if_reloaded(supervisor);
}

static void bury(struct supervisor *supervisor, unsigned index, int status)
{
    struct worker *worker = &supervisor->workers[index];
    long pid = (long)worker->pid;
    bool has_failed = WIFEXITED(status) && WEXITSTATUS(status) != 0;

    if (worker->fd >= 0)
        hear(supervisor, worker);
    if (worker->fd >= 0)
        (void)close(worker->fd);
    worker->fd = -1;
    worker->pid = 0;
    worker->owes_reload = false;
    plan_start(supervisor, worker);
    if (WIFSIGNALED(status))
        log_error("worker %u (%ld) was ended by signal %d", index, pid, WTERMSIG(status));
    else if (has_failed || !supervisor->is_stopping)
        log_warning("worker %u (%ld) ended with status %d", index, pid, WEXITSTATUS(status));
    if (has_failed && !supervisor->is_ready && !supervisor->is_stopping) {
        supervisor->gave_up = true;
        stop(supervisor, SIGTERM);
    }
    look_if_reloaded(supervisor);
}

static void reap(struct supervisor *supervisor)
{
    int status = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i < supervisor->options->n_workers; i++)
            if (supervisor->workers[i].pid == pid)
                bury(supervisor, i, status);
}

static void take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;

    while (read(supervisor->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGHUP && !supervisor->is_stopping)
            reload(supervisor);
        else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            stop(supervisor, (int)info.ssi_signo);
    }
    reap(supervisor);
}

/* ---- time ---- */

static void kill_stuck(struct supervisor *supervisor)
{
    int64_t limit = supervisor->options->silence_usec;

    for (unsigned i = 0; limit > 0 && i < supervisor->options->n_workers; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pid == 0 || supervisor->now_usec - worker->heard_usec < limit)
            continue;
        log_error("worker %u (%ld) is stuck and is killed", i, (long)worker->pid);
        (void)kill(worker->pid, SIGKILL);
        worker->heard_usec = supervisor->now_usec;
    }
}

static void do_due(struct supervisor *supervisor)
{
    if (supervisor->now_usec >= supervisor->beat_at_usec) {
        herald_say(&supervisor->herald, HERALD_ALIVE);
        supervisor->beat_at_usec = supervisor->now_usec + supervisor->beat_usec;
    }
    if (supervisor->now_usec >= supervisor->kill_at_usec) {
        log_error("workers do not end and are killed");
        signal_all(supervisor, SIGKILL);
        supervisor->kill_at_usec = NEVER;
    }
    kill_stuck(supervisor);
}

/* Return when there is something to do again. */
static int64_t next_due(const struct supervisor *supervisor)
{
    int64_t due = MIN(supervisor->beat_at_usec, supervisor->kill_at_usec);
    int64_t limit = supervisor->options->silence_usec;

    for (unsigned i = 0; i < supervisor->options->n_workers; i++) {
        const struct worker *worker = &supervisor->workers[i];
        if (worker->pid > 0 && limit > 0)
            due = MIN(due, worker->heard_usec + limit);
        else if (worker->pid == 0 && !supervisor->is_stopping)
            due = MIN(due, worker->start_at_usec);
    }
    return due;
}

static void wait_for_something(struct supervisor *supervisor)
{
    unsigned n = supervisor->options->n_workers;
    int64_t due = next_due(supervisor);
    int64_t pause = due - clock_monotonic_usec();
    int timeout
        = due == NEVER ? -1 : (int)(MIN(MAX(pause, INT64_C(0)), USEC_PER_HOUR) / USEC_PER_MSEC + 1);

    supervisor->polled[0] = (struct pollfd) { .fd = supervisor->signal_fd, .events = POLLIN };
    for (unsigned i = 0; i < n; i++)
        supervisor->polled[i + 1]
            = (struct pollfd) { .fd = supervisor->workers[i].fd, .events = POLLIN };
    /* the pipe of a dead worker hangs up: its SIGCHLD is there too, or comes at once */
    (void)poll(supervisor->polled, n + 1, pause <= 0 && due != NEVER ? 0 : timeout);
    supervisor->now_usec = clock_monotonic_usec();
    for (unsigned i = 0; i < n; i++)
        if (supervisor->polled[i + 1].revents && supervisor->workers[i].fd >= 0)
            hear(supervisor, &supervisor->workers[i]);
    take_signals(supervisor);
}

static bool is_over(const struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->options->n_workers; i++)
        if (supervisor->workers[i].pid > 0)
            return false;
    return supervisor->is_stopping;
}

static int open_supervisor(struct supervisor *supervisor, struct err *err)
{
    unsigned n = supervisor->options->n_workers;
    sigset_t set;

    fill_signals(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    supervisor->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    supervisor->workers = calloc(n, sizeof(*supervisor->workers));
    supervisor->polled = calloc(n + 1, sizeof(*supervisor->polled));
    if (supervisor->signal_fd < 0)
        return err_set(err, ERR_EXHAUSTED, "no descriptor for signals: %s", strerror(errno));
    if (!supervisor->workers || !supervisor->polled)
        return err_oom(err);
    for (unsigned i = 0; i < n; i++)
        supervisor->workers[i].fd = -1;
    supervisor->beat_usec = herald_systemd_limit_usec() / 4;
    supervisor->now_usec = clock_monotonic_usec();
    supervisor->beat_at_usec = supervisor->beat_usec > 0 ? supervisor->now_usec : NEVER;
    supervisor->kill_at_usec = NEVER;
    herald_init(&supervisor->herald, -1);
    return 0;
}

int supervise(
    const struct supervisor_options *options, struct supervised *ret_role, struct err *err)
{
    struct supervisor supervisor = { .options = options, .signal_fd = -1 };

    *ret_role = (struct supervised) { .fd = -1 };
    int r = open_supervisor(&supervisor, err);
    while (r == 0 && !is_over(&supervisor)) {
        start_due(&supervisor, ret_role);
        if (ret_role->is_worker)
            break;
        wait_for_something(&supervisor);
        do_due(&supervisor);
    }
    if (supervisor.signal_fd >= 0 && !ret_role->is_worker)
        (void)close(supervisor.signal_fd);
    free(supervisor.workers);
    free(supervisor.polled);
    if (r == 0 && supervisor.gave_up)
        return err_set(err, ERR_UNAVAILABLE, "no worker could begin");
    return r;
}
