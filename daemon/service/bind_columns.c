#include "base/str.h"
#include "db/batch.h"
#include "service/bind.h"
#include "service/bind_internal.h"
#include "service/pgbin.h"
#include "wire/field.h"
#include "wire/json.h"
#include "wire/message.h"

#include <jansson.h>

#define COLUMNS_MAX 100 /* of a block */

/* Where the answer of one call is put together. */
struct filling {
    const struct bind_columns *columns;
    const struct db_result *result;
    size_t row, n_rows;
    struct arena *arena;
    ProtobufCMessage **nodes; /* messages of this row, NULL until a column needs them */
};

static bool is_json(const struct sql_type *type)
{
    return type->kind == SQL_JSONB || type->kind == SQL_JSON;
}

static int value_fault(
    const struct bind_columns *columns, const struct bind_column *column, struct err *err)
{
    char what[sizeof(err->msg)];

    if (!err)
        return ERR_INTERNAL;
    memcpy(what, err->msg, sizeof(what));
    return err_set(
        err, ERR_INTERNAL, "%s: column \"%s\": %.300s", columns->where, column->name, what);
}

/* ---- messages of a row ---- */

/* Add an element to a list whose array, once there, has room for one a row. */
static int append(const struct filling *filling, ProtobufCMessage *message,
    const ProtobufCFieldDescriptor *field, const void *value, struct err *err)
{
    size_t size = field_value_size(field), n = field_count(message, field);
    char *elements = n ? (char *)field_data(message, field)
                       : arena_calloc(filling->arena, filling->n_rows, size);

    if (!elements)
        return err_oom(err);
    memcpy(elements + n * size, value, size);
    field_set_list(message, field, elements, n + 1);
    return 0;
}

/* Make the response, which is node 0. */
static int start(struct filling *filling)
{
    const struct bind_columns *columns = filling->columns;

    filling->nodes = arena_calloc(filling->arena, columns->n_nodes, sizeof(*filling->nodes));
    if (filling->nodes)
        filling->nodes[0] = message_new(columns->output, filling->arena);
    return filling->nodes && filling->nodes[0] ? 0 : ERR_EXHAUSTED;
}

/* Return the message of @node, made at its first use in a row. */
static ProtobufCMessage *get_node(const struct filling *filling, size_t node)
{
    const struct bind_node *at = &filling->columns->nodes[node];

    if (filling->nodes[node])
        return filling->nodes[node];
    ProtobufCMessage *parent = get_node(filling, at->parent);
    ProtobufCMessage *made
        = parent ? message_new(field_message_descriptor(at->field), filling->arena) : NULL;
    if (!made)
        return NULL;
    if (!at->is_row)
        field_set(parent, at->field, &made);
    else if (append(filling, parent, at->field, &made, NULL) < 0)
        return NULL;
    filling->nodes[node] = made;
    return made;
}

/* Forget what belongs to the row that is finished: elements of lists and all below them. */
static void next_row(struct filling *filling)
{
    const struct bind_columns *columns = filling->columns;

    for (size_t i = 1; i < columns->n_nodes; i++) {
        const struct bind_node *node = &columns->nodes[i];
        if (node->is_row || !filling->nodes[node->parent])
            filling->nodes[i] = NULL;
    }
}

/* ---- values ---- */

static int fill_array(const struct filling *filling, const struct bind_column *column,
    ProtobufCMessage *message, const uint8_t *data, size_t len, struct err *err)
{
    const ProtobufCFieldDescriptor *field = column->field;
    size_t size = field_value_size(field), used = 0;
    const uint8_t *end = data + len;

    if (len >= 12 && pgbin_get32(data) == 0)
        return 0;
    if (len < 20 || pgbin_get32(data) != 1)
        return err_set(err, ERR_INTERNAL, "the array has not one dimension");
    size_t n = pgbin_get32(data + 12);
    if (n > (len - 20) / 4)
        return err_set(err, ERR_INTERNAL, "the array is cut short");
    char *elements = arena_calloc(filling->arena, n, size);
    if (!elements)
        return err_oom(err);
    data += 20;
    for (size_t i = 0; i < n; i++) {
        if (end - data < 4)
            return err_set(err, ERR_INTERNAL, "the array is cut short");
        int32_t element_len = (int32_t)pgbin_get32(data);
        data += 4;
        if (element_len < 0)
            continue; /* NULL: not an element */
        if (element_len > end - data)
            return err_set(err, ERR_INTERNAL, "the array is cut short");
        int r = codec_decode(field, column->type->element, column->enum_values, data,
            (size_t)element_len, filling->arena, elements + used * size, err);
        if (r < 0)
            return r;
        used += r > 0;
        data += element_len;
    }
    field_set_list(message, field, elements, used);
    return 0;
}

