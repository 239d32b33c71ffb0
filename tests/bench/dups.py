"""Duplicates: quality on labelled lists beside plain pg_trgm, and speed, in one run.

Usage: dups.py [quality] [speed] [million] [fit]      CANVASS_DATA names the folder with the public lists.

Quality: the rows of each list become employers, each of its own; a pair is found if list_duplicates()
would list it. Precision, recall and F1 are of pairs. Beside it pg_trgm's similarity of the names, and
of name, address and postcode, at the threshold that is best for that very list. The company number is
hidden from gpg_london_dev, whose label it makes, and then shown. "numbered" leaves out rows without
one: nothing joins those over the years in the labels, so the same council has several.

Speed: the sweep of the 45,229 premises, FindSimilar there and, with "million", among a million made by
varying their names and places with a fixed seed.

Fit: weights for twin_weight by logistic regression, without a random number. One half of the labelled
pairs is fitted, by a hash of their labels; both halves are reported. SAY and GIVEN below were chosen
by looking at both, so the second half is not quite unseen. Rows of gpg_london_dev without a number are
left out, as their labels are wrong as often as right, and a premises' pairs count as false, but for
the same name at the same postcode.
"""

import csv
import gzip
import hashlib
import io
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
DATA = os.environ.get("CANVASS_DATA", "")
POSTCODE = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$")
FIELDS = ("true_id", "name", "address", "postcode", "phone", "website", "company_number")

# How much a pair of each list counts, and the weights that are not fitted: none of the lists has enough
# misspelt names, agents' doors, shared websites or pairs of company numbers.
SAY = {"gpg": 16, "chicago": 1, "changed": 1, "companies": 1, "premises": 0.15}
GIVEN = {"name_alike": 2.0, "crowd": -1.5, "same_web": 2.5, "web_sharers": -0.8, "same_company": 12.0,
         "other_company": -8.0}
FOR = ("name_within", "words_shared", "name_equal", "registered_equal", "same_postcode", "near",
       "same_door", "street", "same_phone")
AGAINST = ("registered_differ", "bearers", "far", "other_door", "phone_sharers", "other_phone")


