"""The matcher beside SQL: the same openings, clients and answers, in one run, as a table of ratios.

    tests/bench/match_sql.py LISTS OPENINGS [CLIENTS]

LISTS is the folder that match_engine reads. match_export writes the openings as a table and, for
each client, the limits and the score as expressions, with the matcher's answer and time. PostgreSQL,
SQLite and, where CANVASS_DUCKDB names libduckdb.so, DuckDB answer the same in two statements: how
many openings fail which limits, in one pass; and the best that pass all, from which the caps of
breadth choose twenty. Every answer is compared. Statements are prepared where the database can.
"""

import csv
import ctypes
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
EXPORT = os.path.join(ROOT, "build", "release", "tests", "match_export")
COLUMNS = ("id employer hidden places closes_on starts_on hours_min hours_max pay_best pay_least"
           " easting northing soc sic driving check_level exposures fixed night trial stance"
           " relation_level settings permanent s0 s1 s2 s3 s4 s5").split()
WIDE = {"easting", "northing", "s0", "s1", "s2", "s3", "s4", "s5"}
BEST, PER_EMPLOYER, PER_GROUP = 20, 2, 5
FIRST_PAGE = 200  # rows of the best; all of them where the caps need more


def table(uuid, wide, narrow):
    return ", ".join(
        f"{c} {uuid if c in ('id', 'employer') else wide if c in WIDE else narrow}"
        for c in COLUMNS)


class Sqlite:
    name, words = "SQLite", {"G": "max", "L": "min", "D": "/"}

    def __init__(self, folder):
        self.db = sqlite3.connect(":memory:")
        self.db.execute(f"CREATE TABLE opening ({table('TEXT', 'INTEGER', 'INTEGER')})")
        with open(f"{folder}/openings.csv", encoding="ascii", newline="") as f:
            self.db.executemany(
                f"INSERT INTO opening VALUES ({','.join('?' * len(COLUMNS))})", csv.reader(f))
        self.db.execute("CREATE INDEX opening_soc ON opening (soc, easting, northing)")
        self.db.execute("ANALYZE")

    def prepare(self, sql):
        return sql

    def rows(self, statement):
        return self.db.execute(statement).fetchall()


class Postgres:
    """Through libpq, so that only the statement's own time counts."""

    name, words = "PostgreSQL", {"G": "greatest", "L": "least", "D": "/"}

    def __init__(self, folder):
        self.cluster = os.path.join(folder, "pg")
        subprocess.run([f"{ROOT}/tests/support/pg", "start", self.cluster], check=True,
                       stdout=subprocess.DEVNULL)
        pq = self.pq = ctypes.CDLL("libpq.so.5")
        for name in ("PQconnectdb", "PQexec", "PQexecPrepared", "PQprepare"):
            getattr(pq, name).restype = ctypes.c_void_p
        for name in ("PQgetvalue", "PQresultErrorMessage"):
            getattr(pq, name).restype = ctypes.c_char_p
        self.conn = ctypes.c_void_p(pq.PQconnectdb(
            f"host={self.cluster} user=postgres dbname=postgres".encode()))
        self.count = 0
        self.run(f"CREATE TABLE opening ({table('uuid', 'bigint', 'integer')})")
        subprocess.run(["psql", "-qX", "-h", self.cluster, "-U", "postgres", "-c",
                        f"\\copy opening FROM '{folder}/openings.csv' CSV"], check=True)
        self.run("CREATE INDEX ON opening (soc, easting, northing)")
        self.run("VACUUM ANALYZE opening")
        self.run("SET max_parallel_workers_per_gather = 0")
        self.run("SET jit = off")

    def check(self, result):
        result = ctypes.c_void_p(result)
        if self.pq.PQresultStatus(result) not in (1, 2):
            raise RuntimeError(self.pq.PQresultErrorMessage(result).decode())
        return result

    def run(self, sql):
        self.pq.PQclear(self.check(self.pq.PQexec(self.conn, sql.encode())))

    def prepare(self, sql):
        self.count += 1
        name = f"s{self.count}".encode()
        self.pq.PQclear(self.check(self.pq.PQprepare(self.conn, name, sql.encode(), 0, None)))
        return name

    def rows(self, statement):
        pq = self.pq
        result = self.check(pq.PQexecPrepared(self.conn, statement, 0, None, None, None, 0))
        n, width = pq.PQntuples(result), pq.PQnfields(result)
        found = [tuple(pq.PQgetvalue(result, i, k).decode() for k in range(width))
                 for i in range(n)]
        pq.PQclear(result)
        return found

    def stop(self):
        subprocess.run([f"{ROOT}/tests/support/pg", "stop", self.cluster], check=True,
                       stdout=subprocess.DEVNULL)


