#include "wire/guard.h"

#include "base/str.h"
#include "unit/cmocka.h"
#include "wire/message.h"

#include <google/protobuf/struct.pb-c.h>
#include <testing.pb-c.h>

static const ProtobufCMessageDescriptor *const everything
    = &canvass__testing__everything__descriptor;

static void put_varint(struct str *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        str_addc(out, (char)(value | 0x80));
    str_addc(out, (char)value);
}

/* Append a field of wire type LEN. */
static void put_len(struct str *out, unsigned number, const void *data, size_t n)
{
    put_varint(out, number << 3 | 2);
    put_varint(out, n);
    str_add(out, data, n);
}

/* Wrap what is in @out into field @number, @times. */
static void wrap(struct str *out, unsigned number, int times)
{
    for (int i = 0; i < times; i++) {
        struct str outer = { 0 };
        put_len(&outer, number, str_text(out), out->len);
        str_release(out);
        *out = outer;
    }
}

static void check_refused(
    const ProtobufCMessageDescriptor *desc, const void *data, size_t n, int code, const char *field)
{
    /* in memory of its own size, so that reading beyond it is seen */
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, data, n);
    struct err err = { 0 };
    assert_int_equal(guard_check(desc, copy, n, NULL, &err), code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
    free(copy);
}

#define check_bytes(desc, bytes, field)                                                            \
    check_refused(&(desc), bytes, sizeof(bytes) - 1, ERR_INVALID, field)

static void test_guard__accepts_an_empty_message(void **state)
{
    struct err err = { 0 };
    assert_int_equal(guard_check(everything, NULL, 0, NULL, &err), 0);
    assert_int_equal(guard_check(everything, (const uint8_t *)"", 0, NULL, &err), 0);
}

static void test_guard__accepts_64_levels_and_no_more(void **state)
{
    _cleanup_(str_release) struct str message = { 0 };
    struct err err = { 0 };
    wrap(&message, 7, 63);
    assert_int_equal(
        guard_check(everything, (const uint8_t *)message.data, message.len, NULL, &err), 0);
    wrap(&message, 7, 1);
    assert_int_equal(
        guard_check(everything, (const uint8_t *)message.data, message.len, NULL, &err),
        ERR_INVALID);
    assert_non_null(strstr(err.msg, "64"));
    assert_true(str_starts_with(err.field, "inner.inner.inner."));
}

/* 60 kB of this overflows protobuf-c's stack. */
static void test_guard__refuses_a_tower_of_values(void **state)
{
    _cleanup_(str_release) struct str message = { 0 };
    for (int i = 0; i < 5000; i++) {
        wrap(&message, 1, 1); /* ListValue.values */
        wrap(&message, 6, 1); /* Value.list_value */
    }
    struct err err = { 0 };
    assert_int_equal(guard_check(&google__protobuf__value__descriptor,
                         (const uint8_t *)message.data, message.len, NULL, &err),
        ERR_INVALID);
}

/* 1 MiB of empty submessages makes protobuf-c take 58 MB. */
static void test_guard__refuses_a_flood_of_empty_messages(void **state)
{
    _cleanup_(str_release) struct str message = { 0 };
    struct err err = { 0 };
    for (int i = 0; i < 1 << 19; i++)
        put_len(&message, 8, "", 0);
    assert_int_equal(
        guard_check(everything, (const uint8_t *)message.data, message.len, NULL, &err),
        ERR_EXHAUSTED);
    assert_true(str_starts_with(err.field, "inners["));
}

static void test_guard__keeps_to_its_memory_limit(void **state)
{
    static const struct guard_limits limits
        = { .max_depth = 64, .max_elements = 1000, .max_memory_bytes = 4096 };
    _cleanup_(str_release) struct str message = { 0 };
    struct err err = { 0 };
    char text[5000];
    memset(text, 'x', sizeof(text));
    put_len(&message, 9, text, 3000);
    assert_int_equal(
        guard_check(everything, (const uint8_t *)message.data, message.len, &limits, &err), 0);
    str_reset(&message);
    put_len(&message, 9, text, 5000);
    assert_int_equal(
        guard_check(everything, (const uint8_t *)message.data, message.len, &limits, &err),
        ERR_EXHAUSTED);
    assert_string_equal(err.field, "renamed");
    str_reset(&message);
    /* one byte a bool on the wire, four in memory */
    put_len(&message, 7, text, 2000);
    assert_int_equal(guard_check(&canvass__testing__lists__descriptor,
                         (const uint8_t *)message.data, message.len, &limits, &err),
        ERR_EXHAUSTED);
    assert_string_equal(err.field, "bools[0]");
}

