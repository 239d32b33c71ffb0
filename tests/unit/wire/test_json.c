#include "wire/json.h"

#include "unit/cmocka.h"
#include "wire/message.h"

#include <locale.h>
#include <testing.pb-c.h>

#define SCALARS (&canvass__testing__scalars__descriptor)
#define LISTS (&canvass__testing__lists__descriptor)
#define OPTIONALS (&canvass__testing__optionals__descriptor)
#define CHOICE (&canvass__testing__choice__descriptor)
#define KNOWN (&canvass__testing__known__descriptor)
#define EMPLOYER (&canvass__testing__employer__descriptor)
#define EVERYTHING (&canvass__testing__everything__descriptor)

/* Read @text, print it again and compare with @expected. */
static void check_as(const ProtobufCMessageDescriptor *desc, enum json_style style,
    const char *text, enum json_style print_style, const char *expected)
{
    _cleanup_(str_release) struct str out = { 0 };
    struct arena arena;
    struct err err = { 0 };
    ProtobufCMessage *message;
    arena_init(&arena, 0);
    if (json_parse(desc, &arena, text, strlen(text), style, &message, &err) < 0)
        fail_msg("%s: %s: %s", text, err.field, err.msg);
    if (json_print(message, print_style, &out, &err) < 0)
        fail_msg("%s: %s: %s", text, err.field, err.msg);
    assert_string_equal(str_text(&out), expected);
    arena_release(&arena);
}

static void check(const ProtobufCMessageDescriptor *desc, enum json_style style, const char *text,
    const char *expected)
{
    check_as(desc, style, text, style, expected);
}

/* A text that is read and printed as it stands. */
static void check_same(
    const ProtobufCMessageDescriptor *desc, enum json_style style, const char *text)
{
    check(desc, style, text, text);
}

static void check_refused(const ProtobufCMessageDescriptor *desc, enum json_style style,
    const char *text, const char *field, const char *part)
{
    struct arena arena;
    struct err err = { 0 };
    ProtobufCMessage *message = NULL;
    arena_init(&arena, 0);
    if (json_parse(desc, &arena, text, strlen(text), style, &message, &err) != ERR_INVALID)
        fail_msg("accepted %s", text);
    assert_string_equal(err.field, field);
    if (!strstr(err.msg, part))
        fail_msg("%s: \"%s\" lacks \"%s\"", text, err.msg, part);
    assert_null(message);
    arena_release(&arena);
}

static void test_json_proto3__names_and_forms(void **state)
{
    check_same(SCALARS, JSON_PROTO3,
        "{\"aDouble\":0.1,\"aFloat\":0.1,\"anInt32\":-2147483648,"
        "\"anInt64\":\"-9223372036854775808\",\"aUint32\":4294967295,"
        "\"aUint64\":\"18446744073709551615\",\"aSint32\":2147483647,"
        "\"aSint64\":\"9223372036854775807\",\"aFixed32\":1,\"aFixed64\":\"2\",\"aSfixed32\":-3,"
        "\"aSfixed64\":\"-4\",\"aBool\":true,\"aString\":\"caf\xc3\xa9\",\"someBytes\":\"+/8=\","
        "\"visitMode\":\"VISIT_MODE_PHONE\",\"group\":\"SOC_GROUP2020_COOKS\"}");
    check_same(SCALARS, JSON_PROTO3, "{}");
    check_same(EVERYTHING, JSON_PROTO3, "{\"renamed\":\"x\"}");
}

static void test_json_proto3__leaves_out_what_is_zero(void **state)
{
    check(SCALARS, JSON_PROTO3,
        "{\"aDouble\":0,\"anInt64\":\"0\",\"aBool\":false,\"aString\":\"\",\"someBytes\":\"\","
        "\"visitMode\":\"VISIT_MODE_UNSPECIFIED\",\"group\":\"NONE\"}",
        "{}");
    check(LISTS, JSON_PROTO3, "{\"strings\":[],\"scalars\":null}", "{}");
    check_same(OPTIONALS, JSON_PROTO3,
        "{\"count\":0,\"isKept\":false,\"note\":\"\",\"raw\":\"\","
        "\"visitMode\":\"VISIT_MODE_UNSPECIFIED\",\"pay\":0,\"scalars\":{}}");
}

