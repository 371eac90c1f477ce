"""A SIP user agent that says exactly what a test tells it, one dialog at a time, over UDP on loopback."""
import re
import socket
import time
import uuid

PCMU = """v=0\r
o=- 1 {version} IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio {port} RTP/AVP 0\r
a={direction}\r
"""


class Message:
    def __init__(self, text):
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines if ":" in line]
        self.status = int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0
        self.method = self.get("CSeq").split()[1]

    def get(self, name):
        return next((value for field, value in self.fields if field.lower() == name.lower()), "")

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def tag(self, name):
        found = re.search(r";tag=([^;\s]+)", self.get(name))
        return found.group(1) if found else ""

    @property
    def direction(self):
        found = re.search(r"a=(sendrecv|sendonly|recvonly|inactive)", self.body)
        return found.group(1) if found else "none"


class Agent:
    def __init__(self, user, domain, server, port=0):
        self.user, self.domain = user, domain
        host, number = server.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.connect((host, int(number)))
        self.port = self.socket.getsockname()[1]
        self.seen = set()
        self.version = 0
        self.hang_up()

    def close(self):
        self.socket.close()

    def hang_up(self):
        """Forgets the dialog."""
        self.call_id, self.local_tag, self.remote_tag = uuid.uuid4().hex, uuid.uuid4().hex[:8], ""
        self.cseq, self.invite, self.target, self.local, self.remote = 0, None, "", "", ""

    # ---- what comes in

    def hear(self, wanted, seconds=5):
        """The next message, 100 and retransmissions left out; it must be this method or status."""
        end = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                text = self.socket.recv(65536).decode()
            except socket.timeout:
                raise AssertionError(f"{self.user} waited for {wanted} and heard nothing") from None
            message = Message(text)
            key = (message.first, message.get("CSeq"), message.get("RSeq"), message.get("Call-ID"), message.tag("To"))
            if message.status == 100 or (key in self.seen and message.method != "ACK"):
                continue
            self.seen.add(key)
            assert str(message.status or message.method) == str(wanted), f"{self.user} waited for {wanted} and heard\n{text}"
            if not message.status:
                self.request = message
                if message.method == "INVITE":
                    self.invite = message
                    if not message.tag("To"):
                        self.call_id, self.remote_tag = message.get("Call-ID"), message.tag("From")
                        self.local, self.remote, self.cseq = message.get("To"), message.get("From"), 100
                        self.target = re.search(r"<([^>]+)>", message.get("Contact")).group(1)
            elif message.method == "INVITE":
                self.remote_tag = message.tag("To") or self.remote_tag
                if message.get("Contact"):
                    self.target = re.search(r"<([^>]+)>", message.get("Contact")).group(1)
                if message.status >= 300:
                    self._say("ACK", self.invite_uri, self.cseq_of_invite, message.get("To"), via=self.invite_via)
            return message

    def nothing(self, seconds=0.3):
        self.socket.settimeout(seconds)
        try:
            text = self.socket.recv(65536).decode()
        except socket.timeout:
            return
        raise AssertionError(f"{self.user} heard\n{text}")

    # ---- what goes out

    def _send(self, first, lines, body="", kind="application/sdp"):
        head = [first, *lines, *([f"Content-Type: {kind}"] if body else []), f"Content-Length: {len(body)}"]
        self.socket.send(("\r\n".join(head) + "\r\n\r\n" + body).encode())

    def _sdp(self, direction):
        self.version += 1
        return PCMU.format(version=self.version, port=self.port + 2, direction=direction) if direction else ""

    def _say(self, method, uri, cseq, to, headers=(), sdp=None, via=None):
        via = via or f"SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{uuid.uuid4().hex}"
        local = self.local + f";tag={self.local_tag}" if self.local else f"<sip:{self.user}@{self.domain}>;tag={self.local_tag}"
        if method == "INVITE":
            self.invite_uri, self.invite_via = uri, via
        self._send(f"{method} {uri} SIP/2.0", [f"Via: {via}", "Max-Forwards: 70", f"From: {local}", f"To: {to}", f"Call-ID: {self.call_id}",
                                              f"CSeq: {cseq} {method}", f"Contact: <sip:{self.user}@127.0.0.1:{self.port}>", *headers], self._sdp(sdp))

    def call(self, number, headers=(), sdp="sendrecv"):
        self.hang_up()
        self.callee = number
        self.cseq = self.cseq_of_invite = self.cseq + 1
        self._say("INVITE", f"sip:{number}@{self.domain}", self.cseq, f"<sip:{number}@{self.domain}>", headers, sdp)

    def write(self, number, text, headers=(), kind="text/plain"):
        """A MESSAGE outside of calls."""
        self.hang_up()
        uri = number if ":" in number else f"sip:{number}@{self.domain}"
        self._send(f"MESSAGE {uri} SIP/2.0", [f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{uuid.uuid4().hex}", "Max-Forwards: 70",
                                              f"From: <sip:{self.user}@{self.domain}>;tag={self.local_tag}", f"To: <{uri}>",
                                              f"Call-ID: {self.call_id}", "CSeq: 1 MESSAGE", *headers], text, kind)

    def say(self, method, headers=(), sdp=None):
        """A request inside the dialog. ACK takes the CSeq of the last INVITE."""
        if method == "CANCEL":
            return self._say("CANCEL", self.invite_uri, self.cseq_of_invite, f"<sip:{self.callee}@{self.domain}>", headers, via=self.invite_via)
        if method != "ACK":
            self.cseq += 1
            if method == "INVITE":
                self.cseq_of_invite = self.cseq
        to = self.remote or f"<sip:{self.callee}@{self.domain}>;tag={self.remote_tag}"
        return self._say(method, self.target, self.cseq_of_invite if method == "ACK" else self.cseq, to, headers, sdp)

    def answer(self, status, sdp=None, headers=(), to=None):
        """A response to the last request, or to the INVITE (`to="INVITE"`)."""
        request = self.invite if to == "INVITE" else self.request
        tag = "" if request.tag("To") or status == 100 else f";tag={self.local_tag}"
        self._send(f"SIP/2.0 {status} Said", [*(f"Via: {via}" for via in request.all("Via")), f"From: {request.get('From')}", f"To: {request.get('To')}{tag}",
                                             f"Call-ID: {request.get('Call-ID')}", f"CSeq: {request.get('CSeq')}",
                                             f"Contact: <sip:{self.user}@127.0.0.1:{self.port}>", *headers], self._sdp(sdp))

    def watched(self):
        """This dialog for Replaces, as who watches this phone knows it (RFC 4235)."""
        return f"{self.call_id};to-tag={self.local_tag};from-tag={self.remote_tag}"

    def replaces(self):
        """This dialog for a Refer-To, as the server knows it."""
        return f"{self.call_id}%3Bto-tag%3D{self.remote_tag}%3Bfrom-tag%3D{self.local_tag}"
