"""The catalogue that a daemon holds, kept in step with a database that others write to.

FOLLOW_SERVER is the daemon's follower with a catalogue that can be asked; two of them stand for two
daemons on one database.
"""

import os
import subprocess
import threading
import time
import unittest

import canvass_test
from canvass_test import LAMBETH, SOUTHWARK

FOLLOW_SERVER = os.environ.get(
    "FOLLOW_SERVER", os.path.join(canvass_test.BUILD, "tests", "follow_server"))
OPENINGS = 600
WRITERS = 12
WRITES = 20_000

FILL = f"""
SET search_path = canvass;
INSERT INTO employer (id, name, created_by_name, updated_by_name)
SELECT ('e0000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'Employer ' || i, 'x', 'x'
  FROM generate_series(0, 149) i;
INSERT INTO site (id, employer_id, easting, northing, updated_by_name)
SELECT ('50000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
       ('e0000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 530000 + i, 180000 + i, 'x'
  FROM generate_series(0, 149) i;
INSERT INTO opening (id, borough_id, employer_id, site_id, title, hidden, network, pay_pence_hour,
                     created_by_name, updated_by_name)
SELECT ('0a000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
       CASE i % 2 WHEN 0 THEN '{LAMBETH}' ELSE '{SOUTHWARK}' END,
       ('e0000000-0000-7000-8000-' || lpad(to_hex(i % 150), 12, '0'))::uuid,
       ('50000000-0000-7000-8000-' || lpad(to_hex(i % 150), 12, '0'))::uuid,
       'Job ' || i, true, i % 3 = 0, 1300, 'x', 'x'
  FROM generate_series(0, {OPENINGS - 1}) i;
INSERT INTO relationship (employer_id, borough_id, updated_by_name)
SELECT e.id, b.id, 'x' FROM employer e, borough b WHERE b.id IN ('{LAMBETH}', '{SOUTHWARK}');
"""

# So many that they are loaded in several ranges of blocks.
MORE = f"""
SET search_path = canvass;
SET session_replication_role = replica;
INSERT INTO opening (borough_id, employer_id, title, hidden, network, notes, created_by_name, updated_by_name)
SELECT '{LAMBETH}', 'e0000000-0000-7000-8000-000000000001', 'More', true, true, repeat('x', 200), 'x', 'x'
  FROM generate_series(1, 10000) i;
"""
FILLERS = """
SET search_path = canvass;
SET session_replication_role = replica;
INSERT INTO employer (id, name, name_key, about, created_by_name, updated_by_name)
SELECT ('{0}000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'More ' || i, 'more ' || i, repeat('x', 400), 'x', 'x'
  FROM generate_series(1, {1}) i
    ON CONFLICT DO NOTHING;
"""
MORE += FILLERS.format("e1", 9000)

# A transaction: one to three writes of any kind, one time in five taken back.
WRITE = r"""
\set i random(0, 599)
\set j random(0, 149)
\set k random(0, 149)
\set what random(1, 12)
\set pay random(1300, 9000)
\set end random(1, 5)
SET search_path = canvass;
BEGIN;
\if :what <= 3
UPDATE opening SET pay_pence_hour = :pay, places = 1 + :pay % 9 WHERE id = ('0a000000-0000-7000-8000-' || lpad(to_hex(:i), 12, '0'))::uuid;
\elif :what = 4
UPDATE opening SET closed_at = CASE WHEN closed_at IS NULL THEN now() END, closed_reason = CASE WHEN closed_at IS NULL THEN 'filled' END WHERE id = ('0a000000-0000-7000-8000-' || lpad(to_hex(:i), 12, '0'))::uuid;
\elif :what = 5
UPDATE opening SET network = NOT network, features = CASE WHEN network THEN '{noise}' ELSE '{}' END::job_feature[] WHERE id = ('0a000000-0000-7000-8000-' || lpad(to_hex(:i), 12, '0'))::uuid;
\elif :what = 6
UPDATE site SET easting = 500000 + :pay, northing = 170000 + :i WHERE id = ('50000000-0000-7000-8000-' || lpad(to_hex(:j), 12, '0'))::uuid;
\elif :what = 7
UPDATE relationship SET stance = (ARRAY['warm', 'cold', NULL]::stance[])[1 + :pay % 3], stage = (enum_range(NULL::stage))[1 + :pay % 5] WHERE employer_id = ('e0000000-0000-7000-8000-' || lpad(to_hex(:j), 12, '0'))::uuid AND borough_id = (ARRAY['LAMBETH', 'SOUTHWARK'])[1 + :i % 2];
\elif :what = 8
UPDATE opening SET employer_id = ('e0000000-0000-7000-8000-' || lpad(to_hex(:k), 12, '0'))::uuid, site_id = NULL WHERE id = ('0a000000-0000-7000-8000-' || lpad(to_hex(:i), 12, '0'))::uuid;
\elif :what = 9
UPDATE employer SET about = repeat('x', :pay % 2000 + 1) WHERE id = ('e0000000-0000-7000-8000-' || lpad(to_hex(:j), 12, '0'))::uuid;
\elif :what = 10
UPDATE site SET phone = '020 7946 0' || :i WHERE id = ('50000000-0000-7000-8000-' || lpad(to_hex(:j), 12, '0'))::uuid;
\elif :what = 11
UPDATE relationship SET next_step = repeat('x', :pay % 200 + 1) WHERE employer_id = ('e0000000-0000-7000-8000-' || lpad(to_hex(:j), 12, '0'))::uuid;
\else
UPDATE employer SET living_wage = NOT living_wage WHERE id = ('e0000000-0000-7000-8000-' || lpad(to_hex(:j), 12, '0'))::uuid;
\endif
\if :end = 1
ROLLBACK;
\else
COMMIT;
\endif
""".replace("LAMBETH", LAMBETH).replace("SOUTHWARK", SOUTHWARK)

