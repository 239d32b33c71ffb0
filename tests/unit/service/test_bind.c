#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "db/pool.h"
#include "service/bind.h"
#include "unit/service/fake_db.h"
#include "unit/service/tables.h"
#include "wire/json.h"

#include "canvass/v1/account.pb-c.h"
#include "canvass/v1/client.pb-c.h"
#include "canvass/v1/employer.pb-c.h"
#include "canvass/v1/today.pb-c.h"
#include "canvass/v1/visit.pb-c.h"

#include <string.h>

#define CELL(...)                                                                                  \
    ((struct fake_cell) {                                                                          \
        (const uint8_t[]) { __VA_ARGS__ }, sizeof((const uint8_t[]) { __VA_ARGS__ }) })

struct fixture {
    struct arena arena;
    struct sql_types types;
    struct block_list blocks;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    tables_types(&f->types);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    block_list_release(&f->blocks);
    sql_types_release(&f->types);
    arena_release(&f->arena);
    free(f);
    return 0;
}

static const struct block *block(struct fixture *f, const char *sql, const char *flags)
{
    _cleanup_(str_release) struct str text = { 0 };

    block_list_release(&f->blocks);
    str_addf(&text, "-- canvass.v1.X/Y roles: anyone %s\n%s\n", flags, sql);
    if (block_list_parse(&f->blocks, "t.sql", text.data, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return &f->blocks.blocks[0];
}

/* ---- parameters ---- */

static int compile_params(struct fixture *f, struct bind_params *params, const char *path,
    uint32_t oid, const ProtobufCMessageDescriptor *desc)
{
    char sql[100];

    snprintf(sql, sizeof(sql), "SELECT :%s", path);
    return bind_params_init(
        params, block(f, sql, ""), desc, false, &oid, &f->types, &f->arena, &f->err);
}

static void check_misfit(struct fixture *f, const char *path, uint32_t oid,
    const ProtobufCMessageDescriptor *desc, const char *says)
{
    struct bind_params params;

    assert_int_equal(compile_params(f, &params, path, oid, desc), ERR_INVALID);
    if (!strstr(f->err.msg, says))
        fail_msg("\"%s\" is not in \"%s\"", says, f->err.msg);
    assert_true(str_starts_with(f->err.msg, "t.sql:2: parameter :"));
}

static struct db_value value(struct fixture *f, const char *path, uint32_t oid,
    const ProtobufCMessageDescriptor *desc, const void *request)
{
    struct bind_params params;
    struct bind_input input = { .request = request, .page_size = 7 };
    struct db_value out = { 0 };

    if (compile_params(f, &params, path, oid, desc) < 0
        || bind_params_values(&params, &input, &f->arena, &out, &f->err) < 0)
        fail_msg("%s %s", f->err.field, f->err.msg);
    return out;
}

static void check_value(struct db_value out, const void *data, size_t len)
{
    assert_true(out.is_binary);
    assert_non_null(out.data);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, data, len);
}

static void check_fault(struct fixture *f, const char *path, uint32_t oid,
    const ProtobufCMessageDescriptor *desc, const void *request, const char *field)
{
    struct bind_params params;
    struct bind_input input = { .request = request };
    struct db_value out;

    assert_int_equal(compile_params(f, &params, path, oid, desc), 0);
    assert_int_equal(bind_params_values(&params, &input, &f->arena, &out, &f->err), ERR_INVALID);
    assert_string_equal(f->err.field, field);
    assert_true(strlen(f->err.msg) > 10);
}

static void test_params__strings_go_as_text_or_uuid(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__GetEmployerRequest request = CANVASS__V1__GET_EMPLOYER_REQUEST__INIT;
    const ProtobufCMessageDescriptor *desc = &canvass__v1__get_employer_request__descriptor;
    static const uint8_t uuid[] = { 1, 0x90, 0xa6, 0xf0, 0x5f, 0x3e, 0x7c, 0x31, 0x9a, 0x52, 0x3b,
        0x1d, 0x8f, 0x6c, 0x2e, 0x47 };

    request.employer_id = (char *)"0190A6F0-5f3e-7c31-9a52-3b1d8f6c2e47";
    check_value(value(f, "employer_id", UUID_OID, desc, &request), uuid, 16);
    check_value(value(f, "employer_id", TEXT_OID, desc, &request), request.employer_id, 36);
    check_value(value(f, "employer_id", NAME_DOMAIN_OID, desc, &request), request.employer_id, 36);
    request.employer_id = (char *)"0190a6f0";
    check_fault(f, "employer_id", UUID_OID, desc, &request, "employer_id");
    request.employer_id = (char *)"";
    assert_null(value(f, "employer_id", UUID_OID, desc, &request).data);
    assert_null(value(f, "employer_id", TEXT_OID, desc, &request).data);
}

static void test_params__numbers_fit_or_are_refused(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__IssueTokenRequest request = CANVASS__V1__ISSUE_TOKEN_REQUEST__INIT;
    const ProtobufCMessageDescriptor *desc = &canvass__v1__issue_token_request__descriptor;

    request.days = -2;
    check_value(value(f, "days", INT4_OID, desc, &request), "\xff\xff\xff\xfe", 4);
    check_value(value(f, "days", INT8_OID, desc, &request), "\xff\xff\xff\xff\xff\xff\xff\xfe", 8);
    check_value(value(f, "days", INT2_OID, desc, &request), "\xff\xfe", 2);
    request.days = 0;
    check_value(value(f, "days", INT4_OID, desc, &request), "\0\0\0\0", 4);
    request.days = 40000;
    check_fault(f, "days", INT2_OID, desc, &request, "days");
    request.validate_only = true;
    check_value(value(f, "validate_only", BOOL_OID, desc, &request), "\1", 1);
}

static void test_params__dates_and_times_count_from_2000(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__GetTodayRequest request = CANVASS__V1__GET_TODAY_REQUEST__INIT;
    Canvass__V1__Date date = CANVASS__V1__DATE__INIT;
    const ProtobufCMessageDescriptor *desc = &canvass__v1__get_today_request__descriptor;

    assert_null(value(f, "on", DATE_OID, desc, &request).data);
    request.on = &date;
    date.year = 2000;
    date.month = 1;
    date.day = 2;
    check_value(value(f, "on", DATE_OID, desc, &request), "\0\0\0\1", 4);
    date.year = 1999;
    date.month = 12;
    date.day = 31;
    check_value(value(f, "on", DATE_OID, desc, &request), "\xff\xff\xff\xff", 4);
    date.month = 2;
    date.day = 29;
    check_fault(f, "on", DATE_OID, desc, &request, "on");
    assert_non_null(strstr(f->err.msg, "1999-02-29"));

    Canvass__V1__ListVisitsRequest visits = CANVASS__V1__LIST_VISITS_REQUEST__INIT;
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    at.seconds = 946684800;
    at.nanos = 5000;
    visits.since = &at;
    desc = &canvass__v1__list_visits_request__descriptor;
    check_value(value(f, "since", TIMESTAMPTZ_OID, desc, &visits), "\0\0\0\0\0\0\0\5", 8);
    at.seconds = INT64_MAX;
    check_fault(f, "since", TIMESTAMPTZ_OID, desc, &visits, "since");
}

static void test_params__enums_go_by_their_short_names(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__CreateSpecialistRequest request = CANVASS__V1__CREATE_SPECIALIST_REQUEST__INIT;
    Canvass__V1__Specialist specialist = CANVASS__V1__SPECIALIST__INIT;
    Canvass__V1__Role roles[] = { CANVASS__V1__ROLE__ROLE_LEAD, CANVASS__V1__ROLE__ROLE_AUDITOR };
    const ProtobufCMessageDescriptor *desc = &canvass__v1__create_specialist_request__descriptor;
    static const char expected[] = "\0\0\0\1\0\0\0\0\0\0\x4e\x21\0\0\0\2\0\0\0\1"
                                   "\0\0\0\4lead\0\0\0\7auditor";

    request.specialist = &specialist;
    specialist.roles = roles;
    specialist.n_roles = 2;
    check_value(value(f, "specialist.roles", ROLE_ARRAY_OID, desc, &request), expected,
        sizeof(expected) - 1);
    roles[1] = (Canvass__V1__Role)99;
    check_fault(f, "specialist.roles", ROLE_ARRAY_OID, desc, &request, "specialist.roles[1]");
    roles[1] = CANVASS__V1__ROLE__ROLE_UNSPECIFIED;
    check_fault(f, "specialist.roles", ROLE_ARRAY_OID, desc, &request, "specialist.roles[1]");
    specialist.n_roles = 0;
    check_value(value(f, "specialist.roles", ROLE_ARRAY_OID, desc, &request),
        "\0\0\0\0\0\0\0\0\0\0\x4e\x21", 12);
}

static void test_params__lists_become_arrays(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__CreateEmployerRequest request = CANVASS__V1__CREATE_EMPLOYER_REQUEST__INIT;
    Canvass__V1__Site site = CANVASS__V1__SITE__INIT;
    char *address[] = { (char *)"1 High St", (char *)"" };
    const ProtobufCMessageDescriptor *desc = &canvass__v1__create_employer_request__descriptor;
    static const char expected[] = "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1"
                                   "\0\0\0\x09"
                                   "1 High St\0\0\0\0";

    assert_null(value(f, "site.address", TEXT_ARRAY_OID, desc, &request).data);
    request.site = &site;
    site.address = address;
    site.n_address = 2;
    check_value(
        value(f, "site.address", TEXT_ARRAY_OID, desc, &request), expected, sizeof(expected) - 1);
    check_fault(f, "site.address", UUID_ARRAY_OID, desc, &request, "site.address[0]");
}

static void test_params__masks_become_text_arrays(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__UpdateEmployerRequest request = CANVASS__V1__UPDATE_EMPLOYER_REQUEST__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char *paths[] = { (char *)"name" };
    const ProtobufCMessageDescriptor *desc = &canvass__v1__update_employer_request__descriptor;
    static const char expected[] = "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\4name";

    assert_null(value(f, "update_mask", TEXT_ARRAY_OID, desc, &request).data);
    request.update_mask = &mask;
    mask.paths = paths;
    mask.n_paths = 1;
    check_value(
        value(f, "update_mask", TEXT_ARRAY_OID, desc, &request), expected, sizeof(expected) - 1);
}

static void test_params__messages_and_requests_go_as_jsonb(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__CreateTeamRequest request = CANVASS__V1__CREATE_TEAM_REQUEST__INIT;
    Canvass__V1__Team team = CANVASS__V1__TEAM__INIT;
    const ProtobufCMessageDescriptor *desc = &canvass__v1__create_team_request__descriptor;

    assert_null(value(f, "team", JSONB_OID, desc, &request).data);
    request.team = &team;
    team.name = (char *)"Lambeth";
    check_value(value(f, "team", JSONB_OID, desc, &request), "\1{\"name\":\"Lambeth\"}", 19);
    struct db_value whole = value(f, "request", JSONB_OID, desc, &request);
    assert_int_equal(((const char *)whole.data)[0], 1);
    assert_non_null(strstr((const char *)whole.data + 1, "\"team\":{\"name\":\"Lambeth\"}"));
}

static void test_params__page_size_asks_for_one_more(void **state)
{
    struct fixture *f = *state;
    Canvass__V1__ListClientsRequest request = CANVASS__V1__LIST_CLIENTS_REQUEST__INIT;
    const ProtobufCMessageDescriptor *desc = &canvass__v1__list_clients_request__descriptor;
    struct bind_params params;
    int32_t size;

    check_value(value(f, "page_size", INT4_OID, desc, &request), "\0\0\0\x8", 4);
    assert_int_equal(compile_params(f, &params, "page_size", INT4_OID, desc), 0);
    assert_true(params.has_pages);
    static const int32_t sizes[][2] = { { 0, 50 }, { 3, 3 }, { 1000, 1000 }, { 5000, 1000 } };
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        request.page_size = sizes[i][0];
        assert_int_equal(bind_page_size(&params, &request.base, &size, &f->err), 0);
        assert_int_equal(size, sizes[i][1]);
    }
    request.page_size = -1;
    assert_int_equal(bind_page_size(&params, &request.base, &size, &f->err), ERR_INVALID);
    assert_string_equal(f->err.field, "page_size");
}

