#include "service/methods.h"
#include "base/str.h"
#include "service/pgbin.h"

#include <string.h>

#define TEXT_OID 25

static void add32(struct str *out, uint32_t value)
{
    uint8_t bytes[4];

    pgbin_put32(bytes, value);
    str_add(out, bytes, sizeof(bytes));
}

/* Encode the roles' names as PostgreSQL's text[] in binary, once for all calls. */
static int make_roles_array(struct methods *methods, struct method *method, struct err *err)
{
    _cleanup_(str_release) struct str array = { 0 };

    add32(&array, 1); /* dimensions */
    add32(&array, 0); /* no NULLs */
    add32(&array, TEXT_OID);
    add32(&array, (uint32_t)__builtin_popcount(method->roles));
    add32(&array, 1); /* first index */
    for (unsigned role = 0; role < BLOCK_N_ROLES; role++) {
        if (!(method->roles & 1u << role))
            continue;
        add32(&array, (uint32_t)strlen(block_role_name(role)));
        str_addz(&array, block_role_name(role));
    }
    if (array.failed)
        return err_oom(err);
    method->roles_array_len = (int)array.len;
    method->roles_array = arena_memdup(&methods->arena, array.data, array.len);
    return method->roles_array ? 0 : err_oom(err);
}

/* Find the field with this name and type in the request; NULL if there is none. */
static const ProtobufCFieldDescriptor *find_field(
    const struct schema_method *schema, const char *name, ProtobufCType type)
{
    const ProtobufCFieldDescriptor *field
        = protobuf_c_message_descriptor_get_field_by_name(schema->input, name);

    return field && field->type == type && field->label != PROTOBUF_C_LABEL_REPEATED ? field : NULL;
}

static int check_shape(const struct method *method, struct err *err)
{
    const struct block *block = method->parts[0].block;

    if (method->schema->client_streaming && !method->schema->server_streaming)
        return err_set(err, ERR_INVALID,
            "%s:%d: %s streams its request alone; let it stream its answers too", block->file,
            block->line, method->name);
    if (method->writes && !method->request_id)
        return err_set(err, ERR_INVALID, "%s:%d: %s writes, but %s has no string request_id",
            block->file, block->line, method->name, method->schema->input->name);
    if (method->watches && (method->code || !method->is_streamed))
        return err_set(err, ERR_INVALID, "%s:%d: only an answer that streams can watch: %s",
            block->file, block->line, method->name);
    if (method->writes && (method->code || method->is_streamed))
        return err_set(err, ERR_INVALID, "%s:%d: a method of this kind cannot write: %s",
            block->file, block->line, method->name);
    return 0;
}

static int make_parts(struct methods *methods, struct method *method, struct err *err)
{
    size_t n = method->code ? method->code->n_parts : 1;

    method->parts = arena_calloc(&methods->arena, n, sizeof(*method->parts));
    method->n_parts = n;
    if (!method->parts)
        return err_oom(err);
    for (size_t i = 0; i < n; i++) {
        const char *part = method->code ? method->code->parts[i].name : "";
        const struct block *block
            = block_list_find(&methods->blocks, method->name, strlen(method->name), part);
        if (!block)
            return err_set(err, ERR_INVALID, "%s%s%s has no block in daemon/methods", method->name,
                *part ? "#" : "", part);
        method->parts[i].block = block;
        method->roles = block->roles;
        method->writes |= block->writes;
        method->once |= block->once;
        method->audits |= block->audits || block->writes;
        method->watches |= block->watches;
        if (i > 0 && block->roles != method->parts[0].block->roles)
            return err_set(err, ERR_INVALID, "%s:%d: every part of %s needs the same roles",
                block->file, block->line, method->name);
    }
    return 0;
}

static int make_method(struct methods *methods, const struct schema_method *schema,
    struct method *method, struct err *err)
{
    *method = (struct method) {
        .schema = schema,
        .name = schema->full_name,
        .code = code_find(schema->full_name),
        .is_streamed = schema->server_streaming && !schema->client_streaming,
        .is_batched = schema->client_streaming,
        .request_id = find_field(schema, "request_id", PROTOBUF_C_TYPE_STRING),
        .validate_only = find_field(schema, "validate_only", PROTOBUF_C_TYPE_BOOL),
        .rpc = { .path = schema->path,
            .input = schema->input,
            .output = schema->output,
            .client_streaming = schema->client_streaming,
            .server_streaming = schema->server_streaming,
            .data = method },
    };
    int r = make_parts(methods, method, err);
    if (r == 0)
        r = check_shape(method, err);
    return r < 0 ? r : make_roles_array(methods, method, err);
}

