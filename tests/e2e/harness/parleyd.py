"""A real parleyd with data in a folder of its own, on loopback and free ports."""
import json
import os
import pathlib
import signal
import subprocess

from .api import Api
from .process import Process, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("PARLEY_BUILD", ROOT / "build" / "release"))

SETTINGS = """
[sip]
bind = "127.0.0.1"
port = 0
{sip}

[rtp]
bind = "127.0.0.1"
first_port = 0

[http]
bind = "{http_bind}"
port = 0

[log]
level = "info"
"""


class Parleyd:
    """start() … stop(); the data stays, so that a second start() is the restart after a crash."""

    def __init__(self, data, settings="", environment=None, http_bind="127.0.0.1"):
        self.data = pathlib.Path(data)
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.settings = settings
        self.http_bind = http_bind
        self.environment = environment or {}
        self.process = None
        self.starts = 0

    def start(self):
        config = self.data.parent / "parley.toml"
        config.write_text(SETTINGS.format(sip=self.settings, http_bind=self.http_bind))
        ports = self.data / "ports.json"
        ports.unlink(missing_ok=True)
        self.starts += 1
        self.process = Process([BUILD / "bin" / "parleyd", "--data", self.data, "--config", config], self.data.parent / f"parleyd-{self.starts}.log",
                               self.environment)
        try:
            wait_for("parleyd writes ports.json", lambda: ports.exists() or not self.process.running, 60)
            assert self.process.running, "it ended"
            self.ports = json.loads(ports.read_text())
            self.api = Api(self.data / "parleyd.sock")
            wait_for("parleyd answers", self._answers, 30)
        except AssertionError as error:
            self.process.kill()
            raise AssertionError(f"parleyd did not start: {error}\n{self.process.output()[-6000:]}") from None
        return self

    def _answers(self):
        assert self.process.running, "it ended"
        try:
            return self.api.get("/v1/status")
        except OSError:
            return None

    @property
    def log(self):
        return self.process.output()

    @property
    def sip(self):
        return f"127.0.0.1:{self.ports['sip']}"

    def address(self, transport="udp", host="127.0.0.1"):
        port = self.ports["sip_tls" if transport == "tls" else "sip"]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def command(self, *arguments, input_text="", seconds=120):
        """The parley command against this server: -> exit status, output, errors."""
        done = subprocess.run([BUILD / "bin" / "parley", "--data", self.data, *arguments], input=input_text, capture_output=True, text=True, timeout=seconds)
        return done.returncode, done.stdout, done.stderr

    def stop(self, seconds=20):
        return self.process.stop(seconds) if self.process else None

    def kill(self):
        """As a power cut to the process: no chance to write anything."""
        self.process.signal(signal.SIGKILL)
        self.process.wait(10)
