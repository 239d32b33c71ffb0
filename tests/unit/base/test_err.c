#include "base/err.h"

#include "base/str.h"
#include "unit/cmocka.h"

static void test_err__carries_code_field_and_sentence(void **state)
{
    struct err err = { 0 };
    assert_int_equal(
        err_set_field(&err, ERR_INVALID, "employer.name", "%d is too long", 7), ERR_INVALID);
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "employer.name");
    assert_string_equal(err.msg, "7 is too long");
}

static void test_err__accepts_no_struct(void **state)
{
    assert_int_equal(err_set(NULL, ERR_TIMEOUT, "late"), ERR_TIMEOUT);
    assert_int_equal(err_set_field(NULL, ERR_RANGE, "a", "b"), ERR_RANGE);
    assert_int_equal(err_oom(NULL), ERR_EXHAUSTED);
}

static void test_err__may_quote_itself(void **state)
{
    struct err err;
    (void)err_set(&err, ERR_INTERNAL, "the cause");
    (void)err_set(&err, ERR_INTERNAL, "while reading: %s", err.msg);
    assert_string_equal(err.msg, "while reading: the cause");
}

static void test_err__forgets_the_field_of_an_older_error(void **state)
{
    struct err err;
    (void)err_set_field(&err, ERR_INVALID, "a.b", "x");
    (void)err_set(&err, ERR_INTERNAL, "y");
    assert_string_equal(err.field, "");
}

/* Cut inside a character, the text would be no protobuf string. */
static void test_err__is_cut_at_a_whole_character(void **state)
{
    char text[1024];
    for (size_t offset = 0; offset < 4; offset++) {
        struct err err;
        memset(text, 'x', offset);
        for (size_t i = offset; i + 4 < sizeof(text); i += 4)
            memcpy(text + i, "\xf0\x9f\x98\x80", 5);
        (void)err_set_field(&err, ERR_INVALID, text, "%s", text);
        assert_true(utf8_valid(err.msg, strlen(err.msg)));
        assert_true(utf8_valid(err.field, strlen(err.field)));
        assert_true(strlen(err.msg) > sizeof(err.msg) - 5);
    }
}

static void test_err__names_every_code(void **state)
{
    assert_string_equal(err_name(0), "ok");
    assert_string_equal(err_name(ERR_NOT_FOUND), "not found");
    assert_string_equal(err_name(ERR_UNAUTHENTICATED), "unauthenticated");
    assert_string_equal(err_name(-17), "unknown");
    assert_string_equal(err_name(1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err__carries_code_field_and_sentence),
        cmocka_unit_test(test_err__accepts_no_struct),
        cmocka_unit_test(test_err__may_quote_itself),
        cmocka_unit_test(test_err__forgets_the_field_of_an_older_error),
        cmocka_unit_test(test_err__is_cut_at_a_whole_character),
        cmocka_unit_test(test_err__names_every_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
