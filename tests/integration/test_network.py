"""What crosses between boroughs, over the wire: shared contacts with their trace, openings for named
boroughs, the door-knock guard."""

import datetime
import json
import threading
import uuid

import canvass_test
from cli_support import CliTest


class TestShares(CliTest):
    def setUp(self):
        self.sam = self.person(borough=canvass_test.SOUTHWARK, name="Sam Reid",
                               roles=("specialist", "lead"))
        self.employer = self.make_employer(f"Acre Yard {uuid.uuid4().hex[:8]}")
        self.contact = self.rpc("EmployerService/AddContact", {"contact": {
            "employer_id": self.employer.id, "name": "Pat Quinn", "job": "yard manager",
            "phone": "020 7946 0123", "source": "met", "basis": "LAWFUL_BASIS_CONSENT"}}).contact

    def share(self, **more):
        return self.rpc("ShareService/ShareContact", {
            "contact_id": self.contact.id, "to_borough_id": canvass_test.SOUTHWARK, **more}).share

    def open(self, token=None, **more):
        return self.rpc("ShareService/OpenContact", {"contact_id": self.contact.id, **more},
                        token or self.sam)

    def uses(self):
        return self.rpc("ShareService/ListUses", {"contact_id": self.contact.id}).uses

    def test_share__opens_and_leaves_a_trace(self):
        self.share(condition="ring me first")
        opened = self.open()
        self.assertEqual((opened.contact.name, opened.share.condition, opened.borough),
                         ("Pat Quinn", "ring me first", "Lambeth"))
        self.assertEqual([(use.by, use.borough, use.contact) for use in self.uses()],
                         [("Sam Reid", "Southwark", "Pat Quinn")])
        theirs = self.rpc("ShareService/ListUses", {"contact_id": self.contact.id}, self.sam).uses
        self.assertEqual([use.contact for use in theirs], [""])

    def test_open__is_not_kept_for_a_repeat_after_the_share_ended(self):
        share = self.share()
        request_id = str(uuid.uuid4())
        self.open(request_id=request_id)
        self.rpc("ShareService/WithdrawShare", {"share_id": share.id})
        body = {"contact_id": self.contact.id, "request_id": request_id}
        found = self.assert_fails("ALREADY_EXISTS", "ShareService/OpenContact", body,
                                  token=self.sam)
        self.assertNotIn("Pat", str(found))
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.request"
                                  " WHERE answer::text LIKE '%OpenContact%'"
                                  f" OR id = '{request_id}' AND answer IS NOT NULL"), "0")

    def test_open__only_checked_shows_nobody_and_leaves_no_trace(self):
        self.share(condition="ring me first")
        checked = self.open(validate_only=True)
        self.assertEqual(checked.share.condition, "ring me first")
        self.assertFalse(checked.HasField("contact"))
        self.assertEqual(len(self.uses()), 0)

    def test_open__refused_tries_say_no_name_anywhere(self):
        found = self.assert_fails("PERMISSION_DENIED", "ShareService/OpenContact",
                                  {"contact_id": self.contact.id}, "contact_id", token=self.sam)
        self.assertNotIn("Pat", str(found))
        self.assertNotIn("Pat Quinn", self.canvass.log())

    def test_share__by_two_at_once_leaves_one_standing(self):
        lea = self.person(name="Lea Osei", roles=("specialist", "lead"))
        start, given = threading.Barrier(2), []

        def give(token):
            with self.canvass.new_channel() as channel:
                start.wait()
                given.append(self.rpc("ShareService/ShareContact", {
                    "contact_id": self.contact.id, "to_borough_id": canvass_test.SOUTHWARK},
                    token, channel=channel).share.id)

        for _ in range(10):
            threads = [threading.Thread(target=give, args=(token,)) for token in (self.token, lea)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(len(given), 20)
        ask = {"employer_id": self.employer.id, "given": True}
        standing = self.rpc("ShareService/ListShares", ask).shares
        self.assertEqual(len(standing), 1)
        self.assertEqual(len(self.rpc("ShareService/ListShares", {**ask, "ended": True}).shares), 20)
        self.assertEqual(self.open().share.id, standing[0].id)

    def test_request__asked_twice_says_so(self):
        body = {"contact_id": self.contact.id, "reason": "yard work"}
        self.rpc("ShareService/RequestContact", body, self.sam)
        self.assert_fails("ALREADY_EXISTS", "ShareService/RequestContact", body, "contact_id",
                          "You have asked for this already", token=self.sam)

    def test_requests__are_listed_page_by_page_newest_first(self):
        body = {"reason": "yard work"}
        for name in ("Ann Fox", "Bea Fox", "Cy Fox"):
            contact = self.rpc("EmployerService/AddContact", {"contact": {
                "employer_id": self.employer.id, "name": name, "source": "met",
                "basis": "LAWFUL_BASIS_CONSENT"}}).contact
            self.rpc("ShareService/RequestContact", {**body, "contact_id": contact.id}, self.sam)
        ask = {"employer_id": self.employer.id, "to_me": True, "page_size": 2}
        first = self.rpc("ShareService/ListRequests", ask)
        rest = self.rpc("ShareService/ListRequests",
                        {**ask, "page_token": first.next_page_token})
        self.assertEqual([r.contact for r in [*first.requests, *rest.requests]],
                         ["Cy Fox", "Bea Fox", "Ann Fox"])
        self.assertEqual(rest.next_page_token, "")

    def test_cli__grants_whom_the_request_does_not_name(self):
        self.rpc("EmployerService/AddContact", {"contact": {
            "employer_id": self.employer.id, "name": "Jo Lee", "job": "clerk", "source": "met",
            "basis": "LAWFUL_BASIS_CONSENT"}})
        self.cli_json("request", "make", self.employer.name, "--reason", "yard work",
                      token=self.sam)
        self.assertIn("knows 2 people there",
                      self.fails(3, "request", "grant", self.employer.name))
        granted = self.cli_json("request", "grant", self.employer.name, "--contact",
                                f"{self.employer.name} quinn", "--only-asker")
        self.assertEqual((granted["share"]["contact"], granted["share"]["toSpecialist"]),
                         ("Pat Quinn", "Sam Reid"))
        listed = json.loads(self.cli("share", "list", self.employer.name, "--json",
                                     token=self.sam).stdout)
        self.assertNotIn("contact", listed["shares"][0])


class TestScope(CliTest):
    def test_opening__is_seen_by_the_boroughs_that_it_names(self):
        sam, cal = (self.person(borough=b) for b in (canvass_test.SOUTHWARK, "E09000007"))
        employer = self.make_employer(f"Scope Yard {uuid.uuid4().hex[:8]}")
        made = self.cli_json("opening", "add", employer.name, "--title", "Yard hand", "--role",
                             "8214", "--hours", "16", "--boroughs", "southwark, bromley")["opening"]
        self.assertEqual(made["boroughs"], ["Bromley", "Southwark"])
        shown = self.cli("opening", "show", made["id"], token=sam)
        self.assertRegex(shown.stdout, "Seen by +Bromley, Southwark")
        self.fails(4, "opening", "show", made["id"], token=cal)
        self.assertIn("not both", self.fails(3, "opening", "edit", made["id"], "--network",
                                             "--boroughs", "southwark"))
        self.cli_json("opening", "edit", made["id"], "--boroughs", "none")
        self.fails(4, "opening", "show", made["id"], token=sam)


class TestDoor(canvass_test.CanvassTest):
    def test_plan__of_two_at_once_the_second_is_told_and_both_find_it(self):
        people = {name: self.person(borough=borough, name=name) for name, borough in (
            ("Ann Bright", canvass_test.LAMBETH), ("Sam Reid", canvass_test.SOUTHWARK))}
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        at = tomorrow.replace(hour=12, minute=0, second=0, microsecond=0).isoformat()
        for _ in range(20):
            employer = self.rpc("EmployerService/CreateEmployer",
                                {"employer": {"name": f"Twin Door {uuid.uuid4()}"}}).employer
            start, told = threading.Barrier(2), {}

            def plan(name):
                channel = self.canvass.new_channel()
                with channel:
                    start.wait()
                    told[name] = list(self.rpc("VisitService/PlanVisit", {"plan": {
                        "employer_id": employer.id, "at": at}}, people[name],
                        channel=channel).door.warnings)

            threads = [threading.Thread(target=plan, args=(name,)) for name in people]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(len(warnings) for warnings in told.values()), [0, 1], told)
            second = next(name for name in told if told[name])
            first = next(name for name in told if not told[name])
            self.assertIn(first, told[second][0])
            for name, other in ((first, second), (second, first)):
                items = [item for item in self.rpc("TodayService/GetToday", {}, people[name]).items
                         if item.employer_id == employer.id]
                self.assertEqual(len(items), 1)
                self.assertIn(other, items[0].sentence)

    def test_plan__checked_only_tells_and_keeps_nothing(self):
        employer = self.rpc("EmployerService/CreateEmployer",
                            {"employer": {"name": f"Dry Door {uuid.uuid4()}"}}).employer
        sam = self.person(borough=canvass_test.SOUTHWARK)
        at = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).isoformat()
        body = {"plan": {"employer_id": employer.id, "at": at}}
        self.rpc("VisitService/PlanVisit", body)
        checked = self.rpc("VisitService/PlanVisit", {**body, "validate_only": True}, sam)
        self.assertEqual(len(checked.door.warnings), 1)
        looked = self.rpc("VisitService/CheckDoor", {"employer_id": employer.id})
        self.assertEqual(len(looked.door.planned), 0)

    def test_block__is_said_with_its_field_and_stands_in_the_employer(self):
        employer = self.rpc("EmployerService/CreateEmployer",
                            {"employer": {"name": f"Shut Door {uuid.uuid4()}"}}).employer
        body = {"employer_id": employer.id, "reason": "tired of calls"}
        self.rpc("EmployerService/BlockEmployer", body)
        at = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).isoformat()
        self.assert_fails("FAILED_PRECONDITION", "VisitService/PlanVisit",
                          {"plan": {"employer_id": employer.id, "at": at}}, "plan.employer_id",
                          "not to be contacted by anybody: tired of calls")
        shown = self.rpc("EmployerService/GetEmployer", {"employer_id": employer.id}).employer
        door = self.rpc("VisitService/CheckDoor", {"employer_id": employer.id}).door
        self.assertEqual((door.block.reason, door.block.by, door.block.said_on),
                         ("tired of calls", "Amira Shah", shown.blocked_on))
        self.rpc("EmployerService/UnblockEmployer", {**body, "reason": "asked us back"})
        shown = self.rpc("EmployerService/GetEmployer", {"employer_id": employer.id}).employer
        self.assertFalse(shown.HasField("blocked_on"))


