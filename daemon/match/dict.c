#include "match/dict.h"

#include <string.h>

enum { NUMBER_BITS = 24, NUMBER_MASK = (1 << NUMBER_BITS) - 1 };

void match_dict_init(struct match_dict *dict, size_t key_bytes, bool is_counted)
{
    *dict = (struct match_dict) {
        .key_bytes = key_bytes, .is_counted = is_counted, .free_head = MATCH_DICT_NONE
    };
}

void match_dict_release(struct match_dict *dict)
{
    free(dict->keys);
    free(dict->refs);
    free(dict->table);
    match_dict_init(dict, dict->key_bytes, dict->is_counted);
}

static uint8_t *key_at(const struct match_dict *dict, uint32_t number)
{
    return dict->keys + (size_t)number * dict->key_bytes;
}

static uint64_t hash_key(const struct match_dict *dict, const void *key)
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
    return hash;
}

/* The high half says the place, eight low bits stand beside the number: of two keys that are not
 * the same, few need be compared. */
static uint32_t home_of(const struct match_dict *dict, uint64_t hash)
{
    return (uint32_t)((hash >> 32) * dict->table_size >> 32);
}

static uint32_t next_place(const struct match_dict *dict, uint32_t place)
{
    return place + 1 == dict->table_size ? 0 : place + 1;
}

static uint32_t entry_of(uint64_t hash, uint32_t number)
{
    return (uint32_t)hash << NUMBER_BITS | (number + 1);
}

static uint32_t number_of(uint32_t entry)
{
    return (entry & NUMBER_MASK) - 1;
}

/* The place in the table of @key, or the empty place where it belongs. */
static uint32_t find_place(const struct match_dict *dict, const void *key, uint64_t hash)
{
    uint32_t place = home_of(dict, hash);
    for (; dict->table[place]; place = next_place(dict, place)) {
        uint32_t entry = dict->table[place];
        if (entry >> NUMBER_BITS == (hash & 0xFF)
            && memcmp(key_at(dict, number_of(entry)), key, dict->key_bytes) == 0)
            break;
    }
    return place;
}

/* Put a key that is in no table yet into an empty place. */
static void enter(struct match_dict *dict, uint64_t hash, uint32_t number)
{
    uint32_t place = home_of(dict, hash);
    while (dict->table[place])
        place = next_place(dict, place);
    dict->table[place] = entry_of(hash, number);
}

static bool resize_table(struct match_dict *dict, uint32_t size)
{
    uint32_t *old = dict->table, old_size = dict->table_size;
    uint32_t *table = calloc(size, sizeof(*table));
    if (!table)
        return false;
    dict->table = table;
    dict->table_size = size;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i])
            enter(dict, hash_key(dict, key_at(dict, number_of(old[i]))), number_of(old[i]));
    free(old);
    return true;
}

/* At most three places of four are taken. */
static bool table_takes(const struct match_dict *dict, uint32_t n)
{
    return (uint64_t)n * 4 <= (uint64_t)dict->table_size * 3;
}

static bool grow_table(struct match_dict *dict)
{
    if (table_takes(dict, dict->n_used + 1))
        return true;
    return resize_table(dict, dict->table_size ? dict->table_size + dict->table_size / 2 : 16);
}

static bool set_capacity(struct match_dict *dict, uint32_t capacity)
{
    void *keys = realloc(dict->keys, capacity * dict->key_bytes);
    if (!keys)
        return false;
    dict->keys = keys;
    if (dict->is_counted) {
        void *refs = realloc(dict->refs, capacity * sizeof(*dict->refs));
        if (!refs)
            return false;
        dict->refs = refs;
    }
    dict->capacity = capacity;
    return true;
}

static bool grow_numbers(struct match_dict *dict)
{
    if (dict->free_head != MATCH_DICT_NONE || dict->size < dict->capacity)
        return true;
    if (dict->capacity >= MATCH_DICT_MOST)
        return false;
    return set_capacity(
        dict, MIN(dict->capacity + dict->capacity / 8 + 16, (uint32_t)MATCH_DICT_MOST));
}

