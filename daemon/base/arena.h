/* An arena: memory that is taken in small pieces and given back all at once.
 *
 *     struct arena arena;
 *     arena_init(&arena, 1 << 20);
 *     char *name = arena_strndup(&arena, data, len);      NULL above the cap
 *     arena_release(&arena);
 *
 * Pieces are aligned to 16 bytes. arena_init() allocates nothing. All pieces die with
 * arena_release() or arena_reset(). The cap bounds the bytes handed out, so that input from a
 * stranger cannot ask for more than the caller means to spend.
 */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first; pieces come from the first */
    char *next, *end; /* what is free in the first block */
    size_t used_bytes, cap_bytes;
    bool was_full; /* the cap refused a piece since init, reset or release */
};

/* Make an empty arena that hands out at most @cap_bytes; 0: no cap. */
void arena_init(struct arena *arena, size_t cap_bytes);

/* Free everything; the arena may be used again as if it were new. NULL and zeroed are accepted. */
void arena_release(struct arena *arena);

/* Forget all pieces, and keep one block for the next ones. */
void arena_reset(struct arena *arena);

/* Return @n bytes (at least one byte even if @n is 0), or NULL at the cap or without memory. */
void *arena_alloc(struct arena *arena, size_t n) _must_check_;

/* Like arena_alloc(), zeroed. */
void *arena_zalloc(struct arena *arena, size_t n) _must_check_;

/* Return room for @n elements of @size bytes, zeroed; NULL also if the product overflows. */
void *arena_calloc(struct arena *arena, size_t n, size_t size) _must_check_;

/* Copy @n bytes of @data and end them with a NUL. */
char *arena_strndup(struct arena *arena, const char *data, size_t n) _must_check_;

/* Copy the string @text. */
char *arena_strdup(struct arena *arena, const char *text) _must_check_;

/* Copy @n bytes of @data. */
void *arena_memdup(struct arena *arena, const void *data, size_t n) _must_check_;

/* Format into the arena. */
char *arena_printf(struct arena *arena, const char *fmt, ...) _must_check_ _printf_(2, 3);

/* Return the bytes handed out so far, alignment included. */
size_t arena_used_bytes(const struct arena *arena) _pure_;
