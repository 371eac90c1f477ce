#!/usr/bin/env python3
"""Writes the flows of this folder: flows.json, and uac.xml and uas.xml of each flow, out of the steps below.

make.py [--check]     --check: exit status 1 when what is written differs from what would be
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FLOWS = []


# ---- descriptions ----

def sdp(direction="sendrecv", version=1, formats="0 101", address="[media_ip]", video=False, audio=True, profile="RTP/AVP", keys=()):
    lines = ["v=0", f"o=- 7 {version} IN IP4 [local_ip]", "s=-", f"c=IN IP4 {address}", "t=0 0"]
    if video:
        lines += ["m=video [media_port+2] RTP/AVP 99", "a=rtpmap:99 H264/90000"]
    if audio:
        lines += [f"m=audio [media_port] {profile} {formats}", *(["a=rtpmap:101 telephone-event/8000"] if "101" in formats else []),
                  *(f"a=crypto:{key}" for key in keys), f"a={direction}"]
    return "\n".join(lines)


OFFER = sdp()


# ---- steps ----

def send(lines, body="", kind="application/sdp", retransmit=False):
    text = "\n".join([*lines, *([f"Content-Type: {kind}"] if body and kind else []), "Content-Length: [len]", "", body])
    return f'<send{" retrans=" + chr(34) + "500" + chr(34) if retransmit else ""}><![CDATA[\n\n{text}\n\n]]></send>'


def recv(what, *checks, optional=False, auth=False, rrs=True):
    """`checks`: (header, regular expression[, variable]); no variable: it is only looked at."""
    kind = "response" if what.isdigit() else "request"
    inner = "".join(f'<ereg regexp="{escape(one[1])}" search_in="{"body" if one[0] == "body" else "hdr"}"'
                    f'{"" if one[0] == "body" else f" header={chr(34)}{one[0]}:{chr(34)}"} check_it="true" assign_to="{one[2] if len(one) > 2 else "seen"}"/>' for one in checks)
    flags = ' optional="true"' * optional + ' auth="true"' * auth + ' rrs="true"' * rrs
    return f'<recv {kind}="{what}"{flags}>' + (f"<action>{inner}</action>" if inner else "") + "</recv>"


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def pause(milliseconds):
    return f'<pause milliseconds="{milliseconds}"/>'


def scenario(name, steps):
    text = "\n".join(steps)
    variables = sorted({part.split('"')[0] for part in text.split('assign_to="')[1:]})
    reference = f'\n<Reference variables="{",".join(variables)}"/>' if variables else ""
    return f'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!-- Made by make.py. -->\n<scenario name="{name}">\n{text}{reference}\n</scenario>\n'


# ---- the caller ----

VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]"
PROVISIONALS = [recv("100", optional=True, rrs=False), recv("180", optional=True, rrs=False)]


class Dialog:
    """What the caller says in one dialog; SIPp takes what stands behind /// of a Call-ID for its own."""

    def __init__(self, name="", tag="c"):
        self.call_id = f"{name}///[call_id]" if name else "[call_id]"
        self.tag = tag
        self.cseq = 0

    def head(self, method, uri, cseq, to, via=VIA):
        return [f"{method} {uri} SIP/2.0", via, f"From: <sip:[user]@[domain]>;tag=[pid]{self.tag}[call_number]", f"To: {to}", f"Call-ID: {self.call_id}",
                f"CSeq: {cseq} {method}", "Max-Forwards: 70"]

    def request(self, method, *headers, body="", kind="application/sdp", uri="sip:[service]@[domain]", to="<sip:[service]@[domain]>", instead=()):
        """Outside of a dialog. `instead`: (name, line) of lines to replace; a line of "" takes it away."""
        self.cseq += 1
        lines = self.head(method, uri, self.cseq, to) + ["Contact: <sip:[user]@[local_ip]:[local_port];transport=[transport]>"]
        for name, line in instead:
            lines = [line if one.startswith(name + ":") else one for one in lines]
        return send([*filter(None, lines), *headers], body, kind, retransmit=True)

    def inside(self, method, *headers, body="", kind="application/sdp", uri="[next_url]", to="<sip:[service]@[domain]>[peer_tag_param]"):
        if method != "ACK":
            self.cseq += 1
        lines = self.head(method, uri, self.cseq, to)
        lines[2:2] = ["[routes]"]
        return send([*lines, "Contact: <sip:[user]@[local_ip]:[local_port];transport=[transport]>", *headers], body, kind, retransmit=method != "ACK")

    def invite(self, *headers, body=OFFER, **more):
        return self.request("INVITE", *headers, body=body, **more)

    def ack_refusal(self):
        return send(self.head("ACK", "sip:[service]@[domain]", self.cseq, "", "[last_Via:]")[:3] +
                    ["[last_To:]", f"Call-ID: {self.call_id}", f"CSeq: {self.cseq} ACK", "Max-Forwards: 70"])

    def cancel(self, *headers):
        """After a response to the INVITE: its Via is taken from that."""
        return send([*self.head("CANCEL", "sip:[service]@[domain]", self.cseq, "<sip:[service]@[domain]>", "[last_Via:]"), *headers], retransmit=True)

    def refused(self, status, *checks, headers=(), **more):
        """An INVITE that is refused."""
        return [self.invite(*headers, **more), recv("100", optional=True, rrs=False), recv("180", optional=True, rrs=False), recv(str(status), *checks), self.ack_refusal()]

    def connect(self, *headers, checks=(), **more):
        return [self.invite(*headers, **more), *PROVISIONALS, recv("200", *checks), self.inside("ACK")]

    def bye(self, *headers):
        return [self.inside("BYE", *headers), recv("200")]


