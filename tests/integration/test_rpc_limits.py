"""Every limit of the server, passed by a badly behaved client: what it is told, and that the
limit's own counter says so. daemon/rpc/LIMITS.md is the table; it is held against the options."""

import os
import re
import socket
import subprocess
import time
import unittest

import h2.config
import h2.events
import h2.settings

from rpc_support import ROOT, SERVER, Raw, Server, ServerTest, eventually, frame, headers, stats

ENHANCE_YOUR_CALM = 11
LIMITS_MD = os.path.join(ROOT, "daemon", "rpc", "LIMITS.md")
CANVASSD = os.environ.get(
    "CANVASSD", os.path.join(os.path.dirname(SERVER), "..", "daemon", "canvassd")
)


def raw_frame(kind, flags, stream, payload=b""):
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


class Limits(unittest.TestCase):
    def serve(self, **limits):
        self.server = Server(**limits)
        self.addCleanup(self.check_end)

    def check_end(self):
        self.assertEqual(self.server.stop(), 0)

    def hits(self, name):
        return stats(self.server.port)["limit_" + name]

    def raw(self):
        raw = Raw(self.server.port)
        self.addCleanup(raw.socket.close)
        return raw

    def assert_counted(self, name, at_least=1):
        self.assertTrue(eventually(lambda: self.hits(name) >= at_least), name)

    def assert_status(self, raw, stream, status):
        fields, _ = raw.answer(stream)
        self.assertEqual(fields["grpc-status"], status, fields)
        return fields

    def assert_calmed(self, raw, make):
        """Send what make() gives until a GOAWAY with ENHANCE_YOUR_CALM comes."""
        raw.until(h2.events.RemoteSettingsChanged)
        # A pause after each piece: what is unread when a connection is closed makes the kernel
        # reset it, and the GOAWAY would be lost with it.
        raw.socket.settimeout(0.03)
        end = time.monotonic() + 5
        received = b""
        while time.monotonic() < end and not self.calm_in(received):
            try:
                raw.socket.sendall(make())
                received += raw.socket.recv(65536)
            except socket.timeout:
                pass
            except OSError:
                break
        self.assertTrue(self.calm_in(received), "no GOAWAY with ENHANCE_YOUR_CALM")

    @staticmethod
    def calm_in(data):
        at = 0
        while at + 9 <= len(data):
            size, kind = int.from_bytes(data[at : at + 3], "big"), data[at + 3]
            if kind == 7:
                return data[at + 13 : at + 17] == ENHANCE_YOUR_CALM.to_bytes(4, "big")
            at += 9 + size
        return False

    def test_connections(self):
        self.serve(connections_max=3)
        held = [self.raw() for _ in range(3)]
        for raw in held:
            raw.answer(raw.request())
        with Raw(self.server.port) as extra:
            self.assertTrue(extra.until_closed(3))
        held[0].socket.close()
        time.sleep(0.1)
        self.assert_counted("connections")

    def test_streams(self):
        self.serve(streams_max=5)
        raw = self.raw()
        for _ in range(6):
            raw.request(headers(p_path="/test.Echo/Watch"))
        self.assertEqual(raw.until(h2.events.StreamReset).error_code, 7)
        self.assert_counted("streams")

    def test_message(self):
        self.serve(message_bytes_max=1000)
        raw = self.raw()
        self.assert_status(raw, raw.request(body=frame(bytes(1001))), "8")
        self.assert_status(raw, raw.request(body=frame(bytes(1000))), "0")
        self.assert_counted("message")

    def test_connection_memory(self):
        self.serve(connection_bytes_max=100000)
        raw = self.raw()
        raw.until(h2.events.RemoteSettingsChanged)
        part = b"\0" + (3 << 20).to_bytes(4, "big") + bytes(15000)
        ids = [raw.request(body=part, end=False) for _ in range(4)]
        ended = []
        for _ in range(100):
            for stream in [i for i in ids if i not in ended]:
                raw.h2.send_data(stream, bytes(10000))
            raw.flush()
            raw.socket.settimeout(0.02)
            try:
                raw.receive()
            except socket.timeout:
                pass
            raw.socket.settimeout(5)
            ended += [
                e.stream_id for e in raw.events if isinstance(e, h2.events.ResponseReceived)
            ]
            if ended:
                break
        self.assert_status(raw, ended[0], "8")
        self.assert_counted("connection_memory")

    def test_call_memory(self):
        self.serve(call_bytes_max=1 << 20, message_bytes_max=4 << 20, window_bytes=4 << 20)
        raw = self.raw()
        raw.until(h2.events.RemoteSettingsChanged)
        stream = raw.request(body=None, end=False)
        left = frame(bytes(3 << 20))
        while left:
            size = min(len(left), 16384, raw.h2.local_flow_control_window(stream))
            if size == 0:
                raw.receive()
                continue
            raw.h2.send_data(stream, left[:size], end_stream=size == len(left))
            raw.flush()
            left = left[size:]
        self.assert_status(raw, stream, "8")
        self.assert_counted("call_memory")

    def test_header_bytes(self):
        self.serve(header_bytes_max=4096)
        raw = self.raw()
        fields = self.assert_status(raw, raw.request(headers(x_long="y" * 5000)), "8")
        self.assertEqual(fields[":status"], "431")
        self.assert_counted("header_bytes")

    def test_header_count(self):
        self.serve(header_count_max=40)
        raw = self.raw()
        many = {f"x_{i}": "y" for i in range(34)}
        self.assert_status(raw, raw.request(headers(**many)), "0")
        fields = self.assert_status(raw, raw.request(headers(**many, x_more="y")), "8")
        self.assertEqual(fields[":status"], "431")
        self.assertEqual(self.hits("header_count"), 1)

    def test_first_byte(self):
        self.serve(handshake_ms=200)
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=3) as client:
            client.sendall(b"PRI * HT")
            while client.recv(65536):
                pass
        with Raw(self.server.port) as raw:
            raw.until(h2.events.RemoteSettingsChanged)
            raw.socket.sendall(raw_frame(1, 0, 1, b"\x82"))  # a header list that does not end
            self.assertTrue(raw.until_closed(3))
        self.assert_counted("first_byte", 2)

    def test_idle(self):
        self.serve(idle_ms=200)
        raw = self.raw()
        raw.answer(raw.request())
        self.assertEqual(raw.until(h2.events.ConnectionTerminated).error_code, 0)
        self.assert_counted("idle")

    def test_deadline(self):
        self.serve(unary_ms=200)
        raw = self.raw()
        sleep = headers(p_path="/test.Echo/Sleep", grpc_timeout="50m")
        self.assert_status(raw, raw.request(sleep), "4")
        self.assertEqual(self.hits("deadline"), 0)  # that was the client's own
        sleep = headers(p_path="/test.Echo/Sleep", grpc_timeout="1H")
        self.assert_status(raw, raw.request(sleep), "4")
        self.assertEqual(self.hits("deadline"), 1)

    def test_slow_reader_of_a_connection(self):
        self.serve(write_ms=200)
        raw = self.raw()
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1})
        raw.h2.increment_flow_control_window(2**30)
        raw.request(headers(p_path="/test.Echo/Expand"), frame(b"1000 100000"))
        self.assert_counted("slow_reader")

    def test_slow_reader_of_a_stream(self):
        self.serve(idle_ms=200)
        raw = self.raw()
        raw.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
        raw.flush()
        stream = raw.request(headers(p_path="/test.Echo/Expand"), frame(b"10 1000"))
        self.assertEqual(raw.until(h2.events.StreamReset, stream).error_code, 8)
        self.assert_counted("slow_reader")

    def test_keepalive(self):
        self.serve(keepalive_ms=100, keepalive_timeout_ms=200, stream_ms=0)
        raw = self.raw()
        raw.request(headers(p_path="/test.Echo/Watch"))
        raw.until(h2.events.DataReceived)
        while raw.socket.recv(65536):  # reads, answers nothing
            pass
        self.assert_counted("keepalive")

    def test_resets(self):
        self.serve(reset_burst=200, reset_per_second=10)
        raw = self.raw()

        def make():
            for _ in range(20):
                stream = raw.h2.get_next_available_stream_id()
                raw.h2.send_headers(stream, headers(p_path="/test.Echo/Sleep"), end_stream=True)
                raw.h2.reset_stream(stream, 8)
            return raw.h2.data_to_send()

        self.assert_calmed(raw, make)
        self.assert_counted("resets")

    def test_resets_that_the_server_is_made_to_send(self):
        overflow = b"\x7f\xff\xff\xff"  # an error of the stream alone
        self.serve(reset_burst=200, reset_per_second=10)
        raw = self.raw()

        def make():
            out = b""
            for _ in range(20):
                stream = raw.h2.get_next_available_stream_id()
                raw.h2.send_headers(stream, headers(p_path="/test.Echo/Sleep"))
                out += raw.h2.data_to_send() + raw_frame(8, 0, stream, overflow)
                raw.h2.reset_stream(stream, 8)
                raw.h2.data_to_send()
            return out

        self.assert_calmed(raw, make)
        self.assert_counted("resets")

    def test_continuations(self):
        self.serve(continuations_max=4)
        block = b"\x83\x86\x44\x01/"
        begun = []

        def make():
            if begun:
                return raw_frame(9, 0, 1)
            begun.append(1)
            return raw_frame(1, 0, 1, block)

        self.assert_calmed(self.raw(), make)
        self.assert_counted("continuations")

    def flood(self, make, counter):
        self.serve(control_burst=300, control_per_second=10)
        self.assert_calmed(self.raw(), make)
        self.assert_counted(counter)

    def test_settings_frames(self):
        self.flood(lambda: raw_frame(4, 0, 0) * 50, "settings")

    def test_settings_entries(self):
        self.serve(settings_max=10)
        self.assert_calmed(self.raw(), lambda: raw_frame(4, 0, 0, b"\0\x0a\0\0\0\1" * 11))
        self.assert_counted("settings")

    def test_pings(self):
        self.flood(lambda: raw_frame(6, 0, 0, bytes(8)) * 50, "pings")

    def test_empty_frames(self):
        self.flood(lambda: raw_frame(8, 0, 0, b"\0\0\0\1") * 50, "empty_frames")


