#!/usr/bin/env python3
"""Runs one file of end-to-end tests for ctest: exit status 77 when all of its tests were skipped.

run_file.py FILE     leaves build/reports/tests/cases-<stage>-e2e-<name>.xml for tools/count-tests
"""
import os
import pathlib
import sys

import pytest

SKIPPED = 77


class Counter:
    def __init__(self):
        self.ran = self.skipped = 0

    def pytest_runtest_logreport(self, report):
        if report.skipped:
            self.skipped += 1
        elif report.when == "call":
            self.ran += 1


def main():
    file = pathlib.Path(sys.argv[1]).resolve()
    root = file.parents[2]
    reports = root / "build" / "reports" / "tests"
    reports.mkdir(parents=True, exist_ok=True)
    stage = os.environ.get("PARLEY_STAGE", "tests")
    counter = Counter()
    os.chdir(file.parent)
    status = pytest.main([str(file), "-q", "-x" if os.environ.get("PARLEY_FIRST_FAILURE") else "-q", "-rs", "-p", "no:cacheprovider",
                          f"--junitxml={reports / f'cases-{stage}-e2e-{file.stem}.xml'}", *sys.argv[2:]], plugins=[counter])
    if status == 0 and counter.ran == 0 and counter.skipped:
        return SKIPPED
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
