"""MatchService over real gRPC: what the rows become, and what the answer says.

The ranking itself is tested in tests/unit/match; here it is the way from rows to sentences.
"""

import uuid

import canvass_test
from canvass_test import LAMBETH, SOUTHWARK, ZERO, to_dict

CAMDEN = "E09000007"


def span(day, start, end):
    return {"weekday": f"WEEKDAY_{day}", "start_minute": start * 60, "end_minute": end * 60}


class MatchTest(canvass_test.CanvassTest):
    def setUp(self):
        """Each test has a network of its own: openings of other tests are closed."""
        self.sql("UPDATE canvass.opening SET closed_at = now(), closed_reason = 'test'"
                 " WHERE closed_at IS NULL")
        self.team = f"Team {uuid.uuid4()}"
        self.token = self.person(team=self.team)

    def opening(self, title="Team member", token=None, **fields):
        employer = self.rpc("EmployerService/CreateEmployer",
                            {"employer": {"name": f"{title} Ltd {uuid.uuid4()}"}}, token=token)
        return self.rpc("OpeningService/CreateOpening", {"opening": {
            "employer_id": employer.employer.id, "title": title, "hidden": True, "network": True,
            "hours_min_tenths": 160, "hours_max_tenths": 160, "pay_pence_hour": 1500,
            **fields}}, token=token).opening

    def client(self, wishes=None, constraints=None, unavailable=None, **caller):
        made = self.rpc("ClientService/CreateClient", {"client": {
            "ref": f"LB-{uuid.uuid4().int % 10**8}", "age_band": "AGE_BAND_21_AND_OVER"}}, **caller)
        name = {"client_id": made.client.id}
        if wishes:
            self.rpc("ClientService/SetWishes", {**name, "wishes": wishes})
        if constraints:
            self.rpc("ClientService/SetConstraints", {**name, "constraints": constraints})
        if unavailable:
            self.rpc("ClientService/SetUnavailable", {**name, "unavailable": unavailable})
        return made.client

    def match(self, client, token=None, **fields):
        caller = {"token": token} if token else {}
        return self.rpc("MatchService/MatchClient", {"client_id": client.id, **fields}, **caller)

    def reason(self, matched, criterion, limit=True):
        found, = [r for r in to_dict(matched)["reasons"]
                  if r["criterion"] == criterion and r.get("limit", False) == limit]
        return found