static void test_json_proto3__reads_both_spellings(void **state)
{
    check(SCALARS, JSON_PROTO3, "{\"an_int32\":5}", "{\"anInt32\":5}");
    check_refused(SCALARS, JSON_PROTO3, "{\"an_int32\":5,\"anInt32\":6}", "an_int32", "twice");
}

static void test_json__refuses_unknown_fields_with_their_path(void **state)
{
    check_refused(EVERYTHING, JSON_PROTO3, "{\"employer\":{\"sites\":[{},{\"zip\":1}]}}",
        "employer.sites[1].zip", "no field");
    check_refused(EVERYTHING, JSON_SQL, "{\"employer\":{\"head_office\":{\"zip\":1}}}",
        "employer.head_office.zip", "no field");
    check_refused(SCALARS, JSON_SQL, "{\"anInt32\":1}", "anInt32", "no field");
}

static void test_json__says_what_was_expected_and_where(void **state)
{
    check_refused(EVERYTHING, JSON_PROTO3, "{\"employer\":{\"sites\":[{},{},{\"postcode\":5}]}}",
        "employer.sites[2].postcode", "expected text");
    check_refused(SCALARS, JSON_PROTO3, "{\"anInt32\":2147483648}", "an_int32",
        "from -2147483648 to 2147483647");
    check_refused(SCALARS, JSON_PROTO3, "{\"aBool\":1}", "a_bool", "true or false");
    check_refused(SCALARS, JSON_PROTO3, "{\"someBytes\":\"?\"}", "some_bytes", "base64");
    check_refused(
        SCALARS, JSON_PROTO3, "{\"visitMode\":\"CAR\"}", "visit_mode", "VISIT_MODE_IN_PERSON");
    check_refused(SCALARS, JSON_SQL, "{\"visit_mode\":\"car\"}", "visit_mode", "in_person, phone");
    check_refused(LISTS, JSON_PROTO3, "{\"strings\":\"x\"}", "strings", "expected a list");
    check_refused(LISTS, JSON_PROTO3, "{\"strings\":[\"a\",null]}", "strings[1]", "null");
    check_refused(EMPLOYER, JSON_PROTO3, "{\"sites\":{}}", "sites", "expected a list");
    check_refused(EMPLOYER, JSON_PROTO3, "{\"headOffice\":[]}", "head_office", "an object");
    check_refused(EMPLOYER, JSON_PROTO3, "[]", "", "an object");
    check_refused(EMPLOYER, JSON_PROTO3, "5", "", "an object");
}

static void test_json__refuses_text_that_is_no_json(void **state)
{
    check_refused(EMPLOYER, JSON_PROTO3, "{\n\"id\":}", "", "line 2");
    check_refused(EMPLOYER, JSON_PROTO3, "", "", "line 1");
    check_refused(EMPLOYER, JSON_PROTO3, "{} x", "", "line 1");
    check_refused(EMPLOYER, JSON_PROTO3, "{\"id\":\"a\",\"id\":\"b\"}", "", "duplicate");
    check_refused(EMPLOYER, JSON_PROTO3, "{\"id\":\"\xff\"}", "", "line 1");
    check_refused(EMPLOYER, JSON_PROTO3, "{\"id\":\"a\\u0000b\"}", "", "line 1");
    check_refused(EMPLOYER, JSON_PROTO3, "{\"id\":\"\\ud800\"}", "", "line 1");
}

/* jansson quotes the text up to any byte; the message travels as a protobuf string. */
static void test_json__errors_about_text_are_utf8(void **state)
{
    static const char text[] = "[1,{\"\":\"\\u0\xca\x9a\xc6\xd5\x82\xd3\x91\x8all,true,-0]";
    struct arena arena;
    struct err err = { 0 };
    ProtobufCMessage *message;
    arena_init(&arena, 0);
    for (size_t n = 0; n < sizeof(text); n++) {
        assert_int_equal(
            json_parse(EMPLOYER, &arena, text, n, JSON_PROTO3, &message, &err), ERR_INVALID);
        assert_true(utf8_valid(err.msg, strlen(err.msg)));
    }
    arena_release(&arena);
}

