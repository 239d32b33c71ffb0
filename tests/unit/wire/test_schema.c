#include "wire/schema.h"

#include "base/str.h"
#include "unit/cmocka.h"

#include <canvass/v1/employer.pb-c.h>
#include <google/protobuf/descriptor.pb-c.h>
#include <google/protobuf/timestamp.pb-c.h>
#include <testing.pb-c.h>

static int setup(void **state)
{
    return schema_get() ? 0 : -1;
}

static void test_schema__finds_every_method_by_its_path(void **state)
{
    assert_true(schema_n_methods() > 0);
    for (size_t i = 0; i < schema_n_methods(); i++) {
        const struct schema_method *method = schema_method(i);
        /* no NUL behind the path: it comes from a header */
        size_t len = strlen(method->path);
        char *copy = malloc(len);
        memcpy(copy, method->path, len);
        assert_ptr_equal(schema_find_method(copy, len), method);
        assert_ptr_equal(schema_find_method(copy + 1, len - 1), method);
        assert_null(schema_find_method(copy, len - 1));
        free(copy);
        assert_string_equal(method->path + 1, method->full_name);
        assert_true(str_starts_with(method->full_name, method->service->name));
        assert_non_null(method->input);
        assert_non_null(method->output);
    }
    assert_null(schema_method(schema_n_methods()));
    assert_null(schema_find_method("", 0));
    assert_null(schema_find_method("/", 1));
    assert_null(schema_find_method("/canvass.v1.EmployerService/GetEmployerX", 40));
}

static void test_schema__knows_a_method(void **state)
{
    const char path[] = "/canvass.v1.EmployerService/GetEmployer";
    const struct schema_method *method = schema_find_method(path, strlen(path));
    assert_non_null(method);
    assert_ptr_equal(method->input, &canvass__v1__get_employer_request__descriptor);
    assert_false(method->client_streaming);
    assert_false(method->server_streaming);
    assert_string_equal(method->comment, schema_comment("canvass.v1.EmployerService.GetEmployer"));
}

static void test_schema__knows_which_methods_stream(void **state)
{
    size_t n_server = 0;
    for (size_t i = 0; i < schema_n_methods(); i++)
        n_server += schema_method(i)->server_streaming;
    assert_true(n_server > 0 && n_server < schema_n_methods());
}

static void test_schema__finds_messages_by_name(void **state)
{
    assert_ptr_equal(
        schema_find_message("canvass.v1.Employer"), &canvass__v1__employer__descriptor);
    assert_ptr_equal(
        schema_find_message("google.protobuf.Timestamp"), &google__protobuf__timestamp__descriptor);
    assert_string_equal(schema_find_message("google.rpc.BadRequest.FieldViolation")->name,
        "google.rpc.BadRequest.FieldViolation");
    assert_null(schema_find_message("canvass.v1.Nothing"));
    assert_null(schema_find_message(""));
}

static void test_schema__knows_json_names_and_optional_fields(void **state)
{
    const ProtobufCMessageDescriptor *desc = schema_find_message("google.rpc.RetryInfo");
    assert_string_equal(schema_json_name(&desc->fields[0]), "retryDelay");
    assert_false(schema_field_is_optional(&desc->fields[0]));
    size_t n_optional = 0;
    for (size_t i = 0; i < schema_n_methods(); i++) {
        desc = schema_method(i)->output;
        for (unsigned j = 0; j < desc->n_fields; j++)
            assert_non_null(schema_json_name(&desc->fields[j]));
    }
    for (size_t i = 0; i < schema_n_files(); i++) {
        const Google__Protobuf__FileDescriptorProto *file = schema_file(i)->proto;
        for (size_t j = 0; j < file->n_message_type; j++) {
            char name[256];
            snprintf(name, sizeof(name), "%s.%s", file->package, file->message_type[j]->name);
            desc = schema_find_message(name);
            for (unsigned k = 0; k < desc->n_fields; k++)
                n_optional += schema_field_is_optional(&desc->fields[k]);
        }
    }
    assert_true(n_optional >= 3);
}

static void test_schema__has_nothing_of_what_is_not_its_own(void **state)
{
    const ProtobufCFieldDescriptor *field = &canvass__testing__optionals__descriptor.fields[0];
    assert_null(schema_json_name(field));
    assert_false(schema_field_is_optional(field));
    assert_null(schema_find_message("canvass.testing.Optionals"));
}

static void test_schema__keeps_comments(void **state)
{
    assert_string_equal(schema_comment("google.rpc.RetryInfo"), "When the caller may try again.");
    assert_string_equal(schema_comment("google.rpc.BadRequest.FieldViolation.description"),
        "A sentence for people.");
    assert_string_equal(schema_comment("canvass.v1.Role.ROLE_LEAD"),
        "Leads a team: what a specialist may, and reviews, reports, grants.");
    assert_string_equal(schema_comment("canvass.v1.Nothing"), "");
}

/* Reflection hands these bytes out. */
static void test_schema__slices_the_set_into_files(void **state)
{
    const uint8_t *set;
    size_t set_len, sum = 0;
    schema_descriptor_set(&set, &set_len);
    for (size_t i = 0; i < schema_n_files(); i++) {
        const struct schema_file *file = schema_file(i);
        Google__Protobuf__FileDescriptorProto *proto
            = google__protobuf__file_descriptor_proto__unpack(NULL, file->len, file->data);
        assert_non_null(proto);
        assert_string_equal(proto->name, file->name);
        google__protobuf__file_descriptor_proto__free_unpacked(proto, NULL);
        sum += file->len;
        for (size_t j = 0; j < file->proto->n_dependency; j++) {
            size_t k = 0;
            while (k < i && !str_eq(schema_file(k)->name, file->proto->dependency[j]))
                k++;
            assert_true(k < i);
        }
    }
    assert_true(sum < set_len);
    assert_null(schema_file(schema_n_files()));
}

static void test_schema__lists_services(void **state)
{
    size_t n = 0;
    for (size_t i = 0; i < schema_n_services(); i++)
        n += schema_service(i)->n_methods;
    assert_int_equal(n, schema_n_methods());
    assert_null(schema_service(schema_n_services()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema__finds_every_method_by_its_path),
        cmocka_unit_test(test_schema__knows_a_method),
        cmocka_unit_test(test_schema__knows_which_methods_stream),
        cmocka_unit_test(test_schema__finds_messages_by_name),
        cmocka_unit_test(test_schema__knows_json_names_and_optional_fields),
        cmocka_unit_test(test_schema__has_nothing_of_what_is_not_its_own),
        cmocka_unit_test(test_schema__keeps_comments),
        cmocka_unit_test(test_schema__slices_the_set_into_files),
        cmocka_unit_test(test_schema__lists_services),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
