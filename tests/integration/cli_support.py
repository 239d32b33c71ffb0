"""The real canvass against a real daemon: as a script runs it, and as a person in a terminal.

    class TestVisits(cli_support.CliTest):
        def test_visit__is_recorded_in_one_line(self):
            done = self.cli("visit", "add", "tool hire", "--generic")
            self.assertEqual(done.returncode, 0, done.stderr)
            with self.terminal("visit", "add", "tool hire") as terminal:
                terminal.expect("Who you met: ")
                terminal.sendline("the manager")

HOME is a folder of the test's own, so nobody's login is touched.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile

import canvass_test
import pexpect

# a few real postcodes' form with invented points, enough for what the tests need
POSTCODES = [("SW9 0AA", 530500, 176500, canvass_test.LAMBETH),
             ("SW9 8HE", 531100, 175500, canvass_test.LAMBETH),
             ("SW2 5SP", 531000, 174900, canvass_test.LAMBETH),
             ("SE1 1AA", 532400, 180100, canvass_test.SOUTHWARK)]


class CliTest(canvass_test.CanvassTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.canvass.person(name="Ada Admin", roles=("administrator",))
        cls.home = tempfile.mkdtemp(prefix="canvass-home-")
        list(cls.canvass.stream("ReferenceService/LoadPostcodes", [{"rows": [
            {"postcode": code, "point": {"easting": east, "northing": north},
             "borough_id": borough} for code, east, north, borough in POSTCODES]}], cls.admin))
        list(cls.canvass.stream("ReferenceService/LoadOccupations", [{"rows": [
            {"code": "82", "title": "Transport drivers"},
            {"code": "8214", "title": "Delivery drivers and couriers",
             "job_titles": ["Van driver", "Courier"]},
            {"code": "9263", "title": "Kitchen and catering assistants"}]}], cls.admin))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.home, ignore_errors=True)
        super().tearDownClass()

    def environment(self, token=None, **more):
        kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
                if name in os.environ}
        kept["LSAN_OPTIONS"] = "print_suppressions=0:suppressions=" + canvass_test.support("lsan.supp")
        return {**kept, "HOME": self.home, "TERM": "xterm", "LANG": "C.UTF-8",
                "CANVASS_SERVER": f"localhost:{self.canvass.port}",
                "CANVASS_CA": self.canvass.certificate,
                "CANVASS_TOKEN": token or self.token, **more}

    def cli(self, *args, token=None, stdin="", env=None, timeout=60, **more):
        """Run it without a terminal."""
        return subprocess.run([canvass_test.CANVASS, *args], text=True, capture_output=True,
                              input=stdin, env=env or self.environment(token, **more),
                              timeout=timeout, check=False, cwd=self.home)

    def cli_json(self, *args, **kwargs):
        done = self.cli(*args, "--json", **kwargs)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def fails(self, code, *args, **kwargs):
        """It must end with this exit code; returns what it said on stderr."""
        done = self.cli(*args, **kwargs)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    @contextlib.contextmanager
    def terminal(self, *args, token=None, columns=80, code=0, env=None, **more):
        """Run it in a terminal; at the end it must have ended with this exit code."""
        child = pexpect.spawn(canvass_test.CANVASS, list(args), timeout=20, encoding="utf-8",
                              env=env or self.environment(token, **more), cwd=self.home,
                              dimensions=(24, columns))
        try:
            yield child
            child.expect(pexpect.EOF)
        finally:
            child.close()
        self.assertEqual(child.exitstatus, code, child.before)

    def make_employer(self, name, postcode="SW9 0AA"):
        return self.rpc("EmployerService/CreateEmployer", {
            "employer": {"name": name},
            "site": {"address": ["12 Clapham Road"], "postcode": postcode},
            "even_if_similar": True}).employer