class DuckdbResult(ctypes.Structure):
    _fields_ = [("a", ctypes.c_uint64 * 4), ("b", ctypes.c_void_p * 2)]


class Duckdb:
    name, words = "DuckDB", {"G": "greatest", "L": "least", "D": "//"}

    def __init__(self, folder):
        self.lib = ctypes.CDLL(os.environ["CANVASS_DUCKDB"])
        self.lib.duckdb_value_varchar.restype = ctypes.c_void_p
        for name in ("duckdb_row_count", "duckdb_column_count"):
            getattr(self.lib, name).restype = ctypes.c_uint64
        self.lib.duckdb_result_error.restype = ctypes.c_char_p
        db = ctypes.c_void_p()
        self.conn = ctypes.c_void_p()
        self.lib.duckdb_open(None, ctypes.byref(db))
        self.lib.duckdb_connect(db, ctypes.byref(self.conn))
        self.rows("SET threads = 1")
        self.rows(f"CREATE TABLE opening ({table('VARCHAR', 'BIGINT', 'INTEGER')})")
        self.rows(f"COPY opening FROM '{folder}/openings.csv' (HEADER false)")

    def prepare(self, sql):
        return sql

    def rows(self, statement):
        result = DuckdbResult()
        if self.lib.duckdb_query(self.conn, statement.encode(), ctypes.byref(result)) != 0:
            raise RuntimeError(self.lib.duckdb_result_error(ctypes.byref(result)).decode())
        n = self.lib.duckdb_row_count(ctypes.byref(result))
        width = self.lib.duckdb_column_count(ctypes.byref(result))
        found = []
        for i in range(n):
            row = []
            for k in range(width):
                value = self.lib.duckdb_value_varchar(ctypes.byref(result), ctypes.c_uint64(k),
                                                      ctypes.c_uint64(i))
                row.append(ctypes.string_at(value).decode())
                self.lib.duckdb_free(ctypes.c_void_p(value))
            found.append(tuple(row))
        self.lib.duckdb_destroy_result(ctypes.byref(result))
        return found


class Client:
    def __init__(self, line):
        cells = line.rstrip("\n").split("\t")
        self.mask, self.score = cells[0], cells[1]
        self.usec, self.results_usec = int(cells[2]) / 1000, int(cells[3]) / 1000
        self.n_openings = int(cells[4])
        self.counts = [tuple(map(int, cell.split())) for cell in cells[5:16]]
        self.hits = [(cell.split()[0], int(cell.split()[1])) for cell in cells[16:]]


def counts_of(rows, n_limits):
    """alone, funnel and sole of each limit, from how many rows fail exactly which."""
    counts = [[0, 0, 0] for _ in range(n_limits)]
    for mask, n in ((int(m), int(n)) for m, n in rows):
        failed = [i for i in range(n_limits) if mask >> i & 1]
        for place, i in enumerate(failed):
            counts[i][0] += n
            counts[i][1] += n if place == 0 else 0
            counts[i][2] += n if len(failed) == 1 else 0
    return [tuple(c) for c in counts]


