/* One allocation of a scenario fails, the next time another one:
 *
 *     calls_left = n;      the allocation behind so many fails
 *     run the scenario
 *     calls_left = -1;     none fails
 *     has_failed           says whether it came to that
 *
 * The linker sends the layers' own calls of malloc and its like here, in the tests named
 * test_nomemory (tests/CMakeLists.txt); those inside shared libraries stay as they are. Included by
 * one file of a program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

static long calls_left = -1; /* before the one that fails; below 0: none fails */
static bool has_failed;

static bool fails_now(void)
{
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    has_failed = true;
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
void *__real_aligned_alloc(size_t line, size_t n);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t n);
void *__wrap_aligned_alloc(size_t line, size_t n);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t n)
{
    return fails_now() ? NULL : __real_realloc(old, n);
}

void *__wrap_aligned_alloc(size_t line, size_t n)
{
    return fails_now() ? NULL : __real_aligned_alloc(line, n);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}
