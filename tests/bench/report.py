"""What the reports cost on a log of five years: milliseconds of each for a month, a quarter, a year and all,
beside a plain GROUP BY over the whole log, and how large the database is.

Usage: report.py [VISITS]      VISITS is 2,000,000 if not said; the rest shrinks with it.

The log is made with a fixed seed, straight into the tables: 33 boroughs with a team each, 500 specialists,
12,500 clients, 45,229 employers, visits, trials, jobs, support, reviews. Triggers are off while it is
made, as a dump is restored; what change and audit would keep of it is measured on a part and said apart.
Everything is asked as the application, by a team's lead, and of the borough by its auditor.
"""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LIMIT_MS, TODAY_MS, LIMIT_BYTES = 1000, 50, 2 * 10**9
ROUNDS = 3

# n rows are made by number, so that every run makes the same. :v visits.
WORLD = r"""
SET session_replication_role = replica;
SET max_parallel_workers_per_gather = 0;
SET search_path = canvass, pg_temp;
SET TimeZone = 'Europe/London';
SELECT setseed(0.20261130);
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(1600000000000 + n * 1000), 12, '0') || '7' || substr(md5(kind || n), 1, 3) || '8' || substr(md5(kind || n), 4, 15))::uuid $$;
CREATE TEMP TABLE size AS SELECT :v::bigint AS visits, 500 AS people, greatest(500, least(12500, :v / 160))::int AS clients,
    45229 AS employers, (now()::date - 1826)::date AS first, now()::date - 1 AS last;
INSERT INTO occupation (code, title, words)
SELECT c, 'Work ' || c, 'work ' || c FROM (SELECT DISTINCT m || x FROM generate_series(1, 9) AS m,
    (SELECT lpad((111 + i * 19)::text, 3, '0') AS x FROM generate_series(0, 45) AS i) AS y) AS z (c) ON CONFLICT DO NOTHING;
INSERT INTO team (id, borough_id, name) SELECT pg_temp.id('team', n), 'E090000' || to_char(n, 'FM00'), 'Team ' || n FROM generate_series(1, 33) AS n;
INSERT INTO specialist (id, name, email, team_id, borough_id, roles)
SELECT pg_temp.id('person', n), 'Person ' || n, 'p' || n || '@bench.example', pg_temp.id('team', n % 33 + 1), 'E090000' || to_char(n % 33 + 1, 'FM00'),
       CASE WHEN n <= 33 THEN '{specialist,lead}' ELSE '{specialist}' END::role[] FROM generate_series(1, 500) AS n;
INSERT INTO specialist (id, name, email, team_id, borough_id, roles)
SELECT pg_temp.id('auditor', n), 'Auditor ' || n, 'a' || n || '@bench.example', pg_temp.id('team', n), 'E090000' || to_char(n, 'FM00'), '{auditor}' FROM generate_series(1, 33) AS n;
-- Names and places are prepared by triggers.
RESET session_replication_role;
INSERT INTO employer (id, name) SELECT pg_temp.id('employer', n), 'Employer ' || n FROM size, generate_series(1, size.employers) AS n;
INSERT INTO site (id, employer_id, borough_id) SELECT pg_temp.id('site', n), pg_temp.id('employer', n), 'E090000' || to_char(n % 33 + 1, 'FM00') FROM size, generate_series(1, size.employers) AS n;
SET session_replication_role = replica;
CREATE TEMP TABLE c AS
SELECT n, pg_temp.id('client', n) AS id, n % 500 + 1 AS p, size.first + (random() * 1800)::int AS entered_on, random() AS luck, random() AS stays, size.last
  FROM size, generate_series(1, size.clients) AS n;
INSERT INTO client (id, team_id, ref, specialist_id, entered_on, status, discharged_at, discharge_reason, updated_by_name)
SELECT id, pg_temp.id('team', p % 33 + 1), 'B-' || n, pg_temp.id('person', p), entered_on,
       CASE WHEN d <= last THEN 'discharged' ELSE 'active' END::client_status, CASE WHEN d <= last THEN d + time '12:00' END,
       CASE WHEN d <= last THEN CASE WHEN luck < 0.4 THEN 'in_work' ELSE 'no_contact' END END::discharge_reason, 'bench'
  FROM (SELECT *, entered_on + 120 + (stays * 1000)::int AS d FROM c) AS c;
INSERT INTO client_occupation (client_id, position, soc, weight)
SELECT c.id, i, (SELECT code FROM occupation WHERE code > (1000 + (c.luck * 8000)::int + i * 300)::text AND length(code) = 4 ORDER BY code LIMIT 1), 3
  FROM c, generate_series(0, 1) AS i WHERE c.luck < 0.95 ON CONFLICT DO NOTHING;
INSERT INTO client_pause (client_id, until_on, began_at, ended_at, began_by)
SELECT id, entered_on + 60, entered_on + 30 + time '10:00', entered_on + 50 + time '10:00', pg_temp.id('person', p) FROM c WHERE n % 4 = 0 AND entered_on + 50 < last;
CREATE TEMP TABLE code AS SELECT row_number() OVER (ORDER BY code) - 1 AS n, code, count(*) OVER () AS of FROM occupation WHERE length(code) = 4;
-- Visits in the order of time, as a log grows.
CREATE TEMP TABLE v AS
SELECT n, pg_temp.id('visit', n) AS id, (size.first + (n * 1825 / size.visits)::int) + make_interval(mins => 540 + (random() * 480)::int) AS at,
       1 + (random() * 499)::int AS p, 1 + (random() * (size.employers - 1))::int AS e, random() AS m, random() AS g, (random() * (SELECT max(n) FROM code))::int AS r
  FROM size, generate_series(1, size.visits) AS n;
ALTER TABLE v ADD COLUMN client bigint;
UPDATE v SET client = (g * 1e9)::bigint % (size.clients / 500) * 500 + p - 1 FROM size WHERE g < 0.6;
UPDATE v SET client = 500 FROM size WHERE client = 0;
INSERT INTO visit (id, borough_id, team_id, employer_id, at, mode, cup, generic, role_soc, purpose, learned, stance, specialist_id, recorded_by, recorded_at)
SELECT v.id, 'E090000' || to_char(v.p % 33 + 1, 'FM00'), pg_temp.id('team', v.p % 33 + 1), pg_temp.id('employer', v.e), v.at,
       CASE WHEN m < 0.7 THEN 'in_person' WHEN m < 0.85 THEN 'phone' WHEN m < 0.97 THEN 'email' ELSE 'video' END::visit_mode,
       1 + v.n % 3, v.client IS NULL, CASE WHEN v.client IS NOT NULL THEN code.code END, CASE WHEN v.n % 2 = 0 THEN 'Learn the business' END,
       CASE WHEN v.n % 4 = 0 THEN 'Busy before Easter; no experience asked for, mornings' END, CASE WHEN v.n % 3 = 0 THEN 'warm' END::stance,
       pg_temp.id('person', v.p), pg_temp.id('person', v.p), v.at + interval '2 hours'
  FROM v LEFT JOIN code ON code.n = v.r ORDER BY v.n;
INSERT INTO visit_client (visit_id, client_id, fits_plan) SELECT v.id, pg_temp.id('client', v.client), v.m < 0.6 FROM v WHERE v.client IS NOT NULL ORDER BY v.n;
-- One in a hundred was put right.
INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, purpose, specialist_id, recorded_by, recorded_at, replaces_id)
SELECT x.borough_id, x.team_id, x.employer_id, x.at, 'phone', x.cup, true, x.purpose, x.specialist_id, x.recorded_by, x.recorded_at, x.id
  FROM visit x JOIN v ON v.id = x.id WHERE v.n % 100 = 0 AND x.generic;
CREATE TEMP TABLE j AS
SELECT c.*, k, entered_on + 60 + k * 200 + (stays * 90)::int AS starts_on, 100 + (luck * 300)::int AS hours, pg_temp.id('job', n * 2 + k) AS job_id,
       (luck * 1e6)::int % 414 AS r FROM c, generate_series(0, 1) AS k WHERE luck < 0.45 - k * 0.25;
DELETE FROM j WHERE starts_on > last;
INSERT INTO job (id, borough_id, team_id, client_id, specialist_id, employer_id, title, soc, starts_on, competitive, ends_on, end_reason, updated_by_name)
SELECT job_id, 'E090000' || to_char(p % 33 + 1, 'FM00'), pg_temp.id('team', p % 33 + 1), id, pg_temp.id('person', p), pg_temp.id('employer', (stays * 45000)::int + 1),
       'Work', (SELECT code.code FROM code WHERE code.n = r % code.of), starts_on, n % 10 <> 0, CASE WHEN starts_on + 30 + (stays * 500)::int <= last THEN starts_on + 30 + (stays * 500)::int END,
       CASE WHEN starts_on + 30 + (stays * 500)::int <= last THEN 'resigned' END::job_end, 'bench' FROM j;
INSERT INTO job_terms (job_id, client_id, from_on, hours_tenths, pay_pence_hour, permanent)
SELECT job_id, id, starts_on + 40 * t, hours + 20 * t, 1271, n % 7 <> 0 FROM j, generate_series(0, 1) AS t;
INSERT INTO lost_shift (job_id, client_id, on_day, hours_tenths, reason, recorded_by)
SELECT job_id, id, starts_on + 9 * t, 60, 'unwell', pg_temp.id('person', p) FROM j, generate_series(1, 3) AS t;
INSERT INTO support (id, borough_id, team_id, client_id, job_id, given_to, at, mode, specialist_id)
SELECT pg_temp.id('support', (n * 2 + k) * 100 + w), 'E090000' || to_char(p % 33 + 1, 'FM00'), pg_temp.id('team', p % 33 + 1), id, job_id, 'client',
       starts_on - 3 + 7 * w + time '15:00', CASE WHEN (n + w) % 2 = 0 THEN 'in_person' ELSE 'phone' END::visit_mode, pg_temp.id('person', p)
  FROM j, generate_series(0, 25) AS w WHERE starts_on - 3 + 7 * w <= last;
INSERT INTO opening (id, employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, created_by_name, updated_by_name)
SELECT pg_temp.id('opening', n), pg_temp.id('employer', n), 'E090000' || to_char(n % 33 + 1, 'FM00'), 'Work', (SELECT code FROM code WHERE code.n = o.n % code.of), 160, 300, 'bench', 'bench'
  FROM generate_series(1, 5000) AS o (n);
INSERT INTO trial (id, borough_id, team_id, client_id, specialist_id, employer_id, opening_id, place, kind, title, soc, starts_on, ends_on, days, days_worked, status, outcome,
                   agreed_at, began_at, ended_at, updated_by_name)
SELECT pg_temp.id('trial', n), 'E090000' || to_char(p % 33 + 1, 'FM00'), pg_temp.id('team', p % 33 + 1), id, pg_temp.id('person', p), pg_temp.id('employer', n % 5000 + 1),
       pg_temp.id('opening', n % 5000 + 1), 1, (ARRAY['jobcentre_plus', 'private_unpaid', 'paid', 'taster'])[n % 4 + 1]::trial_kind, 'Work',
       (SELECT code.code FROM code WHERE code.n = c.n % code.of), entered_on + 40, entered_on + 44, 5, 5, 'completed', CASE WHEN n % 4 <> 3 THEN CASE WHEN luck < 0.45 THEN 'offer' ELSE 'no_offer' END END::trial_outcome,
       entered_on + 38, entered_on + 40, entered_on + 45, 'bench' FROM c WHERE n % 3 = 0 AND entered_on + 45 <= last;
INSERT INTO week_review (specialist_id, team_id, week_on, reviewed_by, reviewed_by_name)
SELECT pg_temp.id('person', p), pg_temp.id('team', p % 33 + 1), date_trunc('week', w)::date, pg_temp.id('person', (p - 1) % 33 + 1), 'lead'
  FROM size, generate_series(1, 500) AS p, generate_series(size.first::timestamp, size.last::timestamp, '7 days') AS w WHERE p > 33;
INSERT INTO contracted_hours (specialist_id, team_id, from_on, hours_tenths, set_by, set_by_name)
SELECT pg_temp.id('person', p), pg_temp.id('team', p % 33 + 1), size.first, 375 - (p % 4) * 50, pg_temp.id('person', p), 'lead' FROM size, generate_series(1, 500) AS p;
INSERT INTO relationship (employer_id, borough_id, lead_id, next_touch_at, updated_by_name)
SELECT pg_temp.id('employer', n), 'E090000' || to_char(n % 33 + 1, 'FM00'), pg_temp.id('person', n % 500 + 1), now() + make_interval(days => n % 300 - 5), 'bench' FROM generate_series(1, 20000) AS n
ON CONFLICT DO NOTHING;
INSERT INTO plan (borough_id, team_id, specialist_id, employer_id, at)
SELECT 'E090000' || to_char(p % 33 + 1, 'FM00'), pg_temp.id('team', p % 33 + 1), pg_temp.id('person', p), pg_temp.id('employer', p * 7 + k), now()::date + k - 3 + time '10:00'
  FROM generate_series(1, 500) AS p, generate_series(1, 12) AS k;
RESET session_replication_role;
"""

