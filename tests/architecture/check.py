#!/usr/bin/env python3
"""Checks of the tree as a whole: who may include whom, sizes, clocks, licences, lock files.

check.py CHECK [--root FOLDER]     one check; prints every breach, exit status 1 when there is one
check.py --list
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

# From the ground up. A folder includes folders below its own, or beside it as long as no circle comes of it.
FLOORS = [
    {"base"},
    {"net", "vault"},
    {"sip", "sdp", "rtp", "srtp", "ice", "dtls", "codec"},
    {"media", "speech", "store"},
    {"pbx"},
    {"privacy"},
    {"dial", "insight", "agent", "connect"},
    {"api"},
    {"parleyd", "parley"},
]
FLOOR_OF = {folder: number for number, floor in enumerate(FLOORS) for folder in floor}

MAX_LINES = 600
SOURCE_NAMES = re.compile(r"\.(cpp|hpp|py|sh|ts|tsx|css|sql|cmake|md)$|(^|/)(dev|CMakeLists\.txt)$")
NO_SIZE_LIMIT = re.compile(r"(^|/)gen/|package-lock\.json$|(^|/)(CHANGELOG|PROMISES)\.md$")

# Licences that what we ship may carry; tools used only while building and testing are not shipped.
FREE_LICENCES = re.compile(r"^\(?(MIT|MIT-0|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|CC-BY-4\.0|OFL-1\.1"
                           r"|Artistic-2\.0)( (OR|AND) [A-Za-z0-9.-]+)*\)?$")


class Tree:
    def __init__(self, root):
        self.root = root
        names = subprocess.run(["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.files = [name for name in names if (root / name).is_file()]

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def sources(self):
        return [f for f in self.files if f.startswith("src/") and f.endswith((".cpp", ".hpp"))]

    def includes(self, name):
        """Our own headers that a file includes, as (line number, path below src/)."""
        for number, line in enumerate(self.text(name).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+[<"]([a-z_]+/[^>"]+)[>"]', line)
            if match and match[1].split("/")[0] in FLOOR_OF:
                yield number, match[1]


def folder_of(name):
    return name.split("/")[1]


def check_floors(tree):
    """No folder includes one on a floor above its own, and every folder has a floor."""
    for name in tree.sources():
        folder = folder_of(name)
        if folder not in FLOOR_OF:
            yield f"{name}: folder '{folder}' has no floor (see FLOORS in {__file__})"
            continue
        for line, header in tree.includes(name):
            target = header.split("/")[0]
            if FLOOR_OF[target] > FLOOR_OF[folder]:
                yield f"{name}:{line}: {folder} must not include {header}: {target} is a floor above"
            elif target != folder and folder in FLOORS[-1] and target in FLOORS[-1]:
                yield f"{name}:{line}: the program {folder} must not include the program {target}"


def circles(graph):
    """Each circle once, as a list of nodes."""
    state, found = {}, []

    def visit(node, path):
        state[node] = "open"
        for other in sorted(graph.get(node, ())):
            if state.get(other) == "open":
                found.append(path[path.index(other):] + [other] if other in path else [node, other])
            elif other not in state:
                visit(other, path + [other])
        state[node] = "done"

    for node in sorted(graph):
        if node not in state:
            visit(node, [node])
    return found


def check_circles(tree):
    """No circle of includes, between folders or between headers."""
    folders, headers = {}, {}
    for name in tree.sources():
        for _, header in tree.includes(name):
            if header.split("/")[0] != folder_of(name):
                folders.setdefault(folder_of(name), set()).add(header.split("/")[0])
            if name.endswith(".hpp"):
                headers.setdefault(name.removeprefix("src/"), set()).add(header)
    for graph in (folders, headers):
        for circle in circles(graph):
            yield "circle: " + " -> ".join(circle)


def check_depends(tree):
    """What a folder includes and what its CMakeLists.txt names in DEPENDS are the same."""
    for name in tree.files:
        match = re.fullmatch(r"src/([a-z_]+)/CMakeLists\.txt", name)
        if not match:
            continue
        folder = match[1]
        text = re.sub(r"#.*", "", tree.text(name))
        call = re.search(r"parley_(?:library|program)\(([^)]*)\)", text)
        words = call[1].split() if call else []
        declared, on = set(), False
        for word in words:
            if word.isupper():
                on = word == "DEPENDS"
            elif on:
                declared.add(word)
        own = [f for f in tree.sources() if folder_of(f) == folder]
        if not own:
            continue
        used = {header.split("/")[0] for f in own for _, header in tree.includes(f)} - {folder}
        for missing in sorted(used - declared):
            yield f"{name}: {folder} includes {missing}/ but DEPENDS does not name it"
        for idle in sorted(declared - used):
            yield f"{name}: DEPENDS names {idle}, which {folder} does not include"


def check_sizes(tree):
    """No source file is longer than 600 lines."""
    for name in tree.files:
        if SOURCE_NAMES.search(name) and not NO_SIZE_LIMIT.search(name):
            count = tree.text(name).count("\n")
            if count > MAX_LINES:
                yield f"{name}: {count} lines (at most {MAX_LINES}): look for the second idea in it"


def check_headers(tree):
    """Every header starts with #pragma once."""
    for name in tree.sources():
        if name.endswith(".hpp") and not tree.text(name).startswith("#pragma once"):
            yield f"{name}: the first line is not '#pragma once'"


