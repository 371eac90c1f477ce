"""The server under test and, where they are installed, others that do the same work."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from harness.parleyd import BUILD, Parleyd  # noqa: E402
from harness.process import free_port  # noqa: E402

PEERS = pathlib.Path(os.environ.get("PARLEY_PEERS", ROOT.parent / "shared" / "bench" / "peers"))
FIRST_NUMBER = 10000
LIMITS = """
[limits]
calls = 5000
calls_per_extension = 5000
"""


def cpus():
    """The server's and the generators' processor; the same when there is but one."""
    have = sorted(os.sched_getaffinity(0))
    return have[0], have[1 if len(have) > 1 else 0]


def pinned(cpu):
    return ["taskset", "-c", str(cpu)] if shutil.which("taskset") else []


def descendants(pid):
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = entry.read_text()
        except OSError:
            continue
        children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(entry.parent.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


class Own:
    """parleyd with its data in `folder`."""
    name = "parleyd"

    def __init__(self, folder, cpus_of_server, environment=None):
        """`cpus_of_server`: one processor, or a set of them; `environment`: settings by variables"""
        self.server = Parleyd(folder / "data", settings=LIMITS, environment=environment)
        self.cpus = cpus_of_server if isinstance(cpus_of_server, set) else {cpus_of_server}
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE  # its own certificate, on loopback

    def start(self):
        """-> seconds until /healthz answers"""
        server, begin = self.server, time.monotonic()
        ports = server.data / "ports.json"
        ports.unlink(missing_ok=True)
        watch = _until(lambda: ports.exists())
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            started = pool.submit(self._start_pinned)
            watch(60)
            port = json.loads(ports.read_text())["http"]
            _until(lambda: self._healthy(port))(30)
            seconds = time.monotonic() - begin
            started.result()
        return seconds

    def _start_pinned(self):
        os.sched_setaffinity(0, self.cpus)  # this thread's, which the child inherits
        return self.server.start()

    def _healthy(self, port):
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{port}/healthz", timeout=2, context=self.context) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        return self.server.stop()

    @property
    def pids(self):
        return [self.server.process.child.pid]

    @property
    def target(self):
        return self.server.sip

    def counters(self):
        """name with labels -> value of every metric"""
        _, _, text = self.server.api.raw("GET", "/metrics")
        return {name: float(value) for name, value in re.findall(r"^(parley_\S+) (\S+)$", text.decode(), re.M)}

    def make_extensions(self, count):
        """as many that there are `count` -> seconds of the one step that makes them"""
        kept = [{"number": one["number"]} for one in self._extensions()]
        made = [{"number": str(FIRST_NUMBER + i), "display_name": f"Bench {i}"} for i in range(count - len(kept))]
        document = {"extensions": kept + made}
        begin = time.monotonic()
        self.server.api.in_organisation("POST", "/apply", {"document": document})
        return time.monotonic() - begin

    def _extensions(self):
        items, cursor = [], ""
        while cursor is not None:
            page = self.server.api.in_organisation("GET", f"/extensions?limit=200{'&cursor=' + cursor if cursor else ''}")
            items += page["items"]
            cursor = page["next_cursor"]
        return items

    def accounts(self, count):
        """user name and password of the first `count` of them"""
        made = [one for one in self._extensions() if int(one["number"]) >= FIRST_NUMBER][:count]

        def account(extension):
            device = self.server.api.in_organisation("GET", f"/extensions/{extension['id']}/phone")["devices"][0]
            return device["sip_username"], device["sip_password"]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(account, made))


def _until(condition):
    def wait(seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError("the server did not start")
            time.sleep(0.002)
    return wait


class Peer:
    """A server run by the scripts beside the checkout. `programs`: what must be installed."""

    def __init__(self, name, parts, programs, folder, cpu, users, phones_port, environment=None):
        self.name, self.parts, self.programs = name, parts, programs
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.environment = {**os.environ, "RUN_DIR": str(self.folder), "SRV_CPU": str(cpu), "SRV_PORT": str(self.port), "UAS_PORT": str(phones_port),
                            "USERS": str(users), "USER_PW": "bench", **(environment or {})}
        self.running = []

    @property
    def missing(self):
        """What is not here, or nothing."""
        if not PEERS.exists():
            return "no scripts"
        for program in self.programs:
            if not shutil.which(program) and not pathlib.Path(program).exists():
                return f"no {pathlib.Path(program).name}"
        return "" if "asterisk" not in self.parts or os.environ.get("AST_ROOT") else "no AST_ROOT"

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        for part in self.parts:
            self.running.append(part)
            with open(self.folder / f"{part}-start.log", "wb") as log:
                subprocess.run([str(PEERS / part / "start.sh")], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=60, check=True)
        return self

    def pids_of(self, part):
        return descendants(int((self.folder / f"{part}.pid").read_text()))

    @property
    def pids(self):
        return [pid for part in self.parts for pid in self.pids_of(part)]

    def stop(self):
        for part in reversed(self.running):
            subprocess.run([str(PEERS / part / "stop.sh")], env=self.environment, stdin=subprocess.DEVNULL, timeout=30, check=False)
        self.running = []

    def accounts(self, count):
        return [(f"u{i + 1:05d}", "bench") for i in range(count)]

