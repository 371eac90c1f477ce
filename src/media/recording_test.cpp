#include <algorithm>

#include <gtest/gtest.h>

#include <media/fake_recording.hpp>

namespace parley::media {
namespace {
using namespace std::chrono_literals;
using codec::CodecId;
using fake::channel;
using fake::match;
using fake::Rig;
using fake::Voice;

double likeness(std::span<const std::int16_t> said, std::span<const std::int16_t> heard, std::ptrdiff_t lag,
                std::ptrdiff_t slack) {
  return match(said, heard, lag - slack, lag + slack).likeness;
}
bool silent(std::span<const std::int16_t> pcm) {
  return std::ranges::all_of(pcm, [](std::int16_t sample) { return std::abs(int{sample}) < 20; });
}

TEST(Recording, EachPartyIsOnItsOwnChannel) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1), callee(Party::Callee, CodecId::Pcma, 2);
  rig.talk(150, {&caller, &callee});
  rig.stop();
  ASSERT_TRUE(rig.summary);
  EXPECT_EQ(rig.summary->state, RecordingState::Stopped);
  auto reader = rig.open();
  ASSERT_TRUE(reader) << reader.error().text;
  reader->expect(*rig.summary);
  EXPECT_TRUE(reader->info().faults.empty());
  EXPECT_TRUE(reader->info().closed);
  EXPECT_EQ(reader->info().packets[0], 150U);
  EXPECT_EQ(reader->info().packets[1], 150U);
  EXPECT_EQ(reader->info().length, 3s);
  EXPECT_EQ(rig.summary->length, 3s);
  for (const std::uint32_t rate : {8000U, 16000U}) {
    const auto said_a = fake::voice(1, 8000, 3), said_b = fake::voice(2, 8000, 3);
    const auto heard_a = channel(*reader, rate, Party::Caller), heard_b = channel(*reader, rate, Party::Callee);
    ASSERT_EQ(heard_a.size(), 3 * rate);
    if (rate != 8000) continue;
    EXPECT_GT(likeness(std::span(said_a).subspan(8000, 8000), heard_a, 8160, 10), 0.98);
    EXPECT_GT(likeness(std::span(said_b).subspan(8000, 8000), heard_b, 8160, 10), 0.98);
    EXPECT_LT(likeness(std::span(said_a).subspan(8000, 8000), heard_b, 8160, 10), 0.2);
  }
}

TEST(Recording, TheFileIsNoSoundWithoutItsKey) {  // PBX-4
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  const auto said = fake::voice(1, 8000, 1);
  rig.talk(50, {&caller});
  rig.stop();
  Bytes payload(160);
  (void)codec::make_encoder(CodecId::Pcmu)->encode(std::span(said).subspan(1600, 160), payload);
  EXPECT_TRUE(std::ranges::search(rig.disk->bytes, std::span(payload).first(16)).empty());
  const auto other = rig.open({}, 8);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::Corrupt);
}

TEST(Recording, EveryCodecIsDecodedAtBothRates) {
  for (const CodecId id : {CodecId::Pcmu, CodecId::Pcma, CodecId::G722, CodecId::Opus}) {
    Rig rig;
    Voice caller(Party::Caller, id, 1);
    rig.talk(150, {&caller});
    rig.stop();
    auto reader = rig.open();
    ASSERT_TRUE(reader);
    const std::uint32_t rate = codec::info(id).sample_rate;
    const auto said = fake::voice(1, rate, 3);
    const auto heard = channel(*reader, rate, Party::Caller);
    const auto skip = std::ptrdiff_t{rate} + rate / 50;
    EXPECT_GT(likeness(std::span(said).subspan(rate, rate), heard, skip, rate / 100), id == CodecId::Opus ? 0.75 : 0.9)
        << codec::info(id).name;
    EXPECT_FALSE(silent(channel(*reader, rate == 8000 ? 16000 : 8000, Party::Caller)));
    EXPECT_TRUE(silent(channel(*reader, rate, Party::Callee)));
  }
}

TEST(Recording, PausedSecondsAreAbsent) {  // PBX-4
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1), callee(Party::Callee, CodecId::Pcmu, 2);
  rig.talk(100, {&caller, &callee});
  rig.recording->pause();
  EXPECT_EQ(rig.recording->state(), RecordingState::Paused);
  rig.talk(150, {&caller, &callee});  // the card number
  rig.recording->resume();
  rig.talk(100, {&caller, &callee});
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().length, 4s);
  EXPECT_EQ(rig.summary->length, 4s);
  ASSERT_EQ(reader->info().pauses.size(), 1U);
  EXPECT_EQ(reader->info().pauses[0].from, 2s);
  EXPECT_EQ(reader->info().pauses[0].to, 5s);
  const auto said = fake::voice(1, 8000, 7);
  const auto heard = channel(*reader, 8000, Party::Caller);
  EXPECT_EQ(heard.size(), 32000U);
  EXPECT_GT(likeness(std::span(said).subspan(4000, 8000), heard, 4160, 10), 0.98);
  EXPECT_GT(likeness(std::span(said).subspan(44000, 8000), heard, 44160 - 24000, 10), 0.98);
  for (std::size_t at = 16000; at + 4000 <= 40000; at += 2000)  // nothing of the pause, at any place
    EXPECT_LT(match(std::span(said).subspan(at, 4000), heard, 0, 28000).likeness, 0.3) << at;
}

