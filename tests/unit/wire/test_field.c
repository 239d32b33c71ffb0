#include "wire/field.h"

#include "base/arena.h"
#include "base/str.h"
#include "unit/cmocka.h"
#include "wire/enums.h"

#include <testing.pb-c.h>

static const ProtobufCFieldDescriptor *find(
    const ProtobufCMessageDescriptor *desc, const char *name)
{
    const ProtobufCFieldDescriptor *field
        = protobuf_c_message_descriptor_get_field_by_name(desc, name);
    assert_non_null(field);
    return field;
}

static void test_field__plain_scalars_are_set_when_not_zero(void **state)
{
    Canvass__Testing__Scalars scalars = CANVASS__TESTING__SCALARS__INIT;
    for (unsigned i = 0; i < scalars.base.descriptor->n_fields; i++) {
        assert_false(field_is_set(&scalars.base, &scalars.base.descriptor->fields[i]));
        assert_false(field_has_presence(&scalars.base.descriptor->fields[i]));
    }
    scalars.a_double = 0.5;
    scalars.an_int64 = INT64_C(1) << 40;
    scalars.a_string = (char *)"x";
    scalars.some_bytes = (ProtobufCBinaryData) { 1, (uint8_t *)"x" };
    const ProtobufCMessageDescriptor *desc = scalars.base.descriptor;
    assert_true(field_is_set(&scalars.base, find(desc, "a_double")));
    assert_true(field_is_set(&scalars.base, find(desc, "an_int64")));
    assert_true(field_is_set(&scalars.base, find(desc, "a_string")));
    assert_true(field_is_set(&scalars.base, find(desc, "some_bytes")));
}

static void test_field__optionals_know_zero_from_unset(void **state)
{
    Canvass__Testing__Optionals optionals;
    canvass__testing__optionals__init(&optionals);
    const ProtobufCFieldDescriptor *count = find(optionals.base.descriptor, "count");
    const ProtobufCFieldDescriptor *note = find(optionals.base.descriptor, "note");
    int32_t zero = 0;
    const char *empty = "";
    assert_true(field_has_presence(count));
    assert_false(field_is_set(&optionals.base, count));
    field_set(&optionals.base, count, &zero);
    field_set(&optionals.base, note, &empty);
    assert_true(field_is_set(&optionals.base, count));
    assert_true(field_is_set(&optionals.base, note));
    field_clear(&optionals.base, count);
    assert_false(field_is_set(&optionals.base, count));
    assert_true(field_is_set(&optionals.base, note));
}

static void test_field__a_choice_holds_one_member(void **state)
{
    Canvass__Testing__Choice choice = CANVASS__TESTING__CHOICE__INIT;
    const ProtobufCFieldDescriptor *number = find(choice.base.descriptor, "number");
    const ProtobufCFieldDescriptor *text = find(choice.base.descriptor, "text");
    const char *word = "word";
    int32_t seven = 7;
    field_set(&choice.base, number, &seven);
    field_set(&choice.base, text, &word);
    assert_false(field_is_set(&choice.base, number));
    assert_string_equal(choice.text, "word");
    field_clear(&choice.base, number); /* not set: must not touch the other */
    assert_string_equal(choice.text, "word");
    assert_int_equal(field_count(&choice.base, text), 1);
}

static void test_field__clears_to_what_protobuf_calls_unset(void **state)
{
    Canvass__Testing__Scalars scalars = CANVASS__TESTING__SCALARS__INIT;
    const ProtobufCFieldDescriptor *text = find(scalars.base.descriptor, "a_string");
    const char *word = "word";
    field_set(&scalars.base, text, &word);
    field_clear(&scalars.base, text);
    assert_string_equal(scalars.a_string, "");
}

static void test_field__reaches_elements_of_lists(void **state)
{
    Canvass__Testing__Lists lists = CANVASS__TESTING__LISTS__INIT;
    const ProtobufCFieldDescriptor *numbers = find(lists.base.descriptor, "sint64s");
    int64_t values[] = { 1, -2, 3 };
    assert_true(field_is_repeated(numbers));
    assert_null(field_data(&lists.base, numbers));
    assert_false(field_is_set(&lists.base, numbers));
    field_set_list(&lists.base, numbers, values, 3);
    assert_int_equal(field_count(&lists.base, numbers), 3);
    assert_int_equal(*(const int64_t *)field_element(&lists.base, numbers, 1), -2);
    field_clear(&lists.base, numbers);
    assert_int_equal(field_count(&lists.base, numbers), 0);
}

