#!/usr/bin/env python3
"""What relaying audio costs the whole machine, as a table and in build/reports/bench/relay.json. Run by ./dev bench relay.

Calls with G.711 at 20 ms through parleyd with the kernel's relay, parleyd without it, and rtpengine. What a relay within the kernel uses is
nobody's own: so the time of all threads of the machine counts, the generator's too, in whose system calls it happens, minus that of the same traffic sent from phone to phone. On a
machine on which something else runs the figure means nothing: the share of the processors that was busy before is printed too.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "system"))

from figures import Usage, rss_bytes, settle  # noqa: E402
from load import Load, write_users  # noqa: E402
from phones import Phones  # noqa: E402
from servers import BUILD, FIRST_NUMBER, Own, Peer, cpus, pinned  # noqa: E402
from harness.process import free_port  # noqa: E402

SECONDS = 6
REST = 4  # until the kernel has the calls


def busy_s():
    """Seconds that all threads of the machine have run, the kernel's own among them. /proc/stat only samples, and what wakes by the clock is
    never there when it looks."""
    total = 0
    for one in pathlib.Path("/proc").glob("[0-9]*/task/*/schedstat"):
        try:
            total += int(one.read_text().split()[0])
        except (OSError, IndexError):
            continue  # it has ended
    return total / 1e9


class Generator:
    def __init__(self, cpu):
        self.child = subprocess.Popen([str(part) for part in [*pinned(cpu), BUILD / "bin" / "rtp_load"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True, bufsize=1)
        self.ports = json.loads(self.child.stdout.readline())["ports"]

    def leg(self, address, port):
        self.child.stdin.write(f"leg {address} {port}\n")

    def run(self, seconds, pids=()):
        """-> what it saw, busy seconds of the machine, CPU seconds of `pids`"""
        self.child.stdin.write(f"run {seconds}\n")
        assert json.loads(self.child.stdout.readline())["measuring"]
        before, busy = Usage(pids), busy_s()
        assert json.loads(self.child.stdout.readline())["measured"]
        busy, cpu = busy_s() - busy, Usage(pids).since(before)[0]
        return json.loads(self.child.stdout.readline()), busy, cpu

    def close(self):
        self.child.stdin.close()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Bench:
    def __init__(self, folder, options):
        self.folder, self.options = pathlib.Path(folder), options
        self.server_cpu, self.generator_cpu = cpus()
        self.direct, self.rows = {}, []

    def say(self, text):
        print(f"    {text}", flush=True)

    def baseline(self, calls):
        generator = Generator(self.generator_cpu)
        try:
            for party in range(2 * calls):
                generator.leg("127.0.0.1", generator.ports[(party ^ 1) % len(generator.ports)])
            seen, busy, _ = generator.run(SECONDS)
            self.direct[calls] = {"busy_us": busy / seen["sent"] * 1e6, **seen}
            self.say(f"direct     {calls:5} calls: {self.direct[calls]['busy_us']:.2f} µs of the machine a packet, delay p99 {seen['delay_us']['p99']:.0f} µs")
        finally:
            generator.close()

    def through(self, name, server, parties, calls, phones_port, media_pids):
        generator = Generator(self.generator_cpu)
        phones = None
        try:
            phones = Phones(server.target, phones_port, generator.ports)
            before = rss_bytes(media_pids())
            up = phones.place(parties[:calls])
            if len(up) < calls:
                self.say(f"{name}: {calls - len(up)} of {calls} calls failed: {', '.join(sorted({call.why for call in phones.calls if call.why}))}")
                return
            for call in up:
                for address, port in (call.caller_media, call.callee_media):
                    generator.leg(address, port)
            generator.run(REST)
            memory = (rss_bytes(media_pids()) - before) / calls / 1024
            settle(server.pids)
            seen, busy, cpu = generator.run(SECONDS, media_pids())
            sent = seen["sent"]
            row = {"server": name, "calls": calls, "machine_us": round(busy / sent * 1e6 - self.direct[calls]["busy_us"], 2), "process_us": round(cpu / sent * 1e6, 2),
                   "lost": sent - seen["received"], "sent": sent, "p50_ms": round(seen["delay_us"]["p50"] / 1000, 3), "p99_ms": round(seen["delay_us"]["p99"] / 1000, 3),
                   "kib_a_call": round(memory, 1), "late_slots": seen["late_slots"]}
            self.rows.append(row)
            self.say(f"{name:10} {calls:5} calls: {row['machine_us']:.2f} µs of the machine, {row['process_us']:.2f} of the process a packet, {row['lost']} of {sent} lost, "
                     f"delay p50 {row['p50_ms']} p99 {row['p99_ms']} ms, {row['kib_a_call']} KiB a call")
            phones.hang_up()
            settle(server.pids)
        finally:
            if phones:
                phones.close()
            generator.close()

    def own(self, name, environment):
        server = Own(self.folder / name.replace(" ", "-"), self.server_cpu, environment)
        server.start()
        try:
            most = max(self.options.calls)
            server.make_extensions(most + 5)
            accounts = server.accounts(most)
            parties = [(user, password, str(FIRST_NUMBER + (i + most // 2) % most)) for i, (user, password) in enumerate(accounts)]
            port = free_port()
            users = self.folder / f"{name}.csv"
            write_users(users, accounts)
            registered = Load(self.folder, pinned(self.generator_cpu), server.target, users, port).run("register", 200, most)[0]
            assert registered == most, f"only {registered} of {most} phones could register"
            for calls in self.options.calls:
                self.through(name, server, parties, calls, port, lambda: server.pids)
            assert server.stop() == 0
        finally:
            if server.server.process:
                server.server.process.kill()

    def rtpengine(self):
        most, port = max(self.options.calls), free_port()
        server = Peer("rtpengine", ["rtpengine", "kamailio"], ["kamailio", "rtpengine"], self.folder / "rtpengine", self.server_cpu, most + 10, port,
                      {"WITH_RTPENGINE": "1"})
        if server.missing:
            return self.say(f"rtpengine: not here ({server.missing})")
        try:
            server.start()
            parties = [(user, password, f"9{i:06d}") for i, (user, password) in enumerate(server.accounts(most))]
            for calls in self.options.calls:
                self.through("rtpengine", server, parties, calls, port, lambda: server.pids_of("rtpengine"))
        except (subprocess.SubprocessError, OSError, RuntimeError) as error:
            self.say(f"rtpengine: did not run: {error}")
        finally:
            server.stop()
        return None

    def run(self):
        time.sleep(1)
        idle = busy_s()
        time.sleep(1)
        idle = (busy_s() - idle) / os.cpu_count()
        self.say(f"before: {100 * idle:.0f} % of the processors were busy with something else")
        for calls in self.options.calls:
            self.baseline(calls)
        self.own("kernel", {})
        self.own("sockets", {"PARLEY_RTP_KERNEL_RELAY": "false"})
        if not self.options.no_peers:
            self.rtpengine()
        print("\n1 µs a packet is 1 % of a processor for 100 calls. kernel: parleyd where the kernel relays plain calls; sockets: parleyd without that.")
        path = ROOT / "build" / "reports" / "bench" / "relay.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "busy_before": round(idle, 3), "direct": self.direct,
                                    "rows": self.rows}, indent=1) + "\n")
        print(f"written: {path.relative_to(ROOT)}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench relay", description="What relaying audio costs the whole machine.")
    parser.add_argument("--calls", type=int, nargs="+", default=[100, 500, 1500], help="how many calls at a time (default 100 500 1500)")
    parser.add_argument("--no-peers", action="store_true", help="Parley alone")
    options = parser.parse_args()
    if not shutil.which("sipp"):
        parser.exit(1, "sipp is not installed (./dev setup)\n")
    folder = tempfile.mkdtemp(prefix="parley-bench-")
    try:
        Bench(folder, options).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
