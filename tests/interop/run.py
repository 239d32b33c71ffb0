"""gRPC's public interop cases against tests/support/interop_server, as a table of client by case.

    run.py [--write]      --write puts the table into daemon/rpc/README.md

In the environment: INTEROP_SERVER, BUILD (a folder for what the clients need). It fails when a case
fails or the README has another table; it is passed over (77) where npm cannot get its packages.
"""

import filecmp
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
README = os.path.join(ROOT, "daemon", "rpc", "README.md")
PROTOS = "/usr/share/grpc-proto"
SKIPPED = 77
CASES = """empty_unary large_unary client_compressed_unary server_compressed_unary client_streaming
    client_compressed_streaming server_streaming server_compressed_streaming ping_pong half_duplex
    empty_stream custom_metadata status_code_and_message special_status_message unimplemented_method
    unimplemented_service cancel_after_begin cancel_after_first_response timeout_on_sleeping_server
    concurrent_large_unary slow_consumer rpc_soak channel_soak""".split()
MARK = re.compile(r"(<!-- interop table -->\n).*?(<!-- end -->)", re.S)


def install_packages(folder):
    """npm's packages, once for each package-lock.json; False where they are not to be had."""
    os.makedirs(folder, exist_ok=True)
    lock, kept = os.path.join(HERE, "package-lock.json"), os.path.join(folder, "package-lock.json")
    if os.path.exists(os.path.join(folder, "installed")) and filecmp.cmp(lock, kept, False):
        return True
    if not shutil.which("npm"):
        return False
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, name), folder)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts",
                           "--fetch-retries=1"], cwd=folder,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return False
    with open(os.path.join(folder, "installed"), "w", encoding="ascii"):
        return True


def make_certificate(folder):
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
                   check=True, stderr=subprocess.DEVNULL)
    return cert, key


def run_clients(clients, tls):
    """Start a server; the answers of every client: {client: {case: "ok" or why not}}."""
    options = ["--use_tls=true", f"--tls_cert={tls[0]}", f"--tls_key={tls[1]}"] if tls else []
    server = subprocess.Popen([os.environ["INTEROP_SERVER"], "--port=0", *options],
                              stdout=subprocess.PIPE, text=True)
    found = {}
    try:
        port = server.stdout.readline().split()[1]
        for name, make_command in clients.items():
            command, more = make_command(port, tls[0] if tls else None)
            done = subprocess.run(command, capture_output=True, text=True, timeout=240,
                                  check=False, env={**os.environ, **more})
            found[name] = dict(line.split(" ", 1) for line in done.stdout.splitlines())
            if done.returncode != 0:
                print(done.stderr, file=sys.stderr)
                found[name]["ends in order"] = f"FAILED exit {done.returncode}"
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(20)
    if code != 0:
        found["the server itself"] = {"ends in order": f"FAILED exit {code}"}
    return found


def format_table(found):
    names = [f"{client}, {way}" for way, answers in found.items() for client in answers]
    columns = [answers[client] for answers in found.values() for client in answers]
    lines = ["| case | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    cases = list(dict.fromkeys(CASES + [case for column in columns for case in column]))
    lines += [f"| {case} | " + " | ".join(column.get(case, "FAILED: not run") for column in columns)
              + " |" for case in cases]
    return "\n".join(lines) + "\n"


def main():
    build = os.path.join(os.environ["BUILD"], "interop")
    packages = os.path.join(build, "npm")
    if not install_packages(packages):
        print("passed over: node or its packages are not to be had on this machine")
        return SKIPPED
    stubs = os.path.join(build, "python")
    os.makedirs(stubs, exist_ok=True)
    subprocess.run(["protoc", f"-I{PROTOS}", f"--python_out={stubs}",
                    f"{PROTOS}/grpc/testing/empty.proto", f"{PROTOS}/grpc/testing/messages.proto"],
                   check=True)
    clients = {
        "grpcio": lambda port, cert: (
            ["/usr/bin/python3", "-B", os.path.join(HERE, "grpcio_cases.py"), port, stubs]
            + ([cert] if cert else []), {}),
        "grpc-js": lambda port, cert: (
            ["node", os.path.join(HERE, "grpcjs_cases.js"), port, PROTOS]
            + ([cert] if cert else []), {"NODE_PATH": os.path.join(packages, "node_modules")}),
    }
    with tempfile.TemporaryDirectory(prefix="canvass-interop-") as folder:
        found = {"cleartext": run_clients(clients, None),
                 "TLS": run_clients(clients, make_certificate(folder))}
    table = format_table(found)
    print(table)
    with open(README, encoding="utf-8") as f:
        text = f.read()
    new, places = MARK.subn(lambda match: match[1] + table + match[2], text)
    if places != 1:
        print(f"daemon/rpc/README.md has {places} places for the table")
        return 1
    if "--write" in sys.argv:
        with open(README, "w", encoding="utf-8") as f:
            f.write(new)
    failed = table.count("FAILED")
    print(f"{table.count('| ok')} passed, {failed} failed"
          + ("" if new == text or failed or "--write" in sys.argv else "; daemon/rpc/README.md has another table"))
    return 1 if failed or (new != text and "--write" not in sys.argv) else 0


if __name__ == "__main__":
    sys.exit(main())
