"""Transactions and dialogs on the wire against a real server: RFC 3262, 3311, 3264, 3326, 3515, 3891, 4028, merged requests, redirections."""
import pytest

from harness.agent import Agent
from harness.process import wait_for
from harness.sipp import ANSWER_AND_BYE, Sipp


@pytest.fixture
def phones(make_server, make_sipp):
    """Three registered phones; their calls need no digest, as a gateway's would not."""
    server = make_server(settings='trusted_addresses = ["127.0.0.1"]')
    agents = []
    for number in ("101", "102", "103"):
        registered = make_sipp(server, number)
        registered.register()
        agents.append(Agent(number, registered.domain, server.sip, registered.port))
    yield server, *agents
    for agent in agents:
        agent.close()


@pytest.fixture
def second_line(phones):
    """Another dialog of 101, for consultations."""
    server, alice, *_ = phones
    agent = Agent("101", alice.domain, server.sip)
    yield agent
    agent.close()


def connect(caller, callee, headers=()):
    caller.call(callee.user, headers)
    callee.hear("INVITE")
    callee.answer(200, "sendrecv")
    callee.hear("ACK")
    caller.hear(200)
    caller.say("ACK")
    caller.say("OPTIONS")  # answered after the ACK was taken: before that the call is not settled (491)
    caller.hear(200)


def hang_up(one, other):
    one.say("BYE")
    one.hear(200)
    other.hear("BYE")
    other.answer(200)


def notify(transferor, frag):
    heard = transferor.hear("NOTIFY")
    assert heard.body.startswith(f"SIP/2.0 {frag}"), heard.body
    transferor.answer(200)
    return heard.get("Subscription-State")


def test_reliable_provisionals_on_both_legs(phones):
    server, alice, bob, _ = phones
    alice.call("102", ["Supported: 100rel"])
    bob.hear("INVITE")
    bob.answer(183, "sendrecv", ["Require: 100rel", "RSeq: 9"])
    assert bob.hear("PRACK").get("RAck") == "9 1 INVITE"
    bob.answer(200)
    early = alice.hear(183)
    assert early.get("Require") == "100rel"
    alice.say("PRACK", [f"RAck: {early.get('RSeq')} 1 INVITE"])
    alice.hear(200)
    bob.answer(200, to="INVITE")
    bob.hear("ACK")
    assert alice.hear(200).body == ""
    alice.say("ACK")
    hang_up(alice, bob)
    assert server.api.wait_for_ended_call()["disposition"] == "answered"


def test_a_provisional_that_nobody_acknowledges_is_repeated(phones):
    _, alice, bob, _ = phones
    alice.call("102", ["Require: 100rel"])
    bob.hear("INVITE")
    bob.answer(180)
    first = alice.hear(180)
    alice.seen.clear()
    assert alice.hear(180).get("RSeq") == first.get("RSeq")
    alice.say("CANCEL", ['Reason: SIP;cause=480;text="enough"'])
    bob.hear("CANCEL")
    assert bob.request.get("Reason") == 'SIP;cause=480;text="enough"'
    bob.answer(200)
    bob.answer(487, to="INVITE")
    bob.hear("ACK")


def test_update_and_hold_and_a_second_offer_at_once(phones):
    _, alice, bob, _ = phones
    alice.call("102")
    bob.hear("INVITE")
    bob.answer(200, "sendrecv", ["Allow: INVITE, ACK, BYE, UPDATE"])
    bob.hear("ACK")
    alice.hear(200)
    alice.say("ACK")
    alice.say("UPDATE", sdp="sendonly")
    assert bob.hear("UPDATE").direction == "sendonly"
    bob.answer(200, "recvonly")
    assert alice.hear(200).direction == "recvonly"
    alice.say("INVITE", sdp="sendrecv")
    bob.hear("INVITE")
    bob.say("INVITE", sdp="inactive")
    bob.hear(491)
    bob.request = bob.invite
    bob.answer(200, "sendrecv")
    bob.hear("ACK")
    assert alice.hear(200).direction == "sendrecv"
    alice.say("ACK")
    hang_up(bob, alice)


