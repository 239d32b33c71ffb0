"""Trials over the wire: a place that many want at once, writes that are repeated, and the noun in a
terminal. What the rules say is tested in tests/sql/trial.sql."""

import datetime
import threading
import unittest
import uuid

import canvass_test
import grpc
from cli_support import CliTest

CALLERS, WORKERS = 200, 4


def day(n):
    d = datetime.date.today() + datetime.timedelta(n)
    return {"year": d.year, "month": d.month, "day": d.day}


class Race(threading.Thread):
    """One call on a connection of its own, at the same moment as the others."""

    def __init__(self, canvass, token, barrier, method, body):
        super().__init__(daemon=True)
        self.canvass, self.token, self.barrier = canvass, token, barrier
        self.method, self.body, self.code, self.said = method, body, None, None
        self.start()

    def run(self):
        with self.canvass.new_channel() as channel:
            grpc.channel_ready_future(channel).result(60)
            self.barrier.wait(120)
            try:
                self.canvass.rpc(self.method, self.body, self.token, channel=channel, timeout=120)
                self.code = "OK"
            except grpc.RpcError as error:
                self.code, self.said = error.code().name, canvass_test.details(error)["message"]


class TestRaces(unittest.TestCase):
    """Real workers, real connections: the loser is told, and of nobody else."""

    @classmethod
    def setUpClass(cls):
        cls.canvass = canvass_test.Canvass(start=False, workers=str(WORKERS))
        cls.canvass.start_daemon()
        cls.tokens = [cls.canvass.person(borough=b, team=f"Team {uuid.uuid4()}", name=name)
                      for b, name in ((canvass_test.LAMBETH, "Amira Shah"),
                                      (canvass_test.SOUTHWARK, "Sam Reid"))]

    @classmethod
    def tearDownClass(cls):
        cls.canvass.stop()

    def rpc(self, method, body, token):
        return self.canvass.rpc(method, body, token)

    def make_opening(self, places=1):
        token = self.tokens[0]
        employer = self.rpc("EmployerService/CreateEmployer", {
            "employer": {"name": f"Shop {uuid.uuid4()}"}, "even_if_similar": True}, token).employer
        return self.rpc("OpeningService/CreateOpening", {"opening": {
            "employer_id": employer.id, "title": "Van driver", "hidden": True, "network": True,
            "hours_min_tenths": 200, "pay_pence_hour": 1400, "places": places}}, token).opening

    def propose(self, token, opening, client=None, first=7):
        if client is None:
            client = self.rpc("ClientService/CreateClient", {"client": {
                "ref": f"RC-{uuid.uuid4().int % 10**9}", "age_band": "AGE_BAND_21_AND_OVER"}},
                token).client
        return self.rpc("TrialService/ProposeTrial", {"trial": {
            "client_id": client.id, "opening_id": opening.id, "kind": "TRIAL_KIND_PAID",
            "starts_on": day(first), "ends_on": day(first + 2), "days": 2}}, token).trial

    def race(self, jobs):
        barrier = threading.Barrier(len(jobs))
        racers = [Race(self.canvass, token, barrier, "TrialService/AgreeTrial", body)
                  for token, body in jobs]
        for racer in racers:
            racer.join(180)
        return racers

    def outcome(self, racers):
        codes = [racer.code for racer in racers]
        return {code: codes.count(code) for code in set(codes)}

    def test_places__one_of_two_hundred_gets_the_one_place(self):
        opening = self.make_opening()
        jobs = [(self.tokens[n % 2], {"trial_id": self.propose(self.tokens[n % 2], opening).id})
                for n in range(CALLERS)]
        racers = self.race(jobs)
        self.assertEqual(self.outcome(racers), {"OK": 1, "ALREADY_EXISTS": CALLERS - 1})
        said = {racer.said for racer in racers if racer.said}
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said.pop(), r"^The place is taken until \d+ \w+ \d{4}; give later days")
        # Who comes after the last day is not in the way of anybody.
        later = self.propose(self.tokens[1], opening, first=10)
        self.rpc("TrialService/AgreeTrial", {"trial_id": later.id}, self.tokens[1])

    def test_places__each_of_three_goes_once(self):
        opening = self.make_opening(places=3)
        racers = self.race([(self.tokens[0], {"trial_id": self.propose(self.tokens[0], opening).id})
                            for _ in range(20)])
        self.assertEqual(self.outcome(racers), {"OK": 3, "ALREADY_EXISTS": 17})
        agreed = self.rpc("TrialService/ListTrials", {
            "opening_id": opening.id, "status": "TRIAL_STATUS_AGREED"}, self.tokens[0]).trials
        self.assertEqual(sorted(trial.place for trial in agreed), [1, 2, 3])
        for token in self.tokens:
            seen = self.rpc("OpeningService/GetOpening", {"opening_id": opening.id}, token).opening
            self.assertEqual(seen.places_taken, 3)

    def test_clients__nobody_is_at_two_places_at_once(self):
        client = self.rpc("ClientService/CreateClient", {"client": {
            "ref": f"RC-{uuid.uuid4().int % 10**9}"}}, self.tokens[0]).client
        racers = self.race([
            (self.tokens[0], {"trial_id": self.propose(self.tokens[0], self.make_opening(),
                                                       client).id}) for _ in range(20)])
        self.assertEqual(self.outcome(racers), {"OK": 1, "ALREADY_EXISTS": 19})
        self.assertEqual({racer.said.split(":")[0] for racer in racers if racer.said},
                         {"The client has another trial on these days"})

    def test_pauses__cross_bookings_without_a_deadlock(self):
        """Pauses keep places while others take what comes after them."""
        opening = self.make_opening()
        mine, theirs = self.propose(self.tokens[0], opening), [
            self.propose(self.tokens[1], opening, first=first) for first in range(20, 30)]
        self.rpc("TrialService/AgreeTrial", {"trial_id": mine.id}, self.tokens[0])
        barrier = threading.Barrier(len(theirs) + 1)
        racers = [Race(self.canvass, self.tokens[1], barrier, "TrialService/AgreeTrial",
                       {"trial_id": trial.id}) for trial in theirs]
        racers.append(Race(self.canvass, self.tokens[0], barrier, "ClientService/PauseClient",
                           {"client_id": mine.client_id, "until": day(60)}))
        for racer in racers:
            racer.join(180)
        self.assertEqual(racers[-1].code, "OK", racers[-1].said)
        self.assertLessEqual(set(self.outcome(racers)), {"OK", "ALREADY_EXISTS"})
        kept = self.rpc("TrialService/GetTrial", {"trial_id": mine.id}, self.tokens[0]).trial
        taken = [trial for trial, racer in zip(theirs, racers) if racer.code == "OK"]
        expected = datetime.date.today() + datetime.timedelta(60)
        if taken:
            first = min(datetime.date(t.starts_on.year, t.starts_on.month, t.starts_on.day)
                        for t in taken)
            expected = first - datetime.timedelta(1)
        self.assertEqual((kept.kept_until.month, kept.kept_until.day),
                         (expected.month, expected.day))

    def test_writes__are_safe_to_repeat(self):
        opening = self.make_opening()
        trial = self.propose(self.tokens[0], opening)
        body = {"trial_id": trial.id, "request_id": str(uuid.uuid4())}
        first = self.rpc("TrialService/AgreeTrial", body, self.tokens[0])
        self.assertEqual(self.rpc("TrialService/AgreeTrial", body, self.tokens[0]), first)


