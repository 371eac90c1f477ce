#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <rtp/packet.hpp>
#include <rtp/telephone_event.hpp>

namespace parley::rtp {
namespace {
using namespace std::chrono_literals;

struct Stream {
  TelephoneEventDecoder decoder;
  FakeClock clock;
  std::string digits;

  void feed(BytesView datagram) {
    const auto packet = RtpPacket::parse(datagram);
    ASSERT_TRUE(packet);
    const auto presses =
        decoder.on_packet(packet->ssrc, packet->timestamp, packet->marker, packet->payload, clock.now());
    for (unsigned i = 0; i < presses.count; ++i) digits += presses.items[i].key;
  }
  void wait(Duration time) {
    clock.advance(time);
    if (const auto press = decoder.on_time(clock.now())) digits += press->key;
  }
};

struct Case {
  std::string id, digits;
  std::vector<Bytes> packets;
};
std::vector<Case> cases() {
  std::ifstream in("tests/data/media/dtmf/rfc4733.json");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<Case> out;
  const auto parsed = boost::json::parse(text);
  for (const auto& entry : parsed.at("cases").as_array()) {
    Case one{std::string(entry.at("id").as_string()), std::string(entry.at("expected_digits").as_string()), {}};
    for (const auto& packet : entry.at("packets").as_array()) one.packets.push_back(*from_hex(packet.as_string()));
    out.push_back(std::move(one));
  }
  return out;
}

TEST(TelephoneEventDecoder, TellsTheDigitsOfTheVectors) {
  ASSERT_EQ(cases().size(), 5U);
  for (const auto& one : cases()) {
    Stream stream;
    for (const auto& packet : one.packets) {
      stream.feed(packet);
      stream.wait(20ms);
    }
    stream.wait(1s);
    EXPECT_EQ(stream.digits, one.digits) << one.id;
  }
}

TEST(TelephoneEventDecoder, EachDigitOnceWithEveryPacketTwice) {
  for (const auto& one : cases()) {
    Stream stream;
    for (const auto& packet : one.packets) {
      stream.feed(packet);
      stream.feed(packet);
      stream.wait(20ms);
    }
    stream.wait(1s);
    EXPECT_EQ(stream.digits, one.digits) << one.id;
  }
}

TEST(TelephoneEventDecoder, EachDigitOnceWhenAnySinglePacketOfItArrives) {
  const Case one = cases().front();
  for (const auto& packet : one.packets) {
    Stream stream;
    stream.feed(packet);
    stream.wait(1s);
    EXPECT_EQ(stream.digits, one.digits);
  }
}

TEST(TelephoneEventDecoder, EachDigitOnceUnderLossDuplicationAndReorder) {
  const auto all = cases();
  const auto wrap = std::ranges::find(all, "all-16-seq-and-ts-wrap", &Case::id);
  ASSERT_NE(wrap, all.end());
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    // 7 packets a digit: up to 3 of each are lost, any may come twice, and each may be overtaken by the next two.
    std::vector<std::pair<std::size_t, Bytes>> arrivals;
    for (std::size_t digit = 0; digit < 16; ++digit) {
      std::vector<std::size_t> kept{0, 1, 2, 3, 4, 5, 6};
      std::ranges::shuffle(kept, random);
      kept.resize(4 + random() % 4);
      for (const std::size_t at : kept) {
        const std::size_t place = digit * 7 + at;
        arrivals.emplace_back(place * 10 + random() % 21, wrap->packets[place]);
        if (random() % 5 == 0) arrivals.emplace_back(place * 10 + random() % 21, wrap->packets[place]);
      }
    }
    std::ranges::sort(arrivals, {}, &std::pair<std::size_t, Bytes>::first);
    Stream stream;
    for (const auto& [time, packet] : arrivals) {
      stream.feed(packet);
      stream.wait(20ms);
    }
    stream.wait(1s);
    std::string sorted = stream.digits, expected = wrap->digits;
    std::ranges::sort(sorted), std::ranges::sort(expected);
    EXPECT_EQ(sorted, expected) << "seed " << seed << ": " << stream.digits;
  }
}

TEST(TelephoneEventDecoder, ALongPressIsOneDigit) {
  Stream stream;  // RFC 4733 §2.5.1.3: after 65535 ticks the event goes on with a new time stamp
  Bytes packet(16, 0);
  const auto send = [&](std::uint32_t timestamp, std::uint16_t duration, bool end) {
    write_rtp_header(packet, {false, 101, 1, timestamp, 5, {}});
    packet[12] = 7;
    packet[13] = end ? 0x80 : 0;
    packet[14] = static_cast<std::uint8_t>(duration >> 8U);
    packet[15] = static_cast<std::uint8_t>(duration);
    stream.feed(packet);
  };
  send(1000, 0xFFFF, false);
  send(1000 + 0xFFFF, 160, false);
  send(1000 + 0xFFFF, 320, true);
  send(1000 + 0xFFFF, 320, true);
  send(1000, 0xFFFF, false);
  EXPECT_EQ(stream.digits, "7");
}

TEST(TelephoneEventDecoder, IgnoresShortPayloadsAndOtherEvents) {
  TelephoneEventDecoder decoder;
  EXPECT_EQ(decoder.on_packet(1, 1, true, Bytes{5, 0x80, 0}, {}).count, 0U);
  EXPECT_EQ(decoder.on_packet(1, 1, true, Bytes{16, 0x80, 0, 9}, {}).count, 0U);  // flash
  EXPECT_FALSE(decoder.next_deadline());
}

TEST(TelephoneEventEncoder, MakesWhatTheDecoderReads) {
  TelephoneEventEncoder encoder;
  encoder.start(*event_of_key('#'), 800, 160);
  TelephoneEventDecoder decoder;
  std::string digits;
  unsigned packets = 0, markers = 0;
  while (encoder.active()) {
    const auto packet = encoder.next();
    markers += packet.marker ? 1 : 0;
    const auto presses = decoder.on_packet(1, 77, packet.marker, packet.payload, {});
    for (unsigned i = 0; i < presses.count; ++i) {
      digits += presses.items[i].key;
      EXPECT_EQ(presses.items[i].duration, 800U);
    }
    ++packets;
  }
  EXPECT_EQ(digits, "#");
  EXPECT_EQ(packets, 7U);  // 5 steps, of which the last three times
  EXPECT_EQ(markers, 1U);
}

}  // namespace
}  // namespace parley::rtp
