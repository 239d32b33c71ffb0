"""Lists into and out of the client: columns, encodings, bad rows, Ctrl-C, a database that dies."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import time

import canvass_test
from cli_support import CliTest


def word(number):
    """A number in letters: a number in a name may be a shop's, and does not tell names apart."""
    return "".join(chr(ord("a") + int(digit)) * 2 for digit in str(number))


class TestImport(CliTest):
    def write(self, name, content):
        path = os.path.join(self.home, name)
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return path

    def rows(self, prefix, n, postcode="SW9 0AA"):
        """A list of @n employers."""
        lines = [f"{prefix} {word(i)},{prefix}-{i},{i} High Street,{postcode}" for i in range(n)]
        return "Business Name,ID,Addr1,Post Code\n" + "\n".join(lines) + "\n"

    def count(self, prefix):
        return int(self.sql(f"SELECT count(*) FROM canvass.employer WHERE name LIKE '{prefix} %'"))

    def tally(self, *args, code=0, **kwargs):
        done = self.cli("import", *args, "--json", **kwargs)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout), done.stderr

    def test_import__maps_headings_and_doubles_nothing(self):
        path = self.write("list.csv", self.rows("Alpha", 2500))
        tally, said = self.tally("employers", path, "--source", "alpha")
        self.assertEqual(int(tally["created"]), 2500)
        self.assertIn("name from Business Name", said)
        self.assertIn("postcode from Post Code", said)
        tally, _ = self.tally("employers", path, "--source", "alpha")
        self.assertEqual((int(tally["created"]), int(tally["unchanged"])), (0, 2500))
        self.assertEqual(self.count("Alpha"), 2500)

    def test_import__dry_run_keeps_nothing(self):
        path = self.write("dry.csv", self.rows("Dry", 10))
        tally, _ = self.tally("employers", path, "--source", "dry", "--dry-run")
        self.assertEqual(int(tally["created"]), 10)
        self.assertEqual(self.count("Dry"), 0)

    def test_import__bad_rows_can_be_mended_and_imported(self):
        path = self.write("bad.csv", "name,id,postcode,note\nGood Row,1,SW9 0AA,x\n"
                          "Bad Row,2,SW9 0A,\"a, b\"\n,3,SW9 0AA,y\n")
        tally, said = self.tally("employers", path, "--source", "bad", code=13)
        self.assertEqual((int(tally["created"]), int(tally["rejected"])), (1, 2))
        self.assertIn("line 3: postcode", said)
        problems = os.path.join(self.home, "bad-problems.csv")
        with open(problems, encoding="utf-8") as f:
            found = sorted(csv.DictReader(f), key=lambda row: row["id"])
        self.assertEqual([(row["name"], row["note"], row["problem line"], row["problem field"])
                          for row in found],
                         [("Bad Row", "a, b", "3", "postcode"), ("", "y", "4", "name")])
        with open(problems, encoding="utf-8") as f:
            mended = f.read().replace("SW9 0A,", "SW9 8HE,").replace("\n,3", "\nNamed Row,3")
        path = self.write("bad-problems.csv", mended)
        tally, _ = self.tally("employers", path, "--source", "bad")
        self.assertEqual(int(tally["created"]), 2)

    def test_import__reads_windows_1252_bom_and_other_separators(self):
        path = self.write("latin.csv", b"Name;Postcode\nLatin Caf\xe9;SW9 0AA\n")
        _, said = self.tally("employers", path, "--source", "latin")
        self.assertIn("Windows-1252", said)
        path = self.write("bom.csv", b"\xef\xbb\xbfName\tPostcode\r\nLatin Th\xc3\xa9\tSW9 0AA\r\n")
        self.tally("employers", path, "--source", "latin")
        names = self.sql("SELECT name FROM canvass.employer WHERE name LIKE 'Latin %' ORDER BY 1")
        self.assertEqual(names.split("\n"), ["Latin Café", "Latin Thé"])

    def test_import__unclosed_quote_names_its_line(self):
        path = self.write("quote.csv", "name,postcode\nQuote A,SW9 0AA\n\"Quote B,SW9 0AA\nC,SW9 0AA\n")
        self.assertIn("line 3", self.fails(3, "import", "employers", path, "--source", "q"))

    def test_import__says_what_it_cannot_read(self):
        self.assertIn("zcat", self.fails(3, "import", "employers", self.write("x.gz", b"\x1f\x8b\x08")))
        self.assertIn("spreadsheet", self.fails(
            3, "import", "employers", self.write("x.xlsx", b"PK\x03\x04")))
        self.assertIn("--map name=", self.fails(
            2, "import", "employers", self.write("x.csv", "firm name of it,postcode\na,SW9 0AA\n")))
        self.fails(4, "import", "employers", "nowhere.csv")

    def test_import__map_says_where_a_field_is(self):
        path = self.write("map.csv", "Firm of,PC2\nMap Firm,SW9 0AA\n")
        self.tally("employers", path, "--source", "map", "--map", "name=Firm of,postcode=PC2")
        self.assertIn("no field", self.fails(2, "import", "employers", path, "--map", "nom=Firm of"))
        self.assertIn("no column", self.fails(2, "import", "employers", path, "--map", "name=Nom"))

    def test_import__reads_standard_input(self):
        tally, _ = self.tally("employers", "-", "--source", "stdin", stdin=self.rows("Stdin", 3))
        self.assertEqual(int(tally["created"]), 3)

    def test_import__stopped_with_ctrl_c_goes_on_later(self):
        path = self.write("stop.csv", self.rows("Stop", 30000))
        child = subprocess.Popen(
            [canvass_test.CANVASS, "import", "employers", path, "--source", "stop"],
            env=self.environment(), cwd=self.home, stderr=subprocess.PIPE, text=True)
        canvass_test.eventually(lambda: self.count("Stop") > 0)
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=60)[1]
        self.assertEqual(child.returncode, 130, said)
        done = int(re.search(r"stopped after (\d+) rows", said)[1])
        self.assertLess(done, 30000)
        self.assertEqual(self.count("Stop"), done)
        self.tally("employers", path, "--source", "stop", timeout=300)
        self.assertEqual(self.count("Stop"), 30000)

    def test_import__survives_the_death_of_the_database(self):
        """Killing PostgreSQL in the middle ends, after it is back, with exactly the right rows."""
        path = self.write("kill.csv", self.rows("Kill", 30000))
        child = subprocess.Popen(
            [canvass_test.CANVASS, "import", "employers", path, "--source", "kill", "--patience",
             "120"], env=self.environment(), cwd=self.home, stderr=subprocess.PIPE, text=True)
        canvass_test.eventually(lambda: self.count("Kill") > 0)
        self.canvass.kill_postgres()
        time.sleep(0.5)
        self.canvass.start_postgres()
        said = child.communicate(timeout=300)[1]
        if child.returncode == 10:  # the daemon gave up first: the re-run must mend it
            self.tally("employers", path, "--source", "kill", timeout=300)
        else:
            self.assertEqual(child.returncode, 0, said)
        self.assertEqual(self.count("Kill"), 30000)

    def test_import__survives_a_restart_of_the_daemon(self):
        path = self.write("restart.csv", self.rows("Restart", 30000))
        child = subprocess.Popen(
            [canvass_test.CANVASS, "import", "employers", path, "--source", "restart",
             "--patience", "120"], env=self.environment(), cwd=self.home, stderr=subprocess.PIPE,
            text=True)
        canvass_test.eventually(lambda: self.count("Restart") > 0)
        self.canvass.stop_daemon(signal.SIGKILL)
        self.canvass.start_daemon()
        said = child.communicate(timeout=300)[1]
        self.assertEqual(child.returncode, 0, said)
        self.assertIn("no answer from", said)
        self.assertEqual(self.count("Restart"), 30000)


