/* Sockets that accept. */
#include "rpc/rpc_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define ACCEPT_PAUSE_USEC (100 * USEC_PER_MSEC)
#define BACKLOG 1024
/* What the kernel keeps of an answer that its reader does not take. By itself it grows to
 * megabytes: a thousand slow readers would cost gigabytes, and the seconds that copying them takes.
 */
#define UNSENT_BYTES (128 * 1024)
#define IPV6_NETWORK_BYTES 8 /* what one subscriber has */

struct listener {
    struct list siblings;
    struct rpc_server *server;
    struct event event;
    int fd;
    bool is_tls;
    char *path; /* of a unix socket of ours, to remove; else NULL */
};

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_storage storage;
};

/* ---- addresses ---- */

static bool is_loopback(const union address *a)
{
    switch (a->any.sa_family) {
    case AF_UNIX:
        return true;
    case AF_INET:
        return (ntohl(a->in.sin_addr.s_addr) >> 24) == 127;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr)
            || (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr) && a->in6.sin6_addr.s6_addr[12] == 127);
    default:
        return false;
    }
}

static void describe_peer(const union address *a, struct peer *ret)
{
    char host[INET6_ADDRSTRLEN] = "?";

    *ret = (struct peer) { .text = "unix", .network = "unix", .is_local = is_loopback(a) };
    if (a->any.sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof(host));
        (void)snprintf(ret->text, sizeof(ret->text), "%s:%u", host, ntohs(a->in.sin_port));
        (void)snprintf(ret->network, sizeof(ret->network), "%s", host);
    } else if (a->any.sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof(host));
        (void)snprintf(ret->text, sizeof(ret->text), "[%s]:%u", host, ntohs(a->in6.sin6_port));
        struct in6_addr network = a->in6.sin6_addr;
        if (!IN6_IS_ADDR_V4MAPPED(&network))
            memset(network.s6_addr + IPV6_NETWORK_BYTES, 0, sizeof(network) - IPV6_NETWORK_BYTES);
        (void)inet_ntop(AF_INET6, &network, ret->network, sizeof(ret->network));
    }
}

static int bad_address(const char *address, struct err *err)
{
    return err_set(err, ERR_INVALID,
        "\"%s\" is no address to listen on: give 127.0.0.1:8443, [::1]:8443, localhost:8443, or "
        "the path of a unix socket",
        address);
}

static int parse_unix(const char *path, union address *ret, socklen_t *ret_len, struct err *err)
{
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(ret->un.sun_path))
        return err_set(err, ERR_INVALID, "the path of a unix socket has 1 to %zu bytes",
            sizeof(ret->un.sun_path) - 1);
    ret->un.sun_family = AF_UNIX;
    memcpy(ret->un.sun_path, path, n + 1);
    *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
    return 0;
}

/* getaddrinfo() would take 65537 for 1. */
static bool is_port(const char *text)
{
    char *end = NULL;
    unsigned long port = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && port <= 65535;
}

static int parse_address(const char *text, union address *ret, socklen_t *ret_len, struct err *err)
{
    memset(ret, 0, sizeof(*ret));
    if (text[0] == '/')
        return parse_unix(text, ret, ret_len, err);
    if (str_starts_with(text, "unix:"))
        return parse_unix(text + strlen("unix:"), ret, ret_len, err);

    char host[64];
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (n == 0 || n >= sizeof(host) || !is_port(colon + 1))
        return bad_address(text, err);
    memcpy(host, text, n);
    host[n] = '\0';
    const char *name = str_eq(host, "localhost") ? "127.0.0.1" : host;
    if (host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        name = host + 1;
    }
    const struct addrinfo hints
        = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    if (getaddrinfo(name, colon + 1, &hints, &found) != 0)
        return bad_address(text, err);
    memcpy(ret, found->ai_addr, found->ai_addrlen);
    *ret_len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

/* ---- accepting ---- */

static void start_connection(struct listener *listener, int fd, const union address *from)
{
    struct rpc_server *server = listener->server;
    struct transport transport;
    struct peer peer;
    int one = 1, unsent = UNSENT_BYTES;

    server->stats.accepted++;
    if (server->stats.connections_now >= server->options.connections_max) {
        server->stats.refused_connections++;
        server_hit(server, RPC_LIMIT_CONNECTIONS);
        (void)close(fd);
        return;
    }
    describe_peer(from, &peer);
    if (from->any.sa_family != AF_UNIX) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
    }
    if (!listener->is_tls) {
        transport_plain_init(&transport, fd);
    } else if (transport_tls_init(&transport, fd, server->tls, NULL) < 0) {
        server->stats.refused_connections++;
        (void)close(fd);
        return;
    }
    if (conn_new(server, &transport, listener->is_tls, &peer, NULL) < 0)
        server->stats.refused_connections++;
}