static void test_json__limits_depth(void **state)
{
    _cleanup_(str_release) struct str text = { 0 };
    for (int i = 0; i < JSON_MAX_DEPTH - 1; i++)
        str_addz(&text, "{\"inner\":");
    str_addz(&text, "{}");
    for (int i = 0; i < JSON_MAX_DEPTH - 1; i++)
        str_addc(&text, '}');
    check_same(EVERYTHING, JSON_PROTO3, text.data);
    str_reset(&text);
    for (int i = 0; i < 100000; i++)
        str_addz(&text, "{\"inner\":");
    struct arena arena;
    struct err err = { 0 };
    ProtobufCMessage *message;
    arena_init(&arena, 0);
    assert_int_equal(
        json_parse(EVERYTHING, &arena, text.data, text.len, JSON_PROTO3, &message, &err),
        ERR_INVALID);
    arena_release(&arena);
    str_reset(&text);
    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        str_addz(&text, "{\"inner\":");
    str_addz(&text, "{}");
    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        str_addc(&text, '}');
    arena_init(&arena, 0);
    assert_int_equal(
        json_parse(EVERYTHING, &arena, text.data, text.len, JSON_PROTO3, &message, &err),
        ERR_INVALID);
    assert_non_null(strstr(err.msg, "64"));
    arena_release(&arena);
}

static void test_json__refuses_printing_deeper_than_it_reads(void **state)
{
    _cleanup_(str_release) struct str out = { 0 };
    struct err err = { 0 };
    Canvass__Testing__Everything levels[JSON_MAX_DEPTH + 1];
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        canvass__testing__everything__init(&levels[i]);
        levels[i].inner = i > 0 ? &levels[i - 1] : NULL;
    }
    str_addz(&out, "kept");
    assert_int_equal(json_print(&levels[JSON_MAX_DEPTH].base, JSON_SQL, &out, &err), ERR_INVALID);
    assert_string_equal(out.data, "kept");
    assert_int_equal(json_print(&levels[JSON_MAX_DEPTH - 1].base, JSON_PROTO3, &out, &err), 0);
}

static void test_json__reads_whole_numbers_in_every_form(void **state)
{
    check(SCALARS, JSON_PROTO3, "{\"anInt32\":1.0}", "{\"anInt32\":1}");
    check(SCALARS, JSON_PROTO3, "{\"anInt32\":1e3}", "{\"anInt32\":1000}");
    check(SCALARS, JSON_PROTO3, "{\"anInt32\":\"-7\"}", "{\"anInt32\":-7}");
    check(SCALARS, JSON_PROTO3, "{\"aUint64\":5}", "{\"aUint64\":\"5\"}");
    check(SCALARS, JSON_PROTO3, "{\"aUint32\":-0.0}", "{}");
    check(SCALARS, JSON_SQL, "{\"an_int64\":9223372036854775807}",
        "{\"a_double\":0,\"a_float\":0,\"an_int32\":0,\"an_int64\":9223372036854775807,"
        "\"a_uint32\":0,\"a_uint64\":0,\"a_sint32\":0,\"a_sint64\":0,\"a_fixed32\":0,"
        "\"a_fixed64\":0,\"a_sfixed32\":0,\"a_sfixed64\":0,\"a_bool\":false,\"group\":\"none\"}");
    static const char *const bad[] = { "1.5", "\"\"", "\" 1\"", "\"1 \"", "\"+1\"", "\"0x1\"",
        "\"1.5\"", "2147483648", "-2147483649", "1e30", "\"2147483648\"", "true", "[]", "\"--1\"",
        "\"99999999999999999999999\"" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char text[100];
        snprintf(text, sizeof(text), "{\"anInt32\":%s}", bad[i]);
        check_refused(SCALARS, JSON_PROTO3, text, "an_int32", "whole number");
    }
    check_refused(SCALARS, JSON_PROTO3, "{\"aUint32\":-1}", "a_uint32", "from 0 to 4294967295");
    check_refused(SCALARS, JSON_PROTO3, "{\"aUint32\":4294967296}", "a_uint32", "from 0");
    check_refused(SCALARS, JSON_PROTO3, "{\"aUint64\":\"18446744073709551616\"}", "a_uint64",
        "to 18446744073709551615");
    check_refused(SCALARS, JSON_PROTO3, "{\"anInt64\":\"9223372036854775808\"}", "an_int64",
        "to 9223372036854775807");
    check_refused(SCALARS, JSON_PROTO3, "{\"anInt64\":9.3e18}", "an_int64", "whole number");
    check_refused(SCALARS, JSON_SQL, "{\"an_int64\":\"5\"}", "an_int64", "whole number");
}

