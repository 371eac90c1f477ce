"""Sets of malformed media packets (malformed/index.json and files), sent into a running call of a real server."""
import json
import pathlib
import re
import socket
import struct
import threading
import time

from .agent import PCMU, Agent
from .sip_client import register

STEP = 0.02
MOST_LOST = 0.01
MOST_GROWN_KB = 16 * 1024


def pair():
    """RTP and RTCP sockets, the second one port above."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        rtp.bind(("127.0.0.1", 0))
        port = rtp.getsockname()[1]
        try:
            if port % 2 == 0:
                rtcp.bind(("127.0.0.1", port + 1))
                return rtp, rtcp
        except OSError:
            pass
        rtp.close()
        rtcp.close()


class Talker(Agent):
    """An agent that also speaks: packets with a pattern by which they are known at the other end."""

    def __init__(self, user, domain, server, pattern):
        self.rtp, self.rtcp = pair()
        super().__init__(user, domain, server)
        self.pattern, self.sent, self.heard, self.foreign = pattern, 0, 0, []
        self.expects = b""
        self.to = None

    def _sdp(self, direction):
        self.version += 1
        return PCMU.format(version=self.version, port=self.rtp.getsockname()[1], direction=direction) if direction else ""

    def talks_to(self, message):
        self.to = ("127.0.0.1", int(re.search(r"^m=audio (\d+) ", message.body, re.M).group(1)))

    def speak(self):
        payload = struct.pack("!I", self.sent) + self.pattern * 156
        header = struct.pack("!BBHII", 0x80, 0x80 if self.sent == 0 else 0, self.sent & 0xFFFF, self.sent * 160 & 0xFFFFFFFF, 0x1000 + ord(self.pattern))
        self.rtp.sendto(header + payload, self.to)
        self.sent += 1

    def listen(self):
        for one in (self.rtp, self.rtcp):
            one.setblocking(False)
        while True:
            try:
                data = self.rtp.recv(4096)
            except BlockingIOError:
                break
            if len(data) == 172 and data[16:] == self.expects * 156:
                self.heard += 1
            else:
                self.foreign.append(data)
        try:
            while True:
                self.rtcp.recv(4096)
        except BlockingIOError:
            pass

    def close(self):
        super().close()
        self.rtp.close()
        self.rtcp.close()


class Sniffer:
    """Where the server sends from the call's ports, as the loopback device sees it; needs root, else it sees nothing."""

    def __init__(self, ports, known):
        self.ports, self.known, self.strange = set(ports), set(known), set()
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            self.socket.bind(("lo", 0))
            self.socket.setblocking(False)
        except (PermissionError, OSError):
            self.socket = None

    def look(self):
        while self.socket:
            try:
                frame = self.socket.recv(4096)
            except BlockingIOError:
                return
            ip = frame[14:]
            if len(ip) < 28 or ip[9] != 17:
                continue
            size = (ip[0] & 0x0F) * 4
            source, to = struct.unpack("!HH", ip[size:size + 4])
            where = (socket.inet_ntoa(ip[16:20]), to)
            if source in self.ports and where not in self.known:
                self.strange.add(where)