def check_clock(tree):
    """Nothing reads the system clock or the C random generator but base/: time and randomness are arguments."""
    forbidden = re.compile(r"\b(system_clock::now|gettimeofday|std::rand|random_device)\b|(?<![.>])\btime\((nullptr|NULL|0)\)")
    for name in tree.sources():
        if folder_of(name) == "base" or name.endswith("_bench.cpp"):
            continue
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            match = forbidden.search(line.split("//")[0])
            if match:
                yield f"{name}:{number}: reads {match[0]} (use base/clock.hpp, base/random.hpp)"


def check_locks(tree):
    """Lock files and npm settings name no registry host: whoever builds uses the registry of their own machine."""
    for name in tree.files:
        if name.endswith("package-lock.json"):
            for path, package in json.loads(tree.text(name)).get("packages", {}).items():
                if "://" in str(package.get("resolved", "")):
                    yield f"{name}: {path} has a resolved address ('omit-lockfile-registry-resolved=true' in .npmrc prevents it)"
                if path and not package.get("link") and "node_modules/" in path and not package.get("integrity") and not package.get("inBundle"):
                    yield f"{name}: {path} has no integrity hash"
        if name.endswith(".npmrc") and re.search(r"registry\s*=|_auth", tree.text(name)):
            yield f"{name}: names a registry"


def check_licences(tree):
    """Ours is Apache-2.0; what the console ships has a licence that allows it; nothing links GPL code."""
    if "Apache License" not in tree.text("LICENSE") or "Version 2.0" not in tree.text("LICENSE"):
        yield "LICENSE: is not the Apache License 2.0"
    for name in tree.files:
        if not (name.startswith("web/") and name.endswith("package-lock.json")):
            continue
        for path, package in json.loads(tree.text(name)).get("packages", {}).items():
            if "node_modules/" not in path or package.get("dev") or package.get("devOptional") or package.get("link") or package.get("optional"):
                continue
            licence = package.get("license", "")
            if not FREE_LICENCES.match(licence if isinstance(licence, str) else ""):
                yield f"{name}: {path} has licence '{licence}'"
    for name in tree.sources():
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            if re.match(r"\s*#\s*include\s+<(espeak|espeak-ng|readline)/", line):
                yield f"{name}:{number}: links GPL code: run it as a process"


def check_documents(tree):
    """Every file that ARCHITECTURE.md, README.md, CONTRIBUTING.md and docs/ name in backquotes or link to exists."""
    known = set(tree.files)
    for name in tree.files:
        if not (name in ("ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "deploy/README.md") or re.fullmatch(r"docs/[a-z-]+\.md", name)):
            continue
        folder = pathlib.PurePosixPath(name).parent
        for number, line in enumerate(tree.text(name).splitlines(), 1):
            for path in re.findall(r"`((?:[a-z_-]+/)+[A-Za-z_.-]+\.[a-z]+)`", line):
                if path not in known and f"src/{path}" not in known and not path.startswith(("build/", "~")):
                    yield f"{name}:{number}: there is no {path}"
            for path in re.findall(r"\]\(([^)#:]+)\)", line):
                if str((tree.root / folder / path).resolve().relative_to(tree.root.resolve())) not in known:
                    yield f"{name}:{number}: links to {path}, which is not there"


CHECKS = {name.removeprefix("check_"): function for name, function in list(globals().items()) if name.startswith("check_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", nargs="?", choices=sorted(CHECKS))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    arguments = parser.parse_args()
    if arguments.list or not arguments.check:
        for name, function in CHECKS.items():
            print(f"{name:10} {function.__doc__}")
        return 0
    breaches = list(CHECKS[arguments.check](Tree(arguments.root)))
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