HELPERS = r"""
CREATE SCHEMA bench;
CREATE FUNCTION bench.as_person(mail text) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('canvass.actor', s.id::text, false), set_config('canvass.team', s.team_id::text, false),
           set_config('canvass.borough', s.borough_id, false), set_config('canvass.roles', s.roles::text, false)
      FROM canvass.specialist s WHERE s.email = mail $$;
CREATE FUNCTION bench.ms(statement text, rounds integer) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    best numeric := 1e9;
    began timestamptz;
BEGIN
    FOR i IN 1 .. rounds LOOP
        began := clock_timestamp();
        EXECUTE statement;
        best := least(best, extract(epoch FROM clock_timestamp() - began) * 1000);
    END LOOP;
    RETURN round(best, 1);
END $$;
GRANT USAGE ON SCHEMA bench TO PUBLIC;
"""


def run(*args, **kwargs):
    return subprocess.run(args, check=True, text=True, capture_output=True, **kwargs).stdout


class Database:
    def __init__(self, folder):
        self.folder = folder
        run(os.path.join(ROOT, "tests/support/pg"), "start", folder)
        run(os.path.join(ROOT, "tests/support/database"), folder)
        # As a server that has the memory for its log; the file's 32 MB are for tests.
        self.sql("ALTER SYSTEM SET shared_buffers = '1GB'; ALTER SYSTEM SET work_mem = '16MB';"
                 " ALTER SYSTEM SET maintenance_work_mem = '256MB'; ALTER SYSTEM SET max_wal_size = '4GB'".split(";"))
        run(os.path.join(ROOT, "tests/support/pg"), "restart", folder)

    def sql(self, statements, **variables):
        statements = [statements] if isinstance(statements, str) else statements
        done = subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "postgres", "-d", "canvass",
             *(f"-v{k}={v}" for k, v in variables.items()), "-f", "-"],
            input=";\n".join(statements) + ";", text=True, capture_output=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout.strip()

    def ms(self, who, statement, rounds=ROUNDS):
        out = self.sql([f"SELECT bench.as_person('{who}') IS NULL", "SET ROLE canvass_app", "SET search_path = canvass, pg_temp", "SET jit = off",
                        f"SELECT bench.ms($bench${statement}$bench$, {rounds})"])
        return float(out.splitlines()[-1])


