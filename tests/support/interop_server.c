/* gRPC's public interop tests, the server's side: grpc.testing.TestService on the rpc layer alone.
 *
 *     interop_server [--port=N] [--use_tls=true --tls_cert=FILE --tls_key=FILE]
 *
 * It prints "port N" when it listens on 127.0.0.1, drains on SIGTERM and exits 0. What each method
 * does is written beside it in grpc/testing/test.proto, what each test demands in gRPC's interop
 * description.
 */
#include "base/clock.h"
#include "base/str.h"
#include "rpc/call.h"
#include "test_server.h"
#include "wire/message.h"

#include <grpc/testing/empty.pb-c.h>
#include <grpc/testing/messages.pb-c.h>
#include <stdio.h>

#define RESPONSE_BYTES_MAX (64 << 20)
#define DRAIN_USEC (2 * USEC_PER_SEC)

/* One answer of a stream that is still to be sent. */
struct output {
    int32_t size, interval_usec;
    bool is_compressed;
};

struct test_call {
    struct call *call;
    struct loop_timer timer;
    struct output *outputs; /* first_output..n_outputs are left */
    size_t n_outputs, first_output;
    bool waited; /* the interval before the next one is over */
    bool is_half_closed;
    int64_t received_bytes;
    const ProtobufCMessage *request; /* of a method with one */
};

typedef void message_fn(struct test_call *t, const ProtobufCMessage *message);
typedef void end_fn(struct test_call *t);

struct behaviour {
    message_fn *on_message;
    end_fn *on_half_close;
};

/* ---- answers ---- */

static uint8_t zeros[RESPONSE_BYTES_MAX];

static bool is_size(struct test_call *t, int32_t size)
{
    if (size >= 0 && size <= RESPONSE_BYTES_MAX)
        return true;
    call_finish(
        t->call, GRPC_INVALID_ARGUMENT, "a response of this size is not to be had", NULL, 0);
    return false;
}

static bool finish_as_asked(struct test_call *t, const Grpc__Testing__EchoStatus *status)
{
    if (!status)
        return false;
    call_finish(t->call, (enum grpc_status)status->code, status->message, NULL, 0);
    return true;
}

static bool is_compressed_as_expected(struct test_call *t, const Grpc__Testing__BoolValue *expected)
{
    if (!expected || expected->value == call_message_was_compressed(t->call))
        return true;
    call_finish(
        t->call, GRPC_INVALID_ARGUMENT, "the message is not compressed as it should be", NULL, 0);
    return false;
}

/* ---- one message, one answer ---- */

static void keep_request(struct test_call *t, const ProtobufCMessage *message)
{
    t->request = message;
}

static void answer_empty(struct test_call *t)
{
    (void)call_send_bytes(t->call, "", 0);
    call_finish(t->call, GRPC_OK, NULL, NULL, 0);
}

static void take_simple(struct test_call *t, const ProtobufCMessage *message)
{
    const Grpc__Testing__SimpleRequest *request = (const Grpc__Testing__SimpleRequest *)message;
    if (is_compressed_as_expected(t, request->expect_compressed))
        t->request = message;
}

static void answer_simple(struct test_call *t)
{
    const Grpc__Testing__SimpleRequest *request = (const Grpc__Testing__SimpleRequest *)t->request;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    Grpc__Testing__SimpleResponse response = GRPC__TESTING__SIMPLE_RESPONSE__INIT;

    if (!is_size(t, request->response_size) || finish_as_asked(t, request->response_status))
        return;
    payload.body = (ProtobufCBinaryData) { (size_t)request->response_size, zeros };
    response.payload = &payload;
    call_set_compress(t->call, request->response_compressed && request->response_compressed->value);
    (void)call_send(t->call, &response.base);
    call_finish(t->call, GRPC_OK, NULL, NULL, 0);
}

/* ---- many messages, one answer ---- */

static void take_input(struct test_call *t, const ProtobufCMessage *message)
{
    const Grpc__Testing__StreamingInputCallRequest *request
        = (const Grpc__Testing__StreamingInputCallRequest *)message;
    if (is_compressed_as_expected(t, request->expect_compressed) && request->payload)
        t->received_bytes += (int64_t)request->payload->body.len;
}

