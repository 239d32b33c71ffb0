#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/loop.h"
#include "base/str.h"
#include "base/uuid.h"
#include "service/engine.h"
#include "service/errors.h"
#include "service/statements.h"
#include "unit/service/fake_call.h"
#include "unit/service/fake_db.h"
#include "unit/service/tables.h"

#include "canvass/v1/account.pb-c.h"
#include "canvass/v1/employer.pb-c.h"

#include <sodium.h>
#include <string.h>

#define TOKEN "Bearer cvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define REQUEST_ID "0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e47"
#define PATH(name) "/canvass.v1." name
#define EMPLOYER_ID "0190a6f0-5f3e-7c31-9a52-3b1d8f6c0001"

static const struct method_file files[] = {
    { "t.sql",
        "-- canvass.v1.EmployerService/GetEmployer roles: specialist lead\n"
        "SELECT :employer_id;\n"
        "-- canvass.v1.EmployerService/CreateEmployer roles: lead writes\n"
        "SELECT :request;\n"
        "-- canvass.v1.AccountService/IssueToken roles: anyone once\n"
        "SELECT :request;\n"
        "-- canvass.v1.EmployerService/SearchEmployers roles: anyone\n"
        "SELECT :page_size, :page_token;\n"
        "-- canvass.v1.EmployerService/ExportEmployers roles: anyone\n"
        "SELECT :page_size, :page_token;\n"
        "-- canvass.v1.EmployerService/ImportEmployers roles: anyone writes\n"
        "SELECT :request;\n"
        "-- canvass.v1.CalendarService/ListEvents roles: specialist\n"
        "SELECT :from;\n" },
    { NULL, NULL },
};

struct fixture {
    struct loop *loop;
    struct methods methods;
    struct error_book errors;
    struct engine *engine;
    struct call call;
};

static void bind_all(struct methods *methods)
{
    static const uint32_t uuid[] = { UUID_OID }, jsonb[] = { JSONB_OID };
    static const uint32_t page[] = { INT4_OID, TEXT_OID };
    static const struct tables_column name[] = { { "employer.name", TEXT_OID } };
    static const struct tables_column whole[] = { { ".", JSONB_OID } };
    static const struct tables_column hits[]
        = { { "employers.name", TEXT_OID }, { "next_page_token", TEXT_OID } };
    static const struct tables_column exported[]
        = { { "employer.name", TEXT_OID }, { "next_page_token", TEXT_OID } };
    static const uint32_t date[] = { DATE_OID };
    static const struct tables_column events[] = { { "events.title", TEXT_OID } };
    static const struct tables_column secret[] = { { "secret", TEXT_OID } };
    struct err err = { 0 };
    int r = 0;

    r |= tables_bind(methods, "canvass.v1.EmployerService/GetEmployer", uuid, 1, name, 1, &err);
    r |= tables_bind(
        methods, "canvass.v1.EmployerService/CreateEmployer", jsonb, 1, whole, 1, &err);
    r |= tables_bind(methods, "canvass.v1.AccountService/IssueToken", jsonb, 1, secret, 1, &err);
    r |= tables_bind(methods, "canvass.v1.EmployerService/SearchEmployers", page, 2, hits, 2, &err);
    r |= tables_bind(
        methods, "canvass.v1.EmployerService/ExportEmployers", page, 2, exported, 2, &err);
    r |= tables_bind(
        methods, "canvass.v1.EmployerService/ImportEmployers", jsonb, 1, whole, 1, &err);
    r |= tables_bind(methods, "canvass.v1.CalendarService/ListEvents", date, 1, events, 1, &err);
    if (r != 0)
        fail_msg("%s", err.msg);
}

