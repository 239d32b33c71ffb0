"""Watches: what changes reaches those who may see it, at whichever daemon they watch, and goes on
after a lost connection without a gap and without telling anything twice."""

import base64
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import unittest

import canvass_test
import grpc
from canvass_test import SOUTHWARK, eventually

CHANGES = 2000
WRITERS = 4


class Twin(canvass_test.Canvass):
    """Another daemon on the database of one that runs."""

    def __init__(self, of, **options):  # pylint: disable=super-init-not-called
        for name in ("folder", "cluster", "certificate", "key"):
            setattr(self, name, getattr(of, name))
        self.log_path = os.path.join(self.folder, f"twin{time.monotonic_ns()}.log")
        self.options = options
        self.daemon = self.port = self.channel = None
        self.start_daemon()


class Watcher(threading.Thread):
    """Reads a watch, and begins again with its last token, at the next daemon, when it breaks."""

    def __init__(self, daemons, token, place="", pause=0.0):
        super().__init__(daemon=True)
        self.daemons, self.token, self.place, self.pause = daemons, token, place, pause
        self.told, self.breaks, self.end, self.is_over = [], 0, None, False
        self.call = self.channel = None
        self.start()

    def run(self):
        turn = 0
        while not self.is_over:
            daemon = self.daemons[turn % len(self.daemons)]
            turn += 1
            try:
                self.channel = daemon.new_channel()
                self.call = daemon.rpc("WatchService/Watch", {"token": self.place}, self.token,
                                       timeout=300, channel=self.channel)
                for message in self.call:
                    self.place = message.token
                    if message.HasField("change"):
                        self.told.append((time.monotonic(), message.change))
                    time.sleep(self.pause)
            except (grpc.RpcError, ValueError) as error:
                self.end = error
                if getattr(error, "code", lambda: None)() in (
                        grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.FAILED_PRECONDITION):
                    return
                self.breaks += 1
                time.sleep(0.02)
            finally:
                self.channel.close()

    def stop(self):
        self.is_over = True
        if self.call:
            self.call.cancel()
        self.join(20)

    def sentences(self):
        return [change.sentence for _, change in list(self.told)]

    def markers(self):
        return [marker for sentence in self.sentences()
                for marker in re.findall(r"to (m\d+-\d+-\d+)", sentence)]