static void test_params__misfits_are_found_at_start(void **state)
{
    struct fixture *f = *state;

    check_misfit(f, "employer_i", UUID_OID, &canvass__v1__get_employer_request__descriptor,
        "is no field of canvass.v1.GetEmployerRequest");
    check_misfit(f, "employer_id", INT4_OID, &canvass__v1__get_employer_request__descriptor,
        "is a string, which cannot be sent as int4");
    check_misfit(f, "days", TEXT_OID, &canvass__v1__issue_token_request__descriptor,
        "is an integer, which cannot be sent as text");
    check_misfit(
        f, "on", TIMESTAMPTZ_OID, &canvass__v1__get_today_request__descriptor, "is a Date");
    check_misfit(
        f, "since", DATE_OID, &canvass__v1__list_visits_request__descriptor, "is a Timestamp");
    check_misfit(f, "specialist.roles", ROLE_OID,
        &canvass__v1__create_specialist_request__descriptor, "is a list");
    check_misfit(f, "specialist.roles", STRANGE_OID,
        &canvass__v1__create_specialist_request__descriptor, "is a list");
    check_misfit(f, "rows.name", TEXT_OID, &canvass__v1__import_employers_request__descriptor,
        "goes through a list");
    check_misfit(f, "request", TEXT_OID, &canvass__v1__get_employer_request__descriptor,
        "needs the type jsonb");
    check_misfit(
        f, "employer_id", 999999, &canvass__v1__get_employer_request__descriptor, "does not know");
    check_misfit(f, "page_size", TEXT_OID, &canvass__v1__list_clients_request__descriptor,
        "needs the type int4");
}

