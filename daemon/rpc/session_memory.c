/* Where an HTTP/2 session allocates: on the heap, but for its one large buffer.
 *
 * nghttp2 keeps 16 KiB a session to put frames together and mostly uses the first bytes of it. From
 * the heap it would be made where the TLS handshake has just freed its buffers: all of it resident.
 * In pages of its own, the kernel gives only those that are touched.
 */
#include "rpc/rpc_internal.h"

#include <sys/mman.h>

#define LARGE_BYTES ((size_t)16 * 1024)

static void *map_pages(struct conn *conn, size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    conn->frame_pages = pages;
    conn->frame_pages_size = size;
    return pages;
}

static void *take(size_t size, void *arg)
{
    struct conn *conn = arg;

    return size >= LARGE_BYTES && !conn->frame_pages ? map_pages(conn, size) : malloc(size);
}

static void *take_zeroed(size_t n, size_t size, void *arg)
{
    return calloc(n, size);
}

static void give_back(void *piece, void *arg)
{
    struct conn *conn = arg;

    if (!piece || piece != conn->frame_pages) {
        free(piece);
        return;
    }
    (void)munmap(piece, conn->frame_pages_size);
    conn->frame_pages = NULL;
}

static void *resize(void *piece, size_t size, void *arg)
{
    struct conn *conn = arg;

    if (!piece)
        return take(size, arg); /* how nghttp2 makes its buffers */
    if (piece != conn->frame_pages)
        return realloc(piece, size);
    void *moved = malloc(size);
    if (moved) {
        memcpy(moved, piece, MIN(size, conn->frame_pages_size));
        give_back(piece, arg);
    }
    return moved;
}

nghttp2_mem session_memory(struct conn *conn)
{
    return (nghttp2_mem) { conn, take, give_back, take_zeroed, resize };
}
