"""Worked stories of matching (tests/match/stories), of the network (tests/stories/network) and of the
way into work (tests/stories/placement), each told with the real client and daemon.

A story is a page of Markdown. Its indented lines are commands ("$ canvass …") and what they must
print: each line, in this order, other lines between them or not; "..." stands for anything. A line
"never: TEXT" must not be printed, "exit N" is the exit code. A command goes on after a backslash.
Every story has a specialist of its own team, and no other story's openings.
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
        self.token = self.person(name="Amira Shah", team=f"Team {uuid.uuid4()}")
        self.colleague = self.person(borough=canvass_test.SOUTHWARK, name="Sam Reid",
                                     team=f"Team {uuid.uuid4()}")
        with open(path, encoding="utf-8") as story:
            steps = read_steps(story.read())
        self.assertGreater(sum(len(step.expected) + len(step.never) for step in steps), 1)
        for step in steps:
            self.run_step(step)

    def run_step(self, step):
        words = shlex.split(step.command)
        token = self.token
        if words[0] == "southwark:":
            token, words = self.colleague, words[1:]
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
