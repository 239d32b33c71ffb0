#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>

#define ARENA_ALIGN 16
#define ARENA_FIRST_BLOCK 4096
#define ARENA_LARGEST_BLOCK (64 * 1024)

struct arena_block {
    struct arena_block *older;
    size_t size; /* of data */
    _Alignas(ARENA_ALIGN) char data[];
};

void arena_init(struct arena *arena, size_t cap_bytes)
{
    *arena = (struct arena) { .cap_bytes = cap_bytes };
}

static void arena_free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_release(struct arena *arena)
{
    if (!arena)
        return;
    arena_free_blocks(arena->blocks);
    arena_init(arena, arena->cap_bytes);
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->blocks;
    /* a block made for one large piece is not worth keeping */
    if (kept && kept->size > ARENA_LARGEST_BLOCK) {
        arena_release(arena);
        return;
    }
    arena->used_bytes = 0;
    arena->was_full = false;
    if (!kept)
        return;
    arena_free_blocks(kept->older);
    kept->older = NULL;
    arena->next = kept->data;
    arena->end = kept->data + kept->size;
}

static struct arena_block *arena_new_block(size_t size)
{
    struct arena_block *block = malloc(sizeof(*block) + size);
    if (block)
        block->size = size;
    return block;
}

static size_t arena_block_size(const struct arena *arena)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : ARENA_FIRST_BLOCK;
    return MIN(size, (size_t)ARENA_LARGEST_BLOCK);
}

/* Take @n bytes from a new block: of its own if large, so that the current one stays in use. */
static void *arena_alloc_slow(struct arena *arena, size_t n)
{
    bool is_large = n > ARENA_LARGEST_BLOCK / 4;
    struct arena_block *block = arena_new_block(is_large ? n : MAX(n, arena_block_size(arena)));
    if (!block)
        return NULL;
    if (is_large && arena->blocks) {
        block->older = arena->blocks->older;
        arena->blocks->older = block;
        return block->data;
    }
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = block->data + n;
    arena->end = block->data + block->size;
    return block->data;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    n = (MAX(n, (size_t)1) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (arena->cap_bytes && n > arena->cap_bytes - arena->used_bytes) {
        arena->was_full = true;
        return NULL;
    }
    void *piece;
    if (n <= (size_t)(arena->end - arena->next)) {
        piece = arena->next;
        arena->next += n;
    } else {
        piece = arena_alloc_slow(arena, n);
        if (!piece)
            return NULL;
    }
    arena->used_bytes += n;
    return piece;
}

void *arena_zalloc(struct arena *arena, size_t n)
{
    void *piece = arena_alloc(arena, n);
    if (piece)
        memset(piece, 0, n);
    return piece;
}

void *arena_calloc(struct arena *arena, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return arena_zalloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *data, size_t n)
{
    char *copy = n < SIZE_MAX ? arena_alloc(arena, n + 1) : NULL;
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, data, n);
    copy[n] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

void *arena_memdup(struct arena *arena, const void *data, size_t n)
{
    void *copy = arena_alloc(arena, n);
    if (copy && n)
        memcpy(copy, data, n);
    return copy;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *text = n >= 0 ? arena_alloc(arena, (size_t)n + 1) : NULL;
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}
