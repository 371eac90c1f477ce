"""The parley command against a real parleyd."""
import json

import pytest


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
