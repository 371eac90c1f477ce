"""SIP over TLS, WebSocket and IPv6, and what a flow may and may not do: other people's phones, and strict clients of our own."""
import json
import socket
import ssl
import struct
import subprocess
import sys
import time

import pytest

from harness import sound
from harness.process import free_port, wait_for
from harness.sipp import answer, await_request, challenged, expect, pause, request, sdp, xml
from harness.tls import Bridge, certificate, from_tls, to_tls
from harness.websocket import BINARY, CLOSE, PING, PONG, Refused, SipWebSocket, WebPhone, header, header_all

INVITE = challenged("INVITE", body=sdp())
ANSWERS = xml(await_request("INVITE"), answer(180, "Ringing"), answer(200, "OK", sdp()), await_request("ACK"), await_request("BYE"), answer(200, "OK", tag=False))
CALLS = xml(INVITE, expect(100, optional=True), expect(180, optional=True), expect(200), request("ACK", to_tag=True, cseq=2), pause(500),
            request("BYE", to_tag=True, cseq=3), expect(200))


def tls_port(server):
    return server.ports["sip_tls"]


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def options(transport="TCP", extra="Content-Length: 0\r\n", call_id="o1", host="127.0.0.1:9"):
    return (f"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {host};branch=z9hG4bK{call_id};rport\r\nFrom: <sip:a@b>;tag=1\r\n"
            f"To: <sip:127.0.0.1>\r\nCall-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n{extra}\r\n")


def read_message(stream):
    stream.settimeout(10)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = stream.recv(65536)
        assert piece, f"closed after {data!r}"
        data += piece
    return data.decode()


def closes(stream, seconds=10):
    """Whether the server ends the connection, and what it said before."""
    stream.settimeout(seconds)
    said = b""
    try:
        while piece := stream.recv(65536):
            said += piece
    except ssl.SSLError:
        return True, said.decode()
    except TimeoutError:
        return False, said.decode()
    except OSError:
        return True, said.decode()
    return True, said.decode()


# ---- TLS ----

def test_phones_talk_over_tls(server, make_phone):
    said = sound.babble(20, seed=5)
    a, b = make_phone(server, "101", said, transport="tls"), make_phone(server, "102", transport="tls")
    assert sorted(r["transport"] for r in server.api.registrations()) == ["tls", "tls"]
    a.dial("102")
    b.accept()
    a.wait_event("CALL_ESTABLISHED")
    time.sleep(3)
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    heard, _ = b.heard()
    assert sound.best_match(said, heard[-2 * sound.RATE:])[0] > 0.9
    assert server.api.wait_for_ended_call()["disposition"] == "answered"


def test_tls_shows_its_certificate_and_speaks_1_2_and_1_3_only(server):
    for version, wanted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{tls_port(server)}", version, "-CAfile", server.data / "tls" / "certificate.pem",
                               "-verify_return_error"], input="", capture_output=True, text=True, timeout=20)
        assert (done.returncode == 0) == wanted, (version, done.stdout[-600:], done.stderr[-600:])


def test_a_browser_that_was_led_to_the_sip_port_is_refused(server):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", tls_port(server))) as s, pytest.raises(ssl.SSLError):
        context.wrap_socket(s).recv(1)
    context.set_alpn_protocols(["sip/2"])
    with socket.create_connection(("127.0.0.1", tls_port(server))) as s:
        assert context.wrap_socket(s).selected_alpn_protocol() == "sip/2"


def test_sipp_calls_over_tls_by_way_of_a_bridge(server, make_sipp, shared, tmp_path):
    """Debian's SIPp has no TLS: a bridge puts it around its TCP. The callee is reached over TLS by a connection of ours, whose certificate is checked."""
    callee = make_sipp(server, "102")
    caller = make_sipp(server, "101", transport="t1")
    callee.register()
    there = callee.start(ANSWERS)
    bridge = Bridge(("127.0.0.1", tls_port(server)), wrap_out=to_tls(server.data / "tls" / "certificate.pem"))
    caller.server = f"127.0.0.1:{bridge.port}"
    time.sleep(0.3)
    caller.run(CALLS, service="102")
    callee.finish(there)
    assert bridge.versions == ["TLSv1.3"]
    assert server.api.wait_for_ended_call()["disposition"] == "answered"


