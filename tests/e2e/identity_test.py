"""Texts, identities, diversions, pickup, intercom, silence and probes on the wire: RFC 3428, 3325, 5806, 7044, 3891, 5373, 3966."""
import pytest

from harness.agent import Agent
from harness.process import wait_for


@pytest.fixture
def make_phones(make_server, make_sipp):
    """Registered phones; their requests need no digest, as a gateway's would not."""
    agents = []

    def make(environment=None, numbers=("101", "102", "103")):
        server = make_server(settings='trusted_addresses = ["127.0.0.1"]', environment=environment or {})
        for number in numbers:
            registered = make_sipp(server, number)
            registered.register()
            agents.append(Agent(number, registered.domain, server.sip, registered.port))
        return server, *agents

    yield make
    for agent in agents:
        agent.close()


def connect(caller, callee):
    caller.call(callee.user)
    callee.hear("INVITE")
    callee.answer(200, "sendrecv")
    callee.hear("ACK")
    caller.hear(200)
    caller.say("ACK")


def test_a_text_goes_through_and_is_kept_nowhere(make_phones):
    server, alice, bob = make_phones(numbers=("101", "102"))
    alice.write("102", "the word is xylophone", ["Subject: dinner", "P-Asserted-Identity: <sip:911@x>"])
    heard = bob.hear("MESSAGE")
    assert heard.body == "the word is xylophone" and heard.get("Content-Type") == "text/plain" and heard.get("Subject") == "dinner"
    assert "sip:101@" in heard.get("P-Asserted-Identity") and "911" not in heard.get("P-Asserted-Identity")
    bob.answer(200)
    alice.hear(200)
    alice.write("103", "nobody")
    alice.hear(480)
    alice.write("999", "nobody")
    alice.hear(404)
    alice.write("102", "x" * 1300)
    alice.hear(413)
    bob.nothing()
    trace = server.api.in_organisation("GET", "/sip-trace?limit=50")
    assert "MESSAGE" in str(trace) and "xylophone" not in str(trace)
    server.stop()
    for file in server.data.parent.rglob("*"):
        if file.is_file():
            assert b"xylophone" not in file.read_bytes(), file


def test_a_text_within_a_call(make_phones):
    _, alice, bob, _ = make_phones()
    connect(alice, bob)
    alice.say("OPTIONS")
    assert "MESSAGE" in alice.hear(200).get("Allow")
    alice.cseq += 1
    alice._send(f"MESSAGE {alice.target} SIP/2.0",
                [f"Via: SIP/2.0/UDP 127.0.0.1:{alice.port};rport;branch=z9hG4bKtext", "Max-Forwards: 70",
                 f"From: <sip:101@{alice.domain}>;tag={alice.local_tag}", f"To: <sip:102@{alice.domain}>;tag={alice.remote_tag}",
                 f"Call-ID: {alice.call_id}", f"CSeq: {alice.cseq} MESSAGE"], "within", "text/plain;charset=utf-8")
    heard = bob.hear("MESSAGE")
    assert heard.body == "within" and heard.get("Content-Type") == "text/plain;charset=utf-8"
    bob.answer(202)
    alice.hear(202)


@pytest.mark.parametrize("by_code", [True, False])
def test_a_ringing_phone_is_picked_up(make_phones, by_code):
    server, alice, bob, carol = make_phones({"PARLEY_SERVER_REACTORS": "4"})
    alice.call("102")
    bob.hear("INVITE")
    bob.answer(180)
    alice.hear(180)
    if by_code:
        carol.call("*8102")
    else:
        carol.call("102", [f"Replaces: {bob.watched()};early-only"])
    carol.hear(200)
    bob.hear("CANCEL")
    assert "completed elsewhere" in bob.request.get("Reason")
    bob.answer(200)
    bob.answer(487, to="INVITE")
    bob.hear("ACK")
    carol.say("ACK")
    assert "sip:103@" in alice.hear(200).get("P-Asserted-Identity")
    alice.say("ACK")
    assert "sip:101@" in carol.hear("INVITE").get("P-Asserted-Identity")
    carol.answer(200, "sendrecv")
    carol.hear("ACK")
    carol.say("BYE")
    carol.hear(200)
    alice.hear("BYE")
    alice.answer(200)
    record = server.api.wait_for_ended_call()
    assert record["disposition"] == "answered" and record["callee"]["number"] == "102"
    assert len(server.api.calls()) == 1, "one story, one record"


def test_who_diverts_is_told_to_who_rings_then(make_phones):
    _, alice, bob, carol = make_phones()
    alice.call("102", ["Diversion: <sip:777@example.org>;reason=no-answer"])
    assert not bob.hear("INVITE").get("Diversion"), "what a phone says of itself counts for nothing"
    bob.answer(302, headers=[f"X: <sip:103@{bob.domain}>", f"Contact: <sip:103@{bob.domain}>"])
    bob.hear("ACK")
    heard = carol.hear("INVITE")
    assert "sip:102@" in heard.get("Diversion") and "reason=unconditional" in heard.get("Diversion")
    assert ";index=1, " in heard.get("History-Info") and ";index=1.1;mp=1" in heard.get("History-Info")
    carol.answer(486)
    carol.hear("ACK")
    alice.hear(486)


def test_intercom_and_telephone_numbers(make_phones):
    _, alice, bob, _ = make_phones()
    alice.call("102", ["Answer-Mode: Auto", "Alert-Info: <urn:alert:tone:normal>;info=alert-autoanswer"])
    heard = bob.hear("INVITE")
    assert heard.get("Answer-Mode") == "Auto" and "autoanswer" in heard.get("Alert-Info")
    bob.answer(486)
    bob.hear("ACK")
    alice.hear(486)
    alice.write(f"tel:102;phone-context={alice.domain}", "by its number")
    bob.hear("MESSAGE")
    bob.answer(200)
    alice.hear(200)


def test_a_call_that_both_phones_have_left_ends(make_phones):
    server, alice, bob, _ = make_phones({"PARLEY_CALLS_SILENCE_LIMIT": "2"})
    connect(alice, bob)
    assert "No media" in alice.hear("BYE", 10).get("Reason")
    assert "No media" in bob.hear("BYE").get("Reason")
    alice.answer(200)
    bob.answer(200)
    record = server.api.wait_for_ended_call()
    assert record["disposition"] == "answered" and record["hangup_cause"] == "media silence"


def test_the_session_interval_is_a_setting(make_phones):
    _, alice, bob, _ = make_phones({"PARLEY_CALLS_SESSION_INTERVAL": "600", "PARLEY_CALLS_SESSION_INTERVAL_LEAST": "120"})
    alice.call("102", ["Supported: timer", "Session-Expires: 100"])
    assert alice.hear(422).get("Min-SE") == "120"
    alice.call("102")
    assert bob.hear("INVITE").get("Session-Expires") == "600"
    bob.answer(486)
    bob.hear("ACK")
    alice.hear(486)


def test_probes_show_how_far_a_phone_is_and_who_is_not_there(make_phones):
    server, bob = make_phones({"PARLEY_SIP_PROBE_INTERVAL": "1"}, ("102",))
    bob.hear("OPTIONS")
    bob.answer(200)

    def latency():
        return [one for one in server.api.registrations() if one["latency_ms"] is not None]

    found = wait_for("the latency is known", latency)
    assert found[0]["answers"] is True and found[0]["latency_ms"] < 2000
    assert " ms" in server.command("registrations", "--wide")[1]
