#include "main/listeners.h"
#include "base/log.h"
#include "base/str.h"
#include "rpc/server.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Return the port that @fd is bound to; 0 if it has none. */
static int port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return 0;
    if (address.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)&address)->sin_port);
    if (address.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&address)->sin6_port);
    return 0;
}

/* Take @fd over, also on failure; the port may have been chosen by the system. */
static int add(struct listeners *listeners, int fd, const char *address, size_t len, bool is_ours,
    struct err *err)
{
    _cleanup_(str_release) struct str name = { 0 };
    int port = port_of(fd);

    if (port)
        while (len > 0 && address[len - 1] != ':')
            len--;
    str_add(&name, address, len);
    if (port)
        str_addf(&name, "%d", port);
    char *text = str_steal(&name);
    if (!text) {
        (void)close(fd);
        return err_oom(err);
    }
    listeners->list[listeners->n++]
        = (struct listener_socket) { .fd = fd, .name = text, .is_ours = is_ours && !port };
    return 0;
}

static int inherit(struct listeners *listeners, int n, struct err *err)
{
    static const char name[] = "inherited socket:";

    if (n > LISTENERS_MAX)
        return err_set(err, ERR_INVALID, "more than %d sockets were handed over", LISTENERS_MAX);
    for (int i = 0; i < n; i++) {
        int fd = SD_LISTEN_FDS_START + i;
        if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
            return err_set(
                err, ERR_INVALID, "descriptor %d was handed over and listens to no stream", fd);
        int r = add(listeners, fd, name, strlen(name), false, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int open_one(struct listeners *listeners, const char *text, size_t len, struct err *err)
{
    char address[512];
    int fd = -1;

    if (len >= sizeof(address))
        return err_set(err, ERR_INVALID, "listen: an address is too long");
    if (listeners->n == LISTENERS_MAX)
        return err_set(err, ERR_INVALID, "listen: more than %d addresses", LISTENERS_MAX);
    memcpy(address, text, len);
    address[len] = '\0';
    int r = rpc_listen(address, &fd, err);
    return r < 0 ? r : add(listeners, fd, address, len, true, err);
}

int listeners_open(struct listeners *listeners, const char *listen, struct err *err)
{
    int n_inherited = sd_listen_fds(1);

    *listeners = (struct listeners) { 0 };
    if (n_inherited > 0)
        return inherit(listeners, n_inherited, err);
    while (*listen) {
        listen += strspn(listen, ", ");
        size_t len = strcspn(listen, ", ");
        int r = len ? open_one(listeners, listen, len, err) : 0;
        if (r < 0)
            return r;
        listen += len;
    }
    return 0;
}

int listeners_serve(struct listeners *listeners, struct rpc_server *server, struct err *err)
{
    for (size_t i = 0; i < listeners->n; i++) {
        int r = rpc_server_listen_fd(server, listeners->list[i].fd, err);
        if (r < 0)
            return r;
        listeners->list[i].fd = -1;
    }
    return 0;
}

void listeners_log(const struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->n; i++)
        log_info("serving on %s", listeners->list[i].name);
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->n; i++) {
        if (listeners->list[i].fd >= 0)
            (void)close(listeners->list[i].fd);
        listeners->list[i].fd = -1;
    }
}

void listeners_release(struct listeners *listeners)
{
    listeners_close(listeners);
    for (size_t i = 0; i < listeners->n; i++) {
        const char *name = listeners->list[i].name;
        if (listeners->list[i].is_ours)
            (void)unlink(str_starts_with(name, "unix:") ? name + strlen("unix:") : name);
        free(listeners->list[i].name);
    }
    listeners->n = 0;
}
