"""The rpc layer under raw frames: HTTP's own errors, limits, floods, slow and dead peers.

Every test ends with a healthy call, or with the server's own exit status."""

import json
import socket
import ssl
import struct
import time
import unittest
import warnings

import h2.events
import h2.exceptions
import h2.settings

from rpc_support import HEADERS, Raw, Server, ServerTest, eventually, frame, headers, stats

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def raw_frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Requests(ServerTest):
    def ask(self, fields=None, body=frame(b"hello")):
        with Raw(self.server.port) as raw:
            return raw.answer(raw.request(fields, body))

    def test_wrong_method_is_405(self):
        fields, _ = self.ask(headers(p_method="PUT"))
        self.assertEqual(fields[":status"], "405")

    def test_wrong_content_type_is_415(self):
        for kind in ("text/html", "application/grpc-web", "application/grpc+json", "", None):
            fields, _ = self.ask(headers(content_type=kind))
            self.assertEqual(fields[":status"], "415", kind)

    def test_content_types_that_will_do(self):
        for kind in ("application/grpc", "application/grpc+proto", "application/grpc; x=y"):
            fields, data = self.ask(headers(content_type=kind))
            self.assertEqual((fields["grpc-status"], data), ("0", frame(b"hello")), kind)

    def test_missing_te_is_refused(self):
        fields, _ = self.ask(headers(te=None))
        self.assertEqual((fields[":status"], fields["grpc-status"]), ("400", "13"))

    def test_timeouts(self):
        for text in ("1000000H", "60M", "60S", "60000m", "60000000u", "99999999n"):
            fields, _ = self.ask(headers(grpc_timeout=text))
            self.assertEqual(fields["grpc-status"], "0", text)
        for text in ("0H", "0M", "1S", "0m", "5m", "5000u", "5000000n"):
            fields, _ = self.ask(headers(p_path="/test.Echo/Sleep", grpc_timeout=text))
            self.assertEqual(fields["grpc-status"], "4", text)
        for text in ("", "S", "1", "-1S", "123456789S", "1s", "1 S"):
            fields, _ = self.ask(headers(grpc_timeout=text))
            self.assertEqual(fields["grpc-status"], "13", text)

    def test_header_list_above_the_limit_is_431(self):
        fields, _ = self.ask(headers(x_large="a" * 20000))
        self.assertEqual((fields[":status"], fields["grpc-status"]), ("431", "8"))

    def test_error_is_trailers_only(self):
        with Raw(self.server.port) as raw:
            stream = raw.request(headers(x_status="5", x_message="no such"))
            event = raw.until(h2.events.ResponseReceived, stream)
            self.assertIsNotNone(event.stream_ended)
            self.assertEqual(dict(event.headers)["grpc-message"], "no such")

    def connect(self, **changes):
        """Connect's form of a call: fields, and the body as JSON."""
        fields, body = self.ask(headers(**{"te": None, "content_type": "application/proto",
                                           **changes}))
        return fields, json.loads(body) if body else None

    def test_connect__message_cut_inside_a_character_is_kept(self):
        for start in ("/x", "/xy"):
            fields, body = self.connect(p_path=start + "\u00e9" * 150)
            self.assertEqual(fields[":status"], "501")
            self.assertRegex(body["message"], f"^unknown method {start}\u00e9{{90,}}$")

    def test_connect__message_that_is_no_text_is_escaped(self):
        with Raw(self.server.port) as raw:
            fields = [(k.encode(), v.encode()) for k, v in headers(
                te=None, content_type="application/proto", p_path="/x/")]
            fields = [(k, v + b"\xff/y" if k == b":path" else v) for k, v in fields]
            _, body = raw.answer(raw.request(fields))
            self.assertEqual(json.loads(body)["message"], "unknown method /x/%FF/y")

    def test_connect__upload_behind_an_answer_ends_some_time(self):
        with Raw(self.server.port) as raw:
            stream = raw.request(
                headers(te=None, content_type="application/proto", p_path="/test.Echo/None"),
                body=None, end=False)
            raw.until(h2.events.ResponseReceived, stream)
            sent = 0
            while not any(isinstance(e, h2.events.StreamReset) for e in raw.events):
                room = min(raw.h2.local_flow_control_window(stream), 16384)
                if room > 0:
                    raw.h2.send_data(stream, bytes(room))
                    raw.flush()
                    sent += room
                else:
                    raw.receive()
                self.assertLess(sent, 8 << 20)
                raw.socket.setblocking(False)
                try:
                    raw.receive()
                except (BlockingIOError, ssl.SSLWantReadError):
                    pass
                raw.socket.setblocking(True)

    def test_connect__version_is_1_or_none(self):
        for version, status in (("1", "200"), (None, "200"), ("2", "400"), ("", "400")):
            fields, _ = self.ask(headers(te=None, content_type="application/proto",
                                         connect_protocol_version=version))
            self.assertEqual(fields[":status"], status, version)

    def test_verb__other_than_post_is_told_which_is_allowed(self):
        for verb, has_body in (("GET", True), ("HEAD", False), ("PUT", True)):
            fields, body = self.connect(p_method=verb)
            self.assertEqual((fields[":status"], fields["allow"]), ("405", "POST"))
            self.assertEqual(body is not None, has_body, verb)

    def test_long_message_is_cut(self):
        fields, _ = self.ask(headers(x_status="3", x_message="m" * 3000))
        self.assertLessEqual(len(fields["grpc-message"]), 1024)

    def test_body_that_ends_inside_a_message(self):
        for body in (b"\0", b"\0\0\0\0\5abcd", frame(b"whole") + b"\0\0"):
            fields, _ = self.ask(body=body)
            self.assertEqual(fields["grpc-status"], "13", body)

    def test_unknown_frame_flag(self):
        fields, _ = self.ask(body=b"\7\0\0\0\0")
        self.assertEqual(fields["grpc-status"], "13")

    def test_compressed_without_encoding(self):
        fields, _ = self.ask(body=b"\1\0\0\0\1x")
        self.assertEqual(fields["grpc-status"], "13")

    def test_unknown_encoding_names_the_known(self):
        fields, _ = self.ask(headers(grpc_encoding="snappy"))
        self.assertEqual(fields["grpc-status"], "12")
        self.assertIn("gzip", fields["grpc-accept-encoding"])

    def test_gzip_that_inflates_beyond_the_limit(self):
        import gzip

        bomb = gzip.compress(bytes(64 << 20), 9)
        body = b"\1" + len(bomb).to_bytes(4, "big") + bomb
        with Raw(self.server.port) as raw:
            stream = raw.request(headers(grpc_encoding="gzip"), body[:16000], end=False)
            raw.h2.send_data(stream, body[16000:32000])
            raw.h2.send_data(stream, body[32000:48000])
            raw.h2.send_data(stream, body[48000:64000])
            raw.flush()
            # 64 KiB are 64 MiB inflated: the rest follows, a client's way, after the window allows
            fields, _ = raw.answer(self.send_rest(raw, stream, body[64000:]))
        self.assertEqual(fields["grpc-status"], "8")

    def send_rest(self, raw, stream, rest):
        while rest:
            size = min(raw.h2.local_flow_control_window(stream), 16000, len(rest))
            if size == 0:
                raw.receive()
                continue
            raw.h2.send_data(stream, rest[:size], end_stream=size == len(rest))
            rest = rest[size:]
            raw.flush()
        return stream

    def test_too_large_is_known_from_the_prefix(self):
        with Raw(self.server.port) as raw:
            stream = raw.request(body=b"\0\xff\xff\xff\xff", end=False)
            fields, _ = raw.answer(stream)
            self.assertEqual(fields["grpc-status"], "8")
            self.assertEqual(raw.until(h2.events.StreamReset, stream).error_code, 0)
            self.assertEqual(raw.answer(raw.request(body=frame(b"on")))[1], frame(b"on"))

    def test_one_byte_a_frame(self):
        with Raw(self.server.port) as raw:
            stream = raw.request(body=None, end=False)
            body = frame(b"split")
            for i in range(len(body)):
                raw.h2.send_data(stream, body[i : i + 1], end_stream=i == len(body) - 1)
                raw.flush()
            self.assertEqual(raw.answer(stream)[1], body)

    def test_trailers_of_a_request_are_ignored(self):
        with Raw(self.server.port) as raw:
            stream = raw.request(body=frame(b"x"), end=False)
            raw.h2.send_headers(stream, [("x-after", "1")], end_stream=True)
            raw.flush()
            self.assertEqual(raw.answer(stream)[1], frame(b"x"))

    def test_paused_call_holds_the_client_back(self):
        """A reader that takes one message a millisecond, fed as fast as the window allows."""
        with Raw(self.server.port) as raw:
            stream = raw.request(headers(p_path="/test.Echo/Chat", x_pause="1"), None, end=False)
            raw.until(h2.events.RemoteSettingsChanged)
            message, sent = frame(b"p" * 8000), 0
            while raw.h2.local_flow_control_window(stream) >= len(message):
                raw.h2.send_data(stream, message)
                raw.flush()
                sent += 1
            self.assertLess(sent * len(message), (1 << 20) + 65536)
            raw.h2.end_stream(stream)
            raw.flush()
            fields, data = raw.answer(stream)
            self.assertEqual((fields["grpc-status"], len(data)), ("0", sent * len(message)))


