/* A call's life: which callbacks come, in what order, and what the client sees. */
#include "rig.h"

#define HELLO "\0\0\0\0\5hello"
#define HELLO_LEN (sizeof(HELLO) - 1)

static int setup(void **state)
{
    struct rig *rig = rig_new();
    assert_int_equal(rig_start(rig), 0);
    *state = rig;
    return 0;
}

/* Whatever a test did, each call that was opened must have been closed once. */
static int teardown(void **state)
{
    struct rig *rig = *state;
    rpc_server_free(rig->server);
    rig->server = NULL;
    assert_int_equal(rig->opened, rig->closed);
    rig_free(rig);
    return 0;
}

static void echo(struct rig *rig, struct call *call, const uint8_t *data, size_t len)
{
    assert_int_equal(call_send_bytes(call, data, len), 0);
}

static void finish_ok(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void check_status(const struct seen *seen, const char *status)
{
    assert_true(seen->is_closed);
    assert_string_equal(seen->http, "200");
    assert_string_equal(seen->status, status);
}

static void test_call__unary_tells_everything_once_and_in_order(void **state)
{
    struct rig *rig = *state;
    rig->do_message = echo;
    rig->do_half_close = finish_ok;
    int32_t id = rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    const struct seen *seen = rig_wait(rig, id, 2000);
    check_status(seen, "0");
    assert_int_equal(seen->data.len, HELLO_LEN);
    assert_memory_equal(seen->data.data, HELLO, HELLO_LEN);
    assert_int_equal(rig->opened * 1000 + rig->messages * 100 + rig->half_closed * 10, 1110);
    assert_int_equal(rig->closed, 1);
    assert_int_equal(rig->last_status, GRPC_OK);
}

/* As when a statement and its call have the same deadline, and the statement's is seen first. */
static void finish_and_pass_deadline(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_DEADLINE_EXCEEDED, "deadline exceeded", NULL, 0);
    call_pass_deadline(call);
}

static void test_deadline__that_passes_as_a_call_ends_leaves_its_answer(void **state)
{
    struct rig *rig = *state;
    rig->do_half_close = finish_and_pass_deadline;
    int32_t id = rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    const struct seen *seen = rig_wait(rig, id, 2000);
    check_status(seen, "4");
    assert_int_equal(seen->reset_code, 0);
}

static void look_at_facts(struct rig *rig, struct call *call)
{
    const char *name, *value;
    assert_string_equal(call_method(call)->path, "/t.T/Unary");
    assert_string_equal(call_metadata(call, "x-one"), "1");
    assert_null(call_metadata(call, "te"));
    assert_true(call_metadata_at(call, 0, &name, &value));
    assert_string_equal(name, "x-one");
    assert_false(call_metadata_at(call, 1, &name, &value));
    assert_string_equal(call_peer(call), "unix");
    assert_true(call_id(call) != 0);
    assert_true(call_deadline_usec(call) > call_opened_usec(call));
    assert_null(call_user(call));
    call_finish(call, GRPC_NOT_FOUND, "50% caf\xc3\xa9", NULL, 0);
    assert_false(call_is_open(call));
    assert_int_equal(rig->closed, 0); /* never inside a function of call.h */
}

static void test_call__facts_are_known_when_it_opens(void **state)
{
    struct rig *rig = *state;
    rig->do_open = look_at_facts;
    int32_t id = rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    const struct seen *seen = rig_wait(rig, id, 2000);
    check_status(seen, "5");
    assert_string_equal(seen->message, "50%25 caf%C3%A9");
    assert_int_equal(rig->messages + rig->half_closed, 0); /* nothing after finish */
}

static void test_call__one_answer_is_enforced(void **state)
{
    struct rig *rig = *state;
    rig->do_half_close = finish_ok; /* without an answer */
    int32_t id = rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    check_status(rig_wait(rig, id, 2000), "13");
}

