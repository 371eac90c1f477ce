#include <queue>

#include <gtest/gtest.h>

#include <pbx/admission.hpp>

namespace parley::pbx {
namespace {

using std::chrono::milliseconds;

sip::Message message(std::uint64_t number = 0) {
  sip::Message made;
  made.source.connection = number;
  return made;
}

struct AdmissionTest : ::testing::Test {
  Admission admission;
  TimePoint now{std::chrono::hours(1)};
  void wait(milliseconds by) {
    for (const auto until = now + by; now < until;) {
      now += milliseconds(100);
      admission.sample(now, milliseconds(0), 0.5);
    }
  }
  /// Something is always 300 ms old, until this many seconds are over.
  void stand(int tenths) {
    for (int i = 0; i < tenths; ++i) {
      admission.add(Work::NewCall, message(), now - milliseconds(300));
      wait(milliseconds(100));
      while (admission.waiting() > 1) (void)admission.next(now);
    }
  }
};

TEST_F(AdmissionTest, NothingWaitsWhileTheReactorKeepsUp) {
  admission.sample(now, milliseconds(5), 0.01);
  EXPECT_FALSE(admission.behind());
  admission.sample(now, milliseconds(50), 0.01);
  EXPECT_TRUE(admission.behind());
  admission.sample(now, milliseconds(0), 0.2);
  EXPECT_TRUE(admission.behind());
}

TEST_F(AdmissionTest, WhatWasChallengedGoesFirstThenRegistrationsThenCallsThenProbes) {
  for (const auto work : {Work::Probe, Work::NewCall, Work::NewRegistration, Work::Refresh, Work::Signed})
    admission.add(work, message(static_cast<std::uint64_t>(work)), now);
  for (std::uint64_t expected = 0; expected < 5; ++expected) {
    const auto next = admission.next(now);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->message.source.connection, expected);
    EXPECT_FALSE(next->refuse);
  }
  EXPECT_FALSE(admission.next(now));
}

TEST_F(AdmissionTest, AQueueThatStandsIsOverloadAndWhatWaitedTooLongIsRefused) {
  stand(7);
  ASSERT_TRUE(admission.overloaded());
  while (admission.next(now)) {
  }
  admission.add(Work::Probe, message(1), now - milliseconds(150));
  admission.add(Work::NewCall, message(2), now - milliseconds(150));
  admission.add(Work::Signed, message(3), now - milliseconds(350));
  const auto first = admission.next(now), second = admission.next(now), third = admission.next(now);
  EXPECT_TRUE(first->refuse);
  EXPECT_EQ(first->message.source.connection, 1U);
  EXPECT_FALSE(second->refuse || third->refuse);
  wait(milliseconds(100));
  EXPECT_FALSE(admission.overloaded());  // nobody waits any more
}

TEST_F(AdmissionTest, AQueueThatShrinksByItselfIsNone) {
  for (int i = 0; i < 1000; ++i) admission.add(Work::NewCall, message(), now);
  wait(milliseconds(300));
  while (admission.waiting() > 0) {
    wait(milliseconds(100));
    EXPECT_FALSE(admission.overloaded());
    for (int i = 0; i < 120; ++i)
      if (const auto next = admission.next(now)) EXPECT_FALSE(next->refuse);
  }
}

TEST_F(AdmissionTest, CancelIsNeverRefused) {
  stand(7);
  ASSERT_TRUE(admission.overloaded());
  auto cancel = sip::Message::parse("CANCEL sip:a@b SIP/2.0\r\nCSeq: 1 CANCEL\r\n\r\n");
  ASSERT_TRUE(cancel.is(sip::Method::Cancel));
  while (admission.next(now)) {
  }
  admission.add(Work::NewCall, std::move(cancel), now - milliseconds(900));
  EXPECT_FALSE(admission.next(now)->refuse);
}

TEST_F(AdmissionTest, TheLastInLineIsRefusedWhenTooManyWait) {
  for (std::size_t i = 0; i <= Admission::kMostWaiting; ++i)
    admission.add(i % 2 ? Work::NewCall : Work::Signed, message(i), now);
  const auto next = admission.next(now);
  EXPECT_TRUE(next->refuse);
  EXPECT_EQ(next->message.source.connection, 1U);
  EXPECT_FALSE(admission.next(now)->refuse);
}

/// A server that can do 1,000 calls a second, its socket's buffer, and callers who repeat what nobody answers. A call
/// is challenged, signed, and then takes four more messages; all of it in virtual time, a step a millisecond.
struct Plant {
  enum class What : std::uint8_t { Invite, Signed, Within };
  struct Datagram {
    What what;
    std::uint64_t call;
  };
  struct Call {
    std::uint8_t within = 0;
    bool answered = false, over = false;
    TimePoint repeat{};
  };
  static constexpr double kChallenge = 0.08, kSigned = 0.44, kWithin = 0.12, kRefuse = 0.08;
  static constexpr std::size_t kBuffer = 1700;

