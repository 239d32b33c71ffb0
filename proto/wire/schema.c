#include "wire/schema.h"

#include "base/arena.h"
#include "base/str.h"
#include "wire/message.h"
#include "wire/registry.h"

#include <google/protobuf/descriptor.pb-c.h>

typedef Google__Protobuf__FileDescriptorSet file_set;
typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;
typedef Google__Protobuf__SourceCodeInfo__Location location_proto;

struct schema_field {
    const ProtobufCFieldDescriptor *field; /* sorted by this address */
    const char *json_name;
    bool is_optional;
};

struct schema_comment {
    const char *full_name; /* sorted by it */
    const char *text;
};

struct schema {
    struct arena arena;
    const file_set *set;
    struct schema_file *files;
    struct schema_method *methods;
    struct schema_field *fields;
    struct schema_comment *comments;
    size_t n_files, n_methods, n_fields, n_comments;
};

/* Find the files' bytes in the set: a FileDescriptorSet is nothing but a list of field 1. */
static bool schema_slice_files(struct schema *schema)
{
    const uint8_t *at = registry_set, *end = registry_set + registry_set_len;
    schema->files = arena_calloc(&schema->arena, schema->set->n_file, sizeof(*schema->files));
    if (!schema->files)
        return false;
    while (at < end && schema->n_files < schema->set->n_file) {
        size_t len = 0;
        int shift = 0;
        at++; /* the tag */
        for (; at < end && *at >= 0x80; at++, shift += 7)
            len |= (size_t)(*at & 0x7f) << shift;
        if (at < end)
            len |= (size_t)*at++ << shift;
        if (len > (size_t)(end - at))
            return false;
        const file_proto *proto = schema->set->file[schema->n_files];
        schema->files[schema->n_files++]
            = (struct schema_file) { .name = proto->name, .data = at, .len = len, .proto = proto };
        at += len;
    }
    return at == end && schema->n_files == schema->set->n_file;
}

static const char *schema_join(struct schema *schema, const char *scope, const char *name)
{
    return arena_printf(&schema->arena, "%s%s%s", scope, *scope ? "." : "", name);
}

static bool schema_add_fields(struct schema *schema, const char *scope, const message_proto *proto)
{
    const char *full_name = schema_join(schema, scope, proto->name);
    const ProtobufCMessageDescriptor *desc = full_name ? schema_find_message(full_name) : NULL;
    if (!desc)
        return false;
    for (size_t i = 0; i < proto->n_field; i++) {
        const field_proto *field = proto->field[i];
        schema->fields[schema->n_fields].field
            = protobuf_c_message_descriptor_get_field(desc, (unsigned)field->number);
        schema->fields[schema->n_fields].json_name = field->json_name;
        schema->fields[schema->n_fields].is_optional = field->proto3_optional;
        if (!schema->fields[schema->n_fields++].field)
            return false;
    }
    for (size_t i = 0; i < proto->n_nested_type; i++) {
        if (!schema_add_fields(schema, full_name, proto->nested_type[i]))
            return false;
    }
    return true;
}

static int schema_compare_fields(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct schema_field *)a)->field;
    uintptr_t y = (uintptr_t)((const struct schema_field *)b)->field;
    return (x > y) - (x < y);
}

static bool schema_collect_fields(struct schema *schema)
{
    size_t n = 0;
    for (size_t i = 0; i < registry_n_messages; i++)
        n += registry_messages[i]->n_fields;
    schema->fields = arena_calloc(&schema->arena, n, sizeof(*schema->fields));
    if (!schema->fields)
        return false;
    for (size_t i = 0; i < schema->set->n_file; i++) {
        const file_proto *file = schema->set->file[i];
        for (size_t j = 0; j < file->n_message_type; j++) {
            if (!schema_add_fields(
                    schema, file->package ? file->package : "", file->message_type[j]))
                return false;
        }
    }
    qsort(schema->fields, schema->n_fields, sizeof(*schema->fields), schema_compare_fields);
    return true;
}

/* Where a path of SourceCodeInfo stands while it is followed. */
struct schema_place {
    enum { PLACE_FILE, PLACE_MESSAGE, PLACE_ENUM, PLACE_SERVICE, PLACE_LEAF } kind;
    const void *proto;
    const char *name;
};

static struct schema_place schema_message_place(message_proto *const *list, size_t index)
{
    return (struct schema_place) { PLACE_MESSAGE, list[index], list[index]->name };
}

static struct schema_place schema_enum_place(enum_proto *const *list, size_t index)
{
    return (struct schema_place) { PLACE_ENUM, list[index], list[index]->name };
}

static struct schema_place schema_leaf_place(const char *name)
{
    return (struct schema_place) { PLACE_LEAF, NULL, name };
}

/* Take one step, from @from to element @index of the field @number of descriptor.proto's message;
 * a NULL name: nothing there that carries a comment we keep. */
