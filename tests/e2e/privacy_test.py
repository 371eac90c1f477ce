"""Deleted is deleted: by deadline (RET-3), by hand (RET-9), not under a hold (RET-10), with receipt (RET-11); parley prove says so."""
import json
import pathlib
import time

import pytest

from harness import sound
from harness.api import ApiError
from harness.process import wait_for
from recording_test import end, files_with, start_recorded_call

NAME = "Wilhelmina Quarterstaff"


@pytest.fixture
def recorded(server, make_phone):
    """-> server and the id of an ended, recorded call."""
    server.api.set_extension("101", display_name=NAME)
    a, b, _ = start_recorded_call(server, make_phone, sound.babble(30, 1), sound.babble(30, 2))
    time.sleep(2)
    return server, end(server, a, b)["id"]


def audio_files(server):
    return [p for p in (server.data / "blobs").rglob("*") if p.is_file()]


def assert_nothing_left(server, call_id):
    with pytest.raises(ApiError) as gone:
        server.api.call_detail(call_id)
    assert gone.value.status == 404
    raw_id = bytes.fromhex(call_id.replace("-", ""))
    assert audio_files(server) == [], "the audio is still there"
    for needle in (NAME.encode(), call_id.encode(), raw_id):
        left = [f for f in files_with(server.data, needle) if "receipt" not in f]
        assert not [f for f in left if needle == NAME.encode()], left


def verdicts(server):
    report = server.api.in_organisation("POST", "/prove", {})
    return {p["id"]: p for p in report["promises"]}


def test_deletion_by_hand_leaves_nothing_and_gives_a_receipt(recorded):
    server, call_id = recorded
    receipt = server.api.in_organisation("DELETE", f"/calls/{call_id}")
    assert receipt["id"]
    assert NAME not in json.dumps(receipt)
    assert_nothing_left(server, call_id)
    receipts = server.api.in_organisation("GET", "/receipts")
    assert receipt["id"] in [r["id"] for r in (receipts if isinstance(receipts, list) else receipts["items"])]
    for promise in ("RET-9", "RET-11"):
        assert verdicts(server)[promise]["verdict"] == "holds"


def test_the_recording_alone_can_be_deleted(recorded):
    server, call_id = recorded
    server.api.in_organisation("DELETE", f"/calls/{call_id}/recording")
    with pytest.raises(ApiError):
        server.api.audio(call_id)
    assert server.api.call_detail(call_id)["disposition"] == "answered"


def start_later(server, days):
    """The same data, days later, by libfaketime; timers run as always."""
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if not library:
        pytest.skip("faketime is not installed (./dev setup)")
    assert server.stop() == 0
    server.environment = {"LD_PRELOAD": str(library), "FAKETIME": f"+{days}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    server.start()


def recording_state(server, call_id):
    return (server.api.call_detail(call_id)["recording"] or {"state": "deleted"})["state"]


def test_after_91_days_recordings_are_gone(recorded):
    server, call_id = recorded
    start_later(server, 91)
    wait_for("the recording is deleted", lambda: recording_state(server, call_id) == "deleted", 60, 0.5)
    with pytest.raises(ApiError):
        server.api.audio(call_id)
    with pytest.raises(ApiError):
        server.api.in_organisation("GET", f"/calls/{call_id}/transcript")
    wait_for("its file is gone, right after its row and its key", lambda: audio_files(server) == [])
    assert verdicts(server)["RET-3"]["verdict"] == "holds"


def test_a_hold_keeps_what_is_due_and_prove_names_it(recorded):
    server, call_id = recorded
    hold = server.api.in_organisation("POST", f"/calls/{call_id}/holds", {"reason": "court order"})
    with pytest.raises(ApiError) as refused:
        server.api.in_organisation("DELETE", f"/calls/{call_id}")
    assert refused.value.status == 409
    start_later(server, 91)
    time.sleep(3)
    assert len(server.api.audio(call_id)) > 10000
    promises = verdicts(server)
    assert promises["RET-10"]["verdict"] == "holds"
    assert any(hold["id"] in json.dumps(p["exceptions"]) for p in promises.values())
    server.api.in_organisation("DELETE", f"/holds/{hold['id']}")
    wait_for("what was due goes once the hold is lifted", lambda: recording_state(server, call_id) == "deleted", 60, 0.5)


def test_prove_signs_a_report_without_violation(recorded):
    server, _ = recorded
    status, out, err = server.command("prove", "--run", "--json")
    assert status == 0, err
    report = json.loads(out)
    assert report["signature"]["algorithm"] == "Ed25519"
    assert {p["id"] for p in report["promises"]} >= {"PBX-3", "PBX-4", "RET-3", "RET-9", "RET-10", "RET-11", "SEC-1", "SEC-5", "SEC-8"}
    assert [p["id"] for p in report["promises"] if p["verdict"] == "violated"] == []
