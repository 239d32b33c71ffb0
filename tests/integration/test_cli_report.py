"""Reports from the command line: tables, what is behind them, CSV, and a page that stands by itself."""

import csv
import html.parser
import io
import json
import os
import shutil
import stat
import unittest

import canvass_test
from cli_support import CliTest

QUARTER = ("--from", "1 jul 2025", "--to", "30 sep 2025")
# What breaks a page, a plot's script and a terminal, if nobody looks.
NAME = "Eve <script>alert(1)</script> \"q\" '&amp; `id`\\"

WORLD = """
SET search_path = canvass, pg_temp;
SET TimeZone = 'Europe/London';
UPDATE specialist SET name = $n${name}$n$ WHERE name = 'Eve';
INSERT INTO employer (id, name) SELECT ('e0000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, 'Shop ' || n FROM generate_series(1, 20) AS n;
INSERT INTO client (id, team_id, ref, specialist_id, entered_on, updated_by_name)
SELECT ('c0000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, s.team_id, 'RE-' || n, s.id, '2025-07-01', 'x'
  FROM generate_series(1, 24) AS n JOIN specialist s ON s.name = CASE WHEN n <= 20 THEN 'Lena Ofori' ELSE $n${name}$n$ END;
INSERT INTO visit (id, borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
SELECT ('f0000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, s.borough_id, s.team_id, ('e0000000-0000-4000-8000-0000000000' || to_char(n % 20 + 1, 'FM00'))::uuid,
       '2025-07-08 10:00'::timestamptz + make_interval(days => n), 'in_person', 1, false, s.id, s.id
  FROM generate_series(1, 60) AS n JOIN specialist s ON s.name = 'Lena Ofori';
INSERT INTO visit_client (visit_id, client_id)
SELECT ('f0000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, ('c0000000-0000-4000-8000-0000000000' || to_char(n % 20 + 1, 'FM00'))::uuid FROM generate_series(1, 60) AS n;
INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, updated_by_name)
SELECT ('d0000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, s.borough_id, s.team_id, ('c0000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, s.id,
       ('e0000000-0000-4000-8000-0000000000' || to_char(n, 'FM00'))::uuid, 'Work', CASE WHEN n <= 9 THEN '8214' WHEN n <= 17 THEN '9263' ELSE '5434' END, '2025-08-04', 'x'
  FROM generate_series(1, 19) AS n JOIN specialist s ON s.name = 'Lena Ofori';
INSERT INTO job_terms (job_id, client_id, from_on, hours_tenths, pay_pence_hour, permanent) SELECT id, client_id, starts_on, 160, 1300, true FROM job;
"""