# ---- the callee ----

def reply(status, *headers, body="", tag="s", to="", kind="application/sdp"):
    """To the request that came last. `to`: the tag is there already."""
    lines = [f"SIP/2.0 {status}", "[last_Via:]", "[last_From:]", f"[last_To:]{f';tag=[pid]{tag}[call_number]' if tag else to}", "[last_Call-ID:]", "[last_CSeq:]",
             "[last_Record-Route:]", "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>", *headers]
    return send(lines, body, kind, retransmit=bool(body) and status.startswith("200"))


def inside(status, *headers, body=""):
    """To a request within the dialog."""
    return reply(status, *headers, body=body, tag="")


SAVE = (("Via", ".*", "via"), ("From", "<sip[^>]*>.*", "from"), ("To", "<sip[^>]*>", "to"), ("CSeq", "[0-9]+", "cseq"), ("Contact", "sips?:[^>]*", "target"))
INVITED = recv("INVITE", *SAVE)
RINGS = reply("180 Ringing")
TAKES = reply("200 OK", body=OFFER)
ENDED = [recv("BYE"), inside("200 OK")]


def later(status, *headers, body="", tag="s"):
    """To the INVITE of SAVE, whatever came since."""
    return send([f"SIP/2.0 {status}", "Via: [$via]", "From: [$from]", f"To: [$to];tag=[pid]{tag}[call_number]", "Call-ID: [call_id]", "CSeq: [$cseq] INVITE",
                 "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>", *headers], body, retransmit=bool(body))


def callee_says(method, cseq, *headers, body="", kind="application/sdp", same_via=False):
    return send([f"{method} [$target] SIP/2.0", "[last_Via:]" if same_via else VIA, "From: [$to];tag=[pid]s[call_number]", "To: [$from]", "Call-ID: [call_id]",
                 f"CSeq: {cseq} {method}", "Max-Forwards: 70", "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>", *headers], body, kind,
                retransmit=method != "ACK")


def flow(name, desc, expected, uac, uas=None, transport="u1"):
    FLOWS.append(({"name": name, "desc": desc, "expect": expected, "transport": transport, "via_dut": "uac calls the platform, the platform calls the uas" if uas else "uac only",
                   "dut_uas": "own" if uas else "none", "args": {}, "rtp": False}, uac, uas))


# ---- what is refused before anybody rings ----

d = Dialog()
REGISTER = dict(uri="sip:[domain]", to="<sip:[user]@[domain]>")
flow("register-too-brief-423", "RFC 3261 §10.3: a registration for five seconds", "423 with Min-Expires",
     [d.request("REGISTER", "Expires: 5", **REGISTER), recv("401", auth=True), d.request("REGISTER", "Expires: 5", "[authentication]", **REGISTER),
      recv("423", ("Min-Expires", "[0-9]+"))])

d = Dialog()
flow("no-hops-483", "RFC 3261 §16.3: Max-Forwards 0, of a call and of OPTIONS", "483 each",
     [*d.refused(483, instead=[("Max-Forwards", "Max-Forwards: 0")]), d.request("OPTIONS", instead=[("Max-Forwards", "Max-Forwards: 0")]), recv("483")])

d = Dialog()
flow("extension-420", "RFC 3261 §8.2.2.3: Require names what nobody knows", "420, Unsupported names it and nothing else",
     d.refused(420, ("Unsupported", "^ *nosuch *$"), headers=["Require: 100rel, nosuch"]))

d = Dialog()
flow("method-501", "RFC 3261 §8.2.1: a method that nobody knows", "501", [d.request("DANCE"), recv("501")])

d = Dialog()
flow("body-415", "RFC 3261 §8.2.3: a body of a type, or of an encoding, that is not served", "415 with Accept, with Accept-Encoding",
     [*d.refused(415, ("Accept", "application/sdp"), body="dance with me", kind="text/tango"), *d.refused(415, headers=["Content-Encoding: rot13"])])

d = Dialog()
flow("scheme-416", "RFC 3261 §8.2.2.1: a Request-URI that is no telephone's", "416", d.refused(416, uri="mailto:[service]@[domain]"))

d = Dialog()
flow("accept-406", "RFC 3261 §8.2.3: a caller that takes no session description", "406", d.refused(406, headers=["Accept: text/plain"]))

d = Dialog()
flow("media-488", "RFC 3264 §6: nothing in the offer that could be answered; a broken offer", "488 each, nobody rings",
     [*d.refused(488, ("Warning", "30[0-9] "), body=sdp(formats="77")), *d.refused(488, body=sdp(audio=False, video=True)), *d.refused(488, body="v=0\nthis is none")])