class TestMatch(MatchTest):
    def test_match__lists_what_fits_with_a_sentence_a_criterion(self):
        opening = self.opening(shifts=[span("MONDAY", 9, 17)])
        client = self.client(wishes={"hours_tenths": 160})
        answer = self.match(client)
        matched, = answer.openings
        self.assertEqual((matched.opening_id, matched.title), (opening.id, "Team member"))
        self.assertEqual(matched.employer_id, opening.employer_id)
        self.assertEqual((answer.considered, answer.fitting), (1, 1))
        self.assertTrue(all(r.sentence for r in matched.reasons))
        self.assertEqual(self.reason(matched, "hours")["verdict"], "VERDICT_FITS")
        self.assertLessEqual(0, matched.score)
        self.assertLessEqual(matched.score, matched.max_score)
        self.assertEqual(matched.score, sum(r.points for r in matched.reasons))

    def test_match__shows_what_was_written_just_before(self):
        opening = self.opening()
        client = self.client()
        for step in range(1, 21):
            self.rpc("OpeningService/UpdateOpening", {"opening": {
                "id": opening.id, "title": f"Post {step}", "pay_pence_hour": 1500 + step},
                "update_mask": "title,payPenceHour"})
            matched, = self.match(client).openings
            self.assertEqual(matched.title, f"Post {step}")
            self.assertIn(f"£15.{step:02}", self.reason(matched, "pay")["sentence"])
            again, = self.match(client).openings
            self.assertEqual(again, matched)

    def test_match__wished_for_occupation_comes_first(self):
        list(self.stream("ReferenceService/LoadOccupations", [{"rows": [
            {"code": code, "title": title} for code, title in (
                ("8", "Process, plant and machine operatives"), ("82", "Transport and drivers"),
                ("821", "Road transport drivers"), ("8214", "Delivery drivers"),
                ("9", "Elementary occupations"), ("92", "Elementary services"),
                ("926", "Other elementary services"), ("9263", "Kitchen assistants"))]}],
            token=self.person(roles=("administrator",))))
        self.opening("Kitchen hand", soc="9263")
        self.opening("Driver", soc="8214")
        client = self.client(wishes={"occupations": [{"soc": "8214", "weight": 5}]})
        self.assertEqual([o.title for o in self.match(client).openings],
                         ["Driver", "Kitchen hand"])

    def test_match__clash_with_a_pickup_is_an_ask_to_the_clinical_team(self):
        """DOMAIN.md section 3: a clash yields an ask, not a rejection."""
        self.opening(shifts=[span("TUESDAY", 9, 17)])
        client = self.client(unavailable=[{
            "span": span("TUESDAY", 10, 11), "kind": "UNAVAILABLE_KIND_PICKUP", "movable": True}])
        answer = self.match(client)
        self.assertEqual(len(answer.openings), 0)
        near, = answer.near_misses
        self.assertEqual(self.reason(near, "shift")["verdict"], "VERDICT_FAILS")
        asks = {canvass_test.to_dict(a)["of"]: a.sentence for a in near.asks}
        self.assertIn("pick-up", asks["ASK_OF_CLINICAL_TEAM"])
        self.assertNotRegex(asks.get("ASK_OF_EMPLOYER", ""), "pick|treat|clinic|pharm")
        shift, = [c for c in answer.funnel if c.criterion == "shift"]
        self.assertEqual((shift.alone, shift.first, shift.only), (1, 1, 1))

    def test_match__window_over_midnight_is_the_same_window(self):
        self.opening(shifts=[span("MONDAY", 1, 5)])
        client = self.client(unavailable=[{
            "span": span("SUNDAY", 22, 30), "kind": "UNAVAILABLE_KIND_CARING"}])
        self.assertEqual(len(self.match(client).openings), 0)

    def test_match__availability_holds_the_shift(self):
        self.opening("Mornings", shifts=[span("FRIDAY", 6, 12)])
        self.opening("Nights", shifts=[span("FRIDAY", 22, 30)])
        client = self.client(constraints={"available": [span("FRIDAY", 5, 20)]})
        self.assertEqual([o.title for o in self.match(client).openings], ["Mornings"])

    def test_match__only_the_clients_own_must_not_excludes(self):
        self.opening("Noisy", features=["JOB_FEATURE_NOISE", "JOB_FEATURE_OUTDOORS"])
        willing, other = self.client(), self.client(constraints={"must_not": ["JOB_FEATURE_NOISE"]})
        self.assertEqual(len(self.match(willing).openings), 1)
        answer = self.match(other)
        self.assertEqual(len(answer.openings), 0)
        self.assertEqual(self.reason(answer.near_misses[0], "must_not")["verdict"],
                         "VERDICT_FAILS")

    def test_match__driving_that_becomes_possible_on_a_date(self):
        """DOMAIN.md section 7, feature 6: the "not yet" horizon."""
        self.opening("Van driver", driving="DRIVING_G1")
        client = self.client(constraints={
            "may_drive": "DRIVING_NONE", "may_drive_after": "DRIVING_G1",
            "driving_review_on": {"year": 2027, "month": 3, "day": 1}})
        answer = self.match(client, on={"year": 2027, "month": 1, "day": 4})
        self.assertEqual(len(answer.openings), 0)
        later, = answer.later
        self.assertEqual((later.possible_on.year, later.possible_on.month, later.possible_on.day),
                         (2027, 3, 1))
        answer = self.match(client, on={"year": 2027, "month": 3, "day": 1})
        self.assertEqual([o.title for o in answer.openings], ["Van driver"])

    def test_match__check_level_that_is_clear(self):
        self.opening("Care", check="CHECK_LEVEL_ENHANCED")
        self.opening("Shop", check="CHECK_LEVEL_BASIC")
        client = self.client(constraints={"check_clear": "CHECK_LEVEL_BASIC"})
        self.assertEqual([o.title for o in self.match(client).openings], ["Shop"])

    def test_match__trial_only_leaves_out_tasters(self):
        """DOMAIN.md section 2: a taster is no work trial."""
        self.opening("Taster", trial="TRIAL_KIND_TASTER")
        self.opening("Paid", trial="TRIAL_KIND_PAID", trial_days=2)
        client = self.client()
        self.assertEqual(len(self.match(client).openings), 2)
        self.assertEqual([o.title for o in self.match(client, trial_only=True).openings], ["Paid"])

    def test_match__paused_client_gets_none_unless_asked(self):
        """DOMAIN.md section 7, feature 7."""
        self.opening()
        client = self.client()
        self.sql(f"UPDATE canvass.client SET status = 'paused', paused_until = current_date + 30"
                 f" WHERE id = '{client.id}'")
        answer = self.match(client)
        self.assertEqual(len(answer.openings), 0)
        self.assertIn("paused", " ".join(answer.notes))
        self.assertEqual(len(self.match(client, paused_too=True).openings), 1)

    def test_match__breadth_limits_one_employer(self):
        first = self.opening("One")
        for i in range(3):
            self.rpc("OpeningService/CreateOpening", {"opening": {
                "employer_id": first.employer_id, "title": f"More {i}", "hidden": True,
                "hours_min_tenths": 160, "hours_max_tenths": 160, "pay_pence_hour": 1500}})
        client = self.client()
        self.assertEqual(len(self.match(client).openings), 2)
        self.assertEqual(len(self.match(client, per_employer=10).openings), 4)
        self.assertEqual(len(self.match(client, per_employer=10, count=3).openings), 3)

    def test_match__another_boroughs_openings_only_if_for_the_network(self):
        other = self.person(borough=SOUTHWARK)
        self.opening("Shared", token=other)
        self.opening("Kept", token=other, network=False)
        self.assertEqual([o.title for o in self.match(self.client()).openings], ["Shared"])

    def test_match__an_opening_for_named_boroughs_is_found_there_and_nowhere_else(self):
        southwark, camden = self.person(borough=SOUTHWARK), self.person(borough=CAMDEN)
        opening = self.opening("For two", token=southwark, network=False, borough_ids=[LAMBETH])
        self.assertEqual([o.title for o in self.match(self.client()).openings], ["For two"])
        self.assertEqual(len(self.match(self.client(token=camden), token=camden).openings), 0)
        self.rpc("OpeningService/UpdateOpening", {
            "opening": {"id": opening.id, "borough_ids": [CAMDEN]},
            "update_mask": "boroughIds"}, token=southwark)
        self.assertEqual(len(self.match(self.client()).openings), 0)
        self.assertEqual(
            [o.title for o in self.match(self.client(token=camden), token=camden).openings],
            ["For two"])

    def test_match__another_teams_client_does_not_exist(self):
        """DOMAIN.md section 5: client rows never cross team or borough."""
        client = self.client()
        for other in (self.person(borough=LAMBETH, team="Another team"),
                      self.person(borough=SOUTHWARK)):
            mine = self.assert_fails("NOT_FOUND", "MatchService/MatchClient",
                                     {"client_id": client.id}, token=other)
            nobody = self.assert_fails("NOT_FOUND", "MatchService/MatchClient",
                                       {"client_id": ZERO}, token=other)
            self.assertEqual(mine, nobody)
        admin = self.person(roles=("administrator",))
        self.assert_fails("PERMISSION_DENIED", "MatchService/MatchClient",
                          {"client_id": client.id}, token=admin)

    def test_match__numbers_out_of_range_are_named(self):
        client = self.client()
        for field, value in (("count", 101), ("count", -1), ("per_employer", -1),
                             ("per_occupation", 100000)):
            self.assert_fails("INVALID_ARGUMENT", "MatchService/MatchClient",
                              {"client_id": client.id, field: value}, field=field)


