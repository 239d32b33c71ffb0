#include "base/uuid.h"

#include "base/clock.h"
#include "base/err.h"
#include "unit/cmocka.h"

static void test_uuid__v7_carries_time_version_and_variant(void **state)
{
    struct uuid uuid;
    clock_set_fake(INT64_C(1900000000123456));
    uuid_v7(&uuid);
    clock_set_fake(-1);
    uint64_t msec = 0;
    for (int i = 0; i < 6; i++)
        msec = msec << 8 | uuid.bytes[i];
    assert_int_equal(msec, INT64_C(1900000000123));
    assert_int_equal(uuid.bytes[6] >> 4, 7);
    assert_int_equal(uuid.bytes[8] >> 6, 2);
}

static void test_uuid__v7_ascends_within_a_microsecond(void **state)
{
    struct uuid last, next;
    clock_set_fake(INT64_C(1910000000000000));
    uuid_v7(&last);
    for (int i = 0; i < 10000; i++) {
        uuid_v7(&next);
        assert_true(uuid_compare(&last, &next) < 0);
        last = next;
    }
    clock_set_fake(-1);
}

/* The clock may be set back by an administrator. */
static void test_uuid__v7_ascends_when_the_clock_goes_back(void **state)
{
    struct uuid first, second;
    clock_set_fake(INT64_C(1920000000000000));
    uuid_v7(&first);
    clock_set_fake(INT64_C(1919999999000000));
    uuid_v7(&second);
    clock_set_fake(-1);
    assert_true(uuid_compare(&first, &second) < 0);
}

static void test_uuid__reads_what_it_writes(void **state)
{
    struct uuid uuid, back;
    char text[UUID_TEXT_BYTES];
    uuid_v7(&uuid);
    uuid_format(&uuid, text);
    assert_int_equal(strlen(text), 36);
    assert_int_equal(uuid_parse(text, 36, &back), 0);
    assert_int_equal(uuid_compare(&uuid, &back), 0);
    assert_false(uuid_is_nil(&uuid));
}

static void test_uuid__reads_either_case(void **state)
{
    struct uuid uuid;
    char text[UUID_TEXT_BYTES];
    assert_int_equal(uuid_parse("0123ABCD-ef01-2345-6789-abcdefABCDEF", 36, &uuid), 0);
    uuid_format(&uuid, text);
    assert_string_equal(text, "0123abcd-ef01-2345-6789-abcdefabcdef");
}

static void test_uuid__refuses_other_texts(void **state)
{
    static const char *const bad[]
        = { "", "0123abcd-ef01-2345-6789-abcdefabcde", "0123abcd-ef01-2345-6789-abcdefabcdef0",
              "0123abcdeef01-2345-6789-abcdefabcdef", "0123abcd-ef01-2345-6789-abcdefabcdeg",
              "{123abcd-ef01-2345-6789-abcdefabcde}", "0123abcd-ef01-2345-6789abcdefabcdef-" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct uuid uuid = { .bytes = { 9 } };
        assert_int_equal(uuid_parse(bad[i], strlen(bad[i]), &uuid), ERR_INVALID);
        assert_int_equal(uuid.bytes[0], 9);
    }
}

static void test_uuid__knows_nil(void **state)
{
    struct uuid uuid;
    assert_int_equal(uuid_parse("00000000-0000-0000-0000-000000000000", 36, &uuid), 0);
    assert_true(uuid_is_nil(&uuid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid__v7_carries_time_version_and_variant),
        cmocka_unit_test(test_uuid__v7_ascends_within_a_microsecond),
        cmocka_unit_test(test_uuid__v7_ascends_when_the_clock_goes_back),
        cmocka_unit_test(test_uuid__reads_what_it_writes),
        cmocka_unit_test(test_uuid__reads_either_case),
        cmocka_unit_test(test_uuid__refuses_other_texts),
        cmocka_unit_test(test_uuid__knows_nil),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
