"""Conferences with real audio: ten participants, a moderator's orders, Join (RFC 3911) and the way back."""
import time

import pytest

from harness.process import wait_for
from harness.tone_phone import Exchange, TonePhone

TONE = 0.05  # of each, so that ten fit


@pytest.fixture
def tone_phones(make_server, make_sipp):
    """A server, and a maker of phones with a tone each; their calls need no digest."""
    server = make_server(settings='trusted_addresses = ["127.0.0.1"]')
    made = []

    def make(number, frequency, registered=False):
        port = 0
        domain = server.api.phone("101")["sip_domain"]
        if registered:
            device = make_sipp(server, number)
            device.register()
            port = device.port
        phone = TonePhone(number, domain, server.sip, port, frequency, TONE)
        made.append(phone)
        return phone

    yield server, make
    for phone in made:
        phone.close()


def room(server, participants=50):
    server.api.in_organisation("POST", "/routes", {"name": "Weekly", "pattern": "8000",
                                                   "destination": {"kind": "conference", "room": "weekly", "participants": participants}})


def enter(phone, number="8000"):
    phone.call(number)
    phone.speak_to(phone.hear(200).body)
    phone.say("ACK")


def leave(phone):
    phone.say("BYE")
    phone.hear(200)
    phone.to = None


def participants(server):
    rooms = server.api.in_organisation("GET", "/conferences")["items"]
    return rooms[0]["participants"] if rooms else []


def test_ten_participants_hear_all_others_and_not_themselves(tone_phones):
    server, make = tone_phones
    room(server)
    numbers = ["101", "102", "103"]
    phones = [make(numbers[i % 3], 400 + 170 * i) for i in range(10)]
    with Exchange(phones):
        for phone in phones:
            enter(phone)
        wait_for("all ten are in the room", lambda: len(participants(server)) == 10)
        time.sleep(1.5)  # the last one's tones are over, all talk
        since = time.monotonic()
        time.sleep(2)
        until = time.monotonic()
        for listener in phones:
            for speaker in phones:
                level = listener.level_of(speaker.frequency, since, until)
                if speaker is listener:
                    assert level < TONE / 20, f"{listener.frequency} Hz hears itself: {level}"
                else:
                    assert 0.7 * TONE < level < 1.3 * TONE, f"{listener.frequency} Hz hears {speaker.frequency} Hz at {level}"
        for phone in phones[1:]:
            leave(phone)
        wait_for("one is left", lambda: len(participants(server)) == 1)
        leave(phones[0])
    wait_for("the room is gone", lambda: not participants(server))
    record = server.api.wait_for_ended_call()
    assert (record["callee"]["name"], record["callee"]["number"], record["disposition"]) == ("weekly", "8000", "answered")


def test_a_moderator_mutes_and_removes(tone_phones):
    server, make = tone_phones
    room(server, participants=2)
    one, other, third = make("101", 500), make("102", 800), make("103", 1100)
    with Exchange([one, other, third]):
        enter(one)
        time.sleep(1)
        enter(other)
        time.sleep(1)
        since = time.monotonic()
        time.sleep(0.7)
        assert one.level_of(800, since) > 0.7 * TONE
        third.call("8000")
        third.hear(486)
        ids = {p["number"]: p["id"] for p in participants(server)}
        assert server.command("conferences", "mute", "102")[0] == 0
        time.sleep(0.5)
        since = time.monotonic()
        time.sleep(0.7)
        assert one.level_of(800, since) < TONE / 20
        assert other.level_of(500, since) > 0.7 * TONE
        assert "muted" in server.command("conferences", "list")[1]
        server.api.in_organisation("PATCH", f"/conference-participants/{ids['102']}", {"muted": False, "gain_percent": 200})
        time.sleep(0.5)
        since = time.monotonic()
        time.sleep(0.7)
        assert one.level_of(800, since) > 1.6 * TONE
        assert server.command("conferences", "kick", "102")[0] == 0
        other.hear("BYE")
        other.answer(200)
        wait_for("it is out", lambda: [p["number"] for p in participants(server)] == ["101"])
        leave(one)


@pytest.mark.parametrize("attempt", range(3))  # the calls meet on one reactor or on two, as their Call-IDs fall
def test_a_third_party_joins_without_an_interruption(tone_phones, attempt):
    server, make = tone_phones
    alice, bob, carol = make("101", 500), make("102", 800, registered=True), make("103", 1100)
    with Exchange([alice, bob, carol]):
        alice.call("102")
        bob.speak_to(bob.hear("INVITE").body)
        bob.answer(200, "sendrecv")
        bob.hear("ACK")
        alice.speak_to(alice.hear(200).body)
        alice.say("ACK")
        time.sleep(1)
        begin = time.monotonic()
        time.sleep(1)
        assert alice.level_of(800, begin) > 0.7 * TONE and bob.level_of(500, begin) > 0.7 * TONE
        carol.call("102", [f"Join: {alice.call_id};to-tag={alice.remote_tag};from-tag={alice.local_tag}"])
        carol.speak_to(carol.hear(200).body)
        carol.say("ACK")
        time.sleep(1)
        together = time.monotonic()
        time.sleep(1.2)
        for listener, speakers in ((alice, (bob, carol)), (bob, (alice, carol)), (carol, (alice, bob))):
            for speaker in speakers:
                assert listener.level_of(speaker.frequency, together) > 0.7 * TONE
            assert listener.level_of(listener.frequency, together) < TONE / 20
        alice.nothing()
        bob.nothing()
        leave(carol)
        time.sleep(0.5)
        after = time.monotonic()
        time.sleep(1)
        assert alice.level_of(800, after) > 0.7 * TONE and bob.level_of(500, after) > 0.7 * TONE
        assert alice.level_of(1100, after) < TONE / 20
        for phone in (alice, bob):
            assert phone.longest_gap(begin) < 0.2, "the stream went on all the time"
            assert phone.missing(begin) == 0
        alice.to = bob.to = None
        alice.say("BYE")
        alice.hear(200)
        bob.hear("BYE")
        bob.answer(200)
    record = server.api.wait_for_ended_call()
    assert (record["disposition"], record["caller"]["number"], record["callee"]["number"]) == ("answered", "101", "102")
    assert len(server.api.call_detail(record["id"])["legs"]) == 3