static void test_json__reals_are_short_and_exact(void **state)
{
    check_same(LISTS, JSON_PROTO3,
        "{\"doubles\":[0.1,1e+300,-2.5,3,1.7976931348623157e+308,4.94065645841247e-324,0."
        "30000000000000004,-0.0,"
        "\"NaN\",\"Infinity\",\"-Infinity\"],\"floats\":[0.1,3.4028235e+38,16777216,"
        "\"NaN\",\"-Infinity\"]}");
    check(LISTS, JSON_PROTO3, "{\"doubles\":[\"1.5\",\"-2e3\"],\"floats\":[\"7\"]}",
        "{\"doubles\":[1.5,-2000],\"floats\":[7]}");
    check_refused(LISTS, JSON_PROTO3, "{\"floats\":[0,3.5e38]}", "floats[1]", "at most 3.4");
    check_refused(LISTS, JSON_PROTO3, "{\"doubles\":[\"inf\"]}", "doubles[0]", "a number");
    check_refused(LISTS, JSON_PROTO3, "{\"doubles\":[\"\"]}", "doubles[0]", "a number");
    check_refused(LISTS, JSON_PROTO3, "{\"doubles\":[\"1.5x\"]}", "doubles[0]", "a number");
    check_refused(LISTS, JSON_PROTO3, "{\"doubles\":[\" 1\"]}", "doubles[0]", "a number");
    check_refused(LISTS, JSON_PROTO3, "{\"doubles\":[\"1e999\"]}", "doubles[0]", "a number");
    check_refused(LISTS, JSON_PROTO3, "{\"doubles\":[1e999]}", "", "line 1");
    check_refused(LISTS, JSON_SQL, "{\"doubles\":[\"1.5\"]}", "doubles[0]", "a number");
}

static void test_json__does_not_follow_the_locale(void **state)
{
    /* a comma as the decimal point, where the machine has such a locale */
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        setlocale(LC_NUMERIC, "");
    check_same(LISTS, JSON_PROTO3, "{\"doubles\":[0.1,2.5]}");
    check(LISTS, JSON_PROTO3, "{\"doubles\":[\"2.5\"]}", "{\"doubles\":[2.5]}");
    setlocale(LC_NUMERIC, "C");
}

static void test_json__escapes_text(void **state)
{
    check_same(EMPLOYER, JSON_PROTO3,
        "{\"id\":\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u001f/\x7f\xe2\x80\xa8\xf0\x9f\x98\x80\"}");
    check(EMPLOYER, JSON_PROTO3, "{\"id\":\"\\u00e9\\ud83d\\ude00\\/\"}",
        "{\"id\":\"\xc3\xa9\xf0\x9f\x98\x80/\"}");
}

static void test_json__choices_hold_one_member(void **state)
{
    check_same(CHOICE, JSON_PROTO3, "{\"number\":0}");
    check_same(CHOICE, JSON_PROTO3, "{\"text\":\"\",\"beside\":\"x\"}");
    check_same(CHOICE, JSON_SQL, "{\"text\":\"\"}");
    check(CHOICE, JSON_PROTO3, "{\"number\":null,\"text\":\"x\"}", "{\"text\":\"x\"}");
    check(CHOICE, JSON_SQL, "{\"scalars\":null}", "{}");
    check_refused(CHOICE, JSON_PROTO3, "{\"number\":1,\"text\":\"x\"}", "text", "number and text");
    check_refused(CHOICE, JSON_SQL, "{\"scalars\":{},\"text\":\"x\"}", "text", "only one");
}

static void test_json_proto3__enums_are_open(void **state)
{
    check_same(SCALARS, JSON_PROTO3, "{\"visitMode\":77}");
    check(SCALARS, JSON_PROTO3, "{\"visitMode\":1}", "{\"visitMode\":\"VISIT_MODE_IN_PERSON\"}");
    check_refused(SCALARS, JSON_PROTO3, "{\"visitMode\":1.5}", "visit_mode", "whole number");
    check_refused(SCALARS, JSON_PROTO3, "{\"visitMode\":\"in_person\"}", "visit_mode", "one of");
}