class TestLessons(canvass_test.CanvassTest):
    def test_lessons__come_most_useful_first_page_by_page(self):
        employer = self.rpc("EmployerService/CreateEmployer",
                            {"employer": {"name": f"Lesson Yard {uuid.uuid4()}"}}).employer
        sam = self.person(borough=canvass_test.SOUTHWARK)
        ids = [self.rpc("LessonService/AddLesson", {"lesson": {
            "employer_id": employer.id, "text": f"gate {n} is open"}}).lesson.id for n in range(5)]
        for lesson_id in ids[1:3]:
            self.rpc("LessonService/MarkLesson", {"lesson_id": lesson_id}, sam)
        ask, found = {"employer_ids": [employer.id], "query": "gates", "page_size": 2}, []
        while True:
            page = self.rpc("LessonService/ListLessons", ask, sam)
            found += [(lesson.id, lesson.useful) for lesson in page.lessons]
            if not page.next_page_token:
                break
            ask["page_token"] = page.next_page_token
        self.assertEqual(found, [(ids[2], 1), (ids[1], 1), (ids[4], 0), (ids[3], 0), (ids[0], 0)])

    def test_lesson__withdrawn_stays_among_ones_own_alone(self):
        made = self.rpc("LessonService/AddLesson", {"lesson": {
            "about_borough_id": canvass_test.LAMBETH, "text": f"word{uuid.uuid4().hex}"}}).lesson
        self.rpc("LessonService/WithdrawLesson", {"lesson_id": made.id})
        ask = {"query": made.text}
        self.assertEqual(len(self.rpc("LessonService/ListLessons", ask).lessons), 0)
        mine = self.rpc("LessonService/ListLessons", {**ask, "mine": True}).lessons
        self.assertTrue(mine[0].HasField("withdrawn_at"))
        other = self.person(borough=canvass_test.SOUTHWARK)
        self.assertEqual(len(self.rpc("LessonService/ListLessons", {**ask, "mine": True},
                                      other).lessons), 0)


if __name__ == "__main__":
    canvass_test.main()
