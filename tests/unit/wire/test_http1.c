#include "wire/http1.h"

#include "base/str.h"
#include "unit/cmocka.h"

static int on_field(
    void *arg, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct str *out = arg;

    str_addf(out, "%.*s=%.*s;", (int)name_len, name, (int)value_len, value);
    return out->len > 100 ? ERR_EXHAUSTED : 0;
}

static int parse(const char *text, struct http1_head *ret_head, struct str *fields)
{
    struct err err = { 0 };
    int r = http1_head_parse(text, strlen(text), on_field, fields, ret_head, &err);

    if (r == ERR_INVALID)
        assert_true(err.msg[0] != '\0');
    return r;
}

static void test_head__gives_line_and_fields(void **state)
{
    _cleanup_(str_release) struct str fields = { 0 };
    struct http1_head head;

    assert_int_equal(parse("POST /a?b HTTP/1.1\r\nHost:h:1 \r\nX-Y:\t a  b \r\nEmpty:\r\n"
                           "Content-Length: 17\r\nExpect: 100-Continue\r\n\r\n",
                         &head, &fields),
        0);
    assert_string_equal(
        str_text(&fields), "Host=h:1;X-Y=a  b;Empty=;Content-Length=17;Expect=100-Continue;");
    assert_int_equal(head.length, 17);
    assert_true(head.keeps_alive && head.awaits_continue && !head.is_chunked);
    assert_memory_equal(head.target, "/a?b", head.target_len);
    assert_memory_equal(head.host, "h:1", head.host_len);
}

static void test_head__ends_when_a_field_is_refused(void **state)
{
    _cleanup_(str_release) struct str fields = { 0 };
    _cleanup_(str_release) struct str text = { 0 };
    struct http1_head head;

    str_addz(&text, "GET / HTTP/1.0\r\n");
    for (int i = 0; i < 30; i++)
        str_addz(&text, "Abc: d\r\n");
    str_addz(&text, "\r\n");
    assert_int_equal(parse(str_text(&text), &head, &fields), ERR_EXHAUSTED);
}

static void test_head__connection_and_version_say_whether_it_lasts(void **state)
{
    static const struct {
        const char *version, *connection;
        bool lasts;
    } cases[] = { { "1.1", "x", true }, { "1.1", "close", false }, { "1.1", "a,CLOSE ,b", false },
        { "1.1", "closed", true }, { "1.0", "x", false }, { "1.0", "keep-alive", true },
        { "1.0", "keep-alive, close", false } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        _cleanup_(str_release) struct str fields = { 0 };
        struct http1_head head;
        char text[200];
        snprintf(text, sizeof(text), "GET / HTTP/%s\r\nHost: x\r\nConnection: %s\r\n\r\n",
            cases[i].version, cases[i].connection);
        assert_int_equal(parse(text, &head, &fields), 0);
        assert_int_equal(head.keeps_alive, cases[i].lasts);
    }
}

static void test_head__end_is_found_wherever_it_was_cut(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest";
    size_t end = strlen(text) - 4;

    for (size_t seen = 0; seen <= strlen(text); seen++) {
        assert_int_equal(http1_head_end(text, seen, seen ? seen - 1 : 0), seen >= end ? end : 0);
        if (seen < end)
            assert_int_equal(http1_head_end(text, strlen(text), seen), end);
        if (seen == end)
            break;
    }
    assert_int_equal(http1_head_end(text, 0, 0), 0);
}

static void test_list_has__tokens_in_any_case_with_parameters(void **state)
{
    static const char list[] = " gzip;q=1 ,, Br,x-gzip ";

    assert_true(http_list_has(list, strlen(list), "GZIP"));
    assert_true(http_list_has(list, strlen(list), "br"));
    assert_true(http_list_has(list, strlen(list), "x-gzip"));
    assert_false(http_list_has(list, strlen(list), "zip"));
    assert_false(http_list_has(list, strlen(list), "q=1"));
    assert_false(http_list_has("", 0, "gzip"));
}

static void test_possible__no_head_has_control_bytes(void **state)
{
    assert_true(http1_head_is_possible("GET /\r\n\tx", 9));
    assert_false(http1_head_is_possible("GET\0", 4));
    assert_false(http1_head_is_possible("\x16\x03\x01", 3));
}

static void test_body__too_many_extensions_are_refused(void **state)
{
    const struct http1_head head = { .is_chunked = true };
    struct http1_body body;
    const uint8_t *piece;
    size_t n;
    int r = 0;

    http1_body_init(&body, &head);
    for (int i = 0; i < 20000 && r >= 0; i++) {
        const uint8_t *data = (const uint8_t *)"1;aaaa\r\nx\r\n";
        size_t len = 11;
        while ((r = http1_body_feed(&body, &data, &len, &piece, &n, NULL)) > 0)
            assert_int_equal(n, 1);
    }
    assert_int_equal(r, ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head__gives_line_and_fields),
        cmocka_unit_test(test_head__ends_when_a_field_is_refused),
        cmocka_unit_test(test_head__connection_and_version_say_whether_it_lasts),
        cmocka_unit_test(test_head__end_is_found_wherever_it_was_cut),
        cmocka_unit_test(test_list_has__tokens_in_any_case_with_parameters),
        cmocka_unit_test(test_possible__no_head_has_control_bytes),
        cmocka_unit_test(test_body__too_many_extensions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
