"""gRPC's public interop cases by Debian's python3-grpcio.

    grpcio_cases.py PORT STUBS [CERTIFICATE]     STUBS: a folder with messages_pb2.py and its like

It prints "CASE ok", or "CASE FAILED why", a line a case.
"""

import sys
import threading
import time

import grpc

grpc.__path__.append(f"{sys.argv[2]}/grpc")  # the messages lie in grpc.testing
from grpc.testing import empty_pb2, messages_pb2  # noqa: E402

SERVICE = "/grpc.testing.TestService/"
SIZES_OUT = [31415, 9, 2653, 58979]
SIZES_IN = [27182, 8, 1828, 45904]
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def expect(what, message="not as expected"):
    if not what:
        raise AssertionError(message)


def make_channel(port, certificate):
    options = [("grpc.max_receive_message_length", 64 << 20)]
    if not certificate:
        return grpc.insecure_channel(f"127.0.0.1:{port}", options)
    with open(certificate, "rb") as f:
        credentials = grpc.ssl_channel_credentials(f.read())
    return grpc.secure_channel(f"localhost:{port}", credentials, options)


class Methods:
    """The methods as grpc_tools would make them."""

    def __init__(self, channel):
        m, e = messages_pb2, empty_pb2

        def method(kind, name, request, response, service=SERVICE):
            return getattr(channel, kind)(service + name, request.SerializeToString,
                                          response.FromString)
        out = (m.StreamingOutputCallRequest, m.StreamingOutputCallResponse)
        self.empty = method("unary_unary", "EmptyCall", e.Empty, e.Empty)
        self.unary = method("unary_unary", "UnaryCall", m.SimpleRequest, m.SimpleResponse)
        self.input = method("stream_unary", "StreamingInputCall", m.StreamingInputCallRequest,
                            m.StreamingInputCallResponse)
        self.output = method("unary_stream", "StreamingOutputCall", *out)
        self.duplex = method("stream_stream", "FullDuplexCall", *out)
        self.half = method("stream_stream", "HalfDuplexCall", *out)
        self.unimplemented = method("unary_unary", "UnimplementedCall", e.Empty, e.Empty)
        self.no_service = method("unary_unary", "UnimplementedCall", e.Empty, e.Empty,
                                 "/grpc.testing.UnimplementedService/")


class Pipe:
    """Requests of a stream, given one at a time."""

    def __init__(self):
        self.condition, self.items, self.closed = threading.Condition(), [], False

    def __iter__(self):
        return self

    def __next__(self):
        with self.condition:
            while not self.items and not self.closed:
                self.condition.wait()
            if self.items:
                return self.items.pop(0)
            raise StopIteration

    def add(self, item):
        with self.condition:
            self.items.append(item)
            self.condition.notify()

    def close(self):
        with self.condition:
            self.closed = True
            self.condition.notify()


def simple(size=314159, body=271828, **fields):
    return messages_pb2.SimpleRequest(
        response_size=size, payload=messages_pb2.Payload(body=bytes(body)), **fields)


def yes(value):
    return messages_pb2.BoolValue(value=value)


def output_request(sizes, body=0, compressed=None, interval_us=0):
    return messages_pb2.StreamingOutputCallRequest(
        response_parameters=[messages_pb2.ResponseParameters(
            size=size, interval_us=interval_us,
            compressed=yes(compressed[i]) if compressed else None)
            for i, size in enumerate(sizes)],
        payload=messages_pb2.Payload(body=bytes(body)))


def fails(call, code, message=None):
    try:
        call()
    except grpc.RpcError as error:
        expect(error.code() == code, f"{error.code()}: {error.details()}")
        expect(message is None or error.details() == message, error.details())
        return
    raise AssertionError(f"no error, {code} was due")


@case
def empty_unary(service):
    expect(service.empty(empty_pb2.Empty()) == empty_pb2.Empty())


@case
def large_unary(service):
    expect(len(service.unary(simple()).payload.body) == 314159)


@case
def client_compressed_unary(service):
    fails(lambda: service.unary(simple(expect_compressed=yes(True))),
          grpc.StatusCode.INVALID_ARGUMENT)
    answer = service.unary(simple(expect_compressed=yes(True)), compression=grpc.Compression.Gzip)
    expect(len(answer.payload.body) == 314159)
    expect(len(service.unary(simple(expect_compressed=yes(False))).payload.body) == 314159)


@case
def server_compressed_unary(service):
    for wanted in (True, False):
        answer = service.unary(simple(response_compressed=yes(wanted)))
        expect(len(answer.payload.body) == 314159)


@case
def client_streaming(service):
    answer = service.input(iter([messages_pb2.StreamingInputCallRequest(
        payload=messages_pb2.Payload(body=bytes(size))) for size in SIZES_IN]))
    expect(answer.aggregated_payload_size == 74922, answer)


