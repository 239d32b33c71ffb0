#include "wire/status.h"

#include "unit/cmocka.h"

static int setup(void **state)
{
    struct arena *arena = malloc(sizeof(*arena));
    arena_init(arena, 0);
    *state = arena;
    return 0;
}

static int teardown(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

static void test_status__is_minus_the_error_code(void **state)
{
    assert_int_equal(grpc_status_from_err(0), GRPC_OK);
    assert_int_equal(grpc_status_from_err(ERR_INVALID), GRPC_INVALID_ARGUMENT);
    assert_int_equal(grpc_status_from_err(ERR_TIMEOUT), GRPC_DEADLINE_EXCEEDED);
    assert_int_equal(grpc_status_from_err(ERR_UNAUTHENTICATED), GRPC_UNAUTHENTICATED);
    assert_int_equal(grpc_status_from_err(-17), GRPC_UNKNOWN);
    assert_int_equal(grpc_status_from_err(5), GRPC_UNKNOWN);
    for (int code = 0; code >= ERR_UNAUTHENTICATED; code--)
        assert_int_equal(grpc_status_to_err(grpc_status_from_err(code)), code);
}

static void test_status__has_the_public_names(void **state)
{
    assert_string_equal(grpc_status_name(GRPC_OK), "OK");
    assert_string_equal(grpc_status_name(GRPC_FAILED_PRECONDITION), "FAILED_PRECONDITION");
    assert_string_equal(grpc_status_name(16), "UNAUTHENTICATED");
    assert_string_equal(grpc_status_name(17), "UNKNOWN");
    assert_string_equal(grpc_status_name(-1), "UNKNOWN");
}

static void check_parse(const char *text, int expected)
{
    enum grpc_status status = 99;
    assert_int_equal(
        grpc_status_parse(text, strlen(text), &status), expected < 0 ? ERR_INVALID : 0);
    assert_int_equal(status, expected < 0 ? 99 : expected);
}

static void test_status__reads_digits(void **state)
{
    check_parse("0", 0);
    check_parse("16", 16);
    check_parse("017", GRPC_UNKNOWN);
    check_parse("999", GRPC_UNKNOWN);
    check_parse("", -1);
    check_parse("1000", -1);
    check_parse("-1", -1);
    check_parse("OK", -1);
}

static void test_details__carry_violations_and_retry(void **state)
{
    static const struct wire_violation violations[] = {
        { "employer.sites[2].postcode", "Write a full postcode." },
        { "", "caf\xc3\xa9" },
    };
    struct wire_details details;
    struct err err = { 0 };
    uint8_t *data;
    size_t len;
    assert_int_equal(wire_details_pack(*state, GRPC_INVALID_ARGUMENT, "two faults", violations, 2,
                         1500000, &data, &len),
        0);
    assert_int_equal(wire_details_unpack(*state, data, len, &details, &err), 0);
    assert_int_equal(details.code, GRPC_INVALID_ARGUMENT);
    assert_string_equal(details.message, "two faults");
    assert_int_equal(details.n_violations, 2);
    assert_string_equal(details.violations[0].field, violations[0].field);
    assert_string_equal(details.violations[1].description, violations[1].description);
    assert_int_equal(details.retry_usec, 1500000);
}

/* The bytes that any gRPC client knows: google.rpc.Status, an Any, a BadRequest. */
static void test_details__are_the_public_messages(void **state)
{
    static const struct wire_violation violation = { "f", "d" };
    static const char expected[] = "\x08\x03\x12\x01m\x1a\x36"
                                   "\x0a\x2a"
                                   "type.googleapis.com/google.rpc.BadRequest\x12\x08"
                                   "\x0a\x06\x0a\x01"
                                   "f\x12\x01"
                                   "d";
    uint8_t *data;
    size_t len;
    assert_int_equal(
        wire_details_pack(*state, GRPC_INVALID_ARGUMENT, "m", &violation, 1, 0, &data, &len), 0);
    /* the type's name is 41 bytes long */
    assert_int_equal(len, 7 + 2 + 41 + 2 + 8);
    assert_memory_equal(data, "\x08\x03\x12\x01m\x1a", 6);
    assert_non_null(memmem(data, len, "type.googleapis.com/google.rpc.BadRequest", 41));
    assert_memory_equal(data + len - 10, expected + sizeof(expected) - 1 - 10, 10);
}

static void test_details__may_be_bare(void **state)
{
    struct wire_details details;
    struct err err = { 0 };
    uint8_t *data;
    size_t len;
    assert_int_equal(wire_details_pack(*state, GRPC_NOT_FOUND, "gone", NULL, 0, 0, &data, &len), 0);
    assert_int_equal(wire_details_unpack(*state, data, len, &details, &err), 0);
    assert_int_equal(details.n_violations, 0);
    assert_int_equal(details.retry_usec, 0);
    assert_int_equal(wire_details_unpack(*state, NULL, 0, &details, &err), 0);
    assert_int_equal(details.code, GRPC_OK);
    assert_string_equal(details.message, "");
}

static void test_details__skip_unknown_types_and_refuse_broken_ones(void **state)
{
    struct wire_details details;
    struct err err = { 0 };
    static const uint8_t unknown[] = "\x08\x05\x1a\x0b\x0a\x05x/a.b\x12\x02\xff\xff";
    assert_int_equal(wire_details_unpack(*state, unknown, sizeof(unknown) - 1, &details, &err), 0);
    assert_int_equal(details.code, GRPC_NOT_FOUND);
    static const uint8_t broken[] = "\x1a\x1b\x0a\x15x/google.rpc.RetryInfo\x12\x02\x0a\x7f";
    assert_int_equal(
        wire_details_unpack(*state, broken, sizeof(broken) - 1, &details, &err), ERR_INVALID);
    assert_int_equal(
        wire_details_unpack(*state, (const uint8_t *)"\xff", 1, &details, &err), ERR_INVALID);
}

static void test_details__fail_at_the_arena_cap(void **state)
{
    static const struct wire_violation violation = { "field", "description" };
    for (size_t cap = 16; cap < 600; cap += 16) {
        struct arena arena;
        uint8_t *data = NULL;
        size_t len = 0;
        arena_init(&arena, cap);
        int r = wire_details_pack(
            &arena, GRPC_INVALID_ARGUMENT, "message", &violation, 1, 1, &data, &len);
        assert_true(r == 0 || r == ERR_EXHAUSTED);
        assert_true((data != NULL) == (r == 0));
        arena_release(&arena);
    }
}

#define arena_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status__is_minus_the_error_code),
        cmocka_unit_test(test_status__has_the_public_names),
        cmocka_unit_test(test_status__reads_digits),
        arena_test(test_details__carry_violations_and_retry),
        arena_test(test_details__are_the_public_messages),
        arena_test(test_details__may_be_bare),
        arena_test(test_details__skip_unknown_types_and_refuse_broken_ones),
        cmocka_unit_test(test_details__fail_at_the_arena_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