/* A JSON object that is one element of a list of messages. */
static int append_json(const struct filling *filling, const struct bind_column *column,
    ProtobufCMessage *message, const char *text, size_t len, struct err *err)
{
    ProtobufCMessage *element;
    int r = json_parse(field_message_descriptor(column->field), filling->arena, text, len, JSON_SQL,
        &element, err);

    return r < 0 ? r : append(filling, message, column->field, &element, err);
}

static int fill_json(const struct filling *filling, const struct bind_column *column,
    ProtobufCMessage *message, const uint8_t *data, size_t len, struct err *err)
{
    if (column->type->kind == SQL_JSONB) {
        if (len < 1 || data[0] != PGBIN_JSONB_VERSION)
            return err_set(err, ERR_INTERNAL, "unknown version of jsonb");
        data++;
        len--;
    }
    const char *text = (const char *)data;
    if (field_is_repeated(column->field) && len > 0 && text[0] == '{')
        return append_json(filling, column, message, text, len, err);
    return json_parse_field(message, column->field, filling->arena, text, len, JSON_SQL, err);
}

static int fill_scalar(const struct filling *filling, const struct bind_column *column,
    ProtobufCMessage *message, const uint8_t *data, size_t len, struct err *err)
{
    uint64_t value[2] = { 0 }; /* room for any of field_value_size() */
    int r = codec_decode(
        column->field, column->type, column->enum_values, data, len, filling->arena, value, err);

    if (r <= 0)
        return r;
    if (field_is_repeated(column->field))
        return append(filling, message, column->field, value, err);
    field_set(message, column->field, value);
    return 0;
}

static int fill_column(const struct filling *filling, size_t i, struct err *err)
{
    const struct bind_column *column = &filling->columns->columns[i];
    size_t len;
    const uint8_t *data = db_result_value(filling->result, filling->row, i, &len);

    if (column->is_page_token || !data)
        return 0;
    ProtobufCMessage *message = get_node(filling, column->node);
    if (!message)
        return err_oom(err);
    int r;
    if (is_json(column->type))
        r = fill_json(filling, column, message, data, len, err);
    else if (column->type->kind == SQL_ARRAY)
        r = fill_array(filling, column, message, data, len, err);
    else
        r = fill_scalar(filling, column, message, data, len, err);
    if (r < 0 && r != ERR_EXHAUSTED)
        return value_fault(filling->columns, column, err);
    return r;
}

/* The one column "." holds everything. */
static int fill_whole(
    const struct filling *filling, ProtobufCMessage **ret_message, struct err *err)
{
    const struct bind_columns *columns = filling->columns;
    size_t len;
    const char *data = db_result_value(filling->result, filling->row, 0, &len);
    size_t skip = columns->columns[0].type->kind == SQL_JSONB;

    if (!data || len < skip) {
        *ret_message = message_new(columns->output, filling->arena);
        return *ret_message ? 0 : err_oom(err);
    }
    int r = json_parse(
        columns->output, filling->arena, data + skip, len - skip, JSON_SQL, ret_message, err);
    return r < 0 && r != ERR_EXHAUSTED ? value_fault(columns, &columns->columns[0], err) : r;
}

int bind_columns_message(const struct bind_columns *columns, const struct db_result *result,
    size_t first, size_t n_rows, struct arena *arena, ProtobufCMessage **ret_message,
    struct err *err)
{
    struct filling filling
        = { .columns = columns, .result = result, .n_rows = n_rows, .row = first, .arena = arena };

    if (n_rows > 0 && columns->columns[0].is_whole)
        return fill_whole(&filling, ret_message, err);
    if (start(&filling) < 0)
        return err_oom(err);
    for (; filling.row < first + n_rows; filling.row++) {
        for (size_t i = 0; i < columns->n_columns; i++) {
            int r = fill_column(&filling, i, err);
            if (r < 0)
                return r;
        }
        next_row(&filling);
    }
    *ret_message = filling.nodes[0];
    return 0;
}