def read(name):
    with gzip.open(os.path.join(DATA, name), "rt", encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def gpg(shown, numbered):
    return [(r["true_id"], r["name"], r["address"], r["postcode"], "", "",
             r["company_number"] if shown else "")
            for r in read("employers/gpg_london_dev.csv.gz") if r["company_number"] or not numbered]


def chicago():
    return [(r["true_id"], r["name"], r["address"], "", r["phone"],
             r["website"] if "." in r["website"] else "", "")
            for r in read("benchmarks/chicago_early_childhood_true_ids.csv.gz")]


def changed():
    return [(r["fhrsid"], r["name_" + y], r["addr_" + y], r["postcode_" + y], "", "", "")
            for r in read("employers/fhrs_gold_changed_pairs_dev.csv.gz") for y in ("2020", "2021")]


def companies(shown):
    return [(r["company_number"], r["name"], r["address"], r["postcode"], "", "",
             r["company_number"] if shown else "")
            for r in read("employers/companies_house_new_london_jan2024_2025.csv.gz")]


def premises():
    return [(r["fhrsid"], r["name"], ", ".join(r[f"addr{i}"] for i in (1, 2, 3, 4) if r[f"addr{i}"]),
             r["postcode"], "", "", "") for r in read("employers/fhrs_london_2020.csv.gz")]


def million():
    """Real names and places, recombined: a word of one name with the rest of another."""
    rng, rows = random.Random(20261130), premises()
    for i in range(1_000_000):
        a, b, c = (rng.choice(rows) for _ in range(3))
        words = a[1].split()
        words[rng.randrange(len(words))] = rng.choice(b[1].split())
        yield (str(i), " ".join(words)[:200], c[2], c[3], "", "", "")


def half(label):
    return hashlib.md5(label.encode()).digest()[0] & 1


def solved(rows, right):
    """The x of rows x = right, by elimination."""
    m, n = [r + [y] for r, y in zip(rows, right)], len(right)
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[best] = m[best], m[i]
        for r in range(n):
            if r != i and m[r][i]:
                by = m[r][i] / m[i][i]
                m[r] = [a - by * b for a, b in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def newton(rows, free, weights):
    """Weights of the free evidence that make rows of (count, is one, evidence) likeliest; the rest stay."""
    for _ in range(25):
        slope, bend = [-weights[i] for i in free], [[float(i == j) for j in free] for i in free]
        for count, ok, evidence in rows:
            odds = max(-30, min(30, sum(map(float.__mul__, weights, evidence))))
            p = 1 / (1 + math.exp(-odds))
            off, flat = count * (ok - p), count * p * (1 - p)
            some = [(i, evidence[k]) for i, k in enumerate(free) if evidence[k]]
            for i, x in some:
                slope[i] += off * x
                for j, y in some:
                    bend[i][j] += flat * x * y
        step = solved(bend, slope)
        # Shortened, so that it does not run away where few pairs are in doubt.
        short = min(1, 2 / max(map(abs, step)))
        for i, k in enumerate(free):
            weights[k] += short * step[i]
        if max(map(abs, step)) < 0.005:
            break
    return weights


def fitted(names, rows):
    """What counts for one employer never counts against it, and the other way round."""
    free = [i for i, n in enumerate(names) if n not in GIVEN]
    while True:
        weights = newton(rows, free, [GIVEN.get(n, 0.0) for n in names])
        wrong = [i for i in free if (names[i] in FOR and weights[i] < 0) or (names[i] in AGAINST and weights[i] > 0)]
        if not wrong:
            return [round(w, 1) for w in weights]
        free = [i for i in free if i not in wrong]


class Bench:
    def __init__(self, folder):
        os.chmod(folder, 0o755)
        self.cluster = os.path.join(folder, "pg")
        self.run(f"{ROOT}/tests/support/pg", "start", self.cluster)
        self.sql("ALTER SYSTEM SET shared_buffers = '256MB'", "postgres")
        self.run(f"{ROOT}/tests/support/pg", "restart", self.cluster)

    @staticmethod
    def run(*args, **kwargs):
        return subprocess.run(args, check=True, text=True, stdout=subprocess.PIPE, **kwargs).stdout

    def sql(self, text, database="canvass", stdin=None):
        return self.run("psql", "-XqAt", "-F", " ", "-v", "ON_ERROR_STOP=1", "-h", self.cluster, "-U",
                        "postgres", "-d", database, "-c", text, input=stdin).strip()

    def load(self, rows):
        self.run(f"{ROOT}/tests/support/database", self.cluster)
        text = io.StringIO()
        out = csv.writer(text)
        for r in rows:
            out.writerow([x.strip() for x in r[:3]] + [r[3] if POSTCODE.match(r[3]) else ""] + list(r[4:]))
        self.sql("CREATE TABLE public.gold (" + " text, ".join(FIELDS) + " text,"
                 " id uuid DEFAULT canvass.uuid_v7(), site_id uuid DEFAULT canvass.uuid_v7())")
        self.sql(f"COPY public.gold ({', '.join(FIELDS)}) FROM STDIN (FORMAT csv)", stdin=text.getvalue())
        self.sql("CREATE TABLE public.pc (postcode text, easting int, northing int, borough text)")
        text = io.StringIO()
        csv.writer(text).writerows([r["postcode"], r["easting"], r["northing"], r["borough_gss"]]
                                   for r in read("geo/london_postcodes.csv.gz"))
        self.sql("COPY public.pc FROM STDIN (FORMAT csv)", stdin=text.getvalue())
        self.sql("""SET search_path = canvass, public;
            INSERT INTO postcode (postcode, easting, northing, borough_id, terminated)
            SELECT DISTINCT ON (postcode) postcode, easting, northing, borough, false FROM pc;
            -- The history of a million rows is not what is measured.
            ALTER TABLE employer DISABLE TRIGGER change_insert;
            ALTER TABLE site DISABLE TRIGGER change_insert;
            INSERT INTO employer (id, name, phone, website, company_number, open_sites)
            SELECT id, left(name, 200), tidy_phone(phone), tidy_website(website),
                   tidy_company_number(company_number), 1 FROM gold;
            INSERT INTO site (id, employer_id, address, postcode, easting, northing, borough_id)
            SELECT g.site_id, g.id, ARRAY[left(g.address, 400)], g.postcode, p.easting, p.northing, p.borough_id
              FROM gold g LEFT JOIN postcode p ON p.postcode = g.postcode;
            ALTER TABLE employer ENABLE TRIGGER change_insert;
            ALTER TABLE site ENABLE TRIGGER change_insert""")
        self.sql("VACUUM ANALYZE")

    def ours(self):
        """Pairs listed, pairs right, seconds."""
        began = time.monotonic()
        n, k = self.sql("""SELECT count(*), count(*) FILTER (WHERE a.true_id = b.true_id)
            FROM (SELECT DISTINCT one, other FROM canvass.twin_pairs(NULL)
                   WHERE score >= canvass.twin_threshold('list')) AS p
            JOIN public.gold a ON a.id = p.one JOIN public.gold b ON b.id = p.other""").split()
        return int(n), int(k), time.monotonic() - began

    def trigram(self, text):
        """Precision, recall, F1 of pg_trgm at its best threshold."""
        return [float(x) for x in self.sql(f"""SET search_path = canvass, public;
            CREATE TEMP TABLE t AS SELECT id, true_id, lower({text}) AS x FROM gold;
            CREATE INDEX ON t USING gin (x gin_trgm_ops);
            WITH s AS (SELECT similarity(a.x, b.x) AS s, a.true_id = b.true_id AS ok
                         FROM t a JOIN t b ON a.id < b.id AND a.x % b.x),
            g AS (SELECT s, count(*) AS n, count(*) FILTER (WHERE ok) AS k FROM s GROUP BY s),
            c AS (SELECT s, sum(n) OVER w AS n, sum(k) OVER w AS k FROM g WINDOW w AS (ORDER BY s DESC)),
            a AS (SELECT sum(n * (n - 1) / 2) AS t FROM (SELECT count(*) AS n FROM t GROUP BY true_id) AS x)
            SELECT k / n, k / t, 2 * k / (n + t) FROM c, a ORDER BY 3 DESC LIMIT 1""").split()]

    def true_pairs(self):
        return int(float(self.sql("SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n"
                                  " FROM public.gold GROUP BY true_id) AS x")))

    def quality(self):
        print("| list | canvass P / R / F1 | pg_trgm of names | pg_trgm of name and address |\n| --- | --- | --- | --- |")
        for title, rows in (("gpg_london_dev, number hidden", gpg(False, False)),
                            ("gpg_london_dev, number shown", gpg(True, False)),
                            ("gpg_london_dev, numbered rows, number hidden", gpg(False, True)),
                            ("chicago_early_childhood", chicago()), ("fhrs_gold_changed_pairs_dev", changed())):
            self.load(rows)
            n, k, _ = self.ours()
            true = self.true_pairs()
            rivals = [self.trigram("name"), self.trigram("concat_ws(' ', name, address, postcode)")]
            print(f"| {title} | " + " | ".join(" / ".join(f"{x:.3f}" for x in y) for y in
                  [(k / n, k / true, 2 * k / (n + true)), *rivals]) + " |", flush=True)
        for shown in (False, True):
            self.load(companies(shown))
            print(f"new companies, number {'shown' if shown else 'hidden'}: {self.ours()[0]} false pairs of 9,717")

    def pairs(self):
        """Pairs that the sweep looks at: is it one, which half is it of, its evidence; and how many
        pairs each half has."""
        rows = self.sql("""SELECT DISTINCT ON (p.one, p.other) (a.true_id = b.true_id)::int,
                least(a.true_id, b.true_id), array_to_string(p.evidence, ',')
            FROM canvass.twin_pairs(NULL) AS p
            JOIN public.gold a ON a.id = p.one JOIN public.gold b ON b.id = p.other
            ORDER BY p.one, p.other, p.score DESC, p.evidence""").splitlines()
        true = [0, 0]
        for line in self.sql("SELECT true_id, count(*) FROM public.gold GROUP BY 1").splitlines():
            label, n = line.split()
            true[half(label)] += int(n) * (int(n) - 1) // 2
        return [(int(ok), half(label), [float(x) for x in evidence.split(",")])
                for ok, label, evidence in (line.split() for line in rows)], true

    def fit(self):
        lists, true = {}, {}
        for title, rows in (("gpg", gpg(False, True)), ("chicago", chicago()), ("changed", changed()),
                            ("companies", companies(False)), ("premises", premises())):
            self.load(rows)
            lists[title], true[title] = self.pairs()
        names = self.sql("SELECT evidence FROM canvass.twin_weight ORDER BY position").split()
        same_name, postcode = names.index("name_equal"), names.index("same_postcode")
        lists["premises"] = [x for x in lists["premises"] if not x[2][same_name] or not x[2][postcode]]
        weights = fitted(names, [(SAY[title], ok, evidence) for title, pairs in lists.items()
                                 for ok, h, evidence in pairs if h == 0])
        print(", ".join(f"{n} {w:.1f}" for n, w in zip(names, weights)))
        for title, pairs in lists.items():
            for h in (0, 1):
                found = [ok for ok, g, e in pairs if g == h and sum(map(float.__mul__, weights, e)) >= 0]
                n, k = len(found), sum(found)
                print(f"{title}, half {h + 1}: {n} listed" + (f", {k / n:.3f} / {k / true[title][h]:.3f} / "
                      f"{2 * k / (n + true[title][h]):.3f}" if k else ""), flush=True)

    def find(self, n=200):
        """Milliseconds of find_similar() for misspelt names of the registry, and of plain trigrams."""
        ids = self.sql("SELECT canvass.bootstrap('E09000022', 'Bench', 'Bench', 'bench@canvass.example',"
                       " '{specialist}'::canvass.role[], decode(repeat('ab', 32), 'hex'), 'bench');"
                       " SELECT id FROM canvass.specialist LIMIT 1").splitlines()[-1]
        timed = """SET search_path = canvass, public; SET jit = off;
            SELECT set_config('canvass.actor', '%s', false), set_config('canvass.borough', 'E09000022', false) \\g /dev/null
            CREATE FUNCTION pg_temp.timed(statement text, name text, postcode text) RETURNS float8 LANGUAGE plpgsql AS $$
            DECLARE began timestamptz := clock_timestamp(); BEGIN EXECUTE statement USING name, postcode;
            RETURN 1000 * extract(epoch FROM clock_timestamp() - began); END $$;
            SELECT pg_temp.timed($q$%s$q$, left(name, -2), postcode) FROM (SELECT * FROM gold
             WHERE length(name) > 6 AND postcode IS NOT NULL ORDER BY md5(true_id) LIMIT %d) AS x"""
        ours = """SELECT find_similar(jsonb_build_object('employer', jsonb_build_object('name', $1),
                    'site', jsonb_build_object('postcode', $2)))"""
        rival = """SELECT id FROM employer WHERE name_key % normal_name($1)
                    ORDER BY similarity(name_key, normal_name($1)) DESC LIMIT 10"""
        return [statistics.median([float(x) for x in self.run(
            "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.cluster, "-U", "postgres", "-d", "canvass",
            input=timed % (ids, q, n)).split()]) for q in (ours, rival)]

    def speed(self, rows, title):
        self.load(rows)
        print(f"{title}: FindSimilar p50 %.1f ms, plain trigrams %.1f ms" % tuple(self.find()), flush=True)

    def stop(self):
        self.run(f"{ROOT}/tests/support/pg", "stop", self.cluster)


def main():
    wanted = sys.argv[1:] or ["quality", "speed"]
    if not os.path.isdir(os.path.join(DATA, "employers")):
        print("dups: CANVASS_DATA does not name the folder with the public lists; passed over")
        return
    with tempfile.TemporaryDirectory(prefix="canvass-dups-") as folder:
        bench = Bench(folder)
        try:
            if "quality" in wanted:
                bench.quality()
            if "speed" in wanted:
                bench.speed(premises(), "45,229 employers")
                n, _, seconds = bench.ours()
                print(f"sweep of 45,229 employers: {seconds:.1f} s, {n} pairs", flush=True)
            if "fit" in wanted:
                bench.fit()
            if "million" in wanted:
                bench.speed(million(), "1,000,000 employers")
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
