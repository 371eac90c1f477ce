"""TLS for peers that speak only TCP (Debian builds SIPp without it): bridges in both directions, and certificates."""
import socket
import ssl
import subprocess
import threading


def certificate(folder, name, *alternatives):
    """A self-signed certificate that is its own CA -> (certificate, key)."""
    folder.mkdir(parents=True, exist_ok=True)
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    "subjectAltName=" + ",".join(alternatives), "-keyout", key, "-out", pem], check=True, capture_output=True)
    return pem, key


class Bridge:
    """Accepts connections and passes each on: `wrap_in` and `wrap_out` put TLS on one side. Runs until the test ends."""

    def __init__(self, target, wrap_in=None, wrap_out=None, port=0):
        self.target, self.wrap_in, self.wrap_out = target, wrap_in, wrap_out
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.versions = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        try:
            if self.wrap_in:
                near = self.wrap_in(near)
            far = socket.create_connection(self.target, 10)
            far.settimeout(None)
            if self.wrap_out:
                far = self.wrap_out(far)
                self.versions.append(far.version())
        except OSError:
            return near.close()
        for a, b in ((near, far), (far, near)):
            threading.Thread(target=self._pass, args=(a, b), daemon=True).start()

    @staticmethod
    def _pass(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def to_tls(ca=None, own=None, host="localhost"):
    """Wraps an outgoing connection."""
    context = ssl.create_default_context(cafile=ca)
    if ca is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if own:
        context.load_cert_chain(*own)
    return lambda s: context.wrap_socket(s, server_hostname=host)


def from_tls(own):
    """Wraps an accepted one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    return lambda s: context.wrap_socket(s, server_side=True)
