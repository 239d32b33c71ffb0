"""A running echo_server (tests/support/echo_server.c), and ways to talk to it."""

import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import h2.config
import h2.connection
import h2.events

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVER = os.environ.get("ECHO_SERVER", os.path.join(ROOT, "build/asan/tests/echo_server"))
HEADERS = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/test.Echo/Unary"),
    (":authority", "localhost"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
]


def headers(**changes):
    """HEADERS with some replaced (None: left out); '_' in a name stands for '-', 'p_' for ':'."""
    names = {
        (":" + k[2:] if k.startswith("p_") else k.replace("_", "-")): v for k, v in changes.items()
    }
    kept = [(k, names.pop(k, v)) for k, v in HEADERS]
    return [(k, v) for k, v in kept + list(names.items()) if v is not None]


def frame(data):
    return b"\0" + len(data).to_bytes(4, "big") + data


def make_certificate(folder):
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"]
        + ["subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return cert, key


class Server:
    """An echo_server of its own; stop() demands that it drains and exits with 0."""

    def __init__(self, *arguments, tls=None, **limits):
        words = [SERVER, *arguments] + [f"{k}={v}" for k, v in limits.items()]
        if tls:
            words += [f"cert={tls[0]}", f"key={tls[1]}"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().split()
        if not line:
            self.wait()
            raise RuntimeError("echo_server did not start")
        self.port = int(line[1])

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=60):
        try:
            return self.process.wait(timeout)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def stop(self):
        self.terminate()
        return self.wait()


class ServerTest(unittest.TestCase):
    """One server a class. LIMITS are its options."""

    LIMITS = {}
    TLS = False

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.tls = make_certificate(cls.folder.name) if cls.TLS else None
        cls.server = Server(tls=cls.tls, **cls.LIMITS)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.folder.cleanup()
        assert status == 0, f"echo_server ended with {status}"


class Raw:
    """A client of raw HTTP/2 frames."""

    def __init__(self, port, start=True, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        if tls:
            context = ssl.create_default_context(cafile=tls[0])
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        config = h2.config.H2Configuration(
            client_side=True,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            header_encoding="utf-8",
        )
        self.h2 = h2.connection.H2Connection(config)
        self.events = []
        if start:
            self.h2.initiate_connection()
            self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def receive(self):
        """The next events, [None] if there was none; [] when the server closed the connection."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return []
        if not data:
            return []
        events = self.h2.receive_data(data)
        self.flush()
        self.events += events
        return events or [None]

    def until(self, kind, stream=None):
        while True:
            for event in self.events:
                if isinstance(event, kind) and stream in (None, getattr(event, "stream_id", None)):
                    self.events.remove(event)
                    return event
            if not self.receive():
                raise EOFError(f"closed before {kind.__name__}")

    def until_closed(self, seconds=10):
        """Read until the server closes; True if it did in time."""
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                self.socket.settimeout(max(end - time.monotonic(), 0.001))
                if not self.receive():
                    return True
            return False
        except (BrokenPipeError, ConnectionResetError):
            return True
        except socket.timeout:
            return False

    def request(self, fields=None, body=frame(b""), end=True):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, fields or HEADERS, end_stream=body is None and end)
        if body is not None:
            self.h2.send_data(stream, body, end_stream=end)
        self.flush()
        return stream

    def answer(self, stream):
        """Headers and trailers of a stream as one dict, and its data."""
        fields, data = {}, b""
        while True:
            for event in [e for e in self.events if getattr(e, "stream_id", None) == stream]:
                self.events.remove(event)
                if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                    fields.update(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    data += event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, stream)
                    self.flush()
                elif isinstance(event, h2.events.StreamEnded):
                    return fields, data
                elif isinstance(event, h2.events.StreamReset) and "grpc-status" in fields:
                    return fields, data
            if not self.receive():
                raise EOFError("closed before the answer")


def stats(port, tls=None):
    with Raw(port, tls=tls) as raw:
        _, data = raw.answer(raw.request(headers(p_path="/test.Echo/Stats")))
    return {k: int(v) for k, v in (line.split() for line in data[5:].decode().splitlines())}


def eventually(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
