"""The engine: what holds for every method, on a real PostgreSQL and over real gRPC."""

import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest
import uuid

import grpc

import canvass_test
from canvass_test import LAMBETH, ZERO, eventually, to_dict


def employer(name="Pret", **fields):
    return {"employer": {"name": name, **fields}}


class TestCallers(canvass_test.CanvassTest):
    def test_call__says_who_the_token_belongs_to(self):
        answer = self.rpc("AccountService/WhoAmI")
        self.assertEqual(answer.specialist.name, "Amira Shah")
        self.assertEqual(to_dict(answer)["specialist"]["roles"], ["ROLE_SPECIALIST", "ROLE_LEAD"])
        self.assertRegex(answer.server_version, r"^\d+\.\d+")
        self.assertTrue(answer.schema_version)

    def test_call__without_token_is_unauthenticated_before_any_sql(self):
        for token in ("", "x", "cvt_short", "cvt_" + "!" * 43):
            found = self.assert_fails("UNAUTHENTICATED", "AccountService/WhoAmI", token=token)
            self.assertRegex(found["message"], "token|authorization")
            if token:
                self.assertNotIn(token, found["message"].replace("cvt_", "") or "-")

    def test_call__with_unknown_expired_or_revoked_token_is_unauthenticated(self):
        self.assert_fails("UNAUTHENTICATED", "AccountService/WhoAmI",
                          token=canvass_test.new_token())
        for change in ("created_at = now() - interval '9 days', expires_at = now() - interval '1 s'",
                       "revoked_at = now()"):
            token = self.person()
            self.rpc("AccountService/WhoAmI", token=token)
            self.sql(f"UPDATE canvass.token SET {change} WHERE hash ="
                     f" decode('{canvass_test.token_hash(token)}', 'hex')")
            self.assert_fails("UNAUTHENTICATED", "AccountService/WhoAmI", token=token)

    def test_call__of_another_role_is_denied_and_does_nothing(self):
        auditor = self.person(roles=("auditor",))
        self.assert_fails("PERMISSION_DENIED", "EmployerService/CreateEmployer",
                          employer("Denied Ltd"), token=auditor, says="auditor")
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.employer WHERE name ="
                                  " 'Denied Ltd'"), "0")

    def test_call__of_unknown_method_is_unimplemented(self):
        _, call = self.canvass.multi_callable("AccountService/WhoAmI")
        channel = self.canvass.channel
        for path in ("/canvass.v1.AccountService/Nothing", "/nothing", "/"):
            with self.assertRaises(grpc.RpcError) as caught:
                channel.unary_unary(path)(b"", metadata=canvass_test.bearer(self.token), timeout=5)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_call__neighbours_in_one_turn_see_their_own_rows(self):
        """Reads of many callers share syncs: no row may cross."""
        people = {}
        for i in range(8):
            token = self.person(name=f"Neighbour {i}", team=f"Neighbours {i}")
            self.rpc("ClientService/CreateClient", {"client": {"ref": f"NB-{i}00"}}, token=token)
            people[token] = (f"Neighbour {i}", f"NB-{i}00")
        request, who = self.canvass.multi_callable("AccountService/WhoAmI")
        list_request, listed = self.canvass.multi_callable("ClientService/ListClients")
        pending = []
        for _ in range(40):
            for token, expected in people.items():
                metadata = canvass_test.bearer(token)
                pending.append((expected[0], who.future(request(), metadata=metadata)))
                pending.append((expected[1], listed.future(list_request(), metadata=metadata)))
        for expected, future in pending:
            answer = future.result(30)
            if hasattr(answer, "clients"):
                self.assertEqual([c.ref for c in answer.clients], [expected])
            else:
                self.assertEqual(answer.specialist.name, expected)


