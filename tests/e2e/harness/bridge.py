"""Carries the TCP of SIPp to a server's TLS and back, for this SIPp knows no TLS: bytes, and the name of the transport.

The names are three letters both, so that no length changes.
"""
import select
import socket
import ssl
import threading

TO_SERVER = [(b"SIP/2.0/TCP", b"SIP/2.0/TLS"), (b"transport=TCP", b"transport=TLS"), (b"transport=tcp", b"transport=tls")]
TO_SIPP = [(b"SIP/2.0/TLS", b"SIP/2.0/TCP"), (b"transport=TLS", b"transport=TCP"), (b"transport=tls", b"transport=tcp")]


def renamed(data, names):
    for old, new in names:
        data = data.replace(old, new)
    return data


class Bridge:
    """Threads that end with their connections; close() ends them all."""

    def __init__(self, rename):
        self.to_server = TO_SERVER if rename else []
        self.to_sipp = TO_SIPP if rename else []
        self._open = []
        self._listener = None

    def listen(self, connect):
        """Whoever connects (SIPp) is carried to what connect() opens. -> port"""
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(connect,), daemon=True).start()
        return self._listener.getsockname()[1]

    def _accept(self, connect):
        while True:
            try:
                inner, _ = self._listener.accept()
                self.join(inner, connect())
            except OSError:
                return

    def join(self, sipp, server):
        self._open += [sipp, server]
        threading.Thread(target=self._carry, args=(sipp, server), daemon=True).start()

    def serve(self, server, sipp_port):
        """What comes on the server's connection goes to SIPp, who is called when the first message comes."""
        self._open.append(server)
        threading.Thread(target=self._serve, args=(server, sipp_port), daemon=True).start()

    def _serve(self, server, sipp_port):
        try:
            first = server.recv(65535)
            if not first:
                return
            sipp = socket.create_connection(("127.0.0.1", sipp_port), 5)
            self._open.append(sipp)
            sipp.sendall(renamed(first, self.to_sipp))
        except OSError:
            return
        self._carry(sipp, server)

    def _carry(self, sipp, server):
        server.setblocking(False)  # readable TLS may hold nothing for us yet: a session ticket
        try:
            while True:
                pending = getattr(server, "pending", lambda: 0)()
                ready = [server] if pending else select.select([sipp, server], [], [])[0]
                for s in ready:
                    try:
                        data = s.recv(65535)
                    except ssl.SSLWantReadError:
                        continue
                    if not data:
                        return
                    if s is sipp:
                        server.sendall(renamed(data, self.to_server))
                    else:
                        sipp.sendall(renamed(data, self.to_sipp))
        except (OSError, ValueError):
            return
        finally:
            for s in (sipp, server):
                try:
                    s.close()
                except OSError:
                    pass

    def close(self):
        for s in [self._listener, *self._open]:
            if s:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                s.close()
