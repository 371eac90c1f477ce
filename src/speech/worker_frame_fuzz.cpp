#include <algorithm>

#include <speech/transcript.hpp>
#include <speech/worker_frame.hpp>

/// The first byte says how the rest is portioned; transcripts inside are parsed as the client does.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::speech;  // NOLINT: a test program
  if (size == 0) return 0;
  const std::size_t portion = data[0] + 1U;
  FrameReader reader(1U << 16U);
  for (std::size_t at = 1; at < size; at += portion) {
    reader.feed({data + at, std::min(portion, size - at)});
    while (true) {
      const auto frame = reader.next();
      if (!frame) return 0;
      if (!*frame) break;
      if ((*frame)->kind == FrameKind::Transcript) (void)transcript_from_json((*frame)->text());
      if ((*frame)->kind == FrameKind::Sound) (void)decode_sound((*frame)->payload);
    }
  }
  return 0;
}
