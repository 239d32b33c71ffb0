"""How long a worker takes to hold a catalogue, beside COPY of the same rows; and how late it is then.

    tests/bench/follow.py [OPENINGS] [EMPLOYERS]

A follower, as a worker has it, starts on a database of a million openings and is in step: five times.
Beside it, in turn, psql takes the rows with COPY in binary and throws them away: the fastest way out
of PostgreSQL, to which nothing comes that reads, joins or keeps them. Then somebody writes for ten
seconds, and a follower that nobody waits for is looked at every millisecond: how long after its
commit is a change in the catalogue. Run by tests/bench/run; BUILD names the build folder.
"""

import subprocess
import sys
import threading
import time

import match_rpc
from match_rpc import canvass_test
from test_follower import Follower

OPENINGS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
EMPLOYERS = int(sys.argv[2]) if len(sys.argv) > 2 else 45_000
TURNS = 5
WRITE_SECONDS = 10


def load(canvass):
    begin = time.perf_counter()
    follower = Follower(canvass)
    if follower.ask("sync") != "in step":
        raise RuntimeError("the follower did not load")
    seconds = time.perf_counter() - begin
    follower.stop()
    return seconds


def copy(canvass):
    begin = time.perf_counter()
    subprocess.run(["psql", "-qX", canvass.conninfo(), "-c",
                    "\\copy (SELECT * FROM canvass.catalogue_job) TO /dev/null (FORMAT binary)"],
                   check=True)
    return time.perf_counter() - begin


def late(canvass):
    """Seconds from each commit until a follower that is only looked at has the change."""
    opening, asker = canvass.psql(
        "SELECT id || ' ' || canvass.borough_audience('E09000022') FROM canvass.opening WHERE network LIMIT 1").split()
    follower = Follower(canvass)
    follower.ask("sync")
    committed, delays, is_over = {}, [], threading.Event()

    def write():
        with subprocess.Popen(["psql", "-qXAt", "-h", canvass.cluster, "-U", "postgres", "canvass"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as psql:
            end, pay = time.monotonic() + WRITE_SECONDS, 2000
            while time.monotonic() < end:
                pay += 1
                psql.stdin.write(f"UPDATE canvass.opening SET pay_pence_hour = {pay} WHERE id = '{opening}'"
                                 " RETURNING pay_pence_hour;\n")
                psql.stdin.flush()
                psql.stdout.readline()
                committed[pay] = time.monotonic()
                time.sleep(0.0137)
            psql.stdin.close()
        is_over.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = 2000
    while not is_over.is_set():
        follower.ask("turn")
        said = follower.ask(f"{asker} {opening}").split()
        now, pay = time.monotonic(), int(said[3])
        for value in range(seen + 1, pay + 1):
            delays.append(now - committed.get(value, now))
        seen = max(seen, pay)
    writer.join()
    follower.stop()
    return sorted(delays)


def main():
    canvass = canvass_test.Canvass(start=False)
    canvass.psql(match_rpc.fill(OPENINGS, EMPLOYERS))
    loads, copies = [], []
    for _ in range(TURNS):
        loads.append(load(canvass))
        copies.append(copy(canvass))
    middle, copied = sorted(loads)[TURNS // 2], sorted(copies)[TURNS // 2]
    print(f"{OPENINGS} openings held after {middle:.2f} s ({min(loads):.2f} to {max(loads):.2f});"
          f" COPY of their rows to nowhere {copied:.2f} s: {middle / copied:.2f} times")
    delays = late(canvass)
    print(f"{len(delays)} changes, seen after p50 {delays[len(delays) // 2] * 1e3:.0f} ms,"
          f" p99 {delays[int(len(delays) * 0.99)] * 1e3:.0f} ms, at most {delays[-1] * 1e3:.0f} ms")
    canvass.stop()


if __name__ == "__main__":
    main()