/* Out of descriptors: with the one in reserve, tell the client at once, then wait a while instead
 * of being woken for a connection that cannot be taken. */
static void out_of_descriptors(struct listener *listener)
{
    struct rpc_server *server = listener->server;

    if (server->reserve_fd >= 0)
        (void)close(server->reserve_fd);
    int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        server->stats.refused_connections++;
        (void)close(fd);
    }
    server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    server_pause_accept(server);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;
    union address from;

    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        socklen_t len = sizeof(from);
        memset(&from, 0, sizeof(from.any));
        int client = accept4(listener->fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            start_connection(listener, client, &from);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE)
            out_of_descriptors(listener);
        else if (errno == ENOBUFS || errno == ENOMEM)
            server_pause_accept(listener->server);
        else if (errno == EINTR || errno == ECONNABORTED)
            continue;
        return;
    }
}

void server_pause_accept(struct rpc_server *server)
{
    struct listener *listener;

    server->stats.accept_pauses++;
    list_for_each(listener, &server->listeners, siblings)(void) event_del(&listener->event);
    loop_timer_start(&server->accept_again, ACCEPT_PAUSE_USEC);
}

void server_on_accept_again(void *arg)
{
    struct rpc_server *server = arg;
    struct listener *listener;

    if (server->reserve_fd < 0)
        server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    list_for_each(listener, &server->listeners, siblings)
    {
        if (event_add(&listener->event, NULL) < 0)
            loop_timer_start(&server->accept_again, ACCEPT_PAUSE_USEC);
    }
}

/* ---- listening ---- */

static void free_listener(struct listener *listener)
{
    list_remove(&listener->siblings);
    (void)event_del(&listener->event);
    (void)close(listener->fd);
    if (listener->path)
        (void)unlink(listener->path);
    free(listener->path);
    free(listener);
}

void server_close_listeners(struct rpc_server *server)
{
    struct listener *listener;
    loop_timer_stop(&server->accept_again);
    list_for_each_safe(listener, &server->listeners, siblings) free_listener(listener);
}

/* Take @fd over on success, and with @owns_path the socket's file. */
static int add_listener(struct rpc_server *server, int fd, const union address *address,
    bool owns_path, struct err *err)
{
    struct listener *listener = calloc(1, sizeof(*listener));
    if (!listener)
        return err_oom(err);
    listener->server = server;
    listener->fd = fd;
    listener->is_tls = server->tls && address->any.sa_family != AF_UNIX;
    (void)event_assign(&listener->event, loop_base(server->loop), fd, EV_READ | EV_PERSIST,
        on_acceptable, listener);
    if (owns_path)
        listener->path = strdup(address->un.sun_path);
    if ((owns_path && !listener->path) || event_add(&listener->event, NULL) < 0) {
        free(listener->path);
        free(listener);
        return err_oom(err);
    }
    list_add_tail(&server->listeners, &listener->siblings);
    return 0;
}

static int check_cleartext(
    const struct rpc_server *server, const union address *address, struct err *err)
{
    if (server->tls || is_loopback(address))
        return 0;
    return err_set(err, ERR_PRECONDITION,
        "without a certificate only loopback addresses and unix sockets are served");
}

