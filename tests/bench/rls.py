"""What row-level security costs: the statements of GetEmployer and SearchEmployers as the application,
behind its policies, beside the very same as a role that passes them by (BYPASSRLS), in one run.

Usage: rls.py [SECONDS] [EXPLAIN]    SECONDS (2) for each of the rounds, which take turns; with EXPLAIN
also the two plans of each statement. CANVASS_DATA names the folder with the public lists.

The statements are those of daemon/methods/employer.sql. Who calls is set once a session, so that
naming the caller, which both need, hides nothing of the difference. SearchEmployers runs as the
owner of the tables, under FORCE ROW LEVEL SECURITY; beside it stands the same function with
BYPASSRLS.
"""

import csv
import gzip
import os
import re
import subprocess
import sys
import tempfile
import uuid

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
DATA = os.environ.get("CANVASS_DATA", "")
ROUNDS = 7
TARGET = 1.25
# The ids of employers come from their numbers, so that runs are alike.
SPACE = uuid.UUID("00000000-0000-4000-8000-000000000000")
SEARCHES = ("wagamama camden", "costa", "tesco express", "SW9", "the crown", "greggs lewisham")


def run(*args, **kwargs):
    return subprocess.run(args, check=True, text=True, capture_output=True, **kwargs).stdout


def statement(name):
    """A method's statement, from its block."""
    with open(os.path.join(ROOT, "daemon/methods/employer.sql"), encoding="utf-8") as f:
        blocks = re.split(r"^-- canvass\.v1\.EmployerService/(\w+) .*$", f.read(), flags=re.M)
    return dict(zip(blocks[1::2], blocks[2::2]))[name].strip().rstrip(";")


class Database:
    def __init__(self, folder):
        self.folder = folder
        run(os.path.join(ROOT, "tests/support/pg"), "start", folder)
        run(os.path.join(ROOT, "tests/support/database"), folder)

    def sql(self, text, **kwargs):
        return run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U",
                   kwargs.pop("user", "postgres"), "-d", "canvass", "-c", text, **kwargs).strip()

    def load(self):
        """The premises, each an employer with a site, numbered by the script's :n."""
        with gzip.open(os.path.join(DATA, "employers/fhrs_london_2020.csv.gz"), "rt",
                       encoding="utf-8-sig", newline="") as f:
            rows = [r for r in csv.DictReader(f) if r["name"].strip()]
        form = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$")
        path = os.path.join(self.folder, "rows.csv")
        with open(path, "w", encoding="utf-8", newline="") as f:
            out = csv.writer(f)
            for n, r in enumerate(rows):
                postcode = r["postcode"] if form.match(r["postcode"]) else ""
                out.writerow((n, uuid.uuid5(SPACE, str(n)), r["name"][:200], postcode))
        with open(path, encoding="utf-8") as f:
            self.sql("CREATE TABLE public.row (n int PRIMARY KEY, id uuid, name text, postcode text);"
                     "GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON public.row TO PUBLIC")
            self.sql("COPY public.row FROM STDIN CSV", stdin=f)
        self.sql("INSERT INTO canvass.employer (id, name) SELECT id, btrim(name) FROM public.row;"
                 "INSERT INTO canvass.site (employer_id, postcode, borough_id)"
                 " SELECT id, nullif(postcode, ''), 'E090000' || to_char(1 + n % 33, 'FM00') FROM public.row")
        self.sql("VACUUM ANALYZE")
        return len(rows)

    def bypass(self):
        """A role as the application's, but that no policy stops, and the search as it."""
        self.sql("CREATE ROLE past LOGIN BYPASSRLS; GRANT canvass_app, canvass_owner TO past;"
                 "ALTER ROLE past SET search_path = canvass, pg_temp; ALTER ROLE past SET jit = off;"
                 "CREATE SCHEMA past AUTHORIZATION past")
        made = self.sql("SELECT pg_get_functiondef('canvass.search_employers'::regproc)")
        self.sql(made.replace("FUNCTION canvass.search_employers", "FUNCTION past.search_employers")
                 + ";ALTER FUNCTION past.search_employers OWNER TO past")

    def latency(self, script, user, caller, seconds, asked):
        """Mean milliseconds of a script in one session of that role. Parameters are parameters, as
        the daemon's are."""
        out = run("pgbench", "-n", "-M", "prepared", "-c", "1", "-T", str(seconds), "-f", script,
                  *(f"-D{name}={value}" for name, value in asked.items()),
                  "-h", self.folder, "-U", user, "canvass",
                  env={**os.environ, "PGOPTIONS": caller})
        return float(re.search(r"latency average = ([0-9.]+) ms", out)[1])