class Table(unittest.TestCase):
    """LIMITS.md names each option with the default that it has, and each counter."""

    def rows(self):
        with open(LIMITS_MD) as file:
            lines = [line for line in file if line.startswith("| `")]
        return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]

    def test_the_options_and_their_defaults(self):
        if not os.path.exists(CANVASSD):
            self.skipTest("canvassd is not built")
        text = subprocess.run(
            [CANVASSD, "--print-config"], check=True, capture_output=True, text=True
        ).stdout
        real = dict(re.findall(r"^(?:# ?)?(\w+) = ?(.*)$", text, re.M))
        named = [(row[0].strip("`"), row[1]) for row in self.rows()]
        self.assertTrue(named)
        for option, default in named:
            self.assertEqual(real.get(option), default, option)
        limits = {n for n in real if re.match(r"max_|timeout_|deadline_|database_queue", n)}
        self.assertEqual(limits - {option for option, _ in named}, set())

    def test_the_counters(self):
        server = Server()
        self.addCleanup(server.stop)
        counted = {n[6:] for n in stats(server.port) if n.startswith("limit_")}
        in_table = set(re.findall(r"`(\w+)`", " ".join(row[3] for row in self.rows())))
        self.assertEqual(counted - in_table, set())


class Kernel(ServerTest):
    """What the kernel keeps for a reader who takes nothing stays small: it is memory too."""

    def queued(self, client_port):
        """Bytes that wait in the server's socket, from /proc/net/tcp."""
        with open("/proc/net/tcp", encoding="ascii") as f:
            for line in f.readlines()[1:]:
                fields = line.split()
                ports = [int(x.split(":")[1], 16) for x in fields[1:3]]
                if ports == [self.server.port, client_port]:
                    return int(fields[4].split(":")[0], 16)
        raise AssertionError("no such connection")

    def test_slow_reader__leaves_little_in_the_kernel(self):
        with Raw(self.server.port) as raw:
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1})
            raw.h2.increment_flow_control_window(2**30)
            raw.flush()
            raw.request(headers(p_path="/test.Echo/Expand"), body=frame(b"100 100000"))
            port = raw.socket.getsockname()[1]
            eventually(lambda: self.queued(port) > 50000)
            time.sleep(0.5)
            self.assertLess(self.queued(port), 400000)


if __name__ == "__main__":
    unittest.main()