static void answer_input(struct test_call *t)
{
    Grpc__Testing__StreamingInputCallResponse response
        = GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    response.aggregated_payload_size = (int32_t)t->received_bytes;
    (void)call_send(t->call, &response.base);
    call_finish(t->call, GRPC_OK, NULL, NULL, 0);
}

/* ---- many answers ---- */

static void send_output(struct test_call *t, const struct output *output)
{
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    Grpc__Testing__StreamingOutputCallResponse response
        = GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    payload.body = (ProtobufCBinaryData) { (size_t)output->size, zeros };
    response.payload = &payload;
    /* the headers say whether any message may be compressed, so they go out with it switched on */
    call_set_compress(t->call, true);
    (void)call_send_headers(t->call);
    call_set_compress(t->call, output->is_compressed);
    (void)call_send(t->call, &response.base);
}

/* Send what is due and what the client takes; go on with the next message when all is sent. */
static void pump(struct test_call *t)
{
    while (t->first_output < t->n_outputs && call_is_open(t->call)) {
        const struct output *next = &t->outputs[t->first_output];
        if (next->interval_usec > 0 && !t->waited) {
            loop_timer_start(&t->timer, next->interval_usec);
            return;
        }
        if (!call_is_writable(t->call))
            return;
        t->waited = false;
        t->first_output++;
        send_output(t, next);
    }
    t->first_output = t->n_outputs = 0;
    if (t->is_half_closed)
        call_finish(t->call, GRPC_OK, NULL, NULL, 0);
    else
        call_resume_reading(t->call);
}

static void on_interval_over(void *arg)
{
    struct test_call *t = arg;
    t->waited = true;
    pump(t);
}

static bool queue_outputs(struct test_call *t, const ProtobufCMessage *message)
{
    const Grpc__Testing__StreamingOutputCallRequest *request
        = (const Grpc__Testing__StreamingOutputCallRequest *)message;
    size_t n = t->n_outputs + request->n_response_parameters;
    struct output *more = realloc(t->outputs, MAX(n, (size_t)1) * sizeof(*more));

    if (!more) {
        call_finish(t->call, GRPC_RESOURCE_EXHAUSTED, "out of memory", NULL, 0);
        return false;
    }
    t->outputs = more;
    for (size_t i = 0; i < request->n_response_parameters; i++) {
        const Grpc__Testing__ResponseParameters *from = request->response_parameters[i];
        if (!is_size(t, from->size))
            return false;
        t->outputs[t->n_outputs++] = (struct output) { from->size, from->interval_us,
            from->compressed && from->compressed->value };
    }
    return !finish_as_asked(t, request->response_status);
}

static void take_output(struct test_call *t, const ProtobufCMessage *message)
{
    (void)queue_outputs(t, message);
}

static void take_duplex(struct test_call *t, const ProtobufCMessage *message)
{
    if (!queue_outputs(t, message))
        return;
    call_pause_reading(t->call); /* until these are answered */
    pump(t);
}

static void end_outputs(struct test_call *t)
{
    t->is_half_closed = true;
    pump(t);
}

/* ---- the table ---- */

static const struct behaviour empty
    = { keep_request, answer_empty },
    simple = { take_simple, answer_simple }, input = { take_input, answer_input },
    output = { take_output, end_outputs }, duplex = { take_duplex, end_outputs };

#define EMPTY &grpc__testing__empty__descriptor
#define OUTPUT_REQUEST &grpc__testing__streaming_output_call_request__descriptor
#define OUTPUT_RESPONSE &grpc__testing__streaming_output_call_response__descriptor
#define SIMPLE                                                                                     \
    &grpc__testing__simple_request__descriptor, &grpc__testing__simple_response__descriptor

static const struct rpc_method methods[] = {
    { "/grpc.testing.TestService/EmptyCall", EMPTY, EMPTY, false, false, &empty },
    { "/grpc.testing.TestService/UnaryCall", SIMPLE, false, false, &simple },
    { "/grpc.testing.TestService/CacheableUnaryCall", SIMPLE, false, false, &simple },
    { "/grpc.testing.TestService/StreamingInputCall",
        &grpc__testing__streaming_input_call_request__descriptor,
        &grpc__testing__streaming_input_call_response__descriptor, true, false, &input },
    { "/grpc.testing.TestService/StreamingOutputCall", OUTPUT_REQUEST, OUTPUT_RESPONSE, false, true,
        &output },
    { "/grpc.testing.TestService/FullDuplexCall", OUTPUT_REQUEST, OUTPUT_RESPONSE, true, true,
        &duplex },
    { "/grpc.testing.TestService/HalfDuplexCall", OUTPUT_REQUEST, OUTPUT_RESPONSE, true, true,
        &output },
};

