#include "base/shared.h"

#include <sys/mman.h>

void *shared_alloc(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void shared_free(void *memory, size_t bytes)
{
    if (memory)
        (void)munmap(memory, bytes);
}
