"""The demo call, and the console that parleyd serves, driven in headless Chromium by web/e2e: sign-in, list, playing, claim to evidence."""
import os
import shutil
import subprocess

import pytest

from harness.parleyd import ROOT

PASSWORD = "correct horse battery staple 7"


@pytest.fixture
def console(server):
    """A server with an analysed call in it and an administrator whose password is known."""
    node = ROOT / "build" / "node" / "node_modules" / ".bin"
    if not (ROOT / "web" / "node_modules").exists() or not (ROOT / "web" / "console" / "dist" / "index.html").exists():
        pytest.skip("the console is not built (./dev build)")
    if not shutil.which("chromium"):
        pytest.skip("chromium is not installed (./dev setup)")
    speech = server.api.get("/v1/status")["speech"]
    if not speech["available"]:
        pytest.skip(f"speech is not available: {speech.get('reason')}")
    admin = next(u for u in server.api.in_organisation("GET", "/users")["items"] if u["login"] == "admin")
    server.api.in_organisation("PATCH", f"/users/{admin['id']}", {"password": PASSWORD})
    server.api.set_extension("101", recording="on")
    status, out, err = server.command("demo", seconds=420)  # a call of two minutes, and its transcript
    assert status == 0, out + err
    for title in ("Call", "Transcript", "Analysis", "Proof"):
        assert f"\n{title}\n" in out
    assert " caller " in out and " callee " in out and "Problem" in out
    environment = {**os.environ, "PATH": f"{node}:{os.environ['PATH']}", "BASE_URL": f"https://127.0.0.1:{server.ports['http']}", "PARLEY_LOGIN": "admin",
                   "PARLEY_PASSWORD": PASSWORD}

    def run(script):
        return subprocess.run(["npm", "run", "--silent", script], cwd=ROOT / "web", env=environment, capture_output=True, text=True, timeout=240)

    return run


def test_the_demo_call_and_the_console_from_sign_in_to_evidence(console):
    done = console("e2e")
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    print(done.stdout)