static int setup(void **state)
{
    static const char *const sentence[]
        = { "employer", "name_length", "employer.name: Give the employer a name." };
    struct fixture *f = calloc(1, sizeof(*f));
    struct err err = { 0 };

    assert_non_null(f);
    assert_int_equal(loop_new(&f->loop, &err), 0);
    if (methods_init(&f->methods, files, &err) < 0)
        fail_msg("%s", err.msg);
    tables_types(&f->methods.types);
    bind_all(&f->methods);
    assert_int_equal(error_book_add(&f->errors, sentence, &err), 0);
    error_book_finish(&f->errors);
    struct engine_options options
        = { .loop = f->loop, .methods = &f->methods, .errors = &f->errors };
    assert_int_equal(engine_new(&options, &f->engine, &err), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fake_db_reset();
    engine_free(f->engine);
    error_book_release(&f->errors);
    methods_release(&f->methods);
    loop_free(f->loop);
    free(f);
    return 0;
}

/* ---- requests ---- */

static struct call *open_call(struct fixture *f, const char *path)
{
    fake_call_open(&f->call, &engine_handler, f->engine, path, TOKEN);
    return &f->call;
}

static struct call *get(struct fixture *f, const char *id)
{
    Canvass__V1__GetEmployerRequest request = CANVASS__V1__GET_EMPLOYER_REQUEST__INIT;
    struct call *call = open_call(f, PATH("EmployerService/GetEmployer"));

    request.employer_id = (char *)id;
    fake_call_message(call, &request.base);
    fake_call_half_close(call);
    return call;
}

static struct call *create(struct fixture *f, const char *request_id, bool validate_only)
{
    Canvass__V1__CreateEmployerRequest request = CANVASS__V1__CREATE_EMPLOYER_REQUEST__INIT;
    struct call *call = open_call(f, PATH("EmployerService/CreateEmployer"));

    request.request_id = (char *)request_id;
    request.validate_only = validate_only;
    fake_call_message(call, &request.base);
    fake_call_half_close(call);
    return call;
}

static void import_rows(struct call *call, const char *request_id)
{
    Canvass__V1__ImportEmployersRequest request = CANVASS__V1__IMPORT_EMPLOYERS_REQUEST__INIT;

    request.request_id = (char *)request_id;
    fake_call_message(call, &request.base);
}

static const struct db_result *kept(void)
{
    static const char json[] = "\1{\".\":{\"employer\":{\"name\":\"Pret\"}}}";
    static const struct fake_cell cell = { json, sizeof(json) - 1 };
    static const struct db_result result = { 1, 1, &cell };

    return &result;
}

static void check_finished(struct call *call, enum grpc_status status)
{
    if (!call->is_finished || call->status != status)
        fail_msg("finished %d with %s: %s", call->is_finished, grpc_status_name(call->status),
            call->err.msg);
    fake_call_close(call);
}

static void check_answered(struct call *call, const char *name)
{
    assert_int_equal(call->n_sent, 1);
    const Canvass__V1__GetEmployerResponse *answer
        = (const Canvass__V1__GetEmployerResponse *)call->sent[0];
    assert_string_equal(answer->employer->name, name); /* CreateEmployerResponse begins so too */
    check_finished(call, GRPC_OK);
}

/* ---- callers and reads ---- */

static void test_engine__names_the_caller_before_the_statement(void **state)
{
    struct fixture *f = *state;
    struct call *call = get(f, EMPLOYER_ID);
    struct db_batch *batch = fake_db_take();
    uint8_t hash[32];

    crypto_hash_sha256(hash, (const uint8_t *)TOKEN + 7, 47);
    assert_int_equal(batch->kind, DB_READ);
    assert_ptr_equal(batch->preamble.statement, &statement_enter);
    assert_memory_equal(batch->preamble.values[0].data, hash, sizeof(hash));
    assert_memory_equal((const char *)batch->preamble.values[1].data + 24, "specialist", 10);
    assert_string_equal(batch->preamble.values[2].data, "canvass.v1.EmployerService/GetEmployer");
    assert_null(batch->preamble.values[3].data);
    assert_null(batch->preamble.values[4].data);
    assert_int_equal(batch->n_statements, 1);
    assert_string_equal(batch->statements[0].statement->sql, "SELECT $1");
    assert_int_equal(batch->statements[0].values[0].len, 16);
    fake_db_answer(batch, FAKE_ROWS(1, 1, TEXT("Pret")));
    check_answered(call, "Pret");
}

static void test_engine__sends_nothing_for_a_malformed_token(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = { NULL, "", "cvt_x", "Basic abc", "Bearer ", "Bearer cvt_x",
        TOKEN "A", "Bearer xvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer cvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        fake_call_open(
            &f->call, &engine_handler, f->engine, PATH("EmployerService/GetEmployer"), bad[i]);
        check_finished(&f->call, GRPC_UNAUTHENTICATED);
        assert_int_equal(fake_db_n_waiting(), 0);
    }
}

