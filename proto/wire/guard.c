#include "wire/guard.h"

#include "base/macro.h"
#include "base/str.h"
#include "wire/field.h"

#define GUARD_ALIGN 16 /* the arena's */
#define GUARD_MAX_VARINT 10
#define GUARD_MAX_TAG 5
#define GUARD_MAX_LENGTH 5 /* protobuf-c reads no longer one, though the rest be zeros */

/* What protobuf-c 1.4 takes while it unpacks: 32 bytes of notes for each member, in slabs that
 * double, the first 16 members free; a bit for each field, up to 128 of them free. */
#define GUARD_NOTE_BYTES 32
#define GUARD_FREE_NOTES 16
#define GUARD_FREE_BITS 128

#define GUARD_SEEN_FIELDS 256

enum guard_wire_type {
    GUARD_VARINT = 0,
    GUARD_64BIT = 1,
    GUARD_LEN = 2,
    GUARD_GROUP_BEGIN = 3,
    GUARD_GROUP_END = 4,
    GUARD_32BIT = 5,
};

const struct guard_limits guard_default_limits = {
    .max_depth = 64,
    .max_elements = 200000,
    .max_memory_bytes = (size_t)64 << 20,
};

struct guard {
    const struct guard_limits *limits;
    size_t elements, memory_bytes;
    struct err *err;
};

/* One message of the walk; the chain of parents is the path. */
struct guard_level {
    struct guard_level *parent;
    const ProtobufCMessageDescriptor *desc;
    const uint8_t *begin, *at, *end;
    const uint8_t *tag; /* where the member being looked at begins */
    const ProtobufCFieldDescriptor *field; /* its field; NULL: none or unknown */
    struct field_path path;
    size_t depth, n_members, n_unknown;
    uint64_t seen[GUARD_SEEN_FIELDS / 64]; /* fields that came already, by their index */
};

static bool guard_read_varint(
    const uint8_t **at, const uint8_t *end, size_t max_bytes, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < max_bytes && *at < end; i++) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* Step over a member's value; false if it is cut short. For LEN, *@ret_value is its content. */
static bool guard_skip(const uint8_t **at, const uint8_t *end, enum guard_wire_type type,
    const uint8_t **ret_value, size_t *ret_len)
{
    uint64_t len;
    *ret_value = *at;
    switch (type) {
    case GUARD_VARINT:
        if (!guard_read_varint(at, end, GUARD_MAX_VARINT, &len))
            return false;
        *ret_len = (size_t)(*at - *ret_value);
        return true;
    case GUARD_LEN:
        if (!guard_read_varint(at, end, GUARD_MAX_LENGTH, &len))
            return false;
        break;
    default:
        len = type == GUARD_64BIT ? 8 : 4;
        break;
    }
    if (len > (uint64_t)(end - *at))
        return false;
    *ret_value = *at;
    *ret_len = (size_t)len;
    *at += len;
    return true;
}

/* Count the members of @level's field that lie before the one being looked at. The walk does not
 * count them as it goes: only an error wants to know. */
static long guard_index(const struct guard_level *level)
{
    const uint8_t *at = level->begin;
    long n = 0;
    while (at < level->tag) {
        uint64_t tag;
        const uint8_t *value;
        size_t len;
        if (!guard_read_varint(&at, level->tag, GUARD_MAX_TAG, &tag)
            || !guard_skip(&at, level->tag, tag & 7, &value, &len))
            break;
        n += tag >> 3 == level->field->id;
    }
    return n;
}

/* Fill in the path's indexes and return its innermost part. */
static const struct field_path *guard_path(struct guard_level *innermost)
{
    const struct field_path *path = NULL;
    for (struct guard_level *level = innermost; level; level = level->parent) {
        if (!level->field)
            continue;
        level->path.name = level->field->name;
        level->path.index = field_is_repeated(level->field) ? guard_index(level) : -1;
        if (!path)
            path = &level->path;
    }
    return path;
}