class TestNoun(CliTest):
    """The command line: questions in a terminal, names instead of ids, what it says where."""

    def setUp(self):
        super().setUp()
        self.token = self.person(team=f"Team {uuid.uuid4()}", name="Amira Shah")
        self.employer = self.make_employer(f"Larkrise Tools {uuid.uuid4().hex[:6]}")
        self.client = f"TN-{uuid.uuid4().int % 10**6}"
        self.cli_json("client", "add", self.client, "--age-band", "21_and_over")
        self.opening = self.cli_json("opening", "add", self.employer.id, "--title", "Van driver",
                                     "--role", "8214", "--hours", "20", "--pay", "14")["opening"]["id"]

    def test_propose__dry_run_keeps_nothing(self):
        done = self.cli("trial", "propose", self.client, self.opening, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Checked; nothing was kept.", done.stderr)
        self.assertIn("no trials", self.cli("trial", "list", self.client).stderr)

    def test_propose__json_is_the_answer(self):
        answer = self.cli_json("trial", "propose", self.client, self.opening, "--kind", "paid")
        self.assertEqual(answer["trial"]["status"], "TRIAL_STATUS_PROPOSED")
        self.assertFalse(answer["card"].get("mayCall"))

    def test_end__asks_in_a_terminal(self):
        self.cli_json("trial", "propose", self.client, self.opening, "--kind", "paid",
                      "--from", "today", "--until", "today")
        for verb in ("agree", "begin"):
            self.cli_json("trial", verb, self.client)
        with self.terminal("trial", "end", self.client) as terminal:
            for question, answer in (("outcome", "offer"), ("reason", ""),
                                     ("employer-feedback|employer said", "quick to learn"),
                                     ("client-feedback|client said", "would stay")):
                terminal.expect(f"(?i)({question}|what it led to|why)[^\r\n]*: ")
                terminal.sendline(answer)
            terminal.expect("Ended.")

    def test_refusals__name_the_option(self):
        said = self.fails(3, "trial", "propose", self.client, self.opening, "--kind", "paid",
                          "--pay", "5")
        self.assertIn("--pay", said)
        self.assertIn("below the minimum wage", said)

    def test_trial__completes_its_values(self):
        words = ("trial", "propose", self.client, self.opening, "--kind", "")
        self.assertIn("jobcentre_plus", self.cli("__complete", "--", "\x1f".join(words)).stdout)

    def test_letter__goes_to_a_file_alone(self):
        self.cli_json("trial", "propose", self.client, self.opening, "--kind", "paid")
        done = self.cli("trial", "letter", self.client)
        self.assertIn("Proposal of a work trial: Van driver", done.stdout)
        self.assertNotIn(self.client, done.stdout)
        self.assertIn("agreed to nothing here", done.stderr)
        self.assertNotIn("agreed to nothing here", done.stdout)


if __name__ == "__main__":
    canvass_test.main()