class RunningCall:
    """101 calls 102; both talk until closed."""

    def __init__(self, server):
        self.talkers = []
        for user, pattern in (("101", b"\x55"), ("102", b"\x2a")):
            account = server.api.phone(user)
            talker = Talker(user, account["sip_domain"], server.sip, pattern)
            register(talker.socket, "udp", account["sip_username"], account["sip_password"], account["sip_domain"], f"sip:{user}@127.0.0.1:{talker.port}")
            self.talkers.append(talker)
        self.a, self.b = self.talkers
        self.a.expects, self.b.expects = self.b.pattern, self.a.pattern
        self.a.call("102")
        self.b.talks_to(self.b.hear("INVITE"))
        self.b.answer(200, "sendrecv")
        self.b.hear("ACK")
        self.a.talks_to(self.a.hear(200))
        self.a.say("ACK")
        self.strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for one, address in zip(self.strangers, ("127.0.0.1", "127.0.0.2")):
            one.bind((address, 0))
            one.setblocking(False)
        ports = [t.to[1] + i for t in self.talkers for i in (0, 1)]
        self.sniffer = Sniffer(ports, [("127.0.0.1", s.getsockname()[1]) for t in self.talkers for s in (t.rtp, t.rtcp)])
        self.next = time.monotonic()
        self.lock = threading.Lock()

    def talk(self, steps):
        for _ in range(steps):
            for talker in self.talkers:
                talker.speak()
            self.next = max(self.next + STEP, time.monotonic() - STEP)
            time.sleep(max(0.0, self.next - time.monotonic()))
            for talker in self.talkers:
                talker.listen()
            self.sniffer.look()

    def send(self, data, proto):
        """From the phone itself, and from two strangers, to the ports where it would do harm."""
        ports = (1,) if proto == "rtcp" else (0, 1) if proto in ("stun", "turn") else (0,)
        for port in ports:
            to = (self.a.to[0], self.a.to[1] + port)
            (self.a.rtcp if port else self.a.rtp).sendto(data, to)
            for one in self.strangers:
                one.sendto(data, to)
        if proto == "rtcp":  # on the port of RTP as well: nobody agreed to rtcp-mux
            self.a.rtp.sendto(data, self.a.to)

    def answered_strangers(self):
        count = 0
        for one in self.strangers:
            try:
                while True:
                    one.recv(4096)
                    count += 1
            except BlockingIOError:
                pass
        return count

    def close(self):
        self.a.say("BYE")
        for one in (*self.talkers, *self.strangers, *([self.sniffer.socket] if self.sniffer.socket else [])):
            one.close()


def resident_kb(server):
    return int(re.search(r"^VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{server.process.child.pid}/status").read_text(), re.M).group(1))


def run(server, folder, tell):
    """Every packet of the set three times into one call. -> count of packets, what was wrong"""
    folder = pathlib.Path(folder)
    packets = json.loads((folder / "index.json").read_text())["packets"]
    faults = []
    server.api.set_extension("101", recording="off")
    call = RunningCall(server)
    try:
        call.talk(25)
        assert call.b.heard > 0 and call.a.heard > 0, "the call has no audio before anything is sent into it"
        before = resident_kb(server)
        for one in packets:
            data = (folder / one["file"]).read_bytes()
            call.a.foreign.clear()
            call.b.foreign.clear()
            for _ in range(3):
                call.send(data, one["proto"])
                call.talk(2)
            wrong = ""
            if not server.process.running:
                wrong = "the server ended"
            elif (call.b.foreign or call.a.foreign) and one["expected"].startswith("drop"):
                wrong = "it was passed on"
            elif call.answered_strangers():
                wrong = "a stranger got an answer"
            elif call.sniffer.strange:
                wrong = f"something was sent to {sorted(call.sniffer.strange)}"
                call.sniffer.strange.clear()
            tell(f"{'FAIL' if wrong else 'PASS'} malformed {one['id']} ({one['why']}){': ' + wrong if wrong else ''}")
            if wrong:
                faults.append(f"{one['id']}: {wrong}")
            if not server.process.running:
                return len(packets), faults
        call.talk(25)
        for speaker, listener in ((call.a, call.b), (call.b, call.a)):
            lost = 1 - listener.heard / speaker.sent
            wrong = lost > MOST_LOST
            tell(f"{'FAIL' if wrong else 'PASS'} malformed audio of {speaker.user} goes on: {listener.heard} of {speaker.sent} packets arrived")
            if wrong:
                faults.append(f"{lost:.1%} of what {speaker.user} said was lost")
        grown = resident_kb(server) - before
        if grown > MOST_GROWN_KB:
            faults.append(f"the server's memory grew by {grown} KB")
        tell(f"{'FAIL' if grown > MOST_GROWN_KB else 'PASS'} malformed memory grew by {grown} KB")
    finally:
        call.close()
    return len(packets), faults
