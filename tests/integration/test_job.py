"""Jobs and support over the wire and in a terminal: a race for the last place, repeats, what is asked
for, what the audit notes."""

import concurrent.futures
import datetime
import unittest
import uuid
import zoneinfo

import canvass_test
import grpc
from cli_support import CliTest

JOB, SUPPORT = "JobService/", "SupportService/"
RACERS = 24


def date_of(days):
    day = (datetime.datetime.now(zoneinfo.ZoneInfo("Europe/London"))
           + datetime.timedelta(days=days)).date()
    return {"year": day.year, "month": day.month, "day": day.day}


class TestJobs(CliTest):
    def make_client(self, token=None):
        ref = f"JB-{uuid.uuid4().int % 10**9}"
        return self.rpc("ClientService/CreateClient", {"client": {
            "ref": ref, "age_band": "AGE_BAND_21_AND_OVER", "entered_on": date_of(-100)}},
            token).client

    def make_opening(self, employer_id, **more):
        return self.rpc("OpeningService/CreateOpening", {"opening": {
            "employer_id": employer_id, "title": "Van driver", "soc": "8214",
            "hours_min_tenths": 200, "hours_max_tenths": 200, "pay_pence_hour": 1500,
            **more}}).opening

    def test_start__races_for_the_last_place(self):
        """Two places, many who start at once, of two boroughs: two start, the others are told."""
        employer = self.make_employer(f"Race {uuid.uuid4()}")
        opening = self.make_opening(employer.id, places=2, network=True)
        southwark = self.person(borough=canvass_test.SOUTHWARK, team=f"Team {uuid.uuid4()}")
        whose = [self.token, southwark] * (RACERS // 2)
        clients = [self.make_client(token) for token in whose]

        def start(who):
            token, client = who
            try:
                self.rpc(JOB + "StartJob", {"job": {
                    "client_id": client.id, "opening_id": opening.id, "starts_on": date_of(0)}},
                    token)
                return "OK"
            except grpc.RpcError as error:
                return error.code().name

        with concurrent.futures.ThreadPoolExecutor(RACERS) as pool:
            said = sorted(pool.map(start, zip(whose, clients)))
        self.assertEqual(said, ["FAILED_PRECONDITION"] * (RACERS - 2) + ["OK"] * 2)
        found = self.rpc("OpeningService/GetOpening", {"opening_id": opening.id}).opening
        self.assertEqual((found.places, found.closed_reason), (1, "filled"))
        jobs = self.sql(f"SELECT count(*) FROM canvass.job WHERE opening_id = '{opening.id}'")
        self.assertEqual(jobs.strip(), "2")

    def test_start__is_done_once(self):
        """Two phones that write one start: one job. A repeat of the request gets its answer."""
        client = self.make_client()
        employer = self.make_employer(f"Once {uuid.uuid4()}")
        body = {"job": {"client_id": client.id, "employer_id": employer.id, "title": "Driver",
                        "soc": "8214", "starts_on": date_of(-3), "hours_tenths": 160,
                        "pay_pence_hour": 1500}}

        def start(request_id):
            try:
                return self.rpc(JOB + "StartJob", {**body, "request_id": request_id}).job.id
            except grpc.RpcError as error:
                return error.code().name

        ids = [str(uuid.uuid4()) for _ in range(8)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            said = list(pool.map(start, ids))
        self.assertEqual(said.count("ALREADY_EXISTS"), 7)
        made = next(n for n, answer in enumerate(said) if answer != "ALREADY_EXISTS")
        self.assertEqual(start(ids[made]), said[made])

    def test_list__goes_page_by_page_and_by_caseload(self):
        token = self.person(team=f"Team {uuid.uuid4()}")
        client = self.make_client(token)
        made = [self.rpc(JOB + "StartJob", {"job": {
            "client_id": client.id, "employer_id": self.make_employer(f"Page {uuid.uuid4()}").id,
            "title": f"Job {n}", "soc": "8214", "starts_on": date_of(-n), "hours_tenths": 80,
            "pay_pence_hour": 1500}}, token).job.id for n in range(5)]
        found, page = [], ""
        while True:
            answer = self.rpc(JOB + "ListJobs", {"mine": True, "page_size": 2, "page_token": page},
                              token)
            found += [job.id for job in answer.jobs]
            page = answer.next_page_token
            if not page:
                break
        self.assertEqual(found, made)
        self.rpc(JOB + "EndJob", {"job_id": made[0], "ends_on": date_of(0),
                                  "reason": "JOB_END_OTHER"}, token)
        self.assertEqual(len(self.rpc(JOB + "ListJobs", {"client_id": client.id}, token).jobs), 4)
        self.assertEqual(len(self.rpc(JOB + "ListJobs", {"client_id": client.id, "ended": True},
                                      token).jobs), 5)

    def test_reads__note_whose_rows_were_shown(self):
        client = self.make_client()
        employer = self.make_employer(f"Audit {uuid.uuid4()}")
        self.rpc(JOB + "StartJob", {"job": {
            "client_id": client.id, "employer_id": employer.id, "title": "Driver", "soc": "8214",
            "starts_on": date_of(-3), "hours_tenths": 160, "pay_pence_hour": 1500}})
        self.rpc(SUPPORT + "AddSupport", {"support": {
            "client_id": client.id, "given_to": "SUPPORT_TO_CLIENT"}})
        for method, body in ((JOB + "GetJob", {"client_id": client.id}),
                             (JOB + "ListJobs", {"client_id": client.id}),
                             (SUPPORT + "ListSupport", {"client_id": client.id}),
                             (SUPPORT + "ListSupportDue", {"team": True, "ahead_days": 60})):
            self.rpc(method, body)
            noted = self.sql(f"SELECT count(*) FROM canvass.audit WHERE '{client.id}' = ANY (clients)"
                             f" AND kind = 'read' AND method = 'canvass.v1.{method}'")
            self.assertEqual(noted.strip(), "1", method)

    def test_terminal__asks_for_what_is_missing(self):
        client = self.make_client()
        name = f"Ask {uuid.uuid4().hex[:8]}"
        self.make_employer(name)
        with self.terminal("job", "start", client.ref) as terminal:
            for prompt, answer in (("The employer: .*: ", name), ("The first day of work: ", "soon"),
                                   ("The first day of work: ", "3 days ago"),
                                   ("What the employer calls the job: ", "Van driver"),
                                   ("Occupation: .*: ", "8214"), ("Hours a week: ", "20"),
                                   ("Pounds an hour before tax: ", "15")):
                terminal.expect(prompt)
                terminal.sendline(answer)
            terminal.expect("Recorded.")
        with self.terminal("support", "add", client.ref) as terminal:
            for prompt, answer in (("Whom you supported .client.employer.: ", "client"),
                                   ("How .in person. .*: ", "phone"),
                                   ("What it was about.*: ", "the first days")):
                terminal.expect(prompt)
                terminal.sendline(answer)
            terminal.expect("Recorded.")
        with self.terminal("job", "end", client.ref) as terminal:
            terminal.expect("The last day of work: ")
            terminal.sendline("yesterday")
            terminal.expect("Why .contract_ended.*: ")
            terminal.sendline("resigned")
            terminal.expect("The search begins again")
        job = self.cli_json("job", "show", client.ref)["job"]
        self.assertEqual((job["title"], job["endReason"]), ("Van driver", "JOB_END_RESIGNED"))

    def test_command__goes_without_a_terminal(self):
        client = self.make_client()
        self.assertIn("--starts is missing", self.fails(2, "job", "start", client.ref))
        self.assertIn("Say at which employer", self.fails(3, "job", "start", client.ref, "--starts",
                                                          "today"))
        self.assertIn("is none of: unwell, appointment", self.fails(
            2, "job", "lost", client.ref, "--on", "today", "--hours", "8", "--reason", "tired"))
        self.assertIn("has started no job yet", self.fails(4, "job", "show", client.ref))
        self.assertIn("canvass job start LB-014", self.cli("job", "start", "--help").stdout)
        for words, offered in ((("job", "st"), "start"), (("job", "end", client.ref, "--reason", "r"),
                                                          "resigned"),
                               (("support", "add", client.ref, "--to", "e"), "employer"),
                               (("job", "show", client.ref[:5]), client.ref)):
            self.assertIn(offered, self.cli("__complete", "--", "\x1f".join(words)).stdout)


if __name__ == "__main__":
    canvass_test.main()
