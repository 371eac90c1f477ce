"""Carriers as real peers: Kamailio as registrar and proxy, SIPp as peers that know each other by address."""
import pytest

from harness.carrier import Kamailio, NameServer
from harness.process import wait_for
from harness.tls import certificate
from harness.sipp import ANSWER_AND_BYE, Sipp, answer, await_request, challenged, expect, pause, request, sdp, xml

OUT = challenged("INVITE", body=sdp())
CALL_AND_BYE = [expect(100, optional=True), expect(180, optional=True), expect(183, optional=True), expect(200), request("ACK", to_tag=True, cseq=2), pause(1000),
                request("BYE", to_tag=True, cseq=3), expect(200)]
INWARDS = [request("INVITE", body=sdp(), cseq=2), *CALL_AND_BYE]


@pytest.fixture
def started():
    all_of_them = []
    yield lambda one: all_of_them.append(one) or one
    for one in reversed(all_of_them):
        one.stop()


@pytest.fixture
def carrier_sipp(tmp_path, started):
    """SIPp as somebody on the far side, at an address of its own."""
    def make(address, user="outside", domain="carrier.example", server="127.0.0.1:1"):
        return Sipp(tmp_path / f"sipp-{address}", user, "", domain, server, address=address)
    return make


def make_trunk(server, **fields):
    return server.api.in_organisation("POST", "/trunks", {"name": "Blue", "country_code": "49", **fields})


def make_route(server, *trunks):
    server.api.in_organisation("POST", "/routes", {"name": "Outside", "pattern": "0.", "destination": {"kind": "trunk", "trunks": list(trunks)}})


def state(server, trunk):
    return server.api.in_organisation("GET", f"/trunks/{trunk['id']}")["state"]


def wait_for_condition(server, trunk, condition, seconds=20):
    wait_for(f"the trunk is {condition}: {state(server, trunk)}", lambda: state(server, trunk)["condition"] == condition, seconds)
    return state(server, trunk)


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_registers_at_kamailio_and_calls_in_and_out(tmp_path, make_server, make_sipp, carrier_sipp, started, algorithm):
    beyond = carrier_sipp("127.0.0.3")
    kamailio = started(Kamailio(tmp_path / "kamailio", algorithm=algorithm, beyond=f"127.0.0.3:{beyond.port}"))
    names = started(NameServer(tmp_path / "names", [
        ["carrier.example", "NAPTR", [10, 10, "s", "SIP+D2U", "_sip._udp.carrier.example"]],
        ["_sip._udp.carrier.example", "SRV", [10, 0, kamailio.port, "sip.carrier.example"]],
        ["sip.carrier.example", "A", kamailio.address]]))
    server = make_server(settings=names.settings)
    trunk = make_trunk(server, kind="register", host="carrier.example", username=kamailio.user, password=kamailio.password,
                       inbound=[{"pattern": "+4930555010X", "extension": "101"}])
    assert "password" not in trunk
    up = wait_for_condition(server, trunk, "up")
    assert up["server"] == f"UDP 127.0.0.2:{kamailio.port}"
    assert up["registered_until"]

    phone = make_sipp(server, "101")
    phone.register()
    there = phone.start(ANSWER_AND_BYE)
    caller = carrier_sipp("127.0.0.4", server=f"127.0.0.2:{kamailio.port}")
    caller.run(xml(*INWARDS), service="0305550100")
    phone.finish(there)
    record = server.api.wait_for_ended_call()
    assert (record["direction"], record["disposition"], record["caller"]["number"]) == ("inbound", "answered", "outside")

    make_route(server, "Blue")
    there = beyond.start(ANSWER_AND_BYE)
    phone.run(xml(OUT, *CALL_AND_BYE), service="0301234567")
    beyond.finish(there)
    said = beyond.errors()
    assert "P-Asserted-Identity: <sip:" in said
    assert "Proxy-Authorization" not in said, "nobody behind the carrier learns a hash"
    records = wait_for("two calls are written down", lambda: len(server.api.calls()) == 2 and server.api.calls())
    assert {r["direction"] for r in records} == {"inbound", "outbound"}


