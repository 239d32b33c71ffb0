"""HTTP/1.1 beside HTTP/2 on the same port: framing, its faults, its limits, CORS."""

import http.client
import json
import socket
import ssl
import subprocess
import time
import unittest

from rpc_support import Raw, Server, ServerTest, eventually, frame, headers, stats

POST = "POST /test.Echo/Unary HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\n"


class Client:
    """Raw bytes of HTTP/1.1, and answers read by what their heads say."""

    def __init__(self, port, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        if tls:
            context = ssl.create_default_context(cafile=tls[0])
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text.encode("latin-1") if isinstance(text, str) else text)

    def more(self):
        data = self.socket.recv(65536)
        self.rest += data
        return bool(data)

    def answer(self, body=True):
        """Status, fields, body of the next answer."""
        while b"\r\n\r\n" not in self.rest:
            if not self.more():
                raise EOFError(self.rest)
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        line, *lines = head.decode().split("\r\n")
        fields = {k.lower(): v for k, v in (x.split(": ", 1) for x in lines)}
        n = int(fields.get("content-length", 0)) if body else 0
        while len(self.rest) < n:
            if not self.more():
                raise EOFError(self.rest)
        data, self.rest = self.rest[:n], self.rest[n:]
        return int(line.split(" ")[1]), fields, data

    def ended(self):
        try:
            while self.more():
                pass
        except ConnectionResetError:
            pass
        return self.rest


class Http1Test(ServerTest):
    def client(self):
        return Client(self.server.port, self.tls)

    def tearDown(self):
        with Raw(self.server.port, tls=self.tls) as raw:
            self.assertEqual(raw.answer(raw.request(body=frame(b"on")))[1], frame(b"on"))
        eventually(lambda: stats(self.server.port, tls=self.tls)["open"] <= 1)