static void test_call__one_request_is_enforced(void **state)
{
    struct rig *rig = *state;
    static const char two[] = "\0\0\0\0\1a\0\0\0\0\1b";
    check_status(rig_wait(rig, rig_request(rig, "/t.T/Unary", "", 0, false), 2000), "12");
    check_status(
        rig_wait(rig, rig_request(rig, "/t.T/Out", two, sizeof(two) - 1, false), 2000), "12");
    assert_int_equal(rig->half_closed, 0);
}

static void test_call__unknown_method_never_reaches_the_handler(void **state)
{
    struct rig *rig = *state;
    check_status(rig_wait(rig, rig_request(rig, "/t.T/None", HELLO, HELLO_LEN, false), 2000), "12");
    assert_int_equal(rig->opened + rig->closed, 0);
    assert_int_equal(rpc_server_stats(rig->server)->unhandled_calls, 1);
}

static void test_call__cancel_tells_the_handler(void **state)
{
    struct rig *rig = *state;
    int32_t id = rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    rig_turns(rig, 5);
    assert_int_equal(rig->half_closed, 1);
    assert_int_equal(nghttp2_submit_rst_stream(rig->client, 0, id, NGHTTP2_CANCEL), 0);
    rig_turns(rig, 5);
    assert_int_equal(rig->closed, 1);
    assert_int_equal(rig->last_status, GRPC_CANCELLED);
}

static void test_call__lost_connection_tells_the_handler(void **state)
{
    struct rig *rig = *state;
    (void)rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    (void)rig_request(rig, "/t.T/Both", HELLO, HELLO_LEN, true);
    rig_turns(rig, 5);
    assert_int_equal(shutdown(rig->fd, SHUT_RDWR), 0);
    rig_turns(rig, 5);
    assert_int_equal(rig->closed, 2);
    assert_int_equal(rpc_server_stats(rig->server)->connections_now, 0);
}

static void keep(struct rig *rig, struct call *call)
{
    (void)call_ref(call);
}

static void test_call__ref_outlives_connection_and_server(void **state)
{
    struct rig *rig = *state;
    rig->do_open = keep;
    (void)rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    rig_turns(rig, 5);
    struct call *call = rig->last;
    rpc_server_free(rig->server);
    rig->server = NULL;
    assert_false(call_is_open(call));
    assert_int_equal(call_send_bytes(call, "x", 1), ERR_CANCELLED);
    assert_int_equal(call_add_header(call, "a", "b"), ERR_CANCELLED);
    call_finish(call, GRPC_OK, NULL, NULL, 0);
    call_pause_reading(call);
    call_resume_reading(call);
    assert_string_equal(call_metadata(call, "x-one"), "1");
    assert_non_null(arena_alloc(call_arena(call), 100));
    assert_null(call_unref(call));
}

/* When one of two calls of a connection is lost, its handler may touch the other. */
static struct call *other;

static void finish_other(struct rig *rig, struct call *call)
{
    if (other && other != call) {
        (void)call_send_bytes(other, "x", 1);
        call_finish(other, GRPC_ABORTED, "with the first", NULL, 0);
    }
}

static void test_call__handler_may_touch_others_while_all_are_lost(void **state)
{
    struct rig *rig = *state;
    rig->do_closed = finish_other;
    (void)rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    (void)rig_request(rig, "/t.T/Both", HELLO, HELLO_LEN, true);
    rig_turns(rig, 5);
    other = rig->last;
    rpc_server_free(rig->server);
    rig->server = NULL;
    other = NULL;
    assert_int_equal(rig->closed, 2);
}

static void pause_reading(struct rig *rig, struct call *call, const uint8_t *data, size_t len)
{
    call_pause_reading(call);
}

static void test_call__pause_holds_messages_and_half_close(void **state)
{
    struct rig *rig = *state;
    static const char three[] = "\0\0\0\0\1a\0\0\0\0\1b\0\0\0\0\1c";
    rig->do_message = pause_reading;
    rig->do_half_close = finish_ok;
    (void)rig_request(rig, "/t.T/Both", three, sizeof(three) - 1, false);
    for (unsigned i = 1; i <= 3; i++) {
        rig_turns(rig, 5);
        assert_int_equal(rig->messages, i);
        assert_int_equal(rig->half_closed, 0);
        call_resume_reading(rig->last);
        assert_int_equal(rig->messages, i); /* never inside a function of call.h */
    }
    rig_turns(rig, 5);
    assert_int_equal(rig->half_closed, 1);
}