class TestReverse(MatchTest):
    """MatchOpening and ExplainMatch stand on the same rows."""

    def match_opening(self, opening, **fields):
        return self.rpc("MatchService/MatchOpening", {"opening_id": opening.id, **fields})

    def test_opening__is_matched_with_the_callers_own_clients(self):
        opening = self.opening(hours_min_tenths=160, hours_max_tenths=160)
        fits, short = self.client(), self.client(constraints={"hours_max_tenths": 100})
        answer = self.match_opening(opening)
        self.assertEqual([c.ref for c in answer.clients], [fits.ref])
        self.assertEqual((answer.considered, answer.fitting), (2, 1))
        near, = answer.near_misses
        self.assertEqual((near.client_id, near.ref), (short.id, short.ref))
        self.assertEqual(self.reason(near, "hours")["verdict"], "VERDICT_FAILS")
        self.assertEqual([c.alone for c in answer.funnel if c.criterion == "hours"], [1])

    def test_opening__says_of_a_pair_what_the_client_is_told(self):
        opening = self.opening(pay_pence_hour=1600)
        client = self.client(wishes={"hours_tenths": 160, "pay_pence_hour": 1800})
        matched, = self.match(client).openings
        reverse, = self.match_opening(opening).clients
        self.assertEqual((matched.score, matched.max_score), (reverse.score, reverse.max_score))
        self.assertEqual([r.sentence for r in matched.reasons],
                         [r.sentence for r in reverse.reasons])

    def test_opening__asks_the_team_only_when_told(self):
        opening, mine = self.opening(), self.client()
        colleague = self.person(team=self.team)
        answer = self.rpc("MatchService/MatchOpening", {"opening_id": opening.id}, token=colleague)
        self.assertEqual(answer.considered, 0)
        answer = self.rpc("MatchService/MatchOpening", {"opening_id": opening.id, "team": True},
                          token=colleague)
        self.assertEqual([c.ref for c in answer.clients], [mine.ref])
        stranger = self.person()
        answer = self.rpc("MatchService/MatchOpening", {"opening_id": opening.id, "team": True},
                          token=stranger)
        self.assertEqual((answer.considered, len(answer.clients)), (0, 0))

    def test_opening__leaves_out_paused_clients_unless_asked(self):
        opening, client = self.opening(), self.client()
        self.sql("UPDATE canvass.client SET status = 'paused', paused_until = '2199-01-01'"
                 f" WHERE id = '{client.id}'")
        self.assertEqual(len(self.match_opening(opening).clients), 0)
        self.assertEqual(len(self.match_opening(opening, paused_too=True).clients), 1)

    def test_opening__that_is_closed_or_not_there_is_said_so(self):
        opening = self.opening()
        for field in ({}, {"client_id": self.client().id}):
            name = "MatchService/ExplainMatch" if field else "MatchService/MatchOpening"
            self.assert_fails("NOT_FOUND", name, {"opening_id": str(uuid.uuid4()), **field},
                              field="opening_id")
        self.rpc("OpeningService/CloseOpening", {"opening_id": opening.id, "reason": "filled"})
        self.assert_fails("FAILED_PRECONDITION", "MatchService/MatchOpening",
                          {"opening_id": opening.id}, field="opening_id", says="closed")

    def test_explain__says_every_criterion_of_one_that_does_not_fit(self):
        self.opening("Another")
        opening = self.opening("Van driver", driving="DRIVING_G1",
                               shifts=[span("TUESDAY", 9, 17)])
        client = self.client(
            constraints={"may_drive": "DRIVING_NONE", "may_drive_after": "DRIVING_G1",
                         "driving_review_on": {"year": 2198, "month": 1, "day": 1}},
            unavailable=[{"span": span("TUESDAY", 10, 11), "kind": "UNAVAILABLE_KIND_PICKUP",
                          "movable": True}])
        answer = self.rpc("MatchService/ExplainMatch",
                          {"client_id": client.id, "opening_id": opening.id})
        self.assertFalse(answer.fits)
        self.assertEqual(answer.opening.title, "Van driver")
        self.assertEqual(self.reason(answer.opening, "driving")["verdict"], "VERDICT_FAILS")
        self.assertEqual(self.reason(answer.opening, "shift")["verdict"], "VERDICT_FAILS")
        self.assertGreaterEqual(len([r for r in answer.opening.reasons if r.limit]), 11)
        self.assertTrue(answer.opening.asks)

    def test_explain__of_another_teams_client_is_refused(self):
        opening, client = self.opening(), self.client()
        self.assert_fails("NOT_FOUND", "MatchService/ExplainMatch",
                          {"client_id": client.id, "opening_id": opening.id}, field="client_id",
                          token=self.person())


if __name__ == "__main__":
    canvass_test.main()
