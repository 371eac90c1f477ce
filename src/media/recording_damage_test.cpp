#include <algorithm>

#include <gtest/gtest.h>

#include <media/fake_recording.hpp>

namespace parley::media {
namespace {
using codec::CodecId;
using fake::channel;
using fake::Rig;
using fake::Voice;
using Kind = RecordingFault::Kind;

/// Ten seconds of both parties, stopped properly: 45 to 55 frames and the closing one.
struct Whole : Rig {
  Voice caller{Party::Caller, CodecId::Pcmu, 1}, callee{Party::Callee, CodecId::Pcmu, 2};
  std::vector<std::pair<std::size_t, std::size_t>> frames;
  explicit Whole(std::uint64_t salt = 1) : Rig({}, salt) {
    talk(500, {&caller, &callee});
    stop();
    frames = fake::frames_of(disk->bytes);
  }
  Bytes cut_out(std::size_t frame) const {
    Bytes out = disk->bytes;
    const auto at = out.begin() + static_cast<std::ptrdiff_t>(frames[frame].first);
    out.erase(at, at + static_cast<std::ptrdiff_t>(frames[frame].second));
    return out;
  }
  Bytes frame(std::size_t index) const {
    const auto at = disk->bytes.begin() + static_cast<std::ptrdiff_t>(frames[index].first);
    return {at, at + static_cast<std::ptrdiff_t>(frames[index].second)};
  }
};

std::vector<std::pair<Kind, std::optional<std::uint64_t>>> kinds(const RecordingReader& reader) {
  std::vector<std::pair<Kind, std::optional<std::uint64_t>>> out;
  for (const auto& fault : reader.info().faults) out.emplace_back(fault.kind, fault.frame);
  return out;
}

TEST(RecordingDamage, EveryBitFlipIsFoundAndNamedAndTheRestPlays) {  // F-4: 100 %
  const Whole whole;
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    Bytes bytes = whole.disk->bytes;
    const std::size_t at = random() % bytes.size();
    bytes[at] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    auto reader = whole.open(bytes);
    if (at < recording::kHeaderSize) {
      EXPECT_FALSE(reader) << at;
      continue;
    }
    ASSERT_TRUE(reader) << at;
    const auto hit = std::ranges::find_if(whole.frames, [&](const auto& f) { return at < f.first + f.second; });
    const auto number = static_cast<std::uint64_t>(hit - whole.frames.begin());
    const bool last = number + 1 == whole.frames.size();
    ASSERT_FALSE(reader->info().faults.empty()) << at;
    const auto& fault = reader->info().faults.front();
    if (last)
      EXPECT_TRUE(fault.kind == Kind::Altered || fault.kind == Kind::Torn) << fault.text();
    else
      EXPECT_TRUE(fault.kind == Kind::Altered && fault.frame == number) << at << " " << fault.text();
    EXPECT_EQ(reader->info().frames, whole.frames.size() - 1);
  }
}

TEST(RecordingDamage, ACutTailIsNotClosedAndPlaysToTheLastWholeFrame) {
  const Whole whole;
  std::mt19937 random(12);
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = recording::kHeaderSize + random() % (whole.disk->bytes.size() - recording::kHeaderSize);
    Bytes bytes(whole.disk->bytes.begin(), whole.disk->bytes.begin() + static_cast<std::ptrdiff_t>(size));
    auto reader = whole.open(bytes);
    ASSERT_TRUE(reader);
    const auto complete =
        std::ranges::count_if(whole.frames, [&](const auto& f) { return f.first + f.second <= size; });
    EXPECT_EQ(static_cast<std::ptrdiff_t>(reader->info().frames), complete);
    EXPECT_FALSE(reader->info().closed);
    EXPECT_EQ(reader->info().faults.back().kind, Kind::NotClosed);
    const bool border = std::ranges::any_of(whole.frames, [&](const auto& f) { return f.first == size; });
    EXPECT_EQ(reader->info().faults.size(), border ? 1U : 2U);
    if (!border) EXPECT_EQ(reader->info().faults[0].kind, Kind::Torn);
    reader->expect(*whole.summary);
    EXPECT_EQ(reader->info().faults.back().kind, Kind::RolledBack);
  }
}

TEST(RecordingDamage, AFrameTakenOutIsMissing) {
  const Whole whole;
  for (const std::size_t frame : {std::size_t{0}, std::size_t{7}, whole.frames.size() - 2}) {
    const auto reader = whole.open(whole.cut_out(frame));
    ASSERT_TRUE(reader);
    EXPECT_EQ(kinds(*reader), (std::vector{std::pair(Kind::Missing, std::optional<std::uint64_t>(frame))}));
  }
}