KEY = "AES_CM_128_HMAC_SHA1_{} inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
BAD_KEYS = ("1 F8_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR", f"2 {KEY.format(80)}|2^20|1:4", f"3 {KEY.format(80)} UNENCRYPTED_SRTP",
            "4 AES_CM_128_HMAC_SHA1_80 inline:c2hvcnQ=", f"5 {KEY.format(80)};inline:AAAA|2^20|2:4", f"x {KEY.format(80)}")

d = Dialog()
flow("crypto-488", "RFC 4568 §5.1.2: RTP/SAVP, and no key in it that can be used", "488 each, nobody rings",
     [step for key in (*((one,) for one in BAD_KEYS), BAD_KEYS, ()) for step in d.refused(488, body=sdp(profile="RTP/SAVP", keys=key))])

d = Dialog()
TAGGED = dict(to="<sip:[service]@[domain]>;tag=nosuch")
flow("no-dialog-481", "RFC 3261 §12.2.2, §9.2: requests of a dialog that nobody has, a CANCEL of nothing", "481 each",
     [step for method, more in (("BYE", ()), ("INFO", ()), ("UPDATE", ()), ("PRACK", ("RAck: 1 1 INVITE",)), ("CANCEL", ()))
      for step in (d.request(method, *more, **({} if method == "CANCEL" else TAGGED)), recv("481"))])

d = Dialog()
flow("refer-outside-403", "RFC 3515 §2.4: REFER outside of a dialog", "403", [d.request("REFER", "Refer-To: <sip:[service]@[domain]>"), recv("403")])

d = Dialog()
flow("replaces-refused", "RFC 3891 §3, RFC 3911: dialogs that are not there, a broken header, two of them, Join", "481, 400, 400, 481",
     [*d.refused(481, headers=["Replaces: nosuch;to-tag=a;from-tag=b"]), *d.refused(400, headers=["Replaces: nosuch"]),
      *d.refused(400, headers=["Replaces: a;to-tag=a;from-tag=b", "Replaces: c;to-tag=a;from-tag=b"]), *d.refused(481, headers=["Join: nosuch;to-tag=a;from-tag=b"])])

d = Dialog()
flow("session-too-brief-422", "RFC 4028 §9: a session of half a minute", "422 with Min-SE",
     d.refused(422, ("Min-SE", "[0-9]+"), headers=["Supported: timer", "Session-Expires: 30"]))

d = Dialog()
flow("options-tells", "RFC 3261 §11.2: what OPTIONS is told", "200 with Allow, Accept and Supported, the same for a number that nobody has",
     [step for uri in ("sip:[service]@[domain]", "sip:nobody@[domain]", "sip:[domain]")
      for step in (d.request("OPTIONS", "Accept: application/sdp", uri=uri), recv("200", ("Allow", "INVITE.*UPDATE"), ("Accept", "application/sdp"), ("Supported", "100rel.*timer.*replaces")))])

d = Dialog()
flow("call-parts-400", "RFC 3261 §8.1.1: a Contact of INVITE that is none, a CSeq of another method, a Date that is none", "400 each",
     [*d.refused(400, instead=[("Contact", "Contact: <sip:>")]), d.request("OPTIONS", instead=[("CSeq", "CSeq: 9 INVITE")]), recv("400"),
      d.request("OPTIONS", "Date: soon"), recv("400")])

# ---- before the answer ----

d = Dialog()
flow("prack-both", "RFC 3262: a reliable 183 with the answer, on both legs", "PRACK each; the 200 has no second answer",
     [d.invite("Supported: 100rel"), recv("100", optional=True, rrs=False), recv("183", ("RSeq", "[0-9]+", "rseq"), ("Require", "100rel"), ("body", "m=audio")),
      d.inside("PRACK", "RAck: [$rseq] 1 INVITE"), recv("200"), recv("200", ("CSeq", "1 INVITE")), send(d.head("ACK", "[next_url]", 1, "<sip:[service]@[domain]>[peer_tag_param]")),
      pause(200), *d.bye()],
     [INVITED, reply("183 Session Progress", "Require: 100rel", "RSeq: 9", body=OFFER), recv("PRACK", ("RAck", "9 1 INVITE")), inside("200 OK"), pause(300),
      later("200 OK"), recv("ACK"), *ENDED])

d = Dialog()
flow("prack-of-the-caller-alone", "RFC 3262: the caller demands 100rel, the callee does not know it", "the platform's own reliable 180; CANCEL ends it",
     [d.invite("Require: 100rel"), recv("100", optional=True, rrs=False), recv("180", ("RSeq", "[0-9]+", "rseq"), ("Require", "100rel")), d.inside("PRACK", "RAck: [$rseq] 1 INVITE"),
      recv("200"), send([*d.head("CANCEL", "sip:[service]@[domain]", 1, "<sip:[service]@[domain]>", VIA.replace("[branch]", "[branch-5]"))], retransmit=True),
      recv("200"), recv("487"), send([*d.head("ACK", "sip:[service]@[domain]", 1, "<sip:[service]@[domain]>[peer_tag_param]", "[last_Via:]")])],
     [INVITED, RINGS, recv("CANCEL"), inside("200 OK"), later("487 Request Terminated"), recv("ACK")])

