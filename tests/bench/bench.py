"""The benchmark table: canvass beside pgbench, psql and \\copy on the same rows and machine.

Run by tests/bench/run. Everything happens in a folder of its own and on loopback; every load ends
by itself. Each figure of ours stands beside one of the rival's from the same run, as a ratio.
"""

import base64
import contextlib
import gzip
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(ROOT, "build", "release")
DATA = os.environ["CANVASS_DATA"]
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 8

ROWS_REFUSED = 13  # client/exit_code.h: a few rows of the list have postcodes that nobody knows
ROWS = []


def row(what, ours, rival, ratio, target):
    ROWS.append((what, ours, rival, ratio, target))
    print(f"  {what}: {ours} | {rival} | {ratio}", file=sys.stderr)


def run(*args, **kwargs):
    return subprocess.run(args, check=True, text=True, capture_output=True, **kwargs).stdout


def status_kib(pid, key):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(rf"^{key}:\s+(\d+)", f.read(), re.M)[1])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, folder):
        self.folder = folder
        os.chmod(folder, 0o755)
        self.cluster = os.path.join(folder, "pg")
        self.env = dict(os.environ, CANVASS_NO_INPUT="1")
        run(f"{ROOT}/tests/support/pg", "start", "--durable", self.cluster)
        run(f"{ROOT}/tests/support/database", self.cluster)
        self.sql("ALTER SYSTEM SET shared_buffers = '256MB'", database="postgres")
        self.sql("ALTER SYSTEM SET max_wal_size = '2GB'", database="postgres")
        run(f"{ROOT}/tests/support/pg", "restart", self.cluster)
        self.token = "cvt_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        digest = hashlib.sha256(self.token.encode()).hexdigest()
        self.sql("SELECT canvass.bootstrap('E09000022', 'Bench', 'Bench', 'bench@canvass.example',"
                 " '{specialist,lead,administrator}'::canvass.role[],"
                 f" decode('{digest}', 'hex'), 'bench')")
        self.daemon = None
        self.port = None

    def psql(self, *args, database="canvass", stdin=None):
        return run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.cluster,
                   "-U", "postgres", "-d", database, *args, input=stdin)

    def sql(self, text, database="canvass"):
        return self.psql("-c", text, database=database).strip()

    def start_daemon(self):
        crt, key = (os.path.join(self.folder, n) for n in ("server.crt", "server.key"))
        if not os.path.exists(crt):
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", key, "-out", crt)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        config = os.path.join(self.folder, "canvassd.ini")
        with open(config, "w") as f:
            f.write(f"listen = 127.0.0.1:{self.port}\ntls_certificate = {crt}\ntls_key = {key}\n"
                    f"database = host={self.cluster} dbname=canvass user=canvass_app\n"
                    "max_calls = 0\n")  # one caller asks as often as it can
        began = time.monotonic()
        self.daemon = subprocess.Popen([f"{BUILD}/daemon/canvassd", "--config", config],
                                       stderr=open(os.path.join(self.folder, "log"), "a"))
        self.env.update(CANVASS_SERVER=f"127.0.0.1:{self.port}", CANVASS_CA=crt,
                        CANVASS_TOKEN=self.token)
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
                break
            if self.daemon.poll() is not None or time.monotonic() - began > 20:
                raise SystemExit("canvassd did not start: see " + self.folder)
            time.sleep(0.005)
        self.canvass("whoami")
        return time.monotonic() - began

    def canvass(self, *args):
        done = subprocess.run([f"{BUILD}/client/canvass", *args], env=self.env, text=True,
                              capture_output=True, check=False)
        if done.returncode not in (0, ROWS_REFUSED):
            raise SystemExit(f"canvass {' '.join(args)}: {done.stderr}")
        return done.stdout

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(30)
        run(f"{ROOT}/tests/support/pg", "stop", self.cluster)


def unpack(name, folder):
    path = os.path.join(folder, os.path.basename(name)[:-3])
    with gzip.open(os.path.join(DATA, name)) as source, open(path, "wb") as target:
        shutil.copyfileobj(source, target)
    return path


# The registry's indexes on employer, site and employer_ref, for one bare table of the same rows: ids,
# names in order, names and addresses by trigram, postcodes, references.
BARE_INDEXES = """
    ALTER TABLE bare ADD id uuid NOT NULL DEFAULT gen_random_uuid(),
                     ADD site_id uuid NOT NULL DEFAULT gen_random_uuid();
    ALTER TABLE bare ADD PRIMARY KEY (id);
    CREATE UNIQUE INDEX ON bare (id, site_id);
    CREATE UNIQUE INDEX ON bare (site_id);
    CREATE UNIQUE INDEX ON bare (la_name, fhrsid);
    CREATE INDEX ON bare (lower(name) COLLATE canvass.natural_order, id);
    CREATE INDEX ON bare USING gin (lower(name || coalesce(' ' || addr1, '') || coalesce(' ' || addr2, '')
        || coalesce(' ' || addr3, '') || coalesce(' ' || addr4, '') || ' ' || la_name || ' '
        || postcode) canvass.gin_trgm_ops);
    CREATE INDEX ON bare (postcode);
"""


