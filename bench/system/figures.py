"""What a process has used, from /proc; and figures that were taken several times."""
import os
import pathlib
import statistics
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Usage:
    """CPU seconds of some processes (utime + stime) and of each of their threads by name."""

    def __init__(self, pids):
        self.cpu_s = 0.0
        self.threads = {}
        for pid in pids:
            words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            self.cpu_s += (int(words[11]) + int(words[12])) / TICKS
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                try:
                    name = (task / "comm").read_text().strip()
                    used = int((task / "schedstat").read_text().split()[0]) / 1e9
                except (OSError, IndexError):
                    continue  # it has ended, or this kernel does not say
                self.threads[name] = self.threads.get(name, 0.0) + used

    def since(self, before):
        """-> CPU seconds, and those of the busiest threads"""
        threads = {name: used - before.threads.get(name, 0.0) for name, used in self.threads.items()}
        busy = sorted(threads.items(), key=lambda one: -one[1])[:6]
        return self.cpu_s - before.cpu_s, {name: used for name, used in busy if used > 0}


def rss_bytes(pids):
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
    return total


def settle(pids, seconds=6.0):
    """Waits until the processes rest: what they still do belongs to what was measured."""
    end = time.monotonic() + seconds
    quiet, last = 0, Usage(pids).cpu_s
    while quiet < 3 and time.monotonic() < end:
        time.sleep(0.2)
        now = Usage(pids).cpu_s
        quiet = quiet + 1 if now - last < 2 / TICKS else 0
        last = now


class Figure:
    """One quantity, taken several times: the middle one counts, the range is said."""

    def __init__(self, unit, digits=1):
        self.unit, self.digits, self.values, self.notes = unit, digits, [], []

    def add(self, value):
        self.values.append(value)
        return self

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
        return self

    @property
    def middle(self):
        return statistics.median(self.values) if self.values else None

    def text(self):
        if not self.values:
            return self.notes[0] if self.notes else "-"
        low, high = min(self.values), max(self.values)
        span = f"  ({low:.{self.digits}f} to {high:.{self.digits}f})" if len(self.values) > 1 else ""
        return f"{self.middle:.{self.digits}f} {self.unit}{span}"

    def json(self):
        return {"unit": self.unit, "median": self.middle, "values": self.values, "notes": self.notes}