static void test_params__an_enum_needs_every_name(void **state)
{
    struct fixture *f = *state;
    uint32_t oid = STRANGE_OID;
    struct bind_params params;

    assert_int_equal(bind_params_init(&params, block(f, "SELECT :visit.stance", ""),
                         &canvass__v1__record_visit_request__descriptor, false, &oid, &f->types,
                         &f->arena, &f->err),
        ERR_INVALID);
    assert_non_null(strstr(f->err.msg, "type strange has no value \"warm\""));
}

/* ---- columns ---- */

static int compile_columns(struct fixture *f, struct bind_columns *columns,
    const ProtobufCMessageDescriptor *desc, const char *flags, size_t n,
    const struct bind_described *described)
{
    return bind_columns_init(columns, block(f, "SELECT 1", flags), desc, false, described, n,
        &f->types, &f->arena, &f->err);
}

#define COLUMNS(f, columns, desc, ...)                                                             \
    assert_int_equal(                                                                              \
        compile_columns(f, columns, desc, "",                                                      \
            sizeof((struct bind_described[]) { __VA_ARGS__ }) / sizeof(struct bind_described),     \
            (struct bind_described[]) { __VA_ARGS__ }),                                            \
        0)

static void check_json(const ProtobufCMessage *message, const char *expected)
{
    _cleanup_(str_release) struct str json = { 0 };

    assert_int_equal(json_print(message, JSON_PROTO3, &json, NULL), 0);
    assert_string_equal(json.data, expected);
}

