"""The parley command against a real parleyd."""
import json
import time

import pytest

from harness.sipp import answer, await_request, challenged, expect, request, sdp, xml


def test_status_and_its_json(server):
    status, out, _ = server.command("status")
    assert status == 0 and out.startswith("Server")
    status, out, _ = server.command("status", "--json")
    assert status == 0 and json.loads(out)["organisations"] == 1


def test_extensions_are_made_changed_and_deleted(server):
    assert server.command("extensions", "add", "104", "--name", "Anna Weber", "--recording", "on")[0] == 0
    assert "Anna Weber" in server.command("extensions", "list")[1]
    assert server.command("extensions", "set", "104", "--department", "Sales")[0] == 0
    assert server.api.extension("104")["department"] == "Sales"
    assert server.command("extensions", "delete", "104")[0] == 2, "there is nobody to ask"
    assert server.command("extensions", "delete", "104", "--yes")[0] == 0
    assert "104" not in server.command("extensions", "list")[1]


def test_a_phone_is_shown_with_password_and_qr_code(server):
    status, out, _ = server.command("phone", "101")
    assert status == 0
    assert server.api.phone("101")["sip_password"] in out
    assert "█" in out


@pytest.mark.parametrize("notation", ["yaml", "toml", "json"])
def test_export_and_apply_round_trip(server, tmp_path, notation):
    status, out, err = server.command("export", "--format", notation)
    assert status == 0, err
    file = tmp_path / f"office.{notation}"
    file.write_text(out)
    status, out, err = server.command("apply", str(file))
    assert status == 0, f"{out}{err}"
    assert "Nothing to change" in out


def test_apply_changes_in_one_step_or_not_at_all(server, tmp_path):
    _, out, _ = server.command("export", "--format", "json")
    document = json.loads(out)
    document["extensions"].append({"number": "105", "display_name": "Berta"})
    file = tmp_path / "office.json"
    file.write_text(json.dumps(document))
    status, out, err = server.command("apply", str(file), "--dry-run")
    assert status == 0 and "+ extension 105" in out, out + err
    assert server.command("extensions", "list")[1].count("105") == 0
    assert server.command("apply", str(file), "--yes")[0] == 0
    assert "Berta" in server.command("extensions", "list")[1]
    document["extensions"].append({"number": "106", "display_name": "Carl", "ring_timeout_s": -5})
    document["extensions"].append({"number": "107", "display_name": "Dora"})
    file.write_text(json.dumps(document))
    assert server.command("apply", str(file), "--yes")[0] == 1
    assert "107" not in server.command("extensions", "list")[1]


def test_policy_is_changed_and_has_a_history(server):
    assert server.command("policy", "set", "--recordings-days", "30", "--yes")[0] == 0
    assert "30 days" in server.command("policy", "show")[1]
    assert server.command("policy", "history")[1].count("\n") >= 2


def test_what_does_not_exist_is_status_5(server):
    status, _, err = server.command("calls", "show", "last")
    assert status == 5 and "parley demo" in err
    assert server.command("phone", "999")[0] == 5


def test_a_wrong_configuration_names_file_line_and_remedy(server, tmp_path):
    import subprocess

    from harness.parleyd import BUILD
    file = tmp_path / "wrong.toml"
    file.write_text("[sip]\nport = 70000\n")
    done = subprocess.run([BUILD / "bin" / "parleyd", "check-config", "--config", file], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "wrong.toml:2" in done.stdout + done.stderr


TWO_ORGANISATIONS = """
organisations:
  - sip_domain: {domain}
    routes:
      - name: Outside
        pattern: 0.
        strip: 1
        destination: {{kind: number}}
      - name: Help desk
        pattern: 5XX
        callers: [101]
        destination: {{kind: extension, number: 102}}
  - sip_domain: branch.example.com
    name: Branch office
    time_zone: Europe/Zurich
    users:
      - login: nora
        role: administrator
    extensions:
      - number: 0201
        display_name: Nora Keller
        user: nora
    routes:
      - name: Everything else
        pattern: "."
        destination: {{kind: refuse, reason: forbidden}}
"""


def test_two_organisations_with_routes_in_one_file_and_a_call_through_a_route(server, tmp_path, make_sipp):
    domain = json.loads(server.command("organisations", "list", "--json")[1])[0]["sip_domain"]
    file = tmp_path / "both.yaml"
    file.write_text(TWO_ORGANISATIONS.format(domain=domain))
    status, out, err = server.command("apply", str(file), "--yes")
    assert status == 0 and "Branch office:" in out, out + err
    for notation in ("yaml", "toml", "json"):
        status, out, err = server.command("export", "--all", "--format", notation)
        assert status == 0 and "0201" in out, out + err
        (tmp_path / f"again.{notation}").write_text(out)
        status, out, err = server.command("apply", str(tmp_path / f"again.{notation}"))
        assert status == 0 and "Nothing to change" in out, out + err
    organisation = ("--organisation", domain)
    assert "0512 → route Outside → dialled as 512 → route Help desk → extension 102" in server.command("routes", "test", "0512", "--from", "101", *organisation)[1]
    assert "403" in server.command("routes", "test", "0512", "--from", "102", *organisation)[1]
    assert "emergency" in server.command("routes", "test", "112", "--organisation", "branch.example.com")[1]
    caller, callee = make_sipp(server, "101"), make_sipp(server, "102")
    caller.register()
    callee.register()
    there = callee.start(xml(await_request("INVITE"), answer(180, "Ringing"), answer(200, "OK", sdp()), await_request("ACK"), await_request("BYE"),
                             answer(200, "OK", tag=False)))
    time.sleep(0.3)  # SIPp says nowhere that it listens
    caller.run(xml(challenged("INVITE", body=sdp()), expect(100, optional=True), expect(180, optional=True), expect(200), request("ACK", to_tag=True, cseq=2),
                   request("BYE", to_tag=True, cseq=3), expect(200)), service="0512")
    callee.finish(there)
    call = server.api.wait_for_ended_call()
    assert (call["disposition"], call["callee"]["number"]) == ("answered", "102")
    steps = [step["what"] for step in server.api.call_detail(call["id"])["path"]]
    assert steps[:4] == ["called 0512", "route Outside", "dialled as 512", "route Help desk"]


@pytest.mark.parametrize("notation, text, place", [
    ("yaml", "extensions:\n  - number: 1x\n    recording: maybe\n", "wrong.yaml:2:13: extensions[0].number"),
    ("toml", "[[routes]]\nname = 'r'\npattern = '0.1'\ndestination = {kind = 'echo_test'}\n", "wrong.toml:3:11: routes[0].pattern"),
])
def test_wrong_values_are_named_by_file_line_and_column(server, tmp_path, notation, text, place):
    file = tmp_path / f"wrong.{notation}"
    file.write_text(text)
    before = server.command("export")[1]
    status, _, err = server.command("apply", str(file), "--yes")
    assert status == 1 and place in err and "Nothing was changed." in err, err
    assert server.command("export")[1] == before
