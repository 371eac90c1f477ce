"""JsSIP in a page of headless Chromium (web/e2e/sip), over the WebSocket of the HTTPS port."""
import base64
import itertools
import json
import os
import shutil
import subprocess
import threading

import numpy
import pytest

from . import sound
from .parleyd import ROOT
from .process import wait_for

NODE = ROOT / "build" / "node" / "node_modules" / ".bin"


class JsSip:
    """`microphone`: samples that it says in every call, over and over."""

    def __init__(self, folder, server, account, microphone=None, session_timers=True):
        if not (NODE / "node").exists() or not (ROOT / "web" / "node_modules" / "jssip").exists():
            pytest.skip("the web packages are not installed (./dev setup)")
        if not shutil.which("chromium"):
            pytest.skip("chromium is not installed (./dev setup)")
        self.account = account
        self.events = []
        self._answers = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "chromium.log"
        environment = {**os.environ, "BASE_URL": f"https://127.0.0.1:{server.ports['http']}"}
        if microphone is not None:
            sound.write_wav(folder / "microphone.wav", sound.resample(microphone, sound.RATE, 48000), 48000)
            environment["MICROPHONE"] = str(folder / "microphone.wav")
        with open(self.log, "ab") as errors:
            self.child = subprocess.Popen([NODE / "node", "e2e/sip/telephone.ts"], cwd=ROOT / "web", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                          env=environment, text=True, start_new_session=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.wait_event("open", 60)
        self.ask("start", account={"user": account["sip_username"], "password": account["sip_password"], "domain": account["sip_domain"],
                          "server": f"wss://127.0.0.1:{server.ports['http']}/sip", "session_timers": session_timers})

    def _read(self):
        for text in self.child.stdout:
            line = json.loads(text)
            with self._lock:
                if "id" in line:
                    self._answers[line["id"]] = line
                else:
                    self.events.append(line)

    def ask(self, what, seconds=15, **order):
        number = next(self._numbers)
        self.child.stdin.write(json.dumps({"id": number, "do": what, **order}) + "\n")
        self.child.stdin.flush()
        answer = wait_for(f"the page does '{what}' (it saw {self.story()})", lambda: self._answers.get(number) or not self._alive(), seconds)
        assert answer is not True and "error" not in answer, f"{what}: {answer}; it saw {self.story()}\n{self.log.read_text()[-2000:]}"
        return answer["value"]

    def _alive(self):
        return self.child.poll() is None

    def story(self):
        with self._lock:
            return [{k: v for k, v in e.items() if k != "sdp"} for e in self.events]

    def mark(self):
        with self._lock:
            return len(self.events)

    def seen(self, kind, since=0, **fields):
        with self._lock:
            return [e for e in self.events[since:] if e["event"] == kind and all(e.get(k) == v for k, v in fields.items())]

    def wait_event(self, kind, seconds=15, since=0, **fields):
        def condition():
            return self.seen(kind, since, **fields) or not self._alive()
        found = wait_for(f"the page sees {kind} {fields or ''}", lambda: condition(), seconds) if self._alive() else True
        assert found is not True, f"the browser ended\n{self.log.read_text()[-3000:]}"
        return found[-1]

    def heard(self, session, seconds=2):
        """What it heard of the other party last, as samples at sound.RATE."""
        return numpy.frombuffer(base64.b64decode(self.ask("heard", session=session, seconds=seconds)), dtype="<i2").astype(float) / 32768

    def wait_media(self, session, seconds=15):
        return self.wait_event("connection", seconds, session=session, state="connected")

    def stop(self):
        try:
            self.child.stdin.close()
            self.child.wait(15)
        except (OSError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait(5)