/* ---- kept answers ---- */

static const struct bind_column *find_column(const struct bind_columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->n_columns; i++)
        if (str_eq(columns->columns[i].name, name))
            return &columns->columns[i];
    return NULL;
}

static int fill_kept(
    const struct filling *filling, const char *name, const json_t *value, struct err *err)
{
    const struct bind_columns *columns = filling->columns;
    const struct bind_column *column = find_column(columns, name);

    if (!column)
        return err_set(err, ERR_INTERNAL, "%s: the kept answer has another column", columns->where);
    if (json_is_null(value) || column->is_page_token || column->is_whole)
        return 0;
    ProtobufCMessage *message = get_node(filling, column->node);
    if (!message)
        return err_oom(err);
    int r = json_to_field(value, message, column->field, filling->arena, JSON_SQL, err);
    return r < 0 && r != ERR_EXHAUSTED ? value_fault(columns, column, err) : r;
}

static void decref(json_t **value)
{
    json_decref(*value);
}

int bind_columns_kept(const struct bind_columns *columns, const char *json, size_t len,
    struct arena *arena, ProtobufCMessage **ret_message, struct err *err)
{
    struct filling filling = { .columns = columns, .n_rows = 1, .arena = arena };
    _cleanup_(decref) json_t *object = json_loadb(json, len, JSON_DECODE_ANY, NULL);
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return err_set(err, ERR_INTERNAL, "%s: the kept answer is no object", columns->where);
    if (columns->columns[0].is_whole
        && !json_is_null(json_object_get(object, columns->columns[0].name)))
        return json_to_message(json_object_get(object, columns->columns[0].name), columns->output,
            arena, JSON_SQL, ret_message, err);
    if (start(&filling) < 0)
        return err_oom(err);
    json_object_foreach(object, name, value)
    {
        int r = fill_kept(&filling, name, value, err);
        if (r < 0)
            return r;
    }
    *ret_message = filling.nodes[0];
    return 0;
}

/* ---- compiling ---- */

struct compiler {
    struct bind_columns *columns;
    const struct block *block;
    const struct sql_types *types;
    struct arena *arena;
    struct bind_node *nodes; /* room for every step of every column */
    bool streams;
};

static int column_fault(
    const struct compiler *compiler, const char *name, const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s:%d: column \"%s\" %s", compiler->block->file,
        compiler->block->line, name, what);
}

/* Find or add the message that @field of @parent holds. */
static size_t add_node(
    struct compiler *compiler, size_t parent, const ProtobufCFieldDescriptor *field)
{
    struct bind_columns *columns = compiler->columns;

    for (size_t i = 1; i < columns->n_nodes; i++)
        if (compiler->nodes[i].parent == parent && compiler->nodes[i].field == field)
            return i;
    compiler->nodes[columns->n_nodes] = (struct bind_node) {
        .parent = parent, .field = field, .is_row = field_is_repeated(field)
    };
    return columns->n_nodes++;
}

static bool field_fits(const ProtobufCFieldDescriptor *field, const struct sql_type *type)
{
    if (is_json(type))
        return field_is_repeated(field) || codec_can_read(field, type);
    if (type->kind != SQL_ARRAY)
        return codec_can_read(field, type);
    return field_is_repeated(field) && type->element && codec_can_read(field, type->element);
}

static int compile_field(struct compiler *compiler, struct bind_column *column,
    const ProtobufCFieldDescriptor *field, struct err *err)
{
    const struct sql_type *type
        = column->type->kind == SQL_ARRAY ? column->type->element : column->type;

    column->field = field;
    if (!field_fits(field, column->type))
        return err_set(err, ERR_INVALID,
            "%s:%d: column \"%s\" has type %s, but the field is %s%s (cast it in the statement)",
            compiler->block->file, compiler->block->line, column->name, column->type->name,
            field_is_repeated(field) ? "a list; each is " : "", codec_field_name(field));
    if (field->type != PROTOBUF_C_TYPE_ENUM || type->kind != SQL_ENUM)
        return 0;
    struct err inner = { 0 };
    int r = codec_enum_values(field, type, compiler->arena, &column->enum_values, &inner);
    return r < 0 ? column_fault(compiler, column->name, inner.msg, err) : 0;
}

