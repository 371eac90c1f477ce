"""Everything that goes over the loopback device as UDP, as tshark would see it. Needs root."""
import socket
import struct
import threading

import numpy


class Wiretap:
    """with Wiretap() as tap: … tap.rtp(ports)"""

    def __enter__(self):
        self.packets = []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("lo", 0))
        self.socket.settimeout(0.2)
        self.running = True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join(2)
        self.socket.close()

    def _read(self):
        while self.running:
            try:
                frame, address = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            if address[2] == socket.PACKET_OUTGOING:
                continue  # loopback shows each packet twice
            ip = frame[14:]
            size = (ip[0] & 0x0F) * 4
            if len(ip) < size + 8 or ip[9] != 17:
                continue
            source, to, length = struct.unpack("!HHH", ip[size:size + 6])
            self.packets.append((source, to, ip[size + 8:size + length]))

    def rtp(self, to):
        """RTP to one of these ports."""
        return [data for _, port, data in self.packets if port in to and len(data) >= 12 and data[0] >> 6 == 2 and not 192 <= data[1] <= 223]

    def rtcp(self, to):
        return [data for _, port, data in self.packets if port in to and len(data) >= 8 and data[0] >> 6 == 2 and 192 <= data[1] <= 223]


def sound_of(packets):
    """What these packets would say if they were plain PCMU."""
    codes = numpy.frombuffer(b"".join(data[12:172] for data in packets), dtype=numpy.uint8).astype(int) ^ 0xFF
    magnitude = ((codes & 0x0F) << 3) + 0x84 << ((codes & 0x70) >> 4)
    samples = numpy.where(codes & 0x80, 0x84 - magnitude, magnitude - 0x84)
    return samples / 32768