TEST(RecordingDamage, SwappedFramesAreNamedAndStillPlayInTheirPlace) {
  const Whole whole;
  Bytes bytes(whole.disk->bytes.begin(), whole.disk->bytes.begin() + recording::kHeaderSize);
  for (std::size_t i = 0; i < whole.frames.size(); ++i) {
    const Bytes frame = whole.frame(i == 5 ? 9 : i == 9 ? 5 : i);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  auto reader = whole.open(bytes), good = whole.open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(kinds(*reader), (std::vector{std::pair(Kind::Swapped, std::optional<std::uint64_t>(9)),
                                         std::pair(Kind::Swapped, std::optional<std::uint64_t>(5))}));
  EXPECT_EQ(channel(*reader, 8000, Party::Caller), channel(*good, 8000, Party::Caller));
}

TEST(RecordingDamage, ARepeatedFrameIsNamedAndPlaysOnce) {
  const Whole whole;
  const Bytes frame = whole.frame(4);
  Bytes bytes = whole.disk->bytes;
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(whole.frames[20].first), frame.begin(), frame.end());
  auto reader = whole.open(bytes), good = whole.open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(kinds(*reader), (std::vector{std::pair(Kind::Repeated, std::optional<std::uint64_t>(4))}));
  EXPECT_EQ(channel(*reader, 8000, Party::Callee), channel(*good, 8000, Party::Callee));
}

TEST(RecordingDamage, AFrameOfAnotherRecordingOfTheSameCallDoesNotFit) {
  const Whole one(1), other(2);
  const Bytes frame = other.frame(6);
  Bytes bytes = one.cut_out(6);
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(one.frames[6].first), frame.begin(), frame.end());
  const auto reader = one.open(bytes);
  ASSERT_TRUE(reader);
  EXPECT_EQ(kinds(*reader), (std::vector{std::pair(Kind::Altered, std::optional<std::uint64_t>(6))}));
}

TEST(RecordingDamage, AnotherRecordingsHeaderOpensNothing) {
  const Whole one(1), other(2);
  Bytes bytes = one.disk->bytes;
  std::copy_n(other.disk->bytes.begin(), recording::kHeaderSize, bytes.begin());
  const auto reader = one.open(bytes);
  ASSERT_TRUE(reader);  // a true header, but of none of these frames
  EXPECT_EQ(reader->info().frames, 0U);
  EXPECT_FALSE(reader->info().faults.empty());
}

TEST(RecordingDamage, AnOlderStateOfTheFileIsToldByWhatTheDatabaseKnows) {
  const Whole whole;
  Rig running;
  Voice caller(Party::Caller, CodecId::Pcmu, 1);
  auto reader = whole.open();
  reader->expect(*whole.summary);
  EXPECT_TRUE(reader->info().faults.empty());
  RecordingSummary later = *whole.summary;
  later.digest[3] ^= 1;
  reader->expect(later);
  ASSERT_EQ(reader->info().faults.size(), 1U);
  EXPECT_EQ(reader->info().faults[0].kind, Kind::RolledBack);
}

TEST(RecordingDamage, BytesBehindTheClosingFrameAreForeign) {
  const Whole whole;
  Bytes bytes = whole.disk->bytes;
  bytes.insert(bytes.end(), 500, 0x50);
  const auto reader = whole.open(bytes);
  ASSERT_TRUE(reader);
  ASSERT_EQ(reader->info().faults.size(), 1U);
  EXPECT_EQ(reader->info().faults[0].kind, Kind::Foreign);
}

TEST(RecordingDamage, AFileFullOfFalseFrameHeadsCostsBoundedWork) {
  const Whole whole;
  Bytes bytes(whole.disk->bytes.begin(), whole.disk->bytes.begin() + recording::kHeaderSize);
  const Bytes head = *from_hex("5046524d000200000000000000000000");
  while (bytes.size() < 2'000'000) bytes.insert(bytes.end(), head.begin(), head.end());
  const auto reader = whole.open(bytes);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().frames, 0U);
}

TEST(RecordingDamage, EmptyAndForeignFilesAreRefused) {
  const Whole whole;
  EXPECT_FALSE(whole.open(Bytes{}));
  EXPECT_FALSE(whole.open(Bytes(5000, 'x')));
  EXPECT_FALSE(whole.open(Bytes(whole.disk->bytes.begin(), whole.disk->bytes.begin() + 100)));
}

}  // namespace
}  // namespace parley::media