TEST(Recording, WhatComesRightAfterThePauseMayHoldItsSoundAndIsLeftOut) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  rig.talk(10, {&caller});
  rig.recording->pause();
  rig.talk(10, {&caller});
  rig.clock.advance(10ms);
  rig.recording->resume();
  rig.clock.advance(10ms);
  caller.speak(*rig.recording, rig.clock.now());  // spoken before the resume
  rig.talk(10, {&caller});
  rig.stop();
  EXPECT_EQ(rig.summary->packets[0], 10U + 9);
}

TEST(Recording, StoppedWhilePausedEndsWhereThePauseBegan) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  rig.talk(50, {&caller});
  rig.recording->pause();
  rig.talk(50, {&caller});
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().length, 1s);
  EXPECT_EQ(rig.summary->length, 1s);
  EXPECT_TRUE(reader->info().faults.empty());
}

TEST(Recording, LossAndSilenceKeepTheirTime) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1), callee(Party::Callee, CodecId::Pcmu, 2);
  for (unsigned i = 0; i < 200; ++i) {
    rig.clock.advance(20ms);
    const bool away = i >= 50 && i < 100;  // the caller's phone sends nothing for a second
    caller.speak(*rig.recording, rig.clock.now(), away);
    callee.speak(*rig.recording, rig.clock.now(), i % 10 == 3);
    rig.write();
  }
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  const auto said = fake::voice(1, 8000, 4);
  const auto heard = channel(*reader, 8000, Party::Caller);
  EXPECT_TRUE(silent(std::span(heard).subspan(8200, 7900)));
  EXPECT_GT(likeness(std::span(said).subspan(20000, 8000), heard, 20160, 10), 0.98);
}

TEST(Recording, JitterAndReorderDoNotMoveTheSound) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  std::mt19937 random(3);
  struct Packet {
    TimePoint at;
    std::uint64_t sequence;
    std::uint32_t timestamp;
    Bytes payload;
  };
  std::vector<Packet> packets;
  const auto said = fake::voice(1, 8000, 4);
  const auto encoder = codec::make_encoder(CodecId::Pcmu);
  for (unsigned i = 0; i < 200; ++i) {
    Bytes payload(160);
    (void)encoder->encode(std::span(said).subspan(std::size_t{i} * 160, 160), payload);
    packets.push_back(
        {rig.clock.now() + i * 20ms + std::chrono::milliseconds(random() % 120), 70000 + i, i * 160U, payload});
  }
  std::ranges::sort(packets, {}, &Packet::at);
  for (const auto& packet : packets) {
    rig.clock.advance(packet.at - rig.clock.now());
    rig.recording->offer(
        {Party::Caller, rig.clock.now(), 1, packet.sequence, packet.timestamp, CodecId::Pcmu, packet.payload});
    if (random() % 5 == 0)
      rig.recording->offer(
          {Party::Caller, rig.clock.now(), 1, packet.sequence, packet.timestamp, CodecId::Pcmu, packet.payload});
    rig.write();
  }
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  EXPECT_GT(likeness(std::span(said).subspan(2000, 24000), channel(*reader, 8000, Party::Caller), 2000, 200), 0.97);
}

TEST(Recording, GoesOnAcrossChangesOfCodecAndSource) {
  Rig rig;
  Voice first(Party::Caller, CodecId::Pcmu, 1, 1), second(Party::Caller, CodecId::G722, 3, 2),
      callee(Party::Callee, CodecId::Pcma, 2);
  rig.talk(100, {&first, &callee});
  rig.talk(100, {&second, &callee});  // re-INVITE: another codec, SSRC, time base
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().codecs, (std::vector{CodecId::Pcmu, CodecId::Pcma, CodecId::G722}));
  const auto heard = channel(*reader, 16000, Party::Caller);
  const auto said = fake::voice(3, 16000, 2);
  EXPECT_GT(likeness(std::span(said).subspan(8000, 16000), heard, 40320, 100), 0.95);
  const auto narrow = channel(*reader, 8000, Party::Caller);
  const auto before = fake::voice(1, 8000, 2);
  EXPECT_GT(likeness(std::span(before).subspan(4000, 8000), narrow, 4160, 10), 0.95);
}

TEST(Recording, APhoneThatStopsItsTimeStampsOnHoldComesBackInPlace) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  rig.talk(50, {&caller});
  rig.clock.advance(3s);  // nothing sent, time stamps stand still
  rig.write();
  rig.talk(50, {&caller});
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().length, 5s);
  const auto said = fake::voice(1, 8000, 2);
  EXPECT_GT(likeness(std::span(said).subspan(8800, 6400), channel(*reader, 8000, Party::Caller), 8960 + 24000, 20),
            0.98);
}

