"""Kamailio as dispatcher and proxy in front: telephones register and call through it, and it is never mistaken for what they do."""
import hashlib
import re
import shutil
import socket
import time

import pytest

from harness import sip_client, sound
from harness.edge import Edge
from harness.process import free_port, wait_for
from harness.sipp import answer, await_request, challenged, expect, pause, request, sdp, xml
from harness.tls import certificate

pytestmark = pytest.mark.skipif(not shutil.which("kamailio"), reason="kamailio is not installed (./dev setup)")
INVITE = challenged("INVITE", body=sdp())
SETTINGS = 'never_banned = ["127.0.0.5"]'


@pytest.fixture
def make_edge(tmp_path):
    edges = []

    def make(*servers):
        pem, key = certificate(tmp_path / "edge-tls", "edge", "IP:127.0.0.5")
        edges.append(edge := Edge(tmp_path / f"edge-{len(edges)}", pem, key, servers))
        return edge

    yield make
    for edge in edges:
        edge.stop()


class Behind:
    """The server as telephones see it that know only the proxy."""

    def __init__(self, server, edge):
        self.api, self.edge, self.sip = server.api, edge, edge.sip

    def address(self, transport="udp", host=None):
        return f"{self.edge.address}:{self.edge.tls if transport == 'tls' else self.edge.port}"


@pytest.fixture
def house(make_server, make_edge):
    server = make_server(settings=SETTINGS)
    edge = make_edge(server.sip)
    return server, edge, Behind(server, edge)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_telephones_register_and_call_through_it(house, make_phone, transport):
    server, edge, behind = house
    said = sound.babble(20, seed=21)
    a, b = make_phone(behind, "101", said, transport=transport), make_phone(behind, "102", transport=transport)
    assert {r["source"].rsplit(":", 1)[0] for r in server.api.registrations()} == {edge.address}
    for caller, callee, number in ((a, b, "102"), (b, a, "101")):
        marks = caller.mark(), callee.mark()
        caller.dial(number)
        callee.wait_event("CALL_INCOMING", since=marks[1])
        callee.command("accept")
        caller.wait_event("CALL_ESTABLISHED", since=marks[0])
        time.sleep(2)
        callee.hang_up()
        caller.wait_event("CALL_CLOSED", since=marks[0])
    assert sound.best_match(said, b.heard()[0][-sound.RATE:])[0] > 0.8, "the media went past the proxy"
    calls = wait_for("both are written down", lambda: len([c for c in server.api.calls() if c["ended_at"]]) == 2 and server.api.calls())
    assert {c["disposition"] for c in calls} == {"answered"}


def test_the_proxy_stays_in_the_dialog_and_every_via_comes_back(house, make_sipp):
    server, edge, behind = house
    caller, callee = make_sipp(behind, "101"), make_sipp(behind, "102")
    caller.register()
    callee.register()
    there = callee.start(xml(await_request("INVITE"), answer(180, "Ringing"), answer(200, "OK", sdp()), await_request("ACK"),
                             await_request("INVITE"), answer(200, "OK", sdp("recvonly", 2), tag=False), await_request("ACK"),
                             await_request("BYE"), answer(200, "OK", tag=False)))
    caller.run(xml(INVITE, expect(100, optional=True), expect(180, optional=True), expect(200), request("ACK", to_tag=True, cseq=2), pause(300),
                   request("INVITE", to_tag=True, cseq=3, body=sdp("sendonly", 2)), expect(100, optional=True), expect(200),
                   request("ACK", to_tag=True, cseq=3), pause(300), request("BYE", to_tag=True, cseq=4), expect(200)), service="102")
    callee.finish(there)
    [log] = [f for f in callee.folder.glob("*_messages.log") if "\nINVITE sip:" in f.read_text()]
    invites = re.findall(r"^INVITE .*?(?=^-{20})", log.read_text() + "-" * 20, re.S | re.M)
    assert len(invites) == 2 and all(len(re.findall(r"^Via:", one, re.M)) == 2 for one in invites), "the proxy's Via and ours"
    assert f"Record-Route: <sip:{edge.sip}" in invites[0]
    assert invites[0].startswith(f"INVITE sip:{callee.user}@127.0.0.1:{callee.port}"), "the Contact, although it lies behind the proxy"


