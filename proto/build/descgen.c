/* A tool of the build: what lies between protoc's descriptor set and protoc-c.
 *
 *   descgen strip IN OUT     copy a FileDescriptorSet, with proto3_optional cleared in every field:
 *                            protoc-c 1.4 refuses the flag, and takes the synthetic oneof that
 *                            stays for an ordinary one; the bytes on the wire are the same
 *   descgen registry IN OUT  write registry.c (wire/registry.h): the set as bytes, and tables of
 *                            protoc-c's descriptors of all services and messages
 */
#include <ctype.h>
#include <errno.h>
#include <google/protobuf/descriptor.pb-c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorSet file_set;
typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;

struct names {
    char **list;
    size_t n, cap;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("descgen: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void *check_memory(void *memory)
{
    if (!memory)
        die("out of memory");
    return memory;
}

static unsigned char *read_whole(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die("%s: %s", path, strerror(errno));
    size_t len = 0, cap = 1 << 16;
    unsigned char *data = check_memory(malloc(cap));
    size_t got;
    while ((got = fread(data + len, 1, cap - len, file)) > 0) {
        len += got;
        if (len == cap)
            data = check_memory(realloc(data, cap *= 2));
    }
    if (ferror(file))
        die("%s: cannot read", path);
    fclose(file);
    *ret_len = len;
    return data;
}

static FILE *open_output(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        die("%s: %s", path, strerror(errno));
    return file;
}

static void close_output(FILE *file, const char *path)
{
    if (ferror(file) | fclose(file))
        die("%s: cannot write", path);
}

static void strip_message(message_proto *message)
{
    for (size_t i = 0; i < message->n_field; i++) {
        message->field[i]->has_proto3_optional = 0;
        message->field[i]->proto3_optional = 0;
    }
    for (size_t i = 0; i < message->n_nested_type; i++)
        strip_message(message->nested_type[i]);
}

static void strip(file_set *set, const char *path)
{
    for (size_t i = 0; i < set->n_file; i++) {
        for (size_t j = 0; j < set->file[i]->n_message_type; j++)
            strip_message(set->file[i]->message_type[j]);
    }
    size_t len = google__protobuf__file_descriptor_set__get_packed_size(set);
    unsigned char *data = check_memory(malloc(len + 1));
    google__protobuf__file_descriptor_set__pack(set, data);
    FILE *out = open_output(path);
    fwrite(data, 1, len, out);
    close_output(out, path);
    free(data);
}

/* Keep the name @scope.@name (@name alone if there is no scope), and return it. */
static const char *names_add(struct names *names, const char *scope, const char *name)
{
    if (names->n == names->cap) {
        names->cap = names->cap ? names->cap * 2 : 64;
        names->list = check_memory(realloc(names->list, names->cap * sizeof(*names->list)));
    }
    size_t size = strlen(scope) + strlen(name) + 2;
    char *full = check_memory(malloc(size));
    snprintf(full, size, "%s%s%s", scope, *scope ? "." : "", name);
    names->list[names->n++] = full;
    return full;
}

static void names_release(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
}

static int names_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_message(struct names *names, const char *scope, const message_proto *message)
{
    const char *full = names_add(names, scope, message->name);
    for (size_t i = 0; i < message->n_nested_type; i++)
        collect_message(names, full, message->nested_type[i]);
}

static void collect(const file_set *set, struct names *messages, struct names *services)
{
    for (size_t i = 0; i < set->n_file; i++) {
        const file_proto *file = set->file[i];
        const char *package = file->package ? file->package : "";
        for (size_t j = 0; j < file->n_message_type; j++)
            collect_message(messages, package, file->message_type[j]);
        for (size_t j = 0; j < file->n_service; j++)
            names_add(services, package, file->service[j]->name);
    }
    if (messages->n > 0)
        qsort(messages->list, messages->n, sizeof(*messages->list), names_compare);
}

/* Write the name that protoc-c gives the descriptor of @full_name: its parts joined by two
 * underscores, and in each one underscore before a capital that follows no other capital. */
static void print_symbol(FILE *out, const char *full_name)
{
    int was_upper = 1;
    for (const char *c = full_name; *c; c++) {
        int is_upper = isupper((unsigned char)*c);
        if (*c == '.') {
            fputs("__", out);
            was_upper = 1;
            continue;
        }
        if (is_upper && !was_upper)
            fputc('_', out);
        fputc(tolower((unsigned char)*c), out);
        was_upper = is_upper;
    }
    fputs("__descriptor", out);
}

static void print_table(
    FILE *out, const struct names *names, const char *type, const char *table, const char *count)
{
    for (size_t i = 0; i < names->n; i++) {
        fprintf(out, "extern const %s ", type);
        print_symbol(out, names->list[i]);
        fputs(";\n", out);
    }
    fprintf(out, "\nconst %s *const %s[] = {\n", type, table);
    for (size_t i = 0; i < names->n; i++) {
        fputs("    &", out);
        print_symbol(out, names->list[i]);
        fputs(",\n", out);
    }
    /* ISO C has no empty arrays */
    fprintf(out, "    0,\n};\nconst size_t %s = %zu;\n\n", count, names->n);
}

static void print_bytes(FILE *out, const unsigned char *data, size_t len)
{
    fputs("const uint8_t registry_set[] = {", out);
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%s%u,", i % 24 == 0 ? "\n    " : "", data[i]);
    fprintf(out, "\n    0,\n};\nconst size_t registry_set_len = %zu;\n", len);
}

static void registry(const file_set *set, const unsigned char *data, size_t len, const char *path)
{
    struct names messages = { 0 }, services = { 0 };
    collect(set, &messages, &services);
    FILE *out = open_output(path);
    fputs("/* Written by descgen from the .proto files. */\n#include \"wire/registry.h\"\n\n", out);
    print_table(
        out, &services, "ProtobufCServiceDescriptor", "registry_services", "registry_n_services");
    print_table(
        out, &messages, "ProtobufCMessageDescriptor", "registry_messages", "registry_n_messages");
    print_bytes(out, data, len);
    close_output(out, path);
    names_release(&messages);
    names_release(&services);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        die("usage: descgen strip|registry IN OUT");
    size_t len;
    unsigned char *data = read_whole(argv[2], &len);
    file_set *set = google__protobuf__file_descriptor_set__unpack(NULL, len, data);
    if (!set)
        die("%s: no FileDescriptorSet", argv[2]);
    if (strcmp(argv[1], "strip") == 0)
        strip(set, argv[3]);
    else if (strcmp(argv[1], "registry") == 0)
        registry(set, data, len, argv[3]);
    else
        die("unknown mode %s", argv[1]);
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
    free(data);
    return 0;
}