class TestWrites(canvass_test.CanvassTest):
    def count(self, name):
        return int(self.sql(f"SELECT count(*) FROM canvass.employer WHERE name = $a${name}$a$"))

    def test_write__needs_a_request_id(self):
        for bad in ("", "not-a-uuid"):
            self.assert_fails("INVALID_ARGUMENT", "EmployerService/CreateEmployer",
                              {**employer("No Id"), "request_id": bad}, field="request_id")
        self.assertEqual(self.count("No Id"), 0)

    def test_write__repeated_gets_the_first_answer(self):
        body = {**employer("Repeated"), "request_id": str(uuid.uuid4())}
        first = self.rpc("EmployerService/CreateEmployer", body)
        for _ in range(3):
            self.assertEqual(self.rpc("EmployerService/CreateEmployer", body), first)
        self.assertEqual(self.count("Repeated"), 1)

    def test_write__replay_touches_the_kept_row(self):
        """RELIABILITY.md finding 3: a replay writes, so that it waits for the standby."""
        body = {**employer("Touched"), "request_id": str(uuid.uuid4())}
        self.rpc("EmployerService/CreateEmployer", body)
        before = self.sql(f"SELECT xmin FROM canvass.request WHERE id = '{body['request_id']}'")
        self.rpc("EmployerService/CreateEmployer", body)
        after = self.sql(f"SELECT xmin FROM canvass.request WHERE id = '{body['request_id']}'")
        self.assertNotEqual(before, after)

    def test_write__same_id_with_another_body_is_refused(self):
        body = {**employer("First Body"), "request_id": str(uuid.uuid4())}
        self.rpc("EmployerService/CreateEmployer", body)
        body["employer"] = {"name": "Second Body"}
        self.assert_fails("ALREADY_EXISTS", "EmployerService/CreateEmployer", body,
                          field="request_id")
        self.assertEqual(self.count("Second Body"), 0)

    def test_write__same_id_of_another_caller_is_another_request(self):
        body = {**employer("Two Callers"), "even_if_similar": True, "request_id": str(uuid.uuid4())}
        self.rpc("EmployerService/CreateEmployer", body)
        self.rpc("EmployerService/CreateEmployer", body, token=self.person())
        self.assertEqual(self.count("Two Callers"), 2)

    def test_write__twenty_at_once_with_one_id_write_once(self):
        request, call = self.canvass.multi_callable("EmployerService/CreateEmployer")
        body = canvass_test.make_request(
            request, {**employer("All At Once"), "request_id": str(uuid.uuid4())})
        futures = [call.future(body, metadata=canvass_test.bearer(self.token), timeout=20)
                   for _ in range(20)]
        answers = [f.result() for f in futures]
        self.assertEqual(len({a.SerializeToString(deterministic=True) for a in answers}), 1)
        self.assertEqual(self.count("All At Once"), 1)

    def test_write__that_fails_keeps_nothing_and_may_be_mended(self):
        body = {**employer(""), "request_id": str(uuid.uuid4())}
        self.assert_fails("INVALID_ARGUMENT", "EmployerService/CreateEmployer", body,
                          field="employer.name")
        body["employer"] = {"name": "Mended"}
        self.rpc("EmployerService/CreateEmployer", body)
        self.assertEqual(self.count("Mended"), 1)

    def test_write__whose_answer_is_a_secret_is_shown_once(self):
        body = {"label": "phone", "request_id": str(uuid.uuid4())}
        answer = self.rpc("AccountService/IssueToken", body)
        self.assertRegex(answer.secret, r"^cvt_[A-Za-z0-9_-]{43}$")
        self.rpc("AccountService/WhoAmI", token=answer.secret)
        self.assert_fails("ALREADY_EXISTS", "AccountService/IssueToken", body, field="request_id")
        self.assertNotIn(answer.secret, self.canvass.log())
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.request WHERE answer::text LIKE"
                                  f" '%{answer.secret}%'"), "0")

    def test_validate_only__answers_and_keeps_nothing(self):
        for _ in range(2):
            answer = self.rpc("EmployerService/CreateEmployer",
                              {**employer("Only Checked"), "validate_only": True})
            self.assertEqual(answer.employer.name, "Only Checked")
        self.assertEqual(self.count("Only Checked"), 0)

    def test_validate_only__finds_the_same_faults(self):
        self.assert_fails("INVALID_ARGUMENT", "EmployerService/CreateEmployer",
                          {**employer("x" * 201), "validate_only": True}, field="employer.name")

    def test_validate_only__leaves_the_request_id_free(self):
        body = {**employer("Checked Then Done"), "request_id": str(uuid.uuid4())}
        self.rpc("EmployerService/CreateEmployer", {**body, "validate_only": True})
        self.rpc("EmployerService/CreateEmployer", body)
        self.assertEqual(self.count("Checked Then Done"), 1)

    def test_update__with_a_stale_etag_says_who_changed_it(self):
        made = self.rpc("EmployerService/CreateEmployer", employer("Edited")).employer
        other = self.person(name="Ben Okafor")
        change = {"employer": {"id": made.id, "etag": made.etag, "phone": "020 7946 0001"},
                  "update_mask": "phone"}
        fresh = self.rpc("EmployerService/UpdateEmployer", change, token=other).employer
        self.assertNotEqual(fresh.etag, made.etag)
        found = self.assert_fails("ABORTED", "EmployerService/UpdateEmployer", change)
        self.assertIn("Ben Okafor", found["message"])

    def test_update__clears_a_masked_field_that_is_left_empty(self):
        made = self.rpc("EmployerService/CreateEmployer",
                        employer("Cleared", phone="020 7946 0002")).employer
        answer = self.rpc("EmployerService/UpdateEmployer",
                          {"employer": {"id": made.id}, "update_mask": "phone"})
        self.assertEqual(answer.employer.phone, "")

    def test_create__with_an_id_of_the_callers_own_choice(self):
        chosen = str(uuid.uuid4())
        answer = self.rpc("EmployerService/CreateEmployer", employer("Chosen", id=chosen))
        self.assertEqual(answer.employer.id, chosen)
        self.assert_fails("ALREADY_EXISTS", "EmployerService/CreateEmployer",
                          employer("Chosen again", id=chosen), field="employer.id")