static void test_guard__names_the_path(void **state)
{
    _cleanup_(str_release) struct str message = { 0 };
    _cleanup_(str_release) struct str sites = { 0 };
    _cleanup_(str_release) struct str site = { 0 };
    put_len(&site, 2, "N1 \xff", 4);
    put_len(&sites, 1, "id", 2);
    put_len(&sites, 2, "", 0);
    put_len(&sites, 2, "", 0);
    put_len(&sites, 2, site.data, site.len);
    put_len(&message, 6, sites.data, sites.len);
    check_refused(everything, message.data, message.len, ERR_INVALID, "employer.sites[2].postcode");
}

static void test_guard__refuses_nul_and_bad_utf8_in_strings_only(void **state)
{
    struct err err = { 0 };
    check_bytes(canvass__testing__scalars__descriptor,
        "\x72\x03"
        "a\0b",
        "a_string");
    check_bytes(canvass__testing__scalars__descriptor, "\x72\x02\xc3(", "a_string");
    check_bytes(canvass__testing__lists__descriptor, "\x42\x01x\x42\x01\xff", "strings[1]");
    static const uint8_t bytes[] = { 0x7a, 3, 0xff, 0, 0xc3 };
    assert_int_equal(
        guard_check(&canvass__testing__scalars__descriptor, bytes, sizeof(bytes), NULL, &err), 0);
}

static void test_guard__refuses_what_is_cut_short(void **state)
{
    check_bytes(canvass__testing__scalars__descriptor,
        "\x72\x03"
        "ab",
        "a_string");
    check_bytes(canvass__testing__scalars__descriptor, "\x72", "a_string");
    check_bytes(canvass__testing__scalars__descriptor, "\x18", "an_int32");
    check_bytes(canvass__testing__scalars__descriptor, "\x18\x80", "an_int32");
    check_bytes(canvass__testing__scalars__descriptor, "\x09\1\2\3\4\5\6\7", "a_double");
    check_bytes(canvass__testing__scalars__descriptor, "\x15\1\2\3", "a_float");
    check_bytes(canvass__testing__scalars__descriptor, "\x80", "");
    check_bytes(canvass__testing__lists__descriptor, "\x1a\x01\x80", "int32s[0]");
    check_bytes(canvass__testing__lists__descriptor, "\x0a\x07\1\2\3\4\5\6\7", "doubles[0]");
    check_bytes(canvass__testing__lists__descriptor, "\x2a\x05\1\2\3\4\5", "fixed32s[0]");
    /* a length that overflows an address */
    check_bytes(canvass__testing__scalars__descriptor,
        "\x72\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a_string");
}

