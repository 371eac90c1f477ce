#!/usr/bin/env python3
"""./dev test vectors: judges sets of media vectors; each line of the table is one vector or packet.

run_vectors.py [--set DIR]... [--only PART]...

PART: srtp, dtmf, g711, g722, stun (bit-exact, by media_vectors over the product's own modules) and malformed (sent into a
running call of a parleyd of its own). Without --set: tests/data/media. Exit status: 0 all passed, 1 something did not, 2 the
server died.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from harness import media_set
from harness.parleyd import BUILD, ROOT, Parleyd


def units(one, only):
    """-> whether all passed"""
    command = [BUILD / "bin" / "media_vectors", one, *(p for p in only if p != "malformed")]
    return subprocess.run(command, check=False).returncode == 0


def malformed(one):
    with tempfile.TemporaryDirectory(prefix="parley-vectors-") as folder:
        server = Parleyd(pathlib.Path(folder) / "data", settings='trusted_addresses = ["127.0.0.1"]')
        server.start()
        count, faults, died = 0, [], True
        try:
            count, faults = media_set.run(server, one / "malformed", lambda line: print(line, flush=True))
        except (AssertionError, OSError) as error:
            faults = [str(error)]
            print(f"FAIL malformed {error}")
        finally:
            died = not server.process.running
            status = server.stop()
        if died or status:
            print(f"DEAD parleyd ended with {status}\n{server.log[-4000:]}")
            return 2
        print(f"malformed: {count} packets, {len(faults)} faults")
        return 1 if faults else 0


def main():
    arguments = argparse.ArgumentParser(description="judges sets of media vectors")
    arguments.add_argument("--set", action="append", type=pathlib.Path, metavar="DIR", help="folder with srtp, dtmf, g711, g722, stun, malformed: what it has")
    arguments.add_argument("--only", action="append", metavar="PART", default=[])
    options = arguments.parse_args()
    status = 0
    for one in options.set or [ROOT / "tests" / "data" / "media"]:
        print(f"==> {one}", flush=True)
        if not one.is_dir():
            print("FAIL there is no such folder")
            status = max(status, 1)
            continue
        if options.only != ["malformed"] and not units(one, options.only):
            status = max(status, 1)
        if options.only and "malformed" not in options.only:
            continue
        if not (one / "malformed" / "index.json").exists():
            print("SKIP malformed not in this set")
            continue
        status = max(status, malformed(one))
    return status


if __name__ == "__main__":
    sys.exit(main())
