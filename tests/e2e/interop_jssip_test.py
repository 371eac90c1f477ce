"""JsSIP, the SIP stack of web telephones, in a real browser: RFC 7118 as the browsers of the world speak it, their media by ICE and DTLS-SRTP."""
import time

import pytest

from harness import sipp, sound
from harness.jssip import JsSip
from harness.process import wait_for
from harness.sipp import answer, await_request, challenged, expect, pause, request, sdp, xml
from recording_test import channels

INVITE = challenged("INVITE", body=sdp())
ANSWERS = xml(await_request("INVITE"), answer(180, "Ringing"), answer(200, "OK", sdp()), await_request("ACK"), await_request("BYE"), answer(200, "OK", tag=False))


@pytest.fixture
def make_page(tmp_path):
    pages = []

    def make(server, number, wait=True, **options):
        pages.append(page := JsSip(tmp_path / f"page-{number}-{len(pages)}", server, options.pop("account", None) or server.api.phone(number), **options))
        if wait:
            page.wait_event("registered")
        return page

    yield make
    for page in pages:
        page.stop()


def transports(server):
    return [one["transport"] for one in server.api.registrations()]


def test_it_registers_keeps_its_flow_and_leaves(server, make_page):
    page = make_page(server, "102")
    assert page.seen("connected") and transports(server) == ["wss"]
    assert "reg-id=1" in page.seen("registered")[0]["contact"], "RFC 5626: JsSIP asks for outbound"
    asked = page.ask("options", number="101")
    assert asked["status"] in (200, 404, 480), asked
    page.ask("unregister")
    page.wait_event("unregistered")
    assert transports(server) == []


def test_a_wrong_password_is_told_as_such(server, make_page):
    account = {**server.api.phone("102"), "sip_password": "wrong"}
    page = make_page(server, "102", wait=False, account=account)
    assert page.wait_event("registrationFailed")["status"] == 401
    assert transports(server) == []


def test_it_comes_back_when_the_server_was_away(server, make_page):
    page = make_page(server, "102")
    ports = dict(server.ports)
    assert server.stop() == 0
    page.wait_event("disconnected")
    server.environment["PARLEY_HTTP_PORT"] = str(ports["http"])
    before = page.mark()
    server.start()
    page.wait_event("registered", seconds=30, since=before)
    wait_for("one registration is left", lambda: transports(server) == ["wss"])


def test_calls_between_a_page_and_a_telephone(server, make_page, make_phone):
    page, phone = make_page(server, "102"), make_phone(server, "101")
    # Outwards: the page calls, the telephone answers and hangs up.
    call = page.ask("call", number="101")
    phone.accept()
    page.wait_event("progress", session=call, status=180)
    page.wait_event("confirmed", session=call)
    phone.wait_event("CALL_ESTABLISHED")
    page.wait_media(call)
    phone.hang_up()
    assert page.wait_event("ended", session=call)["originator"] == "remote"
    # Inwards: the telephone calls, the page answers and hangs up.
    before = phone.mark()
    phone.dial("102")
    ringing = page.wait_event("incoming")
    assert ringing["from"] == "101"
    phone.wait_event("CALL_RINGING", since=before)
    page.ask("answer", session=ringing["session"])
    page.wait_event("confirmed", session=ringing["session"])
    phone.wait_event("CALL_ESTABLISHED", since=before)
    page.ask("hangUp", session=ringing["session"])
    phone.wait_event("CALL_CLOSED", since=before)
    ended = wait_for("both calls are written down", lambda: len([c for c in server.api.calls() if c["ended_at"]]) == 2 and server.api.calls())
    assert {c["disposition"] for c in ended} == {"answered"}


def test_refusals_and_cancels_both_ways(server, make_page, make_phone):
    page, phone = make_page(server, "102"), make_phone(server, "101")
    assert page.wait_event("failed", session=page.ask("call", number="999"))["status"] == 404
    call = page.ask("call", number="101")
    phone.wait_event("CALL_INCOMING")
    page.wait_event("progress", session=call)
    before = phone.mark()
    page.ask("hangUp", session=call)
    assert page.wait_event("failed", session=call)["cause"] == "Canceled"
    phone.wait_event("CALL_CLOSED", since=before)
    before = phone.mark()
    phone.dial("102")
    ringing = page.wait_event("incoming")
    page.ask("refuse", session=ringing["session"], status=486)
    assert "486" in phone.wait_event("CALL_CLOSED", since=before)["param"]
    before = page.mark()
    phone.dial("102")
    page.wait_event("incoming", since=before)
    phone.hang_up()
    assert page.wait_event("failed", since=before)["cause"] == "Canceled"


