"""The client as scripts and people use it: logins, names, visits, openings, clients, matches."""

import json
import os
import re
import signal
import stat
import subprocess
import uuid

import canvass_test
from cli_support import CliTest

VISIT = ("--met", "the manager", "--stance", "ambivalent", "--learned", "short of drivers mornings",
         "--client", "LB-014", "--role", "8214", "--next", "in 2 weeks 10:00")


class TestLogin(CliTest):
    def bare(self, **more):
        """An environment without a login."""
        env = self.environment(**more)
        for name in ("CANVASS_SERVER", "CANVASS_CA", "CANVASS_TOKEN"):
            del env[name]
        return env

    def server(self):
        return f"localhost:{self.canvass.port}"

    def test_login__keeps_a_token_for_its_owner_alone(self):
        with self.terminal("login", self.server(), "--ca", self.canvass.certificate,
                           env=self.bare()) as terminal:
            terminal.expect("Token.*: ")
            terminal.sendline(self.token)
            terminal.expect("You are Amira Shah")
            self.assertNotIn(self.token, terminal.before, "the token was shown")
        path = os.path.join(self.home, ".config", "canvass", "default.conf")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertIn("Amira Shah", self.cli("whoami", env=self.bare()).stdout)
        os.chmod(path, 0o644)
        self.assertIn("chmod 600", self.fails(6, "whoami", env=self.bare()))
        os.chmod(path, 0o600)
        self.assertEqual(self.cli("logout", env=self.bare()).returncode, 0)
        self.assertIn("canvass login", self.fails(9, "whoami", env=self.bare()))

    def test_login__reads_standard_input_and_keeps_profiles_apart(self):
        done = self.cli("login", self.server(), "--ca", self.canvass.certificate, "--profile",
                        "admin", stdin=self.admin + "\n", env=self.bare())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Ada", self.cli("whoami", "--profile", "admin", env=self.bare()).stdout)
        self.fails(9, "whoami", env=self.bare())
        self.assertIn("letters", self.fails(3, "whoami", "--profile", "../x", env=self.bare()))

    def test_login__does_not_keep_what_does_not_work(self):
        wrong = canvass_test.new_token()
        self.fails(9, "login", self.server(), "--ca", self.canvass.certificate, "--profile", "bad",
                   stdin=wrong + "\n", env=self.bare())
        self.assertFalse(os.path.exists(os.path.join(self.home, ".config/canvass/bad.conf")))
        self.fails(2, "login", self.server(), stdin="nonsense\n", env=self.bare())
        self.fails(2, "login", "http://example.org:80", stdin=wrong + "\n", env=self.bare())

    def test_login__does_not_trust_a_strange_certificate(self):
        said = self.fails(9, "whoami", CANVASS_CA="")
        self.assertIn("--ca", said)

    def test_server__that_is_away_is_said_so_in_time(self):
        said = self.fails(10, "whoami", "--patience", "1", CANVASS_SERVER="localhost:1")
        self.assertIn("Nothing is half done", said)


class TestNames(CliTest):
    def test_name__one_clear_match_is_taken_and_echoed(self):
        self.make_employer("Zebra Crossing Cafe")
        done = self.cli("employer", "show", "zebra", "crossing")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Zebra Crossing Cafe", done.stdout)
        self.assertIn("employer: Zebra Crossing Cafe", done.stderr)

    def test_name__of_several_is_listed_with_ids_for_scripts(self):
        ids = {self.make_employer("Quokka Stores", code).id for code in ("SW9 8HE", "SW2 5SP")}
        said = self.fails(12, "employer", "show", "quokka stores")
        self.assertTrue(all(one in said for one in ids), said)
        self.assertIn("SW2 5SP", said)
        self.fails(4, "employer", "show", "xyzzyqwx plugh")

    def test_name__of_several_is_chosen_on_a_terminal(self):
        for code in ("SW9 8HE", "SW2 5SP"):
            self.make_employer("Wombat Stores", code)
        with self.terminal("employer", "show", "wombat stores") as terminal:
            terminal.expect("Which number\\? ")
            terminal.sendline("7")
            terminal.expect("A number from 1 to 2")
            terminal.expect("Which number\\? ")
            terminal.sendline("2")
            terminal.expect("Wombat Stores")
        with self.terminal("employer", "show", "wombat stores", "--no-input", code=12) as terminal:
            terminal.expect("could be any of these")