static void test_engine__sends_nothing_for_bad_bytes(void **state)
{
    struct fixture *f = *state;
    struct call *call = open_call(f, PATH("EmployerService/GetEmployer"));

    engine_handler.on_message(call, f->engine, (const uint8_t *)"\x0a\x02\xff\xfe", 4);
    check_finished(call, GRPC_INVALID_ARGUMENT);
    assert_int_equal(fake_db_n_waiting(), 0);
}

static void test_engine__sends_nothing_for_a_bad_field(void **state)
{
    struct fixture *f = *state;
    struct call *call = get(f, "17");

    assert_string_equal(call->err.field, "employer_id");
    check_finished(call, GRPC_INVALID_ARGUMENT);
}

static void test_engine__knows_its_methods_alone(void **state)
{
    struct fixture *f = *state;
    static const char *const paths[] = { "", "/", "/canvass.v1.EmployerService/GetEmploye",
        "/canvass.v1.EmployerService/GetEmployerX", "canvass.v1.EmployerService/GetEmployer" };

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        assert_null(engine_handler.find(f->engine, paths[i], strlen(paths[i])));
    for (size_t i = 0; i < f->methods.n_methods; i++) {
        const struct rpc_method *rpc = &f->methods.methods[i].rpc;
        assert_ptr_equal(engine_handler.find(f->engine, rpc->path, strlen(rpc->path)), rpc);
    }
}

static void test_engine__answers_not_found_for_no_row(void **state)
{
    struct fixture *f = *state;
    struct call *call = get(f, EMPLOYER_ID);

    fake_db_answer(fake_db_take(), FAKE_NO_ROWS(1));
    assert_non_null(strstr(call->err.msg, "employer"));
    check_finished(call, GRPC_NOT_FOUND);
}

static void test_engine__hides_faults_of_ours(void **state)
{
    struct fixture *f = *state;
    struct call *call = get(f, EMPLOYER_ID);

    fake_db_answer(fake_db_take(), FAKE_ROWS(1, 2, TEXT("one"), TEXT("two")));
    assert_non_null(strstr(call->err.msg, "0000000000001234"));
    assert_null(strstr(call->err.msg, "t.sql"));
    check_finished(call, GRPC_INTERNAL);
}

static void test_engine__hands_on_the_deadline(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__GetEmployerRequest request = CANVASS__V1__GET_EMPLOYER_REQUEST__INIT;
    struct call *call = open_call(f, PATH("EmployerService/GetEmployer"));

    call->deadline_usec = 4711;
    fake_call_message(call, &request.base);
    fake_call_half_close(call);
    struct db_batch *batch = fake_db_take();
    assert_int_equal(batch->deadline_usec, 4711);
    fake_db_lose(batch, ERR_TIMEOUT, "too late");
    check_finished(call, GRPC_DEADLINE_EXCEEDED);
}

