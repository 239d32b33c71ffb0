"""canvass watch: a line for each change, which goes on where it stopped."""

import json
import re
import subprocess
import threading

import canvass_test
import cli_support
from canvass_test import SOUTHWARK, eventually


class TestCliWatch(cli_support.CliTest):
    def watch(self, *args, token=None):
        """Start it; what it prints is in .lines, and in .notes what it says beside."""
        program = subprocess.Popen(
            [canvass_test.CANVASS, "watch", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=self.environment(token), cwd=self.home)
        program.lines, program.notes = [], []
        for stream, kept in ((program.stdout, program.lines), (program.stderr, program.notes)):
            threading.Thread(target=self.read, args=(stream, kept), daemon=True).start()
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        return program

    @staticmethod
    def read(stream, kept):
        for line in stream:
            kept.append(line.rstrip("\n"))

    def settled(self, *programs):
        """Change something until all have said so: from then on nothing is missed."""
        employer = self.sql("INSERT INTO canvass.employer (name, created_by_name, updated_by_name)"
                            " VALUES ('Hilltop Tool Hire', 'x', 'x') RETURNING id")
        eventually(lambda: self.note(employer) and all(program.lines for program in programs), 30, 0.3)
        return employer

    def note(self, employer):
        self.sql(f"UPDATE canvass.employer SET about = coalesce(about, '') || 'x' WHERE id = '{employer}'")
        return True

    def test_watch__prints_a_line_for_each_change(self):
        program = self.watch()
        employer = self.settled(program)
        tom = self.person(borough=SOUTHWARK, name="Tom Okafor")
        self.rpc("EmployerService/UpdateEmployer", {
            "employer": {"id": employer, "phone": "020 7946 0123"}, "update_mask": "phone"}, token=tom)
        eventually(lambda: any("Okafor" in line for line in program.lines))
        line = next(line for line in program.lines if "Okafor" in line)
        self.assertRegex(line, r"^\d\d:\d\d  Tom Okafor \(Southwark\) changed the phone to "
                               r"020 7946 0123, at Hilltop Tool Hire$")
        self.assertIsNone(program.poll())

    def test_watch__goes_on_after_the_daemon_was_killed(self):
        program, other = self.watch(), self.watch("--json")
        employer = self.settled(program, other)
        port = self.canvass.port
        self.canvass.daemon.kill()
        self.canvass.daemon.wait()
        self.sql(f"UPDATE canvass.employer SET phone = '020 7946 0777' WHERE id = '{employer}'")
        self.canvass.start_daemon()
        self.assertEqual(self.canvass.port, port)
        for each in (program, other):
            eventually(lambda e=each: any("0777" in line for line in e.lines))
            self.assertEqual(sum("0777" in line for line in each.lines), 1)
        self.assertTrue(re.search("no answer from", "\n".join(program.notes)))
        # the token of a line is where another watch goes on
        messages = [json.loads(line) for line in other.lines]
        before = next(i for i, m in enumerate(messages) if "0777" in m["change"]["sentence"])
        again = self.watch("--json", "--since", messages[before - 1]["token"])
        eventually(lambda: again.lines)
        self.assertEqual(json.loads(again.lines[0])["change"], messages[before]["change"])

    def test_watch__ends_with_a_sentence(self):
        self.assertIn("not one of ours", self.fails(3, "watch", "--since", "junk"))
        self.assertIn("Log in", self.fails(9, "watch", token="cvt_" + "x" * 43))


if __name__ == "__main__":
    canvass_test.main()