static void test_json_proto3__well_known_types(void **state)
{
    check_same(KNOWN, JSON_PROTO3,
        "{\"at\":\"2026-02-28T09:30:00.250Z\",\"took\":\"1.500s\",\"mask\":\"weightPay,site."
        "postCode\","
        "\"object\":{\"a\":null,\"b\":[1,\"x\",{}],\"c\":{\"d\":true}},\"value\":\"text\","
        "\"list\":[null,1.5,[],false],\"empty\":{},\"maybeBool\":false,\"maybeText\":\"\","
        "\"maybeNumber\":\"0\",\"maybeBytes\":\"AA==\",\"maybeDouble\":\"NaN\","
        "\"day\":{\"year\":2026,\"month\":2,\"day\":31},\"values\":[null,1]}");
    check(KNOWN, JSON_PROTO3, "{\"took\":\"1.5s\",\"at\":\"2026-02-28T10:30:00+01:00\"}",
        "{\"at\":\"2026-02-28T09:30:00Z\",\"took\":\"1.500s\"}");
    check_same(KNOWN, JSON_PROTO3, "{\"value\":null}");
    check(KNOWN, JSON_PROTO3, "{\"at\":null,\"maybeText\":null,\"nothing\":null}", "{}");
    check_same(KNOWN, JSON_PROTO3, "{\"mask\":\"\"}");
    check_refused(KNOWN, JSON_PROTO3, "{\"at\":\"2026-02-30T00:00:00Z\"}", "at", "a time such as");
    check_refused(KNOWN, JSON_PROTO3, "{\"at\":5}", "at", "a time such as");
    check_refused(KNOWN, JSON_PROTO3, "{\"took\":\"5m\"}", "took", "a duration");
    check_refused(KNOWN, JSON_PROTO3, "{\"mask\":\"weight_pay\"}", "mask", "lowerCamelCase");
    check_refused(KNOWN, JSON_PROTO3, "{\"mask\":\"a,,b\"}", "mask", "lowerCamelCase");
    check_refused(KNOWN, JSON_PROTO3, "{\"mask\":\"a,\"}", "mask", "lowerCamelCase");
    check_refused(KNOWN, JSON_PROTO3, "{\"mask\":[\"a\"]}", "mask", "separated by commas");
    check_refused(KNOWN, JSON_PROTO3, "{\"object\":[]}", "object", "an object");
    check_refused(KNOWN, JSON_PROTO3, "{\"list\":{}}", "list", "a list");
    check_refused(KNOWN, JSON_PROTO3, "{\"maybeNumber\":true}", "maybe_number", "whole number");
    check_refused(KNOWN, JSON_PROTO3, "{\"empty\":{\"x\":1}}", "empty.x", "no field");
}

static void test_json_proto3__any_knows_the_schema(void **state)
{
    check_same(KNOWN, JSON_PROTO3,
        "{\"any\":{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
        "\"retryDelay\":\"2s\"}}");
    check_same(KNOWN, JSON_PROTO3,
        "{\"any\":{\"@type\":\"type.googleapis.com/google.protobuf.Duration\","
        "\"value\":\"2s\"}}");
    check_same(KNOWN, JSON_PROTO3, "{\"any\":{}}");
    check_refused(KNOWN, JSON_PROTO3, "{\"any\":{\"@type\":\"x/no.such.Type\"}}", "any", "@type");
    check_refused(KNOWN, JSON_PROTO3, "{\"any\":{\"x\":1}}", "any", "@type");
    check_refused(KNOWN, JSON_PROTO3, "{\"any\":5}", "any", "@type");
    check_refused(KNOWN, JSON_PROTO3,
        "{\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"2s\",\"more\":1}}", "any",
        "nothing else");
    check_refused(KNOWN, JSON_PROTO3, "{\"any\":{\"@type\":\"x/google.rpc.RetryInfo\",\"y\":1}}",
        "any.y", "no field");
}

