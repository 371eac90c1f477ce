"""Runs a set of SIPp flows through a server: a folder with flows.json, and a folder with uac.xml and uas.xml each.

An entry says its transport (u1: any that we have; t1: a stream; l1: TLS), who answers (dut_uas: none, own: its uas.xml, answer:
_common/answer.xml) and further arguments of SIPp. The callee is a registered device.
"""
import json
import pathlib
import shutil
import socket
import ssl
import time

from . import sip_client
from .bridge import Bridge
from .process import Process, free_port, wait_for


def read_flows(folder):
    index = pathlib.Path(folder) / "flows.json"
    if not index.is_file():
        raise SystemExit(f"{index} does not exist")
    return json.loads(index.read_text())


def transports_of(flow, wanted):
    """A flow that is about streams does not run over datagrams, one that is about TLS over nothing else."""
    kind = flow["transport"][:1]
    return [t for t in wanted if t == "tls" or kind not in ("t", "l") or (kind == "t" and t != "udp")]


class Account:
    def __init__(self, device, number):
        self.number = number
        self.username, self.password, self.domain = device["sip_username"], device["sip_password"], device["sip_domain"]


class Runner:
    """Runs flows of one set against one server. `ports`: of the server, by transport."""

    def __init__(self, folder, ports, caller, callee, work, seconds=120):
        self.folder = pathlib.Path(work) / "set"
        shutil.copytree(folder, self.folder)  # SIPp writes beside its scenarios
        self.ports, self.caller, self.callee, self.seconds = ports, caller, callee, seconds
        self.work = pathlib.Path(work)
        self._runs = 0

    def _server_stream(self, transport):
        s = socket.create_connection(("127.0.0.1", self.ports[transport]), 10)
        if transport == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # a self-signed one, on loopback
            s = context.wrap_socket(s, server_hostname="localhost")
        return s

    def _register(self, transport, port):
        """The callee's binding. -> the connection that its calls come on; None over datagrams."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # nobody else answers for it
            s.connect(("127.0.0.1", self.ports["udp"]))
            s.settimeout(5)
            sip_client.register(s, "udp", self.callee.username, self.callee.password, self.callee.domain, "*", expires=0)
        where = f"sip:{self.callee.username}@127.0.0.1:{port};transport={transport}"
        if transport == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind(("127.0.0.1", port))
                s.connect(("127.0.0.1", self.ports["udp"]))
                s.settimeout(5)
                sip_client.register(s, "udp", self.callee.username, self.callee.password, self.callee.domain, where)
            return None
        s = self._server_stream(transport)
        s.settimeout(5)
        sip_client.register(s, transport, self.callee.username, self.callee.password, self.callee.domain, where)
        s.settimeout(None)
        return s

    def _sipp(self, scenario, port, media_port, transport, target, more):
        return ["sipp", "-sf", scenario, "-i", "127.0.0.1", "-p", port, "-mp", media_port, "-key", "user", self.caller.username,
                "-key", "domain", self.caller.domain, "-key", "pass", self.caller.password, "-s", self.callee.number, "-au", self.caller.username,
                "-ap", self.caller.password, "-m", 1, "-nostdin", "-trace_err", "-trace_msg", "-t", "u1" if transport == "udp" else "t1",
                "-timeout", f"{self.seconds}s", "-timeout_error", "-recv_timeout", 15000, *more, target]

    def run(self, flow, transport):
        """-> what went wrong, or ''"""
        self._runs += 1
        work = self.work / f"{self._runs}-{flow['name']}-{transport}"
        work.mkdir(parents=True)
        scenarios = self.folder / flow["name"]
        bridge = Bridge(rename=transport == "tls")
        uas = None
        try:
            if flow["dut_uas"] != "none":
                port = free_port()
                connection = self._register(transport, port)
                scenario = self.folder / "_common" / "answer.xml" if flow["dut_uas"] == "answer" else scenarios / "uas.xml"
                uas = Process(self._sipp(scenario, port, free_port(4), transport, f"127.0.0.1:{self.ports['udp']}",
                                         flow.get("args", {}).get("uas", [])), work / "uas.log", folder=scenarios if flow.get("rtp") else work)
                if connection is None:
                    time.sleep(0.4)  # a datagram that comes before SIPp listens is sent again; this saves the half second
                else:
                    wait_for("SIPp listens", lambda: _listens(port) or not uas.running, 10)
                    bridge.serve(connection, port)
            server = self.ports["udp" if transport == "udp" else transport]
            target = bridge.listen(lambda: self._server_stream("tls")) if transport == "tls" else server
            uac = Process(self._sipp(scenarios / "uac.xml", free_port(), free_port(4), transport,
                                     f"127.0.0.1:{target}", flow.get("args", {}).get("uac", [])), work / "uac.log",
                          folder=scenarios if flow.get("rtp") else work)
            return self._ended("uac", uac, self.seconds + 10, work) or (self._ended("uas", uas, 20, work) if uas else "")
        finally:
            if uas and uas.running:
                uas.kill()
            bridge.close()

    def _ended(self, name, process, seconds, work):
        try:
            status = process.wait(seconds)
        except Exception:
            process.kill()
            status = "none"
        if status == 0:
            return ""
        said = "".join(f"\n--- {f.name}\n{f.read_text(errors='replace')[-1500:]}" for f in sorted(work.glob("*_errors.log")))
        return f"{name} ended with {status}{said}"


def _listens(port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table.readlines()[1:])