def periods(db):
    """A month, a quarter and a year, ended."""
    return json.loads(db.sql("""
        SELECT json_object_agg(n, ARRAY[f::date, (f + w - interval '1 day')::date])
          FROM (SELECT date_trunc('quarter', now()) - interval '9 months' AS f) AS y,
               (VALUES ('month', interval '1 month'), ('quarter', '3 months')) AS p (n, w)
        """)) | json.loads(db.sql("""
        SELECT json_build_object('year', ARRAY[(now()::date - 366), (now()::date - 1)])"""))


def longest(db, days):
    """The longest period that a report has, of what there is."""
    return json.loads(db.sql(f"SELECT json_build_array(now()::date - {min(days, 1800)}, now()::date - 1)"))


def reports(db):
    print("\nMilliseconds, the best of three, as the application.\n")
    print("| report | lead: month | quarter | year | longest | of days | auditor: quarter |\n| --- | --- | --- | --- | --- | --- | --- |")
    when, worst = periods(db), 0
    for line in db.sql("SELECT name || ' ' || max_days FROM canvass.report_definition ORDER BY place").splitlines():
        name, days = line.split()
        cells = []
        for period, who in (("month", "p1@bench.example"), ("quarter", "p1@bench.example"), ("year", "p1@bench.example"),
                            ("longest", "p1@bench.example"), ("quarter", "a2@bench.example")):
            first, last = when[period] if period != "longest" else longest(db, int(days))
            request = json.dumps({"name": name, "from": first, "until": last})
            ms = db.ms(who, f"SELECT get_report('{request}')")
            worst = max(worst, ms)
            cells.append(f"{ms:.1f}" + (f" | {min(int(days), 1800)}" if period == "longest" else ""))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    plain = float(db.sql("SELECT bench.ms($$SELECT specialist_id, date_trunc('week', at), mode, generic, count(*) FROM canvass.visit"
                         " GROUP BY 1, 2, 3, 4$$, 3)"))
    request = json.dumps({"name": "contacts", "from": when["year"][0], "until": when["year"][1]})
    one = db.ms("p1@bench.example", f"SELECT get_report('{request}')")
    print(f"\nplain GROUP BY of specialist, week and mode over the whole log: {plain:.0f} ms; contacts of a team and year: {one:.0f} ms,"
          f" {one / plain:.3f} of it")
    today = db.ms("p40@bench.example", "SELECT * FROM day_list(NULL, 0, NULL)", 5)
    print(f"today of one specialist: {today:.1f} ms")
    return worst, today


