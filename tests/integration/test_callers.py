"""Who is calling: TLS client certificates, and how often one may call or fail to log in."""

import os
import subprocess
import unittest

import grpc

import canvass_test
from canvass_test import CANVASS, Canvass, details, new_token, run


class Authority:
    """Signs certificates for programs."""

    def __init__(self, folder, name="ca"):
        self.folder, self.crt, self.key = folder, *(f"{folder}/{name}.{x}" for x in ("crt", "key"))
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.crt)

    def sign(self, name):
        crt, key, csr = (f"{self.folder}/{name}.{x}" for x in ("crt", "key", "csr"))
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", csr)
        run("openssl", "x509", "-req", "-in", csr, "-CA", self.crt, "-CAkey", self.key,
            "-CAcreateserial", "-days", "2", "-out", crt)
        return crt, key


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.canvass = Canvass(start=False)
        cls.addClassCleanup(cls.canvass.stop)
        cls.authority = Authority(cls.canvass.folder)
        cls.canvass.start_daemon(tls_client_ca=cls.authority.crt)
        cls.admin = cls.canvass.person(name="Ada Admin", roles=("administrator",))
        cls.token = cls.canvass.person(name="Amira Shah")
        cls.who = cls.canvass.rpc("AccountService/WhoAmI", token=cls.token).specialist.id

    def curl(self, pair, *options, method="AccountService/WhoAmI"):
        done = subprocess.run(
            ["curl", "-sS", "--cacert", self.canvass.certificate,
             *(["--cert", pair[0], "--key", pair[1]] if pair else []),
             "-H", "content-type: application/json", "-d", "{}", *options,
             f"https://localhost:{self.canvass.port}/canvass.v1.{method}"],
            capture_output=True, text=True, timeout=30, check=False)
        return done.stdout + done.stderr

    def register(self, pem, label="nightly report", token=None, **more):
        return self.canvass.rpc(
            "AccountService/RegisterCertificate",
            {"specialist_id": self.who, "label": label, "certificate": pem, **more},
            token or self.admin).token

    def refused(self, code, pem, says, **more):
        with self.assertRaises(grpc.RpcError) as caught:
            self.register(pem, **more)
        self.assertEqual(caught.exception.code(), code)
        self.assertIn(says, caught.exception.details())

    def test_registered__calls_as_its_specialist_until_revoked(self):
        pair = self.authority.sign("report")
        self.assertIn("This token or certificate is not valid", self.curl(pair))
        made = self.register(read(pair[0]))
        printed = run("openssl", "x509", "-in", pair[0], "-noout", "-fingerprint", "-sha256")
        self.assertEqual(
            made.certificate_sha256, printed.split("=")[1].strip().replace(":", "").lower())
        for version in ("--http1.1", "--http2", "--tls-max 1.2"):
            self.assertIn('"Amira Shah"', self.curl(pair, *version.split()))
        self.assertIn("Ada Admin", self.curl(pair, "-H", f"authorization: Bearer {self.admin}"))
        self.assertIn("not valid", self.curl(pair, "-H", f"authorization: Bearer {new_token()}"))
        listed = self.canvass.rpc("AccountService/ListTokens", token=self.token).tokens
        self.assertIn(made.certificate_sha256, [t.certificate_sha256 for t in listed])
        self.canvass.rpc("AccountService/RevokeToken", {"token_id": made.id}, self.token)
        self.assertIn("not valid", self.curl(pair))
        self.refused(grpc.StatusCode.ALREADY_EXISTS, read(pair[0]), "registered already")

    def test_none_or_a_strangers__is_no_caller(self):
        self.assertIn("Say who is calling", self.curl(None))
        os.mkdir(f"{self.canvass.folder}/other")
        stranger = Authority(f"{self.canvass.folder}/other").sign("report")
        self.register(read(stranger[0]), label="stranger")
        self.assertNotIn("Amira", self.curl(stranger))
        self.assertIn("curl: (", self.curl(stranger))

    def test_what_is_no_certificate__is_refused(self):
        invalid, pem = grpc.StatusCode.INVALID_ARGUMENT, read(self.authority.crt)
        pair = self.authority.sign("wrong")
        self.refused(invalid, read(pair[1]), "private key")
        self.refused(invalid, read(pair[0]) + read(pair[1]), "private key")
        for bad in ("", "hello", pem + pem, pem.replace("M", "!"), pem[:200] + pem[300:],
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            self.refused(invalid, bad, "Give one certificate as PEM")
        self.refused(invalid, "x" * 20000, "16 KiB")
        self.refused(invalid, read(pair[0]), "1 to 400 days", days=401)

    def test_only_an_administrator__registers(self):
        self.refused(grpc.StatusCode.PERMISSION_DENIED, read(self.authority.sign("own")[0]),
                     "administrator", token=self.token)

    def test_program__registers_and_calls(self):
        pair = self.authority.sign("robot")
        env = {**os.environ, "CANVASS_SERVER": f"localhost:{self.canvass.port}",
               "CANVASS_CA": self.canvass.certificate, "HOME": self.canvass.folder}
        said = subprocess.run(
            [CANVASS, "token", "register", "nightly", "--certificate", pair[0], "--for", self.who],
            env={**env, "CANVASS_TOKEN": self.admin}, capture_output=True, text=True, check=True)
        self.assertIn("SHA-256", said.stdout)
        said = subprocess.run(
            [CANVASS, "whoami"], env={**env, "CANVASS_CERTIFICATE": pair[0], "CANVASS_KEY": pair[1]},
            capture_output=True, text=True, check=True)
        self.assertIn("Amira Shah", said.stdout)
        said = subprocess.run(
            [CANVASS, "token", "register", "x", "--certificate", "/none", "--for", self.who],
            env={**env, "CANVASS_TOKEN": self.admin}, capture_output=True, text=True, check=False)
        self.assertEqual(said.returncode, 2, said.stderr)
        self.assertIn("cannot read /none", said.stderr)

    def test_reload__keeps_asking_for_certificates(self):
        pair = self.authority.sign("reload")
        self.register(read(pair[0]), label="reload")
        self.canvass.daemon.send_signal(1)
        canvass_test.eventually(lambda: "reloaded" in self.canvass.log())
        self.assertIn("Amira Shah", self.curl(pair))


class Rates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.canvass = Canvass(max_calls=10, max_calls_per_second=1, max_failed_logins=5, workers=2)
        cls.addClassCleanup(cls.canvass.stop)

    def who(self, token):
        with self.canvass.new_channel() as channel:
            return self.canvass.rpc("AccountService/WhoAmI", token=token, channel=channel)

    def codes(self, token, n):
        found = []
        for _ in range(n):
            try:
                self.who(token)
                found.append("OK")
            except grpc.RpcError as error:
                found.append(error.code().name)
                self.error = error
        return found

    def limit(self, name):
        text = subprocess.run(
            ["curl", "-sS", "--cacert", self.canvass.certificate,
             f"https://localhost:{self.canvass.port}/metrics"],
            capture_output=True, text=True, check=True).stdout
        line = [x for x in text.splitlines() if f'canvass_limits_total{{limit="{name}"}}' in x]
        return float(line[0].split()[-1])

    def test_calls__of_one_caller_are_limited_over_all_workers(self):
        busy, other = self.canvass.person(), self.canvass.person()
        codes = self.codes(busy, 25)
        self.assertEqual(codes[:9], ["OK"] * 9)
        self.assertIn("RESOURCE_EXHAUSTED", codes)
        self.assertIn("too many calls", self.error.details())
        retry = details(self.error)["retry"]
        self.assertGreater(retry.ToTimedelta().total_seconds(), 0)
        self.assertEqual(self.codes(other, 3), ["OK"] * 3)
        self.assertGreaterEqual(self.limit("calls"), 1)

    def test_failed_logins__stop_guesses_but_not_who_was_let_in(self):
        known = self.canvass.person()
        self.who(known)
        codes = [self.codes(new_token(), 1)[0] for _ in range(15)]
        self.assertEqual(codes[:5], ["UNAUTHENTICATED"] * 5)
        self.assertGreaterEqual(codes.count("RESOURCE_EXHAUSTED"), 5)
        self.assertIn("without a valid token", self.error.details())
        self.assertEqual(self.codes(known, 3), ["OK"] * 3)
        newcomer = self.canvass.person()
        canvass_test.eventually(lambda: self.codes(newcomer, 1) == ["OK"], seconds=10, pause=0.3)
        self.assertGreaterEqual(self.limit("failed_logins"), 5)


if __name__ == "__main__":
    canvass_test.main()
