"""SRTP with keys in SDP (SDES, RFC 4568): real phones over TLS, plain ones beside them, policies, recording, hold, transfer; what a
wiretap sees."""
import os
import re
import time

import pytest

from harness import sound
from harness.agent import Agent
from harness.process import wait_for
from harness.sip_client import register
from harness.wiretap import Wiretap, sound_of
from recording_test import channels, end, start_recorded_call

KEY = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
OTHER = "NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="looks at the loopback device, as root")


def talk(a, b, number):
    a.dial(number)
    b.accept()
    a.wait_event("CALL_ESTABLISHED")
    b.wait_event("CALL_ESTABLISHED")


def policy(server, number, value):
    for device in server.api.extension(number)["devices"]:
        server.api.in_organisation("PATCH", f"/devices/{device['id']}", {"media_encryption": value})


def suite(phone):
    found = re.search(r"SRTP is Enabled \(cryptosuite=(\S+)\)", phone.process.output())
    return found.group(1) if found else None


def hears(listener, said):
    return sound.best_match(said, listener.heard()[0][-2 * sound.RATE:])[0]


def refused(phone):
    return wait_for("the phone's call is refused", lambda: phone.seen("CALL_CLOSED"))[-1]["param"]


@needs_root
@pytest.mark.parametrize("mode", ["srtp", "srtp-mand"])
def test_a_phone_with_srtp_talks_to_a_plain_one(server, make_phone, mode):
    said_by_a, said_by_b = sound.babble(20, seed=1), sound.babble(20, seed=2)
    a = make_phone(server, "101", said_by_a, transport="tls", encryption=mode)
    b = make_phone(server, "102", said_by_b)
    with Wiretap() as tap:
        talk(a, b, "102")
        time.sleep(4)
        a.hang_up()
        b.wait_event("CALL_CLOSED")
    assert suite(a), "the phone does not use SRTP"
    assert hears(b, said_by_a) > 0.95 and hears(a, said_by_b) > 0.95
    secured, plain = tap.rtp(a.rtp_ports), tap.rtp(b.rtp_ports)
    assert len(secured) > 150 and len(plain) > 150
    assert all(len(data) > 172 for data in secured), "a packet without a tag went to the secured phone"
    assert sound.best_match(said_by_b, sound_of(secured)[-2 * sound.RATE:])[0] < 0.2, "what goes to the secured phone can be heard"
    assert sound.best_match(said_by_a, sound_of(plain)[-2 * sound.RATE:])[0] > 0.9, "the wiretap would hear it if it were plain"
    assert all(len(data) >= 8 + 14 and data[8:12] != b"\x00\x00\x00\x00" for data in tap.rtcp(a.rtp_ports))
    assert server.api.wait_for_ended_call()["disposition"] == "answered"


@needs_root
def test_the_called_phone_is_offered_keys_over_tls(server, make_phone):
    said_by_a, said_by_b = sound.babble(20, seed=3), sound.babble(20, seed=4)
    a = make_phone(server, "101", said_by_a)
    b = make_phone(server, "102", said_by_b, transport="tls", encryption="srtp-mand")
    policy(server, "102", "required")
    with Wiretap() as tap:
        talk(a, b, "102")
        time.sleep(4)
        a.hang_up()
        b.wait_event("CALL_CLOSED")
    assert suite(b)
    assert hears(b, said_by_a) > 0.95 and hears(a, said_by_b) > 0.95
    assert all(len(data) > 172 for data in tap.rtp(b.rtp_ports))


def test_both_phones_with_srtp_and_a_phone_that_leaves_keys_aside(server, make_phone):
    said_by_a, said_by_b = sound.babble(20, seed=5), sound.babble(20, seed=6)
    a = make_phone(server, "101", said_by_a, transport="tls", encryption="srtp-mand")
    b = make_phone(server, "102", said_by_b, transport="tls", encryption="srtp")
    plain = make_phone(server, "103", transport="tls")  # optional: offered keys, answers without
    talk(a, b, "102")
    time.sleep(3)
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    assert suite(a) and suite(b)
    assert hears(b, said_by_a) > 0.95 and hears(a, said_by_b) > 0.95
    a.dial("103")
    plain.accept()
    plain.wait_event("CALL_ESTABLISHED")
    time.sleep(2)
    a.hang_up()
    plain.wait_event("CALL_CLOSED")
    assert hears(plain, said_by_a) > 0.9


