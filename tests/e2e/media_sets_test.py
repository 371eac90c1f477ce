"""The malformed packets of tests/data/media in a running call: its audio goes on, nobody else hears of it."""
from harness import media_set
from harness.parleyd import ROOT


def test_malformed_packets_leave_a_running_call_alone(make_server):
    server = make_server(settings='trusted_addresses = ["127.0.0.1"]')
    lines = []
    count, faults = media_set.run(server, ROOT / "tests" / "data" / "media" / "malformed", lines.append)
    assert count >= 30 and not faults, "\n".join(lines)
