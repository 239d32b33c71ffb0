#include "service/reflection_find.h"
#include "base/str.h"

#include <string.h>

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;

/* Return what follows "@name." in @path, "" if @path is @name itself, NULL if it is another. */
static const char *descend(const char *path, const char *name)
{
    size_t len = strlen(name);

    if (strncmp(path, name, len) != 0)
        return NULL;
    if (path[len] == '\0')
        return "";
    return path[len] == '.' && path[len + 1] ? path + len + 1 : NULL;
}

static bool is_field(const char *path, field_proto *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(path, fields[i]->name))
            return true;
    return false;
}

/* Values are siblings of their enum, as in C++. Some tools ask for them below it too. */
static bool is_enum(const char *path, enum_proto *const *enums, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *rest = descend(path, enums[i]->name);
        if (rest && !*rest)
            return true;
        for (size_t k = 0; k < enums[i]->n_value; k++)
            if (str_eq(rest ? rest : path, enums[i]->value[k]->name))
                return true;
    }
    return false;
}

static bool is_message(const char *path, message_proto *const *messages, size_t n);

static bool is_inside(const char *path, const message_proto *message)
{
    for (size_t i = 0; i < message->n_oneof_decl; i++)
        if (str_eq(path, message->oneof_decl[i]->name))
            return true;
    return is_field(path, message->field, message->n_field)
        || is_field(path, message->extension, message->n_extension)
        || is_enum(path, message->enum_type, message->n_enum_type)
        || is_message(path, message->nested_type, message->n_nested_type);
}

/* Its depth is that of the types' nesting, not of anything a caller sends. */
// NOLINTNEXTLINE(misc-no-recursion)
static bool is_message(const char *path, message_proto *const *messages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *rest = descend(path, messages[i]->name);
        if (rest && (!*rest || is_inside(rest, messages[i])))
            return true;
    }
    return false;
}

static bool is_service(const char *path, service_proto *const *services, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *rest = descend(path, services[i]->name);
        if (rest && !*rest)
            return true;
        for (size_t k = 0; rest && k < services[i]->n_method; k++)
            if (str_eq(rest, services[i]->method[k]->name))
                return true;
    }
    return false;
}

static bool declares(const file_proto *file, const char *symbol)
{
    const char *path = file->package && *file->package ? descend(symbol, file->package) : symbol;

    return path && *path
        && (is_message(path, file->message_type, file->n_message_type)
            || is_enum(path, file->enum_type, file->n_enum_type)
            || is_service(path, file->service, file->n_service)
            || is_field(path, file->extension, file->n_extension));
}

size_t reflection_find_file(const char *name)
{
    for (size_t i = 0; i < schema_n_files(); i++)
        if (str_eq(schema_file(i)->name, name))
            return i;
    return REFLECTION_NOWHERE;
}

size_t reflection_find_symbol(const char *symbol)
{
    for (size_t i = 0; i < schema_n_files(); i++)
        if (declares(schema_file(i)->proto, symbol))
            return i;
    return REFLECTION_NOWHERE;
}

/* ---- extensions ---- */

struct search {
    const char *type;
    size_t file;
    reflection_visit_fn *visit;
    void *arg;
};

static void visit_fields(const struct search *search, field_proto *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *extendee = fields[i]->extendee ? fields[i]->extendee : "";
        if (str_eq(*extendee == '.' ? extendee + 1 : extendee, search->type))
            search->visit(search->file, fields[i]->number, search->arg);
    }
}

// NOLINTNEXTLINE(misc-no-recursion)
static void visit_messages(const struct search *search, message_proto *const *messages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        visit_fields(search, messages[i]->extension, messages[i]->n_extension);
        visit_messages(search, messages[i]->nested_type, messages[i]->n_nested_type);
    }
}

void reflection_each_extension(const char *type, reflection_visit_fn *visit, void *arg)
{
    for (size_t i = 0; i < schema_n_files(); i++) {
        const file_proto *file = schema_file(i)->proto;
        struct search search = { .type = type, .file = i, .visit = visit, .arg = arg };
        visit_fields(&search, file->extension, file->n_extension);
        visit_messages(&search, file->message_type, file->n_message_type);
    }
}
