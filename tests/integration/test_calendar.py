"""The diary as a calendar: what a phone reads at a secret address, over TLS with HTTP/1.1 and HTTP/2,
and what it must not be told."""

import datetime
import http.client
import json
import os
import random
import re
import ssl
import subprocess
import unittest
import uuid

import canvass_test
from canvass_test import Canvass, eventually
from cli_support import CliTest

EMPLOYER, OTHER = str(uuid.uuid4()), str(uuid.uuid4())
SECRET_TEXT = "rehab appointment of LB-014"
NOT_FOUND = "Not Found\n"


def unfolded(text):
    """The lines of a calendar, put together again (RFC 5545, 3.1)."""
    assert text.endswith("\r\n"), text[-40:]
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75, line
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def read(text):
    """Events as dicts of name, with parameters, to value with escapes undone; and the calendar's own."""
    own, events, stack = {}, [], []
    for line in unfolded(text):
        name, value = line.split(":", 1)
        value = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)
        if name == "BEGIN":
            stack.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert stack.pop() == value
        else:
            (events[-1] if stack[-1] == "VEVENT" else own)[name] = value
    assert not stack
    return own, events


class Calendar(canvass_test.CanvassTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.canvass.psql(f"""
            INSERT INTO canvass.employer (id, name) VALUES
                ('{EMPLOYER}', 'Söhne; Brot, Butter & "Kaffee" an der Coldharbour Lane {"x" * 60}'), ('{OTHER}', 'Larkrise');
            INSERT INTO canvass.site (employer_id, address, postcode, borough_id, words) VALUES
                ('{EMPLOYER}', '{{"1, Clapham Road","Back yard"}}', 'SW9 8HE', 'E09000022', 'x');""")

    def setUp(self):
        self.token = self.person(name="Amira Shah", team=f"Team {uuid.uuid4()}")

    def plan(self, at, employer=EMPLOYER):
        return self.rpc("VisitService/PlanVisit", {"request_id": str(uuid.uuid4()), "plan": {
            "employer_id": employer, "at": at, "purpose": "second cup"}}).plan.id

    def feed(self, **body):
        made = self.rpc("CalendarService/CreateFeed", {"request_id": str(uuid.uuid4()), **body})
        self.assertRegex(made.path, r"^/calendar/cvf_[A-Za-z0-9_-]{43}\.ics$")
        return made

    def get(self, path, *options, version="--http1.1", port=None):
        """Status, fields and text."""
        done = subprocess.run(
            ["curl", "-sS", "-i", version, "--path-as-is", "--globoff", "--cacert", self.canvass.certificate, *options,
             f"https://localhost:{port or self.canvass.port}{path}"], capture_output=True, timeout=30, check=True)
        head, body = done.stdout.decode().split("\r\n\r\n", 1)
        line, *fields = head.split("\r\n")
        return (int(line.split(" ")[1]), {k.lower(): v for k, v in (x.split(": ", 1) for x in fields)}, body)

    def soon(self, days=1, hour=10, minute=0):
        day = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)
        return f"{day}T{hour:02}:{minute:02}:00Z"

    # ---- what is read ----

    def test_feed__is_a_calendar_over_both_versions(self):
        at = self.soon()
        self.plan(at)
        path = self.feed(label="work phone").path
        for version, said in (("--http1.1", "HTTP/1.1"), ("--http2", "HTTP/2")):
            status, fields, text = self.get(path, version=version)
            self.assertEqual(status, 200)
            self.assertEqual(fields["content-type"], "text/calendar; charset=utf-8")
            self.assertEqual(fields["cache-control"], "private, no-cache")
            self.assertRegex(fields["etag"], r'^W/"[0-9a-f]{32}"$')
            own, events = read(text)
            self.assertEqual((own["VERSION"], own["X-WR-CALNAME"]), ("2.0", "Diary"), said)
            self.assertEqual(len(events), 1)
            event = events[0]
            self.assertRegex(event["SUMMARY"], r'^Visit: Söhne; Brot, Butter & "Kaffee" an der Coldharbour Lane x{60}$')
            self.assertEqual(event["LOCATION"], "1, Clapham Road, Back yard, SW9 8HE")
            self.assertEqual(event["DTSTART"], re.sub("[-:]", "", at))
            self.assertEqual(event["DTEND"], re.sub("[-:]", "", self.soon(hour=11)))
            self.assertEqual((event["STATUS"], event["CLASS"], event["TRANSP"]), ("CONFIRMED", "PRIVATE", "OPAQUE"))
            self.assertEqual(event["DTSTAMP"], event["LAST-MODIFIED"])
            self.assertNotIn("DESCRIPTION", event)
            self.assertNotIn("second cup", text)

    def test_times__are_london_s_whatever_the_clocks_do(self):
        # Ten in London; whole days begin at London's midnight.
        year = datetime.date.today().year + 1
        spring = max(d for d in range(25, 32) if datetime.date(year, 3, d).weekday() == 6)
        for day, hour in ((spring - 1, 10), (spring, 9)):
            self.plan(f"{year}-03-{day:02}T{hour:02}:00:00Z")
        self.plan(f"{year}-03-{spring:02}T23:00:00Z")
        text = self.get(self.feed().path)[2]
        _, events = read(text)
        self.assertEqual([e.get("DTSTART", e.get("DTSTART;VALUE=DATE")) for e in events],
                         [f"{year}03{spring - 1:02}T100000Z", f"{year}03{spring:02}T090000Z",
                          (datetime.date(year, 3, spring) + datetime.timedelta(1)).strftime("%Y%m%d")])
        day = events[2]
        self.assertEqual(day["DTEND;VALUE=DATE"],
                         (datetime.date(year, 3, spring) + datetime.timedelta(2)).strftime("%Y%m%d"))
        self.assertEqual(day["TRANSP"], "TRANSPARENT")

    def test_cancelled__is_sent_as_such_with_the_same_uid(self):
        plan = self.plan(self.soon())
        path = self.feed().path
        before = read(self.get(path)[2])[1][0]
        self.sql(f"UPDATE canvass.plan SET created_at = created_at - interval '1 hour' WHERE id = '{plan}'")
        self.rpc("VisitService/CancelPlan", {"request_id": str(uuid.uuid4()), "plan_id": plan})
        after = read(self.get(path)[2])[1][0]
        self.assertEqual((before["STATUS"], after["STATUS"]), ("CONFIRMED", "CANCELLED"))
        self.assertEqual(before["UID"], after["UID"])
        self.assertNotEqual(before["UID"], plan)
        self.assertGreaterEqual(int(after["SEQUENCE"]), int(before["SEQUENCE"]))
        self.sql(f"UPDATE canvass.plan SET cancelled_at = now() - interval '61 days' WHERE id = '{plan}'")
        self.assertEqual(read(self.get(path)[2])[1], [])

    def test_etag__is_answered_not_modified_until_something_changes(self):
        self.plan(self.soon())
        path = self.feed().path
        etag = self.get(path)[1]["etag"]
        for version in ("--http1.1", "--http2"):
            for shown in (etag, etag[2:], f'"other", {etag}', "*"):
                status, fields, text = self.get(path, "-H", f"If-None-Match: {shown}", version=version)
                self.assertEqual((status, text, fields["etag"]), (304, "", etag), shown)
                self.assertNotIn("content-length", fields)
        self.assertEqual(self.get(path, "-H", 'If-None-Match: "x"')[0], 200)
        self.plan(self.soon(2))
        status, fields, _ = self.get(path, "-H", f"If-None-Match: {etag}")
        self.assertEqual(status, 200)
        self.assertNotEqual(fields["etag"], etag)

    def test_one_connection__reads_again_and_again(self):
        self.plan(self.soon())
        path = self.feed().path
        context = ssl.create_default_context(cafile=self.canvass.certificate)
        connection = http.client.HTTPSConnection("localhost", self.canvass.port, context=context)
        etag = None
        for i in range(6):
            connection.request("GET", path, headers={"If-None-Match": etag} if i % 2 else {})
            answer = connection.getresponse()
            text = answer.read()
            self.assertEqual(answer.status, 304 if i % 2 else 200)
            self.assertEqual(text == b"", bool(i % 2))
            etag = answer.headers["etag"]
        connection.close()

    def test_head_and_gzip(self):
        for day in range(1, 8):
            self.plan(self.soon(day))
        path = self.feed().path
        for version in ("--http1.1", "--http2"):
            status, fields, text = self.get(path, "--head", version=version)
            self.assertEqual((status, text), (200, ""))
            self.assertIn("etag", fields)
            plain = self.get(path, version=version)
            packed = self.get(path, "--compressed", version=version)
            self.assertEqual(packed[1]["content-encoding"], "gzip")
            self.assertEqual((plain[2], plain[1]["etag"]), (packed[2], packed[1]["etag"]))

    def test_query__changes_nothing(self):
        path = self.feed().path
        self.assertEqual(self.get(path + "?x=" + "y" * 100)[0], 200)

    # ---- whose it is ----

    def test_words__tell_nothing_of_clients(self):
        ref = "LB-" + str(random.randrange(10 ** 6, 10 ** 7))
        client = self.rpc("ClientService/CreateClient", {
            "request_id": str(uuid.uuid4()), "client": {"ref": ref, "constraints": {
                "may_drive": "DRIVING_NONE", "driving_review_on": {"year": 2099, "month": 1, "day": 1},
                "may_drive_after": "DRIVING_G1"}}}).client
        self.sql(f"""UPDATE canvass.client_constraints SET driving_review_on = current_date + 5 WHERE client_id = '{client.id}';
                     INSERT INTO canvass.opening (id, employer_id, borough_id, title, hidden, network, created_by_name, updated_by_name)
                         VALUES ('{client.id}', '{OTHER}', 'E09000022', 'Yard hand', true, false, 'x', 'x');
                     INSERT INTO canvass.trial (borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind,
                             title, pay_pence_hour, starts_on, ends_on, days, status, tasks, updated_by_name)
                         SELECT 'E09000022', c.team_id, c.id, c.specialist_id, '{OTHER}', '{client.id}', 1, 'paid', 'Yard hand', 1400,
                                current_date + 1, current_date + 3, 3, 'agreed', '{SECRET_TEXT}', 'x'
                           FROM canvass.client c WHERE c.id = '{client.id}'""")
        text = self.get(self.feed().path)[2]
        _, events = read(text)
        self.assertEqual([e["SUMMARY"] for e in events], ["Appointment: Larkrise", "Reminder"])
        for word in (ref, client.id, SECRET_TEXT, "Yard", "driv", "trial", "paid", "Amira"):
            self.assertNotIn(word.lower(), text.lower())
        events = self.rpc("CalendarService/ListEvents").events
        self.assertEqual([e.kind for e in events], [2, 6])
        self.assertNotIn(ref, str(events))

    def test_feed__is_its_owner_s_alone(self):
        self.plan(self.soon())
        other = self.person(team=f"Team {uuid.uuid4()}")
        path = self.rpc("CalendarService/CreateFeed", {"request_id": str(uuid.uuid4())}, token=other).path
        self.assertEqual(read(self.get(path)[2])[1], [])
        feed = self.feed().feed
        self.assertEqual([f.id for f in self.rpc("CalendarService/ListFeeds").feeds], [feed.id])
        self.assertEqual(len(self.rpc("CalendarService/ListFeeds", token=other).feeds), 1)
        self.assert_fails("NOT_FOUND", "CalendarService/RevokeFeed", {
            "request_id": str(uuid.uuid4()), "feed_id": feed.id}, field="feed_id", token=other)
        self.assertNotIn(feed.id, str(self.rpc("AccountService/ListTokens").tokens))

    def test_secret__calls_nothing_else(self):
        secret = self.feed().path[len("/calendar/"):-len(".ics")]
        for method in ("AccountService/WhoAmI", "CalendarService/ListEvents", "TodayService/GetToday"):
            self.assert_fails("UNAUTHENTICATED", method, token=secret)
        self.assertEqual(self.get("/calendar/" + self.token + ".ics")[::2], (404, NOT_FOUND))

    def test_nothing_is_there(self):
        """In the same words, whatever the reason; also of one whose owner has left or lost the role."""
        answers = set()

        def ask(path, **kwargs):
            status, fields, text = self.get(path, **kwargs)
            for name in ("date", "x-request-id"):
                fields.pop(name, None)
            answers.add((status, text, str(sorted(fields.items()))))

        revoked = self.feed()
        self.rpc("CalendarService/RevokeFeed", {"request_id": str(uuid.uuid4()), "feed_id": revoked.feed.id})
        ask(revoked.path)
        expired = self.feed()
        self.sql(f"UPDATE canvass.token SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day' WHERE id = '{expired.feed.id}'")
        ask(expired.path)
        ask("/calendar/cvf_" + "A" * 43 + ".ics")
        ask("/calendar/cvf_" + "A" * 42 + ".ics")
        ask("/calendar/")
        ask("/calendar/x")
        ask("/calendar/" + "%2e" * 200 + ".ics")
        left = self.feed().path
        self.assertEqual(self.get(left)[0], 200)
        who = self.rpc("AccountService/WhoAmI").specialist.id
        self.sql(f"UPDATE canvass.specialist SET roles = '{{auditor}}' WHERE id = '{who}'")
        ask(left)
        self.sql(f"UPDATE canvass.specialist SET roles = '{{specialist}}', active = false WHERE id = '{who}'")
        ask(left)
        self.assertEqual(len(answers), 1, answers)
        self.assertEqual(answers.pop()[:2], (404, NOT_FOUND))
        for version in ("--http1.1", "--http2"):
            self.assertEqual(self.get(left, version=version)[::2], (404, NOT_FOUND))

    def test_other_verbs_and_places__are_as_before(self):
        path = self.feed().path
        self.assertEqual(self.get(path, "-X", "POST")[0], 415)
        self.assertEqual(self.get(path, "-X", "DELETE")[0], 405)
        self.assertEqual(self.get("/calendars" + path[len("/calendar"):])[0], 405)
        self.assertEqual(self.get("/calendar")[0], 405)

    def test_secret__stands_in_no_log_and_no_metric(self):
        path = self.feed().path
        secret = path[len("/calendar/"):-len(".ics")]
        _, fields, _ = self.get(path)
        eventually(lambda: f"call {fields['x-request-id']} " in self.canvass.log())
        self.get("/calendar/cvf_" + "Zz9" * 14 + "Z.ics")
        self.get(path, "-X", "POST")
        self.assertIn("canvass.v1.CalendarService/ListEvents", self.canvass.log())
        self.assertIn('grpc_method="ListEvents"', self.get("/metrics")[2])
        for text in (self.canvass.log(), self.get("/metrics")[2]):
            self.assertNotIn(secret, text)
            self.assertNotIn("cvf_", text)

    def test_read__is_no_write(self):
        feed = self.feed()
        before = self.sql(f"SELECT t::text FROM canvass.token t WHERE id = '{feed.feed.id}'")
        notes = self.sql("SELECT count(*) FROM canvass.audit WHERE method LIKE '%ListEvents'")
        self.get(feed.path)
        self.assertEqual(before, self.sql(f"SELECT t::text FROM canvass.token t WHERE id = '{feed.feed.id}'"))
        self.assertEqual(notes, self.sql("SELECT count(*) FROM canvass.audit WHERE method LIKE '%ListEvents'"))

    def test_path__of_any_bytes_ends_nothing(self):
        chance = random.Random(6)
        good = self.feed().path
        context = ssl.create_default_context(cafile=self.canvass.certificate)
        for i in range(300):
            made = bytearray(good.encode())
            for _ in range(chance.randrange(1, 5)):
                made[chance.randrange(10, len(made))] = chance.choice(b"/.%?#&=~!$'()*+,;:@[]\\^`{|}<>\"AZaz09-_\x01\x7f\xc3\xff")
            if chance.random() < 0.3:
                made = made[:chance.randrange(10, len(made))] * chance.randrange(1, 40)
            if bytes(made) == good.encode():
                continue
            connection = http.client.HTTPSConnection("localhost", self.canvass.port, context=context)
            connection._validate_path = lambda path: None
            connection.putrequest = connection.putrequest
            connection.connect()
            connection.sock.sendall(b"GET " + bytes(made) + b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            answer = http.client.HTTPResponse(connection.sock)
            try:
                answer.begin()
                self.assertIn(answer.status, (200, 400, 404, 405, 431), made)
                if answer.status == 200:
                    self.assertEqual(bytes(made).split(b"?")[0], good.encode())
            except http.client.BadStatusLine:
                pass  # closed: it was not even HTTP
            connection.close()
        self.assertEqual(self.get(good)[0], 200)


class OnTheCommandLine(CliTest):
    def setUp(self):
        self.token = self.person(name="Amira Shah", team=f"Team {uuid.uuid4()}")

    def told(self, *words, code=0):
        done = self.cli(*words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def get(self, address):
        done = subprocess.run(["curl", "-sS", "-w", "%{http_code}", "--cacert", self.canvass.certificate, address],
                              capture_output=True, timeout=30, check=True)
        text = done.stdout.decode()
        return int(text[-3:]), text[:-3]

    def test_address__is_read_until_it_is_revoked(self):
        employer = self.make_employer("Loughborough Timber " + str(uuid.uuid4())[:8]).id
        self.told("visit", "plan", employer, "--at", "tomorrow 14:00")
        said = self.told("calendar", "address", "work", "phone")
        address = re.search(r"https://\S+", said)[0]
        id_ = re.search(r"Id +(\S+)", said)[1]
        status, text = self.get(address)
        self.assertEqual((status, text.count("BEGIN:VEVENT")), (200, 1))
        self.assertIn(id_, self.told("calendar", "list"))
        self.assertIn("Revoked", self.told("calendar", "revoke", id_))
        self.assertEqual(self.get(address), (404, NOT_FOUND))
        self.told("calendar", "revoke", str(uuid.uuid4()), code=4)

    def test_dry_run__makes_no_address(self):
        said = self.told("calendar", "address", "--dry-run")
        self.assertIn("nothing was kept", said)
        self.assertIn("no addresses", self.told("calendar", "list"))

    def test_list__is_of_the_coming_two_weeks(self):
        employer = self.make_employer("Ferndale Bakery " + str(uuid.uuid4())[:8]).id
        for at in ("in 3 days", "in 13 days", "in 14 days"):
            self.told("visit", "plan", employer, "--at", at)
        count = lambda *words: len(json.loads(self.told("calendar", *words, "--json")).get("events", []))
        self.assertEqual((count(), count("--until", "in 3 days"), count("--from", "in 13 days")), (2, 1, 2))
        self.assertIn("Ask for", self.told("calendar", "--from", "in 9 days", "--until", "in 2 days", code=3))

    def test_export__writes_what_a_phone_would_read(self):
        employer = self.make_employer("Gresham Mill " + str(uuid.uuid4())[:8]).id
        self.told("visit", "plan", employer, "--at", "tomorrow 14:00")
        self.told("visit", "plan", employer, "--at", "in 3 days")
        path = os.path.join(self.home, f"{uuid.uuid4()}.ics")
        self.assertIn("2 events", self.told("calendar", "export", path))
        with open(path, encoding="utf-8", newline="") as file:
            exported = file.read()
        self.assertEqual(exported, self.get(re.search(r"https://\S+", self.told("calendar", "address"))[0])[1])
        self.assertIn("it is there already", self.told("calendar", "export", path, code=5))


class Guessing(unittest.TestCase):
    def test_guessing__is_slowed_down_as_with_tokens(self):
        canvass = Canvass(max_failed_logins=5, max_failed_logins_per_second=1)
        self.addCleanup(canvass.stop)
        calendar = Calendar()
        calendar.canvass = canvass
        seen = [calendar.get(f"/calendar/cvf_{'A' * 40}{i:03}.ics")[::2] for i in range(12)]
        self.assertEqual(seen[:5], [(404, NOT_FOUND)] * 5)
        self.assertIn((429, "Too Many Requests\n"), seen)

    def test_database_away__is_said(self):
        canvass = Canvass(database_wait="100ms")
        self.addCleanup(canvass.stop)
        calendar = Calendar()
        calendar.canvass = canvass
        canvass.kill_postgres()
        self.assertEqual(calendar.get("/calendar/cvf_" + "A" * 43 + ".ics")[::2], (503, "Service Unavailable\n"))


if __name__ == "__main__":
    canvass_test.main()
