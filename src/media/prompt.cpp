#include <algorithm>
#include <system_error>

#include <base/assert.hpp>
#include <codec/resampler.hpp>
#include <codec/wav.hpp>
#include <media/prompt.hpp>

namespace parley::media {
namespace {

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::vector<std::int16_t> mono(const codec::Wav& wav) {
  std::vector<std::int16_t> out(wav.frames());
  for (std::size_t i = 0; i < out.size(); ++i) {
    int sum = 0;
    for (unsigned c = 0; c < wav.channels; ++c) sum += wav.samples[i * wav.channels + c];
    out[i] = static_cast<std::int16_t>(sum / static_cast<int>(wav.channels));
  }
  return out;
}

}  // namespace

Result<std::shared_ptr<const Prompt>> Prompt::from_pcm(std::span<const std::int16_t> pcm, std::uint32_t sample_rate) {
  if (sample_rate < 8000 || sample_rate > 48000) return fail(Errc::Unsupported, "a prompt needs 8 to 48 kHz");
  if (pcm.empty()) return fail(Errc::Invalid, "the prompt is empty");
  if (pcm.size() / sample_rate > kMaxSeconds) return fail(Errc::Invalid, "the prompt is longer than ten minutes");
  auto narrow = codec::resample(pcm, sample_rate, 8000);
  auto wide = codec::resample(pcm, sample_rate, 16000);
  if (!narrow || !wide) return std::unexpected(!narrow ? narrow.error() : wide.error());
  auto prompt = std::make_shared<Prompt>();
  prompt->pcm8_ = std::move(*narrow);
  prompt->pcm16_ = std::move(*wide);
  return prompt;
}

std::span<const std::int16_t> Prompt::at(std::uint32_t rate) const {
  PARLEY_ASSERT(rate == 8000 || rate == 16000);
  return rate == 8000 ? pcm8_ : pcm16_;
}

Duration Prompt::length() const { return std::chrono::microseconds(pcm16_.size() * 1000 / 16); }

Result<std::shared_ptr<const Prompt>> PromptStore::get(std::string_view name) {
  if (!good_name(name)) return fail(Errc::Invalid, "a prompt's name has other signs than a-z 0-9 _ -");
  const auto known = prompts_.with([&](const auto& map) {
    const auto at = map.find(name);
    return at == map.end() ? nullptr : at->second;
  });
  if (known) return known;
  const auto wav = codec::read_wav(folder_ / (std::string(name) + ".wav"));
  if (!wav) return std::unexpected(wav.error());
  auto prompt = Prompt::from_pcm(mono(*wav), wav->rate);
  if (!prompt) return prompt;
  return prompts_.with([&](auto& map) { return map.try_emplace(std::string(name), *prompt).first->second; });
}

void PromptStore::put(std::string_view name, std::shared_ptr<const Prompt> prompt) {
  prompts_.with([&](auto& map) { map.insert_or_assign(std::string(name), std::move(prompt)); });
}

void PromptStore::remove(std::string_view name) {
  prompts_.with([&](auto& map) {
    if (const auto found = map.find(name); found != map.end()) map.erase(found);
  });
}

std::vector<std::pair<std::string, Error>> PromptStore::preload() {
  std::vector<std::pair<std::string, Error>> bad;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".wav") continue;
    const std::string name = at->path().stem().string();
    if (const auto prompt = get(name); !prompt) bad.emplace_back(name, prompt.error());
  }
  if (error) bad.emplace_back(folder_.string(), Error{Errc::NotFound, error.message()});
  return bad;
}

}  // namespace parley::media
