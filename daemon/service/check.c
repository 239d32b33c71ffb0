#include "service/check.h"
#include "base/str.h"
#include "db/describe.h"
#include "service/follower.h"
#include "service/loader.h"
#include "service/statements.h"
#include "service/watch.h"

struct checker {
    struct db_describer *describer;
    struct methods *methods;
    check_fault_fn *on_fault;
    void *arg;
    size_t n_faults;
};

/* ---- reading the catalogue ---- */

static const char *cell(const struct db_result *rows, size_t row, size_t column)
{
    size_t len;

    return db_result_value(rows, row, column, &len);
}

static int read_types(const struct checker *checker, struct err *err)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int r = db_query_simple(checker->describer, SQL_TYPES_QUERY, &rows, err);

    if (r < 0)
        return r;
    const struct db_result *result = db_rows_result(rows);
    for (size_t row = 0; row < db_result_n_rows(result); row++) {
        const char *columns[6];
        for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
            columns[i] = cell(result, row, i);
        r = sql_types_add(&checker->methods->types, columns, err);
        if (r < 0)
            return r;
    }
    sql_types_finish(&checker->methods->types);
    return 0;
}

static int read_sentences(struct checker *checker, struct error_book *book, struct err *err)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int r = db_query_simple(checker->describer, ERROR_BOOK_QUERY, &rows, err);

    if (r < 0)
        return r;
    const struct db_result *result = db_rows_result(rows);
    for (size_t row = 0; row < db_result_n_rows(result); row++) {
        const char *columns[3];
        struct err fault = { 0 };
        for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
            columns[i] = cell(result, row, i);
        r = error_book_add(book, columns, &fault);
        if (r == ERR_INVALID) {
            checker->n_faults++;
            checker->on_fault(&fault, checker->arg);
        } else if (r < 0) {
            *err = fault;
            return r;
        }
    }
    error_book_finish(book);
    return 0;
}

/* The schema must have every change that this build was made with; more is welcome as long as the
 * statements still fit. */
static int check_schema(const struct checker *checker, const char *change, struct err *err)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    _cleanup_(str_release) struct str sql = { 0 };

    if (!*change)
        return 0;
    str_addf(&sql, "SELECT 1 FROM sqitch.changes WHERE change = '%s'", change);
    if (sql.failed)
        return err_oom(err);
    int r = db_query_simple(checker->describer, sql.data, &rows, err);
    if (r == ERR_UNAVAILABLE || r == ERR_EXHAUSTED)
        return r;
    if (r < 0 || db_result_n_rows(db_rows_result(rows)) == 0)
        return err_set(err, ERR_PRECONDITION,
            "the database lacks the schema change \"%s\": run sqitch deploy in migrations/ first",
            change);
    return 0;
}

/* ---- statements ---- */

/* Return the line of the file in which character @position of the block's SQL stands. */
static int line_of(const struct block *block, int position)
{
    int line = block->line + 1;

    for (const char *p = block->sql; *p && position > 1; p++) {
        line += *p == '\n';
        position -= (*p & 0xC0) != 0x80;
    }
    return line;
}

static int describe(const struct checker *checker, const struct block *block, const char *sql,
    const uint32_t *oids, size_t n_oids, struct db_shape *ret_shape, struct err *err)
{
    struct err inner = { 0 };
    int position = 0;
    int r = db_describe(checker->describer, sql, oids, n_oids, ret_shape, &position, &inner);

    if (r == 0)
        return 0;
    if (r == ERR_UNAVAILABLE || r == ERR_EXHAUSTED)
        *err = inner;
    else
        err_set(err, ERR_INVALID, "%s:%d: %.400s", block->file,
            sql == block->sql ? line_of(block, position) : block->line, inner.msg);
    return err->code;
}

static int set_statement(struct methods *methods, struct db_statement *statement, const char *name,
    const char *sql, const struct db_shape *shape, struct err *err)
{
    uint32_t *oids
        = arena_memdup(&methods->arena, shape->param_oids, shape->n_params * sizeof(*oids));

    *statement = (struct db_statement) {
        .name = name, .sql = sql, .n_params = shape->n_params, .param_oids = oids
    };
    return oids ? 0 : err_oom(err);
}

/* Find each column of the code's table among those of the statement. */
static int map_code(struct methods *methods, const struct code_part *code, struct method_part *part,
    const struct db_shape *shape, struct err *err)
{
    int *map = arena_calloc(&methods->arena, code->n_columns, sizeof(*map));

    part->code_map = map;
    if (!map)
        return err_oom(err);
    for (size_t i = 0; i < code->n_columns; i++) {
        const struct sql_type *type = NULL;
        for (size_t k = 0; k < shape->n_columns; k++)
            if (str_eq(shape->columns[k].name, code->columns[i].name)) {
                map[i] = (int)k;
                type = sql_types_find(&methods->types, shape->columns[k].oid);
            }
        enum sql_kind wanted = code->columns[i].kind;
        if (!type || (type->kind != wanted && !(wanted == SQL_TEXT && type->kind == SQL_ENUM)))
            return err_set(err, ERR_INVALID, "%s:%d: column \"%s\" %s", part->block->file,
                part->block->line, code->columns[i].name,
                type ? "has another type than the code expects" : "is missing");
    }
    return 0;
}

static int bind_columns(struct methods *methods, const struct method *method,
    struct method_part *part, const struct db_shape *shape, struct err *err)
{
    struct bind_described described[128];
    size_t n = MIN(shape->n_columns, ARRAY_SIZE(described));

