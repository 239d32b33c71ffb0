"""A running canvassd for integration tests: cluster, database, daemon with TLS, people with tokens.

    import canvass_test

    class TestEmployers(canvass_test.CanvassTest):
        def test_employer__is_found_again(self):
            made = self.rpc("EmployerService/CreateEmployer", {"employer": {"name": "Pret"}})
            self.assert_fails("NOT_FOUND", "EmployerService/GetEmployer", {"employer_id": ZERO})

    if __name__ == "__main__":
        canvass_test.main()

One Canvass serves all tests of a file: it starts at first use and is thrown away at the end. Each
test that needs a clean slate makes a team of its own (self.person(team=...)). Requests are dicts
with snake_case names as proto3's JSON has them; answers are messages. A write without a request_id
gets one. The messages come from the build's descriptor set (BUILD/proto/full.pb) and python's own
protobuf and grpcio, so nothing of ours is on the client's side.

Environment: CANVASSD the daemon, CANVASS the client program, BUILD the build folder.
"""

import atexit
import base64
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build", "asan"))
CANVASSD = os.environ.get("CANVASSD", os.path.join(BUILD, "daemon", "canvassd"))
CANVASS = os.environ.get("CANVASS", os.path.join(BUILD, "client", "canvass"))
PACKAGE = "canvass.v1."
ZERO = "00000000-0000-7000-8000-000000000000"
LAMBETH, SOUTHWARK = "E09000022", "E09000028"


class Schema:
    """Message classes and methods from the build's descriptor set."""

    def __init__(self, path):
        self.pool = descriptor_pool.DescriptorPool()
        self.factory = message_factory.MessageFactory(self.pool)
        files = descriptor_pb2.FileDescriptorSet()
        with open(path, "rb") as f:
            files.ParseFromString(f.read())
        for file in files.file:
            self.pool.Add(file)

    def message(self, name):
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))

    def method(self, name):
        service, method = name.split("/")
        found = self.pool.FindServiceByName(PACKAGE + service).FindMethodByName(method)
        return (found, self.factory.GetPrototype(found.input_type),
                self.factory.GetPrototype(found.output_type))


SCHEMA = None


def schema():
    global SCHEMA
    if SCHEMA is None:
        SCHEMA = Schema(os.path.join(BUILD, "proto", "full.pb"))
    return SCHEMA