class TestReads(canvass_test.CanvassTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ids = [cls.canvass.rpc("EmployerService/CreateEmployer",
                                   {**employer(f"Paged {i:03}"), "even_if_similar": True},
                                   token=cls.token).employer.id
                   for i in range(23)]

    def test_read__of_nothing_is_not_found(self):
        self.assert_fails("NOT_FOUND", "EmployerService/GetEmployer", {"employer_id": ZERO},
                          says="employer")

    def test_read__of_a_list_without_rows_is_empty(self):
        self.assertEqual(list(self.rpc("EmployerService/ListContacts",
                                       {"employer_id": ZERO}).contacts), [])

    def test_read__with_a_bad_id_names_the_field(self):
        self.assert_fails("INVALID_ARGUMENT", "EmployerService/GetEmployer",
                          {"employer_id": "17"}, field="employer_id", says="UUID")

    def test_read__with_an_impossible_date_names_the_field(self):
        self.assert_fails("INVALID_ARGUMENT", "TodayService/GetToday",
                          {"on": {"year": 2026, "month": 2, "day": 30}}, field="on",
                          says="2026-02-30")

    def test_teams__are_listed_by_borough_and_name(self):
        for team in ("Zebra", "Aardvark"):
            self.person(team=team)
        teams = self.rpc("AccountService/ListTeams", {"borough_id": LAMBETH}).teams
        names = [team.name for team in teams]
        self.assertEqual(names, sorted(names))
        self.assertTrue({"Zebra", "Aardvark"} <= set(names))
        self.assertEqual({team.borough for team in teams}, {"Lambeth"})

    def pages(self, name, body, field, **kwargs):
        token, pages = "", []
        while True:
            answer = self.rpc(name, {**body, "page_token": token}, **kwargs)
            pages.append(list(getattr(answer, field)))
            token = answer.next_page_token
            if not token:
                return pages

    def test_pages__go_through_every_row_once(self):
        pages = self.pages("EmployerService/SearchEmployers", {"query": "paged", "page_size": 5},
                           "employers")
        self.assertTrue(all(len(page) == 5 for page in pages[:-1]), [len(p) for p in pages])
        found = [hit.id for page in pages for hit in page]
        self.assertEqual(len(found), len(set(found)))
        self.assertTrue(set(self.ids) <= set(found))

    def test_pages__end_where_the_last_one_is_full(self):
        token = self.person(team="Full Pages")
        for i in range(4):
            self.rpc("ClientService/CreateClient", {"client": {"ref": f"FP-{i}"}}, token=token)
        pages = self.pages("ClientService/ListClients", {"page_size": 2}, "clients", token=token)
        self.assertEqual([len(page) for page in pages], [2, 2])

    def test_pages__refuse_a_negative_size_and_junk_tokens(self):
        self.assert_fails("INVALID_ARGUMENT", "EmployerService/SearchEmployers",
                          {"query": "paged", "page_size": -1}, field="page_size")
        for junk in ("junk", "e30", "////", "W10"):
            self.assert_fails("INVALID_ARGUMENT", "EmployerService/SearchEmployers",
                              {"query": "paged", "page_token": junk}, field="page_token")

    def test_pages__are_at_most_a_thousand_long(self):
        answer = self.rpc("EmployerService/SearchEmployers",
                          {"query": "paged", "page_size": 100000})
        self.assertGreaterEqual(len(answer.employers), 23)


class TestStreams(canvass_test.CanvassTest):
    def rows(self, n, prefix):
        letters = "abcdefghijklmnopqrstuvwxyz"
        return [{"line": i + 2, "ref": f"{prefix}{i}",
                 "name": f"{prefix} {letters[i // 676]}{letters[i // 26 % 26]}{letters[i % 26]}"}
                for i in range(n)]

    def batch(self, rows, **fields):
        return {"source": "test", "rows": rows, "request_id": str(uuid.uuid4()), **fields}

    def test_import__answers_each_message_in_order(self):
        bodies = [self.batch(self.rows(3, "IA")), self.batch(self.rows(5, "IB")),
                  self.batch(self.rows(3, "IA"))]
        answers = list(self.stream("EmployerService/ImportEmployers", bodies))
        self.assertEqual([(a.created, a.unchanged) for a in answers], [(3, 0), (5, 0), (0, 3)])

    def test_import__repeated_is_answered_as_before(self):
        body = self.batch(self.rows(4, "IR"))
        first, = self.stream("EmployerService/ImportEmployers", [body])
        again, = self.stream("EmployerService/ImportEmployers", [body])
        self.assertEqual(first.created, 4)
        self.assertEqual(first, again)

    def test_import__of_nothing_ends_well(self):
        self.assertEqual(list(self.stream("EmployerService/ImportEmployers", [])), [])

    def test_import__keeps_what_was_answered_before_a_fault(self):
        bodies = [self.batch(self.rows(2, "IK")), {"source": "test", "request_id": "x"}]
        answers = self.stream("EmployerService/ImportEmployers", bodies)
        self.assertEqual(next(answers).created, 2)
        with self.assertRaises(grpc.RpcError) as caught:
            next(answers)
        self.check_error(caught.exception, "INVALID_ARGUMENT", "request_id")
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.employer WHERE name LIKE 'IK %'"),
                         "2")

    def test_import__checked_only_keeps_nothing(self):
        answer, = self.stream("EmployerService/ImportEmployers",
                              [self.batch(self.rows(3, "IV"), validate_only=True)])
        self.assertEqual(answer.created, 3)
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.employer WHERE name LIKE 'IV %'"),
                         "0")

    def test_export__gives_every_row_over_many_pages(self):
        rows = self.rows(1000, "EX")
        list(self.stream("EmployerService/ImportEmployers",
                         [self.batch(rows[i:i + 500]) for i in range(0, 1000, 500)]))
        names = [a.employer.name for a in self.rpc("EmployerService/ExportEmployers", timeout=60)]
        wanted = {row["name"] for row in rows}
        self.assertEqual(len([n for n in names if n in wanted]), 1000)
        self.assertEqual(len(names), int(self.sql(
            "SELECT count(*) FROM canvass.employer e LEFT JOIN canvass.site s"
            " ON s.employer_id = e.id")))

    def test_export__cancelled_in_the_middle_harms_nobody(self):
        list(self.stream("EmployerService/ImportEmployers", [self.batch(self.rows(600, "EC"))]))
        for _ in range(5):
            answers = self.rpc("EmployerService/ExportEmployers")
            next(answers)
            answers.cancel()
        self.rpc("AccountService/WhoAmI")