static void test_field__finds_by_path(void **state)
{
    const ProtobufCFieldDescriptor *steps[4];
    struct err err = { 0 };
    const ProtobufCMessageDescriptor *desc = &canvass__testing__everything__descriptor;
    assert_int_equal(field_find_path(desc, "employer.sites.postcode", 4, steps, &err), 3);
    assert_string_equal(steps[0]->name, "employer");
    assert_string_equal(steps[2]->name, "postcode");
    assert_int_equal(field_find_path(desc, "renamed", 4, steps, &err), 1);

    assert_int_equal(field_find_path(desc, "employer.site.x", 4, steps, &err), ERR_NOT_FOUND);
    assert_string_equal(err.field, "employer.site");
    assert_int_equal(field_find_path(desc, "renamed.x", 4, steps, &err), ERR_NOT_FOUND);
    assert_string_equal(err.field, "renamed.x");
    assert_int_equal(field_find_path(desc, "", 4, steps, &err), ERR_NOT_FOUND);
    assert_int_equal(field_find_path(desc, "employer.", 4, steps, &err), ERR_NOT_FOUND);
    assert_int_equal(field_find_path(desc, ".employer", 4, steps, &err), ERR_NOT_FOUND);
    assert_int_equal(field_find_path(desc, "inner.inner.inner", 2, steps, &err), ERR_NOT_FOUND);
}

static void test_field_path__is_cut_at_a_whole_character(void **state)
{
    struct field_path outer = { .name = "employer", .index = -1 };
    struct field_path sites = { .parent = &outer, .name = "sites", .index = 2 };
    struct field_path inner = { .parent = &sites, .name = "caf\xc3\xa9", .index = -1 };
    char out[64];
    field_path_format(&inner, out, sizeof(out));
    assert_string_equal(out, "employer.sites[2].caf\xc3\xa9");
    for (size_t size = 4; size < 24; size++) {
        field_path_format(&inner, out, size);
        assert_true(strlen(out) < size);
        assert_true(str_ends_with(out, "..."));
        assert_true(utf8_valid(out, strlen(out)));
    }
    field_path_format(NULL, out, sizeof(out));
    assert_string_equal(out, "");
}

static void check_enum(const ProtobufCEnumDescriptor *desc, int value, const char *expected)
{
    char name[ENUM_NAME_BYTES];
    int back = 99;
    assert_int_equal(enum_short_name(desc, value, name), 0);
    assert_string_equal(name, expected);
    assert_int_equal(enum_find_short_name(desc, expected, strlen(expected), &back), 0);
    assert_int_equal(back, value);
}

static void test_enum__short_names_have_no_prefix(void **state)
{
    const ProtobufCEnumDescriptor *mode = &canvass__testing__visit_mode__descriptor;
    const ProtobufCEnumDescriptor *group = &canvass__testing__socgroup2020__descriptor;
    char prefix[ENUM_NAME_BYTES];
    assert_int_equal(enum_prefix(mode, prefix), strlen("VISIT_MODE_"));
    assert_string_equal(prefix, "VISIT_MODE_");
    (void)enum_prefix(group, prefix);
    assert_string_equal(prefix, "SOC_GROUP2020_");
    check_enum(mode, 1, "in_person");
    check_enum(mode, -3, "later");
    check_enum(group, 1, "cooks");
    check_enum(group, 0, "none");
}

static void test_enum__unspecified_has_no_short_name(void **state)
{
    const ProtobufCEnumDescriptor *mode = &canvass__testing__visit_mode__descriptor;
    char name[ENUM_NAME_BYTES];
    int value = 99;
    assert_true(enum_is_unspecified(mode, 0));
    assert_false(enum_is_unspecified(&canvass__testing__socgroup2020__descriptor, 0));
    assert_int_equal(enum_short_name(mode, 0, name), ERR_INVALID);
    assert_int_equal(enum_short_name(mode, 77, name), ERR_INVALID);
    assert_int_equal(enum_find_short_name(mode, "unspecified", 11, &value), ERR_INVALID);
    assert_int_equal(enum_find_short_name(mode, "IN_PERSON", 9, &value), ERR_INVALID);
    assert_int_equal(enum_find_short_name(mode, "in_perso", 8, &value), ERR_INVALID);
    assert_int_equal(enum_find_short_name(mode, "", 0, &value), ERR_INVALID);
    assert_int_equal(value, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field__plain_scalars_are_set_when_not_zero),
        cmocka_unit_test(test_field__optionals_know_zero_from_unset),
        cmocka_unit_test(test_field__a_choice_holds_one_member),
        cmocka_unit_test(test_field__clears_to_what_protobuf_calls_unset),
        cmocka_unit_test(test_field__reaches_elements_of_lists),
        cmocka_unit_test(test_field__finds_by_path),
        cmocka_unit_test(test_field_path__is_cut_at_a_whole_character),
        cmocka_unit_test(test_enum__short_names_have_no_prefix),
        cmocka_unit_test(test_enum__unspecified_has_no_short_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
