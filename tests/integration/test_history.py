"""History, undo and merges through the daemon and the client: answers that are safe to repeat, two
merges that cross, an import taken back, what people type."""

import threading
import time
import uuid

import canvass_test
import grpc
from cli_support import CliTest


class HistoryTest(CliTest):
    def history(self, **scope):
        return self.rpc("HistoryService/ListHistory", scope).entries

    def undo(self, token=None, **request):
        return self.rpc("HistoryService/Undo", {"request_id": str(uuid.uuid4()), **request}, token)

    def change_phone(self, employer, phone):
        self.rpc("EmployerService/UpdateEmployer", {
            "employer": {"id": employer.id, "phone": phone}, "update_mask": "phone",
            "request_id": str(uuid.uuid4())})

    def phone(self, employer):
        return self.rpc("EmployerService/GetEmployer", {"employer_id": employer.id}).employer.phone


class TestUndo(HistoryTest):
    def test_history__names_the_request_that_undo_takes(self):
        employer = self.make_employer("Heron Bakery")
        self.change_phone(employer, "020 7946 0001")
        entry = self.history(employer_id=employer.id)[0]
        self.assertEqual(entry.sentence, "Amira Shah (Lambeth) changed the phone to 020 7946 0001")
        self.assertTrue(entry.undoable)
        self.assertEqual([(f.of, f.name, f.new) for f in entry.fields],
                         [("employer", "the phone", "020 7946 0001")])
        done = self.undo(undo_id=entry.request_id)
        self.assertEqual(done.undone_id, entry.request_id)
        self.assertEqual(self.phone(employer), "")

    def test_undo__repeated_gets_the_same_answer_and_undoes_once(self):
        employer = self.make_employer("Ibis Books")
        self.change_phone(employer, "020 7946 0001")
        self.change_phone(employer, "020 7946 0002")
        request = {"request_id": str(uuid.uuid4())}
        first = self.rpc("HistoryService/Undo", request)
        self.assertEqual(self.rpc("HistoryService/Undo", request), first)
        self.assertEqual(self.phone(employer), "020 7946 0001")

    def test_undo__only_checked_keeps_everything(self):
        employer = self.make_employer("Jay Cafe")
        self.change_phone(employer, "020 7946 0001")
        done = self.undo(validate_only=True)
        self.assertEqual(done.sentence, "Amira Shah changed the phone to 020 7946 0001")
        self.assertEqual(self.phone(employer), "020 7946 0001")
        self.undo()
        self.assertEqual(self.phone(employer), "")

    def test_undo__of_something_changed_since_says_what(self):
        employer = self.make_employer("Kite Shop")
        self.change_phone(employer, "020 7946 0001")
        first = self.history(employer_id=employer.id)[0].request_id
        self.change_phone(employer, "020 7946 0002")
        self.assert_fails("FAILED_PRECONDITION", "HistoryService/Undo",
                          {"undo_id": first, "request_id": str(uuid.uuid4())}, field="undo_id",
                          says="since then Amira Shah changed the phone from 020 7946 0001 to "
                               "020 7946 0002")

    def test_undo__of_a_validated_or_replayed_request_finds_no_change(self):
        employer = self.make_employer("Lark Tools")
        id_ = str(uuid.uuid4())
        self.rpc("EmployerService/UpdateEmployer", {
            "employer": {"id": employer.id, "phone": "020 7946 0001"}, "update_mask": "phone",
            "request_id": id_, "validate_only": True})
        self.assert_fails("NOT_FOUND", "HistoryService/Undo",
                          {"undo_id": id_, "request_id": str(uuid.uuid4())}, field="undo_id")


