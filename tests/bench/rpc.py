"""The RPC layer's figures: speed beside gRPC C++, TLS, idle connections, and calm in a flood.

Usage: rpc.py [SECONDS]. Needs the release build with tests (CANVASS_TESTS=ON), the packages of the
group "bench", and two cores: servers run on core 0, loads on core 1. Everything is on loopback and
ends by itself. The hard limit of open files must be above 11,000 (ulimit -Hn).
"""

import contextlib
import os
import re
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, "build", "release")
HERE = os.path.join(ROOT, "tests", "bench", "grpc_echo")
SECONDS = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 5
IDLE = 10000
SLOW_READERS = 1000
BODY = b"\x0a\x7d" + b"x" * 125  # a Payload of 127 bytes
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_LIMITS = ("connections_max=15000", "handshake_ms=600000", "idle_ms=600000")

sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
from rpc_support import make_certificate  # noqa: E402


def h2_frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name, value):
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def request_headers(path):
    """HPACK without the dynamic table: every request is the same bytes."""
    return (b"\x83\x86" + b"\x04" + bytes([len(path)]) + path + b"\x01\x09localhost"
            + literal(b"te", b"trailers") + literal(b"content-type", b"application/grpc"))


UNARY = request_headers(b"/test.Echo/Unary")
MESSAGE = b"\0" + len(BODY).to_bytes(4, "big") + BODY


class Server:
    """A server on core 0, its port, and what it costs."""

    def __init__(self, *command):
        self.process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.PIPE,
                                        text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/schedstat") as file:
            main = int(file.read().split()[0]) / 1e9
        threads = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with contextlib.suppress(OSError):
                with open(f"/proc/{self.process.pid}/task/{task}/schedstat") as file:
                    threads += int(file.read().split()[0]) / 1e9
        return max(main, threads)

    def pss_kib(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])


def ours(*options):
    return Server(os.path.join(BUILD, "tests", "echo_server"), "control_burst=0", "reset_burst=0",
                  *options)


def build_rival(folder):
    """gRPC C++'s callback server, from Debian's packages."""
    plugin = shutil.which("grpc_cpp_plugin")
    if not plugin or not shutil.which("g++"):
        return None
    subprocess.run(["protoc", f"-I{HERE}", f"--cpp_out={folder}", f"--grpc_out={folder}",
                    f"--plugin=protoc-gen-grpc={plugin}", f"{HERE}/echo.proto"], check=True)
    libraries = subprocess.run(["pkg-config", "--cflags", "--libs", "grpc++", "protobuf"],
                               check=True, capture_output=True, text=True).stdout.split()
    program = os.path.join(folder, "grpc_echo")
    subprocess.run(["g++", "-O2", "-std=c++17", f"-I{folder}", f"{HERE}/server.cc",
                    f"{folder}/echo.pb.cc", f"{folder}/echo.grpc.pb.cc", "-o", program, *libraries],
                   check=True)
    return program


def load(server, folder, scheme="http"):
    """Requests a second and CPU microseconds a request, 10 connections with 10 calls each."""
    body = os.path.join(folder, "body")
    with open(body, "wb") as file:
        file.write(MESSAGE)
    cpu = server.cpu_seconds()
    done = subprocess.run(
        ["taskset", "-c", "1", "h2load", "-c10", "-m10", f"-D{SECONDS}", "-d", body,
         "-H", "te: trailers", "-H", "content-type: application/grpc",
         f"{scheme}://127.0.0.1:{server.port}/test.Echo/Unary"],
        check=True, capture_output=True, text=True).stdout
    cpu = server.cpu_seconds() - cpu
    rate = float(re.search(r"finished in [\d.]+s, ([\d.]+) req/s", done)[1])
    n = int(re.search(r"(\d+) succeeded", done)[1])
    failed = int(re.search(r"(\d+) failed", done)[1])
    assert n > 0 and failed < 200, done  # those cut off by the end count as failed
    return rate, cpu / n * 1e6


class Caller:
    """A well-behaved client of raw frames with one call in flight."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(PREFACE + h2_frame(4, 0, 0) + h2_frame(4, 1, 0))
        self.stream, self.buffer, self.taken = -1, b"", 0

    def call(self):
        """Seconds from request to the end of its stream."""
        self.stream += 2
        began = time.perf_counter()
        self.socket.sendall(h2_frame(1, 4, self.stream, UNARY) + h2_frame(0, 1, self.stream, MESSAGE))
        while not self.ended():
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the server closed a well-behaved connection")
            self.buffer += data
        return time.perf_counter() - began

    def ended(self):
        end = False
        while len(self.buffer) >= 9:
            size = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + size:
                break
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big")
            end = end or (stream == self.stream and kind in (0, 1) and flags & 1)
            if kind == 6 and not flags & 1:
                self.socket.sendall(h2_frame(6, 1, 0, self.buffer[9:17]))
            if kind == 0:
                self.taken += size
            self.buffer = self.buffer[9 + size:]
        if self.taken > 16384:
            self.socket.sendall(h2_frame(8, 0, 0, self.taken.to_bytes(4, "big")))
            self.taken = 0
        return end


def latency(port, seconds):
    """p50 and p99 in microseconds, one call in flight."""
    caller, taken = Caller(port), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        taken.append(caller.call())
    caller.socket.close()
    taken.sort()
    return taken[len(taken) // 2] * 1e6, taken[len(taken) * 99 // 100] * 1e6


def idle_kib(tls=None):
    """KiB of the server's memory for each of many connections that did one call and rest."""
    words = [f"cert={tls[0]}", f"key={tls[1]}"] if tls else []
    context = None
    if tls:
        context = ssl.create_default_context(cafile=tls[0])
        context.set_alpn_protocols(["h2"])
    with ours(*NO_LIMITS, *words) as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, NOFILE)
        before, held = server.pss_kib(), []
        for i in range(IDLE):
            s = socket.socket()
            s.bind((f"127.0.0.{2 + i // 5000}", 0))
            s.connect(("127.0.0.1", server.port))
            if context:
                s = context.wrap_socket(s, server_hostname="localhost")
            s.sendall(PREFACE + h2_frame(4, 0, 0) + h2_frame(4, 1, 0) + h2_frame(1, 4, 1, UNARY)
                      + h2_frame(0, 1, 1, MESSAGE))
            got = b""
            while b"grpc-status" not in got and len(got) < 150:
                got += s.recv(65536)
            held.append(s)
        time.sleep(1)
        each = (server.pss_kib() - before) / IDLE
        for s in held:
            s.close()
    return each


