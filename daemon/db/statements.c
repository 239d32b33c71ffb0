/* The statements that the pool has seen, numbered: a connection's plans are an array by number. */
#include "db/db_internal.h"

#include <string.h>

static size_t hash(const struct db_pool *pool, const struct db_statement *statement)
{
    return (size_t)(((uintptr_t)statement >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32)
        & (pool->index_size - 1);
}

/* Find where @statement is in the index, or where it would go. The index is never full. */
static unsigned *find(const struct db_pool *pool, const struct db_statement *statement)
{
    size_t i = hash(pool, statement);
    while (pool->index[i] && pool->statements[pool->index[i] - 1] != statement)
        i = (i + 1) & (pool->index_size - 1);
    return &pool->index[i];
}

static int grow(struct db_pool *pool, struct err *err)
{
    size_t size = pool->index_size ? 2 * pool->index_size : 256;
    unsigned *index = calloc(size, sizeof(*index));
    const struct db_statement **statements
        = realloc(pool->statements, size / 2 * sizeof(struct db_statement *));

    if (statements)
        pool->statements = statements;
    if (!index || !statements) {
        free(index);
        return err_oom(err);
    }
    free(pool->index);
    pool->index = index;
    pool->index_size = size;
    for (size_t slot = 0; slot < pool->n_statements; slot++)
        *find(pool, pool->statements[slot]) = (unsigned)slot + 1;
    return 0;
}

int statements_slot(
    struct db_pool *pool, const struct db_statement *statement, unsigned *ret_slot, struct err *err)
{
    unsigned *entry = pool->index_size ? find(pool, statement) : NULL;

    if (!entry || !*entry) {
        if (pool->n_statements >= pool->index_size / 2 && grow(pool, err) < 0)
            return ERR_EXHAUSTED;
        entry = find(pool, statement);
        pool->statements[pool->n_statements++] = statement;
        *entry = (unsigned)pool->n_statements;
    }
    *ret_slot = *entry - 1;
    return 0;
}

void statements_release(struct db_pool *pool)
{
    free(pool->statements);
    free(pool->index);
}
