#!/usr/bin/env python3
"""Many calls through one real parleyd: does its memory stay flat? Run by ./dev bench soak [--calls N] [--rate R].

Prints a line every few thousand calls: memory, descriptors, threads, database, records. Fails when a call fails beyond one
in ten thousand, or when memory at the end is over what it was after the first tenth (and a minute at
least) by more than a tenth. Report: build/reports/bench/soak.json.
"""
import argparse
import json
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from figures import Usage, rss_bytes, settle  # noqa: E402
from load import Load, write_users  # noqa: E402
from servers import FIRST_NUMBER, ROOT, Own, cpus, free_port, pinned  # noqa: E402

PHONES = 400
REFUSALS = ("parley_sip_overload_refusals_total", "parley_calls_limited_total", "parley_sip_transactions_refused_total", "parley_sip_dropped_total",
            "parley_cdr_journalled_total", "parley_ledger_failures_total")


def state(server, calls, began, failed):
    pid = server.pids[0]
    data = server.server.data
    return {"calls": calls, "failed": failed, "seconds": round(time.monotonic() - began), "rss_mib": round(rss_bytes(server.pids) / 2**20, 1),
            "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "threads": len(os.listdir(f"/proc/{pid}/task")),
            "database_mib": round(sum(path.stat().st_size for path in data.glob("*.db*")) / 2**20, 1), "cpu_s": round(Usage(server.pids).cpu_s, 1)}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench soak", description="Memory over many calls.")
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=500, help="calls a second (default 500)")
    parser.add_argument("--every", type=int, default=0, help="calls between two lines (default: a fortieth, at least 1,000)")
    options = parser.parse_args()
    if not shutil.which("sipp"):
        parser.exit(1, "sipp is not installed (./dev setup)\n")
    every = options.every or max(options.calls // 40, 1000)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-soak-"))
    server_cpu, generator_cpu = cpus()
    server = Own(folder / "own", server_cpu)
    lines, failed, done = [], 0, 0
    try:
        server.start()
        server.make_extensions(PHONES)
        users = folder / "users.csv"
        write_users(users, server.accounts(PHONES))
        load = Load(folder, pinned(generator_cpu), server.target, users, free_port(socket.SOCK_DGRAM))
        good, _ = load.run("register", 200, PHONES)
        assert good == PHONES, f"only {good} of {PHONES} phones could register"
        began = time.monotonic()
        lines.append(state(server, 0, began, 0))
        while done < options.calls:
            count = min(every, options.calls - done)
            refused = server.counters()
            good, _ = load.run("call", options.rate, count, str(FIRST_NUMBER + done // every % PHONES))
            done += count
            failed += count - good
            settle(server.pids)
            if done % (20 * every) == 0:  # registrations last an hour
                load.run("register", 200, PHONES)
            lines.append(state(server, done, began, failed))
            print("  ".join(f"{name} {value}" for name, value in lines[-1].items()), flush=True)
            if good < count:
                why = {name: value - refused.get(name, 0) for name, value in server.counters().items() if name.startswith(REFUSALS)}
                lines[-1]["why"] = {**load.failures, **{name: value for name, value in why.items() if value}}
                print(f"    {count - good} failed: {lines[-1]['why']}", flush=True)
        time.sleep(35)  # the last transactions
        settle(server.pids)
        lines.append(state(server, done, began, failed))
        status = server.stop()
        assert status == 0, f"parleyd ended with {status}"
        # Transactions live for 32 s, caches fill: from then on nothing may grow.
        settled = max(60, lines[-2]["seconds"] // 10)
        early = max(line["rss_mib"] for line in lines[1:-1] if line["seconds"] <= settled or line is lines[1])
        last = lines[-2]["rss_mib"]
        report = ROOT / "build" / "reports" / "bench" / "soak.json"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps({"rate": options.rate, "lines": lines}, indent=1) + "\n")
        print(f"\n{done} calls, {failed} failed; memory {early} MiB after {settled} s, {last} MiB at the end, "
              f"{lines[-1]['rss_mib']} MiB at rest\nwritten: {report.relative_to(ROOT)}")
        if failed > options.calls / 10_000:
            sys.exit("too many calls failed")
        if last > early * 1.1 + 8:
            sys.exit("memory grew")
    finally:
        if server.server.process and server.server.process.running:
            server.server.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