@pytest.mark.parametrize("transport", ["t1", "tls"])
def test_the_shared_flows_over_streams(make_server, make_sipp, shared, tmp_path, transport):
    flows = shared("testdata/sipp/run.py")
    server = make_server(settings='trusted_addresses = ["127.0.0.1"]')
    callee = make_sipp(server, "102", transport="t1")
    callee.register()  # by a connection that ends: calls reach it by a new one, since its Contact names the address that it came from
    account = server.api.phone("101")
    folder = tmp_path / "flows"
    folder.mkdir()
    for entry in flows.parent.iterdir():
        if entry.name != "flows.json":
            (folder / entry.name).symlink_to(entry)
    table = json.loads((flows.parent / "flows.json").read_text())
    for flow in table:
        flow["transport"] = "t1"
    (folder / "flows.json").write_text(json.dumps(table))
    (folder / "run.py").unlink()
    (folder / "run.py").write_text(flows.read_text())
    target = server.sip
    if transport == "tls":
        target = f"127.0.0.1:{Bridge(('127.0.0.1', tls_port(server)), wrap_out=to_tls()).port}"
    names = ["register-digest", "options-keepalive", "basic-call", "cancel-487", "reinvite-hold", "early-media-183", "info-dtmf", "busy-486", "callee-hangs-up"]
    done = subprocess.run([sys.executable, folder / "run.py", "--target", target, "--uas-port", str(callee.port), "--user", account["sip_username"], "--password",
                           account["sip_password"], "--domain", account["sip_domain"], "--service", "102", "--uac-port", str(free_port()), *names],
                          capture_output=True, text=True, timeout=240, cwd=tmp_path)
    failed = [line for line in done.stdout.splitlines() if not line.startswith("PASS")]
    assert not failed and done.stdout, done.stdout + done.stderr[-2000:]


def test_client_certificates_are_demanded_where_they_are_required(make_server, tmp_path):
    pem, key = certificate(tmp_path, "phone", "DNS:phone.example")
    stranger = certificate(tmp_path, "stranger", "DNS:phone.example")
    server = make_server(settings=f'client_certificates = "required"\nclient_ca = "{pem}"')
    for own, served in (((pem, key), True), (stranger, False), (None, False)):
        with socket.create_connection(("127.0.0.1", tls_port(server))) as s:
            try:
                stream = to_tls(own=own)(s)
                stream.sendall(options("TLS").encode())
                ended, said = (False, read_message(stream)) if served else closes(stream)
            except OSError:
                ended, said = True, ""
            assert ("SIP/2.0 200" in said, ended) == (served, not served), own