static const struct behaviour *behaviour_of(const struct call *call)
{
    return call_method(call)->data;
}

static const struct rpc_method *find(void *arg, const char *path, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (strlen(methods[i].path) == len && memcmp(methods[i].path, path, len) == 0)
            return &methods[i];
    }
    return NULL;
}

/* ---- calls ---- */

static void echo_metadata(struct call *call)
{
    const char *initial = call_metadata(call, "x-grpc-test-echo-initial");
    const char *trailing = call_metadata(call, "x-grpc-test-echo-trailing-bin");
    if (initial)
        (void)call_add_header(call, "x-grpc-test-echo-initial", initial);
    if (trailing)
        (void)call_add_trailer(call, "x-grpc-test-echo-trailing-bin", trailing);
}

static void on_open(struct call *call, void *arg)
{
    struct test_server *server = arg;
    struct test_call *t = arena_zalloc(call_arena(call), sizeof(*t));
    if (!t) {
        call_finish(call, GRPC_RESOURCE_EXHAUSTED, "out of memory", NULL, 0);
        return;
    }
    t->call = call;
    loop_timer_init(&t->timer, server->loop, on_interval_over, t);
    call_set_user(call, t);
    echo_metadata(call);
}

/* Messages of a stream are done with when this returns; only a single request is kept. */
static void on_message(struct call *call, void *arg, const uint8_t *data, size_t len)
{
    _cleanup_(arena_release) struct arena scratch;
    const struct rpc_method *method = call_method(call);
    ProtobufCMessage *message;
    struct err err = { 0 };

    arena_init(&scratch, 0);
    int r = message_unpack(method->input, method->client_streaming ? &scratch : call_arena(call),
        data, len, NULL, &message, &err);
    if (r < 0)
        call_finish_err(call, &err);
    else
        behaviour_of(call)->on_message(call_user(call), message);
}

static void on_half_close(struct call *call, void *arg)
{
    behaviour_of(call)->on_half_close(call_user(call));
}

static void on_writable(struct call *call, void *arg)
{
    pump(call_user(call));
}

static void on_closed(struct call *call, void *arg)
{
    struct test_call *t = call_user(call);
    if (!t)
        return;
    loop_timer_stop(&t->timer);
    free(t->outputs);
}

static const struct rpc_handler handler = {
    .find = find,
    .on_open = on_open,
    .on_message = on_message,
    .on_half_close = on_half_close,
    .on_writable = on_writable,
    .on_closed = on_closed,
};

/* ---- the program ---- */

static const char *value_of(const char *arg, const char *name)
{
    return str_starts_with(arg, name) ? arg + strlen(name) : NULL;
}

int main(int argc, char **argv)
{
    struct test_server server = { .drain_usec = DRAIN_USEC };
    struct rpc_options options;
    const char *port = "0", *tls = "false", *cert = NULL, *key = NULL;
    char address[32];

    for (int i = 1; i < argc; i++) {
        const char *value;
        if ((value = value_of(argv[i], "--port=")))
            port = value;
        else if ((value = value_of(argv[i], "--use_tls=")))
            tls = value;
        else if ((value = value_of(argv[i], "--tls_cert=")))
            cert = value;
        else if ((value = value_of(argv[i], "--tls_key=")))
            key = value;
        else {
            (void)fprintf(stderr, "interop_server: cannot use \"%s\"\n", argv[i]);
            return 2;
        }
    }
    rpc_options_init(&options);
    if (str_eq(tls, "true")) {
        options.tls_cert_file = cert;
        options.tls_key_file = key;
    }
    (void)snprintf(address, sizeof(address), "127.0.0.1:%s", port);
    return test_server_run(&server, "interop_server", &options, &handler, &server, address) < 0;
}
