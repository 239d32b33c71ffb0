/* A dictionary of fixed-size keys: a key has a small stable number while anybody refers to it.
 *
 * Calling sequence: match_dict_init(), then match_dict_take() and match_dict_drop() in pairs,
 * match_dict_release(). Numbers run from 0 to size - 1; dropped ones are used again. Columns hold
 * the numbers, and a query computes once a number what it would compute once a row.
 *
 * Errors: what returns bool returns false without memory, match_dict_take() and match_dict_add()
 * also with MATCH_DICT_MOST keys; the dictionary is then as it was.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

enum { MATCH_DICT_MOST = (1 << 24) - 1 };
#define MATCH_DICT_NONE UINT32_MAX

struct match_dict {
    size_t key_bytes; /* 4 at least: a free key has the number of the next free one */
    uint8_t *keys;
    uint32_t *refs; /* NULL: each key is taken once */
    bool is_counted;
    uint32_t *table; /* open addressing: eight bits of the hash, then number + 1; 0: empty */
    uint32_t table_size;
    uint32_t capacity;
    uint32_t size;
    uint32_t n_used;
    uint32_t free_head;
};

/* Without @is_counted a key is taken once and dropped once, and takes four bytes less. */
void match_dict_init(struct match_dict *dict, size_t key_bytes, bool is_counted);
void match_dict_release(struct match_dict *dict);

/* Find @key or add it, and count one reference. */
bool match_dict_take(struct match_dict *dict, const void *key, uint32_t *ret_number) _must_check_;

/* Add @key, which is not there: without another search. */
bool match_dict_add(struct match_dict *dict, const void *key, uint32_t *ret_number) _must_check_;

/* Make room for @n keys, so that they come without growing in steps. */
bool match_dict_reserve(struct match_dict *dict, uint32_t n) _must_check_;

/* Count one more reference of a number in use. */
void match_dict_retake(struct match_dict *dict, uint32_t number);

/* Give one reference back. True when it was the last, which frees the number. */
bool match_dict_drop(struct match_dict *dict, uint32_t number);

/* The number of @key, or MATCH_DICT_NONE. */
uint32_t match_dict_find(const struct match_dict *dict, const void *key);

/* The same keys with new numbers: @order[i] is the old number of i, for all n_used in use. */
bool match_dict_copy_in_order(
    const struct match_dict *dict, const uint32_t *order, struct match_dict *ret_dict) _must_check_;

/* The key of a number; of a free one, bytes without meaning. */
static inline const void *match_dict_key(const struct match_dict *dict, uint32_t number)
{
    return dict->keys + (size_t)number * dict->key_bytes;
}

/* Memory held, in bytes. */
size_t match_dict_size_bytes(const struct match_dict *dict);