class TestReference(CliTest):
    def test_postcodes__load_from_code_point_open(self):
        rows = ('"SE1 9ZZ",10,532000,180000,"E92000001","E19000003","E18000007","","E09000028",'
                '"E05011100"\n"SE1 9ZY",90,0,0,"E92000001","E19000003","E18000007","",'
                '"E09000028","E05011100"\n')
        done = self.cli("import", "postcodes", "-", token=self.admin, stdin=rows)
        self.assertEqual(done.returncode, 13, done.stderr)
        self.assertIn("1 postcodes loaded", done.stderr)
        self.assertIn("easting", done.stderr)
        self.assertRegex(self.cli("postcode", "show", "se19zz").stdout, "Borough +Southwark")

    def test_occupations_and_industries__load_from_the_official_forms(self):
        done = self.cli("import", "occupations", "-", token=self.admin,
                        stdin="code,level,parent,title,description\n"
                        "9265,unit,926,Bar and catering supervisors,x\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("9265", self.cli("occupation", "find", "catering", "supervisors").stdout)
        done = self.cli("import", "industries", "-", token=self.admin,
                        stdin="sic5,description\n1110,Growing of cereals\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("01110", self.cli("industry", "find", "cereals").stdout)

    def test_reference_lists__are_for_administrators(self):
        self.fails(6, "import", "industries", "-", stdin="sic5,description\n01120,Rice\n")


class TestExport(CliTest):
    def test_export__can_be_read_back_and_runs_no_formula(self):
        self.make_employer("=HYPERLINK(\"http://x\")", "SE1 1AA")
        self.make_employer("Export, \"quoted\" Ltd", "SE1 1AA")
        done = self.cli("export", "employers", "--borough", "southwark")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        names = {row["name"] for row in rows}
        self.assertIn("Export, \"quoted\" Ltd", names)
        self.assertIn("'=HYPERLINK(\"http://x\")", names)
        self.assertTrue(all(row["borough"] == "Southwark" for row in rows))
        lines = self.cli("export", "employers", "--borough", "southwark", "--json").stdout.splitlines()
        self.assertEqual(len(lines), len(rows))


if __name__ == "__main__":
    canvass_test.main()
