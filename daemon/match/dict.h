/* A dictionary of fixed-size keys: a key has a small stable number while anybody refers to it.
 *
 * Calling sequence: match_dict_init(), then match_dict_take() and match_dict_drop() in pairs,
 * match_dict_release(). Numbers run from 0 to match_dict_size() - 1; dropped ones are used again.
 * Columns hold the numbers, and a query computes once a number what it would compute once a row.
 *
 * Errors: match_dict_take() returns false without memory, the dictionary is then as it was.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

#define MATCH_DICT_FREE (UINT32_C(1) << 31)
#define MATCH_DICT_NONE (MATCH_DICT_FREE - 1)

struct match_dict {
    size_t key_bytes;
    uint8_t *keys;
    uint32_t *refs; /* of a free number: MATCH_DICT_FREE and the next free one, see free_head */
    uint32_t *table; /* open addressing, number + 1; 0: empty */
    uint32_t table_size; /* a power of two, or 0 */
    uint32_t capacity;
    uint32_t size;
    uint32_t n_used;
    uint32_t free_head;
};

void match_dict_init(struct match_dict *dict, size_t key_bytes);
void match_dict_release(struct match_dict *dict);

/* Find @key or add it, and count one reference. */
bool match_dict_take(struct match_dict *dict, const void *key, uint32_t *ret_number) _must_check_;

/* Give one reference back; the last one frees the number. */
void match_dict_drop(struct match_dict *dict, uint32_t number);

/* The number of @key, or MATCH_DICT_NONE. */
uint32_t match_dict_find(const struct match_dict *dict, const void *key);

/* The key of a number in use; NULL for a free one. */
static inline const void *match_dict_key(const struct match_dict *dict, uint32_t number)
{
    return number < dict->size && !(dict->refs[number] & MATCH_DICT_FREE)
        ? dict->keys + (size_t)number * dict->key_bytes
        : NULL;
}

/* Memory held, in bytes. */
size_t match_dict_size_bytes(const struct match_dict *dict);
