"""Just enough of a SIP client: registers with digest, over a datagram socket or a stream."""
import hashlib
import itertools
import os
import re
import socket

_numbers = itertools.count(1)


def digest(challenge, username, password, method, uri):
    """Authorization for one challenge (RFC 7616)."""
    fields = dict(re.findall(r'(\w+)=(?:"([^"]*)"|[^,\s]+)', challenge))
    plain = dict(re.findall(r'(\w+)=([^",\s]+)', challenge))
    algorithm = plain.get("algorithm", "MD5")
    h = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]
    text = lambda s: h(s.encode()).hexdigest()
    cnonce, nc = os.urandom(8).hex(), "00000001"
    ha1, ha2 = text(f"{username}:{fields['realm']}:{password}"), text(f"{method}:{uri}")
    response = text(f"{ha1}:{fields['nonce']}:{nc}:{cnonce}:auth:{ha2}")
    return (f'Digest username="{username}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{uri}", algorithm={algorithm}, '
            f'qop=auth, nc={nc}, cnonce="{cnonce}", response="{response}"')


def read_response(s, datagram):
    data = b""
    while True:
        data += s.recv(65535)
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"^content-length\s*:\s*(\d+)", head, re.I | re.M)
        if end and (datagram or length and len(body) >= int(length[1])):
            return head.decode("utf-8", "replace")
        if not data or datagram:
            raise AssertionError(f"no response: {data!r}")


def register(s, transport, username, password, domain, contact, expires=600):
    """REGISTER on a connected socket; asserts that the server takes it. Contact "*" with expires=0 removes every binding."""
    datagram = s.type == socket.SOCK_DGRAM
    host, port = s.getsockname()[:2]
    call, authorization = f"register-{os.getpid()}-{next(_numbers)}", ""
    for cseq in (1, 2):
        s.sendall((f"REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/{transport.upper()} {host}:{port};rport;branch=z9hG4bK{call}-{cseq}\r\n"
                   f"Max-Forwards: 70\r\nFrom: <sip:{username}@{domain}>;tag=r{cseq}\r\nTo: <sip:{username}@{domain}>\r\nCall-ID: {call}\r\n"
                   f"CSeq: {cseq} REGISTER\r\nContact: {contact if contact == '*' else f'<{contact}>'}\r\nExpires: {expires}\r\n{authorization}Content-Length: 0\r\n\r\n").encode())
        answer = read_response(s, datagram)
        status = int(answer.split(" ", 2)[1])
        if status == 200:
            return
        assert status == 401 and cseq == 1, answer
        challenges = re.findall(r"^WWW-Authenticate:\s*(.*?)\r?$", answer, re.I | re.M)
        authorization = f"Authorization: {digest(challenges[0], username, password, 'REGISTER', f'sip:{domain}')}\r\n"
    raise AssertionError("the registration was not taken")
