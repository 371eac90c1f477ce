"""Recorded calls: notice first, one party per channel, pause leaves nothing, sealed on disk (PBX-4), readable after a crash."""
import io
import time
import wave

import pytest

from harness import sound
from harness.api import ApiError
from harness.parleyd import ROOT
from harness.process import wait_for

RECORDS = {"recording": "on"}


def start_recorded_call(server, make_phone, said_by_a, said_by_b, **options):
    server.api.set_extension("101", **RECORDS)
    a, b = make_phone(server, "101", said_by_a, **options), make_phone(server, "102", said_by_b, **options)
    a.dial("102")
    b.accept()
    a.wait_event("CALL_ESTABLISHED")
    call_id = wait_for("the recording runs", lambda: [c["id"] for c in server.api.live_calls() if c["recording"] == "on"], 30)[0]
    return a, b, call_id


def channels(audio):
    with wave.open(io.BytesIO(audio), "rb") as file:
        assert file.getnchannels() == 2
        rate = file.getframerate()
        raw = sound.numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float).reshape(-1, 2) / 32768
    return [sound.resample(raw[:, i], rate) for i in (0, 1)]


def end(server, a, b):
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    return server.api.wait_for_ended_call()


def files_with(data, needle):
    return [str(p) for p in data.rglob("*") if p.is_file() and needle in p.read_bytes()]


def test_what_was_recorded_is_what_was_said_on_each_channel(server, make_phone):
    said = sound.babble(60, seed=1), sound.babble(60, seed=2)
    a, b, _ = start_recorded_call(server, make_phone, *said)
    begun = time.monotonic()
    time.sleep(6)
    call = end(server, a, b)
    lasted = time.monotonic() - begun
    assert call["recording"]["state"] == "ready"
    both = channels(server.api.audio(call["id"]))
    assert 4.5 < len(both[0]) / sound.RATE < lasted + 1.5
    starts = []
    for own in (0, 1):
        likeness, start = sound.best_match(said[own], both[own])
        assert likeness > 0.95, f"channel {own} is not what its party said"
        assert sound.best_match(said[1 - own], both[own])[0] < 0.2, f"channel {own} holds the other party"
        starts.append(start)
    assert starts[0] == pytest.approx(starts[1], abs=0.5), "the channels are aligned"
    assert min(starts) > 1, "capture began after the notice was heard"


def test_both_parties_hear_the_notice_first(server, make_phone):
    a, b, _ = start_recorded_call(server, make_phone, sound.silence(1), sound.silence(1))
    time.sleep(1)
    end(server, a, b)
    for phone in (a, b):
        heard, rate = phone.heard()
        assert sound.best_match(usual_notice(), sound.resample(heard, rate))[0] > 0.8, "the notice was not what was heard"


def usual_notice():
    samples, rate = sound.read_wav(ROOT / "assets" / "prompts" / "recording_notice.wav")
    return sound.resample(samples[:, 0], rate)


def test_an_organisations_own_notice_is_what_both_parties_hear(server, make_phone):
    text = "This call of the harbour office is recorded for training. If you do not want that, please say so at once, and we shall stop it."
    server.api.in_organisation("PUT", "/policy", {"recordings_days": 90, "announcement": {"mode": "custom", "text": text}})
    wait_for("the notice is spoken", lambda: "notice.spoken" in server.log, 60)
    a, b, call_id = start_recorded_call(server, make_phone, sound.silence(1), sound.silence(1))
    end(server, a, b)
    steps = {s["what"]: s["at"] for s in server.api.call_detail(call_id)["path"]}
    assert "recording.started" in steps
    for phone in (a, b):
        heard, rate = phone.heard()
        assert len(heard) / rate > 5, "so long a text takes its time"
        assert sound.loudness(heard) > 0.01
        assert sound.best_match(usual_notice(), sound.resample(heard, rate))[0] < 0.3, "it is the default notice"


def test_a_call_of_extensions_without_recording_leaves_none(server, make_phone):
    a, b = make_phone(server, "101"), make_phone(server, "102")
    a.dial("102")
    b.accept()
    a.wait_event("CALL_ESTABLISHED")
    time.sleep(1)
    call = end(server, a, b)
    assert call["recording"] is None
    with pytest.raises(ApiError) as refused:
        server.api.audio(call["id"])
    assert refused.value.status == 404