class Framing(Http1Test):
    LIMITS = {"message_bytes_max": 200000, "cors": "https://a.example, https://b.example:8443"}

    def test_body__by_length_and_in_chunks_and_cut_anywhere(self):
        by_length = POST + "Content-Length: 11\r\n\r\nhello world"
        chunked = POST + "Transfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n"
        chunked += "06\r\n world\r\n0\r\nTrailer: t\r\n\r\n"
        with self.client() as client:
            for request in (by_length, chunked):
                for piece in (1, 2, 7, 1000):
                    for at in range(0, len(request), piece):
                        client.send(request[at : at + piece])
                    status, fields, data = client.answer()
                    self.assertEqual((status, data), (200, b"hello world"))
                    self.assertEqual(fields["content-type"], "application/proto")

    def test_many_requests_at_once__are_answered_in_order(self):
        with self.client() as client:
            for i in range(50):
                client.send(f"{POST}Content-Length: {len(str(i))}\r\n\r\n{i}")
            for i in range(50):
                self.assertEqual(client.answer()[2], str(i).encode())

    def test_large_body__arrives_whole(self):
        data = bytes(range(256)) * 700
        with self.client() as client:
            client.send((POST + f"Content-Length: {len(data)}\r\n\r\n").encode() + data)
            self.assertEqual(client.answer()[2], data)

    def test_expect__is_told_to_go_on(self):
        with self.client() as client:
            client.send(POST + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            self.assertEqual(client.answer()[0], 100)
            client.send("ok")
            self.assertEqual(client.answer()[2], b"ok")
            client.send(POST.replace("Unary", "None") + "Expect: 100-continue\r\n")
            client.send("Content-Length: 2\r\n\r\n")
            self.assertEqual(client.answer()[0], 501)

    def test_connection__lasts_as_the_client_asks(self):
        ask = "GET /page HTTP/1.{}\r\nHost: x\r\nConnection: {}\r\n\r\n"
        for version, word, lasts in (
            (1, "keep-alive", True),
            (1, "foo, Close", False),
            (0, "Keep-Alive", True),
            (0, "x", False),
        ):
            with self.client() as client:
                client.send(ask.format(version, word))
                status, fields, _ = client.answer()
                self.assertEqual(status, 200)
                said = "close" if not lasts else None if version else "keep-alive"
                self.assertEqual(fields.get("connection"), said)
                if lasts:
                    client.send(ask.format(version, word))
                    self.assertEqual(client.answer()[0], 200)
                else:
                    self.assertEqual(client.ended(), b"")

    def test_get_and_head__serve_pages_and_only_those(self):
        with self.client() as client:
            client.send("HEAD /page HTTP/1.1\r\nHost: x\r\n\r\n")
            status, fields, _ = client.answer(body=False)
            client.send("GET /page?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            body = client.answer()[2]
            self.assertEqual((status, int(fields["content-length"])), (200, len(body)))
            self.assertEqual(body, b"a page for one who is here\n")
            client.send("GET http://x/page HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.answer()[2], body)
            client.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
            status, fields, _ = client.answer()
            self.assertEqual((status, fields["allow"]), (405, "POST"))

    def test_error__is_connects(self):
        with self.client() as client:
            client.send(POST + "X-Status: 5\r\nX-Message: no such thing\r\nContent-Length: 0\r\n\r\n")
            status, fields, data = client.answer()
            self.assertEqual((status, fields["content-type"]), (404, "application/json"))
            self.assertEqual(json.loads(data)["code"], "not_found")

    def test_grpc__is_told_to_use_http2(self):
        with self.client() as client:
            client.send(POST.replace("application/proto", "application/grpc"))
            client.send("Content-Length: 0\r\n\r\n")
            status, _, data = client.answer()
            self.assertEqual(status, 505)
            self.assertIn("HTTP/2", json.loads(data)["message"])

    def test_faults__are_answered_400_and_end_the_connection(self):
        host = "Host: x\r\n"
        for request in (
            "GET /page HTTP/1.1\r\n\r\n",
            "GET  /page HTTP/1.1\r\n" + host + "\r\n",
            "GET /page\r\n" + host + "\r\n",
            "G\tT /page HTTP/1.1\r\n" + host + "\r\n",
            "GET /page HTTP/1.1\r\n" + host + host + "\r\n",
            "GET /page HTTP/1.1\r\n" + host + " folded: x\r\n\r\n",
            "GET /page HTTP/1.1\r\n" + host + "Name : x\r\n\r\n",
            "GET /page HTTP/1.1\r\n" + host + "no colon\r\n\r\n",
            "GET /page HTTP/1.1\r\n" + host + "bare: a\nb: c\r\n\r\n",
            POST + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            POST + "Content-Length: +1\r\n\r\nx",
            POST + "Content-Length: 99999999999999999999\r\n\r\nx",
            POST + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            POST.replace("1.1", "1.0") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            POST + "Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
            POST + "Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
            POST + "Transfer-Encoding: chunked\r\n\r\n\n",
            POST + "Transfer-Encoding: chunked\r\n\r\n1234567890abcdef0\r\n",
        ):
            with self.subTest(request), self.client() as client:
                client.send(request)
                status, fields, data = client.answer()
                self.assertEqual(status, 400, data)
                self.assertEqual(fields["connection"], "close")
                self.assertEqual(json.loads(data)["code"], "invalid_argument")
                self.assertEqual(client.ended(), b"")

    def test_version__that_is_not_spoken(self):
        with self.client() as client:
            client.send("GET /page HTTP/3.0\r\nHost: x\r\n\r\n")
            self.assertEqual(client.answer()[0], 505)

    def test_headers__too_large_or_too_many(self):
        for fields in (f"X: {'y' * 20000}\r\n", "X: y\r\n" * 200):
            with self.client() as client:
                client.send("GET /page HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n")
                self.assertEqual(client.answer()[0], 431)
        with self.client() as client:
            client.send("GET /page HTTP/1.1\r\nHost: x\r\nX: " + "y" * 100000)
            self.assertEqual(client.answer()[0], 431)

    def test_body__too_large_is_answered_before_it_is_sent(self):
        with self.client() as client:
            client.send(POST + "Content-Length: 100000000\r\n\r\n" + "x" * 250000)
            status, fields, data = client.answer()
            self.assertEqual(json.loads(data)["code"], "resource_exhausted")
            self.assertEqual((status, fields["connection"]), (429, "close"))
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                for _ in range(1000):
                    client.send("x" * 100000)

    def test_caller_who_leaves__ends_the_call(self):
        with self.client() as client:
            client.send(POST.replace("Unary", "Sleep") + "Content-Length: 0\r\n\r\n")
            eventually(lambda: stats(self.server.port)["open"] == 2)
        eventually(lambda: stats(self.server.port)["cancelled"] >= 1)

    def test_deadline__is_kept(self):
        with self.client() as client:
            client.send(POST.replace("Unary", "Sleep"))
            client.send("Connect-Timeout-Ms: 50\r\nContent-Length: 0\r\n\r\n")
            status, _, data = client.answer()
            self.assertEqual((status, json.loads(data)["code"]), (504, "deadline_exceeded"))

    def test_too_much_behind_an_unanswered_request__ends_the_connection(self):
        with self.client() as client:
            client.send(POST.replace("Unary", "Sleep") + "Content-Length: 0\r\n\r\n")
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                for _ in range(1000):
                    client.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)

    def test_cors__only_pages_of_the_listed_origins(self):
        ask = "OPTIONS /test.Echo/Unary HTTP/1.1\r\nHost: x\r\nOrigin: {}\r\n"
        ask += "Access-Control-Request-Method: POST\r\n\r\n"
        allowed = "https://b.example:8443"
        with self.client() as client:
            client.send(ask.format(allowed))
            status, fields, data = client.answer()
            self.assertEqual((status, data), (204, b""))
            self.assertEqual(fields["access-control-allow-origin"], allowed)
            self.assertIn("authorization", fields["access-control-allow-headers"])
            client.send(POST + f"Origin: {allowed}\r\nContent-Length: 2\r\n\r\nhi")
            status, fields, data = client.answer()
            self.assertEqual(fields["access-control-allow-origin"], allowed)
            self.assertEqual((fields["vary"], data), ("origin", b"hi"))
            for other in ("https://evil.example", "https://b.example", "null", "*", allowed + ","):
                client.send(ask.format(other))
                status, fields, _ = client.answer()
                self.assertEqual(status, 405)
                self.assertNotIn("access-control-allow-origin", fields)

    def test_cors__over_http2_too(self):
        fields = {"p_method": "OPTIONS", "origin": "https://a.example", "content_type": None}
        fields["access_control_request_method"] = "POST"
        with Raw(self.server.port) as raw:
            answer = raw.answer(raw.request(headers(**fields), body=None))
            self.assertEqual(answer[0][":status"], "204")


class Tls(Http1Test):
    TLS = True

    def test_the_same_over_tls(self):
        with self.client() as client:
            client.send(POST + "Content-Length: 2\r\n\r\nhi")
            self.assertEqual(client.answer()[2], b"hi")
            client.send("GET /page HTTP/1.1\r\n\r\n")
            self.assertEqual(client.answer()[0], 400)
            self.assertEqual(client.ended(), b"")

    def test_pythons_own_client(self):
        context = ssl.create_default_context(cafile=self.tls[0])
        client = http.client.HTTPSConnection("localhost", self.server.port, context=context)
        for i in range(3):
            client.request("GET", "/page")
            self.assertEqual(client.getresponse().read(), b"a page for one who is here\n")
        client.close()

    def test_curl__without_and_with_http2(self):
        for option, version in (("--http1.1", "1.1"), ("--http2", "2")):
            out = subprocess.run(
                ["curl", "-sS", option, "--cacert", self.tls[0], "-w", " %{http_version}"]
                + [f"https://localhost:{self.server.port}/page"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            self.assertEqual(out, "a page for one who is here\n " + version)


class Times(Http1Test):
    LIMITS = {"handshake_ms": 300, "idle_ms": 700, "write_ms": 500, "unary_ms": 600}

    def took(self, client):
        start = time.monotonic()
        client.ended()
        return time.monotonic() - start

    def test_head__that_never_ends(self):
        for first in ("", "GET /page HTTP/1.1\r\nHost: x\r\n\r\n"):
            with self.client() as client:
                if first:
                    client.send(first)
                    client.answer()
                client.send("GET /pa")
                self.assertLess(self.took(client), 0.65)

    def test_body__that_never_ends_passes_the_deadline(self):
        with self.client() as client:
            client.send(POST + "Content-Length: 10\r\n\r\nx")
            self.assertEqual(client.answer()[0], 504)

    def test_idle_connection__is_closed(self):
        with self.client() as client:
            client.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
            client.answer()
            self.assertGreater(self.took(client), 0.4)

    def test_garbage__is_closed_at_once(self):
        for data in (bytes(100), b"GET /\0", b"\x16\x03\x01\x02\0"):
            with self.client() as client:
                client.send(data)
                self.assertLess(self.took(client), 0.2)

    def test_reader_who_takes_nothing__is_dropped(self):
        before = stats(self.server.port)["limit_slow_reader"]
        body = "x" * 1000000
        with self.client() as client:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            try:
                for _ in range(20):
                    client.send(POST + f"Content-Length: {len(body)}\r\n\r\n" + body)
            except (BrokenPipeError, ConnectionResetError, TimeoutError):
                pass
            eventually(lambda: stats(self.server.port)["limit_slow_reader"] > before)


class Stop(unittest.TestCase):
    def test_drain__lets_a_call_end_and_closes_idle_ones(self):
        server = Server(drain_ms=3000, unary_ms=700)
        with Client(server.port) as idle, Client(server.port) as busy:
            idle.send("GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
            idle.answer()
            busy.send(POST.replace("Unary", "Sleep") + "Content-Length: 0\r\n\r\n")
            eventually(lambda: stats(server.port)["open"] == 2)
            server.terminate()
            self.assertEqual(idle.ended(), b"")
            status, fields, _ = busy.answer()
            self.assertEqual((status, fields["connection"]), (504, "close"))
        self.assertEqual(server.wait(), 0)


if __name__ == "__main__":
    unittest.main()