d = Dialog()
flow("early-forks", "RFC 3261 §13.2.2.4: a proxy behind the contact forks", "the first description is heard; the one who answers has the call",
     [d.invite(), recv("100", optional=True, rrs=False), recv("183", ("body", "m=audio")), recv("180", optional=True, rrs=False), recv("200"), d.inside("ACK"), pause(200), *d.bye()],
     [INVITED, reply("183 Session Progress", body=OFFER, tag="a"), reply("180 Ringing", tag="b"), pause(300), reply("200 OK", body=OFFER, tag="b"),
      recv("ACK", ("To", "tag=[0-9]+b")), recv("BYE", ("To", "tag=[0-9]+b")), inside("200 OK")])

d = Dialog()
flow("several-2xx", "RFC 3261 §13.2.2.4: two parties of a fork answer", "ACK to both, BYE to the second",
     [*d.connect(), pause(800), *d.bye()],
     [INVITED, reply("200 OK", body=OFFER, tag="a"), recv("ACK", ("To", "tag=[0-9]+a")), later("200 OK", body=OFFER, tag="b"),
      recv("ACK", ("To", "tag=[0-9]+b")), recv("BYE", ("To", "tag=[0-9]+b")), inside("200 OK"), recv("BYE", ("To", "tag=[0-9]+a")), inside("200 OK")])

d = Dialog()
flow("redirect-to-nobody", "RFC 3261 §8.1.3.4: 302 to a number of the house that nobody has", "passed on with its Contact",
     d.refused(302, ("Contact", "sip:1999@")), [INVITED, reply("302 Moved", "Contact: <sip:1999@sip.test>").replace(
         "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>\n", ""), recv("ACK")])

d = Dialog()
flow("redirect-elsewhere", "a telephone may not send callers anywhere it likes", "480, and no place of the other's choice",
     d.refused(480), [INVITED, reply("302 Moved", "Contact: <sip:+1900@premium.example>").replace(
         "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>\n", ""), recv("ACK")])

d = Dialog()
flow("cancel-crosses-200", "RFC 3261 §9.1, §15: the callee's 200 crosses the CANCEL", "487 for the caller, ACK and BYE for the callee",
     [d.invite(), recv("100", optional=True, rrs=False), recv("180"), d.cancel(), recv("200"), recv("487"), d.ack_refusal()],
     [INVITED, RINGS, recv("CANCEL"), inside("200 OK"), later("200 OK", body=OFFER), recv("ACK"), *ENDED])

d = Dialog()
flow("cancel-says-why", "RFC 3326: the Reason of a CANCEL", "the callee is told it",
     [d.invite(), recv("100", optional=True, rrs=False), recv("180"), d.cancel('Reason: SIP;cause=600;text="Busy Everywhere"'), recv("200"), recv("487"), d.ack_refusal()],
     [INVITED, RINGS, recv("CANCEL", ("Reason", "cause=600")), inside("200 OK"), later("487 Request Terminated"), recv("ACK")])

d = Dialog()
flow("declined-603", "RFC 3261 §21.6.2, RFC 3326: the callee declines and says why", "603 with the Reason",
     d.refused(603, ("Reason", "Q.850;cause=21")), [INVITED, RINGS, reply("603 Decline", "Reason: Q.850;cause=21"), recv("ACK")])

d = Dialog()
first = d.invite()
d.cseq = 0
flow("merged-482", "RFC 3261 §8.2.2.2: the same request by two ways", "482 for the second, the first goes on",
     [first, recv("100", optional=True, rrs=False), recv("180"), d.invite(), recv("482"), d.ack_refusal(), recv("486"), d.ack_refusal()],
     [INVITED, RINGS, pause(700), later("486 Busy Here"), recv("ACK")])

d = Dialog()
flow("privacy-id", "RFC 3323, RFC 3325: the caller wants to be nobody", "From and Contact name nobody",
     [*d.connect("Privacy: id"), *d.bye()],
     [recv("INVITE", ("From", "anonymous@anonymous.invalid"), ("Contact", "sip:anonymous@")), TAKES, recv("ACK"), *ENDED])

# ---- the offer ----

