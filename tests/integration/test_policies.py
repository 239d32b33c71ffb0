"""What the policies let through, row by row, beside a plain model of the rules (rules.py): every
person of a generated network against every row of every table, for reading, changing and deleting,
and rows added in everybody's name by chance.

    CANVASS_CHECKS=full    a network four times as large, and three seeds instead of one
    CANVASS_SEED=N         the seed to begin with (1)

The last line says how many checks there were: "257114 checks, 0 leaks".
"""

import json
import os
import unittest

import canvass_test
import network
import rules

FULL = os.environ.get("CANVASS_CHECKS") == "full"
SEED = int(os.environ.get("CANVASS_SEED", "1"))
SIZE = 320 if FULL else 80
TRIES = 4

# What a change sets, where leaving a column as it is does not satisfy the row's constraints.
SETS = {
    "contact_request": "granted = true, answered_at = now(), answered_by = canvass.actor(),"
                       " answered_by_name = 'x'",
    "contact_share": "withdrawn_at = now(), withdrawn_by = canvass.actor(), withdrawn_by_name = 'x'",
    "employer_block": "lifted_at = now(), lifted_by = canvass.actor(), lifted_by_name = 'x',"
                      " lifted_reason = 'x'",
    "week_review": "reviewed_by = canvass.actor()",
    "contracted_hours": "set_by = canvass.actor()",
}
# Whose a row is, in its own columns: what may not be given away.
OWNERS = {"contact": "borough_id", "relationship": "borough_id", "opening": "borough_id",
          "client": "team_id"}
PERSON = ("specialist_id", "recorded_by", "asked_by", "given_by", "set_by", "created_by",
          "reviewed_by")

# Whether a policy lets a statement through. Constraints are looked at after the policies, triggers
# before: what a trigger refuses was not judged.
HELPERS = """
CREATE SCHEMA tests;
GRANT USAGE ON SCHEMA tests TO canvass_app;
CREATE FUNCTION tests.passes(statement text, r jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE statement USING r;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE EXCEPTION USING ERRCODE = 'CVOK0', MESSAGE = n;
EXCEPTION
    WHEN sqlstate 'CVOK0' THEN RETURN CASE WHEN SQLERRM = '0' THEN 'no' ELSE 'yes' END;
    WHEN insufficient_privilege THEN
        IF SQLERRM NOT LIKE '%row-level security policy%' THEN
            RAISE;
        END IF;
        RETURN 'no';
    WHEN integrity_constraint_violation THEN RETURN 'yes';
END
$$;
"""


