/* What a SQLSTATE means to a caller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/sqlstate.h"

static void test_sqlstate__means_a_code(void **state)
{
    static const struct {
        const char *sqlstate;
        enum err_code code;
    } rows[] = {
        { "08006", ERR_UNAVAILABLE },
        { "22001", ERR_INVALID },
        { "22P02", ERR_INVALID },
        { "23502", ERR_INVALID },
        { "23503", ERR_PRECONDITION },
        { "23505", ERR_EXISTS },
        { "23514", ERR_INVALID },
        { "23P01", ERR_EXISTS },
        { "25006", ERR_UNAVAILABLE },
        { "25001", ERR_INTERNAL },
        { "40001", ERR_ABORTED },
        { "40P01", ERR_ABORTED },
        { "42501", ERR_DENIED },
        { "42601", ERR_INTERNAL },
        { "42P01", ERR_INTERNAL },
        { "53100", ERR_UNAVAILABLE },
        { "53200", ERR_EXHAUSTED },
        { "53300", ERR_UNAVAILABLE },
        { "55P03", ERR_ABORTED },
        { "55000", ERR_INTERNAL },
        { "57014", ERR_TIMEOUT },
        { "57P01", ERR_UNAVAILABLE },
        { "57P03", ERR_UNAVAILABLE },
        { "58030", ERR_UNAVAILABLE },
        { "P0001", ERR_INTERNAL },
        { "XX000", ERR_INTERNAL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (sqlstate_to_err(rows[i].sqlstate) != rows[i].code)
            fail_msg("%s is %s", rows[i].sqlstate, err_name(sqlstate_to_err(rows[i].sqlstate)));
}

static void test_sqlstate__of_our_own_is_the_status(void **state)
{
    char sqlstate[8];

    for (int status = 1; status <= 16; status++) {
        snprintf(sqlstate, sizeof(sqlstate), "CV0%02d", status);
        assert_int_equal(sqlstate_to_err(sqlstate), -status);
    }
}

static void test_sqlstate__that_makes_no_sense_is_our_fault(void **state)
{
    static const char *const odd[]
        = { "", "2", "2350", "235055", "CV000", "CV017", "CV0A1", "CV01/", "CV100", "CV101" };

    for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
        assert_int_equal(sqlstate_to_err(odd[i]), ERR_INTERNAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sqlstate__means_a_code),
        cmocka_unit_test(test_sqlstate__of_our_own_is_the_status),
        cmocka_unit_test(test_sqlstate__that_makes_no_sense_is_our_fault),
    };

    return cmocka_run_group_tests_name("db_sqlstate", tests, NULL, NULL);
}