static void test_call__paused_call_takes_one_window_and_no_more(void **state)
{
    struct rig *rig = *state;
    size_t len = (size_t)4 << 20, one = 5 + 1000;
    char *body = calloc(1, len);
    assert_non_null(body);
    for (size_t i = 0; i + one <= len; i += one)
        frame_put_header((uint8_t *)body + i, false, 1000);
    rig->do_message = pause_reading;
    int32_t id = rig_request(rig, "/t.T/In", body, len / one * one, false);
    rig_turns(rig, 300);
    assert_int_equal(rig->messages, 1);
    assert_in_range(rig_seen(rig, id)->body_off, 1, rig->options.window_bytes + 70000);
    for (int i = 0; i < 50; i++) {
        call_resume_reading(rig->last);
        rig_turn(rig);
    }
    assert_in_range(rig->messages, 40, 51);
    rpc_server_free(rig->server); /* lets go of the body */
    rig->server = NULL;
    free(body);
}

static void fill(struct rig *rig, struct call *call)
{
    static const uint8_t block[10000];
    while (call_is_writable(call))
        assert_int_equal(call_send_bytes(call, block, sizeof(block)), 0);
}

static void test_call__producer_is_held_back_and_woken(void **state)
{
    struct rig *rig = *state;
    rig->do_half_close = fill;
    rig->do_writable = fill;
    (void)rig_request(rig, "/t.T/Out", HELLO, HELLO_LEN, false);
    rig_turn(rig);
    rig_turn(rig);
    assert_true(rig->last->queued_bytes < CALL_QUEUE_HIGH_BYTES + 10005);
    rig_turns(rig, 300);
    assert_true(rig->writable > 20);
    assert_true(rig->last->queued_bytes < CALL_QUEUE_HIGH_BYTES + 10005);
}

static void use_up_arena(struct rig *rig, struct call *call)
{
    while (arena_alloc(call_arena(call), 1000))
        ;
    while (arena_alloc(call_arena(call), 1))
        ;
    assert_int_equal(call_add_header(call, "a", "b"), ERR_EXHAUSTED);
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void test_call__used_up_arena_still_has_a_status(void **state)
{
    struct rig *rig = *state;
    rig->do_open = use_up_arena;
    int32_t id = rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, false);
    const struct seen *seen = rig_wait(rig, id, 5000);
    check_status(seen, "8");
    assert_string_equal(seen->message, "out of memory");
}

static void on_drained(void *arg)
{
    ((struct rig *)arg)->is_drained = true;
}

static unsigned opened_before; /* the honest call */

static void note_turn(struct rig *rig, struct call *call)
{
    if (!call_method(call)->client_streaming)
        opened_before = rig->opened;
}

