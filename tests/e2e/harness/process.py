"""Child processes that a test starts: stopped by their own id, never by name."""
import os
import pathlib
import random
import signal
import socket
import subprocess
import time


def wait_for(what, condition, seconds=15.0, every=0.05):
    """Waits until condition() is true and returns its value; fails the test with `what` when it does not become so."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:g} s: {what}")
        time.sleep(every)


def free_port(count=1):
    """The first of `count` ports in a row (an even one, if it is more than one) that nobody has, neither for datagrams nor for streams.

    They lie below those that the system gives to sockets that ask for any: none of these can take one before its owner does."""
    while True:
        first = random.randrange(10000, 19000) & (~1 if count > 1 else -1)
        try:
            for port in range(first, first + count):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    with socket.socket(socket.AF_INET, kind) as s:
                        s.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue


class Process:
    """One child in a process group of its own, its output in a file."""

    def __init__(self, command, log, environment=None, folder=None):
        self.log = pathlib.Path(log)
        self._out = open(self.log, "ab")
        self.child = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.STDOUT,
                                      env={**os.environ, **(environment or {})}, cwd=folder, start_new_session=True)

    @property
    def running(self):
        return self.child.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def signal(self, number):
        if self.running:
            self.child.send_signal(number)

    def wait(self, seconds):
        return self.child.wait(seconds)

    def stop(self, seconds=10.0):
        """Asks it to end, and makes it end. Returns its exit status."""
        try:
            self.signal(signal.SIGTERM)
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.child.returncode
        finally:
            self._out.close()

    def kill(self):
        try:
            os.killpg(self.child.pid, signal.SIGKILL)  # with what it started itself
        except ProcessLookupError:
            pass
        self.child.wait()