static void test_engine__takes_its_batch_back_when_the_call_closes(void **state)
{
    struct fixture *f = *state;
    struct call *call = get(f, EMPLOYER_ID);

    assert_int_equal(fake_db_n_waiting(), 1);
    fake_call_close(call);
    assert_int_equal(fake_db_n_waiting(), 0);
}

static void test_engine__says_that_the_database_is_away(void **state)
{
    struct fixture *f = *state;
    struct call *call = get(f, EMPLOYER_ID);

    fake_db_lose(fake_db_take(), ERR_UNAVAILABLE, "repeat it with the same request_id");
    assert_string_equal(call->err.msg, "repeat it with the same request_id");
    assert_true(call->details.retry_usec > 0);
    check_finished(call, GRPC_UNAVAILABLE);
}

/* ---- writes ---- */

static void test_engine__write_needs_a_request_id(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = { "", "17", "0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e4" };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct call *call = create(f, bad[i], false);
        assert_string_equal(call->err.field, "request_id");
        check_finished(call, GRPC_INVALID_ARGUMENT);
    }
}

static void test_engine__write_keeps_its_answer(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    struct db_batch *batch = fake_db_take();
    struct uuid id;

    assert_int_equal(uuid_parse(REQUEST_ID, 36, &id), 0);
    assert_int_equal(batch->kind, DB_WRITE);
    assert_memory_equal(batch->preamble.values[3].data, id.bytes, 16);
    assert_int_equal(batch->preamble.values[4].len, 32);
    assert_int_equal(batch->n_statements, 2);
    assert_true(str_starts_with(batch->statements[0].statement->sql, "SELECT canvass.keep($2, "));
    assert_memory_equal(batch->statements[0].values[1].data, id.bytes, 16);
    assert_string_equal(batch->statements[1].statement->name, "audit_note");
    assert_memory_equal(batch->statements[1].values[1].data, id.bytes, 16);
    fake_db_answer(batch, kept());
    check_answered(call, "Pret");
}

static void test_engine__body_hash_is_of_the_bytes(void **state)
{
    struct fixture *f = *state;
    uint8_t hashes[3][32];
    static const char *const ids[]
        = { REQUEST_ID, REQUEST_ID, "0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e48" };

    for (size_t i = 0; i < 3; i++) {
        struct call *call = create(f, ids[i], false);
        struct db_batch *batch = fake_db_take();
        memcpy(hashes[i], batch->preamble.values[4].data, 32);
        fake_db_answer(batch, kept());
        fake_call_close(call);
    }
    assert_memory_equal(hashes[0], hashes[1], 32);
    assert_memory_not_equal(hashes[0], hashes[2], 32);
}

static void test_engine__repeat_is_answered_by_replay(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    static const struct db_sql_error done = { .sqlstate = "CV100", .message = "kept" };

    fake_db_fail(fake_db_take(), &done, NULL, 0);
    assert_false(call->is_finished);
    struct db_batch *batch = fake_db_take();
    assert_int_equal(batch->kind, DB_WRITE);
    assert_null(batch->preamble.values[3].data);
    assert_int_equal(batch->n_statements, 1);
    assert_ptr_equal(batch->statements[0].statement, &statement_replay);
    fake_db_answer(batch, kept());
    check_answered(call, "Pret");
}

static void test_engine__replay_does_not_loop(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    static const struct db_sql_error done = { .sqlstate = "CV100", .message = "kept" };

    fake_db_fail(fake_db_take(), &done, NULL, 0);
    fake_db_fail(fake_db_take(), &done, NULL, 0);
    check_finished(call, GRPC_INTERNAL);
}

static void test_engine__validate_only_answers_without_keeping(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, true);
    struct db_batch *batch = fake_db_take();
    static const struct db_sql_error checked = { .sqlstate = "CV101", .message = "checked" };
    const struct db_result *row = FAKE_ROWS(1, 1, TEXT("\1{\"employer\":{\"name\":\"Pret\"}}"));

    assert_int_equal(batch->kind, DB_WRITE);
    assert_null(batch->preamble.values[3].data);
    assert_int_equal(batch->n_statements, 2);
    assert_null(strstr(batch->statements[0].statement->sql, "keep"));
    assert_ptr_equal(batch->statements[1].statement, &statement_check_only);
    fake_db_fail(batch, &checked, &row, 1);
    check_answered(call, "Pret");
}

