"""A real phone: baresip 1.0 without a terminal, driven over its control socket, its microphone and ear WAV files."""
import json
import pathlib
import re
import socket
import threading

from .process import Process, free_port, wait_for
from .sound import RATE, read_wav

CONFIG = """
poll_method             epoll
sip_listen              {listen}:{sip}
call_local_timeout      120
call_max_calls          4
audio_source            aufile,{microphone}
audio_player            aubridge,ear
audio_alert             aubridge,alert
ausrc_srate             {rate}
auplay_srate            {rate}
ausrc_channels          1
auplay_channels         1
audio_level             no
rtp_ports               {rtp}-{rtp_end}
rtcp_mux                no
jitter_buffer_delay     1-3
rtp_stats               yes
net_interface           {host}
module_path             /usr/lib/baresip/modules
module                  {codec}.so
{menc}module                  aufile.so
module                  aubridge.so
module                  sndfile.so
snd_path                {folder}
module_app              account.so
module_app              menu.so
module_app              ctrl_tcp.so
ctrl_tcp_listen         127.0.0.1:{control}
"""


class Baresip:
    def __init__(self, folder, username, password, domain, server, microphone, transport="udp", codec="g711", answer="manual", register=True, host="127.0.0.1", modules=(), parameters="", contacts=(), encryption=""):
        """`encryption`: srtp (offers it beside plain RTP), srtp-mand (RTP/SAVP alone); "": plain RTP."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.domain = domain
        self.events = []
        self._answers = {}
        self._lock = threading.Lock()
        control, self.sip_port = free_port(), free_port(2)  # the second for TLS
        rtp = free_port(21)
        self.rtp_ports = range(rtp, rtp + 21)
        (self.folder / "config").write_text(CONFIG.format(sip=self.sip_port, host=host, listen=f"[{host}]" if ":" in host else host, microphone=microphone, folder=self.folder, rate=RATE, rtp=rtp,
                                                          rtp_end=rtp + 20, codec=codec, control=control, menc="module                  srtp.so\n" if encryption else "") + "".join(f"module_app {m}.so\n" for m in modules))
        proxy = f';outbound="sip:{server};transport={transport}"' if server else ""
        (self.folder / "accounts").write_text(f"<sip:{username}@{domain};transport={transport}>;auth_user={username};auth_pass={password}"
                                              f"{proxy};answermode={answer};regint={600 if register else 0}{parameters}{f';mediaenc={encryption}' if encryption else ''}\n")
        (self.folder / "contacts").write_text("".join(f"{c}\n" for c in contacts) + "\n")
        self.process = Process(["baresip", "-f", self.folder], self.folder / "baresip.log")
        try:
            self._socket = wait_for("baresip opens its control socket", lambda: self._connect(control), 10)
        except AssertionError as error:
            self.process.stop(1)
            raise AssertionError(f"{error}\n{self.process.output()}") from None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @staticmethod
    def _connect(port):
        try:
            return socket.create_connection(("127.0.0.1", port), 1)
        except OSError:
            return None

    def _read(self):
        """Netstrings of JSON: answers to commands, and events."""
        buffer = b""
        self._socket.settimeout(None)
        while True:
            try:
                piece = self._socket.recv(65536)
            except OSError:
                return
            if not piece:
                return
            buffer += piece
            while b":" in buffer:
                size, rest = buffer.split(b":", 1)
                if len(rest) < int(size) + 1:
                    break
                message = json.loads(rest[:int(size)].decode(errors="replace"), strict=False)
                buffer = rest[int(size) + 1:]
                with self._lock:
                    if message.get("event"):
                        self.events.append(message)
                    else:
                        self._answers[message.get("token")] = message

    def command(self, name, parameters="", seconds=5):
        token = f"t{len(self._answers)}-{name}"
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._socket.sendall(b"%d:%s," % (len(text), text))
        answer = wait_for(f"baresip answers '{name}'", lambda: self._answers.get(token), seconds)
        return answer.get("data", "")

    def seen(self, kind, since=0):
        with self._lock:
            return [e for e in self.events[since:] if e.get("type") == kind]

    def wait_event(self, kind, seconds=15, since=0):
        return wait_for(f"the phone sees {kind} (it saw {[e.get('type') for e in self.events]})", lambda: self.seen(kind, since), seconds)[-1]

    def mark(self):
        """A place in the events, for `since`."""
        with self._lock:
            return len(self.events)

    def heard(self):
        """What came out of the ear in the last call: samples as floats, the rate."""
        files = sorted(self.folder.glob("dump-*-dec.wav"), key=lambda f: f.stat().st_mtime)
        assert files, "the phone heard nothing"
        samples, rate = read_wav(files[-1])
        return samples[:, 0], rate

    def wait_registered(self):
        """By its log: the answer may come before the control socket is open."""
        wait_for("the phone is registered", lambda: " 200 OK () [" in self.process.output())

    def wait_refused(self):
        wait_for("its registration is refused", lambda: re.search(r"reg: .* 40[13] ", self.process.output()))

    def dial(self, number):
        self.command("dial", f"sip:{number}@{self.domain}")

    def accept(self):
        self.wait_event("CALL_INCOMING")
        self.command("accept")

    def hang_up(self):
        self.command("hangup")

    def dtmf(self, digits):
        for digit in digits:
            self.command("sndcode", digit)

    def hold(self):
        self.command("hold")

    def resume(self):
        self.command("resume")

    def stop(self):
        try:
            if self.process.running:
                self.command("quit", seconds=3)
                self.process.wait(5)
        except (OSError, AssertionError, Exception):  # noqa: BLE001  it must end in any case
            pass
        self.process.stop(2)
        self._socket.close()
