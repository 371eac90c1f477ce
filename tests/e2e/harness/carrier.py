"""Carriers for tests: a name server that tells where they are, Kamailio as one, SIPp as another."""
import json
import pathlib
import shutil
import socket
import sys

import pytest

from .process import Process, free_port, wait_for

NAME_SERVER = pathlib.Path(__file__).resolve().parents[2] / "emulators" / "name_server.py"

# A registrar with digest, and a proxy that lets its subscribers out after a challenge. Whoever calls as "outside" is the
# rest of the world: brought to the subscriber. What goes out goes to `beyond`.
KAMAILIO = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
auto_aliases=no
listen=udp:{address}:{port}
{tls}mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "auth.so"
modparam("registrar", "min_expires", 60)
modparam("auth", "algorithm", "{algorithm}")
{nat}request_route {{
  if (is_method("OPTIONS")) {{ sl_send_reply("200", "Alive"); exit; }}
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("{realm}", "{password}", "0")) {{ www_challenge("{realm}", "0"); exit; }}
    if ($au != "{user}") {{ sl_send_reply("403", "Forbidden"); exit; }}
    {by_connection}save("location");
    exit;
  }}
  if (has_totag()) {{
    {inside}
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (!is_method("INVITE")) {{ sl_send_reply("405", "No"); exit; }}
  record_route();
  if ($fU == "outside") {{
    $rU = "{user}";
    if (!lookup("location")) {{ sl_send_reply("404", "Not registered"); exit; }}
    t_relay();
    exit;
  }}
  if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{ proxy_challenge("{realm}", "0"); exit; }}
  consume_credentials();
  $du = "sip:{beyond}";
  t_relay();
}}
"""


TLS = """enable_tls=yes
tcp_children=1
listen=tls:{address}:{tls_port}
"""
TLS_MODULES = """loadmodule "tls.so"
loadmodule "nathelper.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{key}")
modparam("nathelper|registrar", "received_avp", "$avp(RCV)")
"""
# What the subscriber says within a dialog is challenged anew.
INSIDE = """if (!is_method("ACK|CANCEL") && $si == "127.0.0.1") {{
      if (!pv_proxy_authenticate("{realm}", "{password}", "0")) {{ proxy_challenge("{realm}", "0"); exit; }}
      consume_credentials();
    }}"""


class Kamailio:
    """`tls`: certificate and key; calls to the subscriber then come by the connection that it registered over. `inside`: requests within dialogs
    are challenged too."""

    def __init__(self, folder, address="127.0.0.2", realm="carrier.example", user="acme", password="open sesame", algorithm="SHA-256",
                 beyond="127.0.0.3:5060", tls=None, inside=False):
        if not shutil.which("kamailio"):
            pytest.skip("kamailio is not installed (./dev setup)")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address, self.realm, self.user, self.password = address, realm, user, password
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((address, 0))
            self.port = s.getsockname()[1]
        self.tls_port = free_port()
        parts = {"tls": "disable_tcp=yes\n", "nat": "", "by_connection": "", "inside": INSIDE.format(realm=realm, password=password) if inside else ""}
        if tls:
            if not pathlib.Path("/usr/lib/x86_64-linux-gnu/kamailio/modules/tls.so").exists():
                pytest.skip("kamailio-tls-modules is not installed (./dev setup)")
            parts |= {"tls": TLS.format(address=address, tls_port=self.tls_port), "nat": TLS_MODULES.format(certificate=tls[0], key=tls[1]),
                      "by_connection": "fix_nated_register(); "}
        config = self.folder / "kamailio.cfg"
        config.write_text(KAMAILIO.format(address=address, port=self.port, realm=realm, user=user, password=password, algorithm=algorithm, beyond=beyond,
                                          **parts))
        self.process = Process(["kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", config, "-Y", self.folder, "-w", self.folder, "-P", self.folder / "pid"],
                               self.folder / "kamailio.log")
        wait_for("Kamailio opens its port", lambda: has_port(address, self.port) or not self.process.running, 30)
        assert self.process.running, self.process.output()[-3000:]

    def stop(self):
        self.process.stop()


def has_port(address, port):
    """An IPv4 UDP socket is bound there."""
    number = socket.inet_aton(address)[::-1].hex().upper()
    table = pathlib.Path("/proc/net/udp").read_text()
    return any(line.split()[1] == f"{number}:{port:04X}" for line in table.splitlines()[1:])


class NameServer:
    def __init__(self, folder, records, ttl=60):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.zone = self.folder / "zone.json"
        self.tell(records, ttl)
        self.port = free_port()
        self.process = Process([sys.executable, NAME_SERVER, f"127.0.0.1:{self.port}", self.zone], self.folder / "questions.log")
        wait_for("the name server opens its port", lambda: has_port("127.0.0.1", self.port))

    def tell(self, records, ttl=60, silent=False):
        new = self.zone.with_suffix(".new")
        new.write_text(json.dumps({"records": records, "ttl": ttl, "silent": silent}))
        new.rename(self.zone)

    @property
    def settings(self):
        """For Parleyd(settings=...), which stand at the end of [sip]."""
        return f'\n[dns]\nservers = ["127.0.0.1:{self.port}"]\n'

    def stop(self):
        self.process.stop()