class Page(html.parser.HTMLParser):
    """What a browser would find in a page: elements, ids, what is referred to, texts."""

    VOID = {"meta", "br", "rect", "path", "circle", "use", "feflood", "fecomposite", "polyline", "line", "polygon"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.refs, self.open, self.texts = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href"):
                self.refs.append(value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        self.texts.append(data)


class TestReport(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.canvass.psql("INSERT INTO canvass.occupation (code, title, words) VALUES ('5434', 'Chefs', 'chefs') ON CONFLICT DO NOTHING")
        cls.lena = cls.canvass.person(team="Reports", name="Lena Ofori", roles=("specialist", "lead"))
        cls.eve = cls.canvass.person(team="Reports", name="Eve")
        cls.auditor = cls.canvass.person(team="Audit", name="Audit", roles=("auditor",))
        cls.canvass.psql(WORLD.replace("{name}", NAME))

    def report(self, *args, token=None, **kwargs):
        done = self.cli("report", *args, token=token or self.lena, **kwargs)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def written(self, name):
        with open(os.path.join(self.home, name), encoding="utf-8") as f:
            return f.read()

    def test_report__lists_what_there_is_with_definitions(self):
        listed = self.report()
        for words in ("contacts  Contacts with employers", "fidelity  Fidelity", "outcomes  Outcomes by each"):
            self.assertIn(words, listed)
        self.assertIn("a second one at the same employer in a week counts", listed)
        self.assertEqual(len(json.loads(self.report("--json"))["reports"]), 14)

    def test_report__is_a_table_with_its_definition(self):
        table = self.report("starts", *QUARTER)
        self.assertIn("Job starts by kind of work: Reports, 1 July 2025 to 30 September 2025", table)
        self.assertRegex(table, r"8 +Process, plant and machine operatives +9 +47.4 %")
        self.assertRegex(table, r"Total +19 +100.0 %")
        self.assertIn("by major group of SOC 2020", table)
        rows = json.loads(self.report("starts", *QUARTER, "--json"))["table"]["rows"]
        self.assertEqual(rows[-1]["cells"][2], {"text": "19", "number": 19})

    def test_report__shows_what_is_behind_a_line(self):
        table = self.report("first-contact", *QUARTER, "--rows", "2", "--json")
        self.assertEqual({f["kind"] for f in json.loads(table)}, {"client"})
        self.assertEqual(len(json.loads(self.report("starts", *QUARTER, "--rows", "8", "--all", "--json"))), 9)
        behind = self.report("starts", *QUARTER, "--rows", "8")
        self.assertEqual(behind.count("job "), 9, behind)
        self.assertIn("RE-3", behind)
        self.assertEqual(len(json.loads(self.report("caseload", *QUARTER, "--rows", "all", "--json", "--limit", "7"))), 7)
        self.assertIn("from 1 to 10", self.fails(2, "report", "starts", *QUARTER, "--rows", "11", token=self.lena))

    def test_report__says_what_is_wrong(self):
        self.assertIn("there are fidelity, contacts", self.fails(4, "report", "shoes", token=self.lena))
        self.assertIn("--to: The period ends on 1 July 2025, before", self.fails(
            3, "report", "jobs", "--from", "30 sep 2025", "--to", "1 jul 2025", token=self.lena))
        self.assertIn("one whole period of 3 months", self.fails(
            3, "report", "jobs", "--from", "2 jul 2025", "--to", "30 sep 2025", "--csv", "x.csv", token=self.lena))
        self.assertIn("of the whole team", self.fails(
            2, "report", "jobs", *QUARTER, "--who", "me", "--csv", "x.csv", token=self.lena))
        self.fails(2, "report", "--csv", "x.csv", token=self.lena)
        self.fails(6, "report", "jobs", *QUARTER, "--csv", "x.csv", token=self.eve)

    def test_report__last_quarter_if_nothing_is_said(self):
        table = json.loads(self.report("jobs", "--json"))["table"]
        self.assertIn(table["until"]["month"], (3, 6, 9, 12))
        self.assertEqual((table["until"]["month"] - table["from"]["month"], table["from"]["day"]), (2, 1))

    def test_report__hours_are_a_leads_to_set(self):
        self.assertIn("30", self.cli("specialist", "hours", "set", "me", "--hours", "30", "--from", "1 jul 2025",
                                     token=self.lena).stdout)
        self.assertIn("Lena Ofori", self.cli("specialist", "hours", "list", token=self.lena).stdout)
        self.assertRegex(self.report("caseload", *QUARTER), r"Lena Ofori +20 +0 +0.8 +25")

    def test_report__csv_hides_small_numbers_and_is_audited(self):
        path = os.path.join(self.home, "starts.csv")
        done = self.cli("report", "starts", *QUARTER, "--csv", path, token=self.lena)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("* stands for fewer than 5", done.stderr)
        rows = list(csv.reader(io.StringIO(self.written("starts.csv"))))
        self.assertEqual(rows[0], ["Group", "Kind of work", "Job starts", "%"])
        self.assertEqual([r[2] for r in rows[1:]], ["*", "*", "*", "*", "*", "*", "*", "10", "10", "20"])
        # A name that a spreadsheet would run, or that ends a cell, does neither.
        rows = list(csv.reader(io.StringIO(self.report("contacts", *QUARTER, "--csv", "-"))))
        self.assertIn(NAME, {r[0] for r in rows})
        audit = self.cli("audit", "list", "--kind", "export", "--json", token=self.lena).stdout
        self.assertIn("ReportService/ExportReport", audit)
        self.assertNotIn("ReportService/GetReport\"", audit)

    def test_report__auditor_sees_the_borough_with_small_numbers_hidden(self):
        table = json.loads(self.report("starts", *QUARTER, "--json", token=self.auditor))["table"]
        self.assertTrue(table["hidden"])
        self.assertIn("Lambeth", table["scope"])
        self.fails(6, "report", "starts", *QUARTER, "--rows", "8", token=self.auditor)

    # ---- the page ----

    def page(self, name, *args, **more):
        path = os.path.join(self.home, name)
        done = self.cli("report", *args, *QUARTER, "--html", path, token=self.lena, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr, self.written(name)

    def check_page(self, text):
        page = Page(text)
        self.assertEqual(page.open, [], "all that is opened is closed")
        self.assertEqual({t for t, _ in page.tags} & {"script", "img", "link", "iframe", "object", "style2"}, set())
        self.assertEqual(len(page.ids), len(set(page.ids)), "ids are there once")
        for ref in page.refs:
            self.assertTrue(ref.startswith("#"), ref)
            self.assertIn(ref[1:], page.ids)
        self.assertFalse([a for _, a in page.tags for name in a if name.startswith("on")], "no handlers")
        return page

    def test_page__stands_by_itself_and_escapes(self):
        _, text = self.page("all.html")
        page = self.check_page(text)
        self.assertNotIn("<script>alert", text)
        self.assertIn("Eve &lt;script&gt;alert(1)&lt;/script&gt; &quot;q&quot; &#39;&amp;amp; `id`\\", text)
        self.assertEqual(sum(t == "h2" for t, _ in page.tags), 14)
        self.assertEqual(sum(t == "h1" for t, _ in page.tags), 1)
        for tag, attributes in page.tags:
            if tag == "th":
                self.assertIn(attributes.get("scope"), ("row", "col"))
        self.assertIn("* stands for fewer than 5 clients", text)

    @unittest.skipUnless(shutil.which("gnuplot"), "there is no gnuplot")
    def test_page__has_plots_that_can_be_heard(self):
        _, text = self.page("plots.html")
        page = self.check_page(text)
        plots = [a for t, a in page.tags if t == "svg"]
        self.assertEqual(len(plots), 4, "contacts, outcomes, status and starts")
        for plot in plots:
            self.assertEqual(plot["role"], "img")
            for id_ in plot["aria-labelledby"].split():
                self.assertIn(id_, page.ids)
        self.assertIn("<title id=\"starts-title\">Job starts by kind of work</title>", text)

    def test_page__does_without_gnuplot(self):
        said, text = self.page("plain.html", "starts", PATH="/nowhere")
        self.assertIn("there is no gnuplot", said)
        self.assertNotIn("<svg", text)
        self.check_page(text)

    def test_page__gnuplot_that_fails_is_said(self):
        folder = os.path.join(self.home, "bin")
        os.makedirs(folder, exist_ok=True)
        fake = os.path.join(folder, "gnuplot")
        with open(fake, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexit 3\n")
        os.chmod(fake, stat.S_IRWXU)
        done = self.cli("report", "starts", *QUARTER, "--html", os.path.join(self.home, "x.html"), token=self.lena,
                        PATH=folder)
        self.assertIn("gnuplot drew nothing", done.stderr)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    canvass_test.main()