def bench_import(bench):
    bench.canvass("import", "postcodes", unpack("geo/london_postcodes.csv.gz", bench.folder))
    csv = unpack("employers/fhrs_london_2020.csv.gz", bench.folder)
    with open(csv) as f:
        names = f.readline().strip().split(",")
    n = sum(1 for _ in open(csv)) - 1
    bench.sql("CREATE TABLE bare (" + ", ".join(f"{c} text" for c in names) + ");" + BARE_INDEXES)
    began = time.monotonic()
    bench.psql("-c", f"\\copy bare ({', '.join(names)}) FROM '{csv}' CSV HEADER")
    bare = time.monotonic() - began

    began = time.monotonic()
    bench.canvass("import", "employers", csv, "--source", "fhrs")
    ours = time.monotonic() - began
    peak = status_kib(bench.daemon.pid, "VmHWM")
    began = time.monotonic()
    bench.canvass("import", "employers", csv, "--source", "fhrs")
    again = time.monotonic() - began
    row(f"import {n:,} rows", f"{ours:.2f} s ({n / ours:,.0f} rows/s)",
        f"bare \\copy, same indexes {bare:.2f} s", f"{ours / bare:.2f}x the time", "at most 3x")
    row("the same list again", f"{again:.2f} s ({n / again:,.0f} rows/s)", "-", "-", "-")
    row("daemon's memory after both", f"{peak / 1024:.1f} MiB at most", "-", "-", "under 64 MiB")

    # The rival that does the same work: stage by \copy, then the same checks in SQL, by psql.
    bench.sql("DROP DATABASE IF EXISTS twin", database="postgres")
    bench.sql("CREATE DATABASE twin", database="postgres")
    dump = os.path.join(bench.folder, "twin.dump")
    run("pg_dump", "-h", bench.cluster, "-U", "postgres", "-Fc", "-d", "canvass", "-f", dump,
        "--exclude-table-data=canvass.employer", "--exclude-table-data=canvass.site",
        "--exclude-table-data=canvass.employer_ref", "--exclude-table=public.bare")
    run("pg_restore", "-h", bench.cluster, "-U", "postgres", "-d", "twin", dump)
    bench.psql("-c", "CREATE TABLE stage (" + ", ".join(f"{c} text" for c in names)
               + ", line serial)", database="twin")
    digest = hashlib.sha256(bench.token.encode()).hexdigest()
    script = f"""
        \\copy stage ({','.join(names)}) FROM '{csv}' CSV HEADER
        SET ROLE canvass_app;
        SET search_path = canvass, public;
        DO $$ BEGIN FOR page IN 0..{n // 1000} LOOP
            PERFORM canvass.enter(decode('{digest}', 'hex'), '{{administrator}}', 'psql');
            PERFORM canvass.import_employers((SELECT jsonb_build_object('source', 'fhrs', 'rows',
                jsonb_agg(jsonb_build_object('line', line, 'ref', fhrsid, 'name', name,
                    'address', array_remove(ARRAY[nullif(addr1, ''), nullif(addr2, ''),
                    nullif(addr3, ''), nullif(addr4, '')], NULL), 'postcode', postcode)))
                FROM public.stage WHERE line BETWEEN page * 1000 + 1 AND page * 1000 + 1000));
            COMMIT;
        END LOOP; END $$;
    """
    bench.psql("-c", "GRANT SELECT ON stage TO canvass_app", database="twin")
    began = time.monotonic()
    bench.psql(database="twin", stdin=script)
    checks = time.monotonic() - began
    row("beside \\copy and the same checks in SQL", f"{ours:.2f} s", f"{checks:.2f} s",
        f"{ours / checks:.2f}x the time", "-")


def field(number, data):
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def h2load(bench, method, message, clients=4, streams=32):
    """Calls a second and the daemon's CPU a call; by gRPC, or by Connect if @message is a text."""
    is_json = isinstance(message, str)
    body = os.path.join(bench.folder, "body")
    with open(body, "wb") as f:
        f.write(message.encode() if is_json
                else b"\0" + len(message).to_bytes(4, "big") + message)
    before = cpu_seconds(bench.daemon.pid)
    text = run("h2load", "-D", str(SECONDS), "--warm-up-time", "1", "-c", str(clients), "-m",
               str(streams), "-t", "1", "-d", body, "-H", "content-type: application/" + ("json" if is_json else "grpc"),
               "-H", "te: trailers", "-H", f"authorization: Bearer {bench.token}",
               f"https://127.0.0.1:{bench.port}/{method}")
    ok = int(re.search(r"(\d+) succeeded", text)[1])
    bad = int(re.search(r"(\d+) failed", text)[1])
    if bad or not ok:
        raise SystemExit(f"{method}: {bad} of {ok + bad} requests failed\n{text}")
    return ok / SECONDS, (cpu_seconds(bench.daemon.pid) - before) / ok * 1e6