class TestMerge(HistoryTest):
    def merge(self, keep, other):
        return self.rpc("EmployerService/MergeEmployers", {
            "keep_id": keep.id, "merge_id": other.id, "request_id": str(uuid.uuid4())})

    def test_merge__answers_the_old_id_with_the_kept_one(self):
        keep, other = self.make_employer("Magpie Stores"), self.make_employer("Magpie Store")
        self.assertEqual(self.merge(keep, other).moved.sites_joined, 1)
        found = self.rpc("EmployerService/GetEmployer", {"employer_id": other.id})
        self.assertEqual((found.employer.id, found.employer.merged.id, found.employer.merged.name),
                         (keep.id, other.id, "Magpie Store"))
        self.assertFalse(self.rpc("EmployerService/GetEmployer", {"employer_id": keep.id})
                         .employer.HasField("merged"))
        for method in ("ListSites", "ListContacts", "ListTimeline", "GetRelationship"):
            self.rpc(f"EmployerService/{method}", {"employer_id": other.id})
        self.change_phone(other, "020 7946 0001")
        self.assertEqual(self.phone(keep), "020 7946 0001")
        names = [e.name for e in self.rpc("EmployerService/SearchEmployers",
                                          {"query": "magpie"}).employers]
        self.assertEqual(names, ["Magpie Stores"])

    def test_merge__of_two_that_cross_one_goes_through(self):
        for _ in range(5):
            a, b = self.make_employer("Nuthatch"), self.make_employer("Nuthatch Ltd")
            outcomes = []

            def merge(keep, other, outcomes=outcomes):
                try:
                    outcomes.append(self.merge(keep, other).employer.id)
                except grpc.RpcError as error:
                    outcomes.append((error.code(), error.details()))

            threads = [threading.Thread(target=merge, args=pair) for pair in ((a, b), (b, a))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            kept = [o for o in outcomes if isinstance(o, str)]
            refused = [o for o in outcomes if not isinstance(o, str)]
            self.assertEqual(len(kept), 1, outcomes)
            self.assertEqual(refused[0][0], grpc.StatusCode.FAILED_PRECONDITION, outcomes)
            self.assertIn("was merged into", refused[0][1])
            self.assertEqual({self.rpc("EmployerService/GetEmployer", {"employer_id": e.id})
                              .employer.id for e in (a, b)}, set(kept))

    def test_merge__while_visits_come_in_loses_none(self):
        keep, other = self.make_employer("Osprey Yard"), self.make_employer("Osprey Yards")
        recorded, refused, stop = [], [], threading.Event()

        def visit():
            while not stop.is_set():
                try:
                    recorded.append(self.rpc("VisitService/RecordVisit", {
                        "visit": {"employer_id": other.id, "generic": True},
                        "request_id": str(uuid.uuid4())}).visit.id)
                except grpc.RpcError as error:
                    refused.append(error.details())

        threads = [threading.Thread(target=visit) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            while len(recorded) < 10 and not refused:
                time.sleep(0.01)
            self.merge(keep, other)
            n = len(recorded)
            while len(recorded) < n + 10 and not refused:
                time.sleep(0.01)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(refused, [])
        held = self.sql(f"SELECT count(*) FROM canvass.visit WHERE employer_id = '{keep.id}'")
        self.assertEqual(int(held), len(recorded))


class TestCli(HistoryTest):
    def test_history__reads_like_sentences_either_way(self):
        self.make_employer("Puffin Press")
        self.cli("employer", "edit", "puffin", "press", "--phone", "020 7946 0123")
        for words in (("history", "employer"), ("employer", "history")):
            said = self.cli(*words, "puffin", "press").stdout
            self.assertRegex(said, r"Amira Shah \(Lambeth\) changed the phone to 020 7946 0123")
            self.assertRegex(said, r"Amira Shah \(Lambeth\) added Puffin Press to the registry")

    def test_undo__says_what_was_taken_back(self):
        employer = self.make_employer("Quail Farm")
        self.cli("employer", "edit", "quail farm", "--phone", "020 7946 0123")
        done = self.cli("undo", "--dry-run")
        self.assertIn("Checked; nothing was kept.", done.stderr)
        self.assertEqual(self.phone(employer), "020 7946 0123")
        done = self.cli("undo")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Amira Shah changed the phone to 020 7946 0123", done.stdout)
        self.assertEqual(self.phone(employer), "")
        done = self.cli("undo")
        self.assertIn("took back: changed the phone", done.stdout)
        self.assertEqual(self.phone(employer), "020 7946 0123")

    def test_undo__of_an_import_takes_all_of_its_calls(self):
        with open(f"{self.home}/birds.csv", "w") as f:
            f.write("Name,ID,Postcode\n")
            f.writelines(f"Bird {chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)},"
                         f"{i},SW9 0AA\n" for i in range(2500))
        self.cli("import", "employers", f"{self.home}/birds.csv", "--source", "birds")
        count = "SELECT count(*) FROM canvass.employer_ref WHERE source = 'birds'"
        self.assertEqual(self.sql(count), "2500")
        self.assertEqual(self.sql("SELECT count(DISTINCT request_id) FROM canvass.change"
                                  " WHERE row_key LIKE 'birds:%'"), "1")
        done = self.cli("undo")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Amira Shah imported 2,500 rows of the list birds", done.stdout)
        self.assertEqual(self.sql(count), "0")
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.employer WHERE name LIKE 'Bird %'"),
                         "0")

    def test_merge__asks_for_the_name(self):
        keep, other = self.make_employer("Raven Garage"), self.make_employer("Raven Motors", "SW2 5SP")
        said = self.fails(2, "merge", keep.id, other.id)
        self.assertIn("--yes", said)
        with self.terminal("merge", keep.id, other.id, code=130) as terminal:
            terminal.expect("Sites moved.* 1\r")
            terminal.expect("Type the name of what goes, Raven Motors: ")
            terminal.sendline("Raven")
            terminal.expect("nothing was merged")
        self.assertEqual(self.cli_json("employer", "show", other.id)["employer"]["id"], other.id)
        with self.terminal("merge", keep.id, other.id) as terminal:
            terminal.expect("Raven Motors: ")
            terminal.sendline("Raven Motors")
            terminal.expect("Merged.")
        shown = self.cli("employer", "show", other.id).stdout
        self.assertRegex(shown, r"Name +Raven Garage")
        self.assertRegex(shown, r"Was merged +Raven Motors")
        self.assertIn("was merged into", self.fails(7, "merge", keep.id, other.id, "--yes"))
        self.cli("undo")
        self.assertEqual(self.cli_json("employer", "show", other.id)["employer"]["name"],
                         "Raven Motors")

    def test_merge__dry_run_shows_what_would_move(self):
        keep, other = self.make_employer("Snipe Stores"), self.make_employer("Snipe Shop")
        done = self.cli("merge", keep.id, other.id, "--dry-run")
        self.assertRegex(done.stdout, r"of them joined +1")
        self.assertEqual(self.cli_json("employer", "show", other.id)["employer"]["id"], other.id)
        self.assertEqual(self.cli("merge", keep.id, other.id, "--yes").returncode, 0)


if __name__ == "__main__":
    canvass_test.main()