# ---- floods ----


def resets(port, stop):
    while not stop.is_set():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(PREFACE + h2_frame(4, 0, 0))
            stream = 1
            while not stop.is_set():
                out = b""
                for _ in range(100):
                    out += h2_frame(1, 5, stream, UNARY) + h2_frame(3, 0, stream, b"\0\0\0\x08")
                    stream += 2
                s.sendall(out)


def continuations(port, stop):
    while not stop.is_set():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(PREFACE + h2_frame(4, 0, 0) + h2_frame(1, 0, 1, b"\x83\x86"))
            while not stop.is_set():
                s.sendall(h2_frame(9, 0, 1) * 50)


def slow_readers(port, stop):
    """Each asks for 10 MB, opens every window, and reads nothing."""
    held = []
    body = b"100 100000"
    message = b"\0" + len(body).to_bytes(4, "big") + body
    for _ in range(SLOW_READERS):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(("127.0.0.1", port))
        s.sendall(PREFACE + h2_frame(4, 0, 0, b"\0\x04\x7f\xff\xff\xff")
                  + h2_frame(8, 0, 0, b"\x7f\xff\0\0")
                  + h2_frame(1, 4, 1, request_headers(b"/test.Echo/Expand"))
                  + h2_frame(0, 1, 1, message))
        held.append(s)
    stop.wait()
    for s in held:
        s.close()


ATTACKS = {"resets": resets, "continuations": continuations, "slow": slow_readers}


def attack(port, names):
    """In a process of its own, so that the caller's clock does not wait for it."""
    stop = threading.Event()
    for name in names.split(","):
        threading.Thread(target=ATTACKS[name], args=(port, stop), daemon=True).start()
    print("on", flush=True)
    sys.stdin.read()
    stop.set()
    os._exit(0)


def flood_ratio(names):
    """p99 of a well-behaved caller in a flood, and calm, in microseconds."""
    words = [os.path.join(BUILD, "tests", "echo_server"), "connections_max=15000"]
    with Server(*words) as server:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, NOFILE)
        calm = latency(server.port, SECONDS)[1]
        flood = subprocess.Popen(["taskset", "-c", "1", sys.executable, __file__, "attack",
                                  str(server.port), names], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
        if flood.stdout.readline() != "on\n":
            raise RuntimeError("the flood did not begin")
        time.sleep(1)
        busy = latency(server.port, SECONDS)[1]
        flood.communicate()
    return busy, calm


def row(what, value, target):
    print(f"| {what} | {value} | {target} |", flush=True)


def main():
    print("| figure | measured | target |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        tls = make_certificate(folder)
        rival = build_rival(folder)
        with ours() as server:
            rate, cpu = load(server, folder)
            p50, p99 = latency(server.port, SECONDS)
        row("echo, 10 x 10", f"{rate:,.0f}/s, {cpu:.2f} us CPU each", "")
        row("one in flight", f"p50 {p50:.0f} us, p99 {p99:.0f} us", "")
        if rival:
            with Server(rival) as server:
                its_rate, its_cpu = load(server, folder)
                its_p50, its_p99 = latency(server.port, SECONDS)
            row("gRPC C++, 10 x 10", f"{its_rate:,.0f}/s, {its_cpu:.2f} us CPU each", "")
            row("gRPC C++, one in flight", f"p50 {its_p50:.0f} us, p99 {its_p99:.0f} us", "")
            row("requests/s, ratio", f"{rate / its_rate:.2f}", ">= 4")
            row("CPU a request, ratio", f"{cpu / its_cpu:.2f}", "<= 0.25")
            row("p99, ratio", f"{p99 / its_p99:.2f}", "<= 1")
        with ours(f"cert={tls[0]}", f"key={tls[1]}") as server:
            tls_rate, tls_cpu = load(server, folder, "https")
        row("TLS, 10 x 10", f"{tls_rate:,.0f}/s, {tls_cpu:.2f} us CPU each", "")
        row("TLS costs of requests/s", f"{100 * (1 - tls_rate / rate):.0f} %", "<= 25 %")
        row(f"{IDLE} idle, each", f"{idle_kib():.1f} KiB", "< 20 KiB")
        row(f"{IDLE} idle with TLS, each", f"{idle_kib(tls):.1f} KiB", "< 36 KiB")
        for names in ("resets", "continuations", "slow", "resets,continuations,slow"):
            busy, calm = flood_ratio(names)
            row(f"p99 in a flood: {names.replace(',', ', ')}",
                f"{busy:.0f} us against {calm:.0f}: {busy / calm:.1f}", "< 5")


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    NOFILE = (hard, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, NOFILE)
    if sys.argv[1:2] == ["attack"]:
        attack(int(sys.argv[2]), sys.argv[3])
    else:
        main()