class TestWatch(canvass_test.CanvassTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.twin = Twin(cls.canvass)
        cls.southwark = cls.canvass.person(borough=SOUTHWARK, name="Tom Okafor",
                                           roles=("specialist", "lead"))
        cls.lambeth_south = cls.canvass.person(team="Lambeth South", name="Bola Ade")

    @classmethod
    def tearDownClass(cls):
        cls.twin.stop_daemon()

    def employer(self, name):
        return self.sql("INSERT INTO canvass.employer (name, created_by_name, updated_by_name)"
                        f" VALUES ('{name}', 'x', 'x') RETURNING id")

    def watch(self, token=None, daemons=None, **kwargs):
        watcher = Watcher(daemons or [self.twin], token or self.token, **kwargs)
        self.addCleanup(watcher.stop)
        eventually(lambda: watcher.place)
        return watcher

    def test_change__reaches_a_watcher_of_another_daemon(self):
        employer = self.employer("Hilltop Tool Hire")
        watcher = self.watch()
        self.rpc("EmployerService/UpdateEmployer", {
            "employer": {"id": employer, "phone": "020 7946 0123"}, "update_mask": "phone"},
            token=self.southwark)
        eventually(lambda: watcher.told)
        change = watcher.told[0][1]
        self.assertEqual(change.sentence, "Tom Okafor (Southwark) changed the phone to 020 7946 0123, "
                                          "at Hilltop Tool Hire")
        self.assertEqual((change.by, change.borough, change.employer, change.employer_id),
                         ("Tom Okafor", "Southwark", "Hilltop Tool Hire", employer))
        self.assertEqual([(row.kind, row.id) for row in change.rows], [(1, employer)])

    def test_change__is_told_to_those_who_may_see_it_alone(self):
        employer = self.employer("Acre Lane Garage")
        mine, south, other = self.watch(), self.watch(self.lambeth_south), self.watch(self.southwark)
        contact = self.rpc("EmployerService/AddContact", {"contact": {
            "employer_id": employer, "name": "Pat Quinn", "source": "met", "basis": 1}}).contact.id
        self.rpc("ClientService/CreateClient", {"client": {"ref": "LB-900", "initials": "QX"}})
        self.rpc("ShareService/ShareContact", {"contact_id": contact, "to_borough_id": SOUTHWARK})
        self.rpc("EmployerService/UpdateEmployer", {
            "employer": {"id": employer, "phone": "020 7946 0111"}, "update_mask": "phone"})
        for watcher in (mine, south, other):
            eventually(lambda w=watcher: any("0111" in said for said in w.sentences()))
        me = "Amira Shah (Lambeth) "
        self.assertEqual(other.sentences(), [
            me + "shared a contact with you, at Acre Lane Garage",
            me + "changed the phone to 020 7946 0111, at Acre Lane Garage"])
        self.assertEqual(south.sentences(), [
            me + "added the contact Pat Quinn, at Acre Lane Garage",
            me + "shared Pat Quinn with Southwark, at Acre Lane Garage", other.sentences()[1]])
        self.assertEqual(mine.sentences(), [
            south.sentences()[0], me + "added the client LB-900", *south.sentences()[1:]])

    def writer(self, n, employers, expected, commits):
        """Transactions of one or two changes, one in five of them taken back."""
        chance = random.Random(n)
        lines = ["SET search_path = canvass;", "SET client_min_messages = error;"]
        for i in range(CHANGES // WRITERS):
            markers = [f"m{n}-{i}-{k}" for k in range(chance.randint(1, 2))]
            lines.append("BEGIN;")
            for marker in sorted(markers):
                lines.append(f"UPDATE employer SET about = '{marker}' WHERE id = "
                             f"'{employers[n * 2 + int(marker[-1])]}';")
            if chance.random() < 0.2:
                lines.append("ROLLBACK;")
            else:
                lines.append("COMMIT;")
                expected.update(markers)
            if i % 10 == 0:
                lines.append("SELECT pg_sleep(0.05);")
        self.psql_script("\n".join(lines))
        commits.append(n)

    def psql_script(self, script):
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.canvass.cluster,
             "-U", "postgres", "-d", "canvass"], input=script, text=True, capture_output=True, check=False)
        if done.returncode:
            raise AssertionError(done.stderr)

    def test_watch__has_no_gap_and_no_double_whatever_breaks(self):
        employers = [self.employer(f"Unit {i} of {CHANGES}") for i in range(WRITERS * 2 + 1)]
        twins = [Twin(self.canvass), Twin(self.canvass)]
        for twin in twins:
            self.addCleanup(twin.stop_daemon)
        watchers = [self.watch(self.person(), twins) for _ in range(6)]
        watchers += [self.watch(self.person(borough=SOUTHWARK), twins[::-1]) for _ in range(6)]
        slow = self.watch(self.person(), [twins[0]], pause=0.02)
        expected, done = {"m9-0-0"}, []
        threads = [threading.Thread(target=self.writer, args=(n, employers, expected, done))
                   for n in range(WRITERS)]
        threads.append(threading.Thread(target=self.psql_script, args=(
            f"BEGIN; UPDATE canvass.employer SET about = 'm9-0-0' WHERE id = '{employers[-1]}';"
            " SELECT pg_sleep(4); COMMIT;",)))
        for thread in threads:
            thread.start()
        chance = random.Random(5)
        while any(thread.is_alive() for thread in threads):
            time.sleep(chance.uniform(0.2, 0.6))
            if chance.random() < 0.4:
                twin = chance.choice(twins)
                twin.daemon.kill()
                twin.daemon.wait()
                twin.start_daemon()
            else:
                chance.choice(watchers).channel.close()
        for thread in threads:
            thread.join()
        self.assertEqual(len(done), WRITERS)
        self.rpc("EmployerService/UpdateEmployer", {
            "employer": {"id": employers[0], "about": "m9-9-9"}, "update_mask": "about"})
        expected.add("m9-9-9")
        for watcher in (*watchers, slow):
            eventually(lambda w=watcher: len(w.markers()) >= len(expected), 120)
        time.sleep(0.5)
        for watcher in (*watchers, slow):
            told = watcher.markers()
            self.assertEqual(len(told), len(set(told)), "told twice")
            self.assertEqual(set(told), expected)
        self.assertGreater(sum(watcher.breaks for watcher in watchers), 5)

    def test_revoked_login__ends_its_watches(self):
        token = self.person()
        watcher = self.watch(token)
        self.sql("UPDATE canvass.token SET revoked_at = now() WHERE hash = "
                 f"decode('{canvass_test.token_hash(token)}', 'hex')")
        watcher.join(20)
        self.assertEqual(watcher.end.code(), grpc.StatusCode.UNAUTHENTICATED)
        self.assertIn("revoked", watcher.end.details())

    def test_revoked_login__is_told_nothing_more(self):
        token = self.person()
        employer = self.employer("Revoked Ltd")
        watcher = self.watch(token)
        self.sql("UPDATE canvass.token SET revoked_at = now() WHERE hash = "
                 f"decode('{canvass_test.token_hash(token)}', 'hex');"
                 f"UPDATE canvass.employer SET about = 'secret' WHERE id = '{employer}'")
        watcher.join(20)
        self.assertEqual(watcher.end.code(), grpc.StatusCode.UNAUTHENTICATED)
        self.assertEqual(watcher.told, [])

    def tokens(self, **kwargs):
        return next(self.rpc("WatchService/Watch", kwargs)).token

    @staticmethod
    def forged(token, **changes):
        key = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        for i, value in changes.items():
            key[int(i[1:])] = value
        return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")

    def test_token__that_is_none_or_too_old_is_refused(self):
        token = self.tokens()
        for junk in ("junk", "WyJhIl0", self.forged(token, k2="x"), self.forged(token, k3="1:"),
                     self.forged(token, k1="soon")):
            self.assert_fails("INVALID_ARGUMENT", "WatchService/Watch", {"token": junk}, "token",
                              "not one of ours")
        old = self.forged(token, k1=str(int(time.time()) - 8 * 86400))
        self.assert_fails("FAILED_PRECONDITION", "WatchService/Watch", {"token": old}, "token",
                          "Load again")
        self.assert_fails("FAILED_PRECONDITION", "WatchService/Watch",
                          {"token": self.forged(token, k0="00000009")}, "token", "load again")

    def test_watches__of_one_login_are_limited(self):
        twin = Twin(self.canvass, max_watches=2)
        self.addCleanup(twin.stop_daemon)
        token = self.person()
        first, second = self.watch(token, [twin]), self.watch(token, [twin])
        with self.assertRaises(grpc.RpcError) as caught:
            next(twin.rpc("WatchService/Watch", {}, token))
        found = self.check_error(caught.exception, "RESOURCE_EXHAUSTED", says="2 watches open")
        self.assertIsNotNone(found["retry"])
        self.watch(self.person(), [twin])
        first.stop()
        eventually(lambda: self.may_watch(twin, token))
        second.stop()

    @staticmethod
    def may_watch(twin, token):
        try:
            call = twin.rpc("WatchService/Watch", {}, token)
            next(call)
            call.cancel()
        except grpc.RpcError:
            return False
        return True

    def test_daemon_that_stops__ends_watches_at_once(self):
        twin = Twin(self.canvass)
        call = twin.rpc("WatchService/Watch", {}, self.token)
        next(call)
        began = time.monotonic()
        twin.daemon.send_signal(signal.SIGTERM)
        with self.assertRaises(grpc.RpcError) as caught:
            list(call)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        twin.close_channel()
        self.assertEqual(twin.daemon.wait(30), 0)
        self.assertLess(time.monotonic() - began, 5)
        twin.daemon = None

    def test_database_that_was_away__costs_nothing(self):
        """Last but for its name: the cluster is killed and comes again."""
        employer = self.employer("After The Storm")
        watcher = self.watch()
        self.canvass.kill_postgres()
        self.canvass.start_postgres()
        eventually(lambda: self.is_written(employer))
        eventually(lambda: any("storm is over" in said for said in watcher.sentences()))
        self.assertEqual(sum("storm is over" in said for said in watcher.sentences()), 1)

    def is_written(self, employer):
        try:
            self.sql(f"UPDATE canvass.employer SET about = 'storm is over' WHERE id = '{employer}'")
        except RuntimeError:
            return False
        return True


if __name__ == "__main__":
    canvass_test.main()
