"""Several workers behind one address: deaths, stuck ones, reloads, stops, inherited sockets."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import uuid

import grpc

import canvass_test
from canvass_test import CANVASSD, Canvass, eventually

# Runs argv[2:] with the sockets given by argv[1] as systemd would: from 3 on, LISTEN_PID ours.
LAUNCHER = """
import os, sys
fds = [int(fd) for fd in sys.argv[1].split(",")]
kept = [os.dup2(fd, 60 + i, inheritable=False) for i, fd in enumerate(fds)]
for i, fd in enumerate(kept):
    os.dup2(fd, 3 + i, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
os.execv(sys.argv[2], sys.argv[2:])
"""


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
        return {int(each) for each in f.read().split()}


class Notices:
    """Stands in for systemd: what the daemon says on NOTIFY_SOCKET. A thread takes it at once: the
    daemon would wait for room, as it would for a systemd that does not listen."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            self.heard.extend(lines)

    def lines(self):
        return list(self.heard)

    def forget(self):
        self.heard = []

    @contextlib.contextmanager
    def environment(self, **more):
        """Started within, the daemon thinks that systemd started it."""
        os.environ.update(NOTIFY_SOCKET=self.path, **more)
        try:
            yield
        finally:
            for name in ("NOTIFY_SOCKET", *more):
                del os.environ[name]


class Caller(threading.Thread):
    """Writes an account's token again and again on connections of its own; repeats with the same
    request_id what was lost, as the manual tells a client to do."""

    def __init__(self, canvass, token):
        super().__init__(daemon=True)
        self.canvass, self.token = canvass, token
        self.made, self.lost, self.faults, self.ends = [], 0, [], False
        self.start()

    def run(self):
        while not self.ends:
            try:
                self.write_once()
            except Exception as fault:  # the test shows it
                self.faults.append(fault)
                return

    def write_once(self):
        name, request_id = f"Employer {uuid.uuid4()}", str(uuid.uuid4())
        for _ in range(50):
            with self.canvass.new_channel() as channel:
                try:
                    made = self.canvass.rpc(
                        "EmployerService/CreateEmployer",
                        {"request_id": request_id, "employer": {"name": name}},
                        self.token, channel=channel)
                except grpc.RpcError as error:
                    if error.code() != grpc.StatusCode.UNAVAILABLE:
                        raise
                    self.lost += 1
                    time.sleep(0.1)
                    continue
            self.made.append((name, made.employer.id))
            return
        raise RuntimeError("never answered")

    def end(self):
        self.ends = True
        self.join(30)


class WorkersTest(unittest.TestCase):
    options = {}

    @classmethod
    def setUpClass(cls):
        cls.canvass = Canvass(start=False, workers="3", watchdog="2s", **cls.options)
        cls.notices = Notices(cls.canvass.folder)
        with cls.notices.environment(WATCHDOG_USEC="2000000"):
            cls.canvass.start_daemon()
        cls.token = cls.canvass.person(roles=("specialist", "lead"))

    @classmethod
    def tearDownClass(cls):
        cls.canvass.stop()

    def workers(self):
        return children(self.canvass.daemon.pid)

    def wait_for_others_than(self, gone):
        """Wait until 3 workers run, none of @gone."""
        eventually(lambda: len(self.workers()) == 3 and not self.workers() & set(gone))
        return self.workers()

    def answers(self):
        with self.canvass.new_channel() as channel:
            return self.canvass.rpc("AccountService/WhoAmI", {}, self.token, channel=channel)


class TestWorkers(WorkersTest):
    def test_workers__all_serve(self):
        self.assertEqual(len(self.workers()), 3)
        before = {pid: cpu_ticks(pid) for pid in self.workers()}
        threads = [threading.Thread(target=lambda: [self.answers() for _ in range(25)])
                   for _ in range(12)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        busy = [pid for pid, ticks in before.items() if cpu_ticks(pid) > ticks]
        self.assertGreater(len(busy), 1)

    def test_worker__that_is_killed_loses_only_its_calls_and_each_is_repeated(self):
        callers = [Caller(self.canvass, self.token) for _ in range(6)]
        killed = set()
        for _ in range(4):
            time.sleep(0.4)
            victim = sorted(self.workers() - killed)[0]
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)
            self.wait_for_others_than(killed)
        for caller in callers:
            caller.end()
        self.assertEqual([fault for caller in callers for fault in caller.faults], [])
        made = [each for caller in callers for each in caller.made]
        self.assertGreater(len(made), 20)
        # nothing was written twice and nothing that was answered is missing
        found = self.canvass.psql(
            "SELECT name || '|' || id FROM canvass.employer WHERE name LIKE 'Employer %'")
        self.assertEqual(sorted(found.split("\n")), sorted("|".join(each) for each in made))
        self.assertIn("was ended by signal 9", self.canvass.log())

    def test_worker__that_is_stuck_is_replaced(self):
        stuck = sorted(self.workers())[0]
        os.kill(stuck, signal.SIGSTOP)
        self.wait_for_others_than({stuck})
        self.assertIn(f"({stuck}) is stuck and is killed", self.canvass.log())
        self.answers()

    def test_worker__that_is_told_to_end_is_replaced(self):
        one = sorted(self.workers())[0]
        os.kill(one, signal.SIGTERM)
        self.wait_for_others_than({one})
        self.answers()

    def test_worker__is_replaced_while_the_database_is_away(self):
        self.canvass.kill_postgres()
        try:
            one = sorted(self.workers())[0]
            os.kill(one, signal.SIGKILL)
            self.wait_for_others_than({one})
            # no beat needs the database
            before = self.workers()
            time.sleep(3)
            self.assertEqual(self.workers(), before)
        finally:
            self.canvass.start_postgres()
        eventually(lambda: answers_soon(self))

    def test_worker__that_dies_at_once_is_started_after_a_growing_pause(self):
        before = len(re.findall(r"worker 0 is process", self.canvass.log()))
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            found = re.findall(r"worker 0 is process (\d+)", self.canvass.log())
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(found[-1]), signal.SIGKILL)
            time.sleep(0.01)
        starts = len(re.findall(r"worker 0 is process", self.canvass.log())) - before
        self.assertLessEqual(starts, 7)  # 0.1, 0.2, 0.4, 0.8 … seconds between them
        self.assertGreaterEqual(starts, 2)
        eventually(lambda: len(self.workers()) == 3)

    def test_reload__reaches_every_worker_and_is_reported(self):
        before = self.workers()
        eventually(lambda: "READY=1" in self.notices.lines())
        self.notices.forget()
        done = len(re.findall("reloaded log level", self.canvass.log()))
        with open(self.canvass.certificate, "rb") as f:
            old = f.read()
        self.canvass.make_certificate("server")
        with open(self.canvass.certificate, "rb") as f:
            self.assertNotEqual(f.read(), old)
        self.canvass.daemon.send_signal(signal.SIGHUP)
        eventually(lambda: "READY=1" in self.notices.lines())
        lines = self.notices.lines()
        self.assertLess(lines.index("RELOADING=1"), lines.index("READY=1"))
        self.assertEqual(len(re.findall("reloaded log level", self.canvass.log())) - done, 4)
        self.assertEqual(self.workers(), before)
        for _ in range(12):
            self.answers()  # every worker shows the new certificate, or this fails

    def test_systemd__hears_that_we_are_ready_and_alive(self):
        count = self.notices.lines().count("WATCHDOG=1")
        eventually(lambda: self.notices.lines().count("WATCHDOG=1") > count + 2)

    def test_parent__that_is_killed_takes_its_workers_along(self):
        workers = self.workers()
        self.canvass.stop_daemon(signal.SIGKILL)
        eventually(lambda: not any(is_running(pid) for pid in workers))
        self.notices.forget()
        with self.notices.environment(WATCHDOG_USEC="2000000"):
            self.canvass.start_daemon()