@pytest.mark.parametrize("update", [False, True], ids=["reinvite", "update"])
def test_hold_and_resume_by_the_page_with_session_timers(server, make_page, make_sipp, update):
    """JsSIP asks for session timers of 90 s; what it holds with reaches the other party as that party can take it."""
    page, callee = make_page(server, "102"), make_sipp(server, "101")
    callee.register()
    method = "INVITE"  # SIPp's answer allows no UPDATE
    held = xml(await_request("INVITE"), answer(200, "OK", sdp()), await_request("ACK"), await_request(method), answer(200, "OK", sdp("recvonly", 2), tag=False),
               await_request("ACK"), await_request(method), answer(200, "OK", sdp("sendrecv", 3), tag=False), await_request("ACK"), await_request("BYE"),
               answer(200, "OK", tag=False))
    there = callee.start(held)
    call = page.ask("call", number="101")
    page.wait_event("confirmed", session=call)
    assert page.ask("hold", session=call, update=update)
    assert page.ask("resume", session=call, update=update)
    page.ask("hangUp", session=call)
    callee.finish(there)


def test_a_telephone_holds_the_page(server, make_page, make_phone):
    page, phone = make_page(server, "102"), make_phone(server, "101")
    phone.dial("102")
    ringing = page.wait_event("incoming")["session"]
    page.ask("answer", session=ringing)
    page.wait_event("confirmed", session=ringing)
    phone.wait_event("CALL_ESTABLISHED")
    phone.hold()
    page.wait_event("hold", session=ringing, originator="remote")
    phone.resume()
    page.wait_event("unhold", session=ringing, originator="remote")
    phone.hang_up()
    page.wait_event("ended", session=ringing)


def test_digits_by_info(server, make_page, make_sipp):
    page, callee = make_page(server, "102"), make_sipp(server, "101")
    callee.register()
    there = callee.start(xml(await_request("INVITE"), answer(200, "OK", sdp()), await_request("ACK"), await_request("INFO"), answer(200, "OK", tag=False),
                             await_request("BYE"), answer(200, "OK", tag=False)))
    call = page.ask("call", number="101")
    page.wait_event("confirmed", session=call)
    page.ask("dtmf", session=call, text="5")
    page.wait_event("dtmf", session=call, tone="5")
    wait_for("the digit went through", lambda: "Signal=5" in callee.errors())
    page.ask("hangUp", session=call)
    callee.finish(there)


def test_texts_between_a_page_and_a_telephone(server, make_page, make_sipp):
    page, other = make_page(server, "102"), make_sipp(server, "101")
    other.register()
    if "MESSAGE" not in page.ask("options", number="101")["allow"]:
        pytest.skip("this server takes no MESSAGE")
    there = other.start(xml(await_request("MESSAGE"), answer(200, "OK")))
    assert page.ask("message", number="101", text="hello from a page") in (200, 202)
    other.finish(there)
    assert "hello from a page" in other.errors()
    other.run(xml(challenged("MESSAGE", body="hello to a page").replace("application/sdp", "text/plain"), expect(200)), service="102")
    assert page.wait_event("message")["text"].strip() == "hello to a page"


def test_the_page_transfers_blind_and_attended(server, make_page, make_phone):
    page, bob, carol = make_page(server, "102"), make_phone(server, "101"), make_phone(server, "103")
    call = page.ask("call", number="101")
    bob.accept()
    page.wait_event("confirmed", session=call)
    page.ask("transfer", session=call, number="103")
    page.wait_event("refer requestSucceeded", session=call)
    carol.accept()
    carol.wait_event("CALL_ESTABLISHED")
    assert "200" in page.wait_event("refer accepted", session=call)["body"]
    page.wait_event("ended", session=call)
    carol.hang_up()
    bob.wait_event("CALL_CLOSED")

    first = page.ask("call", number="101")
    before = bob.mark(), carol.mark()
    wait_for("it rings", lambda: bob.seen("CALL_INCOMING", before[0]) or len(bob.seen("CALL_INCOMING")) > 1)
    bob.command("accept")
    page.wait_event("confirmed", session=first)
    page.ask("hold", session=first)
    second = page.ask("call", number="103")
    wait_for("it rings", lambda: len(carol.seen("CALL_INCOMING")) > 1)
    carol.command("accept")
    page.wait_event("confirmed", session=second)
    page.ask("transfer", session=first, other=second, number="103")
    page.wait_event("refer accepted", session=first)
    page.wait_event("ended", session=second)
    bob.hang_up()
    wait_for("Carol's call ends with Bob's", lambda: len(carol.seen("CALL_CLOSED")) > 1)


def hears(page, call, said, likeness=0.8):
    return wait_for("the page hears it", lambda: sound.best_match(said, page.heard(call, 1.5))[0] > likeness, 20)


