import os
import pathlib
import shutil

import pytest

from harness import sound
from harness.baresip import Baresip
from harness.parleyd import BUILD, ROOT, Parleyd
from harness.sipp import Sipp

SHARED = pathlib.Path(os.environ.get("PARLEY_SHARED", ROOT.parent / "shared"))


def pytest_collection_modifyitems(items):
    if not (BUILD / "bin" / "parleyd").exists():
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"{BUILD}/bin/parleyd is not built"))


@pytest.fixture
def shared():
    """A file of the shared test data, which is not in this repository: skips the test where it is absent."""
    def find(name):
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"../shared/{name} is absent (or set PARLEY_SHARED)")
        return path
    return find


@pytest.fixture
def make_server(tmp_path):
    """Starts a parleyd; all that a test started are stopped at its end, and must have ended well."""
    started = []

    def make(name="data", **options):
        server = Parleyd(tmp_path / name / "data", **options)
        started.append(server)
        server.start()
        server.api.set_extension("101", recording="off")  # the demo organisation's opted in; a test says what it wants
        return server

    yield make
    for server in started:
        if server.process.running:
            status = server.stop()
            assert status == 0, f"parleyd ended with {status}\n{server.log[-4000:]}"


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def make_phone(tmp_path, request):
    """A baresip registered as an extension; says `microphone` (samples, followed by silence) in every call."""
    if not shutil.which("baresip"):
        pytest.skip("baresip is not installed (./dev setup)")
    phones = []

    def make(server, number, microphone=None, wait=True, **options):
        folder = tmp_path / f"phone-{number}-{len(phones)}"
        folder.mkdir()
        said = microphone if microphone is not None else sound.silence(1)
        sound.write_wav(folder / "microphone.wav", sound.numpy.concatenate([said, sound.silence(180)]))
        account = server.api.phone(number)
        phone = Baresip(folder, options.pop("username", account["sip_username"]), options.pop("password", account["sip_password"]),
                        account["sip_domain"], server.address(options.get("transport", "udp"), options.get("host", "127.0.0.1")), folder / "microphone.wav", **options)
        phones.append(phone)
        if wait:
            phone.wait_registered()
        return phone

    yield make
    for phone in phones:
        phone.stop()


@pytest.fixture
def make_sipp(tmp_path):
    """SIPp as a device of an extension."""
    if not shutil.which("sipp"):
        pytest.skip("sipp is not installed (./dev setup)")

    def make(server, number, **options):
        account = server.api.phone(number)
        return Sipp(tmp_path / f"sipp-{number}", account["sip_username"], options.pop("password", account["sip_password"]), account["sip_domain"],
                    server.sip, **options)

    return make