static void test_engine__once_is_not_kept(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__IssueTokenRequest request = CANVASS__V1__ISSUE_TOKEN_REQUEST__INIT;
    struct call *call = open_call(f, PATH("AccountService/IssueToken"));

    request.request_id = (char *)REQUEST_ID;
    fake_call_message(call, &request.base);
    fake_call_half_close(call);
    struct db_batch *batch = fake_db_take();
    assert_int_equal(batch->kind, DB_WRITE);
    assert_non_null(batch->preamble.values[3].data);
    assert_null(strstr(batch->statements[0].statement->sql, "keep"));
    fake_db_answer(batch, FAKE_ROWS(1, 1, TEXT("cvt_secret")));
    assert_string_equal(
        ((const Canvass__V1__IssueTokenResponse *)call->sent[0])->secret, "cvt_secret");
    check_finished(call, GRPC_OK);
}

static void test_engine__constraint_says_its_sentence(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    static const struct db_sql_error broken = { .sqlstate = "23514",
        .message = "new row for...",
        .detail = "Failing row contains (secret)",
        .table = "employer",
        .constraint = "name_length" };

    fake_db_fail(fake_db_take(), &broken, NULL, 0);
    assert_string_equal(call->err.field, "employer.name");
    assert_string_equal(call->err.msg, "Give the employer a name.");
    check_finished(call, GRPC_INVALID_ARGUMENT);
}

static void turn_until(struct fixture *f, size_t n_waiting)
{
    for (int i = 0; i < 100 && fake_db_n_waiting() < n_waiting; i++)
        assert_int_equal(loop_turn(f->loop, true, NULL), 0);
    assert_int_equal(fake_db_n_waiting(), n_waiting);
}

static void test_engine__tries_again_after_a_deadlock(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    static const struct db_sql_error deadlock = { .sqlstate = "40P01", .message = "deadlock" };

    fake_db_fail(fake_db_take(), &deadlock, NULL, 0);
    assert_int_equal(fake_db_n_waiting(), 0);
    turn_until(f, 1);
    fake_db_answer(fake_db_take(), kept());
    check_answered(call, "Pret");
}

static void test_engine__gives_up_after_the_third_deadlock(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    static const struct db_sql_error failure = { .sqlstate = "40001", .message = "could not" };

    fake_db_fail(fake_db_take(), &failure, NULL, 0);
    turn_until(f, 1);
    fake_db_fail(fake_db_take(), &failure, NULL, 0);
    turn_until(f, 1);
    fake_db_fail(fake_db_take(), &failure, NULL, 0);
    check_finished(call, GRPC_ABORTED);
}

static void test_engine__stale_etag_is_not_tried_again(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    static const struct db_sql_error stale
        = { .sqlstate = "CV010", .message = "Ben changed this.", .column = "" };

    fake_db_fail(fake_db_take(), &stale, NULL, 0);
    assert_string_equal(call->err.msg, "Ben changed this.");
    check_finished(call, GRPC_ABORTED);
}

static void test_engine__closing_between_two_tries_ends_them(void **state)
{
    struct fixture *f = *state;
    struct call *call = create(f, REQUEST_ID, false);
    static const struct db_sql_error deadlock = { .sqlstate = "40P01", .message = "deadlock" };

    fake_db_fail(fake_db_take(), &deadlock, NULL, 0);
    fake_call_close(call);
    assert_int_equal(loop_turn(f->loop, false, NULL), 0);
    assert_int_equal(fake_db_n_waiting(), 0);
}

/* ---- pages ---- */

