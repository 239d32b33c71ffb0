"""The rpc layer as python3-grpcio sees it, over cleartext and TLS."""

import threading
import time
import unittest

import grpc

from rpc_support import Server, ServerTest, eventually, make_certificate, stats

BIG = 3 * 1024 * 1024


def details(error, name):
    return dict(error.trailing_metadata()).get(name)


class Calls:
    """What must hold over any transport; mixed into a class a transport below."""

    def channel(self, **options):
        options = [("grpc.max_receive_message_length", -1), *options.items()]
        address = f"localhost:{self.server.port}"
        if not self.tls:
            return grpc.insecure_channel(address, options)
        with open(self.tls[0], "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        return grpc.secure_channel(address, credentials, options)

    def setUp(self):
        self.open = self.channel()
        self.unary = self.open.unary_unary("/test.Echo/Unary")

    def tearDown(self):
        self.open.close()

    def code(self, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        return caught.exception

    def test_unary_of_every_size(self):
        for size in (0, 1, 4, 5, 100, 16379, 16384, 65536, 1 << 20, BIG):
            data = bytes(i & 255 for i in range(256)) * (size // 256 + 1)
            self.assertEqual(self.unary(data[:size], timeout=60), data[:size])

    def test_many_unary_at_once(self):
        futures = [self.unary.future(b"%d" % i, timeout=60) for i in range(500)]
        self.assertEqual([f.result() for f in futures], [b"%d" % i for i in range(500)])

    def test_client_stream(self):
        collect = self.open.stream_unary("/test.Echo/Collect")
        self.assertEqual(collect(iter([b"x" * 1000] * 3000), timeout=60), b"3000 3000000")
        self.assertEqual(collect(iter([]), timeout=60), b"0 0")

    def test_server_stream(self):
        expand = self.open.unary_stream("/test.Echo/Expand")
        sizes = [len(m) for m in expand(b"500 10000", timeout=60)]
        self.assertEqual(sizes, [10000] * 500)
        self.assertEqual(list(expand(b"0 0", timeout=60)), [])

    def test_slow_reader_of_a_server_stream_gets_everything(self):
        seen = 0
        for i, message in enumerate(self.open.unary_stream("/test.Echo/Expand")(b"40 500000")):
            seen += len(message)
            if i < 10:
                time.sleep(0.02)
        self.assertEqual(seen, 40 * 500000)

    def test_bidirectional_in_lock_step(self):
        chat = self.open.stream_stream("/test.Echo/Chat")
        turn, ready = [], threading.Semaphore(1)

        def ask():
            for i in range(50):
                ready.acquire()
                yield b"%d" % i

        for answer in chat(ask(), timeout=60):
            turn.append(answer)
            ready.release()
        self.assertEqual(turn, [b"%d" % i for i in range(50)])

    def test_bidirectional_with_pauses_keeps_every_message(self):
        chat = self.open.stream_stream("/test.Echo/Chat")
        sent = [b"%d" % i * 1000 for i in range(300)]
        got = list(chat(iter(sent), metadata=[("x-pause", "1")], timeout=60))
        self.assertEqual(got, sent)

    def test_bidirectional_large_both_ways(self):
        chat = self.open.stream_stream("/test.Echo/Chat")
        sent = [b"y" * 300000] * 40
        self.assertEqual(list(chat(iter(sent), timeout=60)), sent)

    def test_metadata_both_ways(self):
        sent = [("x-echo", "plain"), ("x-echo-bin", b"\0\xff\x80"), ("x-trail-bin", b"\1")]
        _, call = self.unary.with_call(b"", metadata=sent, timeout=60)
        self.assertIn(("x-echo", "plain"), call.initial_metadata())
        self.assertIn(("x-echo-bin", b"\0\xff\x80"), call.initial_metadata())
        self.assertIn(("x-trail-bin", b"\1"), call.trailing_metadata())

    def test_every_status_with_a_message_that_needs_encoding(self):
        for code in grpc.StatusCode:
            number = code.value[0]
            if number == 0:
                continue
            message = "100% \u00e9 \n\t\u2603"
            # grpcio wants ASCII metadata, so the message is the server's own
            error = self.code(
                lambda: self.unary(b"", metadata=[("x-status", str(number))], timeout=60)
            )
            self.assertEqual(error.code(), code)
            self.assertEqual(error.details(), "caf\u00e9 100%", message)

    def test_field_of_an_error_is_in_the_details(self):
        sent = [("x-status", "3"), ("x-field", "employer.name"), ("x-message", "is blank")]
        error = self.code(lambda: self.unary(b"", metadata=sent, timeout=60))
        packed = details(error, "grpc-status-details-bin")
        self.assertIn(b"google.rpc.BadRequest", packed)
        self.assertIn(b"employer.name", packed)
        self.assertIn(b"is blank", packed)

    def test_unknown_method_and_service(self):
        for path in ("/test.Echo/None", "/no.Such/Unary", "/"):
            error = self.code(lambda: self.open.unary_unary(path)(b"", timeout=60))
            self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_deadline(self):
        sleep = self.open.unary_unary("/test.Echo/Sleep")
        start = time.monotonic()
        error = self.code(lambda: sleep(b"", timeout=0.2))
        self.assertEqual(error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertLess(time.monotonic() - start, 2)
        self.assertTrue(eventually(lambda: stats(self.server.port, self.tls)["open"] <= 1))

    def test_cancel_reaches_the_handler(self):
        before = stats(self.server.port, self.tls)["cancelled"]
        sleeping = self.open.unary_unary("/test.Echo/Sleep").future(b"")
        watch = self.open.unary_stream("/test.Echo/Watch")(b"")
        self.assertEqual(next(watch), b"seen")
        watch.cancel()
        sleeping.cancel()
        self.assertTrue(
            eventually(lambda: stats(self.server.port, self.tls)["cancelled"] >= before + 2)
        )
        self.assertEqual(self.unary(b"on", timeout=60), b"on")

    def test_message_above_the_limit(self):
        for _ in range(4):  # the connection must survive what it did not read
            error = self.code(lambda: self.unary(b"z" * (5 << 20), timeout=60))
            self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertEqual(self.unary(b"on", timeout=60), b"on")

    def test_gzip_both_ways(self):
        data = b"compress me " * 50000
        for name, big in (("x-none", data), ("x-gzip", data), ("x-gzip", b"")):
            got = self.unary(
                big, compression=grpc.Compression.Gzip, metadata=[(name, "1")], timeout=60
            )
            self.assertEqual(got, big)

    def test_compression_that_is_not_known(self):
        error = self.code(
            lambda: self.unary(b"x" * 5000, compression=grpc.Compression.Deflate, timeout=60)
        )
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_one_message_methods_take_one_message(self):
        call = self.open.stream_unary("/test.Echo/Unary")
        for sent in ([], [b"a", b"b"]):
            error = self.code(lambda: call(iter(sent), timeout=60))
            self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)


class Cleartext(Calls, ServerTest):
    pass


class Tls(Calls, ServerTest):
    TLS = True


class Drain(unittest.TestCase):
    """Each test has a server of its own, which must end with 0 and without open calls."""

    def start(self, **limits):
        server = Server(**limits)
        self.addCleanup(server.wait)
        channel = grpc.insecure_channel(f"localhost:{server.port}")
        self.addCleanup(channel.close)
        return server, channel

    def test_calls_under_way_end_well(self):
        server, channel = self.start(drain_ms=5000)
        ready = threading.Event()

        def ask():
            yield b"1"
            ready.wait(10)
            yield b"2"

        chat = channel.stream_stream("/test.Echo/Chat")(ask())
        self.assertEqual(next(chat), b"1")
        server.terminate()
        time.sleep(0.6)  # beyond notice and GOAWAY
        ready.set()
        self.assertEqual(next(chat), b"2")
        with self.assertRaises(StopIteration):
            next(chat)
        self.assertEqual(server.wait(), 0)

    def test_streams_that_would_not_end_get_unavailable(self):
        server, channel = self.start(drain_ms=1500)
        watch = channel.unary_stream("/test.Echo/Watch")(b"")
        self.assertEqual(next(watch), b"seen")
        start = time.monotonic()
        server.terminate()
        with self.assertRaises(grpc.RpcError) as caught:
            next(watch)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertIn("stopping", caught.exception.details())
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - start, 3)

    def test_a_handler_may_end_its_streams_at_once(self):
        server, channel = self.start(drain_ms=20000)
        watch = channel.unary_stream("/test.Echo/Watch")(b"", metadata=[("x-polite", "1")])
        self.assertEqual(next(watch), b"seen")
        start = time.monotonic()
        server.terminate()
        with self.assertRaises(grpc.RpcError) as caught:
            next(watch)
        self.assertEqual(caught.exception.details(), "going away")
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - start, 5)

    def test_under_load_no_call_is_lost(self):
        server, channel = self.start(drain_ms=5000)
        unary = channel.unary_unary("/test.Echo/Unary")
        futures = [unary.future(b"x", timeout=60) for _ in range(300)]
        time.sleep(0.05)
        server.terminate()
        for future in futures:
            code = future.code()
            # taken and answered, or never taken: then another server may have it
            self.assertIn(code, (grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE))
        self.assertEqual(server.wait(), 0)


if __name__ == "__main__":
    unittest.main()