def test_session_timers_both_ways(phones):
    _, alice, bob, _ = phones
    alice.call("102", ["Supported: timer", "Session-Expires: 30"])
    assert alice.hear(422).get("Min-SE") == "90"
    alice.call("102", ["Supported: timer", "Session-Expires: 120;refresher=uac"])
    assert bob.hear("INVITE").get("Session-Expires") == "1800"
    bob.answer(422, headers=["Min-SE: 2400"])
    bob.hear("ACK")
    again = bob.hear("INVITE")
    assert (again.get("Session-Expires"), again.get("Min-SE"), again.get("CSeq")) == ("2400", "2400", "2 INVITE")
    bob.answer(200, "sendrecv", ["Session-Expires: 2400;refresher=uac", "Require: timer"])
    bob.hear("ACK")
    assert alice.hear(200).get("Session-Expires") == "120;refresher=uac"
    alice.say("ACK")
    alice.say("UPDATE", ["Supported: timer", "Session-Expires: 120;refresher=uac"])
    assert alice.hear(200).get("Session-Expires") == "120;refresher=uac"
    hang_up(alice, bob)


def test_merged_requests_and_refers_outside_dialogs(phones):
    _, alice, bob, _ = phones
    alice.call("102")
    bob.hear("INVITE")
    first = alice.invite_via
    alice._say("INVITE", f"sip:102@{alice.domain}", alice.cseq, f"<sip:102@{alice.domain}>", sdp="sendrecv")
    alice.hear(482)
    alice.invite_via = first
    bob.answer(486, headers=["Reason: Q.850;cause=17"])
    bob.hear("ACK")
    assert alice.hear(486).get("Reason") == "Q.850;cause=17"
    alice.hang_up()
    alice._say("REFER", f"sip:102@{alice.domain}", 1, f"<sip:102@{alice.domain}>", ["Refer-To: <sip:103@x>"])
    alice.hear(403)


def test_a_redirection_is_followed_inside_the_organisation(phones):
    server, alice, bob, carol = phones
    alice.call("102")
    bob.hear("INVITE")
    bob.answer(302, headers=[f"Contact: <sip:+1900@evil.example>;q=1, <sip:103@{bob.domain}>;q=0.5"])
    bob.hear("ACK")
    carol.hear("INVITE")
    carol.answer(200, "sendrecv")
    carol.hear("ACK")
    alice.hear(200)
    alice.say("ACK")
    hang_up(carol, alice)
    assert len(server.api.call_detail(server.api.wait_for_ended_call()["id"])["legs"]) == 3


def test_blind_transfer(phones):
    server, alice, bob, carol = phones
    connect(alice, bob)
    bob.say("REFER", [f"Refer-To: <sip:103@{bob.domain}>"])
    bob.hear(202)
    assert notify(bob, 100).startswith("active")
    assert carol.hear("INVITE").get("Referred-By") == f"<sip:102@{bob.domain}>"
    carol.answer(200, "sendrecv")
    carol.hear("ACK")
    assert notify(bob, 200).startswith("terminated")
    bob.say("BYE")
    bob.hear(200)
    alice.hear("INVITE")
    alice.answer(200, "sendrecv")
    alice.hear("ACK")
    hang_up(alice, carol)
    record = server.api.wait_for_ended_call()
    assert (record["disposition"], record["caller"]["number"], record["callee"]["number"]) == ("answered", "101", "102")
    assert len(server.api.call_detail(record["id"])["legs"]) == 3


@pytest.fixture
def carrier(phones, tmp_path):
    """SIPp as a carrier that knows us by our address, and a route to it."""
    server, *_ = phones
    there = Sipp(tmp_path / "carrier", "outside", "", "carrier.example", "127.0.0.1:1", address="127.0.0.3")
    trunk = server.api.in_organisation("POST", "/trunks", {"name": "Blue", "kind": "peer", "host": "127.0.0.3", "port": there.port, "transport": "udp", "probe_s": 0,
                                                          "country_code": "49", "caller_id": "+49305550100", "diversions": "both"})
    server.api.in_organisation("POST", "/routes", {"name": "Outside", "pattern": "0.", "destination": {"kind": "trunk", "trunks": ["Blue"]}})
    wait_for("the trunk is up", lambda: server.api.in_organisation("GET", f"/trunks/{trunk['id']}")["state"]["condition"] == "up")
    return there


