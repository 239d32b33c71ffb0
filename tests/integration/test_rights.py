"""The audit and people's rights through the daemon and the client: what a call leaves behind, what
was refused, a chain that was tampered with, what a person may ask for."""

import csv
import hashlib
import json
import os
import re
import tempfile
import threading
import uuid

import canvass_test
from cli_support import CliTest
from google.protobuf.descriptor import FieldDescriptor

METHODS = os.path.join(canvass_test.ROOT, "daemon", "methods")


class RightsTest(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls.canvass.person(name="Audit Lane", roles=("auditor",))

    def client(self, ref, token=None, **fields):
        return self.rpc("ClientService/CreateClient", {"client": {"ref": ref, **fields}}, token).client

    def entries(self, token=None, **request):
        return self.rpc("AuditService/ListAudit", request, token or self.auditor).entries

    def verify(self, token=None, **request):
        return self.rpc("AuditService/VerifyAudit", request, token or self.auditor)


class TestAudited(RightsTest):
    def test_methods__that_show_clients_are_audited(self):
        """Whatever answers with a client's id, reference or message says so in its header."""
        blocks = {}
        for name in os.listdir(METHODS):
            if name.endswith(".sql"):
                with open(os.path.join(METHODS, name), encoding="utf-8") as f:
                    for method, words in re.findall(r"^-- (canvass\S+/\w+)(?:#\w+)?  roles: (.*)$",
                                                    f.read(), re.M):
                        blocks.setdefault(method, set()).update(words.split())

        def names_client(message, seen):
            if message.full_name in seen:
                return False
            seen = seen | {message.full_name}
            return message.full_name == "canvass.v1.Client" or any(
                field.name in ("client_id", "client_ids", "client_ref") or
                field.type == FieldDescriptor.TYPE_MESSAGE and names_client(field.message_type, seen)
                for field in message.fields)

        for full_name, words in blocks.items():
            method = canvass_test.schema().method(full_name.removeprefix("canvass.v1."))[0]
            if names_client(method.output_type, frozenset()):
                self.assertTrue(words & {"audits", "writes", "once"}, full_name)
        self.assertIn("audits", blocks["canvass.v1.ClientService/GetClient"])

    def test_read__is_noted_once_with_the_ids_it_showed(self):
        one, two = self.client("AU-101"), self.client("AU-102")
        self.rpc("ClientService/GetClient", {"ref": "au-101"})
        entry = self.entries(client_id=one.id)[0]
        self.assertEqual((entry.by, entry.method, list(entry.client_ids)),
                         ("Amira Shah", "canvass.v1.ClientService/GetClient", [one.id]))
        self.rpc("ClientService/ListClients", {"ref_prefix": "AU-10"})
        entry = self.entries(client_id=two.id)[0]
        self.assertEqual((entry.method, set(entry.client_ids)),
                         ("canvass.v1.ClientService/ListClients", {one.id, two.id}))
        self.rpc("MatchService/MatchClient", {"client_id": one.id})
        matches = [e for e in self.entries(client_id=one.id) if e.method.endswith("/MatchClient")]
        self.assertEqual(len(matches), 1)
        kinds = [e.kind for e in self.entries(client_id=one.id)]
        self.assertEqual(kinds.count(canvass_test.schema().pool.FindEnumTypeByName(
            "canvass.v1.AuditKind").values_by_name["AUDIT_KIND_WRITE"].number), 1)

    def test_write__is_noted_with_its_request_and_a_check_is_not(self):
        id_ = str(uuid.uuid4())
        body = {"client": {"ref": "AU-111"}, "request_id": id_}
        before = self.sql("SELECT count(*) FROM canvass.audit")
        self.rpc("ClientService/CreateClient", {**body, "validate_only": True})
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.audit"), before)
        self.rpc("ClientService/CreateClient", body)
        self.rpc("ClientService/CreateClient", body)
        self.assertEqual(self.sql(f"SELECT count(*) FROM canvass.audit WHERE request_id = '{id_}'"), "1")

    def test_refused__leaves_a_row_and_says_nothing(self):
        client = self.client("AU-121")
        other = self.person(team="Another team", name="Olu Other", roles=("specialist",))
        theirs = self.assert_fails("NOT_FOUND", "ClientService/GetClient", {"client_id": client.id}, token=other)
        nobodys = self.assert_fails("NOT_FOUND", "ClientService/GetClient", {"client_id": str(uuid.uuid4())},
                                    token=other)
        self.assertEqual(theirs, nobodys)

        def refused():
            return [(e.by, e.refusal, list(e.client_ids)) for e in self.entries(kind="AUDIT_KIND_REFUSED")]
        canvass_test.eventually(lambda: ("Olu Other", "not theirs", [client.id]) in refused())
        self.assertEqual([r[0] for r in refused()].count("Olu Other"), 1)
        self.assert_fails("PERMISSION_DENIED", "ClientService/ListClients", {}, token=self.auditor)
        canvass_test.eventually(lambda: ("Audit Lane", "not allowed", []) in refused())

    def test_audit__is_for_auditors_and_leads_of_the_borough(self):
        self.client("AU-131")
        specialist = self.person(team="Team E09000022", roles=("specialist",))
        self.assert_fails("PERMISSION_DENIED", "AuditService/ListAudit", {}, token=specialist)
        self.assert_fails("PERMISSION_DENIED", "AuditService/ExportAudit", {})
        client = self.client("AU-132")
        self.assertEqual(len(self.entries(client_id=client.id)), 1)
        self.assertEqual(len(self.entries(token=self.token, client_id=client.id)), 1)
        elsewhere = self.person(borough=canvass_test.SOUTHWARK, roles=("auditor",))
        self.assertFalse(self.entries(token=elsewhere, client_id=client.id))
        other_lead = self.person(team="Yet another team", roles=("lead",))
        self.assertFalse(self.entries(token=other_lead, client_id=client.id))

    def test_text__of_no_row_holds_a_reference(self):
        self.client("AU-141")
        self.rpc("ClientService/GetClient", {"ref": "AU-141"})
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.audit a WHERE a::text LIKE '%AU-1%'"), "0")


class TestChain(RightsTest):
    def tamper(self, statement):
        self.sql("BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL search_path = canvass; "
                 + statement + "; COMMIT")

    def test_chain__of_concurrent_writers_holds(self):
        client = self.client("CH-101")
        tokens = [self.person(team="Team E09000022", roles=("specialist",)) for _ in range(4)]

        def work(token):
            with self.canvass.new_channel() as channel:
                for _ in range(15):
                    self.rpc("ClientService/GetClient", {"client_id": client.id}, token, channel=channel)
        threads = [threading.Thread(target=work, args=(token,)) for token in tokens]
        for thread in threads:
            thread.start()
        for _ in range(5):
            self.assertTrue(self.verify().intact)
        for thread in threads:
            thread.join()
        found = self.verify()
        self.assertTrue(found.intact, found.sentence)
        self.assertEqual(self.sql(f"SELECT count(*) FROM canvass.audit WHERE clients @> ARRAY['{client.id}'::uuid]"
                                  " AND kind = 'read'"), "60")

    def test_chain__flipped_by_one_bit_is_found_and_located(self):
        elsewhere = self.person(borough=canvass_test.SOUTHWARK, roles=("auditor", "specialist"))
        self.client("CH-111"), self.client("CH-112", elsewhere)
        self.assertTrue(self.verify().intact)
        flip = ("UPDATE audit SET clients = ARRAY[overlay(clients[1]::text PLACING to_hex(("
                "'x' || right(clients[1]::text, 1))::bit(4)::int # 1) FROM 36)::uuid] WHERE id = {}")
        row = self.sql("SELECT s.audit_id FROM canvass.audit_seal s JOIN canvass.audit a ON a.id = s.audit_id"
                       " WHERE s.borough_id = 'E09000022' AND a.clients <> '{}' ORDER BY s.seq LIMIT 1")
        self.tamper(flip.format(row))
        found = self.verify()
        self.assertFalse(found.intact)
        self.assertEqual(str(found.broken_id), row)
        self.assertTrue(self.verify(elsewhere).intact)
        done = self.cli("audit", "verify", token=self.auditor)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("does not read as it was sealed", done.stdout + done.stderr)
        self.tamper(flip.format(row))
        self.assertTrue(self.verify().intact)
        self.assertEqual(self.cli("audit", "verify", token=self.auditor).returncode, 0)

    def test_export__can_be_checked_elsewhere(self):
        self.client("CH-121")
        head = self.verify()
        before, n = bytes(32), 0
        for row in self.rpc("AuditService/ExportAudit", {}, self.auditor):
            before = hashlib.sha256(before + row.line.encode()).digest()
            n += 1
            self.assertEqual((row.seq, row.hash), (n, before.hex()))
            self.assertEqual(json.loads(row.line)[:2], [canvass_test.LAMBETH, n])
            if n == head.rows:
                self.assertEqual(row.hash, head.head)
        self.assertGreaterEqual(n, head.rows)
        self.client("CH-122")
        self.assertTrue(self.verify(known_seq=head.rows, known_head=head.head).intact)
        self.assertFalse(self.verify(known_seq=head.rows, known_head="00" * 32).intact)
        out = self.cli("audit", "export", token=self.auditor)
        self.assertEqual(out.returncode, 0, out.stderr)
        rows = list(csv.reader(out.stdout.splitlines()))
        self.assertEqual(rows[0], ["number", "hash", "line"])
        self.assertEqual(rows[n], [str(n), before.hex(), rows[n][2]])

    def test_export__ends_with_a_head_that_the_daemon_signed(self):
        self.client("CH-131")
        self.verify()

        def openssl(*args, **kwargs):
            return canvass_test.run("openssl", *args, **kwargs)

        with tempfile.TemporaryDirectory() as folder:
            head = os.path.join(folder, "head")
            done = self.cli("audit", "export", "--head", head, token=self.auditor)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(head, encoding="utf-8") as f:
                statement = f.read()
            last = list(csv.reader(done.stdout.splitlines()))[-1]
            self.assertIn(f"\nnumber {last[0]}\nhash {last[1]}\n", statement)
            self.assertIn(f"borough {canvass_test.LAMBETH} ", statement)
            key = os.path.join(folder, "key")
            with open(key, "w", encoding="utf-8") as f:
                f.write(openssl("x509", "-in", head + ".pem", "-noout", "-pubkey"))
            check = ("dgst", "-sha256", "-verify", key, "-signature", head + ".sig", head)
            self.assertIn("Verified OK", openssl(*check))
            with open(head, "w", encoding="utf-8") as f:
                f.write(statement.replace(last[1], "00" * 32))
            with self.assertRaises(RuntimeError):
                openssl(*check)
        self.assert_fails("INVALID_ARGUMENT", "AuditService/SignHead", {"seq": 10**9}, token=self.auditor)
        self.tamper("UPDATE canvass.audit SET method = method || 'x' WHERE id ="
                    f" (SELECT audit_id FROM canvass.audit_seal WHERE seq = {last[0]}"
                    f" AND borough_id = '{canvass_test.LAMBETH}')")
        self.assert_fails("FAILED_PRECONDITION", "AuditService/SignHead", {}, token=self.auditor,
                          says="Nothing is signed")
        self.tamper("UPDATE canvass.audit SET method = left(method, -1) WHERE id ="
                    f" (SELECT audit_id FROM canvass.audit_seal WHERE seq = {last[0]}"
                    f" AND borough_id = '{canvass_test.LAMBETH}')")


class TestPerson(RightsTest):
    def test_export__reads_as_a_document_and_is_noted(self):
        client = self.client("PE-101", initials="QZ")
        self.rpc("ClientService/GetClient", {"client_id": client.id})
        done = self.cli("person", "export", "pe-101")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("All that canvass keeps of PE-101", done.stdout)
        self.assertIn("GetClient", done.stdout)
        record = json.loads(self.cli_json("person", "export", "PE-101")["json"])["record"]
        self.assertEqual((record["ref"], record["initials"]), ("PE-101", "QZ"))
        exports = self.entries(client_id=client.id, kind="AUDIT_KIND_EXPORT")
        self.assertEqual(len(exports), 2)

    def test_erase__asks_for_the_reference_and_leaves_a_bare_row(self):
        client = self.client("PE-111", initials="QY")
        self.assertIn("--yes", self.fails(2, "person", "erase", "PE-111"))
        with self.terminal("person", "erase", "PE-111", code=130) as terminal:
            terminal.expect("Type PE-111 to erase: ")
            terminal.sendline("PE-112")
        self.assertEqual(self.rpc("ClientService/GetClient", {"ref": "PE-111"}).client.initials, "QY")
        self.assertEqual(self.cli("person", "hold", "PE-111", "--reason", "a claim").returncode, 0)
        done = self.cli("person", "erase", "PE-111", "--yes")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("holds this record", done.stderr)
        self.assertEqual(self.cli("person", "release", "PE-111").returncode, 0)
        self.assertEqual(self.cli("person", "erase", "PE-111", "--dry-run").returncode, 0)
        self.assertEqual(self.rpc("ClientService/GetClient", {"ref": "PE-111"}).client.initials, "QY")
        with self.terminal("person", "erase", "PE-111") as terminal:
            terminal.expect("Type PE-111 to erase: ")
            terminal.sendline("PE-111")
            terminal.expect("Erased")
        self.assert_fails("NOT_FOUND", "ClientService/GetClient", {"ref": "PE-111"}, field="ref")
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.change c WHERE c::text LIKE '%PE-111%'"), "0")
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.request r WHERE r.answer::text LIKE '%PE-111%'"), "0")
        self.assertEqual(self.sql(f"SELECT count(*) FROM canvass.client WHERE id = '{client.id}'"), "1")
        self.assertTrue(self.verify().intact)

    def test_erase__is_a_leads_and_not_taken_back(self):
        self.client("PE-121")
        specialist = self.person(team="Team E09000022", roles=("specialist",))
        self.assert_fails("PERMISSION_DENIED", "RightsService/ErasePerson", {"ref": "PE-121"}, token=specialist)
        self.rpc("RightsService/ErasePerson", {"ref": "PE-121"})
        self.assert_fails("FAILED_PRECONDITION", "HistoryService/Undo", {})

    def test_purge__rehearsed_keeps_everything(self):
        client = self.client("PE-131")
        self.rpc("ClientService/DischargeClient", {"client_id": client.id, "reason": "DISCHARGE_REASON_MOVED"})
        self.sql(f"UPDATE canvass.client SET discharged_at = now() - interval '9 years' WHERE id = '{client.id}'")
        done = self.cli("person", "purge", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("8 years after the end of support", done.stdout)
        self.assertEqual(self.sql(f"SELECT erased_at IS NULL FROM canvass.client WHERE id = '{client.id}'"), "t")
        self.rpc("RightsService/Purge", {})
        self.assertEqual(self.sql(f"SELECT erased_at IS NULL FROM canvass.client WHERE id = '{client.id}'"), "f")


if __name__ == "__main__":
    canvass_test.main()
