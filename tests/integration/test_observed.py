"""What the daemon tells those who watch over it: pages, metrics, access log, and what it must not
tell them."""

import json
import os
import re
import signal
import subprocess
import unittest

import grpc

import canvass_test
from canvass_test import Canvass, eventually

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SECRET = "Zebedee Unmistakable"


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
        return {int(each) for each in f.read().split()}


class Page:
    """GET with curl."""

    def __init__(self, canvass, path, *options):
        done = subprocess.run(
            ["curl", "-sS", "-i", "--http1.1", "--cacert", canvass.certificate, *options,
             f"https://localhost:{canvass.port}{path}"],
            capture_output=True, check=True, timeout=30, text=True)
        head, self.body = done.stdout.replace("\r\n", "\n").split("\n\n", 1)
        line, *fields = head.split("\n")
        self.status = int(line.split(" ")[1])
        self.fields = {k.lower(): v for k, v in (x.split(": ", 1) for x in fields)}

    def samples(self):
        """Metric with its labels -> number."""
        lines = [x for x in self.body.splitlines() if not x.startswith("#")]
        return {name: float(value) for name, value in (x.rsplit(" ", 1) for x in lines)}


def handled(samples, method, code="OK"):
    return sum(
        n for name, n in samples.items()
        if name.startswith("grpc_server_handled_total{")
        and f'grpc_method="{method}"' in name and f'grpc_code="{code}"' in name)


