"""How soon a change reaches a thousand watchers at two daemons, beside LISTEN and NOTIFY.

    tests/bench/watch.py [CHANGES]

A thousand people of 24 teams in six boroughs watch, half of them at each of two daemons on one
database. A hundred changes each are written, one after the other: of an employer, which all of them
see, and of a relationship, which one borough sees. Then a thousand connections LISTEN, as one would
do instead, and the same employer is changed with a NOTIFY in its transaction: that tells that
something changed, to everybody, and gives neither the row nor a way to go on after a lost
connection. Times are from before the writer sends its statement until the watcher's program has the
message. Run by tests/bench/run; BUILD names the build folder.
"""

import asyncio
import ctypes
import json
import os
import random
import re
import select
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
os.environ.setdefault("BUILD", os.path.join(ROOT, "build", "release"))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

import canvass_test  # noqa: E402  pylint: disable=wrong-import-position
import grpc  # noqa: E402  pylint: disable=wrong-import-position
from test_watch import Twin  # noqa: E402  pylint: disable=wrong-import-position

WATCHERS = 1000
PEOPLE = 24
BOROUGHS = 6
STREAMS = 90  # on one connection, which may have 100
PAUSE = 0.25
MARKER = re.compile(rb"to (m[a-z]\d+)")


# ---- those who watch, in a process of their own: python3 watch.py --watch, and its work as a line ----

async def watch(call, token, arrived, ready):
    stream = call(b"", metadata=[("authorization", f"Bearer {token}")], timeout=900)
    first = True
    async for data in stream:
        found = MARKER.search(data)
        if found:
            arrived.append((found[1].decode(), time.monotonic()))
        if first:
            ready.append(token)
        first = False


async def watch_all(config):
    with open(config["certificate"], "rb") as f:
        credentials = grpc.ssl_channel_credentials(f.read())
    arrived, ready, tasks = [], [], []
    for at in range(0, len(config["tokens"]), STREAMS):
        channel = grpc.aio.secure_channel(f"localhost:{config['port']}", credentials,
                                          [("grpc.use_local_subchannel_pool", 1)])
        call = channel.unary_stream("/canvass.v1.WatchService/Watch",
                                    request_serializer=None, response_deserializer=None)
        tasks += [asyncio.create_task(watch(call, token, arrived, ready))
                  for token in config["tokens"][at:at + STREAMS]]
    while len(ready) < len(tasks):
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(json.dumps(arrived), flush=True)
    os._exit(0)  # a thousand streams take long to cancel


# ---- those who LISTEN: python3 watch.py --listen CONNINFO ----

class Notify(ctypes.Structure):
    _fields_ = [("relname", ctypes.c_char_p), ("be_pid", ctypes.c_int), ("extra", ctypes.c_char_p)]


def listen_all(conninfo):
    pq = ctypes.CDLL("libpq.so.5")
    pq.PQconnectdb.restype = pq.PQexec.restype = ctypes.c_void_p
    pq.PQnotifies.restype = ctypes.POINTER(Notify)
    for name in ("PQexec", "PQsocket", "PQconsumeInput", "PQnotifies", "PQclear", "PQstatus", "PQfreemem"):
        getattr(pq, name).argtypes = [ctypes.c_void_p] + [ctypes.c_char_p] * (name == "PQexec")
    poll, connections, arrived = select.poll(), {}, []
    for _ in range(WATCHERS):
        connection = pq.PQconnectdb(conninfo.encode())
        if pq.PQstatus(connection) != 0:
            raise RuntimeError("a connection was refused")
        pq.PQclear(pq.PQexec(connection, b"LISTEN changed"))
        connections[pq.PQsocket(connection)] = connection
        poll.register(pq.PQsocket(connection), select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd == sys.stdin.fileno():
                print(json.dumps(arrived), flush=True)
                return
            pq.PQconsumeInput(connections[fd])
            while note := pq.PQnotifies(connections[fd]):
                arrived.append((note.contents.extra.decode(), time.monotonic()))
                pq.PQfreemem(note)


# ---- the run ----

class Writer:
    """One psql that is told a transaction at a time."""

    def __init__(self, canvass):
        self.psql = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-h", canvass.cluster, "-U", "postgres", "-d", "canvass"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def write(self, sql):
        """When it was sent."""
        began = time.monotonic()
        self.psql.stdin.write(f"{sql}\n\\echo done\n")
        self.psql.stdin.flush()
        while self.psql.stdout.readline() != "done\n":
            pass
        return began


def start(*args):
    return subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), *args], text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def wait_ready(processes):
    for process in processes:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the watchers did not come to stand")