def test_a_wrong_password_stops_the_registration_and_says_so(tmp_path, make_server, started):
    kamailio = started(Kamailio(tmp_path / "kamailio"))
    server = make_server()
    trunk = make_trunk(server, kind="register", host=kamailio.address, port=kamailio.port, realm=kamailio.realm, username=kamailio.user, password="wrong")
    refused = wait_for_condition(server, trunk, "refused")
    assert "user and password" in refused["reason"]
    server.api.in_organisation("PATCH", f"/trunks/{trunk['id']}", {"password": kamailio.password})
    wait_for_condition(server, trunk, "up")
    server.api.in_organisation("PATCH", f"/trunks/{trunk['id']}", {"realm": "bank.example", "password": kamailio.password})
    refused = wait_for_condition(server, trunk, "refused")
    assert 'realm "carrier.example"' in refused["reason"]


def test_peers_by_address_and_503_leads_to_the_next_server(tmp_path, make_server, make_sipp, carrier_sipp, started):
    first, second = carrier_sipp("127.0.0.3"), carrier_sipp("127.0.0.4")
    names = started(NameServer(tmp_path / "names", [
        ["_sip._udp.carrier.example", "SRV", [10, 0, first.port, "a.carrier.example"]],
        ["_sip._udp.carrier.example", "SRV", [20, 0, second.port, "b.carrier.example"]],
        ["a.carrier.example", "A", "127.0.0.3"], ["b.carrier.example", "A", "127.0.0.4"]]))
    server = make_server(settings=names.settings)
    trunk = make_trunk(server, kind="peer", host="carrier.example", transport="udp", probe_s=0, inbound=[{"pattern": "+4930555010X", "extension": "101"}])
    wait_for_condition(server, trunk, "up")
    make_route(server, "Blue")
    phone = make_sipp(server, "101")
    phone.register()

    busy = first.start(xml(await_request("INVITE"), answer(503, "Down"), await_request("ACK")))
    there = second.start(ANSWER_AND_BYE)
    phone.run(xml(OUT, *CALL_AND_BYE), service="0301234567")
    first.finish(busy)
    second.finish(there)
    record = server.api.wait_for_ended_call()
    assert (record["direction"], record["disposition"]) == ("outbound", "answered")

    there = phone.start(ANSWER_AND_BYE)
    second.server = server.sip
    second.run(xml(*INWARDS), service="+49305550100")
    phone.finish(there)
    stranger = carrier_sipp("127.0.0.9", server=server.sip)
    stranger.run(xml(request("INVITE", body=sdp()), expect(100, optional=True), expect(403)), service="+49305550100")


def test_over_tls_the_carrier_proves_its_domain_and_requests_within_the_dialog_are_proven(tmp_path, make_server, make_sipp, carrier_sipp, started):
    beyond = carrier_sipp("127.0.0.3")
    pem, key = certificate(tmp_path / "ca", "carrier.example", "DNS:carrier.example")
    kamailio = started(Kamailio(tmp_path / "kamailio", beyond=f"127.0.0.3:{beyond.port}", tls=(pem, key), inside=True))
    names = started(NameServer(tmp_path / "names", [
        ["carrier.example", "NAPTR", [10, 10, "s", "SIPS+D2T", "_sips._tcp.carrier.example"]],
        ["_sips._tcp.carrier.example", "SRV", [10, 0, kamailio.tls_port, "sip.carrier.example"]],
        ["_sips._tcp.thief.example", "SRV", [10, 0, kamailio.tls_port, "sip.carrier.example"]],
        ["sip.carrier.example", "A", kamailio.address]]))
    server = make_server(settings=f'ca = "{pem}"' + names.settings)
    account = {"kind": "register", "username": kamailio.user, "password": kamailio.password, "transport": "tls"}
    trunk = make_trunk(server, host="carrier.example", inbound=[{"pattern": "+4930555010X", "extension": "101"}], **account)
    up = wait_for_condition(server, trunk, "up")
    assert up["server"] == f"TLS 127.0.0.2:{kamailio.tls_port}"

    other = make_trunk(server, name="Thief", host="thief.example", realm=kamailio.realm, **account)
    down = wait_for_condition(server, other, "down")
    assert "certificate" in down["reason"], "the server that DNS names is not whom we want to speak to"

    phone = make_sipp(server, "101")
    phone.register()
    there = phone.start(ANSWER_AND_BYE)
    caller = carrier_sipp("127.0.0.4", server=f"127.0.0.2:{kamailio.port}")
    caller.run(xml(*INWARDS), service="0305550100")
    phone.finish(there)

    make_route(server, "Blue")
    there = beyond.start(ANSWER_AND_BYE)
    phone.run(xml(OUT, *CALL_AND_BYE), service="0301234567")
    beyond.finish(there)  # it got the BYE, which Kamailio asked a proof for
    assert "Proxy-Authorization" not in beyond.errors()
    records = wait_for("two calls are written down", lambda: len(server.api.calls()) == 2 and server.api.calls())
    assert {(r["direction"], r["disposition"]) for r in records} == {("inbound", "answered"), ("outbound", "answered")}
    assert kamailio.password not in server.log


