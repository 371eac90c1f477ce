"""A WebSocket client for SIP that is strict about RFC 6455 and RFC 7118: it fails on whatever a browser would refuse."""
import base64
import hashlib
import os
import re
import socket
import ssl
import struct

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class SipWebSocket:
    def __init__(self, port, path="/sip", subprotocol="sip", origin=None, tls=True, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), 10)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.socket.settimeout(10)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}",
                 "Sec-WebSocket-Version: 13"]
        if subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        if origin:
            lines.append(f"Origin: {origin}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status, *fields = head.decode().split("\r\n")
        self.headers = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}
        if " 101 " not in status:
            raise Refused(int(status.split()[1]), status)
        assert self.headers["upgrade"].lower() == "websocket"
        assert self.headers["sec-websocket-accept"] == base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        assert self.headers.get("sec-websocket-protocol") == "sip", "RFC 7118 §4.1: the answer names the subprotocol"
        assert "sec-websocket-extensions" not in self.headers, "none was offered"

    def _more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.buffer += piece

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        out, self.buffer = self.buffer[:count], self.buffer[count:]
        return out

    def frame(self, payload, opcode=TEXT, final=True):
        data = payload if isinstance(payload, bytes) else payload.encode()
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data))
        self.socket.sendall(bytes([(0x80 if final else 0) | opcode]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def next_frame(self):
        """-> opcode, payload. A server neither masks nor fragments SIP."""
        first, second = self._take(2)
        assert first & 0x70 == 0, "reserved bits are zero"
        assert second & 0x80 == 0, "a server does not mask"
        size = second & 0x7f
        if size == 126:
            size, = struct.unpack(">H", self._take(2))
            assert size >= 126, "the shortest form of the length"
        elif size == 127:
            size, = struct.unpack(">Q", self._take(8))
        payload = self._take(size)
        assert first & 0x80, "one SIP message in one frame"
        return first & 0x0f, payload

    def message(self):
        """The next SIP message; pings are answered on the way."""
        while True:
            opcode, payload = self.next_frame()
            if opcode == PING:
                self.frame(payload, PONG)
            elif opcode == CLOSE:
                raise ConnectionError(f"closed with {struct.unpack('>H', payload[:2])[0] if payload else 'no code'}")
            elif payload != b"\r\n":
                assert opcode in (TEXT, BINARY)
                text = payload.decode()
                assert text.endswith("\r\n\r\n") or "Content-Length: 0" not in text
                return text

    def close(self):
        self.socket.close()


class WebPhone:
    """A phone in a page: registers, calls and answers over one WebSocket, with the URIs that JsSIP would use (RFC 7118 §5)."""

    def __init__(self, websocket, user, password, domain):
        self.web, self.user, self.password, self.domain = websocket, user, password, domain
        self.host = base64.b32encode(os.urandom(5)).decode().lower().strip("=") + ".invalid"
        self.call_id, self.cseq = os.urandom(8).hex(), 0
        self.tag = os.urandom(4).hex()

    def contact(self):
        return f"<sip:{self.user}@{self.host};transport=ws>"

    def via(self):
        return f"Via: SIP/2.0/WSS {self.host};branch=z9hG4bK{os.urandom(8).hex()}"

    def authorization(self, challenge, method, uri):
        """MD5, as every phone can."""
        for line in header_all(challenge, "WWW-Authenticate"):
            part = dict(re.findall(r'(\w+)="?([^",]*)"?', line))
            if part.get("algorithm", "MD5").upper() != "MD5":
                continue
            h = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
            a1, a2 = h(f"{self.user}:{part['realm']}:{self.password}"), h(f"{method}:{uri}")
            response = h(f"{a1}:{part['nonce']}:00000001:cafe:auth:{a2}")
            return (f'Authorization: Digest username="{self.user}", realm="{part["realm"]}", nonce="{part["nonce"]}", uri="{uri}", '
                    f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="cafe"')
        raise AssertionError(f"no MD5 challenge in {challenge}")

    def send(self, method, uri, to, extra=(), body="", cseq=None, opcode=TEXT):
        if cseq is None:
            self.cseq += 1
        lines = [f"{method} {uri} SIP/2.0", self.via(), "Max-Forwards: 69", f"From: <sip:{self.user}@{self.domain}>;tag={self.tag}", f"To: {to}",
                 f"Call-ID: {self.call_id}", f"CSeq: {cseq or self.cseq} {method}", *extra, f"Content-Length: {len(body)}"]
        self.web.frame("\r\n".join(lines) + "\r\n\r\n" + body, opcode)

    def register(self, expires=300, extra=(), opcode=TEXT):
        uri, to = f"sip:{self.domain}", f"<sip:{self.user}@{self.domain}>"
        lines = [f"Contact: {self.contact()};expires={expires}{';'.join(['', *extra])}", "Supported: path, outbound"]
        self.send("REGISTER", uri, to, lines, opcode=opcode)
        answer = self.web.message()
        if answer.startswith("SIP/2.0 401"):
            self.send("REGISTER", uri, to, [*lines, self.authorization(answer, "REGISTER", uri)], opcode=opcode)
            answer = self.web.message()
        return answer


def header_all(message, name):
    return [line.split(":", 1)[1].strip() for line in message.split("\r\n\r\n")[0].split("\r\n")[1:] if line.lower().startswith(name.lower() + ":")]


def header(message, name):
    return header_all(message, name)[0]
