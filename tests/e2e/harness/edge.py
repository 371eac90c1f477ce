"""Kamailio in front of parleyd, as providers have it: phones register and call through it, it keeps nobody's place.

It adds Path to registrations and Record-Route to calls, takes what comes by UDP, TCP and TLS, and speaks UDP with the server, which
it picks by its dispatcher and probes with OPTIONS.
"""
import pathlib
import shutil

import pytest

from .process import Process, free_port, wait_for

CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
auto_aliases=no
enable_tls=yes
listen=udp:{address}:{port}
listen=tcp:{address}:{port}
listen=tls:{address}:{tls}
tcp_reuse_port=yes
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tls.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "path.so"
loadmodule "nathelper.so"
loadmodule "dispatcher.so"
modparam("tls", "private_key", "{key}")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "tls_method", "TLSv1.2+")
modparam("rr", "enable_double_rr", 1)
modparam("path", "use_received", 1)
modparam("dispatcher", "list_file", "{list}")
modparam("dispatcher", "flags", 2)
modparam("dispatcher", "ds_ping_interval", 1)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_probing_threshold", 1)
modparam("dispatcher", "ds_inactive_threshold", 1)
modparam("tm", "fr_timer", 4000)

request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  force_rport();
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{
      if (!ds_is_from_list("1")) route(CONTACT);
      else handle_ruri_alias();
      t_on_reply("ANSWER");
      t_relay();
      exit;
    }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("INVITE")) record_route();
  if (ds_is_from_list("1")) {{
    loose_route();  # takes the Path away; it calls that no success, for no Record-Route of ours leads here
    t_on_reply("ANSWER");
    t_relay();
    exit;
  }}
  route(CONTACT);
  if (is_method("REGISTER")) add_path_received();
  if (!ds_select_dst("1", "8")) {{ sl_send_reply("503", "Nobody is there"); exit; }}
  t_on_failure("NEXT");
  t_relay();
}}
# Telephones are reached where they came from, whatever their Contact says.
route[CONTACT] {{
  if (is_method("INVITE|UPDATE")) add_contact_alias();
}}
onreply_route[ANSWER] {{
  if (!ds_is_from_list("1") && is_method("INVITE|UPDATE")) add_contact_alias();
}}
failure_route[NEXT] {{
  if (t_is_canceled()) exit;
  if (t_check_status("503") || (t_branch_timeout() && !t_branch_replied())) {{
    ds_mark_dst("p");
    if (ds_next_dst()) {{ t_on_failure("NEXT"); t_relay(); exit; }}
    t_reply("503", "Nobody is there");
  }}
}}
"""


class Edge:
    """`servers`: where parleyd is, and others of the same set."""

    def __init__(self, folder, certificate, key, servers, address="127.0.0.5"):
        if not shutil.which("kamailio"):
            pytest.skip("kamailio is not installed (./dev setup)")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address, self.port, self.tls = address, free_port(), free_port()
        (self.folder / "dispatcher.list").write_text("".join(f"1 sip:{one} 0 {10 - place}\n" for place, one in enumerate(servers)))
        config = self.folder / "kamailio.cfg"
        config.write_text(CONFIG.format(address=address, port=self.port, tls=self.tls, certificate=certificate, key=key, list=self.folder / "dispatcher.list"))
        self.process = Process(["kamailio", "-DD", "-E", "-m", "32", "-M", "8", "-f", config, "-Y", self.folder, "-w", self.folder, "-P", self.folder / "pid"],
                               self.folder / "kamailio.log")
        wait_for("Kamailio runs", lambda: "ready" in self.process.output() or _listens(address, self.port) or not self.process.running, 30)
        assert self.process.running, self.process.output()[-3000:]

    @property
    def sip(self):
        return f"{self.address}:{self.port}"

    def stop(self):
        self.process.stop()


def _listens(address, port):
    number = "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
    return f"{number}:{port:04X}" in pathlib.Path("/proc/net/tcp").read_text()
