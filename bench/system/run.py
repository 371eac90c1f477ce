#!/usr/bin/env python3
"""What Parley costs, on this machine, as a table and in build/reports/bench/system.json. Run by ./dev bench system.

A real parleyd on loopback, pinned to one processor, the generators to another; beside it, where they are installed, other
servers at the same work with the same generators. Counted is the processor time of the server alone (/proc/PID/stat), so
that a busy machine changes the figures little; each is taken several times, and its range said.
"""
import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import time

from figures import Figure, Usage, rss_bytes, settle
from load import Load, write_users
from phones import Phones
from servers import BUILD, FIRST_NUMBER, ROOT, Own, Peer, cpus, pinned
from harness.process import free_port

EXTENSIONS, PHONES, HELD, TALKING = 1000, 400, 200, 100
REGISTER_RATE, CALL_RATE = 600, 60


class Row:
    def __init__(self, key, title, figure):
        self.key, self.title, self.own, self.peers = key, title, figure, {}


class Bench:
    def __init__(self, folder, options):
        self.folder, self.options = pathlib.Path(folder), options
        self.server_cpu, self.generator_cpu = cpus()
        self.phones_port = free_port()
        self.rows, self.threads = {}, {}

    # ---- what is printed ----

    def row(self, key, title, unit, digits=1):
        return self.rows.setdefault(key, Row(key, title, Figure(unit, digits))).own

    def peer(self, key, name):
        own = self.rows[key].own
        return self.rows[key].peers.setdefault(name, Figure(own.unit, own.digits))

    def say(self, text):
        print(f"    {text}", flush=True)

    # ---- measurements that any server goes through; figure_of(key) says where they go ----

    def signalling(self, server, load, number, figure_of, repeat):
        for key, scenario, rate, seconds in (("register", "register", REGISTER_RATE, 4), ("call", "call", CALL_RATE, 5)):
            for _ in range(repeat):
                settle(server.pids)
                before = Usage(server.pids)
                good, again = load.run(scenario, rate, rate * seconds, number if scenario == "call" else None)
                settle(server.pids)
                cpu, threads = Usage(server.pids).since(before)
                figure = figure_of(key)
                if good < rate * seconds:
                    figure.note(f"{rate * seconds - good} of {rate * seconds} failed")
                if again:
                    figure.note(f"{again} retransmissions")
                if good:
                    figure.add(cpu / good * 1e6)
                    self.threads.setdefault(server.name, {})[key] = {name: round(used / good * 1e6, 1) for name, used in threads.items()}

    def held_calls(self, server, parties, figure_of, repeat, media_pids=None):
        """Memory of calls that are held, then packets through some of them."""
        generator = subprocess.Popen([str(part) for part in [*pinned(self.generator_cpu), BUILD / "bin" / "rtp_load"]], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True, bufsize=1)
        phones = None
        try:
            ports = json.loads(generator.stdout.readline())["ports"]
            phones = Phones(server.target, self.phones_port, ports)
            before = rss_bytes(media_pids() if media_pids else server.pids)
            up = phones.place(parties[:HELD])
            settle(server.pids)
            memory = figure_of("memory_call")
            if len(up) < len(parties[:HELD]):
                memory.note(f"{len(parties[:HELD]) - len(up)} calls failed: {', '.join({c.why for c in phones.calls if c.why})}")
            if not up:
                return
            memory.add((rss_bytes(media_pids() if media_pids else server.pids) - before) / len(up) / 1024)
            talking = up[:TALKING] if [call.index for call in up] == list(range(len(up))) else []
            for call in talking:
                for address, port in (call.caller_media, call.callee_media):
                    generator.stdin.write(f"leg {address} {port}\n")
            for _ in range(repeat if talking else 0):
                self.relay(server, generator, media_pids, figure_of)
            phones.hang_up()
            settle(server.pids)
        finally:
            if phones:
                phones.close()
            generator.stdin.close()
            try:
                generator.wait(5)
            except subprocess.TimeoutExpired:
                generator.kill()
                generator.wait()

    def relay(self, server, generator, media_pids, figure_of):
        generator.stdin.write("run 4\n")
        pids = media_pids() if media_pids else server.pids
        assert json.loads(generator.stdout.readline())["measuring"]
        before = Usage(pids)
        assert json.loads(generator.stdout.readline())["measured"]
        cpu, threads = Usage(pids).since(before)
        seen = json.loads(generator.stdout.readline())
        if not seen["sent"]:
            return
        figure_of("relay").add(cpu / seen["sent"] * 1e6)
        figure_of("loss").add(100 * (seen["sent"] - seen["received"]) / seen["sent"])
        figure_of("delay").add(seen["delay_us"]["p50"] / 1000).note(f"p99 {seen['delay_us']['p99'] / 1000:.1f} ms, generator late in {seen['late_slots']} of 4000 slots")
        self.threads.setdefault(server.name, {})["relay"] = {name: round(used / seen["sent"] * 1e6, 3) for name, used in threads.items()}

    # ---- parleyd ----

    def own(self):
        repeat = self.options.repeat
        server = Own(self.folder / "own", self.server_cpu)
        with contextlib.ExitStack() as stack:
            stack.callback(lambda: server.server.process and server.stop())
            self.say("parleyd: starting")
            self.row("first_start", "First start, until /healthz answers", "s", 2).add(server.start())
            self.row("apply", f"{EXTENSIONS} extensions made in one step", "s", 2).add(server.make_extensions(EXTENSIONS))
            later = self.row("start", f"Later start, with {EXTENSIONS} extensions", "s", 2)
            for _ in range(repeat):
                server.stop()
                later.add(server.start())
            settle(server.pids)
            self.row("memory", f"Memory at rest, with {EXTENSIONS} extensions", "MiB").add(rss_bytes(server.pids) / 2**20)
            accounts = server.accounts(PHONES)
            rows = [(user, password, str(FIRST_NUMBER + (i + PHONES // 2) % PHONES)) for i, (user, password) in enumerate(accounts)]
            users = self.folder / "own.csv"
            write_users(users, rows)
            load = Load(self.folder, pinned(self.generator_cpu), server.target, users, self.phones_port)
            good, _ = load.run("register", 200, PHONES)
            assert good == PHONES, f"only {good} of {PHONES} phones could register; see {self.folder}"
            self.titles()
            self.say(f"parleyd: {HELD} calls held, audio through {TALKING} of them")
            self.held_calls(server, rows[:HELD], lambda key: self.rows[key].own, repeat)
            self.say("parleyd: registrations and calls")
            self.signalling(server, load, rows[0][2], lambda key: self.rows[key].own, repeat)
            self.count_records(server)
            status = server.stop()
            assert status == 0, f"parleyd ended with {status}\n{server.server.log[-2000:]}"

    def titles(self):
        self.row("register", "CPU of a registration with digest", "µs", 0)
        self.row("call", "CPU of a call: digest, media, durable record", "µs", 0)
        self.row("memory_call", "Memory of a held call", "KiB", 0)
        self.row("relay", f"CPU of a relayed packet, {TALKING} calls", "µs", 2)
        self.row("loss", "Packets lost", "%", 3)
        self.row("delay", "Delay that the server adds, median", "ms", 2)

    def count_records(self, server):
        """Every call that was answered has its record."""
        items, cursor = 0, ""
        while cursor is not None:
            page = server.server.api.in_organisation("GET", f"/calls?limit=200&disposition=answered{'&cursor=' + cursor if cursor else ''}")
            items, cursor = items + len([call for call in page["items"] if call["ended_at"]]), page["next_cursor"]
        self.rows["call"].own.note(f"{items} records of answered calls at the end")

    # ---- others ----

    def peers(self):
        numbers = [f"9{i:06d}" for i in range(HELD)]

        def peer(name, parts, programs, **environment):
            return Peer(name, parts, programs, self.folder / name.lower(), self.server_cpu, EXTENSIONS, self.phones_port, environment)
        asterisk = pathlib.Path(os.environ.get("AST_ROOT", "/")) / "usr/sbin/asterisk"
        audio = ["memory_call", "relay", "loss", "delay"]
        plans = [(peer("Kamailio", ["kamailio"], ["kamailio"]), ["register", "call"], None),
                 (peer("rtpengine", ["rtpengine", "kamailio"], ["kamailio", "rtpengine"], WITH_RTPENGINE="1"), audio, "rtpengine"),
                 (peer("Asterisk", ["asterisk"], [str(asterisk)]), ["register", "call", *audio], None)]
        for server, keys, media_part in plans:
            missing = server.missing
            if missing:
                for key in keys:
                    self.peer(key, server.name).note(f"not here ({missing})")
                continue
            self.say(f"{server.name}: {', '.join(keys)}")
            repeat = min(self.options.repeat, 2)
            try:
                server.start()
                parties = [(user, password, number) for (user, password), number in zip(server.accounts(HELD), numbers)]
                write_users(server.folder / "users.csv", parties)
                load = Load(server.folder, pinned(self.generator_cpu), server.target, server.folder / "users.csv", self.phones_port)
                figure_of = lambda key: self.peer(key, server.name)  # noqa: E731, B023
                if "relay" in keys:
                    self.held_calls(server, parties, figure_of, repeat, (lambda: server.pids_of(media_part)) if media_part else None)
                if "call" in keys:
                    self.signalling(server, load, numbers[0], figure_of, repeat)
            except (subprocess.SubprocessError, OSError, RuntimeError) as error:
                for key in keys:
                    self.peer(key, server.name).note(f"did not run: {error}")
            finally:
                server.stop()

    # ---- speech ----

    def speech(self):
        figure = self.row("speech", "CPU of a minute transcribed (the demo call)", "s", 2)
        program, models = BUILD / "bin" / "speech_accuracy", ROOT / "build" / "speech"
        call = ROOT / "assets" / "demo" / "call.json"
        if not program.exists() or not (models / "moonshine-base").exists():
            figure.note("no speech models here (./dev setup)")
            return
        self.say("speech: the demo call")
        turns = [{"channel": int(turn["speaker"] != "caller"), "text": turn["text"]} for turn in json.loads(call.read_text())["turns"]]
        manifest = self.folder / "manifest.jsonl"
        manifest.write_text(json.dumps({"id": "demo", "kind": "demo", "file": str(call.with_suffix(".wav")), "channels": 2, "turns": turns}) + "\n")
        for _ in range(min(self.options.repeat, 2)):
            done = subprocess.run([*pinned(self.server_cpu), program, "--manifest", manifest, "--telephone", "--models", models], capture_output=True, text=True,
                                  timeout=120)
            words = done.stdout.replace(",", " ").split()
            if done.returncode or "CPU" not in words:
                figure.note(f"speech_accuracy failed: {done.stderr.strip()[-200:]}")
                return
            minutes = float(json.loads(call.read_text())["seconds"]) / 60
            figure.add(float(words[words.index("CPU") + 1]) / minutes)
            figure.note(f"both parties; peak memory {words[words.index('memory') + 1]} MiB in a process of its own")

    # ---- the end ----

    def table(self):
        names = ["Kamailio", "rtpengine", "Asterisk"]
        lines = [["", "Parley", *names]]
        for row in self.rows.values():
            lines.append([row.title, row.own.text(), *[row.peers[name].text() if name in row.peers else "" for name in names]])
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        print()
        for line in lines:
            print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
        print()
        for row in self.rows.values():
            for name, figure in [("Parley", row.own), *row.peers.items()]:
                if figure.values and figure.notes:
                    print(f"{row.title} · {name}: {'; '.join(figure.notes)}")
        for name, kinds in self.threads.items():
            for kind, threads in kinds.items():
                print(f"{name} {kind}, µs by thread: " + ", ".join(f"{thread} {used:g}" for thread, used in threads.items()))

    def report(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        processor = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
        path.write_text(json.dumps({
            "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": {"processor": processor, "cpus": os.cpu_count(), "kernel": platform.release(), "load_1min": os.getloadavg()[0]},
            "figures": {row.key: {"title": row.title, "parley": row.own.json(), **{name.lower(): figure.json() for name, figure in row.peers.items()}}
                        for row in self.rows.values()},
            "threads_us": self.threads}, indent=1) + "\n")
        print(f"\nwritten: {path.relative_to(ROOT)}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench system", description="What Parley costs on this machine: start, memory, CPU per operation.")
    parser.add_argument("--repeat", type=int, default=3, help="how often each figure is taken (default 3)")
    parser.add_argument("--no-peers", action="store_true", help="Parley alone")
    parser.add_argument("--keep", action="store_true", help="keep the folder with data and logs")
    options = parser.parse_args()
    if not shutil.which("sipp"):
        parser.exit(1, "sipp is not installed (./dev setup)\n")
    begin = time.monotonic()
    folder = tempfile.mkdtemp(prefix="parley-bench-")
    try:
        bench = Bench(folder, options)
        bench.own()
        bench.speech()
        if not options.no_peers:
            bench.peers()
        bench.table()
        bench.report(ROOT / "build" / "reports" / "bench" / "system.json")
        print(f"took {time.monotonic() - begin:.0f} s; load of the machine now {os.getloadavg()[0]:.1f}")
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
