"""Busy lamps, presence and waiting messages on the wire: RFC 6665 with its packages, PUBLISH, a real telephone that watches."""
from harness.process import wait_for
from harness.sipp import answer, await_request, challenged, expect, pause, request, sdp, xml

OK = answer(200, "OK", tag=False)
# The pauses keep states apart: what follows while a NOTIFY is on its way is told together.
ANSWERS = xml(await_request("INVITE"), pause(500), answer(180, "Ringing"), pause(500), answer(200, "OK", sdp()), await_request("ACK"), await_request("BYE"), OK)
PIDF = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:[service]@[domain]"><tuple id="t1"><status><basic>{basic}</basic></status><note>{note}</note></tuple></presence>"""


def subscribe(event, accept, expires=600, **more):
    return challenged("SUBSCRIBE", extra=f"Event: {event}\nExpires: {expires}", accept=accept, **more)


def notified(*patterns):
    return await_request("NOTIFY", patterns=patterns) + OK


def subscriptions(server, package):
    """By the metrics."""
    lines = [line for line in server.api.raw("GET", "/metrics")[2].decode().splitlines() if line.startswith(f'parley_sip_subscriptions{{package="{package}"}}')]
    return float(lines[0].split()[-1]) if lines else 0


def test_a_lamp_shows_how_a_call_goes(server, make_sipp):
    caller, callee, lamp = (make_sipp(server, number) for number in ("101", "102", "103"))
    caller.register()
    callee.register()
    watching = lamp.start(xml(
        subscribe("dialog", "application/dialog-info+xml"), expect(200),
        notified("Subscription-State: active;expires=600", 'version="0" state="full"'),
        notified("direction=\"recipient\"", "<state>trying</state>"),
        notified("<state>early</state>", "sip:101@"),
        notified("<state>confirmed</state>"),
        notified("<state>terminated</state>", 'state="partial"'),
        request("SUBSCRIBE", to_tag=True, cseq=3, extra="Event: dialog\nExpires: 0", accept="application/dialog-info+xml"), expect(200),
        notified("Subscription-State: terminated;reason=timeout")), service="102", seconds=40)
    wait_for("the lamp watches", lambda: subscriptions(server, "dialog") == 1)
    there = callee.start(ANSWERS)
    caller.run(xml(challenged("INVITE", body=sdp()), expect(100, optional=True), expect(180, optional=True), expect(200), request("ACK", to_tag=True, cseq=2), pause(700),
                   request("BYE", to_tag=True, cseq=3), expect(200)), service="102")
    callee.finish(there)
    lamp.finish(watching, 40)
    wait_for("it watches no more", lambda: subscriptions(server, "dialog") == 0)


def test_presence_follows_what_is_published(server, make_sipp):
    watcher, watched = make_sipp(server, "101"), make_sipp(server, "102")
    watching = watcher.start(xml(
        subscribe("presence", "application/pidf+xml"), expect(200), notified("<basic>closed</basic>"),
        notified("<basic>open</basic>", "<note>at the desk</note>")), service="102", seconds=30)
    wait_for("it watches", lambda: subscriptions(server, "presence") == 1)
    watched.run(xml(challenged("PUBLISH", extra="Event: presence\nExpires: 600", body=PIDF.format(basic="open", note="at the desk"), body_type="application/pidf+xml"),
                    expect(200)), service="102")
    watcher.finish(watching, 30)


def test_what_is_not_served_says_so(server, make_sipp):
    phone = make_sipp(server, "101")
    phone.run(xml(subscribe("conference", "*/*"), expect(489)), service="102")
    phone.run(xml(subscribe("dialog", "*/*", expires=5), expect(423)), service="102")
    phone.run(xml(subscribe("dialog", "*/*"), expect(404)), service="999")
    phone.run(xml(subscribe("message-summary", "*/*"), expect(403)), service="102")
    phone.run(xml(challenged("PUBLISH", extra="Event: presence\nSIP-If-Match: gone"), expect(412)), service="101")


def test_watchers_are_told_that_the_server_stops(make_server, make_sipp):
    server = make_server()
    phone = make_sipp(server, "101")
    watching = phone.start(xml(subscribe("dialog", "*/*"), expect(200), notified("state=.full"), notified("terminated;reason=deactivated")), service="102", seconds=30)
    wait_for("it watches", lambda: subscriptions(server, "dialog") == 1)
    assert server.stop() == 0
    phone.finish(watching)


# Not its module mwi: in baresip 1.0 it subscribes for ever when the registration is answered within a millisecond.
def test_a_real_telephone_watches_presence(server, make_phone, make_sipp):
    """baresip with its module `presence`."""
    domain = server.api.phone("102")["sip_domain"]
    phone = make_phone(server, "101", modules=("contact", "presence"), contacts=(f'"Bob" <sip:102@{domain}>;presence=p2p',))
    wait_for("it watches Bob, who is not there", lambda: "Offline" in phone.command("contacts"))
    bob = make_sipp(server, "102")
    bob.register()
    wait_for("it sees that Bob is there", lambda: "Online" in phone.command("contacts"))
    bob.register(expires=0)
    wait_for("it sees that Bob is gone", lambda: "Offline" in phone.command("contacts"), 20)