class TestStop(WorkersTest):
    options = {"drain": "10s"}

    def test_stop__lets_calls_end_and_takes_all_along(self):
        self.assertIn("READY=1", self.notices.lines())
        self.assertIn(f"MAINPID={self.canvass.daemon.pid}", self.notices.lines())
        workers = self.workers()
        callers = [Caller(self.canvass, self.token) for _ in range(3)]
        eventually(lambda: all(caller.made for caller in callers))
        started = time.monotonic()
        self.canvass.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(self.canvass.daemon.wait(9), 0)
        self.assertLess(time.monotonic() - started, 8)
        self.assertIn("STOPPING=1", self.notices.lines())
        self.assertFalse(any(is_running(pid) for pid in workers))
        with self.notices.environment():
            self.canvass.start_daemon()
        for caller in callers:
            caller.end()
        self.assertEqual([fault for caller in callers for fault in caller.faults], [])

    def test_stop__does_not_wait_for_a_stuck_worker_for_ever(self):
        canvass = Canvass(start=False, workers="2", drain="1s", watchdog="0")
        self.addCleanup(canvass.stop)
        canvass.start_daemon()
        os.kill(sorted(children(canvass.daemon.pid))[0], signal.SIGSTOP)
        canvass.daemon.send_signal(signal.SIGTERM)
        self.assertEqual(canvass.daemon.wait(15), 0)
        self.assertIn("workers do not end and are killed", canvass.log())

    def test_start__that_no_worker_survives_is_given_up(self):
        broken = os.path.join(self.canvass.folder, "broken.pem")
        with open(broken, "w", encoding="utf-8") as f:
            f.write("no certificate")
        with self.assertRaises(RuntimeError) as caught:
            Canvass.start_daemon(FakeOf(self.canvass), tls_certificate=broken, listen="127.0.0.1:0")
        self.assertIn("no worker could begin", str(caught.exception))