def scripts(folder, past):
    """{method: path of its pgbench script}."""
    find = re.sub(r"search_employers\([^)]*\)", "search_employers(:query::text, '', '', '', NULL, NULL,"
                  " 0, 20, '')", statement("SearchEmployers"))
    if past:
        find = find.replace("canvass.search_employers", "past.search_employers")
    made = {}
    for name, text in (("GetEmployer", statement("GetEmployer")), ("SearchEmployers", find)):
        made[name] = os.path.join(folder, f"{name}-{'past' if past else 'app'}.sql")
        with open(made[name], "w", encoding="utf-8") as f:
            for i in range(len(SEARCHES)):
                f.write(re.sub(r":(employer_id|query)\b", rf":\g<1>_{i}", text) + ";\n")
    return made


def main():
    seconds = next((int(a) for a in sys.argv[1:] if a.isdigit()), 2)
    if not os.path.isdir(os.path.join(DATA, "employers")):
        print("rls.py: CANVASS_DATA names no folder with the public lists; nothing measured")
        return 0
    folder = tempfile.mkdtemp(prefix="canvass-rls-")
    os.rmdir(folder)
    try:
        db = Database(folder)
        n = db.load()
        db.bypass()
        db.sql("SELECT canvass.bootstrap('E09000022', 'Team', 'Amira', 'a@trust.example',"
               " '{specialist}', sha256('x'), 'x')")
        who = db.sql("SELECT id || ' ' || team_id FROM canvass.specialist").split()
        caller = (f"-c canvass.actor={who[0]} -c canvass.team={who[1]} -c canvass.borough=E09000022"
                  " -c canvass.roles={specialist}")
        with tempfile.TemporaryDirectory() as scratch:
            app, past = (scripts(scratch, p) for p in (False, True))
            failed = report(db, app, past, caller, seconds, n)
            if "EXPLAIN" in sys.argv:
                explain(db, app, past, caller)
        return failed
    finally:
        subprocess.run([os.path.join(ROOT, "tests/support/pg"), "stop", folder], check=False)
        subprocess.run(["rm", "-rf", folder], check=False)


def asked(n):
    """What the statements of a script ask for."""
    return {f"{name}_{i}": value for i in range(len(SEARCHES)) for name, value in (
        ("employer_id", uuid.uuid5(SPACE, str(i * n // len(SEARCHES)))), ("query", SEARCHES[i]))}


def report(db, app, past, caller, seconds, n):
    print(f"{n} employers; the best of {ROUNDS} rounds of {seconds} s, in turns\n")
    print("| statement | behind the policies | past them | cost |\n| --- | --- | --- | --- |")
    failed = 0
    for name in app:
        rounds = [(db.latency(app[name], "canvass_app", caller, seconds, asked(n)),
                   db.latency(past[name], "past", caller, seconds, asked(n)))
                  for _ in range(ROUNDS)]
        # The least: what other programs take of the machine only ever adds.
        behind, by = (min(r) / len(SEARCHES) for r in zip(*rounds))
        ratio = behind / by
        failed |= ratio > TARGET
        print(f"| `{name}` | {behind:.3f} ms | {by:.3f} ms | {100 * (ratio - 1):+.0f} %"
              f" (at most {100 * (TARGET - 1):.0f} %) |", flush=True)
    return int(failed)


def explain(db, app, past, caller):
    for path, user in [(p, u) for name in app for p, u in ((app[name], "canvass_app"),
                                                           (past[name], "past"))]:
        with open(path, encoding="utf-8") as f:
            text = f.read().split(";\n")[0]
        for name, value in asked(1000).items():
            text = text.replace(":" + name, f"'{value}'")
        print(f"\n{os.path.basename(path)}\n" + db.sql(
            "EXPLAIN (ANALYZE, TIMING OFF) " + text, user=user,
            env={**os.environ, "PGOPTIONS": caller}))


if __name__ == "__main__":
    sys.exit(main())