    for (size_t i = 0; i < n; i++)
        described[i] = (struct bind_described) { shape->columns[i].name, shape->columns[i].oid };
    int r = bind_columns_init(&part->columns, part->block, method->rpc.output, method->is_streamed,
        described, n, &methods->types, &methods->arena, err);
    if (r == 0 && method->is_streamed && part->params.has_pages && part->columns.token_column < 0)
        r = err_set(err, ERR_INVALID,
            "%s:%d: a streamed answer with :page_size needs the column next_page_token",
            part->block->file, part->block->line);
    return r;
}

int check_bind_part(struct methods *methods, struct method *method, size_t i,
    const struct db_shape *shape, struct err *err)
{
    struct method_part *part = &method->parts[i];
    const struct block *block = part->block;
    int r;

    if (shape->n_params != block->n_params)
        return err_set(err, ERR_INVALID, "%s:%d: the server counts %zu parameters, this build %zu",
            block->file, block->line, shape->n_params, block->n_params);
    r = set_statement(methods, &part->statement, method->name, block->sql, shape, err);
    if (r == 0)
        r = bind_params_init(&part->params, block, method->rpc.input, method->is_streamed,
            part->statement.param_oids, &methods->types, &methods->arena, err);
    if (r == 0 && part->params.has_found && !(method->code && i >= method->code->n_first))
        r = err_set(err, ERR_INVALID,
            "%s:%d: parameter :found is for the parts of code that come after it has looked",
            block->file, block->line);
    if (r < 0)
        return r;
    return method->code ? map_code(methods, &method->code->parts[i], part, shape, err)
                        : bind_columns(methods, method, part, shape, err);
}

int check_wrap_kept(struct methods *methods, struct method *method, struct err *err)
{
    const struct method_part *part = &method->parts[0];
    size_t n = part->statement.n_params;
    uint32_t *oids = arena_calloc(&methods->arena, n + 1, sizeof(*oids));
    char *sql = arena_printf(&methods->arena, STATEMENT_KEEP_FORMAT, n + 1, part->block->sql);

    if (!sql || !oids)
        return err_oom(err);
    if (n > 0)
        memcpy(oids, part->statement.param_oids, n * sizeof(*oids));
    oids[n] = STATEMENT_UUID_OID;
    method->kept = (struct db_statement) {
        .name = method->name, .sql = sql, .n_params = n + 1, .param_oids = oids
    };
    return 0;
}

static int compile_part(
    const struct checker *checker, struct method *method, size_t i, struct err *err)
{
    _cleanup_(db_shape_release) struct db_shape shape = { 0 };
    const struct block *block = method->parts[i].block;
    int r = describe(checker, block, block->sql, NULL, 0, &shape, err);

    return r < 0 ? r : check_bind_part(checker->methods, method, i, &shape, err);
}

/* Wrap the block so that its answer is kept, and see that the server takes it. */
static int compile_kept(const struct checker *checker, struct method *method, struct err *err)
{
    _cleanup_(db_shape_release) struct db_shape shape = { 0 };
    int r = check_wrap_kept(checker->methods, method, err);

    return r < 0 ? r
                 : describe(checker, method->parts[0].block, method->kept.sql,
                     method->kept.param_oids, method->kept.n_params, &shape, err);
}

static int compile_method(const struct checker *checker, struct method *method, struct err *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < method->n_parts; i++)
        r = compile_part(checker, method, i, err);
    if (r == 0 && method->writes && !method->once)
        r = compile_kept(checker, method, err);
    return r;
}

/* Tell a fault and go on, so that one run shows all. Other errors end the check. */
static int note(struct checker *checker, int r, const struct err *fault, struct err *err)
{
    if (r == ERR_UNAVAILABLE || r == ERR_EXHAUSTED) {
        *err = *fault;
        return r;
    }
    if (r < 0) {
        checker->n_faults++;
        checker->on_fault(fault, checker->arg);
    }
    return 0;
}

static int check_statements(
    struct checker *checker, const struct db_statement *const *list, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        _cleanup_(db_shape_release) struct db_shape shape = { 0 };
        struct err fault = { 0 };
        int r = db_describe(checker->describer, list[i]->sql, list[i]->param_oids,
            list[i]->n_params, &shape, NULL, &fault);
        r = note(checker, r, &fault, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Those that no method brings. */
static int check_all_statements(struct checker *checker, struct err *err)
{
    const struct {
        const struct db_statement *const *list;
        size_t n;
    } lists[] = {
        { statements, n_statements },
        { follower_statements, follower_n_statements },
        { loader_statements, loader_n_statements },
        { watch_statements, watch_n_statements },
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lists); i++)
        r = check_statements(checker, lists[i].list, lists[i].n, err);
    return r;
}

static int compile_all(struct checker *checker, struct err *err)
{
    for (size_t i = 0; i < checker->methods->n_methods; i++) {
        struct err fault = { 0 };
        int r = compile_method(checker, &checker->methods->methods[i], &fault);
        r = note(checker, r, &fault, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int check_run(const struct check_options *options, struct methods *methods, struct error_book *book,
    check_fault_fn *on_fault, void *arg, struct err *err)
{
    _cleanup_(db_describer_closep) struct db_describer *describer = NULL;
    struct checker checker = { .methods = methods, .on_fault = on_fault, .arg = arg };
    int r = db_describer_open(options->conninfo, options->connect_timeout_usec, &describer, err);

    checker.describer = describer;
    if (r == 0)
        r = check_schema(&checker, options->schema_change, err);
    if (r == 0)
        r = read_types(&checker, err);
    if (r == 0)
        r = read_sentences(&checker, book, err);
    if (r == 0)
        r = check_all_statements(&checker, err);
    if (r == 0)
        r = compile_all(&checker, err);
    if (r < 0)
        return r;
    if (checker.n_faults > 0)
        return err_set(err, ERR_INVALID, "%zu faults: this build and this database do not fit",
            checker.n_faults);
    return 0;
}