def pgbench(bench, script, clients):
    path = os.path.join(bench.folder, "pgbench.sql")
    with open(path, "w") as f:
        f.write(script)
    text = run("pgbench", "-n", "-M", "prepared", "-f", path, "-T", str(SECONDS), "-c",
               str(clients), "-j", "1" if clients < 4 else "2", "-h", bench.cluster, "-U",
               "postgres", "canvass")
    return float(re.search(r"tps = ([\d.]+)", text)[1])


def statement(method, values):
    """The SQL of a method's block, with the values put in, in the caller's place."""
    for name in os.listdir(f"{ROOT}/daemon/methods"):
        if not name.endswith(".sql"):
            continue
        with open(f"{ROOT}/daemon/methods/{name}") as f:
            found = re.search(rf"^-- {re.escape(method)} [^\n]*\n(.*?;)\n", f.read(), re.M | re.S)
        if found:
            text = re.sub(r"--[^\n]*", "", found[1])
            text = re.sub(r"(?<!:):([a-z_][a-z_.]*)", lambda m: values.get(m[1], "NULL"), text)
            return " ".join(text.split()) + "\n"
    raise SystemExit(f"no block for {method}")


def bench_get(bench):
    some = bench.sql("SELECT employer_id FROM canvass.site WHERE postcode IS NOT NULL"
                     " ORDER BY employer_id LIMIT 1")
    best = 0, 0
    for clients, streams in ((2, 64), (4, 32), (8, 32)):
        best = max(best, h2load(bench, "canvass.v1.EmployerService/GetEmployer",
                                field(1, some.encode()), clients, streams))
    bench.sql("ALTER ROLE postgres SET search_path = canvass")
    script = statement("canvass.v1.EmployerService/GetEmployer", {"employer_id": f"'{some}'::uuid"})
    rival = max(pgbench(bench, script, c) for c in (2, 4, 8))
    row("GetEmployer over TLS", f"{best[0]:,.0f}/s, {best[1]:.0f} µs CPU of the daemon each",
        f"pgbench -S -M prepared {rival:,.0f}/s", f"{best[0] / rival:.0%}", "at least 80 %")
    method = "canvass.v1.EmployerService/GetEmployer"
    proto, json = (h2load(bench, method, m)[1]
                   for m in (field(1, some.encode()), f'{{"employerId": "{some}"}}'))
    row("GetEmployer as JSON (Connect)", f"{json:.0f} µs CPU of the daemon each",
        f"protobuf (gRPC) {proto:.0f} µs", f"{json / proto:.2f}x", "at most 3x")


def bench_search(bench):
    for query in ("pret", "sainsburry", "wagamama camden", "SW9"):
        ours, cpu = h2load(bench, "canvass.v1.EmployerService/SearchEmployers",
                           field(1, query.encode()), 2, 2)
        script = statement("canvass.v1.EmployerService/SearchEmployers",
                           {"query": f"'{query}'", "page_size": "51", "borough_id": "NULL"})
        digest = hashlib.sha256(bench.token.encode()).hexdigest()
        script = ("BEGIN;\nSELECT canvass.enter(decode('" + digest + "', 'hex'), '{specialist}', "
                  "'psql');\n" + script + "COMMIT;\n")
        rival = max(pgbench(bench, script, c) for c in (2, 4))
        row(f"search “{query}”", f"{ours:,.0f}/s", f"the same SQL in pgbench {rival:,.0f}/s",
            f"{ours / rival:.0%}", "-")


def bench_idle(bench, count=1000):
    context = ssl.create_default_context(cafile=bench.env["CANVASS_CA"])
    context.set_alpn_protocols(["h2"])
    before = status_kib(bench.daemon.pid, "VmRSS")
    held = []
    for _ in range(count):
        s = context.wrap_socket(socket.create_connection(("127.0.0.1", bench.port)),
                                server_hostname="127.0.0.1")
        s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        held.append(s)
    time.sleep(1)
    each = (status_kib(bench.daemon.pid, "VmRSS") - before) / count
    for s in held:
        s.close()
    row(f"idle TLS connection, of {count:,}", f"{each:.1f} KiB", "-", "-", "under 48 KiB")


def main():
    folder = tempfile.mkdtemp(prefix="canvass-bench-", dir="/var/tmp")
    bench = Bench(folder)
    try:
        bench.start_daemon()
        bench_import(bench)
        bench.daemon.send_signal(signal.SIGTERM)
        bench.daemon.wait(30)
        row("start to serving, 45,000 employers", f"{bench.start_daemon():.2f} s", "-", "-",
            "under 1 s")
        bench_idle(bench)
        bench_get(bench)
        bench_search(bench)
    finally:
        bench.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("| what | canvass | beside | ratio | to reach |\n| --- | --- | --- | --- | --- |")
    for r in ROWS:
        print("| " + " | ".join(r) + " |")


main()
