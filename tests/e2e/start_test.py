"""parleyd from an empty folder to its end: what a newcomer's first minute needs."""
import http.client
import json
import re
import signal
import socket
import ssl
import subprocess

from harness.parleyd import BUILD
from harness.process import wait_for


def sign_in(server, password):
    connection = http.client.HTTPSConnection("127.0.0.1", server.ports["http"], timeout=20, context=ssl._create_unverified_context())
    connection.request("POST", "/v1/sign-in", json.dumps({"login": "admin", "password": password}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), json.loads(answer.read())


def password_in(log):
    return re.search(r"admin\s+password\s+(\S+)", log)[1]


def test_first_start_says_once_what_is_needed_and_it_works(server):
    log = server.log
    assert "https://127.0.0.1:" in log and "dial 600" in log
    assert all(f"extension {number}" in log for number in (101, 102, 103))
    assert [line.split()[1] for line in log.splitlines() if line.endswith("calls are recorded, after a notice")] == ["101"], "PBX-4: it says so"
    status, headers, body = sign_in(server, password_in(log))
    assert status == 200 and body["user"]["organisation"]["name"] == "Demo"
    assert "HttpOnly; Secure; SameSite=Strict" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"] == "max-age=63072000"
    assert "default-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
    assert [e["number"] for e in server.api.in_organisation("GET", "/extensions")["items"]] == ["101", "102", "103"]
    assert sign_in(server, "wrong")[0] == 401


def test_the_second_start_keeps_everything_and_tells_no_password(server):
    password = password_in(server.log)
    assert server.stop() == 0
    server.start()
    assert "password" not in server.log
    assert sign_in(server, password)[0] == 200
    assert len(server.api.in_organisation("GET", "/extensions")["items"]) == 3


def test_a_repeated_request_with_a_key_is_done_once_also_across_a_restart(server):
    path, key = server.api.organisation + "/extensions", {"Idempotency-Key": "from-a-script-1"}
    first = server.api.raw("POST", path, {"number": "333"}, key)
    assert first[0] == 201 and "Idempotency-Replayed" not in first[1]
    assert server.stop() == 0
    server.start()
    again = server.api.raw("POST", path, {"number": "333"}, key)
    assert (again[0], again[2], again[1]["Idempotency-Replayed"]) == (201, first[2], "true")
    assert server.api.raw("POST", path, {"number": "334"}, key)[0] == 422
    assert len(server.api.in_organisation("GET", "/extensions")["items"]) == 4


def test_what_is_private_is_readable_by_its_owner_alone(server):
    for name in ("root.key", "parley.db", "keys.db", "parleyd.sock", "tls/key.pem"):
        assert (server.data / name).stat().st_mode & 0o077 == 0, name


def test_a_second_server_on_the_same_folder_is_refused(server):
    done = subprocess.run([BUILD / "bin" / "parleyd", "--data", server.data, "--config", server.data.parent / "parley.toml"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "in use by another process" in done.stderr


def test_reload_with_a_broken_file_changes_nothing(server):
    (server.data.parent / "parley.toml").write_text("[sip]\nport = nonsense\n")
    server.process.signal(signal.SIGHUP)
    wait_for("the problem is named", lambda: "parley.toml:2" in server.log, 20)
    assert server.api.get("/v1/status")["organisations"] == 1


def test_health_and_metrics_answer(server):
    assert server.api.get("/healthz") == {"status": "ok"}
    assert b"parley_http_requests_total" in server.api.raw("GET", "/metrics")[2]


def test_the_api_describes_itself(server):
    document = server.api.get("/v1/openapi.json")
    assert document["openapi"].startswith("3.1") and "/v1/organisations/{organisation}/calls" in document["paths"]


def test_the_service_manager_hears_when_it_is_ready_and_when_it_stops(make_server, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "n"))
        manager.settimeout(20)
        server = make_server(environment={"NOTIFY_SOCKET": str(tmp_path / "n")})
        assert manager.recv(200).startswith(b"READY=1\n")
        assert server.stop() == 0
        assert manager.recv(200).startswith(b"STOPPING=1\n")
