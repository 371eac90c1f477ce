"""Fires sets of SIP messages at a server and judges its answers by the set's index.

A set is a folder with an index (a JSON file that has "messages") and the messages it names, beside it or in a folder
below it; JSON files with "chunks", beside it or in "streams", are byte streams in pieces. An entry says what a parser must do (accept, reject, either)
and what the element must do ("400", "415 with Accept", "process as INVITE", "drop ..."); a status must be one that it
names.
"""
import dataclasses
import json
import pathlib
import re
import socket
import ssl
import time


@dataclasses.dataclass
class Case:
    file: str
    parse: str
    expected: str
    content: bytes

    @property
    def is_response(self):
        return self.content.lstrip().startswith(b"SIP/")

    @property
    def codes(self):
        return {int(code) for code in re.findall(r"\b([2-6]\d\d)\b", self.expected)}

    @property
    def may_be_served(self):
        """Whether any status of a served request is fine, beside the ones that are named."""
        return any(word in self.expected for word in ("200", "same", "process", "accept"))

    @property
    def only_drop(self):
        return self.expected.startswith("drop") and not self.codes and "answer" not in self.expected

    def fault(self, answers, closed=False):
        """What is wrong with these answers (status codes), or ""."""
        finals = {status for status in answers if status >= 200}
        if self.only_drop and finals:
            return "must be dropped"
        if self.parse == "reject" and any(status < 400 for status in finals):
            return "must be refused"
        if self.parse == "accept":
            silent_is_fine = self.is_response or "drop" in self.expected or closed and "close" in self.expected
            if not finals and not silent_is_fine:
                return "must be answered"
            if 400 in finals and 400 not in self.codes:
                return "must not be refused as malformed"
        if finals and self.codes and not finals & self.codes and not self.may_be_served:
            return f"must get one of {sorted(self.codes)}"
        return ""


def read_index(folder):
    """Every case of the set in a folder."""
    folder = pathlib.Path(folder)
    cases = []
    for path in sorted(folder.glob("*.json")):
        index = json.loads(path.read_text())
        if not isinstance(index, dict) or "messages" not in index:
            continue
        for entry in index["messages"]:
            name = entry.get("wire") or entry["file"]
            found = next((p for p in (folder / name, folder / "messages" / name, *sorted(folder.glob(f"*/{name}"))) if p.is_file()), None)
            if found is None:
                raise SystemExit(f"{path}: no file {name}")
            cases.append(Case(entry["file"], entry["parse"], entry.get("expected", ""), found.read_bytes()))
    return cases


def read_streams(folder):
    """(name, description) of every stream of the set."""
    folder = pathlib.Path(folder)
    found = [(p.name, json.loads(p.read_text())) for p in [*sorted(folder.glob("*.json")), *sorted(folder.glob("streams/*.json"))]]
    return [(name, one) for name, one in found if isinstance(one, dict) and "chunks" in one]


def statuses(data):
    return [int(code) for code in re.findall(rb"(?:\A|\n)SIP/2\.0 (\d{3})[ \r]", data)]