def test_cancel_busy_and_nobody_there(house, make_phone):
    server, _, behind = house
    a, b = make_phone(behind, "101"), make_phone(behind, "102")
    a.dial("102")
    b.wait_event("CALL_INCOMING")
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    mark, before = a.mark(), b.mark()
    a.dial("102")
    b.wait_event("CALL_INCOMING", since=before)
    b.command("hangup", "scode=486")
    assert "486" in a.wait_event("CALL_CLOSED", since=mark)["param"]
    mark = a.mark()
    a.dial("999")
    assert "404" in a.wait_event("CALL_CLOSED", since=mark)["param"]


def test_the_next_server_is_taken_when_one_is_gone_and_it_returns(make_server, make_edge, make_phone):
    """The first of the set is dead from the start; ours goes and comes back: registrations and the way to them are as they were."""
    server = make_server(settings=SETTINGS)
    edge = make_edge(f"127.0.0.1:{free_port()}", server.sip)
    behind = Behind(server, edge)
    a, b = make_phone(behind, "101"), make_phone(behind, "102")
    port = server.ports["sip"]
    assert server.stop() == 0
    mark = a.mark()
    a.dial("102")
    assert "503" in a.wait_event("CALL_CLOSED", since=mark)["param"]
    server.environment["PARLEY_SIP_PORT"] = str(port)
    server.start()
    assert len(server.api.registrations()) == 2
    behind.api = server.api

    def answered():
        mark, before = a.mark(), b.mark()
        a.dial("102")
        wait_for("an end or a ring", lambda: b.seen("CALL_INCOMING", before) or a.seen("CALL_CLOSED", mark), 15)
        return bool(b.seen("CALL_INCOMING", before))

    wait_for("the dispatcher finds it again", answered, 20, 1)  # it asks by OPTIONS
    b.command("accept")
    a.wait_event("CALL_ESTABLISHED")
    a.hang_up()
    b.wait_event("CALL_CLOSED")


class Guesser:
    """Tries passwords through the proxy."""

    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.66", 0))
        self.socket.connect((host, int(port)))
        self.socket.settimeout(3)
        self.count = 0

    def say(self, user, domain, authorization=""):
        self.count += 1
        mark = hashlib.md5(f"{user}{self.count}".encode()).hexdigest()
        address, port = self.socket.getsockname()
        self.socket.send((f"REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/UDP {address}:{port};rport;branch=z9hG4bK{mark}\r\nMax-Forwards: 70\r\n"
                          f"From: <sip:{user}@{domain}>;tag={mark}\r\nTo: <sip:{user}@{domain}>\r\nCall-ID: {mark}\r\nCSeq: {self.count} REGISTER\r\n"
                          f"Contact: <sip:{user}@{address}:{port}>\r\n{authorization}Content-Length: 0\r\n\r\n").encode())
        return sip_client.read_response(self.socket, True)

    def guess(self, user, domain):
        challenge = re.search(r"^WWW-Authenticate:\s*(.*?)\r?$", self.say(user, domain), re.I | re.M)[1]
        return self.say(user, domain, f"Authorization: {sip_client.digest(challenge, user, 'wrong', 'REGISTER', f'sip:{domain}')}\r\n")


def test_what_one_does_behind_it_bans_it_not(house, make_phone, make_sipp):
    """All come from the proxy's address: sip.never_banned names it, guessers are slowed down, and nobody else."""
    server, edge, behind = house
    phone, owner = make_phone(behind, "101"), make_sipp(behind, "102")
    owner.register()
    domain = server.api.phone("101")["sip_domain"]
    guesser = Guesser(edge.sip)
    for number in range(45):  # more accounts than a known source may get wrong
        assert " 401 " in guesser.guess(f"guess{number}", domain).splitlines()[0]
    answers = [guesser.guess("102", domain).splitlines()[0] for _ in range(8)]
    assert " 403 " in answers[-1]
    owner.register()
    assert [one for one in server.api.get("/v1/sip/bans")["items"] if one["kind"] == "ban"] == []
    phone.dial("600")
    phone.wait_event("CALL_ESTABLISHED")
    phone.hang_up()
