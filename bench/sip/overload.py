"""More calls than the server can take: what it refuses, how, and what it still completes. Part of ./dev bench sip.

The server shares its processor with busy loops, so that the generator on the other one can offer more than it can serve.
Goodput is calls completed a second. A refusal counts when it is a 503 with a Retry-After; anything else failed.
"""
import subprocess
import sys
import time

from figures import settle
from load import SCENARIOS
from servers import pinned

BURNERS = 3
LADDER = [100, 200, 300, 450, 700, 1000, 1500, 2200]
SHARES = [0.5, 1.0, 1.5, 2.0, 3.0, 0.5]
SECONDS = 12
REFUSED = """  <recv response="503" optional="true" next="refused" counter="refused"><action>
    <ereg regexp="[0-9]+" search_in="hdr" header="Retry-After:" check_it="true" assign_to="1"/>
  </action></recv>
"""
END = """  <recv response="200" next="done"/>
  <label id="refused"/>
  <send><![CDATA[

    ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    [last_Via:]
    Max-Forwards: 70
    From: <sip:[field0]@[remote_ip]>;tag=[pid]c[call_number]
    [last_To:]
    Call-ID: [call_id]
    CSeq: [last_cseq_number] ACK
    Content-Length: 0

  ]]></send>
  <label id="done"/>
  <nop/>
  <Reference variables="1"/>
</scenario>
"""


def scenario(folder):
    """The call of the other benchmarks, in which each INVITE may be refused. -> its path without suffix"""
    text = (SCENARIOS / "call.xml").read_text()
    for before in ('  <recv response="407"', '  <recv response="200" rrs="true"/>'):
        assert text.count(before) == 1
        text = text.replace(before, REFUSED + before)
    last = '  <recv response="200"/>\n</scenario>\n'
    assert text.count(last) == 1
    path = folder / "overload.xml"
    path.write_text(text.replace(last, END))
    return path.with_suffix("")


def counted(statistics, name):
    return next((int(value) for column, value in statistics.items() if column and name in column and column.endswith("(C)")), 0)


class Overload:
    def __init__(self, server, load, cpu, folder, number, say):
        self.server, self.load, self.cpu, self.number, self.say = server, load, cpu, number, say
        self.scenario = scenario(folder)

    def offer(self, rate):
        count = int(rate * SECONDS)
        before, begin = self.server.counters(), time.monotonic()
        ended, repeated = self.load.run(self.scenario, rate, count, self.number, at_once=100_000)
        seconds = time.monotonic() - begin - 0.35
        refused = counted(self.load.statistics, "refused")
        share = self.server.counters().get("parley_sip_overload_refusals_total", 0) - before.get("parley_sip_overload_refusals_total", 0)
        settle(self.server.pids, 20)
        return {"offered": round(count / max(seconds, SECONDS)), "goodput": round((ended - refused) / max(seconds, SECONDS)), "refused": refused,
                "failed": count - ended, "repeated": repeated, "said_503": int(share), "failures": self.load.failures}

    def run(self):
        burners = [subprocess.Popen([*pinned(self.cpu), sys.executable, "-c", "while True: pass"]) for _ in range(BURNERS)]
        try:
            capacity = 0
            for rate in LADDER:
                step = self.offer(rate)
                capacity = max(capacity, step["goodput"])
                if step["goodput"] < 0.95 * rate:
                    break
            self.say(f"capacity beside {BURNERS} busy loops: {capacity} calls/s")
            steps = []
            for share in SHARES:
                time.sleep(8)  # what was refused before is over
                step = {"share": share, **self.offer(max(int(capacity * share), 10))}
                steps.append(step)
                self.say(f"{share:.1f} of it: {step['offered']}/s offered, {step['goodput']}/s completed, {step['refused']} refused by 503 with Retry-After, "
                         f"{step['failed']} failed {step['failures'] or ''}")
            most = max(step["goodput"] for step in steps)
            return {"capacity": capacity, "steps": steps, "goodput_at_twice": next(round(step["goodput"] / max(most, 1), 2) for step in steps if step["share"] == 2.0)}
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
