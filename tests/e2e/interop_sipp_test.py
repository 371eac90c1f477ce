"""SIPp as it comes: its digest signs the address that it sends to, whatever its request asks for (RFC 3261 §22.4 lets it)."""
import subprocess

import pytest

from harness.flows import Account
from harness.sipp import answer, await_request, challenged, expect, pause, request, sdp, xml

ANSWERS = xml(await_request("INVITE"), answer(180, "Ringing"), answer(200, "OK", sdp()), await_request("ACK"), await_request("BYE"), answer(200, "OK", tag=False))


@pytest.fixture
def plain_sipp(make_sipp):
    def make(server, number):
        phone = make_sipp(server, number)
        told = phone._command

        def command(*arguments):
            words = told(*arguments)
            at = words.index("-auth_uri")
            return words[:at] + words[at + 2:]
        phone._command = command
        return phone
    return make


def test_it_registers_and_calls_with_a_digest_over_the_servers_address(server, plain_sipp):
    caller, callee = plain_sipp(server, "101"), plain_sipp(server, "102")
    caller.register()
    callee.register()
    there = callee.start(ANSWERS)
    caller.run(xml(challenged("INVITE", body=sdp()), expect(100, optional=True), expect(180, optional=True), expect(200), request("ACK", to_tag=True, cseq=2), pause(200),
                   request("BYE", to_tag=True, cseq=3), expect(200)), service="102")
    callee.finish(there)
    assert f'uri="sip:{server.sip}"' in caller.errors(), "SIPp signed its server's address"


def test_the_flows_of_load_tools_pass(server, make_sipp, shared, tmp_path):
    """They know the server by its address alone: that is their domain too."""
    scenario = shared("bench/peers/sipp/uac_invite_auth.xml")
    house = server.api.call("POST", "/v1/organisations", {"name": "By address", "sip_domain": "127.0.0.1"})
    base = f"/v1/organisations/{house['id']}"
    accounts = []
    for number in ("101", "102"):
        extension = server.api.call("POST", f"{base}/extensions", {"number": number, "display_name": number})
        server.api.call("POST", f"{base}/extensions/{extension['id']}/devices", {"name": "SIPp"})
        accounts.append(Account(server.api.get(f"{base}/extensions/{extension['id']}/phone")["devices"][0], number))
    caller, callee = accounts
    phone = make_sipp(server, "102")
    phone.user, phone.password, phone.domain = callee.username, callee.password, callee.domain
    phone.register()
    there = phone.start(ANSWERS)
    users = tmp_path / "users.csv"
    users.write_text(f"SEQUENTIAL\n{caller.username};[authentication username={caller.username} password={caller.password}]\n")
    done = subprocess.run(["sipp", "-sf", scenario, "-inf", users, "-s", "102", "-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error", "-trace_err",
                           server.sip], cwd=tmp_path, capture_output=True, text=True, timeout=40)
    assert done.returncode == 0, "".join(f.read_text(errors="replace") for f in tmp_path.glob("*_errors.log"))
    phone.finish(there)
