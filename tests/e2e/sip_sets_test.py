"""Sets of messages and flows, as ./dev test torture and ./dev test sipp run them, against a real server."""
import json
import re
import subprocess
import sys

import pytest
import run_sipp
import run_torture
from harness import flows, torture
from harness.parleyd import BUILD, ROOT
from harness.process import wait_for

OUR_FLOWS = ROOT / "tests" / "data" / "sipp"


@pytest.fixture
def target(server):
    run_torture.domains(server)
    return torture.Target("127.0.0.1", {"udp": server.ports["sip"], "tcp": server.ports["sip"]})


@pytest.mark.parametrize("folder", [p.name for p in run_torture.OWN_SETS])
def test_every_message_of_our_sets_has_the_outcome_of_its_index(server, target, folder):
    count, faults = torture.run(target, next(p for p in run_torture.OWN_SETS if p.name == folder))
    assert count and not faults, "\n".join(faults)
    wait_for("it still answers the API", lambda: server.api.get("/v1/status"))
    _, _, metrics = server.api.raw("GET", "/metrics")
    dropped = re.findall(r'parley_sip_dropped_total\{reason="(?:unanswerable|unmatched_response)"\} (\d+)', metrics.decode())
    assert sum(map(int, dropped)) > 0, "what could not be answered is counted"


def test_the_shared_torture_set(target, shared):
    count, faults = torture.run(target, shared("testdata/sip-torture"))
    assert count == 100 and not faults, "\n".join(faults)


@pytest.mark.parametrize("folder", [p.name for p in run_torture.OWN_SETS])
def test_the_command_reads_messages_as_the_server_does(folder):
    """parley sip parse: 0 what must be accepted, 1 what must be refused, 2 what is no SIP at all."""
    folder = next(p for p in run_torture.OWN_SETS if p.name == folder)
    cases = torture.read_index(folder)
    files = [next(p for p in folder.glob(f"**/{case.file}")) for case in cases]
    done = subprocess.run([BUILD / "bin" / "parley", "sip", "parse", "--json", *files], capture_output=True, timeout=60)
    reports = json.loads(done.stdout)
    assert done.returncode == max({"accept": 0, "refuse": 1, "unreadable": 2}[one["verdict"]] for one in reports)
    wrong = [f"{case.file}: {one['verdict']}" for case, one in zip(cases, reports, strict=True)
             if case.parse != "either" and (one["verdict"] == "accept") != (case.parse == "accept")]
    assert not wrong
    for case, one in zip(cases, reports, strict=True):
        if one["verdict"] == "refuse":
            assert any(error["refuses"] for error in one["errors"]), case.file
        assert all(0 <= error["offset"] <= len(case.content) for error in one["errors"]), case.file


def run_flows(make_server, folder, work):
    """They call without digest: the server trusts their address, as it would a gateway's. -> what failed, by the name of the flow"""
    server = make_server(settings='trusted_addresses = ["127.0.0.1"]')
    caller, callee = run_sipp.prepare(server)
    ports, wanted = run_sipp.transports(server, None)
    runner = flows.Runner(folder, ports, caller, callee, work)
    failed = {}
    for flow in flows.read_flows(folder):
        for transport in flows.transports_of(flow, wanted):
            if wrong := runner.run(flow, transport):
                failed.setdefault(flow["name"], []).append(f"{transport}: {wrong}")
    return failed


def test_every_flow_of_the_shared_set_over_every_transport(make_server, shared, tmp_path):
    failed = run_flows(make_server, shared("testdata/sipp"), tmp_path / "set")
    assert not failed, "\n".join(f"{name} {one}" for name, all_ in failed.items() for one in all_)


def test_every_flow_of_our_set_over_every_transport(make_server, tmp_path):
    done = subprocess.run([sys.executable, OUR_FLOWS / "make.py", "--check"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    failed = run_flows(make_server, OUR_FLOWS, tmp_path / "set")
    assert not failed, "\n".join(f"{name} {one}" for name, all_ in failed.items() for one in all_)
