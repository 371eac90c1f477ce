#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <media/jitter_buffer.hpp>

namespace parley::media {
namespace {
using What = JitterBuffer::Taken::What;

/// A stream of 20 ms packets of G.711, whose payload is their number; and what comes out of the buffer.
struct Line {
  explicit Line(std::uint32_t ms = 20) : length(ms * 8) { buffer.restart(8000); }
  void send(unsigned number) {
    const std::uint8_t payload[] = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)};
    buffer.put(65536 + number, 1000 + number * length, length, payload);
  }
  /// One tick; '.' nothing, 'L' lost, 'D' dry, 'P' pause, or the numbers' last digits.
  void tick() {
    if (!buffer.tick()) {
      heard += '.';
      return;
    }
    while (got < 160) {
      const auto taken = buffer.take();
      got += taken.what == What::Dry ? 160 : taken.ticks;
      switch (taken.what) {
        case What::Packet: heard += static_cast<char>('0' + taken.payload[0] % 10); break;
        case What::Lost: heard += 'L'; break;
        case What::Pause: heard += 'P'; break;
        case What::Dry: heard += 'D'; break;
      }
    }
    got -= 160;  // what is left of a long packet is for the next tick
  }
  JitterBuffer buffer;
  std::uint32_t length, got = 0;
  std::string heard;
};

TEST(JitterBuffer, BeginsWhenItsDelayIsThereAndKeepsOrder) {
  Line line;
  for (const unsigned number : {0, 2, 1, 3, 4, 6, 5, 7}) {
    line.send(number);
    line.tick();
  }
  EXPECT_EQ(line.heard, ".0123456");  // 0 to 2 are the delay, though 1 is still on its way
  EXPECT_EQ(line.buffer.depth(), 160U);
}

TEST(JitterBuffer, AShortSpurtIsPlayedThough) {
  Line line;
  line.send(0);
  for (int i = 0; i < 16; ++i) line.tick();
  EXPECT_EQ(line.heard, "..0DDDDDDDDDDD..");
}

TEST(JitterBuffer, WhatIsLostIsNamedAndTakesItsTime) {
  Line line;
  for (unsigned number = 0; number < 10; ++number) {
    if (number != 4 && number != 5) line.send(number);
    line.tick();
  }
  EXPECT_EQ(line.heard, "..0123LL67");
  EXPECT_EQ(line.buffer.figures().lost, 2U);
}

TEST(JitterBuffer, APacketBehindALossIsShownForItsCopy) {
  Line line;
  for (const unsigned number : {0, 2, 3}) line.send(number);
  EXPECT_FALSE(line.buffer.tick() && false);
  (void)line.buffer.take();
  const auto lost = line.buffer.take();
  ASSERT_EQ(lost.what, What::Lost);
  ASSERT_FALSE(lost.payload.empty());
  EXPECT_EQ(lost.payload[0], 2);
}

TEST(JitterBuffer, LatePacketsMakeTheDelayGrow) {
  Line line;
  for (unsigned number = 0; number < 6; ++number) {
    line.send(number);
    line.tick();
  }
  for (int i = 0; i < 4; ++i) line.tick();  // the network stands for 80 ms
  for (unsigned number = 6; number < 12; ++number) line.send(number);
  for (int i = 0; i < 6; ++i) line.tick();
  EXPECT_EQ(line.heard, "..012345DD678901");
}

TEST(JitterBuffer, TimeThatWasLeftOutIsNoLoss) {
  Line line;
  for (unsigned number = 0; number < 5; ++number) {
    line.send(number);
    line.tick();
  }
  // Silence suppression: the time stamps jump by five packets, the sequence goes on; and time passed.
  for (int i = 0; i < 5; ++i) line.tick();
  const std::uint8_t payload[] = {5, 0};
  line.buffer.put(65536 + 5, 1000 + 10 * 160, 160, payload);
  for (int i = 0; i < 3; ++i) line.tick();
  EXPECT_EQ(line.heard, "..01234DDDPP5");
  EXPECT_EQ(line.buffer.figures().lost, 0U);
}

