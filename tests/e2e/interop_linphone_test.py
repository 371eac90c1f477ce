"""Linphone, a telephone of another make (its stack is belle-sip), over UDP, TCP and TLS: calls with baresip both ways, hold, transfer, refusals."""
import time

import pytest

from harness import sound
from harness.linphone import Linphone
from harness.process import wait_for


@pytest.fixture
def make_linphone(tmp_path):
    phones = []

    def make(server, number, transport="udp", **options):
        ca = server.data / "tls" / "certificate.pem" if transport == "tls" else None
        phones.append(phone := Linphone(tmp_path / f"linphone-{number}-{len(phones)}", server.api.phone(number), server.address(transport), transport, ca=ca, **options))
        wait_for("Linphone is registered", lambda: any(r["extension"] == number for r in server.api.registrations()), 20)
        return phone

    yield make
    for phone in phones:
        phone.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_linphone_and_baresip_call_each_other(server, make_linphone, make_phone, transport):
    said, heard_there = sound.babble(20, seed=11), sound.babble(20, seed=12)
    linphone, phone = make_linphone(server, "101", transport, says=said), make_phone(server, "102", heard_there)
    [registered] = [r for r in server.api.registrations() if r["extension"] == "101"]
    assert registered["transport"] == transport and registered["user_agent"].startswith("Linphonec")

    linphone.command("call 102")
    phone.accept()
    linphone.says("Media streams established")
    time.sleep(3)
    linphone.command("terminate")
    phone.wait_event("CALL_CLOSED")
    assert sound.best_match(said, phone.heard()[0][-2 * sound.RATE:])[0] > 0.8, "what Linphone says is heard"

    mark = linphone.mark()
    before = phone.mark()
    phone.dial("101")
    linphone.says("Receiving new incoming call", since=mark)
    phone.wait_event("CALL_RINGING", since=before)
    linphone.command("answer")
    phone.wait_event("CALL_ESTABLISHED", since=before)
    linphone.says("Media streams established", since=mark)
    phone.hang_up()
    linphone.says("ended", since=mark)
    calls = wait_for("both are written down", lambda: len([c for c in server.api.calls() if c["ended_at"]]) == 2 and server.api.calls())
    assert [c["disposition"] for c in calls] == ["answered", "answered"]


def test_linphone_holds_and_is_held(server, make_linphone, make_phone):
    linphone, phone = make_linphone(server, "101"), make_phone(server, "102")
    linphone.command("call 102")
    phone.accept()
    linphone.says("Media streams established")
    mark = linphone.mark()
    linphone.command("pause")
    linphone.says("paused", since=mark)
    mark = linphone.mark()
    linphone.command("resume")
    linphone.says("Media streams established", since=mark)
    mark = linphone.mark()
    phone.hold()
    linphone.says("paused by", since=mark)
    mark = linphone.mark()
    phone.resume()
    linphone.says("Media streams established", since=mark)
    linphone.command("terminate")
    phone.wait_event("CALL_CLOSED")


def test_linphone_transfers(server, make_linphone, make_phone):
    linphone, bob, carol = make_linphone(server, "101"), make_phone(server, "102"), make_phone(server, "103")
    linphone.command("call 102")
    bob.accept()
    linphone.says("Media streams established")
    linphone.command("transfer 103")
    carol.accept()
    carol.wait_event("CALL_ESTABLISHED")
    linphone.says("ended")
    carol.hang_up()
    bob.wait_event("CALL_CLOSED")


def test_linphone_is_refused_and_gives_up(server, make_linphone, make_phone):
    linphone, phone = make_linphone(server, "101"), make_phone(server, "102")
    linphone.command("call 999")
    linphone.says("999@demo.parley.local error")
    assert "SIP/2.0 404 Not Found" in linphone.log.read_text(errors="replace")
    mark = linphone.mark()
    linphone.command("call 102")
    phone.wait_event("CALL_INCOMING")
    phone.command("hangup", "scode=486")
    linphone.says("error", since=mark)
    mark, before = linphone.mark(), phone.mark()
    linphone.command("call 102")
    phone.wait_event("CALL_INCOMING", since=before)
    linphone.command("terminate")
    phone.wait_event("CALL_CLOSED", since=before)
    wait_for("both are written down", lambda: {"busy", "cancelled"} <= {c["disposition"] for c in server.api.calls() if c["ended_at"]})