#define guard_fail(guard, level, code, ...)                                                        \
    field_path_err((guard)->err, (code), guard_path(level), __VA_ARGS__)

static int guard_take_memory(struct guard *guard, struct guard_level *level, size_t bytes)
{
    if (bytes > guard->limits->max_memory_bytes - guard->memory_bytes)
        return guard_fail(guard, level, ERR_EXHAUSTED, "the message takes too much memory");
    guard->memory_bytes += bytes;
    return 0;
}

/* The arena's rounding, at most. */
static size_t guard_rounded(size_t bytes)
{
    return bytes + GUARD_ALIGN;
}

static int guard_take_element(struct guard *guard, struct guard_level *level, size_t bytes)
{
    if (guard->elements >= guard->limits->max_elements)
        return guard_fail(guard, level, ERR_EXHAUSTED, "the message has more than %zu elements",
            guard->limits->max_elements);
    guard->elements++;
    return guard_take_memory(guard, level, guard_rounded(bytes));
}

/* Say whether the level's field comes for the first time, and remember that it came. */
static bool guard_is_first(struct guard_level *level)
{
    size_t index = (size_t)(level->field - level->desc->fields);
    if (index >= GUARD_SEEN_FIELDS)
        return guard_index(level) == 0;
    uint64_t bit = UINT64_C(1) << (index % 64);
    bool is_first = !(level->seen[index / 64] & bit);
    level->seen[index / 64] |= bit;
    return is_first;
}

static enum guard_wire_type guard_expected_type(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return GUARD_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return GUARD_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return GUARD_LEN;
    default:
        return GUARD_VARINT;
    }
}

/* Count the values in a packed list; false if its end cuts one. */
static bool guard_count_packed(
    enum guard_wire_type type, const uint8_t *data, size_t len, size_t *ret_n)
{
    if (type != GUARD_VARINT) {
        size_t size = type == GUARD_64BIT ? 8 : 4;
        *ret_n = len / size;
        return len % size == 0;
    }
    const uint8_t *end = data + len;
    size_t n = 0;
    for (uint64_t value; data < end; n++) {
        if (!guard_read_varint(&data, end, GUARD_MAX_VARINT, &value))
            return false;
    }
    *ret_n = n;
    return true;
}

static int guard_packed(struct guard *guard, struct guard_level *level, enum guard_wire_type type,
    const uint8_t *data, size_t len)
{
    size_t n;
    if (!guard_count_packed(type, data, len, &n))
        return guard_fail(guard, level, ERR_INVALID, "a packed list ends inside a number");
    /* protobuf-c makes room for a bool a byte, however many bytes each takes */
    if (level->field->type == PROTOBUF_C_TYPE_BOOL)
        n = len;
    return guard_take_memory(guard, level, guard_rounded(n * field_value_size(level->field)));
}

static int guard_string(
    struct guard *guard, struct guard_level *level, const uint8_t *data, size_t len)
{
    if (len && memchr(data, 0, len))
        return guard_fail(guard, level, ERR_INVALID, "text must not contain a NUL");
    if (!utf8_valid(data, len))
        return guard_fail(guard, level, ERR_INVALID, "text must be UTF-8");
    return guard_take_element(guard, level, len + 1);
}

static int guard_message(struct guard *guard, struct guard_level *parent,
    const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len);

static int guard_value(
    struct guard *guard, struct guard_level *level, const uint8_t *data, size_t len, bool is_first)
{
    switch (level->field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return guard_string(guard, level, data, len);
    case PROTOBUF_C_TYPE_BYTES:
        return guard_take_element(guard, level, len);
    case PROTOBUF_C_TYPE_MESSAGE:
        if (!is_first && !field_is_repeated(level->field))
            return guard_fail(guard, level, ERR_INVALID, "the field comes twice");
        return guard_message(guard, level, level->field->descriptor, data, len);
    default:
        return 0;
    }
}

