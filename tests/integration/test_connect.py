"""Connect's unary calls (connectrpc.com/docs/protocol) by plain curl: JSON for everyone else."""

import base64
import gzip
import json
import os
import subprocess
import tempfile
import uuid

import canvass_test


class Answer:
    def __init__(self, headers, body):
        lines = headers.strip().splitlines()
        self.status = int(lines[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class TestConnect(canvass_test.CanvassTest):
    def curl(self, name, body, *options, token=None, content_type="application/json"):
        """POST with curl over HTTP/2 and TLS, as anybody would."""
        with tempfile.TemporaryDirectory(prefix="canvass-curl-") as folder:
            sent, got = os.path.join(folder, "sent"), os.path.join(folder, "headers")
            with open(sent, "wb") as f:
                f.write(body if isinstance(body, bytes) else body.encode())
            done = subprocess.run(
                ["curl", "-sS", "--cacert", self.canvass.certificate, "-D", got,
                 "-H", f"content-type: {content_type}",
                 "-H", f"authorization: Bearer {self.token if token is None else token}",
                 "--data-binary", f"@{sent}", *options,
                 f"https://localhost:{self.canvass.port}/canvass.v1.{name}"],
                capture_output=True, check=True, timeout=30)
            with open(got, encoding="ascii") as f:
                return Answer(f.read(), done.stdout)

    def make(self, name):
        return self.create({"name": name}).json["employer"]

    def create(self, employer, **more):
        return self.curl("EmployerService/CreateEmployer", json.dumps(
            {"requestId": str(uuid.uuid4()), "employer": employer, **more}))

    def test_json__is_read_and_written_by_proto3s_rules(self):
        answer = self.curl("AccountService/WhoAmI", "{}")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/json"))
        self.assertEqual(answer.json["specialist"]["name"], "Amira Shah")
        made = self.make("Connect Café")
        for key in ("employerId", "employer_id"):
            found = self.curl("EmployerService/GetEmployer", json.dumps({key: made["id"]})).json
            self.assertEqual(found["employer"]["name"], "Connect Café")
        self.assertRegex(found["employer"]["created"]["at"], r"^\d{4}-\d\d-\d\dT.*Z$")

    def test_proto__is_the_message_without_a_frame(self):
        made = self.make("Connect Bytes")
        uuid_bytes = made["id"].encode()
        answer = self.curl("EmployerService/GetEmployer",
                           b"\x0a" + bytes([len(uuid_bytes)]) + uuid_bytes,
                           content_type="application/proto")
        self.assertEqual((answer.status, answer.headers["content-type"]),
                         (200, "application/proto"))
        self.assertIn(b"Connect Bytes", answer.body)

    def test_error__has_code_message_field_and_http_status(self):
        answer = self.create({"name": ""})
        self.assertEqual((answer.status, answer.json["code"]), (400, "invalid_argument"))
        self.assertTrue(answer.json["message"])
        detail, = answer.json["details"]
        self.assertEqual(detail["type"], "google.rpc.BadRequest")
        value = base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4))
        self.assertIn(b"employer.name", value)
        answer = self.curl("EmployerService/GetEmployer",
                           json.dumps({"employerId": str(uuid.uuid4())}))
        self.assertEqual((answer.status, answer.json["code"]), (404, "not_found"))

    def test_error__of_the_json_names_the_field(self):
        for body, says in (('{"employer": {"naem": "x"}}', "naem"),
                           ('{"employer": {"name": 5}}', "name"),
                           ('{"employer": ', "line 1"), ("[]", ""), ("", "")):
            answer = self.curl("EmployerService/CreateEmployer", body)
            self.assertEqual((answer.status, answer.json["code"]), (400, "invalid_argument"), body)
            shown = answer.json["message"] + "".join(
                base64.b64decode(d["value"] + "==").decode(errors="replace")
                for d in answer.json.get("details", []))
            self.assertIn(says, shown)

    def test_caller__is_asked_for_a_token(self):
        answer = self.curl("AccountService/WhoAmI", "{}", token="cvt_" + "x" * 43)
        self.assertEqual((answer.status, answer.json["code"]), (401, "unauthenticated"))

    def test_method__that_is_not_there_or_streams_is_refused(self):
        answer = self.curl("AccountService/Nothing", "{}")
        self.assertEqual((answer.status, answer.json["code"]), (501, "unimplemented"))
        answer = self.curl("EmployerService/ExportEmployers", "{}")
        self.assertEqual((answer.status, answer.json["code"]), (415, "unimplemented"))
        self.assertEqual(self.curl("AccountService/WhoAmI", "{}", "-X", "PUT").status, 405)
        self.assertEqual(self.curl("AccountService/WhoAmI", "{}",
                                   content_type="text/plain").status, 415)

    def test_gzip__goes_both_ways(self):
        for n in range(30):
            self.make(f"Zip Shop {'abcdefghijklmnopqrstuvwxyzabcd'[n]}{n}")
        answer = self.curl("EmployerService/SearchEmployers", gzip.compress(b'{"query": "zip shop"}'),
                           "-H", "content-encoding: gzip", "-H", "accept-encoding: gzip")
        self.assertEqual((answer.status, answer.headers["content-encoding"]), (200, "gzip"))
        found = json.loads(gzip.decompress(answer.body))
        self.assertGreater(len(found["employers"]), 5)
        answer = self.curl("AccountService/WhoAmI", b"no gzip", "-H", "content-encoding: gzip")
        self.assertEqual((answer.status, answer.json["code"]), (400, "invalid_argument"))
        answer = self.curl("AccountService/WhoAmI", "{}", "-H", "content-encoding: br")
        self.assertEqual((answer.status, answer.json["code"]), (501, "unimplemented"))

    def test_limits__hold_as_with_grpc(self):
        answer = self.curl("EmployerService/SearchEmployers",
                           '{"query": "' + "x" * (33 << 20) + '"}')
        self.assertEqual((answer.status, answer.json["code"]), (429, "resource_exhausted"))
        answer = self.curl("AccountService/WhoAmI", "{}", "-H", "connect-timeout-ms: soon")
        self.assertEqual((answer.status, answer.json["code"]), (400, "invalid_argument"))
        self.assertEqual(self.curl("AccountService/WhoAmI", "{}",
                                   "-H", "connect-timeout-ms: 5000").status, 200)
        self.assertEqual(self.curl("AccountService/WhoAmI", "[" * 1000).status, 400)
        for flood in ("[" * 100000, "[" + "{}," * 100000 + "{}]"):
            answer = self.curl("AccountService/WhoAmI", gzip.compress(flood.encode()),
                               "-H", "content-encoding: gzip")
            self.assertEqual((answer.status, answer.json["code"]), (429, "resource_exhausted"))

    def test_write__repeated_with_its_request_id_happens_once(self):
        body = json.dumps({"requestId": str(uuid.uuid4()), "employer": {"name": "Connect Once"}})
        first, second = (self.curl("EmployerService/CreateEmployer", body) for _ in range(2))
        self.assertEqual(first.json, second.json)
        self.assertEqual(
            self.sql("SELECT count(*) FROM canvass.employer WHERE name = 'Connect Once'"), "1")


if __name__ == "__main__":
    canvass_test.main()
