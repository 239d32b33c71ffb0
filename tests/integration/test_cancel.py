"""A call that nobody waits for does not go on in PostgreSQL, and its neighbours do not notice."""

import random
import threading
import unittest
import uuid

import canvass_test
import grpc
from canvass_test import eventually

SLOW = "EmployerService/GetEmployer"
SLEEP_SECONDS = 300  # far above any patience of a test
ACTIVE = "FROM pg_stat_activity WHERE usename = 'canvass_app'"


class CancelTest(unittest.TestCase):
    """Reading one employer, cls.slow, takes SLEEP seconds."""

    SLEEP = f"{SLEEP_SECONDS}"

    @classmethod
    def setUpClass(cls):
        # only a cancel ends a statement in the time that a test has
        cls.canvass = canvass_test.Canvass(database_statement_timeout="10min")
        cls.addClassCleanup(cls.canvass.stop)
        cls.token = cls.canvass.person(name="Amira Shah")
        made = cls.canvass.rpc("EmployerService/CreateEmployer", {
            "employer": {"name": "Slow"}, "request_id": str(uuid.uuid4())}, cls.token)
        cls.slow = {"employer_id": made.employer.id}

    def setUp(self):
        self.canvass.psql(
            "CREATE POLICY slow ON canvass.employer AS RESTRICTIVE FOR SELECT TO canvass_app"
            f" USING (id <> '{self.slow['employer_id']}' OR pg_sleep({self.SLEEP}) IS NOT NULL)")
        self.addCleanup(self.canvass.psql, "DROP POLICY slow ON canvass.employer")

    def start(self, name, body=None, timeout=None):
        """A call under way."""
        request, call = self.canvass.multi_callable(name)
        return call.future(canvass_test.make_request(request, body), timeout=timeout,
                           metadata=canvass_test.bearer(self.token))


class TestCancel(CancelTest):
    def start_slow(self):
        call = self.start(SLOW, self.slow)
        eventually(lambda: self.sleeping() > 0)
        return call

    def sleeping(self):
        return int(self.canvass.psql(
            f"SELECT count(*) {ACTIVE} AND state = 'active' AND wait_event = 'PgSleep'"))

    def backends(self):
        return self.canvass.psql(f"SELECT pid {ACTIVE} ORDER BY pid").split()

    def rpc(self, name, body=None):
        return self.canvass.rpc(name, body, self.token)

    def test_cancel__reaches_the_running_statement(self):
        before = self.backends()
        call = self.start_slow()
        call.cancel()
        eventually(lambda: self.sleeping() == 0)
        eventually(lambda: self.backends() == before)  # the connection stays
        self.rpc("AccountService/WhoAmI")

    def test_deadline__reaches_the_running_statement(self):
        before = self.backends()
        with self.assertRaises(grpc.RpcError) as caught:
            self.start(SLOW, self.slow, timeout=1).result()
        self.assertEqual(caught.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        eventually(lambda: self.sleeping() == 0)
        eventually(lambda: self.backends() == before)

    def test_slow_calls__left_on_every_connection_stall_nobody(self):
        for _ in range(4):
            self.start_slow().cancel()
        self.assertEqual(self.rpc("AccountService/WhoAmI").specialist.name, "Amira Shah")
        eventually(lambda: self.sleeping() == 0)

    def test_neighbours__of_cancelled_calls_are_answered_as_ever(self):
        """Reads and writes sent in one turn with slow calls that are then left."""
        made = [str(uuid.uuid4()) for _ in range(20)]
        slow, kept = [], []
        for number, request_id in enumerate(made):
            slow.append(self.start(SLOW, self.slow))
            kept.append(self.start("AccountService/WhoAmI", {}, timeout=120))
            kept.append(self.start("EmployerService/CreateEmployer", {
                "employer": {"name": f"Neighbour {number}"}, "request_id": request_id},
                timeout=120))
        eventually(lambda: self.sleeping() > 0)
        for call in slow:
            call.cancel()
        for call in kept:
            call.result()
        self.assertEqual(self.canvass.psql(
            "SELECT count(*), count(DISTINCT name) FROM canvass.employer"
            " WHERE name LIKE 'Neighbour %'"), "20|20")
        eventually(lambda: self.sleeping() == 0)


class TestStorm(CancelTest):
    SLEEP = "random() * 0.1"

    def test_storm__of_cancels_loses_no_acknowledged_write(self):
        stop, answered, faults = threading.Event(), [], []

        def write(worker):
            number = 0
            while not stop.is_set():
                name = f"Storm {worker}-{number}"
                try:
                    self.canvass.rpc("EmployerService/CreateEmployer", {
                        "employer": {"name": name}, "request_id": str(uuid.uuid4())}, self.token)
                    answered.append(name)
                except grpc.RpcError as error:
                    faults.append(error)
                    return
                number += 1

        writers = [threading.Thread(target=write, args=(n,)) for n in range(3)]
        for writer in writers:
            writer.start()
        self.leave_calls(300)
        stop.set()
        for writer in writers:
            writer.join()
        self.assertEqual(faults, [])
        stored = self.canvass.psql(
            "SELECT name FROM canvass.employer WHERE name LIKE 'Storm %'").splitlines()
        self.assertEqual(sorted(stored), sorted(answered))
        eventually(lambda: self.canvass.psql(
            f"SELECT count(*) {ACTIVE} AND state <> 'idle'") == "0")

    def leave_calls(self, count):
        chance = random.Random(7)
        for _ in range(count):
            some = [self.start(SLOW, self.slow) for _ in range(4)]
            threading.Event().wait(chance.random() * 0.03)
            for each in some:
                each.cancel()


if __name__ == "__main__":
    unittest.main()