def test_a_page_and_a_telephone_hear_each_other(server, make_page, make_phone):
    said_by_page, said_by_phone = sound.babble(20, seed=11), sound.babble(60, seed=12)
    page, phone = make_page(server, "102", microphone=said_by_page), make_phone(server, "101", said_by_phone)
    for way in ("the page calls", "the telephone calls"):
        begun = phone.mark()
        if way == "the page calls":
            call = page.ask("call", number="101")
            phone.accept()
        else:
            phone.dial("102")
            call = page.wait_event("incoming")["session"]
            page.ask("answer", session=call)
            offered = page.wait_event("sdp", session=call, originator="remote")["sdp"]
            assert all(one in offered for one in ("UDP/TLS/RTP/SAVPF", "a=fingerprint:sha-256", "a=ice-lite", "a=setup:actpass", "a=rtcp-mux")), offered
        page.wait_event("confirmed", session=call)
        phone.wait_event("CALL_ESTABLISHED", since=begun)
        page.wait_media(call)
        hears(page, call, said_by_phone)
        media = page.ask("media", session=call)
        assert media["dtls"] == "connected" and "AEAD_AES_128_GCM" in media["suite"], media
        assert media["role"] == "client", "only the side that sends checks says ClientHello"
        time.sleep(2.5)
        phone.hang_up()
        page.wait_event("ended", session=call)
        heard, _ = phone.heard()
        assert sound.best_match(said_by_page, heard[-2 * sound.RATE:])[0] > 0.8, way
        assert sound.best_match(said_by_phone, heard[-2 * sound.RATE:])[0] < 0.3, "the telephone hears itself"


def test_two_pages_hear_each_other_through_hold(server, make_page):
    said_by_a, said_by_b = sound.babble(20, seed=13), sound.babble(20, seed=14)
    a, b = make_page(server, "101", microphone=said_by_a), make_page(server, "102", microphone=said_by_b)
    call = a.ask("call", number="102")
    ringing = b.wait_event("incoming")["session"]
    b.ask("answer", session=ringing)
    for page, session in ((a, call), (b, ringing)):
        page.wait_event("confirmed", session=session)
        page.wait_media(session)
    hears(a, call, said_by_b)
    hears(b, ringing, said_by_a)
    assert a.ask("media", session=call)["codec"] == "audio/opus"
    assert a.ask("hold", session=call)
    b.wait_event("hold", session=ringing, originator="remote")
    wait_for("the held page hears nothing", lambda: sound.loudness(b.heard(ringing, 0.5)) < 0.001)
    assert a.ask("resume", session=call)
    b.wait_event("unhold", session=ringing, originator="remote")
    hears(b, ringing, said_by_a)
    hears(a, call, said_by_b)
    b.ask("hangUp", session=ringing)
    a.wait_event("ended", session=call)


def test_a_page_on_another_network_restarts_ice_and_is_heard_on(server, make_page, make_phone):
    said_by_page, said_by_phone = sound.babble(20, seed=15), sound.babble(60, seed=16)
    page, phone = make_page(server, "102", microphone=said_by_page), make_phone(server, "101", said_by_phone)
    call = page.ask("call", number="101")
    phone.accept()
    page.wait_event("confirmed", session=call)
    page.wait_media(call)
    hears(page, call, said_by_phone)
    assert page.ask("restart", session=call)
    time.sleep(3)
    hears(page, call, said_by_phone)
    phone.hang_up()
    page.wait_event("ended", session=call)
    heard, _ = phone.heard()
    assert sound.best_match(said_by_page, heard[-2 * sound.RATE:])[0] > 0.8


def test_a_call_with_a_page_is_recorded_after_the_notice(server, make_page, make_phone):
    said_by_page, said_by_phone = sound.babble(20, seed=18), sound.babble(60, seed=19)
    server.api.set_extension("102", recording="on")
    page, phone = make_page(server, "102", microphone=said_by_page), make_phone(server, "101", said_by_phone)
    call = page.ask("call", number="101")
    phone.accept()
    page.wait_event("confirmed", session=call)
    wait_for("the recording runs", lambda: [c for c in server.api.live_calls() if c["recording"] == "on"], 30)
    hears(page, call, said_by_phone)
    time.sleep(2)
    phone.hang_up()
    ended = server.api.wait_for_ended_call()
    assert ended["recording"]["state"] == "ready"
    both = channels(server.api.audio(ended["id"]))
    assert sound.best_match(said_by_page, both[0][-sound.RATE:])[0] > 0.8
    assert sound.best_match(said_by_phone, both[1][-sound.RATE:])[0] > 0.8


def test_keys_go_as_telephone_events_both_ways(server, make_page, make_phone):
    """RFC 4733 within the encrypted stream; what a browser gets it does not tell the page, so that only the audio after it shows."""
    said = sound.babble(60, seed=17)
    page, phone = make_page(server, "102"), make_phone(server, "101", said)
    call = page.ask("call", number="101")
    phone.accept()
    page.wait_event("confirmed", session=call)
    page.wait_media(call)
    for count, digit in enumerate("159", 1):
        page.ask("dtmf", session=call, text=digit, events=True)
        wait_for(f"key {digit} arrives", lambda: len(phone.seen("CALL_DTMF_END")) >= count)  # noqa: B023  it is waited for here
    assert [e["param"] for e in phone.seen("CALL_DTMF_START")] == list("159")
    phone.dtmf("5")
    time.sleep(0.5)
    hears(page, call, said)
    phone.hang_up()
    page.wait_event("ended", session=call)