class Target:
    """A server on loopback: host and a port by transport ("udp", "tcp", "tls")."""

    def __init__(self, host, ports, wait=0.4):
        self.host, self.ports, self.wait = host, ports, wait
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE  # a self-signed one, on loopback
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._probes = 0

    def fire(self, case, transport):
        """-> status codes, whether the server closed the connection"""
        if transport == "udp":
            return self._datagram(case.content), False
        return self._stream([{"hex": case.content.hex(), "delay_ms": 0}], transport)

    def _datagram(self, content):
        with socket.socket(self.family, socket.SOCK_DGRAM) as s:
            s.bind((self.host, 0))
            s.sendto(content, (self.host, self.ports["udp"]))
            answers, end = [], time.monotonic() + self.wait
            while (left := end - time.monotonic()) > 0:
                s.settimeout(left)
                try:
                    data = s.recv(65535)
                except OSError:
                    break
                answers += statuses(data)
                if any(status >= 200 for status in answers):
                    break
            return answers

    def _connect(self, transport):
        s = socket.create_connection((self.host, self.ports[transport]), 5)
        return self.tls.wrap_socket(s, server_hostname="localhost") if transport == "tls" else s

    def _stream(self, chunks, transport="tcp", half=False, reset=False, linger=None):
        data, closed = b"", False
        s = self._connect(transport)

        def read(seconds, until_final=False):
            nonlocal data, closed
            end = time.monotonic() + seconds
            while not closed and (left := end - time.monotonic()) > 0:
                s.settimeout(left)
                try:
                    got = s.recv(65535)
                except (TimeoutError, socket.timeout):
                    return
                except OSError:
                    got = b""
                closed = not got
                data += got
                if until_final and any(status >= 200 for status in statuses(data)):
                    return

        try:
            for chunk in chunks:
                try:
                    s.sendall(bytes.fromhex(chunk["hex"]))
                except OSError:
                    closed = True
                    break
                read(chunk["delay_ms"] / 1000)
                if closed:
                    break
            if reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                if half and not closed:
                    s.shutdown(socket.SHUT_WR)
                read(self.wait if linger is None else linger, until_final=linger is None)
                if not closed:
                    read(0.05)  # a refusal of the stream itself is followed by its end
        finally:
            s.close()
        return statuses(data), closed

    def play(self, name, stream):
        return self._stream(stream["chunks"], half="half" in name, reset="rst" in name, linger=1.0)

    def alive(self, seconds=3.0):
        """Milliseconds until a good OPTIONS by UDP is answered; None: it is not."""
        self._probes += 1
        with socket.socket(self.family, socket.SOCK_DGRAM) as s:
            s.bind((self.host, 0))
            s.settimeout(seconds)
            here = f"[{self.host}]" if ":" in self.host else self.host
            n = self._probes
            s.sendto(f"OPTIONS sip:sip.test SIP/2.0\r\nVia: SIP/2.0/UDP {here}:{s.getsockname()[1]};rport;branch=z9hG4bKlive{n}\r\n"
                     f"Max-Forwards: 70\r\nFrom: <sip:live@sip.test>;tag=l{n}\r\nTo: <sip:sip.test>\r\nCall-ID: live-{n}-{time.time_ns()}\r\n"
                     f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode(), (self.host, self.ports["udp"]))
            start = time.monotonic()
            try:
                s.recv(65535)
            except OSError:
                return None
            return (time.monotonic() - start) * 1000


class Dead(Exception):
    """The server does not answer any more."""


def run(target, folder, transports=("udp", "tcp"), only="", say=print):
    """Fires the whole set over each transport; -> number of messages, descriptions of what went wrong."""
    count, faults = 0, []
    cases = [case for case in read_index(folder) if only in case.file]
    streams = [(name, stream) for name, stream in read_streams(folder) if only in name]
    if not cases and not streams:
        raise SystemExit(f"{folder}: there is no index with messages, and no streams")

    def finish(line, fault, name):
        nonlocal count
        count += 1
        live = target.alive()
        if fault:
            faults.append(f"{line}: {fault}")
        say(f"{'BAD ' if fault else 'ok  '} {line}{': ' + fault if fault else ''}")
        if live is None:
            raise Dead(f"after {name} the server answers no OPTIONS")
        if live > 1000:
            faults.append(f"after {name} an OPTIONS took {live:.0f} ms")

    for transport in transports:
        for case in cases:
            answers, closed = target.fire(case, transport)
            finish(f"{transport} {case.file:<34} {case.parse:<6} {answers or '-'} | {case.expected}", case.fault(answers, closed), case.file)
    for name, stream in streams:
        answers, closed = target.play(name, stream)
        fault = ""
        if "answers" in stream and sorted(set(answers)) != sorted(set(stream["answers"])):
            fault = f"must get {stream['answers']}"
        if "closed" in stream and closed != stream["closed"]:
            fault = f"must {'' if stream['closed'] else 'not '}be closed"
        finish(f"stream {name:<31} {answers or '-'}{' closed' if closed else ''} | {stream.get('expected', '')}", fault, name)
    return count, faults