static struct call *search(struct fixture *f, int32_t page_size, const char *page_token)
{
    Canvass__V1__SearchEmployersRequest request = CANVASS__V1__SEARCH_EMPLOYERS_REQUEST__INIT;
    struct call *call = open_call(f, PATH("EmployerService/SearchEmployers"));

    request.page_size = page_size;
    request.page_token = (char *)page_token;
    fake_call_message(call, &request.base);
    fake_call_half_close(call);
    return call;
}

static void check_page(struct call *call, size_t n, const char *token)
{
    const Canvass__V1__SearchEmployersResponse *answer
        = (const Canvass__V1__SearchEmployersResponse *)call->sent[0];

    assert_int_equal(answer->n_employers, n);
    assert_string_equal(answer->next_page_token, token);
    check_finished(call, GRPC_OK);
}

static void test_engine__page_drops_the_row_too_many(void **state)
{
    struct fixture *f = *state;
    struct call *call = search(f, 2, "t0");
    struct db_batch *batch = fake_db_take();

    assert_memory_equal(batch->statements[0].values[0].data, "\0\0\0\3", 4);
    assert_string_equal(batch->statements[0].values[1].data, "t0");
    fake_db_answer(batch,
        FAKE_ROWS(2, 3, TEXT("a"), TEXT("ta"), TEXT("b"), TEXT("tb"), TEXT("c"), TEXT("tc")));
    check_page(call, 2, "tb");
}

static void test_engine__last_page_has_no_token(void **state)
{
    struct fixture *f = *state;
    struct call *call = search(f, 2, "");
    struct db_batch *batch = fake_db_take();

    assert_null(batch->statements[0].values[1].data);
    fake_db_answer(batch, FAKE_ROWS(2, 2, TEXT("a"), TEXT("ta"), TEXT("b"), TEXT("tb")));
    check_page(call, 2, "");
    call = search(f, 2, "");
    fake_db_answer(fake_db_take(), FAKE_NO_ROWS(2));
    check_page(call, 0, "");
}

/* ---- streams ---- */

static const struct db_result *page(size_t n)
{
    static struct fake_cell cells[2 * (BIND_PAGE_STREAM + 1)];
    static struct db_result result = { 2, 0, cells };

    for (size_t i = 0; i < n; i++) {
        cells[2 * i] = TEXT("name");
        cells[2 * i + 1] = TEXT("next");
    }
    result.n_rows = n;
    return &result;
}

static struct call *export_rows(struct fixture *f)
{
    Canvass__V1__ExportEmployersRequest request = CANVASS__V1__EXPORT_EMPLOYERS_REQUEST__INIT;
    struct call *call = open_call(f, PATH("EmployerService/ExportEmployers"));

    fake_call_message(call, &request.base);
    fake_call_half_close(call);
    return call;
}

static void test_engine__streams_a_row_a_message(void **state)
{
    struct fixture *f = *state;
    struct call *call = export_rows(f);

    fake_db_answer(fake_db_take(), page(3));
    assert_int_equal(call->n_sent, 3);
    check_finished(call, GRPC_OK);
}

static void test_engine__streams_nothing_for_no_row(void **state)
{
    struct fixture *f = *state;
    struct call *call = export_rows(f);

    fake_db_answer(fake_db_take(), page(0));
    assert_int_equal(call->n_sent, 0);
    check_finished(call, GRPC_OK);
}