@pytest.mark.parametrize("by", ["api", "keys"])
def test_a_paused_stretch_is_absent(server, make_phone, by):
    """The party says a low tone, and a high one while the recording is paused: no trace of the high one may be in the audio."""
    said = sound.babble(8, seed=6)
    a, b, call_id = start_recorded_call(server, make_phone, sound.silence(1), said)
    state = lambda: [c["recording"] for c in server.api.live_calls()]  # noqa: E731
    order = lambda action: server.api.in_organisation("POST", f"/live-calls/{call_id}/recording", {"action": action})  # noqa: E731

    def toggle(action):
        if by == "api":
            order(action)
        else:
            a.dtmf("*")
            time.sleep(0.4)
            a.dtmf("1")

    time.sleep(1)
    toggle("pause")
    wait_for("it is paused", lambda: state() == ["paused"])
    # b's microphone is changed while paused, so that a stretch with a mark of its own is said and must not be kept
    tone = b.folder / "tone.wav"
    sound.write_wav(tone, sound.tone(1000, 60))
    b.command("ausrc", f"aufile,{tone}")
    time.sleep(3)
    quiet = b.folder / "quiet.wav"
    sound.write_wav(quiet, sound.tone(500, 60))
    b.command("ausrc", f"aufile,{quiet}")
    time.sleep(1)
    toggle("resume")
    wait_for("it goes on", lambda: state() == ["on"])
    time.sleep(2)
    call = end(server, a, b)
    recorded = channels(server.api.audio(call["id"]))[1]
    assert sound.power_at(recorded[-sound.RATE:], 500) > 0.5, "what was said after the pause is there"
    assert sound.power_at(recorded, 1000) < 0.01, "the paused stretch is in the recording"


def test_stop_ends_the_recording_and_the_call_goes_on(server, make_phone):
    a, b, call_id = start_recorded_call(server, make_phone, sound.babble(30, 1), sound.babble(30, 2))
    begun = time.monotonic()
    time.sleep(2)
    server.api.in_organisation("POST", f"/live-calls/{call_id}/recording", {"action": "stop"})
    recorded = time.monotonic() - begun
    wait_for("the recording is off", lambda: [c["recording"] for c in server.api.live_calls()] == ["off"])
    time.sleep(2)
    call = end(server, a, b)
    assert call["recording"]["seconds"] < recorded + 1.5


def test_on_disk_nothing_is_audio_without_the_key(server, make_phone):
    said = sound.tone(440, 60)
    a, b, _ = start_recorded_call(server, make_phone, said, said)
    time.sleep(3)
    call = end(server, a, b)
    assert sound.power_at(channels(server.api.audio(call["id"]))[0], 440) > 0.9
    big = [p for p in (server.data / "blobs").rglob("*") if p.is_file() and p.stat().st_size > 20000]
    assert big, "the recording is on disk"
    for path in big:
        raw = path.read_bytes()
        counts = sound.numpy.bincount(sound.numpy.frombuffer(raw, dtype=sound.numpy.uint8), minlength=256) / len(raw)
        entropy = -sum(p * sound.numpy.log2(p) for p in counts if p)
        assert entropy > 7.9, f"{path.name} has {entropy:.2f} bits a byte: that is not ciphertext"


def test_killed_in_mid_recording_it_is_readable_after_restart(server, make_phone):
    said = sound.babble(60, seed=1), sound.babble(60, seed=2)
    a, b, call_id = start_recorded_call(server, make_phone, *said)
    time.sleep(5)
    server.kill()
    server.start()
    call = wait_for("the cut call is in the list", lambda: next((c for c in server.api.calls() if c["id"] == call_id and c["ended_at"]), None))
    assert call["recording"]["state"] == "cut"
    both = channels(server.api.audio(call_id))
    assert len(both[0]) / sound.RATE > 3, "at most the last second is lost"
    for own in (0, 1):
        assert sound.best_match(said[own], both[own])[0] > 0.95


def test_audio_is_served_in_ranges_and_listening_is_audited(server, make_phone):
    a, b, _ = start_recorded_call(server, make_phone, sound.babble(30, 1), sound.babble(30, 2))
    time.sleep(2)
    call = end(server, a, b)
    whole = server.api.audio(call["id"])
    path = f"{server.api.organisation}/calls/{call['id']}/audio"
    status, headers, part = server.api.raw("GET", path, headers={"Range": "bytes=1000-1999"})
    assert (status, part) == (206, whole[1000:2000])
    assert headers["Content-Range"] == f"bytes 1000-1999/{len(whole)}"
    status, _, tail = server.api.raw("GET", path, headers={"Range": "bytes=-100"})
    assert (status, tail) == (206, whole[-100:])
    status, _, _ = server.api.raw("GET", path, headers={"Range": f"bytes={len(whole)}-"})
    assert status == 416
    entries = server.api.in_organisation("GET", "/audit")["items"]
    assert any("listen" in e["action"] or "audio" in e["action"] for e in entries), [e["action"] for e in entries]


def test_names_and_numbers_are_not_plain_on_disk(server, make_phone):
    server.api.set_extension("101", display_name="Wilhelmina Quarterstaff", mobile="+41795550123")
    a, b, _ = start_recorded_call(server, make_phone, sound.babble(30, 1), sound.babble(30, 2))
    time.sleep(1)
    end(server, a, b)
    for needle in (b"Wilhelmina", b"Quarterstaff", b"41795550123"):
        assert files_with(server.data, needle) == []
    assert "Wilhelmina" not in server.log, "PBX-14: no personal data in the log at the default level"
