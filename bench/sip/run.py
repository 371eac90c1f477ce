#!/usr/bin/env python3
"""What signalling costs beside other servers, on this machine: a table and build/reports/bench/sip.json. Run by ./dev bench sip.

A real parleyd on loopback, pinned to one processor, SIPp on another; Kamailio and Asterisk at the same work with the same
messages, one after the other in the same run. CPU is the server's alone (/proc/PID/stat), taken over all that it does for
an operation, its writing to disk included. A rate is held when 99.9 % succeed, at most 1 % are repeated, and it takes no
longer than it should.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from figures import Usage, rss_bytes, settle  # noqa: E402
from load import Load, write_users  # noqa: E402
from overload import Overload  # noqa: E402
from phones import Phones  # noqa: E402
from servers import FIRST_NUMBER, ROOT, Own, Peer, cpus, free_port, pinned  # noqa: E402

EXTENSIONS = 10_000
PEER_USERS = 10_000
RATES = {"register": [500, 2000, 6000, 12000, 20000, 28000], "call": [60, 300, 1000, 1600, 2500, 5000]}
SECONDS = 5
HELD = 1000


class Bench:
    def __init__(self, folder, options):
        self.folder, self.options = pathlib.Path(folder), options
        self.server_cpu, self.generator_cpu = cpus()
        self.phones_port = free_port(socket.SOCK_DGRAM)
        self.results = {}

    def say(self, text):
        print(f"    {text}", flush=True)

    # ---- rates ----

    def rates(self, name, server, load, kind, number):
        """Up the rates until one is not held. CPU per operation of every rate, so that the generator's own limit harms no figure."""
        found = self.results.setdefault(name, {}).setdefault(kind, {"steps": [], "held": 0})
        for rate in RATES[kind]:
            if rate > self.options.max_rate:
                break
            settle(server.pids)
            before, begin = Usage(server.pids), time.monotonic()
            wanted = rate * SECONDS
            good, repeated = load.run(kind, rate, wanted, number if kind == "call" else None)
            seconds = time.monotonic() - begin - (0.35 if kind == "call" else 0)
            settle(server.pids, 20)
            cpu, threads = Usage(server.pids).since(before)
            step = {"rate": rate, "success": round(100 * good / wanted, 3), "repeated": repeated, "achieved": round(good / seconds),
                    "cpu_us": round(cpu / good * 1e6, 1) if good else None,
                    "threads_us": {thread: round(used / good * 1e6, 1) for thread, used in threads.items()} if good else {}}
            found["steps"].append(step)
            held = step["success"] >= 99.9 and repeated <= wanted // 100 and good / seconds >= 0.9 * rate
            self.say(f"{name:9} {kind:8} {rate:6}/s  {step['cpu_us']} µs each, {step['success']} % good, {step['achieved']}/s achieved"
                     + ("" if held else "  (not held)"))
            if not held:
                break
            found["held"] = rate
        full = [step["cpu_us"] for step in found["steps"] if step["cpu_us"] and step["success"] >= 99.9]
        found["cpu_us"] = min(full) if full else None
        found["one_core"] = round(1e6 / found["cpu_us"]) if full else None

    # ---- memory ----

    def contacts(self, server, load):
        """Growth by contacts beyond those that fill tables and caches in any case; without what the transactions still keep."""
        warm, wanted = self.options.contacts // 4, self.options.contacts
        self.say(f"parleyd: {wanted} contacts")
        load.run("contact", 2000, warm)
        time.sleep(35)
        settle(server.pids)
        before = rss_bytes(server.pids)
        good, _ = load.run("contact", 2000, wanted - warm)
        time.sleep(35)
        settle(server.pids)
        return {"contacts": good + warm, "bytes_each": round((rss_bytes(server.pids) - before) / max(good, 1))}

    def held(self, server, parties):
        """Memory of calls that are up and quiet: both dialogs, legs and ports, when the transactions of their start are gone."""
        self.say(f"parleyd: {len(parties)} calls held")
        phones = Phones(server.target, self.phones_port, [16000])
        try:
            warm = phones.place(parties[:100], 200)
            time.sleep(35)
            settle(server.pids)
            before = rss_bytes(server.pids)
            up = phones.place(parties[100:], 200)
            phones.serve(35)
            settle(server.pids)
            each = round((rss_bytes(server.pids) - before) / max(len(up) - len(warm), 1))
            phones.hang_up()
        finally:
            phones.close()
        settle(server.pids)
        return {"calls": len(up), "bytes_each": each}

    # ---- servers ----

    def own(self, pin, label):
        server = Own(self.folder / label, pin)
        server.start()
        try:
            server.make_extensions(self.options.extensions)
            accounts = server.accounts(min(self.options.extensions, self.options.accounts))
            rows = [(user, password) for user, password in accounts]
            users = self.folder / f"{label}.csv"
            write_users(users, rows)
            load = Load(self.folder, pinned(self.generator_cpu), server.target, users, self.phones_port)
            number = str(FIRST_NUMBER)
            good, _ = load.run("register", 500, len(rows))
            assert good == len(rows), f"only {good} of {len(rows)} phones could register"
            if not self.options.only_overload:
                self.rates(label, server, load, "register", None)
                self.rates(label, server, load, "call", number)
            if self.options.overload and label == "Parley":
                self.results.setdefault(label, {})["overload"] = Overload(server, load, self.server_cpu, self.folder, number, self.say).run()
            if self.options.only_overload:
                return
            self.results[label]["memory_at_rest_mib"] = round(rss_bytes(server.pids) / 2**20, 1)
            if self.options.memory and label == "Parley":
                self.results[label]["held"] = self.held(server, [(user, password, str(FIRST_NUMBER + 1 + i)) for i, (user, password) in enumerate(rows[:HELD])])
                self.results[label]["contacts"] = self.contacts(server, load)
            assert server.stop() == 0
        finally:
            if server.server.process:
                server.server.process.kill()

    def peer(self, name, program):
        server = Peer(name, [name.lower()], [program], self.folder / name.lower(), self.server_cpu, PEER_USERS, self.phones_port, {"WORKERS": "1"})
        if server.missing:
            self.results[name] = {"missing": server.missing}
            return self.say(f"{name}: not here ({server.missing})")
        try:
            server.start()
            users = self.folder / f"{name}.csv"
            write_users(users, server.accounts(self.options.accounts))
            load = Load(self.folder, pinned(self.generator_cpu), server.target, users, self.phones_port)
            self.rates(name, server, load, "register", None)
            self.rates(name, server, load, "call", "9000001")
        except (subprocess.SubprocessError, OSError, RuntimeError) as error:
            self.results[name] = {"missing": f"did not run: {error}"}
        finally:
            server.stop()
        return None

    # ---- the end ----

    def table(self):
        names = list(self.results)

        def cell(name, kind, key, unit):
            value = self.results[name].get(kind, {}).get(key)
            return self.results[name].get("missing", "-") if value is None else f"{value} {unit}"
        lines = [["", *names],
                 ["CPU of a registration, least", *[cell(name, "register", "cpu_us", "µs") for name in names]],
                 ["registrations a second held", *[cell(name, "register", "held", "/s") for name in names]],
                 ["what one core has CPU for", *[cell(name, "register", "one_core", "/s") for name in names]],
                 ["CPU of a call, least", *[cell(name, "call", "cpu_us", "µs") for name in names]],
                 ["calls a second held", *[cell(name, "call", "held", "/s") for name in names]],
                 ["what one core has CPU for", *[cell(name, "call", "one_core", "/s") for name in names]],
                 ["memory of a held call", *[cell(name, "held", "bytes_each", "bytes") for name in names]],
                 ["memory of a contact", *[cell(name, "contacts", "bytes_each", "bytes") for name in names]]]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        print()
        for line in lines:
            print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
        two = self.results.get("two cores")
        if two:
            for kind in ("register", "call"):
                one, both = self.results["Parley"][kind]["cpu_us"], two[kind]["cpu_us"]
                if one and both:
                    print(f"{kind}: with two processors {both} µs of CPU each instead of {one}: what two do is {2 * one / both:.2f} times what one does")
        print("\nKamailio is a proxy: no call state, no media, no record. Asterisk ends both sides, here without call records.\n"
              "A rate that SIPp itself could not make says nothing of the server: CPU of an operation does.")

    def report(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        processor = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
        path.write_text(json.dumps({
            "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": {"processor": processor, "cpus": os.cpu_count(), "kernel": platform.release(), "load_1min": os.getloadavg()[0]},
            "results": self.results}, indent=1) + "\n")
        print(f"\nwritten: {path.relative_to(ROOT)}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench sip", description="Registrations and calls beside other servers: CPU, rates, memory.")
    parser.add_argument("--no-peers", action="store_true", help="Parley alone")
    parser.add_argument("--no-memory", dest="memory", action="store_false", help="leave out the memory of contacts, which takes two minutes")
    parser.add_argument("--no-overload", dest="overload", action="store_false", help="leave out what happens beyond the capacity")
    parser.add_argument("--only-overload", action="store_true", help="nothing but that")
    parser.add_argument("--two-cores", action="store_true", help="Parley on two processors as well")
    parser.add_argument("--contacts", type=int, default=40_000, help="how many contacts (default 40,000; a device holds ten)")
    parser.add_argument("--extensions", type=int, default=EXTENSIONS)
    parser.add_argument("--accounts", type=int, default=5000, help="phones that register and call (default 5,000)")
    parser.add_argument("--max-rate", type=int, default=28_000, help="the highest rate that is tried")
    options = parser.parse_args()
    if not shutil.which("sipp"):
        parser.exit(1, "sipp is not installed (./dev setup)\n")
    folder = tempfile.mkdtemp(prefix="parley-bench-")
    try:
        bench = Bench(folder, options)
        bench.own({bench.server_cpu}, "Parley")
        if options.only_overload:
            return
        if options.two_cores:
            bench.own(set(sorted(os.sched_getaffinity(0))[:2]), "two cores")
        if not options.no_peers:
            bench.peer("Kamailio", "kamailio")
            bench.peer("Asterisk", str(pathlib.Path(os.environ.get("AST_ROOT", "/")) / "usr/sbin/asterisk"))
        bench.table()
        bench.report(ROOT / "build" / "reports" / "bench" / "sip.json")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