def test_a_silent_server_gives_way_and_dns_may_change(tmp_path, make_server, make_sipp, carrier_sipp, started):
    silent, second, third = carrier_sipp("127.0.0.3"), carrier_sipp("127.0.0.4"), carrier_sipp("127.0.0.5")

    def zone(*servers):
        return [record for priority, (name, one) in enumerate(servers) for record in (
            ["_sip._udp.carrier.example", "SRV", [priority, 0, one.port, f"{name}.carrier.example"]], [f"{name}.carrier.example", "A", one.address])]

    names = started(NameServer(tmp_path / "names", zone(("a", silent), ("b", second)), ttl=5))
    server = make_server(settings=names.settings)
    trunk = make_trunk(server, kind="peer", host="carrier.example", transport="udp", probe_s=0)
    wait_for_condition(server, trunk, "up")
    make_route(server, "Blue")
    phone = make_sipp(server, "101")
    phone.register()
    there = second.start(ANSWER_AND_BYE)
    phone.run(xml(OUT, *CALL_AND_BYE), service="0301234567")
    second.finish(there)

    names.tell(zone(("c", third)), ttl=5)
    moved = f"UDP 127.0.0.5:{third.port}"
    wait_for("the carrier's new server is known", lambda: [s["server"] for s in state(server, trunk)["servers"]] == [moved], 30)
    names.tell([], silent=True)  # better an old address than none
    there = third.start(ANSWER_AND_BYE)
    phone.run(xml(OUT, *CALL_AND_BYE), service="0301234567")
    third.finish(there)


def test_an_emergency_call_goes_when_all_channels_are_in_use(make_server, make_sipp, carrier_sipp):
    there = carrier_sipp("127.0.0.3")
    server = make_server()
    trunk = make_trunk(server, kind="peer", host="127.0.0.3", port=there.port, transport="udp", probe_s=0, channels=1)
    wait_for_condition(server, trunk, "up")
    make_route(server, "Blue")
    first, second = make_sipp(server, "101"), make_sipp(server, "102")
    first.register()
    second.register()
    answers = there.start(ANSWER_AND_BYE, seconds=40, calls=2)
    talks = first.start(xml(OUT, *CALL_AND_BYE[:-2], pause(8000), *CALL_AND_BYE[-2:]), service="0301234567")
    wait_for("the channel is in use", lambda: state(server, trunk)["calls"] == 1)
    second.run(xml(OUT, expect(100, optional=True), expect(503)), service="0301234567")
    second.run(xml(OUT, *CALL_AND_BYE), service="112")
    first.finish(talks)
    there.finish(answers)


def test_probes_tell_that_a_peer_went_away_and_came_back(tmp_path, make_server, started):
    kamailio = started(Kamailio(tmp_path / "kamailio"))
    server = make_server()
    trunk = make_trunk(server, kind="peer", host=kamailio.address, port=kamailio.port, probe_s=1)
    wait_for_condition(server, trunk, "up")
    kamailio.stop()
    wait_for_condition(server, trunk, "down", 60)