def choose(rows):
    """The best under the caps of breadth, greedily, as the matcher does."""
    chosen, employers, groups = [], {}, {}
    for opening, employer, group, score in rows:
        if employers.get(employer, 0) < PER_EMPLOYER and groups.get(group, 0) < PER_GROUP:
            employers[employer] = employers.get(employer, 0) + 1
            groups[group] = groups.get(group, 0) + 1
            chosen.append((opening, int(score)))
            if len(chosen) == BEST:
                break
    return chosen


def fill(text, words):
    for letter, word in words.items():
        text = text.replace("{" + letter + "}", word)
    return text


def timed(call):
    begin = time.perf_counter()
    result = call()
    return result, (time.perf_counter() - begin) * 1e6


def compare(rival, client):
    """The rival's times for the counts and for the best, after its answers were compared."""
    mask, score = fill(client.mask, rival.words), fill(client.score, rival.words)
    limits = " AND ".join(f"NOT ({c})" for c in conditions(mask))
    best = ("SELECT id, employer, soc {D} 10, " + score + " AS score FROM opening WHERE " + limits
            + " ORDER BY 4 DESC, 1")
    best = fill(best, rival.words)
    ask_counts = rival.prepare(f"SELECT {mask} AS mask, count(*) FROM opening GROUP BY 1")
    ask_best = rival.prepare(f"{best} LIMIT {FIRST_PAGE}")
    rival.rows(ask_counts)
    rows, counts_usec = timed(lambda: rival.rows(ask_counts))
    assert counts_of(rows, len(client.counts)) == client.counts, f"{rival.name} counts otherwise"
    rows, best_usec = timed(lambda: rival.rows(ask_best))
    chosen = choose(rows)
    if len(chosen) < BEST and len(rows) == FIRST_PAGE:
        rows, usec = timed(lambda: rival.rows(rival.prepare(best)))
        chosen, best_usec = choose(rows), best_usec + usec
    assert chosen == client.hits, f"{rival.name} finds others"
    return counts_usec, best_usec


def conditions(mask):
    """What stands between CASE WHEN and THEN of each limit."""
    return [part.split(" THEN ")[0] for part in mask.split("CASE WHEN ")[1:]]


def quantiles(values):
    ordered = sorted(values)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)]


def main():
    lists, n_openings = sys.argv[1], sys.argv[2]
    n_clients = sys.argv[3] if len(sys.argv) > 3 else "100"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        subprocess.run([EXPORT, lists, n_openings, n_clients, folder], check=True)
        with open(f"{folder}/clients.tsv", encoding="ascii") as f:
            clients = [Client(line) for line in f]
        p50, p99 = quantiles([c.usec for c in clients])
        results = quantiles([c.results_usec for c in clients])
        print(f"{n_openings} openings, {len(clients)} clients, every answer compared")
        print(f"  {'canvass, best 20 with counts':34} p50 {p50:10.1f} us  p99 {p99:10.1f} us")
        print(f"  {'canvass, best 20 alone':34} p50 {results[0]:10.1f} us  p99 {results[1]:10.1f} us")
        for kind in (Postgres, Sqlite) + ((Duckdb,) if "CANVASS_DUCKDB" in os.environ else ()):
            rival = kind(folder)
            times = [compare(rival, client) for client in clients]
            for what, values in (("counts", [t[0] for t in times]), ("best", [t[1] for t in times]),
                                 ("both", [sum(t) for t in times])):
                middle, late = quantiles(values)
                ours = results if what == "best" else (p50, p99)
                print(f"  {rival.name + ', ' + what:34} p50 {middle:10.1f} us  p99 {late:10.1f} us"
                      f"  {middle / ours[0]:7.1f} times at p50, {late / ours[1]:.1f} at p99")
            if isinstance(rival, Postgres):
                rival.stop()


if __name__ == "__main__":
    main()
