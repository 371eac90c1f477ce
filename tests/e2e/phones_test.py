"""Two real phones (baresip) over a real parleyd: register, talk, hold, keys, hang up, unregister."""
import time

from harness import sound
from harness.process import wait_for


def talk(a, b, number):
    a.dial(number)
    b.accept()
    a.wait_event("CALL_ESTABLISHED")
    b.wait_event("CALL_ESTABLISHED")


def test_a_phone_registers_and_unregisters(server, make_phone):
    phone = make_phone(server, "101")
    assert [r["extension"] for r in server.api.registrations()] == ["101"]
    phone.stop()
    wait_for("the registration is gone", lambda: server.api.registrations() == [])


def test_a_wrong_password_is_refused(server, make_phone):
    phone = make_phone(server, "101", password="wrong", wait=False)
    phone.wait_refused()
    assert server.api.registrations() == []


def test_both_parties_hear_each_other_and_the_cdr_is_the_call(server, make_phone):
    said_by_a, said_by_b = sound.babble(20, seed=1), sound.babble(20, seed=2)
    a, b = make_phone(server, "101", said_by_a), make_phone(server, "102", said_by_b)
    talk(a, b, "102")
    begun = time.monotonic()
    time.sleep(4)
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    lasted = time.monotonic() - begun

    call = server.api.wait_for_ended_call()
    assert call["direction"] == "internal"
    assert call["disposition"] == "answered"
    assert call["hangup_side"] == "caller"
    assert (call["caller"]["number"], call["callee"]["number"]) == ("101", "102")
    assert 3 <= call["billed_s"] <= lasted + 2
    assert call["recording"] is None, "recording is off by default (PBX-4)"
    for phone, said, own in ((b, said_by_a, said_by_b), (a, said_by_b, said_by_a)):
        heard, _ = phone.heard()
        assert sound.best_match(said, heard[-2 * sound.RATE:])[0] > 0.95
        assert sound.best_match(own, heard[-2 * sound.RATE:])[0] < 0.3, "the phone hears itself"


def test_the_callee_may_hang_up(server, make_phone):
    a, b = make_phone(server, "101"), make_phone(server, "102")
    talk(a, b, "102")
    b.hang_up()
    a.wait_event("CALL_CLOSED")
    assert server.api.wait_for_ended_call()["hangup_side"] == "callee"


def test_hold_and_resume(server, make_phone):
    said = sound.babble(30, seed=3)
    a, b = make_phone(server, "101", said), make_phone(server, "102")
    talk(a, b, "102")
    time.sleep(1)
    a.hold()
    wait_for("the call is held", lambda: [c["state"] for c in server.api.live_calls()] == ["held"])
    time.sleep(1)
    a.resume()
    wait_for("the call goes on", lambda: [c["state"] for c in server.api.live_calls()] == ["answered"])
    time.sleep(2)
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    heard, _ = b.heard()
    assert sound.best_match(said, heard[-sound.RATE:])[0] > 0.95, "audio is back after resume"


def test_keys_arrive_once_each(server, make_phone):
    a, b = make_phone(server, "101"), make_phone(server, "102")
    talk(a, b, "102")
    time.sleep(0.5)
    for count, digit in enumerate("159#", 1):
        a.dtmf(digit)
        wait_for(f"key {digit} arrives", lambda: len(b.seen("CALL_DTMF_END")) >= count)  # noqa: B023  it is waited for here
    assert [e["param"] for e in b.seen("CALL_DTMF_START")] == list("159#")
    a.hang_up()


def test_all_devices_of_an_extension_ring_and_one_answers(server, make_phone):
    server.api.in_organisation("POST", f"/extensions/{server.api.extension('102')['id']}/devices", {"name": "second"})
    second = [d for d in server.api.in_organisation("GET", f"/extensions/{server.api.extension('102')['id']}/phone")["devices"] if d["name"] == "second"][0]
    a, first = make_phone(server, "101"), make_phone(server, "102")
    other = make_phone(server, "102", username=second["sip_username"], password=second["sip_password"])
    a.dial("102")
    first.wait_event("CALL_INCOMING")
    other.wait_event("CALL_INCOMING")
    other.command("accept")
    a.wait_event("CALL_ESTABLISHED")
    first.wait_event("CALL_CLOSED")
    a.hang_up()
    other.wait_event("CALL_CLOSED")
    assert server.api.wait_for_ended_call()["disposition"] == "answered"


def test_a_phone_over_tcp_talks_to_one_over_udp(server, make_phone):
    said = sound.babble(20, seed=4)
    a, b = make_phone(server, "101", said, transport="tcp"), make_phone(server, "102")
    talk(a, b, "102")
    time.sleep(3)
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    assert sound.best_match(said, b.heard()[0][-sound.RATE:])[0] > 0.95


def test_wideband_is_passed_through(server, make_phone):
    a, b = make_phone(server, "101", codec="g722"), make_phone(server, "102", codec="g722")
    talk(a, b, "102")
    time.sleep(1)
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    call = server.api.call_detail(server.api.wait_for_ended_call()["id"])
    assert {leg["codec"].lower() for leg in call["legs"]} == {"g722"}


def test_the_echo_test_returns_what_was_said(server, make_phone):
    said = sound.babble(30, seed=5)
    a = make_phone(server, "101", said)
    a.dial("600")
    a.wait_event("CALL_ESTABLISHED")
    time.sleep(8)
    a.hang_up()
    assert sound.best_match(said, a.heard()[0][-sound.RATE:])[0] > 0.9


def test_sigterm_ends_calls_properly(server, make_phone):
    a, b = make_phone(server, "101"), make_phone(server, "102")
    talk(a, b, "102")
    assert server.stop() == 0
    a.wait_event("CALL_CLOSED", 5)
    b.wait_event("CALL_CLOSED", 5)
    server.start()
    call = server.api.wait_for_ended_call()
    assert (call["disposition"], call["hangup_side"]) == ("answered", "system")
