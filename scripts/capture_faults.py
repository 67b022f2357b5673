#!/usr/bin/env python3
"""Whether `kolm capture` relays whatever the disk does: real calls of the system fail, by strace.

    python3 scripts/capture_faults.py [--kolm ./kolm] [--requests 12]

For n = 1, 2, ... until none fails, the n-th write to the journal has no space (ENOSPC), or the n-th force
ends in an error (EIO), once with each durability. Each time every request has to be answered with the bytes of the
provider; records and losses together have to be the requests; no line may be damaged. Exit code 0: so it was.
Needs Linux and strace.
"""
import argparse
import http.server
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANSWER = json.dumps({"model": "m", "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "noted"}, "finish_reason": "stop"}]}).encode()
QUESTION = json.dumps({"model": "m", "messages": [{"role": "user", "content": "please note this"}]}).encode()


class Provider(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_):
        pass


def start(command, environment):
    process = subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    for line in process.stdout:
        said.append(line)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/v1/capture to", line)
        if found:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return process, int(found.group(1))
    sys.exit("kolm capture did not start:\n" + "".join(said))


def round_trip(options, provider, durability, fault, n):
    """Runs one capture with one fault; returns how many requests say that they are not recorded."""
    home = pathlib.Path(tempfile.mkdtemp())
    environment = dict(os.environ, KOLM_HOME=str(home))
    kolm = shlex.split(options.kolm)
    log = home / "captures" / "notes" / "1.log"
    log.parent.mkdir(parents=True)
    log.touch()
    capture = [*kolm, "capture", "--provider", "p=http://127.0.0.1:%d/v1" % provider, "--as", "notes", "--port", "0",
               "--durability", durability]
    trace = ["strace", "-f", "-qq", "-o", os.devnull, "-P", str(log), "-e", "trace=pwrite64,fdatasync,fsync", "-e",
             fault + ":when=%d" % n]
    process, port = start([*trace, *capture], environment)
    failed = 0
    for _ in range(options.requests):
        request = urllib.request.Request(
            "http://127.0.0.1:%d/v1/capture/chat/completions" % port, QUESTION, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            if reply.read() != ANSWER:
                sys.exit("the relay changed an answer")
            failed += reply.headers["x-kolm-capture"] == "failed"
    # strace passes no signal on; the process below it is told itself.
    subprocess.run([*kolm, "capture", "stop"], env=environment, check=True, capture_output=True)
    process.wait(timeout=60)
    stats = subprocess.run([*kolm, "captures", "stats", "--json"], env=environment, text=True, capture_output=True)
    numbers = json.loads(stats.stdout)
    if numbers["records"] + numbers["lost"] != options.requests or numbers["damaged"]:
        sys.exit("%d requests, but %s" % (options.requests, stats.stdout))
    shutil.rmtree(home)
    return failed, numbers["lost"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kolm", default=str(ROOT / "kolm"))
    parser.add_argument("--requests", type=int, default=12)
    parser.add_argument("--points", type=int, default=16, help="at most so many n of a kind")
    options = parser.parse_args()
    if not shutil.which("strace"):
        sys.exit("strace is not here")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    points = 0
    for durability, fault in (("kill", "inject=pwrite64:error=ENOSPC"), ("sync", "inject=pwrite64:error=ENOSPC"),
                              ("sync", "inject=fdatasync,fsync:error=EIO"), ("kill", "inject=fdatasync,fsync:error=EIO")):
        for n in range(1, options.points + 1):
            failed, lost = round_trip(options, server.server_port, durability, fault, n)
            points += 1
            print("%s, %s, call %d: %d relayed, %d told as failed, %d lost" % (
                durability, fault[7:], n, options.requests, failed, lost), flush=True)
            if lost == 0 and (durability, fault[7]) != ("kill", "f"):
                break  # there were fewer such calls
            if (durability, fault[7]) == ("kill", "f") and n == 3:
                break  # forced once a second: what was written stays acknowledged
    print("%d points, every request relayed" % points)


if __name__ == "__main__":
    main()