static void test_engine__next_page_waits_for_room(void **state)
{
    struct fixture *f = *state;
    struct call *call = export_rows(f);
    struct db_batch *batch = fake_db_take();

    assert_memory_equal(batch->statements[0].values[0].data, "\0\0\1\xf5", 4);
    assert_null(batch->statements[0].values[1].data);
    call->is_unwritable = true;
    fake_db_answer(batch, page(BIND_PAGE_STREAM + 1));
    assert_int_equal(call->n_sent, BIND_PAGE_STREAM);
    assert_int_equal(fake_db_n_waiting(), 0);
    fake_call_writable(call);
    batch = fake_db_take();
    assert_string_equal(batch->statements[0].values[1].data, "next");
    fake_db_answer(batch, page(BIND_PAGE_STREAM + 1));
    batch = fake_db_take(); /* room enough: at once */
    fake_db_answer(batch, page(1));
    assert_int_equal(call->n_sent, 2 * BIND_PAGE_STREAM + 1);
    check_finished(call, GRPC_OK);
}

static void test_engine__answers_a_streamed_request_message_by_message(void **state)
{
    struct fixture *f = *state;
    struct call *call = open_call(f, PATH("EmployerService/ImportEmployers"));

    import_rows(call, REQUEST_ID);
    assert_true(call->is_paused);
    struct db_batch *batch = fake_db_take();
    assert_int_equal(batch->kind, DB_WRITE);
    fake_db_answer(batch, FAKE_ROWS(1, 1, TEXT("\1{\".\":{\"created\":3}}")));
    assert_false(call->is_paused);
    assert_int_equal(call->n_sent, 1);
    import_rows(call, "0190a6f0-5f3e-7c31-9a52-3b1d8f6c2e48");
    fake_call_half_close(call);
    assert_false(call->is_finished);
    fake_db_answer(fake_db_take(), FAKE_ROWS(1, 1, TEXT("\1{\".\":{\"created\":4}}")));
    assert_int_equal(call->n_sent, 2);
    assert_int_equal(((const Canvass__V1__ImportEmployersResponse *)call->sent[1])->created, 4);
    check_finished(call, GRPC_OK);
}

static void test_engine__ends_a_streamed_request_without_messages(void **state)
{
    struct fixture *f = *state;
    struct call *call = open_call(f, PATH("EmployerService/ImportEmployers"));

    fake_call_half_close(call);
    check_finished(call, GRPC_OK);
}

static void test_engine__streamed_request_ends_at_its_first_fault(void **state)
{
    struct fixture *f = *state;
    struct call *call = open_call(f, PATH("EmployerService/ImportEmployers"));

    import_rows(call, "");
    assert_string_equal(call->err.field, "request_id");
    check_finished(call, GRPC_INVALID_ARGUMENT);
}

/* ---- what is read by plain GET ---- */

#define SECRET "cvf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define ADDRESS "/calendar/" SECRET ".ics"

static struct call *read_calendar(struct fixture *f, const char *path, const char *if_none_match)
{
    fake_call_get(&f->call, &engine_handler, f->engine, path, if_none_match);
    return &f->call;
}

static void test_engine__takes_an_address_for_a_token(void **state)
{
    struct fixture *f = *state;
    struct call *call = read_calendar(f, ADDRESS, NULL);
    struct db_batch *batch = fake_db_take();
    uint8_t hash[32];

    crypto_hash_sha256(hash, (const uint8_t *)SECRET, 47);
    assert_memory_equal(batch->preamble.values[0].data, hash, sizeof(hash));
    assert_string_equal(batch->preamble.values[2].data, "canvass.v1.CalendarService/ListEvents");
    assert_null(batch->statements[0].values[0].data);
    fake_db_answer(batch, FAKE_ROWS(1, 1, TEXT("Visit: Larkrise")));
    assert_string_equal(call->page_status, "200");
    assert_string_equal(call->page_type, "text/calendar; charset=utf-8");
    assert_non_null(strstr(str_text(&call->page), "SUMMARY:Visit: Larkrise\r\n"));
    assert_int_equal(call->n_headers, 2);
    assert_string_equal(call->headers[1].value, "private, no-cache");
    check_finished(call, GRPC_OK);
}

