#include <algorithm>
#include <array>

#include <base/assert.hpp>
#include <media/fake_recording.hpp>

/// First byte: 0 = the rest lies behind a true header as it is; 1 = the rest is the text of truly sealed frames (each:
/// length in 2 bytes, change of the counter in 1); else = edits of a good recording (2 bytes place, 1 byte what to
/// change it by).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace parley;
  using namespace parley::media;
  static const Bytes good = [] {
    fake::Rig rig;
    fake::Voice caller(Party::Caller, codec::CodecId::Opus, 1, 1, 2),
        callee(Party::Callee, codec::CodecId::Pcmu, 2, 1, 2);
    rig.talk(20, {&caller, &callee});
    rig.recording->pause();
    rig.talk(5, {&caller, &callee});
    rig.recording->resume();
    rig.talk(20, {&caller, &callee});
    rig.stop();
    return rig.disk->bytes;
  }();
  if (size < 1) return 0;
  const std::uint8_t mode = bytes[0];
  BytesView input(bytes + 1, size - 1);
  Bytes file(good.begin(), good.begin() + recording::kHeaderSize);
  if (mode == 0) {
    file.insert(file.end(), input.begin(), input.end());
  } else if (mode == 1) {
    const auto header = recording::read_header(good);
    recording::FrameCipher cipher(recording::make_aead(fake::key(), *header), good);
    Bytes frame;
    std::uint64_t counter = 0;
    while (input.size() >= 4) {
      const std::size_t length = std::clamp<std::size_t>(std::size_t{input[0]} << 8U | input[1], 1, input.size() - 3);
      counter += input[2];
      cipher.seal(counter++, input.subspan(3, length), frame);
      file.insert(file.end(), frame.begin(), frame.end());
      input = input.subspan(3 + length);
    }
  } else {
    file = good;
    for (; input.size() >= 3; input = input.subspan(3))
      file[(std::size_t{input[0]} << 8U | input[1]) % file.size()] ^= input[2];
  }
  auto reader = RecordingReader::open(random_access_from(file), fake::key());
  if (!reader) return 0;
  std::uint64_t total = reader->samples(8000);
  std::array<std::int16_t, 400> pcm{};
  for (const std::uint64_t at : {std::uint64_t{0}, total / 2, total}) {
    const auto got = reader->read(8000, at, pcm);
    PARLEY_ASSERT(!got || *got <= pcm.size() / 2);
  }
  std::array<std::uint8_t, 64> wav{};
  PARLEY_ASSERT(reader->read_wav(16000, 20, wav).has_value());
  for (const auto& fault : reader->info().faults) PARLEY_ASSERT(!fault.text().empty());
  if (mode != 1 && file != good) PARLEY_ASSERT(!reader->info().faults.empty());
  return 0;
}