class TestVisits(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        helper = cls("run_nothing")
        helper.make_employer("Stockwell Tool Hire")
        done = helper.cli("client", "add", "LB-014", "--home", "SW9 8")
        assert done.returncode == 0, done.stderr

    def run_nothing(self):
        pass

    def test_visit__is_recorded_in_one_line(self):
        """DOMAIN.md 1: a visit must take under a minute to log; Log fields."""
        done = self.cli("visit", "add", "tool hire stockwell", *VISIT)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ("Employer +Stockwell Tool Hire", "Client +LB-014", "Stance +ambivalent",
                     "How +in person", "Next touch +[A-Z][a-z]{2} [0-9]+ [A-Z][a-z]{2} 20[0-9]{2} 10:00",
                     "Suggestion"):
            self.assertRegex(done.stdout, line)
        listed = self.cli("visit", "list", "--by", "me").stdout
        self.assertIn("short of drivers mornings", listed)
        # a script that repeats itself gets JSON with the whole answer
        self.assertEqual(self.cli_json("visit", "list", "--limit", "1")["visits"][0]["clientRef"],
                         "LB-014")

    def test_visit__asks_for_what_is_missing_on_a_terminal(self):
        with self.terminal("visit", "add", "tool hire stockwell", "--next", "in 3 days") as terminal:
            terminal.expect("Who you met: ")
            terminal.sendline("the owner")
            terminal.expect("How they took it \\(warm\\|ambivalent\\|cold\\|declined\\): ")
            terminal.sendline("lukewarm")
            terminal.expect("is none of: warm, ambivalent")
            terminal.expect("How they took it")
            terminal.sendline("warm")
            terminal.expect("What you learned.*: ")
            terminal.sendline("café needs a courier")
            terminal.expect("The client in mind.*: ")
            terminal.sendline("")
            terminal.expect("The role in mind.*: ")
            terminal.sendline("")
            terminal.expect("Recorded")
            terminal.expect("Generic.*yes")
        self.assertIn("café needs a courier", self.cli("visit", "show", self.newest()).stdout)

    def newest(self):
        return self.cli_json("visit", "list", "--limit", "1")["visits"][0]["id"]

    def test_visit__is_given_up_with_ctrl_c_or_d(self):
        before = self.cli("visit", "list").stdout
        with self.terminal("visit", "add", "tool hire stockwell", code=130) as terminal:
            terminal.expect("Who you met: ")
            terminal.sendeof()
            terminal.expect("nothing was sent")
        self.assertEqual(self.cli("visit", "list").stdout, before)

    def test_visit__never_asks_without_a_terminal(self):
        said = self.fails(3, "visit", "add", "tool hire stockwell")
        self.assertIn("--client", said)

    def test_visit__that_is_yet_to_come_is_refused(self):
        said = self.fails(2, "visit", "add", "tool hire", "--generic", "--at", "tomorrow")
        self.assertIn("--at", said)
        self.assertIn("has not come yet", said)
        said = self.fails(2, "visit", "add", "tool hire", "--generic", "--next", "yesterday")
        self.assertIn("--next", said)

    def test_visit__is_put_right_and_the_old_one_stays(self):
        """DOMAIN.md 1 and DESIGN.md 4: the log is append-only."""
        made = self.cli_json("visit", "add", "tool hire stockwell", *VISIT)["visit"]
        fixed = self.cli_json("visit", "correct", made["id"], "--stance", "warm")["visit"]
        self.assertEqual(fixed["replacesId"], made["id"])
        self.assertEqual((fixed["stance"], fixed["met"], fixed["clientRef"]),
                         ("STANCE_WARM", "the manager", "LB-014"))
        listed = [v["id"] for v in self.cli_json("visit", "list", "--all")["visits"]]
        self.assertIn(fixed["id"], listed)
        self.assertNotIn(made["id"], listed)
        self.assertIn("ambivalent", self.cli("visit", "show", made["id"]).stdout)

    def test_visit__is_planned_shown_today_and_cancelled(self):
        plan = self.cli_json("visit", "plan", "tool hire stockwell", "--at", "tomorrow 10:00",
                             "--client", "LB-014")["plan"]
        done = self.cli("today", "--on", "tomorrow")
        self.assertIn("planned", done.stdout)
        self.assertEqual(self.cli("visit", "cancel", plan["id"]).returncode, 0)
        self.assertNotIn("planned", self.cli("today", "--on", "tomorrow").stdout)

    def test_dry_run__keeps_nothing(self):
        before = self.cli("visit", "list", "--all").stdout
        done = self.cli("visit", "add", "tool hire stockwell", *VISIT, "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nothing was kept", done.stderr)
        self.assertEqual(self.cli("visit", "list", "--all").stdout, before)

    def test_employer__that_is_there_already_is_asked_about(self):
        there = self.make_employer("Numbat Joinery", "SW2 5SP")
        add = ("employer", "add", "Numbat Joinery Ltd", "--postcode", "SW2 5SP", "--address", "12 Clapham Road")
        self.assertIn("Numbat Joinery, SW2 5SP is there already", self.fails(5, *add))
        with self.terminal(*add, columns=160) as terminal:
            terminal.expect("Is it one of these")
            terminal.expect("1  Numbat Joinery, 12 Clapham Road, SW2 5SP")
            terminal.sendline("1")
            terminal.expect(there.id)
        with self.terminal(*add, columns=160) as terminal:
            terminal.expect("2  none of these: add it")
            terminal.sendline("2")
            terminal.expect("Added.")
        pairs = self.cli_json("dups", "--limit", "1000")["pairs"]
        pair = next(p for p in pairs if p["one"]["id"] == there.id)
        self.assertEqual(pair["other"]["name"], "Numbat Joinery Ltd")
        self.assertIn("same name", pair["reasons"])
        self.cli_json("dups", "dismiss", there.id, pair["other"]["id"])
        after = self.cli_json("dups", "--limit", "1000").get("pairs", [])
        self.assertNotIn(there.id, [p["one"]["id"] for p in after])
        self.assertEqual(self.cli_json("dups", "find", "Numbat Joinery", "--postcode", "SW2")
                         ["employers"][0]["name"][:14], "Numbat Joinery")

    def test_due__names_the_employer(self):
        self.cli("visit", "add", "tool hire stockwell", *VISIT)
        self.assertIn("Stockwell Tool Hire", self.cli("visit", "due", "--before", "in 4 weeks").stdout)


class TestWork(CliTest):
    def test_client__wishes_and_limits_change_only_what_is_named(self):
        self.cli("client", "add", "LB-020", "--home", "SW9 8", "--age-band", "21_and_over")
        self.cli("client", "wish", "LB-020", "--role", "8214:5,9263:2", "--hours", "20")
        done = self.cli("client", "wish", "LB-020", "--role", "9263:0,82:3", "--pay", "13.20")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"8214 .*\(5 of 5\); 82 .*\(3 of 5\)")
        self.assertNotIn("9263", done.stdout)
        self.assertRegex(done.stdout, "hours +20")
        self.cli("client", "limit", "LB-020", "--hours", "16-30", "--distance", "5km",
                 "--available", "mon-fri 9-15, sat 22:00-06:00+1")
        done = self.cli("client", "limit", "LB-020", "--distance", "none", "--must-not", "nights")
        self.assertIn("Mon-Fri 09:00-15:00, Sat 22:00-06:00+1", done.stdout)
        self.assertNotIn("5000", done.stdout)
        self.assertRegex(done.stdout, "Hours to +30")

    def test_client__busy_windows_are_added_and_removed(self):
        """DOMAIN.md 3: store unavailable windows, never the drug name."""
        self.cli("client", "add", "LB-021")
        self.cli("client", "busy", "LB-021", "mon,thu 09:30-10:30", "--kind", "pickup", "--movable")
        done = self.cli("client", "busy", "LB-021", "--remove", "1")
        self.assertIn("1: Thu 09:30-10:30 pickup, can be moved", done.stdout)
        self.assertIn("1 window", self.fails(2, "client", "busy", "LB-021", "--remove", "2"))

    def test_client__is_paused_with_a_day_to_ask_again(self):
        self.cli("client", "add", "LB-022")
        self.assertRegex(self.cli("client", "pause", "LB-022", "--until", "in 6 weeks").stdout,
                         "Ask again +[A-Z]")
        self.assertRegex(self.cli("client", "resume", "LB-022").stdout, "Status +active")
        self.assertRegex(
            self.cli("client", "discharge", "LB-022", "--reason", "in_work").stdout,
            "Status +discharged")

    def test_client__of_another_team_is_not_found(self):
        """DOMAIN.md 5: client rows never cross team or borough."""
        self.cli("client", "add", "LB-023")
        other = self.person(borough=canvass_test.SOUTHWARK)
        self.fails(4, "client", "show", "LB-023", token=other)

    def test_opening__shift_that_ends_before_it_starts_is_explained(self):
        self.make_employer("Night Bakery")
        opening = ("opening", "add", "night bakery", "--title", "Baker", "--role", "9263")
        said = self.fails(2, *opening, "--shifts", "fri 22:00-06:00")
        self.assertIn("--shifts", said)
        self.assertIn("22:00-06:00+1", said)
        done = self.cli(*opening, "--shifts", "fri 22:00-06:00+1", "--hours", "16-20", "--pay", "14")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Fri 22:00-06:00+1", done.stdout)
        self.assertIn("£14.00", self.cli("opening", "list", "night bakery").stdout)
        self.assertIn("£14.50", self.cli("opening", "edit", "night bakery", "--pay", "14.50").stdout)
        done = self.cli("opening", "close", "night bakery", "--reason", "filled")
        self.assertRegex(done.stdout, "because +filled")

    def test_error__of_the_server_names_the_option(self):
        self.make_employer("Low Pay Ltd")
        said = self.fails(3, "opening", "add", "low pay ltd", "--title", "Helper", "--role", "9263",
                          "--pay", "2.00")
        self.assertIn("--pay: ", said)

    def test_match__says_why(self):
        self.make_employer("Swift Couriers")
        self.cli("opening", "add", "swift couriers", "--title", "Van driver", "--role", "8214",
                 "--hours", "16-30", "--pay", "14.50", "--trial", "paid")
        self.cli("client", "add", "LB-030", "--home", "SW9 8", "--age-band", "21_and_over")
        self.cli("client", "wish", "LB-030", "--role", "8214:5")
        done = self.cli("match", "LB-030")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Van driver, Swift Couriers, SW9 0AA", done.stdout)
        self.assertIn("8214 is wished for", done.stdout)

    def test_match__goes_both_ways_and_explains(self):
        self.make_employer("Both Ways Bikes")
        self.cli("opening", "add", "both ways bikes", "--title", "Courier", "--role", "8214",
                 "--hours", "16", "--pay", "14.50")
        self.cli("client", "add", "LB-031", "--home", "SW9 8", "--age-band", "21_and_over")
        self.cli("client", "limit", "LB-031", "--hours", "20-30")
        done = self.cli("opening", "match", "both ways bikes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("One yes away", done.stdout)
        self.assertIn("LB-031", done.stdout)
        done = self.cli("opening", "why", "LB-031", "both ways bikes")
        self.assertIn("It does not fit.", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ +- .*16")
        self.assertIn("Courier", self.cli("match", "LB-031", "--near-misses").stdout)
        self.assertNotIn("looked at", self.cli("match", "LB-031", "--not-yet").stdout)
        self.cli("client", "limit", "LB-031", "--hours", "10-30")
        done = self.cli("match", "LB-031", "--why", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("looked at", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^ 1\. ")
        self.fails(3, "match", "LB-031", "--why", "99")

    def test_target__says_whom_to_canvass_next(self):
        self.make_employer("Quiet Bakery")
        self.cli("client", "add", "LB-032", "--home", "SW9 8HE", "--age-band", "21_and_over")
        done = self.cli("target", "LB-032", "--count", "50")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^ *\d+\. Quiet Bakery, SW9 0AA, Lambeth")
        self.assertIn("> Introduce yourself and learn the business", done.stdout)
        self.cli("visit", "add", "quiet bakery", "--generic", "--met", "the baker")
        self.assertNotIn("Quiet Bakery", self.cli("target", "LB-032", "--count", "50").stdout)

    def test_edit__with_a_stale_etag_is_refused(self):
        """Two people editing one employer."""
        made = self.make_employer("Etag and Sons")
        self.cli("employer", "edit", made.id, "--phone", "020 7946 0123", "--etag", made.etag)
        said = self.fails(8, "employer", "edit", made.id, "--phone", "020 7946 0999", "--etag",
                          made.etag)
        self.assertIn("Look at it again", said)
        self.assertIn("nothing to change", self.fails(2, "employer", "edit", made.id))
        self.assertNotIn("Phone", self.cli("employer", "edit", made.id, "--phone", "").stdout)

    def test_contact__belongs_to_the_borough(self):
        made = self.make_employer("Contact Corner")
        done = self.cli("employer", "contact", "add", made.id, "Jo", "Lee", "--job", "store manager",
                        "--source", "met at the shop", "--basis", "legitimate_interests")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Jo Lee", self.cli("employer", "contact", "list", made.id).stdout)
        done = self.cli("employer", "contact", "edit", made.id, "jo", "--checked", "today")
        self.assertRegex(done.stdout, "Checked +[A-Z]")
        other = self.person(borough=canvass_test.SOUTHWARK)
        self.assertNotIn("Jo Lee", self.cli("employer", "contact", "list", made.id, token=other).stdout)

    def test_token__is_issued_used_and_revoked(self):
        issued = self.cli_json("token", "issue", "work", "phone", "--days", "30")
        self.assertIn("Amira", self.cli("whoami", token=issued["secret"]).stdout)
        self.assertEqual(self.cli("token", "revoke", issued["token"]["id"]).returncode, 0)
        self.fails(9, "whoami", token=issued["secret"])

    def test_people__are_added_by_an_administrator(self):
        self.cli("team", "add", "Team", "Q", "--borough", "lambeth", token=self.admin)
        done = self.cli("specialist", "add", "Kim", "Park", "--email", "kim@canvass.example",
                        "--team", "team q", "--roles", "specialist", token=self.admin)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Kim Park", self.cli("specialist", "list", token=self.admin).stdout)
        said = self.fails(6, "team", "add", "Team R", "--borough", "lambeth")
        self.assertIn("canvass whoami", said)


class TestCall(CliTest):
    def test_call__takes_and_prints_json(self):
        done = self.cli("call", "AccountService/WhoAmI")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["specialist"]["name"], "Amira Shah")
        made = self.make_employer("Called By Its Name")
        done = self.cli("call", "canvass.v1.EmployerService/GetEmployer",
                        json.dumps({"employerId": made.id}))
        self.assertEqual(json.loads(done.stdout)["employer"]["name"], "Called By Its Name")

    def test_call__does_many_lines_and_stops_at_the_first_that_fails(self):
        lines = ['EmployerService/CreateEmployer {"employer": {"name": "Line One"}}', "# a remark", "",
                 'EmployerService/CreateEmployer {"employer": {"name": ""}}',
                 'EmployerService/CreateEmployer {"employer": {"name": "Line Five"}}']
        said = self.fails(3, "call", "-", stdin="\n".join(lines) + "\n")
        self.assertIn("line 4 of standard input", said)
        made = self.sql("SELECT name FROM canvass.employer WHERE name LIKE 'Line %'")
        self.assertEqual(made, "Line One")

    def test_call__repeated_with_its_request_id_writes_once(self):
        request = json.dumps({"requestId": str(uuid.uuid4()),
                              "employer": {"name": "Only Once"}})
        answers = [self.cli("call", "EmployerService/CreateEmployer", request) for _ in range(2)]
        self.assertEqual([a.returncode for a in answers], [0, 0], answers)
        self.assertEqual(answers[0].stdout, answers[1].stdout)
        self.assertEqual(self.sql("SELECT count(*) FROM canvass.employer WHERE name = 'Only Once'"),
                         "1")

    def test_call__says_what_is_wrong_with_the_json(self):
        self.assertIn("no method", self.fails(2, "call", "EmployerService/Nothing"))
        self.assertIn("stream", self.fails(2, "call", "EmployerService/ImportEmployers"))
        self.assertIn("naem", self.fails(3, "call", "EmployerService/CreateEmployer",
                                         '{"naem": "x"}'))
        self.fails(3, "call", "AccountService/WhoAmI", "{")


class TestScreen(CliTest):
    def test_table__fits_the_terminal_and_has_no_colour_if_unwanted(self):
        self.make_employer("A Very Long Name That Goes On And On Until It Is Wider Than A Phone")
        with self.terminal("employer", "find", "very long name", columns=40) as terminal:
            terminal.expect(r"NAME[^\n]*\n")
            terminal.expect("SW9 0AA")
            self.assertLessEqual(max(map(len, terminal.before.splitlines())), 40)
        with self.terminal("whoami", NO_COLOR="1") as terminal:
            terminal.expect("Amira Shah")
            self.assertNotIn("\033", terminal.before)

    def test_table__cannot_be_driven_by_data(self):
        made = self.make_employer("Plain Name")
        self.sql(f"UPDATE canvass.employer SET about = E'a\\x1b[2Jb' WHERE id = '{made.id}'")
        self.assertNotIn("\033[2J", self.cli("employer", "show", made.id).stdout)

    def test_output__that_nobody_reads_ends_the_program_without_a_word(self):
        read, write = os.pipe()
        os.close(read)
        for args in (("employer", "find"), ("whoami", "--json"), ("export", "employers"),
                     ("completion",), ("call", "AccountService/WhoAmI")):
            done = subprocess.run([canvass_test.CANVASS, *args], stdout=write, text=True,
                                  stderr=subprocess.PIPE, env=self.environment(), check=False)
            self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""), args)
        os.close(write)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([canvass_test.CANVASS, "whoami"], stdout=full, text=True,
                                  stderr=subprocess.PIPE, env=self.environment(), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_help__is_there_for_every_command(self):
        overview = self.cli("help").stdout
        nouns = re.findall(r"^  ([a-z]+) ", overview, re.M)
        self.assertGreater(len(nouns), 15)
        for noun in nouns:
            self.assertIn("canvass", self.cli("help", noun).stdout)
        for args in (("visit", "add", "--help"), ("help", "visit", "add"), ("today", "-h")):
            done = self.cli(*args)
            self.assertEqual(done.returncode, 0)
            self.assertIn("example:", done.stdout)

    def test_completion__offers_commands_values_and_names(self):
        made = self.make_employer("Completion Cakes")

        def offered(*words):
            return self.cli("__complete", "--", "\x1f".join(words)).stdout
        self.assertIn("visit\t", offered("vi"))
        self.assertIn("contact", offered("employer", "con"))
        self.assertIn("list", offered("employer", "contact", ""))
        self.assertIn("--stance", offered("visit", "add", "x", "--st"))
        self.assertEqual(offered("visit", "add", "x", "--stance", "w"), "warm\n")
        self.assertIn(made.id, offered("employer", "show", "completion cak"))
        self.cli("client", "add", "CC-001")
        self.assertIn("CC-001", offered("client", "show", "CC-"))
        lesson = self.cli_json("lesson", "add", "zebra crossing by the gate", "--employer", made.id)
        self.assertIn(lesson["lesson"]["id"] + "\tzebra", offered("lesson", "useful", "zebra"))
        self.assertEqual(offered("import", "employers", "x"), ":FILE\n")

    def test_completion__works_in_bash(self):
        program = os.path.dirname(canvass_test.CANVASS)
        script = ("source <(canvass completion); COMP_WORDS=(canvass visit ad); COMP_CWORD=2; "
                  "_canvass; echo \"${COMPREPLY[@]}\"")
        env = self.environment()
        env["PATH"] = program + ":" + env["PATH"]
        self.assertEqual(canvass_test.run("bash", "-c", script, env=env).strip(), "add")


if __name__ == "__main__":
    canvass_test.main()