class Garbage(ServerTest):
    TLS = True

    def closes(self, data, connect=socket.create_connection):
        with connect(("127.0.0.1", self.server.port), timeout=10) as client:
            client.sendall(data)
            try:
                while client.recv(65536):
                    pass
            except (ConnectionResetError, ssl.SSLError):
                pass

    def test_what_is_no_tls_is_closed(self):
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", PREFACE, bytes(range(256)) * 10):
            self.closes(data)

    def handshake(self, protocols, maximum=None):
        context = ssl.create_default_context(cafile=self.tls[0])
        if protocols:
            context.set_alpn_protocols(protocols)
        if maximum:
            context.maximum_version = maximum
            context.minimum_version = maximum
        client = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        return context.wrap_socket(client, server_hostname="localhost")

    def test_alpn__without_h2_means_http1(self):
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.handshake(["spdy/3"]).recv(1)
        for protocols in (["http/1.1"], None):
            with self.handshake(protocols) as client:
                client.sendall(PREFACE + raw_frame(4, 0, 0))
                self.assertIn(b"HTTP/1.1 505", client.recv(100))
            with self.handshake(protocols) as client:
                client.sendall(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertIn(b"HTTP/1.1 200 OK", client.recv(100))

    def test_tls_versions(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.handshake(["h2"], version) as client:
                self.assertEqual(client.selected_alpn_protocol(), "h2")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with self.assertRaises((ssl.SSLError, ConnectionResetError, ValueError)):
                self.handshake(["h2"], ssl.TLSVersion.TLSv1_1)

    def tearDown(self):
        with Raw(self.server.port, tls=self.tls) as raw:
            self.assertEqual(raw.answer(raw.request(body=frame(b"on")))[1], frame(b"on"))


class Limits(ServerTest):
    LIMITS = {
        "handshake_ms": 400,
        "idle_ms": 1500,
        "write_ms": 500,
        "unary_ms": 700,
        "keepalive_ms": 300,
        "keepalive_timeout_ms": 300,
        "stream_ms": 0,
        "connections_max": 30,
        "streams_max": 20,
        "control_burst": 500,
        "control_per_second": 50,
        "reset_burst": 300,
        "reset_per_second": 50,
        "connection_bytes_max": 1 << 20,
    }

    def tearDown(self):
        with Raw(self.server.port) as raw:
            self.assertEqual(raw.answer(raw.request(body=frame(b"on")))[1], frame(b"on"))

    def test_garbage_is_closed_at_once(self):
        for data in (b"GET / HTTP/1.1\r\n\r\n", bytes(100), PREFACE + b"\xff" * 100):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as client:
                client.sendall(data)
                start = time.monotonic()
                try:
                    while client.recv(65536):
                        pass
                except ConnectionResetError:
                    pass
                self.assertLess(time.monotonic() - start, 0.35)

    def test_silence_before_the_preface(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=3) as client:
            client.sendall(PREFACE[:10])
            while client.recv(65536):
                pass

    def test_header_list_that_never_ends(self):
        with Raw(self.server.port) as raw:
            raw.until(h2.events.RemoteSettingsChanged)
            raw.socket.sendall(raw_frame(1, 0, 1, b"\x82"))
            self.assertTrue(raw.until_closed(3))

    def test_idle_connection_gets_goaway(self):
        with Raw(self.server.port) as raw:
            raw.answer(raw.request())
            event = raw.until(h2.events.ConnectionTerminated)
            self.assertEqual(event.error_code, 0)

    def test_cap_of_deadlines(self):
        with Raw(self.server.port) as raw:
            start = time.monotonic()
            for timeout in (None, "1H"):
                path = "/test.Echo/Sleep"
                stream = raw.request(headers(p_path=path, grpc_timeout=timeout))
                self.assertEqual(raw.answer(stream)[0]["grpc-status"], "4")
            self.assertLess(time.monotonic() - start, 4)

    def test_peer_that_does_not_answer_pings(self):
        with Raw(self.server.port) as raw:
            raw.request(headers(p_path="/test.Echo/Watch"))
            raw.until(h2.events.DataReceived)
            raw.socket.settimeout(5)
            while raw.socket.recv(65536):  # reads, answers nothing
                pass

    def test_peer_that_answers_pings_is_kept(self):
        with Raw(self.server.port) as raw:
            raw.request(headers(p_path="/test.Echo/Watch"))
            self.assertFalse(raw.until_closed(2))

    def test_reader_that_takes_nothing_is_closed(self):
        with Raw(self.server.port) as raw:
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1})
            raw.h2.increment_flow_control_window(2**30)
            raw.request(headers(p_path="/test.Echo/Expand"), frame(b"1000 100000"))
            before = stats(self.server.port)["timed_out"]
            self.assertTrue(eventually(lambda: stats(self.server.port)["timed_out"] > before))

    def test_stream_without_window_ends_at_its_deadline(self):
        with Raw(self.server.port) as raw:
            raw.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
            raw.flush()
            fields = headers(p_path="/test.Echo/Expand", grpc_timeout="300m")
            stream = raw.request(fields, frame(b"1000 1000"))
            self.assertEqual(raw.answer(stream)[0]["grpc-status"], "4")

    def test_finished_answer_that_is_not_taken_is_dropped(self):
        with Raw(self.server.port) as raw:
            raw.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
            raw.flush()
            timed = headers(p_path="/test.Echo/Expand", grpc_timeout="300m")
            for fields in (timed, headers(p_path="/test.Echo/Expand")):  # deadline; idle time
                stream = raw.request(fields, frame(b"10 1000"))
                self.assertEqual(raw.until(h2.events.StreamReset, stream).error_code, 8)

    def test_streams_above_the_limit_are_refused(self):
        with Raw(self.server.port) as raw:
            ids = [raw.request(headers(p_path="/test.Echo/Watch")) for _ in range(25)]
            refused = [raw.until(h2.events.StreamReset).error_code for _ in range(5)]
            self.assertEqual(refused, [7] * 5)
            raw.until(h2.events.DataReceived, ids[0])

    def test_connections_above_the_limit_are_closed(self):
        held = [Raw(self.server.port) for _ in range(25)]
        extra = []
        try:
            for _ in range(15):
                try:
                    extra.append(Raw(self.server.port))
                except OSError:
                    pass
            closed = sum(1 for raw in extra if raw.until_closed(0.1))
            self.assertGreaterEqual(closed, 5)
        finally:
            for raw in held + extra:
                raw.socket.close()
        self.assertTrue(eventually(self.is_healthy))

    def is_healthy(self):
        try:
            return stats(self.server.port)["connections"] <= 2
        except (EOFError, OSError):
            return False

    def test_bytes_of_one_connection_are_limited(self):
        with Raw(self.server.port) as raw:
            raw.until(h2.events.RemoteSettingsChanged)
            statuses = []
            part = b"\0" + (3 << 20).to_bytes(4, "big") + bytes(15000)
            ids = [raw.request(body=part, end=False) for _ in range(10)]
            for _ in range(20):
                for stream in ids:
                    try:
                        if raw.h2.local_flow_control_window(stream) >= 15000:
                            raw.h2.send_data(stream, bytes(15000))
                            raw.flush()
                    except h2.exceptions.ProtocolError:
                        pass  # ended by the server
                raw.socket.settimeout(0.01)
                try:
                    raw.receive()
                except socket.timeout:
                    pass
            raw.socket.settimeout(5)
            for event in raw.events:
                if isinstance(event, h2.events.ResponseReceived):
                    statuses.append(dict(event.headers)["grpc-status"])
            self.assertIn("8", statuses)

    def flood(self, make):
        """Send what make() gives until the server closes; it must do so within a second or two."""
        with Raw(self.server.port) as raw:
            raw.until(h2.events.RemoteSettingsChanged)
            raw.socket.settimeout(5)
            start = time.monotonic()
            try:
                while time.monotonic() - start < 5:
                    raw.socket.sendall(make(raw))
                    self.drain_socket(raw)
            except OSError:
                return
            self.fail("the flood was not ended")

    @staticmethod
    def drain_socket(raw):
        raw.socket.setblocking(False)
        try:
            while True:
                if not raw.socket.recv(65536):
                    raise ConnectionResetError
        except BlockingIOError:
            pass
        finally:
            raw.socket.settimeout(5)

    def test_ping_flood(self):
        self.flood(lambda raw: raw_frame(6, 0, 0, bytes(8)) * 50)

    def test_settings_flood(self):
        self.flood(lambda raw: raw_frame(4, 0, 0) * 50)

    def test_window_update_flood(self):
        self.flood(lambda raw: raw_frame(8, 0, 0, b"\0\0\0\1") * 50)

    def test_empty_data_flood(self):
        ids = {}

        def make(raw):
            if not ids:
                ids["id"] = raw.request(headers(p_path="/test.Echo/Collect"), None, end=False)
            return raw_frame(0, 0, ids["id"]) * 50

        self.flood(make)

    def test_reset_flood(self):
        def make(raw):
            out = b""
            for _ in range(20):
                stream = raw.h2.get_next_available_stream_id()
                raw.h2.send_headers(stream, headers(p_path="/test.Echo/Sleep"), end_stream=True)
                raw.h2.reset_stream(stream, 8)
                out += raw.h2.data_to_send()
            return out

        self.flood(make)

    def test_made_to_reset_flood(self):
        """Faults of the client that make the server reset each of its streams."""

        def make(raw):
            out = b""
            for _ in range(20):
                stream = raw.h2.get_next_available_stream_id()
                raw.h2.send_headers(stream, headers(p_path="/test.Echo/Sleep"), end_stream=False)
                out += raw.h2.data_to_send() + raw_frame(8, 0, stream, b"\x7f\xff\xff\xff")
                raw.h2.reset_stream(stream, 8)
                raw.h2.data_to_send()
            return out

        self.flood(make)

    def test_continuation_flood(self):
        first = []

        def make(raw):
            if not first:
                first.append(1)
                return raw_frame(1, 0, 1, b"\x82")
            return raw_frame(9, 0, 1) * 50

        self.flood(make)

    def test_header_bomb(self):
        """One large entry in the HPACK table, named again and again by a byte each."""
        large = b"\x40\x01a\x7f\xe1\x1e" + b"b" * 4000
        with Raw(self.server.port) as raw:
            raw.until(h2.events.RemoteSettingsChanged)
            block = b"\x83\x86\x44\x01/" + large + b"\xbe" * 8000
            raw.socket.sendall(raw_frame(1, 5, 1, block))
            self.assertTrue(raw.until_closed(3))

    def test_honest_cancels_are_no_flood(self):
        with Raw(self.server.port) as raw:
            for _ in range(200):
                stream = raw.request(headers(p_path="/test.Echo/Sleep"))
                raw.h2.reset_stream(stream, 8)
                raw.flush()
            self.assertEqual(raw.answer(raw.request(body=frame(b"on")))[1], frame(b"on"))