class FakeOf:
    """The same cluster and files for one more daemon."""

    def __init__(self, canvass):
        self.__dict__.update(canvass.__dict__)
        self.arguments = lambda **options: canvass.arguments(**options)
        self.log = canvass.log


class TestInherited(unittest.TestCase):
    def inherited(self, workers):
        canvass = Canvass(start=False)
        self.addCleanup(canvass.stop)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        canvass.port = listener.getsockname()[1]
        arguments = canvass.arguments(workers=workers, listen="127.0.0.1:1")
        with open(canvass.log_path, "a", encoding="utf-8") as log:
            canvass.daemon = subprocess.Popen(
                [sys.executable, "-c", LAUNCHER, str(listener.fileno()), CANVASSD, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[listener.fileno()])
        # a client may come before the daemon is there: its connection waits in the socket
        token = canvass.person()
        found = canvass.rpc("AccountService/WhoAmI", {}, token, wait_for_ready=True)
        self.assertTrue(found.specialist.name)
        eventually(lambda: f"serving on inherited socket:{canvass.port}" in canvass.log())
        self.assertEqual(canvass.stop_daemon(), 0)
        # the socket is systemd's: it listens on
        with socket.create_connection(("127.0.0.1", canvass.port)):
            pass

    def test_socket__may_be_inherited_by_one_process(self):
        self.inherited(workers="1")

    def test_socket__may_be_inherited_by_workers(self):
        self.inherited(workers="2")

    def test_descriptor__that_does_not_listen_is_refused(self):
        canvass = Canvass(start=False)
        self.addCleanup(canvass.stop)
        one, other = socket.socketpair()
        done = subprocess.run(
            [sys.executable, "-c", LAUNCHER, str(one.fileno()), CANVASSD, *canvass.arguments()],
            capture_output=True, text=True, pass_fds=[one.fileno()], timeout=30, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("listens to no stream", done.stderr)
        one.close()
        other.close()


class TestOneProcess(unittest.TestCase):
    def test_one__reports_to_systemd_itself(self):
        canvass = Canvass(start=False, drain="1s")
        self.addCleanup(canvass.stop)
        notices = Notices(canvass.folder)
        with notices.environment(WATCHDOG_USEC="400000"):
            canvass.start_daemon()
        self.assertEqual(children(canvass.daemon.pid), set())
        eventually(lambda: "READY=1" in notices.lines())
        canvass.kill_postgres()
        notices.forget()
        eventually(lambda: notices.lines().count("WATCHDOG=1") > 4)
        canvass.daemon.send_signal(signal.SIGHUP)
        eventually(lambda: "READY=1" in notices.lines())
        self.assertIn("RELOADING=1", notices.lines())
        self.assertEqual(canvass.stop_daemon(), 0)
        self.assertIn("STOPPING=1", notices.lines())


def answers_soon(test):
    try:
        return test.answers()
    except grpc.RpcError:
        return False


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    canvass_test.main()