static struct schema_place schema_step(struct schema_place from, int number, size_t index)
{
    const file_proto *file = from.proto;
    const message_proto *message = from.proto;
    const enum_proto *enumeration = from.proto;
    const service_proto *service = from.proto;
    if (from.kind == PLACE_FILE && number == 4)
        return schema_message_place(file->message_type, index);
    if (from.kind == PLACE_FILE && number == 5)
        return schema_enum_place(file->enum_type, index);
    if (from.kind == PLACE_FILE && number == 6)
        return (struct schema_place) { PLACE_SERVICE, file->service[index],
            file->service[index]->name };
    if (from.kind == PLACE_MESSAGE && number == 2)
        return schema_leaf_place(message->field[index]->name);
    if (from.kind == PLACE_MESSAGE && number == 3)
        return schema_message_place(message->nested_type, index);
    if (from.kind == PLACE_MESSAGE && number == 4)
        return schema_enum_place(message->enum_type, index);
    if (from.kind == PLACE_MESSAGE && number == 8)
        return schema_leaf_place(message->oneof_decl[index]->name);
    if (from.kind == PLACE_ENUM && number == 2)
        return schema_leaf_place(enumeration->value[index]->name);
    if (from.kind == PLACE_SERVICE && number == 2)
        return schema_leaf_place(service->method[index]->name);
    return schema_leaf_place(NULL);
}

/* Return the full name of what @location speaks of; *@ret_failed tells "nothing" from no memory. */
static const char *schema_location_name(
    struct schema *schema, const file_proto *file, const location_proto *location, bool *ret_failed)
{
    struct schema_place place = { PLACE_FILE, file, "" };
    const char *full_name = file->package ? file->package : "";
    if (location->n_path == 0 || location->n_path % 2 != 0)
        return NULL;
    for (size_t i = 0; i < location->n_path; i += 2) {
        place = schema_step(place, location->path[i], (size_t)location->path[i + 1]);
        if (!place.name)
            return NULL;
        full_name = schema_join(schema, full_name, place.name);
        if (!full_name) {
            *ret_failed = true;
            return NULL;
        }
    }
    return full_name;
}

/* Copy a comment without the blank that begins each line and the line end after the last. */
static const char *schema_clean_comment(struct schema *schema, const char *text)
{
    char *clean = arena_strdup(&schema->arena, text);
    if (!clean)
        return NULL;
    size_t n = 0;
    for (const char *c = text; *c; c++) {
        bool begins_line = c == text || c[-1] == '\n';
        if (!(begins_line && *c == ' '))
            clean[n++] = *c;
    }
    while (n > 0 && clean[n - 1] == '\n')
        n--;
    clean[n] = '\0';
    return clean;
}

static int schema_compare_comments(const void *a, const void *b)
{
    return strcmp(((const struct schema_comment *)a)->full_name,
        ((const struct schema_comment *)b)->full_name);
}

static bool schema_add_comment(
    struct schema *schema, const file_proto *file, const location_proto *location)
{
    bool failed = false;
    const char *full_name
        = location->leading_comments ? schema_location_name(schema, file, location, &failed) : NULL;
    if (!full_name)
        return !failed;
    const char *text = schema_clean_comment(schema, location->leading_comments);
    schema->comments[schema->n_comments++] = (struct schema_comment) { full_name, text };
    return text != NULL;
}

static bool schema_collect_comments(struct schema *schema)
{
    size_t n = 0;
    for (size_t i = 0; i < schema->set->n_file; i++) {
        if (schema->set->file[i]->source_code_info)
            n += schema->set->file[i]->source_code_info->n_location;
    }
    schema->comments = arena_calloc(&schema->arena, n, sizeof(*schema->comments));
    if (!schema->comments)
        return false;
    for (size_t i = 0; i < schema->set->n_file; i++) {
        const file_proto *file = schema->set->file[i];
        for (size_t j = 0; file->source_code_info && j < file->source_code_info->n_location; j++) {
            if (!schema_add_comment(schema, file, file->source_code_info->location[j]))
                return false;
        }
    }
    qsort(schema->comments, schema->n_comments, sizeof(*schema->comments), schema_compare_comments);
    return true;
}

static const char *schema_lookup_comment(const struct schema *schema, const char *full_name)
{
    struct schema_comment key = { .full_name = full_name };
    const struct schema_comment *found = bsearch(&key, schema->comments, schema->n_comments,
        sizeof(*schema->comments), schema_compare_comments);
    return found ? found->text : "";
}

