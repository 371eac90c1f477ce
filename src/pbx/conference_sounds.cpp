#include <array>

#include <base/assert.hpp>
#include <codec/tones.hpp>
#include <pbx/conference_sounds.hpp>

namespace parley::pbx {
namespace {
using namespace std::chrono_literals;

constexpr std::uint32_t kRate = 16000;

/// `part`: of the usual loudness.
std::shared_ptr<const media::Prompt> made(std::span<const codec::ToneStep> steps, int part) {
  auto pcm = codec::make_tone(steps, kRate);
  for (auto& sample : pcm) sample = static_cast<std::int16_t>(sample / part);
  auto prompt = media::Prompt::from_pcm(pcm, kRate);
  PARLEY_ASSERT(prompt.has_value());
  return *prompt;
}

}  // namespace

const std::shared_ptr<const media::Prompt>& conference_sound(ConferenceSound which) {
  constexpr double kLow = 620, kHigh = 930;
  static const std::array sounds{
      made(std::array{codec::ToneStep{kLow, 0, 100ms}, codec::ToneStep{kHigh, 0, 140ms}}, 2),
      made(std::array{codec::ToneStep{kHigh, 0, 100ms}, codec::ToneStep{kLow, 0, 140ms}}, 2),
      made(std::array{codec::ToneStep{0, 0, 1s}, codec::ToneStep{425, 0, 150ms}, codec::ToneStep{0, 0, 150ms},
                      codec::ToneStep{425, 0, 150ms}, codec::ToneStep{0, 0, 3550ms}},
           4)};
  return sounds.at(static_cast<std::size_t>(which));
}

}  // namespace parley::pbx
