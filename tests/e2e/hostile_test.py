"""Scanners, guessers and floods from the same machine: they find nothing and are told nothing, and telephones go on working."""
import random
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest

from harness.process import wait_for
from harness.sipp import challenged, expect, xml

SCANNERS = pytest.mark.skipif(not shutil.which("svwar"), reason="sipvicious is not installed (./dev setup)")
ATTACKER = "127.0.0.66"


def bans(server):
    return [one for one in server.api.get("/v1/sip/bans")["items"] if one["kind"] == "ban"]


def vicious(tool, server, *arguments, seconds=90):
    port = server.ports["sip"]
    done = subprocess.run([tool, "-p", str(port), *arguments, "127.0.0.1"], capture_output=True, text=True, timeout=seconds)
    return done.stdout + done.stderr


class Stranger:
    """Speaks SIP from an address of its own."""

    def __init__(self, server, address=ATTACKER):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(0.3)
        self.to = ("127.0.0.1", server.ports["sip"])
        self.address, self.port = self.socket.getsockname()

    def say(self, method, user, extra="", host="demo.parley.local", agent="Desk Phone 3.1"):
        mark = f"{random.getrandbits(64):x}"
        uri = f"sip:{host}" if method == "REGISTER" else f"sip:{user}@{host}"
        self.socket.sendto(f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.address}:{self.port};rport;branch=z9hG4bK{mark}\r\nFrom: <sip:{user}@{host}>;tag={mark}\r\n"
                           f"To: <sip:{user}@{host}>\r\nCall-ID: {mark}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\nUser-Agent: {agent}\r\n"
                           f"Contact: <sip:{user}@{self.address}:{self.port}>\r\n{extra}Content-Length: 0\r\n\r\n".encode(), self.to)

    def hear(self):
        try:
            return self.socket.recv(65535).decode()
        except TimeoutError:
            return ""


@SCANNERS
def test_sipvicious_finds_nothing_and_is_banned(server):
    assert "found nothing" in vicious("svmap", server).lower()
    for method in ("REGISTER", "INVITE", "OPTIONS"):
        found = vicious("svwar", server, "-e", "100-400", "-m", method, "--force")
        assert not re.search(r"\|\s*10[12]\s*\|", found), found
    cracked = vicious("svcrack", server, "-u", "101", "-r", "1000-1200")
    assert not re.search(r"\|\s*101\s*\|", cracked), cracked
    assert [(one["address"], one["by"]) for one in bans(server)] == [("127.0.0.1", "parleyd")]


def test_who_asks_for_many_names_is_banned_over_a_restart_until_somebody_lifts_it(server):
    domain = server.api.phone("101")["sip_domain"]
    stranger = Stranger(server)
    stranger.say("REGISTER", "101", host=domain)
    assert stranger.hear().startswith("SIP/2.0 401")
    for number in range(100, 320):
        stranger.say("REGISTER", str(number), host=domain)
        time.sleep(0.02)
    wait_for("a ban of the scanner", lambda: bans(server), 5)
    assert bans(server)[0]["reason"] == "unanswered challenges"
    while stranger.hear():
        pass
    stranger.say("OPTIONS", "101", host=domain)
    assert stranger.hear() == ""
    status, out, _ = server.command("bans", "list")
    assert status == 0 and ATTACKER in out
    wait_for("the log's line", lambda: "security.banned" in server.log, 5)
    assert ATTACKER not in server.log  # personal data

    assert server.stop() == 0
    server.start()
    stranger.to = ("127.0.0.1", server.ports["sip"])
    assert bans(server)[0]["address"] == ATTACKER
    stranger.say("OPTIONS", "101", host=domain)
    assert stranger.hear() == ""
    status, out, errors = server.command("bans", "remove", ATTACKER)
    assert status == 0, errors
    stranger.say("OPTIONS", "101", host=domain)
    assert stranger.hear().startswith("SIP/2.0 200")


def test_a_flood_leaves_telephones_alone(server, make_sipp):
    """T-13, F-12: seven methods as fast as one thread can, from a stranger; a phone signs in and out meanwhile."""
    phone = make_sipp(server, "101")
    phone.register()
    stranger = Stranger(server)
    stop = threading.Event()
    sent = [0]

    def flood():
        while not stop.is_set():
            for method in ("REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "PUBLISH", "NOTIFY"):
                stranger.say(method, str(random.randrange(10000)))
                sent[0] += 1

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        before = memory(server)
        for _ in range(10):
            phone.run(xml(challenged("REGISTER", extra="Expires: 300"), expect(200)))
        assert memory(server) - before < 0.2 * before
    finally:
        stop.set()
        thread.join()
    assert sent[0] > 1000
    assert len(server.api.registrations()) == 1


def test_an_administrator_sees_why_a_phone_cannot_register(server, make_sipp):
    make_sipp(server, "101", password="wrong").run(xml(challenged("REGISTER", extra="Expires: 300"), expect(401)))
    user = server.api.phone("101")["sip_username"]
    status, out, errors = server.command("sip", "trace", "--account", user, "--last", "20")
    assert status == 0, errors
    assert out.count("REGISTER") == 4 and out.count("401 Unauthorized") == 2, out
    status, out, errors = server.command("sip", "trace", "--account", user, "--raw")
    assert status == 0, errors
    assert 'response="***"' in out and not re.search(r'response="[0-9a-f]', out)


def memory(server):
    for line in open(f"/proc/{server.process.child.pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