class Observed(canvass_test.CanvassTest):
    def page(self, path, *options):
        return Page(self.canvass, path, *options)

    def test_metrics__count_calls_by_method_and_code(self):
        before = self.page("/metrics").samples()
        self.rpc("AccountService/WhoAmI")
        with self.assertRaises(grpc.RpcError):
            self.rpc("AccountService/WhoAmI", token="cvt_" + "x" * 43)
        page = self.page("/metrics")
        after = page.samples()
        self.assertIn("version=0.0.4", page.fields["content-type"])
        for code in ("OK", "UNAUTHENTICATED"):
            grown = handled(after, "WhoAmI", code) - handled(before, "WhoAmI", code)
            self.assertEqual(grown, 1, code)
        labels = ('{grpc_service="canvass.v1.AccountService",grpc_method="WhoAmI",'
                  'grpc_type="unary"')
        count = after[f"grpc_server_handling_seconds_count{labels}}}"]
        self.assertEqual(count, after[f'grpc_server_handling_seconds_bucket{labels},le="+Inf"}}'])
        self.assertGreater(after[f"grpc_server_handling_seconds_sum{labels}}}"], 0)
        self.assertGreater(after["canvass_received_bytes_total"], 0)
        self.assertGreater(after["canvass_database_batches_total"], 0)
        self.assertGreaterEqual(after["canvass_database_connections"], 1)
        self.assertEqual(after["canvass_worker_starts_total"], 1)

    def test_metrics__are_well_formed(self):
        types = {}
        for line in self.page("/metrics").body.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, types)
                types[name] = kind
            elif not line.startswith("#"):
                self.assertRegex(
                    line, r'^[a-z_]+(\{([a-z_]+="[^"\\]*",?)+\})? [0-9.e+-]+$')
                name = re.match("[a-z_]+", line)[0]
                base = re.sub("_(bucket|sum|count)$", "", name)
                self.assertTrue(name in types or types[base] == "histogram", line)
                if types.get(name) == "counter":
                    self.assertTrue(name.endswith("_total"), line)

    def test_dashboard_and_alerts__use_metrics_that_exist(self):
        self.rpc("AccountService/WhoAmI")
        known = {re.match("[a-z_]+", name)[0] for name in self.page("/metrics").samples()}
        known |= {"up"}
        used = set()
        with open(os.path.join(ROOT, "deploy/grafana-dashboard.json"), encoding="utf-8") as f:
            dashboard = json.load(f)
        texts = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", [])]
        self.assertGreater(len(texts), 8)
        with open(os.path.join(ROOT, "deploy/alerts.yaml"), encoding="utf-8") as f:
            alerts = re.findall(r"^ +expr: (.+)$", f.read(), re.M)
        self.assertGreater(len(alerts), 5)
        for text in texts + alerts:
            used |= set(re.findall(r"\b(?:grpc_server|canvass)_[a-z_]+", text))
        self.assertEqual(used - known, set())
        self.assertLess(set(), used)

    def test_pages__on_http2_and_for_head(self):
        page = self.page("/healthz")
        self.assertEqual((page.status, page.body), (200, "alive\n"))
        self.assertEqual(self.page("/readyz").body, "ready\n")
        done = subprocess.run(
            ["curl", "-sS", "--http2", "--cacert", self.canvass.certificate, "-w", " %{http_version}",
             f"https://localhost:{self.canvass.port}/readyz"], capture_output=True, text=True)
        self.assertEqual(done.stdout, "ready\n 2")
        page = self.page("/readyz", "--head")
        self.assertEqual((page.status, page.body), (200, ""))

    def log_line(self, request_id):
        eventually(lambda: re.search(f"call {request_id} ", self.canvass.log()))
        return re.search(f".*call {request_id} .*", self.canvass.log())[0]

    def post(self, name, body, *options):
        return self.page(
            f"/canvass.v1.{name}", "-H", "content-type: application/json",
            "-H", f"authorization: Bearer {self.token}", *options, "-d", json.dumps(body))

    def test_access_log__has_request_id_method_end_and_trace(self):
        answer = self.post("AccountService/WhoAmI", {}, "-H", f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01")
        self.assertEqual(answer.status, 200)
        request_id = answer.fields["x-request-id"]
        self.assertRegex(request_id, "^[0-9a-f]{16}$")
        self.assertEqual(answer.fields["traceparent"], f"00-{TRACE}-{request_id}-01")
        self.assertRegex(
            self.log_line(request_id),
            rf"info \[\d+\] call {request_id} canvass.v1.AccountService/WhoAmI OK \d+\.\d ms "
            rf"trace {TRACE}$")

    def test_traceparent__that_cannot_be_read_is_left_out(self):
        for bad in ("", "00", f"00-{TRACE}-00f067aa0ba902b7", f"00-{'0' * 32}-00f067aa0ba902b7-01",
                    f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-00f067aa0ba902b7-01",
                    f"00-{TRACE.upper()}-00f067aa0ba902b7-01", f"00-{TRACE}-00f067aa0ba902b7-01-x",
                    f"00-{TRACE}_00f067aa0ba902b7-01"):
            answer = self.post("AccountService/WhoAmI", {}, "-H", f"traceparent: {bad}")
            self.assertNotIn("traceparent", answer.fields, bad)
            self.assertNotIn("trace", self.log_line(answer.fields["x-request-id"]))
        answer = self.post("AccountService/WhoAmI", {}, "-H",
                           f"traceparent: cc-{TRACE}-00f067aa0ba902b7-00-more")
        self.assertEqual(answer.fields["traceparent"][:36], f"00-{TRACE}-")

    def test_address__is_logged_only_of_callers_turned_away(self):
        answer = self.post("AccountService/WhoAmI", {})
        self.assertNotIn("127.0.0.1", self.log_line(answer.fields["x-request-id"]))
        answer = self.page("/canvass.v1.AccountService/WhoAmI", "-d", "{}",
                           "-H", "content-type: application/json")
        self.assertEqual(answer.status, 401)
        self.assertRegex(
            self.log_line(answer.fields["x-request-id"]), r"UNAUTHENTICATED .* from 127\.0\.0\.1:\d+$")

    def test_neither_tells_what_was_written(self):
        employer = self.rpc("EmployerService/CreateEmployer", {"employer": {"name": SECRET}}).employer
        with self.assertRaises(grpc.RpcError):
            self.rpc("EmployerService/CreateEmployer",
                     {"employer": {"name": SECRET, "website": SECRET * 300}})
        page = self.page("/metrics").body
        for text in (SECRET, employer.id, self.token):
            self.assertNotIn(text, page)
        self.assertNotIn(SECRET, self.canvass.log())
        self.assertNotIn(self.token, self.canvass.log())


class Workers(unittest.TestCase):
    def test_metrics__are_of_all_workers_and_outlive_them(self):
        canvass = Canvass(workers=3)
        self.addCleanup(canvass.stop)
        token = canvass.person()
        for _ in range(40):
            with canvass.new_channel() as channel:
                canvass.rpc("AccountService/WhoAmI", token=token, channel=channel)
        seen = [handled(Page(canvass, "/metrics").samples(), "WhoAmI") for _ in range(8)]
        self.assertEqual(seen, [40.0] * 8)

        def received():
            return Page(canvass, "/metrics").samples()["canvass_calls_total"]

        eventually(lambda: received() >= 48)
        before = received()
        for victim in children(canvass.daemon.pid):
            os.kill(victim, signal.SIGKILL)
        def samples():
            try:
                return Page(canvass, "/metrics").samples()
            except subprocess.CalledProcessError:
                return {}
        eventually(lambda: samples().get("canvass_worker_starts_total") == 6)
        self.assertEqual(handled(samples(), "WhoAmI"), 40)
        self.assertGreaterEqual(samples()["canvass_calls_total"], before - 10)

    def test_readyz__says_when_the_database_is_away(self):
        canvass = Canvass(database_wait="100ms", log_calls="no")
        self.addCleanup(canvass.stop)
        token = canvass.person()
        canvass.rpc("AccountService/WhoAmI", token=token)
        self.assertNotIn("WhoAmI", canvass.log())
        canvass.kill_postgres()
        eventually(lambda: Page(canvass, "/readyz").status == 503)
        page = Page(canvass, "/readyz")
        self.assertEqual(page.body, "the database is away\n")
        self.assertEqual(Page(canvass, "/healthz").status, 200)
        self.assertEqual(Page(canvass, "/metrics").samples()["canvass_database_connections"], 0)
        canvass.start_postgres()
        eventually(lambda: Page(canvass, "/readyz").status == 200)


if __name__ == "__main__":
    canvass_test.main()