@case
def client_compressed_streaming(service):
    def message(size, compressed):
        return messages_pb2.StreamingInputCallRequest(
            expect_compressed=yes(compressed), payload=messages_pb2.Payload(body=bytes(size)))
    fails(lambda: service.input(iter([message(27182, True)])), grpc.StatusCode.INVALID_ARGUMENT)
    answer = service.input(iter([message(27182, True), message(45904, True)]),
                        compression=grpc.Compression.Gzip)
    expect(answer.aggregated_payload_size == 73086, answer)


@case
def server_streaming(service):
    sizes = [len(a.payload.body) for a in service.output(output_request(SIZES_OUT))]
    expect(sizes == SIZES_OUT, sizes)


@case
def server_compressed_streaming(service):
    request = output_request([31415, 92653], compressed=[True, False])
    expect([len(a.payload.body) for a in service.output(request)] == [31415, 92653])


@case
def ping_pong(service):
    pipe = Pipe()
    answers = service.duplex(pipe)
    for size, body in zip(SIZES_OUT, SIZES_IN):
        pipe.add(output_request([size], body))
        expect(len(next(answers).payload.body) == size)
    pipe.close()
    expect(list(answers) == [])


@case
def half_duplex(service):
    answers = service.half(iter([output_request([size]) for size in SIZES_OUT]))
    expect([len(a.payload.body) for a in answers] == SIZES_OUT)


@case
def empty_stream(service):
    expect(list(service.duplex(iter([]))) == [])


@case
def custom_metadata(service):
    metadata = (("x-grpc-test-echo-initial", "test_initial_metadata_value"),
                ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"))
    _, call = service.unary.with_call(simple(), metadata=metadata)
    pipe = Pipe()
    stream = service.duplex(pipe, metadata=metadata)
    pipe.add(output_request([314159], 271828))
    next(stream)
    pipe.close()
    expect(list(stream) == [])
    for done in (call, stream):
        expect(metadata[0] in done.initial_metadata(), done.initial_metadata())
        expect(metadata[1] in done.trailing_metadata(), done.trailing_metadata())


@case
def status_code_and_message(service):
    status = messages_pb2.EchoStatus(code=2, message="test status message")
    fails(lambda: service.unary(messages_pb2.SimpleRequest(response_status=status)),
          grpc.StatusCode.UNKNOWN, "test status message")
    request = messages_pb2.StreamingOutputCallRequest(response_status=status)
    fails(lambda: list(service.duplex(iter([request]))), grpc.StatusCode.UNKNOWN,
          "test status message")


@case
def special_status_message(service):
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    status = messages_pb2.EchoStatus(code=2, message=message)
    fails(lambda: service.unary(messages_pb2.SimpleRequest(response_status=status)),
          grpc.StatusCode.UNKNOWN, message)


@case
def unimplemented_method(service):
    fails(lambda: service.unimplemented(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


@case
def unimplemented_service(service):
    fails(lambda: service.no_service(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


@case
def cancel_after_begin(service):
    pipe = Pipe()
    call = service.input.future(pipe)
    call.cancel()
    expect(call.code() == grpc.StatusCode.CANCELLED, call.code())
    pipe.close()


@case
def cancel_after_first_response(service):
    pipe = Pipe()
    answers = service.duplex(pipe)
    pipe.add(output_request([31415], 27182))
    expect(len(next(answers).payload.body) == 31415)
    answers.cancel()
    fails(lambda: next(answers), grpc.StatusCode.CANCELLED)
    pipe.close()


@case
def timeout_on_sleeping_server(service):
    request = output_request([31415], 27182, interval_us=2000000)
    fails(lambda: list(service.duplex(iter([request]), timeout=0.001)),
          grpc.StatusCode.DEADLINE_EXCEEDED)
    fails(lambda: list(service.duplex(iter([request]), timeout=0.3)),
          grpc.StatusCode.DEADLINE_EXCEEDED)


@case
def concurrent_large_unary(service):
    calls = [service.unary.future(simple()) for _ in range(50)]
    expect(all(len(call.result().payload.body) == 314159 for call in calls))


@case
def slow_consumer(service):
    answers = service.output(output_request([1 << 16] * 256))
    n = 0
    for answer in answers:
        expect(len(answer.payload.body) == 1 << 16)
        n += 1
        if n % 32 == 0:
            time.sleep(0.05)
    expect(n == 256, n)


@case
def rpc_soak(service):
    for _ in range(200):
        expect(len(service.unary(simple()).payload.body) == 314159)


@case
def channel_soak(_service):
    for _ in range(30):
        with make_channel(PORT, CERTIFICATE) as channel:
            expect(len(Methods(channel).unary(simple()).payload.body) == 314159)


PORT, CERTIFICATE = sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else None

if __name__ == "__main__":
    with make_channel(PORT, CERTIFICATE) as shared:
        for name, run in CASES.items():
            try:
                run(Methods(shared))
                print(f"{name} ok", flush=True)
            except Exception as error:  # whatever it was, the other cases are run
                print(f"{name} FAILED {type(error).__name__}: {str(error)[:300]!r}", flush=True)
