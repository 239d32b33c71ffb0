"""Worked stories of matching (tests/match/stories), of the network (tests/stories/network) and of what
follows a match (tests/stories/placement), each told with the real client and daemon.

A story is a page of Markdown. Its indented lines are commands ("$ canvass …") and what they must
print: each line, in this order, other lines between them or not; "..." stands for anything. A line
"never: TEXT" must not be printed, "exit N" is the exit code. A command goes on after a backslash.
Every story has a specialist of its own team, and no other story's openings; "southwark: canvass …" is
somebody else's command (PEOPLE). "later 7" lets seven days pass: whatever is dated lies further back. "tamper" changes a row of the audit past every rule, "untamper" puts
it back.
"""

import glob
import os
import re
import shlex
import unittest
import uuid

import canvass_test
from cli_support import CliTest

TESTS = os.path.join(os.path.dirname(__file__), "..")
MATCHING = sorted(glob.glob(os.path.join(TESTS, "match", "stories", "*.md")))
NETWORK = sorted(glob.glob(os.path.join(TESTS, "stories", "network", "*.md")))
PLACEMENT = sorted(glob.glob(os.path.join(TESTS, "stories", "placement", "*.md")))


# Who stands before a command: the name, the borough, the roles. A lead is of Amira's team.
PEOPLE = {
    "southwark": ("Sam Reid", canvass_test.SOUTHWARK, ("specialist",)),
    "camden": ("Cara Jones", "E09000007", ("specialist",)),
    "lead": ("Lena Ofori", canvass_test.LAMBETH, ("specialist", "lead")),
    "auditor": ("Audit Lane", canvass_test.LAMBETH, ("auditor",)),
}
PAST_EVERY_RULE = "SET session_replication_role = replica; UPDATE canvass.audit SET method = "
ACTS = {
    "tamper": PAST_EVERY_RULE + """method || 'x' WHERE id = (SELECT audit_id FROM canvass.audit_seal
               WHERE borough_id = 'E09000022' ORDER BY seq DESC LIMIT 1)""",
    "untamper": PAST_EVERY_RULE + "rtrim(method, 'x') WHERE method LIKE '%x'",
}

LATER = """SET session_replication_role = replica; SET search_path = canvass, public;
SET TimeZone = 'Europe/London';
DO $$ DECLARE t record; BEGIN
    FOR t IN SELECT c.table_name, string_agg(format('%1$I = %1$I - interval %2$L', c.column_name, '{0} days'), ', ') AS sets
               FROM information_schema.columns c JOIN change_table k ON k.name = c.table_name
              WHERE c.table_schema = 'canvass' AND c.is_generated = 'NEVER'
                AND c.data_type IN ('date', 'timestamp with time zone')
              GROUP BY c.table_name LOOP
        EXECUTE format('UPDATE %I SET %s', t.table_name, t.sets);
    END LOOP;
END $$"""


class Step:
    """A command with what it must and must not print."""

    def __init__(self, command):
        self.command, self.expected, self.never, self.code = command, [], [], 0

    def add(self, line):
        if line.startswith("never: "):
            self.never.append(line[len("never: "):])
        elif re.fullmatch(r"exit \d+", line):
            self.code = int(line.split()[1])
        else:
            self.expected.append(line)


def read_steps(text):
    steps, going_on = [], False
    for line in re.findall(r"^    (.*)$", text, re.M):
        if going_on:
            steps[-1].command += " " + line.strip()
        elif line.startswith("$ "):
            steps.append(Step(line[2:]))
        elif line.strip():
            steps[-1].add(line.strip())
        going_on = line.endswith("\\")
        if going_on:
            steps[-1].command = steps[-1].command[:-1]
    return steps


def pattern(line):
    return r"\s+".join(".*?" if word == "..." else re.escape(word).replace(r"\.\.\.", ".*?")
                       for word in line.split())


class TestStories(CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        codes = [("5434", "Chefs"), ("6135", "Care workers and home carers"),
                 ("9231", "Cleaners and domestics"), ("9252", "Warehouse operatives"),
                 ("7111", "Sales and retail assistants"), ("8211", "Large goods vehicle drivers"),
                 ("9129", "Elementary construction occupations"), ("6231", "Housekeepers")]
        list(cls.canvass.stream("ReferenceService/LoadOccupations", [{"rows": [
            {"code": code, "title": title} for code, title in codes]}], cls.admin))

    def tell(self, path):
        self.sql("UPDATE canvass.opening SET closed_at = now(), closed_reason = 'another story'"
                 " WHERE closed_at IS NULL")
        team = f"Team {uuid.uuid4()}"
        self.token = self.person(name="Amira Shah", team=team)
        self.others = {who: self.person(name=name, borough=borough, roles=roles,
                                        team=team if who == "lead" else f"Team {uuid.uuid4()}")
                       for who, (name, borough, roles) in PEOPLE.items()}
        with open(path, encoding="utf-8") as story:
            steps = read_steps(story.read())
        self.assertGreater(sum(len(step.expected) + len(step.never) for step in steps), 1)
        for step in steps:
            self.run_step(step)

    def run_step(self, step):
        words = shlex.split(step.command)
        if words[0] == "later":
            self.sql(LATER.format(int(words[1])))
            return
        if words[0] in ACTS:
            self.sql(ACTS[words[0]])
            return
        token = self.token
        if words[0].endswith(":"):
            token, words = self.others[words[0][:-1]], words[1:]
        self.assertEqual(words[0], "canvass", step.command)
        done = self.cli(*words[1:], token=token)
        said = f"$ {step.command}\n{done.stdout}{done.stderr}"
        if os.environ.get("STORIES_SHOW"):
            print(said)
        self.assertEqual(done.returncode, step.code, said)
        at, printed = 0, done.stdout + done.stderr
        for line in step.expected:
            found = re.compile(pattern(line)).search(printed, at)
            self.assertTrue(found, f"missing, or not in this order: {line}\n{said}")
            at = found.end()
        for text in step.never:
            self.assertNotRegex(printed, pattern(text), said)


for page in MATCHING + NETWORK + PLACEMENT:
    name = os.path.splitext(os.path.basename(page))[0].replace("-", "_")
    setattr(TestStories, f"test_story__{name}", lambda self, page=page: self.tell(page))


class TestReader(unittest.TestCase):
    def test_reader__knows_commands_lines_and_codes(self):
        step, other = read_steps("Text.\n\n    $ canvass a \\\n        b\n    one ... two\n"
                                 "    never: three\n    exit 4\n\nText.\n\n    $ canvass c\n")
        self.assertEqual(step.command.split(), ["canvass", "a", "b"])
        self.assertEqual((step.expected, step.never, step.code), (["one ... two"], ["three"], 4))
        self.assertEqual(other.command, "canvass c")
        self.assertRegex("one and two", pattern("one ... two"))
        self.assertNotRegex("one, two", pattern("one  three"))

    def test_stories__are_ten_at_least(self):
        self.assertGreaterEqual(len(MATCHING), 10)
        self.assertGreaterEqual(len(NETWORK), 1)
        self.assertGreaterEqual(len(PLACEMENT), 1)


if __name__ == "__main__":
    canvass_test.main()