/* What a method's SQL sees, and what to_jsonb() answers. */
static void test_json_sql__names_and_forms(void **state)
{
    check_as(SCALARS, JSON_PROTO3,
        "{\"anInt64\":\"5\",\"someBytes\":\"AP8=\",\"visitMode\":\"VISIT_MODE_IN_PERSON\","
        "\"aString\":\"x\",\"group\":\"SOC_GROUP2020_COOKS\"}",
        JSON_SQL,
        "{\"a_double\":0,\"a_float\":0,\"an_int32\":0,\"an_int64\":5,\"a_uint32\":0,\"a_uint64\":0,"
        "\"a_sint32\":0,\"a_sint64\":0,\"a_fixed32\":0,\"a_fixed64\":0,\"a_sfixed32\":0,"
        "\"a_sfixed64\":0,\"a_bool\":false,\"a_string\":\"x\",\"some_bytes\":\"\\\\x00ff\","
        "\"visit_mode\":\"in_person\",\"group\":\"cooks\"}");
    check_same(OPTIONALS, JSON_SQL, "{}");
    check_same(OPTIONALS, JSON_SQL,
        "{\"count\":0,\"is_kept\":false,\"note\":\"\",\"raw\":\"\\\\x\",\"visit_mode\":\"phone\"}");
    check_as(OPTIONALS, JSON_PROTO3, "{\"visitMode\":\"VISIT_MODE_UNSPECIFIED\"}", JSON_SQL, "{}");
    check(
        EMPLOYER, JSON_SQL, "{\"id\":\"\",\"sites\":null,\"head_office\":null}", "{\"sites\":[]}");
    check_same(EMPLOYER, JSON_SQL,
        "{\"id\":\"7\",\"sites\":[{\"name\":\"A\",\"opened\":\"2024-02-29\"},{}]}");
}

static void test_json_sql__well_known_types(void **state)
{
    check_same(KNOWN, JSON_SQL,
        "{\"at\":\"2026-02-28T09:30:00.250Z\",\"mask\":[\"weight_pay\",\"site.post_code\"],"
        "\"maybe_bool\":false,\"nothing\":null,\"day\":\"2026-02-28\",\"values\":[]}");
}

static void test_json_sql__reads_what_to_jsonb_writes(void **state)
{
    check_as(KNOWN, JSON_SQL,
        "{\"at\":\"2026-02-28T09:30:00.123456+00:00\",\"day\":\"0001-01-01\",\"took\":null}",
        JSON_PROTO3,
        "{\"at\":\"2026-02-28T09:30:00.123456Z\",\"day\":{\"year\":1,\"month\":1,\"day\":1}}");
    check_as(LISTS, JSON_SQL, "{\"doubles\":[1,\"NaN\"],\"visit_modes\":[\"phone\"]}", JSON_PROTO3,
        "{\"doubles\":[1,\"NaN\"],\"visitModes\":[\"VISIT_MODE_PHONE\"]}");
    check_refused(KNOWN, JSON_SQL, "{\"at\":\"infinity\"}", "at", "a time such as");
    check_refused(SCALARS, JSON_SQL, "{\"visit_mode\":1}", "visit_mode", "one of");
    check_refused(
        SCALARS, JSON_SQL, "{\"visit_mode\":\"VISIT_MODE_PHONE\"}", "visit_mode", "one of");
    check_refused(SCALARS, JSON_SQL, "{\"some_bytes\":\"AP8=\"}", "some_bytes", "hexadecimal");
    check_refused(SCALARS, JSON_SQL, "{\"some_bytes\":\"\\\\x0\"}", "some_bytes", "hexadecimal");
    check_refused(SCALARS, JSON_SQL, "{\"some_bytes\":5}", "some_bytes", "hexadecimal");
}

static void test_json_sql__refuses_a_day_that_does_not_exist(void **state)
{
    check_refused(EVERYTHING, JSON_SQL,
        "{\"employer\":{\"sites\":[{},{\"opened\":\"2026-02-31\"}]}}", "employer.sites[1].opened",
        "day that exists");
    check_refused(LISTS, JSON_SQL, "{\"days\":[\"2026-02-28\",{}]}", "days[1]", "day that exists");
}