static int compile_path(struct compiler *compiler, struct bind_column *column, struct err *err)
{
    const ProtobufCFieldDescriptor *steps[BIND_STEPS_MAX];
    int n = field_find_path(compiler->columns->output, column->name, BIND_STEPS_MAX, steps, NULL);
    size_t n_lists = 0;

    if (n < 0)
        return err_set(err, ERR_INVALID, "%s:%d: column \"%s\" is no field of %s",
            compiler->block->file, compiler->block->line, column->name,
            compiler->columns->output->name);
    for (int i = 0; i + 1 < n; i++) {
        n_lists += field_is_repeated(steps[i]);
        column->node = add_node(compiler, column->node, steps[i]);
    }
    if (n_lists > 1)
        return column_fault(compiler, column->name, "goes through two lists: use jsonb", err);
    if (n_lists > 0 && (compiler->streams || compiler->block->writes))
        return column_fault(compiler, column->name,
            "goes through a list, but this answer has one row: use jsonb", err);
    if (n_lists == 0 && !field_is_repeated(steps[n - 1]))
        compiler->columns->is_list = false;
    return compile_field(compiler, column, steps[n - 1], err);
}

static int compile_token(
    struct compiler *compiler, struct bind_column *column, size_t i, struct err *err)
{
    struct bind_columns *columns = compiler->columns;

    if (column->type->kind != SQL_TEXT)
        return column_fault(compiler, column->name, "must be text", err);
    column->is_page_token = true;
    columns->token_column = (int)i;
    columns->token_field
        = protobuf_c_message_descriptor_get_field_by_name(columns->output, column->name);
    return 0;
}

static int compile_column(struct compiler *compiler, struct bind_column *column, size_t i,
    size_t n_described, struct err *err)
{
    if (str_eq(column->name, "next_page_token"))
        return compile_token(compiler, column, i, err);
    if (str_eq(column->name, ".")) {
        column->is_whole = true;
        compiler->columns->is_list = false;
        if (n_described != 1 || !is_json(column->type))
            return column_fault(compiler, ".", "must be the only one, of type jsonb", err);
        return 0;
    }
    return compile_path(compiler, column, err);
}

static int compile_all(struct compiler *compiler, const struct bind_described *described, size_t n,
    struct bind_column *made, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        made[i].name = arena_strdup(compiler->arena, described[i].name);
        if (!made[i].name)
            return err_oom(err);
        made[i].type = sql_types_find(compiler->types, described[i].oid);
        for (size_t k = 0; k < i; k++)
            if (str_eq(made[k].name, made[i].name))
                return column_fault(compiler, made[i].name, "stands there twice", err);
        if (!made[i].type)
            return column_fault(compiler, made[i].name, "has a type that is not known here", err);
        int r = compile_column(compiler, &made[i], i, n, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int bind_columns_init(struct bind_columns *columns, const struct block *block,
    const ProtobufCMessageDescriptor *output, bool streams, const struct bind_described *described,
    size_t n_described, const struct sql_types *types, struct arena *arena, struct err *err)
{
    struct compiler compiler = {
        .columns = columns, .block = block, .types = types, .arena = arena, .streams = streams
    };
    struct bind_column *made = arena_calloc(arena, n_described, sizeof(*made));

    *columns = (struct bind_columns) { .output = output,
        .n_nodes = 1,
        .token_column = -1,
        .n_columns = n_described,
        .columns = made,
        .is_list = !streams };
    columns->where = arena_printf(arena, "%s:%d", block->file, block->line);
    compiler.nodes = arena_calloc(arena, n_described * BIND_STEPS_MAX + 1, sizeof(*compiler.nodes));
    columns->nodes = compiler.nodes;
    if (!made || !columns->where || !compiler.nodes)
        return err_oom(err);
    if (n_described == 0 || n_described > COLUMNS_MAX)
        return err_set(err, ERR_INVALID, "%s: a statement answers 1 to %d columns, this one %zu",
            columns->where, COLUMNS_MAX, n_described);
    return compile_all(&compiler, described, n_described, made, err);
}
