"""JsSIP in a page of headless Chromium (web/e2e/sip), over the WebSocket of the HTTPS port."""
import itertools
import json
import os
import shutil
import socket
import subprocess
import threading

import pytest

from .parleyd import ROOT
from .process import wait_for

NODE = ROOT / "build" / "node" / "node_modules" / ".bin"


class JsSip:
    """`plain`: the wire carries RTP/AVP at a port of ours instead of what the browser offers (see web/e2e/sip/page.ts)."""

    def __init__(self, folder, server, account, plain=True, session_timers=True):
        if not (NODE / "node").exists() or not (ROOT / "web" / "node_modules" / "jssip").exists():
            pytest.skip("the web packages are not installed (./dev setup)")
        if not shutil.which("chromium"):
            pytest.skip("chromium is not installed (./dev setup)")
        self.account = account
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind(("127.0.0.1", 0))
        self.events = []
        self._answers = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "chromium.log"
        base = f"https://127.0.0.1:{server.ports['http']}"
        with open(self.log, "ab") as errors:
            self.child = subprocess.Popen([NODE / "node", "e2e/sip/telephone.ts"], cwd=ROOT / "web", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                          env={**os.environ, "BASE_URL": base}, text=True, start_new_session=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.wait_event("open", 60)
        self.ask("start", plain=self.media.getsockname()[1] if plain else 0,
                 account={"user": account["sip_username"], "password": account["sip_password"], "domain": account["sip_domain"],
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

    def hears_rtp(self, seconds=5):
        """Whether a packet of the call's media came to the plain description's port."""
        self.media.settimeout(seconds)
        try:
            return len(self.media.recv(2048)) > 12
        except TimeoutError:
            return False

    def stop(self):
        try:
            self.child.stdin.close()
            self.child.wait(15)
        except (OSError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait(5)
        self.media.close()