static void check_not_printed(
    const ProtobufCMessageDescriptor *desc, const char *proto3, const char *field, const char *part)
{
    _cleanup_(str_release) struct str out = { 0 };
    struct arena arena;
    struct err err = { 0 };
    ProtobufCMessage *message;
    arena_init(&arena, 0);
    assert_int_equal(
        json_parse(desc, &arena, proto3, strlen(proto3), JSON_PROTO3, &message, &err), 0);
    assert_int_equal(json_print(message, JSON_SQL, &out, &err), ERR_INVALID);
    assert_string_equal(err.field, field);
    if (!strstr(err.msg, part))
        fail_msg("\"%s\" lacks \"%s\"", err.msg, part);
    assert_int_equal(out.len, 0);
    arena_release(&arena);
}

static void test_json_sql__does_not_print_what_sql_cannot_hold(void **state)
{
    check_not_printed(EVERYTHING,
        "{\"employer\":{\"sites\":[{},{\"opened\":{\"year\":2026,\"month\":2,\"day\":31}}]}}",
        "employer.sites[1].opened", "no day 31 of month 2");
    check_not_printed(KNOWN, "{\"day\":{}}", "day", "no day");
    check_not_printed(SCALARS, "{\"visitMode\":77}", "visit_mode", "77");
    check_not_printed(LISTS, "{\"visitModes\":[1,0]}", "visit_modes[1]", "a value is needed");
    check_not_printed(SCALARS, "{\"aUint64\":\"9223372036854775808\"}", "a_uint64", "at most");
}

static void test_json_proto3__does_not_print_what_is_no_time(void **state)
{
    _cleanup_(str_release) struct str out = { 0 };
    struct err err = { 0 };
    Canvass__Testing__Known known = CANVASS__TESTING__KNOWN__INIT;
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    Google__Protobuf__Value value = GOOGLE__PROTOBUF__VALUE__INIT;
    char ok[] = "ok", bad[] = "Bad", *paths[] = { ok, bad };
    at.nanos = -1;
    known.at = &at;
    assert_int_equal(json_print(&known.base, JSON_PROTO3, &out, &err), ERR_INVALID);
    assert_string_equal(err.field, "at");
    known.at = NULL;
    known.mask = &mask;
    mask.n_paths = 2;
    mask.paths = paths;
    assert_int_equal(json_print(&known.base, JSON_PROTO3, &out, &err), ERR_INVALID);
    memcpy(bad, "a_1", 4); /* would come back as a1 */
    assert_int_equal(json_print(&known.base, JSON_PROTO3, &out, &err), ERR_INVALID);
    assert_string_equal(err.field, "mask");
    known.mask = NULL;
    known.value = &value;
    assert_int_equal(json_print(&known.base, JSON_PROTO3, &out, &err), ERR_INVALID);
    assert_string_equal(err.field, "value");
    assert_int_equal(out.len, 0);
}

static void test_json__fills_and_prints_single_fields(void **state)
{
    _cleanup_(str_release) struct str out = { 0 };
    struct arena arena;
    struct err err = { 0 };
    arena_init(&arena, 0);
    ProtobufCMessage *message = message_new(EMPLOYER, &arena);
    const ProtobufCFieldDescriptor *sites
        = protobuf_c_message_descriptor_get_field_by_name(EMPLOYER, "sites");
    const ProtobufCFieldDescriptor *office
        = protobuf_c_message_descriptor_get_field_by_name(EMPLOYER, "head_office");
    const char *text = "[{\"name\":\"A\"},{\"name\":\"B\"}]";
    assert_int_equal(
        json_parse_field(message, sites, &arena, text, strlen(text), JSON_SQL, &err), 0);
    assert_int_equal(json_print_field(message, sites, JSON_SQL, &out, &err), 0);
    assert_string_equal(out.data, text);
    str_reset(&out);
    assert_int_equal(json_print_field(message, office, JSON_SQL, &out, &err), 0);
    assert_string_equal(out.data, "null");
    assert_int_equal(json_parse_field(message, sites, &arena, "null", 4, JSON_SQL, &err), 0);
    assert_int_equal(((Canvass__Testing__Employer *)message)->n_sites, 0);
    assert_int_equal(
        json_parse_field(message, office, &arena, "[1", 2, JSON_SQL, &err), ERR_INVALID);
    assert_int_equal(
        json_parse_field(message, office, &arena, "{\"x\":1}", 7, JSON_SQL, &err), ERR_INVALID);
    assert_string_equal(err.field, "head_office.x");
    arena_release(&arena);
}