static void check_rows(struct fixture *f, const struct bind_columns *columns,
    const struct db_result *result, const char *expected)
{
    ProtobufCMessage *message;

    if (bind_columns_message(columns, result, 0, result->n_rows, &f->arena, &message, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    check_json(message, expected);
}

static void test_columns__fill_nested_messages(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__get_employer_response__descriptor,
        { "employer.name", TEXT_OID }, { "employer.staff", INT4_OID },
        { "employer.living_wage", BOOL_OID }, { "employer.living_wage_until", DATE_OID },
        { "employer.created.at", TIMESTAMPTZ_OID }, { "employer.updated.by", TEXT_OID },
        { "employer.refs", TEXT_ARRAY_OID }, { "employer.id", UUID_OID });
    assert_false(columns.is_list);
    check_rows(f, &columns,
        FAKE_ROWS(8, 1, TEXT("Pret"), CELL(0, 0, 0, 9), CELL(1), CELL(0, 0, 0, 1),
            CELL(0, 0, 0, 0, 0, 0, 0, 5), NIL,
            CELL(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 'a', 0xff,
                0xff, 0xff, 0xff, 0, 0, 0, 2, 'b', 'c'),
            CELL(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
        "{\"employer\":{\"id\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\",\"name\":\"Pret\","
        "\"staff\":9,\"livingWage\":true,\"livingWageUntil\":{\"year\":2000,\"month\":1,"
        "\"day\":2},\"refs\":[\"a\",\"bc\"],\"created\":{\"at\":\"2000-01-01T00:00:00.000005Z\"}"
        "}}");
}

static void test_columns__all_null_leave_a_message_unset(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__get_employer_response__descriptor,
        { "employer.name", TEXT_OID }, { "employer.created.by", TEXT_OID });
    check_rows(f, &columns, FAKE_ROWS(2, 1, NIL, NIL), "{}");
    check_rows(f, &columns, FAKE_ROWS(2, 1, TEXT(""), NIL), "{\"employer\":{}}");
}

static void test_columns__rows_become_elements(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__list_sites_response__descriptor, { "sites.name", TEXT_OID },
        { "sites.point.easting", INT4_OID }, { "next_page_token", TEXT_OID });
    assert_true(columns.is_list);
    assert_int_equal(columns.token_column, 2);
    check_rows(f, &columns,
        FAKE_ROWS(3, 3, TEXT("a"), CELL(0, 0, 0, 1), TEXT("t"), TEXT("b"), NIL, TEXT("t"),
            TEXT("c"), CELL(0, 0, 0, 3), TEXT("t")),
        "{\"sites\":[{\"name\":\"a\",\"point\":{\"easting\":1}},{\"name\":\"b\"},"
        "{\"name\":\"c\",\"point\":{\"easting\":3}}]}");
    check_rows(f, &columns, FAKE_NO_ROWS(3), "{}");
}

static void test_columns__scalars_and_objects_append_to_lists(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__list_due_response__descriptor, { "employers", TEXT_OID },
        { "relationships", JSONB_OID });
    assert_true(columns.is_list);
    check_rows(f, &columns,
        FAKE_ROWS(
            2, 2, TEXT("Pret"), TEXT("\1{\"stage\":\"hired\"}"), TEXT("Greggs"), TEXT("\1{}")),
        "{\"relationships\":[{\"stage\":\"STAGE_HIRED\"},{}],\"employers\":[\"Pret\","
        "\"Greggs\"]}");
}