TEST(JitterBuffer, ADelayThatNobodyNeedsShrinks) {
  Line line;
  for (unsigned number = 0; number < 8; ++number) line.send(number);  // a burst: 160 ms lie here
  unsigned left_out = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    line.send(8 + i);
    line.tick();
    if (!line.buffer.may_leave_out()) continue;
    line.buffer.left_out();
    (void)line.buffer.take();
    ++left_out;
  }
  EXPECT_GE(left_out, 4U);
  EXPECT_LE(line.buffer.depth(), 3U * 160);
  EXPECT_EQ(line.heard.find_first_of("LDP"), std::string::npos);
}

TEST(JitterBuffer, AStallDoesNotLeaveALongDelayBehind) {
  Line line;
  for (unsigned number = 0; number < 5; ++number) line.send(number), line.tick();
  for (int i = 0; i < 8; ++i) line.tick();
  for (unsigned number = 5; number < 40; ++number) line.send(number);
  line.tick();
  EXPECT_LE(line.buffer.depth(), (JitterBuffer::kCutTo + 1) * 160);
}

TEST(JitterBuffer, AJumpOfTheClockIsAnotherStream) {
  Line line;
  for (unsigned number = 0; number < 5; ++number) line.send(number), line.tick();
  const std::uint8_t payload[] = {7, 0};
  for (unsigned i = 0; i < 5; ++i) {
    line.buffer.put(70000 + i, 4'000'000'000U + i * 160, 160, payload);
    line.tick();
  }
  EXPECT_EQ(line.heard, "..012..777");
}

TEST(JitterBuffer, TakesAnyPacketTime) {
  for (const unsigned ms : {10U, 30U, 40U, 60U}) {
    Line line(ms);
    unsigned sent = 0;
    for (unsigned now = 0; now < 2000; now += 10) {
      if (now % ms == 0) line.send(sent++);
      if (now % 20 == 0) line.tick();
    }
    EXPECT_EQ(line.heard.find('L'), std::string::npos) << ms << ": " << line.heard;
    EXPECT_EQ(line.heard.find('P'), std::string::npos) << ms;
    EXPECT_LE(std::ranges::count(line.heard, 'D'), 2) << ms << ": " << line.heard;
  }
}

TEST(JitterBuffer, JitterWithinItsDelayIsNotHeard) {
  std::mt19937 random(7);
  Line line;
  std::vector<std::pair<unsigned, unsigned>> arrivals;  // ms, number
  for (unsigned i = 0; i < 3000; ++i) arrivals.emplace_back(i * 20 + random() % 60, i);
  std::ranges::sort(arrivals);
  std::size_t at = 0;
  for (unsigned now = 0; now < 3000 * 20; now += 20) {
    while (at < arrivals.size() && arrivals[at].first <= now) line.send(arrivals[at++].second);
    line.tick();
  }
  const auto odd = std::ranges::count_if(line.heard, [](char c) { return c == 'L' || c == 'D'; });
  EXPECT_LT(odd, 30) << "of 3000";
}

TEST(JitterBuffer, NothingThatComesBreaksIt) {
  std::mt19937 random(3);
  JitterBuffer buffer;
  buffer.restart(48000);
  const Bytes payload(1300, 1);
  std::uint32_t base = 0;
  for (int i = 0; i < 200'000; ++i) {
    if (random() % 50 == 0) base = static_cast<std::uint32_t>(random());
    buffer.put(random() % 70000, base + random() % 40000, random() % 5760, BytesView(payload).first(random() % 1300));
    if (random() % 3 != 0 || !buffer.tick()) continue;
    for (unsigned n = random() % 4; n > 0; --n) (void)buffer.take();
  }
  EXPECT_LE(buffer.depth(), 20U * 48000);
}

}  // namespace
}  // namespace parley::media
