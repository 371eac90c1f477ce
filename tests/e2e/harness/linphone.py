"""Linphone's console telephone (linphonec), without a sound card: it speaks from a WAV file and records what it hears."""
import pathlib
import shutil
import subprocess
import threading

import pytest

from . import sound
from .process import free_port, wait_for

# One transport; no STUN, no ICE, no name servers, no video; only G.711 is needed here.
CONFIG = """[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
verify_server_certs={verify}
verify_server_cn=0
root_ca={ca}
media_encryption=none
use_ipv6=0
guess_hostname=0
contact=sip:{user}@127.0.0.1
keepalive_period=30000
default_proxy=0

[rtp]
audio_rtp_port={rtp}

[video]
enabled=0
capture=0
display=0

[auth_info_0]
username={user}
passwd={password}
realm={domain}

[proxy_0]
reg_proxy=<sip:{server};transport={transport}>
reg_route=<sip:{server};transport={transport};lr>
reg_identity=sip:{user}@{domain}
reg_expires=600
reg_sendregister=1
publish=0
"""


class Linphone:
    def __init__(self, folder, account, server, transport="udp", says=None, ca=None):
        if not shutil.which("linphonec"):
            pytest.skip("linphone-cli is not installed (./dev setup)")
        self.folder = pathlib.Path(folder)
        (self.folder / "home" / ".local" / "share" / "linphone").mkdir(parents=True, exist_ok=True)
        self.domain = account["sip_domain"]
        ports = {name: 0 for name in ("udp", "tcp", "tls")}
        ports[transport] = free_port()
        config = self.folder / "linphonerc"
        config.write_text(CONFIG.format(**ports, rtp=free_port(2), user=account["sip_username"], password=account["sip_password"], domain=self.domain, server=server,
                                        transport=transport, verify=int(ca is not None), ca=ca or "/etc/ssl/certs/ca-certificates.crt"))
        self.said = self.folder / "says.wav"
        self.ear = self.folder / "ear.wav"
        sound.write_wav(self.said, sound.numpy.concatenate([says if says is not None else sound.silence(1), sound.silence(120)]))
        self.log = self.folder / "linphone.log"
        self._said = []
        self.child = subprocess.Popen(["linphonec", "-S", "-c", config, "-d", "6", "-l", self.log], cwd=self.folder, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                      env={"HOME": str(self.folder / "home"), "PATH": "/usr/bin:/bin", "LC_ALL": "C"})
        threading.Thread(target=self._read, daemon=True).start()
        self.command("soundcard use files")
        self.command(f"play {self.said}")
        self.command(f"record {self.ear}")

    def _read(self):
        for line in self.child.stdout:
            self._said.append(line)

    @property
    def output(self):
        return "".join(self._said)

    def command(self, text):
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()

    def mark(self):
        return len(self.output)

    def says(self, text, seconds=20, since=0):
        """Waits until it prints that."""
        try:
            wait_for(f"linphone says '{text}'", lambda: text in self.output[since:], seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output[-3000:]}\n{self.log.read_text(errors='replace')[-6000:]}") from None

    def wait_registered(self):
        self.says("successful")

    def stop(self):
        try:
            self.command("quit")
            self.child.stdin.close()
            self.child.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait(5)
