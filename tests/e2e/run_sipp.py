#!/usr/bin/env python3
"""./dev test sipp: runs sets of SIPp flows through a parleyd of its own, over each transport that a flow allows.

run_sipp.py [--set DIR]... [--transport udp|tcp|tls]... [FLOW...]

The server has the domain sip.test with the extensions 1001 (who calls) and 1002 (who is called), and trusts loopback as it
would a gateway, for most flows call without credentials. Exit status: 0 all passed, 1 one did not, 2 the server died.
"""
import argparse
import pathlib
import shutil
import sys
import tempfile

from harness import flows
from harness.parleyd import ROOT, Parleyd


def prepare(server):
    """-> the accounts of caller and callee"""
    one = server.api.call("POST", "/v1/organisations", {"name": "SIPp", "sip_domain": "sip.test"})
    base = f"/v1/organisations/{one['id']}"
    accounts = []
    for number in ("1001", "1002"):
        extension = server.api.call("POST", f"{base}/extensions", {"number": number, "display_name": f"SIPp {number}"})
        devices = server.api.get(f"{base}/extensions/{extension['id']}/phone")["devices"]
        if not devices:
            server.api.call("POST", f"{base}/extensions/{extension['id']}/devices", {"name": "SIPp"})
            devices = server.api.get(f"{base}/extensions/{extension['id']}/phone")["devices"]
        accounts.append(flows.Account(devices[0], number))
    return accounts


def transports(server, wanted):
    """Those of the server that the runner speaks. -> ports by transport"""
    ports = {"udp": server.ports["sip"], "tcp": server.ports["sip"]}
    if server.ports.get("sip_tls"):
        ports["tls"] = server.ports["sip_tls"]
    missing = [t for t in wanted or [] if t not in ports]
    if missing:
        sys.exit(f"the server has no {', '.join(missing)}")
    return {t: ports[t] for t in ports if not wanted or t in wanted or t == "udp"}, wanted or list(ports)


def main():
    arguments = argparse.ArgumentParser(description="runs SIPp flows through a server")
    arguments.add_argument("--set", action="append", type=pathlib.Path, metavar="DIR", help="folder with flows.json (again for more)")
    arguments.add_argument("--transport", action="append", choices=("udp", "tcp", "tls"), help="default: all that the server has")
    arguments.add_argument("flows", nargs="*", metavar="FLOW", help="default: all of the set")
    options = arguments.parse_args()
    if not shutil.which("sipp"):
        sys.exit("sipp is not installed (./dev setup)")
    sets = options.set or [p for p in (ROOT / "tests" / "data" / "sipp", ROOT.parent / "shared" / "testdata" / "sipp") if p.is_dir()]
    if not sets:
        sys.exit("no set of flows: name one with --set DIR")
    failed = count = 0
    with tempfile.TemporaryDirectory(prefix="parley-sipp-") as folder:
        work = pathlib.Path(folder)
        server = Parleyd(work / "server" / "data", settings='trusted_addresses = ["127.0.0.1"]')
        server.start()
        try:
            caller, callee = prepare(server)
            ports, wanted = transports(server, options.transport)
            for number, one in enumerate(sets):
                print(f"==> {one}", flush=True)
                runner = flows.Runner(one, ports, caller, callee, work / f"set-{number}")
                for flow in flows.read_flows(one):
                    if options.flows and flow["name"] not in options.flows:
                        continue
                    for transport in flows.transports_of(flow, wanted):
                        wrong = runner.run(flow, transport)
                        count += 1
                        failed += bool(wrong)
                        print(f"{'FAIL' if wrong else 'PASS'} {transport} {flow['name']}{': ' + wrong if wrong else ''}", flush=True)
                        if not server.process.running:
                            print(f"DEAD parleyd ended\n{server.log[-4000:]}")
                            return 2
        finally:
            status = server.stop()
        if status:
            print(f"DEAD parleyd ended with {status}\n{server.log[-4000:]}")
            return 2
    print(f"failed {failed} of {count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