/* Refuse blocks that no method of the schema uses: most likely a misspelt name. */
static int check_orphans(const struct methods *methods, struct err *err)
{
    for (size_t i = 0; i < methods->blocks.n_blocks; i++) {
        const struct block *block = &methods->blocks.blocks[i];
        const struct schema_method *schema
            = schema_find_method(block->method, strlen(block->method));
        const struct code_method *code = code_find(block->method);
        bool is_used = schema && !*block->part && !code;
        for (size_t k = 0; code && k < code->n_parts; k++)
            is_used |= str_eq(code->parts[k].name, block->part);
        if (!is_used)
            return err_set(err, ERR_INVALID, "%s:%d: there is no method %s%s%s", block->file,
                block->line, block->method, *block->part ? "#" : "", block->part);
    }
    return 0;
}

/* Methods of other packages (health, reflection) are not ours to carry out. */
static bool is_ours(const struct schema_method *schema)
{
    return str_starts_with(schema->full_name, "canvass.");
}

static bool has_block(const struct methods *methods, const struct schema_method *schema)
{
    for (size_t i = 0; i < methods->blocks.n_blocks; i++)
        if (str_eq(methods->blocks.blocks[i].method, schema->full_name))
            return true;
    return false;
}

int methods_require_all(const struct methods *methods, struct err *err)
{
    for (size_t i = 0; i < schema_n_methods(); i++) {
        const struct schema_method *schema = schema_method(i);
        if (is_ours(schema) && !has_block(methods, schema))
            return err_set(
                err, ERR_INVALID, "%s has no block in daemon/methods", schema->full_name);
    }
    return 0;
}

int methods_init(struct methods *methods, const struct method_file *files, struct err *err)
{
    int r;

    *methods = (struct methods) { 0 };
    if (!schema_get())
        return err_oom(err);
    for (; files->name; files++) {
        r = block_list_parse(&methods->blocks, files->name, files->text, err);
        if (r < 0)
            return r;
    }
    r = check_orphans(methods, err);
    if (r < 0)
        return r;
    methods->methods = arena_calloc(&methods->arena, schema_n_methods(), sizeof(*methods->methods));
    if (!methods->methods)
        return err_oom(err);
    for (size_t i = 0; i < schema_n_methods(); i++) {
        const struct schema_method *schema = schema_method(i);
        if (!is_ours(schema) || !has_block(methods, schema))
            continue;
        r = make_method(methods, schema, &methods->methods[methods->n_methods], err);
        if (r < 0)
            return r;
        methods->n_methods++;
    }
    return 0;
}

const struct method *methods_find(const struct methods *methods, const char *path, size_t len)
{
    size_t low = 0, high = methods->n_methods;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct method *method = &methods->methods[middle];
        size_t path_len = strlen(method->rpc.path);
        int order = memcmp(path, method->rpc.path, MIN(len, path_len));
        if (order == 0 && len == path_len)
            return method;
        if (order < 0 || (order == 0 && len < path_len))
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static void print_roles(unsigned roles, FILE *out)
{
    const char *separator = "";

    for (unsigned role = 0; role < BLOCK_N_ROLES; role++) {
        if (!(roles & 1u << role))
            continue;
        fprintf(out, "%s%s", separator, block_role_name(role));
        separator = ",";
    }
}

void methods_print(const struct methods *methods, FILE *out)
{
    for (size_t i = 0; i < methods->n_methods; i++) {
        const struct method *method = &methods->methods[i];
        fprintf(out, "%s\t", method->name);
        print_roles(method->roles, out);
        fprintf(out, "\t%s%s\t%s:%d\n",
            method->once         ? "write once"
                : method->writes ? "write"
                                 : "read",
            method->code          ? ", code"
                : method->watches ? ", watch"
                                  : "",
            method->parts[0].block->file, method->parts[0].block->line);
    }
}

void methods_release(struct methods *methods)
{
    if (!methods)
        return;
    sql_types_release(&methods->types);
    block_list_release(&methods->blocks);
    arena_release(&methods->arena);
    *methods = (struct methods) { 0 };
}