static int guard_known(struct guard *guard, struct guard_level *level, enum guard_wire_type type,
    const uint8_t *data, size_t len)
{
    enum guard_wire_type expected = guard_expected_type(level->field);
    bool is_first = guard_is_first(level);
    if (field_is_repeated(level->field)) {
        if (type == GUARD_LEN && expected != GUARD_LEN)
            return guard_packed(guard, level, expected, data, len);
        /* an element of the array, which is rounded once */
        size_t size = field_value_size(level->field);
        int r = guard_take_memory(guard, level, is_first ? guard_rounded(size) : size);
        if (r < 0)
            return r;
    }
    if (type != expected)
        return guard_fail(
            guard, level, ERR_INVALID, "the field has wire type %d, not %d", type, expected);
    return guard_value(guard, level, data, len, is_first);
}

static int guard_member(struct guard *guard, struct guard_level *level)
{
    uint64_t tag;
    const uint8_t *value;
    size_t len;
    level->field = NULL;
    level->tag = level->at;
    if (!guard_read_varint(&level->at, level->end, GUARD_MAX_TAG, &tag) || tag > UINT32_MAX
        || tag >> 3 == 0)
        return guard_fail(guard, level, ERR_INVALID, "there is no valid field number");
    enum guard_wire_type type = tag & 7;
    level->field = protobuf_c_message_descriptor_get_field(level->desc, (unsigned)(tag >> 3));
    if (type > GUARD_32BIT || type == GUARD_GROUP_BEGIN || type == GUARD_GROUP_END)
        return guard_fail(guard, level, ERR_INVALID, "wire type %d is not accepted", type);
    if (!guard_skip(&level->at, level->end, type, &value, &len))
        return guard_fail(guard, level, ERR_INVALID, "the field is cut short");
    level->n_members++;
    if (level->field)
        return guard_known(guard, level, type, value, len);
    level->n_unknown++;
    /* kept with its length in front */
    return guard_take_element(guard, level, (size_t)(level->at - level->tag));
}

static int guard_message(struct guard *guard, struct guard_level *parent,
    const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len)
{
    struct guard_level level = {
        .parent = parent,
        .desc = desc,
        .begin = data,
        .at = data,
        .end = data + len,
        .path.parent = parent ? &parent->path : NULL,
        .depth = parent ? parent->depth + 1 : 1,
    };
    if (level.depth > guard->limits->max_depth)
        return guard_fail(guard, parent, ERR_INVALID, "messages are nested more than %zu deep",
            guard->limits->max_depth);
    size_t bits = desc->n_fields > GUARD_FREE_BITS ? guard_rounded(desc->n_fields / 8 + 1) : 0;
    int r = guard_take_element(guard, parent, desc->sizeof_message + bits);
    while (r == 0 && level.at < level.end)
        r = guard_member(guard, &level);
    if (r < 0)
        return r;
    size_t notes = level.n_members > GUARD_FREE_NOTES ? level.n_members * 2 * GUARD_NOTE_BYTES : 0;
    size_t unknown = level.n_unknown * sizeof(ProtobufCMessageUnknownField);
    return guard_take_memory(guard, parent, notes + (unknown ? guard_rounded(unknown) : 0));
}

int guard_measure(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len,
    const struct guard_limits *limits, size_t *ret_memory_bytes, struct err *err)
{
    static const uint8_t nothing[1];
    struct guard guard = { .limits = limits ? limits : &guard_default_limits, .err = err };
    int r = guard_message(&guard, NULL, desc, data ? data : nothing, len);
    if (r < 0)
        return r;
    *ret_memory_bytes = guard.memory_bytes;
    return 0;
}

int guard_check(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len,
    const struct guard_limits *limits, struct err *err)
{
    size_t memory_bytes;
    return guard_measure(desc, data, len, limits, &memory_bytes, err);
}