static void test_engine__does_not_say_again_what_is_known(void **state)
{
    struct fixture *f = *state;
    char etag[64], list[128];
    struct call *call = read_calendar(f, ADDRESS, NULL);

    fake_db_answer(fake_db_take(), FAKE_NO_ROWS(1));
    snprintf(etag, sizeof(etag), "%s", call->headers[0].value);
    check_finished(call, GRPC_OK);
    snprintf(list, sizeof(list), "\"x\", %s", etag + 2);
    const char *const shown[] = { etag, etag + 2, list, "*" };
    for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
        call = read_calendar(f, ADDRESS, shown[i]);
        fake_db_answer(fake_db_take(), FAKE_NO_ROWS(1));
        assert_string_equal(call->page_status, "304");
        assert_int_equal(call->page.len, 0);
        check_finished(call, GRPC_OK);
    }
    call = read_calendar(f, ADDRESS, etag);
    fake_db_answer(fake_db_take(), FAKE_ROWS(1, 1, TEXT("Visit: Larkrise")));
    assert_string_equal(call->page_status, "200");
    assert_string_not_equal(call->headers[0].value, etag);
    check_finished(call, GRPC_OK);
}

static void test_engine__sends_nothing_for_what_is_no_address(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = { "/calendar/", "/calendar/.ics", "/calendar/" SECRET,
        "/calendar/" SECRET ".ic", "/calendar/" SECRET "A.ics", "/calendar/x" SECRET ".ics",
        "/calendar/cvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics",
        "/calendar/cvf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=.ics",
        "/calendar/cvf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.icsics", ADDRESS ".ics" };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct call *call = read_calendar(f, bad[i], NULL);
        assert_null(call->page_status);
        check_finished(call, GRPC_UNAUTHENTICATED);
        assert_int_equal(fake_db_n_waiting(), 0);
    }
    assert_null(engine_handler.find_page(f->engine, "/calendar", strlen("/calendar")));
    assert_null(engine_handler.find_page(f->engine, "", 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_engine__names_the_caller_before_the_statement),
        TEST(test_engine__sends_nothing_for_a_malformed_token),
        TEST(test_engine__sends_nothing_for_bad_bytes),
        TEST(test_engine__sends_nothing_for_a_bad_field),
        TEST(test_engine__knows_its_methods_alone),
        TEST(test_engine__answers_not_found_for_no_row),
        TEST(test_engine__hides_faults_of_ours),
        TEST(test_engine__hands_on_the_deadline),
        TEST(test_engine__takes_its_batch_back_when_the_call_closes),
        TEST(test_engine__says_that_the_database_is_away),
        TEST(test_engine__write_needs_a_request_id),
        TEST(test_engine__write_keeps_its_answer),
        TEST(test_engine__body_hash_is_of_the_bytes),
        TEST(test_engine__repeat_is_answered_by_replay),
        TEST(test_engine__replay_does_not_loop),
        TEST(test_engine__validate_only_answers_without_keeping),
        TEST(test_engine__once_is_not_kept),
        TEST(test_engine__constraint_says_its_sentence),
        TEST(test_engine__tries_again_after_a_deadlock),
        TEST(test_engine__gives_up_after_the_third_deadlock),
        TEST(test_engine__stale_etag_is_not_tried_again),
        TEST(test_engine__closing_between_two_tries_ends_them),
        TEST(test_engine__page_drops_the_row_too_many),
        TEST(test_engine__last_page_has_no_token),
        TEST(test_engine__streams_a_row_a_message),
        TEST(test_engine__streams_nothing_for_no_row),
        TEST(test_engine__next_page_waits_for_room),
        TEST(test_engine__answers_a_streamed_request_message_by_message),
        TEST(test_engine__ends_a_streamed_request_without_messages),
        TEST(test_engine__streamed_request_ends_at_its_first_fault),
        TEST(test_engine__takes_an_address_for_a_token),
        TEST(test_engine__does_not_say_again_what_is_known),
        TEST(test_engine__sends_nothing_for_what_is_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