d = Dialog()
flow("late-offer", "RFC 3261 §13.2.1: no description in the INVITE, nor in a later one", "the platform's offer in the 200, the answer in the ACK",
     [d.invite(body="", instead=[]), *PROVISIONALS, recv("200", ("body", "m=audio")), d.inside("ACK", body=OFFER), pause(300),
      d.inside("INVITE"), recv("100", optional=True, rrs=False), recv("200", ("body", "m=audio")), d.inside("ACK", body=sdp(version=2)), pause(200), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
PARTS = f"--gap\nContent-Type: text/x-note\nContent-Disposition: render;handling=optional\n\nnobody knows this\n--gap\nContent-Type: application/sdp\n\n{OFFER}\n--gap--"
flow("multipart-offer", "RFC 5621: the offer is one part of several, another may be ignored", "the call is as any other",
     [*d.connect("MIME-Version: 1.0", body=PARTS, kind="multipart/mixed;boundary=gap"), *d.bye()], [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
d.cseq = 1
flow("compact-forms", "RFC 3261 §7.3.3: every header that has a short name by it", "the call is as any other",
     [send(["INVITE sip:[service]@[domain] SIP/2.0", VIA.replace("Via", "v"), "f: <sip:[user]@[domain]>;tag=[pid]c[call_number]", "t: <sip:[service]@[domain]>", "i: [call_id]",
            "CSeq: 1 INVITE", "Max-Forwards: 70", "m: <sip:[user]@[local_ip]:[local_port];transport=[transport]>", "k: timer", "s: short", "c: application/sdp"],
           OFFER, "", retransmit=True).replace("Content-Length", "l"), *PROVISIONALS, recv("200"), d.inside("ACK"), pause(200), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
flow("video-first", "RFC 3264 §6: the first of two media is none that we have", "both are answered in their places, the first with port 0",
     [*d.connect(body=sdp(video=True), checks=[("body", "m=video 0 .*m=audio [1-9]")]), *d.bye()], [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
SECURE = sdp(profile="RTP/SAVP", keys=(*BAD_KEYS, f"7 {KEY.format(32)}|2^31", f"8 {KEY.format(80)}"))
AGAIN = sdp("sendonly", 2, profile="RTP/SAVP", keys=(f"9 {KEY.format(32)}",))
flow("crypto-chosen", "RFC 4568 §5.1: keys over TLS; the callee answers without", "the first that can be used, its tag, a key of the platform's; the same within the call",
     [*d.connect(body=SECURE, checks=[("body", "m=audio [1-9][0-9]* RTP/SAVP .*a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:[A-Za-z0-9+/]{40}")]), pause(300),
      d.inside("INVITE", body=AGAIN), recv("100", optional=True, rrs=False), recv("200", ("body", "RTP/SAVP .*a=crypto:9 AES_CM_128_HMAC_SHA1_32.*a=recvonly")), d.inside("ACK"), *d.bye()],
     [recv("INVITE", *SAVE, ("body", "RTP/AVP .*a=crypto:1 AEAD_AES_256_GCM inline:.*a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:")), TAKES, recv("ACK"),
      recv("INVITE", ("body", "RTP/AVP .*a=sendonly")), inside("200 OK", body=sdp("recvonly", 2)), recv("ACK"), *ENDED], transport="l1")

# ---- within the call ----

d = Dialog()
flow("update-hold", "RFC 3311: hold by UPDATE, both know it", "UPDATE on both legs",
     [*d.connect(), pause(300), d.inside("UPDATE", body=sdp("sendonly", 2)), recv("200", ("body", "a=recvonly")), *d.bye()],
     [INVITED, reply("200 OK", "Allow: INVITE, ACK, BYE, UPDATE", body=OFFER), recv("ACK"), recv("UPDATE", ("body", "a=sendonly")), inside("200 OK", body=sdp("recvonly", 2)), *ENDED])

d = Dialog()
flow("update-becomes-reinvite", "RFC 3311: the callee does not know UPDATE", "a re-INVITE for the callee, 200 to the caller's UPDATE",
     [*d.connect(), pause(300), d.inside("UPDATE", body=sdp("sendonly", 2)), recv("200", ("body", "a=recvonly")), *d.bye()],
     [INVITED, reply("200 OK", "Allow: INVITE, ACK, BYE", body=OFFER), recv("ACK"), recv("INVITE", ("body", "a=sendonly")), inside("200 OK", body=sdp("recvonly", 2)), recv("ACK"), *ENDED])

d = Dialog()
flow("hold-as-it-was-once", "RFC 3264 §8.4: hold by the address 0.0.0.0, resume", "sendonly for the callee, then sendrecv",
     [*d.connect(), pause(300), d.inside("INVITE", body=sdp(version=2, address="0.0.0.0")), recv("100", optional=True, rrs=False), recv("200", ("body", "a=recvonly|a=inactive")),
      d.inside("ACK"), pause(200), d.inside("INVITE", body=sdp(version=3)), recv("100", optional=True, rrs=False), recv("200", ("body", "a=sendrecv")), d.inside("ACK"), pause(200), *d.bye()],
     [INVITED, TAKES, recv("ACK"), recv("INVITE", ("body", "a=sendonly|a=inactive")), inside("200 OK", body=sdp("recvonly", 2)), recv("ACK"),
      recv("INVITE", ("body", "a=sendrecv")), inside("200 OK", body=sdp(version=3)), recv("ACK"), *ENDED])

d = Dialog()
flow("reinvite-refused", "RFC 3261 §14.1: the callee refuses a re-INVITE", "488 for the caller, the call goes on",
     [*d.connect(), pause(300), d.inside("INVITE", body=sdp("sendonly", 2)), recv("100", optional=True, rrs=False), recv("488"), d.ack_refusal(), pause(200), *d.bye()],
     [INVITED, TAKES, recv("ACK"), recv("INVITE"), inside("488 Not Acceptable Here"), recv("ACK"), *ENDED])

d = Dialog()
flow("glare-491", "RFC 3261 §14.1: the callee offers while it is offered something", "491 for the callee; it answers, the call goes on",
     [*d.connect(), pause(300), d.inside("INVITE", body=sdp("sendonly", 2)), recv("100", optional=True, rrs=False), recv("200", ("body", "a=recvonly")), d.inside("ACK"), pause(300), *d.bye()],
     [INVITED, TAKES, recv("ACK"), recv("INVITE", ("Via", ".*", "via"), ("CSeq", "[0-9]+", "cseq")), callee_says("INVITE", 7, body=sdp("inactive", 2)), recv("491"),
      callee_says("ACK", 7, same_via=True), later("200 OK", body=sdp("recvonly", 2)), recv("ACK"), *ENDED])

d = Dialog()
flow("session-timer", "RFC 4028: the caller refreshes; the callee wants longer sessions than it was asked for", "422 is heeded, the caller keeps its interval and refreshes by UPDATE",
     [*d.connect("Supported: timer", "Session-Expires: 120;refresher=uac", checks=[("Session-Expires", "120;refresher=uac"), ("Require", "timer")]), pause(200),
      d.inside("UPDATE", "Supported: timer", "Session-Expires: 120;refresher=uac"), recv("200", ("Session-Expires", "120")), *d.bye()],
     [INVITED, reply("422 Too Small", "Min-SE: 3600"), recv("ACK"), recv("INVITE", ("Session-Expires", "3600"), ("Min-SE", "3600")),
      reply("200 OK", "Session-Expires: 3600;refresher=uac", "Require: timer", body=OFFER), recv("ACK"), *ENDED])

d = Dialog()
flow("bye-says-why", "RFC 3326: the Reason of a BYE", "the callee is told it",
     [*d.connect(), pause(200), *d.bye('Reason: Q.850;cause=16;text="done"')], [INVITED, TAKES, recv("ACK"), recv("BYE", ("Reason", "Q.850;cause=16")), inside("200 OK")])

d = Dialog()
flow("info-digits", "RFC 6086: a digit by INFO of the caller, and one of the callee", "each reaches the other",
     [*d.connect(), pause(300), d.inside("INFO", body="Signal=5\nDuration=160", kind="application/dtmf-relay"), recv("200"), recv("INFO", ("body", "Signal=9")), inside("200 OK"), *d.bye()],
     [INVITED, TAKES, recv("ACK"), recv("INFO", ("body", "Signal=5")), inside("200 OK"), callee_says("INFO", 7, body="Signal=9\nDuration=160", kind="application/dtmf-relay"), recv("200"), *ENDED])

d = Dialog()
flow("refer-fails", "RFC 3515: the caller gives the callee to a number that nobody has, and to one outside", "202 and what became of it; 403; the call goes on",
     [*d.connect(), pause(300), d.inside("REFER", "Refer-To: <sip:1999@[domain]>"), recv("202"), recv("NOTIFY", ("Event", "refer"), ("body", "SIP/2.0 100")), inside("200 OK"),
      recv("NOTIFY", ("body", "SIP/2.0 404"), ("Subscription-State", "terminated")), inside("200 OK"), d.inside("REFER", "Refer-To: <sip:+1900@premium.example>"),
      recv("403"), pause(200), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

one, two = Dialog(), Dialog("second", "d")
two_invite = two.invite("Replaces: [call_id];to-tag=[$there];from-tag=[pid]c[call_number]")
flow("replaces", "RFC 3891: the caller takes its own call over from another line", "BYE on the first dialog, the second goes on with the callee",
     [one.invite(), *PROVISIONALS, recv("200", ("To", "tag=[^;]*", "tagged")),
      '<nop><action><ereg regexp="[^=]*$" search_in="var" variable="tagged" check_it="true" assign_to="there"/></action></nop>',
      one.inside("ACK"), pause(300), two_invite, recv("100", optional=True, rrs=False), recv("BYE", *((name, ".*", name.lower()) for name in ("Via", "From", "To", "CSeq")), rrs=False), recv("200"), two.inside("ACK"),
      send(["SIP/2.0 200 OK", "Via: [$via]", "From: [$from]", "To: [$to]", "Call-ID: [call_id]", "CSeq: [$cseq]"]), pause(300), *two.bye()],
     [INVITED, TAKES, recv("ACK"), recv("INVITE"), inside("200 OK", body=sdp(version=2)), recv("ACK"), *ENDED])


# ---- events ----

def notified(*checks):
    return [recv("NOTIFY", *checks), inside("200 OK")]


OWN = dict(uri="sip:[user]@[domain]", to="<sip:[user]@[domain]>")
PIDF = """<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:[user]@[domain]"><tuple id="t1"><status><basic>open</basic></status></tuple></presence>"""

d = Dialog()
flow("subscribe-dialog", "RFC 6665 §4, RFC 4235: a lamp is watched, refreshed, given up", "200 and a NOTIFY that shows everything each time; the last one says terminated",
     [d.request("SUBSCRIBE", "Event: dialog", "Accept: application/dialog-info+xml", "Expires: 600"), recv("200", ("Expires", "600"), ("Contact", "sip:")),
      *notified(("Event", "dialog"), ("Subscription-State", "active;expires=[0-9]+"), ("Content-Type", "application/dialog-info.xml"), ("body", 'version="0" state="full"')),
      d.inside("SUBSCRIBE", "Event: dialog", "Expires: 300"), recv("200", ("Expires", "300")), *notified(("Subscription-State", "active"), ("body", 'version="1" state="full"')),
      d.inside("SUBSCRIBE", "Event: dialog", "Expires: 0"), recv("200", ("Expires", "0")), *notified(("Subscription-State", "terminated;reason=timeout")),
      d.inside("SUBSCRIBE", "Event: dialog", "Expires: 300"), recv("481")])

d = Dialog()
flow("subscribe-fetch", "RFC 6665 §4.4.3: one look at presence", "one NOTIFY with the state, terminated",
     [d.request("SUBSCRIBE", "Event: presence", "Accept: application/pidf+xml", "Expires: 0"), recv("200", ("Expires", "0")),
      *notified(("Event", "presence"), ("Subscription-State", "terminated;reason=timeout"), ("body", "<basic>(open|closed)</basic>"))])

d = Dialog()
flow("subscribe-messages", "RFC 3842: the lamp for messages", "a summary of one's own mailbox",
     [d.request("SUBSCRIBE", "Event: message-summary", "Accept: application/simple-message-summary", "Expires: 600", **OWN), recv("200"),
      *notified(("Event", "message-summary"), ("Subscription-State", "active"), ("body", "Messages-Waiting: (yes|no)"))])

d = Dialog()
flow("subscribe-refused", "RFC 6665 §4.2.1: an event that nobody knows, a lifetime too brief, a form that is not served, a number that nobody has",
     "489 with Allow-Events, 423 with Min-Expires, 406, 404",
     [d.request("SUBSCRIBE", "Event: weather"), recv("489", ("Allow-Events", "dialog.*presence")), d.request("SUBSCRIBE"), recv("489"),
      d.request("SUBSCRIBE", "Event: dialog", "Expires: 1"), recv("423", ("Min-Expires", "[0-9]+")),
      d.request("SUBSCRIBE", "Event: dialog", "Accept: application/pidf+xml"), recv("406"),
      d.request("SUBSCRIBE", "Event: dialog", uri="sip:nobody@[domain]"), recv("404"),
      d.request("NOTIFY", "Event: dialog", "Subscription-State: active"), recv("481")])

d = Dialog()
flow("publish", "RFC 3903: presence published, refreshed, changed, removed; a tag that is not there, no body, another event",
     "200 with a new SIP-ETag each; 412, 400, 489, 415",
     [d.request("PUBLISH", "Event: presence", "Expires: 600", body=PIDF, kind="application/pidf+xml", **OWN), recv("200", ("Expires", "600"), ("SIP-ETag", "[A-Za-z0-9_-]+", "etag")),
      d.request("PUBLISH", "Event: presence", "SIP-If-Match: [$etag]", "Expires: 600", **OWN), recv("200", ("SIP-ETag", "[A-Za-z0-9_-]+", "second")),
      d.request("PUBLISH", "Event: presence", "SIP-If-Match: [$second]", body=PIDF, kind="application/pidf+xml", **OWN), recv("200", ("SIP-ETag", "[A-Za-z0-9_-]+", "third")),
      d.request("PUBLISH", "Event: presence", "SIP-If-Match: [$second]", "Expires: 600", **OWN), recv("412"),
      d.request("PUBLISH", "Event: presence", "SIP-If-Match: [$third]", "Expires: 0", **OWN), recv("200", ("Expires", "0")),
      d.request("PUBLISH", "Event: presence", **OWN), recv("400"),
      d.request("PUBLISH", "Event: weather", body=PIDF, kind="application/pidf+xml", **OWN), recv("489", ("Allow-Events", "presence")),
      d.request("PUBLISH", "Event: presence", body=OFFER, **OWN), recv("415", ("Accept", "application/pidf.xml"))])


# ---- what has no place above ----

d = Dialog()
flow("invitation-expires-487", "RFC 3261 §13.3.1: the caller waits for two seconds", "487; CANCEL for who rings",
     d.refused(487, headers=["Expires: 2"]), [INVITED, RINGS, recv("CANCEL"), inside("200 OK"), later("487 Request Terminated"), recv("ACK")])

d = Dialog()
flow("info-package-469", "RFC 6086 §4.2.2: INFO of a package that was not offered; one without any", "469 with Recv-Info; 200; the call goes on",
     [*d.connect(), pause(300), d.inside("INFO", "Info-Package: nosuch", body="x", kind="application/nosuch"), recv("469", ("Recv-Info", ".*")),
      d.inside("INFO"), recv("200"), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
flow("offer-481-ends-both", "RFC 3261 §12.2.1.2: the callee knows nothing of its dialog any more", "BYE for both",
     [*d.connect(), pause(300), d.inside("INVITE", body=sdp("sendonly", 2)), recv("100", optional=True, rrs=False), recv("500"), recv("BYE"), inside("200 OK"),
      send(d.head("ACK", "[next_url]", 2, "<sip:[service]@[domain]>[peer_tag_param]", VIA.replace("[branch]", "[branch-5]")))],
     [INVITED, TAKES, recv("ACK"), recv("INVITE"), inside("481 Call/Transaction Does Not Exist"), recv("ACK"), recv("BYE"), inside("481 Call/Transaction Does Not Exist")])

d = Dialog()
flow("history-info", "RFC 7044: a caller that understands it, and a telephone that sends the call on", "who rings learns its entry and contact, the caller whom it reached",
     [*d.connect("Supported: histinfo", checks=[("History-Info", "sip:1002@.*;index=1$"), ("Supported", "histinfo")]), *d.bye()],
     [recv("INVITE", ("History-Info", "sip:1002@[^>]*>;index=1, <sip:[^>]*>;index=1.1;rc=1"), ("Supported", "histinfo")), TAKES, recv("ACK"), *ENDED])

d = Dialog()
flow("answer-mode", "RFC 5373: the caller asks the callee's telephone to answer by itself", "both learn it",
     [*d.connect("Answer-Mode: Auto", checks=[("Answer-Mode", "Auto")]), *d.bye()],
     [recv("INVITE", ("Answer-Mode", "Auto")), reply("200 OK", "Answer-Mode: Auto", body=OFFER), recv("ACK"), *ENDED])

d = Dialog()
flow("identity-when-it-rings", "RFC 3325: who rings, and who answered", "P-Asserted-Identity in the 180 as in the 200",
     [d.invite(), recv("100", optional=True, rrs=False), recv("180", ("P-Asserted-Identity", "sip:1002@")), recv("200", ("P-Asserted-Identity", "sip:1002@")), d.inside("ACK"), *d.bye()],
     [INVITED, RINGS, pause(300), later("200 OK", body=OFFER), recv("ACK"), *ENDED])

d = Dialog()
flow("refer-subscription", "RFC 3515 §2.4.4, RFC 6665: subscriptions in the dialog of a call", "481, 403, 489; the reports of a REFER are over with the last one",
     [*d.connect(), pause(300), d.inside("SUBSCRIBE", "Event: refer", "Expires: 300"), recv("481"), d.inside("SUBSCRIBE", "Event: presence", "Expires: 300"), recv("403"),
      d.inside("SUBSCRIBE", "Event: weather"), recv("489", ("Allow-Events", "dialog")),
      d.inside("REFER", "Refer-To: <sip:1999@[domain]>"), recv("202"), *notified(("Event", "refer"), ("Subscription-State", "active;expires=[0-9]+")),
      *notified(("Subscription-State", "terminated;reason=noresource"), ("body", "SIP/2.0 404")), d.inside("SUBSCRIBE", "Event: refer", "Expires: 300"), recv("481"), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
flow("refer-without-reports", "RFC 4488: nobody wants to hear what becomes of it", "202 with Refer-Sub: false and no NOTIFY",
     [*d.connect(), pause(300), d.inside("REFER", "Refer-To: <sip:1999@[domain]>", "Refer-Sub: false", "Supported: norefersub"), recv("202", ("Refer-Sub", "false")), pause(700),
      d.inside("OPTIONS"), recv("200"), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
flow("refer-to-echo-test", "RFC 3515: the caller gives the callee to the echo test", "202, NOTIFYs up to 200; the callee is offered ours, and is alone in the call",
     [*d.connect(), pause(300), d.inside("REFER", "Refer-To: <sip:600@[domain]>"), recv("202"), *notified(("body", "SIP/2.0 100")),
      *notified(("Subscription-State", "terminated"), ("body", "SIP/2.0 200")), pause(300), *d.bye()],
     [INVITED, TAKES, recv("ACK"), recv("INVITE", ("body", "m=audio")), inside("200 OK", body=sdp(version=2)), recv("ACK"), pause(1500), callee_says("BYE", 7), recv("200")])

d = Dialog()
flow("refer-malformed", "RFC 3515 §2.4.2: no Refer-To, two of them, another method, another scheme", "400, 400, 403, 416; the call goes on",
     [*d.connect(), pause(300), d.inside("REFER"), recv("400"), d.inside("REFER", "Refer-To: <sip:1002@[domain]>", "Refer-To: <sip:1001@[domain]>"), recv("400"),
      d.inside("REFER", "Refer-To: <sip:1002@[domain];method=SUBSCRIBE>"), recv("403"), d.inside("REFER", "Refer-To: <mailto:a@b.example>"), recv("416"), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
flow("old-cseq-500", "RFC 3261 §12.2.2: a request within the dialog whose number is behind another one", "500; the call goes on",
     [*d.connect(), pause(300), d.inside("OPTIONS"), recv("200"),
      send([*d.head("INFO", "[next_url]", 1, "<sip:[service]@[domain]>[peer_tag_param]"), "Contact: <sip:[user]@[local_ip]:[local_port]>"], retransmit=True), recv("500"), *d.bye()],
     [INVITED, TAKES, recv("ACK"), *ENDED])

d = Dialog()
flow("replaces-elsewhere-400", "RFC 3891 §3, RFC 3911 §4: Replaces and Join in requests that are no INVITE", "400 each",
     [d.request("OPTIONS", "Replaces: a;to-tag=a;from-tag=b"), recv("400"), d.request("OPTIONS", "Join: a;to-tag=a;from-tag=b"), recv("400")])


def files():
    yield "flows.json", json.dumps([entry for entry, *_ in FLOWS], indent=1, ensure_ascii=False) + "\n"
    for entry, uac, uas in FLOWS:
        yield f"{entry['name']}/uac.xml", scenario(entry["name"] + " uac", uac)
        if uas:
            yield f"{entry['name']}/uas.xml", scenario(entry["name"] + " uas", uas)


def main():
    if "--check" in sys.argv:
        written = {str(p.relative_to(HERE)): p.read_text() for p in [HERE / "flows.json", *HERE.glob("*/*.xml")]}
        stale = [name for name in {**written, **dict(files())} if written.get(name) != dict(files()).get(name)]
        sys.exit(f"run make.py: {', '.join(sorted(stale))}" if stale else 0)
    for name, text in files():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