def arrivals(processes):
    found = []
    for process in processes:
        out, _ = process.communicate("end\n", timeout=120)
        found += json.loads(out)
    return found


def people(canvass):
    """Tokens of a thousand people; team by team, borough by borough."""
    tokens = [canvass_test.new_token() for _ in range(WATCHERS)]
    rows = ",".join(f"({i}, '{canvass_test.token_hash(token)}')" for i, token in enumerate(tokens))
    canvass.psql(f"""SELECT count(canvass.bootstrap('E0900000' || 1 + i % {BOROUGHS}, 'Team ' || i % {PEOPLE}, 'Person ' || i,
        'watcher' || i || '@canvass.example', CASE WHEN i % 8 = 0 THEN '{{specialist,lead}}' ELSE '{{specialist}}' END::canvass.role[],
        decode(h, 'hex'), 'bench')) FROM (VALUES {rows}) AS p (i, h)""")
    return tokens


def report(title, sent, arrived, expected):
    times = sorted((at - sent[marker]) * 1000 for marker, at in arrived if marker in sent)
    if len(times) != expected:
        raise RuntimeError(f"{title}: {len(times)} messages instead of {expected}")
    def at(share):
        return times[min(len(times) - 1, int(len(times) * share))]
    print(f"{title:58} {at(0.5):8.1f} {at(0.99):8.1f} {times[-1]:8.1f} {len(times):8d}", flush=True)


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    canvass = canvass_test.Canvass(start=False)
    canvass.psql("ALTER SYSTEM SET max_connections = 1100")
    canvass_test.run(canvass_test.support("pg"), "stop", canvass.cluster)
    canvass.start_postgres()
    canvass.start_daemon(log_calls="no")
    twin = Twin(canvass, log_calls="no")
    tokens = people(canvass)
    employer = canvass.psql("INSERT INTO canvass.employer (name, created_by_name, updated_by_name)"
                            " VALUES ('Hilltop Tool Hire', 'x', 'x') RETURNING id")
    canvass.psql("INSERT INTO canvass.relationship (employer_id, borough_id, updated_by_name)"
                 f" SELECT '{employer}', 'E0900000' || b, 'x' FROM generate_series(1, {BOROUGHS}) b")
    writer, chance = Writer(canvass), random.Random(1)

    def changes(kind, sql):
        sent = {}
        for i in range(n):
            marker = f"{kind}{i}"
            sent[marker] = writer.write(sql(marker, i))
            time.sleep(PAUSE * chance.uniform(0.6, 1.4))
        time.sleep(2)
        return sent

    watchers = [start("--watch") for _ in range(2)]
    for half, (process, daemon) in enumerate(zip(watchers, (canvass, twin))):
        process.stdin.write(json.dumps({"port": daemon.port, "certificate": canvass.certificate,
                                        "tokens": tokens[half::2]}) + "\n")
        process.stdin.flush()
    wait_ready(watchers)
    time.sleep(2)
    of_all = changes("ma", lambda m, i: f"UPDATE canvass.employer SET about = '{m}' WHERE id = '{employer}';")
    of_borough = changes("mb", lambda m, i: f"UPDATE canvass.relationship SET next_step = '{m}' WHERE employer_id = "
                                            f"'{employer}' AND borough_id = 'E0900000{1 + i % BOROUGHS}';")
    told = arrivals(watchers)
    twin.stop_daemon()
    canvass.stop_daemon()
    listeners = [start("--listen", f"host={canvass.cluster} dbname=canvass user=postgres")]
    wait_ready(listeners)
    of_notify = changes("mc", lambda m, i: f"BEGIN; UPDATE canvass.employer SET about = '{m}' WHERE id = '{employer}';"
                                           f" NOTIFY changed, '{m}'; COMMIT;")
    noted = arrivals(listeners)
    per_borough = [len([j for j in range(WATCHERS) if j % BOROUGHS == b]) for b in range(BOROUGHS)]
    print(f"{WATCHERS} watchers, milliseconds from the write to the message {'p50':>2} {'p99':>8} {'most':>8} {'messages':>8}")
    report("Watch, two daemons: a change that all of them see", of_all, told, n * WATCHERS)
    report("Watch, two daemons: a change that one borough sees", of_borough, told,
           sum(per_borough[i % BOROUGHS] for i in range(n)))
    report("LISTEN/NOTIFY, no row and no rights: all of them", of_notify, noted, n * WATCHERS)
    writer.psql.stdin.close()
    writer.psql.wait()
    canvass.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        asyncio.run(watch_all(json.loads(sys.stdin.readline())))
    elif sys.argv[1:2] == ["--listen"]:
        listen_all(sys.argv[2])
    else:
        main()
