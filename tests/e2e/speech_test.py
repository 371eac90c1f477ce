"""A recorded call fed with real speech: who said what comes out right, and the analysis points to it."""
import json
import time

import pytest

from harness import sound
from harness.api import ApiError
from harness.process import wait_for
from recording_test import channels, end, start_recorded_call

MAX_WORD_ERROR_RATE = 0.15  # each channel, over the telephone band; measured 4 to 9 % on the development set


@pytest.fixture
def speaking_server(server):
    speech = server.api.get("/v1/status")["speech"]
    if not speech["available"]:
        pytest.skip(f"speech is not available: {speech.get('reason')}")
    return server


def clips(shared, *names):
    """-> the clips one after the other with a second between, and their text."""
    folder = shared("data/speech/manifest.jsonl").parent
    manifest = {item["id"]: item for item in map(json.loads, (folder / "manifest.jsonl").read_text().splitlines())}
    parts, text = [], []
    for name in names:
        samples, rate = sound.read_wav(folder / manifest[name]["file"])
        parts += [sound.resample(samples[:, 0], rate), sound.silence(1)]
        text.append(manifest[name]["ref"])
    said = sound.numpy.concatenate(parts)
    return 0.6 * said / sound.numpy.abs(said).max(), " ".join(text)


def test_speech_on_both_channels_is_transcribed_and_analysed(speaking_server, make_phone, shared):
    notice = sound.silence(12)  # the notice plays meanwhile: what is said before it ended is not recorded
    caller, caller_text = clips(shared, "LJ001-0002", "LJ001-0005")
    callee, callee_text = clips(shared, "jfk")
    said_by_a = sound.numpy.concatenate([notice, caller])
    said_by_b = sound.numpy.concatenate([notice, sound.silence(len(caller) / sound.RATE), callee])
    a, b, call_id = start_recorded_call(speaking_server, make_phone, said_by_a, said_by_b)
    time.sleep(len(said_by_b) / sound.RATE)
    end(speaking_server, a, b)

    both = channels(speaking_server.api.audio(call_id))
    assert sound.best_match(caller, both[0])[0] > 0.9
    assert sound.best_match(callee, both[1])[0] > 0.9
    speaking_server.api.wait_for_results(call_id)
    transcript = speaking_server.api.in_organisation("GET", f"/calls/{call_id}/transcript")
    for speaker, text in (("caller", caller_text), ("callee", callee_text)):
        heard = " ".join(turn["text"] for turn in transcript["turns"] if turn["speaker"] == speaker)
        rate = sound.word_error_rate(text, heard)
        assert rate <= MAX_WORD_ERROR_RATE, f"{speaker}: {100 * rate:.0f} %: {heard}"
    starts = [turn["start_s"] for turn in transcript["turns"]]
    assert starts == sorted(starts)
    analysis = speaking_server.api.in_organisation("GET", f"/calls/{call_id}/analysis")
    turns = len(transcript["turns"])
    claims = [c for c in analysis["summary"].values() if c] + [t["claim"] for t in analysis["topics"]] + [e["claim"] for e in analysis["entities"]]
    for claim in claims:
        assert claim["evidence"], "a claim without evidence"
        assert all(0 <= e["turn"] < turns for e in claim["evidence"])
    assert analysis["talk"]["caller_s"] > 3 and analysis["talk"]["callee_s"] > 3



def test_a_running_call_is_read_as_it_is_said(speaking_server):
    """The demo call: what was said so far comes while it goes on; the final transcript takes its place."""
    api = speaking_server.api
    api.set_extension("101", recording="on")
    api.in_organisation("POST", "/demo-call", {})

    def heard():
        calls = api.live_calls()
        if not calls or calls[0]["recording"] != "on":
            return None
        try:
            transcript = api.in_organisation("GET", f"/calls/{calls[0]['id']}/transcript")
        except ApiError as error:
            assert error.status == 404, error
            return None
        assert transcript["provisional"]
        return (calls[0]["id"], transcript) if len(transcript["turns"]) >= 3 else None

    call_id, so_far = wait_for("three turns while the call goes on", heard, 100, 1)
    call = api.call_detail(call_id)
    assert call["ended_at"] is None
    assert (call["transcript"], call["analysis"]) == ("running", "running")
    assert {turn["speaker"] for turn in so_far["turns"]} == {"caller", "callee"}
    analysis = api.in_organisation("GET", f"/calls/{call_id}/analysis")
    assert analysis["provisional"] and analysis["summary"]["problem"]

    api.in_organisation("POST", f"/live-calls/{call_id}/hangup", {})
    api.wait_for_results(call_id)
    final = api.in_organisation("GET", f"/calls/{call_id}/transcript")
    assert not final["provisional"]
    assert not api.in_organisation("GET", f"/calls/{call_id}/analysis")["provisional"]
    text = " ".join(turn["text"] for turn in final["turns"])
    heard_so_far = " ".join(turn["text"] for turn in so_far["turns"])
    assert sound.word_error_rate(" ".join(text.split()[:len(heard_so_far.split())]), heard_so_far) < 0.25
