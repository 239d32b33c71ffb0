/* The transport without TLS. */
#include "rpc/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static int plain_handshake(struct transport *transport)
{
    return 0;
}

static ssize_t wait_for(enum transport_wait what)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return what;
    return TRANSPORT_FAILED;
}

static ssize_t plain_read(struct transport *transport, void *data, size_t size)
{
    ssize_t n;
    do {
        n = recv(transport->fd, data, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return TRANSPORT_ENDED;
    return n > 0 ? n : wait_for(TRANSPORT_WANT_READ);
}

static ssize_t plain_write(struct transport *transport, const void *data, size_t len)
{
    ssize_t n;
    do {
        n = send(transport->fd, data, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n >= 0 ? n : wait_for(TRANSPORT_WANT_WRITE);
}

static bool plain_has_more(struct transport *transport)
{
    return false;
}

static void plain_end_write(struct transport *transport)
{
    (void)shutdown(transport->fd, SHUT_WR);
}

static void plain_close(struct transport *transport)
{
    if (transport->fd >= 0)
        (void)close(transport->fd);
    transport->fd = -1;
}

static const struct transport_ops plain_ops = {
    .handshake = plain_handshake,
    .read = plain_read,
    .write = plain_write,
    .has_more = plain_has_more,
    .end_write = plain_end_write,
    .close = plain_close,
};

void transport_hold(struct transport *transport, bool holds)
{
    int value = holds;

    (void)setsockopt(transport->fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

void transport_plain_init(struct transport *transport, int fd)
{
    *transport = (struct transport) { .ops = &plain_ops, .fd = fd };
}