/* As an attack does: calls begun and reset, by the hundred, in one write. */
static void test_server__a_burst_of_calls_does_not_hold_up_others(void **state)
{
    static const char start[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    /* POST, http, authority, path, content-type, te: literal without indexing */
    static const char fields[] = "\x83\x86\x01\1x\x04\x09/t.T/Both\x0f\x10\x10"
                                 "application/grpc\0\2te\x08trailers";
    enum { CALLS = 500, FIELDS = sizeof(fields) - 1 };
    _cleanup_(str_release) struct str out = { 0 };
    struct rig *rig = *state;
    int pair[2];

    str_add(&out, start, sizeof(start) - 1);
    for (unsigned i = 0; i < CALLS; i++) {
        unsigned id = 2 * i + 1;
        const char headers[] = { 0, 0, FIELDS, 1, 4, 0, 0, (char)(id >> 8), (char)id };
        const char reset[] = { 0, 0, 4, 3, 0, 0, 0, (char)(id >> 8), (char)id, 0, 0, 0, 8 };
        str_add(&out, headers, sizeof(headers));
        str_add(&out, fields, FIELDS);
        str_add(&out, reset, sizeof(reset));
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(rpc_server_adopt(rig->server, pair[0], NULL), 0);
    assert_int_equal(send(pair[1], out.data, out.len, MSG_NOSIGNAL), (ssize_t)out.len);
    rig->do_open = note_turn;
    int32_t id = rig_request(rig, "/t.T/Unary", HELLO, HELLO_LEN, true);
    rig_turns(rig, 20);
    assert_true(id > 0);
    assert_in_range(opened_before, 0, 200);
    assert_int_equal(rig->opened, CALLS + 1);
    (void)close(pair[1]);
    rig_turns(rig, 4);
    assert_int_equal(rig->closed, CALLS);
    rig->do_open = NULL;
}

static void test_server__drain_ends_what_would_not_end(void **state)
{
    struct rig *rig = *state;
    int32_t id = rig_request(rig, "/t.T/Out", HELLO, HELLO_LEN, false);
    rig_turns(rig, 5);
    rpc_server_drain(rig->server, USEC_PER_SEC, on_drained, rig);
    assert_false(rig->is_drained);
    assert_int_equal(rig->drained, 1);
    check_status(rig_wait(rig, id, 3000), "14");
    rig_turns(rig, 50);
    assert_true(rig->is_drained);
    assert_true(rig->is_lost);
}

static void test_server__drain_without_connections_is_told_later(void **state)
{
    struct rig *rig = *state;
    rig->is_lost = true;
    assert_int_equal(shutdown(rig->fd, SHUT_RDWR), 0);
    rig_turns(rig, 3);
    rpc_server_drain(rig->server, USEC_PER_SEC, on_drained, rig);
    assert_false(rig->is_drained);
    rig_turns(rig, 3);
    assert_true(rig->is_drained);
}

static void test_server__addresses_are_checked(void **state)
{
    struct rig *rig = *state;
    struct err err = { 0 };
    static const char *const bad[]
        = { "", "x", ":1", "127.0.0.1", "127.0.0.1:", "example.org:1", "127.0.0.1:99999", "unix:" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(rpc_server_listen(rig->server, bad[i], &err), ERR_INVALID);
    assert_int_equal(rpc_server_listen(rig->server, "0.0.0.0:0", &err), ERR_PRECONDITION);
    assert_int_equal(rpc_server_listen(rig->server, "localhost:0", &err), 0);
    int port = rpc_server_port(rig->server);
    assert_in_range(port, 1, 65535);
    char taken[32];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%d", port);
    assert_int_equal(rpc_server_listen(rig->server, taken, &err), ERR_EXISTS);
}

static void test_server__certificate_needs_its_key(void **state)
{
    struct rig *rig = *state;
    struct rpc_server *server = NULL;
    struct err err = { 0 };
    rig->options.tls_cert_file = "/nonexistent.pem";
    assert_int_equal(
        rpc_server_new(rig->loop, &rig->options, &rig->handler, rig, &server, &err), ERR_INVALID);
    rig->options.tls_key_file = "/nonexistent.pem";
    assert_int_equal(
        rpc_server_new(rig->loop, &rig->options, &rig->handler, rig, &server, &err), ERR_INVALID);
    assert_non_null(strstr(err.msg, "/nonexistent.pem"));
}

/* ---- a GET that a method answers ---- */

static void send_page(struct rig *rig, struct call *call)
{
    _cleanup_(str_release) struct str text = { 0 };

    assert_string_equal(call_page_path(call), "/secret/x");
    str_addz(&text, "the page\n");
    assert_int_equal(call_send_page(call, "200", "text/calendar", &text), 0);
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void send_not_modified(struct rig *rig, struct call *call)
{
    struct str nothing = { 0 };

    assert_int_equal(call_send_page(call, "304", "text/calendar", &nothing), 0);
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void check_page(
    struct rig *rig, const char *verb, const char *path, const char *http, const char *text)
{
    rig->verb = verb;
    const struct seen *seen = rig_wait(rig, rig_request(rig, path, NULL, 0, false), 2000);
    assert_true(seen->is_closed);
    assert_string_equal(seen->http, http);
    assert_string_equal(str_text(&seen->data), text);
}

static void test_page__is_a_call_with_an_empty_message(void **state)
{
    struct rig *rig = *state;
    rig->do_half_close = send_page;
    check_page(rig, "GET", "/secret/x?query", "200", "the page\n");
    assert_int_equal(rig->opened * 100 + rig->messages * 10 + rig->half_closed, 111);
    assert_int_equal(rig->bytes, 0);
    assert_int_equal(rig->closed, 1);
    check_page(rig, "HEAD", "/secret/x", "200", "");
    rig->do_half_close = send_not_modified;
    check_page(rig, "GET", "/secret/x", "304", "");
    assert_int_equal(rig->closed, 3);
}

static void fail_unauthenticated(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_UNAUTHENTICATED, "who are you?", NULL, 0);
}

static void fail_denied(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_PERMISSION_DENIED, "not for you", "details", 7);
}

static void fail_not_found(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_NOT_FOUND, "there is none", NULL, 0);
}

static void fail_too_many(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_RESOURCE_EXHAUSTED, "too many", NULL, 0);
}

static void fail_away(struct rig *rig, struct call *call)
{
    call_finish(call, GRPC_UNAVAILABLE, "secret reason", NULL, 0);
}

static void send_message_instead(struct rig *rig, struct call *call)
{
    assert_true(call_send_bytes(call, "hello", 5) < 0);
    call_finish(call, GRPC_OK, NULL, NULL, 0);
}

static void test_page__says_how_it_failed_in_http_s_words_alone(void **state)
{
    static const struct {
        void (*fail)(struct rig *rig, struct call *call);
        const char *http, *text;
    } rows[] = {
        { fail_unauthenticated, "404", "Not Found\n" },
        { fail_denied, "404", "Not Found\n" },
        { fail_not_found, "404", "Not Found\n" },
        { fail_too_many, "429", "Too Many Requests\n" },
        { fail_away, "503", "Service Unavailable\n" },
        { send_message_instead, "500", "Internal Server Error\n" },
        { finish_ok, "500", "Internal Server Error\n" },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        rig->do_half_close = rows[i].fail;
        check_page(rig, "GET", "/secret/x", rows[i].http, rows[i].text);
    }
}

static void test_page__of_other_verbs_or_places_is_none(void **state)
{
    struct rig *rig = *state;
    rig->do_half_close = send_page;
    check_page(rig, "GET", "/page", "200", "a page for one who is here\n");
    check_page(rig, "DELETE", "/secret/x", "405", "");
    check_page(rig, "GET", "/secret/", "405", "");
    assert_int_equal(rig->opened, 0);
    rig->verb = NULL;
    check_status(rig_wait(rig, rig_request(rig, "/secret/x", HELLO, HELLO_LEN, false), 2000), "12");
}

int main(void)
{
#define each(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        each(test_call__unary_tells_everything_once_and_in_order),
        each(test_deadline__that_passes_as_a_call_ends_leaves_its_answer),
        each(test_call__facts_are_known_when_it_opens),
        each(test_call__one_answer_is_enforced),
        each(test_call__one_request_is_enforced),
        each(test_call__unknown_method_never_reaches_the_handler),
        each(test_call__cancel_tells_the_handler),
        each(test_call__lost_connection_tells_the_handler),
        each(test_call__ref_outlives_connection_and_server),
        each(test_call__handler_may_touch_others_while_all_are_lost),
        each(test_call__pause_holds_messages_and_half_close),
        each(test_call__paused_call_takes_one_window_and_no_more),
        each(test_call__producer_is_held_back_and_woken),
        each(test_call__used_up_arena_still_has_a_status),
        each(test_page__is_a_call_with_an_empty_message),
        each(test_page__says_how_it_failed_in_http_s_words_alone),
        each(test_page__of_other_verbs_or_places_is_none),
        each(test_server__a_burst_of_calls_does_not_hold_up_others),
        each(test_server__drain_ends_what_would_not_end),
        each(test_server__drain_without_connections_is_told_later),
        each(test_server__addresses_are_checked),
        each(test_server__certificate_needs_its_key),
    };
#undef each
    return cmocka_run_group_tests(tests, NULL, NULL);
}
