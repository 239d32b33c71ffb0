#include "match/dict.h"

void match_dict_init(struct match_dict *dict, size_t key_bytes)
{
    *dict = (struct match_dict) { .key_bytes = key_bytes, .free_head = MATCH_DICT_NONE };
}

void match_dict_release(struct match_dict *dict)
{
    free(dict->keys);
    free(dict->refs);
    free(dict->table);
    match_dict_init(dict, dict->key_bytes);
}

static const uint8_t *key_at(const struct match_dict *dict, uint32_t number)
{
    return dict->keys + (size_t)number * dict->key_bytes;
}

static uint32_t hash_key(const struct match_dict *dict, const void *key)
{
    const uint8_t *bytes = key;
    uint64_t hash = dict->key_bytes;
    for (size_t i = 0; i < dict->key_bytes; i += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, MIN((size_t)8, dict->key_bytes - i));
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
        hash *= UINT64_C(0xbf58476d1ce4e5b9);
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

/* The place in the table of @key, or the empty place where it belongs. */
static uint32_t find_place(const struct match_dict *dict, const void *key)
{
    uint32_t mask = dict->table_size - 1;
    uint32_t place = hash_key(dict, key) & mask;
    while (dict->table[place]
        && memcmp(key_at(dict, dict->table[place] - 1), key, dict->key_bytes) != 0)
        place = (place + 1) & mask;
    return place;
}

static bool grow_table(struct match_dict *dict)
{
    if (((uint64_t)dict->n_used + 1) * 3 <= (uint64_t)dict->table_size * 2)
        return true;
    uint32_t size = dict->table_size ? dict->table_size * 2 : 16;
    uint32_t *table = calloc(size, sizeof(*table));
    if (!table)
        return false;
    free(dict->table);
    dict->table = table;
    dict->table_size = size;
    for (uint32_t number = 0; number < dict->size; number++)
        if (match_dict_key(dict, number))
            table[find_place(dict, key_at(dict, number))] = number + 1;
    return true;
}

static bool grow_numbers(struct match_dict *dict)
{
    if (dict->free_head != MATCH_DICT_NONE || dict->size < dict->capacity)
        return true;
    if (dict->capacity > UINT32_MAX / 4)
        return false;
    uint32_t capacity = dict->capacity ? dict->capacity + dict->capacity / 8 + 16 : 16;
    void *keys = realloc(dict->keys, capacity * dict->key_bytes);
    if (!keys)
        return false;
    dict->keys = keys;
    void *refs = realloc(dict->refs, capacity * sizeof(*dict->refs));
    if (!refs)
        return false;
    dict->refs = refs;
    dict->capacity = capacity;
    return true;
}

bool match_dict_take(struct match_dict *dict, const void *key, uint32_t *ret_number)
{
    uint32_t number = match_dict_find(dict, key);
    if (number != MATCH_DICT_NONE) {
        dict->refs[number]++;
        *ret_number = number;
        return true;
    }
    if (!grow_table(dict) || !grow_numbers(dict))
        return false;
    number = dict->free_head;
    if (number != MATCH_DICT_NONE)
        dict->free_head = dict->refs[number] & ~MATCH_DICT_FREE;
    else
        number = dict->size++;
    dict->table[find_place(dict, key)] = number + 1;
    memcpy(dict->keys + (size_t)number * dict->key_bytes, key, dict->key_bytes);
    dict->refs[number] = 1;
    dict->n_used++;
    *ret_number = number;
    return true;
}

/* Empty a place and close the gap, so that no search stops short. */
static void empty_place(struct match_dict *dict, uint32_t place)
{
    uint32_t mask = dict->table_size - 1;
    uint32_t next = place;
    for (;;) {
        next = (next + 1) & mask;
        if (!dict->table[next])
            break;
        uint32_t home = hash_key(dict, key_at(dict, dict->table[next] - 1)) & mask;
        if (((next - home) & mask) >= ((next - place) & mask)) {
            dict->table[place] = dict->table[next];
            place = next;
        }
    }
    dict->table[place] = 0;
}

void match_dict_drop(struct match_dict *dict, uint32_t number)
{
    if (--dict->refs[number] > 0)
        return;
    empty_place(dict, find_place(dict, key_at(dict, number)));
    dict->refs[number] = dict->free_head | MATCH_DICT_FREE;
    dict->free_head = number;
    dict->n_used--;
}

uint32_t match_dict_find(const struct match_dict *dict, const void *key)
{
    if (dict->table_size == 0)
        return MATCH_DICT_NONE;
    uint32_t entry = dict->table[find_place(dict, key)];
    return entry ? entry - 1 : MATCH_DICT_NONE;
}

size_t match_dict_size_bytes(const struct match_dict *dict)
{
    return dict->capacity * (dict->key_bytes + sizeof(*dict->refs))
        + dict->table_size * sizeof(*dict->table);
}