static void test_json__gives_jansson_values(void **state)
{
    Canvass__Testing__Scalars scalars = CANVASS__TESTING__SCALARS__INIT;
    struct arena arena;
    struct err err = { 0 };
    json_t *value;
    ProtobufCMessage *back;
    arena_init(&arena, 0);
    scalars.an_int64 = 7;
    assert_int_equal(json_from_message(&scalars.base, JSON_SQL, &value, &err), 0);
    assert_int_equal(json_integer_value(json_object_get(value, "an_int64")), 7);
    assert_int_equal(json_to_message(value, SCALARS, &arena, JSON_SQL, &back, &err), 0);
    assert_int_equal(((Canvass__Testing__Scalars *)back)->an_int64, 7);
    json_decref(value);
    /* text that jansson did not read may hold what it would have refused */
    value = json_pack("{s:o}", "a_string", json_stringn_nocheck("a\0b", 3));
    assert_int_equal(json_to_message(value, SCALARS, &arena, JSON_SQL, &back, &err), ERR_INVALID);
    json_decref(value);
    arena_release(&arena);
}

static void test_json__reads_a_value_at_the_top(void **state)
{
    check_same(&google__protobuf__value__descriptor, JSON_PROTO3, "[1,{\"a\":null}]");
    check_same(&google__protobuf__value__descriptor, JSON_PROTO3, "null");
    check_same(&google__protobuf__timestamp__descriptor, JSON_PROTO3, "\"2026-02-28T09:30:00Z\"");
}

static void test_json__fails_cleanly_at_every_cap(void **state)
{
    static const char text[]
        = "{\"scalars\":{\"aString\":\"x\",\"someBytes\":\"AA==\"},\"lists\":{\"strings\":[\"a\"],"
          "\"scalars\":[{}]},\"known\":{\"object\":{\"a\":[1]},\"mask\":\"aB\","
          "\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\"}}}";
    bool fitted = false;
    for (size_t cap = 16; cap < 8000; cap += 16) {
        struct arena arena;
        struct err err = { 0 };
        ProtobufCMessage *message;
        arena_init(&arena, cap);
        int r = json_parse(EVERYTHING, &arena, text, sizeof(text) - 1, JSON_PROTO3, &message, &err);
        assert_true(r == 0 || r == ERR_EXHAUSTED);
        fitted |= r == 0;
        arena_release(&arena);
    }
    assert_true(fitted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_proto3__names_and_forms),
        cmocka_unit_test(test_json_proto3__leaves_out_what_is_zero),
        cmocka_unit_test(test_json_proto3__reads_both_spellings),
        cmocka_unit_test(test_json__refuses_unknown_fields_with_their_path),
        cmocka_unit_test(test_json__says_what_was_expected_and_where),
        cmocka_unit_test(test_json__refuses_text_that_is_no_json),
        cmocka_unit_test(test_json__errors_about_text_are_utf8),
        cmocka_unit_test(test_json__limits_depth),
        cmocka_unit_test(test_json__refuses_printing_deeper_than_it_reads),
        cmocka_unit_test(test_json__reads_whole_numbers_in_every_form),
        cmocka_unit_test(test_json__reals_are_short_and_exact),
        cmocka_unit_test(test_json__does_not_follow_the_locale),
        cmocka_unit_test(test_json__escapes_text),
        cmocka_unit_test(test_json__choices_hold_one_member),
        cmocka_unit_test(test_json_proto3__enums_are_open),
        cmocka_unit_test(test_json_proto3__well_known_types),
        cmocka_unit_test(test_json_proto3__any_knows_the_schema),
        cmocka_unit_test(test_json_sql__names_and_forms),
        cmocka_unit_test(test_json_sql__well_known_types),
        cmocka_unit_test(test_json_sql__reads_what_to_jsonb_writes),
        cmocka_unit_test(test_json_sql__refuses_a_day_that_does_not_exist),
        cmocka_unit_test(test_json_sql__does_not_print_what_sql_cannot_hold),
        cmocka_unit_test(test_json_proto3__does_not_print_what_is_no_time),
        cmocka_unit_test(test_json__fills_and_prints_single_fields),
        cmocka_unit_test(test_json__gives_jansson_values),
        cmocka_unit_test(test_json__reads_a_value_at_the_top),
        cmocka_unit_test(test_json__fails_cleanly_at_every_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