class Harness:
    """One network, and what each of its people is let through to."""

    def __init__(self, seed):
        self.canvass = canvass_test.Canvass(start=False)
        network.run_script(self.canvass, HELPERS)
        self.people = network.generate(self.canvass, seed, SIZE)
        network.run_script(self.canvass, "ANALYZE")
        self.keys = network.keys_of(self.canvass)
        self.world = network.read_world(self.canvass, self.keys)
        self.random = network.Writer(seed).random
        self.may = network.privileges_of(self.canvass)
        self.blocked = {b["employer_id"] for b in self.world["employer_block"].values()
                        if b["lifted_at"] is None}
        self.checks, self.leaks = 0, []

    def key(self, table):
        return f"jsonb_build_array({', '.join('t.' + c for c in self.keys[table])})"

    # ---- what is asked ----

    def reads(self):
        for table in self.may["SELECT"]:
            yield f"SELECT 'see {table} ' || coalesce(jsonb_agg({self.key(table)})::text, '[]')" \
                  f" FROM canvass.{table} t;"

    def writes(self):
        """Whole tables at once, each taken back."""
        for table, columns in self.may["UPDATE"].items():
            sets = SETS.get(table, f"{columns[-1]} = t.{columns[-1]}")
            yield self.returning("change", table, f"UPDATE canvass.{table} t SET {sets}")
        for table in self.may["DELETE"]:
            yield self.returning("delete", table, f"DELETE FROM canvass.{table} t")

    def returning(self, what, table, statement):
        return f"SAVEPOINT s; WITH w AS ({statement} RETURNING {self.key(table)} AS k)" \
               f" SELECT '{what} {table} ' || coalesce(jsonb_agg(k)::text, '[]') FROM w; ROLLBACK TO s;"

    def tries(self, who):
        """Rows like those that are there, as somebody's of somewhere. Yields the question, and the
        model's answer."""
        for table, columns in self.may["INSERT"].items():
            rows = list(self.world[table].values())
            for _ in range(TRIES if rows else 0):
                row = self.as_somebodys(self.random.choice(rows), who)
                if table in ("plan", "contact_share", "contact_request", "contact_use", "trial"):
                    while row["employer_id"] in self.blocked:
                        row = self.as_somebodys(self.random.choice(rows), who)
                names = ", ".join(columns)
                yield self.passes(f"INSERT INTO canvass.{table} ({names}) SELECT {names} FROM"
                                  f" jsonb_populate_record(NULL::canvass.{table}, $1)", row), \
                    rules.may_add(self.world, who, table, row), f"add {table} {row}"
        for table, owner in OWNERS.items():
            where = " AND ".join(f"{c}::text = $1 ->> '{c}'" for c in self.keys[table])
            for _ in range(TRIES):
                row = self.random.choice(list(self.world[table].values()))
                other = self.random.choice(self.people)
                moved = {**row, owner: other["borough" if owner == "borough_id" else "team"]}
                yield self.passes(f"UPDATE canvass.{table} SET {owner} = '{moved[owner]}'"
                                  f" WHERE {where}", row), \
                    all(rules.may_change(self.world, who, table, r) for r in (row, moved)), \
                    f"move {table} {row} to {other}"

    def as_somebodys(self, row, who):
        """A copy of a row: the caller's, or with the columns that say whose it is mixed."""
        owner = who if self.random.random() < 0.5 else self.random.choice(self.people)
        row = dict(row)
        if "id" in row:
            row["id"] = str(network.uuid.UUID(int=self.random.getrandbits(128), version=4))
        for column in row:
            p = owner if self.random.random() < 0.9 else self.random.choice(self.people)
            if column == "borough_id":
                row[column] = p["borough"]
            elif column == "team_id":
                row[column] = p["team"]
            elif column in PERSON:
                row[column] = p["id"]
        return row

    @staticmethod
    def passes(statement, row):
        return f"SELECT 'pass ' || tests.passes($q${statement}$q$, $r${json.dumps(row)}$r$);"

    # ---- how it is asked ----

    def ask(self, who, script, role="canvass_app"):
        enter = "" if who is None else (
            f"SELECT canvass.enter('\\x{canvass_test.token_hash(who['token'])}', '{{anyone}}', 'x');")
        out = network.run_script(self.canvass, "BEGIN;\n" + enter + "\n".join(script) + "\nROLLBACK;",
                                 role)
        return [line for line in out.splitlines() if line]

    def judge(self, who, let_through, expected, what):
        self.checks += 1
        if let_through != expected:
            self.leaks.append(f"{'let through' if let_through else 'refused'}: {what}, for "
                              f"{who and (who['name'], who['roles'], who['borough'])}")

    def check_rows(self, who):
        asked = {"see": rules.may_see, "change": rules.may_change, "delete": rules.may_delete}
        for line in self.ask(who, [*self.reads(), *self.writes()]):
            what, table, keys = line.split(" ", 2)
            got = {k[0] if len(k) == 1 else tuple(k) for k in json.loads(keys)}
            for key, row in self.world[table].items():
                self.judge(who, key in got, asked[what](self.world, who, table, row),
                           f"{what} {table} {key} {row.get('table_name', '')}")

    def check_tries(self, who):
        questions = list(self.tries(who)) if who else []
        answers = self.ask(who, [q for q, _, _ in questions])
        for line, (_, expected, what) in zip(answers, questions, strict=True):
            self.judge(who, line == "pass yes", expected, what)

    def run(self):
        for who in [None, *self.people]:
            self.check_rows(who)
            self.check_tries(who)


class TestPolicies(unittest.TestCase):
    def test_policies__let_through_what_the_rules_say(self):
        checks = 0
        for seed in range(SEED, SEED + (3 if FULL else 1)):
            harness = Harness(seed)
            self.addCleanup(harness.canvass.stop)
            harness.run()
            checks += harness.checks
            self.assertEqual(harness.leaks[:20], [], f"{len(harness.leaks)} leaks with seed {seed}")
        self.assertGreater(checks, 100000)
        print(f"{checks} checks, 0 leaks")


if __name__ == "__main__":
    unittest.main()