TEST(Recording, FramesAreShortAndOneWriteEachAndSyncedEverySecond) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1), callee(Party::Callee, CodecId::Pcmu, 2);
  rig.talk(500, {&caller, &callee});
  const auto frames = fake::frames_of(rig.disk->bytes);
  EXPECT_GE(frames.size(), 10U * 4);  // 250 ms at most
  EXPECT_EQ(rig.disk->writes, frames.size());
  EXPECT_GE(rig.disk->syncs, 8U);
  EXPECT_LE(rig.disk->syncs, 11U);
}

TEST(Recording, AFullDiskEndsItWithMarkAndEventAndWhatWasWrittenStays) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  rig.disk->room = 40'000;
  rig.talk(300, {&caller});
  EXPECT_FALSE(rig.running);
  ASSERT_TRUE(rig.summary);
  EXPECT_EQ(rig.summary->state, RecordingState::Failed);
  EXPECT_FALSE(rig.summary->failure.empty());
  EXPECT_EQ(rig.recording->state(), RecordingState::Failed);
  caller.speak(*rig.recording, rig.clock.now());  // the call goes on
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->info().closed);  // so little fitted still
  EXPECT_EQ(reader->info().end, RecordingState::Failed);
  EXPECT_TRUE(reader->info().faults.empty());
  EXPECT_GT(reader->info().length, 3500ms);
}

TEST(Recording, AFailedSyncIsNeverTriedAgain) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  rig.disk->sync_fails = true;
  rig.talk(300, {&caller});
  ASSERT_TRUE(rig.summary);
  EXPECT_EQ(rig.summary->state, RecordingState::Failed);
  EXPECT_LE(rig.disk->syncs, 2U);  // the failed one, and the one of the closing mark
}

TEST(Recording, ASlowDiskLeavesAMarkedGapAndBoundedMemory) {
  Rig rig({.ring_bytes = 16 * 1024});
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  rig.talk(50, {&caller});
  for (unsigned i = 0; i < 250; ++i) {  // the writer hangs for five seconds
    rig.clock.advance(20ms);
    caller.speak(*rig.recording, rig.clock.now());
  }
  rig.talk(50, {&caller});
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->info().faults.empty());
  ASSERT_EQ(reader->info().gaps.size(), 1U);
  EXPECT_GT(rig.summary->dropped, 100U);
  EXPECT_EQ(rig.summary->dropped + rig.summary->packets[0], 350U);
  const auto said = fake::voice(1, 8000, 7);
  EXPECT_GT(likeness(std::span(said).subspan(48800, 6000), channel(*reader, 8000, Party::Caller), 48960, 10), 0.98);
}

TEST(RecordingReader, AnyRangeOfTheWavIsTheSameBytes) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Opus, 1), callee(Party::Callee, CodecId::G722, 2);
  rig.talk(1100, {&caller, &callee});  // 22 s: three blocks
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  Bytes whole(static_cast<std::size_t>(reader->wav_size(16000)) + 10);
  EXPECT_EQ(*reader->read_wav(16000, 0, whole), reader->wav_size(16000));
  whole.resize(static_cast<std::size_t>(reader->wav_size(16000)));
  EXPECT_EQ(whole.size(), 44 + 22 * 16000 * 4U);
  std::mt19937 random(5);
  for (int i = 0; i < 40; ++i) {
    const std::size_t from = random() % whole.size(),
                      count = std::min<std::size_t>(random() % 9000, whole.size() - from);
    Bytes part(count);
    auto again = rig.open();  // nothing remembered from other ranges
    ASSERT_EQ(*again->read_wav(16000, from, part), count);
    ASSERT_TRUE(std::ranges::equal(part, std::span(whole).subspan(from, count))) << from << " " << count;
  }
  EXPECT_EQ(*reader->read_wav(16000, whole.size(), std::span(whole).first(10)), 0U);
}

TEST(RecordingReader, WaveformAndRecogniserInputFollowTheChannels) {
  Rig rig;
  Voice caller(Party::Caller, CodecId::Pcmu, 1), callee(Party::Callee, CodecId::Pcmu, 2);
  rig.talk(50, {&caller});
  callee.timestamp += 8000, callee.sequence += 50;
  rig.talk(50, {&callee});
  rig.stop();
  auto reader = rig.open();
  ASSERT_TRUE(reader);
  const auto peaks = reader->waveform(10);
  ASSERT_TRUE(peaks);
  ASSERT_EQ((*peaks)[0].size(), 20U);
  EXPECT_GT((*peaks)[0][5], 0.2F);
  EXPECT_LT((*peaks)[0][15], 0.01F);
  EXPECT_LT((*peaks)[1][5], 0.01F);
  EXPECT_GT((*peaks)[1][15], 0.2F);
  const auto floats = reader->channel_16k(Party::Callee);
  ASSERT_TRUE(floats);
  EXPECT_EQ(floats->size(), 32000U);
  EXPECT_FALSE(reader->waveform(0));
}

}  // namespace
}  // namespace parley::media