/* A socket file that nobody listens on any more is in the way of bind(). */
static void remove_stale_socket(const union address *address, socklen_t len)
{
    struct stat st;

    if (lstat(address->un.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, &address->any, len) < 0 && errno == ECONNREFUSED)
        (void)unlink(address->un.sun_path);
    (void)close(fd);
}

static int bind_and_listen(
    int fd, const union address *a, socklen_t len, const char *text, struct err *err)
{
    int one = 1;

    if (a->any.sa_family != AF_UNIX)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (a->any.sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (a->any.sa_family == AF_UNIX)
        remove_stale_socket(a, len);
    if (bind(fd, &a->any, len) < 0)
        return err_set(err, errno == EADDRINUSE ? ERR_EXISTS : ERR_UNAVAILABLE,
            "cannot listen on %s: %m", text);
    if (listen(fd, BACKLOG) < 0)
        return err_set(err, ERR_UNAVAILABLE, "cannot listen on %s: %m", text);
    return 0;
}

static int open_socket(
    const char *address, const union address *a, socklen_t len, int *ret_fd, struct err *err)
{
    int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return err_set(err, ERR_EXHAUSTED, "cannot make a socket: %m");
    int r = bind_and_listen(fd, a, len, address, err);
    if (r < 0)
        (void)close(fd);
    else
        *ret_fd = fd;
    return r;
}

int rpc_listen(const char *address, int *ret_fd, struct err *err)
{
    union address a;
    socklen_t len = 0;
    int r = parse_address(address, &a, &len, err);

    return r < 0 ? r : open_socket(address, &a, len, ret_fd, err);
}

int rpc_server_listen(struct rpc_server *server, const char *address, struct err *err)
{
    union address a;
    socklen_t len = 0;
    int fd = -1;

    int r = parse_address(address, &a, &len, err);
    if (r == 0)
        r = check_cleartext(server, &a, err);
    if (r == 0)
        r = open_socket(address, &a, len, &fd, err);
    if (r < 0)
        return r;
    r = add_listener(server, fd, &a, a.any.sa_family == AF_UNIX, err);
    if (r < 0)
        (void)close(fd);
    return r;
}

int rpc_server_listen_fd(struct rpc_server *server, int fd, struct err *err)
{
    union address a = { 0 };
    socklen_t len = sizeof(a);

    if (getsockname(fd, &a.any, &len) < 0)
        return err_set(err, ERR_INVALID, "descriptor %d is no socket: %m", fd);
    int r = check_cleartext(server, &a, err);
    if (r < 0)
        return r;
    if (evutil_make_socket_nonblocking(fd) < 0)
        return err_set(err, ERR_INVALID, "descriptor %d cannot be made non-blocking", fd);
    return add_listener(server, fd, &a, false, err);
}

int rpc_server_adopt(struct rpc_server *server, int fd, struct err *err)
{
    static const struct peer peer = { .text = "unix", .network = "unix", .is_local = true };
    struct transport transport;

    transport_plain_init(&transport, fd);
    if (evutil_make_socket_nonblocking(fd) < 0) {
        transport_close(&transport);
        return err_set(err, ERR_INVALID, "descriptor %d cannot be made non-blocking", fd);
    }
    return conn_new(server, &transport, false, &peer, err);
}

int rpc_server_port(const struct rpc_server *server)
{
    const struct listener *listener;
    int port = 0;

    list_for_each(listener, &server->listeners, siblings)
    {
        union address a = { 0 };
        socklen_t len = sizeof(a);
        if (getsockname(listener->fd, &a.any, &len) < 0)
            continue;
        if (a.any.sa_family == AF_INET)
            port = ntohs(a.in.sin_port);
        else if (a.any.sa_family == AF_INET6)
            port = ntohs(a.in6.sin6_port);
    }
    return port;
}
