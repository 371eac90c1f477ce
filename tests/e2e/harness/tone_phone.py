"""Telephones that say one tone each and keep what they hear: PCMU over UDP, SIP by Agent, all RTP in one thread."""
import selectors
import socket
import struct
import threading
import time

import numpy

from . import sound
from .agent import Agent

FRAME = sound.RATE // 50


def encode(samples):
    """PCMU (ITU-T G.711) of floats."""
    linear = numpy.clip(samples * 32767, -32635, 32635).astype(int)
    sign = numpy.where(linear < 0, 0x80, 0)
    magnitude = numpy.abs(linear) + 0x84
    segment = numpy.clip(numpy.floor(numpy.log2(magnitude)).astype(int) - 7, 0, 7)
    return (~(sign | segment << 4 | (magnitude >> (segment + 3)) & 0x0F) & 0xFF).astype(numpy.uint8).tobytes()


def decode(payload):
    codes = ~numpy.frombuffer(payload, dtype=numpy.uint8).astype(int)
    magnitude = ((((codes & 0x0F) << 3) + 0x84) << ((codes >> 4) & 7)) - 0x84
    return numpy.where(codes & 0x80, -magnitude, magnitude) / 32768


class TonePhone(Agent):
    """Its RTP port is the one that Agent's descriptions name."""

    def __init__(self, user, domain, server, port=0, frequency=0.0, level=0.05):
        super().__init__(user, domain, server, port)
        self.frequency = frequency
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", self.port + 2))
        self.rtp.setblocking(False)
        second = encode(sound.tone(frequency, 1, level) if frequency else sound.silence(1))  # whole periods: it repeats
        self.frames = [second[i:i + FRAME] for i in range(0, len(second), FRAME)]
        self.to = None
        self.sequence, self.arrived = 0, []

    def close(self):
        self.rtp.close()
        super().close()

    def speak_to(self, description):
        """Begins to talk to where an SDP says."""
        port = int(next(line for line in description.splitlines() if line.startswith("m=audio")).split()[1])
        self.to = ("127.0.0.1", port)

    def tick(self):
        if self.to is None:
            return
        header = struct.pack("!BBHII", 0x80, 0, self.sequence & 0xFFFF, self.sequence * FRAME & 0xFFFFFFFF, self.port)
        self.rtp.sendto(header + self.frames[self.sequence % len(self.frames)], self.to)
        self.sequence += 1

    def take(self):
        while True:
            try:
                data = self.rtp.recv(2048)
            except BlockingIOError:
                return
            if len(data) > 12 and data[1] & 0x7F == 0:
                self.arrived.append((time.monotonic(), struct.unpack("!HI", data[2:8]), data[12:]))

    def heard(self, since, until=None):
        """-> samples that arrived in that time."""
        parts = [payload for at, _, payload in list(self.arrived) if at >= since and (until is None or at < until)]
        return decode(b"".join(parts)) if parts else numpy.zeros(0)

    def level_of(self, frequency, since, until=None):
        """How loud that tone is in what was heard: its amplitude, 0..1."""
        samples = self.heard(since, until)
        if len(samples) < sound.RATE // 4:
            return 0.0
        phase = 2j * numpy.pi * frequency * numpy.arange(len(samples)) / sound.RATE
        window = numpy.hanning(len(samples))
        return float(2 * abs(numpy.sum(samples * window * numpy.exp(-phase))) / numpy.sum(window))

    def longest_gap(self, since):
        """Between packets, in seconds."""
        times = [at for at, _, _ in list(self.arrived) if at >= since]
        return max((b - a for a, b in zip(times, times[1:])), default=float("inf"))

    def missing(self, since):
        """Sequence numbers that never came."""
        numbers = [numbers[0] for at, numbers, _ in list(self.arrived) if at >= since]
        return sum(((b - a) & 0xFFFF) - 1 for a, b in zip(numbers, numbers[1:]) if (b - a) & 0xFFFF)


class Exchange:
    """Sends and takes all phones' RTP while it runs."""

    def __init__(self, phones):
        self.phones = phones
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join(5)

    def _run(self):
        selector = selectors.DefaultSelector()
        for phone in self.phones:
            selector.register(phone.rtp, selectors.EVENT_READ, phone)
        due = time.monotonic()
        while not self._ends.is_set():
            wait = due - time.monotonic()
            if wait <= 0:
                for phone in self.phones:
                    phone.tick()
                due = max(due + 0.02, time.monotonic() - 0.1)  # late for long: no burst
                continue
            for key, _ in selector.select(wait):
                key.data.take()