def run(*args, **kwargs):
    done = subprocess.run(args, text=True, capture_output=True, check=False, **kwargs)
    if done.returncode:
        raise RuntimeError(f"{args[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def support(name):
    return os.path.join(ROOT, "tests", "support", name)


def new_token():
    return "cvt_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def token_hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


class Canvass:
    """A cluster with the schema, and a daemon on it."""

    def __init__(self, start=True, **options):
        self.folder = tempfile.mkdtemp(prefix="canvass-test-")
        os.chmod(self.folder, 0o755)
        self.cluster = os.path.join(self.folder, "pg")
        self.log_path = os.path.join(self.folder, "canvassd.log")
        self.options = options
        self.daemon = None
        self.port = None
        self.people = 0
        self.channel = None
        atexit.register(self.stop)
        run(support("cluster"), self.cluster)
        self.certificate, self.key = self.make_certificate("server")
        if start:
            self.start_daemon()

    # ---- the database ----

    def psql(self, text, user="postgres", database="canvass"):
        return run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.cluster,
                   "-U", user, "-d", database, "-c", text).strip()

    def kill_postgres(self):
        run(support("pg"), "kill", self.cluster)

    def start_postgres(self):
        run(support("pg"), "start", self.cluster)

    # ---- people ----

    def person(self, borough=LAMBETH, team=None, name=None, roles=("specialist",)):
        """Make a person, and return a token of theirs."""
        self.people += 1
        token = new_token()
        name = name or f"Person {self.people}"
        team = team or f"Team {borough}"
        self.psql(
            f"SELECT canvass.bootstrap('{borough}', $a${team}$a$, $a${name}$a$,"
            f" 'person{self.people}@canvass.example', '{{{','.join(roles)}}}'::canvass.role[],"
            f" decode('{token_hash(token)}', 'hex'), 'test')")
        return token

    # ---- the daemon ----

    def make_certificate(self, name):
        cert = os.path.join(self.folder, name + ".crt")
        key = os.path.join(self.folder, name + ".key")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert)
        return cert, key

    def conninfo(self):
        return f"host={self.cluster} dbname=canvass user=canvass_app"

    def arguments(self, **options):
        wanted = {"listen": f"127.0.0.1:{self.port or 0}", "tls_certificate": self.certificate,
                  "tls_key": self.key, "database": self.conninfo(), **self.options, **options}
        return [part for name, value in wanted.items() for part in ("--set", f"{name}={value}")]

    def log(self):
        with open(self.log_path, encoding="utf-8") as f:
            return f.read()

    def start_daemon(self, **options):
        """Start it, and wait until it serves; raises with the log if it does not."""
        before = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.daemon = subprocess.Popen(
                [CANVASSD, *self.arguments(**options)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        end = time.monotonic() + 30
        while True:
            found = re.search(r"serving on .*?:(\d+)", self.log()[before:])
            if found:
                break
            if self.daemon.poll() is not None or time.monotonic() > end:
                raise RuntimeError("canvassd did not start:\n" + self.log()[before:])
            time.sleep(0.01)
        self.port = int(found[1])
        self.close_channel()

    def stop_daemon(self, how=signal.SIGTERM):
        """Stop it; return its exit status."""
        self.close_channel()
        if self.daemon is None:
            return None
        if self.daemon.poll() is None:
            self.daemon.send_signal(how)
        try:
            status = self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            raise
        self.daemon = None
        return status

    def stop(self):
        atexit.unregister(self.stop)
        try:
            status = self.stop_daemon()
            if status not in (None, 0, -signal.SIGKILL):
                raise RuntimeError(f"canvassd ended with {status}:\n{self.log()[-8000:]}")
        finally:
            with contextlib.suppress(RuntimeError):
                run(support("pg"), "kill", self.cluster)
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- calls ----

    def new_channel(self):
        with open(self.certificate, "rb") as f:
            credentials = grpc.ssl_channel_credentials(f.read())
        return grpc.secure_channel(f"localhost:{self.port}", credentials,
                                   [("grpc.max_receive_message_length", -1),
                                    ("grpc.max_reconnect_backoff_ms", 200)])

    def close_channel(self):
        if self.channel:
            self.channel.close()
        self.channel = None

    def multi_callable(self, name, channel=None):
        method, request, response = schema().method(name)
        if self.channel is None and channel is None:
            self.channel = self.new_channel()
        proto = method_proto(method)
        kind = ("stream" if proto.client_streaming else "unary") + "_" + (
            "stream" if proto.server_streaming else "unary")
        make = getattr(channel or self.channel, kind)
        return request, make(f"/{PACKAGE}{name}",
                             request_serializer=lambda m: m.SerializeToString(),
                             response_deserializer=response.FromString)

    def rpc(self, name, body=None, token=None, timeout=60, channel=None, **kwargs):
        """Call a unary or server-streaming method; a dict or a message in, a message (or an
        iterator of them) out."""
        request, call = self.multi_callable(name, channel)
        return call(make_request(request, body), timeout=timeout, metadata=bearer(token), **kwargs)

    def stream(self, name, bodies, token=None, timeout=60, channel=None):
        """Call a method with streams both ways; returns the iterator of answers."""
        request, call = self.multi_callable(name, channel)
        return call((make_request(request, body) for body in bodies), timeout=timeout,
                    metadata=bearer(token))


def bearer(token):
    return [("authorization", f"Bearer {token}")] if token else []


def method_proto(method):
    proto = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(proto)
    return proto


def make_request(request, body):
    """A message from a dict, with a request_id if it can have one and is not just checked."""
    if not isinstance(body, dict) and body is not None:
        return body
    body = dict(body or {})
    if "request_id" in request.DESCRIPTOR.fields_by_name and "request_id" not in body:
        body["request_id"] = str(uuid.uuid4())
    return json_format.ParseDict(body, request())


def to_dict(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def details(error):
    """The google.rpc.Status of a grpc.RpcError as {"message": ..., "fields": {path: sentence}}."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = schema().message("google.rpc.Status").FromString(value)
            found = {"code": status.code, "message": status.message, "fields": {}, "retry": None}
            for any_message in status.details:
                name = any_message.type_url.split("/")[-1]
                detail = schema().message(name).FromString(any_message.value)
                if name == "google.rpc.BadRequest":
                    for violation in detail.field_violations:
                        found["fields"][violation.field] = violation.description
                elif name == "google.rpc.RetryInfo":
                    found["retry"] = detail.retry_delay
            return found
    return {"code": error.code().value[0], "message": error.details(), "fields": {}, "retry": None}


def eventually(check, seconds=60, pause=0.02):
    """Wait until check() is true. A busy machine may need long; who waits in vain, fails."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(pause)


SHARED = None


def shared():
    """The Canvass that all tests of this file use."""
    global SHARED
    if SHARED is None:
        SHARED = Canvass()
    return SHARED


class CanvassTest(unittest.TestCase):
    """A test with a running daemon; self.token is a specialist of Lambeth."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.canvass = shared()
        cls.token = cls.canvass.person(name="Amira Shah", roles=("specialist", "lead"))

    def person(self, **kwargs):
        return self.canvass.person(**kwargs)

    def sql(self, text):
        return self.canvass.psql(text)

    def rpc(self, name, body=None, token=None, **kwargs):
        return self.canvass.rpc(name, body, self.token if token is None else token, **kwargs)

    def stream(self, name, bodies, token=None, **kwargs):
        return self.canvass.stream(name, bodies, self.token if token is None else token, **kwargs)

    def assert_fails(self, code, name, body=None, field=None, says=None, **kwargs):
        """The call ends with this status (and names this field); returns details()."""
        with self.assertRaises(grpc.RpcError) as caught:
            answer = self.rpc(name, body, **kwargs)
            if not hasattr(answer, "DESCRIPTOR"):
                list(answer)
        return self.check_error(caught.exception, code, field, says)

    def check_error(self, error, code, field=None, says=None):
        self.assertEqual(error.code().name, code, error.details())
        found = details(error)
        if field is not None:
            self.assertIn(field, found["fields"], found)
        if says is not None:
            self.assertIn(says, found["fields"].get(field, error.details()))
        return found


def main():
    program = unittest.main(exit=False)
    if SHARED is not None:
        SHARED.stop()
    raise SystemExit(not program.result.wasSuccessful())
