"""A recorded call fed with real speech: who said what comes out right, and the analysis points to it."""
import json
import time

import pytest

from harness import sound
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