def test_required_refuses_plain_calls_both_ways(server, make_phone):
    a, b = make_phone(server, "101", transport="tls"), make_phone(server, "102", transport="tls")
    policy(server, "101", "required")
    policy(server, "102", "required")
    a.dial("102")
    assert "488" in refused(a)
    assert not b.seen("CALL_INCOMING")
    policy(server, "101", "off")
    mark = a.mark()
    a.dial("102")  # 102 is offered RTP/SAVP, which this phone cannot do
    wait_for("the second call is refused", lambda: a.seen("CALL_CLOSED", mark))
    assert not b.seen("CALL_ESTABLISHED") and not a.seen("CALL_ESTABLISHED")


def test_required_over_udp_is_no_call_since_keys_do_not_pass_in_the_clear(server, make_phone):
    a, b = make_phone(server, "101"), make_phone(server, "102")
    policy(server, "102", "required")
    a.dial("102")
    assert "488" in refused(a)
    assert not b.seen("CALL_INCOMING")
    call = server.api.wait_for_ended_call()
    assert "encrypted" in server.api.call_detail(call["id"])["hangup_cause"]


def test_the_organisations_policy_holds_for_devices_that_do_not_say(server, make_phone):
    server.api.in_organisation("PATCH", "", {"media_encryption": "required"})
    a, b = make_phone(server, "101", transport="tls"), make_phone(server, "102", transport="tls", encryption="srtp-mand")
    a.dial("102")
    assert "488" in refused(a)
    policy(server, "101", "optional")
    mark = a.mark()
    a.dial("102")
    b.accept()
    a.wait_event("CALL_ESTABLISHED", since=mark)
    assert suite(b) and not suite(a)
    a.hang_up()
    b.wait_event("CALL_CLOSED")


def test_a_secured_call_is_recorded_in_the_clear_of_its_recording(server, make_phone):
    policy(server, "102", "required")  # a phone that insists takes no RTP/AVP
    said = sound.babble(60, seed=7), sound.babble(60, seed=8)
    a, b, _ = start_recorded_call(server, make_phone, *said, transport="tls", encryption="srtp-mand")
    time.sleep(5)
    call = end(server, a, b)
    assert suite(a) and suite(b)
    assert call["recording"]["state"] == "ready"
    both = channels(server.api.audio(call["id"]))
    for own in (0, 1):
        assert sound.best_match(said[own], both[own])[0] > 0.95
        assert sound.best_match(said[1 - own], both[own])[0] < 0.2


def test_hold_keys_and_wideband(server, make_phone):
    said = sound.babble(30, seed=9)
    a = make_phone(server, "101", said, transport="tls", encryption="srtp-mand", codec="g722")
    wide = make_phone(server, "103", codec="g722")
    a.dial("103")
    wide.accept()
    a.wait_event("CALL_ESTABLISHED")
    wide.wait_event("CALL_ESTABLISHED")
    time.sleep(1)
    a.hold()
    wait_for("the call is held", lambda: [c["state"] for c in server.api.live_calls()] == ["held"])
    time.sleep(1)
    a.resume()
    wait_for("the call goes on", lambda: [c["state"] for c in server.api.live_calls()] == ["answered"])
    a.dtmf("5")
    wait_for("the key arrives", lambda: wide.seen("CALL_DTMF_END"))
    time.sleep(2)
    a.hang_up()
    wide.wait_event("CALL_CLOSED")
    heard, rate = wide.heard()
    assert sound.best_match(said, sound.resample(heard, rate)[-sound.RATE:])[0] > 0.5, "as much as baresip's resampling leaves of it in a plain call"


