/* The few macros that everything uses: attributes, cleanup of locals, sizes, container_of.
 *
 * A local that owns something is declared with _cleanup_:
 *     _cleanup_(loop_freep) struct loop *loop = NULL;
 *     _cleanup_(str_release) struct str text = { 0 };
 *     _cleanup_(freep) char *copy = NULL;
 * x_freep comes from define_cleanup(struct x *, x_free), next to x_free's declaration. An x_release
 * takes a pointer to the object and serves directly.
 */
#pragma once

#include "base/banned.h"

#include <stddef.h>
#include <stdlib.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(fmt, first) __attribute__((format(printf, fmt, first)))
#define _pure_ __attribute__((pure))
#define _unused_ __attribute__((unused))
/* A large local that is written before it is read, whatever the compiler would fill it with. */
#define _uninitialized_ __attribute__((uninitialized))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The arguments are evaluated twice. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Return the object of @type that holds, as its @member, what @ptr points to. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Define <free_fn>p(), which _cleanup_ can call: @type is the pointer type, @free_fn accepts it. */
#define define_cleanup(type, free_fn)                                                              \
    _unused_ static inline void free_fn##p(type *pointer)                                          \
    {                                                                                              \
        if (*pointer)                                                                              \
            free_fn(*pointer);                                                                     \
    }                                                                                              \
    struct canvass_swallow_semicolon

/* Free what malloc gave: the cleanup for plain memory. */
_unused_ static inline void freep(void *pointer)
{
    free(*(void **)pointer);
}
