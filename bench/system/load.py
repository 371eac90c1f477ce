"""SIPp at a fixed rate, pinned beside the server: how many succeeded."""
import csv
import os
import pathlib
import signal
import subprocess
import time

SCENARIOS = pathlib.Path(__file__).resolve().parent / "scenarios"
ADDRESS = "127.0.0.1"


def write_users(path, rows):
    """rows of (user name, password, …)"""
    lines = ["SEQUENTIAL"] + [f"{user};[authentication username={user} password={password}]" for user, password, *_ in rows]
    path.write_text("\n".join(lines) + "\n")


class Load:
    def __init__(self, folder, pin, target, users, phones_port):
        self.folder, self.pin, self.target, self.users, self.phones_port = pathlib.Path(folder), pin, target, users, phones_port
        self._runs = 0
        self.failures = {}  # of the last run: how calls failed, and how many, in SIPp's words
        self.statistics = {}  # of the last run: SIPp's last line

    def _start(self, scenario, *arguments):
        log = open(self.folder / f"sipp-{self._runs}-{pathlib.Path(scenario).name}.log", "wb")
        command = [*self.pin, "sipp", "-sf", SCENARIOS / f"{scenario}.xml", "-i", ADDRESS, "-nostdin", "-buff_size", 4_000_000, *arguments]
        return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

    def run(self, scenario, rate, count, number=None, at_once=None):
        """`scenario`: a name, or a path without its suffix. `number`: whom all of them call. `at_once`: how many calls may be under way.
        -> how many of `count` succeeded, retransmissions

        SIPp signs one and the same URI in all requests, so that all callers must dial the same number.
        """
        self._runs += 1
        answering = number is not None
        dial = ["-s", number, "-auth_uri", f"{number}@{self.target}"] if answering else []
        statistics = self.folder / f"sipp-{self._runs}.csv"
        called = self._start("answer", "-p", self.phones_port) if answering else None
        time.sleep(0.3 if answering else 0)
        seconds = count / rate
        calling = self._start(scenario, "-inf", self.users, "-r", rate, "-m", count, "-l", at_once or int(rate * 2) + 50, "-key", "phones_port", self.phones_port,
                              "-recv_timeout", 5000, "-timeout", f"{int(seconds + 15)}s", "-trace_stat", "-stf", statistics, "-fd", 1,
                              "-cid_str", f"{os.getpid()}-{self._runs}-%u-%p@%s", *dial, self.target)
        try:
            calling.wait(seconds + 25)
        except subprocess.TimeoutExpired:
            calling.kill()
            calling.wait()
        if called:
            called.send_signal(signal.SIGTERM)
            try:
                called.wait(3)
            except subprocess.TimeoutExpired:
                called.kill()
                called.wait()
        try:
            with open(statistics) as file:
                last = list(csv.DictReader(file, delimiter=";"))[-1]
        except (OSError, IndexError):
            self.failures, self.statistics = {"NoStatistics": count}, {}
            return 0, 0
        self.statistics = last
        self.failures = {name[:-3]: int(value) for name, value in last.items() if name and name.startswith("Failed") and name.endswith("(C)") and value not in ("", "0")}
        return int(last["SuccessfulCall(C)"]), int(last["Retransmissions(C)"])
