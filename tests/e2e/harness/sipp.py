"""SIPp runs scenarios that a test writes as steps: requests, expected answers, pauses."""
import pathlib
import subprocess
from xml.sax.saxutils import escape

from .process import Process, free_port, wait_for

SDP = """v=0
o=- 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a={direction}"""


def xml(*steps):
    return '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="parley">\n' + "\n".join(steps) + "\n</scenario>\n"


def message(text, retransmit=False):
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return f'<send{" retrans=" + chr(34) + "500" + chr(34) if retransmit else ""}><![CDATA[\n\n{lines}\n\n]]></send>'


def request(method, target="[service]@[domain]", cseq=1, to_tag=False, body=None, extra="", authenticate=False, body_type="application/sdp", accept="application/sdp"):
    """A request of the caller; within the dialog when to_tag is set."""
    own = "[next_url]" if to_tag else f"sip:{target}"
    if method == "REGISTER":
        own, target = "sip:[domain]", "[user]@[domain]"
    return message(f"""{method} {own} SIP/2.0
        Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
        {'[routes]' if to_tag else 'Max-Forwards: 70'}
        From: <sip:[user]@[domain]>;tag=[pid]c[call_number]
        To: <sip:{target}>{'[peer_tag_param]' if to_tag else ''}
        Call-ID: [call_id]
        CSeq: {cseq} {method}
        {'Max-Forwards: 70' if to_tag else 'User-Agent: SIPp'}
        Contact: <sip:[user]@[local_ip]:[local_port];transport=[transport]>
        {'[authentication]' if authenticate else 'Supported: replaces'}
        {extra or 'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS'}
        {'Content-Type: ' + body_type if body else 'Accept: ' + accept}
        Content-Length: [len]""" + ("\n\n" + body if body else "\n"), retransmit=method != "ACK")


def expect(status, optional=False, authenticate=False):
    return (f'<recv response="{status}" rrs="true"{" optional=" + chr(34) + "true" + chr(34) if optional else ""}'
            f'{" auth=" + chr(34) + "true" + chr(34) if authenticate else ""}></recv>')


def await_request(method, optional=False, patterns=()):
    """`patterns`: what must stand somewhere in it, as regular expressions."""
    looks = "".join(f'<ereg regexp="{escape(p, {chr(34): "&quot;"})}" search_in="msg" check_it="true" assign_to="seen"/>' for p in patterns)
    actions = f'<action>{looks}</action></recv><Reference variables="seen"/>' if looks else "</recv>"
    return f'<recv request="{method}" rrs="true"{" optional=" + chr(34) + "true" + chr(34) if optional else ""}>{actions}'


def answer(status, reason, body=None, tag=True):
    return message(f"""SIP/2.0 {status} {reason}
        [last_Via:]
        [last_From:]
        [last_To:]{';tag=[pid]s[call_number]' if tag else ''}
        [last_Call-ID:]
        [last_CSeq:]
        [last_Record-Route:]
        Contact: <sip:[user]@[local_ip]:[local_port];transport=[transport]>
        {'Content-Type: application/sdp' if body else 'Server: SIPp'}
        Content-Length: [len]""" + ("\n\n" + body if body else "\n"), retransmit=body is not None)


def pause(milliseconds):
    return f'<pause milliseconds="{milliseconds}"/>'


def sdp(direction="sendrecv", version=1):
    return SDP.format(direction=direction, version=version)


def challenged(method, cseq=1, challenge=401, **more):
    """A request, its challenge, and the request again with credentials. An INVITE's challenge is acknowledged."""
    steps = [request(method, cseq=cseq, **more), expect(100, optional=True), expect(challenge, authenticate=True)]
    if method == "INVITE":
        steps.append(message(f"""ACK sip:[service]@[domain] SIP/2.0
            [last_Via:]
            From: <sip:[user]@[domain]>;tag=[pid]c[call_number]
            [last_To:]
            Call-ID: [call_id]
            CSeq: {cseq} ACK
            Max-Forwards: 70
            Content-Length: 0""" + "\n"))
    return "\n".join(steps + [request(method, cseq=cseq + 1, authenticate=True, **more)])


ANSWER_AND_BYE = xml(await_request("INVITE"), answer(180, "Ringing"), answer(200, "OK", sdp()), await_request("ACK"), await_request("BYE"),
                     answer(200, "OK", tag=False))


class Sipp:
    """One user agent made of SIPp: the same address for all its runs, as a phone has."""

    def __init__(self, folder, user, password, domain, server, transport="u1", address="127.0.0.1"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user, self.password, self.domain, self.server, self.transport = user, password, domain, server, transport
        self.address = address
        self.port = free_port()
        self.media_port = free_port(4)  # audio and video, each with RTCP
        self._runs = 0

    def _command(self, scenario, service, seconds, calls):
        self._runs += 1
        file = self.folder / f"{self.user}-{self._runs}.xml"
        file.write_text(scenario)
        uri = self.domain if "REGISTER" in scenario else f"{service}@{self.domain}"  # SIPp would name the server's address
        return ["sipp", "-sf", file, "-auth_uri", uri, "-i", self.address, "-p", self.port, "-mp", self.media_port, "-key", "user", self.user, "-key", "domain", self.domain,
                "-s", service, "-au", self.user, "-ap", self.password, "-m", calls, "-nostdin", "-trace_err", "-trace_msg", "-t", self.transport, "-timeout",
                f"{seconds}s", "-timeout_error", "-recv_timeout", seconds * 1000, self.server]

    def start(self, scenario, service="0", seconds=20, calls=1):
        """Returns when it has its port: what is sent to it from now on arrives."""
        process = Process(self._command(scenario, service, seconds, calls), self.folder / f"{self.user}-{self._runs}.log", folder=self.folder)
        wait_for("SIPp opens its port", lambda: self._has_port() or not process.running)
        return process

    def _has_port(self):
        table = pathlib.Path("/proc/net/udp" if self.transport.startswith("u") else "/proc/net/tcp").read_text()
        return any(line.split()[1].endswith(f":{self.port:04X}") for line in table.splitlines()[1:])

    def finish(self, process, seconds=30):
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            status = "none: it did not end"
        assert status == 0, f"SIPp as {self.user} ended with {status}\n{self.errors()}"

    def run(self, scenario, service="0", seconds=20):
        self.finish(self.start(scenario, service, seconds), seconds + 10)

    def errors(self):
        return "\n".join(f"== {f.name}\n{f.read_text(errors='replace')[-4000:]}" for f in sorted(self.folder.glob(f"{self.user}-*_errors.log")) +
                         sorted(self.folder.glob(f"{self.user}-*_messages.log")))

    def register(self, expires=300):
        self.run(xml(challenged("REGISTER", extra=f"Expires: {expires}"), expect(200)))