static bool schema_add_methods(
    struct schema *schema, const ProtobufCServiceDescriptor *service, const service_proto *proto)
{
    for (size_t i = 0; i < proto->n_method; i++) {
        struct schema_method *method = &schema->methods[schema->n_methods++];
        const char *name = proto->method[i]->name;
        const char *dotted = schema_join(schema, service->name, name);
        method->path = arena_printf(&schema->arena, "/%s/%s", service->name, name);
        if (!dotted || !method->path)
            return false;
        method->full_name = method->path + 1;
        method->comment = schema_lookup_comment(schema, dotted);
        method->service = service;
        method->input = service->methods[i].input;
        method->output = service->methods[i].output;
        method->client_streaming = proto->method[i]->client_streaming;
        method->server_streaming = proto->method[i]->server_streaming;
    }
    return true;
}

static int schema_compare_methods(const void *a, const void *b)
{
    return strcmp(((const struct schema_method *)a)->path, ((const struct schema_method *)b)->path);
}

static bool schema_collect_methods(struct schema *schema)
{
    size_t n = 0, n_services = 0;
    for (size_t i = 0; i < registry_n_services; i++)
        n += registry_services[i]->n_methods;
    schema->methods = arena_calloc(&schema->arena, n, sizeof(*schema->methods));
    if (!schema->methods)
        return false;
    /* the registry has the services in the same order */
    for (size_t i = 0; i < schema->set->n_file; i++) {
        const file_proto *file = schema->set->file[i];
        for (size_t j = 0; j < file->n_service; j++) {
            if (n_services == registry_n_services
                || !schema_add_methods(schema, registry_services[n_services++], file->service[j]))
                return false;
        }
    }
    qsort(schema->methods, schema->n_methods, sizeof(*schema->methods), schema_compare_methods);
    return true;
}

static bool schema_load(struct schema *schema)
{
    /* our own bytes: nothing for the guard to find */
    ProtobufCAllocator allocator = message_allocator(&schema->arena);
    schema->set
        = google__protobuf__file_descriptor_set__unpack(&allocator, registry_set_len, registry_set);
    return schema->set && schema_slice_files(schema) && schema_collect_fields(schema)
        && schema_collect_comments(schema) && schema_collect_methods(schema);
}

const struct schema *schema_get(void)
{
    static struct schema loaded;
    static bool is_loaded;
    if (!is_loaded) {
        loaded = (struct schema) { 0 };
        arena_init(&loaded.arena, 0);
        is_loaded = schema_load(&loaded);
        if (!is_loaded)
            arena_release(&loaded.arena);
    }
    return is_loaded ? &loaded : NULL;
}

size_t schema_n_methods(void)
{
    const struct schema *schema = schema_get();
    return schema ? schema->n_methods : 0;
}

const struct schema_method *schema_method(size_t index)
{
    return index < schema_n_methods() ? &schema_get()->methods[index] : NULL;
}

const struct schema_method *schema_find_method(const char *path, size_t len)
{
    const struct schema *schema = schema_get();
    size_t skip = len > 0 && path[0] == '/' ? 0 : 1;
    size_t low = 0, high = schema ? schema->n_methods : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *candidate = schema->methods[middle].path + skip;
        int order = strncmp(path, candidate, len);
        if (order == 0)
            order = candidate[len] == '\0' ? 0 : -1;
        if (order == 0)
            return &schema->methods[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int schema_compare_message(const void *name, const void *element)
{
    return strcmp(name, (*(const ProtobufCMessageDescriptor *const *)element)->name);
}

const ProtobufCMessageDescriptor *schema_find_message(const char *full_name)
{
    const ProtobufCMessageDescriptor *const *found = bsearch(full_name, registry_messages,
        registry_n_messages, sizeof(*registry_messages), schema_compare_message);
    return found ? *found : NULL;
}

size_t schema_n_services(void)
{
    return registry_n_services;
}

const ProtobufCServiceDescriptor *schema_service(size_t index)
{
    return index < registry_n_services ? registry_services[index] : NULL;
}

size_t schema_n_files(void)
{
    const struct schema *schema = schema_get();
    return schema ? schema->n_files : 0;
}

const struct schema_file *schema_file(size_t index)
{
    return index < schema_n_files() ? &schema_get()->files[index] : NULL;
}

static const struct schema_field *schema_find_field(const ProtobufCFieldDescriptor *field)
{
    const struct schema *schema = schema_get();
    struct schema_field key = { .field = field };
    return schema
        ? bsearch(&key, schema->fields, schema->n_fields, sizeof(key), schema_compare_fields)
        : NULL;
}

const char *schema_json_name(const ProtobufCFieldDescriptor *field)
{
    const struct schema_field *found = schema_find_field(field);
    return found ? found->json_name : NULL;
}

bool schema_field_is_optional(const ProtobufCFieldDescriptor *field)
{
    const struct schema_field *found = schema_find_field(field);
    return found && found->is_optional;
}

const char *schema_comment(const char *full_name)
{
    const struct schema *schema = schema_get();
    return schema ? schema_lookup_comment(schema, full_name) : "";
}

void schema_descriptor_set(const uint8_t **ret_data, size_t *ret_len)
{
    *ret_data = registry_set;
    *ret_len = registry_set_len;
}
