#!/usr/bin/env python3
"""A name server for tests: authoritative for what it is told, and for nothing else. UDP.

name_server.py ADDRESS:PORT ZONE.json

ZONE.json is read again for each question: {"records": [["_sip._udp.carrier.example", "SRV", [1, 0, 5060, "a.example"]],
["a.example", "A", "127.0.0.2"], ["carrier.example", "NAPTR", [10, 10, "s", "SIP+D2U", "_sip._udp.carrier.example"]]],
"ttl": 1, "silent": false}. Questions are printed, one a line: "SRV _sip._udp.carrier.example".
"""
import ipaddress
import json
import pathlib
import socket
import struct
import sys

TYPES = {"A": 1, "AAAA": 28, "SRV": 33, "NAPTR": 35}


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def text(value):
    return bytes([len(value)]) + value.encode()


def data(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "SRV":
        return struct.pack(">HHH", *value[:3]) + name(value[3])
    return struct.pack(">HH", *value[:2]) + text(value[2]) + text(value[3]) + text("") + name(value[4])


def question_of(message):
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("ascii").lower())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack(">H", message[at + 1:at + 3])[0], message[12:at + 5]


def answer(message, zone):
    wanted, kind, question = question_of(message)
    print(next((n for n, number in TYPES.items() if number == kind), kind), wanted, flush=True)
    if zone.get("silent"):
        return None
    records = [r for r in zone["records"] if r[0].lower() == wanted]
    found = [r for r in records if TYPES[r[1]] == kind]
    header = message[:2] + struct.pack(">HHHHH", 0x8480 | (0 if records else 3), 1, len(found), 0, 0)
    out = header + question
    for _, type_name, value in found:
        body = data(type_name, value)
        out += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, zone.get("ttl", 60), len(body)) + body
    return out


def main():
    address, port = sys.argv[1].rsplit(":", 1)
    zone = pathlib.Path(sys.argv[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, int(port)))
        while True:
            message, source = server.recvfrom(4096)
            reply = answer(message, json.loads(zone.read_text()))
            if reply:
                server.sendto(reply, source)


if __name__ == "__main__":
    main()
