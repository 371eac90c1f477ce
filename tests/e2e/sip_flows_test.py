"""SIPp as caller and callee: what signalling says on the wire, flow by flow (RFC 3261, RFC 3665)."""
import pytest

from harness import sipp
from harness.sipp import answer, await_request, challenged, expect, pause, request, sdp, xml

INVITE = challenged("INVITE", body=sdp())
ANSWERS = xml(await_request("INVITE"), answer(180, "Ringing"), answer(200, "OK", sdp()), await_request("ACK"), await_request("BYE"), answer(200, "OK", tag=False))


@pytest.fixture
def pair(server, make_sipp):
    caller, callee = make_sipp(server, "101"), make_sipp(server, "102")
    caller.register()
    callee.register()
    return server, caller, callee


def call(caller, callee, uac, uas, seconds=20):
    there = callee.start(uas, seconds=seconds)
    caller.run(uac, service="102", seconds=seconds)
    callee.finish(there)


def test_register_query_and_unregister(server, make_sipp):
    phone = make_sipp(server, "101")
    phone.register()
    assert len(server.api.registrations()) == 1
    phone.register(expires=0)
    assert server.api.registrations() == []


def test_too_short_a_registration_gets_423(server, make_sipp):
    make_sipp(server, "101").run(xml(challenged("REGISTER", extra="Expires: 1"), expect(423)))


def test_a_wrong_password_is_challenged_again_and_then_slowed_down(server, make_sipp):
    phone = make_sipp(server, "101", password="wrong")
    phone.run(xml(challenged("REGISTER", extra="Expires: 300"), expect(401)))
    assert server.api.registrations() == []


def test_options_is_answered(server, make_sipp):
    make_sipp(server, "101").run(xml(request("OPTIONS"), expect(200)))


def test_a_call_is_answered_and_ended_by_the_caller(pair):
    server, caller, callee = pair
    call(caller, callee, xml(INVITE, expect(100, optional=True), expect(180, optional=True), expect(200), request("ACK", to_tag=True, cseq=2), pause(1000),
                             request("BYE", to_tag=True, cseq=3), expect(200)), ANSWERS)
    record = server.api.wait_for_ended_call()
    assert record["disposition"] == "answered"
    assert record["billed_s"] in (1, 2)


def test_a_call_without_credentials_gets_no_further(pair):
    server, caller, _ = pair
    caller.run(xml(request("INVITE", body=sdp()), expect(100, optional=True), expect(401)), service="102")
    assert server.api.calls() == []


def test_cancel_while_ringing(pair):
    server, caller, callee = pair
    cancel = sipp.message("""CANCEL sip:[service]@[domain] SIP/2.0
        [last_Via:]
        From: <sip:[user]@[domain]>;tag=[pid]c[call_number]
        To: <sip:[service]@[domain]>
        Call-ID: [call_id]
        CSeq: 2 CANCEL
        Max-Forwards: 70
        Content-Length: 0""" + "\n", retransmit=True)
    ack = sipp.message("""ACK sip:[service]@[domain] SIP/2.0
        [last_Via:]
        From: <sip:[user]@[domain]>;tag=[pid]c[call_number]
        [last_To:]
        Call-ID: [call_id]
        CSeq: 2 ACK
        Max-Forwards: 70
        Content-Length: 0""" + "\n")
    rings = xml(await_request("INVITE"), answer(180, "Ringing"), await_request("CANCEL"), answer(200, "OK", tag=False),
                '<send><![CDATA[\n\nSIP/2.0 487 Request Terminated\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]s[call_number]\n[last_Call-ID:]\n'
                'CSeq: [cseq] INVITE\nContent-Length: 0\n\n]]></send>', await_request("ACK", optional=True))
    there = callee.start(rings)
    caller.run(xml(INVITE, expect(100, optional=True), expect(180), pause(500), cancel, expect(200), expect(487), ack), service="102")
    there.kill()
    assert server.api.wait_for_ended_call()["disposition"] == "cancelled"


@pytest.mark.parametrize("status, reason, disposition", [(486, "Busy Here", "busy"), (603, "Decline", "rejected"), (480, "Temporarily Unavailable", "no_answer")])
def test_a_refusal_is_passed_on(pair, status, reason, disposition):
    server, caller, callee = pair
    call(caller, callee, xml(INVITE, expect(100, optional=True), expect(180, optional=True), expect(status),
                             sipp.message("""ACK sip:[service]@[domain] SIP/2.0
        [last_Via:]
        From: <sip:[user]@[domain]>;tag=[pid]c[call_number]
        [last_To:]
        Call-ID: [call_id]
        CSeq: 2 ACK
        Max-Forwards: 70
        Content-Length: 0""" + "\n")),
         xml(await_request("INVITE"), answer(status, reason), await_request("ACK")))
    assert server.api.wait_for_ended_call()["disposition"] == disposition


@pytest.mark.parametrize("number, status", [("999", 404), ("103", 480)])
def test_a_number_that_nobody_has_and_one_that_is_not_there(pair, number, status):
    _, caller, _ = pair
    caller.run(xml(INVITE, expect(100, optional=True), expect(status)), service=number)


def test_ring_time_out(pair):
    server, caller, callee = pair
    server.api.set_extension("102", ring_timeout_s=5)
    rings = xml(await_request("INVITE"), answer(180, "Ringing"), await_request("CANCEL"), answer(200, "OK", tag=False))
    there = callee.start(rings)
    caller.run(xml(INVITE, expect(100, optional=True), expect(180), expect(480)), service="102")
    there.kill()
    assert server.api.wait_for_ended_call()["disposition"] == "no_answer"


def test_hold_by_reinvite_is_passed_through(pair):
    server, caller, callee = pair
    holds = xml(INVITE, expect(100, optional=True), expect(180, optional=True), expect(200), request("ACK", to_tag=True, cseq=2), pause(300),
                request("INVITE", to_tag=True, cseq=3, body=sdp("sendonly", 2)), expect(100, optional=True), expect(200),
                request("ACK", to_tag=True, cseq=3), pause(500),
                request("INVITE", to_tag=True, cseq=4, body=sdp("sendrecv", 3)), expect(100, optional=True), expect(200),
                request("ACK", to_tag=True, cseq=4), pause(300), request("BYE", to_tag=True, cseq=5), expect(200))
    held = xml(await_request("INVITE"), answer(200, "OK", sdp()), await_request("ACK"), await_request("INVITE"), answer(200, "OK", sdp("recvonly", 2), tag=False),
               await_request("ACK"), await_request("INVITE"), answer(200, "OK", sdp("sendrecv", 3), tag=False), await_request("ACK"), await_request("BYE"),
               answer(200, "OK", tag=False))
    call(caller, callee, holds, held)
