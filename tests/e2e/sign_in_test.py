"""The parley command against a parleyd far away: over HTTPS, with the server's self-signed certificate and a token."""
import http.client
import json
import os
import pty
import re
import ssl
import subprocess

import pytest

from harness.parleyd import BUILD


class Far:
    """A person on another machine: a home of their own, no data directory of the server, nothing in the environment."""

    def __init__(self, server, home):
        self.server = server
        self.home = home
        home.mkdir(exist_ok=True)
        self.url = f"https://localhost:{server.ports['http']}"
        self.password = re.search(r"admin\s+password\s+(\S+)", server.log)[1]
        self.certificate = home / "server.pem"
        self.certificate.write_bytes((server.data / "tls" / "certificate.pem").read_bytes())

    @property
    def kept(self):
        return self.home / ".config" / "parley" / "sign-in.json"

    @property
    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "PARLEY_PASSWORD": self.password}

    def command(self, *arguments, **environment):
        done = subprocess.run([BUILD / "bin" / "parley", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              env={**self.environment, **environment})
        assert self.password not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    def sign_in(self, *arguments, **environment):
        return self.command("sign-in", "--server", self.url, "--login", "admin", *arguments, **environment)

    def answer_at_a_terminal(self, answer, *arguments):
        """-> exit status and everything that was shown"""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([BUILD / "bin" / "parley", *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs, env=self.environment)
        os.close(theirs)
        os.write(ours, answer.encode())
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the far end is closed
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        return process.wait(20), shown.decode()


@pytest.fixture
def far(server, tmp_path):
    return Far(server, tmp_path / "far")


def fingerprint_in(log):
    return re.search(r"self-signed, SHA-256 (\S+)", log)[1]


def status_with(far, token):
    connection = http.client.HTTPSConnection("127.0.0.1", far.server.ports["http"], timeout=20, context=ssl._create_unverified_context())
    connection.request("GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})
    return connection.getresponse().status


def test_with_the_servers_certificate_everything_works_until_sign_out(far, tmp_path):
    status, out, err = far.sign_in("--ca", far.certificate)
    assert status == 0 and "as admin (administrator)" in out, err
    assert far.kept.stat().st_mode & 0o777 == 0o600
    far.certificate.unlink()  # what was trusted is remembered, not where it lay
    assert far.command("status")[1].startswith("Server")
    assert "No calls" in far.command("calls", "list")[1]
    assert far.command("status", "--server", far.url.replace("https://", ""))[0] == 0, "the same server, typed shorter"
    status, out, err = far.command("export", "--format", "json")
    assert status == 0, err
    document = json.loads(out)
    document["extensions"].append({"number": "105", "display_name": "Berta"})
    (tmp_path / "office.json").write_text(json.dumps(document))
    assert far.command("apply", tmp_path / "office.json", "--yes")[0] == 0
    assert "Berta" in far.command("extensions", "list")[1]
    token = json.loads(far.kept.read_text())["token"]
    assert status_with(far, token) == 200
    status, out, err = far.command("sign-out")
    assert status == 0 and far.url in out, err
    assert not far.kept.exists() and status_with(far, token) == 401


def test_a_wrong_password_is_status_4_and_keeps_nothing(far):
    right, far.password = far.password, "quite-wrong"
    status, out, err = far.sign_in("--ca", far.certificate)
    assert status == 4 and out == "" and "login or password is wrong" in err and right not in err
    assert not far.kept.exists()


def test_without_trust_it_says_how_to_get_it_and_sends_no_password(far):
    status, _, err = far.sign_in()
    assert status == 3 and "not trusted" in err and "self-signed" in err
    assert fingerprint_in(far.server.log) in err, "what parleyd printed at its first start, to compare"
    assert "--ca FILE" in err and "openssl x509" in err
    assert not far.kept.exists()
    pin = re.search(r"--pin (sha256//\S+?),?\n", err)[1]
    assert far.sign_in("--pin", pin)[0] == 0
    assert far.command("status")[0] == 0, "the key that was named is trusted from then on"


def test_a_person_at_a_terminal_compares_and_says_yes(far):
    arguments = ("sign-in", "--server", far.url, "--login", "admin")
    status, shown = far.answer_at_a_terminal("n\n", *arguments)
    assert status == 7 and not far.kept.exists()
    status, shown = far.answer_at_a_terminal("y\n", *arguments)
    assert status == 0 and fingerprint_in(far.server.log) in shown, shown
    assert far.command("status")[0] == 0


def test_another_servers_certificate_or_key_is_refused(far, make_server):
    other = make_server("other")
    status, _, err = far.sign_in("--ca", other.data / "tls" / "certificate.pem")
    assert status == 3 and "does not vouch for" in err
    status, _, err = far.sign_in("--pin", "sha256//" + "A" * 43 + "=")
    assert status == 3 and "Somebody may stand in between" in err
    assert not far.kept.exists()


def test_a_server_with_a_new_key_is_not_talked_to(far):
    assert far.sign_in("--ca", far.certificate)[0] == 0
    assert far.server.stop() == 0
    for file in ("certificate.pem", "key.pem"):
        (far.server.data / "tls" / file).unlink()
    far.server.start()
    kept = json.loads(far.kept.read_text())
    kept["server"] = f"https://localhost:{far.server.ports['http']}"
    far.kept.write_text(json.dumps(kept))
    status, _, err = far.command("status")
    assert status == 3 and "not trusted" in err and "--ca FILE" in err


def test_a_sign_in_that_others_can_read_is_not_used(far):
    assert far.sign_in("--ca", far.certificate)[0] == 0
    far.kept.chmod(0o644)
    status, _, err = far.command("status")
    assert status == 4 and "chmod 600" in err


@pytest.mark.parametrize("typed, said", [
    ("http://localhost:{port}", "must start with https://"),
    ("https://admin:secret@localhost:{port}", "--login NAME"),
    ("https://localhost:{port}/v1", "nothing follows"),
    ("localhost:99999", "HOST:8443"),
])
def test_an_address_that_is_none_says_what_to_write(far, typed, said):
    status, _, err = far.command("sign-in", "--server", typed.format(port=far.server.ports["http"]), "--login", "admin")
    assert status == 2 and said in err and "secret" not in err, err


def test_nobody_there_is_status_3_and_a_missing_port_is_guessed(far):
    status, _, err = far.command("sign-in", "--server", "https://127.0.0.1:1", "--login", "admin")
    assert status == 3 and "no answer from https://127.0.0.1:1" in err
    status, _, err = far.command("sign-in", "--server", "https://127.0.0.1", "--login", "admin")
    assert status == 3 and "https://127.0.0.1:8443" in err
    status, _, err = far.command("sign-in", "--server", "https://nobody.invalid", "--login", "admin")
    assert status == 3 and "resolve" in err


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_names_and_addresses_of_this_machine(make_server, tmp_path, host):
    server = make_server(http_bind="::")
    far = Far(server, tmp_path / "far")
    far.url = f"https://{host}:{server.ports['http']}"
    status, _, err = far.sign_in("--ca", far.certificate)
    assert status == 0, err
    assert far.command("status")[0] == 0