# As follow_server prints it, for one borough.
TRUTH = """
SELECT o.id, concat_ws(' ', o.hidden::int, o.places, coalesce(o.closes_on - '1970-01-01', 0),
       o.pay_pence_hour, coalesce(o.sic::int, 0), coalesce(o.easting, 0), coalesce(o.northing, 0),
       CASE WHEN o.features = 1 << 10 THEN 1 << 11 ELSE 0 END,
       CASE r.stance WHEN 'warm' THEN 1 WHEN 'cold' THEN 3 ELSE 0 END, coalesce(r.level, 0))
  FROM canvass.catalogue_opening o
  LEFT JOIN canvass.catalogue_relation r ON r.employer_id = o.employer_id AND r.borough_id = '{0}'
 WHERE o.audience IS NULL OR o.audience = canvass.borough_audience('{0}')
"""


class Follower:
    def __init__(self, canvass):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([FOLLOW_SERVER, canvass.conninfo()], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(30)


class TestFollower(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.canvass = canvass_test.Canvass(start=False)
        cls.canvass.psql(FILL)

    @classmethod
    def tearDownClass(cls):
        cls.canvass.stop()

    def setUp(self):
        self.followers = [Follower(self.canvass), Follower(self.canvass)]

    def tearDown(self):
        for follower in self.followers:
            self.assertEqual(follower.stop(), 0)

    def stale(self, follower):
        """The openings of which a follower that is in step says something else than the database."""
        self.assertEqual(follower.ask("sync"), "in step")
        return self.differs(follower)

    def differs(self, follower):
        found = []
        for borough in (LAMBETH, SOUTHWARK):
            asker = self.canvass.psql(f"SELECT canvass.borough_audience('{borough}')")
            rows = self.canvass.psql(TRUTH.format(borough)).splitlines()
            truth = dict(row.split("|") for row in rows)
            for i in range(OPENINGS):
                opening = f"0a000000-0000-7000-8000-{i:012x}"
                said = follower.ask(f"{asker} {opening}")
                if said != truth.get(opening, "none"):
                    found.append((borough, opening, said, truth.get(opening, "none")))
        return found

    def write(self, writes):
        script = os.path.join(self.canvass.folder, "write.sql")
        with open(script, "w", encoding="utf-8") as f:
            f.write(WRITE)
        canvass_test.run("pgbench", "-n", "-h", self.canvass.cluster, "-U", "postgres", "-f", script,
                         "-c", str(WRITERS), "-j", "2", "-t", str(writes // WRITERS),
                         "--max-tries=100", "canvass")

    def test_follower__no_row_is_stale_after_many_writers(self):
        for follower in self.followers:
            self.assertEqual(self.stale(follower), [])
        slow = threading.Thread(target=self.canvass.psql, args=(
            "BEGIN; UPDATE canvass.opening SET pay_pence_hour = 1234"
            " WHERE id = '0a000000-0000-7000-8000-000000000000'; SELECT pg_sleep(3); COMMIT",))
        slow.start()
        writers = threading.Thread(target=self.write, args=(WRITES,))
        writers.start()
        looks = 0
        while writers.is_alive():
            for follower in self.followers:
                self.assertEqual(follower.ask("sync"), "in step")
                looks += 1
        writers.join()
        slow.join()
        self.assertGreater(looks, 20, "they followed while others wrote")
        for follower in self.followers:
            self.assertEqual(self.stale(follower), [])
            self.assertEqual(follower.ask("loads"), "1", "and by changes alone")

    def test_follower__writes_before_a_sync_are_in(self):
        asker = self.canvass.psql(f"SELECT canvass.borough_audience('{LAMBETH}')")
        opening = "0a000000-0000-7000-8000-000000000006"
        self.canvass.psql("UPDATE canvass.opening SET closed_at = NULL, closed_reason = NULL,"
                          f" network = true WHERE id = '{opening}'")
        for pay in range(2000, 2030):
            self.canvass.psql(
                f"UPDATE canvass.opening SET pay_pence_hour = {pay} WHERE id = '{opening}'")
            for follower in self.followers:
                self.assertEqual(follower.ask("sync"), "in step")
                self.assertEqual(follower.ask(f"{asker} {opening}").split()[3], str(pay))

    def test_follower__asked_beside_a_call_knows_whether_it_is_behind(self):
        asker = self.canvass.psql(f"SELECT canvass.borough_audience('{LAMBETH}')")
        opening = "0a000000-0000-7000-8000-000000000006"
        update = "UPDATE canvass.opening SET pay_pence_hour = {}, closed_at = NULL," \
                 f" closed_reason = NULL, network = true WHERE id = '{opening}'"
        follower = self.followers[0]
        self.assertEqual(follower.ask("ask"), "behind", "nothing is loaded yet")
        self.assertEqual(follower.ask("sync"), "in step")
        for pay in range(3000, 3020):
            self.assertEqual(follower.ask("ask"), "in step")
            self.canvass.psql("BEGIN; " + update.format(pay - 100) + "; ROLLBACK")
            self.assertEqual(follower.ask("ask"), "in step", "what was undone is nothing")
            self.canvass.psql(update.format(pay))
            self.assertEqual(follower.ask("ask"), "behind")
            self.assertEqual(follower.ask("sync"), "in step")
            self.assertEqual(follower.ask(f"{asker} {opening}").split()[3], str(pay))
        self.canvass.psql("UPDATE canvass.catalogue_kept"
                          " SET purged_below = (pg_current_xact_id()::text::bigint + 1)::text::xid8")
        self.assertEqual(follower.ask("ask"), "behind", "and it is no error")

    def test_follower__loads_again_when_it_must(self):
        follower = self.followers[0]
        self.assertEqual(self.stale(follower), [])
        self.canvass.psql("UPDATE canvass.catalogue_kept"
                          " SET purged_below = (pg_current_xact_id()::text::bigint + 1)::text::xid8")
        self.assertEqual(self.stale(follower), [])
        self.assertEqual(follower.ask("loads"), "2")
        self.canvass.kill_postgres()
        self.canvass.start_postgres()
        canvass_test.eventually(lambda: follower.ask("sync") == "in step")
        self.assertEqual(self.stale(follower), [])

    def test_follower__that_loads_while_rows_move_has_all_of_them(self):
        for follower in self.followers:
            self.assertEqual(self.stale(follower), [])
        self.canvass.psql(MORE)
        writers = threading.Thread(target=self.write, args=(WRITES // 5,))
        writers.start()
        said = []
        while writers.is_alive() and len(self.followers) < 10 or len(self.followers) < 6:
            self.followers.append(Follower(self.canvass))
            said.append(self.followers[-1].ask("sync"))
            if len(self.followers) == 4:
                self.canvass.psql("VACUUM FULL canvass.opening")
                said.append(self.followers[-1].ask("sync"))
                self.assertEqual(self.followers[-1].ask("loads"), "2", "the rows stand elsewhere now")
        writers.join()
        self.assertEqual(set(said), {"in step"})
        for follower in self.followers:
            self.assertEqual(self.stale(follower), [])
        self.canvass.psql("DELETE FROM canvass.opening WHERE title = 'More'; DELETE FROM canvass.catalogue_change")

    def test_follower__that_loads_slowly_loses_no_employer_that_moves(self):
        """Its row goes from the end of the table to the beginning, after that was read."""
        moving = "e3000000-0000-7000-8000-000000000001"
        grow = f"UPDATE canvass.employer SET about = repeat('y', 400) || now() WHERE id = '{moving}'"
        self.canvass.psql("VACUUM FULL canvass.employer")
        self.canvass.psql(MORE)
        self.canvass.psql(FILLERS.format("e3", 1))
        self.canvass.psql(f"UPDATE canvass.opening SET employer_id = '{moving}', site_id = NULL, network = true,"
                          " closed_at = NULL, closed_reason = NULL WHERE id = '0a000000-0000-7000-8000-000000000009'")
        self.canvass.psql(FILLERS.format("e2", 300))
        self.canvass.psql("DELETE FROM canvass.employer WHERE id BETWEEN 'e1000000-0000-7000-8000-000000000001'"
                          " AND 'e1000000-0000-7000-8000-0000000003ff'")
        self.canvass.psql("VACUUM canvass.employer")
        view = self.canvass.psql("SELECT pg_get_viewdef('canvass.catalogue_employer')").rstrip(";")
        define = "CREATE OR REPLACE VIEW canvass.catalogue_employer AS "
        self.canvass.psql(f"{define}{view} AND (SELECT pg_sleep(0.4)) IS NOT NULL")
        said = []
        slow = threading.Thread(target=lambda: said.append(self.followers[0].ask("sync")))
        slow.start()
        time.sleep(0.6)
        before, after = (self.canvass.psql(
            f"{more}; SELECT (ctid::text::point)[0]::integer FROM canvass.employer WHERE id = '{moving}'")
            for more in ("SELECT 1 WHERE false", grow))
        slow.join()
        self.canvass.psql(define + view)
        self.assertEqual(said, ["in step"])
        self.assertGreater(int(before), 500)
        self.assertLess(int(after), 128)
        self.assertEqual(self.stale(self.followers[0]), [])
        self.canvass.psql("DELETE FROM canvass.opening WHERE title = 'More'; DELETE FROM canvass.catalogue_change")

    def test_follower__is_not_in_step_with_a_table_that_was_written_anew_meanwhile(self):
        """The openings go from the end to the middle, after that was read, and no change tells."""
        self.canvass.psql(MORE)
        self.canvass.psql("UPDATE canvass.opening SET places = 1 + places % 9 WHERE title <> 'More'")
        self.canvass.psql("DELETE FROM canvass.opening WHERE ctid < '(230,0)' AND title = 'More'")
        view = self.canvass.psql("SELECT pg_get_viewdef('canvass.catalogue_job')").rstrip(";")
        define = "CREATE OR REPLACE VIEW canvass.catalogue_job AS "
        self.canvass.psql(f"{define}{view} AND (SELECT pg_sleep(0.4)) IS NOT NULL")
        said = []
        slow = threading.Thread(target=lambda: said.append(self.followers[0].ask("sync")))
        slow.start()
        time.sleep(0.3)
        self.canvass.psql("VACUUM FULL canvass.opening")
        self.canvass.psql(define + view)
        slow.join()
        self.assertEqual(said, ["in step"])
        self.assertEqual(self.differs(self.followers[0]), [])
        self.assertEqual(self.followers[0].ask("loads"), "2")
        self.canvass.psql("DELETE FROM canvass.opening WHERE title = 'More'; DELETE FROM canvass.catalogue_change")

    def test_follower__never_loads_what_nobody_may_be_sent_to(self):
        blocked = "e0000000-0000-7000-8000-000000000007"
        self.canvass.psql(f"UPDATE canvass.employer SET blocked_on = current_date WHERE id = '{blocked}'")
        for follower in self.followers:
            self.assertEqual(self.stale(follower), [])
        self.canvass.psql(f"UPDATE canvass.employer SET blocked_on = NULL WHERE id = '{blocked}'")
        for follower in self.followers:
            self.assertEqual(self.stale(follower), [])

    def test_follower__tidying_loses_nothing(self):
        follower = self.followers[0]
        for _ in range(5):
            self.canvass.psql("UPDATE canvass.opening SET places = 1 + places % 9")
            self.canvass.psql("UPDATE canvass.catalogue_kept SET next_at = '2000-01-01'")
            self.canvass.psql("SELECT canvass.catalogue_tidy()")
            self.assertEqual(self.stale(follower), [])
        self.assertEqual(follower.ask("loads"), "1")
        self.assertLessEqual(
            int(self.canvass.psql("SELECT count(*) FROM canvass.catalogue_change")), 2 * OPENINGS)


if __name__ == "__main__":
    unittest.main()