static void test_columns__enums_come_from_labels(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__who_am_iresponse__descriptor,
        { "specialist.roles", ROLE_ARRAY_OID }, { "specialist.name", ROLE_OID });
    check_rows(f, &columns,
        FAKE_ROWS(2, 1,
            CELL(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x4e, 0x21, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 'l',
                'e', 'a', 'd'),
            TEXT("lead")),
        "{\"specialist\":{\"name\":\"lead\",\"roles\":[\"ROLE_LEAD\"]}}");
}

static void test_columns__one_jsonb_can_be_the_whole_response(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__get_employer_response__descriptor, { ".", JSONB_OID });
    check_rows(f, &columns, FAKE_ROWS(1, 1, TEXT("\1{\"employer\":{\"name\":\"Pret\"}}")),
        "{\"employer\":{\"name\":\"Pret\"}}");
}

static void test_columns__infinite_days_are_unset(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__get_employer_response__descriptor,
        { "employer.living_wage_until", DATE_OID }, { "employer.created.at", TIMESTAMPTZ_OID });
    check_rows(f, &columns,
        FAKE_ROWS(2, 1, CELL(0x7f, 0xff, 0xff, 0xff),
            CELL(0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
        "{\"employer\":{\"created\":{}}}");
}

static void check_kept(
    struct fixture *f, const struct bind_columns *columns, const char *json, const char *expected)
{
    ProtobufCMessage *message;

    if (bind_columns_kept(columns, json, strlen(json), &f->arena, &message, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    check_json(message, expected);
}

static void test_columns__kept_answers_read_as_rows_do(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;

    COLUMNS(f, &columns, &canvass__v1__create_employer_response__descriptor,
        { "employer.name", TEXT_OID }, { "site", JSONB_OID }, { "similar", JSONB_OID });
    check_kept(f, &columns,
        "{\"employer.name\":\"Pret\",\"site\":{\"postcode\":\"SW9 8HE\"},\"similar\":[{\"id\":"
        "\"x\"}]}",
        "{\"employer\":{\"name\":\"Pret\"},\"site\":{\"postcode\":\"SW9 8HE\"},"
        "\"similar\":[{\"id\":\"x\"}]}");
    check_kept(f, &columns, "{\"employer.name\":null,\"site\":null,\"similar\":[]}", "{}");
    ProtobufCMessage *message;
    assert_int_equal(bind_columns_kept(&columns, "{\"other\":1}", 11, &f->arena, &message, &f->err),
        ERR_INTERNAL);
    assert_int_equal(
        bind_columns_kept(&columns, "[]", 2, &f->arena, &message, &f->err), ERR_INTERNAL);
}

static void test_columns__broken_values_are_faults_of_ours(void **state)
{
    struct fixture *f = *state;
    struct bind_columns columns;
    ProtobufCMessage *message;

    COLUMNS(f, &columns, &canvass__v1__get_employer_response__descriptor,
        { "employer.refs", TEXT_ARRAY_OID }, { "employer.staff", INT4_OID },
        { "employer", JSONB_OID });
    const struct fake_cell rows[][3] = {
        { CELL(0, 0, 0, 1), NIL, NIL },
        { CELL(0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1), NIL, NIL },
        { CELL(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1), NIL, NIL },
        { CELL(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9), NIL, NIL },
        { NIL, CELL(1, 2), NIL },
        { NIL, NIL, CELL(2, '{', '}') },
        { NIL, NIL, TEXT("\1{\"nothing\":1}") },
        { NIL, NIL, TEXT("\1") },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct db_result result = { 3, 1, rows[i] };
        assert_int_equal(
            bind_columns_message(&columns, &result, 0, 1, &f->arena, &message, &f->err),
            ERR_INTERNAL);
        assert_true(str_starts_with(f->err.msg, "t.sql:1: column \"employer"));
    }
}

static void check_column_fault(struct fixture *f, const ProtobufCMessageDescriptor *desc,
    const char *flags, const char *name, uint32_t oid, const char *says)
{
    struct bind_columns columns;
    struct bind_described described[] = { { name, oid } };

    assert_int_equal(compile_columns(f, &columns, desc, flags, 1, described), ERR_INVALID);
    if (!strstr(f->err.msg, says) || !str_starts_with(f->err.msg, "t.sql:1: "))
        fail_msg("\"%s\" is not in \"%s\"", says, f->err.msg);
}

static void test_columns__misfits_are_found_at_start(void **state)
{
    struct fixture *f = *state;
    const ProtobufCMessageDescriptor *get = &canvass__v1__get_employer_response__descriptor;
    const ProtobufCMessageDescriptor *who = &canvass__v1__who_am_iresponse__descriptor;
    const ProtobufCMessageDescriptor *sites = &canvass__v1__list_sites_response__descriptor;

    check_column_fault(f, get, "", "?column?", TEXT_OID, "is no field of");
    check_column_fault(f, get, "", "employer.nam", TEXT_OID, "is no field of");
    check_column_fault(f, get, "", "employer.staff", INT8_OID, "has type int8");
    check_column_fault(f, get, "", "employer.staff", TEXT_OID, "an integer");
    check_column_fault(f, get, "", "employer.name", INTERVAL_OID, "has type interval");
    check_column_fault(f, get, "", "employer", TEXT_OID, "a message");
    check_column_fault(f, get, "", "employer.created.at", DATE_OID, "a Timestamp");
    check_column_fault(f, get, "", "employer.name", TEXT_ARRAY_OID, "has type _text");
    check_column_fault(f, who, "", "specialist.roles", STRANGE_OID, "\"king\" is none of Role");
    check_column_fault(f, sites, "writes", "sites.name", TEXT_OID, "has one row");
    check_column_fault(f, get, "", ".", TEXT_OID, "must be the only one");
    check_column_fault(f, sites, "", "next_page_token", INT4_OID, "must be text");
    check_column_fault(f, get, "", "employer.name", 999999, "is not known here");
    struct bind_columns columns;
    struct bind_described twice[] = { { "employer.id", UUID_OID }, { "employer.id", UUID_OID } };
    assert_int_equal(compile_columns(f, &columns, get, "", 2, twice), ERR_INVALID);
    assert_int_equal(compile_columns(f, &columns, get, "", 0, NULL), ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_params__strings_go_as_text_or_uuid),
        TEST(test_params__numbers_fit_or_are_refused),
        TEST(test_params__dates_and_times_count_from_2000),
        TEST(test_params__enums_go_by_their_short_names),
        TEST(test_params__lists_become_arrays),
        TEST(test_params__masks_become_text_arrays),
        TEST(test_params__messages_and_requests_go_as_jsonb),
        TEST(test_params__page_size_asks_for_one_more),
        TEST(test_params__misfits_are_found_at_start),
        TEST(test_params__an_enum_needs_every_name),
        TEST(test_columns__fill_nested_messages),
        TEST(test_columns__all_null_leave_a_message_unset),
        TEST(test_columns__rows_become_elements),
        TEST(test_columns__scalars_and_objects_append_to_lists),
        TEST(test_columns__enums_come_from_labels),
        TEST(test_columns__one_jsonb_can_be_the_whole_response),
        TEST(test_columns__infinite_days_are_unset),
        TEST(test_columns__kept_answers_read_as_rows_do),
        TEST(test_columns__broken_values_are_faults_of_ours),
        TEST(test_columns__misfits_are_found_at_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