def test_a_new_certificate_is_shown_without_dropping_what_runs(make_server, tmp_path):
    pem, key = certificate(tmp_path, "server", "DNS:localhost")
    server = make_server(settings=f'certificate = "{pem}"\nkey = "{key}"')
    with socket.create_connection(("127.0.0.1", tls_port(server))) as s:
        stream = to_tls(pem)(s)
        before = stream.getpeercert(True)
        certificate(tmp_path, "server", "DNS:localhost")
        server.process.signal(1)
        wait_for("the new one is shown", lambda: ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", tls_port(server)))) != before)
        stream.sendall(options("TLS").encode())
        assert "SIP/2.0 200" in read_message(stream)


# ---- streams ----

def test_a_response_goes_by_a_new_connection_when_its_own_is_gone(server, make_sipp):
    """RFC 3261 §18.2.2: to the sent-by of the Via, at the address that the request came from."""
    account = server.api.phone("101")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        own = listener.getsockname()[1]
        host = f"127.0.0.1:{own}"
        callee = make_sipp(server, "102")
        callee.register()
        there = callee.start(xml(await_request("INVITE"), pause(1500), answer(486, "Busy Here"), await_request("ACK")))
        phone = WebPhone(None, account["sip_username"], account["sip_password"], account["sip_domain"])
        uri = f"sip:102@{account['sip_domain']}"

        def invite(stream, cseq, authorization=""):
            stream.sendall((f"INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/TCP {host};branch=z9hG4bKb{cseq}\r\nFrom: <sip:{phone.user}@{phone.domain}>;tag=1\r\n"
                            f"To: <{uri}>\r\nCall-ID: broken\r\nCSeq: {cseq} INVITE\r\nMax-Forwards: 70\r\nContact: <sip:{phone.user}@{host};transport=tcp>\r\n"
                            f"{authorization}Content-Length: 0\r\n\r\n").encode())
        with socket.create_connection(("127.0.0.1", server.ports["sip"])) as stream:
            invite(stream, 1)
            challenge = read_message(stream)
            invite(stream, 2, phone.authorization(challenge, "INVITE", uri) + "\r\n")
            while "SIP/2.0 180" not in (said := read_message(stream)) and "SIP/2.0 100" not in said:
                pass
        back, _ = listener.accept()
        said = read_message(back)
        while "SIP/2.0 486" not in said:
            said = read_message(back)
        back.close()
        callee.finish(there)


def test_a_registration_over_tcp_outlives_a_restart(server, make_sipp):
    callee, caller = make_sipp(server, "102", transport="t1"), make_sipp(server, "101")
    callee.register()
    wait_for("it is stored", lambda: server.api.registrations())
    assert server.stop() == 0
    server.start()
    assert [r["transport"] for r in server.api.registrations()] == ["tcp"]
    caller.server = server.sip
    there = callee.start(ANSWERS)
    time.sleep(0.3)
    caller.run(CALLS, service="102")
    callee.finish(there)


def test_a_stream_needs_a_content_length_and_answers_pings(server):
    with socket.create_connection(("127.0.0.1", server.ports["sip"])) as stream:
        stream.sendall(b"\r\n\r\n")
        assert stream.recv(10) == b"\r\n"  # RFC 5626 §4.4.1
        stream.sendall(options(extra="").encode())
        ended, said = closes(stream)
        assert ended and said.startswith("SIP/2.0 400")


def test_connections_from_one_address_are_limited(make_server):
    server = make_server(environment={"PARLEY_LIMITS_SIP_CONNECTIONS_PER_ADDRESS": "5"})
    streams = [socket.create_connection(("127.0.0.1", server.ports["sip"])) for _ in range(8)]
    alive = 0
    for number, stream in enumerate(streams):
        try:
            stream.sendall(options(call_id=f"n{number}").encode())
            alive += "SIP/2.0 200" in read_message(stream)
        except (OSError, AssertionError):
            pass
    assert alive == 5
    for stream in streams:
        stream.close()


def test_stun_binding_requests_are_answered_on_the_sip_port(server):
    """RFC 5626 §8, RFC 5389."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(5)
        asked = struct.pack(">HHI", 1, 0, 0x2112A442) + b"abcdefghijkl"
        s.sendto(asked, ("127.0.0.1", server.ports["sip"]))
        told, _ = s.recvfrom(2048)
        kind, size, cookie = struct.unpack(">HHI", told[:8])
        assert (kind, size, cookie, told[8:20]) == (0x0101, 12, 0x2112A442, b"abcdefghijkl")
        _, _, family, port, address = struct.unpack(">HHHHI", told[20:])
        assert (family, port ^ 0x2112, address ^ 0x2112A442) == (1, s.getsockname()[1], 0x7F000001)
        s.settimeout(0.3)
        for silent in (asked[:4] + b"\0\0\0\0" + asked[8:], struct.pack(">HH", 0x0101, 0) + asked[4:]):  # no cookie; a response
            s.sendto(silent, ("127.0.0.1", server.ports["sip"]))
            with pytest.raises(TimeoutError):
                s.recvfrom(2048)
        answered = 0
        for _ in range(200):
            s.sendto(asked, ("127.0.0.1", server.ports["sip"]))
        try:
            while s.recvfrom(2048):
                answered += 1
        except TimeoutError:
            pass
        assert 20 <= answered < 100, "rate-limited"


# ---- IPv6 ----

@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_phones_talk_over_ipv6_and_to_ipv4(make_server, make_phone, transport):
    server = make_server(environment={"PARLEY_SIP_BIND": "127.0.0.1,::1", "PARLEY_RTP_BIND": "::"})
    said = sound.babble(20, seed=6)
    a, b = make_phone(server, "101", said, transport=transport, host="::1"), make_phone(server, "102")
    assert {r["source"].rsplit(":", 1)[0] for r in server.api.registrations()} == {"[::1]", "127.0.0.1"}
    a.dial("102")
    b.accept()
    a.wait_event("CALL_ESTABLISHED")
    time.sleep(3)
    a.hang_up()
    b.wait_event("CALL_CLOSED")
    heard, _ = b.heard()
    assert sound.best_match(said, heard[-2 * sound.RATE:])[0] > 0.9


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_ipv6_stands_in_brackets(make_server):
    server = make_server(environment={"PARLEY_SIP_BIND": "127.0.0.1,::1"})
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.bind(("::1", 0))
        s.settimeout(5)
        port = s.getsockname()[1]
        s.sendto(options("UDP", host=f"[2001:db8::9]:{port}").encode(), ("::1", server.ports["sip"]))
        said = s.recvfrom(65536)[0].decode()
    assert f"[2001:db8::9]:{port}" in header(said, "Via") and "received=::1" in header(said, "Via") and f"rport={port}" in header(said, "Via")


# ---- WebSocket ----

@pytest.fixture
def web_phone(server):
    def make(number, **how):
        account = server.api.phone(number)
        return WebPhone(SipWebSocket(server.ports["http"], **how), account["sip_username"], account["sip_password"], account["sip_domain"])
    return make


def test_a_page_registers_and_is_called_over_its_own_connection(server, web_phone, make_sipp):
    page = web_phone("102")
    answered = page.register()
    assert answered.startswith("SIP/2.0 200"), answered
    assert page.host in header(answered, "Contact")
    assert [r["transport"] for r in server.api.registrations()] == ["wss"]
    caller = make_sipp(server, "101")
    there = caller.start(xml(INVITE, expect(100, optional=True), expect(180), expect(486), pause(200)), service="102")
    invite = page.web.message()
    assert invite.startswith(f"INVITE sip:{page.user}@{page.host};transport=ws SIP/2.0\r\n")
    assert header(invite, "Via").startswith("SIP/2.0/WSS ")
    assert ";transport=ws" in header(invite, "Contact")

    def reply(status, reason):
        lines = [f"SIP/2.0 {status} {reason}", *(f"Via: {via}" for via in header_all(invite, "Via")), f"From: {header(invite, 'From')}",
                 f"To: {header(invite, 'To')};tag=page", f"Call-ID: {header(invite, 'Call-ID')}", f"CSeq: {header(invite, 'CSeq')}",
                 f"Contact: {page.contact()}", "Content-Length: 0"]
        page.web.frame("\r\n".join(lines) + "\r\n\r\n")
    reply(180, "Ringing")
    reply(486, "Busy Here")
    assert page.web.message().startswith("ACK ")
    there.wait(20)
    page.web.close()
    wait_for("its registration goes with it", lambda: server.api.registrations() == [])


def test_binary_frames_are_sip_too_and_pings_are_answered(web_phone):
    page = web_phone("101")
    assert page.register(opcode=BINARY).startswith("SIP/2.0 200")
    page.web.frame(b"are you there", PING)
    assert page.web.next_frame() == (PONG, b"are you there")
    page.web.frame("\r\n\r\n")  # RFC 7118 §6, RFC 5626 §4.4.1
    assert page.web.next_frame()[1] == b"\r\n"


def test_outbound_over_websocket_gets_a_flow(web_phone):
    page = web_phone("101")
    instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
    answered = page.register(extra=[instance, "reg-id=1"])
    assert header(answered, "Require") == "outbound" and int(header(answered, "Flow-Timer")) > 0
    assert "reg-id=1" in header(answered, "Contact") and instance in header(answered, "Contact")


def test_two_messages_in_a_frame_end_the_connection(web_phone):
    page = web_phone("101")
    page.web.frame(options("WSS") + options("WSS", call_id="o2"))
    assert page.web.next_frame()[0] == CLOSE


@pytest.mark.parametrize("how, status", [({"subprotocol": None}, 400), ({"subprotocol": "chat"}, 400), ({"origin": "https://evil.example"}, 403)])
def test_an_upgrade_that_is_not_for_sip_is_refused(server, how, status):
    with pytest.raises(Refused) as refused:
        SipWebSocket(server.ports["http"], **how)
    assert refused.value.status == status


def test_pages_of_our_own_and_of_listed_origins_may_connect(make_server):
    own = free_port()
    server = make_server(settings=f'websocket_origins = ["https://crm.example"]\nws_port = {own}')
    for origin in (f"https://127.0.0.1:{server.ports['http']}", "https://crm.example"):
        SipWebSocket(server.ports["http"], origin=origin, subprotocol="chat, sip").close()
    clear = SipWebSocket(server.ports["sip_ws"], tls=False, path="/")
    clear.frame(options("WS"))
    assert clear.message().startswith("SIP/2.0 200")


def test_phones_see_where_tls_and_websocket_are(server):
    status, said, _ = server.command("phone", "101", "--no-qr")
    assert status == 0
    assert f":{tls_port(server)} (tls)" in said and f"wss://127.0.0.1:{server.ports['http']}/sip" in said