  Admission admission;
  TimePoint now{std::chrono::hours(1)};
  std::queue<Datagram> socket;
  std::vector<Call> calls;
  std::queue<std::pair<TimePoint, Datagram>> on_its_way;
  unsigned done = 0, refused = 0, lost = 0, most_waiting = 0;
  double offered = 0, left = 0;

  void arrive(Datagram datagram) {
    if (socket.size() >= kBuffer) {
      ++lost;
    } else {
      socket.push(datagram);
    }
  }
  void then(Datagram datagram) { on_its_way.emplace(now + milliseconds(1), datagram); }
  void serve(Datagram datagram, bool refuse) {
    auto& call = calls[datagram.call];
    if (refuse) {
      left -= kRefuse;
      if (!call.over) ++refused;
      call.over = true;
    } else if (datagram.what == What::Invite) {
      left -= kChallenge;
      if (!call.answered) then({What::Signed, datagram.call});
      call.answered = true;
    } else if (datagram.what == What::Signed) {
      left -= kSigned;
      then({What::Within, datagram.call});
    } else {
      left -= kWithin;
      if (++call.within < 4) {
        then(datagram);
      } else if (!call.over) {
        call.over = true;
        ++done;
      }
    }
  }
  void step(double calls_a_second) {
    now += milliseconds(1);
    for (offered += calls_a_second / 1000; offered >= 1; offered -= 1) {
      calls.push_back({});
      calls.back().repeat = now + milliseconds(500);
      arrive({What::Invite, calls.size() - 1});
    }
    for (; !on_its_way.empty() && on_its_way.front().first <= now; on_its_way.pop()) arrive(on_its_way.front().second);
    for (std::size_t i = calls.size() > 1500 * 3 ? calls.size() - 1500 * 3 : 0; i < calls.size(); ++i)
      if (!calls[i].answered && !calls[i].over && calls[i].repeat == now) arrive({What::Invite, i});
    left = std::min(left + 1, 1.0);
    while (left > 0 && (!socket.empty() || admission.waiting() > 0)) {
      for (int i = 0; i < 128 && left > 0 && !socket.empty(); ++i) {
        const auto datagram = socket.front();
        socket.pop();
        if (datagram.what == What::Within || !admission.behind()) {
          serve(datagram, false);
        } else {
          left -= 0.02;
          admission.add(datagram.what == What::Signed ? Work::Signed : Work::NewCall,
                        message(datagram.call << 1 | (datagram.what == What::Signed)), now);
        }
      }
      for (int i = 0; i < 32 && left > 0; ++i) {
        const auto next = admission.next(now);
        if (!next) break;
        const auto tag = next->message.source.connection;
        serve({tag & 1 ? What::Signed : What::Invite, tag >> 1}, next->refuse);
      }
    }
    most_waiting = std::max(most_waiting, static_cast<unsigned>(admission.waiting()));
    if (now.time_since_epoch() % milliseconds(100) == milliseconds(0))
      admission.sample(now, milliseconds(0), static_cast<double>(socket.size()) / kBuffer);
  }
  void run(double calls_a_second, int seconds) {
    for (int i = 0; i < seconds * 1000; ++i) step(calls_a_second);
  }
};

TEST(AdmissionOfCalls, WhatIsOfferedBeyondTheCapacityCostsItsRefusalOnly) {
  for (const auto [offered, least] : {std::pair{1500.0, 880}, {2000.0, 820}, {3000.0, 720}}) {
    Plant plant;
    plant.run(offered, 12);  // from nothing: it is measured with its beginning
    EXPECT_GE(plant.done / 12, static_cast<unsigned>(least)) << offered;
    EXPECT_LE(plant.most_waiting, 4000U);
    plant.run(500, 3);
    plant.refused = plant.lost = 0;
    plant.run(500, 5);
    EXPECT_EQ(plant.refused, 0U);  // at once as before
    EXPECT_EQ(plant.lost, 0U);
  }
}

TEST(AdmissionOfCalls, APauseIsNoOverloadWhatItLeftIsWorkedOff) {
  Plant plant;
  plant.run(500, 3);
  for (int i = 0; i < 600; ++i)
    plant.arrive({Plant::What::Invite, (plant.calls.push_back({}), plant.calls.size() - 1)});
  plant.admission.sample(plant.now, milliseconds(1200), 0.4);
  plant.run(500, 5);
  EXPECT_EQ(plant.refused, 0U);
  EXPECT_EQ(plant.lost, 0U);
}

}  // namespace
}  // namespace parley::pbx