class SecureAgent(Agent):
    """Offers and answers RTP/SAVP with this key."""
    key, tag, profile, lines = KEY, 1, "RTP/SAVP", ()

    def _sdp(self, direction):
        text = super()._sdp(direction).replace("RTP/AVP", self.profile)
        crypto = self.lines or (f"{self.tag} AES_CM_128_HMAC_SHA1_80 inline:{self.key}",)
        return text + "".join(f"a=crypto:{line}\r\n" for line in crypto) if text else text


def keys_of(message):
    return re.findall(r"^a=crypto:(\d+) (\S+) inline:(\S+)", message.body, re.M)


@pytest.fixture
def lab(make_server):
    """Agents over UDP, on a server that lets keys pass there."""
    server = make_server(settings='trusted_addresses = ["127.0.0.1"]', environment={"PARLEY_RTP_KEYS_IN_CLEAR": "true"})
    agents = []
    for number, kind in (("101", SecureAgent), ("102", Agent), ("103", SecureAgent)):
        account = server.api.phone(number)
        agent = kind(number, account["sip_domain"], server.sip)
        register(agent.socket, "udp", account["sip_username"], account["sip_password"], account["sip_domain"], f"sip:{number}@127.0.0.1:{agent.port}")
        agents.append(agent)
    yield server, *agents
    for agent in agents:
        agent.close()


def test_tags_suites_and_new_keys_by_reinvite(lab):
    server, alice, bob, _ = lab
    alice.lines = ("1 F8_128_HMAC_SHA1_80 inline:AAAA", f"4 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4", f"5 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|2^31",
                   f"6 AES_CM_128_HMAC_SHA1_80 inline:{OTHER}")
    alice.call("102")
    offered = bob.hear("INVITE")
    assert "RTP/AVP 0" in offered.body, "best effort"
    assert [suite for _, suite, _ in keys_of(offered)] == ["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"]
    assert KEY not in offered.body, "one leg's key on the other"
    bob.answer(200, "sendrecv")
    bob.hear("ACK")
    answer = alice.hear(200)
    alice.say("ACK")
    assert "RTP/SAVP 0" in answer.body
    [(tag, chosen, key)] = keys_of(answer)
    assert (tag, chosen) == ("5", "AES_CM_128_HMAC_SHA1_32") and key not in (KEY, OTHER)
    alice.lines = (f"9 AES_CM_128_HMAC_SHA1_32 inline:{OTHER}",)
    alice.say("INVITE", sdp="sendonly")
    assert keys_of(bob.hear("INVITE")) == keys_of(offered), "it may take them later"
    bob.answer(200, "recvonly")
    bob.hear("ACK")
    again = alice.hear(200)
    alice.say("ACK")
    assert keys_of(again) == [("9", "AES_CM_128_HMAC_SHA1_32", key)], "the key of our direction stays"
    alice.say("BYE")
    alice.hear(200)
    assert key not in server.log and KEY not in server.log


def test_transfer_from_a_secured_leg_to_another(lab):
    server, alice, bob, carol = lab
    alice.call("102")
    bob.hear("INVITE")
    bob.answer(200, "sendrecv")
    bob.hear("ACK")
    [(_, _, key)] = keys_of(alice.hear(200))
    alice.say("ACK")
    alice.say("OPTIONS")
    alice.hear(200)
    bob.say("REFER", [f"Refer-To: <sip:103@{bob.domain}>"])
    bob.hear(202)
    offered = carol.hear("INVITE")
    assert KEY not in offered.body and key not in offered.body
    [line] = [line for line in keys_of(offered) if line[1] == "AES_CM_128_HMAC_SHA1_80"]
    carol.tag, carol.key, carol.profile = line[0], OTHER, "RTP/AVP"
    carol.answer(200, "sendrecv")
    carol.hear("ACK")
    moved = alice.hear("INVITE")
    assert "RTP/SAVP" in moved.body and key in moved.body and OTHER not in moved.body
    alice.answer(200, "sendrecv")
    alice.hear("ACK")


def test_offers_that_cannot_be_taken_are_488(lab):
    server, alice, bob, _ = lab
    for lines in (("1 AES_CM_128_HMAC_SHA1_80 inline:short",), (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP",),
                  (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:4",)):
        alice.lines = lines
        alice.call("102")
        assert alice.hear(488)
    bob.nothing()
