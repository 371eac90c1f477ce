"""A full disk: the recording ends with an event, the call goes on, and the server works again when there is room."""
import os
import subprocess

import pytest

from harness import sound
from harness.parleyd import Parleyd
from harness.process import wait_for
from recording_test import start_recorded_call


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("making a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"mount is not allowed here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def test_a_full_disk_ends_the_recording_and_not_the_call(small_disk, make_phone):
    server = Parleyd(small_disk / "data").start()
    try:
        a, b, _ = start_recorded_call(server, make_phone, sound.babble(60, 1), sound.babble(60, 2))
        with open(small_disk / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 65536)
            except OSError:
                pass
        wait_for("the recording says that it failed", lambda: [c["recording"] for c in server.api.live_calls()] == ["failed"], 30)
        heard = next(b.folder.glob("dump-*-dec.wav"))
        before = heard.stat().st_size
        wait_for("the call goes on", lambda: heard.stat().st_size > before + 16000)
        (small_disk / "filler").unlink()
        a.hang_up()
        b.wait_event("CALL_CLOSED")
        call = server.api.wait_for_ended_call(seconds=30)
        assert call["disposition"] == "answered"
        wait_for("the recording's row says that it failed", lambda: server.api.call_detail(call["id"])["recording"]["state"] in ("failed", "cut"), 30)
    finally:
        assert server.stop() == 0
