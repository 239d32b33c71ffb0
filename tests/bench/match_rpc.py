"""MatchClient over TLS beside a call that does nothing, one after the other on one connection.

    tests/bench/match_rpc.py [CALLS]

Two thousand calls of each, in turn, to one daemon that holds 10,000 openings: what a match costs its
caller beyond the way there and back. GetClient, one row by its key, stands between them: it pays for
the way to PostgreSQL, as a match does twice. Run by tests/bench/run; BUILD names the build folder.
"""

import os
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
os.environ.setdefault("BUILD", os.path.join(ROOT, "build", "release"))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

import canvass_test  # noqa: E402  pylint: disable=wrong-import-position

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
OPENINGS = 10_000
CLIENTS = 20


def fill(openings, employers=4000):
    """SQL for openings of employers in London. It writes no change rows: that is not what is measured."""
    return f"""
SET search_path = canvass;
SELECT setseed(0.5);
INSERT INTO occupation (code, title, words) SELECT g::text, 'Group ' || g, 'group ' || g
  FROM (VALUES (9), (91), (911), (912), (913)) AS groups (g)
 UNION SELECT g::text, 'Job ' || g, 'job ' || g FROM generate_series(9111, 9139) g
    ON CONFLICT DO NOTHING;
INSERT INTO employer (id, name, created_by_name, updated_by_name)
SELECT uuid_v7(), 'Employer ' || i, 'x', 'x' FROM generate_series(1, {employers}) i;
INSERT INTO site (employer_id, easting, northing, updated_by_name)
SELECT id, 515000 + (random() * 30000)::int, 168000 + (random() * 25000)::int, 'x' FROM employer;
SET session_replication_role = replica;
INSERT INTO opening (borough_id, employer_id, site_id, title, soc, network, hours_min_tenths,
                     hours_max_tenths, pay_pence_hour, shifts, driving, features, trial,
                     created_by_name, updated_by_name)
SELECT 'E0900000' || 1 + i % 9, s.employer_id, s.id, 'Job ' || i, (9111 + i % 29)::text, i % 5 > 0,
       160 + 20 * (i % 12), 160 + 20 * (i % 12), 1271 + i % 400,
       jsonb_build_array(jsonb_build_object('weekday', (ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday'])[1 + i % 5], 'start_minute', 480 + 30 * (i % 10),
                                            'end_minute', 720 + 30 * (i % 20))),
       CASE WHEN i % 8 = 0 THEN 'g1' ELSE 'none' END::driving,
       CASE WHEN i % 4 = 0 THEN '{{cash_handling,nights}}' ELSE '{{}}' END::job_feature[],
       CASE WHEN i % 3 = 0 THEN 'paid' END::trial_kind, 'x', 'x'
  FROM generate_series(1, {openings}) i
  JOIN (SELECT *, row_number() OVER () AS n FROM site) s ON s.n = 1 + i % {employers};
ANALYZE;
"""


def span(day, start, end):
    return {"weekday": f"WEEKDAY_{day}", "start_minute": start * 60, "end_minute": end * 60}


def make_clients(canvass, token):
    made = []
    for i in range(CLIENTS):
        client = canvass.rpc("ClientService/CreateClient", {"client": {
            "ref": f"BM-{i:03}", "age_band": "AGE_BAND_21_AND_OVER"}}, token=token).client
        canvass.rpc("ClientService/SetWishes", {"client_id": client.id, "wishes": {
            "occupations": [{"soc": str(911 + i % 3), "weight": 4}], "hours_tenths": 200,
            "pay_pence_hour": 1400}}, token=token)
        canvass.rpc("ClientService/SetConstraints", {"client_id": client.id, "constraints": {
            "available": [span(day, 8 + i % 3, 18) for day in
                             ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")]}}, token=token)
        made.append(client.id)
    return made


def prepare(canvass, method, clients, token):
    """A call for each client, of bytes that are packed already."""
    path = method if method.startswith("/") else f"/{canvass_test.PACKAGE}{method}"
    call = canvass.channel.unary_unary(path)
    metadata = canvass_test.bearer(token)
    field = {True: b"", False: b"\x0a\x24"}[method.startswith("/")]  # client_id, 36 bytes

    def bind(client):
        body = field + (client if isinstance(client, bytes) else client.encode())
        return lambda: call(body, timeout=10, metadata=metadata)

    return [bind(client) for client in clients]


def timed(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def quantile(seconds, share):
    return sorted(seconds)[int(len(seconds) * share)] * 1e6


def main():
    canvass = canvass_test.Canvass(start=False, max_calls=0, log_calls="false")
    canvass.psql(fill(OPENINGS))
    canvass.start_daemon()
    token = canvass.person()
    clients = make_clients(canvass, token)
    print(canvass.rpc("MatchService/MatchClient", {"client_id": clients[0]}, token=token).considered,
          "openings considered")
    kinds = {
        "nothing (Health.Check)": prepare(canvass, "/grpc.health.v1.Health/Check", [b""], token),
        "one row (GetClient)": prepare(canvass, "ClientService/GetClient", clients, token),
        "a match (MatchClient)": prepare(canvass, "MatchService/MatchClient", clients, token),
    }
    taken = {name: [] for name in kinds}
    for i in range(CALLS):
        for name, calls in kinds.items():
            taken[name].append(timed(calls[i % len(calls)]))
    nothing = quantile(taken["nothing (Health.Check)"], 0.5)
    for name, seconds in taken.items():
        p50 = quantile(seconds, 0.5)
        print(f"{name:28} p50 {p50:8.0f} us  p99 {quantile(seconds, 0.99):8.0f} us"
              f"  beyond nothing {p50 - nothing:8.0f} us")
    canvass.stop()


if __name__ == "__main__":
    main()
