#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/str.h"
#include "db/batch.h"
#include "service/auth.h"
#include "service/errors.h"

#include <string.h>

static int setup(void **state)
{
    static const char *const rows[][3] = {
        { "site", "postcode_form", "site.postcode: Give a UK postcode." },
        { "client", "postcode_form", "client.home_postcode: Give the sector." },
        { "", "pence_range", "pay_pence_hour: Give pence: 1480 is £14.80." },
    };
    struct error_book *book = calloc(1, sizeof(*book));

    assert_non_null(book);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(error_book_add(book, rows[i], NULL), 0);
    error_book_finish(book);
    log_set_level(LOG_LEVEL_ERROR);
    *state = book;
    return 0;
}

static int teardown(void **state)
{
    error_book_release(*state);
    free(*state);
    return 0;
}

static void check(const struct error_book *book, struct db_sql_error sql, enum err_code code,
    const char *field, const char *says)
{
    struct err err = { 0 };

    error_translate(book, &sql, "canvass.v1.X/Y", 0xabc, &err);
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
    if (!strstr(err.msg, says))
        fail_msg("\"%s\" is not in \"%s\"", says, err.msg);
    assert_null(strstr(err.msg, "SECRET"));
}

static void test_errors__constraints_speak_by_table_and_name(void **state)
{
    check(*state,
        (struct db_sql_error) {
            "23514", .message = "SECRET", .table = "site", .constraint = "postcode_form" },
        ERR_INVALID, "site.postcode", "Give a UK postcode.");
    check(*state,
        (struct db_sql_error) {
            "23514", .message = "SECRET", .table = "client", .constraint = "postcode_form" },
        ERR_INVALID, "client.home_postcode", "Give the sector.");
    check(*state,
        (struct db_sql_error) { "23514", .message = "SECRET", .constraint = "pence_range" },
        ERR_INVALID, "pay_pence_hour", "Give pence: 1480 is £14.80.");
}

static void test_errors__raised_ones_keep_field_and_sentence(void **state)
{
    check(*state,
        (struct db_sql_error) { "CV009", .message = "It is closed.", .column = "opening_id" },
        ERR_PRECONDITION, "opening_id", "It is closed.");
    check(*state, (struct db_sql_error) { "CV016", .message = "Log in again." },
        ERR_UNAUTHENTICATED, "", "Log in again.");
}

static void test_errors__without_a_sentence_stay_general(void **state)
{
    static const struct {
        struct db_sql_error sql;
        enum err_code code;
    } rows[] = {
        { { "23505", .message = "SECRET", .detail = "SECRET" }, ERR_EXISTS },
        { { "23514", .message = "SECRET", .constraint = "unknown" }, ERR_INVALID },
        { { "23503", .message = "SECRET" }, ERR_PRECONDITION },
        { { "22P02", .message = "SECRET" }, ERR_INVALID },
        { { "40001", .message = "SECRET" }, ERR_ABORTED },
        { { "42501", .message = "SECRET" }, ERR_DENIED },
        { { "57014", .message = "SECRET" }, ERR_TIMEOUT },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        check(*state, rows[i].sql, rows[i].code, "", ".");
}

static void test_errors__missing_value_names_its_column(void **state)
{
    check(*state, (struct db_sql_error) { "23502", .message = "SECRET", .column = "name" },
        ERR_INVALID, "name", "must be given");
}

static void test_errors__faults_of_ours_tell_a_reference(void **state)
{
    static const char *const states[] = { "42P01", "42883", "XX000", "CV100", "P0001", "" };

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        struct db_sql_error sql = { .message = "SECRET" };
        memcpy(sql.sqlstate, states[i], strlen(states[i]));
        check(*state, sql, ERR_INTERNAL, "", "0000000000000abc");
    }
}

static void test_errors__plain_ones_stand_unless_they_are_ours(void **state)
{
    struct err from, to = { 0 };

    err_set(&from, ERR_UNAVAILABLE, "Try again.");
    error_translate_plain(&from, "m", 1, &to);
    assert_string_equal(to.msg, "Try again.");
    err_set(&from, ERR_INTERNAL, "SECRET");
    error_translate_plain(&from, "m", 1, &from);
    assert_null(strstr(from.msg, "SECRET"));
    assert_int_equal(from.code, ERR_INTERNAL);
}

static void test_error_book__refuses_comments_of_another_form(void **state)
{
    static const char *const comments[]
        = { "Give a name.", "name Give: it", "name:", "name: ", "two words: Give." };

    for (size_t i = 0; i < ARRAY_SIZE(comments); i++) {
        const char *row[] = { "t", "c", comments[i] };
        struct err err = { 0 };
        assert_int_equal(error_book_add(*state, row, &err), ERR_INVALID);
        assert_non_null(strstr(err.msg, "constraint c"));
    }
}

static void test_auth__hashes_the_whole_token(void **state)
{
    /* printf cvt_AAA... | sha256sum */
    static const uint8_t expected[] = { 0xe9, 0x4b, 0x3b, 0x9b, 0xe6, 0x75, 0x08, 0x06 };
    uint8_t one[AUTH_HASH_BYTES], other[AUTH_HASH_BYTES];

    assert_int_equal(
        auth_hash("Bearer cvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL, one, NULL), 0);
    assert_int_equal(
        auth_hash("bearer  cvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL, other, NULL), 0);
    assert_memory_equal(one, expected, sizeof(expected));
    assert_memory_equal(one, other, sizeof(one));
    assert_int_equal(
        auth_hash("Bearer cvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", NULL, other, NULL), 0);
    assert_memory_not_equal(one, other, sizeof(one));
}

static void test_auth__never_repeats_what_was_sent(void **state)
{
    struct err err = { 0 };
    uint8_t hash[AUTH_HASH_BYTES];

    assert_int_equal(auth_hash("Bearer hunter2", NULL, hash, &err), ERR_UNAUTHENTICATED);
    assert_null(strstr(err.msg, "hunter2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors__constraints_speak_by_table_and_name),
        cmocka_unit_test(test_errors__raised_ones_keep_field_and_sentence),
        cmocka_unit_test(test_errors__without_a_sentence_stay_general),
        cmocka_unit_test(test_errors__missing_value_names_its_column),
        cmocka_unit_test(test_errors__faults_of_ours_tell_a_reference),
        cmocka_unit_test(test_errors__plain_ones_stand_unless_they_are_ours),
        cmocka_unit_test(test_error_book__refuses_comments_of_another_form),
        cmocka_unit_test(test_auth__hashes_the_whole_token),
        cmocka_unit_test(test_auth__never_repeats_what_was_sent),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
