#!/usr/bin/env python3
"""./dev test torture: fires sets of SIP messages at a parleyd of its own and judges the answers.

run_torture.py [--set DIR]... [--transport udp|tcp]... [--only NAME] [--target HOST:PORT]

Without --set: the sets of tests/data (RFC 4475, RFC 5118, hostile messages). Exit status: 0 all as the indexes demand,
1 something else was answered, 2 the server died.
"""
import argparse
import os
import pathlib
import sys
import tempfile

from harness import torture
from harness.parleyd import ROOT, Parleyd

OWN_SETS = [ROOT / "tests" / "data" / name for name in ("rfc4475", "rfc5118", "hostile")]


def domains(server, names=("example.com", "example.net", "sip.test")):
    """The messages of the RFCs, and of others' sets, speak of these domains: here they are organisations with extensions."""
    for name in names:
        one = server.api.call("POST", "/v1/organisations", {"name": name, "sip_domain": name})
        for number in ("1001", "1002"):
            server.api.call("POST", f"/v1/organisations/{one['id']}/extensions", {"number": number, "display_name": number})


def main():
    arguments = argparse.ArgumentParser(description="fires SIP messages at a server and judges its answers")
    arguments.add_argument("--set", action="append", type=pathlib.Path, metavar="DIR", help="folder with an index and messages (again for more)")
    arguments.add_argument("--transport", action="append", choices=("udp", "tcp", "tls"), help="default: udp and tcp")
    arguments.add_argument("--only", default="", help="messages whose name has this")
    arguments.add_argument("--target", metavar="HOST:PORT", help="a server on loopback that runs already")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-torture-") as folder:
        server = None
        if options.target:
            host, _, port = options.target.rpartition(":")
        else:
            server = Parleyd(pathlib.Path(folder) / "data")
            server.start()
            domains(server)
            host, port = "127.0.0.1", server.ports["sip"]
        ports = {"udp": int(port), "tcp": int(port), **({"tls": server.ports["sip_tls"]} if server and server.ports.get("sip_tls") else {})}
        if missing := [t for t in options.transport or [] if t not in ports]:
            sys.exit(f"the server has no {', '.join(missing)}")
        if not host.startswith("127.") and host != "[::1]":
            sys.exit("loopback targets only")
        target = torture.Target(host.strip("[]"), ports)
        count, faults = 0, []
        try:
            for one in options.set or OWN_SETS:
                print(f"==> {one}", flush=True)
                made, wrong = torture.run(target, one, options.transport or ("udp", "tcp"), options.only, lambda line: print(line, flush=True))
                count += made
                faults += wrong
        except torture.Dead as dead:
            print(f"DEAD {dead}\n{server.log[-4000:] if server else ''}")
            return 2
        finally:
            status = server.stop() if server else 0
        if status:
            print(f"DEAD parleyd ended with {status}\n{server.log[-4000:]}")
            return 2
        print(f"bad {len(faults)} of {count}")
        return 1 if faults else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