static uint32_t new_number(struct match_dict *dict)
{
    uint32_t number = dict->free_head;
    if (number == MATCH_DICT_NONE)
        return dict->size++;
    memcpy(&dict->free_head, key_at(dict, number), sizeof(dict->free_head));
    return number;
}

bool match_dict_add(struct match_dict *dict, const void *key, uint32_t *ret_number)
{
    if (!grow_table(dict) || !grow_numbers(dict))
        return false;
    uint32_t number = new_number(dict);
    enter(dict, hash_key(dict, key), number);
    memcpy(key_at(dict, number), key, dict->key_bytes);
    if (dict->is_counted)
        dict->refs[number] = 1;
    dict->n_used++;
    *ret_number = number;
    return true;
}

bool match_dict_take(struct match_dict *dict, const void *key, uint32_t *ret_number)
{
    uint32_t number = match_dict_find(dict, key);
    if (number == MATCH_DICT_NONE)
        return match_dict_add(dict, key, ret_number);
    match_dict_retake(dict, number);
    *ret_number = number;
    return true;
}

bool match_dict_reserve(struct match_dict *dict, uint32_t n)
{
    n = MIN(n, (uint32_t)MATCH_DICT_MOST);
    if (!table_takes(dict, n) && !resize_table(dict, n + n / 3 + 16))
        return false;
    return n <= dict->capacity || set_capacity(dict, n);
}

void match_dict_retake(struct match_dict *dict, uint32_t number)
{
    if (dict->is_counted)
        dict->refs[number]++;
}

/* Empty a place and close the gap, so that no search stops short. */
static void empty_place(struct match_dict *dict, uint32_t place)
{
    uint32_t size = dict->table_size;
    for (uint32_t next = next_place(dict, place); dict->table[next];
         next = next_place(dict, next)) {
        uint64_t hash = hash_key(dict, key_at(dict, number_of(dict->table[next])));
        uint32_t from_home = (next + size - home_of(dict, hash)) % size;
        if (from_home >= (next + size - place) % size) {
            dict->table[place] = dict->table[next];
            place = next;
        }
    }
    dict->table[place] = 0;
}

bool match_dict_drop(struct match_dict *dict, uint32_t number)
{
    if (dict->is_counted && --dict->refs[number] > 0)
        return false;
    uint8_t *key = key_at(dict, number);
    empty_place(dict, find_place(dict, key, hash_key(dict, key)));
    memcpy(key, &dict->free_head, sizeof(dict->free_head));
    dict->free_head = number;
    dict->n_used--;
    return true;
}

uint32_t match_dict_find(const struct match_dict *dict, const void *key)
{
    if (dict->table_size == 0)
        return MATCH_DICT_NONE;
    uint32_t entry = dict->table[find_place(dict, key, hash_key(dict, key))];
    return entry ? number_of(entry) : MATCH_DICT_NONE;
}

bool match_dict_copy_in_order(
    const struct match_dict *dict, const uint32_t *order, struct match_dict *ret_dict)
{
    struct match_dict copy;
    uint32_t n = dict->n_used;
    match_dict_init(&copy, dict->key_bytes, dict->is_counted);
    if (!set_capacity(&copy, n + n / 64 + 16) || !resize_table(&copy, n + n / 3 + 16)) {
        match_dict_release(&copy);
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        memcpy(key_at(&copy, i), key_at(dict, order[i]), dict->key_bytes);
        if (dict->is_counted)
            copy.refs[i] = dict->refs[order[i]];
        enter(&copy, hash_key(&copy, key_at(&copy, i)), i);
    }
    copy.size = copy.n_used = n;
    *ret_dict = copy;
    return true;
}

size_t match_dict_size_bytes(const struct match_dict *dict)
{
    return dict->capacity * (dict->key_bytes + (dict->is_counted ? sizeof(*dict->refs) : 0))
        + dict->table_size * sizeof(*dict->table);
}
