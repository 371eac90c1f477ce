"""Many telephones in one process: they call each other through a server and stay in the call. No audio of their own."""
import hashlib
import os
import re
import select
import socket
import time

ADDRESS = "127.0.0.1"


def header(text, name):
    found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", text, re.M | re.I)
    return found.group(1) if found else ""


def headers(text, name):
    return re.findall(rf"^{name}\s*:\s*(.*?)\r?$", text, re.M | re.I)


def parameter(text, name):
    found = re.search(rf'[ ,]{name}=(?:"([^"]*)"|([^", ]+))', " " + text)
    return (found.group(1) or found.group(2)) if found else ""


def media_of(text):
    body = text.partition("\r\n\r\n")[2]
    address, port = re.search(r"^c=IN IP4 (\S+)", body, re.M), re.search(r"^m=audio (\d+)", body, re.M)
    return (address.group(1), int(port.group(1))) if address and port else None


def md5(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest()


class Call:
    def __init__(self, index, user, password, number):
        self.index, self.user, self.password, self.number = index, user, password, number
        self.id = f"{os.getpid()}-{time.monotonic_ns()}-{index}"
        self.cseq, self.to, self.target, self.routes = 1, None, None, []
        self.state, self.why = "new", ""
        self.caller_media = self.callee_media = None  # where the server wants each party's audio


class Phones:
    """`media_ports`: what the parties announce; party i = 2 * call (+ 1 for the called one) takes number i modulo their count."""

    def __init__(self, target, phones_port, media_ports):
        self.server = (target.partition(":")[0], int(target.partition(":")[2]))
        self.media_ports = media_ports
        self.calling, self.called = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one, port in ((self.calling, 0), (self.called, phones_port)):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            one.bind((ADDRESS, port))
            one.setblocking(False)
        self.port, self.called_port = self.calling.getsockname()[1], phones_port
        self.calls, self.by_id, self.by_number = [], {}, {}

    def close(self):
        self.calling.close()
        self.called.close()

    def sdp(self, party):
        return (f"v=0\r\no=- {party + 1} 1 IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\n"
                f"m=audio {self.media_ports[party % len(self.media_ports)]} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")

    def _send(self, call, method, uri, to, extra="", body="", cseq=None, in_dialog=False):
        routes = "".join(f"Route: {route}\r\n" for route in call.routes) if in_dialog else ""
        text = (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {ADDRESS}:{self.port};branch=z9hG4bK{call.id}-{cseq or call.cseq}{'-ack' if in_dialog and method == 'ACK' else ''}\r\n"
                f"Max-Forwards: 70\r\n{routes}From: <sip:{call.user}@{self.server[0]}>;tag=a{call.index}\r\nTo: {to}\r\nCall-ID: {call.id}\r\n"
                f"CSeq: {cseq or call.cseq} {method}\r\nContact: <sip:{call.user}@{ADDRESS}:{self.port}>\r\nUser-Agent: SIPp\r\n{extra}"
                f"{'Content-Type: application/sdp' + chr(13) + chr(10) if body else ''}Content-Length: {len(body)}\r\n\r\n{body}")
        self.calling.sendto(text.encode(), self.server)

    def _uri(self, call):
        return f"sip:{call.number}@{self.server[0]}:{self.server[1]}"

    def _invite(self, call, extra=""):
        call.state = "inviting"
        self._send(call, "INVITE", self._uri(call), f"<{self._uri(call)}>", extra, self.sdp(2 * call.index))

    def _on_answer(self, text):
        call = self.by_id.get(header(text, "Call-ID"))
        status, cseq = int(text[8:11]), header(text, "CSeq").split()
        if not call or status < 200:
            return
        if cseq[1] == "BYE":
            call.state = "ended"
            return
        if status >= 300:
            self._send(call, "ACK", self._uri(call), header(text, "To"), cseq=int(cseq[0]))
            if status in (401, 407) and int(cseq[0]) == 1 and call.cseq == 1:
                call.cseq = 2
                challenge = header(text, "WWW-Authenticate" if status == 401 else "Proxy-Authenticate")
                realm, nonce, opaque = (parameter(challenge, name) for name in ("realm", "nonce", "opaque"))
                ha1, ha2 = md5(call.user, realm, call.password), md5("INVITE", self._uri(call))
                qop = "auth" in parameter(challenge, "qop")
                response = md5(ha1, nonce, "00000001", "abcd", "auth", ha2) if qop else md5(ha1, nonce, ha2)
                self._invite(call, f"{'Authorization' if status == 401 else 'Proxy-Authorization'}: Digest username=\"{call.user}\", realm=\"{realm}\", "
                                   f"nonce=\"{nonce}\", uri=\"{self._uri(call)}\", response=\"{response}\", algorithm=MD5"
                                   f"{', qop=auth, nc=00000001, cnonce=' + chr(34) + 'abcd' + chr(34) if qop else ''}"
                                   f"{', opaque=' + chr(34) + opaque + chr(34) if opaque else ''}\r\n")
            elif call.state == "inviting" and int(cseq[0]) == call.cseq:
                call.state, call.why = "failed", text.split("\r\n", 1)[0]
            return
        call.to = header(text, "To")
        call.target = re.search(r"<([^>]*)>", header(text, "Contact") + "<>").group(1)
        call.routes = [route for line in headers(text, "Record-Route") for route in line.split(",")][::-1]
        call.caller_media = media_of(text)
        self._send(call, "ACK", call.target, call.to, cseq=int(cseq[0]), in_dialog=True)
        if call.state == "inviting":
            call.state = "up"

    def _on_request(self, text, sender, through):
        method = text.split(" ", 1)[0]
        if method == "ACK":
            return
        body = ""
        if method == "INVITE":
            call = self.by_number.get(re.match(r"INVITE sip:([^@;> ]+)", text).group(1))
            if not call:
                return
            call.callee_media = media_of(text)
            body = self.sdp(2 * call.index + 1)
        to = header(text, "To")
        lines = ["SIP/2.0 200 OK"] + [f"Via: {one}" for one in headers(text, "Via")] + [f"Record-Route: {one}" for one in headers(text, "Record-Route")]
        lines += [f"From: {header(text, 'From')}", f"To: {to}{'' if 'tag=' in to else ';tag=b' + str(time.monotonic_ns())}", f"Call-ID: {header(text, 'Call-ID')}",
                  f"CSeq: {header(text, 'CSeq')}", f"Contact: <sip:phone@{ADDRESS}:{through.getsockname()[1]}>"]
        lines += ["Content-Type: application/sdp"] if body else []
        through.sendto(("\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode(), sender)

    def serve(self, seconds, until=None):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and until()):
            ready, _, _ = select.select([self.calling, self.called], [], [], max(0.0, min(0.02, end - time.monotonic())))
            for one in ready:
                try:
                    while True:
                        data, sender = one.recvfrom(65535)
                        text = data.decode(errors="replace")
                        if text.startswith("SIP/2.0 "):
                            self._on_answer(text)
                        elif text.strip():
                            self._on_request(text, sender, one)
                except BlockingIOError:
                    pass

    def place(self, parties, rate=50):
        """parties: (user name, password, number) of each call. -> those that are up"""
        for user, password, number in parties:
            call = Call(len(self.calls), user, password, number)
            self.calls.append(call)
            self.by_id[call.id] = self.by_number[number] = call
            self._invite(call)
            self.serve(1 / rate)
        self.serve(8, lambda: all(call.state != "inviting" for call in self.calls))
        return [call for call in self.calls if call.state == "up" and call.caller_media and call.callee_media]

    def hang_up(self):
        for call in self.calls:
            if call.state == "up":
                call.cseq += 1
                call.state = "ending"
                self._send(call, "BYE", call.target, call.to, in_dialog=True)
                self.serve(0.01)
        self.serve(5, lambda: all(call.state != "ending" for call in self.calls))
