#include <gtest/gtest.h>

#include <codec/wav.hpp>

namespace parley::codec {
namespace {

TEST(Wav, ComesBackAsItWasWritten) {
  const Wav wav{8000, 2, {1, -2, 32767, -32768}};
  const auto back = parse_wav(to_wav(wav));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->rate, 8000U);
  EXPECT_EQ(back->channels, 2U);
  EXPECT_EQ(back->samples, wav.samples);
  EXPECT_EQ(back->channel(1), (std::vector<std::int16_t>{-2, -32768}));
  EXPECT_TRUE(back->channel(2).empty());
}

TEST(Wav, SkipsOtherChunksAndTheirPadding) {
  Bytes file = to_wav({16000, 1, {5, 6}});
  const Bytes list{'L', 'I', 'S', 'T', 3, 0, 0, 0, 'a', 'b', 'c', 0};
  file.insert(file.begin() + 12, list.begin(), list.end());
  const auto back = parse_wav(file);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->samples, (std::vector<std::int16_t>{5, 6}));
}

TEST(Wav, EndsWithTheFileWhenTheHeaderPromisesMore) {
  Bytes file = to_wav({8000, 1, {1, 2, 3}});
  file.resize(file.size() - 3);
  const auto back = parse_wav(file);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->samples, (std::vector<std::int16_t>{1}));
}

TEST(Wav, EveryCutOfAFileIsRefusedOrShorter) {
  const Bytes file = to_wav({8000, 2, {1, 2, 3, 4}});
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto cut = parse_wav(BytesView(file).first(size));
    EXPECT_TRUE(!cut || cut->samples.size() < 4) << size;
  }
}

TEST(Wav, RefusesFormatsThatItCannotDecode) {
  Bytes file = to_wav({8000, 1, {1}});
  file[20] = 85;  // MP3 in WAV
  const auto back = parse_wav(file);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Errc::Unsupported);
}

}  // namespace
}  // namespace parley::codec