def sizes(db):
    size = int(db.sql("SELECT pg_database_size('canvass')"))
    print("\n| table | rows | with indexes, MB |\n| --- | --- | --- |")
    print(db.sql("""
        SELECT format('| %s | %s | %s |', c.relname, to_char(c.reltuples::bigint, 'FM9,999,999,999'), round(pg_total_relation_size(c.oid) / 1e6))
          FROM pg_class c WHERE c.relnamespace = 'canvass'::regnamespace AND c.relkind = 'r' AND pg_total_relation_size(c.oid) > 4e6
         ORDER BY pg_total_relation_size(c.oid) DESC"""))
    print(f"\ndatabase: {size / 1e9:.2f} GB without change and audit rows of the load")
    n = 20000
    grown = db.sql(["SELECT pg_total_relation_size('canvass.change') AS was \\gset\nBEGIN",
                    "SET search_path = canvass, pg_temp", f"""
        INSERT INTO visit (borough_id, team_id, employer_id, at, mode, cup, generic, purpose, specialist_id, recorded_by)
        SELECT borough_id, team_id, employer_id, at, mode, cup, true, purpose, specialist_id, recorded_by FROM visit LIMIT {n}""",
                    "SELECT pg_total_relation_size('canvass.change') - :was", "ROLLBACK"])
    print(f"change, had each visit been recorded by itself: about {int(grown) / n:.0f} bytes a visit in a list of {n}")
    return size


def main():
    visits = next((int(a) for a in sys.argv[1:] if a.isdigit()), 2_000_000)
    folder = tempfile.mkdtemp(prefix="canvass-report-")
    os.rmdir(folder)
    try:
        db = Database(folder)
        db.sql(WORLD, v=visits)
        db.sql("VACUUM (FREEZE, ANALYZE)")
        db.sql(HELPERS)
        print(f"{visits:,} visits", end="")
        size = sizes(db)
        worst, today = reports(db)
        if visits < 2_000_000:
            print("\nnot the whole log: nothing to reach")
            return 0
        reached = [(f"every report in {LIMIT_MS} ms", worst, LIMIT_MS), (f"today in {TODAY_MS} ms", today, TODAY_MS),
                   ("the database in 2 GB", size, LIMIT_BYTES)]
        for what, value, most in reached:
            print(f"{'reached' if value <= most else 'NOT REACHED'}: {what}")
        return int(any(value > most for _, value, most in reached))
    finally:
        if "KEEP" in os.environ:
            print(folder)
        else:
            subprocess.run([os.path.join(ROOT, "tests/support/pg"), "stop", folder], check=False)
            subprocess.run(["rm", "-rf", folder], check=False)


if __name__ == "__main__":
    sys.exit(main())