class Descriptors(unittest.TestCase):
    def test_running_out_pauses_accept_without_spinning(self):
        import resource

        server = Server()
        self.addCleanup(server.wait)
        pid = server.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (24, 24))
        held = [
            socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(40)
        ]

        def ticks():
            with open(f"/proc/{pid}/stat") as file:
                return sum(int(n) for n in file.read().rsplit(")", 1)[1].split()[11:13])

        before = ticks()
        time.sleep(1)
        self.assertLess(ticks() - before, 30)
        for client in held:
            client.close()
        self.assertTrue(eventually(lambda: self.is_up(server.port)))
        self.assertGreater(stats(server.port)["pauses"], 0)
        self.assertEqual(server.stop(), 0)

    @staticmethod
    def is_up(port):
        try:
            return stats(port)["connections"] >= 1
        except (EOFError, OSError):
            return False


class Addresses(unittest.TestCase):
    def test_unix_socket(self):
        import os
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            with socket.socket(socket.AF_UNIX) as stale:
                stale.bind(path)  # left behind by somebody who is gone
            server = Server(f"listen={path}")
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(PREFACE + raw_frame(4, 0, 0))
                self.assertEqual(client.recv(9)[3], 4)
            self.assertEqual(server.stop(), 0)
            self.assertFalse(os.path.exists(path))

    def test_cleartext_only_on_loopback(self):
        for address in ("0.0.0.0:0", "[::]:0", "1.2.3.4:0"):
            with self.assertRaises(RuntimeError):
                Server(f"listen={address}")


if __name__ == "__main__":
    unittest.main()