class TestDeadlines(canvass_test.CanvassTest):
    def lock(self):
        """Hold a lock on an employer; returns its id and the process."""
        made = self.rpc("EmployerService/CreateEmployer", {
            **employer("Locked"), "even_if_similar": True}).employer.id
        process = subprocess.Popen(
            ["psql", "-X", "-q", "-h", self.canvass.cluster, "-U", "postgres", "-d", "canvass"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(f"BEGIN; UPDATE canvass.employer SET staff = 1 WHERE id = '{made}';"
                            " SELECT 'held';\n")
        process.stdin.flush()
        while "held" not in process.stdout.readline():
            pass
        return made, process

    def release(self, process):
        process.stdin.close()
        process.wait()
        process.stdout.close()

    def test_deadline__ends_a_write_that_waits_for_a_lock(self):
        made, process = self.lock()
        try:
            began = time.monotonic()
            self.assert_fails("DEADLINE_EXCEEDED", "EmployerService/UpdateEmployer",
                              {"employer": {"id": made, "phone": "020 7946 0001"}, "update_mask": "phone"},
                              timeout=0.6)
            self.assertLess(time.monotonic() - began, 3)
            self.rpc("AccountService/WhoAmI", timeout=5)
        finally:
            self.release(process)
        eventually(lambda: self.rpc("EmployerService/UpdateEmployer", {
            "employer": {"id": made, "about": "after"}, "update_mask": "about"}).employer.about)
        self.assertEqual(self.rpc("EmployerService/GetEmployer",
                                  {"employer_id": made}).employer.phone, "")

    def test_lock__is_not_waited_for_without_end(self):
        """RELIABILITY.md (b) 16, and a lock held from outside cannot stop the daemon."""
        made, process = self.lock()
        try:
            began = time.monotonic()
            self.assert_fails("ABORTED", "EmployerService/UpdateEmployer", {
                "employer": {"id": made, "phone": "020 7946 0004"}, "update_mask": "phone"})
            self.assertLess(time.monotonic() - began, 8)
        finally:
            self.release(process)

    def test_cancel__of_a_waiting_write_frees_the_connection(self):
        made, process = self.lock()
        try:
            request, call = self.canvass.multi_callable("EmployerService/UpdateEmployer")
            body = canvass_test.make_request(
                request, {"employer": {"id": made, "phone": "020 7946 0002"}, "update_mask": "phone"})
            future = call.future(body, metadata=canvass_test.bearer(self.token), timeout=20)
            time.sleep(0.2)
            future.cancel()
            self.rpc("AccountService/WhoAmI", timeout=5)
        finally:
            self.release(process)
        self.rpc("AccountService/WhoAmI", timeout=20)


class TestBadInput(canvass_test.CanvassTest):
    """RELIABILITY.md (b) 23: exact status, nothing done, and the daemon goes on."""

    def send(self, data, name="EmployerService/GetEmployer"):
        self.canvass.multi_callable(name)
        call = self.canvass.channel.unary_unary(f"/canvass.v1.{name}")
        with self.assertRaises(grpc.RpcError) as caught:
            call(data, metadata=canvass_test.bearer(self.token), timeout=10)
        self.rpc("AccountService/WhoAmI")
        return caught.exception

    def test_bytes__that_are_no_message(self):
        for data in (b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05ab", b"\x00\x00",
                     b"\x0a\x02\xff\xfe", b"\x0a\x03a\x00b", b"\x0b\x0c"):
            self.check_error(self.send(data), "INVALID_ARGUMENT")

    def test_string__that_is_not_utf8_is_named(self):
        self.check_error(self.send(b"\x0a\x02\xff\xfe"), "INVALID_ARGUMENT", "employer_id")

    def test_message__above_the_limit_is_refused(self):
        error = self.send(b"\x0a" + b"\xff\xff\xff\x03" + b"a" * 8388607)
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_submessage__given_twice_is_refused(self):
        error = self.send(b"\x0a\x00\x0a\x00", "EmployerService/CreateEmployer")
        self.check_error(error, "INVALID_ARGUMENT", "employer")

    def test_enum__without_a_name_is_named(self):
        made = self.rpc("EmployerService/CreateEmployer", employer("Enum")).employer
        request, _ = self.canvass.multi_callable("EmployerService/CreateEmployer")
        body = request()
        body.employer.name = "Enum 2"
        body.employer.disability_confident = 99
        body.request_id = str(uuid.uuid4())
        self.assert_fails("INVALID_ARGUMENT", "EmployerService/CreateEmployer", body,
                          field="employer.disability_confident")
        self.assertTrue(made.id)

    def test_noise__on_the_port_harms_nobody(self):
        context = ssl.create_default_context(cafile=self.canvass.certificate)
        for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 4096, b"\xff" * 100):
            with socket.create_connection(("localhost", self.canvass.port), 5) as plain:
                plain.sendall(noise)
            with socket.create_connection(("localhost", self.canvass.port), 5) as plain:
                try:
                    context.set_alpn_protocols(["h2"])
                    with context.wrap_socket(plain, server_hostname="localhost") as tls:
                        tls.sendall(noise)
                except OSError:
                    pass
        self.rpc("AccountService/WhoAmI")


class TestDatabase(unittest.TestCase):
    """The database goes and comes back; with a cluster of its own."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.canvass = canvass_test.Canvass(database_wait="1500ms")
        cls.token = cls.canvass.person(name="Amira Shah")

    @classmethod
    def tearDownClass(cls):
        cls.canvass.stop()

    def rpc(self, name, body=None, **kwargs):
        return self.canvass.rpc(name, body, self.token, **kwargs)

    def test_database__killed_and_back_needs_no_restart(self):
        pid = self.canvass.daemon.pid
        self.rpc("AccountService/WhoAmI")
        self.canvass.kill_postgres()
        with self.assertRaises(grpc.RpcError) as caught:
            self.rpc("AccountService/WhoAmI")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertGreater(canvass_test.details(caught.exception)["retry"].seconds, 0)
        self.canvass.start_postgres()
        eventually(self.works)
        self.assertEqual(self.canvass.daemon.pid, pid)
        self.assertIsNone(self.canvass.daemon.poll())

    def works(self):
        try:
            return self.rpc("AccountService/WhoAmI", timeout=20)
        except grpc.RpcError:
            return None

    def test_database__read_waits_for_it_to_come_back(self):
        self.rpc("AccountService/WhoAmI")
        self.canvass.kill_postgres()
        starter = threading.Thread(target=self.canvass.start_postgres)
        starter.start()
        try:
            self.assertEqual(self.works_within_tries(), "Amira Shah")
        finally:
            starter.join()

    def works_within_tries(self):
        """A slow disk may take longer than the daemon lets a call wait, so ask again."""
        end = time.monotonic() + 60
        while True:
            try:
                return self.rpc("AccountService/WhoAmI", timeout=20).specialist.name
            except grpc.RpcError as error:
                self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
                self.assertLess(time.monotonic(), end, "the database never came back")
            time.sleep(0.1)

    def test_database__killed_under_load_keeps_each_answered_write_once(self):
        """RELIABILITY.md (b) 5, 9, 14: acknowledged is durable, repeated converges."""
        self.works_within_tries()
        done, stop = [], threading.Event()

        def write(worker):
            i = 0
            while not stop.is_set():
                name = f"Load {worker}-{i}"
                body = {"employer": {"name": name}, "request_id": str(uuid.uuid4())}
                while True:
                    try:
                        self.rpc("EmployerService/CreateEmployer", body, timeout=10)
                        done.append(name)
                        break
                    except grpc.RpcError as error:
                        if error.code() not in (grpc.StatusCode.UNAVAILABLE,
                                                grpc.StatusCode.DEADLINE_EXCEEDED):
                            stop.set()
                            raise
                i += 1

        workers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for worker in workers:
            worker.start()
        for _ in range(3):
            time.sleep(0.4)
            self.canvass.kill_postgres()
            self.canvass.start_postgres()
        time.sleep(0.5)
        stop.set()
        for worker in workers:
            worker.join(60)
        stored = self.canvass.psql(
            "SELECT name FROM canvass.employer WHERE name LIKE 'Load %'").splitlines()
        self.assertGreater(len(done), 10)
        self.assertEqual(sorted(stored), sorted(done))

    def test_error__of_ours_tells_a_reference_and_no_data(self):
        self.works_within_tries()
        made = self.rpc("EmployerService/CreateEmployer", {"employer": {"name": "Secret name"}})
        self.canvass.psql("ALTER FUNCTION canvass.update_employer(jsonb) RENAME TO hidden")
        try:
            with self.assertRaises(grpc.RpcError) as caught:
                self.rpc("EmployerService/UpdateEmployer", {
                    "employer": {"id": made.employer.id, "name": "Other"}, "update_mask": "name"})
        finally:
            self.canvass.psql("ALTER FUNCTION canvass.hidden(jsonb) RENAME TO update_employer")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INTERNAL)
        self.assertRegex(caught.exception.details(), r"reference is [0-9a-f]{16}")
        reference = caught.exception.details()[-17:-1]
        line, = [l for l in self.canvass.log().splitlines()
                 if reference in l and " error " in l]
        self.assertIn("SQLSTATE 42883", line)
        self.assertNotIn("Other", line)


class TestProgram(unittest.TestCase):
    """Start, stop, and what the command line says; with a cluster of its own."""

    @classmethod
    def setUpClass(cls):
        cls.canvass = canvass_test.Canvass(start=False)

    @classmethod
    def tearDownClass(cls):
        cls.canvass.stop()

    def run_daemon(self, *arguments, **options):
        return subprocess.run(
            [canvass_test.CANVASSD, *self.canvass.arguments(**options), *arguments],
            capture_output=True, text=True, timeout=60, check=False)

    def test_check__fits(self):
        done = self.run_daemon("--check")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_check__refuses_a_schema_that_lacks_a_change(self):
        self.canvass.psql("CREATE TABLE kept AS SELECT * FROM sqitch.changes;"
                          " UPDATE sqitch.changes SET change = change || '_x'")
        try:
            for arguments in (["--check"], []):
                done = self.run_daemon(*arguments)
                self.assertEqual(done.returncode, 1)
                self.assertIn("sqitch deploy", done.stderr)
        finally:
            self.canvass.psql("UPDATE sqitch.changes SET change = left(change, -2); DROP TABLE kept")

    def test_check__names_file_line_and_what_does_not_fit(self):
        self.canvass.psql("ALTER TABLE canvass.employer RENAME COLUMN about TO about_x")
        try:
            done = self.run_daemon("--check")
        finally:
            self.canvass.psql("ALTER TABLE canvass.employer RENAME COLUMN about_x TO about")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"employer\.sql:\d+: .*about")

    def test_print_methods__lists_every_method_with_its_place(self):
        done = self.run_daemon("--print-methods")
        self.assertEqual(done.returncode, 0)
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertIn("canvass.v1.EmployerService/GetEmployer", [line[0] for line in lines])
        self.assertTrue(all(":" in line[3] and line[3].split(":")[0].endswith(".sql")
                            for line in lines))
        names = {f"{service.full_name}/{method.name}"
                 for file in os.listdir(os.path.join(canvass_test.ROOT, "proto", "canvass", "v1"))
                 for service in canvass_test.schema().pool.FindFileByName(
                     f"canvass/v1/{file}").services_by_name.values()
                 for method in service.methods}
        self.assertEqual({line[0] for line in lines}, names)

    def test_readme__shows_a_method_as_it_stands(self):
        def read(path):
            with open(os.path.join(canvass_test.ROOT, path), encoding="utf-8") as f:
                return f.read()

        excerpts = re.findall(r"```(proto|sql|python)\n(.*?)```", read("daemon/README.md"), re.S)
        files = {"proto": "proto/canvass/v1/account.proto", "sql": "daemon/methods/account.sql",
                 "python": "tests/integration/test_engine.py"}
        self.assertEqual({kind for kind, _ in excerpts}, set(files))
        for kind, text in excerpts:
            self.assertIn(text.strip(), read(files[kind]))

    def test_print_config__can_be_read_again_and_hides_secrets(self):
        done = self.run_daemon("--print-config", database="host=/x password=hunter2")
        self.assertNotIn("hunter2", done.stdout)
        path = os.path.join(self.canvass.folder, "printed.ini")
        with open(path, "w", encoding="utf-8") as f:
            f.write(done.stdout)
        again = subprocess.run([canvass_test.CANVASSD, "--config", path, "--print-config"],
                               capture_output=True, text=True, check=True)
        self.assertEqual(again.stdout, done.stdout)

    def test_options__that_are_wrong_are_named(self):
        for arguments, says in ((["--set", "listn=1"], "listn"),
                                (["--set", "drain=soon"], "drain"),
                                (["--set", "drain"], "NAME=VALUE"),
                                (["--config", "/nonexistent"], "/nonexistent"),
                                (["surplus"], "surplus")):
            done = subprocess.run([canvass_test.CANVASSD, *arguments], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn(says, done.stderr)

    def test_start__without_database_fails_and_says_so(self):
        done = self.run_daemon(database="host=/nonexistent dbname=canvass")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent", done.stderr)

    def test_stop__lets_a_running_call_end(self):
        self.canvass.start_daemon()
        token = self.canvass.person()
        made = self.canvass.rpc("EmployerService/CreateEmployer", employer("Draining"), token)
        locker = subprocess.Popen(
            ["psql", "-X", "-q", "-h", self.canvass.cluster, "-U", "postgres", "-d", "canvass"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        locker.stdin.write("BEGIN; UPDATE canvass.employer SET staff = 1; SELECT 'held';\n")
        locker.stdin.flush()
        locker.stdout.readline()
        request, call = self.canvass.multi_callable("EmployerService/UpdateEmployer")
        future = call.future(
            canvass_test.make_request(request, {
                "employer": {"id": made.employer.id, "phone": "020 7946 0003"}, "update_mask": "phone"}),
            metadata=canvass_test.bearer(token), timeout=20)
        time.sleep(0.3)
        self.canvass.daemon.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        locker.stdin.close()
        locker.wait()
        locker.stdout.close()
        self.assertEqual(future.result().employer.phone, "020 7946 0003")
        self.assertEqual(self.canvass.stop_daemon(), 0)

    def test_reload__takes_log_level_and_certificate(self):
        level = os.path.join(self.canvass.folder, "level.ini")
        with open(level, "w", encoding="utf-8") as f:
            f.write("log_level = info\n")
        self.canvass.port = None
        daemon = subprocess.Popen(
            [canvass_test.CANVASSD, "--config", level, *self.canvass.arguments()],
            stderr=subprocess.PIPE, text=True)
        try:
            while "serving on" not in daemon.stderr.readline():
                pass
            for text, says in (("log_level = debug\n", "reloaded"), ("log_level = loud\n", "stays")):
                with open(level, "w", encoding="utf-8") as f:
                    f.write(text)
                daemon.send_signal(signal.SIGHUP)
                while True:
                    line = daemon.stderr.readline()
                    self.assertTrue(line)
                    if "reload" in line:
                        break
                self.assertIn(says, line)
        finally:
            daemon.terminate()
            daemon.stderr.read()
            self.assertEqual(daemon.wait(), 0)
            daemon.stderr.close()


if __name__ == "__main__":
    canvass_test.main()