def test_transfer_to_a_number_outside(phones, carrier):
    server, alice, bob, _ = phones
    connect(alice, bob)
    there = carrier.start(ANSWER_AND_BYE)
    bob.say("REFER", [f"Refer-To: <sip:0301234567@{bob.domain}>"])
    bob.hear(202)
    assert notify(bob, 100).startswith("active")
    while not notify(bob, "").startswith("terminated"):
        pass
    bob.say("BYE")
    bob.hear(200)
    alice.hear("INVITE")
    alice.answer(200, "sendrecv")
    alice.hear("ACK")
    alice.say("BYE")
    alice.hear(200)
    carrier.finish(there)
    assert "Diversion: <sip:+49305550100@127.0.0.3" in carrier.errors()
    record = server.api.wait_for_ended_call()
    assert [step for step in server.api.call_detail(record["id"])["path"] if "transferred to" in str(step)]


def test_a_redirection_to_a_number_outside(phones, carrier):
    server, alice, bob, _ = phones
    there = carrier.start(ANSWER_AND_BYE)
    alice.call("102")
    bob.hear("INVITE")
    bob.answer(302, headers=[f"Contact: <sip:0301234567@{bob.domain}>"])
    bob.hear("ACK")
    alice.hear(180)
    alice.hear(200)
    alice.say("ACK")
    alice.say("BYE")
    alice.hear(200)
    carrier.finish(there)
    assert "reason=unconditional" in carrier.errors()


def test_transfer_to_the_echo_test(phones):
    server, alice, bob, _ = phones
    connect(alice, bob)
    bob.say("REFER", [f"Refer-To: <sip:600@{bob.domain}>", "Refer-Sub: false"])
    assert bob.hear(202).get("Refer-Sub") == "false"
    alice.hear("INVITE")
    alice.answer(200, "sendrecv")
    alice.hear("ACK")
    bob.say("BYE")
    bob.hear(200)
    alice.nothing()
    alice.say("BYE")
    alice.hear(200)
    assert server.api.wait_for_ended_call()["disposition"] == "answered"


def test_the_reports_of_a_transfer_can_be_renewed_and_ended(phones):
    _, alice, bob, carol = phones
    connect(alice, bob)
    bob.say("REFER", [f"Refer-To: <sip:103@{bob.domain}>"])
    bob.hear(202)
    notify(bob, 100)
    carol.hear("INVITE")
    bob.say("SUBSCRIBE", ["Event: refer", "Expires: 300"])
    assert bob.hear(200).get("Expires") == "300"
    assert notify(bob, 100) == "active;expires=300"
    bob.say("SUBSCRIBE", ["Event: refer", "Expires: 0"])
    bob.hear(200)
    assert notify(bob, 100) == "terminated;reason=timeout"
    carol.answer(486)
    carol.hear("ACK")
    bob.nothing()
    hang_up(alice, bob)


@pytest.mark.parametrize("attempt", range(6))  # the two calls meet on one reactor or on two, as their Call-IDs fall
def test_attended_transfer(phones, second_line, attempt):
    server, alice, bob, carol = phones
    connect(alice, bob)
    connect(second_line, carol)
    alice.say("REFER", [f"Refer-To: <sip:103@{alice.domain}?Replaces={second_line.replaces()}>"])
    alice.hear(202)
    notify(alice, 100)
    second_line.hear("BYE")
    second_line.answer(200)
    notify(alice, 200)
    bob.hear("INVITE")
    bob.answer(200, "sendrecv")
    bob.hear("ACK")
    alice.say("BYE")
    alice.hear(200)
    # Carol's dialog goes on under its old name, wherever it lives now.
    carol.say("INVITE", sdp="sendonly")
    assert bob.hear("INVITE").direction == "sendonly"
    bob.answer(200, "recvonly")
    bob.hear("ACK")
    assert carol.hear(200).direction == "recvonly"
    carol.say("ACK")
    hang_up(carol, bob)


def test_replaces_takes_a_dialog_over(phones, second_line):
    _, alice, bob, carol = phones
    connect(alice, bob)
    dialog = alice.replaces().replace("%3B", ";").replace("%3D", "=")
    carol.call("102", [f"Replaces: {dialog};early-only"])
    carol.hear(486)
    carol.call("102", [f"Replaces: {dialog}x"])
    carol.hear(481)
    carol.call("102", [f"Replaces: {dialog}"])
    alice.hear("BYE")
    alice.answer(200)
    carol.hear(200)
    carol.say("ACK")
    bob.hear("INVITE")
    bob.answer(200, "sendrecv")
    bob.hear("ACK")
    hang_up(bob, carol)