static void test_guard__refuses_overlong_varints(void **state)
{
    struct err err = { 0 };
    check_bytes(canvass__testing__scalars__descriptor,
        "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "an_int32");
    check_bytes(canvass__testing__scalars__descriptor, "\x98\x80\x80\x80\x80\x80\x01", "");
    check_bytes(canvass__testing__lists__descriptor,
        "\x1a\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "int32s[0]");
    static const uint8_t minus_one[]
        = { 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
    assert_int_equal(guard_check(&canvass__testing__scalars__descriptor, minus_one,
                         sizeof(minus_one), NULL, &err),
        0);
    /* a length of 6 bytes, though it be 0: protobuf-c does not read it */
    check_bytes(canvass__testing__everything__descriptor, "\x2a\x80\x80\x80\x80\x80\x00", "known");
}

static void test_guard__refuses_impossible_tags(void **state)
{
    check_bytes(canvass__testing__scalars__descriptor, "\x00\x01", ""); /* field 0 */
    check_bytes(canvass__testing__scalars__descriptor, "\x1b", "an_int32"); /* group */
    check_bytes(canvass__testing__scalars__descriptor, "\x1c", "an_int32");
    check_bytes(canvass__testing__scalars__descriptor, "\x1e\x01", "an_int32");
    check_bytes(canvass__testing__scalars__descriptor, "\xf8\xff\xff\xff\x7f\x01", "");
}

static void test_guard__refuses_a_wire_type_that_does_not_fit(void **state)
{
    check_bytes(canvass__testing__scalars__descriptor, "\x1a\x01\x01", "an_int32");
    check_bytes(canvass__testing__scalars__descriptor, "\x70\x01", "a_string");
    check_bytes(canvass__testing__scalars__descriptor, "\x08\x01", "a_double");
    check_bytes(canvass__testing__everything__descriptor, "\x38\x01", "inner");
    check_bytes(canvass__testing__lists__descriptor, "\x40\x01", "strings[0]");
}

/* protobuf-c merges them wrongly. */
static void test_guard__refuses_a_singular_message_twice(void **state)
{
    struct err err = { 0 };
    check_bytes(canvass__testing__everything__descriptor, "\x0a\x00\x0a\x00", "scalars");
    check_bytes(
        canvass__testing__choice__descriptor, "\x1a\x00\x08\x01\x1a\x00", "scalars"); /* oneof */
    /* scalars may come twice: the last one counts */
    static const uint8_t twice[] = { 0x18, 1, 0x18, 2, 0x72, 1, 'a', 0x72, 1, 'b' };
    assert_int_equal(
        guard_check(&canvass__testing__scalars__descriptor, twice, sizeof(twice), NULL, &err), 0);
}

static void test_guard__knows_fields_of_any_number(void **state)
{
    _cleanup_(str_release) struct str message = { 0 };
    put_len(&message, 536870911, "", 0);
    put_len(&message, 300, "\xff", 1);
    check_refused(
        &canvass__testing__wide__descriptor, message.data, message.len, ERR_INVALID, "f300");
    str_reset(&message);
    put_len(&message, 536870911, "", 0);
    put_len(&message, 536870911, "", 0);
    check_refused(
        &canvass__testing__wide__descriptor, message.data, message.len, ERR_INVALID, "site");
}

/* Unknown fields are kept, so they cost memory too. */
static void test_guard__counts_unknown_fields(void **state)
{
    static const struct guard_limits few
        = { .max_depth = 64, .max_elements = 3, .max_memory_bytes = 1 << 20 };
    struct err err = { 0 };
    static const uint8_t unknown[] = { 0xa0, 6, 1, 0xa0, 6, 1, 0xa0, 6, 1 };
    assert_int_equal(guard_check(everything, unknown, sizeof(unknown), NULL, &err), 0);
    assert_int_equal(guard_check(everything, unknown, sizeof(unknown), &few, &err), ERR_EXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard__accepts_an_empty_message),
        cmocka_unit_test(test_guard__accepts_64_levels_and_no_more),
        cmocka_unit_test(test_guard__refuses_a_tower_of_values),
        cmocka_unit_test(test_guard__refuses_a_flood_of_empty_messages),
        cmocka_unit_test(test_guard__keeps_to_its_memory_limit),
        cmocka_unit_test(test_guard__names_the_path),
        cmocka_unit_test(test_guard__refuses_nul_and_bad_utf8_in_strings_only),
        cmocka_unit_test(test_guard__refuses_what_is_cut_short),
        cmocka_unit_test(test_guard__refuses_overlong_varints),
        cmocka_unit_test(test_guard__refuses_impossible_tags),
        cmocka_unit_test(test_guard__refuses_a_wire_type_that_does_not_fit),
        cmocka_unit_test(test_guard__refuses_a_singular_message_twice),
        cmocka_unit_test(test_guard__knows_fields_of_any_number),
        cmocka_unit_test(test_guard__counts_unknown_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
